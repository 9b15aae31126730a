"""Processes that make the reports of a batch: on this machine, or on any other dask scheduler.

They start once, import and read what every report needs, and then make one report after the other.
What they import takes seconds, so that this module is imported only when there is a report to make.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib
import logging
import pkgutil
import traceback
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client, KilledWorker, LocalCluster, WorkerPlugin, as_completed
from distributed.system import MEMORY_LIMIT

from needs.catalogue import layers
from needs.commands import run as runs
from needs.commands.run import Ground
from needs.commands.unchanged import inputs_digest, unchanged
from needs.commands.wanted import BatchOutcome, Wanted
from needs.errors import InvalidDataError, NeedsError, NotebookError, ParameterError
from needs.report import html
from needs.sources import whole_files

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
    # pieces of up to a megabyte are used again: to ask the system for each takes longer
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": "1048576",
}


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
class BatchSettings:
    """What a batch asks of all its reports.

    Attributes
    ----------
    start : Ground
    notebooks, out : Path
        Folders of the chapters and of the reports.
    inputs : str
        See `needs.commands.unchanged.inputs_digest`.
    dated, force : bool
        See `needs.commands.batch.run_all`.
    stamps : mapping of str to str
        By folder of a report, what was noted of its files.
    """

    start: Ground
    notebooks: Path
    out: Path
    inputs: str
    dated: bool = False
    force: bool = False
    stamps: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """What a process is told: a report, folders, and what it must agree on with who asks."""

    report: Wanted
    processed: Path
    notebooks: Path
    out: Path
    code: str
    inputs: str
    dated: bool = False
    force: bool = False
    stamp: str = ""


class Preload(WorkerPlugin):
    """Imports, fonts and what all reports start from: once for each process."""

    name = "needs-preload"

    def __init__(self, processed: Path, notebooks: Path, inputs: str) -> None:
        self.task = processed, notebooks, inputs
        self.fonts = dict(html.font_addresses())

    def setup(self, worker: object) -> None:
        """Called by distributed when the process starts, and when it was started again."""
        html.font_addresses(self.fonts)
        warm()
        _ground(*self.task)


def warm() -> None:
    """Do all that the first report of a process would wait for."""
    import needs.chapters
    from needs import catalogue
    from needs.report import block_html, engine

    for name in ("needs.report.spreadsheet", "needs.report.typst", "papermill.execute"):
        importlib.import_module(name)
    for module in pkgutil.iter_modules(needs.chapters.__path__):
        importlib.import_module(f"needs.chapters.{module.name}")
    catalogue.load()
    for template in ("blocks.html.j2", "report.html.j2"):
        block_html.environment().get_template(template)
    with engine._chapter():
        pass


@functools.lru_cache(maxsize=1)
def _ground(processed: Path, notebooks: Path, inputs: str) -> Ground:
    return runs.open_ground(processed, notebooks)


def make_task(task: Task) -> BatchOutcome:
    """Make one report in a process of the cluster; a failure is an outcome too."""
    from needs.catalogue import load
    from needs.report.index import read_line

    try:
        start = _ground(task.processed, task.notebooks, task.inputs)
        if start.code != task.code or inputs_digest(start.inputs) != task.inputs:
            raise InvalidDataError(
                "A worker runs other code, or sees other data, than the batch.",
                "--scheduler",
                "Start its workers again, with the same version and folders.",
            )
        if not task.force and unchanged(
            task.report, start, task.out, dated=task.dated, stamp=task.stamp
        ):
            return BatchOutcome(task.report, "unchanged")
        parameters = task.report.parameters
        runs.make_report(parameters, start, task.out, lambda *_: _trim(), fresh=task.force)
        _give_back()
        with layers.beside(task.notebooks):
            line = read_line(task.out, task.report.folder, load())
        return BatchOutcome(task.report, "made", line=line)
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


def make_all(
    reports: Sequence[Wanted], asked: BatchSettings, *, jobs: int, scheduler: str = ""
) -> Generator[BatchOutcome]:
    """Make reports, and give what became of each as it is known.

    Parameters
    ----------
    reports : sequence of Wanted
    asked : BatchSettings
    jobs : int
        Processes, see `processes`.
    scheduler : str
        Address of another dask scheduler.

    Raises
    ------
    ParameterError
        The scheduler does not answer, or its workers do not see the folders.
    """
    processed, notebooks = asked.start.processed.resolve(), asked.notebooks.resolve()
    with cluster(min(jobs, len(reports)), scheduler) as client:
        _preload(client, processed, notebooks, asked.inputs)
        tasks = {
            client.submit(
                make_task,
                Task(
                    one,
                    processed,
                    notebooks,
                    asked.out,
                    asked.start.code,
                    asked.inputs,
                    asked.dated,
                    asked.force,
                    asked.stamps.get(one.folder, ""),
                ),
                key=f"needs-{one.folder}",
                pure=False,
            ): one
            for one in reports
        }
        for future in as_completed(list(tasks)):  # type: ignore[no-untyped-call]
            yield _outcome(future, tasks[future])


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
