"""One report against the plain way: ``make bench``. Medians of seconds; nothing is asserted.

A report is HTML, PDF and XLSX, with its register, executed notebooks and manifest. It is compared

- with the plain way, which is what the same notebooks cost without this package's run: papermill
  with its own engine, which starts a kernel for each chapter; nbconvert's stock HTML; and Chromium
  printing that page, as nbconvert's webpdf does. It makes no spreadsheet, no register and no
  accessible PDF. Without Chromium there is no such ratio;
- with the same chapter code as a plain script in one process, that draws the same three outputs
  and the register with the same functions: no papermill, no shell, no notebooks, no manifest.

``--short`` leaves the plain way out, which takes minutes.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import dataclasses
import functools
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
from typing import Any, get_args
from unittest import mock

from targets import Target, tell_targets

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

    from needs.commands import run as runs

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


def script(values: Mapping[str, Any]) -> list[Any]:
    """Run the chapters' code as plain Python in this process: no notebook, no display.

    Returns
    -------
    list of Read
        What each chapter says and shows.
    """
    from needs.chapters.blocks import Block, Blocks
    from needs.report.notebook_cells import Read

    made = []
    with contextlib.redirect_stdout(io.StringIO()):
        for name, parts in _code():
            namespace, read = {}, Read(name)
            for tags, part in parts:
                if isinstance(part, list):
                    read.add(part, name, tags)
                    continue
                body, last = part
                exec(body, namespace)
                if "parameters" in tags:  # what is asked for goes before what stands there
                    namespace |= values
                value = eval(last, namespace) if last else None
                shown = [value] if isinstance(value, get_args(Block)) else []
                read.add(value.items if isinstance(value, Blocks) else shown, name, tags)
            made.append(read)
    return made


@functools.cache
def _code() -> list[tuple[str, list[Any]]]:
    """Each chapter's markdown as blocks, and its cells compiled: all but the last value, and it."""
    import nbformat

    from needs.commands import run as runs
    from needs.report import notebook_cells

    made = []
    for path in runs.chapters(NOTEBOOKS):
        parts: list[Any] = []
        for cell in nbformat.read(path, as_version=4).cells:
            tags = cell.metadata.get("tags", [])
            if notebook_cells.REMOVED in tags:
                continue
            if cell.cell_type == "markdown":
                parts.append((tags, notebook_cells.read_markdown(cell.source, path.name, [])))
            else:
                tree = ast.parse(cell.source)
                last = None
                if tree.body and isinstance(tree.body[-1], ast.Expr):
                    value = tree.body.pop()
                    last = compile(ast.Expression(value.value), path.name, "eval")
                parts.append((tags, (compile(tree, path.name, "exec"), last)))
        made.append((path.name, parts))
    return made


@contextlib.contextmanager
def _documents_of_scripts() -> Iterator[None]:
    """Let the reader of documents take what `script` gives, in place of notebooks."""
    from needs.report import document

    with (
        mock.patch.object(document, "_open", lambda read, _: (read.name, read)),
        mock.patch.object(document, "_read_notebook", lambda _, read, *__: (read.titles[0], read)),
    ):
        yield


def main() -> None:
    """Time the command line, one report, its chapters as a script, and the plain way."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="without the plain way")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--plain", type=int, default=3, help="times of the plain way")
    options = parser.parse_args()
    command = [sys.executable, "-m", "needs", "--help"]
    tell("needs --help", seconds(lambda: subprocess.run(command, capture_output=True, check=True)))

    from needs.commands import run as runs
    from needs.figures import assessment
    from needs.report.parameters import RunParameters
    from needs.tables import prepare

    with tempfile.TemporaryDirectory(prefix="needs-bench-") as name:
        folder = Path(name)
        processed = folder / "processed"
        tell("prepare the embedded data pack",
             once(lambda: prepare.prepare(ROOT / "data" / "raw", processed)))  # fmt: skip
        # what people wrote about the area stands in neither of the other ways
        start = dataclasses.replace(runs.open_ground(processed, NOTEBOOKS), commentary=None)
        asked = {"areas": ["Worcestershire"], "year": 2022, "formats": ["html", "pdf", "xlsx"]}
        parameters = RunParameters.check(asked)
        values = {"areas": ["E10000034"], "year": 2022, "name": ""}

        def forget() -> None:
            assessment.forget()

        def report() -> None:
            forget()
            runs.make_report(parameters, start, folder / "reports", fresh=True)

        def chapters() -> None:
            forget()
            for path in start.chapters:
                runs.execute(path, values, folder, area="Worcestershire")

        def as_script() -> None:
            forget()
            script(values)

        def as_script_drawn() -> dict[str, bytes]:
            forget()
            opened = assessment.load("E10000034", 2022, processed=processed)
            with _documents_of_scripts():
                document = runs.read(
                    script(values),
                    parameters,
                    opened=opened,
                    code=start.code,
                    inputs=start.inputs,
                )
            return runs.render(document, parameters.formats)

        def opened() -> None:
            forget()
            assessment.load("E10000034", 2022, processed=processed)

        tell("open one area", seconds(opened))
        with runs._processed_data(processed):
            tell("whole report, first in its process", once(report))
            page = folder / "reports" / "worcestershire" / "2022" / "report.html"
            if as_script_drawn()["report.html"] != page.read_bytes():
                raise SystemExit("The script draws another report: its ratio means nothing.")
            # turn and turn about, so that what else the machine does falls on all of them
            work = (report, chapters, as_script, as_script_drawn)
            turns = [tuple(once(one) for one in work) for _ in range(options.times)]
        whole, executed, bare, drawn = (statistics.median(one) for one in zip(*turns, strict=True))
        print(f"warm, medians of {options.times}:")
        tell("whole report: HTML, PDF, XLSX, register, notebooks, manifest", whole)
        tell("  of it: its chapters, as executed notebooks", executed)
        tell("script: the chapters' code alone", bare)
        tell("script: the code; HTML, PDF, XLSX and register drawn", drawn)
        ratios = [(a / d, b / c, a / c) for a, b, c, d in turns]
        same, notebooks, everything = (statistics.median(one) for one in zip(*ratios, strict=True))
        print(f"  whole report against the script that draws the same: {same:.2f} times")
        print(f"  executed notebooks against the script's code alone: {notebooks:.2f} times")
        print(f"  whole report against the script's code alone: {everything:.2f} times")
        targets = [Target("warm report : script that draws the same", "<=", 1.2, same, "times")]

        if not options.short:
            ratio, note = None, ""
            if not shutil.which("chromium"):
                note = "no Chromium, so no PDF of the plain way"
            else:
                with runs._processed_data(processed):
                    plain = [plain_report(values, folder) for _ in range(options.plain)]
                tell(f"the plain way (median of {len(plain)})", statistics.median(map(sum, plain)))
                names = ("papermill, a kernel each", "nbconvert's HTML", "Chromium's PDF")
                for what, one in zip(names, zip(*plain, strict=True), strict=True):
                    tell(f"  {what}", statistics.median(one))
                ratio = statistics.median(map(sum, plain)) / whole
            targets.append(Target("the plain way : warm report", ">=", 20, ratio, "times", note))
        tell_targets(targets)


if __name__ == "__main__":
    main()
