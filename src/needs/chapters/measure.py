"""An indicator of the area that was opened: what `na["drug_misuse_rate"]` gives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from needs.catalogue import Indicator
from needs.chapters.blocks import Blocks, Heading, Prose, as_detail, blocks
from needs.chapters.cross_links import back, is_worse, section_anchor
from needs.chapters.frames import figures_frame, published
from needs.chapters.missing import missing_notice
from needs.chapters.rules import standardised, told_with_a_rate
from needs.chapters.saying import definition, finding, message, no_total, vintages, why_crude
from needs.errors import ParameterError
from needs.figures.assessment import Assessment, Place
from needs.figures.figure import Figure
from needs.words.english import in_prose
from needs.words.text import Span


@dataclass(frozen=True)
class Measure:
    """An indicator of the catalogue, for the area and reporting year of an assessment.

    Attributes
    ----------
    na : Assessment
    indicator : Indicator
        Its declaration: ``indicator.definition``, ``indicator.limits``, ``indicator.unit``, …
    told : set of str
        Takes the keys of indicators that a section has shown, see `Analysis.rest`.
    """

    na: Assessment = field(repr=False)
    indicator: Indicator = field(repr=False)
    told: set[str] = field(default_factory=set, repr=False, compare=False)

    def __repr__(self) -> str:
        return f"{self.indicator.name} ({self.key}), {self.na.name}, {self.na.year}"

    @property
    def key(self) -> str:
        """Its key in the catalogue."""
        return self.indicator.key

    def figure(self, area: str = "", period: str = "", sex: str = "persons") -> Figure:
        """One figure: the newest of the area, unless others are asked for.

        Parameters
        ----------
        area : str
            Name or code of the area, a part of it, its region, England or another authority.
        period : str
            As the report prints it: "2018 to 2020".
        sex : {"persons", "male", "female"}

        Returns
        -------
        Figure
            One that says that it is not available where there is none.
        """
        place = self._place(area) if area else self.na.area
        return self.na.figure(self.key, place, period or None, sex)

    def frame(self) -> pd.DataFrame:
        """Every figure of every area: a row each, with the columns of `needs.chapters.frames`."""
        return figures_frame(published(self.na, self.key, everywhere=True))

    def section(self, *views: View, detail: Sequence[View] = ()) -> Blocks:
        """Show the indicator: what it is, how the area compares, and the views that are named.

        Those of `detail` are for looking things up: folded on the web page, and not in the PDF. A
        view that has nothing to draw is left out, and the whole section where all are: then
        `Analysis.rest` tells the figure in a sentence. ``.why()`` says what was left out, and why.
        """
        na, indicator = self.na, self.indicator
        if rate := told_with_a_rate(na, indicator):
            return self.nothing("section", f"its numbers stand in the tables of “{rate.name}”")
        parts = [view(self) for view in views]
        parts += [as_detail(view(self)) for view in detail]
        pruned = blocks(*(Blocks(pruned=part.pruned) for part in parts))
        if not any(part.items for part in parts):
            return pruned
        self.told.add(self.key)
        better = standardised(na, indicator)
        verdict = "worse" if not better and is_worse(na, indicator) else ""
        return blocks(
            Heading(indicator.name, anchor=section_anchor(self.key), verdict=verdict),
            back(na, self.key),
            definition(indicator),
            why_crude(better) if better else message(na, self.key),
            no_total(na) if na.members and not na.has(self.key) else None,
            *parts,
        )

    def in_words(self, more: str = "") -> Blocks:
        """Tell the indicator in a paragraph; or say that it is not available, and who has it.

        Parameters
        ----------
        more : str
            A sentence that follows: where the report says more of it.
        """
        na, indicator = self.na, self.indicator
        self.told.add(self.key)
        heading = Heading(indicator.name)
        if not na.has(self.key):
            why = f"not available for {in_prose(na.name)} up to {na.year}"
            return blocks(heading, missing_notice([indicator], na.catalogue, why))
        figure, england = self.figure(), na.figure(self.key, na.england, self.figure().period)
        rest = (vintages(na, figure, england), indicator.definition, indicator.limits, more)
        text = finding(na, indicator, figure, england)
        told = Span(" " + " ".join(part for part in rest if part))
        return blocks(heading, Prose((*text, told), figures=(figure, england)))

    def nothing(self, view: str, why: str) -> Blocks:
        """What a view gives that has nothing to draw: no block, and the reason."""
        return Blocks(pruned=(f"{view} of {self.indicator.name}: {why}",))

    def _place(self, area: str) -> Place:
        """A place by its name or code."""
        known = (*self.na.places, *self.na.districts, *self.na.authorities)
        found = next((one for one in known if area.casefold() in place_names(one)), None)
        if found is None:
            raise ParameterError(
                f"There is no area '{area}' beside {self.na.name}.",
                f'na["{self.key}"].figure(area=…)',
                "Name the area, one of its districts, its region, England or an authority; "
                "needs areas lists their names and codes.",
            )
        return found


#: What draws an indicator: any function of a measure that gives blocks, the reader's own too.
View = Callable[[Measure], Blocks]


def place_names(place: Place) -> tuple[str, str]:
    """What a place may be called, in small letters."""
    return place.name.casefold(), place.code.casefold()


def view(draw: Callable[..., Blocks | str]) -> Callable[..., Blocks]:
    """Make a view of a function that draws a measure, or says in a clause why it does not."""

    @functools.wraps(draw)
    def shown(measure: Measure, **options: object) -> Blocks:
        drawn = draw(measure, **options)
        return measure.nothing(draw.__name__, drawn) if isinstance(drawn, str) else drawn

    return shown
