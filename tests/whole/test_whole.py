"""What is written is there whole or not at all, wherever a run is killed."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from needs.cli import main
from needs.commands import run as runs
from needs.commands.pack import pack
from needs.errors import ParameterError
from needs.report.working_folder import scratch_folder
from needs.sources import whole_files
from needs.tables.prepare import prepare

AREA = "Worcestershire"

#: Runs a task again and again, each time in a process of its own that is killed at another of the
#: things that it asks of the system about the place it writes to.
KILLED = """
import hashlib, os, random, signal, sys
from pathlib import Path
import pandas, pyarrow.parquet, geopandas
from needs.commands import pack
from needs.sources import whole_files
from needs.tables import prepare

{task}

def contents():
    return {{p.relative_to(target).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(target.rglob("*")) if p.is_file() and ".part-" not in str(p)}}

def alone():
    return not any(".part-" in str(p) for p in target.parent.rglob("*"))

def asked(of, stop):
    count = 0
    def hook(event, arguments):
        nonlocal count
        if event.split(".")[0] in ("open", "os", "shutil", "ctypes", "tempfile"):
            if str(target.parent) in str(arguments) or event == "ctypes.dlsym":
                count += 1
                if count == stop:
                    os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    of()
    return count

def apart(work):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.write(write, str(work()).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read) as told:
        said = told.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said

def run(of):
    status, said = apart(of)
    assert status == 0, said

run(new)
after = contents()
run(old)
before = contents()
assert before != after
_, said = apart(lambda: asked(new, 0))
steps = int(said)
run(old)
assert contents() == before
met = set()
for stop in sorted(random.Random({seed}).sample(range(1, steps + 1), {times})) + [steps]:
    status, _ = apart(lambda: asked(new, stop))
    assert status == -signal.SIGKILL, (stop, status)
    there = contents()
    assert there in (before, after), (stop, sorted(there))
    met.add(there == after)
    run(old)
    assert contents() == before and alone(), (stop, list(target.parent.iterdir()))
assert met == {{False, True}}, (steps, met)
"""

PACK = """
target = Path({out!r}, "package")
def old():
    pack.pack(Path({processed!r}), "Worcestershire", target, 2021)
def new():
    pack.pack(Path({processed!r}), "Worcestershire", target, 2022)
"""

PREPARE = """
target = Path({out!r}, "processed")
def old():
    prepare.prepare(Path({raw!r}, "one"), target)
def new():
    prepare.prepare(Path({raw!r}, "two"), target)
"""

FILE = """
target = Path({out!r}, "claims")
def old():
    target.mkdir(exist_ok=True)
    whole_files.write_file(target / "a.csv", "old" * 10_000, "--out")
def new():
    whole_files.write_file(target / "a.csv", "new" * 20_000, "--out")
"""

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system makes no such copies")


def killed(task: str, seed: int, times: int) -> None:
    script = KILLED.format(task=task, seed=seed, times=times)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


@needs_fork
def test_a_package_is_the_old_or_the_new_wherever_a_run_is_killed(
    processed: Path, tmp_path: Path
) -> None:
    killed(PACK.format(processed=str(processed), out=str(tmp_path / "out")), seed=1, times=6)


@needs_fork
def test_processed_tables_are_the_old_or_the_new_wherever_a_run_is_killed(
    root: Path, tmp_path: Path
) -> None:
    raw = tmp_path / "raw"
    for name in ("one", "two"):
        shutil.copytree(root / "data" / "raw" / "worcestershire", raw / name / "worcestershire")
    claims = raw / "two" / "worcestershire" / "claims.csv"
    lines = claims.read_text("utf-8").splitlines(keepends=True)
    claims.write_text("".join(lines[:-1]), "utf-8", newline="")
    descriptor = claims.with_name("datapackage.json")
    package = json.loads(descriptor.read_text("utf-8"))
    next(one for one in package["resources"] if one["path"] == claims.name).pop("needs:packed")
    descriptor.write_text(json.dumps(package), "utf-8")
    killed(PREPARE.format(raw=str(raw), out=str(tmp_path / "out")), seed=2, times=3)


@needs_fork
def test_a_file_is_the_old_or_the_new_wherever_a_run_is_killed(tmp_path: Path) -> None:
    killed(FILE.format(out=str(tmp_path / "out")), seed=3, times=3)


def test_what_a_killed_run_put_aside_is_taken_back(tmp_path: Path) -> None:
    """Where the system cannot exchange two folders, the old one is aside for a moment."""
    left = tmp_path / ".made.part-abc"
    (left / "old").mkdir(parents=True)
    (left / "old" / "a.txt").write_text("old")
    (left / "lock").touch()
    whole_files.settle(tmp_path / "made")
    assert [path.name for path in tmp_path.rglob("*")] == ["made", "a.txt"]


def test_two_renames_where_the_system_has_no_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_files, "_swapped", lambda one, other: False)
    for text in ("old", "new"):
        whole_files.write_folder(tmp_path / "made", {"a.txt": text}, "--out")
    assert (tmp_path / "made" / "a.txt").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_another_run_that_still_goes_is_left_alone(tmp_path: Path) -> None:
    with whole_files.new_folder(tmp_path / "made", "--out") as fresh:
        whole_files.settle(tmp_path / "made")
        whole_files.write_folder(tmp_path / "made", {"a.txt": "other"}, "--out")
        (fresh / "a.txt").write_text("own")
    assert (tmp_path / "made" / "a.txt").read_text() == "own"
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_other_files_of_a_folder_are_kept(tmp_path: Path) -> None:
    (tmp_path / "made" / "more").mkdir(parents=True)
    (tmp_path / "made" / "more" / "note.txt").write_text("kept")
    (tmp_path / "made" / "away").symlink_to("nowhere")
    whole_files.write_folder(tmp_path / "made", {"a.txt": "new"}, "--out")
    assert (tmp_path / "made" / "more" / "note.txt").read_text() == "kept"
    assert (tmp_path / "made" / "away").is_symlink()


def in_the_way(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "loop").symlink_to("loop")
    return {
        "a file": tmp_path / "file",
        "below a file": tmp_path / "file" / "made",
        "a loop": tmp_path / "loop",
        "a name that is too long": tmp_path / ("x" * 300),
    }


@pytest.mark.parametrize("kind", ["a file", "below a file", "a loop", "a name that is too long"])
def test_a_place_that_cannot_be_written_is_told(
    processed: Path, root: Path, tmp_path: Path, kind: str
) -> None:
    out = in_the_way(tmp_path)[kind]
    with pytest.raises(ParameterError) as caught:
        pack(processed, AREA, out, 2022)
    assert caught.value.problem.where == "--out" and caught.value.problem.remedy
    with pytest.raises(ParameterError) as caught:
        prepare(root / "data" / "raw" / "worcestershire", out)
    assert caught.value.problem.where == "--processed"
    if kind != "a file":
        with pytest.raises(ParameterError):
            whole_files.write_file(out, "text", "--out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "loop"]
    assert (tmp_path / "file").read_text() in ("kept", "text")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "made").symlink_to("far")
    whole_files.write_folder(tmp_path / "made", {"a.txt": "new"}, "--out")
    assert (tmp_path / "made").is_symlink() and (tmp_path / "far" / "a.txt").read_text() == "new"


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few pages."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    made = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True
    )
    if not made or made.returncode:
        pytest.skip("no disk can be made here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_nothing_is_left(processed: Path, root: Path, tiny: Path) -> None:
    whole_files.write_folder(tiny / "made", {"a.txt": "old"}, "--out")
    for write in (
        lambda: pack(processed, AREA, tiny / "made", 2022),
        lambda: prepare(root / "data" / "raw" / "worcestershire", tiny / "processed"),
        lambda: whole_files.write_file(tiny / "claims.csv", "x" * 100_000, "--out"),
    ):
        with pytest.raises(ParameterError, match="no room left on the disk"):
            write()
        assert [path.name for path in tiny.rglob("*")] == ["made", "a.txt"]
    with pytest.raises(ParameterError, match="disk of its own"):
        pack(processed, AREA, tiny, 2022)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_device_is_told_and_stays_one() -> None:
    with pytest.raises(ParameterError, match="no room left on the disk"):
        whole_files.write_file(Path("/dev/full"), "text", "--out")
    assert Path("/dev/full").is_char_device()


def test_the_folder_of_the_command_is_not_replaced(
    processed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParameterError, match="was given in it"):
        pack(processed, AREA, Path("."), 2022)


def test_a_folder_with_other_files_is_no_folder_of_tables(root: Path, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "letter.txt").write_text("dear")
    with pytest.raises(ParameterError, match=r"such as 'letter\.txt'"):
        prepare(root / "data" / "raw" / "worcestershire", tmp_path / "made")
    assert (tmp_path / "made" / "letter.txt").read_text() == "dear"


def test_a_disk_without_locks_is_not_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(stream: object, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr(fcntl, "flock", no_locks)
    whole_files.write_folder(tmp_path / "made", {"a.txt": "new"}, "--out")
    assert [path.name for path in tmp_path.rglob("*")] == ["made", "a.txt"]
    with pytest.raises(ParameterError, match="Reports cannot be written there: No locks"):
        scratch_folder(tmp_path / "rutland" / "2022").__enter__()


@pytest.fixture
def data(processed: Path, root: Path) -> list[str]:
    raw = root / "data" / "raw" / "worcestershire"
    return ["--raw", str(raw), "--processed", str(processed)]


@pytest.mark.parametrize(
    "arguments",
    [["areas", "wo\udcff"], ["run", "--name", "a\udcff"], ["pack", "--out", "x\udcff"]],
)
def test_bytes_that_are_no_text_are_told_before_anything_is_done(
    arguments: list[str], data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--area", "Rutland", "--year", "2022", *data]) == 2
    assert "holds a byte that is no letter" in capsys.readouterr().err


def test_an_area_without_a_latin_letter_has_no_folder_of_reports(
    processed: Path, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "processed"
    shutil.copytree(processed, copy)
    areas = pd.read_parquet(copy / "areas.parquet")
    areas["name"] = areas["name"].mask(areas["code"] == "E10000034", "東京")
    areas.to_parquet(copy / "areas.parquet", index=False)
    given = ["--area", "E10000034", "--year", "2022", "--no-prepare", "--processed", str(copy)]
    notebooks = ["--notebooks", str(root / "notebooks"), "--out", str(tmp_path / "out")]
    assert main(["run", *given, *notebooks, "--quiet"]) == 2
    assert "'東京' cannot name a folder" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("spoil", ["empty", "cut off", "a folder", "a loop"])
def test_a_processed_table_that_is_spoilt_is_made_again(
    processed: Path, data: list[str], tmp_path: Path, spoil: str
) -> None:
    copy = tmp_path / "processed"
    shutil.copytree(processed, copy)
    table = copy / "areas.parquet"
    whole_table = table.read_bytes()
    table.unlink()
    if spoil == "a folder":
        table.mkdir()
    elif spoil == "a loop":
        table.symlink_to(table.name)
    else:
        table.write_bytes(whole_table[:3000] if spoil == "cut off" else b"")
    with pytest.raises(SystemExit) as ended:
        main(["areas", "worc", *data[:2], "--processed", str(copy), "--quiet"])
    assert ended.value.code == 0
    assert table.read_bytes() == whole_table


def test_loops_below_the_raw_data_are_passed_over(data: list[str], tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(data[1], raw / "worcestershire")
    (raw / "up").symlink_to("..")
    (raw / "loop").symlink_to("loop")
    (raw / "worcestershire" / "x.csv").symlink_to("x.csv")
    prepare(raw, tmp_path / "processed")
    assert (tmp_path / "processed" / "manifest.json").is_file()


@pytest.mark.parametrize("kind", ["file", "loop"])
def test_folders_of_reports_and_of_raw_data_are_looked_at_first(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = str(in_the_way(tmp_path)["a file" if kind == "file" else "a loop"])
    assert main(["fetch", "--raw", place, "--quiet"]) == 2
    with pytest.raises(ParameterError) as caught:
        whole_files.reachable(Path(place), "--out")
    assert str(caught.value) == capsys.readouterr().err.strip().replace("--raw", "--out")


def test_a_full_disk_fails_a_report_and_leaves_the_last_one(
    tiny: Path,
) -> None:
    target = tiny / "rutland" / "2022"
    runs.publish({"report.html": b"old"}, target)
    with pytest.raises(ParameterError, match="no room"), whole_files.writing(target, "--out"):
        runs.publish({"report.html": b"x" * 100_000}, target)
    assert [path.name for path in tiny.rglob("*") if path.is_file()] == ["report.html"]
