"""A source's disclosure rule on figures: see `needs.tables.disclosure`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from needs.catalogue import Disclosure
from needs.figures.figure import Figure
from needs.stats.status import Status
from needs.tables.disclosure import apply


def apply_to_figures(
    figures: Sequence[Figure],
    rule: Disclosure,
    *,
    total: Figure | None = None,
    off_because: str = "",
) -> tuple[Figure, ...]:
    """Apply a source's disclosure rule to figures that are the parts of one breakdown.

    The count behind a figure is its numerator, or else its value. A figure whose count is hidden
    comes back suppressed, without value, interval or numerator.

    Parameters
    ----------
    figures : sequence of Figure
        Numbers of people or events, or rates and shares of them; not both of one area.
    rule : needs.catalogue.Disclosure
    total : Figure, optional
        The whole, with its count. Where the parts cannot be protected otherwise it is hidden too.
        Without it their total is taken to be seen elsewhere.
    off_because : str
        As for `apply`.

    Returns
    -------
    tuple of Figure
        In the same order; the total last, where it was given.

    Examples
    --------
    >>> parts = [Figure(n, "deaths", "Deaths", n, n, "2021", v, "deaths", decimals=0)
    ...          for n, v in (("a", 3), ("b", 8), ("c", 12))]
    >>> [one.number for one in apply_to_figures(parts, Disclosure(threshold=5, secondary=True))]
    ['[c]', '[c]', '12']
    """
    every = (*figures, *([total] if total else []))
    frame = pd.DataFrame(
        {
            "count": pd.Series([_count(figure) for figure in every], dtype=float),
            "status": [str(figure.status.value) for figure in every],
            "total": [False] * len(figures) + [True] * (total is not None),
        }
    )
    done = apply(frame, rule, total="total", off_because=off_because)
    statuses, counts = done["status"].tolist(), done["count"].tolist()
    return tuple(
        _with_count(figure, Status(status), count)
        for figure, status, count in zip(every, statuses, counts, strict=True)
    )


def _count(figure: Figure) -> float:
    number = figure.value if figure.numerator is None else figure.numerator
    return np.nan if number is None else number


def _with_count(figure: Figure, status: Status, count: float) -> Figure:
    if status in (Status.SUPPRESSED, Status.ROUNDS_TO_ZERO):
        return figure.with_(status=status, value=None, lower=None, upper=None, numerator=None)
    if figure.numerator is not None:
        value = count if figure.value == figure.numerator else figure.value
        return figure.with_(numerator=count, value=value)
    return figure if figure.value is None else figure.with_(value=count)
