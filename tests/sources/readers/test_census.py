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
