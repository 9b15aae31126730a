"""Many reports on two processes: ``make bench``. Nothing is asserted; targets are told at the end.

Preparation of the national files, batches of growing size up to every authority, and the plain way
(see ``bench/report.py``), which is measured on three areas and scaled, because thirty of them would
take most of an hour. Against the plain way counts the whole time of a batch; in the growth counts
the time from when the cluster is ready, so that its start does not flatter the large ones.

Memory is the most that a worker held at once, as the system counts it (VmHWM). Together with the
process that compiles its PDF for a second, it is what both held at one of ten looks a second, the
second one's own pages only.

Needs the publishers' national files: ``../shared/mirror``, or the folder that NEEDS_MIRROR names.
A quick look: ``python bench/batch.py --sizes 2 4 --times 1 --plain 1 --no-every``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pandas as pd
import psutil
from targets import Target, tell_targets

from needs.commands import batch as batches
from needs.commands import run as runs
from needs.commands import workers
from report import NOTEBOOKS, ROOT, once, plain_report, tell

COMMON = {"date": "2026-11-21", "formats": ["html", "pdf", "xlsx", "ods", "docx"]}
YEAR = 2023  #: from April 2023 there are 153 upper-tier authorities


def is_worker(process: psutil.Process) -> bool:
    """Whether a process is one of the cluster's that make reports."""
    return "spawn_main" in " ".join(process.cmdline())


def high_water(process: psutil.Process) -> float:
    """The most memory that a process held so far, in MB; what it holds now, off Linux."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
        return int(status.split("VmHWM:")[1].split()[0]) / 2**10
    except (OSError, IndexError):
        return float(process.memory_info().rss) / 2**20


def has_begun(process: psutil.Process, parent: psutil.Process) -> bool:
    """Whether a process runs its own program: until then its memory is its parent's, once more."""
    return process.cmdline() not in ([], parent.cmdline())


class Watch:
    """Peak memory in MB of the processes that this one starts, ten looks a second."""

    def __init__(self, chosen: Callable[[psutil.Process], bool]) -> None:
        self.alone = self.together = 0.0
        self._chosen = chosen
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._done.wait(0.1):
            for one in psutil.Process().children(recursive=True):
                try:
                    if not self._chosen(one):
                        continue
                    self.alone = max(self.alone, high_water(one))
                    begun = [each for each in one.children(recursive=True) if has_begun(each, one)]
                    own = [each.memory_full_info().uss for each in begun]
                    now = (one.memory_info().rss + sum(own)) / 2**20
                    self.together = max(self.together, now)
                except psutil.Error:  # it ended while we looked
                    continue

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


@dataclass(frozen=True)
class Batch:
    """What a batch took: seconds in all and after the cluster was ready, and memory in MB."""

    size: int
    taken: float
    working: float
    alone: float
    together: float


def make(reports: Any, start: runs.Ground, out: Path, jobs: int) -> Batch:
    """Make a batch anew."""
    shutil.rmtree(out, ignore_errors=True)
    ready, last = [], [0.0]
    preload = workers._preload

    def preloaded(*arguments: Any) -> None:
        preload(*arguments)
        ready.append(time.perf_counter())

    def progress(*_: object) -> None:
        last[0] = time.perf_counter()

    begun = time.perf_counter()
    with Watch(is_worker) as watch, mock.patch.object(workers, "_preload", preloaded):
        tally = batches.run_all(
            reports, start, notebooks=NOTEBOOKS, out=out, jobs=jobs, progress=progress
        )
    taken = time.perf_counter() - begun
    if tally.exit_code:
        raise SystemExit("\n".join(tally.lines()))
    return Batch(len(reports), taken, last[0] - ready[0], watch.alone, watch.together)


def one_file_changed(reports: Any, start: runs.Ground, out: Path, jobs: int) -> None:
    """Time the reports of the last batch again, after one figure in one raw file has changed."""
    with tempfile.TemporaryDirectory(prefix="needs-bench-") as name:
        tables = shutil.copytree(start.processed, Path(name, "processed"))
        rows = pd.read_parquet(tables / "observations.parquet")
        own = rows["indicator"].eq("drug_misuse_rate") & rows["area_code"].eq(reports[0].codes[0])
        rows.loc[own, ["value", "lower", "upper"]] *= 0.9
        rows.to_parquet(tables / "observations.parquet")
        described = json.loads((tables / "manifest.json").read_text(encoding="utf-8"))
        for one in described["files"]:
            if one["path"].endswith("/2021localauthorities.xlsx"):
                one["sha256"] = "0" * 64
        (tables / "manifest.json").write_text(json.dumps(described), encoding="utf-8")
        changed = runs.open_ground(tables, NOTEBOOKS)
        begun = time.perf_counter()
        tally = batches.run_all(reports, changed, notebooks=NOTEBOOKS, out=out, jobs=jobs)
        taken = time.perf_counter() - begun
    note = f"{len(tally.of('made'))} made again, {len(tally.of('unchanged'))} unchanged"
    tell(f"{len(reports)} areas, when one figure of one file changed", taken, note)


def nothing_changed(out: Path, processed: Path) -> Target:
    """Time what tells that every report of the last batch is as it would be made."""
    command = [sys.executable, "-m", "needs", "batch", "--all", "--year", str(YEAR), "--quiet"]
    command += ["--formats", ",".join(COMMON["formats"]), "--date", COMMON["date"]]
    raw = Path(os.environ.get("NEEDS_MIRROR") or ROOT.parent / "shared" / "mirror")
    command += ["--raw", str(raw), "--processed", str(processed), "--out", str(out)]
    taken = once(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    return Target("nothing changed: all reports, whole command", "<=", 5, taken, "s", "n = 1")


def prepare(raw: Path, processed: Path) -> None:
    """Time the preparation of all national files, in a process of its own."""
    command = [sys.executable, "-m", "needs", "prepare", "--quiet"]
    command += ["--raw", str(raw), "--processed", str(processed)]
    with Watch(lambda one: "prepare" in one.cmdline()) as watch:
        taken = once(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    tell("needs prepare, national files", taken, f"at most {watch.together:.0f} MB")


def main() -> None:
    """Time preparation, batches of growing size, and the plain way."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10, 30])
    parser.add_argument("--times", type=int, default=3, help="of each size")
    parser.add_argument(
        "--every", action=argparse.BooleanOptionalAction, default=True, help="every authority, once"
    )
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
        if not options.processed:
            prepare(raw, processed)
        start = runs.open_ground(processed, NOTEBOOKS)
        asked = batches.everywhere(start.areas, YEAR, COMMON)
        reports, problems = batches.plan(asked, start.areas)
        if problems:
            raise SystemExit("\n".join(map(str, problems)))
        # evenly over the country, so that counties and boroughs are all there
        spread = sorted(reports, key=lambda one: one.codes[0][::-1])
        sizes = dict.fromkeys(options.sizes, options.times)
        if options.every:
            sizes[len(spread)] = 1
        made = {
            size: [
                make(spread[:size], start, folder / "reports", options.jobs) for _ in range(times)
            ]
            for size, times in sizes.items()
        }
        more = [nothing_changed(folder / "reports", processed)] if options.every else []
        one_file_changed(spread[: max(sizes)], start, folder / "reports", options.jobs)
        plain = []
        if options.plain and shutil.which("chromium"):
            with runs._processed_data(processed):
                for one in spread[: options.plain]:
                    values = {"areas": list(one.codes), "year": YEAR, "name": ""}
                    plain.append(sum(plain_report(values, folder)))
    tell_targets([*results(made, plain, options.jobs, len(spread)), *more])


def results(
    made: dict[int, list[Batch]], plain: list[float], jobs: int, every: int
) -> list[Target]:
    """Print what was measured; what it means for the targets."""
    targets = []
    taken = {size: statistics.median(one.taken for one in all_) for size, all_ in made.items()}
    each = {
        size: statistics.median(one.working for one in all_) / size for size, all_ in made.items()
    }
    for size, all_ in made.items():
        note = f"n = {len(all_)}; {each[size]:.2f} s a report once the cluster is ready"
        tell(f"{size} areas on {jobs} processes, whole batch", taken[size], note)
    if plain:
        alone = statistics.median(plain)
        tell(f"the plain way, one area (median of {len(plain)} areas)", alone)
        for size in sorted({30, max(taken)} & set(taken)):
            ratio = alone * size / taken[size]
            name = f"{size} plain runs (scaled from {len(plain)}) : a batch"
            targets.append(Target(name, ">=", 45, ratio, "times"))
    else:
        name = "all plain runs : a batch"
        targets.append(Target(name, ">=", 45, None, "times", "no Chromium, or --plain 0"))
    smallest = min(each)
    for size, seconds in each.items():
        if size != smallest:
            apart = 100 * (seconds / each[smallest] - 1)
            name = f"growth from {smallest} to {size}: off linear ({apart:+.1f}%)"
            targets.append(Target(name, "<=", 10, abs(apart), "%"))
    batches_made = [one for all_ in made.values() for one in all_]
    alone = max(one.alone for one in batches_made)
    together = max(one.together for one in batches_made)
    targets.append(Target("peak memory of a worker", "<=", 350, alone, "MB"))
    targets.append(Target("the same with the PDF's process", "<=", 550, together, "MB"))
    if every in taken:
        name = f"all {every} authorities, wall time (aim)"
        targets.append(Target(name, "<=", 4, taken[every] / 60, "minutes", "n = 1"))
    return targets


if __name__ == "__main__":
    main()
