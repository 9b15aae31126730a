"""The project's own notebooks: thin, the same on a kernel, and sound for awkward areas."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from needs.commands import run as runs
from needs.figures import assessment
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
def test_words_say_why_something_is_shown(path: Path) -> None:
    """At most three cells follow one another without a word; notes are not for the report."""
    node = nbformat.read(path, as_version=4)
    shows = [cell for cell in node.cells if "NBVAL_CHECK_OUTPUT" not in cell.source][4:]
    assert shows[0].cell_type == "markdown"
    kinds = "".join(cell.cell_type[0] for cell in shows)
    assert "cccc" not in kinds, "four cells without a word between them"
    for cell in shows:
        if cell.cell_type == "markdown" and cell.source.startswith("**"):
            assert cell.metadata.tags == ["remove-cell"], cell.source


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_each_chapter_has_a_check_cell_and_keeps_no_other_output(path: Path) -> None:
    cells = code_cells(path)
    checked = [cell for cell in cells if "NBVAL_CHECK_OUTPUT" in cell.source]
    assert checked and all(cell.outputs and cell.execution_count for cell in checked)
    assert all(not cell.outputs for cell in cells if cell not in checked)


VALUES = {"areas": ["E10000034"], "year": 2022, "name": ""}


def run(path: Path, processed: Path, folder: Path, engine: str = "inprocess") -> Any:
    """Run a chapter for Worcestershire."""
    with runs._processed_data(processed):
        return runs.execute(path, VALUES, folder, area="Worcestershire", engine=engine)


@pytest.mark.kernel
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_is_the_same_on_a_kernel(processed: Path, tmp_path: Path, path: Path) -> None:
    # the only kernels of these tests: a new one for each chapter, one after the other
    ours = run(path, processed, tmp_path)
    theirs = run(path, processed, tmp_path, engine="nbclient")
    for mine, kernels in zip(ours.cells, theirs.cells, strict=True):
        assert mine == kernels
    assert runs._written(ours) == runs._written(theirs)


#: Changes all that a chapter is likely to change, and more, and tidies up nothing.
DIRT = """
import builtins, decimal, gc, locale, logging, math, os, random, sys, types, warnings
import matplotlib.pyplot as plt, numpy as np, pandas as pd
import needs.chapters.blocks, needs.figures.figure, needs.charts.style, needs.words.sentences
plt.rcParams.update({"font.size": 31, "svg.fonttype": "path", "axes.grid": True})
plt.style.use("dark_background")
plt.figure()
pd.set_option("display.max_rows", 3, "display.precision", 1)
np.set_printoptions(precision=1)
np.seterr(all="ignore")
np.random.seed(1), random.seed(1)
decimal.getcontext().prec = 2
warnings.simplefilter("ignore")
warnings.showwarning = print
logging.basicConfig(level=1)
logging.captureWarnings(True)
logging.disable(50)
os.environ.update({"LC_ALL": "C", "NEEDS_PROCESSED": "nowhere", "NEEDS_CATALOGUE": "nowhere"})
os.environ.pop("PATH", None)
os.chdir("/")
os.umask(0o77)
locale.setlocale(locale.LC_ALL, "C")
sys.path.clear()
sys.setrecursionlimit(500)
gc.disable()
math.pi = 3
builtins.sorted_by_nobody = 1
builtins.ascii = None
sys.modules["made_up"] = types.ModuleType("made_up")
del sys.modules["needs.charts.style"]
needs.stats.status.SYMBOLS = {}
needs.words.sentences = needs.figures.figure = needs.chapters.blocks.Table = None
shell = get_ipython()
plain = shell.display_formatter.formatters["text/plain"]
plain.for_type(needs.chapters.blocks.Blocks, lambda *_: 1 / 0)
shell.events.register("pre_run_cell", lambda *_: 1 / 0)
shell.set_custom_exc((Exception,), lambda *_, **__: [])
shell.run_line_magic("config", "InlineBackend.figure_formats = ['svg']")
shell.run_line_magic("precision", "1")
areas = year = name = None
sys.stdout = sys.stderr = None
"""


def test_nothing_that_a_chapter_does_reaches_the_next(processed: Path, tmp_path: Path) -> None:
    chosen = [CHAPTERS[0], CHAPTERS[4]]
    clean = [runs._written(run(path, processed, tmp_path)) for path in chosen]
    first = nbformat.v4.new_code_cell("areas = ['']\nyear = 0\nname = ''")
    first.metadata["tags"] = ["parameters"]
    cells = [first, nbformat.v4.new_code_cell(DIRT)]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}),
        tmp_path / "dirt.ipynb",
    )
    workshop = tmp_path / "workshop"
    workshop.mkdir()
    for path, before in zip(chosen, clean, strict=True):
        done = run(tmp_path / "dirt.ipynb", processed, workshop)
        assert done.cells[-1].execution_count == 3
        assert runs._written(run(path, processed, tmp_path)) == before


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
    titles = [one.title for one in document.chapters]
    gone = [node.cells[0].source[2:] for node in nodes if node.cells[0].source[2:] not in titles]
    gone = [one for one in gone if not one.startswith("Annex")]
    (summary,) = (one for one in document.chapters if one.title == "Summary")
    assert summary.blocks[-1].text[0].text.endswith(f"no chapter, on: {'; '.join(gone)}.")
    assert len(titles) + len(gone) == len(CHAPTERS)
    assert all(chapter.blocks for chapter in document.chapters)
