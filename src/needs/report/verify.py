"""Check a finished report's accessibility, run it again, and compare it byte for byte."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from needs import changes
from needs.errors import CheckError, InvalidDataError, MissingDataError, Problem
from needs.report import accessibility
from needs.report import manifest as manifests
from needs.report import run as runs
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
) -> list[str]:
    """Check that a report is what its manifest says, accessible, and can be made again.

    Parameters
    ----------
    report : Path
        A folder that a run has written; nothing in it is changed.
    raw, processed, notebooks : Path
        As for `needs.report.run.run`.
    ignore_code : bool
        Other code is no fault if it makes the same report.
    progress : callable, optional

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
    again with the version that it states; what differs then, differs beyond that.
    """
    described = manifests.read(report)
    problems = _changed(report, described["outputs"])
    checked, faults = _accessible(report)
    problems += faults
    parameters = RunParameters.check(described["parameters"])
    stated = str(described.get("code", ""))
    now = manifests.code_version(runs.chapters(notebooks))
    other_code = f"It was made with other code ({stated[:12]}, now {now[:12]})."
    with tempfile.TemporaryDirectory(prefix="needs-verify-") as folder:
        again = runs.run(
            parameters,
            raw=raw,
            processed=processed,
            out=Path(folder),
            notebooks=notebooks,
            prepare=described.get("raw") != manifests.NOT_CHECKED,
            code=stated,
            progress=progress,
        )
        repeated = manifests.read(again)
        outputs = described["outputs"].keys() | repeated["outputs"].keys()
        differing = sorted(
            name
            for name in outputs
            if described["outputs"].get(name) != repeated["outputs"].get(name)
        )
        figure = _first_figure(report, again) if differing else ""
    causes = _causes(described, repeated)
    if stated != now and ignore_code:
        causes.insert(0, other_code)
    elif stated != now:
        beyond = "Beyond its version on the cover, nothing differs. " if not differing else ""
        remedy = f"{beyond}Make the report again, or pass it with --ignore-code."
        problems.append(Problem(other_code, "", remedy))
    if differing:
        if causes:
            why = f"What is not as it was then: {_some(causes, by='; ')}"
        elif stated != now:
            why = "The code is all that is not as it was then."
        else:
            why = "All that goes in is as it was: please report this as a fault of needs."
        told = f"Made again, {len(differing)} of {len(outputs)} files differ: {_files(differing)}."
        problems.append(Problem(told, figure, why))
    if problems:
        shown = "/".join(report.resolve().parts[-2:])
        raise CheckError(f"The report {shown} does not pass.", problems=problems)
    lines = [
        f"{len(described['outputs'])} files are as their manifest says.",
        "Made again, they are the same byte for byte.",
        *checked,
    ]
    if causes:
        lines.append("The same although these differ: " + _some(causes, by="; "))
    return lines


def _files(names: Sequence[str]) -> str:
    """Files of a report, what is read first; chapters are counted."""
    chapters = [name for name in names if name.startswith("notebooks/")]
    order = ("report.html", "report.pdf", "tables.xlsx", "tables.ods")
    rest = sorted(
        (name for name in names if name not in chapters),
        key=lambda name: (order.index(name) if name in order else len(order), name),
    )
    number = f"{len(chapters)} chapter{'s' if len(chapters) > 1 else ''} in notebooks/"
    return _some([*rest, *([number] if chapters else [])])


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
        found = changes.changes(report, again)
    except (MissingDataError, InvalidDataError):
        return "figures.json cannot be read"
    if not found:
        return "no figure differs, only what is around them"
    first = found[0]
    old, new = first.old or "not there", first.new or "not there"
    return (
        f"{changes.tally(found).removesuffix('.')} of the figures. The first: {first.label}, "
        f"{first.area}: {old} in the report, {new} made again"
    )


def _some(names: Sequence[str], by: str = ", ") -> str:
    more = f"{by}and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return by.join(names[:NAMED]) + more


def _changed(report: Path, outputs: Mapping[str, str]) -> list[Problem]:
    missing, edited = [], []
    for name, expected in sorted(outputs.items()):
        path = report.joinpath(*name.split("/"))
        if not path.is_file():
            missing.append(name)
        elif manifests.sha256(path.read_bytes()) != expected:
            edited.append(name)
    paths = sorted(path for path in report.rglob("*") if path.is_file())
    names = [path.relative_to(report).as_posix() for path in paths]
    strange = [name for name in names if name not in {*outputs, manifests.NAME}]
    found = (
        (missing, "is missing", "are missing", "Run the report again."),
        (edited, "was changed after the run", "were changed after the run", "Run it again."),
        (strange, "is not of the run", "are not of the run", "Move it away."),
    )
    return [
        Problem(f"{_some(these)} {one if len(these) == 1 else many}.", "", remedy)
        for these, one, many, remedy in found
        if these
    ]


def _accessible(report: Path) -> tuple[list[str], list[Problem]]:
    """What was checked of the outputs' accessibility, and the faults that were found."""
    lines, problems = [], []
    page, pdf = report / "report.html", report / "report.pdf"
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
    return lines, problems


def _in_file(problem: Problem, path: Path) -> Problem:
    return Problem(problem.what, f"{path.name}: {problem.where}", problem.remedy)
