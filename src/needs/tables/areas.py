"""Areas: codes, names, and what became of those that ended.

Everything here works from the processed table ``areas`` alone, whether it was built from the
national lookups or carried in a data package.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from needs.catalogue import in_use
from needs.errors import InvalidDataError, ParameterError, Problem
from needs.sources.area_codes import ENGLAND, LOCAL, OTHER_NAMES, UNITARY

#: Countries that are not England, by the first letter of their areas' codes; K: several countries.
_OTHERS = {"W": "Wales", "S": "Scotland", "N": "Northern Ireland", "K": ""}

ENGLAND_ONLY = "Give an upper-tier authority of England; needs areas lists all of them."


@dataclass(frozen=True)
class Area:
    """One area, by its Office for National Statistics code.

    Attributes
    ----------
    code, name : str
    kind : str
        "country", "region", "upper tier" or "district". A unitary authority is an upper tier.
    region_code, upper_code : str
        Empty where there is none; a unitary authority is its own upper tier.
    valid_from, valid_to : datetime.date or None
        First and last day of the code; None: before our records, or still in use.
    successors : tuple of str
        Codes that took over on the day after `valid_to`.
    """

    code: str
    name: str
    kind: str
    region_code: str = ""
    upper_code: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successors: tuple[str, ...] = ()

    def valid_on(self, day: date) -> bool:
        """Whether the code was in use on a day.

        Examples
        --------
        >>> cumbria = Area("E10000006", "Cumbria", "upper tier", valid_to=date(2023, 3, 31))
        >>> cumbria.valid_on(date(2022, 12, 31)), cumbria.valid_on(date(2023, 12, 31))
        (True, False)
        """
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to)


def find(text: str, areas: pd.DataFrame, year: int | None = None) -> Area:
    """Return the one area with a code or name.

    Letter case, "&", full stops and endings such as ", City of" do not matter. Where a name was
    borne by several codes, the one in use at the end of `year` is meant, or the newest. A code is
    always the area of that code, also when it has ended: see its `successors`.

    Parameters
    ----------
    text : str
        Code or whole name.
    areas : DataFrame
        The processed table ``areas``.
    year : int, optional
        Reporting year.

    Returns
    -------
    Area

    Raises
    ------
    ParameterError
        When no area has that code or name; the nearest names are listed.

    Examples
    --------
    >>> table = pd.DataFrame({"code": ["E10000034"], "name": ["Worcestershire"],
    ...     "kind": ["upper tier"], "region_code": ["E12000005"], "upper_code": ["E10000034"],
    ...     "valid_from": [pd.NaT], "valid_to": [pd.NaT], "successor": [None]})
    >>> find("worcestershire", table).code
    'E10000034'
    """
    wanted = text.strip()
    same_code = areas["code"].str.upper() == wanted.upper()
    if same_code.any():
        return _areas(areas[same_code])[0]
    plain = areas["name"].map(plain_name)
    named = areas[plain == plain_name(wanted)]
    if named.empty:
        if told := outside_england(wanted):
            raise ParameterError(told, "--area", ENGLAND_ONLY)
        near = _nearest(wanted, areas)
        raise ParameterError(
            f"There is no area '{wanted}'.{_suggest(near)}",
            "--area",
            f'Give the name as it is listed, such as "{near[0]}"; needs areas lists all of them.'
            if near
            else "needs areas lists all names and codes; needs areas TEXT those with TEXT in them.",
        )
    found = _areas(named)
    return max(found, key=lambda area: _preference(area, year))


def outside_england(text: str) -> str:
    """Say so of a text that is a code or name of another country or of its areas; else nothing.

    Names stand in ``catalogue/maps/outside_england.csv``.

    Examples
    --------
    >>> outside_england("cardiff")
    'Cardiff is in Wales: needs covers England only.'
    >>> outside_england("S12000036")
    'S12000036 is in Scotland: needs covers England only.'
    >>> outside_england("Scotland"), outside_england("Rutland")
    ('Scotland is not England: needs covers England only.', '')
    """
    wanted = text.strip()
    if re.fullmatch(r"[WSNK]\d{8}", wanted.upper()):
        found = [(_OTHERS[wanted[0].upper()], wanted.upper())]
    else:
        pairs = [(row["country"], row["name"]) for row in in_use("maps/outside_england.csv").rows()]
        found = [pair for pair in pairs if plain_name(pair[1]) == plain_name(wanted)]
    if not found:
        return ""
    country, name = found[0]
    place = f"in {country}" if country not in ("", name) else "not England"
    return f"{name} is {place}: needs covers England only."


def known_code(text: str, areas: pd.DataFrame) -> bool:
    """Whether a text is the code of an area."""
    return bool((areas["code"] == text.strip()).any())


def nearest_code(text: str, areas: pd.DataFrame) -> str:
    """A remedy for a text that is no code: the code of the area that it names or is near.

    Examples
    --------
    >>> table = pd.DataFrame({"code": ["E06000016"], "name": ["Leicester"],
    ...     "kind": ["upper tier"], "region_code": ["E12000004"], "upper_code": ["E06000016"],
    ...     "valid_from": [pd.NaT], "valid_to": [pd.NaT], "successor": [None]})
    >>> nearest_code("Leicester", table), nearest_code("E0600016", table)
    ('Did you mean E06000016 (Leicester)?', 'Did you mean E06000016 (Leicester)?')
    """
    wanted = text.strip()
    if told := outside_england(wanted):
        return told
    if (areas["name"].map(plain_name) == plain_name(wanted)).any():
        named = find(wanted, areas)
        return f"Did you mean {named.code} ({named.name})?"
    codes = dict(zip(areas["name"], areas["code"], strict=True))
    names = dict(zip(areas["code"], areas["name"], strict=True))
    near = difflib.get_close_matches(wanted.upper(), list(names), n=3, cutoff=0.8)
    near = near or [codes[name] for name in _nearest(wanted, areas)[:3]]
    if not near:
        return "Find the code with: needs areas TEXT"
    return f"Did you mean {' or '.join(f'{one} ({names[one]})' for one in near)}?"


def search(text: str, areas: pd.DataFrame) -> tuple[Area, ...]:
    """Return areas whose code or name holds a text, or whose name is near it, by kind and name.

    With an empty text, all areas.

    Examples
    --------
    >>> table = pd.DataFrame({"code": ["E07000237", "E10000034"],
    ...     "name": ["Worcester", "Worcestershire"], "kind": ["district", "upper tier"],
    ...     "region_code": ["E12000005"] * 2, "upper_code": ["E10000034"] * 2,
    ...     "valid_from": [pd.NaT] * 2, "valid_to": [pd.NaT] * 2, "successor": [None] * 2})
    >>> [area.name for area in search("worcester", table)]
    ['Worcestershire', 'Worcester']
    """
    wanted = plain_name(text)
    plain = areas["name"].map(plain_name)
    held = plain.str.contains(wanted, regex=False) | areas["code"].str.casefold().str.contains(
        text.strip().casefold(), regex=False
    )
    if not held.any():
        near = difflib.get_close_matches(wanted, plain.tolist(), n=5, cutoff=0.6)
        held = plain.isin(near)
    kinds = {"country": 0, "region": 1, "upper tier": 2, "district": 3}
    found = _areas(areas[held])
    return tuple(sorted(found, key=lambda area: (kinds[area.kind], area.name, area.code)))


def children(code: str, areas: pd.DataFrame, year: int | None = None) -> tuple[Area, ...]:
    """Return the districts of a county, by name; a unitary authority has none.

    Parameters
    ----------
    year : int, optional
        Districts in use at the end of that year; when not given, those in use last.
    """
    rows = areas[(areas["upper_code"] == code) & (areas["code"] != code)]
    found = _areas(rows)
    if year is not None:
        found = [area for area in found if area.valid_on(date(year, 12, 31))]
    elif found:
        last = max(area.valid_to or date.max for area in found)
        found = [area for area in found if (area.valid_to or date.max) == last]
    return tuple(sorted(found, key=lambda area: area.name))


def predecessors(code: str, areas: pd.DataFrame) -> tuple[Area, ...]:
    """Return the areas that a code took over from, by code."""
    successors = areas["successor"].fillna("").astype(str)
    rows = areas[successors.str.split(";").map(lambda codes: code in codes)]
    return tuple(_areas(rows.sort_values("code")))


def same_place(code: str, areas: pd.DataFrame) -> tuple[str, ...]:
    """Return all codes of one place under one name or footprint, this one first, then newest.

    A code that took over from exactly one, which ended in it alone and was of the same tier, is the
    same place: Barnsley before and after April 2025, Buckinghamshire before and after April 2020.
    """
    codes = [code]
    for one in codes:
        before = [area for area in predecessors(one, areas) if area.kind == "upper tier"]
        if len(before) == 1 and before[0].successors == (one,):
            codes.append(before[0].code)
    return tuple(codes)


def former(area: Area, areas: pd.DataFrame) -> str:
    """Say in a sentence that an area has ended, and what took over; nothing for one in use.

    Examples
    --------
    >>> table = pd.DataFrame({"code": ["E06000060", "E10000002"], "name": ["Buckinghamshire"] * 2,
    ...     "kind": ["upper tier"] * 2, "region_code": ["E12000008"] * 2,
    ...     "upper_code": ["E06000060", "E10000002"],
    ...     "valid_from": [pd.Timestamp(2020, 4, 1), pd.NaT],
    ...     "valid_to": [pd.NaT, pd.Timestamp(2020, 3, 31)], "successor": [None, "E06000060"]})
    >>> former(find("E10000002", table), table)
    'Buckinghamshire (E10000002) is the authority until 31 March 2020; since then the same area is \
Buckinghamshire (E06000060).'
    """
    if area.valid_to is None:
        return ""
    ended = f"{area.valid_to.day} {area.valid_to:%B %Y}"
    said = f"{area.name} ({area.code}) is the authority until {ended}"
    heirs = [find(code, areas) for code in area.successors if code in set(areas["code"])]
    if not heirs:
        return f"{said}."
    joined = _listed(heirs)
    same = len(heirs) == 1 and area.code in same_place(heirs[0].code, areas)
    if same:
        return f"{said}; since then the same area is {joined}."
    return f"{said}, before boundaries changed; since then its area is in {joined}."


def _listed(areas: Sequence[Area]) -> str:
    names = [f"{one.name} ({one.code})" for one in areas]
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def future(area: Area, areas: pd.DataFrame, year: int) -> str:
    """Say in a sentence that an area began after a reporting year, and what was there before.

    Examples
    --------
    >>> table = pd.DataFrame({"code": ["E06000060", "E10000002"], "name": ["Buckinghamshire"] * 2,
    ...     "kind": ["upper tier"] * 2, "region_code": ["E12000008"] * 2,
    ...     "upper_code": ["E06000060", "E10000002"],
    ...     "valid_from": [pd.Timestamp(2020, 4, 1), pd.NaT],
    ...     "valid_to": [pd.NaT, pd.Timestamp(2020, 3, 31)], "successor": [None, "E06000060"]})
    >>> future(find("E06000060", table), table, 2019)
    'Buckinghamshire (E06000060) took over from Buckinghamshire (E10000002) on 1 April 2020, after \
the reporting year.'
    """
    if area.valid_from is None or area.valid_from <= date(year, 12, 31):
        return ""
    begun = f"{area.valid_from.day} {area.valid_from:%B %Y}"
    before = [one for one in predecessors(area.code, areas) if one.kind == "upper tier"]
    said = f"took over from {_listed(before)}" if before else "began"
    return f"{area.name} ({area.code}) {said} on {begun}, after the reporting year."


def district_codes(code: str, areas: pd.DataFrame) -> tuple[str, ...]:
    """Return all district and unitary codes, now, before and after, whose land lies in an area.

    Small areas keep the district of their index's year; this finds those of Buckinghamshire, a
    unitary authority since 2020, in an index of 2019, where they stand under four districts, and
    those of Cumbria in an index of 2025, where they stand under the two that took over.
    """
    found = {code, *areas.loc[areas["upper_code"] == code, "code"]}
    successors = areas["successor"].fillna("").astype(str).str.split(";")
    heirs_of = dict(
        zip(areas["code"], successors.map(lambda heirs: set(heirs) - {""}), strict=True)
    )
    local = areas.loc[areas["code"].str[:3].isin((*UNITARY, "E07")), "code"]
    sources: dict[str, set[str]] = {}
    for one, heirs in heirs_of.items():
        for heir in heirs:
            sources.setdefault(heir, set()).add(one)
    before: set[str] = set()
    while before != found:
        before = set(found)
        found |= {one for one in local if heirs_of[one] and heirs_of[one] <= before}
        after = {heir for one in before for heir in heirs_of.get(one, ())}
        found |= {heir for heir in after if sources[heir] <= before}
    return tuple(sorted(found))


def divisions(code: str, areas: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    """Return the ways in which areas of another date make up an area's land exactly.

    Cumberland is three districts of before April 2023; Cumbria the two authorities of after it.
    Their counts may be added; nothing is said of an area whose boundary has moved.
    """
    known = set(areas["code"])
    before = [one for one in predecessors(code, areas) if one.code[:3] in (*UNITARY, "E07")]
    found = []
    if len(before) > 1 and all(one.successors == (code,) for one in before):
        found.append(tuple(one.code for one in before))
    after = find(code, areas).successors
    land = set(district_codes(code, areas))
    if len(after) > 1 and set(after) <= known:
        parts = [set(district_codes(one, areas)) for one in after]
        if set.union(*parts) <= land:
            found.append(after)
    return tuple(found)


def upper_tiers(areas: pd.DataFrame, year: int) -> tuple[Area, ...]:
    """Return the upper-tier authorities in use at the end of a year, by code: 153 from 2023."""
    rows = areas[areas["kind"] == "upper tier"].sort_values("code")
    return tuple(area for area in _areas(rows) if area.valid_on(date(year, 12, 31)))


def plain_name(text: str) -> str:
    """Return a name as it is compared: no case, no full stops, no ", City of".

    Examples
    --------
    >>> plain_name("Herefordshire, County of"), plain_name("St. Helens")
    ('herefordshire', 'st helens')
    """
    plain = re.sub(r",\s*(city|county) of$", "", text.strip().casefold())
    plain = plain.replace("&", "and").replace("’", "'").replace("-", " ")
    return re.sub(r"\s+", " ", re.sub(r"[.,']", "", plain)).strip()


def mismatch(code: str, name: str, areas: pd.DataFrame) -> tuple[str, str] | None:
    """What is wrong with a code and the name beside it, and the remedy; None where they agree.

    Spellings that `find` takes, and publishers' own in ``catalogue/maps/area_names.csv``, agree.

    Examples
    --------
    >>> table = pd.DataFrame({"code": ["E10000034"], "name": ["Worcestershire"]})
    >>> mismatch("E10000034", "WORCESTERSHIRE", table)
    >>> mismatch("E10000043", "Worcestershire", table)
    ("There is no area 'E10000043' (Worcestershire).", 'Worcestershire is E10000034.')
    """
    names = OTHER_NAMES | dict(zip(areas["code"], areas["name"], strict=True))
    by_name = {plain_name(own): one for one, own in names.items()} | aliases()
    meant = by_name.get(name) or by_name.get(plain_name(name))
    if code in names:
        official = names[code]
        if not name or plain_name(name) == plain_name(official) or meant == code:
            return None
        other = f", or the code of {name}: {meant}" if meant in names else ""
        return f"{code} is {official}, not '{name}'.", f"Write {official}{other}."
    what = f"There is no area '{code}'" + (f" ({name})." if name else ".")
    if meant in names:
        return what, f"{name} is {meant}."
    # digits that changed places, or else the fewest other ones
    near = min(names, key=lambda one: (sorted(one) != sorted(code), _differ(one, code), one))
    return what, f"The nearest code is {near}, {names[near]}; needs areas lists all codes."


def _differ(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=False))


def aliases() -> dict[str, str]:
    """Publishers' own names of areas, with their codes, from ``catalogue/maps/area_names.csv``.

    A name of what is not exactly one authority has none.

    Examples
    --------
    >>> aliases()["Stockton"]
    'E06000004'
    """
    return {row["name"]: row["code"] for row in in_use("maps/area_names.csv").rows()}


def fill_codes(table: pd.DataFrame, areas: pd.DataFrame, where: str) -> pd.DataFrame:
    """Give rows without an area code the code of their name.

    Publishers' own names stand in ``catalogue/maps/area_names.csv``; a name there without a code
    is not exactly one authority, and its rows are left out. A name borne by several codes is the
    code in use at the end of the row's period.

    Parameters
    ----------
    table : DataFrame
        With area_code, area_name and period_end.
    where : str
        File, for the message.

    Raises
    ------
    InvalidDataError
        Naming every name that is no area, with the nearest.
    """
    lacking = table["area_code"] == ""
    if not lacking.any():
        return table
    spelt = {name.casefold(): code for name, code in aliases().items()}
    pairs = table.loc[lacking, ["area_name", "period_end"]].drop_duplicates()
    by_name = _by_name(areas)
    codes: dict[tuple[str, pd.Timestamp], str] = {}
    unknown: set[str] = set()
    for name, end in pairs.itertuples(index=False):
        if name.casefold() in spelt:
            codes[name, end] = spelt[name.casefold()]
        elif plain_name(name) in by_name:
            codes[name, end] = _on_day(by_name[plain_name(name)], end.date()).code
        else:
            unknown.add(name)
    if unknown:
        remedy = "Add the publisher's spelling to catalogue/maps/area_names.csv."
        if areas.empty:
            remedy = "Bring in the lookups of areas: needs fetch ons_lookups."
        raise InvalidDataError(
            f"{len(unknown)} area names are not known.",
            where,
            remedy,
            problems=[
                Problem(
                    f"There is no area '{name}'.{_suggest(_nearest(name, areas))}", where, remedy
                )
                for name in sorted(unknown)
            ],
        )
    found = pd.MultiIndex.from_frame(table[["area_name", "period_end"]]).map(codes)
    filled = table["area_code"].mask(lacking, pd.Series(found, index=table.index, dtype="str"))
    return table.assign(area_code=filled)[filled != ""]


def build(
    histories: Iterable[pd.DataFrame],
    uppers: Mapping[int, pd.DataFrame],
    regions: Mapping[int, pd.DataFrame],
    files: Mapping[int, str] | None = None,
) -> pd.DataFrame:
    """Build the table ``areas`` from the national lookups and ``catalogue/maps/area_changes.csv``.

    Parameters
    ----------
    histories : iterable of DataFrame
        code_<year>, name_<year> of each district, a row for each line of descent. None is needed:
        the changes of 2016 to 2025 stand in our own table.
    uppers : mapping of int to DataFrame
        By year: district_code, district_name, upper_code, upper_name.
    regions : mapping of int to DataFrame
        By year: district_code, district_name, region_code, region_name.
    files : mapping of int to str, optional
        Where `uppers` were read from, for what is said of them.

    Returns
    -------
    DataFrame
        The processed table ``areas``, sorted by code.

    Raises
    ------
    InvalidDataError
        When a county ended and our table of changes does not say when and in what.
    """
    upper = _newest(uppers)
    region_of = _newest(regions)
    known = [_districts(one) for one in histories]
    districts = pd.concat([*known, _undated(upper)]).drop_duplicates("code")
    table = pd.concat(
        [districts, _counties(upper, districts), _regions(region_of)], ignore_index=True
    )
    unitary = table["code"].str[:3].isin(UNITARY)
    known_upper = upper.set_index("district_code")["upper_code"]
    table["upper_code"] = table["code"].map(known_upper).mask(unitary, table["code"])
    table["upper_code"] = table["upper_code"].mask(table["code"].str[:3] == "E10", table["code"])
    table["region_code"] = table["code"].map(_region_codes(table, region_of, upper))
    table = _with_changes(table)
    table = _from_successor(table, "region_code")
    table = _from_successor(table, "upper_code")
    newest = (files or {}).get(max(uppers), f"the district to upper tier lookup of {max(uppers)}")
    _refuse_unexplained(table, uppers, newest)
    table["kind"] = table["kind"].fillna(table["code"].str[:3].map(_kind))
    columns = [
        *("code", "name", "kind", "region_code", "upper_code"),
        *("valid_from", "valid_to", "successor"),
    ]
    return table[columns].sort_values("code", ignore_index=True)


def _kind(prefix: str) -> str:
    return {"E07": "district", "E12": "region", "E92": "country"}.get(prefix, "upper tier")


def _newest(tables: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """All rows, the newest year's for a district that stands in several."""
    ordered = [tables[year] for year in sorted(tables, reverse=True)]
    return pd.concat(ordered, ignore_index=True).drop_duplicates("district_code")


def _districts(history: pd.DataFrame) -> pd.DataFrame:
    names = [str(column) for column in history.columns]
    years = sorted(int(one.removeprefix("code_")) for one in names if one.startswith("code_"))
    long = pd.concat(
        [
            pd.DataFrame(
                {
                    "code": history[f"code_{year}"],
                    "name": history[f"name_{year}"],
                    "year": year,
                    "next": history[f"code_{min(year + 1, years[-1])}"],
                }
            )
            for year in years
        ]
    )
    span = (
        long.sort_values("year")
        .groupby("code")
        .agg(name=("name", "last"), first=("year", "min"), last=("year", "max"))
    )
    changed = long[long["code"] != long["next"]].drop_duplicates(["code", "next"])
    successor = changed.sort_values("next").groupby("code")["next"].agg(";".join)
    begun = pd.to_datetime(span["first"].astype(str) + "-04-01")
    ended = pd.to_datetime((span["last"] + 1).astype(str) + "-03-31")
    return pd.DataFrame(
        {
            "code": span.index,
            "name": span["name"].to_numpy(),
            "valid_from": begun.mask(span["first"] == years[0]).to_numpy(),
            "valid_to": ended.mask(span["last"] == years[-1]).to_numpy(),
            "successor": successor.reindex(span.index).to_numpy(),
        }
    )


def _undated(upper: pd.DataFrame) -> pd.DataFrame:
    """Districts of the lookups; ``area_changes.csv`` dates those that began or ended."""
    rows = upper[["district_code", "district_name"]].drop_duplicates("district_code")
    rows = rows.rename(columns={"district_code": "code", "district_name": "name"})
    undated = pd.Series(pd.NaT, rows.index, dtype="datetime64[ns]")
    return rows.assign(valid_from=undated, valid_to=undated, successor=None)


def _counties(upper: pd.DataFrame, districts: pd.DataFrame) -> pd.DataFrame:
    counties = upper.loc[~upper["upper_code"].isin(districts["code"]), ["upper_code", "upper_name"]]
    counties = counties.drop_duplicates("upper_code")
    return counties.rename(columns={"upper_code": "code", "upper_name": "name"})


def _regions(region_of: pd.DataFrame) -> pd.DataFrame:
    rows = region_of[["region_code", "region_name"]].drop_duplicates("region_code")
    return rows.rename(columns={"region_code": "code", "region_name": "name"})


def _region_codes(
    table: pd.DataFrame, region_of: pd.DataFrame, upper: pd.DataFrame
) -> pd.Series[str]:
    of_district = region_of.set_index("district_code")["region_code"]
    county = upper.assign(region_code=upper["district_code"].map(of_district))
    county = county.dropna(subset="region_code").drop_duplicates("upper_code")
    both = pd.concat([of_district, county.set_index("upper_code")["region_code"]])
    once: pd.Series[str] = both[~both.index.duplicated()]
    return once


def _with_changes(table: pd.DataFrame) -> pd.DataFrame:
    """Lay our own table of changes over the lookups: a blank cell changes nothing."""
    changes = pd.DataFrame(in_use("maps/area_changes.csv").rows(), dtype="str")
    changes = changes.set_index("code").drop(columns="source")
    changes = changes.mask(changes == "")
    for column in ("valid_from", "valid_to"):
        changes[column] = pd.to_datetime(changes[column])
    table = table.set_index("code")
    table = table.reindex(index=table.index.union(changes.index), columns=[*table.columns, "kind"])
    for column in changes.columns:
        table[column] = changes[column].reindex(table.index).combine_first(table[column])
    return table.reset_index(names="code")


def _from_successor(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Fill a blank from the first area that took over; a county's district stays in the county."""
    first = table["successor"].astype("str").str.split(";").str[0]
    known = table.set_index("code")[column]
    local = table["code"].str[:3].isin(LOCAL)
    return table.assign(
        **{column: table[column].where(table[column].notna() | ~local, first.map(known))}
    )


def _refuse_unexplained(table: pd.DataFrame, uppers: Mapping[int, pd.DataFrame], file: str) -> None:
    newest = uppers[max(uppers)]["upper_code"]
    older = pd.concat([frame["upper_code"] for frame in uppers.values()])
    ended = table.set_index("code")["valid_to"]
    gone = sorted(
        code for code in set(older) - set(newest) if code in ended.index and pd.isna(ended[code])
    )
    if gone:
        raise InvalidDataError(
            "Authorities ended without a date and successor.",
            "catalogue/maps/area_changes.csv",
            "Add a row with valid_to and successor for each.",
            problems=[
                Problem(
                    f"{code} is in an older lookup and not in the newest.",
                    f"{file}; or catalogue/maps/area_changes.csv",
                    "Download the newest lookup again; if it has ended, add a row with its end and "
                    "successor.",
                )
                for code in gone
            ],
        )


def _areas(rows: pd.DataFrame) -> list[Area]:
    """Rows of the processed table, in their order."""
    names = ("code", "name", "kind", "region_code", "upper_code", "successor")
    texts = rows[list(names)].astype("object").fillna("")
    days = [
        [None if pd.isna(one) else one.date() for one in rows[column]]
        for column in ("valid_from", "valid_to")
    ]
    return [
        Area(
            code=code,
            name=name,
            kind=kind,
            region_code=region,
            upper_code=upper,
            valid_from=begun,
            valid_to=ended,
            successors=tuple(heirs.split(";")) if heirs else (),
        )
        for (code, name, kind, region, upper, heirs), begun, ended in zip(
            texts.itertuples(index=False, name=None), *days, strict=True
        )
    ]


def _preference(area: Area, year: int | None) -> tuple[bool, date]:
    valid = area.valid_to is None if year is None else area.valid_on(date(year, 12, 31))
    return valid, area.valid_to or date.max


def _by_name(areas: pd.DataFrame) -> dict[str, list[Area]]:
    found: dict[str, list[Area]] = {}
    for area in _areas(areas):
        found.setdefault(plain_name(area.name), []).append(area)
    return found


def _on_day(found: list[Area], day: date) -> Area:
    return max(found, key=lambda area: (area.valid_on(day), area.valid_to or date.max))


def _nearest(text: str, areas: pd.DataFrame) -> list[str]:
    """Names like a text, authorities before districts and regions, the most alike first."""
    wanted = plain_name(text)
    if not wanted or areas.empty:
        return []
    likeness: dict[str, tuple[bool, float]] = {}
    for name, kind in zip(areas["name"], areas["kind"], strict=True):
        key = plain_name(str(name))
        alike = difflib.SequenceMatcher(None, wanted, key).ratio()
        if alike >= 0.7 or wanted in key or key in wanted:
            rank = (kind != "upper tier", -alike)
            likeness[str(name)] = min(rank, likeness.get(str(name), rank))
    return sorted(likeness, key=lambda name: (*likeness[name], name))[:5]


def _suggest(near: Sequence[str]) -> str:
    return f" Nearest: {'; '.join(near)}." if near else ""


def authorities_of(parent: str, areas: pd.DataFrame, day: pd.Timestamp) -> list[str]:
    """Codes of the upper-tier authorities of a region, or of England, in use on a day.

    Parameters
    ----------
    parent : str
        Code.
    areas : DataFrame
        Processed table.
    day : Timestamp

    Examples
    --------
    >>> areas = pd.DataFrame({"code": ["E1", "E2"], "kind": "upper tier", "region_code": "E12",
    ...                       "valid_from": pd.to_datetime(["2009-04-01", "2019-04-01"]),
    ...                       "valid_to": pd.to_datetime(["2019-03-31", None])})
    >>> authorities_of("E12", areas, pd.Timestamp(2020, 3, 31))
    ['E2']
    """
    of_kind = areas["kind"] == "upper tier"
    begun = areas["valid_from"].isna() | (areas["valid_from"] <= day)
    lasts = areas["valid_to"].isna() | (areas["valid_to"] >= day)
    chosen = areas[of_kind & begun & lasts]
    inside = chosen if parent == ENGLAND else chosen[chosen["region_code"] == parent]
    return [str(code) for code in inside["code"]]
