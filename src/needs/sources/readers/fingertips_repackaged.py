"""Fingertips figures that a third party repackaged in 8 columns, without limits or counts.

Measure: the indicator's number as text, ``"91382"`` or ``"91414"``, from the edition's options.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.readers import fingertips, tabular


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
    table = table.assign(
        sex=fingertips.sexes(table, faults),
        age="all ages",
        measure=str(tabular.option(source, edition, "indicator_id")),
    )
    return tabular.readings(table.drop(columns="period_text"), path.name, faults)
