"""Fingertips: the "all data" CSV of one indicator (26 columns, or 27 today).

Measure: the indicator's number as text, ``"91380"``. Headline rows have an empty category;
England's inequality rows keep theirs, as "category type: category".

Columns are found by name, because the publisher renames and moves them from download to download.
Areas are told by their code's prefix, because the text of "Area Type" changes too: an area that
stands under two types with different figures is a fault. An empty value is missing and the value
note, kept in column ``note``, says why. All sets of deprivation deciles are kept, those of several
editions of an index or of areas of several dates; `needs.chapters.inequality` says which is used.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.columns import VERDICTS
from needs.sources.readers import file_faults, tabular
from needs.stats.status import Status

#: England, regions, unitary authorities, districts and counties.
AREAS = r"E92\d{6}|E12\d{6}|E0[6-9]\d{6}|E10\d{6}"

#: A code of those that has lost or won a character; or none. Codes of health areas and practices
#: are of other kinds.
_BROKEN = r"|E[0O][6-9O]?[0-9O]{0,6}|E(10|12|92)[0-9O]{0,6}"

_SEXES = {"Persons": "persons", "Male": "male", "Female": "female"}


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read an indicator: England, regions and authorities, all periods and sexes.

    Returns
    -------
    DataFrame
        Readings, with ``note`` (the publisher's value note). Rows of other areas (health areas,
        practices) are left out.

    Raises
    ------
    MissingDataError, InvalidDataError
        Also when the file holds another indicator than the edition's option ``indicator_id``.
    """
    table, faults = tabular.read_headed(path, "fingertips")
    wanted = str(tabular.option(source, edition, "indicator_id"))
    other = table["indicator_id"] != wanted
    tabular.note_cells(table, "indicator_id", other, f"is not indicator {wanted}", faults)
    kept = table["area_code"].str.fullmatch(AREAS)
    written = table["area_code"].str.replace(r"[^A-Za-z0-9]", "", regex=True)
    broken = ~kept & written.str.upper().str.fullmatch(_BROKEN)
    tabular.note_cells(table, "area_code", broken, "is not a code of an area", faults)
    types = table["area_type"] if "area_type" in table else table["area_code"].str[:3]
    table = table[kept].drop(columns="area_type", errors="ignore")
    if table.empty:
        held = ", ".join(sorted(types.unique())[:5])
        faults.add(
            f"No row is of England, a region or an authority; the areas of the file are: {held}.",
            "column Area Code",
            "Download the file for counties and unitary authorities, or districts.",
        )
    for column in ("value", "lower", "upper", "count", "denominator"):
        table = table.assign(**{column: tabular.numbers(table, column, faults)})
    table = tabular.with_periods(table, "period_text", faults, source)
    table = table.assign(
        sex=our_sexes(table, faults),
        age=our_ages(table["age"]),
        category=categories(table["category_type"], table["category"]),
        measure=wanted,
        status=missing_statuses(table["value"], table["count"], table["note"]),
    )
    if "verdict" in table:
        table = table.assign(verdict=verdicts(table["verdict"]))
    table = table.drop(columns=["indicator_id", "category_type", "period_text"])
    # an area stands once under each of its parents: its figures are kept once, if they agree
    return tabular.readings(table, path.name, faults)


def our_sexes(table: pd.DataFrame, faults: file_faults.Faults) -> pd.Series[str]:
    """Our words for the publisher's sexes; note what is none."""
    known = table["sex"].map(_SEXES)
    tabular.note_cells(table, "sex", known.isna(), "is not Persons, Male or Female", faults)
    return known


def our_ages(text: pd.Series[str]) -> pd.Series[str]:
    """Our spelling of age ranges.

    Examples
    --------
    >>> our_ages(pd.Series(["All ages", "15-64 yrs", "18+ yrs", "<18 yrs"])).tolist()
    ['all ages', '15-64', '18+', 'under 18']
    """
    plain = text.str.strip().str.removesuffix(" yrs").str.replace(r"^<\s*", "under ", regex=True)
    return plain.mask(plain.str.lower() == "all ages", "all ages")


def categories(kind: pd.Series[str], category: pd.Series[str]) -> pd.Series[str]:
    """Empty for headline rows, else "category type: category" in single spaces.

    Examples
    --------
    >>> categories(pd.Series(["", "Deciles  (IMD2019)"]), pd.Series(["", "Most deprived"])).tolist()
    ['', 'Deciles (IMD2019): Most deprived']
    """
    kind = kind.str.replace(r"\s+", " ", regex=True).str.strip(' "')
    joined = kind + ": " + category.str.replace(r"\s+", " ", regex=True).str.strip()
    return joined.mask(kind == "", "")


def verdicts(text: pd.Series[str]) -> pd.Series[str]:
    """The publisher's comparison with England in our words; empty where it makes none.

    Examples
    --------
    >>> verdicts(pd.Series(["Worse 95%", "Similar", "Not compared", ""])).tolist()
    ['worse', 'similar', '', '']
    """
    said = text.str.strip().str.lower().str.removesuffix(" 95%")
    return said.where(said.isin(VERDICTS), "")


def missing_statuses(
    value: pd.Series[float], count: pd.Series[float], note: pd.Series[str]
) -> pd.Series[str]:
    """Why a value is missing, as the value note says: suppressed, unreliable or unavailable."""
    text = note.str.lower()
    status = pd.Series("", index=value.index).mask(value.isna(), str(Status.UNAVAILABLE))
    small = text.str.contains("too small|small number")
    hidden = text.str.contains("suppress|disclos|confidential")
    status = status.mask(value.isna() & small, str(Status.UNRELIABLE))
    return status.mask(value.isna() & (hidden | (small & count.isna())), str(Status.SUPPRESSED))
