"""Chapter on housing and crime: homeless households with drug or alcohol needs, drug offences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from needs.chapters import figure_tables
from needs.chapters.blocks import Blocks, Cell, Column, Heading, Notice, Prose, Table, blocks
from needs.chapters.measure import Measure
from needs.chapters.statistical_neighbours import neighbours
from needs.figures.assessment import Place
from needs.figures.figure import Figure, sources_of
from needs.stats.status import Status
from needs.words import english, phrases
from needs.words.text import Span

#: What is said before any number of drug offences.
POLICED = (
    "Drug offences are mostly found by the police themselves, by stopping and searching. More can "
    "mean more policing, and fewer can mean less: neither tells how many people use drugs, or "
    "whether a place is doing well."
)


def homeless(counts: Sequence[Measure], shares: Sequence[Measure]) -> Blocks:
    """Homeless households with drug, and with alcohol, dependency needs, in parts and as a whole.

    Parameters
    ----------
    counts, shares : sequence of Measure
        Households with drug needs and with alcohol needs, and the share of each.
    """
    na, first = counts[0].na, counts[0]
    rows = [*na.districts, *na.places]
    shown = [
        one
        for place in (na.area, *na.districts)
        if (one := na.latest_period(first.key, place.code))
    ]
    if not shown:
        return Blocks()
    ends = {
        row["period"]: row["period_end"]
        for place in rows
        for row in na.records(first.key, place.code)
    }
    period = max(shown, key=lambda one: ends[one])
    for measure in (*counts, *shares):
        measure.told.add(measure.key)
    table, figures = _table(
        "homeless_needs",
        f"Homeless households with drug or alcohol dependency needs, {period}",
        [measure for pair in zip(counts, shares, strict=True) for measure in pair],
        rows,
        period,
        ("Drug needs", "Of all with support needs", "Alcohol needs", "Of all with support needs"),
    )
    own = [na.figure(each.key, period=period) for each in counts]
    name = english.in_prose(na.name)
    when = english.capital(phrases.when(period))
    if all(one.shown for one in own):
        text = english.say(
            "{when}, {who} owed help against homelessness to {drug} "
            "with drug dependency needs and {alcohol} with alcohol dependency needs. A "
            "household with both is in both numbers, which cannot be added.",
            when=when,
            who=f"councils in {name}" if na.districts else name,
            drug=own[0],
            alcohol=own[1],
        )
        for share, of in zip(shares, ("drug", "alcohol"), strict=True):
            ours, england = (na.figure(share.key, place, period) for place in (na.area, na.england))
            if ours.shown and england.shown:
                told = english.say(
                    " Of the households with any support need {ours} had {of} needs; in England "
                    "{theirs}.",
                    ours=ours,
                    of=of,
                    theirs=england,
                )
                text = (*text, *told)
    else:
        lacking = _lacking(na.figure(first.key, place, period) for place in na.districts)
        because = (
            f": {lacking}" if lacking else ", or its return is missing or withheld in a quarter"
        )
        text = (
            Span(
                f"There is no sum for {name} in {period}: not every council "
                f"has a figure for all four quarters{because}."
            ),
        )
    return blocks(
        Heading("Homeless households with drug or alcohol needs"),
        Prose(
            (Span(f"{first.indicator.definition} {first.indicator.limits}"),), style="definition"
        ),
        Prose(text, figures=tuple(figures)),
        table,
        neighbours(shares[0]),
        neighbours(shares[1]),
    )


def drug_offences(count: Measure, rate: Measure) -> Blocks:
    """Recorded drug offences, beside England and by partnership, after what they do not tell."""
    na = count.na
    period = na.latest_period(count.key)
    if not period:
        return Blocks()
    count.told.update((count.key, rate.key))
    own, each = na.figure(count.key, period=period), na.figure(rate.key, period=period)
    england = na.figure(rate.key, na.england, period)
    text = english.say(
        "{when} the police recorded {own:number} drug offences in {area}, {each}",
        when=english.capital(phrases.when(period)),
        own=own,
        area=english.in_prose(na.name),
        each=each,
    )
    if england.shown:
        text = (*text, *english.say("; in England {england}", england=england))
    rows = na.of_indicator(count.key)
    rows = rows[
        (rows["area_code"] == na.area.code) & (rows["period"] == period) & (rows["category"] != "")
    ]
    parts = [na.to_figure(row, na.area) for row in rows.to_dict("records")]
    places = [one for one in na.places if na.figure(count.key, one, period).shown]
    wholes = [(one, na.figure(count.key, one, period)) for one in places]
    rates = [na.figure(rate.key, one, period) for one in places]
    table = figure_tables.figures_table(
        "drug_offences",
        f"Recorded drug offences, {period}",
        "Area or community safety partnership",
        [*((one.note, one) for one in parts), *((place.name, one) for place, one in wholes)],
        value="Recorded",
        texts={"Per 1,000 residents": ["[z]" for _ in parts] + [one.number for one in rates]},
        notes=(
            "A partnership may join several districts. England and regions hold offences that a "
            "force assigns to no partnership.",
        ),
    )
    return blocks(
        Heading(rate.indicator.name),
        Notice("Follows police activity", ((Span(POLICED),),), "caution"),
        Prose((*text, Span(".")), figures=(own, each, england, *rates)),
        table,
        neighbours(rate),
    )


def _table(
    table_id: str,
    caption: str,
    measures: Sequence[Measure],
    places: Iterable[Place],
    period: str,
    headings: Sequence[str],
) -> tuple[Table, list[Figure]]:
    """Figures of several measures in one period: places down, measures across."""
    na = measures[0].na
    listed = [(one, [na.figure(m.key, one, period) for m in measures]) for one in places]
    figures = [figure for _, row in listed for figure in row]
    lacking = _lacking(row[0] for place, row in listed if place.code != na.area.code)
    table = Table(
        id=table_id,
        caption=caption,
        columns=(
            Column("Area", "header"),
            *(
                Column(heading, "number", "%" if one.indicator.unit == "%" else "households")
                for heading, one in zip(headings, measures, strict=True)
            ),
        ),
        rows=tuple(
            (Cell(place.name), *map(figure_tables.value_cell, row)) for place, row in listed
        ),
        notes=(f"No figure for all four quarters: {lacking}.",) if lacking else (),
        sources=sources_of(figures),
        figures=tuple(figures),
    )
    return table, figures


def _lacking(figures: Iterable[Figure]) -> str:
    """Areas without a figure, each with the reason."""
    why = {Status.SUPPRESSED: "withheld", Status.UNAVAILABLE: "missing or withheld"}
    return english.listing(
        [f"{one.area_name} ({why.get(one.status, 'none')})" for one in figures if not one.shown]
    )
