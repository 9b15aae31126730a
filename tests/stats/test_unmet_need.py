from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from needs.errors import InvalidDataError, ParameterError
from needs.stats.unmet_need import places_to_reach, unmet_need

NEED = {
    "treated": "treated",
    "prevalence": "people",
    "prevalence_lower": "low",
    "prevalence_upper": "high",
}


def members(**columns):
    frame = {"area": ["A"], "treated": [1000], "people": [5000], "low": [4000], "high": [6250]}
    return pd.DataFrame({**frame, **columns})


def test_limits_are_those_of_prevalence_turned_round():
    row = unmet_need(members(), by=["area"], **NEED).iloc[0]
    assert row["value"] == pytest.approx(100 * (1 - 1000 / 5000))
    assert row["lower95_0"] == pytest.approx(100 * (1 - 1000 / 4000))
    assert row["upper95_0"] == pytest.approx(100 * (1 - 1000 / 6250))
    assert (row["total_count"], row["total_denominator"], row["members"]) == (1000, 5000, 1)
    # trap: a symmetric (delta) interval
    assert row["value"] - row["lower95_0"] != pytest.approx(row["upper95_0"] - row["value"])


def test_one_member_has_one_pair_of_limits():
    data = members(treated=[1001.3], people=[5290.666667], low=[4143.3], high=[6959.3])
    row = unmet_need(data, by=["area"], **NEED).iloc[0]
    assert row["lower95_0_independent"] == row["lower95_0_dependent"] == row["lower95_0"]
    assert row["upper95_0_independent"] == row["upper95_0_dependent"] == row["upper95_0"]
    assert row["method"] == "limits of prevalence"


def test_a_footprint_shows_both_assumptions():
    data = pd.DataFrame(
        {
            "footprint": ["F", "F"],
            "area": ["A", "B"],
            "treated": [300, 500],
            "people": [1000, 2000],
            "low": [700, 1600],
            "high": [1300, 2400],
        }
    )
    row = unmet_need(data, by=["footprint"], **NEED).iloc[0]
    assert row["members"] == 2
    assert row["value"] == pytest.approx(100 * (1 - 800 / 3000))
    assert row["lower95_0_dependent"] == pytest.approx(100 * (1 - 800 / 2300))
    assert row["upper95_0_dependent"] == pytest.approx(100 * (1 - 800 / 3700))
    # independent: 300 and 400 join to 500
    assert row["lower95_0_independent"] == pytest.approx(100 * (1 - 800 / 2500))
    assert row["upper95_0_independent"] == pytest.approx(100 * (1 - 800 / 3500))
    # the headline limits are the wider, and the method says so
    assert row["lower95_0"] == row["lower95_0_dependent"]
    assert row["upper95_0"] == row["upper95_0_dependent"]
    assert "dependent" in row["method"]


def test_rounding_of_the_treated_count_is_a_bound():
    row = unmet_need(members(), by=["area"], rounding=5, **NEED).iloc[0]
    assert row["lower_rounding"] == pytest.approx(100 * (1 - 1002.5 / 5000))
    assert row["upper_rounding"] == pytest.approx(100 * (1 - 997.5 / 5000))
    assert row["lower95_0_rounding"] == pytest.approx(100 * (1 - 1002.5 / 4000))
    assert row["upper95_0_rounding"] == pytest.approx(100 * (1 - 997.5 / 6250))
    # members' bounds add up, and nobody is fewer than none
    two = pd.concat([members(treated=[0]), members(treated=[0], people=[5001])])
    row = unmet_need(two.assign(area="F"), by=["area"], rounding=5, **NEED).iloc[0]
    assert row["upper_rounding"] == 100
    assert row["lower_rounding"] == pytest.approx(100 * (1 - 5 / 10001))


def test_limits_below_nought_are_shown_and_flagged():
    data = pd.concat(
        [members(treated=[4500]), members(area=["B"], treated=[5500]), members(area=["C"])]
    )
    ours = unmet_need(data, by=["area"], **NEED).set_index("area")
    assert ours["below_zero"].to_dict() == {"A": True, "B": True, "C": False}
    assert ours.loc["A", "lower95_0"] == pytest.approx(-12.5)
    assert ours.loc["B", "value"] == pytest.approx(-10)
    assert (ours["status"] == "shown").all()


def test_status_and_missing_limits():
    data = pd.DataFrame(
        {
            "area": list("ABCD"),
            "treated": [0, np.nan, 10, 10],
            "people": [0, 50, 50, 50],
            "low": [0, 40, np.nan, 0],
            "high": [0, 60, np.nan, 60],
        }
    )
    ours = unmet_need(data, by=["area"], **NEED).set_index("area")
    assert ours["status"].tolist() == ["not applicable", "unavailable", "shown", "shown"]
    assert ours.loc["C", "value"] == 80
    assert ours.loc["C", ["lower95_0", "upper95_0"]].isna().all()
    # a lower limit of nobody gives no lower limit of the share, never minus infinity
    assert np.isnan(ours.loc["D", "lower95_0"])
    assert ours.loc["D", "upper95_0"] == pytest.approx(100 * (1 - 10 / 60))


def test_why_limits_are_missing_is_said():
    data = pd.DataFrame(
        {
            "area": list("ABCDE"),
            "treated": [10, 10, 10, np.nan, 0],
            "people": [50, 50, 50, 50, 0],
            "low": [40, np.nan, 0, 40, 0],
            "high": [60, 60, 60, 60, 0],
        }
    )
    ours = unmet_need(data, by=["area"], **NEED)
    expected = ["shown", "unavailable", "not applicable", "unavailable", "not applicable"]
    assert ours["limits_status"].tolist() == expected
    assert ours["lower95_0"].notna().tolist() == [True, False, False, False, False]
    # people can be reached from a limit of nobody
    places = places_to_reach(data, by=["area"], target=0.4, **NEED)
    assert places["limits_status"].tolist()[:4] == ["shown", "unavailable", "shown", "unavailable"]
    assert places["lower95_0"].tolist()[2] == 0


def test_a_member_without_a_figure_makes_the_footprint_unavailable():
    two = pd.concat([members(), members(area=["B"], treated=[np.nan])]).assign(footprint="F")
    row = unmet_need(two, by=["footprint"], **NEED).iloc[0]
    assert row["status"] == "unavailable"
    assert np.isnan(row["value"])
    assert np.isnan(row["total_count"])


@pytest.mark.parametrize(
    "bad", [{"low": [5001]}, {"high": [4999]}, {"low": [7000], "people": [None], "high": [6000]}]
)
def test_limits_must_enclose_prevalence(bad):
    with pytest.raises(InvalidDataError, match="do not enclose"):
        unmet_need(members(**bad), by=["area"], **NEED)


@pytest.mark.parametrize("column", ["treated", "people", "low", "high"])
@pytest.mark.parametrize("bad", [-1.0, np.inf])
def test_impossible_numbers_are_refused(column, bad):
    with pytest.raises(InvalidDataError, match="row 0"):
        unmet_need(members(**{column: [bad]}), by=["area"], **NEED)


def test_repeated_rows_are_refused():
    with pytest.raises(InvalidDataError, match="same in every column"):
        unmet_need(pd.concat([members(), members()], ignore_index=True), by=["area"], **NEED)


def test_people_needed_to_reach_a_target():
    row = places_to_reach(members(), by=["area"], target=0.3, **NEED).iloc[0]
    assert row["value"] == pytest.approx(500)
    assert row["lower95_0"] == pytest.approx(200)
    assert row["upper95_0"] == pytest.approx(875)
    met = places_to_reach(members(), by=["area"], target=0.1, **NEED).iloc[0]
    assert met[["value", "lower95_0", "upper95_0"]].tolist() == [0, 0, 0]


def test_a_target_in_a_footprint_joins_under_both_assumptions():
    data = pd.DataFrame(
        {
            "footprint": "F",
            "area": ["A", "B"],
            "treated": [100, 200],
            "people": [1000, 2000],
            "low": [700, 1600],
            "high": [1300, 2400],
        }
    )
    row = places_to_reach(data, by=["footprint"], target=0.2, **NEED).iloc[0]
    assert row["value"] == pytest.approx(300)
    assert row["upper95_0_dependent"] == pytest.approx(0.2 * 3700 - 300)
    assert row["upper95_0_independent"] == pytest.approx(0.2 * 3500 - 300)
    assert row["lower95_0_dependent"] == pytest.approx(0.2 * 2300 - 300)
    assert row["lower95_0_independent"] == pytest.approx(0.2 * 2500 - 300)


@pytest.mark.parametrize("target", [-0.1, 40, float("nan"), "0.4", True])
def test_a_target_must_be_a_share(target):
    with pytest.raises(ParameterError, match="share"):
        places_to_reach(members(), by=["area"], target=target, **NEED)


@pytest.mark.parametrize("rounding", [0, -5, float("nan"), float("inf"), "5"])
def test_a_rounding_base_must_be_above_nought(rounding):
    with pytest.raises(ParameterError, match="rounding"):
        unmet_need(members(), by=["area"], rounding=rounding, **NEED)


def test_treatment_and_prevalence_of_different_ages_are_marked():
    # trap: prevalence for 15 to 64 set against treatment at 18 and over without a word
    data = pd.concat([members(), members(area=["B"]), members(area=["C"])])
    data = data.assign(ages=["18+"] * 3, prevalence_ages=["18+", "15-64", None])
    ours = unmet_need(data, by=["area"], matching=[("ages", "prevalence_ages")], **NEED)
    assert ours["marks"].tolist() == ["", "e", "e"]
    footprint = data.assign(footprint="F")
    row = unmet_need(
        footprint, by=["footprint"], matching=[("ages", "prevalence_ages")], **NEED
    ).iloc[0]
    assert row["marks"] == "e"
    assert unmet_need(data, by=["area"], **NEED)["marks"].tolist() == ["", "", ""]
