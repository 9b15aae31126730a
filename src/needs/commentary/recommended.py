"""Recommendations: what is to be done about which need, by whom, until when, and how it goes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field

from needs.catalogue import declared
from needs.chapters.blocks import Block, Cell, Column, Heading, Prose, Table
from needs.commentary.files import RECOMMENDATIONS, Written, line_of, read_text, read_yaml
from needs.commentary.identity import Line
from needs.commentary.references import Quoted, References
from needs.errors import Problem, did_you_mean
from needs.figures.findings import Finding
from needs.figures.findings.candidate import NOTHING, WARNING
from needs.report.document import printed_date
from needs.words import english
from needs.words.text import Span, plain

State = Literal["not started", "on track", "late", "done", "stopped"]

#: Rows of a table, so that each stays a table in Word.
ROWS = 11

#: Kinds of findings that ask nothing, and one that is listed only where something answers it.
_NO_NEED, GOOD = {NOTHING, WARNING}, "good news"


class Progress(Written):
    """How an action stood on a day."""

    date: dt.date
    state: State
    note: Line = ""


class Recommendation(Written):
    """One action.

    Attributes
    ----------
    id : str
        Its name from year to year.
    answers : str
        The need that it answers: the key of a finding's indicator, or ``key.area`` of a part.
    action, owner : str
        What is done, by which role or organisation.
    set : int
        Year in which it was decided.
    due : date or None
    progress : tuple of Progress
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    answers: Annotated[str, Field(min_length=1)]
    action: Annotated[str, Field(min_length=1, max_length=600)]
    owner: Annotated[Line, Field(min_length=1)]
    set: Annotated[int, Field(ge=2000, le=2099)]
    due: dt.date | None = None
    progress: tuple[Progress, ...] = ()

    def stands(self, date: dt.date) -> Progress | None:
        """How it stood last, up to a day."""
        known = [one for one in self.progress if one.date <= date]
        return max(known, key=lambda one: one.date) if known else None

    def answered(self, finding: Finding) -> bool:
        """Whether it answers a finding."""
        key, _, part = self.answers.partition(".")
        return key == finding.indicator and part in ("", finding.part_code)


class Listed(Written):
    """The file."""

    recommendations: tuple[Recommendation, ...] = ()


@dataclass(frozen=True)
class Recommended:
    """An action as the report prints it."""

    asked: Recommendation
    action: str
    place: str
    quoted: tuple[Quoted, ...]


def read_recommendations(
    folder: Path, references: References, date: dt.date, problems: list[Problem]
) -> tuple[tuple[Recommended, ...], list[str]]:
    """Read the recommendations for an area, and what their author should look at."""
    path = folder / RECOMMENDATIONS
    if not path.is_file():
        return (), []
    listed = read_yaml(path, Listed, problems)
    text = read_text(path, [])
    out: list[Recommended] = []
    warnings: list[str] = []
    seen: dict[str, str] = {}
    entries = enumerate(listed.recommendations) if listed else _half_read(text)
    for number, one in entries:

        def at(*names: str | int, number: int = number) -> str:
            line = line_of(text, ("recommendations", number, *names))
            return f"{folder.name}/{path.name}, line {line}"

        if one.id in seen:
            what = f"The id '{one.id}' is used twice; the first is on {seen[one.id]}."
            problems.append(Problem(what, at("id"), "Give this one another."))
        seen.setdefault(one.id, at("id").rpartition(", ")[2])
        _check_need(one, references, at("answers"), problems)
        said, quoted = references.fill(
            (Span(" ".join(one.action.split())),), at("action"), problems
        )
        out.append(Recommended(one, plain(said), at("action"), quoted))
        last = one.stands(date)
        if one.due and one.due < date and (last is None or last.state not in ("done", "stopped")):
            day = printed_date(one.due.isoformat())
            warnings.append(f"{at('due')}: '{one.id}' was due on {day}; say how it stands.")
    return tuple(out), warnings


def _half_read(text: str) -> Iterator[tuple[int, Recommendation]]:
    """Entries of a file with faults: what they name is checked too, so that all is told at once."""
    try:
        entries = declared.parse(text)["recommendations"]
        for number, one in enumerate(entries):
            named = {key: one[key] for key in ("id", "answers", "action")}
            if all(isinstance(value, str) for value in named.values()):
                yield number, Recommendation.model_construct(**named)
    except (yaml.YAMLError, TypeError, KeyError):
        return  # told already


def _check_need(
    one: Recommendation, references: References, where: str, problems: list[Problem]
) -> None:
    key, _, part = one.answers.partition(".")
    known = references.na.catalogue.indicators
    if key not in known:
        remedy = did_you_mean(key, known, "Name the key of a finding's indicator.", quote="'")
        problems.append(Problem(f"'{one.id}' answers '{key}', which is no measure.", where, remedy))
    elif part and part not in references.places:
        places = "; ".join(f"{place.code} {place.name}" for place in references.places.values())
        what = f"'{one.id}' answers a need of {part}, which is not in this report."
        problems.append(Problem(what, where, f"It knows {places}."))


def needs_and_actions(
    findings: Sequence[Finding], titles: Sequence[str], actions: Sequence[Recommended]
) -> Table | None:
    """The ranked needs beside what will be done about each, and those without anything."""
    rows = []
    for finding, title in zip(findings, titles, strict=True):
        found = [one for one in actions if one.asked.answered(finding)]
        if finding.kind in (*_NO_NEED, GOOD):
            continue
        said = [f"{one.action.rstrip('.')} ({_who(one.asked)})." for one in found]
        rows.append((Cell(title), Cell(" ".join(said) or "No recommendation yet.")))
    if not rows:
        return None
    columns = (Column("Need", "header"), Column("What we will do", "text"))
    figures = tuple(
        {each.figure.id: each.figure for one in actions for each in one.quoted}.values()
    )
    return Table("needs_and_actions", "What matters most, and what we will do", columns,
                 tuple(rows), figures=figures)  # fmt: skip


def _who(one: Recommendation) -> str:
    due = f", by {printed_date(one.due.isoformat())}" if one.due else ""
    return f"{one.owner}{due}"


def chapter_blocks(
    actions: Sequence[Recommended], names: dict[str, str], year: int, date: dt.date
) -> list[Block]:
    """The chapter on recommendations: what is new, and what was decided before."""
    new = [one for one in actions if one.asked.set >= year]
    old = [one for one in actions if one.asked.set < year]
    out: list[Block] = []
    if new:
        out += [Heading("What we will do"), *_tables(new, names, date, "Recommendations", "new")]
    if old:
        out.append(Heading("What was decided before, and how it stands"))
        out += _tables(old, names, date, "Progress with earlier recommendations", "earlier")
    states = [(one.asked.stands(date) or Progress(date=date, state="not started")) for one in old]
    if old:
        done = sum(one.state == "done" for one in states)
        of = english.count_noun(len(old), "earlier recommendation")
        text = f"Of {of}, {done or 'none'} {'are' if done > 1 else 'is'} done."
        place = len(out) - len(_chunks(old))
        out.insert(place, Prose((Span(text),)))
    return out


def _chunks(actions: Sequence[Recommended]) -> list[Sequence[Recommended]]:
    return [actions[at : at + ROWS] for at in range(0, len(actions), ROWS)]


def _tables(
    actions: Sequence[Recommended],
    names: dict[str, str],
    date: dt.date,
    caption: str,
    key: str,
) -> Iterable[Table]:
    columns = (
        Column("Recommendation", "header"),
        *(Column(one, "text") for one in ("Need", "Who", "Due", "Set in", "Progress")),
    )
    several = _chunks(actions)
    for number, part in enumerate(several, 1):
        rows = tuple(
            (
                Cell(one.action),
                Cell(names.get(one.asked.answers, one.asked.answers)),
                Cell(one.asked.owner),
                Cell(printed_date(one.asked.due.isoformat()) if one.asked.due else "not set"),
                Cell(str(one.asked.set)),
                Cell(_progress(one.asked.stands(date))),
            )
            for one in part
        )
        figures = {each.figure.id: each.figure for one in part for each in one.quoted}
        of = f" ({number} of {len(several)})" if len(several) > 1 else ""
        yield Table(f"recommendations_{key}_{number}", caption + of, columns, rows,
                    figures=tuple(figures.values()))  # fmt: skip


def _progress(last: Progress | None) -> str:
    if last is None:
        return "not started"
    note = f": {last.note.rstrip('.')}" if last.note else ""
    return f"{last.state}{note} ({printed_date(last.date.isoformat())})"
