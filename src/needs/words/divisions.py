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


#: How a sentence names a category of the journey.
_STORY = {
    "Self, family or friends": "{ours} of those who began came by themselves or through family or "
    "friends",
    "Health and social care": "{ours} were sent by health and social care",
    "Criminal justice": "{ours} were sent by criminal justice",
    "Three weeks or less": "{ours} waited three weeks or less",
    "Medicines": "{ours} of those in treatment had medicines",
    "Completed": "{ours} of those who left had completed treatment",
    "Dropped out or left": "{ours} dropped out or left",
    "Died": "{ours} died",
}


def story(pairs: Sequence[Pair]) -> Text:
    """The journey in sentences: who sends, how long they wait, what they get, how they leave.

    Parameters
    ----------
    pairs : sequence of (Figure, Figure)
        The share of a category, in the area and in England; those without a phrase are passed over.
    """
    told: dict[str, list[Text]] = {}
    for ours, theirs in pairs:
        if ours.note in _STORY:
            text = english.say(_STORY[ours.note], ours=ours)
            if theirs.shown:
                text = (*text, *english.say(" (England {theirs})", theirs=theirs))
            told.setdefault(ours.indicator, []).append(text)
    periods = {ours.period for ours, _ in pairs}
    begins = (Span(f"In {periods.pop()}, "),) if len(periods) == 1 else ()
    said = english.sentences(*((*english.listing(parts), Span(".")) for parts in told.values()))
    return (*begins, *said)


def clearly_changed(
    since: Sequence[tuple[Figure, Figure, Figure, Figure]], before: str
) -> list[Text]:
    """Which shares rose or fell so much that the intervals of then and now lie apart.

    Parameters
    ----------
    since : sequence of (Figure, Figure, Figure, Figure)
        The area's share then and now, and England's then and now.
    before : str
        The period of then.

    Returns
    -------
    list of Text
        One sentence; none where there is nothing to compare.
    """
    known = [each for each in since if each[0].lower is not None and each[1].lower is not None]
    if not known:
        return []
    apart = sorted(
        (each for each in known if _apart(each[0], each[1])),
        key=lambda each: -abs(_gap((each[1], each[0]))),
    )[:NAMED]
    if not apart:
        return [(Span(f"No share has clearly changed since {before}."),)]
    told = []
    for then, now, england_then, england_now in apart:
        rose = "rose" if _gap((now, then)) > 0 else "fell"
        text = english.say("“{what}” " + rose + " from {then} to {now}",
                           what=now.note, then=then, now=now)  # fmt: skip
        if england_then.shown and england_now.shown:
            text = (*text, *english.say(" (England: {then} to {now})",
                                        then=england_then, now=england_now))  # fmt: skip
        told.append(text)
    return [(Span(f"Since {before}, "), *english.listing(told), Span("."))]


def _apart(one: Figure, other: Figure) -> bool:
    """Whether two intervals share no value."""
    low, high = sorted((one, other), key=lambda figure: figure.value or 0.0)
    return (low.upper or 0.0) < (high.lower or 0.0)


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
