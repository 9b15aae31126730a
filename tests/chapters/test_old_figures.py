"""Figures whose period ended more than three years before the reporting year."""

from __future__ import annotations

import pytest

from needs.chapters import glance, overview, summary
from needs.chapters.blocks import Bullets, Chart, Notice, Table
from needs.chapters.recent import dated, is_old
from needs.figures import assessment
from needs.figures.findings import ranked
from needs.words.text import plain


def test_old_is_more_than_three_years(worcestershire):
    assert [is_old(worcestershire, one) for one in ("2018/19", "2019", "2017 to 2019", "2018")] == [
        True,
        False,
        False,
        True,
    ]
    assert dated(worcestershire, "2018/19") == "2018/19, old"
    assert dated(worcestershire, "2019 to 2021") == "2019 to 2021"


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("area", "year", "opens"),
    [
        # nothing but old figures: the summary opens by saying so
        ("North East Lincolnshire", 2022, "No recent figure"),
        ("Wokingham", 2022, "No recent figure"),
        # a fresh finding that is a warning, or quoted, goes before an old one
        ("Swindon", 2022, ""),
        ("Peterborough", 2022, ""),
        ("City of London", 2022, ""),
        ("Darlington", 2025, ""),
    ],
)
def test_an_old_figure_never_opens_the_summary(national, area, year, opens):
    na = assessment.load(area, year, processed=national)
    first = na.once(ranked)[0]
    assert is_old(na, first.period) == bool(opens)
    _, after, *_ = summary.findings(na)
    said = plain(after.text) if hasattr(after, "text") and not isinstance(after.text, str) else ""
    assert said.startswith(opens) if opens else "No recent figure" not in said


@pytest.mark.mirror
def test_an_old_figure_is_marked_where_it_stands(national):
    na = assessment.load("Worcestershire", 2025, processed=national)
    (table,) = (one for one in glance.glance(na, "need") if isinstance(one, Table))
    cells = {row[0].text: row[1].text for row in table.rows}
    assert cells["Alcohol: unmet need"] == "2018/19, old"
    spine = next(one for one in overview.spine(na) if isinstance(one, Chart))
    assert "2018/19, old" in spine.svg
    assert any(row[1].text == "2018/19, old, %" for row in spine.table.rows)
    (bullets,) = (one for one in glance.opening(na, "need") if isinstance(one, Bullets))
    old = [plain(item) for item in bullets.items if "2018/19" in plain(item)]
    assert old
    assert all(one.startswith("Old: ") for one in old)


def test_what_came_since_stands_in_a_box(worcestershire):
    (box,) = summary.published_since(worcestershire)
    assert isinstance(box, Notice)
    assert box.title == "Published since 2022"
    said = [plain(item) for item in box.items]
    assert "This report keeps to 2022." in said[0]
    assert said[1].endswith("was 52%. It was 25% in 2021/22.")
    assert said[2].endswith("was 2,006 people. It was 2,558 in 2021/22: 22% fewer.")
