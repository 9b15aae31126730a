"""Open a source of the catalogue, and spoil copies of its files."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from needs import catalogue

Reading = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session")
def read(mirror: Path) -> Reading:
    """Read an edition of a source: from the national file, or from another path."""

    def read(key: str, edition: str = "", path: Path | None = None) -> pd.DataFrame:
        source = catalogue.load().sources[key]
        chosen = next(one for one in source.editions if one.edition == edition or not edition)
        reader = importlib.import_module(f"needs.sources.readers.{source.reader}")
        return reader.read(path or next(mirror.glob(chosen.file)), source, chosen)

    return read


@pytest.fixture
def edition_of() -> Callable[..., SimpleNamespace]:
    """Source, edition and reader of the catalogue, for files that a test writes."""

    def edition_of(key: str, edition: str = "") -> SimpleNamespace:
        source = catalogue.load().sources[key]
        chosen = next(one for one in source.editions if one.edition == edition or not edition)
        reader = importlib.import_module(f"needs.sources.readers.{source.reader}")
        return SimpleNamespace(
            read=lambda path: reader.read(path, source, chosen), source=source, edition=chosen
        )

    return edition_of


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a small CSV as a publisher would."""

    def written(text: str, name: str = "file.csv", encoding: str = "utf-8") -> Path:
        folder = tmp_path / "source"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(text, encoding=encoding, newline="")
        return path

    return written
