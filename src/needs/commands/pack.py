"""Write a data package from processed data: what one authority's report needs, in small tables.

The package carries inputs only. Derived indicators are computed again from them on the other
machine, so a package can never disagree with the package's own arithmetic.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from needs import catalogue as catalogue_module
from needs.catalogue import INDEX_READER, LSOA_POPULATION_READERS, Catalogue, Source
from needs.errors import InvalidDataError, ParameterError
from needs.figures.assessment import own_documents
from needs.report.parameters import slug
from needs.sources import schemas, whole_files
from needs.sources.area_codes import ENGLAND, ENGLAND_AND_WALES, OTHER_NAMES
from needs.sources.columns import FILES
from needs.sources.periods import parse, population_years
from needs.sources.readers.datapackage import read_package
from needs.sources.readers.package_cells import packed
from needs.sources.readers.package_rows import usual_figures
from needs.sources.readers.package_tables import (
    DESCRIPTOR,
    FROM_AREAS,
    LINKED,
    OPTIONAL,
    PACKED,
    SHEETS,
    TABLES,
    table_fields,
)
from needs.sources.written_numbers import age_range
from needs.stats.status import Status
from needs.tables import same_land
from needs.tables.areas import Area, find, same_place, upper_tiers
from needs.tables.authority_features import file_pairs
from needs.tables.derive import people_of_ages, share_limits
from needs.tables.prepare import MANIFEST
from needs.tables.same_land import ADDED
from needs.tables.stored import read_table

#: The option that names the folder of the package.
OUT = "--out"

_WRITTEN_BY = "Written by needs pack."

#: Processed tables that `pack` takes rows from.
TAKEN = (
    "observations",
    "lsoa",
    "lsoa_population",
    "lsoa_neighbours",
    "populations",
    "authority_features",
    "official_neighbours",
    "areas",
)

#: Resources that `pack` writes; other resources of a package are carried over as they are.
WRITTEN = ("observations", "source_places", *TAKEN[1:])

#: Tables of resources that are called otherwise.
TABLE_OF = {"populations": "populations_by_sex"}

#: The number of a line or row in the text that says where a figure stands.
_NUMBER = re.compile(r"(?<=\bline )\d+|(?<=\brow )\d+")

#: A period is taken for a funnel when at least so many authorities have a row of it.
FUNNEL = 30

LICENCE = {
    "name": "OGL-UK-3.0",
    "title": "Open Government Licence v3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}


def pack(
    processed: Path,
    area: str,
    out: Path,
    *years: int,
    catalogue: Catalogue | None = None,
) -> Path:
    """Write the data package of one upper-tier authority.

    It holds the authority, its districts, its region and England in all periods; for funnels, every
    upper-tier authority in the newest period of each indicator (and what derived indicators need
    of it); what the region's unmet need is added up from; the authority's LSOAs on the newest
    index published by each year, and which of them are neighbours; populations; areas; and of every
    upper-tier authority what statistical neighbours are found by, beside the authority's official
    list of them.

    Parameters
    ----------
    processed : Path
        Folder of processed tables.
    area : str
        Code or name of an upper-tier authority.
    out : Path
        Folder of the package. If a package is there already, its other resources, such as printed
        figures and claims, are kept byte for byte.
    *years : int
        Reporting years: the newest periods that end in or before each make its funnels. The
        authority is the one that there is at the end of the last.
    catalogue : Catalogue, optional
        By default the package's own.

    Returns
    -------
    Path
        The descriptor, ``datapackage.json``.

    Raises
    ------
    ParameterError
        An unknown area, or one that is no upper-tier authority; a folder that cannot be written, or
        with the package of another authority.
    MissingDataError
        No processed data.
    InvalidDataError
        The package that is there already has errors.
    """
    whole_files.settle(out)
    whole_files.check_replaceable(out, OUT)
    known = catalogue or catalogue_module.load()
    tables = {name: read_table(processed, name) for name in TAKEN}
    authority = find(area, tables["areas"], max(years))
    if authority.kind != "upper tier":
        raise ParameterError(
            f"{authority.name} ({authority.code}) is not an upper-tier local authority.",
            "area",
            "Find one with: needs areas NAME",
        )
    near = _near(tables["areas"], authority.code)
    before = _before(out)
    _refuse_other(before, authority.name)
    carried = [one for one in before.get("resources", []) if one.get("name") not in WRITTEN]
    printed = _printed(out, carried, known)

    of_years = [
        _of_year(tables, authority, near, year, known, printed) for year in sorted(set(years))
    ]
    chosen = {
        name: pd.concat([one[name] for one in of_years]).drop_duplicates(ignore_index=True)
        if len(of_years) > 1
        else of_years[0][name]
        for name in of_years[0]
    }
    chosen = {name: chosen[name] for name in TAKEN if len(chosen[name])}
    cited = {source for *_, joined in printed for source in joined.split(";")}
    origins = _origins(chosen, known, _files(processed))
    written = _without_repeats(chosen, known)
    descriptor = _descriptor(authority.name, written, carried, origins, cited, known)

    # everything is made before anything is written, so that a failure leaves the old package
    texts = {f"{name}.csv": _csv(rows) for name, rows in written.items()}
    texts[DESCRIPTOR] = _json(descriptor) + "\n"
    whole_files.write_folder(out, texts, OUT)
    return out / DESCRIPTOR


def _of_year(
    tables: Mapping[str, pd.DataFrame],
    authority: Area,
    near: list[str],
    year: int,
    known: Catalogue,
    printed: set[tuple[str, ...]],
) -> dict[str, pd.DataFrame]:
    """The rows that a report of the authority and the year needs, by table."""
    observations = _observations(tables, authority.region_code, near, year, known, printed)
    return {
        "observations": observations,
        **_lsoas(tables, authority.code, year, known),
        "populations": _populations(tables, near, observations, year, known),
        "authority_features": _features(
            tables["authority_features"], tables["areas"], authority.code, year
        ),
        "official_neighbours": _official(
            tables["official_neighbours"], tables["areas"], authority.code, year
        ),
        "areas": _areas(tables["areas"], near),
    }


def _near(areas: pd.DataFrame, code: str) -> list[str]:
    """The authority, its districts, its region and England."""
    own = areas[areas["code"] == code]
    districts = areas[(areas["upper_code"] == code) & (areas["kind"] == "district")]
    regions = own["region_code"].dropna()
    return list(dict.fromkeys([code, *sorted(districts["code"]), *regions, ENGLAND]))


def _before(out: Path) -> Mapping[str, Any]:
    """The descriptor of the package that is there; empty where there is none.

    Raises
    ------
    InvalidDataError
    """
    path = out / DESCRIPTOR
    if not path.is_file():
        return {}
    try:
        package = json.loads(path.read_text(encoding="utf-8-sig"))
        if not all(isinstance(one, dict) for one in package.get("resources", [])):
            raise ValueError("its resources are no list of objects")
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise InvalidDataError(
            f"The data package that is there cannot be read: {error}.",
            f"{out.name}/{DESCRIPTOR}",
            "Mend it, or name another folder with --out.",
        ) from None
    return dict(package)


def _refuse_other(before: Mapping[str, Any], name: str) -> None:
    """Refuse to replace the package of another authority."""
    own = str(before.get("description", "")).endswith(_WRITTEN_BY)
    if own and before.get("name") != _package_name(name):
        whose = str(before.get("title", before.get("name"))).split(":")[0]
        raise ParameterError(
            f"There is the data package of {whose} already, and this one is of {name}.",
            OUT,
            "Name another folder, or move that package away.",
        )


def _package_name(area: str) -> str:
    return f"needs-{slug(area) or 'area'}"


def _printed(
    out: Path, carried: list[Mapping[str, Any]], catalogue: Catalogue
) -> set[tuple[str, ...]]:
    """Keys, with sources, of observations that the carried resources hold."""
    if not any(one.get("table", one.get("name")) == "observations" for one in carried):
        return set()
    rows = read_package(out, catalogue, only=[str(one["name"]) for one in carried])["observations"]
    return set(_keys(rows))


def _keys(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    columns = [*schemas.OBSERVATION_KEY, "source"]
    return list(rows[columns].astype("str").itertuples(index=False, name=None))


def _observations(
    tables: Mapping[str, pd.DataFrame],
    region: str,
    near: Iterable[str],
    year: int,
    catalogue: Catalogue,
    printed: set[tuple[str, ...]],
) -> pd.DataFrame:
    code, *_ = near
    codes = {code: same_place(code, tables["areas"])}
    table = own_documents(tables["observations"], codes, catalogue)
    derived = [one.key for one in catalogue.indicators.values() if one.numerator]
    # a derived indicator's row is kept only where it was published: it cannot be made again
    table = table[~table["indicator"].isin(derived) | (table["method"] == "published")]
    table = table[table["method"] != ADDED]
    table = table[[key not in printed for key in _keys(table)]]

    headline = table["category"] == ""
    # of England's many breakdowns those stay that the authority has too, and the gradients
    keys = pd.MultiIndex.from_frame(table[["indicator", "category"]])
    divided = keys.isin(keys[table["area_code"] == code])
    near_by = table["area_code"].isin(list(near))
    own = table[near_by & (headline | divided | (table["area_code"] != ENGLAND))]
    authorities = tables["areas"][tables["areas"]["kind"] == "upper tier"]
    rest = table[
        headline & (table["sex"] == "persons") & table["area_code"].isin(authorities["code"])
    ]
    rest = _no_land_twice(rest, tables["areas"], year)
    funnel = rest.merge(_funnel_periods(rest, year, catalogue), on=["indicator", "period"])
    peers = authorities.loc[authorities["region_code"] == region, "code"]
    summed = rest[rest["indicator"].isin(_summed(catalogue)) & rest["area_code"].isin(peers)]
    chosen = pd.concat(
        [own, funnel[table.columns], summed, _gradients(table, year)], ignore_index=True
    )
    chosen = chosen.drop_duplicates([*schemas.OBSERVATION_KEY])
    return chosen.sort_values([*schemas.OBSERVATION_KEY], kind="stable").reset_index(drop=True)


def _no_land_twice(rows: pd.DataFrame, areas: pd.DataFrame, year: int) -> pd.DataFrame:
    """Leave out what a place has under its other codes: a reader of the package finds it again."""
    lands = same_land.lands(areas)
    in_use = {one.code for one in upper_tiers(areas, year)}
    kept = set()
    for key, codes in rows.groupby(["indicator", "period"])["area_code"]:
        ordered = sorted(set(codes), key=lambda one: (one not in in_use, one))
        kept |= {(key, code) for code in same_land.apart(ordered, lands)}
    keys = zip(rows["indicator"], rows["period"], strict=True)
    return rows[[one in kept for one in zip(keys, rows["area_code"], strict=True)]]


def _summed(catalogue: Catalogue) -> list[str]:
    """Indicators that are added up over the authorities of a region, to derive its unmet need."""
    needs = [one for one in catalogue.indicators.values() if one.statistic == "unmet_need"]
    return [key for one in needs for key in (one.numerator, one.denominator) if key]


def _gradients(table: pd.DataFrame, year: int) -> pd.DataFrame:
    """National rows by deprivation decile or by age, from the period that a report draws on."""
    from needs.chapters.inequality import DECILES, set_of

    deciles = table["category"].str.match(DECILES)
    national = (table["area_code"] == ENGLAND) & deciles
    national |= table["area_code"] == ENGLAND_AND_WALES
    rows = table[national & (table["period_end"] <= _last_day(year))]
    if rows.empty:
        return rows
    newest = {}
    for indicator, group in rows.groupby("indicator"):
        drawn = set_of(group[group["sex"] == "persons"])
        newest[indicator] = (drawn if len(drawn) else group)["period_end"].max()
    return rows[rows["period_end"] >= rows["indicator"].map(newest)]


def _last_day(year: int) -> pd.Timestamp:
    return pd.Timestamp(year=year, month=12, day=31)


def _funnel_periods(rows: pd.DataFrame, year: int, catalogue: Catalogue) -> pd.DataFrame:
    """The newest period of each indicator that authorities are compared by, and of its inputs."""
    rows = rows[(rows["period_end"] <= _last_day(year)) & (rows["status"] != Status.UNAVAILABLE)]
    periods = rows.groupby(["indicator", "period", "period_start"])["area_code"].nunique()
    full = periods[periods >= FUNNEL].reset_index().sort_values(["period_start", "period"])
    declared = catalogue.indicators.values()
    # what tells a trend alone is not compared among authorities
    trends = {one.trend_from for one in declared}
    compared = [one for one in declared if one.key not in trends]
    inputs = {key for one in compared for key in (one.numerator, one.denominator) if key}
    # counts of areas of different size are not compared; they go along where a rate needs them
    counts = {one.key for one in declared if one.statistic in ("count", "amount")} - inputs
    full = full[~full["indicator"].isin(sorted(counts))]
    return full.groupby("indicator").tail(1)[["indicator", "period"]]


def _lsoas(
    tables: Mapping[str, pd.DataFrame], code: str, year: int, catalogue: Catalogue
) -> dict[str, pd.DataFrame]:
    """The authority's LSOAs on the newest index by the year, their residents and neighbours."""
    rows = tables["lsoa"][tables["lsoa"]["upper_code"] == code]
    published = {one.edition: one.published for one in catalogue.indices.values()}
    editions = [
        one for one in rows["edition"].unique() if published.get(str(one), year + 1) <= year
    ]
    rows = rows[rows["edition"] == max(editions, key=lambda one: published[one], default="")]
    people = tables["lsoa_population"]
    people = people[
        people["lsoa_code"].isin(rows["lsoa_code"])
        & people["lsoa_vintage"].isin(rows["lsoa_vintage"])
        & people["year"].between(year - 3, year)
    ]
    pairs = tables["lsoa_neighbours"]
    pairs = pairs[
        pairs["lsoa_code"].isin(rows["lsoa_code"])
        & pairs["neighbour_code"].isin(rows["lsoa_code"])
        & pairs["lsoa_vintage"].isin(rows["lsoa_vintage"])
    ]
    return {
        "lsoa": rows.sort_values(["edition", "lsoa_code"]).reset_index(drop=True),
        "lsoa_population": people.sort_values(["lsoa_vintage", "lsoa_code", "year"]).reset_index(
            drop=True
        ),
        "lsoa_neighbours": pairs.sort_values(
            ["lsoa_vintage", "lsoa_code", "neighbour_code"]
        ).reset_index(drop=True),
    }


def _populations(
    tables: Mapping[str, pd.DataFrame],
    near: Iterable[str],
    observations: pd.DataFrame,
    year: int,
    catalogue: Catalogue,
) -> pd.DataFrame:
    """Near by: totals, the newest ages, and those of rates. Elsewhere: what rates divide by."""
    table = tables["populations"]
    total = table["age_from"].eq(0) & table["age_to"].isna()
    own = table["area_code"].isin(list(near))
    aged = table[own & ~total & (table["year"] <= year)]
    newest = aged.groupby("sex")["year"].transform("max") if len(aged) else aged["year"]
    chosen = [table[own & total], aged[aged["year"] == newest]]
    for (ages, lag), numerators in _rated(catalogue).items():
        used = observations.loc[observations["indicator"].isin(numerators), _OF_PEOPLE]
        rows = _divided_by(table[~total if ages else total], used, lag)
        if ages:
            elsewhere = ~rows["area_code"].isin(list(near))
            rows = pd.concat([rows[~elsewhere], _added_up(rows[elsewhere], ages)])
        chosen.append(rows)
    joined = pd.concat(chosen).drop_duplicates([*schemas.POPULATION_KEY])
    return joined.sort_values([*schemas.POPULATION_KEY], kind="stable").reset_index(drop=True)


def _rated(catalogue: Catalogue) -> dict[tuple[str, int], list[str]]:
    """Indicators that are divided by residents, by their ages and how old they may be."""
    found: dict[tuple[str, int], list[str]] = {}
    for one in catalogue.indicators.values():
        if one.denominator == "population":
            found.setdefault((one.population_age, one.population_lag), []).append(one.numerator)
    return found


#: Whose residents, when, and of which sex.
_OF_PEOPLE = ["area_code", "period", "sex"]


def _divided_by(people: pd.DataFrame, used: pd.DataFrame, lag: int) -> pd.DataFrame:
    """Residents that figures are divided by: of their years, or of as many years before."""
    people = people[people["area_code"].isin(used["area_code"])]
    keys = pd.MultiIndex.from_frame(people[["area_code", "year", "sex"]])
    at_hand: set[tuple[str, int, str]] = set(keys.unique())
    found: set[tuple[str, int, str]] = set()
    for area, period, sex in used.drop_duplicates().itertuples(index=False, name=None):
        for back in range(lag + 1):
            own = {(area, year - back, sex) for year in population_years(str(period))}
            if own <= at_hand:
                found |= own
                break
    return people[keys.isin(found)]


def _added_up(people: pd.DataFrame, ages: str) -> pd.DataFrame:
    """One row of each area, year and sex for a range of ages."""
    first, last = age_range(ages)
    sums = people_of_ages(people, ages)
    names = people.drop_duplicates(["area_code", "year"]).set_index(["area_code", "year"])
    rows = [
        {
            **names.loc[(area, year), ["area_name", "edition"]],
            **{"area_code": area, "year": year, "sex": sex, "age_from": first},
            **{"age_to": last, "population": number, "source_row": row},
        }
        for (area, year, sex), (number, row) in sums.items()
    ]
    return schemas.conform(pd.DataFrame(rows, columns=[*people.columns]), schemas.POPULATIONS)


def _features(table: pd.DataFrame, areas: pd.DataFrame, code: str, year: int) -> pd.DataFrame:
    """Features that serve the reporting year, of all authorities in use and of the own one."""
    used = {one.code for one in upper_tiers(areas, year)} | {code}
    rows = table[(table["year"] <= year) & table["area_code"].isin(used)]
    newest: pd.DataFrame = rows[rows["year"] == rows["year"].max()]
    return newest.sort_values("area_code").reset_index(drop=True)


def _official(table: pd.DataFrame, areas: pd.DataFrame, code: str, year: int) -> pd.DataFrame:
    """The authority's own list that serves the reporting year, under whichever of its codes."""
    same = same_place(code, areas)
    rows = table[table["tier"].eq("upper tier") & (table["year"] <= year)]
    own = [
        one for one in rows["area_code"].unique() if one in same or code in same_place(one, areas)
    ]
    rows = rows[rows["area_code"].isin(own)]
    newest: pd.DataFrame = rows[rows["year"] == rows["year"].max()]
    return newest.sort_values("rank").reset_index(drop=True)


def _areas(areas: pd.DataFrame, near: Iterable[str]) -> pd.DataFrame:
    chosen = areas[areas["kind"].ne("district") | areas["code"].isin(list(near))]
    return chosen.sort_values("code").reset_index(drop=True)


def _without_repeats(
    tables: Mapping[str, pd.DataFrame], catalogue: Catalogue
) -> dict[str, pd.DataFrame]:
    """The tables as they are written: what a reader puts together again is written once."""
    written = dict(tables)
    if "observations" in tables:
        written["observations"] = _without_defaults(tables["observations"], catalogue)
    if "populations" in tables:
        of = ";".join(catalogue.sources_of("population"))
        written["populations"] = _beside(tables["populations"]).assign(source=of)
    linked = {name: written[name] for name in written if TABLE_OF.get(name, name) in LINKED}
    if linked:
        own, written["source_places"] = _places(linked)
        written |= own
    if "areas" in tables:
        for name in written.keys() & FROM_AREAS.keys():
            written[name] = _without_areas(written[name], FROM_AREAS[name], tables["areas"])
    return {name: written[name] for name in WRITTEN if name in written}


def _places(tables: Mapping[str, pd.DataFrame]) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Tables whose rows name a place by its number, and the places."""
    texts = (text for rows in tables.values() for text in rows["source_row"].unique())
    if any(re.search("[{}]", text.replace("{sheet}", "")) for text in texts):
        return dict(tables), pd.DataFrame(columns=list(TABLES["source_places"].columns))
    common, numbers = {}, {}
    for name, rows in tables.items():
        text = rows["source_row"].astype("object")
        if "period" in rows:
            pairs = zip(text, rows["period"], strict=True)
            text = pd.Series([_of_period(one, str(period)) for one, period in pairs], rows.index)
        common[name] = pd.DataFrame(
            {"source": rows["source"], "source_row": [_NUMBER.sub("{}", one) for one in text]}
        )
        numbers[name] = [";".join(_NUMBER.findall(one)) for one in text]
    places = pd.concat(common.values()).drop_duplicates()
    places = places.sort_values(["source", "source_row"], ignore_index=True)
    places.insert(0, "place", [str(number) for number in range(1, len(places) + 1)])
    linked = {}
    for name, rows in tables.items():
        own = rows.drop(columns=["source", "source_row"]).assign(
            place=common[name].merge(places, how="left", validate="m:1")["place"].to_numpy()
        )
        takes = name == "observations" or any(numbers[name])
        linked[name] = own.assign(rows=numbers[name]) if takes else own
    return linked, places


def _of_period(text: str, period: str) -> str:
    """A place with {period} for its own period, where each period has columns of its own."""
    return text.replace(f", columns of {period}", ", columns of {period}")


def _beside(populations: pd.DataFrame) -> pd.DataFrame:
    """Persons, males and females beside each other, in the order of the table's key."""
    sexes = ["persons", "male", "female"]
    keys = [name for name in populations.columns if name not in ("sex", "population")]
    populations = populations.assign(
        source_row=[
            text.replace(SHEETS[sex], "{sheet}")
            for text, sex in zip(populations["source_row"], populations["sex"], strict=True)
        ]
    )
    wide = populations[keys].drop_duplicates(ignore_index=True)
    for sex in sexes:
        rows = populations[populations["sex"] == sex].rename(columns={"population": sex})
        wide = wide.merge(rows[[*keys, sex]], on=keys, how="left", validate="1:1")
    order = [name for name in schemas.POPULATION_KEY if name != "sex"]
    wide = wide.sort_values([*order, "edition"], kind="stable", ignore_index=True)
    return wide[list(TABLES["populations_by_sex"].columns)]


def _without_areas(
    rows: pd.DataFrame, columns: Mapping[str, tuple[str, str]], areas: pd.DataFrame
) -> pd.DataFrame:
    """Leave out what is that of the package's areas."""
    written = rows
    for column, (code, wanted) in columns.items():
        known = dict(zip(areas["code"], areas[wanted], strict=True))
        known |= OTHER_NAMES if wanted == "name" else {}
        own = rows[column].mask(rows[code].map(known).eq(rows[column]))
        written = written.assign(**{column: own})
        written = written if own.notna().any() else written.drop(columns=column)
    return written


def _descriptor(
    name: str,
    tables: Mapping[str, pd.DataFrame],
    carried: Iterable[Mapping[str, Any]],
    origins: Mapping[str, Sequence[_Origin]],
    cited: Iterable[str],
    catalogue: Catalogue,
) -> dict[str, Any]:
    keys = {*cited, *(one.source.key for rows in origins.values() for one in rows)}
    resources = []
    for resource, rows in tables.items():
        table = TABLE_OF.get(resource, resource)
        cells = _cells(rows)
        schema = _table_schema(table, cells, tables)
        behind = origins["observations" if resource == "source_places" else resource]
        resources.append(
            {
                "name": resource,
                **({"table": table} if table != resource else {}),
                "description": _where_rows_stand(resource, behind),
                "path": f"{resource}.csv",
                "profile": "tabular-data-resource",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "sources": _titles(one.source for one in behind),
                "schema": schema,
                PACKED: packed(schema["fields"], cells),
            }
        )
    return {
        "profile": "tabular-data-package",
        "name": _package_name(name),
        "title": f"{name}: figures for a drug and alcohol needs assessment",
        "description": (
            "Official statistics in the tidy columns of the package 'needs'. Rows of observations "
            "name their source and the place in its file; of every other table, its description "
            "says where its rows stand. " + _WRITTEN_BY
        ),
        "licenses": [LICENCE],
        "sources": _titles(catalogue.sources[key] for key in sorted(keys)),
        "resources": [*resources, *carried],
    }


def _json(value: Any, margin: str = "") -> str:
    """A descriptor as text: what holds plain values only stands on one line."""
    inner = margin + " "
    if isinstance(value, dict) and any(isinstance(one, dict | list) for one in value.values()):
        within = [f"{json.dumps(key)}: {_json(one, inner)}" for key, one in value.items()]
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        within = [_json(one, inner) for one in value]
    else:
        return json.dumps(value, ensure_ascii=False)
    opened, closed = "{}" if isinstance(value, dict) else "[]"
    return f"{opened}\n{inner}" + f",\n{inner}".join(within) + f"\n{margin}{closed}"


def _table_schema(
    table: str, cells: Mapping[str, Sequence[str]], tables: Mapping[str, pd.DataFrame]
) -> dict[str, Any]:
    full = [column for column, own in cells.items() if all(own)]
    fields = [one for one in table_fields(table) if one["name"] in cells]
    for one in fields:
        if one["name"] not in full:  # what is empty is filled in by the reader
            one.pop("constraints", None)
    links = []
    if "place" in cells and table != "source_places":
        fields += [one for one in _LINK_FIELDS if one["name"] in cells]
        links.append(("place", "source_places", "place"))
    known = set(tables["areas"]["code"]) if "areas" in tables else set()
    links += [
        (code, "areas", "code")
        for name, (code, _) in FROM_AREAS.get(table, {}).items()
        if name not in cells and code in cells and known.issuperset(cells[code])
    ]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    key = [one for one in TABLES[table].unique or [] if one in cells]
    if set(key) <= set(full):
        schema["primaryKey"] = key
    if links:
        schema["foreignKeys"] = [
            {"fields": own, "reference": {"resource": resource, "fields": theirs}}
            for own, resource, theirs in dict.fromkeys(links)
        ]
    return schema


#: How the columns that stand for source and source_row are declared.
_LINK_FIELDS = (
    {
        "name": "place",
        "type": "string",
        "description": "The row of source_places that says where the figure stands.",
        "constraints": {"required": True},
    },
    {
        "name": "rows",
        "type": "string",
        "description": "The numbers for the {} of that place, in order, joined with ;",
    },
)


@dataclass(frozen=True)
class _Origin:
    """A source of a table: what it gives, from which files that were read, and in which row."""

    source: Source
    gives: str = ""
    files: tuple[str, ...] = ()
    row: str = ""


def _titles(sources: Iterable[Source]) -> list[dict[str, str]]:
    """Sources as a descriptor lists them."""
    by_key = {one.key: one for one in sources}
    return [
        {"title": f"{one.producer}: {one.title}", "path": one.landing_page}
        for one in by_key.values()
    ]


def _where_rows_stand(resource: str, origins: Iterable[_Origin]) -> str:
    """The source of a table's rows, where they do not name it themselves."""
    if resource == "observations":
        return (
            "Each row names a row of source_places by its place: there stand its source and the "
            "file, with the line or row that it gives. What is left out or empty: the name, which "
            "stands in areas; sex, persons; age, that of the indicator; status, shown where there "
            "is a value and unavailable elsewhere. A share whose count and denominator are there "
            "is worked out from them, with its limits."
        )
    if resource == "source_places":
        return "Sources, and places in their files, that rows of other tables name."
    said = []
    for one in origins:
        parts = (one.source.key, ", ".join(one.files), one.row)
        said.append(f"{one.gives}: {', '.join(filter(None, parts))}.")
    return " ".join(said)


def _files(processed: Path) -> dict[tuple[str, str], str]:
    """The file that was read of each source and edition, and its edition."""
    path = processed / MANIFEST
    listed = json.loads(path.read_text(encoding="utf-8"))["files"] if path.is_file() else []
    return {
        (
            one["source"],
            one["edition"],
        ): f"{one['path'].rsplit('/', 1)[-1]}, edition {one['edition']}"
        for one in listed
        if one.get("edition")
    }


def _origins(
    tables: Mapping[str, pd.DataFrame], catalogue: Catalogue, files: Mapping[tuple[str, str], str]
) -> dict[str, tuple[_Origin, ...]]:
    """Sources behind each table: those that rows name, and else the files that were read for it."""
    read_by = functools.partial(_origins_by_reader, catalogue, files)

    def named(table: str, gives: Mapping[str, str], row: str) -> list[_Origin]:
        return _origins_by_rows(catalogue, tables[table], gives, row)

    residents = dict.fromkeys(LSOA_POPULATION_READERS, "population")
    found: dict[str, list[_Origin]] = {}
    if "observations" in tables:
        joined = ";".join(map(str, tables["observations"]["source"].unique()))
        found["observations"] = [
            _Origin(catalogue.sources[key]) for key in sorted(set(joined.split(";")))
        ]
    upper = read_by("geography", "upper_code, upper_name", "by code", table="district_upper")
    if "areas" in tables:
        found["areas"] = [
            *read_by("geography", "Codes, names and dates", "by code", table="district_history"),
            *upper,
            *read_by("geography", "region_code", "by code", table="district_region"),
        ]
    own_row = "the row of the lsoa_code"
    if "lsoa" in tables:
        centroids = [
            one
            for vintage in tables["lsoa"]["lsoa_vintage"].unique()
            for one in read_by("centroids", "easting, northing", own_row, lsoa_vintage=vintage)
        ]
        found["lsoa"] = [
            *named("lsoa", {INDEX_READER: "Scores, ranks and deciles"}, own_row),
            *upper,
            *centroids,
        ]
    if "lsoa_population" in tables:
        found["lsoa_population"] = named("lsoa_population", residents, own_row)
    if "lsoa_neighbours" in tables:
        pairs = {"boundaries": "Pairs that share a border or a corner"}
        found["lsoa_neighbours"] = named("lsoa_neighbours", pairs, "worked out")
    if "populations" in tables:
        editions = set(tables["populations"]["edition"])
        people = read_by("ons_population", "population", "the row of the area_code")
        found["populations"] = [
            replace(
                one,
                files=tuple(
                    files[one.source.key, edition.edition]
                    for edition in one.source.editions
                    if edition.edition in editions and (one.source.key, edition.edition) in files
                ),
            )
            for one in people
        ]
    if "authority_features" in tables:
        gives = {
            "ons_population": "population, shares by age",
            INDEX_READER: "imd_score, most_deprived_fifth",
            **dict.fromkeys(LSOA_POPULATION_READERS, "residents"),
            "boundaries": "km2, sparsely_populated",
        }
        worked = "worked out for each authority"
        found["authority_features"] = named("authority_features", gives, worked)
    if "official_neighbours" in tables:
        lists = {"nearest_neighbours": "Neighbours and their distances"}
        found["official_neighbours"] = named(
            "official_neighbours", lists, "the row of the area_code"
        )
    return {name: tuple(rows) for name, rows in found.items()}


def _origins_by_reader(
    catalogue: Catalogue,
    files: Mapping[tuple[str, str], str],
    reader: str,
    gives: str,
    row: str = "",
    **options: Any,
) -> list[_Origin]:
    """Sources of a reader whose editions have some options, with the files that were read."""
    found = []
    for source in catalogue.sources.values():
        editions = [
            one.edition
            for one in source.editions
            if all(one.options.get(key, value) == value for key, value in options.items())
        ]
        names = (files.get((source.key, edition), "") for edition in editions)
        if source.reader == reader and editions:
            found.append(_Origin(source, gives, tuple(filter(None, names)), row))
    return found


def _origins_by_rows(
    catalogue: Catalogue, table: pd.DataFrame, gives: Mapping[str, str], row: str
) -> list[_Origin]:
    """Files that rows name, in order of the readers in `gives`."""
    rows = table[list(FILES)].drop_duplicates().to_dict("records")
    pairs = dict.fromkeys(pair for one in rows for pair in file_pairs(one))
    by_source: dict[str, dict[str, None]] = {}
    for key, name in pairs:
        file = re.split(r", (?:sum of|rows?) ", name)[0]
        by_source.setdefault(key, {})[file] = None
    return [
        _Origin(catalogue.sources[key], gives[reader], tuple(names), row)
        for reader in gives
        for key, names in by_source.items()
        if catalogue.sources[key].reader == reader
    ]


def _without_defaults(rows: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Observations without what is filled in the same way when they are read and prepared."""
    periods = {str(text): parse(str(text)) for text in rows["period"].unique()}
    bare = rows.assign(lower=float("nan"), upper=float("nan"))
    usual = {
        **usual_figures(rows.assign(status=None), catalogue),
        **{limit: share_limits(bare, catalogue)[limit] for limit in ("lower", "upper")},
        "period_start": rows["period"].map({key: one.start for key, one in periods.items()}),
        "period_end": rows["period"].map({key: one.end for key, one in periods.items()}),
    }
    # publishers' verdicts stay with their files
    written = rows.drop(columns="verdict", errors="ignore").astype("object")
    for column, cells in usual.items():
        written[column] = written[column].mask(rows[column] == cells.astype(rows[column].dtype))
    nothing = [one for one in OPTIONAL if one in written and not any(_cells(written[[one]])[one])]
    return written.drop(columns=nothing)


def _csv(rows: pd.DataFrame) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.columns)
    writer.writerows(zip(*_cells(rows).values(), strict=True))
    return text.getvalue()


def _cells(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Cells of each column as they are written."""
    return {str(column): [_cell(value) for value in rows[column]] for column in rows.columns}


def _cell(value: Any) -> str:
    """A cell that reads back as the same value: shortest exact decimals, ISO dates, no commas."""
    if value is None or value is pd.NA or pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(float(value))
    return str(value)
