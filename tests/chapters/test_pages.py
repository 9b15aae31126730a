"""docs/writing-a-chapter.md and docs/library.md, run as they are printed; folders of chapters."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from needs.cli import main
from needs.commands import run as runs
from needs.report import accessibility, manifest
from needs.report.parameters import RunParameters

KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3"}


def boxes(page: Path) -> list[tuple[str, str]]:
    """The boxes of a page, each with its language."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.S | re.M)


def written(root: Path, folder: Path) -> Path:
    """The chapter of docs/writing-a-chapter.md, with its CSV beside it."""
    cells: list[Any] = []
    for language, text in boxes(root / "docs" / "writing-a-chapter.md"):
        if language == "csv":
            (folder / "needle_exchanges.csv").write_text(text, encoding="utf-8")
        elif language == "markdown":
            cells.append(new_markdown_cell(text))
        else:
            tags = ["parameters"] if text.startswith("areas =") else []
            cells.append(new_code_cell(text.rstrip(), metadata={"tags": tags} if tags else {}))
    path = folder / "07a_local_context.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), path)
    return path


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    """A copy of the project's chapters."""
    return Path(shutil.copytree(root / "notebooks", tmp_path / "chapters"))


def options(root: Path, processed: Path, notebooks: Path) -> dict[str, Any]:
    raw = root / "data" / "raw" / "worcestershire"
    return {"raw": raw, "processed": processed, "notebooks": notebooks}


def chosen(*formats: str) -> RunParameters:
    values = {"areas": ["Worcestershire"], "year": 2022, "date": "2026-11-29"}
    return RunParameters.check({**values, "formats": list(formats)})


def contents(page: str) -> list[str]:
    return re.findall(r"<h2[^>]*>(?:<[^>]*>)*\s*((?:Annex )?\w[.:] [^<]+)", page)


def test_the_chapter_of_the_guide_stands_in_the_report(
    root: Path, processed: Path, folder: Path, tmp_path: Path
) -> None:
    written(root, folder)
    done = runs.run(chosen("html", "pdf"), out=tmp_path / "out", **options(root, processed, folder))
    page = (done / "report.html").read_text(encoding="utf-8")
    assert accessibility.check_html(page) == []
    assert accessibility.check_pdf((done / "report.pdf").read_bytes()) == []
    titles = contents(page)
    at = next(place for place, one in enumerate(titles) if one.endswith("Local context"))
    assert titles[at - 1].endswith("Deaths")
    for words in (
        "had the highest rate of drug poisoning deaths",
        "Needle exchanges by district",
        "Counted by the public health team",
        "The death rate from drug poisoning was",
    ):
        assert words in page
    described = manifest.read(done)
    assert "typed" not in described and "not_shown" not in described


@pytest.mark.kernel
def test_the_chapter_of_the_guide_is_the_same_on_a_kernel(
    root: Path, processed: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    path = written(root, tmp_path / "mine")
    values = {"areas": ["E10000034"], "year": 2022, "name": ""}
    with runs._processed_data(processed):
        ours, theirs = (
            runs.execute(path, values, tmp_path, area="Worcestershire", engine=engine)
            for engine in ("inprocess", "nbclient")
        )
    assert ours.cells == theirs.cells


def test_chapters_may_be_dropped_and_reordered(
    root: Path, processed: Path, folder: Path, tmp_path: Path
) -> None:
    for path in folder.glob("*.ipynb"):
        if path.name[:2] not in ("07", "12", "13"):
            path.unlink()
    (folder / "12_resources_and_outcomes.ipynb").rename(folder / "01_resources.ipynb")
    done = runs.run(chosen("html"), out=tmp_path / "out", **options(root, processed, folder))
    titles = contents((done / "report.html").read_text(encoding="utf-8"))
    assert [one.partition(" ")[2] for one in titles[:2]] == [
        "Services, money and views",
        "Deaths",
    ]
    assert titles[0].startswith("1") and titles[1].startswith("2")


def test_a_folder_of_ones_own_is_named_to_a_run(
    root: Path, processed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    written(root, tmp_path / "mine")
    monkeypatch.chdir(root)
    given = ["--notebooks", str(tmp_path / "mine"), "--processed", str(processed), "--no-prepare"]
    asked = ["--area", "Worcestershire", "--year", "2022", "--date", "2026-11-29", "--quiet"]
    out = ["--out", str(tmp_path / "out"), "--formats", "html"]
    with pytest.raises(SystemExit) as ended:
        main(["run", *asked, *given, *out])
    assert ended.value.code == 0
    (page,) = (tmp_path / "out").rglob("report.html")
    titles = contents(page.read_text(encoding="utf-8"))
    assert titles == ["1. Local context"]


def test_the_library_page_runs_as_printed(
    root: Path, processed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEEDS_PROCESSED", str(processed))
    space: dict[str, Any] = {}
    with mpl.rc_context():
        for language, code in boxes(root / "docs" / "library.md"):
            assert language == "python"
            exec(compile(code, "library.md", "exec"), space)
        plt.close("all")
    assert set(space["figures"]["area"]) >= {"Worcestershire", "England", "Bromsgrove"}
    assert "80.6%" in capsys.readouterr().out
    (rate,) = space["rate"].to_dict("records")
    assert rate["total_count"] == 76 and rate["lower95_0"] < rate["value"] < rate["upper95_0"]


def test_the_library_page_names_every_column(root: Path) -> None:
    from needs.chapters.frames import COLUMNS

    page = (root / "docs" / "library.md").read_text(encoding="utf-8")
    assert all(f"`{one}`" in page for one in COLUMNS)


def test_the_guide_names_every_view(root: Path) -> None:
    from needs import chapters

    page = (root / "docs" / "writing-a-chapter.md").read_text(encoding="utf-8")
    assert all(f"| `{one}` |" in page for one in chapters.__all__ if one != "section")
