"""Validate raw and processed data against the catalogue; every failure at once."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs import catalogue as catalogue_module
from needs.catalogue import Catalogue
from needs.errors import InvalidDataError, Problem, first_of
from needs.sources import schemas
from needs.sources.fetch import ledger
from needs.sources.whole_files import file_sha256
from needs.tables import prepare
from needs.tables.kept_readings import KeptReadings, folder_beside

#: Files that no source declares which are named one by one.
NAMED = 10

#: What `needs fetch` notes the files in.
LOCK_NAME = ledger.NAME


def check(raw: Path, processed: Path, progress: prepare.Progress | None = None) -> list[str]:
    """Check the catalogue, everything below `raw`, and the tables made from it.

    Tables that this code made from just these files were only made because nothing was wrong with
    them: then the files are not read again, and the tables themselves are checked. Nothing is
    written, but for what readers make of files that changed, see `needs.tables.kept_readings`.

    Parameters
    ----------
    raw, processed : Path
        Folders of the publishers' files and of the processed tables; the latter need not be there.
    progress : callable, optional

    Returns
    -------
    list of str
        What was checked, a line each, and the next step.

    Raises
    ------
    MissingDataError
        Neither a source nor a data package is there.
    InvalidDataError
        With every fault of catalogue, raw files and processed tables.
    """
    catalogue = catalogue_module.load()
    fresh = prepare.is_fresh(raw, processed)
    problems: list[Problem] = []
    observations = schemas.empty(schemas.OBSERVATIONS)
    if not fresh:
        kept = KeptReadings(folder_beside(processed)) if processed.is_dir() else None
        made, _, problems = prepare.make_tables(raw, catalogue, progress, kept)
        observations = made.get("observations", observations)
    problems += _locked(raw, catalogue)
    tables = 0
    for name, schema in schemas.TABLES.items():
        path = processed / f"{name}.parquet"
        if not path.is_file():
            continue
        tables += 1
        try:
            rows = pd.read_parquet(path)
        except (OSError, ValueError) as error:
            problems.append(
                Problem(f"The table cannot be read: {error}", path.name, "needs prepare")
            )
            continue
        problems.extend(schemas.problems(rows, schema, path.name))
        if fresh and name == "observations":
            observations = rows
    if problems:
        count = f"{len(problems)} fault{'s' if len(problems) > 1 else ''}"
        raise InvalidDataError(
            f"{count} found, listed below.",
            f"{_shown(raw)}, {_shown(processed)}",
            "Mend, replace or remove what each names; then again: needs check",
            problems=problems,
        )
    return [
        f"Catalogue: {_number(len(catalogue.sources), 'source')}, "
        f"{_number(len(catalogue.indicators), 'indicator')}.",
        *_raw(raw, catalogue),
        f"Processed data in {_shown(processed)}: {_state(tables, fresh)}",
        *_to_add(observations, catalogue),
        "No faults found.",
        "Next: "
        + ("needs run --area NAME --year YEAR" if fresh or not tables else "needs prepare")
        + ("" if fresh else ", which makes the tables first" if not tables else ""),
    ]


def _locked(raw: Path, catalogue: Catalogue) -> list[Problem]:
    """Files that are not those which `needs fetch` noted; one that it never noted is no fault."""
    try:
        entries = ledger.read(raw)
    except InvalidDataError as error:
        return [error.problem]
    found = []
    for one in prepare.discover(raw, catalogue):
        name = one.path.relative_to(raw).as_posix()
        entry = entries.get(name)
        if entry is None:
            continue
        size, here = one.path.stat().st_size, file_sha256(one.path)
        if (size, here) != (entry.size, entry.sha256):
            found.append(
                Problem(
                    f"The file is not the one that was fetched on {entry.fetched}: {size:,} bytes "
                    f"and sha256 {here}, in the lock {entry.size:,} bytes and {entry.sha256}.",
                    name,
                    f"needs fetch {one.source.key} brings the file of the lock back. If the "
                    "publisher has revised it: needs fetch "
                    f"{one.source.key} --accept-revision",
                )
            )
    return found


def _raw(raw: Path, catalogue: Catalogue) -> list[str]:
    """What was read, by source and package, and what no source declares."""
    files, folders = prepare.discover(raw, catalogue), prepare.packages(raw)
    lines = [
        f"Raw data in {_shown(raw)}: {_number(len(files), 'file')} of publishers, "
        f"{_number(len(folders), 'data package')}."
    ]
    by_source: dict[str, list[str]] = {}
    for one in files:
        by_source.setdefault(one.source.key, []).append(one.path.name)
    lines += [f"  {key}: {', '.join(names)}" for key, names in by_source.items()]
    lines += [
        f"  data package: {'this folder itself' if one == raw else one.relative_to(raw).as_posix()}"
        for one in folders
    ]
    read = {one.path for one in files}
    strange = sorted(
        path.relative_to(raw).as_posix()
        for path in raw.rglob("*")
        if path.is_file()
        and path not in read
        and not any(folder in path.parents for folder in folders)
        and path.name != LOCK_NAME
        and not any(part.startswith(".") for part in path.relative_to(raw).parts)
    )
    gone = sorted(name for name in ledger.read(raw) if not (raw / name).is_file())
    if gone:
        lines.append(f"  in {LOCK_NAME}, but not there: {', '.join(gone)} (needs fetch)")
    if strange:
        lines.append(
            "  not read, as no edition of a source declares them: "
            f"{first_of(strange, NAMED)} (docs/adding-a-source.md)"
        )
    return lines


def _to_add(observations: pd.DataFrame, catalogue: Catalogue) -> list[str]:
    """Measures that no file at hand has, each with how it is added."""
    there = set(observations["indicator"])
    absent = [one for key, one in catalogue.indicators.items() if key not in there]
    if not absent:
        return []
    return [
        f"{_number(len(absent), 'indicator')} without any figure:",
        *(f"  {one.key}: {one.how_to_add.strip()}" for one in absent),
    ]


def _state(tables: int, fresh: bool) -> str:
    if not tables:
        return "no tables yet."
    lacking = len(schemas.TABLES) - tables
    if lacking:
        return f"{_number(tables, 'table')}, {lacking} not there."
    return f"{_number(tables, 'table')}, " + (
        "made from these files." if fresh else "not made from just these files by this code."
    )


def _shown(folder: Path) -> str:
    return "/".join(folder.absolute().parts[-2:])


def _number(count: int, noun: str) -> str:
    """A count with its noun.

    Examples
    --------
    >>> _number(1, "file"), _number(3, "file")
    ('1 file', '3 files')
    """
    return f"{count} {noun}" + ("" if count == 1 else "s")
