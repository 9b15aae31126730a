"""A source's disclosure rule applied to its observations: hidden, or rounded and computed again.

See `needs.tables.disclosure` for which cells are hidden, and `needs.tables.adding_up` for the
totals that would give them away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from needs.catalogue import Disclosure, Indicator
from needs.errors import InvalidDataError
from needs.stats.inputs import Flags
from needs.stats.intervals import Floats, poisson
from needs.stats.proportions import proportion
from needs.stats.status import Status
from needs.tables.adding_up import SPAN, Parents, blocks_of_periods, derived, parents_of, sums_of
from needs.tables.disclosure import CLOSE, Line, is_small, protect, round_to_base
from needs.tables.local_checks import row_problems


def protect_observations(
    observations: pd.DataFrame,
    source: str,
    rule: Disclosure,
    areas: pd.DataFrame,
    indicators: Mapping[str, Indicator],
) -> pd.DataFrame:
    """Apply a source's disclosure rule to its observations.

    Parameters
    ----------
    observations : DataFrame
        See `needs.sources.schemas.OBSERVATIONS`; rows of other sources stay as they are.
    source : str
    rule : Disclosure
    areas : DataFrame
        Says which districts make an authority, and which authorities a region.
    indicators : mapping of key to Indicator
        Amounts of money are not counts and stay.

    Returns
    -------
    DataFrame
        The same rows. Small counts are suppressed with their values, and so are shares that few
        people are in, or out of. Sexes, ages, categories, areas, and years beside the sum of years
        are taken to add up to their totals. Counts are rounded, and rates and shares computed again
        from them.

    Raises
    ------
    InvalidDataError
        A rate or share has no count, so that nobody knows whether it is one of few people; or a
        small count cannot be hidden.
    """
    money = [key for key, one in indicators.items() if one.statistic == "amount"]
    if rule.by_publisher or not (rule.threshold or rule.rounding_base):
        return observations
    own = observations["source"].str.split(";").map(lambda keys: source in keys).astype("bool")
    own &= ~observations["indicator"].isin(money)
    if not own.any():
        return observations
    _refuse_uncounted(observations[own], rule, indicators)
    table = observations.copy()
    rows = observations[own]
    hidden = _hidden(rows, rule, parents_of(areas), indicators)
    columns = ["value", "lower", "upper", "count", "denominator", "status"]
    for key, of_key in rows.groupby("indicator", sort=False):
        done = _as_shown(of_key, hidden[of_key.index], indicators[str(key)], rule)
        table.loc[of_key.index, columns] = done[columns]
    return table


def _hidden(
    rows: pd.DataFrame, rule: Disclosure, parents: Parents, indicators: Mapping[str, Indicator]
) -> pd.Series[bool]:
    """Whether each row is hidden, because it is small or would give a small one away.

    A rate and the number that it is made from are one number: where one is hidden the other is.
    """
    made_from = {key: indicators[key].numerator or key for key in map(str, rows["indicator"])}
    hidden = pd.Series(False, index=rows.index)
    for key, same in rows.groupby(rows["indicator"].map(made_from), sort=False):
        whole = indicators[str(key)].age
        for block in blocks_of_periods(same):
            hidden[block.index] = _hidden_of_block(block, whole, rule, parents, indicators)
    return hidden


def _hidden_of_block(
    rows: pd.DataFrame,
    whole_age: str,
    rule: Disclosure,
    parents: Parents,
    indicators: Mapping[str, Indicator],
) -> Flags:
    whole = {key: indicators[key].age for key in map(str, rows["indicator"].unique())}
    of_whole = rows["age"] == rows["indicator"].map(whole)
    keys = ["area_code", *SPAN, "sex", "category", "age"]
    cells = rows[keys].assign(age=rows["age"].mask(of_whole, whole_age))
    number = cells.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    cells = cells.drop_duplicates(keys, ignore_index=True)
    given = np.zeros(len(cells), dtype=bool)
    given[number[(rows["status"] == Status.SUPPRESSED).to_numpy(dtype=bool)]] = True
    seen = [_in_cells(one, number) for one in _people_seen(rows, indicators)]
    small = given | np.logical_or.reduce([is_small(one, rule) for one in seen])
    if not rule.secondary:
        return np.asarray(small[number])
    systems = [_system(cells, one, small, whole_age, parents, rule.threshold) for one in seen]
    hidden = small
    # what is hidden for one kind of people can be found from another's totals
    while True:
        try:
            found = [one.protect(hidden, rule.threshold) for one in systems]
        except InvalidDataError as error:
            where = f"{rows['indicator'].iloc[0]}, {', '.join(sorted(rows['period'].unique()))}"
            fault = error.problem
            raise InvalidDataError(fault.what, where, fault.remedy) from None
        more = np.logical_or.reduce(found)
        if len(systems) == 1 or (more == hidden).all():
            return np.asarray(more[number])
        hidden = more


def _people_seen(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[Floats]:
    """Numbers of people that the rows tell: those counted, and for shares all and the others."""
    numbers = np.full(len(rows), np.nan)
    shares = np.zeros(len(rows), dtype=bool)
    for key in map(str, rows["indicator"].unique()):
        of_key = (rows["indicator"] == key).to_numpy(dtype=bool)
        numbers[of_key] = _counted(rows[of_key], indicators[key]).to_numpy(
            dtype=float, na_value=np.nan
        )
        shares |= of_key & (indicators[key].statistic == "proportion")
    if not shares.any():
        return [numbers]
    whole = rows["denominator"].to_numpy(dtype=float, na_value=np.nan)
    whole = np.where(shares, whole, np.nan)
    return [numbers, whole, whole - numbers]


def _in_cells(numbers: Floats, cell_of: NDArray[np.integer[Any]]) -> Floats:
    """The number of each cell: of rows that are the same cell the first that has one."""
    out = np.full(int(cell_of.max()) + 1, np.nan)
    for cell, number in zip(cell_of[::-1], numbers[::-1], strict=True):
        out[cell] = out[cell] if np.isnan(number) else number
    return out


@dataclass(frozen=True)
class _System:
    """Numbers of one kind of people, and which add up to which.

    The first `rows` of them stand in the table. The others are in no row and can be worked out all
    the same: a total without the parts that stand beside it, be they few or none.
    """

    counts: Floats
    small: Flags
    lines: tuple[Line, ...]
    rows: int

    def protect(self, hidden: Flags, threshold: int) -> Flags:
        """The rows that are hidden when those in `hidden` are."""
        unwritten = np.arange(len(self.counts)) >= self.rows
        also = unwritten.copy()
        also[: self.rows] = hidden
        done = protect(self.counts, self.small, self.lines, threshold, also, unwritten)
        return done[: self.rows]


def _system(
    cells: pd.DataFrame,
    counts: Floats,
    small: Flags,
    whole_age: str,
    parents: Parents,
    threshold: int,
) -> _System:
    known = ~np.isnan(counts) | small
    rows = len(counts)
    sums = list(sums_of(cells[known], counts, threshold, whole_age, parents))
    more, made = derived(cells[~np.isnan(counts)], counts, whole_age, parents)
    if made:
        counts = np.concatenate([counts, made])
        small = np.concatenate([small, (np.array(made) > 0) & (np.array(made) < threshold)])
        cells = pd.concat([cells[known], more])
        sums += sums_of(cells, counts, threshold, whole_age, parents)
    lines: list[Line] = []
    rests: list[float] = []
    for one in dict.fromkeys(sums):
        parts, total = one.parts, one.total
        rest = np.nan if total is None else counts[total] - counts[list(parts)].sum()
        if one.may_lack and (
            CLOSE < rest < threshold - CLOSE or (len(parts) == 1 and abs(rest) <= CLOSE)
        ):
            parts = (*parts, len(counts) + len(rests))
            rests.append(max(float(rest), 0.0))
        elif one.incomplete and not abs(rest) <= CLOSE:
            continue
        if len(parts) > 1:  # without a total it may be seen elsewhere
            lines.append(Line(parts, total))
    return _System(
        np.concatenate([counts, rests]),
        np.concatenate([small, np.array(rests) > 0]),
        tuple(dict.fromkeys(lines)),
        rows,
    )


def _counted(rows: pd.DataFrame, indicator: Indicator) -> pd.Series:
    """The count behind each row: its own, or what its value and denominator come to."""
    if indicator.statistic == "count":
        return rows["count"].fillna(rows["value"])
    if indicator.statistic in ("proportion", "crude_rate"):
        made = rows["value"] * rows["denominator"] / indicator.multiplier
        return rows["count"].fillna(made.round())
    return rows["count"]


def _refuse_uncounted(
    rows: pd.DataFrame, rule: Disclosure, indicators: Mapping[str, Indicator]
) -> None:
    """A rate or share of unknown numbers could be one of few people."""
    problems = []
    for key, group in rows.groupby("indicator", sort=False):
        if rule.threshold == 0 or indicators[str(key)].statistic == "unmet_need":
            continue
        lost = group[group["value"].notna() & _counted(group, indicators[str(key)]).isna()]
        problems += row_problems(
            lost,
            "indicator",
            "A value of '{}' has no count, so that the disclosure rule cannot be applied to it.",
            "Give its count, and the denominator.",
        )
    if problems:
        raise InvalidDataError(
            "Small numbers cannot be told from others.",
            "disclosure",
            "Give the counts.",
            problems=problems,
        )


def _as_shown(
    rows: pd.DataFrame, hidden: pd.Series[bool], indicator: Indicator, rule: Disclosure
) -> pd.DataFrame:
    """Rows of an indicator as the rule leaves them: hidden, or rounded and computed again."""
    counting = indicator.statistic == "count"
    share = indicator.statistic == "proportion"
    numbers = _counted(rows, indicator).to_numpy(dtype=float, na_value=np.nan)
    whole = rows["denominator"].to_numpy(dtype=float, na_value=np.nan)
    gone = hidden.to_numpy(dtype=bool)
    rounded = np.where(gone, np.nan, round_to_base(numbers, rule.rounding_base))
    shown = ~gone & (rows["status"] == Status.SHOWN).to_numpy(dtype=bool)
    vanished = shown & (numbers > 0) & (rounded == 0)
    out = rows.assign(count=pd.Series(rounded, rows.index).where(rows["count"].notna() & ~vanished))
    out.loc[gone | vanished, ["value", "lower", "upper"]] = np.nan
    out.loc[gone, "status"] = Status.SUPPRESSED.value
    out.loc[vanished, "status"] = Status.ROUNDS_TO_ZERO.value
    open_ = shown & ~vanished & ~np.isnan(rounded)
    if counting and rule.rounding_base:
        for column in ("value", "lower", "upper"):
            ends = out[column].to_numpy(dtype=float, na_value=np.nan)
            out[column] = np.where(open_, round_to_base(ends, rule.rounding_base), ends)
    elif share:
        people = round_to_base(whole, rule.rounding_base)
        out["denominator"] = np.where(gone | vanished, np.nan, people)
        again = open_ & (people > 0)
        frame = pd.DataFrame({"row": np.arange(len(rows)), "n": people})
        frame = frame.assign(x=np.minimum(rounded, people))[again]
        made = proportion(
            frame, by=["row"], count="x", denominator="n", multiplier=indicator.multiplier
        )
        out.loc[again, ["value", "lower", "upper"]] = made[
            ["value", "lower95_0", "upper95_0"]
        ].to_numpy()
    elif rule.rounding_base:
        out.loc[open_] = _again(out[open_], numbers[open_], rounded[open_], indicator)
    return out


def _again(
    rows: pd.DataFrame, exact: Floats, rounded: Floats, indicator: Indicator
) -> pd.DataFrame:
    """Rates of rounded counts: neither a rate nor its interval gives back the exact count.

    The interval keeps what does not depend on the count: for a standardised rate how unlike the
    weights are. What cannot be computed from published numbers is rounded as it is printed.
    """
    value = rows["value"].to_numpy(dtype=float, na_value=np.nan)
    limits = rows[["lower", "upper"]].to_numpy(dtype=float, na_value=np.nan)
    whole = rows["denominator"].to_numpy(dtype=float, na_value=np.nan)
    each = np.divide(value, exact, out=np.zeros(len(rows)), where=exact > 0)
    ends = np.column_stack(poisson(rounded))
    if indicator.statistic == "unmet_need":
        limits += (rate := (exact - rounded) / whole * indicator.multiplier)[:, None]
        rate = value + rate
    elif indicator.statistic == "directly_standardised_rate":
        old = np.column_stack(poisson(exact)) - exact[:, None]
        spread = (limits - value[:, None]) / np.where(old == 0, np.nan, old)
        rate = each * rounded
        limits = rate[:, None] + spread * (ends - rounded[:, None])
    else:
        if indicator.statistic == "crude_rate":
            known = indicator.multiplier / np.where(whole > 0, whole, np.nan)
            each = np.where(np.isnan(known), each, known)
        rate = each * rounded
        limits = np.where(np.isnan(limits), np.nan, each[:, None] * ends)
    decimals = indicator.decimals
    return rows.assign(
        value=np.round(rate, decimals),
        lower=np.round(limits[:, 0], decimals),
        upper=np.round(limits[:, 1], decimals),
    )
