"""Parts that sentences, headlines and alternative texts share: names, periods, changes in time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, cast

from needs.errors import InvalidDataError
from needs.figures.figure import Figure
from needs.sources import periods
from needs.stats.sides import other_side
from needs.words.english import (
    capital,
    in_prose,
    join,
    listing,
    lower_first,
    possessive,
    say,
)
from needs.words.text import Span, Text, plain


def decided_by_size(figure: Figure) -> bool:
    """Whether the size of the area itself decides the value, as for deaths or pounds."""
    unit = figure.unit
    relative = unit in ("", "%", "years", "ratio", "index") or "per " in unit or "point" in unit
    return not relative


def already_named(figure: Figure, subject: str) -> bool:
    """Whether the subject has already named the noun that is counted; £ is none."""
    counted = decided_by_size(figure) and figure.unit != "£"
    return counted and (subject == "it" or figure.unit in subject.split())


def value(figure: Figure, subject: str) -> Text:
    """The figure's value, without the noun that its subject has already named."""
    return say("{f:number}" if already_named(figure, subject) else "{f}", f=figure)


def phrase(subject: str, label: str = "") -> str:
    """How a sentence names what is measured, after "Worcestershire's".

    A subject that begins with a small letter is a noun phrase ("drug misuse death rate") and is
    used as it is. One with a capital, a comma or a colon is a label of a table or chart ("Drug
    misuse deaths, rate"), and so is a figure's own label, taken where the subject is empty.

    Examples
    --------
    >>> phrase("drug misuse death rate")
    'drug misuse death rate'
    >>> phrase("Drug misuse deaths, rate")
    'figure for drug misuse deaths (rate)'
    """
    named = subject or label
    if named == topic(named):
        return named
    return f"figure for {topic(named)}"


def topic(label: str) -> str:
    """A label as part of a sentence.

    Examples
    --------
    >>> topic("Alcohol: unmet need"), topic("Admissions (narrow, old)"), topic("LSOAs")
    ('alcohol (unmet need)', 'admissions (narrow, old)', 'LSOAs')
    """
    named = lower_first(label)
    return re.sub(r"^([^(),:]+)(?:: |, )([^()]+)$", r"\1 (\2)", named)


def the_topic(figures: Sequence[Figure], subject: str) -> str:
    """What a chart is about: its subject with the article, or its figures' label."""
    if subject:
        return f"the {subject}" if subject == topic(subject) else topic(subject)
    return topic(figures[0].label) if figures else "figures"


def owned(figure: Figure, subject: str = "") -> str:
    """What is measured, as the area's: "Worcestershire's drug misuse death rate for males"."""
    sex = {"male": " for males", "female": " for females"}.get(figure.sex, "")
    return f"{possessive(figure.area_name)} {phrase(subject, figure.label)}{sex}"


def when(period: str) -> str:
    """The period after its preposition; a label that is no period stands in brackets."""
    try:
        return periods.parse(period).in_prose
    except InvalidDataError:
        return f"({period})"


def with_period(period: str, text: Text) -> Text:
    """A sentence that begins with its period: "In 2021/22, "; alone where the label is no year."""
    said = when(period)
    return capital(text) if said.startswith("(") else join([f"{capital(said)}, ", text])


def span(figures: Sequence[Figure]) -> str:
    """The periods that figures cover: "2010 to 2021", "2010 to 2012 up to 2018 to 2020"."""
    labels = list(dict.fromkeys(figure.period for figure in figures if figure.period))
    if len(labels) < 2:
        return labels[0] if labels else "no period"
    link = "up to" if " to " in labels[0] + labels[-1] else "to"
    return f"{labels[0]} {link} {labels[-1]}"


def short(figure: Figure) -> Text:
    """The number alone where the unit was just said; a % or £ stays with it."""
    return say("{f}" if figure.unit in ("%", "£") else "{f:number}", f=figure)


def area_names(figures: Sequence[Figure]) -> str:
    """Names of the figures' areas, in a list."""
    return listing([in_prose(figure.area_name) for figure in figures])


def is_zero(figure: Figure) -> bool:
    """Whether the printed number is zero."""
    return figure.shown and figure.number.strip("0.,") == ""


def since_break(
    figures: Sequence[Figure], breaks: Mapping[int, str] | None = None
) -> tuple[tuple[Figure, ...], str, str]:
    """The figures from the last break on; when it was; and the reason, where one is declared.

    A break is declared as the year at whose beginning it falls, or marked b on the first figure
    after it. A pooled period that spans the break is left out with the earlier ones.
    """
    kept, at, why = tuple(figures), "", ""
    marked = [n for n, figure in enumerate(kept) if n and "b" in figure.marks]
    if marked:
        at = kept[marked[-1]].period
        kept = kept[marked[-1] :]
    for year in sorted(breaks or {}, reverse=True):
        after = tuple(figure for figure in kept if _begins(figure.period) >= year)
        if after and len(after) < len(kept):
            return after, str(year), (breaks or {})[year]
    return kept, at, why


def _begins(period: str) -> int:
    try:
        return periods.parse(period).start.year
    except InvalidDataError:
        return 0


def differ(one: Figure, other: Figure) -> Literal["higher", "lower", "similar", "untested"]:
    """How a figure stands to an independent one, by `needs.stats.sides.other_side`."""
    numbers: list[tuple[float, float, float]] = []
    for figure in (one, other):
        value, lower, upper = figure.value, figure.lower, figure.upper
        if value is None or lower is None or upper is None or not lower <= value <= upper:
            return "untested"
        numbers.append((value, lower, upper))
    return cast(Literal["higher", "lower", "similar"], str(other_side(*numbers)))


def direction(recent: str) -> Literal["higher", "lower", ""]:
    """The direction of a recent trend's label; empty for no change."""
    if recent.startswith("increas"):
        return "higher"
    return "lower" if recent.startswith("decreas") else ""


def age_words(age: str) -> str:
    """An age range in words.

    Examples
    --------
    >>> age_words("18+"), age_words("15-64"), age_words("all ages")
    ('ages 18 and over', 'ages 15 to 64', 'all ages')
    """
    if age in ("", "all ages"):
        return "all ages"
    if age.endswith("+"):
        return f"ages {age[:-1]} and over"
    return f"ages {re.sub(r'[-–]', ' to ', age)}"


def fit(*candidates: Text, limit: int) -> Text:
    """The first text that is short enough; else the last, cut at a word."""
    for text in candidates:
        if len(plain(text)) <= limit:
            return text
    kept: list[Span] = []
    room = limit - 1
    for part in candidates[-1]:
        if len(part.text) > room:
            cut = "" if part.figure else part.text[:room].rsplit(" ", 1)[0]
            kept.append(Span(f"{cut.rstrip(' ,:;(')}…"))
            break
        kept.append(part)
        room -= len(part.text)
    return tuple(kept)
