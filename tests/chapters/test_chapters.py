"""Chapters: every cell of every notebook gives sound blocks, for awkward areas too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from needs.chapters import absent, need
from needs.chapters.analysis import opened
from needs.chapters.blocks import Blocks, Chart, Notice, Table, all_figures, all_tables
from needs.commands import run as runs
from needs.errors import Problem
from needs.figures import assessment
from needs.figures.assessment import Assessment
from needs.figures.figure import collect
from needs.report.notebook_cells import read_cells
from needs.words.text import plain

VALUES = {"areas": ["E10000034"], "year": 2022, "name": ""}


def shown(na: Assessment, root: Path, workshop: Path) -> Blocks:
    """What every notebook shows of an assessment, run as a report runs it."""
    every: list[Any] = []
    problems: list[Problem] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assessment, "load", lambda *_, **__: na)
        for path in runs.chapters(root / "notebooks"):
            node = runs.execute(path, VALUES, workshop, area=na.name)
            every += read_cells(node, path.name, problems).items
    assert not problems
    return Blocks(tuple(every))


@pytest.fixture(scope="module")
def report(
    worcestershire: Assessment, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Blocks:
    return shown(worcestershire, root, tmp_path_factory.mktemp("chapters"))


def check(every: Blocks) -> None:
    collect(all_figures(every))  # no id has two contents
    ids = [one.id for one in all_tables(every)]
    assert len(ids) == len(set(ids))
    for table in all_tables(every):
        assert all(len(row) == len(table.columns) for row in table.rows), table.id
        assert all(cell.text.strip() for row in table.rows for cell in row), table.id
        linked = {one.id for one in table.figures}
        assert {c.figure for row in table.rows for c in row if c.figure} <= linked, table.id
    for chart in every:
        if isinstance(chart, Chart):
            assert 20 < len(chart.alt) <= 250, chart.id
            assert chart.alt != plain(chart.headline)
            assert plain(chart.headline), chart.id
            assert re.search(r"\d|No ", chart.alt), chart.id


def test_the_worked_example_is_sound(report: Blocks) -> None:
    check(report)


def test_the_strategys_local_picture_is_there(worcestershire: Assessment, report: Blocks) -> None:
    na = worcestershire
    text = "\n".join(
        plain(t) for b in report for t in getattr(b, "items", ()) if isinstance(t, tuple)
    )
    text += "\n".join(plain(b.text) for b in report if hasattr(b, "text") and b.text)
    figures = {one.id: one for one in all_figures(report)}
    values = {
        one.indicator: one.number for one in figures.values() if one.area_name == "Worcestershire"
    }
    assert values["lsoas_most_deprived_10"] == "18"
    assert values["lsoas_most_deprived_30"] == "74"
    assert values["residents_most_deprived_10"] == "27,750"
    # a sum of estimates is told to the nearest ten, and the register keeps the sum
    assert values["residents_most_deprived_30"] == "122,980"
    (residents,) = {
        one.value
        for one in figures.values()
        if one.indicator == "residents_most_deprived_30" and one.area_code == na.area.code
    }
    assert residents == 122_975
    assert figures[na.figure("prison_continuity").id].value == 25.17
    assert "80.6%" in text


def test_every_claim_is_a_figure_or_listed_as_not_available(
    worcestershire: Assessment, report: Blocks
) -> None:
    table = next(one for one in all_tables(report) if one.id == "claims")
    listed = {row[0].text.split(",")[0] for row in table.rows}
    assert listed == set(worcestershire.claims["claim_id"])
    assert len(listed) == 44
    for row in table.rows:
        verdict = row[8].text
        assert verdict
        if row[5].text == "[x]":
            assert row[9].text != "none", f"{row[0].text}: no reason and no publisher"
        else:
            assert row[5].figure, f"{row[0].text}: our figure is not in the register"


def test_every_indicator_without_a_figure_is_listed_once(
    worcestershire: Assessment, report: Blocks
) -> None:
    said = " ".join(plain(item) for one in report if isinstance(one, Notice) for item in one.items)
    for one in worcestershire.catalogue.indicators.values():
        if not absent.anything(worcestershire, one.key) and one.chapter != "inequality":
            assert said.lower().count(one.name.lower()) >= 1, one.key


def test_a_report_without_any_data_still_says_what_is_missing(
    worcestershire: Assessment, root: Path, tmp_path: Path
) -> None:
    import dataclasses

    empty = dataclasses.replace(
        worcestershire,
        observations=worcestershire.observations.iloc[:0],
        later=worcestershire.later.iloc[:0],
        lsoa=worcestershire.lsoa.iloc[:0],
        populations=worcestershire.populations.iloc[:0],
        claims=worcestershire.claims.iloc[:0],
    )
    every = shown(empty, root, tmp_path)
    check(every)
    assert any(isinstance(one, Notice) for one in every)
    assert not any(isinstance(one, Chart) for one in every)


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("area", "year"),
    [
        ("Isles of Scilly", 2022),
        ("City of London", 2022),
        ("Cumberland", 2023),
        ("Buckinghamshire", 2022),
        ("Hackney", 2022),
        ("Kent", 2025),
        ("Barnsley", 2025),
        # of another date than the reporting year
        ("Cumberland", 2022),
        ("Northamptonshire", 2022),
        ("Cumbria", 2025),
        ("E06000065", 2022),
        ("E10000027", 2024),
        ("E08000038", 2022),
        ("E08000016", 2025),
    ],
)
def test_awkward_areas_are_sound(
    national: Path, root: Path, tmp_path: Path, area: str, year: int
) -> None:
    na = assessment.load(area, year, processed=national)
    every = shown(na, root, tmp_path)
    check(every)
    assert any(isinstance(one, Table) for one in every)


def test_people_of_the_region_are_the_same_in_both_tables(worcestershire: Assessment) -> None:
    """What the chapter's table of figures prints is what the table of treatment prints."""
    na = worcestershire
    (table,) = all_tables(need.treated(opened(na)["alcohol_unmet_need"]))
    printed = {row[0].text: (row[1].text, row[2].text) for row in table.rows}
    assert set(printed) == {"Worcestershire", "West Midlands", "England"}
    for place in na.places:
        figures = [
            na.figure(key, place, "2018/19")
            for key in ("alcohol_in_treatment", "alcohol_prevalence")
        ]
        assert all(one.shown for one in figures)
        assert printed[place.name] == tuple(one.number for one in figures)
    assert na.figure("alcohol_prevalence", na.region, "2018/19").formula == (
        "sum over its authorities; limits: the parts' errors taken as fully dependent, the wider "
        "assumption"
    )
