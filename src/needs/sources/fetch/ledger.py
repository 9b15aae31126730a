"""What was brought in: ``sources.lock.json`` beside the sources' folders, and safe places there."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from needs.errors import InvalidDataError, ParameterError

NAME = "sources.lock.json"

#: Files on their way, below the folder of raw files: moved from here into place when verified.
ARRIVALS = ".arriving"

VERSION = 1

# Windows refuses these in names, and a name from elsewhere is not to be a path
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')


@dataclass(frozen=True)
class LockEntry:
    """One file as it was brought in.

    Attributes
    ----------
    source, edition, licence : str
    address : str
        Where the publisher issues it.
    through : str
        ``address``, ``folder``, ``by hand``, or the address of the mirror.
    fetched : str
        Date on which these bytes came.
    size : int
        Bytes.
    sha256 : str
    replaces : str
        SHA-256 of the file before an accepted revision, or empty.
    """

    source: str
    edition: str
    address: str
    through: str
    fetched: str
    size: int
    sha256: str
    licence: str
    replaces: str = ""


def read(raw: Path) -> dict[str, LockEntry]:
    """Read the entries by path below `raw`; none where there is no lock.

    Raises
    ------
    InvalidDataError
        The lock is spoilt.
    """
    path = raw / NAME
    if not path.is_file():
        return {}
    try:
        return parse(path.read_bytes())
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidDataError(
            f"The lock of raw files cannot be read: {error}.",
            NAME,
            "Bring back its last good copy; or delete it, and needs fetch writes it anew.",
        ) from error


def parse(text: bytes) -> dict[str, LockEntry]:
    """Entries of a lock's text, ours or a mirror's."""
    written = json.loads(text.decode("utf-8"))
    if written["version"] != VERSION:
        raise ValueError(f"version {written['version']} is not known")
    return {str(name): LockEntry(**one) for name, one in written["files"].items()}


def write_lock(raw: Path, entries: Mapping[str, LockEntry]) -> None:
    """Replace the lock as a whole."""
    files = {name: asdict(one) for name, one in sorted(entries.items())}
    text = json.dumps({"version": VERSION, "files": files}, ensure_ascii=False, indent=1) + "\n"
    fresh = raw / f".{NAME}.part"
    fresh.write_text(text, encoding="utf-8", newline="\n")
    os.replace(fresh, raw / NAME)


def file_path(raw: Path, name: str) -> Path:
    """Path of a file below `raw`, from its name with forward slashes.

    Raises
    ------
    ParameterError
        The name leads out of `raw`, or is none that every system can keep.

    Examples
    --------
    >>> file_path(Path("raw"), "ons_drug_deaths/2021.xlsx").as_posix()
    'raw/ons_drug_deaths/2021.xlsx'
    """
    parts = name.split("/")
    bad = len(parts) < 2 or _UNSAFE.search(name) or any(_unsafe(part) for part in parts)
    path = raw.joinpath(*parts) if not bad else raw
    # a link on the way could still lead out
    if bad or not path.resolve().is_relative_to(raw.resolve()):
        raise ParameterError(
            f"{name!r} is not a place in the raw data.",
            "file",
            "Name a file in the folder of its source: <source>/<file>.",
        )
    return path


def _unsafe(part: str) -> bool:
    return part == "" or part.startswith(".") or part != part.strip() or part.endswith(".")
