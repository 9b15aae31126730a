"""Raw and processed data are validated, and every fault is told at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from needs.check import check
from needs.errors import InvalidDataError, MissingDataError


@pytest.fixture
def raw(root: Path, tmp_path: Path) -> Path:
    """A copy of the embedded data package that a test may spoil."""
    return Path(shutil.copytree(root / "data" / "raw" / "worcestershire", tmp_path / "raw"))


def test_good_data_has_no_faults(raw: Path, processed: Path) -> None:
    lines = check(raw, processed)
    assert lines[-2:] == ["No faults found.", "Next: needs run --area NAME --year YEAR"]
    assert "0 files of publishers, 1 data package." in lines[1]
    assert lines[2] == "  data package: this folder itself"
    assert "7 tables, made from these files." in lines[3]


def test_processed_data_need_not_be_there(raw: Path, tmp_path: Path) -> None:
    lines = check(raw, tmp_path / "none")
    assert lines[3].endswith("no tables yet.")
    assert lines[-1].startswith("Next: needs run")


def test_older_processed_data_is_told(raw: Path, processed: Path) -> None:
    with (raw / "datapackage.json").open("a", encoding="utf-8") as file:
        file.write("\n")
    lines = check(raw, processed)
    assert "not made from just these files" in lines[3]
    assert lines[-1] == "Next: needs prepare"


def test_a_file_that_no_source_declares_is_named(raw: Path, processed: Path) -> None:
    above = raw.parent / "above"
    above.mkdir()
    raw.rename(above / "raw")
    (above / "ons_drug_deaths").mkdir()
    (above / "ons_drug_deaths" / "deaths.xls").touch()
    (above / "sources.lock.json").touch()
    lines = check(above, processed)
    assert "  data package: raw" in lines
    (line,) = [line for line in lines if "not read" in line]
    assert "declares them: ons_drug_deaths/deaths.xls (docs/" in line


def test_faults_of_raw_and_processed_data_are_told_together(
    raw: Path, processed: Path, tmp_path: Path
) -> None:
    spoilt = Path(shutil.copytree(processed, tmp_path / "spoilt"))
    table = pd.read_parquet(spoilt / "areas.parquet")
    table.loc[table.index[0], "kind"] = "village"
    table.to_parquet(spoilt / "areas.parquet")
    (spoilt / "lsoa.parquet").write_bytes(b"not a table")
    text = (raw / "populations.csv").read_text(encoding="utf-8")
    (raw / "populations.csv").write_text(text.replace("male", "mail", 1), encoding="utf-8")
    with pytest.raises(InvalidDataError) as caught:
        check(raw, spoilt)
    assert caught.value.exit_code == 4
    told = str(caught.value)
    assert told.splitlines()[2].startswith("  Remedy: Mend, replace or remove")
    assert "village" in told and "lsoa.parquet" in told and "populations.csv" in told


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError):
        check(tmp_path, tmp_path / "none")
