"""Warnings: a measure that is not what it seems, and figures published since."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from needs.errors import NeedsError
from needs.figures import claims
from needs.figures.assessment import Assessment
from needs.figures.findings import candidate as kinds
from needs.figures.findings import compared, reading, wording
from needs.figures.findings.candidate import NAN, Candidate
from needs.figures.findings.reading import RankedMeasure, Row, Yearly
from needs.sources import periods
from needs.stats.evidence import chance_of_none, share_difference
from needs.stats.intervals import wilson
from needs.stats.status import Status

#: Kinds that tell how the area as a whole stands, or how large its need is.
_OF_THE_WHOLE = (
    *(kinds.SIMILAR, kinds.WORSE, kinds.BETTER, kinds.HIGH_AMONG, kinds.LOW_AMONG),
    kinds.UNMET,
)

#: Of a measure that a warning sets aside.
SET_ASIDE = "its share of the whole moved, or is far from England's: the whole is told instead"


def candidates(na: Assessment, one: RankedMeasure) -> Iterator[Candidate]:
    """Warnings about a measure's own figures."""
    yield from _naming(na, one)
    yield from _hardly_recorded(na, one)


def led_by_the_whole(found: Sequence[Candidate]) -> list[Candidate]:
    """Set aside what is said of a part whose share is in doubt, and weigh the warning.

    The warning turns the main outcome round where the whole is worse than England and the part
    alone would not say so.

    Parameters
    ----------
    found : sequence of Candidate
        Of one report.
    """
    doubted = {one.indicator for one in found if one.warning == "part"}
    worse = {
        (one.indicator, one.domain) for one in found if one.kind == kinds.WORSE and not one.left_out
    }
    domain = {one.indicator: one.domain for one in found if one.kind != kinds.WARNING}
    kept = []
    for one in found:
        if one.warning == "part":
            here = {key for key, about in worse if about == domain.get(one.indicator)}
            turned = bool(here - {one.indicator}) and one.indicator not in here
            kept.append(replace(one, warning="reverses" if turned else "plain"))
        elif one.indicator in doubted:
            # what shows no difference is set aside too: it would reassure
            other = "" if one.kind == kinds.SIMILAR else one.left_out
            kept.append(replace(one, left_out=other or SET_ASIDE))
        else:
            kept.append(one)
    return kept


def _naming(na: Assessment, one: RankedMeasure) -> Iterator[Candidate]:
    """A part of deaths whose share of the whole moved too far, or lies far from England's."""
    whole = one.finding.part_of
    if not whole or one.indicator.statistic == "count":
        return
    settings = reading.rule(na)
    declared = na.indicator(whole)
    if declared.finding is None:
        return
    parent = RankedMeasure(declared, declared.finding)
    years, before = int(settings["gate.part_years"]), int(settings["gate.part_before_years"])
    now, all_now = _both(na, one, parent, na.area.code, years)
    then, all_then = _both(na, one, parent, na.area.code, before, skip=years)
    if now is None or all_now is None or all_now.count.sum() < settings["gate.few_events"]:
        return
    x, n = now.count.sum(), all_now.count.sum()
    points = settings["gate.part_points"] / 100
    moved, p_moved = NAN, NAN
    if then is not None and all_then is not None and all_then.count.sum():
        moved, p_moved = (
            float(each) for each in share_difference(x, n, then.count.sum(), all_then.count.sum())
        )
    national, all_national = _both(na, one, parent, na.england.code, years)
    far, p_far, level = NAN, NAN, NAN
    if national is not None and all_national is not None:
        y, m = national.count.sum(), all_national.count.sum()
        level = y / m
        far, p_far = (float(each) for each in share_difference(x, n, y, m))
    has_moved = abs(moved) >= points and p_moved < settings["gate.part_p"]
    is_far = abs(far) >= points and p_far < settings["gate.part_p"]
    if not (has_moved or is_far):
        return
    share = x / n
    lower, upper = (100 * float(each) for each in wilson(x, n))
    ordinary = then.count.sum() / all_then.count.sum() if has_moved and then and all_then else level
    shortfall = level * n - x if np.isfinite(level) else ordinary * n - x
    says = (
        f"{wording.number(x)} of {wording.number(n)} {parent.finding.about} "
        f"{wording.during(now.named)} count as {one.finding.about.replace('deaths from ', '')}: "
        f"{wording.amount(100 * share, '%')}{wording.bracketed(lower, upper, '%')}."
    )
    if has_moved and then is not None:
        says += (
            f" {_capital(wording.during(then.named))} it was {wording.amount(100 * ordinary, '%')}."
        )
    if np.isfinite(level):
        says += f" In {na.england.name} it is {wording.amount(100 * level, '%')}."
        says += f" At that share there would be about {wording.about(level * n)}."
    says += (
        " Fewer deaths with a named drug may be the reason."
        if share < ordinary
        else " It may tell more of how drugs are named than of who dies."
    )
    says += f" Use all {parent.finding.about}."
    yield Candidate(
        kind=kinds.WARNING,
        indicator=one.key,
        domain="recording",
        harm=one.finding.harm,
        part_code=na.area.code,
        part=na.area.name,
        age=one.indicator.age,
        period=now.named,
        ended=now.ended[-1],
        unit="%",
        value=100 * share,
        lower=lower,
        upper=upper,
        comparator=f"own {then.named.replace(' to ', '-')}"
        if has_moved and then
        else na.england.name,
        comparator_value=100 * ordinary,
        ratio=share / ordinary if ordinary else NAN,
        p=p_moved if has_moved else p_far,
        people=abs(shortfall) / years,
        events=float(x),
        warning="part",
        figures=(*now.ids, *all_now.ids),
        statement=says,
    )


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _both(
    na: Assessment, one: RankedMeasure, parent: RankedMeasure, code: str, years: int, skip: int = 0
) -> tuple[Yearly | None, Yearly | None]:
    """The same years of a part and its whole; nothing where one is withheld or missing."""
    part, whole = reading.yearly(na, one, code), reading.yearly(na, parent, code)
    if part is None or whole is None or part.period[-1] != whole.period[-1]:
        return None, None
    part, whole = part.last(years, skip), whole.last(years, skip)
    same = len(part) == years and part.period == whole.period and part.whole and whole.whole
    return (part, whole) if same else (None, None)


def _hardly_recorded(na: Assessment, one: RankedMeasure) -> Iterator[Candidate]:
    """Records that name none, or so few, that recording is the likelier reason.

    None where England's share would hardly ever give none; few where the share is a small part of
    England's, and further from it than the spread between areas explains.
    """
    if not (one.share and one.finding.recorded and one.adverse > 0):
        return
    row = reading.newest(na, one.key, na.area.code)
    if row is None or not (np.isfinite(row["value"]) and row["denominator"] > 0):
        return
    national = reading.at(na, one.key, na.england.code, str(row["period"]))
    if national is None or not np.isfinite(row["count"]):
        return
    settings = reading.rule(na)
    share, whole = float(national["value"]) / 100, float(row["denominator"])
    count, expected = float(row["count"]), share * whole
    if count == 0:
        chance = float(chance_of_none(share, whole))
        shown = chance < settings["gate.none_chance"]
        says = f"None of {wording.number(whole)} is recorded among {one.finding.about}"
        doubt = "So zero is unlikely to be true."
    else:
        chance = compared.among(na, one, row)
        shown = count * settings["gate.few_recorded"] < expected
        shown &= chance < settings["gate.part_p"]
        says = wording.people(count, f"of {wording.number(whole)} {one.finding.happened}")
        doubt = "So few may be how they were recorded."
    if not shown:
        return
    found = compared.base(na, one, row)
    yield Candidate(
        **found
        | {
            "kind": kinds.WARNING,
            "domain": "recording",
            "comparator": na.england.name,
            "comparator_value": 100 * share,
            "p": chance,
            "people": expected - count,
            "events": count,
            "warning": "plain",
            "statement": (
                f"{says} {wording.during(str(row['period']))}. At England's share there would be "
                f"about {wording.about(expected)}. {doubt}"
            ),
        }
    )


def editions(na: Assessment, found: Sequence[Candidate]) -> Iterator[Candidate]:
    """Figures of the area's own documents whose message the newest figures no longer bear out.

    Parameters
    ----------
    na : Assessment
    found : sequence of Candidate
        What was said of the area as a whole.
    """
    if na.claims.empty:
        return
    whole = {
        one.indicator: one
        for one in found
        if one.part_code == na.area.code
        and one.sex == "persons"
        and one.comparator == na.england.name
        and one.kind in _OF_THE_WHOLE
    }
    measures = {one.key: one for one in reading.measures(na)}
    wanted = na.claims["indicator"].astype(str).str.split(";").str[0].isin(whole)
    printed = na.claims[wanted & na.claims["area_code"].eq(na.area.code)]
    if printed.empty:
        return
    checked = claims.check_claims(printed, na)
    for claim, rows in checked.groupby("claim_id", sort=False):
        del claim
        pair = {str(row["part"]): row for row in rows.to_dict("records")}
        if set(pair) != {"claim", "comparator"}:
            continue
        ours = whole[str(pair["claim"]["indicator"]).split(";")[0]]
        measure = measures[ours.indicator]
        stated, beside = (float(pair[each]["stated_value"]) for each in ("claim", "comparator"))
        told = _message(stated, beside, measure.adverse)
        true = (
            ""
            if not ours.p < reading.rule(na)["gate.alpha"]
            else _message(ours.value, ours.comparator_value, measure.adverse)
        )
        try:
            ended = pd.Timestamp(periods.parse(str(pair["claim"]["period"])).end)
        except NeedsError:
            continue  # it does not say when
        if told == true or ended > ours.ended:
            continue  # the same message, or of a newer period than the report's
        outdated = ended < ours.ended
        if not (outdated or pair["comparator"]["verdict"] not in claims.NOT_WRONG):
            continue
        unit = measure.indicator.unit
        yield replace(
            ours,
            kind=kinds.WARNING,
            domain="recording",
            good=False,
            warning="plain",
            left_out="",
            p=NAN,
            statement=(
                f"A local document prints {pair['claim']['stated']} for {measure.finding.about}, "
                f"against {pair['comparator']['stated']} in {na.england.name}."
                f"{_misprinted(pair['claim'], na.area.name)}"
                f"{_misprinted(pair['comparator'], na.england.name)} "
                f"The newest figure is "
                f"{wording.amount(ours.value, unit)}"
                f"{wording.bracketed(ours.lower, ours.upper, unit)} "
                f"{wording.during(ours.period)}. {na.england.name}'s is "
                f"{wording.amount(ours.comparator_value, unit)}, so the two "
                f"{'differ' if true else 'are similar'}."
            ),
        )


def _misprinted(row: Mapping[Hashable, Any], name: str) -> str:
    """What a printed figure should be, and whose it may be; empty where nothing is wrong with it.

    Without it a reader takes another area's figure, which a document prints, for the area's own.
    """
    if row["verdict"] in claims.NOT_WRONG or not row["ours"]:
        return ""
    text = f" The figure for {name} {wording.during(str(row['our_period']))} was {row['ours']}."
    _, known, what = str(row["note"]).partition("It may be ")
    whose = what.partition(". ")[0].rstrip(".")
    return f"{text} The printed one may be {whose}." if known else text


def _message(value: float, beside: float, side: int) -> str:
    if value == beside:
        return ""
    return "worse" if side * (value - beside) > 0 else "better"


def since(na: Assessment, one: RankedMeasure) -> Candidate | None:
    """The newest figure that was published for a period after the reporting year."""
    rows = [row for row in reading.later_rows(na, one.key) if row["status"] == Status.SHOWN]
    if not rows:
        return None
    row = rows[-1]
    unit = one.indicator.unit
    found = compared.base(na, one, row)
    return Candidate(
        **found
        | {
            "kind": kinds.SINCE,
            "ended": pd.Timestamp(row["period_end"]),
            "left_out": "published since the reporting year: listed apart",
            "statement": (
                f"{_capital(wording.during(str(row['period'])))} the figure for "
                f"{one.finding.about} was {wording.amount(found['value'], unit)}"
                f"{'' if unit == '%' else ' ' + unit}"
                f"{wording.bracketed(found['lower'], found['upper'], unit)}."
                f"{_before(na, one, row)}"
            ),
        }
    )


def _before(na: Assessment, one: RankedMeasure, later: Row) -> str:
    """The newest figure of the reporting year that shares no year with a later one."""
    rows = [
        row
        for row in reading.records(na, one.key, na.area.code)
        if np.isfinite(row["value"]) and row["period_end"] < later["period_start"]
    ]
    if not rows:
        return ""
    before = float(rows[-1]["value"])
    then = wording.amount(before, one.indicator.unit)
    change = 100 * (float(later["value"]) / before - 1) if before > 0 else 0.0
    moved = (
        f": {abs(change):.0f}% {'more' if change > 0 else 'fewer'}"
        if one.indicator.statistic == "count" and abs(change) >= 1
        else ""
    )
    return f" It was {then} {wording.during(str(rows[-1]['period']))}{moved}."
