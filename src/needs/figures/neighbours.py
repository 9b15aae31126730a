"""Statistical neighbours: the official list's, or those most alike in age, deprivation and density.

The latter are computed from open data alone, by a rule that the report prints: slices of the
processed table that `needs.tables.authority_features` makes. They serve where there is no official
list: before it was published, for footprints and for areas that changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from needs.errors import MissingDataError
from needs.sources.columns import FILES
from needs.tables.authority_features import AGES, BASIS, SHARES, columns_of, file_pairs

METHOD = "Statistical neighbours"

#: Whose neighbours a report compares with: a publisher's list where there is one, or always ours.
OFFICIAL, OPEN = CHOICES = ("official", "open")

#: Tells the chapters of a report which of them a run has chosen.
SETTING = "NEEDS_NEIGHBOURS"

#: Too few residents for their shares to be like anybody's: neighbours of no one.
UNLIKE = ("E09000001", "E06000053")


#: Features of each domain. Domains weigh the same, and so do the features within one.
DOMAINS: Mapping[str, tuple[str, ...]] = {
    "age": tuple(AGES),
    "deprivation": ("imd_score", "most_deprived_fifth"),
    "density": ("residents_per_km2", "sparsely_populated"),
}

FEATURES: tuple[str, ...] = tuple(name for names in DOMAINS.values() for name in names)


#: Compared on a logarithmic scale: London boroughs would else leave all others alike.
LOGARITHMIC = ("residents_per_km2",)


def features(rows: pd.DataFrame, members: Sequence[str] = (), code: str = "") -> pd.DataFrame:
    """Return the features that authorities are compared by, and a footprint's as one more row.

    Parameters
    ----------
    rows : DataFrame
        Of the processed table ``authority_features``, those of one year.
    members : sequence of str
        Codes of a footprint's authorities; empty for none.
    code : str
        The footprint's own code.

    Returns
    -------
    DataFrame
        Index area_code; columns `FEATURES`: per cent of residents by age, the population-weighted
        mean score of the index, per cent of residents in the most deprived fifth of England,
        residents per square kilometre, per cent of residents in sparsely populated LSOAs; and
        `BASIS`. The footprint has no row if one of its members has none.
    """
    table = rows.set_index("area_code")
    table = table.assign(residents_per_km2=table["residents"] / table["km2"])
    columns = [*FEATURES, *BASIS, *FILES]
    if not members or not set(members) <= set(table.index):
        return table[columns]
    part = table.loc[list(members)]
    joined = {
        **{name: np.average(part[name], weights=part["population"]) for name in AGES},
        **{name: np.average(part[name], weights=part["residents"]) for name in SHARES},
        "residents_per_km2": part["residents"].sum() / part["km2"].sum(),
        **{name: part[name].iloc[0] for name in BASIS},
        **columns_of(pair for row in part.to_dict("records") for pair in file_pairs(row)),
    }
    whole = pd.DataFrame([joined], index=pd.Index([code], name="area_code"))
    return pd.concat([table, whole])[columns]


def standardise(table: pd.DataFrame, apart: Iterable[str] = ()) -> pd.DataFrame:
    """Express features in standard deviations from the mean of all authorities.

    Parameters
    ----------
    table : DataFrame
        From `features`.
    apart : iterable of str
        Codes that take no part in the mean and the standard deviation, besides `UNLIKE`.

    Examples
    --------
    >>> table = pd.DataFrame({"imd_score": [10.0, 20.0, 30.0]}, index=["A", "B", "C"])
    >>> standardise(table)["imd_score"].round(2).tolist()
    [-1.22, 0.0, 1.22]
    """
    scaled = table[[name for name in FEATURES if name in table.columns]].astype("float64")
    for name in set(LOGARITHMIC) & set(scaled.columns):
        scaled[name] = np.log(scaled[name])
    usual = scaled[~scaled.index.isin([*UNLIKE, *apart])]
    spread = usual.std(ddof=0)
    # where all authorities are the same there is nothing to tell them apart by
    return (scaled - usual.mean()) / spread.where(spread > 0, np.inf)


def nearest_authorities(
    table: pd.DataFrame, code: str, n: int = 10, *, members: Sequence[str] = ()
) -> pd.DataFrame:
    """Find the authorities nearest to one, by weighted Euclidean distance.

    Parameters
    ----------
    table : DataFrame
        From `features`.
    code : str
        Authority or footprint whose neighbours are sought.
    n : int
        How many.
    members : sequence of str
        Authorities of the footprint, which are not neighbours of it.

    Returns
    -------
    DataFrame
        area_code; distance, in standard deviations: 1 means that the features differ by one
        standard deviation on (quadratic) average; and for each feature its share of the squared
        distance. The nearest first, equals by code; the City of London and the Isles of Scilly are
        never among them.

    Raises
    ------
    MissingDataError
        `code` has no features.

    Examples
    --------
    >>> table = pd.DataFrame({"imd_score": [10.0, 20.0, 22.0]}, index=["A", "B", "C"])
    >>> nearest_authorities(table, "B", n=1)["area_code"].tolist()
    ['C']
    """
    if code not in table.index:
        raise MissingDataError(
            f"There are no features of {code} to find its statistical neighbours by.",
            "authority_features",
            "needs prepare, with populations, deprivation, lookups and boundaries at hand.",
        )
    scaled = standardise(table, apart=[code] if members else ())
    others = scaled[~scaled.index.isin([*UNLIKE, *members, code])]
    squares = (others - scaled.loc[code]) ** 2 * _weights(scaled.columns)
    total = squares.sum(axis=1)
    shares = squares.div(total.where(total > 0, 1.0), axis=0)
    found = pd.DataFrame(
        {
            "area_code": others.index.astype("str"),
            "distance": np.sqrt(total.to_numpy()),
            **{str(name): shares[name].to_numpy() for name in shares.columns},
        }
    )
    return found.sort_values(["distance", "area_code"], ignore_index=True).head(n)


def _weights(names: Iterable[str]) -> pd.Series[float]:
    """Weights of features, which add up to 1: each domain's the same, shared by its features."""
    columns = list(names)
    there = [[one for one in group if one in columns] for group in DOMAINS.values()]
    there = [group for group in there if group]
    return pd.Series({one: 1 / len(there) / len(group) for group in there for one in group})
