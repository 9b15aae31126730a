"""A campaign of wrong files: each national file is changed in every way, and read.

    python tests/campaign/campaign.py --raw ../shared/mirror --seed 1 --times 3
    python tests/campaign/campaign.py --only packages

So is each table of data packages, the embedded one and those of the templates.

A changed file has to be told, by its name; or it gives the figures that it gave before. Nothing
else is good: no other figure, no row less, no traceback, no message that leads nowhere.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import corruptions
import packages
import pandas as pd
from outcomes import OUTCOMES, Outcome, compared
from rich.progress import track

from needs import catalogue
from needs.tables import prepare
from needs.tables.coverage import Held
from needs.tables.prepare import Found

#: Files of many megabytes; they are changed less often.
LARGE = 4_000_000


@dataclass(frozen=True)
class Ground:
    """Everything as the publishers issued it."""

    found: tuple[Found, ...]
    held: tuple[Held, ...]
    areas: pd.DataFrame


def ground(raw: Path) -> Ground:
    """Read every file once."""
    read = prepare._Raw()
    found = prepare.discover(raw, catalogue.load())
    for one in found:
        prepare._read_file(one, read)
    assert not read.problems, read.problems
    areas = prepare._areas(read)
    prepare._fill_codes(read, areas)
    assert not read.problems, read.problems
    return Ground(found, tuple(read.held), areas)


def outcome(base: Ground, number: int, path: Path) -> tuple[str, str]:
    """Read a changed file in the place of one of the ground's: what became of it, what is said."""
    one, before = base.found[number], base.held[number]
    read = prepare._Raw()
    prepare._read_file(replace(one, path=path), read)
    if not read.problems:
        rest = [held for n, held in enumerate(base.held) if n != number and _near(before, held)]
        areas = base.areas
        own = read.held
        if one.source.reader == "geography":
            read.held = [*own, *rest]
            try:
                areas = prepare._areas(read)
            except Exception as error:
                return "unforeseen", repr(error)
            read.held = own
        prepare._fill_codes(read, areas)
        own = list(read.held)
        if own:
            read.problems += prepare.checks([*rest, *own], areas, catalogue.load())
    if read.problems:
        said = " | ".join(f"{each.what} [{each.where}]" for each in read.problems[:3])
        if any(
            "could not be read" in each.what or "traceback" in (each.remedy or "")
            for each in read.problems
        ):
            return "unforeseen", said
        named = any(path.name in f"{each.where} {each.what}" for each in read.problems)
        return ("told" if named else "file not named"), said
    return compared(before.table, read.held[0].table)


def _near(one: Held, other: Held) -> bool:
    """Whether a file has a say in whether another is right: small areas among themselves, ..."""
    places = {"geography", "ons_population"}
    small = {"iod", "nomis", "lsoa_density", "centroids", "boundaries"}
    if one.source.reader in small | places:
        return other.source.reader in small | places and not (
            one.source.reader not in ("boundaries", "centroids", "geography")
            and other.layer.startswith("lsoa")
        )
    return other.source.reader in places and "lsoa_code" not in other.table


# --- one changed file ----------------------------------------------------------------------------


def kinds_of(path: Path) -> list[tuple[str, bool]]:
    """Names of the changes that a kind of file has, and whether each is harmless."""
    if path.suffix == ".csv":
        return [(one.__name__, False) for one in corruptions.HARMFUL] + [
            (one.__name__, True) for one in corruptions.HARMLESS
        ]
    return [
        (one, False)
        for one in (corruptions.LAYER if path.suffix == ".geojson" else corruptions.WORKBOOK)
    ]


def changed(one: Found, kind: str, seed: str, folder: Path) -> Path | None:
    """Write a file with one change beside nothing else; None where the change does not apply."""
    random = Random(seed)
    path = folder / one.path.parent.name / one.path.name
    path.parent.mkdir(parents=True, exist_ok=True)
    if one.path.suffix == ".csv":
        rows = corruptions.parse(one.path.read_text(encoding="utf-8-sig"))
        out = getattr(corruptions, kind)(rows, random)
        if out is None or out == rows:
            return None
        path.write_text(corruptions.as_text(out), encoding="utf-8", newline="")
        return path
    if one.path.suffix == ".geojson":
        layer = json.loads(one.path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(corruptions.change_layer(layer, kind, random)), encoding="utf-8")
        return path
    return path if corruptions.change_workbook(one.path, path, kind, random, _sheets(one)) else None


def _sheets(one: Found) -> list[str]:
    from needs.sources.readers import ons_deaths, ons_population

    if one.source.reader == "ons_deaths":
        return list(ons_deaths.sheets_of(one.edition)["sheet"])
    if one.source.reader == "ons_population":
        return [
            *ons_population.SHEETS,
            *([str(one.edition.options["totals"])] if "totals" in one.edition.options else []),
        ]
    return [str(one.edition.options.get("sheet", ""))]


_GROUND: dict[Path, Ground] = {}


def tried(raw: Path, number: int, kind: str, harmless: bool, seed: str) -> Outcome | None:
    """Change one file in one way and read it."""
    if raw not in _GROUND:
        _GROUND[raw] = ground(raw)
    base = _GROUND[raw]
    one = base.found[number]
    folder = Path(tempfile.mkdtemp(prefix="campaign-"))
    try:
        path = changed(one, kind, seed, folder)
        if path is None:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                state, said = outcome(base, number, path)
            except Exception as error:
                state, said = "unforeseen", repr(error)
    finally:
        shutil.rmtree(folder)
    if harmless and state == "told":
        state = "refused"
    return Outcome(one.source.reader, one.path.name, kind, harmless, state, said)


def asks(raw: Path, seed: int, times: int) -> Iterator[tuple[Path, int, str, bool, str]]:
    """Every change of every file, several times; of large files once."""
    for number, one in enumerate(prepare.discover(raw, catalogue.load())):
        often = 1 if one.path.stat().st_size > LARGE else times
        for kind, harmless in kinds_of(one.path):
            for again in range(1 if harmless else often):
                yield raw, number, kind, harmless, f"{seed} {number} {kind} {again}"


def run(
    reading: Callable[..., Outcome | None], asks: Sequence[tuple], workers: int = 1
) -> Iterator[Outcome]:
    """Try every change asked for, in this process or in several."""
    if workers == 1:
        yield from (one for each in asks if (one := reading(*each)))
        return
    with ProcessPoolExecutor(workers) as pool:
        made = pool.map(reading, *zip(*asks, strict=True), chunksize=4)
        yield from (one for one in made if one)


def table(outcomes: Sequence[Outcome]) -> str:
    """A line for each reader: how many changes came to what."""
    out = []
    for harmless, title in ((False, "Harmful changes"), (True, "Harmless changes")):
        rows = [one for one in outcomes if one.harmless == harmless]
        counts = Counter((one.reader, one.state) for one in rows)
        out += [f"| {title} | all | {' | '.join(OUTCOMES)} |", "|---" * (len(OUTCOMES) + 2) + "|"]
        for reader in [*sorted({one.reader for one in rows}), "all"]:
            numbers = [
                sum(
                    n
                    for (own, state), n in counts.items()
                    if state == each and reader in (own, "all")
                )
                for each in OUTCOMES
            ]
            out.append(
                f"| {reader} | {sum(numbers)} | {' | '.join(str(n or '') for n in numbers)} |"
            )
        out.append("")
    return "\n".join(out)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", type=Path, help="publishers' files; without it packages only")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--times", type=int, default=2)
    parser.add_argument("--only", default="", help="a part of a reader's, file's or change's name")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args(arguments)
    found = prepare.discover(given.raw, catalogue.load()) if given.raw else ()
    files = [
        one
        for one in (asks(given.raw, given.seed, given.times) if given.raw else ())
        if re.search(
            given.only, f"{found[one[1]].source.reader} {found[one[1]].path.name} {one[2]}"
        )
    ]
    tables = [
        one
        for one in packages.asks(given.seed, given.times)
        if re.search(given.only, f"packages {one[0]} {one[1]} {one[2]}")
    ]
    outcomes = []
    for reading, asked in ((tried, files), (packages.tried, tables)):
        made = run(reading, asked, given.workers) if asked else ()
        for one in track(made, f"Reading {len(asked):,} changes", total=len(asked)):
            outcomes.append(one)
            if not one.good:
                print(f"{one.state}: {one.reader}, {one.file}, {one.kind}: {one.said[:300]}")
    print(table(outcomes))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
