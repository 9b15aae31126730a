"""Figures named in people's words: found, printed, and held against what they were when written."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from needs.chapters.frames import published
from needs.chapters.recent import TREND_WORDS, recent
from needs.chapters.rules import compared
from needs.commentary.files import read_text
from needs.errors import Problem, did_you_mean
from needs.figures.assessment import Assessment, Place
from needs.figures.figure import Figure
from needs.figures.findings import ranked
from needs.tables.naming import figure_id
from needs.words.english import say
from needs.words.text import Span, Text, plain, typed_figures

#: A figure's place in a text: ``{key}``, ``{key.area}``, ``{key.area.period}``, ``{…:full}``.
REFERENCE = re.compile(r"\{([^{}\n]*)\}")

#: What may follow a colon, and what it prints.
FORMS = {"": "value and unit", "full": "its interval too", "number": "the number alone"}


@dataclass(frozen=True)
class Quoted:
    """A reference that stands in a text, and the figure that it prints."""

    text: str
    figure: Figure
    place: str


@dataclass(frozen=True)
class Kept:
    """What a figure was when a text was written that names it: a row of written_against.csv."""

    file: str
    reference: str
    figure: str
    period: str
    printed: str
    value: str
    lower: str
    upper: str
    verdict: str
    trend: str


_COLUMNS = tuple(one.name for one in fields(Kept))


class References:
    """Finds the figures that texts name, in one area's report."""

    def __init__(self, na: Assessment) -> None:
        self.na = na
        places = (na.area, *na.districts, *na.members, *na.regions, na.england)
        self.places = {one.code: one for one in places}

    def find(self, text: str, where: str, problems: list[Problem]) -> Figure | None:
        """The figure that a reference names; None, and a problem, where it names none.

        A figure that is hidden, or not there for the area, is returned as what it is.
        """
        name, _, form = text.strip().partition(":")
        if form not in FORMS:
            known = ", ".join(one for one in FORMS if one)
            what = f"A figure has no form '{form}': {{{text}}}."
            problems.append(Problem(what, where, f"Write {known}, or nothing, after the colon."))
            return None
        key, *rest = name.split(".")
        if key not in self.na.catalogue.indicators:
            listed = self.na.catalogue.indicators
            remedy = did_you_mean(key, listed, "needs commentary lists what there is.", quote="'")
            problems.append(Problem(f"There is no figure {{{text}}}.", where, remedy))
            return None
        place = self._place(rest[0], text, where, problems) if rest else self.na.area
        if place is None:
            return None
        if len(rest) < 2:
            return self.na.figure(key, place)
        return self._of_period(key, place, rest[1:], text, where, problems)

    def _place(self, code: str, text: str, where: str, problems: list[Problem]) -> Place | None:
        if code in self.places:
            return self.places[code]
        named = [one for one in self.places.values() if one.name.casefold() == code.casefold()]
        if named:
            return named[0]
        rows = self.na.areas[self.na.areas["code"] == code]
        is_ = f", {rows.iloc[0]['name']}," if len(rows) else ""
        known = "; ".join(f"{one.code} {one.name}" for one in self.places.values())
        what = f"The area {code}{is_} of {{{text}}} is not in this report."
        problems.append(Problem(what, where, f"It knows {known}."))
        return None

    def _of_period(
        self,
        key: str,
        place: Place,
        rest: Sequence[str],
        text: str,
        where: str,
        problems: list[Problem],
    ) -> Figure | None:
        own = [one for one in published(self.na, key) if one.area_code == place.code]
        wanted = ".".join((key, place.code, *rest))
        exact = next((one for one in own if one.id == wanted), None)
        if exact is not None:
            return exact
        periods = {figure_id(one.period): one.period for one in own}
        if len(rest) == 1 and rest[0] in periods:
            return self.na.figure(key, place, periods[rest[0]])
        newest = ", ".join(list(periods)[-3:])
        there = f"There are {newest}." if newest else f"It has no figure of {place.name}."
        remedy = did_you_mean(rest[0], periods, there, quote="'")
        problems.append(Problem(f"There is no figure {{{text}}} of that period.", where, remedy))
        return None

    def fill(
        self, text: Text, where: str, problems: list[Problem]
    ) -> tuple[Text, tuple[Quoted, ...]]:
        """A text with its references printed, and what they print."""
        spans: list[Span] = []
        quoted: list[Quoted] = []
        for span in text:
            last = 0
            for found in REFERENCE.finditer(span.text):
                spans.append(replace(span, text=span.text[last : found.start()]))
                last = found.end()
                figure = self.find(found[1], where, problems)
                if figure is None:
                    continue
                quoted.append(Quoted(found[1].strip(), figure, where))
                form = found[1].partition(":")[2]
                said = say("{f:" + form + "}" if form else "{f}", f=figure)
                spans += [replace(one, strong=span.strong, emphasis=span.emphasis) for one in said]
            spans.append(replace(span, text=span.text[last:]))
        return tuple(one for one in spans if one.text), tuple(quoted)

    def kept(self, file: str, quoted: Quoted) -> Kept:
        """What a figure is now, as written_against.csv keeps it."""
        figure = quoted.figure
        numbers = (figure.value, figure.lower, figure.upper)
        value, lower, upper = ("" if one is None else repr(float(one)) for one in numbers)
        return Kept(file, quoted.text, figure.id, figure.period, figure.text, value, lower, upper,
                    *self._verdicts(figure))  # fmt: skip

    def _verdicts(self, figure: Figure) -> tuple[str, str]:
        """How a figure stands to England's, and where its area's series goes."""
        if not figure.shown or figure.area_code == self.na.england.code:
            return "", ""
        england = self.na.figure(figure.indicator, self.na.england, figure.period, figure.sex)
        verdict = compared(self.na, figure, england).judgement if england.shown else ""
        own = figure.area_code == self.na.area.code and figure.sex == "persons"
        trend = recent(self.na, self.na.indicator(figure.indicator)).label if own else ""
        return verdict, trend

    def typed(self, texts: Iterable[tuple[str, str]]) -> Iterator[str]:
        """Numbers typed into texts, by place, that are figures of this report: what to write."""
        known: dict[str, str] = {}
        for where, text in texts:
            for number in dict.fromkeys(typed_figures(text)):
                known = known or self._printed()  # takes long, and few texts have such a number
                plain_number = number.replace(" per cent", "%").rstrip(".,")
                if plain_number in known:
                    yield (
                        f"{where}: '{number}' is typed and looks like a figure of this report; "
                        f"write {{{known[plain_number]}}}, which is kept up to date."
                    )

    def _printed(self) -> dict[str, str]:
        """References by what they print: the newest figures of the area and of England."""
        found: dict[str, str] = {}
        for place in (self.na.area, self.na.england):
            for key in self.na.catalogue.indicators:
                figure = self.na.figure(key, place)
                if figure.shown:
                    text = figure.text if figure.unit in ("%", "£") else figure.number
                    own = place.code == self.na.area.code
                    found.setdefault(text, key if own else f"{key}.{place.code}")
        for one in self.na.once(ranked):  # whose sentences round
            figure = self.na.figure(one.indicator)
            if figure.unit == "%" and figure.value is not None:
                found.setdefault(f"{figure.value:.0f}%", one.indicator)
        return found


def read_kept(path: Path, problems: list[Problem]) -> dict[tuple[str, str], Kept]:
    """What figures were when texts were written, by file and reference."""
    if not path.is_file():
        return {}
    rows = csv.reader(io.StringIO(read_text(path, problems)))
    head = next(rows, [])
    if tuple(head) != _COLUMNS:
        remedy = "Delete it, and keep the figures of today: needs commentary … --accept"
        what = "The file has not the columns that needs commentary writes."
        problems.append(Problem(what, f"{path.parent.name}/{path.name}, line 1", remedy))
        return {}
    kept = []
    for number, row in enumerate(rows, 2):
        if len(row) == len(_COLUMNS) and all(_is_number(one) for one in row[5:8]):
            kept.append(Kept(*row))
        elif row:
            where = f"{path.parent.name}/{path.name}, line {number}"
            problems.append(Problem("The line is not one that was written.", where, "Delete it."))
    return {(one.file, one.reference): one for one in kept}


def _is_number(text: str) -> bool:
    try:
        return not text or math.isfinite(float(text))
    except ValueError:
        return False


def write_kept(kept: Iterable[Kept]) -> str:
    """The text of written_against.csv."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    ordered = {(one.file, one.reference): one for one in kept}
    writer.writerows([getattr(ordered[key], name) for name in _COLUMNS] for key in sorted(ordered))
    return out.getvalue()


def changed_since(was: Kept | None, now: Kept) -> str:
    """What a reader of a text must know that has changed since it was written; else nothing.

    Material is another verdict, another direction, a value beyond the old interval (another value,
    where there was none), and a figure that is gone.

    Examples
    --------
    >>> was = Kept("deaths.md", "r", "r.E1.2020", "2020", "6.3", "6.3", "5.0", "7.6", "similar", "")
    >>> changed_since(was, replace(was, printed="6.9", value="6.9", lower="5.6", upper="8.2"))
    ''
    >>> changed_since(was, replace(was, printed="8.1", value="8.1", verdict="worse"))
    'r was 6.3 (2020), similar to England; it is 8.1 (2020), worse than England'
    """
    if was is None:
        return ""
    gone = bool(was.value) and not now.value
    moved = bool(was.value) and bool(now.value) and _beyond(was, now)
    if not (gone or moved or was.verdict != now.verdict or was.trend != now.trend):
        return ""
    return f"{was.reference} was {_told(was)}; it is {_told(now)}"


def _beyond(was: Kept, now: Kept) -> bool:
    if was.lower and was.upper:
        return not float(was.lower) <= float(now.value) <= float(was.upper)
    return was.printed != now.printed


def _told(kept: Kept) -> str:
    to = {"similar": "similar to England", "not compared": "not compared with England"}
    verdict = to.get(kept.verdict, f"{kept.verdict} than England" if kept.verdict else "")
    trend = "" if kept.trend == TREND_WORDS else kept.trend
    said = [f"{kept.printed} ({kept.period})", verdict, trend]
    return ", ".join(one for one in said if one)


def sentence(text: Text | str) -> str:
    """The first words of a text, by which its author finds it."""
    words = plain(text).split()
    return " ".join(words[:8]) + ("…" if len(words) > 8 else "")
