"""A chapter is run again where what it reads changed, and else is what running it would give."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import needs
from needs.commands import run as runs
from needs.commands.unchanged import unchanged
from needs.commands.wanted import Wanted
from needs.figures import assessment, findings, parts_read
from needs.figures.assessment import TABLES, Assessment
from needs.report import manifest as manifests
from needs.report.kept_chapters import Content, only_notes_what_it_reads, run_of
from needs.report.notebook_source import SourceCell, source_cells
from needs.report.parameters import RunParameters

RATE = "drug_misuse_rate"


@pytest.fixture(scope="module")
def notebooks(root: Path) -> Path:
    return root / "notebooks"


@pytest.fixture
def na(processed: Path) -> Assessment:
    return assessment.load(["Worcestershire"], 2022, processed=processed)


# What is noted


def test_what_is_read_of_an_indicator_is_noted_by_its_key(na: Assessment) -> None:
    for read in (
        lambda: na.figure(RATE),
        lambda: na.series(RATE),
        lambda: na.rows(RATE),
        lambda: na.of_indicator(RATE),
        lambda: na.compared(RATE, "2019 to 2021"),
        lambda: na.sources_of(RATE),
    ):
        with parts_read.listening() as parts:
            read()
        assert ("observations", RATE) in parts
        assert ("observations", parts_read.ALL) not in parts


def test_every_table_notes_who_reads_it(na: Assessment) -> None:
    held = {name for name, value in vars(na).items() if isinstance(value, pd.DataFrame)}
    assert held - {"areas"} <= set(TABLES)  # that of areas counts for every chapter
    for name in TABLES:
        with parts_read.listening() as parts:
            getattr(na, name)
        assert parts == {(name, parts_read.ALL)}


def test_what_is_worked_out_once_counts_for_each_that_asks(na: Assessment) -> None:
    with parts_read.listening() as first:
        na.once(findings.scored)
    with parts_read.listening() as second:
        na.once(findings.scored)
    assert first == second and ("observations", parts_read.ALL) in first
    with parts_read.listening() as parts:
        findings.on_indicators(na, (RATE,))
    assert parts == {("findings", RATE)}


def test_a_chapter_that_reads_what_is_not_noted_is_always_run(
    na: Assessment, processed: Path, notebooks: Path, tmp_path: Path
) -> None:
    for code, notes in (
        ("import needs\nfrom needs.chapters import trend\nna['x'].section(trend)", True),
        ("from needs import section", True),
        ("import pandas as pd", False),
        ("from needs.tables.stored import read_table", False),
        ("text = open('local.csv').read()", False),
        ("%load_ext autoreload", False),
        ("from .local import figures", False),
    ):
        assert only_notes_what_it_reads([SourceCell("code", code, [])]) is notes, code
    assert only_notes_what_it_reads([SourceCell("markdown", "import pandas", [])])
    assert all(only_notes_what_it_reads(source_cells(one)) for one in notebooks.glob("*.ipynb"))

    path = notebooks / "07_deaths.ipynb"
    with parts_read.listening() as parts:
        needs.open(["Worcestershire"], 2022, processed=processed)
    assert run_of(path, {}, parts, Content(na)).of
    with parts_read.listening() as parts:
        needs.open(["Worcestershire"], 2025, processed=processed)
    assert not run_of(path, {}, parts, Content(na)).of


# What is made again


def scaled(
    key: str, factor: float, chosen: Callable[[pd.DataFrame], pd.Series]
) -> Callable[[Path], None]:
    def change(tables: Path) -> None:
        path = tables / "observations.parquet"
        rows = pd.read_parquet(path)
        at = rows["indicator"].eq(key) & chosen(rows)
        assert at.any()
        for name in ("value", "lower", "upper"):
            rows.loc[at, name] *= factor
        rows.to_parquet(path)

    return change


def more_people(tables: Path) -> None:
    path = tables / "populations.parquet"
    rows = pd.read_parquet(path)
    rows.assign(population=rows["population"] * 2).to_parquet(path)


CHANGES: dict[str, tuple[Callable[[Path], None], set[str]]] = {
    "another authority's rate": (
        scaled(RATE, 0.9, lambda rows: rows["area_code"].eq("E06000047")),
        {"01", "02", "03", "07", "11", "12", "13"},
    ),
    "an amount of a later year": (
        scaled("adult_services_spending_per_adult", 1.1, lambda rows: rows["period_end"] > "2023"),
        {"01", "02", "03", "12", "13"},
    ),
    "residents": (more_people, set()),
}


@pytest.fixture(scope="module")
def made(
    processed: Path, notebooks: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[RunParameters, Path]:
    """A report, to be made again."""
    out = tmp_path_factory.mktemp("made")
    asked = {"areas": ["Worcestershire"], "year": 2022, "date": "2026-11-30", "formats": ["html"]}
    parameters = RunParameters.check(asked)
    runs.make_report(parameters, runs.open_ground(processed, notebooks), out)
    return parameters, out


def chapters_run(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list to which the number of each chapter that is run is added."""
    executed: list[str] = []
    execute = runs.execute

    def noted(path: Path, *given: Any, **named: Any) -> Any:
        executed.append(path.name[:2])
        return execute(path, *given, **named)

    monkeypatch.setattr(runs, "execute", noted)
    return executed


@pytest.mark.slow
@pytest.mark.parametrize("what", CHANGES)
def test_a_report_made_again_in_part_is_the_same_as_one_made_whole(
    what: str,
    made: tuple[RunParameters, Path],
    processed: Path,
    notebooks: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parameters, out = made
    tables = shutil.copytree(processed, tmp_path / "tables")
    change, least = CHANGES[what]
    change(tables)
    start = runs.open_ground(tables, notebooks)
    part = shutil.copytree(out, tmp_path / "part")
    executed = chapters_run(monkeypatch)
    one = runs.make_report(parameters, start, part)
    assert executed and set(executed) <= (least or {f"{n:02}" for n in range(1, 14)} - {"10", "11"})
    executed.clear()
    two = runs.make_report(parameters, start, tmp_path / "whole", fresh=True)
    assert len(executed) == 13
    assert {path.name for path in one.rglob("*")} == {path.name for path in two.rglob("*")}
    for path in sorted(one.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (two / path.relative_to(one)).read_bytes(), path.name


@pytest.mark.slow
def test_a_chapter_whose_file_was_edited_is_run_again(
    made: tuple[RunParameters, Path],
    processed: Path,
    notebooks: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parameters, out = made
    out = shutil.copytree(out, tmp_path / "edited")
    path = out / "worcestershire" / "2022" / "notebooks" / "10_housing.ipynb"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"Housing", b"Mousing"))
    executed = chapters_run(monkeypatch)
    runs.make_report(parameters, runs.open_ground(processed, notebooks), out)
    assert executed == ["10"] and path.read_bytes() == whole


@pytest.mark.slow
def test_only_a_report_that_reads_rows_of_a_file_is_made_again(
    national: Path, notebooks: Path, tmp_path: Path
) -> None:
    start = runs.open_ground(national, notebooks)
    asked = {"areas": ["Rutland"], "year": 2022, "date": "2026-11-30", "formats": ["xlsx"]}
    parameters = RunParameters.check(asked)
    folder = runs.make_report(parameters, start, tmp_path)
    report = Wanted(parameters, ("E06000017",), "Rutland", "rutland/2022")
    listed = {one["path"]: one for one in manifests.read(folder)["inputs"]}
    others = {path for path, one in listed.items() if "sha256" not in one}
    assert others and any("2021localauthorities" in path for path in listed.keys() - others)

    def with_other(path: str) -> runs.Ground:
        files = [
            {**one, "sha256": "0" * 64} if one["path"] == path else one
            for one in start.inputs["files"]
        ]
        return runs.Ground(**{**vars(start), "inputs": {**start.inputs, "files": files}})

    for path in others:
        assert unchanged(report, with_other(path), tmp_path, dated=True)
    for path in sorted(listed.keys() - others)[::9]:
        assert not unchanged(report, with_other(path), tmp_path, dated=True)
    tables = shutil.copytree(national, tmp_path / "tables")
    scaled(RATE, 0.5, lambda rows: rows["area_code"].eq("E10000018"))(tables)  # another's
    other = runs.Ground(**{**vars(start), "processed": tables})
    assert not unchanged(report, other, tmp_path, dated=True)
