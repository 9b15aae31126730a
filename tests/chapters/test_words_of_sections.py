"""What sections say around charts and tables: captions, subtitles, axes, gaps, second rates."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from needs.chapters import (
    absent,
    authorities,
    captions,
    funnel,
    glance,
    inside,
    neighbourhoods,
    recent,
    rules,
    summary,
    trend,
)
from needs.chapters import national as ranking
from needs.chapters.analysis import opened, usual_views
from needs.chapters.blocks import Blocks, Cards, Chart, Notice, Prose, Table, all_tables
from needs.figures import assessment, deprivation
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure
from needs.report.block_html import comparison_words
from needs.stats.status import STATUS_SYMBOL, SYMBOLS, Status
from needs.words.text import plain


def chart(shown: Blocks, end: str) -> Chart:
    (found,) = (one for one in shown if isinstance(one, Chart) and one.id.endswith(end))
    return found


def table(shown: Blocks) -> Table:
    (found,) = all_tables(shown)
    return found


def section(na: Assessment, key: str) -> Blocks:
    """An indicator with the views that it has where nobody chose any."""
    measure = opened(na)[key]
    return measure.section(*usual_views(measure))


def shown_among_all(na: Assessment, key: str) -> Blocks:
    view = funnel if na.indicator(key).statistic == "crude_rate" else authorities
    return view(opened(na)[key])


def without(na: Assessment, key: str, code: str) -> Assessment:
    """The assessment without an area's rows of an indicator."""
    rows = na.observations
    gone = (rows["indicator"] == key) & (rows["area_code"] == code)
    return dataclasses.replace(na, observations=rows[~gone])


def with_break(na: Assessment, key: str, year: int) -> Assessment:
    """The assessment with a break declared in an indicator's series."""
    broken = na.indicator(key).model_copy(update={"breaks": {year: "Another method."}})
    indicators = {**na.catalogue.indicators, key: broken}
    catalogue = na.catalogue.model_copy(update={"indicators": indicators})
    return dataclasses.replace(na, catalogue=catalogue)


def test_a_funnel_says_what_its_axis_sums_and_what_its_limits_leave_out(
    worcestershire: Assessment,
) -> None:
    shown = section(worcestershire, "drug_misuse_crude_rate")
    funnel = chart(shown, "_authorities")
    assert "control limits (95% and 99.8%)" in funnel.subtitle
    assert "The lines are" not in funnel.subtitle and "band" not in funnel.subtitle
    notes = [plain(one.text) for one in shown if isinstance(one, Prose) and one.style == "note"]
    assert "not adjusted for age or deprivation" in notes[-1]
    outside = re.search(
        r"Of 149 of England's 152 authorities, none lies outside the 99.8% limits", funnel.alt
    )
    assert outside and outside[0] in notes[-1]
    size = ranking._size(worcestershire.indicator("drug_misuse_crude_rate"), "2019 to 2021")
    assert size == "Residents, summed over three years"
    under_18 = worcestershire.indicator("alcohol_specific_admissions_under_18")
    assert ranking._size(under_18, "2021/22") == "Residents, ages under 18"


@pytest.mark.mirror
def test_no_rank_in_england_from_a_file_of_one_region(national: Path) -> None:
    """Blackpool 2022: the file of alcohol-related mortality holds the North West."""
    na = assessment.load("Blackpool", 2022, processed=national)
    for key, period in (
        ("alcohol_related_mortality", "2022"),
        ("alcohol_specific_admissions_under_18", "2019/20 to 2021/22"),
    ):
        (said,) = shown_among_all(na, key)
        assert isinstance(said, Prose)
        assert plain(said.text) == (
            "The files read have a figure of 24 of England's 152 upper-tier authorities for "
            f"{period}: too few to say where Blackpool stands among them all."
        )
    shown = chart(shown_among_all(na, "alcohol_specific_mortality"), "_authorities")
    assert plain(shown.headline).endswith(
        "ranks between the highest and the 2nd highest of 146 of England's 152 authorities"
    )
    assert "146 of the 152 upper-tier authorities in England" in shown.subtitle
    assert "146 of the 152" in shown.table.caption


@pytest.mark.mirror
@pytest.mark.parametrize("area", ["Blackpool", "Kent", "Essex", "Worcestershire"])
def test_every_rank_is_among_enough_of_england_and_says_of_how_many(
    national: Path, area: str
) -> None:
    na = assessment.load(area, 2022, processed=national)
    for key in na.catalogue.indicators:
        for one in shown_among_all(na, key):
            if not isinstance(one, Chart):
                continue
            number = len(one.table.rows)
            assert number >= ranking.NATIONAL_SHARE * 149
            said = re.search(r"(\d+) of the (\d+) upper-tier", one.subtitle)
            if said:
                assert int(said[1]) == number < int(said[2])
                assert f"{number} of England's {said[2]} authorities" in one.alt


def test_a_rank_of_a_part_of_england_in_a_later_period_is_told(worcestershire: Assessment) -> None:
    assert ranking._upper_tier(151, 151) == "upper-tier authorities in England"
    assert ranking._upper_tier(24, 151) == "24 of the 151 upper-tier authorities in England"
    assert ranking._authorities_held(116, 152) == "116 of England's 152 authorities"
    have, of = ranking._held(worcestershire, 10, "2021")
    assert (have, of) == (10, 152)


def test_a_subtitle_names_what_the_chart_has() -> None:
    bare = Figure("a", "a", "A", "E1", "A", "2021", 4.0, "%")
    whole = bare.with_(lower=3.0, upper=5.0)
    assert captions.band([whole, whole]) == "The band is the 95% confidence interval."
    assert captions.band([bare, whole]).endswith(", for the periods that have one.")
    assert captions.lines([bare, whole]) == "The lines are 95% confidence intervals."
    assert captions.band([bare]) == captions.lines([bare]) == ""


def test_a_caption_names_the_areas_that_have_a_column(worcestershire: Assessment) -> None:
    seen = table(glance.glance(worcestershire, "admissions"))
    assert "West Midlands" not in [column.label for column in seen.columns]
    assert seen.caption == "Worcestershire beside England, newest figures to 2022"
    assert "There are no figures for the West Midlands here." in seen.notes
    treated = table(glance.glance(worcestershire, "treatment"))
    assert "There are no figures for the West Midlands and no intervals here." in treated.notes
    deaths = table(glance.glance(worcestershire, "deaths"))
    families = table(glance.glance(worcestershire, "families"))
    for seen in (deaths, families):
        assert seen.caption.startswith("Worcestershire beside the West Midlands and England")
        assert not any("no figures for" in note for note in seen.notes)
    key = "alcohol_unmet_need"
    na = without(worcestershire, key, "E12000005")
    shown = chart(trend(opened(na)[key]), "_trend")
    assert shown.table.caption.endswith(": Worcestershire and England by period")
    assert shown.table.notes == ("There are no figures for the West Midlands here.",)
    counted = [column.label for column in shown.table.columns]
    assert "Worcestershire: people not in treatment" in counted


def test_the_words_of_a_line_chart_keep_to_one_side_of_a_break(worcestershire: Assessment) -> None:
    key = "alcohol_unmet_need"
    before = chart(trend(opened(worcestershire)[key]), "_trend").alt
    assert "88.1%" in before and "breaks" not in before
    shown = chart(trend(opened(with_break(worcestershire, key, 2014))[key]), "_trend")
    assert "The series breaks in 2014." in shown.alt
    assert "88.1%" not in shown.alt


def test_an_estimate_by_another_method_is_no_point_of_the_line(worcestershire: Assessment) -> None:
    """The unmet need of 2016/17 is of earlier estimates, by another method."""
    key = "ocu_unmet_need"
    rows = worcestershire.observations
    own = rows[(rows["indicator"] == key) & (rows["area_code"] == worcestershire.area.code)]
    assert "2016/17" in set(own["period"])
    assert [one.period for one in worcestershire.series(key).figures] == ["2018/19", "2019/20"]
    shown = trend(opened(worcestershire)[key])
    assert not shown.items
    assert "two periods with a figure, and a line needs 3" in shown.pruned[0]


def test_the_same_deaths_get_one_verdict(worcestershire: Assessment) -> None:
    na = worcestershire
    seen = table(glance.glance(na, "deaths"))
    names = [row[0].text for row in seen.rows]
    assert "Drug misuse deaths, rate" in names
    assert not any("crude" in name for name in names)
    shown = section(na, "drug_misuse_crude_rate")
    ids = [one.id for one in shown if isinstance(one, Chart)]
    assert ids == ["chart_drug_misuse_crude_rate_by_district",
                   "chart_drug_misuse_crude_rate_authorities"]  # fmt: skip
    assert "is the standardised one" in " ".join(
        plain(one.text) for one in shown if isinstance(one, Prose)
    )
    yearly = section(na, "drug_misuse_yearly_rate")
    said = " ".join(plain(one.text) for one in yearly if isinstance(one, Prose))
    assert "than England" not in said and "to England" not in said
    # without the standardised rate the crude one stands in its place
    alone = without(na, "drug_misuse_rate", na.area.code)
    names = [row[0].text for row in table(glance.glance(alone, "deaths")).rows]
    assert "Drug misuse deaths, crude rate" in names
    ids = [one.id for one in section(alone, "drug_misuse_crude_rate")
           if isinstance(one, Chart)]  # fmt: skip
    assert "chart_drug_misuse_crude_rate_trend" in ids


def test_districts_with_standardised_rates_need_no_crude_ones(worcestershire: Assessment) -> None:
    na = worcestershire
    assert not inside.districts_complete(na, "drug_misuse_rate")
    assert inside.districts_complete(na, "drug_poisoning_rate")


def test_cards_say_why_something_was_not_tested(worcestershire: Assessment) -> None:
    (cards,) = (one for one in summary.picture(worcestershire) if isinstance(one, Cards))
    by_label = {card.label: card for card in cards.items}
    prison = by_label["Continuity of care from prison"]
    assert comparison_words(prison) == (
        "Difference from England not tested: no interval at the source"
    )
    deaths = by_label["Drug misuse deaths, rate"]
    assert comparison_words(deaths) == "Similar to England"
    assert deaths.comparators[0] == ("England", "5.1 per 100,000")
    # the official file leads, and its newest figure is too old for one of the big ones
    official = rules.leading(worcestershire, "alcohol_specific_mortality")
    assert official.period == "2016 to 2018" and summary.is_old(worcestershire, official.period)
    assert "Alcohol-specific mortality" not in by_label


def test_chapters_name_publishers_and_the_summary_says_where(worcestershire: Assessment) -> None:
    na = worcestershire
    chapters = {one.chapter for one in na.catalogue.indicators.values()} - {"inequality"}
    items = [
        plain(item)
        for chapter in chapters
        for one in absent.missing(na, chapter)
        if isinstance(one, Notice) and one.kind == "missing"
        for item in one.items
    ]
    assert items
    assert all(re.search(r"\. Publisher: .+\.$", item) for item in items)
    assert not any("needs fetch" in item or "observations.csv" in item for item in items)
    *_, listed = (one for one in summary.not_known(na) if isinstance(one, Table))
    names = {row[0].text for row in listed.rows}
    # what comes all with one file of the area stands in a box of its own
    together = [item for item in items if item.startswith("It would show ")]
    assert all("Where to get it: " in item for item in together)
    assert names == {item.split(". Publisher: ")[0] for item in items if item not in together}
    by_name = {one.name: one for one in na.catalogue.indicators.values()}
    for row in listed.rows:
        assert row[2].text == by_name[row[0].text].official_page


@pytest.mark.mirror
def test_a_merged_authority_is_named_once(national: Path) -> None:
    na = assessment.load("Isles of Scilly", 2022, processed=national)
    said = " ".join(plain(one.text) for one in summary.not_known(na) if isinstance(one, Prose))
    assert said.count("Cornwall's figures include the Isles of Scilly in: ") == 1
    assert not any(
        "Cornwall" in plain(item)
        for chapter in ("deaths", "need", "treatment")
        for one in absent.missing(na, chapter)
        if isinstance(one, Notice)
        for item in one.items
    )


@pytest.mark.mirror
def test_only_lsoas_that_are_deprived_are_listed_as_the_most_deprived(national: Path) -> None:
    rutland = assessment.load("Rutland", 2022, processed=national)
    assert not neighbourhoods.most_deprived(rutland).items
    hamlets = assessment.load("Tower Hamlets", 2022, processed=national)
    assert table(neighbourhoods.most_deprived(hamlets)).caption.startswith(
        "The 20 most deprived LSOAs of"
    )
    assert deprivation.most_deprived_lsoas(hamlets)["imd_decile"].max() <= 3
    alt = chart(neighbourhoods.map(hamlets), "map_deprivation").alt
    assert not alt.endswith("mostly in Tower Hamlets.")


def test_shares_of_deprivation_print_the_same_everywhere(worcestershire: Assessment) -> None:
    shown = neighbourhoods.counts(worcestershire)
    (prose,) = (plain(one.text) for one in shown if isinstance(one, Prose))
    cells = {cell.text for row in table(shown).rows for cell in row}
    for share in ("4.6", "20.6"):
        assert f"{share}%" in prose and share in cells


def test_each_reason_to_show_no_number_has_its_standard_symbol() -> None:
    assert STATUS_SYMBOL[Status.UNRELIABLE] == "u"
    assert len(set(STATUS_SYMBOL.values())) == len(STATUS_SYMBOL)
    assert set(STATUS_SYMBOL.values()) <= set(SYMBOLS) <= set("cxzukepbrt")


def test_a_trend_does_not_run_across_a_declared_break(worcestershire: Assessment) -> None:
    na = worcestershire
    key = "drug_misuse_yearly_rate"
    assert recent.own_trend(na, key).said
    told = recent.own_trend(with_break(na, key, 2019), key)
    assert (told.said, told.why) == ("", "the series breaks")
