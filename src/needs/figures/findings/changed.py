"""Records of yearly counts, and changes between separate windows: two that overlap say nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from needs.figures.assessment import Assessment
from needs.figures.findings import candidate as kinds
from needs.figures.findings import reading, wording
from needs.figures.findings.candidate import NAN, Candidate
from needs.figures.findings.reading import RankedMeasure, Row, Yearly
from needs.stats.evidence import against_value, rate_ratio, ratio_of_ratios
from needs.stats.intervals import poisson

#: What is said of a rise or a record of a rate that is better than England's.
STILL_BELOW = "The rate is still below England's"


def candidates(na: Assessment, one: RankedMeasure) -> Iterator[Candidate]:
    """What may be said of the area over time; of a count within another only its share is told."""
    if one.indicator.statistic == "count" and one.finding.part_of:
        return
    if one.indicator.statistic in ("amount", "unmet_need", "proportion"):
        return
    own = reading.yearly(na, one, na.area.code)
    if own is not None:
        yield from _record(na, one, own)
    if one.indicator.statistic == "count":
        if own is not None:
            yield from _growth(na, one, own)
    elif own is not None and one.indicator.trend_from:
        yield from _windows(na, one, own)
    else:
        yield from _rates(na, one)


def with_records(over: Sequence[Candidate]) -> list[Candidate]:
    """A record tells the change of the same series as well, which then needs no second place."""
    records = [one for one in over if one.record]
    found = []
    for one in over:
        rising = one.kind == kinds.RISING
        if one.record:
            high = one.kind == kinds.HIGH
            moved = any(each.changed and (each.kind == kinds.RISING) == high for each in over)
            one = replace(one, changed=moved)
        elif any(rising == (each.kind == kinds.HIGH) for each in records):
            one = replace(one, left_out=one.left_out or "said with its record")
        found.append(one)
    return found


def with_gaps(whole: Sequence[Candidate], over: Sequence[Candidate]) -> list[Candidate]:
    """Tell of a gap that it grows, and of good news that it gets better still.

    The change then needs no second place.

    Parameters
    ----------
    whole, over : sequence of Candidate
        Of one measure: the area as a whole, and over time.

    Returns
    -------
    list of Candidate
        Both, in their order.
    """
    gaps, told = [], set()
    for one in whole:
        same = [each for each in over if each.changed and each.good == one.good]
        changes = [each for each in same if each.is_change and each.told]
        if not one.left_out and changes:
            told.add(changes[0].kind)
            one = replace(one, statement=f"{one.statement} {changes[0].told}")
        gaps.append(replace(one, changed=bool(same)))
    rest = [
        replace(one, left_out=one.left_out or "said with the gap") if one.kind in told else one
        for one in over
    ]
    below = [one for one in whole if one.kind == kinds.BETTER and not one.left_out]
    return [*gaps, *(_in_proportion(one, below) for one in rest)]


def _in_proportion(one: Candidate, below: Sequence[Candidate]) -> Candidate:
    """Say of a rise or a record where the level is still better than England's: it alarms less."""
    if not below or one.good or one.kind not in (kinds.RISING, kinds.HIGH):
        return one
    level = below[0]
    own, theirs = (
        wording.amount(each, level.unit) for each in (level.value, level.comparator_value)
    )
    says = f"{STILL_BELOW}: {own} against {theirs} {level.unit}."
    return replace(one, statement=f"{one.statement} {says}")


def _common(na: Assessment, one: RankedMeasure, own: Yearly) -> dict[str, object]:
    return {
        "indicator": one.key,
        "domain": one.finding.domain,
        "part_code": na.area.code,
        "part": na.area.name,
        "age": one.indicator.age,
        "process": one.finding.process,
        "staff": one.finding.recorded == "staff",
        "figures": own.ids,
    }


def _side(one: RankedMeasure) -> int:
    """1 where a rise is worse, -1 where it is good news."""
    if one.finding.good_when:
        return -1 if one.finding.good_when == "rising" else 1
    return one.adverse


def _record(na: Assessment, one: RankedMeasure, own: Yearly) -> Iterator[Candidate]:
    """The newest of ten yearly counts or more, where it is higher or lower than all others."""
    settings = reading.rule(na)
    known = np.isfinite(own.count)
    if known.sum() < settings["gate.record_years"] or not known[-1]:
        return
    before, count = own.count[known][:-1], float(own.count[-1])
    high, low = count > before.max(), count < before.min()
    years = int(settings["gate.record_mean_years"])
    recent = own.last(years, skip=1)
    if not (high or low) or not recent.whole or len(recent) < years:
        return
    mean = float(recent.count.mean())
    if (count if high else mean) < settings["gate.events"]:
        return
    ratio, ratio_low, ratio_high, p = (
        float(each) for each in rate_ratio(count, 1, recent.count.sum(), years)
    )
    lower, upper = (float(each) for each in poisson(count))
    process = one.finding.process
    # of what services do a record is neither good nor bad news before people have looked at it
    good = not process and (high if _side(one) < 0 else low)
    first = own.period[int(np.flatnonzero(known)[0])]
    kind = kinds.HIGH if high else kinds.LOW
    extreme = "most" if high else "fewest"
    says = (
        f"{wording.people(count, one.finding.happened)} {wording.during(own.period[-1])}"
        f"{wording.bracketed(lower, upper, 'people') if not process else ''}, "
        f"the {extreme} in any year since {first}. "
        f"The mean of the five years before was {wording.number(mean)}."
    )
    harm = one.finding.harm
    yield Candidate(
        **_common(na, one, own.last(1)) | {"figures": (own.ids[-1], *recent.ids)},  # type: ignore[arg-type]
        kind=kind,
        harm=harm if high else one.finding.harm_when_falling or harm,
        good=good,
        period=own.period[-1],
        ended=own.ended[-1],
        unit="people" if process else one.indicator.counted,
        value=count,
        lower=lower,
        upper=upper,
        comparator=f"own mean, {recent.named.replace(' to ', '-')}",
        comparator_value=mean,
        ratio=ratio,
        ratio_lower=ratio_low,
        ratio_upper=ratio_high,
        p=p,
        people=count,
        events=count,
        record=True,
        statement=says + _beside_england(na, one, own),
    )


def _beside_england(na: Assessment, one: RankedMeasure, own: Yearly) -> str:
    """How a number in treatment grew beside England's, where both are known."""
    if one.indicator.statistic != "count":
        return ""
    change = against_england(na, one, own)
    if change is None:
        return ""
    years, area, england, *_ = change
    return f" In {years} years it {went(area)}; in England it {went(england)}."


def went(ratio: float) -> str:
    """That a number rose or fell, and by how much."""
    return f"{'rose' if ratio >= 1 else 'fell'} by {wording.per_cent(ratio)}"


def against_england(
    na: Assessment, one: RankedMeasure, own: Yearly
) -> tuple[int, float, float, tuple[float, float, float, float], Yearly] | None:
    """Years, growth here and in England, the ratio of the two with limits and p, and the start."""
    years = one.finding.change_years or int(reading.rule(na)["gate.change_years"])
    national = reading.yearly(na, one, na.england.code)
    if len(own) <= years or national is None or not np.isfinite(own.count[-1]):
        return None
    now, then = own.period[-1], own.last(1, skip=years)
    there = dict(zip(national.period, national.count, strict=True))
    apart = round((own.ended[-1] - then.ended[0]).days / 365.25)
    counts = [own.count[-1], then.count[0], there.get(now, NAN), there.get(then.period[0], NAN)]
    if apart != years or not np.isfinite(counts).all() or min(counts) <= 0:
        return None
    ratio, low, high, p = (float(each) for each in ratio_of_ratios(*counts))
    found = (ratio, low, high, p)
    return years, counts[0] / counts[1], counts[2] / counts[3], found, then


def _growth(na: Assessment, one: RankedMeasure, own: Yearly) -> Iterator[Candidate]:
    """How the number in treatment changed beside England's."""
    change = against_england(na, one, own)
    if change is None:
        return
    years, area, england, (ratio, low, high, p), then = change
    shown = p < reading.rule(na)["gate.alpha"] and own.count[-1] >= reading.rule(na)["gate.events"]
    rising = ratio > 1
    # a rise counts as one where the number itself rose, and a fall likewise
    real = area > 1 if rising else area < 1
    reason = "" if shown and real else "no change beyond chance beside England's"
    lower, upper = (float(each) for each in poisson(own.count[-1]))
    says = (
        f"{wording.people(float(own.count[-1]), one.finding.happened)} "
        f"{wording.during(own.period[-1])}. In {years} years the number {went(area)} "
        f"(from {wording.number(float(then.count[0]))}). In England it {went(england)}."
    )
    fell = one.finding.harm_when_falling or one.finding.harm
    yield Candidate(
        **_common(na, one, own) | {"figures": (own.ids[-1], *then.ids)},  # type: ignore[arg-type]
        kind=kinds.RISING if rising else kinds.FALLING,
        harm=one.finding.harm if rising else fell,
        good=(_side(one) < 0) == rising,
        period=own.period[-1],
        ended=own.ended[-1],
        unit="people",
        value=float(own.count[-1]),
        lower=lower,
        upper=upper,
        comparator="growth in England",
        comparator_value=england,
        ratio=ratio,
        ratio_lower=low,
        ratio_upper=high,
        p=p,
        people=float(own.count[-1]),
        events=float(own.count[-1]),
        changed=not reason,
        is_change=True,
        left_out=reason,
        statement=says,
    )


def _windows(na: Assessment, one: RankedMeasure, own: Yearly) -> Iterator[Candidate]:
    """Events of the newest three years against those of the three before."""
    years = int(reading.rule(na)["gate.part_years"])
    now, then = own.last(years), own.last(years, skip=years)
    if not (now.whole and then.whole and len(then) == years):
        return
    known = bool((now.people > 0).all() and (then.people > 0).all())
    time = (now.people.sum(), then.people.sum()) if known else (years, years)
    count, before = float(now.count.sum()), float(then.count.sum())
    if max(count, before) < reading.rule(na)["gate.events"]:
        return
    ratio, low, high, p = (float(each) for each in rate_ratio(count, time[0], before, time[1]))
    lower, upper = (float(each) for each in poisson(count))
    shown = p < reading.rule(na)["gate.alpha"]
    rising = ratio > 1
    told = f"The rate {went(ratio)}{_range(low, high)} on the {years} years before."
    says = (
        f"{wording.people(count, one.finding.happened)} {wording.during(now.named)}; "
        f"{wording.number(before)} did {wording.during(then.named)}. The rate "
        f"{went(ratio)}{_range(low, high)}."
    )
    national = reading.yearly(na, one, na.england.code)
    if national is not None and national.period[-1] == own.period[-1]:
        here, past = national.last(years), national.last(years, skip=years)
        if here.whole and past.whole and (past.people > 0).all():
            rates = [float(part.count.sum() / part.people.sum()) for part in (here, past)]
            beside = f" In England it {went(rates[0] / rates[1])}."
            says, told = says + beside, told + beside
    yield Candidate(
        **_common(na, one, own) | {"figures": (*now.ids, *then.ids)},  # type: ignore[arg-type]
        kind=kinds.RISING if rising else kinds.FALLING,
        harm=one.finding.harm,
        good=(one.adverse > 0) != rising,
        period=now.named,
        ended=now.ended[-1],
        unit=one.indicator.counted,
        value=count,
        lower=lower,
        upper=upper,
        comparator=f"own {then.named.replace(' to ', '-')}",
        comparator_value=before,
        ratio=ratio,
        ratio_lower=low,
        ratio_upper=high,
        p=p,
        people=count / years,
        events=count,
        changed=shown,
        is_change=True,
        left_out="" if shown else "no change beyond chance",
        statement=says,
        told=told,
    )


def _range(low: float, high: float) -> str:
    """Limits of a change in per cent, signed where they lie on both sides."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return ""
    ends = sorted(((low - 1) * 100, (high - 1) * 100), key=abs)
    if ends[0] * ends[1] > 0:
        return f" ({abs(ends[0]):.0f}% to {abs(ends[1]):.0f}%)"
    return f" (from −{abs(low - 1) * 100:.0f}% to +{(high - 1) * 100:.0f}%)"


def _rates(na: Assessment, one: RankedMeasure) -> Iterator[Candidate]:
    """The newest rate against the newest that shares no year with it and ended years before."""
    rows = [
        row
        for row in reading.records(na, one.key, na.area.code)
        if np.isfinite([row["value"], row["lower"], row["upper"]]).all()
    ]
    if not rows:
        return
    now = rows[-1]
    gap = pd.DateOffset(years=int(reading.rule(na)["gate.change_years"]))
    earlier = [
        row
        for row in rows
        if row["period_end"] < now["period_start"]
        and row["period_end"] <= now["period_end"] - gap + pd.Timedelta(days=1)
    ]
    if not earlier or not (earlier[-1]["value"] > 0 and now["value"] > 0):
        return
    yield _rate_change(na, one, now, earlier[-1])


def _rate_change(na: Assessment, one: RankedMeasure, now: Row, then: Row) -> Candidate:
    scale = 100.0 if one.share else 1.0
    parts = [
        float(row[name]) / scale for row in (now, then) for name in ("value", "lower", "upper")
    ]
    _, low, high, p = (float(each) for each in against_value(*parts))
    ratio = parts[0] / parts[3]
    shown = p < reading.rule(na)["gate.alpha"]
    rising = ratio > 1
    unit, count = one.indicator.unit, float(now["count"])
    told = f"The rate {went(ratio)}{_range(low, high)} since {then['period']}."
    happened = f"{wording.people(count, one.finding.happened)} {wording.during(now['period'])}."
    says = (
        f"{happened} {told}"
        if np.isfinite(count)
        else told.replace("The rate", f"The rate of {one.finding.about}")
    )
    says += (
        f" It was {wording.amount(float(then['value']), unit)} then, and "
        f"{wording.amount(float(now['value']), unit)} {unit}"
        f"{wording.bracketed(now['lower'], now['upper'], unit)} {wording.during(now['period'])}."
    )
    return Candidate(
        kind=kinds.RISING if rising else kinds.FALLING,
        indicator=one.key,
        domain=one.finding.domain,
        harm=one.finding.harm,
        good=(one.adverse > 0) != rising,
        part_code=na.area.code,
        part=na.area.name,
        period=str(now["period"]),
        ended=pd.Timestamp(now["period_end"]),
        unit=unit,
        age=str(now["age"]),
        value=float(now["value"]),
        lower=float(now["lower"]),
        upper=float(now["upper"]),
        comparator=f"own {str(then['period']).replace(' to ', '-')}",
        comparator_value=float(then["value"]),
        ratio=ratio,
        ratio_lower=low,
        ratio_upper=high,
        p=p,
        people=count / reading.years_of(now),
        events=count,
        staff=one.finding.recorded == "staff",
        changed=shown,
        is_change=True,
        left_out="" if shown else "no change beyond chance",
        figures=(reading.id_of(now), reading.id_of(then)),
        statement=says,
        told=told,
    )
