"""A new year: docs/new-year.md from beginning to end, with three editions taken away and added."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from needs import catalogue
from needs.catalogue import layers
from needs.cli import main
from needs.commands import run as runs
from needs.commands.changes import compare
from needs.commands.check import check
from needs.errors import InvalidDataError
from needs.figures import assessment, deprivation, population
from needs.report.parameters import RunParameters
from needs.tables.prepare import prepare

INDEX = "mhclg_iod_2019"
LOOKUPS = ("ons_lookups", "ons_centroids")

#: A service's extract, a CSV file and a workbook: the source, its newest file, and its release.
EDITIONS = (
    ("nomis_population", "nomis_population/NM_2010_1_LSOA11_mid-2020_all_ages.csv", "2021-09-16"),
    (INDEX, "mhclg_iod_2025/File_7_*.csv", "2025-10-30"),
    ("ons_population", "ons_population/mye23tablesew.xlsx", "2024-07-15"),
)


@pytest.fixture
def last_year(tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the program and the raw files as they were before the new editions."""
    package = tmp_path / "package"
    shutil.copytree(layers.PACKAGE, package)
    monkeypatch.setattr(layers, "PACKAGE", package)
    monkeypatch.delenv("NEEDS_CATALOGUE", raising=False)
    (package / "sources" / "mhclg_iod_2025.yaml").unlink()
    _without_column(package / "maps" / "iod.csv", "2025")
    _without_column(package / "maps" / "ons_population.csv", "mid-2023")
    for key, edition in (("ons_population", "mid-2023"), ("nomis_population", "mid-2020")):
        path = package / "sources" / f"{key}.yaml"
        source = yaml.safe_load(path.read_text(encoding="utf-8"))
        source["editions"] = [one for one in source["editions"] if one["edition"] != edition]
        path.write_text(yaml.safe_dump(source, sort_keys=False), encoding="utf-8")

    raw = tmp_path / "data" / "raw"
    for name in (*LOOKUPS, "mhclg_iod_2019", "nomis_population", "ons_drug_deaths"):
        shutil.copytree(mirror / name, raw / name)
    shutil.copytree(mirror / "ons_population", raw / "ons_population")
    for _, pattern, _ in EDITIONS:
        for path in raw.glob(pattern):
            path.unlink()
    shutil.copytree(Path(__file__).parents[2] / "notebooks", tmp_path / "notebooks")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _without_column(path: Path, name: str) -> None:
    table = pd.read_csv(path, dtype=str, keep_default_na=False).drop(columns=name)
    filled = table.iloc[:, 2:].ne("").any(axis=1)
    table[filled].to_csv(path, index=False, lineterminator="\n")


def _load(folder: Path, year: int) -> assessment.Assessment:
    prepare(folder / "data" / "raw", folder / "processed")
    return assessment.load("Worcestershire", year, processed=folder / "processed")


def _report(folder: Path, year: int, out: str) -> Path:
    parameters = RunParameters(
        areas=["Worcestershire"], year=year, date=f"{year}-12-31", formats=["html"]
    )
    return runs.run(
        parameters,
        raw=folder / "data" / "raw",
        processed=folder / "processed",
        out=folder / out,
        notebooks=folder / "notebooks",
    )


@pytest.mark.mirror
def test_the_checklist_from_beginning_to_end(
    last_year: Path, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, raw = last_year, last_year / "data" / "raw"
    before = _load(folder, 2025)
    assert before.index_edition == "2019"
    assert deprivation.period(before) == "IoD2019, mid-2019 population"
    assert population.latest_year(before) == 2022
    old = assessment.load("Worcestershire", 2019, processed=folder / "processed")
    last = _report(folder, 2019, "before")

    # 1. copy the file, 2. declare it: headings, sheets, areas and figures are compared
    for key, pattern, released in EDITIONS:
        (new,) = mirror.glob(pattern)
        path = raw / new.relative_to(mirror)
        path.parent.mkdir(exist_ok=True)
        shutil.copy(new, path)
        with pytest.raises(SystemExit) as ended:
            main(["new-edition", key, str(path), "--released", released])
        assert ended.value.code == 0
    told = capsys.readouterr().out
    assert "Edition 'mid-2020' of nomis_population, beside 'mid-2019'" in told
    assert "Areas: 32,844 as before, 0 new, 0 gone." in told
    assert "'LSOA code (2011)' is 'LSOA code (2021)'" in told
    assert "lsoa_vintage: 2021, by its headings." in told
    assert "Edition 'mid-2023' of ons_population, beside 'mid-2022'" in told
    own = {path.relative_to(folder).as_posix() for path in (folder / "catalogue").rglob("*.*")}
    assert own == {
        "catalogue/maps/iod.csv",
        "catalogue/maps/ons_population.csv",
        *(f"catalogue/sources/{key}.yaml" for key, _, _ in EDITIONS),
    }
    assert "2025" in catalogue.load().indices

    # 3. the check finds nothing, 4. prepare, and the new year
    assert "No faults found." in check(raw, folder / "processed")
    after = _load(folder, 2025)
    assert after.index_edition == "2025"
    assert population.latest_year(after) == 2023
    between = assessment.load("Worcestershire", 2024, processed=folder / "processed")
    assert deprivation.period(between) == "IoD2019, mid-2020 population"
    # the counts do not tell the editions apart
    counts = [deprivation.lsoa_count(one, 1).value for one in (old, after)]
    assert counts == [18, 18]

    # 5. the report of the last year has not changed in a byte of a figure
    again = _report(folder, 2019, "after")
    assert (again / "figures.csv").read_bytes() == (last / "figures.csv").read_bytes()
    assert (again / "findings.csv").read_bytes() == (last / "findings.csv").read_bytes()
    assert compare(last, again).found == ()

    # the report says which edition it used, why, and whose declarations these are
    new = _report(folder, 2025, "after")
    page = (new / "report.html").read_text(encoding="utf-8")
    assert "Indices of Deprivation 2025, the newest published by 2025" in page
    assert "What the authors of this report have declared themselves" in page
    assert "catalogue/sources/ons_population.yaml" in page
    named = json.loads((new / "manifest.json").read_text(encoding="utf-8"))["catalogue"]
    assert {one["path"] for one in named} == {f"1/{one.partition('/')[2]}" for one in own}
    kinds = {one.kind for one in compare(again, new).found}
    assert "new period" in kinds
    assert not kinds & {"revised", "method or code"}, "nothing of an earlier period has changed"


@pytest.mark.mirror
def test_a_heading_that_is_not_known_is_named_with_the_nearest(last_year: Path) -> None:
    path = next((last_year / "data" / "raw" / "mhclg_iod_2019").glob("*.csv"))
    text = path.read_text(encoding="utf-8-sig")
    renamed = text.replace("Index of Multiple Deprivation (IMD) Rank", "IMD national rank", 1)
    path.write_text(renamed, encoding="utf-8")
    with pytest.raises(InvalidDataError) as caught:
        prepare(last_year / "data" / "raw", last_year / "processed")
    said = str(caught.value)
    assert path.name in said
    assert "Index of Multiple Deprivation (IMD) Rank" in said
    assert "IMD national rank" in said


def test_an_index_without_a_date_of_release_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    shutil.copytree(layers.PACKAGE, folder)
    path = folder / "sources" / "mhclg_iod_2025.yaml"
    source = yaml.safe_load(path.read_text(encoding="utf-8"))
    del source["editions"][0]["released"]
    path.write_text(yaml.safe_dump(source), encoding="utf-8")
    with pytest.raises(InvalidDataError, match="date of release"):
        _ = catalogue.load(folder).indices
