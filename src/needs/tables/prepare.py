"""Raw files and data packages into the processed tables.

`prepare` finds what is there by the catalogue, reads it, maps readings to indicators, derives what
is derived, checks every table, and moves the new tables into place together. The same input gives
the same bytes.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import itertools
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

import needs
from needs import catalogue as catalogue_module
from needs.catalogue import LOCAL_SOURCE, WORKBOOKS, Catalogue, Edition, Source
from needs.catalogue.corrections import Correction, corrections
from needs.catalogue.releases import PLACES, Issue
from needs.errors import (
    InvalidDataError,
    MissingDataError,
    NeedsError,
    ParameterError,
    Problem,
    unforeseen,
)
from needs.sources import schemas, whole_files
from needs.sources.readers.package_tables import DESCRIPTOR
from needs.stats.status import Status
from needs.tables import agreement, corrected, coverage, cross_checks, same_land
from needs.tables import areas as areas_module
from needs.tables.as_of import published_by
from needs.tables.code_hash import code_hash
from needs.tables.kept_readings import KeptReadings, Reading, folder_beside
from needs.tables.naming import figure_id, files_named
from needs.tables.second_process import given, handed_over, second_process, seldom_collecting
from needs.tables.stored import BRITISH_NATIONAL_GRID, is_table
from needs.tables.sums_of_parts import sums_in_place

if TYPE_CHECKING:
    import geopandas

    from needs.sources.readers.datapackage import Package

#: Told what is done now, how many steps are done, and of how many.
Progress = Callable[[str, int, int], None]

MANIFEST = "manifest.json"

#: The option that names the folder of processed tables.
PROCESSED = "--processed"

#: How each table is sorted on disk: by place first, so that a slice of one area reads little.
ORDER: Mapping[str, tuple[str, ...]] = {
    "observations": (
        *("area_code", "indicator", "period_end", "period_start", "sex", "age", "category"),
    ),
    "lsoa": ("upper_code", "edition", "lsoa_code"),
    "lsoa_population": ("lsoa_vintage", "lsoa_code", "year"),
    "lsoa_neighbours": ("lsoa_vintage", "lsoa_code", "neighbour_code"),
    "populations": ("area_code", "year", "sex", "age_from", "age_to"),
    "authority_features": ("year", "area_code"),
    "official_neighbours": ("tier", "area_code", "year", "rank"),
    "areas": ("code",),
}

#: Columns that the id of a figure is made of, with the category.
ID_PARTS = ("indicator", "area_code", "period", "sex", "age")

#: Tables of packages that hold figures.
_FIGURES = ("observations", "populations", "lsoa")

#: Rows that are read or passed over together: about one large authority's LSOAs.
ROW_GROUP = 2_000

#: The same of a `LONG` table: a report reads many of its groups, and each takes time of its own.
LONG_ROW_GROUP = 10_000

#: So many rows make a table long.
LONG = 100_000


@dataclass(frozen=True)
class Found:
    """A raw file that an edition of a source declares."""

    source: Source
    edition: Edition
    path: Path


@dataclass
class _Raw:
    """Everything read, before it is joined."""

    held: list[coverage.Held] = field(default_factory=list)
    packages: list[Package] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    corrections: Sequence[Correction] = ()
    #: Editions that were published after the day asked for, or nobody knows when.
    left_out: set[Issue] = field(default_factory=set)

    def of(self, gives: str) -> list[coverage.Held]:
        """Files whose source gives this; see `needs.catalogue.GIVES`."""
        return [one for one in self.held if one.source.gives == gives]

    @property
    def layers(self) -> dict[str, coverage.Held]:
        """Files of boundaries by layer."""
        return {str(one.edition.options["layer"]): one for one in self.of("boundaries")}

    @property
    def boundaries(self) -> dict[str, geopandas.GeoDataFrame]:
        """Boundaries by layer."""
        return {layer: one.table for layer, one in self.layers.items()}


def prepare(
    raw: Path, processed: Path, progress: Progress | None = None, as_of: date | None = None
) -> dict[str, Any]:
    """Make the processed tables from whatever sources and data packages are below `raw`.

    Parameters
    ----------
    raw : Path
        Publishers' files as issued, a folder for each source, and data packages: any folder with
        ``datapackage.json``, `raw` itself too.
    processed : Path
        Replaced as a whole when everything has been read and checked; untouched otherwise.
    progress : callable, optional
        See `Progress`.
    as_of : date, optional
        Of figures only those whose edition is known to have been published by then.

    Returns
    -------
    dict
        The manifest: the package's version, the hash of its catalogue and code, and path, size,
        SHA-256, source and edition of every raw file. Where disclosure control is ours, `released`
        is the hash of what it leaves: reports give that one, because whoever knows all of a small
        file but a number could try numbers until the file's own hash fits. `named` is whether rows
        name the file as the one that they come from: a lookup is named by none. `tables` are the
        hashes of the tables: where one is changed, gone or added, `is_fresh` says so.

    Raises
    ------
    ParameterError
        `processed` cannot be written, or holds something else.
    MissingDataError
        Neither a source nor a data package is there.
    InvalidDataError
        All faults of all files at once.
    """
    whole_files.check_replaceable(processed, PROCESSED)
    _refuse_others(processed)
    catalogue = catalogue_module.load()
    kept = KeptReadings(folder_beside(processed))
    tables, read = _make(raw, catalogue, progress, as_of, kept)
    if read.problems:
        there = (processed / MANIFEST).is_file()
        raise InvalidDataError(
            "The raw data have faults, listed below"
            + ("; the processed tables are as they were." if there else "."),
            raw.name,
            "Mend, replace or remove each file that is named."
            + (
                " Until then, a report can be made from the tables as they stand, and says so: "
                "needs run --no-prepare"
                if there
                else ""
            ),
            problems=read.problems,
        )
    manifest = describe(raw, catalogue, as_of)
    released = _released(tables, catalogue)
    if as_of is not None:
        left = {(one.source, one.edition, str(one.released or "")) for one in read.left_out}
        manifest["left_out"] = [list(one) for one in sorted(left)]
    guarded = _guarded(raw, read, catalogue)
    named = _named(tables, [file["path"] for file in manifest["files"]])
    for file in manifest["files"]:
        file["named"] = file["path"] in named
        if file["path"] in guarded:
            file["released"] = released
    manifest = _write(tables, read.boundaries, manifest, processed)
    if as_of is None:  # which reads some of the files only
        kept.forget_others()
    return manifest


def make_tables(
    raw: Path,
    catalogue: Catalogue,
    progress: Progress | None = None,
    kept: KeptReadings | None = None,
) -> tuple[dict[str, pd.DataFrame], dict[str, geopandas.GeoDataFrame], list[Problem]]:
    """Read, join and check everything below `raw`, without writing any table.

    Files that have not changed since they were `kept` are not read again.

    Returns
    -------
    tables : dict of str to DataFrame
        The tables of `needs.sources.schemas.TABLES`, and ``claims`` where a package has them.
    boundaries : dict of str to GeoDataFrame
        By layer.
    problems : list of Problem
        Every fault found; the tables are complete only when there is none.

    Raises
    ------
    MissingDataError
        Neither a source nor a data package is there.
    """
    tables, read = _make(raw, catalogue, progress, kept=kept)
    return tables, read.boundaries, read.problems


def _make(
    raw: Path,
    catalogue: Catalogue,
    progress: Progress | None,
    as_of: date | None = None,
    kept: KeptReadings | None = None,
) -> tuple[dict[str, pd.DataFrame], _Raw]:
    files = discover(raw, catalogue, as_of)
    size = sum(one.path.stat().st_size for one in files)
    with seldom_collecting(), second_process(size) as second:
        return _made(raw, catalogue, progress, as_of, kept, files, second)


def _made(
    raw: Path,
    catalogue: Catalogue,
    progress: Progress | None,
    as_of: date | None,
    kept: KeptReadings | None,
    files: Sequence[Found],
    second: ProcessPoolExecutor | None,
) -> tuple[dict[str, pd.DataFrame], _Raw]:
    tell = progress or (lambda what, done, total: None)
    every = discover(raw, catalogue)
    folders = packages(raw)
    if not every and not folders:
        raise _nothing(raw, catalogue)
    steps = len(files) + len(folders) + 2
    read = _Raw(problems=_doubled(files), corrections=corrections(catalogue))
    ruled = _ruled(catalogue)
    taken = {one.path for one in files}
    read.left_out = {
        Issue(one.source.key, one.edition.edition, one.edition.released)
        for one in every
        if one.path not in taken
    }
    # what disclosure control has yet to leave out is written nowhere
    keeping = [None if one.source.key in ruled else kept for one in files]
    _read_files(files, read, keeping, lambda what, done: tell(what, done, steps), second)
    for done, folder in enumerate(folders, len(files)):
        tell(f"reading the data package {folder.name}", done, steps)
        _read_package(folder, catalogue, read, as_of)
    if as_of is not None:
        _refuse_nothing(read, as_of)
    tell("joining", steps - 2, steps)
    try:
        tables = _join(read, catalogue, second)
    except Exception as error:
        # half-read files may not join; what is wrong with them is told already
        if not read.problems:
            read.problems.append(unforeseen(error, raw.name, "The files could not be joined"))
        return {}, read
    tell("checking", steps - 1, steps)
    for name, schema in (dict(schemas.TABLES) | dict(schemas.LOCAL_TABLES)).items():
        if name in tables:
            read.problems.extend(schemas.problems(tables[name], schema, name))
    rows = tables["observations"]
    read.problems += [
        Problem(what, f"observations: {rows.loc[index, 'source_row']}", "Download the file again.")
        for index, _, what in schemas.outside_scale(rows, catalogue.indicators)
    ]
    tell("done", steps, steps)
    return tables, read


def discover(raw: Path, catalogue: Catalogue, as_of: date | None = None) -> tuple[Found, ...]:
    """Find the files below `raw` that the catalogue's sources declare, by source and edition.

    With `as_of`, those of places, and of figures those known to have been published by then.
    """
    return tuple(
        Found(source, edition, path)
        for _, source in sorted(catalogue.sources.items())
        for edition in source.editions
        if as_of is None
        or source.gives in PLACES
        or (edition.released is not None and edition.released <= as_of)
        for path in edition.files(raw)
    )


def _refuse_nothing(read: _Raw, as_of: date) -> None:
    """Refuse a day by which nothing at hand is known to have been published."""
    files = [one for one in read.held if one.source.gives not in PLACES]
    rows = [one.tables[name] for one in read.packages for name in _FIGURES if name in one.tables]
    if files or any(map(len, rows)):
        return
    dates = sorted(one.released for one in read.left_out if one.released)
    raise MissingDataError(
        f"Of the data at hand nothing is known to have been published by {as_of}.",
        "--as-of",
        f"Give a later day: the first edition with a date of release is of {dates[0]}."
        if dates
        else "Declare when editions were released: see docs/new-year.md.",
    )


def _doubled(files: Sequence[Found]) -> list[Problem]:
    """Editions that several files fit: which one is meant is not ours to guess."""
    by_edition: dict[tuple[str, str], list[str]] = {}
    for one in files:
        by_edition.setdefault((one.source.key, one.edition.edition), []).append(one.path.name)
    return [
        Problem(
            f"Several files are edition '{edition}' of {key}: {', '.join(names)}.",
            f"catalogue/sources/{key}.yaml",
            "Keep one of them there, or declare an edition for each.",
        )
        for (key, edition), names in by_edition.items()
        if len(names) > 1
    ]


def packages(raw: Path) -> tuple[Path, ...]:
    """Find the data packages at or below `raw`, in order of their path."""
    return tuple(sorted(path.parent for path in raw.rglob(DESCRIPTOR) if path.is_file()))


def describe(raw: Path, catalogue: Catalogue, as_of: date | None = None) -> dict[str, Any]:
    """Describe what `prepare` would use: raw files with their hashes, and this code."""
    found = discover(raw, catalogue, as_of)
    used = {one.path: (one.source.key, one.edition.edition) for one in found}
    for folder in packages(raw):
        for path in folder.iterdir():
            if path.is_file() and (path.name == DESCRIPTOR or path.suffix == ".csv"):
                used.setdefault(path, ("", ""))
    files = [
        {
            "path": path.relative_to(raw).as_posix(),
            "sha256": whole_files.file_sha256(path),
            "size": path.stat().st_size,
            "source": key,
            "edition": edition,
        }
        for path, (key, edition) in used.items()
    ]
    return {
        "version": needs.__version__,
        "code": code_hash(),
        **({"as_of": str(as_of)} if as_of else {}),
        "files": sorted(files, key=lambda one: str(one["path"])),
    }


def is_fresh(raw: Path, processed: Path, as_of: date | None = None) -> bool:
    """Whether `processed` was made by this code from just the files that are below `raw` now.

    And whether its tables are as they were written. What killed runs have left beside it is cleared
    away first.
    """
    whole_files.settle(processed)
    path = processed / MANIFEST
    if not path.is_file():
        return False
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        for file in written["files"]:
            file.pop("released", None)
            file.pop("named", None)
        written.pop("left_out", None)
        tables = written.pop("tables")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    try:
        if tables != _tables_in(processed):
            return False
    except OSError:  # one that cannot be read
        return False
    return bool(written == describe(raw, catalogue_module.load(), as_of))


def _tables_in(processed: Path) -> dict[str, str]:
    """Hashes of the processed tables in a folder, by file name."""
    return {one.name: whole_files.file_sha256(one) for one in sorted(processed.glob("*.parquet"))}


def _ruled(catalogue: Catalogue) -> set[str]:
    """Sources whose rule is ours to apply."""
    return {
        key
        for key, source in catalogue.sources.items()
        if not source.disclosure.by_publisher
        and (source.disclosure.threshold or source.disclosure.rounding_base)
    }


def _guarded(raw: Path, read: _Raw, catalogue: Catalogue) -> set[str]:
    """Raw files, by path, of which disclosure control withholds a part."""
    ruled = _ruled(catalogue)
    found = {one.path for one in discover(raw, catalogue) if one.source.key in ruled}
    for folder, package in zip(packages(raw), read.packages, strict=True):
        names = {"local_counts", "local_populations", "consultation"} & set(package.tables)
        rows = package.tables.get("observations")
        keys = set() if rows is None else set(";".join(rows["source"].unique()).split(";"))
        off = {LOCAL_SOURCE} if package.rule.off_because else set()
        if (names and not off) or keys & (ruled - off):
            found.update(folder.iterdir())
    return {path.relative_to(raw).as_posix() for path in found}


def _named(tables: Mapping[str, pd.DataFrame], paths: Sequence[str]) -> set[str]:
    """Raw files, by path, that rows of the tables name as the file that they come from."""
    rows = (one["source_row"].unique() for one in tables.values() if "source_row" in one)
    return files_named(itertools.chain(*rows), paths)


def _released(tables: Mapping[str, pd.DataFrame], catalogue: Catalogue) -> str:
    """Hash of what disclosure control leaves."""
    ruled = _ruled(catalogue)
    rows = tables["observations"]
    own = [bool(ruled & set(keys.split(";"))) for keys in rows["source"]]
    digest = hashlib.sha256(rows[own].to_csv(index=False).encode())
    for name in schemas.LOCAL_TABLES:
        if name in tables:
            digest.update(tables[name].to_csv(index=False).encode())
    return digest.hexdigest()


def refuse_incomplete(processed: Path) -> None:
    """Refuse a folder that does not hold every processed table.

    Raises
    ------
    MissingDataError
    """
    names = (*(f"{name}.parquet" for name in schemas.TABLES), MANIFEST)
    lacking = [name for name in names if not (processed / name).is_file()]
    broken = [one for one in names[:-1] if one not in lacking and not is_table(processed / one)]
    if broken:
        raise InvalidDataError(
            f"A processed table is cut off: {', '.join(broken)}.",
            processed.name,
            "needs prepare, or run without --no-prepare.",
        )
    if lacking:
        raise MissingDataError(
            f"The processed tables are not complete: there is no {', no '.join(lacking)}.",
            processed.name,
            "needs prepare, or run without --no-prepare.",
        )


def _nothing(raw: Path, catalogue: Catalogue) -> MissingDataError:
    expected = [
        Problem(
            f"{source.title}.",
            source.editions[-1].file,
            f"needs fetch {key}"
            if any(one.address for one in source.editions)
            else f"By hand, from {source.landing_page}: {source.how_to_get}",
        )
        for key, source in sorted(catalogue.sources.items())
        if source.editions
    ]
    return MissingDataError(
        f"There is neither a publisher's file nor a data package in {raw.name}.",
        f"{raw.name}/",
        "Bring files in (needs fetch), or put a folder with datapackage.json there. "
        "Any of these is used when it is there:",
        problems=expected,
    )


def read_found(one: Found) -> Reading:
    """Read a file by its source's reader: what it gives, or every fault that was found."""
    try:
        module = importlib.import_module(f"needs.sources.readers.{one.source.reader}")
        return module.read(one.path, one.source, one.edition), []
    except NeedsError as error:
        return None, list(error.problems or (error.problem,))
    except Exception as error:  # what no reader foresees is a fault of its file, beside the others
        return None, [unforeseen(error, f"{one.path.parent.name}/{one.path.name}")]


def _read_files(
    files: Sequence[Found],
    read: _Raw,
    keeping: Sequence[KeptReadings | None],
    tell: Callable[[str, int], None],
    second: ProcessPoolExecutor | None,
) -> None:
    """Read files, and take what they give in their order, whichever process read them.

    The second process begins with those that take longest, this one with the others, until they
    meet.
    """
    if second is None:
        for done, (one, kept) in enumerate(zip(files, keeping, strict=True)):
            tell(f"reading {one.path.name}", done)
            _read_file(one, read, kept)
        return
    waiting = sorted(range(len(files)), key=lambda at: _length(files[at].path))
    begun: dict[int, Future[Reading | None]] = {}
    readings: dict[int, Reading] = {}
    while waiting:
        # one that is read there, and the next, so that it need not wait for this process
        if sum(not one.done() for one in begun.values()) < 2:
            at = waiting.pop()
            begun[at] = handed_over(second, _read_beside, files[at], keeping[at])
        else:
            at = waiting.pop(0)
            tell(f"reading {files[at].path.name}", len(readings))
            readings[at] = _reading(files[at], keeping[at])
    for at, future in begun.items():
        tell(f"reading {files[at].path.name}", len(readings))
        readings[at] = _reading(files[at], keeping[at], future)
    for at, one in enumerate(files):
        _hold(one, readings[at], read)


def _length(path: Path) -> int:
    """About how long a file takes to read, against others: workbooks are packed."""
    return path.stat().st_size * (8 if path.suffix in WORKBOOKS else 1)


def _read_beside(one: Found, kept: KeptReadings | None) -> Reading | None:
    """Read a file in the second process; nothing is sent of what is kept in its folder."""
    reading = _reading(one, kept)
    return None if kept and kept.has(one.path, one.source, one.edition) else reading


def _reading(
    one: Found, kept: KeptReadings | None, begun: Future[Reading | None] | None = None
) -> Reading:
    """What is kept of a file, or what the second process has `begun` to read, or is read here."""
    beside = given(begun, lambda: None) if begun else None

    def fresh() -> Reading:
        return beside or read_found(one)

    return kept.of(one.path, one.source, one.edition, fresh) if kept else fresh()


def _read_file(one: Found, read: _Raw, kept: KeptReadings | None = None) -> None:
    _hold(one, _reading(one, kept), read)


def _hold(one: Found, reading: Reading, read: _Raw) -> None:
    table, problems = reading
    read.problems.extend(problems)
    if table is not None:
        file = f"{one.path.parent.name}/{one.path.name}"
        read.held.append(coverage.Held(file, one.source, one.edition, table))


def _read_package(
    folder: Path, catalogue: Catalogue, read: _Raw, as_of: date | None = None
) -> None:
    from needs.sources.readers import datapackage

    def of_folder(problem: Problem) -> Problem:
        return replace(problem, where="/".join(filter(None, (folder.name, problem.where))))

    try:
        package = datapackage.open_package(folder, catalogue)
    except NeedsError as error:
        read.problems.extend(map(of_folder, error.problems or (error.problem,)))
        return
    except Exception as error:
        read.problems.append(unforeseen(error, f"{folder.name}/{DESCRIPTOR}"))
        return
    read.problems.extend(map(of_folder, package.problems))
    if as_of is not None:
        tables, left_out = published_by(package.tables, catalogue, as_of)
        package = replace(package, tables=tables)
        read.left_out |= left_out
    read.packages.append(package)


def _join(
    read: _Raw, catalogue: Catalogue, second: ProcessPoolExecutor | None = None
) -> dict[str, pd.DataFrame]:
    areas = _areas(read)
    _check_places(read, areas)
    _fill_codes(read, areas)
    read.held, problems = corrected.apply_corrections(read.held, read.corrections)
    read.problems += problems
    if second is None:
        read.problems += checks(read.held, areas, catalogue)
        return _joined_tables(read, areas, catalogue)
    # while the second process holds each file against itself, this one goes on
    place, held = len(read.problems), read.held
    asked = [
        (one, agreement.indicators_by_measure(one, catalogue))
        for one in held
        if agreement.has_figures(one)
    ]
    begun = [handed_over(second, agreement.of_file, *each) for each in asked]
    second.shutdown(wait=False)  # it ends when it has done these
    try:
        return _joined_tables(read, areas, catalogue)
    finally:
        agreeing = [
            problem
            for each, future in zip(asked, begun, strict=True)
            for problem in given(future, functools.partial(agreement.of_file, *each))
        ]
        read.problems[place:place] = checks(held, areas, catalogue, agreeing)


def _joined_tables(
    read: _Raw, areas: pd.DataFrame, catalogue: Catalogue
) -> dict[str, pd.DataFrame]:
    from needs.tables.derive import derive
    from needs.tables.remade_areas import counts_everywhere, finished

    read.held = sums_in_place(read.held, areas)
    land = same_land.lands(areas)
    populations = _populations(read, areas, land)
    read.problems += coverage.ages_missing(populations)
    observations = counts_everywhere(_observations(read, areas, catalogue), areas, land, catalogue)
    try:
        observations = derive(observations, populations, catalogue, areas)
        observations = finished(observations)
    except NeedsError as error:
        read.problems.extend(error.problems or (error.problem,))
    lsoa = _lsoa(read, areas)
    # the last edition wins
    residents = [one.table.assign(**one.stands) for one in reversed(read.of("residents of LSOAs"))]
    people = _with_packages(read, "lsoa_population", residents)
    features = _features(read, areas, populations, lsoa, people, catalogue)
    tables = {
        "observations": observations,
        "lsoa": lsoa,
        "lsoa_population": people,
        "lsoa_neighbours": _with_packages(read, "lsoa_neighbours", _neighbours(read)),
        "populations": populations,
        "authority_features": _with_packages(read, "authority_features", features),
        "official_neighbours": _with_packages(read, "official_neighbours", _official(read)),
        "areas": areas,
    }
    tables = {name: _sorted(name, table) for name, table in tables.items()}
    given = [one.tables["claims"] for one in read.packages if "claims" in one.tables]
    if given:
        tables["claims"] = pd.concat(given, ignore_index=True)
    return tables | _comments(read) | _local_rates(read, tables)


def checks(
    held: Sequence[coverage.Held],
    areas: pd.DataFrame,
    catalogue: Catalogue,
    agreeing: Sequence[Problem] | None = None,
) -> list[Problem]:
    """Faults of files that are not whole, or contradict themselves or each other.

    Parameters
    ----------
    held : sequence of Held
        Publishers' files as read; areas without a code have been given theirs.
    areas : DataFrame
        Processed table, see `needs.sources.schemas`.
    agreeing : sequence of Problem, optional
        What `agreement.problems` gives, where it is known.
    """
    return [
        *_too_early(held),
        *coverage.problems(held, areas),
        *(agreement.problems(held, catalogue) if agreeing is None else agreeing),
        *cross_checks.problems(held, areas),
    ]


def _too_early(held: Sequence[coverage.Held]) -> list[Problem]:
    """Editions with figures of periods that had not ended when they are said to be released."""
    problems = []
    for one in held:
        released, table = one.edition.released, one.table
        if released is None or "period_end" not in table:
            continue
        late = table[table["value"].notna() & (table["period_end"] > pd.Timestamp(released))]
        if late.empty:
            continue
        last = late.sort_values("period_end").iloc[-1]
        problems.append(
            Problem(
                f"Edition '{one.edition.edition}' is said to be released on {released}, and has "
                f"figures of {last['period']}, which had not ended.",
                f"{one.file}; catalogue/sources/{one.source.key}.yaml",
                "Write this edition's own date of release: a copy of the one above it would put "
                "its figures into reports that were made before they came.",
            )
        )
    return problems


def _fill_codes(read: _Raw, areas: pd.DataFrame) -> None:
    """Give readings under a name alone the code of the name; leave out files where that fails."""
    from needs.sources.readers.tabular import one_row_each

    held = []
    for one in read.held:
        table = one.table
        if one.source.gives == "readings":
            try:
                table = areas_module.fill_codes(table, areas, one.file)
            except NeedsError as error:
                read.problems.extend(error.problems)
                continue
            # two names of a file may be one area
            table, twice = one_row_each(table, one.file)
            read.problems += twice
        held.append(replace(one, table=table))
    read.held = held


def _comments(read: _Raw) -> dict[str, pd.DataFrame]:
    """What people said, with how many said so under the rule of disclosure."""
    from needs.tables import local_rates

    given = [one for one in read.packages if "consultation" in one.tables]
    made = [local_rates.comments(one.tables["consultation"], one.rule) for one in given]
    return {"consultation": pd.concat(made, ignore_index=True)} if made else {}


def _local_rates(read: _Raw, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Protected rates of local extracts; their counts go no further."""
    from needs.tables import local_checks, local_rates

    given = [one for one in read.packages if "local_counts" in one.tables]
    if not given:
        return {}
    names = ("areas", "lsoa", "lsoa_population", "populations")
    ages = [one.table for one in read.of("ages of LSOAs")][-1:]
    places = local_checks.PlaceTables(
        **{name: tables[name] for name in names}, census=ages[0] if ages else pd.DataFrame()
    )
    made = []
    for package in given:
        table, problems = local_rates.checked(package, places)
        made.append(table)
        read.problems += [replace(one, where=f"{package.folder}/{one.where}") for one in problems]
    joined = pd.concat(made, ignore_index=True)
    order = list(schemas.LOCAL_RATES.unique or [])
    return {"local_rates": joined.sort_values(order, kind="stable", ignore_index=True)}


def _with_packages(read: _Raw, name: str, own: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join publishers' rows and packages' rows of a table; a publisher's row wins."""
    return _joined(name, [*own, *(one.tables[name] for one in read.packages if name in one.tables)])


def _joined(name: str, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join parts of a table; of two rows with one key the first part's is kept."""
    schema = schemas.TABLES[name]
    parts = [schemas.conform(part, schema) for part in parts if len(part)]
    if not parts:
        return schemas.empty(schema)
    keys = list(schema.unique or [])
    joined: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return joined.drop_duplicates(keys, ignore_index=True)


def _sorted(name: str, table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(list(ORDER[name]), kind="stable", ignore_index=True)


def _areas(read: _Raw) -> pd.DataFrame:
    kinds: dict[str, dict[int, pd.DataFrame]] = {"district_upper": {}, "district_region": {}}
    uppers: dict[int, str] = {}
    histories = []
    lookups = read.of("lookup")
    for one in lookups:
        kind = str(one.edition.options["table"])
        if kind == "district_history":
            histories.append(one.table)
        elif kind in kinds:
            kinds[kind][int(one.edition.options["valid"])] = one.table
            if kind == "district_upper":
                uppers[int(one.edition.options["valid"])] = one.file
    own = []
    lacking = [name for name, tables in kinds.items() if not tables]
    if not lacking:
        try:
            own = [
                areas_module.build(
                    histories, kinds["district_upper"], kinds["district_region"], uppers
                )
            ]
        except NeedsError as error:
            read.problems.extend(error.problems or (error.problem,))
    elif lookups:
        there = ", ".join(one.edition.edition for one in lookups)
        read.problems.append(
            Problem(
                "Areas need a district to upper tier and a district to region lookup; there: "
                f"{there}.",
                "ons_lookups/",
                "needs fetch ons_lookups",
            )
        )
    return _with_packages(read, "areas", own)


def _check_places(read: _Raw, areas: pd.DataFrame) -> None:
    """Refuse codes of packages that are no area, or another than the name beside them says.

    Their figures would be in no report, without a word.
    """
    if areas.empty:  # which is told where a report is asked for
        return
    for package in read.packages:
        for place in package.places:
            wrong = areas_module.mismatch(place.code, place.name, areas)
            if wrong and re.fullmatch(schemas.AREA_CODE, place.code):
                where = f"{package.folder}/{place.file}, row {place.line}, column area_code"
                read.problems.append(Problem(wrong[0], where, wrong[1]))


def _populations(read: _Raw, areas: pd.DataFrame, land: same_land.Lands) -> pd.DataFrame:
    """Join editions: of all that give a place's number, under any code, the newest is kept."""
    from needs.tables.remade_areas import people_everywhere

    given = [one.table for one in reversed(read.of("populations"))]
    given += [one.tables["populations"] for one in read.packages if "populations" in one.tables]
    return _joined(
        "populations", _ages_once([people_everywhere(table, areas, land) for table in given])
    )


def _ages_once(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Leave out ages of a place and year that an earlier table has: their bands may overlap."""
    known = pd.MultiIndex.from_arrays([[], []])
    kept = []
    for table in tables:
        whole = table["age_from"].eq(0) & table["age_to"].isna()
        keys = pd.MultiIndex.from_frame(table[["area_code", "year"]])
        kept.append(table[whole | ~keys.isin(known)])
        known = known.append(keys[~whole])
    return kept


def _lsoa(read: _Raw, areas: pd.DataFrame) -> pd.DataFrame:
    place = areas.set_index("code")
    points = [one.table for one in read.of("centroids")]
    centroids = (
        pd.concat(points).drop_duplicates(["lsoa_vintage", "lsoa_code"], keep="last")
        if points
        else pd.DataFrame(columns=["lsoa_vintage", "lsoa_code", "easting", "northing"])
    )
    tables = []
    for one in read.of("index"):
        index = one.table.assign(**one.stands)
        upper = index["district_code"].map(place["upper_code"])
        unknown = sorted(set(index.loc[upper.isna(), "district_code"]))
        if unknown:
            read.problems.append(
                Problem(
                    f"The upper tier of {len(unknown)} districts is not known: "
                    f"{', '.join(unknown[:5])}.",
                    "ons_lookups/",
                    "needs fetch ons_lookups",
                )
            )
            continue
        index = index.assign(upper_code=upper, upper_name=upper.map(place["name"]))
        tables.append(index.merge(centroids, on=["lsoa_vintage", "lsoa_code"], how="left"))
    return _with_packages(read, "lsoa", tables[::-1])


def _neighbours(read: _Raw) -> list[pd.DataFrame]:
    """Pairs of neighbouring LSOAs, on each vintage whose boundaries are there."""
    from needs.stats.spatial import queen_contiguity

    names = {"area": "lsoa_code", "neighbour": "neighbour_code"}
    layers = read.layers
    return [
        queen_contiguity(layers[name].table, code="code")
        .rename(columns=names)
        .assign(lsoa_vintage=int(name.removeprefix("lsoa_")), **layers[name].stands)
        for name in ("lsoa_2011", "lsoa_2021")
        if name in layers
    ]


def _features(
    read: _Raw,
    areas: pd.DataFrame,
    populations: pd.DataFrame,
    lsoa: pd.DataFrame,
    lsoa_population: pd.DataFrame,
    catalogue: Catalogue,
) -> list[pd.DataFrame]:
    """What authorities are compared by, where the national files that it needs are there."""
    from needs.tables.authority_features import authority_features, land_areas

    layers = {int(name[-4:]): one for name, one in sorted(read.layers.items()) if "lsoa" in name}
    estimates = {one.edition.edition: one.stands for one in read.of("populations")}
    if not layers or not read.of("index") or not estimates:
        return []
    land = pd.concat(
        [land_areas(one.table, year).assign(**one.stands) for year, one in layers.items()]
    )
    published = {one.edition: one.published for one in catalogue.indices.values()}
    return [
        authority_features(areas, populations, lsoa, lsoa_population, land, published, estimates)
    ]


def _official(read: _Raw) -> list[pd.DataFrame]:
    """Publishers' own lists of neighbours; of two editions of one year the last one's."""
    return [
        one.table.assign(source=one.source.key) for one in reversed(read.of("official neighbours"))
    ]


def _observations(read: _Raw, areas: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Map readings to indicators: an indicator's first part wins, and a source's last edition.

    Of packages' figures one that a document quotes gives way to one of data. Within one edition,
    and among packages otherwise, nothing wins: two figures for one are a fault.
    """
    by_source: dict[str, list[pd.DataFrame]] = {}
    for one in read.held:
        if one.source.gives == "readings":
            by_source.setdefault(one.source.key, []).append(one.table)
    names = areas.set_index("code")["name"]
    read.problems += _alike(read.packages)
    _protect_packages(read, areas, catalogue)
    parts = []
    for indicator in catalogue.indicators.values():
        for part in indicator.parts:
            for table in reversed(by_source.get(part.source, [])):
                rows = table[_selected(table, part.select)]
                official = rows["area_code"].map(names).astype("str")
                parts.append(
                    rows.assign(
                        indicator=indicator.key,
                        area_name=official.fillna(rows["area_name"]),
                        method="published",
                        source=part.source,
                    )
                )
    documents = [key for key, source in catalogue.sources.items() if source.document_of]
    packed = [
        one.tables["observations"].assign(package=one.folder)
        for one in read.packages
        if "observations" in one.tables
    ]
    for quoted in (False, True):
        given = [rows[rows["source"].isin(documents) == quoted] for rows in packed]
        read.problems += _disagreeing(given, parts)
        parts += given
    return _protect(read, _joined("observations", parts), areas, catalogue)


def _disagreeing(given: Sequence[pd.DataFrame], own: Sequence[pd.DataFrame]) -> list[Problem]:
    """Figures that two packages give differently, where nothing that goes before (`own`) has them.

    Parameters
    ----------
    given : sequence of DataFrame
        Observations of each package, with its name as `package`.
    own : sequence of DataFrame
    """
    if len(given) < 2:
        return []
    keys = list(schemas.OBSERVATION_KEY)
    columns = [*keys, "value", "status", "source_row", "package"]
    rows = pd.concat([one[columns] for one in given], ignore_index=True)
    if own:
        have = pd.MultiIndex.from_frame(pd.concat([one[keys] for one in own]))
        rows = rows[~pd.MultiIndex.from_frame(rows[keys]).isin(have)]
    rows = rows.drop_duplicates([*keys, "value", "status"])
    differ = rows[rows.duplicated(keys, keep=False)]
    problems = []
    for key, pair in differ.groupby(keys, sort=False):
        said = [
            f"{value:.10g}" if status == Status.SHOWN else str(status)
            for value, status in zip(pair["value"], pair["status"], strict=True)
        ]
        problems.append(
            Problem(
                f"Packages give {', '.join(str(part) for part in key if part)} differently: "
                f"{' and '.join(said)}.",
                " and ".join(pair["package"] + "/" + pair["source_row"]),
                "Take it out of one of them, or bring in the publisher's own file.",
            )
        )
    return problems


def _alike(packages: Sequence[Package]) -> list[Problem]:
    """Categories, such as names of grants, that figures could not be told apart by.

    An id keeps letters and digits of them, and there is no figure without its own id.
    """
    problems = []
    seen: dict[tuple[str, ...], tuple[str, str]] = {}
    for package in packages:
        rows = package.tables.get("observations")
        if rows is None:
            continue
        named = rows[rows["category"] != ""]
        columns = [*ID_PARTS, "category", "source_row"]
        for *same, category, row in named[columns].itertuples(index=False, name=None):
            where = f"{package.folder}/{row}"
            short = figure_id(str(category))
            if not short:
                problems.append(
                    Problem(
                        f"'{category}' has no letter of A to Z and no digit.",
                        f"{where}, column category",
                        "Name it in such letters: its figures are told apart by them.",
                    )
                )
                continue
            first, place = seen.setdefault((*map(str, same), short), (str(category), where))
            if first != category:
                problems.append(
                    Problem(
                        f"'{category}' and '{first}' differ in signs only.",
                        f"{where}, column category, and {place}",
                        "Name one of them in other letters: their figures are told apart by them.",
                    )
                )
    return problems


def _protect_packages(read: _Raw, areas: pd.DataFrame, catalogue: Catalogue) -> None:
    """Apply each package's own rule of disclosure to its local figures.

    Where it is switched off, the trail of each figure says why.
    """
    from needs.tables.protected_observations import protect_observations

    for number, package in enumerate(read.packages):
        rows = package.tables.get("observations")
        if rows is None:
            continue
        if package.rule.off_because:
            own = rows["source"] == LOCAL_SOURCE
            reason = f"; {package.rule.words}"
            rows = rows.assign(source_row=rows["source_row"].mask(own, rows["source_row"] + reason))
        else:
            try:
                rows = protect_observations(
                    rows, LOCAL_SOURCE, package.rule.disclosure, areas, catalogue.indicators
                )
            except NeedsError as error:
                read.problems.extend(error.problems or (error.problem,))
        read.packages[number] = replace(package, tables=package.tables | {"observations": rows})


def _protect(
    read: _Raw, table: pd.DataFrame, areas: pd.DataFrame, catalogue: Catalogue
) -> pd.DataFrame:
    """Apply the rules of all sources whose publisher has not done so, before rates are made."""
    from needs.tables.protected_observations import protect_observations

    for key, source in catalogue.sources.items():
        if key == LOCAL_SOURCE:  # by package
            continue
        try:
            table = protect_observations(table, key, source.disclosure, areas, catalogue.indicators)
        except NeedsError as error:
            read.problems.extend(error.problems or (error.problem,))
    return table


def _selected(table: pd.DataFrame, select: Mapping[str, str | int]) -> pd.Series[bool]:
    chosen = pd.Series(True, index=table.index)
    for column, value in select.items():
        if column not in table.columns:
            return pd.Series(False, index=table.index)
        chosen &= table[column].astype(str) == str(value)
    return chosen


def _write(
    tables: Mapping[str, pd.DataFrame],
    boundaries: Mapping[str, geopandas.GeoDataFrame],
    manifest: Mapping[str, Any],
    processed: Path,
) -> dict[str, Any]:
    """Write to a folder beside `processed`, then let it take its place; give the manifest there."""
    with whole_files.new_folder(processed, PROCESSED) as fresh:
        for path in processed.glob(".*"):
            if path.is_file():
                shutil.copy2(path, fresh / path.name)
        for name, table in tables.items():
            rows = LONG_ROW_GROUP if len(table) >= LONG else ROW_GROUP
            table.to_parquet(fresh / f"{name}.parquet", index=False, row_group_size=rows)
        for layer, table in sorted(boundaries.items()):
            # on the grid that maps are drawn on, so that no report transforms them
            table.to_crs(BRITISH_NATIONAL_GRID).to_parquet(
                fresh / f"boundaries_{layer}.parquet",
                index=False,
                row_group_size=ROW_GROUP // 2,
                schema_version="1.1.0",
                write_covering_bbox=False,
            )
        described = {**manifest, "tables": _tables_in(fresh)}
        text = json.dumps(described, ensure_ascii=False, indent=1) + "\n"
        (fresh / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
    return described


def _refuse_others(processed: Path) -> None:
    """Refuse a folder with what is no processed table, and would be gone.

    Hidden files, such as the one that keeps the empty folder in git, are kept.
    """
    for path in sorted(processed.iterdir()) if processed.is_dir() else ():
        hidden = path.name.startswith(".") and path.is_file()
        if not hidden and path.name != MANIFEST and path.suffix != ".parquet":
            raise ParameterError(
                f"'{processed.name}' holds more than processed tables, such as '{path.name}', and "
                "would be replaced as a whole.",
                PROCESSED,
                "Move it away, or name another folder.",
            )
