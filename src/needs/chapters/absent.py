"""What a chapter cannot show, and why not."""

from __future__ import annotations

from collections.abc import Sequence

from needs.catalogue import Indicator
from needs.chapters.blocks import Blocks, Heading, Notice, blocks
from needs.chapters.missing import missing_notice
from needs.chapters.newest import district_period, newest_period
from needs.chapters.rules import shows_plans
from needs.figures import parts_read
from needs.figures.assessment import Assessment
from needs.stats.status import Status
from needs.tables.areas import Area, find, predecessors, same_place
from needs.tables.corrected import correction_of
from needs.words import english
from needs.words.sentences import publisher
from needs.words.text import Span

#: Why an area has no figure, see `why_missing`.
WITHHELD, LATER, NO_FIGURE, NOT_AT_HAND = "withheld", "later", "no figure", "not at hand"


def missing(na: Assessment, chapter: str) -> Blocks:
    """List the chapter's indicators that are not at hand, each with its publisher.

    How to add them is told to who makes the report: it is nothing for a board to read.
    """
    name = english.in_prose(na.name)
    absent = [one for one in na.catalogue.chapter(chapter) if not anything(na, one.key)]
    divided = [one for one in absent if one.categories]
    absent = [one for one in absent if not one.categories]
    why: dict[str, list[Indicator]] = {}
    for one in absent:
        why.setdefault(reason_left_out(na, one) or why_missing(na, one.key), []).append(one)
    later = why.get(LATER, [])
    reasons = {
        WITHHELD: f"withheld for {name}: too few events for a rate, or confidential",
        NO_FIGURE: f"not given for {name} up to {na.year} in the files read",
        NOT_AT_HAND: f"not available for {name}",
    }
    known = {*reasons, LATER}
    reasons |= {one: f"left out for {name}: {one}" for one in why if one not in known}
    notices = [
        missing_notice(why[key], na.catalogue, said) for key, said in reasons.items() if key in why
    ]
    if later:
        names = english.listing([english.lower_first(one.name) for one in later])
        text = f"The figures known are for periods after {na.year}; the annex lists them: {names}."
        notices.append(
            Notice("Published after the reporting year", ((Span(text),),), "information")
        )
    if divided:
        notices.append(_divided(na, divided))
    lacking = [one for one in absent if one not in later]
    before = _before(na, lacking)
    if before:
        notices.append(
            Notice("Figures of other areas", tuple((Span(one),) for one in before), "information")
        )
    return blocks(Heading("Not available"), notices) if notices else Blocks()


def to_add(na: Assessment) -> tuple[Indicator, ...]:
    """Indicators of all chapters that `missing` lists and that a file could still bring."""
    chapters = dict.fromkeys(one.chapter for one in na.catalogue.indicators.values())
    every = (one for chapter in chapters for one in na.catalogue.chapter(chapter))
    absent = (
        one
        for one in every
        # what inequality shows of England, or England and Wales, the area itself never has
        if not (na.sources_of(one.key) if one.chapter == "inequality" else anything(na, one.key))
        and not one.categories  # those come all with one file: the chapter says which
    )
    return tuple(one for one in absent if why_missing(na, one.key) != LATER)


def _divided(na: Assessment, absent: Sequence[Indicator]) -> Notice:
    """In one box what a file of one authority would add, and where to get it."""
    names = english.listing([english.lower_first(one.name) for one in absent])
    pages = dict.fromkeys(one.official_page for one in absent)
    publishers = dict.fromkeys(publisher(one, na.catalogue) for one in absent)
    text = f"It would show {names}. Where to get it: {'; '.join(pages)}."
    text += f" Publisher: {'; '.join(publishers)}."
    title = f"Not here: the file of how treatment goes in {english.in_prose(na.name)}"
    return Notice(title, ((Span(text),),), kind="missing")


def merged(na: Assessment, lacking: Sequence[Indicator], *, titles: bool = False) -> list[str]:
    """In how many sources, or in which, another area's figures are the area's too."""
    found: dict[str, list[str]] = {}
    for one in lacking:
        for key in na.catalogue.sources_of(one.key):
            source = na.catalogue.sources[key]
            other = source.merged.get(na.area.code)
            if other and source.title not in found.setdefault(other, []):
                found[other].append(source.title)
    names = {one.code: one.name for one in na.authorities}
    return [
        f"{english.possessive(names[code])} figures include {english.in_prose(na.name)} in: "
        f"{'; '.join(named) if titles else english.count_noun(len(named), 'source', words=True)}."
        for code, named in found.items()
        if code in names
    ]


def _before(na: Assessment, lacking: Sequence[Indicator]) -> list[str]:
    """Which former or later authorities, with other land, have figures that the area lacks."""
    if na.members:
        return []
    found = []
    for other in na.once(_of_other_land):
        names = [english.lower_first(one.name) for one in lacking if na.has(one.key, other.code)]
        if names:
            found.append(
                f"There are figures of {other.name} ({other.code}), whose land is not the same: "
                f"{english.listing(names)}."
            )
    return found


def _of_other_land(na: Assessment) -> tuple[Area, ...]:
    """Former and later authorities of the area that are not the same place under another code."""
    area = find(na.area.code, na.areas)
    others = [one for one in predecessors(area.code, na.areas) if one.kind == "upper tier"]
    others += [find(code, na.areas) for code in area.successors if code in set(na.areas["code"])]
    same = same_place(area.code, na.areas)
    return tuple(
        one
        for one in others
        if one.code not in same and area.code not in same_place(one.code, na.areas)
    )


def why_missing(na: Assessment, key: str) -> str:
    """Why the area has no figure of an indicator up to the reporting year.

    `LATER`: figures are for periods after it. `WITHHELD`: too few events, or confidential.
    `NO_FIGURE`: the publisher's file is at hand, and has other areas only. `NOT_AT_HAND`: it is
    not; a data package of another authority holds no more than that authority and its comparators,
    and says nothing of this one.
    """
    with parts_read.only(("later", key)):
        later = na.once(_later)
    if key in later:
        return LATER
    hidden = (Status.UNRELIABLE, Status.SUPPRESSED)
    if any(row["status"] in hidden for row in na.records(key, na.area.code)):
        return WITHHELD
    of_files = (set(str(keys).split(";")) <= na.files_of for keys in na.sources_of(key))
    return NO_FIGURE if any(of_files) else NOT_AT_HAND


def reason_left_out(na: Assessment, indicator: Indicator) -> str:
    """Why a source's row of the area is not used, as its edition declares; mostly nothing.

    Or why its newest figure is withheld, as a correction declares.
    """
    if na.has(indicator.key):
        return ""
    for row in reversed(na.records(indicator.key, na.area.code)):
        if told := correction_of(str(row["source_row"])):
            return f"{told.partition(', because ')[2]} (see Corrections in the annex)"
    for source in na.catalogue.sources_of(indicator.key):
        for edition in na.catalogue.sources[source].editions:
            reason = dict(edition.options.get("left_out", {})).get(na.name)
            if reason:
                return f"the file's row is of another area ({reason})"
    return ""


def _later(na: Assessment) -> frozenset[str]:
    """Indicators of which the area has figures of periods after the reporting year."""
    rows = na.later
    return frozenset(rows.loc[rows["area_code"] == na.area.code, "indicator"].tolist())


def anything(na: Assessment, key: str) -> bool:
    """Whether the report shows any figure of an indicator: the area's, or its districts'."""
    return (
        na.has(key)
        or bool(district_period(na, key))
        or has_amounts(na, key)
        or bool(newest_period(na, key, na.indicator(key).categories))
    )


def has_amounts(na: Assessment, key: str) -> bool:
    """Whether the report shows amounts: under the names of grants, and of later years as plans."""
    if not shows_plans(na.indicator(key)):
        return False
    tables = (na.of_indicator(key, table) for table in ("observations", "later"))
    return any(
        ((rows["area_code"] == na.area.code) & (rows["status"] == "shown")).any() for rows in tables
    )
