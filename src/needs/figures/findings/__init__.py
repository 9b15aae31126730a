"""What matters in an area, ranked by an open rule: `ranked` for a report, `scored` for its annex.

Candidates come from every indicator that declares ``finding`` in the catalogue; gates leave out
what may not be said; a score orders the rest; seats make the list. The rule's weights stand in
``findings.yaml``, each with its reason, and docs/methods.md tells the whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from needs.catalogue.ranking import Guidance
from needs.figures import parts_read
from needs.figures.assessment import Assessment
from needs.figures.findings import candidate as kinds
from needs.figures.findings import (
    changed,
    compared,
    parts,
    reading,
    score,
    seats,
    shares,
    sized,
    warned,
    wording,
)
from needs.figures.findings.candidate import Candidate, as_frame

__all__ = ["COLUMNS", "Finding", "on_indicators", "ranked", "scored", "set_aside"]

#: Columns of `scored`, in their order.
COLUMNS = (
    *("rank", "kind", "indicator", "domain", "good", "part_code", "part", "sex", "age", "period"),
    *("value", "lower", "upper", "unit", "comparator", "comparator_value"),
    *("ratio", "ratio_lower", "ratio_upper", "p", "q", "people", "events"),
    *("harm", *score.PARTS, "S", "adjusted", "left_out"),
    *("sure", "statement", "question", "guidance", "figures"),
)


@dataclass(frozen=True)
class Finding:
    """One finding of a report: what is said, how sure it is, whom it concerns, what it asks.

    Attributes
    ----------
    rank : int
        Its place in the list, from 1.
    kind : str
        Such as "worse than England", "record high", "unmet need size", "good news".
    indicator, domain : str
        Key of the indicator, and what it is about.
    part_code, part : str
        The area, or the district or member that stands out.
    sex, age, period : str
    value, lower, upper : float or None
        With 95% limits.
    unit : str
    comparator : str
    comparator_value : float or None
    p, q : float or None
        Chance of a difference as large, and that allowing for the comparisons of the report.
    people : float or None
        People or events a year.
    sure : str
        How sure it is, in words.
    statement : str
        Plain sentences with the numbers.
    question : str
        What it asks of the partnership.
    guidance : tuple of Guidance
        National guidance of the reporting year or before.
    figures : tuple of str
        Ids of the figures that it rests on.
    score : float
    """

    rank: int
    kind: str
    indicator: str
    domain: str
    part_code: str
    part: str
    sex: str
    age: str
    period: str
    value: float | None
    lower: float | None
    upper: float | None
    unit: str
    comparator: str
    comparator_value: float | None
    p: float | None
    q: float | None
    people: float | None
    sure: str
    statement: str
    question: str
    guidance: tuple[Guidance, ...]
    figures: tuple[str, ...]
    score: float


def ranked(na: Assessment) -> tuple[Finding, ...]:
    """The findings of a report, the first first.

    Parameters
    ----------
    na : Assessment

    Returns
    -------
    tuple of Finding
        About six, and one more of good news where there is some.
    """
    table = na.once(scored)
    table = table[table["rank"].notna()].sort_values("rank")
    rows: list[Any] = table.to_dict("records")
    return tuple(_finding(row) for row in rows)


def scored(na: Assessment) -> pd.DataFrame:
    """Everything that was considered, with every part of its score and why it is not said.

    Parameters
    ----------
    na : Assessment

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; the findings first in their order, then the others by score.
    """
    weights = reading.rule(na)
    listed = as_frame(_candidates(na))
    table = score.score_candidates(listed, weights, na.year)
    part_of = {
        one.key: one.finding.part_of
        for one in reading.measures(na)
        if one.finding.part_of and one.indicator.statistic != "count"
    }
    need_of = {
        one.indicator.numerator: one.key
        for one in reading.measures(na)
        if one.indicator.statistic == "unmet_need" and one.indicator.numerator
    }
    table["left_out"] = seats.opposed(table)
    table["left_out"] = seats.with_the_need(table, need_of)
    table["left_out"] = seats.paired(table, part_of, weights["seats.tie"])
    table = seats.seated(score.weighed(table, weights), weights)
    praised = table["good"] & table["rank"].notna()
    table["kind"] = table["kind"].where(~praised, kinds.GOOD)
    table["sure"] = [_sure(row) for row in table.to_dict("records")]
    asked = {one.key: one.finding for one in reading.measures(na)}
    table["question"] = [
        {**asked[key].asks}.get(kind, asked[key].question)
        for key, kind in zip(table["indicator"], table["kind"], strict=True)
    ]
    named = [
        tuple(each for each in asked[key].guidance if each.year <= na.year)
        for key in table["indicator"]
    ]
    table["guidance"] = pd.Series(named, index=table.index, dtype=object)
    table = table.sort_values(["rank", "S"], ascending=[True, False], kind="stable")
    return table[list(COLUMNS)].reset_index(drop=True)


def set_aside(na: Assessment, key: str) -> str:
    """Why an indicator is not to be compared by itself, in sentences; mostly nothing.

    Parameters
    ----------
    na : Assessment
    key : str
        Of a part of deaths, such as drug misuse within drug poisoning, whose share of the whole
        moved too far or is far from England's: a comparison would tell of how deaths are named. Or
        of a share of records that names hardly any: it would tell of how they are kept.
    """
    with parts_read.only(("findings", key)):
        return na.once(_set_aside).get(key, "")


def on_indicators(na: Assessment, keys: Collection[str]) -> list[Finding]:
    """The findings of a report on some indicators, the first first.

    Parameters
    ----------
    na : Assessment
    keys : collection of str
    """
    with parts_read.only(*(("findings", key) for key in keys)):
        return [one for one in na.once(ranked) if one.indicator in keys]


def _set_aside(na: Assessment) -> dict[str, str]:
    """What `set_aside` says of each indicator of which it says something."""
    table = na.once(scored)
    left_out = set(table.loc[table["left_out"] == warned.SET_ASIDE, "indicator"])
    said = table[(table["kind"] == kinds.WARNING) & (table["domain"] == "recording")]
    said = said.drop_duplicates("indicator")
    return {
        str(key): str(text)
        for key, text in zip(said["indicator"], said["statement"], strict=True)
        if key in left_out or na.indicator(str(key)).statistic == "proportion"
    }


def _candidates(na: Assessment) -> list[Candidate]:
    found: list[Candidate] = []
    for one in reading.measures(na):
        over = changed.with_records(list(changed.candidates(na, one)))
        found += changed.with_gaps(list(compared.candidates(na, one)), over)
        found += sized.candidates(na, one)
        found += shares.candidates(na, one)
        found += parts.candidates(na, one)
        found += warned.candidates(na, one)
        later = warned.since(na, one)
        found += [later] if later is not None else []
    found = warned.led_by_the_whole(found)
    found += warned.editions(na, found)
    return [*found, *_nothing(na, found)]


def _nothing(na: Assessment, found: list[Candidate]) -> list[Candidate]:
    """What is said where nothing differs: the gravest measure that could be compared."""
    similar = [
        one for one in found if one.kind == kinds.SIMILAR and one.comparator == na.england.name
    ]
    if not similar:
        return []
    weights = reading.rule(na)
    gravest = max(similar, key=lambda one: (weights[f"harm.{one.harm}"], np.nan_to_num(one.events)))
    return [replace(gravest, kind=kinds.NOTHING, good=False, p=kinds.NAN, left_out="", warning="")]


def _sure(row: Mapping[Any, Any]) -> str:
    """How sure a candidate is, in words."""
    return wording.sure(
        row["p"],
        row["q"],
        tested=row["tested"],
        warning=bool(row["warning"]),
        extreme=row["extreme"],
        estimate=row["kind"] == kinds.UNMET,
        good=row["good"],
    )


def _finding(row: Mapping[str, Any]) -> Finding:
    names = [one for one in Finding.__dataclass_fields__ if one not in ("rank", "score")]
    found = {name: _number(row[name]) for name in names}
    rank, points = int(float(str(row["rank"]))), float(str(row["adjusted"]))
    return Finding(rank=rank, score=points, **found)  # type: ignore[arg-type]


def _number(entry: object) -> object:
    return None if isinstance(entry, float) and not np.isfinite(entry) else entry
