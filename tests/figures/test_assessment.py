"""One area and year: the right periods, the right areas, and an honest nothing."""

from __future__ import annotations

import dataclasses
import itertools
import shutil
from pathlib import Path

import geopandas
import pandas as pd
import pyarrow.dataset
import pyarrow.parquet
import pytest

from needs.errors import InvalidDataError, MissingDataError, ParameterError
from needs.figures import assessment
from needs.figures.assessment import Assessment
from needs.stats.status import Status
from needs.words.sentences import added_up

DOCUMENTS = {"worcestershire_strategy", "worcestershire_hwb_2024", "worcestershire_ospb_2023"}


def cited(rows: pd.DataFrame) -> set[str]:
    """The documents that rows name as their sources."""
    return {key for one in rows["source"].unique() for key in str(one).split(";")} & DOCUMENTS


def test_a_councils_document_is_quoted_in_its_own_report_alone(processed: Path) -> None:
    """Blackpool: Worcestershire's strategy gives it neither England's nor anybody's figure."""
    for area in ("Blackpool", "Birmingham", "Herefordshire, County of"):
        na = assessment.load(area, 2022, processed=processed)
        assert not cited(na.observations) and not cited(na.later), area
        assert not na.figure("prison_continuity", na.england, "2021/22").shown
    own = assessment.load("Worcestershire", 2022, processed=processed)
    assert cited(own.observations) == DOCUMENTS - {"worcestershire_ospb_2023"}
    assert own.figure("prison_continuity", own.england, "2021/22").value == 37.35
    assert own.figure("drug_poisoning_admissions_rate", own.england, "2020/21").value == 50


def test_a_document_speaks_of_its_own_member_of_a_footprint(worcestershire: Assessment) -> None:
    rows = worcestershire.observations
    both = {"E10000034": ["E10000034"], "E06000019": ["E06000019"]}
    kept = assessment.own_documents(rows, both, worcestershire.catalogue)
    quoted = kept["source"].str.contains("worcestershire_strategy")
    assert set(kept.loc[quoted, "area_code"]) == {"E10000034"}
    alone = assessment.own_documents(rows, {"E10000034": ["E10000034"]}, worcestershire.catalogue)
    assert len(alone) == len(rows)


def test_the_worked_example(worcestershire: Assessment) -> None:
    na = worcestershire
    assert str(na) == "Worcestershire (E10000034), reporting year 2022"
    assert [one.name for one in na.districts] == [
        "Bromsgrove",
        "Malvern Hills",
        "Redditch",
        "Worcester",
        "Wychavon",
        "Wyre Forest",
    ]
    assert na.region.name == "West Midlands"


def test_published_drug_misuse_figures(worcestershire: Assessment) -> None:
    figure = worcestershire.figure("drug_misuse_rate", period="2018 to 2020")
    assert (figure.value, figure.lower, figure.upper) == (4.2, 3.3, 5.3)
    assert figure.numerator == 69
    england = worcestershire.figure(
        "drug_misuse_rate", worcestershire.england, period="2018 to 2020"
    )
    assert england.value == 5.0


def test_no_period_ends_after_the_reporting_year(worcestershire: Assessment) -> None:
    assert (worcestershire.observations["period_end"] <= pd.Timestamp("2022-12-31")).all()
    assert (worcestershire.later["period_end"] > pd.Timestamp("2022-12-31")).all()


def test_an_earlier_reporting_year_takes_earlier_figures(processed: Path) -> None:
    na = assessment.load("Worcestershire", 2020, processed=processed)
    assert na.latest_period("drug_misuse_rate") == "2018 to 2020"
    assert na.latest_period("alcohol_unmet_need") == "2018/19"


def test_before_the_index_there_is_no_deprivation(processed: Path) -> None:
    na = assessment.load("Worcestershire", 2015, processed=processed)
    assert na.lsoa.empty
    assert na.index_edition == ""


def test_what_is_not_there_is_not_available(worcestershire: Assessment) -> None:
    figure = worcestershire.figure("treatment_waits")
    assert figure.status is Status.UNAVAILABLE
    assert figure.number == "[x]"
    assert "https://fingertips.phe.org.uk/search/91123" in figure.note


def test_a_figure_is_one_and_the_same_wherever_it_is_asked_for(worcestershire: Assessment) -> None:
    na = worcestershire
    newest = na.figure("drug_misuse_rate")
    assert na.series("drug_misuse_rate").figures[-1] == newest
    assert na.across("drug_misuse_rate", [na.area], newest.period) == (newest,)


def test_a_figure_is_made_once_for_all_chapters(worcestershire: Assessment) -> None:
    na, england = worcestershire, worcestershire.england
    one = na.figure("drug_misuse_rate", england)
    assert na.figure("drug_misuse_rate", england) is one
    assert na.across("drug_misuse_rate", [england], one.period) == (one,)
    assert na.across("drug_misuse_rate", [england], one.period)[0] is one
    assert na.series("drug_misuse_rate").figures is na.series("drug_misuse_rate").figures
    named = dataclasses.replace(england, name="the country")
    assert na.figure("drug_misuse_rate", named).area_name == "the country"


def test_the_newest_row_of_a_period_counts(worcestershire: Assessment) -> None:
    """As a table that holds a period twice gives its last row."""
    na = worcestershire
    old = na.figure("drug_misuse_rate")
    rows = na.observations
    own = rows["indicator"].eq("drug_misuse_rate") & rows["area_code"].eq(na.area.code)
    last = rows[own & rows["period"].eq(old.period) & rows["sex"].eq("persons")].tail(1)
    twice = pd.concat([rows, last.assign(value=1.5)], ignore_index=True)
    changed = dataclasses.replace(na, observations=twice)
    assert changed.figure("drug_misuse_rate", period=old.period).value == 1.5
    assert changed.across("drug_misuse_rate", [na.area], old.period)[0].value == 1.5


def test_rows_as_dictionaries_are_those_of_pandas(worcestershire: Assessment) -> None:
    rows = worcestershire.observations.tail(300)
    ours, theirs = assessment.as_records(rows), rows.to_dict("records")
    assert [[repr(one) for one in row.items()] for row in ours] == [
        [repr(one) for one in row.items()] for row in theirs
    ]
    assert assessment.as_records(rows.iloc[:0]) == []


def test_quoted_figures_have_no_more_decimals_than_printed_or_declared(
    worcestershire: Assessment,
) -> None:
    quoted = worcestershire.figure("prison_continuity")
    assert (quoted.number, quoted.value) == ("25.2", 25.17)
    assert worcestershire.figure("alcohol_related_mortality").number == "38"


def test_an_unknown_area_names_the_nearest(processed: Path) -> None:
    with pytest.raises(ParameterError) as caught:
        assessment.load("Worcestershir", 2022, processed=processed)
    assert "Worcestershire" in str(caught.value)


def test_without_processed_data_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="not there") as caught:
        assessment.load("Worcestershire", 2022, processed=tmp_path)
    assert "needs prepare" in str(caught.value)


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("area", "year", "lsoas", "edition"),
    [
        ("Isles of Scilly", 2022, 1, "2019"),
        ("City of London", 2022, 6, "2019"),
        ("Buckinghamshire", 2022, 319, "2019"),  # four districts when the index was made
        ("Cumberland", 2023, 177, "2019"),  # younger than the index
        ("E08000016", 2022, 147, "2019"),  # Barnsley before April 2025
        ("Barnsley", 2025, 148, "2025"),
        ("Worcestershire", 2025, 374, "2025"),
    ],
)
def test_awkward_areas_find_their_neighbourhoods(
    national: Path, area: str, year: int, lsoas: int, edition: str
) -> None:
    na = assessment.load(area, year, processed=national)
    assert (len(na.lsoa), na.index_edition) == (lsoas, edition)
    assert na.lsoa["population"].notna().all()


@pytest.mark.mirror
def test_figures_under_an_old_code_follow_the_authority(national: Path) -> None:
    old = assessment.load("Barnsley", 2022, processed=national)
    new = assessment.load("Barnsley", 2025, processed=national)
    assert (old.area.code, new.area.code) == ("E08000016", "E08000038")
    assert new.figure("drug_misuse_rate").value == old.figure("drug_misuse_rate").value


@pytest.mark.parametrize("step", [1, 500, 501, 40_000])
@pytest.mark.parametrize("number", [0, 1, 2, 120])
def test_ranges_hold_all_codes_and_go_past_what_is_far_off(number: int, step: int) -> None:
    codes = [f"E{n * step:08}" for n in reversed(range(number))]
    parts = assessment.ranges("code", codes, ("year", "==", 2020))
    assert [one[0] for one in parts] == [("year", "==", 2020)] * len(parts)
    held = [
        [code for code in codes if first <= code <= last]
        for _, (_, _, first), (_, _, last) in parts
    ]
    assert sorted(itertools.chain(*held)) == sorted(codes)
    assert len(parts) == (number if step > assessment.CODES_APART else min(number, 1))


def test_observations_are_in_order_and_later_ones_are_of_the_area_and_its_places(
    processed: Path,
) -> None:
    na = assessment.load("Worcestershire", 2019, processed=processed)
    keys = ["indicator", "area_code", "period_end", "period_start", "age"]
    for table in (na.observations, na.later):
        assert len(table) and table.index.equals(pd.RangeIndex(len(table)))
        pd.testing.assert_frame_equal(table[keys], table[keys].sort_values(keys, ignore_index=True))
    end = pd.Timestamp(year=2019, month=12, day=31)
    assert na.observations["period_end"].max() <= end < na.later["period_end"].min()
    near = {one.code for one in (*na.places, *na.districts)}
    assert set(na.later["area_code"]) <= near < set(na.observations["area_code"])


def test_columns_of_a_table_are_what_its_rows_hold() -> None:
    frame = pd.DataFrame({"value": [1.5, float("nan")], "count": [3, 4], "area": ["A", "A"]})
    lists = assessment.as_lists(frame)
    first, second = assessment.as_records(frame)
    assert first == {name: column[0] for name, column in lists.items()}
    assert first == {"value": 1.5, "count": 3, "area": "A"} and type(first["value"]) is float
    assert pd.isna(second["value"]) and lists["area"][0] is lists["area"][1]


@pytest.mark.mirror
@pytest.mark.parametrize("name", ["Leicester", "Worcestershire", "Kent", "Rutland"])
@pytest.mark.parametrize(
    ("table", "column"), [("boundaries_lsoa_2011", "code"), ("lsoa_population", "lsoa_code")]
)
def test_a_report_reads_only_its_own_areas_row_groups(
    national: Path, name: str, table: str, column: str
) -> None:
    codes = set(assessment.load(name, 2022, processed=national).lsoa["lsoa_code"])
    stored = pyarrow.dataset.dataset(national / f"{table}.parquet")
    (fragment,) = stored.get_fragments()
    rows = pyarrow.parquet.filters_to_expression(assessment.ranges(column, codes))
    read = fragment.subset(filter=rows, schema=stored.schema)
    found = set(read.to_table(filter=rows).column(column).to_pylist())
    assert codes <= found
    assert len(found) < 4 * len(codes)  # those of places between
    # codes are given out place by place, but those of later divisions stand at the end
    assert len(read.row_groups) < 0.2 * fragment.num_row_groups


@pytest.mark.mirror
def test_outlines_that_are_not_in_metres_are_refused(national: Path, tmp_path: Path) -> None:
    """Tables of another version would be drawn as if degrees were metres."""
    folder = tmp_path / "processed"
    shutil.copytree(national, folder)
    path = folder / "boundaries_lsoa_2021.parquet"
    geopandas.read_parquet(path).to_crs(4326).to_parquet(path, index=False)
    with pytest.raises(InvalidDataError, match=r"boundaries_lsoa_2021[\s\S]*Delete the folder"):
        assessment.load("Rutland", 2025, processed=folder)


@pytest.mark.mirror
def test_counts_of_former_districts_add_up_to_an_authority_that_took_over(national: Path) -> None:
    na = assessment.load("Cumberland", 2022, processed=national)
    whole = na.figure("drug_misuse_deaths", period="2021")
    table = pd.read_parquet(national / "observations.parquet")
    rows = table[
        table["area_code"].isin(["E07000026", "E07000028", "E07000029"])
        & (table["indicator"] == "drug_misuse_deaths")
        & (table["period"] == "2021")
        & (table["sex"] == "persons")
    ]
    assert len(rows) == 3
    assert whole.value == rows["value"].sum()
    assert len(whole.source_rows) == 3
    assert whole.formula == "sum of the areas that make up the same land"
    assert not na.figure("drug_misuse_rate").shown  # a standardised rate is no sum
    crude = na.figure("drug_misuse_crude_rate", period="2019 to 2021")
    assert crude.numerator is not None and crude.denominator is not None
    assert crude.value == pytest.approx(crude.numerator / crude.denominator * 100_000)
    # its districts' own rates are marked, each for its few deaths; together they are enough
    assert crude.numerator >= 20
    assert "u" not in crude.marks
    assert "Allerdale, Carlisle and Copeland" in added_up(na)
    assert "E07000026" not in set(na.observations["area_code"])


@pytest.mark.mirror
def test_a_count_of_its_own_is_not_added_up(national: Path) -> None:
    na = assessment.load("Cumbria", 2022, processed=national)
    assert added_up(na) == ""
    own = na.observations[na.observations["area_code"] == na.area.code]
    assert (own["method"] != assessment.ADDED_UP).all()


def test_what_is_worked_out_once_is_kept_for_a_reports_chapters_only(processed: Path) -> None:
    asked: list[str] = []

    def work(na: Assessment) -> int:
        asked.append(na.name)
        return len(na.observations)

    first = assessment.load("Worcestershire", 2022, processed=processed)
    second = assessment.load("Worcestershire", 2022, processed=processed)
    assert first.once(work) == second.once(work) == len(first.observations)
    assert asked == ["Worcestershire"]
    few = dataclasses.replace(second, observations=second.observations.iloc[:5])
    assert few.once(work) == 5
    assert assessment.load("Worcestershire", 2020, processed=processed).once(work) != 5


@pytest.mark.parametrize("area", ["Kent", "Leicester", "Cumberland"])
def test_the_index_finds_what_masks_do(national: Path, area: str) -> None:
    na = assessment.load(area, 2022, processed=national)
    rows = na.observations
    codes = [one.code for one in na.authorities]
    for key in rows["indicator"].unique():
        own = rows[
            (rows["indicator"] == key) & (rows["sex"] == "persons") & (rows["category"] == "")
        ]
        pd.testing.assert_frame_equal(na.rows(key), own)
        mine = own[own["area_code"] == na.area.code]
        assert repr(na.records(key, na.area.code)) == repr(mine.to_dict("records"))
        shown = own[(own["status"] == "shown") & own["area_code"].isin(codes)]
        counted = shown.groupby("period")["area_code"].nunique().to_dict()
        assert na.areas_shown(key, codes) == counted
        ends = shown.drop_duplicates("period", keep="last").set_index("period")["period_end"]
        order = [ends[period] for period in na.areas_shown(key, codes)]
        assert order == sorted(order)
        assert na.sources_of(key) == set(own["source"])
        assert na.has(key) == (mine["status"] == "shown").any()
