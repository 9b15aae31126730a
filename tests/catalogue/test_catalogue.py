"""The catalogue: complete, consistent, and refused with every fault at once when it is not."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest

from needs.catalogue import CATALOGUE, Catalogue, load
from needs.errors import InvalidDataError
from needs.figures import deprivation, population


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def test_every_source_of_figures_feeds_an_indicator(catalogue: Catalogue) -> None:
    used = {part.source for one in catalogue.indicators.values() for part in one.parts}
    idle = [
        key
        for key, one in catalogue.sources.items()
        if key not in used and one.gives == "readings" and one.reader != "datapackage"
    ]
    assert idle == []


def test_opiate_and_crack_users_are_never_added(catalogue: Catalogue) -> None:
    for one in catalogue.indicators.values():
        assert {one.numerator, one.denominator} & {"opiate_users", "crack_users"} == set()
    assert "counted once" in catalogue.indicators["ocu_users"].definition


def test_prison_continuity_has_the_national_target(catalogue: Catalogue) -> None:
    assert catalogue.indicators["prison_continuity"].target == 75


def test_chapters_come_in_order(catalogue: Catalogue) -> None:
    deaths = catalogue.chapter("deaths")
    assert [one.order for one in deaths] == sorted(one.order for one in deaths)
    assert {one.chapter for one in deaths} == {"deaths"}


def test_sources_of_a_derived_indicator_are_those_of_its_inputs(catalogue: Catalogue) -> None:
    assert catalogue.sources_of("alcohol_unmet_need") == ("sdg_3_5_1", "alcohol_dependence")
    assert "ons_population" in catalogue.sources_of("drug_misuse_crude_rate")


def _methods_in_code(path: Path) -> set[str]:
    """Methods that a module gives to figures: constants that name one, and texts in place."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        called = node.func.id if isinstance(node.func, ast.Name) else called
        if called not in ("Figure", "with_"):
            continue
        for value in (one.value for one in node.keywords if one.arg == "method"):
            choices = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
            found |= {one.value for one in choices if isinstance(one, ast.Constant)}
            names = {one.id for one in choices if isinstance(one, ast.Name)}
            found |= {named[name] for name in names & named.keys()}
    # a constant of this name is a method, whichever module gives it to figures
    return found | {named["METHOD"]} if "METHOD" in named else found


def test_every_method_is_a_heading_of_the_methods(root: Path, catalogue: Catalogue) -> None:
    text = (root / "docs" / "methods.md").read_text(encoding="utf-8")
    headings = {line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")}
    modules = sorted((root / "src" / "needs").rglob("*.py"))
    in_code = set().union(*(_methods_in_code(path) for path in modules))
    assert {deprivation.METHOD, deprivation.CLUSTERING, population.METHOD} <= in_code
    assert "Published by the source" in in_code
    declared = {one.method for one in catalogue.indicators.values()}
    assert sorted((in_code | declared) - headings) == []


def _copy(folder: Path) -> Path:
    """A catalogue of one derived indicator and its inputs, to be spoilt."""
    keys = ("drug_misuse_crude_rate", "drug_misuse_rate")
    keys += ("drug_misuse_yearly_rate", "drug_misuse_deaths")  # its trend, and what that is made of
    # what these deaths are a part of
    keys += ("drug_poisoning_rate", "drug_poisoning_yearly_rate", "drug_poisoning_deaths")
    (folder / "indicators").mkdir(parents=True)
    (folder / "sources").mkdir()
    for key in keys:
        shutil.copy(CATALOGUE / "indicators" / f"{key}.yaml", folder / "indicators")
    shutil.copy(CATALOGUE / "sources" / "ons_drug_deaths.yaml", folder / "sources")
    return folder


def test_an_unspoilt_copy_loads(tmp_path: Path) -> None:
    assert set(load(_copy(tmp_path)).sources) == {"ons_drug_deaths"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("statistic: crude_rate", "statistic: crude", "Did you mean 'crude_rate'? Allowed: dir"),
        ("chapter: deaths", "chapter: death", "Did you mean 'deaths'? Allowed: population, need"),
        ("polarity: lower is better", "polarity: low", "Allowed: higher is better, lower is"),
        (
            "numerator: drug_misuse_rate",
            "numerator: drug_misuse_rat",
            "Did you mean drug_misuse_rate",
        ),
        ("unit: per 100,000", "units: per 100,000", "Did you mean unit? See docs/adding-an-ind"),
        ("key: drug_misuse_crude_rate", "key: another", "Name the file after its key"),
        ("name: ", "name: [", "Not YAML"),
    ],
)
def test_a_spoilt_indicator_is_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = _copy(tmp_path) / "indicators" / "drug_misuse_crude_rate.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidDataError) as caught:
        load(tmp_path)
    assert told in str(caught.value)
    assert "drug_misuse_crude_rate.yaml" in str(caught.value)


def test_a_document_says_whose_it_is(tmp_path: Path) -> None:
    path = _copy(tmp_path) / "sources" / "ons_drug_deaths.yaml"
    text = re.sub(r"(?m)^rounding: .*$", "rounding: As printed", path.read_text(encoding="utf-8"))
    assert "rounding: As printed" in text
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidDataError) as caught:
        load(tmp_path)
    (problem,) = caught.value.problems
    assert "sources/ons_drug_deaths.yaml, line " in problem.where
    assert "whose document" in problem.what and "document_of" in problem.remedy
    path.write_text(f"{text}document_of:\n- E92000001\n", encoding="utf-8")
    assert load(tmp_path).sources["ons_drug_deaths"].document_of == ("E92000001",)


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    for name, old in (("drug_misuse_crude_rate", "decimals: 1"), ("drug_misuse_rate", "order: 10")):
        path = folder / "indicators" / f"{name}.yaml"
        spoilt = path.read_text(encoding="utf-8").replace(old, old.split(":")[0] + ": many")
        path.write_text(spoilt, encoding="utf-8")
    with pytest.raises(InvalidDataError) as caught:
        load(folder)
    places = " ".join(problem.where for problem in caught.value.problems)
    assert "drug_misuse_crude_rate.yaml, line 12: decimals" in places
    assert "drug_misuse_rate.yaml, line 22: order" in places
