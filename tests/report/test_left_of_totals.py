"""A report from totals and parts that almost make them up: what is left is in no table.

The numbers are invented, and the rule is one without rounding.
"""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from needs.commands.run import run
from needs.errors import InvalidDataError
from needs.report.parameters import RunParameters
from needs.sources.package_template import write_template
from needs.tables.prepare import prepare

pytestmark = pytest.mark.slow

COUNTY = ("E10000034", "Worcestershire")
TREATED, REVIEWED, YOUNG = "all_in_treatment", "drug_death_reviews", "young_people_in_treatment"

#: Numbers of each package by kind of template: what stands beside the total leaves 2 or 3 of it.
ROWS = {
    "ndtms": [
        (YOUNG, *COUNTY, "2021/22", "persons", 20),
        (YOUNG, *COUNTY, "2021/22", "male", 17),
        (TREATED, *COUNTY, "2021/22", "persons", 1103),
        (TREATED, "E07000234", "Bromsgrove", "2021/22", "persons", 210),
        (TREATED, "E07000235", "Malvern Hills", "2021/22", "persons", 220),
        (TREATED, "E07000236", "Redditch", "2021/22", "persons", 215),
        (TREATED, "E07000237", "Worcester", "2021/22", "persons", 225),
        (TREATED, "E07000238", "Wychavon", "2021/22", "persons", 230),
    ],
    "reviews": [
        (REVIEWED, *COUNTY, "2021/22", "", 24),
        (REVIEWED, *COUNTY, "2021/22", "not in treatment", 22),
        (REVIEWED, *COUNTY, "2018/19 to 2020/21", "", 61),
        (REVIEWED, *COUNTY, "2018/19 to 2019/20", "", 58),
    ],
}
#: The smallest part of each total.
HIDDEN = {
    (YOUNG, COUNTY[0], "2021/22", "male", ""),
    (TREATED, "E07000234", "2021/22", "persons", ""),
    (REVIEWED, COUNTY[0], "2021/22", "persons", "not in treatment"),
    (REVIEWED, COUNTY[0], "2018/19 to 2019/20", "persons", ""),
}


def package(folder: Path, kind: str, rows: list[tuple[object, ...]]) -> None:
    """Fill in a template, with a rule of its own."""
    path = write_template(kind, folder)
    text = json.loads(path.read_text(encoding="utf-8"))
    text["needs:disclosure"] = {"threshold": 5}
    path.write_text(json.dumps(text), encoding="utf-8")
    columns = [one["name"] for one in text["resources"][0]["schema"]["fields"]]
    table = pd.DataFrame([(*row, "local_extract") for row in rows], columns=columns)
    table.to_csv(folder / "observations.csv", index=False)


@pytest.fixture
def raw(tmp_path: Path, root: Path) -> Path:
    shutil.copytree(root / "data" / "raw" / "worcestershire", tmp_path / "raw" / "worcestershire")
    return tmp_path / "raw"


def test_what_is_left_of_a_total_is_in_no_table(raw: Path, tmp_path: Path, root: Path) -> None:
    for kind, rows in ROWS.items():
        package(raw / kind, kind, rows)
    asked = {"areas": ["Worcestershire"], "year": 2022, "date": "2023-01-06", "formats": ("xlsx",)}
    report = run(
        RunParameters.check(asked),
        raw=raw,
        processed=tmp_path / "processed",
        out=tmp_path / "reports",
        notebooks=root / "notebooks",
    )
    table = pd.read_parquet(tmp_path / "processed" / "observations.parquet")
    own = table[table["source"] == "local_extract"]
    keys = ["indicator", "area_code", "period", "sex", "category"]
    gone = own[own["status"] == "suppressed"]
    assert set(gone[keys].itertuples(index=False, name=None)) == HIDDEN
    assert gone[["value", "count", "lower", "upper"]].isna().all(axis=None)
    with (report / "figures.csv").open(encoding="utf-8", newline="") as file:
        figures = [one for one in csv.DictReader(file) if one["sources"] == "local_extract"]
    printed = {(one["indicator"], one["printed"]) for one in figures}
    assert printed == {
        (YOUNG, "20 people"),
        (TREATED, "1,103 people"),
        (REVIEWED, "24 cases"),
        (REVIEWED, "61 cases"),
    }


def test_grants_that_figures_could_not_tell_apart_are_named(raw: Path, tmp_path: Path) -> None:
    names = ("${7*7}", "#{7*7}", "£££", "Public health grant")
    rows = [("grant_amount", *COUNTY, "2022/23", name, 100) for name in names]
    package(raw / "grants", "grants", rows)
    with pytest.raises(InvalidDataError) as caught:
        prepare(raw, tmp_path / "processed")
    alike, signs = caught.value.problems
    assert alike.what == "'#{7*7}' and '${7*7}' differ in signs only."
    assert alike.where == (
        "grants/observations.csv, line 3, column category, and grants/observations.csv, line 2"
    )
    assert signs.what == "'£££' has no letter of A to Z and no digit."
    assert signs.where == "grants/observations.csv, line 4, column category"
