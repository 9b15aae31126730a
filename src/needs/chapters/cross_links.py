"""Findings and their evidence: each leads to the other, and a finding is worded once.

The report drops such a link, with its words, where it has not the place that it leads to.
"""

from __future__ import annotations

import re

from needs.catalogue import Indicator
from needs.chapters.blocks import Prose
from needs.chapters.frames import published
from needs.chapters.recent import is_old
from needs.chapters.rules import compared
from needs.figures import parts_read
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure
from needs.figures.findings import Finding, on_indicators, ranked
from needs.figures.findings.candidate import WORSE
from needs.figures.findings.changed import STILL_BELOW
from needs.tables.naming import figure_id
from needs.words import chart_words
from needs.words.english import capital
from needs.words.text import Span, Text

#: Anchor of the section on what is not known.
NOT_KNOWN = "not-known"


#: How the ids begin that these links lead to.
FINDING, SECTION = "finding-", "about-"


def finding_anchor(rank: int) -> str:
    """The id of a finding in the summary.

    Examples
    --------
    >>> finding_anchor(1)
    'finding-1'
    """
    return f"{FINDING}{rank}"


def section_anchor(key: str) -> str:
    """The id of an indicator's section.

    Examples
    --------
    >>> section_anchor("drug_misuse_rate")
    'about-drug_misuse_rate'
    """
    return f"{SECTION}{key}"


def evidence(indicator: Indicator) -> Span:
    """Where the evidence of a finding stands."""
    return Span(f"The evidence: {indicator.name}.", link=f"#{section_anchor(indicator.key)}")


def back(na: Assessment, key: str) -> Prose | None:
    """Which findings of the summary rest on an indicator; nothing where none does."""
    links = [_to_finding(one) for one in on_indicators(na, (key,))]
    return Prose(tuple(links), "link") if links else None


def _to_finding(one: Finding) -> Span:
    link = f"#{finding_anchor(one.rank)}"
    return Span(f"Finding {one.rank} of the summary rests on this. ", link=link)


def opened_by(na: Assessment, chapter: str) -> list[Finding]:
    """The findings that a chapter opens with."""
    indicators = na.catalogue.indicators.values()
    return on_indicators(na, {one.key for one in indicators if one.chapter == chapter})


def is_worse(na: Assessment, indicator: Indicator) -> bool:
    """Whether the area's newest figure is worse than England's by a test."""
    figure = na.figure(indicator.key)
    england = na.figure(indicator.key, na.england, figure.period)
    return figure.shown and compared(na, figure, england).judgement == "worse"


def finding_is_worse(na: Assessment, one: Finding) -> bool:
    """Whether a finding says that the area, or the measure it is on, is worse than England."""
    return one.kind == WORSE or is_worse(na, na.indicator(one.indicator))


def first_sentence(one: Finding) -> str:
    """What a finding says first."""
    first, stop, _ = one.statement.partition(". ")
    return first + stop.strip()


def in_brief(one: Finding) -> str:
    """What a finding says first; of a rise or a record also that the level is still a good one."""
    first = first_sentence(one)
    return f"{first} {STILL_BELOW}." if STILL_BELOW in one.statement and _moves(first) else first


def change_in_brief(one: Finding) -> str:
    """What a finding on a change says first, with the change where only the next sentence has it.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> said = "9 people died in 2021. The rate rose by 29% since 2018. It was 6.4 then."
    >>> change_in_brief(SimpleNamespace(statement=said))
    '9 people died in 2021. The rate rose by 29% since 2018.'
    """
    if _moves(first_sentence(one)):
        return in_brief(one)
    told = ". ".join(one.statement.removesuffix(".").split(". ")[:2])
    return f"{told}. {STILL_BELOW}." if STILL_BELOW in one.statement else f"{told}."


def _moves(sentence: str) -> bool:
    """Whether a sentence tells of a change: which way, a record, or two periods."""
    return bool(re.search(r"\b(?:rose|fell|most|fewest)\b|; ", sentence))


def evidence_figures(na: Assessment, one: Finding) -> tuple[Figure, ...]:
    """The first of the figures that a finding rests on that the report can show."""
    read = dict.fromkeys(each.split(".")[0] for each in one.figures)
    with parts_read.only(("populations", parts_read.ALL), *(("observations", key) for key in read)):
        return na.once(_first_figures).get(one.rank, ())


def _first_figures(na: Assessment) -> dict[int, tuple[Figure, ...]]:
    found = na.once(ranked)
    keys = dict.fromkeys(each.split(".")[0] for one in found for each in one.figures)
    named = {each.split(".")[1] for one in found for each in one.figures}
    codes = {one for one in na.observations["area_code"].unique() if figure_id(one) in named}
    known = {
        each.id: each for key in keys for each in published(na, key, everywhere=True, of=codes)
    }
    return {one.rank: tuple(known[i] for i in one.figures if i in known)[:1] for one in found}


def said(na: Assessment, one: Finding, statement: str = "") -> Text:
    """What a finding says, its first sentence as a link to the figure behind it."""
    first, stop, rest = (statement or one.statement).partition(". ")
    shown = evidence_figures(na, one)
    if not shown:
        return (Span(statement or one.statement),)
    more = (Span(f" {rest}"),) if rest else ()
    return (Span(first + stop.strip(), figure=shown[0].id), *more)


def opening_line(na: Assessment, one: Finding) -> Text:
    """A finding as its chapter opens with it, with the way back to the summary."""
    link = Span(f" More in finding {one.rank}.", link=f"#{finding_anchor(one.rank)}")
    gone = na.withheld(one.indicator)
    newest = f" {capital(chart_words.withheld(gone))}." if gone else ""
    old = [Span("Old: ", strong=True)] if is_old(na, one.period) else []
    return (*old, *said(na, one), Span(f" {one.sure}"), link, *([Span(newest)] if newest else []))
