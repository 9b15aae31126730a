from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from needs.errors import InvalidDataError
from needs.stats.trend import recent_trend

TREND = {"value": "value", "lower": "lower", "upper": "upper"}


def series(values, half_width=1.0, area="A", first=2018):
    values = np.asarray(values, dtype=float)
    return pd.DataFrame(
        {
            "area": area,
            "year": np.arange(first, first + len(values)),
            "value": values,
            "lower": values - half_width,
            "upper": values + half_width,
        }
    )


def label(frame, **options):
    return recent_trend(frame, by=["area"], **{"time": "year", **TREND, **options}).iloc[0]


@pytest.mark.oracle
def test_trends_match_the_expected_results(read_oracle, agree):
    points = read_oracle("trend/points.csv")
    ours = recent_trend(points, by=["case"], time="year", **TREND)
    expected = read_oracle("trend/expected.csv").query("method == 'weighted_ci'")
    calculated = ours[ours["case"].isin(expected["case"])]
    agree(calculated, expected, ["case"], {"value": "slope", "chi_squared": "chi2"})
    labels = calculated.set_index("case")["trend"].replace("no significant change", "no change")
    assert labels.to_dict() == expected.set_index("case")["trend"].to_dict()
    # the one case without intervals cannot be calculated
    rest = ours[~ours["case"].isin(expected["case"])]
    assert rest["case"].tolist() == ["gp_over65_93468"]
    assert rest["trend"].tolist() == ["cannot be calculated"]
    assert rest["status"].tolist() == ["unavailable"]
    assert rest["reason"].tolist() == ["an interval is missing"]


@pytest.mark.parametrize(
    ("values", "trend"),
    [
        ([10, 12, 14, 16, 18], "increasing"),  # trap: "decreasing" whenever significant
        ([18, 16, 14, 12, 10], "decreasing"),
        ([10, 10, 10, 10, 10], "no significant change"),
        ([10.0, 10.1, 10.0, 10.2, 10.1], "no significant change"),
    ],
)
def test_labels(values, trend):
    assert label(series(values))["trend"] == trend


def test_one_point_alone_makes_no_trend():
    # trap: significance without the leave-one-out fits
    row = label(series([20, 19.8, 19.6, 19.4, 40]))
    assert row["chi_squared"] > 9.549536
    assert row["trend"] == "no significant change"


def test_only_the_last_five_points_count():
    falling_then_rising = series([90, 70, 50, 10, 12, 14, 16, 18], first=2010)
    row = label(falling_then_rising.sample(frac=1, random_state=1))
    assert (row["trend"], row["first"], row["last"], row["points"]) == ("increasing", 2013, 2017, 8)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda f: f.iloc[1:], "fewer than five points"),
        (lambda f: f.assign(year=[2016, 2018, 2019, 2020, 2021]), "consecutive years"),
        (lambda f: f.assign(value=f["value"].where(f["year"] != 2020)), "a value is missing"),
        (lambda f: f.assign(lower=f["lower"].where(f["year"] != 2020)), "an interval is missing"),
        (lambda f: f.assign(lower=f["value"], upper=f["value"]), "no width"),
    ],
)
def test_why_a_trend_cannot_be_calculated(change, reason):
    row = label(change(series([10, 12, 14, 16, 18])))
    assert row["trend"] == "cannot be calculated"
    assert row["status"] == "unavailable"
    assert reason in row["reason"]
    assert np.isnan(row["value"])


def test_dates_and_pooled_periods():
    years = series([10, 12, 14, 16, 18])
    years["end"] = pd.to_datetime(years["year"].astype(str) + "-03-31")
    years["begin"] = years["end"] - pd.DateOffset(years=1) + pd.DateOffset(days=1)
    row = label(years, time="end", start="begin")
    assert (row["trend"], row["last"]) == ("increasing", pd.Timestamp("2022-03-31"))
    # three-year periods that end a year apart overlap
    pooled = years.assign(begin=years["begin"] - pd.DateOffset(years=2))
    row = label(pooled, time="end", start="begin")
    assert row["trend"] == "cannot be calculated"
    assert "longer than a year" in row["reason"]
    mixed = years.assign(end=years["end"].where(years["year"] != 2020, pd.Timestamp("2020-12-31")))
    assert "consecutive" in label(mixed, time="end")["reason"]


def test_a_trend_does_not_cross_a_break():
    # trap: a re-estimated series joined to the older one
    frame = series([10, 12, 14, 16, 40]).assign(edition=["2019"] * 4 + ["2023"])
    assert label(frame)["trend"] == "increasing"
    row = label(frame, series="edition")
    assert (row["trend"], row["reason"]) == ("cannot be calculated", "the series breaks")
    earlier = series([9, 10, 12, 14, 16, 18], first=2017).assign(edition=["1999"] + ["2019"] * 5)
    assert label(earlier, series="edition")["trend"] == "increasing"


def test_many_series_at_once_do_not_touch_each_other():
    frames = [
        series([10, 12, 14, 16, 18], area="A"),
        series([1, 2], area="B"),
        series([18, 16, 14, 12, 10, 8], area="C"),
    ]
    ours = recent_trend(pd.concat(frames), by=["area"], time="year", **TREND)
    assert ours["trend"].tolist() == ["increasing", "cannot be calculated", "decreasing"]
    for frame, alone in zip(frames, ours.index, strict=True):
        pd.testing.assert_series_equal(
            label(frame), ours.loc[alone], check_names=False, check_dtype=False
        )


def test_bad_series_are_refused():
    frame = series([10, 12, 14, 16, 18])
    with pytest.raises(InvalidDataError, match="period twice"):
        label(pd.concat([frame, frame.iloc[[2]].assign(value=1)]))
    with pytest.raises(InvalidDataError, match="above column 'upper'"):
        label(frame.assign(lower=99.0))
    for column, far in (("lower", 10.5), ("upper", 9.5)):
        wrong = frame.copy()
        wrong.loc[0, column] = far
        with pytest.raises(InvalidDataError, match="'value' lies outside its limits") as error:
            label(wrong)
        assert "row 0 (area A)" in str(error.value)
    with pytest.raises(InvalidDataError, match="'year' is missing"):
        label(frame.assign(year=[2018, 2019, None, 2021, 2022]))
    with pytest.raises(InvalidDataError, match="infinite"):
        label(frame.assign(value=np.inf))
    with pytest.raises(InvalidDataError, match="not dates"):
        label(frame.assign(begin=1), start="begin")


def test_no_series_give_no_rows():
    empty = series([]).astype({"area": "str"})
    assert len(recent_trend(empty, by=["area"], time="year", **TREND)) == 0
