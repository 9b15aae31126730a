"""Homelessness and recorded crime: sums whole or not given; crime said to follow policing."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from needs.chapters import housing
from needs.chapters.analysis import opened
from needs.chapters.blocks import Blocks, Notice, Prose, Table
from needs.figures import assessment
from needs.figures.assessment import Assessment
from needs.words.text import plain


@pytest.fixture(scope="module")
def of(national: Path):
    return functools.cache(
        lambda area, year=2025: assessment.load([area], year, processed=national)
    )


def _homeless(na: Assessment) -> Blocks:
    a = opened(na)
    needs = ("homeless_drug_need", "homeless_alcohol_need")
    return housing.homeless([a[one] for one in needs], [a[f"{one}_share"] for one in needs])


def _offences(na: Assessment) -> Blocks:
    a = opened(na)
    return housing.drug_offences(a["drug_offences"], a["drug_offences_rate"])


def _rows(shown: Blocks) -> dict[str, list[str]]:
    table = next(one for one in shown if isinstance(one, Table))
    return {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def _text(shown: Blocks) -> str:
    said = [plain(one.text) for one in shown if isinstance(one, Prose)]
    notices = [plain(item) for one in shown if isinstance(one, Notice) for item in one.items]
    return " ".join([*said, *notices])


def test_districts_add_up_to_the_county_and_needs_are_not_added(of) -> None:
    shown = _homeless(of("Worcestershire"))
    rows = _rows(shown)
    assert [rows["Worcestershire"][0], rows["Worcestershire"][2]] == ["97", "111"]
    assert len(rows) == 6 + 3
    assert "cannot be added" in _text(shown)
    assert "208" not in _text(shown)


def test_a_county_without_a_district_has_no_sum_and_names_it(of) -> None:
    shown = _homeless(of("Essex"))
    assert _rows(shown)["Essex"] == ["[x]"] * 4
    assert "no sum for Essex in 2025" in _text(shown)
    assert "Epping Forest" in _text(shown)


def test_a_year_without_all_its_quarters_has_no_figure(of) -> None:
    # of 2022 the first quarter, and of 2024 three, are not at hand
    assert not _homeless(of("Worcestershire", 2022)).items
    assert "In 2023, councils" in _text(_homeless(of("Worcestershire", 2024)))


def test_an_authority_that_took_another_code_within_the_year_has_its_sum(of) -> None:
    assert _rows(_homeless(of("Barnsley")))["Barnsley"][0] == "87"


def test_offences_by_partnership_after_what_they_do_not_tell(of) -> None:
    na = of("Worcestershire")
    shown = _offences(na)
    rows = _rows(shown)
    assert rows["North Worcestershire"][0] == "442"
    assert rows["South Worcester"][0] == "454"
    assert rows["Worcestershire"] == ["896", "1.46"]
    assert "neither tells how many people use drugs" in _text(shown)
    assert isinstance(shown.items[1], Notice)  # before any number


def test_recorded_crime_is_neither_good_nor_bad_nor_a_finding(of) -> None:
    for key in ("drug_offences", "drug_offences_rate"):
        indicator = of("Worcestershire").indicator(key)
        assert indicator.polarity == "none"
        assert indicator.finding is None


@pytest.mark.parametrize("area", ["Dorset", "Bournemouth, Christchurch and Poole"])
def test_a_partnership_of_two_authorities_gives_neither_a_figure(of, area: str) -> None:
    assert not _offences(of(area)).items
