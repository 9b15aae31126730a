"""Blocks: the model in the notebook is the model that was shown."""

from __future__ import annotations

import json

import pytest

from needs.chapters.blocks import (
    MIME_TYPE,
    Blocks,
    Bullets,
    Card,
    Cards,
    Cell,
    Chart,
    Column,
    Heading,
    Notice,
    Prose,
    Register,
    Sources,
    Table,
    all_figures,
    blocks,
    from_model,
    to_model,
)
from needs.figures.figure import Figure
from needs.stats.status import Status
from needs.words.text import Span

SHOWN = Figure("a.b", "a", "A", "E1", "Here", "2021", 4.2, "%", lower=3.3, upper=5.3, marks=("e",))
HIDDEN = Figure("a.c", "a", "A", "E1", "Here", "2022", None, "%", status=Status.SUPPRESSED)
TABLE = Table(
    "t",
    "Caption",
    (Column("Area", "header"), Column("Value", "number", "%")),
    ((Cell("Here"), Cell("4.2", 4.2, "a.b")), (Cell("There"), Cell("[c]"))),
    figures=(SHOWN, HIDDEN),
)
EVERY = [
    Heading("Deaths", 3),
    Prose((Span("It was "), Span("4.2%", "a.b", strong=True)), "finding", (SHOWN,)),
    Bullets(((Span("One"),), (Span("Two"),))),
    Notice("Missing", ((Span("Nothing"),),)),
    Cards("Cards", (Card("A", "a.b", "4.2%", "2021", (("England", "5.0"),), "similar", "x"),)),
    TABLE,
    Chart("c", (Span("Up"),), "What", "<svg></svg>", "A chart that rises", TABLE),
    Sources(("one",)),
    Register(),
]


@pytest.mark.parametrize("block", EVERY, ids=lambda one: type(one).__name__)
def test_a_block_survives_the_notebook(block: object) -> None:
    through_json = json.loads(json.dumps(to_model(block)))  # type: ignore[arg-type]
    assert from_model(through_json) == block


def test_the_bundle_has_html_text_and_model() -> None:
    bundle = Blocks(tuple(EVERY))._repr_mimebundle_()  # type: ignore[arg-type]
    assert set(bundle) == {"text/plain", "text/html", MIME_TYPE}
    assert "Up" in bundle["text/html"]
    assert len(bundle[MIME_TYPE]) == len(EVERY)


def test_joining_leaves_out_nothing_but_none() -> None:
    joined = blocks(Heading("A"), None, Blocks((Heading("B"),)), [Heading("C")])
    assert [one.text for one in joined] == ["A", "B", "C"]  # type: ignore[union-attr]


def test_figures_of_a_chart_include_those_of_its_table() -> None:
    assert set(all_figures([EVERY[6]])) == {SHOWN, HIDDEN}  # type: ignore[list-item]
