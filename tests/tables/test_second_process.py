"""With a second process everything is as without: tables, faults and their order."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from needs.catalogue import load
from needs.errors import Problem
from needs.tables import prepare, second_process
from needs.tables.kept_readings import folder_beside

pytestmark = pytest.mark.mirror


@pytest.fixture
def raw(mirror: Path, tmp_path: Path) -> Path:
    """A few small sources, the lookups that they need, and a workbook."""
    folder = tmp_path / "raw"
    for pattern in (
        "ohid_fingertips/935[13]*.csv",
        "ohid_fingertips/91380*.csv",
        "ons_drug_deaths/2021registrations.xlsx",
        "ons_lookups/Local*.csv",
        "ons_lookups/Lower_Tier*.csv",
    ):
        for path in mirror.glob(pattern):
            (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / path.parent.name)
    return folder


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second process, however little there is to do."""
    monkeypatch.setattr(second_process, "WORTH", 0)
    monkeypatch.setattr(second_process, "_allowed", True)
    monkeypatch.setattr(second_process, "processors", lambda: 2)


def _said(raw: Path) -> list[Problem]:
    return prepare.make_tables(raw, load())[2]


def _spoil(raw: Path, pattern: str, before: bytes, after: bytes) -> None:
    (path,) = raw.glob(pattern)
    assert before in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(before, after, 1))


def test_two_processes_make_the_same_tables(raw: Path, tmp_path: Path, two: None) -> None:
    with pytest.MonkeyPatch.context() as alone:
        alone.setattr(second_process, "_allowed", False)
        prepare.prepare(raw, tmp_path / "one" / "processed")
    prepare.prepare(raw, tmp_path / "two" / "processed")
    one, both = (
        {path.name: path.read_bytes() for path in (tmp_path / name / "processed").iterdir()}
        for name in ("one", "two")
    )
    assert one == both
    kept = [folder_beside(tmp_path / name / "processed") for name in ("one", "two")]
    assert sorted(path.name for path in kept[0].iterdir()) == sorted(
        path.name for path in kept[1].iterdir()
    )


def test_faults_that_either_process_finds_are_told_together_in_one_order(
    raw: Path, request: pytest.FixtureRequest
) -> None:
    book = raw / "ons_drug_deaths" / "2021registrations.xlsx"
    book.write_bytes(book.read_bytes()[:2_000])  # read first, by the second process
    _spoil(raw, "ohid_fingertips/93517*.csv", b",52.30789067,", b",fifty,")  # by this one
    _spoil(raw, "ohid_fingertips/93532*.csv", b",74.64258841,", b",94.64258841,")  # agrees not
    alone = _said(raw)
    said = " ".join(one.what for one in alone)
    assert "fifty" in said and "94.64258841" in said and "workbook" in said
    request.getfixturevalue("two")
    assert _said(raw) == alone


def test_what_a_second_process_that_ends_does_not_give_is_worked_out_here(
    raw: Path, two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = ProcessPoolExecutor.submit
    monkeypatch.setattr(ProcessPoolExecutor, "submit", lambda pool, *_: submit(pool, os._exit, 1))
    made, _, problems = prepare.make_tables(raw, load())
    assert problems == []
    monkeypatch.setattr(second_process, "_allowed", False)
    assert made["observations"].equals(prepare.make_tables(raw, load())[0]["observations"])


def test_only_the_command_line_starts_one_and_only_for_much() -> None:
    with second_process.second_process(10 * second_process.WORTH) as second:
        assert second is None
    with pytest.MonkeyPatch.context() as allowed:
        allowed.setattr(second_process, "_allowed", True)
        with second_process.second_process(second_process.WORTH - 1) as second:
            assert second is None
