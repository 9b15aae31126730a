"""Chapters that would show the same again: taken from the last report instead of being run.

A chapter is told by its notebook, the package's code and the packages, its parameters, and the
content of just those parts of the data that it read (`needs.figures.parts_read`). The manifest of a
report notes both, the parts and one hash of all this, for each chapter. Where the hash is still the
same, the executed notebook of the last report is what running it again would give.

A chapter is always run where that cannot be known: it imports something besides ``needs`` and its
chapters, opens files, has magics, or reads another area than the report's.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from needs.errors import NeedsError
from needs.figures import findings, parts_read
from needs.figures.assessment import TABLES, Assessment, opened_part
from needs.figures.parts_read import ALL, Part
from needs.report import manifest as manifests
from needs.report.notebook_source import SourceCell, source_cells
from needs.tables.naming import files_named

if TYPE_CHECKING:
    import nbformat

#: Functions through which a cell reads what is not noted.
_UNNOTED = frozenset({"open", "eval", "exec", "compile", "input", "__import__"})


class Content:
    """Hashes of what an assessment holds, by part.

    Parameters
    ----------
    na : Assessment
    """

    def __init__(self, na: Assessment) -> None:
        self.na = na
        self._known: dict[Part, str] = {}

    def of(self, part: Part) -> str:
        """Hash of a part."""
        if part not in self._known:
            with parts_read.only():
                self._known[part] = self._hash(*part)
        return self._known[part]

    @cached_property
    def of_all(self) -> str:
        """One hash of everything that a report can read."""
        tables = [self.of((name, ALL)) for name in TABLES]
        return _sha([self.of_area, *tables])

    @cached_property
    def of_area(self) -> str:
        """Hash of what says whom the report is on: every chapter reads it."""
        na = self.na
        said = [na.area, na.regions, na.england, na.districts, na.members, na.index_edition]
        said += [na.lsoa_population_year, na.neighbours_by, na.as_of, sorted(na.files_of)]
        return _sha([na.year, *map(repr, said), _of_table(na.areas)])

    def _hash(self, table: str, key: str) -> str:
        if table == "findings":
            told = findings.on_indicators(self.na, (key,)), findings.set_aside(self.na, key)
            return _sha([repr(told)])
        content = getattr(self.na, table)
        if key == ALL:
            return _of_table(content)
        of_key, rows = self._by_indicator[table]
        return hashlib.sha256(rows[of_key.get(key, [])].tobytes()).hexdigest()

    @cached_property
    def _by_indicator(self) -> dict[str, tuple[dict[str, Any], Any]]:
        """Places of each indicator's rows, and a hash of each row."""
        return {
            name: (table.groupby("indicator", sort=False).indices, _of_rows(table))
            for name in ("observations", "later")
            for table in (getattr(self.na, name),)
        }


def _of_table(table: Any) -> str:
    """Hash of a table, of several with what they are called, or of none."""
    if isinstance(table, tuple):
        return _sha([[edition, _of_table(rows), year] for edition, rows, year in table])
    if table is None:
        return _sha(None)
    kinds = [(str(name), str(kind)) for name, kind in table.dtypes.items()]
    return _sha([kinds, hashlib.sha256(_of_rows(table).tobytes()).hexdigest()])


def _of_rows(table: pd.DataFrame) -> Any:
    """A hash of each row."""
    if "geometry" in table:
        table = table.assign(geometry=shapely.to_wkb(table["geometry"].to_numpy()))
    return pd.util.hash_pandas_object(table, index=False).to_numpy()


def _sha(content: Any) -> str:
    return manifests.sha256(json.dumps(content).encode("utf-8"))


def files_read(na: Assessment, inputs: Mapping[str, Any]) -> set[str]:
    """Paths of the raw files that a report reads: rows of it name them, or no rows ever do.

    Parameters
    ----------
    na : Assessment
    inputs : mapping
        The manifest of the processed data.
    """
    with parts_read.only():
        tables = [getattr(na, name) for name in TABLES if name != "other_indices"]
        tables += [rows for _, rows, _ in na.other_indices]
    rows = [
        text
        for table in tables
        for column in ("source_row", "population_source_row")
        if table is not None and column in table
        for text in table[column].dropna().unique().tolist()
    ]
    files = inputs.get("files", ())
    unnamed = {str(one["path"]) for one in files if not one.get("named")}
    return unnamed | files_named(rows, [str(one["path"]) for one in files])


@dataclass(frozen=True)
class ChapterRun:
    """What a chapter's last run was of.

    Attributes
    ----------
    reads : tuple of (str, str)
        The parts that it read.
    of : str
        Hash of its notebook, code, packages, parameters and parts; empty where it is always run.
    """

    reads: tuple[Part, ...] = ()
    of: str = ""

    def listed(self) -> dict[str, Any]:
        """The same for the manifest: indicators by table."""
        tables = dict.fromkeys(table for table, _ in self.reads)
        reads = {
            name: [key for table, key in self.reads if table == name and key != ALL]
            for name in tables
        }
        return {"of": self.of, "reads": reads}


def run_of(
    path: Path, values: Mapping[str, Any], parts: Iterable[Part], content: Content
) -> ChapterRun:
    """Tell what a chapter's run is of.

    Parameters
    ----------
    path : Path
        The notebook.
    values : mapping
        Its parameters.
    parts : iterable of (str, str)
        What it read, or reads if it runs as it did.
    content : Content
    """
    reads = {*parts} - {opened_part(content.na)}
    elsewhere = any(table == parts_read.OPENED for table, _ in reads)
    if elsewhere or not only_notes_what_it_reads(source_cells(path)):
        return ChapterRun()
    # the whole of a table goes before parts of it
    whole = {table for table, key in reads if key == ALL}
    told = sorted(one for one in reads if one[1] == ALL or one[0] not in whole)
    code = manifests.code_version((path,))
    of_parts = [(*one, content.of(one)) for one in told]
    packages = dict(manifests.package_versions())
    return ChapterRun(tuple(told), _sha([code, packages, values, content.of_area, of_parts]))


def only_notes_what_it_reads(cells: Sequence[SourceCell]) -> bool:
    """Whether all that the cells of a chapter read is noted.

    Examples
    --------
    >>> code = "import needs; from needs.chapters import trend; needs.open(areas, year)"
    >>> only_notes_what_it_reads([SourceCell("code", code, [])])
    True
    >>> only_notes_what_it_reads([SourceCell("code", "import pandas as pd", [])])
    False
    """
    for cell in cells:
        if cell.kind != "code":
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:  # a magic
            return False
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in _UNNOTED:
                return False
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [f"{node.module}"] if isinstance(node, ast.ImportFrom) else []
            if any(one != "needs" and not one.startswith("needs.chapters") for one in names):
                return False
    return True


class KeptReport:
    """The executed notebooks of the report that is there, if one is.

    Parameters
    ----------
    folder : Path
        Of the report.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.manifest = manifests.read(folder)
        except NeedsError:
            self.manifest = {}

    def chapter(
        self, path: Path, values: Mapping[str, Any], content: Content
    ) -> tuple[bytes, ChapterRun] | None:
        """A chapter as it was executed, if it would be the same; its file is as it was written."""
        name = f"notebooks/{path.name}"
        noted = self.manifest.get("chapters", {}).get(name)
        file = self.folder / "notebooks" / path.name
        if not noted or not noted["of"] or not file.is_file():
            return None
        parts = [(table, key) for table, keys in noted["reads"].items() for key in (keys or [ALL])]
        run = run_of(path, values, parts, content)
        if run.of != noted["of"]:
            return None
        written = file.read_bytes()
        return (
            (written, run) if manifests.sha256(written) == self.manifest["outputs"][name] else None
        )


def as_node(written: bytes) -> nbformat.NotebookNode:
    """A notebook as it was written, without the long validation of one that others wrote."""
    from nbformat import v4

    node: nbformat.NotebookNode = v4.reads_json(written.decode("utf-8"))  # type: ignore[no-untyped-call]
    return node
