"""Declarations that a house lays over the package's: what is joined, what counts, what is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from needs import catalogue
from needs.catalogue import footprints, layers
from needs.catalogue.layers import in_use, own_declarations
from needs.chapters import annex
from needs.chapters.blocks import Table
from needs.errors import InvalidDataError, MissingDataError
from needs.report import manifest as manifests
from needs.report.parameters import RunParameters
from needs.sources.readers import heading_maps
from needs.tables import areas, code_hash

EDITION = """\
editions:
- edition: '2022'
  file: ons_drug_deaths/2022localauthorities*.xlsx
  released: 2023-12-19
  options:
    valid: 2022
"""


def _house(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "house"
    folder.mkdir()
    monkeypatch.setenv("NEEDS_CATALOGUE", str(folder))
    return folder


def test_an_edition_is_added_to_those_of_its_source(house: Path) -> None:
    before = catalogue.load().sources["ons_drug_deaths"]
    _house(house, {"sources/ons_drug_deaths.yaml": EDITION})
    after = catalogue.load().sources["ons_drug_deaths"]
    assert [one.edition for one in after.editions] == ["2021", "2022"]
    assert after.editions[0] == before.editions[0]
    assert after.model_copy(update={"editions": before.editions}) == before
    (own,) = own_declarations()
    assert (own.kind, own.name, own.new) == ("edition", "ons_drug_deaths, 2022", True)
    assert own.file == "house/sources/ons_drug_deaths.yaml"


def test_a_report_in_the_making_takes_declarations_as_they_stood(house: Path) -> None:
    with layers.still():
        before = catalogue.load()
        _house(house, {"sources/ons_drug_deaths.yaml": EDITION})
        assert catalogue.load() is before
    assert len(catalogue.load().sources["ons_drug_deaths"].editions) == 2


def test_one_key_of_an_indicator_may_be_declared_otherwise(house: Path) -> None:
    before = catalogue.load().indicators["drug_misuse_rate"]
    _house(house, {"indicators/drug_misuse_rate.yaml": "order: 7\nfinding: {about: deaths}\n"})
    after = catalogue.load().indicators["drug_misuse_rate"]
    assert (after.order, after.name) == (7, before.name)
    assert before.finding and after.finding
    assert (after.finding.about, after.finding.question) == ("deaths", before.finding.question)
    assert [(one.name, one.new) for one in own_declarations()] == [("drug_misuse_rate", False)]


def test_a_column_of_a_heading_map_is_laid_beside_the_others(house: Path) -> None:
    before = heading_maps.layout("ons_deaths", "2021")
    _house(
        house,
        {"maps/ons_deaths.csv": "name,need,2022\narea_code,required,Area code\ncount,required,N\n"},
    )
    assert heading_maps.layout("ons_deaths", "2021") == before
    assert dict(heading_maps.layout("ons_deaths", "2022").headings) == {
        "Area code": "area_code",
        "N": "count",
    }
    assert own_declarations()[0].name == "ons_deaths, 2022"
    # the same edition again: the house's headings count, and no others of that edition
    _house(house, {"maps/ons_deaths.csv": "name,need,2021\narea_code,required,Code\n"})
    assert dict(heading_maps.layout("ons_deaths", "2021").headings) == {"Code": "area_code"}


def test_rows_and_entries_of_other_files_are_joined_by_their_names(house: Path) -> None:
    known = len(footprints.declared_footprints())
    _house(
        house,
        {
            "footprints.yaml": "West Mercia: [Shropshire, Worcestershire]\nOurs: [Rutland, Kent]\n",
            "maps/area_names.csv": "name,code,why\nDurham,E06000047,ours\nWorcs,E10000034,ours\n",
            "methods.yaml": "- name: Count\n  meaning: Counted by us.\n",
        },
    )
    joined = footprints.declared_footprints()
    assert joined["West Mercia"] == ("Shropshire", "Worcestershire")
    assert (len(joined), joined["Ours"]) == (known + 1, ("Rutland", "Kent"))
    assert areas.aliases()["Worcs"] == "E10000034"
    assert areas.aliases()["Stockton"] == "E06000004"
    methods = {one.name: one.meaning for one in catalogue.methods()}
    assert methods["Count"] == "Counted by us."
    assert len(methods) > 5
    assert {(one.kind, one.name, one.new) for one in own_declarations()} == {
        ("footprint", "West Mercia", False),
        ("footprint", "Ours", True),
        ("name of an area", "Durham", False),
        ("name of an area", "Worcs", True),
        ("method", "Count", False),
    }


def test_of_two_overlays_the_later_one_counts_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "indicators/drug_misuse_rate.yaml"
    one = _house(tmp_path / "region", {name: "order: 7\n"})
    two = _house(tmp_path / "county", {name: "order: 8\n"})
    monkeypatch.setenv("NEEDS_CATALOGUE", os.pathsep.join([str(one), str(two)]))
    assert catalogue.load().indicators["drug_misuse_rate"].order == 8
    (own,) = own_declarations()
    assert (own.file, own.given_way) == (f"county/{name}", (f"region/{name}",))
    monkeypatch.setenv("NEEDS_CATALOGUE", os.pathsep.join([str(two), str(one)]))
    assert catalogue.load().indicators["drug_misuse_rate"].order == 7


def test_the_folder_beside_the_chapters_is_laid_over_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEEDS_CATALOGUE", raising=False)
    project = tmp_path / "project"
    _house(project, {"notebooks/01_summary.ipynb": "{}", "data/raw/.keep": ""})
    own = _house(project / "catalogue", {"footprints.yaml": "Ours: [Rutland, Kent]\n"})
    monkeypatch.chdir(project / "data" / "raw")
    assert layers.overlays() == (own.resolve(),)
    assert "Ours" in footprints.declared_footprints()
    monkeypatch.chdir(tmp_path)
    assert layers.overlays() == ()
    with layers.beside(project / "notebooks"):  # wherever the command is given
        assert "Ours" in footprints.declared_footprints()
    assert "Ours" not in footprints.declared_footprints()


def test_a_folder_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEEDS_CATALOGUE", str(tmp_path / "nowhere"))
    with pytest.raises(MissingDataError, match="nowhere"):
        catalogue.load()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "sources/ons_drug_death.yaml",
            EDITION,
            ["no source 'ons_drug_death' to add to", "ons_drug_deaths", "sources/ons_drug_death."],
        ),
        (
            "sources/ons_drug_deaths.yaml",
            EDITION.replace("released: 2023-12-19", "released: soon"),
            ["sources/ons_drug_deaths.yaml, line 4: editions.1.released"],
        ),
        (
            "sources/ons_drug_deaths.yaml",
            EDITION + "titel: Deaths\n",
            [
                "ons_drug_deaths.yaml, line 7: titel",
                "There is no key 'titel'",
                "Did you mean title",
            ],
        ),
        (
            "indicators/drug_misuse_rate.yaml",
            "order: 7\nparts:\n- source: ons_drug_death\n  select: {measure: drug_misuse_rate}\n",
            ["drug_misuse_rate.yaml, line 3", "unknown source 'ons_drug_death'", "Did you mean"],
        ),
        ("indicators/drug_misuse_rate.yaml", "order: 7\nname: [\n", ["yaml, line 3", "Not YAML"]),
        ("indicator/mine.yaml", "key: mine\n", ["indicator/mine.yaml", "Did you mean"]),
        ("maps/iods.csv", "name,need,2030\n", ["maps/iods.csv", "Did you mean maps/iod.csv?"]),
    ],
)
def test_faults_of_an_overlay_are_told_with_file_and_line(
    house: Path, name: str, text: str, said: list[str]
) -> None:
    _house(house, {name: text})
    with pytest.raises(InvalidDataError) as caught:
        catalogue.load()
    for words in said:
        assert words in str(caught.value)
    assert "house/" in str(caught.value)
    assert len(caught.value.problems) == 1


def test_a_table_with_other_columns_is_refused(house: Path) -> None:
    _house(house, {"maps/area_names.csv": "name,code\nWorcs,E10000034\n"})
    with pytest.raises(InvalidDataError, match="columns are not those") as caught:
        areas.aliases()
    assert "maps/area_names.csv, line 1" in str(caught.value)
    _house(house, {"maps/area_names.csv": "name,code,why\nWorcs,E10000034\n"})
    with pytest.raises(InvalidDataError) as caught:
        in_use("maps/area_names.csv").rows()
    assert "maps/area_names.csv, line 2" in str(caught.value)


def test_reports_and_tables_follow_what_is_laid_over(house: Path) -> None:
    """What a batch and a verification compare is other where declarations are."""
    plain = manifests.code_version([]), code_hash.code_hash()
    assert "catalogue" not in _manifest()
    _house(house, {"footprints.yaml": "Ours: [Rutland, Kent]\n"})
    one = _manifest()
    made = manifests.code_version([]), code_hash.code_hash()
    assert all(now != before for now, before in zip(made, plain, strict=True))
    assert [entry["path"] for entry in one["catalogue"]] == ["1/footprints.yaml"]
    _house(house, {"footprints.yaml": "Ours: [Rutland, Essex]\n"})
    assert manifests.differences(one, _manifest())[0].startswith("catalogue: 1/footprints.yaml was")
    (row,) = next(block for block in annex.of_the_house() if isinstance(block, Table)).rows
    assert [cell.text for cell in row] == ["footprint", "Ours", "added", "house/footprints.yaml"]


def _manifest() -> dict[str, Any]:
    return manifests.make_manifest(
        RunParameters.check({"areas": ["Rutland"], "year": 2022, "date": "2022-12-31"}),
        area_codes=("E06000017",),
        area_name="Rutland",
        code="",
        inputs={},
        outputs={},
    )
