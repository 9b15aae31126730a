"""What names a figure, and whether source rows name a file."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable


def figure_id(*parts: str) -> str:
    """Make an id that is safe as an anchor, a file name and a spreadsheet cell.

    Examples
    --------
    >>> figure_id("drug_misuse_rate", "E10000034", "2018 to 2020", "persons", "all ages")
    'drug_misuse_rate.E10000034.2018-20.persons.all-ages'
    """
    return ".".join(slug for slug in map(_slug, map(str, parts)) if slug)


@functools.lru_cache(maxsize=10_000)  # thousands of ids have few different parts
def _slug(part: str) -> str:
    text = re.sub(r"^(\d{4}) to \d\d(\d\d)$", r"\1-\2", part.strip())
    return re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-")


#: What can stand in a file's name beside other letters of it.
_IN_A_NAME = re.compile(r"[\w.-]")


def files_named(rows: Iterable[str], paths: Iterable[str]) -> set[str]:
    """The files that source rows name, of those at some paths.

    Examples
    --------
    >>> paths = ["nhs_admissions/misuse.csv", "nhs_admissions/100k.csv"]
    >>> files_named(["misuse.csv, line 9", "of misuse_100k.csv, line 9"], paths)
    {'nhs_admissions/misuse.csv'}
    >>> files_named(["line 9 of misuse 2.csv", "the list 100k.csv"], paths)
    {'nhs_admissions/100k.csv'}
    """
    # rows of a file differ in the number at their end; a file's name ends in a suffix
    text = "\n".join(dict.fromkeys(map(_without_number, rows)))
    return {path for path in paths if names_file([text], path)}


def _without_number(row: str) -> str:
    begins, _, last = row.rpartition(" ")
    return begins if last.isdigit() else row


def names_file(rows: Iterable[str], path: str) -> bool:
    """Whether source rows name a file, by the last part of its path.

    Examples
    --------
    >>> names_file(["misuse.csv, line 9"], "nhs_admissions/misuse.csv")
    True
    >>> names_file(["of misuse_100k.csv, line 9"], "nhs_admissions/100k.csv")
    False
    """
    text, name = "\n".join(rows), path.rsplit("/", 1)[-1]
    at = text.find(name)  # much faster than an expression, in the rows of all authorities
    while at >= 0:
        around = text[max(0, at - 1) : at], text[at + len(name) : at + len(name) + 1]
        if not any(map(_IN_A_NAME.fullmatch, around)):
            return True
        at = text.find(name, at + 1)
    return False
