"""Benchmark of directly standardised rates: ratios in one run, and growth to all small areas.

Run with ``python bench/stats.py``. The national Python package is installed for the benchmark
alone, into a virtual environment in the system's temporary folder that is removed at the end;
nothing of the project depends on it. Where it cannot be installed, the comparison is left out, and
says so; ``--without-national`` does not try.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from targets import Target, tell_targets

from needs.stats.rates import ESP2013, directly_standardised_rate

AUTHORITIES = 153
SMALL_AREAS = 33_755
INDICATORS = 10
LEVELS = (0.95, 0.998)
LEAST_RATIO = 40
TOLERANCE = 1e-9

#: Our columns, and what the national package calls them.
COLUMNS = {
    "value": "Value",
    "lower95_0": "lower_95_ci",
    "upper95_0": "upper_95_ci",
    "lower99_8": "lower_99_8_ci",
    "upper99_8": "upper_99_8_ci",
}

#: Runs in the temporary environment: the same rows, both levels, the standard in the rows.
NATIONAL = """
import json, statistics, sys, time, warnings
import pandas as pd
from PHStatsMethods import ph_dsr
warnings.simplefilter("ignore")
data = pd.read_csv(sys.argv[1])
times = []
for _ in range(int(sys.argv[3]) + 1):
    begin = time.perf_counter()
    result = ph_dsr(data, "count", "population", "standard", ["indicator", "area"],
                    confidence=[0.95, 0.998], euro_standard_pops=False)
    times.append(time.perf_counter() - begin)
result.to_csv(sys.argv[2], index=False)
print(json.dumps(times[1:]))
"""


def rows(areas: int) -> pd.DataFrame:
    """Invented counts and populations: a row per indicator, area and age band."""
    random = np.random.default_rng(areas)
    bands = np.array(list(ESP2013))
    size = INDICATORS * areas * len(bands)
    population = random.integers(50, 5_000, size)
    codes = np.array([f"E{number:08}" for number in range(areas)])
    names = np.array([f"indicator {number}" for number in range(INDICATORS)])
    return pd.DataFrame(
        {
            "indicator": np.repeat(names, areas * len(bands)),
            "area": np.tile(np.repeat(codes, len(bands)), INDICATORS),
            "age": np.tile(bands, INDICATORS * areas),
            "count": random.poisson(population * 0.01),
            "population": population,
        }
    )


def ours(data: pd.DataFrame) -> pd.DataFrame:
    """All rates of a frame, both levels."""
    return directly_standardised_rate(
        data,
        by=["indicator", "area"],
        count="count",
        population="population",
        age_band="age",
        confidence=LEVELS,
    )


def seconds(call: Callable[[], object], runs: int) -> list[float]:
    """Times of several runs, after one that is not counted."""
    times = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return times[1:]


class NotInstalledError(Exception):
    """The national package cannot be had here."""


def national(data: pd.DataFrame, folder: Path, runs: int) -> tuple[list[float], pd.DataFrame]:
    """Times and results of the national package, in an environment of its own."""
    print("installing PHStatsMethods into a temporary environment …", flush=True)
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*install, "PHStatsMethods"], capture_output=True, text=True)
    if done.returncode:
        raise NotInstalledError(next(iter(done.stderr.strip().splitlines()[-1:]), "pip failed"))
    table, result, script = (folder / name for name in ("rows.csv", "rates.csv", "run.py"))
    data.assign(standard=data["age"].map(dict(ESP2013))).to_csv(table, index=False)
    script.write_text(NATIONAL, encoding="utf-8", newline="\n")
    done = subprocess.run(
        [python, script, table, result, str(runs)], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout), pd.read_csv(result)


def compare(runs: int) -> bool:
    """Time both on one input; say whether ours is fast enough and the numbers agree."""
    data = rows(AUTHORITIES)
    print(f"{AUTHORITIES} areas × {len(ESP2013)} bands × {INDICATORS} indicators, {LEVELS}:")
    with tempfile.TemporaryDirectory() as name:
        before = seconds(lambda: ours(data), 10 * runs)
        try:
            theirs, published = national(data, Path(name), runs)
        except NotInstalledError as error:
            print(f"  needs           median {1000 * statistics.median(before):8.2f} ms")
            print(f"  PHStatsMethods  not compared: {error}")
            return True
        after = seconds(lambda: ours(data), 10 * runs)
    mine = statistics.median(before + after)
    other = statistics.median(theirs)
    ratio = other / mine
    print(f"  needs           median {1000 * mine:8.2f} ms")
    print(f"  PHStatsMethods  median {1000 * other:8.2f} ms")
    apart = largest_difference(ours(data), published)
    targets = [
        Target("rates: PHStatsMethods : needs", ">=", LEAST_RATIO, ratio, "times"),
        Target("  largest relative difference, limits too", "<=", TOLERANCE, apart, ""),
    ]
    tell_targets(targets)
    return all(one.met for one in targets)


def largest_difference(mine: pd.DataFrame, theirs: pd.DataFrame) -> float:
    """Largest relative difference of value and limits; infinite where one alone is missing."""
    both = mine.merge(theirs, on=["indicator", "area"], validate="one_to_one")
    if not len(mine) == len(theirs) == len(both):
        return float("inf")
    apart = []
    for column, published in COLUMNS.items():
        left, right = (both[name].to_numpy(np.float64) for name in (column, published))
        if (np.isnan(left) != np.isnan(right)).any():
            return float("inf")
        apart.append(np.nanmax(np.abs(left / right - 1)))
    return float(max(apart))


def growth(runs: int) -> None:
    """Time and peak memory from authorities to small areas, each size in a process of its own."""
    print("growth (a process each):")
    for areas in (AUTHORITIES, 1_500, 7_000, SMALL_AREAS):
        done = subprocess.run(
            [sys.executable, __file__, "--one-size", str(areas), "--runs", str(runs)],
            check=True,
            capture_output=True,
            text=True,
        )
        measured = json.loads(done.stdout)
        print(
            f"  {areas:7,} areas {measured['rows']:10,} rows  median {measured['median']:7.3f} s"
            f"  {1e9 * measured['median'] / measured['rows']:6.0f} ns a row"
            f"  input {measured['input']:6.0f} MiB  peak {measured['peak']:6.0f} MiB"
        )


def one_size(areas: int, runs: int) -> None:
    """Measure one size and print it as JSON."""
    data = rows(areas)
    median = statistics.median(seconds(lambda: ours(data), runs))
    print(
        json.dumps(
            {
                "rows": len(data),
                "median": median,
                "input": data.memory_usage(deep=True).sum() / 2**20,
                "peak": peak_memory(lambda: ours(data)),
            }
        )
    )


def peak_memory(call: Callable[[], object]) -> float:
    """Largest resident size of this process in MiB; of the call alone where that is not known."""
    try:
        import resource
    except ImportError:  # Windows
        import tracemalloc

        tracemalloc.start()
        call()
        return tracemalloc.get_traced_memory()[1] / 2**20
    call()
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> int:
    """Run the benchmark; 1 if ours is too slow or the numbers differ."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--without-national", action="store_true")
    parser.add_argument("--one-size", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one_size:
        one_size(options.one_size, options.runs)
        return 0
    fine = options.without_national or compare(options.runs)
    growth(options.runs)
    return 0 if fine else 1


if __name__ == "__main__":
    raise SystemExit(main())
