"""Corrections: applied while the publisher's file says what they expect, and only then."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from needs import catalogue
from needs.catalogue.corrections import Correction, corrections
from needs.chapters import annex
from needs.errors import InvalidDataError
from needs.figures import assessment
from needs.sources.readers import nhs_admissions
from needs.stats.status import Status
from needs.tables.corrected import apply_corrections, correction_of
from needs.tables.coverage import Held
from needs.tables.prepare import make_tables

ESSEX = "E10000012"


def correction(**changes):
    usual = {
        "source": "nhs_drug_admissions",
        "measure": "drug_poisoning_admissions",
        "area": "E10000034",
        "figures": {"2018/19": {"before": 120, "after": 105}},
        "why": "A ward was counted twice; the publisher agrees.",
        "told": "the publisher",
        "date": "2026-11-29",
    }
    return Correction.model_validate(usual | changes)


@pytest.fixture
def held(mirror):
    """The real file of poisonings, Worcestershire's rows with their code."""
    source = catalogue.source("nhs_drug_admissions")
    edition = source.editions[1]
    table = nhs_admissions.read(mirror / edition.file, source, edition)
    code = table["area_name"].map({"Worcestershire": "E10000034"}).fillna("")
    return Held(edition.file, source, edition, table.assign(area_code=code))


def of(held, period="2018/19"):
    rows = held.table[(held.table["area_code"] == "E10000034") & (held.table["period"] == period)]
    return rows.iloc[0]


@pytest.mark.mirror
def test_a_figure_is_put_right_and_says_so(held):
    (made,), problems = apply_corrections([held], [correction()])
    assert problems == []
    row = of(made)
    assert (row["value"], row["count"], row["status"], row["marks"]) == (105, 105, "shown", "r")
    assert correction_of(row["source_row"]) == (
        "120 in the file stands as 105, because a ward was counted twice, the publisher agrees"
    )
    assert row["source_row"].startswith("misuse.csv, line 12; ")
    # nothing else changed, and the table that was read is as it was
    others = made.table.drop(index=row.name)
    pd.testing.assert_frame_equal(others, held.table.drop(index=row.name))
    assert of(held)["value"] == 120


@pytest.mark.mirror
def test_a_withheld_figure_keeps_nothing(held):
    figures = {"2018/19": {"before": 120, "after": "withheld"}}
    (made,), problems = apply_corrections([held], [correction(figures=figures)])
    row = of(made)
    assert problems == []
    assert row["status"] == Status.UNAVAILABLE
    assert row[["value", "lower", "upper", "count", "denominator"]].isna().all()


@pytest.mark.mirror
def test_a_correction_that_no_longer_fits_is_a_fault(held):
    figures = {
        "2018/19": {"before": 125, "after": 105},  # the file says 120
        "2019/20": {"before": 1, "after": 2},  # which the reader leaves out
    }
    (made,), problems = apply_corrections([held], [correction(figures=figures)])
    assert of(made)["value"] == 120
    mended, gone = problems
    assert "Worcestershire (E10000034), 2018/19, is 120 in the file" in mended.what
    assert "expects 125" in mended.what
    assert mended.where == "nhs_admissions/misuse.csv, line 12"
    assert "corrections.yaml" in mended.remedy
    assert "has no drug_poisoning_admissions of E10000034, 2019/20" in gone.what


@pytest.mark.mirror
def test_nothing_is_asked_of_a_source_that_is_not_at_hand(held):
    other = correction(source="ons_drug_deaths", measure="drug_misuse_deaths")
    made, problems = apply_corrections([held], [other])
    assert (made, problems) == ([held], [])


@pytest.mark.mirror
def test_the_build_stops_once_the_publisher_has_mended_a_figure(mirror, tmp_path):
    folder = tmp_path / "nhs_admissions"
    folder.mkdir()
    shutil.copytree(mirror / "ons_lookups", tmp_path / "ons_lookups")
    rows = pd.read_csv(mirror / "nhs_admissions" / "misuse.csv")
    rows.loc[rows["year"] == 2019, "Essex"] = 385
    rows.to_csv(folder / "misuse.csv", index=False)
    _, _, problems = make_tables(tmp_path, catalogue.load())
    told = [one for one in problems if "its correction expects 480" in one.what]
    assert [one.where for one in told] == ["nhs_admissions/misuse.csv, line 12"]
    assert "is 385 in the file" in told[0].what


@pytest.mark.mirror
def test_essex_is_withheld_and_told(national):
    rows = pd.read_parquet(national / "observations.parquet")
    own = rows[(rows["area_code"] == ESSEX) & rows["source"].str.contains("nhs_drug_admissions")]
    assert len(own) == 44
    assert own["value"].isna().all()
    assert own["count"].isna().all()
    na = assessment.load("Essex", 2022, processed=national)
    figure = na.figure("drug_misuse_poisoning_admissions", period="2018/19")
    assert (figure.number, figure.note[:24]) == ("[x]", "480 in the file is withh")
    assert any(one.startswith("correction: 480") for one in figure.source_rows)
    said, table = annex.corrected(na)
    assert "put right or withheld" in said.text[0].text
    cells = [[cell.text for cell in row] for row in table.rows]
    assert [row[1:3] for row in cells] == [
        ["Essex", f"2018/19: {first}, withheld; 2017/18: {second}, withheld; {rest}"]
        for first, second, rest in (
            (165, 140, cells[0][2].split("; ", 2)[2]),
            (480, 400, cells[1][2].split("; ", 2)[2]),
        )
    ]
    assert all(row[2].count("withheld") == 11 for row in cells)


@pytest.mark.mirror
def test_a_report_without_corrections_says_so(national):
    na = assessment.load("Worcestershire", 2022, processed=national)
    (said,) = annex.corrected(na)
    assert said.text[0].text.startswith(
        "No published figure of Worcestershire, West Midlands, England, Bromsgrove,"
    )
    assert "Of other authorities" in said.text[0].text


def test_declarations_are_checked_all_at_once(tmp_path, monkeypatch):
    shutil.copytree(catalogue.CATALOGUE, tmp_path / "catalogue")
    (tmp_path / "catalogue" / "corrections.yaml").write_text(
        "- {source: nhs_drug_admisions, measure: a, area: E10000012, why: b, told: c,\n"
        "   date: 2026-11-29, figures: {2018/19: {before: 1, after: 2}}}\n"
        "- {source: local_extract, measure: a, area: E10000012, why: b, told: c,\n"
        "   date: 2026-11-29, figures: {2018/19: {before: 1, after: 2}}}\n"
        "- {source: ons_drug_deaths, area: Essex, why: b, told: c, date: 2026-11-29,\n"
        "   figures: {2018/19: {before: many, after: gone}}}\n"
    )
    monkeypatch.setenv("NEEDS_CATALOGUE", str(tmp_path / "catalogue"))
    with pytest.raises(InvalidDataError) as raised:
        corrections(catalogue.load())
    told = "\n".join(map(str, raised.value.problems))
    for part in (
        "Did you mean 'nhs_drug_admissions'?",
        "a correction prints its figures",
        "measure: Field required",
        "area: String should match",
        "figures.2018/19.before: Input should be a valid number",
    ):
        assert part in told
