"""How values are distributed, with one of them marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from needs.charts.layout import canvas
from needs.charts.style import CONTEXT, FOCUS, INK, Point, empty_svg, report_style, to_svg
from needs.figures.figure import Figure
from needs.words.english import count_noun

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch


def histogram(
    figures: Sequence[Figure],
    *,
    focus: Figure,
    reference: Figure | None,
    unit: str,
    chart_id: str,
) -> str:
    """Draw a histogram of many areas, with a line for one of them and for a reference.

    Parameters
    ----------
    figures : sequence of Figure
        Those that are not shown are left out.
    focus, reference : Figure
        Marked with a line and their name: the area of the report, England.
    unit : str
        Printed below the value axis.
    chart_id : str
        Prefix of every id in the SVG.

    Returns
    -------
    str
        An SVG element.
    """
    import seaborn as sns  # which takes half a second, for the chapters that use it
    from matplotlib.patches import Rectangle

    values = [one.value for one in figures if one.value is not None]
    if not values:
        return empty_svg(chart_id)
    marked = [(focus, FOCUS, "-", 1.13)]
    marked += [(reference, INK, "--", 1.03)] if reference is not None else []
    with report_style():
        drawing, axes = canvas(230, left=52, right=20, top=44, bottom=44)
        sns.histplot(x=values, ax=axes, color=CONTEXT, edgecolor="white", linewidth=0.8, alpha=1)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_visible(True)
        axes.grid(visible=False, axis="x")
        axes.set(xlabel=unit, ylabel="Authorities")
        low, high = axes.get_xlim()
        for one, colour, dashes, height in marked:
            if one.value is None:
                continue
            axes.axvline(one.value, color=colour, linestyle=dashes, linewidth=1.8)
            axes.text(
                one.value,
                height,
                f"{one.area_name} {one.number}",
                transform=axes.get_xaxis_transform(),
                ha="left" if one.value < (low + high) / 2 else "right",
                va="center",
                color=colour,
                fontweight="bold" if one is focus else "normal",
            )
        columns = [one for one in axes.patches if isinstance(one, Rectangle)]
        points = [_column(axes, one) for one in columns if one.get_height() > 0]
        return to_svg(drawing, chart_id, points=points)


def _column(axes: Axes, column: Patch) -> Point:
    """How many areas a column stands for, for the pointer and the keyboard."""
    box = column.get_extents().transformed(axes.transData.inverted())
    areas = count_noun(round(box.height), "authority", "authorities")
    across = f"{box.x0:.3g} to {box.x1:.3g}"
    return Point(axes, (box.x0 + box.x1) / 2, box.height / 2, f"{across}: {areas}")
