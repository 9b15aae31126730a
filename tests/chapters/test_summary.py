"""The first pages: what matters here, every measure at once, what is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from needs.chapters import need, overview, rules, saying, summary
from needs.chapters.absent import to_add
from needs.chapters.analysis import Analysis, opened
from needs.chapters.blocks import Blocks, Cards, Chart, Heading, Notice, Prose, Table, all_figures
from needs.figures import assessment
from needs.figures.findings import ranked
from needs.figures.findings.candidate import NOTHING
from needs.figures.spine import spine_rows
from needs.words.text import plain

FOOTPRINT = ("Leicester", "Leicestershire", "Rutland")


@pytest.fixture(scope="module")
def areas(national: Path) -> dict[str, Analysis]:
    """Areas with districts, without, of one LSOA, of few people, and of several authorities."""
    asked = {one: [one] for one in ("Lancashire", "Blackpool", "Isles of Scilly", "Rutland")}
    asked["LLR"] = list(FOOTPRINT)
    return {
        name: opened(assessment.load(members, 2022, "LLR" * (name == "LLR"), processed=national))
        for name, members in asked.items()
    }


def said(shown: Blocks) -> str:
    return " ".join(plain(one.text) for one in shown if isinstance(one, Prose))


@pytest.mark.mirror
def test_every_finding_has_its_words_its_question_and_a_figure(areas: dict[str, Analysis]) -> None:
    for na in areas.values():
        shown, found = summary.findings(na), na.once(ranked)
        headings = [one for one in shown if isinstance(one, Heading)]
        assert [one.anchor for one in headings[1:]] == [f"finding-{one.rank}" for one in found]
        for one in found:
            assert one.statement in said(shown)
            assert (one.question in said(shown)) == (one.kind != NOTHING)
        assert found and sum(1 for _ in all_figures(shown)) >= len(found) - 1


@pytest.mark.mirror
def test_the_picture_begins_with_the_first_findings(areas: dict[str, Analysis]) -> None:
    for na in areas.values():
        cards = [one for each in summary.picture(na) if isinstance(each, Cards)
                 for one in each.items]  # fmt: skip
        assert len(cards) <= summary.BIG
        for one in na.once(ranked)[:1]:
            if summary._stands(na, one.indicator):
                assert cards[0].label == na.indicator(one.indicator).short_name
    assert not any(isinstance(one, Cards) for one in summary.picture(areas["Isles of Scilly"]))
    (cards,) = (one for one in summary.picture(areas["Rutland"]) if isinstance(one, Cards))
    assert cards.caption == "Rutland in one figure"


@pytest.mark.mirror
def test_a_level_that_is_reached_is_no_reason_to_rest(areas: dict[str, Analysis]) -> None:
    told = said(need.places(areas["Rutland"]))
    assert told.startswith("About 210 adults (80.4% of those in need) are not in treatment")
    assert "already" not in told
    assert "no more adults on the central estimate (95% confidence interval: 0 to 16)" in told


@pytest.mark.mirror
def test_a_part_of_deaths_that_is_named_less_is_not_called_better(
    areas: dict[str, Analysis],
) -> None:
    """Drug misuse deaths of Lancashire: 4.1 against 5.1, as 38% of poisonings name a drug."""
    na = areas["Lancashire"]
    key = "drug_misuse_rate"
    england = na.figure(key, na.england)
    assert rules.compared(na, na.figure(key), england).reason == "set aside"
    shown = saying.message(na, key)
    assert "better" not in said(shown) and "lower than" not in said(shown)
    (notice,) = (one for one in shown if isinstance(one, Notice))
    assert "138 of 364" in plain(notice.items[0])
    keys = [one.figure.split(".")[0] for each in summary.picture(na) if isinstance(each, Cards)
            for one in each.items]  # fmt: skip
    assert "drug_poisoning_rate" in keys and key not in keys
    (chart,) = (one for one in overview.spine(na) if isinstance(one, Chart))
    names = [row[0].text for row in chart.table.rows]
    assert na.indicator("drug_poisoning_rate").short_name in names
    assert na.indicator(key).short_name not in names
    (heat,) = (one for one in overview.rug(na) if isinstance(one, Chart))
    assert not any(one.indicator == key for one in heat.figures)
    whole = "drug_poisoning_rate"
    assert rules.compared(na, na.figure(whole), na.figure(whole, na.england)).judgement == "worse"


@pytest.mark.mirror
def test_a_spine_has_england_in_the_middle_and_worse_below(areas: dict[str, Analysis]) -> None:
    for na in areas.values():
        for row in spine_rows(na):
            assert row.place(row.england.value or 0.0) == 0
            assert -1 - 1e-9 <= row.place(row.worst) <= row.place(row.worse_quarter)
            assert row.place(row.better_quarter) <= row.place(row.best) <= 1 + 1e-9
            assert max(abs(row.place(row.worst)), abs(row.place(row.best))) == pytest.approx(1)
            lower = row.indicator.polarity == "lower is better"
            assert (row.worst >= row.best) == lower
    assert not overview.spine(areas["Isles of Scilly"]).items


@pytest.mark.mirror
def test_records_that_name_none_are_no_best(areas: dict[str, Analysis]) -> None:
    na = areas["Lancashire"]
    rows = {row.indicator.key: row for row in spine_rows(na)}
    row = rows["looked_after_substance_misuse"]
    assert row.none_recorded and row.best > 0 and row.place(-100.0) == 1.0
    others = na.across(
        row.indicator.key, na.compared(row.indicator.key, row.area.period), row.area.period
    )
    assert sum(one.value is not None for one in others) == row.number + row.none_recorded
    assert not rows["drug_misuse_rate"].none_recorded
    (chart,) = (one for one in overview.spine(na) if isinstance(one, Chart))
    shown = row.indicator.short_name in {each[0].text for each in chart.table.rows}
    assert (
        f"{row.indicator.short_name} ({row.none_recorded})" in " ".join(chart.table.notes)
    ) == shown


@pytest.mark.mirror
def test_a_rug_is_of_districts_or_members_and_of_england(areas: dict[str, Analysis]) -> None:
    for name, na in areas.items():
        charts = [one for one in overview.rug(na) if isinstance(one, Chart)]
        assert bool(charts) == (name in ("Lancashire", "LLR"))
        for chart in charts:
            names = [row[0].text for row in chart.table.rows]
            assert names == [na.name, *(one.name for one in na.districts), "England"]
            assert len(chart.alt) <= 260


@pytest.mark.mirror
def test_what_is_not_known_is_told_once(areas: dict[str, Analysis]) -> None:
    for na in areas.values():
        tables = [one for one in summary.not_known(na) if isinstance(one, Table)]
        *matter, every = ([row[0].text for row in one.rows] for one in tables)
        assert sorted(every) == sorted(one.name for one in to_add(na))
        headlines = [one.name for one in to_add(na) if one.headline]
        assert [name for names in matter for name in names] == headlines
        assert [one.detail for one in tables] == [False, True][-len(tables) :]
