"""Relations that figures of a file or a data package have to keep, and how closely."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: How far a standardised rate may lie from the crude one, as a factor; and a crude rate.
STANDARDISED, CRUDE = 3.0, 1.01

#: What publishers round counts to.
ROUNDED = 5

#: Limits and sums are compared to what a decimal place of rounding leaves.
ROUNDING = 1e-6

#: Share of events whose sex may not be known.
UNKNOWN = 0.03

#: Values from which on their digits are looked at.
MANY_VALUES = 50


def sexes_apart(counts: pd.DataFrame) -> pd.Series[bool]:
    """Whether males and females do not add up to persons.

    Each of the three may have been rounded by itself, and of a few events the sex is not known.

    Parameters
    ----------
    counts : DataFrame
        Columns persons, male and female, none missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"persons": [225.0, 17.0], "male": [155.0, 9.0], "female": [65.0, 9.0]})
    >>> sexes_apart(rows).tolist()
    [False, True]
    """
    three = counts[["persons", "male", "female"]]
    room = np.where((three % ROUNDED == 0).all(axis=1), 1.5 * ROUNDED, 0.5)
    more = three["male"] + three["female"] - three["persons"]
    return (more > room) | (-more > np.maximum(np.maximum(room, 1), UNKNOWN * three["persons"]))


def decile_of(rank: pd.Series[float], number: int) -> pd.Series[float]:
    """The decile of a rank among so many, 1 being the most deprived tenth.

    Examples
    --------
    >>> decile_of(pd.Series([1, 3284, 3285, 32844]), 32844).tolist()
    [1.0, 1.0, 2.0, 10.0]
    """
    return pd.Series(np.ceil(rank.to_numpy() * 10 / number), rank.index)


def shortened(values: pd.Series[float]) -> bool:
    """Whether many values of three digits and more all have two at most, as "1.2E+03" has.

    Examples
    --------
    >>> shortened(pd.Series([1200.0, 170.0] * 30)), shortened(pd.Series([1201.0, 170.0] * 30))
    (True, False)
    """
    large = values[values >= 100]
    unit = 10.0 ** (np.floor(np.log10(large)) - 1)
    return bool(len(large) >= MANY_VALUES and np.isclose(large % unit, 0).all())
