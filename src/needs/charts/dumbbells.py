"""Dumbbells: two figures of one thing on a row, and the distance between them."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

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
    WIDTH,
    empty_svg,
    point,
    report_style,
    text_width,
    to_svg,
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
    with report_style():
        drawing, axes = row_canvas(
            [label for label, _, _ in pairs],
            row=24,
            top=legend_height([first, second]) + 10,
            right=40,
        )
        height = drawing.get_size_inches()[1] * 72
        room = (axes.get_position().width) * WIDTH
        value_scale(drawing, axes, low, high, unit, integer=integer)
        legend(
            drawing,
            [
                (first, {"kind": "dot", "color": FOCUS, "markersize": 8}),
                (second, {"kind": "dot", "color": QUIET, "marker": "D", "markersize": 6.5}),
            ],
            height - 8,
        )
        for row, (_, a, b) in enumerate(pairs):
            if a.value is not None and b.value is not None:
                axes.plot([a.value, b.value], [row, row], color="#B3B3B3", linewidth=2.5, zorder=1)
            _mark(axes, b, row, QUIET, "D", 6.5)
            _mark(axes, a, row, FOCUS, "o", 8)
            _label_pair(axes, a, b, row, room / (high - low))
        points = [
            mark
            for row, (label, a, b) in enumerate(pairs)
            for f, name in ((a, first), (b, second))
            for mark in point(axes, f.value or 0.0, row, f, f"{label}, {name}")
        ]
        return to_svg(drawing, chart_id, points=points)


def _mark(axes: Axes, f: Figure, row: float, color: str, marker: str, size: float) -> None:
    if f.value is not None:
        axes.plot(
            [f.value],
            [row],
            marker=marker,
            markersize=size,
            color=color,
            linestyle="none",
            markeredgecolor="white",
            markeredgewidth=0.6,
            zorder=3,
            clip_on=False,
        )


def _label_pair(axes: Axes, a: Figure, b: Figure, row: int, scale: float) -> None:
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
        write_beside(axes, f.value or 0.0, row, text, dx=side * 8, align=align, bold=f is a)
    gaps = [f for f in (a, b) if f.value is None]
    if gaps:
        text = ", ".join(f.number for f in gaps)
        write_beside(axes, 1, row, text, frame="x", dx=8, color=QUIET)
