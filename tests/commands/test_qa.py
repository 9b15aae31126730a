"""The record of quality assurance: what a reviewer signs says what was seen, and no more."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from needs.cli import main
from needs.commands.qa import (
    INPUTS_STAND,
    LACKING,
    SAMPLE,
    STANDS,
    quality_record,
    traced_at_random,
    write_record,
)
from needs.figures.recorded import read_recorded
from needs.report import accessibility
from needs.report import manifest as manifests

pytestmark = [pytest.mark.mirror, pytest.mark.slow]


@pytest.fixture(scope="module")
def rutland(tmp_path_factory: pytest.TempPathFactory, national: Path) -> Path:
    folder = tmp_path_factory.mktemp("qa")
    where = ["--no-prepare", "--processed", str(national), "--out", str(folder), "--quiet"]
    common = ["--area", "Rutland", "--year", "2022", "--formats", "html"]
    try:
        main(["run", *common, "--date", "2026-11-29", *where])
    except SystemExit as ended:
        assert not ended.code
    return folder / "rutland" / "2022"


def test_a_good_report_passes_and_its_record_is_accessible(
    rutland: Path, mirror: Path, national: Path, root: Path, tmp_path: Path
) -> None:
    record, problems = quality_record(
        rutland, raw=mirror, processed=national, notebooks=root / "notebooks"
    )
    assert problems == []
    results = {one.name: one.result for one in record.checks}
    assert results["Files, accessibility and repetition"] == "passed"
    assert results["Disclosure control"] == "passed"
    assert results["Changes since the last report"] == "not run"
    assert len(record.traced) == SAMPLE
    page, data = write_record(record, tmp_path)
    assert accessibility.check_html(page.read_text("utf-8")) == []
    assert "To be filled in and signed" in page.read_text("utf-8")
    inputs = json.loads(data.read_text("utf-8"))["inputs"]
    assert inputs == manifests.read(rutland)["inputs"]


def test_figures_are_followed_to_rows_that_still_say_so(rutland: Path, mirror: Path) -> None:
    recorded, inputs = read_recorded(rutland), manifests.read(rutland)["inputs"]
    traced = traced_at_random(recorded, mirror, inputs, seed=3, number=60)
    results = [one.result for one in traced]
    assert LACKING not in results
    assert sum(one in (STANDS, INPUTS_STAND) for one in results) >= 45
    assert traced == traced_at_random(recorded, mirror, inputs, seed=3, number=60)
    others = traced_at_random(recorded, mirror, inputs, seed=4, number=60)
    assert {one.id for one in traced} != {one.id for one in others}


def test_a_file_that_is_not_as_it_was_is_not_at_hand(
    rutland: Path, mirror: Path, tmp_path: Path
) -> None:
    """One number of one file is altered: nothing that cites the file can be confirmed."""
    name = "ons_drug_deaths/2021localauthorities.xlsx"
    inputs = [one for one in manifests.read(rutland)["inputs"] if one["path"] == name]
    assert inputs, "the report reads the file that this test alters"
    altered = tmp_path / name
    altered.parent.mkdir()
    altered.write_bytes((mirror / name).read_bytes() + b" ")
    traced = traced_at_random(read_recorded(rutland), tmp_path, inputs, number=40)
    assert {one.result for one in traced} == {LACKING}


def test_a_withheld_figure_that_holds_a_number_fails(
    rutland: Path, mirror: Path, national: Path, root: Path, tmp_path: Path
) -> None:
    report = tmp_path / "2022"
    shutil.copytree(rutland, report)
    register = json.loads((report / "figures.json").read_text("utf-8"))
    hidden = next(one for one in register["figures"] if one["status"] == "shown")
    hidden |= {"status": "suppressed", "value": None, "lower": None, "upper": None}
    hidden |= {"numerator": None, "bound": None}
    (report / "figures.json").write_text(json.dumps(register), encoding="utf-8")
    record, problems = quality_record(
        report, raw=mirror, processed=national, notebooks=root / "notebooks"
    )
    (check,) = [one for one in record.checks if one.name == "Disclosure control"]
    assert check.result == "failed" and hidden["id"] in check.detail
    told = " ".join(one.what for one in problems)
    assert hidden["id"] in told and "figures.json" in told  # and it is not as its manifest says


def test_the_command_writes_both_files_and_fails_with_the_report(
    rutland: Path,
    mirror: Path,
    national: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = tmp_path / "2022"
    shutil.copytree(rutland, report)
    table = report / "figures.csv"
    rows = list(csv.reader(table.read_text("utf-8").splitlines()))
    rows[1][-1] = "altered"
    table.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    where = ["--raw", str(mirror), "--processed", str(national), "--quiet"]
    assert main(["qa", str(report), *where, "--out", str(tmp_path)]) != 0
    shown = capsys.readouterr()
    assert "failed: Files, accessibility and repetition." in shown.out
    assert "figures.csv" in shown.err
    assert (tmp_path / "qa.html").is_file() and (tmp_path / "qa.json").is_file()
