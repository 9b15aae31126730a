"""A spine chart: an area among all authorities, one row for each indicator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from needs.charts.drawing import Dot, Panel, point
from needs.charts.layout import LINE, canvas, legend, legend_height, write
from needs.charts.style import (
    INK,
    QUIET,
    SMALL,
    TEXT,
    WIDTH,
    empty_svg,
    wrap,
)
from needs.figures.spine import ENOUGH, SpineRow

#: How the area's own mark looks by its verdict: colour and shape say the same.
MARKS: Mapping[str, Mapping[str, Any]] = {
    "better": {"color": "#28A197", "marker": "o", "markersize": 9},
    "similar": {"color": "#6F7F8E", "marker": "s", "markersize": 8},
    "worse": {"color": "#F46A25", "marker": "D", "markersize": 8},
    "not compared": {"color": "#FFFFFF", "marker": "o", "markersize": 8},
}

_RANGE, _MIDDLE = "#E3E6E9", "#B4BDC6"
_ROW = 32.0
# from the left: name and period, the area's number, England's, the spine, the recent trend
_NAME, _OWN, _ENGLAND, _LEFT, _RIGHT = 150.0, 196.0, 244.0, 256.0, 66.0


def spine_chart(
    rows: Sequence[SpineRow],
    *,
    chart_id: str,
    area: str,
    periods: Sequence[str],
    verdicts: Sequence[str],
    trends: Sequence[str],
) -> str:
    """Draw a spine chart.

    Parameters
    ----------
    rows : sequence of SpineRow
    chart_id : str
        Prefix of every id in the SVG.
    area : str
        Heads the column of its numbers.
    verdicts : sequence of str
        "better", "worse", "similar" or "not compared", for each row.
    periods : sequence of str
        The period of each row's figures as it is printed: an old one says so.
    trends : sequence of str
        The recent trend in a word or two, for each row.

    Returns
    -------
    str
        An SVG element. England is the line in the middle; worse is left, better right.
    """
    if not rows:
        return empty_svg(chart_id)
    entries: list[tuple[str, dict[str, Any]]] = [
        (f"{verdict.capitalize()} than England" if verdict in ("better", "worse")
         else "Similar to England" if verdict == "similar" else "Not tested",
         {"kind": "dot", **_swatch(verdict)})
        for verdict in MARKS if verdict in verdicts
    ] + [
        ("All authorities", {"color": _RANGE, "edge": "#8C8C8C"}),
        ("Middle half of them", {"color": _MIDDLE}),
        ("Statistical neighbours", {"kind": "line", "color": INK, "linewidth": 2}),
        ("Region", {"kind": "dot", "color": INK, "marker": "|", "markersize": 9}),
    ]  # fmt: skip
    drawn = {"Statistical neighbours": any(row.neighbours for row in rows),
             "Region": any(row.region for row in rows)}  # fmt: skip
    entries = [one for one in entries if drawn.get(one[0], True)]
    top = legend_height([label for label, _ in entries]) + 34
    height = top + _ROW * len(rows) + 20
    drawing, panel = canvas(height, left=_LEFT, right=_RIGHT, top=top, bottom=20)
    legend(drawing, entries, height - 8)
    panel.x, panel.y, panel.base = (-1.06, 1.06), (len(rows) - 0.5, -0.5), False
    panel.line([0, 0], [-0.5, len(rows) - 0.5], INK, 1.2, layer=3)
    head = height - top + 8
    middle = _LEFT + (WIDTH - _LEFT - _RIGHT) / 2
    for x, words, align in (
        (0.0, "Indicator", "left"),
        (_OWN, _short(area), "right"),
        (_ENGLAND, "England", "right"),
        (_LEFT, "Worse", "left"),
        (middle, "England", "center"),
        (WIDTH - _RIGHT, "Better", "right"),
        (WIDTH, "5 years", "right"),
    ):
        write(drawing, x, head, words, align=align, size=SMALL, color=QUIET)
    for at, (row, verdict, told) in enumerate(zip(rows, verdicts, trends, strict=True)):
        _bars(panel, row, at)
        look = MARKS.get(verdict, MARKS["not compared"])
        assert row.area.value is not None
        dot = Dot(look["markersize"], look["color"], look["marker"], INK, 0.7)
        panel.dots([row.place(row.area.value)], [at], dot, layer=5)
        level = height - top - _ROW * (at + 0.5)
        names = wrap(row.indicator.short_name, _NAME, TEXT)[:2]
        first = level + (len(names)) / 2 * LINE - LINE / 2
        for number, line in enumerate(names):
            write(drawing, 0, first - number * LINE * 0.95, line)
        write(drawing, 0, first - len(names) * LINE * 0.92, periods[at], size=SMALL,
            color=QUIET)  # fmt: skip
        write(drawing, _OWN, level, row.area.number, align="right", bold=True)
        write(drawing, _ENGLAND, level, row.england.number, align="right")
        write(drawing, WIDTH, level, told, align="right", size=SMALL)
    points = [
        mark
        for at, row in enumerate(rows)
        for f in (row.england, row.area)
        for mark in point(
            panel,
            row.place(f.value or 0.0),
            at,
            f,
            f"{row.indicator.short_name}, {f.area_name}, {f.period}",
        )
    ]
    return drawing.svg(chart_id, points)


def _swatch(verdict: str) -> dict[str, Any]:
    look = dict(MARKS[verdict])
    face = look.pop("color")
    return {**look, "color": INK, "face": face}


def _short(area: str) -> str:
    return area if len(area) <= 10 else "Here"


def _bars(panel: Panel, row: SpineRow, at: int) -> None:
    """The range of all authorities, where enough are known; the neighbours and the region."""
    known = row.number >= ENOUGH
    for ends, colour, high in (
        ((row.worst, row.best), _RANGE, 0.46),
        ((row.worse_quarter, row.better_quarter), _MIDDLE, 0.46),
    )[: 2 * known]:
        left, right = sorted(row.place(one) for one in ends)
        edge = "#8C8C8C" if colour == _RANGE else ""
        panel.bar((left, right), (at - high / 2, at + high / 2), colour, edge, 0.5)
    if row.neighbours:
        near = [row.place(one) for one in row.neighbours]
        panel.line(near, [at + 0.33] * 2, INK, 2, butt=True, layer=4)
    if row.region is not None and row.region.value is not None:
        place = row.place(row.region.value)
        panel.line([place] * 2, [at - 0.3, at + 0.3], INK, 1.4, dashes=(1.5, 1), layer=4)
