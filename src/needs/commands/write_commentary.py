"""Write the files of commentary on an area, check them, and keep what their figures are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import nbformat

from needs.commands.run import Ground, chapters, commentary_of
from needs.commentary import files
from needs.commentary.empty_files import empty_files
from needs.commentary.gathering import CHANGED, Commentary
from needs.commentary.references import write_kept
from needs.figures import assessment
from needs.figures.assessment import Assessment
from needs.report.document import chapter_key, is_annex
from needs.report.parameters import RunParameters
from needs.sources.whole_files import write_file
from needs.words.english import count_noun

_AGAIN = (
    "When each text is right again, keep the figures as they are now: the same command, --accept"
)


def write_commentary(
    parameters: RunParameters, start: Ground, notebooks: Path, *, accept: bool = False
) -> list[str]:
    """Write the files that are not there yet, with hints, and check those that are.

    Parameters
    ----------
    parameters : RunParameters
    start : Ground
    notebooks : Path
        The chapters; commentary stands in a folder beside them.
    accept : bool
        Whether the figures that texts name are kept as they are now: the texts were read with them.

    Returns
    -------
    list of str
        What was written, and what to look at, a line each.

    Raises
    ------
    InvalidDataError
        With every fault of what is written.
    """
    areas, name = assessment.choose(parameters.areas, parameters.year, start.areas, parameters.name)
    codes = tuple(one.code for one in areas)
    opened = assessment.load(codes, parameters.year, name, processed=start.processed)
    base = notebooks.resolve().parent / files.FOLDER
    folder = parameters.folder(base, opened.name).parent
    lines = [f"written: {path}" for path in _write(folder, opened, chapters(notebooks))]
    found = commentary_of(replace(start, commentary=base), opened, parameters) or Commentary()
    if accept:
        path = folder / files.WRITTEN
        write_file(path, write_kept(found.kept), "--accept")
        count = count_noun(len({(one.file, one.reference) for one in found.kept}), "figure")
        return [*lines, f"kept: {count} as now, in {folder.name}/{path.name}"]
    again = [_AGAIN] if any(CHANGED in one for one in found.warnings) else []
    return [*lines, *found.warnings, *again, *_summary(found, folder)]


def _write(folder: Path, opened: Assessment, notebooks: Sequence[Path]) -> list[str]:
    """Write what is not there yet; a file of another name for the same chapter counts."""
    titles = {chapter_key(path.name): _title(path) for path in notebooks}
    wanted = empty_files(
        opened,
        {key: title for key, title in titles.items() if not is_annex(title)},
        opened.name,
        opened.area.code,
    )
    pages = (chapter_key(path.stem).casefold() for path in folder.glob("*.md"))
    there = {one.replace("-", "_") for one in pages}
    written = []
    for name, text in wanted.items():
        path = folder.parent / name if name == files.HOUSE else folder / name
        if path.exists() or (path.suffix == ".md" and path.stem in there):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, text, "commentary")
        written.append(path.relative_to(folder.parent.parent).as_posix())
    return written


def _title(path: Path) -> str:
    node = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    texts = (one.source for one in node.cells if one.cell_type == "markdown")
    return next((one[2:].splitlines()[0] for one in texts if one.startswith("# ")), path.stem)


def _summary(found: Commentary, folder: Path) -> list[str]:
    if not (found.pages or found.actions):
        return [f"Nothing is written yet in {files.FOLDER}/{folder.name}."]
    figures = {(one.file, one.reference) for one in found.kept}
    counts = (
        count_noun(len(found.pages), "chapter"),
        count_noun(len(found.actions), "recommendation"),
        count_noun(len(figures), "figure"),
    )
    return [f"No faults: {', '.join(counts)} named."]
