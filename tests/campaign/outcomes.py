"""What became of changed files: outcomes, and whether two tables hold the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: What may become of a changed file. The last five are faults of the program.
OUTCOMES = ("told", "same figures", "refused", "other figures", "rows lost", "unforeseen",
            "file not named")  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What became of one changed file."""

    reader: str
    file: str
    kind: str
    harmless: bool
    state: str
    said: str

    @property
    def good(self) -> bool:
        """Harmless changes have to be taken; of harmful ones the file has to be told."""
        return self.state == "same figures" or (self.state == "told" and not self.harmless)


def compared(before: pd.DataFrame, after: pd.DataFrame, *, cited: bool = False) -> tuple[str, str]:
    """Whether the same figures are there, in whatever order; and `cited`, from the same rows."""
    passed_over = ("geometry", "note", *(() if cited else ("source_row",)))
    ours = [name for name in before.columns if name not in passed_over]
    if sorted(ours) != sorted(name for name in after.columns if name not in passed_over):
        return "other figures", "other columns"
    one, two = (_ordered(table, ours) for table in (before, after))
    if len(two) < len(one):
        return "rows lost", f"{len(one) - len(two)} of {len(one)} rows"
    if len(two) > len(one):
        return "other figures", f"{len(two) - len(one)} more rows"
    for name in ours:
        a, b = one[name], two[name]
        if a.dtype.kind == "f":
            same = np.isclose(a.to_numpy(), b.to_numpy().astype(float), rtol=1e-12, equal_nan=True)
        else:
            # a name is replaced by the official one, whatever its case
            same = _text(a, name) == _text(b, name)
        if not same.all():
            at = int(np.flatnonzero(~same)[0])
            return "other figures", f"{(~same).sum()} of {name}, {a.iloc[at]} is {b.iloc[at]}"
    if "geometry" in before.columns:
        shapes = [table.set_index("code").geometry.sort_index() for table in (before, after)]
        if not shapes[0].geom_equals_exact(shapes[1], 1e-9).all():
            return "other figures", "shapes"
    return "same figures", ""


def _text(column: pd.Series[Any], name: str) -> NDArray[np.object_]:
    text = column.astype(object).map(str)
    return np.array(text.str.casefold() if name == "area_name" else text, dtype=object)


def _ordered(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    keys = [name for name in columns if table[name].dtype.kind not in "f"]
    return pd.DataFrame(table[columns]).sort_values(
        [*keys, *columns], kind="stable", ignore_index=True
    )
