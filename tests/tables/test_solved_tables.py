"""Tables of small numbers solved as linear equations: no number that is hidden comes out.

Tables are drawn at random: people by district, sex, age, year and circumstance, of whom only some
totals and parts are given, as an analyst may give them. The solver knows the rule and what is
shown, and takes every number for a sum of the smallest groups that no two numbers divide. It shares
nothing with the code that hides.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from needs.catalogue import Disclosure, load
from needs.errors import InvalidDataError
from needs.sources.package_template import KINDS
from needs.tables import protected_observations

COUNTY = "E10000034"
DISTRICTS = tuple(f"E0700023{n}" for n in range(4, 10))
KEY = "drug_death_reviews"
AGES = {
    "all ages": ("young", "adult", "old"),
    "18+": ("adult", "old"),
    "under 18": ("young",),
    "18-64": ("adult",),
    "65+": ("old",),
}
YEARS = (2019, 2020, 2021)
SEXES = {"persons": ("male", "female"), "male": ("male",), "female": ("female",)}
CATEGORIES = {"": ("in", "not", "other"), "in treatment": ("in",), "not in treatment": ("not",)}

Group = tuple[str, str, str, int, str]


@dataclass(frozen=True)
class Row:
    """A number: whom it counts, by place, sex, age, years and circumstance."""

    area: str = COUNTY
    sex: str = "persons"
    age: str = "all ages"
    years: tuple[int, int] = (2021, 2021)
    category: str = ""
    number: float = 0.0

    def groups(self) -> Iterator[Group]:
        """The smallest groups that it is the sum of."""
        return itertools.product(
            DISTRICTS if self.area == COUNTY else (self.area,),
            SEXES[self.sex],
            AGES[self.age],
            [year for year in YEARS if self.years[0] <= year <= self.years[1]],
            CATEGORIES[self.category],
        )


def observations(rows: Sequence[Row]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "indicator": KEY,
            "area_code": [one.area for one in rows],
            "period": [f"{one.years[0]} to {one.years[1]}" for one in rows],
            "period_start": pd.to_datetime([f"{one.years[0]}-01-01" for one in rows]),
            "period_end": pd.to_datetime([f"{one.years[1]}-12-31" for one in rows]),
            "sex": [one.sex for one in rows],
            "age": [one.age for one in rows],
            "category": [one.category for one in rows],
            "value": [float(one.number) for one in rows],
            "count": np.nan,
            "lower": np.nan,
            "upper": np.nan,
            "denominator": np.nan,
            "status": "shown",
            "source": "local_extract",
            "source_row": "observations.csv, line 2",
        }
    )


@pytest.fixture(scope="module")
def areas(processed: Path) -> pd.DataFrame:
    return pd.read_parquet(processed / "areas.parquet")


def shown(rows: Sequence[Row], areas: pd.DataFrame, threshold: int, base: int = 0) -> list[Any]:
    """What is shown of each number; None where it is hidden."""
    rule = Disclosure(threshold=threshold, rounding_base=base)
    done = protected_observations.protect_observations(
        observations(rows), "local_extract", rule, areas, load().indicators
    )
    return [None if np.isnan(value) else float(value) for value in done["value"]]


# -- the solver -----------------------------------------------------------------------------------


@dataclass
class Solver:
    """Numbers as sums of groups, each 0 or more, and what is shown of them."""

    rows: Sequence[Row]
    shown: Sequence[float | None]
    threshold: int
    base: int
    groups: dict[Group, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kinds: dict[frozenset[int], list[Group]] = {}
        whole = {group for row in self.rows for group in row.groups()}
        inside = [set(row.groups()) for row in self.rows]
        for group in sorted(whole):
            holders = frozenset(n for n, one in enumerate(inside) if group in one)
            kinds.setdefault(holders, []).append(group)
        # groups that stand in the same numbers are one unknown
        self.matrix = np.array(
            [[float(n in holders) for holders in kinds] for n in range(len(self.rows))]
        )

    def range_of(self, target: np.ndarray[Any, Any]) -> tuple[float, float]:
        """Least and most that a sum of groups can be, in whole numbers."""
        upper: list[np.ndarray[Any, Any]] = []
        limits: list[float] = []
        for line, number in zip(self.matrix, self.shown, strict=True):
            if number is None:
                # nothing is shown as 0, where it can be
                least = 1.0 if all(one.number for one in self._hidden()) else 0.0
                upper.append(-line)
                limits.append(-least)
                continue
            half = self.base / 2 if number else 0.0
            upper += [line, -line]
            limits += [
                number + max(half - 0.5, 0.0) if half else number,
                -max(number - half, self.threshold) if half else -number,
            ]
        ends = []
        for sign in (1.0, -1.0):
            found = linprog(
                sign * target, A_ub=np.array(upper), b_ub=np.array(limits), bounds=(0, 1e6)
            )
            assert found.status in (0, 3), found.message
            ends.append(sign * found.fun if found.status == 0 else sign * -np.inf)
        return float(np.ceil(ends[0] - 1e-6)), float(np.floor(ends[1] + 1e-6))

    def _hidden(self) -> Iterator[Row]:
        return (row for row, one in zip(self.rows, self.shown, strict=True) if one is None)

    def found(self) -> list[tuple[Any, ...]]:
        """Hidden numbers, and small parts of totals in no row, that can only be one."""
        out: list[tuple[Any, ...]] = []
        if all(one is not None for one in self.shown) and not self._few():
            return out
        for n, row in enumerate(self.rows):
            if self.shown[n] is None:
                low, high = self.range_of(self.matrix[n])
                assert low <= row.number <= high
                if low == high:
                    out.append((row, low))
        for whole, parts in self._few():
            low, high = self.range_of(self.matrix[whole] - self.matrix[parts].sum(axis=0))
            if low == high and 0 < low < self.threshold:
                out.append((self.rows[whole], [self.rows[n] for n in parts], low))
        return out

    def _few(self) -> list[tuple[int, list[int]]]:
        """Totals, with one part or all parts of one kind, that leave few of them."""
        found = []
        for n, whole in enumerate(self.rows):
            below = [
                one
                for one in range(len(self.rows))
                if one != n and (self.matrix[one] <= self.matrix[n]).all()
            ]
            ways = [[one] for one in below]
            for name in ("area", "sex", "age", "years", "category"):
                same = replace(whole, number=0.0, **{name: None})
                ways.append(
                    [
                        one
                        for one in below
                        if replace(self.rows[one], number=0.0, **{name: None}) == same
                    ]
                )
            for parts in ways:
                if (self.matrix[parts].sum(axis=0) <= self.matrix[n]).all() and parts:
                    rest = whole.number - sum(self.rows[one].number for one in parts)
                    if 0 < rest < self.threshold:
                        found.append((n, parts))
        return found


def solved(
    rows: Sequence[Row], areas: pd.DataFrame, threshold: int, base: int = 0
) -> list[tuple[Any, ...]]:
    return Solver(rows, shown(rows, areas, threshold, base), threshold, base).found()


# -- examples -------------------------------------------------------------------------------------

EXAMPLES = {
    "men without women": [Row(number=20), Row(sex="male", number=17)],
    "reviews by circumstance": [Row(number=24), Row(category="not in treatment", number=22)],
    "five of six districts": [
        Row(number=103),
        *(Row(area=code, number=20) for code in DISTRICTS[:5]),
    ],
    "two years and three": [
        Row(years=(2019, 2021), number=40),
        Row(years=(2019, 2020), number=37),
    ],
    "one year and three": [Row(years=(2019, 2021), number=40), Row(number=37)],
    "adults beside all ages": [Row(number=40), Row(age="18+", number=38)],
    "a part of the adults": [Row(age="18+", number=40), Row(age="18-64", number=38)],
    "men of one district": [Row(number=40), Row(area=DISTRICTS[0], sex="male", number=39)],
}


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_what_is_left_of_a_total_is_protected_without_a_row(name: str, areas: pd.DataFrame) -> None:
    rows = EXAMPLES[name]
    exact = Solver(rows, [one.number for one in rows], 5, 0)
    assert exact.found()
    left = shown(rows, areas, 5)
    # the total stays, and the smallest part is hidden
    assert left == [rows[0].number, None, *(one.number for one in rows[2:])]
    assert solved(rows, areas, 5) == []


def test_what_is_left_is_shown_where_it_is_many(areas: pd.DataFrame) -> None:
    for first, *rest in EXAMPLES.values():
        rows = [Row(first.area, first.sex, first.age, first.years, "", 200), *rest]
        assert shown(rows, areas, 5) == [one.number for one in rows]


def test_the_example_of_the_template_keeps_the_rule(areas: pd.DataFrame) -> None:
    """All reviews, and those of one circumstance that almost all have."""
    example = KINDS["reviews"].example
    whole = float(example["value"])
    rows = [Row(number=whole), Row(category="not in treatment", number=whole - 2)]
    assert shown(rows, areas, 5) == [whole, None]


# -- tables at random -----------------------------------------------------------------------------


def drawn(seed: int) -> list[Row]:
    """A package: people in groups, and some of the numbers that they come to."""
    random = np.random.default_rng(seed)
    keys = list(Row(years=(2019, 2021)).groups())
    each = random.choice([30, 100, 400]) / len(keys)
    people = dict(zip(keys, random.poisson(random.gamma(0.4, each / 0.4, len(keys))), strict=True))

    def some(every: Sequence[Any], always: int = 1) -> list[Any]:
        keep = random.random(len(every)) < 0.6
        keep[:always] = True
        return [one for one, chosen in zip(every, keep, strict=True) if chosen]

    spans = some([(2021, 2021), (2019, 2021), (2019, 2020), (2020, 2020), (2020, 2021)])
    ways = random.permutation(4)[: random.integers(1, 4)]
    choices = [
        some([COUNTY, *DISTRICTS]) if 0 in ways else [COUNTY],
        some(list(SEXES)) if 1 in ways else ["persons"],
        some(list(AGES)) if 2 in ways else ["all ages"],
        some(list(CATEGORIES)) if 3 in ways else [""],
    ]
    rows = [Row(*one[:3], one[4], one[3]) for one in itertools.product(*choices, spans)]
    rows = some(rows) if random.random() < 0.3 else rows
    rows = rows[:120]  # enough to be found out by, and solved in a second
    counted = [sum(people[group] for group in row.groups()) for row in rows]
    return [
        Row(one.area, one.sex, one.age, one.years, one.category, float(number))
        for one, number in zip(rows, counted, strict=True)
    ]


@pytest.mark.parametrize("base", [0, 5])
@pytest.mark.parametrize("threshold", [3, 5, 10])
def test_no_hidden_number_comes_out(threshold: int, base: int, areas: pd.DataFrame) -> None:
    shown_at_all = hidden = refused = 0
    for seed in range(10):
        rows = drawn(seed)
        try:
            left = shown(rows, areas, threshold, base)
        except InvalidDataError:  # districts of so few that the authority's total tells them
            refused += 1
            continue
        hidden += left.count(None)
        shown_at_all += len(left) - left.count(None)
        assert Solver(rows, left, threshold, base).found() == [], seed
    assert hidden > 100
    assert shown_at_all > 100
    assert refused <= 2


def test_the_solver_finds_what_is_not_protected(areas: pd.DataFrame) -> None:
    """The same solver, where only small numbers are hidden."""
    found = 0
    for seed in range(20):
        rows = drawn(seed)
        left = [None if 0 < one.number < 5 else one.number for one in rows]
        found += len(Solver(rows, left, 5, 0).found())
    assert found > 20
