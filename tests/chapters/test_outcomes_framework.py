"""Chapter 9: what the outcomes framework says of each measure, and why a figure is not there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from needs.chapters import absent, resources, summary
from needs.chapters.blocks import Notice, all_tables
from needs.figures import assessment
from needs.figures.assessment import Assessment
from needs.words.text import plain


def framework(na: Assessment) -> dict[str, dict[str, str]]:
    """The tables' rows by measure, each cell by its heading."""
    rows = {}
    for table in all_tables(resources.framework(na)):
        headings = [column.label for column in table.columns]
        for row in table.rows:
            assert row[0].text not in rows
            rows[row[0].text] = dict(zip(headings, (cell.text for cell in row), strict=True))
    return rows


def by_indicator(na: Assessment) -> dict[str, dict[str, str]]:
    rows = framework(na)
    return {one.indicator: rows[one.measure] for one in resources.outcomes()}


def test_each_measure_is_answered_or_has_a_publisher(worcestershire: Assessment) -> None:
    for one in resources.outcomes():
        assert not one.areas or (one.publisher and not one.indicator), one
        assert bool(one.publisher) != bool(one.indicator), one
        assert resources._publisher(worcestershire, one), one


def test_a_measure_that_authorities_have_is_not_called_unpublished(
    worcestershire: Assessment,
) -> None:
    rows = by_indicator(worcestershire)
    assert "Status" not in rows["drug_misuse_rate"]
    said = rows["successful_completions_opiate"]["Status"]
    assert said == "not read here: published by Office for Health Improvement and Disparities"
    declared = framework(worcestershire)
    assert set(declared) == {one.measure for one in resources.outcomes()}
    national = {
        measure
        for measure, row in declared.items()
        if row.get("Status", "").startswith("not published for authorities")
    }
    assert national == {one.measure for one in resources.outcomes() if one.areas}


def test_target_and_england_stand_where_the_area_has_no_figure(worcestershire: Assessment) -> None:
    own = worcestershire.observations["area_code"] == worcestershire.area.code
    kept = worcestershire.observations[~own].reset_index(drop=True)
    row = by_indicator(replace(worcestershire, observations=kept))["prison_continuity"]
    england = worcestershire.figure("prison_continuity", worcestershire.england)
    assert (row["England"], row["Period"]) == (england.number, england.period)
    assert row["National target"] == "75"


def withheld(na: Assessment) -> Assessment:
    rows = na.observations
    own = (rows["area_code"] == na.area.code) & (rows["indicator"] == "drug_misuse_rate")
    hidden = rows.assign(
        value=rows["value"].mask(own), status=rows["status"].mask(own, "unreliable")
    )
    return replace(na, observations=hidden)


def test_a_withheld_figure_is_said_to_be_withheld(worcestershire: Assessment) -> None:
    na = withheld(worcestershire)
    assert absent.why_missing(na, "drug_misuse_rate") == absent.WITHHELD
    assert by_indicator(na)["drug_misuse_rate"]["Status"].startswith("withheld")


def test_another_authoritys_package_is_no_publishers_file(
    worcestershire: Assessment, processed: Path
) -> None:
    """Its rows say nothing of an authority that it was not made for."""
    other = assessment.load("Leicester", 2022, processed=processed)
    assert other.rows("prison_continuity").empty and not other.files_of
    for key in ("prison_continuity", "adults_in_treatment"):
        assert absent.why_missing(other, key) == absent.NOT_AT_HAND
    # indicators by their publishers, and the export of treatment that would show the rest
    listed, export = (one for one in absent.missing(other, "treatment") if isinstance(one, Notice))
    said = [plain(item) for item in listed.items]
    assert any("Publisher: Office for Health" in one for one in said)
    assert export.title == "Not here: the file of how treatment goes in Leicester"
    assert "ViewIt" in " ".join(plain(item) for item in export.items)
    *_, table = all_tables(summary.not_known(other))
    # a reader is told where it is published; who makes the report, in the log, what to run
    indicator = other.indicator("prison_continuity")
    pages = {row[0].text: row[2].text for row in table.rows}
    assert pages[indicator.name] == indicator.official_page != ""
    assert not any("needs fetch" in one for one in pages.values())
    assert indicator in absent.to_add(other) and "needs fetch" in indicator.how_to_add
    # of the publisher's file, other areas' rows alone say that it has none of this one
    with_file = replace(other, files_of=frozenset({"ndtms_viewit"}))
    assert len(other.rows("adults_in_treatment"))
    assert absent.why_missing(with_file, "adults_in_treatment") == absent.NO_FIGURE


def test_a_footprint_without_a_total_says_so(national: Path) -> None:
    na = assessment.load("Leicester, Leicestershire and Rutland", 2022, processed=national)
    assert "members" in by_indicator(na)["drug_misuse_rate"]["Status"]
