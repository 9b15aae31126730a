"""Readers of the publishers' files, each as plain as its file allows; nothing of needs is used."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import lands
import openpyxl
import pandas as pd

#: Sheets of the deaths workbook by indicator and sex.
YEARLY = {"drug_poisoning": "Table 1", "drug_misuse": "Table 2"}
POOLED = {
    ("drug_poisoning", "persons"): "Table 3",
    ("drug_poisoning", "male"): "Table 4",
    ("drug_poisoning", "female"): "Table 5",
    ("drug_misuse", "persons"): "Table 6",
    ("drug_misuse", "male"): "Table 7",
    ("drug_misuse", "female"): "Table 8",
}


def number(text: Any) -> float | None:
    """A cell as a number; None where it is empty or a sign."""
    if isinstance(text, int | float):
        return float(text)
    try:
        return float(str(text).strip())
    except ValueError:
        return None


def csv_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file, by heading."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def short_period(text: str) -> str:
    """``2019–21`` and ``2006 - 08`` as ``2019 to 2021``."""
    first, last = re.findall(r"\d+", text)
    return f"{first} to {first[:2]}{last[-2:]}"


class Files:
    """The raw files of a folder; each is read when it is first asked for, and once."""

    def __init__(self, raw: Path) -> None:
        self.raw = raw

    def one(self, pattern: str) -> Path:
        """The file that a pattern names."""
        found = sorted(self.raw.glob(pattern))
        if not found:
            raise FileNotFoundError(f"{pattern} is not in {self.raw}")
        return found[-1]

    @cached_property
    def lands(self) -> lands.Lands:
        return lands.read(self.raw)

    # --- people -------------------------------------------------------------------------------

    @cached_property
    def totals(self) -> dict[int, dict[str, float]]:
        """Residents by year and code: mid-2011 to mid-2023, the newest estimates of each."""
        path = self.one("ons_population/mye23tablesew*.xlsx")
        rows = sheet(path, "MYE4")
        head = next(row for row in rows if row and row[0] == "Code")
        out: dict[int, dict[str, float]] = defaultdict(dict)
        for row in rows:
            for heading, cell in zip(head, row, strict=False):
                if str(heading).startswith("Mid-") and number(cell) is not None:
                    out[int(str(heading)[4:])][str(row[0]).strip()] = float(cell)
        return dict(out)

    @cache  # noqa: B019 - one object of a run
    def ages(self, year: int) -> dict[str, list[float]]:
        """Residents by code and single year of age, 0 to 90 and over."""
        if year in (2022, 2023):
            names = {2022: "mye22final*.xlsx", 2023: "mye23tablesew*.xlsx"}
            rows = sheet(self.one(f"ons_population/{names[year]}"), "MYE2 - Persons")
            start = next(place for place, row in enumerate(rows) if row and row[0] == "Code")
            return {
                str(row[0]).strip(): [float(one) for one in row[4:95]]
                for row in rows[start + 1 :]
                if row and row[0] and number(row[4]) is not None
            }
        names = {2019: "population19_utla20.csv", 2020: "population20_ltla20.csv"}
        if year not in names:
            return {}
        out = {}
        for row in csv_rows(self.one(f"ons_population/{names[year]}")):
            cells = list(row.values())
            out[cells[0]] = [float(one) for one in cells[3:94]]
        return out

    # --- neighbourhoods -----------------------------------------------------------------------

    @cache  # noqa: B019
    def index(self, edition: str) -> pd.DataFrame:
        """LSOAs with district, IMD score and deciles of the index and its domains."""
        wanted = {
            "Index of Multiple Deprivation (IMD) Score": "score",
            "Index of Multiple Deprivation (IMD) Decile": "imd",
            "Income Decile": "income",
            "Employment Decile": "employment",
            "Education, Skills and Training Decile": "education",
            "Health Deprivation and Disability Decile": "health",
            "Crime Decile": "crime",
            "Barriers to Housing and Services Decile": "barriers",
            "Living Environment Decile": "environment",
            "LSOA code": "lsoa",
            "Local Authority District code": "district",
        }
        table = pd.read_csv(self.one(f"mhclg_iod_{edition}/*.csv"), encoding="utf-8-sig")
        names = {
            column: to
            for column in table.columns
            for start, to in wanted.items()
            if column.startswith(start)
        }
        return table[list(names)].rename(columns=names).set_index("lsoa")

    @cache  # noqa: B019
    def lsoa_people(self, edition: str, year: int) -> pd.Series:
        """Residents of LSOAs, on the geography of an edition of the index."""
        if edition == "2019":
            path = self.one(f"nomis_population/NM_2010_1_LSOA11_mid-{year}_all_ages*.csv")
            table = pd.read_csv(path)
            return table.set_index("GEOGRAPHY_CODE")["OBS_VALUE"]
        table = pd.read_csv(self.one("ons_population/sapelsoapopulationdensity*.csv"))
        return table.set_index("LSOA 2021 Code")[f"Mid-{year}: Population"]

    # --- deaths -------------------------------------------------------------------------------

    @cache  # noqa: B019
    def deaths(self, what: str) -> dict[str, dict[str, float]]:
        """Deaths registered in a year, by year and code."""
        rows = sheet(self.one("ons_drug_deaths/*localauthorities.xlsx"), YEARLY[what])
        head = rows[3]
        out: dict[str, dict[str, float]] = defaultdict(dict)
        for row in rows[4:]:
            for year, cell in zip(head[4:], row[4:], strict=False):
                if row[0] and number(year) is not None and number(cell) is not None:
                    out[str(int(year))][str(row[0]).strip()] = float(cell)
        return dict(out)

    @cache  # noqa: B019
    def pooled_deaths(self, what: str, sex: str) -> dict[str, dict[str, dict[str, Any]]]:
        """Deaths, age-standardised rate and limits of three years, by period and code."""
        rows = sheet(self.one("ons_drug_deaths/*localauthorities.xlsx"), POOLED[what, sex])
        starts = [(place, str(cell)) for place, cell in enumerate(rows[3]) if place > 3 and cell]
        ends = [place for place, _ in starts[1:]] + [max(map(len, rows))]
        out: dict[str, dict[str, dict[str, Any]]] = {}
        for (start, label), end in zip(starts, ends, strict=True):
            columns = {
                name: next(
                    place for place in range(start, end) if str(rows[4][place]).startswith(heading)
                )
                for name, heading in (
                    ("deaths", "Deaths"),
                    ("value", "Rate"),
                    ("lower", "Lower"),
                    ("upper", "Upper"),
                )
            }
            flag = columns["value"] + 1
            out[short_period(label)] = {
                str(row[0]).strip(): {
                    **{name: number(row[place]) for name, place in columns.items()},
                    "flag": str(row[flag] or "").strip().casefold(),
                }
                for row in rows[5:]
                if row[0] and number(row[columns["deaths"]]) is not None
            }
        return out

    @cached_property
    def deaths_by_age(self) -> dict[tuple[str, str, str], dict[str, float | None]]:
        """Deaths and rates for each million in England and Wales: by sex, year and age."""
        rows = sheet(self.one("ons_drug_deaths/*registrations.xlsx"), "Table 5")
        ages = [(place, str(cell).strip()) for place, cell in enumerate(rows[4]) if place and cell]
        out: dict[tuple[str, str, str], dict[str, float | None]] = {}
        sex = ""
        for row in rows[6:]:
            if row[0] and str(row[0]).strip().casefold() in ("persons", "males", "females"):
                sex = str(row[0]).strip().casefold().removesuffix("s").replace("person", "persons")
            elif number(row[1]) is not None and sex:
                for place, age in ages:
                    out[sex, str(int(row[1])), _age(age)] = {
                        "deaths": number(row[place]),
                        "value": number(row[place + 1]),
                        "lower": number(row[place + 3]),
                        "upper": number(row[place + 4]),
                    }
        return out

    # --- Fingertips ---------------------------------------------------------------------------

    @cache  # noqa: B019
    def fingertips(self, number_: str) -> dict[tuple[str, str, str, str, str], dict[str, Any]]:
        """Rows of an indicator's file, by code, period, sex, category type and category."""
        out = {}
        for row in csv_rows(self.one(f"ohid_fingertips/{number_}_*.csv")):
            period = row["Time period"]
            period = short_period(period) if " - " in period else period
            key = (
                row["Area Code"],
                period,
                row["Sex"].casefold(),
                " ".join(row["Category Type"].split()),
                row["Category"],
            )
            out[key] = {
                "value": number(row["Value"]),
                "lower": number(row["Lower CI 95.0 limit"]),
                "upper": number(row["Upper CI 95.0 limit"]),
                "numerator": number(row["Count"]),
                "denominator": number(row["Denominator"]),
            }
        return out

    @cache  # noqa: B019
    def repackaged(self, number_: str) -> dict[tuple[str, str], float | None]:
        """Values of districts by code and period: the file of indicator 91382 or 91414."""
        rows = csv_rows(self.one(f"ohid_fingertips/{number_}_*.csv"))
        return {(row["area_code"], row["period"]): number(row["value"]) for row in rows}

    @cached_property
    def next_generation(self) -> dict[tuple[str, ...], list[dict[str, Any]]]:
        """Rows by indicator, code, year, sex, category type and category."""
        out: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for row in csv_rows(self.one("ohid_fingertips/fingertipsnext_pholio*.csv")):
            key = (
                row["IndicatorId"],
                row["AreaCode"],
                row["Year"],
                row["Sex"].casefold(),
                row["CategoryType"].strip('"'),
                row["Category"].strip('"'),
            )
            out[key].append(
                {
                    "value": number(row["Value"]),
                    "lower": number(row["LowerCI"]),
                    "upper": number(row["UpperCI"]),
                    "numerator": number(row["Count"]),
                    "denominator": number(row["Denominator"]),
                }
            )
        return dict(out)

    # --- treatment and dependence -------------------------------------------------------------

    @cached_property
    def _sdg(self) -> dict[tuple[str, str, str], list[float]]:
        out: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        for row in csv_rows(self.one("ndtms_and_dependence/ons_sdg_indicator*.csv")):
            value = number(row["Value"])
            if row["Deprivation decile"] or value is None:
                continue
            code = self._sdg_code(row["Local Authority"], row["GeoCode"])
            if code:
                out[row["Series"].removeprefix("Alcohol - "), row["Year"], code].append(value)
        return dict(out)

    def _sdg_code(self, name: str, code: str) -> str | None:
        if code:
            return code
        if not name:
            return lands.ENGLAND
        old = {"Buckinghamshire": "E10000002", "Cumbria": "E10000006", "Dorset": "E10000009",
               "Northamptonshire": "E10000021", "North Yorkshire": "E10000023",
               "Somerset": "E10000027", "Cornwall & Isles of Scilly": "E06000052"}  # fmt: skip
        return old.get(name) or self.lands.names.get(name)

    @cached_property
    def treated(self) -> dict[str, dict[str, tuple[float, bool]]]:
        """Adults in alcohol treatment by year and code, and whether the count is rounded to 5.

        Of two counts for one year the one that is not a multiple of 5 is exact. One alone is exact
        where it is no such multiple, or where the file's own met need divides it (not a rounded
        one) by the prevalence of 2018/19.
        """
        out: dict[str, dict[str, tuple[float, bool]]] = defaultdict(dict)
        for (series, year, code), values in self._sdg.items():
            if series != "People in treatment":
                continue
            odd = [one for one in values if one % 5]
            if odd or len(set(values)) > 1 or code == lands.ENGLAND:
                out[year][code] = (odd[0] if odd else values[0], False)
                continue
            met = self._sdg.get(("Met need", year, code))
            exact = year == "2018/19" and (len(values) > 1 or met is not None)
            out[year][code] = (values[0], not exact)
        return dict(out)

    @cached_property
    def published_prevalence(self) -> dict[str, dict[str, float]]:
        """Adults dependent on alcohol as the SDG file repeats them, by year and code."""
        out: dict[str, dict[str, float]] = defaultdict(dict)
        for (series, year, code), values in self._sdg.items():
            if series == "Estimated prevalence":
                out[year][code] = values[0]
        return dict(out)

    @cached_property
    def dependence(self) -> dict[str, dict[str, tuple[float, float | None, float | None]]]:
        """Adults dependent on alcohol with limits, by financial year and code."""
        out: dict[str, dict[str, tuple[float, float | None, float | None]]] = defaultdict(dict)
        for row in csv_rows(self.one("ndtms_and_dependence/Estimates_of_Alcohol*.csv")):
            year = row["Year"]
            if "/" not in year:
                year = f"{year}/{(int(year) + 1) % 100:02d}"
            code = row["Area_Code_GSS"]
            code = "E06000052" if row["Local_Authority"].startswith("Cornwall") else code
            value = number(row["Alcohol_dependent"])
            if value is not None:
                limits = number(row["Alcohol_lower_CI"]), number(row["Alcohol_upper_CI"])
                out[year][code] = (value, *limits)
        return dict(out)

    @cached_property
    def viewit_england(self) -> dict[str, float]:
        """Adults in treatment for any substance in England, by year."""
        rows = csv_rows(self.one("ndtms_and_dependence/viewit_adults_england*.csv"))
        return {
            row["Reporting period"]: float(row["All in treatment"])
            for row in rows
            if all(
                row[one].casefold() in ("total", "all", "all ages")
                for one in ("Sex", "Age group", "Substance category")
            )
            and number(row["All in treatment"]) is not None
        }

    # --- admissions ---------------------------------------------------------------------------

    @cache  # noqa: B019
    def admissions(self, what: str) -> dict[str, dict[str, tuple[float | None, float | None]]]:
        """Admissions and the people that the companion file's rates imply, by year and name."""
        counts = csv_rows(self.one(f"nhs_admissions/{what}.csv"))
        rates = {row["year"]: row for row in csv_rows(self.one(f"nhs_admissions/{what}_100k.csv"))}
        out: dict[str, dict[str, tuple[float | None, float | None]]] = {}
        for row in counts:
            last = int(row["year"])
            year = f"{last - 1}/{last % 100:02d}"
            found = {}
            for name, cell in row.items():
                count, rate = number(cell), number(rates[row["year"]].get(name))
                implied = 1e5 * count / rate if count and rate else None
                found[name] = (count, implied)
            out[year] = found
        return out


def _age(text: str) -> str:
    text = " ".join(text.split()).casefold().replace(" and over", "+").replace("–", "-")
    return text.replace(" to ", "-")


def sheet(path: Path, name: str) -> list[tuple[Any, ...]]:
    """All rows of a sheet."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        return [tuple(row) for row in book[name].iter_rows(values_only=True)]
    finally:
        book.close()
