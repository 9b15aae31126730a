"""Periods: each spelling of tests/spec/periods.csv is read as its row says."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needs.errors import InvalidDataError
from needs.sources.periods import (
    Period,
    calendar_year,
    financial_year,
    parse,
    pooled_years,
    population_years,
)

SPEC = Path(__file__).parents[1] / "spec" / "periods.csv"
with SPEC.open(encoding="utf-8", newline="") as handle:
    ROWS = list(csv.DictReader(handle))


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['written']} {row['kind']}" for row in ROWS])
def test_spelling(row: dict[str, str]) -> None:
    period = parse(row["written"], row["kind"] or None)  # type: ignore[arg-type]
    assert period.label == row["label"]
    assert period.start.isoformat() == row["start"]
    assert period.end.isoformat() == row["end"]
    assert period.kind == row["is"]
    assert " ".join(map(str, period.years)) == row["years"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a period"),
        ("last year", "not a period"),
        ("2021/23", "not a period"),
        ("2021/21", "not a period"),
        ("21/22", "not a period"),
        ("31 February 2022", "not a period"),
        ("3000", "not a period"),
        ("2020 to 2018", "forwards"),
        ("2020 to 2020", "forwards"),
        ("2019/20 to 2017/18", "forwards"),
        ("2021-22", "may be a financial year or two calendar years"),
        ("January to April 2022", "not a period"),
    ],
)
def test_refused_with_a_remedy(text: str, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message) as caught:
        parse(text)
    assert caught.value.problem.remedy


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(InvalidDataError, match="kind of period"):
        parse("2021", "weekly")  # type: ignore[arg-type]


def test_three_years_are_not_one_financial_year() -> None:
    with pytest.raises(InvalidDataError, match="not one financial year"):
        parse("2018-20", "financial")


def test_order_is_by_end_then_start() -> None:
    written = ["2022", "2021/22", "2019 to 2021", "2021", "mid-2020"]
    ordered = sorted(parse(one) for one in written)
    assert [one.label for one in ordered] == [
        "mid-2020",
        "2019 to 2021",
        "2021",
        "2021/22",
        "2022",
    ]


def test_population_years_match_the_methods() -> None:
    assert population_years("2021/22") == (2021,)
    assert population_years("2017/18 to 2019/20") == (2017, 2018, 2019)
    assert population_years(parse(2020)) == (2020,)


def test_prose() -> None:
    assert parse("2021/22").in_prose == "in 2021/22"
    assert parse("2018 - 20").in_prose == "in 2018 to 2020"
    assert parse("mid-2020").in_prose == "in mid-2020"
    assert parse("31 March 2022").in_prose == "on 31 March 2022"


YEARS = st.integers(1950, 2150)
PERIODS = st.one_of(
    YEARS.map(calendar_year),
    YEARS.map(financial_year),
    st.tuples(YEARS, st.integers(1, 9), st.booleans()).map(
        lambda t: pooled_years(t[0], t[0] + t[1], financial=t[2])
    ),
)


@given(PERIODS)
def test_a_label_reads_back_as_itself(period: Period) -> None:
    assert parse(period.label) == period
    assert (period.end - period.start).days + 1 >= 365 * len(period.years)


@given(PERIODS, PERIODS)
def test_overlap_is_mutual_and_order_total(a: Period, b: Period) -> None:
    assert a.overlaps(b) == b.overlaps(a)
    assert a.overlaps(a)
    assert (a < b) + (b < a) + (a == b) == 1
