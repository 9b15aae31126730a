"""One report against the plain way: ``make bench``. Medians of seconds; nothing is asserted.

The plain way is what the same notebooks cost without this package's run: papermill with its own
engine, which starts a kernel for each chapter; nbconvert's stock HTML; and Chromium printing that
page, as nbconvert's webpdf does. It makes no spreadsheet, no register and no accessible PDF.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """Median time of some work."""
    return statistics.median(once(work) for _ in range(times))


def once(work: Callable[[], object]) -> float:
    """Time of some work."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def tell(what: str, taken: float, note: str = "") -> None:
    """Print one line of the table."""
    print(f"{what:<54}{taken:8.2f} s  {note}".rstrip(), flush=True)


def plain_report(values: Mapping[str, Any], folder: Path) -> tuple[float, float, float]:
    """Make a report the plain way; what papermill, nbconvert and Chromium took."""
    import papermill
    from nbconvert import HTMLExporter
    from playwright.sync_api import sync_playwright

    from needs.report import run as runs

    executing = exporting = printing = 0.0
    chromium = shutil.which("chromium")
    for path in runs.chapters(NOTEBOOKS):
        executed, page = folder / path.name, folder / f"{path.stem}.html"
        with _silent_kernels():
            executing += once(
                lambda path=path, executed=executed: papermill.execute_notebook(
                    str(path),
                    str(executed),
                    parameters=dict(values),
                    engine_name="nbclient",
                    progress_bar=False,
                )
            )

        def export(executed: Path = executed, page: Path = page) -> None:
            text, _ = HTMLExporter().from_filename(str(executed))
            page.write_text(text, encoding="utf-8")

        def to_pdf(page: Path = page) -> None:
            # webpdf starts a browser for each notebook as well
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium)
                tab = browser.new_page()
                tab.goto(page.as_uri(), wait_until="load")
                tab.pdf(path=str(page.with_suffix(".pdf")), print_background=True)
                browser.close()

        exporting += once(export)
        printing += once(to_pdf) if chromium else 0.0
    return executing, exporting, printing


@contextlib.contextmanager
def _silent_kernels() -> Iterator[None]:
    """Keep the warnings that each kernel prints at its start out of the table."""
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def script(values: Mapping[str, Any]) -> None:
    """Run the chapters' code as plain Python in this process: no notebook, no display."""
    with contextlib.redirect_stdout(io.StringIO()):
        for namespace, code in _code(values):
            exec(code, namespace)


def _code(values: Mapping[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    import nbformat

    from needs.report import run as runs

    made = []
    for path in runs.chapters(NOTEBOOKS):
        node = nbformat.read(path, as_version=4)
        cells = [one for one in node.cells if one.cell_type == "code"]
        own = [one for one in cells if "parameters" not in one.metadata.get("tags", [])]
        source = "\n".join(one.source for one in own)
        made.append((dict(values), compile(ast.parse(source), path.name, "exec")))
    return made


def main() -> None:
    """Time the command line, one report, its chapters as a script, and the plain way."""
    command = [sys.executable, "-m", "needs", "--help"]
    tell("needs --help", seconds(lambda: subprocess.run(command, capture_output=True, check=True)))

    from needs import assessment, prepare
    from needs.report import run as runs
    from needs.report.parameters import RunParameters

    short = "--short" in sys.argv[1:]  # without the plain way, which takes minutes
    with tempfile.TemporaryDirectory(prefix="needs-bench-") as name:
        folder = Path(name)
        processed = folder / "processed"
        tell("prepare the embedded data pack",
             once(lambda: prepare.prepare(ROOT / "data" / "raw", processed)))  # fmt: skip
        start = runs.open_ground(processed, NOTEBOOKS)
        parameters = RunParameters.check({"areas": ["Worcestershire"], "year": 2022})
        values = {"areas": ["E10000034"], "year": 2022, "name": ""}

        def forget() -> None:
            assessment._load.cache_clear()

        def report() -> None:
            forget()
            runs.make(parameters, start, folder / "reports")

        def chapters() -> None:
            forget()
            for path in start.chapters:
                runs.execute(path, values, folder, area="Worcestershire")

        def as_script() -> None:
            forget()
            script(values)

        def opened() -> None:
            forget()
            assessment.load("E10000034", 2022, processed=processed)

        tell("open one area", seconds(opened))
        with runs._processed_data(processed):
            tell("whole report, first in its process", once(report))
            as_script()
            # turn and turn about, so that what else the machine does falls on all of them
            turns = [(once(report), once(chapters), once(as_script)) for _ in range(5)]
            whole, executed, bare = (statistics.median(one) for one in zip(*turns, strict=True))
            tell("whole report, warm: HTML, PDF, spreadsheet, register", whole)
            tell("  its chapters, as executed notebooks", executed)
            tell("  the same code as a plain script", bare)
            # the script makes neither notebooks nor a report, so it has two ratios
            ratios = [(b / c, a / c) for a, b, c in turns]
            notebooks, everything = (statistics.median(one) for one in zip(*ratios, strict=True))
            print(f"  executed notebooks against the script: {notebooks:.2f} times")
            print(f"  whole report against the script: {everything:.2f} times")

            if short:
                return
            plain = [plain_report(values, folder) for _ in range(3)]
            tell("the plain way, all chapters", statistics.median(map(sum, plain)))
            names = ("papermill, a kernel each", "nbconvert's HTML", "Chromium's PDF")
            for what, one in zip(names, zip(*plain, strict=True), strict=True):
                tell(f"  {what}", statistics.median(one))
            ratio = statistics.median(map(sum, plain)) / whole
            print(f"  the plain way against the whole report: {ratio:.1f} times")


if __name__ == "__main__":
    main()
