"""Headlines: what a chart shows, in a line of page text above it, without a full stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from needs.figures.figure import Figure, Series
from needs.words.english import (
    a_or_an,
    capital,
    in_prose,
    join,
    number_word,
    one_of,
    possessive,
    say,
    singular,
)
from needs.words.phrases import (
    area_names,
    direction,
    fit,
    moved,
    owned,
    phrase,
    short,
    since_break,
    value,
    when,
)
from needs.words.text import Text
from needs.words.verdicts import (
    compare_figures,
    ends,
    outside_limits,
    place,
    placed,
    revealed,
    trend_judgement,
)

#: Longest headline of a chart, in characters.
HEADLINE_LIMIT = 140


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
    first, last = shown[0], shown[-1]
    what = capital(owned(last, subject))
    now: dict[str, Figure | Text | str] = {
        "what": what,
        "b": value(last, subject),
        "t": when(last.period),
    }
    level = say("{what} was {b} {t}", **now)
    least = say("{area}: {b} {t}", area=capital(in_prose(last.area_name)), b=last, t=now["t"])
    if len(shown) > 1 and (way := moved(first, last)) in ("higher", "lower"):
        text = say("{what} {verb} from {a} ({t1}) to {b} ({t2})", what=what,
                   a=value(first, subject), b=short(last),
                   verb="rose" if way == "higher" else "fell",
                   t1=first.period, t2=last.period)  # fmt: skip
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
    link = "similar to" if compared.result == "similar" else f"{compared.result} than"
    so = f", and so {compared.judgement}" if compared.judgement in ("better", "worse") else ""
    name = in_prose(reference.area_name)
    owner = possessive(reference.area_name)
    area = capital(in_prose(figure.area_name))
    return fit(
        say("{what}, {f}, is statistically {link} {owner} ({o}){so}",
            what=what, f=figure, link=link, owner=owner, o=short(reference), so=so),
        say("{what} is statistically {link} {owner}{so}",
            what=what, link=link, owner=owner, so=so),
        say("{area}, {f}, is statistically {link} {name}",
            area=area, f=figure, link=link, name=name),
        limit=HEADLINE_LIMIT,
    )  # fmt: skip


def headline_parts(
    parts: Sequence[Figure],
    whole: Figure | None = None,
    *,
    noun: str = "districts",
    subject: str = "",
) -> Text:
    """Which part is highest, in a line; or that none differs from the whole."""
    shown = [figure for figure in parts if figure.value is not None]
    what = phrase(subject, parts[0].label if parts else "figure")
    one = singular(noun)
    if not shown:
        return fit(join([f"No {one} has {a_or_an(what)} that can be shown"]), limit=HEADLINE_LIMIT)
    results = {compare_figures(figure, whole).result for figure in shown}
    if whole is not None and results == {"similar"}:
        name = in_prose(whole.area_name)
        text = join([f"No {one} differs statistically from {name} in its {what}"])
        return fit(text, limit=HEADLINE_LIMIT)
    low, high = ends(shown)
    if low[0].number == high[0].number and len(shown) > 1:
        every = capital(one_of(len(shown), len(shown), noun))
        text = say("{every} have the same {what}: {f}", every=every, what=what, f=high[0])
    else:
        text = say("{names} {has} the highest {what}: {f}", names=capital(area_names(high)),
                   has="has" if len(high) == 1 else "have", what=what, f=high[0])  # fmt: skip
    return fit(text, limit=HEADLINE_LIMIT)


def headline_rank(
    figures: Sequence[Figure],
    focus: Figure,
    *,
    noun: str = "authorities",
    subject: str = "",
    among: str = "",
) -> Text:
    """Where an area stands among others, in a line; `among` says who they are, the area too."""
    what = capital(owned(focus, subject))
    shown = [figure for figure in figures if figure.shown]
    if not focus.shown or len(shown) < 2:
        return headline_compare(focus, None, subject=subject)
    number = number_word(len(shown))
    stands: dict[str, Figure | str] = {
        "f": focus,
        "place": place(shown, focus),
        "n": f"{number}: {among}" if among else f"{number} {noun}",
    }
    area = capital(in_prose(focus.area_name))
    return fit(
        say("{what}, {f}, is the {place} of {n}", what=what, **stands),
        say("{what}, {f}, is the {place} of {n}", what=what, **{**stands, "n": f"{number} {noun}"}),
        say("{area}, {f}, is the {place} of {n}", area=area, **stands),
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
