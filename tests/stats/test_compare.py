from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from needs.errors import InvalidDataError, ParameterError
from needs.stats.compare import (
    against_reference,
    difference,
    funnel_limits,
    funnel_outliers,
    judgements,
    overdispersion,
)
from needs.stats.ranks import rank_range

LIMITS = {"lower": "low", "upper": "high"}

#: Words of the national package for our labels.
LABELS = {
    "Low (0.001)": "low (99.8%)",
    "Low (0.025)": "low (95%)",
    "Not significant": "within limits",
    "High (0.025)": "high (95%)",
    "High (0.001)": "high (99.8%)",
    "Not applicable for events less than 10 for dsrs": "not compared",
}


@pytest.mark.parametrize(
    ("low", "high", "label"),
    [
        (3.0, 4.99, "lower"),
        (3.0, 5.0, "similar"),  # strictly: a limit on the reference does not reach past it
        (4.0, 6.0, "similar"),
        (5.0, 6.0, "similar"),
        (5.01, 6.0, "higher"),
        (np.nan, 6.0, "not compared"),
        (3.0, np.nan, "not compared"),
    ],
)
def test_labels(low, high, label):
    data = pd.DataFrame({"low": [low], "high": [high]})
    assert against_reference(data, reference=5.0, **LIMITS)["comparison"].tolist() == [label]


@pytest.mark.parametrize(
    ("polarity", "judgements"),
    [
        ("lower is better", ["better", "similar", "worse", "not compared"]),
        ("higher is better", ["worse", "similar", "better", "not compared"]),
        ("none", ["lower", "similar", "higher", "not compared"]),
    ],
)
def test_polarity_turns_labels_into_judgements(polarity, judgements):
    data = pd.DataFrame({"low": [1, 4, 6, None], "high": [2, 6, 7, None]}, index=[9, 7, 5, 3])
    ours = against_reference(data, reference=5.0, polarity=polarity, **LIMITS)
    assert ours["comparison"].tolist() == ["lower", "similar", "higher", "not compared"]
    assert ours["judgement"].tolist() == judgements
    assert ours.index.equals(data.index)


def test_trends_are_judged_too():
    labels = pd.Series(["increasing", "decreasing", "no significant change"])
    assert judgements(labels, "higher is better").tolist()[:2] == [
        "getting better",
        "getting worse",
    ]
    assert judgements(labels, "none").tolist() == labels.tolist()
    with pytest.raises(ParameterError, match="polarity"):
        judgements(labels, "higher")  # type: ignore[arg-type]


def test_a_reference_of_each_row():
    data = pd.DataFrame({"low": [1.0, 1.0, 1.0], "high": [2.0, 2.0, 2.0], "eng": [3.0, 0.5, None]})
    ours = against_reference(data, reference="eng", **LIMITS)
    assert ours["comparison"].tolist() == ["lower", "higher", "not compared"]


def test_crossed_limits_are_refused():
    data = pd.DataFrame({"low": [1.0, 4.0], "high": [2.0, 3.0]})
    with pytest.raises(InvalidDataError, match="row 1"):
        against_reference(data, reference=5.0, **LIMITS)


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("kind", "options", "result"),
    [
        ("rate", {"count": "num", "denominator": "den"}, "rate_crude"),
        ("rate", {"count": "num", "value": "rate"}, "rate_dsr"),
        ("ratio", {"count": "num", "denominator": "expected"}, "ratio"),
        ("proportion", {"count": "pnum", "denominator": "pden"}, "prop"),
    ],
)
def test_funnel_labels_match_the_national_package(read_oracle, kind, options, result):
    data = read_oracle("in/funnel.csv")
    # the package takes the rate's reference from the crude rates also for standardised ones
    reference = data["num"].sum() / data["den"].sum() * 1e5 if result == "rate_dsr" else None
    ours = funnel_outliers(data, kind=kind, reference=reference, **options)
    theirs = read_oracle(f"out/funnel_sig_{result}.csv")
    assert ours["area"].tolist() == theirs["area"].tolist()
    assert ours["funnel"].tolist() == theirs["significance"].map(LABELS).tolist()
    assert ours["funnel"].nunique() >= 5


@pytest.mark.oracle
def test_funnel_limits_of_proportions_match_the_national_package(read_oracle):
    data, theirs = read_oracle("in/funnel.csv"), read_oracle("out/funnel_limits_prop.csv")
    reference = 100 * data["pnum"].sum() / data["pden"].sum()
    assert reference == pytest.approx(theirs["baseline"].iloc[0], rel=1e-12)
    ours = funnel_limits(theirs, denominator="Population", reference=reference, kind="proportion")
    for side in ("lower", "upper"):
        for level, sigma in (("95_0", "2s"), ("99_8", "3s")):
            np.testing.assert_allclose(
                ours[f"funnel_{side}{level}"], theirs[f"{side}_{sigma}_limit"], rtol=1e-12
            )


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("result", "kind", "denominator", "years"),
    [("isr", "ratio", "exp_events", 1), ("rate_dsr", "rate", "population_1_year", 3)],
)
def test_poisson_funnel_limits_match_the_national_package(
    read_oracle, result, kind, denominator, years
):
    # the package starts from the events and seeks the denominator at which they are a limit
    theirs = read_oracle(f"out/funnel_limits_{result}.csv")
    for side in ("lower", "upper"):
        for level, sigma in (("95_0", "2s"), ("99_8", "3s")):
            at = pd.DataFrame({"whole": theirs[f"{side}_{sigma}_{denominator}"] * years})
            reference = 100.0 if kind == "ratio" else theirs["baseline"].iloc[0]
            ours = funnel_limits(at, denominator="whole", reference=reference, kind=kind)
            expected = theirs[f"{side}_{sigma}_limit"]
            np.testing.assert_allclose(ours[f"funnel_{side}{level}"], expected, rtol=1e-4)


@pytest.mark.oracle
def test_counts_on_the_poisson_funnel(read_oracle):
    theirs = read_oracle("out/poisson_funnel.csv")
    for column, side, level in (
        ("hi25", "lower", "95_0"),
        ("lo25", "upper", "95_0"),
        ("hi1", "lower", "99_8"),
        ("lo1", "upper", "99_8"),
    ):
        ours = funnel_limits(theirs, denominator=column, reference=1, kind="ratio", multiplier=1)
        events = ours[f"funnel_{side}{level}"] * theirs[column]
        np.testing.assert_allclose(events, theirs["o"], rtol=1e-4)


def test_no_events_are_low_only_where_some_are_expected():
    # the exact upper limits of no events are 3.689 and 6.908
    at = funnel_outliers(
        pd.DataFrame({"count": [0, 0, 0], "expected": [3.68, 3.70, 6.91]}),
        count="count",
        denominator="expected",
        kind="ratio",
    )
    assert at["funnel"].tolist() == ["within limits", "low (95%)", "low (99.8%)"]


def test_missing_figures_are_not_compared():
    data = pd.DataFrame({"count": [5, None, 700], "pop": [None, 100, 1000]})
    ours = funnel_outliers(data, count="count", denominator="pop", reference=100)
    assert ours["funnel"].tolist() == ["not compared", "not compared", "high (99.8%)"]
    pooled = funnel_outliers(data, count="count", denominator="pop")
    assert pooled["funnel_reference"].tolist() == [70_000.0] * 3


def test_funnels_refuse_what_cannot_be():
    data = pd.DataFrame({"count": [5], "pop": [4]})
    with pytest.raises(InvalidDataError, match="above its denominator"):
        funnel_outliers(data, count="count", denominator="pop", kind="proportion")
    with pytest.raises(InvalidDataError, match="reference is above 100"):
        funnel_limits(data, denominator="pop", reference=101, kind="proportion")
    with pytest.raises(InvalidDataError, match="above 0"):
        funnel_limits(data.assign(pop=0), denominator="pop", reference=5)
    with pytest.raises(ParameterError, match="either a denominator or"):
        funnel_outliers(data, count="count")
    with pytest.raises(ParameterError, match="reference"):
        funnel_limits(data, denominator="pop", reference=-5)
    with pytest.raises(ParameterError, match="Unknown funnel"):
        funnel_limits(data, denominator="pop", reference=5, kind="mean")  # type: ignore[arg-type]


def test_each_group_has_its_own_funnel():
    data = pd.DataFrame(
        {
            "year": [1, 1, 2, 2],
            "area": list("ABAB"),
            "count": [10, 30, 400, 500],
            "pop": [1000, 2000, 1000, 2000],
        }
    )
    ours = funnel_outliers(data, by=["year"], area="area", count="count", denominator="pop")
    np.testing.assert_allclose(ours["funnel_reference"], [1e5 * 40 / 3000] * 2 + [3e4] * 2)
    for year, rows in data.groupby("year"):
        alone = funnel_outliers(rows, area="area", count="count", denominator="pop")
        pd.testing.assert_frame_equal(alone, ours[ours["year"] == year])
    together = funnel_outliers(data, count="count", denominator="pop")
    assert together["funnel"].tolist() != ours["funnel"].tolist()


def test_an_area_twice_in_a_funnel_is_refused():
    # trap: rows of two years in one funnel, pooled as if they were other areas
    data = pd.DataFrame({"area": list("ABA"), "count": [1, 2, 3], "pop": [10, 20, 30]})
    for call, options in ((funnel_outliers, {"count": "count"}), (funnel_limits, {"reference": 5})):
        with pytest.raises(InvalidDataError, match="area twice") as error:
            call(data, area="area", denominator="pop", **options)
        assert "row 0; row 2" in str(error.value)
        with pytest.raises(InvalidDataError, match="'area' is missing"):
            call(data.assign(area=[None, None, "A"]), area="area", denominator="pop", **options)
        with pytest.raises(InvalidDataError, match="same in every column"):
            call(data.iloc[[0, 0]], denominator="pop", **options)


def test_a_group_has_one_reference():
    data = pd.DataFrame({"year": [1, 1, 2], "pop": [10, 20, 30], "mean": [5.0, 6.0, 7.0]})
    with pytest.raises(InvalidDataError, match="several references") as error:
        funnel_limits(data, by=["year"], denominator="pop", reference="mean")
    assert "row 0 (year 1); row 1 (year 1)" in str(error.value)
    assert len(funnel_limits(data, denominator="pop", reference="mean")) == 3


def test_a_funnel_says_why_an_area_is_not_compared():
    data = pd.DataFrame(
        {
            "count": [30, 9, 10, 0, None, 30, 30],
            "rate": [5.0, 5.0, 0.0, 0.0, 5.0, None, 5.0],
            "mean": [5.0] * 6 + [None],
        }
    )
    ours = funnel_outliers(data, count="count", value="rate", reference="mean")
    assert ours["funnel_status"].tolist() == [
        "shown",
        "unreliable",
        "not applicable",  # ten events, and yet a rate of nought
        "unreliable",
        *["unavailable"] * 3,
    ]
    assert ours["funnel"].eq("not compared").equals(ours["funnel_status"] != "shown")
    assert ours["funnel_method"].unique().tolist() == ["exact Poisson"]
    assert ours["funnel_statistic"].unique().tolist() == ["rate per 100,000"]
    limits = funnel_limits(data.assign(pop=100), denominator="pop", reference="mean")
    assert limits["funnel_status"].tolist() == ["shown"] * 6 + ["unavailable"]


def test_comparisons_say_why_there_is_none():
    data = pd.DataFrame({"low": [1.0, None, 1.0], "high": [2.0, 2.0, 2.0], "eng": [3.0, 1.0, None]})
    ours = against_reference(data, reference="eng", **LIMITS)
    assert ours["comparison_status"].tolist() == ["shown", "unavailable", "unavailable"]
    made = difference(pairs((4, 3, 5, 1, 0, 2), (4, 3, 5, np.nan, 0, 2)), **PAIR)
    assert made["comparison_status"].tolist() == ["shown", "unavailable"]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, None, True])
def test_a_reference_is_a_finite_number(bad):
    data = pd.DataFrame({"low": [1.0], "high": [2.0]})
    with pytest.raises(ParameterError, match="reference"):
        against_reference(data, reference=bad, **LIMITS)
    with pytest.raises(ParameterError, match="reference"):
        funnel_limits(data, denominator="high", reference=bad)


def test_labels_of_any_kind_are_judged():
    words = ["increasing", "decreasing", None]
    for kind in ("object", "str", "category"):
        judged = judgements(pd.Series(words, dtype=kind, index=[5, 3, 1]), "lower is better")
        assert judged.tolist()[:2] == ["getting worse", "getting better"]
        assert judged.index.tolist() == [5, 3, 1]
        assert judged.isna().tolist() == [False, False, True]


PAIR = {
    "value": "a",
    "lower": "al",
    "upper": "au",
    "other": "b",
    "other_lower": "bl",
    "other_upper": "bu",
}


def pairs(*rows):
    return pd.DataFrame(rows, columns=list(PAIR.values()), dtype=float)


@pytest.mark.parametrize(
    ("pair", "label"),
    [
        ((4.8, 3.8, 6.0, 3.0, 2.2, 4.0), "higher"),  # the intervals overlap, the figures differ
        ((3.0, 2.2, 4.0, 4.8, 3.8, 6.0), "lower"),
        ((4.0, 3.0, 5.2, 3.5, 2.6, 4.6), "similar"),
        ((0.0, 0.0, 3.7, 0.0, 0.0, 2.9), "similar"),
        ((np.nan, 3.0, 5.2, 3.5, 2.6, 4.6), "not compared"),
        ((4.0, 3.0, np.nan, 3.5, 2.6, 4.6), "not compared"),
    ],
)
def test_differences(pair, label):
    assert difference(pairs(pair), **PAIR)["comparison"].tolist() == [label]


def test_the_difference_of_two_means_is_the_usual_one():
    # symmetric limits at the same level: the standard errors add up in squares
    se = 1.3, 0.7
    made = difference(
        pairs((5, 5 - 1.96 * se[0], 5 + 1.96 * se[0], 2, 2 - 1.96 * se[1], 2 + 1.96 * se[1])),
        **PAIR,
    )
    half = 1.96 * np.hypot(*se)
    assert made["difference"].tolist() == [3.0]
    np.testing.assert_allclose(
        made[["difference_lower", "difference_upper"]].to_numpy()[0], [3 - half, 3 + half]
    )


def test_a_value_outside_its_limits_is_refused_in_either_figure():
    with pytest.raises(InvalidDataError) as caught:
        difference(pairs((4, 5, 6, 1, 0, 2), (4, 3, 6, 9, 0, 2)), **PAIR)
    assert "'a'" in str(caught.value) and "'b'" in str(caught.value)


def test_overdispersion_is_two_thirds_by_chance_and_more_where_areas_differ():
    draw = np.random.default_rng(7)
    expected = draw.uniform(20, 200, 4000)
    # drawn in at a tenth, the mean square of standard normal values is 0.679
    assert overdispersion(draw.poisson(expected), expected) == pytest.approx(0.679, abs=0.03)
    spread = expected * draw.gamma(10, 1 / 10, 4000)
    assert overdispersion(draw.poisson(spread), expected) > 3
    assert np.isnan(overdispersion([5], [4.0]))
    # what is missing, or nowhere expected, does not take part
    whole = overdispersion([10, 40, 25], [20, 30, 25])
    assert overdispersion([10, 40, np.nan, 25, 3], [20, 30, 7, 25, 0]) == whole


def test_overdispersion_refuses_what_is_no_count_and_what_has_no_partner():
    with pytest.raises(ParameterError, match="-3 is no count"):
        overdispersion([10, -3, 4], [9.0, 8.0, 4.0])
    for expected in ([9.0, 8.0], 9.0):
        with pytest.raises(ParameterError, match="3 counts stand beside"):
            overdispersion([10, 3, 4], expected)


def test_a_spread_of_next_to_nothing_leaves_no_doubt_of_a_rank() -> None:
    lower, upper = [-1e-313, 1.0, 2.0], [1e-313, 1.0, 2.0]
    assert rank_range([0.0, 1.0, 2.0], lower, upper, focus=1) == (2, 2)
