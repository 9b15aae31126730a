"""Raw and processed data are validated, and every fault is told at once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from needs.check import check
from needs.errors import InvalidDataError, MissingDataError, Problem


@pytest.fixture
def raw(root: Path, tmp_path: Path) -> Path:
    """A copy of the embedded data package that a test may spoil."""
    return Path(shutil.copytree(root / "data" / "raw" / "worcestershire", tmp_path / "raw"))


def test_good_data_has_no_faults(raw: Path, processed: Path) -> None:
    lines = check(raw, processed)
    assert lines[-2:] == ["No faults found.", "Next: needs run --area NAME --year YEAR"]
    assert "0 files of publishers, 1 data package." in lines[1]
    assert lines[2] == "  data package: this folder itself"
    assert "7 tables, made from these files." in lines[3]


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
    (above / "sources.lock.json").touch()
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
    for name, text in (("lsoa.csv", "E01032122"), ("lsoa_population.csv", "E01032123,2020")):
        path = raw / name
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if text not in line]
        assert len(kept) == len(lines) - 1
        path.write_text("".join(kept), encoding="utf-8")
    problems = {one.what: one.where for one in told(raw, processed)}
    assert problems == {
        "E01032122 is in lsoa_population.csv but not in lsoa.csv.": "lsoa.csv, column lsoa_code",
        "E01032122 is in lsoa_neighbours.csv but not in lsoa.csv.": "lsoa.csv, column lsoa_code",
        "E01032123 has no population of mid-2020, other LSOAs have.": (
            "lsoa_population.csv, column lsoa_code"
        ),
    }
