"""Proportions with Wilson's interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from needs.stats import inputs
from needs.stats.intervals import wilson


def proportion(
    data: pd.DataFrame,
    *,
    by: Sequence[str],
    count: str,
    denominator: str,
    confidence: Sequence[float] = (0.95,),
    multiplier: float = 100,
) -> pd.DataFrame:
    """Share of people with an attribute, with Wilson's score interval.

    Parameters
    ----------
    data : pandas.DataFrame
        Rows to add up in each group.
    by : sequence of str
        Grouping columns, all kept; an empty list gives one row for all.
    count : str
        Column of people with the attribute, 0 or more and not above `denominator` in any row.
    denominator : str
        Column of all people, 0 or more.
    confidence : sequence of float
        Levels as shares.
    multiplier : float
        100 gives per cent, 1 a share.

    Returns
    -------
    pandas.DataFrame
        One row per group: grouping columns, ``value``, limits, ``total_count``,
        ``total_denominator``, ``statistic``, ``method``, ``status``: shown, not applicable (nobody
        in the denominator) or unavailable (an input of the group is missing; its sum is then
        missing too).

    Raises
    ------
    needs.errors.ParameterError
        For a multiplier or level out of range, and a grouping column that is named as one of the
        result, or named twice.
    needs.errors.InvalidDataError
        For a count above its denominator, negative, infinite or text input, repeated rows and
        missing groups; all at once.

    Notes
    -----
    ``value = multiplier * x / n``; see `needs.stats.intervals.wilson` for the limits. Newcombe RG.
    Two-sided confidence intervals for the single proportion: comparison of seven methods.
    Statistics in Medicine 1998; 17: 857-872.

    Examples
    --------
    >>> import pandas as pd
    >>> exits = pd.DataFrame({"area": ["A", "B"], "completed": [81, 15], "all": [263, 148]})
    >>> proportion(exits, by=["area"], count="completed", denominator="all").round(2)[
    ...     ["area", "value", "lower95_0", "upper95_0", "status"]]
      area  value  lower95_0  upper95_0 status
    0    A  30.80      25.53      36.62  shown
    1    B  10.14       6.24      16.05  shown
    """
    levels = inputs.levels(confidence)
    multiplier = inputs.unit(multiplier)
    check = inputs.begin(data, by, [count, denominator], "proportion")
    part = check.numbers(count)
    whole = check.numbers(denominator)
    check.refuse(
        part > whole,
        f"Column '{count}' is above column '{denominator}'.",
        "A proportion counts part of its denominator: check both, or calculate a rate.",
    )
    groups = inputs.group(check)
    check.distinct(groups)
    check.finish()

    x, n = groups.total(part), groups.total(whole)
    status = inputs.statuses(
        groups.number, not_applicable=n == 0, unavailable=np.isnan(x) | np.isnan(n)
    )
    limits = {}
    for level in levels:
        name = inputs.level_name(level)
        lower, upper = wilson(x, n, level)
        limits[f"lower{name}"] = multiplier * lower
        limits[f"upper{name}"] = multiplier * upper
    return inputs.assemble(
        groups,
        value=multiplier * x / np.where(status == "shown", n, np.nan),
        **limits,
        total_count=x,
        total_denominator=n,
        statistic="percentage" if multiplier == 100 else f"proportion × {multiplier:,.10g}",
        method="Wilson",
        status=status,
    )
