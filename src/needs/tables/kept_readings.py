"""What readers made of raw files, kept: a file that has not changed is not read again.

A reading is kept beside the processed tables, under the hash of all that it follows from: the
file's bytes and name, what the catalogue declares of its source, the headings' maps, the code of
the readers and the packages that they read with. Where anything of these is another, so is the
hash, and the file is read. The folder may be removed at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source, layers
from needs.errors import Problem
from needs.sources import whole_files
from needs.tables.code_hash import code_files, hash_of

#: Layers of the package that readers may use.
_LAYERS = ("catalogue", "stats", "sources")

#: Packages that read files, or whose types a reading has.
_PACKAGES = ("geopandas", "numpy", "openpyxl", "pandas", "pyarrow", "python-calamine", "shapely")

#: What a reader gives: a table, or every fault of the file.
Reading = tuple[pd.DataFrame | None, list[Problem]]


def folder_beside(processed: Path) -> Path:
    """Where readings are kept for processed tables, also for those as of a day.

    Examples
    --------
    >>> folder_beside(Path("data/processed-as-of-2022-12-31")).name
    '.processed.read'
    """
    return processed.with_name(f".{processed.name.partition('-as-of-')[0]}.read")


class KeptReadings:
    """Readings in a folder, each under the hash of what it follows from.

    Parameters
    ----------
    folder : Path
        Made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._code = _code_of_readers()
        self._used: set[str] = set()

    def of(
        self, path: Path, source: Source, edition: Edition, read: Callable[[], Reading]
    ) -> Reading:
        """The reading of a file: as it was kept, or as `read` gives it now, which is kept.

        Parameters
        ----------
        path : Path
        source, edition
            That declare the file.
        read : callable
        """
        name = self._name(path, source, edition)
        kept = _open(self._folder / name, source)
        if kept is not None:
            self._used.add(name)
            return kept, []
        table, problems = read()
        if table is not None and not problems and self._keep(name, table, source):
            self._used.add(name)
        return table, problems

    def has(self, path: Path, source: Source, edition: Edition) -> bool:
        """Whether this object has kept a reading of the file, or found it kept."""
        return self._name(path, source, edition) in self._used

    def forget_others(self) -> None:
        """Remove what was neither used nor kept by this object."""
        for path in self._folder.glob("*"):
            if path.name not in self._used:
                with contextlib.suppress(OSError):  # another run may be reading it
                    path.unlink()

    def _name(self, path: Path, source: Source, edition: Edition) -> str:
        parts = (
            self._code,
            f"{path.parent.name}/{path.name}",  # which readings and messages name
            whole_files.file_sha256(path),
            repr(source),
            repr(edition),
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest() + ".feather"

    def _keep(self, name: str, table: pd.DataFrame, source: Source) -> bool:
        """Keep a table if it comes back as it was, to the last type; a full disk is no fault."""
        with contextlib.suppress(OSError, ValueError, TypeError):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(prefix=".", dir=self._folder)
            os.close(handle)
            fresh = Path(part)
            try:
                table.to_feather(fresh)
                back = _open(fresh, source)
                if back is not None and back.equals(table) and back.attrs == table.attrs:
                    fresh.replace(self._folder / name)
                    return True
            finally:
                fresh.unlink(missing_ok=True)
        return False


def _open(path: Path, source: Source) -> pd.DataFrame | None:
    if not path.is_file():
        return None
    try:
        if source.gives != "boundaries":
            return pd.read_feather(path)
        import geopandas

        shapes: pd.DataFrame = geopandas.read_feather(path)
        return shapes
    except (OSError, ValueError):  # spoilt since: the file is read again
        return None


def _code_of_readers() -> str:
    maps = (layers.PACKAGE / "maps").glob("*.csv")
    used = code_files(_LAYERS) | {f"maps/{path.name}": path for path in maps}
    used |= {
        f"laid over/{name}": path
        for name, path in layers.laid_over().items()
        if path.suffix == ".csv"
    }
    versions = (f"{name} {metadata.version(name)}" for name in _PACKAGES)
    return "\n".join([hash_of(used), *versions])
