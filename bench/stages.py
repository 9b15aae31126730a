"""Where the time of one warm report goes: ``make profile``.

Medians of seconds of processor time, which depends little on what else the machine does.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from needs import assessment, prepare
from needs.report import document, engine, html, register, spreadsheet, typst
from needs.report import manifest as manifests
from needs.report import run as runs
from needs.report.parameters import RunParameters

ROOT = Path(__file__).resolve().parent.parent

#: Stages, with the functions that they are; a stage counts what a later one within it takes, too.
STAGES: tuple[tuple[str, Any, str], ...] = (
    ("open the area", assessment, "_load"),
    ("chapters, through papermill", runs, "execute"),
    ("  of it: their cells", engine, "_run_cell"),
    ("model of the document", document, "read_document"),
    ("HTML", html, "render_html"),
    ("PDF", typst, "render_pdf"),
    ("spreadsheet", spreadsheet, "render_xlsx"),
    ("register (CSV and JSON)", register, "figures_csv"),
    ("register (CSV and JSON)", register, "figures_json"),
    ("notebooks as files", runs, "_written"),
    ("manifest", manifests, "make"),
    ("into place", runs, "publish"),
)


def main(area: str = "Worcestershire", times: int = 3) -> None:
    """Time the stages of one report."""
    taken: defaultdict[str, list[float]] = defaultdict(list)
    spent: defaultdict[str, float] = defaultdict(float)

    def timed(what: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            start = time.process_time()
            try:
                return work(*arguments, **options)
            finally:
                spent[what] += time.process_time() - start

        return call

    with tempfile.TemporaryDirectory(prefix="needs-bench-") as name:
        folder = Path(name)
        prepare.prepare(ROOT / "data" / "raw", folder / "processed")
        start = runs.open_ground(folder / "processed", ROOT / "notebooks")
        parameters = RunParameters.check({"areas": [area], "year": 2022})

        forget = assessment._load.cache_clear  # so that every report opens its area anew

        def report() -> None:
            forget()
            runs.make(parameters, start, folder / "reports")

        report()  # the first pays for imports, fonts and templates
        for what, module, function in STAGES:
            setattr(module, function, timed(what, getattr(module, function)))
        whole = timed("whole report", report)
        for _ in range(times):
            spent.clear()
            whole()
            for what, seconds in spent.items():
                taken[what].append(seconds)
    total = statistics.median(taken["whole report"])
    print(f"Stages of one warm report ({area}, 2022, HTML, PDF and spreadsheet)")
    for what in dict.fromkeys([*(one[0] for one in STAGES), "whole report"]):
        seconds = statistics.median(taken[what])
        print(f"{what:<32}{seconds:8.2f} s {seconds / total:7.0%}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
