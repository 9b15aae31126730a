"""Whether events and people are of the same: places, sexes, ages and years.

A rate of whose people some are not at hand is too high, and nothing in it tells. So files of places
and of people are counted against each other when they are read, and whoever divides events by
people asks `lacking` for those that are not there.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from needs.catalogue import VINTAGE, Edition, Source
from needs.errors import Problem, first_of
from needs.sources.area_codes import LOCAL, UNITARY, UPPER
from needs.sources.columns import FILES

#: Option of an edition whose file is of a part only: which part, in words. It is not counted.
SUBSET = "subset"

#: Option of an edition: of the end of which year its authorities are.
VALID = "valid"

#: Option of an edition: the fewest rows that its file has, as they are read.
ROWS = "rows"

#: Places named in a message; the rest are counted.
NAMED = 5

#: Files of small areas; one is counted against the first kind of these that is at hand.
_SMALL = ("index", "lookup", "boundaries", "centroids")


@dataclass(frozen=True)
class Held:
    """A publisher's file, and the table that its reader made of it."""

    file: str
    source: Source
    edition: Edition
    table: pd.DataFrame = field(repr=False)

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.file.rsplit("/", 1)[-1]

    @property
    def stands(self) -> dict[str, str]:
        """The columns `FILES` of its rows."""
        name = f"{self.name}, edition {self.edition.edition}"
        return dict(zip(FILES, (self.source.key, name), strict=True))

    @property
    def whole(self) -> bool:
        """Whether the file ought to be of all England."""
        return SUBSET not in self.edition.options

    @property
    def remedy(self) -> str:
        """What mends a file that lacks a part."""
        return (
            f"Download the file again: needs fetch {self.source.key}. If it is meant to be of a "
            "part of England, say of which under the edition's options (subset: ...); see "
            "docs/adding-a-source.md."
        )

    def place(self, row: Mapping[Hashable, Any]) -> str:
        """The file, and where in it a row stands, if it says."""
        inside = str(row.get("source_row", "")).partition(", ")[2]
        return f"{self.file}, {inside}" if inside else self.file

    @property
    def layer(self) -> str:
        """The layer of boundaries, if it is one."""
        return str(self.edition.options.get("layer", ""))


def lacking(wanted: pd.DataFrame, there: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Cells that are wanted and not there: each once, in the order in which they are wanted.

    Parameters
    ----------
    wanted, there : DataFrame
        For example events, and people that they happened among; each with the columns of `by`.
    by : sequence of str
        What a cell is: LSOA, sex, age band, year.

    Returns
    -------
    DataFrame
        Columns `by`; empty where every cell is there.

    Examples
    --------
    >>> events = pd.DataFrame({"lsoa_code": ["E01000001", "E01000002"], "sex": "female"})
    >>> people = pd.DataFrame({"lsoa_code": ["E01000001", "E01000002"], "sex": ["female", "male"]})
    >>> lacking(events, people, ["lsoa_code", "sex"]).to_dict("list")
    {'lsoa_code': ['E01000002'], 'sex': ['female']}
    """
    cells = wanted[list(by)].drop_duplicates()
    held = pd.MultiIndex.from_frame(there[list(by)])
    return cells[~pd.MultiIndex.from_frame(cells).isin(held)].reset_index(drop=True)


def first_told(
    one: Held,
    rows: pd.DataFrame,
    say: Callable[[Mapping[Hashable, Any]], str],
    remedy: str = "",
) -> Iterator[Problem]:
    """A problem for each of the first rows, and how many more there are.

    Parameters
    ----------
    one : Held
        The file that they stand in.
    rows : DataFrame
        Those that are wrong; with ``source_row`` their place in the file is named.
    say : callable
        What is wrong with a row, a sentence without its full stop.
    remedy : str
        The file's own where it is not given.
    """
    if rows.empty:
        return
    remedy = remedy or one.remedy
    for row in rows.head(NAMED).to_dict("records"):
        yield Problem(f"{say(row)}.", one.place(row), remedy)
    if len(rows) > NAMED:
        yield Problem(f"{len(rows) - NAMED:,} more rows of this kind.", one.file, remedy)


def first_names(names: Iterable[object], most: int = NAMED) -> str:
    """Names in order, the first of them only.

    Examples
    --------
    >>> first_names(["E01000003", "E01000001", "E01000002"], most=2)
    'E01000001, E01000002 and 1 more'
    """
    return first_of(sorted(map(str, names)), most)


def problems(held: Sequence[Held], areas: pd.DataFrame) -> list[Problem]:
    """Faults of files that lack places that others have.

    Small areas are counted against the index of their year, or else the lookup, the boundaries or
    the centroids; authorities against `areas` and the other lookups of the year that an edition's
    option ``valid`` gives.

    Parameters
    ----------
    held : sequence of Held
        Publishers' files. Data packages are parts by nature and not among them.
    areas : DataFrame
        Processed table, see `needs.sources.schemas`.
    """
    whole = [one for one in held if one.whole]
    short = [one for one in whole if len(one.table) < int(one.edition.options.get(ROWS, 0))]
    return [
        *(_cut(one, areas) for one in short),
        *_of_small_areas(whole),
        *_of_lookups(whole, areas),
        *_of_authorities(whole, areas),
    ]


def _cut(one: Held, areas: pd.DataFrame) -> Problem:
    least = int(one.edition.options[ROWS])
    return Problem(
        f"The file has {len(one.table):,} of at least {least:,} rows that edition "
        f"'{one.edition.edition}' has.{_held_areas(one, areas)}",
        one.file,
        f"{one.remedy} If the publisher took rows out, lower '{ROWS}' in "
        f"catalogue/sources/{one.source.key}.yaml.",
    )


def _held_areas(one: Held, areas: pd.DataFrame) -> str:
    """Of which areas a file is, if it is of one kind or of a few regions."""
    if "area_code" not in one.table:
        return ""
    codes = _set(one.table["area_code"])
    local = [code for code in codes if code[:3] in LOCAL]
    if not local:
        return " It has no authorities, only England and regions or countries."
    names = dict(zip(areas["code"], areas["name"], strict=True))
    inside = areas.loc[areas["code"].isin(local), "region_code"].dropna().unique()
    if 0 < len(inside) < NAMED:
        regions = first_names(names.get(code, code) for code in inside)
        return f" Its authorities are those of {regions} alone."
    return ""


def _vintage(one: Held) -> int | None:
    if one.layer.startswith("lsoa_"):
        return int(one.layer.removeprefix("lsoa_"))
    known = one.edition.options.get(VINTAGE)
    return int(known) if known is not None else None


def _of_small_areas(held: Sequence[Held]) -> Iterator[Problem]:
    def rank(one: Held) -> int:
        gives = one.source.gives
        return _SMALL.index(gives) if gives in _SMALL else len(_SMALL)

    vintages = {one.file: _vintage(one) for one in held}
    for vintage in sorted({one for one in vintages.values() if one is not None}):
        files = sorted((one for one in held if vintages[one.file] == vintage), key=rank)
        whole = _set(files[0].table["code" if files[0].layer else "lsoa_code"])
        for one in files[1:]:
            for codes, when in _by_part(one, "lsoa_code", ("year",)):
                yield from _small_area_faults(one, files[0], whole, codes, vintage, when)


def _set(codes: pd.Series[str]) -> frozenset[str]:
    return frozenset(codes.drop_duplicates().to_numpy(dtype=object))


def _small_area_faults(
    one: Held, first: Held, whole: frozenset[str], codes: frozenset[str], vintage: int, when: str
) -> Iterator[Problem]:
    gone, strange = whole - codes, codes - whole
    if gone:
        yield Problem(
            f"The file lacks {len(gone):,} of the {len(whole):,} LSOAs of {vintage} that "
            f"{first.name} has{when}: {first_names(gone)}.",
            one.file,
            one.remedy,
        )
    if strange:
        yield Problem(
            f"{first.name} lacks {len(strange):,} of the {len(codes):,} LSOAs of {vintage} that "
            f"the file has{when}: {first_names(strange)}.",
            one.file,
            "One of the two is cut off, or of another year. Download both again.",
        )


def _by_part(one: Held, column: str, keys: Sequence[str]) -> list[tuple[frozenset[str], str]]:
    """Codes of each part of a table that should be complete in itself, and what part it is.

    Parts with the same codes are one.
    """
    table, column = (one.table, "code") if one.layer else (one.table, column)
    by = [key for key in keys if key in table]
    whole = _set(table[column])
    if not by or (table.groupby(by)[column].nunique() == len(whole)).all():
        return [(whole, "")]
    parts: dict[frozenset[str], list[tuple[object, ...]]] = {}
    for key, codes in table.groupby(by, sort=True)[column]:
        parts.setdefault(_set(codes), []).append(key)
    return [
        (codes, f" ({first_names(' '.join(map(str, key)) for key in found)})")
        for codes, found in parts.items()
    ]


def _of_lookups(held: Sequence[Held], areas: pd.DataFrame) -> Iterator[Problem]:
    """Lookups of one year have the same districts, and those that `areas` has in that year."""
    by_year: dict[int, list[Held]] = {}
    for one in held:
        if one.source.gives == "lookup" and VALID in one.edition.options:
            by_year.setdefault(int(one.edition.options[VALID]), []).append(one)
    for year, lookups in sorted(by_year.items()):
        whole = {code for code in _valid(areas, year)["code"] if code[:3] in (*UNITARY, "E07")}
        own = [_set(one.table["district_code"]) for one in lookups]
        whole = whole.union(*own)
        for one, codes in zip(lookups, own, strict=True):
            yield from _authority_fault(one, whole - codes, whole, areas)


def _of_authorities(held: Sequence[Held], areas: pd.DataFrame) -> Iterator[Problem]:
    for one in held:
        of_areas = "area_code" in one.table or one.layer in ("district", "upper_tier")
        if one.source.gives == "lookup" or not of_areas:
            continue
        # estimates are of the authorities of their own year unless the edition says another
        options = one.edition.options
        estimates = one.source.gives == "populations"
        year = options.get(VALID, options.get("year") if estimates else None)
        if year is None and one.layer:
            yield Problem(
                f"Edition '{one.edition.edition}' does not say of which year its areas are.",
                f"catalogue/sources/{one.source.key}.yaml",
                f"Add '{VALID}' under its options; see docs/adding-a-source.md.",
            )
        if year is None:
            continue
        whole = _authorities(
            _set(one.table["code" if one.layer else "area_code"]), areas, int(year)
        )
        for codes, what in _by_part(one, "area_code", ("measure", "period", "year", "sex")):
            merged = {code for code, other in one.source.merged.items() if other in codes}
            gone = whole - codes - merged
            yield from _authority_fault(one, gone, whole, areas, what, int(year))


def _valid(areas: pd.DataFrame, year: int) -> pd.DataFrame:
    """Areas whose codes were in use at the end of a year."""
    end = pd.Timestamp(year, 12, 31)
    begun = areas["valid_from"].isna() | (areas["valid_from"] <= end)
    return areas[begun & (areas["valid_to"].isna() | (areas["valid_to"] >= end))]


def _authorities(codes: frozenset[str], areas: pd.DataFrame, year: int) -> set[str]:
    """Areas that a file with these codes should have.

    Unitary authorities, and counties by their own codes or by those of all their districts; of
    regions, districts and counties all, where there is one.
    """
    kinds = {code[:3] for code in codes} & {"E07", "E10", "E12"}
    kinds |= {*UNITARY} if kinds & {"E07", "E10"} else {*UPPER}
    return {code for code in _valid(areas, year)["code"] if code[:3] in kinds}


def _authority_fault(
    one: Held,
    gone: set[str],
    whole: set[str],
    areas: pd.DataFrame,
    what: str = "",
    year: int | None = None,
) -> Iterator[Problem]:
    if not gone:
        return
    year = year or int(one.edition.options[VALID])
    names = dict(zip(areas["code"], areas["name"], strict=True))
    yield Problem(
        f"The file lacks {len(gone):,} of the {len(whole):,} areas of {year}{what}: "
        f"{first_names(f'{names.get(code, code)} ({code})' for code in gone)}.",
        one.file,
        one.remedy,
    )


def ages_missing(populations: pd.DataFrame) -> list[Problem]:
    """Faults of residents by single year of age: an age, or one of the two sexes, is not there.

    Parameters
    ----------
    populations : DataFrame
        Processed table, see `needs.sources.schemas`. Bands of other widths are not looked at.

    Examples
    --------
    >>> people = pd.DataFrame({"area_code": "E10000034", "year": 2022, "sex": "male",
    ...     "age_from": [0, 1], "age_to": [0, 1], "population": 1.0, "edition": "mid-2022"})
    >>> [one.what for one in ages_missing(people)][1]
    'Residents of E10000034, mid-2022, by age are there for male only, not for female.'
    """
    top = populations["age_from"].eq(90) & populations["age_to"].isna()
    single = top | populations["age_from"].eq(populations["age_to"]).fillna(False).astype(bool)
    table = populations[single]
    found = table.groupby(["area_code", "year", "sex"])["age_from"].nunique()
    short = found[found < 91].index.to_frame(index=False)
    out = [_lacking_ages(table, cell) for cell in short.head(NAMED).to_dict("records")]
    sexes = table[table["sex"] != "persons"].groupby(["area_code", "year"])["sex"].unique()
    alone = sexes[sexes.map(len) == 1]
    rows = alone.head(NAMED).rename("sexes").reset_index()
    for area, year, own in zip(rows["area_code"], rows["year"], rows["sexes"], strict=True):
        other = "female" if own[0] == "male" else "male"
        out.append(
            Problem(
                f"Residents of {area}, mid-{year}, by age are there for {own[0]} only, not for "
                f"{other}.",
                "populations",
                "Give males and females, or persons alone.",
            )
        )
    rest = len(short) + len(alone) - len(out)
    more = [Problem(f"{rest:,} more areas and years of this kind.", "populations")]
    return [*out, *(more if rest else [])]


def _lacking_ages(table: pd.DataFrame, cell: Mapping[Hashable, Any]) -> Problem:
    of_cell = pd.concat([table[name].eq(value) for name, value in cell.items()], axis=1)
    rows = table[of_cell.all(axis=1)]
    gone = [str(age) for age in range(91) if age not in set(rows["age_from"])]
    return Problem(
        f"Residents of {cell['area_code']}, mid-{cell['year']}, {cell['sex']}, lack {len(gone)} of "
        f"91 ages: {', '.join(gone[:NAMED])}{' and others' if gone[NAMED:] else ''}.",
        f"populations, edition {rows['edition'].iloc[0]}",
        "Give every single year of age from 0 to 89, and 90 and over, or all ages alone.",
    )
