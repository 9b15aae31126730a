"""Processed tables as they lie in their folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet

from needs.errors import InvalidDataError, MissingDataError

#: EPSG code of the system that outlines are kept in: metres.
BRITISH_NATIONAL_GRID = 27700


def is_table(path: Path) -> bool:
    """Whether a file is there that begins and ends as a table of parquet does."""
    try:
        with path.open("rb") as file:
            begins = file.read(4)
            file.seek(-4, os.SEEK_END)
            return begins == file.read(4) == b"PAR1"
    except OSError:
        return False


def crs_code(path: Path) -> int | None:
    """EPSG code of the system that a GeoParquet file's column ``geometry`` is in, if it says so."""
    try:
        metadata = pyarrow.parquet.read_schema(path).metadata or {}
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    named = metadata.get(b"geo", b"{}")
    columns = json.loads(named).get("columns", {})
    crs = (columns.get("geometry", {}).get("crs") or {}).get("id") or {}
    return int(crs["code"]) if crs.get("authority") == "EPSG" else None


def read_table(processed: Path, name: str, filters: Any = None) -> pd.DataFrame:
    """Read a processed table, or those of its rows that pandas' `filters` choose.

    Raises
    ------
    MissingDataError, InvalidDataError
        It is not there, or is no table.
    """
    path = processed / f"{name}.parquet"
    if not path.is_file():
        raise MissingDataError(
            f"The processed table '{name}' is not there.", path.name, "needs prepare"
        )
    try:
        # each of several threads would hold rows of its own, and a slice is read as fast by one
        return pd.read_parquet(path, filters=filters, use_threads=False)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> InvalidDataError:
    return InvalidDataError(f"The table cannot be read: {error}.", path.name, "needs prepare")
