"""A file that has not changed is not read again, and nothing shows whether it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from needs.catalogue import load
from needs.commands.check import check
from needs.errors import Problem
from needs.tables import prepare
from needs.tables.kept_readings import KeptReadings, folder_beside

pytestmark = pytest.mark.mirror

CHANGED = "ohid_fingertips/93517*.csv"


@pytest.fixture
def raw(mirror: Path, tmp_path: Path) -> Path:
    """A few small sources, and the lookups that they need."""
    folder = tmp_path / "raw"
    for pattern in (
        "ohid_fingertips/935[13]*.csv",
        "ons_drug_deaths/2021registrations.xlsx",
        "ons_lookups/Local*.csv",
        "ons_lookups/Lower_Tier*.csv",
    ):
        for path in mirror.glob(pattern):
            (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / path.parent.name)
    return folder


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files that readers are given, as they are."""
    names: list[str] = []
    reader = prepare.read_found

    def noted(one: prepare.Found) -> tuple[pd.DataFrame | None, list[Problem]]:
        names.append(one.path.name)
        return reader(one)

    monkeypatch.setattr(prepare, "read_found", noted)
    return names


def _tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_only_what_changed_is_read_again_and_the_tables_are_those_of_a_full_run(
    raw: Path, tmp_path: Path, read: list[str]
) -> None:
    out = tmp_path / "processed"
    prepare.prepare(raw, out)
    everything = sorted(path.name for path in raw.rglob("*") if path.is_file())
    assert sorted(read) == everything
    path = next(raw.glob(CHANGED))
    path.write_bytes(path.read_bytes().replace(b"1352.333333", b"1352.333334"))
    read.clear()
    before = _tables(out)
    prepare.prepare(raw, out)
    assert read == [path.name]
    assert _tables(out) != before
    read.clear()
    prepare.prepare(raw, tmp_path / "other")
    assert sorted(read) == everything
    assert _tables(out) == _tables(tmp_path / "other")
    kept = folder_beside(out)
    assert len(list(kept.iterdir())) == len(everything)  # of the file as it was, nothing is kept


def test_a_map_or_a_name_that_changed_is_read_by(
    raw: Path, tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "processed"
    prepare.prepare(raw, out)
    everything = sorted(read)
    maps = tmp_path / "house" / "maps"
    maps.mkdir(parents=True)
    own = Path(prepare.__file__).parents[1] / "catalogue" / "maps" / "outside_england.csv"
    shutil.copy(own, maps)
    monkeypatch.setenv("NEEDS_CATALOGUE", str(maps.parent))
    read.clear()
    prepare.prepare(raw, out)
    assert sorted(read) == everything
    path = next(raw.glob(CHANGED))
    path.rename(path.with_name(path.name.replace("93517", "93517_x")))
    read.clear()
    prepare.prepare(raw, out)
    assert [name for name in read if name.startswith("93517")] == read


def test_what_was_kept_and_spoilt_is_read_from_its_file(
    raw: Path, tmp_path: Path, read: list[str]
) -> None:
    out = tmp_path / "processed"
    prepare.prepare(raw, out)
    before = _tables(out)
    read.clear()
    for path in sorted(folder_beside(out).iterdir())[:2]:
        path.write_bytes(path.read_bytes()[:-100])
    prepare.prepare(raw, out)
    assert len(read) == 2
    assert _tables(out) == before


def test_every_reader_gives_what_can_be_kept(mirror: Path, tmp_path: Path) -> None:
    kept = KeptReadings(tmp_path / "kept")
    catalogue = load()
    seen = set()
    for one in prepare.discover(mirror, catalogue):
        if one.source.reader in seen or one.path.stat().st_size > 3_000_000:
            continue
        seen.add(one.source.reader)
        table, _ = kept.of(
            one.path, one.source, one.edition, lambda one=one: prepare.read_found(one)
        )
        again, _ = kept.of(one.path, one.source, one.edition, lambda: (None, []))
        assert again is not None, one.source.reader
        assert again is not table
        assert again.equals(table)
    assert len(seen) > 15


def test_check_does_not_read_what_was_prepared_and_does_where_it_changed(
    raw: Path, tmp_path: Path, read: list[str]
) -> None:
    out = tmp_path / "processed"
    prepare.prepare(raw, out)
    read.clear()
    lines = check(raw, out)
    assert read == []
    assert "No faults found." in lines
    assert [line for line in lines if "without any figure" in line]
    path = next(raw.glob(CHANGED))
    path.write_bytes(path.read_bytes() + b"\n")
    again = check(raw, out)
    assert read == [path.name]
    assert [line for line in again if "not made from just these files" in line]
