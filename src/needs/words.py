"""Every sentence, headline and alternative text of the report, made from figures.

Pure functions from `Figure`s to `needs.blocks.Text`. Each number is a span that links to its
figure; the word for a difference comes from one rule (`needs.stats.compare.against_reference`), so
a sentence, a card and a chart cannot disagree. Cases with the sentences that they must give stand
in ``tests/spec/words.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from needs import periods
from needs.blocks import Notice, Span, Text, plain
from needs.catalogue import Catalogue, Indicator
from needs.english import (
    NO_INTERVAL,
    WITHHELD,
    Readability,
    a_or_an,
    capital,
    count_noun,
    in_prose,
    join,
    listing,
    lower_first,
    number_word,
    one_of,
    ordinal,
    possessive,
    reading_ease,
    say,
    sentences,
    singular,
    with_noun,
)
from needs.errors import InvalidDataError
from needs.figures import Figure, Series, Status

__all__ = [
    "ALT_LIMIT",
    "HEADLINE_LIMIT",
    "NO_INTERVAL",
    "WITHHELD",
    "Comparison",
    "Readability",
    "a_or_an",
    "alt_amounts",
    "alt_bars",
    "alt_caterpillar",
    "alt_deciles",
    "alt_domains",
    "alt_funnel",
    "alt_map",
    "alt_pyramid",
    "alt_treated",
    "alt_trend",
    "capital",
    "change_words",
    "compare",
    "comparison_sentence",
    "count_noun",
    "funnel_sentence",
    "headline_compare",
    "headline_funnel",
    "headline_parts",
    "headline_trend",
    "in_prose",
    "join",
    "listing",
    "lower_first",
    "marks_sentence",
    "missing_notice",
    "number_word",
    "one_of",
    "ordinal",
    "parts_sentence",
    "places_sentence",
    "possessive",
    "rank_sentence",
    "reading_ease",
    "say",
    "sentences",
    "share_sentence",
    "singular",
    "trend_sentence",
    "unmet_need_sentence",
    "with_noun",
]

#: Longest alternative text and chart headline, in characters.
ALT_LIMIT = 250
HEADLINE_LIMIT = 140

Result = Literal["lower", "similar", "higher", "not compared"]
Judgement = Literal["better", "worse", "similar", "lower", "higher", "not compared"]
Reason = Literal[
    "",
    "own comparator",
    "no reference",
    "withheld",
    "reference withheld",
    "different units",
    "count",
    "no interval",
]


@dataclass(frozen=True)
class Comparison:
    """How a figure stands to its reference.

    `result` is the direction, "similar" where the interval holds the reference; `judgement` turns
    it into better or worse by the indicator's polarity; `reason` says why there is no comparison.
    """

    result: Result
    judgement: Judgement
    reason: Reason = ""


def compare(figure: Figure, reference: Figure | None, polarity: str = "none") -> Comparison:
    """Compare a figure's 95% interval with a reference value, by the one rule of the project.

    Parameters
    ----------
    figure, reference : Figure
    polarity : {"higher is better", "lower is better", "none"}

    Examples
    --------
    >>> area = Figure("a", "rate", "Rate", "E10000034", "Worcestershire", "2021", 4.2,
    ...               "per 100,000", lower=3.3, upper=5.3)
    >>> england = Figure("e", "rate", "Rate", "E92000001", "England", "2021", 5.5, "per 100,000")
    >>> compare(area, england, "lower is better")
    Comparison(result='lower', judgement='better', reason='')
    """
    reason = _why_not(figure, reference)
    if reason or reference is None or reference.value is None:
        return Comparison("not compared", "not compared", reason)
    result = _against(figure, reference.value)
    return Comparison(result, judge(result, polarity))


def judge(result: Result, polarity: str) -> Judgement:
    """Turn higher or lower into better or worse.

    Examples
    --------
    >>> judge("lower", "lower is better"), judge("lower", "none"), judge("similar", "none")
    ('better', 'lower', 'similar')
    """
    good = {"higher is better": "higher", "lower is better": "lower"}.get(polarity)
    if good is None or result in ("similar", "not compared"):
        return result
    return "better" if result == good else "worse"


def _why_not(figure: Figure, reference: Figure | None) -> Reason:
    if not figure.shown:
        return "withheld"
    if reference is None:
        return "no reference"
    if reference.area_code == figure.area_code:
        return "own comparator"
    if not reference.shown:
        return "reference withheld"
    if reference.unit != figure.unit:
        return "different units"
    if _is_count(figure):
        return "count"
    if figure.lower is None or figure.upper is None:
        return "no interval"
    return ""


def _against(figure: Figure, reference: float) -> Result:
    if figure.lower is None or figure.upper is None:
        return "not compared"
    if figure.upper < reference:
        return "lower"
    return "higher" if figure.lower > reference else "similar"


def _is_count(figure: Figure) -> bool:
    """Whether the size of the area itself decides the value."""
    unit = figure.unit
    return not (unit in ("", "%", "years", "ratio", "index") or "per " in unit or "point" in unit)


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
    polarity : str
        The indicator's polarity.
    subject : str
        What is measured, singular and without the area: "drug misuse death rate". Without it the
        sentence speaks of the "figure for" the label.
    reference_name : str
        Named where the reference is None.
    """
    compared = compare(figure, reference, polarity)
    return sentences(
        _statement(figure, subject),
        _verdict(figure, reference, compared, reference_name),
        marks_sentence(figure),
    )


def _statement(figure: Figure, subject: str) -> Text:
    what = _owned(figure, subject)
    when = capital(_when(figure.period))
    if figure.status is Status.ROUNDS_TO_ZERO:
        return say("{when}, {what} was {f}.", when=when, what=what, f=figure)
    if not figure.shown:
        return say("{what} {when} is {f}.", what=capital(what), when=_for(figure.period), f=figure)
    return say("{when}, {what} was {f:full}.", when=when, what=what, f=figure)


def _verdict(
    figure: Figure, reference: Figure | None, compared: Comparison, reference_name: str
) -> Text | str:
    if reference is None:
        if not figure.shown or _is_count(figure):
            return ""
        return f"No figure for {in_prose(reference_name)} is available to compare it with."
    name = in_prose(reference.area_name)
    other = _short(reference)
    if reference.period != figure.period and reference.shown:
        other = join([other, f" {_when(reference.period)}"])
    match compared.reason:
        case "own comparator" | "count" | "different units":
            return ""
        case "withheld":
            if not reference.shown or _is_count(reference):
                return ""
            return say(
                "{name} was {f} {when}.",
                name=capital(possessive(name)),
                f=reference,
                when=_when(reference.period),
            )
        case "reference withheld":
            return say("The figure for {name} is {f}.", name=name, f=reference)
        case "no interval":
            return say(
                "The source gives no interval, so the difference from {name} ({other}) "
                "cannot be tested.",
                name=name,
                other=other,
            )
    if compared.result == "similar":
        return say("That is statistically similar to {name} ({other}).", name=name, other=other)
    so = f", and so {compared.judgement}" if compared.judgement in ("better", "worse") else ""
    return say(
        "That is statistically {result} than {name} ({other}){so}.",
        result=compared.result,
        name=name,
        other=other,
        so=so,
    )


def marks_sentence(figure: Figure) -> Text:
    """What the marks of a shown figure mean, in words; empty where there are none."""
    if not figure.shown:
        return ()
    words = {"e": "an estimate", "p": "provisional", "r": "revised"}
    plain_marks = [words[mark] for mark in figure.marks if mark in words]
    said: list[str] = []
    if plain_marks:
        said.append(f"The figure is {listing(plain_marks)}.")
    if "u" in figure.marks:
        said.append("It rests on few events, so read it with care.")
    if "b" in figure.marks:
        said.append("The series breaks here, so do not compare it with earlier figures.")
    return join([" ".join(said)]) if said else ()


def change_words(change: Figure) -> Text:
    """A change, already computed, in words: "up 4.2 percentage points", "unchanged"."""
    if change.value is None:
        return say("{f}", f=change)
    if change.number.strip("0.,") == "":
        return (Span("unchanged", figure=change.id),)
    way = "down" if change.value < 0 else "up"
    return say("{way} {f:size}", way=way, f=change)


def trend_sentence(
    series: Series, recent: str = "", *, polarity: str = "none", subject: str = ""
) -> Text:
    """How a series ran from its first to its last period, and its recent trend.

    A rise or fall is only claimed where the two intervals do not overlap. Where the series breaks
    (mark b) the sentence begins at the last break.

    Parameters
    ----------
    series : Series
        Periods that are missing or withheld stay in it.
    recent : str
        Label of `needs.stats.trend`: "increasing", "decreasing", "no significant change", "cannot
        be calculated"; empty says nothing of it.
    polarity, subject : str
        As in `comparison_sentence`.
    """
    figures, broken = _since_break(series.figures)
    shown = [figure for figure in figures if figure.shown]
    if not shown:
        where = f" for {in_prose(series.figures[0].area_name)}" if series.figures else ""
        return join([f"No figures are available{where} to show a trend."])
    first, last = shown[0], shown[-1]
    if len(shown) == 1:
        return sentences(
            say(
                "{what} was {f} {when}.",
                what=capital(_owned(last, subject)),
                f=last,
                when=_when(last.period),
            ),
            "This is the only period with a figure, so there is no trend to show.",
            _break_sentence(broken),
        )
    return sentences(
        _course(first, last, subject),
        _recent_sentence(recent, polarity),
        _gaps_sentence(figures),
        _break_sentence(broken),
    )


def _course(first: Figure, last: Figure, subject: str) -> Text:
    what = capital(_owned(last, subject))
    ends: dict[str, Figure | str] = {
        "what": what,
        "a": first,
        "b": last,
        "t1": first.period,
        "t2": last.period,
    }
    match _moved(first, last):
        case "untested":
            tail = "The source gives no intervals, so the change cannot be tested."
            return sentences(say("{what} was {a} ({t1}) and then {b:number} ({t2}).", **ends), tail)
        case "similar" if first.number == last.number:
            return say("{what} was {a} both at the start ({t1}) and at the end ({t2}).", **ends)
        case "similar":
            tail = "The intervals overlap, so this may be chance."
            return sentences(say("{what} was {a} ({t1}) and then {b:number} ({t2}).", **ends), tail)
        case way:
            verb = {"higher": "rose", "lower": "fell"}[way]
            return say("{what} {verb} from {a} ({t1}) to {b:number} ({t2}).", verb=verb, **ends)


def _moved(first: Figure, last: Figure) -> str:
    """How the last figure stands to the first: higher or lower only if intervals are apart."""
    if None in (first.lower, first.upper, last.lower, last.upper):
        return "untested"
    if _apart(first, last):
        return "lower"
    return "higher" if _apart(last, first) else "similar"


def _apart(high: Figure, low: Figure) -> bool:
    return high.lower is not None and low.upper is not None and low.upper < high.lower


def _recent_sentence(recent: str, polarity: str) -> str:
    if not recent:
        return ""
    way = _direction(recent)
    if way is None:
        if recent == "no significant change":
            return "The recent trend shows no significant change."
        return "A recent trend cannot be calculated."
    judgement = judge(way, polarity)
    so = f", which is getting {judgement}" if judgement in ("better", "worse") else ""
    return f"The recent trend is {'increasing' if way == 'higher' else 'decreasing'}{so}."


def _direction(recent: str) -> Result | None:
    if recent.startswith("increas"):
        return "higher"
    return "lower" if recent.startswith("decreas") else None


def _gaps_sentence(figures: Sequence[Figure]) -> str:
    gaps = [figure.period for figure in figures if not figure.shown]
    if not gaps:
        return ""
    if len(gaps) > 3:
        total = len(figures)
        return f"{count_noun(len(gaps), 'period').capitalize()} of {total} have no figure."
    return f"No figure is shown for {listing(gaps)}."


def _since_break(figures: Sequence[Figure]) -> tuple[Sequence[Figure], str]:
    starts = [n for n, figure in enumerate(figures) if "b" in figure.marks and n > 0]
    return (figures[starts[-1] :], figures[starts[-1]].period) if starts else (figures, "")


def _break_sentence(period: str) -> str:
    return f"The series breaks in {period}, so earlier figures are left out." if period else ""


def rank_sentence(
    figures: Sequence[Figure], focus: Figure, *, noun: str = "authorities", subject: str = ""
) -> Text:
    """Where the focus stands among areas, with ties, and with areas that have no figure."""
    shown = [figure for figure in figures if figure.value is not None]
    if focus.value is None or len(shown) < 2:
        return say(
            "{what} is {f}, so it has no rank.", what=capital(_owned(focus, subject)), f=focus
        )
    higher = sum(figure.value > focus.value for figure in shown if figure.value is not None)
    tied = sum(figure.value == focus.value for figure in shown) > 1
    place = "highest" if higher == 0 else f"{ordinal(higher + 1)} highest"
    if higher == len(shown) - 1:
        place = "lowest"
    hidden = len(figures) - len(shown)
    less = ""
    if hidden:
        less = f"{count_noun(hidden, singular(noun), noun, words=True).capitalize()}"
        less += f" {'has' if hidden == 1 else 'have'} no figure."
    return sentences(
        say(
            "{what} of {f} {when} is the {place} of {n} {noun}.",
            what=capital(_owned(focus, subject)),
            f=focus,
            when=_when(focus.period),
            place=f"joint {place}" if tied else place,
            n=f"{len(shown):,}",
            noun=noun,
        ),
        less,
    )


def funnel_sentence(
    figures: Sequence[Figure],
    focus: Figure,
    labels: Mapping[str, str],
    *,
    noun: str = "authorities",
    reference_name: str = "England",
) -> Text:
    """Whether the focus lies within what chance explains, and how many areas do not."""
    names = in_prose(focus.area_name)
    label = labels.get(focus.area_code, "")
    place = _funnel_place(label)
    shown = [figure for figure in figures if figure.shown]
    if not focus.shown or place == "not placed":
        return say("{name} cannot be placed: its figure is {f}.", name=capital(names), f=focus)
    outside = [f for f in shown if _funnel_place(labels.get(f.area_code, "")) in ("high", "low")]
    among = f"among {len(shown):,} {noun}"
    if place == "within":
        first = f"{capital(names)} lies within the range expected by chance {among}."
    else:
        way = "above" if place == "high" else "below"
        first = f"{capital(names)} lies {way} the range expected by chance {among}."
    rest = f"{capital(number_word(len(outside)))} of them "
    rest += f"{'lies' if len(outside) == 1 else 'lie'} outside the range around "
    return sentences(first, f"{rest}{possessive(reference_name)} value.")


def _funnel_place(label: str) -> str:
    lowered = label.lower()
    if lowered in ("", "not applicable", "not compared") or lowered.startswith("not applicable"):
        return "not placed"
    if lowered.startswith(("high", "above")):
        return "high"
    return "low" if lowered.startswith(("low", "below")) else "within"


def parts_sentence(
    parts: Sequence[Figure],
    whole: Figure | None,
    *,
    polarity: str = "none",
    noun: str = "districts",
    subject: str = "",
) -> Text:
    """The highest and lowest part, which parts differ from the whole, and which are withheld."""
    what = subject or f"figure for {lower_first(parts[0].label)}" if parts else subject
    shown = [figure for figure in parts if figure.value is not None]
    if not shown:
        return join([f"No {singular(noun)} has {a_or_an(what)} that can be shown."])
    return sentences(
        _extremes(shown, noun, what),
        _differing(shown, whole, noun),
        _withheld_parts(parts),
    )


def _extremes(shown: Sequence[Figure], noun: str, what: str) -> Text:
    if len(shown) == 1:
        one = shown[0]
        return say(
            "Only {name} has {what} that can be shown: {f}.",
            name=in_prose(one.area_name),
            what=a_or_an(what),
            f=one,
        )
    ordered = sorted(shown, key=lambda f: (f.value or 0.0, f.area_name))
    low = [f for f in ordered if f.number == ordered[0].number]
    high = [f for f in ordered if f.number == ordered[-1].number]
    if len(low) == len(shown):
        every = one_of(len(shown), len(shown), noun)
        return say("{every} have the same {what}: {f}.", every=capital(every), what=what, f=low[0])
    return say(
        "{high} {has} the highest {what}, {f}, and {low} the lowest, {g:number}.",
        high=capital(_names(high)),
        has="has" if len(high) == 1 else "have",
        what=what,
        f=high[0],
        low=_names(low),
        g=low[0],
    )


def _differing(shown: Sequence[Figure], whole: Figure | None, noun: str) -> Text | str:
    if whole is None or not whole.shown or _is_count(whole):
        return ""
    results = [(figure, compare(figure, whole)) for figure in shown]
    tested = [pair for pair in results if pair[1].result != "not compared"]
    if not tested:
        return ""
    name = in_prose(whole.area_name)
    higher = [figure for figure, compared in tested if compared.result == "higher"]
    lower = [figure for figure, compared in tested if compared.result == "lower"]
    end = say("{name} ({f})", name=name, f=_span(whole))
    if not higher and not lower:
        return say("None differs statistically from {end}.", end=end)
    claims = []
    if higher:
        verb = "is" if len(higher) == 1 else "are"
        claims.append(f"{_names(higher)} {verb} statistically higher")
    if lower:
        verb = "is" if len(lower) == 1 else "are"
        claims.append(f"{_names(lower)} {verb} statistically lower")
    return say("{claims} than {end}.", claims=capital(", and ".join(claims)), end=end)


def _withheld_parts(parts: Sequence[Figure]) -> Text | str:
    said = []
    for status in Status:
        group = [figure for figure in parts if figure.status is status and not figure.shown]
        if group:
            said.append(
                say(
                    "{what} for {names} {verb} {why}.",
                    what="The figure" if len(group) == 1 else "The figures",
                    names=listing([(Span(in_prose(f.area_name), figure=f.id),) for f in group]),
                    verb="is" if len(group) == 1 else "are",
                    why=WITHHELD[status],
                )
            )
    return sentences(*said)


def share_sentence(count: Figure, share: Figure, *, who: str, what: str) -> Text:
    """How many, and which share of whom: "27,750 of Worcestershire's residents (4.6%) lived …".

    Parameters
    ----------
    count, share : Figure
        The number and its percentage.
    who : str
        The whole, as the area owns it: "residents".
    what : str
        Verb phrase in the past tense: "lived in the most deprived 10% of neighbourhoods".
    """
    owner = possessive(count.area_name)
    when = capital(_when(count.period))
    if not count.shown and not share.shown:
        return say(
            "The number of {owner} {who} who {what} is {f}.",
            owner=owner,
            who=who,
            what=what,
            f=count,
        )
    if not count.shown:
        return say(
            "{when}, {f} of {owner} {who} {what}.",
            when=when,
            f=share,
            owner=owner,
            who=who,
            what=what,
        )
    bracket = join([" (", say("{f}", f=share), ")"]) if share.shown else ()
    return say(
        "{when}, {f:number} of {owner} {who}{bracket} {what}.",
        when=when,
        f=count,
        owner=owner,
        who=who,
        bracket=bracket,
        what=what,
    )


def unmet_need_sentence(
    treated: Figure, prevalence: Figure, unmet: Figure, *, need: str = "needed treatment"
) -> Text:
    """How many need treatment, how many are treated, and the share that is not.

    Parameters
    ----------
    treated, prevalence, unmet : Figure
        Numbers of people, and the share not in treatment with the interval carried through.
    need : str
        Verb phrase in the past tense: "were dependent on alcohol".
    """
    area = in_prose(prevalence.area_name)
    first = _need_statement(prevalence, area, need)
    matched = treated.period == prevalence.period and treated.age == prevalence.age
    second = _treated_statement(treated, area, matched)
    if not unmet.shown:
        third = say("The share not in treatment is {f}.", f=unmet)
    else:
        third = say("That means {f:full} were not in treatment.", f=unmet)
    return sentences(first, second, third, *_unmet_cautions(treated, prevalence, unmet))


def _need_statement(prevalence: Figure, area: str, need: str) -> Text:
    if not prevalence.shown:
        return say(
            "The estimate of how many people in {area} {need} is {f}.",
            area=area,
            need=need,
            f=prevalence,
        )
    return say(
        "{when}, an estimated {f:number} people in {area} {need}{interval}.",
        when=capital(_when(prevalence.period)),
        f=prevalence,
        area=area,
        need=need,
        interval=say(" ({f:interval})", f=prevalence) if prevalence.interval else "",
    )


def _treated_statement(treated: Figure, area: str, matched: bool) -> Text:
    if not treated.shown:
        return say("The number in treatment is {f}.", f=treated)
    verb = "was" if treated.number == "1" else "were"
    if matched:
        return say("Of these, {f:number} {verb} in treatment.", f=treated, verb=verb)
    return say(
        "{when}, {f:number} {verb} in treatment.",
        when=capital(_when(treated.period)),
        f=treated,
        verb=verb,
    )


def _unmet_cautions(treated: Figure, prevalence: Figure, unmet: Figure) -> list[str]:
    said = []
    if treated.shown and prevalence.shown and treated.age != prevalence.age:
        said.append(
            f"The estimate covers {_ages(prevalence.age)} and treatment {_ages(treated.age)}, "
            "so the share is approximate."
        )
    if treated.shown and prevalence.shown and treated.period != prevalence.period:
        said.append("The estimate and the count are for different periods.")
    if unmet.shown and not unmet.interval:
        said.append("The estimate has no interval, so how certain the share is cannot be said.")
    if unmet.lower is not None and unmet.lower < 0:
        said.append(
            "The lower limit is below zero, because more people were treated than the lower "
            "estimate of need."
        )
    return said


def _ages(age: str) -> str:
    if age in ("", "all ages"):
        return "all ages"
    if age.endswith("+"):
        return f"ages {age[:-1]} and over"
    return f"ages {age.replace('-', ' to ')}"


def places_sentence(
    places: Figure, *, goal: str = "England's level", people: str = "people", do: str = ""
) -> Text:
    """How many more people reaching a level would take.

    Parameters
    ----------
    places : Figure
        More people in treatment that the level would take, 0 where it is reached.
    goal : str
        "England's level", "the target of 55%".
    people : str
        Plural noun for whom.
    do : str
        What they would do; "be in treatment" where empty.
    """
    area = in_prose(places.area_name)
    if places.value is None:
        return say(
            "How many more {people} {goal} would take is {f}.", people=people, goal=goal, f=places
        )
    if places.number.strip("0.,") == "":
        if places.upper is not None and places.upper > 0:
            return say(
                "On the central estimate, {area} already reaches {goal} ({f:interval}).",
                area=area,
                goal=goal,
                f=places,
            )
        return say("{area} already reaches {goal}.", area=capital(area), goal=goal)
    interval = say(" ({f:interval})", f=places) if places.interval else ""
    noun = singular(people) if places.number == "1" else people
    return say(
        "To reach {goal}, {f:number} more {noun} in {area} would need to {do}{interval}.",
        goal=goal,
        f=places,
        noun=noun,
        area=area,
        do=do or "be in treatment",
        interval=interval,
    )


# Headlines: short findings above charts, without a full stop.


def headline_trend(
    series: Series, recent: str = "", *, polarity: str = "none", subject: str = ""
) -> Text:
    """The course of a series in a line."""
    figures, _ = _since_break(series.figures)
    shown = [figure for figure in figures if figure.shown]
    if not shown:
        name = in_prose(series.figures[0].area_name) if series.figures else series.label
        return join([f"No figures are available for {name}"])
    first, last = shown[0], shown[-1]
    what = capital(_owned(last, subject))
    ends: dict[str, Figure | str] = {
        "what": what,
        "a": first,
        "b": last,
        "t1": first.period,
        "t2": last.period,
    }
    level = say("{what} was {f} {when}", what=what, f=last, when=_when(last.period))
    if len(shown) == 1:
        return _fit(level, say("{f} {when}", f=last, when=_when(last.period)))
    moved = _moved(first, last)
    if moved in ("higher", "lower"):
        verb = "rose" if moved == "higher" else "fell"
        return _fit(
            say("{what} {verb} from {a} in {t1} to {b:number} in {t2}", verb=verb, **ends)
            if "to" not in first.period + last.period
            else say("{what} {verb} from {a} ({t1}) to {b:number} ({t2})", verb=verb, **ends),
            level,
        )
    if recent == "no significant change":
        return _fit(
            say(
                "{what} shows no significant recent change: {b} {when}",
                what=what,
                b=last,
                when=_when(last.period),
            ),
            level,
        )
    if way := _direction(recent):
        ing = "increasing" if way == "higher" else "decreasing"
        return _fit(
            say("{what} is {ing}: {b} {when}", what=what, ing=ing, b=last, when=_when(last.period)),
            level,
        )
    return _fit(level)


def headline_compare(
    figure: Figure, reference: Figure | None, *, polarity: str = "none", subject: str = ""
) -> Text:
    """How a figure stands to its reference, in a line."""
    compared = compare(figure, reference, polarity)
    what = capital(_owned(figure, subject))
    if reference is None or compared.result == "not compared":
        verb = "was" if figure.shown else "is"
        return _fit(
            say(
                "{what} {verb} {f} {when}", what=what, verb=verb, f=figure, when=_for(figure.period)
            )
            if not figure.shown
            else say("{what} was {f} {when}", what=what, f=figure, when=_when(figure.period))
        )
    name = possessive(reference.area_name)
    if compared.result == "similar":
        link = "is statistically similar to"
    else:
        link = f"is statistically {compared.result} than"
    full = say(
        "{what}, {f}, {link} {name} ({other})",
        what=what,
        f=figure,
        link=link,
        name=name,
        other=_short(reference),
    )
    return _fit(full, say("{what} {link} {name}", what=what, link=link, name=name))


def headline_parts(
    parts: Sequence[Figure],
    whole: Figure | None = None,
    *,
    noun: str = "districts",
    subject: str = "",
) -> Text:
    """Which part is highest, in a line; or that none differs from the whole."""
    shown = [figure for figure in parts if figure.value is not None]
    what = subject or (f"figure for {lower_first(parts[0].label)}" if parts else "figure")
    if not shown:
        return _fit(join([f"No {singular(noun)} has {a_or_an(what)} that can be shown"]))
    if whole is not None and whole.shown and not _is_count(whole):
        results = {compare(figure, whole).result for figure in shown}
        if results == {"similar"}:
            name = possessive(whole.area_name)
            return _fit(join([f"No {singular(noun)}'s {what} differs statistically from {name}"]))
    top = max(shown, key=lambda f: f.value or 0.0)
    tied = [figure for figure in shown if figure.number == top.number]
    return _fit(
        say(
            "{names} {has} the highest {what} of the {noun}: {f}",
            names=capital(_names(tied)),
            has="has" if len(tied) == 1 else "have",
            what=what,
            noun=noun,
            f=top,
        )
    )


def headline_funnel(
    figures: Sequence[Figure],
    focus: Figure,
    labels: Mapping[str, str],
    *,
    noun: str = "authorities",
) -> Text:
    """Whether the focus lies within what chance explains, in a line."""
    text = plain(funnel_sentence(figures, focus, labels, noun=noun)).split(". ")[0]
    return _fit(join([text.removesuffix(".")]))


# Alternative texts: what kind of chart, over what span, with what finding.


def alt_trend(
    series: Sequence[Series], recent: str = "", *, subject: str = "", unit: str = ""
) -> str:
    """Alternative text of a line chart over time; the focus comes first."""
    ordered = sorted(series, key=lambda one: one.role != "focus")
    shown = [[f for f in one.figures if f.shown] for one in ordered]
    every = [f for one in ordered for f in one.figures]
    what = _topic(every, subject)
    if not any(shown):
        return _alt([f"Line chart of {what}, with no figures to show."])
    span = _span_of(every)
    names = listing([in_prose(one.label) for one in ordered])
    course = [
        f"{capital(in_prose(one.label))}: {_from_to(figures, unit)}."
        for one, figures in zip(ordered, shown, strict=True)
        if figures
    ]
    trend = f"Recent trend: {recent}." if recent else ""
    kind = f"Line chart of {what}, {names}, {span}."
    short = f"Line chart of {what}, {span}."
    return _alt(
        [kind, *course, trend],
        [short, *course, trend],
        [short, course[0], trend],
        [short, course[0]],
    )


def alt_caterpillar(
    figures: Sequence[Figure],
    focus: Figure,
    reference: Figure | None = None,
    *,
    noun: str = "authorities",
    subject: str = "",
) -> str:
    """Alternative text of areas in order of value, with intervals."""
    shown = [figure for figure in figures if figure.shown]
    what = _topic(figures, subject)
    kind = f"Chart of {what} with intervals for {len(shown):,} {noun} in order, {focus.period}."
    rank = plain(rank_sentence(figures, focus, noun=noun, subject="value")).split(". ")[0]
    rank = rank.removesuffix(".") + "."
    verdict = plain(_verdict(focus, reference, compare(focus, reference), "England"))
    return _alt([kind, rank, verdict], [kind, rank], [kind, verdict], [kind])


def alt_funnel(
    figures: Sequence[Figure],
    focus: Figure,
    labels: Mapping[str, str],
    *,
    noun: str = "authorities",
    subject: str = "",
) -> str:
    """Alternative text of a funnel plot."""
    what = _topic(figures, subject)
    kind = f"Funnel plot of {what} by size of population, {focus.period}."
    finding = plain(funnel_sentence(figures, focus, labels, noun=noun))
    return _alt([kind, finding], [kind, finding.split(". ")[0].removesuffix(".") + "."], [kind])


def alt_bars(
    figures: Sequence[Figure], *, subject: str = "", names: Sequence[str] | None = None
) -> str:
    """Alternative text of a bar chart of areas or groups: the highest and the lowest.

    `names` are the bars' names where they are not the areas'.
    """
    what = _topic(figures, subject)
    called = list(names) if names is not None else [in_prose(f.area_name) for f in figures]
    kind = f"Bar chart of {what}, {count_noun(len(figures), 'bar')}, {_span_of(figures)}."
    return _alt([kind, *_high_low(figures, called)], [kind])


def alt_pyramid(
    males: Sequence[Figure],
    females: Sequence[Figure],
    *,
    area_name: str,
    period: str,
    comparator: str = "",
) -> str:
    """Alternative text of a population pyramid: its largest and its smallest age band."""
    total = [
        (m.age, (m.value or 0.0) + (f.value or 0.0)) for m, f in zip(males, females, strict=True)
    ]
    against = f", against {in_prose(comparator)}" if comparator else ""
    kind = (
        f"Population pyramid of {in_prose(area_name)} by sex and age{against}, {period}, "
        f"{count_noun(len(total), 'age band')}."
    )
    if not total:
        return _alt([kind])
    top = max(total, key=lambda pair: pair[1])[0]
    least = min(total, key=lambda pair: pair[1])[0]
    return _alt([kind, f"The largest band is {_ages(top)} and the smallest {_ages(least)}."])


def alt_map(
    subject: str,
    area_name: str,
    *,
    places: int,
    noun: str,
    found: Figure,
    what: str,
    where: Sequence[str] = (),
) -> str:
    """Alternative text of a map.

    Parameters
    ----------
    subject : str
        What the colours mean: "national deprivation decile".
    area_name : str
    places : int
        How many shapes, of which `noun` (plural).
    found : Figure
        The number that is the finding, of which `what` says what they are: "are in the most
        deprived 10% in England".
    where : sequence of str
        Where most of them lie.
    """
    kind = f"Map of {in_prose(area_name)}, {places:,} {noun} shaded by {subject}."
    if not found.shown:
        return _alt([kind, f"The number that {what} is {plain(say('{f}', f=found))}."])
    most = f", mostly in {listing([in_prose(one) for one in where], limit=3)}" if where else ""
    verb = _agree(what) if found.number == "1" else what
    finding = f"{found.number if found.value else 'None'} {verb}"
    return _alt([kind, f"{finding}{most}."], [kind, f"{finding}."])


def alt_treated(unmet: Sequence[Figure], *, names: Sequence[str], area_name: str) -> str:
    """Alternative text of people in and not in treatment, by substance."""
    kind = (
        f"Stacked bar chart of people in treatment and not in treatment in {in_prose(area_name)}, "
        f"{count_noun(len(unmet), 'group')}, {_span_of(unmet)}."
    )
    return _alt([kind, *_high_low(unmet, list(names), "not in treatment")], [kind])


def alt_deciles(shares: Sequence[Figure], *, area_name: str, who: str = "residents") -> str:
    """Alternative text of the share of people by national decile, most deprived first."""
    kind = (
        f"Bar chart of the share of {possessive(area_name)} {who} by national deprivation decile, "
        f"{_span_of(shares)}."
    )
    shown = [(n, f) for n, f in enumerate(shares, start=1) if f.value is not None]
    if not shown:
        return _alt([kind, "No share can be shown."])
    top, largest = max(shown, key=lambda pair: pair[1].value or 0.0)
    finding = f"The largest share is in decile {top} ({largest.text})."
    first, last = shares[0], shares[-1]
    ends = (
        f"{first.text} live in the most deprived decile and {last.text} in the least deprived."
        if first.shown and last.shown
        else ""
    )
    return _alt([kind, ends, finding], [kind, finding], [kind])


def alt_domains(
    figures: Sequence[Figure],
    *,
    names: Sequence[str],
    area_name: str,
    what: str = "neighbourhoods in the most deprived 10% in England",
) -> str:
    """Alternative text of the deprivation domains."""
    kind = (
        f"Bar chart of {what}, {in_prose(area_name)}, by {count_noun(len(figures), 'domain')} of "
        "deprivation."
    )
    return _alt([kind, *_high_low(figures, list(names))], [kind])


def alt_amounts(figures: Sequence[Figure], *, subject: str = "") -> str:
    """Alternative text of amounts by year."""
    shown = [figure for figure in figures if figure.shown]
    kind = f"Bar chart of {_topic(figures, subject)} by year, {_span_of(figures)}."
    if not shown:
        return _alt([kind, "No amount can be shown."])
    if len(shown) == 1:
        return _alt([kind, f"The only amount is {shown[0].text}."])
    return _alt([kind, f"From {shown[0].text} to {shown[-1].text}."])


def missing_notice(indicators: Sequence[Indicator], catalogue: Catalogue, area_name: str) -> Notice:
    """What a chapter cannot show: each indicator, who publishes it and how to add it."""
    items = []
    for one in indicators:
        keys = catalogue.sources_of(one.key)
        producers = sorted({catalogue.sources[key].producer for key in keys})
        items.append(
            sentences(
                f"{one.name} is not available for {in_prose(area_name)}.",
                f"It is published by {listing(producers)}." if producers else "",
                f"{one.how_to_add.strip().rstrip('.')}.",
            )
        )
    number = count_noun(len(items), "indicator", words=True)
    verb = "is" if len(items) == 1 else "are"
    return Notice(
        title=f"{capital(number)} {verb} not available for {in_prose(area_name)}",
        items=tuple(items),
        kind="missing",
    )


# Small parts that several sentences share.


def _owned(figure: Figure, subject: str) -> str:
    what = subject or f"figure for {lower_first(figure.label)}"
    sex = {"male": " for males", "female": " for females"}.get(figure.sex, "")
    return f"{possessive(figure.area_name)} {what}{sex}"


def _when(period: str) -> str:
    """The period after its preposition; a label that is no period is named as it is."""
    try:
        return periods.parse(period).in_prose
    except InvalidDataError:
        return f"in {period}"


def _for(period: str) -> str:
    return f"for {period}"


def _short(figure: Figure) -> Text:
    """The number alone where the unit was just said; a % or £ stays with it."""
    return say("{f}" if figure.unit in ("%", "£") else "{f:number}", f=figure)


def _span(figure: Figure) -> Text:
    return _short(figure)


def _names(figures: Sequence[Figure]) -> str:
    return listing([in_prose(figure.area_name) for figure in figures])


def _agree(verb_phrase: str) -> str:
    """A plural verb phrase in the singular: "are in" becomes "is in"."""
    swaps = {"are": "is", "were": "was", "have": "has", "lie": "lies"}
    first, _, rest = verb_phrase.partition(" ")
    return f"{swaps.get(first, first)} {rest}".strip()


def _topic(figures: Sequence[Figure], subject: str) -> str:
    if subject:
        return subject
    return lower_first(figures[0].label) if figures else "figures"


def _span_of(figures: Sequence[Figure]) -> str:
    labels = list(dict.fromkeys(figure.period for figure in figures))
    if not labels:
        return "no periods"
    if len(labels) == 1:
        return labels[0]
    both = f"{labels[0]} to {labels[-1]}"
    return both if "to" not in labels[0] + labels[-1] else f"from {labels[0]} until {labels[-1]}"


def _from_to(figures: Sequence[Figure], unit: str) -> str:
    last = figures[-1].text if not unit else f"{figures[-1].number} {unit}"
    if len(figures) == 1:
        return last
    return f"from {figures[0].number} to {last}"


def _high_low(figures: Sequence[Figure], names: Sequence[str], what: str = "") -> list[str]:
    pairs = [(f, name) for f, name in zip(figures, names, strict=True) if f.value is not None]
    if not pairs:
        return ["No value can be shown."]
    hidden = len(figures) - len(pairs)
    rest = f"{count_noun(hidden, 'value', words=True).capitalize()} withheld." if hidden else ""
    if len(pairs) == 1:
        return [f"{capital(pairs[0][1])}: {_described(pairs[0][0], what)}.", rest]
    high = max(pairs, key=lambda pair: pair[0].value or 0.0)
    low = min(pairs, key=lambda pair: pair[0].value or 0.0)
    if high[0].number == low[0].number:
        return [f"All are the same: {_described(high[0], what)}.", rest]
    return [
        f"Highest: {high[1]}, {_described(high[0], what)}. Lowest: {low[1]}, {low[0].text}.",
        rest,
    ]


def _described(figure: Figure, what: str) -> str:
    return f"{with_noun(figure)} {what}".strip()


def _fit(*candidates: Text, limit: int = HEADLINE_LIMIT) -> Text:
    """The first text that is short enough; else the last, cut at a word."""
    for text in candidates:
        if len(plain(text)) <= limit:
            return text
    kept: list[Span] = []
    room = limit - 1
    for span in candidates[-1]:
        if len(span.text) > room:
            cut = span.text[:room].rsplit(" ", 1)[0] if not span.figure else ""
            kept.append(Span(f"{cut.rstrip(' ,:;(')}…"))
            break
        kept.append(span)
        room -= len(span.text)
    return tuple(kept)


def _alt(*candidates: Sequence[str]) -> str:
    """The first text of 250 characters at most, made of whole sentences."""
    texts = [" ".join(part for part in parts if part) for parts in candidates]
    for text in texts:
        if len(text) <= ALT_LIMIT:
            return text
    return f"{texts[-1][: ALT_LIMIT - 2].rsplit(' ', 1)[0].rstrip(' ,.')}…."
