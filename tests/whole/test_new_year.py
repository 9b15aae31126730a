"""A new year: docs/new-year.md from beginning to end, with an edition taken away and added back."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
import yaml

from needs import catalogue
from needs.chapters import annex
from needs.chapters.blocks import Prose
from needs.commands import run as runs
from needs.commands.changes import changes
from needs.commands.check import check
from needs.errors import InvalidDataError
from needs.figures import assessment, deprivation, population
from needs.report.parameters import RunParameters
from needs.tables.prepare import prepare
from needs.words.text import plain

INDEX = "mhclg_iod_2025"
LOOKUPS = ("ons_lookups", "ons_centroids")


@pytest.fixture
def last_year(tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue and raw files as they were before the new index and the new populations."""
    folder = tmp_path / "catalogue"
    shutil.copytree(catalogue.CATALOGUE, folder)
    monkeypatch.setenv("NEEDS_CATALOGUE", str(folder))
    (folder / "sources" / f"{INDEX}.yaml").unlink()
    _edit_map(folder / "maps" / "iod.csv", lambda rows: [row[:3] for row in rows])

    raw = tmp_path / "raw"
    for name in (*LOOKUPS, "mhclg_iod_2019", "nomis_population", "ons_drug_deaths"):
        shutil.copytree(mirror / name, raw / name)
    (raw / "ons_population").mkdir()
    for path in (mirror / "ons_population").glob("population*.csv"):
        shutil.copy(path, raw / "ons_population")
    return tmp_path


def _edit_map(path: Path, change: object) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(change(rows))  # type: ignore[operator]


def _load(folder: Path, year: int) -> assessment.Assessment:
    prepare(folder / "raw", folder / "processed")
    return assessment.load("Worcestershire", year, processed=folder / "processed")


def _report(folder: Path, root: Path, year: int) -> Path:
    parameters = RunParameters(
        areas=["Worcestershire"], year=year, date=f"{year}-12-31", formats=["html"]
    )
    return runs.run(
        parameters,
        raw=folder / "raw",
        processed=folder / "processed",
        out=folder / "out",
        notebooks=root / "notebooks",
    )


@pytest.mark.mirror
def test_the_checklist_from_beginning_to_end(last_year: Path, mirror: Path, root: Path) -> None:
    folder = last_year
    before = _load(folder, 2025)
    assert before.index_edition == "2019"
    assert deprivation.period(before) == "IoD2019, mid-2020 population"
    assert population.latest_year(before) == 2020  # from the LSOAs: persons only
    old = assessment.load("Worcestershire", 2022, processed=folder / "processed")

    # 1. add the files
    shutil.copytree(mirror / INDEX, folder / "raw" / INDEX)
    for name in ("mye22final.xlsx", "mye23tablesew.xlsx"):
        shutil.copy(mirror / "ons_population" / name, folder / "raw" / "ons_population")
    for path in (mirror / "ons_population").glob("sape*.csv"):
        shutil.copy(path, folder / "raw" / "ons_population")

    # 2. declare the edition
    declared = folder / "catalogue" / "sources" / f"{INDEX}.yaml"
    shutil.copy(catalogue.CATALOGUE / "sources" / declared.name, declared)
    catalogue._load.cache_clear()
    assert "2025" in catalogue.load().indices

    # 3. without its headings, 4. the check says what is missing and where to put it
    with pytest.raises(InvalidDataError) as caught:
        prepare(folder / "raw", folder / "processed")
    assert "no edition '2025'" in str(caught.value)
    assert "catalogue/maps/iod.csv" in str(caught.value)
    shutil.copy(catalogue.CATALOGUE / "maps" / "iod.csv", folder / "catalogue" / "maps")

    # 5. prepare, 6. run for the new year and for the last
    after = _load(folder, 2025)
    assert after.index_edition == "2025"
    assert deprivation.period(after) == "IoD2025, mid-2022 population"
    assert population.latest_year(after) == 2023
    again = assessment.load("Worcestershire", 2022, processed=folder / "processed")
    for decile in deprivation.CUT_OFFS:
        for measure in (deprivation.lsoa_count, deprivation.decile_residents, deprivation.share):
            assert measure(again, decile) == measure(old, decile)
    assert again.figure("drug_misuse_rate") == old.figure("drug_misuse_rate")

    # the counts do not tell the editions apart; the residents do
    counts = [deprivation.lsoa_count(one, 1).value for one in (old, after)]
    assert counts == [18, 18]
    assert (
        deprivation.decile_residents(after, 1).value != deprivation.decile_residents(old, 1).value
    )

    # the report says which edition it used, and why
    said = " ".join(plain(one.text) for one in annex.periods(after) if isinstance(one, Prose))
    assert "Indices of Deprivation 2025, the newest published by 2025" in said
    assert "mid-2022 estimates" in said

    # 4. again: the check finds nothing more, 6. the reports and what changed between them
    assert "No faults found." in check(folder / "raw", folder / "processed")
    made = [_report(folder, root, year) for year in (2025, 2022)]
    found = changes(made[1], made[0])
    assert found
    kinds = {one.kind for one in found}
    assert kinds <= {"new", "newer", "gone"}, "nothing of an earlier period may be revised"
    deprived = [str(one) for one in found if "most deprived 10%" in one.label.lower()]
    assert any("IoD2025" in one for one in deprived)
    page = (made[0] / "report.html").read_text(encoding="utf-8")
    assert "Indices of Deprivation 2025, the newest published by 2025" in page


@pytest.mark.mirror
def test_a_heading_that_is_not_known_is_named_with_the_nearest(last_year: Path) -> None:
    path = next((last_year / "raw" / "mhclg_iod_2019").glob("*.csv"))
    text = path.read_text(encoding="utf-8-sig")
    renamed = text.replace("Index of Multiple Deprivation (IMD) Rank", "IMD national rank", 1)
    path.write_text(renamed, encoding="utf-8")
    with pytest.raises(InvalidDataError) as caught:
        prepare(last_year / "raw", last_year / "processed")
    said = str(caught.value)
    assert path.name in said
    assert "Index of Multiple Deprivation (IMD) Rank" in said
    assert "IMD national rank" in said


def test_an_index_without_a_date_of_release_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    shutil.copytree(catalogue.CATALOGUE, folder)
    path = folder / "sources" / f"{INDEX}.yaml"
    source = yaml.safe_load(path.read_text(encoding="utf-8"))
    del source["editions"][0]["released"]
    path.write_text(yaml.safe_dump(source), encoding="utf-8")
    with pytest.raises(InvalidDataError, match="date of release"):
        _ = catalogue.load(folder).indices
