"""Views of the area among all upper-tier authorities: in order, or on a funnel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from needs import charts
from needs.catalogue import Indicator
from needs.chapters import figure_tables
from needs.chapters.blocks import Blocks, Chart, Prose, Table, blocks
from needs.chapters.captions import each_once, lines, subject_of, subtitle_of
from needs.chapters.measure import Measure, view
from needs.chapters.recent import end_of
from needs.chapters.rules import COUNTED, is_count
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure, format_number
from needs.sources.periods import parse
from needs.stats import compare
from needs.tables.areas import authorities_of
from needs.words import alt_text, english, headlines, sentences
from needs.words.phrases import age_words
from needs.words.text import Span, Text

#: From this many authorities a chart of all of them says something.
AUTHORITIES_FOR_A_CHART = 20

#: The share of England's upper-tier authorities that must have a figure before one is ranked among
#: them, drawn among all of them or put on a funnel. Files of one region hold a sixth; the national
#: files at hand hold at least 73%, because a rate is withheld or a former health area left out.
NATIONAL_SHARE = 0.7

FUNNEL = "The curves are control limits (95% and 99.8%) round England's value{widened}."

#: Points on each line of a funnel: enough to look smooth.
CURVE_POINTS = 80

#: The authorities between the first and the last of these are half of them all.
QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Ranked:
    """The area and the upper-tier authorities that have a figure of a measure in one period.

    Attributes
    ----------
    focus, reference : Figure
        The area's figure, and England's where there is one.
    figures : list of Figure
        Of all authorities, the lowest first; a footprint, which is none of them, stands among them.
    noun, among, who : str
        What they are called, what the area is ranked among where it is no authority, and their
        number.
    where : str
        Which authorities they are, as a title says it.
    """

    focus: Figure
    reference: Figure | None
    figures: list[Figure]
    noun: str
    among: str
    who: str
    where: str

    @property
    def period(self) -> str:
        """The period that they are compared in."""
        return self.focus.period


@view
def authorities(measure: Measure, *, id: str = "") -> Blocks | str:
    """Draw all upper-tier authorities in order of their values; see `trend` for `id`."""
    ranked = _ranked(measure)
    if not isinstance(ranked, Ranked):
        return ranked
    return _in_order(measure, ranked, id)


@view
def funnel(measure: Measure, *, id: str = "") -> Blocks | str:
    """Draw the rates of all authorities against their size, with control limits round England's.

    Small authorities vary more by chance alone; the limits allow for it. Only rates of events that
    are counted can be put on a funnel. See `trend` for `id`.
    """
    if measure.indicator.statistic != "crude_rate" and not is_count(measure.indicator):
        return "a funnel needs a crude rate, of events and people; `authorities` draws others"
    ranked = _ranked(measure)
    if not isinstance(ranked, Ranked):
        return ranked
    if ranked.reference is None:
        return _in_order(measure, ranked, id)
    indicator, figures = measure.indicator, ranked.figures
    found = funnel_of(figures, ranked.reference, indicator.multiplier)
    labels = found.labels
    table = _table(measure, ranked, id)
    drawn = charts.funnel_plot(
        figures,
        focus=measure.na.area.code,
        reference=ranked.reference,
        limits=found.limits,
        unit=indicator.unit,
        chart_id=f"chart_{table.id}",
        size=_size(indicator, ranked.period),
    )
    noun = ranked.noun
    alt = alt_text.alt_funnel(
        figures, ranked.focus, labels, noun=noun, subject=subject_of(indicator)
    )
    headline = headlines.headline_funnel(figures, ranked.focus, labels, noun=noun)
    return blocks(
        _older(measure.na, measure.key, ranked.period),
        _chart(measure, ranked, table, drawn, headline, alt, FUNNEL.format(widened=found.widened)),
        Prose(
            sentences.funnel_sentence(figures, labels, found.dispersion, noun=noun),
            style="note",
            figures=(found.dispersion,),
        ),
    )


@view
def spread(measure: Measure, *, id: str = "") -> Blocks | str:
    """Draw how all authorities are distributed and where the area lies; see `trend` for `id`.

    Where `authorities` says which rank the area has, this says how much it matters: many
    authorities may lie close together.
    """
    ranked = _ranked(measure)
    if not isinstance(ranked, Ranked):
        return ranked
    indicator, figures, subject = measure.indicator, ranked.figures, subject_of(measure.indicator)
    table = _table(measure, ranked, id or f"{measure.key}_spread")
    drawn = charts.histogram(
        figures,
        focus=ranked.focus,
        reference=ranked.reference,
        unit=indicator.unit,
        chart_id=f"chart_{table.id}",
    )
    values = np.array([one.value for one in figures], dtype=float)
    low, middle, high = (
        format_number(one, indicator.decimals) for one in np.quantile(values, QUARTERS)
    )
    england = f", England {ranked.reference.number}" if ranked.reference else ""
    among = ranked.among or ranked.who
    alt = (
        f"Histogram of the {subject} of {among}, {ranked.period}. Half of them lie from {low} to "
        f"{high}, the middle is {middle}. {ranked.focus.area_name} has {ranked.focus.number}"
        f"{england}."
    )
    headline = headlines.headline_rank(
        figures, ranked.focus, noun=ranked.noun, subject=subject, among=ranked.among
    )
    return blocks(
        _older(measure.na, measure.key, ranked.period),
        _chart(measure, ranked, table, drawn, headline, alt, ""),
    )


def _ranked(measure: Measure) -> Ranked | Blocks | str:
    """The authorities to draw; or a note that they are too few, or the reason for nothing."""
    na, key, indicator = measure.na, measure.key, measure.indicator
    if is_count(indicator):
        return COUNTED
    period = _funnel_period(na, key)
    if not period:
        said = _too_few(na, key)
        why = "in no period have enough of England's authorities a figure beside the area's"
        return blocks(said) if said else why
    figures = [one for one in na.across(key, na.compared(key, period), period) if one.shown]
    england = na.figure(key, na.england, period)
    focus = na.figure(key, na.area, period)
    held = _held(na, len(figures), period)
    noun, who, among = _of_england(*held), _authorities_held(*held), ""
    if focus.area_code not in {one.area_code for one in figures}:  # a footprint is none of them
        figures.append(focus)
        noun, among = "areas", f"itself and {who}"
    figures.sort(key=lambda one: (one.value or 0.0, one.area_code))
    reference = england if england.shown else None
    return Ranked(focus, reference, figures, noun, among, who, _upper_tier(*held))


def _in_order(measure: Measure, ranked: Ranked, id: str) -> Blocks:
    """All authorities in order of their values."""
    indicator, figures, subject = measure.indicator, ranked.figures, subject_of(measure.indicator)
    table = _table(measure, ranked, id)
    drawn = charts.caterpillar(
        figures,
        focus=measure.na.area.code,
        reference=ranked.reference,
        unit=indicator.unit,
        chart_id=f"chart_{table.id}",
    )
    alt = alt_text.alt_caterpillar(
        figures,
        ranked.focus,
        ranked.reference,
        subject=subject,
        among=ranked.among or ranked.who,
    )
    headline = headlines.headline_rank(
        figures, ranked.focus, noun=ranked.noun, subject=subject, among=ranked.among
    )
    return blocks(
        _older(measure.na, measure.key, ranked.period),
        _chart(measure, ranked, table, drawn, headline, alt, lines(figures)),
    )


def _table(measure: Measure, ranked: Ranked, id: str) -> Table:
    """The authorities and their figures."""
    return figure_tables.figures_table(
        id or f"{measure.key}_authorities",
        f"{measure.indicator.name}: {ranked.where}, {ranked.period}",
        "Authority",
        [(one.area_name, one) for one in ranked.figures],
        open_=False,
    )


def _chart(
    measure: Measure,
    ranked: Ranked,
    table: Table,
    drawn: str,
    headline: Text,
    alt: str,
    intervals: str,
) -> Chart:
    return Chart(
        id=f"chart_{table.id}",
        headline=headline,
        subtitle=subtitle_of(
            measure.indicator,
            [ranked.focus],
            measure.na,
            place=ranked.where,
            intervals=intervals,
        ),
        svg=drawn,
        alt=alt,
        table=table,
        figures=each_once(table.figures),
        sources=table.sources,
    )


def _size(indicator: Indicator, period: str) -> str:
    """What a funnel's denominator is: residents, of an age, summed over pooled years."""
    people = (
        "Residents" if indicator.age == "all ages" else f"Residents, {age_words(indicator.age)}"
    )
    years = len(parse(period).years)
    return f"{people}, summed over {english.number_word(years)} years" if years > 1 else people


def _older(na: Assessment, key: str, period: str) -> Prose | None:
    """A note where authorities can only be compared in an earlier period than the area's newest."""
    newest = na.latest_period(key)
    if newest == period:
        return None
    number, of = _held(na, len(na.compared(key, newest)), newest)
    lacking = "Other authorities have no"
    if number > 1:
        lacking = f"Only {number} of England's {of} authorities have a"
    text = (
        f"{lacking} figure for {newest} in the files read, the newest for "
        f"{english.in_prose(na.name)}; they are compared in {period}."
    )
    return Prose((Span(text),), style="note")


def _too_few(na: Assessment, key: str) -> Prose | None:
    """Why there is no national comparison, where the files at hand hold a part of England."""
    newest = na.latest_period(key)
    have = len(na.compared(key, newest))
    if have < AUTHORITIES_FOR_A_CHART:
        return None
    number, of = _held(na, have, newest)
    text = (
        f"The files read have a figure of {number} of England's {of} upper-tier authorities for "
        f"{newest}: too few to say where {english.in_prose(na.name)} stands among them all."
    )
    return Prose((Span(text),), style="note")


def _held(na: Assessment, have: int, period: str) -> tuple[int, int]:
    """How many authorities have a figure, and how many England had at the end of the period."""
    return have, na.once(_authorities_on, end_of(period))


def _authorities_on(na: Assessment, day: pd.Timestamp) -> int:
    """How many upper-tier authorities England had on a day."""
    return len(authorities_of(na.england.code, na.areas, day))


def _of_england(have: int, of: int) -> str:
    """What follows the number of authorities that are ranked."""
    return "authorities" if have >= of else f"of England's {of} authorities"


def _authorities_held(have: int, of: int) -> str:
    return f"{have} {_of_england(have, of)}"


def _upper_tier(have: int, of: int) -> str:
    """Which authorities a chart draws, as its title says it."""
    number = "" if have >= of else f"{have} of the {of} "
    return f"{number}upper-tier authorities in England"


@dataclass(frozen=True)
class Funnel:
    """A funnel's control limits, where each area lies, and how much the areas vary.

    Attributes
    ----------
    limits : DataFrame
        ``denominator``, ``lower_95``, ``upper_95``, ``lower_998`` and ``upper_998``.
    labels : dict of area code to label
        See `needs.stats.compare.funnel_outliers`.
    dispersion : Figure
        How many times the areas vary as chance alone would make them.
    """

    limits: pd.DataFrame
    labels: dict[str, str]
    dispersion: Figure

    @property
    def widened(self) -> str:
        """What a subtitle says of limits that allow for more than chance."""
        wide = (self.dispersion.value or 0.0) > compare.WIDENED_ABOVE
        return ", widened for the usual spread between areas" if wide else ""


def funnel_of(figures: list[Figure], reference: Figure, multiplier: float) -> Funnel:
    """Control limits round a reference, widened where the areas vary much more than by chance."""
    frame = pd.DataFrame(
        {
            "area_code": [one.area_code for one in figures],
            "count": [one.numerator for one in figures],
            "denominator": [one.denominator for one in figures],
        }
    ).dropna()
    centre = float(reference.value or 0)
    found = compare.overdispersion(frame["count"], frame["denominator"] * centre / multiplier)
    dispersion = reference.with_(
        id=f"{reference.id}.overdispersion",
        indicator="overdispersion",
        label=f"Overdispersion: {reference.label}",
        value=found if np.isfinite(found) else 1.0,
        lower=None,
        upper=None,
        unit="times",
        decimals=1,
        marks=(),
        numerator=None,
        denominator=None,
        formula="mean of [2 (√events − √expected events)]² over the areas, the lowest and highest "
        "tenth drawn in",
        method="Funnel limits",
    )
    wide = float(dispersion.value or 1.0)
    use = wide if wide > compare.WIDENED_ABOVE else 1.0
    ends = frame["denominator"].min() * 0.9, frame["denominator"].max() * 1.05
    curve = pd.DataFrame({"denominator": np.geomspace(*ends, CURVE_POINTS)})
    curve = compare.funnel_limits(
        curve,
        denominator="denominator",
        reference=centre,
        multiplier=multiplier,
        dispersion=use,
    ).rename(
        columns={
            "funnel_lower95_0": "lower_95",
            "funnel_upper95_0": "upper_95",
            "funnel_lower99_8": "lower_998",
            "funnel_upper99_8": "upper_998",
        }
    )
    placed = compare.funnel_outliers(
        frame,
        count="count",
        denominator="denominator",
        reference=centre,
        multiplier=multiplier,
        dispersion=use,
    )
    return Funnel(curve, dict(zip(placed["area_code"], placed["funnel"], strict=True)), dispersion)


def _funnel_period(na: Assessment, key: str) -> str:
    """Newest period in which the area and enough of England's authorities have a value."""
    for period in reversed(na.areas_shown(key, [na.area.code])):
        have, of = _held(na, len(na.compared(key, period)), period)
        if have >= max(AUTHORITIES_FOR_A_CHART, NATIONAL_SHARE * of):
            return period
    return ""
