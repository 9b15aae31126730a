"""What changed between two reports: every field, what kind of change, and whether it is shown."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from needs import catalogue
from needs.errors import InvalidDataError, MissingDataError
from needs.figures.compared_reports import Change, changes, either_withheld, tally
from needs.figures.figure import Figure
from needs.figures.recorded import Recorded, read_recorded
from needs.stats.status import Status

INDICATORS = catalogue.load().indicators


def figure(period: str = "2020", value: float | None = 10.0, **more: Any) -> Figure:
    """A figure of the report's own area; `key`, `code` and `rest` make its id."""
    key, code = more.pop("key", "deaths"), more.get("area_code", "E1")
    parts = [key, code, period.replace(" ", "-").replace("/", "-"), "persons", "all-ages"]
    values: dict[str, Any] = {
        "id": ".".join([*parts, *more.pop("rest", ())]),
        "indicator": key,
        "label": "Deaths",
        "area_code": "E1",
        "area_name": "Here",
        "period": period,
        "value": value,
        "unit": "per 100,000",
        "sources": ("ons",),
        "source_rows": ("deaths.csv, line 3",),
    }
    return Figure(**{**values, **more})


def report(*figures: Figure, year: int = 2021, file: str = "one", **more: Any) -> Recorded:
    values: dict[str, Any] = {
        "area": "Here",
        "codes": ("E1",),
        "date": "2026-11-29",
        "geography": "LSOAs of 2011",
        "files": {"ons": frozenset({file})},
    }
    return Recorded(year=year, figures=figures, **{**values, **more})


def only(old: Recorded, new: Recorded) -> Change:
    (found,) = changes(old, new, INDICATORS)
    return found


def test_the_same_report_has_no_changes() -> None:
    same = report(figure(), figure("2021", 11.0))
    assert changes(same, same, INDICATORS) == ()


def test_a_number_that_the_publisher_changed_is_revised() -> None:
    found = only(report(figure()), report(figure(value=11.0), file="two"))
    assert (found.kind, found.fields, found.test) == ("revised", ("value",), "")


def test_limits_that_changed_are_a_revision_although_the_value_did_not() -> None:
    """From 7.3-13.2 to 9.0-22.0: what is printed in the text is the same."""
    old = report(figure(lower=7.3, upper=13.2))
    new = report(figure(lower=9.0, upper=22.0), file="two")
    found = only(old, new)
    assert (found.kind, found.fields) == ("revised", ("lower", "upper"))


def test_another_number_from_the_same_files_is_the_methods_doing() -> None:
    assert only(report(figure()), report(figure(value=11.0))).kind == "method or code"


def test_another_formula_is_a_change_of_method_even_of_the_same_number() -> None:
    old, new = report(figure(formula="a ÷ b")), report(figure(formula="a ÷ c"), file="two")
    assert (only(old, new).kind, only(old, new).fields) == ("method or code", ("formula",))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label", "Deaths registered"),
        ("area_name", "Over there"),
        ("note", "Provisional"),
        ("marks", ("p",)),
        ("decimals", 2),
        ("verdict", "worse"),
        ("bound", (1.0, 20.0)),
        ("sources", ("ons", "nhs")),
        ("source_rows", ("deaths.csv, line 4",)),
    ],
)
def test_what_is_around_a_number_is_a_label(field: str, value: Any) -> None:
    was = figure(area_name="There", area_code="E2") if field == "area_name" else figure()
    found = only(report(was), report(replace(was, **{field: value})))
    assert (found.kind, found.fields) == ("label only", (field,))


def test_every_field_of_a_figure_is_compared() -> None:
    """A field that is added to figures must be compared too."""
    from dataclasses import fields

    from needs.figures import compared_reports as module

    compared = {*module._NUMBERS, *module._METHOD, *module._LABELS}
    matched = {"id", "indicator", "area_code", "period", "sex", "age"}
    assert {one.name for one in fields(Figure)} == compared | matched


def test_a_later_period_is_tested_by_its_interval() -> None:
    old = report(figure(lower=8.0, upper=12.0))
    new = report(figure(), figure("2021", 20.0, lower=17.0, upper=23.0))
    found = [one for one in changes(old, new, INDICATORS) if one.kind == "new period"]
    assert [(one.test, one.clear) for one in found] == [("higher", True)]
    near = report(figure("2021", 11.0, lower=9.0, upper=13.0))
    assert only(old, near).test == "no clear change"


def test_periods_that_share_years_are_not_tested() -> None:
    old = report(figure("2018 to 2020", lower=8.0, upper=12.0))
    new = report(figure("2019 to 2021", 20.0, lower=17.0, upper=23.0))
    assert only(old, new).test == "not tested: the periods share years"
    whole = report(figure("2015/16 up to 2020/21", lower=8.0, upper=9.0))
    longer = report(figure("2015/16 up to 2021/22", 20.0, lower=17.0, upper=23.0), year=2022)
    assert only(whole, longer).test == "still a clear rise"


def test_a_trend_that_no_longer_shows_is_told() -> None:
    """A fall of 12.6% a year (-17.2 to -7.8) became one of 4.3% (-14.3 to 6.8)."""
    old = report(figure("2017/18 up to 2020/21", -12.6, lower=-17.2, upper=-7.8))
    new = report(figure("2017/18 up to 2021/22", -4.3, lower=-14.3, upper=6.8), year=2022)
    assert only(old, new).test == "was a clear fall, is no clear change"


def test_without_an_interval_there_is_no_test() -> None:
    assert only(report(figure()), report(figure("2021"))).test == "not tested: no interval"


def test_a_declared_break_is_not_called_newer() -> None:
    """The first indicator of the catalogue whose series breaks."""
    key, year = next((key, min(one.breaks)) for key, one in INDICATORS.items() if one.breaks)
    old = report(figure(f"{year - 1}", key=key, lower=8.0, upper=12.0), year=year)
    new = report(figure(f"{year}", 20.0, key=key, lower=17.0, upper=23.0), year=year)
    found = only(old, new)
    assert (found.kind, found.test) == ("other edition or geography", "")
    assert found.why == INDICATORS[key].breaks[year]


def test_a_break_that_the_publisher_marks_is_none_either() -> None:
    assert only(report(figure()), report(figure("2021", marks=("b",)))).why == (
        "the publisher marks a break in the series"
    )


def test_another_edition_of_an_index_is_no_later_period() -> None:
    old, new = report(figure("IoD2019")), report(figure("IoD2025"), year=2025)
    assert only(old, new).why == "another edition: IoD2025, and not IoD2019"


def test_other_small_areas_are_another_geography() -> None:
    rows = ("index.csv, 364 LSOAs of E1",)
    old = report(figure("IoD2019", source_rows=rows))
    new = report(figure("IoD2025", source_rows=rows), year=2025, geography="LSOAs of 2021")
    assert only(old, new).why == "other small areas: LSOAs of 2021"


def test_another_area_under_the_name_is_said() -> None:
    old, new = report(figure()), report(figure("2021", area_code="E3"), codes=("E3",))
    assert only(old, new).why == "another area under the name: E3, and not E1"


def test_measures_appear_and_go() -> None:
    old, new = report(figure(key="waits")), report(figure(key="need"))
    assert [(one.kind, one.figure.indicator) for one in changes(old, new, INDICATORS)] == [
        ("appeared", "need"),
        ("gone", "waits"),
    ]


def test_categories_are_measures_of_their_own() -> None:
    old = report(figure(rest=("Asian",)), figure(rest=("White",), value=5.0))
    new = report(figure("2021", rest=("White",), value=6.0), figure(rest=("Asian",)))
    assert only(old, new).old == old.figures[1]


def test_what_is_published_after_the_reporting_year_is_not_its_newest_figure() -> None:
    """The report for 2021 tells 2023 as news; that for 2023 is about it."""
    series = (figure(), figure("2023", 12.0))
    found = only(report(*series, year=2021), report(*series, year=2023))
    assert (found.kind, found.old, found.new) == ("new period", *series)


def test_a_figure_made_for_the_reporting_year_is_newer_only_if_it_moved() -> None:
    old = report(figure("for 2025"), year=2025)
    assert changes(old, report(figure("for 2026"), year=2026), INDICATORS) == ()
    moved = only(old, report(figure("for 2026", 12.0), year=2026))
    assert moved.kind == "new period"


def test_a_period_that_is_withdrawn_is_gone() -> None:
    found = only(report(figure(), figure("2021", 11.0)), report(figure()))
    assert (found.kind, found.figure.period) == ("gone", "2021")


def test_what_is_now_withheld_is_told_without_its_number() -> None:
    hidden = figure(value=None, status=Status.SUPPRESSED)
    found = only(report(figure()), report(hidden, file="two"))
    assert found.kind == "revised" and either_withheld(found)


def test_the_own_area_comes_first_then_what_is_shown_then_the_largest() -> None:
    def measures(period: str, *values: float) -> list[Figure]:
        there = {"area_code": "E2", "area_name": "There"}
        return [
            figure(period, values[0], key="a", lower=values[0] - 9, upper=values[0] + 9),
            figure(period, values[1], key="b", lower=values[1] - 9, upper=values[1] + 9),
            figure(period, values[2], key="c"),
            figure(period, values[3], key="d", **there),
        ]

    old = report(*measures("2020", 100, 100, 100, 100))
    new = report(*measures("2021", 150, 130, 300, 900))
    found = changes(old, new, INDICATORS)
    assert [one.figure.indicator for one in found] == ["a", "b", "c", "d"]
    assert tally(found) == {"new period": 4}


def test_the_order_of_the_figures_does_not_matter() -> None:
    old = [figure(key=key, value=float(number)) for number, key in enumerate("abcdefgh")]
    new = [one.with_(id=one.id.replace("2020", "2021"), period="2021") for one in old]
    expected = changes(report(*old), report(*new), INDICATORS)
    random.Random(4).shuffle(new)
    assert changes(report(*reversed(old)), report(*new), INDICATORS) == expected


@pytest.mark.parametrize("content", ["", "[]", '{"figures": 3}', '{"figures": [{}], "report": 2}'])
def test_a_register_that_no_report_writes_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "figures.json").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidDataError):
        read_recorded(tmp_path)


def test_a_folder_without_a_register_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError) as caught:
        read_recorded(tmp_path)
    assert caught.value.problem.remedy == "Name the folder of a report."
