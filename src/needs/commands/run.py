"""Run a report: prepared data and notebooks in, a folder with every output out.

A run writes nothing into the folder of reports until everything is rendered; then it moves the new
report into place whole. Whatever goes wrong, the last good report stays.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import datetime as dt
import gc
import itertools
import json
import os
import re
import shutil
import tempfile
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import needs
from needs.catalogue import layers
from needs.chapters.blocks import MIME_TYPE
from needs.commentary.files import FOLDER as COMMENTARY
from needs.errors import (
    MissingDataError,
    NeedsError,
    NotebookError,
    ParameterError,
    Problem,
    RenderError,
)
from needs.report import manifest as manifests
from needs.report.notebook_source import source_cells
from needs.report.parameters import RunParameters, assigned
from needs.report.working_folder import scratch_folder
from needs.sources.whole_files import writing

if TYPE_CHECKING:
    import nbformat
    import pandas as pd

    from needs.commands.changes import LastReport
    from needs.commentary.gathering import Commentary
    from needs.figures.assessment import Assessment
    from needs.report.document import Document
    from needs.tables.areas import Area

#: What a notebook's parameters cell must declare, no more and no less.
NOTEBOOK_PARAMETERS = ("areas", "year", "name")

#: What a parameters cell may declare besides.
OPTIONAL_PARAMETERS = ("as_of",)

#: Told of each step: what is being done, how many steps are done, and of how many.
Progress = Callable[[str, int, int], None]


def silent(what: str, done: int, total: int) -> None:
    """Tell nobody of the progress."""


#: A chapter's name begins with its number, or its number and a letter.
_PLACE = re.compile(r"(\d+)([a-z]?)[_-]", re.IGNORECASE)


def chapters(folder: Path) -> list[Path]:
    """The notebooks of a report: every one of the folder, in order of its number and letter.

    "04a_local_context.ipynb" stands after "04_families.ipynb" and before "05_deaths.ipynb".

    Raises
    ------
    MissingDataError
        There is none.
    ParameterError
        A notebook's name gives it no place, or its parameters cell does not declare what a run
        sets; all faults at once.
    """
    found = sorted(
        path
        for path in folder.glob("*")
        if path.suffix.casefold() == ".ipynb" and not path.name.startswith(".")
    )
    places = {path: place for path in found if (place := _PLACE.match(path.name))}
    if not places:
        raise MissingDataError(
            "There are no chapters: notebooks named like 01_summary.ipynb.",
            folder.name,
            "Name the folder of notebooks with --notebooks.",
        )
    ordered = sorted(places, key=lambda path: (int(places[path][1]), places[path][2].casefold()))
    problems = [
        Problem(
            "The notebook's name gives it no place among the chapters.",
            path.name,
            "Begin it with a number (05_deaths.ipynb) or a number and a letter (05a_deaths.ipynb); "
            "or move it out of the folder.",
        )
        for path in found
        if path not in places
    ]
    problems += [problem for path in ordered for problem in _check_parameters(path)]
    if problems:
        raise ParameterError("The notebooks do not fit the run.", folder.name, problems=problems)
    return ordered


def _check_parameters(path: Path) -> Iterator[Problem]:
    try:
        cells = source_cells(path)
    except ValueError:
        yield Problem("This is not a notebook.", path.name, "Mend or remove the file.")
        return
    wanted = ", ".join(NOTEBOOK_PARAMETERS)
    tagged = [cell for cell in cells if "parameters" in cell.tags]
    if len(tagged) != 1:
        yield Problem(
            f"{len(tagged)} cells are tagged 'parameters'; a chapter has one.",
            path.name,
            f"Tag the one code cell that sets {wanted}.",
        )
        return
    try:
        declared = assigned(tagged[0].source)
    except SyntaxError as error:
        yield Problem(f"The parameters cell is not Python: {error.msg}.", path.name)
        return
    for name in sorted(declared - {*NOTEBOOK_PARAMETERS, *OPTIONAL_PARAMETERS}):
        yield Problem(
            f"The parameter '{name}' is declared, but no run sets it.",
            f"{path.name}, parameters cell",
            f"Declare {wanted}, and nothing else.",
        )
    for name in NOTEBOOK_PARAMETERS:
        if name not in declared:
            yield Problem(
                f"The parameter '{name}' is not declared, so a run cannot set it.",
                f"{path.name}, parameters cell",
                f"Declare {wanted}.",
            )


def run(
    parameters: RunParameters,
    *,
    raw: Path,
    processed: Path,
    out: Path,
    notebooks: Path,
    prepare: bool = True,
    code: str = "",
    progress: Progress = silent,
    commentary: bool = True,
    since: Path | None = None,
    fresh: bool = False,
) -> Path:
    """Make one report.

    Parameters
    ----------
    parameters : RunParameters
    raw, processed : Path
        Folders of the publishers' files and of the tables made from them; the tables are made
        again where they are older than the files.
    out : Path
        Folder of reports; this one goes to ``<out>/<area>/<year>``.
    notebooks : Path
        Folder of the chapters.
    prepare : bool
        If not, `raw` is not looked at: the tables are taken as they stand, and the report says so.
    code : str
        Stated as the version of the code, in place of its own; for `needs.commands.verify` alone.
    progress : callable, optional
    commentary : bool
        Whether what people have written, in a folder beside that of the chapters, is put in.
    since : Path, optional
        Folder of an earlier report of the area: the summary and the annex say what has changed.
    fresh : bool
        Run every chapter; else those that would show the same again are taken from the last report
        (see `needs.report.kept_chapters`), with the same bytes.

    Returns
    -------
    Path
        The report's folder: report.html, report.pdf, report.docx, tables.xlsx, tables.ods (as far
        as asked for), figures.csv, datapackage.json (what its columns mean), figures.json,
        findings.csv, manifest.json and notebooks/*.ipynb.

    Raises
    ------
    ParameterError, MissingDataError, InvalidDataError
        Before any notebook is run.
    NotebookError
        A cell failed; names the copy that was run so far.
    RenderError
        An output could not be made.
    """
    start = ground(raw, processed, notebooks, progress, prepare=prepare, as_of=parameters.as_of)
    start = dataclasses.replace(start, code=code) if code else start
    if not commentary:
        start = dataclasses.replace(start, commentary=None)
    return make_report(parameters, start, out, progress, since, fresh)


@dataclass(frozen=True)
class Ground:
    """What all reports from one folder of processed data start from: read once for many.

    Attributes
    ----------
    processed : Path
    chapters : tuple of Path
        Notebooks in order.
    areas : DataFrame
        Processed table.
    inputs : mapping
        The manifest of the processed data.
    code : str
        See `needs.report.manifest.code_version`.
    checked : bool
        Whether the tables are known to be those of the raw files.
    commentary : Path or None
        Folder of what people have written, by area; beside that of the notebooks.
    """

    processed: Path
    chapters: tuple[Path, ...]
    areas: pd.DataFrame = field(repr=False)
    inputs: Mapping[str, Any] = field(repr=False)
    code: str
    checked: bool = True
    commentary: Path | None = None


def ground(
    raw: Path,
    processed: Path,
    notebooks: Path,
    progress: Progress = silent,
    *,
    prepare: bool = True,
    as_of: dt.date | None = None,
) -> Ground:
    """Check the notebooks, and make the processed tables where they are not those of the files.

    Tables as of a day stand beside those of everything: see `needs.tables.as_of.folder_as_of`.

    With `prepare` false the tables are taken as they stand, and `raw` is not looked at.

    Raises
    ------
    ParameterError, MissingDataError, InvalidDataError
    """
    from needs.tables import prepare as preparing
    from needs.tables.as_of import folder_as_of

    processed = folder_as_of(processed, as_of)
    chapters(notebooks)  # what is wrong with them is said before a long preparation
    with layers.beside(notebooks):
        if not prepare:
            preparing.refuse_incomplete(processed)
            return dataclasses.replace(open_ground(processed, notebooks), checked=False)
        if not preparing.is_fresh(raw, processed, as_of):
            preparing.prepare(raw, processed, progress, as_of)
        return open_ground(processed, notebooks)


def open_ground(processed: Path, notebooks: Path) -> Ground:
    """Take the processed tables as they are."""
    from needs.figures import assessment
    from needs.tables.stored import read_table

    paths = tuple(chapters(notebooks))
    table = read_table(processed, "areas")
    inputs = assessment.manifest(processed)
    written = notebooks.resolve().parent / COMMENTARY
    with layers.beside(notebooks):
        code = manifests.code_version(paths)
    return Ground(
        processed,
        paths,
        table,
        inputs,
        code,
        commentary=written if written.is_dir() else None,
    )


@contextlib.contextmanager
def _own_garbage() -> Iterator[None]:
    """Look for garbage seldom, and only among what the work makes: most of that is kept."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
        gc.set_threshold(*before)


def make_report(
    parameters: RunParameters,
    start: Ground,
    out: Path,
    progress: Progress = silent,
    since: Path | None = None,
    fresh: bool = False,
) -> Path:
    """Make one report from prepared data; see `run`."""
    with layers.beside(start.chapters[0].parent), layers.still():
        return _make_report(parameters, start, out, progress, since, fresh)


def _make_report(
    parameters: RunParameters,
    start: Ground,
    out: Path,
    progress: Progress,
    since: Path | None,
    fresh: bool,
) -> Path:
    from needs.chapters.absent import to_add
    from needs.figures import assessment, parts_read
    from needs.report.findings_csv import findings_csv
    from needs.report.kept_chapters import Content, KeptReport, as_node, files_read, run_of

    areas, name, opened = open_area(parameters, start)
    codes = tuple(one.code for one in areas)
    area = opened.name
    target = parameters.folder(out, area)
    steps = len(start.chapters) + len(parameters.formats)
    values: dict[str, Any] = {"areas": list(codes), "year": parameters.year, "name": name}
    if parameters.as_of is not None:
        values["as_of"] = str(parameters.as_of)
    notes = _notes(areas, start, opened)
    written = commentary_of(start, opened, parameters)  # its faults are told before long work
    last = None
    if since:
        from needs.commands.changes import read_last

        last = read_last(since, area, codes)
    content, read_files = Content(opened), files_read(opened, start.inputs)
    there = KeptReport(target) if not fresh else None
    with scratch_folder(target) as folder, _processed_data(start.processed, parameters.neighbours):
        _check_target(target, codes, start.areas)
        executed, outputs, chapter_runs = [], {}, {}
        for number, path in enumerate(start.chapters):
            progress(path.stem, number, steps)
            name_in_report = f"notebooks/{path.name}"
            kept = there.chapter(path, values, content) if there else None
            if kept:
                outputs[name_in_report], chapter_run = kept
                executed.append(as_node(outputs[name_in_report]))
            else:
                with parts_read.listening() as parts:
                    executed.append(execute(path, values, folder, area=area))
                outputs[name_in_report] = _written(executed[-1])
                chapter_run = run_of(path, values, parts, content)
            chapter_runs[name_in_report] = chapter_run.listed()
        document = read(
            executed,
            parameters,
            opened=opened,
            code=start.code,
            inputs=_of_files(start.inputs, read_files),
            notes=notes,
            commentary=written,
            last=last,
        )
        unshown, typed = document.unshown, document.typed
        lacking = [f"{one.name}: {one.how_to_add.strip()}" for one in to_add(opened)]
        with _rendering("findings"):
            outputs["findings.csv"] = findings_csv(opened)
        # what is drawn comes from the document alone: notebooks and tables make room for it
        whole = content.of_all
        del executed, opened, content
        assessment.forget()
        outputs |= render(
            document,
            parameters.formats,
            lambda what, done, _: progress(what, len(start.chapters) + done, steps),
        )
        described = manifests.make_manifest(
            parameters,
            area_codes=codes,
            area_name=area,
            code=start.code,
            inputs=start.inputs,
            outputs=outputs,
            notes=notes,
            unshown=unshown,
            typed=typed,
            checked=start.checked,
            commentary=written.hashes if written else {},
            warnings=written.warnings if written else (),
            to_add=lacking,
            since={"year": last.recorded.year, "sha256": last.sha256} if last else {},
            read=read_files,
            content=whole,
            chapters=chapter_runs,
        )
        outputs[manifests.NAME] = manifests.dump(described)
        with writing(target, "--out"):
            publish(outputs, target)
    progress(f"{area}, {parameters.year}", steps, steps)
    return target


def open_area(parameters: RunParameters, start: Ground) -> tuple[tuple[Area, ...], str, Assessment]:
    """Open the area of a report: its authorities, the name that it is given, and the slice."""
    from needs.figures import assessment

    areas, name = assessment.choose(parameters.areas, parameters.year, start.areas, parameters.name)
    opened = assessment.load(
        tuple(one.code for one in areas),
        parameters.year,
        name,
        processed=start.processed,
        neighbours=parameters.neighbours,
    )
    return tuple(areas), name, opened


def _of_files(inputs: Mapping[str, Any], read_files: Collection[str]) -> dict[str, Any]:
    """The manifest of the processed data, with the files alone that a report reads."""
    return {**inputs, "files": [one for one in inputs["files"] if one["path"] in read_files]}


def commentary_of(
    start: Ground, opened: Assessment, parameters: RunParameters
) -> Commentary | None:
    """What people have written about an area; None where there is nothing.

    Raises
    ------
    InvalidDataError
        With every fault of what is written.
    """
    if start.commentary is None:
        return None
    from needs.commentary.gathering import read_commentary
    from needs.report.document import chapter_key

    folder = parameters.folder(start.commentary, opened.name).parent
    keys = [chapter_key(path.name) for path in start.chapters]
    read_now = read_commentary(folder, opened, keys, parameters.date)
    return read_now if read_now.hashes or read_now.warnings else None


@_own_garbage()
def execute(
    path: Path, values: Mapping[str, Any], workshop: Path, *, area: str, engine: str = "inprocess"
) -> nbformat.NotebookNode:
    """Run one chapter through papermill.

    Parameters
    ----------
    path : Path
        The notebook; it is not changed.
    values : mapping
        Its parameters.
    workshop : Path
        Folder for the copy that is run.
    area : str
        Named in a failure.
    engine : str
        "inprocess", or "nbclient" for a kernel of its own.

    Returns
    -------
    NotebookNode
        Executed, without times and other metadata that change from run to run.

    Raises
    ------
    NotebookError
    """
    # takes a second, which a batch that has nothing to make does without
    from papermill import PapermillExecutionError

    copy = workshop / path.name
    try:
        node = _papermill(path, dict(values), engine, copy)
    except PapermillExecutionError as error:
        if (whole := _allowed_to_fail(copy, error.cell_index)) is not None:
            return _without_run(whole, path.name, values)
        cause, *more = str(error.evalue).splitlines() or [""]
        # what an error of needs says of the mending; the rest stands in the copy
        told = [one.split("Remedy:", 1)[1].strip() for one in more if "Remedy:" in one]
        number = error.cell_index  # from 0, but the cell of injected parameters stands before it
        raise NotebookError(
            f"{area}: {path.name} failed in cell {number}: {error.ename}: {cause}",
            f"{path.name}, cell {number} (In [{error.exec_count}])",
            " ".join(
                [*told, f"The part-run copy is {copy}. Mend the cause it shows, then run again."]
            ),
        ) from error
    return _without_run(node, path.name, values)


def _papermill(
    path: Path, values: dict[str, Any], engine: str, copy: Path
) -> nbformat.NotebookNode:
    """Run a notebook with papermill's own parts, as its ``execute_notebook`` puts them together.

    That one writes every notebook when it is done, which takes as long as many a chapter; here only
    one that failed is written.
    """
    from papermill.engines import papermill_engines
    from papermill.execute import prepare_notebook_metadata, raise_for_execution_errors
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook
    from papermill.utils import chdir

    node: Any = parameterize_notebook(load_notebook_node(str(path)), values, engine_name=engine)
    node = prepare_notebook_metadata(node, str(copy), str(copy))
    kernel = papermill_engines.nb_kernel_name(engine_name=engine, nb=node, name=None)
    with chdir(str(path.parent)):
        node = papermill_engines.execute_notebook_with_engine(
            engine,
            node,
            kernel_name=kernel,
            output_path=None,  # where each cell's output would be saved
            progress_bar=False,
            log_output=False,
            start_timeout=60,
        )
    raise_for_execution_errors(node, str(copy))
    made: nbformat.NotebookNode = node
    return made


def _allowed_to_fail(copy: Path, cell: int) -> nbformat.NotebookNode | None:
    """The executed notebook, if its last error is of a cell tagged to raise one.

    Papermill refuses these too, at the end, but has written all that was run.
    """
    import nbformat
    from papermill.execute import remove_error_markers

    node: Any = nbformat.read(copy, as_version=4)  # type: ignore[no-untyped-call]
    node = remove_error_markers(node)
    return node if "raises-exception" in node.cells[cell].metadata.get("tags", []) else None


#: Where an object lies in memory: of a result such as <matplotlib.lines.Line2D at 0x7f…>.
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def _without_run(
    node: nbformat.NotebookNode, name: str, values: Mapping[str, Any]
) -> nbformat.NotebookNode:
    """Take away what differs between two runs of the same notebook on the same data."""
    import nbformat

    kernel = node.metadata.get("kernelspec", {})
    node.metadata = nbformat.from_dict(  # type: ignore[no-untyped-call]
        {
            "kernelspec": {key: kernel[key] for key in sorted(kernel)},
            "language_info": {"name": "python"},
            "needs": {"name": name},
            "papermill": {"parameters": dict(values)},
        }
    )
    for number, cell in enumerate(node.cells):
        cell.metadata = nbformat.from_dict(  # type: ignore[no-untyped-call]
            {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        )
        cell["id"] = f"cell-{number:02}"
        for output in cell.get("outputs", ()):
            if "text/plain" in output.get("data", {}):
                output.data["text/plain"] = _ADDRESS.sub("", output.data["text/plain"])
    node.nbformat, node.nbformat_minor = 4, 5
    return node


def _written(node: nbformat.NotebookNode) -> bytes:
    """A notebook's file: as nbformat writes it, but each display's blocks on a line of their own.

    Blocks are most of a chapter; nobody reads them, and indenting them takes most of the time.
    """
    from nbformat import v4  # whose writing does not validate what the engine made

    blocks: list[Any] = []
    light = copy.copy(node)
    light.cells = [_without_blocks(cell, blocks) for cell in node.cells]
    text: str = v4.writes(light)  # type: ignore[no-untyped-call]
    first, *rest = text.split(json.dumps(_STAND_IN))
    lines = (json.dumps(one, ensure_ascii=False, sort_keys=True) for one in blocks)
    whole = [first, *itertools.chain(*zip(lines, rest, strict=True))]
    return b"".join(one.encode("utf-8") for one in whole).rstrip(b"\n") + b"\n"


#: Stands for blocks while the rest of a notebook is written; no text has the sign that begins it.
_STAND_IN = "\0blocks"


def _without_blocks(cell: Any, blocks: list[Any]) -> Any:
    shown = [one for one in cell.get("outputs", ()) if MIME_TYPE in one.get("data", {})]
    if not shown:
        return cell
    import nbformat

    light = copy.copy(cell)
    light.outputs = []
    for output in cell.outputs:
        if MIME_TYPE in output.get("data", {}):
            blocks.append(output.data[MIME_TYPE])
            place = {MIME_TYPE: _STAND_IN}
            output = copy.copy(output)
            output.data = nbformat.from_dict({**output.data, **place})  # type: ignore[no-untyped-call]
        light.outputs.append(output)
    return light


@_own_garbage()
def read(
    executed: Sequence[nbformat.NotebookNode],
    parameters: RunParameters,
    *,
    opened: Assessment,
    code: str,
    inputs: Mapping[str, Any],
    notes: Sequence[str] = (),
    commentary: Commentary | None = None,
    last: LastReport | None = None,
) -> Document:
    """Read the executed notebooks of a report, and what people add, as one document.

    With the `last` report, what has changed since is added too.

    Raises
    ------
    RenderError
        A notebook shows what a report cannot.
    """
    from needs.report import document as documents

    context = documents.ReportContext(
        title=f"Drug and alcohol needs assessment: {opened.name}, {parameters.year}",
        area_name=opened.name,
        year=parameters.year,
        date=parameters.date.isoformat(),
        area_codes=(opened.area.code,),
        subtitle=" ".join(notes),
        version=needs.__version__,
        code_hash=code,
        geography=_geography(opened),
        catalogue=opened.catalogue,
        files=documents.input_files(inputs, opened.catalogue),
    )
    nodes = list(executed)
    if commentary:
        from needs.commentary.gathering import put_in

        context = commentary.introduce(context)
        nodes = put_in(nodes, commentary, opened, parameters.date)
    document = documents.read_document(nodes, context=context)
    if last:
        from needs.commands.changes import put_since

        # what has changed is known once all figures are
        document = documents.read_document(put_since(nodes, document, last), context=context)
    return document


@_own_garbage()
def render(
    document: Document, formats: Sequence[str], progress: Progress = silent
) -> dict[str, bytes]:
    """Draw every output of a report.

    Returns
    -------
    dict of str to bytes
        By file name.

    Raises
    ------
    RenderError
        With the traceback in a file that it names, where the cause is not the document's.
    """
    from needs.report import register

    outputs: dict[str, bytes] = {}
    for number, kind in enumerate(formats):
        progress(kind.upper(), number, len(formats))
        name, draw = _writer(kind)
        with _rendering(name):
            outputs[name] = draw(document)
    with _rendering("figures"):
        outputs["figures.csv"] = register.figures_csv(document)
        outputs["figures.json"] = register.figures_json(document)
        outputs["datapackage.json"] = register.figures_package(document, outputs["figures.csv"])
    return outputs


def _writer(kind: str) -> tuple[str, Callable[[Any], bytes]]:
    # Each is imported only when it is asked for: the PDF's compiler is large.
    if kind == "html":
        from needs.report.html import render_html

        return "report.html", lambda document: render_html(document).encode("utf-8")
    if kind == "pdf":
        from needs.report.typst import render_pdf

        return "report.pdf", render_pdf
    if kind == "xlsx":
        from needs.report.spreadsheet import render_xlsx

        return "tables.xlsx", render_xlsx
    if kind == "docx":
        from needs.report.word import render_docx

        return "report.docx", render_docx
    from needs.report.opendocument import render_ods

    return "tables.ods", render_ods


@contextlib.contextmanager
def _rendering(name: str) -> Iterator[None]:
    try:
        yield
    except NeedsError:
        raise
    except Exception as error:
        folder = Path(tempfile.mkdtemp(prefix="needs-render-"))
        trace = folder / "traceback.txt"
        trace.write_text(traceback.format_exc(), encoding="utf-8", newline="\n")
        cause = next(iter(str(error).splitlines()), "")
        raise RenderError(
            f"{name} could not be rendered: {type(error).__name__}: {cause}",
            name,
            f"This is a fault of needs; please report it with {trace}.",
        ) from error


def _geography(opened: Any) -> str:
    index = opened.catalogue.indices.get(opened.index_edition)
    if index is None:
        return ""
    return (
        f"Lower layer super output areas (LSOAs) of {index.lsoa_vintage} "
        f"(English Indices of Deprivation {index.edition})"
    )


def _notes(areas: Sequence[Area], start: Ground, opened: Assessment) -> tuple[str, ...]:
    """What a reader must know of the whole report, a sentence each; for most reports nothing."""
    from needs.tables.areas import former, future
    from needs.words.sentences import added_up

    notes = [former(one, start.areas) for one in areas]
    notes += [future(one, start.areas, opened.year) for one in areas]
    notes.append(added_up(opened))
    notes.append(_as_of(start))
    if opened.lsoa.empty:
        notes.append(_no_neighbourhoods(areas, start, opened))
    if not start.checked:
        notes.append(
            "The tables were taken as they stood: they were not compared with the publishers' "
            "files, and may be older than these."
        )
    return tuple(note for note in notes if note)


def _as_of(start: Ground) -> str:
    """That only what had been published by a day is used."""
    from needs.report.document import printed_date

    day = start.inputs.get("as_of")
    if not day:
        return ""
    return (
        f"This report takes only figures that are known to have been published by "
        f"{printed_date(day)}. What came later is left out, and so is what nobody has noted the "
        "date of release of: it is not available here."
    )


def _no_neighbourhoods(areas: Sequence[Area], start: Ground, opened: Assessment) -> str:
    """Why a report has none: the index at hand came later, or none is at hand."""
    import pandas as pd

    from needs.tables.areas import district_codes

    codes = [code for one in areas for code in district_codes(one.code, start.areas)]
    table = pd.read_parquet(
        start.processed / "lsoa.parquet",
        columns=["edition"],
        filters=[("district_code", "in", codes)],
    )
    known = opened.catalogue.indices
    at_hand = [known[one] for one in table["edition"].astype(str).unique() if one in known]
    if not at_hand:
        return (
            f"The data at hand hold no neighbourhoods of {opened.name}, and few of its figures: "
            "the publishers' national files are not there."
        )
    first = min(at_hand, key=lambda one: one.published)
    return (
        f"Neighbourhoods of {opened.name} are not described: the Indices of Deprivation at hand, "
        f"of {first.edition}, were published in {first.published}, after the reporting year "
        f"{opened.year}."
    )


@contextlib.contextmanager
def _processed_data(folder: Path, neighbours: str = "official") -> Iterator[None]:
    """Tell the notebooks what is no parameter of their story: where the data is, whose neighbours.

    So that a notebook that knows nothing of a setting follows it all the same.
    """
    from needs.figures.neighbours import SETTING

    values = {"NEEDS_PROCESSED": str(folder.resolve()), SETTING: neighbours}
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.previous")


def _check_target(target: Path, codes: tuple[str, ...], areas: pd.DataFrame | None = None) -> None:
    """Refuse to replace what is not a report of the same area, under this code or another."""
    if _aside(target).exists() and not target.exists():
        _aside(target).rename(target)  # a run was killed between taking the old and giving the new
    if not target.exists():
        return
    shown = "/".join(target.parts[-2:])
    if not target.is_dir():
        raise ParameterError(f"{shown} is a file.", "--out", "Choose another folder.")
    if not any(target.iterdir()):
        return
    if not (target / manifests.NAME).is_file():
        if _is_shown_report(target, codes):
            return
        raise ParameterError(
            f"{shown} holds files that are not a report, and would be replaced.",
            "--out",
            "Move them away, or choose another folder.",
        )
    other = manifests.read(target)["area"]
    if not _same_land(tuple(other["codes"]), codes, areas):
        raise ParameterError(
            f"{shown} is the report of {', '.join(other['codes'])}, and not of {', '.join(codes)}.",
            "--name",
            "Give this report another name, or write it to another folder with --out.",
        )


def _same_land(one: tuple[str, ...], other: tuple[str, ...], areas: pd.DataFrame | None) -> bool:
    """Whether two reports are of one place; Buckinghamshire has had two codes."""
    if one == other or areas is None:
        return one == other
    from needs.tables import same_land

    land = same_land.lands(areas)
    return {land.get(code) for code in one} == {land.get(code) for code in other}


def _is_shown_report(target: Path, codes: tuple[str, ...]) -> bool:
    """Whether a folder holds nothing but a report of the area, kept without its manifest."""
    page = target / "report.html"
    names = {path.name for path in target.iterdir()}
    if not page.is_file() or not names <= {"report.html", "report.pdf"}:
        return False
    return f"({'+'.join(codes)})" in page.read_text(encoding="utf-8", errors="replace")


def publish(outputs: Mapping[str, bytes], target: Path) -> None:
    """Put a whole report into place, instead of the last one.

    The new files are written beside the target under another name; then the old folder is renamed
    away and the new one renamed to its place. A run that is killed before leaves the old report
    alone, one that is killed between the two renamings leaves it aside, from where the next run
    takes it back.

    Parameters
    ----------
    outputs : mapping of str to bytes
        By path below the report's folder, with forward slashes.
    target : Path
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f".{target.name}.part-*"):
        shutil.rmtree(left, ignore_errors=True)  # of a run that was killed
    part = Path(tempfile.mkdtemp(prefix=f".{target.name}.part-", dir=target.parent))
    try:
        for name, content in outputs.items():
            path = part.joinpath(*name.split("/"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        part.chmod(0o755)  # a temporary folder is its owner's alone
        aside = _aside(target)
        if target.exists():
            shutil.rmtree(aside, ignore_errors=True)
            target.rename(aside)
        try:
            part.rename(target)
        except OSError:
            if aside.exists():
                aside.rename(target)
            raise
        shutil.rmtree(aside, ignore_errors=True)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
