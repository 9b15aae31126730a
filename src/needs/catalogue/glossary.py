"""The glossary: abbreviations and terms, from ``catalogue/abbreviations.yaml``."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from pathlib import Path

from needs import catalogue


@dataclass(frozen=True)
class Term:
    """An abbreviation or a technical term: what it stands for, and what that means."""

    short: str
    expansion: str
    explanation: str


def glossary() -> tuple[Term, ...]:
    """Abbreviations and terms of the report, in alphabetical order.

    Examples
    --------
    >>> {term.short: term.expansion for term in glossary()}["LSOA"]
    'lower layer super output area'
    """
    return _glossary(catalogue.in_use("abbreviations.yaml"))


@functools.cache
def _glossary(file: catalogue.InUse) -> tuple[Term, ...]:
    entries = file.data()
    terms = [Term(short, one["expansion"], one["explanation"]) for short, one in entries.items()]
    return tuple(sorted(terms, key=lambda term: (term.short.lower(), term.short)))


def as_markdown(terms: tuple[Term, ...]) -> str:
    """The glossary as ``docs/glossary.md`` holds it."""
    lines = [
        "# Glossary",
        "",
        "Printed from `src/needs/catalogue/abbreviations.yaml`, like the report's annex. To change",
        "it, change that file and run `python -m needs.catalogue.glossary docs/glossary.md`.",
        "",
        "| Term | Stands for | In plain words |",
        "|---|---|---|",
        *(f"| {term.short} | {term.expansion} | {term.explanation} |" for term in terms),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(as_markdown(glossary()), encoding="utf-8", newline="\n")
