"""What is said of one figure and its reference: a sentence, and a headline above a chart."""

from __future__ import annotations

from collections.abc import Sequence

from needs.figures.figure import Figure
from needs.stats.status import Status
from needs.words.english import capital, in_prose, listing, possessive, say, sentences
from needs.words.phrases import already_named, fit, owned, short, when, with_period
from needs.words.text import Text
from needs.words.verdicts import PUBLISHER, compare_figures, link, revealed, verdict

#: Longest headline of a chart, in characters.
HEADLINE_LIMIT = 140

_MARK_WORDS = {"e": "an estimate", "p": "provisional", "r": "revised"}


def comparison_sentence(
    figure: Figure,
    reference: Figure | None,
    *,
    polarity: str = "none",
    subject: str = "",
    reference_name: str = "England",
    also: Sequence[Figure] = (),
) -> Text:
    """A figure with its interval, and how it stands to a reference.

    Parameters
    ----------
    figure, reference : Figure
        `reference` may be None where there is none.
    polarity : {"higher is better", "lower is better", "none"}
    subject : str
        What is measured, singular and without the area: "drug misuse death rate". A label with a
        capital letter, or the figure's own label where this is empty, is put as "figure for …".
    reference_name : str
        Named where the reference is None.
    also : sequence of Figure
        Further references: the region's figure.

    Examples
    --------
    >>> from needs.words.text import plain
    >>> area = Figure("a", "rate", "Rate", "E10000034", "Worcestershire", "2018 to 2020", 4.2,
    ...               "per 100,000", lower=3.3, upper=5.3)
    >>> england = Figure("e", "rate", "Rate", "E92000001", "England", "2018 to 2020", 5.0,
    ...                  "per 100,000")
    >>> text = comparison_sentence(area, england, subject="drug misuse death rate")
    >>> plain(text).split(". ")[1]
    'That is statistically similar to England (5.0).'
    """
    shown, other = revealed(figure, reference)
    return sentences(
        _statement(shown, subject),
        verdict(shown, other, polarity=polarity, reference_name=reference_name, also=also),
        marks_sentence(figure),
    )


def _statement(figure: Figure, subject: str) -> Text:
    what = owned(figure, subject)
    if figure.shown:
        if not already_named(figure, subject):
            return with_period(figure.period, say("{what} was {f:full}.", what=what, f=figure))
        form = (
            "{what} was {f:number} ({f:interval})." if figure.interval else "{what} was {f:number}."
        )
        return with_period(figure.period, say(form, what=what, f=figure))
    if figure.status is Status.ROUNDS_TO_ZERO:
        return with_period(figure.period, say("{what} was {f}.", what=what, f=figure))
    return say("{what} for {when} is {f}.", what=capital(what), when=figure.period, f=figure)


def marks_sentence(figure: Figure) -> Text:
    """What the marks of a shown figure mean, in words; empty where there are none."""
    if not figure.shown:
        return ()
    said = []
    if words := [_MARK_WORDS[mark] for mark in figure.marks if mark in _MARK_WORDS]:
        said.append(f"The figure is {listing(words)}.")
    if "u" in figure.marks:
        said.append("It rests on few events, so read it with care.")
    if "b" in figure.marks:
        said.append("The series breaks here, so do not compare it with earlier figures.")
    return sentences(*said)


def headline_compare(
    figure: Figure, reference: Figure | None, *, polarity: str = "none", subject: str = ""
) -> Text:
    """How a figure stands to its reference, in a line."""
    compared = compare_figures(figure, reference, polarity)
    figure, reference = revealed(figure, reference)
    what = capital(owned(figure, subject))
    if reference is None or compared.result == "not compared":
        template = "{what} was {f} {t}" if figure.shown else "{what} {t} is {f}"
        return fit(say(template, what=what, f=figure, t=when(figure.period)), limit=HEADLINE_LIMIT)
    how = "by its publisher's test " if compared.by == PUBLISHER else "statistically "
    how += link(compared.result)
    so = f", and so {compared.judgement}" if compared.judgement in ("better", "worse") else ""
    name = in_prose(reference.area_name)
    owner = possessive(reference.area_name)
    area = capital(in_prose(figure.area_name))
    return fit(
        say("{what}, {f}, is {how} {owner} ({o}){so}",
            what=what, f=figure, how=how, owner=owner, o=short(reference), so=so),
        say("{what} is {how} {owner}{so}", what=what, how=how, owner=owner, so=so),
        say("{area}, {f}, is {how} {name}", area=area, f=figure, how=how, name=name),
        limit=HEADLINE_LIMIT,
    )  # fmt: skip
