"""Local extracts: rates as the statistics give them, small numbers hidden, faults all at once.

Every extract here is synthetic: drawn at random with a fixed seed on Worcestershire's LSOAs.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from needs.catalogue import Disclosure, load
from needs.chapters import inequality
from needs.chapters import local as section
from needs.chapters.blocks import Blocks, Notice, Prose, all_figures, all_tables
from needs.errors import InvalidDataError
from needs.figures import assessment
from needs.figures.figure import collect
from needs.report.block_html import to_html
from needs.sources import schemas
from needs.sources.readers import census_ages
from needs.sources.readers.datapackage import open_package
from needs.sources.readers.package_tables import table_fields
from needs.stats.intervals import poisson
from needs.stats.rates import ESP2013, crude_rate, directly_standardised_rate
from needs.tables import adding_up, local_checks, local_rates, protected_observations
from needs.tables.prepare import prepare
from needs.words.text import plain

UPPER = "E10000034"
KEY = "synthetic_deaths"
OFF = {"off_because": "the numbers are synthetic"}
BANDS = list(ESP2013)

Made = Callable[..., Path]


def write(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    rule: Mapping[str, Any] | None = None,
    **indicator: Any,
) -> Path:
    """Write a package titled "Synthetic extract"."""
    folder.mkdir(parents=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    descriptor: dict[str, Any] = {
        "name": "synthetic",
        "title": "Synthetic extract",
        "licenses": [{"name": "none"}],
        "sources": [{"title": "Drawn at random"}],
        "needs:indicators": {
            KEY: {
                "name": "Synthetic deaths",
                "chapter": "deaths",
                "counted": "deaths",
                "years_pooled": 3,
                **indicator,
            }
        },
        "resources": [
            {
                "name": name,
                "path": f"{name}.csv",
                "schema": {"fields": [one for one in table_fields(name) if one["name"] in table]},
            }
            for name, table in tables.items()
        ],
    }
    if rule is not None:
        descriptor["needs:disclosure"] = rule
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def lsoa(processed: Path) -> pd.DataFrame:
    """LSOAs of the index that the reporting year takes; the package has a newer one as well."""
    table = pd.read_parquet(processed / "lsoa.parquet")
    return table[table["edition"] == "2019"].reset_index(drop=True)


@pytest.fixture(scope="module")
def extract(lsoa: pd.DataFrame) -> pd.DataFrame:
    """Synthetic deaths of three years, more of them where it is more deprived."""
    draw = np.random.default_rng(20)
    weight = np.exp(-lsoa["imd_decile"].to_numpy(dtype=float) / 3)
    events = pd.DataFrame(
        {
            "indicator": KEY,
            "lsoa_code": draw.choice(lsoa["lsoa_code"], 260, p=weight / weight.sum()),
            "period": draw.choice([2019, 2020, 2021], 260),
            "sex": draw.choice(["male", "female"], 260, p=[0.7, 0.3]),
            "age_band": draw.choice(BANDS[3:15], 260),
        }
    )
    return (
        events.groupby(list(events.columns), as_index=False)
        .size()
        .rename(columns={"size": "count"})
    )


@pytest.fixture
def made(root: Path, tmp_path: Path) -> Made:
    """Prepare the embedded data package together with an extract."""

    def make(tables: Mapping[str, pd.DataFrame], *args: Any, **changes: Any) -> Path:
        raw = tmp_path / "raw"
        shutil.copytree(root / "data" / "raw" / "worcestershire", raw / "worcestershire")
        write(raw / "extract", tables, *args, **changes)
        prepare(raw, tmp_path / "processed")
        return tmp_path / "processed"

    return make


def rates_of(processed: Path) -> pd.DataFrame:
    return pd.read_parquet(processed / "local_rates.parquet")


def one(table: pd.DataFrame, part: str, statistic: str = "crude_rate", **also: str) -> pd.Series:
    wanted = {"sex": "persons", "age": "all ages"} | also
    rows = table[(table["part"] == part) & (table["statistic"] == statistic)]
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def people_by_band(processed: Path, code: str) -> pd.Series:
    """Residents of 2022 by band: the year that the extracts count."""
    table = pd.read_parquet(processed / "populations.parquet")
    rows = table[(table["area_code"] == code) & (table["sex"] == "persons")]
    rows = rows[rows["year"] == 2022]
    rows = rows[(rows["age_from"] == rows["age_to"]) | (rows["age_from"] == 90)]
    return rows.groupby([BANDS[min(age // 5, 18)] for age in rows["age_from"]])["population"].sum()


def shown(processed: Path) -> Blocks:
    na = assessment.load("Worcestershire", 2022, processed=processed)
    return section.rates(na, "deaths") + inequality.local_gradient(na)


def test_rates_are_those_of_the_statistics(made: Made, extract, lsoa) -> None:
    processed = made({"local_counts": extract}, OFF)
    table = rates_of(processed)
    placed = extract.merge(lsoa, on="lsoa_code")

    redditch = placed[placed["district_name"] == "Redditch"]
    by_band = redditch.groupby("age_band")["count"].sum().reindex(BANDS).fillna(0)
    people = people_by_band(processed, redditch["district_code"].iloc[0]) * 3
    frame = pd.DataFrame({"age": BANDS, "x": by_band.to_numpy(), "n": people[BANDS].to_numpy()})
    expected = directly_standardised_rate(
        frame, by=[], count="x", population="n", age_band="age"
    ).iloc[0]
    found = one(table, "Redditch", "directly_standardised_rate")
    assert found["value"] == pytest.approx(expected["value"], rel=1e-12)
    assert found["lower"] == pytest.approx(expected["lower95_0"], rel=1e-12)
    assert found["upper"] == pytest.approx(expected["upper95_0"], rel=1e-12)
    assert "e" in found["marks"]  # ages are of 2022

    residents = pd.read_parquet(processed / "lsoa_population.parquet")
    fifth = lsoa.loc[lsoa["imd_decile"] <= 2, "lsoa_code"]
    inside = residents[residents["lsoa_code"].isin(fifth)].groupby("year")["population"].sum()
    years = inside[2019] + 2 * inside[2020]  # 2021 takes the nearest year
    deaths = placed.loc[placed["imd_decile"] <= 2, "count"].sum()
    expected = crude_rate(
        pd.DataFrame({"x": [deaths], "n": [years]}), by=[], count="x", population="n"
    ).iloc[0]
    found = one(table, local_rates.QUINTILES[1])
    assert found["value"] == pytest.approx(expected["value"], rel=1e-12)
    assert found["upper"] == pytest.approx(expected["upper95_0"], rel=1e-12)
    assert found["count"] == deaths

    whole = one(table, "Worcestershire", kind="area")
    assert whole["count"] == 260
    assert whole["period"] == "2019 to 2021"
    for kind in ("district", "quintile"):
        crude = table[(table["kind"] == kind) & (table["statistic"] == "crude_rate")]
        assert crude["count"].sum() == 260


def test_protected_rates_come_from_protected_counts(made: Made, extract) -> None:
    table = rates_of(made({"local_counts": extract}))
    rows = table[(table["status"] == "shown") & (table["statistic"] == "crude_rate")]
    assert (rows["count"] % 5 == 0).all()
    for row in rows.to_dict("records"):
        frame = pd.DataFrame({"x": [row["count"]], "n": [row["denominator"]]})
        expected = crude_rate(frame, by=[], count="x", population="n").iloc[0]
        assert row["value"] == pytest.approx(expected["value"], rel=1e-12)
        assert row["lower"] == pytest.approx(expected["lower95_0"], rel=1e-12)


def test_populations_of_lsoas_by_age_standardise_the_quintiles(made: Made, extract, lsoa) -> None:
    people = pd.MultiIndex.from_product(
        [sorted(lsoa["lsoa_code"]), [2019, 2020, 2021], ["male", "female"], BANDS],
        names=["lsoa_code", "year", "sex", "age_band"],
    ).to_frame(index=False)
    people["population"] = 40.0
    processed = made({"local_counts": extract, "local_populations": people}, OFF)
    found = one(rates_of(processed), local_rates.QUINTILES[1], "directly_standardised_rate")
    inside = lsoa.loc[lsoa["imd_decile"] <= 2, "lsoa_code"]
    x = extract[extract["lsoa_code"].isin(inside)].groupby("age_band")["count"].sum()
    frame = pd.DataFrame({"age": BANDS, "x": x.reindex(BANDS).fillna(0).to_numpy()})
    frame["n"] = 40.0 * 2 * 3 * len(inside)
    expected = directly_standardised_rate(
        frame, by=[], count="x", population="n", age_band="age"
    ).iloc[0]
    assert found["value"] == pytest.approx(expected["value"], rel=1e-12)
    assert "e" not in found["marks"]


@pytest.mark.mirror
def test_the_census_stands_in_for_residents_that_a_package_does_not_bring(
    mirror: Path, national: Path, tmp_path: Path
) -> None:
    """Events on LSOAs of 2021: fifths are standardised, with 85 and over as the oldest band."""
    source = load().sources["census_2021_ages"]
    (edition,) = source.editions
    census = census_ages.read(edition.files(mirror)[0], source, edition)
    tables = {
        name: pd.read_parquet(national / f"{name}.parquet")
        for name in ("areas", "lsoa", "lsoa_population", "populations")
    }
    own = tables["lsoa"][tables["lsoa"]["upper_code"].eq(UPPER)]
    now = own[own["edition"].astype(str) == "2025"]
    counts = pd.DataFrame(
        {
            "indicator": KEY,
            "lsoa_code": sorted(now["lsoa_code"]),
            "period": 2021,
            "sex": "male",
            "age_band": [BANDS[n % 19] for n in range(len(now))],
            "count": 3,
        }
    )
    folder = write(tmp_path / "extract", {"local_counts": counts}, OFF)
    places = local_checks.PlaceTables(**tables, census=census)
    rates, problems = local_rates.extract_rates(open_package(folder), places)
    assert problems == []
    found = one(rates, local_rates.QUINTILES[1], "directly_standardised_rate")
    inside = now.loc[now["imd_decile"] <= 2, "lsoa_code"]
    people = census[census["lsoa_code"].isin(inside)].groupby("age_band")["population"].sum()
    oldest = {"85-89": "85+", "90+": "85+"}
    events = counts[counts["lsoa_code"].isin(inside)]
    x = events.groupby(events["age_band"].replace(oldest))["count"].sum()
    weights = pd.Series(dict(ESP2013)).groupby(lambda band: oldest.get(band, band)).sum()
    assert weights.sum() == 100_000
    assert found["value"] == pytest.approx((weights * x / people).sum() * 1e5 / weights.sum())
    assert found["source_row"].endswith(
        "residents by age: Census 2021, 21 March 2021 "
        "(TS007A_age_by_five_year_age_bands_LSOA21.csv)"
    )
    assert "e" not in found["marks"]
    bare = local_checks.PlaceTables(**tables)
    without, _ = local_rates.extract_rates(open_package(folder), bare)
    fifths = without[without["kind"] == "quintile"]
    assert set(fifths["statistic"]) == {"crude_rate"}


def residents_by_age(lsoa: pd.DataFrame) -> pd.DataFrame:
    """Forty residents of each LSOA, year, sex and age band."""
    people = pd.MultiIndex.from_product(
        [sorted(lsoa["lsoa_code"]), [2019, 2020, 2021], ["male", "female"], BANDS],
        names=["lsoa_code", "year", "sex", "age_band"],
    ).to_frame(index=False)
    return people.assign(population=40.0)


@pytest.mark.parametrize(
    ("spoil", "column", "said"),
    [
        (
            lambda table: table[table["lsoa_code"].isin(sorted(set(table["lsoa_code"]))[::2])],
            "lsoa_code",
            "There are no residents of 182 of 364 LSOAs of the authority: E01032",
        ),
        (
            lambda table: table[table["sex"] == "male"],
            "sex",
            "There are no residents of 1 of 2 sexes: female.",
        ),
        (
            lambda table: table[~table["age_band"].isin(["85-89", "90+"])],
            "age_band",
            "There are no residents of 2 of 19 age bands: 85-89, 90+.",
        ),
        (
            lambda table: table.drop(index=table.index[:7]),
            "population",
            "There are no residents in 7 cells of LSOA, year, sex and age band: E0103",
        ),
        (
            lambda table: table.assign(lsoa_code=table["lsoa_code"].str.replace("E010", "E019")),
            "lsoa_code",
            "No LSOA is one of the authorities of local_counts.csv in the Indices of Deprivation "
            "2019.",
        ),
    ],
)
def test_residents_that_are_not_of_the_same_people_as_events_are_refused(
    made: Made, extract, lsoa, spoil: Callable[..., pd.DataFrame], column: str, said: str
) -> None:
    """Residents of every second LSOA, or of males only, would double the rates."""
    index = lsoa[lsoa["edition"] == "2019"]
    with pytest.raises(InvalidDataError) as caught:
        made({"local_counts": extract, "local_populations": spoil(residents_by_age(index))}, OFF)
    assert caught.value.exit_code == 4
    (fault,) = caught.value.problems
    assert fault.what.startswith(said)
    assert fault.where == f"extract/local_populations.csv, column {column}"
    assert "leave the table empty" in fault.remedy


@pytest.mark.parametrize("sexes", ["persons", "male and female"])
def test_residents_of_persons_or_of_both_sexes_are_complete(
    made: Made, extract, lsoa, sexes: str
) -> None:
    people = residents_by_age(lsoa[lsoa["edition"] == "2019"])
    if sexes == "persons":
        people = people[people["sex"] == "male"].assign(sex="persons", population=80.0)
    processed = made({"local_counts": extract, "local_populations": people}, OFF)
    rows = rates_of(processed)
    rows = rows[(rows["kind"] == "quintile") & (rows["status"] == "shown")]
    per_lsoa = 80.0 * len(BANDS) * 3
    standardised = rows[rows["statistic"] == "directly_standardised_rate"]
    assert standardised["denominator"].sum() == per_lsoa * people["lsoa_code"].nunique()


def rates_where(
    processed: Path, package: Path, lost: Callable[[pd.DataFrame], pd.Series[bool]]
) -> pd.DataFrame:
    """Rates of a package where some rows of the LSOA populations are not at hand."""
    names = ("areas", "lsoa", "lsoa_population", "populations")
    tables = {name: pd.read_parquet(processed / f"{name}.parquet") for name in names}
    people = tables["lsoa_population"]
    tables["lsoa_population"] = people[~lost(people)]
    table, problems = local_rates.extract_rates(
        open_package(package), local_checks.PlaceTables(**tables)
    )
    assert problems == []
    return table


def test_fifths_without_all_their_residents_have_no_rate_and_say_why(
    processed: Path, tmp_path: Path, extract, lsoa
) -> None:
    """Residents of every second LSOA, as of a file declared a part: crude rates would double."""
    index = lsoa[lsoa["edition"] == "2019"]
    most = sorted(index.loc[index["imd_decile"] <= 2, "lsoa_code"])
    package = write(tmp_path / "extract", {"local_counts": extract}, OFF)
    table = rates_where(processed, package, lambda rows: rows["lsoa_code"].isin(most[::2]))
    found = one(table, local_rates.QUINTILES[1])
    assert found["status"] == "unavailable"
    assert pd.isna(found["value"]) and pd.isna(found["denominator"])
    assert found["source_row"].startswith(
        f"local_counts.csv; no rate, because there are no residents of {len(most[::2])} of its "
        f"{len(most)} LSOAs: {most[0]}, {most[2]}"
    )
    other = one(table, local_rates.QUINTILES[2])
    assert (other["status"], other["source_row"]) == ("shown", "local_counts.csv")

    copy = Path(shutil.copytree(processed, tmp_path / "processed"))
    table.to_parquet(copy / "local_rates.parquet")
    every = shown(copy)
    (by_fifth,) = [table for table in all_tables(every) if table.id.endswith("_quintiles")]
    assert any(note.startswith("[x]: no rate, because the residents") for note in by_fifth.notes)
    assert not [f for f in collect(all_figures(every)) if f.indicator == "slope_index"]


def test_a_year_without_all_residents_takes_the_nearest_that_has_them(
    processed: Path, tmp_path: Path, extract, lsoa
) -> None:
    index = lsoa[lsoa["edition"] == "2019"]
    most = sorted(index.loc[index["imd_decile"] <= 2, "lsoa_code"])
    package = write(tmp_path / "extract", {"local_counts": extract}, OFF)
    table = rates_where(
        processed, package, lambda rows: rows["lsoa_code"].eq(most[0]) & rows["year"].eq(2019)
    )
    found = one(table, local_rates.QUINTILES[1])
    people = pd.read_parquet(processed / "lsoa_population.parquet")
    inside = people[people["lsoa_code"].isin(most) & people["year"].eq(2020)]
    assert found["denominator"] == 3 * inside["population"].sum()
    assert "e" in found["marks"]


def test_repeat_admissions_have_the_interval_of_repeat_events(made: Made, lsoa) -> None:
    draw = np.random.default_rng(3)
    cells = pd.DataFrame(
        {
            "indicator": KEY,
            "lsoa_code": draw.choice(lsoa["lsoa_code"], 120, replace=False),
            "period": "2021/22",
            "sex": "persons",
            "age_band": draw.choice(BANDS, 120),
            "count": draw.integers(1, 4, 120),
            "frequency": draw.integers(1, 5, 120),
        }
    )
    processed = made(
        {"local_counts": cells}, OFF, chapter="admissions", counted="admissions", years_pooled=1
    )
    found = one(rates_of(processed), "Worcestershire", "directly_standardised_rate")
    people = people_by_band(processed, UPPER)
    frame = cells.groupby(["age_band", "frequency"], as_index=False)["count"].sum()
    absent = pd.DataFrame({"age_band": BANDS, "frequency": 1, "count": 0})
    frame = pd.concat([frame, absent]).groupby(["age_band", "frequency"], as_index=False).sum()
    frame["n"] = frame["age_band"].map(people)
    expected = directly_standardised_rate(
        frame,
        by=[],
        count="count",
        population="n",
        age_band="age_band",
        events="repeat",
        frequency="frequency",
    ).iloc[0]
    assert found["count"] == (cells["count"] * cells["frequency"]).sum()
    assert found["value"] == pytest.approx(expected["value"], rel=1e-12)
    assert found["upper"] == pytest.approx(expected["upper95_0"], rel=1e-12)


def planted(lsoa: pd.DataFrame) -> pd.DataFrame:
    """Synthetic deaths with few of them in one district, one quintile, one sex and one age."""
    rows = []
    for name, codes in lsoa.sort_values("lsoa_code").groupby("district_name")["lsoa_code"]:
        number = 3 if name == "Malvern Hills" else 31
        chosen = lsoa.set_index("lsoa_code").loc[codes]
        chosen = chosen[(chosen["imd_decile"] > 2) | (name == "Redditch")]
        for n in range(number):
            age = BANDS[5 + n % 8] if n else "85-89"
            sex = "female" if n == 1 else "male"
            rows.append((KEY, chosen.index[n % len(chosen)], 2021, sex, age))
    table = pd.DataFrame(rows, columns=["indicator", "lsoa_code", "period", "sex", "age_band"])
    return (
        table.groupby(list(table.columns), as_index=False).size().rename(columns={"size": "count"})
    )


def test_small_numbers_are_in_no_table_and_cannot_be_worked_out(made: Made, lsoa) -> None:
    counts = planted(lsoa)
    placed = counts.merge(lsoa, on="lsoa_code")
    processed = made({"local_counts": counts}, years_pooled=1)
    table = rates_of(processed)

    assert not (processed / "local_counts.parquet").exists()
    assert KEY not in set(pd.read_parquet(processed / "observations.parquet")["indicator"])
    assert one(table, "Malvern Hills")["status"] == "suppressed"
    hidden = table["status"] == "suppressed"
    assert table.loc[hidden, ["value", "lower", "upper", "count"]].isna().all(axis=None)
    seen = table.loc[~hidden & table["count"].gt(0), "count"]
    assert (seen >= 8).all()
    assert (seen % 5 == 0).all()

    # in every sum that a reader can form a hidden part leaves at least two hidden numbers
    crude = table[table["statistic"] == "crude_rate"]
    whole = crude[crude["kind"] == "area"]
    by = crude[crude["kind"] == "age and sex"]
    everyone = by[(by["sex"] == "persons") & (by["age"] != "all ages")]
    sums = [crude[crude["kind"] == "district"], crude[crude["kind"] == "quintile"], everyone]
    sums = [pd.concat([rows, whole]) for rows in sums]
    sums += [rows for _, rows in by[by["age"] != "all ages"].groupby("age")]
    sums += [rows for _, rows in by[by["sex"] != "persons"].groupby("sex")]
    sexes = by[(by["age"] == "all ages") & (by["sex"] != "persons")]
    sums.append(pd.concat([sexes, whole]))
    numbers = [int((rows["status"] == "suppressed").sum()) for rows in sums]
    assert any(numbers)
    assert 1 not in numbers

    # nor do the hidden parts add up to one small number: they could be any
    districts = crude[(crude["kind"] == "district") & (crude["status"] == "suppressed")]
    true = placed[placed["district_name"].isin(districts["part"])]["count"].sum()
    assert true >= 8


def test_what_chapters_show_is_protected(made: Made, lsoa) -> None:
    processed = made({"local_counts": planted(lsoa)}, years_pooled=1)
    every = shown(processed)
    figures = [f for f in collect(all_figures(every)) if f.indicator == KEY]
    assert {f.number for f in figures if not f.shown} >= {"[c]"}
    for figure in figures:
        assert figure.numerator is None or figure.numerator == 0 or figure.numerator >= 8
        if str(figure.status) == "suppressed":
            assert figure.value is figure.lower is figure.numerator is None
    small = {"Malvern Hills": ["[c]"] * 4}
    for table in all_tables(every):
        for row in table.rows:
            if row[0].text in small:
                assert [cell.text for cell in row[1:5]] == small[row[0].text]
    assert any("Synthetic extract" in note for t in all_tables(every) for note in t.notes)


def test_chapters_show_districts_and_the_gradient(made: Made, extract) -> None:
    every = shown(made({"local_counts": extract}))
    ids = {table.id for table in all_tables(every)}
    assert ids == {f"{KEY}_{UPPER}_{kind}" for kind in ("districts", "ages", "quintiles")}
    slope = [f for f in collect(all_figures(every)) if f.indicator == "slope_index"]
    assert len(slope) == 1
    assert slope[0].value is not None
    assert slope[0].value > 0  # drawn so


def test_without_an_extract_the_chapter_says_what_is_missing(worcestershire) -> None:
    assert section.rates(worcestershire, "deaths") == Blocks()
    assert isinstance(inequality.local_gradient(worcestershire).items[0], Notice)


def test_an_extract_by_district_has_no_quintiles(made: Made, extract, lsoa) -> None:
    district = extract.merge(lsoa, on="lsoa_code")
    keys = ["indicator", "district_code", "period", "sex", "age_band"]
    district = district.groupby(keys, as_index=False)["count"].sum()
    table = rates_of(made({"local_counts": district}, OFF))
    assert "quintile" not in set(table["kind"])
    assert one(table, "Worcestershire", kind="area")["count"] == 260


def test_every_fault_comes_at_once(made: Made, extract) -> None:
    rows = extract.head(6).astype({"count": object}).reset_index(drop=True)
    rows.loc[0, "lsoa_code"] = "E01999999"
    rows.loc[1, "age_band"] = "5-12"
    rows.loc[2, "count"] = -1
    rows.loc[3, "count"] = "few"
    rows.loc[4, "indicator"] = "other_deaths"
    with pytest.raises(InvalidDataError) as caught:
        made({"local_counts": rows})
    told = str(caught.value)
    assert "There is no LSOA 'E01999999'" in told
    assert "5-12" in told
    assert "-1" in told
    assert "'few' is not a whole number" in told
    assert "does not declare the indicator 'other_deaths'" in told
    for row in range(2, 7):
        assert f"/local_counts.csv, row {row}" in told  # the package's folder before it


def test_events_counted_twice_are_refused(made: Made, extract) -> None:
    both = pd.concat([extract, extract.head(1).assign(sex="persons")])
    with pytest.raises(InvalidDataError, match="beside rows of males or females"):
        made({"local_counts": both})


def test_overlapping_periods_are_refused(made: Made, extract) -> None:
    both = pd.concat([extract, extract.head(1).assign(period="2019 to 2021")])
    with pytest.raises(InvalidDataError, match="overlap"):
        made({"local_counts": both})


def test_unknown_district_is_refused(made: Made, extract) -> None:
    rows = extract.rename(columns={"lsoa_code": "district_code"}).head(1)
    with pytest.raises(InvalidDataError, match="no district 'E07999999'"):
        made({"local_counts": rows.assign(district_code="E07999999")})


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"threshold": 0}, "threshold of 2 or more, or off_because"),
        ({"threshold": 8, "off_because": "why"}, "threshold of 2 or more, or off_because"),
        ({"threshold": 8, "secondary": False}, "secondary"),
        ({"off_because": " "}, "threshold of 2 or more, or off_because"),
        ({"treshold": 8}, "treshold"),
    ],
)
def test_control_is_switched_off_only_by_name_and_reason(
    tmp_path: Path, extract, rule: dict[str, Any], told: str
) -> None:
    problems = open_package(write(tmp_path / "x", {"local_counts": extract}, rule)).problems
    assert any(told in str(problem) for problem in problems)


def test_the_usual_rule_is_the_sources_own(tmp_path: Path, extract) -> None:
    package = open_package(write(tmp_path / "x", {"local_counts": extract}))
    usual = load().sources["local_extract"].disclosure
    assert (package.rule.threshold, package.rule.rounding_base) == (8, 5)
    assert package.rule.disclosure.threshold == usual.threshold
    assert package.rule.disclosure.secondary
    assert package.problems == ()


def test_a_reason_is_printed_where_control_is_off(made: Made, extract) -> None:
    every = shown(made({"local_counts": extract}, OFF))
    notes = " ".join(note for table in all_tables(every) for note in table.notes)
    assert "switched off: the numbers are synthetic." in notes


@pytest.mark.parametrize(
    ("labels", "years", "expected"),
    [
        (["2019", "2020", "2021"], 3, ["2019 to 2021"]),
        (["2018", "2019", "2020", "2021"], 3, ["2019 to 2021"]),
        (["2018", "2019", "2020", "2021"], 2, ["2018 to 2019", "2020 to 2021"]),
        (["2020", "2021"], 3, ["2020 to 2021"]),
        (["2020/21", "2021/22"], 2, ["2020/21 to 2021/22"]),
        (["2019", "2021"], 2, ["2019", "2021"]),
        (["2020", "2021"], 1, ["2020", "2021"]),
    ],
)
def test_pooled_periods_never_overlap(labels: list[str], years: int, expected: list[str]) -> None:
    assert [one.label for one, _ in local_rates._pooled(labels, years)] == expected


def figures(*rows: tuple[Any, ...]) -> pd.DataFrame:
    columns = ["indicator", "area_code", "area_name", "period", "sex", "value", "source"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.slow
def test_small_figures_of_a_package_are_hidden_before_rates_are_derived(made: Made) -> None:
    place = (UPPER, "Worcestershire")
    rows = figures(
        ("adults_in_treatment", *place, "2013/14", "male", 4, "local_extract"),
        ("adults_in_treatment", *place, "2013/14", "female", 96, "local_extract"),
        ("adults_in_treatment", *place, "2013/14", "persons", 100, "local_extract"),
        ("drug_misuse_poisoning_admissions", *place, "2021/22", "persons", 62, "local_extract"),
        ("drug_misuse_poisoning_admissions", *place, "2022/23", "persons", 6, "local_extract"),
        ("grant_amount", *place, "2012/13", "persons", 7, "local_extract"),
    )
    table = pd.read_parquet(made({"observations": rows}) / "observations.parquet")
    own = table[table["source"].str.contains("local_extract")].set_index(
        ["indicator", "period", "sex"]
    )
    admitted = "drug_misuse_poisoning_admissions"
    treated = own.loc["adults_in_treatment"].loc["2013/14"]
    assert treated.loc[["male", "female"], "status"].tolist() == ["suppressed"] * 2
    assert treated.loc[["male", "female"], ["value", "count"]].isna().all(axis=None)
    assert treated.loc["persons", "value"] == 100
    assert own.loc[(admitted, "2021/22", "persons"), "value"] == 60
    assert own.loc[(admitted, "2022/23", "persons"), "status"] == "suppressed"
    rates = own.loc[f"{admitted}_rate"]
    rate = rates.loc[("2021/22", "persons")]
    assert rate["count"] == 60
    assert rate["value"] == pytest.approx(60 / rate["denominator"] * 100_000)
    assert rates.loc[("2022/23", "persons"), "status"] == "suppressed"
    assert own.loc[("grant_amount", "2012/13", "persons"), "value"] == 7  # money


def test_a_rounded_count_is_about_right(made: Made, extract) -> None:
    """66 deaths that are shown as 65 are "about 65"."""
    na = assessment.load("Worcestershire", 2022, processed=made({"local_counts": extract}))
    text = " ".join(plain(b.text) for b in section.rates(na, "deaths") if isinstance(b, Prose))
    assert re.search(r"The extract has about [\d,]+ deaths in Worcestershire", text)


def test_an_exact_count_is_not_about_right(made: Made, extract) -> None:
    na = assessment.load("Worcestershire", 2022, processed=made({"local_counts": extract}, OFF))
    text = " ".join(plain(b.text) for b in section.rates(na, "deaths") if isinstance(b, Prose))
    assert re.search(r"The extract has [\d,]+ deaths in Worcestershire", text)


@pytest.mark.slow
def test_figures_say_why_control_is_off(made: Made) -> None:
    rows = figures(
        ("drug_death_reviews", UPPER, "Worcestershire", "2014", "persons", 3, "local_extract")
    )
    table = pd.read_parquet(made({"observations": rows}, OFF) / "observations.parquet")
    own = table[table["source"] == "local_extract"].iloc[0]
    assert own["value"] == 3
    assert own["source_row"].endswith("switched off: the numbers are synthetic.")


def observed(indicator: str, *rows: tuple[Any, ...]) -> pd.DataFrame:
    """Observations of a local extract: area, year or years, count, value, limits, denominator."""
    columns = ["area_code", "begins", "ends", "count", "value", "lower", "upper", "denominator"]
    table = pd.DataFrame(rows, columns=columns)
    spans = list(zip(table["begins"], table["ends"], strict=True))
    return table.assign(
        indicator=indicator,
        period=[f"{a} to {b}" if a < b else str(a) for a, b in spans],
        period_start=pd.to_datetime(table["begins"].astype(str) + "-01-01"),
        period_end=pd.to_datetime(table["ends"].astype(str) + "-12-31"),
        sex="persons",
        age="all ages",
        category="",
        status="shown",
        source="local_extract",
        source_row=[f"observations.csv, line {n + 2}" for n in range(len(table))],
    ).drop(columns=["begins", "ends"])


def protected(rows: pd.DataFrame, processed: Path, **rule: Any) -> pd.DataFrame:
    areas = pd.read_parquet(processed / "areas.parquet")
    return protected_observations.protect_observations(
        rows, "local_extract", Disclosure(**rule), areas, load().indicators
    )


def counts(place: str, *numbers: tuple[int, int, float]) -> list[tuple[Any, ...]]:
    nothing = (np.nan,) * 3
    return [(place, *years, number, number, *nothing) for *years, number in numbers]


def test_a_year_is_not_found_from_the_sum_of_years(processed: Path) -> None:
    years = [(2018, 2018, 3), (2019, 2019, 14), (2020, 2020, 30), (2018, 2020, 47)]
    rows = observed("drug_death_reviews", *counts(UPPER, *years, (2021, 2021, 50)))
    done = protected(rows, processed, threshold=5)
    assert done["status"].tolist() == ["suppressed", "suppressed", "shown", "shown", "shown"]
    # sums of which one year is not at hand give nothing away
    done = protected(rows.drop([1, 2]), processed, threshold=5)
    assert done["status"].tolist() == ["suppressed", "shown", "shown"]


def test_sums_of_years_join_whatever_their_lengths() -> None:
    day = pd.Timestamp
    single = [(day(year, 1, 1), day(year, 12, 31)) for year in (2018, 2019, 2020)]
    two, three = (day(2018, 1, 1), day(2019, 12, 31)), (day(2018, 1, 1), day(2020, 12, 31))
    fiscal = (day(2018, 4, 1), day(2019, 3, 31))
    found = adding_up.families([*single, two, three, fiscal], pd.Timedelta(days=1))
    assert {(one.whole, one.parts, one.tiled) for one in found} == {
        (two, tuple(single[:2]), True),
        (two, (fiscal,), False),
        # three years are two and one, and the two are known from their own years
        (three, (two, single[2]), True),
    }


def test_ages_divide_each_longer_one() -> None:
    ages = ("all ages", "under 18", "18+", "18-24", "20-29")
    found = adding_up.families(map(adding_up.years_of_age, ages), 1)
    whole, *parts = map(adding_up.years_of_age, ages)
    young, adult, first, later = parts
    assert {(one.whole, one.parts, one.tiled) for one in found} == {
        (whole, (young, adult), True),
        (adult, (first,), False),
        (adult, (later,), False),
    }


@pytest.mark.parametrize(("absent", "hidden"), [(0, 2), (11, 1)])
def test_an_authority_is_not_found_from_its_region(
    processed: Path, absent: int, hidden: int
) -> None:
    """Where most of a region's authorities stand beside it; few give nothing away."""
    areas = pd.read_parquet(processed / "areas.parquet")
    inside = areas[(areas["kind"] == "upper tier") & (areas["region_code"] == "E12000005")]
    codes = sorted(set(inside["code"]) - {UPPER})[absent:]
    rows = [(UPPER, 3), *((code, 20 + n) for n, code in enumerate(codes)), ("E12000005", 500)]
    made = [row for place, number in rows for row in counts(place, (2021, 2021, number))]
    done = protected(observed("drug_death_reviews", *made), processed, threshold=5)
    assert (done["status"] == "suppressed").sum() == hidden
    assert done["status"].iloc[-1] == "shown"


def test_categories_that_divide_a_total_in_two_ways_are_protected_in_each(processed: Path) -> None:
    numbers = {"": 100, "men": 3, "women": 97, "opiates": 45, "no opiates": 55}
    rows = observed(
        "drug_death_reviews", *counts(UPPER, *((2021, 2021, n) for n in numbers.values()))
    )
    done = protected(rows.assign(category=list(numbers)), processed, threshold=5)
    assert done["status"].tolist() == ["shown", "suppressed", "suppressed", "shown", "shown"]
    kinds = ["", "sex: men", "sex: women", "drug: opiates", "drug: other"]
    # names tell them apart as well, where the parts of one way are not complete
    rows.loc[2, ["count", "value"]] = 90
    done = protected(rows.assign(category=kinds), processed, threshold=5)
    assert done["status"].tolist()[1:3] == ["suppressed", "suppressed"]


def test_a_rate_is_hidden_with_the_number_it_is_made_from(processed: Path) -> None:
    key = "drug_misuse_poisoning_admissions"
    places = ("E07000234", "E07000235", "E07000236")
    numbers = observed(
        key,
        *(counts(place, (2021, 2021, n))[0] for place, n in zip(places, (14, 3, 40), strict=True)),
    )
    # without the rate of the small district nothing of the rates is small
    rates = observed(
        f"{key}_rate",
        *(
            (one, 2021, 2021, n, 9.0, 8.0, 10.0, 5e5)
            for one, n in ((places[0], 14), (places[2], 40))
        ),
    )
    done = protected(pd.concat([numbers, rates], ignore_index=True), processed, threshold=5)
    hidden = ["suppressed", "suppressed", "shown"]
    assert done["status"].tolist() == [*hidden, "suppressed", "shown"]
    assert done.loc[3, ["value", "lower", "upper", "count"]].isna().all()


def test_a_rate_of_a_rounded_count_has_that_counts_limits(processed: Path) -> None:
    people = 52_361
    low, high = (float(end) * 100_000 / people for end in poisson(41))
    rows = observed(
        "drug_misuse_poisoning_admissions_rate",
        (UPPER, 2021, 2021, 41, 41 / people * 100_000, low, high, people),
    )
    done = protected(rows, processed, threshold=5, rounding_base=5).iloc[0]
    low, high = (float(end) * 100_000 / people for end in poisson(40))
    assert done["count"] == 40
    assert done["value"] == pytest.approx(40 / people * 100_000, abs=0.05)
    assert [done["lower"], done["upper"]] == pytest.approx([low, high], abs=0.05)


def test_a_standardised_rate_moves_with_its_rounded_count(processed: Path) -> None:
    """Its interval has the shape of the rounded count's, so that nobody finds the other."""
    low, high = (float(end) for end in poisson(41))
    rows = observed("drug_misuse_rate", (UPPER, 2019, 2021, 41, 82.0, 2 * low, 2 * high, 50_000))
    done = protected(rows, processed, threshold=5, rounding_base=5).iloc[0]
    low, high = (float(end) for end in poisson(40))
    assert done["count"] == 40
    assert done["value"] == 80
    assert [done["lower"], done["upper"]] == pytest.approx([2 * low, 2 * high], abs=0.05)


def test_few_who_are_left_out_of_a_share_are_hidden_too(processed: Path) -> None:
    """And the districts whose remainders would give them away."""
    numbers = (("E07000234", 880, 900), ("E07000235", 998, 1000), ("E07000236", 40, 400))
    rows = [(one, 2021, 2021, x, 100 * x / n, np.nan, np.nan, n) for one, x, n in numbers]
    done = protected(observed("prison_continuity", *rows), processed, threshold=5)
    assert done["status"].tolist() == ["suppressed", "suppressed", "suppressed"]
    whole = protected(observed("prison_continuity", *rows[::2]), processed, threshold=5)
    assert whole["status"].tolist() == ["shown", "shown"]


def test_all_ages_may_stand_beside_an_indicator_of_adults(processed: Path) -> None:
    """Also where there is no row of all adults."""
    rows = observed(
        "adults_in_treatment", *counts(UPPER, *((2021, 2021, n) for n in (173, 3, 90, 80)))
    )
    rows = rows.assign(age=["all ages", "under 18", "18-39", "40+"])
    hidden = protected(rows, processed, threshold=5)["status"] == "suppressed"
    assert hidden[1]
    # the adults' own sum may be seen elsewhere: one of them is not hidden alone
    assert hidden[[2, 3]].sum() != 1 or hidden[0]


def test_what_rounds_to_nothing_is_not_zero(processed: Path) -> None:
    rows = observed("drug_death_reviews", *counts(UPPER, (2020, 2020, 2), (2021, 2021, 0)))
    done = protected(rows, processed, threshold=2, rounding_base=5)
    assert done["status"].tolist() == ["rounds to zero", "shown"]
    assert done["count"].isna().tolist() == [True, False]
    assert done["value"].isna().tolist() == [True, False]


def test_a_rate_without_its_count_is_refused(processed: Path) -> None:
    key = "drug_misuse_poisoning_admissions_rate"
    rows = observed(key, (UPPER, 2021, 2021, np.nan, 0.6, np.nan, np.nan, np.nan))
    with pytest.raises(InvalidDataError) as caught:
        protected(rows, processed, threshold=5)
    assert f"A value of '{key}' has no count" in str(caught.value)
    assert "observations.csv, row 2" in str(caught.value)
    # its denominator gives the count
    done = protected(rows.assign(denominator=500_000), processed, threshold=5).iloc[0]
    assert done["status"] == "suppressed"
    assert pd.isna(done["value"])


def test_what_cannot_be_hidden_is_named(processed: Path) -> None:
    rows = observed("drug_death_reviews", *counts("E07000235", (2021, 2021, 1)))
    rows = pd.concat([rows, rows.assign(area_code="E07000234")], ignore_index=True)
    with pytest.raises(InvalidDataError, match="drug_death_reviews, 2021"):
        protected(rows, processed, threshold=5)


def test_shares_are_computed_again_from_protected_numbers() -> None:
    rows = pd.DataFrame(
        {
            "indicator": "prison_continuity",
            "area_code": [UPPER, "E07000237", "E07000238"],
            "area_name": "x",
            "period": "2021/22",
            "sex": "persons",
            "age": "18+",
            "category": "",
            "value": [40.0, 30.0, 50.0],
            "lower": np.nan,
            "upper": np.nan,
            "count": [61.0, 3.0, 58.0],
            "denominator": [152.0, 10.0, 142.0],
            "status": "shown",
            "source": "local_extract",
            "source_row": "observations.csv, line 2",
        }
    ).assign(period_start=pd.Timestamp(2021, 4, 1), period_end=pd.Timestamp(2022, 3, 31))
    areas = pd.DataFrame(
        {
            "code": [UPPER, "E07000237", "E07000238"],
            "upper_code": [UPPER, UPPER, UPPER],
            "valid_to": pd.NaT,
        }
    )
    rule = load().sources["local_extract"].disclosure
    done = protected_observations.protect_observations(
        rows, "local_extract", rule, areas, load().indicators
    )
    assert done["status"].tolist() == ["shown", "suppressed", "suppressed"]
    assert done.loc[0, ["count", "denominator", "value"]].tolist() == [60, 150, 40]
    assert done.loc[0, "lower"] < 40 < done.loc[0, "upper"]
    assert done.loc[[1, 2], ["value", "count", "denominator"]].isna().all(axis=None)
    same = protected_observations.protect_observations(
        rows, "other", rule, areas, load().indicators
    )
    pd.testing.assert_frame_equal(same, rows)


def test_every_rule_is_applied_by_us_or_by_the_publisher() -> None:
    ruled = {
        key: source.disclosure
        for key, source in load().sources.items()
        if source.disclosure.threshold or source.disclosure.rounding_base
    }
    assert {key for key, rule in ruled.items() if not rule.by_publisher} == {"local_extract"}


@pytest.mark.slow
def test_consultation_is_shown_theme_by_theme(made: Made) -> None:
    said = pd.DataFrame(
        {
            "area_code": UPPER,
            "theme": ["Getting help", "Getting help", "Stigma"],
            "text": ["I did <b>not</b> know.", "It was quick.", "People look away."],
            "n": [12, None, 1],
        }
    ).astype({"n": "Int64"})
    processed = made({"consultation": said}, OFF)
    na = assessment.load("Worcestershire", 2022, processed=processed)
    html = to_html(section.consultation(na).items)
    assert html.index("Getting help") < html.index("It was quick.") < html.index("Stigma")
    assert "&lt;b&gt;not&lt;/b&gt; know. (12 people)" in html
    assert "People look away. (1 person)" in html
    assert pd.read_parquet(processed / "consultation.parquet").columns.tolist() == list(
        schemas.COMMENTS.columns
    )


@pytest.mark.slow
def test_few_who_said_the_same_are_not_counted_out(made: Made) -> None:
    said = pd.DataFrame(
        {
            "area_code": UPPER,
            "theme": "Stigma",
            "text": ["Nobody.", "Few.", "Some.", "Many.", "Who knows."],
            "n": pd.array([0, 7, 8, 62, None], dtype="Int64"),
        }
    )
    table = pd.read_parquet(made({"consultation": said}) / "consultation.parquet")
    assert table["people"].tolist() == [
        *("0 people", "fewer than 8 people", "about 10 people", "about 60 people", "")
    ]


def test_the_same_extract_gives_the_same_bytes(made: Made, extract, root, tmp_path) -> None:
    first = (made({"local_counts": extract}) / "local_rates.parquet").read_bytes()
    prepare(tmp_path / "raw", tmp_path / "again")
    assert (tmp_path / "again" / "local_rates.parquet").read_bytes() == first
