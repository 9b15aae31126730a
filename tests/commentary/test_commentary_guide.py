"""The guide to commentary, done as it is printed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import docx
import pytest

from needs.cli import main

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><path d="M0 0h40v20z"/></svg>'


@pytest.fixture(scope="module")
def guide(root: Path) -> str:
    return (root / "docs" / "commentary.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def project(root: Path, guide: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the files that the guide prints."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(root / "notebooks", folder / "notebooks")
    for before, kind, box in re.findall(r"(?s)(.*?)\n```(yaml|markdown)?\n(.*?)```\n", guide):
        if kind:
            path = folder / re.findall(r"`(commentary/[\w/]+\.\w+)`", before)[-1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(box, encoding="utf-8")
    (folder / "commentary" / "logo.svg").write_text(LOGO, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def call(root: Path, processed: Path, project: Path) -> Callable[..., int]:
    data = ["--raw", str(root / "data/raw/worcestershire"), "--processed", str(processed)]
    data += ["--notebooks", str(project / "notebooks"), "--quiet", "--date", "2022-12-31"]

    def run(line: str, *more: str) -> int:
        words = [one for one in line.split() if one != "needs"]
        try:
            return main([*words, *data, *more])
        except SystemExit as done:
            return int(done.code or 0)

    return run


def commands(guide: str) -> list[str]:
    return re.findall(r"^needs .+$", guide, re.MULTILINE)


def test_the_guide_prints_five_files(project: Path) -> None:
    found = {one.relative_to(project / "commentary").as_posix()
             for one in (project / "commentary").rglob("*.*")}  # fmt: skip
    assert found == {
        *("house.yaml", "logo.svg", "worcestershire/report.yaml", "worcestershire/deaths.md"),
        "worcestershire/recommendations.yaml",
    }


def test_every_line_of_it_works(
    guide: str, call: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin, check, accept, run = commands(guide)
    own = project / "commentary" / "worcestershire"
    before = {path.name: path.read_text(encoding="utf-8") for path in own.iterdir()}
    assert call(begin) == 0
    told = capsys.readouterr().out
    assert "written: commentary/worcestershire/summary.md" in told
    assert "written: commentary/worcestershire/deaths.md" not in told
    assert before.items() <= {p.name: p.read_text(encoding="utf-8") for p in own.iterdir()}.items()
    assert call(check) == 0
    assert "No faults: 1 chapter, 2 recommendations, 3 figures named." in capsys.readouterr().out
    assert call(accept) == 0
    assert len((own / "written_against.csv").read_text(encoding="utf-8").splitlines()) == 4
    out = project / "reports"
    assert call(run, "--out", str(out)) == 0
    capsys.readouterr()
    report = out / "worcestershire" / "2022"
    page = (report / "report.html").read_text(encoding="utf-8")
    for words in (
        "What we make of it", "Send outreach with naloxone", "No recommendation yet.",
        "Of 1 earlier recommendation, none is done.", "ask Anyshire County Council, Public Health",
        "Draft: not for publication", "Recommendations and progress", "--blue: #003b2f",
    ):  # fmt: skip
        assert words in page, words
    word = docx.Document(str(report / "report.docx"))
    word.add_comment(word.paragraphs[0].runs, text="Good.", author="A reader")
    word.save(str(project / "back.docx"))
    assert call_without_data(["commentary", "--from-docx", str(project / "back.docx")]) == 0
    assert "- [ ] A reader: Good." in capsys.readouterr().out


def call_without_data(words: list[str]) -> int:
    try:
        return main(words)
    except SystemExit as done:
        return int(done.code or 0)
