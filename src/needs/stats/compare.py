"""Comparison with a reference: by interval, by polarity and by funnel."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from needs.errors import ParameterError
from needs.stats import inputs
from needs.stats.intervals import Floats

Polarity = Literal["higher is better", "lower is better", "none"]

LOWER, SIMILAR, HIGHER, NOT_COMPARED = "lower", "similar", "higher", "not compared"

#: What a label means for people, by polarity. Labels that are not here keep their words.
JUDGEMENTS: dict[str, dict[str, str]] = {
    "higher is better": {
        "higher": "better",
        "lower": "worse",
        "increasing": "getting better",
        "decreasing": "getting worse",
    },
    "lower is better": {
        "higher": "worse",
        "lower": "better",
        "increasing": "getting worse",
        "decreasing": "getting better",
    },
    "none": {},
}


def against_reference(
    data: pd.DataFrame,
    *,
    lower: str,
    upper: str,
    reference: float | str,
    polarity: Polarity = "none",
) -> pd.DataFrame:
    """Say of each row whether its interval lies below or above a reference value.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per area, with its 95% interval.
    lower, upper : str
        Columns of the limits, in the unit of the reference. A missing limit: not compared.
    reference : float or str
        England's value, or the column that holds it (for rows of several indicators).
    polarity : {"higher is better", "lower is better", "none"}

    Returns
    -------
    pandas.DataFrame
        The rows of `data` in their order, and ``comparison``: "lower", "similar", "higher" or
        "not compared"; and ``judgement``: "better" or "worse" in place of lower and higher where
        the indicator has a polarity.

    Raises
    ------
    needs.errors.InvalidDataError
        For a lower limit above its upper limit, infinite or text input; all at once.

    Notes
    -----
    Strictly: upper < reference is lower, lower > reference is higher, else similar. Office for
    Health Improvement and Disparities, Public Health Profiles, technical guidance: comparing with a
    benchmark by confidence intervals.

    Examples
    --------
    >>> import pandas as pd
    >>> rates = pd.DataFrame({"low": [3.3, 5.1, 2.0, None], "high": [5.3, 6.0, 5.0, None]})
    >>> against_reference(rates, lower="low", upper="high", reference=5.0,
    ...                   polarity="lower is better")
       low  high    comparison     judgement
    0  3.3   5.3       similar       similar
    1  5.1   6.0        higher         worse
    2  2.0   5.0       similar       similar
    3  NaN   NaN  not compared  not compared
    """
    columns = [lower, upper, *([reference] if isinstance(reference, str) else [])]
    check = inputs.begin(data, [], columns, "comparison")
    low = check.numbers(lower, minimum=None)
    high = check.numbers(upper, minimum=None)
    level: Floats = (
        check.numbers(reference, minimum=None)
        if isinstance(reference, str)
        else np.full(len(data), float(reference))
    )
    check.refuse(
        low > high,
        f"Column '{lower}' is above column '{upper}'.",
        "Check which column holds which limit.",
    )
    check.finish("comparison")

    label = np.select(
        [np.isnan(low) | np.isnan(high) | np.isnan(level), high < level, low > level],
        [NOT_COMPARED, LOWER, HIGHER],
        SIMILAR,
    )
    comparison = pd.Series(label, index=data.index, dtype="str")
    return data.assign(comparison=comparison, judgement=judge(comparison, polarity))


def judge(labels: pd.Series, polarity: Polarity) -> pd.Series:
    """Turn labels of a comparison or a trend into better and worse by the indicator's polarity.

    Parameters
    ----------
    labels : pandas.Series
        "lower", "higher", "increasing", "decreasing"; other labels keep their words.
    polarity : {"higher is better", "lower is better", "none"}
        Without a polarity every label keeps its words.

    Raises
    ------
    needs.errors.ParameterError
        For an unknown polarity.

    Examples
    --------
    >>> import pandas as pd
    >>> judge(pd.Series(["increasing", "similar"]), "lower is better").tolist()
    ['getting worse', 'similar']
    """
    if polarity not in JUDGEMENTS:
        raise ParameterError(
            f"Unknown polarity '{polarity}'.", "polarity", f"Use one of {', '.join(JUDGEMENTS)}."
        )
    return labels.replace(JUDGEMENTS[polarity])
