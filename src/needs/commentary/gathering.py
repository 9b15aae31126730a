"""All that people have written about an area: read and checked at once, and put into its report."""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat

from needs.chapters.blocks import Block, Heading, Notice, Picture
from needs.commentary import files
from needs.commentary.identity import House, Identity, read_identity
from needs.commentary.pages import WrittenBlock, read_page
from needs.commentary.recommended import (
    Recommended,
    chapter_blocks,
    needs_and_actions,
    read_recommendations,
)
from needs.commentary.references import (
    Kept,
    Quoted,
    References,
    changed_since,
    read_kept,
    sentence,
)
from needs.errors import InvalidDataError, Problem, did_you_mean
from needs.figures.assessment import Assessment
from needs.figures.findings import ranked
from needs.report.document import ReportContext, chapter_key, is_annex
from needs.report.notebook_cells import models_of, shown_cell, with_cells
from needs.words.text import Span

#: Key and title of the chapter that recommendations make.
OWN_CHAPTER, OWN_TITLE = "recommendations", "Recommendations and progress"

#: The chapter whose commentary stands before its first section; that of others ends them.
SUMMARY = "summary"

#: What the accessibility statement says where nobody is named.
STATEMENT = "If you cannot use a part of this report, ask its publisher for another format."

#: Begins what is said of a text whose figures have changed.
CHANGED = "Read again"


@dataclass(frozen=True)
class Commentary:
    """What people have written about one area.

    Attributes
    ----------
    identity : House or None
        An `Identity` where the area has its own.
    logo : Picture or None
    pages : mapping of str to tuple of WrittenBlock
        By chapter.
    actions : tuple of Recommended
    kept : tuple of Kept
        What the figures named are now.
    warnings : tuple of str
        What their author should look at: a line each, with file and line.
    hashes : mapping of str to str
        SHA-256 of each file read, by its path below the folder of all commentary.
    """

    identity: House | None = None
    logo: Picture | None = None
    pages: Mapping[str, tuple[WrittenBlock, ...]] = field(default_factory=dict)
    actions: tuple[Recommended, ...] = ()
    kept: tuple[Kept, ...] = ()
    warnings: tuple[str, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)

    @property
    def own(self) -> Identity | None:
        """What the area's own file says."""
        return self.identity if isinstance(self.identity, Identity) else None

    def introduce(self, context: ReportContext) -> ReportContext:
        """What the report says of itself, with what people have said of it."""
        if self.identity is None:
            return context
        who, own = self.identity, self.own
        subtitles = [own.subtitle if own else "", context.subtitle]
        return replace(
            context,
            title=(own.title if own else "") or context.title,
            subtitle=" ".join(f"{one.rstrip('.')}." for one in subtitles if one),
            organisation=who.organisation,
            team=who.team,
            contact=who.contact,
            colour=who.colour,
            logo=self.logo,
            status=own.status if own else "",
            signed=own.signed if own else (),
        )


def read_commentary(
    folder: Path, na: Assessment, chapters: Sequence[str], date: dt.date
) -> Commentary:
    """Read all that people have written about an area.

    Parameters
    ----------
    folder : Path
        Of the area's files; the one above holds what is for all.
    na : Assessment
    chapters : sequence of str
        Keys of the report's chapters.
    date : date
        Of the report.

    Raises
    ------
    InvalidDataError
        With every fault of every file, each with its line.
    """
    problems: list[Problem] = []
    told: list[str] = []
    identity, logo = read_identity(folder, na, date, problems, told)
    references = References(na)
    pages: dict[str, tuple[WrittenBlock, ...]] = {}
    for key, path in _pages(folder, chapters, problems).items():
        if written := read_page(path, references, problems):
            pages[key] = tuple(written)
    actions, warnings = read_recommendations(folder, references, date, problems)
    warnings += told
    warnings += _strangers(folder, na.area.code, problems)
    final = isinstance(identity, Identity) and identity.status == "final"
    before = read_kept(folder / files.WRITTEN, problems)
    against = _Against(references, before, final, problems)
    marked = {key: tuple(against.marked(page)) for key, page in pages.items()}
    for one in actions:
        against.note(one.quoted, one.place, one.action)
    if problems:
        places = list(dict.fromkeys(one.where for one in problems))
        raise InvalidDataError(
            f"{len(problems)} fault{'s' if len(problems) > 1 else ''} in what is written about "
            f"{na.name}.",
            "; ".join(places[:3]) + ("; …" if places[3:] else ""),
            "Mend what each names; docs/commentary.md says how.",
            problems,
        )
    warnings += against.warnings
    warnings += references.typed(
        (one.place, one.typed) for several in pages.values() for one in several
    )
    hashes = files.hashes_of(folder)
    kept = tuple(against.kept)
    return Commentary(identity, logo, marked, actions, kept, tuple(warnings), hashes)


def _pages(folder: Path, chapters: Sequence[str], problems: list[Problem]) -> dict[str, Path]:
    """The files of Markdown, by the chapter that they are of."""
    known = [*chapters, OWN_CHAPTER]
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*")):
        where = f"{folder.name}/{path.name}"
        if path.name.startswith(".") or path.suffix.casefold() not in (".md", ".markdown"):
            continue
        key = re.sub(r"[-\s]+", "_", chapter_key(path.stem + ".ipynb").casefold())
        if key in found:
            what = f"Two files are of the chapter '{key}': {found[key].name} and {path.name}."
            problems.append(Problem(what, where, "Put both into one."))
        elif key not in known:
            listed = f"Chapters are {', '.join(known)}."
            remedy = did_you_mean(key, known, listed, quote="'")
            problems.append(Problem(f"The report has no chapter '{key}'.", where, remedy))
        else:
            found[key] = path
    return found


def _strangers(folder: Path, code: str, problems: list[Problem]) -> list[str]:
    """What lies beside the files of commentary and is not read: nothing is lost in silence."""
    known = (files.REPORT, files.RECOMMENDATIONS, files.WRITTEN)
    warnings = []
    for path in sorted(folder.glob("*")):
        kind = path.suffix.casefold()
        if path.name in known or path.name.startswith(".") or kind in (".md", ".markdown"):
            continue
        where = f"{folder.name}/{path.name}"
        if kind in (".yaml", ".yml"):
            remedy = did_you_mean(path.name, known, f"Known are {', '.join(known)}.", quote="'")
            problems.append(Problem("No file of commentary has this name.", where, remedy))
        elif path.is_dir() or kind not in files.IMAGES:
            warnings.append(f"{where} is not read: it is neither Markdown nor an image.")
    for path in sorted(folder.parent.glob("*.y*ml")):
        if path.name != files.HOUSE:
            where = f"{folder.parent.name}/{path.name}"
            remedy = f"What holds for all areas stands in {files.HOUSE}."
            problems.append(Problem("No file of commentary has this name.", where, remedy))
    if not folder.is_dir():
        warnings += [
            f"{path.parent.name}/{path.name} is of this area too, but this report looks in "
            f"{files.FOLDER}/{folder.name}, which is not there."
            for path in sorted(folder.parent.glob(f"*/{files.REPORT}"))
            if re.search(rf"^area:\s*['\"]?{re.escape(code)}\b", files.read_text(path, []), re.M)
        ]
    return warnings


class _Against:
    """Holds texts against what their figures were when they were written."""

    def __init__(
        self,
        references: References,
        before: Mapping[tuple[str, str], Kept],
        final: bool,
        problems: list[Problem],
    ) -> None:
        self.references = references
        self.before = before
        self.final = final
        self.problems = problems
        self.kept: list[Kept] = []
        self.warnings: list[str] = []

    def marked(self, written: Iterable[WrittenBlock]) -> Iterator[WrittenBlock]:
        """Commentary; in a draft, with a mark before what was written against other figures."""
        for one in written:
            said = self.note(one.quoted, one.place, one.text)
            if said and not self.final:
                items = tuple((Span(f"{line}."),) for line in said)
                title = "look at the next paragraph: its figures have changed"
                yield WrittenBlock(one.place, Notice(title, items, "caution"))
            yield one

    def note(self, quoted: Sequence[Quoted], place: str, text: str) -> list[str]:
        """Keep what the figures of a text are; says what has changed since it was written."""
        said: list[str] = []
        file = place.partition(",")[0].rpartition("/")[2]
        for one in quoted:
            now = self.references.kept(file, one)
            self.kept.append(now)
            was = self.before.get((file, now.reference))
            if not one.figure.shown:
                self._hidden(one, now, was, place)
            if change := changed_since(was, now):
                said.append(change)
                self.warnings.append(f"{place}: {change}. {CHANGED}: “{sentence(text)}”")
            elif was is None and self.before:
                line = f"{place}: {{{now.reference}}} is not in {files.WRITTEN} yet."
                self.warnings.append(line)
        return said

    def _hidden(self, one: Quoted, now: Kept, was: Kept | None, place: str) -> None:
        what = f"The figure {{{now.reference}}} is not shown: {one.figure.number}."
        if was:
            what += f" When this was written it was {was.printed} ({was.period})."
        if self.final:
            remedy = "Write the sentence without it; a final report cannot leave it open."
            self.problems.append(Problem(what, place, remedy))
        else:
            self.warnings.append(f"{place}: {what}")


def put_in(
    executed: Sequence[nbformat.NotebookNode],
    commentary: Commentary,
    na: Assessment,
    date: dt.date,
) -> list[nbformat.NotebookNode]:
    """The executed chapters with what people have written, each where it belongs.

    The notebooks that are given stay as they are.
    """
    out = [with_cells(one) for one in executed]
    for node in out:
        key = chapter_key(str(node.metadata.get("needs", {}).get("name", "")))
        if key == SUMMARY and commentary.actions:
            _put_actions(node, commentary, na)
        if written := commentary.pages.get(key):
            cell = shown_cell([one.block for one in written], f"{key}.md")
            place = _first_section(node) if key == SUMMARY else len(node.cells)
            node.cells.insert(place, cell)
        _address(node, commentary.identity)
    if commentary.actions or OWN_CHAPTER in commentary.pages:
        annexes = [number for number, node in enumerate(out) if is_annex(_title(node))]
        place = annexes[0] if annexes else len(out)
        out.insert(place, _own_chapter(commentary, na, date))
    return out


def _title(node: nbformat.NotebookNode) -> str:
    texts = (one.source for one in node.cells if one.cell_type == "markdown")
    return next((one[2:].strip() for one in texts if one.startswith("# ")), "")


def _first_section(node: nbformat.NotebookNode) -> int:
    """Where the first cell stands that begins a section."""
    for number, cell in enumerate(node.cells):
        begins = any(
            one["type"] == "Heading" and one.get("level", 2) == 2 for one in models_of(cell)
        )
        if begins or (cell.cell_type == "markdown" and cell.source.startswith("## ")):
            return number
    return len(node.cells)


def _put_actions(node: nbformat.NotebookNode, commentary: Commentary, na: Assessment) -> None:
    """Put what will be done about each need behind the ranked findings."""
    titles: dict[str, str] = {}
    place = len(node.cells)
    for number, cell in enumerate(node.cells):
        anchors = {
            str(one["anchor"]): str(one["text"])
            for one in models_of(cell)
            if one["type"] == "Heading" and str(one.get("anchor", "")).startswith("finding-")
        }
        if anchors:
            titles |= anchors
            place = number + 1
    found = na.once(ranked)
    names = [
        titles.get(f"finding-{one.rank}", one.statement.partition(". ")[0].rstrip("."))
        for one in found
    ]
    if table := needs_and_actions(found, names, commentary.actions):
        shown: list[Block] = [Heading(table.caption), table]
        node.cells.insert(place, shown_cell(shown, files.RECOMMENDATIONS))


def _own_chapter(commentary: Commentary, na: Assessment, date: dt.date) -> nbformat.NotebookNode:
    names = {}
    for one in commentary.actions:
        key, _, part = one.asked.answers.partition(".")
        place = next((each.name for each in na.districts if each.code == part), "")
        name = na.indicator(key).short_name
        names[one.asked.answers] = f"{name}, {place}" if place else name
    written = [one.block for one in commentary.pages.get(OWN_CHAPTER, ())]
    blocks = [*written, *chapter_blocks(commentary.actions, names, na.year, date)]
    cells = [
        nbformat.v4.new_markdown_cell(f"# {OWN_TITLE}"),  # type: ignore[no-untyped-call]
        shown_cell(blocks, files.RECOMMENDATIONS),
    ]
    node: nbformat.NotebookNode = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=cells, metadata={"needs": {"name": f"{OWN_CHAPTER}.ipynb"}}
    )
    return node


def _address(node: nbformat.NotebookNode, who: House | None) -> None:
    """Say in the accessibility statement whom to ask for another format."""
    if who is None or not who.contact:
        return
    named = ", ".join(one for one in (who.organisation, who.team) if one) or "its publisher"
    said = STATEMENT.replace("its publisher", f"{named} ({who.contact})", 1)
    for number, cell in enumerate(node.cells):
        if any(_says(one) for one in models_of(cell)):
            changed_cell = copy.deepcopy(cell)
            for one in models_of(changed_cell):
                if _says(one):
                    one["text"] = [{"text": said}]
            node.cells[number] = changed_cell


def _says(model: Any) -> bool:
    return model["type"] == "Prose" and [one.get("text") for one in model["text"]] == [STATEMENT]
