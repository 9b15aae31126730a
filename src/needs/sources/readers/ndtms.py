"""People in drug and alcohol treatment, from the ViewIt export of the treatment monitoring system.

Measures that count adults in a financial year, rounded to 5 below national level:

- ``adults_in_treatment`` and ``adults_new_to_treatment`` (all substances), and for each group of
  substances ``<group>_in_treatment`` and ``<group>_new_to_treatment``, where the group is
  ``opiate``, ``non_opiate``, ``alcohol_only`` or ``non_opiate_and_alcohol``;
- of all substances: ``criminal_justice_referrals``, ``parents_living_with_children`` and
  ``children_of_adults_in_treatment``.

Measures that tell how adults of all substances divide, with a category in each row: the topics of
`TOPICS`. Value = share in per cent of the denominator named there, with both counts. A file that
gives no number of a topic ("NULL") has no rows of it.

- ``sex`` and ``age``: of the rows of each sex and age, of all substances; shares of both or all.

``completed_without_return``: adults who completed treatment and did not come back within six
months, in per cent of those in treatment in the publisher's own twelve months, with both counts.

Three vocabularies of headings and groups are known (catalogue/maps/ndtms.csv and
ndtms_groups.csv); "Total" becomes "TOTAL" in 2021/22. A heading of a topic is mapped to
"topic: category". Areas have names only; `needs.tables.prepare` fills their codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source, in_use
from needs.sources.readers import file_faults, tabular

_COUNTS = {"in_treatment": "in_treatment", "new_presentations": "new_to_treatment"}

#: Of whom the shares of a topic are: a count of the file, or those of whom it is known.
KNOWN = "known"
TOPICS = {
    "referral": "new_presentations",
    "waiting": KNOWN,
    "ethnicity": KNOWN,
    "disability": "new_presentations",
    "sexuality": KNOWN,
    "religion": KNOWN,
    "housing": KNOWN,
    "employment": KNOWN,
    "parenthood": KNOWN,
    "substance": "in_treatment",
    "injecting": KNOWN,
    "units": KNOWN,
    "intervention": "with_interventions",
    "setting": "with_interventions",
    "length": KNOWN,
    "exit": KNOWN,
}

#: Topics that stand in rows of their own: the column of groups, and our name of each.
_ROWS = {
    "sex": {"female": "Women", "male": "Men"},
    "age": {"18-29": "Aged 18 to 29", "30-49": "Aged 30 to 49", "50+": "Aged 50 and over"},
}

#: Those who completed and did not come back, and of whom.
_RETURN = ("return: completed_without", "return: in_treatment")

#: Columns that are a measure of their own, as a number of people.
_ALONE = {
    "referral: Criminal justice": "criminal_justice_referrals",
    "parenthood: Parent living with children": "parents_living_with_children",
    "children_of_adults_in_treatment": "children_of_adults_in_treatment",
}

_NO_NUMBER = ("", "NULL")

_SHARE = ["measure", "category", "value", "count", "denominator"]

_PLACE = ["line", "period", "period_start", "period_end", "area_name", "substance", "sex", "age"]


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read numbers in treatment by substance group, sex and age, and what is known of all of them.

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
    columns = [column for column in table.columns if _is_count(column)]
    for column in columns:
        if (table[column].str.strip() == "").all():
            faults.add("Every cell is blank.", f"column {faults.headings.get(column, column)}")
    people = {
        column: tabular.numbers(table, column, faults, missing=_NO_NUMBER, whole=True)
        for column in columns
    }
    table = pd.concat([table.drop(columns=columns), pd.DataFrame(people)], axis=1)
    table = tabular.with_periods(table, "period_text", faults, source)
    faults.raise_if_any()
    everyone = table[
        table["substance"].eq("adults") & table["sex"].eq("persons") & table["age"].eq("18+")
    ]
    long = table.melt(_PLACE, counts, "counted", "value")
    long = long.assign(measure=long["substance"] + "_" + long["counted"].map(_COUNTS))
    alone = everyone.melt(_PLACE, [one for one in _ALONE if one in columns], "counted", "value")
    alone = alone.assign(measure=alone["counted"].map(_ALONE))
    numbers = pd.concat([long, alone])
    shares = [_shares(everyone, columns), *_divided(table), *_without_return(everyone)]
    both = pd.concat([numbers.assign(count=numbers["value"]), *shares], ignore_index=True)
    return tabular.readings(
        both.drop(columns=["substance", "counted"]).assign(category=both["category"].fillna("")),
        path.name,
        faults,
        area_code="",
    )


def _is_count(column: str) -> bool:
    """Whether a column holds numbers of people."""
    return ": " in column or column in {*_COUNTS, *_ALONE, *TOPICS.values()}


def _shares(everyone: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """What share of adults is in each category of a topic; none where the file has no numbers.

    Rounded parts of known people may add up to slightly more or less than there are.
    """
    parts = [pd.DataFrame(columns=[*_PLACE, "measure", "category", "value", "count"])]
    for topic, of in TOPICS.items():
        own = [column for column in columns if column.startswith(f"{topic}: ")]
        if not own or (of != KNOWN and of not in columns):
            continue
        whole = everyone[own].sum(axis=1, min_count=1) if of == KNOWN else everyone[of]
        long = everyone.assign(denominator=whole).melt(
            [*_PLACE, "denominator"], own, "counted", "count"
        )
        parts.append(
            long.dropna(subset=["count", "denominator"])
            .query("denominator > 0")
            .assign(
                measure=topic,
                category=lambda rows: rows["counted"].str.partition(": ")[2],
                value=lambda rows: 100 * (rows["count"] / rows["denominator"]).clip(upper=1),
            )
        )
    return pd.concat([part for part in parts if len(part)] or parts)


def _divided(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """What share of adults is of each sex, and of each age, where a file has them all."""
    adults = table[table["substance"].eq("adults")]
    usual = {"sex": "persons", "age": "18+"}
    for column, names in _ROWS.items():
        other = next(one for one in usual if one != column)
        rows = adults[adults[other].eq(usual[other]) & adults[column].isin(list(names))]
        rows = rows.dropna(subset=["in_treatment"])
        whose = rows.groupby(["area_name", "period"])["in_treatment"]
        whole = whose.transform("sum").where(whose.transform("size") == len(names))
        yield rows.assign(
            measure=column,
            category=rows[column].map(names),
            count=rows["in_treatment"],
            denominator=whole,
            value=100 * rows["in_treatment"] / whole,
            **usual,
        )[[*_PLACE, *_SHARE]].query("denominator > 0")


def _without_return(everyone: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Who completed and did not come back, where a file has them."""
    if not set(_RETURN) <= set(everyone.columns):
        return
    completed, treated = (everyone[one] for one in _RETURN)
    yield everyone.assign(
        measure="completed_without_return",
        category="",
        count=completed,
        denominator=treated,
        value=100 * completed / treated,
    )[[*_PLACE, *_SHARE]].dropna(subset=["value"])


def _groups() -> pd.DataFrame:
    return pd.DataFrame(in_use("maps/ndtms_groups.csv").rows(), dtype="str")


def _grouped(table: pd.DataFrame, column: str, faults: file_faults.Faults) -> pd.Series[str]:
    groups = _groups()
    groups = groups[groups["column"] == column]
    ours = table[column].str.strip().str.casefold().map(groups.set_index("text")["ours"])
    tabular.note_cells(
        table, column, ours.isna(), "is not in catalogue/maps/ndtms_groups.csv", faults
    )
    return ours
