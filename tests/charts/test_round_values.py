"""Round values on a scale: those that matplotlib would choose, which readers know."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.ticker import MaxNLocator

from needs.charts.layout import bounds, round_values

steady = settings(deadline=None, derandomize=True, max_examples=500)

SIZES = st.sampled_from([1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 100.0, 1e4, 1e6])
STEPS = st.sampled_from([4, 5, 6])


def chosen(low: float, high: float, most: int, integer: bool) -> list[float]:
    locator = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10], integer=integer)
    return [float(one) for one in locator.tick_values(low, high)]


@steady
@given(st.floats(-1, 1), st.floats(1e-6, 1), SIZES, STEPS)
def test_they_are_those_of_matplotlib(start: float, length: float, size: float, most: int) -> None:
    low, high = start * size, start * size + length * size
    assert round_values(low, high, most) == chosen(low, high, most, False)


@steady
@given(st.decimals(-10_000, 10_000, places=2), st.decimals("0.01", 500, places=2), STEPS)
def test_so_they_are_of_numbers_as_they_are_printed(low: float, length: float, most: int) -> None:
    ends = float(low), float(low + length)
    assert round_values(*ends, most) == chosen(*ends, most, False)


@steady
@given(st.integers(0, 10**6) | st.just(0), st.integers(1, 10**6), st.sampled_from([5, 6]))
def test_so_they_are_of_whole_numbers(low: int, length: int, most: int) -> None:
    made = round_values(low, low + length, most, integer=True)
    assert made == chosen(low, low + length, most, True)
    assert all(one.is_integer() for one in made)


@pytest.mark.parametrize("ends", [(0, 0.4), (0.2, 0.7), (0, 1.4), (0.6, 2.3), (3.5, 17.2)])
def test_so_they_are_where_limits_of_whole_numbers_are_not(ends: tuple[float, float]) -> None:
    made = round_values(*ends, 6, integer=True)
    assert made == chosen(*ends, 6, True) and len(made) > 1


@steady
@given(st.integers(1, 10**7), STEPS)
def test_so_they_are_of_whole_numbers_from_zero(high: int, most: int) -> None:
    assert round_values(0, high, most, integer=True) == chosen(0, high, most, True)


@steady
@given(st.floats(-1, 1), st.floats(1e-6, 1), SIZES, STEPS)
def test_they_hold_both_ends_in_even_steps(
    start: float, length: float, size: float, most: int
) -> None:
    low, high = start * size, start * size + length * size
    made = round_values(low, high, most)
    near = (high - low) * 1e-6
    assert made[0] <= low + near and high - near <= made[-1]
    steps = [after - before for before, after in pairwise(made)]
    assert max(steps) == pytest.approx(min(steps), rel=1e-6)
    assert len([one for one in made if low <= one <= high]) >= 2
    assert len(steps) <= most + 2


@steady
@given(st.lists(st.floats(0, 1e6), max_size=5), st.booleans())
def test_any_values_have_a_scale(values: list[float], zero: bool) -> None:
    low, high = bounds(values, zero=zero)
    assert math.isfinite(low) and math.isfinite(high) and low < high


def test_values_that_differ_by_rounding_are_one() -> None:
    assert bounds([0.3, 0.1 + 0.2], zero=False) == bounds([0.3], zero=False)
