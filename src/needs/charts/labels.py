"""Names and values beside points and rows, and the scale below them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from needs.charts.drawing import Canvas, Panel
from needs.charts.layout import (
    LINE,
    value_axis,
    write,
    write_beside,
)
from needs.charts.style import (
    FOCUS,
    INK,
    QUIET,
    TEXT,
    text_width,
)
from needs.figures.figure import Figure


def not_drawn(count: int) -> str:
    """The note below a chart that says how many areas have no figure."""
    areas = "1 area has" if count == 1 else f"{count} areas have"
    return f"Not drawn: {areas} no figure (see the table)."


def name_points(
    drawing: Canvas,
    points: np.ndarray,
    labels: Sequence[tuple[int, str, bool]],
    frame: tuple[float, float, float, float],
    avoid: np.ndarray | None = None,
) -> None:
    """Write names beside points, each where it hides the fewest points and no other name.

    `avoid` holds further places (on lines) that a name should not stand on.
    """
    crowd = points if avoid is None else np.vstack([points, avoid])
    left, bottom, right, top = frame
    taken: list[tuple[float, float, float, float]] = []
    for index, text, bold in labels:
        px, py = points[index]
        width = text_width(text, TEXT, bold) + 2
        best: tuple[float, tuple[float, float, float, float]] | None = None
        for distance in (8.0, 16.0, 26.0, 38.0, 52.0, 70.0):
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)):
                x0 = px + dx * distance - (width if dx < 0 else 0 if dx > 0 else width / 2)
                yc = py + dy * distance
                box = (x0, yc - LINE / 2, x0 + width, yc + LINE / 2)
                if box[0] < left or box[2] > right or box[1] < bottom or box[3] > top:
                    continue
                if any(_touch(box, other) for other in taken):
                    continue
                hidden = (
                    (crowd[:, 0] > box[0] - 3)
                    & (crowd[:, 0] < box[2] + 3)
                    & (crowd[:, 1] > box[1] - 2)
                    & (crowd[:, 1] < box[3] + 2)
                ).sum()
                cost = float(hidden) * 10 + distance
                if best is None or cost < best[0]:
                    best = (cost, box)
        if best is None:
            if not bold:
                continue  # its name is in the table and in the mark's title
            x0 = min(max(left, px - width / 2), right - width)
            best = (0.0, (x0, py + 6, x0 + width, py + 6 + LINE))
        box = best[1]
        taken.append(box)
        write(
            drawing,
            box[0] + 1,
            (box[1] + box[3]) / 2,
            text,
            bold=bold,
            color=FOCUS if bold else INK,
        )
        nearest = (min(max(px, box[0]), box[2]), min(max(py, box[1] + 2), box[3] - 2))
        if np.hypot(nearest[0] - px, nearest[1] - py) > 12:
            drawing.paper.line([px, nearest[0]], [py, nearest[1]], QUIET, 0.6)


def _touch(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def widest(figures: Sequence[Figure]) -> float:
    """Width that the longest of some figures takes when it is written at the right."""
    return max(text_width(f.number, TEXT, True) for f in figures) + 4


def value_scale(
    drawing: Canvas,
    panel: Panel,
    low: float,
    high: float,
    unit: str,
    *,
    foot: int = 0,
    integer: bool = False,
) -> None:
    """A value axis below rows, above `foot` lines of notes."""
    panel.x, panel.base = (low, high), False
    value_axis(panel, True, low, high, 6, integer=integer)
    write(drawing, panel.left + panel.width, 7 + foot * LINE, unit, align="right")


def at_right(panel: Panel, f: Figure, row: float, bold: bool = False) -> None:
    """Write a figure at the right of its row."""
    write_beside(panel, 1, row, f.number, frame="x", dx=8, bold=bold)
