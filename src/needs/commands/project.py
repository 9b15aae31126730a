"""Where the project is that a command works in."""

from __future__ import annotations

from pathlib import Path

from needs.errors import MissingDataError


def find_project(start: Path | None = None) -> Path:
    """The folder that holds the notebooks: the current one, or one above it.

    Raises
    ------
    MissingDataError
        There is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if any((folder / "notebooks").glob("[0-9]*_*.ipynb")):
            return folder
    raise MissingDataError(
        f"{here.name or here} is not a project of needs, nor in one: there is no folder notebooks/ "
        "with chapters like 01_summary.ipynb.",
        str(here),
        "Go to the project's folder (cd FOLDER); or name all folders that the command takes: "
        "--raw, --processed, and for a report --notebooks and --out.",
    )
