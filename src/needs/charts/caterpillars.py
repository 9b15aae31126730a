"""Caterpillars: a row for each area or group, with its interval, in order of value."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from needs.charts.drawing import Dot, Panel, point
from needs.charts.labels import at_right, name_points, not_drawn, value_scale, widest
from needs.charts.layout import (
    LINE,
    bounds,
    canvas,
    interval_limits,
    row_canvas,
    value_axis,
    values,
    whole,
    wrapped,
    write,
    write_beside,
    write_notes,
)
from needs.charts.style import (
    FOCUS,
    INK,
    QUIET,
    SMALL,
    WIDTH,
    empty_svg,
    text_width,
    wrap,
)
from needs.figures.figure import Figure

#: Up to this many areas each get a row with a name; more are drawn as thin marks.
MANY = 25

#: Up to this many areas without a value have a row among named areas; more are counted below.
FEW_GAPS = 3


def caterpillar(
    figures: Sequence[Figure],
    *,
    chart_id: str,
    unit: str,
    focus: str | None = None,
    reference: Figure | None = None,
    named: Collection[str] = (),
    in_order: bool = False,
) -> str:
    """Draw dots with intervals, one for each area, in order of value.

    Parameters
    ----------
    figures : sequence of Figure
        One for each area.
    chart_id : str
        Prefix of every id in the SVG.
    unit : str
        Names the value axis.
    focus : str, optional
        Code of the area of the report.
    reference : Figure, optional
        Drawn as a line, usually England's.
    named : collection of str
        Codes of other areas to name where areas are too many to name each.
    in_order : bool
        The rows have an order of their own, such as deciles: keep it.

    Returns
    -------
    str
        An SVG element. Up to `MANY` areas have a row each, those without a value last, with their
        symbol; more are thin marks from left to right, and areas without a value are counted below.
    """
    areas = [f for f in figures if reference is None or f.area_code != reference.area_code]
    shown = sorted((f for f in areas if f.shown), key=lambda f: (-(f.value or 0), f.area_name))
    if not shown:
        return empty_svg(chart_id)
    missing = sorted((f for f in areas if not f.shown), key=lambda f: f.area_name)
    if len(areas) > MANY:
        return _many(shown, len(missing), chart_id, unit, focus, reference, named)
    # a few gaps each keep a row, with their symbol; many would be a chart of empty rows
    few = len(missing) <= FEW_GAPS
    rows = [f for f in areas if few or f.shown] if in_order else [*shown, *(missing if few else [])]
    foot = wrapped([] if few else [not_drawn(len(missing))])
    low, high = bounds(
        [
            p
            for f in [*shown, *([reference] if reference else [])]
            for p in (f.value, f.lower, f.upper)
        ]
    )
    drawing, panel = row_canvas(
        [f.area_name for f in rows],
        row=18,
        top=26 if reference and reference.shown else 8,
        right=12 + widest(rows),
        bottom=36 + len(foot) * LINE,
        bold={i for i, f in enumerate(rows) if f.area_code == focus},
    )
    integer = whole(f.value for f in shown)
    value_scale(drawing, panel, low, high, unit, foot=len(foot), integer=integer)
    write_notes(drawing, foot)
    _reference_line(panel, reference)
    for i, f in enumerate(rows):
        color = FOCUS if f.area_code == focus else QUIET
        _dot(panel, f, i, color, 7 if f.area_code == focus else 5.5)
        at_right(panel, f, i, bold=f.area_code == focus)
    return drawing.svg(
        chart_id, [one for i, f in enumerate(rows) for one in point(panel, f.value or 0.0, i, f)]
    )


def _many(
    shown: Sequence[Figure],
    missing: int,
    chart_id: str,
    unit: str,
    focus: str | None,
    reference: Figure | None,
    named: Collection[str],
) -> str:
    foot = wrapped([not_drawn(missing)] if missing else [])
    drawn = [*shown, *([reference] if reference and reference.shown else [])]
    # one area with a very wide interval must not flatten the rest: its line runs to the edge
    uppers = sorted(f.upper for f in shown if f.upper is not None)
    widest = uppers[int(len(uppers) * 0.98)] if uppers else None
    focal = [part for f in shown if f.area_code == focus for part in (f.lower, f.upper)]
    low, high = bounds([*(f.value for f in drawn), widest, *focal])
    height, left, right, top = 250.0 + len(foot) * LINE, 52.0, 78.0, 28.0
    bottom = 24 + len(foot) * LINE
    drawing, panel = canvas(height, left=left, right=right, top=top, bottom=bottom)
    panel.x, panel.y = (-1, len(shown)), (low, high)
    value_axis(panel, False, low, high)
    lower, upper = interval_limits(shown)
    y, x = values(shown), np.arange(len(shown))
    is_focus = np.array([f.area_code == focus for f in shown])
    intervals = [[(float(at), a), (float(at), b)] for at, a, b in zip(x, lower, upper, strict=True)]
    for mine, color, width, layer in ((False, "#B3B3B3", 0.9, 2), (True, FOCUS, 2, 4)):
        chosen = [one for one, own in zip(intervals, is_focus, strict=True) if own == mine]
        panel.strokes(chosen, color, width, layer=layer, clip=True)
    panel.dots(
        x[~is_focus], y[~is_focus], Dot(3.4, QUIET, edge=""),
        titles=[f"{f.area_name}: {f.text}" for f in shown if f.area_code != focus],
    )  # fmt: skip
    panel.dots(x[is_focus], y[is_focus], Dot(7.5, FOCUS), layer=5)
    write(drawing, 0, height - 9, unit)
    if reference is not None and reference.value is not None:
        panel.level(reference.value, INK, 1.2, (5, 2), 3)
        scale = (height - top - bottom) / (high - low)
        text = wrap(f"{reference.area_name} {reference.number}", right - 6, SMALL)
        for number, line in enumerate(text):
            y_text = bottom + (reference.value - low) * scale
            y_text += ((len(text) - 1) / 2 - number) * LINE * 0.92
            write(drawing, WIDTH - right + 4, y_text, line, size=SMALL)
    axis = f"{len(shown)} areas, from the highest to the lowest value"
    write(drawing, left, bottom - 12, axis, size=SMALL, color=QUIET)
    across = (WIDTH - left - right) / (len(shown) + 1)
    ends = np.where(np.isfinite(upper), np.minimum(upper, high), y)
    tops = np.column_stack(
        [
            left + (x + 1) * across,
            bottom + (ends - low) / (high - low) * (height - top - bottom),
        ]
    )
    places = [int(i) for i in x]
    order = [i for i in places if is_focus[i]] + [
        i for i in places if shown[i].area_code in named and not is_focus[i]
    ]
    name_points(
        drawing, tops,
        [(i, shown[i].area_name, bool(is_focus[i])) for i in order],
        (left, bottom, WIDTH - right, height - 14),
    )  # fmt: skip
    write_notes(drawing, foot)
    return drawing.svg(chart_id)


def _reference_line(panel: Panel, reference: Figure | None) -> None:
    if reference is None or reference.value is None:
        return
    panel.upright(reference.value, INK, 1.2, (5, 2), 1)
    text = f"{reference.area_name} {reference.number}"
    where = panel.place(reference.value, 1, "y")[0]
    half = text_width(text) / 2
    shift = max(half - where, min(0.0, panel.left + panel.width + 12 - where - half))
    write_beside(panel, reference.value, 1, text, frame="y", dx=shift, dy=6, align="center",
          vertical="bottom")  # fmt: skip


def _dot(panel: Panel, f: Figure, row: float, color: str, size: float) -> None:
    if f.value is None:
        return
    if f.lower is not None and f.upper is not None:
        panel.strokes([[(f.lower, row), (f.upper, row)]], color, 1.6)
    panel.dots([f.value], [row], Dot(size, color), layer=3)
