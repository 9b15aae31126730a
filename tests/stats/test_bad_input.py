"""Wrong input, beside what the national package does with it (``bad_input_behaviour.csv``).

Where we differ the reason stands beside the case, and in docs/methods.md.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from needs.errors import InvalidDataError, NeedsError, ParameterError
from needs.stats.gradients import quantiles, slope_index
from needs.stats.proportions import proportion
from needs.stats.rates import crude_rate, directly_standardised_rate


def dsr(counts, populations, weights, ages=("young", "old"), **options):
    data = pd.DataFrame({"age": ages, "c": counts, "p": populations})
    return directly_standardised_rate(
        data, by=[], count="c", population="p", age_band="age",
        standard=dict(zip(("young", "old"), weights, strict=True)), **options,
    )  # fmt: skip


def rate(x, n, by=()):
    data = pd.DataFrame({"row": range(len(x)), "x": x, "n": n})
    return crude_rate(data, by=by, count="x", population="n")


def share(x, n, **options):
    data = pd.DataFrame({"row": range(len(x)), "x": x, "n": n})
    return proportion(data, by=["row"], count="x", denominator="n", multiplier=1, **options)


def slope(value, people=100, **options):
    data = pd.DataFrame({"q": range(1, len(value) + 1), "p": people, "v": value, "se": 0.1})
    return slope_index(data.assign(**options.pop("columns", {})), by=[], quantile="q",
                       population="p", value="v", **options)  # fmt: skip


ERROR = {"standard_error": "se"}
NONE = [np.nan, np.nan]

#: By case: the call, and what it gives: an error's kind and words, or statuses and values.
CASES: dict[str, tuple[Callable[[], pd.DataFrame], object, object]] = {
    # refused by both
    "dsr_negative": (lambda: dsr([-1, 20], [10, 10], [1, 1]), InvalidDataError, "below 0"),
    "dsr_zero_pop": (lambda: dsr([1, 20], [0, 10], [1, 1]), InvalidDataError, "above 0"),
    "dsr_na_pop": (lambda: dsr([1, 20], [None, 10], [1, 1]), InvalidDataError, "missing"),
    "prop_x_gt_n": (lambda: share([11], [10]), InvalidDataError, "above column"),
    "sii_zero_pop": (
        lambda: slope(range(1, 11), [0, *[10] * 9], **ERROR),
        InvalidDataError,
        "above 0",
    ),
    # refused by us; the package gives a value that is not a number, or one from wrong input
    "dsr_all_stdpop_zero": (lambda: dsr([1, 20], [10, 10], [0, 0]), InvalidDataError, "no weight"),
    "dsr_conf_1": (
        lambda: dsr([1, 20], [100, 100], [1, 1], confidence=1),
        ParameterError,
        "between 0 and 1",
    ),
    "prop_conf1": (lambda: share([5], [10], confidence=1), ParameterError, "between 0 and 1"),
    "dsr_duplicate_ageband": (
        lambda: dsr([5, 20], [100, 100], [1, 1], ages=("young", "young")),
        InvalidDataError,
        "twice",
    ),
    # refused by both, with us in words that say what to do
    "sii_zero_rate": (
        lambda: slope(
            [0, *range(2, 11)],
            lower="lo",
            upper="hi",
            kind="rate",
            transform=True,
            columns={"lo": [0, *np.arange(2, 11) - 0.5], "hi": [0.5, *np.arange(2, 11) + 0.5]},
        ),
        InvalidDataError,
        "no logarithm",
    ),
    # a status of the one row here, where the package refuses all rows
    "rate_zero_den": (lambda: rate([1], [0]), ["not applicable"], [np.nan]),
    "sii_4_quantiles": (lambda: slope(range(1, 5), **ERROR), ["not applicable"], [np.nan]),
    # the same values, with a status that says why there is none
    "rate_na": (lambda: rate([None, 1], [10, None], by=["row"]), ["unavailable"] * 2, NONE),
    "prop_na": (lambda: share([None, 1], [10, None]), ["unavailable"] * 2, NONE),
    "quantile_too_few": (
        lambda: (
            quantiles(pd.DataFrame({"v": range(1, 5)}), by=[], value="v", number=5)
            .rename(columns={"quantile": "value", "quantile_status": "status"})
            .astype({"value": float})
        ),
        ["not applicable"] * 4,
        [np.nan] * 4,
    ),
    # rows of one group are added up here; the package keeps each
    "rate_ungrouped_two_rows": (lambda: rate([1, 2], [10, 10]), ["shown"], [15_000.0]),
}


@pytest.mark.oracle
def test_every_case_is_tried(read_oracle):
    assert set(read_oracle("out/bad_input_behaviour.csv")["case"]) == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_wrong_input_is_refused_or_has_its_status(case):
    call, expected, detail = CASES[case]
    if isinstance(expected, type) and issubclass(expected, NeedsError):
        with pytest.raises(expected, match=str(detail)):
            call()
        return
    result = call()
    assert result["status"].tolist() == expected
    np.testing.assert_array_equal(result["value"], detail)


@pytest.mark.oracle
def test_what_the_national_package_refuses_has_no_value_here(read_oracle):
    table = read_oracle("out/bad_input_behaviour.csv").set_index("case")["result"]
    refused = table.index[table.str.startswith("ERROR")]
    assert len(refused) == 8
    for case in refused:
        _, expected, detail = CASES[case]
        assert isinstance(expected, type) or np.isnan(detail).all(), case


@pytest.mark.oracle
def test_rows_kept_apart_have_the_packages_numbers(read_oracle):
    table = read_oracle("out/bad_input_behaviour.csv").set_index("case")["result"]
    rows = [line.split() for line in table["rate_ungrouped_two_rows"].split("|")[1:]]
    theirs = [[float(number) for number in row[3:6]] for row in rows]
    ours = rate([1, 2], [10, 10], by=["row"])[["value", "lower95_0", "upper95_0"]]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)  # ten digits are printed
