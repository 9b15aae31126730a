"""Spatial clustering: neighbours, Moran's I and the Gi* statistic.

Neighbours are an edge list: a frame with two columns of area codes, a row per pair of neighbours in
either or both directions. Areas without neighbours (islands) are allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import ndtr

from needs.errors import InvalidDataError, ParameterError, Problem
from needs.stats import inputs
from needs.stats.inputs import Check, Groups
from needs.stats.intervals import Floats, z_value

if TYPE_CHECKING:
    import geopandas

#: Fewest areas for which the variance of Moran's I exists.
LEAST_AREAS = 4

#: Numbers that random permutations shuffle at once: a megabyte of them.
SHUFFLED_AT_ONCE = 250_000


def queen_contiguity(areas: geopandas.GeoDataFrame, *, code: str) -> pd.DataFrame:
    """Neighbours that share a border or a corner.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        One row per area, in any coordinate system. Invalid rings are mended for the comparison.
    code : str
        Column of the area's code.

    Returns
    -------
    pandas.DataFrame
        Columns ``area`` and ``neighbour``: each pair once, the lesser code first, sorted.

    Raises
    ------
    needs.errors.InvalidDataError
        For a code that is missing or stands twice, or an area without geometry; all at once.

    Notes
    -----
    Two areas are neighbours if their geometries touch or overlap anywhere. Generalised boundaries
    keep shared borders, but narrow water clipped out of them separates areas. Cliff AD, Ord JK.
    Spatial Processes. Pion, 1981, chapter 1.

    Examples
    --------
    >>> import geopandas, shapely
    >>> squares = geopandas.GeoDataFrame({"code": ["A", "B", "C", "D"]}, geometry=[
    ...     shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2), shapely.box(1, 0, 2, 1),
    ...     shapely.box(5, 5, 6, 6)])
    >>> queen_contiguity(squares, code="code")
      area neighbour
    0    A         B
    1    A         C
    2    B         C
    """
    table = pd.DataFrame(areas.drop(columns=areas.geometry.name))
    check = inputs.begin(table, [], [code], "list of neighbours")
    codes = _codes(check, table[code], code)
    shapes = areas.geometry
    check.refuse(
        (shapes.isna() | shapes.is_empty).to_numpy(),
        "An area has no geometry.",
        "Drop it, or add its boundary.",
    )
    check.finish()
    mended = shapes.where(shapes.is_valid, shapes.make_valid())
    left, right = mended.sindex.query(mended, predicate="intersects")
    first, second = codes.take(left), codes.take(right)
    once = np.asarray(first < second)
    pairs = pd.DataFrame({"area": first[once], "neighbour": second[once]})
    return pairs.sort_values(["area", "neighbour"], ignore_index=True)


def morans_i(
    data: pd.DataFrame,
    edges: pd.DataFrame,
    *,
    area: str,
    value: str,
    by: Sequence[str] = (),
    assumption: Literal["randomisation", "normality"] = "randomisation",
    count_islands: bool = False,
    permutations: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    """Global spatial autocorrelation: whether neighbours are alike over the whole map.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per area (and group of `by`).
    edges : pandas.DataFrame
        Pairs of area codes in its first two columns, as `queen_contiguity` gives them.
    area, value : str
        Columns of the area's code and of its value, without gaps.
    by : sequence of str
        Grouping columns, all kept: indicators, periods. Every group is set on the same map.
    assumption : {"randomisation", "normality"}
        Of the variance: all arrangements of the values on the map alike, or normal values.
    count_islands : bool
        Whether islands, which have no neighbour, count among the areas n of the formula.
    permutations, seed : int
        Number and seed of random arrangements for a permutation p value (``p_permutation``).

    Returns
    -------
    pandas.DataFrame
        One row per group: grouping columns, ``value`` (I: about 0 by chance, towards 1 when like
        lies beside like), ``expected``, ``variance``, ``z``, ``p`` (two-sided), ``areas``,
        ``islands``, ``statistic``, ``method`` and ``status``: shown, or not applicable (fewer than
        4 areas with neighbours, or all values equal).

    Raises
    ------
    needs.errors.ParameterError
        For an unknown assumption, permutations that are not a whole number of 0 or more, and a
        grouping column that is named as one of the result, or named twice.
    needs.errors.InvalidDataError
        For an area that stands twice, an edge to an area without a row, a missing, infinite or text
        value; all at once.

    Notes
    -----
    ``I = n / S0 * sum(w_ij z_i z_j) / sum(z_i^2)`` with row-standardised weights. Cliff AD, Ord JK.
    Spatial Processes. Pion, 1981, chapter 2.

    Examples
    --------
    >>> import pandas as pd
    >>> ring = pd.DataFrame({"code": list("ABCDEF"), "rate": [9.0, 8.0, 3.0, 1.0, 2.0, 7.0]})
    >>> edges = pd.DataFrame({"area": list("ABCDEF"), "neighbour": list("BCDEFA")})
    >>> morans_i(ring, edges, area="code", value="rate")[["value", "expected", "p"]].round(3)
       value  expected      p
    0  0.483      -0.2  0.075
    """
    if assumption not in ("randomisation", "normality"):
        raise ParameterError(
            f"Unknown assumption '{assumption}'.", "assumption", "Use 'randomisation'."
        )
    permutations = inputs.whole_number(permutations, "permutations", 0)
    map_ = _read(data, edges, area, value, by, "Moran's I")
    weights = map_.row_standardised
    s0, s1, s2 = _sums(weights)
    n = map_.number if count_islands else map_.number - map_.islands
    possible = map_.possible
    deviation = map_.deviation
    square = np.where(possible, (deviation**2).sum(axis=1), 1.0)
    index = n / s0 * _cross(deviation, weights) / square if s0 else np.zeros(len(square))
    expected = -1 / (n - 1) if n > 1 else np.nan
    if not s0:  # islands only
        variance = np.full(len(square), np.nan)
    elif assumption == "normality" or n < LEAST_AREAS:
        variance = np.full(len(square), (n**2 * s1 - n * s2 + 3 * s0**2) / (s0**2 * (n**2 - 1)))
    else:
        kurtosis = map_.number * (deviation**4).sum(axis=1) / square**2
        spread = n * (s1 * (n**2 - 3 * n + 3) - n * s2 + 3 * s0**2)
        peaked = kurtosis * (s1 * (n**2 - n) - 2 * n * s2 + 6 * s0**2)
        variance = (spread - peaked) / ((n - 1) * (n - 2) * (n - 3) * s0**2)
    variance = variance - expected**2
    extra: dict[str, Floats] = {}
    if permutations:
        extra["p_permutation"] = _permuted(map_, weights, n / s0 if s0 else 0, permutations, seed)
    return map_.result(
        "Moran's I",
        f"row-standardised weights, {assumption}",
        value=index,
        expected=np.full(len(square), expected),
        variance=variance,
        z=_z(index - expected, variance),
        **extra,
    )


def gi_star(
    data: pd.DataFrame,
    edges: pd.DataFrame,
    *,
    area: str,
    value: str,
    by: Sequence[str] = (),
    with_own_value: bool = True,
    confidence: float = 0.95,
    permutations: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    """Hot and cold spots: areas that lie with their neighbours far above or below the mean.

    Parameters
    ----------
    data, edges, area, value, by
        As for `morans_i`.
    with_own_value : bool
        Whether an area's own value counts with its neighbours' (Gi*), or not (Gi).
    confidence : float
        Level at which an area is called a hot or a cold spot, after the adjustment for false
        discoveries.
    permutations, seed : int
        Number and seed of conditional permutations for the p values: an area keeps its own value,
        and its neighbours' are drawn from all others. 0 takes the normal approximation.

    Returns
    -------
    pandas.DataFrame
        One row per group and area: grouping columns, the area's column, ``value`` and ``z`` (the
        standardised statistic itself), ``p`` (two-sided), ``p_adjusted`` (for false discoveries
        among the areas of the group), ``cluster`` ("hot spot", "cold spot", "not significant", or
        "not applicable"), ``statistic``, ``method`` and ``status``: shown, or not applicable (fewer
        than 4 areas, all values equal, or, without the own value, an island).

    Raises
    ------
    needs.errors.ParameterError
        For a grouping column, or the area's, that is named as one of the result, or named twice.
    needs.errors.InvalidDataError
        As for `morans_i`.

    Notes
    -----
    Binary weights. ``Gi* = (sum(w_ij x_j) - W_i m) / (s sqrt((n W_i - W_i^2) / (n - 1)))`` with
    W_i the number of neighbours and the area itself. By permutation p is twice the smaller share of
    draws, the map itself among them, in which the neighbours' sum is at least as high, or as low;
    an island's is 1. Anselin L. Geographical Analysis 1995; 27: 93-115. Ord JK, Getis A. Local
    spatial autocorrelation statistics. Geographical Analysis 1995; 27: 286-306. Benjamini Y,
    Hochberg Y. Controlling the false discovery rate. Journal of the Royal Statistical Society B
    1995; 57: 289-300.

    Examples
    --------
    >>> import pandas as pd
    >>> ring = pd.DataFrame({"code": list("ABCDEF"), "rate": [9.0, 8.0, 3.0, 1.0, 2.0, 7.0]})
    >>> edges = pd.DataFrame({"area": list("ABCDEF"), "neighbour": list("BCDEFA")})
    >>> gi_star(ring, edges, area="code", value="rate")[["code", "z", "cluster"]].round(2).head(3)
      code     z          cluster
    0    A  2.16  not significant
    1    B  1.20  not significant
    2    C -0.72  not significant
    """
    z_value(confidence)
    permutations = inputs.whole_number(permutations, "permutations", 0)
    map_ = _read(data, edges, area, value, by, "Gi*" if with_own_value else "Gi")
    n = map_.number
    x = map_.grid
    own = np.where(map_.possible[:, None], 1.0, np.nan)
    if with_own_value:
        near = map_.degree + 1
        total = (map_.binary @ x.T).T + x
        mean = x.mean(axis=1, keepdims=True) if n else x
        spread = np.sqrt(np.maximum((x**2).mean(axis=1, keepdims=True) - mean**2, 0)) if n else x
        among = n
    else:
        near = map_.degree
        total = (map_.binary @ x.T).T
        among = max(n - 1, 1)
        mean = (x.sum(axis=1, keepdims=True) - x) / among
        squares = ((x**2).sum(axis=1, keepdims=True) - x**2) / among
        spread = np.sqrt(np.maximum(squares - mean**2, 0))
    scatter = spread * np.sqrt(np.maximum(among * near - near**2, 0) / max(among - 1, 1))
    z = own * np.where(scatter > 0, (total - near * mean) / np.where(scatter > 0, scatter, 1), 0.0)
    has_value = np.ones(n, dtype=np.bool_) if with_own_value else map_.degree > 0
    return map_.local_result(
        "Gi*" if with_own_value else "Gi",
        f"binary weights, {permutations} conditional permutations"
        if permutations
        else "binary weights",
        has_value=has_value,
        p=_conditional(map_, permutations, seed) if permutations else None,
        clustered_at=confidence,
        value=z,
        z=z,
    )


@dataclass(frozen=True)
class _Map:
    """Values of each group (a row) on one map of areas (a column), and who neighbours whom."""

    groups: Groups
    area: str
    codes: pd.Index[Any]
    grid: Floats
    binary: sparse.csr_array
    degree: Floats

    @property
    def number(self) -> int:
        return len(self.codes)

    @property
    def islands(self) -> int:
        return int((self.degree == 0).sum())

    @property
    def deviation(self) -> Floats:
        if not self.grid.size:
            return self.grid
        centred: Floats = self.grid - self.grid.mean(axis=1, keepdims=True)
        return centred

    @property
    def possible(self) -> NDArray[np.bool_]:
        """Groups whose values differ, on a map of enough areas with neighbours."""
        if self.number - self.islands < LEAST_AREAS:
            return np.zeros(len(self.grid), dtype=np.bool_)
        differ: NDArray[np.bool_] = self.grid.max(axis=1) > self.grid.min(axis=1)
        return differ

    @property
    def row_standardised(self) -> sparse.csr_array:
        inverse = np.where(self.degree > 0, 1 / np.where(self.degree > 0, self.degree, 1), 0)
        return sparse.csr_array(sparse.diags_array(inverse) @ self.binary)

    def result(self, statistic: str, method: str, **columns: Floats) -> pd.DataFrame:
        possible = self.possible
        held = {name: np.where(possible, numbers, np.nan) for name, numbers in columns.items()}
        held["p"] = 2 * ndtr(-np.abs(held["z"]))
        return inputs.assemble(
            self.groups,
            **held,
            areas=self.number,
            islands=self.islands,
            statistic=statistic,
            method=method,
            status=inputs.statuses(len(possible), not_applicable=~possible),
        )

    def local_result(
        self,
        statistic: str,
        method: str,
        *,
        has_value: NDArray[np.bool_],
        clustered_at: float | None = None,
        p: Floats | None = None,
        **columns: Floats,
    ) -> pd.DataFrame:
        possible = self.possible[:, None] & has_value
        held: dict[str, object] = {
            name: np.where(possible, numbers, np.nan).ravel() for name, numbers in columns.items()
        }
        normal = 2 * ndtr(-np.abs(columns["z"]))
        p = np.where(possible, normal if p is None else p, np.nan)
        keys = self.groups.keys.loc[self.groups.keys.index.repeat(self.number)]
        kept = {name: column.array for name, column in keys.items()}
        kept[self.area] = self.codes.take(np.tile(np.arange(self.number), len(possible)))
        adjusted = _adjusted(p)
        added = {**held, "p": p.ravel(), "p_adjusted": adjusted.ravel()}
        if clustered_at is not None:
            significant = adjusted < 1 - clustered_at
            added["cluster"] = np.select(
                [~possible, significant & (columns["z"] > 0), significant],
                ["not applicable", "hot spot", "cold spot"],
                "not significant",
            ).ravel()
        added |= {
            "statistic": statistic,
            "method": method,
            "status": inputs.statuses(possible.size, not_applicable=~possible.ravel()),
        }
        return pd.DataFrame(inputs.joined(kept, added))


def _read(
    data: pd.DataFrame,
    edges: pd.DataFrame,
    area: str,
    value: str,
    by: Sequence[str],
    statistic: str,
) -> _Map:
    inputs.grouping_columns([*inputs.grouping_columns(by), area])
    check = inputs.begin(data, by, [area, value], statistic)
    values = check.numbers(value, minimum=None, missing=False)
    groups = inputs.group(check)
    if by:
        codes = pd.Index(data[area].dropna().unique()).sort_values()
        place = codes.get_indexer(pd.Index(data[area]))
        check.refuse(place < 0, f"Column '{area}' is missing.", "Name the area of every row.")
        check.unplaced |= place < 0
        check.once(
            groups,
            place,
            f"Column '{area}' has an area twice in a group.",
            "Keep one row per group and area.",
        )
    else:
        ordered = _codes(check, data[area], area)
        codes = ordered.sort_values()
        place = codes.get_indexer(ordered) if codes.is_unique else np.arange(len(data))
    pairs = _pairs(check, edges, codes)
    if not check.problems and groups.number * len(codes) != len(data):
        check.problems.append(
            Problem(
                "The groups do not have the same areas.",
                ", ".join(by),
                "Give each group a row for every area of the map.",
            )
        )
    check.finish()
    grid = np.empty((groups.number, len(codes)))
    grid[groups.codes, place] = values
    first, second = pairs
    binary = sparse.csr_array(
        (np.ones(2 * len(first)), (np.r_[first, second], np.r_[second, first])),
        shape=(len(codes), len(codes)),
    )
    binary.sum_duplicates()
    binary.data[:] = 1.0
    return _Map(groups, area, codes, grid, binary, np.asarray(binary.sum(axis=1)))


def _codes(check: Check, series: pd.Series, column: str) -> pd.Index[Any]:
    check.refuse(
        series.isna().to_numpy(), f"Column '{column}' is missing.", "Name the area of every row."
    )
    check.refuse(
        series.duplicated(keep=False).to_numpy(),
        f"Column '{column}' has an area twice.",
        "Keep one row per area, or name the columns that tell them apart in by.",
    )
    codes: pd.Index[Any] = pd.Index(series)
    return codes


def _pairs(
    check: Check, edges: pd.DataFrame, codes: pd.Index[Any]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of each pair of neighbours; an area is not its own neighbour."""
    if edges.shape[1] < 2:
        raise InvalidDataError(
            "The edge list has fewer than two columns.", "edges", "Use queen_contiguity."
        )
    if not codes.is_unique:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    first, second = (codes.get_indexer(pd.Index(edges.iloc[:, side])) for side in (0, 1))
    stray = (first < 0) | (second < 0)
    if stray.any():
        check.problems.append(
            Problem(
                "The edge list names areas that the data does not have.",
                Check(edges, list(edges.columns[:2]), "").name_rows(stray),
                "Select the edges of the areas in the data, or add the missing areas.",
            )
        )
    use = ~stray & (first != second)
    return first[use], second[use]


def _sums(weights: sparse.csr_array) -> tuple[float, float, float]:
    """The sums S0, S1 and S2 of a weights matrix."""
    both = weights + weights.T
    s2 = ((weights.sum(axis=0) + weights.sum(axis=1)) ** 2).sum()
    return float(weights.sum()), float(both.power(2).sum() / 2), float(s2)


def _cross(deviation: Floats, weights: sparse.csr_array) -> Floats:
    """Sum of the products of neighbours' deviations, for each group."""
    total: Floats = (deviation * (weights @ deviation.T).T).sum(axis=1)
    return total


def _z(difference: Floats, variance: Floats) -> Floats:
    known = variance > 0
    return np.where(known, difference / np.sqrt(np.where(known, variance, 1)), np.nan)


def _permuted(
    map_: _Map, weights: sparse.csr_array, factor: float, permutations: int, seed: int
) -> Floats:
    """Two-sided share of random arrangements at least as far from their expectation."""
    draw = np.random.default_rng(seed)
    order = np.argsort(draw.random((permutations, map_.number)), axis=1)
    expected = -1 / (map_.number - 1) if map_.number > 1 else 0.0
    found = np.full(len(map_.grid), np.nan)
    for place in np.flatnonzero(map_.possible):
        deviation = map_.deviation[place]
        square = (deviation**2).sum()
        own = factor * _cross(deviation[None, :], weights) / square
        shuffled = factor * _cross(deviation[order], weights) / square
        as_far = np.abs(shuffled - expected) >= np.abs(own - expected)
        found[place] = (1 + as_far.sum()) / (permutations + 1)
    return found


def _conditional(map_: _Map, permutations: int, seed: int) -> Floats:
    """P values of each area's neighbours' sum, of each group, by conditional permutation."""
    n = map_.number
    found = np.ones(map_.grid.shape)
    if n < LEAST_AREAS:
        return found
    drawn = _drawn(n - 1, int(map_.degree.max(initial=0)), permutations, seed)
    for place in range(n):
        degree = int(map_.degree[place])
        if not degree:
            continue
        near = map_.binary.indices[map_.binary.indptr[place] : map_.binary.indptr[place + 1]]
        rest = np.delete(map_.grid, place, axis=1)
        sums = rest[:, drawn[:degree]].sum(axis=1)
        own = map_.grid[:, near].sum(axis=1)
        # sums of the same values in another order may differ in the last place
        room = 1e-9 * np.abs(own)
        high = (sums >= (own - room)[:, None]).sum(axis=1)
        low = (sums <= (own + room)[:, None]).sum(axis=1)
        found[:, place] = np.minimum(1.0, 2 * (np.minimum(high, low) + 1) / (permutations + 1))
    return found


def _drawn(among: int, wanted: int, permutations: int, seed: int) -> NDArray[np.int32]:
    """The first few of some numbers in random order: a column for each permutation.

    Each permutation shuffles all the numbers, though few are wanted. Only so many permutations are
    made at a time as take little memory; the generator goes on from one lot to the next, so that
    they are the same as if they were made at once.
    """
    drawn = np.empty((wanted, permutations), dtype=np.int32)
    generator = np.random.default_rng(seed)
    numbers = np.arange(among, dtype=np.int32)
    lot = max(1, SHUFFLED_AT_ONCE // among)
    for start in range(0, permutations, lot):
        end = min(start + lot, permutations)
        shuffled = generator.permuted(np.tile(numbers, (end - start, 1)), axis=1)
        drawn[:, start:end] = shuffled[:, :wanted].T
    return drawn


def _adjusted(p: Floats) -> Floats:
    """P values adjusted for false discoveries within each row; missing ones do not count."""
    adjusted = np.full_like(p, np.nan)
    for place, row in enumerate(p):
        known = np.flatnonzero(~np.isnan(row))
        order = known[np.argsort(-row[known])]
        ranks = np.arange(len(order), 0, -1)
        adjusted[place, order] = np.minimum.accumulate(row[order] * len(order) / ranks)
    return adjusted
