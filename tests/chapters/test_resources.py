"""Grants and spending: what comes in is added up, what goes out stands beside it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd

from needs.chapters import absent, annex, resources
from needs.chapters.analysis import opened
from needs.chapters.blocks import Blocks, Chart, Notice, Prose, Table, all_tables
from needs.figures import assessment
from needs.figures.assessment import Assessment
from needs.words.text import plain


def with_amounts(na: Assessment, *amounts: tuple[str, str, str, float | None]) -> Assessment:
    """An assessment with these amounts alone: indicator, period, category, pounds."""
    model = na.later[na.later["indicator"] == "grant_amount"].iloc[0]
    rows = [
        {
            **model.to_dict(),
            "indicator": key,
            "period": period,
            "period_start": pd.Timestamp(int(period[:4]), 4, 1),
            "period_end": pd.Timestamp(int(period[:4]) + 1, 3, 31),
            "category": category,
            "value": value,
            "status": "unavailable" if value is None else "shown",
            "marks": "",
        }
        for key, period, category, value in amounts
    ]
    table = pd.DataFrame(rows, columns=na.observations.columns)
    table = table.astype(na.observations.dtypes.to_dict())
    own = na.observations["indicator"].isin(["grant_amount", "commissioning_expenditure"])
    observations = pd.concat([na.observations[~own], table], ignore_index=True)
    return dataclasses.replace(na, observations=observations, later=na.later.iloc[:0])


def spending(na: Assessment) -> Blocks:
    amounts = opened(na)
    return resources.spending(amounts["grant_amount"], amounts["commissioning_expenditure"])


def table_of(shown: Blocks) -> Table:
    charts = [one.table for one in shown if isinstance(one, Chart)]
    return next(iter(one for one in (*charts, *shown) if isinstance(one, Table)))


def lines(shown: Blocks) -> dict[str, list[str]]:
    return {row[0].text: [cell.text for cell in row[1:]] for row in table_of(shown).rows}


def test_spending_is_not_the_sum_of_the_grants(worcestershire: Assessment) -> None:
    na = with_amounts(
        worcestershire,
        ("grant_amount", "2021/22", "Public health grant", 27_000_000),
        ("grant_amount", "2021/22", "Detox grant", 78_631),
        ("commissioning_expenditure", "2021/22", "", 6_500_000),
    )
    shown = spending(na)
    chart = next(one for one in shown if isinstance(one, Chart))
    assert plain(chart.headline) == "Grants came to £27,078,631 in 2021/22"
    assert "27,078,631" in chart.alt and "6,500,000" not in chart.alt
    assert lines(shown) == {
        "Public health grant": ["27,000,000"],
        "Detox grant": ["78,631"],
        "Total of these grants": ["27,078,631"],
        "Spending": ["6,500,000"],
    }
    said = [plain(one.text) for one in shown if isinstance(one, Prose)]
    assert said == ["Spending on drug and alcohol services: £6,500,000 in 2021/22."]
    total = next(one for one in chart.figures if one.indicator == "grants_total")
    assert total.source_rows and total.formula == "sum of the grants listed for the year"


def test_a_year_with_a_grant_that_is_not_shown_has_no_total(worcestershire: Assessment) -> None:
    na = with_amounts(
        worcestershire,
        ("grant_amount", "2020/21", "A", 100.0),
        ("grant_amount", "2021/22", "A", 120.0),
        ("grant_amount", "2021/22", "B", None),
    )
    assert lines(spending(na)) == {
        "A": ["100", "120"],
        "B": ["[z]", "[x]"],
        "Total of these grants": ["100", "[x]"],
    }


def test_spending_alone_is_shown(worcestershire: Assessment) -> None:
    na = with_amounts(worcestershire, ("commissioning_expenditure", "2021/22", "", 6_500_000))
    assert lines(spending(na)) == {"Spending": ["6,500,000"]}


def test_grants_of_later_years_are_shown_as_plans_and_not_listed_as_unused(
    worcestershire: Assessment,
) -> None:
    na = worcestershire
    (table,) = all_tables(spending(na))
    years = [column.label for column in table.columns[1:]]
    assert years and all(", plan" in year for year in years if year[:4] > str(na.year))
    assert f"Years after {na.year} are allocations and plans" in table.notes[-1]
    notices = [one for one in absent.missing(na, "resources") if isinstance(one, Notice)]
    said = " ".join(plain(item) for one in notices for item in one.items).lower()
    amounts = [
        one
        for one in na.catalogue.chapter("resources")
        if one.statistic == "amount" and not one.parts
    ]
    unused = {row[0].text for one in all_tables(annex.later(na)) for row in one.rows}
    for one in amounts:
        assert one.name.lower() not in said and one.name not in unused
    assert unused


def test_without_amounts_a_reader_is_told_where_they_stand(
    worcestershire: Assessment, national: Path
) -> None:
    text = said(spending(with_amounts(worcestershire)))
    assert "no figures of grants or spending for Worcestershire up to 2022" in text
    assert "the council's own papers" in text and "annex" not in text
    before = said(spending(assessment.load(["Barnet"], 2021, processed=national)))
    assert before.endswith("For spending in later years, see the annex.")
    # what the council reports to have spent follows in a section of its own
    after = said(spending(assessment.load(["Barnet"], 2025, processed=national)))
    assert "no figures of grants for Barnet in" in after and "annex" not in after
    assert "package" not in text + before + after


def outturn(national: Path, area: str, year: int = 2025) -> Blocks:
    return resources.outturn(opened(assessment.load([area], year, processed=national)))


def said(shown: Blocks) -> str:
    texts = [plain(one.text) for one in shown if isinstance(one, Prose)]
    return " ".join([*texts, *(note for one in all_tables(shown) for note in one.notes)])


def test_spending_by_line_and_year_and_who_did_not_answer(national: Path) -> None:
    shown = outturn(national, "Worcestershire")
    rows = lines(shown)
    assert rows["Treatment for drugs"] == ["2,413,000", "2,670,000", "2,964,000", "3,045,000"]
    assert rows["Treatment for alcohol"][:3] == ["1,653,000", "1,818,000", "2,006,000"]
    columns = [one.label for one in table_of(shown).columns]
    assert columns[1:4] == ["Net, 2022/23", "Net, 2023/24 [p]", "Net, 2024/25"]
    text = said(shown)
    assert "Birmingham, Cumberland and Slough" in text
    assert "no sum for the West Midlands" in text
    assert "England's sum holds estimates" in text


def test_no_answer_is_not_nothing(national: Path) -> None:
    shown = outturn(national, "Birmingham")
    assert not list(all_tables(shown))
    assert "not to say that nothing was spent" in said(shown)
    rows = lines(outturn(national, "Cumberland"))
    assert [cell for cell in rows["Treatment for drugs"] if cell == "[x]"] == ["[x]"]
    assert "In 2023/24 Cumberland reported" in said(outturn(national, "Cumberland"))


def test_spending_per_head_beside_those_that_have_it(national: Path) -> None:
    _, table = all_tables(outturn(national, "Rutland"))
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert rows["Drug and alcohol services, per adult"][0] == "2024/25"
    assert all(cell not in ("[x]", "0.00") for cell in rows["Drug and alcohol services, per adult"])
    # England's people in treatment are known to 2023/24, Rutland's not at all
    assert rows["Treatment, per adult in treatment"] == ["2023/24", "[x]", "[x]", "1,971"]


def test_planned_amounts_are_called_so_and_the_same_sum_is_shown_once(processed: Path) -> None:
    shown = spending(assessment.load(["Worcestershire"], 2025, processed=processed))
    chart = next(one for one in shown if isinstance(one, Chart))
    headline = plain(chart.headline)
    assert headline == "Grants come to £5,421,312 in 2023/24 and £6,257,691 planned in 2024/25"
    assert [one.label for one in chart.table.columns[1:]] == ["2023/24", "2024/25 [p]"]
    assert (
        "[p]: provisional, 2024/25: Supplementary Substance Misuse Treatment and Recovery Grant "
        "and Rough Sleeping Drug and Alcohol Treatment Grant."
    ) in chart.table.notes
    assert list(lines(shown))[-1] == "Total of these grants, and spending"
    # what the papers call spending stays in the report's figures
    assert "commissioning_expenditure" in {one.indicator for one in chart.figures}
    plans = spending(assessment.load(["Worcestershire"], 2022, processed=processed))
    first = next(one for one in plans if isinstance(one, Chart))
    assert plain(first.headline).startswith("Grants are planned at £5,421,312 in 2023/24 and £6,2")


def test_people_that_a_document_counts_are_not_set_beside_englands(processed: Path) -> None:
    na = opened(assessment.load(["Worcestershire"], 2025, processed=processed))
    _, table = all_tables(resources.outturn(na))
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert rows["Treatment, per adult in treatment"] == ["2022/23", "2,027", "[x]", "[z]"]
    assert "counted by different sources" in table.notes[-1]
    assert "1,969" not in {one.number for one in table.figures}
    assert "[z]" not in rows["Drug and alcohol services, per adult"]


def test_reports_before_the_first_return_have_no_such_section(national: Path) -> None:
    assert not outturn(national, "Worcestershire", 2022).items
