from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from needs.errors import InvalidDataError, ParameterError
from needs.stats import inputs
from needs.stats.rates import crude_rate

RATE = {"count": "count", "population": "pop"}


def grouped(frame, by):
    check = inputs.begin(frame, by, [], "test")
    groups = inputs.group(check)
    check.finish()
    return groups


@pytest.mark.parametrize("number", [3, 3000])
def test_groups_are_those_of_pandas(number):
    # many levels in several columns have far more combinations than rows
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "a": random.integers(0, number, 4000),
            "b": random.integers(0, number, 4000).astype(str),
            "c": pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 9, 4000), "D"),
            "x": random.random(4000),
        }
    )
    by = ["a", "b", "c"]
    groups = grouped(frame, by)
    expected = frame.groupby(by, as_index=False)["x"].sum()
    pd.testing.assert_frame_equal(groups.keys, expected[by])
    np.testing.assert_allclose(groups.total(frame["x"].to_numpy()), expected["x"], rtol=1e-12)
    assert groups.sizes().tolist() == frame.groupby(by).size().tolist()


def test_categories_keep_their_order_and_unused_ones_give_no_rows():
    sizes = pd.Categorical(
        ["big", "small", "big"], categories=["small", "middle", "big"], ordered=True
    )
    data = pd.DataFrame({"size": sizes, "year": [1, 1, 2], "count": [1, 2, 3], "pop": [9, 9, 9]})
    ours = crude_rate(data, by=["size"], **RATE)
    assert ours["size"].tolist() == ["small", "big"]
    assert ours["size"].dtype == data["size"].dtype


def test_a_missing_group_is_refused_not_dropped():
    data = pd.DataFrame({"area": ["A", None, "B"], "count": [1, 2, 3], "pop": [9, 9, 9]})
    with pytest.raises(InvalidDataError, match="'area' is missing") as error:
        crude_rate(data, by=["area"], **RATE)
    assert "row 1" in str(error.value)


def test_no_groups_give_one_row_for_all():
    data = pd.DataFrame({"area": ["A", "B"], "count": [1, 2], "pop": [9, 9]})
    assert crude_rate(data, by=[], **RATE)["total_count"].tolist() == [3]


def test_an_empty_frame_gives_an_empty_result():
    data = pd.DataFrame({"area": pd.Series(dtype=str), "count": pd.Series(dtype=float), "pop": []})
    for by in ([], ["area"]):
        ours = crude_rate(data, by=by, **RATE)
        assert len(ours) == 0
        assert {*by, "value", "lower95_0", "status"} <= set(ours.columns)


def test_nullable_and_integer_columns_are_numbers():
    data = pd.DataFrame({"area": ["A", "B"], "pop": [10, 20]})
    for count in (pd.array([1, None], "Int64"), pd.array([1.0, None], "Float64"), [1, None]):
        ours = crude_rate(data.assign(count=pd.Series(count)), by=["area"], **RATE)
        assert ours["status"].tolist() == ["shown", "unavailable"]
    mixed = crude_rate(data.assign(count=pd.Series([1, None], dtype=object)), by=["area"], **RATE)
    assert mixed["status"].tolist() == ["shown", "unavailable"]


@pytest.mark.parametrize("bad", [["1", "2"], [True, False], [1, "x"], [1, [2]]])
def test_what_is_not_a_number_is_refused(bad):
    data = pd.DataFrame({"area": ["A", "B"], "count": bad, "pop": [10, 20]})
    with pytest.raises(InvalidDataError, match="not a number"):
        crude_rate(data, by=["area"], **RATE)


def test_columns_that_are_not_there_are_all_named():
    data = pd.DataFrame({"area": ["A"], "deaths": [1]})
    with pytest.raises(InvalidDataError) as error:
        crude_rate(data, by=["area", "sex"], **RATE)
    named = str(error.value)
    assert all(f"'{name}' is not there" in named for name in ("sex", "count", "pop"))
    assert "area, deaths" in named


def test_a_column_that_stands_twice_is_refused():
    data = pd.DataFrame([["A", 1, 2, 3]], columns=["area", "count", "count", "pop"])
    with pytest.raises(InvalidDataError, match="there twice"):
        crude_rate(data, by=["area"], **RATE)


def test_by_must_be_a_list_and_not_clash_with_the_result():
    data = pd.DataFrame({"area": ["A"], "value": [1], "count": [1], "pop": [2]})
    with pytest.raises(ParameterError, match="one text"):
        crude_rate(data, by="area", **RATE)
    with pytest.raises(ParameterError, match="'lower95_0'"):
        crude_rate(data.assign(lower95_0=1), by=["lower95_0"], **RATE)
    with pytest.raises(ParameterError, match="'value'"):
        crude_rate(data, by=["value"], **RATE)


def test_confidence_is_checked_and_named():
    data = pd.DataFrame({"area": ["A"], "count": [1], "pop": [2]})
    for bad in ((95,), (), (0.95, 1.0)):
        with pytest.raises(ParameterError, match="confidence"):
            crude_rate(data, by=["area"], confidence=bad, **RATE)
    ours = crude_rate(data, by=["area"], confidence=0.9999, **RATE)
    assert "lower99_99" in ours


def test_only_the_first_rows_are_named_and_the_rest_counted():
    data = pd.DataFrame({"area": [f"A{n}" for n in range(1200)], "count": -1, "pop": 5})
    with pytest.raises(InvalidDataError, match="and 1,195 more"):
        crude_rate(data, by=["area"], **RATE)


def test_rows_with_one_label_are_named_by_position():
    data = pd.DataFrame({"area": list("ABC"), "count": [1, -1, 2], "pop": 9}, index=[0, 0, 1])
    with pytest.raises(InvalidDataError, match=r"position 1 \(area B\)"):
        crude_rate(data, by=["area"], **RATE)
    with pytest.raises(InvalidDataError, match=r"row x \(area B\)"):
        crude_rate(data.set_index(pd.Index(["v", "x", "y"])), by=["area"], **RATE)


@pytest.mark.parametrize("huge", [10**400, -(10**400)])
def test_integers_beyond_any_float_are_infinite(huge):
    data = pd.DataFrame({"area": list("AB"), "count": [1, huge], "pop": 9}, dtype=object)
    with pytest.raises(InvalidDataError, match="infinite") as error:
        crude_rate(data, by=["area"], **RATE)
    assert "row 1 (area B)" in str(error.value)


def test_complex_numbers_are_not_numbers():
    data = pd.DataFrame({"area": ["A"], "count": [1 + 2j], "pop": [9]})
    with pytest.raises(InvalidDataError, match="not a number"):
        crude_rate(data, by=["area"], **RATE)
