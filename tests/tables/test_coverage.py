"""Files of places and people are counted against each other: what a cut file lacks is named."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from needs import catalogue
from needs.catalogue import Edition
from needs.cli import main
from needs.tables import coverage, prepare
from needs.tables.coverage import Held

LOOKUPS = "ons_lookups"
INDEX = "mhclg_iod_2019"
NOMIS = "nomis_population"
DEATHS = "ons_drug_deaths"


@pytest.fixture(scope="module")
def areas(national: Path) -> pd.DataFrame:
    return pd.read_parquet(national / "areas.parquet")


@pytest.fixture(scope="module")
def held(mirror: Path, national: Path) -> list[Held]:
    """Every national file of places and of people, and the deaths of authorities."""
    found = []
    for one in prepare.discover(mirror, catalogue.load()):
        reader = one.source.reader
        if reader == "boundaries":  # their codes, without reading the shapes again
            layer = one.edition.options["layer"]
            table = pd.read_parquet(national / f"boundaries_{layer}.parquet", columns=["code"])
        elif one.source.gives != "readings" or one.source.key == DEATHS:
            module = importlib.import_module(f"needs.sources.readers.{reader}")
            table = module.read(one.path, one.source, one.edition)
        else:
            continue
        found.append(
            Held(f"{one.path.parent.name}/{one.path.name}", one.source, one.edition, table)
        )
    return found


def spoilt(held: list[Held], name: str, gone: set[str], **options: object) -> list[Held]:
    """The files, and one of them without the rows of some codes."""
    (place,) = [n for n, one in enumerate(held) if name in one.file]
    one = held[place]
    columns = ("code", "lsoa_code", "area_code", "district_code")
    column = next(name for name in columns if name in one.table)
    assert gone & set(one.table[column])
    edition = one.edition.model_copy(update={"options": {**one.edition.options, **options}})
    table = one.table[~one.table[column].isin(gone)]
    changed = dataclasses.replace(one, edition=edition, table=table)
    return [*held[:place], changed, *held[place + 1 :]]


def redditch(held: list[Held], vintage: int) -> set[str]:
    """Every second LSOA of one district."""
    reader = "iod"
    index = next(
        one.table
        for one in held
        if one.source.reader == reader and one.edition.options["lsoa_vintage"] == vintage
    )
    return set(sorted(index.loc[index["district_name"] == "Redditch", "lsoa_code"])[::2])


@pytest.mark.mirror
def test_the_national_files_are_complete(held, areas):
    assert coverage.problems(held, areas) == []
    counted = {one.source.key for one in held}
    assert {"nomis_population", "ons_lsoa_population", "ons_centroids", "ons_boundaries"} < counted


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("name", "vintage"),
    [
        ("NM_2010_1_LSOA11_mid-2019", 2011),
        ("NM_2010_1_LSOA11_mid-2020", 2011),
        ("LSOA_Dec_2011_PWC", 2011),
        ("LSOA_Dec_2011_Boundaries", 2011),
        ("Lower_Layer_Super_Output_Area_(2011)_to_Ward", 2011),
        ("sapelsoa", 2021),
        ("LLSOA_Dec_2021_PWC", 2021),
        ("Lower_layer_Super_Output_Areas_December_2021", 2021),
        ("LSOA_(2021)_to_Electoral_Ward", 2021),
    ],
)
def test_files_of_small_areas_are_counted_against_the_index(held, areas, name, vintage):
    gone = redditch(held, vintage)
    whole = {2011: "32,844", 2021: "33,755"}[vintage]
    (fault,) = coverage.problems(spoilt(held, name, gone), areas)
    assert fault.what.startswith(f"The file lacks {len(gone)} of the {whole} LSOAs of {vintage}")
    assert fault.what.endswith(f"{', '.join(sorted(gone)[:5])} and {len(gone) - 5} more.")
    assert name in fault.where
    assert "needs fetch" in fault.remedy and "subset" in fault.remedy
    part = spoilt(held, name, gone, subset="all but parts of Redditch")
    assert coverage.problems(part, areas) == []


@pytest.mark.mirror
def test_an_index_that_is_cut_is_told_by_every_other_file(held, areas):
    faults = coverage.problems(spoilt(held, "File_7_-_All_IoD2019", redditch(held, 2011)), areas)
    assert len(faults) == 5
    assert all("IoD2019" in one.what and "lacks 28 of the 32,844" in one.what for one in faults)


@pytest.mark.mirror
def test_one_year_of_several_that_lacks_small_areas_is_named(held, areas):
    (place,) = [n for n, one in enumerate(held) if "sapelsoa" in one.file]
    table = held[place].table
    cut = table[(table["year"] != 2015) | (table["lsoa_code"] != "E01000001")]
    some = [*held[:place], dataclasses.replace(held[place], table=cut), *held[place + 1 :]]
    (fault,) = coverage.problems(some, areas)
    assert "has (2015): E01000001." in fault.what


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("name", "gone", "said"),
    [
        ("Counties_and_Unitary", {"E10000034"}, "1 of the 153 areas of 2023: Worcestershire ("),
        ("Counties_and_Unitary", {"E06000053"}, "1 of the 153 areas of 2023: Isles of Scilly ("),
        ("Districts_May_2024", {"E07000237"}, "1 of the 296 areas of 2024: Worcester ("),
        ("population19_utla20", {"E06000060"}, "1 of the 151 areas of 2020: Buckinghamshire ("),
        ("population20_ltla20", {"E07000237"}, "1 of the 314 areas of 2020: Worcester ("),
        ("mye22final", {"E06000063"}, "1 of the 326 areas of 2023: Cumberland ("),
        ("mye23tablesew", {"E10000034"}, "1 of the 326 areas of 2023: Worcestershire ("),
        ("mye23tablesew", {"E12000005"}, "1 of the 326 areas of 2023: West Midlands ("),
        ("2021localauthorities", {"E10000006"}, "1 of the 342 areas of 2021: Cumbria ("),
        ("Upper_Tier_Local_Authority_(2023)", {"E07000237"}, "1 of the 296 areas of 2023: Worcest"),
        ("Upper_Tier_Local_Authority_(2019)", {"E06000031"}, "1 of the 317 areas of 2019: Peterb"),
        ("to_Region_(2024)", {"E09000001"}, "1 of the 296 areas of 2024: City of London ("),
    ],
)
def test_authorities_are_counted_against_those_of_their_year(held, areas, name, gone, said):
    (fault,) = coverage.problems(spoilt(held, name, gone), areas)
    assert f"The file lacks {said}" in fault.what
    assert name in fault.where


@pytest.mark.mirror
def test_a_sheet_that_lacks_authorities_is_named(held, areas):
    (place,) = [n for n, one in enumerate(held) if "mye23" in one.file]
    table = held[place].table
    cut = table[(table["sex"] != "male") | (table["area_code"] < "E06000005")]
    some = [*held[:place], dataclasses.replace(held[place], table=cut), *held[place + 1 :]]
    (fault,) = coverage.problems(some, areas)
    assert "areas of 2023 (2023 male): Adur (E07000223), " in fault.what
    assert re.search(r" and \d+ more\.$", fault.what)


@pytest.mark.mirror
def test_an_authority_that_a_source_counts_with_another_is_not_lacking(held, areas):
    name, scilly = "2021localauthorities", {"E06000053"}
    (place,) = [n for n, one in enumerate(held) if name in one.file]
    some = spoilt(held, name, scilly)
    assert len(coverage.problems(some, areas)) == 1
    source = some[place].source.model_copy(update={"merged": {"E06000053": "E06000052"}})
    some[place] = dataclasses.replace(some[place], source=source)
    assert coverage.problems(some, areas) == []


def test_a_layer_of_authorities_says_of_which_year():
    source = catalogue.load().sources["ons_boundaries"]
    edition = Edition(edition="x", file="a.geojson", options={"layer": "district"})
    layer = Held("a/a.geojson", source, edition, pd.DataFrame({"code": ["E07000237"]}))
    nowhere = pd.DataFrame({"code": [], "name": [], "valid_from": [], "valid_to": []})
    (fault,) = coverage.problems([layer], nowhere)
    assert fault.where == "catalogue/sources/ons_boundaries.yaml"


# from the files to the message


def copied(mirror: Path, raw: Path, *patterns: str) -> Path:
    for pattern in patterns:
        for path in mirror.glob(pattern):
            target = raw / path.relative_to(mirror)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return raw


@pytest.mark.mirror
def test_check_and_prepare_tell_what_is_cut(mirror, tmp_path, capsys):
    """Six LSOAs gone from a Nomis file, 100 of 153 authorities in a layer."""
    layer = "ons_boundaries/Counties_and_Unitary_Authorities_2023_Boundaries_BUC.geojson"
    raw = copied(mirror, tmp_path / "raw", f"{LOOKUPS}/*", f"{INDEX}/*", f"{NOMIS}/*2019*", layer)
    path = next(raw.glob(f"{NOMIS}/*"))
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    gone = [line for line in lines if "E0103212" in line][:6]
    path.write_text("".join(line for line in lines if line not in gone), encoding="utf-8")
    content = json.loads((raw / layer).read_text(encoding="utf-8"))
    content["features"] = content["features"][:100]
    (raw / layer).write_text(json.dumps(content), encoding="utf-8")
    for command in ("check", "prepare"):
        code = main([command, "--raw", str(raw), "--processed", str(tmp_path / "out"), "--quiet"])
        said = capsys.readouterr().err
        assert code == 4
        assert f"The file lacks {len(gone)} of the 32,844 LSOAs of 2011" in said
        assert "The file lacks 53 of the 153 areas of 2023" in said
        assert str(tmp_path) not in said
    assert not (tmp_path / "out").exists()


@pytest.mark.mirror
def test_a_workbook_that_declares_fewer_rows_gives_all_authorities(mirror, tmp_path):
    name = "ons_population/mye23tablesew.xlsx"
    raw = copied(mirror, tmp_path / "raw", f"{LOOKUPS}/*")
    (raw / name).parent.mkdir()
    with zipfile.ZipFile(mirror / name) as old, zipfile.ZipFile(raw / name, "w") as new:
        for one in old.namelist():
            declared = rb'<dimension ref="[^"]*"'
            new.writestr(one, re.sub(declared, b'<dimension ref="A1:CQ200"', old.read(one)))
    tables, _, problems = prepare.make_tables(raw, catalogue.load())
    assert problems == []
    read = set(tables["populations"]["area_code"])
    sheet = pd.read_excel(mirror / name, sheet_name="MYE2 - Persons", header=7, engine="openpyxl")
    codes = sheet["Code"]
    english = set(codes[codes.astype(str).str.startswith("E")])
    assert len(english) == 333 and english <= read
    # and under each of their lands' other codes
    assert read - english == {
        *("E10000002", "E10000006", "E10000021", "E10000023", "E10000027"),
        *("E08000038", "E08000039"),
    }


# residents by age


def people(**without: object) -> pd.DataFrame:
    cells = pd.MultiIndex.from_product(
        [["E10000034"], [2022], ["persons", "male", "female"], range(91)],
        names=["area_code", "year", "sex", "age_from"],
    ).to_frame(index=False)
    table = cells.assign(
        age_to=cells["age_from"].astype("Int64").mask(cells["age_from"] == 90),
        population=10.0,
        edition="mid-2022",
    )
    for column, value in without.items():
        table = table[table[column] != value]
    return table


def test_every_age_and_both_sexes_are_there():
    assert coverage.ages_missing(people()) == []
    assert coverage.ages_missing(people()[lambda table: table["sex"] == "persons"]) == []
    lacking = coverage.ages_missing(people(age_from=17))
    assert [one.what for one in lacking] == [
        f"Residents of E10000034, mid-2022, {sex}, lack 1 of 91 ages: 17."
        for sex in ("female", "male", "persons")
    ]
    (alone,) = coverage.ages_missing(people(sex="female"))
    assert alone.what.endswith("by age are there for male only, not for female.")


def test_packages_of_one_authority_pass(root, processed):
    """Parts of England by nature: prepared above, and nothing is lacking."""
    table = pd.read_parquet(processed / "populations.parquet")
    assert coverage.ages_missing(table) == []
    assert prepare.make_tables(root / "data" / "raw" / "worcestershire", catalogue.load())[2] == []
