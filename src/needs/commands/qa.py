"""The record of quality assurance of a finished report: what was checked, for people to sign.

In the spirit of the government's guidance on producing quality analysis (HM Treasury, The Aqua
Book): what went in, what was verified and how it came out, what is uncertain, and who answers for
it.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from needs.chapters.blocks import Block, Bullets, Cell, Column, Heading, Prose, Table
from needs.commands import run as runs
from needs.commands.changes import compare, tally_line
from needs.commands.verify import verify
from needs.errors import CheckError, Problem
from needs.figures import assessment
from needs.figures.claims import check_claims
from needs.figures.figure import Figure
from needs.figures.recorded import Recorded, read_recorded
from needs.report import manifest as manifests
from needs.report.block_html import page
from needs.report.document import printed_date
from needs.sources.cited_rows import CitedFiles, cited_rows, nine_digits
from needs.sources.whole_files import write_file
from needs.stats.status import Status
from needs.words.text import Span

#: Files that the record is written to.
HTML, JSON = "qa.html", "qa.json"

#: Figures that are followed to their rows.
SAMPLE = 20

#: Factors between a file's unit and the report's: rates per million, shares as fractions.
_SCALES = (1.0, 10.0, 0.1, 100.0, 0.01)

STANDS, INPUTS_STAND, LOOK, LACKING = (
    "the row says so",
    "the row has what it is made of",
    "a person must look",
    "not at hand",
)

#: Who answers for what; a person of each role signs.
_ROLES = (
    ("Commissioner", "the question is the right one, and the report answers it"),
    ("Analyst", "the figures were made and checked as this record says"),
    ("Analytical assurer", "methods, figures and words were reviewed by someone else"),
    ("Approver", "the report is fit for its use, and its limits are understood"),
)


@dataclass(frozen=True)
class CheckResult:
    """One thing that was checked. `result`: "passed", "failed", "to look at" or "not run"."""

    name: str
    result: str
    detail: str = ""


@dataclass(frozen=True)
class TracedFigure:
    """A figure that was followed to the rows that it cites, and what they say."""

    id: str
    label: str
    area: str
    period: str
    printed: str
    cites: str
    result: str
    found: str


@dataclass(frozen=True)
class QualityRecord:
    """What a reviewer signs: everything that is known of how a report was checked."""

    title: str
    date: str
    code: str
    parameters: Mapping[str, Any]
    packages: Mapping[str, str]
    inputs: tuple[Mapping[str, Any], ...]
    checks: tuple[CheckResult, ...]
    traced: tuple[TracedFigure, ...]
    seed: int
    figures: int
    withheld: int


def quality_record(
    report: Path,
    *,
    raw: Path,
    processed: Path,
    notebooks: Path,
    since: Path | None = None,
    seed: int = 1,
    progress: runs.Progress = runs.silent,
) -> tuple[QualityRecord, list[Problem]]:
    """Check a report in every way that there is.

    Parameters
    ----------
    report : Path
        A folder that a run has written; nothing in it is changed.
    raw, processed, notebooks : Path
        As for `needs.commands.verify.verify`.
    since : Path, optional
        Folder of the last report.
    seed : int
        Which figures are followed to their rows.
    progress : callable, optional

    Returns
    -------
    record : QualityRecord
    problems : list of Problem
        What failed.

    Raises
    ------
    MissingDataError, InvalidDataError
        The folder holds no report.
    """
    described, recorded = manifests.read(report), read_recorded(report)
    checks, problems = _verified(
        report, raw=raw, processed=processed, notebooks=notebooks, since=since, progress=progress
    )
    traced = traced_at_random(recorded, raw, described["inputs"], seed=seed)
    checks += [
        _of_rows(traced),
        _of_disclosure(report, recorded),
        _of_commentary(described),
        _of_typed(described),
        _of_claims(described, processed),
        _of_changes(report, since),
    ]
    problems += [Problem(one.detail, one.name) for one in checks[1:] if one.result == "failed"]
    record = QualityRecord(
        title=f"{recorded.area}, {recorded.year}",
        date=recorded.date,
        code=str(described.get("code", "")),
        parameters=described["parameters"],
        packages=described.get("packages", {}),
        inputs=tuple(described.get("inputs", ())),
        checks=tuple(checks),
        traced=tuple(traced),
        seed=seed,
        figures=len(recorded.figures),
        withheld=sum(one.status is Status.SUPPRESSED for one in recorded.figures),
    )
    return record, problems


def write_record(record: QualityRecord, folder: Path) -> tuple[Path, Path]:
    """Write the record as a page and as JSON."""
    text = json.dumps(asdict(record), ensure_ascii=False, indent=1, sort_keys=True)
    paths = folder / HTML, folder / JSON
    for path, content in zip(paths, (record_html(record), text + "\n"), strict=True):
        write_file(path, content, "--out")
    return paths


def _verified(report: Path, **ways: Any) -> tuple[list[CheckResult], list[Problem]]:
    """Whether the files are as the manifest says, accessible, and come out the same again."""
    name = "Files, accessibility and repetition"
    try:
        lines = verify(report, **ways)
    except CheckError as error:
        faults = error.problems
        return [CheckResult(name, "failed", " ".join(str(one.what) for one in faults))], list(
            faults
        )
    return [CheckResult(name, "passed", " ".join(lines))], []


def traced_at_random(
    recorded: Recorded,
    raw: Path,
    inputs: Sequence[Mapping[str, Any]],
    *,
    number: int = SAMPLE,
    seed: int = 1,
) -> list[TracedFigure]:
    """Follow figures, chosen by chance, to the rows of the publishers' files that they cite.

    Parameters
    ----------
    recorded : Recorded
    raw : Path
        Folder of the publishers' files.
    inputs : sequence of mapping
        The manifest's list of files, with their SHA-256: one that has changed is not at hand.
    number : int
        How many; all where there are fewer that cite rows by their number.
    seed : int
        The same seed chooses the same figures.
    """
    cite = [one for one in recorded.figures if one.shown and cited_rows("; ".join(one.source_rows))]
    chosen = random.Random(seed).sample(
        sorted(cite, key=lambda one: one.id), min(number, len(cite))
    )
    paths = {}
    for one in inputs:
        path = raw / str(one["path"])
        if path.is_file() and manifests.sha256(path.read_bytes()) == one.get("sha256"):
            paths[path.name] = path
    files = CitedFiles(paths)
    return [_followed(one, files) for one in chosen]


def _followed(figure: Figure, files: CitedFiles) -> TracedFigure:
    cites = "; ".join(figure.source_rows)
    rows = cited_rows(cites)
    lacking = sorted({file for file, _, _ in rows if file not in files.paths})
    if lacking:
        result, found = LACKING, f"{', '.join(lacking)}: not there, or not as it was"
    else:
        result, found = _said_by(figure, rows, files)
    return TracedFigure(
        figure.id,
        figure.label,
        figure.area_name,
        figure.period,
        figure.text,
        cites,
        result,
        found,
    )


def _said_by(
    figure: Figure, rows: Sequence[tuple[str, str, int]], files: CitedFiles
) -> tuple[str, str]:
    """What the rows hold of a figure: itself, what it is made of, or neither."""
    try:
        held = {number: row for row in rows for number in files.numbers(*row)}
    except KeyError as error:
        return LACKING, f"There is no such sheet or row: {error}"
    assert figure.value is not None
    for scale in _SCALES:
        if (number := nine_digits(figure.value * scale)) in held:
            return STANDS, f"{number:,} in: {_cells(held[number], files)}"
    parts = [one for one in (figure.numerator, figure.denominator) if one is not None]
    there = [one for one in parts if nine_digits(one) in held]
    if there:
        found = " and ".join(f"{nine_digits(one):,}" for one in there)
        return INPUTS_STAND, f"{found} in: {_cells(held[nine_digits(there[0])], files)}"
    return LOOK, _cells(rows[0], files)


def _cells(row: tuple[str, str, int], files: CitedFiles) -> str:
    """The first cells of a row that are not empty."""
    cells = [one for one in files.sheet(*row[:2])[row[2]] if one]
    return " | ".join(cells[:12]) + (" | …" if len(cells) > 12 else "")


def _of_rows(traced: Sequence[TracedFigure]) -> CheckResult:
    counts = dict.fromkeys((STANDS, INPUTS_STAND, LOOK, LACKING), 0)
    for one in traced:
        counts[one.result] += 1
    detail = f"Of {len(traced)} figures: " + "; ".join(
        f"{number} {result}" for result, number in counts.items() if number
    )
    whole = counts[LOOK] == counts[LACKING] == 0
    return CheckResult(
        "Figures followed to their rows", "passed" if whole else "to look at", f"{detail}."
    )


def _of_disclosure(report: Path, recorded: Recorded) -> CheckResult:
    """A figure that is withheld holds no number in any list of the figures."""
    hidden = {one.id for one in recorded.figures if one.status is Status.SUPPRESSED}
    name = "Disclosure control"
    path = report / "figures.csv"
    if not path.is_file():
        return CheckResult(name, "not run", "There is no figures.csv.")
    with path.open(encoding="utf-8", newline="") as file:
        wrong = [
            row["id"]
            for row in csv.DictReader(file)
            if row["id"] in hidden and (row["value"] or row["lower"] or row["numerator"])
        ]
    if wrong:
        return CheckResult(name, "failed", f"Withheld figures hold a number: {', '.join(wrong)}.")
    return CheckResult(name, "passed", f"{len(hidden)} figures are withheld; none holds a number.")


def _of_commentary(described: Mapping[str, Any]) -> CheckResult:
    name, warnings = "Commentary", described.get("commentary_warnings", ())
    if "commentary" not in described:
        return CheckResult(name, "not run", "The report has no commentary.")
    if warnings:
        return CheckResult(name, "to look at", " ".join(warnings))
    return CheckResult(name, "passed", "No text has been overtaken by its figures.")


def _of_typed(described: Mapping[str, Any]) -> CheckResult:
    typed = described.get("typed", ())
    if typed:
        return CheckResult("Figures typed by hand", "to look at", " ".join(typed))
    return CheckResult("Figures typed by hand", "passed", "None.")


def _of_claims(described: Mapping[str, Any], processed: Path) -> CheckResult:
    """What became of the figures that a document prints, where one is at hand."""
    name = "Figures of published documents"
    parameters = described["parameters"]
    opened = assessment.load(
        tuple(parameters["areas"]), parameters["year"], parameters["name"], processed=processed
    )
    if opened.claims.empty:
        return CheckResult(name, "not run", "No document is at hand.")
    counts = check_claims(opened.claims, opened)["verdict"].value_counts(sort=False)
    said = "; ".join(f"{number} {verdict}" for verdict, number in counts.items())
    return CheckResult(name, "to look at", f"Of {counts.sum()}: {said}. The annex has each.")


def _of_changes(report: Path, since: Path | None) -> CheckResult:
    name = "Changes since the last report"
    if since is None:
        return CheckResult(name, "not run", "No earlier report was named (--since).")
    return CheckResult(name, "to look at", tally_line(compare(since, report).found))


def record_html(record: QualityRecord) -> str:
    """The record as an accessible page."""
    return page(f"Quality assurance record: {record.title}", list(_blocks(record)))


def _blocks(record: QualityRecord) -> Iterator[Block]:
    intro = (
        f"The drug and alcohol needs assessment of {record.title}, dated "
        f"{printed_date(record.date)}, holds {record.figures:,} figures, of which "
        f"{record.withheld:,} are withheld. It was made by code version {record.code[:12]}. This "
        "record says what was checked by program; what only people can judge, they sign below."
    )
    yield Prose((Span(intro),))
    yield Heading("What was checked", 2)
    yield _table(
        "checks",
        "Checks and their results",
        ("Check", "Result", "What was found"),
        [(one.name, one.result, one.detail or "[z]") for one in record.checks],
    )
    yield Heading("Figures followed to their rows", 2)
    yield Prose(
        (
            Span(
                f"{len(record.traced)} figures, chosen by chance (seed {record.seed}) among those "
                "that cite rows by their number. The last column shows what stands in the row."
            ),
        )
    )
    yield _table(
        "traced",
        "Figures and the rows that they cite",
        ("Figure", "Printed", "Cites", "Result", "The row"),
        [
            (
                f"{one.label}, {one.area}, {one.period}",
                one.printed,
                one.cites,
                one.result,
                one.found,
            )
            for one in record.traced
        ],
    )
    yield Heading("What went in", 2)
    yield _table(
        "inputs",
        "Files, as their SHA-256",
        ("File", "SHA-256"),
        [
            (str(one["path"]), str(one.get("sha256", "no rows of this report's")))
            for one in record.inputs
        ],
    )
    settings = [f"{key}: {value}" for key, value in record.parameters.items()]
    yield Bullets(tuple((Span(one),) for one in settings))
    yield Prose((Span(", ".join(f"{key} {value}" for key, value in record.packages.items())),))
    yield Heading("Who answers for it", 2)
    yield _table(
        "signatures",
        "To be filled in and signed",
        ("Role", "Signs that", "Name", "Date"),
        [(role, what, "…", "…") for role, what in _ROLES],
    )


def _table(key: str, caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    first, *others = columns
    return Table(
        id=key,
        caption=caption,
        columns=(Column(first, "header"), *(Column(one, "text") for one in others)),
        rows=tuple(tuple(Cell(one) for one in row) for row in rows),
    )
