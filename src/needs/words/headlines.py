"""Headlines: what a chart shows, in a line of page text above it, without a full stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from needs.figures.change_over_time import course
from needs.figures.figure import Figure, Series
from needs.figures.remainder import remainder
from needs.words.comparisons import HEADLINE_LIMIT, headline_compare
from needs.words.english import (
    a_or_an,
    capital,
    in_prose,
    join,
    listing,
    number_word,
    one_of,
    say,
    singular,
)
from needs.words.phrases import (
    area_names,
    differ,
    direction,
    fit,
    owned,
    phrase,
    short,
    since_break,
    value,
    when,
)
from needs.words.standings import ends, outside_limits, placed, standing
from needs.words.text import Text
from needs.words.verdicts import UNTESTED, compare_figures, trend_judgement


def headline_trend(
    series: Series,
    recent: str = "",
    *,
    polarity: str = "none",
    subject: str = "",
    breaks: Mapping[int, str] | None = None,
) -> Text:
    """The course of a series in a line; without a change, its newest figure."""
    figures, _, _ = since_break(series.figures, breaks)
    shown = [figure for figure in figures if figure.shown]
    if not shown:
        name = in_prose(series.figures[0].area_name) if series.figures else in_prose(series.label)
        return join([f"No figures are available for {name}"])
    last = shown[-1]
    what = capital(owned(last, subject))
    now: dict[str, Figure | Text | str] = {
        "what": what,
        "b": value(last, subject),
        "t": when(last.period),
    }
    level = say("{what} was {b} {t}", **now)
    least = say("{area}: {b} {t}", area=capital(in_prose(last.area_name)), b=last, t=now["t"])
    found = course(figures)
    if found and found.way and found.change and not direction(recent):
        newest = differ(last, found.before)
        if found.turned and newest == "untested":
            # the fitted rate is told in the text; it may not head a series that has turned
            text = say("{what} has {verb} in the last two periods, to {b} {t} {mark}", **now,
                       verb="risen" if found.newest_way == "higher" else "fallen",
                       mark=UNTESTED)  # fmt: skip
        elif found.turned and newest == "similar":
            text = level
        elif {found.way, newest} == {"higher", "lower"}:
            text = say("{what} was highest in {t1}, {a}, and is now {b}", what=what,
                       t1=found.peak.period, a=found.peak, b=short(last))  # fmt: skip
        else:
            text = say("{what} has {verb} by {c:size} a year since {t1}, to {b} {t}", **now,
                       verb="risen" if found.way == "higher" else "fallen", c=found.change,
                       t1=found.change.period.partition(" up to ")[0])  # fmt: skip
        return fit(text, level, least, limit=HEADLINE_LIMIT)
    if len(shown) > 1 and recent == "no significant change":
        text = say("{what} shows no significant recent change: {b} {t}", **now)
        return fit(text, level, least, limit=HEADLINE_LIMIT)
    if len(shown) > 1 and direction(recent):
        judgement = trend_judgement(recent, polarity)
        so = f" (getting {judgement})" if judgement else ""
        text = say("{what} is {r}{so}: {b} {t}", r=recent, so=so, **now)
        return fit(text, level, least, limit=HEADLINE_LIMIT)
    return fit(level, least, limit=HEADLINE_LIMIT)


def headline_parts(
    parts: Sequence[Figure],
    whole: Figure | None = None,
    *,
    noun: str = "districts",
    subject: str = "",
) -> Text:
    """Which parts differ from the rest of the whole, in a line; or that none does.

    Where no events tell the rest, parts are compared with the whole; without a test the highest is
    named, with the mark of what was not tested.
    """
    shown = [figure for figure in parts if figure.value is not None]
    what = phrase(subject, parts[0].label if parts else "figure")
    one = singular(noun)
    if not shown:
        return fit(join([f"No {one} has {a_or_an(what)} that can be shown"]), limit=HEADLINE_LIMIT)
    rests = [remainder(whole, figure) if whole else None for figure in shown]
    results = [
        compare_figures(figure, rest or whole).result
        for figure, rest in zip(shown, rests, strict=True)
    ]
    beside = in_prose(whole.area_name) if whole else ""
    beside = f"the rest of {beside}" if all(rests) else beside
    if whole is not None and set(results) == {"similar"}:
        text = join([f"No {one} differs statistically from {beside} in its {what}"])
        return fit(text, limit=HEADLINE_LIMIT)
    for side in ("higher", "lower"):
        far = [f for f, result in zip(shown, results, strict=True) if result == side]
        if far:
            return _apart(far, side, beside, what)
    low, high = ends(shown)
    if low[0].number == high[0].number and len(shown) > 1:
        every = capital(one_of(len(shown), len(shown), noun))
        text = say("{every} have the same {what}: {f}", every=every, what=what, f=high[0])
    else:
        tested = "" if "similar" in results else f" {UNTESTED}"
        text = say("{names} {has} the highest {what}: {f}{tested}", names=capital(area_names(high)),
                   has="has" if len(high) == 1 else "have", what=what, f=high[0],
                   tested=tested)  # fmt: skip
    return fit(text, limit=HEADLINE_LIMIT)


def _apart(far: Sequence[Figure], side: str, beside: str, what: str) -> Text:
    """Parts beyond the rest on one side, the furthest first."""
    ordered = sorted(far, key=lambda f: -(f.value or 0.0) if side == "higher" else f.value or 0.0)
    first = ordered[0]
    said: dict[str, Figure | str] = {"f": first, "side": side, "beside": beside, "what": what}
    names = listing([in_prose(figure.area_name) for figure in ordered], limit=3)
    if len(ordered) == 1:
        return fit(
            say("{name} has a statistically {side} {what} than {beside}: {f}",
                name=capital(in_prose(first.area_name)), **said),
            limit=HEADLINE_LIMIT,
        )  # fmt: skip
    return fit(
        say("{names} have a statistically {side} {what} than {beside}; {name}: {f}",
            names=capital(names), name=in_prose(first.area_name), **said),
        say("{n} have a statistically {side} {what} than {beside}; {name}: {f}",
            n=capital(number_word(len(ordered))), name=in_prose(first.area_name), **said),
        limit=HEADLINE_LIMIT,
    )  # fmt: skip


def headline_rank(
    figures: Sequence[Figure],
    focus: Figure,
    *,
    noun: str = "authorities",
    subject: str = "",
    among: str = "",
) -> Text:
    """Where an area stands among others, in a line; `among` says who they are, the area too.

    A rank carries its range. Where that covers more than half of the areas, or cannot be given,
    there is no rank: the line says what half of the areas have.
    """
    what = capital(owned(focus, subject))
    shown = [figure for figure in figures if figure.shown]
    if not focus.shown or len(shown) < 2:
        return headline_compare(focus, None, subject=subject)
    number = number_word(len(shown))
    who = f"{number}: {among}" if among else f"{number} {noun}"
    area = capital(in_prose(focus.area_name))
    stands = standing(shown, focus)
    if stands is None or not stands.clear:
        middle = sorted(shown, key=lambda one: (one.value or 0.0, one.area_code))
        cut = len(middle) // 4
        half: dict[str, Figure | Text] = {
            "f": focus,
            "low": short(middle[cut]),
            "high": short(middle[-1 - cut]),
        }
        rest = say("{f}; half of {n} have {low} to {high}", n=f"{number} {noun}", **half)
        return fit(
            say("{what} is {rest}", what=what, rest=rest),
            say("{area}: {rest}", area=area, rest=rest),
            limit=HEADLINE_LIMIT,
        )
    ranks = "is" if stands.first == stands.last else "ranks"
    said: dict[str, Figure | str] = {"f": focus, "place": f"{ranks} {stands.words}"}
    return fit(
        say("{what}, {f}, {place} of {n}", what=what, n=who, **said),
        say("{what}, {f}, {place} of {n}", what=what, n=f"{number} {noun}", **said),
        say("{area}, {f}, {place} of {n}", area=area, n=f"{number} {noun}", **said),
        limit=HEADLINE_LIMIT,
    )


def headline_funnel(
    figures: Sequence[Figure],
    focus: Figure,
    labels: Mapping[str, str],
    *,
    noun: str = "authorities",
) -> Text:
    """Where an area lies by a funnel's limits, and how many lie outside them, in a line."""
    where = placed(focus, labels)
    others, _ = outside_limits(figures, labels, noun)
    return fit(join([f"{where}; {others}"]), join([where]), limit=HEADLINE_LIMIT)
