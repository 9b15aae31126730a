"""Check a finished report's accessibility, run it again, and compare it byte for byte."""

from __future__ import annotations

import tempfile
from pathlib import Path

from needs.errors import CheckError, Problem
from needs.report import accessibility
from needs.report import manifest as manifests
from needs.report import run as runs
from needs.report.parameters import RunParameters


def verify(
    report: Path,
    *,
    raw: Path,
    processed: Path,
    notebooks: Path,
    progress: runs.Progress = runs.silent,
) -> list[str]:
    """Check that a report is what its manifest says, accessible, and can be made again.

    Parameters
    ----------
    report : Path
        A folder that a run has written; nothing in it is changed.
    raw, processed, notebooks : Path
        As for `needs.report.run.run`.
    progress : callable, optional

    Returns
    -------
    list of str
        What was checked, a line each.

    Raises
    ------
    CheckError
        With every fault: files changed since the run, faults of accessibility, outputs that differ
        when they are made again, and what of code, packages or inputs explains it.
    """
    described = manifests.read(report)
    problems = _changed(report, described["outputs"])
    checked, faults = _accessible(report)
    problems += faults
    parameters = RunParameters.check(described["parameters"])
    with tempfile.TemporaryDirectory(prefix="needs-verify-") as folder:
        again = runs.run(
            parameters,
            raw=raw,
            processed=processed,
            out=Path(folder),
            notebooks=notebooks,
            progress=progress,
        )
        repeated = manifests.read(again)
    causes = manifests.differences(described, repeated)
    for name in sorted(described["outputs"].keys() | repeated["outputs"].keys()):
        if described["outputs"].get(name) != repeated["outputs"].get(name):
            problems.append(
                Problem(
                    "Made again, the file differs.",
                    name,
                    "; ".join(causes) or "Nothing else differs: please report this as a fault.",
                )
            )
    if problems:
        raise CheckError("The report does not pass.", report.name, problems=problems)
    lines = [
        f"{len(described['outputs'])} files are as their manifest says.",
        "Made again, they are the same byte for byte.",
        *checked,
    ]
    if causes:
        lines.append("The same although these differ: " + "; ".join(causes))
    return lines


def _changed(report: Path, outputs: dict[str, str]) -> list[Problem]:
    problems = []
    for name, expected in sorted(outputs.items()):
        path = report.joinpath(*name.split("/"))
        if not path.is_file():
            problems.append(Problem("The file is missing.", name, "Run the report again."))
        elif manifests.sha256(path.read_bytes()) != expected:
            problems.append(
                Problem("The file was changed after the run.", name, "Run the report again.")
            )
    known = {*outputs, manifests.NAME}
    for path in sorted(report.rglob("*")):
        name = path.relative_to(report).as_posix()
        if path.is_file() and name not in known:
            problems.append(Problem("The file is not of the run.", name, "Move it away."))
    return problems


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
