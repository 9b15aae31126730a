"""Fingertips figures that a third party repackaged in 8 columns, without limits or counts.

Measure: the indicator's number as text, ``"91382"`` or ``"91414"``, from the edition's options.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.readers import fingertips, tabular
from needs.sources.readers.file_faults import Faults

#: Share of pairs, of an area called worse and one called better, whose values stand the same way.
AGREE = 0.95


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read values of England and its districts; combined authorities are left out.

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    table, faults = tabular.read_headed(path, "fingertips_repackaged", edition.edition)
    tabular.codes(table, "area_code", r"E\d{8}", faults)
    table = table[table["area_code"].str.fullmatch(fingertips.AREAS)]
    table = table.assign(value=tabular.numbers(table, "value", faults, missing=("", "NA")))
    table = tabular.with_periods(table, "period_text", faults, source)
    if "verdict" in table:
        _note_contradictions(table, faults)
        table = table.assign(verdict=fingertips.verdicts(table["verdict"]))
    table = table.assign(
        sex=fingertips.our_sexes(table, faults),
        age="all ages",
        measure=str(tabular.option(source, edition, "indicator_id")),
    )
    return tabular.readings(table.drop(columns="period_text"), path.name, faults)


def _note_contradictions(table: pd.DataFrame, faults: Faults) -> None:
    """Note periods in which the values do not fit the publisher's verdicts beside them.

    Areas that are worse than England stand all on one side of those that are better.
    """
    for period, own in table[table["value"].notna()].groupby("period", sort=False):
        worse, better = (
            own.loc[own["verdict"] == said, "value"].to_numpy() for said in ("Worse", "Better")
        )
        if not (len(worse) and len(better)):
            continue
        above = float((worse[:, None] > better).mean())
        if 1 - AGREE < above < AGREE:
            faults.add(
                f"The values of {period} do not fit the verdicts beside them: of areas called "
                f"worse than England, {above:.0%} stand above those called better.",
                "column value",
                "A column was sorted or moved by itself: download the file again.",
            )
