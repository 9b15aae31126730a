"""Why a value is, or is not, shown, and the symbols that say so."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Why a value is, or is not, shown. Zero is a shown value; a suppressed value is never zero."""

    SHOWN = "shown"
    SUPPRESSED = "suppressed"
    UNRELIABLE = "unreliable"
    UNAVAILABLE = "unavailable"
    NOT_APPLICABLE = "not applicable"
    ROUNDS_TO_ZERO = "rounds to zero"


#: Government Statistical Service shorthand. Kept in one place, easy to change.
SYMBOLS: dict[str, str] = {
    "c": "confidential",
    "x": "not available",
    "z": "not applicable",
    "u": "low reliability: few events; alone, too few for a rate",
    "k": "rounds to zero, but is not zero",
    "e": "estimated",
    "p": "provisional",
    "r": "revised by the publisher, or corrected: the annex says which",
    "b": "break in series",
    "t": "not tested: the source gives neither an interval nor the numbers that one needs",
}

#: The symbol printed in place of a value that is withheld.
STATUS_SYMBOL: dict[Status, str] = {
    Status.SUPPRESSED: "c",
    Status.UNRELIABLE: "u",
    Status.UNAVAILABLE: "x",
    Status.NOT_APPLICABLE: "z",
    Status.ROUNDS_TO_ZERO: "k",
}
