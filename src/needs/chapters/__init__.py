"""The author's API: what the cells of a notebook call.

`needs.open` gives an `Analysis`; the views here draw an indicator of it, alone
(``trend(na["drug_misuse_rate"])``) or in a section
(``na["drug_misuse_rate"].section(trend, districts)``). Parts that only one chapter has stand in a
module of their own: `people`, `need`, `inequality`, `resources`, `summary`, `annex`.

Examples
--------
>>> from needs.chapters import trend
>>> trend.__module__
'needs.chapters.over_time'
"""

from __future__ import annotations

import importlib
from typing import Any

#: Where each view stands: imported when it is first used, so that importing this costs nothing.
_VIEWS = {
    "trend": "over_time",
    "sexes": "inside",
    "districts": "inside",
    "map": "inside",
    "neighbours": "statistical_neighbours",
    "authorities": "national",
    "funnel": "national",
    "spread": "national",
    "treated": "need",
    "breakdown": "breakdowns",
    "representation": "breakdowns",
    "workings": "formulae",
    "ages": "inequality",
    "gradient": "inequality",
    "section": "blocks",
}

__all__ = list(_VIEWS)


def __getattr__(name: str) -> Any:
    if name not in _VIEWS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_VIEWS[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_VIEWS])
