"""Population: totals, age groups and the pyramid agree with each other."""

from __future__ import annotations

import pytest

from needs.figures import population
from needs.figures.assessment import Assessment


def test_newest_estimate_by_the_reporting_year_is_used(worcestershire: Assessment) -> None:
    assert population.latest_year(worcestershire) == 2022


def test_age_groups_are_shares_of_one_whole(worcestershire: Assessment) -> None:
    na = worcestershire
    for place in (na.area, *na.districts, na.england):
        shares = [population.age_share(na, place, group).value for group in population.AGE_GROUPS]
        assert sum(share or 0 for share in shares) == pytest.approx(100)


def test_districts_add_up_to_the_county(worcestershire: Assessment) -> None:
    na = worcestershire
    total = population.total(na, na.area).value
    assert sum(population.total(na, one).value or 0 for one in na.districts) == total
    shares = [population.share_of_area(na, one).value or 0 for one in na.districts]
    assert sum(shares) == pytest.approx(100)


def test_the_pyramid_holds_every_resident_once(worcestershire: Assessment) -> None:
    na = worcestershire
    frame = population.by_age_and_sex(na, na.area)
    # the newest total is a revision of the estimates that the ages are of: close, not equal
    total = population.total(na, na.area).value
    assert frame["population"].sum() == pytest.approx(total, rel=0.001)
    assert frame["share"].sum() == pytest.approx(100)
    assert sorted(frame["age_from"].unique()) == list(range(0, 95, 5))


def test_an_unknown_place_is_not_available_and_not_zero(worcestershire: Assessment) -> None:
    from needs.figures.assessment import Place

    nowhere = Place("E99999999", "Nowhere", "district")
    assert not population.total(worcestershire, nowhere).shown
    assert not population.age_share(worcestershire, nowhere, "65 and over").shown


def test_source_rows_are_files_sheets_and_rows(worcestershire: Assessment) -> None:
    na = worcestershire
    total = population.total(na, na.area)
    assert total.source_rows == ("mye23tablesew.xlsx, MYE4, row 150",)
    young = population.age_share(na, na.area, "under 20")
    (place,) = young.source_rows
    assert place.startswith("mye22final.xlsx, MYE2 - Persons, row ")
    part = population.share_of_area(na, na.districts[0])
    assert part.source_rows == ("mye23tablesew.xlsx, MYE4, row 151", *total.source_rows)


def test_adults_alone_are_no_ages(worcestershire: Assessment) -> None:
    """A package has the adults of authorities elsewhere, for rates, and not their children."""
    from dataclasses import replace

    from needs.figures.assessment import Place

    place = Place("E08000027", "Dudley", "upper tier")
    rows = worcestershire.populations.iloc[:1].assign(
        area_code=place.code,
        year=2023,
        sex="persons",
        age_from=18,
        age_to=None,
        population=250_000.0,
    )
    na = replace(worcestershire, populations=rows)
    assert population.years_by_age(na, place) == []
    assert not population.age_share(na, place, "under 20", 2023).shown
