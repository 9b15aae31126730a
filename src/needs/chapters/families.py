"""Chapter 4: beside families, admissions of young people."""

from __future__ import annotations

from needs.chapters.blocks import Blocks, Heading, Prose, blocks
from needs.chapters.indicator import finding, vintages
from needs.chapters.missing import missing_notice
from needs.figures.assessment import Assessment
from needs.words.text import Span

#: Admissions at ages 15 to 24, which the chapter of admissions shows at length.
ADMISSIONS = "substance_misuse_admissions_15_24"


def admissions(na: Assessment) -> Blocks:
    """Say how often young people are admitted; or that it is not available, and from whom."""
    indicator = na.indicator(ADMISSIONS)
    heading = Heading(indicator.name)
    if not na.has(ADMISSIONS):
        return blocks(heading, missing_notice([indicator], na.catalogue, na.name))
    figure = na.figure(ADMISSIONS)
    england = na.figure(ADMISSIONS, na.england, figure.period)
    rest = (vintages(na, figure, england), indicator.definition, indicator.limits)
    told = " ".join(part for part in rest if part)
    more = "The chapter on hospital admissions says more."
    return blocks(
        heading,
        Prose(
            (*finding(na, indicator, figure, england), Span(f" {told} {more}")),
            figures=(figure, england),
        ),
    )
