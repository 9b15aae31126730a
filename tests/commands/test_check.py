"""Raw and processed data are validated, and every fault is told at once."""

from __future__ import annotations

import csv
import datetime
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from needs.cli import main
from needs.commands.check import check
from needs.errors import InvalidDataError, MissingDataError, Problem
from needs.sources.fetch import fetch
from needs.sources.readers import file_faults, heading_maps, tabular

INDEX = (
    "mhclg_iod_2019/File_7_-_All_IoD2019_Scores__Ranks__Deciles_and_Population_Denominators_3.csv"
)
MORTALITY = "ohid_fingertips/91380"


@pytest.fixture
def raw(root: Path, tmp_path: Path) -> Path:
    """A copy of the embedded data package that a test may spoil."""
    return Path(shutil.copytree(root / "data" / "raw" / "worcestershire", tmp_path / "raw"))


def test_good_data_has_no_faults(raw: Path, processed: Path) -> None:
    lines = check(raw, processed)
    assert lines[-2:] == ["No faults found.", "Next: needs run --area NAME --year YEAR"]
    assert "0 files of publishers, 1 data package." in lines[1]
    assert lines[2] == "  data package: this folder itself"
    assert "8 tables, made from these files." in lines[3]


@pytest.mark.slow
def test_processed_data_need_not_be_there(raw: Path, tmp_path: Path) -> None:
    lines = check(raw, tmp_path / "none")
    assert lines[3].endswith("no tables yet.")
    assert lines[-1].startswith("Next: needs run")


def test_older_processed_data_is_told(raw: Path, processed: Path) -> None:
    with (raw / "datapackage.json").open("a", encoding="utf-8") as file:
        file.write("\n")
    lines = check(raw, processed)
    assert "not made from just these files" in lines[3]
    assert lines[-1] == "Next: needs prepare"


def test_a_file_that_no_source_declares_is_named(raw: Path, processed: Path) -> None:
    above = raw.parent / "above"
    above.mkdir()
    raw.rename(above / "raw")
    (above / "ons_drug_deaths").mkdir()
    (above / "ons_drug_deaths" / "deaths.xls").touch()
    (above / "sources.lock.json").write_text('{"version": 1, "files": {}}', encoding="utf-8")
    lines = check(above, processed)
    assert "  data package: raw" in lines
    (line,) = [line for line in lines if "not read" in line]
    assert "declares them: ons_drug_deaths/deaths.xls (docs/" in line


def test_faults_of_raw_and_processed_data_are_told_together(
    raw: Path, processed: Path, tmp_path: Path
) -> None:
    spoilt = Path(shutil.copytree(processed, tmp_path / "spoilt"))
    table = pd.read_parquet(spoilt / "areas.parquet")
    table.loc[table.index[0], "kind"] = "village"
    table.to_parquet(spoilt / "areas.parquet")
    (spoilt / "lsoa.parquet").write_bytes(b"not a table")
    text = (raw / "populations.csv").read_text(encoding="utf-8")
    (raw / "populations.csv").write_text(text.replace("male", "mail", 1), encoding="utf-8")
    with pytest.raises(InvalidDataError) as caught:
        check(raw, spoilt)
    assert caught.value.exit_code == 4
    told = str(caught.value)
    assert told.splitlines()[2].startswith("  Remedy: Mend, replace or remove")
    assert "village" in told and "lsoa.parquet" in told and "populations.csv" in told


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError):
        check(tmp_path, tmp_path / "none")


# faults of a data package that would make a figure vanish or a wrong one be printed


def local(raw: Path, *rows: str) -> Path:
    """Add a package of observations to the embedded one."""
    folder = raw / "local"
    folder.mkdir()
    package = json.loads((raw / "datapackage.json").read_text(encoding="utf-8"))
    (printed,) = [one for one in package["resources"] if one["name"] == "printed_figures"]
    heading = "indicator,area_code,area_name,period,value,lower,upper,source"
    fields = [
        *(one for one in printed["schema"]["fields"] if one["name"] in heading.split(",")),
        *({"name": name, "type": "number"} for name in ("lower", "upper")),
    ]
    package["resources"] = [
        {"name": "observations", "path": "own.csv", "schema": {"fields": fields}}
    ]
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    (folder / "own.csv").write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    return raw


GOOD = "all_in_treatment,E10000034,Worcestershire,2021/22,2586,,,worcestershire_strategy"


def told(raw: Path, processed: Path) -> list[Problem]:
    with pytest.raises(InvalidDataError) as caught:
        check(raw, processed)
    return list(caught.value.problems)


def test_control_characters_are_named_with_file_row_and_column(raw: Path, processed: Path) -> None:
    local(raw, GOOD, GOOD.replace("2021/22", "2020/21").replace("shire,", "sh\aire,"))
    package = raw / "local" / "datapackage.json"
    text = package.read_text(encoding="utf-8").replace('"title": "', '"title": "\\u0007', 1)
    package.write_text(text, encoding="utf-8")
    descriptor, cell = told(raw, processed)
    assert (descriptor.what, descriptor.where) == (
        "There is a control character, U+0007, at character 1 of the text.",
        "local/datapackage.json: title",
    )
    assert (cell.what, cell.where) == (
        "There is a control character, U+0007, at character 12 of the text.",
        "local/own.csv, row 3, column area_name",
    )


def test_a_lone_carriage_return_and_stacked_accents_are_named(raw: Path, processed: Path) -> None:
    """A return would begin a row of figures.csv, and here a formula; accents stop the PDF."""
    later = GOOD.replace("2021/22", "2020/21").replace("Worcestershire", '"Worcester\r=1+1"')
    accents = 4 * "\N{COMBINING ACUTE ACCENT}"
    last = GOOD.replace("2021/22", "2019/20").replace("Worcestershire", "Worcester" + accents)
    local(raw, GOOD, later, last)
    returned, stacked = told(raw, processed)
    assert "U+000D, at character 10" in returned.what
    # the return counts as the end of a line
    assert returned.where == "local/own.csv, row 4, column area_name"
    assert stacked.what.startswith("There are more than 2 accents on one letter, at character 9")
    assert stacked.where.startswith("local/own.csv, row ")


def test_a_package_may_have_empty_ends_and_semicolons_are_named(raw: Path, processed: Path) -> None:
    local(raw, GOOD + ",,", ",,,", "  ")
    assert "No faults found." in check(raw, processed)
    own = raw / "local" / "own.csv"
    own.write_text(own.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
    (fault,) = told(raw, processed)
    assert (fault.what, fault.where) == (
        "The cells are parted by semicolons, not by commas.",
        "local/own.csv, row 1",
    )


def test_figures_that_cannot_be_are_refused(raw: Path, processed: Path) -> None:
    place = "E10000034,Worcestershire"
    head = f"all_in_treatment,{place},2021/22,2586"
    prison = f"prison_continuity,{place}"
    faults = {
        GOOD.replace(place, "E10000043,Worcestershire"): (
            "There is no area 'E10000043' (Worcestershire).",
            "Worcestershire is E10000034.",
        ),
        GOOD.replace(place, "E10000043,Worcs").replace("2021/22", "2018/19"): (
            "There is no area 'E10000043' (Worcs).",
            "The nearest code is E10000034, Worcestershire; needs areas lists all codes.",
        ),
        GOOD.replace(place, "E99999999,Worcestershire"): (
            "There is no area 'E99999999' (Worcestershire).",
            "Worcestershire is E10000034.",
        ),
        GOOD.replace("Worcestershire", "Rutland"): (
            "E10000034 is Worcestershire, not 'Rutland'.",
            "Write Worcestershire, or the code of Rutland: E06000017.",
        ),
        GOOD.replace("2586,,", "2586,2600,2700").replace("2021/22", "2019/20"): (
            "The value, 2586.0, is outside its own limits, 2600.0 to 2700.0.",
            "Correct the cell, or the row.",
        ),
        GOOD.replace(head, f"{prison},2021/22,101"): (
            "The value, 101, is above the whole, 100%.",
            "Correct the cell.",
        ),
        GOOD.replace(head, f"{prison},2020/21,-2"): (
            "The value, -2, is below 0%.",
            "Correct the cell.",
        ),
        GOOD.replace(head, f"ocu_unmet_need,{place},2009/10,100.5"): (
            "The value, 100.5, is above the whole, 100%.",
            "Correct the cell.",
        ),
    }
    problems = told(local(raw, GOOD.replace("2021/22", "2020/21"), *faults), processed)
    assert len(problems) == len(faults)
    for line, (what, remedy) in enumerate(faults.values(), start=3):
        (one,) = [one for one in problems if f"own.csv, row {line}" in one.where]
        assert (one.what, one.remedy) == (what, remedy)


def test_other_spellings_and_a_need_below_nothing_are_taken(raw: Path, processed: Path) -> None:
    place = "E10000034,Worcestershire"
    names = (
        "E10000034,WORCESTERSHIRE",
        'E06000019,"Herefordshire, County of"',
        "E06000052,Cornwall & Isles of Scilly",
    )
    rows = [
        *(GOOD.replace(place, name) for name in names),
        GOOD.replace(place, "E06000019,Herefordshire").replace("2021/22", "2020/21"),
        f"ocu_unmet_need,{place},2009/10,-3,-9,2,worcestershire_strategy",
    ]
    assert check(local(raw, *rows), processed)


def test_a_row_of_a_small_area_that_was_lost_is_missed(raw: Path, processed: Path) -> None:
    for name, text in (
        ("lsoa.csv", "2019,2011,E01032122"),
        ("lsoa_population.csv", "E01032123,2020"),
    ):
        path = raw / name
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if text not in line]
        assert len(kept) == len(lines) - 1
        path.write_text("".join(kept), encoding="utf-8")
    problems = {one.what: one.where for one in told(raw, processed)}
    index = "raw/lsoa.csv, column lsoa_code"
    assert problems == {
        "E01032122 is in lsoa_population.csv but not in lsoa.csv.": index,
        "E01032122 is in lsoa_neighbours.csv but not in lsoa.csv.": index,
        "E01032123 has no population of mid-2020, other LSOAs have.": (
            "raw/lsoa_population.csv, column lsoa_code"
        ),
    }


@pytest.fixture
def publishers(mirror: Path, tmp_path: Path) -> Path:
    """Real files of three sources, fetched from the mirror, that a test may spoil."""
    raw = tmp_path / "publishers"
    keys = ["mhclg_iod_2019", "ons_lookups", "ohid_fingertips_91380"]
    fetch(keys, raw, origin=str(mirror), today=datetime.date(2026, 1, 2))
    return raw


def spoil(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Change the lines of a file; the first has the headings."""
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    path.write_text("\n".join(change(lines)), encoding="utf-8", newline="")


def headings(lines: list[str]) -> list[str]:
    return next(csv.reader(lines[:1]))


def faults(raw: Path) -> list[dict[str, str | int | None]]:
    with pytest.raises(InvalidDataError) as caught:
        check(raw, raw / "none")
    return [one.fields() for one in caught.value.problems]


@pytest.mark.mirror
def test_faults_planted_in_real_files_are_told_in_one_run(publishers: Path) -> None:
    """First-stage faults (cells), second-stage faults (joins) and changed files, all at once."""
    index = publishers / INDEX
    (mortality,) = publishers.glob(f"{MORTALITY}_*.csv")

    def plant(lines: list[str]) -> list[str]:
        place = headings(lines).index("Local Authority District code (2019)")
        cells = lines[5].split(",")
        cells[place] = "E06000999"  # a code like others, of no area
        return [*lines[:5], ",".join(cells), *lines[6:]]

    spoil(index, plant)
    line = 0

    def misname(lines: list[str]) -> list[str]:
        nonlocal line
        line = next(at for at, one in enumerate(lines) if ",Persons," in one)
        return [*lines[:line], lines[line].replace(",Persons,", ",People,"), *lines[line + 1 :]]

    spoil(mortality, misname)
    found = faults(publishers)
    said = [str(one["what"]) for one in found]
    assert any("E06000999" in one for one in said)
    assert any("'People' is not Persons, Male or Female" in one for one in said)
    changed = [
        one for one in found if "not the one that was fetched on 2026-01-02" in str(one["what"])
    ]
    assert {one["file"] for one in changed} == {INDEX, f"ohid_fingertips/{mortality.name}"}
    assert all("needs fetch" in str(one["remedy"]) for one in changed)
    (cell,) = [one for one in found if one["value"] == "People"]
    assert cell["file"] == f"ohid_fingertips/{mortality.name}"
    # a record begins on the line before: the indicator's name holds a line break
    assert cell["row"] in (line, line + 1)
    assert (cell["column"], cell["sheet"]) == ("Sex", "")


@pytest.mark.mirror
def test_an_index_is_whole_and_its_ranks_are_of_all_england(publishers: Path) -> None:
    heading = "Crime Rank (where 1 is most deprived)"

    def plant(lines: list[str]) -> list[str]:
        cells = lines[1].split(",")
        cells[headings(lines).index(heading)] = "32845"
        return [lines[0], ",".join(cells), *lines[2:10], *lines[11:20], lines[15], *lines[20:]]

    spoil(publishers / INDEX, plant)
    found = faults(publishers)
    (rank,) = [one for one in found if one["value"]]
    assert rank["what"] == "'32845' is not a rank from 1 to 32844."
    assert (rank["row"], rank["column"], rank["value"]) == (2, heading, "32845")
    said = [str(one["what"]) for one in found]
    assert "The index has 32,843 LSOAs, but its edition has 32,844." in said
    (twice,) = [one for one in found if "cell for cell" in str(one["what"])]
    assert twice["row"] == 20


@pytest.mark.mirror
def test_a_missing_column_does_not_hide_the_faults_of_others(publishers: Path) -> None:
    decile = "Crime Decile (where 1 is most deprived 10% of LSOAs)"

    def plant(lines: list[str]) -> list[str]:
        cells = lines[1].split(",")
        cells[headings(lines).index(decile)] = "0"
        return [
            lines[0].replace("Crime Rank", "Crime and Disorder Rank"),
            ",".join(cells),
            *lines[2:],
        ]

    spoil(publishers / INDEX, plant)
    said = [str(one["what"]) for one in faults(publishers)]
    assert any("Crime Rank" in one and "is missing" in one for one in said)
    assert "'0' is not a decile from 1 to 10." in said


@pytest.mark.mirror
def test_unchanged_files_agree_with_the_lock(publishers: Path) -> None:
    assert "No faults found." in check(publishers, publishers / "none")
    (mortality,) = publishers.glob(f"{MORTALITY}_*.csv")
    mortality.unlink()
    (line,) = [one for one in check(publishers, publishers / "none") if "not there" in one]
    assert mortality.name in line


def test_json_gives_each_part_of_a_place(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (raw / "lsoa_population.csv").read_text(encoding="utf-8").splitlines()
    cells = text[3].split(",")
    cells[text[0].split(",").index("population")] = "many"
    text[3] = ",".join(cells)
    (raw / "lsoa_population.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["check", "--json", "--raw", str(raw), "--processed", str(tmp_path / "none")])
    assert ended.value.code == 4
    fault = json.loads(capsys.readouterr().out)["faults"][0]
    assert {"what", "where", "remedy", "file", "sheet", "row", "column", "value"} == set(fault)
    assert (fault["file"], fault["column"]) == ("raw/lsoa_population.csv", "population")
    assert (fault["row"], fault["value"]) == (4, "many")


def test_a_fault_in_a_workbook_names_sheet_heading_and_cell_as_written(tmp_path: Path) -> None:
    faults = file_faults.Faults(tmp_path / "ons" / "book.xlsx")
    table = pd.DataFrame({"Name of area": ["A"], "All ages": ["1,2O4"], "row": [9]})
    known = heading_maps.Layout({"All ages": "total", "Name of area": "area_name"}, frozenset())
    table = heading_maps.rename(table, known, faults)
    table.attrs["sheet"] = "MYE2 - Persons"
    table["total"] = tabular.numbers(table, "total", faults)
    tabular.note_cells(table, "total", table["total"].isna(), "is no total", faults)
    first, second = (one.fields() for one in faults.problems)
    for one in (first, second):
        assert (one["file"], one["sheet"]) == ("ons/book.xlsx", "MYE2 - Persons")
        assert (one["row"], one["column"], one["value"]) == (9, "All ages", "1,2O4")
