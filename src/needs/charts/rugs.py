"""A rug: areas by indicators, each cell its number on a colour for how far it is from England."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from needs.charts.drawing import point
from needs.charts.layout import LINE, canvas, legend, legend_height, write
from needs.charts.style import (
    INK,
    QUIET,
    SMALL,
    TEXT,
    WIDTH,
    empty_svg,
    text_width,
    wrap,
)
from needs.figures.figure import Figure

#: From better than the reference to worse: pale enough for dark numbers throughout.
COLOURS = ("#7CC7C1", "#FFFFFF", "#F8A97C")

#: Twice as much, or half: the colour goes no further.
FARTHEST = 1.0

# longer names of areas are broken
_NAME = 165.0

#: Signs of a difference that is more than chance, which also tell in grey what colours tell.
SIGNS = {"worse": "▲", "better": "▼", "higher": "▲", "lower": "▼"}


@dataclass(frozen=True)
class RugColumn:
    """An indicator of a rug.

    Attributes
    ----------
    label : str
        With its unit and period.
    figures : tuple of Figure
        Of each area, in the order of the rows.
    reference : Figure
        What the colours are by: England's.
    verdicts : tuple of str
        "better", "worse", "similar" or "not compared", for each area.
    toward : int
        1 where more is worse, -1 where more is better.
    """

    label: str
    figures: tuple[Figure, ...]
    reference: Figure
    verdicts: tuple[str, ...]
    toward: int = 1

    @property
    def shades(self) -> list[float]:
        """How far each area is from the reference, in doublings; positive is worse."""
        base = self.reference.value
        return [
            self.toward * float(np.clip(np.log2(one.value / base), -FARTHEST, FARTHEST))
            if one.value and base
            else -self.toward * FARTHEST * (one.value == 0)
            for one in self.figures
        ]


def heat_map(columns: Sequence[RugColumn], *, chart_id: str, areas: Sequence[str]) -> str:
    """Draw areas by indicators as a heat map with its numbers.

    Parameters
    ----------
    columns : sequence of RugColumn
        Each with as many figures as there are areas.
    chart_id : str
        Prefix of every id in the SVG.
    areas : sequence of str
        Names of the rows, the first at the top.

    Returns
    -------
    str
        An SVG element. A number that is not shown stands as its symbol.
    """
    if not areas or not any(each.shown for one in columns for each in one.figures):
        return empty_svg(chart_id)
    names = [wrap(one, _NAME, TEXT)[:2] for one in areas]
    left = 12 + max(text_width(line, TEXT) for lines in names for line in lines)
    across = (WIDTH - left) / len(columns)
    heads = [wrap(one.label, across - 14, SMALL) for one in columns]
    entries = [
        ("Better side of England", {"color": COLOURS[0], "edge": QUIET}),
        ("As in England", {"color": COLOURS[1], "edge": QUIET}),
        ("Worse side (may be chance)", {"color": COLOURS[2], "edge": QUIET}),
    ]
    top = legend_height([label for label, _ in entries]) + 14 + LINE * max(map(len, heads))
    row = 24.0
    height = top + row * len(areas) + 6
    drawing, panel = canvas(height, left=left, right=0, top=top, bottom=6)
    legend(drawing, entries, height - 8)
    panel.x, panel.y, panel.base = (0, len(columns)), (len(areas), 0), False
    for at, column in enumerate(columns):
        for place, shade in enumerate(column.shades):
            panel.bar((at, at + 1), (place, place + 1), _colour(shade), "#FFFFFF", 1.5)
    for at, (column, lines) in enumerate(zip(columns, heads, strict=True)):
        middle = left + across * (at + 0.5)
        for number, line in enumerate(reversed(lines)):
            write(drawing, middle, height - top + 8 + number * LINE * 0.95, line, size=SMALL,
                align="center", color=QUIET)  # fmt: skip
        for place, (figure, verdict) in enumerate(
            zip(column.figures, column.verdicts, strict=True)
        ):
            sign = SIGNS.get(verdict, "")
            level = height - top - row * (place + 0.5)
            words = f"{figure.number} {sign}".strip()
            write(drawing, middle, level, words, align="center", bold=bool(sign), color=INK)
    for place, lines in enumerate(names):
        level = height - top - row * (place + 0.5) + (len(lines) - 1) * LINE / 2
        for number, line in enumerate(lines):
            write(drawing, left - 8, level - number * LINE, line, align="right")
    points = [
        mark
        for at, column in enumerate(columns)
        for place, f in enumerate(column.figures)
        for mark in point(panel, at + 0.5, place + 0.5, f, f"{areas[place]}, {column.label}")
    ]
    return drawing.svg(chart_id, points)


def _colour(shade: float) -> str:
    """The colour for how far an area is from the reference, from better to worse."""
    end, share = COLOURS[0 if shade < 0 else 2], min(abs(shade) / FARTHEST, 1.0)
    parts = [
        round(int(middle, 16) + (int(far, 16) - int(middle, 16)) * share)
        for middle, far in ((COLOURS[1][at : at + 2], end[at : at + 2]) for at in (1, 3, 5))
    ]
    return "#" + "".join(f"{part:02X}" for part in parts)
