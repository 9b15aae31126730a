"""Areas: names, codes, and what became of authorities."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from needs.catalogue import load
from needs.errors import InvalidDataError, ParameterError
from needs.sources import schemas
from needs.sources.readers import geography
from needs.tables import areas


@pytest.fixture(scope="module")
def lookups(mirror):
    source = load().sources["ons_lookups"]
    histories, uppers, regions = [], {}, {}
    for edition in source.editions:
        table = geography.read(mirror / edition.file, source, edition)
        kind = edition.options["table"]
        if kind == "district_history":
            histories.append(table)
        elif kind == "district_upper":
            uppers[edition.options["valid"]] = table
        elif kind == "district_region":
            regions[edition.options["valid"]] = table
    return histories, uppers, regions


@pytest.fixture(scope="module")
def table(lookups) -> pd.DataFrame:
    return schemas.conform(areas.build(*lookups), schemas.AREAS)


pytestmark = pytest.mark.mirror


def test_table_is_as_declared(table):
    assert schemas.problems(table, schemas.AREAS, "areas") == []
    assert table["kind"].value_counts().to_dict() == {
        **{"district": 204, "upper tier": 163, "region": 9, "country": 1}
    }
    local = table["kind"].isin(["upper tier", "district"])
    assert table.loc[local, ["upper_code", "region_code"]].notna().all(axis=None)
    ended = table["valid_to"].notna()
    assert (ended == table["successor"].notna()).all()


def test_our_own_table_of_changes_stands_in_for_two_lookups(lookups, table):
    """The history of districts and the upper tiers of 2023 have no address to fetch them from."""
    _, uppers, regions = lookups
    made = areas.build([], {2019: uppers[2019]}, regions)
    pd.testing.assert_frame_equal(schemas.conform(made, schemas.AREAS), table)


@pytest.mark.parametrize(
    ("year", "count"),
    [(2018, 152), (2019, 151), (2020, 151), (2021, 152), (2022, 152), (2023, 153), (2025, 153)],
)
def test_number_of_upper_tiers(table, year, count):
    assert len(areas.upper_tiers(table, year)) == count


def test_every_successor_is_known_and_follows_on(table):
    day = table.set_index("code")
    for code, row in day[day["successor"].notna()].iterrows():
        for heir in row["successor"].split(";"):
            assert heir in day.index, code
            begun = day.loc[heir, "valid_from"]
            assert begun == row["valid_to"] + pd.Timedelta(days=1), code


@pytest.mark.parametrize(
    ("code", "ended", "heirs"),
    [
        ("E10000006", date(2023, 3, 31), ("E06000063", "E06000064")),
        ("E10000021", date(2021, 3, 31), ("E06000061", "E06000062")),
        ("E10000023", date(2023, 3, 31), ("E06000065",)),
        ("E10000027", date(2023, 3, 31), ("E06000066",)),
        ("E10000002", date(2020, 3, 31), ("E06000060",)),
        ("E08000016", date(2025, 3, 31), ("E08000038",)),
        ("E08000019", date(2025, 3, 31), ("E08000039",)),
        ("E07000246", date(2023, 3, 31), ("E06000066",)),
    ],
)
def test_what_became_of(table, code, ended, heirs):
    area = areas.find(code, table)
    assert (area.valid_to, area.successors) == (ended, heirs)


@pytest.mark.parametrize(
    ("text", "year", "code"),
    [
        ("Worcestershire", None, "E10000034"),
        ("  worcestershire ", 2022, "E10000034"),
        ("e10000034", None, "E10000034"),
        ("Bristol", None, "E06000023"),
        ("Kingston upon Hull", None, "E06000010"),
        ("St Helens", None, "E08000013"),
        ("Herefordshire", None, "E06000019"),
        ("Southend on Sea", None, "E06000033"),
        ("Barnsley", 2022, "E08000016"),
        ("Barnsley", 2025, "E08000038"),
        ("Barnsley", None, "E08000038"),
        ("Somerset", 2022, "E10000027"),
        ("Somerset", 2023, "E06000066"),
        ("Cumbria", 2024, "E10000006"),
        ("England", None, "E92000001"),
    ],
)
def test_find(table, text, year, code):
    assert areas.find(text, table, year).code == code


@pytest.mark.parametrize(
    ("text", "near"),
    [("Worcestershir", "Worcestershire"), ("Hull", "Kingston upon Hull"), ("Wychevon", "Wychavon")],
)
def test_unknown_area_lists_the_nearest(table, text, near):
    with pytest.raises(ParameterError) as caught:
        areas.find(text, table)
    said = str(caught.value)
    assert near in said
    # the remedy is not the search that has just failed
    assert f"needs areas {text}" not in said
    assert "needs areas lists all" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Cardiff", "Cardiff is in Wales"),
        ("swansea", "Swansea is in Wales"),
        ("Edinburgh, City of", "Edinburgh is in Scotland"),
        ("Glasgow", "Glasgow is in Scotland"),
        ("Belfast", "Belfast is in Northern Ireland"),
        ("Wales", "Wales is not England"),
        ("Scotland", "Scotland is not England"),
        ("United Kingdom", "United Kingdom is not England"),
        ("W06000015", "W06000015 is in Wales"),
        ("s12000036", "S12000036 is in Scotland"),
        ("N09000003", "N09000003 is in Northern Ireland"),
        ("K02000001", "K02000001 is not England"),
    ],
)
def test_other_countries_are_told_that_england_is_covered_only(table, text, said):
    with pytest.raises(ParameterError) as caught:
        areas.find(text, table)
    assert caught.value.exit_code == 2
    assert caught.value.problem.what == f"{said}: needs covers England only."
    assert "Nearest" not in str(caught.value)
    assert areas.nearest_code(text, table) == caught.value.problem.what


def test_no_area_of_england_is_taken_for_another_country(table):
    assert not [name for name in table["name"] if areas.outside_england(name)]
    assert not [code for code in table["code"] if areas.outside_england(code)]


def test_authorities_are_named_before_districts_of_a_like_name(table):
    with pytest.raises(ParameterError) as caught:
        areas.find("Worcesterhire", table)
    assert 'such as "Worcestershire"' in str(caught.value)


@pytest.mark.parametrize(
    ("name", "year", "said"),
    [
        ("Worcestershire", 2019, ""),
        (
            "Buckinghamshire",
            2019,
            "Buckinghamshire (E10000002) is the authority until 31 March 2020; since then the same "
            "area is Buckinghamshire (E06000060).",
        ),
        (
            "Dorset",
            2018,
            "Dorset (E10000009) is the authority until 31 March 2019, before boundaries changed; "
            "since then its area is in Bournemouth, Christchurch and Poole (E06000058) and Dorset "
            "(E06000059).",
        ),
        ("Dorset", 2020, ""),
    ],
)
def test_a_former_authority_is_told(table, name, year, said):
    assert areas.former(areas.find(name, table, year), table) == said


def test_unknown_area_with_nothing_near(table):
    with pytest.raises(ParameterError) as caught:
        areas.find("Xqzy", table)
    assert "Nearest" not in str(caught.value)


def test_search(table):
    assert [area.name for area in areas.search("worcester", table)] == [
        *("Worcestershire", "Worcester"),
    ]
    assert next(area.code for area in areas.search("E0700023", table)) == "E07000234"
    assert "Worcestershire" in [area.name for area in areas.search("Worcestreshire", table)]
    assert areas.search("Xqzy", table) == ()
    assert len(areas.search("", table)) == len(table)


def test_children(table):
    assert [area.code for area in areas.children("E10000034", table)] == [
        f"E0700023{n}" for n in (4, 5, 6, 7, 8, 9)
    ]
    assert areas.children("E06000019", table) == ()
    assert len(areas.children("E10000027", table, 2018)) == 5
    assert len(areas.children("E10000027", table, 2022)) == 4
    assert len(areas.children("E10000027", table)) == 4


def test_predecessors(table):
    assert [area.name for area in areas.predecessors("E06000064", table)] == [
        *("Barrow-in-Furness", "Eden", "South Lakeland", "Cumbria"),
    ]


@pytest.mark.parametrize(
    ("code", "same"),
    [
        ("E08000038", ("E08000038", "E08000016")),
        ("E06000060", ("E06000060", "E10000002")),
        ("E06000063", ("E06000063",)),
        ("E10000034", ("E10000034",)),
    ],
)
def test_same_place(table, code, same):
    assert areas.same_place(code, table) == same


def test_district_codes_of_an_authority_that_took_over(table):
    assert areas.district_codes("E06000063", table) == (
        *("E06000063", "E07000026", "E07000028", "E07000029"),
    )
    assert {"E07000190", "E07000191", "E07000246"} < set(areas.district_codes("E06000066", table))
    assert set(areas.district_codes("E08000039", table)) == {"E08000039", "E08000019"}


def test_district_codes_of_an_authority_that_ended(table):
    assert {"E06000063", "E06000064"} < set(areas.district_codes("E10000006", table))
    assert set(areas.district_codes("E08000016", table)) == {"E08000016", "E08000038"}
    # its heir Bournemouth, Christchurch and Poole has more land than it had
    dorset = areas.district_codes("E10000009", table)
    assert "E06000059" in dorset and "E06000058" not in dorset


@pytest.mark.parametrize(
    ("code", "ways"),
    [
        ("E06000063", (("E07000026", "E07000028", "E07000029"),)),
        ("E10000006", (("E06000063", "E06000064"),)),
        ("E06000058", (("E06000028", "E06000029", "E07000048"),)),
        ("E10000009", ()),
        ("E08000038", ()),  # the same place under another code
        ("E10000034", ()),
    ],
)
def test_divisions_of_the_same_land(table, code, ways):
    assert areas.divisions(code, table) == ways


@pytest.mark.parametrize(
    ("code", "year", "said"),
    [
        (
            "E06000063",
            2022,
            "Cumberland (E06000063) took over from Cumbria (E10000006) on 1 April 2023, after the "
            "reporting year.",
        ),
        ("E06000063", 2023, ""),
        ("E10000034", 2022, ""),
        ("E10000006", 2024, ""),
    ],
)
def test_an_authority_of_the_future_is_told(table, code, year, said):
    assert areas.future(areas.find(code, table), table, year) == said


def test_every_district_of_2019_lies_in_one_authority_of_today(table, lookups):
    now = {area.code for area in areas.upper_tiers(table, 2024)}
    found = [code for one in now for code in areas.district_codes(one, table)]
    of_2019 = set(lookups[1][2019]["district_code"])
    assert of_2019 <= set(found)
    assert len([code for code in found if code in of_2019]) == len(of_2019)


def _named(*names, end="2018-03-31"):
    return pd.DataFrame(
        {"area_code": "", "area_name": list(names), "period_end": pd.Timestamp(end)}
    )


def test_codes_of_names(table):
    rows = _named("Worcestershire", "Buckinghamshire", "Cornwall & Isles of Scilly", "Dorset")
    filled = areas.fill_codes(rows, table, "a.csv")
    assert filled["area_code"].tolist() == ["E10000034", "E10000002", "E06000052", "E10000009"]
    later = areas.fill_codes(_named("Dorset", end="2020-03-31"), table, "a.csv")
    assert later["area_code"].tolist() == ["E06000059"]


def test_names_that_are_several_authorities_are_left_out(table):
    rows = _named("Merton and Sutton", "Worcestershire")
    assert areas.fill_codes(rows, table, "a.csv")["area_name"].tolist() == ["Worcestershire"]


def test_unknown_names_are_told_together(table):
    with pytest.raises(InvalidDataError) as caught:
        areas.fill_codes(_named("Worcestreshire", "Nowhere", "Kent"), table, "a.csv")
    said = [problem.what for problem in caught.value.problems]
    assert len(said) == 2
    assert "Nearest: Worcestershire" in said[1]


def test_county_that_ended_without_a_word(lookups):
    histories, uppers, regions = lookups
    newest = uppers[2023]
    without = {**uppers, 2026: newest[newest["upper_code"] != "E10000034"]}
    with pytest.raises(InvalidDataError) as caught:
        areas.build(histories, without, regions)
    assert "E10000034" in str(caught.value)
