"""The area as a whole against England, its region and areas like it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from needs.figures.assessment import Assessment
from needs.figures.figure import WHOLE_SCALE
from needs.figures.findings import candidate as kinds
from needs.figures.findings import reading, wording
from needs.figures.findings.candidate import NAN, Candidate
from needs.figures.findings.reading import RankedMeasure, Row
from needs.stats.evidence import against_value, among_areas, rate_ratio
from needs.stats.intervals import byar, poisson
from needs.stats.status import Status

#: Fewest authorities whose figures stand in for England's where none is published.
_STAND_IN = 50

#: Of a low share of records, which may be how they are kept.
FEW_RECORDED = "few in the records may be few recorded: no good news"

#: Fewest similar areas with numbers that are compared with.
_LIKE = 5


@dataclass(frozen=True)
class Against:
    """What an area is compared with."""

    name: str
    value: float
    lower: float = NAN
    upper: float = NAN
    #: England's comes first, or what stands in for it; the others are said where it is silent.
    first: bool = True
    national: bool = True
    id: str = ""


def candidates(na: Assessment, one: RankedMeasure) -> Iterator[Candidate]:
    """What may be said of the area as a whole in its newest period."""
    if one.indicator.statistic in ("count", "amount", "unmet_need"):
        return
    row = reading.newest(na, one.key, na.area.code)
    pooled = _pooled(na, one, row)
    if pooled is not None:
        yield pooled
    elif row is not None:
        found = [_compared(na, one, row, with_) for with_ in _comparators(na, one, row)]
        regions = [region.name for region in na.regions]
        yield from _led_by_the_first([*_beside_the_region(found[:1], found, regions), *found[1:]])


def base(na: Assessment, one: RankedMeasure, row: Row) -> dict[str, Any]:
    """What a candidate takes from its measure and row."""
    place = na.area
    tested = bool(np.isfinite(row["lower"]) and np.isfinite(row["upper"]))
    return {
        "indicator": one.key,
        "domain": one.finding.domain,
        "harm": one.finding.harm,
        "part_code": place.code,
        "part": place.name,
        "period": str(row["period"]),
        "ended": pd.Timestamp(row["period_end"]),
        "unit": one.indicator.unit,
        "sex": str(row["sex"]),
        "age": str(row["age"]),
        "value": float(row["value"]),
        "lower": float(row["lower"]) if tested else NAN,
        "upper": float(row["upper"]) if tested else NAN,
        "tested": tested,
        "process": one.finding.process,
        "staff": one.finding.recorded == "staff",
        "printed": reading.printed(na, row),
        "figures": (reading.id_of(row),),
    }


def counted(one: RankedMeasure, row: Row) -> tuple[float, float]:
    """Events behind a row, and those of a year; of a share the people who have it."""
    count = float(row["count"])
    if not np.isfinite(count):
        return NAN, NAN
    return count, count / reading.years_of(row)


def _comparators(na: Assessment, one: RankedMeasure, row: Row) -> Iterator[Against]:
    period, sex = str(row["period"]), str(row["sex"])
    national = reading.at(na, one.key, na.england.code, period, sex)
    if national is not None:
        yield _of(na.england.name, national)
    else:
        stand_in = _all_with_figures(na, one, period)
        if stand_in is not None:
            yield stand_in
    if one.share:
        return  # of shares without limits regions say little that England's does not
    for region in na.regions:
        there = reading.at(na, one.key, region.code, period, sex)
        if there is not None and region.code != na.area.code:
            yield replace(_of(region.name, there), first=False, national=False)
    like = _alike(na, one, period)
    if like is not None:
        yield like


def _of(name: str, row: Row) -> Against:
    return Against(
        name, float(row["value"]), float(row["lower"]), float(row["upper"]), id=reading.id_of(row)
    )


def _all_with_figures(na: Assessment, one: RankedMeasure, period: str) -> Against | None:
    """All authorities with numbers together, where England's figure is not published."""
    there = reading.others(na, one.key, period)
    known = np.isfinite(there.count) & (there.people > 0)
    if known.sum() < _STAND_IN or one.share:
        return None
    count, people = there.count[known].sum(), there.people[known].sum()
    lower, upper = (float(each) for each in byar(count))
    unit = one.indicator.multiplier / people
    name = f"the {int(known.sum())} areas with figures"
    return Against(name, count * unit, lower * unit, upper * unit, national=False)


def _alike(na: Assessment, one: RankedMeasure, period: str) -> Against | None:
    """Similar areas together: their events over the people that their rates imply."""
    codes = {place.code for place in reading.neighbour_codes(na)} - {na.area.code}
    there = reading.others(na, one.key, period)
    chosen = np.isin(np.array(there.codes, dtype=object), list(codes))
    known = chosen & np.isfinite(there.count) & (there.value > 0) & (there.count > 0)
    if known.sum() < _LIKE:
        return None
    count, implied = there.count[known].sum(), (there.count[known] / there.value[known]).sum()
    lower, upper = (float(each) for each in byar(count))
    return Against(
        f"similar areas ({'official list' if na.by_official_list else 'open method'})",
        count / implied,
        lower / implied,
        upper / implied,
        first=False,
        national=False,
    )


def _compared(na: Assessment, one: RankedMeasure, row: Row, with_: Against) -> Candidate:
    """A figure beside one comparator; `kinds.SIMILAR` where nothing shows."""
    found = base(na, one, row)
    scale = 100.0 if one.share else 1.0
    own = _tested_limits(na, one, row) or (found["lower"], found["upper"])
    _, low, high, p = against_value(
        found["value"] / scale,
        own[0] / scale,
        own[1] / scale,
        with_.value / scale,
        with_.lower / scale,
        with_.upper / scale,
        scale="logit" if one.share else "log",
    )
    chance = float(p)
    plain = found["value"] / with_.value if with_.value else NAN
    events, a_year = counted(one, row)
    worse = one.adverse * (found["value"] - with_.value) > 0
    far = with_.first and extreme(na, one, row, worse=worse)
    # what has no interval is told by its size alone, where that is no matter of rounding
    sized = not found["tested"] and _apart(plain) >= reading.rule(na)["gate.untested"]
    sized &= not (with_.national and row.get("verdict") == "similar")  # its publisher's test
    shown = chance < reading.rule(na)["gate.alpha"] or sized
    kind = kinds.SIMILAR
    if far and not shown and plain != 1:
        kind = kinds.HIGH_AMONG if found["value"] > with_.value else kinds.LOW_AMONG
    if shown and one.adverse and plain != 1:
        here = not with_.national
        kind = (
            (kinds.WORSE_HERE if here else kinds.WORSE)
            if worse
            else (kinds.BETTER_HERE if here else kinds.BETTER)
        )
    return Candidate(
        **found
        | {
            "kind": kind,
            "good": not worse,
            "comparator": with_.name,
            "comparator_value": with_.value,
            "ratio": plain,
            "ratio_lower": NAN if one.share else float(low),
            "ratio_upper": NAN if one.share else float(high),
            "p": chance,
            "extreme": far,
            "events": events,
            "people": a_year,
            "statement": _says(one, row, with_, events),
            "left_out": _why_not(one, kind),
            "figures": tuple(each for each in (*found["figures"], with_.id) if each),
        }
    )


def _apart(ratio: float) -> float:
    """How many times one of two is the other, the smaller below."""
    return max(ratio, 1 / ratio) if ratio > 0 else np.inf if ratio == 0 else NAN


def _why_not(one: RankedMeasure, kind: str) -> str:
    """Why a comparison is not said. Little in records may be little recorded: no good news."""
    if kind == kinds.SIMILAR:
        return "no difference beyond chance"
    few_look_good = one.share and one.finding.recorded and one.adverse > 0
    return FEW_RECORDED if few_look_good and kind in (kinds.BETTER, kinds.LOW_AMONG) else ""


def _says(one: RankedMeasure, row: Row, with_: Against, events: float) -> str:
    """The number, then its rate with limits, then that of the comparator."""
    unit, value = one.indicator.unit, float(row["value"])
    when = wording.during(str(row["period"]))
    own = f"{wording.amount(value, unit)}{wording.bracketed(row['lower'], row['upper'], unit)}"
    theirs = f"{wording.amount(with_.value, unit)} in {with_.name}"
    if one.share and np.isfinite(events) and events > 0:
        happened = wording.people(events, one.finding.happened)
        return f"{happened} {when}. That is {own}, against {theirs}."
    if one.share:
        return f"The {one.indicator.subject} was {own} {when}, against {theirs}."
    rate = f"{wording.amount(value, unit)} {unit} a year"
    rate += wording.bracketed(row["lower"], row["upper"], unit)
    sex = str(row["sex"])
    if not np.isfinite(events):
        of = (
            f"Among {wording.SEXES[sex]}, {one.finding.about}"
            if sex in wording.SEXES
            else (one.finding.about[0].upper() + one.finding.about[1:])
        )
        return f"{of} were {rate} {when}. The figure for {with_.name} is {theirs.split(' in ')[0]}."
    happened = wording.people(events, one.finding.happened, sex)
    that_is = wording.that_is(one.indicator.statistic == "directly_standardised_rate")
    return f"{happened} {when}. {that_is} {rate}, against {theirs}."


def _tested_limits(na: Assessment, one: RankedMeasure, row: Row) -> tuple[float, float] | None:
    """Of a share of records: limits with the usual spread, by which its section compares it too."""
    limits = na.with_usual_spread(one.indicator, row) if one.share else None
    return (NAN, NAN) if limits == WHOLE_SCALE else limits


def among(na: Assessment, one: RankedMeasure, row: Row) -> float:
    """Of shares of records: the chance of a share as far from the usual spread."""
    if not (one.share and one.finding.recorded):
        return NAN
    there = reading.others(na, one.key, str(row["period"]))
    if row["area_code"] not in there.codes:
        return NAN
    _, _, p = among_areas(there.count, there.people)
    return float(p[there.codes.index(row["area_code"])])


def extreme(na: Assessment, one: RankedMeasure, row: Row, *, worse: bool) -> bool:
    """Whether the value is among the worst 5% of 100 authorities or more; the best where better."""
    there = reading.others(na, one.key, str(row["period"]))
    known = np.isfinite(there.value)
    settings = reading.rule(na)
    if known.sum() < settings["gate.worst_of"] or row["area_code"] not in there.codes:
        return False
    side = one.adverse if worse else -one.adverse
    if not side:
        return False
    as_far = (side * (there.value[known] - float(row["value"])) >= 0).mean()
    return bool(as_far <= settings["gate.worst_share"])


def _beside_the_region(
    first: list[Candidate], found: list[Candidate], regions: list[str]
) -> Iterator[Candidate]:
    """What is better than England, with the word that the region is better still where it is."""
    for one in first:
        region = next((each for each in found if each.comparator in regions), None)
        praised = one.kind == kinds.BETTER and region is not None
        if not (praised and region and (region.ratio > 1) == (one.ratio < 1)):
            yield one
            continue
        still = "lower" if region.ratio > 1 else "higher"
        value = wording.amount(region.comparator_value, one.unit)
        more = f" In its region it is {still} still: {value}."
        yield replace(one, statement=one.statement + more)


def _led_by_the_first(found: list[Candidate]) -> Iterator[Candidate]:
    """Leave out what is said of England already: the region and similar areas follow it."""
    first = found[:1]
    said = {one.good for one in first if one.kind != kinds.SIMILAR}
    yield from first
    for one in sorted(found[1:], key=lambda each: np.nan_to_num(each.p, nan=1.0)):
        here = one.kind in (kinds.WORSE_HERE, kinds.BETTER_HERE)
        follows = here and one.good in said
        # a place worse than areas like it and better than England is no plain news either way
        mixed = here and not follows and bool(said)
        reason = "said of another comparator" if follows else ""
        reason = "another comparator says the opposite" if mixed else reason
        if here and not mixed:
            said.add(one.good)
        yield replace(one, left_out=one.left_out or reason)


def _pooled(na: Assessment, one: RankedMeasure, row: Row | None) -> Candidate | None:
    """Yearly counts pooled until there are ten, where the newest period has no rate or too few."""
    settings = reading.rule(na)
    newest = reading.records(na, one.key, na.area.code)
    if one.share:
        return None
    if row is not None and (
        not newest
        or newest[-1]["period_end"] == row["period_end"]
        or newest[-1]["status"] not in (Status.UNRELIABLE, Status.UNAVAILABLE)
    ):
        return None
    own = _whole_years(reading.yearly(na, one, na.area.code), int(settings["gate.pool_years"]))
    national = reading.yearly(na, one, na.england.code)
    if own is None or national is None:
        return None
    by_year = dict(
        zip(national.period, zip(national.count, national.people, strict=True), strict=True)
    )
    if any(period not in by_year for period in own.period):
        return None
    years = int(settings["gate.part_years"])
    while years < len(own) and own.last(years).count.sum() < settings["gate.events"]:
        years += 1
    own = own.last(years)
    theirs = np.array([by_year[period] for period in own.period], dtype=float).sum(axis=0)
    count, people = own.count.sum(), own.people.sum()
    ratio, low, high, p = (float(each) for each in rate_ratio(count, people, *theirs))
    unit = one.indicator.multiplier
    lower, upper = (float(each) * unit / people for each in poisson(count))
    worse = ratio > 1
    shown = p < settings["gate.alpha"] and count >= 1
    expected = people * theirs[0] / theirs[1]
    kind = (
        (kinds.WORSE if worse else kinds.BETTER)
        if shown or p < settings["gate.alpha"]
        else kinds.SIMILAR
    )
    happened = wording.people(count, one.finding.happened)
    span = wording.bracketed(lower * people / unit, upper * people / unit, "people")
    said = (
        f"{happened} {wording.during(own.named)}{span}. At England's rate, not allowing for "
        f"age, {wording.nearly(expected)} would be expected."
    )
    return Candidate(
        kind=kind,
        indicator=one.key,
        domain=one.finding.domain,
        harm=one.finding.harm,
        good=not worse,
        part_code=na.area.code,
        part=na.area.name,
        period=own.named,
        ended=own.ended[-1],
        unit=one.indicator.unit,
        age=one.indicator.age,
        value=count * unit / people,
        lower=lower,
        upper=upper,
        comparator=na.england.name,
        comparator_value=theirs[0] * unit / theirs[1],
        ratio=ratio,
        ratio_lower=low,
        ratio_upper=high,
        p=p,
        people=count / len(own),
        events=count,
        left_out="" if kind != kinds.SIMILAR else "no difference beyond chance",
        figures=own.ids,
        statement=said,
    )


def _whole_years(own: reading.Yearly | None, most: int) -> reading.Yearly | None:
    """The newest run of years with count and people, without a withheld one inside."""
    if own is None:
        return None
    known = np.isfinite(own.count) & (own.people > 0)
    if not known.any():
        return None
    stop = int(np.flatnonzero(known)[-1]) + 1
    start = stop
    while start > 0 and known[start - 1] and stop - start < most:
        start -= 1
    return own.last(stop - start, skip=len(own) - stop)
