"""Areas and groups beside each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from needs.charts.layout import (
    LINE,
    bounds,
    canvas,
    legend,
    legend_height,
    limits,
    notes,
    row_canvas,
    say,
    spread,
    value_axis,
    values,
    whole,
    wrapped,
)
from needs.charts.style import (
    CATEGORICAL,
    FOCUS,
    GREY,
    INK,
    QUIET,
    SMALL,
    TEXT,
    WIDTH,
    empty_svg,
    report_style,
    text_width,
    to_svg,
    wrap,
)
from needs.figures.figure import Figure, Series

#: Up to this many areas each get a row with a name; more are drawn as thin marks.
MANY = 25

#: Up to this many areas without a value have a row among named areas; more are counted below.
FEW_GAPS = 3

GroupBy = Literal["area_name", "period", "sex", "age", "label", "note"]


def funnel(
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
    foot = wrapped([_not_drawn(left_out)] if left_out else [])

    # the limits of tiny areas would flatten everybody else
    _, ceiling = bounds([*y, reference.value, float(np.nanmedian(high))])
    _, widest = bounds([float(x.max())], ticks=5)
    height = 330.0 + len(foot) * LINE
    bottom = 52 + len(foot) * LINE
    left, right, top = 52.0, 78.0, 28.0
    with report_style():
        drawing, axes = canvas(height, left=left, right=right, top=top, bottom=bottom)
        axes.set_xlim(0, widest)
        axes.set_ylim(0, ceiling)
        value_axis(axes.xaxis, 0, widest, 5)
        value_axis(axes.yaxis, 0, ceiling)
        axes.grid(visible=False, axis="x")
        axes.tick_params(axis="x", bottom=True, length=3, color=QUIET)
        for level, style in (("95", (0, (4, 2))), ("998", "-")):
            for side in ("lower", "upper"):
                axes.plot(
                    lines["denominator"], lines[f"{side}_{level}"], color=GREY, linewidth=1.0,
                    linestyle=style, zorder=1,
                )  # fmt: skip
        axes.axhline(reference.value, color=INK, linewidth=1.2, zorder=1)
        is_focus = np.array([f.area_code == focus for f in shown])
        outside = ((y < low) | (y > high)) & ~is_focus
        inside = ~outside & ~is_focus
        titles = {}
        looks: tuple[tuple[str, Any, dict[str, Any]], ...] = (
            ("inside", inside, {"color": "#A6A6A6", "marker": "o", "markersize": 4.5}),
            ("outside", outside, {"color": QUIET, "marker": "D", "markersize": 4.8}),
            ("focus", is_focus, {"color": FOCUS, "marker": "o", "markersize": 9}),
        )
        for key, group, look in looks:
            if group.any():
                axes.plot(
                    x[group], y[group], linestyle="none", markeredgecolor="white",
                    markeredgewidth=0.5, gid=key, zorder=3 if key != "focus" else 5,
                    clip_on=False, **look,
                )  # fmt: skip
                titles[key] = [
                    f"{f.area_name}: {f.text}"
                    for f, chosen in zip(shown, group, strict=True)
                    if chosen
                ]
        say(drawing, 0, height - 9, unit)
        say(drawing, WIDTH - right, bottom - 32, size, align="right")
        _name_limits(drawing, lines, reference, widest, ceiling, (height, right, top, bottom))
        points = np.column_stack(
            [
                left + x / widest * (WIDTH - left - right),
                bottom + y / ceiling * (height - top - bottom),
            ]
        )
        order = [i for i in range(len(shown)) if is_focus[i]]
        order += [i for i in range(len(shown)) if shown[i].area_code in named and not is_focus[i]]
        _name_points(
            drawing,
            points,
            [(i, shown[i].area_name, bool(is_focus[i])) for i in order],
            (left, bottom, WIDTH - right, height - top),
            avoid=_limit_points(
                lines, reference, widest, ceiling, (height, right, top, bottom, left)
            ),
        )
        entries: list[tuple[str, dict[str, Any]]] = []
        if outside.any():
            entries.append(
                (
                    "Outside the 99.8% limits",
                    {"kind": "dot", "marker": "D", "color": QUIET, "markersize": 4.8},
                )
            )
        if inside.any():
            entries.append(("Other areas", {"kind": "dot", "color": "#A6A6A6", "markersize": 4.5}))
        if entries:
            legend(drawing, entries, bottom - 46)
        notes(drawing, foot)
        return to_svg(drawing, chart_id, titles)


def _not_drawn(count: int) -> str:
    areas = "1 area has" if count == 1 else f"{count} areas have"
    return f"Not drawn: {areas} no figure (see the table)."


def _name_limits(
    drawing: Drawing,
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
    centres = spread(
        [bottom + y * scale for _, y, _ in labels],
        [len(text) * LINE * 0.92 for text in texts],
        0,
        height,
    )
    for rows, (_, _, color), y in zip(texts, labels, centres, strict=True):
        for number, line in enumerate(rows):
            level = y + ((len(rows) - 1) / 2 - number) * LINE * 0.92
            say(drawing, WIDTH - right + 4, level, line, size=SMALL, color=color)


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


def _name_points(
    drawing: Drawing,
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
        say(
            drawing,
            box[0] + 1,
            (box[1] + box[3]) / 2,
            text,
            bold=bold,
            color=FOCUS if bold else INK,
        )
        nearest = (min(max(px, box[0]), box[2]), min(max(py, box[1] + 2), box[3] - 2))
        if np.hypot(nearest[0] - px, nearest[1] - py) > 12:
            width_pt, height_pt = drawing.get_size_inches() * 72
            drawing.add_artist(_line([(px, py), nearest], (width_pt, height_pt), drawing, QUIET))


def _line(
    ends: Sequence[tuple[float, float]], size: tuple[float, float], drawing: Drawing, color: str
) -> Any:
    from matplotlib.lines import Line2D

    return Line2D(
        [x / size[0] for x, _ in ends],
        [y / size[1] for _, y in ends],
        transform=drawing.transFigure,
        color=color,
        linewidth=0.6,
    )


def _touch(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def caterpillar(
    figures: Sequence[Figure],
    *,
    chart_id: str,
    unit: str,
    focus: str | None = None,
    reference: Figure | None = None,
    named: Collection[str] = (),
    in_order: bool = False,
) -> str:
    """Draw dots with intervals, one for each area, in order of value.

    Parameters
    ----------
    figures : sequence of Figure
        One for each area.
    chart_id : str
        Prefix of every id in the SVG.
    unit : str
        Names the value axis.
    focus : str, optional
        Code of the area of the report.
    reference : Figure, optional
        Drawn as a line, usually England's.
    named : collection of str
        Codes of other areas to name where areas are too many to name each.
    in_order : bool
        The rows have an order of their own, such as deciles: keep it.

    Returns
    -------
    str
        An SVG element. Up to `MANY` areas have a row each, those without a value last, with their
        symbol; more are thin marks from left to right, and areas without a value are counted below.
    """
    areas = [f for f in figures if reference is None or f.area_code != reference.area_code]
    shown = sorted((f for f in areas if f.shown), key=lambda f: (-(f.value or 0), f.area_name))
    if not shown:
        return empty_svg(chart_id)
    missing = sorted((f for f in areas if not f.shown), key=lambda f: f.area_name)
    if len(areas) > MANY:
        return _many(shown, len(missing), chart_id, unit, focus, reference, named)
    # a few gaps each keep a row, with their symbol; many would be a chart of empty rows
    few = len(missing) <= FEW_GAPS
    rows = [f for f in areas if few or f.shown] if in_order else [*shown, *(missing if few else [])]
    foot = wrapped([] if few else [_not_drawn(len(missing))])
    low, high = bounds(
        [
            p
            for f in [*shown, *([reference] if reference else [])]
            for p in (f.value, f.lower, f.upper)
        ]
    )
    with report_style():
        drawing, axes = row_canvas(
            [f.area_name for f in rows],
            row=18,
            top=26 if reference and reference.shown else 8,
            right=12 + _widest(rows),
            bottom=36 + len(foot) * LINE,
            bold={i for i, f in enumerate(rows) if f.area_code == focus},
        )
        integer = whole(f.value for f in shown)
        _value_scale(drawing, axes, low, high, unit, foot=len(foot), integer=integer)
        notes(drawing, foot)
        _reference_line(axes, reference, low, high)
        for i, f in enumerate(rows):
            color = FOCUS if f.area_code == focus else QUIET
            _dot(axes, f, i, color, 7 if f.area_code == focus else 5.5)
            _at_right(axes, f, i, bold=f.area_code == focus)
        return to_svg(drawing, chart_id)


def _many(
    shown: Sequence[Figure],
    missing: int,
    chart_id: str,
    unit: str,
    focus: str | None,
    reference: Figure | None,
    named: Collection[str],
) -> str:
    foot = wrapped([_not_drawn(missing)] if missing else [])
    drawn = [*shown, *([reference] if reference and reference.shown else [])]
    # one area with a very wide interval must not flatten the rest: its line runs to the edge
    uppers = sorted(f.upper for f in shown if f.upper is not None)
    widest = uppers[int(len(uppers) * 0.98)] if uppers else None
    focal = [part for f in shown if f.area_code == focus for part in (f.lower, f.upper)]
    low, high = bounds([*(f.value for f in drawn), widest, *focal])
    height, left, right, top = 250.0 + len(foot) * LINE, 52.0, 78.0, 28.0
    bottom = 24 + len(foot) * LINE
    with report_style():
        drawing, axes = canvas(height, left=left, right=right, top=top, bottom=bottom)
        axes.set_xlim(-1, len(shown))
        axes.set_ylim(low, high)
        value_axis(axes.yaxis, low, high)
        axes.set_xticks([])
        lower, upper = limits(shown)
        y, x = values(shown), np.arange(len(shown))
        is_focus = np.array([f.area_code == focus for f in shown])
        axes.vlines(
            x[~is_focus], lower[~is_focus], upper[~is_focus], color="#B3B3B3", linewidth=0.9
        )
        axes.plot(x[~is_focus], y[~is_focus], linestyle="none", marker="o", markersize=2.4,
                  color=QUIET, gid="areas")  # fmt: skip
        titles = {"areas": [f"{f.area_name}: {f.text}" for f in shown if f.area_code != focus]}
        axes.vlines(
            x[is_focus], lower[is_focus], upper[is_focus], color=FOCUS, linewidth=2, zorder=4
        )
        axes.plot(x[is_focus], y[is_focus], linestyle="none", marker="o", markersize=7.5,
                  color=FOCUS, markeredgecolor="white", markeredgewidth=0.6, zorder=5)  # fmt: skip
        say(drawing, 0, height - 9, unit)
        if reference is not None and reference.value is not None:
            axes.axhline(reference.value, color=INK, linewidth=1.2, linestyle=(0, (5, 2)), zorder=3)
            scale = (height - top - bottom) / (high - low)
            text = wrap(f"{reference.area_name} {reference.number}", right - 6, SMALL)
            for number, line in enumerate(text):
                y_text = bottom + (reference.value - low) * scale
                y_text += ((len(text) - 1) / 2 - number) * LINE * 0.92
                say(drawing, WIDTH - right + 4, y_text, line, size=SMALL)
        say(drawing, left, bottom - 12, f"{len(shown)} areas, from the highest to the lowest value",
            size=SMALL, color=QUIET)  # fmt: skip
        across = (WIDTH - left - right) / (len(shown) + 1)
        ends = np.where(np.isfinite(upper), np.minimum(upper, high), y)
        tops = np.column_stack(
            [
                left + (x + 1) * across,
                bottom + (ends - low) / (high - low) * (height - top - bottom),
            ]
        )
        places = [int(i) for i in x]
        order = [i for i in places if is_focus[i]] + [
            i for i in places if shown[i].area_code in named and not is_focus[i]
        ]
        _name_points(
            drawing, tops,
            [(i, shown[i].area_name, bool(is_focus[i])) for i in order],
            (left, bottom, WIDTH - right, height - 14),
        )  # fmt: skip
        notes(drawing, foot)
        return to_svg(drawing, chart_id, titles)


def _widest(figures: Sequence[Figure]) -> float:
    return max(text_width(f.number, TEXT, True) for f in figures) + 4


def _value_scale(
    drawing: Drawing,
    axes: Axes,
    low: float,
    high: float,
    unit: str,
    *,
    foot: int = 0,
    integer: bool = False,
) -> None:
    """A value axis below rows, above `foot` lines of notes."""
    axes.set_xlim(low, high)
    value_axis(axes.xaxis, low, high, 6, integer=integer)
    axes.grid(visible=False, axis="y")
    axes.spines["bottom"].set_visible(False)
    box = axes.get_position()
    say(drawing, box.x1 * WIDTH, 7 + foot * LINE, unit, align="right")


def _reference_line(axes: Axes, reference: Figure | None, low: float, high: float) -> None:
    if reference is None or reference.value is None:
        return
    axes.axvline(reference.value, color=INK, linewidth=1.2, linestyle=(0, (5, 2)), zorder=1)
    text = f"{reference.area_name} {reference.number}"
    box = axes.get_position()
    across = box.width * WIDTH
    where = (reference.value - low) / (high - low) * across
    half = text_width(text) / 2
    shift = max(-where - box.x0 * WIDTH + half, min(0.0, across + 12 - where - half))
    axes.annotate(
        text, (reference.value, 1), xycoords=("data", "axes fraction"), xytext=(shift, 6),
        textcoords="offset points", ha="center", va="bottom", annotation_clip=False,
    )  # fmt: skip


def _dot(axes: Axes, f: Figure, row: float, color: str, size: float, marker: str = "o") -> None:
    if f.value is None:
        return
    if f.lower is not None and f.upper is not None:
        axes.plot([f.lower, f.upper], [row, row], color=color, linewidth=1.6, zorder=2,
                  solid_capstyle="butt")  # fmt: skip
    axes.plot([f.value], [row], linestyle="none", marker=marker, markersize=size, color=color,
              markeredgecolor="white", markeredgewidth=0.6, zorder=3, clip_on=False)  # fmt: skip


def _at_right(axes: Axes, f: Figure, row: float, bold: bool = False) -> None:
    axes.annotate(
        f.number, (1, row), xycoords=("axes fraction", "data"), xytext=(8, 0),
        textcoords="offset points", va="center_baseline", fontweight="bold" if bold else "normal",
        annotation_clip=False,
    )  # fmt: skip


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
        _value_scale(drawing, axes, low, high, unit, integer=integer)
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
        return to_svg(drawing, chart_id)


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
        axes.annotate(
            text, (f.value, row), xytext=(side * 8, 0), textcoords="offset points",
            ha="left" if side > 0 else "right", va="center_baseline",
            fontweight="bold" if f is a else "normal", annotation_clip=False,
        )  # fmt: skip
    gaps = [f for f in (a, b) if f.value is None]
    if gaps:
        text = ", ".join(f.number for f in gaps)
        axes.annotate(
            text, (1, row), xycoords=("axes fraction", "data"), xytext=(8, 0),
            textcoords="offset points", va="center_baseline", color=QUIET, annotation_clip=False,
        )  # fmt: skip


def _whisker(axes: Axes, f: Figure, row: float) -> None:
    if f.lower is not None and f.upper is not None:
        # white under black, so that the line is seen on a dark bar and off it
        for color, width in (("white", 3.0), (INK, 1.2)):
            axes.plot([f.lower, f.upper], [row, row], color=color, linewidth=width, zorder=3,
                      solid_capstyle="butt")  # fmt: skip


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
    with report_style():
        drawing, axes = row_canvas(
            groups,
            row=14.0 * len(series) + 10,
            top=legend_height(labels) + 8,
            right=12 + _widest(everything),
        )
        _value_scale(drawing, axes, low, high, unit, integer=whole(parts))
        height = drawing.get_size_inches()[1] * 72
        legend(
            drawing,
            [(one.label, {"color": CATEGORICAL[i % 6]}) for i, one in enumerate(series)],
            height - 8,
        )
        thick = 0.8 / len(series)
        for number, one in enumerate(series):
            for f in one.figures:
                row = (
                    groups.index(str(getattr(f, group))) + (number - (len(series) - 1) / 2) * thick
                )
                axes.barh(row, f.value or 0, height=thick * 0.86, color=CATEGORICAL[number % 6])
                _whisker(axes, f, row)
                _at_right(axes, f, row)
        axes.axvline(0, color=QUIET, linewidth=0.8)
        return to_svg(drawing, chart_id)
