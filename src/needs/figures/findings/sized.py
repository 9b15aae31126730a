"""The size of a need that is not met, and targets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from needs.figures.assessment import Assessment
from needs.figures.findings import candidate as kinds
from needs.figures.findings import changed, compared, reading, wording
from needs.figures.findings.candidate import NAN, Candidate
from needs.figures.findings.reading import RankedMeasure, Row
from needs.stats.evidence import against_value


def candidates(na: Assessment, one: RankedMeasure) -> Iterator[Candidate]:
    """Of unmet need its size, and of what has a target whether it is met."""
    row = reading.newest(na, one.key, na.area.code)
    if row is None:
        return
    if one.indicator.statistic == "unmet_need":
        yield _unmet(na, one, row)
    if one.indicator.target is not None:
        yield from _target(na, one, row, one.indicator.target)


def _unmet(na: Assessment, one: RankedMeasure, row: Row) -> Candidate:
    """How many people with a need are not in treatment; compared only where the estimate allows."""
    settings = reading.rule(na)
    found = compared.base(na, one, row)
    people, whole = float(row["count"]), float(row["denominator"])
    treated = whole - people
    low, high = found["lower"] / 100, found["upper"] / 100
    with np.errstate(divide="ignore", invalid="ignore"):
        least, most = treated / (1 - low), treated / (1 - high)
    wide = bool(np.isfinite(most / least) and least > 0 and most / least > settings["gate.wide"])
    national = reading.at(na, one.key, na.england.code, str(row["period"]))
    ratio, p, value = NAN, NAN, NAN
    if national is not None and not wide:
        value = float(national["value"])
        *_, chance = against_value(
            found["value"] / 100,
            low,
            high,
            value / 100,
            float(national["lower"]) / 100,
            float(national["upper"]) / 100,
            scale="logit",
        )
        ratio, p = found["value"] / value, float(chance)
    worse = ratio > 1
    size = np.isfinite(people)
    whom = one.finding.about.replace(" and not in treatment", "").replace(" not in treatment", "")
    own = (
        f"{wording.amount(found['value'], '%')}{wording.bracketed(row['lower'], row['upper'], '%')}"
    )
    when = wording.during(str(row["period"]))
    span = ""
    if np.isfinite(least) and np.isfinite(most) and size:
        span = (
            f" (range {wording.about(max(0, least - treated))} to {wording.about(most - treated)})"
        )
    says = (
        f"About {wording.about(people)} {one.finding.happened}{span}. That is {own} {when}"
        if size
        else f"{own} of {whom} were not in treatment {when}"
    )
    says += (
        f", against {wording.amount(value, '%')} in {na.england.name}." if ratio == ratio else "."
    )
    says += _treated(na, one, row)
    return Candidate(
        **found
        | {
            "kind": kinds.UNMET,
            "comparator": na.england.name if np.isfinite(ratio) else "",
            "comparator_value": value,
            "ratio": ratio if worse else NAN,
            "p": p if worse else NAN,
            "extreme": not wide and compared.extreme(na, one, row, worse=True),
            "people": people,
            "wide": wide,
            "statement": says,
        }
    )


def _treated(na: Assessment, one: RankedMeasure, row: Row) -> str:
    """That the number treated fell up to the estimate, where that is too old to be said alone."""
    declared = na.catalogue.indicators.get(one.indicator.numerator)
    if declared is None or declared.finding is None:
        return ""
    part = RankedMeasure(declared, declared.finding)
    own = reading.yearly(na, part, na.area.code)
    change = changed.against_england(na, part, own) if own is not None else None
    if own is None or change is None or own.period[-1] != row["period"]:
        return ""
    years, area, england, (*_, p), then = change
    settings = reading.rule(na)
    old = reading.years_old(na, own.ended[-1]) > settings["gate.old_years"]
    if not (p < settings["gate.alpha"] and old and area < 1) or _turned(
        na, own.ended[-1], rose=False
    ):
        return ""
    return (
        f" The number treated {changed.went(area)} in {years} years, from "
        f"{wording.number(float(then.count[0]))} to {wording.number(float(own.count[-1]))}. "
        f"In England it {changed.went(england)}."
    )


def _turned(na: Assessment, ended: pd.Timestamp, *, rose: bool) -> bool:
    """Whether a newer number in treatment went the other way."""
    for other in reading.measures(na):
        own = reading.yearly(na, other, na.area.code) if other.finding.process else None
        if own is not None and own.ended[-1] > ended + pd.DateOffset(years=1):
            change = changed.against_england(na, other, own)
            if change is not None and (change[1] > 1) != rose:
                return True
    return False


def _target(na: Assessment, one: RankedMeasure, row: Row, target: float) -> Iterator[Candidate]:
    """A target that is missed, or met: by the interval, or by the figure where there is none."""
    found = compared.base(na, one, row)
    higher = one.adverse < 0
    missed = found["value"] < target if higher else found["value"] > target
    if found["tested"]:
        missed = found["upper"] < target if higher else found["lower"] > target
    national = reading.at(na, one.key, na.england.code, str(row["period"]))
    unit = one.indicator.unit
    beside = (
        f" In England it was {wording.amount(float(national['value']), unit)}." if national else ""
    )
    value = wording.amount(found["value"], unit)
    says = (
        f"{value}{wording.bracketed(found['lower'], found['upper'], unit)} of "
        f"{one.finding.about.replace(' and begin it here', '')} began it here "
        f"{wording.during(str(row['period']))}."
        if one.finding.harm == "prison"
        else f"{value} of {one.finding.about} {wording.during(str(row['period']))}."
    )
    events, a_year = compared.counted(one, row)
    yield Candidate(
        **found
        | {
            "kind": kinds.TARGET if missed else kinds.GOOD,
            "good": not missed,
            "comparator": f"target; {na.england.name}" if national else "target",
            "comparator_value": float(national["value"]) if national else target,
            "off_target": (target / found["value"] if higher else found["value"] / target)
            if found["value"]
            else NAN,
            "events": events,
            "people": a_year,
            "left_out": "" if missed or found["tested"] else "not tested",
            "statement": f"{says}{beside} The target is {wording.amount(target, unit)}.",
        }
    )
