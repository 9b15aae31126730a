"""Dumbbells: two figures of one thing on a row, and the distance between them."""

from __future__ import annotations

from collections.abc import Sequence

from needs.charts.drawing import Dot, Panel, point
from needs.charts.labels import value_scale
from needs.charts.layout import (
    bounds,
    legend,
    legend_height,
    row_canvas,
    whole,
    write_beside,
)
from needs.charts.style import (
    FOCUS,
    QUIET,
    TEXT,
    empty_svg,
    text_width,
)
from needs.figures.figure import Figure


def dumbbell(
    pairs: Sequence[tuple[str, Figure, Figure]],
    *,
    chart_id: str,
    unit: str,
    first: str,
    second: str,
) -> str:
    """Draw two values on each row, joined by a line: an area against England, or two periods.

    Parameters
    ----------
    pairs : sequence of (str, Figure, Figure)
        Row label, first figure and second figure, all in one unit.
    chart_id : str
        Prefix of every id in the SVG.
    unit : str
        Names the value axis.
    first, second : str
        What the two figures are, for the legend: "Worcestershire" and "England".

    Returns
    -------
    str
        An SVG element. A figure that is not shown is printed as its symbol beside the row.
    """
    drawn = [f for _, a, b in pairs for f in (a, b)]
    if not any(f.shown for f in drawn):
        return empty_svg(chart_id)
    low, high = bounds([f.value for f in drawn])
    integer = whole(f.value for f in drawn)
    drawing, panel = row_canvas(
        [label for label, _, _ in pairs],
        row=24,
        top=legend_height([first, second]) + 10,
        right=40,
    )
    value_scale(drawing, panel, low, high, unit, integer=integer)
    legend(
        drawing,
        [
            (first, {"kind": "dot", "color": FOCUS, "markersize": 8}),
            (second, {"kind": "dot", "color": QUIET, "marker": "D", "markersize": 6.5}),
        ],
        drawing.height - 8,
    )
    for row, (_, a, b) in enumerate(pairs):
        if a.value is not None and b.value is not None:
            panel.line([a.value, b.value], [row, row], "#B3B3B3", 2.5, layer=1)
        for f, dot in ((b, Dot(6.5, QUIET, "D")), (a, Dot(8, FOCUS))):
            if f.value is not None:
                panel.dots([f.value], [row], dot, layer=3)
        _label_pair(panel, a, b, row, panel.width / (high - low))
    points = [
        mark
        for row, (label, a, b) in enumerate(pairs)
        for f, name in ((a, first), (b, second))
        for mark in point(panel, f.value or 0.0, row, f, f"{label}, {name}")
    ]
    return drawing.svg(chart_id, points)


def _label_pair(panel: Panel, a: Figure, b: Figure, row: int, scale: float) -> None:
    """Print the values outside the pair; those of missing figures at the row's right end."""
    known = sorted((f for f in (a, b) if f.value is not None), key=lambda f: f.value or 0)
    sides = (
        [(known[0], -1), (known[1], 1)]
        if len(known) == 2 and known[0].value != known[1].value
        else [(f, 1) for f in known[-1:]]
    )
    for f, side in sides:
        text = f.number
        if side < 0 and (f.value or 0) * scale < text_width(text, TEXT, True) + 10:
            # no room towards the axis: it would touch the row's name
            continue
        align = "left" if side > 0 else "right"
        write_beside(panel, f.value or 0.0, row, text, dx=side * 8, align=align, bold=f is a)
    gaps = [f for f in (a, b) if f.value is None]
    if gaps:
        text = ", ".join(f.number for f in gaps)
        write_beside(panel, 1, row, text, frame="x", dx=8, color=QUIET)
