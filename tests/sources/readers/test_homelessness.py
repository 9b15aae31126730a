"""Homeless households with drug or alcohol dependency needs: sheet A3, quarter by quarter."""

from __future__ import annotations

import openpyxl
import pytest

from needs.errors import InvalidDataError
from needs.stats.status import Status

NEWEST = "October to December 2025"
DISTRICTS = [f"E0700023{number}" for number in range(4, 10)]


@pytest.mark.mirror
def test_newest_quarter_as_published(read) -> None:
    table = read("mhclg_homelessness", NEWEST).set_index(["measure", "area_code"])["value"]
    assert table["drug_need", "E92000001"] == 5460
    assert table["alcohol_need", "E92000001"] == 4200
    assert table["drug_need"][DISTRICTS].sum() == 23
    assert table["alcohol_need"][DISTRICTS].sum() == 25
    assert table["drug_need_share", "E92000001"] == pytest.approx(100 * 5460 / 47520)


@pytest.mark.mirror
def test_what_is_withheld_or_missing_is_never_zero(read) -> None:
    table = read("mhclg_homelessness", NEWEST)
    one = table[table["measure"] == "drug_need"].set_index("area_name")
    assert one.loc["East Staffordshire", "status"] == Status.SUPPRESSED
    assert one.loc["Bristol", "status"] == Status.UNAVAILABLE
    assert one.loc[one["status"] != Status.SHOWN, ["value", "count"]].isna().all(axis=None)
    assert (one["status"] == Status.SUPPRESSED).sum() == 2


@pytest.mark.mirror
def test_england_and_regions_are_estimates_and_halves_of_england_are_left_out(read) -> None:
    table = read("mhclg_homelessness", "April to June 2022")
    one = table[table["measure"] == "alcohol_need"]
    assert one["area_code"].str[:3].value_counts().to_dict() == {
        "E07": 181, "E06": 59, "E08": 36, "E09": 33, "E12": 9, "E92": 1,
    }  # fmt: skip
    estimated = one["area_code"].str[:3].isin(["E92", "E12"])
    assert set(one.loc[estimated, "marks"]) == {"e"}
    assert set(one.loc[~estimated, "marks"]) == {""}


TITLE = "Table A3 - Households owed a duty by support needs\nEngland, October to December 2025"
HEAD = [
    "", "", "Households with one or more support needs owed duty1,2",
    "Drug dependency needs", "Alcohol dependency needs",
]  # fmt: skip
WORCESTER = ["E07000237", "Worcester", 96, 6, 7]


def _write(tmp_path, *rows: list[object]):
    book = openpyxl.Workbook()
    book.active.title = "A3"
    for row in rows:
        book.active.append(row)
    path = tmp_path / "Detailed_LA_202512.xlsx"
    book.save(path)
    return path


def test_notes_and_halves_are_no_areas(tmp_path, edition_of) -> None:
    rows = ([TITLE], HEAD, WORCESTER, ["-", "Rest of England", 1, 1, 1], ["..", "no data"])
    table = edition_of("mhclg_homelessness", NEWEST).read(_write(tmp_path, *rows))
    assert table["area_name"].unique().tolist() == ["Worcester"]
    assert table["value"].tolist() == pytest.approx([6, 100 * 6 / 96, 7, 100 * 7 / 96])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (([TITLE], HEAD, [*WORCESTER[:3], "six", 7]), "'six' is not a whole number"),
        (([TITLE], HEAD, [*WORCESTER[:3], 97, 7]), "'97' is more than all of them"),
        (([TITLE], [*HEAD[:4], "Alcohol needs"], WORCESTER), "No row has the headings"),
        (([TITLE], ["", "", "", *HEAD[3:]], WORCESTER), "No row has"),
        (([TITLE.replace("2025", "2024")], HEAD, WORCESTER), "does not say 'October to Dec"),
    ],
)
def test_spoilt_files_are_refused(tmp_path, edition_of, rows, said: str) -> None:
    with pytest.raises(InvalidDataError) as error:
        edition_of("mhclg_homelessness", NEWEST).read(_write(tmp_path, *rows))
    assert said in str(error.value)
