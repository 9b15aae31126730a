"""What the benches are to reach, and a line for each at their end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """One figure to reach: `measured` is None where it could not be measured, and `note` says why.

    Examples
    --------
    >>> Target("a report against the plain way", ">=", 6, 7.25, "times").line()
    'a report against the plain way                           at least 6 times   7.25 times   met'
    """

    name: str
    sign: str
    limit: float
    measured: float | None
    unit: str
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether it is reached; None where it is not known."""
        if self.measured is None:
            return None
        return self.measured >= self.limit if self.sign == ">=" else self.measured <= self.limit

    def line(self) -> str:
        """Name, target, what was measured, and whether that is met."""
        asked = f"{'at least' if self.sign == '>=' else 'at most'} {self.limit:g} {self.unit}"
        found = "not measured" if self.measured is None else f"{self.measured:.3g} {self.unit}"
        told = {True: "met", False: "NOT MET", None: "unknown"}[self.met]
        return f"{self.name:<56}{asked:>18}{found:>13}   {told}  {self.note}".rstrip()


def tell_targets(targets: list[Target]) -> None:
    """Print a line for each."""
    print("Targets:")
    for one in targets:
        print(f"  {one.line()}", flush=True)
