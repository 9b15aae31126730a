"""Many reports on a cluster of processes: on this machine, or on any other dask scheduler.

The processes start once, import and read what every report needs, and then make one report after
the other. A report that cannot be made does not stop the others. A process that ends, for whatever
reason, is started again, and its report with it; reports come into place whole, so nothing is ever
half there. What became of each report is kept in ``batch.json`` beside them.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib
import io
import json
import logging
import pkgutil
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import dask
import yaml
from dask.system import CPU_COUNT
from distributed import Client, KilledWorker, LocalCluster, WorkerPlugin, as_completed
from distributed.system import MEMORY_LIMIT
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from needs.catalogue import declared
from needs.charts import style
from needs.commands import run as runs
from needs.commands.run import Ground, Progress, silent
from needs.commentary.files import hashes_of
from needs.errors import (
    InvalidDataError,
    MissingDataError,
    NeedsError,
    NotebookError,
    ParameterError,
    Problem,
    did_you_mean,
)
from needs.report import html
from needs.report import manifest as manifests
from needs.report.parameters import RunParameters
from needs.sources import whole_files

if TYPE_CHECKING:
    import pandas as pd

    from needs.report.index import IndexLine

#: Name of the file that says what became of each report, in the folder of reports.
STATE = "batch.json"

#: Memory of one process, in bytes: see docs/commands.md, Many reports.
MEMORY = 400 * 10**6

#: How long a scheduler may take to answer, in seconds.
PATIENCE = 30

#: Of processes that this machine starts.
_SETTINGS = {
    # the same on every system, and no process inherits another's threads and locks
    "distributed.worker.multiprocessing-method": "spawn",
    # a process that ends again and again takes no other report with it
    "distributed.scheduler.worker-saturation": 1.0,
    # a sample of the stack each hundredth of a second, kept for a dashboard that is not there
    "distributed.worker.profile.enabled": False,
    # memory of tables that were read and are gone is given back
    "distributed.nanny.pre-spawn-environ.ARROW_DEFAULT_MEMORY_POOL": "system",
    "distributed.nanny.pre-spawn-environ.MALLOC_ARENA_MAX": "1",
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": "65536",
}

_WHERE_TO_LOOK = "See docs/commands.md, Many reports."


# What is asked for


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _entry(value: Any) -> Any:
    if isinstance(value, str):
        return {"areas": value}
    if isinstance(value, dict) and "area" in value and "areas" not in value:
        return {"areas": value["area"]} | {k: v for k, v in value.items() if k != "area"}
    return value


class BatchEntry(BaseModel):
    """One report of a batch's file: a name alone, or a mapping."""

    model_config = ConfigDict(extra="forbid")

    areas: Annotated[list[str], BeforeValidator(_one_or_more), Field(min_length=1)]
    year: Any = None
    name: str = ""


class BatchFile(BaseModel):
    """A batch's file: the reports to make, and a year for those that name none."""

    model_config = ConfigDict(extra="forbid")

    year: Any = None
    reports: Annotated[list[Annotated[BatchEntry, BeforeValidator(_entry)]], Field(min_length=1)]


def read_file(
    path: Path, common: Mapping[str, Any], year: str = ""
) -> tuple[dict[str, RunParameters], list[Problem]]:
    """Read what reports a file asks for.

    Parameters
    ----------
    path : Path
        YAML: ``reports``, a list of names, or of mappings with ``area`` or ``areas``, ``year`` and
        ``name``; and ``year`` for all that name none.
    common : mapping
        Parameters of all reports, such as formats and date.
    year : str
        Of reports for which the file has none.

    Returns
    -------
    dict of str to RunParameters
        By the place in the file, to be named in a message.
    list of Problem
        All faults of the file.

    Raises
    ------
    MissingDataError, InvalidDataError
        The file is not there, or is not YAML.
    """
    try:
        content = declared.read(path)
    except OSError as error:
        raise MissingDataError(
            f"The file cannot be read: {error.strerror}.", path.name, _WHERE_TO_LOOK
        ) from None
    except yaml.YAMLError as error:
        raise InvalidDataError(f"Not YAML: {error}", path.name, "Mend the line.") from None
    if not isinstance(content, dict):
        content = {"reports": content}
    parameters: dict[str, RunParameters] = {}
    problems: list[Problem] = []
    try:
        entries = BatchFile(**{str(key): value for key, value in content.items()})
    except ValidationError as error:
        problems = [_fault(fault, path.name) for fault in error.errors()]
        faulty = {fault["loc"][1] for fault in error.errors() if len(fault["loc"]) > 1}
        good = content.get("reports")
        if not isinstance(good, list) or len(faulty) == len(good):
            return {}, problems
        # the other reports may have faults of their own, which are told as well
        numbered = [(n, one) for n, one in enumerate(good) if n not in faulty]
        entries = BatchFile(year=content.get("year"), reports=[one for _, one in numbered])
    else:
        numbered = list(enumerate(entries.reports))
    for (number, _), entry in zip(numbered, entries.reports, strict=True):
        where = f"{path.name}, report {number + 1}"
        values = {**common, "areas": entry.areas, "name": entry.name}
        for given in (entry.year, entries.year, year):
            if given not in (None, ""):
                values["year"] = given
                break
        try:
            parameters[where] = RunParameters.check(values)
        except ParameterError as error:
            problems += [
                Problem(one.what, f"{where}, {one.where}".removesuffix(", "), one.remedy)
                for one in error.problems
            ]
    return parameters, problems


def _fault(fault: Any, file: str) -> Problem:
    place = fault["loc"]
    key = str(place[-1]) if place else ""
    where = file
    if len(place) > 1:
        where += f", report {place[1] + 1}"
    if fault["type"] == "extra_forbidden":
        known = (*BatchEntry.model_fields, "area") if len(place) > 1 else BatchFile.model_fields
        remedy = did_you_mean(key, known, f"Known: {', '.join(known)}.", quote="'")
        return Problem(f"Unknown key '{key}'.", where, remedy)
    if len(place) > 2 and isinstance(place[2], str):
        key = place[2]
    if len(place) == 2:
        return Problem("A report is a name or a mapping.", where, _WHERE_TO_LOOK)
    if fault["type"] == "missing":
        return Problem(f"'{key}' is missing.", where, _WHERE_TO_LOOK)
    return Problem(f"'{key}': {fault['msg']}.", where, _WHERE_TO_LOOK)


def everywhere(
    areas: pd.DataFrame, year: int, common: Mapping[str, Any]
) -> dict[str, RunParameters]:
    """Ask for every upper-tier authority that there is at the end of a year."""
    from needs.tables.areas import upper_tiers

    return {
        f"--all, {one.name}": RunParameters.check({**common, "areas": [one.code], "year": year})
        for one in upper_tiers(areas, year)
    }


@dataclass(frozen=True)
class Wanted:
    """One report of a batch.

    Attributes
    ----------
    parameters : RunParameters
    codes : tuple of str
        What the areas among the parameters stand for.
    area : str
        The area's name in the report.
    folder : str
        Below the folder of reports: "rutland/2022".
    """

    parameters: RunParameters
    codes: tuple[str, ...]
    area: str
    folder: str


def plan(
    asked: Mapping[str, RunParameters], areas: pd.DataFrame
) -> tuple[tuple[Wanted, ...], list[Problem]]:
    """Find the areas of all reports, before any is made.

    Parameters
    ----------
    asked : mapping of str to RunParameters
        By where it was asked for.
    areas : DataFrame
        Processed table.

    Returns
    -------
    tuple of Wanted
    list of Problem
        Unknown areas with the nearest names, footprints without one, and reports that would be
        written to the same folder.
    """
    from needs.figures.assessment import choose

    wanted: dict[str, Wanted] = {}
    problems = []
    for where, parameters in asked.items():
        try:
            found, name = choose(parameters.areas, parameters.year, areas, parameters.name)
            area = name or found[0].name
            folder = parameters.folder(Path(), area).as_posix()
        except ParameterError as error:
            of_one = error.problems or (error.problem,)
            problems += [Problem(one.what, where, one.remedy) for one in of_one]
            continue
        if folder in wanted:
            problems.append(
                Problem(
                    f"Another report is written to {folder} as well.",
                    where,
                    "Ask for it once, or give one of them another name.",
                )
            )
        codes = tuple(one.code for one in found)
        wanted.setdefault(folder, Wanted(parameters, codes, area, folder))
    return tuple(wanted.values()), problems


def refuse_reports(
    asked: Mapping[str, RunParameters], problems: Sequence[Problem], processed: Path
) -> None:
    """Say all that is wrong with what is asked for, unknown areas too where they can be looked up.

    Raises
    ------
    ParameterError
    """
    from needs.tables.stored import is_table, read_table

    there = is_table(processed / "areas.parquet")
    more = plan(asked, read_table(processed, "areas"))[1] if asked and there else []
    raise ParameterError("The batch has faults; nothing was made.", "", problems=[*problems, *more])


# What became of it


@dataclass(frozen=True)
class BatchOutcome:
    """What became of a report.

    Attributes
    ----------
    state : str
        "made", "unchanged", "failed", or "waiting": not reached.
    exit_code : int
        Of the fault's family; 0 for a report that is there.
    what, where, remedy : str
        See `needs.errors.Problem`.
    line : IndexLine, optional
        What the list of reports says of one that was made.
    """

    report: Wanted
    state: str
    exit_code: int = 0
    what: str = ""
    where: str = ""
    remedy: str = ""
    line: IndexLine | None = None


@dataclass(frozen=True)
class Tally:
    """What became of a batch, in the order in which it was asked for."""

    outcomes: tuple[BatchOutcome, ...]
    stopped: bool = False

    def of(self, state: str) -> tuple[BatchOutcome, ...]:
        """Outcomes of one state."""
        return tuple(one for one in self.outcomes if one.state == state)

    @property
    def exit_code(self) -> int:
        """Code of the first failure; 130 for a batch that the user stopped."""
        failed = self.of("failed")
        return 130 if self.stopped else failed[0].exit_code if failed else 0

    def for_authors(self, out: Path) -> list[str]:
        """What the authors of chapters should know of the reports that were made, once each."""
        made = [manifests.read(out / one.report.folder) for one in self.of("made")]
        return list(dict.fromkeys(line for one in made for line in manifests.for_authors(one)))

    def lines(self) -> list[str]:
        """The tally, and every failure with its cause and remedy."""
        out = []
        for one in self.of("failed"):
            out.append(f"{one.report.area}, {one.report.parameters.year} failed")
            out.append("  " + str(Problem(one.what, one.where, one.remedy)).replace("\n", "\n  "))
        counts = {state: len(self.of(state)) for state in ("made", "unchanged", "failed")}
        counts["not reached"] = len(self.of("waiting"))
        told = [f"{number} {state}" for state, number in counts.items() if number]
        number = len(self.outcomes)
        which = "1 report" if number == 1 else f"{number} reports"
        out.append(f"{which}: {', '.join(told) or 'nothing to make'}")
        return out


def unchanged(report: Wanted, start: Ground, out: Path, *, dated: bool) -> bool:
    """Whether the report that is there is the one that would be made.

    Inputs, parameters, code and packages are those of its manifest, and its files are whole. The
    report's date counts only if it is `dated`: asked for, and not just today.
    """
    folder = out / report.folder
    try:
        there = manifests.read(folder)
    except NeedsError:
        return False
    would = manifests.make_manifest(
        report.parameters,
        area_codes=report.codes,
        area_name=report.area,
        code=start.code,
        inputs=start.inputs,
        outputs={},
        commentary=hashes_of(start.commentary / Path(report.folder).parent)
        if start.commentary
        else {},
    )
    if not dated:
        would["parameters"]["date"] = there["parameters"].get("date")
    if manifests.differences(there, would):
        return False
    paths = {folder.joinpath(*name.split("/")): sha for name, sha in there["outputs"].items()}
    return all(
        path.is_file() and manifests.sha256(path.read_bytes()) == digest
        for path, digest in paths.items()
    )


def read_state(out: Path) -> list[dict[str, Any]]:
    """What ``batch.json`` says of the reports in a folder; nothing where there is none.

    Raises
    ------
    InvalidDataError
    """
    path = out / STATE
    if not path.is_file():
        return []
    try:
        reports = json.loads(path.read_text(encoding="utf-8"))["reports"]
        return [
            {key: one[key] for key in ("folder", "areas", "year", "name", "area", "state")} | one
            for one in reports
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidDataError(
            "The state of the batch cannot be read.",
            STATE,
            "Remove it; reports that are unchanged are not made again.",
        ) from None


def write_state(out: Path, outcomes: Iterable[BatchOutcome]) -> None:
    """Note what became of some reports; what was noted of others stays."""
    reports = {one["folder"]: one for one in read_state(out)}
    for one in outcomes:
        parameters = one.report.parameters
        entry: dict[str, Any] = {
            "folder": one.report.folder,
            "areas": list(one.report.codes),
            "year": parameters.year,
            "name": parameters.name or (one.report.area if len(one.report.codes) > 1 else ""),
            "area": one.report.area,
            "state": "done" if one.state in ("made", "unchanged") else one.state,
        }
        if one.state == "failed":
            entry |= {"exit_code": one.exit_code, "what": one.what, "where": one.where}
        reports[one.report.folder] = entry
    content = {"reports": [reports[folder] for folder in sorted(reports)]}
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    whole_files.write_whole(out / STATE, text)


def _as_of_in(folder: str) -> str:
    """The day as of which a report was made, by its folder."""
    return folder.partition("-as-of-")[2] if "-as-of-" in folder.rpartition("/")[2] else ""


def not_done(out: Path, common: Mapping[str, Any]) -> dict[str, RunParameters]:
    """Ask for the reports that failed last time, or were not reached."""
    return {
        f"{STATE}, {one['folder']}": RunParameters.check(
            {**common, "areas": one["areas"], "year": one["year"], "name": one["name"]}
        )
        for one in read_state(out)
        if one["state"] != "done" and _as_of_in(one["folder"]) == str(common.get("as_of", ""))
    }


# Making it


def bounded(asked: int, processors: int, memory: float) -> tuple[int, str]:
    """How many processes a machine has room for, and a word where they are fewer than asked for.

    Parameters
    ----------
    asked : int
        Processes; 0: as many as there are processors.
    processors : int
    memory : float
        Of the machine, in bytes.

    Examples
    --------
    >>> bounded(5000, 2, 8e9)
    (2, '2 processes rather than 5,000: this machine has 2 processors.')
    >>> bounded(0, 16, 2e9)
    (5, '5 processes rather than 16: this machine has memory for no more, at 400 MB each.')
    >>> bounded(2, 4, 8e9), bounded(0, 4, 8e9)
    ((2, ''), (4, ''))
    """
    room = max(1, int(memory // MEMORY))
    wanted = asked or processors
    jobs = min(wanted, processors, room)
    if jobs == wanted:
        return jobs, ""
    why = f"this machine has {processors} processor{'' if processors == 1 else 's'}"
    if room < processors:
        why = f"this machine has memory for no more, at {MEMORY // 10**6} MB each"
    process = "process" if jobs == 1 else "processes"
    return jobs, f"{jobs} {process} rather than {wanted:,}: {why}."


def processes(asked: int) -> tuple[int, str]:
    """`bounded` by this machine: what it has, or what it may use of it."""
    return bounded(asked, CPU_COUNT, MEMORY_LIMIT)


@dataclass(frozen=True)
class Task:
    """What a process is told: a report, folders, and what it must agree on with who asks."""

    report: Wanted
    processed: Path
    notebooks: Path
    out: Path
    code: str
    inputs: str


class Preload(WorkerPlugin):
    """Imports, fonts, a first drawing and what all reports start from: once for each process."""

    name = "needs-preload"

    def __init__(self, processed: Path, notebooks: Path, inputs: str) -> None:
        self.task = processed, notebooks, inputs
        self.style = dict(style.base_style())
        self.fonts = dict(html.font_addresses())

    def setup(self, worker: object) -> None:
        """Called by distributed when the process starts, and when it was started again."""
        style.base_style(self.style)
        html.font_addresses(self.fonts)
        warm()
        _ground(*self.task)


def warm() -> None:
    """Do all that the first report of a process would wait for."""
    from matplotlib.figure import Figure

    import needs.chapters
    from needs import catalogue
    from needs.report import block_html, engine

    for name in ("needs.report.spreadsheet", "needs.report.typst", "papermill.execute"):
        importlib.import_module(name)
    for module in pkgutil.iter_modules(needs.chapters.__path__):
        importlib.import_module(f"needs.chapters.{module.name}")
    importlib.import_module("geopandas")
    catalogue.load()
    for template in ("blocks.html.j2", "report.html.j2"):
        block_html.environment().get_template(template)
    style.register_fonts()
    drawing = Figure()
    drawing.add_subplot().set_title("a")
    drawing.savefig(io.BytesIO(), format="svg")
    with engine._chapter():
        pass


@functools.lru_cache(maxsize=1)
def _ground(processed: Path, notebooks: Path, inputs: str) -> Ground:
    return runs.open_ground(processed, notebooks)


def _digest(inputs: Mapping[str, Any]) -> str:
    return manifests.sha256(json.dumps(inputs, sort_keys=True).encode("utf-8"))


def make_task(task: Task) -> BatchOutcome:
    """Make one report in a process of the cluster; a failure is an outcome too."""
    from needs.catalogue import load
    from needs.report.index import read_line

    try:
        start = _ground(task.processed, task.notebooks, task.inputs)
        if start.code != task.code or _digest(start.inputs) != task.inputs:
            raise InvalidDataError(
                "A worker runs other code, or sees other data, than the batch.",
                "--scheduler",
                "Start its workers again, with the same version and folders.",
            )
        runs.make_report(task.report.parameters, start, task.out, lambda *_: _trim())
        _give_back()
        return BatchOutcome(
            task.report, "made", line=read_line(task.out, task.report.folder, load())
        )
    except (NeedsError, OSError) as failure:
        error = failure if isinstance(failure, NeedsError) else whole_files.refused(failure)
        problems = error.problems
        what = " ".join([error.problem.what, *(one.what for one in problems)])
        where = error.problem.where or (problems[0].where if problems else "")
        remedy = error.problem.remedy or (problems[0].remedy if problems else "")
        return BatchOutcome(task.report, "failed", error.exit_code, what, where, remedy)
    except Exception as error:  # one report's fault, whatever it is, is not the others'
        last = traceback.extract_tb(error.__traceback__)[-1]
        return BatchOutcome(
            task.report,
            "failed",
            1,
            f"{type(error).__name__}: {error}",
            f"{Path(last.filename).name}, line {last.lineno}",
            "This is a fault of needs: please report it.",
        )


def _give_back() -> None:
    """Give the memory of a report back before the next one, where the system can be told to."""
    from needs.figures import assessment

    assessment.forget()
    _trim()


def _trim() -> None:
    """Give back what is free already: between the steps of a report, it takes milliseconds."""
    with contextlib.suppress(AttributeError, OSError, TypeError):  # only the C library of Linux
        ctypes.CDLL(None).malloc_trim(0)


def _killed(report: Wanted) -> BatchOutcome:
    return BatchOutcome(
        report,
        "failed",
        NotebookError.exit_code,
        "The process that made it ended again and again.",
        report.folder,
        "Was there memory enough? Try fewer at once: --jobs 1.",
    )


def _preload(client: Client, *what: Any) -> None:
    """Let all workers preload.

    Raises
    ------
    ParameterError
        One of them cannot.
    """
    try:
        client.register_plugin(Preload(*what))
    except Exception as error:  # whatever a worker met, as it came over the wire
        with contextlib.suppress(Exception):  # or no worker could start there any more
            client.unregister_worker_plugin(Preload.name)  # type: ignore[no-untyped-call]
        cause = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise ParameterError(
            f"A worker cannot read what the reports are made from: {cause}",
            "--scheduler",
            "Its machine needs the same version of needs, and the folders under the same paths.",
        ) from error


@contextlib.contextmanager
def cluster(jobs: int, scheduler: str = "") -> Iterator[Client]:
    """Lend a client of a cluster of this machine's, or of the scheduler at an address.

    Parameters
    ----------
    jobs : int
        Processes; only for a cluster of this machine's.
    scheduler : str
        Address, such as "tcp://example:8786".

    Raises
    ------
    ParameterError
        No scheduler answers there, or it has no workers.
    """
    with contextlib.ExitStack() as stack:
        if not scheduler:
            stack.enter_context(dask.config.set(_SETTINGS))
            local = LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=jobs,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # any free port: a fixed one may be taken
                silence_logs=logging.CRITICAL,
            )
            stack.enter_context(local)
            yield stack.enter_context(Client(local))  # type: ignore[no-untyped-call]
            return
        try:
            client = Client(scheduler, timeout=PATIENCE)  # type: ignore[no-untyped-call]
            stack.enter_context(client)
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, ValueError) as error:  # TimeoutError is an OSError
            raise ParameterError(
                f"No scheduler with workers answers at {scheduler}: {error}",
                "--scheduler",
                "Start them: dask scheduler; dask worker ADDRESS --nthreads 1",
            ) from None
        yield client


def run_all(
    reports: Sequence[Wanted],
    start: Ground,
    *,
    notebooks: Path,
    out: Path,
    jobs: int = 0,
    scheduler: str = "",
    force: bool = False,
    dated: bool = False,
    progress: Progress = silent,
) -> Tally:
    """Make many reports, and the page that lists them.

    Parameters
    ----------
    reports : sequence of Wanted
        From `plan`.
    start : Ground
    notebooks, out : Path
        Folders of the chapters and of the reports.
    jobs : int
        Processes of this machine's; as many as it has processors if 0, and never more than those
        or than its memory allows (see `bounded`).
    scheduler : str
        Address of another dask scheduler, whose workers see the same folders.
    force : bool
        Make unchanged reports again.
    dated : bool
        See `unchanged`.
    progress : callable, optional

    Returns
    -------
    Tally

    Raises
    ------
    ParameterError
        The scheduler does not answer, or its workers do not see the folders.
    """
    from needs.report.index import write_index

    whole_files.reachable(out, "--out")
    out = out.resolve()
    outcomes = {
        one.folder: BatchOutcome(one, "waiting")
        if force or not unchanged(one, start, out, dated=dated)
        else BatchOutcome(one, "unchanged")
        for one in reports
    }
    todo = [one.report for one in outcomes.values() if one.state == "waiting"]
    write_state(out, outcomes.values())
    done = len(reports) - len(todo)
    inputs = _digest(start.inputs)
    processed, notebooks = start.processed.resolve(), notebooks.resolve()
    progress(f"{done} unchanged" if done else "starting", done, len(reports))
    stopped = False
    try:
        if todo:
            jobs = min(processes(jobs)[0], len(todo))
            with cluster(jobs, scheduler) as client:
                _preload(client, processed, notebooks, inputs)
                tasks = {
                    client.submit(
                        make_task,
                        Task(one, processed, notebooks, out, start.code, inputs),
                        key=f"needs-{one.folder}",
                        pure=False,
                    ): one
                    for one in todo
                }
                for future in as_completed(list(tasks)):  # type: ignore[no-untyped-call]
                    outcome = _outcome(future, tasks[future])
                    outcomes[outcome.report.folder] = outcome
                    write_state(out, [outcome])
                    done += 1
                    progress(f"{outcome.report.area}: {outcome.state}", done, len(reports))
    except KeyboardInterrupt:
        stopped = True
    noted = {one["folder"]: one["state"] for one in read_state(out)}
    write_index(
        out,
        noted,
        read={folder: one.line for folder, one in outcomes.items() if one.line},
        older=[folder for folder, state in noted.items() if state != "done"],
    )
    return Tally(tuple(outcomes.values()), stopped)


def _outcome(future: Any, report: Wanted) -> BatchOutcome:
    try:
        outcome: BatchOutcome = future.result()
    except KilledWorker:
        return _killed(report)
    except CancelledError:
        return BatchOutcome(
            report,
            "failed",
            ParameterError.exit_code,
            "The scheduler was lost before the report was made.",
            "--scheduler",
            "Start it and its workers again, then: needs batch --only-failed",
        )
    return replace(outcome, report=report)
