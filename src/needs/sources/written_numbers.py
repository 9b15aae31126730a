"""Numbers and ranges of age as tables and documents write them."""

from __future__ import annotations

import math
import re

#: Thousands apart by commas: 1,234 or 12,345,678. "0,123" is a decimal comma.
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?")

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")

#: How a number is to be written, for all who read one.
WRITE_NUMBERS = "Write it as 1234.5 or 1,234.5: a point before decimals."


def ungrouped(text: str) -> str:
    """A number's text without the commas between its thousands; any other text as it is.

    Examples
    --------
    >>> [ungrouped(text) for text in ("1,234", "12,345,678.9", "10,1", "0,123", "1234,567")]
    ['1234', '12345678.9', '10,1', '0,123', '1234,567']
    """
    return text.replace(",", "") if _GROUPED.fullmatch(text) else text


def read_number(text: str) -> float | None:
    """The number that a text is, with a decimal point; None where it is not one.

    Examples
    --------
    >>> read_number("28,000"), read_number("-4.2")
    (28000.0, -4.2)
    >>> [read_number(text) for text in ("4,2", "10.1.2", "1 234", "1_000", "nan", "1e400", "")]
    [None, None, None, None, None, None, None]
    """
    plain = ungrouped(text.strip())
    number = float(plain) if _NUMBER.fullmatch(plain) else math.nan
    return number if math.isfinite(number) else None


def age_range(text: str) -> tuple[int, int | None]:
    """First and last year of an age range as tables write it (None: and over).

    Examples
    --------
    >>> age_range("all ages"), age_range("18+"), age_range("15-24"), age_range("under 18")
    ((0, None), (18, None), (15, 24), (0, 17))
    """
    if text == "all ages":
        return 0, None
    if text.startswith("under "):
        return 0, int(text.removeprefix("under ")) - 1
    if text.endswith("+"):
        return int(text[:-1]), None
    first, _, last = text.partition("-")
    return int(first), int(last)
