"""People in drug and alcohol treatment, from the ViewIt export of the treatment monitoring system.

Measures: ``adults_in_treatment`` and ``adults_new_to_treatment`` (all substances), and for each
group of substances ``<group>_in_treatment`` and ``<group>_new_to_treatment``, where the group is
``opiate``, ``non_opiate``, ``alcohol_only`` or ``non_opiate_and_alcohol``.
Value = count of adults in a financial year, rounded to 5 below national level.

Three vocabularies of headings and groups are known (catalogue/maps/ndtms.csv and
ndtms_groups.csv); "Total" becomes "TOTAL" in 2021/22. Areas have names only; `needs.tables.prepare`
fills their codes.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source, in_use
from needs.sources.readers import file_faults, tabular

_COUNTS = {"in_treatment": "in_treatment", "new_presentations": "new_to_treatment"}


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read numbers in treatment and new to treatment by substance group, sex and age.

    Returns
    -------
    DataFrame
        Readings; ages are "18+", "18-29", "30-49" and "50+".

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    table, faults = tabular.read_headed(path, "ndtms", edition.edition)
    for column in ("substance", "sex", "age"):
        table[column] = _grouped(table, column, faults)
    counts = [column for column in _COUNTS if column in table.columns]
    for column in counts:
        table[column] = tabular.numbers(table, column, faults, missing=("", "NULL"), whole=True)
    table = tabular.with_periods(table, "period_text", faults, source)
    faults.raise_if_any()
    kept = ["line", "period", "period_start", "period_end", "area_name", "substance", "sex", "age"]
    long = table.melt(kept, counts, var_name="counted", value_name="value")
    return tabular.readings(
        long.assign(measure=long["substance"] + "_" + long["counted"].map(_COUNTS)).drop(
            columns=["substance", "counted"]
        ),
        path.name,
        faults,
        area_code="",
        count=long["value"],
    )


def _groups() -> pd.DataFrame:
    path = in_use("maps/ndtms_groups.csv")
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


def _grouped(table: pd.DataFrame, column: str, faults: file_faults.Faults) -> pd.Series[str]:
    groups = _groups()
    groups = groups[groups["column"] == column]
    ours = table[column].str.strip().str.casefold().map(groups.set_index("text")["ours"])
    tabular.note_cells(
        table, column, ours.isna(), "is not in catalogue/maps/ndtms_groups.csv", faults
    )
    return ours
