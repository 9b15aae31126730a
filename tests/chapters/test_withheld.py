"""A figure of an older period says that the newest is withheld; few events make no headline."""

from __future__ import annotations

import dataclasses

import pytest

from needs.chapters import glance, summary
from needs.chapters.blocks import Bullets, Cards, Prose, Table
from needs.figures.assessment import Assessment
from needs.words.text import plain

KEY = "drug_misuse_rate"


def with_newest(na: Assessment, **values: object) -> Assessment:
    """The assessment with changes to the area's newest drug misuse death rate."""
    rows = na.observations.copy()
    own = (rows["indicator"] == KEY) & (rows["area_code"] == na.area.code)
    own &= (rows["sex"] == "persons") & (rows["period"] == na.latest_period(KEY))
    assert own.sum() == 1
    rows.loc[own, list(values)] = list(values.values())
    return dataclasses.replace(na, observations=rows)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("unreliable", "too few events to be reliable"),
        ("suppressed", "the numbers are confidential"),
    ],
)
def test_a_withheld_newest_period_is_named(
    worcestershire: Assessment, status: str, reason: str
) -> None:
    newest = worcestershire.latest_period(KEY)
    assert worcestershire.withheld(KEY) is None
    na = with_newest(worcestershire, status=status, value=None, lower=None, upper=None, count=None)
    said = f"the newest period, {newest}, is withheld: {reason}"
    cards = next(one for one in summary.picture(na) if isinstance(one, Cards))
    card = next(one for one in cards.items if one.figure.startswith(f"{KEY}."))
    assert card.detail.endswith(said)
    assert newest not in card.detail.removesuffix(said)
    opened = glance.opening(na, "deaths")
    items = [plain(item) for one in opened if isinstance(one, Bullets) for item in one.items]
    assert any(item.endswith(f"{said[0].upper()}{said[1:]}.") for item in items)
    table = next(one for one in glance.glance(na, "deaths") if isinstance(one, Table))
    assert any(note.endswith(f"{said}.") for note in table.notes)


def test_a_figure_of_few_events_is_no_headline(worcestershire: Assessment) -> None:
    na = with_newest(worcestershire, marks="u")
    shown = summary.picture(na)
    cards = next(one for one in shown if isinstance(one, Cards))
    assert not any(KEY in one.figure for one in cards.items)
    said = [plain(one.text) for one in shown if isinstance(one, Prose)]
    assert len(said) == 2 and "too few events to be reliable: drug misuse deaths" in said[1]
    assert len([one for one in summary.picture(worcestershire) if isinstance(one, Prose)]) == 1
