"""Many reports: what is asked for, which of them have to be made, and what became of each.

A report that cannot be made does not stop the others. A process that ends, for whatever
reason, is started again, and its report with it; reports come into place whole, so nothing is ever
half there. What became of each report is kept in ``batch.json`` beside them.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from needs.catalogue import declared, layers
from needs.commands.run import Ground, Progress, silent
from needs.commands.unchanged import files_stamp, inputs_digest, unchanged
from needs.commands.wanted import BatchOutcome, Wanted
from needs.errors import (
    InvalidDataError,
    MissingDataError,
    ParameterError,
    Problem,
    did_you_mean,
    first_of,
)
from needs.report import manifest as manifests
from needs.report.parameters import RunParameters
from needs.sources import whole_files

if TYPE_CHECKING:
    import pandas as pd

#: Name of the file that says what became of each report, in the folder of reports.
STATE = "batch.json"

#: Name of the page that lists them.
PAGE = "index.html"

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

    def for_authors(self, out: Path, *, to_mend: bool = False) -> list[str]:
        """What the authors of chapters should know of the reports that were made, once each.

        What holds not for all of them is told with the names of those that it holds for.
        """
        made = self.of("made")
        told: dict[str, list[str]] = {}
        for one in made:
            described = manifests.read(out / one.report.folder)
            for line in dict.fromkeys(manifests.for_authors(described, to_mend=to_mend)):
                told.setdefault(line, []).append(f"{one.report.area}, {one.report.parameters.year}")
        return [
            line if len(reports) == len(made) else f"{first_of(reports, 3, '; ')}: {line}"
            for line, reports in told.items()
        ]

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


def read_state(out: Path) -> list[dict[str, Any]]:
    """What ``batch.json`` says of the reports in a folder; nothing where there is none.

    Raises
    ------
    InvalidDataError
    """
    try:
        return [
            {key: one[key] for key in ("folder", "areas", "year", "name", "area", "state")} | one
            for one in _read(out)["reports"]
        ]
    except (KeyError, TypeError):
        raise _unreadable() from None


def _read(out: Path) -> dict[str, Any]:
    path = out / STATE
    if not path.is_file():
        return {"reports": []}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, RecursionError):
        raise _unreadable() from None


def _write(out: Path, state: Mapping[str, Any]) -> None:
    text = json.dumps(state, ensure_ascii=False, indent=1) + "\n"
    whole_files.write_whole(out / STATE, text)


def _unreadable() -> InvalidDataError:
    return InvalidDataError(
        "The state of the batch cannot be read.",
        STATE,
        "Remove it; reports that are unchanged are not made again.",
    )


def write_state(out: Path, outcomes: Iterable[BatchOutcome], inputs: str) -> None:
    """Note what became of some reports, made from some inputs; what was noted of others stays."""
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
        if entry["state"] == "done":
            entry |= {"files": files_stamp(out / one.report.folder), "inputs": inputs}
        if one.state == "failed":
            entry |= {"exit_code": one.exit_code, "what": one.what, "where": one.where}
        reports[one.report.folder] = entry
    _write(out, {**_read(out), "reports": [reports[folder] for folder in sorted(reports)]})


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
    tell: Callable[[str], None] = lambda text: None,
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
        or than its memory allows (see `needs.commands.workers.bounded`).
    scheduler : str
        Address of another dask scheduler, whose workers see the same folders.
    force : bool
        Make unchanged reports again, and run all of their chapters.
    dated : bool
        See `needs.commands.unchanged.unchanged`.
    progress : callable, optional
    tell : callable, optional
        Told of fewer processes than were asked for.

    Returns
    -------
    Tally

    Raises
    ------
    ParameterError
        The scheduler does not answer, or its workers do not see the folders.
    """
    with layers.beside(notebooks):
        whole_files.reachable(out, "--out")
        out = out.resolve()
        noted = {one["folder"]: one for one in read_state(out)}
        stamps = {folder: str(one.get("files", "")) for folder, one in noted.items()}
        inputs = inputs_digest(start.inputs)
        # whether the rows of a report changed where files did, its process sees for itself
        same = {folder for folder, one in noted.items() if one.get("inputs") == inputs}
        outcomes = {
            one.folder: BatchOutcome(one, "unchanged")
            if not force
            and one.folder in same
            and unchanged(one, start, out, dated=dated, stamp=stamps[one.folder], same_inputs=True)
            else BatchOutcome(one, "waiting")
            for one in reports
        }
        todo = [one.report for one in outcomes.values() if one.state == "waiting"]
        write_state(out, outcomes.values(), inputs)
        done = len(reports) - len(todo)
        progress(f"{done} unchanged" if done else "starting", done, len(reports))
        stopped = False
        try:
            if todo:
                from needs.commands import workers  # whose imports take seconds

                number, fewer = workers.processes(jobs)
                if fewer and not scheduler:
                    tell(fewer)
                asked = workers.BatchSettings(
                    start, notebooks, out, inputs, dated=dated, force=force, stamps=stamps
                )
                made = workers.make_all(todo, asked, jobs=number, scheduler=scheduler)
                with contextlib.closing(made):
                    for outcome in made:
                        outcomes[outcome.report.folder] = outcome
                        write_state(out, [outcome], inputs)
                        done += 1
                        progress(f"{outcome.report.area}: {outcome.state}", done, len(reports))
        except KeyboardInterrupt:
            stopped = True
        _list(out, start.code, outcomes)
        return Tally(tuple(outcomes.values()), stopped)


def _list(out: Path, code: str, outcomes: Mapping[str, BatchOutcome]) -> None:
    """Write the page that lists the reports, unless it is that of just these, by the same code."""
    noted = {one["folder"]: one["state"] for one in read_state(out)}
    of = [(folder, state, files_stamp(out / folder)) for folder, state in sorted(noted.items())]
    digest = manifests.sha256(json.dumps([code, of]).encode("utf-8"))
    page = out / PAGE
    if page.is_file():
        written = {"of": digest, "sha256": manifests.sha256(page.read_bytes())}
        if _read(out).get("page") == written:
            return
    from needs.report.index import write_index

    write_index(
        out,
        noted,
        read={folder: one.line for folder, one in outcomes.items() if one.line},
        older=[folder for folder, state in noted.items() if state != "done"],
    )
    written = {"of": digest, "sha256": manifests.sha256(page.read_bytes())}
    _write(out, {**_read(out), "page": written})
