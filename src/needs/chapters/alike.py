"""A view of the area among its statistical neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from needs import charts
from needs.chapters import figure_tables
from needs.chapters.blocks import Blocks, Chart, blocks
from needs.chapters.captions import each_once, lines, subject_of, subtitle_of
from needs.chapters.measure import Measure, view
from needs.chapters.rules import COUNTED, is_count, left_to
from needs.figures.assessment import Assessment, Place
from needs.figures.figure import Figure
from needs.words import sentences

#: From this many statistical neighbours with a figure they are drawn beside the area.
NEIGHBOURS_FOR_A_CHART = 5

NEIGHBOURS_NOTE = (
    "Statistical neighbours are the authorities most alike in age, deprivation and density; the "
    "annex lists them with their distances."
)


@view
def neighbours(measure: Measure, *, id: str = "") -> Blocks | str:
    """Draw the area among its statistical neighbours; see `trend` for `id`."""
    na, key, indicator = measure.na, measure.key, measure.indicator
    if is_count(indicator):
        return COUNTED
    if left := left_to(na, indicator):
        return left
    places = na.once(Assessment.statistical_neighbours)
    focus, others = _among(na, key, places)
    if focus is None:
        return (
            f"in no period have the area and {NEIGHBOURS_FOR_A_CHART} of its statistical "
            "neighbours a figure"
        )
    england = na.figure(key, na.england, focus.period)
    figures = sorted((focus, *others), key=lambda one: (one.value or 0.0, one.area_code))
    context = [england] if england.shown else []
    lacking = len(places) - len(others)
    note = f" No figure for this period: {lacking} of {len(places)}." if lacking else ""
    table = figure_tables.figures_table(
        id or f"{key}_neighbours",
        f"{indicator.name}: {na.name} and its statistical neighbours, {focus.period}",
        "Authority",
        [(one.area_name, one) for one in (*figures, *context)],
        notes=(NEIGHBOURS_NOTE + note,),
        open_=False,
    )
    chart_id = f"chart_{table.id}"
    noun = "similar authorities"
    subject = subject_of(indicator)
    similar = f"its {sentences.count_noun(len(others), 'statistical neighbour')}"
    place = f"{na.name} and its statistical neighbours"
    return blocks(
        Chart(
            id=chart_id,
            headline=sentences.headline_rank(
                figures, focus, noun=noun, subject=subject, among=f"itself and {similar}"
            ),
            subtitle=subtitle_of(indicator, [focus], na, place=place, intervals=lines(figures)),
            svg=charts.caterpillar(
                figures,
                focus=na.area.code,
                reference=england if england.shown else None,
                unit=indicator.unit,
                chart_id=chart_id,
            ),
            alt=sentences.alt_caterpillar(
                figures,
                focus,
                england if england.shown else None,
                subject=subject,
                among=f"{sentences.in_prose(na.name)} and {similar}",
            ),
            table=table,
            figures=each_once(table.figures),
            sources=table.sources,
        )
    )


def _among(
    na: Assessment, key: str, places: Sequence[Place]
) -> tuple[Figure | None, tuple[Figure, ...]]:
    """The area's and its neighbours' figures in the newest period that enough of them have."""
    for period in reversed(na.areas_shown(key, [na.area.code])):
        others = tuple(one for one in na.across(key, places, period) if one.shown)
        if len(others) >= NEIGHBOURS_FOR_A_CHART:
            return na.figure(key, na.area, period), others
    return None, ()
