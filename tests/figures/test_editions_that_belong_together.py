"""Figures of one method stand together; those that were replaced say so."""

from __future__ import annotations

import shutil

import pytest

from needs import catalogue
from needs.chapters.saying import finding
from needs.errors import InvalidDataError
from needs.words.text import plain


def test_first_estimates_are_not_set_beside_later_ones(worcestershire):
    na = worcestershire
    periods = [row["period"] for row in na.records("ocu_unmet_need", na.area.code)]
    assert "2016/17" in periods  # as the strategy prints it
    assert [one.period for one in na.series("ocu_unmet_need").figures] == ["2018/19", "2019/20"]
    england = na.series("ocu_unmet_need", na.england).figures
    assert [one.period for one in england] == ["2019/20", "2020/21"]
    # by itself the printed figure is still told
    assert [one.period for one in na.series("ocu_users").figures] == ["2016/17"]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("ocu_unmet_need", "341,032 people in England in 2019/20, against the 305,118"),
        ("ocu_users", "324,840 people in England in 2016/17, against 313,971"),
    ],
)
def test_a_replaced_estimate_says_by_what(worcestershire, key, said):
    na = worcestershire
    told = plain(finding(na, na.indicator(key), na.figure(key), None))
    assert said in told
    assert "not to be compared with those of 2016 to 2020." in told


def test_most_figures_say_nothing_of_it(worcestershire):
    assert worcestershire.superseded(worcestershire.figure("drug_misuse_rate")) == ""


def test_a_report_as_of_an_earlier_day_does_not_know(worcestershire):
    figure = worcestershire.figure("ocu_users")
    for day, known in (("2023-10-23", False), ("2023-10-24", True)):
        then = type(worcestershire)(
            **{name: getattr(worcestershire, name) for name in worcestershire.__dataclass_fields__}
            | {"as_of": day}
        )
        assert bool(then.superseded(figure)) == known


def test_names_are_checked(tmp_path):
    folder = tmp_path / "catalogue"
    shutil.copytree(catalogue.CATALOGUE, folder)
    path = folder / "sources" / "ohid_fingertips_93517.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("  ocu_unmet_need: []", "  ocu_unmet_ned: [sdg]")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidDataError) as raised:
        catalogue.load(folder)
    told = "\n".join(map(str, raised.value.problems))
    assert "unknown indicator 'ocu_unmet_ned'" in told
    assert "unknown source 'sdg'" in told
