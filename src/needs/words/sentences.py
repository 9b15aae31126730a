"""Sentences of the report, made from figures.

Pure functions from `Figure`s to `needs.words.text.Text`. Each number is a span that links to its
figure. Cases with the sentences that they must give stand in ``tests/spec/words.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from needs.catalogue import Catalogue, Indicator
from needs.figures.change_over_time import Course, course, share_years
from needs.figures.figure import Figure, Series
from needs.stats.compare import WIDENED_ABOVE
from needs.stats.status import Status
from needs.stats.trend import NOT_CALCULATED
from needs.tables.areas import divisions, find
from needs.tables.same_land import ADDED_UP
from needs.words.comparisons import marks_sentence
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
    decided_by_size,
    differ,
    direction,
    is_zero,
    owned,
    phrase,
    short,
    since_break,
    value,
    when,
    with_period,
)
from needs.words.standings import outside_limits
from needs.words.text import Text
from needs.words.verdicts import UNTESTED, trend_judgement

if TYPE_CHECKING:
    from needs.figures.assessment import Assessment

#: Fewest yearly counts of which the newest may be called the most or the fewest.
RECORD_YEARS = 10


def course_of(series: Series, breaks: Mapping[int, str] | None = None) -> Course | None:
    """The course of a series since its last break."""
    return course(since_break(series.figures, breaks)[0])


def changed(series: Series, recent: str = "", *, breaks: Mapping[int, str] | None = None) -> bool:
    """Whether a change over the series may be claimed: as a fitted rate, or as a recent trend."""
    found = course_of(series, breaks)
    return found is not None and bool(found.way or direction(recent))


def trend_sentence(
    series: Series,
    recent: str = "",
    *,
    polarity: str = "none",
    subject: str = "",
    breaks: Mapping[int, str] | None = None,
) -> Text:
    """How a series ran: its fitted rate of change, its peak, and its newest change.

    A rise or fall is only claimed where the fitted rate leaves out nought; two ends say nothing of
    it. The newest change is the recent trend where that could be calculated, else that from the
    period before which shares no year. Where the series breaks, the sentence begins after the last
    break and says so.

    Parameters
    ----------
    series : Series
        Periods that are missing or withheld stay in it.
    recent : str
        Label of `needs.stats.trend`: "increasing", "decreasing", "no significant change", "cannot
        be calculated"; empty says nothing of it.
    polarity, subject : str
        As in `needs.words.comparisons.comparison_sentence`; the subject "it" follows on from a
        sentence that gave the last figure, which is not said again.
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
        course_ = (
            join(["There is no earlier figure to show a trend."])
            if subject == "it"
            else sentences(
                say("{what} was {f} {t}.", what=_subject(one, subject), f=one, t=when(one.period)),
                "This is the only period with a figure, so there is no trend to show.",
            )
        )
        recent = ""
    else:
        found = course(figures)
        if found is None:  # all its periods share years
            course_ = join(["All periods share years, so no change is shown."])
        else:
            course_ = _course(found, subject, newest=not recent or recent == NOT_CALCULATED)
    return sentences(
        course_, _recent_sentence(recent, polarity), _gaps_sentence(figures), _broken(at, why)
    )


def _subject(figure: Figure, subject: str) -> str:
    return "It" if subject == "it" else capital(owned(figure, subject))


def _course(found: Course, subject: str, *, newest: bool) -> Text:
    """The fitted rate, the peak, and, where nothing else tells of it, the newest change."""
    change, last = found.change, found.last
    what = _subject(last, subject)
    if change is None:
        return _two_ends(found, subject)
    begins = change.period.partition(" up to ")[0]
    if found.way:
        fitted = say(
            "{what} has {verb} by {change:size} a year since {begins} ({change:interval}).",
            what=what,
            verb="risen" if found.way == "higher" else "fallen",
            change=change,
            begins=begins,
        )
    else:
        fitted = say(
            "{what} shows no steady rise or fall since {begins}: {change} a year "
            "({change:interval}).",
            what=what,
            begins=begins,
            change=change,
        )
    return sentences(fitted, _peak(found, subject), _newest(found, subject) if newest else "")


def _peak(found: Course, subject: str) -> Text:
    """When the series was highest."""
    if found.peak.period == found.last.period:
        return join(["The newest figure is the highest of the series."])
    return say("It was highest in {t}: {p}.", t=found.peak.period, p=short(found.peak))


def _newest(found: Course, subject: str) -> Text:
    """How the newest figure stands to that of the period before, which shares no year with it."""
    said = {
        "higher": "Since {t} ({b}) it has risen.",
        "lower": "Since {t} ({b}) it has fallen.",
        "similar": "Since {t} ({b}) no change is shown beyond chance.",
    }.get(differ(found.last, found.before))
    if said:
        return say(said, t=found.before.period, b=short(found.before))
    if found.turned:
        verb = "risen" if found.newest_way == "higher" else "fallen"
        return say("In the last two periods it has {verb} {mark}.", verb=verb, mark=UNTESTED)
    return ()


def _two_ends(found: Course, subject: str) -> Text:
    """What the first of the periods was, where no rate can be fitted; a change only if tested."""
    first, last = found.first, found.last
    fitted_to_two = found.before is first
    way = differ(last, first) if fitted_to_two else "untested"
    ends: dict[str, Figure | Text | str] = {
        "what": _subject(last, subject),
        "a": value(first, subject),
        "b": short(last),
        "t1": first.period,
        "t2": last.period,
    }
    if way in ("higher", "lower"):
        verb = "rose" if way == "higher" else "fell"
        return say("{what} {verb} from {a} ({t1}) to {b} ({t2}).", **ends, verb=verb)
    tail = "No change is shown beyond chance." if way == "similar" else ""
    if way == "untested" and not decided_by_size(last):
        tail = f"The change was not tested {UNTESTED}."
    same = first.number == last.number
    if subject == "it":
        before = capital(when(first.period))
        if same:
            return say("{t} it was the same.", t=before)
        return sentences(say("{t} it was {a}.", t=before, a=ends["a"]), tail)
    if same:
        return say("{what} was the same in the first period ({t1}) and the last ({t2}): {a}.",
                   what=ends["what"], a=first, t1=first.period, t2=last.period)  # fmt: skip
    return sentences(say("{what} was {a} ({t1}) and later {b} ({t2}).", **ends), tail)


def newest_year(counts: Series, pooled: Figure) -> Text:
    """The newest single year of events behind a rate of several, beside the years before it.

    Parameters
    ----------
    counts : Series
        Yearly counts.
    pooled : Figure
        The rate of several years that they are told beside.

    Returns
    -------
    Text
        Empty for fewer than ten yearly counts, a withheld newest one, or a single year's rate.
    """
    known = [one for one in counts.figures if one.shown]
    if len(known) < RECORD_YEARS or known[-1] is not counts.figures[-1]:
        return ()
    newest, most = known[-1], max(known[:-1], key=lambda one: one.value or 0.0)
    least = min(one.value or 0.0 for one in known[:-1])
    if newest.period == pooled.period or not share_years(newest.period, pooled.period):
        return ()
    own = newest.value or 0.0
    if most.value is not None and own > most.value:
        record = f", the most in any year since {known[0].period}."
    elif own < least:
        record = f", the fewest in any year since {known[0].period}."
    else:
        return say("In {t} alone there were {n}; the most in a year since {first} was {m}, in "
                   "{when}.", t=newest.period, n=newest, first=known[0].period,
                   m=short(most), when=most.period)  # fmt: skip
    return say("In {t} alone there were {n}{record}", t=newest.period, n=newest, record=record)


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
    dispersion: Figure,
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
    dispersion : Figure
        How many times the areas vary as chance alone would make them.
    noun : str
        What the areas are, plural.
    reference_name : str
        Whose value the limits are drawn round.
    """
    owner = possessive(reference_name)
    many, beyond_chance = outside_limits(figures, labels, noun)
    unlike = "A crude rate is not adjusted for age or deprivation, in which areas differ too."
    if (dispersion.value or 0.0) > WIDENED_ABOVE:
        return sentences(
            say("The areas vary {d:number} times as much as chance alone would make them "
                "(overdispersion).", d=dispersion),
            f"The limits round {owner} value are widened for that: an area outside them lies "
            "beyond the usual spread.",
            f"{capital(many)}.",
            unlike,
        )  # fmt: skip
    meaning = "Chance alone would put about one in 500 there. " if beyond_chance else ""
    return sentences(
        f"The limits show how far chance alone could carry an area of each size from {owner} "
        "value.",
        say("The areas vary {d:number} times as much as that (overdispersion).", d=dispersion),
        f"{capital(many)}.",
        f"{meaning}{unlike}",
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
    return with_period(prevalence.period, text)


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
    return capital(text) if same else with_period(treated.period, text)


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

    Where it takes none, the people without treatment come first: to be no worse than England is no
    reason to rest where most are not in treatment.

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
    if is_zero(places):
        without: Text = ()
        if unmet is not None and unmet.shown:
            without = say("{people} not in treatment in {area}. ",
                          people=_people_without(unmet, people), area=area)  # fmt: skip
        least = say(
            "{goal} would take no more {people}{where} on the central estimate{interval}.",
            goal=capital(goal),
            people=people,
            where="" if without else f" in {area}",
            interval=say(" ({f:interval})", f=places) if places.interval else "",
        )
        return join([without, least])
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


def _people_without(unmet: Figure, people: str) -> Text:
    """How many are not treated, to the nearest ten, and their share: the size before all else."""
    if unmet.numerator is None or unmet.numerator < 0:
        return say("Of those in need {unmet} are", unmet=unmet)
    number = _input(unmet.numerator, unmet).with_(decimals=-1)
    return say("About {n:number} {people} ({unmet} of those in need) are",
               n=number, people=people, unmet=unmet)  # fmt: skip


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
