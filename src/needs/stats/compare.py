"""Comparison of the rows of a frame: by interval, by polarity and by funnel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import pdtrik

from needs.errors import ParameterError
from needs.stats import inputs
from needs.stats.inputs import Check, Groups
from needs.stats.intervals import Floats, is_number, z_value
from needs.stats.rates import LEAST_EVENTS
from needs.stats.sides import JUDGEMENTS, NOT_COMPARED, Polarity, mover, side_of

FunnelKind = Literal["rate", "ratio", "proportion"]

WITHIN = "within limits"

#: Above this overdispersion a funnel's limits are widened for it.
WIDENED_ABOVE = 2.0

#: Share of areas at either end of a funnel that do not count in its overdispersion.
WINSORISED = 0.1


def against_reference(
    data: pd.DataFrame,
    *,
    lower: str,
    upper: str,
    reference: float | str,
    polarity: Polarity = "none",
) -> pd.DataFrame:
    """Say of each row whether its interval lies below or above a reference value.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per area, with its 95% interval.
    lower, upper : str
        Columns of the limits, in the unit of the reference. A missing limit: not compared.
    reference : float or str
        England's value, or the column that holds it (for rows of several indicators).
    polarity : {"higher is better", "lower is better", "none"}
        Which way the indicator is good; without one the labels are not judged.

    Returns
    -------
    pandas.DataFrame
        The rows of `data` in their order, and ``comparison``: "lower", "similar", "higher" or
        "not compared"; ``judgement``: "better" or "worse" in place of lower and higher where the
        indicator has a polarity; and ``comparison_status``: shown, or unavailable (a limit or the
        reference is missing).

    Raises
    ------
    needs.errors.ParameterError
        For an unknown polarity, a reference that is not a finite number, and a column of `data`
        that is named as one that is added.
    needs.errors.InvalidDataError
        For a lower limit above its upper limit, infinite or text input; all at once.

    Notes
    -----
    By `side_of`, as in Public Health Profiles.

    Examples
    --------
    >>> import pandas as pd
    >>> rates = pd.DataFrame({"low": [3.3, 5.1, 2.0, None], "high": [5.3, 6.0, 5.0, None]})
    >>> against_reference(rates, lower="low", upper="high", reference=5.0,
    ...                   polarity="lower is better")
       low  high    comparison     judgement comparison_status
    0  3.3   5.3       similar       similar             shown
    1  5.1   6.0        higher         worse             shown
    2  2.0   5.0       similar       similar             shown
    3  NaN   NaN  not compared  not compared       unavailable
    """
    columns = [lower, upper, *([reference] if isinstance(reference, str) else [])]
    check = inputs.begin(data, [], columns, "comparison")
    low = check.numbers(lower, minimum=None)
    high = check.numbers(upper, minimum=None)
    level = _reference(check, reference, minimum=None)
    check.refuse(
        low > high,
        f"Column '{lower}' is above column '{upper}'.",
        "Check which column holds which limit.",
    )
    check.finish()

    comparison = pd.Series(side_of(low, high, level), index=data.index, dtype="str")
    return inputs.extend(
        data,
        comparison=comparison,
        judgement=judgements(comparison, polarity),
        comparison_status=inputs.statuses(
            len(data), unavailable=(comparison == NOT_COMPARED).to_numpy()
        ),
    )


def difference(
    data: pd.DataFrame,
    *,
    value: str,
    lower: str,
    upper: str,
    other: str,
    other_lower: str,
    other_upper: str,
) -> pd.DataFrame:
    """Differences of independent figures, with limits made from the figures' own limits.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per pair of figures, in one unit: males and females, a first and a last period.
    value, lower, upper : str
        Columns of one figure and its limits at any one level of confidence. A missing value or
        limit: not compared.
    other, other_lower, other_upper : str
        The same of the figure that is taken away; limits at the same level.

    Returns
    -------
    pandas.DataFrame
        The rows of `data` in their order, and ``difference``, ``difference_lower``,
        ``difference_upper`` in the figures' unit, at the figures' level of confidence; and
        ``comparison``: "higher" or "lower" where the limits leave out 0, "similar", or
        "not compared"; and ``comparison_status``: shown, or unavailable (a value or limit is
        missing).

    Raises
    ------
    needs.errors.ParameterError
        For a column of `data` that is named as one that is added.
    needs.errors.InvalidDataError
        For a value outside its limits, infinite or text input; all at once.

    Notes
    -----
    By `mover`. Zou GY, Donner A. Statistics in Medicine 2008; 27: 1693-1702.

    Examples
    --------
    >>> import pandas as pd
    >>> rates = pd.DataFrame({"a": [4.8], "al": [3.8], "au": [6.0],
    ...                       "b": [3.0], "bl": [2.2], "bu": [4.0]})
    >>> difference(rates, value="a", lower="al", upper="au", other="b", other_lower="bl",
    ...            other_upper="bu").iloc[:, 6:].round(2)
       difference  difference_lower  difference_upper comparison comparison_status
    0         1.8              0.39              3.24     higher             shown
    """
    check = inputs.begin(
        data, [], [value, lower, upper, other, other_lower, other_upper], "difference"
    )
    a, a_low, a_high, b, b_low, b_high = (
        check.numbers(column, minimum=None)
        for column in (value, lower, upper, other, other_lower, other_upper)
    )
    check.enclosed(value, lower, upper, (a, a_low, a_high))
    check.enclosed(other, other_lower, other_upper, (b, b_low, b_high))
    check.finish()
    between, least, most = mover((a, a_low, a_high), (b, b_low, b_high))
    label = side_of(least, most, 0.0)
    return inputs.extend(
        data,
        difference=between,
        difference_lower=least,
        difference_upper=most,
        comparison=pd.Series(label, index=data.index, dtype="str"),
        comparison_status=inputs.statuses(len(data), unavailable=label == NOT_COMPARED),
    )


def judgements(labels: pd.Series, polarity: Polarity) -> pd.Series:
    """Turn labels of a comparison or a trend into better and worse by the indicator's polarity.

    Parameters
    ----------
    labels : pandas.Series
        "lower", "higher", "increasing", "decreasing"; other labels keep their words.
    polarity : {"higher is better", "lower is better", "none"}
        Without a polarity every label keeps its words.

    Returns
    -------
    pandas.Series
        Texts, in the order and with the index of `labels`; categories become texts. A missing label
        stays missing.

    Raises
    ------
    needs.errors.ParameterError
        For an unknown polarity.

    Notes
    -----
    Higher is better where that is the indicator's polarity, else worse, and likewise lower,
    increasing and decreasing. Office for Health Improvement and Disparities. Public Health
    Profiles, technical guidance: polarity of indicators.

    Examples
    --------
    >>> import pandas as pd
    >>> judgements(pd.Series(["increasing", "similar"]), "lower is better").tolist()
    ['getting worse', 'similar']
    """
    if polarity not in JUDGEMENTS:
        raise ParameterError(
            f"Unknown polarity '{polarity}'.", "polarity", f"Use one of {', '.join(JUDGEMENTS)}."
        )
    return labels.astype("str").replace(JUDGEMENTS[polarity])


def funnel_limits(
    data: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    area: str | None = None,
    denominator: str,
    reference: float | str,
    kind: FunnelKind = "rate",
    confidence: Sequence[float] = (0.95, 0.998),
    multiplier: float | None = None,
    dispersion: float = 1.0,
) -> pd.DataFrame:
    """Control limits round a reference: where areas lie that differ from it by chance alone.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per area, or one row per point of the curve to draw.
    by : sequence of str
        Columns of the groups that have a funnel each (indicators, years); empty for one funnel.
        Each group has one reference.
    area : str, optional
        Column of the area's code, each once in a group.
    denominator : str
        Column above 0: person-years of a rate, expected events of a ratio, people of a proportion.
    reference : float or str
        The centre line in the unit of `multiplier`, or the column that holds it.
    kind : {"rate", "ratio", "proportion"}
        What is drawn: events per person-year, observed over expected events, or a share of people.
    confidence : sequence of float
        Levels as shares: 0.95 and 0.998 are two and three standard deviations.
    multiplier : float, optional
        Unit: 100,000 for a rate and 100 for a ratio or proportion unless given.

    dispersion : float
        How many times the areas vary as chance alone makes them, see `overdispersion`: the limits
        are widened for it. 1 leaves them as they are, and so does less.

    Returns
    -------
    pandas.DataFrame
        The rows of `data` in their order, with ``funnel_lower95_0``, ``funnel_upper95_0`` and so
        on, in the unit of the reference; ``funnel_statistic`` and ``funnel_method`` in words; and
        ``funnel_status``: shown, or unavailable (the denominator or reference is missing, and so
        are the limits).

    Raises
    ------
    needs.errors.ParameterError
        For an unknown kind, a multiplier or level out of range, a negative or infinite reference,
        and a column of `data` that is named as one that is added.
    needs.errors.InvalidDataError
        For a denominator not above 0, a negative reference, several references in a group, a
        proportion above the whole, infinite or text input, repeated rows, an area twice in a group
        and missing groups; all at once.

    Notes
    -----
    Rates and ratios: the counts whose exact Poisson limits just reach the expected events E, over
    E, times the reference. Proportions: ``P -/+ z sqrt(P (1 - P) / n)``, clipped to the whole.
    Spiegelhalter DJ. Funnel plots for comparing institutional performance. Statistics in Medicine
    2005; 24: 1185-1202. Widened: ``(sqrt(reference) -/+ z sqrt(dispersion) / (2 sqrt(n)))^2``,
    where the root makes the variance of counts alike; proportions ``z sqrt(dispersion)``.

    Examples
    --------
    >>> import pandas as pd
    >>> areas = pd.DataFrame({"people": [100_000, 1_000_000]})
    >>> funnel_limits(areas, denominator="people", reference=10, confidence=(0.95,)).round(2)[
    ...     ["people", "funnel_lower95_0", "funnel_upper95_0", "funnel_status"]]
        people  funnel_lower95_0  funnel_upper95_0 funnel_status
    0   100000              3.83             17.13         shown
    1  1000000              8.04             12.06         shown
    """
    unit = _unit(kind, multiplier)
    levels = inputs.levels(confidence)
    check, groups = _begin_funnel(data, by, area, [denominator], reference)
    whole = check.numbers(denominator, above=0.0)
    level = _centre(check, groups, reference, kind, unit)
    check.finish()
    limits = _funnel(kind, whole, level / unit, levels, dispersion)
    return inputs.extend(
        data,
        **_named(limits, unit),
        **_described(kind, unit),
        funnel_status=inputs.statuses(len(data), unavailable=np.isnan(whole) | np.isnan(level)),
    )


def funnel_outliers(
    data: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    area: str | None = None,
    count: str,
    denominator: str | None = None,
    value: str | None = None,
    reference: float | str | None = None,
    kind: FunnelKind = "rate",
    confidence: Sequence[float] = (0.95, 0.998),
    multiplier: float | None = None,
    dispersion: float = 1.0,
) -> pd.DataFrame:
    """Say which areas lie outside the control limits of a funnel.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per area (and group of `by`).
    by : sequence of str
        Columns of the groups that have a funnel each (indicators, years): the reference of each is
        its own areas'. Empty for one funnel of all rows.
    area : str, optional
        Column of the area's code, each once in a group.
    count : str
        Column of events, or of people with the attribute.
    denominator : str, optional
        As for `funnel_limits`; not with `value`.
    value : str, optional
        Column of a standardised rate in the unit of `multiplier`, instead of the denominator: an
        area is then compared as if its events came from the population ``count / value``. Areas
        with fewer than 10 events, or with events but a rate of 0, are not compared.
    reference : float or str, optional
        The centre line in the unit of `multiplier`, or its column, one for each group. Left out:
        all counts of the group over all its denominators; for a ratio, the expected events
        themselves.
    kind : {"rate", "ratio", "proportion"}
        As for `funnel_limits`.
    confidence : sequence of float
        Levels as shares.
    multiplier : float, optional
        As for `funnel_limits`.

    dispersion : float
        As for `funnel_limits`.

    Returns
    -------
    pandas.DataFrame
        The rows of `data` in their order, with ``funnel_denominator``, ``funnel_reference``, the
        limits of `funnel_limits`, ``funnel``: "low (99.8%)", "low (95%)", "within limits",
        "high (95%)", "high (99.8%)" or "not compared"; ``funnel_statistic`` and ``funnel_method``
        in words; and ``funnel_status``, which says why an area is not compared: unreliable (a
        standardised rate of fewer than 10 events), not applicable (a rate of 0 with events: no
        population gives it) or unavailable (an input is missing).

    Raises
    ------
    needs.errors.ParameterError
        As for `funnel_limits`, and without or with both of `denominator` and `value`.
    needs.errors.InvalidDataError
        As for `funnel_limits`, and for a negative count or a count above its denominator in a
        proportion; all at once.

    Notes
    -----
    As for `funnel_limits`; an area on a limit is within it. Spiegelhalter DJ. Funnel plots for
    comparing institutional performance. Statistics in Medicine 2005; 24: 1185-1202.

    Examples
    --------
    >>> import pandas as pd
    >>> areas = pd.DataFrame({"area": ["A", "B"], "deaths": [10, 30], "people": [100_000, 150_000]})
    >>> funnel_outliers(areas, area="area", count="deaths", denominator="people", reference=10)[
    ...     ["area", "funnel", "funnel_status"]]
      area         funnel funnel_status
    0    A  within limits         shown
    1    B   high (99.8%)         shown
    """
    unit = _unit(kind, multiplier)
    levels = sorted(inputs.levels(confidence))
    if (denominator is None) == (value is None):
        raise ParameterError(
            "A funnel needs either a denominator or a standardised rate.",
            "denominator, value",
            "Name one of the two columns.",
        )
    named = [name for name in (count, denominator, value) if name is not None]
    check, groups = _begin_funnel(data, by, area, named, reference)
    events = check.numbers(count)
    few = nothing = np.zeros(len(data), dtype=np.bool_)
    if denominator is not None:
        whole = check.numbers(denominator, above=0.0)
    else:
        rate = check.numbers(str(value))
        few, nothing = events < LEAST_EVENTS, rate == 0
        use = ~(few | nothing)
        whole = np.where(use, events * unit / np.where(use, rate, 1.0), np.nan)
    if kind == "proportion":
        check.refuse(
            events > whole, f"Column '{count}' is above its denominator.", "Check both columns."
        )
    level = np.full(len(data), unit)
    if reference is not None:
        level = _centre(check, groups, reference, kind, unit)
    check.finish()
    if reference is None and kind != "ratio":
        level = unit * _pooled(groups, events, whole)

    status = inputs.statuses(
        len(data),
        not_applicable=nothing,
        unreliable=few,
        unavailable=np.isnan(events) | np.isnan(level) | (np.isnan(whole) & ~few & ~nothing),
    )
    label = np.where(status == "shown", WITHIN, NOT_COMPARED).astype(object)
    limits = _funnel(kind, whole, level / unit, levels, dispersion)
    for confidence_level, (low, high) in limits.items():
        text = f"{100 * confidence_level:.10g}%"
        label[events / whole < low] = f"low ({text})"
        label[events / whole > high] = f"high ({text})"
    return inputs.extend(
        data,
        funnel_denominator=whole,
        funnel_reference=level,
        **_named(limits, unit),
        funnel=pd.Series(label, index=data.index, dtype="str"),
        **_described(kind, unit),
        funnel_status=status,
    )


def overdispersion(count: ArrayLike, expected: ArrayLike) -> float:
    """How many times areas vary as chance alone would make them.

    Parameters
    ----------
    count, expected : array_like
        Events of each area, and those that the reference's rate gives its people, above 0.

    Returns
    -------
    float
        About 0.68 where chance explains all, 1 less what the ends are drawn in by; missing for
        fewer than two areas. Areas without a count, or of which no event is expected, do not take
        part.

    Raises
    ------
    needs.errors.ParameterError
        When a count is below 0, or there is not one expected number for each count.

    Notes
    -----
    The mean square of ``z = 2 (sqrt(x) - sqrt(E))``, with the lowest and the highest tenth of z
    drawn in to the tenth beside them, so that areas that truly lie apart do not count.
    Spiegelhalter DJ. Statistics in Medicine 2005; 24: 1185-1202. Spiegelhalter DJ, Sherlaw-Johnson
    C, Bardsley M, Blunt I, Wood C, Grigg O. Statistical methods for healthcare regulation. Journal
    of the Royal Statistical Society A 2012; 175: 1-47.

    Examples
    --------
    >>> round(overdispersion([10, 40, 25, 90, 30], [20, 30, 25, 60, 45]), 2)
    4.63
    """
    x, e = (np.asarray(one, dtype=np.float64) for one in (count, expected))
    if x.shape != e.shape:
        raise ParameterError(
            f"{x.size} counts stand beside {e.size} expected numbers.",
            "expected",
            "Give one expected number for each area's count.",
        )
    if (x < 0).any():
        raise ParameterError(
            f"{x[x < 0].min():g} is no count of events.",
            "count",
            "Give 0 or more; NaN for missing.",
        )
    known = np.isfinite(x) & (e > 0)
    if known.sum() < 2:
        return float("nan")
    z = 2 * (np.sqrt(x[known]) - np.sqrt(e[known]))
    low, high = np.quantile(z, [WINSORISED, 1 - WINSORISED])
    return float((np.clip(z, low, high) ** 2).mean())


def _unit(kind: str, multiplier: float | None) -> float:
    units = {"rate": 100_000.0, "ratio": 100.0, "proportion": 100.0}
    if kind not in units:
        raise ParameterError(f"Unknown funnel '{kind}'.", "kind", f"Use one of {', '.join(units)}.")
    return units[kind] if multiplier is None else inputs.unit(multiplier)


def _begin_funnel(
    data: pd.DataFrame,
    by: Sequence[str],
    area: str | None,
    columns: Sequence[str],
    reference: float | str | None,
) -> tuple[Check, Groups]:
    """Checks of a frame with a row per area, and its groups: a funnel each."""
    also = [name for name in (area, reference) if isinstance(name, str)]
    check = inputs.begin(data, by, [*columns, *also], "funnel")
    groups = inputs.group(check)
    check.distinct()
    if area is not None:
        codes = pd.factorize(data[area])[0]
        check.refuse(codes < 0, f"Column '{area}' is missing.", "Name the area of every row.")
        check.once(
            groups,
            np.where(codes < 0, -1 - np.arange(len(codes)), codes),
            f"Column '{area}' has an area twice in a group.",
            "Keep one row per group and area, or name the column that tells them apart in by.",
        )
    return check, groups


def _centre(check: Check, groups: Groups, reference: float | str, kind: str, unit: float) -> Floats:
    """The centre line of each row, in the unit."""
    level = _reference(check, reference)
    if kind == "proportion":
        check.refuse(level > unit, f"The reference is above {unit:g}.", "Give it in that unit.")
    if check.by and isinstance(reference, str):
        of_group = pd.Series(level).groupby(groups.codes)
        check.refuse(
            (of_group.transform("nunique") > 1).to_numpy() & ~check.unplaced,
            f"Column '{reference}' has several references in a group.",
            "Give each group one centre line, or name the column that tells them apart in by.",
        )
    return level


def _reference(check: Check, reference: float | str, minimum: float | None = 0.0) -> Floats:
    if isinstance(reference, str):
        return check.numbers(reference, minimum=minimum)
    if (
        not is_number(reference)
        or not np.isfinite(reference)
        or (minimum is not None and reference < minimum)
    ):
        least = "" if minimum is None else f" of {minimum:g} or more"
        raise ParameterError(
            f"The reference {reference!r} is not a number{least}.", "reference", "Correct it."
        )
    return np.full(len(check.data), float(reference))


def _pooled(groups: Groups, events: Floats, whole: Floats) -> Floats:
    """All counts over all denominators of each row's group, where both are known."""
    known = ~(np.isnan(events) | np.isnan(whole))
    total, of = (groups.total(np.where(known, column, 0.0)) for column in (events, whole))
    share = np.where(of > 0, total / np.where(of > 0, of, 1.0), np.nan)
    return share[groups.codes]


def _described(kind: str, unit: float) -> dict[str, object]:
    method = "normal approximation" if kind == "proportion" else "exact Poisson"
    words = {"rate": f"rate per {unit:,.10g}"}.get(kind, f"{kind} × {unit:,.10g}")
    return {"funnel_statistic": words, "funnel_method": method}


def _funnel(
    kind: str, whole: Floats, level: Floats, confidence: Sequence[float], dispersion: float
) -> dict[float, tuple[Floats, Floats]]:
    """Lower and upper limit of each confidence level, as count over denominator."""
    limits = {}
    wider = np.sqrt(max(1.0, dispersion))
    for share in confidence:
        if kind == "proportion":
            spread = wider * z_value(share) * np.sqrt(level * (1 - level) / whole)
            limits[share] = np.maximum(level - spread, 0), np.minimum(level + spread, 1)
            continue
        if dispersion > 1:
            reach = wider * z_value(share) / (2 * np.sqrt(whole))
            root = np.sqrt(level)
            limits[share] = np.maximum(root - reach, 0) ** 2, (root + reach) ** 2
            continue
        tail = (1 - share) / 2
        expected = whole * level
        # below this no count is too low: not even none
        none_low = np.exp(-expected) >= tail
        known = expected > 0
        safe = np.where(known, expected, 1.0)
        lowest = np.where(none_low, 0.0, pdtrik(tail, np.where(none_low, 100.0, safe)))
        highest = np.where(known, pdtrik(1 - tail, safe) + 1, np.where(expected == 0, 0, np.nan))
        lowest = np.where(np.isnan(expected), np.nan, lowest)
        limits[share] = lowest / whole, highest / whole
    return limits


def _named(limits: dict[float, tuple[Floats, Floats]], unit: float) -> dict[str, Floats]:
    columns = {}
    for share, (low, high) in limits.items():
        name = inputs.level_name(share)
        columns[f"funnel_lower{name}"] = low * unit
        columns[f"funnel_upper{name}"] = high * unit
    return columns
