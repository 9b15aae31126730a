"""What the report leaves out or cannot add up is named, not passed over."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from needs.chapters import annex, neighbourhoods
from needs.chapters.blocks import Chart, all_tables
from needs.figures.assessment import Assessment
from needs.figures.figure import format_number


def test_topics_without_data_are_listed_with_who_has_them(worcestershire: Assessment) -> None:
    (table,) = all_tables(annex.outside(worcestershire))
    listed = {row[0].text: row[1].text for row in table.rows}
    assert "UK Health Security Agency" in listed.values()
    assert all(listed.values())
    # the data pack has the share with a housing problem
    assert worcestershire.has("housing_problem")
    assert not any("Housing" in topic for topic in listed)


def test_a_topic_that_a_package_supplies_is_left_off(worcestershire: Assessment) -> None:
    na = worcestershire
    said = pd.DataFrame({"area_code": [na.area.code], "theme": ["Help"], "text": ["?"], "n": [1]})
    before, after = annex.topics(na), annex.topics(replace(na, consultation=said))
    assert {one.table for one in set(before) - set(after)} == {"consultation"}
    assert all(key in na.catalogue.indicators for one in before for key in one.indicators)


def test_two_totals_of_one_year_are_explained(worcestershire: Assessment) -> None:
    na = worcestershire
    (counts,) = all_tables(neighbourhoods.counts(na))
    summed = format_number(float(na.lsoa["population"].sum()))
    (note,) = [one for one in counts.notes if "rebased after the Census" in one]
    assert f"mid-{na.lsoa_population_year}" in note and summed in note
    same = na.lsoa.assign(population=0.0)
    whole = float(
        na.populations.query("area_code == @na.area.code and year == 2020")["population"].max()
    )
    same.loc[same.index[0], "population"] = whole
    (equal,) = all_tables(neighbourhoods.counts(replace(na, lsoa=same)))
    assert not any("rebased" in one for one in equal.notes)


def test_a_map_without_outlines_does_not_deny_the_neighbours(worcestershire: Assessment) -> None:
    (chart,) = [one for one in neighbourhoods.map(worcestershire) if isinstance(one, Chart)]
    assert "outlines of LSOAs are not known, only which" in chart.subtitle
    alone = replace(worcestershire, neighbours=worcestershire.neighbours.iloc[:0])
    (chart,) = [one for one in neighbourhoods.map(alone) if isinstance(one, Chart)]
    assert chart.subtitle.endswith("The outlines of LSOAs are not known.")
