"""Changes between two reports: told, listed in files, and put into a report, with the reasons."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from needs.cli import main
from needs.commands.changes import LISTED, change_lines, changes_csv, changes_html, compare
from needs.errors import ParameterError
from needs.figures.figure import Figure
from needs.stats.status import Status


def called(*arguments: str) -> int:
    """Exit code of a command."""
    try:
        return main(list(arguments))
    except SystemExit as ended:
        return int(ended.code or 0)


def figure(indicator: str, period: str, value: float | None, **more: Any) -> Figure:
    values: dict[str, Any] = {
        "id": f"{indicator}.E1.{period}.persons.all-ages",
        "indicator": indicator,
        "label": indicator.capitalize(),
        "area_code": "E1",
        "area_name": "Here",
        "period": period,
        "value": value,
        "unit": "deaths",
        "decimals": 0,
    }
    return Figure(**{**values, **more})


def report(
    folder: Path, *figures: Figure, of: tuple[str, str] = ("Here", "E1"), **manifest: Any
) -> Path:
    folder.mkdir()
    register = {
        "figures": [
            {**dataclasses.asdict(one), "status": one.status.value, "printed": one.text}
            for one in figures
        ],
        "files": [{"path": "deaths.csv", "sha256": folder.name, "source": "ons", "size": 1}],
        "report": {
            "area_name": of[0],
            "area_codes": [of[1]],
            "year": 2022,
            "date": "2026-11-29",
            "geography": "LSOAs of 2011",
        },
        "sources": {},
    }
    (folder / "figures.json").write_text(json.dumps(register), encoding="utf-8")
    base: dict[str, Any] = {
        "area": {"name": of[0]},
        "parameters": {"year": 2022},
        "code": "a",
        "inputs": [],
        "outputs": {},
    }
    (folder / "manifest.json").write_text(json.dumps({**base, **manifest}), encoding="utf-8")
    return folder


def test_each_kind_is_told_with_its_reasons(tmp_path: Path) -> None:
    old = report(
        tmp_path / "old",
        figure("deaths", "2020", 24.0, sources=("ons",)),
        figure("rate", "2018", 40.0, lower=38.0, upper=42.0),
        figure("waits", "2020", 3.0),
    )
    new = report(
        tmp_path / "new",
        figure("deaths", "2020", 25.0, sources=("ons",)),
        figure("rate", "2021", 50.0, lower=48.0, upper=52.0),
        figure("need", "2021", 80.0),
        parameters={"year": 2023},
    )
    assert list(change_lines(compare(old, new))) == [
        "1 revised, 1 new period, 1 appeared, 1 gone.",
        "parameters: year was 2022, is 2023",
        "revised (the same period, with another number in the publisher’s files):",
        "  Deaths: 24 deaths, 2020 -> 25 deaths, 2020 (differs in: value)",
        "new period (a later period of the same measure):",
        "  Rate: 40 deaths (38 to 42), 2018 -> 50 deaths (48 to 52), 2021 "
        "(higher than in the last report, by the intervals)",
        "appeared (the last report had no figure):",
        "  Need: 80 deaths, 2021",
        "gone (this report has no figure):",
        "  Waits: 3 deaths, 2020",
    ]


def test_what_is_withheld_now_is_in_no_output(tmp_path: Path) -> None:
    """The last report may have shown what is confidential today."""
    old = report(tmp_path / "old", figure("deaths", "2020", 1234567.0, sources=("ons",)))
    hidden = figure("deaths", "2020", None, sources=("ons",), status=Status.SUPPRESSED)
    found = compare(old, report(tmp_path / "new", hidden))
    for output in ("\n".join(change_lines(found)), changes_csv(found), changes_html(found)):
        assert "[c]" in output
        assert not any(one in output for one in ("1234567", "1,234,567"))


def test_a_correction_is_told(tmp_path: Path) -> None:
    old = report(tmp_path / "old", figure("deaths", "2020", 480.0, sources=("ons",)))
    said = "correction: 480 in the file is 380, because it counts two places"
    new = figure("deaths", "2020", 380.0, sources=("ons",), source_rows=(f"a.csv, line 3; {said}",))
    told = list(change_lines(compare(old, report(tmp_path / "new", new))))
    assert told[-1] == f"  Deaths: 480 deaths, 2020 -> 380 deaths, 2020 ({said})"


def test_text_of_a_register_is_escaped_and_no_formula(tmp_path: Path) -> None:
    old = report(tmp_path / "old")
    evil = figure("need", "2021", 80.0, label="=1+1<script>alert(1)</script>")
    found = compare(old, report(tmp_path / "new", evil))
    assert "<script>alert" not in changes_html(found)
    (row,) = csv.DictReader(io.StringIO(changes_csv(found)))
    assert row["measure"].startswith("'=1+1")


def test_the_terminal_lists_the_own_area_and_counts_the_others(tmp_path: Path) -> None:
    def of_year(period: str) -> list[Figure]:
        own = [figure(f"m{number}", period, 3.0) for number in range(LISTED + 2)]
        there = {"area_name": "There", "area_code": "E2"}
        other = figure("deaths", period, 3.0, **there, id=f"deaths.E2.{period}.persons.all-ages")
        near = figure("neighbours_imd_score", period, 3.0)
        return [*own, other, near]

    old = report(tmp_path / "old", *of_year("2020"))
    told = list(change_lines(compare(old, report(tmp_path / "new", *of_year("2021")))))
    assert sum(line.startswith("  M") for line in told) == LISTED
    assert told[-2:] == [
        "  and 2 more of Here",
        "  and 2 figures of other areas, or of neighbours’ features",
    ]


def test_reports_of_two_areas_are_refused(tmp_path: Path) -> None:
    here, there = report(tmp_path / "a"), report(tmp_path / "b", of=("There", "E2"))
    with pytest.raises(ParameterError, match="two areas: Here and There"):
        compare(here, there)
    assert compare(here, report(tmp_path / "c", of=("Here", "E3"))).found == ()


def test_the_files_hold_every_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = report(tmp_path / "old", figure("deaths", "2020", 24.0))
    new = report(tmp_path / "new", figure("deaths", "2021", 25.0))
    table, page = tmp_path / "c.csv", tmp_path / "c.html"
    files = ["--csv", str(table), "--html", str(page)]
    assert called("changes", str(old), str(new), *files) == 0
    assert str(page) in capsys.readouterr().out
    (row,) = csv.DictReader(io.StringIO(table.read_text("utf-8")))
    assert (row["kind"], row["old"], row["new"]) == ("new period", "24 deaths", "25 deaths")
    assert "<h1>What changed. Here: the reports for 2022 and 2022</h1>" in page.read_text("utf-8")


@pytest.fixture(scope="module")
def two_years(tmp_path_factory: pytest.TempPathFactory, national: Path) -> Path:
    """Lancashire's reports for 2021, and for 2022 set against it."""
    folder = tmp_path_factory.mktemp("since")
    common = ["--area", "Lancashire", "--date", "2026-11-29", "--formats", "html"]
    where = ["--no-prepare", "--processed", str(national), "--out", str(folder), "--quiet"]
    assert called("run", "--year", "2021", *common, *where) == 0
    last = ["--since", str(folder / "lancashire" / "2021")]
    assert called("run", "--year", "2022", *common, *where, *last) == 0
    return folder / "lancashire"


@pytest.mark.mirror
@pytest.mark.slow
def test_a_report_says_what_has_changed_since_the_last(two_years: Path) -> None:
    page = (two_years / "2022" / "report.html").read_text("utf-8")
    assert "The last report was for 2021, of 29 November 2026." in page
    register = json.loads((two_years / "2022" / "figures.json").read_text("utf-8"))["figures"]
    old = {one["id"]: one for one in register if one["id"].endswith(".report-for-2021")}
    then = json.loads((two_years / "2021" / "figures.json").read_text("utf-8"))["figures"]
    printed = {one["id"]: one["printed"] for one in then}
    assert len(old) > 10
    for key, one in old.items():
        assert one["printed"] == printed[key.removesuffix(".report-for-2021")]
    # a share by hand: 20.2% of assessments in 2020/21, 18.1% in 2021/22
    assert "20.2%" in page and "18.1%" in page


@pytest.mark.mirror
@pytest.mark.slow
def test_verify_needs_the_report_that_a_report_is_set_against(
    two_years: Path,
    national: Path,
    mirror: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    alone = tmp_path / "2022"
    shutil.copytree(two_years / "2022", alone)
    where = ["--raw", str(mirror), "--processed", str(national), "--quiet"]
    assert called("verify", str(alone), *where) != 0
    assert "Name the folder of that report with --since" in capsys.readouterr().err
    last = ["--since", str(two_years / "2021")]
    assert called("verify", str(alone), *where, *last) == 0


@pytest.mark.mirror
@pytest.mark.slow
def test_the_last_report_of_another_area_is_refused(
    two_years: Path, national: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--no-prepare", "--processed", str(national), "--out", str(tmp_path), "--quiet"]
    last = ["--since", str(two_years / "2021")]
    assert called("run", "--area", "Kent", "--year", "2022", *where, *last) != 0
    assert "is of Lancashire, and this one of Kent" in capsys.readouterr().err
    assert not (tmp_path / "kent" / "2022").exists()
