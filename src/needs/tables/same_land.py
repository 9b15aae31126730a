"""One place, many codes: what the same land is called, before, now and in another edition's file.

An authority that is remade takes a new code, and each publisher's file uses the codes of its own
day. Here every code has its land, told by the oldest districts at hand, so that figures can be
found under whichever code a file gives: a code of the same land, or areas that make it up exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd

from needs.sources.area_codes import ENGLAND, UNITARY

#: The method of a region's count that is the sum of its authorities' (`needs.tables.derive`).
ADDED = "added up"

#: Method of a count that is the sum of those of areas of another date.
ADDED_UP = "added over the same land"

#: Codes of districts and unitary authorities, which have land of their own.
_LOCAL = (*UNITARY, "E07")

_COUNTY = "E10"

#: How the place of a row ends that stands under another code, which comes between the two.
_UNDER, SAME_LAND = "under ", ", the same land"

Lands = Mapping[str, frozenset[str]]


def lands(areas: pd.DataFrame) -> dict[str, frozenset[str]]:
    """Return the land of every area: the oldest districts and unitary authorities in it.

    Parameters
    ----------
    areas : DataFrame
        Processed table, see `needs.sources.schemas`.

    Returns
    -------
    dict of str to frozenset of str
        Two codes of one place have the same land; areas that share land share members of it. Of a
        county whose districts the table does not hold, nothing is known of what it shares.

    Examples
    --------
    >>> table = pd.DataFrame({"code": ["E08000016", "E08000038"], "upper_code": ["E08000016",
    ...     "E08000038"], "region_code": ["E12000003"] * 2, "successor": ["E08000038", None]})
    >>> found = lands(table)
    >>> found["E08000038"] == found["E08000016"]
    True
    """
    codes = [str(code) for code in areas["code"]]
    known = set(codes)
    heirs = {
        code: tuple(one for one in str(text).split(";") if one in known)
        for code, text in zip(codes, areas["successor"].fillna(""), strict=True)
    }
    before: dict[str, list[str]] = {}
    for code, taken_by in heirs.items():
        for heir in taken_by:
            before.setdefault(heir, []).append(code)
    found: dict[str, frozenset[str]] = {}

    def land(code: str) -> frozenset[str]:
        if code not in found:
            local = [one for one in before.get(code, ()) if one.startswith(_LOCAL)]
            whole = local or [one for one in before.get(code, ()) if one.startswith(_COUNTY)]
            # what was divided lies in no one of its heirs
            undivided = bool(whole) and all(heirs[one] == (code,) for one in whole)
            found[code] = _union(map(land, whole)) if undivided else frozenset({code})
        return found[code]

    inside: dict[str, list[str]] = {}
    for code, county in zip(codes, areas["upper_code"].fillna(""), strict=True):
        if code.startswith(_LOCAL) and code != county:
            inside.setdefault(str(county), []).append(code)
    counties = [code for code in codes if code.startswith(_COUNTY)]
    for code in counties:
        if inside.get(code):
            found[code] = _union(map(land, inside[code]))
    for code in codes:
        land(code)
    return found | _above(areas, found)


def _above(areas: pd.DataFrame, found: Lands) -> dict[str, frozenset[str]]:
    """Regions and England, by the areas that lie in them."""
    local = areas[areas["code"].str.startswith((*_LOCAL, _COUNTY))]
    wider = {
        str(region): _union(found[code] for code in rows["code"])
        for region, rows in local.groupby("region_code")
    }
    return wider | {ENGLAND: _union(found[code] for code in local["code"])}


def _union(parts: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*parts)


def cover(code: str, available: Collection[str], lands: Lands) -> tuple[str, ...]:
    """Find the areas, of those available, that make up an area's land exactly.

    Parameters
    ----------
    code : str
    available : collection of str
        Codes, such as those that a file has.
    lands : mapping of str to frozenset of str
        From `lands`.

    Returns
    -------
    tuple of str
        The code itself where it is available, else one of the same land, else the fewest largest
        areas that join without gap or overlap; empty where they do not make it up.

    Examples
    --------
    >>> known = {"A": frozenset("xy"), "B": frozenset("xy"), "C": frozenset("x"),
    ...     "D": frozenset("y")}
    >>> cover("A", ["B", "C"], known), cover("A", ["C", "D"], known), cover("A", ["C"], known)
    (('B',), ('C', 'D'), ())
    """
    return (code,) if code in available else tiles(lands[code], available, lands)


def tiles(land: frozenset[str], available: Iterable[str], lands: Lands) -> tuple[str, ...]:
    """Find the fewest largest areas that make up a land exactly; none where they do not.

    Examples
    --------
    >>> tiles(frozenset("xyz"), ["A", "B", "C"],
    ...       {"A": frozenset("x"), "B": frozenset("xy"), "C": frozenset("z")})
    ('B', 'C')
    """
    left = land
    within = [one for one in available if one in lands and lands[one] <= left]
    chosen = []
    for one in sorted(within, key=lambda one: (-len(lands[one]), one)):
        if lands[one] <= left:
            chosen.append(one)
            left = left - lands[one]
    return () if left else tuple(chosen)


def replaceable(lands: Lands) -> dict[str, frozenset[str]]:
    """Local areas that others of another day make up exactly, and which of them can serve.

    A county is not put together from its own districts here: a file that has them and not the
    county has a reason.

    Examples
    --------
    >>> known = {"E10000006": frozenset("xy"), "E06000063": frozenset("x"),
    ...     "E06000064": frozenset("y"), "E07000026": frozenset("x")}
    >>> found = replaceable(known)
    >>> sorted(found["E10000006"]), sorted(found["E06000063"])
    (['E06000063', 'E06000064'], ['E07000026'])
    """
    local = [code for code in lands if code.startswith((*_LOCAL, _COUNTY))]
    found = {}
    for code in local:
        kinds = UNITARY if code.startswith(_COUNTY) else (*_LOCAL, _COUNTY)
        others = [one for one in local if one != code and one.startswith(kinds)]
        if cover(code, others, lands):
            found[code] = frozenset(one for one in others if lands[one] <= lands[code])
    return found


def sharing(codes: Sequence[str], lands: Lands) -> list[tuple[str, str]]:
    """Pairs of areas that share land, in the order given.

    Examples
    --------
    >>> sharing(["A", "B", "C"], {"A": frozenset("x"), "B": frozenset("y"), "C": frozenset("xy")})
    [('A', 'C'), ('B', 'C')]
    """
    return [
        (one, other)
        for place, one in enumerate(codes)
        for other in codes[place + 1 :]
        if lands[one] & lands[other]
    ]


def apart(codes: Iterable[str], lands: Lands) -> tuple[str, ...]:
    """Keep the codes, in the order given, whose land none before them has.

    Examples
    --------
    >>> apart(["A", "C", "B"], {"A": frozenset("x"), "B": frozenset("y"), "C": frozenset("xy")})
    ('A', 'B')
    """
    taken: set[str] = set()
    kept = []
    for code in codes:
        if not lands[code] & taken:
            kept.append(code)
            taken |= lands[code]
    return tuple(kept)


def added(places: Sequence[str]) -> str:
    """Say of which places a sum is, those of one file together.

    Examples
    --------
    >>> added(["a.csv, line 7"])
    'a.csv, line 7'
    >>> added(["a.csv, line 7", "a.csv, line 9", "a.csv, line 8"])
    'a.csv, lines 7 to 9, added up'
    >>> added(["a.xlsx, S, row 3", "a.xlsx, S, row 7"])
    'a.xlsx, S, rows 3 and 7, added up'
    """
    if len(places) == 1:
        return places[0]
    by_file: dict[str, list[int]] = {}
    for place in places:
        file, _, number = place.rpartition(" ")
        if number.isdigit():
            by_file.setdefault(file, []).append(int(number))
        else:  # a sum itself
            by_file.setdefault(place.removesuffix(", added up"), [])
    texts = [
        f"{file}{'s' if numbers[1:] else ''} {_ranges(numbers)}" if numbers else file
        for file, numbers in by_file.items()
    ]
    return f"{'; '.join(texts)}, added up"


def _ranges(numbers: Iterable[int]) -> str:
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if texts[1:] else texts)


def under(place: str, code: str, own: str) -> str:
    """Say under which code a row stands that is another's; a package's may be another's already.

    Examples
    --------
    >>> under("a.csv, line 7", "E10000002", "E06000060")
    'a.csv, line 7; under E10000002, the same land'
    >>> under("a.csv, line 7; under E10000002, the same land", "E06000060", "E10000002")
    'a.csv, line 7'
    """
    parts = place.split("; ")
    if parts[-1].endswith(SAME_LAND):
        code = parts.pop().removeprefix(_UNDER).removesuffix(SAME_LAND)
    if code != own:
        parts.append(f"{_UNDER}{code}{SAME_LAND}")
    return "; ".join(parts)
