"""Disclosure control: the table of cases, and an attacker who knows the rule."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from needs.catalogue import Disclosure, load
from needs.errors import InvalidDataError
from needs.tables.disclosure import Line, protect, round_to_base
from needs.tables.protected_observations import protect_observations

SPEC = Path(__file__).parents[1] / "spec" / "disclosure.csv"
with SPEC.open(encoding="utf-8", newline="") as handle:
    CASES = list(csv.DictReader(handle))
STATUSES = {"c": "suppressed", "x": "unavailable", "k": "rounds to zero"}
COUNTY = "E10000099"


def protected(words: list[str], rule: Disclosure, total: str = "seen") -> pd.DataFrame:
    """What the rule leaves of the counts of a county's districts, and of its own where given.

    A symbol is a count that the publisher does not show. A total that is only seen elsewhere has no
    row.
    """
    codes = [f"E070009{n:02}" for n in range(len(words))]
    areas = pd.DataFrame({"code": [*codes, COUNTY], "upper_code": COUNTY, "valid_to": pd.NaT})
    if total != "seen":
        words, codes = [*words, total], [*codes, COUNTY]
    numbers = [np.nan if word in STATUSES else float(word) for word in words]
    rows = pd.DataFrame(
        {
            "indicator": "drug_death_reviews",
            "area_code": codes,
            "period": "2021",
            "period_start": pd.Timestamp(2021, 1, 1),
            "period_end": pd.Timestamp(2021, 12, 31),
            "sex": "persons",
            "age": "all ages",
            "category": "",
            "value": numbers,
            "lower": np.nan,
            "upper": np.nan,
            "count": numbers,
            "denominator": np.nan,
            "status": [STATUSES.get(word, "shown") for word in words],
            "source": "local_extract",
            "source_row": "observations.csv, line 2",
        }
    )
    return protect_observations(rows, "local_extract", rule, areas, load().indicators)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_spec(case: dict[str, str]) -> None:
    rule = Disclosure(
        threshold=int(case["threshold"]),
        rounding_base=int(case["base"]),
        secondary=case["secondary"] == "yes",
    )
    out = protected(case["counts"].split(), rule, case["total"])
    expected = case["shown"].split()
    assert out["status"].tolist() == [STATUSES.get(word, "shown") for word in expected]
    shown = [None if word in STATUSES else float(word) for word in expected]
    for column in ("count", "value"):
        assert [None if pd.isna(one) else one for one in out[column]] == shown


def test_two_way_table_hides_a_rectangle() -> None:
    counts = np.array([[3, 20, 30], [40, 9, 60], [70, 80, 95]], dtype=float).ravel()
    lines = [Line(tuple(range(3 * n, 3 * n + 3))) for n in range(3)]
    lines += [Line((n, n + 3, n + 6)) for n in range(3)]
    hidden = protect(counts, counts < 5, lines, 5).reshape(3, 3)
    assert hidden[0, 0]
    # the hidden cell stands in no row and no column alone
    assert all(n != 1 for n in (*hidden.sum(axis=0), *hidden.sum(axis=1)))
    assert hidden.sum() == 4


def test_two_way_table_with_margins_in_it() -> None:
    """Two rows by two columns, the rows' totals, the columns' totals, and the total of all."""
    counts = np.array([2, 1, 30, 40, 3, 70, 32, 41, 73], dtype=float)
    lines = [Line((0, 1), 4), Line((2, 3), 5), Line((0, 2), 6), Line((1, 3), 7)]
    lines += [Line((4, 5), 8), Line((6, 7), 8), Line((0, 1, 2, 3), 8)]
    hidden = protect(counts, counts < 5, lines, 5)
    assert hidden[[0, 1, 4]].all()
    # a hidden row total must not come back as the difference of the other totals
    assert hidden[5] or hidden[8]


def test_a_lone_part_whose_total_is_seen_cannot_be_hidden() -> None:
    with pytest.raises(InvalidDataError, match="total gives it away"):
        protect(np.array([3.0]), np.array([True]), [Line((0,))], 5)


COUNTS = st.lists(st.integers(0, 14), min_size=2, max_size=5)
THRESHOLDS = st.integers(2, 7)


def attack(shown: list[float | None], whole: int, least: int) -> list[set[int]]:
    """Every value that each hidden part can have, by trying all of them."""
    hidden = [n for n, one in enumerate(shown) if one is None]
    possible: list[set[int]] = [set() for _ in shown]
    if not hidden:
        return possible
    left = whole - int(sum(one for one in shown if one is not None))
    for trial in itertools.product(range(least, left + 1), repeat=len(hidden) - 1):
        last = left - sum(trial)
        if last >= least:
            for n, value in zip(hidden, (*trial, last), strict=True):
                possible[n].add(value)
    return possible


@pytest.mark.slow
@given(COUNTS, THRESHOLDS)
@settings(max_examples=150, deadline=None)
def test_an_attacker_with_the_total_gains_nothing(counts: list[int], threshold: int) -> None:
    rule = Disclosure(threshold=threshold, secondary=True)
    out = protected([str(one) for one in counts], rule, str(sum(counts)))
    shown = [None if pd.isna(one) else one for one in out["count"]]
    for count, one in zip(counts, shown, strict=False):
        assert one is None or one == count
        assert (0 < count < threshold) <= (one is None)
    if shown[-1] is None:
        return  # without the total there is nothing to subtract from
    # zeros are shown where they can be: an attacker who sees one hidden cannot count on it
    zero_hidden = any(n == 0 and one is None for n, one in zip(counts, shown, strict=False))
    possible = attack(shown[:-1], sum(counts), 0 if zero_hidden else 1)
    for count, values in zip(counts, possible, strict=True):
        if 0 < count < threshold:
            assert set(range(1, threshold)) <= values
            assert len(values) >= 2


def possible_values(
    cell: int, counts: np.ndarray, hidden: np.ndarray, lines: list[Line], least: float
) -> tuple[float, float]:
    """The range that the totals leave a hidden cell, by the test's own equations."""
    matrix = np.zeros((len(lines), len(counts)))
    for n, line in enumerate(lines):
        matrix[n, list(line.parts)] = 1
        if line.total is not None:
            matrix[n, line.total] = -1
    # a total that is in no row is what its parts come to
    bounds = [
        (least, 1e4) if gone else (one, one) for one, gone in zip(counts, hidden, strict=True)
    ]
    target = np.eye(len(counts))[cell]
    ends = [
        linprog(sign * target, A_eq=matrix, b_eq=matrix @ counts, bounds=bounds).fun
        for sign in (1, -1)
    ]
    return ends[0], -ends[1]


def tables_with_the_same_margins(
    flat: np.ndarray, hidden: np.ndarray, width: int, least: float
) -> set[tuple[float, ...]]:
    """Tables that differ only in hidden cells, reached by steps round rectangles (at most 3000)."""
    height = len(flat) // width
    steps = []
    for r1, r2 in itertools.permutations(range(height), 2):
        for c1, c2 in itertools.combinations(range(width), 2):
            step = np.zeros((height, width))
            step[r1, c1] = step[r2, c2] = 1
            step[r1, c2] = step[r2, c1] = -1
            if (step.ravel()[~hidden] == 0).all():
                steps.append(step.ravel())
    reached = {tuple(flat)}
    border = [tuple(flat)]
    while border and len(reached) < 3000:
        now = np.array(border.pop(0))
        for step in steps:
            new = tuple(now + step)
            if min(np.array(new)[hidden]) >= least and new not in reached:
                reached.add(new)
                border.append(new)
    return reached


@pytest.mark.slow
@given(
    st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=2, max_size=3),
    st.integers(3, 6),
)
@settings(max_examples=80, deadline=None)
def test_an_attacker_with_both_margins_gains_nothing(
    counts: list[list[int]], threshold: int
) -> None:
    height, width = len(counts), 3
    flat = np.array(counts, dtype=float).ravel()
    lines = [Line(tuple(r * width + c for c in range(width))) for r in range(height)]
    lines += [Line(tuple(r * width + c for r in range(height))) for c in range(width)]
    small = (flat > 0) & (flat < threshold)
    try:
        hidden = protect(flat, small, lines, threshold)
    except InvalidDataError:
        least = float((flat > 0).all())
        # only where hiding every cell would not be enough either
        everything = tables_with_the_same_margins(
            flat, np.ones(len(flat), dtype=bool), width, least
        )
        assert any(
            len(values) < 2 or min(values) > 1 or max(values) < threshold - 1
            for values in ({one[cell] for one in everything} for cell in np.flatnonzero(small))
        )
        return
    assert (hidden >= small).all()
    # zeros are shown where they can be: an attacker who sees one hidden cannot count on it
    least = 0.0 if (flat[hidden] == 0).any() else 1.0
    reached = tables_with_the_same_margins(flat, hidden, width, least)
    for cell in np.flatnonzero(small):
        low, high = possible_values(int(cell), flat, hidden, lines, least)
        assert low <= 1 + 1e-6
        assert high >= threshold - 1 - 1e-6
        found = {one[cell] for one in reached}
        assert min(found) >= low - 1e-6
        assert max(found) <= high + 1e-6


def extract(districts: list[int], ages: list[list[int]]) -> tuple[np.ndarray, list[Line]]:
    """An authority by district, and by age and sex with all totals of them."""
    men, women = np.array(ages, dtype=float).T
    counts = [men.sum() + women.sum(), *districts, men.sum(), women.sum(), *men, *women]
    counts += list(men + women)
    # the last district makes up the rest
    counts[len(districts)] = max(counts[0] - sum(districts[:-1]), 0)
    n = len(ages)
    sexes = len(districts) + 1
    of_men, of_women, of_both = (
        list(range(sexes + 2 + k * n, sexes + 2 + k * n + n)) for k in range(3)
    )
    lines = [Line(tuple(range(1, sexes)), 0), Line((sexes, sexes + 1), 0), Line(tuple(of_both), 0)]
    lines += [Line(tuple(of_men), sexes), Line(tuple(of_women), sexes + 1)]
    lines += [Line((a, b), c) for a, b, c in zip(of_men, of_women, of_both, strict=True)]
    return np.array(counts), lines


@pytest.mark.slow
@given(
    st.lists(st.integers(0, 9), min_size=2, max_size=4),
    st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2), min_size=2, max_size=4),
    st.sampled_from([3, 5, 10]),
)
@settings(max_examples=120, deadline=None)
def test_no_cell_hidden_for_another_comes_out(
    districts: list[int], ages: list[list[int]], threshold: int
) -> None:
    counts, lines = extract(districts, ages)
    small = (counts > 0) & (counts < threshold)
    hidden = protect(counts, small, lines, threshold)
    assert (hidden >= small).all()
    if not hidden.any():
        return
    least = float((counts[hidden] > 0).all())
    exact = [line for line in lines if counts[list(line.parts)].sum() == counts[line.total]]
    held = {one for line in exact for one in (*line.parts, line.total)}
    for cell in held & set(np.flatnonzero(hidden).tolist()):
        low, high = possible_values(cell, counts, hidden, exact, least)
        assert high - low >= 1 - 1e-6


def test_a_cell_that_is_hidden_already_counts() -> None:
    breakdown = [Line((0, 1, 2), 3)]
    counts = np.array([3.0, 8.0, 12.0, 23.0])
    small = np.array([True, False, False, False])
    also = np.array([False, False, True, False])
    assert protect(counts, small, breakdown, 5, also).tolist() == [True, False, True, False]
    # without a small one too
    nothing = np.zeros(4, dtype=bool)
    assert protect(counts, nothing, breakdown, 2, also).tolist() == [True, False, True, False]


@given(st.lists(st.integers(0, 500), min_size=1, max_size=8), st.sampled_from([5, 10]))
def test_rounding_is_to_the_base_and_near(counts: list[int], base: int) -> None:
    rounded = round_to_base(np.array(counts, dtype=float), base)
    assert (rounded % base == 0).all()
    assert (np.abs(rounded - counts) <= base / 2).all()


@given(COUNTS)
def test_suppressed_is_never_zero_and_zero_is_never_small(counts: list[int]) -> None:
    rule = Disclosure(threshold=5, secondary=False)
    out = protected([str(one) for one in counts], rule)
    for count, one, status in zip(counts, out["count"], out["status"], strict=True):
        assert pd.isna(one) == (status == "suppressed") == (0 < count < 5)
