"""Grants: what those of a year come to."""

from __future__ import annotations

from collections.abc import Sequence

from needs.figures.figure import Figure, sources_of
from needs.stats.status import Status
from needs.tables.naming import figure_id


def grants_total(grants: Sequence[Figure]) -> Figure:
    """What the grants of an area and a year come to; nothing where one is not shown."""
    first = grants[0]
    whole = all(one.shown for one in grants)
    return first.with_(
        id=figure_id("grants_total", first.area_code, first.period),
        indicator="grants_total",
        label="Total of the grants listed",
        value=sum(one.value or 0 for one in grants) if whole else None,
        status=Status.SHOWN if whole else Status.UNAVAILABLE,
        marks=tuple(mark for mark in "uepbr" if any(mark in one.marks for one in grants)),
        formula="sum of the grants listed for the year",
        method="Amount",
        sources=sources_of(grants),
        source_rows=tuple(dict.fromkeys(row for one in grants for row in one.source_rows)),
        note="",
    )
