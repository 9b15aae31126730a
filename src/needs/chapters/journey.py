"""The treatment journey: in short, and who is on it against who lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from needs.chapters import figure_tables
from needs.chapters.blocks import Blocks, Heading, Prose, blocks
from needs.chapters.breakdowns import (
    AUDITED,
    both_of,
    breakdown,
    ratios,
    representation,
    years_before,
)
from needs.chapters.newest import newest_period
from needs.figures.assessment import Assessment
from needs.words import divisions, english

if TYPE_CHECKING:
    from needs.chapters.analysis import Analysis


def equity(na: Analysis) -> Blocks:
    """Set who is in treatment against who lives here, under a heading; nothing without figures.

    Groups of which no residents are known follow beside England's alone.
    """
    shown = representation(na["treatment_ethnicity"])
    heading = Heading("Who is in treatment, and who lives here")
    parts = [blocks(heading, *shown.items)] if shown.items else []
    for key in AUDITED:
        period = newest_period(na, key, na.indicator(key).categories)
        na.named.add(key)
        if period and any(ours.shown for ours, _ in ratios(na, key, period)):
            na.told.add(key)
        else:
            parts.append(na[key].section(breakdown))
    return blocks(*parts)


#: The journey in short: what each step asks, the indicator, and the categories that answer it.
STEPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "By which door",
        "treatment_referral",
        ("Self, family or friends", "Health and social care", "Criminal justice"),
    ),
    ("How long they wait", "treatment_first_wait", ("Three weeks or less",)),
    ("What they get", "treatment_interventions", ("Medicines",)),
    ("How long they stay", "treatment_length", ("Under one year", "Over six years")),
    ("How they leave", "treatment_exits", ("Completed", "Dropped out or left", "Died")),
)


def in_short(na: Assessment) -> Blocks:
    """Tell the journey in short, from the door to the way out, beside England and years before."""
    found = []
    for step, key, categories in STEPS:
        period = newest_period(na, key, na.indicator(key).categories)
        for category in categories if period else ():
            ours, theirs = (
                na.figure(key, place, period, category=category) for place in (na.area, na.england)
            )
            if ours.shown:
                before = years_before(na, key, ours)
                then = na.figure(key, na.area, before, category=category) if before else None
                found.append((f"{step}: {english.lower_first(category)}", ours, theirs, then))
    if not found:
        return Blocks()
    pairs = [(ours, theirs) for _, ours, theirs, _ in found]
    table = figure_tables.figures_table(
        "treatment_journey",
        f"The treatment journey in short: {na.name} beside England",
        "Step",
        [(step, ours) for step, ours, _, _ in found],
        value="Share",
        texts={
            "Year": [ours.period for _, ours, _, _ in found],
            "England, %": [theirs.number for _, _, theirs, _ in found],
            "Years before, %": [
                f"{then.number} ({then.period})" if then else "[x]" for *_, then in found
            ],
        },
        open_=True,
    )
    return blocks(
        Heading("The journey in short"),
        Prose(divisions.story(pairs), figures=both_of(pairs)),
        table,
    )
