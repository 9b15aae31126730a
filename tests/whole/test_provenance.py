"""Every file that is named was read, and every row that is cited holds the place and the number.

The cited rows are read back from the publishers' files here, by code that does not use the readers.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
import random
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from needs.catalogue import CATALOGUE, load
from needs.chapters import statistical_neighbours as neighbours_chapter
from needs.chapters.blocks import all_figures
from needs.errors import NeedsError
from needs.figures import assessment, deprivation, population
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure
from needs.sources.cited_rows import CitedFiles, cell_number, cited_rows, nine_digits
from needs.tables import areas as areas_module
from needs.tables.naming import names_file
from needs.tables.prepare import prepare
from needs.tables.same_land import lands

pytestmark = pytest.mark.mirror

#: The name of a file; a pattern for one would have a star.
FILE = re.compile(r"[^;:,/ ][^;:,/]*\.(?:csv|xlsx|ods|geojson)\b")

#: The only pieces that name no file.
REMARK = re.compile(
    r"added up over \d+ authorities|under (E\d{8}), the same land"
    r"|no sum without: (?:[^;\[\]]+ \[\w+\](?:, )?)+(?:added up)?(?=;|$)"
    r"|correction: [\d.]+ in the file (?:is withheld|stands as [\d.]+), because [^;]+"
)

#: What says that a figure is the sum of the rows that it cites.
SUM = ", added up"

YEARS = range(2019, 2026)

ENGLAND, ENGLAND_AND_WALES = "E92000001", "K04000001"

#: The file has rates per million, the report rates per 100,000.
SCALE = {"ons_drug_deaths_by_age": 10.0}

#: The file has thousands of pounds, and these are lines of it added up.
SPENDING, THOUSAND = "mhclg_revenue_outturn", 1000
TREATMENT = ("drug_treatment_spending", "alcohol_treatment_spending")
SPENT_ON = {
    "adult_treatment_spending": TREATMENT,
    "adult_services_spending": (
        *TREATMENT,
        "drug_prevention_spending",
        "alcohol_prevention_spending",
    ),
}

#: Each line of these files is a year, each column an authority.
WIDE = "nhs_drug_admissions"

#: Its rows are of parts of areas, by their names.
PARTNERSHIPS = "home_office_community_safety"

#: Sources of counts, of which shares are formed as they are read; and one that adds lines up.
SHARED = {"dfe_children_in_need", "dfe_looked_after_children"}
LEFT = "completed_without_return"
SUMMED = "census_2021_ethnic_groups"


@dataclass
class Raw(CitedFiles):
    """The raw files that the manifest lists."""

    columns: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    headed: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def headings(self, file: str, sheet: str) -> list[str]:
        """Of each column the last text above the first row of an area, without notes' numbers."""
        if (file, sheet) not in self.headed:
            of_area = re.compile(r"[EK]\d{8}").fullmatch
            rows = self.sheet(file, sheet).values()
            above = itertools.takewhile(lambda row: not any(map(of_area, row)), rows)
            last = (next(filter(None, reversed(column)), "") for column in zip(*above, strict=True))
            self.headed[file, sheet] = [re.sub(r"[\W\d]+", " ", one).casefold() for one in last]
        return self.headed[file, sheet]

    def sums(self, cited: Sequence[tuple[str, str, int]]) -> set[float]:
        """What the cited rows add up to in each column of numbers, by its heading."""
        columns: dict[str, list[float | None]] = {}
        for file, sheet, line in cited:
            cells = self.sheet(file, sheet)[line]
            for heading, cell in zip(self.headings(file, sheet), cells, strict=True):
                columns.setdefault(heading, []).append(cell_number(cell))
        return {
            nine_digits(sum(numbers))  # type: ignore[arg-type]
            for numbers in columns.values()
            if None not in numbers and len(numbers) == len(cited)
        }


@pytest.fixture(scope="module")
def raw(mirror: Path, national: Path) -> Raw:
    listed = json.loads((national / "manifest.json").read_text(encoding="utf-8"))["files"]
    paths = {one["path"].rsplit("/", 1)[-1]: mirror / one["path"] for one in listed}
    assert len(paths) == len(listed)  # a name alone says which file is meant
    return Raw(paths)


@pytest.fixture(scope="module")
def observations(national: Path) -> pd.DataFrame:
    return pd.read_parquet(national / "observations.parquet")


def _aliases() -> dict[str, set[str]]:
    """Other names under which publishers give an area, by code."""
    with (CATALOGUE / "maps" / "area_names.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        code: {row["name"].casefold() for row in rows if row["code"] == code}
        for code in {row["code"] for row in rows}
    }


def test_published_rows_hold_the_place_and_the_value(
    raw: Raw, observations: pd.DataFrame, national: Path
) -> None:
    aliases, wrong, seen, sums = _aliases(), [], 0, 0
    land = lands(pd.read_parquet(national / "areas.parquet"))
    rows = observations[observations["method"] == "published"]
    spent = rows[rows["source"] == SPENDING].set_index(["indicator", "category", "source_row"])
    pounds = spent["value"].groupby(level=[0, 1, 2]).first()  # the same under each code of a place
    for row in rows.to_dict("records"):
        cited = cited_rows(row["source_row"])
        assert cited, row
        if row["source"] == SUMMED:  # its lines are added up: tests/sources/readers/test_census.py
            continue
        if SUM in row["source_row"]:
            right = _of_the_place(raw, cited, land, row["area_code"])
            if pd.notna(row["count"]):
                right &= nine_digits(row["count"]) in raw.sums(cited)
                sums += 1
            if not right:
                wrong.append((row["source_row"], row["area_code"], row["count"]))
            continue
        for file, sheet, line in cited:
            cells = raw.sheet(file, sheet)[line]
            wanted = {row["area_code"].casefold(), row["area_name"].casefold()}
            wanted |= aliases.get(row["area_code"], set())
            if row["source"] == PARTNERSHIPS and row["category"]:  # a part of the area
                wanted = {row["category"].casefold()}
            wanted |= {code.casefold() for code in REMARK.findall(row["source_row"]) if code}
            if row["source"] == WIDE:  # the heading names the place, and the line the year
                heading = [one.casefold() for one in raw.sheet(file, sheet)[1]]
                at = [n for n, one in enumerate(heading) if one in wanted]
                number = cell_number(cells[at[0]]) if at else None
                if not at or (pd.notna(row["value"]) and number != row["value"]):
                    wrong.append((row["source_row"], row["area_code"], row["value"]))
                seen += 1
                continue
            here = {one.casefold() for one in cells}
            # of the nations' own tables the sheet says which, and England is where no place is
            whole = row["area_code"] == ENGLAND_AND_WALES or (
                row["area_code"] == ENGLAND and "" in here
            )
            if not wanted & here and not whole:
                wrong.append((row["source_row"], row["area_code"], cells[:6]))
            seen += 1
        if row["source"] == SPENDING:
            lines = SPENT_ON.get(row["indicator"], (row["indicator"],))
            parts = [pounds.get((one, row["category"], row["source_row"])) for one in lines]
            held = raw.numbers(*cited[0])
            stands = [pd.isna(one) or nine_digits(one / THOUSAND) in held for one in parts]
            shown = pd.notna(row["value"])
            if not all(stands) or (shown and not math.isclose(sum(parts), row["value"])):
                wrong.append((row["source_row"], row["area_code"], row["value"]))
            continue
        # shares of the counts that stand there
        made = row["category"] != "" or row["source"] in SHARED or row["indicator"] == LEFT
        if made and pd.notna(row["count"]):
            held = {number for one in cited for number in raw.numbers(*one)}
            if nine_digits(row["count"]) not in held:
                wrong.append((row["source_row"], row["area_code"], row["count"]))
        elif len(cited) == 1 and pd.notna(row["value"]) and row["source"] != WIDE:
            value = row["value"] * SCALE.get(row["source"], 1)
            if nine_digits(value) not in raw.numbers(*next(iter(cited))):
                wrong.append((row["source_row"], row["area_code"], row["value"]))
    assert not wrong, (len(wrong), wrong[:5])
    assert seen > 80_000
    assert sums > 7000


def _of_the_place(
    raw: Raw,
    cited: Sequence[tuple[str, str, int]],
    land: Mapping[str, frozenset[str]],
    area: str,
) -> bool:
    """Whether the rows of a sum are of the area's land: all of it, where each names a place.

    A police force, or a partnership of several districts, stands under no code of a place:
    tests/tables/test_sums_of_parts.py.
    """
    named = re.compile(r"E(?:0[6-9]|1[0-2]|92)\d{6}").fullmatch
    cells = [raw.sheet(file, sheet)[line] for file, sheet, line in cited]
    codes = [next(filter(named, reversed(row)), "") for row in cells]
    own = land.get(area, frozenset({area}))
    ground = frozenset().union(*(land.get(one, frozenset({one})) for one in codes if one))
    return ground == own if all(codes) else ground <= own


#: The column that holds what the file counts.
COUNTED = {"Alcohol_dependent", "Value"}


def _counts(raw: Raw, text: str) -> dict[str, float]:
    """What the rows that a text cites count, added up by file and series."""
    sums: dict[str, float] = {}
    for file, sheet, line in cited_rows(text):
        heading, cells = raw.sheet(file, sheet)[1], raw.sheet(file, sheet)[line]
        number = next(
            cell_number(c) for name, c in zip(heading, cells, strict=True) if name in COUNTED
        )
        of = next((c for n, c in zip(heading, cells, strict=True) if n == "Series"), file)
        sums[of] = sums.get(of, 0.0) + (number or 0.0)
    return sums


def test_derived_rows_come_from_the_rows_that_they_cite(
    raw: Raw, observations: pd.DataFrame
) -> None:
    wrong, seen = [], {"crude_rate": 0, "added up": 0, "unmet_need": 0}
    rows = observations[observations["method"].isin(seen) & (observations["status"] == "shown")]
    multiplier = {key: one.multiplier for key, one in load().indicators.items()}
    published = observations[observations["method"].eq("published") & observations["count"].notna()]
    counts = dict(zip(published["source_row"], published["count"], strict=True))
    for row in rows.to_dict("records"):
        text, count = row["source_row"], row["count"]
        if row["method"] == "crude_rate":
            # of a remade authority several rows of events are added up
            events = [counts[piece] for piece in text.split("; ") if piece in counts]
            inputs = nine_digits(count) in raw.numbers(*next(iter(cited_rows(text))))
            inputs |= len(events) > 1 and sum(events) == count
            if SUM in text:  # the residents stand in another file
                cited = cited_rows(text)
                inputs |= nine_digits(count) in raw.sums([r for r in cited if r[0] == cited[0][0]])
        elif row["method"] == "added up":
            inputs = math.isclose(next(iter(_counts(raw, text).values())), count, rel_tol=1e-9)
        else:
            treated, needed, *_ = _counts(raw, text).values()
            inputs = math.isclose(needed, row["denominator"], rel_tol=1e-9)
            inputs &= math.isclose(needed - treated, count, rel_tol=1e-9, abs_tol=1e-6)
        if row["method"] != "added up":
            value = count / row["denominator"] * multiplier[row["indicator"]]
            inputs &= math.isclose(value, row["value"], rel_tol=1e-9)
        seen[row["method"]] += 1
        if not inputs:
            wrong.append((row["indicator"], row["area_code"], row["period"], text))
    assert not wrong, (len(wrong), wrong[:5])
    assert min(seen.values()) > 100


def test_residents_stand_in_the_rows_that_they_cite(raw: Raw, national: Path) -> None:
    """Of the place under any of its codes, the number; or the numbers whose sum it is."""
    table = pd.read_parquet(national / "populations.parquet")
    areas = pd.read_parquet(national / "areas.parquet")
    land = lands(areas)
    wrong, sums = [], 0
    total = table["age_to"].isna() & table["age_from"].eq(0)
    for row in table[total | table["age_from"].eq(30)].to_dict("records"):
        cited = list(cited_rows(row["source_row"]))
        cells = [raw.sheet(file, sheet)[line] for file, sheet, line in cited]
        codes = [next(cell for cell in line if re.fullmatch(r"E\d{8}", cell)) for line in cells]
        own, *ground = (
            land.get(code, frozenset({code}))  # metropolitan counties have no place of their own
            for code in (row["area_code"], *codes)
        )
        whole = frozenset().union(*ground) == own
        apart = sum(map(len, ground)) == len(own)
        held = len(cited) > 1 or nine_digits(row["population"]) in raw.numbers(*cited[0])
        sums += len(cited) > 1
        if not (whole and apart and held):
            wrong.append((row["area_code"], row["year"], row["source_row"]))
    assert not wrong, (len(wrong), wrong[:5])
    assert sums > 20


def test_official_neighbours_stand_in_the_rows_that_they_cite(raw: Raw, national: Path) -> None:
    table = pd.read_parquet(national / "official_neighbours.parquet")
    assert len(table) > 5000
    for row in table.to_dict("records"):
        ((file, sheet, line),) = cited_rows(row["source_row"])
        cells = raw.sheet(file, sheet)[line]
        assert cells[0] == row["area_code"], row
        assert cells[1 + row["rank"]] == row["neighbour_code"], row


#: Tables whose rows name a whole file, the LSOA or the area being the row.
FILED = ("lsoa", "lsoa_population", "lsoa_neighbours", "authority_features")


@pytest.mark.parametrize("table", ["populations", *FILED])
def test_every_file_that_a_table_names_was_read(raw: Raw, national: Path, table: str) -> None:
    _read(raw, pd.read_parquet(national / f"{table}.parquet")["source_row"])


@pytest.mark.parametrize("people", [False, True], ids=["counts", "populations"])
def test_every_file_that_an_observation_names_was_read(
    raw: Raw, observations: pd.DataFrame, people: bool
) -> None:
    with_people = observations["source"].str.contains("ons_population")
    _read(raw, observations.loc[with_people == people, "source_row"])


def _read(raw: Raw, texts: pd.Series[str]) -> None:
    """Whether every piece of the texts names files, and all that it names were read."""
    pieces = {_unnumbered(piece) for text in texts.unique() for piece in text.split("; ")}
    pieces = {piece for piece in pieces if not REMARK.match(piece)}
    wrong = [one for one in pieces if not _files(one) or not _files(one) <= set(raw.paths)]
    assert pieces and not wrong, (len(wrong), wrong[:5])


def _files(piece: str) -> set[str]:
    return set(FILE.findall(piece))


def _unnumbered(piece: str) -> str:
    return re.sub(r"\b(lines?|rows?) \d+((, | and | to )\d+)*", "", piece)


def _by_lsoa(raw: Raw, text: str, column: str) -> dict[str, float]:
    """A column of a file of LSOAs, found by the beginning of its heading."""
    (file,) = _files(text)
    if (file, column) not in raw.columns:
        raw.columns[file, column] = _read_column(raw, file, column)
    return raw.columns[file, column]


def _read_column(raw: Raw, file: str, column: str) -> dict[str, float]:
    rows = raw.sheet(file)
    heading = rows[1]
    code = next(
        n for n, one in enumerate(heading) if re.match(r"LSOA.*code|GEOGRAPHY_CODE", one, re.I)
    )
    at = next(n for n, one in enumerate(heading) if one.startswith(column))
    return {row[code]: cell_number(row[at]) or 0.0 for line, row in rows.items() if line > 1}


def _column(text: str, year: int) -> str:
    return "OBS_VALUE" if text.startswith("NM_") else f"Mid-{year}: Population"


def test_lsoa_populations_are_those_of_the_file_that_each_names(raw: Raw, national: Path) -> None:
    people = pd.read_parquet(national / "lsoa_population.parquet")
    for (text, year), rows in people.groupby(["source_row", "year"]):
        there = _by_lsoa(raw, text, _column(text, year))
        values = zip(rows["lsoa_code"], rows["population"], strict=True)
        assert all(there[code] == number for code, number in values), (text, year)
    # only what was taken: nothing else is at hand for these years
    assert people.groupby("year")["source_row"].nunique().max() == 2  # one on each boundaries
    assert people.groupby(["lsoa_vintage", "year"])["source_row"].nunique().max() == 1


def test_deciles_are_those_of_the_file_that_each_names(raw: Raw, national: Path) -> None:
    lsoa = pd.read_parquet(national / "lsoa.parquet")
    for text, rows in lsoa.groupby("source_row"):
        there = _by_lsoa(raw, text, "Index of Multiple Deprivation (IMD) Decile")
        values = zip(rows["lsoa_code"], rows["imd_decile"], strict=True)
        assert all(there[code] == decile for code, decile in values), text


def _figures(na: Assessment) -> list[Figure]:
    """Figures that chapters and annex show of an area, its parts and its comparators."""
    near = (*na.places, *na.districts)
    found = [na.figure(key, place) for key in na.catalogue.indicators for place in near]
    found += [one for key in na.catalogue.indicators for one in na.series(key).figures]
    found += [population.total(na, place) for place in near]
    for cut in deprivation.CUT_OFFS:
        for place in (na.area, *na.districts):
            found.append(deprivation.lsoa_count(na, cut, place))
            found.append(deprivation.decile_residents(na, cut, place))
            found.append(deprivation.share(na, cut, place))
    found += [*deprivation.share_by_decile(na), deprivation.share_least(na)]
    found += all_figures(neighbours_chapter.listed(na))
    return [one for one in found if one.shown]


def _sampled(national: Path) -> list[tuple[list[str], int, str]]:
    """A fiftieth of the authorities of each year, other ones each year, and the unusual ones.

    Cited rows are checked for whole tables above: here it is what a report does with them.
    """
    table = pd.read_parquet(national / "areas.parquet")
    chosen: list[tuple[list[str], int, str]] = []
    for year in YEARS:
        every = areas_module.upper_tiers(table, year)
        picked = random.Random(year).sample(every, len(every) // 50)
        chosen += [([one.code], year, "") for one in picked]
    three = ["E06000016", "E10000018", "E06000017"]
    chosen += [(three, year, "Leicester, Leicestershire and Rutland") for year in (2019, 2025)]
    # where codes changed, and the least
    changed = ("E10000006", "E06000063", "E10000021", "E06000065", "E06000066", "E08000038")
    return chosen + [([code], 2022, "") for code in (*changed, "E06000053", "E09000001")]


def test_figures_name_the_files_and_rows_that_were_read(
    raw: Raw, national: Path, observations: pd.DataFrame
) -> None:
    manifest = json.loads((national / "manifest.json").read_text(encoding="utf-8"))["files"]
    source_of = {one["path"].rsplit("/", 1)[-1]: one["source"] for one in manifest}
    people = pd.read_parquet(national / "populations.parquet")
    near = pd.read_parquet(national / "official_neighbours.parquet")
    texts = pd.concat([table["source_row"] for table in (observations, people, near)]).unique()
    checked = {row for text in texts for row in cited_rows(text)}
    wrong: dict[str, Figure] = {}
    for codes, year, name in _sampled(national):
        try:
            na = assessment.load(codes, year, name, processed=national)
        except NeedsError:  # an authority that has ended, or is not there yet
            continue
        for figure in _figures(na):
            assert figure.source_rows, figure
            for piece in figure.source_rows:
                files = _files(piece)
                if REMARK.match(piece):
                    continue
                read = bool(files) and files <= set(raw.paths)
                of_source = read and {source_of[one] for one in files} <= set(figure.sources)
                # which rows hold which place and value is checked for the whole table
                known = not cited_rows(piece) or checked.issuperset(cited_rows(piece))
                if not of_source or not known:
                    wrong[piece] = figure
        _check_residents(raw, na)
    assert not wrong, (len(wrong), list(wrong.items())[:5])


def _check_residents(raw: Raw, na: Assessment) -> None:
    """LSOAs and residents of the most deprived tenth, counted again in the files that are named."""
    figure = deprivation.decile_residents(na, 1)
    if na.lsoa.empty or not figure.shown:
        return
    index, people = figure.source_rows
    deciles = _by_lsoa(raw, index, "Index of Multiple Deprivation (IMD) Decile")
    year = na.lsoa_population_year
    residents = _by_lsoa(raw, people, _column(people, year))
    inside = [code for code in na.lsoa["lsoa_code"] if deciles[code] == 1]
    assert figure.value == sum(residents[code] for code in inside), figure
    said = re.fullmatch(r".*, (\d+) LSOAs of (\S+), from (E01\d+) to (E01\d+)", people)
    if len(na.lsoa) > 1:
        assert said
        assert (int(said[1]), said[2]) == (len(na.lsoa), na.area.code)
        assert {said[3], said[4]} <= set(residents) & set(na.lsoa["lsoa_code"])


def test_the_last_edition_of_a_lsoas_residents_is_kept_and_named(
    mirror: Path, tmp_path: Path
) -> None:
    # a made-up newer edition: every LSOA has one resident more than in the density table
    folder = tmp_path / "raw"
    for name in ("ons_population", "nomis_population", "mhclg_iod_2025", "ons_lookups"):
        (folder / name).mkdir(parents=True)
    density = next((mirror / "ons_population").glob("sapelsoa*.csv"))
    shutil.copy(density, folder / "ons_population")
    shutil.copy(next((mirror / "mhclg_iod_2025").glob("File_7*.csv")), folder / "mhclg_iod_2025")
    for path in (mirror / "ons_lookups").glob("*.csv"):
        shutil.copy(path, folder / "ons_lookups")
    newer = "NM_2014_1_LSOA21_mid-2022_all_ages.csv"
    table = pd.read_csv(density, thousands=",")
    table = table[table["LSOA 2021 Code"].str.startswith("E")]
    made = {
        "DATE_NAME": 2022,
        "GEOGRAPHY_CODE": table["LSOA 2021 Code"],
        "GEOGRAPHY_NAME": table["LSOA 2021 Name"],
        "GENDER_NAME": "Total",
        "C_AGE_NAME": "All Ages",
        "OBS_VALUE": table["Mid-2022: Population"] + 1,
        "RECORD_COUNT": len(table),
    }
    pd.DataFrame(made).to_csv(folder / "nomis_population" / newer, index=False)
    prepare(folder, tmp_path / "processed")
    people = pd.read_parquet(tmp_path / "processed" / "lsoa_population.parquet")
    people = people[people["year"] == 2022]
    assert people["population"].sum() == 57_146_297  # 57,112,542 in the density table
    assert set(people["source_row"]) == {f"{newer}, edition mid-2022"}
    na = assessment.load("Leicester", 2025, processed=tmp_path / "processed")
    figure = deprivation.decile_residents(na, 1)
    assert [names_file([row], newer) for row in figure.source_rows] == [False, True]
    assert not names_file(figure.source_rows, density.name)


def test_an_edition_that_is_not_there_is_not_named(national: Path) -> None:
    # Leicester 2025 cited the mid-2022 file of Nomis 44 times; it was never at hand
    na = assessment.load("Leicester", 2025, processed=national)
    figure = deprivation.decile_residents(na, 1)
    assert figure.source_rows == (
        "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv, edition 2025, "
        "200 LSOAs of E06000016, from E01013600 to E01034025",
        "sapelsoapopulationdensity20112022_Mid-2011_to_mid-2022_LSOA_2021.csv, "
        "edition mid-2011 to mid-2022, 200 LSOAs of E06000016, from E01013600 to E01034025",
    )
    assert figure.sources == ("mhclg_iod_2025", "ons_lsoa_population")
