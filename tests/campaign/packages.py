"""Data packages of the campaign: the embedded one, and one of each template, filled in at random.

A table of a package is changed, and the package is read beside the others as `prepare` would.
"""

from __future__ import annotations

import atexit
import csv
import functools
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import corruptions
import pandas as pd
from outcomes import Outcome, compared

from needs import catalogue
from needs.catalogue import LOCAL_SOURCE
from needs.sources import schemas
from needs.sources.package_template import KINDS, write_template
from needs.sources.readers.datapackage import Package
from needs.stats.rates import ESP2013
from needs.tables import prepare

ROOT = Path(__file__).resolve().parents[2]

#: The package that all of the others are read beside: it has the places and the people.
EMBEDDED = "worcestershire"

COUNTY, REGION = ("E10000034", "Worcestershire"), ("E12000005", "West Midlands")

YEARS = ("2019/20", "2020/21", "2021/22", "2022/23", "2023/24")


# --- templates, filled in -----------------------------------------------------------------------


def _embedded(name: str) -> list[dict[str, str]]:
    path = ROOT / "data" / "raw" / EMBEDDED / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@functools.cache
def _places() -> tuple[tuple[str, str], ...]:
    """The county and its districts."""
    own = [one for one in _embedded("areas") if one["upper_code"] == COUNTY[0]]
    return (COUNTY, *((one["code"], one["name"]) for one in own if one["kind"] == "district"))


def _rows_of(kind: str, random: Random) -> dict[str, list[list[str]]]:
    """Rows of the tables of a template."""
    if kind in ("deaths", "admissions"):
        return _events(kind, random)
    if kind == "consultation":
        themes = ("Getting help", "Waiting", "Families")
        said = [
            [COUNTY[0], theme, f"What {n} people said of it", str(random.randrange(9, 90))]
            for theme in themes
            for n in range(4)
        ]
        return {"consultation": said}
    rows: list[list[str]] = []
    for period in YEARS:
        if kind == "ndtms":
            for key, size in (("all_in_treatment", 2600), ("alcohol_in_treatment", 900)):
                men, women = (random.randrange(size // 3, size // 2) // 5 * 5 for _ in range(2))
                for sex, number in (("persons", men + women), ("male", men), ("female", women)):
                    rows.append([key, *COUNTY, period, sex, str(number), LOCAL_SOURCE])
        elif kind == "grants":
            for grant in ("Public health grant", "Rough sleeping grant", "Inpatient grant"):
                money = str(random.randrange(200_000, 5_000_000))
                rows.append(["grant_amount", *COUNTY, period, grant, money, LOCAL_SOURCE])
        elif kind == "reviews":
            whole = random.randrange(30, 60)
            for category, number in (("", whole), ("not in treatment", whole // 2 + 3)):
                rows.append(
                    ["drug_death_reviews", *COUNTY, period, category, str(number), LOCAL_SOURCE]
                )
        else:
            for place in _places():
                all_, began = random.randrange(100, 400), random.randrange(20, 90)
                share = f"{began / all_ * 100:.1f}"
                numbers = [share, str(began), str(all_)]
                rows.append(["prison_continuity", *place, period, *numbers, LOCAL_SOURCE])
    return {"observations": rows}


def _events(kind: str, random: Random) -> dict[str, list[list[str]]]:
    lsoas = [one["lsoa_code"] for one in _embedded("lsoa")]
    ages = list(ESP2013)
    key = "drug_deaths_local" if kind == "deaths" else "alcohol_admissions_local"
    often = kind == "admissions"
    periods = ("2019", "2020", "2021") if kind == "deaths" else YEARS[-3:]
    cells = {
        (random.choice(lsoas), random.choice(periods), sex, random.choice(ages[4:16]))
        for sex in ("male", "female")
        for _ in range(400)
    }
    counts = [
        [key, *cell, str(random.randrange(1, 4)), *([str(random.randrange(1, 4))] if often else [])]
        for cell in sorted(cells)
    ]
    residents = {one["lsoa_code"]: int(one["population"]) for one in _embedded("lsoa_population")}
    each = {lsoa: number / 2 / len(ages) for lsoa, number in residents.items()}
    people = [
        [lsoa, "2020", sex, age, f"{each[lsoa] * random.uniform(0.7, 1.3):.0f}"]
        for lsoa in (lsoas if kind == "deaths" else [])
        for sex in ("male", "female")
        for age in ages
    ]
    return {"local_counts": counts, "local_populations": people}


def filled_in(kind: str, folder: Path) -> Path:
    """Write a template's package with rows in it."""
    out = folder / kind
    write_template(kind, out)
    for table, rows in _rows_of(kind, Random(f"fill in {kind}")).items():
        text = corruptions.written([list(KINDS[kind].tables[table]), *rows])
        (out / f"{table}.csv").write_text(text, encoding="utf-8", newline="")
    return out


# --- one changed table --------------------------------------------------------------------------


@functools.cache
def folder_of(name: str) -> Path:
    """A package as it is meant to be."""
    folder = Path(tempfile.mkdtemp(prefix="campaign-packages-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if name == EMBEDDED:
        return Path(shutil.copytree(ROOT / "data" / "raw" / EMBEDDED, folder / EMBEDDED))
    return filled_in(name, folder)


@functools.cache
def opened(name: str) -> Package:
    """The package as it is read."""
    read = prepare._Raw()
    prepare._read_package(folder_of(name), catalogue.load(), read)
    assert not read.problems, read.problems
    return read.packages[0]


@functools.cache
def made(name: str) -> dict[str, pd.DataFrame]:
    """The tables that are made of it."""
    tables, problems = _made(opened(name))
    assert not problems, problems
    return tables


def _made(package: Package) -> tuple[dict[str, pd.DataFrame], list[prepare.Problem]]:
    """Tables of a package beside the embedded one."""
    beside = [opened(EMBEDDED)] if package.folder != EMBEDDED else []
    read = prepare._Raw(packages=[*beside, package])
    tables = prepare._join(read, catalogue.load())
    for each, schema in (dict(schemas.TABLES) | dict(schemas.LOCAL_TABLES)).items():
        if each in tables:
            read.problems += schemas.problems(tables[each], schema, each)
    return tables, read.problems


def _said(problems: list[prepare.Problem], file: str) -> tuple[str, str]:
    said = " | ".join(f"{each.what} [{each.where}]" for each in problems[:3])
    if any("could not be" in each.what for each in problems):
        return "unforeseen", said
    return ("told" if any(file in each.where for each in problems) else "file not named"), said


def outcome(name: str, folder: Path, file: str) -> tuple[str, str]:
    """Read a changed package in the place of its own: what became of it, what is said."""
    read = prepare._Raw()
    prepare._read_package(folder, catalogue.load(), read)
    if read.problems:
        return _said(read.problems, file)
    (package,) = read.packages
    try:
        tables, problems = _made(package)
    except Exception as error:
        return "unforeseen", repr(error)
    if problems:
        return _said(problems, file)
    cited = file == "source_places.csv"
    for table, before in made(name).items():
        if table not in tables:
            return "rows lost", f"no {table}"
        state, said = compared(before, tables[table], cited=cited)
        if state != "same figures":
            return state, f"{table}: {said}"
    return "same figures", ""


def asks(
    seed: int, times: int, names: Sequence[str] = (EMBEDDED, *KINDS)
) -> Iterator[tuple[str, str, str, bool, str]]:
    """Every change of every table of packages, several times."""
    kinds = [(one.__name__, False) for one in corruptions.HARMFUL]
    kinds += [(one.__name__, True) for one in corruptions.HARMLESS]
    for name in names:
        for path in sorted(folder_of(name).glob("*.csv")):
            if len(path.read_text(encoding="utf-8").splitlines()) < 2:
                continue
            for kind, harmless in kinds:
                for again in range(1 if harmless else times):
                    own = f"{seed} {name} {path.name} {kind} {again}"
                    yield name, path.name, kind, harmless, own


def unseen(name: str, kind: str) -> bool:
    """Whether nothing in a package can tell a change from what an analyst means to write.

    Figures that were written down by hand have mostly nothing beside them, and 2021-22 may be two
    calendar years.
    """
    if kind == "financial_years_with_a_dash":
        return True
    return name != EMBEDDED and kind in {one.__name__ for one in corruptions.HARMFUL}


def tried(name: str, file: str, kind: str, harmless: bool, seed: str) -> Outcome | None:
    """Change one table of a package in one way and read it."""
    own = folder_of(name)
    rows = corruptions.parse((own / file).read_text(encoding="utf-8"))
    out = getattr(corruptions, kind)(rows, Random(seed))
    if out is None or out == rows:
        return None
    above = Path(tempfile.mkdtemp(prefix="campaign-"))
    try:
        folder = Path(shutil.copytree(own, above / name))
        text = corruptions.as_text(out)
        (folder / file).write_text(text, encoding="utf-8", newline="")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            state, said = outcome(name, folder, file)
    finally:
        shutil.rmtree(above)
    if harmless and state == "told":
        state = "refused"
    return Outcome(f"package {name}", file, kind, harmless, state, said)
