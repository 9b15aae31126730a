"""Footprints: counts are added and rates computed again; nothing is invented."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from needs.catalogue import GROSS, footprints
from needs.chapters import need
from needs.chapters.blocks import Table
from needs.errors import InvalidDataError, ParameterError
from needs.figures import assessment, deprivation, footprint, population
from needs.figures.assessment import Assessment
from needs.stats.rates import crude_rate

LLR = "Leicester, Leicestershire and Rutland"


@pytest.fixture(scope="module")
def llr(national: Path) -> Assessment:
    return assessment.load(LLR, 2022, processed=national)


@pytest.mark.mirror
def test_a_declared_footprint_is_found_by_its_name(llr: Assessment) -> None:
    assert llr.name == LLR
    assert {one.name for one in llr.members} == {"Leicester", "Leicestershire", "Rutland"}
    assert [one.name for one in llr.regions] == ["East Midlands"]
    assert llr.parts_noun == "authorities"


@pytest.mark.mirror
def test_counts_are_the_sum_of_the_members(llr: Assessment) -> None:
    for key in ("drug_misuse_deaths", "alcohol_in_treatment", "alcohol_prevalence"):
        whole = llr.figure(key)
        parts = llr.across(key, llr.members, whole.period)
        assert whole.value == pytest.approx(sum(one.value or 0 for one in parts))
    parts = [population.total(llr, one).value or 0 for one in llr.members]
    assert population.total(llr, llr.area).value == sum(parts)


@pytest.mark.mirror
def test_spending_before_income_is_the_sum_where_all_have_answered(national: Path) -> None:
    na = assessment.load(LLR, 2025, processed=national)
    whole = na.figure("adult_services_spending", period="2024/25", category=GROSS)
    assert whole.value == 9_350_000 + 5_935_000 + 153_000
    other = assessment.load(["Birmingham", "Solihull"], 2025, "Two", processed=national)
    assert not other.figure("adult_services_spending", period="2024/25", category=GROSS).shown


@pytest.mark.mirror
def test_a_rate_is_computed_again_with_its_interval(llr: Assessment) -> None:
    figure = llr.figure("drug_misuse_crude_rate")
    parts = llr.across("drug_misuse_crude_rate", llr.members, figure.period)
    frame = pd.DataFrame(
        {
            "area": "LLR",
            "member": range(len(parts)),
            "deaths": [one.numerator for one in parts],
            "people": [one.denominator for one in parts],
        }
    )
    out = crude_rate(frame, by=["area"], count="deaths", population="people").iloc[0]
    assert figure.value == pytest.approx(out["value"])
    assert (figure.lower, figure.upper) == pytest.approx((out["lower95_0"], out["upper95_0"]))


@pytest.mark.mirror
def test_unmet_need_is_that_of_the_sums(llr: Assessment) -> None:
    figure = llr.figure("alcohol_unmet_need")
    parts = llr.across("alcohol_unmet_need", llr.members, figure.period)
    without = sum(one.numerator or 0 for one in parts)
    prevalence = sum(one.denominator or 0 for one in parts)
    assert figure.value == pytest.approx(100 * without / prevalence)
    assert (figure.numerator, figure.denominator) == pytest.approx((without, prevalence))
    treated = [llr.figure("alcohol_in_treatment", one, figure.period).value for one in llr.members]
    assert need.treated_and_prevalence(figure)[0] == sum(one or 0 for one in treated)
    assert figure.lower is not None and figure.lower < (figure.value or 0) < (figure.upper or 0)


@pytest.mark.mirror
def test_the_two_assumptions_are_those_of_the_headline(national: Path) -> None:
    """Rounding of each member's count is in both; the wider of them is what the report uses."""
    for year, rounded in ((2018, True), (2022, False)):
        na = assessment.load(LLR, year, processed=national)
        figure = na.figure("alcohol_unmet_need")
        (table,) = [one for one in need.assumptions(na) if isinstance(one, Table)]
        independent, dependent = table.figures
        assert (dependent.lower, dependent.upper) == (figure.lower, figure.upper)
        assert dependent.lower < independent.lower < figure.value
        assert figure.value < independent.upper < dependent.upper
        limits = na.figure("alcohol_prevalence", period=figure.period)
        treated = na.figure("alcohol_in_treatment", period=figure.period).value
        bound = 3 * 2.5 if rounded else 0
        assert dependent.lower == pytest.approx(100 * (1 - (treated + bound) / limits.lower))
        assert dependent.upper == pytest.approx(100 * (1 - (treated - bound) / limits.upper))


@pytest.mark.mirror
def test_places_to_reach_have_the_limits_of_prevalence_alone(national: Path) -> None:
    na = assessment.load("Worcestershire", 2018, processed=national)
    (more,) = [more for one, more in need._reached(na) if one.key == "alcohol_unmet_need"]
    limits = na.figure("alcohol_prevalence", period="2017/18")
    met = 1 - (na.figure("alcohol_unmet_need", na.england, "2017/18").value or 0) / 100
    assert (more.numerator, more.denominator) == (905, 5156)
    assert more.value == pytest.approx(max(0, met * 5156 - 905))
    assert more.lower == pytest.approx(max(0, met * (limits.lower or 0) - 905))
    assert more.upper == pytest.approx(max(0, met * (limits.upper or 0) - 905))


@pytest.mark.mirror
def test_a_published_rate_has_no_invented_total(llr: Assessment) -> None:
    for key in ("drug_misuse_rate", "alcohol_specific_mortality"):
        assert not llr.has(key)
        newest = llr.latest_period(key, llr.members[0].code)
        assert len(llr.across(key, llr.members, newest)) >= 2


@pytest.mark.mirror
def test_deprivation_is_over_all_neighbourhoods(llr: Assessment, national: Path) -> None:
    members = [assessment.load(one.code, 2022, processed=national) for one in llr.members]
    assert len(llr.lsoa) == sum(len(one.lsoa) for one in members)
    whole = deprivation.lsoa_count(llr, 1).value
    assert whole == sum(deprivation.lsoa_count(one, 1).value or 0 for one in members)
    assert whole == sum(deprivation.lsoa_count(llr, 1, one).value or 0 for one in llr.members)


@pytest.mark.mirror
def test_members_in_two_regions_have_two_comparators(national: Path) -> None:
    na = assessment.load(["Milton Keynes", "Luton"], 2022, "Two towns", processed=national)
    assert {one.name for one in na.regions} == {"South East", "East of England"}
    assert na.area.code == "E06000032+E06000042"


def test_a_count_that_one_member_lacks_is_not_added(worcestershire: Assessment) -> None:
    rows = worcestershire.observations
    two = ["E10000034", "E92000001"]
    people = footprint.join_populations(worcestershire.populations, two, "Both")
    full = footprint.join_observations(rows, people, two, "Both")
    missing = rows[~((rows["area_code"] == two[1]) & (rows["indicator"] == "drug_misuse_deaths"))]
    part = footprint.join_observations(missing, people, two, "Both")
    assert "drug_misuse_deaths" in set(full["indicator"])
    assert "drug_misuse_deaths" not in set(part["indicator"])


@pytest.mark.parametrize(
    ("areas", "name", "said"),
    [
        (["Worcestershire", "Atlantis"], "Both", "Atlantis"),
        (["Worcestershire", "E10000034"], "Both", "given twice"),
        (["Worcestershire", "Leicester"], "", "needs a name"),
        (["Wychavon"], "", "is a district"),
    ],
)
def test_what_is_wrong_with_the_areas_is_said(
    processed: Path, areas: list[str], name: str, said: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        assessment.load(areas, 2022, name, processed=processed)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- one\n- two\n", "not a mapping"),
        ("Alone:\n  - Rutland\n", "two or more"),
        ("Broken: [", "Not YAML"),
    ],
)
def test_a_file_of_footprints_is_checked(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "footprints.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidDataError) as caught:
        footprints.declared_footprints(path)
    assert said in str(caught.value)


def test_a_footprint_of_the_projects_own_file_is_found_by_its_name(
    processed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "My partnership:\n  - Worcestershire\n  - E06000019\n"
    (tmp_path / "footprints.yaml").write_text(text, encoding="utf-8")
    below = tmp_path / "notebooks"
    below.mkdir()
    monkeypatch.chdir(below)
    table = pd.read_parquet(processed / "areas.parquet")
    members, name = assessment.choose("My partnership", 2022, table)
    assert name == "My partnership"
    assert [one.name for one in members] == ["Herefordshire, County of", "Worcestershire"]
    # those that come with the program stay
    assert assessment.choose("West Mercia", 2022, table)[1] == "West Mercia"
    monkeypatch.chdir(tmp_path.parent)
    with pytest.raises(ParameterError):
        assessment.choose("My partnership", 2022, table)
