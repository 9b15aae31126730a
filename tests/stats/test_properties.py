"""What must hold for any input, not only for the examples."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from needs.stats.compare import against_reference, funnel_outliers
from needs.stats.gradients import quantiles, slope_index
from needs.stats.intervals import byar, exact_poisson, poisson, wilson
from needs.stats.proportions import proportion
from needs.stats.rates import (
    ESP2013,
    crude_rate,
    directly_standardised_rate,
    indirectly_standardised,
)
from needs.stats.trend import recent_trend
from needs.stats.unmet_need import places_to_reach, unmet_need

#: The same examples on every machine, and no clock.
steady = settings(deadline=None, derandomize=True, max_examples=60)

COUNTS = st.integers(0, 100_000)
LEVELS = st.floats(0.5, 0.999)
BANDS = list(ESP2013)
DSR = {"count": "count", "population": "pop", "age_band": "age"}
NEED = {
    "treated": "treated",
    "prevalence": "people",
    "prevalence_lower": "low",
    "prevalence_upper": "high",
}


@st.composite
def populations(draw, areas=3):
    """Several areas with 19 bands: counts from 0 and populations of 50 and more."""
    size = areas * 19
    return pd.DataFrame(
        {
            "area": np.repeat([f"area {n}" for n in range(areas)], 19),
            "age": BANDS * areas,
            "count": draw(arrays(np.int64, size, elements=st.integers(0, 400))),
            "pop": draw(arrays(np.int64, size, elements=st.integers(50, 100_000))),
        }
    )


@st.composite
def needs(draw, members=4):
    """Members of a footprint with treated people, prevalence and its limits."""
    people = draw(arrays(np.int64, members, elements=st.integers(20, 20_000)))
    below = draw(arrays(np.float64, members, elements=st.floats(0.05, 0.9)))
    above = draw(arrays(np.float64, members, elements=st.floats(0.05, 2.0)))
    return pd.DataFrame(
        {
            "footprint": "F",
            "area": [f"area {n}" for n in range(members)],
            "treated": draw(arrays(np.int64, members, elements=st.integers(0, 20_000))),
            "people": people,
            "low": people * (1 - below),
            "high": people * (1 + above),
        }
    )


@steady
@given(COUNTS, LEVELS)
def test_intervals_contain_their_estimate(count, confidence):
    for limits in (byar, exact_poisson, poisson):
        lower, upper = limits(count, confidence)
        assert not lower > count
        assert upper > count


@steady
@given(st.integers(1, 50_000), LEVELS)
def test_intervals_narrow_with_more_events(count, confidence):
    for limits in (exact_poisson, poisson):
        (few, many) = (limits(events, confidence) for events in (count, 4 * count))
        assert (many[1] - many[0]) / (4 * count) < (few[1] - few[0]) / count


@steady
@given(st.integers(0, 2000), st.integers(0, 2000), LEVELS)
def test_wilson_contains_the_proportion_and_narrows(count, rest, confidence):
    n = count + rest
    if n == 0:
        return
    lower, upper = wilson(count, n, confidence)
    assert 0 <= lower <= count / n + 1e-12
    assert count / n - 1e-12 <= upper <= 1
    more = wilson(4 * count, 4 * n, confidence)
    assert more[1] - more[0] < upper - lower


@steady
@given(populations())
def test_rates_contain_their_estimate_and_nest(data):
    for ours in (
        directly_standardised_rate(data, by=["area"], confidence=(0.95, 0.998), **DSR),
        crude_rate(data, by=["area"], count="count", population="pop", confidence=(0.95, 0.998)),
    ):
        shown = ours[ours["status"] == "shown"]
        assert (shown["lower95_0"] <= shown["value"]).all()
        assert (shown["value"] <= shown["upper95_0"]).all()
        assert (shown["upper95_0"] < shown["upper99_8"]).all()
        assert not (shown["lower95_0"] < shown["lower99_8"]).any()
        withheld = ours[ours["status"] != "shown"]
        assert withheld[["value", "lower95_0", "upper99_8"]].isna().all(axis=None)


@pytest.mark.slow
@steady
@given(populations(), st.randoms(use_true_random=False))
def test_order_of_rows_and_of_categories_does_not_matter(data, random):
    order = list(range(len(data)))
    random.shuffle(order)
    labels = list(dict.fromkeys(data["age"]))
    random.shuffle(labels)
    turned = data.iloc[order].astype({"age": pd.CategoricalDtype(labels)})
    standard = {label: ESP2013[label] for label in labels}
    expected = directly_standardised_rate(data, by=["area"], **DSR)
    ours = directly_standardised_rate(turned, by=["area"], standard=standard, **DSR)
    pd.testing.assert_frame_equal(expected, ours, rtol=1e-12)
    pd.testing.assert_frame_equal(
        crude_rate(data, by=["age"], count="count", population="pop").set_index("age").sort_index(),
        crude_rate(turned.astype({"age": "str"}), by=["age"], count="count", population="pop")
        .set_index("age")
        .sort_index(),
    )


@steady
@given(populations(), st.integers(2, 50))
def test_scaling_counts_and_population_leaves_the_rate_alone(data, factor):
    scaled = data.assign(count=data["count"] * factor, pop=data["pop"] * factor)
    for call, options in (
        (directly_standardised_rate, DSR),
        (crude_rate, {"count": "count", "population": "pop"}),
    ):
        before, after = (call(frame, by=["area"], **options) for frame in (data, scaled))
        shown = before["status"] == "shown"
        np.testing.assert_allclose(before["value"][shown], after["value"][shown], rtol=1e-9)
        # and the interval narrows
        assert (
            after["upper95_0"][shown] - after["lower95_0"][shown].fillna(0)
            < before["upper95_0"][shown] - before["lower95_0"][shown].fillna(0)
        ).all()


@steady
@given(populations(areas=1), st.integers(1, 1000))
def test_rate_of_the_standards_own_structure_is_the_crude_rate(data, factor):
    own = data.assign(pop=data["age"].map(dict(ESP2013)) * factor)
    standardised = directly_standardised_rate(own, by=["area"], **DSR)
    crude = crude_rate(own, by=["area"], count="count", population="pop")
    if standardised["status"].iloc[0] == "shown":
        for column in ("value", "lower95_0", "upper95_0"):
            assert standardised[column].iloc[0] == pytest.approx(crude[column].iloc[0], rel=1e-9)


REFERENCE = {"reference_count": "all", "reference_population": "everyone"}


def with_reference(data):
    return data.assign(
        all=data["age"].map({band: 10 * place + 5 for place, band in enumerate(BANDS)}),
        everyone=data["age"].map({band: 500 * place + 900 for place, band in enumerate(BANDS)}),
    )


@pytest.mark.slow
@steady
@given(populations(), st.integers(1, 10_000))
def test_empty_strata_change_nothing(data, people):
    empty = data.drop_duplicates("area").assign(age="unknown", count=0, pop=0)
    more = pd.concat([data, empty], ignore_index=True)
    options = {"by": ["area"], "count": "count", "population": "pop"}
    pd.testing.assert_frame_equal(crude_rate(data, **options), crude_rate(more, **options))
    # a band of the standard with no weight and no event
    inhabited = pd.concat([data, empty.assign(pop=people)], ignore_index=True)
    standard = {**ESP2013, "unknown": 0}
    totals = ["total_denominator"]
    pd.testing.assert_frame_equal(
        directly_standardised_rate(data, by=["area"], **DSR).drop(columns=totals),
        directly_standardised_rate(inhabited, by=["area"], standard=standard, **DSR).drop(
            columns=totals
        ),
        rtol=1e-12,
    )
    # persons with a number of events that nobody had
    repeat = {**DSR, "events": "repeat", "frequency": "times"}
    nobody = pd.concat([data.assign(times=1), data.assign(times=7, count=0)], ignore_index=True)
    pd.testing.assert_frame_equal(
        directly_standardised_rate(data.assign(times=1), by=["area"], **repeat),
        directly_standardised_rate(nobody, by=["area"], **repeat),
    )
    # a band in which nobody lives, or to which nothing happens in the reference
    known = with_reference(data)
    nowhere = empty.assign(all=5, everyone=700)
    nothing = empty.assign(pop=people, all=0, everyone=700)
    for extra in (nowhere, nothing):
        pd.testing.assert_frame_equal(
            indirectly_standardised(known, by=["area"], **DSR, **REFERENCE),
            indirectly_standardised(
                pd.concat([known, extra], ignore_index=True), by=["area"], **DSR, **REFERENCE
            ),
        )
    some = data.assign(count=np.minimum(data["count"], data["pop"]))
    part = {"by": ["area"], "count": "count", "denominator": "pop"}
    pd.testing.assert_frame_equal(
        proportion(some, **part), proportion(pd.concat([some, empty]), **part)
    )
    levels = [*data["area"].unique(), "nobody lives here"]
    unused = data.astype({"area": pd.CategoricalDtype(levels)})
    assert len(directly_standardised_rate(unused, by=["area"], **DSR)) == 3


@steady
@given(needs())
def test_a_member_without_need_changes_no_footprint(data):
    empty = pd.DataFrame(
        {"footprint": ["F"], "area": "nobody", "treated": 0, "people": 0, "low": 0.0, "high": 0.0}
    )
    more = pd.concat([data, empty], ignore_index=True)
    for call, options in ((unmet_need, {}), (places_to_reach, {"target": 0.4})):
        before = call(data, by=["footprint"], **NEED, **options).drop(columns="members")
        after = call(more, by=["footprint"], **NEED, **options).drop(columns="members")
        pd.testing.assert_frame_equal(before, after, rtol=1e-12)


@steady
@given(populations())
def test_indirect_limits_nest_and_the_reference_itself_is_100(data):
    known = with_reference(data)
    ours = indirectly_standardised(known, by=["area"], confidence=(0.95, 0.998), **DSR, **REFERENCE)
    columns = ["lower99_8", "lower95_0", "value", "upper95_0", "upper99_8"]
    for row in ours[columns].to_numpy():
        row = row[~np.isnan(row)]  # a limit of Byar's below 0 is missing
        assert (np.diff(row) >= 0).all()
    itself = known.assign(count=known["all"], pop=known["everyone"])
    np.testing.assert_allclose(
        indirectly_standardised(itself, by=["area"], **DSR, **REFERENCE)["value"],
        100,
        rtol=1e-12,
    )


@steady
@given(populations())
def test_one_area_does_not_depend_on_the_others(data):
    together = directly_standardised_rate(data, by=["area"], **DSR)
    alone = [
        directly_standardised_rate(rows, by=["area"], **DSR) for _, rows in data.groupby("area")
    ]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True), rtol=1e-12)


@steady
@given(populations())
def test_rate_of_the_union_lies_between_its_parts(data):
    parts = crude_rate(data, by=["area"], count="count", population="pop")
    union = crude_rate(data, by=[], count="count", population="pop").iloc[0]
    assert parts["value"].min() * (1 - 1e-12) <= union["value"]
    assert union["value"] <= parts["value"].max() * (1 + 1e-12)
    assert union["total_count"] == parts["total_count"].sum()


@steady
@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_union_is_not_larger_than_the_sum_of_its_parts(opiate, crack, treated):
    # people who use opiates and crack stand in both groups: adding them up counts them twice
    people = pd.DataFrame({"person": range(61)})
    flags = pd.DataFrame(
        {
            "opiate": people["person"].isin(opiate).astype(int),
            "crack": people["person"].isin(crack).astype(int),
            "union": people["person"].isin(opiate | crack).astype(int),
            "person": people["person"],
            "one": 1,
        }
    )
    shares = {
        name: proportion(flags, by=[], count=name, denominator="one")["value"].iloc[0]
        for name in ("opiate", "crack", "union")
    }
    assert shares["union"] <= shares["opiate"] + shares["crack"] + 1e-9
    assert shares["union"] >= max(shares["opiate"], shares["crack"]) - 1e-9


@steady
@given(needs())
def test_unmet_need_lies_within_its_limits_and_assumptions_nest(data):
    ours = unmet_need(data, by=["footprint"], rounding=5, **NEED).iloc[0]
    dependent = ours["lower95_0_dependent"], ours["upper95_0_dependent"]
    independent = ours["lower95_0_independent"], ours["upper95_0_independent"]
    slack = 1e-9 * max(1, abs(ours["lower95_0_rounding"]))
    ordered = [
        ours["lower95_0_rounding"],
        dependent[0],
        independent[0],
        ours["value"],
        independent[1],
        dependent[1],
        ours["upper95_0_rounding"],
    ]
    assert all(left <= right + slack for left, right in itertools.pairwise(ordered))
    assert ours["lower_rounding"] <= ours["value"] <= ours["upper_rounding"]


@steady
@given(needs(), st.floats(0, 1))
def test_a_footprint_needs_no_more_places_than_its_members(data, target):
    # members above the target do not need places back: the union is not larger than the sum
    whole = places_to_reach(data, by=["footprint"], target=target, **NEED).iloc[0]
    parts = places_to_reach(data, by=["area"], target=target, **NEED)
    slack = 1e-9 * (1 + parts["upper95_0"].sum())
    for column in ("value", "lower95_0", "upper95_0"):
        assert whole[column] <= parts[column].sum() + slack
    assert whole["lower95_0"] <= whole["value"] <= whole["upper95_0"]


@steady
@given(needs(members=1))
def test_reaching_everyone_needs_those_unmet(data):
    share = unmet_need(data, by=["area"], multiplier=1, **NEED).iloc[0]
    places = places_to_reach(data, by=["area"], target=1.0, **NEED).iloc[0]
    expected = max(0, share["value"] * share["total_denominator"])
    assert places["value"] == pytest.approx(expected, rel=1e-9, abs=1e-6)


@steady
@given(
    st.lists(st.floats(-50, 50), min_size=5, max_size=5),
    st.floats(0.01, 20),
    st.floats(0.1, 100),
    st.floats(-100, 100),
)
def test_trend_does_not_depend_on_unit_or_level(values, half, unit, level):
    frame = pd.DataFrame({"year": range(2018, 2023), "value": values})
    options = {"by": [], "time": "year", "value": "value", "lower": "lower", "upper": "upper"}

    def trend(value, width):
        data = frame.assign(value=value, lower=value - width, upper=value + width)
        return recent_trend(data, **options).iloc[0]

    plain = trend(frame["value"], half)
    moved = trend(frame["value"] * unit + level, half * unit)
    assert moved["value"] == pytest.approx(plain["value"] * unit, rel=1e-6, abs=1e-6)
    if abs(plain["chi_squared"] - 9.549536) > 0.01 and plain["trend"] != "no significant change":
        assert moved["trend"] in (plain["trend"], "no significant change")
    assert plain["trend"] != "increasing" or plain["value"] > 0
    assert plain["trend"] != "decreasing" or plain["value"] < 0


@steady
@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=80), st.integers(2, 12))
def test_quantiles_are_ordered_and_nearly_equal(values, number):
    data = pd.DataFrame({"area": range(len(values)), "score": values})
    ours = quantiles(data, by=[], value="score", number=number)
    if len(values) < number:
        assert ours["quantile"].isna().all()
        return
    assert ours["quantile"].between(1, number).all()
    ordered = ours.sort_values("score", ascending=False)["quantile"]
    assert ordered.is_monotonic_increasing
    if ours["score"].is_unique:
        sizes = ours["quantile"].value_counts()
        assert len(sizes) == number
        assert sizes.max() - sizes.min() <= 1


@steady
@given(
    arrays(np.float64, 10, elements=st.floats(1, 1000)),
    arrays(np.int64, 10, elements=st.integers(1, 100_000)),
    arrays(np.float64, 10, elements=st.floats(0.01, 0.4)),
)
def test_slope_index_turns_round_with_the_deciles(values, people, error):
    data = pd.DataFrame(
        {
            "decile": range(1, 11),
            "people": people,
            "rate": values,
            "low": values * np.exp(-error),
            "high": values * np.exp(error),
        }
    )
    options = {
        "by": [],
        "quantile": "decile",
        "population": "people",
        "value": "rate",
        "lower": "low",
        "upper": "high",
        "kind": "rate",
        "transform": True,
    }
    forth = slope_index(data, **options).iloc[0]
    back = slope_index(data.assign(decile=11 - data["decile"]), **options).iloc[0]
    scale = 1e-9 * (1 + abs(forth["lower95_0"]) + abs(forth["upper95_0"]))
    assert back["value"] == pytest.approx(-forth["value"], rel=1e-7, abs=scale)
    assert back["lower95_0"] == pytest.approx(-forth["upper95_0"], rel=1e-7, abs=scale)
    assert back["relative_index"] == pytest.approx(1 / forth["relative_index"], rel=1e-7)
    assert forth["lower95_0"] <= forth["value"] + scale
    assert forth["value"] <= forth["upper95_0"] + scale


@steady
@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100))
def test_comparison_agrees_with_the_interval(one, other, reference):
    low, high = sorted((one, other))
    data = pd.DataFrame({"low": [low], "high": [high]})
    ours = against_reference(data, lower="low", upper="high", reference=reference)
    within = low <= reference <= high
    assert (ours["comparison"].iloc[0] == "similar") == within


@steady
@given(st.integers(0, 3000), st.floats(0.05, 2000))
def test_funnel_agrees_with_the_exact_interval_of_the_count(count, expected):
    # a count is outside the funnel where its own exact interval does not reach what is expected
    data = pd.DataFrame({"count": [count], "expected": [expected]})
    ours = funnel_outliers(data, count="count", denominator="expected", kind="ratio")
    lower, upper = exact_poisson(count, 0.95)
    if min(abs(lower - expected), abs(upper - expected)) > 1e-6 * expected:
        outside = ours["funnel"].iloc[0] != "within limits"
        assert outside == bool(expected < lower or expected > upper)
