"""The tables of cases in this folder as one page: docs/specification.md.

python tests/spec/specification.py docs/specification.md
"""

from __future__ import annotations

import csv
import itertools
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent

OPENING = """\
# Specification

What the program must give, case by case. These tables are the ones that the tests run: a case is
added in a file of `tests/spec/`, and this page is printed from them by
`python tests/spec/specification.py docs/specification.md`.
"""

DISCLOSURE = """\
## Small numbers

The parts of a table and what is shown of them. A count above 0 and below the *threshold* is hidden;
with a *base*, what is shown is rounded to its multiples, halves upwards. With the *secondary* rule
another part is hidden, so that a total that is seen does not give the first away. *Total*: `seen`
elsewhere, itself hidden (`c`), or a number, which stands last in its table. In the cells `c` is
hidden, `k` rounds to zero, and `x` is missing.
"""

PERIODS = """\
## Periods

How a period may be *written*, and how it is read: its *label* in the report, its first and last
day, what *kind* it is, and the years that it covers. The second column is the kind that the source
is declared to have, where its writing alone does not tell.
"""

WORDS = """\
## Sentences, headlines and alternative texts

The figures of the cases:
"""

Row = Sequence[object]


def table(headings: Sequence[str], rows: Iterable[Row]) -> str:
    """A table in Markdown."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines) + "\n"


def cell(value: object) -> str:
    """A value as the text of a cell."""
    return str(value).replace("|", "\\|").replace("\n", " ")


def given(value: object) -> str:
    """What a function is given, as a reader would write it."""
    if isinstance(value, Mapping):
        kept = {key: one for key, one in value.items() if key != "from"}
        parts = [f"{key} {given(one)}" for key, one in kept.items()]
        return ", ".join([str(value["from"]), *parts] if "from" in value else parts)
    if isinstance(value, list):
        return "; ".join(
            f"({given(one)})" if isinstance(one, Mapping) else given(one) for one in value
        )
    return "none" if value is None else str(value)


def of_file(name: str) -> str:
    """A table of cases as its file holds it."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        headings, *rows = csv.reader(file)
    return table([one.capitalize() for one in headings], rows)


def of_words() -> str:
    """The cases of sentences, by the function that says them."""
    spec: dict[str, Any] = yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))
    parts = [table(["Figure", "What it is"], [(k, given(v)) for k, v in spec["figures"].items()])]
    for call, cases in itertools.groupby(
        sorted(spec["cases"], key=lambda case: str(case["call"])), lambda case: case["call"]
    ):
        rows = [
            (
                case["case"],
                "; ".join(
                    f"*{key}* {given(value)}"
                    for key, value in case.items()
                    if key not in ("case", "call", "gives")
                ),
                case["gives"],
            )
            for case in cases
        ]
        parts += [f"### {call}\n", table(["Case", "Given", "It says"], rows)]
    return "\n".join(parts)


def page() -> str:
    """The whole page."""
    hidden, periods = of_file("disclosure.csv"), of_file("periods.csv")
    return "\n".join([OPENING, DISCLOSURE, hidden, PERIODS, periods, WORDS, of_words()])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8", newline="\n")
