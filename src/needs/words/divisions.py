"""How people divide into categories, in words, beside England.

A difference is only called one where England's share lies outside the area's interval.
"""

from __future__ import annotations

from collections.abc import Sequence

from needs.figures.figure import Figure
from needs.words import english, verdicts
from needs.words.text import Span, Text

Pair = tuple[Figure, Figure]

#: Differences that a paragraph names, on each side.
NAMED = 3


def headline(pairs: Sequence[Pair], area: str) -> Text:
    """The largest difference from England's shares, or that there is none.

    Parameters
    ----------
    pairs : sequence of (Figure, Figure)
        The share of each category, in the area and in England; their note names the category.
    area : str
    """
    different = _different(pairs)
    if not any(theirs.shown for _, theirs in pairs):
        ours = max((one for one, _ in pairs), key=lambda one: one.value or 0.0)
        return english.say("“{what}”: {ours} in {area}, the largest share", what=ours.note,
                             ours=ours, area=english.in_prose(area))  # fmt: skip
    if not different:
        name = english.possessive(english.capital(english.in_prose(area)))
        return (Span(f"None of {name} shares is clearly different from England's"),)
    ours, theirs = different[0]
    return english.say(
        "“{what}”: {ours} in {area}, against {theirs} in England",
        what=ours.note,
        ours=ours,
        theirs=theirs,
        area=english.in_prose(area),
    )


def higher_and_lower(pairs: Sequence[Pair], area: str) -> Text:
    """Which shares are higher and which are lower than England's, the largest gaps first."""
    if not any(theirs.shown for _, theirs in pairs):
        return (Span("There are no shares of England to compare with."),)
    different = _different(pairs)
    if not different:
        return (Span("All shares are similar to England's: their intervals hold England's."),)
    parts: list[Text] = []
    for word, side in (("higher", 1), ("lower", -1)):
        chosen = [pair for pair in different if side * _gap(pair) > 0][:NAMED]
        if chosen:
            told = [
                english.say(
                    "“{what}” ({ours} against {theirs})",
                    what=ours.note,
                    ours=ours,
                    theirs=theirs,
                )
                for ours, theirs in chosen
            ]
            start = (Span(f"Shares that are {word} than England's: "),)
            parts.append((*start, *english.listing(told), Span(".")))
    return english.sentences(*parts)


#: What a low ratio may mean: it is said wherever one is.
CAREFUL = (
    " A low ratio may be less need, or a barrier. Need differs between groups and ages, so that "
    "these numbers do not say which."
)


def headline_represented(pairs: Sequence[Pair], area: str) -> Text:
    """The group that is least common in treatment against its share of residents."""
    below = [pair for pair in _unlike_residents(pairs) if (pair[0].value or 0.0) < 1]
    if not below:
        name = english.capital(english.in_prose(area))
        return (Span(f"In {name}, no group is clearly less common in treatment than outside it"),)
    ours, theirs = min(below, key=lambda pair: pair[0].value or 0.0)
    return english.say(
        "“{what}” is {ours:number} times as common in treatment as among residents "
        "(England {theirs:number})",
        what=ours.note,
        ours=ours,
        theirs=theirs,
    )


def represented(pairs: Sequence[Pair], area: str) -> Text:
    """Which groups are less, and which more, common in treatment than among residents."""
    parts: list[Text] = []
    for word, side in (("Less", -1), ("More", 1)):
        chosen = [one for one in _unlike_residents(pairs) if side * ((one[0].value or 0.0) - 1) > 0]
        told = [
            english.say(
                "“{what}” ({ours:number} times; England {theirs:number})",
                what=ours.note,
                ours=ours,
                theirs=theirs,
            )
            for ours, theirs in chosen
        ]
        if told:
            start = (Span(f"{word} common in treatment than among residents: "),)
            parts.append((*start, *english.listing(told), Span(".")))
    if not parts:
        alike = (
            f"Every group is about as common in treatment in {english.in_prose(area)} as outside."
        )
        return (Span(alike),)
    return (*english.sentences(*parts), Span(CAREFUL))


def _unlike_residents(pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs whose own interval excludes 1."""
    return [
        pair
        for pair in pairs
        if pair[0].lower is not None
        and pair[0].upper is not None
        and not pair[0].lower <= 1 <= pair[0].upper
    ]


def alt(pairs: Sequence[Pair], subject: str, area: str, period: str) -> str:
    """Alternative text: what is drawn, and the shares from the largest."""
    ordered = sorted(pairs, key=lambda pair: -(pair[0].value or 0.0))[: 2 * NAMED]
    told = "; ".join(
        f"{ours.note} {_with_unit(ours)}"
        + (f", England {_with_unit(theirs)}" if theirs.shown else "")
        for ours, theirs in ordered
    )
    return f"Bars of the {subject}, {english.in_prose(area)} beside England, {period}. {told}."


def _with_unit(figure: Figure) -> str:
    return f"{figure.number}%" if figure.unit == "%" else f"{figure.number} {figure.unit}"


def _different(pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs whose intervals exclude England's share, the largest gap first."""
    told = [
        (ours, theirs)
        for ours, theirs in pairs
        if theirs.shown and verdicts.compare_figures(ours, theirs).result in ("higher", "lower")
    ]
    return sorted(told, key=lambda pair: -abs(_gap(pair)))


def _gap(pair: Pair) -> float:
    ours, theirs = pair
    return (ours.value or 0.0) - (theirs.value or 0.0)
