"""Unmet treatment need, and the people that a target would bring into treatment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from needs.errors import ParameterError
from needs.stats import inputs
from needs.stats.inputs import Flags, Groups
from needs.stats.intervals import Floats, is_number


@dataclass(frozen=True)
class _Need:
    """Treated people and prevalence of each group.

    Each pair in `limits` holds the lower and upper limits of prevalence under one assumption about
    the members' errors.
    """

    groups: Groups
    treated: Floats
    prevalence: Floats
    limits: dict[str, tuple[Floats, Floats]]
    status: NDArray[np.object_]
    #: Whether treated people and prevalence of any member are of different ages or years.
    mismatched: Flags

    @property
    def members(self) -> NDArray[np.intp]:
        """Rows joined in each group."""
        return self.groups.sizes()


def unmet_need(
    data: pd.DataFrame,
    *,
    by: Sequence[str],
    treated: str,
    prevalence: str,
    prevalence_lower: str,
    prevalence_upper: str,
    rounding: float | None = None,
    multiplier: float = 100,
    matching: Sequence[tuple[str, str]] = (),
) -> pd.DataFrame:
    """Share of people with a dependence who are not in treatment.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per area and period. Several rows in a group are members of a footprint: their
        people are added up. Treated people and prevalence must be of the same year and ages.
    by : sequence of str
        Grouping columns, all kept.
    treated : str
        Column of people in treatment, 0 or more: an administrative count.
    prevalence, prevalence_lower, prevalence_upper : str
        Columns of the estimated people with the dependence and its 95% limits, with
        ``0 <= lower <= prevalence <= upper``. Limits may be missing (the result then has none).
        The result's limits are at the level of these and of no other, which is why there is no
        level to choose; their columns are named for the 95% that is published.
    rounding : float, optional
        Base to which `treated` is rounded: 5 where the publisher rounds to the nearest 5.
    multiplier : float
        100 gives per cent, 1 a share.
    matching : sequence of (str, str)
        Pairs of columns that say the same of treated people and of prevalence, such as their ages
        or years: ``[("treated_age", "prevalence_age")]``.

    Returns
    -------
    pandas.DataFrame
        One row per group: grouping columns, ``value``, ``lower95_0``, ``upper95_0``,
        ``total_count`` (treated), ``total_denominator`` (prevalence), ``statistic``, ``method``,
        ``status`` (shown; not applicable: prevalence is 0; unavailable: an input is missing) and

        - ``members``: rows joined;
        - ``lower95_0_independent``, ``upper95_0_independent``, ``lower95_0_dependent``,
          ``upper95_0_dependent``: limits if the members' errors are independent, and if they
          are fully dependent; equal for one member. ``lower95_0`` and ``upper95_0`` are the latter,
          never the narrower, because members' estimates come from one model;
        - ``limits_status``: shown; unavailable (a limit of prevalence is missing, and so are the
          result's); or not applicable (the lower limit of prevalence is 0, so that unmet need has
          no lower limit, and it is missing);
        - ``below_zero``: whether the value or a limit is below 0, which happens when more people
          are treated than (the lower limit of) prevalence. It is shown, not hidden;
        - ``marks``: "e" where a pair of `matching` columns differs, else empty;
        - with `rounding`: ``lower_rounding`` and ``upper_rounding``, between which the value lies
          whatever the rounding of the count hid, and ``lower95_0_rounding``,
          ``upper95_0_rounding``, the limits with that bound added; the same of the limits of
          independent errors: ``lower95_0_independent_rounding`` and
          ``upper95_0_independent_rounding``.

    Raises
    ------
    needs.errors.ParameterError
        For a rounding base or multiplier that is not above 0, and a grouping column that is named
        as one of the result, or named twice.
    needs.errors.InvalidDataError
        For limits that do not enclose the prevalence, negative, infinite or text input, repeated
        rows and missing groups; all at once.

    Notes
    -----
    ``U = 1 - T / P``. T is a count without sampling error, and U rises with P, so the limits are
    exactly ``1 - T / L`` and ``1 - T / U_P`` of the limits (L, U_P) of prevalence. For a footprint
    ``P = sum(p)``; fully dependent ``L = sum(l)``; independent ``L = P - sqrt(sum((p - l)^2))``,
    and likewise above. Definition: Office for Health Improvement and Disparities, Public Health
    Profiles, indicators 93532 and 93517 (proportion not in treatment).

    Examples
    --------
    >>> import pandas as pd
    >>> alcohol = pd.DataFrame({"area": ["A"], "treated": [1000], "people": [5000],
    ...                         "low": [4000], "high": [6250]})
    >>> need = unmet_need(alcohol, by=["area"], treated="treated", prevalence="people",
    ...                   prevalence_lower="low", prevalence_upper="high", rounding=5)
    >>> need[["value", "lower95_0", "upper95_0", "lower_rounding", "upper_rounding"]].round(2)
       value  lower95_0  upper95_0  lower_rounding  upper_rounding
    0   80.0       75.0       84.0           79.95           80.05
    """
    if rounding is not None and not (is_number(rounding) and 0 < rounding < np.inf):
        raise ParameterError(
            f"The rounding base {rounding} is not above 0.", "rounding", "Give 5, or None."
        )
    multiplier = inputs.unit(multiplier)
    need = _read(
        data,
        by,
        treated,
        prevalence,
        prevalence_lower,
        prevalence_upper,
        "unmet treatment need",
        matching,
    )

    groups, people, prevalent = need.groups, need.treated, need.prevalence
    shown = need.status == "shown"
    value = _unmet(people, prevalent, shown, multiplier)
    columns: dict[str, Floats] = {}
    for assumption, (low, high) in need.limits.items():
        columns[f"lower95_0_{assumption}"] = _unmet(people, low, shown, multiplier)
        columns[f"upper95_0_{assumption}"] = _unmet(people, high, shown, multiplier)
    lower, upper = columns["lower95_0_dependent"], columns["upper95_0_dependent"]
    if rounding is not None:
        bound = rounding / 2 * need.members
        fewest, most = np.maximum(people - bound, 0), people + bound
        columns["lower_rounding"] = _unmet(most, prevalent, shown, multiplier)
        columns["upper_rounding"] = _unmet(fewest, prevalent, shown, multiplier)
        for assumption, name in (("dependent", ""), ("independent", "_independent")):
            low, high = need.limits[assumption]
            columns[f"lower95_0{name}_rounding"] = _unmet(most, low, shown, multiplier)
            columns[f"upper95_0{name}_rounding"] = _unmet(fewest, high, shown, multiplier)
    return inputs.assemble(
        groups,
        value=value,
        lower95_0=lower,
        upper95_0=upper,
        total_count=people,
        total_denominator=prevalent,
        statistic="unmet need" + (", %" if multiplier == 100 else f" × {multiplier:,.10g}"),
        method=_method(need),
        status=need.status,
        members=need.members,
        **columns,
        limits_status=_limits_status(need, divided=True),
        below_zero=(value < 0) | (lower < 0) | (upper < 0),
        marks=np.where(need.mismatched, "e", "").astype(object),
    )


def places_to_reach(
    data: pd.DataFrame,
    *,
    by: Sequence[str],
    treated: str,
    prevalence: str,
    prevalence_lower: str,
    prevalence_upper: str,
    target: float,
) -> pd.DataFrame:
    """People to bring into treatment so that a target share of need is met.

    Parameters
    ----------
    data, by, treated, prevalence, prevalence_lower, prevalence_upper
        As for `unmet_need`; the limits are carried at the level of those of prevalence.
    target : float
        Share of people with the dependence who would be in treatment, from 0 to 1.

    Returns
    -------
    pandas.DataFrame
        One row per group, in people, nothing rounded: grouping columns, ``value``, ``lower95_0``,
        ``upper95_0``, ``total_count`` (treated), ``total_denominator`` (prevalence), ``statistic``,
        ``method``, ``status``, ``members``, the limits under both assumptions and
        ``limits_status`` (shown, or unavailable: a limit of prevalence is missing) as for
        `unmet_need`, and ``target``.

    Raises
    ------
    needs.errors.ParameterError
        When the target is not a share, and for a grouping column as for `unmet_need`.
    needs.errors.InvalidDataError
        As for `unmet_need`.

    Notes
    -----
    ``max(0, m P - T)`` for the target m, with the limits of P in its place for the limits: it
    follows from the definition of unmet need. Office for Health Improvement and Disparities. Public
    Health Profiles, indicators 93532 and 93517 (proportion not in treatment).

    Examples
    --------
    >>> import pandas as pd
    >>> alcohol = pd.DataFrame({"area": ["A"], "treated": [1000], "people": [5000],
    ...                         "low": [4000], "high": [6250]})
    >>> places_to_reach(alcohol, by=["area"], treated="treated", prevalence="people",
    ...                 prevalence_lower="low", prevalence_upper="high", target=0.25)[
    ...     ["value", "lower95_0", "upper95_0"]]
       value  lower95_0  upper95_0
    0  250.0        0.0      562.5
    """
    if not is_number(target) or not 0 <= target <= 1:
        raise ParameterError(
            f"The target {target} is not a share.", "target", "Give 0.4 for a target of 40%."
        )
    need = _read(
        data, by, treated, prevalence, prevalence_lower, prevalence_upper, "people to reach"
    )
    shown = need.status == "shown"

    def people(prevalent: Floats) -> Floats:
        return np.where(shown, np.maximum(0, target * prevalent - need.treated), np.nan)

    columns: dict[str, Floats] = {}
    for assumption, (low, high) in need.limits.items():
        columns[f"lower95_0_{assumption}"] = people(low)
        columns[f"upper95_0_{assumption}"] = people(high)
    return inputs.assemble(
        need.groups,
        value=people(need.prevalence),
        lower95_0=columns["lower95_0_dependent"],
        upper95_0=columns["upper95_0_dependent"],
        total_count=need.treated,
        total_denominator=need.prevalence,
        statistic=f"people to reach {100 * target:.10g}% met need",
        method=_method(need),
        status=need.status,
        members=need.members,
        **columns,
        limits_status=_limits_status(need, divided=False),
        target=target,
    )


def _read(
    data: pd.DataFrame,
    by: Sequence[str],
    treated: str,
    prevalence: str,
    lower: str,
    upper: str,
    statistic: str,
    matching: Sequence[tuple[str, str]] = (),
) -> _Need:
    pairs = [name for pair in matching for name in pair]
    check = inputs.begin(data, by, [treated, prevalence, lower, upper, *pairs], statistic)
    people = check.numbers(treated)
    prevalent = check.numbers(prevalence)
    low, high = check.numbers(lower), check.numbers(upper)
    check.refuse(
        (low > prevalent) | (high < prevalent) | (low > high),
        f"Columns '{lower}' and '{upper}' do not enclose column '{prevalence}'.",
        "Check which column holds which limit.",
    )
    groups = inputs.group(check)
    check.distinct(groups)
    check.finish()

    differ = np.zeros(len(data), dtype=np.bool_)
    for of_treated, of_prevalence in matching:
        same = data[of_treated].astype(object) == data[of_prevalence].astype(object)
        differ |= ~same.to_numpy(dtype=np.bool_)
    total, of = groups.total(people), groups.total(prevalent)
    below = np.sqrt(groups.total((prevalent - low) ** 2))
    above = np.sqrt(groups.total((high - prevalent) ** 2))
    dependent = groups.total(low), groups.total(high)
    # the root of a square is not always the number itself: one member has one pair of limits
    alone = groups.sizes() == 1
    independent = (
        np.where(alone, dependent[0], of - below),
        np.where(alone, dependent[1], of + above),
    )
    return _Need(
        groups=groups,
        treated=total,
        prevalence=of,
        limits={"independent": independent, "dependent": dependent},
        status=inputs.statuses(
            groups.number,
            not_applicable=of == 0,
            unavailable=np.isnan(total) | np.isnan(of),
        ),
        mismatched=groups.total(differ.astype(np.float64)) > 0,
    )


def _unmet(people: Floats, prevalent: Floats, shown: Flags, multiplier: float) -> Floats:
    """Unmet need, missing where nobody has the dependence."""
    possible = shown & (prevalent > 0)
    return np.where(possible, multiplier * (1 - people / np.where(possible, prevalent, 1)), np.nan)


def _limits_status(need: _Need, *, divided: bool) -> NDArray[np.object_]:
    """Why a value has, or has not, its limits; no limit can be divided by a prevalence of 0."""
    low, high = need.limits["dependent"]
    found = inputs.statuses(
        need.groups.number,
        not_applicable=np.full(len(low), divided) & (low == 0),
        unavailable=np.isnan(low) | np.isnan(high),
    )
    return np.where(need.status == "shown", found, need.status)


def _method(need: _Need) -> object:
    named = np.where(
        need.members == 1, "limits of prevalence", "limits of prevalence, members fully dependent"
    )
    return named.astype(object)
