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

from needs.catalogue import Disclosure
from needs.errors import InvalidDataError, ParameterError
from needs.figures.figure import Figure
from needs.figures.protected import apply_to_figures
from needs.stats.status import Status
from needs.tables.disclosure import Line, apply, possible_values, protect, round_to_base

SPEC = Path(__file__).parent / "spec" / "disclosure.csv"
with SPEC.open(encoding="utf-8", newline="") as handle:
    CASES = list(csv.DictReader(handle))
STATUSES = {"c": "suppressed", "x": "unavailable", "k": "rounds to zero"}
RULE = Disclosure(threshold=5, secondary=True)


def table(words: list[str], totals: list[bool]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "count": pd.Series([np.nan if w in STATUSES else float(w) for w in words]),
            "status": [STATUSES.get(w, "shown") for w in words],
            "total": totals,
        }
    )


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_spec(case: dict[str, str]) -> None:
    rule = Disclosure(
        threshold=int(case["threshold"]),
        rounding_base=int(case["base"]),
        secondary=case["secondary"] == "yes",
    )
    words = case["counts"].split()
    totals = [False] * len(words)
    if case["total"] != "seen":
        words.append(case["total"])
        totals.append(True)
    out = apply(table(words, totals), rule, total="total")
    expected = case["shown"].split()
    assert out["status"].tolist() == [STATUSES.get(word, "shown") for word in expected]
    shown = [None if word in STATUSES else float(word) for word in expected]
    assert [None if pd.isna(one) else one for one in out["count"]] == shown


def test_what_is_worked_out_from_a_hidden_count_is_hidden() -> None:
    data = pd.DataFrame(
        {
            "area": list("abc"),
            "count": [2.0, 50.0, 60.0],
            "denominator": [1000.0, 1000.0, 1000.0],
            "value": [200.0, 5000.0, 6000.0],
            "lower": [24.0, 3700.0, 4500.0],
            "upper": [722.0, 6500.0, 7700.0],
        }
    )
    before = data.copy(deep=True)
    out = apply(data, RULE)
    pd.testing.assert_frame_equal(data, before)
    assert out.loc[:1, ["count", "value", "lower", "upper"]].isna().all(axis=None)
    assert out["denominator"].tolist() == data["denominator"].tolist()
    assert out.loc[2, "value"] == 6000.0
    assert "denominator" in out.columns
    assert list(out["status"]) == ["suppressed", "suppressed", "shown"]


def test_each_breakdown_is_protected_by_itself() -> None:
    data = pd.DataFrame({"year": [2020, 2020, 2021, 2021], "count": [3, 10, 20, 30]})
    out = apply(data, RULE, within=["year"])
    assert out["count"].isna().tolist() == [True, True, False, False]


def test_two_way_table_hides_a_rectangle() -> None:
    rows, columns = ["a", "b", "c"], ["x", "y", "z"]
    counts = [[3, 20, 30], [40, 9, 60], [70, 80, 95]]
    data = pd.DataFrame(
        [
            {"row": r, "column": c, "count": counts[i][j]}
            for i, r in enumerate(rows)
            for j, c in enumerate(columns)
        ]
    )
    hidden = apply(data, RULE, crossing=("row", "column"))["count"].isna().to_numpy().reshape(3, 3)
    assert hidden[0, 0]
    # the hidden cell stands in no row and no column alone
    assert all(n != 1 for n in (*hidden.sum(axis=0), *hidden.sum(axis=1)))
    assert hidden.sum() == 4


def test_two_way_table_with_margins_in_it() -> None:
    data = pd.DataFrame(
        [
            ("a", "x", 2, False),
            ("a", "y", 1, False),
            ("b", "x", 30, False),
            ("b", "y", 40, False),
            ("a", "all", 3, True),
            ("b", "all", 70, True),
            ("all", "x", 32, True),
            ("all", "y", 41, True),
            ("all", "all", 73, True),
        ],
        columns=["row", "column", "count", "is_total"],
    )
    out = apply(data, RULE, crossing=("row", "column"), total="is_total")
    gone = out["count"].isna()
    assert gone[[0, 1, 4]].all()
    # a hidden row total must not come back as the difference of the other totals
    assert gone[5] or gone[8]


def test_off_only_with_a_reason() -> None:
    data = pd.DataFrame({"count": [1.0, 20.0, np.nan]})
    out = apply(data, RULE, off_because="internal draft for the review group")
    assert out["count"].iloc[0] == 1.0
    assert out["status"].tolist() == ["shown", "shown", "unavailable"]
    assert apply(data, RULE)["status"].tolist()[0] == "suppressed"


def test_faults_are_named_at_once() -> None:
    with pytest.raises(InvalidDataError) as caught:
        apply(pd.DataFrame({"count": [-1.0, 2.0, -3.0]}), RULE, within=["year"])
    assert len(caught.value.problems) == 3
    with pytest.raises(ParameterError):
        apply(pd.DataFrame({"count": [1.0]}), Disclosure(threshold=-1))


def test_a_lone_part_whose_total_is_seen_cannot_be_hidden() -> None:
    with pytest.raises(InvalidDataError, match="total gives it away"):
        apply(pd.DataFrame({"count": [3.0]}), RULE)


def figure(name: str, value: float | None, **more: object) -> Figure:
    made = Figure(name, "deaths", "Deaths", name, name, "2021", 0.0, "deaths")
    return made.with_(value=value, **more)


def test_figures() -> None:
    parts = [
        figure("a", 200.0, numerator=2.0, denominator=1000.0, lower=24.0, upper=722.0, unit="rate"),
        figure("b", 5000.0, numerator=50.0, denominator=1000.0, unit="rate"),
        figure("c", 6000.0, numerator=60.0, denominator=1000.0, unit="rate"),
        figure("d", None, status=Status.UNAVAILABLE),
    ]
    total = figure("t", 11200.0, numerator=112.0, denominator=3000.0, unit="rate")
    out = apply_to_figures(parts, RULE, total=total)
    assert [one.number for one in out] == ["[c]", "[c]", "6,000.0", "[x]", "11,200.0"]
    assert out[0].numerator is None
    assert out[0].lower is None
    assert out[2] == parts[2]
    assert parts[0].value == 200.0
    rounded = apply_to_figures([figure("a", 2.0), figure("b", 8.0)], Disclosure(rounding_base=5))
    assert [one.number for one in rounded] == ["[k]", "10.0"]
    untouched = apply_to_figures(parts[:3], RULE, off_because="for the authority's own eyes")
    assert untouched == tuple(parts[:3])


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


@given(COUNTS, THRESHOLDS)
@settings(max_examples=150, deadline=None)
def test_an_attacker_with_the_total_gains_nothing(counts: list[int], threshold: int) -> None:
    rule = Disclosure(threshold=threshold, secondary=True)
    frame = pd.DataFrame(
        {
            "count": [*map(float, counts), float(sum(counts))],
            "total": [False] * len(counts) + [True],
        }
    )
    out = apply(frame, rule, total="total")
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
        low, high = possible_values(
            int(cell), flat, hidden, lines, np.full(len(flat), least), np.full(len(flat), 1e4)
        )
        assert low <= 1
        assert high >= threshold - 1
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
    lowest, highest = np.full(len(counts), least), np.full(len(counts), 1e4)
    exact = [line for line in lines if counts[list(line.parts)].sum() == counts[line.total]]
    held = {one for line in exact for one in (*line.parts, line.total)}
    for cell in held & set(np.flatnonzero(hidden).tolist()):
        low, high = possible_values(cell, counts, hidden, exact, lowest, highest)
        assert high - low >= 1


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
    out = apply(pd.DataFrame({"count": counts}), Disclosure(threshold=5, secondary=False))
    for count, one, status in zip(counts, out["count"], out["status"], strict=True):
        assert pd.isna(one) == (status == "suppressed") == (0 < count < 5)
