from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from needs.errors import InvalidDataError, ParameterError
from needs.stats.gradients import quantiles, slope_index
from needs.stats.intervals import z_value

BOTH = (0.95, 0.998)

#: How the expected results were made, and our options for the same.
SLOPES = {
    "sii_le_se": {"value": "le", "standard_error": "le_se"},
    "sii_le_cl": {"value": "le", "lower": "le_lo", "upper": "le_hi"},
    "sii_rate_log": {
        "value": "rate",
        "lower": "rate_lo",
        "upper": "rate_hi",
        "kind": "rate",
        "transform": True,
    },
    "sii_rate_log_mult_neg1": {
        "value": "rate",
        "lower": "rate_lo",
        "upper": "rate_hi",
        "kind": "rate",
        "transform": True,
        "multiplier": -1,
    },
    "sii_prop_logit_x100": {
        "value": "prop",
        "lower": "prop_lo",
        "upper": "prop_hi",
        "kind": "proportion",
        "transform": True,
        "multiplier": 100,
    },
    "sii_rate_untransformed": {
        "value": "rate",
        "lower": "rate_lo",
        "upper": "rate_hi",
        "kind": "rate",
    },
    "sii_prop_untransformed_x100": {
        "value": "prop",
        "lower": "prop_lo",
        "upper": "prop_hi",
        "kind": "proportion",
        "multiplier": 100,
    },
}
LIFE = {"quantile": "decile", "population": "people", "value": "years", "standard_error": "error"}


@pytest.fixture
def life():
    """Ten deciles of unequal size in which life is longer where there is less deprivation."""
    return pd.DataFrame(
        {
            "area": "A",
            "decile": range(1, 11),
            "people": [900, 1100, 1000, 1200, 800, 1000, 950, 1050, 1000, 1000],
            "years": [73.0, 74.1, 75.5, 75.9, 77.2, 78.0, 78.8, 80.1, 80.6, 82.0],
            "error": np.linspace(0.3, 0.6, 10),
        }
    )


@pytest.mark.oracle
@pytest.mark.parametrize("number", [5, 10])
@pytest.mark.parametrize(("highest_first", "order"), [(True, "inv"), (False, "raw")])
def test_quantiles_match_the_national_package(read_oracle, number, highest_first, order):
    data = read_oracle("in/quantile_small.csv")
    ours = quantiles(data, by=["grp"], value="v", number=number, highest_first=highest_first)
    theirs = read_oracle(f"out/quantile_small_{number}_{order}.csv")
    both = ours.merge(theirs, on=["grp", "id"], validate="one_to_one", suffixes=("", "_theirs"))
    assert len(both) == len(data)
    pd.testing.assert_series_equal(
        both["quantile"], both["quantile_theirs"].astype("Int64"), check_names=False
    )
    assert both["quantile"].isna().any()


def test_too_few_values_and_missing_values_have_a_status():
    data = pd.DataFrame(
        {"grp": list("aaaabbb"), "id": range(7), "v": [4, 3, 2, np.nan, 1, 2, np.nan]}
    )
    ours = quantiles(data, by=["grp"], value="v", number=3)
    assert ours["quantile_status"].tolist() == [
        *["shown"] * 3,
        "unavailable",
        *["not applicable"] * 2,
        "unavailable",
    ]
    assert ours["quantile"].tolist()[:3] == [1, 2, 3]
    assert ours["quantile"].isna().tolist() == [False] * 3 + [True] * 4


def test_quantiles_refuse_what_cannot_be():
    data = pd.DataFrame({"area": list("ABC"), "v": [1.0, np.inf, 2.0]})
    with pytest.raises(InvalidDataError, match="row 1"):
        quantiles(data, by=[], value="v", number=2)
    with pytest.raises(InvalidDataError, match="same in every column"):
        quantiles(data.iloc[[0, 0, 2]], by=[], value="v", number=2)
    with pytest.raises(ParameterError, match="number"):
        quantiles(data, by=[], value="v", number=1)


@pytest.mark.oracle
@pytest.mark.parametrize("name", SLOPES)
def test_slope_indices_match_the_national_package(read_oracle, agree, name):
    data, theirs = read_oracle("in/sii.csv"), read_oracle(f"out/{name}.csv")
    ours = slope_index(
        data, by=["area"], quantile="decile", population="population", confidence=BOTH,
        **SLOPES[name],
    )  # fmt: skip
    if "logit" in name:
        # the package multiplies the intercept here, and only here
        theirs = theirs.assign(intercept=theirs["intercept"] / 100)
    points = {"value": "sii", "relative_index": "rii", "intercept": "intercept"}
    agree(ours, theirs, ["area"], points, tolerance=1e-11)
    # their limits are quantiles of 100,000 draws, whose error at the level p is
    # sqrt(p (1 - p) / draws) / density: 0.8% of a standard deviation at 95% and 2.9% at 99.8%
    ours, theirs = ours.set_index("area"), theirs.set_index("area")
    suffix = "cl" if "sii_lower95_0cl" in theirs else ""
    drawn = name.endswith(("_untransformed", "_x100")) and "logit" not in name
    for index, prefix in (("sii", ""), ("rii", "relative_")):
        width = theirs[f"{index}_upper95_0{suffix}"] - theirs[f"{index}_lower95_0{suffix}"]
        deviation = width / (2 * z_value(0.95))
        for level, error in (("95_0", 0.008), ("99_8", 0.029)):
            for side in ("lower", "upper"):
                expected = theirs[f"{index}_{side}{level}{suffix}"]
                difference = (ours[f"{prefix}{side}{level}"] - expected) / deviation
                assert difference.notna().all()
                # the median of 77 areas shows a bias, the largest a slip; draws of ours are the
                # same for every area, and so is their error
                assert abs(difference.median()) < (3 * error if drawn else error)
                assert difference.abs().max() < 7 * error
                if name.startswith("sii_le"):  # exact: at 95% what the expected results state
                    assert difference.abs().max() < (0.03 if level == "95_0" else 0.1)


@pytest.mark.parametrize("multiplier", [1, -1])
def test_the_relative_index_of_a_steep_gradient_varies_at_both_ends(multiplier):
    # trap: the level of the line held fixed, so that only its slope varies
    steep = pd.DataFrame(
        {
            "decile": range(1, 11),
            "people": [500, 1500, 900, 1100, 1000, 1200, 800, 1000, 700, 1300],
            "value": [20.0, 26.0, 31.0, 40.0, 46.0, 53.0, 65.0, 72.0, 82.0, 89.0],
            "error": np.linspace(2.0, 6.0, 10),
        }
    )
    ours = slope_index(
        steep, by=[], quantile="decile", population="people", value="value",
        standard_error="error", multiplier=multiplier, confidence=BOTH,
    ).iloc[0]  # fmt: skip
    draws = 400_000
    random = np.random.default_rng(11)
    share = (steep["people"] / steep["people"].sum()).to_numpy()
    place = np.cumsum(share) - share / 2
    value = steep["value"].to_numpy() + steep["error"].to_numpy() * random.normal(size=(draws, 10))
    centred = place - 0.5
    slope = value @ (share * centred) / (share @ centred**2)
    start = value @ share - slope / 2
    ratio = (start + slope) / start if multiplier > 0 else start / (start + slope)
    for level, name in ((0.95, "95_0"), (0.998, "99_8")):
        low, high = np.quantile(ratio, [(1 - level) / 2, (1 + level) / 2])
        width = high - low
        assert ours[f"relative_lower{name}"] == pytest.approx(low, abs=0.02 * width)
        assert ours[f"relative_upper{name}"] == pytest.approx(high, abs=0.02 * width)
    assert "Fieller" in ours["method"]
    held = (value @ share).mean() + np.array([-0.5, 0.5]) * np.quantile(slope, 0.975)
    assert max(held) / min(held) != pytest.approx(ours["relative_upper95_0"], rel=0.05)


def test_an_end_that_may_be_nought_leaves_the_relative_index_without_limits(life):
    wide = life.assign(error=60.0)
    row = slope_index(wide, by=[], **LIFE).iloc[0]
    assert row["relative_index"] > 1
    assert np.isnan(row[["relative_lower95_0", "relative_upper95_0"]].astype(float)).all()
    assert row["lower95_0"] < row["value"] < row["upper95_0"]


def test_the_method_says_how_the_limits_are_made(read_data):
    shares = read_data.assign(rate=0.4, low=0.3, high=0.5)
    options = {"by": [], "quantile": "decile", "population": "people", "value": "rate"}
    options |= {"lower": "low", "upper": "high"}
    methods = [
        slope_index(frame, kind=kind, transform=transform, draws=200, **options)["method"].iloc[0]
        for frame, kind, transform in (
            (read_data, "normal", False),
            (read_data, "rate", True),
            (shares, "proportion", True),
            (read_data, "rate", False),
        )
    ]
    assert methods == [
        "exact; relative index by Fieller",
        "exact slope on logarithms, level held",
        "exact slope on logits, level held",
        "200 draws",
    ]


@pytest.mark.parametrize(
    ("deciles", "number", "status"),
    [
        (range(1, 11), None, "shown"),
        (range(1, 11), 10, "shown"),
        ([1, 2, 3, 5, 6, 7, 8, 9, 10], None, "unavailable"),
        (range(2, 11), None, "unavailable"),
        (range(1, 10), None, "shown"),  # nothing says that there is a tenth
        (range(1, 10), 10, "unavailable"),
        (range(1, 5), None, "not applicable"),
    ],
)
def test_a_quantile_left_out_gives_no_index(life, deciles, number, status):
    # trap: the places of all other groups in the population move without a word
    there = life[life["decile"].isin(list(deciles))].assign(area="B")
    both = slope_index(pd.concat([life, there]), by=["area"], number=number, **LIFE)
    assert both["status"].tolist() == ["shown", status]
    assert both["value"].notna().tolist() == [True, status == "shown"]


def test_from_5_to_100_groups():
    for size, status in ((1, "not applicable"), (4, "not applicable"), (5, "shown")):
        assert _many(size)["status"] == status
    assert _many(100)["status"] == "shown"
    row = _many(101)
    assert row["status"] == "not applicable"
    assert np.isnan(row[["value", "lower95_0", "relative_index"]].astype(float)).all()


def _many(size):
    frame = pd.DataFrame(
        {"decile": range(1, size + 1), "people": 100, "years": np.linspace(70, 80, size)}
    )
    return slope_index(frame.assign(error=0.5), by=[], **LIFE).iloc[0]


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [(9.1, 12.0, "outside its limits"), (5.0, 8.9, "outside its limits"), (9.5, 8.5, "is above")],
)
def test_limits_must_enclose_the_value(read_data, low, high, message):
    read_data.loc[0, ["low", "high"]] = low, high
    with pytest.raises(InvalidDataError, match=message) as error:
        slope_index(
            read_data, by=[], quantile="decile", population="people", value="rate",
            lower="low", upper="high", kind="rate",
        )  # fmt: skip
    assert "row 0" in str(error.value)


@pytest.mark.parametrize("bad", [0, np.inf, 1.5, "inf"])
def test_a_quantile_is_a_whole_number(life, bad):
    odd = life.astype({"decile": object})
    odd.loc[3, "decile"] = bad
    with pytest.raises(InvalidDataError, match="row 3"):
        slope_index(odd, by=["area"], **LIFE)


@pytest.mark.parametrize("draws", [0, -1, 99, 1000.5, True, "many"])
def test_draws_are_a_whole_number(read_data, draws):
    with pytest.raises(ParameterError, match="whole number"):
        slope_index(
            read_data, by=[], quantile="decile", population="people", value="rate",
            lower="low", upper="high", kind="rate", draws=draws,
        )  # fmt: skip


@pytest.mark.parametrize("number", [2.5, 1, True, "ten", np.nan])
def test_quantiles_are_a_whole_number(number):
    data = pd.DataFrame({"area": list("ABC"), "v": [1.0, 4.0, 2.0]})
    with pytest.raises(ParameterError, match="whole number"):
        quantiles(data, by=[], value="v", number=number)


def test_groups_are_ordered_as_numbers(life):
    # trap: as text, "10" comes before "2"
    text = life.assign(decile=life["decile"].astype(str))
    expected = slope_index(life, by=["area"], **LIFE)
    for shuffled in (text, text.sort_values("decile"), text.astype({"decile": "category"})):
        pd.testing.assert_frame_equal(expected, slope_index(shuffled, by=["area"], **LIFE))
    wrong = life.assign(decile=life["decile"].astype(str).rank())
    assert slope_index(wrong, by=["area"], **LIFE)["value"].iloc[0] != expected["value"].iloc[0]


@pytest.mark.parametrize("multiplier", [-100, -1, -0.5, 0.5, 1, 100])
@pytest.mark.parametrize("transform", [True, False])
def test_limits_never_swap(read_data, multiplier, transform):
    # trap: limits that swap for some multipliers
    row = slope_index(
        read_data, by=[], quantile="decile", population="people", value="rate", lower="low",
        upper="high", kind="rate", transform=transform, multiplier=multiplier, confidence=BOTH,
        draws=2000,
    ).iloc[0]  # fmt: skip
    for prefix, point in (("", "value"), ("relative_", "relative_index")):
        limits = row[[f"{prefix}{limit}" for limit in ("lower99_8", "lower95_0")]].tolist()
        limits += [row[point]]
        limits += row[[f"{prefix}{limit}" for limit in ("upper95_0", "upper99_8")]].tolist()
        assert limits == sorted(limits)
    assert np.sign(row["value"]) == -np.sign(multiplier)


@pytest.fixture
def read_data():
    rate = np.array([9.0, 8.1, 7.5, 6.8, 6.4, 6.0, 5.1, 4.9, 4.2, 4.0])
    return pd.DataFrame(
        {
            "decile": range(1, 11),
            "people": 1000,
            "rate": rate,
            "low": rate * 0.9,
            "high": rate * 1.12,
        }
    )


def test_draws_are_seeded_and_do_not_depend_on_other_groups(read_data):
    options = {
        "quantile": "decile",
        "population": "people",
        "value": "rate",
        "lower": "low",
        "upper": "high",
        "kind": "rate",
        "draws": 500,
    }
    other = read_data.assign(area="Z", rate=read_data["rate"] * 1.01)
    alone = slope_index(read_data.assign(area="A"), by=["area"], **options)
    both = slope_index(pd.concat([other, read_data.assign(area="A")]), by=["area"], **options)
    pd.testing.assert_frame_equal(alone, both.iloc[:1])
    again = slope_index(read_data.assign(area="A"), by=["area"], **options)
    pd.testing.assert_frame_equal(alone, again)
    reseeded = slope_index(read_data.assign(area="A"), by=["area"], seed=1, **options)
    assert reseeded["lower95_0"].iloc[0] != alone["lower95_0"].iloc[0]


def test_fewer_than_five_groups_have_no_index(life):
    few = life[life["decile"] <= 4].assign(area="few")
    ours = slope_index(pd.concat([life, few]), by=["area"], **LIFE)
    assert ours["status"].tolist() == ["shown", "not applicable"]
    assert ours.loc[1, ["value", "lower95_0", "relative_index"]].isna().all()
    assert ours["quantiles"].tolist() == [10, 4]


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_a_rate_without_a_logarithm_is_refused(read_data, bad):
    read_data.loc[4, "rate"] = bad
    for transform in (True, False):
        with pytest.raises(InvalidDataError, match="row 4"):
            slope_index(
                read_data, by=[], quantile="decile", population="people", value="rate",
                lower="low", upper="high", kind="rate", transform=transform,
            )  # fmt: skip


@pytest.mark.parametrize("bad", [0.0, 1.0, 40.0])
def test_a_proportion_without_a_logit_is_refused(read_data, bad):
    shares = read_data.assign(rate=0.4, low=0.3, high=0.5)
    shares.loc[4, "rate"] = bad
    with pytest.raises(InvalidDataError, match="no logit"):
        slope_index(
            shares, by=[], quantile="decile", population="people", value="rate", lower="low",
            upper="high", kind="proportion", transform=True,
        )  # fmt: skip


def test_slope_index_refuses_what_cannot_be(life):
    for change, message in (
        ({"people": 0}, "above 0"),
        ({"years": np.nan}, "missing"),
        ({"error": -1.0}, "below 0"),
        ({"decile": 1}, "twice"),
        ({"decile": "most"}, "not a number"),
    ):
        with pytest.raises(InvalidDataError, match=message):
            slope_index(life.assign(**change), by=["area"], **LIFE)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lower": "error"},
        {"standard_error": "error", "lower": "error", "upper": "error"},
        {"standard_error": "error", "kind": "rate"},
        {"standard_error": "error", "transform": True},
        {"standard_error": "error", "kind": "mean"},
        {"standard_error": "error", "multiplier": 0},
    ],
)
def test_options_that_contradict_each_other_are_refused(life, options):
    needed = {name: column for name, column in LIFE.items() if name != "standard_error"}
    with pytest.raises(ParameterError):
        slope_index(life, by=["area"], **needed, **options)
