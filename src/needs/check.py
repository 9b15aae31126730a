"""Validate raw and processed data against the catalogue; every failure at once."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs import catalogue as catalogue_module
from needs import prepare, schemas
from needs.errors import InvalidDataError, Problem


def check(raw: Path, processed: Path, progress: prepare.Progress | None = None) -> list[str]:
    """Check the catalogue, everything below `raw`, and the tables made from it.

    Nothing is written.

    Parameters
    ----------
    raw, processed : Path
        Folders of the publishers' files and of the processed tables; the latter need not be there.
    progress : callable, optional

    Returns
    -------
    list of str
        What was checked, a line each.

    Raises
    ------
    MissingDataError
        Neither a source nor a data package is there.
    InvalidDataError
        With every fault of catalogue, raw files and processed tables.
    """
    catalogue = catalogue_module.load()
    _, _, problems = prepare.make_tables(raw, catalogue, progress)
    stale = processed.is_dir() and any(processed.glob("*.parquet"))
    stale = stale and not prepare.is_fresh(raw, processed)
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
    if problems:
        count = f"{len(problems)} fault{'s' if len(problems) > 1 else ''}"
        raise InvalidDataError(f"{count} found.", problems=problems)
    files, folders = prepare.discover(raw, catalogue), prepare.packages(raw)
    lines = [
        f"Catalogue: sources {len(catalogue.sources)}, indicators {len(catalogue.indicators)}.",
        f"Raw data: publishers' files {len(files)}, data packages {len(folders)}.",
        f"Processed data: tables {tables}" + (", older than the raw data." if stale else "."),
        "No faults found.",
    ]
    return lines
