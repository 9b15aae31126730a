"""A report without a drawing of its author's needs no library that draws: each takes memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.slow

#: Makes a report of some formats, and prints which libraries were imported.
MAKE = """
import sys
from needs.cli import main
raw, processed, out, formats, *chapters = sys.argv[1:]
options = ["--raw", raw, "--processed", processed, "--out", out, "--quiet", "--formats", formats]
for folder in chapters:
    options += ["--notebooks", folder]
try:
    main(["run", "--area", "Worcestershire", "--year", "2022", *options])
except SystemExit as end:
    assert not end.code, end.code
heavy = {"matplotlib", "seaborn", "PIL", "pyparsing"}
print(*sorted(heavy & set(sys.modules)))
"""

#: Cells of a chapter with drawings; it is the first that imports matplotlib.
DRAWN = (
    "import needs\nna = needs.open(areas, year, name)",
    "import matplotlib.pyplot as plt\nax = plt.figure().add_subplot()\nax.plot([1, 2]);",
    "fig, ax = plt.subplots()\nax.bar(['Here', 'There'], [1, 2])\n"
    "needs.chart(ax, title='A', alt='Bars of 1 and 2.', table=na.frame().head(1), id='bars')",
)

#: Runs a chapter twice in a process, and prints what each run shows and what the process keeps.
TWICE = """
import sys
from pathlib import Path
from needs.commands import run as runs
path, processed, folder, *early = sys.argv[1:]
for name in early:
    __import__(name)
values = {"areas": ["E10000034"], "year": 2022, "name": ""}
with runs._processed_data(Path(processed)):
    for _ in range(2):
        done = runs.execute(Path(path), values, Path(folder), area="Worcestershire")
        print([cell.get("outputs") for cell in done.cells])
import matplotlib
print(matplotlib.rcParams["text.color"], len(sys.meta_path))
"""


def imported(root: Path, processed: Path, *more: str | Path) -> list[str]:
    raw = root / "data" / "raw" / "worcestershire"
    made = subprocess.run(
        [sys.executable, "-c", MAKE, raw, processed, *more],
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.splitlines()[-1].split()


def test_the_page_and_the_pdf_are_made_without_them(
    root: Path, processed: Path, tmp_path: Path
) -> None:
    assert imported(root, processed, tmp_path, "html,pdf", root / "notebooks") == []


def test_so_are_workbooks_and_documents_but_for_what_openpyxl_imports(
    root: Path, processed: Path, tmp_path: Path
) -> None:
    assert imported(root, processed, tmp_path, "html,xlsx,ods,docx", root / "notebooks") == ["PIL"]


def test_a_chapter_that_draws_is_the_same_whenever_matplotlib_is_imported(
    processed: Path, tmp_path: Path
) -> None:
    cells = [
        new_code_cell(cell) for cell in ('areas, year, name = ["Worcestershire"], 2022, ""', *DRAWN)
    ]
    cells[0].metadata["tags"] = ["parameters"]
    path = tmp_path / "01_drawn.ipynb"
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    later, early = (
        subprocess.run(
            [sys.executable, "-c", TWICE, path, processed, tmp_path, *names],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for names in ((), ("matplotlib.pyplot", "seaborn"))
    )
    assert later == early
    assert later[0] == later[1] and "image/png" in later[0] and "<svg" in later[0]
    assert later[2].startswith("black ")
