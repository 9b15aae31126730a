"""What may be said of an area: one comparison with its numbers, before it is scored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import pandas as pd

#: Kinds of finding, as lists and tables name them.
WORSE, BETTER = "worse than England", "better than England"
WORSE_HERE, BETTER_HERE = "worse than other areas", "better than other areas"
#: Among the furthest of many areas, where no test tells it from England: by records or by chance.
HIGH_AMONG, LOW_AMONG = "high among areas", "low among areas"
HIGH, LOW = "record high", "record low"
RISING, FALLING = "rising", "falling"
TARGET, UNMET = "target missed", "unmet need size"
INSIDE, WARNING = "inside inequality", "comparability warning"
GOOD, SINCE, NOTHING = "good news", "published since", "no difference shown"
SIMILAR = "similar"

NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One thing that may be said, with all that its score is made from.

    Attributes
    ----------
    kind : str
        One of the kinds above.
    indicator, domain, harm : str
        The measure, what it is about, and the class of its harm.
    good : bool
        Whether it is good news.
    part_code, part : str
        The area, or the district or member that stands out.
    sex, age, period : str
    ended : Timestamp
        When the period ended.
    value, lower, upper : float
        With 95% limits, in the unit of the indicator; missing where there are none.
    unit : str
    comparator : str
    comparator_value : float
    ratio, ratio_lower, ratio_upper : float
        Value over comparator, with limits where they are known.
    p : float
        Chance of a difference as large; missing where it could not be tested.
    tested : bool
        Whether there is an interval or a test.
    extreme : bool
        Whether the area is among the worst (of good news: the best) 5% of 100 areas or more.
    people : float
        People or events a year; missing where not published.
    events : float
        Events behind the value; missing where not published.
    record, process, staff, printed, wide : bool
        A record of yearly counts; a measure of what services do; recorded by staff; quoted from a
        document; an estimate too wide to compare.
    changed : bool
        Whether it became worse (of good news: better) beyond chance.
    is_change : bool
        Whether the finding itself is a change.
    off_target : float
        Target over value where higher is better, else value over target.
    warning : str
        "plain", or "reverses" where it turns round the main outcome.
    subgroup : bool
        Whether it speaks of a part of the people: it follows what is said of all.
    left_out : str
        Why it is not said, whatever its score.
    figures : tuple of str
        Ids of the figures that it rests on.
    statement : str
        Short plain sentences with the numbers.
    told : str
        Of a change: the sentence that a finding on the same measure takes over.
    """

    kind: str
    indicator: str
    domain: str
    harm: str
    part_code: str
    part: str
    period: str
    ended: pd.Timestamp
    unit: str
    statement: str = ""
    good: bool = False
    sex: str = "persons"
    age: str = "all ages"
    value: float = NAN
    lower: float = NAN
    upper: float = NAN
    comparator: str = ""
    comparator_value: float = NAN
    ratio: float = NAN
    ratio_lower: float = NAN
    ratio_upper: float = NAN
    p: float = NAN
    tested: bool = True
    extreme: bool = False
    people: float = NAN
    events: float = NAN
    record: bool = False
    process: bool = False
    staff: bool = False
    printed: bool = False
    wide: bool = False
    changed: bool = False
    is_change: bool = False
    off_target: float = NAN
    warning: str = ""
    subgroup: bool = False
    left_out: str = ""
    figures: tuple[str, ...] = ()
    told: str = ""


COLUMNS = tuple(one.name for one in fields(Candidate))


def as_frame(candidates: Iterable[Candidate]) -> pd.DataFrame:
    """Candidates as a tidy table, a row each, in their order.

    Examples
    --------
    >>> one = Candidate(
    ...     kind=WORSE, indicator="drug_misuse_rate", domain="drug deaths", harm="death",
    ...     part_code="E06000009", part="Blackpool", period="2019 to 2021",
    ...     ended=pd.Timestamp(2021, 12, 31), unit="per 100,000", ratio=3.8, p=1e-26, people=25,
    ... )
    >>> as_frame([one])[["kind", "part", "ratio"]].to_dict("records")
    [{'kind': 'worse than England', 'part': 'Blackpool', 'ratio': 3.8}]
    """
    listed = list(candidates)
    return pd.DataFrame({name: [getattr(one, name) for one in listed] for name in COLUMNS})
