"""The newest period in which parts of an area, or of its people, have figures.

It draws nothing, so that what only lists figures need not wait for charts.
"""

from __future__ import annotations

from collections.abc import Sequence

from needs.figures.assessment import Assessment


def newest_period(na: Assessment, key: str, categories: Sequence[str]) -> str:
    """The newest period in which the area has a share of any category; empty where none has."""
    shown = [
        row
        for category in categories
        for row in na.records(key, na.area.code, category=category)
        if row["status"] == "shown"
    ]
    return max(shown, key=lambda row: row["period_end"])["period"] if shown else ""


def district_period(na: Assessment, key: str) -> str:
    """The period to show districts in: the area's newest, if half of them have a value in it."""
    shown = na.areas_shown(key, [one.code for one in na.districts])
    enough = [one for one, areas in shown.items() if areas >= max(2, len(na.districts) / 2)]
    newest = na.latest_period(key)
    if newest:
        return newest if newest in enough else ""
    return enough[-1] if enough else ""
