"""Real reports from national files: the page in use, and the pages of the PDF."""

from __future__ import annotations

import io
import itertools
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from lxml import html

from needs.commands import run as runs
from needs.report.parameters import RunParameters
from needs.report.register import OWN_PART

pytestmark = pytest.mark.mirror

#: Pages that a report may have.
MOST = {"Worcestershire": 45, "Kent": 50, "Lancashire": 50}
AREAS = [*MOST, "Blackpool", "Isles of Scilly"]

#: Of the pages of a report, the share that may be less than half full.
THIN = 0.2


@pytest.fixture(scope="session")
def made(
    national: Path, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """The report of an area, made once for all tests."""
    known: dict[str, Path] = {}

    def make(area: str) -> Path:
        if area not in known:
            out = tmp_path_factory.mktemp("national_reports")
            values = {"areas": [area], "year": 2022, "date": "2026-11-29"}
            parameters = RunParameters.check({**values, "formats": ["html", "pdf"]})
            known[area] = runs.run(
                parameters,
                raw=out,
                processed=national,
                out=out,
                notebooks=root / "notebooks",
                prepare=False,
            )
        return known[area]

    return make


def page_of(folder: Path) -> Any:
    return html.fromstring((folder / "report.html").read_bytes())


# The PDF


def pages_of(folder: Path) -> list[str]:
    read = pypdf.PdfReader(io.BytesIO((folder / "report.pdf").read_bytes()))
    return [" ".join(one.extract_text().split()) for one in read.pages]


def filled(program: str, folder: Path) -> list[float]:
    """How far down its text each page is filled, header and footer left aside."""
    done = subprocess.run(
        [program, "-bbox", str(folder / "report.pdf"), "-"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    out = []
    for page in done.stdout.split("<page ")[1:]:
        height = float(re.search(r'height="([\d.]+)"', page)[1])  # type: ignore[index]
        ends = [float(one) for one in re.findall(r'<word [^>]*yMax="([\d.]+)"', page)]
        body = max((one for one in ends if one < height - 50), default=0.0)
        out.append((body - 65) / (height - 65 - 57))
    return out


@pytest.mark.parametrize("area", list(MOST))
def test_a_report_has_no_more_pages_than_a_board_reads(
    made: Callable[[str], Path], area: str
) -> None:
    assert len(pages_of(made(area))) <= MOST[area]


@pytest.mark.parametrize("area", AREAS)
def test_few_pages_are_less_than_half_full(
    made: Callable[[str], Path], tool: Callable[..., str], area: str
) -> None:
    """A page is thin only before what needs more room than it has, and that must be rare."""
    pages = filled(tool("pdftotext"), made(area))
    body = pages[2:-1]  # cover, contents and the last page end where they end
    thin = [number for number, share in enumerate(body, 3) if share < 0.5]
    assert len(thin) <= max(1, THIN * len(pages)), thin
    assert all(share > 0.3 for share in body)
    # what the next page holds would not have fitted
    assert all(pages[number - 1] + pages[number] > 0.8 for number in thin), thin


@pytest.mark.parametrize("area", AREAS)
def test_the_first_page_stands_alone_and_is_one_page(
    made: Callable[[str], Path], tool: Callable[..., str], area: str
) -> None:
    pages = pages_of(made(area))
    (at,) = (n for n, text in enumerate(pages) if "1. One page" in text and n > 1)
    assert "2. Summary" in pages[at + 1] and "2. Summary" not in pages[at]
    assert "Figure 1:" in pages[at]  # the map
    assert filled(tool("pdftotext"), made(area))[at] > 0.9
    summary = [n for n, text in enumerate(pages) if " 2. Summary page" in text or n == at + 1]
    assert len(summary) <= 2


@pytest.mark.parametrize("area", AREAS)
def test_no_heading_is_empty_and_none_ends_a_page(made: Callable[[str], Path], area: str) -> None:
    read = pypdf.PdfReader(io.BytesIO((made(area) / "report.pdf").read_bytes()))
    text = "\n".join(one.extract_text() for one in read.pages)
    lines = [one for one in text.splitlines() if one.strip()]
    heading = re.compile(r"^(?:\d+|[A-Z])\.(\d+)(\.\d+)? [A-Z]")
    titles = {str(one.title) for one in outline(read.outline)}
    for line, after in itertools.pairwise(lines):
        if line in titles and heading.match(line):
            assert not re.match(r"page \d+ of", after), f"'{line}' ends its page"
            if after in titles and heading.match(after):
                # a part may begin its section, and nothing else may follow a heading
                assert after.startswith(line.split(" ")[0] + "."), f"'{line}' is empty"


def outline(found: list[Any]) -> Iterator[Any]:
    for one in found:
        if isinstance(one, list):
            yield from outline(one)
        else:
            yield one


def identifier(row: Any) -> str:
    """The identifier of the figure whose row in the register this is."""
    table = next(row.iterancestors("table"))
    own = row[int(table.get("data-key") or 0)].text_content().strip()
    return str(table.get("data-identifier") or OWN_PART).replace(OWN_PART, own)


def series_of(chart: Any) -> frozenset[str]:
    """What a chart draws: the figures in the table behind it, without their measure's kind."""
    links = [one.get("href") for one in chart.iterfind(".//tbody//a")]
    rows = {one.get("id"): one for one in chart.getroottree().iter("tr") if one.get("id")}
    linked = [rows[one.removeprefix("#")] for one in links]
    return frozenset(map(identifier, [*linked, *chart.xpath(".//tr[@id]")]))


def measured(key: str) -> str:
    """What is counted, whatever is made of it: a rate, a number, a yearly series."""
    return re.sub(r"(_yearly|_crude)?(_rate|_deaths|_mortality)$", "", key)


@pytest.mark.parametrize("area", AREAS)
def test_the_page_is_small_enough_to_send(made: Callable[[str], Path], area: str) -> None:
    assert (made(area) / "report.html").stat().st_size < 1_500_000


@pytest.mark.parametrize("area", ["Worcestershire", "Lancashire"])
def test_no_chart_is_printed_twice_for_one_message(made: Callable[[str], Path], area: str) -> None:
    """Not a rate, its count, its crude twin and its yearly series: one of them is printed."""
    page = page_of(made(area))
    printed = [
        one
        for one in page.find_class("chart-block")
        if not any("detail" in (up.get("class") or "") for up in one.iterancestors("details"))
    ]
    drawn = [
        series_of(one.find(".//details")) for one in printed if one.find(".//details") is not None
    ]
    assert len(drawn) > 5
    assert max(Counter(one for one in drawn if one).values()) == 1
    trends = []
    for one in printed:
        figure = one.find(".//figure")
        if figure.get("id", "").endswith("_trend"):
            key = figure.get("id").removeprefix("chart-chart_").removesuffix("_trend")
            trends.append(measured(key))
    assert len(trends) == len(set(trends)), trends


# The page


@pytest.mark.parametrize("area", AREAS)
def test_each_finding_leads_to_its_evidence_and_back(
    made: Callable[[str], Path], area: str
) -> None:
    page = page_of(made(area))
    known = {one.get("id"): one for one in page.iter() if one.get("id")}
    headings = [one for key, one in known.items() if re.fullmatch(r"finding-\d+", key)]
    assert headings
    for heading in headings:
        rank = heading.get("id")
        after = list(heading.itersiblings())
        own = after[: next((n for n, one in enumerate(after) if one.tag in ("h3", "h4")), None)]
        goals = [
            link.get("href")[1:]
            for one in own
            for link in one.iter("a")
            if link.text_content().startswith("The evidence")
        ]
        assert len(goals) == 1 and goals[0] in known, rank
        evidence = known[goals[0]]
        if goals[0].startswith("about-"):
            back = evidence if evidence.tag != "summary" else evidence.getparent()
            near = back.getnext() if back.getnext() is not None else back.getparent().getnext()
            links = [one.get("href") for one in near.iter("a")]
            assert f"#{rank}" in links, rank
    # no link within the page leads nowhere
    for link in page.iter("a"):
        goal = link.get("href", "")
        assert not goal.startswith("#") or goal[1:] in known, goal


@pytest.mark.parametrize("area", ["Blackpool", "Lancashire"])
def test_a_chapter_opens_with_the_findings_as_the_summary_words_them(
    made: Callable[[str], Path], area: str
) -> None:
    """An old figure is marked in both places: here before the words, there with its year."""
    page = page_of(made(area))
    said, old = {}, {}
    for one in page.iter("h4"):
        if re.fullmatch(r"finding-\d+", one.get("id") or ""):
            rank, words = re.sub(r"\D", "", one.get("id")), one.getnext()
            said[rank] = " ".join(words.text_content().split())
            old[rank] = words.getnext().text_content().strip().startswith("Old: ")
    opened = 0
    for item in page.xpath("//ul[@class='finding']/li"):
        for rank in re.findall(r"More in finding (\d+)\.", item.text_content()):
            told = " ".join(item.text_content().split())
            assert told.startswith("Old: ") == old[rank], told
            assert told.removeprefix("Old: ").startswith(said[rank])
            opened += 1
    assert opened >= 2


@pytest.mark.parametrize("area", AREAS)
def test_running_text_is_plain(made: Callable[[str], Path], area: str) -> None:
    page = page_of(made(area))
    texts = [one.text_content() for kind in ("p", "li") for one in page.iter(kind)]
    assert not [one for one in texts if re.search(r"\bat hand\b|is of another edition", one)]


def test_no_title_of_a_drawing_tells_what_is_withheld(made: Callable[[str], Path]) -> None:
    """Lancashire's districts have withheld rates: no title of theirs is there."""
    page = page_of(made("Lancashire"))
    titles = [
        one.text for figure in page.iter("figure") for one in figure.iter() if one.tag == "title"
    ]
    assert len(titles) > 100
    assert not [one for one in titles if re.search(r"\[[cuxz]\]|None|nan", one)]
    rows = {
        tuple(cell.text_content().strip() for cell in row)
        for row in page.iter("tr")
        if any(cell.text_content().strip() in ("[c]", "[u]") for cell in row)
    }
    assert rows
    (rug,) = (one for one in page.iter("figure") if one.get("id") == "chart-chart_rug")
    names = [one.text for one in rug.iter() if one.tag == "title"]
    table = rug.getparent().getparent().find(".//tbody")
    heads = [th.text_content() for th in rug.getparent().getparent().find(".//thead").iter("th")]
    for row in table.iter("tr"):
        cells = [one.text_content().strip() for one in row]
        for head, cell in zip(heads[1::2], cells[1::2], strict=True):
            told = [one for one in names if one.startswith(f"{cells[0]}, {head}:")]
            assert bool(told) == (not cell.startswith("[")), (cells[0], head, cell)


@pytest.fixture
def opened(made: Callable[[str], Path], browser: Any) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((made("Blackpool") / "report.html").as_uri())
    yield page
    page.close()


def test_every_chart_is_read_one_by_one_with_the_keyboard(opened: Any) -> None:
    lacking = opened.evaluate(
        "[...document.querySelectorAll('figure')].filter(one => "
        "one.querySelectorAll('svg title').length > 1 && !one.querySelector('input'))"
        ".map(one => one.id)"
    )
    assert lacking == []
    opened.emulate_media(reduced_motion="reduce")
    box = opened.locator("#chart-chart_drug_poisoning_rate_trend")
    box.locator("input[type=range]").focus()
    opened.keyboard.press("ArrowRight")
    said = box.locator("output").inner_text()
    assert re.fullmatch(r"Blackpool, \d{4} to \d{4}: [\d.]+ per 100,000 \(95% .*\)", said)
    box.locator("svg circle").nth(30).hover(force=True)
    assert box.locator("output").inner_text() != said


def test_only_what_is_worse_than_england(opened: Any) -> None:
    button = opened.get_by_role("button", name="Only what is worse than England")
    assert button.get_attribute("aria-pressed") == "false"
    button.focus()
    opened.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    told = opened.locator(".only p").inner_text()
    shown = "[...document.querySelectorAll('{}')].filter(one => one.checkVisibility())"
    for selector, what in (
        ("h4[id^=finding-]", "finding"),
        (".card", ""),
    ):
        left = opened.evaluate(shown.format(selector) + ".map(one => one.dataset.verdict)")
        assert left and set(left) == {"worse"}
        assert not what or f"{len(left)} {what}" in told
    rows = opened.evaluate(
        shown.format("#table-spine tbody tr, #table-glance_deaths tbody tr")
        + ".map(one => one.dataset.verdict)"
    )
    assert set(rows) <= {"worse"}
    assert opened.evaluate(shown.format("#register, #table-abbreviations")) == []
    # who follows a link to what is left out sees all again
    opened.locator(".contents a").last.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert opened.evaluate("document.querySelectorAll('.aside').length") == 0


def test_the_switch_is_not_printed_and_hides_nothing_in_print(opened: Any) -> None:
    opened.get_by_role("button", name="Only what is worse than England").click()
    opened.emulate_media(media="print")
    assert not opened.locator(".only").is_visible()
    assert opened.locator("#chapter-A").is_visible()


def test_a_narrow_page_does_not_scroll_sideways(opened: Any, made: Callable[[str], Path]) -> None:
    opened.set_viewport_size({"width": 320, "height": 800})
    for area in ("Blackpool", "Isles of Scilly", "Lancashire"):
        opened.goto((made(area) / "report.html").as_uri())
        assert opened.evaluate("document.documentElement.scrollWidth") <= 320
