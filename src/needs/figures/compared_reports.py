"""What changed between two reports of one area, figure by figure, and what kind of change it is."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from needs.catalogue import Indicator
from needs.errors import InvalidDataError
from needs.figures.change_over_time import share_years
from needs.figures.figure import Figure
from needs.figures.recorded import Recorded
from needs.sources import periods
from needs.stats.sides import other_side
from needs.stats.status import Status

Kind = Literal[
    "revised",
    "method or code",
    "other edition or geography",
    "new period",
    "appeared",
    "gone",
    "label only",
]

#: Each kind in the order of the list, with what it means.
KINDS: Mapping[Kind, str] = {
    "revised": "the same period, with another number in the publisher’s files",
    "method or code": "another number, or another way to work it out, from the same files",
    "other edition or geography": "not to be compared with the last report’s",
    "new period": "a later period of the same measure",
    "appeared": "the last report had no figure",
    "gone": "this report has no figure",
    "label only": "the same number, named, marked, found or tested otherwise",
}

#: Fields that hold a number, or say why there is none.
_NUMBERS = ("value", "lower", "upper", "status", "numerator", "denominator")
#: Fields that say how the number is worked out.
_METHOD = ("formula", "method", "unit")
#: All other fields that a reader or a reviewer sees; the id and the period are what is matched.
_LABELS = (
    "label",
    "area_name",
    "note",
    "marks",
    "decimals",
    "verdict",
    "bound",
    "sources",
    "source_rows",
)

#: Of a figure on a whole series: "2017/18 up to 2021/22".
_UP_TO = " up to "

#: Words of `Change.test` where there is a test; elsewhere it says why there is none.
CLEAR = ("higher", "lower")
NOT_CLEAR = "no clear change"


@dataclass(frozen=True)
class Change:
    """One measure of one group of people in one area, as two reports have it.

    Attributes
    ----------
    kind : str
        A key of `KINDS`.
    old, new : Figure or None
        The figures that are set beside each other; None where a report has none.
    fields : tuple of str
        The fields that differ.
    test : str
        "higher", "lower" or "no clear change" by the intervals; or why there is no test.
    why : str
        Why the two are not to be compared, where they are not.
    own : bool
        Whether the figure is of the report's own area.
    """

    kind: Kind
    old: Figure | None
    new: Figure | None
    fields: tuple[str, ...] = ()
    test: str = ""
    why: str = ""
    own: bool = False

    @property
    def figure(self) -> Figure:
        """The figure of the later report, or of the earlier where that has none."""
        found = self.new or self.old
        assert found is not None
        return found

    @property
    def clear(self) -> bool:
        """Whether the intervals show that it is higher or lower."""
        return self.test in CLEAR

    @property
    def size(self) -> float:
        """How large the change is: its share of the earlier value; infinite from or to nothing."""
        old, new = (one.value if one else None for one in (self.old, self.new))
        if old is None or new is None:
            return 0.0 if old is new else math.inf
        if old == new:
            ends = [(one.lower, one.upper) for one in (self.old, self.new) if one]
            return 0.0 if ends[0] == ends[1] else _share(*(sum(map(_or_0, end)) for end in ends))
        return _share(old, new)


def _or_0(number: float | None) -> float:
    return number or 0.0


def _share(old: float, new: float) -> float:
    return abs(new - old) / abs(old) if old else math.inf


class _Measure(NamedTuple):
    """What stays the same from period to period: `id` without the period, and whose it is."""

    id: tuple[str, ...]
    own: bool


def changes(
    old: Recorded, new: Recorded, indicators: Mapping[str, Indicator]
) -> tuple[Change, ...]:
    """Compare two reports of one area, every field of every figure.

    Parameters
    ----------
    old, new : Recorded
        The earlier and the later report.
    indicators : mapping of str to Indicator
        Those of the catalogue: where a series breaks, figures from both sides are not set against
        each other.

    Returns
    -------
    tuple of Change
        By kind in the order of `KINDS`; then the report's own area first, indicators before what
        the report makes of them, changes that the intervals show before the rest, and the largest
        first.

    Notes
    -----
    Figures of one period are the same measure twice, so a difference is a revision or another way
    to count, never a trend: it is not tested. Figures of two periods are tested by the interval of
    their difference (`needs.stats.sides.other_side`), unless the periods share years.
    """
    before, after = _by_measure(old), _by_measure(new)
    found: list[Change] = []
    for measure in before.keys() | after.keys():
        was, now = before.get(measure, {}), after.get(measure, {})
        for period in was.keys() & now.keys():
            found.extend(_same_period(was[period], now[period], old, new))
        found.extend(_newest(was, now, old, new, indicators))
    found = [
        replace(one, own=(one.figure.area_name == (new if one.new else old).area)) for one in found
    ]
    order = list(KINDS)
    return tuple(
        sorted(
            found,
            key=lambda one: (
                order.index(one.kind),
                not one.own,
                one.figure.indicator not in indicators,
                not one.clear,
                -one.size,
                one.figure.id,
            ),
        )
    )


def tally(found: tuple[Change, ...]) -> dict[Kind, int]:
    """How many changes there are of each kind, in the order of `KINDS`; none are left out."""
    counts = Counter(one.kind for one in found)
    return {kind: counts[kind] for kind in KINDS if counts[kind]}


def _by_measure(report: Recorded) -> dict[_Measure, dict[str, Figure]]:
    out: dict[_Measure, dict[str, Figure]] = {}
    for one in report.figures:
        key, code, _period, *rest = (*one.id.split("."), "", "")[: max(3, one.id.count(".") + 1)]
        own = one.area_name == report.area
        measure = _Measure((key, "" if own else code, *rest), own)
        out.setdefault(measure, {})[one.period] = one
    return out


def _same_period(was: Figure, now: Figure, old: Recorded, new: Recorded) -> Iterator[Change]:
    numbers, method, labels = (
        tuple(name for name in names if not _equal(getattr(was, name), getattr(now, name)))
        for names in (_NUMBERS, _METHOD, _LABELS)
    )
    fields = (*numbers, *method, *labels)
    if not fields:
        return
    if not numbers:
        yield Change("method or code" if method else "label only", was, now, fields)
    elif why := _other_land(was, now, old, new):
        yield Change("other edition or geography", was, now, fields, why=why)
    elif method or old.files_of(was) == new.files_of(now):
        yield Change("method or code", was, now, fields)
    else:
        yield Change("revised", was, now, fields)


def _newest(
    was: Mapping[str, Figure],
    now: Mapping[str, Figure],
    old: Recorded,
    new: Recorded,
    indicators: Mapping[str, Indicator],
) -> Iterator[Change]:
    """The newest figure of a measure in each report, where the periods differ."""
    last, latest = _latest(was, old.year), _latest(now, new.year)
    if last is None or latest is None:
        if latest is not None and not was:
            yield Change("appeared", None, latest)
        if last is not None and not now:
            yield Change("gone", last, None)
        return
    if last.period == latest.period or (last.period in now and _end(latest) < _end(last)):
        return
    if _end(latest) < _end(last):
        yield Change("gone", last, None)
    elif _of_reporting_year(last, latest):
        return
    elif why := _not_comparable(last, latest, old, new, _breaks(latest, indicators)):
        yield Change("other edition or geography", last, latest, why=why)
    else:
        yield Change("new period", last, latest, test=_tested(last, latest))


def _latest(figures: Mapping[str, Figure], year: int) -> Figure | None:
    """The newest figure that a report is about: one of a later year is there as news alone."""
    about = [one for one in figures.values() if one.shown and _end(one)[:4] <= f"{year}"]
    return max(about, key=_end, default=None)


def _breaks(figure: Figure, indicators: Mapping[str, Indicator]) -> Mapping[int, str]:
    declared = indicators.get(figure.indicator)
    return declared.breaks if declared else {}


def _of_reporting_year(was: Figure, now: Figure) -> bool:
    """Whether a figure made for the reporting year ("for 2026") is the last year's still."""
    return now.period.startswith("for ") and was.text == now.text


def _not_comparable(
    was: Figure, now: Figure, old: Recorded, new: Recorded, breaks: Mapping[int, str]
) -> str:
    """Why two periods of a measure are not to be set against each other; empty where they are."""
    if why := _other_land(was, now, old, new):
        return why
    try:
        begins, ends = periods.parse(was.period).start.year, periods.parse(now.period).end.year
    except InvalidDataError:
        if now.period.startswith("for ") or _UP_TO in now.period:
            return ""
        return f"another edition: {now.period}, and not {was.period}"
    for year, why in sorted(breaks.items()):
        if begins < year <= ends:
            return why
    if "b" in now.marks:
        return "the publisher marks a break in the series"
    if was.sources and now.sources and not set(was.sources) & set(now.sources):
        return "another source"
    return ""


def _other_land(was: Figure, now: Figure, old: Recorded, new: Recorded) -> str:
    """Whether the area, or the small areas that are counted, are not those of the last report."""
    if was.area_code != now.area_code:
        return f"another area under the name: {now.area_code}, and not {was.area_code}"
    counted = all(any("LSOAs" in row for row in one.source_rows) for one in (was, now))
    if counted and old.geography != new.geography:
        return f"other small areas: {new.geography}"
    return ""


def _tested(was: Figure, now: Figure) -> str:
    if _UP_TO in now.period:
        before, after = (_course(one) for one in (was, now))
        return f"still {after}" if before == after else f"was {before}, is {after}"
    if share_years(was.period, now.period):
        return "not tested: the periods share years"
    pairs = [(one.value, *_limits(one)) for one in (now, was)]
    if any(None in pair for pair in pairs):
        return "not tested: no interval"
    side = str(other_side(pairs[0], pairs[1]))  # type: ignore[arg-type]
    return side if side in CLEAR else NOT_CLEAR


def _course(figure: Figure) -> str:
    """What a rate of change shows of the whole series, beyond chance."""
    if figure.lower is None or figure.upper is None:
        return "without an interval"
    if figure.lower > 0:
        return "a clear rise"
    return "a clear fall" if figure.upper < 0 else NOT_CLEAR


def _limits(figure: Figure) -> tuple[float | None, float | None]:
    if figure.lower is None or figure.upper is None:
        return figure.bound or (None, None)
    return figure.lower, figure.upper


def _equal(was: object, now: object) -> bool:
    if isinstance(was, float) and isinstance(now, float):
        return math.isclose(was, now, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(was, tuple) and isinstance(now, tuple) and len(was) == len(now):
        return all(_equal(*pair) for pair in zip(was, now, strict=True))
    return was == now


def _end(figure: Figure) -> str:
    """The end of a period; of one that is no date (an index edition) its last year, by name."""
    text = figure.period.rpartition(_UP_TO)[2]
    try:
        return str(periods.parse(text).end)
    except InvalidDataError:
        return f"{(re.findall(r'[12][0-9]{3}', text) or ['0000'])[0]}, {text}"


def either_withheld(change: Change) -> bool:
    """Whether the later report withholds what the earlier showed: neither may then be told."""
    return any(
        one is not None and one.status is Status.SUPPRESSED for one in (change.old, change.new)
    )
