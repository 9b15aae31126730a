"""The command line. Modules that load pandas are imported inside the commands that need them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needs.errors import NeedsError, ParameterError

if TYPE_CHECKING:
    from needs.commands.run import Progress

app = typer.Typer(
    name="needs",
    help="Drug and alcohol needs assessments for any upper-tier local authority in England.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=(
        "Exit codes: 0 done, 2 bad parameters, 3 data missing, 4 data invalid, "
        "5 a notebook failed, 6 rendering failed, 7 a check failed."
    ),
)

Area = Annotated[
    str, typer.Option("--area", "-a", help="Name or code of an upper-tier local authority.")
]
Areas = Annotated[
    list[str],
    typer.Option("--area", "-a", help="Name or code of an upper-tier authority; may be repeated."),
]
Year = Annotated[
    str, typer.Option("--year", "-y", help="Reporting year: the newest data up to its end is used.")
]
Raw = Annotated[
    Path | None, typer.Option("--raw", help="Publishers' files.", show_default="data/raw")
]
Processed = Annotated[
    Path | None,
    typer.Option("--processed", help="Tables made from them.", show_default="data/processed"),
]
Notebooks = Annotated[
    Path | None, typer.Option("--notebooks", help="Chapters.", show_default="notebooks")
]
Reports = Annotated[
    Path | None, typer.Option("--out", "-o", help="Folder of reports.", show_default="reports")
]
Neighbours = Annotated[
    str,
    typer.Option(
        "--neighbours",
        help="Whose statistical neighbours: official (a publisher's list, where it serves the year "
        "and the area) or open (this project's method).",
    ),
]
Since = Annotated[
    Path | None,
    typer.Option("--since", help="Folder of the last report: this one says what has changed."),
]
AsOf = Annotated[
    str,
    typer.Option(
        "--as-of",
        help="Use only what is known to have been published by this day (YYYY-MM-DD).",
        show_default="everything",
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Show no progress, and only warnings that ask for something."
    ),
]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; a fault that the user can mend is printed without a traceback.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        The exit code of the fault's family. Success ends the process with 0.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a narrow Windows code page must not fail a run
    given = sys.argv[1:] if arguments is None else list(arguments)
    if arguments is None:
        from needs.tables import second_process

        second_process.allow()
    try:
        _refuse_broken(given)
        app(args=given, prog_name="needs")
    except NeedsError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except OSError as error:  # of a place that no command foresees, or of the output itself
        from needs.sources.whole_files import refused

        fault = refused(error)
        print(fault, file=sys.stderr)
        return fault.exit_code
    return 0


def _refuse_broken(arguments: Sequence[str]) -> None:
    """Refuse bytes that are no text in the system's encoding: no report could print them.

    Raises
    ------
    ParameterError
    """
    for number, argument in enumerate(arguments):
        try:
            argument.encode()
        except UnicodeEncodeError:
            before = arguments[number - 1] if number else ""
            raise ParameterError(
                f"{argument!a} holds a byte that is no letter.",
                argument.split("=")[0]
                if argument[:1] == "-"
                else before
                if before[:1] == "-"
                else "",
                "Write it in UTF-8; give a file or folder another name.",
            ) from None


def _folder(given: Path | None, default: str) -> Path:
    from needs.commands.project import find_project

    return given if given is not None else find_project().joinpath(*default.split("/"))


@contextmanager
def _progress(quiet: bool, pace: Callable[[int, int], str] | None = None) -> Iterator[Progress]:
    """Tell how far long work is: a bar on a terminal, else a line for each step.

    `pace` says of steps that are done, and of all, how fast they go: what many reports are told
    with, in place of the time that one has taken.
    """
    from needs.commands.run import silent

    if quiet:
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    # The stream of now: the chapters that run in this process have streams of their own.
    console = Console(file=sys.stderr)
    if not console.is_terminal:

        def line(what: str, done: int, total: int) -> None:
            how_fast = f"  {pace(done, total)}".rstrip() if pace else ""
            print(f"{done}/{total} {what}{how_fast}", file=console.file)

        yield line
        return
    what, bar, count = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    columns = (
        (bar, count, TextColumn("{task.fields[pace]}"), what)
        if pace
        else (what, bar, count, TimeElapsedColumn())
    )
    # the chapters of one report run in this process, those of a batch in others
    redirect = pace is not None
    with Progress(
        *columns, console=console, redirect_stdout=redirect, redirect_stderr=redirect
    ) as progress:
        task = progress.add_task("", total=None, pace="")

        def tell(what: str, done: int, total: int) -> None:
            how_fast = pace(done, total) if pace else ""
            progress.update(task, description=what, completed=done, total=total, pace=how_fast)

        yield tell


def _prepared(raw: Path | None, processed: Path | None, quiet: bool) -> Path:
    from needs.tables import prepare as preparing

    raw, processed = _folder(raw, "data/raw"), _folder(processed, "data/processed")
    if not preparing.is_fresh(raw, processed):
        with _progress(quiet) as progress:
            preparing.prepare(raw, processed, progress)
    return processed


@app.command()
def areas(
    text: Annotated[str, typer.Argument(help="Part of a name, or a code.")] = "",
    raw: Raw = None,
    processed: Processed = None,
    quiet: Quiet = False,
) -> None:
    """Find an area, or a declared footprint of several, by name or code."""
    from needs.errors import ParameterError
    from needs.figures.footprint import search_footprints
    from needs.tables.areas import ENGLAND_ONLY, outside_england, search
    from needs.tables.stored import is_table, read_table

    tables = _folder(processed, "data/processed")
    ready = is_table(tables / "areas.parquet")  # names need no fresh data
    table = read_table(tables if ready else _prepared(raw, processed, quiet), "areas")
    joined = search_footprints(text)
    found = search(text, table)
    if not found and not joined and (elsewhere := outside_england(text)):
        raise ParameterError(elsewhere, "TEXT", ENGLAND_ONLY)
    if not found and not joined:
        raise ParameterError(
            f"There is no area like '{text}'.",
            "TEXT",
            "Give fewer letters, or list all names and codes: needs areas",
        )
    for area in found:
        ended = f"  until {area.valid_to:%d %B %Y}" if area.valid_to else ""
        typer.echo(f"{area.code}  {area.kind:<10}  {area.name}{ended}")
    for name, members in joined.items():
        typer.echo(f"{'':9}  {'footprint':<10}  {name}: {'; '.join(members)}")


@app.command(name="list")
def list_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="indicators, sources or areas.")],
    area: Annotated[
        str, typer.Option("--area", "-a", help="Area whose figures are listed, or part of a name.")
    ] = "",
    year: Annotated[str, typer.Option("--year", "-y", help="Reporting year.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
    raw: Raw = None,
    processed: Processed = None,
) -> None:
    """List indicators, sources or areas; of an area, each figure or why there is none."""
    import csv

    from needs import catalogue
    from needs.commands.listing import list_kind

    if year and not (year.isdigit() and len(year) == 4):
        raise ParameterError(f"'{year}' is not a year.", "--year", "Write it as 2025.")
    heads, rows = list_kind(
        kind,
        catalogue.load(),
        _folder(raw, "data/raw"),
        _folder(processed, "data/processed"),
        area,
        int(year or 0),
    )
    if as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([heads, *rows])
    else:
        _show([heads, *rows])


@app.command()
def prepare(raw: Raw = None, processed: Processed = None, quiet: Quiet = False) -> None:
    """Make tidy tables from the publishers' files."""
    typer.echo(_prepared(raw, processed, quiet))


@app.command()
def check(
    raw: Raw = None,
    processed: Processed = None,
    declarations: Annotated[
        bool,
        typer.Option(
            "--catalogue",
            help="Check the declarations alone, in a moment, and print what the house's own "
            "indicators would say.",
        ),
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="With --catalogue: the sentences of every indicator.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    quiet: Quiet = False,
) -> None:
    """Validate raw and processed data against the catalogue; all failures at once."""
    import json

    from needs.errors import NeedsError

    try:
        if declarations:
            from needs.commands.declarations import check_declarations

            lines = check_declarations(every)
        else:
            from needs.commands.check import check as validate

            with _progress(quiet or as_json) as progress:
                folders = _folder(raw, "data/raw"), _folder(processed, "data/processed")
                lines = validate(*folders, progress)
    except NeedsError as error:
        if not as_json:
            raise
        faults = [one.fields() for one in error.problems or (error.problem,)]
        typer.echo(json.dumps({"checked": [], "faults": faults}, ensure_ascii=False, indent=1))
        raise typer.Exit(error.exit_code) from None
    if as_json:
        typer.echo(json.dumps({"checked": lines, "faults": []}, ensure_ascii=False, indent=1))
    else:
        typer.echo("\n".join(lines))


@app.command()
def new_edition(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Key of the source.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new file, below data/raw.")],
    edition: Annotated[
        str, typer.Option(help="Its name.", show_default="the last one's, with the new year")
    ] = "",
    released: Annotated[str, typer.Option(help="Date of release (YYYY-MM-DD).")] = "",
    like: Annotated[
        str, typer.Option(help="Edition to compare it with.", show_default="the most like it")
    ] = "",
    same: Annotated[
        list[str] | None,
        typer.Option(help='A heading or sheet that has a new name: "OLD=NEW"; repeatable.'),
    ] = None,
    catalogue: Annotated[
        Path | None,
        typer.Option(help="Folder to write into.", show_default="catalogue, beside notebooks"),
    ] = None,
    raw: Raw = None,
) -> None:
    """Compare a source's new file with its last edition, and declare it."""
    from datetime import date

    from needs.commands.new_edition import new_edition as declare

    pairs = dict(one.split("=", 1) for one in same or () if "=" in one)
    if len(pairs) < len(same or ()):
        raise ParameterError("A new name is given as OLD=NEW.", "--same", '--same "OLD=NEW"')
    try:
        day = date.fromisoformat(released) if released else None
    except ValueError:
        raise ParameterError(
            f"'{released}' is not a date.", "--released", "Write YYYY-MM-DD."
        ) from None
    lines = declare(
        source,
        file,
        _folder(raw, "data/raw"),
        name=edition,
        released=day,
        like=like,
        same=pairs,
        folder=catalogue,
    )
    typer.echo("\n".join(lines))


@app.command()
def run(
    area: Areas,
    year: Year,
    name: Annotated[str, typer.Option(help="Name of the area in the report.")] = "",
    out: Reports = None,
    formats: Annotated[
        str, typer.Option(help="Of html, pdf, xlsx, ods and docx, separated by commas.")
    ] = "html,pdf,xlsx,ods",
    date: Annotated[
        str, typer.Option(help="Date of the report (YYYY-MM-DD).", show_default="today")
    ] = "",
    neighbours: Neighbours = "official",
    as_of: AsOf = "",
    raw: Raw = None,
    processed: Processed = None,
    notebooks: Notebooks = None,
    no_prepare: Annotated[
        bool,
        typer.Option(
            "--no-prepare",
            help="Take the tables as they stand and do not look at the publishers' files; the "
            "report says so.",
        ),
    ] = False,
    since: Since = None,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh",
            help="Run every chapter, also those that would show the same as in the last report.",
        ),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Make the report of an area and a reporting year."""
    from needs.report.parameters import RunParameters

    values: dict[str, Any] = {"areas": area, "year": year, "name": name, "neighbours": neighbours}
    values["formats"] = [one.strip() for one in formats.split(",") if one.strip()]
    values |= {key: day for key, day in (("date", date), ("as_of", as_of)) if day}
    parameters = RunParameters.check(values)

    from needs.commands import run as runs
    from needs.figures.assessment import manifest
    from needs.report import manifest as manifests
    from needs.tables.as_of import folder_as_of

    with _progress(quiet) as progress:
        folder = runs.run(
            parameters,
            raw=Path() if no_prepare else _folder(raw, "data/raw"),
            processed=_folder(processed, "data/processed"),
            out=_folder(out, "reports"),
            notebooks=_folder(notebooks, "notebooks"),
            prepare=not no_prepare,
            progress=progress,
            since=since,
            fresh=fresh,
        )
    described = manifests.read(folder)
    for note in described.get("notes", ()):
        typer.echo(note, err=True)
    for line in manifests.for_authors(described, to_mend=quiet):
        typer.echo(line, err=True)
    if parameters.as_of and not quiet:
        tables = folder_as_of(_folder(processed, "data/processed"), parameters.as_of)
        for key, edition, released in manifest(tables).get("left_out", ()):
            when = f"released on {released}" if released else "no date of release is declared"
            typer.echo(f"Left out: {key} {edition}".rstrip() + f" ({when})", err=True)
    typer.echo(folder)


def _pace() -> Callable[[int, int], str]:
    """Say how many reports are made in a minute, and how long the others take."""
    import time

    began: list[tuple[float, int]] = []  # the first report counts from when the work began

    def pace(done: int, total: int) -> str:
        now = time.monotonic()
        began.append((now, done)) if not began else None
        made, taken = done - began[0][1], now - began[0][0]
        if not made or not taken:
            return ""
        left = (total - done) * taken / made
        return f"{60 * made / taken:.1f} a minute, {_minutes(left)} left"

    return pace


def _minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60:02} s" if whole >= 60 else f"{whole} s"


@app.command()
def batch(
    file: Annotated[
        Path | None, typer.Argument(help="YAML that lists areas, footprints and years.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every upper-tier authority of the year.")
    ] = False,
    year: Annotated[
        str, typer.Option("--year", "-y", help="Reporting year of what the file gives none.")
    ] = "",
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            min=1,
            help="Processes; never more than processors and memory allow.",
            show_default="processors",
        ),
    ] = None,
    scheduler: Annotated[
        str, typer.Option("--scheduler", help="Address of another dask scheduler (tcp://…).")
    ] = "",
    only_failed: Annotated[
        bool, typer.Option("--only-failed", help="Those that failed or were not reached.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Unchanged reports too.")] = False,
    out: Reports = None,
    formats: Annotated[
        str, typer.Option(help="Of html, pdf, xlsx, ods and docx, separated by commas.")
    ] = "html,pdf,xlsx,ods",
    date: Annotated[
        str, typer.Option(help="Date of the reports (YYYY-MM-DD).", show_default="today")
    ] = "",
    neighbours: Neighbours = "official",
    as_of: AsOf = "",
    raw: Raw = None,
    processed: Processed = None,
    notebooks: Notebooks = None,
    quiet: Quiet = False,
) -> None:
    """Make many reports at once, and a page that lists them."""
    from needs.report.parameters import RunParameters

    common: dict[str, Any] = {"formats": [one.strip() for one in formats.split(",") if one.strip()]}
    common["neighbours"] = neighbours
    common |= {key: day for key, day in (("date", date), ("as_of", as_of)) if day}
    _check_batch(file, every, year, only_failed)
    # what holds for all is checked before anything is read
    checked = RunParameters.check({**common, "areas": ["any"], "year": year or "2022"})

    from needs.catalogue import layers
    from needs.commands import batch as batches
    from needs.commands import run as runs

    raw, processed = _folder(raw, "data/raw"), _folder(processed, "data/processed")
    notebooks, out = _folder(notebooks, "notebooks"), _folder(out, "reports")
    with layers.beside(notebooks):
        asked, problems = batches.read_file(file, common, year) if file else ({}, [])
        if problems:
            batches.refuse_reports(asked, problems, processed)
        with _progress(quiet) as progress:
            start = runs.ground(raw, processed, notebooks, progress, as_of=checked.as_of)
        if every:
            asked = batches.everywhere(start.areas, int(year), common)
        reports, problems = batches.plan(asked, start.areas)
        if only_failed:
            failed, more = batches.plan(batches.not_done(out, common), start.areas)
            problems += more
            among = {one.folder for one in reports}
            reports = tuple(one for one in failed if not asked or one.folder in among)
        if problems:
            batches.refuse_reports({}, problems, processed)
        with _progress(quiet, _pace()) as progress:
            tally = batches.run_all(
                reports,
                start,
                notebooks=notebooks,
                out=out,
                jobs=jobs or 0,
                scheduler=scheduler,
                force=force,
                dated=bool(date),
                progress=progress,
                tell=lambda text: typer.echo(text, err=True),
            )
    for line in tally.for_authors(out, to_mend=quiet):
        typer.echo(line, err=True)
    for text in tally.lines():
        typer.echo(text, err=bool(tally.exit_code))
    typer.echo(out / "index.html")
    raise typer.Exit(tally.exit_code)


def _check_batch(file: Path | None, every: bool, year: str, only_failed: bool) -> None:
    from needs.errors import ParameterError

    if file and every:
        raise ParameterError("A file and --all exclude each other.", "FILE, --all", "Give one.")
    if not (file or every or only_failed):
        raise ParameterError(
            "Nothing says which reports to make.",
            "FILE, --all",
            "Give a file, or: needs batch --all --year YEAR",
        )
    if every and not year:
        raise ParameterError("--all needs a year.", "--year", "needs batch --all --year YEAR")


@app.command()
def pack(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the data package.")],
    area: Area = "",
    year: Annotated[
        list[str] | None, typer.Option("--year", "-y", help="Reporting year; repeatable.")
    ] = None,
    template: Annotated[
        str,
        typer.Option(
            help="Write an empty package for local data instead: deaths, admissions, ndtms, "
            "grants, reviews, prison or consultation."
        ),
    ] = "",
    raw: Raw = None,
    processed: Processed = None,
    quiet: Quiet = False,
) -> None:
    """Write an authority's data as a package, to carry to a machine without network."""
    from needs.errors import ParameterError

    if template:
        from needs.sources.package_template import write_template

        typer.echo(write_template(template, out))
        return

    lacking = [option for option, given in (("--area", area), ("--year", year)) if not given]
    if lacking:
        raise ParameterError(
            f"A data package needs {' and '.join(lacking)}.",
            ", ".join(lacking),
            "needs pack --area NAME --year YEAR --out FOLDER; or an empty package for local "
            "figures: needs pack --template KIND --out FOLDER",
        )
    from needs.commands.pack import pack as write
    from needs.report.parameters import RunParameters

    years = [RunParameters.check({"areas": [area], "year": one}).year for one in year or ()]
    typer.echo(write(_prepared(raw, processed, quiet), area, out, *years))


@app.command()
def claims(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV of printed figures; or a document (.docx, .pdf, .md, .txt) to take them from."
        ),
    ],
    area: Annotated[
        str,
        typer.Option(
            "--area",
            "-a",
            help="Name or code of an upper-tier authority.",
            show_default="the one that the file's claims are of",
        ),
    ] = "",
    year: Annotated[
        str,
        typer.Option(
            "--year",
            "-y",
            help="Reporting year.",
            show_default="that of the claims' newest period",
        ),
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="CSV to write, with every column.")
    ] = None,
    raw: Raw = None,
    processed: Processed = None,
) -> None:
    """Check the figures printed in a document, or propose from its text what is to be checked."""
    from needs.figures import assessment
    from needs.figures import claims as checking
    from needs.report.parameters import RunParameters
    from needs.sources.document_text import DOCUMENTS
    from needs.sources.printed_claims import read_claims
    from needs.sources.whole_files import reachable, write_file

    if out:
        reachable(out.parent, "--out")
    if file.suffix.lower() in DOCUMENTS:
        _propose(file, area, year, out, raw, processed)
        return
    if area and year:  # what is asked wrongly is told before anything is read
        RunParameters.check({"areas": [area], "year": year})
    printed = read_claims(file)
    tables = _prepared(raw, processed, quiet=True)
    area, year = checking.asked_for(printed, tables, file.name, area, year)
    parameters = RunParameters.check({"areas": [area], "year": year})
    opened = assessment.load(area, parameters.year, processed=tables)
    checking.refuse_unknown(printed, opened.areas, opened.catalogue, file.name)
    checked = checking.check_claims(printed, opened)
    _show(checking.told(checked, opened.areas, opened.catalogue))
    if out:
        write_file(out, checked.to_csv(index=False, lineterminator="\n"), "--out")
        typer.echo(out)
    for verdict, number in checked["verdict"].value_counts(sort=False).items():
        typer.echo(f"{number} {verdict}", err=True)


def _propose(
    file: Path, area: str, year: str, out: Path | None, raw: Path | None, processed: Path | None
) -> None:
    """Propose the claims of a document, as CSV for a person to correct; nothing is judged."""
    from needs import catalogue
    from needs.errors import ParameterError
    from needs.figures.proposed_claims import places_named, propose
    from needs.report.parameters import RunParameters
    from needs.sources.document_text import document_paragraphs
    from needs.sources.whole_files import write_file
    from needs.tables.areas import find
    from needs.tables.stored import read_table

    if not area:
        remedy = f"needs claims {file.name} --area NAME"
        raise ParameterError("Which area the document is of is not said.", "--area", remedy)
    reporting = RunParameters.check({"areas": [area], "year": year}).year if year else None
    paragraphs = document_paragraphs(file)
    known, areas = catalogue.load(), read_table(_prepared(raw, processed, quiet=True), "areas")
    place = find(area, areas, reporting)
    published = [one for one in known.indices.values() if reporting and one.published <= reporting]
    edition = max(published, key=lambda one: one.published).edition if published else ""
    names = places_named(place, areas)
    table = propose(paragraphs, file.name, place.code, names, known, edition)
    text = table.to_csv(index=False, lineterminator="\n")
    if out:
        write_file(out, text, "--out")
    typer.echo(out or text, nl=bool(out))
    open_ = int((table["period"] == "").sum())
    typer.echo(
        f"{len(table)} claims proposed, {open_} of them without a period. None is checked: correct "
        "indicator, area, period and unit beside each sentence, delete what is no claim, and give "
        "the file to needs claims.",
        err=True,
    )


@app.command()
def commentary(
    area: Annotated[
        list[str] | None,
        typer.Option("--area", "-a", help="Name or code of an upper-tier authority; repeatable."),
    ] = None,
    year: Year = "",
    name: Annotated[str, typer.Option(help="Name of the area in the report.")] = "",
    from_docx: Annotated[
        Path | None,
        typer.Option(
            "--from-docx", help="A report.docx that came back: lists its comments and changes."
        ),
    ] = None,
    sent: Annotated[
        Path | None,
        typer.Option(help="That file as it was sent, where it no longer carries its own text."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File for that list; else it is printed.")
    ] = None,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Keep the figures named as they are: the texts fit them."),
    ] = False,
    date: Annotated[
        str, typer.Option(help="Date of the report (YYYY-MM-DD).", show_default="today")
    ] = "",
    raw: Raw = None,
    processed: Processed = None,
    notebooks: Notebooks = None,
    quiet: Quiet = False,
) -> None:
    """Write empty files for what people add to an area's report, and check what they hold."""
    if from_docx:
        from needs.commentary.from_word import remarks
        from needs.sources.whole_files import write_file

        told = remarks(from_docx, sent)
        if out:
            write_file(out, told, "--out")
        typer.echo(out or told, nl=bool(out))
        return
    from needs.report.parameters import RunParameters

    values: dict[str, Any] = {"areas": area or (), "year": year, "name": name}
    parameters = RunParameters.check(values | ({"date": date} if date else {}))

    from needs.catalogue import layers
    from needs.commands.run import open_ground
    from needs.commands.write_commentary import write_commentary

    folder = _folder(notebooks, "notebooks")
    with layers.beside(folder):
        start = open_ground(_prepared(raw, processed, quiet), folder)
        for line in write_commentary(parameters, start, folder, accept=accept):
            typer.echo(line)


#: Columns of a table on the screen where there is no terminal to measure.
WIDTH = 160


def _show(rows: Sequence[Sequence[str]]) -> None:
    """Print a table, headings first; cells wrap at the width of the screen."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console = Console(file=sys.stdout, highlight=False, width=WIDTH)
    table = Table(*rows[0], box=None, pad_edge=False)
    for row in rows[1:]:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


@app.command()
def trace(
    figure: Annotated[
        str,
        typer.Argument(
            metavar="FIGURE_ID",
            help="As the register prints it; or an indicator's key, to list its figures.",
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Option("--run", help="Folder of the report.", show_default="the one that holds it"),
    ] = None,
) -> None:
    """Follow a printed number to its formula, inputs and source rows."""
    from needs.commands.trace import trace as follow

    for line in follow(figure, run, _folder(None, "reports") if run is None else None):
        typer.echo(line)


@app.command()
def changes(
    old: Annotated[Path, typer.Argument(metavar="OLD_RUN", help="Folder of the earlier report.")],
    new: Annotated[Path, typer.Argument(metavar="NEW_RUN", help="Folder of the later report.")],
    html: Annotated[Path | None, typer.Option("--html", help="Page to write, with all.")] = None,
    table: Annotated[Path | None, typer.Option("--csv", help="CSV to write, with all.")] = None,
) -> None:
    """Say what changed between two reports, and why."""
    from needs.commands.changes import change_lines, changes_csv, changes_html, compare
    from needs.sources.whole_files import reachable, write_file

    for path, option in ((html, "--html"), (table, "--csv")):
        if path:
            reachable(path.parent, option)
    found = compare(old, new)
    for line in change_lines(found):
        typer.echo(line)
    for path, option, draw in ((html, "--html", changes_html), (table, "--csv", changes_csv)):
        if path:
            write_file(path, draw(found), option)
            typer.echo(path)


@app.command()
def verify(
    report: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder of the report.")],
    raw: Raw = None,
    processed: Processed = None,
    notebooks: Notebooks = None,
    ignore_code: Annotated[
        bool, typer.Option("--ignore-code", help="Pass if other code makes the same report.")
    ] = False,
    since: Since = None,
    quiet: Quiet = False,
) -> None:
    """Run a report again and compare it byte for byte."""
    from needs.commands.verify import verify as repeat

    with _progress(quiet) as progress:
        lines = repeat(
            report,
            raw=_folder(raw, "data/raw"),
            processed=_folder(processed, "data/processed"),
            notebooks=_folder(notebooks, "notebooks"),
            ignore_code=ignore_code,
            progress=progress,
            since=since,
        )
    for line in lines:
        typer.echo(line)


@app.command()
def qa(
    report: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder of the report.")],
    raw: Raw = None,
    processed: Processed = None,
    notebooks: Notebooks = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder to write to.", show_default="the report's"),
    ] = None,
    since: Since = None,
    seed: Annotated[int, typer.Option(help="Which figures are followed to their rows.")] = 1,
    quiet: Quiet = False,
) -> None:
    """Write the record of quality assurance of a report, for people to sign."""
    from needs.commands.qa import quality_record, write_record
    from needs.errors import CheckError

    with _progress(quiet) as progress:
        record, problems = quality_record(
            report,
            raw=_folder(raw, "data/raw"),
            processed=_folder(processed, "data/processed"),
            notebooks=_folder(notebooks, "notebooks"),
            since=since,
            seed=seed,
            progress=progress,
        )
    for check in record.checks:
        typer.echo(f"{check.result}: {check.name}. {check.detail}")
    for path in write_record(record, out or report):
        typer.echo(path)
    if problems:
        raise CheckError(f"The report of {record.title} does not pass.", problems=problems)


@app.command()
def fetch(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE", help="Keys; all when none is given."),
    ] = None,
    origin: Annotated[
        str,
        typer.Option("--from", help="Folder or address laid out as data/raw, not the publishers."),
    ] = "",
    raw: Raw = None,
    accept_revision: Annotated[
        bool, typer.Option("--accept-revision", help="Take files that their publisher has changed.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell address, headings and size; ask for nothing.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Bring publishers' files in, verified and noted in data/raw/sources.lock.json."""
    from needs.sources import fetch as fetching

    if dry_run:
        for line in fetching.fetch_plan(sources or [], _folder(raw, "data/raw")):
            typer.echo(line)
        return
    with _progress(quiet) as progress:
        outcomes = fetching.fetch(
            sources or [],
            _folder(raw, "data/raw"),
            origin=origin,
            accept_revision=accept_revision,
            progress=progress,
        )
    for line in fetching.states_of_files(outcomes):
        typer.echo(line)
    fetching.raise_failures(outcomes)
