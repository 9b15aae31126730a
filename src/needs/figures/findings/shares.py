"""A count within another count: what share of the whole it is, here and in England.

An indicator of counts takes part by naming the whole, under ``part_of``: clients of an age within
all clients, referrals of a kind within all who are new. No indicator of the share itself is needed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from needs.figures.assessment import Assessment
from needs.figures.findings import candidate as kinds
from needs.figures.findings import reading, wording
from needs.figures.findings.candidate import NAN, Candidate
from needs.figures.findings.reading import RankedMeasure, Row
from needs.stats.evidence import among_areas, share_difference
from needs.stats.intervals import wilson


def candidates(na: Assessment, one: RankedMeasure) -> Iterator[Candidate]:
    """The share in the newest year that has both counts, against England's of that year.

    People of an age are an inequality inside the area; other parts are better or worse by the side
    that the indicator declares, and are not judged where it declares none.
    """
    if one.indicator.statistic != "count" or not one.finding.part_of:
        return
    whole = na.indicator(one.finding.part_of)
    row = reading.newest(na, one.key, na.area.code)
    of = row and reading.at(na, whole.key, na.area.code, str(row["period"]))
    here = _pair(row, of)
    if row is None or of is None or here is None:
        return
    period = str(row["period"])
    england = [reading.at(na, key, na.england.code, period) for key in (one.key, whole.key)]
    there = _pair(*england)
    if there is None:
        return
    gap, p = (float(each) for each in share_difference(*here, *there))
    usual = _among(na, one, whole.key, period)
    chance = max(p, usual) if np.isfinite(usual) else p
    share, level = 100 * here[0] / here[1], 100 * there[0] / there[1]
    lower, upper = (100 * float(each) for each in wilson(*here))
    inside = one.indicator.age != whole.age
    side = {"rising": -1, "falling": 1}.get(one.finding.good_when, one.adverse)
    shown = chance < reading.rule(na)["gate.alpha"] and here[0] >= reading.rule(na)["gate.events"]
    if inside:
        kind, worse = kinds.INSIDE, gap > 0
    else:
        worse = side * gap > 0
        kind = kinds.WORSE if worse else kinds.BETTER
    reason = "" if shown and (inside or side) else "no difference beyond chance"
    if shown and inside and not worse:
        reason = "fewer than in England: told with the other ages"
    yield Candidate(
        kind=kind if not reason else kinds.SIMILAR,
        indicator=one.key,
        domain=one.finding.domain,
        harm=one.finding.harm,
        good=not worse,
        part_code=na.area.code,
        part=na.area.name,
        age=one.indicator.age,
        period=period,
        ended=row["period_end"],
        unit="%",
        value=share,
        lower=lower,
        upper=upper,
        comparator=na.england.name,
        comparator_value=level,
        ratio=share / level if level else NAN,
        p=chance,
        people=here[0],
        events=here[0],
        process=one.finding.process,
        staff=one.finding.recorded == "staff",
        subgroup=inside,
        left_out=reason,
        figures=(reading.id_of(row), reading.id_of(of)),
        statement=(
            f"{wording.people(here[0], one.finding.happened)} {wording.during(period)}. That is "
            f"{wording.amount(share, '%')}{wording.bracketed(lower, upper, '%')} of "
            f"{wording.number(here[1])}, against {wording.amount(level, '%')} in {na.england.name}."
        ),
    )


def _pair(part: Row | None, whole: Row | None) -> tuple[float, float] | None:
    """Two counts, where both are there and fit."""
    if part is None or whole is None:
        return None
    found = float(part["value"]), float(whole["value"])
    # rounded counts can give a part that is larger than its whole
    return found if np.isfinite(found).all() and 0 <= found[0] <= found[1] > 0 else None


def _among(na: Assessment, one: RankedMeasure, whole: str, period: str) -> float:
    """Of records: the chance of a share as far from the usual spread between areas."""
    if not one.finding.recorded:
        return NAN
    part = reading.others(na, one.key, period)
    all_ = dict(zip(*_coded(reading.others(na, whole, period)), strict=True))
    if na.area.code not in part.codes:
        return NAN
    *_, p = among_areas(part.value, [all_.get(code, NAN) for code in part.codes])
    return float(p[part.codes.index(na.area.code)])


def _coded(there: reading.Others) -> tuple[tuple[str, ...], list[float]]:
    return there.codes, there.value.tolist()
