"""Periods: what publishers write, parsed once and printed one way.

Publishers write one period in many ways ("2018 - 20", "2018–20", "2018 to 2020"). `parse` reads
them all into a `Period`, whose label is the one spelling that processed tables and the report use.
"""

from __future__ import annotations

import calendar
import functools
import re
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from needs.errors import InvalidDataError

Kind = Literal["calendar", "financial", "academic", "year", "quarter", "pooled", "instant"]

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTH = "|".join(f"{month}|{month[:3]}" for month in _MONTHS)
_DASH = r"(?:\s*-\s*|\s+to\s+)"
_SPLIT = r"\d{4}/(?:\d{4}|\d\d)"
_LATER_SPLIT = r"(?:\d{4}|\d\d)/(?:\d{4}|\d\d)"


@functools.total_ordering
@dataclass(frozen=True)
class Period:
    """A period of time that a statistic covers. Periods sort by their end, then their start.

    Attributes
    ----------
    label : str
        The one spelling of processed tables: "2021", "2021/22", "2018 to 2020",
        "2017/18 to 2019/20", "mid-2020", "31 March 2022", "year ending June 2025",
        "July to September 2025".
    start, end : datetime.date
        First and last day.
    kind : Kind
        "year" is one that ends in another month than these; "pooled" is several whole years
        joined, calendar or financial.
    years : tuple of int
        The calendar year of each year in the period; for a financial or academic year, its first.

    Examples
    --------
    >>> pooled = parse("2018 - 20")
    >>> pooled.label, pooled.years, pooled.end.isoformat()
    ('2018 to 2020', (2018, 2019, 2020), '2020-12-31')
    >>> parse("2021/22") > parse("2021")
    True
    """

    label: str
    start: date
    end: date
    kind: Kind
    years: tuple[int, ...]

    def __lt__(self, other: Period) -> bool:
        return (self.end, self.start, self.kind) < (other.end, other.start, other.kind)

    def __str__(self) -> str:
        return self.label

    def ends_by(self, year: int) -> bool:
        """Whether the period ends in or before a reporting year.

        Examples
        --------
        >>> parse("2021/22").ends_by(2022), parse("2022/23").ends_by(2022)
        (True, False)
        """
        return self.end.year <= year

    def overlaps(self, other: Period) -> bool:
        """Whether any day is in both periods, so that they are not independent points of a trend.

        Examples
        --------
        >>> parse("2016 to 2018").overlaps(parse("2018 to 2020"))
        True
        """
        return self.start <= other.end and other.start <= self.end

    @property
    def in_prose(self) -> str:
        """The period after its preposition: "in 2021/22", "in 2018 to 2020", "on 31 March 2022".

        Examples
        --------
        >>> parse("2018-20").in_prose, parse("31 March 2022").in_prose
        ('in 2018 to 2020', 'on 31 March 2022')
        """
        on = self.kind == "instant" and not self.label.startswith("mid-")
        the = "the " if self.kind == "year" else ""
        return f"{'on' if on else 'in'} {the}{self.label}"


def parse(text: str | int, kind: Kind | None = None) -> Period:
    """Read a period as publishers write it.

    Parameters
    ----------
    text : str or int
        "2021", 2021, "2021/22", "2021/2022", "2018 to 2020", "2018 - 20", "2018–20",
        "2017/18-2019/20", "2017/18 - 19/20", "mid-2020", "31 March 2022", "year ending June 2022",
        "July to September 2022".
    kind : str, optional
        What the source's years are, where the spelling leaves it open: "2021-22" may be a financial
        year or two calendar years pooled, and "2021/22" may be an academic year.

    Returns
    -------
    Period

    Raises
    ------
    InvalidDataError
        When the text is no period, runs backwards, or can be read in two ways.

    Examples
    --------
    >>> parse("2018–20").label
    '2018 to 2020'
    >>> parse("2017/18-2019/20").years
    (2017, 2018, 2019)
    >>> parse("2021-22", kind="financial").label
    '2021/22'
    """
    if kind is not None and kind not in get_args(Kind):
        raise InvalidDataError(
            f"'{kind}' is not a kind of period.", "kind", f"Use one of {', '.join(get_args(Kind))}."
        )
    written = str(text).strip()
    plain = re.sub(r"\s+", " ", re.sub(r"[‐‑‒–—−]", "-", written))
    period = (
        _whole_year(plain, kind)
        or _split_year(plain, kind)
        or _pooled_calendar(plain, kind, written)
        or _pooled_split(plain, written)
        or _instant(plain, written)
        or _year_ending(plain)
        or _quarter(plain)
    )
    if period is None:
        raise _unreadable(written)
    return period


def kind_of(period_type: str) -> Kind | None:
    """Kind of period for spellings that leave it open, from a source's declared type of period.

    Examples
    --------
    >>> kind_of("financial year"), kind_of("academic year"), kind_of("calendar year")
    ('financial', 'academic', None)
    """
    if "calendar" in period_type:
        return None
    if "academic" in period_type:
        return "academic"
    return "financial" if "financial" in period_type else None


def calendar_year(year: int) -> Period:
    """The calendar year, January to December."""
    return Period(str(year), date(year, 1, 1), date(year, 12, 31), "calendar", (year,))


def financial_year(first: int) -> Period:
    """The financial year that begins in April of `first`.

    Examples
    --------
    >>> financial_year(1999).label
    '1999/00'
    """
    label = f"{first}/{(first + 1) % 100:02d}"
    return Period(label, date(first, 4, 1), date(first + 1, 3, 31), "financial", (first,))


def academic_year(first: int) -> Period:
    """The academic year that begins in September of `first`."""
    label = f"{first}/{(first + 1) % 100:02d}"
    return Period(label, date(first, 9, 1), date(first + 1, 8, 31), "academic", (first,))


def year_ending(year: int, month: int) -> Period:
    """The twelve months that end with a month: a calendar or financial year, or another.

    Examples
    --------
    >>> year_ending(2025, 12).label, year_ending(2025, 3).label, year_ending(2025, 6).label
    ('2025', '2024/25', 'year ending June 2025')
    """
    if month == 12:
        return calendar_year(year)
    if month == 3:
        return financial_year(year - 1)
    label, start = f"year ending {_MONTHS[month - 1]} {year}", date(year - 1, month + 1, 1)
    return Period(label, start, _end_of_month(year, month), "year", (year - 1,))


def pooled_years(first: int, last: int, *, financial: bool = False) -> Period:
    """Several years joined, from the year `first` to the year `last` (first years if financial).

    Examples
    --------
    >>> pooled_years(2017, 2019, financial=True).label
    '2017/18 to 2019/20'
    """
    make = financial_year if financial else calendar_year
    start, end = make(first), make(last)
    label = f"{start.label} to {end.label}"
    return Period(label, start.start, end.end, "pooled", tuple(range(first, last + 1)))


def mid_year(year: int) -> Period:
    """The day of a mid-year population estimate, 30 June."""
    return Period(f"mid-{year}", date(year, 6, 30), date(year, 6, 30), "instant", (year,))


def population_years(period: Period | str) -> tuple[int, ...]:
    """Years whose mid-year estimates, added up, are the denominator of a rate for the period.

    A financial year takes the estimate of its first calendar year; a pooled period takes each of
    its years (docs/methods.md, Denominators).

    Examples
    --------
    >>> population_years("2021/22"), population_years("2018 to 2020")
    ((2021,), (2018, 2019, 2020))
    """
    return (parse(period) if isinstance(period, str) else period).years


def _whole_year(text: str, kind: Kind | None) -> Period | None:
    if not re.fullmatch(r"\d{4}(?:\.0)?", text):
        return None
    year = int(text[:4])
    if not 1800 <= year <= 2200:
        return None
    if kind == "instant":
        return mid_year(year)
    return calendar_year(year)


def _split_year(text: str, kind: Kind | None) -> Period | None:
    match = re.fullmatch(rf"({_SPLIT})", text)
    if not match:
        return None
    first = _first_of_split(text, century=None)
    if first is None:
        return None
    return academic_year(first) if kind == "academic" else financial_year(first)


def _pooled_calendar(text: str, kind: Kind | None, written: str) -> Period | None:
    match = re.fullmatch(rf"(\d{{4}}){_DASH}(\d{{4}}|\d\d)", text)
    if not match:
        return None
    first, last = int(match[1]), _full_year(match[2], int(match[1]))
    if kind in ("financial", "academic") and last == first + 1:
        return academic_year(first) if kind == "academic" else financial_year(first)
    if kind in ("financial", "academic"):
        raise InvalidDataError(
            f"'{written}' is not one {kind} year.", written, "Write it as 2017/18 to 2019/20."
        )
    if last <= first:
        raise _backwards(written)
    if last == first + 1 and kind is None and len(match[2]) == 2:
        raise InvalidDataError(
            f"'{written}' may be a financial year or two calendar years.",
            written,
            "Say which with the source's period type: kind='financial' or kind='pooled'.",
        )
    return pooled_years(first, last)


def _pooled_split(text: str, written: str) -> Period | None:
    match = re.fullmatch(rf"({_SPLIT}){_DASH}({_LATER_SPLIT})", text)
    if not match:
        return None
    first = _first_of_split(match[1], century=None)
    if first is None:
        return None
    last = _first_of_split(match[2], century=first)
    if last is None:
        return None
    if last <= first:
        raise _backwards(written)
    return pooled_years(first, last, financial=True)


def _instant(text: str, written: str) -> Period | None:
    match = re.fullmatch(r"mid[- ](\d{4})", text, re.IGNORECASE)
    if match:
        return mid_year(int(match[1]))
    match = re.fullmatch(rf"(?:at |on )?(\d{{1,2}}) ({_MONTH}) (\d{{4}})", text, re.IGNORECASE)
    if not match:
        return None
    month = _month_number(match[2])
    try:
        day = date(int(match[3]), month, int(match[1]))
    except ValueError as error:
        raise _unreadable(written) from error
    label = f"{day.day} {_MONTHS[month - 1]} {day.year}"
    return Period(label, day, day, "instant", (day.year,))


def _year_ending(text: str) -> Period | None:
    match = re.fullmatch(
        rf"year (?:ending|ended|to)(?: 3[01])? ({_MONTH}) (\d{{4}})", text, re.IGNORECASE
    )
    return year_ending(int(match[2]), _month_number(match[1])) if match else None


def _quarter(text: str) -> Period | None:
    match = re.fullmatch(rf"({_MONTH}) (?:to|-) ({_MONTH}) (\d{{4}})", text, re.IGNORECASE)
    if not match:
        return None
    first, last, year = _month_number(match[1]), _month_number(match[2]), int(match[3])
    if last != first + 2:
        return None
    label = f"{_MONTHS[first - 1]} to {_MONTHS[last - 1]} {year}"
    return Period(label, date(year, first, 1), _end_of_month(year, last), "quarter", (year,))


def _end_of_month(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _first_of_split(text: str, century: int | None) -> int | None:
    """The first year of "2021/22"; None when the second part is not the next year."""
    left, right = text.split("/")
    first = int(left) if century is None else _full_year(left, century)
    return first if _full_year(right, first) == first + 1 else None


def _full_year(digits: str, after: int) -> int:
    """Complete two digits to the first such year from `after` on: "03" after 1999 is 2003."""
    if len(digits) == 4:
        return int(digits)
    year = after - after % 100 + int(digits)
    return year if year >= after else year + 100


def _month_number(name: str) -> int:
    return next(
        number
        for number, month in enumerate(_MONTHS, start=1)
        if month.lower().startswith(name.lower()[:3])
    )


def _backwards(written: str) -> InvalidDataError:
    return InvalidDataError(
        f"The period '{written}' does not run forwards.", written, "Put the earlier year first."
    )


def _unreadable(written: str) -> InvalidDataError:
    return InvalidDataError(
        f"'{written}' is not a period.",
        written,
        "Write it as 2021, 2021/22, 2018 to 2020, 2017/18 to 2019/20 or mid-2020.",
    )
