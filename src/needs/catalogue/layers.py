"""The catalogue in use: the package's own declarations, and those of a house laid over them.

A folder ``catalogue/`` beside the chapters, and each folder that the environment variable
``NEEDS_CATALOGUE`` names, is laid over ``src/needs/catalogue/``, in this order: of what two of them
name alike, the later one's counts. A folder holds only what it adds or changes, in files named as
the package's: a mapping is joined key by key, a list of named entries (editions of a source,
methods, topics) entry by entry, a heading map column by column, any other table row by row. Any
other list is taken whole.
"""

from __future__ import annotations

import contextlib
import csv
import difflib
import functools
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from needs.catalogue import declared
from needs.errors import InvalidDataError, MissingDataError, Problem

#: The package's own catalogue, which lies at the bottom.
PACKAGE = Path(__file__).parent

#: Folders to lay over it, separated as the system separates paths.
VARIABLE = "NEEDS_CATALOGUE"

#: Folder beside that of the chapters.
FOLDER = "catalogue"

#: Folders of declarations that are a file each.
PARTS = ("sources", "indicators")

#: What names the entries of a list: those of a file, or under a key.
NAMED: Mapping[str, str] = {
    "methods.yaml": "name",
    "outcomes_framework.yaml": "measure",
    "outside_this_report.yaml": "topic",
    "editions": "edition",
}

#: Lists that a house adds to, and does not replace.
ADDED = ("corrections.yaml",)

#: Tables whose rows have a name, and the columns that are it. In all others, the heading maps,
#: the first two columns name a row and each column after them is an edition.
ROWS: Mapping[str, tuple[str, ...]] = {
    "claim_phrases.csv": ("indicator", "kind", "years", "all_of"),
    "claim_terms.csv": ("label", "statistic"),
    "maps/area_changes.csv": ("code",),
    "maps/area_names.csv": ("name",),
    "maps/ndtms_groups.csv": ("column", "text"),
    "maps/outside_england.csv": ("name",),
}

#: What an entry of a file is called.
KINDS: Mapping[str, str] = {
    "abbreviations.yaml": "term",
    "accessibility.yaml": "paragraphs on accessibility",
    "claim_phrases.csv": "phrase of documents",
    "claim_terms.csv": "term of printed figures",
    "corrections.yaml": "corrections",
    "findings.yaml": "weights of the findings",
    "footprints.yaml": "footprint",
    "methods.yaml": "method",
    "outcomes_framework.yaml": "measure of the outcomes framework",
    "outside_this_report.yaml": "topic outside the report",
    "maps/area_changes.csv": "change of an area",
    "maps/area_names.csv": "name of an area",
    "maps/ndtms_groups.csv": "group of the treatment export",
    "maps/outside_england.csv": "name outside England",
}

#: Endings of declarations; one of them with a wrong name is told.
_DECLARED = (".csv", ".yaml", ".yml")

#: Chapters by which a project is known.
_CHAPTERS = "[0-9]*_*.ipynb"

#: The folder beside the chapters of the report that is being made, if one is.
_beside: list[Path] = []

#: Folders that are laid over all others for a while: declarations that are tried.
_tried: list[Path] = []

#: What changes when a file of a folder's declarations does: path, time and size of each.
Stamp = tuple[tuple[str, int, int], ...]

#: Stamps by their folders, while files are taken to stay as they are.
_stamps: list[dict[tuple[Path, ...], Stamp]] = []

#: Whoever wants to know which files of the catalogue are asked for.
_listening: list[set[str]] = []


@contextlib.contextmanager
def beside(notebooks: Path) -> Iterator[None]:
    """While it lasts, the catalogue beside these chapters is the project's."""
    _beside.append(notebooks.resolve().parent / FOLDER)
    try:
        yield
    finally:
        _beside.pop()


@contextlib.contextmanager
def still() -> Iterator[None]:
    """While it lasts, declared files are taken to stay as they are, and are looked at once."""
    _stamps.append({})
    try:
        yield
    finally:
        _stamps.pop()


@contextlib.contextmanager
def trying(folder: Path) -> Iterator[set[str]]:
    """While it lasts, a folder is laid over all others; lends the names of files asked for."""
    names: set[str] = set()
    _tried.append(folder)
    _listening.append(names)
    try:
        yield names
    finally:
        _tried.pop()
        _listening.pop()


def project() -> Path | None:
    """The project's own catalogue, whether or not it is there; None where there is no project."""
    if _beside:
        return _beside[-1]
    here = Path.cwd()
    for folder in (here, *here.parents):
        if any((folder / "notebooks").glob(_CHAPTERS)):
            return folder / FOLDER
    return None


def overlays() -> tuple[Path, ...]:
    """Folders that are laid over the package's catalogue; of two, the later one counts.

    Raises
    ------
    MissingDataError
        ``NEEDS_CATALOGUE`` names a folder that is not there.
    """
    own = project()
    found = [own] if own and own.is_dir() and own.resolve() != PACKAGE.resolve() else []
    named = [Path(one) for one in os.environ.get(VARIABLE, "").split(os.pathsep) if one]
    for folder in named:
        if not folder.is_dir():
            raise MissingDataError(
                f"There is no folder {folder}, which {VARIABLE} names.",
                VARIABLE,
                f"Name folders that are there, separated by '{os.pathsep}', or unset it.",
            )
    resolved = {one.resolve(): None for one in (*found, *named, *_tried)}
    return tuple(resolved)


def folders() -> tuple[Path, ...]:
    """All layers of the catalogue in use, the package's first."""
    return (PACKAGE, *overlays())


def shown(path: Path) -> str:
    """A file as messages name it: below ``catalogue/``, or below a house's folder.

    Examples
    --------
    >>> shown(PACKAGE / "methods.yaml")
    'catalogue/methods.yaml'
    """
    for folder in overlays():
        if path.is_relative_to(folder):
            inside = path.relative_to(folder).as_posix()
            return f"{folder.parent.name}/{folder.name}/{inside}"
    if path.is_relative_to(PACKAGE):
        return f"catalogue/{path.relative_to(PACKAGE).as_posix()}"
    return "/".join(path.parts[-3:]) if path.parent.name in PARTS else path.name


@dataclass(frozen=True)
class InUse:
    """A file of the catalogue in use: its name, and every layer's, the package's first.

    Two are equal where the files have not changed since, so that what is read may be kept.
    """

    name: str
    files: tuple[Path, ...]
    stamp: tuple[tuple[int, int], ...]

    def data(self) -> Any:
        """What the YAML files say together.

        Raises
        ------
        InvalidDataError
        """
        return _merged(self)

    def rows(self) -> list[dict[str, str]]:
        """Rows of the CSV files together; every row has every column.

        Raises
        ------
        InvalidDataError
        """
        return [dict(row) for row in _merged(self)]


def in_use(name: str, layers: Sequence[Path] = ()) -> InUse:
    """A file of the catalogue in use: "methods.yaml", "maps/area_names.csv".

    Raises
    ------
    MissingDataError
        The catalogue has no such file.

    Examples
    --------
    >>> len(in_use("methods.yaml").data()) > 5
    True
    """
    for asked in _listening:
        asked.add(name)
    files = _files(name, layers or folders())
    if not files:
        raise MissingDataError(
            f"The catalogue in use has no file {name}.",
            f"catalogue/{name}",
            "Install needs again: its own catalogue is not whole.",
        )
    return _stamped(name, files)


def alone(path: Path) -> InUse:
    """A file of declarations that belongs to no catalogue, by itself."""
    return _stamped(path.name, (path,))


def _files(name: str, layers: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(path for one in layers if (path := one / name).is_file())


def _stamped(name: str, files: tuple[Path, ...]) -> InUse:
    stats = [path.stat() for path in files]
    return InUse(name, files, tuple((one.st_mtime_ns, one.st_size) for one in stats))


@functools.cache
def _merged(one: InUse) -> Any:
    if one.name.endswith(".csv"):
        return _merged_rows(one)
    below: Any = None
    for path in one.files:
        below = _over(below, read(path), one.name)
    return below


def read(path: Path) -> Any:
    """Read a YAML file of a layer.

    Raises
    ------
    InvalidDataError
        Naming file and line.
    """
    try:
        return declared.read(path)
    except (yaml.YAMLError, OSError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        said = getattr(error, "problem", None) or str(error)
        raise InvalidDataError(
            f"Not YAML: {said}.", shown(path) + line, "Mend the line it names."
        ) from None


def _over(below: Any, above: Any, name: str) -> Any:
    """Lay a value over another of the same name."""
    if isinstance(below, dict) and isinstance(above, dict):
        joined = {key: _over(below[key], above[key], key) for key in below.keys() & above.keys()}
        return {key: joined.get(key, value) for key, value in {**below, **above}.items()}
    by = NAMED.get(name)
    if by and _are_named(below, by) and _are_named(above, by):
        entries = {one[by]: one for one in below}
        for one in above:
            entries[one[by]] = _over(entries.get(one[by], {}), one, "")
        return list(entries.values())
    if name in ADDED and isinstance(below, list) and isinstance(above, list):
        return [*below, *(one for one in above if one not in below)]
    return above


def _are_named(value: Any, by: str) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) and by in one for one in value)


def _merged_rows(one: InUse) -> list[dict[str, str]]:
    key = ROWS.get(one.name)
    columns: list[str] = []
    rows: list[dict[str, str]] = []
    for number, path in enumerate(one.files):
        heads, own = _read_rows(path)
        names = key or tuple(heads[:2])
        if number and list(names if not key else heads) != (columns if key else columns[:2]):
            expected = columns if key else columns[:2]
            raise InvalidDataError(
                f"Its columns are not those of the package's file: {', '.join(heads)}.",
                f"{shown(path)}, line 1",
                f"Head it {', '.join(expected)}{'' if key else ', and a column for each edition'}.",
            )
        if key:
            ours = {tuple(row[name] for name in key) for row in own}
            rows = [row for row in rows if tuple(row[name] for name in key) not in ours]
        else:
            again = [head for head in heads[2:] if head in columns]
            rows = [row | dict.fromkeys(again, "") for row in rows]
            rows = [row for row in rows if any(row.get(head) for head in columns[2:])]
        columns += [head for head in heads if head not in columns]
        rows += own
    blank = dict.fromkeys(columns, "")
    return [blank | row for row in rows]


def _read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, cells) for cells in reader if cells]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidDataError(f"Not a CSV file in UTF-8: {error}.", shown(path)) from None
    if not lines:
        raise InvalidDataError("The file is empty.", shown(path))
    heads = lines[0][1]
    uneven = [
        Problem(
            f"The row has {len(cells)} cells, the headings are {len(heads)}.",
            f"{shown(path)}, line {line}",
            "Write as many commas as in the first line; put a cell with a comma in quotes.",
        )
        for line, cells in lines[1:]
        if len(cells) != len(heads)
    ]
    if uneven:
        raise InvalidDataError("The table is not even.", shown(path), problems=uneven)
    return heads, [dict(zip(heads, cells, strict=True)) for _, cells in lines[1:]]


def place_of(one: InUse, place: Sequence[Any], value: Any) -> str:
    """Where a key of a YAML file in use is declared: the last file that has it, and its line.

    Parameters
    ----------
    one : InUse
    place : sequence of str and int
        Keys and numbers of list entries, from the outermost.
    value : object
        What the files say together, to tell entries of a named list by their names.
    """
    by_name: list[Any] = []
    for part in place:
        name = NAMED.get(by_name[-1]) if by_name and isinstance(part, int) else None
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            value = None
        by_name.append(value[name] if name and isinstance(value, dict) else part)
    found = [(declared.depth_and_line(path, by_name), path) for path in reversed(one.files)]
    (_, line), path = max(found, key=lambda pair: pair[0][0])
    return shown(path) + (f", line {line}" if line else "")


def names(part: str, layers: Sequence[Path] = ()) -> list[str]:
    """Names of the files of a folder of declarations, in any layer."""
    return sorted(
        {path.name for one in layers or folders() for path in (one / part).glob("*.yaml")}
    )


def stamp(layers: Sequence[Path] = ()) -> Stamp:
    """What changes when declared sources or indicators do: each file's path, time and size."""
    places = tuple(layers or folders())
    known = _stamps[-1] if _stamps else {}
    if places not in known:
        known[places] = _looked_at(places)
    return known[places]


def _looked_at(places: Sequence[Path]) -> Stamp:
    stats = []
    for folder in (one / part for one in places for part in PARTS):
        # this is asked for often, and faster than a glob
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as all_:
            stats += [(one.path, one.stat()) for one in all_ if one.name.endswith(".yaml")]
    return tuple(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats))


def laid_over() -> dict[str, Path]:
    """Every file that is laid over the package's, by the number of its layer and its name.

    The name says nothing of where the folder lies: a copy that says the same is the same.
    """
    return {
        f"{number}/{path.relative_to(folder).as_posix()}": path
        for number, folder in enumerate(overlays(), 1)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in _DECLARED
    }


def hashes() -> dict[str, str]:
    """SHA-256 of each file that is laid over, whatever line ends a machine gives it."""
    return {
        name: hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
        for name, path in laid_over().items()
    }


def strangers() -> list[Problem]:
    """Files of overlays that nothing would read, with the nearest name that is read."""
    own = (path for path in PACKAGE.rglob("*") if path.suffix in _DECLARED)
    known = {path.relative_to(PACKAGE).as_posix() for path in own}
    found = []
    for name, path in laid_over().items():
        inside = name.partition("/")[2]
        folder, _, file = inside.rpartition("/")
        if inside in known or (folder in PARTS and file.endswith(".yaml")):
            continue
        near = difflib.get_close_matches(inside, [*known, *(f"{one}/{file}" for one in PARTS)], n=1)
        remedy = f"Did you mean {near[0]}?" if near else "See docs/adding-an-indicator.md."
        found.append(Problem("No file of a catalogue is called this.", shown(path), remedy))
    return found


@dataclass(frozen=True)
class OwnDeclaration:
    """A declaration that a house has laid over the package's.

    Attributes
    ----------
    kind, name : str
        "indicator", "drug_misuse_rate".
    new : bool
        Whether no layer below has one of this name; else it counts in its place.
    file : str
        Below its own folder.
    given_way : tuple of str
        Files of earlier overlays that declare it too, and do not count.
    """

    kind: str
    name: str
    new: bool
    file: str
    given_way: tuple[str, ...] = ()


def own_declarations() -> tuple[OwnDeclaration, ...]:
    """What the overlays add to the package's declarations, or declare otherwise."""
    layers = folders()
    found = []
    for name in dict.fromkeys(name.partition("/")[2] for name in laid_over()):
        files = _files(name, layers)
        said = [_entries(_stamped(name, files[:number])) for number in range(1, len(files) + 1)]
        if files[0].is_relative_to(PACKAGE):
            files = files[1:]
        else:
            said.insert(0, {})
        changes: dict[tuple[str, str], list[Path]] = {}
        for (below, above), path in zip(pairwise(said), files, strict=True):
            for entry in above:
                if below.get(entry) != above[entry]:
                    changes.setdefault(entry, []).append(path)
        for (kind, key), paths in changes.items():
            *before, last = (f"{path.parents[name.count('/')].name}/{name}" for path in paths)
            new = (kind, key) not in said[0]
            found.append(OwnDeclaration(kind, key, new, last, tuple(before)))
    return tuple(sorted(found, key=lambda one: (one.kind, one.name)))


def _entries(one: InUse) -> dict[tuple[str, str], Any]:
    """Declarations of a file of the catalogue, by kind and name."""
    part, _, file = one.name.rpartition("/")
    key = file.rpartition(".")[0]
    kind = KINDS.get(one.name, "")
    if one.name.endswith(".csv"):
        rows = one.rows()
        named = ROWS.get(one.name)
        if named:
            return {(kind, ", ".join(filter(None, (row[n] for n in named)))): row for row in rows}
        heads = list(rows[0])[2:] if rows else []
        return {
            ("headings of an edition", f"{key}, {head}"): [
                (*list(row.values())[:2], row[head]) for row in rows if row[head]
            ]
            for head in heads
        }
    data = one.data()
    if part == "indicators":
        return {("indicator", key): data}
    if part == "sources" and isinstance(data, dict):
        rest = {name: value for name, value in data.items() if name != "editions"}
        editions = data.get("editions") or ()
        return {("source", key): rest} | {
            ("edition", f"{key}, {edition['edition']}"): edition
            for edition in editions
            if isinstance(edition, dict) and "edition" in edition
        }
    if isinstance(data, dict):
        return {(kind, str(name)): value for name, value in data.items()}
    by = NAMED.get(one.name)
    if by and _are_named(data, by):
        return {(kind, str(entry[by])): entry for entry in data}
    return {(kind, "all"): data}
