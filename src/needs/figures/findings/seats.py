"""Which of the scored candidates are said, and in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from needs.figures.findings import candidate as kinds

#: Kinds that keep a seat for their best, whatever the others score.
KEPT = (kinds.INSIDE, kinds.UNMET, kinds.WARNING)

#: Gaps to other comparators than England, each with the gap that it stands for.
_GAPS = {kinds.WORSE_HERE: kinds.WORSE, kinds.BETTER_HERE: kinds.BETTER}

#: Among the furthest of many areas, and no test tells it from England.
_UNSURE = (kinds.HIGH_AMONG, kinds.LOW_AMONG)

PAIRED = "said with {}"
NO_SEAT = "others came first"
OPPOSED = "a change that a newer figure turned round"


def paired(table: pd.DataFrame, part_of: Mapping[str, str], tie: float) -> pd.Series:
    """Why each candidate is left out: of a part and its whole only one says the same thing.

    The part leads, as the national measure, unless the whole scores higher by more than a tie, or
    the whole alone is told against England.

    Parameters
    ----------
    table : DataFrame
        Scored candidates.
    part_of : mapping of str to str
        Indicators that count a part of what another counts.
    tie : float

    Returns
    -------
    Series
        ``left_out``, completed.
    """
    left = table["left_out"].astype(object).copy()
    said = table[left.eq("") & table["warning"].eq("")]
    level = said["good"].map({True: kinds.BETTER, False: kinds.WORSE})
    told = said["kind"].replace(_GAPS)
    said = said.assign(told=told.where(~said["kind"].isin(_UNSURE), level))
    same = ["told", "part_code", "sex", "good"]
    for part, whole in part_of.items():
        ours, theirs = said[said["indicator"] == part], said[said["indicator"] == whole]
        both = (
            ours[same]
            .assign(at=ours.index)
            .merge(theirs[same].assign(whole_at=theirs.index), on=same)
        )
        for at, whole_at in zip(both["at"], both["whole_at"], strict=True):
            leads = table.loc[whole_at, "S"] <= table.loc[at, "S"] + tie
            if (table.loc[at, "kind"] in _GAPS) != (table.loc[whole_at, "kind"] in _GAPS):
                leads = table.loc[at, "kind"] not in _GAPS
            led, by = (whole_at, part) if leads else (at, whole)
            left[led] = PAIRED.format(by)
    return left


def opposed(table: pd.DataFrame) -> pd.Series:
    """Why each is left out: a change that ended earlier is not said against a newer figure."""
    left = table["left_out"].astype(object).copy()
    moves = (table["is_change"] | table["record"]) & left.eq("")
    up = table["kind"].isin([kinds.RISING, kinds.HIGH])
    for at in table.index[moves]:
        one = table.loc[at]
        # numbers in treatment speak of one system, whichever group they count
        same = table["domain"].eq(one["domain"]) | (table["process"] & one["process"])
        newer = moves & same & (table["ended"] > one["ended"] + pd.DateOffset(years=1))
        if (up[newer] != up[at]).any():
            left[at] = OPPOSED
    return left


def with_the_need(table: pd.DataFrame, need_of: Mapping[str, str]) -> pd.Series:
    """Why each is left out: an old fall in numbers treated is told with the size of the need.

    Parameters
    ----------
    table : DataFrame
        Scored candidates.
    need_of : mapping of str to str
        Indicators of people treated, and the unmet need that is made from each.
    """
    left = table["left_out"].astype(object).copy()
    sized = set(table.loc[left.eq("") & table["kind"].eq(kinds.UNMET), "indicator"])
    old = table["is_change"] & table["stale"] & ~table["good"] & left.eq("")
    for at in table.index[old]:
        need = need_of.get(table.loc[at, "indicator"], "")
        if need in sized:
            left[at] = PAIRED.format(need)
    return left


def seated(table: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """Choose and order the findings.

    Parameters
    ----------
    table : DataFrame
        Scored candidates, those that are not said with the reason in ``left_out``.
    weights : mapping of str to float

    Returns
    -------
    DataFrame
        With ``rank`` (missing where not chosen) and ``adjusted``: the score with which it was.
    """
    found = table.assign(rank=np.nan, adjusted=np.nan)
    open_ = found["left_out"].eq("")
    free = found[open_ & ~found["good"] & found["kind"].ne(kinds.NOTHING)]
    chosen = _chosen(free, weights)
    # the size of a need is no verdict, so that good news of the same matter may stand beside it
    # nor is a part that stands out one of the whole
    judged = [at for at in chosen if free.loc[at, "kind"] not in (kinds.UNMET, kinds.INSIDE)]
    domains = {str(free.loc[at, "domain"]) for at in judged}
    good = found[open_ & found["good"] & (found["p"] < weights["gate.alpha"])]
    good = good[~good["domain"].isin(domains) & ~good["subgroup"]]
    # praise must hold against England
    good = good[~good["kind"].isin([kinds.BETTER_HERE, *_UNSURE])]
    order = _ordered(found, chosen, weights)
    if len(good):
        best = good.sort_values(["S", "people"], ascending=False).index[0]
        chosen[best] = float(good.loc[best, "S"])
        # what is old never opens a report where anything fresh may
        opens = bool(order) and found.loc[order[0], "stale"] and not found.loc[best, "stale"]
        order.insert(0 if opens else len(order), best)
    # nor does a warning or a quoted figure stand behind it
    fresh = [at for at in order if not found.loc[at, "stale"]]
    if fresh and found.loc[order[0], "stale"]:
        order = [fresh[0], *(at for at in order if at != fresh[0])]
    if not order:
        order = list(found.index[open_ & found["kind"].eq(kinds.NOTHING)][:1])
        chosen = dict.fromkeys(order, 0.0)
    for place, at in enumerate(order, start=1):
        found.loc[at, ["rank", "adjusted"]] = [place, chosen[at]]
    found["left_out"] = found["left_out"].mask(open_ & found["rank"].isna(), NO_SEAT)
    return found


def _chosen(free: pd.DataFrame, w: Mapping[str, float]) -> dict[Any, float]:
    """Take the best again and again, a second of its domain for less, with seats kept."""
    rows: dict[Any, Any] = dict(zip(free.index, free.to_dict("records"), strict=True))
    chosen: dict[Any, float] = {}
    domains: Counter[str] = Counter()
    wanted = {kind for kind in KEPT if (free["kind"] == kind).any()}
    while rows and len(chosen) < w["seats.findings"]:
        left = w["seats.findings"] - len(chosen)
        allowed = {
            at: row for at, row in rows.items() if left > len(wanted) or row["kind"] in wanted
        }
        worth = {at: row["S"] + _again(domains[row["domain"]], w) for at, row in allowed.items()}
        best = max(
            worth,
            key=lambda at: (worth[at], allowed[at]["H"], _people(allowed[at]), -_place(free, at)),
        )
        parents = [at for at, one in allowed.items() if _parent(one, rows[best], w)]
        if parents and not any(_parent(free.loc[at], rows[best], w) for at in chosen):
            best = max(parents, key=lambda at: worth[at])
        row = rows.pop(best)
        if worth[best] < w["seats.least"] and chosen and row["kind"] not in wanted:
            continue
        chosen[best] = float(worth[best])
        domains[row["domain"]] += 1
        wanted.discard(row["kind"])
        inside = [at for at in chosen if free.loc[at, "kind"] == kinds.INSIDE]
        told = Counter(str(free.loc[at, "domain"]) for at in inside)
        full = {domain for domain, times in told.items() if times >= w["seats.parts"]}
        rows = {
            at: one
            for at, one in rows.items()
            if one["kind"] != kinds.INSIDE or one["domain"] not in full
        }
    return chosen


def _shown(row: Mapping[str, Any], w: Mapping[str, float]) -> bool:
    """Whether it is beyond chance, or could not be tested."""
    return bool(row["p"] < w["gate.alpha"] or not row["tested"] or row["extreme"])


def _parent(row: Mapping[str, Any], of: Mapping[str, Any], w: Mapping[str, float]) -> bool:
    """Whether one tells of all people what another tells of some."""
    whole = not row["subgroup"] and bool(of["subgroup"]) and not row["warning"]
    return whole and row["domain"] == of["domain"] and _shown(row, w)


def _again(times: int, w: Mapping[str, float]) -> float:
    if not times:
        return 0.0
    return w["seats.second_of_domain"] if times == 1 else w["seats.later_of_domain"]


def _people(row: Mapping[str, Any]) -> float:
    return float(np.nan_to_num(row["people"]))


def _place(table: pd.DataFrame, at: Any) -> int:
    return int(table.index.get_loc(at))  # type: ignore[arg-type]


def _ordered(table: pd.DataFrame, chosen: Mapping[Any, float], w: Mapping[str, float]) -> list[Any]:
    """By score; within a tie more people first; nothing stale, quoted or partial leads."""
    rest = {at: table.loc[at].to_dict() for at in chosen}
    order: list[Any] = []
    while rest:
        able = {
            at: row for at, row in rest.items() if not _waits(row, rest, w, leads=not order)
        } or rest
        top = max(chosen[at] for at in able)
        near = [at for at in able if chosen[at] >= top - w["seats.tie"]]
        best = max(near, key=lambda at: (_people(able[at]), chosen[at], -_place(table, at)))
        order.append(best)
        del rest[best]
    return order


def _waits(
    row: Mapping[str, Any],
    rest: Mapping[Any, Mapping[str, Any]],
    w: Mapping[str, float],
    *,
    leads: bool,
) -> bool:
    """Whether another must stand before it."""
    others = [one for one in rest.values() if one is not row]
    if any(_parent(one, row, w) for one in others):
        return True
    return leads and not _may_lead(row, w) and any(_may_lead(one, w) for one in others)


def _may_lead(row: Mapping[str, Any], w: Mapping[str, float]) -> bool:
    """Neither old, nor quoted from a document, nor a warning, nor a record that chance may give."""
    chance = bool(row["record"]) and not _shown(row, w)
    return not (row["stale"] or row["printed"] or row["warning"] or chance)
