"""The code that makes processed tables, and its hash: with other code, they are made again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import needs
from needs.catalogue import layers

#: Folders of the package whose modules make processed tables, beside ``errors.py``.
CODE_LAYERS = ("catalogue", "stats", "sources", "tables")


def code_files(folders: Sequence[str] = CODE_LAYERS) -> dict[str, Path]:
    """The modules that make processed tables, by path in the package: all of their layers."""
    package = Path(needs.__file__).parent
    paths = [package / "errors.py"]
    for layer in folders:
        paths += (package / layer).rglob("*.py")
    return {path.relative_to(package).as_posix(): path for path in paths}


def code_hash() -> str:
    """Hash of the catalogue in use, with what is laid over it, and of what makes the tables."""
    own = layers.PACKAGE
    used = code_files() | {
        f"catalogue/{path.relative_to(own).as_posix()}": path
        for path in own.rglob("*")
        if path.suffix in (".csv", ".yaml")
    }
    return hash_of(used | {f"laid over/{name}": path for name, path in layers.laid_over().items()})


def hash_of(files: Mapping[str, Path]) -> str:
    """One hash of files by name, whatever their line ends: these differ between machines."""
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        digest.update(name.encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()
