"""Lines over time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from needs.charts.drawing import Canvas, Dot, Panel, point
from needs.charts.layout import (
    LINE,
    bounds,
    canvas,
    interval_limits,
    name_places,
    positions,
    spread_labels,
    value_axis,
    values,
    whole,
    wrapped,
    write,
    write_beside,
    write_notes,
)
from needs.charts.style import (
    CATEGORICAL,
    GREY,
    INK,
    NOTHING,
    QUIET,
    SMALL,
    TEXT,
    empty_svg,
    text_width,
    wrap,
)
from needs.figures.figure import Figure, Series

_CONTEXT_STYLES: dict[str, dict[str, Any]] = {
    "national": {"color": INK, "dashes": (5, 2), "width": 1.5},
    "region": {"color": QUIET, "dashes": (1, 1.6), "width": 1.7},
}
_COMPARATOR_DASHES: tuple[tuple[float, ...], ...] = ((), (8, 2, 1, 2), (3, 3), (1, 3))
_MARKERS = "osD^vP"


def trend_lines(
    series: Sequence[Series],
    *,
    chart_id: str,
    unit: str,
    breaks: Mapping[str, str] | None = None,
    from_zero: bool = True,
) -> str:
    """Draw lines over periods, each named at its end.

    Parameters
    ----------
    series : sequence of Series
        At most six. Those of role "focus" are coloured, with their 95% interval as a band; the
        others are grey and dashed.
    chart_id : str
        Prefix of every id in the SVG.
    unit : str
        Printed above the value axis, for example "Deaths per 100,000 people".
    breaks : mapping of str to str, optional
        Reason by the label of the first period that is not comparable with those before it. Lines
        stop there, and the reason is printed below the chart.
    from_zero : bool
        Whether the value axis holds zero.

    Returns
    -------
    str
        An SVG element. A period without a value is a gap in the line.
    """
    series = [one for one in series if one.figures]
    shown = [f for one in series for f in one.figures if f.shown]
    if not shown:
        return empty_svg(chart_id, NOTHING)
    parts = [part for f in shown for part in (f.value, f.lower, f.upper)]
    if not any(parts):
        return empty_svg(chart_id, _all_zero(shown))
    place = positions([f.period for one in series for f in one.figures])
    steps = [after - before for before, after in pairwise(place.values())]
    step = min(steps, default=1.0)
    cuts = {
        period: (place[period] - step / 2, reason)
        for period, reason in (breaks or {}).items()
        if period in place and place[period] > min(place.values())
    }
    foot = wrapped(f"[b] {period}: {reason}" for period, (_, reason) in cuts.items())

    lines = [wrap(one.label, 112, TEXT, one.role == "focus") for one in series]
    right = 14 + max(
        text_width(line, TEXT, one.role == "focus")
        for one, label in zip(series, lines, strict=True)
        for line in label
    )
    low, high = bounds(parts, zero=from_zero)
    height = 165.0 + len(foot) * LINE
    bottom = 38 + len(foot) * LINE
    drawing, panel = canvas(height, left=52, right=right, top=30, bottom=bottom)
    panel.x = (min(place.values()) - step * 0.35, max(place.values()) + step * 0.2)
    panel.y = (low, high)
    value_axis(panel, False, low, high, integer=whole(parts))
    _name_periods(panel, place)
    write(drawing, 0, height - 9, unit)
    for where, _ in cuts.values():
        panel.upright(where, QUIET, 0.9, (2, 2))
        write_beside(panel, where, high, "[b]", align="center", vertical="bottom", size=SMALL,
              color=QUIET)  # fmt: skip
    lone = _draw_lines(panel, series, place, step * 1.01, [where for where, _ in cuts.values()])
    _name_lone_points(panel, lone)
    _name_lines(drawing, panel, series, lines, place)
    write_notes(drawing, foot)
    points = [
        mark
        for one in series
        for f in one.figures
        for mark in point(panel, place[f.period], f.value or 0.0, f)
    ]
    return drawing.svg(chart_id, points)


def _all_zero(shown: Sequence[Figure]) -> str:
    """What is said in place of a line along the axis."""
    periods = sorted({f.period for f in shown})
    when = periods[0] if len(periods) == 1 else f"{periods[0]} up to {periods[-1]}"
    return f"Not drawn: every value is 0, {when}."


def _draw_lines(
    panel: Panel,
    series: Sequence[Series],
    place: Mapping[str, float],
    step: float,
    cuts: Sequence[float],
) -> list[tuple[str, str, float, float]]:
    """Draw the lines; returns the points that stand alone before a break: name, colour, x, y."""
    lone = []
    for one, style in zip(series, _styles(series), strict=True):
        figures = sorted((f for f in one.figures), key=lambda f: place[f.period])
        x = np.array([place[f.period] for f in figures])
        y, (low, high) = values(figures), interval_limits(figures)
        apart = second_hand(figures)
        ends = [
            i + 1
            for i in range(len(x) - 1)
            if x[i + 1] - x[i] > step
            or any(x[i] < cut < x[i + 1] for cut in cuts)
            or apart[i] != apart[i + 1]
        ]
        for start, end in pairwise([0, *ends, len(x)]):
            part = slice(start, end)
            if one.role == "focus":
                panel.band(x[part], low[part], high[part], style["color"], 0.17)
            if apart[start]:
                dot = Dot(max(style["dot"].size, 4.5), "#FFFFFF", style["dot"].shape,
                          style["color"], 1.2)  # fmt: skip
                panel.dots(x[part], y[part], dot, layer=style["layer"])
            else:
                panel.line(x[part], y[part], **style)
            if end - start == 1 and any(x[start] < cut for cut in cuts) and np.isfinite(y[start]):
                lone.append((one.label, style["color"], float(x[start]), float(y[start])))
        if one.role == "focus":
            # an interval alone has no width to fill, so it is drawn as a line
            intervals = [[(at, a), (at, b)] for at, a, b in zip(x, low, high, strict=True)]
            panel.strokes(intervals, style["color"], 0.7, opacity=0.55)
    return lone


def second_hand(figures: Sequence[Figure]) -> list[bool]:
    """Which figures of a series come from another source than most of it, and have no interval.

    They are drawn hollow and are not joined to the others.

    Examples
    --------
    >>> f = Figure("a", "r", "R", "E", "Here", "2019", 4.0, "%", lower=3.0, sources=("own",))
    >>> second_hand([f, f.with_(period="2020"), f.with_(lower=None, sources=("a strategy",))])
    [False, False, True]
    """
    shown = [f for f in figures if f.shown]
    if len(shown) < 3:
        return [False] * len(figures)
    (main, _), *_ = Counter(f.sources for f in shown).most_common(1)
    return [f.shown and f.lower is None and not set(f.sources) & set(main) for f in figures]


def _name_lone_points(panel: Panel, lone: Sequence[tuple[str, str, float, float]]) -> None:
    """Name points that no line leads to, beside them and clear of each other."""
    low, high = panel.y
    for where in dict.fromkeys(x for _, _, x, _ in lone):
        here = [one for one in lone if one[2] == where]
        wanted = [(y - low) / (high - low) * panel.height for *_, y in here]
        centres = spread_labels(wanted, [LINE] * len(here), 0, panel.height)
        for (name, color, x, _), centre in zip(here, centres, strict=True):
            y = low + centre / panel.height * (high - low)
            write_beside(panel, x, y, name, dx=7, size=SMALL, color=color)


def _styles(series: Sequence[Series]) -> list[dict[str, Any]]:
    """How each series is drawn: see `Panel.line`."""
    styles: list[dict[str, Any]] = []
    counts = {"focus": 0, "comparator": 0}
    for one in series:
        if one.role == "focus":
            number = counts["focus"] % len(CATEGORICAL)
            counts["focus"] += 1
            color = CATEGORICAL[number]
            dot = Dot(5, color, _MARKERS[number])
            styles.append({"color": color, "width": 2.2, "dot": dot, "layer": 3})
            continue
        style = _CONTEXT_STYLES.get(one.role)
        if style is None:
            dashes = _COMPARATOR_DASHES[counts["comparator"] % len(_COMPARATOR_DASHES)]
            counts["comparator"] += 1
            style = {"color": GREY, "width": 1.2, "dashes": dashes}
        styles.append({**style, "dot": Dot(3.2, style["color"], edge=""), "layer": 2})
    return styles


def _name_lines(
    drawing: Canvas,
    panel: Panel,
    series: Sequence[Series],
    lines: Sequence[Sequence[str]],
    place: Mapping[str, float],
) -> None:
    """Name each line at the right, level with its last value and clear of the other names."""
    (low, high), right, height = panel.y, panel.x[1], panel.height
    named = []
    for one, name, style in zip(series, lines, _styles(series), strict=True):
        known = [f for f in one.figures if f.value is not None]
        if known:
            last = max(known, key=lambda f: place[f.period])
            named.append((one, name, style, place[last.period], last.value or 0.0))
    wanted = [(value - low) / (high - low) * height for *_, value in named]
    heights = [len(name) * LINE for _, name, *_ in named]
    centres = spread_labels(wanted, heights, -LINE / 2, height + LINE / 2)
    newest = max(place.values())
    for (one, name, style, x, value), want, centre in zip(named, wanted, centres, strict=True):
        y = low + centre / height * (high - low)
        if abs(want - centre) > 3 or x < newest:
            _lead(drawing, panel.place(right, y), panel.place(x, value), style["color"])
        write_beside(
            panel, right, y, "\n".join(name), dx=4, bold=one.role == "focus",
            color=style["color"] if one.role in ("focus", "national") else QUIET,
        )  # fmt: skip


def _lead(
    drawing: Canvas, start: tuple[float, float], end: tuple[float, float], color: str
) -> None:
    """Draw a line from a name towards its point, up to the dot that is there."""
    (x, y), (to_x, to_y) = start, end
    share = max(0.0, 1 - 4 / math.dist(start, end))
    across, down = [x, x + (to_x - x) * share], [y, y + (to_y - y) * share]
    drawing.paper.line(across, [drawing.height - one for one in down], color, 0.6)


def _name_periods(panel: Panel, place: Mapping[str, float]) -> None:
    """Label every period, or every second, third, … counted back from the newest."""
    left, right = panel.x
    labels = [period.replace(" to ", " to\n") for period in place]
    wide = max(text_width(line) for label in labels for line in label.split("\n")) + 8
    where = list(place.values())
    every = 1
    while len(where) > every:
        kept = where[::-1][::every]
        if all((a - b) / (right - left) * panel.width >= wide for a, b in pairwise(kept)):
            break
        every += 1
    name_places(panel, where[::-1][::every][::-1], labels[::-1][::every][::-1], marks=True)
