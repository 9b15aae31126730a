"""Shared fixtures: the real national files and the expected results, where they are at hand."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from needs.figures.assessment import Assessment

ROOT = Path(__file__).resolve().parent.parent

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


#: What a unit test does without: real data, a whole report, and programs beside Python.
NOT_UNIT = {"browser", "mirror", "national", "oracle", "processed", "tool", "worcestershire"}
NOT_UNIT_MARKS = {"browser", "kernel", "mirror", "oracle", "slow"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the unit tests: those of one layer that need nothing but the code and its catalogue."""
    layers = {path.name for path in (ROOT / "src" / "needs").iterdir() if path.is_dir()}
    for item in items:
        of_layer = not layers.isdisjoint(item.path.relative_to(ROOT).parts[1:2])
        needed = NOT_UNIT.intersection(getattr(item, "fixturenames", ()))
        marks = NOT_UNIT_MARKS.intersection(mark.name for mark in item.iter_markers())
        if item.path.is_relative_to(ROOT / "tests") and of_layer and not needed and not marks:
            item.add_marker(pytest.mark.unit)


def _beside(variable: str, folder: str) -> Path:
    """A folder named by an environment variable, or beside the project."""
    return Path(os.environ.get(variable) or ROOT.parent / "shared" / folder)


@pytest.fixture(scope="session")
def tool() -> Callable[..., str]:
    """Find a program by any of its names; without it the test fails in CI, and skips elsewhere.

    ``.ci/run`` installs what the tests need, so that there a missing program is a fault.
    """

    def find(*names: str) -> str:
        found = next((path for name in names if (path := shutil.which(name))), None)
        if found is None:
            said = f"{names[0]} is not installed"
            if os.environ.get("CI", "").casefold() in ("", "0", "false"):
                pytest.skip(said)
            pytest.fail(f"{said}, and CI is set: no check is left out there")
        return found

    return find


@pytest.fixture(scope="session")
def browser(tool: Callable[..., str]) -> Iterator[Any]:
    """The one Chromium of a test process: Playwright starts only once in each."""
    from playwright.sync_api import sync_playwright

    path = tool("chromium", "chromium-browser")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's own folder."""
    return ROOT


@pytest.fixture(scope="session")
def mirror() -> Path:
    """Real publishers' files for all of England, laid out as data/raw/ is meant to be."""
    folder = _beside("NEEDS_MIRROR", "mirror")
    if not folder.is_dir():
        pytest.skip("the publishers' national files are not at hand (set NEEDS_MIRROR)")
    return folder


@pytest.fixture(scope="session")
def oracle() -> Path:
    """Expected results of the national R package, for our own synthetic inputs."""
    folder = _beside("NEEDS_ORACLE", "oracle")
    if not folder.is_dir():
        pytest.skip("the expected results are not at hand (set NEEDS_ORACLE)")
    return folder


@pytest.fixture(scope="session")
def processed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Processed tables of the embedded data package."""
    from needs.tables.prepare import prepare

    folder = tmp_path_factory.mktemp("processed")
    prepare(root / "data" / "raw" / "worcestershire", folder)
    return folder


@pytest.fixture(scope="session")
def worcestershire(processed: Path) -> Assessment:
    """The worked example: Worcestershire, reporting year 2022, from the embedded data package."""
    from needs.figures import assessment

    return assessment.load("Worcestershire", 2022, processed=processed)


@pytest.fixture(scope="session")
def national(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Processed tables of all of England, from the publishers' files.

    ``make test`` prepares them once, into NEEDS_NATIONAL, so that no worker waits for its own.
    """
    from needs.tables.prepare import is_fresh, prepare

    folder = Path(os.environ.get("NEEDS_NATIONAL") or tmp_path_factory.mktemp("national"))
    if not is_fresh(mirror, folder):
        prepare(mirror, folder)
    return folder
