"""Whether the worked example comes out the same on other Pythons and under other settings.

    python bench/same_anywhere.py [PYTHON ...] [--keep FOLDER]

Makes the example from the embedded data pack as it is committed, then again under another locale,
time zone, hash seed, order of files and number of processes, and by each other interpreter that is
named: one with everything of requirements.lock installed (``python -m venv``, then as the Makefile
does it). Each is compared with the committed report's manifest file by file. Where files differ the
libraries of other versions are named, and the figures compared where ``make report`` has left them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from needs.commands.changes import compare, tally_line
from needs.figures.recorded import REGISTER
from needs.report import manifest as manifests

ROOT = Path(__file__).resolve().parents[1]
AREA, YEAR = "Worcestershire", "2022"
COMMITTED = ROOT / "reports" / AREA.lower() / YEAR

#: Folders are listed backwards: a run that takes files as they come is found out.
BACKWARDS = """
import os
_listdir, _scandir = os.listdir, os.scandir


class _Backwards:
    def __init__(self, entries):
        with entries:
            self.entries = iter(sorted(entries, key=lambda one: one.name, reverse=True))

    def __iter__(self):
        return self.entries

    def __next__(self):
        return next(self.entries)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def close(self):
        pass


os.listdir = lambda *a: sorted(_listdir(*a), reverse=True)
os.scandir = lambda *a: _Backwards(_scandir(*a))
"""

#: Settings by name: what is set in the environment.
SETTINGS: dict[str, dict[str, str]] = {
    "as it is": {},
    "locale C, ASCII": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "time zone of Auckland": {"TZ": "Pacific/Auckland"},
    "hash seed 1": {"PYTHONHASHSEED": "1"},
    "hash seed 4294967295": {"PYTHONHASHSEED": "4294967295"},
    "files in another order": {"PYTHONPATH": "BACKWARDS"},
}


def make(python: str, folder: Path, settings: dict[str, str], jobs: int = 0) -> Path:
    """Make the example, by a batch of some processes if any are asked for."""
    raw = folder / "raw"
    shutil.copytree(ROOT / "data" / "raw" / AREA.lower(), raw / AREA.lower())
    (folder / "backwards").mkdir()
    (folder / "backwards" / "sitecustomize.py").write_text(BACKWARDS, encoding="utf-8")
    own = {key: value for key, value in os.environ.items() if not key.startswith("NEEDS_")}
    paths = [str(ROOT / "src")]
    if settings.get("PYTHONPATH"):
        paths.insert(0, str(folder / "backwards"))
    environment = own | settings | {"PYTHONPATH": os.pathsep.join(paths)}
    date = json.loads((COMMITTED / manifests.NAME).read_text("utf-8"))["parameters"]["date"]
    where = ["--raw", str(raw), "--processed", str(folder / "processed")]
    where += ["--out", str(folder / "reports"), "--date", date, "--quiet"]
    command = ["run", "--area", AREA, "--year", YEAR]
    if jobs:
        listed = folder / "areas.yaml"
        years = "".join(f"- areas: [{AREA}]\n  year: {year}\n" for year in (YEAR, 2021))
        listed.write_text(f"reports:\n{years}", encoding="utf-8")
        command = ["batch", str(listed), "--jobs", str(jobs)]
    done = subprocess.run(
        [python, "-m", "needs", *command, *where],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    made = folder / "reports" / AREA.lower() / YEAR
    if not (made / manifests.NAME).is_file():
        sys.exit(f"{python}: needs {' '.join(command)}\n{done.stdout}{done.stderr}")
    return made


def said(made: Path, against: Path) -> str:
    """How a report stands to the one that it should be."""
    old, new = manifests.read(against), manifests.read(made)
    files = old["outputs"].keys() | new["outputs"].keys()
    wrong = sorted(one for one in files if old["outputs"].get(one) != new["outputs"].get(one))
    if not wrong:
        return f"the same, {len(files)} files"
    packages = [
        line.removeprefix("packages: ")
        for line in manifests.differences(old, new)
        if line.startswith("packages: ")
    ]
    figures = "its figures are not here to compare"
    if (against / REGISTER).is_file():
        figures = tally_line(compare(against, made).found)
    return (
        f"{len(wrong)} of {len(files)} files differ ({', '.join(wrong[:4])}); "
        f"{'; '.join(packages) or 'the same libraries'}; {figures}"
    )


def main() -> None:
    """Make, compare, print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pythons", nargs="*", metavar="PYTHON")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--against", type=Path, default=COMMITTED, help="another report")
    asked = parser.parse_args()
    kept = asked.keep or Path(tempfile.mkdtemp(prefix="needs-anywhere-"))
    runs = [(name, sys.executable, values, 0) for name, values in SETTINGS.items()]
    runs += [(f"batch of {jobs} processes", sys.executable, {}, jobs) for jobs in (1, 2)]
    for python in asked.pythons:
        version = subprocess.check_output(
            [python, "-c", "import sys; print(sys.version.split()[0])"]
        )
        runs.append((f"Python {version.decode().strip()}", python, {}, 0))
    for number, (name, python, values, jobs) in enumerate(runs):
        folder = kept / str(number)
        folder.mkdir(parents=True)
        print(f"{name}: {said(make(python, folder, values, jobs), asked.against)}", flush=True)
    if not asked.keep:
        shutil.rmtree(kept)


if __name__ == "__main__":
    main()
