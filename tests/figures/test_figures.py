"""Figures: nothing that is withheld can be carried, nothing shown can be missing."""

from __future__ import annotations

import math

import pytest

from needs.figures.figure import Figure, collect, format_number
from needs.stats.status import Status
from needs.tables.naming import figure_id


def make(**more: object) -> Figure:
    base: dict[str, object] = {
        "id": "rate.E10000034.2021",
        "indicator": "rate",
        "label": "Rate",
        "area_code": "E10000034",
        "area_name": "Worcestershire",
        "period": "2021",
        "value": 4.2,
        "unit": "per 100,000",
    }
    return Figure(**{**base, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("part", ["value", "lower", "upper"])
def test_a_withheld_figure_cannot_carry_a_number(part: str) -> None:
    parts = {"value": None, part: 3.0}
    with pytest.raises(ValueError, match="cannot have a value"):
        make(status=Status.UNRELIABLE, **parts)


def test_a_suppressed_figure_cannot_keep_its_numerator() -> None:
    with pytest.raises(ValueError, match="numerator"):
        make(status=Status.SUPPRESSED, value=None, numerator=2.0)


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_a_shown_figure_needs_a_finite_value(value: float | None) -> None:
    with pytest.raises(ValueError, match="finite"):
        make(value=value)


def test_zero_is_shown_and_suppressed_is_not_zero() -> None:
    assert make(value=0.0).number == "0.0"
    assert make(value=None, status=Status.SUPPRESSED).number == "[c]"


def test_the_register_keeps_each_id_once_and_refuses_contradiction() -> None:
    one, other = make(), make(id="rate.other")
    assert collect([one, other, one]) == (one, other)
    with pytest.raises(ValueError, match="two contents"):
        collect([one, make(value=4.3)])


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(0.5, 0, "1"), (1.5, 0, "2"), (-0.5, 0, "−1"), (2.675, 2, "2.68"), (1e6, 0, "1,000,000"),
     (-0.04, 1, "0.0"), (-1234.5, 1, "−1,234.5")],
)  # fmt: skip
def test_numbers_round_halves_away_from_zero(value: float, decimals: int, text: str) -> None:
    assert format_number(value, decimals) == text


def test_an_id_is_safe_whatever_the_name() -> None:
    assert figure_id("a b", "../x", 'q"<') == "a-b.x.q"
