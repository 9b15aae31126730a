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


@pytest.mark.slow
def test_a_process_counts_from_when_it_runs_its_own_program(root: Path) -> None:
    """Between fork and exec it is its parent, whose memory would count twice."""
    code = """
from types import SimpleNamespace as Process
from batch import has_begun
worker = Process(cmdline=lambda: ["python", "spawn_main"])
compiler = Process(cmdline=lambda: ["python", "-m", "needs.report.typst_process"])
assert has_begun(compiler, worker)
assert not has_begun(Process(cmdline=worker.cmdline), worker)
assert not has_begun(Process(cmdline=list), worker)
"""
    subprocess.run([sys.executable, "-c", code], cwd=root / "bench", check=True, timeout=600)
