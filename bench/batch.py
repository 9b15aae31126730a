"""Many reports on two processes: ``make bench``; every authority with ``--full``.

Times are those of whole batches, start of the cluster included. The plain way is measured on three
areas and scaled, because thirty of them would take most of an hour; see ``bench/report.py``.

Needs the publishers' national files: ``../shared/mirror``, or the folder that NEEDS_MIRROR names.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path

import psutil

from needs import batch as batches
from needs.report import run as runs
from report import NOTEBOOKS, ROOT, once, plain_report, tell

COMMON = {"date": "2026-11-21"}
YEAR = 2022


class Watch:
    """Peak memory of each process that this one has started, seen four times a second."""

    def __init__(self) -> None:
        self.peaks: dict[int, float] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._done.wait(0.25):
            for one in psutil.Process().children(recursive=True):
                try:
                    if "spawn_main" in " ".join(one.cmdline()):
                        megabytes = one.memory_info().rss / 2**20
                        self.peaks[one.pid] = max(self.peaks.get(one.pid, 0), megabytes)
                except psutil.Error:  # it ended while we looked
                    continue

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def main() -> None:
    """Time batches of growing size, and the plain way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="every authority as well")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10, 30])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--plain", type=int, default=3, help="areas of the plain way; 0: none")
    parser.add_argument("--processed", type=Path, help="tables, if they are there already")
    options = parser.parse_args()
    raw = Path(os.environ.get("NEEDS_MIRROR") or ROOT.parent / "shared" / "mirror")
    if not raw.is_dir():
        print("The publishers' national files are not at hand (set NEEDS_MIRROR): nothing to time.")
        return
    with tempfile.TemporaryDirectory(prefix="needs-bench-") as name:
        folder = Path(name)
        processed = options.processed or folder / "processed"
        start = runs.ground(raw, processed, NOTEBOOKS)
        asked = batches.everywhere(start.areas, YEAR, COMMON)
        reports, problems = batches.plan(asked, start.areas)
        if problems:
            raise SystemExit("\n".join(map(str, problems)))
        # evenly over the country, so that counties and boroughs are all there
        spread = sorted(reports, key=lambda one: one.codes[0][::-1])

        def batch(size: int) -> tuple[float, float]:
            shutil.rmtree(folder / "reports", ignore_errors=True)
            begun = time.perf_counter()
            with Watch() as watch:
                tally = batches.run(
                    spread[:size],
                    start,
                    notebooks=NOTEBOOKS,
                    out=folder / "reports",
                    jobs=options.jobs,
                )
            taken = time.perf_counter() - begun
            if tally.exit_code:
                raise SystemExit("\n".join(tally.lines()))
            return taken, max(watch.peaks.values())

        sizes = dict.fromkeys(options.sizes, options.times)
        if options.full:
            sizes[len(spread)] = 1
        medians = {}
        for size, times in sizes.items():
            results = [batch(size) for _ in range(times)]
            medians[size] = statistics.median(one for one, _ in results)
            peak = max(memory for _, memory in results)
            note = f"{medians[size] / size:.2f} s each; at most {peak:.0f} MB a process"
            tell(f"{size} areas on {options.jobs} processes", medians[size], note)
        if not options.plain:
            return
        plain = []
        with runs._processed_data(processed):
            for one in spread[: options.plain]:
                values = {"areas": list(one.codes), "year": YEAR, "name": ""}
                plain.append(once(lambda values=values: plain_report(values, folder)))
        each = statistics.median(plain)
        tell(f"the plain way, one area (median of {len(plain)})", each)
        for size, taken in medians.items():
            print(f"  {size} areas: {each * size / taken:.1f} times (the plain way scaled)")


if __name__ == "__main__":
    main()
