"""Reports as of a day: only what had been published by then, and made again the same."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import needs
from needs import catalogue
from needs.catalogue.releases import edition_of_file, issues_of
from needs.chapters import annex
from needs.chapters.blocks import Prose, Table
from needs.commands import run as runs
from needs.commands.verify import verify
from needs.errors import InvalidDataError, MissingDataError, ParameterError
from needs.figures import assessment
from needs.report import manifest
from needs.report.parameters import RunParameters
from needs.sources.readers import ons_deaths
from needs.tables.as_of import folder_as_of
from needs.tables.coverage import Held
from needs.tables.prepare import checks, is_fresh, prepare
from needs.words.text import plain

DAY = date(2024, 1, 1)


@pytest.fixture(scope="module")
def raw(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lookups, populations in four editions, and deaths: all real."""
    folder = tmp_path_factory.mktemp("as-of") / "raw"
    for name in ("ons_lookups", "ons_population", "ons_drug_deaths", "nhs_admissions"):
        shutil.copytree(mirror / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def then(raw: Path) -> Path:
    folder = folder_as_of(raw.parent / "processed", DAY)
    prepare(raw, folder, as_of=DAY)
    return folder


def english(folder: Path, year: int) -> float:
    rows = pd.read_parquet(folder / "populations.parquet")
    rows = rows[(rows["area_code"] == "E92000001") & (rows["year"] == year)]
    rows = rows[(rows["sex"] == "persons") & (rows["age_from"] == 0) & rows["age_to"].isna()]
    return float(rows["population"].iloc[0])


@pytest.mark.mirror
@pytest.mark.slow
def test_only_what_was_published_by_then(raw: Path, then: Path, national: Path) -> None:
    # mid-2022 as first published in March 2024, and as revised in July 2024
    assert 2022 not in set(pd.read_parquet(then / "populations.parquet")["year"])
    april = folder_as_of(raw.parent / "processed", date(2024, 4, 1))
    prepare(raw, april, as_of=date(2024, 4, 1))
    assert english(april, 2022) == 57_106_398
    assert english(national, 2022) == 57_112_542
    made = assessment.manifest(then)
    assert made["as_of"] == "2024-01-01"
    left = {(key, edition): day for key, edition, day in made["left_out"]}
    assert left["ons_population", "mid-2023"] == "2024-07-15"
    assert left["nhs_drug_admissions", "poisoning by drug misuse"] == ""  # nobody noted when
    rows = pd.read_parquet(then / "observations.parquet")
    assert "drug_misuse_poisoning_admissions" not in set(rows["indicator"])
    assert "2019 to 2021" in set(rows["period"])
    assert is_fresh(raw, then, DAY)
    assert not is_fresh(raw, then)


@pytest.mark.mirror
@pytest.mark.slow
def test_a_day_before_anything_is_refused_with_the_first_one(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingDataError) as raised:
        prepare(raw, tmp_path / "processed", as_of=date(2001, 1, 1))
    assert "nothing is known to have been published by 2001-01-01" in str(raised.value)
    assert "the first edition with a date of release is of 2020-06-24" in str(raised.value)
    assert not (tmp_path / "processed").exists()


@pytest.mark.slow
def test_a_report_as_of_a_day_is_made_again_the_same(root: Path, tmp_path: Path) -> None:
    parameters = RunParameters.check(
        {
            "areas": ["Worcestershire"],
            "year": "2022",
            "date": "2026-11-29",
            "as_of": "2022-12-31",
            "formats": ["html"],
        }
    )
    folders = {
        "raw": root / "data" / "raw",
        "processed": tmp_path / "processed",
        "notebooks": root / "notebooks",
    }
    report = runs.run(parameters, out=tmp_path / "out", **folders)
    assert report.name == "2022-as-of-2022-12-31"
    described = manifest.read(report)
    assert described["parameters"]["as_of"] == "2022-12-31"
    page = (report / "report.html").read_text(encoding="utf-8")
    assert "known to have been published by 31 December 2022" in page
    figures = (report / "figures.csv").read_text(encoding="utf-8")
    assert "prison_continuity.E10000034" not in figures  # of a paper of 2024
    assert "drug_misuse_rate.E10000034.2019-21" in figures
    assert 'as_of = "2022-12-31"' in (report / "notebooks" / "07_deaths.ipynb").read_text().replace(
        '\\"', '"'
    )
    lines = verify(report, **folders)
    assert "Made again, they are the same byte for byte." in lines
    # tables of another day are not taken for those of this one
    processed = folder_as_of(folders["processed"], date(2022, 12, 31))
    with pytest.raises(ParameterError, match="as of 2022-12-31, and asked for"):
        needs.open("Worcestershire", 2022, "", "", processed=processed)


@pytest.mark.parametrize(
    ("as_of", "told"),
    [("2022-13-01", "is not a date"), ("2027-01-01", "comes after the report's date")],
)
def test_a_day_that_cannot_be_is_refused(as_of: str, told: str) -> None:
    with pytest.raises(ParameterError, match=told):
        RunParameters.check(
            {"areas": ["Rutland"], "year": "2022", "date": "2026-11-29", "as_of": as_of}
        )


@pytest.mark.mirror
def test_every_annex_says_that_a_year_is_no_date(national: Path) -> None:
    na = assessment.load("Worcestershire", 2021, processed=national)
    said = " ".join(plain(one.text) for one in annex.periods(na) if isinstance(one, Prose))
    assert "A reporting year is not a date of publication." in said
    (table,) = (one for one in annex.periods(na) if isinstance(one, Table))
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert rows["Deaths related to drug misuse, age-standardised rate"] == [
        "2019 to 2021",
        "Deaths related to drug poisoning by local authority, England and Wales, 2021",
        "2022-08-03",
    ]


@pytest.mark.mirror
def test_an_edition_cannot_be_released_before_its_periods_end(mirror: Path, national: Path) -> None:
    source = catalogue.source("ons_drug_deaths")
    edition = source.editions[-1]
    (path,) = edition.files(mirror)
    table = ons_deaths.read(path, source, edition)
    copied = edition.model_copy(update={"released": date(2021, 8, 3)})
    held = Held(f"ons_drug_deaths/{path.name}", source, copied, table)
    areas = pd.read_parquet(national / "areas.parquet")
    told = [one for one in checks([held], areas, catalogue.load()) if "had not" in one.what]
    assert len(told) == 1
    assert "released on 2021-08-03, and has figures of 2019 to 2021" in told[0].what


def test_editions_stand_oldest_first(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    shutil.copytree(catalogue.CATALOGUE, folder)
    path = folder / "sources" / "ons_population.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("released: 2024-07-15", "released: 2023-07-15"), encoding="utf-8")
    with pytest.raises(InvalidDataError, match="stands after 'mid-2022', and was released before"):
        catalogue.load(folder)


def test_an_edition_is_known_by_its_file() -> None:
    known = catalogue.load()
    assert edition_of_file(known.sources["ons_population"], "mye22final.xls").edition == "mid-2022"
    rows = "2021localauthorities.xlsx, Table 6, row 250; mye23tablesew.xlsx, MYE4, row 150"
    issues = issues_of(known, "ons_drug_deaths;ons_population", rows)
    assert [(one.source, str(one.released)) for one in issues] == [
        ("ons_drug_deaths", "2022-08-03"),
        ("ons_population", "2024-07-15"),
    ]
