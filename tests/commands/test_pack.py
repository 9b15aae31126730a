"""Data packages written from processed data: the same figures come out that went in."""

from __future__ import annotations

import csv
import functools
import json
import re
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from needs.catalogue import load
from needs.commands.listing import list_kind
from needs.commands.pack import WRITTEN, pack
from needs.errors import InvalidDataError, MissingDataError, ParameterError
from needs.sources import schemas
from needs.sources.cited_rows import cell_number
from needs.sources.readers.datapackage import read_package
from needs.sources.readers.workbooks import read_sheets
from needs.tables.prepare import prepare

AREA = "Worcestershire"
CODE = "E10000034"
YEAR = 2022

#: The reporting years of the worked examples.
YEARS = (YEAR, 2025)


@pytest.fixture(scope="session")
def embedded(root: Path) -> Path:
    """The data package that is the embedded default."""
    return root / "data" / "raw" / "worcestershire"


@pytest.fixture(scope="module")
def again(processed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package written from what the embedded package gives."""
    out = tmp_path_factory.mktemp("again") / "pack"
    pack(processed, AREA, out, *YEARS)
    return out


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in schemas.TABLES}


def placed(folder: Path) -> list[dict[str, str]]:
    """Observations as text, each with the source and the place that its number stands for."""
    with (folder / "source_places.csv").open(encoding="utf-8", newline="") as file:
        places = {row["place"]: row for row in csv.DictReader(file)}
    with (folder / "observations.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        place = places[row["place"]]
        row["source"] = place["source"]
        row["source_row"] = place["source_row"].format(
            *row["rows"].split(";"), period=row["period"]
        )
    return rows


def test_a_package_of_a_package_gives_the_same_tables(
    processed: Path, again: Path, tmp_path: Path
) -> None:
    prepare(again, tmp_path / "processed")
    for name, expected in tables(processed).items():
        own = pd.read_parquet(tmp_path / "processed" / f"{name}.parquet")
        if name == "observations":
            # rows that a line of this package filled in name that line
            keys = list(schemas.OBSERVATION_KEY)
            own, expected = (one.sort_values(keys, ignore_index=True) for one in (own, expected))
        pd.testing.assert_frame_equal(own, expected)


def test_the_same_data_give_the_same_bytes(processed: Path, again: Path, tmp_path: Path) -> None:
    pack(processed, AREA, tmp_path / "pack", *YEARS)
    names = sorted(path.name for path in again.iterdir())
    assert names == sorted([*(f"{name}.csv" for name in WRITTEN), "datapackage.json"])
    for name in names:
        assert (tmp_path / "pack" / name).read_bytes() == (again / name).read_bytes()


def test_a_code_does_as_well_as_a_name(processed: Path, again: Path, tmp_path: Path) -> None:
    pack(processed, CODE, tmp_path / "pack", *YEARS)
    name = "observations.csv"
    assert (tmp_path / "pack" / name).read_bytes() == (again / name).read_bytes()


def test_other_resources_are_kept_and_not_repeated(
    processed: Path, embedded: Path, tmp_path: Path
) -> None:
    out = tmp_path / "pack"
    shutil.copytree(embedded, out)
    pack(processed, AREA, out, *YEARS)
    for name in ("printed_figures.csv", "claims.csv"):
        assert (out / name).read_bytes() == (embedded / name).read_bytes()
    names = [
        one["name"]
        for one in json.loads((out / "datapackage.json").read_text("utf-8"))["resources"]
    ]
    assert names == [*WRITTEN, "printed_figures", "claims"]
    sources = {row["source"] for row in placed(out)}
    assert not any(source.startswith("worcestershire") for source in sources)


def test_derived_values_are_not_carried(embedded: Path) -> None:
    derived = {one.key for one in load().indicators.values() if one.numerator}
    with (embedded / "observations.csv").open(encoding="utf-8", newline="") as file:
        carried = {row["indicator"] for row in csv.DictReader(file)}
    assert len(derived) >= 4
    assert not carried & derived


def test_derived_values_are_computed_from_it(processed: Path) -> None:
    rows = pd.read_parquet(processed / "observations.parquet")
    rows = rows[(rows["area_code"] == CODE) & (rows["status"] == "shown")]
    made = set(rows.loc[rows["method"] != "published", "indicator"])
    derived = {one.key for one in load().indicators.values() if one.numerator}
    assert made == derived


def test_the_package_is_small(embedded: Path) -> None:
    assert sum(path.stat().st_size for path in embedded.iterdir()) < 1_000_000


def test_the_regions_unmet_need_is_formed_in_every_period(processed: Path) -> None:
    rows = pd.read_parquet(processed / "observations.parquet")
    rows = rows[(rows["category"] == "") & (rows["status"] == "shown")]
    own = rows[rows["area_code"] == CODE]
    region = rows[rows["area_code"] == "E12000005"]
    for key in ("alcohol_in_treatment", "alcohol_prevalence", "alcohol_unmet_need"):
        periods = [set(one.loc[one["indicator"] == key, "period"]) for one in (own, region)]
        assert periods[0] == periods[1], key
        assert len(periods[1]) == 9
    # what is printed of the region as a count is what its share is made of
    region = region[region["period"] == "2018/19"].set_index("indicator")
    unmet = region.loc["alcohol_unmet_need"]
    assert region.loc["alcohol_prevalence", "value"] == unmet["denominator"]
    treated = unmet["denominator"] - unmet["count"]
    assert region.loc["alcohol_in_treatment", "value"] == pytest.approx(treated)


@pytest.mark.slow
def test_sums_are_not_carried(embedded: Path) -> None:
    carried = read_package(embedded)["observations"]
    inputs = carried["indicator"].isin(["alcohol_in_treatment", "alcohol_prevalence"])
    assert not (inputs & carried["area_code"].str.startswith("E12")).any()


def test_every_resource_says_where_its_rows_stand(embedded: Path) -> None:
    catalogue = load()
    package = json.loads((embedded / "datapackage.json").read_text(encoding="utf-8"))
    pages = {one.landing_page for one in catalogue.sources.values()}
    named = {one["title"] for one in package["sources"]}
    for resource in package["resources"]:
        assert resource["sources"], resource["name"]
        for source in resource["sources"]:
            assert set(source) == {"title", "path"}
            assert source["path"] in pages
            assert source["title"] in named
    said = {one["name"]: one.get("description", "") for one in package["resources"]}
    expected = {
        "lsoa": (
            "mhclg_iod_2019, File_7_-_All_IoD2019",
            "edition 2019, the row of the lsoa_code",
        ),
        "lsoa_population": ("nomis_population", "mid-2019", "mid-2020", "the row of the lsoa_code"),
        "lsoa_neighbours": ("ons_boundaries", "LSOA_Dec_2011", "worked out"),
        "populations": ("ons_population", "mid-2023", "the row of the area_code"),
        "authority_features": ("mhclg_iod_2019", "nomis_population", "ons_boundaries"),
        "areas": ("ons_lookups", "history"),
    }
    for name, texts in expected.items():
        assert all(text in said[name] for text in texts), name


def test_what_rows_share_is_written_once_and_read_in_full(processed: Path, embedded: Path) -> None:
    written = placed(embedded)
    texts = [row["source_row"] for row in written]
    places = (embedded / "source_places.csv").read_text(encoding="utf-8").splitlines()
    assert len(set(texts)) > 1500 > 180 > len(places)
    rows = pd.read_parquet(processed / "observations.parquet")
    key = ["indicator", "area_code", "period", "sex", "age", "category"]
    full = rows.set_index(key)[["source", "source_row", "area_name"]]
    ages = {one.key: one.age for one in load().indicators.values()}
    assert not full.index.has_duplicates
    for row in written:
        usual = {"sex": "persons", "age": ages[row["indicator"]]}
        found = full.loc[tuple(row[name] or usual.get(name, "") for name in key)]
        assert (found["source"], found["source_row"]) == (row["source"], row["source_row"])


def test_names_come_from_the_areas(processed: Path, embedded: Path) -> None:
    for table in ("observations", "populations"):
        headings = (embedded / f"{table}.csv").read_text(encoding="utf-8").splitlines()[0]
        assert "area_name" not in headings.split(",")
    names = pd.read_parquet(processed / "areas.parquet").set_index("code")["name"]
    people = pd.read_parquet(processed / "populations.parquet")
    assert (people["area_name"] == people["area_code"].map(names)).all()
    ages = people[people["age_to"].notna() & people["area_code"].eq(CODE)]
    # the newest of each reporting year
    assert set(ages["year"]) == {2022, 2023}
    by_sex = ages.pivot_table(values="population", index=["year", "age_from"], columns="sex")
    assert len(by_sex) == 90 + 90
    assert (by_sex["persons"] == by_sex["male"] + by_sex["female"]).all()


def test_it_holds_what_a_report_needs(processed: Path) -> None:
    read = tables(processed)
    every = read["lsoa"]
    assert every.groupby(["edition", "lsoa_vintage"]).size().to_dict() == {
        ("2019", 2011): 364,
        ("2025", 2021): 374,
    }
    lsoa = every[every["edition"] == "2019"]
    assert (lsoa["imd_decile"] == 1).sum() == 18
    assert (lsoa["imd_decile"] <= 3).sum() == 74
    assert lsoa[["easting", "northing"]].notna().all(axis=None)
    people = read["lsoa_population"].groupby(["lsoa_vintage", "year"])["population"].sum()
    assert people.to_dict() == {(2011, 2019): 595_786, (2011, 2020): 598_070, (2021, 2022): 609_323}
    pairs = read["lsoa_neighbours"]
    for vintage, own in pairs.groupby("lsoa_vintage"):
        inside = set(every.loc[every["lsoa_vintage"] == vintage, "lsoa_code"])
        assert set(own["lsoa_code"]) | set(own["neighbour_code"]) == inside
    assert set(pairs["lsoa_vintage"]) == {2011, 2021}
    kinds = read["areas"].groupby("kind")["code"].nunique()
    assert kinds["district"] == 6
    assert kinds["region"] == 9
    assert kinds["upper tier"] >= 151


@pytest.mark.slow
def test_every_figure_of_a_claim_is_printed_or_computed(embedded: Path) -> None:
    """Each claim's number is a printed figure, or comes from LSOAs, populations or subtraction."""
    read = read_package(embedded)
    printed = read["observations"]
    printed = printed[printed["source"].str.startswith("worcestershire")]
    only = read_package(embedded, only=["printed_figures"])["observations"]
    assert len(only) >= len(printed)
    claims = read["claims"]
    assert len(claims) == 44
    computed = set()
    for claim in claims.to_dict("records"):
        rows = only[
            only["indicator"].isin(str(claim["indicator"]).split(";"))
            | only["source_row"].str.contains(rf"\b{claim['claim_id']}\b")
        ]
        values = [*rows["value"], *rows["count"]]
        if claim["stated_value"] not in values:
            computed.add(claim["claim_id"])
    assert computed == {*(f"C{n:02d}" for n in (1, 2, 3, 4, 5, 6, 8, 9, 10, 11)), "C18"}


def test_nothing_private_is_in_it(embedded: Path) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(embedded.iterdir()))
    assert not re.search(r"/home/|/root/|/tmp/|/work/|[A-Z]:\\|@", text)
    assert not re.search(r"\b(Cllr|Councillor|Dr|Mr|Mrs|Ms)\b", text)


@pytest.mark.parametrize("area", ["Worcesterhire", "E07000234", "England"])
def test_only_an_upper_tier_authority_has_a_package(
    processed: Path, tmp_path: Path, area: str
) -> None:
    with pytest.raises(ParameterError):
        pack(processed, area, tmp_path / "pack", YEAR)
    assert not (tmp_path / "pack").exists()


def test_no_processed_data_is_missing_data(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="observations"):
        pack(tmp_path, AREA, tmp_path / "pack", YEAR)


def test_a_broken_package_is_left_as_it_is(processed: Path, embedded: Path, tmp_path: Path) -> None:
    out = tmp_path / "pack"
    shutil.copytree(embedded, out)
    with (out / "printed_figures.csv").open("a", encoding="utf-8") as file:
        file.write("nothing,E10000034,Worcestershire,2021,,1,,,worcestershire_strategy,x\n")
    (out / "observations.csv").write_text("old", encoding="utf-8")
    with pytest.raises(InvalidDataError):
        pack(processed, AREA, out, *YEARS)
    assert (out / "observations.csv").read_text(encoding="utf-8") == "old"
    assert not list(out.glob("*.part"))


# against the publishers' own files


@pytest.mark.mirror
def test_the_embedded_package_is_what_the_publishers_files_give(
    national: Path, embedded: Path, tmp_path: Path
) -> None:
    out = tmp_path / "pack"
    shutil.copytree(embedded, out)
    pack(national, AREA, out, *YEARS)
    for path in sorted(embedded.iterdir()):
        assert (out / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.mirror
@pytest.mark.parametrize("area", ["E09000001", "E06000053", "E08000025"])
def test_neighbours_are_those_inside_the_authority(
    national: Path, tmp_path: Path, area: str
) -> None:
    pack(national, area, tmp_path / "pack", YEAR)
    read = read_package(tmp_path / "pack")
    every = tables(national)["lsoa_neighbours"]
    every = every.loc[every["lsoa_vintage"] == 2011, ["lsoa_code", "neighbour_code"]]
    codes = set(read["lsoa"]["lsoa_code"])
    inside = {pair for pair in every.itertuples(index=False, name=None) if codes.issuperset(pair)}
    if len(codes) == 1:
        assert "lsoa_neighbours" not in read
        assert not inside
    else:
        own = read["lsoa_neighbours"][["lsoa_code", "neighbour_code"]]
        assert set(own.itertuples(index=False, name=None)) == inside != set()


@pytest.mark.mirror
@pytest.mark.parametrize("name", list(schemas.TABLES))
def test_shared_rows_are_the_national_ones(processed: Path, national: Path, name: str) -> None:
    keys = list(schemas.TABLES[name].unique or [])
    own, every = tables(processed)[name], tables(national)[name]
    if name == "observations":
        own = own[~own["source"].str.contains("worcestershire")]
        own = own.drop(columns="verdict")  # a publisher's verdict stays with its file
        # other regions are the sums of the package's authorities, and no report of it has them
        own = own[~own["area_code"].str.startswith("E12") | own["area_code"].eq("E12000005")]
        assert len(own) > 8000
    if name == "populations":  # adults elsewhere stand there added up, where rates need them
        own = own[~(own["age_from"].eq(18) & own["age_to"].isna())]
    shared = own[keys].merge(every, on=keys, how="inner", validate="one_to_one")
    expected = schemas.conform(shared, schemas.TABLES[name])[list(own.columns)]
    if name == "populations":  # a region is the sum of its authorities where the package has those
        summed = own["source_row"].str.endswith("added up").to_numpy()
        own, expected = own[~summed], expected[~summed]
    pd.testing.assert_frame_equal(
        own.reset_index(drop=True), expected.reset_index(drop=True), check_exact=True
    )


@pytest.mark.mirror
def test_adults_elsewhere_are_the_sum_of_their_ages(processed: Path, national: Path) -> None:
    own, every = (tables(folder)["populations"] for folder in (processed, national))
    adults = own[own["age_from"].eq(18) & own["age_to"].isna()].set_index("area_code")
    assert len(adults) > 150
    assert not set(adults.index) & set(own.loc[own["age_from"].eq(17), "area_code"])
    ages = every[every["age_from"].ge(18) & every["sex"].eq("persons") & every["year"].eq(2023)]
    sums = ages.groupby("area_code")["population"].sum()
    assert adults["population"].to_dict() == sums[adults.index].to_dict()


@pytest.mark.mirror
@pytest.mark.parametrize("year", YEARS)
def test_a_report_lacks_nothing_that_the_national_tables_have(
    processed: Path, national: Path, year: int
) -> None:
    """Indicators of which the package has a document's figure, newer or instead, are the rest."""
    own, every = (
        {row[0]: row[3:] for row in list_kind("indicators", load(), folder, folder, AREA, year)[1]}
        for folder in (processed, national)
    )
    with_figure = {key for key, (period, _) in every.items() if period}
    assert len(with_figure) >= {2022: 25, 2025: 40}[year]
    assert {key for key in with_figure if own[key] != every[key]} == {
        "alcohol_specific_mortality",
        "alcohol_unmet_need_published",
    }


@pytest.mark.mirror
def test_every_figure_is_a_cell_of_the_row_that_it_names(mirror: Path, embedded: Path) -> None:
    """Value, limits, count and denominator, traced to the publisher's file without our readers."""
    paths = {path.name: path for path in mirror.rglob("*") if path.is_file()}
    traced = 0
    for row in placed(embedded):
        estimated_limits = row["indicator"] == "alcohol_prevalence" and "e" in row["marks"]
        # traced in tests/sources/readers/test_census.py and tests/whole/test_provenance.py
        summed = row["source"] == "census_2021_ethnic_groups" or row["indicator"] in LINES_ADDED
        summed |= ", added up" in row["source_row"]
        cells: set[str] = set()
        for place in row["source_row"].split("; "):
            # whose row it is that the others name, or why there is no figure
            if place.endswith(", the same land") or place.startswith(("correction: ", "no sum")):
                continue
            if summed:
                cells |= {_canonical(row[part]) for part in PARTS if row[part]}
                continue
            cells |= _cells_at(paths, place)
        if row["source"] == "mhclg_revenue_outturn" and not summed:  # printed in thousands
            cells = {
                _canonical(str(1000 * number))
                for cell in cells
                if (number := cell_number(cell)) is not None
            }
        # printed per million, carried per 100,000
        scale = 10 if row["indicator"] == "drug_misuse_age_rate" else 1
        if row["source"] in SHARED and row["value"]:  # shares are formed of the file's counts
            assert float(row["value"]) == pytest.approx(
                100 * float(row["count"]) / float(row["denominator"])
            )
        parts = ("count", "denominator") if row["source"] in SHARED else PARTS
        for part in parts:
            if row[part] and not (estimated_limits and part in ("lower", "upper")):
                times = scale if part in ("value", "lower", "upper") else 1
                cell = repr(round(float(row[part]) * times, 6)) if times > 1 else row[part]
                assert _canonical(cell) in cells, (part, row)
                traced += 1
    assert traced > 8000


#: Sources that give counts, of which shares are formed as they are read.
SHARED = {"dfe_children_in_need", "dfe_looked_after_children"}

#: Lines of spending added up.
LINES_ADDED = {"adult_treatment_spending", "adult_services_spending"}

PARTS = ("value", "lower", "upper", "count", "denominator")


def _cells_at(paths: dict[str, Path], place: str) -> set[str]:
    line = re.fullmatch(r"(.+\.csv), line (\d+)(?:, column .+)?", place)
    if line:
        return _csv_lines(paths[line[1]])[int(line[2])]
    row = re.fullmatch(r"(.+\.(?:xlsx|ods)), (.+), row (\d+)(?:, columns of .+)?", place)
    assert row, place
    return _sheet_rows(paths[row[1]], row[2])[int(row[3])]


@functools.cache
def _csv_lines(path: Path) -> dict[int, set[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        lines = ((reader.line_num, row) for row in reader)
        return {number: {_canonical(cell) for cell in row} for number, row in lines}


@functools.cache
def _sheet_rows(path: Path, sheet: str) -> dict[int, set[str]]:
    if path.suffix == ".ods":
        rows = iter(read_sheets(path, [sheet])[sheet])
    else:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        rows = book[sheet].iter_rows(values_only=True)
    return {
        number: {_canonical(str(cell)) for cell in row if cell is not None}
        for number, row in enumerate(rows, start=1)
    }


def _canonical(text: str) -> str:
    try:
        return repr(float(text.replace(",", "")))
    except ValueError:
        return text


def test_the_package_of_another_authority_is_not_replaced(processed: Path, tmp_path: Path) -> None:
    out = tmp_path / "pack"
    pack(processed, AREA, out, *YEARS)
    text = (out / "datapackage.json").read_text("utf-8")
    other = text.replace("needs-worcestershire", "needs-rutland").replace(
        "Worcestershire:", "Rutland:"
    )
    (out / "datapackage.json").write_text(other, "utf-8")
    with pytest.raises(ParameterError, match="data package of Rutland already"):
        pack(processed, AREA, out, *YEARS)
    assert (out / "datapackage.json").read_text("utf-8") == other


@pytest.mark.parametrize("text", ["{", "[]", '{"resources": 1}', '{"resources": [1]}', "[" * 9000])
def test_a_package_that_cannot_be_read_is_not_replaced(
    processed: Path, tmp_path: Path, text: str
) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "datapackage.json").write_text(text)
    with pytest.raises(InvalidDataError, match="data package that is there cannot be read"):
        pack(processed, AREA, tmp_path / "pack", *YEARS)
    assert (tmp_path / "pack" / "datapackage.json").read_text() == text
