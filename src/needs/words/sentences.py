"""Sentences of the report, made from figures.

Pure functions from `Figure`s to `needs.words.text.Text`. Each number is a span that links to its
figure. Cases with the sentences that they must give stand in ``tests/spec/words.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from needs.catalogue import Catalogue, Indicator
from needs.figures.figure import Figure, Series
from needs.stats.status import Status
from needs.tables.areas import divisions, find
from needs.tables.same_land import ADDED_UP
from needs.words.english import (
    capital,
    in_prose,
    join,
    listing,
    number_word,
    possessive,
    say,
    sentences,
    singular,
)
from needs.words.phrases import (
    age_words,
    already_named,
    decided_by_size,
    direction,
    is_zero,
    moved,
    owned,
    period_opening,
    phrase,
    short,
    since_break,
    value,
    when,
)
from needs.words.text import Text
from needs.words.verdicts import (
    outside_limits,
    revealed,
    trend_judgement,
    verdict,
)

if TYPE_CHECKING:
    from needs.figures.assessment import Assessment

_MARK_WORDS = {"e": "an estimate", "p": "provisional", "r": "revised"}


def comparison_sentence(
    figure: Figure,
    reference: Figure | None,
    *,
    polarity: str = "none",
    subject: str = "",
    reference_name: str = "England",
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
        verdict(shown, other, polarity=polarity, reference_name=reference_name),
        marks_sentence(figure),
    )


def _statement(figure: Figure, subject: str) -> Text:
    what = owned(figure, subject)
    if figure.shown:
        if not already_named(figure, subject):
            return _opened(figure.period, say("{what} was {f:full}.", what=what, f=figure))
        form = (
            "{what} was {f:number} ({f:interval})." if figure.interval else "{what} was {f:number}."
        )
        return _opened(figure.period, say(form, what=what, f=figure))
    if figure.status is Status.ROUNDS_TO_ZERO:
        return _opened(figure.period, say("{what} was {f}.", what=what, f=figure))
    return say("{what} for {when} is {f}.", what=capital(what), when=figure.period, f=figure)


def _opened(period: str, text: Text) -> Text:
    begin = period_opening(period)
    return join([begin, text]) if begin else capital(text)


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


def changed(series: Series, recent: str = "", *, breaks: Mapping[int, str] | None = None) -> bool:
    """Whether a change over the series may be claimed: of its ends, or as a recent trend."""
    shown = [one for one in since_break(series.figures, breaks)[0] if one.shown]
    if len(shown) < 2:
        return False
    return moved(shown[0], shown[-1]) in ("higher", "lower") or bool(direction(recent))


def trend_sentence(
    series: Series,
    recent: str = "",
    *,
    polarity: str = "none",
    subject: str = "",
    breaks: Mapping[int, str] | None = None,
) -> Text:
    """How a series ran from its first to its last period, and its recent trend.

    A rise or fall is only claimed where the two differ beyond chance. Where the series breaks, the
    sentence begins after the last break and says so.

    Parameters
    ----------
    series : Series
        Periods that are missing or withheld stay in it.
    recent : str
        Label of `needs.stats.trend`: "increasing", "decreasing", "no significant change", "cannot
        be calculated"; empty says nothing of it.
    polarity, subject : str
        As in `comparison_sentence`; the subject "it" follows on from a sentence that gave the last
        figure, which is not said again.
    breaks : mapping of int to str
        Years at whose beginning the series breaks, with the reason in a sentence.
    """
    figures, at, why = since_break(series.figures, breaks)
    shown = [figure for figure in figures if figure.shown]
    if not shown:
        where = f" for {in_prose(series.figures[0].area_name)}" if series.figures else ""
        return join([f"No figures are available{where} to show a trend."])
    if len(shown) == 1:
        one = shown[0]
        course = (
            join(["There is no earlier figure to show a trend."])
            if subject == "it"
            else sentences(
                say("{what} was {f} {t}.", what=_subject(one, subject), f=one, t=when(one.period)),
                "This is the only period with a figure, so there is no trend to show.",
            )
        )
        recent = ""
    else:
        course = _course(shown[0], shown[-1], subject, tested=bool(direction(recent)))
    return sentences(
        course, _recent_sentence(recent, polarity), _gaps_sentence(figures), _broken(at, why)
    )


def _subject(figure: Figure, subject: str) -> str:
    return "It" if subject == "it" else capital(owned(figure, subject))


def _course(first: Figure, last: Figure, subject: str, *, tested: bool) -> Text:
    ends: dict[str, Figure | Text | str] = {
        "what": _subject(last, subject),
        "a": value(first, subject),
        "b": short(last),
        "t1": first.period,
        "t2": last.period,
    }
    before: dict[str, Text | str] = {
        "t": capital(when(first.period)),
        "a": value(first, subject),
    }
    match moved(first, last):
        case "higher":
            return say("{what} rose from {a} ({t1}) to {b} ({t2}).", **ends)
        case "lower":
            return say("{what} fell from {a} ({t1}) to {b} ({t2}).", **ends)
        case "similar":
            # a recent trend that was tested over all points says more than the two ends
            tail = "" if tested else "The difference is not statistically significant."
        case _:
            tail = "" if decided_by_size(last) else "The change between them cannot be tested."
    if subject == "it":
        again = say("{t} it was the same.", t=before["t"])
        said = again if first.number == last.number else say("{t} it was {a}.", **before)
        return sentences(said, "" if first.number == last.number else tail)
    if first.number == last.number:
        return say("{what} was the same in the first period ({t1}) and the last ({t2}): {a}.",
                   what=ends["what"], a=first, t1=first.period, t2=last.period)  # fmt: skip
    return sentences(say("{what} was {a} ({t1}) and later {b} ({t2}).", **ends), tail)


def _recent_sentence(recent: str, polarity: str) -> str:
    if not recent:
        return ""
    if not direction(recent):
        if recent == "no significant change":
            return "The recent trend shows no significant change."
        return "A recent trend cannot be calculated."
    judgement = trend_judgement(recent, polarity)
    so = f", and so getting {judgement}" if judgement else ""
    return f"The recent trend is {recent}{so}."


def _gaps_sentence(figures: Sequence[Figure]) -> str:
    gaps = [figure.period for figure in figures if not figure.shown]
    if not gaps:
        return ""
    if len(gaps) > 3:
        number = capital(number_word(len(gaps)))
        return f"{number} of {number_word(len(figures))} periods have no figure."
    return f"No figure is shown for {listing(gaps)}."


def _broken(at: str, why: str) -> str:
    if not at:
        return ""
    said = f"The series breaks in {at}, so earlier figures are left out."
    return f"{said} {capital(why.strip().rstrip('.'))}." if why else said


def funnel_sentence(
    figures: Sequence[Figure],
    labels: Mapping[str, str],
    *,
    noun: str = "authorities",
    reference_name: str = "England",
) -> Text:
    """What a funnel's limits allow for, how many areas lie outside them, and what that means.

    Parameters
    ----------
    figures : sequence of Figure
        One an area.
    labels : mapping of str to str
        By area code, the label of `needs.stats.compare.funnel_outliers`.
    noun : str
        What the areas are, plural.
    reference_name : str
        Whose value the limits are drawn round.
    """
    many, beyond_chance = outside_limits(figures, labels, noun)
    meaning = (
        "Chance alone would put about one in 500 there, so areas differ in more than chance, such "
        "as age and deprivation. A crude rate is not adjusted for these."
        if beyond_chance
        else "A crude rate is not adjusted for age or deprivation, in which areas differ too."
    )
    return sentences(
        "The limits show how far chance alone could carry an area of each size from "
        f"{possessive(reference_name)} value.",
        f"{capital(many)}.",
        meaning,
    )


def unmet_need_sentence(
    treated: Figure | float | None,
    prevalence: Figure | float | None,
    unmet: Figure,
    *,
    need: str = "needed treatment",
) -> Text:
    """How many need treatment, how many are treated, and the share that is not.

    Parameters
    ----------
    treated, prevalence : Figure or float
        Numbers of people. A number that has no figure of its own is an input of `unmet`, and links
        to it; None is not available.
    unmet : Figure
        The share not in treatment, with the interval carried through.
    need : str
        Verb phrase in the past tense: "were dependent on alcohol".
    """
    people, needing = _input(treated, unmet), _input(prevalence, unmet)
    share = say(
        "The share not in treatment is {f}." if not unmet.shown
        else "That means {f:full} were not in treatment.",
        f=unmet,
    )  # fmt: skip
    return sentences(
        _need_statement(needing, need),
        _treated_statement(people, needing),
        share,
        *_unmet_cautions(people, needing, unmet),
        marks_sentence(unmet),
    )


def _input(number: Figure | float | None, unmet: Figure) -> Figure:
    if isinstance(number, Figure):
        return number
    status = Status.SHOWN if number is not None else unmet.status
    if status is Status.SHOWN and number is None:
        status = Status.UNAVAILABLE
    return unmet.with_(
        value=number, unit="people", decimals=0, lower=None, upper=None, status=status, marks=()
    )


def _need_statement(prevalence: Figure, need: str) -> Text:
    area = in_prose(prevalence.area_name)
    if not prevalence.shown:
        return say("The estimate of how many people in {area} {need} is {f}.",
                   area=area, need=need, f=prevalence)  # fmt: skip
    interval = say(" ({f:interval})", f=prevalence) if prevalence.interval else ()
    text = say("an estimated {f:number} people in {area} {need}{interval}.",
               f=prevalence, area=area, need=need, interval=interval)  # fmt: skip
    return _opened(prevalence.period, text)


def _treated_statement(treated: Figure, prevalence: Figure) -> Text:
    if not treated.shown:
        return say("The number in treatment is {f}.", f=treated)
    verb = "was" if treated.number == "1" else "were"
    matched = treated.period == prevalence.period and treated.age == prevalence.age
    if matched and prevalence.shown:
        return say("Of these, {f:number} {verb} in treatment.", f=treated, verb=verb)
    people = "person" if verb == "was" else "people"
    text = say(
        "there {verb} {f:number} {people} in treatment.", verb=verb, f=treated, people=people
    )
    same = prevalence.shown and treated.period == prevalence.period
    return capital(text) if same else _opened(treated.period, text)


def _unmet_cautions(treated: Figure, prevalence: Figure, unmet: Figure) -> list[str]:
    said = []
    if treated.shown and prevalence.shown and treated.age != prevalence.age:
        said.append(
            f"The estimate covers {age_words(prevalence.age)} and treatment "
            f"{age_words(treated.age)}, so the share is approximate."
        )
    if treated.shown and prevalence.shown and treated.period != prevalence.period:
        said.append("The estimate and the count are for different periods.")
    if unmet.shown and not unmet.interval:
        said.append("The estimate has no interval, so how certain this share is cannot be said.")
    if unmet.lower is not None and unmet.lower < 0:
        said.append(
            "The lower limit is below zero, because more people were treated than the lower "
            "estimate of need."
        )
    return said


def joined_sentence(
    dependent: Sequence[Figure], independent: Sequence[Figure], *, subject: str = ""
) -> Text:
    """Which dependence joins the limits of a sum of estimates, and what the other would give.

    Parameters
    ----------
    dependent : sequence of Figure
        Prevalence and unmet need, with the limits that the report uses.
    independent : sequence of Figure
        The same with the limits of independent errors; empty where they cannot be formed.
    subject : str
        Of the prevalence: "estimated number of people dependent on alcohol".
    """
    people, unmet = dependent
    first = say(
        "The {what} in {area} is the sum of its authorities' estimates, whose errors are taken as "
        "fully dependent: {p:interval} people, and for unmet need, {u:interval}.",
        what=phrase(subject, people.label),
        area=in_prose(people.area_name),
        p=people,
        u=unmet,
    )
    if not independent:
        return sentences(first, "What independent errors would give cannot be formed here.")
    both = zip(dependent, independent, strict=True)
    if all(one.interval == other.interval for one, other in both):
        return sentences(first, "Independent errors would give the same limits, as printed.")
    other = say(
        "Were the errors independent of each other, that would be {p:interval} people, and for "
        "unmet need, {u:interval}.",
        p=independent[0],
        u=independent[1],
    )
    return sentences(first, other)


def places_sentence(
    places: Figure,
    *,
    goal: str = "England's level",
    people: str = "people",
    do: str = "be in treatment",
    unmet: Figure | None = None,
) -> Text:
    """How many more people reaching a level would take.

    Where it takes none, the unmet need itself comes first: to be no worse than England is no reason
    to rest where most are not in treatment.

    Parameters
    ----------
    places : Figure
        More people who would do so; 0 where the level is reached.
    goal : str
        "England's level", "the target of 55%".
    people : str
        Plural noun for whom.
    do : str
        What they would do.
    unmet : Figure, optional
        The unmet need of the area.
    """
    area = in_prose(places.area_name)
    if not places.shown:
        return say("The number of {people} in {area} that {goal} would take is {f}.",
                   people=people, area=area, goal=goal, f=places)  # fmt: skip
    if is_zero(places) and unmet is not None:
        return say(
            "Of those in need in {area}, {unmet} are not in treatment. {goal} is no better, on the "
            "central estimate ({f:interval} more {people} to reach it).",
            area=area,
            unmet=unmet,
            goal=capital(goal),
            f=places,
            people=people,
        )
    if is_zero(places) and not places.upper:
        return say("{area} already reaches {goal}.", area=capital(area), goal=goal)
    if is_zero(places):
        return say(
            "On the central estimate {area} already reaches {goal} ({f:interval} more {people}).",
            area=area,
            goal=goal,
            f=places,
            people=people,
        )
    interval = say(" ({f:interval})", f=places) if places.interval else ()
    return say(
        "To reach {goal}, {f:number} more {people} in {area} would need to {do}{interval}.",
        goal=goal,
        f=places,
        people=singular(people) if places.number == "1" else people,
        area=area,
        do=do,
        interval=interval,
    )


def added_up(na: Assessment) -> str:
    """Say that counts are those of areas of another date; nothing where there are none."""
    rows = na.observations
    codes = [one.code for one in na.members] or [na.area.code]
    said = []
    for code in codes:
        own = (rows["area_code"] == code) & (rows["method"] == ADDED_UP)
        ways = divisions(code, na.areas) if own.any() else ()
        names = [listing([find(one, na.areas).name for one in way]) for way in ways]
        if names:
            name = find(code, na.areas).name
            said.append(
                f"Where {name} has no count of its own, those of {' or '.join(names)} are "
                "added up, which make up the same land; crude rates are computed from the sums."
            )
    return " ".join(said)


def publisher(indicator: Indicator, catalogue: Catalogue) -> str:
    """Who publishes an indicator: its own entry's word, or the producers of its sources."""
    if indicator.publisher:
        return indicator.publisher
    producers = {catalogue.sources[key].producer for key in catalogue.sources_of(indicator.key)}
    # figures that only data packages bring have no source of their own
    return listing(sorted(producers)) or "not stated"
