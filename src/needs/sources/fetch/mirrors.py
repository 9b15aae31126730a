"""Copies of the raw data: a folder, or a web address that serves the same tree."""

from __future__ import annotations

import fnmatch
import html.parser
import shutil
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urljoin, urlsplit

from needs.catalogue import Edition
from needs.errors import InvalidDataError, MissingDataError, ParameterError
from needs.sources.fetch import ledger
from needs.sources.fetch.web import GoneError, Pulse, Web


class Mirror(Protocol):
    """Where files come from, laid out as the raw data are."""

    #: How the lock names it.
    label: str

    def names(self, edition: Edition) -> tuple[str, ...]:
        """Paths of the files there that are this edition."""

    def save(self, name: str, path: Path, pulse: Pulse | None) -> None:
        """Copy one of them; `GoneError` when it was only a guess that it is there."""

    def entries(self) -> dict[str, ledger.LockEntry]:
        """Entries of its own lock; none where it has none."""


def open_mirror(origin: str, raw: Path, web: Web) -> Mirror:
    """Open a folder or an address.

    Raises
    ------
    ParameterError
        It is neither, or the raw data itself.
    """
    if "://" in origin:
        if not origin.startswith(("https://", "http://")):
            raise ParameterError(
                f"'{origin}' is not an address that can be asked.", "--from", "Use https://."
            )
        return _Tree(origin, web)
    folder = Path(origin).expanduser()
    if not folder.is_dir():
        raise ParameterError(
            f"There is no folder '{origin}'.", "--from", "Name a folder, or an address (https://)."
        )
    if folder.resolve() == raw.resolve():
        raise ParameterError("The files are to come from where they go.", "--from")
    return _Folder(folder)


class _Folder:
    label = "folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self, edition: Edition) -> tuple[str, ...]:
        found = (path for path in self._folder.glob(edition.file) if path.is_file())
        return tuple(sorted(path.relative_to(self._folder).as_posix() for path in found))

    def save(self, name: str, path: Path, pulse: Pulse | None) -> None:
        shutil.copyfile(self._folder / name, path)
        if pulse is not None:
            pulse(path.stat().st_size)

    def entries(self) -> dict[str, ledger.LockEntry]:
        return ledger.read(self._folder)


class _Tree:
    def __init__(self, address: str, web: Web) -> None:
        self.label = address.rstrip("/") + "/"
        self._web = web
        self._entries: dict[str, ledger.LockEntry] | None = None
        self._listings: dict[str, tuple[str, ...]] = {}
        self._guessed: set[str] = set()

    def names(self, edition: Edition) -> tuple[str, ...]:
        """As its lock says; else as its listing of the folder says; else the name as declared."""
        folder, _, pattern = edition.file.rpartition("/")
        there = [name for name in self.entries() if name.startswith(f"{folder}/")]
        listed = [name.rpartition("/")[2] for name in there] or list(self._listing(folder))
        found = sorted({one for one in listed if fnmatch.fnmatchcase(one, pattern)})
        if not listed and "*" not in pattern:
            found = [pattern]
            self._guessed.add(edition.file)
        return tuple(f"{folder}/{one}" for one in found)

    def save(self, name: str, path: Path, pulse: Pulse | None) -> None:
        try:
            self._web.save(self.label + quote(name), path, pulse)
        except GoneError as error:
            if name in self._guessed:
                raise
            raise MissingDataError(
                f"The mirror names {name}, but does not have it.", self.label, "Tell its keeper."
            ) from error

    def entries(self) -> dict[str, ledger.LockEntry]:
        if self._entries is None:
            address = self.label + ledger.NAME
            try:
                self._entries = ledger.parse(self._web.read(address))
            except GoneError:
                self._entries = {}
            except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
                raise InvalidDataError(
                    f"The mirror's lock cannot be read: {error}.", address, "Tell its keeper."
                ) from error
        return self._entries

    def _listing(self, folder: str) -> tuple[str, ...]:
        if folder not in self._listings:
            address = f"{self.label}{quote(folder)}/"
            try:
                text = self._web.read(address).decode("utf-8", "replace")
            except GoneError:
                text = ""
            self._listings[folder] = tuple(links(text, address))
        return self._listings[folder]


def links(text: str, address: str) -> list[str]:
    """Names of the files that a folder's listing links to, straight below it.

    Examples
    --------
    >>> links('<a href="../">up</a><a href="a%20b.csv">a</a>', "http://x.example/raw/")
    ['a b.csv']
    """
    parser = _Links()
    parser.feed(text)
    parser.close()
    base = urlsplit(address)
    names = []
    for href in parser.found:
        parts = urlsplit(urljoin(address, href))
        name = unquote(parts.path.rpartition("/")[2])
        above = parts.path.rpartition("/")[0] + "/"
        if parts.netloc == base.netloc and above == base.path and name and "/" not in name:
            names.append(name)
    return names


class _Links(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.extend(value for name, value in attrs if name == "href" and value)
