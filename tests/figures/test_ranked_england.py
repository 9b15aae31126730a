"""Findings of real areas: lists worked out by hand, what must not be said, all of England."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from needs.chapters.cross_links import in_brief
from needs.chapters.rules import compared, leading
from needs.figures import assessment, findings
from needs.figures.assessment import Assessment
from needs.figures.findings import candidate as kinds
from needs.figures.findings import warned
from needs.figures.findings.changed import STILL_BELOW
from needs.sources import periods
from needs.tables import areas
from needs.words.verdicts import Comparison

pytestmark = pytest.mark.mirror

#: What an epidemiologist wrote down from the same files, as far as these are in the tables: kind,
#: indicator, part, sex. The first is the first.
BY_HAND = {
    "Worcestershire": [
        (kinds.HIGH, "drug_misuse_rate", "Worcestershire", "persons"),
        (kinds.UNMET, "alcohol_unmet_need", "Worcestershire", "persons"),
        (kinds.UNMET, "ocu_unmet_need", "Worcestershire", "persons"),
        (kinds.INSIDE, "drug_misuse_rate", "Worcester", "persons"),
        (kinds.GOOD, "alcohol_in_treatment", "Worcestershire", "persons"),
    ],
    "Lancashire": [
        (kinds.WORSE, "drug_poisoning_rate", "Lancashire", "persons"),
        (kinds.WARNING, "drug_misuse_rate", "Lancashire", "persons"),
        (kinds.WORSE, "alcohol_related_mortality", "Lancashire", "persons"),
        (kinds.INSIDE, "drug_poisoning_rate", "Preston", "female"),
        (kinds.UNMET, "alcohol_unmet_need", "Lancashire", "persons"),
        (kinds.INSIDE, "drug_poisoning_rate", "Burnley", "persons"),
    ],
    "Barnet": [
        (kinds.HIGH, "adults_in_treatment", "Barnet", "persons"),
        (kinds.UNMET, "alcohol_unmet_need", "Barnet", "persons"),
        (kinds.INSIDE, "opiate_50_and_over_in_treatment", "Barnet", "persons"),
        (kinds.WORSE, "criminal_justice_referrals", "Barnet", "persons"),
        (kinds.HIGH, "parents_living_with_children_in_treatment", "Barnet", "persons"),
        (kinds.WARNING, "looked_after_substance_misuse", "Barnet", "persons"),
        (kinds.GOOD, "drug_misuse_rate", "Barnet", "persons"),
    ],
}


@pytest.mark.parametrize("area", BY_HAND)
def test_the_list_holds_what_was_worked_out_by_hand(national: Path, area: str) -> None:
    na = assessment.load(area, 2022, processed=national)
    said = [(one.kind, one.indicator, one.part, one.sex) for one in findings.ranked(na)]
    assert said[0] == BY_HAND[area][0]
    assert set(BY_HAND[area]) <= set(said)


@pytest.mark.parametrize(
    ("area", "numbers"),
    [
        ("Worcestershire", {"35", "24 to 49", "23", "1.8 times", "62", "4,260", "3,110 to 5,930"}),
        ("Lancashire", {"364", "10.8", "9.7 to 11.9", "7.9", "19%", "138 of 364", "47.6", "13.9"}),
        (
            "Barnet",
            {
                *("1,465", "42%", "8%", "2,650", "1,850 to 3,900", "38% (34% to 42%) of 605"),
                *("8.5% (6.6% to 11%) of 650", "260", "86%", "22%", "None of 196", "about 5"),
            },
        ),
    ],
)
def test_the_numbers_are_those_worked_out_by_hand(
    national: Path, area: str, numbers: set[str]
) -> None:
    na = assessment.load(area, 2022, processed=national)
    text = " ".join(one.statement for one in findings.ranked(na))
    assert not {one for one in numbers if one not in text}


def test_statements_that_must_not_be_made(national: Path) -> None:
    county = findings.ranked(assessment.load("Worcestershire", 2022, processed=national))
    # the rate is like England's; two counts a year apart are within chance
    assert not [one for one in county if one.kind in (kinds.BETTER, kinds.RISING)]
    assert "46%" not in " ".join(one.statement for one in county)
    # misuse looks better and falling, because fewer poisonings name a drug
    na = assessment.load("Lancashire", 2022, processed=national)
    table = findings.scored(na)
    misuse = table[table["indicator"].eq("drug_misuse_rate") & table["rank"].notna()]
    assert misuse["kind"].tolist() == [kinds.WARNING]
    aside = table[table["indicator"].eq("drug_misuse_rate") & table["kind"].ne(kinds.WARNING)]
    assert aside["left_out"].ne("").all() and warned.SET_ASIDE in set(aside["left_out"])
    # an old fall in treatment is not said beside a newer rise
    barnet = findings.ranked(assessment.load("Barnet", 2022, processed=national))
    assert "fell by 43%" not in " ".join(one.statement for one in barnet)


def test_a_footprint_has_findings_of_its_own_and_of_its_members(national: Path) -> None:
    members = ["Leicester", "Leicestershire", "Rutland"]
    na = assessment.load(members, 2022, "Three together", processed=national)
    said = findings.ranked(na)
    assert (kinds.INSIDE, "Leicester") in {(one.kind, one.part) for one in said}
    assert kinds.UNMET in {one.kind for one in said}


class BesideCard(NamedTuple):
    """A finding on an area as a whole, and what the card of its measure says of England."""

    area: str
    finding: findings.Finding
    card: Comparison
    same_period: bool


def _beside_cards(na: Assessment) -> Iterator[BesideCard]:
    for one in na.once(findings.ranked):
        if one.part_code == na.area.code:
            figure = leading(na, one.indicator)
            there = na.figure(one.indicator, na.england, figure.period)
            same = figure.period == one.period
            yield BesideCard(f"{na.name} {na.year}", one, compared(na, figure, there), same)


@pytest.fixture(scope="module")
def every_area(national: Path) -> tuple[dict[str, pd.DataFrame], list[BesideCard]]:
    """All areas of 2022; of 2025 every sixth, for their cards."""
    table = pd.read_parquet(national / "areas.parquet")
    scored, beside = {}, []
    for year, step in ((2022, 1), (2025, 6)):
        for one in areas.upper_tiers(table, year)[::step]:
            na = assessment.load(one.code, year, processed=national)
            beside += _beside_cards(na)
            if year == 2022:
                scored[one.name] = na.once(findings.scored)
    return scored, beside


@pytest.fixture(scope="module")
def england(
    every_area: tuple[dict[str, pd.DataFrame], list[BesideCard]],
) -> dict[str, pd.DataFrame]:
    return every_area[0]


#: Why a card says nothing of England that a finding could contradict.
NOT_JUDGED = {"count", "withheld", "reference withheld"}


def test_heading_card_and_sentence_agree(
    every_area: tuple[dict[str, pd.DataFrame], list[BesideCard]],
) -> None:
    _, beside = every_area
    seen = set()
    for area, one, card, same_period in beside:
        where = (area, one.kind, one.indicator, card, one.sure)
        if one.kind == kinds.WORSE:
            assert card.judgement == "worse" or card.reason in NOT_JUDGED, where
        if one.kind in (kinds.HIGH_AMONG, kinds.LOW_AMONG):
            assert card.reason == "usual spread" or card.judgement == "similar", where
            assert one.sure.startswith("Not sure: among the worst 5% of areas"), where
        if one.kind == kinds.GOOD and one.comparator == "England" and same_period:
            assert card.judgement == "better" or card.reason in NOT_JUDGED, where
        if one.kind == kinds.WARNING:
            assert card.reason == "set aside", where
        if one.kind == kinds.HIGH and card.judgement == "better":
            assert in_brief(one).endswith(f". {STILL_BELOW}."), where
            seen.add("record of what is better")
        if one.sure.startswith("Not tested"):
            assert card.judgement != "similar", where
        seen.add(one.kind)
    wanted = {kinds.WORSE, kinds.HIGH_AMONG, kinds.GOOD, kinds.WARNING, "record of what is better"}
    assert wanted <= seen


def test_every_area_has_findings(england: dict[str, pd.DataFrame]) -> None:
    assert len(england) == 152
    for area, table in england.items():
        said = table[table["rank"].notna()]
        assert 1 <= len(said) <= 7, area
        assert said["left_out"].eq("").all(), area
        assert said["rank"].tolist() == list(range(1, len(said) + 1)), area
        if said["rank"].max() > 1:
            assert kinds.NOTHING not in set(said["kind"]), area


def test_nothing_reassures_and_alarms_at_once(england: dict[str, pd.DataFrame]) -> None:
    """Good news is never of a matter that is bad news of the whole area in the same list."""
    for area, table in england.items():
        said = table[table["rank"].notna() & table["kind"].ne(kinds.UNMET)]
        whole = said[said["kind"].ne(kinds.INSIDE)]
        good = set(whole.loc[whole["good"], "domain"])
        assert not good & set(whole.loc[~whole["good"], "domain"]), area
        # of a part of deaths and their whole one is told
        pairs = said[~said["kind"].isin([kinds.WARNING, kinds.HIGH])]
        pairs = pairs[pairs["indicator"].isin(["drug_misuse_rate", "drug_poisoning_rate"])]
        assert not pairs.duplicated(["kind", "part_code", "sex"]).any(), area


def test_what_is_old_opens_no_report_where_anything_fresh_may(
    england: dict[str, pd.DataFrame],
) -> None:
    opened_by_old = 0
    for area, table in england.items():
        said = table[table["rank"].notna()].sort_values("rank")
        ended = [periods.parse(period).end.year for period in said["period"]]
        opened_by_old += ended[0] < 2020
        beyond_chance = said["p"].lt(0.05) & said["kind"].ne(kinds.WARNING)
        fresh = pd.Series(ended, index=said.index).ge(2020)
        if ended[0] < 2020:
            assert not (beyond_chance & fresh).any(), area
    assert 0 < opened_by_old < 30  # those that have nothing fresh


def test_good_news_says_where_the_region_does_better(england: dict[str, pd.DataFrame]) -> None:
    """Kent: 4.2 deaths per 100,000 against 5.1 in England, and 4.0 in the South East."""
    (kent,) = (
        one.statement
        for one in england["Kent"].itertuples()
        if one.kind == kinds.GOOD and one.rank == one.rank
    )
    assert kent.endswith("against 5.1 in England. In its region it is lower still: 4.0.")
    praised = [
        one.statement
        for table in england.values()
        for one in table.itertuples()
        if one.kind in (kinds.GOOD, kinds.BETTER)
    ]
    told = [one for one in praised if "In its region it is" in one]
    assert 0 < len(told) < len(praised) / 2


def test_what_is_said_is_shown_or_said_to_be_unsure(england: dict[str, pd.DataFrame]) -> None:
    unsure = ("Not sure", "Not tested", "An estimate")
    for area, table in england.items():
        for one in table[table["rank"].notna()].itertuples():
            if not one.p < 0.05:
                assert one.sure.startswith(unsure), (area, one.statement)
                assert one.kind not in (kinds.RISING, kinds.FALLING, kinds.INSIDE, kinds.GOOD), area
            assert re.search(r"\d|No ", one.statement), area


def test_of_all_areas_the_sentences_are_short(england: dict[str, pd.DataFrame]) -> None:
    said = [text for one in england.values() for text in one.loc[one["rank"].notna(), "statement"]]
    sentences = [each for one in said for each in re.split(r"(?<=[.?!])\s+", one) if each]
    assert sum(len(one.split()) for one in sentences) / len(sentences) < 16
    assert max(len(one.split()) for one in sentences) <= 30
    assert not [one for one in said if "nan" in one or "  " in one or "inf" in one]
