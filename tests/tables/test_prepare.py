"""From raw files and packages to the processed tables."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from needs.catalogue import load
from needs.commands import pack
from needs.errors import InvalidDataError, MissingDataError
from needs.sources import schemas
from needs.tables import prepare


@pytest.fixture(scope="module")
def processed(mirror, tmp_path_factory) -> Path:
    """All of England, prepared from the national files."""
    folder = tmp_path_factory.mktemp("data") / "processed"
    prepare.prepare(mirror, folder)
    return folder


@pytest.fixture(scope="module")
def observations(processed) -> pd.DataFrame:
    return pd.read_parquet(processed / "observations.parquet")


@pytest.fixture
def raw(mirror, tmp_path) -> Path:
    """A few small sources, and the lookups that they need."""
    folder = tmp_path / "raw"
    for pattern in (
        "ndtms_and_dependence/[Eo]*.csv",
        "ohid_fingertips/935[13]*.csv",
        "ons_lookups/Local*.csv",
        "ons_lookups/Lower_Tier*.csv",
    ):
        for path in mirror.glob(pattern):
            target = folder / path.relative_to(mirror)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return folder


def _one(observations, indicator, code, period, sex="persons"):
    rows = observations[
        (observations["indicator"] == indicator)
        & (observations["area_code"] == code)
        & (observations["period"] == period)
        & (observations["sex"] == sex)
        & (observations["category"] == "")
    ]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.mirror
@pytest.mark.parametrize("name", list(schemas.TABLES))
def test_every_table_is_as_declared(processed, name):
    table = pd.read_parquet(processed / f"{name}.parquet")
    assert len(table) > 0
    assert schemas.problems(table, schemas.TABLES[name], name) == []
    order = list(prepare.ORDER[name])
    again = table.sort_values(order, kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(table, again)


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("layer", "count"),
    [("lsoa_2011", 32_844), ("lsoa_2021", 33_755), ("district", 296), ("upper_tier", 153)],
)
def test_boundaries(processed, layer, count):
    import geopandas

    table = geopandas.read_parquet(processed / f"boundaries_{layer}.parquet")
    assert len(table) == count
    assert table.crs.to_epsg() == 27700


@pytest.mark.mirror
def test_outlines_that_are_cut_off_are_made_again(processed, mirror, tmp_path):
    folder = tmp_path / "processed"
    shutil.copytree(processed, folder)
    assert prepare.is_fresh(mirror, folder)
    path = folder / "boundaries_district.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    assert not prepare.is_fresh(mirror, folder)


@pytest.mark.mirror
@pytest.mark.parametrize(
    "damage", ["a column", "a value", "a table of outlines", "one too many", "no file"]
)
def test_tables_that_are_not_as_they_were_written_are_made_again(
    processed, mirror, tmp_path, damage
):
    """A report from them would lack figures or a map, or print a wrong number, in silence."""
    folder = tmp_path / "processed"
    shutil.copytree(processed, folder)
    assert prepare.is_fresh(mirror, folder)
    table = pd.read_parquet(folder / "observations.parquet")
    if damage == "a column":
        table.drop(columns="verdict").to_parquet(folder / "observations.parquet")
    elif damage == "a value":
        table.loc[0, "value"] = -1.0
        table.to_parquet(folder / "observations.parquet")
    elif damage == "one too many":
        shutil.copy2(folder / "areas.parquet", folder / "claims.parquet")
    elif damage == "no file":
        (folder / "claims.parquet").mkdir()
    else:
        (folder / "boundaries_lsoa_2011.parquet").unlink()
    assert not prepare.is_fresh(mirror, folder)


@pytest.mark.mirror
def test_manifest_lists_what_was_used(processed, mirror):
    manifest = json.loads((processed / "manifest.json").read_text(encoding="utf-8"))
    paths = [one["path"] for one in manifest["files"]]
    assert paths == sorted(paths)
    assert all((mirror / path).is_file() for path in paths)
    assert {one["source"] for one in manifest["files"]} <= set(load().sources)
    assert prepare.is_fresh(mirror, processed)


@pytest.mark.mirror
def test_deprivation_of_worcestershire(processed):
    lsoa = pd.read_parquet(processed / "lsoa.parquet")
    people = pd.read_parquet(processed / "lsoa_population.parquet")
    county = lsoa[lsoa["upper_code"] == "E10000034"]
    assert set(county["upper_name"]) == {"Worcestershire"}
    assert county[["easting", "northing"]].notna().all(axis=None)
    for edition in ("2019", "2025"):
        index = county[county["edition"] == edition]
        assert (index["imd_decile"] == 1).sum() == 18
        assert (index["imd_decile"] <= 3).sum() == 74
    index = county[county["edition"] == "2019"]
    assert len(index) == 364
    both = index.merge(people[people["year"] == 2020], on=["lsoa_vintage", "lsoa_code"])
    assert both["population"].sum() == 598_070
    assert both.loc[both["imd_decile"] == 1, "population"].sum() == 27_750
    assert both.loc[both["imd_decile"] <= 3, "population"].sum() == 122_975


@pytest.mark.mirror
def test_neighbours_come_from_the_boundaries(processed):
    """Both vintages are there, and one LSOA's neighbours are those that its shape touches."""
    import geopandas

    pairs = pd.read_parquet(processed / "lsoa_neighbours.parquet")
    assert set(pairs["lsoa_vintage"]) == {2011, 2021}
    shapes = geopandas.read_parquet(processed / "boundaries_lsoa_2011.parquet").set_index("code")
    pairs = pairs[pairs["lsoa_vintage"] == 2011]
    assert set(pairs["lsoa_code"]) | set(pairs["neighbour_code"]) <= set(shapes.index)
    code = "E01032122"
    touching = shapes.index[shapes.intersects(shapes.geometry[code])]
    ours = pairs[(pairs[["lsoa_code", "neighbour_code"]] == code).any(axis=1)]
    assert set(ours["lsoa_code"]) | set(ours["neighbour_code"]) == set(touching)
    assert len(ours) == len(touching) - 1 > 0


@pytest.mark.mirror
def test_published_deaths_and_treatment_of_worcestershire(observations):
    rate = _one(observations, "drug_misuse_rate", "E10000034", "2018 to 2020")
    assert (rate["count"], rate["value"], rate["lower"], rate["upper"]) == (69, 4.2, 3.3, 5.3)
    assert rate["source"] == "ons_drug_deaths"
    treated = _one(observations, "alcohol_in_treatment", "E10000034", "2018/19")
    assert treated["value"] == 1_029
    assert treated["area_name"] == "Worcestershire"


@pytest.mark.mirror
def test_first_part_of_an_indicator_wins(observations):
    limits = _one(observations, "alcohol_prevalence", "E10000034", "2017/18")
    assert limits["source"].startswith("alcohol_dependence")
    assert limits["lower"] == 3_960
    only = _one(observations, "alcohol_prevalence", "E10000034", "2018/19")
    assert only["source"].startswith("sdg_3_5_1")
    assert only["value"] == pytest.approx(5_290.666667)


@pytest.mark.mirror
def test_every_observation_names_its_rows_and_sources(observations):
    sources = observations["source"].str.split(";").explode()
    assert set(sources) <= set(load().sources)
    published = observations[observations["method"] == "published"]
    numbers = r"\d+(?:(?:, | and | to )\d+)*"
    one = rf"[^;,]+\.(?:csv, lines?|(?:xlsx|ods), [^;,]+, rows?) {numbers}(?:, columns of [^;]+)?"
    # several of them for a sum or a share; and what a sum lacks, whose row it is, what is wrong
    remark = r"no sum without: [^;]+|under E\d{8}, the same land|correction: [^;]+"
    place = published["source_row"].str.fullmatch(
        rf"{one}(?:, added up)?(?:; (?:{one}(?:, added up)?|{remark}))*"
    )
    assert place.all()


@pytest.mark.mirror
def test_newest_edition_of_a_population_is_kept(processed):
    table = pd.read_parquet(processed / "populations.parquet")
    whole = table[(table["age_from"] == 0) & table["age_to"].isna() & (table["sex"] == "persons")]
    england = whole[whole["area_code"] == "E92000001"].set_index("year")
    assert england.loc[2022, ["population", "edition"]].tolist() == [57_112_542, "mid-2023"]
    assert england.index.tolist() == list(range(2011, 2024))
    assert not table.duplicated(list(schemas.POPULATION_KEY)).any()


@pytest.mark.mirror
def test_counties_of_mid_2020_are_sums_of_their_districts(processed):
    table = pd.read_parquet(processed / "populations.parquet")
    table = table[(table["edition"] == "mid-2020") & (table["age_to"] == table["age_from"])]
    county = table[table["area_code"] == "E10000034"].set_index("age_from")["population"]
    parts = table[table["area_code"].str.fullmatch(r"E0700023[4-9]")]
    summed = parts.groupby("age_from")["population"].sum()
    assert len(county) == 90
    assert (county == summed).all()
    england = table.loc[table["area_code"] == "E92000001", "population"].sum()
    regions = table.loc[table["area_code"].str.startswith("E12"), "population"].sum()
    assert england == regions


@pytest.mark.mirror
def test_a_package_gives_the_same_figures(processed, observations, tmp_path):
    raw = tmp_path / "raw" / "worcestershire"
    pack.pack(processed, "Worcestershire", raw, 2022)
    for root in (raw, raw.parent):
        out = tmp_path / f"processed-{root.name}"
        prepare.prepare(root, out)
        carried = pd.read_parquet(out / "observations.parquet")
        rate = _one(carried, "drug_misuse_rate", "E10000034", "2018 to 2020")
        whole = _one(observations, "drug_misuse_rate", "E10000034", "2018 to 2020")
        columns = ["value", "lower", "upper", "count", "status", "marks"]
        assert rate[columns].tolist() == whole[columns].tolist()
        assert prepare.is_fresh(root, out)


@pytest.mark.mirror
def test_same_bytes_twice_and_progress(raw, tmp_path):
    said = []
    for name in ("a", "b"):
        prepare.prepare(raw, tmp_path / name, lambda what, done, total: said.append((done, total)))
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "b").iterdir())
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    done = [one for one, _ in said[: len(said) // 2]]
    assert done == sorted(done)
    assert said[-1][0] == said[-1][1]


@pytest.mark.mirror
def test_changed_added_and_removed_files_are_not_fresh(raw, tmp_path):
    out = tmp_path / "processed"
    assert not prepare.is_fresh(raw, out)
    prepare.prepare(raw, out)
    assert prepare.is_fresh(raw, out)
    path = next(raw.glob("ohid_fingertips/93517*.csv"))
    before = path.read_bytes()
    path.write_bytes(before.replace(b"1352.333333", b"1352.333334"))
    assert not prepare.is_fresh(raw, out)
    path.unlink()
    assert not prepare.is_fresh(raw, out)
    path.write_bytes(before)
    assert prepare.is_fresh(raw, out)
    (out / "areas.parquet").unlink()
    assert not prepare.is_fresh(raw, out)


@pytest.mark.mirror
def test_all_faults_of_all_files_and_nothing_is_replaced(raw, tmp_path):
    out = tmp_path / "processed"
    out.mkdir()
    (out / ".gitkeep").write_text("", encoding="utf-8")
    prepare.prepare(raw, out)
    good = (out / "observations.parquet").read_bytes()
    assert (out / ".gitkeep").is_file()
    spoil = {
        "ohid_fingertips/93517*.csv": (b"54.61674677", b"about half"),
        "ohid_fingertips/93532*.csv": (b"Persons", b"People"),
        "ndtms_and_dependence/ons*.csv": (b"Worcestershire", b"Worcestreshire"),
        "ndtms_and_dependence/E*.csv": (b"Local_Authority", b"Authority"),
    }
    for pattern, (old, new) in spoil.items():
        path = next(raw.glob(pattern))
        path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(InvalidDataError) as caught:
        prepare.prepare(raw, out)
    said = str(caught.value)
    for expected in ("'about half'", "'People'", "Worcestreshire", "'Authority' is not known"):
        assert expected in said
    assert str(tmp_path) not in said
    assert (out / "observations.parquet").read_bytes() == good
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".processed.read",
        "processed",
        "raw",
    ]


@pytest.mark.mirror
def test_two_files_of_one_edition_are_not_chosen_between(raw, tmp_path):
    path = next(raw.glob("ohid_fingertips/93517*.csv"))
    (path.parent / "93517_again.csv").write_bytes(path.read_bytes())
    with pytest.raises(InvalidDataError) as caught:
        prepare.prepare(raw, tmp_path / "processed")
    assert "Several files are edition 'latest' of ohid_fingertips_93517" in str(caught.value)


@pytest.mark.mirror
def test_lookups_that_are_missing_are_named(raw, tmp_path):
    shutil.rmtree(raw / "ons_lookups")
    with pytest.raises(InvalidDataError) as caught:
        prepare.prepare(raw, tmp_path / "processed")
    assert "There is no area 'Worcestershire'" in str(caught.value)
    assert "needs fetch ons_lookups" in str(caught.value)


def test_nothing_there_says_what_is_expected(tmp_path):
    with pytest.raises(MissingDataError) as caught:
        prepare.prepare(tmp_path / "raw", tmp_path / "processed")
    said = str(caught.value)
    assert "datapackage.json" in said
    assert "ons_drug_deaths/2021localauthorities*.xlsx" in said
    assert "https://" in said
    assert not (tmp_path / "processed").exists()


def test_every_source_has_a_reader_that_says_what_it_gives():
    import importlib

    for source in load().sources.values():
        if source.editions:
            module = importlib.import_module(f"needs.sources.readers.{source.reader}")
            assert callable(module.read), source.key
            observing = source.gives == "readings"
            assert observing == ("Measure" in (module.__doc__ or "")), source.reader


def test_every_part_of_an_indicator_is_a_reading():
    for indicator in load().indicators.values():
        for part in indicator.parts:
            assert load().sources[part.source].gives == "readings", indicator.key


HEADINGS = (
    "Indicator ID,Indicator Name,Parent Code,Parent Name,Area Code,Area Name,Area Type,Sex,Age,"
    "Category Type,Category,Time period,Value,Lower CI 95.0 limit,Upper CI 95.0 limit,"
    "Lower CI 99.8 limit,Upper CI 99.8 limit,Count,Denominator,Value note,Recent Trend,"
    "Compared to England value or percentiles,Column not used,Time period Sortable,New data,"
    "Compared to goal,Time period range\n"
)

MORTALITY = (
    "91380,Alcohol-specific mortality,,,E06000017,Rutland,Upper tier,Persons,All ages,,,2016 - 18,"
    "{},3.7,14.1,,,{},117000,,,,,20160000,,,3y\n"
)


def _editions(*names):
    """The catalogue with editions of one source, oldest first, each with a file of its name."""
    catalogue = load()
    source = catalogue.sources["ohid_fingertips_91380"]
    (latest,) = source.editions
    editions = tuple(
        latest.model_copy(
            update={
                "edition": one,
                "file": f"ohid_fingertips/{one}.csv",
                "options": {**latest.options, "rows": 0},
            }
        )
        for one in names
    )
    sources = dict(catalogue.sources) | {
        source.key: source.model_copy(update={"editions": editions})
    }
    return catalogue.model_copy(update={"sources": sources})


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_last_edition_wins_as_declared_and_not_by_file_name(tmp_path, names):
    folder = tmp_path / "ohid_fingertips"
    folder.mkdir()
    for name, value in zip(names, (7.7, 8.8), strict=True):
        text = HEADINGS + MORTALITY.format(value, 10)
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    tables, _, problems = prepare.make_tables(tmp_path, _editions(*names))
    assert problems == []
    (row,) = tables["observations"].to_dict("records")
    assert (row["value"], row["source_row"]) == (8.8, f"{names[1]}.csv, line 2")
    assert row["marks"] == "u"  # of 10 deaths, which the publisher does not mark


def test_two_values_in_one_file_are_told_with_both_lines(tmp_path):
    folder = tmp_path / "ohid_fingertips"
    folder.mkdir()
    text = HEADINGS + MORTALITY.format(7.7, 10) + MORTALITY.format(8.8, 11)
    (folder / "91380_made_up.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidDataError) as caught:
        prepare.prepare(tmp_path, tmp_path / "processed")
    assert "differ: value 7.7 and 8.8" in str(caught.value)
    assert "ohid_fingertips/91380_made_up.csv, line 2 and line 3" in str(caught.value)


@pytest.mark.mirror
def test_two_names_of_one_area_are_not_chosen_between(raw, tmp_path):
    """A row with the code and one with another writing of the name are one authority."""
    path = next(raw.glob("ndtms_and_dependence/Estimates*.csv"))
    again = "West Midlands,WORCESTERSHIRE,,7,6,8,2017/18\n"
    path.write_text(path.read_text(encoding="utf-8-sig").rstrip() + "\n" + again, encoding="utf-8")
    with pytest.raises(InvalidDataError, match="value 5156 and 7"):
        prepare.prepare(raw, tmp_path / "processed")


def _package(folder: Path, value: float, area="E10000034,Worcestershire") -> None:
    folder.mkdir(parents=True)
    columns = ("indicator", "area_code", "area_name", "period", "value", "source")
    kinds = {"value": "number"}
    fields = [{"name": one, "type": kinds.get(one, "string")} for one in columns]
    descriptor = {
        "name": "local",
        "title": "Local figures",
        "licenses": [{"name": "OGL-UK-3.0"}],
        "sources": [{"title": "Local extract"}],
        "resources": [
            {"name": "observations", "path": "observations.csv", "schema": {"fields": fields}}
        ],
    }
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    row = f"all_in_treatment,{area},2021/22,{value},worcestershire_strategy"
    text = f"{','.join(columns)}\n{row}\n"
    (folder / "observations.csv").write_text(text, encoding="utf-8")


def test_packages_that_disagree_are_told_with_both_rows(tmp_path):
    for name, value in (("a", 2586), ("b", 2587)):
        _package(tmp_path / "raw" / name, value)
    with pytest.raises(InvalidDataError) as caught:
        prepare.prepare(tmp_path / "raw", tmp_path / "processed")
    said = str(caught.value)
    assert "all_in_treatment, E10000034, 2021/22, persons, all ages differently: 2586 and 2587" in (
        said
    )
    assert "a/observations.csv, line 2 and b/observations.csv, line 2" in said


def test_what_a_document_quotes_gives_way_to_data(tmp_path):
    _package(tmp_path / "raw" / "a_document", 2586)
    _package(tmp_path / "raw" / "data", 2590)
    path = tmp_path / "raw" / "data" / "observations.csv"
    text = path.read_text(encoding="utf-8").replace("worcestershire_strategy", "local_extract")
    path.write_text(text, encoding="utf-8")
    prepare.prepare(tmp_path / "raw", tmp_path / "processed")
    table = pd.read_parquet(tmp_path / "processed" / "observations.parquet")
    assert table["source"].tolist() == ["local_extract"]
    assert table["value"].tolist() == [2590]


def test_packages_that_agree_are_joined(tmp_path):
    for name, area in (("a", 0), ("b", 0), ("c", 1)):
        places = ("E10000034,Worcestershire", "E06000019,Herefordshire")
        _package(tmp_path / "raw" / name, 2586, places[area])
    prepare.prepare(tmp_path / "raw", tmp_path / "processed")
    table = pd.read_parquet(tmp_path / "processed" / "observations.parquet")
    assert table["area_code"].tolist() == ["E06000019", "E10000034"]


def test_ages_of_a_place_and_year_are_those_of_one_table():
    """Adults of a package beside single years of a national file would be counted twice."""
    columns = ["area_code", "year", "age_from", "age_to"]
    single = [("E08000027", 2023, 0, None), *(("E08000027", 2023, age, age) for age in range(90))]
    adults = [("E08000027", 2022, 18, None), ("E08000027", 2023, 18, None)]
    national = pd.DataFrame(single, columns=columns)
    package = pd.DataFrame([*adults, ("E08000027", 2023, 0, None)], columns=columns)
    first, second = prepare._ages_once([national, package])
    pd.testing.assert_frame_equal(first, national)
    assert second[["year", "age_from"]].to_numpy().tolist() == [[2022, 18], [2023, 0]]


@pytest.mark.mirror
def test_what_no_reader_foresees_is_told_at_its_file_beside_the_others(raw, tmp_path, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr("needs.sources.readers.fingertips.read", fail)
    path = next(raw.glob("ndtms_and_dependence/E*.csv"))
    path.write_bytes(path.read_bytes().replace(b"Local_Authority", b"Authority"))
    with pytest.raises(InvalidDataError) as caught:
        prepare.prepare(raw, tmp_path / "processed")
    assert caught.value.exit_code == 4
    unforeseen = [one for one in caught.value.problems if "ZeroDivisionError" in one.what]
    assert sorted(one.where for one in unforeseen) == sorted(
        path.relative_to(raw).as_posix() for path in raw.glob("ohid_fingertips/*.csv")
    )
    assert any("'Authority' is not known" in one.what for one in caught.value.problems)
    for one in unforeseen:
        trace = Path(re.search(r"report it with (.*)\.$", one.remedy)[1])
        assert "nobody thought of this" in trace.read_text(encoding="utf-8")
        shutil.rmtree(trace.parent)


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoilt", ["needs.tables.prepare._areas", "needs.sources.readers.datapackage._resource"]
)
def test_a_failure_to_join_or_to_read_a_package_is_a_fault(root, tmp_path, monkeypatch, spoilt):
    def fail(*_):
        raise IndexError("index 0 is out of bounds")

    monkeypatch.setattr(spoilt, fail)
    _, _, (fault,) = prepare.make_tables(root / "data" / "raw" / "worcestershire", load())
    assert "IndexError: index 0 is out of bounds" in fault.what
    assert fault.where.startswith("worcestershire")
    shutil.rmtree(Path(re.search(r"report it with (.*)\.$", fault.remedy)[1]).parent)
