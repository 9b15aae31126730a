"""Derived indicators: the arithmetic, the denominators, and a status wherever there is no value."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from needs.catalogue import Catalogue, load
from needs.chapters.blocks import Cards, Prose
from needs.errors import InvalidDataError
from needs.figures import assessment, footprint
from needs.sources import schemas
from needs.sources.periods import parse
from needs.sources.written_numbers import age_range
from needs.tables.derive import derive, join_marks, join_texts
from needs.words.text import plain

AREA = "E10000034"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def observation(
    indicator: str, period: str, value: float | None = None, **other: Any
) -> dict[str, Any]:
    when = parse(period)
    return {
        "indicator": indicator,
        "area_code": AREA,
        "area_name": "Worcestershire",
        "period": when.label,
        "period_start": pd.Timestamp(when.start),
        "period_end": pd.Timestamp(when.end),
        "sex": "persons",
        "age": load().indicators[indicator].age,
        "category": "",
        "value": value,
        "lower": None,
        "upper": None,
        "count": None,
        "denominator": None,
        "status": "unavailable" if value is None else "shown",
        "marks": "",
        "method": "published",
        "source": "worcestershire_strategy",
        "source_row": f"{indicator} {period}",
        **other,
    }


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    return schemas.conform(pd.DataFrame(list(rows)), schemas.OBSERVATIONS)


def people(*totals: tuple[int, float], ages: tuple[int, int | None] = (0, None)) -> pd.DataFrame:
    rows = [
        {
            "area_code": AREA,
            "area_name": "Worcestershire",
            "year": year,
            "sex": "persons",
            "age_from": ages[0],
            "age_to": ages[1],
            "population": size,
            "edition": "mid-2023",
            "source_row": f"people.csv, line {year}",
        }
        for year, size in totals
    ]
    frame = pd.DataFrame(rows, columns=list(schemas.POPULATIONS.columns))
    return schemas.conform(frame, schemas.POPULATIONS)


def one(result: pd.DataFrame, indicator: str) -> pd.Series:
    rows = result[result["indicator"] == indicator]
    assert len(rows) == 1
    return rows.iloc[0]


# few events, in rates as published


@pytest.mark.parametrize(
    ("indicator", "count", "status", "marks"),
    [
        ("alcohol_specific_mortality", 9.99, "unreliable", ""),
        ("alcohol_specific_mortality", 10, "shown", "u"),
        ("alcohol_specific_mortality", 19.9, "shown", "u"),
        ("alcohol_specific_mortality", 20, "shown", ""),
        ("alcohol_specific_admissions", 12, "shown", "u"),
        ("alcohol_specific_admissions_under_18", 0, "shown", "u"),
        ("alcohol_specific_admissions_under_18", 19, "shown", "u"),
        ("alcohol_specific_admissions_under_18", 20, "shown", ""),
        ("drug_misuse_age_rate", 2, "unreliable", ""),
        ("drug_misuse_age_rate", 3, "shown", "u"),
        ("drug_poisoning_deaths", 12, "shown", ""),
        ("prison_continuity", 12, "shown", ""),
    ],
)
def test_rates_of_few_events_are_marked_in_every_source(
    catalogue: Catalogue, indicator: str, count: float, status: str, marks: str
) -> None:
    """Rutland's 7.7 from 10 deaths, of a publisher who marks nothing, is shown with [u]."""
    given = observation(indicator, "2021", 7.7, lower=3.7, upper=14.1, count=count)
    row = one(derive(table(given), people(), catalogue).query("indicator == @indicator"), indicator)
    assert (row["status"], row["marks"], row["count"]) == (status, marks, count)
    assert pd.isna(row["value"]) == pd.isna(row["lower"]) == (status == "unreliable")


def test_events_of_a_crude_rate_are_worked_out_from_its_population(catalogue: Catalogue) -> None:
    """39.6 per 100,000 of 48,000 are 19 admissions; a standardised rate does not tell them."""
    for size, marks in ((48_000, "u"), (50_500, "")):
        given = observation(
            "alcohol_specific_admissions_under_18", "2021", 39.6, denominator=size, marks="p"
        )
        row = derive(table(given), people(), catalogue).iloc[0]
        assert row["marks"] == join_marks("p", marks)
    given = observation("alcohol_specific_mortality", "2021", 7.7, denominator=117_000)
    assert derive(table(given), people(), catalogue).iloc[0]["marks"] == ""


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("indicator", "marked"),
    [
        ("alcohol_specific_mortality", 533),
        ("alcohol_related_mortality", 76),
        ("alcohol_specific_admissions_under_18", 144),
    ],
)
def test_every_published_rate_of_few_events_is_marked(
    national: Path, indicator: str, marked: int
) -> None:
    rows = pd.read_parquet(national / "observations.parquet")
    rows = rows[(rows["indicator"] == indicator) & (rows["status"] == "shown")]
    few = rows["marks"].str.contains("u")
    assert few.sum() == marked
    assert (rows.loc[few, "count"] < 20).all()
    assert not (rows.loc[~few, "count"] < 20).any()


@pytest.mark.mirror
def test_a_rate_of_ten_deaths_is_no_headline(national: Path) -> None:
    """Rutland's newest alcohol-specific rate is 7.7 from 10 deaths."""
    from needs.chapters.summary import picture

    na = assessment.load("Rutland", 2022, processed=national)
    figure = na.figure("alcohol_specific_mortality")
    assert (figure.text, figure.marks, figure.numerator) == ("7.7 per 100,000", ("u",), 10)
    found = picture(na)
    cards = [card.figure for one in found if isinstance(one, Cards) for card in one.items]
    assert cards and figure.id not in cards
    said = " ".join(plain(one.text) for one in found if isinstance(one, Prose))
    assert "alcohol-specific mortality" in said


# crude rates


def test_a_financial_year_takes_the_estimate_of_its_first_year(catalogue: Catalogue) -> None:
    admissions = table(observation("drug_poisoning_admissions", "2020/21", 283))
    made = derive(admissions, people((2020, 600_000), (2021, 1)), catalogue)
    row = one(made, "drug_poisoning_admissions_rate")
    assert row["value"] == pytest.approx(283 / 600_000 * 100_000, rel=1e-12)
    assert (row["count"], row["denominator"]) == (283, 600_000)
    assert row["lower"] < row["value"] < row["upper"]
    assert row["source"] == "worcestershire_strategy;ons_population"
    assert row["source_row"].endswith("; people.csv, line 2020")
    assert row["source_row"].startswith("drug_poisoning_admissions 2020/21; ")


def test_a_pooled_period_takes_the_sum_of_its_years(catalogue: Catalogue) -> None:
    deaths = table(observation("drug_misuse_rate", "2018 to 2020", 4.2, count=69))
    made = derive(deaths, people((2018, 100), (2019, 200), (2020, 300)), catalogue)
    row = one(made, "drug_misuse_crude_rate")
    assert row["denominator"] == 600
    assert row["value"] == pytest.approx(69 / 600 * 100_000, rel=1e-12)


def test_a_year_without_an_estimate_leaves_the_rate_unavailable(catalogue: Catalogue) -> None:
    deaths = table(observation("drug_misuse_rate", "2018 to 2020", 4.2, count=69))
    row = one(derive(deaths, people((2018, 100), (2020, 300)), catalogue), "drug_misuse_crude_rate")
    assert row["status"] == "unavailable"
    assert pd.isna(row["value"])
    assert pd.isna(row["lower"])
    assert row["count"] == 69
    assert row["source"] == "worcestershire_strategy"


@pytest.mark.parametrize(
    ("count", "status", "marks"),
    [
        (0, "unreliable", ""),
        (2, "unreliable", ""),
        (3, "shown", "u"),
        (19, "shown", "u"),
        (20, "shown", ""),
    ],
)
def test_few_deaths_have_no_rate_or_a_mark(
    catalogue: Catalogue, count: int, status: str, marks: str
) -> None:
    # the standardised rate is withheld, but its count makes the crude one
    deaths = table(
        observation("drug_misuse_rate", "2018 to 2020", count=count, status="unreliable")
    )
    made = derive(deaths, people((2018, 9e4), (2019, 9e4), (2020, 9e4)), catalogue)
    row = one(made, "drug_misuse_crude_rate")
    assert (row["status"], row["marks"]) == (status, marks)
    assert pd.isna(row["value"]) == (status != "shown")


def test_no_admissions_is_a_rate_of_zero_not_a_gap(catalogue: Catalogue) -> None:
    none = table(observation("drug_disorder_admissions", "2018/19", 0))
    row = one(derive(none, people((2018, 1000)), catalogue), "drug_disorder_admissions_rate")
    assert (row["status"], row["value"], row["lower"]) == ("shown", 0, 0)
    assert row["upper"] > 0


def test_a_suppressed_count_gives_a_suppressed_rate(catalogue: Catalogue) -> None:
    hidden = table(observation("drug_disorder_admissions", "2018/19", status="suppressed"))
    row = one(derive(hidden, people((2018, 1000)), catalogue), "drug_disorder_admissions_rate")
    assert row["status"] == "suppressed"
    assert pd.isna(row["value"])
    assert pd.isna(row["count"])


def test_other_ages_than_the_population_are_marked(catalogue: Catalogue) -> None:
    adults = table(observation("drug_poisoning_admissions", "2020/21", 283))
    assert adults["age"].iloc[0] == "18+"
    row = one(derive(adults, people((2020, 6e5)), catalogue), "drug_poisoning_admissions_rate")
    assert row["marks"] == "e"


def test_single_years_of_age_stand_in_for_a_missing_total(catalogue: Catalogue) -> None:
    bands = pd.concat([people((2018, 10), ages=(0, 17)), people((2018, 30), ages=(18, None))])
    counts = table(observation("drug_disorder_admissions", "2018/19", 4))
    row = one(derive(counts, bands, catalogue), "drug_disorder_admissions_rate")
    assert row["denominator"] == 40


def test_ages_with_a_gap_do_not_stand_in(catalogue: Catalogue) -> None:
    bands = pd.concat([people((2018, 10), ages=(0, 16)), people((2018, 30), ages=(18, None))])
    counts = table(observation("drug_disorder_admissions", "2018/19", 4))
    row = one(derive(counts, bands, catalogue), "drug_disorder_admissions_rate")
    assert row["status"] == "unavailable"


# unmet need


def test_unmet_need_carries_the_limits_of_prevalence(catalogue: Catalogue) -> None:
    made = derive(
        table(
            observation("alcohol_in_treatment", "2016/17", 1001),
            observation("alcohol_prevalence", "2016/17", 5000, lower=4000, upper=6250),
        ),
        people(),
        catalogue,
    )
    row = one(made, "alcohol_unmet_need")
    assert row["value"] == pytest.approx(100 * (1 - 1001 / 5000), rel=1e-12)
    assert row["lower"] == pytest.approx(100 * (1 - 1001 / 4000), rel=1e-12)
    assert row["upper"] == pytest.approx(100 * (1 - 1001 / 6250), rel=1e-12)
    # the numerator is those who are not in treatment, so that the parts give the value
    assert (row["count"], row["denominator"]) == (5000 - 1001, 5000)
    assert 100 * row["count"] / row["denominator"] == pytest.approx(row["value"], rel=1e-12)
    assert row["source_row"] == "alcohol_in_treatment 2016/17; alcohol_prevalence 2016/17"


def test_a_rounded_count_widens_the_limits(catalogue: Catalogue) -> None:
    made = derive(
        table(
            observation("alcohol_in_treatment", "2016/17", 1000, source="sdg_3_5_1"),
            observation("alcohol_prevalence", "2016/17", 5000, lower=4000, upper=6250),
        ),
        people(),
        catalogue,
    )
    row = one(made, "alcohol_unmet_need")
    assert catalogue.sources["sdg_3_5_1"].disclosure.rounding_base == 5
    assert row["lower"] == pytest.approx(100 * (1 - 1002.5 / 4000), rel=1e-12)
    assert row["upper"] == pytest.approx(100 * (1 - 997.5 / 6250), rel=1e-12)


def widened(catalogue: Catalogue, period: str, treated: float, **place: str) -> bool:
    """Whether rounding widens the limits of unmet need beyond 75%."""
    made = derive(
        table(
            observation("alcohol_in_treatment", period, treated, source="sdg_3_5_1", **place),
            observation("alcohol_prevalence", period, 4 * treated, **place)
            | {"lower": 4 * treated, "upper": 4 * treated},
        ),
        people(),
        catalogue,
    )
    row = one(made, "alcohol_unmet_need")
    assert (row["lower"] == pytest.approx(75, rel=1e-12)) == (
        row["upper"] == pytest.approx(75, rel=1e-12)
    )
    return bool(row["lower"] != pytest.approx(75, rel=1e-12))


ENGLAND = {"area_code": "E92000001", "area_name": "England"}


def test_what_the_source_declares_exact_is_not_widened(catalogue: Catalogue) -> None:
    assert widened(catalogue, "2017/18", 905)
    assert not widened(catalogue, "2018/19", 1030)
    # England's exact count is a multiple of 5 by chance in 2014/15
    assert not widened(catalogue, "2014/15", 117_235, **ENGLAND)
    assert not widened(catalogue, "2017/18", 1001)


def test_counts_that_exist_only_rounded_carry_the_bound(catalogue: Catalogue) -> None:
    """Cornwall, Bournemouth and Dorset 2018/19: T ± 2.5."""
    for code, treated in (("E06000052", 1720), ("E06000028", 430), ("E10000009", 935)):
        place = {"area_code": code, "area_name": code}
        made = derive(
            table(
                observation(
                    "alcohol_in_treatment", "2018/19", treated, source="sdg_3_5_1", **place
                ),
                observation(
                    "alcohol_prevalence", "2018/19", 8000, lower=6400, upper=10_000, **place
                ),
            ),
            people(),
            catalogue,
        )
        row = one(made, "alcohol_unmet_need")
        assert row["value"] == pytest.approx(100 * (1 - treated / 8000), rel=1e-12)
        assert row["lower"] == pytest.approx(100 * (1 - (treated + 2.5) / 6400), rel=1e-12)
        assert row["upper"] == pytest.approx(100 * (1 - (treated - 2.5) / 10_000), rel=1e-12)
    # Cornwall: 1 - 1722.5 / 6400 and 1 - 1717.5 / 10000
    assert catalogue.rounding(1720, "E06000052", "2018/19", ["sdg_3_5_1"]) == 5
    assert not widened(catalogue, "2018/19", 960, area_code="E10000008")  # Devon's exact count


def test_a_share_with_its_counts_is_given_limits(catalogue: Catalogue) -> None:
    """699 of 4,717 assessments (R: DescTools::BinomCI, method wilson)."""
    share = {"count": 699, "denominator": 4717, "source": "dfe_children_in_need"}
    made = derive(
        table(observation("parental_drug_misuse", "2021/22", 100 * 699 / 4717, **share)),
        people((2021, 600_000)),
        catalogue,
    )
    own = one(made, "parental_drug_misuse")
    assert own["lower"] == pytest.approx(13.833482, abs=1e-6)
    assert own["upper"] == pytest.approx(15.861255, abs=1e-6)
    printed = share | {"lower": 14.0, "upper": 15.5}
    made = derive(
        table(observation("parental_drug_misuse", "2021/22", 14.8, **printed)),
        people((2021, 600_000)),
        catalogue,
    )
    assert one(made, "parental_drug_misuse")[["lower", "upper"]].tolist() == [14.0, 15.5]


def test_the_bound_of_a_footprint_is_that_of_its_members(catalogue: Catalogue) -> None:
    """Cornwall with Devon, 2018/19: one count of the two was rounded."""
    codes = ["E06000052", "E10000008"]
    rows = []
    for code, treated in zip(codes, (1720, 960), strict=True):
        place = {"area_code": code, "area_name": code}
        rows += [
            observation("alcohol_in_treatment", "2018/19", treated, source="sdg_3_5_1", **place)
            | {"count": treated},
            observation("alcohol_prevalence", "2018/19", 8000, lower=6400, upper=10_000, **place)
            | {"count": 8000},
        ]
    made = footprint.join_observations(table(*rows), people(), codes, "Both", catalogue)
    row = one(made, "alcohol_unmet_need")
    assert row["lower"] == pytest.approx(100 * (1 - (2680 + 2.5) / 12_800), rel=1e-12)
    assert row["upper"] == pytest.approx(100 * (1 - (2680 - 2.5) / 20_000), rel=1e-12)
    assert one(made, "alcohol_prevalence")["method"] == footprint.JOINED


def test_other_areas_of_the_period_do_not_decide(catalogue: Catalogue) -> None:
    """Worcestershire 2017/18: England's count of that year is exact, the authority's is not."""
    made = derive(
        table(
            observation("alcohol_in_treatment", "2017/18", 905, source="sdg_3_5_1"),
            observation("alcohol_in_treatment", "2017/18", 103_471, source="sdg_3_5_1", **ENGLAND),
            observation("alcohol_prevalence", "2017/18", 5156, lower=3960, upper=6956),
        ),
        people(),
        catalogue,
    )
    row = made[(made["indicator"] == "alcohol_unmet_need") & (made["area_code"] == AREA)].iloc[0]
    assert row["lower"] == pytest.approx(77.0833, abs=5e-5)
    assert row["upper"] == pytest.approx(87.0256, abs=5e-5)


def test_the_mean_of_three_years_takes_the_mean_of_their_limits(catalogue: Catalogue) -> None:
    """Worcestershire 2018/19: the interval is that of the publisher's own indicator, 93532."""
    made = derive(
        table(
            observation("alcohol_in_treatment", "2018/19", 1029),
            observation("alcohol_prevalence", "2015/16", 5485, lower=4428, upper=7073),
            observation("alcohol_prevalence", "2016/17", 5231, lower=4037, upper=6849),
            observation("alcohol_prevalence", "2017/18", 5156, lower=3960, upper=6956),
            observation("alcohol_prevalence", "2018/19", 5290.666667),
        ),
        people(),
        catalogue,
    )
    row = made[(made["indicator"] == "alcohol_unmet_need") & (made["period"] == "2018/19")].iloc[0]
    assert row["value"] == pytest.approx(80.55065524, abs=1e-6)
    assert row["lower"] == pytest.approx(75.15492958, abs=1e-6)
    assert row["upper"] == pytest.approx(85.21410097, abs=1e-6)
    assert row["marks"] == "e"
    assert "alcohol_prevalence 2015/16" in row["source_row"]


def test_an_estimate_of_its_own_gets_no_limits_of_others(catalogue: Catalogue) -> None:
    made = derive(
        table(
            observation("alcohol_in_treatment", "2018/19", 1029),
            observation("alcohol_prevalence", "2015/16", 5485, lower=4428, upper=7073),
            observation("alcohol_prevalence", "2016/17", 5231, lower=4037, upper=6849),
            observation("alcohol_prevalence", "2017/18", 5156, lower=3960, upper=6956),
            observation("alcohol_prevalence", "2018/19", 5321),
        ),
        people(),
        catalogue,
    )
    row = made[(made["indicator"] == "alcohol_unmet_need") & (made["period"] == "2018/19")].iloc[0]
    assert row["status"] == "shown"
    assert pd.isna(row["lower"])
    assert row["marks"] == ""


def test_other_ages_of_treatment_and_prevalence_are_marked(catalogue: Catalogue) -> None:
    made = derive(
        table(
            observation("alcohol_in_treatment", "2016/17", 1001, age="18+"),
            observation("alcohol_prevalence", "2016/17", 5000, age="16+"),
        ),
        people(),
        catalogue,
    )
    assert one(made, "alcohol_unmet_need")["marks"] == "e"


def test_more_treated_than_prevalence_is_shown_not_hidden(catalogue: Catalogue) -> None:
    made = derive(
        table(
            observation("alcohol_in_treatment", "2016/17", 1001),
            observation("alcohol_prevalence", "2016/17", 1100, lower=900, upper=1300),
        ),
        people(),
        catalogue,
    )
    row = one(made, "alcohol_unmet_need")
    assert row["lower"] < 0 < row["value"]
    assert row["status"] == "shown"


def test_more_treated_than_estimated_is_less_than_none_unmet(catalogue: Catalogue) -> None:
    made = derive(
        table(
            observation("alcohol_in_treatment", "2016/17", 1201),
            observation("alcohol_prevalence", "2016/17", 1100, lower=900, upper=1300),
        ),
        people(),
        catalogue,
    )
    row = one(made, "alcohol_unmet_need")
    assert row["value"] < 0
    assert row["count"] == -101
    assert schemas.problems(made, schemas.OBSERVATIONS, "derived") == []


@pytest.mark.parametrize("missing", ["alcohol_in_treatment", "alcohol_prevalence"])
def test_one_input_alone_gives_a_row_without_a_value(catalogue: Catalogue, missing: str) -> None:
    inputs = {"alcohol_in_treatment": 1001.0, "alcohol_prevalence": 5000.0}
    del inputs[missing]
    rows = [observation(key, "2016/17", value) for key, value in inputs.items()]
    row = one(derive(table(*rows), people(), catalogue), "alcohol_unmet_need")
    assert row["status"] == "unavailable"
    assert pd.isna(row["value"])


# published shares, and what replaces what


def test_a_published_share_stays_as_published(catalogue: Catalogue) -> None:
    share = observation(
        "ocu_unmet_need",
        "2019/20",
        53.25069567,
        lower=38.85856079,
        upper=63.05108467,
        count=1403.333333,
        denominator=2635,
    )
    row = one(derive(table(share), people(), catalogue), "ocu_unmet_need")
    assert (row["value"], row["lower"], row["upper"]) == (53.25069567, 38.85856079, 63.05108467)
    assert (row["method"], row["marks"]) == ("published", "e")


def test_a_computed_value_replaces_a_printed_one(catalogue: Catalogue) -> None:
    rows = table(
        observation("drug_poisoning_admissions", "2020/21", 283),
        observation("drug_poisoning_admissions_rate", "2020/21", 47),
    )
    row = one(derive(rows, people((2020, 600_000)), catalogue), "drug_poisoning_admissions_rate")
    assert row["value"] == pytest.approx(47.1667, abs=1e-4)
    assert row["method"] == "crude_rate"


def test_a_printed_value_stays_where_none_can_be_computed(catalogue: Catalogue) -> None:
    rows = table(
        observation("drug_poisoning_admissions", "2020/21", 283),
        observation("drug_poisoning_admissions_rate", "2020/21", 47),
    )
    row = one(derive(rows, people((2019, 600_000)), catalogue), "drug_poisoning_admissions_rate")
    assert (row["value"], row["method"]) == (47, "published")


def test_deriving_twice_changes_nothing(catalogue: Catalogue) -> None:
    rows = table(
        observation("drug_poisoning_admissions", "2020/21", 283),
        observation("drug_misuse_rate", "2018 to 2020", 4.2, count=69),
        observation("alcohol_in_treatment", "2018/19", 1029),
        observation("alcohol_prevalence", "2018/19", 5321),
        observation("ocu_unmet_need", "2019/20", 53.25069567, count=1403.333333, denominator=2635),
    )
    sizes = people((2018, 6e5), (2019, 6e5), (2020, 6e5))
    once = derive(rows, sizes, catalogue)
    pd.testing.assert_frame_equal(derive(once, sizes, catalogue), once)
    assert len(once) == len(rows) + 3


def test_the_input_is_left_as_it_was(catalogue: Catalogue) -> None:
    rows = table(observation("ocu_unmet_need", "2019/20", 53.25, count=1403.3, denominator=2635))
    before = rows.copy()
    derive(rows, people(), catalogue)
    pd.testing.assert_frame_equal(rows, before)


def test_the_result_keeps_the_schema(catalogue: Catalogue) -> None:
    rows = table(
        observation("drug_poisoning_admissions", "2020/21", 283),
        observation("alcohol_prevalence", "2018/19", 5321),
    )
    made = derive(rows, people((2020, 6e5)), catalogue)
    assert schemas.problems(made, schemas.OBSERVATIONS, "derived") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("all ages", (0, None)), ("18+", (18, None)), ("15-24", (15, 24)), ("under 18", (0, 17))],
)
def test_age_ranges(text: str, expected: tuple[int, int | None]) -> None:
    assert age_range(text) == expected


def test_marks_and_texts_are_joined_once() -> None:
    assert join_marks("p", None, "up") == "up"
    assert join_texts("a; b", None, "b", "c", by="; ") == "a; b; c"


# the publishers' own figures


@pytest.mark.mirror
def test_derived_unmet_need_is_the_published_one(national: Path) -> None:
    """Indicator 93532 publishes for 2018/19 what we derive from treatment and prevalence."""
    rows = pd.read_parquet(national / "observations.parquet")
    rows = rows[rows["period"] == "2018/19"]
    own = rows[rows["indicator"] == "alcohol_unmet_need"].set_index("area_code")
    published = rows[rows["indicator"] == "alcohol_unmet_need_published"].set_index("area_code")
    assert AREA in published.index
    for part in ("value", "lower", "upper"):
        expected = published[part]
        assert own.loc[expected.index, part].to_numpy() == pytest.approx(
            expected.to_numpy(), abs=1e-4
        )


@pytest.mark.mirror
def test_rounding_of_every_authority_is_in_its_limits(national: Path, mirror: Path) -> None:
    """Limits of unmet need from the publishers' own files, without our readers."""
    folder = mirror / "ndtms_and_dependence"
    rows = pd.read_csv(next(folder.glob("ons_sdg_indicator_3-5-1*.csv")))
    rows = rows[rows["Series"].eq("Alcohol - People in treatment")]
    rows = rows[rows["Deprivation decile"].isna() & rows["Local Authority"].notna()]
    treated = rows.groupby(["Local Authority", "Year"])["Value"].first()
    need = pd.read_csv(next(folder.glob("Estimates_of_Alcohol_Dependent_Adults*.csv")))
    need = need.set_index(["Area_Code_GSS", "Year"])
    own = pd.read_parquet(national / "observations.parquet")
    own = own[own["indicator"].eq("alcohol_unmet_need") & own["status"].eq("shown")]
    checked = 0
    for row in own.dropna(subset=["lower"]).itertuples():
        known = (row.area_name, row.period) in treated.index
        if not known or (row.area_code, row.period) not in need.index:
            continue
        people_treated = treated[row.area_name, row.period]
        assert people_treated % 5 == 0
        low, high = need.loc[
            (row.area_code, row.period), ["Alcohol_lower_CI", "Alcohol_upper_CI"]
        ].astype(float)
        assert row.lower == pytest.approx(100 * (1 - (people_treated + 2.5) / low), rel=1e-9)
        assert row.upper == pytest.approx(100 * (1 - (people_treated - 2.5) / high), rel=1e-9)
        checked += 1
    assert checked > 400
    # exact counts: 2018/19 and England
    england = own[own["area_code"].eq("E92000001") & own["period"].eq("2017/18")].iloc[0]
    low, high = need.loc[("E92000001", "2017/18"), ["Alcohol_lower_CI", "Alcohol_upper_CI"]]
    assert england["lower"] == pytest.approx(100 * (1 - 103_471 / float(low)), rel=1e-9)
    assert england["upper"] == pytest.approx(100 * (1 - 103_471 / float(high)), rel=1e-9)
    made = own[own["period"].eq("2018/19")].dropna(subset=["lower"])
    inputs = pd.read_parquet(national / "observations.parquet")
    inputs = inputs[inputs["period"].eq("2018/19") & inputs["indicator"].eq("alcohol_prevalence")]
    inputs = inputs[inputs["category"].eq("")]
    both = made.merge(inputs, on="area_code", suffixes=("", "_p"))
    people_treated = both["denominator"] - both["count"]
    assert len(both) > 140
    for mine, theirs in (("lower", "lower_p"), ("upper", "upper_p")):
        expected = 100 * (1 - people_treated / both[theirs])
        assert both[mine].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-9)


@pytest.mark.mirror
@pytest.mark.parametrize(
    "key", ["ocu_unmet_need", "alcohol_unmet_need_published", "alcohol_unmet_need"]
)
def test_published_shares_are_those_of_their_people(national: Path, key: str) -> None:
    """The publisher rounds some denominators to whole people: half a person either way."""
    rows = pd.read_parquet(national / "observations.parquet")
    rows = rows[rows["indicator"] == key].dropna(subset=["count", "denominator"])
    assert len(rows) > 10
    low = 100 * rows["count"] / (rows["denominator"] + 0.5)
    high = 100 * (rows["count"] + 0.5) / (rows["denominator"] - 0.5)
    assert rows["value"].between(low, high).all()


@pytest.mark.mirror
def test_drug_misuse_deaths_of_worcestershire(national: Path) -> None:
    """Published: 69 deaths in 2018 to 2020, 4.2 per 100,000 (3.3 to 5.3)."""
    rows = pd.read_parquet(national / "observations.parquet")
    rows = rows[(rows["area_code"] == AREA) & (rows["sex"] == "persons")]
    rows = rows[rows["period"] == "2018 to 2020"].set_index("indicator")
    rate = rows.loc["drug_misuse_rate"]
    assert (rate["value"], rate["lower"], rate["upper"], rate["count"]) == (4.2, 3.3, 5.3, 69)
    crude = rows.loc["drug_misuse_crude_rate"]
    assert crude["value"] == pytest.approx(1e5 * 69 / crude["denominator"], rel=1e-12)
    assert crude["lower"] < rate["value"] < crude["upper"]


# regions, from their authorities


def places(*rows: tuple[str, str, str, str | None, str | None]) -> pd.DataFrame:
    """Areas: code, kind, region, first and last day."""
    frame = pd.DataFrame(
        [
            {
                "code": code,
                "name": f"Area {code}",
                "kind": kind,
                "region_code": region or None,
                "upper_code": code if kind == "upper tier" else None,
                "valid_from": pd.Timestamp(begun) if begun else pd.NaT,
                "valid_to": pd.Timestamp(ended) if ended else pd.NaT,
                "successor": None,
            }
            for code, kind, region, begun, ended in rows
        ]
    )
    return schemas.conform(frame, schemas.AREAS)


WEST = "E12000009"
AREAS = places(
    ("E92000001", "country", "", None, None),
    (WEST, "region", "", None, None),
    ("E06000052", "upper tier", WEST, None, None),
    ("E06000053", "upper tier", WEST, None, None),
    ("E10000034", "upper tier", WEST, None, None),
    ("E10000009", "upper tier", WEST, None, "2019-03-31"),
    ("E06000059", "upper tier", WEST, "2019-04-01", None),
)

MEMBERS = {"E06000052": (400, 2000), "E10000034": (1030, 5291), "E10000009": (205, 1000)}


def alcohol(
    members: dict[str, tuple[float, float]], period: str = "2017/18", **other: Any
) -> list[dict[str, Any]]:
    """Treated people, from a source that rounds to 5, and prevalence with limits of each area."""
    rows = []
    for code, (treated, people) in members.items():
        place = {"area_code": code, "source_row": f"{code}.csv, line 2", **other}
        rows.append(
            observation("alcohol_in_treatment", period, treated, source="sdg_3_5_1", **place)
        )
        limits = {"lower": people * 0.8, "upper": people * 1.5}
        rows.append(observation("alcohol_prevalence", period, people, **limits, **place))
    return rows


def region_row(rows: list[dict[str, Any]], catalogue: Catalogue, code: str = WEST) -> pd.DataFrame:
    made = derive(table(*rows), people(), catalogue, AREAS)
    return made[(made["indicator"] == "alcohol_unmet_need") & (made["area_code"] == code)]


def test_a_region_is_formed_from_all_its_authorities(catalogue: Catalogue) -> None:
    (row,) = region_row(alcohol(MEMBERS), catalogue).to_dict("records")
    treated, need = 400 + 1030 + 205, 2000 + 5291 + 1000
    assert row["value"] == pytest.approx(100 * (1 - treated / need))
    # fully dependent: limits are added; and each member's count is rounded on its own
    assert row["lower"] == pytest.approx(100 * (1 - (treated + 3 * 2.5) / (0.8 * need)))
    assert row["upper"] == pytest.approx(100 * (1 - (treated - 3 * 2.5) / (1.5 * need)))
    assert (row["count"], row["denominator"]) == (need - treated, need)
    assert (row["method"], row["area_name"]) == ("unmet_need", f"Area {WEST}")
    assert row["source_row"].startswith("added up over 3 authorities; ")
    assert all(f"{code}.csv, line 2" in row["source_row"] for code in MEMBERS)


def test_the_sums_of_a_region_are_observations_of_their_own(catalogue: Catalogue) -> None:
    made = derive(table(*alcohol(MEMBERS)), people(), catalogue, AREAS)
    own = made[made["area_code"] == WEST].set_index("indicator")
    treated, need = own.loc["alcohol_in_treatment"], own.loc["alcohol_prevalence"]
    assert (treated["value"], treated["count"], treated["method"]) == (1635, 1635, "added up")
    assert (need["value"], need["lower"], need["upper"]) == pytest.approx(
        (8291, 0.8 * 8291, 1.5 * 8291)
    )
    assert need["source_row"].startswith("added up over 3 authorities; ")
    # unmet need is made of just these
    unmet = own.loc["alcohol_unmet_need"]
    assert unmet["denominator"] == need["value"]
    assert unmet["denominator"] - unmet["count"] == treated["value"]
    assert schemas.problems(made, schemas.OBSERVATIONS, "derived") == []


def test_deriving_again_does_not_forget_how_many_were_added(catalogue: Catalogue) -> None:
    once = derive(table(*alcohol(MEMBERS)), people(), catalogue, AREAS)
    pd.testing.assert_frame_equal(derive(once, people(), catalogue, AREAS), once)


def test_each_member_of_a_footprint_may_have_been_rounded(catalogue: Catalogue) -> None:
    rows = table(*alcohol({AREA: (1635, 8291)}))
    rounding = {("alcohol_in_treatment", "2017/18", "persons"): 3 * 5.0}
    row = one(derive(rows, people(), catalogue, rounding=rounding), "alcohol_unmet_need")
    assert row["lower"] == pytest.approx(100 * (1 - (1635 + 3 * 2.5) / (0.8 * 8291)))
    assert row["upper"] == pytest.approx(100 * (1 - (1635 - 3 * 2.5) / (1.5 * 8291)))


@pytest.mark.parametrize("code", list(MEMBERS))
def test_a_region_that_lacks_an_authority_is_not_formed(catalogue: Catalogue, code: str) -> None:
    fewer = {key: value for key, value in MEMBERS.items() if key != code}
    assert region_row(alcohol(fewer), catalogue).empty
    other = "alcohol_prevalence"
    rows = [
        row
        for row in alcohol(MEMBERS)
        if not (row["area_code"] == code and row["indicator"] == other)
    ]
    assert region_row(rows, catalogue).empty


def test_an_authority_that_ended_is_no_member_later(catalogue: Catalogue) -> None:
    assert region_row(alcohol(MEMBERS, "2019/20"), catalogue).empty
    heirs = {key: value for key, value in MEMBERS.items() if key != "E10000009"}
    heirs["E06000059"] = (210, 1010)
    (row,) = region_row(alcohol(heirs, "2019/20"), catalogue).to_dict("records")
    assert row["denominator"] - row["count"] == 400 + 1030 + 210


def test_an_authority_counted_with_another_is_added_where_it_has_a_figure(
    catalogue: Catalogue,
) -> None:
    own = alcohol({**MEMBERS, "E06000053": (5, 20)})
    assert region_row(own, catalogue)["count"].tolist() == [8311 - 1640]
    # its own figure cannot stand for the one that it is counted with
    without = alcohol(dict.fromkeys(("E06000053", "E10000034", "E10000009"), (5.0, 20.0)))
    assert region_row(without, catalogue).empty


def test_a_publishers_own_figure_of_a_region_is_kept(catalogue: Catalogue) -> None:
    given = observation("alcohol_unmet_need", "2017/18", 77.7, area_code=WEST, area_name="West")
    (row,) = region_row([*alcohol(MEMBERS), given], catalogue).to_dict("records")
    assert (row["value"], row["method"]) == (77.7, "published")
    inputs = alcohol({**MEMBERS, WEST: (2000, 9000)})  # or its own counts
    (row,) = region_row(inputs, catalogue).to_dict("records")
    assert row["value"] == pytest.approx(100 * (1 - 2000 / 9000))


def test_england_is_formed_only_where_it_is_not_published(catalogue: Catalogue) -> None:
    england = "E92000001"
    (row,) = region_row(alcohol(MEMBERS), catalogue, england).to_dict("records")
    assert row["count"] == 8291 - 1635
    both = alcohol({**MEMBERS, england: (9000, 30_000)})
    (row,) = region_row(both, catalogue, england).to_dict("records")
    assert row["count"] == 21_000


def test_a_suppressed_count_is_not_added(catalogue: Catalogue) -> None:
    rows = alcohol(MEMBERS)
    rows[0] |= {"value": None, "count": None, "status": "suppressed"}
    assert region_row(rows, catalogue).empty


@pytest.mark.mirror
def test_regions_add_up_to_the_publishers_england(national: Path) -> None:
    rows = pd.read_parquet(national / "observations.parquet")
    rows = rows[rows["indicator"] == "alcohol_unmet_need"]
    regions = rows[rows["area_code"].str.startswith("E12")]
    whole = regions.groupby("period").filter(lambda group: len(group) == 9)
    assert set(whole["period"]) >= {"2015/16", "2016/17", "2017/18"}
    england = rows[rows["area_code"] == "E92000001"].set_index("period")
    for period, group in whole.groupby("period"):
        published = england.loc[period]
        # members' counts are rounded to 5 each
        treated = (group["denominator"] - group["count"]).sum()
        expected = published["denominator"] - published["count"]
        assert treated == pytest.approx(expected, abs=152 * 2.5)
        assert group["denominator"].sum() == pytest.approx(published["denominator"], abs=20)
        value = 100 * group["count"].sum() / group["denominator"].sum()
        assert value == pytest.approx(published["value"], abs=0.05)
    # the source lacks three authorities of the South West there
    assert "South West" not in set(regions.loc[regions["period"] == "2018/19", "area_name"])
    assert "West Midlands" in set(regions.loc[regions["period"] == "2018/19", "area_name"])


@pytest.mark.mirror
def test_a_fault_of_a_calculation_names_the_rows_that_it_was_made_from(national):
    """Not "row 1207" of a table that nobody has."""
    rows = pd.read_parquet(national / "observations.parquet")
    rows = rows[rows["area_code"] == "E10000034"].reset_index(drop=True)
    wrong = rows["indicator"].eq("alcohol_prevalence") & rows["period"].eq("2017/18")
    assert wrong.sum() == 1
    rows.loc[wrong, "lower"] = rows.loc[wrong, "upper"] + 1
    people = pd.read_parquet(national / "populations.parquet")
    with pytest.raises(InvalidDataError) as caught:
        derive(rows, people[people["area_code"] == "E10000034"], load())
    (said,) = caught.value.problems
    assert "do not enclose" in said.what
    assert re.search(r"Estimates_of_Alcohol_Dependent\S+\.csv, line \d+", said.where)


def _spent(code: str, period: str, value: float, status: str = "shown") -> dict[str, object]:
    first = int(period[:4])
    return {
        "indicator": "adult_services_spending", "area_code": code, "area_name": code,
        "period": period, "period_start": pd.Timestamp(first, 4, 1),
        "period_end": pd.Timestamp(first + 1, 3, 31), "sex": "persons", "age": "18+",
        "category": "", "value": value, "lower": None, "upper": None, "count": value,
        "denominator": None, "status": status, "marks": "", "verdict": "", "method": "published",
        "source": "mhclg_revenue_outturn", "source_row": "a.ods, S, row 9",
    }  # fmt: skip


def test_amounts_per_head_have_no_interval_and_an_older_population_is_marked() -> None:
    rows = [_spent("E10000034", "2023/24", 1000.0), _spent("E10000034", "2025/26", 1000.0)]
    rows += [_spent("E10000034", "2024/25", 500.0), _spent("E10000034", "2026/27", 500.0)]
    spent = schemas.conform(pd.DataFrame(rows), schemas.OBSERVATIONS)
    people = pd.DataFrame(
        {
            "area_code": ["E10000034"], "area_name": ["Worcestershire"], "year": [2023],
            "sex": ["persons"], "age_from": [18], "age_to": [None], "population": [100.0],
            "edition": ["mid-2023"], "source_row": ["p.xlsx, S, row 3"],
        }
    )  # fmt: skip
    made = derive(spent, schemas.conform(people, schemas.POPULATIONS), load())
    made = made[made["indicator"] == "adult_services_spending_per_adult"].set_index("period")
    assert made.loc[["2023/24", "2024/25", "2025/26"], "value"].tolist() == [10, 5, 10]
    assert made["lower"].isna().all()
    assert made["marks"].to_dict() == {"2023/24": "", "2024/25": "e", "2025/26": "e", "2026/27": ""}
    # three years are too many
    assert made.loc["2026/27", "status"] == "unavailable"
    assert "p.xlsx" in made.loc["2024/25", "source_row"]
