"""Time the main jobs on this machine: ``make bench``. Medians of seconds; nothing is asserted."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VALUES = {"areas": ["E10000034"], "year": 2022, "name": ""}


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """Median time of some work."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def tell(what: str, taken: float, note: str = "") -> None:
    """Print one line of the table."""
    print(f"{what:<44}{taken:8.2f} s  {note}", flush=True)


def main() -> None:
    """Time the command line, preparation, chapters both ways, and whole reports."""
    command = [sys.executable, "-m", "needs", "--help"]
    tell("needs --help", seconds(lambda: subprocess.run(command, capture_output=True, check=True)))

    from needs import assessment, prepare
    from needs.report import run as runs
    from needs.report.parameters import RunParameters

    with tempfile.TemporaryDirectory(prefix="needs-bench-") as name:
        folder = Path(name)
        raw, processed = ROOT / "data" / "raw", folder / "processed"
        tell("prepare the embedded data pack", seconds(lambda: prepare.prepare(raw, processed), 1))
        tell(
            "open one area",
            seconds(lambda: assessment.load("Worcestershire", 2022, processed=processed)),
        )

        def report(formats: list[str]) -> Path:
            values: dict[str, Any] = {"areas": ["Worcestershire"], "year": 2022}
            return runs.run(
                RunParameters.check({**values, "formats": formats}),
                raw=raw,
                processed=processed,
                out=folder / "reports",
                notebooks=ROOT / "notebooks",
            )

        formats = ["html", "pdf", "xlsx"]
        tell("whole report, first in its process", seconds(lambda: report(formats), 1))
        tell("whole report, warm", seconds(lambda: report(formats)))

        chapters = runs.chapters(ROOT / "notebooks")
        for engine, note in (("inprocess", "warm"), ("nbclient", "a kernel for each")):
            with runs._processed_data(processed):
                taken = [
                    seconds(
                        lambda path=path, engine=engine: runs.execute(
                            path, VALUES, folder, area="Worcestershire", engine=engine
                        ),
                        1,
                    )
                    for path in chapters
                ]
            tell(f"one chapter, {engine}", statistics.median(taken), note)
            tell(f"all chapters, {engine}", sum(taken))


if __name__ == "__main__":
    main()
