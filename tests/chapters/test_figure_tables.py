"""Tables: one number a cell, limits apart, shorthand instead of blanks."""

from __future__ import annotations

from needs.chapters import figure_tables
from needs.figures.figure import Figure, Series
from needs.stats.status import Status


def make(value: float | None = 4.2, period: str = "2021", **more: object) -> Figure:
    base: dict[str, object] = {
        "id": f"rate.{period}.{more.get('area_code', 'E10000034')}",
        "indicator": "rate",
        "label": "Rate",
        "area_code": "E10000034",
        "area_name": "Worcestershire",
        "period": period,
        "value": value,
        "unit": "per 100,000",
        "status": Status.SHOWN if value is not None else Status.SUPPRESSED,
    }
    return Figure(**{**base, **more})  # type: ignore[arg-type]


def texts(table: figure_tables.Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_limits_have_columns_of_their_own() -> None:
    table = figure_tables.figures_table("t", "Rates", "Area", [("A", make(lower=3.3, upper=5.3))])
    assert [column.label for column in table.columns] == [
        "Area",
        "Value",
        "Lower 95% limit",
        "Upper 95% limit",
    ]
    assert texts(table) == [["A", "4.2", "3.3", "5.3"]]


def test_a_suppressed_figure_gives_its_symbol_in_every_cell() -> None:
    rows = [("A", make(lower=3.3, upper=5.3)), ("B", make(None, area_code="B"))]
    table = figure_tables.figures_table("t", "Rates", "Area", rows, counts=("Deaths", "Population"))
    assert texts(table)[1] == ["B", "[c]", "[c]", "[c]", "[c]", "[c]"]


def test_no_cell_is_blank_and_marks_stand_in_a_note_column() -> None:
    rows = [("A", make(marks=("e",))), ("B", make(area_code="B"))]
    table = figure_tables.figures_table("t", "Rates", "Area", rows)
    assert table.columns[-1].label == "Note"
    assert [row[-1].text for row in table.rows] == ["[e]", "none"]
    assert all(cell.text for row in table.rows for cell in row)


def test_without_any_limit_there_are_no_limit_columns() -> None:
    table = figure_tables.figures_table("t", "Rates", "Area", [("A", make())])
    assert [column.label for column in table.columns] == ["Area", "Value"]


def test_a_comparator_without_the_period_is_not_available() -> None:
    focus = Series("Here", "focus", (make(1, "2020"), make(2, "2021")))
    other = Series("England", "national", (make(3, "2021", area_code="E92000001"),))
    table = figure_tables.series_table("t", "Rates", focus, [other])
    assert texts(table) == [["2021", "2.0", "3.0"], ["2020", "1.0", "[x]"]]


def test_every_number_is_linked_to_its_figure() -> None:
    figure = make(lower=3.3, upper=5.3)
    table = figure_tables.figures_table("t", "Rates", "Area", [("A", figure)])
    assert table.rows[0][1].figure == figure.id
    assert table.figures == (figure,)


def test_counts_are_whole_and_named_for_what_they_count() -> None:
    focus = Series("Here", "focus", (make(numerator=1403.3, denominator=2635.0),))
    table = figure_tables.series_table("t", "Rates", focus, counted="people not in treatment")
    assert table.columns[-1].label == "Here: people not in treatment"
    cell = table.rows[0][-1]
    assert (cell.text, cell.value) == ("1,403", 1403.3)
