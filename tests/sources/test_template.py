"""Templates of local data: sound when empty, and when their own example is filled in."""

from __future__ import annotations

import shutil
from pathlib import Path

import frictionless
import pytest

from needs.catalogue import CATALOGUE, load
from needs.cli import main
from needs.errors import InvalidDataError, ParameterError
from needs.sources.package_template import KINDS, example, write_template
from needs.sources.readers.datapackage import open_package
from needs.sources.readers.package_tables import DESCRIPTOR


@pytest.mark.parametrize("kind", list(KINDS))
def test_an_empty_template_has_no_faults(kind: str, tmp_path: Path) -> None:
    write_template(kind, tmp_path / kind)
    package = open_package(tmp_path / kind)
    assert package.problems == ()
    assert all(table.empty for table in package.tables.values())
    report = frictionless.validate(str(tmp_path / kind / DESCRIPTOR))
    assert report.valid, report.flatten(["message"])


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_example_can_be_filled_in(kind: str, tmp_path: Path) -> None:
    write_template(kind, tmp_path / kind)
    table = next(iter(KINDS[kind].tables))
    path = tmp_path / kind / f"{table}.csv"
    path.write_text(path.read_text(encoding="utf-8") + example(kind), encoding="utf-8")
    package = open_package(tmp_path / kind)
    assert package.problems == ()
    assert len(package.tables[table]) == 1


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_readme_explains_every_column(kind: str, tmp_path: Path) -> None:
    write_template(kind, tmp_path / kind)
    text = (tmp_path / kind / "README.txt").read_text(encoding="utf-8")
    assert example(kind).strip() in text
    for column in next(iter(KINDS[kind].tables.values())):
        assert column in text


def test_the_command_writes_a_template(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["pack", "--template", "deaths", "--out", str(tmp_path / "deaths")])
    assert ended.value.code == 0
    assert (tmp_path / "deaths" / DESCRIPTOR).is_file()


def test_a_spoilt_indicator_does_not_stop_a_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt = tmp_path / "catalogue"
    shutil.copytree(CATALOGUE, spoilt)
    (spoilt / "indicators" / "drug_misuse_rate.yaml").write_text("name: [", encoding="utf-8")
    monkeypatch.setenv("NEEDS_CATALOGUE", str(spoilt))
    with pytest.raises(InvalidDataError):
        load()
    assert write_template("ndtms", tmp_path / "ndtms").is_file()


def test_unknown_kinds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="Use one of: deaths"):
        write_template("births", tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_package_is_not_written_over(tmp_path: Path) -> None:
    write_template("grants", tmp_path)
    with pytest.raises(ParameterError, match="already"):
        write_template("deaths", tmp_path)
