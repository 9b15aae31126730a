"""What an author draws and tabulates for herself, taken into the report like everything else."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from needs.chapters import figure_tables
from needs.chapters.analysis import last
from needs.chapters.blocks import Blocks, Cell, Chart, Column, Table, blocks
from needs.chapters.frames import COLUMNS
from needs.charts.matplotlib_style import report_style, to_svg
from needs.charts.style import FONT, SMALL, WIDTH
from needs.errors import ParameterError
from needs.figures.figure import Figure, format_number, sources_of
from needs.words.alt_text import ALT_LIMIT
from needs.words.english import capital
from needs.words.text import Span

if TYPE_CHECKING:  # whose modules a report without such a chart does without
    from matplotlib.figure import Figure as Drawing

#: Headings of the columns of a frame of figures.
_HEADINGS = {
    "name": "Indicator",
    "area_code": "Code",
    "lower": "Lower 95% limit",
    "upper": "Upper 95% limit",
}


def chart(
    drawing: Any,
    *,
    title: str,
    alt: str,
    table: pd.DataFrame | Table,
    id: str = "",
    subtitle: str = "",
    sources: Sequence[str] = (),
) -> Blocks:
    """Take a drawing of matplotlib or seaborn into the report.

    Parameters
    ----------
    drawing : matplotlib Axes or Figure, or a seaborn grid
        It is closed: the page shows it once.
    title : str
        What the chart shows, in a sentence; printed above it, not in it.
    alt : str
        What a reader who cannot see it must know: what is drawn and the main finding.
    table : DataFrame or Table
        The numbers that are drawn, see `table`.
    id : str
        Its id in the report; made from the title where it is empty.
    subtitle : str
        What is measured, in which unit, where and when.
    sources : sequence of str
        Keys of sources in the catalogue, beside those of the table's figures.

    Raises
    ------
    ParameterError
        There is no alternative text, it only repeats the title, or it is too long.
    """
    import matplotlib.pyplot as plt  # which a report without such a chart does without

    name = id or _slug(title)
    _check_alt(alt, title, name)
    canvas = _canvas(drawing)
    with report_style():
        _restyle(canvas)
        svg = to_svg(canvas, f"chart_{name}")
    plt.close(canvas)
    if not isinstance(table, Table):
        table = _table(table, title, name, sources=sources, open_=False)
    return blocks(
        Chart(
            id=f"chart_{name}",
            headline=(Span(title),),
            subtitle=subtitle,
            svg=svg,
            alt=alt.strip(),
            table=table,
            figures=table.figures,
            sources=table.sources,
        )
    )


def table(
    frame: pd.DataFrame,
    *,
    title: str,
    id: str = "",
    notes: Sequence[str] = (),
    sources: Sequence[str] = (),
    decimals: Mapping[str, int] | None = None,
) -> Blocks:
    """Show a frame as a table of the report.

    Numbers of a frame of figures (``na.frame()``, ``na["…"].frame()``) are printed as the report
    prints them and link to their entries, as long as the column ``figure`` stays in the frame; a
    figure that is withheld prints its shorthand. A missing number of a frame of one's own prints
    [x].

    Parameters
    ----------
    frame : DataFrame
        Its first column names the rows; an index with a name becomes that column.
    title : str
    id : str
        Its id in the report; made from the title where it is empty.
    notes : sequence of str
        Printed below: where the numbers come from, what to know of them.
    sources : sequence of str
        Keys of sources in the catalogue.
    decimals : mapping of column to int, optional
        By default none for whole numbers, and one.
    """
    return blocks(
        _table(frame, title, id or _slug(title), notes=notes, sources=sources, decimals=decimals)
    )


def _table(
    frame: pd.DataFrame,
    title: str,
    id: str,
    *,
    notes: Sequence[str] = (),
    sources: Sequence[str] = (),
    decimals: Mapping[str, int] | None = None,
    open_: bool = True,
) -> Table:
    shown = frame.reset_index() if any(frame.index.names) else frame
    if shown.empty:
        raise ParameterError(
            "The table has no rows.", f"table '{id}'", "Say in words what is missing."
        )
    figures = _figures(shown)
    shown = shown.drop(columns="figure", errors="ignore")
    units = {one.unit for one in figures if one is not None}
    unit = units.pop() if len(units) == 1 else ""
    columns, cells = [], []
    for place, name in enumerate(shown.columns):
        numeric = place > 0 and pd.api.types.is_numeric_dtype(shown[name])
        of_figure = name in ("value", "lower", "upper") and any(figures)
        label = _HEADINGS.get(str(name)) or (
            capital(str(name).replace("_", " ")) if name in COLUMNS else str(name)
        )
        kind = "header" if place == 0 else "number" if numeric else "text"
        columns.append(Column(label, kind, unit if of_figure else ""))
        if of_figure:
            cells.append(_figure_cells(str(name), figures, shown[name]))
        else:
            digits = (decimals or {}).get(str(name), _digits(shown[name]) if numeric else 0)
            cells.append([_cell(one, numeric, digits) for one in shown[name]])
    known = tuple(dict.fromkeys(one for one in figures if one is not None))
    return Table(
        id=id,
        caption=title,
        columns=tuple(columns),
        rows=tuple(zip(*cells, strict=True)),
        notes=tuple(notes),
        sources=tuple(dict.fromkeys((*sources_of(known), *sources))),
        figures=known,
        open=open_,
    )


def _figures(frame: pd.DataFrame) -> list[Figure | None]:
    """The figure behind each row, where the frame says which it is."""
    if "figure" not in frame:
        return [None] * len(frame)
    known = last().figures_of(frame["figure"])
    return [known.get(one) for one in frame["figure"]]


def _figure_cells(column: str, figures: Sequence[Figure | None], numbers: pd.Series) -> list[Cell]:
    """A column of figures; a number that the author has changed is hers, and links nowhere."""
    place = {"value": 0, "lower": 1, "upper": 2}[column]
    cells = []
    for one, number in zip(figures, numbers, strict=True):
        if one is None:
            cells.append(_cell(number, True, 1))
            continue
        own = (figure_tables.value_cell(one), *figure_tables.limit_cells(one))[place]
        changed = own.value is not None and own.value != number
        cells.append(_cell(number, True, one.decimals) if changed else own)
    return cells


def _digits(column: pd.Series) -> int:
    """Decimals of a column of numbers: none where all are whole."""
    known = column.dropna()
    return 0 if (known == known.round()).all() else 1


def _cell(value: Any, numeric: bool, digits: int) -> Cell:
    if pd.isna(value):
        return Cell("[x]")
    if numeric:
        return Cell(format_number(float(value), digits), float(value))
    if isinstance(value, pd.Timestamp):
        return Cell(f"{value.day} {value.month_name()} {value.year}")
    return Cell(str(value).strip() or "[z]")


def _check_alt(alt: str, title: str, name: str) -> None:
    """Refuse a drawing that a reader who cannot see it would learn nothing of."""
    said = " ".join(alt.split())
    same = said.rstrip(".").casefold() == title.strip().rstrip(".").casefold()
    fault = (
        "has no alternative text" if not said
        else "has an alternative text that only repeats its title" if same
        else f"has an alternative text of {len(said)} characters, more than {ALT_LIMIT}"
        if len(said) > ALT_LIMIT else ""
    )  # fmt: skip
    if fault:
        raise ParameterError(
            f"The chart '{title}' {fault}.",
            f"needs.chart, id '{name}'",
            "Say in alt= what is drawn and what it finds, in a sentence or two with its numbers.",
        )


def _canvas(drawing: Any) -> Drawing:
    """The matplotlib figure behind what was drawn."""
    from matplotlib.figure import Figure as Drawing

    found = drawing if isinstance(drawing, Drawing) else getattr(drawing, "figure", None)
    if not isinstance(found, Drawing):
        raise ParameterError(
            f"This is no drawing of matplotlib or seaborn, but a {type(drawing).__name__}.",
            "needs.chart",
            "Give it what the plotting function returned: axes, a figure, or a seaborn grid.",
        )
    return found


def _restyle(canvas: Drawing) -> None:
    """Give a drawing the report's width and font, and take out a title that the page prints."""
    from matplotlib.text import Text as DrawnText

    width, height = canvas.get_size_inches()
    canvas.set_size_inches(WIDTH / 72, height * WIDTH / 72 / width)
    for text in canvas.findobj(DrawnText):
        text.set_fontfamily([FONT, "DejaVu Sans"])
        text.set_fontsize(max(SMALL, text.get_fontsize()))
    if len(canvas.axes) == 1:
        canvas.axes[0].set_title("")
    if canvas.get_layout_engine() is None:
        with warnings.catch_warnings():  # of axes that cannot be moved, which stay where they are
            warnings.simplefilter("ignore", UserWarning)
            canvas.tight_layout()


def _slug(title: str) -> str:
    """An id made from a title.

    Examples
    --------
    >>> _slug("Drug deaths, by district")
    'own_drug_deaths_by_district'
    """
    return "own_" + re.sub(r"[^a-z0-9]+", "_", title.casefold()).strip("_")[:60].rstrip("_")
