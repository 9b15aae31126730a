"""What a chapter cannot show."""

from __future__ import annotations

from collections.abc import Sequence

from needs.catalogue import Catalogue, Indicator
from needs.chapters.blocks import Notice
from needs.words.english import capital, count_noun, join
from needs.words.sentences import publisher


def missing_notice(indicators: Sequence[Indicator], catalogue: Catalogue, why: str) -> Notice:
    """What a chapter cannot show: each indicator and who publishes it, in a line.

    Parameters
    ----------
    indicators : sequence of Indicator
    catalogue : Catalogue
    why : str
        As it follows on "Two indicators are": "not available for Rutland".
    """
    items = tuple(
        join([f"{one.name}. Publisher: {publisher(one, catalogue)}."]) for one in indicators
    )
    number = capital(count_noun(len(items), "indicator", words=True))
    verb = "is" if len(items) == 1 else "are"
    return Notice(f"{number} {verb} {why}", items, kind="missing")
