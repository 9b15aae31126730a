"""What stands out inside the area: districts against the rest of it, women and men."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from needs.figures.assessment import Assessment, Place
from needs.figures.findings import candidate as kinds
from needs.figures.findings import compared, reading, wording
from needs.figures.findings.candidate import NAN, Candidate
from needs.figures.findings.reading import RankedMeasure, Row, Yearly
from needs.stats.evidence import against_value, rate_ratio
from needs.stats.intervals import z_value

BETTER_OFF = "a part that is better off is told with the other parts"

#: Of a yearly standardised rate: what is averaged, and the people that weigh it.
_RATE = ("value", "lower", "upper", "count", "denominator")


def candidates(na: Assessment, one: RankedMeasure) -> Iterator[Candidate]:
    """What may be said of parts of the area and of its people."""
    if one.indicator.statistic in ("count", "amount", "unmet_need", "proportion"):
        return
    crude = one.indicator.trend_from or one.indicator.statistic == "crude_rate"
    whole = list(_against_the_rest(na, one) if crude else _standardised(na, one))
    yield from whole
    if {"male", "female"} <= set(one.indicator.sexes):
        told = {each.part_code for each in whole if not each.left_out}
        for each in _sexes(na, one):
            again = each.part_code in told and not each.left_out
            yield replace(each, left_out="said of all people there") if again else each


def _against_the_rest(na: Assessment, one: RankedMeasure) -> Iterator[Candidate]:
    """Each part's events of up to ten years against those of the other parts together.

    Where one part's count is withheld, none is compared: the rest would give it away.
    """
    settings = reading.rule(na)
    years = int(settings["gate.pool_years"])
    there: list[tuple[Place, Yearly]] = []
    for place in na.districts:
        own = reading.yearly(na, one, place.code)
        if own is None:
            return
        there.append((place, own))
    if len(there) < 2:
        return
    periods, table = _pool([own for _, own in there], reading.yearly(na, one, na.area.code), years)
    if not periods:
        return
    rest = table.sum(axis=0) - table
    ratio, low, high, p = rate_ratio(table[:, 0], table[:, 1], rest[:, 0], rest[:, 1])
    total = table.sum(axis=0)
    if total[0] < settings["gate.events"]:
        return
    named = periods[0] if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"
    for at, (place, own) in enumerate(there):
        events = float(table[at, 0])
        rate = events * one.indicator.multiplier / table[at, 1]
        newest = reading.records(na, one.indicator.trend_from or one.key, place.code)[-1]
        yield _part(
            na,
            one,
            place,
            named,
            {**newest, "period_end": own.ended[own.period.index(periods[-1])]},
            (float(ratio[at]), float(low[at]), float(high[at]), float(p[at])),
            events,
            events / len(periods),
            tuple(
                each for period, each in zip(own.period, own.ids, strict=True) if period in periods
            ),
            f"{wording.people(events, one.finding.happened)} in {place.name} "
            f"{wording.during(named)}, {wording.amount(100 * events / total[0], '%')} of "
            f"the area's {wording.number(total[0])}. It has "
            f"{wording.amount(100 * table[at, 1] / total[1], '%')} of the people. "
            f"Its rate is {wording.times(ratio[at])} that of the rest "
            f"({wording.amount(low[at], 'per ')} to {wording.amount(high[at], 'per ')}): "
            f"{wording.amount(rate, 'per ')} {one.indicator.unit} a year.",
        )


def _pool(
    parts: Sequence[Yearly], whole: Yearly | None, most: int
) -> tuple[list[str], NDArray[np.float64]]:
    """The newest years that all parts, and the area itself, show; events and people of each part.

    None where the newest is withheld in one of them.
    """
    shared = [each for each in parts[0].period if all(each in own.period for own in parts)]
    table = np.array(
        [
            [
                (own.count[own.period.index(each)], own.people[own.period.index(each)])
                for each in shared
            ]
            for own in parts
        ],
        dtype=float,
    ).reshape(len(parts), len(shared), 2)
    usable = np.isfinite(table).all(axis=(0, 2)) & (table[:, :, 1] > 0).all(axis=0)
    if whole is not None:
        known = dict(zip(whole.period, np.isfinite(whole.count), strict=True))
        usable &= np.array([known.get(each, True) for each in shared], dtype=bool)
    start = len(shared)
    while start > 0 and usable[start - 1] and len(shared) - start < most:
        start -= 1
    return shared[start:], table[:, start:, :].sum(axis=1)


def _standardised(na: Assessment, one: RankedMeasure) -> Iterator[Candidate]:
    """Each part's standardised rates of single years against those of the other parts.

    Where the yearly series is of standardised rates, an older place is not called worse for its
    age: the years' rates are averaged, and the rest is the other parts by their people.
    """
    years = int(reading.rule(na)["gate.pool_years"])
    rows: list[dict[str, Row]] = [
        {
            str(row["period"]): row
            for row in reading.records(na, one.key, place.code)
            if np.isfinite([row[name] for name in _RATE]).all()
        }
        for place in na.districts
    ]
    if len(rows) < 2 or not all(rows):
        return
    shared = [period for period in rows[0] if all(period in each for each in rows)][-years:]
    ends = [rows[0][period] for period in shared]
    apart = all(a["period_end"] < b["period_start"] for a, b in itertools.pairwise(ends))
    if not shared or not apart or shared[-1] != list(rows[0])[-1]:
        return
    table = np.array(
        [[[each[period][name] for name in _RATE] for period in shared] for each in rows],
        dtype=float,
    )
    rate = table[:, :, 0].mean(axis=1)
    error = (table[:, :, 2] - table[:, :, 1]) / (2 * z_value(0.95))
    error = np.sqrt((error**2).sum(axis=1)) / len(shared)
    count, people = table[:, :, 3].sum(axis=1), table[:, :, 4].sum(axis=1)
    named = shared[0] if len(shared) == 1 else f"{shared[0]} to {shared[-1]}"
    for at, place in enumerate(na.districts):
        others = np.arange(len(rows)) != at
        weight = people[others] / people[others].sum()
        rest = float((weight * rate[others]).sum())
        rest_error = float(np.sqrt(((weight * error[others]) ** 2).sum()))
        spread = z_value(0.95) * np.array([error[at], rest_error])
        ratio, low, high, p = (
            float(each)
            for each in against_value(
                rate[at],
                rate[at] - spread[0],
                rate[at] + spread[0],
                rest,
                rest - spread[1],
                rest + spread[1],
            )
        )
        events = float(count[at])
        yield _part(
            na,
            one,
            place,
            named,
            rows[at][shared[-1]],
            (ratio, low, high, p),
            events,
            events / len(shared),
            tuple(reading.id_of(rows[at][period]) for period in shared),
            f"{wording.people(events, one.finding.happened)} in {place.name} "
            f"{wording.during(named)}. Its rate, with age allowed for, is "
            f"{wording.times(ratio)} that of the rest of the area "
            f"({wording.amount(low, 'per ')} to {wording.amount(high, 'per ')}).",
        )


def _part(
    na: Assessment,
    one: RankedMeasure,
    place: Place,
    period: str,
    newest: Row,
    tested: tuple[float, float, float, float],
    events: float,
    a_year: float,
    ids: tuple[str, ...],
    says: str,
) -> Candidate:
    """A part against the rest of the area."""
    settings = reading.rule(na)
    ratio, low, high, p = tested
    shown = p < settings["gate.alpha"] and events >= settings["gate.events"]
    worse = (ratio > 1) == (one.adverse > 0)
    reason = "" if shown and worse else BETTER_OFF if shown else "no difference beyond chance"
    return Candidate(
        kind=kinds.INSIDE,
        indicator=one.key,
        domain=one.finding.domain,
        harm=one.finding.harm,
        good=not worse,
        part_code=place.code,
        part=place.name,
        age=one.indicator.age,
        period=period,
        ended=newest["period_end"],
        unit="rate ratio",
        value=ratio,
        lower=low,
        upper=high,
        comparator=f"the rest of {na.name}",
        comparator_value=1.0,
        ratio=ratio,
        ratio_lower=low,
        ratio_upper=high,
        p=p,
        people=a_year,
        events=events,
        staff=one.finding.recorded == "staff",
        subgroup=True,
        left_out=reason,
        figures=ids,
        statement=says,
    )


def _sexes(na: Assessment, one: RankedMeasure) -> Iterator[Candidate]:
    """Women and men of the area and its parts, against England's of the same sex.

    Said where the rate is beyond England's by more than that of the other sex, or of a part by more
    than that of its county: else it is the finding on all people over again.
    """
    for sex, other in (("female", "male"), ("male", "female")):
        own = reading.newest(na, one.key, na.area.code, sex)
        if own is not None:
            yield from _sex(na, one, own, na.area, _other(na, one, own, na.area.code, other))
        for place in na.districts:
            row = reading.newest(na, one.key, place.code, sex)
            if row is None:
                continue
            county = reading.at(na, one.key, na.area.code, str(row["period"]), sex)
            yield from _sex(na, one, row, place, county)


def _other(na: Assessment, one: RankedMeasure, row: Row, code: str, sex: str) -> Row | None:
    """The other sex, its figures scaled as if England's two sexes had the same rate."""
    period = str(row["period"])
    theirs = reading.at(na, one.key, code, period, sex)
    england = [reading.at(na, one.key, na.england.code, period, each) for each in (row["sex"], sex)]
    if theirs is None or england[0] is None or england[1] is None:
        return None
    scale = float(england[0]["value"]) / float(england[1]["value"])
    return {
        **theirs,
        **{name: float(theirs[name]) * scale for name in ("value", "lower", "upper")},
    }


def _sex(
    na: Assessment, one: RankedMeasure, row: Row, place: Place, beside: Row | None
) -> Iterator[Candidate]:
    settings = reading.rule(na)
    england = reading.at(na, one.key, na.england.code, str(row["period"]), str(row["sex"]))
    if england is None or not np.isfinite([row["lower"], row["upper"]]).all():
        return
    newest = reading.newest(na, one.key, na.area.code)
    if newest is not None and newest["period_end"] > row["period_end"]:
        return  # an older edition than that on all people
    names = ("value", "lower", "upper")
    numbers = [float(each[name]) for each in (row, england) for name in names]
    ratio, low, high, p = (float(each) for each in against_value(*numbers))
    events, a_year = compared.counted(one, row)
    worse = (ratio > 1) == (one.adverse > 0)
    apart = 1.0
    if beside is not None:
        pair = [float(each[name]) for each in (row, beside) for name in names]
        further, *_, chance = against_value(*pair)
        apart = float(chance) if (further > 1) == (ratio > 1) else 1.0
    reason = ""
    if p >= settings["gate.alpha"]:
        reason = "no difference beyond chance"
    elif not worse:
        reason = BETTER_OFF
    elif not apart < settings["gate.alpha"]:
        reason = "the same as for all people"
    unit = one.indicator.unit
    who = wording.SEXES[str(row["sex"])]
    that_is = wording.that_is(one.indicator.statistic == "directly_standardised_rate")
    rate = f"{wording.amount(numbers[0], unit)} {unit} a year"
    rate += wording.bracketed(numbers[1], numbers[2], unit)
    says = (
        f"{wording.people(events, one.finding.happened, str(row['sex']))} in {place.name} "
        f"{wording.during(str(row['period']))}. {that_is} {rate}, {wording.times(ratio)} the rate "
        f"of {who} in England ({wording.amount(numbers[3], unit)})."
    )
    found = compared.base(na, one, row) | {
        "part_code": place.code,
        "part": place.name,
    }
    yield Candidate(
        **found
        | {
            "kind": kinds.INSIDE,
            "good": not worse,
            "comparator": f"{who} in {na.england.name}",
            "comparator_value": numbers[3],
            "ratio": ratio,
            "ratio_lower": low,
            "ratio_upper": high,
            "p": p if p == p else NAN,
            "events": events,
            "people": a_year,
            "subgroup": True,
            "left_out": reason,
            "statement": says,
            "figures": (reading.id_of(row), reading.id_of(england)),
        }
    )
