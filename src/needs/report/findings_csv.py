"""``findings.csv``: all that was considered for the findings, with each part of its score."""

from __future__ import annotations

import csv
import io
from typing import Any

from needs.figures import findings
from needs.figures.assessment import Assessment
from needs.report.register import safe_text

#: What each column is, in their order.
COLUMNS: dict[str, str] = {
    "rank": "Place in the list of findings; empty where it is not in it",
    "kind": "worse than England, record high, unmet need size, good news, …",
    "indicator": "Key of the indicator in the catalogue",
    "domain": "What it is about: a second finding of one domain counts less",
    "good": "Whether it is good news",
    "part_code": "Code of the area, or of the district or member that stands out",
    "part": "Its name",
    "sex": "persons, male or female",
    "age": "Age range in years",
    "period": "As printed",
    "value": "In its unit",
    "lower": "Lower 95% limit",
    "upper": "Upper 95% limit",
    "unit": "Of the value and its limits",
    "comparator": "What it is set against",
    "comparator_value": "In the unit of the value; of a growth, the growth in England",
    "ratio": "Value over comparator",
    "ratio_lower": "Lower 95% limit of the ratio",
    "ratio_upper": "Upper 95% limit of the ratio",
    "p": "Chance of a difference as large; empty where it was not tested",
    "q": "The same, allowing for the number of comparisons",
    "people": "People or events a year",
    "events": "Events behind the value",
    "harm": "Class of harm",
    "H": "Points for harm",
    "G": "Points for the gap",
    "E": "Points for evidence",
    "N": "Points for people",
    "T": "Points for time",
    "U": "Points taken off for doubt",
    "S": "Score: H + G + E + N + T − U; of a warning its share of the best score",
    "adjusted": "Score with which it took its place",
    "left_out": "Why it is not said",
    "sure": "How sure it is, in words",
    "statement": "Plain sentences with the numbers",
    "question": "What it asks of the partnership",
    "guidance": "National guidance: title, body, year",
    "figures": "Ids of the figures that it rests on",
}


def findings_csv(na: Assessment) -> bytes:
    """One row for each candidate: the findings in their order, then the others by score.

    Parameters
    ----------
    na : Assessment

    Returns
    -------
    bytes
        UTF-8. An apostrophe stands before a text that a spreadsheet program would take for a
        formula.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    rows: list[Any] = na.once(findings.scored)[list(COLUMNS)].to_dict("records")
    for row in rows:
        writer.writerow([_field(row[column]) for column in COLUMNS])
    return out.getvalue().encode("utf-8")


def _field(entry: Any) -> str:
    if isinstance(entry, tuple):
        entry = "; ".join(str(one) for one in entry)
    if isinstance(entry, str):
        return safe_text("\n".join(entry.splitlines()))
    if isinstance(entry, bool) or str(entry) in ("True", "False"):
        return "yes" if entry else "no"
    # twelve figures: what another machine adds in another order is still the same text
    return "" if entry != entry else f"{float(entry):.12g}"
