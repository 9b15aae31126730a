"""The rendered report is accessible, and every check is shown to see its fault."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from needs.report.accessibility import check_html, check_pdf, validates_pdf
from needs.report.document import Document
from needs.report.html import render_html
from needs.report.typst import render_pdf


@pytest.fixture(scope="module")
def good(document: Document) -> str:
    """A small good report with every kind of block."""
    html = render_html(document)
    assert check_html(html) == []
    return html


@pytest.fixture(scope="module")
def good_pdf(document: Document) -> bytes:
    data = render_pdf(document)
    assert check_pdf(data) == []
    return data


# The worked example


def test_the_example_passes_the_checks(report: Path) -> None:
    assert check_html((report / "report.html").read_text(encoding="utf-8")) == []


def test_the_example_pdf_passes_pdf_ua(report: Path) -> None:
    assert validates_pdf()
    assert check_pdf((report / "report.pdf").read_bytes()) == []


UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 800, 1400])
def test_axe_finds_nothing_in_the_example(
    report: Path, browser: Any, width: int, violations: Any
) -> None:
    """Everything unfolded at each width. At 1400 px axe sees the whole report.

    At the others rows after the 20th of a table, which are all drawn by one template, are left out:
    axe's time grows with them, and they differ from the first only in their numbers.
    """
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((report / "report.html").as_uri())
    page.evaluate(UNFOLD)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width != 1400:
        page.evaluate(
            "document.querySelectorAll('tbody tr:nth-child(n+21)').forEach(one => one.remove())"
        )
        page.evaluate(
            "document.querySelectorAll('.entry:nth-child(n+21)').forEach(one => one.remove())"
        )
    assert violations(page) == {}
    page.close()


#: What has the focus: whether its outline is seen, and whether nothing lies over all of it.
FOCUSED = """() => {
    const one = document.activeElement, style = getComputedStyle(one);
    const parts = [0.1, 0.5, 0.9];
    const free = [...one.getClientRects()].some(box => parts.some(x => parts.some(y => {
        const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
        return top !== null && one.contains(top);
    })));
    return {
        outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, free,
        what: one.outerHTML.slice(0, 160),
    };
}"""

#: Where each walk begins, as a share of all stops, and how many stops it takes.
WALKS = ((0.0, 150), (0.4, 75), (0.9, 75))


def walk(page: Any, stops: int) -> list[str]:
    """Press Tab so many times; what has no outline, or is hidden when it has the focus."""
    wrong = []
    for _ in range(stops):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        if not found["free"]:
            page.wait_for_timeout(300)  # the box that it stands in may still be scrolling
            found = page.evaluate(FOCUSED)
        wrong += [f"{kind}: {found['what']}" for kind in ("outline", "free") if not found[kind]]
    return wrong


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1280])
def test_the_example_can_be_used_with_the_keyboard(report: Path, browser: Any, width: int) -> None:
    """Three walks of 300 stops: each stop has its outline and nothing covers it (WCAG 2.4.11)."""
    page = browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page.goto((report / "report.html").as_uri())
    page.locator(".detail").evaluate_all("all => all.forEach(one => { one.open = true; })")
    page.keyboard.press("Tab")
    first = page.evaluate(
        "[document.activeElement.getAttribute('href'),"
        " document.activeElement.getBoundingClientRect().left]"
    )
    assert first == ["#main", 0]
    for start, stops in WALKS:
        if start:
            page.evaluate(
                """part => {
                const all = [...document.querySelectorAll('main a[href]')]
                    .filter(one => one.checkVisibility());
                all[Math.floor(all.length * part)].focus();
                }""",
                start,
            )
        assert walk(page, stops) == []
    page.evaluate("window.scrollTo(0, 0)")
    page.locator("a.skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.close()


@pytest.mark.browser
def test_the_walk_sees_what_is_covered_and_what_has_no_outline(good: str, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 900}, reduced_motion="reduce")
    covered = (
        "<p style='position: fixed; inset: 0; z-index: 9; background: white'>Over all</p></body>"
    )
    page.set_content(good.replace("</body>", covered))
    assert any(one.startswith("free: ") for one in walk(page, 3))
    bare = "<style>*:focus, *:focus-visible { outline: none !important }</style></head>"
    page.set_content(good.replace("</head>", bare))
    assert any(one.startswith("outline: ") for one in walk(page, 3))
    page.close()


@pytest.mark.browser
def test_boxes_that_scroll_take_the_focus(report: Path, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 900})
    page.goto((report / "report.html").as_uri())
    page.evaluate(UNFOLD)
    boxes = page.evaluate(
        """[...document.querySelectorAll('main *')]
        .filter(e => e.scrollWidth > e.clientWidth + 1
            && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX))
        .map(e => [e.tabIndex, e.getAttribute('role'), Boolean(e.getAttribute('aria-label')
            || document.getElementById(e.getAttribute('aria-labelledby')).textContent)])"""
    )
    assert len(boxes) > 20
    assert {tuple(one) for one in boxes} == {(0, "region", True)}
    page.close()


@pytest.mark.browser
def test_a_link_to_a_folded_figure_unfolds_it(report: Path, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto((report / "report.html").as_uri())
    link = page.locator("main .finding a.fig").first
    row = page.locator(f'[id="{(link.get_attribute("href") or "")[1:]}"]')
    assert not row.is_visible()
    link.click()
    row.wait_for(state="visible")
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("place", [".register tbody tr", "details [data-key='5'] tbody tr"])
def test_a_figure_is_found_by_its_identifier(report: Path, browser: Any, place: str) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto((report / "report.html").as_uri())
    row = page.locator(place).nth(7)
    key = row.evaluate(
        """row => {
          const told = row.closest("table").dataset, own = row.cells[told.key || 0].textContent;
          return (told.identifier || "[…]").replace("[…]", own.trim());
        }"""
    )
    assert f"\n{key}," in (report / "figures.csv").read_text(encoding="utf-8")
    assert not row.is_visible()
    page.goto(f"{(report / 'report.html').as_uri()}#fig-{key}")
    row.wait_for(state="visible")
    page.wait_for_function(  # it scrolls there
        "row => row.getBoundingClientRect().top >= 0 && row.getBoundingClientRect().bottom <= 900",
        arg=row.element_handle(),
    )
    page.close()


@pytest.mark.browser
def test_the_points_of_a_chart_are_named_by_the_rows_of_its_table(
    report: Path, browser: Any
) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto((report / "report.html").as_uri())
    block = page.locator(".chart-block:has([data-rows])").first
    said = block.evaluate(
        """block => {
          const rows = [...block.querySelectorAll("tbody tr")].map(row =>
            [...row.cells].slice(0, 2).map(cell => cell.textContent.trim()).join(": "));
          const dots = block.querySelector("[data-rows]");
          const places = dots.dataset.rows.split(" ").flatMap(run => {
            const [first, last = first] = run.split("-").map(Number), way = Math.sign(last - first);
            return Array.from({ length: Math.abs(last - first) + 1 }, (_, n) => first + n * way);
          });
          const marks = [...block.querySelectorAll("svg circle title")].map(one => one.textContent);
          return [places.map(at => rows[at] + dots.dataset.unit), marks];
        }"""
    )
    assert said[0] == said[1] and len(said[0]) > 100 and len(set(said[0])) == len(said[0])
    page.close()


@pytest.mark.browser
def test_the_example_is_whole_without_scripts(report: Path, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((report / "report.html").as_uri())
    folded = page.locator("details").first
    folded.locator("summary").click()
    assert folded.locator("table").is_visible()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()


# Seeded faults: what our own checks claim to see


def drop(pattern: str) -> Callable[[str], str]:
    return put(pattern, "")


def put(pattern: str, new: str) -> Callable[[str], str]:
    """Change the first place that fits, and fail where there is none."""

    def plant(html: str) -> str:
        planted, times = re.subn(
            pattern, lambda found: found.expand(new), html, count=1, flags=re.DOTALL
        )
        assert times == 1, pattern
        return planted

    return plant


ALT = r'(class="drawing" role="img" aria-label=")[^"]*'
IN_MAIN = r'(<main id="main" tabindex="-1">)'
CHART_CAPTION = r'(class="drawing" role="img" aria-label=")[^"]*(".*?<figcaption[^>]*>)([^<]*)'
SEEDED = {
    "placeholder alt": (
        put(ALT, r"\1No description has been provided for this image"),
        "is a placeholder",
    ),
    "placeholder alt, one word": (put(ALT, r"\1Figure 3"), "is a placeholder"),
    "nbconvert's alt, shortened": (put(ALT, r"\1No description"), "is a placeholder"),
    "file name as alt": (put(ALT, r"\1output_3_0.png"), "is a placeholder"),
    "alt is the caption": (put(CHART_CAPTION, r"\1\3\2\3"), "only repeats"),
    "alt is the subtitle": (
        put(ALT, r"\1Deaths per 100,000, three years together; bands are 95% intervals"),
        "only repeats",
    ),
    "alt without a finding": (
        put(ALT, r"\1Line chart of drug misuse deaths in Worcestershire, 2019 to 2021"),
        "not what is found",
    ),
    "long alt": (put(ALT, r"\1" + "Deaths rose. " * 20), "259 characters; 250 are the most"),
    "empty alt": (put(ALT, r"\1"), "no alternative text"),
    "image without alt": (put(IN_MAIN, r'\1<img src="data:image/png;base64,">'), "no alternative"),
    "drawing without a role": (drop(r' role="img"'), "not marked as an image"),
    "chart without a table": (
        lambda html: re.sub(r"<table\b.*?</table>", "", html, flags=re.DOTALL),
        "neither a data table nor a link",
    ),
    "no caption": (drop(r"<caption[^>]*>.*?</caption>"), "The table has no caption"),
    "td in the header row": (
        put(r"<th scope=col([^>]*)>", r"<td\1>"),
        "A cell of the header row is not a header cell",
    ),
    "td in the first column": (
        put(r"<th scope=row>", "<td>"),
        "A cell of the first column is not a header cell",
    ),
    "no scope": (put(r"<th scope=row>", "<th>"), "no scope"),
    "wrong scope": (put(r"<th scope=col", "<th scope=row"), "no scope"),
    "merged cell": (put(r"<td>", '<td colspan="2">'), "A cell is merged"),
    "blank cell": (put(r"<td>[^<]+", "<td> &nbsp;"), "blank or says nothing"),
    "dash in a cell": (put(r"<td>[^<]+", "<td>–"), "blank or says nothing"),
    "vague link": (put(IN_MAIN, r'\1<a href="#main">Click here</a>'), "does not say where"),
    "vaguer link": (put(IN_MAIN, r'\1<a href="#main">read more…</a>'), "does not say where"),
    "bare address": (
        put(IN_MAIN, r'\1<a href="https://www.gov.uk/x">https://www.gov.uk/x</a>'),
        "bare address",
    ),
    "link to nothing": (put(IN_MAIN, r'\1<a href="#gone">Table 9</a>'), "which is not there"),
    "duplicate id": (put(IN_MAIN, r'\1<p id="main">again</p>'), "is used 2 times"),
    "skipped level": (put(r"<h3(.*?)</h3>", r"<h5\1</h5>"), "A level-5 heading follows level 2"),
    "two h1": (put(IN_MAIN, r"\1<h1>Again</h1>"), "2 level-1 headings"),
    "no h1": (put(r"<h1>(.*?)</h1>", r"<p>\1</p>"), "0 level-1 headings"),
    "no language": (drop(r' lang="en-GB"'), "does not name its language"),
    "no title": (drop(r"<title>.*?</title>"), "has no title"),
    "no main": (put(r"<main (.*)</main>", r"<div \1</div>"), "0 main landmarks"),
    "no skip link": (drop(r'<a class="skip".*?</a>'), "not a link to the main content"),
    "tabindex": (put(IN_MAIN, r'\1<p tabindex="3">First</p>'), "changes the order of the focus"),
    "script from elsewhere": (
        put(IN_MAIN, r'\1<script src="https://cdn.example.org/a.js"></script>'),
        "<script> loads",
    ),
    "style from elsewhere": (
        put(r"(</title>)", r'\1<link rel="stylesheet" href="//example.org/a.css">'),
        "<link> loads",
    ),
    "font from elsewhere": (
        put(r"src: url\(data:[^)]*\)", "src: url(https://example.org/a.woff2)"),
        "A style loads 'https://example.org/a.woff2'",
    ),
    "image from elsewhere": (
        put(IN_MAIN, r'\1<img src="a.png" alt="Rates rose from 3 to 4.">'),
        "<img> loads",
    ),
}


@pytest.mark.parametrize("fault", SEEDED)
def test_our_checks_see(good: str, fault: str) -> None:
    plant, words = SEEDED[fault]
    assert words in "\n".join(problem.what for problem in check_html(plant(good)))


@pytest.mark.parametrize(
    "words",
    [
        "Figure 3 of the strategy",
        "more people in treatment",
        "Deaths in Worcestershire, 2021: chapter 5",
        "What this report says",
    ],
)
def test_links_that_say_where_they_lead_pass(good: str, words: str) -> None:
    assert check_html(put(IN_MAIN, rf'\1<a href="#main">{words}</a>')(good)) == []


def test_an_empty_page_is_a_problem() -> None:
    assert [problem.what for problem in check_html("")] == ["The page is empty."]


# Seeded faults: what is left to axe

FOR_AXE = {
    "svg-img-alt": put(ALT, r"\1"),
    "html-has-lang": drop(r' lang="en-GB"'),
    "document-title": drop(r"<title>.*?</title>"),
    "heading-order": put(r"<h3(.*?)</h3>", r"<h5\1</h5>"),
    "page-has-heading-one": put(r"<h1>(.*?)</h1>", r"<p>\1</p>"),
    "color-contrast": put(IN_MAIN, r'\1<p style="color: #9aa">Grey on white.</p>'),
    "empty-table-header": put(r"(<th scope=col[^>]*>)[^<]*", r"\1"),
    "landmark-one-main": put(r"<main (.*)</main>", r"<div \1</div>"),
    "scrollable-region-focusable": lambda html: re.sub(
        r"<a (class=fig )?href", "<a data-href", html.replace(" tabindex=0", "")
    ),
}


@pytest.mark.browser
def test_axe_finds_nothing_in_a_good_report(good: str, browser: Any, violations: Any) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 900})
    page.set_content(good)
    page.evaluate(UNFOLD)
    assert violations(page) == {}
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("rule", FOR_AXE)
def test_axe_sees(good: str, browser: Any, rule: str, violations: Any) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 900})
    page.set_content(FOR_AXE[rule](good))
    page.evaluate(UNFOLD)
    assert rule in violations(page)
    page.close()


# Seeded faults in the PDF


def elements(pdf: pikepdf.Pdf, kind: str) -> list[Any]:
    return [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary)
            and one.get("/S") == pikepdf.Name(f"/{kind}")]  # fmt: skip


def set_alt(pdf: pikepdf.Pdf, alt: str | None) -> None:
    figure = elements(pdf, "Figure")[0]
    if alt is None:
        del figure["/Alt"]
    else:
        figure["/Alt"] = pikepdf.String(alt)


def first_figure_says_its_caption(pdf: pikepdf.Pdf) -> None:
    set_alt(pdf, "Deaths in Worcestershire, trend")


def other_bookmark(pdf: pikepdf.Pdf) -> None:
    with pdf.open_outline() as outline:
        outline.root[1].title = "Another heading"


def bookmark_gone(pdf: pikepdf.Pdf) -> None:
    with pdf.open_outline() as outline:
        del outline.root[-1].children[-1]


def flat_bookmarks(pdf: pikepdf.Pdf) -> None:
    with pdf.open_outline() as outline:
        one = next(one for one in outline.root if one.children)
        outline.root.append(one.children.pop())


def swapped_headings(pdf: pikepdf.Pdf) -> None:
    """The second heading of level 2 is read before the first."""
    first, second = elements(pdf, "H2")[:2]
    first.K, second.K = second.K, first.K
    first.Pg, second.Pg = second.Pg, first.Pg


def caption_after_its_table(pdf: pikepdf.Pdf) -> None:
    table = elements(pdf, "Table")[0]
    caption, *rest = list(table.K)
    table.K = pikepdf.Array([*rest, caption])


def no_scope(pdf: pikepdf.Pdf) -> None:
    del elements(pdf, "TH")[0]["/A"]


def row_header_as_data(pdf: pikepdf.Pdf) -> None:
    cell = elements(pdf, "TD")[0]
    cell.P.K[0].S = pikepdf.Name("/TD")


def no_header_row(pdf: pikepdf.Pdf) -> None:
    for cell in elements(pdf, "THead")[0].K[0].K:
        cell.S = pikepdf.Name("/TD")


def no_title(pdf: pikepdf.Pdf) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
        del metadata["dc:title"]


def file_name_shown(pdf: pikepdf.Pdf) -> None:
    pdf.Root.ViewerPreferences.DisplayDocTitle = False


def without(key: str) -> Callable[[pikepdf.Pdf], None]:
    def plant(pdf: pikepdf.Pdf) -> None:
        del pdf.Root[key]

    return plant


def skipped_level(pdf: pikepdf.Pdf) -> None:
    elements(pdf, "H2")[0].S = pikepdf.Name("/H5")


SEEDED_PDF: dict[str, tuple[Callable[[pikepdf.Pdf], None], str]] = {
    "no alt": (lambda pdf: set_alt(pdf, None), "no alternative text"),
    "empty alt": (lambda pdf: set_alt(pdf, " "), "no alternative text"),
    "placeholder alt": (lambda pdf: set_alt(pdf, "Image"), "is a placeholder"),
    "long alt": (lambda pdf: set_alt(pdf, "Rates rose. " * 30), "250 are the most"),
    "alt is the caption": (first_figure_says_its_caption, "not what is found"),
    "alt without a finding": (
        lambda pdf: set_alt(pdf, "Line chart of deaths in Worcestershire, 2019 to 2021"),
        "not what is found",
    ),
    "other bookmark": (other_bookmark, "The bookmark is 'Another heading' of level 1"),
    "bookmark gone": (bookmark_gone, "The bookmark is nothing"),
    "flat bookmarks": (flat_bookmarks, "of level"),
    "headings out of order": (swapped_headings, "is read after one that stands below it"),
    "caption after its table": (caption_after_its_table, "caption is read after its table"),
    "no scope": (no_scope, "A header cell has no scope"),
    "row header as data": (row_header_as_data, "first cell is not a header cell"),
    "no header row": (no_header_row, "The table has no header row"),
    "skipped level": (skipped_level, "A level-5 heading follows"),
    "no title": (no_title, "The PDF has no title"),
    "file name shown": (file_name_shown, "the file's name, not the title"),
    "no language": (without("/Lang"), "does not name its language"),
    "no outline": (without("/Outlines"), "The PDF has no outline"),
    "no tags": (without("/StructTreeRoot"), "The PDF is not tagged"),
}

# of these PDF/UA itself speaks, so the validator has to see them
SEEN_BY_VALIDATOR = {
    "no alt", "no title", "file name shown", "no language", "no tags", "skipped level"
}  # fmt: skip


@pytest.mark.parametrize("fault", SEEDED_PDF)
def test_the_pdf_checks_see(good_pdf: bytes, fault: str) -> None:
    plant, words = SEEDED_PDF[fault]
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(good_pdf)) as pdf:
        plant(pdf)
        pdf.save(out)
    found = [problem.what for problem in check_pdf(out.getvalue())]
    assert words in "\n".join(found)
    if fault in SEEN_BY_VALIDATOR:
        assert any(what.startswith("PDF/UA-1: ") for what in found)


def test_what_is_no_pdf_is_a_problem() -> None:
    assert "not a PDF" in check_pdf(b"report")[0].what
