"""The benches run: they reach into the package, and a renaming would break them unseen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["report.py", "--short", "--times", "1"], "warm report : script that draws the same"),
        (["stages.py", "--times", "1"], "whole report"),
    ],
)
def test_a_bench_runs(root: Path, command: list[str], says: str) -> None:
    """One report drawn by a plain script has the same bytes, or the first of them stops."""
    bench, *options = command
    done = subprocess.run(
        [sys.executable, str(root / "bench" / bench), *options],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert says in done.stdout
