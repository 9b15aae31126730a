"""A run's own folder for what is not finished, beside the report: one run at a time."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from needs.errors import NotebookError, ParameterError
from needs.sources.whole_files import hold, unwritable

#: Seconds after which what another report's run has left to be looked at is cleared away.
OLD = 24 * 60 * 60

LOCK = "lock"

#: How often, and how many seconds apart, a lock is asked for: another run may be clearing up.
_TRIES, _WAIT = 20, 0.05


@contextlib.contextmanager
def scratch_folder(target: Path) -> Iterator[Path]:
    """Hold a hidden folder beside a report while it is made.

    The system gives the lock in it back when a run ends, however it ends. So a lock that is free
    is of a run that was killed; the next run clears it away, whichever report it makes. A run in
    which a notebook failed takes its lock away and leaves its copies to be looked at, until the
    report is made again, or for a day.

    Parameters
    ----------
    target : Path
        The report's folder, ``<out>/<area>/<year>``; it need not be there.

    Yields
    ------
    Path
        Empty but for the lock. Removed at the end, unless a notebook failed.

    Raises
    ------
    ParameterError
        Another run is making this report, or its folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as reports:
    ...     with scratch_folder(Path(reports, "rutland", "2022")) as folder:
    ...         inside = folder.name
    ...     inside, list(Path(reports).iterdir())
    ('.needs-run-2022', [])
    """
    target = target.absolute()  # notebooks run in a folder of their own
    above = target.parent.parents
    empty = [target.parent, *(path for path in above if not path.exists())]
    folder = target.with_name(f".needs-run-{target.name}")
    try:
        held = _take(folder)
    except OSError as error:
        raise ParameterError(
            f"Reports cannot be written there: {error.strerror or error}.",
            f"--out: {'/'.join(target.parts[-2:])}",
            unwritable(error, target, "--out").problem.remedy,
        ) from None
    if held is None:
        raise ParameterError(
            f"Another run is making {'/'.join(target.parts[-2:])} now.",
            "--out",
            "Wait until it is done, or write to another folder with --out.",
        )
    try:
        _clear(folder)
        _clear_old(target.parent.parent, folder)
        yield folder
    except NotebookError:
        held.close()
        (folder / LOCK).unlink(missing_ok=True)
        raise
    except BaseException:
        _end(held, folder, empty)
        raise
    else:
        _end(held, folder, empty)


def _take(folder: Path) -> BinaryIO | None:
    """The folder's lock, held; None where another run holds it.

    Raises
    ------
    OSError
        No folder, or no lock, can be made there.
    """
    gone: OSError | None = None
    for _ in range(_TRIES):
        stream, gone = None, None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stream = (folder / LOCK).open("a+b")
            if hold(stream) and os.path.samestat(os.fstat(stream.fileno()), (folder / LOCK).stat()):
                return stream
        except FileNotFoundError as error:  # the run before has just cleared the folder away
            gone = error
        except OSError:
            if stream is not None:
                stream.close()
            raise
        if stream is not None:
            stream.close()
        time.sleep(_WAIT)
    if gone is not None:  # nobody clears up for so long: the system makes no folder there
        raise gone
    return None


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink(missing_ok=True)


def _clear_old(out: Path, own: Path) -> None:
    """Clear away what killed runs of other reports left, and what failed ones left a day ago."""
    for folder in out.glob("*/.needs-run-*"):
        if folder == own:
            continue
        with contextlib.suppress(OSError):  # another run may do the same now
            if (folder / LOCK).exists():
                stream = (folder / LOCK).open("a+b")
                if hold(stream):
                    _end(stream, folder, [folder.parent])
                else:
                    stream.close()
            elif time.time() - folder.stat().st_mtime > OLD:
                shutil.rmtree(folder, ignore_errors=True)


def _end(held: BinaryIO, folder: Path, empty: list[Path]) -> None:
    held.close()
    shutil.rmtree(folder, ignore_errors=True)
    for path in empty:  # where no report was made
        with contextlib.suppress(OSError):
            path.rmdir()
