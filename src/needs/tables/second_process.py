"""A second process, which takes a part of the work where the machine has a processor for it.

It starts anew and inherits nothing (spawn), the same on every system. What it cannot give, for
whatever reason, the first process works out itself: then faults are told as they ever are.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

T = TypeVar("T")

#: Bytes of raw files from which on its start, a second of imports, is worth while.
WORTH = 10_000_000

#: Whether the program has said that it may be started a second time.
_allowed = False

#: What lasts as long as the second process.
_lasting = contextlib.ExitStack()


def allow() -> None:
    """Let a second process be started from now on.

    Only the command line does: the second process imports the program of the first, and a script
    of one's own that is written down without ``if __name__ == "__main__"`` would run twice.
    """
    global _allowed
    _allowed = True


def processors() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


@contextlib.contextmanager
def seldom_collecting() -> Iterator[None]:
    """While it lasts, Python looks for objects that nobody can reach any more far less often.

    Among millions of cells, which all can be reached, that look took a tenth of the time.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextlib.contextmanager
def second_process(size: int) -> Iterator[ProcessPoolExecutor | None]:
    """Lend a second process that has the catalogue of this one, where it helps.

    Parameters
    ----------
    size : int
        Bytes of the files that there is work with.
    """
    if not _allowed or size < WORTH or processors() < 2:
        yield None
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from needs.catalogue import layers

    pool = ProcessPoolExecutor(1, get_context("spawn"), _begin, (layers.project(),))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def handed_over(pool: ProcessPoolExecutor, work: Callable[..., T], *parts: object) -> Future[T]:
    """Work for the second process, also where that has ended already."""
    from concurrent.futures import BrokenExecutor, Future

    try:
        return pool.submit(work, *parts)
    except BrokenExecutor as error:
        lost: Future[T] = Future()
        lost.set_exception(error)
        return lost


def given(future: Future[T], otherwise: Callable[[], T]) -> T:
    """What the second process gives, or what is worked out here where it cannot."""
    try:
        return future.result()
    except Exception:  # it has ended, or what it made cannot be sent
        return otherwise()


def _begin(catalogue: Path | None) -> None:
    from needs.catalogue import layers

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends it
    _lasting.enter_context(seldom_collecting())
    if catalogue is not None:
        _lasting.enter_context(layers.beside(catalogue.parent / "notebooks"))
