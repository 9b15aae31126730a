"""Bring raw files in, from publishers or from a mirror: the only use of the network.

Every file arrives under a name of its own, is verified, and only then takes its place. What came,
from where and when stands in ``sources.lock.json``; a file that differs from it is a revision, and
needs consent.
"""

from __future__ import annotations

import contextlib
import datetime
import difflib
import fnmatch
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from needs import catalogue as catalogue_module
from needs.catalogue import Catalogue, Edition, Source
from needs.errors import (
    InvalidDataError,
    MissingDataError,
    NeedsError,
    ParameterError,
    Problem,
    unforeseen,
)
from needs.sources.fetch import ledger, services
from needs.sources.fetch.dry_run import planned
from needs.sources.fetch.look import look
from needs.sources.fetch.mirrors import Mirror, open_mirror
from needs.sources.fetch.web import GoneError, OfflineError, Settings, Web
from needs.sources.whole_files import file_sha256, reachable

__all__ = [
    "FetchOutcome",
    "Settings",
    "State",
    "fetch",
    "fetch_plan",
    "raise_failures",
    "states_of_files",
]

#: Told what is done now, how many files are done, and of how many.
Progress = Callable[[str, int, int], None]

#: ``restored``: the file here was not the one in the lock; ``by hand``: to be downloaded by a
#: person; ``absent``: not in the mirror.
State = Literal["new", "unchanged", "restored", "revised", "by hand", "absent", "failed"]

_TOLD: dict[State, str] = {
    "new": "new",
    "unchanged": "unchanged",
    "restored": "restored to the file in the lock",
    "revised": "revised",
    "absent": "not in the mirror",
    "by hand": "to download by hand",
    "failed": "failed",
}

#: Bytes after which the progress is told again.
_STEP = 5_000_000


@dataclass(frozen=True)
class FetchOutcome:
    """What became of one edition of a source.

    Attributes
    ----------
    source, edition : str
        Keys in the catalogue; the edition is empty for a source that has none.
    state : State
    file : str
        Path below the raw data, as far as it is known.
    problems : tuple of Problem
        Why it failed, or what a person is to do.
    asked : bool
        Whether the source was asked for by name.
    """

    source: str
    edition: str
    state: State
    file: str = ""
    problems: tuple[Problem, ...] = ()
    asked: bool = False

    @property
    def failed(self) -> bool:
        """Whether what was asked for is not there."""
        return self.state == "failed" or (self.asked and self.state in ("by hand", "absent"))


@dataclass
class _Job:
    """What is the same for all files."""

    raw: Path
    web: Web
    mirror: Mirror | None
    origin: str
    accept_revision: bool
    today: datetime.date
    entries: dict[str, ledger.LockEntry] = field(default_factory=dict)


def fetch(
    keys: Sequence[str],
    raw: Path,
    *,
    origin: str = "",
    accept_revision: bool = False,
    settings: Settings | None = None,
    catalogue: Catalogue | None = None,
    today: datetime.date | None = None,
    progress: Progress | None = None,
) -> tuple[FetchOutcome, ...]:
    """Bring files of sources into `raw`; one that fails does not stop the others.

    Parameters
    ----------
    keys : sequence of str
        Sources of the catalogue; all of them when empty.
    raw : Path
        A folder for each source is made here, and ``sources.lock.json``.
    origin : str
        Folder or web address laid out as `raw`; publishers' own addresses when empty.
    accept_revision : bool
        Whether files that differ from those that came before take their place.
    settings : Settings, optional
    catalogue : Catalogue, optional
        By default that of the package.
    today : date, optional
        Written into the lock.
    progress : callable, optional
        See `Progress`.

    Returns
    -------
    tuple of FetchOutcome
        One for each edition, in order of source; see `states_of_files` and `raise_failures`.

    Raises
    ------
    ParameterError
        Unknown sources, an origin that is none, or a folder that cannot be written.
    MissingDataError
        No service at all can be reached: what can be done by hand is listed.
    InvalidDataError
        The lock is spoilt.
    """
    known = (catalogue or catalogue_module.load()).sources
    _refuse_unknown(keys, known)
    reachable(raw, "--raw")
    tell = progress or (lambda what, done, total: None)
    chosen = [known[key] for key in sorted(set(keys) or set(known))]
    pairs = [(source, edition) for source in chosen for edition in source.editions]
    settings = settings or Settings()
    # a lone file is its service's own matter: that is asked patiently
    with Web(settings, _services(origin, known, settings) if len(pairs) > 1 else ()) as web:
        mirror = open_mirror(origin, raw, web) if origin else None
        job = _Job(
            *(raw, web, mirror, origin, accept_revision, today or datetime.date.today()),
            entries=ledger.read(raw),
        )
        outcomes = [_without_file(source) for source in chosen if keys and not source.editions]
        for done, (source, edition) in enumerate(pairs):
            what = f"{source.key}, {edition.edition}"
            tell(what, done, len(pairs))
            pulse = _pulse(tell, what, done, len(pairs))
            try:
                outcomes.append(_one(source, edition, job, bool(keys), pulse))
            except OfflineError as error:
                raise _offline(error, pairs, job) from None
        tell("done", len(pairs), len(pairs))
    return tuple(outcomes)


def states_of_files(outcomes: Sequence[FetchOutcome]) -> list[str]:
    """How many files there are of each state, and what is left to a person, a line each.

    Examples
    --------
    >>> states_of_files([FetchOutcome("a", "1", state) for state in ("new", "new", "failed")])
    ['2 new', '1 failed']
    """
    counts = Counter(one.state for one in outcomes)
    lines = [f"{counts[state]} {told}" for state, told in _TOLD.items() if counts[state]]
    absent = [f"{one.source} ({one.edition})" for one in outcomes if one.state == "absent"]
    if absent:
        lines.append(f"Not in the mirror: {', '.join(absent)}")
    for one in outcomes:
        if one.state == "by hand" and not one.failed:
            lines.extend(str(problem) for problem in one.problems)
    return lines


def raise_failures(outcomes: Sequence[FetchOutcome]) -> None:
    """Raise everything that failed, at once.

    Raises
    ------
    MissingDataError
        Files that were asked for did not come; or nothing at all did.
    """
    failed = [one for one in outcomes if one.failed]
    if failed:
        files = f"{len(failed)} file{'s' if len(failed) > 1 else ''}"
        raise MissingDataError(
            f"{files} of {len(outcomes)} did not come; the others are in place.",
            problems=[problem for one in failed for problem in one.problems],
        )
    if outcomes and all(one.state == "absent" for one in outcomes):
        raise MissingDataError(
            "The mirror has none of the files that the catalogue declares.",
            "--from",
            "Name the folder that holds a folder for each source.",
        )


def fetch_plan(keys: Sequence[str], raw: Path, catalogue: Catalogue | None = None) -> list[str]:
    """What `fetch` would ask for, in lines, without asking.

    Raises
    ------
    ParameterError
        A source is not in the catalogue.
    """
    catalogue = catalogue or catalogue_module.load()
    _refuse_unknown(keys, catalogue.sources)
    return planned(keys, raw, catalogue)


def _near(key: str, names: Sequence[str]) -> list[str]:
    """Names like a key as a whole, or one of whose words is like it: sgd is sdg_3_5_1."""
    near = difflib.get_close_matches(key, names, n=3)
    words = {name: name.split("_") for name in names}
    return (
        near
        or [name for name in names if difflib.get_close_matches(key, words[name], n=1, cutoff=0.6)][
            :3
        ]
    )


def _refuse_unknown(keys: Sequence[str], known: Mapping[str, Source]) -> None:
    names = sorted(known)
    problems = []
    for key in sorted(set(keys) - set(names)):
        near = _near(key, names)
        remedy = f"Did you mean {', '.join(near)}?" if near else f"Known: {', '.join(names)}."
        problems.append(Problem(f"There is no source '{key}'.", "SOURCE", remedy))
    if problems:
        raise ParameterError("Unknown sources were asked for.", problems=problems)


def _without_file(source: Source) -> FetchOutcome:
    problem = Problem(
        f"{source.title}: no file is fetched for this source.",
        source.landing_page,
        source.how_to_get or "See its landing page.",
    )
    return FetchOutcome(source.key, "", "by hand", problems=(problem,), asked=True)


def _pulse(tell: Progress, what: str, done: int, total: int) -> Callable[[int], None]:
    told = 0

    def pulse(size: int) -> None:
        nonlocal told
        if size - told >= _STEP:
            told = size
            tell(f"{what}: {size / 1e6:.0f} MB", done, total)

    return pulse


def _one(
    source: Source, edition: Edition, job: _Job, asked: bool, pulse: Callable[[int], None]
) -> FetchOutcome:
    name = edition.file
    try:
        name, found = _names(edition, job)
        if found is None and (job.mirror is not None or not edition.address):
            state, problems = _left(source, edition, name, job)
        else:
            state, problems = _bring(source, edition, name, found, job, pulse), ()
    except OfflineError:
        raise
    except GoneError as error:
        if job.mirror is None:
            return _failed(source, edition, name, (error.problem,), asked)
        state, problems = _left(source, edition, name, job)
    except NeedsError as error:
        return _failed(source, edition, name, error.problems or (error.problem,), asked)
    except OSError as error:
        problem = Problem(
            f"The file cannot be written or read: {error.strerror or error}.",
            name,
            "Check free space, permissions, and that no other program holds the file.",
        )
        return _failed(source, edition, name, (problem,), asked)
    except Exception as error:  # one file that nobody foresaw does not stop the others
        return _failed(source, edition, name, (unforeseen(error, name),), asked)
    return FetchOutcome(source.key, edition.edition, state, name, problems, asked)


def _services(origin: str, known: Mapping[str, Source], settings: Settings) -> list[str]:
    """Addresses of all services that may be asked."""
    addresses = [each.address for one in known.values() for each in one.editions]
    asked = [origin] if origin else addresses
    return [settings.route(one) for one in asked if "://" in one]


def _offline(
    error: OfflineError, pairs: Sequence[tuple[Source, Edition]], job: _Job
) -> MissingDataError:
    """What can be done without network: every file that is not here, and where it goes."""
    if job.mirror is not None:
        remedy = "Check the address and the connection, or name a folder: needs fetch --from FOLDER"
        return MissingDataError(error.problem.what, f"--from {job.origin}", remedy)
    problems = []
    for source, edition in pairs:
        with contextlib.suppress(NeedsError):
            name, _ = _names(edition, job)
            if not ledger.file_path(job.raw, name.replace("*", "x")).is_file():
                how = "" if edition.interface == "file" and edition.address else source.how_to_get
                problems.append(
                    Problem(
                        f"{source.key}, edition '{edition.edition}': {source.title}.",
                        (edition.interface == "file" and edition.address) or source.landing_page,
                        f"{how} Save the file as {job.raw.as_posix()}/{name}.".strip(),
                    )
                )
    return MissingDataError(
        error.problem.what,
        "",
        "Connect, and try again; behind a proxy, set HTTPS_PROXY. Or download the files below on "
        "another machine and bring them here: into the folders that are named, or in one that is "
        "laid out alike, with needs fetch --from FOLDER.",
        problems=problems,
    )


def _failed(
    source: Source, edition: Edition, name: str, problems: Sequence[Problem], asked: bool
) -> FetchOutcome:
    named = [Problem(f"{source.key}: {one.what}", one.where, one.remedy) for one in problems]
    return FetchOutcome(source.key, edition.edition, "failed", name, tuple(named), asked)


def _names(edition: Edition, job: _Job) -> tuple[str, str | None]:
    """Name that the file has or gets below the raw data, and its name in the mirror if any."""
    ledger.file_path(job.raw, edition.file.replace("*", "x"))
    here = _only(
        [p.relative_to(job.raw).as_posix() for p in job.raw.glob(edition.file) if p.is_file()],
        edition,
    )
    found = None
    if job.mirror is not None:
        found = _only(job.mirror.names(edition), edition)
        default = found or edition.file
    else:
        default = _default(edition)
    return here or _only(_locked(edition, job), edition) or default, found


def _locked(edition: Edition, job: _Job) -> list[str]:
    return [name for name in job.entries if fnmatch.fnmatchcase(name, edition.file)]


def _only(names: Sequence[str], edition: Edition) -> str | None:
    if len(names) > 1:
        raise InvalidDataError(
            f"Several files are edition '{edition.edition}': {', '.join(sorted(names))}.",
            edition.file,
            "Keep one of them there.",
        )
    return names[0] if names else None


def _default(edition: Edition) -> str:
    """The publisher's name where it fits, else the declared one with the edition in it."""
    folder, _, pattern = edition.file.rpartition("/")
    query = urlsplit(edition.address).query
    issued = (query if query.startswith("uri=") else urlsplit(edition.address).path).split("/")[-1]
    if issued and fnmatch.fnmatchcase(issued, pattern):
        return f"{folder}/{issued}"
    part = edition.edition.replace(" ", "_").replace("/", "-")
    joined = "" if pattern.partition("*")[0].endswith(("_", "-")) else "_"
    return edition.file.replace("*", joined + part)


def _left(
    source: Source, edition: Edition, name: str, job: _Job
) -> tuple[State, tuple[Problem, ...]]:
    """A file that cannot be brought: taken as it is here, or left to a person."""
    path = ledger.file_path(job.raw, name.replace("*", "x"))
    if job.mirror is not None:
        problem = Problem(
            f"{source.key}: the mirror has no file for edition '{edition.edition}'.",
            f"{job.origin}: {edition.file}",
            "Fetch it from its publisher, without --from.",
        )
        return "absent", (problem,)
    if not path.is_file():
        problem = Problem(
            f"{source.key}, edition '{edition.edition}': {source.title}.",
            source.landing_page,
            f"By hand. {source.how_to_get} Save the file as {job.raw.as_posix()}/{name}. "
            f"Then: needs fetch {source.key}",
        )
        return "by hand", (problem,)
    look(path, source, edition)
    return _settle(source, edition, name, path, "by hand", job), ()


def _bring(
    source: Source,
    edition: Edition,
    name: str,
    found: str | None,
    job: _Job,
    pulse: Callable[[int], None],
) -> State:
    """Let the file arrive, look at it, compare it, and move it into place."""
    ledger.file_path(job.raw, name)
    arrival = job.raw / ledger.ARRIVALS / name
    arrival.parent.mkdir(parents=True, exist_ok=True)
    try:
        if job.mirror is None or found is None:
            services.bring(job.web, edition, arrival, pulse)
        else:
            ledger.file_path(job.raw, found)  # a mirror's lock could name anything
            job.mirror.save(found, arrival, pulse)
            _as_mirrored(job.mirror, found, arrival)
        look(arrival, source, edition)
        through = job.mirror.label if job.mirror else "address"
        return _settle(source, edition, name, arrival, through, job)
    finally:
        arrival.unlink(missing_ok=True)
        for folder in (arrival.parent, job.raw / ledger.ARRIVALS):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _as_mirrored(mirror: Mirror, name: str, path: Path) -> None:
    """Compare with the mirror's own lock, where it has one."""
    entry = mirror.entries().get(name)
    if entry is None:
        return
    came = file_sha256(path)
    if (entry.size, entry.sha256) != (path.stat().st_size, came):
        raise InvalidDataError(
            f"The file is not the one in the mirror's lock: sha256 {entry.sha256} there, "
            f"{came} came.",
            f"{mirror.label}: {name}",
            "Tell the mirror's keeper, or fetch it from its publisher, without --from.",
        )


def _settle(
    source: Source, edition: Edition, name: str, arrival: Path, through: str, job: _Job
) -> State:
    """Compare what came with what was here, move it into place and note it in the lock."""
    path = ledger.file_path(job.raw, name)
    came = file_sha256(arrival)
    here = file_sha256(path) if path.is_file() else ""
    entry = job.entries.get(name)
    before = entry.sha256 if entry else here
    if before and came != before and not job.accept_revision:
        raise _revision(source, edition, name, before, came, job)
    state: State = "unchanged" if came == here else "new"
    if before and came != before:
        state = "revised"
    elif here and came != here:
        state = "restored"
    if arrival != path:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(arrival, path)
    if entry is None or came != entry.sha256:
        for other in _locked(edition, job):
            del job.entries[other]
        job.entries[name] = ledger.LockEntry(
            source=source.key,
            edition=edition.edition,
            address=edition.address or source.landing_page,
            through=through,
            fetched=job.today.isoformat(),
            size=path.stat().st_size,
            sha256=came,
            licence=source.licence,
            replaces=before if came != before else "",
        )
        ledger.write_lock(job.raw, job.entries)
    return state


def _revision(
    source: Source, edition: Edition, name: str, before: str, came: str, job: _Job
) -> InvalidDataError:
    entry = job.entries.get(name)
    address = edition.address or source.landing_page
    if entry is None:
        against = "the file that is here has"
    elif entry.address == address:
        against = f"from the same address there came, on {entry.fetched},"
    else:
        against = f"from {entry.address} there came, on {entry.fetched},"
    origin = f' --from "{job.origin}"' if job.origin else ""
    return InvalidDataError(
        f"{name} is a revision: {against} sha256 {before}; now it is {came}.",
        address,
        f"Read on {source.landing_page} what was revised; to accept it: "
        f"needs fetch {source.key}{origin} --accept-revision",
    )
