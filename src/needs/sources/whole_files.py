"""Files and folders written whole: made beside their place, then moved there with one rename.

A process may be killed and a disk may be full at any moment. What was there stays until the new is
complete; what a killed run has left is cleared away by the next run that writes there.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from needs.errors import ParameterError

_LOCK, _NEW, _OLD = "lock", "new", "old"

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NO_FOLDER = frozenset({errno.ENOTDIR, errno.EEXIST, errno.EISDIR})

#: What a system answers that cannot exchange two folders, or not on this disk.
_NO_EXCHANGE = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})


def unwritable(error: OSError, target: Path, option: str) -> ParameterError:
    """The fault of a place that cannot be written, with the remedy that fits.

    Parameters
    ----------
    error : OSError
    target : Path
        What was to be written.
    option : str
        That named it, such as ``--out``.

    Examples
    --------
    >>> print(unwritable(OSError(errno.ENOSPC, "No space left"), Path("reports"), "--out"))
    There is no room left on the disk for 'reports'.
      Where:  --out
      Remedy: Make room on it, or name a place on another disk.
    """
    name = target.name or str(target)
    if error.errno in _FULL:
        what = f"There is no room left on the disk for '{name}'."
        remedy = "Make room on it, or name a place on another disk."
    elif error.errno in _FORBIDDEN:
        what = f"'{name}' cannot be written there: {error.strerror or error}."
        remedy = "Name a place that you may write to."
    elif error.errno == errno.ELOOP:
        what = f"The links of '{name}' lead in a circle."
        remedy = "Mend the link, or name another place."
    elif error.errno in _NO_FOLDER:
        what = f"'{name}' cannot be written: it, or a folder above it, is a file."
        remedy = "Name another place, or move the file away."
    elif error.errno == errno.ENAMETOOLONG:
        what, remedy = f"The name '{name[:60]}…' is too long.", "Name a shorter one."
    else:
        what = f"'{name}' cannot be written: {error.strerror or error}."
        remedy = "Name another place."
    return ParameterError(what, option, remedy)


def refused(error: OSError) -> ParameterError:
    """The fault of a file that the system refuses, where nothing else is known of it.

    Examples
    --------
    >>> print(refused(OSError(errno.EIO, "Input/output error", "areas.csv")))
    The system refuses 'areas.csv': Input/output error.
      Where:  areas.csv
      Remedy: Check that it is whole, that you may use it, and that its disk is well.
    """
    name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    if error.errno in _FULL | {errno.ELOOP}:
        return unwritable(error, Path(name or "the output"), name)
    return ParameterError(
        f"The system refuses '{Path(name).name or 'a file'}': {error.strerror or error}.",
        name,
        "Check that it is whole, that you may use it, and that its disk is well.",
    )


@contextlib.contextmanager
def writing(target: Path, option: str) -> Iterator[None]:
    """Tell what the system refuses while a place is written as a fault of the parameter.

    Raises
    ------
    ParameterError
    """
    try:
        yield
    except OSError as error:
        raise unwritable(error, target, option) from None


def reachable(target: Path, option: str) -> None:
    """Refuse a folder in which nothing can be written, as far as it shows beforehand.

    Raises
    ------
    ParameterError
    """
    with writing(target, option):
        real = _real(target)
        nearest = next(path for path in (real, *real.parents) if path.exists())
        if not nearest.is_dir():
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(nearest, os.W_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))


def check_replaceable(target: Path, option: str) -> None:
    """Refuse a folder that cannot be replaced as a whole, as far as it shows beforehand.

    Raises
    ------
    ParameterError
    """
    with writing(target, option):
        real = _real(target)
        reachable(real.parent, option)
        _refuse(real, option)


@contextlib.contextmanager
def new_folder(target: Path, option: str) -> Iterator[Path]:
    """Fill a new folder that takes the place of another, or of none, when all is written.

    Parameters
    ----------
    target : Path
        The folder to replace. Where it is a link, the folder that it leads to.
    option : str
        That named it, such as ``--out``.

    Yields
    ------
    Path
        An empty folder beside it.

    Raises
    ------
    ParameterError
        The place cannot be written, or cannot be replaced.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as place:
    ...     with new_folder(Path(place, "made"), "--out") as fresh:
    ...         _ = (fresh / "a.txt").write_text("whole")
    ...         before = Path(place, "made").exists()
    ...     before, [path.name for path in Path(place).rglob("*")]
    (False, ['made', 'a.txt'])
    """
    with writing(target, option):
        target = _real(target)
        _refuse(target, option)
        with _beside(target) as aside:
            fresh = aside / _NEW
            fresh.mkdir()
            yield fresh
            if target.exists():
                shutil.copymode(target, fresh)
                _exchange(fresh, target, aside / _OLD)
            else:
                fresh.rename(target)


def write_folder(target: Path, texts: Mapping[str, str], option: str) -> None:
    """Write files of a folder whole; what else the folder holds stays as it is.

    Parameters
    ----------
    target : Path
    texts : mapping of str to str
        By file name.
    option : str
        That named the folder, such as ``--out``.

    Raises
    ------
    ParameterError
        The place cannot be written.
    """
    with new_folder(target, option) as fresh:
        for path in _real(target).iterdir() if target.exists() else ():
            if path.name in texts:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.copytree(path, fresh / path.name, symlinks=True, copy_function=_linked)
            else:
                _linked(path, fresh / path.name)
        for name, text in texts.items():
            (fresh / name).write_text(text, encoding="utf-8", newline="\n")


def write_file(target: Path, text: str, option: str) -> None:
    """Write a file whole or not at all; what is no file, such as a printer, is written as it is.

    Raises
    ------
    ParameterError
        The place cannot be written.
    """
    with writing(target, option):
        target = _real(target)
        if target.is_dir():
            raise ParameterError(f"'{target.name}' is a folder.", option, "Name a file in it.")
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            target.write_text(text, encoding="utf-8", newline="\n")
            return
        with _beside(target) as aside:
            fresh = aside / _NEW
            fresh.write_text(text, encoding="utf-8", newline="\n")
            if target.exists():
                shutil.copymode(target, fresh)
            fresh.replace(target)


def settle(target: Path) -> None:
    """Clear away what killed runs have left beside a place, after taking back what was there.

    What a run that still goes has there is left alone, and so is what may not be removed.
    """
    with contextlib.suppress(OSError):
        target = _real(target)
        for left in sorted(target.parent.glob(f".{glob.escape(target.name)}.part-*")):
            if not left.is_dir() or left.is_symlink():
                continue
            with contextlib.suppress(OSError):
                with (left / _LOCK).open("a+b") as stream:
                    if not hold(stream):
                        continue
                    if not target.exists() and (left / _OLD).exists():
                        (left / _OLD).rename(target)
                shutil.rmtree(left, ignore_errors=True)  # an open file keeps its folder on Windows


def hold(stream: BinaryIO) -> bool:
    """Take the lock of an open file, which the system gives back when the process ends.

    Returns
    -------
    bool
        False where another holds it.

    Raises
    ------
    OSError
        The disk knows no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True


def _real(target: Path) -> Path:
    """The place that links lead to.

    Raises
    ------
    OSError
        They lead in a circle.
    """
    real = Path(os.path.realpath(target))
    if real.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return real


def _refuse(target: Path, option: str) -> None:
    """Refuse what cannot be replaced as a whole."""
    if not target.exists():
        return
    if not target.is_dir():
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if target.is_mount():
        raise ParameterError(
            f"'{target}' is a disk of its own, which cannot be replaced as a whole.",
            option,
            "Name a folder on it.",
        )
    if Path.cwd().is_relative_to(target):
        raise ParameterError(
            f"'{target.name}' is replaced as a whole, and this command was given in it.",
            option,
            "Go to the folder above it (cd ..), and name it from there.",
        )


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A hidden folder beside a place, removed at the end, however it is reached."""
    target.parent.mkdir(parents=True, exist_ok=True)
    settle(target)
    aside, stream = _locked(target)
    try:
        yield aside
    finally:
        stream.close()
        if target.exists() or not (aside / _OLD).exists():
            shutil.rmtree(aside, ignore_errors=True)


def _locked(target: Path) -> tuple[Path, BinaryIO]:
    """A new hidden folder with a lock: a lock that is free is of a run that was killed."""
    while True:
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.part-", dir=target.parent))
        # another run may take a folder whose lock is not yet held for one that was left
        with contextlib.suppress(FileNotFoundError):
            stream = (aside / _LOCK).open("a+b")
            try:
                held = hold(stream)
            except OSError:  # this disk knows no locks: no run clears up there
                return aside, stream
            if held and (aside / _LOCK).exists():
                return aside, stream
            stream.close()


def _exchange(fresh: Path, target: Path, old: Path) -> None:
    """Let a folder take the place of another.

    In one step, where the system has one. Elsewhere between two steps nothing is there, and a run
    that is killed then leaves `old`, from where `settle` takes it back.
    """
    if _swapped(fresh, target):
        return
    target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        old.rename(target)
        raise


def _swapped(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system or the disk has none."""
    if sys.platform == "win32":
        return False
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin":
        call, values = "renamex_np", (*names, 2)  # RENAME_SWAP
    else:
        call, values = "renameat2", (-100, names[0], -100, names[1], 2)  # RENAME_EXCHANGE
    if not hasattr(library, call):
        return False
    if getattr(library, call)(*values) == 0:
        return True
    fault = ctypes.get_errno()
    if fault in _NO_EXCHANGE:
        return False
    raise OSError(fault, os.strerror(fault))


def _linked(path: str | Path, copy: str | Path) -> None:
    """The same file under another name, or a copy where the disk has no such links."""
    try:
        os.link(path, copy, follow_symlinks=False)
    except OSError:
        shutil.copy2(path, copy, follow_symlinks=False)


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        part.chmod(0o644)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def file_sha256(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
