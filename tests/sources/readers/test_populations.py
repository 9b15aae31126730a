"""Populations of small areas and authorities."""

from __future__ import annotations

import openpyxl
import pytest

from needs.errors import InvalidDataError
from needs.sources.readers import nomis


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("edition", "england"), [("mid-2019", 56_286_961), ("mid-2020", 56_550_138)]
)
def test_small_areas_of_2011_add_up_to_england(read, edition, england):
    table = read("nomis_population", edition)
    assert len(table) == 32_844
    assert table["population"].sum() == england


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("edition", "total", "tenth", "three_tenths"),
    [("mid-2019", 595_786, 27_955, 123_327), ("mid-2020", 598_070, 27_750, 122_975)],
)
def test_published_residents_by_deprivation(read, edition, total, tenth, three_tenths):
    index = read("mhclg_iod_2019")
    county = index[index["district_code"].str.fullmatch(r"E0700023[4-9]")]
    county = county.merge(read("nomis_population", edition), on="lsoa_code")
    assert county["population"].sum() == total
    assert county.loc[county["imd_decile"] == 1, "population"].sum() == tenth
    assert county.loc[county["imd_decile"] <= 3, "population"].sum() == three_tenths


@pytest.mark.mirror
def test_small_areas_of_2021(read):
    table = read("ons_lsoa_population")
    assert len(table) == 33_755 * 12
    totals = table.groupby("year")["population"].sum()
    assert totals[2011] == 53_107_169
    assert totals[2022] == 57_112_542


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("edition", "year", "england"), [("mid-2022", 2022, 57_106_398), ("mid-2023", 2023, 57_690_323)]
)
def test_workbooks(read, edition, year, england):
    table = read("ons_population", edition)
    table = table[table["year"] == year]
    whole = table[(table["age_from"] == 0) & table["age_to"].isna()]
    by_sex = whole[whole["area_code"] == "E92000001"].set_index("sex")["population"]
    assert by_sex["persons"] == england == by_sex["female"] + by_sex["male"]
    # England, 9 regions, 6 metropolitan and 21 other counties, 296 districts: their own codes
    assert whole["area_code"].str[:3].value_counts().to_dict() == {
        **{"E07": 164 * 3, "E06": 63 * 3, "E08": 36 * 3, "E09": 33 * 3},
        **{"E10": 21 * 3, "E12": 9 * 3, "E11": 6 * 3, "E92": 3},
    }
    districts = whole[whole["area_code"].str.fullmatch(r"E0[6-9]\d{6}")]
    assert districts.groupby("sex")["population"].sum()["persons"] == england
    oldest = table[(table["age_from"] == 90) & (table["area_code"] == "E10000034")]
    assert oldest["age_to"].isna().all()
    assert set(table.loc[table["area_code"] == "E12000001", "area_name"]) == {"North East"}


@pytest.mark.mirror
def test_totals_of_earlier_years(read):
    table = read("ons_population", "mid-2023")
    england = table[(table["area_code"] == "E92000001") & (table["sex"] == "persons")]
    whole = england[(england["age_from"] == 0) & england["age_to"].isna()]
    totals = whole.set_index("year")["population"]
    assert sorted(totals.index) == list(range(2011, 2024))
    assert totals[2022] == 57_112_542
    assert totals[2011] == 53_107_169


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("edition", "england", "areas"), [("mid-2019", 56_286_961, 151), ("mid-2020", 56_550_138, 314)]
)
def test_repackaged_single_years(read, edition, england, areas):
    table = read("ons_population", edition)
    whole = table[(table["age_from"] == 0) & table["age_to"].isna()]
    assert whole["area_code"].nunique() == areas
    assert whole["population"].sum() == england


def test_nomis_that_was_cut_off(edition_of, written):
    head = "DATE_NAME,GEOGRAPHY_CODE,GEOGRAPHY_NAME,GENDER_NAME,C_AGE_NAME,OBS_VALUE\n"
    rows = "".join(f"2020,E01{n:06d},Area,Total,All Ages,5\n" for n in range(nomis.GUEST_LIMIT))
    with pytest.raises(InvalidDataError) as caught:
        edition_of("nomis_population", "mid-2020").read(written(head + rows))
    assert "cuts off" in str(caught.value)


def test_nomis_without_all_ages(edition_of, written):
    text = (
        "DATE_NAME,GEOGRAPHY_CODE,GEOGRAPHY_NAME,GENDER_NAME,C_AGE_NAME,OBS_VALUE\n"
        "2020,E01000001,Area,Total,Aged 65+,5\n"
    )
    with pytest.raises(InvalidDataError) as caught:
        edition_of("nomis_population", "mid-2020").read(written(text))
    assert "All Ages" in str(caught.value)


def _workbook(path, *, drop="", top=3, last="90+", total=None, header="All ages"):
    book = openpyxl.Workbook()
    book.remove(book.active)
    ages = [str(age) for age in range(90)] + [last]
    for name in ("MYE2 - Persons", "MYE2 - Females", "MYE2 - Males"):
        if name == drop:
            continue
        sheet = book.create_sheet(name)
        for _ in range(top):
            sheet.append(["A note"])
        sheet.append(["Code", "Name ", "Geography", header, *ages])
        sheet.append(["E92000001", "ENGLAND", "Country", total or 91, *[1] * 91])
        sheet.append(["S92000003", "SCOTLAND", "Country", 0, *[0] * 91])
    book.save(path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("last", ["90+", "90"])
@pytest.mark.parametrize("top", [0, 7])
def test_header_row_is_found_by_its_labels(edition_of, tmp_path, last, top):
    path = _workbook(tmp_path / "book.xlsx", top=top, last=last)
    table = edition_of("ons_population", "mid-2022").read(path)
    assert set(table["area_name"]) == {"England"}
    assert len(table) == 3 * 92


def test_missing_sheet(edition_of, tmp_path):
    path = _workbook(tmp_path / "book.xlsx", drop="MYE2 - Males")
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_population", "mid-2022").read(path)
    assert "Sheet 'MYE2 - Males' is missing" in str(caught.value)


@pytest.mark.slow
def test_total_that_is_not_the_sum_of_its_ages(edition_of, tmp_path):
    path = _workbook(tmp_path / "book.xlsx", total=90)
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_population", "mid-2022").read(path)
    assert "not the sum of its ages" in str(caught.value)


def test_renamed_heading_of_a_sheet(edition_of, tmp_path):
    path = _workbook(tmp_path / "book.xlsx", header="All the ages")
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_population", "mid-2022").read(path)
    said = str(caught.value)
    assert "'All the ages' is not known; nearest known: 'All ages'" in said
    assert "sheet MYE2 - Females, row 4" in said
