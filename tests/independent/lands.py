"""Places as land: the districts of 2018 that each code covers, whenever it was in use.

A table of its own, written from the orders that changed the councils, and the two official lookups
of lower to upper tier. Nothing of needs is read.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

Land = frozenset[str]


def _districts(text: str) -> Land:
    return frozenset(f"E070{one}" for one in text.split())


_NORTH_NORTHAMPTONSHIRE = _districts("00150 00152 00153 00156")
_WEST_NORTHAMPTONSHIRE = _districts("00151 00154 00155")
_CUMBERLAND = _districts("00026 00028 00029")
_WESTMORLAND = _districts("00027 00030 00031")
_BUCKINGHAMSHIRE = _districts("00004 00005 00006 00007")
_DORSET = _districts("00049 00050 00051 00052 00053")
_CHRISTCHURCH = _districts("00048")
_NORTH_YORKSHIRE = _districts("00163 00164 00165 00166 00167 00168 00169")
_SOMERSET_WEST = _districts("00190 00191")
_SOMERSET = _districts("00187 00188 00189") | _SOMERSET_WEST

#: What a code covers where it is not itself a district of 2018.
CHANGED: dict[str, Land] = {
    "E06000058": frozenset({"E06000028", "E06000029"}) | _CHRISTCHURCH,  # 2019
    "E06000059": _DORSET,  # 2019
    "E10000009": _DORSET | _CHRISTCHURCH,  # Dorset until 2019
    "E07000244": _districts("00205 00206"),  # East Suffolk, 2019
    "E07000245": _districts("00201 00204"),  # West Suffolk, 2019
    "E07000246": _SOMERSET_WEST,  # 2019
    "E06000060": _BUCKINGHAMSHIRE,  # 2020
    "E10000002": _BUCKINGHAMSHIRE,
    "E06000061": _NORTH_NORTHAMPTONSHIRE,  # 2021
    "E06000062": _WEST_NORTHAMPTONSHIRE,
    "E10000021": _NORTH_NORTHAMPTONSHIRE | _WEST_NORTHAMPTONSHIRE,
    "E06000063": _CUMBERLAND,  # 2023
    "E06000064": _WESTMORLAND,
    "E10000006": _CUMBERLAND | _WESTMORLAND,
    "E06000065": _NORTH_YORKSHIRE,  # 2023
    "E10000023": _NORTH_YORKSHIRE,
    "E06000066": _SOMERSET,  # 2023
    "E10000027": _SOMERSET,
    "E08000038": frozenset({"E08000016"}),  # Barnsley, 2025
    "E08000039": frozenset({"E08000019"}),  # Sheffield, 2025
}

ENGLAND = "E92000001"


@dataclass(frozen=True)
class Lands:
    """The land of every code, and the upper tiers of 2019 and 2023, by name too."""

    of: Mapping[str, Land]
    names: Mapping[str, str]
    upper_tiers: tuple[str, ...] = ()

    def land(self, code: str) -> Land | None:
        """The land of a code, or of codes joined with ``+``; None where one is not known."""
        parts = [self.of.get(one) for one in code.split("+")]
        if None in parts or not parts:
            return None
        return frozenset().union(*(one for one in parts if one))

    def parts(self, codes: Iterable[str], code: str) -> list[str] | None:
        """Which of a file's codes make up exactly the land of `code`; None where they cannot.

        The code itself first, then one that covers the same land, then the largest that fit.
        """
        codes = set(codes)
        if code in codes:
            return [code]
        wanted = self.land(code)
        if not wanted:
            return None
        inside = [(len(self.of[one]), one) for one in codes if self.of.get(one, {1}) <= wanted]
        chosen: list[str] = []
        left = set(wanted)
        for _, one in sorted(inside, key=lambda pair: (-pair[0], pair[1])):
            if self.of[one] <= left:
                chosen.append(one)
                left -= self.of[one]
        return None if left else chosen


def read(raw: Path) -> Lands:
    """Read the lookups of a folder of raw files."""
    of: dict[str, Land] = {}
    names: dict[str, str] = {}
    regions: dict[str, set[str]] = {}
    folder = raw / "ons_lookups"
    pairs = []
    for year in (2019, 2023):
        path = folder / (
            f"Lower_Tier_Local_Authority_to_Upper_Tier_Local_Authority_({year})_Lookup.csv"
        )
        short = str(year)[2:]
        for row in _rows(path):
            lower, upper = row[f"LTLA{short}CD"], row[f"UTLA{short}CD"]
            pairs.append((lower, upper))
            names[row[f"UTLA{short}NM"].strip()] = upper
    for lower, upper in pairs:
        if not lower.startswith("E"):
            continue
        of.setdefault(lower, CHANGED.get(lower, frozenset({lower})))
        if upper not in CHANGED and upper != lower:
            of[upper] = of.get(upper, frozenset()) | of[lower]
    of.update(CHANGED)
    for land in CHANGED.values():
        of.update({one: frozenset({one}) for one in land})
    for row in _rows(folder / "Local_Authority_District_(2019)_to_Region_(2019)_Lookup_EN.csv"):
        regions.setdefault(row["RGN19CD"], set()).update(of[row["LAD19CD"]])
    of.update({code: frozenset(land) for code, land in regions.items()})
    of[ENGLAND] = frozenset().union(*regions.values())
    uppers = {upper for lower, upper in pairs if lower.startswith("E")}
    return Lands(of, names, tuple(sorted(uppers)))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))
