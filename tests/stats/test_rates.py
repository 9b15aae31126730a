from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest

from needs.errors import InvalidDataError, ParameterError
from needs.stats.rates import (
    ESP2013,
    crude_rate,
    directly_standardised_rate,
    indirectly_standardised,
)

BOTH = (0.95, 0.998)
RATIO = indirectly_standardised
RATE = partial(indirectly_standardised, result="rate")
DSR = {"count": "count", "population": "pop", "age_band": "age"}
INDIRECT = {
    "count": "count",
    "population": "pop",
    "reference_count": "refcount",
    "reference_population": "refpop",
    "age_band": "ageband",
}


@pytest.fixture
def bands():
    """One area with the 19 bands of the standard and 5 events in each."""
    return pd.DataFrame({"area": "A", "age": list(ESP2013), "count": 5.0, "pop": 20_000.0})


def test_standard_population():
    assert len(ESP2013) == 19
    assert sum(ESP2013.values()) == 100_000
    with pytest.raises(TypeError):
        ESP2013["0-4"] = 1  # type: ignore[index]


@pytest.mark.oracle
def test_directly_standardised_rates_match_the_national_package(read_oracle, agree, both_levels):
    data = read_oracle("in/dsr.csv")
    assert data["count"].isna().any()
    ours = directly_standardised_rate(data, by=["indicator", "area"], confidence=BOTH, **DSR)
    theirs = read_oracle("out/dsr.csv")
    totals = {"total_count": "total_count", "total_denominator": "total_pop"}
    agree(ours, theirs, ["indicator", "area"], both_levels | totals)
    assert (ours["status"] == "unreliable").equals(ours["total_count"] < 10)
    marked = ours["total_count"].between(10, 20, inclusive="left")
    assert (ours["marks"] == "u").equals(marked)
    assert ours["missing_counts"].sum() == data["count"].isna().sum()


@pytest.mark.oracle
def test_directly_standardised_rate_of_edge_cases(read_oracle, agree, both_levels):
    data, theirs = read_oracle("in/dsr_edge.csv"), read_oracle("out/dsr_edge.csv")
    totals = {"total_count": "total_count", "total_denominator": "total_pop"}
    short = 0
    for case, rows in data.groupby("case"):
        # each case has its own standard: some leave bands out, some have a weight of 0
        standard = dict(zip(rows["age"], rows["stdpop"], strict=True))
        ours = directly_standardised_rate(
            rows, by=["case"], standard=standard, confidence=BOTH, **DSR
        )
        agree(ours, theirs[theirs["case"] == case], ["case"], both_levels | totals)
        if len(rows) < 19:
            short += 1
            # the package takes what is there; against the whole standard ours must refuse
            with pytest.raises(InvalidDataError, match="absent"):
                directly_standardised_rate(rows, by=["case"], **DSR)
    assert short == 23


@pytest.mark.oracle
def test_repeat_events_match_the_national_package(read_oracle, agree, both_levels):
    data = read_oracle("in/dsr_nonind.csv")
    options = {**DSR, "count": "persons", "events": "repeat", "frequency": "freq"}
    ours = directly_standardised_rate(data, by=["area"], confidence=BOTH, **options)
    theirs = read_oracle("out/dsr_nonind.csv")
    totals = {"total_count": "total_count", "total_denominator": "total_pop"}
    agree(ours, theirs, ["area"], both_levels | totals)
    # cells in which nobody falls may be absent: the weights are still those of all bands
    kept = data[(data["persons"] != 0) | (data["freq"] == 1)]
    assert len(kept) < len(data)
    fewer = directly_standardised_rate(kept, by=["area"], confidence=BOTH, **options)
    pd.testing.assert_frame_equal(ours, fewer)


@pytest.mark.oracle
def test_crude_rates_match_the_national_package(read_oracle, agree, both_levels):
    data = read_oracle("in/rate.csv").reset_index(names="row")
    ours = crude_rate(data, by=["row"], count="x", population="n", confidence=BOTH)
    theirs = read_oracle("out/rate.csv").reset_index(names="row")
    agree(ours, theirs, ["row"], both_levels)
    names = {"Exact": "exact", "Byars": "Byar"}
    assert ours["method"].tolist() == theirs["method"].map(names).tolist()
    assert (ours["total_count"] == 0).any()


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("call", "result"),
    [(RATIO, "isratio"), (RATE, "israte")],
)
def test_indirect_standardisation_matches_the_national_package(
    read_oracle, agree, both_levels, call, result
):
    data, theirs = read_oracle("in/isr.csv"), read_oracle(f"out/{result}.csv")
    ours = call(data, by=["indicator", "area"], confidence=BOTH, **INDIRECT)
    columns = both_levels | {"total_count": "observed", "total_denominator": "expected"}
    if result == "israte":
        columns["reference_rate"] = "ref_rate"
    agree(ours, theirs, ["indicator", "area"], columns)
    assert ours["missing_counts"].sum() == data["count"].isna().sum() > 0


def test_all_grouping_columns_and_the_input_are_kept(bands):
    data = bands.assign(sex="male", year=2021)
    before = data.copy(deep=True)
    ours = directly_standardised_rate(data, by=["area", "sex", "year"], **DSR)
    pd.testing.assert_frame_equal(data, before)
    assert ours.columns[:3].tolist() == ["area", "sex", "year"]
    assert ours["year"].dtype == data["year"].dtype
    crude_rate(data, by=["area"], count="count", population="pop")
    pd.testing.assert_frame_equal(data, before)


def test_several_levels_of_confidence_in_one_call(bands):
    ours = directly_standardised_rate(bands, by=["area"], confidence=(0.9, 0.95, 0.998), **DSR)
    row = ours.iloc[0]
    limits = [f"{side}{level}" for level in ("90_0", "95_0", "99_8") for side in ("lower", "upper")]
    assert set(limits) <= set(ours.columns)
    assert row["lower99_8"] < row["lower95_0"] < row["lower90_0"] < row["value"]
    assert row["upper99_8"] > row["upper95_0"] > row["upper90_0"] > row["value"]


def test_bands_are_joined_by_label_not_by_position(bands):
    # trap: the standard population joined by row order
    data = bands.assign(count=np.arange(19) * 3.0)
    turned = data.iloc[::-1]
    expected = directly_standardised_rate(data, by=["area"], **DSR)
    pd.testing.assert_frame_equal(expected, directly_standardised_rate(turned, by=["area"], **DSR))
    by_position = (turned["count"] / turned["pop"] * list(ESP2013.values())).sum()
    assert by_position != pytest.approx(expected["value"].iloc[0])


def test_an_absent_band_is_refused_and_named(bands):
    # trap: an absent band silently truncates the rate
    with pytest.raises(InvalidDataError) as error:
        directly_standardised_rate(bands[bands["age"] != "90+"], by=["area"], **DSR)
    assert "90+" in str(error.value)
    assert "area A" in str(error.value)


def test_every_group_without_all_bands_is_named_or_counted(bands):
    many = pd.concat([bands.assign(area=f"area {n}").iloc[:18] for n in range(8)])
    with pytest.raises(InvalidDataError, match="3 more groups"):
        directly_standardised_rate(many, by=["area"], **DSR)


def test_a_doubled_band_is_refused(bands):
    doubled = pd.concat([bands, bands.iloc[[3]].assign(count=6.0)], ignore_index=True)
    with pytest.raises(InvalidDataError, match="twice") as error:
        directly_standardised_rate(doubled, by=["area"], **DSR)
    assert "row 3 (area A); row 19 (area A)" in str(error.value)


def test_an_unknown_band_is_refused(bands):
    other = bands.assign(age=bands["age"].replace("90+", "90 and over"))
    with pytest.raises(InvalidDataError, match="standard population does not have"):
        directly_standardised_rate(other, by=["area"], **DSR)


@pytest.mark.parametrize("population", [0.0, -1.0, np.nan, np.inf])
def test_a_band_without_population_is_refused(bands, population):
    bands.loc[7, "pop"] = population
    with pytest.raises(InvalidDataError, match=r"row 7 \(area A\)"):
        directly_standardised_rate(bands, by=["area"], **DSR)


@pytest.mark.parametrize("count", [-1.0, np.inf])
def test_an_impossible_count_is_refused(bands, count):
    bands.loc[7, "count"] = count
    with pytest.raises(InvalidDataError, match=r"row 7 \(area A\)"):
        directly_standardised_rate(bands, by=["area"], **DSR)
    with pytest.raises(InvalidDataError, match=r"row 7 \(area A\)"):
        crude_rate(bands, by=["area"], count="count", population="pop")


def test_all_faults_are_reported_at_once(bands):
    bands.loc[2, "count"] = -1
    bands.loc[4, "pop"] = 0
    bands.loc[6, "age"] = "old"
    with pytest.raises(InvalidDataError) as error:
        directly_standardised_rate(bands, by=["area"], **DSR)
    assert [problem.where for problem in error.value.problems] == [
        "row 2 (area A)",
        "row 4 (area A)",
        "row 6 (area A)",
    ]


def test_absent_bands_and_bands_without_a_group_are_reported_with_the_rest(bands):
    other = bands.assign(area="B").iloc[:18]
    data = pd.concat([bands, other, bands.assign(area="C")], ignore_index=True)
    data.loc[2, "count"] = -1
    data.loc[45, "area"] = None
    data.loc[50, "age"] = "old"
    with pytest.raises(InvalidDataError) as error:
        directly_standardised_rate(data, by=["area"], **DSR)
    assert [(problem.what, problem.where) for problem in error.value.problems] == [
        ("Column 'count' must not be below 0.", "row 2 (area A)"),
        ("Grouping column 'area' is missing.", "row 45 (area nan)"),
        (
            "Column 'age' has an age band that the standard population does not have.",
            "row 50 (area C)",
        ),
        ("Age bands are absent in column 'age': 90+.", "area B"),
    ]
    # every row lost: still one clear error
    with pytest.raises(InvalidDataError, match="'area' is missing"):
        directly_standardised_rate(bands.assign(area=None), by=["area"], **DSR)
    with pytest.raises(InvalidDataError, match="does not have"):
        directly_standardised_rate(bands.assign(age="old"), by=["area"], **DSR)


def test_repeat_events_report_all_faults_too(bands):
    repeat = pd.concat([bands.assign(times=1), bands.assign(times=2)], ignore_index=True)
    repeat.loc[0, "area"] = None
    repeat.loc[3, "age"] = "old"
    repeat.loc[[5, 24], "age"] = "20-24"
    with pytest.raises(InvalidDataError) as error:
        directly_standardised_rate(repeat, by=["area"], events="repeat", frequency="times", **DSR)
    found = str(error.value)
    for part in ("'area' is missing", "does not have", "frequency twice", "row 4 (area A); row 5"):
        assert part in found


def test_text_is_refused_and_not_read_as_missing(bands):
    data = bands.astype({"count": object})
    data.loc[3, "count"] = "c"
    with pytest.raises(InvalidDataError, match="not a number") as error:
        directly_standardised_rate(data, by=["area"], **DSR)
    assert "row 3 (area A)" in str(error.value)


def test_a_missing_count_is_nought_and_said(bands):
    bands.loc[3, "count"] = np.nan
    row = directly_standardised_rate(bands, by=["area"], **DSR).iloc[0]
    assert row["total_count"] == 90
    assert row["missing_counts"] == 1


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_a_bad_weight_is_refused(bands, weight):
    with pytest.raises(InvalidDataError, match="weight"):
        directly_standardised_rate(bands, by=["area"], standard={**ESP2013, "90+": weight}, **DSR)
    with pytest.raises(InvalidDataError, match="no weight at all"):
        directly_standardised_rate(bands, by=["area"], standard=dict.fromkeys(ESP2013, 0), **DSR)


def test_a_standard_may_be_a_series_and_must_hold_numbers(bands):
    expected = directly_standardised_rate(bands, by=["area"], **DSR)
    ours = directly_standardised_rate(bands, by=["area"], standard=pd.Series(ESP2013), **DSR)
    pd.testing.assert_frame_equal(expected, ours)
    for bad in ("many", "7000", None, [7]):
        with pytest.raises(InvalidDataError, match="not a number"):
            directly_standardised_rate(bands, by=["area"], standard={**ESP2013, "90+": bad}, **DSR)
    twice = pd.Series([*ESP2013.values(), 5], index=[*ESP2013, "90+"])
    with pytest.raises(InvalidDataError, match="band twice"):
        directly_standardised_rate(bands, by=["area"], standard=twice, **DSR)
    for bad in (list(ESP2013), 7, None):
        with pytest.raises(ParameterError, match="mapping"):
            directly_standardised_rate(bands, by=["area"], standard=bad, **DSR)
    with pytest.raises(InvalidDataError, match="no weight at all"):
        directly_standardised_rate(bands, by=["area"], standard={}, **DSR)


def test_fewer_than_ten_events_are_withheld_but_counted(bands):
    few = bands.assign(count=[9.999] + [0.0] * 18)
    row = directly_standardised_rate(few, by=["area"], **DSR).iloc[0]
    assert row["status"] == "unreliable"
    assert row[["value", "lower95_0", "upper95_0"]].isna().all()
    assert (row["total_count"], row["total_denominator"]) == (9.999, 380_000)
    ten = bands.assign(count=[10.0] + [0.0] * 18)
    row = directly_standardised_rate(ten, by=["area"], **DSR).iloc[0]
    assert (row["status"], row["marks"]) == ("shown", "u")


def test_repeat_events_widen_the_interval(bands):
    # trap: admissions of the same person taken as independent events
    repeat = pd.concat([bands.assign(times=1), bands.assign(times=4, count=2.0)])
    options = {**DSR, "events": "repeat", "frequency": "times"}
    ours = directly_standardised_rate(repeat, by=["area"], **options).iloc[0]
    events = bands.assign(count=5.0 + 4 * 2.0)
    naive = directly_standardised_rate(events, by=["area"], **DSR).iloc[0]
    assert ours["value"] == pytest.approx(naive["value"], rel=1e-12)
    assert ours["total_count"] == naive["total_count"]
    assert ours["total_denominator"] == naive["total_denominator"]
    assert ours["lower95_0"] < naive["lower95_0"]
    assert ours["upper95_0"] > naive["upper95_0"]


def test_repeat_events_need_one_population_of_a_band_and_each_cell_once(bands):
    options = {**DSR, "events": "repeat", "frequency": "times"}
    repeat = pd.concat([bands.assign(times=1), bands.assign(times=2)], ignore_index=True)
    repeat.loc[20, "pop"] = 1.0
    with pytest.raises(InvalidDataError, match="another population") as error:
        directly_standardised_rate(repeat, by=["area"], **options)
    assert "row 20" in str(error.value)
    twice = pd.concat([bands.assign(times=1), bands.iloc[:1].assign(times=1)], ignore_index=True)
    with pytest.raises(InvalidDataError, match="frequency twice"):
        directly_standardised_rate(twice, by=["area"], **options)
    with pytest.raises(InvalidDataError, match="absent"):
        directly_standardised_rate(repeat.iloc[1:19], by=["area"], **options)
    with pytest.raises(InvalidDataError, match="above 0"):
        directly_standardised_rate(bands.assign(times=0), by=["area"], **options)


@pytest.mark.parametrize(
    "options",
    [{"events": "repeat"}, {"frequency": "pop"}, {"events": "dependent"}],
)
def test_kind_of_events_and_frequency_go_together(bands, options):
    with pytest.raises(ParameterError):
        directly_standardised_rate(bands, by=["area"], **DSR, **options)


def test_crude_rate_of_no_events_has_an_interval():
    # trap: a rate function that fails on a zero count
    none = pd.DataFrame({"area": ["A"], "count": [0], "pop": [100_000]})
    row = crude_rate(none, by=["area"], count="count", population="pop").iloc[0]
    assert (row["value"], row["lower95_0"], row["status"]) == (0, 0, "shown")
    assert row["upper95_0"] == pytest.approx(3.688879, abs=5e-7)


def test_crude_rate_says_why_a_value_is_withheld():
    data = pd.DataFrame(
        {
            "area": ["A", "B", "C", "C", "D", "E"],
            "year": [1, 1, 1, 2, 1, 1],
            "count": [0, 5, np.nan, 7, 2, 3],
            "pop": [0, np.nan, 100, 100, 100, 1],
        }
    )
    ours = crude_rate(data, by=["area"], count="count", population="pop", minimum_count=3)
    assert ours.set_index("area")["status"].to_dict() == {
        "A": "not applicable",
        "B": "unavailable",
        "C": "unavailable",
        "D": "unreliable",
        "E": "shown",  # more events than people are possible
    }
    withheld = ours["status"] != "shown"
    assert ours.loc[withheld, ["value", "lower95_0", "upper95_0"]].isna().all(axis=None)
    # a missing count never gives the smaller sum of the others
    assert np.isnan(ours.set_index("area").loc["C", "total_count"])
    assert ours.set_index("area").loc["D", "total_count"] == 2


def test_repeated_rows_are_refused():
    data = pd.DataFrame({"area": ["A", "A", "B"], "count": [5, 5, 3], "pop": [100, 100, 50]})
    with pytest.raises(InvalidDataError, match="same in every column") as error:
        crude_rate(data, by=["area"], count="count", population="pop")
    assert "row 0 (area A); row 1 (area A)" in str(error.value)
    told_apart = data.assign(age=["18-64", "65+", "18+"])
    ours = crude_rate(told_apart, by=["area"], count="count", population="pop")
    assert ours["total_count"].tolist() == [10, 3]


def test_indirect_bands_must_be_whole_and_referenced():
    data = pd.DataFrame(
        {
            "area": ["A", "A", "B", "B"],
            "ageband": ["young", "old", "young", "old"],
            "count": [3, 9, 4, 1],
            "pop": [100, 50, 100, 50],
            "refcount": [30, 90, 30, 90],
            "refpop": [1000, 500, 1000, 500],
        }
    )
    ours = RATIO(data, by=["area"], **INDIRECT)
    assert ours["total_denominator"].tolist() == [12, 12]
    with pytest.raises(InvalidDataError, match="absent"):
        RATIO(data.iloc[:3], by=["area"], **INDIRECT)
    with pytest.raises(InvalidDataError, match="twice"):
        RATIO(data.iloc[[0, 1, 2, 3, 3]], by=["area"], **INDIRECT)
    with pytest.raises(InvalidDataError, match="above 0"):
        RATE(data.assign(refpop=[0, 1, 1, 1]), by=["area"], **INDIRECT)
    none = RATIO(data.assign(refcount=0), by=["area"], **INDIRECT)
    assert none["status"].tolist() == ["not applicable"] * 2
    lost = RATIO(data.assign(pop=[100, None, 100, 50]), by=["area"], **INDIRECT)
    assert lost["status"].tolist() == ["unavailable", "shown"]
    assert lost["value"].isna().tolist() == [True, False]


def referenced(labels):
    return pd.DataFrame(
        {
            "area": np.repeat(["A", "B"], len(labels)),
            "ageband": [*labels, *labels],
            "count": 5,
            "pop": 100,
            "refcount": 50,
            "refpop": 2000,
        }
    )


@pytest.mark.parametrize("call", [RATIO, RATE])
def test_a_band_that_no_group_has_is_refused(call):
    # trap: a band absent from all groups cuts observed and expected events short unseen
    data = referenced(list(ESP2013))
    whole = call(data, by=["area"], bands=list(ESP2013), **INDIRECT)
    pd.testing.assert_frame_equal(whole, call(data, by=["area"], **INDIRECT))
    for gone in ("0-4", "40-44", "90+"):
        short = data[data["ageband"] != gone]
        with pytest.raises(InvalidDataError) as error:
            call(short, by=["area"], bands=list(ESP2013), **INDIRECT)
        assert f"absent in column 'ageband': {gone}" in str(error.value)
        assert "area A" in str(error.value)
        assert "area B" in str(error.value)
    with pytest.raises(InvalidDataError, match="'bands' does not have"):
        call(data, by=["area"], bands=list(ESP2013)[:-1], **INDIRECT)
    for bad in ([], "0-4", ["0-4", "0-4"]):
        with pytest.raises(ParameterError, match="age bands"):
            call(data, by=["area"], bands=bad, **INDIRECT)


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        (["0-17", "18-64", "65+"], False),
        (["65+", "0 to 17", "18–64"], False),
        (["0-18", "18-65", "65+"], False),
        (["18-64", "75+"], True),
        (["0-17", "10-64", "65+"], True),
        (["0-4", "5-14", "15+", "18-64"], True),
        (["young", "65+"], False),  # says nothing of the years between
        ([0, 10], False),
    ],
)
def test_bands_that_name_their_years_must_adjoin(labels, fault):
    data = referenced(labels)
    if fault:
        with pytest.raises(InvalidDataError, match="gap or overlap"):
            RATIO(data, by=["area"], **INDIRECT)
    else:
        RATIO(data, by=["area"], **INDIRECT)
    # who names the bands means them
    RATIO(data, by=["area"], bands=labels, **INDIRECT)
