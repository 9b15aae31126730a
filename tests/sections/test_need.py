"""Unmet need: what the figures made from it say that they rest on."""

from __future__ import annotations

import pytest

from needs.assessment import Assessment
from needs.figures import format_number
from needs.sections import need


@pytest.mark.parametrize("key", need.UNMET_NEED)
def test_met_need_divides_the_people_in_treatment(worcestershire: Assessment, key: str) -> None:
    unmet = worcestershire.figure(key)
    met = need.met_need(unmet)
    assert met.numerator is not None and met.denominator and met.value is not None
    assert met.value == pytest.approx(100 * met.numerator / met.denominator, abs=0.05)


def test_people_to_reach_name_englands_share_and_its_row(worcestershire: Assessment) -> None:
    na = worcestershire
    reached = need._reached(na)
    assert reached
    for indicator, more in reached:
        england = na.figure(indicator.key, na.england, more.period)
        share = format_number(england.value or 0, england.decimals)
        for row in england.source_rows:
            assert any(one.endswith(row) and share in one for one in more.source_rows), row
        assert set(england.sources) <= set(more.sources)
