"""Disclosure control: what may be shown of small counts, by each source's own rule.

Values and statuses travel together: a suppressed value is missing with the status "suppressed",
never 0. Three steps, on by default: counts from 1 to one below the threshold are hidden; where a
total is seen, further parts are hidden so that subtraction does not give a hidden one back; and
what is shown is rounded. What is worked out from a hidden count, such as its rate, is hidden too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from needs.catalogue import Disclosure
from needs.errors import InvalidDataError
from needs.sources.readers.package_rules import LocalRule
from needs.stats.inputs import Flags
from needs.stats.intervals import Floats

#: Numbers that are no further apart are the same.
CLOSE = 1e-6


@dataclass(frozen=True)
class Line:
    """Cells that add up to a total: a breakdown, or a row or column of a two-way table.

    `total` is the position of the total's own cell; None where the total is not in the table, but
    can be seen elsewhere.
    """

    parts: tuple[int, ...]
    total: int | None = None


def is_small(counts: Floats, rule: Disclosure | LocalRule) -> Flags:
    """Counts above 0 that are below a rule's threshold."""
    found: Flags = (counts > 0) & (counts < rule.threshold)
    return found


def round_to_base(counts: Floats, base: int) -> Floats:
    """Round counts to the nearest multiple of the base, halves up; base 0 leaves them.

    Examples
    --------
    >>> round_to_base(np.array([2.0, 2.5, 7.5, 12.0]), 5).tolist()
    [0.0, 5.0, 10.0, 10.0]
    """
    return counts if base == 0 else np.floor(counts / base + 0.5) * base


def protect(
    counts: Floats,
    hidden: Flags,
    lines: Sequence[Line],
    threshold: int = 0,
    also: Flags | None = None,
    unwritten: Flags | None = None,
) -> Flags:
    """Hide further cells until nobody can work a hidden one back out of the totals.

    The cell hidden next is the smallest that stands in a line with one that is not safe yet: parts
    above 0 first, then zeros, then totals. To a reader who cannot tell which cells were hidden
    first, the totals must leave a small part every value below the threshold, and any hidden cell
    at least two values. To one who can tell they must leave at least two, as long as there is more
    to hide. The same holds of the cells that are hidden for the sake of others: the totals leave
    each at least two values, as long as there is more to hide.

    Parameters
    ----------
    counts : array
        All cells, totals included; a missing count that is hidden was withheld by the publisher.
    hidden : array of bool
        Cells hidden for their own sake.
    lines : sequence of Line
        Which cells add up to which. A line whose counts do not add up hides cells for the sake of
        small ones only.
    threshold : int
        The source's threshold, which everybody knows.
    also : array of bool, optional
        Cells that are hidden already, but not for their own sake.
    unwritten : array of bool, optional
        Cells that have no row, such as what parts leave of their total. The totals leave those of
        `hidden` at least two values, as long as there is more to hide; the others, of 0 or more,
        may come out.

    Returns
    -------
    array of bool

    Raises
    ------
    InvalidDataError
        When every cell is hidden and a total seen elsewhere still gives one away.

    Examples
    --------
    >>> breakdown = [Line(parts=(0, 1, 2))]
    >>> counts, small = np.array([3.0, 8.0, 12.0]), np.array([True, False, False])
    >>> protect(counts, small, breakdown, threshold=5).tolist()
    [True, True, False]
    """
    bare = np.zeros(len(counts), dtype=bool) if unwritten is None else unwritten
    out = hidden | bare if also is None else hidden | bare | also
    values = _filled(counts, out, lines)
    true = [line for line in lines if _adds_up(line, values)]
    exact = set(true)
    given_up: set[int] = set()
    readers = _readers(values, bare)
    while True:
        # of parts that do not come to their total nobody learns anything without the total
        told = [line for line in lines if line in exact or not out[line.total]]
        cells = [one for one in _cells_of(told, hidden) if one not in given_up]
        cell = _first_unsafe(cells, values, out, hidden, told, threshold, readers, bare)
        if cell is None:
            break
        spare = _next_to_hide(cell, values, out, hidden, bare, told)
        if spare is not None:
            out[spare] = True
        elif bare[cell] or not _is_found(cell, values, out, hidden, told, threshold, readers):
            given_up.add(cell)
        else:
            raise InvalidDataError(
                "A small count cannot be hidden, because its total gives it away.",
                f"a breakdown of {len(counts)} cells",
                "Show no total of this breakdown, or join parts until each is large enough.",
            )
    readers = _readers(values, bare)
    while True:
        cells = [one for one in _cells_of(true, out & ~hidden & ~bare) if one not in given_up]
        cell = _first_unsafe(cells, values, out, hidden, true, threshold, readers, out)
        if cell is None:
            return out
        spare = _next_to_hide(cell, values, out, out & ~bare, bare, true)
        if spare is None:
            given_up.add(cell)
        else:
            out[spare] = True


def _ends(
    cell: int,
    values: Floats,
    hidden: Flags,
    lines: Sequence[Line],
    least: Floats,
    most: Floats,
) -> tuple[float, float, NDArray[np.intp], list[Floats]]:
    """As `possible_values`, with cells that are linked to it and values that fit them together."""
    from scipy.optimize import linprog  # imports much, and few tables need it

    unknown = np.array(sorted(_linked(cell, hidden, lines)))
    place = {int(position): n for n, position in enumerate(unknown)}
    rows = []
    for line in lines:
        if line.total not in place and not any(part in place for part in line.parts):
            continue
        row = np.zeros(len(unknown))
        for part in line.parts:
            if part in place:
                row[place[part]] = 1.0
        if line.total is not None and line.total in place:
            row[place[line.total]] = -1.0
        if row.any():
            rows.append(row)
    low, high = least[unknown], most[unknown]
    if not rows:
        return float(least[cell]), float(most[cell]), unknown, []
    matrix = np.array(rows)
    seen = matrix @ values[unknown]
    if len(rows) == 1 and (matrix >= 0).all() and matrix[0, place[cell]]:
        others = (matrix[0] == 1) & (unknown != cell)
        return (
            float(max(least[cell], seen[0] - high[others].sum())),
            float(min(most[cell], seen[0] - low[others].sum())),
            unknown,
            [],
        )
    target = np.zeros(len(unknown))
    target[place[cell]] = 1.0
    bounds = list(zip(low, high, strict=True))
    ends, fits = [], []
    for sign in (1.0, -1.0):
        found = linprog(sign * target, A_eq=matrix, b_eq=seen, bounds=bounds, method="highs")
        if not found.success:
            raise RuntimeError(f"the range of a hidden cell was not found: {found.message}")
        ends.append(sign * float(found.fun))
        fits.append(np.asarray(found.x, dtype=float))
    return ends[0], ends[1], unknown, fits


@dataclass
class _Reader:
    """What a reader knows of each cell before looking at the totals, and values that fit these.

    A value that fits still does when more is hidden, so that most ranges need not be sought again.
    """

    least: Floats
    most: Floats
    low: Floats
    high: Floats

    def leaves(
        self,
        cell: int,
        values: Floats,
        hidden: Flags,
        lines: Sequence[Line],
        wanted: tuple[float, float] | None = None,
    ) -> bool:
        """Whether the totals leave a cell two values, and all from the least to the most wanted."""

        def enough(low: float, high: float) -> bool:
            inside = wanted is None or (low <= wanted[0] + CLOSE and high >= wanted[1] - CLOSE)
            return inside and bool(np.floor(high + CLOSE) > np.ceil(low - CLOSE))

        if enough(float(self.low[cell]), float(self.high[cell])):
            return True
        low, high, linked, fits = _ends(cell, values, hidden, lines, self.least, self.most)
        for fit in fits:
            self.low[linked] = np.minimum(self.low[linked], fit)
            self.high[linked] = np.maximum(self.high[linked], fit)
        return enough(low, high)


@dataclass
class _Readers:
    """Every reader, and one who can tell which cells were small."""

    every: _Reader
    told: _Reader
    unwritten: Flags

    def know(self, values: Floats, hidden: Flags, own: Flags, threshold: int) -> None:
        """Note what they know of the cells that are hidden now."""
        # zeros are shown where they can be, so a hidden cell is known to be above 0
        floor = min(1.0, float(values[hidden & ~self.unwritten].min(initial=1.0)))
        none = self.unwritten & ~own
        # far above any count, in place of no limit
        ceiling = 10.0 * (float(np.nansum(values)) + threshold + 1)
        self.every.least = np.where(none, 0.0, floor)
        self.every.most = np.full(len(values), ceiling)
        written = np.where(own | (floor == 0), floor, np.minimum(threshold, values))
        self.told.least = np.where(none, 0.0, written)
        self.told.most = np.where(own & (values < threshold), threshold - 1.0, ceiling)


def _readers(values: Floats, unwritten: Flags) -> _Readers:
    one, other = (_Reader(values, values, values.copy(), values.copy()) for _ in range(2))
    return _Readers(one, other, unwritten)


def _first_unsafe(
    cells: Sequence[int],
    values: Floats,
    hidden: Flags,
    own: Flags,
    lines: Sequence[Line],
    threshold: int,
    readers: _Readers,
    any_two: Flags,
) -> int | None:
    """The first of some hidden cells that the totals give away.

    Of those in `any_two` the totals must leave two values, whichever they are.
    """
    if not cells:
        return None
    totals = {line.total for line in lines}
    readers.know(values, hidden, own, threshold)
    for cell in cells:
        small = own[cell] and values[cell] < threshold
        every = small and not any_two[cell] and cell not in totals
        wanted = (1.0, threshold - 1.0) if every else None
        if not readers.every.leaves(cell, values, hidden, lines, wanted):
            return cell
        learns = threshold > 2 and (small or not own[cell])
        if learns and not readers.told.leaves(cell, values, hidden, lines):
            return cell
    return None


def _is_found(
    cell: int,
    values: Floats,
    hidden: Flags,
    own: Flags,
    lines: Sequence[Line],
    threshold: int,
    readers: _Readers,
) -> bool:
    """Whether a reader finds a cell who cannot tell which cells were hidden first."""
    readers.know(values, hidden, own, threshold)
    small = values[cell] < threshold and cell not in {line.total for line in lines}
    wanted = (1.0, threshold - 1.0) if small else None
    return not readers.every.leaves(cell, values, hidden, lines, wanted)


def _cells_of(lines: Sequence[Line], which: Flags) -> list[int]:
    held = {one for line in lines for one in (*line.parts, line.total) if one is not None}
    return [one for one in sorted(held) if which[one]]


def _adds_up(line: Line, values: Floats) -> bool:
    if line.total is None:
        return True
    return bool(abs(values[list(line.parts)].sum() - values[line.total]) < CLOSE)


def _linked(cell: int, hidden: Flags, lines: Sequence[Line]) -> set[int]:
    """The hidden cells that stand in a line with a cell, or with one that is linked to it."""
    unknown = [
        {one for one in (*line.parts, line.total) if one is not None and hidden[one]}
        for line in lines
    ]
    found, more = {cell}, True
    while more:
        joined = [one for one in unknown if one & found]
        unknown = [one for one in unknown if not one & found]
        found = found.union(*joined)
        more = bool(joined)
    return found


def _holds(line: Line, cell: int) -> bool:
    return cell in line.parts or cell == line.total


def _next_to_hide(
    cell: int,
    values: Floats,
    hidden: Flags,
    guarded: Flags,
    unwritten: Flags,
    lines: Sequence[Line],
) -> int | None:
    """The cell to hide next, None where all are hidden.

    A line with one hidden cell gives it away, so such lines come first where it is to be guarded,
    and in them a cell that mends two at once; then the lines of the unsafe cell; then those of
    cells that are linked to it; then any.
    """
    thin = [
        line
        for line in lines
        if _hidden_cells(line, hidden) == 1
        and (
            _hidden_cells(line, guarded) == 1
            or (_hidden_cells(line, unwritten) == 0 and _adds_up(line, values))
        )
    ]
    near = [line for line in lines if _holds(line, cell)]
    linked = _linked(cell, hidden, lines)
    joined = [line for line in lines if not linked.isdisjoint((*line.parts, line.total))]

    def order(one: int) -> tuple[bool, int, bool, float, int]:
        mends = sum(_holds(line, one) for line in thin)
        beside = any(_holds(line, one) for line in near)
        return (bool(values[one] == 0), -mends, not beside, float(values[one]), one)

    def open_cells(cells: Iterable[int]) -> list[int]:
        return [one for one in dict.fromkeys(cells) if not hidden[one] and values[one] >= 0]

    for some in (thin, near, joined, lines):
        parts = open_cells(part for line in some for part in line.parts)
        totals = open_cells(line.total for line in some if line.total is not None)
        if parts or totals:
            return min(parts or totals, key=order)
    return None


def _hidden_cells(line: Line, hidden: Flags) -> int:
    return int(hidden[list(line.parts)].sum()) + (
        line.total is not None and bool(hidden[line.total])
    )


def _filled(counts: Floats, hidden: Flags, lines: Sequence[Line]) -> Floats:
    """Counts with a stand-in for those that the publisher withholds: what the total leaves them."""
    values = counts.copy()
    for line in lines:
        parts = np.array(line.parts, dtype=int)
        unknown = parts[np.isnan(values[parts]) & hidden[parts]]
        if len(unknown) == 0:
            continue
        whole = np.nan if line.total is None else counts[line.total]
        left = whole - np.nansum(values[parts])
        values[unknown] = 1.0 if np.isnan(left) else max(left / len(unknown), 1.0)
    for line in lines:
        if line.total is not None and np.isnan(values[line.total]) and hidden[line.total]:
            values[line.total] = max(float(np.nansum(values[list(line.parts)])), 1.0)
    return np.where(np.isnan(values) & hidden, 1.0, values)
