"""The author's way in: `needs.open` gives an `Analysis`, from which a notebook shows everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from string import Formatter
from typing import Any

import pandas as pd

from needs.catalogue import Indicator
from needs.chapters import absent, glance, local
from needs.chapters.blocks import Blocks, Prose, blocks
from needs.chapters.breakdowns import breakdown
from needs.chapters.frames import figures_frame, published
from needs.chapters.inside import districts, sexes
from needs.chapters.measure import Measure, View
from needs.chapters.national import authorities, funnel
from needs.chapters.over_time import trend
from needs.chapters.rules import standardised, tells_a_trend, told_with_a_rate
from needs.chapters.statistical_neighbours import neighbours
from needs.charts.matplotlib_style import draw_like_the_report
from needs.errors import ParameterError
from needs.figures import assessment
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure
from needs.tables.as_of import folder_as_of
from needs.words import english
from needs.words.text import typed_figures


@dataclass(frozen=True)
class Analysis(Assessment):
    """An area and a reporting year, opened for a notebook.

    ``na["drug_misuse_rate"]`` is an indicator (`Measure`), ``na.frame()`` all figures as a table.
    ``print(na)`` says what was opened.
    """

    #: Keys of indicators that a cell has named, and of those that a section has shown.
    named: set[str] = field(default_factory=set, repr=False, compare=False)
    told: set[str] = field(default_factory=set, repr=False, compare=False)

    def __repr__(self) -> str:
        return str(self)

    def __getitem__(self, key: str) -> Measure:
        """An indicator by its key in the catalogue.

        Raises
        ------
        ParameterError
            There is none; the nearest ones are named.
        """
        measure = self._measure(key)
        self.named.add(key)
        return measure

    def _measure(self, key: str) -> Measure:
        if key not in self.catalogue.indicators:
            raise _unknown(key, self)
        return Measure(self, self.indicator(key), self.told)

    def _ipython_key_completions_(self) -> list[str]:
        return sorted(self.catalogue.indicators)

    def indicators(self, chapter: str = "") -> tuple[Measure, ...]:
        """The indicators of a chapter in its order, or all of them, with figures or without.

        Looking through them names none of them, see `rest`.
        """
        known = dict.fromkeys(one.chapter for one in self.catalogue.indicators.values())
        if chapter and chapter not in known:
            raise ParameterError(
                f"The catalogue has no chapter '{chapter}'.",
                f'na.indicators("{chapter}")',
                f"Its chapters are {english.listing(sorted(known))}.",
            )
        wanted = [chapter] if chapter else list(known)
        found = (one for name in wanted for one in self.catalogue.chapter(name))
        return tuple(Measure(self, one, self.told) for one in found)

    def frame(self) -> pd.DataFrame:
        """The figures of all indicators for the area, its parts, its region and England.

        A row each, with the columns of `needs.chapters.frames`. ``na["…"].frame()`` has those of
        every authority.
        """
        found = (one for key in self.catalogue.indicators for one in published(self, key))
        return figures_frame(found)

    def figures_of(self, ids: Iterable[str]) -> dict[str, Figure]:
        """The figures behind the column ``figure`` of a frame, by id."""
        keys = {str(one).partition(".")[0] for one in ids} & set(self.catalogue.indicators)
        found = (one for key in sorted(keys) for one in published(self, key, everywhere=True))
        return {one.id: one for one in found}

    def say(self, text: str, **parts: Figure | str | int) -> Prose:
        """A paragraph in which ``{drug_misuse_rate}`` stands for that figure, and links to it.

        A sentence tells no indicator as a whole, so that `rest` still shows those it speaks of.

        Parameters
        ----------
        text : str
            ``{key}`` prints the area's newest figure with its unit, ``{key:full}`` its interval
            too, ``{key:number}`` the number alone.
        **parts
            What other names in braces stand for: figures of other areas or periods
            (``england=na["…"].figure(area="England")``), words, whole numbers.
        """
        if typed := typed_figures(text):
            raise ParameterError(
                f"A figure is typed into a sentence: {', '.join(typed)}.",
                "needs.say",
                "Name it in braces, {drug_misuse_rate}, or give it as a figure: "
                'x=na["…"].figure(area="England").',
            )
        asked = {name for _, name, _, _ in Formatter().parse(text) if name} - set(parts)
        figures = {key: self._measure(key).figure() for key in sorted(asked)}
        given = figures | parts
        shown = tuple(one for one in given.values() if isinstance(one, Figure))
        return Prose(english.say(text, **given), figures=shown)

    def opening(self, chapter: str) -> Blocks:
        """Open a chapter with the two or three findings that matter most."""
        return glance.opening(self, chapter)

    def glance(self, chapter: str) -> Blocks:
        """Show a chapter's indicators in one table beside the region and England."""
        return glance.glance(self, chapter)

    def rest(self, chapter: str) -> Blocks:
        """Show what no cell above has: no indicator of a chapter is ever lost.

        First each indicator that no cell has named, in a section with the views its data allow.
        Then, in sentences, the single figures: of every indicator that no section could draw.
        """
        told = set(self.told)
        left = [
            Measure(self, one.indicator, told)
            for one in self.indicators(chapter)
            if one.key not in self.named | told
        ]
        parts = [one.section(*usual_views(one)) for one in left]
        alone = [
            one.indicator
            for one in self.indicators(chapter)
            if one.key not in told and self._stands_alone(one.indicator)
        ]
        return blocks(*parts, glance.single_figures(self, alone) if alone else None)

    def _stands_alone(self, indicator: Indicator) -> bool:
        """Whether a figure is told by itself: it is there, and no rate shows it better."""
        return self.has(indicator.key) and not (
            told_with_a_rate(self, indicator) or standardised(self, indicator)
        )

    def missing(self, chapter: str) -> Blocks:
        """List the indicators of a chapter that are not at hand, each with its publisher."""
        return absent.missing(self, chapter)

    def local(self, chapter: str) -> Blocks:
        """Show each local extract of a chapter, where a data package brings one."""
        return local.rates(self, chapter)


def usual_views(measure: Measure) -> tuple[View, ...]:
    """The views that an indicator has where no author has chosen any."""
    if measure.indicator.categories:
        return (breakdown,)
    if tells_a_trend(measure.na, measure.key):
        return (trend,)
    of_all = funnel if measure.indicator.statistic == "crude_rate" else authorities
    alike = (neighbours,) if measure.indicator.headline else ()
    return (trend, sexes, districts, *alike, of_all)


def open(
    areas: Sequence[str] | str,
    year: int,
    name: str = "",
    as_of: str | None = None,
    *,
    processed: Path | None = None,
) -> Analysis:
    """Open an area and a reporting year, and have drawings look like the report's.

    Parameters
    ----------
    areas : str or sequence of str
        Names or codes of upper-tier local authorities, or the name of a declared footprint.
    year : int
        Reporting year: the newest figures up to its end are used.
    name : str
        Name of the area in the report; an authority's own where it is empty.
    as_of : str, optional
        Day by which figures were published, as a run gives it; "" for all figures.
    processed : Path, optional
        Folder of processed tables; by default ``data/processed`` of the project.

    Returns
    -------
    Analysis
    """
    draw_like_the_report()
    if as_of is not None:
        processed = _as_of(as_of, processed or assessment.processed_folder())
    analysis = opened(assessment.load(areas, year, name, processed=processed))
    _last.append(analysis)
    del _last[:-1]
    return analysis


def opened(na: Assessment) -> Analysis:
    """An assessment as an author has it, with nothing named or shown yet."""
    made = Analysis(**{one.name: vars(na)[one.name] for one in fields(Assessment)})
    vars(made)["_once"] = na._once  # what was worked out for one chapter serves all
    return made


def _as_of(as_of: str, processed: Path) -> Path:
    """The tables as of a day, or of everything; refused where they are of another."""
    folder = folder_as_of(processed, date.fromisoformat(as_of) if as_of else None)
    if not (folder / "manifest.json").is_file():
        return folder  # which is told where the tables are read
    there = str(assessment.manifest(folder).get("as_of", ""))
    if there != as_of:
        raise ParameterError(
            f"The tables in {folder.name} are {f'as of {there}' if there else 'of all figures'}, "
            f"and asked for are those {f'as of {as_of}' if as_of else 'of all figures'}.",
            "as_of",
            "needs run --as-of makes the tables of a day beside those of everything.",
        )
    return folder


#: The analysis that `open` gave last: what `say` speaks of.
_last: list[Analysis] = []


def last() -> Analysis:
    """The analysis that was opened last in this notebook."""
    if not _last:
        raise ParameterError(
            "No area has been opened yet.",
            "needs.say",
            "Begin with na = needs.open(areas, year, name).",
        )
    return _last[-1]


def say(text: str, **parts: Any) -> Prose:
    """A paragraph with figures of the area that was opened last: see `Analysis.say`."""
    return last().say(text, **parts)


def _unknown(key: str, na: Assessment) -> ParameterError:
    """No such indicator: the nearest keys, or where to find them all."""
    known = list(na.catalogue.indicators)
    near = get_close_matches(key, known, n=3, cutoff=0.5)
    words = set(key.casefold().split("_"))
    near += [one for one in known if words & set(one.split("_")) and one not in near][
        : 3 - len(near)
    ]
    remedy = f"Did you mean {' or '.join(near)}? " if near else ""
    return ParameterError(
        f"There is no indicator '{key}'.",
        f'na["{key}"]',
        remedy + "na.indicators() lists them all.",
    )
