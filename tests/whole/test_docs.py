"""Documentation: what the program has, the guide names; what the guide names, is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
import specification
import typer.main
import yaml

from needs import catalogue, errors
from needs.catalogue.glossary import glossary
from needs.cli import app
from needs.report.parameters import RunParameters
from needs.stats.status import SYMBOLS

PAGES = ("README.md", "docs/*.md")


@pytest.fixture(scope="module")
def pages(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for pattern in PAGES
        for path in sorted(root.glob(pattern))
    }


def test_every_command_and_option_is_in_the_guide(pages: dict[str, str]) -> None:
    guide = pages["docs/commands.md"]
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        assert f"`needs {name}" in guide, name
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("-"):
                    assert f"`{option}`" in guide, f"{name} {option}"


def test_every_command_of_the_guide_exists(pages: dict[str, str]) -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    for page, text in pages.items():
        named = set(re.findall(r"(?:^|`)needs ([a-z]+)\b(?! is| are|:)", text, flags=re.MULTILINE))
        assert named <= commands, f"{page}: {named - commands}"


def test_every_exit_code_is_in_the_guide(pages: dict[str, str]) -> None:
    codes = {kind.exit_code for kind in errors.NeedsError.__subclasses__()}
    listed = {int(code) for code in re.findall(r"^\| (\d) \|", pages["docs/commands.md"], re.M)}
    assert codes | {0} == listed


def test_every_parameter_of_a_run_is_in_the_guide(pages: dict[str, str]) -> None:
    guide = pages["docs/commands.md"]
    for name in RunParameters.model_fields:
        option = {"areas": "area"}.get(name, name).replace("_", "-")
        assert f"--{option}" in guide, name


def test_every_allowed_value_of_an_indicator_is_in_the_guide(pages: dict[str, str]) -> None:
    guide = pages["docs/adding-an-indicator.md"]
    table = guide[guide.index("## Allowed values") : guide.index("## Computed from")]
    listed: dict[str, set[str]] = {}
    key = ""
    for first, value, _ in re.findall(r"^\| (.*?) ?\| (.+?) \| (.+?) \|$", table, re.M)[1:]:
        key = first.strip("`") or key
        listed.setdefault(key, set()).update(re.findall(r"`([^`]+)`", value))
    fields = catalogue.Indicator.model_fields
    for name in ("chapter", "statistic", "polarity"):
        assert listed[name] == set(get_args(fields[name].annotation)), name
    declared = catalogue.load().indicators.values()
    headings = set(re.findall(r"^## (.+)$", pages["docs/methods.md"], re.M))
    assert {one.method for one in declared} <= listed["method"] <= headings
    assert "counted" in table and all(one.counted for one in declared)


def test_every_symbol_is_explained(pages: dict[str, str]) -> None:
    text = " ".join(pages.values())
    for symbol, meaning in SYMBOLS.items():
        assert f"`[{symbol}]`" in text or f"[{symbol}] {meaning}" in text, symbol


def test_every_abbreviation_is_in_the_glossary(pages: dict[str, str]) -> None:
    for term in glossary():
        assert term.short in pages["docs/glossary.md"]


def test_every_indicator_says_how_it_is_added_and_what_it_means() -> None:
    for one in catalogue.load().indicators.values():
        assert one.definition.strip().endswith("."), one.key
        assert one.limits.strip().endswith("."), one.key
        assert len(one.how_to_add) > 20, one.key


def test_links_and_files_that_the_guide_names_are_there(root: Path, pages: dict[str, str]) -> None:
    for page, text in pages.items():
        folder = (root / page).parent
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (folder / target).exists(), f"{page}: {target}"
        for target in re.findall(r"`((?:src|docs|tests|notebooks|bench)/[\w./-]+\.\w+)`", text):
            assert (root / target).exists(), f"{page}: {target}"


def test_every_page_is_reached_from_another(pages: dict[str, str]) -> None:
    for page in pages:
        if page != "README.md":
            others = " ".join(text for name, text in pages.items() if name != page)
            assert page in others or Path(page).name in others, page


def test_the_specification_is_printed_from_the_cases_of_the_tests(pages: dict[str, str]) -> None:
    again = "python tests/spec/specification.py docs/specification.md"
    assert pages["docs/specification.md"] == specification.page(), f"print it again: {again}"
    files = {path.name for path in specification.HERE.iterdir() if path.suffix in (".csv", ".yaml")}
    assert files == {"disclosure.csv", "periods.csv", "words.yaml"}, "each has its place in page()"
    cases = yaml.safe_load((specification.HERE / "words.yaml").read_text(encoding="utf-8"))["cases"]
    for case in cases:
        assert f"| {specification.cell(case['case'])} |" in pages["docs/specification.md"]
