"""Deprivation: the published counts and shares of the worked example, and awkward areas."""

from __future__ import annotations

import dataclasses

import pytest

from needs import deprivation
from needs.assessment import Assessment


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
    assert deprivation.residents(na, decile).value == people
    assert deprivation.share(na, decile).value == pytest.approx(share, abs=0.005)


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
    assert not deprivation.residents(na, 1).shown
    assert deprivation.lsoa_count(na, 1).value == 18
