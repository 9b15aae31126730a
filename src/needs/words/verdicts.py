"""How a figure stands to a reference, to other areas and to chance.

The word for a difference comes from one rule, `needs.stats.compare.side_of`, so that a
sentence, a card, a table and an alternative text cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from needs.errors import ParameterError
from needs.figures.figure import Figure
from needs.stats.compare import JUDGEMENTS, side_of
from needs.words.english import capital, in_prose, join, number_word, ordinal, possessive, say
from needs.words.phrases import decided_by_size, short, when
from needs.words.text import Text

Result = Literal["lower", "similar", "higher", "not compared"]
Judgement = Literal["better", "worse", "similar", "lower", "higher", "not compared"]
Reason = Literal[
    "",
    "own comparator",
    "no reference",
    "withheld",
    "reference withheld",
    "different units",
    "count",
    "no interval",
    "set aside",
]


@dataclass(frozen=True)
class Comparison:
    """How a figure stands to its reference.

    `result` is the direction, "similar" where the interval holds the reference; `judgement` turns
    it into better or worse by the indicator's polarity; `reason` says why there is no comparison.
    """

    result: Result
    judgement: Judgement
    reason: Reason = ""


def compare_figures(figure: Figure, reference: Figure | None, polarity: str = "none") -> Comparison:
    """Compare a figure's 95% interval with a reference value, by the one rule of the project.

    Parameters
    ----------
    figure, reference : Figure
        Counts are not compared: the size of the area decides them.
    polarity : {"higher is better", "lower is better", "none"}

    Raises
    ------
    ParameterError
        For an unknown polarity.

    Examples
    --------
    >>> area = Figure("a", "rate", "Rate", "E10000034", "Worcestershire", "2021", 4.2,
    ...               "per 100,000", lower=3.3, upper=5.3)
    >>> england = Figure("e", "rate", "Rate", "E92000001", "England", "2021", 5.5, "per 100,000")
    >>> compare_figures(area, england, "lower is better")
    Comparison(result='lower', judgement='better', reason='')
    """
    _meaning(polarity)
    reason = _why_not(figure, reference)
    if reason or reference is None or reference.value is None:
        return Comparison("not compared", "not compared", reason)
    limits = (cast(float, figure.lower), cast(float, figure.upper))  # or there is a reason
    result = cast(Result, str(side_of(*limits, reference.value)))
    return Comparison(result, judge(result, polarity))


def judge(result: str, polarity: str) -> Judgement:
    """Turn higher or lower into better or worse.

    Examples
    --------
    >>> judge("lower", "lower is better"), judge("lower", "none"), judge("similar", "none")
    ('better', 'lower', 'similar')
    """
    return cast(Judgement, _meaning(polarity).get(result, result))


def trend_judgement(recent: str, polarity: str = "none") -> Literal["better", "worse", ""]:
    """Whether a recent trend is for better or worse; empty without a change or a polarity.

    Examples
    --------
    >>> trend_judgement("increasing", "lower is better")
    'worse'
    >>> trend_judgement("no significant change", "lower is better")
    ''
    """
    meant = _meaning(polarity).get(recent, "")
    if meant.endswith("better"):
        return "better"
    return "worse" if meant.endswith("worse") else ""


def _meaning(polarity: str) -> Mapping[str, str]:
    if polarity not in JUDGEMENTS:
        raise ParameterError(
            f"Unknown polarity '{polarity}'.", "polarity", f"Use one of {', '.join(JUDGEMENTS)}."
        )
    return JUDGEMENTS[polarity]


def _why_not(figure: Figure, reference: Figure | None) -> Reason:
    if not figure.shown:
        return "withheld"
    if reference is None:
        return "no reference"
    if reference.area_code == figure.area_code:
        return "own comparator"
    if not reference.shown:
        return "reference withheld"
    if reference.unit != figure.unit:
        return "different units"
    if decided_by_size(figure):
        return "count"
    if figure.lower is None or figure.upper is None:
        return "no interval"
    return ""


def revealed(figure: Figure, reference: Figure | None) -> tuple[Figure, Figure | None]:
    """Both figures, with a decimal more where rounding hides a difference that was judged.

    Without it a sentence can call "3.1 to 4.9" lower than "4.9".
    """
    result = compare_figures(figure, reference).result
    if reference is None or result not in ("lower", "higher"):
        return figure, reference
    near = figure.upper if result == "lower" else figure.lower
    printed = reference.number
    nearest = figure.with_(value=near, lower=None, upper=None)
    if printed not in (figure.number, nearest.number):
        return figure, reference
    more = reference.with_(decimals=reference.decimals + 1)
    # a source that prints fewer decimals has none to add
    exact = round(reference.value or 0.0, reference.decimals) == reference.value
    return figure.with_(decimals=figure.decimals + 1), reference if exact else more


def why_not_tested(compared: Comparison) -> str:
    """Why a difference from England was not tested, in a few words; empty where it was."""
    return _NOT_TESTED.get(compared.reason, "")


_NOT_TESTED: Mapping[str, str] = {
    "no reference": "no figure for England",
    "withheld": "no figure that can be shown",
    "reference withheld": "no figure for England",
    "different units": "in another unit for England",
    "count": "a count depends on the size of the area",
    "no interval": "no interval at the source",
    "set aside": "not to be read by itself, see its section",
}


def verdict(
    figure: Figure,
    reference: Figure | None,
    *,
    polarity: str = "none",
    reference_name: str = "England",
) -> Text:
    """How a figure that was just given stands to its reference; empty where nothing can be said.

    Nothing is said of an area that is its own comparator, nor of counts.
    """
    compared = compare_figures(figure, reference, polarity)
    if reference is None:
        if not figure.shown or decided_by_size(figure):
            return ()
        return join([f"No figure for {in_prose(reference_name)} is available to compare it with."])
    name = in_prose(reference.area_name)
    other = short(reference)
    if reference.period != figure.period:
        other = join([other, f" {when(reference.period)}"])
    match compared.reason:
        case "own comparator" | "count" | "different units" | "no reference":
            return ()
        case "withheld":
            if not reference.shown or decided_by_size(reference):
                return ()
            owner = capital(possessive(reference.area_name))
            return say("{owner} was {f} {t}.", owner=owner, f=reference, t=when(reference.period))
        case "reference withheld":
            return say("The figure for {name} is {f}.", name=name, f=reference)
        case "no interval":
            return say(
                "The source gives no interval, so the difference from {name} ({other}) "
                "cannot be tested.",
                name=name,
                other=other,
            )
    if compared.result == "similar":
        return say("That is statistically similar to {name} ({other}).", name=name, other=other)
    so = f", and so {compared.judgement}" if compared.judgement in ("better", "worse") else ""
    return say(
        "That is statistically {result} than {name} ({other}){so}.",
        result=compared.result,
        name=name,
        other=other,
        so=so,
    )


def place(shown: Sequence[Figure], one: Figure) -> str:
    """The rank among figures, from the nearer end, ties joint: "highest", "joint 3rd lowest"."""
    values = [figure.value for figure in shown if figure.value is not None]
    above = sum(value > (one.value or 0.0) for value in values)
    below = sum(value < (one.value or 0.0) for value in values)
    number, end = (above, "highest") if above <= below else (below, "lowest")
    named = end if number == 0 else f"{ordinal(number + 1)} {end}"
    return f"joint {named}" if len(values) - above - below > 1 else named


def ends(shown: Sequence[Figure]) -> tuple[list[Figure], list[Figure]]:
    """The lowest and the highest figures, as printed, ties by name."""
    ordered = sorted(shown, key=lambda figure: (figure.value or 0.0, figure.area_name))
    low = [figure for figure in ordered if figure.number == ordered[0].number]
    high = [figure for figure in ordered if figure.number == ordered[-1].number]
    return low, high


def placed(focus: Figure, labels: Mapping[str, str], reference_name: str = "England") -> str:
    """Where a funnel puts an area, without a full stop.

    Parameters
    ----------
    focus : Figure
    labels : mapping of str to str
        By area code, the label of `needs.stats.compare.funnel_outliers`: "high (99.8%)",
        "low (95%)", "within limits", "not compared".
    reference_name : str
        Whose value the limits are drawn round.
    """
    name = capital(in_prose(focus.area_name))
    label = labels.get(focus.area_code, "not compared")
    around = f"around {possessive(reference_name)} value"
    if not focus.shown or label == "not compared":
        return f"{name} cannot be placed, because it has no figure or no limits"
    if not label.startswith(("high", "low")):
        return f"{name} lies within the 95% limits {around}"
    side = "above" if label.startswith("high") else "below"
    if _beyond(label):
        return f"{name} lies {side} the 99.8% limits {around}"
    return f"{name} lies {side} the 95% limits {around}, but within the 99.8% limits"


def outside_limits(
    figures: Sequence[Figure], labels: Mapping[str, str], noun: str = "authorities"
) -> tuple[str, bool]:
    """How many areas lie outside a funnel's wider limits, and whether that is more than chance.

    Chance alone puts one area in 500 outside the 99.8% limits; here more than one in a hundred,
    and more than one area, is called more than chance.
    """
    shown = [figure for figure in figures if figure.shown]
    number = sum(_beyond(labels.get(figure.area_code, "")) for figure in shown)
    many = number_word(number) if number else "none"
    verb = "lies" if number < 2 else "lie"
    said = f"of {number_word(len(shown))} {noun}, {many} {verb} outside the 99.8% limits"
    return said, number > max(1, len(shown) / 100)


def _beyond(label: str) -> bool:
    """Whether an area lies outside the wider limits: not by chance, even among many areas."""
    return label.startswith(("high", "low")) and "(95%)" not in label
