"""A run gives a whole report or leaves the last one alone."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from openpyxl import Workbook

from needs.commands import project
from needs.commands import run as runs
from needs.commands.verify import _files as told_files
from needs.commands.verify import verify
from needs.errors import (
    CheckError,
    InvalidDataError,
    MissingDataError,
    NotebookError,
    ParameterError,
    RenderError,
)
from needs.figures.assessment import Assessment
from needs.report import manifest as manifests
from needs.report.document import ReportContext, read_document
from needs.report.parameters import RunParameters
from needs.report.working_folder import scratch_folder

pytestmark = pytest.mark.slow

VALUES = {"areas": ["E10000034"], "year": 2022, "name": ""}
PARAMETERS = 'areas = ["Worcestershire"]\nyear = 2022\nname = ""'


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Part-run copies and tracebacks, which a run keeps, go where pytest tidies up."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))


def chapter(folder: Path, name: str, *cells: str, parameters: str = PARAMETERS) -> Path:
    """Write a notebook with a title, a parameters cell and these code cells."""
    made = [new_markdown_cell(f"# {name}"), new_code_cell(parameters)]
    made[1].metadata["tags"] = ["parameters"]
    made += [new_code_cell(cell) for cell in cells]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
    return path


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# The notebooks of a run


def test_chapters_come_in_order_of_their_numbers_and_letters(tmp_path: Path) -> None:
    names = (
        "10_annex",
        "2_deaths",
        "04b_more",
        "05-need",
        "04_families",
        "04A_local",
        "01_summary",
    )
    for name in names:
        chapter(tmp_path, name)
    (tmp_path / ".ipynb_checkpoints").mkdir()
    chapter(tmp_path / ".ipynb_checkpoints", "01_summary-checkpoint")
    shutil.move(tmp_path / "2_deaths.ipynb", tmp_path / "2_deaths.IPYNB")
    found = [path.stem for path in runs.chapters(tmp_path)]
    assert found == [
        "01_summary", "2_deaths", "04_families", "04A_local", "04b_more", "05-need", "10_annex",
    ]  # fmt: skip


def test_a_notebook_that_has_no_place_is_told(tmp_path: Path) -> None:
    for name in ("01_summary", "local_context", "4 families", "04ab_local"):
        chapter(tmp_path, name)
    with pytest.raises(ParameterError) as caught:
        runs.chapters(tmp_path)
    told = caught.value.problems
    assert [one.where for one in told] == [
        "04ab_local.ipynb",
        "4 families.ipynb",
        "local_context.ipynb",
    ]
    assert all("no place among the chapters" in one.what for one in told)
    assert "05a_deaths.ipynb" in told[0].remedy


def test_a_folder_without_chapters_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError):
        runs.chapters(tmp_path)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (PARAMETERS + "\ncomparators = 5", "'comparators' is declared, but no run sets it"),
        ('areas = ["Rutland"]\nyear = 2022', "'name' is not declared"),
        ("areas = [", "not Python"),
    ],
)
def test_parameters_cells_must_fit(tmp_path: Path, parameters: str, words: str) -> None:
    chapter(tmp_path, "01_good")
    chapter(tmp_path, "02_bad", parameters=parameters)
    with pytest.raises(ParameterError) as caught:
        runs.chapters(tmp_path)
    assert words in str(caught.value)
    assert all("02_bad.ipynb" in problem.where for problem in caught.value.problems)


def test_an_untagged_notebook_and_no_notebook_are_refused_together(tmp_path: Path) -> None:
    path = chapter(tmp_path, "01_untagged")
    node = nbformat.read(path, as_version=4)
    node.cells[1].metadata.tags = []
    nbformat.write(node, path)
    (tmp_path / "02_text.ipynb").write_text("{}", encoding="utf-8")
    with pytest.raises(ParameterError) as caught:
        runs.chapters(tmp_path)
    assert [p.where for p in caught.value.problems] == ["01_untagged.ipynb", "02_text.ipynb"]


def test_the_projects_own_notebooks_fit(root: Path) -> None:
    assert len(runs.chapters(root / "notebooks")) >= 10


def test_the_project_is_found_from_below(root: Path, tmp_path: Path) -> None:
    assert project.find_project(root / "src" / "needs") == root
    with pytest.raises(MissingDataError):
        project.find_project(tmp_path)


# One chapter


def test_a_chapter_gets_its_parameters_and_keeps_no_traces_of_the_run(tmp_path: Path) -> None:
    path = chapter(tmp_path / "notebooks", "01_one", "print(areas, year, repr(name))")
    before = path.read_bytes()
    (tmp_path / "{braces}").mkdir()
    first = runs.execute(path, VALUES, tmp_path / "{braces}", area="Worcestershire")
    (tmp_path / "b").mkdir()
    second = runs.execute(path, VALUES, tmp_path / "b", area="Worcestershire")
    assert first.cells[-1].outputs[0].text == "['E10000034'] 2022 ''\n"
    assert nbformat.writes(first) == nbformat.writes(second)
    assert str(tmp_path) not in nbformat.writes(first)
    assert first.metadata.papermill == {"parameters": VALUES}
    assert path.read_bytes() == before


def test_a_chapter_runs_beside_its_notebook_and_knows_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEEDS_PROCESSED", "as before")
    show = "import os, pathlib\nprint(pathlib.Path.cwd().name, os.environ['NEEDS_PROCESSED'])"
    path = chapter(tmp_path / "notebooks", "01_one", show)
    with runs._processed_data(tmp_path / "tables"):
        node = runs.execute(path, VALUES, tmp_path, area="Worcestershire")
    shown = f"notebooks {(tmp_path / 'tables').resolve()}\n"
    assert node.cells[-1].outputs[0].text == shown
    assert os.environ["NEEDS_PROCESSED"] == "as before"


def test_the_engine_and_a_kernel_give_the_same_chapter(tmp_path: Path) -> None:
    cells = ["import pandas as pd\npd.DataFrame({'a': [1]})", "print(year)", "areas"]
    path = chapter(tmp_path / "notebooks", "01_one", *cells)
    ours = runs.execute(path, VALUES, tmp_path, area="Worcestershire")
    theirs = runs.execute(path, VALUES, tmp_path, area="Worcestershire", engine="nbclient")
    assert nbformat.writes(ours) == nbformat.writes(theirs)


def test_a_failing_cell_is_named_with_its_cause_and_copy(tmp_path: Path) -> None:
    path = chapter(tmp_path / "notebooks", "05_deaths", "1 + 1", "{}['rate']\n", "2")
    with pytest.raises(NotebookError) as caught:
        runs.execute(path, VALUES, tmp_path, area="Worcestershire")
    assert caught.value.exit_code == 5
    what, where = caught.value.problem.what, caught.value.problem.where
    assert what == "Worcestershire: 05_deaths.ipynb failed in cell 4: KeyError: 'rate'"
    assert where == "05_deaths.ipynb, cell 4 (In [4])"
    copy = tmp_path / "05_deaths.ipynb"
    assert str(copy) in caught.value.problem.remedy
    assert "KeyError" in copy.read_text(encoding="utf-8")


@pytest.mark.parametrize("engine", ["inprocess", "nbclient"])
def test_a_cell_that_is_tagged_so_may_fail(tmp_path: Path, engine: str) -> None:
    shown = "from needs.chapters.blocks import Heading, blocks\nblocks(Heading('After'))"
    path = chapter(tmp_path / "notebooks", "05_deaths", "1 / 0", shown, "{}['rate']")
    node = nbformat.read(path, as_version=4)
    node.cells[2].metadata["tags"] = ["raises-exception"]
    nbformat.write(node, path)
    with pytest.raises(NotebookError, match="failed in cell 5: KeyError"):
        runs.execute(path, VALUES, tmp_path, area="Worcestershire", engine=engine)
    node.cells.pop()
    nbformat.write(node, path)
    done = runs.execute(path, VALUES, tmp_path, area="Worcestershire", engine=engine)
    assert [one.cell_type for one in done.cells] == ["markdown", *["code"] * 4]
    assert done.cells[3].outputs[0].ename == "ZeroDivisionError"
    context = ReportContext(title="Needs", area_name="Worcestershire", year=2022)
    (read,) = read_document([done], context=context).chapters
    assert [block.text for block in read.blocks] == ["After"]


def test_a_failed_chapters_workshop_is_kept_and_others_are_not(tmp_path: Path) -> None:
    target = tmp_path / "reports" / "rutland" / "2022"
    with pytest.raises(KeyboardInterrupt), scratch_folder(target):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotebookError), scratch_folder(target) as kept:
        (kept / "05_deaths.ipynb").touch()
        raise NotebookError("failed")
    assert [path.name for path in kept.iterdir()] == ["05_deaths.ipynb"]
    with scratch_folder(target.parent.with_name("leeds") / "2022"):
        assert kept.exists()
        os.utime(kept, (0, 0))
    with scratch_folder(target.parent.with_name("leeds") / "2022"):
        assert not kept.exists()
    with pytest.raises(NotebookError), scratch_folder(target) as kept:
        (kept / "05_deaths.ipynb").touch()
        raise NotebookError("failed")
    with scratch_folder(target) as again:
        assert [path.name for path in again.iterdir()] == ["lock"]
    assert list((tmp_path / "reports").iterdir()) == []


def test_a_second_run_of_a_report_is_refused_while_the_first_goes_on(tmp_path: Path) -> None:
    target = tmp_path / "rutland" / "2022"
    with scratch_folder(target) as folder:
        (folder / "01.ipynb").touch()
        with pytest.raises(ParameterError, match="Another run is making rutland/2022 now"):
            scratch_folder(target).__enter__()
        with scratch_folder(target.with_name("2021")):
            pass
        assert (folder / "01.ipynb").exists()
    with scratch_folder(target):
        pass


def test_where_nothing_can_be_written_is_not_another_run(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("mine", encoding="utf-8")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    nowhere = tmp_path / "link"
    nowhere.symlink_to(tmp_path / "not" / "there")
    places = [in_the_way, in_the_way / "deeper", loop, nowhere]
    places += [Path("/proc/needs")] if sys.platform == "linux" else []  # even for root
    for out in places:
        with pytest.raises(ParameterError) as caught:
            scratch_folder(out / "rutland" / "2022").__enter__()
        assert "Reports cannot be written there" in str(caught.value), out
        assert "Another run" not in str(caught.value), out
    assert in_the_way.read_text(encoding="utf-8") == "mine"


def test_what_a_killed_run_left_is_cleared_and_what_a_live_one_has_is_not(tmp_path: Path) -> None:
    script = """
import sys, time
from pathlib import Path
from needs.report.working_folder import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "01.ipynb").touch()
    (folder / "ready").touch()
    time.sleep(60)
"""
    targets = [tmp_path / name / "2022" for name in ("rutland", "leeds", "york")]
    folders = [target.with_name(".needs-run-2022") for target in targets]
    started = [subprocess.Popen([sys.executable, "-c", script, str(one)]) for one in targets]
    try:
        for _ in range(1200):  # a busy machine takes its time to import
            if all((folder / "ready").exists() for folder in folders):
                break
            time.sleep(0.1)
        else:
            pytest.fail("a run did not begin within two minutes")
        for process in started[:2]:
            process.kill()
            process.wait()
        os.utime(folders[2], (0, 0))  # the live one began long ago
        with pytest.raises(ParameterError), scratch_folder(targets[2]):
            pass
        with scratch_folder(targets[0]) as own:
            assert [path.name for path in own.iterdir()] == ["lock"]
            assert not folders[1].exists()
            assert (folders[2] / "01.ipynb").exists()
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ParameterError, match="cannot be written"):
        scratch_folder(tmp_path / "file" / "rutland" / "2022").__enter__()


def test_a_failed_rendering_names_its_traceback() -> None:
    with pytest.raises(RenderError) as caught, runs._rendering("report.pdf"):
        raise ValueError("no such font")
    assert caught.value.exit_code == 6
    trace = Path(caught.value.problem.remedy.split("with ")[1].removesuffix("."))
    assert "no such font" in trace.read_text(encoding="utf-8")
    trace.unlink()
    trace.parent.rmdir()


# Moving a report into place

OLD = {"report.html": b"old", "notebooks/01.ipynb": b"{}", "extra.txt": b"gone later"}
NEW = {"report.html": b"new", "notebooks/01.ipynb": b"{ }", "manifest.json": b"{}"}


def test_a_report_replaces_the_last_one_whole(tmp_path: Path) -> None:
    target = tmp_path / "reports" / "rutland" / "2022"
    runs.publish(OLD, target)
    runs.publish(NEW, target)
    assert files(tmp_path / "reports") == {f"rutland/2022/{k}": v for k, v in NEW.items()}


@pytest.mark.parametrize("fault", [OSError("no space"), KeyboardInterrupt()])
def test_a_failed_write_leaves_the_last_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    target = tmp_path / "rutland" / "2022"
    runs.publish(OLD, target)

    def fail(self: Path, content: bytes) -> int:
        raise fault

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(type(fault)):
        runs.publish(NEW, target)
    assert files(tmp_path) == {f"rutland/2022/{k}": v for k, v in OLD.items()}


def test_a_failed_renaming_puts_the_last_report_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "rutland" / "2022"
    runs.publish(OLD, target)
    rename = Path.rename

    def fail(self: Path, to: Path) -> Path:
        if ".part-" in self.name:
            raise PermissionError("a file is open elsewhere")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(PermissionError):
        runs.publish(NEW, target)
    assert files(tmp_path) == {f"rutland/2022/{k}": v for k, v in OLD.items()}


@pytest.mark.parametrize("moment", ["writing", "between the renamings"])
def test_a_killed_run_leaves_the_last_report(tmp_path: Path, moment: str) -> None:
    target = tmp_path / "rutland" / "2022"
    described = {**OLD, "manifest.json": b'{"area": {"codes": ["E06000017"]}, '}
    described["manifest.json"] += b'"parameters": {}, "outputs": {}}'
    runs.publish(described, target)
    script = f"""
import sys, time
from pathlib import Path
from needs.commands import run as runs
from needs.report.document import ReportContext, read_document
from needs.report.parameters import RunParameters
from needs.commands.verify import _files as told_files
from needs.commands.verify import verify
def stop(*_):
    Path({str(tmp_path / "ready")!r}).touch()
    time.sleep(60)
if {moment!r} == "writing":
    Path.chmod = stop
else:
    rename = Path.rename
    Path.rename = lambda self, to: stop() if ".part-" in self.name else rename(self, to)
runs.publish({NEW!r}, Path({str(target)!r}))
"""
    process = subprocess.Popen([sys.executable, "-c", script])
    try:
        for _ in range(300):
            if (tmp_path / "ready").exists():
                break
            time.sleep(0.1)
        assert (tmp_path / "ready").exists()
    finally:
        process.kill()
        process.wait()
    runs._check_target(target, ("E06000017",))  # the next run begins with this
    assert files(target) == described
    runs.publish(NEW, target)
    (tmp_path / "ready").unlink()
    assert files(tmp_path) == {f"rutland/2022/{k}": v for k, v in NEW.items()}


def test_other_files_are_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "rutland" / "2022"
    target.mkdir(parents=True)
    runs._check_target(target, ("E06000017",))
    (target / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ParameterError, match="would be replaced"):
        runs._check_target(target, ("E06000017",))


def test_a_report_that_was_kept_without_its_manifest_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "joint" / "2022"
    target.mkdir(parents=True)
    page = target / "report.html"
    page.write_text("<dd>Joint (E06000016+E06000017)</dd>", encoding="utf-8")
    (target / "report.pdf").touch()
    runs._check_target(target, ("E06000016", "E06000017"))
    for codes in (("E06000016",), ("E06000016", "E10000018")):
        with pytest.raises(ParameterError, match="would be replaced"):
            runs._check_target(target, codes)
    (target / "notes.txt").touch()
    with pytest.raises(ParameterError, match="would be replaced"):
        runs._check_target(target, ("E06000016", "E06000017"))


def test_a_report_of_another_area_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "joint" / "2022"
    target.mkdir(parents=True)
    described: dict[str, Any] = {"area": {"codes": ["E06000017"]}, "parameters": {}, "outputs": {}}
    (target / "manifest.json").write_text(json.dumps(described), encoding="utf-8")
    runs._check_target(target, ("E06000017",))
    with pytest.raises(ParameterError, match="is the report of E06000017"):
        runs._check_target(target, ("E10000034",))


# A whole run

SHOWN = """
from needs.figures import assessment
from needs.chapters.blocks import Column, Cell, Heading, Prose, Table, blocks
from needs.words.text import Span
na = assessment.load(areas, year, name)
blocks(
    Heading("Where"),
    Prose((Span(str(na)),)),
    Table("districts", "Districts", (Column("District", "header"), Column("Code", "text")),
        tuple((Cell(one.name), Cell(one.code)) for one in na.districts)),
)
"""


@pytest.fixture(scope="session")
def run_options(
    root: Path, processed: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Everything that a run needs but its parameters and target: one small chapter."""
    notebooks = tmp_path_factory.mktemp("project") / "notebooks"
    chapter(notebooks, "01_where", SHOWN)
    raw = root / "data" / "raw" / "worcestershire"
    return {"raw": raw, "processed": processed, "notebooks": notebooks}


def parameters(**changes: Any) -> RunParameters:
    values = {"areas": ["Worcestershire"], "year": 2022, "date": "2026-11-21"}
    return RunParameters.check({**values, **changes})


def test_a_run_gives_every_output(run_options: dict[str, Any], tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    folder = runs.run(
        parameters(), out=tmp_path, progress=lambda *step: told.append(step), **run_options
    )
    assert folder == tmp_path / "worcestershire" / "2022"
    assert set(files(folder)) == {
        "report.html",
        "report.pdf",
        "tables.xlsx",
        "tables.ods",
        "figures.csv",
        "figures.json",
        "findings.csv",
        "datapackage.json",
        "manifest.json",
        "notebooks/01_where.ipynb",
    }
    assert "Worcestershire (E10000034), reporting year 2022" in (folder / "report.html").read_text(
        encoding="utf-8"
    )
    assert [step[1:] for step in told] == [(n, 5) for n in range(6)]
    described = manifests.read(folder)
    assert described["parameters"]["areas"] == ["E10000034"]
    assert {file["path"] for file in described["inputs"]} >= {"datapackage.json"}
    for name, digest in described["outputs"].items():
        assert manifests.sha256((folder / name).read_bytes()) == digest
    assert list(tmp_path.iterdir()) == [tmp_path / "worcestershire"]


def test_a_report_leaves_no_garbage_for_the_next(
    run_options: dict[str, Any], tmp_path: Path
) -> None:
    def kept() -> dict[int, Any]:
        kinds = (Workbook, ReportContext, Assessment)
        return {id(one): one for one in gc.get_objects() if isinstance(one, kinds)}

    before, threshold = kept(), gc.get_threshold()
    for _ in range(2):  # what the first one leaves the second one has frozen
        runs.run(parameters(formats=["html", "xlsx"]), out=tmp_path, **run_options)
    assert kept().keys() <= before.keys()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (threshold, 0)


def test_two_runs_give_the_same_bytes_and_name_no_folder(
    run_options: dict[str, Any], tmp_path: Path
) -> None:
    first = runs.run(parameters(), out=tmp_path / "a", **run_options)
    second = runs.run(parameters(areas=["e10000034"]), out=tmp_path / "b", **run_options)
    assert files(first) == files(second)
    for name, content in files(first).items():
        for private in (tmp_path, run_options["processed"], run_options["notebooks"].parent):
            assert str(private).encode() not in content, name


def test_only_the_formats_asked_for_are_made(run_options: dict[str, Any], tmp_path: Path) -> None:
    folder = runs.run(parameters(formats=["html"]), out=tmp_path, **run_options)
    made = {path.name for path in folder.iterdir() if path.is_file()}
    register = {"figures.csv", "figures.json", "findings.csv", "datapackage.json"}
    assert made == {"report.html", "manifest.json"} | register


def test_a_report_may_have_a_name_of_its_own(run_options: dict[str, Any], tmp_path: Path) -> None:
    named = parameters(name="The Three Rivers", formats=["html"])
    folder = runs.run(named, out=tmp_path, **run_options)
    assert folder == tmp_path / "the-three-rivers" / "2022"
    assert "The Three Rivers" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("areas", "words"),
    [
        (["Wigornia"], "There is no area 'Wigornia'"),
        (["Worcestersheer"], "Worcestershire"),
        (["Worcester"], "Worcester is a district"),
        (["West Midlands"], "West Midlands is a region"),
        (["Worcestershire", "Herefordshire, County of"], "needs a name"),
    ],
)
def test_wrong_areas_stop_a_run_before_any_notebook(
    run_options: dict[str, Any], tmp_path: Path, areas: list[str], words: str
) -> None:
    told: list[str] = []
    with pytest.raises(ParameterError) as caught:
        runs.run(
            parameters(areas=areas),
            out=tmp_path,
            progress=lambda what, *_: told.append(what),
            **run_options,
        )
    assert words in str(caught.value)
    assert told == [] and list(tmp_path.iterdir()) == []


def test_a_failing_chapter_leaves_the_last_report(
    run_options: dict[str, Any], tmp_path: Path
) -> None:
    folder = runs.run(parameters(formats=["html"]), out=tmp_path, **run_options)
    before = files(tmp_path)
    chapter(tmp_path / "notebooks", "01_where", "undefined")
    with pytest.raises(NotebookError, match=r"01_where.* failed in cell 3"):
        runs.run(parameters(), out=tmp_path, **{**run_options, "notebooks": tmp_path / "notebooks"})
    shutil.rmtree(tmp_path / "notebooks")
    copies = folder.with_name(".needs-run-2022")
    assert "NameError" in (copies / "01_where.ipynb").read_text(encoding="utf-8")
    shutil.rmtree(copies)
    assert files(tmp_path) == before and folder.is_dir()


def test_a_chapter_that_cannot_be_drawn_is_a_rendering_fault(
    run_options: dict[str, Any], tmp_path: Path
) -> None:
    blank = "from needs.chapters.blocks import Prose, Table, Column, blocks\n"
    blank += "blocks(Table('empty', 'Empty', (Column('a', 'header'),), ()))"
    chapter(tmp_path / "notebooks", "01_where", blank)
    with pytest.raises(RenderError):
        runs.run(
            parameters(),
            out=tmp_path / "reports",
            **{**run_options, "notebooks": tmp_path / "notebooks"},
        )
    assert not (tmp_path / "reports").exists()


# Running it again


def test_a_report_is_verified(run_options: dict[str, Any], tmp_path: Path) -> None:
    folder = runs.run(parameters(), out=tmp_path, **run_options)
    before = files(tmp_path)
    lines = verify(folder, **run_options)
    assert lines[0] == "9 files are as their manifest says."
    assert files(tmp_path) == before


@pytest.mark.mirror
@pytest.mark.parametrize("told", ["raw", "raw/worcestershire"])
def test_files_that_came_later_are_left_aside(
    root: Path, mirror: Path, run_options: dict[str, Any], tmp_path: Path, told: str
) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(root / "data" / "raw" / "worcestershire", raw / "worcestershire")
    options = {**run_options, "raw": tmp_path / told, "processed": tmp_path / "processed"}
    folder = runs.run(parameters(), out=tmp_path, **options)
    tables = files(tmp_path / "processed")
    for source in ("ons_drug_deaths", "ons_population"):
        shutil.copytree(mirror / source, raw / source)
    lines = verify(folder, **{**options, "raw": raw})
    assert lines[:2] == [
        "9 files are as their manifest says.",
        "Made again, they are the same byte for byte.",
    ]
    assert re.fullmatch(
        r"Made again from the 12 raw files that its manifest names: \d+ others at hand were left "
        r"aside\.",
        lines[-1],
    )
    assert files(tmp_path / "processed") == tables
    # a file that changed since is taken as it is, and told
    claims = raw / "worcestershire" / "claims.csv"
    claims.write_text(claims.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(CheckError) as caught:
        verify(folder, **{**options, "raw": raw})
    (only,) = caught.value.problems
    assert "claims.csv was " in only.remedy


def test_raw_files_that_are_not_there_are_named(
    root: Path, run_options: dict[str, Any], tmp_path: Path
) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(root / "data" / "raw" / "worcestershire", raw / "worcestershire")
    options = {**run_options, "raw": raw, "processed": tmp_path / "processed"}
    folder = runs.run(parameters(formats=["html"]), out=tmp_path, **options)
    (raw / "worcestershire" / "claims.csv").unlink()
    with pytest.raises(CheckError) as caught:
        verify(folder, **options)
    (only,) = caught.value.problems
    assert only.what == (
        "1 of the 12 raw files that the run read is not there: worcestershire/claims.csv."
    )
    assert only.remedy == (
        "Name the folder that holds worcestershire: needs verify RUN_DIR --raw FOLDER"
    )
    with pytest.raises(CheckError, match=r"12 of the 12 raw files .* and 6 more"):
        verify(folder, **{**options, "raw": tmp_path / "none"})


def test_files_that_differ_are_all_counted() -> None:
    chapters = [f"notebooks/{number:02}_x.ipynb" for number in range(10)]
    rest = ["report.html", "report.pdf", "tables.xlsx", "tables.ods"]
    rest += ["datapackage.json", "figures.csv", "figures.json"]
    told = told_files([*chapters, *rest])
    assert told.endswith("figures.csv, 10 chapters in notebooks/, and 1 more")
    assert told.count(", ") + 1 == 6 + 1 + 1


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda run: (run / "report.html").write_bytes(b"edited"), "was changed after the run"),
        (lambda run: (run / "added.txt").write_bytes(b""), "is not of the run"),
    ],
)
def test_a_spoilt_report_is_not_verified(
    run_options: dict[str, Any], tmp_path: Path, spoil: Any, words: str
) -> None:
    folder = runs.run(parameters(formats=["html"]), out=tmp_path, **run_options)
    spoil(folder)
    with pytest.raises(CheckError) as caught:
        verify(folder, **run_options)
    assert words in str(caught.value)


def test_a_file_that_is_not_carried_is_held_against_its_hash(
    run_options: dict[str, Any], tmp_path: Path
) -> None:
    folder = runs.run(parameters(formats=["html"]), out=tmp_path, **run_options)
    kept = {"manifest.json", "report.html"}
    outputs = len(files(folder)) - 1
    for name in files(folder).keys() - kept:
        (folder / name).unlink()
    lines = verify(folder, **run_options)
    assert lines[0] == "1 files are as their manifest says."
    assert lines[2].startswith(f"{outputs - 1} more are not carried here (")
    assert "figures.json" in lines[2] and "in notebooks/" in lines[2]
    assert lines[2].endswith("): made again, the same as the manifest says.")
    # one that would not be made again is found out, although it is not there
    described = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    described["outputs"]["figures.csv"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(described), encoding="utf-8")
    with pytest.raises(CheckError) as caught:
        verify(folder, **run_options)
    (only,) = caught.value.problems
    assert only.what == f"Made again, 1 of {outputs} files differ: figures.csv."
    assert only.where == "the report carries no figures.json to tell its figures by"


def test_a_report_of_other_code_is_not_verified(
    run_options: dict[str, Any], tmp_path: Path
) -> None:
    folder = runs.run(parameters(), out=tmp_path, **run_options)
    chapter(tmp_path / "notebooks", "01_where", SHOWN.replace("Where", "Here"))
    with pytest.raises(CheckError) as caught:
        verify(folder, **{**run_options, "notebooks": tmp_path / "notebooks"})
    told = [problem.what for problem in caught.value.problems]
    assert told[0].startswith("It was made with other code (")
    assert told[1].startswith("Made again, 3 of 9 files differ: report.html, report.pdf")
    assert caught.value.problems[1].where.startswith("no figure differs")
    assert len(told) == 2 and str(caught.value).count("other code") == 1


def test_other_code_that_makes_the_same_report_may_be_passed(
    run_options: dict[str, Any], tmp_path: Path
) -> None:
    folder = runs.run(parameters(), out=tmp_path, code="0" * 64, **run_options)
    assert "000000000000" in (folder / "report.html").read_text(encoding="utf-8")
    with pytest.raises(CheckError) as caught:
        verify(folder, **run_options)
    (only,) = caught.value.problems
    assert "nothing differs" in only.remedy
    lines = verify(folder, ignore_code=True, **run_options)
    assert "Made again, they are the same byte for byte." in lines
    assert lines[-1].startswith("The same although these differ: It was made with other code")


def test_the_first_figure_that_differs_is_named(
    root: Path, processed: Path, tmp_path: Path
) -> None:
    shown = """
from needs.figures import assessment
from needs.chapters.blocks import Prose, blocks
from needs.words.text import Span
na = assessment.load(areas, year, name)
one = na.figure("alcohol_prevalence")
blocks(Prose((Span("There are "), Span(one.text, figure=one.id)), figures=(one,)))
"""
    chapter(tmp_path / "notebooks", "01_one", shown)
    folders = {"raw": root / "none", "notebooks": tmp_path / "notebooks", "prepare": False}
    folder = runs.run(parameters(), out=tmp_path, processed=processed, **folders)
    other = Path(shutil.copytree(processed, tmp_path / "other"))
    table = pd.read_parquet(other / "observations.parquet")
    row = (table["indicator"] == "alcohol_prevalence") & (table["area_code"] == "E10000034")
    table.loc[row, "value"] += 100
    table.to_parquet(other / "observations.parquet")
    with pytest.raises(CheckError) as caught:
        verify(folder, raw=root / "none", processed=other, notebooks=tmp_path / "notebooks")
    (only,) = caught.value.problems
    # the files are the same, so that the publisher has revised nothing
    assert only.where.startswith(
        "figures that differ: 1 method or code. The first: "
        "Worcestershire, Adults dependent on alcohol, 18+: 5,291 people"
    )
    assert " -> 5,391 people" in only.where and "(differs in: value)" in only.where


# Without a look at the raw files


def test_tables_can_be_taken_as_they_stand_and_the_report_says_so(
    run_options: dict[str, Any], tmp_path: Path
) -> None:
    raw = Path(shutil.copytree(run_options["raw"], tmp_path / "raw"))
    (raw / "populations.csv").write_text("spoilt", encoding="utf-8")
    options = {**run_options, "raw": raw}
    with pytest.raises(InvalidDataError) as caught:
        runs.run(parameters(formats=["html"]), out=tmp_path / "out", **options)
    assert "needs run --no-prepare" in caught.value.problem.remedy
    assert any("populations.csv" in problem.where for problem in caught.value.problems)
    folder = runs.run(parameters(formats=["html"]), out=tmp_path / "out", prepare=False, **options)
    described = manifests.read(folder)
    assert described["raw"] == "not checked"
    assert "taken as they stood" in described["notes"][0]
    assert "taken as they stood" in (folder / "report.html").read_text(encoding="utf-8")
    assert verify(folder, **options)[1] == "Made again, they are the same byte for byte."


def test_a_report_without_the_areas_data_says_so(
    run_options: dict[str, Any], tmp_path: Path
) -> None:
    chapter(
        tmp_path / "notebooks",
        "01_where",
        "from needs.chapters.blocks import *\nblocks(Heading('A'))",
    )
    options = {**run_options, "notebooks": tmp_path / "notebooks"}
    folder = runs.run(parameters(areas=["Rutland"], formats=["html"]), out=tmp_path, **options)
    (note,) = manifests.read(folder)["notes"]
    assert note.startswith("The data at hand hold no neighbourhoods of Rutland")
    earlier = runs.run(parameters(year=2015, formats=["html"]), out=tmp_path, **options)
    assert manifests.read(earlier)["notes"] == [
        "Neighbourhoods of Worcestershire are not described: the Indices of Deprivation at hand, "
        "of 2019, were published in 2019, after the reporting year 2015."
    ]
    assert "notes" not in manifests.read(
        runs.run(parameters(formats=["html"]), out=tmp_path, **run_options)
    )


def test_incomplete_tables_are_not_taken(run_options: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "processed").mkdir()
    options = {**run_options, "processed": tmp_path / "processed"}
    with pytest.raises(MissingDataError, match="not complete"):
        runs.run(parameters(), out=tmp_path / "out", prepare=False, **options)


# The code version


def test_the_code_version_is_that_of_what_is_said(tmp_path: Path) -> None:
    package = tmp_path / "needs"
    package.mkdir()
    (package / "a.py").write_bytes(b"x = 1\ny = 2\n")
    notebook = chapter(tmp_path, "01_one", "1 + 1")
    version = manifests.code_version([notebook], package)

    (package / "a.py").write_bytes(b"x = 1\r\ny = 2\r\n")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "a.pyc").write_bytes(b"\0")
    executed = nbformat.read(notebook, as_version=4)
    executed.cells[-1].execution_count = 7
    nbformat.write(executed, notebook)
    assert manifests.code_version([notebook], package) == version

    executed.cells[-1].source = "1 + 2"
    nbformat.write(executed, notebook)
    other = manifests.code_version([notebook], package)
    (package / "a.py").write_bytes(b"x = 2\n")
    assert len({version, other, manifests.code_version([notebook], package)}) == 3


def test_a_written_notebook_is_the_notebook(tmp_path: Path) -> None:
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

    from needs.chapters.blocks import MIME_TYPE
    from needs.commands.run import _written

    text = 'line one\n"quoted" \\ £ \\u0000blocks "\\u0000blocks" %d\n'
    shown = [
        new_output(
            "display_data", data={MIME_TYPE: {"text": [text, 1.5, None]}, "text/html": text}
        ),
        new_output("stream", name="stdout", text=text),
        new_output("display_data", data={MIME_TYPE: [], "text/plain": text}),
    ]
    cells = [new_markdown_cell(text), new_code_cell(text, outputs=shown), new_code_cell("1")]
    node = new_notebook(cells=cells)
    before = nbformat.writes(node)
    written = _written(node)
    assert nbformat.reads(written.decode("utf-8"), 4) == nbformat.reads(before, 4)
    assert nbformat.writes(node) == before  # which is left as it was
    assert max(written.splitlines(), key=len).strip().startswith(b'"application/vnd.needs')
