"""Columns of the processed tables, and words in them, that other modules name.

Those who read tables take them from here: what the tables are checked by (`needs.sources.schemas`)
imports much.
"""

from __future__ import annotations

#: What a publisher says of an area beside England; empty where it says nothing.
VERDICTS: tuple[str, ...] = ("", "better", "worse", "similar", "higher", "lower")

#: Where the rows of a table stand that is read as a whole: source keys joined with ``;``, and for
#: each, joined with ``; ``, the real name of the file that was read and its edition.
FILES: tuple[str, ...] = ("source", "source_row")

#: Of claims, see `needs.figures.claims`. A claim with several comparators joins their codes, names
#: and values with ";".
CLAIM_COLUMNS: tuple[str, ...] = (
    *("claim_id", "topic", "indicator", "label", "area_code", "area_name", "period", "age"),
    *("sex", "category", "statistic", "stated_as", "stated_value", "precision"),
    *("unit", "comparator_code", "comparator_name", "comparator_value"),
    *("comparator_unit", "document", "section", "remark"),
)

#: What a local rate's source row says where its residents are the census's.
CENSUS_RESIDENTS = "residents by age: Census 2021, 21 March 2021"
