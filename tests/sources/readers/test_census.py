"""Residents by ethnic group, of all authorities."""

from __future__ import annotations

import re

import pytest

from needs.errors import InvalidDataError
from needs.sources.readers.census_groups import GROUPS


@pytest.mark.mirror
def test_ethnic_groups_of_all_authorities(read) -> None:
    table = read("census_2021_ethnic_groups")
    assert table["area_code"].nunique() == 154  # with England
    assert table.groupby("area_code")["value"].sum().round(9).eq(100).all()
    england = table[table["area_code"] == "E92000001"]
    # the publisher prints 56,490,048 usual residents: small numbers are moved between areas
    assert england["count"].sum() == pytest.approx(56_490_048, abs=100)
    asian = england.set_index("category")["value"]["Asian"]
    assert asian == pytest.approx(9.6, abs=0.05)  # as published for England
    county = table[table["area_code"] == "E10000034"]
    assert county["count"].sum() == county["denominator"].iloc[0] == 603_676


HEAD = (
    "2023 Upper tier local authorities Code,2023 Upper tier local authorities,"
    "Ethnic group (20 categories) Code,Ethnic group (20 categories),Observation\n"
)
ROWS = "".join(
    f"E0600000{area},Area {area},{number},{group}: Any,{100 + number}\n"
    for area in (1, 2)
    for number, group in enumerate(f'"{name}"'.replace('"', "") for name in GROUPS)
    if "," not in group
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ROWS.replace(",101\n", ",many\n", 1), "'many' is not a whole number"),
        (ROWS.replace("E06000001", "Hartlepool", 1), "'Hartlepool' is not a code of this kind"),
        (ROWS.replace("White: Any", "Green: Any", 1), "is not an ethnic group that we know"),
        (
            ROWS + ROWS.splitlines()[0].replace(",100", ",150") + "\n",
            "stands more than once for its area",
        ),
        ("\n".join(ROWS.splitlines()[1:]) + "\n", "'E06000001' lacks an ethnic group"),
    ],
)
def test_a_spoilt_file_is_refused(written, edition_of, text: str, said: str) -> None:
    with pytest.raises(InvalidDataError) as refused:
        edition_of("census_2021_ethnic_groups").read(written(HEAD + text))
    assert any(re.search(said, str(one)) for one in refused.value.problems)


@pytest.mark.mirror
def test_ages_of_all_small_areas(read) -> None:
    table = read("census_2021_ages")
    assert table["lsoa_code"].nunique() == 33_755
    assert table["age_band"].nunique() == 18
    assert set(table["lsoa_code"].str[0]) == {"E"}
    assert table["population"].sum() == 56_490_091
    assert (table["lsoa_vintage"].iloc[0], table["year"].iloc[0]) == (2021, 2021)
    # Hartlepool 001A
    first = table[table["lsoa_code"] == "E01011954"].set_index("age_band")["population"]
    assert (first["0-4"], first["5-9"], first["85+"]) == (166, 169, 42)


AGES_HEAD = '"TS007A - Age by five-year age bands"\n"Date       :","2021"\n\n'


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("Total", "All"), "Heading 'All' is not known"),
        (("mnemonic", "code"), "No line has the heading 'mnemonic'"),
        (("2284", "2484"), "is not the sum of its ages"),
        (('"166"', '"many"'), "many"),
        (("E01011954", "E0101195"), "E0101195"),
    ],
)
def test_spoilt_ages_are_refused(edition_of, tmp_path, change, told: str) -> None:
    bands = [f"Aged {age} to {age + 4} years" for age in range(5, 85, 5)]
    heads = ["2021 super output area - lower layer", "mnemonic", "Total",
             "Aged 4 years and under", *bands, "Aged 85 years and over"]  # fmt: skip
    ages = [
        "166",
        "169",
        "163",
        "129",
        "144",
        "153",
        "171",
        "138",
        "131",
        "127",
        "166",
        "161",
        "141",
        "95",
        "91",
        "46",
        "51",
        "42",
    ]
    lines = [heads, ["Hartlepool 001A", "E01011954", "2284", *ages]]
    text = AGES_HEAD + "".join(",".join(f'"{one}"' for one in line) + "\n" for line in lines)
    path = tmp_path / "TS007A_age_by_five_year_age_bands_LSOA21.csv"
    path.write_text(text, encoding="utf-8")
    assert len(edition_of("census_2021_ages").read(path)) == 18
    path.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(InvalidDataError) as fault:
        edition_of("census_2021_ages").read(path)
    assert told in str(fault.value)
