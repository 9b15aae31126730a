"""Short plain sentences of a finding: the number of people first, then the rate with its limits."""

from __future__ import annotations

import math
import re

from needs.figures.figure import format_number

#: Shares of people are printed with one decimal at most, and none where they are large.
_WHOLE_FROM = 10

SEXES = {"male": "men", "female": "women"}


def during(period: str) -> str:
    """When, as a sentence says it.

    Examples
    --------
    >>> during("2021"), during("2019 to 2021")
    ('in 2021', 'in the years 2019 to 2021')
    """
    return f"in the years {period}" if " to " in period else f"in {period}"


def number(value: float) -> str:
    """A number of people; estimates in parts of a person are rounded.

    Examples
    --------
    >>> number(12061.3), number(1)
    ('12,061', '1')
    """
    return format_number(round(value), 0)


def about(value: float) -> str:
    """A number of people that is an estimate, to three figures at most.

    Examples
    --------
    >>> about(4261.7), about(47.3), about(205.3)
    ('4,260', '47', '205')
    """
    step = 10 ** max(0, math.floor(math.log10(max(abs(value), 1))) - 2)
    return format_number(round(value / step) * step, 0)


def nearly(expected: float) -> str:
    """A number that would be expected.

    Examples
    --------
    >>> nearly(41.2), nearly(0.4)
    ('about 41', 'less than one')
    """
    return f"about {about(expected)}" if expected >= 1 else "less than one"


def amount(value: float, unit: str) -> str:
    """A value without the words of its unit, in the decimals that a sentence needs.

    Examples
    --------
    >>> amount(10.84, "per 100,000"), amount(84.5, "%"), amount(8.46, "%"), amount(1465, "people")
    ('10.8', '85%', '8.5%', '1,465')
    """
    if unit == "%":
        return f"{format_number(value, 0 if abs(value) >= _WHOLE_FROM else 1)}%"
    if unit.startswith("per "):
        return format_number(value, 1 if abs(value) < 100 else 0)
    return number(value)


def bracketed(lower: float, upper: float, unit: str) -> str:
    """Limits in brackets, with a blank before; nothing where there are none.

    Examples
    --------
    >>> bracketed(9.7, 11.9, "per 100,000"), bracketed(80.9, 87.8, "%")
    (' (9.7 to 11.9)', ' (81% to 88%)')
    >>> bracketed(math.nan, 1.0, "%")
    ''
    """
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return ""
    return f" ({amount(lower, unit)} to {amount(upper, unit)})"


def times(ratio: float) -> str:
    """How many times, or which part.

    Examples
    --------
    >>> times(1.78), times(0.6), times(1.07)
    ('1.8 times', '0.6 times', '1.1 times')
    """
    return f"{format_number(ratio, 1)} times"


def per_cent(ratio: float) -> str:
    """A change without its direction.

    Examples
    --------
    >>> per_cent(1.19), per_cent(0.73)
    ('19%', '27%')
    """
    return f"{format_number(abs(ratio - 1) * 100, 0)}%"


def people(count: float, happened: str, sex: str = "persons") -> str:
    """A number of people and what happened to them.

    Examples
    --------
    >>> people(364, "people died of drug poisoning")
    '364 people died of drug poisoning'
    >>> people(26, "people died of drug poisoning", "female")
    '26 women died of drug poisoning'
    >>> people(1, "people died of drug poisoning"), people(0, "adults were in treatment")
    ('1 person died of drug poisoning', 'No adults were in treatment')
    """
    words = happened
    if sex in SEXES:
        words = re.sub(r"^(people|adults)\b", SEXES[sex], words)
        if words == happened:
            words = f"{happened}, {SEXES[sex]} alone"
    if round(count) == 0:
        return f"No {words}"
    if round(count) == 1:
        singular = {
            "people": "person",
            "adults": "adult",
            "women": "woman",
            "men": "man",
            "admissions": "admission",
            "parents": "parent",
            "children": "child",
            "deaths": "death",
        }
        first, _, rest = words.partition(" ")
        rest = re.sub(r"^were\b", "was", rest)
        return f"1 {singular.get(first, first)} {rest}"
    return f"{number(count)} {words}"


def that_is(standardised: bool) -> str:
    """What leads from a number of people to its rate.

    Examples
    --------
    >>> that_is(True), that_is(False)
    ('Allowing for age, that is', 'That is')
    """
    return "Allowing for age, that is" if standardised else "That is"


def sure(
    p: float,
    q: float,
    *,
    tested: bool,
    warning: bool,
    extreme: bool,
    estimate: bool = False,
    good: bool = False,
) -> str:
    """How sure a finding is, in words.

    Examples
    --------
    >>> sure(0.0001, 0.001, tested=True, warning=False, extreme=False)
    'Very sure: chance would hardly ever give it (less than once in 1,000).'
    >>> sure(0.04, 0.2, tested=True, warning=False, extreme=False)
    'Less sure: among so many comparisons chance can give one like it.'
    >>> sure(math.nan, math.nan, tested=False, warning=False, extreme=False)
    'Not tested: it is published without a range or numbers.'
    """
    if warning and not math.isfinite(p):
        return "Sure: the figures themselves show it."
    if not tested:
        return "Not tested: it is published without a range or numbers."
    if estimate:
        return "An estimate: its range says how far it may be off."
    if not math.isfinite(p) or p >= 0.05:
        if extreme:
            end = "best" if good else "worst"
            return f"Not sure: among the {end} 5% of areas, but records or chance may do that."
        if not math.isfinite(p):
            return "An estimate: its range says how far it may be off."
        return "Not sure that it differs from elsewhere, or before: chance can give as much."
    if q >= 0.05:
        return "Less sure: among so many comparisons chance can give one like it."
    if p < 0.001:
        return "Very sure: chance would hardly ever give it (less than once in 1,000)."
    if p < 0.01:
        return "Sure: chance would give it less than once in 100."
    return "Fairly sure: chance would give it less than once in 20."
