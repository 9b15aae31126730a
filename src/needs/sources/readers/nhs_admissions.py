"""Hospital admissions related to drugs, by authority (NHS, a repackaged wide table).

Measures, from the edition's options: ``drug_disorder_admissions`` (main diagnosis of drug-related
mental and behavioural disorders), ``drug_poisoning_admissions`` (poisoning by drug misuse). Value =
count of admissions in a financial year, 2008/09 to 2018/19.

A row is a year, printed as the one in which the financial year ends; a column is an area by name.
Most names are former health areas. `needs.tables.prepare` gives a code to those that are exactly
one authority and leaves the others out, by ``catalogue/maps/area_names.csv``. The values of the
years that the edition's option ``distrusted`` lists are left out, and so are the names in
``left_out``, each with its reason: areas that are not the authority of the same name. Count divided
by rate, of the file of rates beside this one, is the population that the publisher counted; a name
is kept where that is the authority's mid-year estimate.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources import periods
from needs.sources.readers import csv_files, file_faults, heading_maps, tabular


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read counts by area name; codes are filled from names by `needs.tables.prepare`.

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    faults = file_faults.Faults(path)
    table = csv_files.read_csv(path)
    table = table.rename(columns={one: "year" for one in table if str(one).casefold() == "year"})
    if "year" not in table.columns:
        near = heading_maps.nearest("year", table.columns)
        faults.add(
            f"Heading 'year' is missing; nearest in the file: {near}.",
            "line 1",
            "If the publisher renamed it, name it 'year' in the file, and note that beside it.",
        )
    faults.raise_if_any()
    year = tabular.numbers(table, "year", faults, missing=(), whole=True)
    left_out = {one.casefold() for one in ("year", "line", *edition.options.get("left_out", ()))}
    areas = [column for column in table.columns if str(column).casefold() not in left_out]
    tabular.note_cells(table, "year", ~year.between(1990, 2100), "is not a year", faults)
    wide = pd.DataFrame({area: tabular.numbers(table, area, faults) for area in areas})
    faults.raise_if_any()
    spans = [periods.financial_year(int(ends) - 1) for ends in year]
    wide = wide.assign(
        line=table["line"],
        period=[one.label for one in spans],
        period_start=pd.to_datetime([one.start for one in spans]),
        period_end=pd.to_datetime([one.end for one in spans]),
    )
    wide = wide[~wide["period"].isin(list(edition.options.get("distrusted", ())))]
    kept = ["line", "period", "period_start", "period_end"]
    long = wide.melt(kept, areas, var_name="area_name", value_name="value")
    return tabular.readings(
        long,
        path.name,
        faults,
        measure=str(tabular.option(source, edition, "measure")),
        area_code="",
        sex="persons",
        age="all ages",
        count=long["value"],
    )
