"""Chapter 9: spending by grant and year, and the national outcomes framework."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from needs import charts
from needs.catalogue import GROSS, Indicator
from needs.catalogue.lists import Outcome, outcomes
from needs.chapters import figure_tables
from needs.chapters.absent import LATER, NO_FIGURE, NOT_AT_HAND, WITHHELD, why_missing
from needs.chapters.blocks import Blocks, Cell, Chart, Column, Heading, Prose, Table, blocks
from needs.chapters.measure import Measure
from needs.chapters.recent import recent
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure, format_number, sources_of
from needs.figures.grants import grants_total
from needs.stats.status import Status
from needs.words import chart_words, english, sentences
from needs.words.text import Span

if TYPE_CHECKING:
    from needs.chapters.analysis import Analysis

#: What amounts of later years are: they are shown, unlike all other figures of later years.
PLANS = "Years after {year} are allocations and plans, published later."


def spending(granted: Measure, spent_on: Measure) -> Blocks:
    """Draw grants by year, planned years included and marked; spending stands beside them.

    Grants are what comes in and spending what goes out: neither is made from the other.
    """
    na = granted.na
    granted.told.update((granted.key, spent_on.key))
    grants, spent = _grants(na, granted.key), _figures(na, spent_on.key, headline=True)
    heading = Heading("Spending on treatment and recovery")
    if not grants and not spent:
        return blocks(heading, Prose((Span(_no_amounts(na)),), style="note"))
    totals = _totals(grants)
    figures = (*totals, *grants, *spent)
    years = sorted({one.period for one in figures})
    lines = [(name, [one for one in grants if one.note == name]) for name in _names(grants)]
    # papers may give as spending what the grants come to: said once
    same = _amounts(spent) == _amounts(totals)
    lines += [("Total of these grants" + ", and spending" * same, totals)] if grants else []
    lines += [("Spending", spent)] if spent and not same else []
    what = "Grants and spending" if grants and spent else "Grants" if grants else "Spending"
    planned = [one for one in years if one[:4] > str(na.year)]
    plans = PLANS.format(year=na.year) if planned else ""
    marked = {one.period for one in figures if "p" in one.marks}
    table = Table(
        id="grants",
        caption=f"{what} for drug and alcohol services in {na.name} by financial year",
        columns=(
            Column("Grant", "header"),
            *(
                Column(f"{one}{', plan' * (one in planned)}{_open(figures, one)}", "number", "£")
                for one in years
            ),
        ),
        rows=tuple((Cell(name), *_cells(row, years)) for name, row in lines),
        notes=(
            *(("[z]: none is listed for that year.",) if grants else ()),
            *((f"Spending: {spent_on.indicator.definition}",) * bool(spent)),
            *((f"[p]: provisional, {_provisional(grants)}.",) * bool(_provisional(grants))),
            *((plans,) * bool(plans)),
        ),
        sources=sources_of(figures),
        figures=figures,
    )
    said = [one for one in spent if one.shown]
    not_final = {*planned, *marked}
    words = (
        (Span("The council's own papers give the same amounts as spending."),)
        if same
        else chart_words.spent(said, not_final) if said else ()
    )  # fmt: skip
    sentence = Prose(words, figures=tuple(said)) if said else None
    if not grants:
        return blocks(heading, sentence, table)
    return blocks(
        heading,
        Chart(
            id="chart_grants",
            headline=chart_words.amounts_words(totals, na.name, not_final),
            subtitle=f"Grants for drug and alcohol services in {na.name}, pounds by financial "
            f"year, cash terms. {plans}".rstrip(),
            svg=charts.amount_bars(
                [one.with_(label=one.note) for one in grants], chart_id="chart_grants"
            ),
            alt=chart_words.alt_amounts(totals, grants, na.name),
            table=table,
            figures=figures,
            sources=table.sources,
        ),
        sentence,
    )


def _amounts(figures: Sequence[Figure]) -> dict[str, float | None]:
    return {one.period: one.value for one in figures}


def _provisional(grants: Sequence[Figure]) -> str:
    """Which grants of which years are provisional amounts."""
    by_year: dict[str, list[str]] = {}
    for one in grants:
        if "p" in one.marks:
            by_year.setdefault(one.period, []).append(one.note)
    return "; ".join(f"{year}: {english.listing(names)}" for year, names in by_year.items())


def _no_amounts(na: Assessment) -> str:
    """Where a reader finds grants and spending that the report has none of."""
    name = english.in_prose(na.name)
    papers = "councils' own papers" if na.members else "council's own papers"
    where = f"They stand in the {papers}, such as budgets and reports to councillors."
    if any(na.has(key) for key in LINES):
        return f"There are no figures of grants for {name} in this report. {where}"
    rows = na.later[(na.later["area_code"] == na.area.code) & (na.later["status"] == "shown")]
    later = bool((rows["indicator"].isin(LINES) & (rows["category"] == "")).any())
    text = f"There are no figures of grants or spending for {name} up to {na.year} in this report."
    return f"{text} {where}" + " For spending in later years, see the annex." * later


#: Lines of public health spending, and their sums, in the order of the table.
LINES = (
    "drug_treatment_spending",
    "alcohol_treatment_spending",
    "adult_treatment_spending",
    "drug_prevention_spending",
    "alcohol_prevention_spending",
    "adult_services_spending",
    "young_people_spending",
)

#: Amounts for each adult, or each person in treatment; the first is told in words.
PER_HEAD = (
    "adult_services_spending_per_adult",
    "drug_treatment_spending_per_adult",
    "alcohol_treatment_spending_per_adult",
    "adult_treatment_spending_per_person",
)


def outturn(na: Analysis) -> Blocks:
    """List what the council reports to have spent, by line and year; who has not answered is named.

    `LINES` and `PER_HEAD` are what it lists.
    """
    lines, per_head = ([na[key] for key in keys] for keys in (LINES, PER_HEAD))
    total = na[per_head[0].indicator.numerator]
    rows = na.of_indicator(total.key)
    rows = rows[rows["category"] == ""]
    own = rows[rows["area_code"] == na.area.code]
    years = sorted(own["period"].unique())
    if not years:
        return Blocks()
    for one in (*lines, *per_head):
        one.told.add(one.key)
    heading = Heading("Spending that the council reports")
    silent = [one for one in years if not na.figure(total.key, period=one).shown]
    unanswered = _not_answered(na, total.key, years[-1])
    if len(silent) == len(years):
        text = (
            f"{na.name} is without a figure for {english.listing(silent)}: no answer was in when "
            "the figures were published. That is not to say that nothing was spent."
        )
        return blocks(heading, Prose((Span(text),), style="note"))
    newest = na.latest_period(total.key)
    body, figures = [], []
    for one in lines:
        net = [na.figure(one.key, period=year) for year in years]
        gross = na.figure(one.key, period=newest, category=GROSS)
        body.append((Cell(one.indicator.short_name), *map(figure_tables.value_cell, (*net, gross))))
        figures += [*net, gross]
    table = Table(
        id="outturn",
        caption=f"Public health spending on drugs and alcohol reported by {na.name}",
        columns=(
            Column("Line", "header"),
            *(Column(f"Net, {year}{_open(figures, year)}", "number", "£") for year in years),
            Column(f"Before income, {newest}", "number", "£"),
        ),
        rows=tuple(body),
        notes=(
            "Net: less income from fees, charges and other bodies. In cash terms.",
            "Councils divide one contract between treatment and prevention as they see fit: "
            "compare the sum of the four lines rather than a single one.",
            *(("[p]: the return was not certified.",) * any("p" in one.marks for one in figures)),
            *((unanswered,) * bool(unanswered)),
        ),
        sources=sources_of(figures),
        figures=tuple(figures),
    )
    return blocks(
        heading, _spent_per_adult(total, per_head[0], newest), table, _heads(per_head, years[::-1])
    )


def _heads(measures: Sequence[Measure], years: Sequence[str]) -> Table:
    """Amounts for each person, beside the region and England, in the newest year of each."""
    na = measures[0].na
    body, figures = [], []
    notes = list(dict.fromkeys(one.indicator.limits for one in measures[-1:]))
    for one in measures:
        newest = [year for year in years if na.figure(one.key, period=year).shown]
        of_england = [year for year in years if na.figure(one.key, na.england, year).shown]
        year = next(iter((*newest, *of_england)), years[0])
        row = [na.figure(one.key, place, year) for place in na.places]
        alike = [place for place in row if _counted_alike(na, row[0], place)]
        if len(alike) < len(row):
            notes.append(
                f"[z] in {one.indicator.short_name}: not compared, because the people of "
                f"{english.in_prose(na.name)} and of the others are counted by different sources."
            )
        cells = (
            figure_tables.value_cell(place) if place in alike else Cell("[z]") for place in row
        )
        body.append((Cell(one.indicator.short_name), Cell(year), *cells))
        figures += alike
    return Table(
        id="outturn_per_head",
        caption=f"Net spending per head reported by {na.name}",
        columns=(
            Column("Spending", "header"),
            Column("Year", "text"),
            *(Column(one.name, "number", "£") for one in na.places),
        ),
        rows=tuple(body),
        notes=tuple(notes),
        sources=sources_of(figures),
        figures=tuple(figures),
    )


def _counted_alike(na: Assessment, own: Figure, other: Figure) -> bool:
    """Whether none of two shown figures is made from a document where the other is not."""
    if not (own.shown and other.shown):
        return True
    printed = [any(na.catalogue.sources[key].document_of for key in one.sources)
               for one in (own, other)]  # fmt: skip
    return printed[0] == printed[1]


def _open(figures: Sequence[Figure], year: str) -> str:
    """The mark of a year whose return was not certified."""
    return " [p]" if any("p" in one.marks for one in figures if one.period == year) else ""


def _spent_per_adult(total: Measure, per_adult: Measure, period: str) -> Prose:
    """What was spent for each adult, beside the region and England."""
    na = total.na
    own, *others = (na.figure(per_adult.key, place, period) for place in na.places)
    known = [one for one in others if one.shown]
    text = chart_words.spent_per_adult(na.figure(total.key, period=period), own, known)
    lacking = [english.in_prose(one.area_name) for one in others if not one.shown]
    if lacking and not na.members:
        gap = f" There is no sum for {english.listing(lacking)}: not every council has answered."
        text = (*text, Span(gap))
    if "e" in na.figure(total.key, na.england, period).marks:
        text = (*text, Span(" England's sum holds estimates for councils that did not answer."))
    return Prose(text, figures=(own, *known))


def _not_answered(na: Assessment, key: str, period: str) -> str:
    """The authorities that have not answered for a year, by name."""
    names = [
        place.name
        for place in na.authorities
        for row in na.records(key, place.code)
        if row["period"] == period and row["status"] != Status.SHOWN
    ]
    listed = english.listing(sorted(set(names)))
    return f"No answer for {period} when it was published: {listed}." if names else ""


def framework(na: Assessment) -> Blocks:
    """Show the national outcomes framework: what is measured here; else England's, and why not."""
    every = outcomes()
    shown = [one for one in every if one.indicator and na.has(one.indicator)]
    return blocks(
        Heading("National outcomes framework"),
        Prose(
            (
                Span(
                    "The national combating drugs outcomes framework sets what every partnership "
                    "is measured by. Some of its measures are not published for one authority. "
                    "Where a figure is published but not read here, the publisher is named."
                ),
            )
        ),
        _measured(na, shown) if shown else None,
        _not_measured(na, [one for one in every if one not in shown]),
    )


def _measured(na: Assessment, chosen: list[Outcome]) -> Table:
    """Measures with a figure of the area: beside England, with target and trend."""
    rows: list[tuple[Cell, ...]] = []
    notes: list[str] = []
    figures: list[Figure] = []
    for one in chosen:
        indicator, figure = na.indicator(one.indicator), na.figure(one.indicator)
        england = na.figure(one.indicator, na.england, figure.period)
        trend = recent(na, indicator)
        notes += trend.note(one.measure)
        rows.append(
            (
                Cell(one.measure),
                Cell(indicator.unit),
                Cell(figure.period),
                figure_tables.value_cell(figure),
                figure_tables.value_cell(england),
                _target(indicator),
                Cell(trend.label),
            )
        )
        figures += [figure, england]
    return Table(
        id="outcomes_framework",
        caption=f"National combating drugs outcomes framework, {na.name}",
        columns=(
            Column("Measure", "header"),
            Column("Unit", "text"),
            Column("Period", "text"),
            Column(na.name),
            Column("England"),
            Column("National target"),
            Column("Recent trend", "text"),
        ),
        rows=tuple(rows),
        notes=tuple(notes),
        sources=sources_of(figures),
        figures=tuple(figures),
    )


def _not_measured(na: Assessment, chosen: list[Outcome]) -> Table | None:
    """Measures without a figure of the area: why, and what England's figure and the target are."""
    if not chosen:
        return None
    rows: list[tuple[Cell, ...]] = []
    figures: list[Figure] = []
    for one in chosen:
        first = Cell(one.measure), Cell(_status(na, one))
        if not one.indicator:
            rows.append((*first, Cell("[x]"), Cell("[x]"), Cell("[x]"), Cell("[z]")))
            continue
        indicator, england = na.indicator(one.indicator), na.figure(one.indicator, na.england)
        period = Cell(england.period if england.shown else "[x]")
        unit, target = Cell(indicator.unit), _target(indicator)
        rows.append((*first, unit, period, figure_tables.value_cell(england), target))
        figures.append(england)
    return Table(
        id="outcomes_not_at_hand",
        caption=f"Measures of the framework without a figure for {english.in_prose(na.name)}",
        columns=(
            Column("Measure", "header"),
            Column("Status", "text"),
            Column("Unit", "text"),
            Column("Period", "text"),
            Column("England"),
            Column("National target"),
        ),
        rows=tuple(rows),
        sources=sources_of([one for one in figures if one.shown]),
        figures=tuple(figures),
        detail=True,
    )


def _target(indicator: Indicator) -> Cell:
    target = indicator.target
    return Cell("[z]") if target is None else Cell(format_number(target), target)


def _status(na: Assessment, outcome: Outcome) -> str:
    """Why the area has no figure, and who publishes it."""
    if outcome.areas:
        return f"not published for authorities: {outcome.publisher}, for {outcome.areas} only"
    key = outcome.indicator
    if key and any(na.has(key, one.code) for one in na.members):
        return "not for the area as a whole: its members' figures cannot be added up"
    return {
        WITHHELD: "withheld: too few events to be reliable, or confidential",
        LATER: f"published for periods after {na.year}: listed in the annex",
        NO_FIGURE: f"not in the file that was read: published by {_publisher(na, outcome)}",
        NOT_AT_HAND: f"not read here: published by {_publisher(na, outcome)}",
    }[why_missing(na, key)]


def _publisher(na: Assessment, outcome: Outcome) -> str:
    """Who publishes the measure for authorities."""
    if not outcome.indicator:
        return outcome.publisher
    return sentences.publisher(na.indicator(outcome.indicator), na.catalogue)


def _names(grants: list[Figure]) -> list[str]:
    """Names of the grants, the largest of the first year first."""
    ordered = sorted(grants, key=lambda one: (one.period, -(one.value or 0), one.note))
    return list(dict.fromkeys(one.note for one in ordered))


def _cells(row: list[Figure], years: list[str]) -> tuple[Cell, ...]:
    by_year = {one.period: one for one in row}
    return tuple(
        figure_tables.value_cell(by_year[year]) if year in by_year else Cell("[z]")
        for year in years
    )


def _grants(na: Assessment, key: str) -> list[Figure]:
    found = _figures(na, key, headline=False)
    return sorted(found, key=lambda one: (one.period, -(one.value or 0), one.note))


def _totals(grants: list[Figure]) -> list[Figure]:
    """The grants of each year added up; a year with a grant that is not shown has no total."""
    return [
        grants_total([one for one in grants if one.period == year])
        for year in dict.fromkeys(one.period for one in grants)
    ]


def _figures(na: Assessment, key: str, *, headline: bool) -> list[Figure]:
    out = []
    for table in ("observations", "later"):
        rows = na.of_indicator(key, table)
        rows = rows[rows["area_code"] == na.area.code]
        rows = rows[(rows["category"] == "") == headline]
        out += [na.to_figure(row, na.area) for row in rows.to_dict("records")]
    return sorted(out, key=lambda one: (one.period, one.note))
