"""How hard the one page, the summary and the openings of chapters are to read, in ten areas."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from needs.chapters import summary
from needs.chapters.analysis import Analysis, opened
from needs.chapters.blocks import Bullets, Cards, Prose
from needs.figures import assessment
from needs.words.text import plain

AREAS = (
    "Barnet", "Blackpool", "City of London", "Hackney", "Isles of Scilly", "Kent", "Lancashire",
    "Leeds", "Rutland", "Worcestershire",
)  # fmt: skip

#: What a mark and a note say in place of words that no councillor should meet.
FORBIDDEN = ("at hand", "is of another edition", "cannot be tested")

CHAPTERS = ("need", "treatment", "deaths", "admissions", "families", "housing")


@pytest.fixture(scope="module")
def reading(root: Path) -> Any:
    """The measure that ``make bench`` prints."""
    spec = importlib.util.spec_from_file_location("reading", root / "bench" / "reading.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def words(shown: Any) -> Iterator[str]:
    for block in shown:
        match block:
            case Prose():
                yield plain(block.text)
            case Bullets():
                yield from (plain(item) for item in block.items)
            case Cards():
                for card in block.items:
                    yield from (one for one in (card.meaning, card.detail) if one)


def parts(na: Analysis) -> dict[str, list[str]]:
    return {
        "one page": [*words(summary.picture(na) + summary.trend_and_place(na))],
        "summary": [
            *words(summary.findings(na) + summary.published_since(na) + summary.not_known(na))
        ],
        "openings": [one for chapter in CHAPTERS for one in words(na.opening(chapter))],
    }


def test_the_measure_tells_hard_words_from_easy_ones(reading: Any) -> None:
    easy = reading.measure(["Most people who need help do not get it."])
    hard = reading.measure(
        ["Ascertainment heterogeneity notwithstanding, estimated prevalence substantiates "
         "considerable unmet necessity across administratively disaggregated subpopulations."]
    )  # fmt: skip
    assert easy.grade < 9 and easy.index < 9
    assert hard.grade > 20 and hard.index > 20


@pytest.mark.mirror
@pytest.mark.parametrize("area", AREAS)
def test_what_a_councillor_reads_first_reads_easily(
    national: Path, reading: Any, area: str
) -> None:
    na = opened(assessment.load([area], 2022, processed=national))
    for name, texts in parts(na).items():
        said = [sentence for text in texts for sentence in reading.sentences(text)]
        if not said:
            assert name == "openings"
            continue
        found = reading.measure(said)
        assert found.grade <= 9 and found.index <= 9, (name, found)
        assert found.words_per_sentence < 20, (name, found)
        told = " ".join(texts).casefold()
        assert not [one for one in FORBIDDEN if one in told], name
