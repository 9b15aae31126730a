from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import chi2

from needs.errors import ParameterError
from needs.stats.intervals import byar, exact_poisson, poisson, widest_limits, wilson, z_value


@pytest.mark.oracle
def test_byar_and_exact_limits_match_the_national_package(read_oracle):
    table = read_oracle("out/byars_exact.csv")
    assert table["conf"].nunique() == 4
    for confidence, rows in table.groupby("conf"):
        for name, limits in (("byars", byar), ("exact", exact_poisson)):
            lower, upper = limits(rows["x"], confidence)
            for ours, side in ((lower, "lower"), (upper, "upper")):
                np.testing.assert_allclose(ours, rows[f"{name}_{side}"], rtol=1e-12, atol=0)


def test_no_events_have_an_exact_interval():
    # trap: the chi-squared quantile with no degrees of freedom is not a number
    assert np.isnan(chi2.ppf(0.025, 0) / 2)
    lower, upper = exact_poisson(0)
    assert lower == 0
    assert upper == pytest.approx(3.688879, abs=5e-7)


def test_confidence_is_not_inverted():
    # trap: limits at 1 - confidence would be far too narrow
    z = z_value(0.95)
    assert z == pytest.approx(1.959964, abs=5e-7)
    lower, upper = byar(100, 0.95)
    assert upper - lower == pytest.approx(2 * z * 10, rel=0.03)


@pytest.mark.parametrize("limits", [byar, exact_poisson])
def test_higher_confidence_is_wider(limits):
    count = np.array([2.0, 10.0, 500.0])
    narrow, wide = limits(count, 0.95), limits(count, 0.998)
    assert (wide[0][1:] < narrow[0][1:]).all()
    assert (wide[1] > narrow[1]).all()


def test_byar_lower_limit_below_zero_is_missing():
    lower, _ = byar([0, 1, 2], 0.998)
    assert np.isnan(lower[:2]).all()
    assert lower[2] > 0


def test_exact_below_ten_and_byar_from_ten():
    counts = np.array([9, 9.999, 10])
    lower, upper = poisson(counts)
    assert lower[:2] == pytest.approx(exact_poisson(counts)[0][:2], rel=1e-15)
    assert upper[:2] == pytest.approx(exact_poisson(counts)[1][:2], rel=1e-15)
    assert lower[2] == byar(10)[0]
    assert byar(9.999)[0] != exact_poisson(9.999)[0]


def test_missing_counts_have_missing_limits():
    for limits in (byar, exact_poisson, poisson):
        assert np.isnan(limits([np.nan, 5.0])[0]).tolist() == [True, False]
        assert np.isnan(limits([np.nan, 5.0])[1]).tolist() == [True, False]


def test_wilson_stays_between_zero_and_one():
    n = np.arange(1, 2000)
    _, upper = wilson(n, n)
    lower, _ = wilson(np.zeros_like(n), n)
    assert upper.max() == 1
    assert lower.min() == 0
    # trap: unclipped, some limits exceed 1 by a rounding error
    z = z_value(0.95)
    unclipped = (2 * n + z**2 + z * np.sqrt(z**2)) / (2 * (n + z**2))
    assert unclipped.max() > 1


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.1, float("nan")])
def test_confidence_must_be_a_share(confidence):
    for call in (byar, exact_poisson, poisson):
        with pytest.raises(ParameterError, match="confidence level"):
            call(5, confidence)
    with pytest.raises(ParameterError, match="confidence level"):
        wilson(5, 10, confidence)


def test_the_widest_limits_enclose_those_of_all_events():
    rate, people = np.array([2.0, 11.0, 473.0]), np.array([300_000.0, 592_000.0, 592_000.0])
    wide = widest_limits(rate, people)
    usual = [one / people * 100_000 for one in poisson(rate * people / 100_000)]
    assert (wide[0] < usual[0]).all() and (wide[1] > usual[1]).all()
    assert np.isnan(widest_limits([11.0, np.nan, 11.0], [0, 592_000, np.nan])).all()


@pytest.mark.parametrize("bad", [0, -100, np.inf, np.nan, "100", True])
def test_the_widest_limits_refuse_a_multiplier_that_is_none(bad):
    with pytest.raises(ParameterError, match="multiplier"):
        widest_limits(11.0, 592_000, bad)


def test_limits_do_not_depend_on_the_processor() -> None:
    """The same bytes with the processor's newer instructions and without them."""
    code = (
        "import hashlib, numpy as np; from needs.stats import intervals\n"
        "x = np.arange(1, 3000.0)\n"
        "found = [*intervals.poisson(x), *intervals.exact_poisson(x)]\n"
        "print(hashlib.sha256(np.array(found).tobytes()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "NPY_DISABLE_CPU_FEATURES": without},
        ).stdout
        for without in ("", "X86_V3 X86_V4 AVX512_ICL")
    }
    assert len(found) == 1
