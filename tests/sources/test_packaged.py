"""Figures of a data package that contradict each other are told with their row."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from needs.catalogue import load
from needs.commands.pack import pack
from needs.sources.package_template import KINDS, write_template
from needs.sources.readers.datapackage import open_package
from needs.sources.readers.package_tables import PACKED

PLACE = ("E10000034", "Worcestershire")
OWN = "local_extract"


def told(folder: Path) -> dict[str, str]:
    """What is wrong with a package, by where."""
    return {one.where: one.what for one in open_package(folder, load()).problems}


def filled(tmp_path: Path, kind: str, rows: list[list[str]], table: str = "observations") -> Path:
    """A template's package with rows."""
    folder = tmp_path / kind
    write_template(kind, folder)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([list(KINDS[kind].tables[table]), *rows])
    (folder / f"{table}.csv").write_text(text.getvalue(), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("share", "count", "people", "fits"),
    [
        ("40", "60", "150", True),
        ("41", "61", "150", True),
        ("4.7", "7", "150", True),
        ("33.3", "5", "15", True),
        # a restricted report rounds numbers to 5, and its share is of the exact ones
        ("52", "5", "10", True),
        ("0.4", "60", "150", False),
        ("40", "150", "60", False),
        ("46", "61", "150", False),
        ("40000", "60", "150", False),
    ],
)
def test_a_share_fits_its_numbers_as_far_as_they_are_rounded(
    tmp_path: Path, share: str, count: str, people: str, fits: bool
) -> None:
    row = ["prison_continuity", *PLACE, "2021/22", share, count, people, OWN]
    found = told(filled(tmp_path, "prison", [row]))
    assert (not found) == fits, found
    assert set(found) <= {"observations.csv, row 2, column value"}


def of_sexes(period: str, persons: str, male: str, female: str) -> list[list[str]]:
    numbers = {"persons": persons, "male": male, "female": female}
    return [
        ["all_in_treatment", *PLACE, period, sex, number, OWN] for sex, number in numbers.items()
    ]


def test_sexes_add_up(tmp_path: Path) -> None:
    rows = [*of_sexes("2020/21", "100", "60", "35"), *of_sexes("2021/22", "900", "60", "40")]
    assert told(filled(tmp_path, "ndtms", rows)) == {
        "observations.csv, row 5, column value": (
            "Males and females, 60 and 40, do not add up to 900 persons."
        )
    }


def test_a_part_is_not_more_than_all(tmp_path: Path) -> None:
    rows = [
        ["drug_death_reviews", *PLACE, "2021/22", category, number, OWN]
        for category, number in (("", "24"), ("not in treatment", "31"), ("homeless", "24"))
    ]
    assert told(filled(tmp_path, "reviews", rows)) == {
        "observations.csv, row 3, column value": "'not in treatment', 31, is more than all, 24."
    }


def test_a_period_that_slipped_is_told(tmp_path: Path) -> None:
    def rows(*periods: str) -> list[list[str]]:
        return [["drug_death_reviews", *PLACE, one, "", "24", OWN] for one in periods]

    usual = ("2018/19", "2019/20", "2020/21", "2021/22")
    assert not told(filled(tmp_path / "a", "reviews", rows(*usual)))
    assert not told(filled(tmp_path / "b", "reviews", rows("2018", "2021/22")))
    assert told(filled(tmp_path / "c", "reviews", rows(*usual, "2022"))) == {
        "observations.csv, row 6, column period": (
            "The period 2022 is not of the kind of the others, such as 2018/19."
        )
    }
    assert told(filled(tmp_path / "d", "reviews", rows(*usual, "2031/32"))) == {
        "observations.csv, row 6, column period": (
            "The period 2031/32 is 10 years from all the others."
        )
    }


def test_a_period_of_events_that_slipped_is_told(tmp_path: Path) -> None:
    def rows(*periods: str) -> list[list[str]]:
        place = ["drug_deaths_local", "E01032138"]
        return [[*place, one, "female", "30-34", "24"] for one in periods]

    usual = ("2019", "2020", "2021")
    assert not told(filled(tmp_path / "a", "deaths", rows(*usual, "2022"), "local_counts"))
    slipped = filled(tmp_path / "b", "deaths", rows(*usual, "1 September 2008"), "local_counts")
    assert told(slipped) == {
        "local_counts.csv, row 5, column period": (
            "The period 1 September 2008 is not of the kind of the others, such as 2019."
        )
    }


def test_one_row_that_is_lost_is_missed(tmp_path: Path) -> None:
    years = ("2018/19", "2019/20", "2020/21", "2021/22")
    rows = [row for year in years for row in of_sexes(year, "100", "60", "40")]
    assert not told(filled(tmp_path / "a", "ndtms", rows))
    found = told(filled(tmp_path / "b", "ndtms", [*rows[:4], *rows[5:]]))
    (what,) = found.values()
    assert "no row of E10000034, 2019/20, male" in what
    # so many as to be a choice
    assert not told(filled(tmp_path / "c", "ndtms", rows[:-2]))


@pytest.fixture
def embedded(root: Path, tmp_path: Path) -> Path:
    """A copy of the embedded package that a test may spoil."""
    return Path(shutil.copytree(root / "data" / "raw" / "worcestershire", tmp_path / "raw"))


def spoil(path: Path, change: Callable[[list[list[str]]], list[list[str]]]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(change(rows))


def unmarked(folder: Path) -> Path:
    """Take what was noted of the packed tables out of the descriptor."""
    path = folder / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    for resource in package["resources"]:
        resource.pop(PACKED, None)
    path.write_text(json.dumps(package), encoding="utf-8")
    return folder


def swapped(rows: list[list[str]], one: str, other: str) -> list[list[str]]:
    a, b = rows[0].index(one), rows[0].index(other)
    rows[0][a], rows[0][b] = other, one
    return rows


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("lsoa.csv", lambda rows: swapped(rows, "crime_rank", "health_rank"), "is in decile"),
        ("lsoa.csv", lambda rows: [*rows[:1], [*rows[1][:4], "E07000235", *rows[1][5:]],
                                   *rows[2:]], "Bromsgrove 009A is not in Malvern Hills"),
        ("populations.csv", lambda rows: swapped(rows, "persons", "male"), "do not add up to"),
        ("authority_features.csv",
         lambda rows: swapped(rows, "aged_under_18", "population"), "aged_under_18 is 93861"),
    ],
)  # fmt: skip
def test_tables_of_places_and_people_hold_together(
    embedded: Path,
    file: str,
    change: Callable[[list[list[str]]], list[list[str]]],
    words: str,
) -> None:
    spoil(unmarked(embedded) / file, change)
    found = told(embedded)
    assert any(words in what for what in found.values()), found
    assert all(where.startswith(file) for where in found)


def test_a_table_that_was_changed_since_it_was_packed_is_told(embedded: Path) -> None:
    spoil(embedded / "lsoa_neighbours.csv", lambda rows: rows[:-1])
    spoil(embedded / "lsoa_population.csv", lambda rows: [rows[0], *(
        [*row[:3], "1700", *row[4:]] if row[1] == "E01032122" else row for row in rows[1:]
    )])  # fmt: skip
    problems = {one.where: one for one in open_package(embedded, load()).problems}
    assert {where: one.what for where, one in problems.items()} == {
        "lsoa_neighbours.csv": "The table has 2,065 rows; 2,066 were packed.",
        "lsoa_population.csv": "Cells of the table are not those that were packed.",
    }
    assert all(f'"{PACKED}"' in one.remedy for one in problems.values())
    assert not told(unmarked(embedded))


def test_a_lookup_that_was_cut_is_to_blame_and_not_what_refers_to_it(embedded: Path) -> None:
    for name in ("areas", "source_places"):
        spoil(embedded / f"{name}.csv", lambda rows: rows[:9])
    assert told(embedded) == {
        "areas.csv": "The table has 8 rows; 179 were packed.",
        "source_places.csv": "The table has 8 rows; 172 were packed.",
    }


def test_another_writing_of_the_same_rows_is_taken(embedded: Path) -> None:
    before = open_package(embedded, load()).tables["observations"]

    def change(rows: list[list[str]]) -> list[list[str]]:
        heading, *body = rows
        at = heading.index("area_code")
        for row in body:
            row[at] = f" {row[at].lower()}\xa0"
        return [[one.upper() for one in heading], [], *body, ["", ""]]

    spoil(embedded / "observations.csv", change)
    package = open_package(embedded, load())
    assert package.problems == ()
    assert package.tables["observations"].equals(before)


def test_what_is_packed_is_noted(processed: Path, tmp_path: Path) -> None:
    pack(processed, "Worcestershire", tmp_path / "pack", 2022)
    text = (tmp_path / "pack" / "datapackage.json").read_text(encoding="utf-8")
    for one in json.loads(text)["resources"]:
        lines = (tmp_path / "pack" / one["path"]).read_text(encoding="utf-8").splitlines()
        assert one[PACKED]["rows"] == len(lines) - 1
    assert not told(tmp_path / "pack")
