"""Bars: groups side by side, parts of a whole, deciles, and amounts that add up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from needs.charts.drawing import Panel, Point, point
from needs.charts.labels import at_right, value_scale, widest
from needs.charts.layout import (
    LINE,
    bounds,
    canvas,
    legend,
    legend_height,
    name_places,
    positions,
    row_canvas,
    value_axis,
    whole,
    wrapped,
    write,
    write_beside,
    write_notes,
)
from needs.charts.style import (
    CATEGORICAL,
    DECILES,
    FOCUS,
    INK,
    OUTLINE,
    QUIET,
    TEXT,
    WIDTH,
    empty_svg,
    text_width,
)
from needs.figures.figure import Figure, Series, format_number

GroupBy = Literal["area_name", "period", "sex", "age", "label", "note"]


def _whisker(panel: Panel, f: Figure, row: float) -> None:
    if f.lower is not None and f.upper is not None:
        # white under black, so that the line is seen on a dark bar and off it
        for color, width in (("#FFFFFF", 3.0), (INK, 1.2)):
            panel.strokes([[(f.lower, row), (f.upper, row)]], color, width, layer=3)


def grouped_bars(
    series: Sequence[Series], *, chart_id: str, unit: str, group: GroupBy = "period"
) -> str:
    """Draw bars side by side for each group, for example males and females by period.

    Parameters
    ----------
    series : sequence of Series
        A colour each, at most six; its label is in the legend.
    chart_id : str
        Prefix of every id in the SVG.
    unit : str
        Names the value axis.
    group : str
        Which attribute of a figure names its group. Groups stand in the order of the first series.

    Returns
    -------
    str
        An SVG element with intervals as lines; a figure that is not shown is its symbol.
    """
    if not any(f.shown for one in series for f in one.figures):
        return empty_svg(chart_id)
    groups = list(dict.fromkeys(str(getattr(f, group)) for one in series for f in one.figures))
    everything = [f for one in series for f in one.figures]
    parts = [p for f in everything for p in (f.value, f.lower, f.upper)]
    low, high = bounds(parts)
    labels = [one.label for one in series]
    drawing, panel = row_canvas(
        groups,
        row=11.5 * len(series) + 8,
        top=legend_height(labels) + 8,
        right=12 + widest(everything),
    )
    value_scale(drawing, panel, low, high, unit, integer=whole(parts))
    legend(
        drawing,
        [(one.label, {"color": CATEGORICAL[i % 6]}) for i, one in enumerate(series)],
        drawing.height - 8,
    )
    thick = 0.8 / len(series)
    points: list[Point] = []
    for number, one in enumerate(series):
        for f in one.figures:
            row = groups.index(str(getattr(f, group))) + (number - (len(series) - 1) / 2) * thick
            ends = row - thick * 0.43, row + thick * 0.43
            panel.bar((0, f.value or 0), ends, CATEGORICAL[number % 6])
            _whisker(panel, f, row)
            at_right(panel, f, row)
            points += point(panel, f.value or 0.0, row, f)
    panel.upright(0, QUIET, 0.8)
    return drawing.svg(chart_id, points)


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
    drawing, panel = row_canvas(
        [label for label, _, _ in rows], row=30, top=legend_height(labels) + 8, right=16
    )
    value_scale(drawing, panel, low, high, unit, integer=whole(ends))
    entries: list[tuple[str, dict[str, Any]]] = [
        (labels[0], {"color": FOCUS}),
        (labels[1], {"color": PALE, "edge": FOCUS}),
    ]
    if any(n.lower is not None for _, n in known):
        entries.append((labels[2], {"kind": "line", "color": INK, "linewidth": 1.4}))
    legend(drawing, entries, drawing.height - 8)
    scale = panel.width / (high - low)
    for row, (_, t, n) in enumerate(rows):
        if t.value is None or n.value is None:
            text = f"{treated}: {t.text}; {not_treated.lower()}: {n.text}"
            write_beside(panel, 0, row, text, dx=4, color=QUIET)
            continue
        thick = row - 0.31, row + 0.31
        panel.bar((0, t.value), thick, FOCUS)
        panel.bar((t.value, t.value + n.value), thick, PALE, FOCUS, 0.8)
        if n.lower is not None and n.upper is not None:
            start, end = (
                (100 - n.upper, 100 - n.lower) if share else (t.value + n.lower, t.value + n.upper)
            )
            for color, width in (("#FFFFFF", 3.0), (INK, 1.4)):
                panel.strokes([[(start, row + 0.42), (end, row + 0.42)]], color, width)
        for f, begin, color in ((t, 0.0, "#FFFFFF"), (n, t.value, INK)):
            if (f.value or 0) * scale > text_width(f.number) + 8:
                write_beside(panel, begin, row, f.number, dx=4, color=color)
    panel.upright(0, QUIET, 0.8)
    points = [
        mark
        for row, (group, t, n) in enumerate(rows)
        for f, begin, name in ((t, 0.0, treated), (n, t.value or 0.0, not_treated))
        for mark in point(panel, begin + (f.value or 0.0) / 2, row, f, f"{group}, {name.lower()}")
    ]
    return drawing.svg(chart_id, points)


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
    drawing, panel = canvas(height, left=left, right=right, top=top, bottom=bottom)
    panel.x = (-0.6, len(figures) - 0.4)
    value_axis(panel, False, low, high, 5)
    panel.y = (low, high + (high - low) * 0.06)  # the number above the highest bar
    room = (WIDTH - left - right) / len(figures)
    longest = max(text_width(f.number) for f in figures)
    for i, f in enumerate(figures):
        color = DECILES[i] if len(figures) == 10 else FOCUS
        panel.bar((i - 0.39, i + 0.39), (0, f.value or 0), color, OUTLINE, 0.7)
        end = f.value or 0.0
        if f.lower is not None and f.upper is not None:
            for tone, width in (("#FFFFFF", 3.0), (INK, 1.2)):
                panel.strokes([[(i, f.lower), (i, f.upper)]], tone, width)
            end = max(end, f.upper)
        if longest < room or i % 2 == 0 or not f.shown:
            x, y = panel.place(i, max(end, 0))
            half, level = text_width(f.number) / 2, drawing.height - y
            # so that the dashed line does not run through the number
            drawing.paper.bar((x - half - 1, x + half + 1), (level + 4, level + 14), "#FFFFFF")
            write_beside(panel, i, max(end, 0), f.number, dy=3, align="center", vertical="bottom")
    if reference is not None:
        panel.level(reference, INK, 1.1, (5, 2), 4)
        write(drawing, WIDTH - right, height - 9, f"Dashed line: {reference_label}", align="right")
    name_places(panel, range(len(figures)), [str(i + 1) for i in range(len(figures))])
    write(drawing, 0, height - 9, unit)
    write(drawing, left, 12, "Most deprived", size=TEXT)
    write(drawing, (left + WIDTH - right) / 2, 12, "National decile", align="center")
    write(drawing, WIDTH - right, 12, "Least deprived", align="right")
    points = [
        mark
        for i, f in enumerate(figures)
        for mark in point(panel, i, f.value or 0.0, f, f"National decile {i + 1}")
    ]
    return drawing.svg(chart_id, points)


def amount_bars(figures: Sequence[Figure], *, chart_id: str, unit: str = "£ million") -> str:
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
    drawing, panel = canvas(height, left=left, right=12, top=top, bottom=bottom)
    panel.x = (-0.6, len(years) - 0.4)
    value_axis(panel, False, low, high, 5)
    high += (high - low) * 0.05  # the sum above the highest bar
    panel.y = (low, high)
    legend(
        drawing,
        [(grant, {"color": CATEGORICAL[i % 6]}) for i, grant in enumerate(grants)],
        drawing.height - 8,
    )
    write(drawing, 0, height - key - 10, unit)
    scale = (height - top - bottom) / (high - low)
    ends = dict.fromkeys(years, 0.0)
    width = 0.62 if len(years) > 2 else 0.4
    points: list[Point] = []
    for i, grant in enumerate(grants):
        for f in figures:
            if f.label != grant or f.value is None:
                continue
            value, x = f.value / divisor, years.index(f.period)
            thick, base = (x - width / 2, x + width / 2), ends[f.period]
            panel.bar(thick, (base, base + value), CATEGORICAL[i % 6], "#FFFFFF", 0.8)
            if len(grants) > 1 and value * scale > LINE + 2:
                write_beside(
                    panel, x, ends[f.period] + value / 2, format_number(value, decimals),
                    align="center", color=INK if i % 6 in (1, 3, 5) else "#FFFFFF",
                )  # fmt: skip
            name = f"{grant}, {f.period}"
            points += point(panel, x, ends[f.period] + value / 2, f, name)
            ends[f.period] += value
    for x, year in enumerate(years):
        write_beside(
            panel, x, ends[year], format_number(sums[year], decimals), dy=3, align="center",
            vertical="bottom", bold=True,
        )  # fmt: skip
    name_places(panel, range(len(years)), years)
    write_notes(drawing, foot)
    return drawing.svg(chart_id, points)
