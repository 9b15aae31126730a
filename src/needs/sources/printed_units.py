"""Units as documents print them: whether two can be compared, and by how much they differ."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: What is counted, by the words that documents use for it; other words count something unknown.
_COUNTED = {
    "people": r"people|persons?|adults?|residents?|children|clients?|patients?|individuals?|deaths?"
    r"|users?|drinkers?|parents?|women|men",
    "events": r"admissions?|episodes?",
    "areas": r"lsoas?|neighbourhoods?|areas?",
}

_HOW_MANY = {"thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "billion": 1e9, "bn": 1e9}


@dataclass(frozen=True)
class PrintedUnit:
    """A unit of a printed figure.

    Attributes
    ----------
    kind : str
        "share" (of a whole, "%", or a rate), "points", "money", or what is counted: "people",
        "events", "areas", and "things" where the word is not known.
    size : float
        What one of it is worth: 0.01 for "%", 0.00001 for "per 100,000", 1,000 for "thousand".
    """

    kind: str
    size: float

    def comparable(self, other: PrintedUnit) -> bool:
        """Whether figures in the two units can be of one thing."""
        counts = {"things", *_COUNTED}
        unknown = "things" in (self.kind, other.kind) and {self.kind, other.kind} <= counts
        return self.kind == other.kind or unknown


def read_unit(text: str) -> PrintedUnit | None:
    """Read a unit as documents and the catalogue write it; None for an empty text.

    Examples
    --------
    >>> read_unit("per 1,000").size / read_unit("per 100000").size
    100.0
    >>> read_unit("%").comparable(read_unit("per million")), read_unit("%").comparable(
    ...     read_unit("LSOAs")
    ... )
    (True, False)
    >>> read_unit("£ million"), read_unit("deaths").comparable(read_unit("people"))
    (PrintedUnit(kind='money', size=1000000.0), True)
    """
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text.strip().lower())
    if not plain:
        return None
    if re.match(r"(%|per ?cent(age)?|percentage)[ -]points?", plain) or plain == "pp":
        return PrintedUnit("points", 0.01)
    if re.match(r"%|per ?cent\b|percentage\b", plain):
        return PrintedUnit("share", 0.01)
    if rate := re.search(r"\bper (?=\d|thousand|million)(\d*) ?(thousand|million)?\b", plain):
        per = float(rate[1] or 1) * _HOW_MANY.get(rate[2] or "", 1)
        return PrintedUnit("share", 1 / per)
    many = re.search(r"\b(thousand|million|billion|bn|k|m)\b", plain)
    size = _HOW_MANY[many[1]] if many else 1.0
    if re.search(r"£|\bgbp\b|\bpounds?\b", plain):
        return PrintedUnit("money", size)
    for kind, words in _COUNTED.items():
        if re.search(rf"\b({words})\b", plain):
            return PrintedUnit(kind, size)
    return PrintedUnit("things", size)
