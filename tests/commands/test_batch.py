"""Many reports: each is made once, whole, and whatever becomes of the others."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import nbformat
import psutil
import pytest
from distributed import Client, LocalCluster
from lxml import html
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from needs import catalogue, cli
from needs.commands import batch as batches
from needs.commands import run as runs
from needs.commands import workers
from needs.commands.unchanged import inputs_digest, unchanged
from needs.commands.wanted import BatchOutcome, Wanted
from needs.errors import InvalidDataError, MissingDataError, NotebookError, ParameterError
from needs.figures.figure import Figure
from needs.report import index
from needs.report.accessibility import check_html
from needs.report.parameters import RunParameters
from needs.stats.status import Status

COMMON = {"formats": ["html"], "date": "2026-11-21"}

# A chapter with a figure; areas of some names fail, or wait until they are killed.
CHAPTER = """
import os, pathlib, time
from needs.figures import assessment
from needs.chapters.blocks import Cell, Column, Heading, Table, blocks
na = assessment.load(areas, year, name)
if na.name.startswith("Broken"):
    raise ValueError("it is broken")
if na.name.startswith("Deadly"):
    os._exit(1)
mark = pathlib.Path("{folder}") / f"pid-{{na.name}}"
if na.name.startswith("Slow") and not mark.exists():
    mark.write_text(str(os.getpid()))
    time.sleep(60)
figure = na.figure("alcohol_specific_mortality")
blocks(
    Heading("What"),
    Table("rate", "Rate", (Column("Area", "header"), Column("Rate", "number")),
        ((Cell(na.name), Cell(figure.number, figure.value, figure.id)),), figures=(figure,)),
)
"""


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    folder = tmp_path / "project" / "notebooks"
    folder.mkdir(parents=True)
    first = new_code_cell('areas = ["Worcestershire"]\nyear = 2022\nname = ""')
    first.metadata["tags"] = ["parameters"]
    cells = [new_markdown_cell("# One"), first]
    cells.append(new_code_cell(CHAPTER.format(folder=tmp_path.as_posix())))
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(
        new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "01_one.ipynb"
    )
    return folder


@pytest.fixture
def raw(root: Path) -> Path:
    return root / "data" / "raw" / "worcestershire"


@pytest.fixture
def start(raw: Path, processed: Path, notebooks: Path) -> runs.Ground:
    return runs.ground(raw, processed, notebooks)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """A scheduler with two workers, such as --scheduler names."""
    # part-run copies, which a failure keeps, go where pytest tidies up
    temporary = str(tmp_path_factory.mktemp("workers"))
    with LocalCluster(
        env={"TMPDIR": temporary, "TEMP": temporary},
        local_directory=temporary,
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    ) as made:
        yield made


def wanted(start: runs.Ground, *names: str, **changes: Any) -> tuple[Wanted, ...]:
    values = {**COMMON, "areas": ["Worcestershire"], "year": 2022, **changes}
    asked = {one: RunParameters.check({**values, "name": one}) for one in names}
    reports, problems = batches.plan(asked, start.areas)
    assert problems == []
    return reports


def states(tally: batches.Tally) -> dict[str, str]:
    return {one.report.area: one.state for one in tally.outcomes}


def whole(out: Path, *folders: str) -> bool:
    """Whether just these reports are there, whole, with nothing left beside them.

    What failed and killed runs were working on is for the next run to clear away.
    """
    found = [path for path in out.glob("*/*") if not path.name.startswith(".needs-run-")]
    there = {path.relative_to(out).as_posix() for path in found}
    files = [out / one / "manifest.json" for one in folders]
    return there == set(folders) and all(path.is_file() for path in files)


# What is asked for


def asked(tmp_path: Path, text: str, year: str = "") -> tuple[dict[str, RunParameters], list[str]]:
    path = tmp_path / "areas.yaml"
    path.write_text(text, encoding="utf-8")
    parameters, problems = batches.read_file(path, COMMON, year)
    return parameters, [str(one) for one in problems]


def test_a_file_lists_areas_footprints_and_years(tmp_path: Path) -> None:
    text = """
year: 2022
reports:
  - Worcestershire
  - area: Rutland
    year: 2021
  - areas: [Leicester, Rutland]
    name: Two of them
"""
    parameters, problems = asked(tmp_path, text)
    assert problems == []
    assert [(one.areas, one.year, one.name) for one in parameters.values()] == [
        (("Worcestershire",), 2022, ""),
        (("Rutland",), 2021, ""),
        (("Leicester", "Rutland"), 2022, "Two of them"),
    ]
    assert list(parameters)[2] == "areas.yaml, report 3"


def test_a_list_alone_and_a_year_of_the_command_do(tmp_path: Path) -> None:
    parameters, problems = asked(tmp_path, "- Worcestershire\n- area: Rutland\n", "2020")
    assert problems == []
    assert {one.year for one in parameters.values()} == {2020}


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = """
year: 2022
report: []
reports:
  - area: Rutland
    yaer: 2021
  - 7
  - area: Rutland
    year: 22
  - area: Worcestershire
    name: ../../elsewhere
  - areas: []
  - name: Nobody
"""
    _, problems = asked(tmp_path, text)
    told = "\n".join(problems)
    for words in (
        "Unknown key 'report'.\n  Where:  areas.yaml\n  Remedy: Did you mean 'reports'?",
        "Unknown key 'yaer'.\n  Where:  areas.yaml, report 1\n  Remedy: Did you mean 'year'?",
        "A report is a name or a mapping.\n  Where:  areas.yaml, report 2",
        "out of range.\n  Where:  areas.yaml, report 3, year",
        "would lead out of the folder of reports.\n  Where:  areas.yaml, report 4, name",
        "areas.yaml, report 5",
        "'areas' is missing.\n  Where:  areas.yaml, report 6",
    ):
        assert words in told, told
    assert len(problems) == 7


@pytest.mark.parametrize("text", ["reports: [", "", "reports: []", "year: 2022", "Rutland"])
def test_a_file_without_reports_is_refused(tmp_path: Path, text: str) -> None:
    try:
        parameters, problems = asked(tmp_path, text)
    except InvalidDataError:
        return
    assert parameters == {} and problems


def test_a_year_that_nobody_names_is_a_fault(tmp_path: Path) -> None:
    _, problems = asked(tmp_path, "- Rutland\n")
    assert "year is missing" in problems[0]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError):
        batches.read_file(tmp_path / "none.yaml", COMMON)


def test_unknown_areas_and_doubled_folders_are_told_together(start: runs.Ground) -> None:
    values = {**COMMON, "year": 2022}
    given = {
        "one": {"areas": ["Worcestersheer"]},
        "two": {"areas": ["Worcestershire"]},
        "three": {"areas": ["E10000034"]},
        "four": {"areas": ["Worcestershire", "Herefordshire, County of"]},
    }
    parameters = {key: RunParameters.check({**values, **one}) for key, one in given.items()}
    reports, problems = batches.plan(parameters, start.areas)
    assert [one.folder for one in reports] == ["worcestershire/2022"]
    assert [one.where for one in problems] == ["one", "three", "four"]
    assert "Worcestershire" in problems[0].what  # the nearest
    assert "needs a name" in problems[2].what


def test_every_authority_of_a_year_is_asked_for(start: runs.Ground) -> None:
    there = batches.everywhere(start.areas, 2022, COMMON)
    uppers = start.areas[start.areas["kind"] == "upper tier"]
    assert "E10000034" in {one.areas[0] for one in there.values()}
    assert {one.areas[0] for one in there.values()} <= set(uppers["code"])


# What becomes of it


def test_one_failure_does_not_stop_the_others(
    start: runs.Ground, notebooks: Path, tmp_path: Path, cluster: LocalCluster
) -> None:
    out, told = tmp_path / "reports", []
    options: dict[str, Any] = {
        "notebooks": notebooks,
        "out": out,
        "scheduler": cluster.scheduler_address,
    }
    reports = wanted(start, "Broken", "Good", "Other")
    tally = batches.run_all(
        reports, start, progress=lambda *one: told.append(one), dated=True, **options
    )
    assert states(tally) == {"Broken": "failed", "Good": "made", "Other": "made"}
    assert tally.exit_code == NotebookError.exit_code
    lines = "\n".join(tally.lines())
    assert "Broken: 01_one.ipynb failed in cell 3: ValueError: it is broken" in lines
    assert lines.endswith("3 reports: 2 made, 1 failed")
    assert whole(out, "good/2022", "other/2022")
    assert [one[1:] for one in told] == [(0, 3), (1, 3), (2, 3), (3, 3)]

    # What failed is noted, and asked for again.
    (failed,) = (one for one in batches.read_state(out) if one["state"] == "failed")
    assert (failed["folder"], failed["exit_code"]) == ("broken/2022", 5)
    assert str(tmp_path) not in (out / "batch.json").read_text(encoding="utf-8")
    again, problems = batches.plan(batches.not_done(out, COMMON), start.areas)
    assert problems == [] and [one.folder for one in again] == ["broken/2022"]

    # What is unchanged is left alone, and only that.
    stamp = (out / "good" / "2022").stat().st_mtime_ns
    (out / "other" / "2022" / "report.html").write_bytes(b"edited")
    tally = batches.run_all(reports[1:], start, dated=True, **options)
    assert states(tally) == {"Good": "unchanged", "Other": "made"}
    assert tally.exit_code == 0 and tally.lines() == ["2 reports: 1 made, 1 unchanged"]
    assert (out / "good" / "2022").stat().st_mtime_ns == stamp
    tally = batches.run_all(reports[1:2], start, force=True, **options)
    assert states(tally) == {"Good": "made"}
    assert (out / "good" / "2022").stat().st_mtime_ns != stamp

    # The page lists what is there.
    page = html.fromstring((out / "index.html").read_text(encoding="utf-8"))
    assert page.xpath("//tbody//th//a/@href") == [
        "good/2022/report.html",
        "other/2022/report.html",
    ]


def test_what_some_reports_lack_is_told_with_their_names(
    start: runs.Ground, tmp_path: Path
) -> None:
    made = wanted(start, "One", "Two", "Three")
    for number, one in enumerate(made):
        lacking = ["Deaths: needs fetch"] + ["Rates: by hand"] * number  # in one of them twice
        data = {"area": {}, "parameters": {}, "outputs": {}, "to_add": lacking}
        path = tmp_path / one.folder / "manifest.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(data), encoding="utf-8")
    tally = batches.Tally(tuple(batches.BatchOutcome(one, "made") for one in made))
    assert tally.for_authors(tmp_path) == [
        "No figure of Deaths: needs fetch",
        "Two, 2022; Three, 2022: No figure of Rates: by hand",
    ]


def test_a_change_of_inputs_parameters_or_code_counts_and_a_date_only_if_given(
    start: runs.Ground, notebooks: Path, tmp_path: Path
) -> None:
    (report,) = wanted(start, "Good")
    runs.make_report(report.parameters, start, tmp_path)

    def same(one: Wanted = report, ground: runs.Ground = start, dated: bool = True) -> bool:
        told = [
            unchanged(one, ground, tmp_path, dated=dated, same_inputs=same_inputs)
            for same_inputs in ((False, True) if ground.inputs == start.inputs else (False,))
        ]
        assert len(set(told)) == 1
        return told[0]

    def other(**changes: Any) -> Wanted:
        return wanted(start, "Good", **changes)[0]

    assert same()
    assert not same(other(formats=["html", "xlsx"]))
    assert not same(other(date="2026-11-22"))
    assert same(other(date="2026-11-22"), dated=False)
    for changes in ({"code": "0" * 64}, {"inputs": {"files": []}}):
        assert not same(ground=runs.Ground(**{**vars(start), **changes}))
    written = tmp_path / "commentary" / "good"
    written.mkdir(parents=True)
    (written / "deaths.md").write_text("Words.", encoding="utf-8")
    assert not same(ground=dataclasses.replace(start, commentary=written.parent))
    (tmp_path / "good" / "2022" / "figures.csv").unlink()
    assert not same()


def test_what_is_unchanged_is_told_by_its_stamp_and_any_edit_is_seen(
    start: runs.Ground, notebooks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = wanted(start, "Good", "Other")
    for one in reports:
        runs.make_report(one.parameters, start, tmp_path)
    made: list[str] = []

    def make_all(todo: Any, *_: object, **options: Any) -> Iterator[BatchOutcome]:
        made.extend(one.area for one in todo)
        yield from ()

    monkeypatch.setattr(workers, "make_all", make_all)
    options: dict[str, Any] = {"notebooks": notebooks, "out": tmp_path, "dated": True}
    batches.write_state(
        tmp_path, [BatchOutcome(one, "made") for one in reports], inputs_digest(start.inputs)
    )
    batches.run_all(reports, start, **options)
    stamp = (tmp_path / "index.html").stat().st_mtime_ns
    with monkeypatch.context() as patch:
        patch.setattr(index, "read_line", lambda *_: pytest.fail("the page is as it was"))
        hashed: list[int] = []
        sha256 = batches.manifests.sha256
        patch.setattr(
            batches.manifests, "sha256", lambda data: hashed.append(len(data)) or sha256(data)
        )
        assert set(states(batches.run_all(reports, start, **options)).values()) == {"unchanged"}
        largest = (tmp_path / "good" / "2022" / "figures.json").stat().st_size
        assert largest not in hashed  # its content was not read
    assert (tmp_path / "index.html").stat().st_mtime_ns == stamp
    page = tmp_path / "good" / "2022" / "report.html"
    page.write_bytes(page.read_bytes().replace(b"Good", b"Bad.", 1))
    assert made == []
    batches.run_all(reports, start, **options)
    assert made == ["Good"]
    (tmp_path / "index.html").write_text("edited", encoding="utf-8")
    batches.run_all(reports[1:], start, **options)
    assert listed(tmp_path) == {"good/2022/report.html": True, "other/2022/report.html": False}


def test_a_batch_without_anything_to_make_imports_nothing_that_takes_long() -> None:
    heavy = ("distributed", "matplotlib", "nbformat", "papermill", "scipy.stats")
    code = (
        "import sys; import needs.commands.batch, needs.figures.assessment; "
        f"print([one for one in {heavy} if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


#: Makes a report as a process of a batch does, from what such a process is given.
REPORT = """
import pickle, sys
from pathlib import Path
from needs.commands import run, workers
from needs.report.parameters import RunParameters
given, out = (Path(one) for one in sys.argv[1:])
preload = pickle.loads(given.read_bytes())
preload.setup(None)
asked = RunParameters.check({{"areas": ["Rutland"], "year": 2022, **{common}}})
run.make_report(asked, workers._ground(*preload.task), out, lambda *_: None)
print([one for one in {unused} if sys.modules.get(one)])
"""


def test_a_process_that_makes_reports_imports_nothing_that_they_do_not_use(
    root: Path, national: Path, tmp_path: Path
) -> None:
    """What each of many processes would hold in its memory, after a report with every chapter."""
    unused = ("geopandas", "matplotlib", "pandera", "pyproj", "rfc3987_syntax", "seaborn")
    unused += ("scipy.optimize", "scipy.spatial", "scipy.stats")
    given = tmp_path / "given"
    given.write_bytes(pickle.dumps(workers.Preload(national, root / "notebooks", "")))
    code = REPORT.format(common=COMMON, unused=unused)
    command = [sys.executable, "-c", code, str(given), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert (tmp_path / "rutland" / "2022" / "report.html").is_file()


def test_a_killed_process_loses_nothing(
    start: runs.Ground, notebooks: Path, tmp_path: Path, cluster: LocalCluster
) -> None:
    mark = tmp_path / "pid-Slow"

    def kill() -> None:
        for _ in range(600):
            if mark.is_file() and (pid := mark.read_text(encoding="utf-8")):
                psutil.Process(int(pid)).kill()
                return
            time.sleep(0.1)

    killer = threading.Thread(target=kill)
    killer.start()
    tally = batches.run_all(
        wanted(start, "Slow", "Good", "Other"),
        start,
        notebooks=notebooks,
        out=tmp_path / "reports",
        scheduler=cluster.scheduler_address,
    )
    killer.join()
    with Client(cluster) as client:
        client.wait_for_workers(2, timeout=60)  # another one in its place
    assert not psutil.pid_exists(int(mark.read_text(encoding="utf-8")))
    assert states(tally) == {"Slow": "made", "Good": "made", "Other": "made"}
    assert whole(tmp_path / "reports", "slow/2022", "good/2022", "other/2022")


def test_workers_of_other_code_are_found_out(
    start: runs.Ground, notebooks: Path, tmp_path: Path, cluster: LocalCluster
) -> None:
    other = runs.Ground(**{**vars(start), "code": "0" * 64})
    tally = batches.run_all(
        wanted(start, "Good"),
        other,
        notebooks=notebooks,
        out=tmp_path / "reports",
        scheduler=cluster.scheduler_address,
    )
    assert "other code" in tally.outcomes[0].what and tally.exit_code == 4
    assert whole(tmp_path / "reports")


def test_workers_that_do_not_see_the_folders_are_told(
    start: runs.Ground, notebooks: Path, tmp_path: Path, cluster: LocalCluster
) -> None:
    options = {"notebooks": notebooks, "out": tmp_path, "scheduler": cluster.scheduler_address}
    elsewhere = runs.Ground(**{**vars(start), "processed": tmp_path / "elsewhere"})
    with pytest.raises(ParameterError) as caught:
        batches.run_all(wanted(start, "Good"), elsewhere, **options)
    assert caught.value.problem.where == "--scheduler"
    assert "processed table 'areas' is not there" in caught.value.problem.what
    assert "same paths" in caught.value.problem.remedy
    assert states(batches.run_all(wanted(start, "Good"), start, **options)) == {"Good": "made"}


def listed(out: Path) -> dict[str, bool]:
    """The reports that the page lists, and whether it says that they are from before."""
    page = html.fromstring((out / "index.html").read_text(encoding="utf-8"))
    rows = page.xpath("//tbody//th")
    return {one.find("a").get("href"): "from before" in one.text_content() for one in rows}


def test_good_reports_stay_in_the_list_whatever_becomes_of_the_next(
    raw: Path,
    processed: Path,
    notebooks: Path,
    tmp_path: Path,
    cluster: LocalCluster,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "reports"
    options: dict[str, Any] = {
        "notebooks": notebooks,
        "out": out,
        "scheduler": cluster.scheduler_address,
        "force": True,
    }
    start = runs.ground(raw, processed, notebooks)
    reports = wanted(start, "Good", "Other")
    with monkeypatch.context() as patch:
        # the workers give what the page says of what they made
        patch.setattr(index, "read_line", lambda *_: pytest.fail("read again"))
        batches.run_all(reports, start, **options)
    assert listed(out) == {"good/2022/report.html": False, "other/2022/report.html": False}

    def stop(what: str, done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    tally = batches.run_all(reports, start, progress=stop, **options)
    (first,) = tally.of("made")
    assert tally.stopped and tally.exit_code == 130
    there = listed(out)
    assert len(there) == 2 and not there[f"{first.report.folder}/report.html"]
    assert sorted(there.values()) == [False, True]

    (chapter,) = notebooks.glob("*.ipynb")
    node = nbformat.read(chapter, as_version=4)
    node.cells.append(new_code_cell("1 / 0"))
    nbformat.write(node, chapter)
    tally = batches.run_all(reports, runs.ground(raw, processed, notebooks), **options)
    assert set(states(tally).values()) == {"failed"}
    assert listed(out) == {"good/2022/report.html": True, "other/2022/report.html": True}


def test_a_scheduler_that_does_not_answer_is_told(
    start: runs.Ground, notebooks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 1)
    with pytest.raises(ParameterError, match="No scheduler with workers answers"):
        batches.run_all(
            wanted(start, "Good"),
            start,
            notebooks=notebooks,
            out=tmp_path,
            scheduler="tcp://127.0.0.1:9",
        )


def test_a_scheduler_that_is_lost_leaves_what_is_made(
    start: runs.Ground, notebooks: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "pid-Slow"
    temporary = tmp_path / "worker"
    options = {"processes": True, "host": "127.0.0.1", "dashboard_address": None}
    env = {"TMPDIR": str(temporary), "TEMP": str(temporary)}
    temporary.mkdir()
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        env=env,
        local_directory=str(temporary),
        silence_logs=logging.CRITICAL,
        **options,
    ) as lost:

        def close() -> None:
            for _ in range(600):
                if mark.is_file():
                    lost.close()
                    return
                time.sleep(0.1)

        closer = threading.Thread(target=close)
        closer.start()
        tally = batches.run_all(
            wanted(start, "Good", "Slow"),
            start,
            notebooks=notebooks,
            out=tmp_path / "reports",
            scheduler=lost.scheduler_address,
        )
        closer.join()
    assert states(tally) == {"Good": "made", "Slow": "failed"}
    assert "scheduler was lost" in tally.lines()[1] and tally.exit_code == 2
    assert whole(tmp_path / "reports", "good/2022")


def test_a_process_that_ends_again_and_again_is_told(
    start: runs.Ground, notebooks: Path, tmp_path: Path
) -> None:
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):
        tally = batches.run_all(
            wanted(start, "Deadly", "Good"),
            start,
            notebooks=notebooks,
            out=tmp_path / "reports",
            jobs=1,
        )
    assert states(tally) == {"Deadly": "failed", "Good": "made"}
    assert "ended again and again" in tally.lines()[1] and tally.exit_code == 5
    assert whole(tmp_path / "reports", "good/2022")


def test_a_broken_state_is_told(tmp_path: Path) -> None:
    for content in ("{", "[]", '{"reports": [{"folder": "a/2022"}]}'):
        (tmp_path / "batch.json").write_text(content, encoding="utf-8")
        with pytest.raises(InvalidDataError):
            batches.read_state(tmp_path)


def test_an_edited_state_leads_nowhere_else(tmp_path: Path, start: runs.Ground) -> None:
    entry = {"folder": "../../x", "areas": ["Worcestershire"], "year": 2022, "area": "x"}
    state = {"reports": [{**entry, "name": "../x", "state": "failed"}]}
    (tmp_path / "batch.json").write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(ParameterError, match="parameters"):
        batches.not_done(tmp_path, COMMON)
    state = {"reports": [{**entry, "name": "", "state": "failed"}]}
    (tmp_path / "batch.json").write_text(json.dumps(state), encoding="utf-8")
    reports, _ = batches.plan(batches.not_done(tmp_path, COMMON), start.areas)
    assert [one.folder for one in reports] == ["worcestershire/2022"]


# The command


def call(*arguments: str) -> int:
    try:
        return cli.main(arguments)
    except SystemExit as done:
        return int(done.code or 0)


@pytest.mark.parametrize(
    ("asked", "processors", "memory", "jobs", "word"),
    [
        (5000, 2, 8e9, 2, "2 processes rather than 5,000: this machine has 2 processors."),
        (5000, 1, 8e9, 1, "1 process rather than 5,000: this machine has 1 processor."),
        (8, 8, 1e9, 2, "2 processes rather than 8: this machine has memory for no more, at 400 MB"),
        (0, 64, 8e9, 20, "20 processes rather than 64: this machine has memory for no more"),
        (4, 4, 1e6, 1, "1 process rather than 4: this machine has memory for no more"),
        (0, 4, 8e9, 4, ""),
        (3, 4, 8e9, 3, ""),
        (4, 4, 2e9, 4, ""),
    ],
)
def test_processes_are_bounded_by_processors_and_memory(
    asked: int, processors: int, memory: float, jobs: int, word: str
) -> None:
    number, said = workers.bounded(asked, processors, memory)
    assert number == jobs
    assert said.startswith(word) and bool(said) == bool(word)


def test_the_user_is_told_of_fewer_processes_than_asked_for(
    raw: Path,
    processed: Path,
    notebooks: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is started: no report is made."""
    given: dict[str, Any] = {}

    def make_all(*_: object, **values: Any) -> Iterator[BatchOutcome]:
        given.update(values)
        yield from ()

    monkeypatch.setattr(workers, "make_all", make_all)
    file = tmp_path / "areas.yaml"
    file.write_text("year: 2022\nreports: [Worcestershire]\n", encoding="utf-8")
    folders = ["--raw", raw, "--processed", processed, "--notebooks", notebooks, "--out", tmp_path]
    asked = ["batch", file, "--jobs", "5000", "--quiet", *folders]
    assert call(*map(str, asked)) == 0
    assert "rather than 5,000: this machine has" in capsys.readouterr().err
    assert 1 <= given["jobs"] < 5000
    assert call(*map(str, asked), "--scheduler", "tcp://127.0.0.1:1") == 0
    assert "rather than" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Nothing says which reports"),
        (["--all"], "--all needs a year"),
        (["x.yaml", "--all", "--year", "2022"], "exclude each other"),
        (["--all", "--year", "22"], "four digits"),
        (["--all", "--year", "2022", "--formats", "odt"], "html, pdf, xlsx, ods, docx"),
        (["--all", "--year", "2022", "--jobs", "-1"], "greater than or equal to"),
        (["--all", "--year", "2022", "--jobs", "0"], "greater than or equal to"),
        (["--all", "--year", "2022", "--jobs", "many"], "--jobs"),
    ],
)
def test_bad_arguments_end_with_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("batch", *arguments) == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_a_faulty_file_stops_the_command_before_anything(
    raw: Path,
    processed: Path,
    notebooks: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "areas.yaml"
    file.write_text(
        "year: 2022\nreports:\n  - Worcestersheer\n  - {area: Rutland, name: ../x}\n",
        encoding="utf-8",
    )
    options = ["--raw", str(raw), "--processed", str(processed), "--notebooks", str(notebooks)]
    assert call("batch", str(file), *options, "--out", str(tmp_path / "out")) == 2
    shown = capsys.readouterr().err
    assert "There is no area 'Worcestersheer'" in shown and "out of the folder" in shown
    assert "report 1" in shown and "report 2" in shown
    assert not (tmp_path / "out").exists()


def test_what_failed_and_what_is_unchanged_are_made_again_if_asked(
    raw: Path,
    processed: Path,
    notebooks: Path,
    tmp_path: Path,
    cluster: LocalCluster,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, file = tmp_path / "out", tmp_path / "areas.yaml"
    lines = [f"  - {{area: Worcestershire, name: {name}}}\n" for name in ("Broken", "Good")]
    options = ["--raw", str(raw), "--processed", str(processed), "--notebooks", str(notebooks)]
    options += ["--out", str(out), "--formats", "html", "--quiet"]
    options += ["--scheduler", cluster.scheduler_address]

    def told(*arguments: str) -> tuple[int, str]:
        code = call("batch", *arguments, *options)
        shown = capsys.readouterr()
        return code, next(
            line
            for line in (shown.out + shown.err).splitlines()
            if re.match(r"\d+ reports?:", line)
        )

    file.write_text("year: 2022\nreports:\n" + "".join(lines), encoding="utf-8")
    assert told(str(file)) == (5, "2 reports: 1 made, 1 failed")
    stamp = (out / "good" / "2022").stat().st_mtime_ns
    assert told("--only-failed") == (5, "1 report: 1 failed")
    assert told(str(file), "--only-failed") == (5, "1 report: 1 failed")
    assert told(str(file)) == (5, "2 reports: 1 unchanged, 1 failed")
    assert (out / "good" / "2022").stat().st_mtime_ns == stamp
    file.write_text("year: 2022\nreports:\n" + lines[1], encoding="utf-8")
    assert told(str(file), "--only-failed") == (0, "0 reports: nothing to make")
    assert told(str(file), "--force") == (0, "1 report: 1 made")
    assert (out / "good" / "2022").stat().st_mtime_ns != stamp


#: Read by every Python that starts: as on a system that can only start processes anew.
ONLY_SPAWN = """
import multiprocessing, multiprocessing.context as contexts, os

def refused(*_, **__):
    raise OSError("there is no fork here")

for name in ("fork", "forkpty"):
    if hasattr(os, name):
        setattr(os, name, refused)
for name in ("fork", "forkserver"):
    contexts._concrete_contexts.pop(name, None)
multiprocessing.set_start_method("spawn")
"""


def test_a_report_and_a_batch_need_no_fork(
    raw: Path, processed: Path, notebooks: Path, tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(ONLY_SPAWN, encoding="utf-8")
    paths = [str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    folders = ["--raw", str(raw), "--processed", str(processed), "--notebooks", str(notebooks)]

    def start_python(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments], env=environment, capture_output=True, encoding="utf-8"
        )

    seen = start_python("-c", "import os; os.fork()")
    assert "there is no fork here" in seen.stderr
    one, many = tmp_path / "one", tmp_path / "many"
    asked = ["--area", "Worcestershire", "--year", "2022", "--out", str(one)]
    done = start_python("-m", "needs", "run", *asked, *folders)
    assert done.returncode == 0, done.stderr
    assert whole(one, "worcestershire/2022")
    assert (one / "worcestershire" / "2022" / "report.pdf").is_file()
    file = tmp_path / "areas.yaml"
    file.write_text("year: 2022\nreports: [Worcestershire]\n", encoding="utf-8")
    asked = [str(file), "--jobs", "1", "--formats", "html,pdf", "--out", str(many)]
    done = start_python("-m", "needs", "batch", *asked, *folders)
    assert done.returncode == 0, done.stderr
    assert whole(many, "worcestershire/2022")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to groups")
def test_ctrl_c_stops_cleanly(raw: Path, processed: Path, notebooks: Path, tmp_path: Path) -> None:
    out, mark = tmp_path / "out", tmp_path / "pid-Slow"
    file = tmp_path / "areas.yaml"
    names = ("Good", "Slow", "Other")
    lines = [f"  - {{area: Worcestershire, name: {name}}}\n" for name in names]
    file.write_text("year: 2022\nreports:\n" + "".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "needs", "batch", str(file), "--jobs", "1"]
    command += ["--formats", "html", "--out", str(out), "--notebooks", str(notebooks)]
    command += ["--raw", str(raw), "--processed", str(processed)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        for _ in range(600):
            if mark.is_file() or process.poll() is not None:
                break
            time.sleep(0.1)
        children = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        _, shown = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, shown
    assert "3 reports: 1 made, 2 not reached" in shown
    assert "Traceback" not in shown
    assert re.search(r"^1/3 Good: made  [\d.]+ a minute, .+ left$", shown, re.MULTILINE), shown
    assert psutil.wait_procs(children, timeout=10)[1] == []
    assert whole(out, "good/2022")
    assert [one["state"] for one in batches.read_state(out)] == ["done", "waiting", "waiting"]
    assert [one.name for one in batches.not_done(out, COMMON).values()] == ["Other", "Slow"]


@pytest.mark.mirror
def test_authorities_of_england_on_two_processes(
    mirror: Path, national: Path, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "areas.yaml"
    file.write_text("year: 2022\nreports: [Rutland, Hartlepool, E06000060]\n", encoding="utf-8")
    options = ["--raw", str(mirror), "--processed", str(national), "--out", str(tmp_path / "out")]
    options += ["--notebooks", str(root / "notebooks"), "--jobs", "2", "--quiet"]
    assert call("batch", str(file), *options) == 0
    assert "3 reports: 3 made" in capsys.readouterr().out
    folders = ("buckinghamshire/2022", "hartlepool/2022", "rutland/2022")
    assert whole(tmp_path / "out", *folders)
    page = html.fromstring((tmp_path / "out" / "index.html").read_text(encoding="utf-8"))
    for address in page.xpath("//td//a/@href"):
        assert (tmp_path / "out" / address).is_file()
    assert len(page.xpath("//td//a/@href")) == 12
    rows = [len(row.xpath("td[@class='number']")) for row in page.xpath("//tbody/tr")]
    assert len(rows) == 3 and len(set(rows)) == 1 and rows[0] > 0
    assert call("batch", str(file), *options) == 0
    assert "3 reports: 3 unchanged" in capsys.readouterr().out


# The page that lists the reports


def line(area: str, value: float | None, period: str = "2021") -> index.IndexLine:
    key = "alcohol_specific_mortality"
    status = Status.SHOWN if value is not None else Status.SUPPRESSED
    marks = ("e",) if value is not None else ()
    figure = Figure("id", key, "Deaths", "E1", area, period, value, "per 100,000", 1,
                    status=status, marks=marks)  # fmt: skip
    return index.IndexLine(
        area, ("E10000034",), 2022, (("a/2022/report.html", "HTML"),), {key: figure}
    )


def test_the_page_is_an_accessible_list_that_needs_no_script() -> None:
    lines = [line("Rutland", 11.25), line("<b>Bath</b> & more", None)]
    text = index.render_index(lines, catalogue.load())
    assert text == index.render_index(lines[::-1], catalogue.load())
    page = html.fromstring(text)
    assert page.get("lang") == "en-GB"
    assert page.findtext(".//title")
    assert [len(page.findall(f".//{tag}")) for tag in ("h1", "main", "table", "caption")] == [1] * 4
    assert {one.get("scope") for one in page.iter("th")} == {"row", "col"}
    rows = [" ".join(row.text_content().split()) for row in page.findall(".//tbody/tr")]
    assert rows == ["<b>Bath</b> & more, 2022 2022 [c] HTML", "Rutland, 2022 2022 11.3 [e] HTML"]
    assert page.find(".//tbody//b") is None
    assert page.find(".//form").get("hidden") is not None  # the script shows what it serves
    assert "per 100,000, 2021" in page.find(".//thead").text_content()
    assert "[c] confidential" in page.text_content()
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", text)
    assert check_html(text) == []


def test_periods_stand_beside_figures_that_differ_in_them() -> None:
    page = html.fromstring(
        index.render_index([line("A", 1.0), line("B", 2.0, "2020")], catalogue.load())
    )
    assert [one.text for one in page.find_class("period")] == ["2021", "2020"]


def test_a_report_that_is_gone_is_not_listed(tmp_path: Path) -> None:
    index.write_index(tmp_path, ["rutland/2022"])
    assert "There is no report yet" in (tmp_path / "index.html").read_text(encoding="utf-8")
    (tmp_path / "rutland" / "2022").mkdir(parents=True)
    (tmp_path / "rutland" / "2022" / "figures.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InvalidDataError):
        index.write_index(tmp_path, ["rutland/2022"])


@pytest.mark.browser
def test_the_list_can_be_searched_and_axe_finds_nothing(tmp_path: Path, browser: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    text = index.render_index([line("Rutland", 1.0), line("Bath", 2.0)], catalogue.load())
    (tmp_path / "index.html").write_text(text, encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "index.html").as_uri())
    page.get_by_label("Find an area").fill("rut")
    assert page.locator("tbody tr:visible").count() == 1
    assert page.locator("#found").inner_text() == "1 of 2 shown"
    page.get_by_label("Find an area").fill("")
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.close()


def test_the_state_of_other_batches_stays(tmp_path: Path, start: runs.Ground) -> None:
    first, second = wanted(start, "First", "Second")
    batches.write_state(tmp_path, [BatchOutcome(first, "failed", 5, "what", "where")], "")
    batches.write_state(tmp_path, [BatchOutcome(second, "made")], "")
    there = {one["area"]: one["state"] for one in batches.read_state(tmp_path)}
    assert there == {"First": "failed", "Second": "done"}
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["batch.json"]
