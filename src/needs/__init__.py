"""Drug and alcohol needs assessments for any local authority in England.

The package turns publishers' files into tidy tables (`needs.sources`, `needs.tables`), tidy tables
into figures with intervals (`needs.stats`, `needs.figures`), and figures into an accessible report
(`needs.words`, `needs.charts`, `needs.chapters`, `needs.report`). Each folder imports only from
those before it: see docs/architecture.md.

What an author of notebooks calls stands here: ``needs.open``, and for drawings, tables and
sentences of one's own ``needs.chart``, ``needs.table``, ``needs.say`` and ``needs.section``
(docs/writing-a-chapter.md, docs/library.md). Each is imported when it is first used, so that
``import needs`` costs nothing and ``needs --help`` answers at once.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

#: Where the author's functions stand.
_AUTHORS = {
    "open": "analysis",
    "say": "analysis",
    "chart": "authors_own",
    "table": "authors_own",
    "section": "blocks",
}


def __getattr__(name: str) -> Any:
    if name not in _AUTHORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.chapters.{_AUTHORS[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_AUTHORS])
