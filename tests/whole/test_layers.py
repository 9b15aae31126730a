"""The folders of the package, what the documentation says of them, and what may import what."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from needs.catalogue import CLAIM_MEASURES
from needs.figures import claims
from needs.tables.code_hash import code_files


@pytest.fixture(scope="module")
def package(root: Path) -> Path:
    return root / "src" / "needs"


@pytest.fixture(scope="module")
def layers(root: Path) -> list[str]:
    """Layers of the contract, what all others build on first."""
    told = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts: list[dict[str, Any]] = told["tool"]["importlinter"]["contracts"]
    (found,) = (one["layers"] for one in contracts if one["type"] == "layers")
    return list(reversed(found))


def modules(package: Path) -> dict[str, Path]:
    """Modules by dotted name."""
    out = {}
    for path in package.rglob("*.py"):
        parts = path.relative_to(package.parent).with_suffix("").parts
        out[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return out


def imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """Modules of the package that a module imports, at once or later."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        yield from (name for name in names if name in known and name != "needs")


def test_the_documentation_lists_the_layers_in_the_order_of_the_contract(
    root: Path, layers: list[str]
) -> None:
    text = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z]+)(?:/|\.py)` \|", text, re.MULTILINE)
    assert listed == layers


def test_the_layers_are_the_folders_of_the_package(package: Path, layers: list[str]) -> None:
    entries = {path for path in package.iterdir() if path.name != "__pycache__"}
    folders = {path.name for path in entries if path.is_dir()}
    files = {path.stem for path in entries if path.is_file()} - {"__init__", "__main__"}
    assert folders | files == set(layers)
    assert all((package / name / "__init__.py").is_file() for name in folders)


#: Folders of tests that are of no one layer.
OF_NO_LAYER = {"campaign", "independent", "notebooks", "spec", "whole"}


def test_the_folders_of_tests_mirror_the_layers(root: Path, layers: list[str]) -> None:
    tests = root / "tests"
    found = {path.name for path in tests.iterdir() if path.is_dir() and path.name != "__pycache__"}
    of_files = {"cli", "errors"}  # tested with the commands and with what raises them
    assert found - OF_NO_LAYER == set(layers) - of_files
    assert found >= OF_NO_LAYER
    assert [path.name for path in tests.glob("test_*.py")] == []


def test_modules_that_the_documentation_names_are_there(root: Path, package: Path) -> None:
    missing = []
    for page in (*(root / "docs").glob("*.md"), root / "README.md", root / "CONTRIBUTING.md"):
        named = re.findall(r"`([\w/]+\.py)\b", page.read_text(encoding="utf-8"))
        places = (package, root, root / "src")
        missing += [
            f"{page.name}: {one}"
            for one in named
            if not any((place / one).is_file() for place in places)
        ]
    assert missing == []


def test_the_picture_of_the_layers_is_that_of_the_contract(root: Path, layers: list[str]) -> None:
    """Drawn from what all others build on, at the foot, to the command line at the top."""
    text = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    (picture,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    drawn = re.findall(r"^ *│ ([a-z]+)", picture, re.MULTILINE)
    assert drawn == layers[::-1]


def test_each_exception_to_the_contract_has_its_reason(root: Path) -> None:
    lines = (root / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    exceptions = [place for place, line in enumerate(lines) if re.match(r'  "needs\..* -> ', line)]
    assert len(exceptions) == 1
    assert all(lines[place - 1].startswith("  # ") for place in exceptions)


def test_every_module_that_makes_processed_tables_is_in_their_hash(package: Path) -> None:
    """What `prepare` imports, readers that are found by name included, and what those import."""
    known = modules(package)
    readers = [name for name in known if name.startswith("needs.sources.readers.")]
    todo, reached = ["needs.tables.prepare", *readers], set()
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += imported(known[name], known)
    assert len(reached) > 40
    hashed = code_files()
    assert {known[name].relative_to(package).as_posix() for name in reached} <= set(hashed)
    assert all(path.is_file() for path in hashed.values())


def test_measures_that_a_claim_may_name_are_those_that_are_worked_out() -> None:
    assert tuple(claims.MEASURES) == CLAIM_MEASURES


#: Names that public functions of several modules have, and why.
ONE_NAME = {
    "candidates": "each family of findings is asked for its candidates",
    "load": "all that its module is about, from its files",
    "map": "an author's word, for an indicator and for neighbourhoods",
    "parse": "what its module is about, from text",
    "problems": "each check of the tables is asked for its problems",
    "read": "a reader, found by the name of its module, or the file that its module writes",
    "say": "an author's word for the function of `words.english` that it calls",
}


def test_no_two_public_functions_of_different_modules_share_a_name(package: Path) -> None:
    """But for those declared, and the commands, which are named as they are typed."""
    places: dict[str, set[str]] = {}
    for module, path in modules(package).items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                places.setdefault(node.name, set()).add(module)
    shared = {name for name, held in places.items() if len(held - {"needs.cli"}) > 1}
    assert shared == set(ONE_NAME)


def test_no_two_modules_and_no_two_classes_share_a_name(package: Path) -> None:
    """A name that a reader meets means one thing, whichever folder it stands in."""
    known = modules(package)
    classes = [
        node.name
        for path in known.values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    for names in (classes, [name.rpartition(".")[2] for name in known]):
        assert sorted({one for one in names if names.count(one) > 1}) == []
