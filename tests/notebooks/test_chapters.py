"""The project's own notebooks: thin, the same on a kernel, and sound for awkward areas."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from needs import assessment
from needs.report import run as runs
from needs.report.document import ReportContext, read_document

CHAPTERS = runs.chapters(Path(__file__).resolve().parents[2] / "notebooks")

#: A number, spelled in digits, that is not part of a name such as Figure1 or IoD2019.
TYPED_NUMBER = re.compile(r"(?<![\w.])\d[\d,.]*%?")

#: What a chapter may import.
IMPORTED = {"needs"}


def code_cells(path: Path) -> list[Any]:
    """The code cells of a notebook after its parameters."""
    node = nbformat.read(path, as_version=4)
    cells = [cell for cell in node.cells if cell.cell_type == "code"]
    return [cell for cell in cells if "parameters" not in cell.metadata.get("tags", [])]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_cells_call_and_show_and_nothing_else(path: Path) -> None:
    for cell in code_cells(path):
        tree = ast.parse(cell.source)
        for node in ast.walk(tree):
            kinds = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.With)
            assert not isinstance(node, kinds), cell.source
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= IMPORTED
            if isinstance(node, ast.ImportFrom):
                assert str(node.module).split(".")[0] in IMPORTED
            if isinstance(node, ast.Constant):
                assert isinstance(node.value, str), f"a constant is typed: {cell.source}"
                assert not re.search(r"[/\\]|\.(csv|xlsx|parquet)", node.value), cell.source
        assert len(cell.source.splitlines()) <= 8


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_words_hold_no_typed_number(path: Path) -> None:
    node = nbformat.read(path, as_version=4)
    for cell in node.cells:
        if cell.cell_type == "markdown":
            assert TYPED_NUMBER.findall(cell.source) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_each_chapter_has_a_check_cell_and_keeps_no_other_output(path: Path) -> None:
    cells = code_cells(path)
    checked = [cell for cell in cells if "NBVAL_CHECK_OUTPUT" in cell.source]
    assert checked and all(cell.outputs and cell.execution_count for cell in checked)
    assert all(not cell.outputs for cell in cells if cell not in checked)


@pytest.mark.parametrize("name", ["01_summary", "02_population_and_deprivation"])
def test_a_chapter_is_the_same_on_a_kernel(processed: Path, tmp_path: Path, name: str) -> None:
    (path,) = [one for one in CHAPTERS if one.stem == name]
    values = {"areas": ["E10000034"], "year": 2022, "name": ""}
    with runs._processed_data(processed):
        ours = runs.execute(path, values, tmp_path, area="Worcestershire")
        theirs = runs.execute(path, values, tmp_path, area="Worcestershire", engine="nbclient")
    for mine, kernels in zip(ours.cells, theirs.cells, strict=True):
        assert mine == kernels


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("area", "year"),
    [
        ("Isles of Scilly", 2022),
        ("Sheffield", 2025),
    ],
)
def test_chapters_are_sound_for_awkward_areas(
    national: Path, tmp_path: Path, area: str, year: int
) -> None:
    """A tiny authority and one whose code changed, through the engine and into one document."""
    opened = assessment.load(area, year, processed=national)
    values = {"areas": [opened.area.code], "year": year, "name": ""}
    with runs._processed_data(national):
        nodes = [runs.execute(path, values, tmp_path, area=area) for path in CHAPTERS]
    context = ReportContext(title=f"Needs: {area}", area_name=area, year=year)
    document = read_document(nodes, context=context)
    assert len(document.chapters) == len(CHAPTERS)
    assert all(chapter.blocks for chapter in document.chapters)
