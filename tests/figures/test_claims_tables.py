"""Wrong claims and right ones, worked out by hand from the publishers' files of all England."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from needs.figures import assessment
from needs.figures.claims import NOT_WRONG, check_claims

TABLES = Path(__file__).parent / "claims"


def checked(name: str, national: Path) -> pd.DataFrame:
    """A table's claims with what was found, each checked in the report and document it names."""
    table = pd.read_csv(TABLES / f"{name}.csv", dtype=str, keep_default_na=False)
    parts = []
    for (area, year), rows in table.groupby(["report", "year"], sort=False):
        na = assessment.load(str(area), int(str(year)), processed=national)
        for _, document in rows.groupby("document", sort=False):
            given = document.drop(columns=["kind", "report", "year", "verdict", "told"])
            found = check_claims(given, na)[["claim_id", "verdict", "note"]]
            parts.append(document.merge(found, on="claim_id", suffixes=("", "_found")))
    return pd.concat(parts)


@pytest.mark.mirror
def test_wrong_claims_are_told_with_the_right_reason(national: Path) -> None:
    table = checked("wrong", national)
    wrong = table[table["verdict"] != ""]
    assert len(wrong) >= 60
    assert wrong["kind"].nunique() >= 15
    missed = [
        f"{one.claim_id} {one.kind}: {one.verdict_found}: {one.note}"
        for one in wrong.itertuples()
        if str(one.verdict_found) != str(one.verdict) or str(one.told) not in str(one.note)
    ]
    assert not missed, "\n".join(missed)


@pytest.mark.mirror
def test_no_right_claim_is_called_wrong(national: Path) -> None:
    table = checked("right", national)
    assert len(table) >= 60
    called = [
        f"{one.claim_id} {one.indicator}: {one.verdict_found}: {one.note}"
        for one in table.itertuples()
        if str(one.verdict_found) != str(one.verdict)
    ]
    assert not called, "\n".join(called)
    assert set(table["verdict_found"]) <= set(NOT_WRONG)
