"""Figures: every number that the report shows, with where it came from.

A `Figure` is the unit of trust: it carries its value, interval, status, formula, inputs and source
rows from the computation to the page. Sentences, charts, tables, the spreadsheet and the register
are all made from figures and so cannot disagree.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from needs.stats.status import STATUS_SYMBOL, Status

#: Limits of a share of which nothing is known.
WHOLE_SCALE = (0.0, 100.0)


@dataclass(frozen=True)
class Figure:
    """One number that the report shows, and everything needed to trace it.

    Attributes
    ----------
    id : str
        Unique in a report and safe as an anchor, for example
        ``drug_misuse_rate.E10000034.2018-20.persons.all-ages`` (see `figure_id`).
    indicator : str
        Key of the indicator in the catalogue, or of a measure that the report computes.
    label : str
        Plain-English name of what is measured.
    area_code, area_name : str
        Office for National Statistics code and name.
    period : str
        As printed: "2021", "2021/22", "2018 to 2020".
    value : float or None
        None unless `status` is shown.
    unit : str
        "%", "per 100,000", "people", "deaths", "LSOAs", "£", …
    decimals : int
        Decimals printed, by the source's rule; below 0 for sums of estimates that are printed to
        the nearest ten (−1) or hundred (−2). The register keeps all digits.
    lower, upper : float or None
        95% confidence interval, in the unit of `value`.
    status : Status
    marks : tuple of str
        Keys of `SYMBOLS` beside a shown value: u, e, p, r, b.
    sex, age : str
    numerator, denominator : float or None
        Inputs of the formula; withheld together with a suppressed value.
    formula : str
        In words and symbols: "deaths ÷ population × 100,000".
    method : str
        Heading in docs/methods.md.
    sources : tuple of str
        Keys of sources in the catalogue.
    source_rows : tuple of str
        Where each input stands: "2021localauthorities.xlsx, Table 6, row 250".
    note : str
    bound : tuple of float or None
        Limits too wide rather than too narrow, where the source gives neither limits nor events;
        they test a difference and are never printed. See `needs.stats.intervals.widest_limits`. Of
        shares of records, limits with the spread between areas: `needs.stats.evidence.with_spread`.
    verdict : str
        The publisher's own comparison with England: "better", "similar", …; often empty.
    """

    id: str
    indicator: str
    label: str
    area_code: str
    area_name: str
    period: str
    value: float | None
    unit: str
    decimals: int = 1
    lower: float | None = None
    upper: float | None = None
    status: Status = Status.SHOWN
    marks: tuple[str, ...] = ()
    sex: str = "persons"
    age: str = "all ages"
    numerator: float | None = None
    denominator: float | None = None
    formula: str = ""
    method: str = ""
    sources: tuple[str, ...] = ()
    source_rows: tuple[str, ...] = ()
    note: str = ""
    bound: tuple[float, float] | None = None
    verdict: str = ""

    def __post_init__(self) -> None:
        # A withheld figure must not carry what it withholds, on any path to any output.
        if self.status is not Status.SHOWN and any(
            part is not None for part in (self.value, self.lower, self.upper, self.bound)
        ):
            raise ValueError(f"{self.id}: a figure that is {self.status} cannot have a value")
        if self.status is Status.SUPPRESSED and self.numerator is not None:
            raise ValueError(f"{self.id}: a suppressed figure cannot keep its numerator")
        if self.status is Status.SHOWN and (self.value is None or not math.isfinite(self.value)):
            raise ValueError(f"{self.id}: a figure that is shown needs a finite value")

    def with_(self, **changes: Any) -> Figure:
        """A copy with some attributes changed."""
        return replace(self, **changes)

    @property
    def shown(self) -> bool:
        """Whether there is a value to print."""
        return self.status is Status.SHOWN

    @property
    def number(self) -> str:
        """The number without its unit, or the symbol that stands in its place."""
        if self.value is None:
            return f"[{STATUS_SYMBOL[self.status]}]"
        return format_number(self.value, self.decimals)

    @property
    def text(self) -> str:
        """The number with its unit, as a sentence prints it."""
        if self.value is None:
            return self.number
        return with_unit(self.number, self.unit)

    @property
    def interval(self) -> str:
        """The interval in words, or an empty string where there is none."""
        if self.lower is None or self.upper is None:
            return ""
        low, high = (format_number(limit, self.decimals) for limit in (self.lower, self.upper))
        unit = "%" if self.unit == "%" else ""
        return f"95% confidence interval: {low}{unit} to {high}{unit}"

    @property
    def symbols(self) -> str:
        """Marks in square brackets: "[e][p]", or an empty string."""
        return "".join(f"[{mark}]" for mark in self.marks)


@dataclass(frozen=True)
class Series:
    """Figures of one measure for one area, in order of time: a line of a chart.

    `role` decides how it is drawn: "focus" (the area of the report), "national", "region" or
    "comparator". A missing period is a gap, so figures that are not shown stay in the series.
    """

    label: str
    role: str
    figures: tuple[Figure, ...]


@functools.lru_cache(maxsize=10_000)  # a report prints a number in a dozen places
def format_number(value: float, decimals: int = 0) -> str:
    """Print a number with thousands commas and a minus sign, rounding halves away from zero.

    Examples
    --------
    >>> format_number(27750), format_number(4.645, 2), format_number(-0.04, 1)
    ('27,750', '4.65', '0.0')
    >>> format_number(-0.18, 2), format_number(27754, -1)
    ('−0.18', '27,750')
    """
    # repr gives the shortest decimal that a reader would type, so 4.645 rounds as it is written
    step = Decimal(1).scaleb(-decimals)
    rounded = (Decimal(repr(float(value))) / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    text = f"{rounded:,.{max(0, decimals)}f}"
    if not text.startswith("-"):
        return text
    return f"−{text[1:]}" if text.strip("-0.,") else text[1:]


def with_unit(number: str, unit: str) -> str:
    """Join a printed number and its unit.

    Examples
    --------
    >>> with_unit("4.6", "%"), with_unit("5,421,312", "£"), with_unit("69", "deaths")
    ('4.6%', '£5,421,312', '69 deaths')
    """
    if unit == "%":
        return f"{number}%"
    if unit == "£":
        return f"£{number}"
    return f"{number} {unit}".strip()


def collect(figures: Iterable[Figure]) -> tuple[Figure, ...]:
    """Put figures in a register: each id once, in order of first appearance.

    Raises
    ------
    ValueError
        When one id stands for two different figures: the report would contradict itself.
    """
    register: dict[str, Figure] = {}
    for figure in figures:
        known = register.setdefault(figure.id, figure)
        if known != figure:
            told = (
                f"{one.label}, {one.area_name}, {one.period}, {one.note or 'no note'}: {one.text}"
                for one in (known, figure)
            )
            raise ValueError(f"figure {figure.id} has two contents: {' and '.join(told)}")
    return tuple(register.values())


def sources_of(figures: Iterable[Figure]) -> tuple[str, ...]:
    """Keys of the sources behind the figures, in order of first use."""
    return tuple(dict.fromkeys(key for one in figures for key in one.sources))
