"""How hard the report is to read: ``make bench``. Prose only; nothing is asserted.

    python bench/reading.py [REPORT.HTML]

Flesch's reading ease, the Flesch-Kincaid grade and the automated readability index, a grade too
(see `needs.words.english.reading_ease`), of the running text: paragraphs and lists, not tables,
cards, sources, notes below tables or the register. The one page, the summary and the openings of
chapters are to be of grade 9 or lower; tests/chapters/test_reading.py holds ten areas to it.
Reading age is the grade and five years. Both formulas count long words as hard, and the names of
the subject are long: "deprivation", "authorities", "population". Sentences are what a writer can
mend, so the longest are printed; they should average fewer than 20 words.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import html

from needs.words.english import Readability, reading_ease

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "reports" / "worcestershire" / "2022" / "report.html"

#: What is not prose.
APART = (
    "table", "figure", "details", "section.entry", "ul.files", "ul.cards",
    "p.source", "p.table-note", "p.shorthand", "p.chart-subtitle", "p.nav-title", "p.cards-caption",
)  # fmt: skip

LONGEST = 10


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph; one without a full stop is one."""
    whole = re.sub(r"\b(St|e\.g|i\.e)\. ", "\\1.\u00a0", " ".join(text.split()))
    parts = re.split(r"(?<=[.!?])\s+", whole)
    return [part.replace("\u00a0", " ") for part in parts if re.search("[A-Za-z]", part)]


def prose(page: Any) -> Iterator[tuple[str, str]]:
    """Each sentence of a report with the title of its chapter, in reading order."""
    for chapter in page.find_class("chapter"):
        title = " ".join(next(chapter.iter("h2")).text_content().split())
        for selector in APART:
            tag, _, name = selector.partition(".")
            for one in list(chapter.iter(tag)):
                if not name or name in (one.get("class") or "").split():
                    one.drop_tree()
        for block in chapter.iter("p", "li"):
            for sentence in sentences(block.text_content()):
                yield title, sentence


def measure(said: list[str]) -> Readability:
    """The readability of some sentences together."""
    return reading_ease(" ".join(re.sub(r"[.!?:;]*$", ".", one) for one in said))


def tell(what: str, said: list[str]) -> None:
    """Print one line of the table."""
    found = measure(said)
    print(
        f"{what:<48}{found.sentences:>6}{found.words_per_sentence:>8.1f}{found.ease:>8.1f}"
        f"{found.grade:>8.1f}{found.index:>8.1f}{found.grade + 5:>8.1f}"
    )


def main() -> None:
    """Print the table and the longest sentences."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else REPORT
    page = html.fromstring(path.read_bytes())
    chapters: dict[str, list[str]] = {}
    openings: list[str] = []
    for title, sentence in prose(page):
        chapters.setdefault(title, []).append(sentence)
    every = [one for said in chapters.values() for one in said]
    print(f"Reading: {page.findtext('.//title')}")
    print(f"{'':<48}{'sent.':>6}{'words':>8}{'ease':>8}{'grade':>8}{'index':>8}{'age':>8}")
    for title, said in chapters.items():
        tell(title[:46], said)
    for item in html.fromstring(path.read_bytes()).xpath("//ul[@class='finding']/li"):
        openings += sentences(item.text_content())
    if openings:
        tell("Openings of chapters", openings)
    tell("All but annexes", [
        one for title, said in chapters.items() if not title.startswith("Annex") for one in said
    ])  # fmt: skip
    tell("Whole report", every)
    print(f"The {LONGEST} longest sentences, in words:")
    for one in sorted(set(every), key=lambda one: (-measure([one]).words, one))[:LONGEST]:
        print(f"{measure([one]).words:>5}  {one}")


if __name__ == "__main__":
    main()
