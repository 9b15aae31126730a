"""Files that went wrong in ways that a report once showed: each is told, with its file."""

from __future__ import annotations

import csv
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from needs import catalogue
from needs.tables import prepare

pytestmark = pytest.mark.mirror

LOOKUPS = "ons_lookups"
PEOPLE = "ons_population"
UPPER_2019 = "Lower_Tier_Local_Authority_to_Upper_Tier_Local_Authority_(2019)_Lookup.csv"
UPPER_2023 = "Lower_Tier_Local_Authority_to_Upper_Tier_Local_Authority_(2023)_Lookup.csv"
IOD = "mhclg_iod_2019/File_7_-_All_IoD2019_Scores__Ranks__Deciles_and_Population_Denominators_3.csv"

Rows = list[list[str]]


@pytest.fixture
def raw(tmp_path: Path, mirror: Path) -> Callable[..., Path]:
    """Bring files of the mirror into a folder of raw data, always with the lookups."""

    def bring(*names: str) -> Path:
        folder = tmp_path / "raw"
        for name in (f"{LOOKUPS}/*", *names):
            for path in sorted(mirror.glob(name.replace("[", "[[]"))):
                there = folder / path.relative_to(mirror)
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, there)
        return folder

    return bring


def told(raw: Path) -> list[str]:
    """What is said of the files: what, and where."""
    _, _, problems = prepare.make_tables(raw, catalogue.load())
    return [f"{one.what} [{one.where}]" for one in problems]


def change(path: Path, how: Callable[[Rows], Rows]) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(how(rows))


def change_part(path: Path, part: str, how: Callable[[str], str]) -> None:
    """Change the text of one part of a workbook."""
    old = path.rename(path.with_suffix(".old"))
    with zipfile.ZipFile(old) as book, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        assert part in book.namelist()
        for name in book.namelist():
            content = book.read(name)
            out.writestr(name, how(content.decode()).encode() if name == part else content)
    old.unlink()


def without_cell(cell: str) -> Callable[[str], str]:
    """Empty one cell of a sheet."""

    def how(text: str) -> str:
        out, times = re.subn(
            rf'(<c r="{cell}"[^>]*?)(?: t="s")?>(?:<v>.*?</v>)?</c>', r"\1/>", text
        )
        assert times == 1
        return out

    return how


def swap(a: str, b: str) -> Callable[[Rows], Rows]:
    return lambda rows: [[{a: b, b: a}.get(cell, cell) for cell in row] for row in rows]


def test_nothing_is_said_of_what_the_publishers_issued(raw, mirror):
    folder = raw(*(f"{one.name}/*" for one in mirror.iterdir() if "boundaries" not in one.name))
    assert told(folder) == []


def test_a_lost_period_does_not_give_one_period_anothers_numbers(raw):
    folder = raw("ons_drug_deaths/2021localauthorities.xlsx")
    path = folder / "ons_drug_deaths" / "2021localauthorities.xlsx"
    change_part(path, "xl/worksheets/sheet9.xml", without_cell("K4"))  # Table 6
    (said, *_) = told(folder)
    assert "stands twice under 2019–21: its period or group, or the next one's, is" in said
    assert "2021localauthorities.xlsx, sheet Table 6" in said


def test_a_lost_age_group_does_not_give_one_another_ones_numbers(raw):
    folder = raw("ons_drug_deaths/2021registrations.xlsx")
    path = folder / "ons_drug_deaths" / "2021registrations.xlsx"
    change_part(path, "xl/worksheets/sheet8.xml", without_cell("J5"))  # Table 5, 20–29
    (said, *_) = told(folder)
    assert "stands twice" in said
    assert "2021registrations.xlsx, sheet Table 5" in said


def test_persons_and_females_are_not_mixed_up(raw):
    folder = raw(f"{PEOPLE}/mye23tablesew.xlsx")

    def how(text: str) -> str:
        for a, b in (("Persons", "\ue000"), ("Females", "Persons"), ("\ue000", "Females")):
            text = text.replace(f'name="MYE2 - {a}"', f'name="MYE2 - {b}"')
        return text

    change_part(folder / PEOPLE / "mye23tablesew.xlsx", "xl/workbook.xml", how)
    said = told(folder)
    assert "The sheet's title does not say 'persons': MYE2: Females by single year" in said[0]
    assert "mye23tablesew.xlsx, sheet MYE2 - Persons" in said[0]


def test_an_edition_is_not_taken_for_another(raw):
    folder = raw(f"{PEOPLE}/mye23tablesew.xlsx")
    (folder / PEOPLE / "mye23tablesew.xlsx").rename(folder / PEOPLE / "mye22final.xlsx")
    assert any("does not say 'mid-2022'" in one and "mid-2023" in one for one in told(folder))


def test_two_codes_swapped_in_both_lookups_are_told(raw):
    """Worcester and Wychavon: 18 LSOAs among the most deprived became 10."""
    folder = raw(IOD, f"{PEOPLE}/mye2*.xlsx")
    for name in (UPPER_2019, UPPER_2023):
        change(folder / LOOKUPS / name, swap("E07000237", "E07000238"))
    said = told(folder)
    for name in (UPPER_2019, UPPER_2023):
        assert any("E07000237 is" in one and name in one for one in said)


def test_a_row_that_contradicts_the_one_below_it_is_told(raw):
    folder = raw("ohid_fingertips/91380*")
    path = next((folder / "ohid_fingertips").iterdir())

    def how(rows: Rows) -> Rows:
        at = next(
            n
            for n, row in enumerate(rows)
            if row[4] == "E10000034" and row[11] == "2016 - 18" and row[7] == "Persons"
        )
        other = list(rows[at])
        other[12] = "12.0"
        return [*rows[:at], other, *rows[at:]]

    change(path, how)
    said = told(folder)
    assert any(
        "Worcestershire, 2016 to 2018" in one and "differ: value 12 and" in one for one in said
    )


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (lambda row: row[4].startswith(("E12", "E92")), "It has no authorities, only England"),
        (lambda row: row[2] == "E12000005", "Its authorities are those of West Midlands alone"),
        (lambda row: row[4] == "E12000005", "It has no authorities"),
    ],
    ids=["regions", "one region", "a region"],
)
def test_a_file_of_other_areas_says_which_it_has(raw, kept, said):
    folder = raw("ohid_fingertips/91380*")
    path = next((folder / "ohid_fingertips").iterdir())
    change(path, lambda rows: [rows[0], *(row for row in rows[1:] if kept(row))])
    assert said in told(folder)[0]


def test_a_file_of_health_areas_says_so(raw):
    folder = raw("ohid_fingertips/91380*")
    path = next((folder / "ohid_fingertips").iterdir())

    def how(rows: Rows) -> Rows:
        health = ["E54000012", "An integrated care board", "ICBs"]
        return [rows[0], *([*row[:4], *health, *row[7:]] for row in rows[1:40])]

    change(path, how)
    assert "the areas of the file are: ICBs" in told(folder)[0]


def test_what_is_added_to_a_regions_name_is_no_other_name(raw):
    folder = raw("ohid_fingertips/91380*")
    path = next((folder / "ohid_fingertips").iterdir())
    text = path.read_text(encoding="utf-8-sig")
    path.write_text(text.replace(" region,", " region (statistical),"), encoding="utf-8")
    assert told(folder) == []


def test_two_headings_of_deciles_swapped_are_told(raw):
    folder = raw(IOD)

    def how(rows: Rows) -> Rows:
        a, b = (
            next(n for n, one in enumerate(rows[0]) if one.startswith(f"{start} Decile"))
            for start in ("Index of Multiple Deprivation (IMD)", "Income")
        )
        rows[0][a], rows[0][b] = rows[0][b], rows[0][a]
        return rows

    change(folder / IOD, how)
    said = told(folder)
    assert re.match(r"Rank [\d,]+ of 32,844 in imd is not in decile \d+ \(LSOA E01", said[0])
    assert "File_7" in said[0]


def test_a_district_without_its_row_is_no_part_of_a_smaller_county(raw):
    folder = raw(f"{PEOPLE}/population20_ltla20.csv")
    change(
        folder / PEOPLE / "population20_ltla20.csv",
        lambda rows: [row for row in rows if "E07000234" not in row],
    )
    assert any("Bromsgrove (E07000234)" in one for one in told(folder))


def test_an_area_without_its_name_is_not_england(raw):
    folder = raw("ndtms_and_dependence/ons_sdg*")
    path = next((folder / "ndtms_and_dependence").iterdir())

    def how(rows: Rows) -> Rows:
        row = next(row for row in rows if row[:2] == ["2018/19", "Alcohol - People in treatment"]
                   and row[3] == "Worcestershire")  # fmt: skip
        row[3] = ""
        return rows

    change(path, how)
    said = told(folder)
    assert "stands without the name of its area" in said[0]
    assert path.name in said[0]


def test_values_sorted_by_themselves_do_not_fit_the_publishers_verdicts(raw, mirror):
    (name,) = (one.relative_to(mirror).as_posix() for one in mirror.rglob("91382_*LTLA*.csv"))
    folder = raw(name)

    def how(rows: Rows) -> Rows:
        at = rows[0].index("value")
        values = sorted(
            (row[at] for row in rows[1:]), key=lambda one: float(one.replace("NA", "0") or 0)
        )
        return [rows[0], *([*row[:at], value, *row[at + 1 :]]
                           for row, value in zip(rows[1:], values, strict=True))]  # fmt: skip

    change(folder / name, how)
    said = told(folder)
    assert len(said) == 10  # a period each
    assert "The values of 2008 do not fit the verdicts beside them" in said[0]
    assert Path(name).name in said[0]


def test_a_code_that_was_cut_is_told(raw):
    folder = raw("ndtms_and_dependence/ons_sdg*")
    path = next((folder / "ndtms_and_dependence").iterdir())
    change(path, swap("E09000020", "E0900002"))
    said = told(folder)
    assert "'E0900002' is not the code of an area" in said[0]
    assert path.name in said[0]


def test_a_year_saved_under_another_years_name_is_told(raw):
    folder = raw("nomis_population/NM_2010_1_LSOA11_mid-2020_all_ages.csv")
    path = folder / "nomis_population" / "NM_2010_1_LSOA11_mid-2020_all_ages.csv"
    path.rename(path.with_name("NM_2010_1_LSOA11_mid-2019_all_ages.csv"))
    assert "is not mid-2019, of which this edition is" in told(folder)[0]


def test_boundaries_of_two_areas_swapped_are_told(raw):
    name = "ons_boundaries/Local_Authority_Districts_May_2024_Boundaries_BUC.geojson"
    folder = raw(name, "ons_centroids/*2021*")
    text = (folder / name).read_text(encoding="utf-8")
    text = text.replace("E07000237", "\ue000").replace("E06000001", "E07000237")
    (folder / name).write_text(text.replace("\ue000", "E06000001"), encoding="utf-8")
    said = told(folder)
    assert any("do not lie where" in one and "E06000001" in one for one in said)


def test_formulas_whose_values_were_not_stored_are_not_empty_cells(raw):
    folder = raw("ons_drug_deaths/2021localauthorities.xlsx")
    path = folder / "ons_drug_deaths" / "2021localauthorities.xlsx"

    def how(text: str) -> str:
        return re.sub(r'(<c r="C20"[^>]*?)(?: t="s")?><v>.*?</v>', r"\1><f>1+1</f>", text)

    change_part(path, "xl/worksheets/sheet4.xml", how)
    (said, *_) = told(folder)
    assert "formula" in said
    assert "C20" in said
    assert "sheet Table 1" in said
