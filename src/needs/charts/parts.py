"""Parts of a whole: treated and not treated, ages, deciles, domains and amounts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from needs.charts.compare import _value_scale
from needs.charts.layout import (
    LINE,
    bounds,
    canvas,
    legend,
    legend_height,
    notes,
    positions,
    row_canvas,
    say,
    value_axis,
    whole,
    wrapped,
)
from needs.charts.style import (
    CATEGORICAL,
    DECILES,
    FOCUS,
    INK,
    OUTLINE,
    QUIET,
    SEQUENTIAL,
    SMALL,
    TEXT,
    WIDTH,
    empty_svg,
    report_style,
    text_width,
    to_svg,
)
from needs.figures.figure import Figure, format_number

#: The part of a bar that is not treated.
PALE = "#D5E3F0"


def treated_bar(
    rows: Sequence[tuple[str, Figure, Figure]],
    *,
    chart_id: str,
    unit: str,
    treated: str = "In treatment",
    not_treated: str = "Not in treatment",
) -> str:
    """Draw people in treatment and not in treatment as one bar for each group.

    Parameters
    ----------
    rows : sequence of (str, Figure, Figure)
        Group, figure of those treated and figure of those not treated, both in people or both in %.
        The interval drawn is that of those not treated.
    chart_id : str
        Prefix of every id in the SVG.
    unit : str
        Names the value axis.
    treated, not_treated : str
        Names in the legend.

    Returns
    -------
    str
        An SVG element. In people the interval stands at the end of the bar, since the number
        treated is known; in % it stands where the two parts meet, since the whole is 100%.
    """
    known = [(t, n) for _, t, n in rows if t.value is not None and n.value is not None]
    if not known:
        return empty_svg(chart_id)
    share = all(f.unit == "%" for pair in known for f in pair)
    ends = [
        (t.value or 0) + part for t, n in known for part in (n.value, n.upper) if part is not None
    ]
    low, high = (0.0, 100.0) if share else bounds(ends)
    labels = [treated, not_treated, "95% confidence interval"]
    with report_style():
        drawing, axes = row_canvas(
            [label for label, _, _ in rows], row=30, top=legend_height(labels) + 8, right=16
        )
        _value_scale(drawing, axes, low, high, unit, integer=whole(ends))
        height = drawing.get_size_inches()[1] * 72
        entries: list[tuple[str, dict[str, Any]]] = [
            (labels[0], {"color": FOCUS}),
            (labels[1], {"color": PALE, "edge": FOCUS}),
        ]
        if any(n.lower is not None for _, n in known):
            entries.append((labels[2], {"kind": "line", "color": INK, "linewidth": 1.4}))
        legend(drawing, entries, height - 8)
        scale = axes.get_position().width * WIDTH / (high - low)
        for row, (_, t, n) in enumerate(rows):
            if t.value is None or n.value is None:
                text = f"{treated}: {t.text}; {not_treated.lower()}: {n.text}"
                axes.annotate(text, (0, row), xytext=(4, 0), textcoords="offset points",
                              va="center_baseline", color=QUIET)  # fmt: skip
                continue
            axes.barh(row, t.value, height=0.62, color=FOCUS)
            axes.barh(row, n.value, left=t.value, height=0.62, color=PALE, edgecolor=FOCUS,
                      linewidth=0.8)  # fmt: skip
            if n.lower is not None and n.upper is not None:
                start, end = (
                    (100 - n.upper, 100 - n.lower)
                    if share
                    else (t.value + n.lower, t.value + n.upper)
                )
                for color, width in (("white", 3.0), (INK, 1.4)):
                    axes.plot([start, end], [row + 0.42, row + 0.42], color=color, linewidth=width,
                              solid_capstyle="butt")  # fmt: skip
            for f, begin, color in ((t, 0.0, "white"), (n, t.value, INK)):
                if (f.value or 0) * scale > text_width(f.number) + 8:
                    axes.annotate(f.number, (begin, row), xytext=(4, 0), textcoords="offset points",
                                  va="center_baseline", color=color, zorder=5)  # fmt: skip
        axes.axvline(0, color=QUIET, linewidth=0.8)
        return to_svg(drawing, chart_id)


def pyramid(frame: pd.DataFrame, *, chart_id: str, area: str, comparator: str = "") -> str:
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
    with report_style():
        if both:
            drawing, male = canvas(height, left=12, right=half + gutter, top=top, bottom=bottom)
            box = male.get_position()
            female = drawing.add_axes((1 - box.x1, box.y0, box.width, box.height))
            panels = [male, female]
        else:
            drawing, everyone = canvas(height, left=gutter, right=12, top=top, bottom=bottom)
            panels = [everyone]
        for axes, sex in zip(panels, sides, strict=True):
            axes.set_ylim(-0.5, len(ages) - 0.5)
            axes.set_yticks([])
            _, reach = bounds([peak], ticks=4)
            axes.set_xlim((reach, 0) if sex == "male" else (0, reach))
            value_axis(axes.xaxis, 0, reach, 4)
            axes.spines["bottom"].set_visible(False)
            axes.barh(range(len(ages)), shares[sex], height=0.86, color=FOCUS)
            if outline is not None:
                edges = np.repeat(outline[sex].to_numpy(), 2)
                rows = np.repeat(np.arange(len(ages) + 1) - 0.5, 2)[1:-1]
                axes.plot(np.r_[0, edges, 0], np.r_[rows[0], rows, rows[-1]], color="#F46A25",
                          linewidth=1.5)  # fmt: skip
        for i, name in enumerate(names):
            if i % every == 0 or (i == len(names) - 1 and (len(names) - 1) % every > every / 2):
                say(drawing, middle, bottom + row * (i + 0.5), name, align="center", size=SMALL)
        if both:
            ends = WIDTH / 2 - gutter / 2, WIDTH / 2 + gutter / 2
            say(drawing, ends[0], height - top + 8, "Males", align="right", bold=True)
            say(drawing, ends[1], height - top + 8, "Females", bold=True)
        else:
            say(drawing, gutter, height - top + 8, "Persons", bold=True)
        say(drawing, WIDTH / 2, 7, "% of all residents", align="center")
        entries = [(area, {"color": FOCUS})]
        if outline is not None:
            entries.append((comparator, {"kind": "line", "color": "#F46A25"}))
        legend(drawing, entries, height - 8)
        return to_svg(drawing, chart_id)


def decile_bars(
    figures: Sequence[Figure],
    *,
    chart_id: str,
    unit: str = "% of residents",
    reference: float | None = 10.0,
    reference_label: str = "10%: an even spread",
) -> str:
    """Draw a bar for each national decile, from the most deprived.

    Parameters
    ----------
    figures : sequence of Figure
        Ten, from decile 1 (most deprived) to 10; a value and perhaps an interval each.
    chart_id : str
        Prefix of every id in the SVG.
    unit : str
        Printed above the value axis.
    reference : float, optional
        Height of a dashed line: what each decile would have if all were alike.
    reference_label : str
        Names the line.

    Returns
    -------
    str
        An SVG element with the value above each bar.
    """
    if not any(f.shown for f in figures):
        return empty_svg(chart_id)
    low, high = bounds(
        [reference, *(p for f in figures for p in (f.value, f.lower, f.upper))], ticks=5
    )
    height, left, right, top, bottom = 232.0, 46.0, 12.0, 28.0, 46.0
    with report_style():
        drawing, axes = canvas(height, left=left, right=right, top=top, bottom=bottom)
        axes.set_xlim(-0.6, len(figures) - 0.4)
        value_axis(axes.yaxis, low, high, 5)
        axes.set_ylim(low, high + (high - low) * 0.06)  # the number above the highest bar
        axes.grid(visible=False, axis="x")
        room = (WIDTH - left - right) / len(figures)
        longest = max(text_width(f.number) for f in figures)
        for i, f in enumerate(figures):
            color = DECILES[i] if len(figures) == 10 else FOCUS
            axes.bar(i, f.value or 0, width=0.78, color=color, edgecolor=OUTLINE, linewidth=0.7)
            end = f.value or 0.0
            if f.lower is not None and f.upper is not None:
                for tone, width in (("white", 3.0), (INK, 1.2)):
                    axes.plot([i, i], [f.lower, f.upper], color=tone, linewidth=width,
                              solid_capstyle="butt")  # fmt: skip
                end = max(end, f.upper)
            if longest < room or i % 2 == 0 or not f.shown:
                axes.annotate(f.number, (i, max(end, 0)), xytext=(0, 3), textcoords="offset points",
                              ha="center", va="bottom", zorder=5,
                              bbox={"facecolor": "white", "pad": 0.6, "linewidth": 0})  # fmt: skip
        if reference is not None:
            axes.axhline(reference, color=INK, linewidth=1.1, linestyle=(0, (5, 2)), zorder=4)
            say(
                drawing, WIDTH - right, height - 9, f"Dashed line: {reference_label}", align="right"
            )
        axes.set_xticks(range(len(figures)), [str(i + 1) for i in range(len(figures))])
        axes.tick_params(axis="x", pad=2)
        say(drawing, 0, height - 9, unit)
        say(drawing, left, 12, "Most deprived", size=TEXT)
        say(drawing, (left + WIDTH - right) / 2, 12, "National decile", align="center")
        say(drawing, WIDTH - right, 12, "Least deprived", align="right")
        return to_svg(drawing, chart_id)


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
    with report_style():
        drawing, axes = row_canvas(
            domains,
            row=23,
            top=legend_height(bands) + 8 + (18 if reference is not None else 0),
            right=52,
        )
        _value_scale(drawing, axes, low, high, unit)
        height = drawing.get_size_inches()[1] * 72
        legend(
            drawing,
            [(band, {"color": colors[i % 3], "edge": OUTLINE}) for i, band in enumerate(bands)],
            height - 8,
        )
        scale = axes.get_position().width * WIDTH / (high - low)
        for row, (domain, total) in enumerate(zip(domains, totals, strict=True)):
            start = 0.0
            for i, band in enumerate(bands):
                share = shares.get((domain, band), 0.0)
                axes.barh(row, share, left=start, height=0.68, color=colors[i % 3],
                          edgecolor=OUTLINE, linewidth=0.6)  # fmt: skip
                text = format_number(share, 1)
                if share * scale > text_width(text) + 6:
                    axes.annotate(text, (start + share / 2, row), ha="center", va="center_baseline",
                                  color="white" if i == 0 else INK)  # fmt: skip
                start += share
            text = "[x]" if total is None else f"{format_number(total, 1)}%"
            axes.annotate(text, (1, row), xycoords=("axes fraction", "data"), xytext=(8, 0),
                          textcoords="offset points", va="center_baseline", fontweight="bold",
                          annotation_clip=False)  # fmt: skip
        if reference is not None:
            axes.axvline(reference, color=INK, linewidth=1.1, linestyle=(0, (5, 2)), zorder=4)
            axes.annotate(f"Even spread {format_number(reference)}%", (reference, 1),
                          xycoords=("data", "axes fraction"), xytext=(0, 4),
                          textcoords="offset points", ha="center", va="bottom",
                          annotation_clip=False)  # fmt: skip
        axes.axvline(0, color=QUIET, linewidth=0.8)
        return to_svg(drawing, chart_id)


def amounts(figures: Sequence[Figure], *, chart_id: str, unit: str = "£ million") -> str:
    """Draw spending by year, a bar for each year with a part for each grant.

    Parameters
    ----------
    figures : sequence of Figure
        Amounts in pounds; `label` names the grant and `period` the year. At most six grants.
    chart_id : str
        Prefix of every id in the SVG.
    unit : str
        "£ million", "£ thousand" or "£"; scales and names the axis.

    Returns
    -------
    str
        An SVG element. An amount that is not shown is named below the chart with its symbol.
    """
    if not any(f.shown for f in figures):
        return empty_svg(chart_id)
    grants = list(dict.fromkeys(f.label for f in figures))
    years = list(positions([f.period for f in figures]))
    divisor = {"£ million": 1e6, "£ thousand": 1e3}.get(unit, 1.0)
    decimals = 1 if divisor == 1e6 else 0
    gaps = [f for f in figures if not f.shown]
    foot = wrapped(f"{f.label}, {f.period}: {f.number}" for f in gaps)
    sums = {
        year: sum((f.value or 0) / divisor for f in figures if f.period == year) for year in years
    }
    low, high = bounds(sums.values(), ticks=5)
    key = legend_height(grants)
    height = 210.0 + key + len(foot) * LINE
    top, bottom, left = key + 26, 26 + len(foot) * LINE, 46.0
    with report_style():
        drawing, axes = canvas(height, left=left, right=12, top=top, bottom=bottom)
        axes.set_xlim(-0.6, len(years) - 0.4)
        value_axis(axes.yaxis, low, high, 5)
        high += (high - low) * 0.05  # the sum above the highest bar
        axes.set_ylim(low, high)
        axes.grid(visible=False, axis="x")
        legend(
            drawing,
            [(grant, {"color": CATEGORICAL[i % 6]}) for i, grant in enumerate(grants)],
            height - 8,
        )
        say(drawing, 0, height - key - 10, unit)
        scale = (height - top - bottom) / (high - low)
        ends = dict.fromkeys(years, 0.0)
        width = 0.62 if len(years) > 2 else 0.4
        for i, grant in enumerate(grants):
            for f in figures:
                if f.label != grant or f.value is None:
                    continue
                value, x = f.value / divisor, years.index(f.period)
                axes.bar(x, value, bottom=ends[f.period], width=width, color=CATEGORICAL[i % 6],
                         edgecolor="white", linewidth=0.8)  # fmt: skip
                if len(grants) > 1 and value * scale > LINE + 2:
                    axes.annotate(format_number(value, decimals), (x, ends[f.period] + value / 2),
                                  ha="center", va="center_baseline",
                                  color=INK if i % 6 in (1, 3, 5) else "white")  # fmt: skip
                ends[f.period] += value
        for x, year in enumerate(years):
            axes.annotate(format_number(sums[year], decimals), (x, ends[year]), xytext=(0, 3),
                          textcoords="offset points", ha="center", va="bottom",
                          fontweight="bold")  # fmt: skip
        axes.set_xticks(range(len(years)), years)
        notes(drawing, foot)
        return to_svg(drawing, chart_id)
