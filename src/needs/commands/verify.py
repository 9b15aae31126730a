"""Check a finished report's accessibility, run it again, and compare it byte for byte."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from needs.catalogue import layers
from needs.commands import changes
from needs.commands import run as runs
from needs.errors import CheckError, InvalidDataError, MissingDataError, Problem, first_of
from needs.figures.recorded import REGISTER
from needs.report import accessibility, word_checks
from needs.report import manifest as manifests
from needs.report.parameters import RunParameters

#: Files and causes that are named one by one; the rest are counted.
NAMED = 6


def verify(
    report: Path,
    *,
    raw: Path,
    processed: Path,
    notebooks: Path,
    ignore_code: bool = False,
    progress: runs.Progress = runs.silent,
    since: Path | None = None,
) -> list[str]:
    """Check that a report is what its manifest says, accessible, and can be made again.

    Parameters
    ----------
    report : Path
        A folder that a run has written; nothing in it is changed.
    raw, processed, notebooks : Path
        As for `needs.commands.run.run`. Of `raw` only the files that the manifest names are taken;
        where there are others, tables are made of those alone, and `processed` stays as it is.
    ignore_code : bool
        Other code is no fault if it makes the same report.
    progress : callable, optional
    since : Path, optional
        Folder of the earlier report that this one is set against, where it does not lie beside it.

    Returns
    -------
    list of str
        What was checked, a line each.

    Raises
    ------
    CheckError
        With every fault: files changed since the run, faults of accessibility, other code, outputs
        that differ when they are made again, the first figure that does, and what of packages or
        inputs explains it.

    Notes
    -----
    A report prints the version of its code, so other code would make every file differ. It is made
    again with the version that it states; what differs then, differs beyond that. A file that the
    folder does not carry, as a committed example its notebooks, is no fault: what is made again is
    held against the hash in the manifest, and the file is named.
    """
    with layers.beside(notebooks):
        return _verified(report, raw, processed, notebooks, ignore_code, since, progress)


def _verified(
    report: Path,
    raw: Path,
    processed: Path,
    notebooks: Path,
    ignore_code: bool,
    since: Path | None,
    progress: runs.Progress,
) -> list[str]:
    described = manifests.read(report)
    outputs = described["outputs"]
    absent = [name for name in sorted(outputs) if not report.joinpath(*name.split("/")).is_file()]
    problems = _changed(report, outputs, absent)
    checked, faults = _accessible(report)
    problems += faults
    now = manifests.code_version(runs.chapters(notebooks))
    with tempfile.TemporaryDirectory(prefix="needs-verify-") as folder:
        inputs = _inputs(described, raw, processed, Path(folder))
        if inputs.lacking:
            problems.append(_lacking(inputs.lacking, described["inputs"], raw))
            raise _refusal(report, problems)
        again = runs.run(
            RunParameters.check(described["parameters"]),
            raw=inputs.raw,
            processed=inputs.processed,
            out=Path(folder, "reports"),
            notebooks=notebooks,
            prepare=described.get("raw") != manifests.NOT_CHECKED,
            code=str(described.get("code", "")),
            commentary="commentary" in described,
            since=_last(report, described, since),
            progress=progress,
        )
        more, causes = _compared(report, again, described, now, ignore_code)
    problems += more
    if problems:
        raise _refusal(report, problems)
    lines = [
        f"{len(outputs) - len(absent)} files are as their manifest says.",
        "Made again, they are the same byte for byte.",
        *checked,
    ]
    if absent:
        lines.insert(
            2,
            f"{len(absent)} more {'is' if len(absent) == 1 else 'are'} not carried here "
            f"({_files(absent)}): made again, the same as the manifest says.",
        )
    if inputs.others:
        read, left = len(described["inputs"]), "was" if inputs.others == 1 else "were"
        lines.append(
            f"Made again from the {read} raw files that its manifest names: {inputs.others} other"
            f"{'' if inputs.others == 1 else 's'} at hand {left} left aside."
        )
    if causes:
        lines.append("The same although these differ: " + first_of(causes, NAMED, "; "))
    return lines


def _last(report: Path, described: Mapping[str, Any], given: Path | None) -> Path | None:
    """The folder of the earlier report that a report is set against: given, or one beside it."""
    wanted = described.get("since")
    if not wanted:
        return None
    for folder in [given] if given else sorted(report.resolve().parent.iterdir()):
        register = folder / REGISTER
        if register.is_file() and manifests.sha256(register.read_bytes()) == wanted["sha256"]:
            return folder
    raise MissingDataError(
        f"This report is set against one for {wanted['year']}, which is not "
        f"{'in ' + given.name if given else 'beside it'} as it was then.",
        "--since",
        "Name the folder of that report with --since, or make this report again.",
    )


def _refusal(report: Path, problems: list[Problem]) -> CheckError:
    shown = "/".join(report.resolve().parts[-2:])
    return CheckError(f"The report {shown} does not pass.", problems=problems)


def _compared(
    report: Path, again: Path, described: Mapping[str, Any], now: str, ignore_code: bool
) -> tuple[list[Problem], list[str]]:
    """Faults of a report beside the one made again, and what is not as it was then."""
    repeated = manifests.read(again)
    outputs = described["outputs"].keys() | repeated["outputs"].keys()
    differing = sorted(
        name for name in outputs if described["outputs"].get(name) != repeated["outputs"].get(name)
    )
    causes = _causes(described, repeated)
    stated = str(described.get("code", ""))
    other_code = f"It was made with other code ({stated[:12]}, now {now[:12]})."
    problems = []
    if stated != now and ignore_code:
        causes.insert(0, other_code)
    elif stated != now:
        beyond = "Beyond its version on the cover, nothing differs. " if not differing else ""
        laid = [one for one in causes if one.startswith("catalogue: ")]
        if laid:
            other_code += (
                f" What is laid over its catalogue differs: {first_of(laid, NAMED, '; ')}."
            )
        remedy = f"{beyond}Make the report again, or pass it with --ignore-code."
        problems.append(Problem(other_code, "", remedy))
    if differing:
        if causes:
            why = f"What is not as it was then: {first_of(causes, NAMED, '; ')}"
        elif stated != now:
            why = "The code is all that is not as it was then."
        else:
            why = "All that goes in is as it was: please report this as a fault of needs."
        told = f"Made again, {len(differing)} of {len(outputs)} files differ: {_files(differing)}."
        problems.append(Problem(told, _first_figure(report, again), why))
    return problems, causes


@dataclass(frozen=True)
class _Inputs:
    """Folders to make a report from again, named files that are not there, and others there."""

    raw: Path
    processed: Path
    lacking: tuple[str, ...] = ()
    others: int = 0


def _inputs(described: Mapping[str, Any], raw: Path, processed: Path, folder: Path) -> _Inputs:
    """The raw files that a run read, and no others: what came later would give other figures.

    They are looked for by their paths in `raw`; where a path is not there, in the folders below it
    and in the one above, for a run may have been told another of them.
    """
    from needs.catalogue import load
    from needs.tables import prepare as preparing

    named = [str(one["path"]) for one in described.get("inputs", ())]
    if described.get("raw") == manifests.NOT_CHECKED or not named:
        return _Inputs(raw, processed)
    given = described["parameters"].get("as_of")
    as_of = dt.date.fromisoformat(given) if given else None
    at_hand = {str(one["path"]) for one in preparing.describe(raw, load(), as_of)["files"]}
    if at_hand == set(named):
        return _Inputs(raw, processed)
    below = sorted(path for path in raw.glob("*") if path.is_dir())
    base = min((raw, *below, raw.absolute().parent), key=lambda place: _unlike(described, place))
    lacking = tuple(name for name in named if not (base / name).is_file())
    if lacking:
        return _Inputs(raw, processed, lacking)
    for name in named:
        path = folder.joinpath("raw", *name.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(base / name, path)
        except OSError:  # on another disk
            shutil.copyfile(base / name, path)
    own = {(base / name).resolve() for name in named}
    others = sum((raw / name).resolve() not in own for name in at_hand)
    return _Inputs(folder / "raw", folder / "processed", others=others)


def _unlike(described: Mapping[str, Any], place: Path) -> tuple[int, int]:
    """How many of the named files a folder does not hold, and how many are not the same."""
    missing = changed = 0
    for one in described["inputs"]:
        path = place / str(one["path"])
        if not path.is_file():
            missing += 1
        elif "sha256" in one and "of" not in one:  # with small numbers the hash is not the file's
            changed += manifests.sha256(path.read_bytes()) != one["sha256"]
    return missing, changed


def _lacking(names: Sequence[str], inputs: Sequence[Mapping[str, Any]], raw: Path) -> Problem:
    folders = sorted({str(one["path"]).rpartition("/")[0] for one in inputs} - {""})
    holds = f"that holds {first_of(folders, NAMED)}" if folders else f"that holds {names[0]} itself"
    return Problem(
        f"{len(names)} of the {len(inputs)} raw files that the run read "
        f"{'is' if len(names) == 1 else 'are'} not there: {first_of(names, NAMED)}.",
        f"--raw: {raw.name}",
        f"Name the folder {holds}: needs verify RUN_DIR --raw FOLDER",
    )


def _files(names: Sequence[str]) -> str:
    """Files of a report, what is read first; the chapters and the rest are counted.

    Examples
    --------
    >>> _files(["notebooks/01_a.ipynb", "notebooks/02_b.ipynb", "report.html"])
    'report.html, 2 chapters in notebooks/'
    """
    chapters = [name for name in names if name.startswith("notebooks/")]
    order = ("report.html", "report.pdf", "report.docx", "tables.xlsx", "tables.ods")
    rest = sorted(
        (name for name in names if name not in chapters),
        key=lambda name: (order.index(name) if name in order else len(order), name),
    )
    parts = rest[:NAMED]
    if chapters:
        parts.append(f"{len(chapters)} chapter{'s' if len(chapters) > 1 else ''} in notebooks/")
    if rest[NAMED:]:
        parts.append(f"and {len(rest) - NAMED} more")
    return ", ".join(parts)


def _causes(described: Mapping[str, Any], repeated: Mapping[str, Any]) -> list[str]:
    """What of area, parameters, packages and inputs differs; files of a package as one."""
    lines = manifests.differences(described, repeated)
    inputs = [line.removeprefix("inputs: ") for line in lines if line.startswith("inputs: ")]
    rest = [line for line in lines if not line.startswith("inputs: ")]
    if len(inputs) > 1:
        names = [line.split(" was ")[0].rsplit("/", 1)[-1] for line in inputs]
        more = ", …" if len(names) > 3 else ""
        return [*rest, f"{len(inputs)} input files ({', '.join(names[:3])}{more})"]
    return [*rest, *inputs]


def _first_figure(report: Path, again: Path) -> str:
    """The first figure that differs between two registers, and how many do."""
    try:
        found = changes.compare(report, again).found
    except MissingDataError:
        return f"the report carries no {REGISTER} to tell its figures by"
    except InvalidDataError:
        return f"{REGISTER} cannot be read"
    if not found:
        return "no figure differs, only what is around them"
    return (
        f"figures that differ: {changes.tally_line(found)} The first: "
        f"{found[0].figure.area_name}, {changes.change_line(found[0])}"
    )


def _changed(report: Path, outputs: Mapping[str, str], absent: Sequence[str]) -> list[Problem]:
    edited = [
        name
        for name in sorted(outputs.keys() - {*absent})
        if manifests.sha256(report.joinpath(*name.split("/")).read_bytes()) != outputs[name]
    ]
    paths = sorted(path for path in report.rglob("*") if path.is_file())
    names = [path.relative_to(report).as_posix() for path in paths]
    strange = [name for name in names if name not in {*outputs, manifests.NAME}]
    found = (
        (edited, "was changed after the run", "were changed after the run", "Run it again."),
        (strange, "is not of the run", "are not of the run", "Move it away."),
    )
    return [
        Problem(f"{first_of(these, NAMED)} {one if len(these) == 1 else many}.", "", remedy)
        for these, one, many, remedy in found
        if these
    ]


def _accessible(report: Path) -> tuple[list[str], list[Problem]]:
    """What was checked of the outputs' accessibility, and the faults that were found."""
    lines, problems = [], []
    page, pdf, word = (report / f"report.{kind}" for kind in ("html", "pdf", "docx"))
    if page.is_file():
        lines.append(f"{page.name} passes the accessibility checks.")
        faults = accessibility.check_html(page.read_text(encoding="utf-8", errors="replace"))
        problems += [_in_file(one, page) for one in faults]
    if pdf.is_file():
        standard = (
            "and PDF/UA-1"
            if accessibility.validates_pdf()
            else "(PDF/UA-1 itself was not checked: page-validation is not installed)"
        )
        lines.append(f"{pdf.name} passes the accessibility checks {standard}.")
        problems += [_in_file(one, pdf) for one in accessibility.check_pdf(pdf.read_bytes())]
    if word.is_file():
        lines.append(f"{word.name} passes the accessibility checks.")
        problems += [_in_file(one, word) for one in word_checks.check_docx(word.read_bytes())]
    return lines, problems


def _in_file(problem: Problem, path: Path) -> Problem:
    return Problem(problem.what, f"{path.name}: {problem.where}", problem.remedy)
