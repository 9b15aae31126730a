"""Deprivation by LSOA: counts, residents and shares as figures.

The deciles are the publisher's own national deciles, never recomputed for an area. Populations are
the newest mid-year estimates in or before the reporting year on the index's own LSOA boundaries.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from needs.figures.assessment import RESIDENTS, Assessment, Place
from needs.figures.figure import Figure, format_number
from needs.sources.columns import FILES
from needs.stats.spatial import LEAST_AREAS, gi_star, morans_i
from needs.stats.status import Status
from needs.tables.naming import figure_id

METHOD = "Share of residents by deprivation decile"

#: Draws of the neighbours of each LSOA.
PERMUTATIONS = 4_999

CLUSTERING = "Spatial clustering"

#: Domains of the index in the publisher's order, with plain names.
DOMAINS = {
    "income": "Income",
    "employment": "Employment",
    "education": "Education, skills and training",
    "health": "Health and disability",
    "crime": "Crime",
    "barriers": "Barriers to housing and services",
    "environment": "Living environment",
}

#: The cut-offs that strategies quote: the most deprived 10%, 20% and 30% of LSOAs in England.
CUT_OFFS = {1: "most deprived 10%", 2: "most deprived 20%", 3: "most deprived 30%"}

BANDS = ("Most deprived 10%", "10% to 20%", "20% to 30%")


#: Where the index and the residents of LSOAs stand: columns of an assessment's `lsoa`.
INDEX = FILES
PEOPLE = tuple(RESIDENTS[name] for name in FILES)


def sources(na: Assessment, *parts: Sequence[str]) -> tuple[str, ...]:
    """Sources behind deprivation figures, as their rows name them.

    Parameters
    ----------
    na : Assessment
    *parts : sequence of str
        `INDEX`, `PEOPLE` or both; both by default.
    """
    known = na.once(_sources)
    keys = (key for source, _ in parts or (INDEX, PEOPLE) for key in known[source])
    return tuple(dict.fromkeys(keys))


def _sources(na: Assessment) -> dict[str, list[str]]:
    """Keys of the sources that each column of sources names."""
    return {
        source: [key for one in na.lsoa[source].dropna().unique() for key in str(one).split(";")]
        for source, _ in (INDEX, PEOPLE)
    }


def source_rows(
    na: Assessment, place: Place | None = None, *parts: Sequence[str]
) -> tuple[str, ...]:
    """Where a place's rows stand: each file that was read and its edition, and LSOAs of it.

    `parts` are those of `sources`.
    """
    known, code = na.once(_source_rows), (place or na.area).code
    columns = (column for _, column in parts or (INDEX, PEOPLE))
    return tuple(row for column in columns for row in known.get((code, column), ()))


def _source_rows(na: Assessment) -> dict[tuple[str, str], list[str]]:
    """What `source_rows` says of the area and each of its districts, by column of file names."""
    found: dict[tuple[str, str], list[str]] = {}
    for code, rows in {**na.once(_by_district), na.area.code: na.lsoa}.items():
        for _, column in (INDEX, PEOPLE):
            for name, codes in rows.groupby(column, sort=False)["lsoa_code"]:
                whole = f"{len(codes)} LSOAs of {code}, from {codes.min()} to {codes.max()}"
                said = f"{name}, {whole if len(codes) > 1 else codes.min()}"
                found.setdefault((code, column), []).append(said)
    return found


def lsoa_count(na: Assessment, decile: int, place: Place | None = None) -> Figure:
    """LSOAs in the most deprived 10%, 20% or 30% of England (`decile` 1, 2 or 3)."""
    rows = _in(na, place)
    inside = int((rows["imd_decile"] <= decile).sum())
    return _index_figure(na, f"lsoas_most_deprived_{decile}0", place, inside, "LSOAs", 0).with_(
        label=f"LSOAs in the {CUT_OFFS[decile]} nationally",
        numerator=float(inside),
        denominator=float(len(rows)),
        formula="count of LSOAs whose national decile is in range",
        sources=sources(na, INDEX),
        source_rows=source_rows(na, place, INDEX),
    )


def decile_residents(na: Assessment, decile: int, place: Place | None = None) -> Figure:
    """Residents of those LSOAs."""
    inside, _ = people_up_to(_in(na, place), "imd", decile)
    key = f"residents_most_deprived_{decile}0"
    return _index_figure(na, key, place, inside, "people", -1).with_(
        label=f"Residents of LSOAs in the {CUT_OFFS[decile]} nationally",
        numerator=inside,
        formula="sum of the mid-year populations of those LSOAs",
    )


def share(na: Assessment, decile: int, place: Place | None = None) -> Figure:
    """Share of all residents who live in those LSOAs, in per cent."""
    inside, total = people_up_to(_in(na, place), "imd", decile)
    return _share(na, f"share_most_deprived_{decile}0", inside, total, place).with_(
        label=f"Share of residents in LSOAs in the {CUT_OFFS[decile]} nationally",
    )


def share_by_decile(na: Assessment) -> tuple[Figure, ...]:
    """Share of residents in each national decile, 1 (most deprived) to 10."""
    figures = []
    for decile in range(1, 11):
        below, total = people_up_to(na.lsoa, "imd", decile)
        less, _ = people_up_to(na.lsoa, "imd", decile - 1)
        inside = None if below is None or less is None else below - less
        figures.append(
            _share(na, f"share_in_decile_{decile}", inside, total).with_(
                label=f"Share of residents in national deprivation decile {decile}",
                formula="residents of LSOAs in the decile ÷ all residents × 100",
                note=f"decile {decile}",
            )
        )
    return tuple(figures)


def share_least(na: Assessment) -> Figure:
    """Share of residents in the three least deprived national deciles."""
    below, total = people_up_to(na.lsoa, "imd", 7)
    inside = None if below is None or total is None else total - below
    return _share(na, "share_least_deprived_30", inside, total).with_(
        label="Share of residents in LSOAs in the least deprived 30% nationally",
    )


def domain_shares(na: Assessment) -> pd.DataFrame:
    """Share of residents in the most deprived 10%, 20% and 30% of England, for each domain.

    Returns
    -------
    DataFrame
        One row a domain (the index itself first): `domain`, `label`, and `d1`, `d2`, `d3`:
        Figures for the three cut-offs.
    """
    out = []
    for key, label in {"imd": "Index of Multiple Deprivation", **DOMAINS}.items():
        row: dict[str, object] = {"domain": key, "label": label}
        for cut, words in CUT_OFFS.items():
            if key == "imd":  # the index's own shares have one id wherever they are shown
                row[f"d{cut}"] = share(na, cut)
                continue
            row[f"d{cut}"] = _share(
                na, f"share_{key}_{cut}0", *people_up_to(na.lsoa, key, cut)
            ).with_(label=f"{label}: share of residents in the {words} nationally")
        out.append(row)
    return pd.DataFrame(out)


def domain_bands(shares: pd.DataFrame) -> pd.DataFrame:
    """The shares of `domain_shares` as bands that add up: up to 10%, 10% to 20%, 20% to 30%."""
    rows = []
    for _, row in shares.iterrows():
        values = [row[f"d{cut}"].value for cut in CUT_OFFS]
        below = [0.0, *values[:-1]]
        for band, value, less in zip(BANDS, values, below, strict=True):
            share_of_band = None if value is None or less is None else value - less
            rows.append({"domain": row["label"], "band": band, "share": share_of_band})
    return pd.DataFrame(rows).astype({"share": float})


def most_deprived_lsoas(na: Assessment, n: int = 20) -> pd.DataFrame:
    """The area's LSOAs among the most deprived 30% of England by national rank, at most `n`."""
    rows = na.lsoa[na.lsoa["imd_decile"] <= max(CUT_OFFS)]
    return rows.sort_values(["imd_rank", "lsoa_code"]).head(n).reset_index(drop=True)


def clustering(na: Assessment) -> tuple[Figure, float]:
    """Moran's I of the index's score over the area's LSOAs, and its two-sided p value.

    Where it cannot be had the figure's note says why, and p is missing.
    """
    result = morans_i(na.lsoa, na.neighbours, area="lsoa_code", value="imd_score").iloc[0]
    shown = result["status"] == Status.SHOWN
    figure = _clustering(na, "imd_clustering", None, float(result["value"]) if shown else None)
    figure = figure.with_(
        label="Moran's I of the Index of Multiple Deprivation score",
        unit="",
        decimals=2,
        formula="n ÷ Σw × Σ w z z′ ÷ Σ z² for pairs of neighbouring LSOAs, where z is the score "
        "less the mean of all, and the weights w of an LSOA's neighbours add up to 1",
    )
    if shown:
        joined = int(result["areas"]) - int(result["islands"])
        return figure.with_(note=f"{p_words(result['p'])}, {joined} LSOAs"), float(result["p"])
    if len(na.lsoa) >= LEAST_AREAS and na.neighbours.empty:
        return figure.with_(note="which LSOAs are neighbours is not known"), float("nan")
    score = na.lsoa["imd_score"]
    same = score.min() == score.max() and len(score) >= LEAST_AREAS
    why = "all LSOAs have the same score" if same else "there are too few LSOAs with neighbours"
    return figure.with_(status=Status.NOT_APPLICABLE, note=why), float("nan")


def p_words(p: float) -> str:
    """A p value as it is printed.

    Examples
    --------
    >>> p_words(1.7e-21), p_words(0.0128)
    ('p < 0.001', 'p = 0.013')
    """
    return "p < 0.001" if p < 0.001 else f"p = {format_number(p, 3)}"


def hot_spots(na: Assessment) -> pd.DataFrame:
    """LSOAs in significant clusters of high deprivation by Gi*, the strongest first (`z`)."""
    local = gi_star(
        na.lsoa,
        na.neighbours,
        area="lsoa_code",
        value="imd_score",
        permutations=PERMUTATIONS,
    )
    local = local.loc[local["cluster"] == "hot spot", ["lsoa_code", "z"]]
    joined = na.lsoa.merge(local, on="lsoa_code", validate="one_to_one")
    ordered = joined.sort_values(["z", "lsoa_code"], ascending=[False, True], kind="stable")
    return ordered.reset_index(drop=True)


def hot_spot_count(na: Assessment, spots: pd.DataFrame, place: Place | None = None) -> Figure:
    """LSOAs of a place among the `hot_spots` of the area."""
    inside = int(spots["lsoa_code"].isin(_in(na, place)["lsoa_code"]).sum())
    return _clustering(na, "lsoas_in_clusters", place, inside).with_(
        label="LSOAs in relatively deprived clusters",
        numerator=float(inside),
        denominator=float(len(_in(na, place))),
        formula=f"count of LSOAs with Gi* above 0 and p < 0.05 by {PERMUTATIONS:,} conditional "
        "permutations, adjusted for false discoveries",
    )


def deprived_in_clusters(na: Assessment, spots: pd.DataFrame) -> Figure:
    """Of the `hot_spots`, those in the most deprived 30% of England; not all need be."""
    inside = int((spots["imd_decile"] <= max(CUT_OFFS)).sum())
    return _clustering(na, "most_deprived_in_clusters", None, inside).with_(
        label="LSOAs in relatively deprived clusters that are in the most deprived 30% nationally",
        numerator=float(inside),
        denominator=float(len(spots)),
        formula="count of LSOAs in a relatively deprived cluster and in national deciles 1 to 3",
    )


def outside_clusters(na: Assessment, spots: pd.DataFrame) -> Figure:
    """LSOAs in the most deprived 10% of England that are not among the `hot_spots`."""
    most = na.lsoa[na.lsoa["imd_decile"] == 1]
    outside = int((~most["lsoa_code"].isin(spots["lsoa_code"])).sum())
    return _clustering(na, "most_deprived_outside_clusters", None, outside).with_(
        label="LSOAs in the most deprived 10% nationally that are in no cluster",
        numerator=float(outside),
        denominator=float(len(most)),
        formula="count of LSOAs in national decile 1 that are in no relatively deprived cluster",
    )


def _clustering(na: Assessment, key: str, place: Place | None, value: float | None) -> Figure:
    pairs = na.neighbours
    return _index_figure(na, key, place, value, "LSOAs", 0).with_(
        period=f"IoD{na.index_edition}",
        method=CLUSTERING,
        sources=tuple(dict.fromkeys((*sources(na, INDEX), *pairs["source"].unique()))),
        source_rows=(
            *source_rows(na, place, INDEX),
            *(f"{one}, LSOAs of {na.area.code}" for one in pairs["source_row"].unique()),
        ),
    )


def period(na: Assessment) -> str:
    """How the period of a deprivation figure is printed: the index, and the population's year."""
    people = f", mid-{na.lsoa_population_year} population" if na.lsoa_population_year else ""
    return f"IoD{na.index_edition}{people}"


def people_up_to(rows: pd.DataFrame, domain: str, decile: int) -> tuple[float | None, float | None]:
    """Residents up to a national decile, and all residents; None where one LSOA's are missing."""
    people = rows["population"].to_numpy(dtype=float)
    if not len(people) or np.isnan(people).any():
        return None, None
    deciles = rows[f"{domain}_decile"].to_numpy(dtype=float, na_value=np.nan)
    return float(people[deciles <= decile].sum()), float(people.sum())


def _share(
    na: Assessment, key: str, inside: float | None, total: float | None, place: Place | None = None
) -> Figure:
    value = 100 * inside / total if inside is not None and total else None
    return _index_figure(na, key, place, value, "%", 1).with_(
        numerator=inside,
        denominator=total,
        formula="residents of those LSOAs ÷ all residents × 100",
    )


def _in(na: Assessment, place: Place | None) -> pd.DataFrame:
    if place is None or place.code == na.area.code:
        return na.lsoa
    return na.once(_by_district).get(place.code, na.lsoa.iloc[:0])


def _by_district(na: Assessment) -> dict[str, pd.DataFrame]:
    return {str(code): rows for code, rows in na.lsoa.groupby("district_code", sort=False)}


def _index_figure(
    na: Assessment, key: str, place: Place | None, value: float | None, unit: str, decimals: int
) -> Figure:
    place = place or na.area
    when = f"IoD{na.index_edition}"
    return Figure(
        id=figure_id(key, place.code, when),
        indicator=key,
        label=key,
        area_code=place.code,
        area_name=place.name,
        period=period(na),
        value=value,
        unit=unit,
        decimals=decimals,
        status=Status.SHOWN if value is not None else Status.UNAVAILABLE,
        method=METHOD,
        sources=sources(na),
        source_rows=source_rows(na, place),
    )
