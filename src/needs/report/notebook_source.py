"""The cells of a chapter as they were written: what it is told by, and what it declares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple


class SourceCell(NamedTuple):
    """A cell before it is executed."""

    kind: str
    source: str
    tags: list[str]


def source_cells(path: Path) -> list[SourceCell]:
    """The cells of a notebook.

    One of today's format is read as what it is, JSON: importing ``nbformat`` takes a second, and
    what it adds is the older formats.

    Raises
    ------
    ValueError
        The file is no notebook.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    try:
        if data["nbformat"] != 4:
            raise KeyError("nbformat")
        return [_cell(one) for one in data["cells"]]
    except (KeyError, TypeError, AttributeError):
        import nbformat

        try:
            node: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
            return [_cell(one) for one in node.cells]
        except (KeyError, TypeError, AttributeError, nbformat.ValidationError) as error:
            raise ValueError(f"not a notebook: {error}") from None


def _cell(cell: Any) -> SourceCell:
    return SourceCell(
        cell["cell_type"], "".join(cell["source"]), list(cell["metadata"].get("tags", []))
    )
