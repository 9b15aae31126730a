"""What must hold for every function alike: what it refuses, keeps, and does not touch."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from needs.errors import InvalidDataError, ParameterError
from needs.stats import compare, gradients, intervals, proportions, rates, spatial, trend
from needs.stats import unmet_need as need
from needs.stats.rates import ESP2013

BANDS = list(ESP2013)
IDS = list("abcdef")
EDGES = pd.DataFrame({"area": IDS, "neighbour": [*IDS[1:], "a"]})


def banded() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": np.repeat(["P", "Q"], 19),
            "age": BANDS * 2,
            "n": np.arange(38.0) + 1,
            "people": np.arange(38) * 10.0 + 900,
            "all_n": np.tile(np.arange(19.0) * 10 + 5, 2),
            "all_people": np.tile(np.arange(19.0) * 100 + 9000, 2),
        }
    )


def repeated_events() -> pd.DataFrame:
    return pd.concat([banded().assign(times=1.0), banded().assign(times=2.0)], ignore_index=True)


def shares() -> pd.DataFrame:
    return pd.DataFrame({"place": list("PPQ"), "n": [3.0, 20.0, 7.0], "people": [50.0, 90.0, 70.0]})


def members() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": list("PPQ"),
            "treated": [100.0, 40.0, 70.0],
            "prevalent": [500.0, 300.0, 400.0],
            "low": [400.0, 200.0, 300.0],
            "high": [700.0, 500.0, 600.0],
        }
    )


def deciles() -> pd.DataFrame:
    value = np.tile(np.linspace(9.0, 4.0, 10), 2)
    return pd.DataFrame(
        {
            "place": np.repeat(["P", "Q"], 10),
            "decile": np.tile(np.arange(1, 11), 2),
            "people": np.tile(np.arange(10) * 7.0 + 100, 2),
            "rate": value,
            "low": value * 0.9,
            "high": value * 1.2,
            "error": value * 0.08,
        }
    )


def years() -> pd.DataFrame:
    value = np.tile([5.0, 5.6, 6.1, 6.4, 7.2], 2)
    return pd.DataFrame(
        {
            "place": np.repeat(["P", "Q"], 5),
            "year": np.tile(np.arange(2018, 2023), 2),
            "rate": value,
            "low": value - 0.4,
            "high": value + 0.5,
        }
    )


def figures() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": list("PQR"),
            "rate": [4.3, 5.6, 3.1],
            "low": [3.3, 5.1, 2.0],
            "high": [5.3, 6.0, 5.0],
            "other": [3.0, 3.5, 3.3],
            "other_low": [2.0, 3.1, 3.0],
            "other_high": [4.0, 4.0, 3.8],
            "england": [5.0, 4.0, 5.0],
        }
    )


def funnel() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": list("PQRS"),
            "year": [1, 1, 2, 2],
            "n": [30.0, 70.0, 40.0, 15.0],
            "people": [9000.0, 20000.0, 7000.0, 8000.0],
            "rate": [300.0, 350.0, 600.0, 190.0],
            "england": [330.0, 330.0, 400.0, 400.0],
        }
    )


def scores() -> pd.DataFrame:
    return pd.DataFrame({"place": ["P"] * 6 + ["Q"] * 6, "area": IDS * 2, "score": np.arange(12.0)})


def mapped() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": np.repeat(["P", "Q"], 6),
            "id": IDS * 2,
            "rate": [9.0, 8.0, 3.0, 1.0, 2.0, 7.0, 5.0, 1.0, 4.0, 9.0, 8.0, 8.5],
            "n": np.arange(12.0),
            "people": np.arange(12.0) * 10 + 800,
        }
    )


@dataclass(frozen=True)
class Call:
    """One function with columns of a frame that it takes."""

    run: Callable[..., pd.DataFrame]
    frame: Callable[[], pd.DataFrame]
    #: Columns of numbers, and those of them that may be negative.
    numbers: tuple[str, ...]
    any_sign: tuple[str, ...] = ()
    #: Whether rows are kept as they are, in their order, rather than one per group.
    keeps_rows: bool = False
    #: A column that the result keeps and that a caller could name otherwise.
    key: str = "place"
    by: bool = True


DSR = {"count": "n", "population": "people", "age_band": "age"}
INDIRECT = {**DSR, "reference_count": "all_n", "reference_population": "all_people"}
NEED = {
    "treated": "treated",
    "prevalence": "prevalent",
    "prevalence_lower": "low",
    "prevalence_upper": "high",
}
SLOPE = {"quantile": "decile", "population": "people", "value": "rate"}
BOUNDS = {"lower": "low", "upper": "high"}
RATE = ("rate", "low", "high")

CALLS: dict[str, Call] = {
    "crude_rate": Call(
        partial(rates.crude_rate, count="n", population="people"), shares, ("n", "people")
    ),
    "directly_standardised_rate": Call(
        partial(rates.directly_standardised_rate, **DSR), banded, ("n", "people")
    ),
    "directly_standardised_rate, repeat events": Call(
        partial(rates.directly_standardised_rate, events="repeat", frequency="times", **DSR),
        repeated_events,
        ("n", "people", "times"),
    ),
    "indirectly_standardised": Call(
        partial(rates.indirectly_standardised, **INDIRECT),
        banded,
        ("n", "people", "all_n", "all_people"),
    ),
    "indirectly_standardised, rate": Call(
        partial(rates.indirectly_standardised, **INDIRECT, result="rate"),
        banded,
        ("n", "people", "all_n", "all_people"),
    ),
    "proportion": Call(
        partial(proportions.proportion, count="n", denominator="people"), shares, ("n", "people")
    ),
    "unmet_need": Call(
        partial(need.unmet_need, **NEED), members, ("treated", "prevalent", "low", "high")
    ),
    "places_to_reach": Call(
        partial(need.places_to_reach, target=0.4, **NEED),
        members,
        ("treated", "prevalent", "low", "high"),
    ),
    "quantiles": Call(
        partial(gradients.quantiles, value="score", number=3),
        scores,
        ("score",),
        any_sign=("score",),
        keeps_rows=True,
    ),
    "slope_index": Call(
        partial(gradients.slope_index, standard_error="error", **SLOPE),
        deciles,
        ("decile", "people", "rate", "error"),
        any_sign=("rate",),
    ),
    "slope_index, limits": Call(
        partial(gradients.slope_index, **BOUNDS, **SLOPE),
        deciles,
        ("people", *RATE),
        any_sign=("low",),
    ),
    "slope_index, drawn": Call(
        partial(gradients.slope_index, kind="rate", draws=200, **BOUNDS, **SLOPE),
        deciles,
        ("people", *RATE),
    ),
    "recent_trend": Call(
        partial(trend.recent_trend, time="year", value="rate", **BOUNDS),
        years,
        ("year", *RATE),
        any_sign=("year", "low"),
    ),
    "against_reference": Call(
        partial(compare.against_reference, reference="england", **BOUNDS),
        figures,
        ("low", "high", "england"),
        any_sign=("low", "england"),
        keeps_rows=True,
        by=False,
    ),
    "difference": Call(
        partial(
            compare.difference,
            value="rate",
            other="other",
            other_lower="other_low",
            other_upper="other_high",
            **BOUNDS,
        ),
        figures,
        (*RATE, "other", "other_low", "other_high"),
        any_sign=("low", "other_low"),
        keeps_rows=True,
        by=False,
    ),
    "funnel_limits": Call(
        partial(compare.funnel_limits, denominator="people", reference="england"),
        funnel,
        ("people", "england"),
        keeps_rows=True,
    ),
    "funnel_outliers": Call(
        partial(compare.funnel_outliers, count="n", denominator="people"),
        funnel,
        ("n", "people"),
        keeps_rows=True,
    ),
    "funnel_outliers, standardised": Call(
        partial(compare.funnel_outliers, count="n", value="rate", reference="england"),
        funnel,
        ("n", "rate", "england"),
        keeps_rows=True,
    ),
    "morans_i": Call(
        partial(spatial.morans_i, edges=EDGES, area="id", value="rate"),
        mapped,
        ("rate",),
        any_sign=("rate",),
    ),
    "gi_star": Call(
        partial(spatial.gi_star, edges=EDGES, area="id", value="rate"),
        mapped,
        ("rate",),
        any_sign=("rate",),
    ),
}
GROUPED = [name for name, call in CALLS.items() if call.by]
PUBLIC = [
    function
    for module in (rates, proportions, need, gradients, trend, compare, spatial, intervals)
    for name, function in vars(module).items()
    if inspect.isfunction(function)
    and function.__module__ == module.__name__
    and not name.startswith("_")
]
#: Helpers that are not statistics: their docstring needs no formula.
PLAIN = {"is_number"}


def run(name: str, frame: pd.DataFrame | None = None, **options: Any) -> pd.DataFrame:
    call = CALLS[name]
    data = call.frame() if frame is None else frame
    by = {"by": [call.key]} if call.by else {}
    return call.run(data, **{**by, **options})


def table_of(function: str) -> str:
    return function.split(",")[0]


def test_every_function_of_a_frame_is_tried():
    of_frames = {
        function.__name__ for function in PUBLIC if "data" in inspect.signature(function).parameters
    }
    assert of_frames == {table_of(name) for name in CALLS}


@pytest.mark.parametrize("bad", [-1.0, np.inf, "five"])
@pytest.mark.parametrize(
    ("name", "column"), [(name, column) for name, call in CALLS.items() for column in call.numbers]
)
def test_a_number_that_cannot_be_is_refused_with_its_row(name, column, bad):
    call = CALLS[name]
    frame = call.frame().astype({column: object})
    frame.index = [f"r{number}" for number in range(len(frame))]
    frame.loc["r1", column] = bad
    if bad == -1.0 and column in call.any_sign:
        run(name, frame)
        return
    with pytest.raises(InvalidDataError, match=r"row r1\b"):
        run(name, frame)


@pytest.mark.parametrize("name", CALLS)
def test_no_column_that_is_kept_is_overwritten(name):
    # trap: a result's column takes the place of the caller's
    call = CALLS[name]
    frame = call.frame()
    result = run(name, frame)
    added = [column for column in result.columns if column not in {*frame.columns, call.key}]
    assert len(added) >= 2
    for column in added:
        if call.keeps_rows:
            clash = frame.assign(**{column: "mine"})
            with pytest.raises(ParameterError, match=f"'{column}'"):
                run(name, clash)
        if call.by:
            with pytest.raises(ParameterError, match=f"'{column}'"):
                run(name, frame.rename(columns={call.key: column}), by=[column])


@pytest.mark.parametrize("column", ["value", "z", "p_adjusted", "cluster", "status"])
def test_the_column_of_areas_is_not_overwritten(column):
    with pytest.raises(ParameterError, match=f"'{column}'"):
        spatial.gi_star(
            mapped().iloc[:6].rename(columns={"id": column}), EDGES, area=column, value="rate"
        )


@pytest.mark.parametrize("name", CALLS)
def test_the_input_stays_as_it_was(name):
    frame = CALLS[name].frame()
    before = frame.copy(deep=True)
    result = run(name, frame)
    result.iloc[:, :] = result.iloc[::-1].to_numpy()
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", CALLS)
def test_order_of_rows_does_not_matter(name, seed):
    call = CALLS[name]
    frame = call.frame()
    expected, ours = run(name, frame), run(name, frame.sample(frac=1, random_state=seed))
    if call.keeps_rows:
        ours = ours.loc[frame.index]
    pd.testing.assert_frame_equal(expected, ours, rtol=1e-12)


@pytest.mark.parametrize("name", GROUPED)
def test_order_of_categories_orders_the_groups_and_changes_nothing_else(name):
    call = CALLS[name]
    frame = call.frame()
    labels = sorted(frame[call.key].unique(), reverse=True)
    kind = pd.CategoricalDtype([*labels, "nobody lives here"], ordered=True)
    turned = run(name, frame.astype({call.key: kind})).astype({call.key: "str"})
    expected = run(name, frame)
    if not call.keeps_rows:
        assert turned[call.key].drop_duplicates().tolist() == labels
        turned = turned.sort_values(call.key, kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(expected, turned, rtol=1e-12)


@pytest.mark.parametrize("name", CALLS)
def test_no_rows_give_no_rows_and_no_warning(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for options in ({}, {"by": []}) if CALLS[name].by else ({},):
            if "edges" in getattr(CALLS[name].run, "keywords", {}):
                options = {**options, "edges": EDGES.iloc[:0]}
            assert len(run(name, CALLS[name].frame().iloc[:0], **options)) == 0


@pytest.mark.parametrize("name", GROUPED)
def test_groups_must_be_named_once_in_a_list(name):
    for by, message in (("place", "one text"), (None, "None"), (["place"] * 2, "twice")):
        with pytest.raises(ParameterError, match=message):
            run(name, by=by)
    with pytest.raises(InvalidDataError, match="holds lists"):
        run(name, CALLS[name].frame().assign(place=[[1]] * len(CALLS[name].frame())))


@pytest.mark.parametrize("name", GROUPED)
def test_a_row_without_a_group_is_refused_with_all_other_faults(name):
    call = CALLS[name]
    frame = call.frame()
    frame.loc[0, call.key] = None
    column = call.numbers[0]
    frame = frame.astype({column: object})
    frame.loc[1, column] = "five"
    with pytest.raises(InvalidDataError) as error:
        run(name, frame)
    assert "'place' is missing" in str(error.value)
    assert f"'{column}' holds" in str(error.value)


@pytest.mark.parametrize("name", GROUPED)
def test_columns_of_no_concern_may_hold_anything(name):
    frame = CALLS[name].frame()
    frame["notes"] = [{"list": [number]} for number in range(len(frame))]
    pd.testing.assert_frame_equal(
        run(name), run(name, frame).drop(columns="notes", errors="ignore")
    )


@pytest.mark.parametrize(
    "name",
    ["crude_rate", "proportion", "unmet_need", "quantiles", "funnel_limits", "funnel_outliers"],
)
def test_a_repeated_row_is_refused_whatever_else_it_holds(name):
    frame = CALLS[name].frame().assign(notes=None)
    frame["notes"] = [[number] for number in range(len(frame))]
    again = pd.concat([frame, frame.iloc[[1]]], ignore_index=True)
    with pytest.raises(InvalidDataError, match="same in every column") as error:
        run(name, again)
    assert "row 1" in str(error.value)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, call in CALLS.items()
        if "multiplier" in inspect.signature(call.run).parameters
    ],
)
@pytest.mark.parametrize("bad", [0, -100, np.inf, np.nan, "100", True])
def test_a_multiplier_must_be_a_number_above_nought(name, bad):
    if "slope_index" in name and bad == -100:
        return  # turns the indices round
    with pytest.raises(ParameterError, match="multiplier"):
        run(name, multiplier=bad)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, call in CALLS.items()
        if inspect.signature(call.run).parameters.get("confidence")
        and "Sequence" in str(inspect.signature(call.run).parameters["confidence"].annotation)
    ],
)
def test_levels_of_confidence(name):
    for bad in ("0.95", ("0.95",), None, (), (95,), (0.95, 1.0), np.nan, True):
        with pytest.raises(ParameterError, match="onfidence"):
            run(name, confidence=bad)
    expected = run(name, confidence=(0.95,))
    for same in (0.95, np.float32(0.95), [np.float32(0.95)], np.array([0.95])):
        pd.testing.assert_frame_equal(expected, run(name, confidence=same))


@pytest.mark.parametrize("function", PUBLIC, ids=lambda function: function.__name__)
def test_docstrings_say_everything(function):
    text = inspect.getdoc(function)
    assert text
    if function.__name__ in PLAIN:
        return
    sections = ["Parameters", "Returns", "Raises", "Notes", "Examples"]
    places = [text.find(f"\n{section}\n{'-' * len(section)}\n") for section in sections]
    assert all(place > 0 for place in places), dict(zip(sections, places, strict=True))
    assert places == sorted(places)
    parameters = text[places[0] : places[1]]
    for name in inspect.signature(function).parameters:
        assert name in parameters, name
    notes = text[places[3] : places[4]]
    assert any(year in notes for year in map(str, range(1900, 2030))) or "Profiles" in notes
    assert ">>>" in text[places[4] :]
