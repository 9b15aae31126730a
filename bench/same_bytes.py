"""Whether two checkouts of this project make the same reports, byte for byte.

    python bench/same_bytes.py BEFORE AFTER [--mirror ../shared/mirror] [--keep FOLDER]

For a change that is to change nothing that a reader sees. Each checkout prepares the embedded data
pack and, where the publishers' national files are at hand, those; then it renders the committed
examples' areas and some awkward ones. Tables and reports are compared file by file. Both state the
same version of their code, so that nothing has to be left aside but this: what a manifest says of
the code that made the tables, and the cells of executed notebooks, whose imports may differ (their
outputs may not).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

YEAR, DATE = "2022", "2026-11-29"

#: Rendered from the embedded data pack alone.
EXAMPLE = "Worcestershire"

#: Rendered from the national files.
NATIONAL = (
    "Leicester, Leicestershire and Rutland",
    "Isles of Scilly",
    "City of London",
    "Cumberland",
    "Kent",
    "Worcestershire",
)

#: A run that states a version of its code that is the same for all.
RUN = """
import sys
from needs.report import manifest
manifest.code_version = lambda *_, **__: "0" * 64
from needs.cli import main
sys.exit(main(sys.argv[1:]))
"""


def needs(checkout: Path, *arguments: str) -> None:
    """Run a command with a checkout's own package, chapters and catalogue."""
    settings = {name: text for name, text in os.environ.items() if not name.startswith("NEEDS_")}
    settings["PYTHONPATH"] = str(checkout / "src")
    command = [sys.executable, "-c", RUN, *arguments]
    done = subprocess.run(command, cwd=checkout, env=settings, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{checkout.name}: needs {' '.join(arguments)}\n{done.stdout}{done.stderr}")


def make(checkout: Path, out: Path, mirror: Path | None, areas: tuple[str, ...]) -> None:
    """Prepare the tables and render the reports of one checkout."""
    pack = out / "raw" / "example"
    shutil.copytree(checkout / "data" / "raw" / "worcestershire", pack / "worcestershire")
    jobs = [(pack, out / "example", EXAMPLE)]
    jobs += [(mirror, out / "national", area) for area in areas] if mirror else []
    for raw, place, area in jobs:
        given = ["--raw", str(raw), "--processed", str(place / "processed"), "--quiet"]
        if not (place / "processed").is_dir():
            needs(checkout, "prepare", *given)
        asked = ["--area", area, "--year", YEAR, "--date", DATE]
        needs(checkout, "run", *asked, *given, "--out", str(place / "reports"))
        print(f"{checkout.name}: {area}", file=sys.stderr)


def content(path: Path) -> Any:
    """What a file is compared by: its bytes, but for what the code that made it may change."""
    if path.suffix == ".ipynb":
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            # what a chapter imports is where things stand, not what it shows
            lines = "".join(cell["source"]).splitlines()
            cell["source"] = [one for one in lines if not re.match(r"from needs[. ]", one)]
        return notebook
    if path.name == "manifest.json":
        told = json.loads(path.read_text(encoding="utf-8"))
        told.pop("code", None)
        outputs = told.get("outputs", {})
        told["outputs"] = {k: v for k, v in outputs.items() if not k.startswith("notebooks/")}
        return told
    return path.read_bytes()


def files(folder: Path) -> dict[str, Path]:
    """The files that a checkout made, by path; not the raw files that it was given."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "raw"
    }


def differences(before: Path, after: Path) -> tuple[int, list[str]]:
    """How many files there are, and those that differ or that only one checkout made."""
    old, new = files(before), files(after)
    told = [f"{name}: only before" for name in old.keys() - new.keys()]
    told += [f"{name}: only after" for name in new.keys() - old.keys()]
    told += [name for name in old.keys() & new.keys() if content(old[name]) != content(new[name])]
    return len(old.keys() | new.keys()), sorted(told)


def main() -> int:
    """Make everything twice and compare; 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--mirror", type=Path, default=Path("../shared/mirror"))
    parser.add_argument("--area", action="append", help="instead of the awkward ones")
    parser.add_argument("--keep", type=Path, help="folder for what is made; must not exist")
    options = parser.parse_args()
    mirror = options.mirror.resolve() if options.mirror.is_dir() else None
    if mirror is None:
        print(f"No national files in {options.mirror}: the example alone.", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="needs-same-bytes-") as name:
        out = options.keep.resolve() if options.keep else Path(name)
        for side, checkout in (("before", options.before), ("after", options.after)):
            areas = tuple(options.area or NATIONAL)
            make(checkout.resolve(), out / side, mirror, areas)
        number, told = differences(out / "before", out / "after")
    print(*told, sep="\n", end="\n" if told else "")
    print(f"{number} files, {len(told)} differ")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
