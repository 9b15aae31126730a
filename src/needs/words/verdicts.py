"""How a figure stands to a reference.

The word for a difference comes from one rule, `needs.stats.sides.other_side`, so that a sentence,
a card, a table and an alternative text cannot disagree. What is not tested is never called similar.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from needs.errors import ParameterError
from needs.figures.figure import WHOLE_SCALE, Figure
from needs.sources.area_codes import ENGLAND
from needs.stats.sides import JUDGEMENTS, other_side, side_of
from needs.words.english import (
    capital,
    in_prose,
    join,
    possessive,
    say,
    sentences,
)
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
    "usual spread",
    "set aside",
]


@dataclass(frozen=True)
class Comparison:
    """How a figure stands to its reference.

    `result` is the direction, "similar" where a test shows no difference; `judgement` turns it into
    better or worse by the indicator's polarity; `reason` says why there is no comparison. `by` says
    whose test it is where it is not that of the figure's interval: "the publisher", or "the widest
    limits" that its events could have.
    """

    result: Result
    judgement: Judgement
    reason: Reason = ""
    by: Literal["", "the publisher", "the widest limits"] = ""

    @property
    def word(self) -> str:
        """The judgement as a table says it: whose it is, and the mark of what is not tested."""
        if self.reason:
            if self.reason == "usual spread":
                return "within the usual spread"
            return f"not tested {UNTESTED}" if self.reason in ("no interval", "set aside") else ""
        return f"{self.judgement} (publisher's test)" if self.by == PUBLISHER else self.judgement


#: The mark of a difference that is told by its size alone; see `needs.stats.status.SYMBOLS`.
UNTESTED = "[t]"

PUBLISHER: Literal["the publisher"] = "the publisher"
WIDEST: Literal["the widest limits"] = "the widest limits"


def compare_figures(figure: Figure, reference: Figure | None, polarity: str = "none") -> Comparison:
    """Compare a figure with a reference, by the one rule of the project.

    By the interval of the difference of the two, the reference's own limits included. A figure
    without an interval has its publisher's verdict on England, or, where its events are known to be
    so many, the widest limits: these can show a difference and never that there is none. Of shares
    of records the limits hold the spread between areas: what staff record differs from place to
    place for more reasons than chance.

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
    Comparison(result='lower', judgement='better', reason='', by='')
    """
    _meaning(polarity)
    reason = _why_not(figure, reference)
    if reason == "no interval" and reference is not None:
        return _without_interval(figure, reference, polarity)
    if reason or reference is None or figure.value is None or reference.value is None:
        return Comparison("not compared", "not compared", reason)
    low, high = (math.nan if one is None else one for one in (reference.lower, reference.upper))
    # limits, or there is a reason; of records those that hold the spread between areas
    limits = figure.bound or (cast(float, figure.lower), cast(float, figure.upper))
    if limits == WHOLE_SCALE:
        return Comparison("not compared", "not compared", "no interval")
    other = (reference.value, low, high)
    result = cast(Result, str(other_side((figure.value, *limits), other)))
    if figure.bound and result == "similar":
        own = (figure.value, cast(float, figure.lower), cast(float, figure.upper))
        if str(other_side(own, other)) != "similar":
            return Comparison("not compared", "not compared", "usual spread")
    # few in the records may be few recorded: lower, and nobody is reassured by it
    praised = result == "lower" and bool(figure.bound)
    return Comparison(result, judge(result, "none" if praised else polarity))


def _without_interval(figure: Figure, reference: Figure, polarity: str) -> Comparison:
    """What may be said of a figure without limits: the publisher's verdict, or by the widest."""
    ours, theirs = cast(float, figure.value), cast(float, reference.value)
    if figure.verdict and reference.area_code == ENGLAND:
        side: Result = "similar" if figure.verdict == "similar" else _by_size(ours, theirs)
        return Comparison(side, judge(side, polarity), by=PUBLISHER)
    if figure.bound is not None:
        limits = [reference.bound[at] if reference.bound else theirs for at in (0, 1)]
        side = cast(Result, str(other_side((ours, *figure.bound), (theirs, limits[0], limits[1]))))
        if side != "similar":
            return Comparison(side, judge(side, polarity), by=WIDEST)
    return Comparison("not compared", "not compared", "no interval")


def _by_size(ours: float, theirs: float) -> Literal["lower", "similar", "higher"]:
    return cast(Literal["lower", "similar", "higher"], str(side_of(ours, ours, theirs)))


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
    if near is None:
        return figure, reference
    printed = reference.number
    nearest = figure.with_(value=near, lower=None, upper=None)
    if printed not in (figure.number, nearest.number):
        return figure, reference
    more = reference.with_(decimals=reference.decimals + 1)
    # a source that prints fewer decimals has none to add
    exact = round(reference.value or 0.0, reference.decimals) == reference.value
    return figure.with_(decimals=figure.decimals + 1), reference if exact else more


def _within_rounding(figure: Figure, reference: Figure) -> bool:
    """Whether two figures differ by less than the coarser of them is rounded to.

    Only where one has fewer decimals, as in a document: which is higher cannot be said then.
    """
    if figure.decimals == reference.decimals:
        return False
    coarse = min(figure.decimals, reference.decimals)
    apart = abs(cast(float, figure.value) - cast(float, reference.value))
    return apart < 10.0**-coarse


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
    "usual spread": "no further from England's than areas' records usually are",
    "set aside": "not to be read by itself, see its section",
}


def verdict(
    figure: Figure,
    reference: Figure | None,
    *,
    polarity: str = "none",
    reference_name: str = "England",
    also: Sequence[Figure] = (),
) -> Text:
    """How a figure that was just given stands to its reference; empty where nothing can be said.

    Nothing is said of an area that is its own comparator, nor of counts. `also` are further
    references, the region's, said where a test says something of them.
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
        case "usual spread":
            side = _by_size(cast(float, figure.value), cast(float, reference.value))
            return say(
                "That is {side} {name} ({other}), but areas' records usually differ as much.",
                side="below" if side == "lower" else "above",
                name=name,
                other=other,
            )
        case "no interval":
            side = _by_size(cast(float, figure.value), cast(float, reference.value))
            words = {"lower": "below", "higher": "above", "similar": "the same as in"}[side]
            return say(
                "That is {side} {name} ({other}) {mark}.",
                side="about the same as in" if _within_rounding(figure, reference) else words,
                name=name,
                other=other,
                mark=UNTESTED,
            )
    so = f", and so {compared.judgement}" if compared.judgement in ("better", "worse") else ""
    theirs = compared.by == PUBLISHER
    return sentences(
        say(
            "{opens} {result} {name} ({other}){so}{further}.",
            opens="By its publisher's test that is" if theirs else "That is statistically",
            result=link(compared.result),
            name=name,
            other=other,
            so=so,
            further=_further(figure, also, compared.result),
        ),
        WIDEST_NOTE if compared.by == WIDEST else "",
    )


#: What is said once where the widest limits tell two figures apart.
WIDEST_NOTE = (
    "The source gives no interval: the test uses one that is too wide rather than too narrow."
)


def link(result: str) -> str:
    """The words between a figure and what it was compared with."""
    return "similar to" if result == "similar" else f"{result} than"


def _further(figure: Figure, also: Sequence[Figure], said: str) -> Text:
    """How the figure stands to further references, as clauses that follow the first."""
    clauses: list[Text] = []
    for other in also:
        result = compare_figures(figure, other).result
        if result == "not compared":
            continue
        name = in_prose(other.area_name)
        again = "also " if result == said else ""
        clauses.append(
            say("; {again}{link} {name} ({f})",
                again=again, link=link(result), name=name, f=short(other))
        )  # fmt: skip
    return join(clauses)
