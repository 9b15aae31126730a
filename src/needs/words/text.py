"""Text with numbers that link to their entries: what sentences are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A run of text; with `figure`, a number that links to its entry in the register.

    `link` is a web address that the text stands for; a span is a number or a link, not both.
    """

    text: str
    figure: str = ""
    strong: bool = False
    emphasis: bool = False
    link: str = ""


#: A sentence or paragraph.
Text = tuple[Span, ...]


def plain(text: Text | str) -> str:
    """Text without links, for alt text, captions and the spreadsheet."""
    return text if isinstance(text, str) else "".join(span.text for span in text)
