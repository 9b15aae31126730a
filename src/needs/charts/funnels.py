"""Funnels: every area's value by its size, with the limits of chance."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from needs.charts.drawing import Canvas, Dot, Panel
from needs.charts.labels import name_points, not_drawn
from needs.charts.layout import (
    LINE,
    bounds,
    canvas,
    legend,
    spread_labels,
    value_axis,
    values,
    wrapped,
    write,
    write_notes,
)
from needs.charts.style import (
    FOCUS,
    GREY,
    INK,
    QUIET,
    SMALL,
    WIDTH,
    empty_svg,
    wrap,
)
from needs.figures.figure import Figure
from needs.stats.inputs import Flags
from needs.stats.intervals import Floats

#: How areas within the limits, outside them, and the area of the report are drawn.
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "inside": {"color": "#A6A6A6", "marker": "o", "markersize": 4.5},
    "outside": {"color": QUIET, "marker": "D", "markersize": 4.8},
    "focus": {"color": FOCUS, "marker": "o", "markersize": 9},
}


def funnel_plot(
    figures: Sequence[Figure],
    *,
    chart_id: str,
    focus: str,
    reference: Figure,
    limits: pd.DataFrame,
    unit: str,
    size: str = "Population",
    named: Collection[str] = (),
) -> str:
    """Draw every area's value by the size of its denominator, with control limits.

    Parameters
    ----------
    figures : sequence of Figure
        One for each area, with its denominator. Those without a value or a denominator are counted
        below the chart.
    chart_id : str
        Prefix of every id in the SVG.
    focus : str
        Code of the area of the report.
    reference : Figure
        The value that the limits are drawn round, usually England's.
    limits : pandas.DataFrame
        Columns ``denominator``, ``lower_95``, ``upper_95``, ``lower_998`` and ``upper_998``, in the
        unit of the figures, in order of denominator (see `needs.stats.compare`). A missing limit
        is a gap.
    unit : str
        Printed above the value axis.
    size : str
        What the denominator is; names the horizontal axis.
    named : collection of str
        Codes of other areas to name, where there is room.

    Returns
    -------
    str
        An SVG element.
    """
    areas = [f for f in figures if f.area_code != reference.area_code]
    shown = [f for f in areas if f.shown and f.denominator]
    if not shown or reference.value is None:
        return empty_svg(chart_id)
    x = np.array([f.denominator for f in shown], dtype=float)
    y = values(shown)
    lines = limits.sort_values("denominator")
    low = np.interp(x, lines["denominator"], lines["lower_998"].fillna(0))
    high = np.interp(x, lines["denominator"], lines["upper_998"])
    left_out = len(areas) - len(shown)
    foot = wrapped([not_drawn(left_out)] if left_out else [])

    # the limits of tiny areas would flatten everybody else
    _, ceiling = bounds([*y, reference.value, float(np.nanmedian(high))])
    _, widest = bounds([float(x.max())], ticks=5)
    height = 330.0 + len(foot) * LINE
    bottom = 52 + len(foot) * LINE
    left, right, top = 52.0, 78.0, 28.0
    drawing, panel = canvas(height, left=left, right=right, top=top, bottom=bottom)
    panel.x, panel.y = (0, widest), (0, ceiling)
    value_axis(panel, True, 0, widest, 5, grid=False)
    value_axis(panel, False, 0, ceiling)
    for level, dashes in (("95", (4, 2)), ("998", ())):
        for side in ("lower", "upper"):
            panel.line(
                lines["denominator"], lines[f"{side}_{level}"], GREY, 1.0, dashes=dashes, layer=1,
                clip=True,
            )  # fmt: skip
    panel.level(reference.value, INK, 1.2, layer=1)
    is_focus = np.array([f.area_code == focus for f in shown])
    outside = ((y < low) | (y > high)) & ~is_focus
    groups = {"inside": ~outside & ~is_focus, "outside": outside, "focus": is_focus}
    _draw_points(panel, shown, x, y, groups)
    write(drawing, 0, height - 9, unit)
    write(drawing, WIDTH - right, bottom - 32, size, align="right")
    _name_limits(drawing, lines, reference, widest, ceiling, (height, right, top, bottom))
    points = np.column_stack(
        [
            left + x / widest * (WIDTH - left - right),
            bottom + y / ceiling * (height - top - bottom),
        ]
    )
    order = [i for i in range(len(shown)) if is_focus[i]]
    order += [i for i in range(len(shown)) if shown[i].area_code in named and not is_focus[i]]
    name_points(
        drawing,
        points,
        [(i, shown[i].area_name, bool(is_focus[i])) for i in order],
        (left, bottom, WIDTH - right, height - top),
        avoid=_limit_points(lines, reference, widest, ceiling, (height, right, top, bottom, left)),
    )
    entries: list[tuple[str, dict[str, Any]]] = [
        (words, {"kind": "dot", **LOOKS[key]})
        for key, words in (("outside", "Outside the 99.8% limits"), ("inside", "Other areas"))
        if groups[key].any()
    ]
    if entries:
        legend(drawing, entries, bottom - 46)
    write_notes(drawing, foot)
    return drawing.svg(chart_id)


def _draw_points(
    panel: Panel, shown: Sequence[Figure], x: Floats, y: Floats, groups: Mapping[str, Flags]
) -> None:
    """Draw each group of areas in its look, with what each point says when it is pointed at."""
    for key, group in groups.items():
        if group.any():
            look = LOOKS[key]
            panel.dots(
                x[group], y[group],
                Dot(look["markersize"], look["color"], look["marker"], edge_width=0.5),
                layer=3 if key != "focus" else 5,
                titles=[f"{f.area_name}: {f.text}"
                        for f, chosen in zip(shown, group, strict=True) if chosen],
            )  # fmt: skip


def _name_limits(
    drawing: Canvas,
    lines: pd.DataFrame,
    reference: Figure,
    widest: float,
    ceiling: float,
    frame: tuple[float, float, float, float],
) -> None:
    height, right, top, bottom = frame
    scale = (height - top - bottom) / ceiling
    labels = [(f"{reference.area_name}", float(reference.value or 0), INK)]
    for column, text in (
        ("upper_998", "99.8% limit"),
        ("upper_95", "95% limit"),
        ("lower_95", "95% limit"),
        ("lower_998", "99.8% limit"),
    ):
        end = float(np.interp(widest, lines["denominator"], lines[column].ffill()))
        if np.isfinite(end) and end <= ceiling:
            labels.append((text, end, QUIET))
    texts = [wrap(text, right - 6, SMALL) for text, *_ in labels]
    centres = spread_labels(
        [bottom + y * scale for _, y, _ in labels],
        [len(text) * LINE * 0.92 for text in texts],
        0,
        height,
    )
    for rows, (_, _, color), y in zip(texts, labels, centres, strict=True):
        for number, line in enumerate(rows):
            level = y + ((len(rows) - 1) / 2 - number) * LINE * 0.92
            write(drawing, WIDTH - right + 4, level, line, size=SMALL, color=color)


def _limit_points(
    lines: pd.DataFrame,
    reference: Figure,
    widest: float,
    ceiling: float,
    frame: tuple[float, float, float, float, float],
) -> np.ndarray:
    """Places along the limits and the reference line, in points of the drawing."""
    height, right, top, bottom, left = frame
    columns = [lines[name] for name in ("lower_95", "upper_95", "lower_998", "upper_998")]
    levels = [*columns, pd.Series(reference.value, index=lines.index)]
    across = left + lines["denominator"].to_numpy() / widest * (WIDTH - left - right)
    up = [bottom + one.to_numpy(float) / ceiling * (height - top - bottom) for one in levels]
    return np.column_stack([np.tile(across, len(up)), np.concatenate(up)])
