"""Geometry that the charts share: a canvas in points, label placing, scales and period positions.

Everything is measured in points at the printed width, so that margins fit their labels before
anything is drawn.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from needs.charts.drawing import Canvas, Dot, Panel, Words
from needs.charts.style import (
    GRID,
    INK,
    QUIET,
    SMALL,
    TEXT,
    WIDTH,
    text_width,
    wrap,
)
from needs.figures.figure import Figure, format_number

#: Height of a line of text, in points.
LINE = 12.5

#: Points between the axes and the names of values and places, and the length of a mark.
_PAD, _MARK = 7.0, 3.0


def canvas(
    height: float, *, left: float, right: float, top: float, bottom: float
) -> tuple[Canvas, Panel]:
    """A drawing of the printed width with one panel; margins in points.

    The panel names nothing by itself: see `value_axis` and `name_places`.
    """
    drawing = Canvas(height)
    return drawing, drawing.panel(left, right, top, bottom)


def write(
    drawing: Canvas,
    x: float,
    y: float,
    text: str,
    *,
    align: str = "left",
    size: float = TEXT,
    bold: bool = False,
    color: str = INK,
) -> None:
    """Write text at a point of the canvas: x from the left, y from the bottom, in points."""
    drawing.paper.words.append(Words(text, x, y, align=align, size=size, bold=bold, color=color))


def write_beside(panel: Panel, x: float, y: float, text: str, **look: Any) -> None:
    """Write text beside a place of a panel.

    Parameters
    ----------
    panel : Panel
    x, y : float
        The place, in the panel's units; from 0 to 1 across it for what ``frame`` says.
    text : str
    **look
        Further attributes of `Words`, such as ``frame`` and ``dx``, points between the place and
        the text.
    """
    panel.words.append(Words(text, x, y, **look))


def write_notes(drawing: Canvas, lines: Sequence[str]) -> None:
    """Write lines at the foot of the canvas."""
    for number, line in enumerate(reversed(lines)):
        write(drawing, 0, 6 + number * LINE, line, size=SMALL, color=QUIET)


def wrapped(texts: Iterable[str]) -> list[str]:
    """Notes broken into lines of the canvas's width."""
    return [line for text in texts for line in wrap(text, WIDTH - 6, SMALL)]


def spread_labels(
    wanted: Sequence[float], heights: Sequence[float], low: float, high: float
) -> list[float]:
    """Move label centres apart, as little as possible, so that none overlap.

    Parameters
    ----------
    wanted : sequence of float
        Centre that each label would have alone.
    heights : sequence of float
        Height of each label.
    low, high : float
        Room that all labels must stay within, when it is large enough.

    Returns
    -------
    list of float
        Centres, in the order given.

    Examples
    --------
    >>> spread_labels([10, 10, 50], [10, 10, 10], 0, 100)
    [5.0, 15.0, 50.0]
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    groups: list[list[Any]] = []  # [members, centre, height]
    for i in order:
        groups.append([[i], float(wanted[i]), float(heights[i])])
        _settle(groups[-1], low, high)
        while len(groups) > 1 and _overlap(groups[-2], groups[-1]):
            last = groups.pop()
            before = groups[-1]
            before[0] += last[0]
            before[2] += last[2]
            # the mean that each member would want for the whole stack
            start = 0.0
            wishes = []
            for member in before[0]:
                wishes.append(wanted[member] - start - heights[member] / 2)
                start += heights[member]
            before[1] = float(np.mean(wishes)) + before[2] / 2
            _settle(before, low, high)
    placed = [0.0] * len(wanted)
    for members, centre, height in groups:
        start = centre - height / 2
        for member in members:
            placed[member] = float(start + heights[member] / 2)
            start += heights[member]
    return placed


def _settle(group: list[Any], low: float, high: float) -> None:
    group[1] = max(low + group[2] / 2, min(high - group[2] / 2, group[1]))


def _overlap(first: list[Any], second: list[Any]) -> bool:
    return bool(first[1] + first[2] / 2 > second[1] - second[2] / 2 + 1e-9)


def positions(periods: Sequence[str]) -> dict[str, float]:
    """Place period labels on a time axis by their first year; by order where they name none.

    Examples
    --------
    >>> positions(["2016/17", "2019/20"])
    {'2016/17': 2016.0, '2019/20': 2019.0}
    """
    unique = list(dict.fromkeys(periods))
    years = [re.search(r"\d{4}", period) for period in unique]
    starts = [float(year.group()) for year in years if year]
    if len(starts) == len(unique) and len(set(starts)) == len(starts):
        return dict(sorted(zip(unique, starts, strict=True), key=lambda pair: pair[1]))
    return {period: float(number) for number, period in enumerate(unique)}


def values(figures: Iterable[Figure]) -> np.ndarray:
    """Values as floats, missing where a figure is not shown."""
    return np.array([np.nan if f.value is None else f.value for f in figures], dtype=float)


def interval_limits(figures: Iterable[Figure]) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limits as floats, missing where there is no interval."""
    pairs = [
        (f.lower, f.upper) if f.lower is not None and f.upper is not None else (np.nan, np.nan)
        for f in figures
    ]
    low, high = np.array(pairs, dtype=float).reshape(-1, 2).T
    return low, high


def bounds(
    parts: Iterable[float | None], *, zero: bool = True, ticks: int = 6
) -> tuple[float, float]:
    """Ends of a value axis that hold all parts: ticks, so that the axis names all that it shows.

    Parameters
    ----------
    parts : iterable of float or None
        Values and limits that are to be drawn.
    zero : bool
        Whether the axis holds zero.
    ticks : int
        As for `value_axis`: steps of the axis, at most.

    Examples
    --------
    >>> bounds([90.9, 12.0])
    (0.0, 100.0)
    """
    known = [part for part in parts if part is not None and np.isfinite(part)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if math.isclose(low, high, abs_tol=1e-12):  # they differ by rounding alone
        high = low + 1.0
    chosen = round_values(low, high, ticks, integer=whole(known))
    return (
        max((tick for tick in chosen if tick <= low), default=low),
        min((tick for tick in chosen if tick >= high), default=high),
    )


def whole(parts: Iterable[float | None]) -> bool:
    """Whether all parts are whole numbers, so that halves on their axis would mean nothing.

    Examples
    --------
    >>> whole([2.0, None, 3]), whole([2.5])
    (True, False)
    """
    return all(float(part).is_integer() for part in parts if part is not None)


def round_values(low: float, high: float, most: int, *, integer: bool = False) -> list[float]:
    """Values in even, round steps, the first of them not above `low` and the last not below `high`.

    A step is 1, 2, 2.5 or 5 times a power of ten: the shortest of which `most` reach from `low` to
    `high`.

    Parameters
    ----------
    low, high : float
        Two values that differ by more than rounding.
    most : int
    integer : bool
        Whether the values are to be whole, unless no two whole numbers lie between `low` and
        `high`.

    Examples
    --------
    >>> round_values(0, 87, 6), round_values(1.2, 2.9, 4)
    ([0.0, 20.0, 40.0, 60.0, 80.0, 100.0], [1.0, 1.5, 2.0, 2.5, 3.0])
    """
    power = 10 ** math.floor(math.log10((high - low) / most))
    steps = [number * power for number in (1, 2, 2.5, 5, 10)]
    if integer:
        steps = [one for one in steps if one < 1 or float(one).is_integer()]
        if math.floor(high) - math.ceil(low) >= 1:
            steps = [max(1, one) for one in steps]
    origin, middle = 0.0, (low + high) / 2
    if abs(middle) >= 100 * (high - low):
        # counted from a round value near them, or what a float cannot hold would add up
        origin = math.copysign(10 ** math.floor(math.log10(abs(middle))), middle)
    low, high = low - origin, high - origin
    step = next((one for one in steps if one >= (high - low) / most), steps[-1])
    slack = max(1e-10, abs(origin) / step * 1e-12)
    start = low // step * step
    first = math.floor((low - start) / step + slack)
    last = math.ceil((high - start) / step - slack)
    return [float(number * step + start + origin) for number in range(first, last + 1)]


def value_axis(
    panel: Panel,
    across: bool,
    low: float,
    high: float,
    ticks: int = 6,
    *,
    integer: bool = False,
    grid: bool = True,
) -> None:
    """Name round values with thousands commas, no more of them than can be read, and draw a grid.

    Parameters
    ----------
    panel : Panel
    across : bool
        Whether values run from left to right, or from the bottom to the top.
    low, high : float
        Ends of the scale.
    ticks : int
        Steps of the scale, at most.
    integer : bool
        There are no halves: of people, for example.
    grid : bool
        Lines over the whole drawing; otherwise a short mark at each value.
    """
    slack = (high - low) * 1e-9
    chosen = round_values(low, high, ticks, integer=integer)
    chosen = [tick for tick in chosen if low - slack <= tick <= high + slack]
    steps = [after - before for before, after in pairwise(chosen)]
    decimals = 0
    while steps and decimals < 6 and abs(round(steps[0], decimals) - steps[0]) > steps[0] * 1e-6:
        decimals += 1
    names = [format_number(tick, decimals) for tick in chosen]
    if grid:
        ends = [((t, 0.0), (t, 1.0)) if across else ((0.0, t), (1.0, t)) for t in chosen]
        panel.strokes(ends, GRID, 0.7, layer=0.5, frame="y" if across else "x")
    if across:
        name_places(panel, chosen, names, marks=not grid)
        return
    for tick, name in zip(chosen, names, strict=True):
        write_beside(panel, 0, tick, name, frame="x", dx=-_PAD, align="right")


def name_places(
    panel: Panel, places: Sequence[float], names: Sequence[str], *, marks: bool = False
) -> None:
    """Name places below the panel, each with a short mark where that is asked for."""
    if marks:
        end = -_MARK / panel.height
        lines = [[(place, 0), (place, end)] for place in places]
        panel.strokes(lines, QUIET, 0.8, layer=0.5, frame="y")
    for place, name in zip(places, names, strict=True):
        write_beside(panel, place, 0, name, frame="y", dy=-_PAD, align="center", vertical="top")


def row_canvas(
    labels: Sequence[str],
    *,
    row: float = 20.0,
    right: float = 12.0,
    top: float = 8.0,
    bottom: float = 36.0,
    limit: float = 165.0,
    bold: Collection[int] = (),
) -> tuple[Canvas, Panel]:
    """A canvas with a row for each label, the first at the top; labels stand left of the panel.

    Rows are at 0, 1, 2, … on the vertical axis. Labels wider than `limit` are broken into lines and
    the rows made high enough for them. `bold` holds the numbers of rows named in bold.
    """
    lines = [wrap(label, limit, TEXT, i in bold) for i, label in enumerate(labels)]
    row = max(row, max(map(len, lines)) * LINE + 4)
    left = 10 + max(
        text_width(line, TEXT, i in bold) for i, label in enumerate(lines) for line in label
    )
    height = top + bottom + row * len(labels)
    drawing, panel = canvas(height, left=left, right=right, top=top, bottom=bottom)
    panel.y = (len(labels) - 0.5, -0.5)
    for i, label in enumerate(lines):
        for number, line in enumerate(label):
            y = height - top - row * (i + 0.5) + ((len(label) - 1) / 2 - number) * LINE
            write(drawing, left - 8, y, line, align="right", bold=i in bold)
    return drawing, panel


def legend(
    drawing: Canvas, entries: Sequence[tuple[str, dict[str, Any]]], y: float, x: float = 0.0
) -> None:
    """Name colours and marks in lines of swatches from height `y` down, in the order of the data.

    Each entry is a label and how its swatch looks: `color`, and `kind` "box" (default) with `edge`,
    "line" with `dashes` and `linewidth`, or "dot" with `marker`, `markersize` and `face`.
    """
    for (label, look), (row, start) in zip(
        entries, legend_places([label for label, _ in entries], WIDTH - x), strict=True
    ):
        left, level = x + start, y - row * LINE * 1.15
        kind, color = look.get("kind", "box"), look["color"]
        if kind == "box":
            ends = (left, left + 14), (level - 4, level + 5)
            drawing.paper.bar(*ends, color, look.get("edge", color))
        elif kind == "line":
            drawing.paper.line(
                [left + 1, left + 13], [level + 0.5] * 2, color, look.get("linewidth", 1.5),
                dashes=look.get("dashes", ()),
            )  # fmt: skip
        else:
            face = look.get("face", color)
            dot = Dot(look.get("markersize", 6), face, look.get("marker", "o"), color, 1.0)
            drawing.paper.dots([left + 7], [level + 0.5], dot)
        write(drawing, left + 18, level, label)


def legend_places(labels: Sequence[str], width: float = WIDTH) -> list[tuple[int, float]]:
    """Row and left edge of each legend entry, filling rows of `width` points from the left.

    Examples
    --------
    >>> [row for row, _ in legend_places(["Treated", "Not treated", "x" * 90])]
    [0, 0, 1]
    """
    places, row, x = [], 0, 0.0
    for label in labels:
        need = 18 + text_width(label)
        if x and x + need > width:
            row, x = row + 1, 0.0
        places.append((row, x))
        x += need + 16
    return places


def legend_height(labels: Sequence[str]) -> float:
    """Height of the legend of these labels, in points."""
    return (max(row for row, _ in legend_places(labels)) + 1) * LINE * 1.15 + 4
