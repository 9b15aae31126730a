"""A rug: areas by indicators, each cell its number on a colour for how far it is from England."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from needs.charts.layout import LINE, canvas, legend, legend_height, write
from needs.charts.style import (
    INK,
    QUIET,
    SMALL,
    TEXT,
    WIDTH,
    empty_svg,
    point,
    report_style,
    text_width,
    to_svg,
    wrap,
)
from needs.figures.figure import Figure

#: From better than the reference to worse: pale enough for dark numbers throughout.
COLOURS = LinearSegmentedColormap.from_list("rug", ["#7CC7C1", "#FFFFFF", "#F8A97C"])

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
    import seaborn as sns  # which takes half a second, for the chapters that use it

    if not areas or not any(each.shown for one in columns for each in one.figures):
        return empty_svg(chart_id)
    names = [wrap(one, _NAME, TEXT)[:2] for one in areas]
    left = 12 + max(text_width(line, TEXT) for lines in names for line in lines)
    across = (WIDTH - left) / len(columns)
    heads = [wrap(one.label, across - 14, SMALL) for one in columns]
    entries = [
        ("Better side of England", {"color": COLOURS(0.0), "edge": QUIET}),
        ("As in England", {"color": COLOURS(0.5), "edge": QUIET}),
        ("Worse side (may be chance)", {"color": COLOURS(1.0), "edge": QUIET}),
    ]
    top = legend_height([label for label, _ in entries]) + 14 + LINE * max(map(len, heads))
    row = 24.0
    height = top + row * len(areas) + 6
    shades = np.array([one.shades for one in columns], dtype="float64").T
    with report_style():
        drawing, axes = canvas(height, left=left, right=0, top=top, bottom=6)
        legend(drawing, entries, height - 8)
        sns.heatmap(
            shades, ax=axes, cmap=COLOURS, vmin=-FARTHEST, vmax=FARTHEST, cbar=False,
            linewidths=1.5, linecolor="white", xticklabels=False, yticklabels=False,
        )  # fmt: skip
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
            for mark in point(axes, at + 0.5, place + 0.5, f, f"{areas[place]}, {column.label}")
        ]
        return to_svg(drawing, chart_id, points=points)
