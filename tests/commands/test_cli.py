"""The command line: quick to answer, clear about faults, with an exit code for each family."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from needs import cli, errors

COMMANDS = ("areas", "fetch", "prepare", "check", "run", "pack", "claims", "trace", "verify")


def call(*arguments: str) -> int:
    """Run a command in this process; the exit code that the shell would see."""
    try:
        return cli.main(arguments)
    except SystemExit as done:
        return int(done.code or 0)


@pytest.mark.parametrize("arguments", [["--help"], *([one, "--help"] for one in COMMANDS)])
def test_help_does_not_wait_for_pandas(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from needs import cli\n"
        "try:\n"
        f"    cli.main({arguments!r})\n"
        "finally:\n"
        "    heavy = {'pandas', 'numpy', 'matplotlib', 'papermill', 'nbformat'}\n"
        "    print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stderr.strip() == "[]"
    assert "Usage:" in done.stdout


def test_help_names_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--help") == 0
    shown = capsys.readouterr().out
    for command in COMMANDS:
        assert f" {command} " in shown
    families = [one for one in vars(errors).values() if isinstance(one, type)]
    codes = {one.exit_code for one in families if issubclass(one, errors.NeedsError)} - {1}
    assert codes == {2, 3, 4, 5, 6, 7}
    for code in codes:
        assert f" {code} " in shown.replace("\n", " ")


@pytest.mark.parametrize(
    "arguments", [["run"], ["run", "--area", "Rutland"], ["run", "--year", "2022"], ["pack"]]
)
def test_there_is_no_default_area_or_year(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == 2
    assert "Missing option" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "A data package needs --area and --year."),
        (["--area", "Rutland"], "A data package needs --year."),
        (["--year", "2022"], "A data package needs --area."),
    ],
)
def test_a_package_needs_area_and_year(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call("pack", "--out", str(tmp_path / "out"), *arguments) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "needs pack --area NAME" in told and "--template KIND" in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["run", "check", "areas"])
def test_outside_a_project_it_is_said_what_to_do(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["--area", "Rutland", "--year", "2022"] if command == "run" else []
    assert call(command, *arguments) == 3
    told = capsys.readouterr().err
    assert f"{tmp_path.name} is not a project of needs" in told
    assert "cd FOLDER" in told and "--processed" in told


def test_a_misspelt_area_is_told_with_the_nearest_and_how_to_list(
    data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run", "--area", "Worcesterhire", "--year", "2022", "--quiet", *data) == 2
    told = capsys.readouterr().err
    assert "Nearest: Worcestershire" in told and "needs areas lists all" in told
    assert "needs areas Worcesterhire" not in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--area", "Rutland", "--year", "22"], "four digits"),
        (["--area", "Rutland", "--year", "1999"], "out of range"),
        (["--area", "Rutland", "--year", "2022", "--name", "../x"], "out of the folder"),
        (["--area", "Rutland", "--year", "2022", "--formats", "odt"], "html, pdf, xlsx, ods, docx"),
        (["--area", "Rutland", "--year", "2022", "--formats", ","], "formats is empty"),
        (["--area", "Rutland", "--year", "2022", "--date", "yesterday"], "date"),
        (["--area", "Rutland", "--year", "2022", "--colour", "red"], "No such option"),
    ],
)
def test_bad_parameters_end_with_2_and_no_traceback(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call("run", *arguments, "--out", str(tmp_path / "out")) == 2
    shown = capsys.readouterr()
    assert words in " ".join(shown.err.split())
    assert "Traceback" not in shown.err and shown.out == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("family", [2, 3, 4, 5, 6, 7])
def test_a_fault_ends_with_the_code_of_its_family(
    family: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (kind,) = [
        one
        for one in vars(errors).values()
        if isinstance(one, type) and getattr(one, "exit_code", 0) == family
    ]

    def fail(*_: object, **__: object) -> None:
        raise kind("It is wrong.", "here", "mend it")

    monkeypatch.setattr(cli, "app", fail)
    assert call("run") == family
    shown = capsys.readouterr().err
    assert shown == "It is wrong.\n  Where:  here\n  Remedy: mend it\n"


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(KeyError):
        call("run")


@pytest.fixture
def data(root: Path, processed: Path) -> list[str]:
    """Options that name the embedded data package."""
    raw = root / "data" / "raw" / "worcestershire"
    return ["--raw", str(raw), "--processed", str(processed)]


def test_areas_are_found_by_part_of_their_name(
    data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("areas", "worcester", *data) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["E10000034", "upper", "tier", "Worcestershire"]
    assert any(line.startswith("E07000237") for line in lines)


def test_an_unknown_area_ends_with_2(data: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call("areas", "xyzzy", *data) == 2
    assert "There is no area like 'xyzzy'" in capsys.readouterr().err
    assert call("areas", "Cardiff", *data) == 2
    assert "Cardiff is in Wales: needs covers England only." in capsys.readouterr().err


def test_a_declared_footprint_is_found_with_its_members(
    data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("areas", "Leicester, Leicestershire and Rutland", *data) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split(None, 1)[0] == "footprint"
    assert line.endswith(": Leicester; Leicestershire; Rutland")


@pytest.mark.slow
def test_the_first_search_says_what_it_waits_for(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--raw", str(root / "data" / "raw" / "worcestershire")]
    folders += ["--processed", str(tmp_path / "processed")]
    assert call("areas", "worcester", *folders) == 0
    shown = capsys.readouterr()
    assert "reading the data package" in shown.err and "Worcestershire" in shown.out


def test_data_that_is_missing_ends_with_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "raw").mkdir()
    folders = ["--raw", str(tmp_path / "raw"), "--processed", str(tmp_path / "processed")]
    assert call("areas", "x", *folders) == 3
    assert call("prepare", "--quiet", *folders) == 3
    assert call("run", "--area", "Rutland", "--year", "2022", "--quiet", *folders) == 3
    assert call("verify", str(tmp_path), *folders) == 3
    assert call("trace", "x", "--run", str(tmp_path)) == 3
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.slow
def test_prepare_makes_the_tables_once(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--raw", str(root / "data" / "raw"), "--processed", str(tmp_path / "made")]
    assert call("prepare", *folders) == 0
    shown = capsys.readouterr()
    assert shown.out.strip() == str(tmp_path / "made")
    assert "worcestershire" in shown.err
    stamps = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "made").iterdir()}
    assert call("prepare", *folders) == 0
    assert capsys.readouterr().err == ""
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "made").iterdir()} == stamps


def test_faults_are_told_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "raw" / "ohid_fingertips" / "91380_page.csv"
    page.parent.mkdir(parents=True)
    page.write_text("<html>Not found</html>", encoding="utf-8")
    folders = ["--raw", str(tmp_path / "raw"), "--processed", str(tmp_path / "processed")]
    assert call("check", "--json", *folders) == 4
    told = json.loads(capsys.readouterr().out)
    assert [one["where"] for one in told["faults"]] == ["ohid_fingertips/91380_page.csv"]
    assert all(one["what"] and one["remedy"] for one in told["faults"])


def test_claims_are_checked(
    root: Path, data: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = root / "data" / "raw" / "worcestershire" / "claims.csv", tmp_path / "checked.csv"
    asked = ["claims", str(file), "--area", "Worcestershire", "--year", "2022", *data]
    assert call(*asked, "--out", str(out)) == 0
    shown = capsys.readouterr()
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with file.open(encoding="utf-8-sig", newline="") as stream:
        printed = {row["claim_id"] for row in csv.DictReader(stream)}
    assert {row["claim_id"] for row in rows} == printed
    agreeing = sum(row["verdict"] == "agrees" for row in rows)
    assert f"{agreeing} agrees" in shown.err
    heading, first, *_ = shown.out.splitlines()
    assert heading.split()[:4] == ["Claim", "Measure", "Area", "Period"]
    assert "Worcestershire" in first and "agrees" in first


def test_claims_of_nowhere_and_of_no_period_are_faults_of_the_file(
    data: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "printed.csv"
    heading = "claim_id,indicator,area_code,period,stated_value"
    lines = ("A1,drug_misuse_rate,Worcestershire,2018-20,4.2", "A2,drug_misuse_rate,E06000099,,5")
    lines += ("A3,drug_misuse_rate,E10000034,2018-20,4.2",)
    file.write_text("\n".join((heading, *lines)), encoding="utf-8")
    assert call("claims", str(file), "--area", "Worcestershire", "--year", "2022", *data) == 4
    said = capsys.readouterr().err
    assert "printed.csv, row 2, claim A1, column area_code" in said
    assert "Did you mean E10000034 (Worcestershire)?" in said
    assert "printed.csv, row 3, claim A2, column area_code" in said
    assert "printed.csv, row 3, claim A2, column period" in said
    assert "A3" not in said
    wrong = ("B1,happiness,E10000034,2018-20,5", "B2,drug_misuse_rates,W06000015,2018-20,5")
    file.write_text("\n".join((heading, *wrong)), encoding="utf-8")
    assert call("claims", str(file), "--area", "Worcestershire", "--year", "2022", *data) == 4
    said = capsys.readouterr().err
    assert "There is no indicator 'happiness'." in said
    assert "printed.csv, row 2, claim B1, column indicator" in said
    assert "Did you mean drug_misuse_rate?" in said
    assert "W06000015 is in Wales: needs covers England only." in said
    file.write_text("\n".join((heading, lines[2])), encoding="utf-8")
    assert call("claims", str(file), "--area", "Worcestershire", "--year", "2022", *data) == 0
    assert "Deaths related to drug misuse" in capsys.readouterr().out


def test_claims_work_as_the_guide_prints_them(
    root: Path,
    processed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`needs claims FILE.csv` with the file that the guide shows, and nothing else."""
    guide = (root / "docs" / "commands.md").read_text(encoding="utf-8")
    after = guide[guide.index("`needs claims FILE.csv`") :]
    (tmp_path / "FILE.csv").write_text(after.split("```")[1].lstrip(), encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "raw").symlink_to(root / "data" / "raw" / "worcestershire")
    (tmp_path / "data" / "processed").symlink_to(processed)
    (tmp_path / "notebooks").symlink_to(root / "notebooks")
    monkeypatch.chdir(tmp_path)
    assert call("claims", "FILE.csv") == 0
    shown = capsys.readouterr()
    assert "2 agrees" in shown.err
    assert "almost 28,000" in shown.out


def test_claims_of_several_authorities_are_not_guessed_at(
    data: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "printed.csv"
    heading = "claim_id,indicator,area_code,period,stated_value"
    lines = ("A1,drug_misuse_rate,E10000034,2018-20,4.2", "A2,drug_misuse_rate,E10000017,2020,4.8")
    file.write_text("\n".join((heading, *lines)), encoding="utf-8")
    assert call("claims", str(file), *data) == 2
    assert "The claims are of 2 upper-tier authorities." in capsys.readouterr().err


def test_claims_are_proposed_from_a_document_and_checked_when_corrected(
    data: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document, out = tmp_path / "strategy.md", tmp_path / "proposed.csv"
    document.write_text(
        "In 2018-20 there were 69 drug misuse deaths in Worcestershire. The drug misuse death rate "
        "was 4.2 per 100,000, below the national average of 5.3 per 100,000.",
        encoding="utf-8",
    )
    assert call("claims", str(document), *data) == 2
    assert "--area" in capsys.readouterr().err
    asked = ["claims", str(document), "--area", "Worcestershire", *data]
    assert call(*asked, "--out", str(out)) == 0
    said = capsys.readouterr().err
    assert "2 claims proposed" in said and "None is checked" in said
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["stated_value"] for row in rows] == ["69", "4.2"]
    assert all(row["sentence"] and row["confidence"] for row in rows)
    assert call("claims", str(out), *data) == 0
    shown = capsys.readouterr()
    assert "2 agrees" in shown.err
    assert "1 another area's figure" in shown.err


FIGURE = {
    "id": "rate.E10000034.2021",
    "indicator": "rate",
    "label": "Rate of a thing",
    "area_name": "Worcestershire",
    "area_code": "E10000034",
    "period": "2021",
    "sex": "persons",
    "age": "all ages",
    "printed": "4.2 per 100,000",
    "value": 4.21,
    "lower": 3.3,
    "upper": 5.3,
    "status": "shown",
    "marks": ["p"],
    "formula": "deaths ÷ population × 100,000",
    "numerator": 69.0,
    "denominator": 1638000.0,
    "method": "Crude rate",
    "note": "",
    "sources": ["deaths"],
    "source_rows": ["deaths.xlsx, Table 6, row 250"],
}


def register(folder: Path, *figures: dict[str, object]) -> Path:
    """Write the register of a report."""
    source = {"title": "Deaths", "producer": "The producer", "landing_page": "https://example.org"}
    files = [
        {"path": "deaths/deaths.xlsx", "sha256": "ab12", "source": "deaths"},
        # another edition of the same source, which this figure does not take anything from
        {"path": "deaths/older deaths.xlsx", "sha256": "ef56", "source": "deaths"},
        {"path": "other/other.csv", "sha256": "cd34", "source": "other"},
    ]
    content = {"figures": figures, "sources": {"deaths": source}, "files": files}
    folder.mkdir(parents=True)
    (folder / "figures.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_a_figure_is_traced_to_its_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = register(tmp_path / "run", FIGURE)
    assert call("trace", "rate.E10000034.2021", "--run", str(folder)) == 0
    shown = capsys.readouterr().out
    for words in (
        "Worcestershire (E10000034)",
        "3.3 to 5.3",
        "deaths ÷ population × 100,000",
        "1638000.0",
        "Deaths (The producer)",
        "deaths.xlsx, Table 6, row 250",
        "deaths/deaths.xlsx, sha256 ab12",
    ):
        assert words in shown
    assert "other.csv" not in shown and "older" not in shown and "Note" not in shown


def test_an_unknown_figure_is_told_with_the_nearest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = register(tmp_path / "run", FIGURE)
    assert call("trace", "rate.E10000034.2012", "--run", str(folder)) == 2
    assert "Did you mean rate.E10000034.2021?" in capsys.readouterr().err


def test_the_key_of_an_indicator_lists_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = {**FIGURE, "id": "other.E10000034.2021", "indicator": "other"}
    folder = register(tmp_path / "run", FIGURE, other)
    assert call("trace", "rate", "--run", str(folder)) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line == "rate.E10000034.2021  Worcestershire, 2021, persons, 4.2 per 100,000"
    assert call("trace", "rat", "--run", str(folder)) == 2


def test_a_figure_is_looked_for_in_all_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01_one.ipynb").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert call("trace", "rate.E10000034.2021") == 3
    register(tmp_path / "reports" / "a" / "2022", FIGURE)
    register(tmp_path / "reports" / "b" / "2022")
    assert call("trace", "rate.E10000034.2021") == 0
    register(tmp_path / "reports" / "c" / "2022", FIGURE)
    assert call("trace", "rate.E10000034.2021") == 2
    shown = capsys.readouterr().err
    assert "is in 2 reports" in shown and "reports/c/2022" in shown


def test_a_broken_register_ends_with_4(tmp_path: Path) -> None:
    (tmp_path / "figures.json").write_text("{", encoding="utf-8")
    assert call("trace", "x", "--run", str(tmp_path)) == 4


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "needs", "run", "--area", "Rutland", "--year", "22"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2
    assert "four digits" in done.stderr


@pytest.mark.parametrize("quiet", [False, True])
def test_a_quiet_run_tells_only_what_asks_for_something(
    quiet: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    described = {
        "notes": ["The tables were taken as they stood."],
        "typed": ["05_deaths.ipynb, cell 7: 4.2%"],
        "not_shown": ["a picture without an alternative text"],
        "to_add": ["Adults in treatment: needs fetch"],
    }
    monkeypatch.setattr("needs.commands.run.run", lambda *_, **__: tmp_path)
    monkeypatch.setattr("needs.report.manifest.read", lambda _: described)
    asked = ["run", "--area", "Rutland", "--year", "2022", "--out", str(tmp_path)]
    assert call(*asked, *(["--quiet"] if quiet else [])) == 0
    told = capsys.readouterr()
    assert told.out == f"{tmp_path}\n"
    for one in ("as they stood", "Typed, with no source", "Not shown to readers"):
        assert one in told.err
    assert ("No figure of Adults in treatment" in told.err) is not quiet
