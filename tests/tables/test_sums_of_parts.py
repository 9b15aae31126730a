"""Districts, partnerships and quarters added up: whole sums only, and gaps named."""

from __future__ import annotations

import pandas as pd
import pytest

from needs.sources.periods import parse
from needs.stats.status import Status
from needs.tables.sums_of_parts import of_partnerships, with_counties, years_of_quarters

COUNTY, NORTH, SOUTH, CITY = "E10000034", "E07000234", "E07000235", "E06000058"
AREAS = pd.DataFrame(
    {
        "code": [COUNTY, NORTH, SOUTH, CITY, "E12000005"],
        "name": ["Shire", "North", "South", "City", "Region"],
        "upper_code": [COUNTY, COUNTY, COUNTY, CITY, None],
        "region_code": ["E12000005"] * 4 + [None],
        "valid_from": pd.NaT,
        "valid_to": pd.NaT,
        "successor": None,
    }
)


def _rows(*parts: tuple[str, str, float | None, float | None, Status]) -> pd.DataFrame:
    rows = []
    for line, (code, label, count, whole, status) in enumerate(parts, 2):
        period = parse(label)
        value = count if whole is None or count is None else 100 * count / whole
        rows.append(
            {
                "measure": "need", "area_code": code, "area_name": code, "period": label,
                "period_start": pd.Timestamp(period.start), "period_end": pd.Timestamp(period.end),
                "sex": "persons", "age": "all ages", "category": "", "value": value,
                "count": count, "denominator": whole, "status": str(status), "marks": "",
                "source_row": f"a.csv, line {line}",
            }
        )  # fmt: skip
    return pd.DataFrame(rows).astype({"count": float, "denominator": float, "value": float})


QUARTERS = ("January to March 2025", "April to June 2025", "July to September 2025",
            "October to December 2025")  # fmt: skip


def test_districts_make_a_county_and_a_share_is_formed_of_the_sums() -> None:
    label = QUARTERS[0]
    rows = _rows((NORTH, label, 1, 10, Status.SHOWN), (SOUTH, label, 3, 30, Status.SHOWN))
    made = with_counties(rows, AREAS).set_index("area_code").loc[COUNTY]
    assert (made["count"], made["denominator"], made["value"]) == (4, 40, 10)
    assert made["source_row"] == "a.csv, lines 2 to 3, added up"


@pytest.mark.parametrize("why", [Status.SUPPRESSED, Status.UNAVAILABLE])
def test_a_county_has_no_sum_without_a_district_and_names_it(why: Status) -> None:
    label = QUARTERS[0]
    rows = _rows((NORTH, label, 1, None, Status.SHOWN), (SOUTH, label, None, None, why))
    made = with_counties(rows, AREAS).set_index("area_code").loc[COUNTY]
    assert made["status"] == Status.UNAVAILABLE
    assert pd.isna(made["value"])
    assert SOUTH in made["source_row"]


def test_a_year_is_four_quarters_that_follow_each_other() -> None:
    rows = _rows(*((NORTH, one, 10, None, Status.SHOWN) for one in QUARTERS))
    (year,) = years_of_quarters(rows).to_dict("records")
    assert (year["period"], year["value"]) == ("2025", 40)
    assert (year["period_start"], year["period_end"]) == (
        pd.Timestamp(2025, 1, 1),
        pd.Timestamp(2025, 12, 31),
    )
    assert years_of_quarters(rows.iloc[[0, 1, 3]]).empty
    withheld = pd.concat([rows.iloc[:3], rows.iloc[3:].assign(count=None, status="suppressed")])
    (year,) = years_of_quarters(withheld.astype({"count": float})).to_dict("records")
    assert year["status"] == Status.UNAVAILABLE
    assert "October to December 2025 [c]" in year["source_row"]


def test_a_year_that_ends_in_june_is_named_by_its_month() -> None:
    labels = ("July to September 2024", "October to December 2024", *QUARTERS[:2])
    rows = _rows(*((NORTH, one, 1, None, Status.SHOWN) for one in labels))
    assert years_of_quarters(rows)["period"].tolist() == ["year ending June 2025"]


def _lookup(*links: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(links, columns=["district_code", "partnership_code"]).assign(
        partnership_name="P", force_code="E23000016", force_name="Force"
    )


OFFENCES = _rows(
    *(
        (code, "year ending June 2025", count, None, Status.SHOWN)
        for code, count in (("E22000001", 40), ("E22000002", 50), ("E23000016", 100))
    )
)


def test_partnerships_make_an_authority_and_their_force_the_region_and_england() -> None:
    lookup = _lookup((NORTH, "E22000001"), (SOUTH, "E22000002"))
    made = of_partnerships(OFFENCES, AREAS, lookup)
    plain = made[made["category"] == ""].set_index("area_code")["value"].to_dict()
    assert plain == {COUNTY: 90, NORTH: 40, SOUTH: 50, "E12000005": 100, "E92000001": 100}
    parts = made[made["category"] != ""]
    assert parts["value"].tolist() == [40, 50]
    assert set(parts["area_code"]) == {COUNTY}


def test_a_partnership_beyond_an_authority_gives_neither_a_figure() -> None:
    lookup = _lookup((NORTH, "E22000001"), (SOUTH, "E22000002"), (CITY, "E22000002"))
    made = of_partnerships(OFFENCES, AREAS, lookup)
    assert set(made["area_code"]) == {COUNTY, NORTH, "E12000005", "E92000001"}
    assert set(made.loc[made["area_code"] == COUNTY, "category"]) == {"E22000001"}


def test_without_the_lookup_there_is_nothing() -> None:
    assert of_partnerships(OFFENCES, AREAS, None).empty
