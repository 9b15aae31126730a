"""The figure register as a table, and its description for machines."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import frictionless
import lxml.html
import pytest

from needs.chapters.blocks import all_tables
from needs.commands.changes import compare
from needs.figures.figure import Figure
from needs.figures.recorded import read_recorded
from needs.report.document import Document, InputFile, read_document, source_blocks
from needs.report.register import (
    COLUMNS,
    FIELDS,
    OTHERWISE,
    OWN_PART,
    entries,
    figures_csv,
    figures_package,
)
from needs.stats.status import Status


def write(document: Document, folder: Path) -> dict[str, Any]:
    """The register and its description, as a run writes them; the description as data."""
    table = figures_csv(document)
    package = figures_package(document, table)
    (folder / "figures.csv").write_bytes(table)
    (folder / "datapackage.json").write_bytes(package)
    return dict(json.loads(package))


def faults(folder: Path) -> list[str]:
    """What the standard's own validator finds: of the description, the file, and each cell."""
    report = frictionless.validate(str(folder / "datapackage.json"))
    return [one.type for task in report.tasks for one in task.errors] + [
        one.type for one in report.errors
    ]


def test_the_example_is_a_valid_data_package(report: Path) -> None:
    assert faults(report) == []
    package = json.loads((report / "datapackage.json").read_text(encoding="utf-8"))
    (resource,) = package["resources"]
    content = (report / "figures.csv").read_bytes()
    assert resource["bytes"] == len(content)
    assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert package["name"] == "figures-worcestershire-2022"
    assert package["created"] == "2023-01-06T00:00:00Z"
    assert {"title", "path"} <= package["sources"][0].keys() and len(package["sources"]) > 5
    assert package["licenses"][0]["name"] == "OGL-UK-3.0"
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"))))
    assert len(rows) > 1000
    numbers = [one["name"] for one in FIELDS if one["type"] == "number"]
    assert numbers == ["value", "lower", "upper", "numerator", "denominator"]
    for name in numbers:
        assert sum(float(row[name]) >= 0 for row in rows if row[name]) > 100


def test_a_register_is_read_back_as_it_was_written(report: Path) -> None:
    found = read_recorded(report)
    written = json.loads((report / "figures.json").read_text(encoding="utf-8"))["figures"]
    assert [one.text for one in found.figures] == [one["printed"] for one in written]
    assert compare(report, report).found == ()


def test_every_figure_has_one_row_in_the_page_and_all_that_it_says(report: Path) -> None:
    """Whether in the register or in the table below a chart, with what rows share put in again."""
    page = lxml.html.fromstring((report / "report.html").read_bytes())
    with (report / "figures.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    places: dict[str, Any] = {}
    for table in page.xpath("//table[@data-key] | //div[contains(@class, 'register')]/table"):
        at, shared = int(table.get("data-key") or 0), table.get("data-identifier") or OWN_PART
        for place in table.find("tbody"):
            key = shared.replace(OWN_PART, place[at].text_content().strip())
            if key not in places or place.get("id"):  # the register's own row, if it has one
                places[key] = place
    assert places.keys() == {row["id"] for row in rows}
    carried = 0
    for number, row in enumerate(rows, 1):
        place = places[row["id"]]
        assert place.get("id") in (None, f"f{number}")
        table = next(place.iterancestors("table"))
        heads = [one.text_content().split(" (")[0].strip() for one in table.find("thead/tr")]
        cells = dict(zip(heads, (one.text_content().strip() for one in place), strict=True))
        shared = table.get("data-identifier") or OWN_PART
        assert shared.replace(OWN_PART, cells["Identifier"]) == row["id"]
        value = row["printed"].split(" [")[0].split(" ")[0].rstrip("%")
        assert value.lstrip("£") in cells["Value"], row["id"]
        box = table.getparent()
        notes = [one.text_content() for one in box.itersiblings("p", preceding=True)]
        told = next((one for one in notes if re.match("Of (all these|this) figure", one)), "")
        around = re.search("source row (.*)", told.removesuffix("."))
        cited = cells["Source row"]
        if around:
            parts = around[1].removesuffix(OTHERWISE).split(OWN_PART)
            own = [cited] if len(parts) == 2 else cited.split("; ")
            if not around[1].endswith(OTHERWISE) or re.fullmatch(r"[\d; ]+", cited):
                cited = parts[0] + "".join(a + b for a, b in zip(own, parts[1:], strict=True))
        files = next((one for one in notes if one.startswith("File 1: ")), "").removesuffix(".")
        for at, file in enumerate(files.split("; ") if files else (), 1):
            cited = cited.replace(f"file {at}, ", f"{file.removeprefix(f'File {at}: ')}, ")
        assert cited == (row["source_rows"] or "[z]")
        if "register" not in box.get("class"):
            carried += 1
            assert cells["Lower 95% limit"] == "[z]" or row["lower"]
            assert page.xpath(f"boolean(//*[@id='register-{row['indicator']}'])")
            assert not page.xpath(f"//a[@href='#f{number}']")
    assert carried > 1000


def test_awkward_figures_are_a_valid_data_package(document: Document, tmp_path: Path) -> None:
    package = write(document, tmp_path)
    assert faults(tmp_path) == []
    assert package["licenses"] == [
        {
            "name": "OGL-UK-3.0",
            "title": "Open Government Licence v3.0",
            "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        }
    ]
    head = (tmp_path / "figures.csv").read_text(encoding="utf-8").splitlines()[0]
    assert head.split(",") == [one["name"] for one in FIELDS] == list(COLUMNS)
    assert write(document, tmp_path) == package


def test_every_column_is_explained() -> None:
    for one in FIELDS:
        assert one["title"] and one["description"].endswith(".")
    statuses = next(one for one in FIELDS if one["name"] == "status")["constraints"]["enum"]
    assert statuses == [one.value for one in Status]
    attributes = {one.name for one in dataclasses.fields(Figure)}
    assert set(COLUMNS) - {"printed"} == attributes - {"decimals", "bound"}


def test_a_licence_that_is_not_open_is_named(document: Document) -> None:
    (source,) = document.context.catalogue.sources.values()
    closed = source.model_copy(update={"licence": "By agreement with the owner"})
    catalogue = document.context.catalogue.model_copy(update={"sources": {source.key: closed}})
    other = dataclasses.replace(
        document, context=dataclasses.replace(document.context, catalogue=catalogue)
    )
    package = json.loads(figures_package(other, b""))
    assert package["licenses"] == [
        {"title": "By agreement with the owner", "path": source.landing_page}
    ]


def test_a_report_without_figures_is_a_valid_data_package(
    document: Document, tmp_path: Path
) -> None:
    context = dataclasses.replace(document.context, date="", version="")
    package = write(read_document([], context=context), tmp_path)
    assert faults(tmp_path) == []
    assert not {"licenses", "sources", "created", "version"} & package.keys()


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        (",4.2,", ",4.2 [p],", "type-error"),
        (",shown,", ",visible,", "constraint-error"),
        ("example_rate.E10000034.2018-20", "two words", "constraint-error"),
        (",Worcestershire,", ",,", "constraint-error"),
        ("area_name", "area", "incorrect-label"),
        ("\n", "\n\n", "hash-count"),
    ],
)
def test_the_validator_sees(
    document: Document, tmp_path: Path, old: str, new: str, seen: str
) -> None:
    write(document, tmp_path)
    path = tmp_path / "figures.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")
    assert seen in faults(tmp_path)


def test_an_indicator_lists_the_files_that_its_figures_name(document: Document) -> None:
    read, other = (
        InputFile(f"example_deaths/deaths {year}.xlsx", "ab" * 32, 12, "example_deaths")
        for year in (2021, 2020)
    )
    package = InputFile("pack/datapackage.json", "cd" * 32, 12)
    for files, listed in (
        ((read, other, package), (read,)),
        # what was read is not there itself: its rows came in a package
        ((other, package), (package,)),
    ):
        context = dataclasses.replace(document.context, files=files)
        (entry,) = [
            one
            for one in entries(dataclasses.replace(document, context=context), {})
            if one.key == "example_rate"
        ]
        assert [found for _, found in entry.files] == [listed]


def test_files_that_share_a_hash_stand_in_one_row(document: Document) -> None:
    """Of a package with small numbers there is one hash: that of what is left of it."""
    local = [InputFile(f"extract/{name}", "cd" * 32, None) for name in ("a.csv", "b.csv")]
    own = InputFile("example_deaths/deaths.xlsx", "ab" * 32, 12, "example_deaths")
    context = dataclasses.replace(document.context, files=(own, *local))
    shown = source_blocks(list(context.catalogue.sources.values()), context)
    (table,) = [one for one in all_tables(shown) if one.id == "files"]
    title = context.catalogue.sources["example_deaths"].title
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["example_deaths/deaths.xlsx", title, "12", "ab" * 32],
        ["extract/a.csv; extract/b.csv", "data package", "[c]", "cd" * 32],
    ]
    assert "one for all of them" in table.notes[0]
