"""Each rule by which files are held against themselves and each other sees what it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from needs import catalogue
from needs.tables import prepare
from needs.tables.coverage import Held

pytestmark = pytest.mark.mirror

Change = Callable[[pd.DataFrame], pd.DataFrame]

PEOPLE = "ons_population"

#: Readers of large files that no rule below is about.
LARGE = ("boundaries", "lsoa_density")


@pytest.fixture(scope="module")
def read(mirror: Path) -> tuple[list[Held], pd.DataFrame]:
    """The files as issued, areas without a code having been given theirs; and the areas."""
    raw = prepare._Raw()
    for one in prepare.discover(mirror, catalogue.load()):
        if one.source.reader not in LARGE:
            prepare._read_file(one, raw)
    areas = prepare._areas(raw)
    prepare._fill_codes(raw, areas)
    assert not raw.problems
    return raw.held, areas


def of(measure: str, change: Change) -> Change:
    """Change the rows of one measure."""

    def how(table: pd.DataFrame) -> pd.DataFrame:
        rows = table["measure"] == measure
        return pd.concat([change(table[rows].copy()), table[~rows]], ignore_index=True)

    return how


def times(column: str, factor: float, where: Callable[[pd.DataFrame], pd.Series[bool]]) -> Change:
    def how(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(**{column: table[column].mask(where(table), table[column] * factor)})

    return how


def shifted(column: str) -> Change:
    return lambda table: table.assign(**{column: np.roll(table[column].to_numpy(), 1)})


def swapped(a: str, b: str) -> Change:
    return lambda table: table.rename(columns={a: b, b: a})[table.columns]


def area(code: str) -> Callable[[pd.DataFrame], pd.Series[bool]]:
    return lambda table: table["area_code"] == code


def codes_swapped(a: str, b: str) -> Change:
    return lambda table: table.assign(area_code=table["area_code"].replace({a: b, b: a}))


def without(where: Callable[[pd.DataFrame], pd.Series[bool]]) -> Change:
    return lambda table: table[~where(table)]


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    columns = ["value", "lower", "upper"]
    return table.assign(**{one: table[one].round() for one in columns})


def first_digits(table: pd.DataFrame) -> pd.DataFrame:
    unit = 10.0 ** (np.floor(np.log10(table["value"].where(table["value"] > 0))) - 1)
    return table.assign(value=(table["value"] / unit).round() * unit, count=np.nan)


def blank(share: float) -> Change:
    def how(table: pd.DataFrame) -> pd.DataFrame:
        gone = np.arange(len(table)) < share * len(table)
        return table.assign(
            value=table["value"].mask(gone), status=table["status"].mask(gone, "unavailable")
        )

    return how


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        # one row
        ("91380", times("upper", 0.1, area("E10000034")), "does not lie between its limits"),
        ("91380", lambda t: t.assign(upper=np.nan), "only one is there"),
        ("91380", times("count", 10, area("E10000034")), "does not fit its count and its people"),
        ("pholio", of("92904", shifted("denominator")), "does not fit its count and its people"),
        ("localauthorities", of("drug_misuse_rate", shifted("count")), "are not those of a rate"),
        ("91414", times("value", 1000, lambda t: t["value"] > 0), "is more than everybody"),
        # a measure
        ("ViewIt_Export_Data_England", blank(1), "has a value"),
        ("ViewIt_Export_Data_England", blank(0.5), "have no value, and nothing says why"),
        ("91380", lambda t: t.assign(count=t["count"].mask(t.index % 2 == 0)), "have no count"),
        ("91380", lambda t: t.assign(denominator=np.nan), "No row of 91380 has a denominator"),
        ("91380", rounded, "No lower of 91380 has a decimal"),
        ("91414", first_digits, "has more than two digits"),
        ("91382", without(lambda t: t["period"] == "2012"), "with years between"),
        ("91382", without(lambda t: (t["period"] == "2012") & (t["area_code"] == "E07000237")),
         "are not there for this area"),
        ("ViewIt_Export_Data_England",
         lambda t: t.assign(period_start=t["period_start"].mask(
             t["period"] == "2012/13", pd.Timestamp(2012, 1, 1))), "is not of the kind"),
        ("localauthorities", of("drug_misuse_deaths", lambda t: t.assign(
            value=np.where(t["period"] == "2019", t["value"].sample(
                frac=1, random_state=1).to_numpy(), t["value"]))), "are not at all like those of"),
        # parts
        ("91380", times("count", 1.2, lambda t: t["sex"] == "male"), "do not add up to"),
        ("localauthorities", of("drug_misuse_deaths", lambda t: times("value", 0.5, area(
            "E92000001"))(times("count", 0.5, area("E92000001"))(t))), "regions of England"),
        ("localauthorities", of("drug_misuse_deaths", times("count", 9, area("E10000034"))),
         "of which they are a part"),
        ("mye23", times("population", 1.5, lambda t: (t["sex"] == "male") & (t["age_from"] == 40)),
         "do not add up to"),
        ("population20", times("population", 2, lambda t: t["age_to"].eq(33).fillna(False)),
         "aged 33, mid-2020"),
        ("mye22", without(area("E07000237")), "The districts have"),
        ("File_7_-_All", swapped("income_decile", "imd_decile"), "is not in decile"),
        ("File_7_-_All", shifted("imd_score"), "is higher than that of the LSOA"),
        # other files
        ("File_7_IoD2025", shifted("district_name"), "LSOAs in all"),
        ("mid-2020_all_ages", shifted("population"), "are not alike"),
        ("mid-2020_all_ages", lambda t: t.assign(population=first_digits(t.assign(
            value=t["population"]))["value"]), "has more than two digits"),
        ("mid-2020_all_ages", times("population", 1.6, lambda t: t["population"] > 0),
         "the authority"),
        ("91382", codes_swapped("E07000237", "E07000238"), "E07000237 is"),
        ("91382", lambda t: t.assign(area_code=t["area_code"].replace("E07000237", "E07999237")),
         "There is no area 'E07999237'"),
        ("91382", lambda t: t.assign(value=t["value"].mask(area("E07000237")(t)),
                                     status=t["status"].mask(area("E07000237")(t), "unavailable")),
         "has no value of 91382 in any period"),
        ("misuse", times("count", 1000, area("E10000034")), "out of all proportion to"),
        ("pholio", of("93763", times("denominator", 2, area("E08000003"))), "out of all"),
        ("91414", times("value", 2, area("E92000001")), "is not about the mean of its areas"),
        ("viewit_adults", times("value", 2, lambda t: t["period"] == "2012/13"),
         "in viewit_adults_england"),
    ],
)  # fmt: skip
def test_a_rule_sees_what_it_is_for(read, file: str, change: Change, said: str) -> None:
    held, areas = read
    (number,) = [n for n, one in enumerate(held) if file in one.name]
    changed = replace(held[number], table=change(held[number].table))
    # those that have a say in it: the test of all of them is below
    rest = [
        one
        for n, one in enumerate(held)
        if n != number
        and (one.source.key == changed.source.key or one.source.reader in ("geography", PEOPLE))
    ]
    told = prepare.checks([*rest, changed], areas, catalogue.load())
    assert any(said in one.what for one in told), [one.what for one in told]
    assert any(changed.name in one.where or changed.name in one.what for one in told)


def test_nothing_is_said_of_files_as_they_were_issued(read) -> None:
    held, areas = read
    assert prepare.checks(held, areas, catalogue.load()) == []
