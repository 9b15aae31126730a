"""Alternative texts of charts and maps: what kind of chart, over what span, with what finding.

Each is at most 250 characters, made of whole sentences from the same figures as the chart. Where
all that could be said is too long, the less important sentences are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from needs.figures.figure import Figure, Series
from needs.words.english import (
    capital,
    count_noun,
    in_prose,
    listing,
    possessive,
    singular,
    with_noun,
)
from needs.words.phrases import since_break, span, the_topic
from needs.words.standings import outside_limits, placed, standing
from needs.words.text import plain
from needs.words.verdicts import revealed, verdict

#: Longest alternative text, in characters.
ALT_LIMIT = 250


def alt_trend(
    series: Sequence[Series],
    recent: str = "",
    *,
    subject: str = "",
    unit: str = "",
    breaks: Mapping[int, str] | None = None,
) -> str:
    """Alternative text of lines over time, the focus first; `unit` only where figures lack one.

    Where the series breaks, the courses begin after the last break, as `trend_sentence` does.
    """
    ordered = sorted(series, key=lambda one: one.role != "focus")
    every = [figure for one in ordered for figure in one.figures]
    what = the_topic(every, subject)
    _, at, _ = since_break(ordered[0].figures, breaks) if ordered else ((), "", "")
    courses = [
        f"{capital(in_prose(one.label))}: {_from_to(shown, unit)}."
        for one in ordered
        if (shown := [f for f in since_break(one.figures, breaks)[0] if f.shown])
    ]
    broken = f"The series breaks in {at}." if at else ""
    if not courses:
        return _alt([f"Line chart of {what}, without any figure that can be shown."])
    when = span(ordered[0].figures)
    kind = f"Line chart of {what}, {when}."
    trend = f"Recent trend: {recent}." if recent else ""
    return _alt(
        [kind, *courses, trend, broken],
        [kind, *courses[:2], trend, broken],
        [kind, courses[0], trend, broken],
        [kind, courses[0], broken],
        [f"Line chart, {when}.", courses[0], broken],
    )


def alt_caterpillar(
    figures: Sequence[Figure],
    focus: Figure,
    reference: Figure | None = None,
    *,
    noun: str = "authorities",
    subject: str = "",
    among: str = "",
) -> str:
    """Alternative text of areas in order of value with intervals: where the focus stands.

    `among` says who the areas are, where they are not so many of the noun.
    """
    shown = [figure for figure in figures if figure.shown]
    what = the_topic(figures, subject)
    who = among or f"{len(shown):,} {noun}"
    kind = f"Chart of {what} for {who} in order of value, {focus.period}."
    focus, reference = revealed(focus, reference)
    name = capital(in_prose(focus.area_name))
    if not focus.shown:
        stands = f"{name} has no figure that can be shown."
    else:
        found = standing(shown, focus)
        stands = f"{name}: {with_noun(focus)}{f', {found.words} of them' if found else ''}."
    compared = plain(verdict(focus, reference)) if reference else ""
    return _alt([kind, stands, compared], [kind, stands], [f"Chart of {noun} in order.", stands])


def alt_funnel(
    figures: Sequence[Figure],
    focus: Figure,
    labels: Mapping[str, str],
    *,
    noun: str = "authorities",
    subject: str = "",
) -> str:
    """Alternative text of a funnel plot."""
    what = the_topic(figures, subject)
    kind = f"Funnel plot of {what} by size of population, {focus.period}."
    finding = f"{placed(focus, labels)}."
    others = f"{capital(outside_limits(figures, labels, noun)[0])}."
    return _alt([kind, finding, others], ["Funnel plot.", finding, others])


def alt_bars(
    figures: Sequence[Figure], *, subject: str = "", names: Sequence[str] | None = None
) -> str:
    """Alternative text of bars of areas or groups: the highest and the lowest.

    `names` are the bars' names where they are not the areas'.
    """
    called = list(names) if names is not None else _area_names(figures)
    what = the_topic(figures, subject)
    kind = f"Bar chart of {what}, {count_noun(len(figures), 'bar')}, {span(figures)}."
    ends = _high_low(figures, called)
    return _alt([kind, *ends], [kind, ends[0]], ["Bar chart.", ends[0]])


def alt_deciles(shares: Sequence[Figure], *, area_name: str, who: str = "residents") -> str:
    """Alternative text of the share of people by national decile, the most deprived first."""
    owner = possessive(area_name)
    kind = f"Bar chart of the share of {owner} {who} by national deprivation decile."
    shown = [(n, figure) for n, figure in enumerate(shares, start=1) if figure.value is not None]
    if not shown:
        return _alt([kind, "No share can be shown."])
    top, largest = max(shown, key=lambda pair: pair[1].value or 0.0)
    finding = f"The largest is decile {top}, {largest.text}."
    ends = f"Most deprived tenth: {_value(shares[0])}; least deprived: {_value(shares[-1])}."
    return _alt([kind, ends, finding], [kind, ends])


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
        The number that is the finding.
    what : str
        What these are, a plural verb phrase: "are in the most deprived 10% in England".
    where : sequence of str
        Where most of them lie.
    """
    shapes = count_noun(places, singular(noun), noun)
    kind = f"Map of {in_prose(area_name)}, {shapes} shaded by {subject}."
    if not found.shown:
        return _alt([kind, f"How many {what} is {found.status}."])
    if found.value == 0:
        return _alt([kind, f"None {what}."])
    finding = f"{found.number} {_agree(what) if found.number == '1' else what}"
    most = f", mostly in {listing([in_prose(one) for one in where], limit=3)}" if where else ""
    return _alt([kind, f"{finding}{most}."], [kind, f"{finding}."], ["Map.", f"{finding}."])


def alt_domains(
    figures: Sequence[Figure],
    *,
    names: Sequence[str],
    area_name: str,
    what: str = "neighbourhoods in the most deprived 10% in England",
) -> str:
    """Alternative text of the deprivation domains: the highest and the lowest."""
    number = count_noun(len(figures), "domain")
    kind = f"Chart of {what}, {in_prose(area_name)}, by {number} of deprivation."
    ends = _high_low(figures, names)
    return _alt([kind, *ends], [kind, ends[0]], ["Chart by domain.", ends[0]])


def alt_treated(unmet: Sequence[Figure], *, names: Sequence[str], area_name: str) -> str:
    """Alternative text of bars of people in and not in treatment: the share that is not."""
    name = in_prose(area_name)
    kind = f"Bar chart of people in treatment and not in treatment, {name}, {span(unmet)}."
    each = [f"{one} {_value(figure)}" for one, figure in zip(names, unmet, strict=True)]
    if not each:
        return _alt([kind, "No value can be shown."])
    return _alt(
        [kind, f"Not in treatment: {listing(each)}."],
        [kind, *_high_low(unmet, names)],
        [kind, f"Not in treatment: {each[0]}."],
        ["Bar chart of people in treatment.", f"Not in treatment: {each[0]}."],
    )


def _area_names(figures: Sequence[Figure]) -> list[str]:
    return [in_prose(figure.area_name) for figure in figures]


def _from_to(shown: Sequence[Figure], unit: str) -> str:
    first, last = shown[0], shown[-1]
    end = _value(last) if last.unit or not unit else f"{last.number} {unit}"
    if len(shown) == 1:
        return f"{end} in {last.period}"
    return f"from {first.number if last.unit != '%' else first.text} to {end}"


def _value(figure: Figure) -> str:
    """The figure as alternative text says it; a withheld one in a word."""
    return with_noun(figure) if figure.shown else str(figure.status)


def _high_low(figures: Sequence[Figure], names: Sequence[str]) -> list[str]:
    pairs = [(f, name) for f, name in zip(figures, names, strict=True) if f.value is not None]
    hidden = len(figures) - len(pairs)
    withheld = f"{count_noun(hidden, 'value')} not shown." if hidden and pairs else ""
    if not pairs:
        return ["No value can be shown."]
    if len(pairs) == 1:
        return [f"{capital(pairs[0][1])}: {_value(pairs[0][0])}.", withheld]
    high = max(pairs, key=lambda pair: pair[0].value or 0.0)
    low = min(pairs, key=lambda pair: pair[0].value or 0.0)
    if high[0].number == low[0].number:
        return [f"All are the same: {_value(high[0])}.", withheld]
    ends = f"Highest: {high[1]}, {_value(high[0])}. Lowest: {low[1]}, {_value(low[0])}."
    return [ends, withheld]


def _agree(verb_phrase: str) -> str:
    """A plural verb phrase in the singular: "are in" becomes "is in"."""
    first, _, tail = verb_phrase.partition(" ")
    verb = {"are": "is", "were": "was", "have": "has", "lie": "lies", "live": "lives"}
    return f"{verb.get(first, first)} {tail}".strip()


def _alt(*candidates: Sequence[str]) -> str:
    """The first text that is short enough; else the last, cut at a word."""
    texts = [" ".join(part for part in parts if part) for parts in candidates]
    for text in texts:
        if len(text) <= ALT_LIMIT:
            return text
    return f"{texts[-1][: ALT_LIMIT - 2].rsplit(' ', 1)[0].rstrip(' ,.:;(')}…."
