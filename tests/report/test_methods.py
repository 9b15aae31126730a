"""Methods: printed in the annex from one packaged list, which says what docs/methods.md says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from needs.catalogue import Method, methods
from needs.chapters.blocks import Heading, Methods, Prose, Register
from needs.figures.figure import Figure
from needs.report.document import (
    COMPARING,
    Chapter,
    Document,
    ReportContext,
    _fill,
    method_anchor,
    method_blocks,
)
from needs.report.html import render_html
from needs.report.typst import render_pdf
from needs.words.text import Span


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("*", ""))


@pytest.mark.parametrize("one", methods(), ids=lambda one: one.name)
def test_the_list_and_the_guide_say_the_same(root: Path, one: Method) -> None:
    guide = (root / "docs" / "methods.md").read_text(encoding="utf-8")
    section = flat(guide.split(f"## {one.name}\n")[1].split("\n## ")[0])
    for text in (one.meaning, one.formula, one.reference):
        assert flat(text).strip() in section


def test_every_heading_of_the_guide_is_in_the_list(root: Path) -> None:
    guide = (root / "docs" / "methods.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", guide, re.M)
    assert [one.name for one in methods()] == [one for one in headings if "Reading" not in one]


def test_methods_that_are_used_are_printed_and_no_others() -> None:
    names = [one.text for one in method_blocks(["Crude rate"]) if isinstance(one, Heading)]
    assert names == ["Crude rate", *COMPARING]


@pytest.fixture
def document() -> Document:
    figure = Figure("a.b", "a", "Rate", "E1", "Here", "2021", 4.2, "", method="Crude rate")
    strange = figure.with_(id="c.d", indicator="c", method="No such method")
    filled = _fill((Heading("Methods"), Methods()), Methods, method_blocks(["Crude rate"]))
    told = Prose((Span("4.2", "a.b"), Span(" and "), Span("4.2", "c.d")), figures=(figure, strange))
    blocks_ = (told, *filled, Heading("Figure register"), Register())
    return Document(
        context=ReportContext(title="Here, 2022", area_name="Here", year=2022),
        chapters=(Chapter("annex", "A", "Annex", blocks_),),
        register=(figure, strange),
        chart_numbers={},
        table_numbers={},
    )


def test_a_register_entry_links_to_its_method(document: Document) -> None:
    page = render_html(document)
    anchor = method_anchor("Crude rate")
    assert page.count(f'id="{anchor}"') == 1
    assert f'<a href="#{anchor}">Crude rate</a>' in page
    assert "docs/methods.md" not in page
    assert method_anchor("No such method") not in page


def test_the_pdf_links_to_it_too(document: Document) -> None:
    assert render_pdf(document).startswith(b"%PDF")
