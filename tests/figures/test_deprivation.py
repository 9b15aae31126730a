"""Deprivation: the published counts and shares of the worked example, and awkward areas."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from needs.chapters import neighbourhoods
from needs.chapters.blocks import Blocks, Prose, all_figures, all_tables
from needs.figures import assessment, deprivation
from needs.figures.assessment import Assessment
from needs.figures.figure import collect
from needs.sources.columns import FILES
from needs.stats.spatial import LEAST_AREAS
from needs.stats.status import Status
from needs.words.text import plain


@pytest.mark.parametrize(
    ("decile", "lsoas", "people", "share"),
    [(1, 18, 27_750, 4.64), (3, 74, 122_975, 20.56)],
)
def test_published_counts_of_worcestershire(
    worcestershire: Assessment, decile: int, lsoas: int, people: int, share: float
) -> None:
    na = worcestershire
    assert len(na.lsoa) == 364
    assert na.lsoa["population"].sum() == 598_070
    assert deprivation.lsoa_count(na, decile).value == lsoas
    assert deprivation.decile_residents(na, decile).value == people
    assert deprivation.share(na, decile).value == pytest.approx(share, abs=0.005)


def test_source_rows_are_files_editions_and_lsoas(worcestershire: Assessment) -> None:
    na = worcestershire
    lsoas = "364 LSOAs of E10000034, from E01032122 to E01033249"
    index, residents = deprivation.share(na, 1).source_rows
    assert index.startswith("File_7_-_All_IoD2019") and index.endswith(f"edition 2019, {lsoas}")
    assert residents == f"NM_2010_1_LSOA11_mid-2020_all_ages.csv, edition mid-2020, {lsoas}"
    assert "*" not in index  # the file that was read, not the pattern that finds it
    # a count of LSOAs takes nothing from their residents
    assert deprivation.lsoa_count(na, 3).source_rows == (index,)
    (district, _) = deprivation.share(na, 1, na.districts[0]).source_rows
    assert "58 LSOAs of E07000234, from E01032122 to " in district


def test_index_and_population_are_the_newest_by_the_reporting_year(
    worcestershire: Assessment,
) -> None:
    assert deprivation.period(worcestershire) == "IoD2019, mid-2020 population"


def test_districts_add_up_to_the_county(worcestershire: Assessment) -> None:
    na = worcestershire
    assert len(na.districts) == 6
    for decile in deprivation.CUT_OFFS:
        parts = [deprivation.lsoa_count(na, decile, place).value for place in na.districts]
        assert sum(parts) == deprivation.lsoa_count(na, decile).value


def test_shares_by_decile_add_up_to_all_residents(worcestershire: Assessment) -> None:
    shares = deprivation.share_by_decile(worcestershire)
    assert sum(one.value or 0 for one in shares) == pytest.approx(100)
    assert shares[0].value == deprivation.share(worcestershire, 1).value


def test_bands_of_a_domain_add_up_to_its_widest_share(worcestershire: Assessment) -> None:
    shares = deprivation.domain_shares(worcestershire)
    bands = deprivation.domain_bands(shares).groupby("domain", sort=False)["share"].sum()
    assert bands.to_list() == pytest.approx([one.value for one in shares["d3"]])


def test_one_lsoa_without_a_population_withholds_every_share(worcestershire: Assessment) -> None:
    lsoa = worcestershire.lsoa.copy()
    lsoa.loc[0, "population"] = None
    na = dataclasses.replace(worcestershire, lsoa=lsoa)
    assert not deprivation.share(na, 1).shown
    assert not deprivation.decile_residents(na, 1).shown
    assert deprivation.lsoa_count(na, 1).value == 18


# spatial clustering

PAIR = ("lsoa_code", "neighbour_code")

NO_PAIRS = pd.DataFrame(columns=[*PAIR, *FILES])


def by_hand(na: Assessment) -> float:
    """Moran's I from its definition, with a full matrix of weights."""
    codes = na.lsoa["lsoa_code"].tolist()
    place = {code: number for number, code in enumerate(codes)}
    weights = np.zeros((len(codes), len(codes)))
    for one, other in na.neighbours[list(PAIR)].itertuples(index=False, name=None):
        weights[place[one], place[other]] = weights[place[other], place[one]] = 1
    weights /= weights.sum(axis=1, keepdims=True)
    z = na.lsoa["imd_score"].to_numpy() - na.lsoa["imd_score"].mean()
    return float(len(z) / weights.sum() * (z @ weights @ z) / (z @ z))


def shown_text(blocks: Blocks) -> str:
    return "\n".join(plain(one.text) for one in blocks if isinstance(one, Prose))


def test_clustering_follows_its_definition(worcestershire: Assessment) -> None:
    index, p = deprivation.clustering(worcestershire)
    assert index.value == pytest.approx(by_hand(worcestershire), rel=1e-12)
    assert p < 0.001
    assert index.note == "p < 0.001, 364 LSOAs"
    assert index.method == "Spatial clustering"
    assert index.sources == ("mhclg_iod_2019", "ons_boundaries")


def test_hot_spots_are_deprived_places_among_deprived_neighbours(national: Path) -> None:
    na = assessment.load("Kent", 2022, processed=national)
    spots = deprivation.hot_spots(na)
    assert len(spots) > 0
    assert spots["z"].is_monotonic_decreasing
    score = na.lsoa.set_index("lsoa_code")["imd_score"]
    for code in spots["lsoa_code"]:
        pairs = na.neighbours[(na.neighbours[list(PAIR)] == code).any(axis=1)]
        around = score[list({code, *pairs["lsoa_code"], *pairs["neighbour_code"]})]
        assert around.mean() > score.mean() + score.std() / 2
    counts = [deprivation.hot_spot_count(na, spots, place).value for place in na.districts]
    assert sum(counts) == deprivation.hot_spot_count(na, spots).value == len(spots)
    most = set(na.lsoa.loc[na.lsoa["imd_decile"] == 1, "lsoa_code"])
    outside = deprivation.outside_clusters(na, spots)
    assert outside.value == len(most - set(spots["lsoa_code"]))
    assert outside.denominator == deprivation.lsoa_count(na, 1).value


def test_clusters_are_told_and_listed_by_district(national: Path) -> None:
    na = assessment.load("Kent", 2022, processed=national)
    told = neighbourhoods.clusters(na)
    spots = deprivation.hot_spots(na)
    index, _ = deprivation.clustering(na)
    text = shown_text(told)
    assert "lie next to each other" in text and index.number in text
    (table,) = all_tables(told)
    assert [row[0].text for row in table.rows] == [na.name, *(one.name for one in na.districts)]
    assert table.rows[0][1].value == len(spots)
    assert spots["lsoa_name"].iloc[0] in table.rows[0][3].text
    assert all(cell.text for row in table.rows for cell in row)
    registered = {one.id: one for one in collect(all_figures(told))}
    linked = {span.figure for one in told if isinstance(one, Prose) for span in one.text}
    assert linked - {""} <= set(registered)


def test_without_neighbours_it_says_so_and_names_what_is_lacking(
    worcestershire: Assessment,
) -> None:
    na = dataclasses.replace(worcestershire, neighbours=NO_PAIRS)
    index, p = deprivation.clustering(na)
    assert index.status is Status.UNAVAILABLE and np.isnan(p)
    assert deprivation.hot_spots(na).empty
    text = shown_text(neighbourhoods.clusters(na))
    assert "cannot be tested: which LSOAs are neighbours is not known." in text
    assert "This report was made without the boundaries of LSOAs." in text
    assert "needs " not in text  # what to run is said in the log, not to readers
    assert not list(all_tables(neighbourhoods.clusters(na)))


def test_one_score_for_all_has_no_clusters(worcestershire: Assessment) -> None:
    na = dataclasses.replace(worcestershire, lsoa=worcestershire.lsoa.assign(imd_score=20.0))
    index, _ = deprivation.clustering(na)
    assert index.status is Status.NOT_APPLICABLE
    assert deprivation.hot_spots(na).empty
    text = shown_text(neighbourhoods.clusters(na))
    assert text.endswith("cannot be tested: all LSOAs have the same score.")


@pytest.mark.parametrize("number", [1, 3])
def test_too_few_lsoas_are_not_tested(worcestershire: Assessment, number: int) -> None:
    lsoa = worcestershire.lsoa.head(number)
    pairs = worcestershire.neighbours
    pairs = pairs[pairs[list(PAIR)].isin(lsoa["lsoa_code"].tolist()).all(axis=1)]
    na = dataclasses.replace(worcestershire, lsoa=lsoa, neighbours=pairs)
    index, _ = deprivation.clustering(na)
    assert index.status is Status.NOT_APPLICABLE
    text = shown_text(neighbourhoods.clusters(na))
    assert text.endswith("cannot be tested: there are too few LSOAs with neighbours.")


def test_no_index_no_clusters(worcestershire: Assessment) -> None:
    na = dataclasses.replace(worcestershire, lsoa=worcestershire.lsoa.iloc[:0])
    assert not neighbourhoods.clusters(na).items


@pytest.mark.mirror
def test_the_packs_clusters_are_the_nations(worcestershire: Assessment, national: Path) -> None:
    whole = assessment.load("Worcestershire", 2022, processed=national)
    assert deprivation.clustering(worcestershire) == deprivation.clustering(whole)
    pd.testing.assert_frame_equal(
        deprivation.hot_spots(worcestershire), deprivation.hot_spots(whole)
    )


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("area", "year", "found"),
    [
        ("Essex", 2022, "lie next to each other"),
        ("Birmingham", 2025, "lie next to each other"),
        ("Westmorland and Furness", 2024, "lie next to each other"),
        ("Wokingham", 2022, "no sign"),
        ("Rutland", 2022, "no sign"),
        ("City of London", 2022, "the City of London"),
        ("Isles of Scilly", 2022, "lie next to each other in the Isles of Scilly cannot be tested"),
    ],
)
def test_clusters_of_real_authorities(national: Path, area: str, year: int, found: str) -> None:
    na = assessment.load(area, year, processed=national)
    index, p = deprivation.clustering(na)
    text = shown_text(neighbourhoods.clusters(na))
    assert found in text
    if index.shown:
        assert index.value == pytest.approx(by_hand(na), rel=1e-9)
        assert ("no sign" in text) == (p >= 0.05)
    else:
        assert len(na.lsoa) < LEAST_AREAS
    spots = deprivation.hot_spots(na)
    assert bool(list(all_tables(neighbourhoods.clusters(na)))) == (len(spots) > 0)
    tables = list(all_tables(neighbourhoods.clusters(na)))
    assert all(len(table.rows) == 1 + len(na.districts) for table in tables)
