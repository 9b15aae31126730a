"""What a chapter reads of an assessment, noted as it reads, so that it is run again only for that.

A part is a table of the assessment, or an indicator's rows of one, or what the findings say of an
indicator. A chapter whose notebook, code, packages, parameters and parts are those of its last run
would show the same again: see `needs.report.kept_chapters`.

Reading is noted in one place for the whole process, since what is worked out once serves all
chapters: what was read for it counts for each chapter that asks for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

#: Table, or "findings"; and the key of an indicator, or `ALL` of it.
Part: TypeAlias = tuple[str, str]

ALL = "*"

#: Begins the part that says which area and year were opened.
OPENED = "opened"

#: What was read, innermost listener last.
_heard: list[set[Part]] = [set()]


def note(part: Part) -> None:
    """Note that a part is read."""
    _heard[-1].add(part)


def note_all(parts: Iterable[Part]) -> None:
    """Note that some parts are read."""
    _heard[-1].update(parts)


@contextlib.contextmanager
def listening() -> Iterator[set[Part]]:
    """Lend a set that holds, at the end, the parts that were read meanwhile.

    Examples
    --------
    >>> with listening() as parts:
    ...     note(("populations", ALL))
    >>> parts
    {('populations', '*')}
    """
    heard: set[Part] = set()
    _heard.append(heard)
    try:
        yield heard
    finally:
        _heard.pop()


@contextlib.contextmanager
def only(*parts: Part) -> Iterator[None]:
    """Note some parts in place of all that is read meanwhile.

    For what is looked up in an index of a whole table, where the answer comes from these alone.

    Examples
    --------
    >>> with listening() as parts, only(("observations", "drug_misuse_rate")):
    ...     note(("observations", ALL))
    >>> parts
    {('observations', 'drug_misuse_rate')}
    """
    with listening():
        yield
    for part in parts:
        note(part)


class NotedTable:
    """A table of an assessment: an attribute that notes who reads it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None:
            return self
        note((self.name, ALL))
        return vars(instance)[self.name]

    def __set__(self, instance: object, value: object) -> None:
        vars(instance)[self.name] = value
