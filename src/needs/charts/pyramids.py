"""Population pyramids."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from needs.charts.drawing import Point
from needs.charts.layout import (
    bounds,
    canvas,
    legend,
    legend_height,
    value_axis,
    write,
)
from needs.charts.style import (
    FOCUS,
    SMALL,
    WIDTH,
    empty_svg,
    text_width,
)
from needs.figures.figure import format_number


def age_pyramid(frame: pd.DataFrame, *, chart_id: str, area: str, comparator: str = "") -> str:
    """Draw the age structure of men and women, or of persons, with a comparator's as an outline.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``age_from`` (years), ``sex`` ("male" and "female", or "persons" where the source
        does not tell them apart), ``population`` and, where there is a comparator, ``comparator``
        (its population). Bands are those of ``age_from``.
    chart_id : str
        Prefix of every id in the SVG.
    area, comparator : str
        Names for the legend.

    Returns
    -------
    str
        An SVG element; bars are shares of all residents of the area, the outline of the comparator.
    """
    table = frame.pivot_table(index="age_from", columns="sex", values="population", aggfunc="sum")
    if table.empty or not table.to_numpy().sum() > 0:
        return empty_svg(chart_id)
    sides = ["persons"] if "persons" in table.columns else ["male", "female"]
    shares = table.reindex(columns=sides).fillna(0.0) / table.to_numpy().sum() * 100
    outline = None
    if comparator and "comparator" in frame and frame["comparator"].sum() > 0:
        other = frame.pivot_table(
            index="age_from", columns="sex", values="comparator", aggfunc="sum"
        )
        outline = (
            other.reindex(index=shares.index, columns=sides).fillna(0.0)
            / other.to_numpy().sum()
            * 100
        )
    ages = [int(age) for age in shares.index]
    names = [
        f"{age} to {after - 1}" if after - age > 1 else f"{age}" for age, after in pairwise(ages)
    ] + [f"{ages[-1]} and over"]
    every = int(np.ceil(len(ages) / 22))
    row = max(11.5 / every, 3.0) if len(ages) > 22 else 13.0
    peak = max(part.to_numpy().max() for part in (shares, outline) if part is not None)
    labels = [area, *([comparator] if outline is not None else [])]
    top, bottom = legend_height(labels) + 24, 36.0
    gutter = max(text_width(name) for name in names) + 12
    both = len(sides) > 1
    half = (WIDTH - gutter) / 2
    middle = WIDTH / 2 if both else gutter / 2
    height = top + bottom + row * len(ages)
    if both:
        drawing, male = canvas(height, left=12, right=half + gutter, top=top, bottom=bottom)
        panels = [male, drawing.panel(half + gutter, 12, top, bottom)]
    else:
        drawing, everyone = canvas(height, left=gutter, right=12, top=top, bottom=bottom)
        panels = [everyone]
    for panel, sex in zip(panels, sides, strict=True):
        panel.y, panel.base = (-0.5, len(ages) - 0.5), False
        _, reach = bounds([peak], ticks=4)
        panel.x = (reach, 0) if sex == "male" else (0, reach)
        value_axis(panel, True, 0, reach, 4)
        for row_number, share in enumerate(shares[sex]):
            panel.bar((0, share), (row_number - 0.43, row_number + 0.43), FOCUS)
        if outline is not None:
            edges = np.repeat(outline[sex].to_numpy(), 2)
            rows = np.repeat(np.arange(len(ages) + 1) - 0.5, 2)[1:-1]
            panel.line(np.r_[0, edges, 0], np.r_[rows[0], rows, rows[-1]], "#F46A25")
    for i, name in enumerate(names):
        if i % every == 0 or (i == len(names) - 1 and (len(names) - 1) % every > every / 2):
            write(drawing, middle, bottom + row * (i + 0.5), name, align="center", size=SMALL)
    if both:
        ends = WIDTH / 2 - gutter / 2, WIDTH / 2 + gutter / 2
        write(drawing, ends[0], height - top + 8, "Males", align="right", bold=True)
        write(drawing, ends[1], height - top + 8, "Females", bold=True)
    else:
        write(drawing, gutter, height - top + 8, "Persons", bold=True)
    write(drawing, WIDTH / 2, 7, "% of all residents", align="center")
    entries = [(area, {"color": FOCUS})]
    if outline is not None:
        entries.append((comparator, {"kind": "line", "color": "#F46A25"}))
    legend(drawing, entries, height - 8)
    points = [
        Point(
            panel,
            float(shares[sex].iloc[i]),
            i,
            f"{sex.capitalize()}{'' if sex == 'persons' else 's'} aged {name}: "
            f"{format_number(float(shares[sex].iloc[i]), 1)}% of all residents",
        )
        for panel, sex in zip(panels, sides, strict=True)
        for i, name in enumerate(names)
    ]
    return drawing.svg(chart_id, points)
