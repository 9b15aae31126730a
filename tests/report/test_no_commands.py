"""A report tells no one to run commands: those go to the log and to `needs check`."""

from __future__ import annotations

import html
import re
import subprocess
from pathlib import Path

import docx
import pytest

from needs.cli import app
from needs.commands import run as runs
from needs.commands.check import check
from needs.report import manifest
from needs.report.parameters import RunParameters

COMMANDS = sorted(
    str(one.name or one.callback.__name__).replace("_", "-") for one in app.registered_commands
)

#: What a reader of a report can do nothing with: commands, options, folders and guides of the code.
FOR_ANALYSTS = re.compile(
    rf"needs (?:{'|'.join(COMMANDS)})\b|\bpython3?\b|(?<!\w)--[a-z]{{2,}}"
    r"|\bdata/(?:raw|processed)\b|\bdocs/[\w-]+\.md\b|\bsrc/\w+|\.ipynb\b"
)

#: English that looks like a command.
ENGLISH = {"needs areas", "needs claims"}


def told(text: str) -> list[str]:
    return sorted({match[0] for match in FOR_ANALYSTS.finditer(text)} - ENGLISH)


def visible(page: str) -> str:
    """A page's text, without scripts, styles, and code that is meant."""
    for name in ("script", "style", "code"):
        page = re.sub(rf"<{name}\b.*?</{name}>", " ", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


@pytest.mark.slow
@pytest.mark.parametrize("year", [2022, 2025])
def test_no_report_tells_of_commands(
    year: int, root: Path, processed: Path, tmp_path: Path, tool
) -> None:
    parameters = RunParameters(
        areas=["Worcestershire"], year=year, date="2026-11-29", formats=["html", "pdf", "docx"]
    )
    folder = runs.run(
        parameters,
        raw=root / "data" / "raw" / "worcestershire",
        processed=processed,
        out=tmp_path,
        notebooks=root / "notebooks",
    )
    # of all examples, that of 2025 has the largest page: it can be sent as an attachment, too
    assert (folder / "report.html").stat().st_size < 1_500_000
    read = [tool("pdftotext"), str(folder / "report.pdf"), "-"]
    pdf = subprocess.run(read, check=True, capture_output=True, text=True).stdout
    word = docx.Document(str(folder / "report.docx"))
    texts = [each.text for each in word.element.body.iter() if each.text]
    page = visible((folder / "report.html").read_text(encoding="utf-8"))
    assert {"html": told(page), "pdf": told(pdf), "docx": told("\n".join(texts))} == {
        "html": [],
        "pdf": [],
        "docx": [],
    }
    # who makes the report is told
    log = manifest.for_authors(manifest.read(folder))
    assert any(one.startswith("No figure of ") and "needs fetch" in one for one in log)


def test_a_command_would_be_seen() -> None:
    said = "run needs fetch ons_drug_deaths, or save it in data/raw/x: needs run --area"
    assert told(said) == ["--area", "data/raw", "needs fetch", "needs run"]
    assert told("what each district needs; people in need check in") == []


def test_check_says_how_to_add(root: Path, processed: Path) -> None:
    lines = check(root / "data" / "raw" / "worcestershire", processed)
    at = next(i for i, one in enumerate(lines) if one.endswith("without any figure:"))
    assert lines[at + 1].startswith("  ")
    assert any("needs fetch" in one for one in lines[at:])
