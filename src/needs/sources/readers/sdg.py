"""Sustainable Development Goal 3.5.1: adults in alcohol treatment, prevalence and met need.

Measures: ``alcohol_in_treatment`` (people), ``alcohol_prevalence`` (people),
``alcohol_met_need`` (%), each a financial year, persons aged 18+, no limits.

People in treatment are rounded to the nearest 5, but for 2018/19 most authorities stand twice,
exactly and rounded: the exact row is kept. Of those that stand once, a multiple of 5 is exact where
the file's own met need × prevalence gives it; the others exist only rounded, and the source must
declare them (``disclosure: rounded_areas``), so that what is made from them carries the rounding.
Where England stands twice, as in 2015/16, one row is the publisher's own figure and the other the
sum of its authorities, or the met need formed from it: the publisher's own is kept, whichever
stands first. Rows with no area are England's, by deprivation decile of the authority where they
name one. Codes of counties are not in the file; `needs.tables.prepare` fills them from the names.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Disclosure, Edition, Source
from needs.sources.area_codes import ENGLAND
from needs.sources.readers import file_faults, tabular

SERIES = {
    "Alcohol - People in treatment": "alcohol_in_treatment",
    "Alcohol - Estimated prevalence": "alcohol_prevalence",
    "Alcohol - Met need": "alcohol_met_need",
}

_NAMELESS = "Write the area's name, or download the file again: needs fetch."

#: How far a whole number of people may stand from met need × prevalence, both as printed.
ROUNDED_SHARE = 0.1

_KEY = ["measure", "area_code", "area_name", "period", "category"]

#: How far a share may stand from the one of people in treatment and prevalence, in percent.
_SAME_SHARE = 1e-6


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read England and its authorities; see the module for which of two rows is kept.

    Raises
    ------
    MissingDataError, InvalidDataError
        Also when two rows of an area remain that disagree, and when a count of a period that
        the source declares exact is there only rounded, and is not declared so.
    """
    table, faults = tabular.read_headed(path, "sdg_3_5_1", edition.edition)
    measure = table["series"].map(SERIES)
    tabular.note_cells(table, "series", measure.isna(), "is not a series that we know", faults)
    table = tabular.with_periods(table, "year", faults, source)
    national = table["area_name"].str.strip() == ""
    decile = table["decile"].str.strip()
    table = table.assign(
        measure=measure,
        area_code=table["area_code"].str.strip().mask(national, ENGLAND),
        area_name=table["area_name"].str.strip().mask(national, "England"),
        category=("Deprivation decile of the authority: " + decile).mask(decile == "", ""),
        value=tabular.numbers(table, "value", faults),
    )
    _note_nameless(table[national & (decile == "")], faults)
    faults.raise_if_any()
    _check_exact(table, source.disclosure, faults)
    table = _publishers_own(_exact(table, source.disclosure.rounding_base))
    wrong = ~table["area_code"].str.fullmatch(r"([A-Z]\d{8})?")
    tabular.note_cells(table, "area_code", wrong, "is not the code of an area", faults)
    people = table["measure"] != "alcohol_met_need"
    return tabular.readings(
        table.drop(columns=["year", "series", "units", "decile"]),
        path.name,
        faults,
        sex="persons",
        age="18+",
        count=table["value"].where(people),
    )


def _note_nameless(england: pd.DataFrame, faults: file_faults.Faults) -> None:
    """Note rows that have no name, as England's, beside one of many more people.

    England stands once, or with the sum of its authorities, which is about the same.
    """
    most = england.groupby(["measure", "period"])["value"].transform("max")
    said = "stands without the name of its area, and is not England's, which stands there as well"
    tabular.note_cells(england, "value", england["value"] < most / 2, said, faults, _NAMELESS)


def _check_exact(table: pd.DataFrame, rule: Disclosure, faults: file_faults.Faults) -> None:
    """Note counts of exact periods that are there only rounded, though nobody declared them so."""
    place = ["area_code", "area_name", "period", "category"]
    exact = table["period"].isin(rule.exact_periods) & (table["area_code"] != ENGLAND)
    wide = table[exact].pivot_table(index=place, columns="measure", values="value")
    if not {"alcohol_met_need", "alcohol_prevalence"} <= set(wide.columns):
        return
    whole = (wide["alcohol_met_need"] * wide["alcohol_prevalence"] / 100).to_dict()
    known = pd.Series(
        [whole.get(key, float("nan")) for key in table[place].itertuples(index=False, name=None)],
        index=table.index,
    )
    alone = ~table.duplicated(_KEY, keep=False)
    rounded = exact & alone & (table["measure"] == "alcohol_in_treatment")
    rounded &= table["value"] % rule.rounding_base == 0
    rounded &= ~((known - table["value"]).abs() < ROUNDED_SHARE)
    undeclared = rounded & ~table["area_name"].isin(list(rule.rounded_areas.values()))
    tabular.note_cells(
        table,
        "value",
        undeclared,
        "is there only rounded: declare its area in rounded_areas of the source",
        faults,
    )


def _exact(table: pd.DataFrame, base: int) -> pd.DataFrame:
    """People in treatment exactly, where they stand rounded to `base` as well.

    Where the two are further apart than rounding takes them both stay, and are a fault.
    """
    treated = table["measure"] == "alcohol_in_treatment"
    exact = treated & (table["value"] % base != 0)
    by = [table[column] for column in _KEY]
    has_exact = exact.groupby(by).transform("any")
    apart = table["value"].groupby(by).transform("max") - table["value"].groupby(by).transform(
        "min"
    )
    return table[exact | ~treated | ~has_exact | (apart > base)]


def _publishers_own(table: pd.DataFrame) -> pd.DataFrame:
    """Of two rows of England, the one that is not made from the sum of its authorities."""
    national = (table["area_code"] == ENGLAND) & (table["category"] == "")
    twice = national & table.duplicated(_KEY, keep=False)
    if not twice.any():
        return table
    sums = table[table["area_code"] != ENGLAND].groupby(["measure", "period"])["value"].sum()
    keys = pd.MultiIndex.from_frame(table[["measure", "period"]])
    summed = twice & (table["value"] == sums.reindex(keys).to_numpy())
    table, twice = table[~summed], twice[~summed]
    own = table[(table["area_code"] == ENGLAND) & (table["category"] == "")]
    own = own.drop_duplicates(_KEY, keep=False)
    people = own.set_index(["measure", "period"])["value"]
    share = 100 * _of(people, "alcohol_in_treatment") / _of(people, "alcohol_prevalence")
    other = (table["value"] - table["period"].map(share)).abs() > _SAME_SHARE
    return table[~(twice & (table["measure"] == "alcohol_met_need") & other)]


def _of(people: pd.Series[float], measure: str) -> pd.Series[float]:
    return people[people.index.get_level_values("measure") == measure].droplevel("measure")
