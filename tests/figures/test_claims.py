"""Claims: a document's printed figures against ours, with a verdict and a reason for each."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from needs.catalogue import Catalogue, load
from needs.errors import InvalidDataError, MissingDataError
from needs.figures.assessment import Assessment, Place
from needs.figures.claim_reasons import LIMIT, OTHER_AREA, OTHER_PERIOD, UNIT_SLIP
from needs.figures.claims import (
    AGREES,
    ARITHMETIC,
    COLUMNS,
    DIFFERS,
    LATER,
    PRINTED,
    ROUNDING,
    UNKNOWN,
    check_claims,
)
from needs.sources import schemas
from needs.sources.periods import parse
from needs.sources.printed_claims import agrees, normalise, read_claims

AREA = "E10000034"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def claim(**changes: Any) -> dict[str, Any]:
    return {
        "claim_id": "X1",
        "indicator": "drug_misuse_rate",
        "area_code": AREA,
        "area_name": "Worcestershire",
        "period": "2018 to 2020",
        "statistic": "rate",
        "stated_value": "4.2",
        "unit": "per 100,000",
        **changes,
    }


def observation(**changes: Any) -> dict[str, Any]:
    when = parse(changes.get("period", "2018 to 2020"))
    return {
        "indicator": "drug_misuse_rate",
        "area_code": AREA,
        "area_name": "Worcestershire",
        "period": when.label,
        "period_start": pd.Timestamp(when.start),
        "period_end": pd.Timestamp(when.end),
        "sex": "persons",
        "age": "all ages",
        "category": "",
        "value": 4.2,
        "lower": 3.3,
        "upper": 5.3,
        "count": 69,
        "denominator": None,
        "status": "shown",
        "marks": "",
        "method": "published",
        "source": "ons_drug_deaths",
        "source_row": "2021localauthorities.xlsx, Table 6, row 185",
        **changes,
    }


def check(
    claims: list[dict[str, Any]], rows: list[dict[str, Any]], catalogue: Catalogue, year: int = 2022
) -> pd.DataFrame:
    columns = list(schemas.OBSERVATIONS.columns)
    nothing = pd.DataFrame()
    na = Assessment(
        area=Place(AREA, "Worcestershire", "upper tier"),
        year=year,
        regions=(),
        england=Place("E92000001", "England", "country"),
        districts=(),
        members=(),
        areas=nothing,
        observations=schemas.conform(pd.DataFrame(rows, columns=columns), schemas.OBSERVATIONS),
        later=schemas.empty(schemas.OBSERVATIONS),
        lsoa=nothing,
        neighbours=nothing,
        authority_features=nothing,
        index_edition="",
        lsoa_population_year=None,
        populations=schemas.empty(schemas.POPULATIONS),
        claims=nothing,
        boundaries=None,
        catalogue=catalogue,
    )
    return check_claims(pd.DataFrame(claims), na)


@pytest.mark.parametrize(
    ("stated", "ours", "precision", "words", "expected"),
    [
        (81, 80.55, 1, "", True),
        (81, 80.49, 1, "", False),
        (81, 81.5, 1, "", True),
        (13.5, 13.2, 0.1, "", False),
        (25.17, 25.174, 0.01, "", True),
        (25.17, 25.18, 0.01, "", False),
        (5, 4.64, 1, "almost 5%", True),
        (5, 5.1, 1, "almost 5%", False),
        (5, 4.4, 1, "almost 5%", False),
        (20, 20.56, 1, "just over 20%", True),
        (20, 21.5, 1, "just over 20%", False),
        (20, 19.99, 1, "just over 20%", False),
        (20, 25.0, 1, "more than 20%", True),
        (20, 19.0, 1, "more than 20%", False),
        (600000, 604902, 10000, "about 600,000", True),
        (600000, 615000, 10000, "about 600,000", False),
    ],
)
def test_a_printed_figure_agrees_at_its_precision_and_in_its_words(
    stated: float, ours: float, precision: float, words: str, expected: bool
) -> None:
    assert agrees(stated, ours, precision, words) is expected


@pytest.mark.parametrize(
    ("changes", "verdict", "told"),
    [
        ({}, AGREES, ""),
        ({"stated_value": "4.3"}, DIFFERS, "Printed 0.10 per 100,000 above ours"),
        ({"stated_value": "5.3"}, LIMIT, "upper limit of the interval of Worcestershire"),
        ({"stated_value": "4.6"}, OTHER_PERIOD, "Worcestershire for 2019 to 2021, 4.6 per 100,000"),
        ({"stated_value": "6.6"}, DIFFERS, "The reason is not known"),
        ({"period": "2018-20"}, AGREES, ""),
        ({"period": "2012 to 2014"}, PRINTED, ""),
        ({"area_code": "E10000099"}, PRINTED, ""),
        ({"period": "2020 to 2022"}, LATER, ""),
        ({"indicator": "happiness"}, UNKNOWN, "key of the catalogue"),
    ],
)
def test_each_verdict(
    catalogue: Catalogue, changes: dict[str, Any], verdict: str, told: str
) -> None:
    rows = [observation(), observation(period="2019 to 2021", value=4.6, lower=3.7, upper=5.8)]
    result = check([claim(**changes)], rows, catalogue, year=2021)
    assert result["verdict"].tolist() == [verdict]
    assert told in result["note"].iloc[0]


def test_what_is_not_available_names_publisher_and_way(catalogue: Catalogue) -> None:
    result = check([claim()], [], catalogue)
    assert result["verdict"].tolist() == [PRINTED]
    assert result["how_to_add"].iloc[0] == catalogue.indicators["drug_misuse_rate"].how_to_add


def test_a_withheld_figure_is_not_available(catalogue: Catalogue) -> None:
    hidden = observation(value=None, lower=None, upper=None, status="unreliable")
    assert check([claim()], [hidden], catalogue)["verdict"].tolist() == [PRINTED]


def test_a_figure_that_only_a_document_prints_is_not_called_checked(catalogue: Catalogue) -> None:
    printed = observation(source="worcestershire_strategy")
    older = observation(period="2016 to 2018", value=4.4)
    row = check([claim()], [printed, older], catalogue).iloc[0]
    assert row["verdict"] == PRINTED
    assert "No publisher's figure is at hand" in row["note"]
    assert "4.4 per 100,000 for 2016 to 2018" in row["note"]
    assert pd.isna(row["difference"])


def test_comparators_get_their_own_rows(catalogue: Catalogue) -> None:
    england = {"area_code": "E92000001", "area_name": "England"}
    rows = [observation(), observation(value=5.0, lower=4.9, upper=5.1, **england)]
    changes = {
        "comparator_code": "E92000001;E12000005",
        "comparator_name": "England;West Midlands",
        "comparator_value": "5.3;5.1",
    }
    result = check([claim(**changes)], rows, catalogue)
    assert result["part"].tolist() == ["claim", "comparator", "comparator"]
    assert result["verdict"].tolist() == [AGREES, DIFFERS, PRINTED]
    assert result["area_name"].tolist() == ["Worcestershire", "England", "West Midlands"]
    assert result["difference"].iloc[1] == pytest.approx(0.3)
    assert "The reason is not known" in result["note"].iloc[1]


def test_a_count_of_several_years_is_their_sum(catalogue: Catalogue) -> None:
    years = [
        observation(
            indicator="drug_misuse_deaths", period=str(year), value=count, lower=None, upper=None
        )
        for year, count in ((2018, 20), (2019, 19), (2020, 30))
    ]
    deaths = claim(indicator="drug_misuse_deaths", stated_value="69", unit="deaths")
    assert check([deaths], years, catalogue)["verdict"].tolist() == [AGREES]
    assert check([deaths], years[:2], catalogue)["verdict"].tolist() == [PRINTED]


def test_the_first_indicator_that_is_not_only_printed_is_taken(catalogue: Catalogue) -> None:
    rows = [
        observation(
            indicator="alcohol_unmet_need",
            period="2020/21",
            value=70,
            source="worcestershire_strategy",
        ),
        observation(
            indicator="alcohol_unmet_need_published",
            period="2020/21",
            value=81.2,
            source="ohid_fingertips_93532",
        ),
    ]
    both = claim(
        indicator="alcohol_unmet_need;alcohol_unmet_need_published",
        period="2020/21",
        stated_value="81",
        unit="%",
    )
    row = check([both], rows, catalogue).iloc[0]
    assert (row["verdict"], row["source"]) == (AGREES, "ohid_fingertips_93532")


def test_totals_are_checked_by_adding_the_grants(catalogue: Catalogue) -> None:
    grants = [
        observation(
            indicator="grant_amount",
            period="2021/22",
            category=name,
            value=value,
            lower=None,
            upper=None,
            count=None,
            source="worcestershire_ospb_2023",
        )
        for name, value in (("A", 100.0), ("B", 50.0))
    ]
    total = claim(indicator="commissioning_expenditure", period="2021/22", unit="GBP")
    right = check([{**total, "stated_value": "150"}], grants, catalogue).iloc[0]
    assert right["verdict"] == PRINTED, "a sum of printed numbers is no publisher's figure"
    assert "It adds up with the 2 grants printed beside it: £150" in right["note"]
    wrong = check([{**total, "stated_value": "160"}], grants, catalogue).iloc[0]
    assert wrong["verdict"] == ARITHMETIC
    assert "The sum of the 2 grants printed beside it gives £150" in wrong["note"]


def test_words_are_understood() -> None:
    row = normalise(
        pd.DataFrame(
            [
                claim(
                    indicator="Residents of LSOAs in the most deprived 10%",
                    statistic="count",
                    stated_value="28,000",
                    period="IoD2019",
                    unit="people",
                    remark='stated as "almost 28,000"',
                )
            ]
        )
    ).iloc[0]
    assert row["indicator"] == "residents_most_deprived_10"
    assert (row["stated_value"], row["precision"]) == (28000, 1000)
    assert row["stated_as"] == "almost 28,000"
    assert row["period"] == "IoD2019"


def test_normalising_twice_changes_nothing() -> None:
    once = normalise(pd.DataFrame([claim(period="2018-20", unit="per 100000")]))
    pd.testing.assert_frame_equal(normalise(once), once)


def test_faults_of_claims_come_at_once() -> None:
    with pytest.raises(InvalidDataError) as caught:
        normalise(
            pd.DataFrame(
                [
                    claim(stated_value="many"),
                    claim(claim_id="X2", stated_value=""),
                    claim(claim_id="X3", comparator_code="E92000001", comparator_value="5.3%"),
                ]
            )
        )
    for told in ("claim X1", "claim X2", "claim X3, column comparator_value"):
        assert told in str(caught.value)
    with pytest.raises(InvalidDataError) as caught:
        normalise(pd.DataFrame([{"claim_id": "X1", "indicator": "x"}]))
    for name in ("area_code", "period", "stated_value"):
        assert f"'{name}' is missing" in str(caught.value)


def test_decimal_commas_of_a_document_are_not_numbers() -> None:
    """4,2 was read as 42, and comparators like it."""
    rows = [
        claim(stated_value="4,2"),
        claim(claim_id="X2", precision="0,1"),
        claim(claim_id="X3", precision="0"),
        claim(claim_id="X4", comparator_code="E92000001", comparator_value="5,3"),
        claim(claim_id="X5", comparator_code="E92000001", comparator_value="1,234"),
        claim(claim_id="X6", stated_value="12,345,678", statistic="count"),
        claim(claim_id="X7", stated_value="1_000"),
        claim(claim_id="X8", stated_value="nan"),
    ]
    with pytest.raises(InvalidDataError) as caught:
        normalise(pd.DataFrame(rows, index=range(2, 10)), "claims.csv")
    told = [(one.what, one.where) for one in caught.value.problems]
    assert told == [
        ("'4,2' is not a number.", "claims.csv, row 2, claim X1, column stated_value"),
        ("'0,1' is not a number above 0.", "claims.csv, row 3, claim X2, column precision"),
        ("'0' is not a number above 0.", "claims.csv, row 4, claim X3, column precision"),
        ("'5,3' is not a number.", "claims.csv, row 5, claim X4, column comparator_value"),
        ("'1_000' is not a number.", "claims.csv, row 8, claim X7, column stated_value"),
        ("'nan' is not a number.", "claims.csv, row 9, claim X8, column stated_value"),
    ]
    right = normalise(pd.DataFrame(rows[4:6]))
    assert right["stated_value"].tolist() == [4.2, 12345678.0]
    assert right["precision"].tolist() == [0.1, 1.0]


def test_a_claims_file_is_read_or_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError):
        read_claims(tmp_path / "none.csv")
    path = tmp_path / "claims.csv"
    pd.DataFrame([claim()]).to_csv(path, index=False)
    assert read_claims(path)["precision"].tolist() == [0.1]
    pd.DataFrame([claim(area_code=" e10000034")]).to_csv(path, index=False)
    assert read_claims(path)["area_code"].tolist() == ["E10000034"]
    pd.DataFrame([claim(), claim(stated_value="many")]).to_csv(path, index=False)
    with pytest.raises(
        InvalidDataError, match=r"claims\.csv, row 3, claim X1, column stated_value"
    ):
        read_claims(path)
    path.write_bytes("claim_id\n\xe9\n".encode("latin-1"))
    with pytest.raises(InvalidDataError, match="UTF-8"):
        read_claims(path)


# the worked example


@pytest.fixture(scope="module")
def checked(worcestershire: Assessment) -> pd.DataFrame:
    na = worcestershire
    return check_claims(na.claims, na)


def test_every_claim_of_the_strategy_gets_a_verdict(checked: pd.DataFrame) -> None:
    assert list(checked.columns) == list(COLUMNS)
    assert (checked["part"] == "claim").sum() == 44
    assert set(checked["verdict"]) <= {
        AGREES,
        DIFFERS,
        ROUNDING,
        UNIT_SLIP,
        OTHER_AREA,
        PRINTED,
        LATER,
    }


@pytest.mark.parametrize(
    ("claim_id", "verdict", "ours"),
    [
        ("C01", AGREES, "18 LSOAs"),
        ("C02", AGREES, "74 LSOAs"),
        ("C03", AGREES, "27,750 people"),
        ("C04", AGREES, "4.6%"),
        ("C05", AGREES, "20.6%"),
        ("C06", DIFFERS, "604,902 people"),
        ("C08", AGREES, "22.0%"),
        ("C09", DIFFERS, "13.2%"),
        ("C14", PRINTED, "2,298 people"),
        ("C16", DIFFERS, "5,291 people"),
        ("C17", AGREES, "1,029 people"),
        ("C18", DIFFERS, "4,262 people"),
        ("C19", AGREES, "80.6%"),
        ("C20", PRINTED, "81.0%"),
        ("C26", AGREES, "69 deaths"),
        ("C27", AGREES, "4.2 per 100,000"),
        ("C32", PRINTED, "47.2 per 100,000"),
        ("C33", UNIT_SLIP, "56.0 per 100,000"),
        ("C39", LATER, "51.70%"),
        ("C42", LATER, "£5,421,312"),
        ("C43", LATER, "£6,257,691"),
    ],
)
def test_verdicts_of_the_strategy(
    checked: pd.DataFrame, claim_id: str, verdict: str, ours: str
) -> None:
    row = checked[(checked["claim_id"] == claim_id) & (checked["part"] == "claim")].iloc[0]
    assert (row["verdict"], row["ours"]) == (verdict, ours)
    assert row["source"]


def test_englands_drug_misuse_rate_is_flagged(checked: pd.DataFrame) -> None:
    """The strategy prints 5.3; the Office for National Statistics publishes 5.0."""
    rows = checked[(checked["claim_id"] == "C27") & (checked["part"] == "comparator")]
    row = rows.iloc[0]
    assert (row["verdict"], row["stated_value"], row["our_value"]) == (OTHER_AREA, 5.3, 5.0)
    assert "the figure of West Midlands for 2018 to 2020, 5.3 per 100,000" in row["note"]
    assert row["source"] == "ons_drug_deaths"


def test_reasons_are_known_ones_and_have_units(checked: pd.DataFrame) -> None:
    """Another period with the same number is no reason; what is not known is said to be so."""
    notes = {(one.claim_id, one.part, one.area_name): one.note for one in checked.itertuples()}
    assert not any("is this number" in note for note in notes.values())
    gaps = checked[checked["verdict"] == DIFFERS]
    words = ("people", "percentage points", "per 100,000")
    assert all(any(f"{word} " in note for word in words) for note in gaps["note"])
    assert "The reason is not known." in notes["C19", "comparator", "England"]
    assert "cut, not rounded" in notes["C28", "comparator", "England"]
    assert "edition mid-2023" in notes["C09", "claim", "Malvern Hills"]
    assert all(note for key, note in notes.items() if key[0] in ("C09", "C39"))
    assert "needs fetch" not in notes["C39", "comparator", "England"]


def test_every_own_figure_has_an_indicator_a_method_and_a_trail(checked: pd.DataFrame) -> None:
    ours = checked[checked["ours"] != ""]
    for column in ("our_indicator", "our_formula", "our_method", "source", "source_row"):
        assert (ours[column] != "").all(), column


def test_an_index_that_is_not_at_hand_is_not_stood_in_for_by_another(
    worcestershire: Assessment,
) -> None:
    """There are 18 LSOAs by the index of 2019 and by that of 2025."""
    row = claim(indicator="lsoas_most_deprived_10", period="IoD2025", stated_value="18", unit="")
    (found,) = check_claims(pd.DataFrame([row]), worcestershire).to_dict("records")
    assert (found["verdict"], found["ours"]) == ("agrees", "18 LSOAs")
    without = dataclasses.replace(worcestershire, other_indices=())
    (found,) = check_claims(pd.DataFrame([row]), without).to_dict("records")
    # published after the reporting year, and no figure of it is at hand
    assert (found["verdict"], found["ours"]) == (LATER, "")
    assert "that of IoD2019 is 18 LSOAs" in found["note"]


def test_sums_of_grants_are_said_even_where_they_are_later(checked: pd.DataFrame) -> None:
    notes = checked.set_index("claim_id").loc[["C42", "C43"], "note"]
    assert all(
        "It adds up with the" in note and "grants printed beside it" in note for note in notes
    )


@pytest.mark.mirror
def test_the_claims_as_first_collected_get_the_same_verdicts(
    mirror: Path, checked: pd.DataFrame, worcestershire: Assessment
) -> None:
    """Words for indicators and the package's keys lead to the same figures."""
    path = mirror.parent / "strategy_claims.csv"
    if not path.is_file():
        pytest.skip("the collected claims are not at hand")
    na = worcestershire
    other = check_claims(read_claims(path), na)
    keys = ["claim_id", "part", "area_code"]
    both = other.merge(checked, on=keys, how="left", validate="one_to_one")
    apart = both[both["verdict_x"] != both["verdict_y"]]
    assert apart.empty, list(apart["claim_id"])
    assert len(other) >= 60
    slip = other[(other["claim_id"] == "C33") & (other["part"] == "claim")].iloc[0]
    assert slip["verdict"] == UNIT_SLIP
    for told in ("5,600 per 100,000", "more than any published value", "wrong by 100 times"):
        assert told in str(slip["note"])
