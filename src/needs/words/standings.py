"""How a figure stands to those of other areas, and to chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from needs.figures.figure import Figure
from needs.stats.ranks import rank_range
from needs.words.english import capital, in_prose, number_word, ordinal, possessive

#: The range of a rank may cover at most this share of the areas; else a headline has no rank.
RANK_RANGE = 0.5


@dataclass(frozen=True)
class Standing:
    """The places that an area could have among others: `first` and `last` count from an end."""

    first: int
    last: int
    of: int
    end: Literal["highest", "lowest"]

    @property
    def clear(self) -> bool:
        """Whether the range is narrow enough for a headline."""
        return self.last - self.first + 1 <= RANK_RANGE * self.of

    @property
    def words(self) -> str:
        """The places in words: "the highest", "between the 3rd and the 9th lowest"."""
        low, high = (
            self.end if one == 1 else f"{ordinal(one)} {self.end}"
            for one in (self.first, self.last)
        )
        if self.first == self.last:
            return f"the {low}"
        begin = low if self.first == 1 else ordinal(self.first)
        return f"between the {begin} and the {high}"


def standing(figures: Sequence[Figure], focus: Figure) -> Standing | None:
    """Where an area could stand among others, itself one of them; None without intervals.

    An area without an interval takes part with its widest limits, or as if it were certain; where
    the area itself or most others have none, no range can be given, and so no rank is said.
    """
    shown = [one for one in figures if one.value is not None]
    codes = [one.area_code for one in shown]
    if focus.area_code not in codes or len(shown) < 2:
        return None
    limits = [(one.lower, one.upper) if one.interval else one.bound for one in shown]
    at = codes.index(focus.area_code)
    if limits[at] is None or sum(one is not None for one in limits) < len(shown) / 2:
        return None
    known = np.array([one or (None, None) for one in limits], dtype=np.float64)
    values = [one.value or 0.0 for one in shown]
    first, last = rank_range(values, known[:, 0], known[:, 1], at)
    if first + last <= len(shown) + 1:
        return Standing(first, last, len(shown), "highest")
    return Standing(len(shown) + 1 - last, len(shown) + 1 - first, len(shown), "lowest")


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
