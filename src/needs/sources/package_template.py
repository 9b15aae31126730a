"""Empty data packages for local data: what an analyst fills in, and how, in plain words."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from needs import catalogue as catalogue_module
from needs.catalogue import LOCAL_SOURCE
from needs.errors import ParameterError
from needs.sources import whole_files
from needs.sources.readers.package_tables import DESCRIPTOR, table_fields

#: Columns of observations that a template asks for.
OBSERVED = ("indicator", "area_code", "area_name", "period", "value", "source")


@dataclass(frozen=True)
class Template:
    """An empty data package of one kind.

    `tables` has the columns of each table, `example` a row of the first table, `fill_in` what to
    write, a sentence each, and `indicators` what its ``local_counts`` count.
    """

    title: str
    tables: Mapping[str, tuple[str, ...]]
    example: Mapping[str, str]
    fill_in: tuple[str, ...]
    indicators: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


COUNTS = ("indicator", "lsoa_code", "period", "sex", "age_band", "count")

LSOA_PEOPLE = ("lsoa_code", "year", "sex", "age_band", "population")

COUNTED = (
    "One row for each indicator, LSOA, year, sex and age band that has at least one event. Rows "
    "with a count of 0 may be left out.",
    "The extract must cover the whole authority, and every year from the first to the last.",
    "lsoa_code: all codes of one year's LSOAs, of 2011 or of 2021. If you have districts only, "
    "name the column district_code here and in datapackage.json.",
    "period: 2021 for a calendar year, 2021/22 for a financial year.",
    "sex: male or female; persons if the extract does not tell.",
    "age_band: 0-4, 5-9 and so on to 85-89, and 90+. Spreadsheet programs may turn 5-9 into a "
    "date: make the column text first.",
    "count: a whole number, exact and not rounded. The report protects small numbers itself.",
    "local_populations.csv may stay empty. With residents of each LSOA by age band, sex and year "
    "the rates by deprivation are standardised for age; without, they are crude rates. It has a "
    "row for every LSOA of the authority, sex and age band in each of its years, 0 where none is.",
    'indicator: a key of "needs:indicators" in datapackage.json, where you can name others.',
)

ROWS = (
    "One row for each figure. area_code and area_name are those of the authority or the district; "
    "find a code with: needs areas NAME",
    "period: 2021 for a calendar year, 2021/22 for a financial year.",
    f"source: {LOCAL_SOURCE}, which applies the disclosure rule below.",
)


def _row(*cells: str, columns: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(columns, cells, strict=True))


ADMITTED = (*COUNTS, "frequency")
OF_GROUPS = ("indicator", "area_code", "area_name", "period", "category", "value", "source")
OF_SEXES = ("indicator", "area_code", "area_name", "period", "sex", "value", "source")
SHARES = (*OBSERVED[:4], "value", "count", "denominator", "source")
SAID = ("area_code", "theme", "text", "n")
PLACE = ("E10000034", "Worcestershire")

KINDS: Mapping[str, Template] = {
    "deaths": Template(
        "Local extract of deaths",
        {"local_counts": COUNTS, "local_populations": LSOA_PEOPLE},
        _row("drug_deaths_local", "E01032122", "2021", "male", "45-49", "1", columns=COUNTS),
        COUNTED,
        {
            "drug_deaths_local": {
                "name": "Drug misuse deaths",
                "chapter": "deaths",
                "counted": "deaths",
                "years_pooled": 3,
            },
            "alcohol_deaths_local": {
                "name": "Alcohol-specific deaths",
                "chapter": "deaths",
                "counted": "deaths",
                "years_pooled": 3,
            },
        },
    ),
    "admissions": Template(
        "Local extract of hospital admissions",
        {"local_counts": ADMITTED, "local_populations": LSOA_PEOPLE},
        _row(
            "alcohol_admissions_local",
            *("E01032122", "2021/22", "female", "50-54", "2", "3"),
            columns=ADMITTED,
        ),
        (
            *COUNTED,
            "frequency: how many admissions each of these persons had in the year. The example "
            "says that 2 women had 3 admissions each; count is then persons, not admissions.",
        ),
        {
            "alcohol_admissions_local": {
                "name": "Admissions for alcohol-specific conditions",
                "chapter": "admissions",
                "counted": "admissions",
            },
            "drug_admissions_local": {
                "name": "Admissions for poisoning by drug misuse",
                "chapter": "admissions",
                "counted": "admissions",
            },
        },
    ),
    "ndtms": Template(
        "Figures from a restricted treatment report",
        {"observations": OF_SEXES},
        _row(
            "all_in_treatment", *PLACE, "2021/22", "persons", "2585", LOCAL_SOURCE, columns=OF_SEXES
        ),
        (
            *ROWS,
            "indicator: all_in_treatment, adults_in_treatment, alcohol_in_treatment, "
            "young_people_in_treatment, or another key of the catalogue.",
            "Ask the National Drug Treatment Monitoring System whether figures of a restricted "
            "report may be published before you add them.",
        ),
    ),
    "grants": Template(
        "Grants and spending",
        {"observations": OF_GROUPS},
        _row(
            "grant_amount",
            *(*PLACE, "2022/23", "Public health grant", "4600000", LOCAL_SOURCE),
            columns=OF_GROUPS,
        ),
        (
            *ROWS,
            "indicator: grant_amount for a grant, its name as category: the report adds up the "
            "grants of a year. commissioning_expenditure for what is spent in all, the category "
            "empty: it stands beside the grants and is never taken for their sum.",
            "value: pounds, without commas or the pound sign. Amounts are not rounded.",
        ),
    ),
    "reviews": Template(
        "Reviews of drug-related deaths",
        {"observations": OF_GROUPS},
        _row("drug_death_reviews", *PLACE, "2021/22", "", "24", LOCAL_SOURCE, columns=OF_GROUPS),
        (
            *ROWS,
            "indicator: drug_death_reviews. category: empty for all reviews, or what the deaths "
            "have in common, such as 'not in treatment'.",
        ),
    ),
    "prison": Template(
        "Continuity of care after prison",
        {"observations": SHARES},
        _row(
            "prison_continuity", *PLACE, "2021/22", "40", "60", "150", LOCAL_SOURCE, columns=SHARES
        ),
        (
            *ROWS,
            "count: adults who began community treatment within three weeks; denominator: adults "
            "released with a treatment need; value: the first divided by the second, times 100.",
        ),
    ),
    "consultation": Template(
        "What people said in a consultation",
        {"consultation": SAID},
        _row(
            PLACE[0],
            *("Getting help", "I did not know whom to ask.", "12"),
            columns=SAID,
        ),
        (
            "One row for each quotation or summary; rows of one theme stand together.",
            "text: plain words, printed as they are. Leave out names and whatever else could tell "
            "who said it: the report cannot check that.",
            "n: how many people said so; may be empty.",
        ),
    ),
}


def write_template(kind: str, out: Path) -> Path:
    """Write an empty data package: descriptor, tables with headings only, and what to fill in.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    out : Path
        A new or empty folder.

    Returns
    -------
    Path
        The descriptor, ``datapackage.json``.

    Raises
    ------
    ParameterError
        For an unknown kind, or a folder that already holds a data package.
    """
    if kind not in KINDS:
        raise ParameterError(
            f"There is no template '{kind}'.", "--template", f"Use one of: {', '.join(KINDS)}."
        )
    if (out / DESCRIPTOR).exists():
        raise ParameterError(
            f"There is a data package in '{out.name}' already.", "--out", "Name another folder."
        )
    template = KINDS[kind]
    texts = {f"{name}.csv": ",".join(columns) + "\n" for name, columns in template.tables.items()}
    texts[DESCRIPTOR] = json.dumps(_descriptor(kind, template), ensure_ascii=False, indent=1) + "\n"
    texts["README.txt"] = _readme(template)
    whole_files.write_folder(out, texts, "--out")
    return out / DESCRIPTOR


def example(kind: str) -> str:
    """The example row of a template as a line of its CSV."""
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow(KINDS[kind].example.values())
    return line.getvalue()


def _descriptor(kind: str, template: Template) -> dict[str, Any]:
    rule = catalogue_module.source(LOCAL_SOURCE).disclosure
    resources = []
    for name, columns in template.tables.items():
        fields = {str(one["name"]): one for one in table_fields(name)}
        schema = {"fields": [fields[column] for column in columns], "missingValues": [""]}
        resources.append(
            {
                "name": name,
                "path": f"{name}.csv",
                "profile": "tabular-data-resource",
                "encoding": "utf-8",
                "schema": schema,
            }
        )
    descriptor: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": f"local-{kind}",
        "title": template.title,
        "licenses": [{"name": "by agreement", "title": "By agreement with the data's owner"}],
        "sources": [{"title": "Name the owner of the data, the extract and its date here"}],
        "needs:disclosure": {
            "threshold": rule.threshold,
            "rounding_base": rule.rounding_base,
            "secondary": True,
        },
        "resources": resources,
    }
    if template.indicators:
        descriptor["needs:indicators"] = dict(template.indicators)
    return descriptor


def _readme(template: Template) -> str:
    table, columns = next(iter(template.tables.items()))
    kind = next(key for key, one in KINDS.items() if one is template)
    rule = catalogue_module.source(LOCAL_SOURCE).disclosure.rule.strip()
    lines = [
        template.title,
        "",
        f"Fill in {table}.csv with a spreadsheet program, and save it as CSV UTF-8.",
        f"In {DESCRIPTOR} write the title, and the owner and date of the data under sources.",
        "Put the folder into data/raw, and run: needs check",
        "",
        "What to fill in:",
        *(f"- {line}" for line in template.fill_in),
        "",
        "An example (delete nothing: the file holds the heading only):",
        ",".join(columns),
        example(kind).rstrip("\n"),
        "",
        "Small numbers:",
        f"- {rule}",
        '- Another rule: change "needs:disclosure" in the descriptor. It is switched off only by '
        '"off_because" with the reason, which the report prints.',
        "- The counts stay in this folder. The report holds what the rule leaves, and no more.",
    ]
    return "\n".join(lines) + "\n"
