"""How strong a difference is: published examples, other programs' results, and what is missing."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from needs.errors import ParameterError
from needs.stats import evidence


@pytest.mark.parametrize(
    ("first", "second", "ratio", "p"),
    [
        # drug poisoning in Lancashire and England; England's value without an error
        ((10.8, 9.7, 11.9), (7.9, np.nan, np.nan), 1.367, 1.2e-8),
        # drug misuse in Worcestershire, like England's
        ((4.8, 3.8, 6.0), (5.1, 5.0, 5.2), 0.941, 0.6),
        # women in Preston against England's
        ((13.9, 9.1, 20.5), (5.1, 4.9, 5.3), 2.725, 4e-6),
    ],
)
def test_rates_against_a_value(first, second, ratio, p):
    ours, low, high, chance = evidence.against_value(*first, *second)
    assert ours == pytest.approx(ratio, abs=0.001)
    assert low < ours < high
    assert chance == pytest.approx(p, rel=0.3)
    # the limits of the ratio leave out 1 just where p is under 5%
    assert ((low > 1) | (high < 1)) == (chance < 0.05)


def test_a_reference_with_an_error_is_less_sure():
    *_, alone = evidence.against_value(0.872, 0.827, 0.909, 0.824, scale="logit")
    *_, both = evidence.against_value(0.872, 0.827, 0.909, 0.824, 0.786, 0.861, scale="logit")
    assert alone < 0.05 < both


def test_an_unknown_scale_is_refused():
    with pytest.raises(ParameterError, match="scale"):
        evidence.against_value(1, 1, 1, 1, scale="root")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "time", "other", "other_time", "expected"),
    [
        (35, 1, 117, 5, (1.496, 0.995, 2.199, 0.0388)),
        (24, 1, 35, 1, (0.686, 0.391, 1.187, 0.193)),
        (364, 1.0, 299, 1.0, (1.217, 1.041, 1.423, 0.0129)),
        (0, 1, 12, 1, (0.0, 0.0, 0.360, 0.000488)),
    ],
)
def test_two_counts(count, time, other, other_time, expected):
    ours = evidence.rate_ratio(count, time, other, other_time)
    assert [float(one) for one in ours] == pytest.approx(expected, abs=0.001)
    exact = stats.binomtest(count, count + other, time / (time + other_time))
    low, high = exact.proportion_ci(method="exact")
    odds = [part / (1 - part) * other_time / time for part in (low, high)]
    assert [float(ours[1]), float(ours[2])] == pytest.approx(odds)


#: Of the splits: one chance in two, thirds, shares of other kinds and very small or large ones.
SHARES = np.array([1e-9, 1e-5, 0.001, 0.02, 0.1, 0.25, 1 / 3, 0.4, 0.5, 2 / 3, 0.8, 0.99, 1 - 1e-6])


def splits() -> list[tuple[int, int, float]]:
    """Every split of small wholes; of large ones some up to 30 standard deviations away."""
    every = [(k, n, one) for n in range(1, 31) for k in range(n + 1) for one in SHARES]
    for n in (100, 1_000, 12_345, 100_000):
        for one in SHARES:
            away = np.r_[-30, np.arange(-8, 8.5, 0.5), 30] * np.sqrt(n * one * (1 - one))
            near = np.clip(np.rint(n * one + away), 0, n).astype(int)
            every += [(k, n, float(one)) for k in np.unique(near).tolist()]
    return every


def test_p_is_that_of_the_exact_binomial_test():
    count, whole, share = (np.array(one) for one in zip(*splits(), strict=True))
    assert len(count) > 7_000
    *_, p = evidence.rate_ratio(count, share, whole - count, 1 - share)
    rows = zip(count.tolist(), whole.tolist(), share / (share + (1 - share)), strict=True)
    expected = np.array([stats.binomtest(k, n, float(one)).pvalue for k, n, one in rows])
    np.testing.assert_allclose(p, expected, rtol=1e-12, atol=1e-300)
    # one by one or side by side
    assert [float(evidence.rate_ratio(35, 1, 117, 5)[3])] == list(
        evidence.rate_ratio([35], [1], [117], [5])[3]
    )


@pytest.mark.parametrize("whole", [999_999, 3_000_001, 20_000_000])
def test_p_of_millions(whole):
    # the chance of each split is the same as that of its mirror image, which counts too
    for count in (whole // 2 - 400, whole // 2 - 3, whole // 2 + 5_000):
        p = float(evidence.rate_ratio(count, 1, whole - count, 1)[3])
        assert p == pytest.approx(stats.binomtest(count, whole, 0.5).pvalue, rel=1e-9)


def test_p_of_few_of_a_million_is_exact():
    # worked out in decimals of 50 places; binomtest itself is off in the eleventh place
    p = float(evidence.rate_ratio(8, 1, 999_992, 99_999)[3])
    assert p == pytest.approx(_exactly(8, 10**6, Fraction(1, 100_000)), rel=1e-12)


def _exactly(count: int, whole: int, share: Fraction) -> float:
    """P of a count below the expected number, from the chances of the few splits that matter."""
    with localcontext() as decimals:
        decimals.prec = 50
        part = Decimal(share.numerator) / share.denominator
        chances = [(1 - part) ** whole]
        for number in range(1, 200):
            chances.append(chances[-1] * part / (1 - part) * (whole - number + 1) / number)
        limit = chances[count] * (1 + Decimal("1e-7"))
        return float(sum(one for one in chances if one <= limit))


def test_no_events_and_no_people_give_nothing():
    ours = evidence.rate_ratio([0, 3], [1, 0], [0, 4], [1, 1])
    assert np.isnan(ours).all()


def test_growth_beside_another():
    ratio, low, high, p = evidence.ratio_of_ratios(1465, 1035, 289215, 268251)
    assert [float(one) for one in (ratio, low, high)] == pytest.approx((1.31, 1.21, 1.42), abs=0.01)
    assert p < 1e-9
    assert np.isnan(evidence.ratio_of_ratios(10, 0, 5, 5)).all()


def test_shares_are_tested_as_by_chi_squared():
    _, p = evidence.share_difference(138, 364, 328, 465)
    table = [[138, 226], [328, 137]]
    assert p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    gap, alike = evidence.share_difference(0, 10, 0, 20)
    assert (gap, alike) == (0.0, 1.0)
    assert np.isnan(evidence.share_difference(1, 0, 1, 5)).all()


def test_records_are_set_against_the_spread_between_areas():
    """8.3% of households against 6.2% is far beyond chance, and within the usual spread."""
    rng = np.random.default_rng(1)
    whole = np.full(100, 3000.0)
    share = 1 / (1 + np.exp(2.7 - rng.normal(0, 0.7, 100)))
    count = np.round(share * whole)
    count[0] = 249
    mean, spread, p = evidence.among_areas(count, whole)
    assert 0.05 < mean < 0.08 and 0.5 < spread < 0.9
    assert p[0] > 0.3
    _, alone = evidence.share_difference(count[0], whole[0], mean * 1e6, 1e6)
    assert alone < 0.001


def test_alike_areas_have_no_spread_and_one_area_no_answer():
    mean, spread, p = evidence.among_areas([50, 50, 50], [500, 500, 500])
    assert mean == pytest.approx(50.5 / 501) and spread == 0 and p == pytest.approx([1, 1, 1])
    mean, _, p = evidence.among_areas([50, np.nan, 5], [500, 500, 0])
    assert np.isnan(mean) and np.isnan(p).all()


def test_none_where_five_are_expected():
    assert evidence.chance_of_none(0.0275, 196) == pytest.approx(0.0042, abs=1e-4)


def test_many_comparisons_as_another_program_adjusts_them():
    p = np.random.default_rng(2).uniform(size=40) ** 3
    assert evidence.false_discovery(p) == pytest.approx(stats.false_discovery_control(p))
    assert evidence.false_discovery([]).tolist() == []
