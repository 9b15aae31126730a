"""A new indicator from a known file shape is one YAML file, and appears in its chapter."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from needs import catalogue
from needs.chapters import glance
from needs.chapters.analysis import opened
from needs.chapters.blocks import Heading, all_figures
from needs.commands import run as runs
from needs.errors import InvalidDataError
from needs.figures import assessment
from needs.tables.prepare import prepare
from needs.words.text import plain

NEW = """\
key: common_mental_disorders
name: Adults with a common mental disorder
short_name: Common mental disorders
subject: share of adults with a common mental disorder
definition: Estimated share of people aged 16 and over with a common mental disorder.
statistic: proportion
own_source:
  key: ohid_fingertips_93495
  title: 'Fingertips indicator 93495: common mental disorders'
  producer: Office for Health Improvement and Disparities
  landing_page: https://fingertips.phe.org.uk/search/93495
  reader: fingertips
  editions:
  - edition: latest
    file: ohid_fingertips/93495_*.csv
    options:
      indicator_id: 93495
  attribution: Office for Health Improvement and Disparities, Fingertips.
parts:
- source: ohid_fingertips_93495
  select:
    measure: '93495'
age: 16+
unit: '%'
multiplier: 100
decimals: 1
polarity: lower is better
chapter: need
order: 90
formula: estimated by the publisher
method: Published by the source
limits: Modelled from a national survey.
official_page: https://fingertips.phe.org.uk/search/93495
how_to_add: 'Office for Health Improvement and Disparities, Fingertips indicator 93495.'
"""


@pytest.fixture
def extended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one file in it, laid over the catalogue as an analyst would."""
    folder = tmp_path / "catalogue"
    (folder / "indicators").mkdir(parents=True)
    (folder / "indicators" / "common_mental_disorders.yaml").write_text(NEW, encoding="utf-8")
    monkeypatch.setenv("NEEDS_CATALOGUE", str(folder))
    return folder


@pytest.mark.mirror
def test_one_file_brings_an_indicator_into_its_chapter(
    extended: Path, mirror: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = tmp_path / "raw"
    for name in ("ohid_fingertips", "ons_lookups"):
        shutil.copytree(mirror / name, raw / name)
    prepare(raw, tmp_path / "processed")
    na = assessment.load("Worcestershire", 2022, processed=tmp_path / "processed")

    figure = na.figure("common_mental_disorders")
    assert (figure.period, figure.unit) == ("2017", "%")
    row = next(
        line.split(",")
        for line in next((raw / "ohid_fingertips").glob("93495_*.csv"))
        .read_text(encoding="utf-8")
        .splitlines()
        if ",E10000034," in line
    )
    assert f"{figure.value:.6f}" in {f"{float(cell):.6f}" for cell in row if _is_number(cell)}

    shown = glance.glance(na, "need") + opened(na).rest("need")
    assert figure.id in {one.id for one in all_figures(shown)}
    said = " ".join(one.text for one in shown if isinstance(one, Heading))
    said += " ".join(plain(text) for one in shown for text in getattr(one, "items", ()))
    assert "Adults with a common mental disorder" in said

    # the chapter itself, run and rendered without a change
    monkeypatch.setenv("NEEDS_PROCESSED", str(tmp_path / "processed"))
    chapter = root / "notebooks" / "05_prevalence_and_unmet_need.ipynb"
    values = {"areas": ["Worcestershire"], "year": 2022, "name": ""}
    node = runs.execute(chapter, values, tmp_path, area="Worcestershire")
    page = "".join(
        output["data"].get("text/html", "")
        for cell in node.cells
        for output in cell.get("outputs", ())
        if "data" in output
    )
    assert "Adults with a common mental disorder" in page
    assert figure.text in page


def test_a_source_declared_twice_is_refused(extended: Path) -> None:
    source = extended / "sources" / "ohid_fingertips_93495.yaml"
    source.parent.mkdir()
    text = NEW.split("own_source:\n")[1].split("parts:")[0]
    source.write_text(
        "\n".join(line.removeprefix("  ") for line in text.splitlines()), encoding="utf-8"
    )
    with pytest.raises(InvalidDataError) as caught:
        catalogue.load()
    assert "declared twice" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("chapter: need", "chapter: needs", "chapter"),
        ("unit: '%'\n", "", "unit"),
        ("polarity: lower is better", "polarity: low", "polarity"),
        ("age: 16+", "age: 16+\ncolour: red", "colour"),
        ("- source: ohid_fingertips_93495", "- source: ohid_fingertips_93496", "Did you mean"),
    ],
)
def test_a_fault_in_the_file_is_named(extended: Path, old: str, new: str, said: str) -> None:
    path = extended / "indicators" / "common_mental_disorders.yaml"
    path.write_text(NEW.replace(old, new), encoding="utf-8")
    with pytest.raises(InvalidDataError) as caught:
        catalogue.load()
    assert said in str(caught.value)
    assert "common_mental_disorders.yaml" in str(caught.value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
