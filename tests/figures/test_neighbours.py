"""Statistical neighbours: sound distances, the same from the pack as from the files."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needs.chapters import neighbours as neighbours_of
from needs.chapters import overview
from needs.chapters import statistical_neighbours as neighbours_chapter
from needs.chapters.analysis import opened
from needs.chapters.blocks import Chart, Prose, Table, all_tables
from needs.commands import pack as packing
from needs.errors import MissingDataError, ParameterError
from needs.figures import assessment, neighbours
from needs.figures.assessment import Assessment
from needs.figures.neighbours import FEATURES, UNLIKE
from needs.sources import schemas
from needs.tables import authority_features
from needs.tables.areas import upper_tiers
from needs.words.text import plain

LLR = "Leicester, Leicestershire and Rutland"


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Features of a few authorities, each feature positive and of its own size."""
    number = draw(st.integers(4, 9))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    values = random.uniform(1, 50, (number, len(FEATURES)))
    codes = [f"E060000{n:02d}" for n in range(number)]
    return pd.DataFrame(values, index=pd.Index(codes, name="area_code"), columns=list(FEATURES))


@given(tables())
@settings(max_examples=25, deadline=None)
def test_distances_are_symmetric_ordered_and_never_to_itself(table: pd.DataFrame) -> None:
    every = {code: neighbours.nearest_authorities(table, str(code), n=99) for code in table.index}
    by_pair = {
        (code, other): distance
        for code, found in every.items()
        for other, distance in zip(found["area_code"], found["distance"], strict=True)
    }
    for code, found in every.items():
        assert set(found["area_code"]) == set(table.index) - {code}
        assert found["distance"].is_monotonic_increasing
        assert found[list(FEATURES)].sum(axis=1).to_numpy() == pytest.approx(1)
    for (one, other), distance in by_pair.items():
        assert distance == pytest.approx(by_pair[other, one])
        for third in table.index.difference([one, other]):
            assert distance <= by_pair[one, third] + by_pair[third, other] + 1e-12


@given(tables(), st.sampled_from(FEATURES), st.floats(0.01, 1000))
@settings(max_examples=25, deadline=None)
def test_the_unit_of_a_feature_does_not_matter(
    table: pd.DataFrame, feature: str, factor: float
) -> None:
    code = str(table.index[0])
    scaled = table.assign(**{feature: table[feature] * factor})
    before, after = (neighbours.nearest_authorities(one, code, n=99) for one in (table, scaled))
    assert after["area_code"].tolist() == before["area_code"].tolist()
    assert after["distance"].to_numpy() == pytest.approx(before["distance"].to_numpy())


def test_domains_have_the_same_weight() -> None:
    """One standard deviation in all features of a domain is a third of the squared distance."""
    codes = ["E06000001", "E06000002", "E06000003", "E06000004"]
    for names in neighbours.DOMAINS.values():
        table = pd.DataFrame(1.0, index=codes, columns=list(FEATURES))
        table.loc[codes[2:], list(names)] = np.e
        # half at each of two values: they lie two standard deviations apart
        found = neighbours.nearest_authorities(table, codes[0]).set_index("area_code")["distance"]
        assert found[codes[1]] == 0
        assert found[codes[3]] == pytest.approx(2 / np.sqrt(3))


def test_equals_are_ordered_by_code() -> None:
    codes = ["E06000004", "E06000002", "E06000003"]
    table = pd.DataFrame(5.0, index=codes, columns=list(FEATURES))
    found = neighbours.nearest_authorities(table, "E06000003")
    assert found["area_code"].tolist() == ["E06000002", "E06000004"]
    assert (found["distance"] == 0).all()


def test_an_area_without_features_is_an_error() -> None:
    table = pd.DataFrame(5.0, index=["E06000002"], columns=list(FEATURES))
    with pytest.raises(MissingDataError, match="E06000001"):
        neighbours.nearest_authorities(table, "E06000001")


def test_the_worked_examples_neighbours(worcestershire: Assessment) -> None:
    """Shire counties and the like, of the same age, deprivation and density."""
    names = [one.name for one in worcestershire.statistical_neighbours()]
    assert len(names) == 10
    assert names[:4] == ["Staffordshire", "Cheshire West and Chester", "Derbyshire",
                         "Nottinghamshire"]  # fmt: skip
    assert {"Gloucestershire", "Warwickshire"} <= set(names)
    assert names[:3] == [one.name for one in worcestershire.statistical_neighbours(3)]


@pytest.mark.mirror
def test_the_pack_gives_the_same_neighbours(worcestershire: Assessment, national: Path) -> None:
    own = assessment.load("Worcestershire", 2022, processed=national)
    pd.testing.assert_frame_equal(worcestershire.authority_features, own.authority_features)
    pd.testing.assert_frame_equal(worcestershire.distances(99), own.distances(99))


@pytest.mark.mirror
def test_features_agree_with_the_tables_that_they_are_made_of(national: Path) -> None:
    na = assessment.load("Worcestershire", 2022, processed=national)
    row = na.authority_features.loc["E10000034"]
    people = na.lsoa["population"]
    score = (na.lsoa["imd_score"] * people).sum() / people.sum()
    deprived = 100 * people[na.lsoa["imd_decile"] <= 2].sum() / people.sum()
    assert row["imd_score"] == pytest.approx(score, abs=0.001)
    assert row["most_deprived_fifth"] == pytest.approx(deprived, abs=0.001)
    # the county's land by the standard area measurement is 1,741 square kilometres
    assert row["residents_per_km2"] == pytest.approx(people.sum() / 1741, rel=0.005)
    ages = na.populations[
        (na.populations["area_code"] == "E10000034")
        & (na.populations["year"] == row["population_year"])
        & na.populations["age_to"].eq(na.populations["age_from"])
        & (na.populations["sex"] == "persons")
    ]
    young = ages.loc[ages["age_from"] < 18, "population"].sum()
    total = na.populations[
        (na.populations["area_code"] == "E10000034")
        & (na.populations["year"] == row["population_year"])
        & (na.populations["age_from"] == 0)
        & na.populations["age_to"].isna()
        & (na.populations["sex"] == "persons")
    ]["population"]
    assert row["aged_under_18"] == pytest.approx(100 * young / total.iloc[0], abs=0.05)


@pytest.mark.mirror
@pytest.mark.parametrize(("year", "number"), [(2019, 151), (2021, 152), (2022, 152), (2023, 153)])
def test_every_authority_in_use_has_ten(national: Path, year: int, number: int) -> None:
    areas = pd.read_parquet(national / "areas.parquet")
    na = assessment.load("Worcestershire", year, processed=national)
    in_use = {one.code for one in upper_tiers(areas, year)}
    assert set(na.authority_features.index) == in_use
    assert len(in_use) == number
    for code in in_use:
        found = neighbours.nearest_authorities(na.authority_features, code)
        assert len(found) == 10
        assert not {code, *UNLIKE} & set(found["area_code"])
        assert found["distance"].gt(0).all()


@pytest.mark.mirror
def test_all_of_england_is_counted_once(national: Path) -> None:
    table = pd.read_parquet(national / "authority_features.parquet")
    people = pd.read_parquet(national / "lsoa_population.parquet")
    people = people.groupby(["lsoa_vintage", "year"])["population"].sum()
    total = {"2019": 2011, "2025": 2021}
    areas_table = pd.read_parquet(national / "areas.parquet")
    used = {
        year: {one.code for one in upper_tiers(areas_table, year)} for year in set(table["year"])
    }
    in_use = [
        code in used[year] for code, year in zip(table["area_code"], table["year"], strict=True)
    ]
    table = table[in_use]
    for (edition, year), rows in table.groupby(["index_edition", "residents_year"]):
        for _, one in rows.groupby("year"):
            assert one["residents"].sum() == people[total[str(edition)], year]
            assert one["km2"].sum() == pytest.approx(130_460, rel=0.001)
    for _, rows in table.groupby("year"):
        assert rows["population"].sum() > 56e6
        assert rows[list(authority_features.AGES)].sum(axis=1).to_numpy() == pytest.approx(
            100, abs=0.003
        )


@pytest.mark.mirror
def test_an_authority_that_ended_is_the_sum_of_its_heirs(national: Path) -> None:
    table = pd.read_parquet(national / "authority_features.parquet").set_index(
        ["year", "area_code"]
    )
    cumbria, heirs = table.loc[(2022, "E10000006")], table.loc[2023].loc[["E06000063", "E06000064"]]
    assert cumbria["residents"] == heirs["residents"].sum()
    assert cumbria["km2"] == pytest.approx(heirs["km2"].sum(), abs=0.01)
    score = np.average(heirs["imd_score"], weights=heirs["residents"])
    assert cumbria["imd_score"] == pytest.approx(score, abs=0.001)
    later = table.loc[(2023, "E10000006")]
    assert later["residents"] == cumbria["residents"]
    assert (
        later["population"] == table.loc[2023].loc[["E06000063", "E06000064"], "population"].sum()
    )


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("code", "year", "instead"),
    [
        *[("E06000063", 2022, "E10000006"), ("E10000021", 2022, "E06000061")],
        *[("E10000006", 2024, "E06000063"), ("E10000006", 2025, "E06000064")],
        *[("E06000065", 2022, "E10000023"), ("E06000066", 2022, "E10000027")],
        *[("E10000023", 2024, "E06000065"), ("E10000027", 2024, "E06000066")],
        *[("E08000038", 2022, "E08000016"), ("E08000039", 2022, "E08000019")],
        *[("E08000016", 2025, "E08000038"), ("E08000019", 2025, "E08000039")],
    ],
)
def test_an_authority_of_another_date_has_neighbours(
    national: Path, code: str, year: int, instead: str
) -> None:
    na = assessment.load(code, year, processed=national)
    near = [one.code for one in na.statistical_neighbours()]
    assert len(near) == 10
    assert code not in near and instead not in near  # its own land is like itself
    used = {one.code for one in upper_tiers(na.areas, year)}
    assert set(near) <= used
    people = na.lsoa["population"]
    row = na.authority_features.loc[code]
    score = (na.lsoa["imd_score"] * people).sum() / people.sum()
    assert row["imd_score"] == pytest.approx(score, abs=0.001)
    # nobody else's features move because the area stands beside those in use
    others = assessment.load("Worcestershire", year, processed=national).authority_features
    assert set(na.authority_features.index) == set(others.index) | {code}


@pytest.mark.mirror
def test_land_that_is_not_whole_has_no_neighbours_and_says_why(national: Path) -> None:
    """Dorset's former county lacks Christchurch, which has no row of its own in any index."""
    na = assessment.load("E10000009", 2022, processed=national)
    text = " ".join(
        plain(one.text) for one in neighbours_chapter.listed(na) if isinstance(one, Prose)
    )
    assert "do not make up its own land exactly" in text
    assert "not at hand" not in text


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("area", "year", "near", "unlike"),
    [
        ("Isles of Scilly", 2022, "Rutland", True),
        ("City of London", 2022, "Westminster", True),
        ("Cumberland", 2023, "Northumberland", False),
        ("Barnsley", 2025, "Doncaster", False),
        (LLR, 2022, "Kent", False),
    ],
)
def test_awkward_areas(national: Path, area: str, year: int, near: str, unlike: bool) -> None:
    na = assessment.load(area, year, processed=national, neighbours="open")
    found = na.statistical_neighbours()
    assert len(found) == 10
    assert found[0].name == near
    assert not {one.code for one in na.members} & {one.code for one in found}
    shown = neighbours_chapter.listed(na)
    text = " ".join(plain(one.text) for one in shown if isinstance(one, Prose))
    assert ("like no other" in text) == unlike
    table = list(all_tables(shown))[-1]
    assert [row[0].text for row in table.rows] == [na.name, *(one.name for one in found)]
    assert isinstance(table, Table)


@pytest.mark.mirror
def test_a_footprint_has_the_features_of_its_members_together(national: Path) -> None:
    na = assessment.load(LLR, 2022, processed=national)
    row = na.authority_features.loc[na.area.code]
    people = na.lsoa["population"]
    score = (na.lsoa["imd_score"] * people).sum() / people.sum()
    assert row["imd_score"] == pytest.approx(score, abs=0.001)
    parts = na.authority_features.loc[[one.code for one in na.members]]
    low, high = parts[list(FEATURES)].min(), parts[list(FEATURES)].max()
    assert row[list(FEATURES)].between(low, high).all()


@pytest.mark.mirror
def test_figures_under_a_former_code_are_found(national: Path) -> None:
    """Buckinghamshire's mortality of 2016 to 2018 stands under its county's code."""
    na = assessment.load("Hampshire", 2022, processed=national)
    key = "alcohol_specific_mortality"
    assert "Buckinghamshire" in {one.name for one in na.statistical_neighbours()}
    (chart,) = neighbours_of(opened(na)[key])
    assert isinstance(chart, Chart)
    assert chart.table is not None
    names = [row[0].text for row in chart.table.rows]
    assert "Buckinghamshire" in names
    assert len(names) == len(set(names))


def test_headline_rates_are_drawn_beside_neighbours(worcestershire: Assessment) -> None:
    na = worcestershire
    keys = [key for key, one in na.catalogue.indicators.items() if one.headline]
    drawn = [key for key in keys if neighbours_of(opened(na)[key]).items]
    assert "drug_misuse_rate" in drawn
    for key in drawn:
        declared = na.indicator(key)
        assert declared.statistic not in ("count", "amount")
        (chart,) = neighbours_of(opened(na)[key])
        assert isinstance(chart, Chart)
        assert "its 10 statistical neighbours" in chart.alt
        assert chart.table is not None
        names = {one.name for one in (*na.statistical_neighbours(), na.area, na.england)}
        assert {row[0].text for row in chart.table.rows} == names


def test_too_few_neighbours_with_a_figure_are_not_drawn(worcestershire: Assessment) -> None:
    na = worcestershire
    kept = [one.code for one in na.statistical_neighbours(4)] + [na.area.code, na.england.code]
    few = na.observations[na.observations["area_code"].isin(kept)]
    part = dataclasses.replace(na, observations=few)
    assert part.has("drug_misuse_rate")
    assert not neighbours_of(opened(part)["drug_misuse_rate"]).items


def test_without_features_the_annex_says_so(worcestershire: Assessment) -> None:
    none = worcestershire.authority_features.iloc[:0]
    na = dataclasses.replace(worcestershire, authority_features=none)
    assert na.statistical_neighbours() == ()
    text = " ".join(
        plain(one.text) for one in neighbours_chapter.listed(na) if isinstance(one, Prose)
    )
    assert "cannot be computed" in text
    assert not list(all_tables(neighbours_chapter.listed(na)))


def test_columns_are_those_of_the_schema() -> None:
    columns = list(schemas.AUTHORITY_FEATURES.columns)
    assert set(FEATURES) - set(columns) == {"residents_per_km2"}
    assert set(authority_features.BASIS) < set(columns)


def test_what_is_missing_gives_no_row_and_no_guess() -> None:
    """Without land, or without ages, there are no features."""
    lsoa = pd.DataFrame(
        {
            **{"edition": ["2019"], "lsoa_vintage": [2011], "lsoa_code": ["E01000001"]},
            **{"district_code": ["E06000001"], "imd_score": [20.0], "imd_decile": [4]},
        }
    )
    people = pd.DataFrame(
        {"lsoa_vintage": [2011], "lsoa_code": ["E01000001"], "year": [2019], "population": [1500.0]}
    )
    land = pd.DataFrame({"lsoa_vintage": [2011], "lsoa_code": ["E01000001"], "km2": [10.0]})
    areas = pd.DataFrame(
        {
            **{"code": ["E06000001"], "name": ["Hartlepool"], "kind": ["upper tier"]},
            **{"region_code": ["E12000001"], "upper_code": ["E06000001"]},
            **{"valid_from": [pd.NaT], "valid_to": [pd.NaT], "successor": [None]},
        }
    ).astype({"valid_from": "datetime64[ns]", "valid_to": "datetime64[ns]"})
    ages = pd.DataFrame(
        {
            **{"area_code": "E06000001", "year": 2019, "sex": "persons"},
            **{"age_from": range(91), "age_to": [*range(90), None], "population": 10.0},
            "edition": "mid-2019",
            "source_row": "people.csv, line 2",
        }
    )
    published = {"2019": 2019}
    names = {"index": "imd.csv", "residents": "lsoas.csv", "land": "shapes.geojson"}
    lsoa, people, land = (
        table.assign(source=f"of_{kind}", source_row=f"{names[kind]}, edition 1")
        for kind, table in zip(names, (lsoa, people, land), strict=True)
    )
    files = {"mid-2019": {"source": "ons_population", "source_row": "mye.xlsx, edition mid-2019"}}
    full = authority_features.authority_features(areas, ages, lsoa, people, land, published, files)
    assert full["area_code"].tolist() == ["E06000001"]
    row = full.iloc[0]
    assert (row["residents"], row["km2"], row["imd_score"]) == (1500, 10, 20)
    assert row["sparsely_populated"] == 100  # 150 residents per square kilometre
    assert row["aged_under_18"] == pytest.approx(100 * 18 / 91, abs=0.001)
    assert row["aged_65_and_over"] == pytest.approx(100 * 26 / 91, abs=0.001)
    assert authority_features.file_pairs(row.to_dict()) == [
        ("ons_population", "people.csv, line 2"),
        *((f"of_{kind}", f"{name}, edition 1") for kind, name in names.items()),
    ]
    for lacking in (
        (areas, ages, lsoa, people, land.iloc[:0], published),
        (areas, ages, lsoa, people.iloc[:0], land, published),
        (areas, ages.iloc[:0], lsoa, people, land, published),
        (areas, ages, lsoa.iloc[:0], people, land, published),
    ):
        assert authority_features.authority_features(*lacking, files).empty


def named(na: Assessment, n: int = 10) -> list[str]:
    return [one.name for one in na.statistical_neighbours(n)]


def said_in_annex(na: Assessment) -> str:
    shown = neighbours_chapter.listed(na)
    return " ".join(plain(one.text) for one in shown if isinstance(one, Prose))


@pytest.mark.mirror
def test_the_official_list_is_the_default_from_its_edition_on(national: Path) -> None:
    before = assessment.load("Worcestershire", 2024, processed=national)
    na = assessment.load("Worcestershire", 2025, processed=national)
    chosen = assessment.load("Worcestershire", 2025, processed=national, neighbours="open")
    assert not before.by_official_list
    assert "serves reports from 2025 on" in said_in_annex(before)
    assert na.by_official_list
    assert named(na, 6) == ["Staffordshire", "Somerset", "West Sussex",
                            "Cheshire West and Chester", "Leicestershire",
                            "Warwickshire"]  # fmt: skip
    assert named(chosen) == [one.name for one in chosen.authorities_by_code(
        chosen.distances(10)["area_code"])]  # fmt: skip
    assert named(chosen) != named(na)
    assert "asked for with the open method" in said_in_annex(chosen)


@pytest.mark.mirror
def test_the_choice_is_said_wherever_neighbours_are_compared(national: Path) -> None:
    key = "alcohol_specific_mortality"
    for choice, caption, noun in (
        ("official", "(official list, October 2025)", "official neighbours"),
        ("open", "(open method: age, deprivation and density)", "statistical neighbours"),
    ):
        na = assessment.load("Kent", 2025, processed=national, neighbours=choice)
        (chart,) = neighbours_of(opened(na)[key])
        assert isinstance(chart, Chart)
        assert chart.table is not None
        assert caption in chart.subtitle
        assert noun in chart.alt + plain(chart.headline)
        assert caption.strip("()") in " ".join(chart.table.notes)
        (drawn,) = overview.spine(na)
        assert isinstance(drawn, Chart)
        assert f"Statistical neighbours: {caption.strip('()')}." in drawn.subtitle


@pytest.mark.mirror
def test_both_lists_and_their_overlap_are_in_the_annex(national: Path) -> None:
    na = assessment.load("Worcestershire", 2025, processed=national)
    official = na.authorities_by_code(na.official_neighbours["area_code"].head(10))
    near = na.authorities_by_code(na.distances(10)["area_code"])
    both = [one.name for one in official if one in near]
    assert 0 < len(both) < 10
    said = said_in_annex(na)
    assert f"have {len(both)} of 10 authorities in common: {both[0]}" in said
    lists = {one.id: one for one in all_tables(neighbours_chapter.listed(na))}
    assert [row[0].text for row in lists["official_neighbours"].rows] == [
        one.name for one in official
    ]
    ranks = {row[0].text: row[-1].text for row in lists["statistical_neighbours"].rows}
    assert ranks["Staffordshire"] == "1st"
    assert {one for one, rank in ranks.items() if rank not in ("not in it", "[z]")} == set(both)


@pytest.mark.mirror
def test_a_footprint_has_the_open_method_and_says_so(national: Path) -> None:
    na = assessment.load(LLR, 2025, processed=national)
    assert not na.by_official_list
    assert len(na.statistical_neighbours()) == 10
    assert "The official list has single authorities" in said_in_annex(na)


@pytest.mark.mirror
def test_every_authority_of_2025_has_its_official_neighbours(national: Path) -> None:
    """All 153: each ten, none twice, none itself, under codes of the year, with figures."""
    areas = pd.read_parquet(national / "areas.parquet")
    in_use = {one.code: one.name for one in upper_tiers(areas, 2025)}
    assert len(in_use) == 153
    with_figures = set(
        pd.read_parquet(
            national / "observations.parquet",
            columns=["area_code"],
            filters=[("indicator", "==", "parental_drug_misuse")],
        )["area_code"]
    )
    for code, name in in_use.items():
        rows = assessment._official(national, 2025, areas, [code])
        near = rows["area_code"].head(10).tolist()
        assert len(set(near)) == 10, name
        assert set(near) <= set(in_use) - {code}, name
        assert set(near) <= with_figures, name
    assert assessment._official(national, 2024, areas, [code]).empty


@pytest.mark.mirror
@pytest.mark.parametrize("code", ["E08000016", "E08000038"])
def test_barnsley_is_found_by_its_old_code_and_by_its_new(national: Path, code: str) -> None:
    na = assessment.load(code, 2025, processed=national)
    assert na.by_official_list
    assert named(na, 3) == ["Wakefield", "Tameside", "Rotherham"]
    wakefield = assessment.load("Wakefield", 2025, processed=national)
    barnsley = [one for one in wakefield.statistical_neighbours(20) if one.name == "Barnsley"]
    assert [one.code for one in barnsley] == ["E08000038"]


@pytest.mark.mirror
def test_an_area_that_the_list_lacks_says_so(national: Path) -> None:
    na = assessment.load("Rutland", 2025, processed=national)
    without = dataclasses.replace(na, official_neighbours=na.official_neighbours.iloc[:0])
    vars(without).pop("_once", None)
    assert not without.by_official_list
    assert "No official list in this report has Rutland" in said_in_annex(without)


def test_an_unknown_choice_is_refused(processed: Path) -> None:
    with pytest.raises(ParameterError, match="Choose from official, open"):
        assessment.load("Worcestershire", 2022, processed=processed, neighbours="cipfa")


@pytest.mark.mirror
def test_a_pack_holds_the_official_list_of_its_authority(national: Path) -> None:
    """Barnsley's, which the publisher lists under the code of before April 2025."""
    lists, areas = (
        pd.read_parquet(national / f"{name}.parquet") for name in ("official_neighbours", "areas")
    )
    rows = packing._official(lists, areas, "E08000038", 2025)
    assert len(rows) == 20
    assert set(rows["area_code"]) == {"E08000016"}
    assert set(rows["source_row"].str[-15:]) == {"Table 3, row 83"}
    assert packing._official(lists, areas, "E08000038", 2024).empty
