"""How values are distributed, with one of them marked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from needs.charts.drawing import Point
from needs.charts.layout import bounds, canvas, value_axis, write, write_beside
from needs.charts.style import CONTEXT, FOCUS, INK, WIDTH, empty_svg
from needs.figures.figure import Figure
from needs.words.english import count_noun

#: Points above the columns where the names of what is marked stand.
_NAMES = (24.0, 8.0)


def histogram(
    figures: Sequence[Figure],
    *,
    focus: Figure,
    reference: Figure | None,
    unit: str,
    chart_id: str,
) -> str:
    """Draw a histogram of many areas, with a line for one of them and for a reference.

    Parameters
    ----------
    figures : sequence of Figure
        Those that are not shown are left out.
    focus, reference : Figure
        Marked with a line and their name: the area of the report, England.
    unit : str
        Printed below the value axis.
    chart_id : str
        Prefix of every id in the SVG.

    Returns
    -------
    str
        An SVG element.
    """
    values = [one.value for one in figures if one.value is not None]
    if not values:
        return empty_svg(chart_id)
    counts, edges = np.histogram(values, bins="auto")
    _, ceiling = bounds(map(float, counts))
    height, left, right, top, bottom = 230.0, 52.0, 20.0, 60.0, 44.0
    drawing, panel = canvas(height, left=left, right=right, top=top, bottom=bottom)
    room = float(edges[-1] - edges[0]) * 0.05
    panel.x, panel.y = (float(edges[0]) - room, float(edges[-1]) + room), (0, ceiling)
    value_axis(panel, True, *panel.x, grid=False)
    value_axis(panel, False, 0, ceiling, integer=True)
    columns = list(zip(map(float, counts), map(float, edges), map(float, edges[1:]), strict=False))
    for count, start, end in columns:
        if count:
            panel.bar((start, end), (0, count), CONTEXT, "#FFFFFF", 0.8)
    marked: list[tuple[Figure, str, tuple[float, ...]]] = [(focus, FOCUS, ())]
    marked += [(reference, INK, (3.7, 1.6))] if reference is not None else []
    for (one, colour, dashes), dy in zip(marked, _NAMES, strict=False):
        if one.value is None:
            continue
        panel.upright(one.value, colour, 1.8, dashes)
        align = "left" if one.value < sum(panel.x) / 2 else "right"
        write_beside(panel, one.value, 1, f"{one.area_name} {one.number}", frame="y", dy=dy,
              align=align, color=colour, bold=one is focus)  # fmt: skip
    write(drawing, 0, height - 9, "Authorities")
    write(drawing, WIDTH - right, 7, unit, align="right")
    return drawing.svg(
        chart_id,
        [
            Point(panel, (start + end) / 2, count / 2, _says(count, start, end))
            for count, start, end in columns
            if count
        ],
    )


def _says(count: float, start: float, end: float) -> str:
    """How many areas a column stands for, for the pointer and the keyboard."""
    return f"{start:.3g} to {end:.3g}: {count_noun(round(count), 'authority', 'authorities')}"
