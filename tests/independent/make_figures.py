"""Make the figures of many areas and years, without drawing a report.

The only module of this folder that imports needs: what is checked comes from here, and what it is
checked against comes from the modules beside it, which do not.

    python tests/independent/make_figures.py --processed FOLDER --out FOLDER [--short] \
        "Cornwall=2022" "Leicester+Leicestershire+Rutland=2021"

Whole, the chapters are run and the report's register is written (6 seconds a report); short, the
figures of the area, its region, districts and England are asked for one by one (1 second).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from needs.commands import run as runs
from needs.errors import NeedsError
from needs.figures import assessment, deprivation, population
from needs.figures.figure import Figure
from needs.report import register
from needs.report.parameters import RunParameters

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"

#: Indicators that are asked for one by one, for persons and where the file has them for the sexes.
INDICATORS = (
    "drug_misuse_deaths",
    "drug_poisoning_deaths",
    "drug_misuse_rate",
    "drug_poisoning_rate",
    "drug_misuse_crude_rate",
    "drug_misuse_yearly_rate",
    "drug_poisoning_yearly_rate",
    "alcohol_specific_mortality",
    "alcohol_prevalence",
    "alcohol_in_treatment",
    "alcohol_unmet_need",
    "drug_disorder_admissions",
    "drug_disorder_admissions_rate",
    "drug_misuse_poisoning_admissions",
    "drug_misuse_poisoning_admissions_rate",
)


def make_figures(
    asks: Iterable[str], processed: Path, out: Path, *, short: bool = False
) -> dict[str, str]:
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
        names, _, year = ask.rpartition("=")
        members = tuple(names.split("+"))
        named = " and ".join(members) if len(members) > 1 else ""
        try:
            areas, name = assessment.choose(members, int(year), start.areas, named)
            codes = tuple(area.code for area in areas)
            opened = assessment.load(codes, int(year), name, processed=processed)
            document: Any
            if short:
                document = SimpleNamespace(register=list(_asked(opened)))
            else:
                document = _document(codes, name, opened, start)
        except NeedsError as error:
            refused[ask] = str(error)
        else:
            (out / f"{ask}.csv").write_bytes(register.figures_csv(document))
        assessment.forget()
    return refused


def _document(
    codes: tuple[str, ...], name: str, opened: assessment.Assessment, start: runs.Ground
) -> Any:
    """The document of a report: its chapters are run, and nothing is drawn."""
    values = {"areas": list(codes), "year": opened.year, "name": name}
    given = RunParameters(areas=codes, year=opened.year, name=name, formats=("xlsx",))
    with tempfile.TemporaryDirectory() as folder, runs._processed_data(start.processed):
        done = [
            runs.execute(path, values, Path(folder), area=opened.name) for path in start.chapters
        ]
        return runs.read(done, given, opened=opened, code=start.code, inputs=start.inputs)


def _asked(na: assessment.Assessment) -> Iterator[Figure]:
    """Figures of the area, of its region and districts, and of England."""
    for place in na.places:
        yield from population.series(na, place).figures
        for group in population.AGE_GROUPS:
            yield population.age_share(na, place, group)
        for key in INDICATORS:
            yield from na.series(key, place).figures
            for sex in na.indicator(key).sexes:
                if sex != "persons":
                    yield na.figure(key, place, sex=sex)
    if na.lsoa.empty:
        return
    for decile in (1, 2, 3):
        for place in (None, *na.districts):
            yield deprivation.lsoa_count(na, decile, place)
            yield deprivation.decile_residents(na, decile, place)
            yield deprivation.share(na, decile, place)
    yield from deprivation.share_by_decile(na)
    yield deprivation.share_least(na)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processed", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("asks", nargs="+")
    given = parser.parse_args()
    refused = make_figures(given.asks, given.processed, given.out, short=given.short)
    for ask, why in refused.items():
        print(f"{ask}: refused: {why}", file=sys.stderr)


if __name__ == "__main__":
    main()
