"""Calls that nobody means: whatever is given, a command says what is wrong and how to mend it.

Options and files are drawn at random from a list of hostile ones, by a fixed seed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from needs import cli

CALLS, SEED = 150, 7

#: The exit codes that ``needs --help`` lists.
CODES = {0, 2, 3, 4, 5, 6, 7}

DEEP = 100_000

NAMES = (
    *(
        "Rutland",
        "Worcestershire",
        "E10000034",
        "",
        " ",
        "\x07",
        "\x1b[31mred",
        "\udcff",
        "x" * 300,
    ),
    *("../../x", "..", "/", "nul", "E99999999", "é" * 40, "​Rutland", "-1", "%s%n", "{}", "a\nb"),
)
YEARS = ("2022", "0", "-1", "99999", "20018", "2022.5", "", "twenty", "٢٠٢٢", "1e3", "\udcff")
FORMATS = ("html", "", ",", "html,html", "docx", "../x", "\x00"[:0] + "pdf\x07")
DATES = ("2024-02-30", "0000-00-00", "now", "-1", "2024-01-01T00:00", "9" * 300)
FIGURES = ("x", "", "../../x", "all_in_treatment", "\x1b[2J", "f" * 300, "\udc80", "*", "[", "a/b")
KEYS = ("ons_lookups", "nothing", "", "../x", "\udcff", "x" * 300, "*")
JOBS = ("0", "-1", "x", "1.5", "9" * 40)

#: Contents of files that hold something else than is asked for.
CONTENTS: dict[str, bytes] = {
    "empty": b"",
    "binary": bytes(range(256)) * 16,
    "deep.yaml": b"[" * DEEP,
    "nested.yaml": b"- " * 5_000 + b"x",
    "deep.json": b'{"a":' * DEEP,
    "anchors.yaml": b"a: &a [x]\nb: *c\n",
    "tagged.yaml": b"!!python/object/apply:os.system ['touch tagged']\n",
    "wrong.yaml": b"year: [2022]\nreports: {a: 1}\n",
    "names.yaml": b'year: 2022\nreports: ["\\u0000", "../../x", 7, null, 2022-01-01, .nan]\n',
    "numbers.csv": b"claim_id,indicator,area_code,period,stated_value\n1,x,E10000034,2022,1e999\n",
    "headings.csv": b"\xef\xbb\xbf,,,,\n,,,,\n",
    "quote.csv": b'claim_id,indicator\n"1,x\n',
    "cut.parquet": b"PAR1PAR1",
}


def written(folder: Path) -> dict[str, Path]:
    """Paths that are not what they seem, in a folder of their own."""
    folder.mkdir(parents=True)
    found = {name: folder / name for name in CONTENTS}
    for name, content in CONTENTS.items():
        found[name].write_bytes(content)
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "away").symlink_to(folder.parent / "precious")
    for name in ("bare", "report", "package", "tables"):
        (folder / name).mkdir()
    for name in ("manifest.json", "figures.json", "batch.json"):
        (folder / "report" / name).write_bytes(CONTENTS["deep.json"])
    (folder / "package" / "datapackage.json").write_bytes(CONTENTS["deep.json"])
    (folder / "tables" / "areas.parquet").write_bytes(CONTENTS["cut.parquet"])
    (folder / "tables" / "manifest.json").write_bytes(b'[{"files": 1}]')
    return found | {
        "loop": folder / "loop",
        "below a file": folder / "empty" / "x",
        "missing": folder / "missing" / "deeper",
        "full": Path("/dev/full"),
        "long": folder / ("n" * 300),
        "control": folder / "a\x07\x1b[31m",
        "broken": folder / "a\udcff",
        "up": folder / "bare" / ".." / ".." / "up",
        **{name: folder / name for name in ("bare", "report", "package", "tables")},
    }


def drawn(random: Random, paths: dict[str, Path], good: dict[str, str]) -> list[str]:
    """A call of a command with hostile values, of which none makes a whole report."""

    def path(*also: str) -> str:
        return str(random.choice([*paths.values(), *map(Path, also)]))

    def some(*options: tuple[str, str]) -> list[str]:
        chosen = [one for one in options if random.random() < 0.6]
        return [part for one in chosen for part in one]

    def folders() -> list[str]:
        if random.random() < 0.5:
            return ["--raw", good["raw"], "--processed", good["processed"]]
        return ["--raw", path(), "--processed", path(good["processed"])]

    one_of = random.choice
    area, year = ["--area", one_of(NAMES)], ["--year", one_of(YEARS)]
    # a report is never made whole: its chapters are not there
    chapters = ["--notebooks", path()]
    match random.choice(COMMANDS):
        case "help":
            return [one_of([*COMMANDS, "nothing", "\udcff"]), one_of(["--help", "--nothing", "-"])]
        case "areas":
            return ["areas", *([one_of(NAMES)] if random.random() < 0.8 else []), *folders()]
        case "prepare":
            return ["prepare", "--raw", path(), "--processed", path()]
        case "check":
            return ["check", "--raw", path(), "--processed", path(), *one_of([[], ["--json"]])]
        case "run":
            others = some(("--name", one_of(NAMES)), ("--formats", one_of(FORMATS)),
                          ("--date", one_of(DATES)))  # fmt: skip
            return ["run", *area, *year, *others, "--out", path(), *chapters, *folders()]
        case "pack":
            if random.random() < 0.4:
                return ["pack", "--template", one_of([*NAMES, "deaths"]), "--out", path()]
            return ["pack", *area, *year, "--out", path(), *folders()]
        case "claims":
            return ["claims", path(), *area, *year, *some(("--out", path())), *folders()]
        case "batch":
            others = some(("--jobs", one_of(JOBS)), ("--date", one_of(DATES)), tuple(year))
            return ["batch", path(), *others, "--out", path(), *chapters, *folders()]
        case "verify":
            return ["verify", path(), *chapters, *folders()]
        case "trace":
            return ["trace", one_of(FIGURES), "--run", path()]
        case "changes":
            return ["changes", path(), path()]
        case _:
            return ["fetch", one_of(KEYS), "--from", path(), "--raw", path()]


COMMANDS = (
    *("areas", "check", "prepare", "run", "pack", "claims", "batch", "verify", "trace", "changes"),
    *("fetch", "help"),
)


def listing(folder: Path) -> dict[str, bytes | str]:
    """Everything below a folder, by its path, with the content of files."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = str(path.readlink())
        else:
            found[name] = path.read_bytes() if path.is_file() else "folder"
    return found


def inside(name: str, given: list[str], folder: Path) -> bool:
    """Whether a path is one that was given, or lies in one, or above one that had to be made."""
    path = folder / name
    named = [Path(one) for one in given if one.startswith(str(folder))]
    # what is put together beside a folder that is replaced has a hidden name
    named += [Path(str(one.resolve())) for one in named if not one.name.startswith("loop")]
    return any(one in (path, *path.parents) or path in one.parents for one in named)


@pytest.fixture
def call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[list[str]], tuple[int, str]]:
    """Run a command in a bare folder; its exit code, and what it said."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def made(arguments: list[str]) -> tuple[int, str]:
        try:
            code = cli.main(arguments)
        except SystemExit as done:
            code = int(done.code or 0)
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return made


def test_hostile_calls_are_answered(
    root: Path,
    processed: Path,
    tmp_path: Path,
    call: Callable[[list[str]], tuple[int, str]],
) -> None:
    random = Random(SEED)
    good = {"raw": str(root / "data" / "raw" / "worcestershire"), "processed": str(processed)}
    before_all = listing(root / "data"), sorted(listing(processed))
    codes, wrong = [], []
    for number in range(CALLS):
        ground = tmp_path / str(number)
        paths = written(ground / "given")
        (ground / "precious").mkdir()
        (ground / "precious" / "kept.txt").write_text("kept")
        arguments = drawn(random, paths, good)
        before = listing(ground)
        try:
            code, said = call(arguments)
        except BaseException as error:
            wrong.append(f"{arguments!a}\n  {error!r:.300}")
            continue
        codes.append(code)
        after = listing(ground)
        changed = {one for one in before | after if before.get(one) != after.get(one)}
        stray = [one for one in changed if not inside(one, arguments, ground)]
        if code not in CODES or "Traceback" in said or stray or (code and not said.strip()):
            wrong.append(f"{arguments!a}\n  {code}, {stray}, {said[-300:]!a}")
    assert not wrong, "\n".join(wrong)
    assert listing(tmp_path / "here") == {}
    assert (listing(root / "data"), sorted(listing(processed))) == before_all
    assert {0, 2, 3, 4} <= set(codes)


def test_a_name_never_leads_out_of_the_folder_of_reports(
    processed: Path, tmp_path: Path, call: Callable[[list[str]], tuple[int, str]]
) -> None:
    folders = ["--processed", str(processed), "--out", str(tmp_path / "out" / "reports")]
    for name in ("../../x", "..", "/etc/x", "a/../../x", "..\\x"):
        asked = ["run", "--area", "Rutland", "--year", "2022", "--no-prepare", "--name", name]
        code, said = call([*asked, "--notebooks", str(tmp_path / "none"), *folders])
        assert code == 2, said
    assert not (tmp_path / "out").exists() and not (tmp_path / "x").exists()


def test_json_of_faults_stays_json(
    tmp_path: Path, call: Callable[[list[str]], tuple[int, str]]
) -> None:
    paths = written(tmp_path / "given")
    for name in ("package", "control", "loop", "empty"):
        code, said = call(["check", "--json", "--raw", str(paths[name]), "--processed", "x"])
        assert code in (3, 4)
        assert json.loads(said)["faults"]
