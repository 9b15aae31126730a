"""The official list of statistical neighbours: whole, as published, and spoilt files told."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from needs import catalogue
from needs.errors import InvalidDataError
from needs.sources.readers import nearest_neighbours
from needs.sources.readers.workbooks import read_sheets

FILE = "ons_nearest_neighbours/localauthoritynearestneighboursengland.xlsx"

pytestmark = pytest.mark.mirror


def read(path: Path) -> pd.DataFrame:
    source = catalogue.load().sources["ons_nearest_neighbours"]
    return nearest_neighbours.read(path, source, source.editions[0])


@pytest.fixture(scope="module")
def table(mirror: Path) -> pd.DataFrame:
    return read(mirror / FILE)


def test_every_authority_of_both_tiers_has_its_list(table: pd.DataFrame) -> None:
    each = table.groupby("tier")["area_code"].agg(["nunique", "size"])
    assert each.loc["upper tier"].tolist() == [153, 153 * nearest_neighbours.KEPT]
    assert each.loc["lower tier"].tolist() == [296, 296 * nearest_neighbours.KEPT]
    ordered = table.sort_values("rank").groupby(["tier", "area_code"])["distance"]
    assert ordered.apply(lambda one: one.is_monotonic_increasing).all()
    assert (table["distance"] > 0).all()
    assert (table["area_code"] != table["neighbour_code"]).all()


def test_worcestershires_are_those_that_the_office_lists(table: pd.DataFrame) -> None:
    own = table[table["area_code"].eq("E10000034") & table["tier"].eq("upper tier")]
    assert own["neighbour_code"].head(6).tolist() == [
        "E10000028",  # Staffordshire
        "E06000066",  # Somerset
        "E10000032",  # West Sussex
        "E06000050",  # Cheshire West and Chester
        "E10000018",  # Leicestershire
        "E10000031",  # Warwickshire
    ]
    assert own["source_row"].iloc[0].endswith("Table 3, row 157")


@pytest.fixture(scope="module")
def part(mirror: Path) -> dict[str, list[list[Any]]]:
    """The publisher's sheets cut down to 24 authorities, which can be spoilt in a second."""
    whole = read_sheets(mirror / FILE)
    cut = {}
    for ordered, distances in (("Table 1", "Table 2"), ("Table 3", "Table 4")):
        kept = {row[0] for row in whole[ordered][-24:]}
        for name in (ordered, distances):
            top, rows = whole[name][:4], whole[name][4:]
            columns = [n for n, one in enumerate(top[3]) if n < 2 or one in kept]
            rows = [row for row in rows if row[0] in kept]
            if name == ordered:
                near = [[*row[:2], *(one for one in row[2:] if one in kept)] for row in rows]
                cut[name] = [*(row[:25] for row in top), *near]
            else:
                cut[name] = [[row[n] for n in columns] for row in (*top, *rows)]
    return cut


def swapped(sheets: Any) -> None:
    row = sheets["Table 3"][-1]
    row[2], row[22] = row[22], row[2]


def strange(sheets: Any) -> None:
    sheets["Table 3"][-1][3] = "E06000099"


def skewed(sheets: Any) -> None:
    sheets["Table 4"][-1][2] = 9.5


def blank(sheets: Any) -> None:
    sheets["Table 2"][-1][-1] = None


def mixed_up(sheets: Any) -> None:
    sheets["Table 1"], sheets["Table 3"] = sheets["Table 3"], sheets["Table 1"]


def without_row(sheets: Any) -> None:
    sheets["Table 4"].pop()


def renamed(sheets: Any) -> None:
    sheets["Table 3"][3][0] = "Upper tier code"


def without_heading(sheets: Any) -> None:
    sheets["Table 3"][3][2] = "Neighbour 999"


def doubled(sheets: Any) -> None:
    sheets["Table 3"][-2] = list(sheets["Table 3"][-1])


def removed(sheets: Any) -> None:
    del sheets["Table 2"]


def written(sheets: Any, path: Path) -> Path:
    book = openpyxl.Workbook()
    del book["Sheet"]
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    book.save(path)
    return path


def test_the_part_is_read_as_it_is(part: Any, tmp_path: Path) -> None:
    found = read(written(part, tmp_path / "part.xlsx"))
    assert found.groupby("tier").size().tolist() == [24 * nearest_neighbours.KEPT] * 2


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (swapped, "of E10000034 is farther than the next, by sheet Table 4"),
        (strange, "The neighbours of E10000034 are not all others: E06000099"),
        (skewed, "The distance from E10000034 to "),
        (blank, "The distance from E09000033 to E09000033 is 'nan'"),
        (mixed_up, "Lower tier local authority code"),
        (without_row, "E10000034 stands in one of the sheets"),
        (renamed, "Upper tier local authority code"),
        (without_heading, "Heading 'Neighbour 1' is missing"),
        (doubled, "stands more than once"),
        (removed, "Sheet 'Table 2' is missing"),
    ],
)
def test_a_spoilt_workbook_is_told(
    part: Any, tmp_path: Path, spoil: Callable[[Any], None], told: str
) -> None:
    sheets = copy.deepcopy(part)
    spoil(sheets)
    path = written(sheets, tmp_path / Path(FILE).name)
    with pytest.raises(InvalidDataError) as fault:
        read(path)
    assert told in " ".join(one.what for one in fault.value.problems)
    assert all(Path(FILE).name in one.where for one in fault.value.problems)


def test_a_web_page_in_its_place_is_told(tmp_path: Path) -> None:
    path = tmp_path / Path(FILE).name
    path.write_text("<html><body>Not found</body></html>", encoding="utf-8")
    with pytest.raises(InvalidDataError, match=path.name):
        read(path)
