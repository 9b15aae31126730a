"""Profiles: how an area's LSOAs spread over the deciles of each domain of deprivation."""

from __future__ import annotations

import pandas as pd

from needs.charts.drawing import Point
from needs.charts.labels import value_scale
from needs.charts.layout import (
    bounds,
    legend,
    legend_height,
    row_canvas,
    write_beside,
)
from needs.charts.style import (
    INK,
    OUTLINE,
    QUIET,
    SEQUENTIAL,
    empty_svg,
    text_width,
)
from needs.figures.figure import format_number


def domain_profile(
    frame: pd.DataFrame,
    *,
    chart_id: str,
    unit: str = "% of residents",
    reference: float | None = None,
) -> str:
    """Draw the share in the most deprived national deciles, a bar for each domain.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``domain`` (in the order to be drawn), ``band`` ("Most deprived 10%",
        "10% to 20%", "20% to 30%": up to three, from the most deprived) and ``share`` (%).
    chart_id : str
        Prefix of every id in the SVG.
    unit : str
        Names the value axis.
    reference : float, optional
        A dashed line: what an even spread would give all bands together, usually 30.

    Returns
    -------
    str
        An SVG element with the sum of the bands at the end of each bar.
    """
    known = frame.dropna(subset=["share"])
    if known.empty:
        return empty_svg(chart_id)
    domains = list(dict.fromkeys(frame["domain"].astype(str)))
    bands = list(dict.fromkeys(frame["band"].astype(str)))
    shares = {
        (str(domain), str(band)): float(share)
        for domain, band, share in known[["domain", "band", "share"]].itertuples(index=False)
    }
    totals = [
        sum(shares.get((domain, band), 0.0) for band in bands)
        if any((domain, band) in shares for band in bands)
        else None
        for domain in domains
    ]
    low, high = bounds([*totals, reference])
    colors = SEQUENTIAL
    drawing, panel = row_canvas(
        domains,
        row=23,
        top=legend_height(bands) + 8 + (18 if reference is not None else 0),
        right=52,
    )
    value_scale(drawing, panel, low, high, unit)
    legend(
        drawing,
        [(band, {"color": colors[i % 3], "edge": OUTLINE}) for i, band in enumerate(bands)],
        drawing.height - 8,
    )
    scale = panel.width / (high - low)
    for row, (domain, total) in enumerate(zip(domains, totals, strict=True)):
        start = 0.0
        for i, band in enumerate(bands):
            share = shares.get((domain, band), 0.0)
            panel.bar((start, start + share), (row - 0.34, row + 0.34), colors[i % 3], OUTLINE)
            text = format_number(share, 1)
            if share * scale > text_width(text) + 6:
                write_beside(panel, start + share / 2, row, text, align="center",
                      color="#FFFFFF" if i == 0 else INK)  # fmt: skip
            start += share
        text = "[x]" if total is None else f"{format_number(total, 1)}%"
        write_beside(panel, 1, row, text, frame="x", dx=8, bold=True)
    if reference is not None:
        panel.upright(reference, INK, 1.1, (5, 2), 4)
        write_beside(
            panel, reference, 1, f"Even spread {format_number(reference)}%", frame="y", dy=4,
            align="center", vertical="bottom",
        )  # fmt: skip
    panel.upright(0, QUIET, 0.8)
    points = [
        Point(
            panel,
            sum(shares.get((domain, one), 0.0) for one in bands[:i]) + share / 2,
            row,
            f"{domain}, {band}: {format_number(share, 1)}%",
        )
        for row, domain in enumerate(domains)
        for i, band in enumerate(bands)
        if (share := shares.get((domain, band), 0.0))
    ]
    return drawing.svg(chart_id, points)
