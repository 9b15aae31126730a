"""Work out a report's figures again from the publishers' files, and list what differs.

    python tests/independent/recompute.py --figures FIGURES.csv ... --raw FOLDER \
        [--sample 300] [--seed 1]

Nothing here imports needs or reads its catalogue: the formulas, the readers and the table of codes
are written again. A figure is compared field by field: value, limits, numerator and denominator,
also where the report prints none and the files give one. Rounding is 1e-9 of the number.

Exit codes: 0 all agree, 1 some differ.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from expected import KINDS, Ask, Fields, Row, expect, kind
from publishers import Files, number

#: Sources that are documents of councils: their figures are typed, not computed.
DOCUMENTS = ("_strategy", "_hwb_", "_ospb_")

#: Ends of the names of figures that stand twice, with the limits of each assumption.
DEPENDENCE = (".dependent", ".independent")

FIELDS = ("value", "lower", "upper", "numerator", "denominator")


@dataclass(frozen=True)
class Difference:
    """One field of one figure that the raw files give otherwise."""

    report: str
    row: Row
    field: str
    printed: object
    right: object

    def __str__(self) -> str:
        return (
            f"{self.report}: {self.row['id']} ({self.row['period']}, {self.row['status']}): "
            f"{self.field} {self.printed}, the files give {self.right} "
            f"[{self.row['source_rows'][:160]}]"
        )


@dataclass(frozen=True)
class Outcome:
    """What became of one figure: agreed, differed or not covered."""

    report: str
    row: Row
    state: str
    differences: tuple[Difference, ...] = ()


def same(one: float | None, other: float | None, within: float = 0.0) -> bool:
    """Whether two numbers are the same beyond rounding; None is only None."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= max(within, 1e-9 * max(1.0, abs(one), abs(other)))


def check(row: Row, files: Files, focus: str, report: str = "") -> Outcome:
    """Compare one figure with what the files give."""
    if any(one in row["sources"] for one in DOCUMENTS) or row["id"].startswith("claim."):
        return Outcome(report, row, "not covered")
    right = expect(Ask(row, files, focus))
    if right is None:
        return Outcome(report, row, "not covered")
    found = tuple(
        Difference(report, row, name, printed, wanted)
        for name, printed, wanted in _unlike(row, right)
    )
    return Outcome(report, row, "differed" if found else "agreed", found)


def _unlike(row: Row, right: Fields) -> Iterable[tuple[str, object, object]]:
    printed = {name: number(row[name]) for name in FIELDS}
    if right["value"] is None or row["status"] != "shown":
        # nothing to print, or nothing printed: both must hold; a count that stands must be right
        wanted = {name: right[name] for name in ("value", "numerator") if name in right}
        if printed["numerator"] is None:
            wanted.pop("numerator", None)
    else:
        wanted = {name: right[name] for name in FIELDS if name in right}
    for name, value in wanted.items():
        if not same(printed[name], value, right.get("within", 0.0)):
            yield name, printed[name], value
    if right["value"] is None or row["status"] != "shown":
        return
    limits = right.get("limits", ())
    if len(limits) == 2 and row["id"].endswith(DEPENDENCE):
        limits = [limits[row["id"].endswith(DEPENDENCE[1])]]
    if limits and not any(
        same(printed["lower"], low) and same(printed["upper"], high) for low, high in limits
    ):
        yield "limits", (printed["lower"], printed["upper"]), limits
    if "unsure" in right and ("u" in row["marks"]) != right["unsure"]:
        yield "marks", row["marks"], "u" if right["unsure"] else ""


def read_figures(path: Path) -> list[Row]:
    """Rows of a figures.csv."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def focus_of(rows: Sequence[Row]) -> str:
    """The area that a report is about: that of its first figure of residents."""
    for key in ("population", "lsoas_most_deprived_10", "drug_misuse_deaths"):
        for row in rows:
            if row["indicator"] == key and row["area_code"]:
                return row["area_code"]
    return ""


def recompute(
    paths: Sequence[Path], files: Files, sample: int | None = None, seed: int = 1
) -> list[Outcome]:
    """Check the figures of reports, or a seeded sample of those that this tool knows."""
    asked = []
    for path in paths:
        rows = read_figures(path)
        focus = focus_of(rows)
        report = path.stem if path.stem != "figures" else "/".join(path.parts[-3:-1])
        asked += [(row, focus, report) for row in rows]
    if sample is not None:
        asked = spread(asked, sample, seed)
    return [check(row, files, focus, report) for row, focus, report in asked]


def spread(asked: list[tuple[Row, str, str]], sample: int, seed: int) -> list[tuple[Row, str, str]]:
    """A seeded sample that takes kinds and reports in turn, so that no long table fills it."""
    chance = random.Random(seed)
    piles: dict[tuple[str, str], list[tuple[Row, str, str]]] = {}
    for one in asked:
        row = one[0]
        known = expect_known(row)
        if known:
            piles.setdefault((kind(row), one[2]), []).append(one)
    for pile in piles.values():
        chance.shuffle(pile)
    order = list(piles.values())
    out: list[tuple[Row, str, str]] = []
    while len(out) < sample and any(order):
        chance.shuffle(order)
        out += [pile.pop() for pile in order if pile]
    return out[:sample]


def expect_known(row: Row) -> bool:
    """Whether this tool knows the kind of a figure."""
    if any(one in row["sources"] for one in DOCUMENTS) or row["id"].startswith("claim."):
        return False
    return row["indicator"] in KINDS or kind(row) != row["indicator"]


#: Series that a report gives of its own area, by the first year of the first and last period that
#: the files hold, and how a period is written that begins in a year.
SERIES: tuple[tuple[tuple[str, ...], str, int, int, Callable[[int], str]], ...] = (
    (("population",), "all ages", 2011, 2023, lambda year: f"mid-{year}"),
    (("drug_misuse_yearly_rate", "drug_poisoning_yearly_rate"), "all ages", 2011, 2021, str),
    (("drug_misuse_rate", "drug_poisoning_rate"), "all ages", 2001, 2019,
     lambda year: f"{year} to {year + 2}"),
    (("alcohol_specific_mortality",), "all ages", 2006, 2016,
     lambda year: f"{year} to {year + 2}"),
    (("alcohol_prevalence", "alcohol_in_treatment", "alcohol_unmet_need"), "18+", 2010, 2018,
     lambda year: f"{year}/{(year + 1) % 100:02d}"),
    (("drug_disorder_admissions_rate", "drug_misuse_poisoning_admissions_rate"), "all ages", 2011,
     2018, lambda year: f"{year}/{(year + 1) % 100:02d}"),
)  # fmt: skip

#: Figures of which a report gives the newest of its own area.
NEWEST = (
    ("drug_misuse_deaths", 2021, str),
    ("drug_poisoning_deaths", 2021, str),
    ("drug_misuse_crude_rate", 2019, lambda year: f"{year} to {year + 2}"),
)


def _last_year(period: str) -> int:
    found = [int(one) for one in re.findall(r"\d{4}", period)]
    return found[-1] + ("/" in period)


def absent(rows: Sequence[Row], code: str, year: int, files: Files) -> list[str]:
    """Figures of a report's own area that the files give and the report does not."""
    asked = [
        (indicator, age, write(first))
        for indicators, age, start, end, write in SERIES
        for indicator in indicators
        for first in range(start, end + 1)
        if _last_year(write(first)) <= year
    ]
    for indicator, end, write in NEWEST:
        newest = next(
            (write(one) for one in range(end, 2000, -1) if _last_year(write(one)) <= year), None
        )
        if newest:
            asked.append((indicator, "all ages", newest))
    ages = max((one for one in (2019, 2020, 2022, 2023) if one <= year), default=year)
    asked += [(f"share_aged_{one}", "", f"mid-{ages}") for one in ("under_20", "65_and_over")]
    shown = {
        (row["indicator"], row["period"])
        for row in rows
        if row["area_code"] == code and row["sex"] == "persons" and row["status"] != "unavailable"
    }
    out = []
    for indicator, age, period in asked:
        made = {"id": f"{indicator}.{code}", "indicator": indicator, "area_code": code,
                "period": period, "sex": "persons", "age": age, "note": ""}  # fmt: skip
        right = expect(Ask(made, files, code))
        if right and right["value"] is not None and (indicator, period) not in shown:
            out.append(f"{indicator} of {code}, {period}: not in the report; {right['value']}")
    return out


#: Figures that a report compares over all authorities.
COMPARED = (
    "drug_misuse_rate",
    "drug_misuse_crude_rate",
    "alcohol_unmet_need",
    "alcohol_specific_mortality",
    "drug_disorder_admissions_rate",
    "drug_misuse_poisoning_admissions_rate",
)


def uncovered(rows: Sequence[Row], files: Files) -> list[str]:
    """Authorities that the files have and a comparison over all of them lacks, by their land."""
    shown: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        plain = row["sex"] == "persons" and not row["note"] and row["status"] != "unavailable"
        if row["indicator"] in COMPARED and plain and row["area_code"][:3] not in ("E12", "E92"):
            shown.setdefault((row["indicator"], row["period"]), set()).add(row["area_code"])
    out = []
    for (indicator, period), codes in shown.items():
        if len(codes) < 80:  # a table of the area and some others
            continue
        land = frozenset().union(*(files.lands.land(one) or frozenset() for one in codes))
        by_size = sorted(files.lands.upper_tiers, key=lambda one: len(files.lands.of[one]))
        for code in by_size:  # a county after the two that followed it
            if files.lands.of[code] <= land:
                continue
            made = {"id": indicator, "indicator": indicator, "area_code": code, "period": period,
                    "sex": "persons", "age": "all ages", "note": ""}  # fmt: skip
            right = expect(Ask(made, files, code))
            if right and right["value"] is not None:
                out.append(f"{indicator} of {code}, {period}: not compared; {right['value']}")
                land |= files.lands.of[code]
    return out


def table(outcomes: Iterable[Outcome]) -> str:
    """Counts by kind, as lines of text."""
    counts: dict[str, Counter[str]] = {}
    for one in outcomes:
        counts.setdefault(kind(one.row), Counter())[one.state] += 1
    states = ("agreed", "differed", "not covered")
    width = max(len(name) for name in [*counts, "kind"])
    lines = [f"{'kind':{width}}  checked " + " ".join(f"{one:>11}" for one in states)]
    total: Counter[str] = Counter()
    for name, many in sorted(counts.items()):
        total += many
        lines.append(_line(name, many, width, states))
    return "\n".join([*lines, _line("all", total, width, states)])


def _line(name: str, many: Counter[str], width: int, states: Sequence[str]) -> str:
    checked = many["agreed"] + many["differed"]
    return f"{name:{width}}  {checked:7} " + " ".join(f"{many[one]:11}" for one in states)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figures", type=Path, nargs="+", required=True)
    parser.add_argument("--raw", type=Path, required=True)
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    outcomes = recompute(given.figures, Files(given.raw), given.sample, given.seed)
    print(table(outcomes))
    areas = {(one.report, one.row["area_code"]) for one in outcomes if one.state != "not covered"}
    print(f"\n{len({code for _, code in areas})} areas, {len({r for r, _ in areas})} reports")
    differences = [each for one in outcomes for each in one.differences]
    for each in differences:
        print(each)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
