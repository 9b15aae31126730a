"""Make the figures of many areas and years, without rendering a report.

The only file of this folder that imports needs: what is checked comes from here, and what it is
checked against comes from the modules beside it, which do not.

    python tests/independent/make_figures.py --processed FOLDER --out FOLDER \
        "Cornwall=2022" "Leicester+Leicestershire+Rutland=2021"
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from needs import assessment
from needs.errors import NeedsError
from needs.report import register
from needs.report import run as runs
from needs.report.parameters import RunParameters

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def file_name(ask: str) -> str:
    """The name of an ask's file: ``Cornwall=2022`` gives ``Cornwall=2022.csv``."""
    return ask.replace("/", "-") + ".csv"


def make_figures(asks: Iterable[str], processed: Path, out: Path) -> dict[str, str]:
    """Write one figures.csv for each ask: area names joined with ``+``, ``=``, the year.

    Returns
    -------
    dict of str to str
        What was refused, by ask.
    """
    out.mkdir(parents=True, exist_ok=True)
    start = runs.open_ground(processed, NOTEBOOKS)
    refused = {}
    for ask in asks:
        names, year = ask.rsplit("=", 1)
        try:
            content = _figures(tuple(names.split("+")), int(year), start)
        except NeedsError as error:
            refused[ask] = str(error)
        else:
            (out / file_name(ask)).write_bytes(content)
    return refused


def _figures(names: tuple[str, ...], year: int, start: runs.Ground) -> bytes:
    """The register of one report: its chapters are run, and nothing is drawn."""
    given = RunParameters(areas=names, year=year, formats=("xlsx",))
    areas, name = assessment.choose(given.areas, given.year, start.areas, given.name)
    codes = tuple(area.code for area in areas)
    opened = assessment.load(codes, year, name, processed=start.processed)
    values = {"areas": list(codes), "year": year, "name": name}
    with tempfile.TemporaryDirectory() as folder, runs._processed_data(start.processed):
        done = [
            runs.execute(path, values, Path(folder), area=opened.name) for path in start.chapters
        ]
        document = runs.read(done, given, opened=opened, code=start.code, inputs=start.inputs)
    assessment.forget()
    return register.figures_csv(document)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processed", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("asks", nargs="+")
    given = parser.parse_args()
    for ask, why in make_figures(given.asks, given.processed, given.out).items():
        print(f"{ask}: refused: {why}", file=sys.stderr)


if __name__ == "__main__":
    main()
