"""What there is: indicators, sources and areas, and an area's figures or why it has none."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest

from needs import catalogue
from needs.cli import main
from needs.commands.listing import list_kind
from needs.errors import ParameterError
from needs.figures.assessment import Assessment


def _listed(
    kind: str, root: Path, processed: Path, area: str = "", year: int = 0
) -> list[dict[str, str]]:
    heads, rows = list_kind(kind, catalogue.load(), root / "data" / "raw", processed, area, year)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_every_indicator_stands_with_its_newest_period(
    root: Path, processed: Path, worcestershire: Assessment
) -> None:
    rows = {one["Key"]: one for one in _listed("indicators", root, processed)}
    assert set(rows) == set(catalogue.load().indicators)
    known = worcestershire.indicator("drug_misuse_rate")
    assert rows[known.key]["Name"] == known.name
    assert rows[known.key]["Chapter"] == known.chapter
    newest = rows[known.key]["Newest period"]
    assert newest >= worcestershire.latest_period(known.key)
    earlier = {one["Key"]: one for one in _listed("indicators", root, processed, year=2018)}
    assert earlier[known.key]["Newest period"] < newest


def test_of_an_area_the_figure_stands_or_why_there_is_none(
    root: Path, processed: Path, worcestershire: Assessment
) -> None:
    rows = _listed("indicators", root, processed, "Worcestershire", 2022)
    assert len(rows) == len(catalogue.load().indicators)
    for one in rows:
        assert one["Worcestershire"], one["Key"]
        if worcestershire.has(one["Key"]):
            figure = worcestershire.figure(one["Key"])
            assert (one["Newest period"], one["Worcestershire"]) == (figure.period, figure.text)
    said = {one["Worcestershire"] for one in rows if not worcestershire.has(one["Key"])}
    assert any(text.startswith("no file at hand: ") for text in said)
    with pytest.raises(ParameterError, match="reporting year"):
        _listed("indicators", root, processed, "Worcestershire")
    with pytest.raises(ParameterError):
        _listed("indicators", root, processed, "Worcestershir County", 2022)


def test_a_figure_that_is_withheld_is_not_listed(root: Path, processed: Path) -> None:
    rows = _listed("indicators", root, processed, "Worcestershire", 2022)
    for one in rows:
        if "withheld" in one["Worcestershire"]:
            assert not any(letter.isdigit() for letter in one["Worcestershire"])


def test_sources_say_which_files_are_at_hand(root: Path, processed: Path) -> None:
    rows = {one["Key"]: one for one in _listed("sources", root, processed)}
    sources = catalogue.load().sources
    assert set(rows) == set(sources)
    assert rows["local_extract"]["Files at hand"] == "data packages"
    deaths = sources["ons_drug_deaths"]
    assert rows[deaths.key]["Last edition"] == deaths.editions[-1].edition
    assert rows[deaths.key]["Files at hand"].endswith(f" of {len(deaths.editions)}")


def test_areas_are_those_of_the_year(root: Path, processed: Path) -> None:
    every = _listed("areas", root, processed)
    found = _listed("areas", root, processed, "Worcester")
    assert {one["Name"] for one in found} >= {"Worcester", "Worcestershire"}
    assert len(found) < len(every)
    of_2022 = _listed("areas", root, processed, year=2022)
    assert all(not one["Until"] or one["Until"] >= "2022-12-31" for one in of_2022)
    with pytest.raises(ParameterError, match="cannot be listed"):
        _listed("chapters", root, processed)


def test_the_command_prints_csv(
    root: Path, processed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    with pytest.raises(SystemExit) as ended:
        main(["list", "indicators", "--csv", "--processed", str(processed)])
    assert ended.value.code == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {one["Key"] for one in rows} == set(catalogue.load().indicators)
    assert main(["list", "indicators", "--year", "twenty", "--processed", str(processed)]) == 2


def test_what_is_only_listed_waits_for_no_charts_and_no_notebooks(processed: Path) -> None:
    """They take longer to import than the list to make."""
    script = (
        "import atexit, sys; from needs.cli import main; atexit.register(lambda: "
        "print(sorted({'nbformat', 'matplotlib', 'scipy.stats'} & set(sys.modules)))); "
        f"main(['list', 'indicators', '--area', 'Worcestershire', '--year', '2022', "
        f"'--processed', {str(processed)!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=100
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "drug_misuse_rate" in done.stdout
