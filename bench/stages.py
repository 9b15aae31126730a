"""Where the time of one warm report goes: ``make profile``.

    python bench/stages.py [AREA] [--processed FOLDER]

First the stages, as medians of seconds of processor time, which depends little on what else the
machine does; the process that compiles the PDF counts. Then what takes longest inside: the
functions of this package by the processor time of all that they call, the run and the engine left
out, as Python's own profiler sees it: it makes everything slower, small functions most, and does
not see into the process that compiles the PDF.

By default from the embedded data pack; the tables of all of England are made by
``needs prepare --raw ../shared/mirror --processed FOLDER``.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import needs
from needs.commands import run as runs
from needs.figures import assessment
from needs.report import (
    document,
    engine,
    html,
    kept_chapters,
    opendocument,
    register,
    spreadsheet,
    typst,
    typst_client,
    word,
)
from needs.report import manifest as manifests
from needs.report.parameters import RunParameters
from needs.tables import prepare

ROOT = Path(__file__).resolve().parent.parent

#: Stages, with the functions that they are; a stage counts what a later one within it takes, too.
STAGES: tuple[tuple[str, Any, str], ...] = (
    ("open the area, for each chapter", assessment, "load"),
    ("chapters, through papermill", runs, "execute"),
    ("  of it: their cells", engine, "_run_cell"),
    ("what the chapters read, hashed", kept_chapters, "run_of"),
    ("model of the document", document, "read_document"),
    ("HTML", html, "render_html"),
    ("PDF", typst, "render_pdf"),
    ("Word", word, "render_docx"),
    ("  of it: its pictures", typst_client, "rasterised"),
    ("spreadsheet, XLSX", spreadsheet, "render_xlsx"),
    ("spreadsheet, ODS", opendocument, "render_ods"),
    ("register (CSV, JSON, package)", register, "figures_csv"),
    ("register (CSV, JSON, package)", register, "figures_json"),
    ("register (CSV, JSON, package)", register, "figures_package"),
    ("notebooks as files", runs, "_written"),
    ("manifest", manifests, "make_manifest"),
    ("into place", runs, "publish"),
)

#: What calls everything else, and so says nothing.
AROUND = ("commands.run", "report.engine")

#: How many functions the second table names.
LONGEST = 25


def processor() -> float:
    """Seconds of processor time of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def functions(profile: cProfile.Profile, number: int) -> list[tuple[str, int, float, float]]:
    """The functions of this package that take longest: name, calls, seconds alone and in all."""
    package = Path(needs.__file__).parent
    found = []
    stats: Any = pstats.Stats(profile)
    for (file, line, name), (_, calls, alone, in_all, _) in stats.stats.items():
        path = Path(file)
        if package not in path.parents or name.startswith("<"):
            continue
        place = path.relative_to(package).with_suffix("").as_posix().replace("/", ".")
        if place not in AROUND:
            found.append((f"{place}.{name}, line {line}", calls, alone, in_all))
    return sorted(found, key=lambda one: -one[3])[:number]


def main() -> None:
    """Time the stages of one report, and look inside."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("area", nargs="?", default="Worcestershire")
    parser.add_argument("--processed", type=Path, help="tables, if they are there already")
    parser.add_argument("--year", type=int, default=2022)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    taken: defaultdict[str, list[float]] = defaultdict(list)
    spent: defaultdict[str, float] = defaultdict(float)

    def timed(what: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **settings: Any) -> Any:
            start = processor()
            try:
                return work(*arguments, **settings)
            finally:
                spent[what] += processor() - start

        return call

    with tempfile.TemporaryDirectory(prefix="needs-bench-") as name:
        folder = Path(name)
        processed = options.processed or folder / "processed"
        if not options.processed:
            prepare.prepare(ROOT / "data" / "raw", processed)
        start = runs.open_ground(processed, ROOT / "notebooks")
        asked = {"areas": [options.area], "year": options.year}
        formats = ["html", "pdf", "xlsx", "ods", "docx"]
        parameters = RunParameters.check({**asked, "formats": formats})

        def report() -> None:
            runs.make_report(parameters, start, folder / "reports", fresh=True)

        report()  # the first pays for imports, fonts and templates
        profile = cProfile.Profile(time.process_time)
        profile.runcall(report)
        for what, module, function in STAGES:
            setattr(module, function, timed(what, getattr(module, function)))
        whole = timed("whole report", report)
        for _ in range(options.times):
            spent.clear()
            whole()
            for what, seconds in spent.items():
                taken[what].append(seconds)
    total = statistics.median(taken["whole report"])
    print(f"Stages of one warm report ({options.area}, {options.year}; n = {options.times})")
    for what in dict.fromkeys([*(one[0] for one in STAGES), "whole report"]):
        seconds = statistics.median(taken[what])
        print(f"{what:<32}{seconds:8.2f} s {seconds / total:7.0%}")
    print(f"\nThe {LONGEST} functions of needs with the most time, all that they call included")
    print(f"{'':<64}{'calls':>8}{'alone':>10}{'in all':>10}")
    for what, calls, alone, in_all in functions(profile, LONGEST):
        print(f"{what[:62]:<64}{calls:>8}{alone:>8.2f} s{in_all:>8.2f} s")


if __name__ == "__main__":
    main()
