"""Faults of a data package, told together."""

from __future__ import annotations

from dataclasses import dataclass, field

from needs.errors import Problem

#: Faults of one kind in one column that are named one by one; the rest are counted.
NAMED = 20


@dataclass
class PackageFaults:
    """Faults of a package, at most `NAMED` of a kind named one by one."""

    problems: list[Problem] = field(default_factory=list)
    counts: dict[tuple[str, str, str], int] = field(default_factory=dict)
    #: Lines of a file that have a cell at fault.
    lines: dict[str, set[int]] = field(default_factory=dict)
    #: Files with other rows than were packed.
    changed: dict[str, Problem] = field(default_factory=dict)

    def add(
        self, what: str, where: str, remedy: str, kind: tuple[str, str, str] | None = None
    ) -> None:
        """Note a fault, of a kind of which only the first are named."""
        if kind is not None:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            if self.counts[kind] > NAMED:
                return
        self.problems.append(Problem(what, where, remedy))

    def finish(self) -> tuple[Problem, ...]:
        """All faults, with what of a file without any was changed since it was packed."""
        told = {one.where.partition(",")[0] for one in self.problems}
        self.problems += [one for file, one in self.changed.items() if file not in told]
        for (file, column, fault), number in self.counts.items():
            if number > NAMED:
                more = f"{number - NAMED:,} more rows: {fault}."
                self.problems.append(Problem(more, f"{file}, column {column}"))
        return tuple(self.problems)
