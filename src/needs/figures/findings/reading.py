"""Rows of one report as the findings need them: newest figures, yearly counts, other areas.

A count that is withheld is no number here, so that nothing can be made from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from needs.catalogue import Indicator, in_use
from needs.catalogue.ranking import FindingRule, weights
from needs.figures.assessment import Assessment, Place, as_records
from needs.stats.intervals import Floats
from needs.stats.status import Status
from needs.tables.naming import figure_id

Row = Mapping[str, Any]

#: Days of a period that counts as one year.
_YEAR = (350, 380)


@dataclass(frozen=True)
class RankedMeasure:
    """An indicator that takes part, with what it declares of its findings."""

    indicator: Indicator
    finding: FindingRule

    @property
    def key(self) -> str:
        """Its key in the catalogue."""
        return self.indicator.key

    @property
    def share(self) -> bool:
        """Whether its values are shares of a whole."""
        return self.indicator.unit == "%"

    @property
    def adverse(self) -> int:
        """1 where more is worse, -1 where less is, 0 where neither."""
        return {"lower is better": 1, "higher is better": -1}.get(self.indicator.polarity, 0)


@dataclass(frozen=True)
class Yearly:
    """Counts of single years in order of time, withheld ones missing."""

    period: tuple[str, ...]
    ended: tuple[pd.Timestamp, ...]
    count: Floats
    people: Floats
    ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.period)

    def last(self, years: int, skip: int = 0) -> Yearly:
        """Some of the newest years, without as many still newer ones as are skipped."""
        stop = len(self) - skip
        part = slice(max(0, stop - years), max(0, stop))
        return Yearly(
            self.period[part], self.ended[part], self.count[part], self.people[part], self.ids[part]
        )

    @property
    def whole(self) -> bool:
        """Whether every count is there."""
        return len(self) > 0 and bool(np.isfinite(self.count).all())

    @property
    def named(self) -> str:
        """The years as one period."""
        first, last = self.period[0], self.period[-1]
        return last if first == last else f"{first} to {last}"


def rule(na: Assessment) -> Mapping[str, float]:
    """Weights and thresholds of the catalogue in use."""
    del na  # one rule for all areas
    return weights(in_use("findings.yaml"))


def measures(na: Assessment) -> tuple[RankedMeasure, ...]:
    """Indicators that take part for the area: of two editions of one thing the preferred one."""
    return na.once(_measures)


def _declared(na: Assessment) -> tuple[RankedMeasure, ...]:
    return tuple(
        RankedMeasure(one, one.finding) for one in na.catalogue.indicators.values() if one.finding
    )


def _measures(na: Assessment) -> tuple[RankedMeasure, ...]:
    def superseded(by: str) -> bool:
        return bool(by) and newest(na, by, na.area.code) is not None

    return tuple(one for one in _declared(na) if not superseded(one.finding.gives_way_to))


#: Columns of the rows that findings are made from.
_COLUMNS = (
    *("indicator", "area_code", "period", "period_start", "period_end", "sex", "age", "category"),
    *("value", "lower", "upper", "count", "denominator", "status", "source"),
)


def records(na: Assessment, key: str, code: str, sex: str = "persons") -> Sequence[Row]:
    """An area's rows in order of time, with no number in those that are withheld."""
    return na.once(_near).get((key, code, sex), ())


def _wanted(na: Assessment) -> set[str]:
    declared = _declared(na)
    keys = {one.key for one in declared} | {one.indicator.trend_from for one in declared}
    return keys | {one.finding.part_of for one in declared}


def _near(na: Assessment) -> Mapping[tuple[str, str, str], list[Row]]:
    """Rows of the area, its parts, its regions and England, by indicator, area and sex."""
    codes = [one.code for one in (*na.places, *na.districts)]
    return _grouped(na, na.observations, codes)


def later_rows(na: Assessment, key: str) -> Sequence[Row]:
    """The area's rows of periods that end after the reporting year."""
    return na.once(_later).get((key, na.area.code, "persons"), ())


def _later(na: Assessment) -> Mapping[tuple[str, str, str], list[Row]]:
    return _grouped(na, na.later, [na.area.code])


def _grouped(
    na: Assessment, rows: pd.DataFrame, codes: Sequence[str]
) -> Mapping[tuple[str, str, str], list[Row]]:
    rows = rows[rows["area_code"].isin(codes) & rows["indicator"].isin(list(_wanted(na)))]
    rows = rows[rows["category"].eq("")]
    numbers = ["value", "lower", "upper", "count", "denominator"]
    hidden = rows["status"].eq(str(Status.SUPPRESSED))
    rows = rows.assign(**{name: rows[name].mask(hidden) for name in numbers})
    found: dict[tuple[str, str, str], list[Row]] = {}
    columns = [*_COLUMNS, *({"verdict"} & set(rows))]  # few publishers give their own
    for row in as_records(rows[columns]):
        found.setdefault((row["indicator"], row["area_code"], row["sex"]), []).append(row)
    return found


def newest(na: Assessment, key: str, code: str, sex: str = "persons") -> Row | None:
    """The newest row that is shown."""
    rows = [one for one in records(na, key, code, sex) if one["status"] == Status.SHOWN]
    return rows[-1] if rows else None


def at(na: Assessment, key: str, code: str, period: str, sex: str = "persons") -> Row | None:
    """The row of a period, where it is shown."""
    for one in reversed(records(na, key, code, sex)):
        if one["period"] == period:
            return one if one["status"] == Status.SHOWN else None
    return None


def years_of(row: Row) -> float:
    """Length of a row's period."""
    return float(max(1, round((row["period_end"] - row["period_start"]).days / 365.25)))


def yearly(na: Assessment, one: RankedMeasure, code: str) -> Yearly | None:
    """Counts of single years of a measure, with the people they come from where these are known.

    They stand in the series that tells its trend, or in its own where that is yearly.
    """
    known = na.once(_yearly_known)
    if (one.key, code) not in known:
        known[one.key, code] = _yearly(na, one, code)
    return known[one.key, code]


def _yearly_known(na: Assessment) -> dict[tuple[str, str], Yearly | None]:
    del na  # filled as series are asked for
    return {}


def _yearly(na: Assessment, one: RankedMeasure, code: str) -> Yearly | None:
    key = one.indicator.trend_from or one.key
    rows = [row for row in records(na, key, code) if _YEAR[0] < _days(row) < _YEAR[1]]
    if not rows:
        return None
    counted = [row["value"] if one.indicator.statistic == "count" else row["count"] for row in rows]
    return Yearly(
        tuple(str(row["period"]) for row in rows),
        tuple(row["period_end"] for row in rows),
        np.array(counted, dtype=float),
        np.array([row["denominator"] for row in rows], dtype=float),
        tuple(id_of(row) for row in rows),
    )


def _days(row: Row) -> int:
    return int((row["period_end"] - row["period_start"]).days) + 1


def id_of(row: Row) -> str:
    """The id of the figure that the report makes of a row."""
    parts = ("indicator", "area_code", "period", "sex", "age", "category")
    return figure_id(*(str(row[name]) for name in parts))


def printed(na: Assessment, row: Row) -> bool:
    """Whether a figure is quoted from a document."""
    return na.quoted(str(row["source"]).split(";"))


@dataclass(frozen=True)
class Others:
    """Values of all authorities in one period, no land twice."""

    codes: tuple[str, ...]
    value: Floats
    count: Floats
    people: Floats


def others(na: Assessment, key: str, period: str) -> Others:
    """Every authority with a value of an indicator in a period, the area among them."""
    table = na.once(_across)
    rows = table.get((key, period))
    if rows is None:
        nothing = np.array([], dtype=float)
        return Others((), nothing, nothing, nothing)
    places = [one.code for one in na.apart(rows)]
    numbers = np.array([rows[code] for code in places], dtype=float).reshape(len(places), 3)
    return Others(tuple(places), numbers[:, 0], numbers[:, 1], numbers[:, 2])


def _across(na: Assessment) -> Mapping[tuple[str, str], Mapping[str, tuple[float, float, float]]]:
    """Value, count and denominator of all authorities, by indicator and period of the area's own.

    A later row of the same indicator, period and area counts.
    """
    asked = {
        (key, str(row["period"]))
        for one in measures(na)
        for row in (newest(na, one.key, na.area.code),)
        for key in (one.key, one.finding.part_of)
        if row is not None
    }
    rows = na.observations
    chosen = rows["indicator"].isin([key for key, _ in asked])
    chosen &= rows["period"].isin([period for _, period in asked])
    rows = rows[chosen]
    rows = rows[rows["sex"].eq("persons") & rows["category"].eq("")]
    rows = rows[rows["status"].eq(str(Status.SHOWN))]
    names = ["indicator", "period", "area_code", "value", "count", "denominator"]
    found: dict[tuple[str, str], dict[str, tuple[float, float, float]]] = {}
    for key, period, code, *numbers in zip(*(rows[name].tolist() for name in names), strict=True):
        if (key, period) in asked:
            found.setdefault((key, period), {})[code] = tuple(numbers)
    return found


def neighbour_codes(na: Assessment) -> tuple[Place, ...]:
    """The authorities most like the area."""
    return na.statistical_neighbours(int(rule(na)["gate.neighbours"]))


def years_old(na: Assessment, ended: pd.Timestamp) -> float:
    """Years from the end of a period to the end of the reporting year."""
    return float((pd.Timestamp(year=na.year, month=12, day=31) - ended).days / 365.25)
