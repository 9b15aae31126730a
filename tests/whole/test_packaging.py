"""What is declared, what is locked and what is imported agree."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

#: What a report needs, and the rest: one lock in two files.
GROUPS = ("requirements.lock", "requirements-more.lock")
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ]+)(?: ; (?P<marker>.+?))? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def declared(project: dict[str, Any]) -> list[Requirement]:
    lines = list(project["project"]["dependencies"])
    for extra in project["project"]["optional-dependencies"].values():
        lines += extra
    return [Requirement(line) for line in lines]


@pytest.fixture(scope="module")
def locked(root: Path) -> dict[str, list[tuple[str, str]]]:
    """Versions and markers of each package in both groups of the lock."""
    pins: dict[str, list[tuple[str, str]]] = {}
    for name in GROUPS:
        for line in (root / name).read_text(encoding="utf-8").splitlines():
            if match := PIN.match(line):
                pins.setdefault(match["name"], []).append((match["version"], match["marker"] or ""))
    return pins


def here(marker: str) -> bool:
    return not marker or Marker(marker).evaluate()


@pytest.mark.parametrize("name", GROUPS)
def test_the_lock_holds_pins_and_hashes_and_nothing_else(root: Path, name: str) -> None:
    lines = (root / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not PIN.match(line) and not HASH.match(line)] == []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if PIN.match(line):
            assert HASH.match(following), f"no hash for {line}"
    assert len([line for line in lines if PIN.match(line)]) > 50


def test_every_declared_package_is_locked_at_a_version_that_fits(
    declared: list[Requirement], locked: dict[str, list[tuple[str, str]]]
) -> None:
    for requirement in declared:
        pins = locked[canonicalize_name(requirement.name)]
        for version, _ in pins:
            assert requirement.specifier.contains(version, prereleases=True), requirement


def test_everything_that_a_locked_package_needs_is_locked(
    declared: list[Requirement], locked: dict[str, list[tuple[str, str]]]
) -> None:
    todo = [(canonicalize_name(one.name), one.extras) for one in declared]
    seen = set()
    while todo:
        name, extras = todo.pop()
        if (name, frozenset(extras)) in seen:
            continue
        seen.add((name, frozenset(extras)))
        for line in metadata.requires(name) or ():
            needed = Requirement(line)
            marker = needed.marker
            if marker is None or any(marker.evaluate({"extra": e}) for e in ("", *extras)):
                key = canonicalize_name(needed.name)
                assert any(here(marker) for _, marker in locked.get(key, [])), f"{name}: {line}"
                todo.append((key, needed.extras))
    assert len(seen) > 50


def test_a_report_needs_the_first_group_alone(root: Path, project: dict[str, Any]) -> None:
    """No test tools and no JupyterLab in it, and all that the package itself asks for."""
    text = (root / GROUPS[0]).read_text(encoding="utf-8")
    held = {match["name"] for line in text.splitlines() if (match := PIN.match(line))}
    needed = {
        canonicalize_name(Requirement(one).name) for one in project["project"]["dependencies"]
    }
    assert needed <= held
    more = project["project"]["optional-dependencies"].values()
    assert not held & {canonicalize_name(Requirement(one).name) for extra in more for one in extra}


def test_the_first_group_lacks_only_what_the_makefile_says(
    root: Path, project: dict[str, Any]
) -> None:
    """Of what its packages ask for; nothing that needs imports may be among it."""
    text = (root / GROUPS[0]).read_text(encoding="utf-8")
    held = {
        match["name"]
        for line in text.splitlines()
        if (match := PIN.match(line)) and here(match["marker"] or "")
    }
    todo = [Requirement(one) for one in project["project"]["dependencies"]]
    seen: set[tuple[str, frozenset[str]]] = set()
    while todo:
        one = todo.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras))
        if key not in seen:
            seen.add(key)
            todo += [
                needed
                for line in metadata.requires(one.name) or ()
                if (needed := Requirement(line)).marker is None
                or any(needed.marker.evaluate({"extra": e}) for e in ("", *one.extras))
            ]
    asked = {name for name, _ in seen}
    left_out = re.search(r"^UNUSED := (.+)$", (root / "Makefile").read_text("utf-8"), re.M)
    assert left_out is not None
    assert asked - held == set(left_out[1].split())


def test_a_report_runs_without_what_the_first_group_leaves_out() -> None:
    """They are made unimportable, as where they are not installed."""
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('jedi', 'parso', 'pyogrio')))\n"
        "import geopandas, IPython\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "done = InteractiveShell().run_cell('import needs.charts.maps; 1 + 1')\n"
        "assert done.result == 2, done"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_what_both_groups_hold_has_the_same_version(root: Path) -> None:
    """A package whose marker differs stands in both."""
    first, second = (
        {
            (match["name"], match["version"])
            for line in (root / name).read_text(encoding="utf-8").splitlines()
            if (match := PIN.match(line))
        }
        for name in GROUPS
    )
    names = {name for name, _ in first}
    assert {one for one in second if one[0] in names} <= first


def test_what_is_installed_is_what_is_locked(locked: dict[str, list[tuple[str, str]]]) -> None:
    wrong = {}
    for name, pins in locked.items():
        for version, marker in pins:
            if here(marker) and metadata.version(name) != version:
                wrong[name] = (metadata.version(name), version)
    assert wrong == {}


def test_the_conda_environment_takes_its_python_packages_from_the_lock(
    root: Path, project: dict[str, Any]
) -> None:
    environment = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))
    conda = [one for one in environment["dependencies"] if isinstance(one, str)]
    (pip,) = [one["pip"] for one in environment["dependencies"] if isinstance(one, dict)]
    assert pip == [f"-r {name}" for name in GROUPS]
    assert [re.split("[=<>]", one)[0] for one in conda] == ["python", "pip"]
    (python,) = [one.split("=", 1)[1] for one in conda if one.startswith("python=")]
    assert SpecifierSet(project["project"]["requires-python"]).contains(python)


def test_everything_imported_is_declared(root: Path, project: dict[str, Any]) -> None:
    provided = metadata.packages_distributions()

    def names_of(lines: list[str]) -> set[str]:
        return {canonicalize_name(Requirement(line).name) for line in lines}

    needed = names_of(project["project"]["dependencies"])
    groups = project["project"]["optional-dependencies"].values()
    extras = names_of([line for lines in groups for line in lines])
    undeclared = {}
    for path in sorted((root / "src").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        # what a module looks for before it imports it can be done without
        optional = set(re.findall(r'find_spec\("(\w+)"\)', text))
        for node in ast.walk(ast.parse(text)):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            for name in {name.split(".")[0] for name in names}:
                if name == "needs" or name in sys.stdlib_module_names:
                    continue
                wanted = needed | extras if name in optional else needed
                if not wanted & {canonicalize_name(one) for one in provided.get(name, [])}:
                    undeclared[name] = path.name
    assert undeclared == {}


def test_the_build_tool_is_pinned(project: dict[str, Any]) -> None:
    for line in project["build-system"]["requires"]:
        assert [one.operator for one in Requirement(line).specifier] == ["=="], line


def test_entry_points_can_be_loaded(project: dict[str, Any]) -> None:
    groups = dict(project["project"]["entry-points"])
    groups["console_scripts"] = project["project"]["scripts"]
    for group, points in groups.items():
        installed = {one.name: one for one in metadata.entry_points(group=group)}
        for name, target in points.items():
            assert installed[name].value == target
            assert callable(installed[name].load())


def test_the_engine_can_be_imported_before_papermill() -> None:
    code = "import needs.report.engine, papermill.engines as e; e.papermill_engines.get_engine"
    code += "('inprocess') is needs.report.engine.InProcessEngine or 1 / 0"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_make_targets_are_there(root: Path) -> None:
    if shutil.which("make") is None:
        pytest.skip("GNU make is not at hand")
    for target in ("report", "test", "test-unit", "bench", "profile", "gallery", "lock", "clean"):
        done = subprocess.run(
            ["make", "--dry-run", target], cwd=root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_the_report_target_makes_the_worked_example(root: Path) -> None:
    if shutil.which("make") is None:
        pytest.skip("GNU make is not at hand")
    done = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "report"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    last = done.stdout.splitlines()[-1]
    assert "needs run --area Worcestershire --year 2022 --date 20" in last


@pytest.mark.parametrize(
    "name", ["pyproject.toml", *GROUPS, "environment.yml", "Makefile", ".ci/run"]
)
def test_set_up_names_no_machine_and_no_index(root: Path, name: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert (
        re.findall(
            r"(?<!emit-)index-url|find-links|\bfile:|/home/|/root|/work|https?://\S*simple", text
        )
        == []
    )
