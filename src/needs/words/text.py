"""Text with numbers that link to their entries: what sentences are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TYPED = re.compile(
    r"(?<![\w.,])(?:£\d[\d,.]*\d|£\d|\d[\d,.]*(?:%| per cent\b)|\d[\d,]*\.\d+|\d{1,3}(?:,\d{3})+)"
)


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


def typed_figures(text: str) -> list[str]:
    """Figures that a sentence holds as digits: shares, money, decimals and thousands.

    Years, ages and dates are not taken for figures.

    Examples
    --------
    >>> typed_figures("In 2021, 4.2% of 1,029 people aged 15 to 24, or £5 each.")
    ['4.2%', '1,029', '£5']
    """
    return _TYPED.findall(text)
