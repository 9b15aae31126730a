"""Checks of what no ready accessibility checker sees in a report.

axe-core and PDF/UA validators see that an alternative text or a header cell is absent; they do not
see that a text is a placeholder, that a table has no caption, or that a link says "click here".
Neither these checks nor theirs prove conformance: a person still has to use the report.
"""

from __future__ import annotations

import importlib.util
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise, zip_longest
from typing import Any

import pikepdf
from lxml import etree  # type: ignore[import-untyped]
from lxml import html as lxml_html

from needs.errors import Problem
from needs.report.notebook_cells import NOTHING

#: Longest alternative text of a chart, in characters; what is longer belongs into the page.
LONGEST_ALT = 250

_PLACEHOLDER = re.compile(
    r"(no description( has been provided.*)?|no alt(ernative)? text.*|alt(ernative)? text|"
    r"(the |an? )?(image|picture|figure|fig|chart|graph|graphic|plot|map|diagram|drawing|svg|png|"
    r"output|untitled|placeholder|logo|photo|icon)[\s\d.:_-]*|to ?do.*|tbc|tbd|lorem ipsum.*|"
    r"x+|\.+|-+|<[^>]*>|\S+\.(png|svg|jpe?g|gif|webp|pdf))\.?",
    re.IGNORECASE | re.DOTALL,
)
_VAGUE = re.compile(
    r"(click( on)?|tap|follow|see|read|go|download|find out|learn)?[\s-]*"
    r"(here|this|that|more|link|page|website|details|info(rmation)?|this (link|page|website)|"
    r"more (here|info(rmation)?|details)?)[\s.:>»→…-]*",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(https?://|www\.|mailto:)\S*|[\w.-]+\.(com|org|net|uk)(/\S*)?", re.I)
_UNNUMBERED = re.compile(r"^(Figure|Map|Chart) \d+: ")
#: Numbers that say when, or which chart, and nothing about what was found.
_WHEN = re.compile(r"\b(19|20)\d\d([/–-]\d{2,4})?\b|\b(figure|map|table|chart) \d+", re.IGNORECASE)
_FINDING = re.compile(
    r"\d|\b(high|low|rose|rise|fell|fall|more|most|few|less|least|larg|small|similar|same|equal|"
    r"increas|decreas|no |not |none|above|below|better|worse|all |every )",
    re.IGNORECASE,
)
_LOADED = re.compile(r"url\(\s*['\"]?(?!data:|#)([^)'\"]+)|@import\s+['\"]([^'\"]+)", re.IGNORECASE)

# what loads something into the page; a link that the reader follows does not
_LOADS = {
    "script": ("src",),
    "link": ("href",),
    "img": ("src", "srcset"),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
    "iframe": ("src",),
    "object": ("data",),
    "embed": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "source": ("src", "srcset"),
    "input": ("src",),
}


def check_html(html: str) -> list[Problem]:
    """Check a report's page.

    Parameters
    ----------
    html : str

    Returns
    -------
    list of Problem
        Empty when nothing was found.

    Examples
    --------
    >>> page = '''<!DOCTYPE html><html lang="en-GB"><head><title>Needs</title></head><body>
    ... <a href="#main">Skip</a><main id="main"><h1>Needs</h1><p><a href="#main">here</a></p>
    ... </main></body></html>'''
    >>> [problem.what for problem in check_html(page)]
    ["The link text 'here' does not say where the link leads."]
    """
    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        root = lxml_html.document_fromstring(html.encode("utf-8"), parser=parser)
    except etree.ParserError:
        return [Problem("The page is empty.")]
    checks = (_page, _ids, _headings, _images, _charts, _tables, _links, _loaded)
    return [problem for check in checks for problem in check(root)]


def _text(node: Any) -> str:
    return " ".join(str(node.text_content()).split())


def _where(node: Any) -> str:
    """The nearest id, or the beginning of the text, so that a person finds the place."""
    near = next((one.get("id") for one in (node, *node.iterancestors()) if one.get("id")), "")
    text = _text(node)[:60]
    return " ".join(part for part in (f"<{node.tag}>", f"#{near}" if near else "", text) if part)


def _page(root: Any) -> Iterator[Problem]:
    if not (root.get("lang") or "").strip():
        yield Problem("The page does not name its language.", "<html>", 'Set lang="en-GB".')
    if not any(_text(one) for one in root.iterfind("head/title")):
        yield Problem("The page has no title.", "<head>")
    mains = [one for one in root.iter("main") if one.get("hidden") is None]
    if len(mains) != 1:
        yield Problem(f"The page has {len(mains)} main landmarks and needs one.", "<body>")
    first = next((one for one in root.iter("a", "button", "input", "summary", "select")), None)
    target = (first.get("href") or "") if first is not None else ""
    goals = {one.get("id") for main in mains for one in (main, *main.iter("h1"))}
    if not (target.startswith("#") and target[1:] in goals):
        yield Problem(
            "The first thing that takes the focus is not a link to the main content.",
            _where(first) if first is not None else "<body>",
            "Begin the page with a skip link.",
        )
    for one in root.xpath("//*[@tabindex]"):
        if one.get("tabindex").strip() not in ("0", "-1"):
            yield Problem("A tabindex changes the order of the focus.", _where(one))


def _ids(root: Any) -> Iterator[Problem]:
    times = Counter(str(key) for key in root.xpath("//@id"))
    for key, number in times.items():
        if number > 1:
            yield Problem(f"The id '{key}' is used {number} times.", f"#{key}")


def _headings(root: Any) -> Iterator[Problem]:
    headings = list(root.iter("h1", "h2", "h3", "h4", "h5", "h6"))
    firsts = sum(one.tag == "h1" for one in headings)
    if firsts != 1:
        yield Problem(f"The page has {firsts} level-1 headings and needs exactly one.", "<body>")
    level = 0
    for one in headings:
        if int(one.tag[1]) > level + 1:
            yield Problem(f"A level-{one.tag[1]} heading follows level {level}.", _where(one))
        level = int(one.tag[1])
        if not _text(one):
            yield Problem("A heading is empty.", _where(one))


def _images(root: Any) -> Iterator[Problem]:
    title = next((_text(one) for one in root.iterfind("head/title")), "")
    for one in root.iter("img", "svg"):
        if one.get("aria-hidden") == "true" or any(
            up.tag == "svg" or up.get("aria-hidden") == "true" for up in one.iterancestors()
        ):
            continue
        names = [title, *_names_around(one)]
        for what in alt_faults(_accessible_name(one, root), names, chart=one.tag == "svg"):
            yield Problem(
                what,
                _where(one),
                "Say what it shows and finds: needs.words.sentences makes it from figures.",
            )
        if one.tag == "svg" and one.get("role") != "img":
            yield Problem("A drawing is not marked as an image.", _where(one), 'Set role="img".')


def _accessible_name(node: Any, root: Any) -> str:
    keys = (node.get("aria-labelledby") or "").split()
    named = " ".join(_text(one) for key in keys for one in root.xpath("//*[@id=$key]", key=key))
    own = named or node.get("aria-label") or node.get("alt") or ""
    if not own and node.tag == "svg":
        own = next((_text(one) for one in node.iterfind("title")), "")
    return " ".join(own.split())


def _names_around(node: Any) -> Iterator[str]:
    """The caption, headline and subtitle of a chart, which its alternative text must not repeat."""
    figure = next(node.iterancestors("figure"), None)
    if figure is None:
        return
    for caption in figure.iter("figcaption"):
        text = _text(caption)
        yield text
        yield _UNNUMBERED.sub("", text)
    for before in figure.itersiblings("p", preceding=True):
        yield _text(before)


def alt_faults(alt: str, others: list[str], *, chart: bool = True) -> Iterator[str]:
    """What is wrong with an alternative text; `others` are the texts beside it.

    That of a chart says what it finds; that of another image need only say what it shows.
    """
    plain = alt.casefold().strip(" .")
    if not plain:
        yield "An image has no alternative text."
    elif _PLACEHOLDER.fullmatch(alt.strip()):
        yield f"The alternative text '{alt[:60]}' is a placeholder."
    elif plain in {one.casefold().strip(" .") for one in others}:
        yield f"The alternative text only repeats a title or caption: '{alt[:60]}'."
    elif len(alt) > LONGEST_ALT:
        yield f"The alternative text has {len(alt)} characters; {LONGEST_ALT} are the most."
    elif chart and not _FINDING.search(_WHEN.sub("", alt)):
        yield f"The alternative text names what is shown and not what is found: '{alt[:60]}'."


def _charts(root: Any) -> Iterator[Problem]:
    for one in root.iter("figure"):
        if not any(True for _ in one.iter("img", "svg")):
            continue
        if not any(_text(caption) for caption in one.iter("figcaption")):
            yield Problem("A figure has no caption.", _where(one))
        around = next(
            (up for up in one.iterancestors() if up.get("class") == "chart-block"), one.getparent()
        )
        if not around.xpath(".//table|.//a[starts-with(@href, '#table-')]"):
            yield Problem("A figure has neither a data table nor a link to one.", _where(one))


def _tables(root: Any) -> Iterator[Problem]:
    for table in root.iter("table"):
        where = _where(table)
        if not any(_text(one) for one in table.iterfind("caption")):
            yield Problem("The table has no caption.", where, "Give it a <caption>.")
        rows = list(table.iter("tr"))
        heads = [row for row in rows if row.getparent().tag == "thead"]
        if len(heads) != 1:
            yield Problem(f"The table has {len(heads)} header rows and needs one.", where)
        for number, row in enumerate(rows, 1):
            yield from _row(row, row in heads, where, f"{where}, row {number}")
        if len({len(_cells(row)) for row in rows}) > 1:
            yield Problem("Rows of the table have different numbers of cells.", where)


def _cells(row: Any) -> list[Any]:
    return [one for one in row if one.tag in ("th", "td")]


def _row(row: Any, head: bool, table: str, where: str) -> Iterator[Problem]:
    cells = _cells(row)
    for place, cell in enumerate(cells, 1):
        here = f"{where}, cell {place}"
        scope = "col" if head else "row"
        if cell.tag == "td" and (head or place == 1):
            kind = "header row" if head else "first column"
            yield Problem(f"A cell of the {kind} is not a header cell.", here, "Use <th>.")
        elif cell.tag == "th" and cell.get("scope") != scope:
            yield Problem("A header cell has no scope.", here, f'Set scope="{scope}".')
        if _text(cell) in NOTHING:
            yield Problem(
                f"A cell is blank or says nothing: '{_text(cell)}'.",
                here,
                "Print the shorthand that fits, such as [x] or [z].",
            )
        if any(int(cell.get(span) or 1) != 1 for span in ("colspan", "rowspan")):
            yield Problem("A cell is merged.", here, "One number a cell, one cell a column.")


def _links(root: Any) -> Iterator[Problem]:
    anchors = {str(key) for key in root.xpath("//@id")}
    for link in root.iter("a"):
        target = link.get("href")
        if target is None:
            continue
        text = " ".join((link.get("aria-label") or _text(link)).split())
        for what in link_faults(text):
            yield Problem(what, f"{_where(link)} to {target}")
        if target.startswith("#") and target[1:] not in anchors:
            yield Problem(f"The link '{text}' leads to '{target}', which is not there.", "<a>")


def link_faults(text: str) -> Iterator[str]:
    """What is wrong with the text of a link."""
    if not text:
        yield "A link has no text."
    elif _VAGUE.fullmatch(text):
        yield f"The link text '{text}' does not say where the link leads."
    elif _ADDRESS.fullmatch(text):
        yield f"The link text is a bare address: '{text}'."


def _loaded(root: Any) -> Iterator[Problem]:
    remedy = "Put it into the page: a report needs nothing else."
    for tag, names in _LOADS.items():
        for one in root.iter(tag):
            for name in names:
                address = (one.get(name) or "").strip()
                if address and not address.startswith(("data:", "#")):
                    yield Problem(f"<{tag}> loads '{address}'.", _where(one), remedy)
    styles = [(one, one.text_content()) for one in root.iter("style")]
    styles += [(one, one.get("style")) for one in root.xpath("//*[@style]")]
    for one, text in styles:
        for found in _LOADED.finditer(text):
            address = found[1] or found[2]
            yield Problem(f"A style loads '{address.strip()}'.", f"<{one.tag}>", remedy)


# PDF


def validates_pdf() -> bool:
    """Whether the PDF/UA-1 validator (package page-validation) is installed."""
    return importlib.util.find_spec("page") is not None


def check_pdf(data: bytes) -> list[Problem]:
    """Check a report's PDF: its tag tree, and PDF/UA-1 where the validator is installed.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    list of Problem
        Empty when nothing was found.

    Examples
    --------
    >>> blank = io.BytesIO()
    >>> pdf = pikepdf.new()
    >>> pdf.save(blank)
    >>> "The PDF is not tagged." in [problem.what for problem in check_pdf(blank.getvalue())]
    True
    """
    try:
        opened = pikepdf.open(io.BytesIO(data))
    except pikepdf.PdfError as error:
        return [Problem(f"This is not a PDF that can be read: {error}")]
    with opened as pdf:
        with pdf.open_metadata() as metadata:
            title = str(metadata.get("dc:title") or "").strip()
        problems = [*_pdf_document(pdf, title), *_pdf_tags(pdf, title)]
    return problems + list(_pdf_ua(data))


def _pdf_ua(data: bytes) -> Iterator[Problem]:
    if not validates_pdf():
        return
    import page

    report = page.validate_pdf_bytes(data, profile=page.ValidationProfile.PDF_UA_1)
    for one in report.failures:
        yield Problem(f"PDF/UA-1: {one.message}.", str(one.rule_id))


def _pdf_document(pdf: pikepdf.Pdf, title: str) -> Iterator[Problem]:
    root: Any = pdf.Root
    if not str(root.get("/Lang", "")).strip():
        yield Problem("The PDF does not name its language.", "catalog, Lang")
    if not title:
        yield Problem("The PDF has no title.", "metadata, dc:title")
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False):
        yield Problem("A reader shows the file's name, not the title.", "DisplayDocTitle")
    if "/First" not in root.get("/Outlines", {}):
        yield Problem("The PDF has no outline.", "catalog, Outlines")


def _pdf_tags(pdf: pikepdf.Pdf, title: str) -> Iterator[Problem]:
    root: Any = pdf.Root
    if "/StructTreeRoot" not in root or not root.get("/MarkInfo", {}).get("/Marked", False):
        yield Problem("The PDF is not tagged.", "catalog, StructTreeRoot")
        return
    level = 0
    numbers: Counter[str] = Counter()
    headings: list[tuple[str, Any]] = []
    said = _spoken(pdf)
    caption = ""
    for kind, element in _elements(root.StructTreeRoot):
        numbers[kind] += 1
        where = f"{kind} {numbers[kind]}"
        if kind == "Caption":
            caption = _read(element, said)
        elif kind == "Figure":
            # an artifact has no tag, so every tagged figure speaks
            alt = " ".join(str(element.get("/Alt", "")).split())
            names = [title, caption, _UNNUMBERED.sub("", caption)]
            for what in alt_faults(alt, names, chart=bool(_UNNUMBERED.match(caption))):
                yield Problem(what, where)
            caption = ""
        elif kind == "Table":
            yield from _pdf_table(element, where)
        elif re.fullmatch(r"H[1-6]", kind):
            headings.append((kind, element))
            if int(kind[1]) > level + 1:
                yield Problem(f"A level-{kind[1]} heading follows level {level}.", where)
            level = int(kind[1])
    yield from _pdf_headings(pdf, headings, said)


def _pdf_headings(
    pdf: pikepdf.Pdf, headings: list[tuple[str, Any]], said: Mapping[tuple[Any, int], str]
) -> Iterator[Problem]:
    """Headings are the bookmarks, and are read in the order of the pages."""
    read = [(int(kind[1]), _read(one, said)) for kind, one in headings]
    with pdf.open_outline() as outline:
        marked = list(_bookmarks(outline.root))
    for number, (bookmark, heading) in enumerate(zip_longest(marked, read), 1):
        if bookmark != heading:
            shown, printed = (
                f"'{one[1]}' of level {one[0]}" if one else "nothing" for one in (bookmark, heading)
            )
            yield Problem(f"The bookmark is {shown}, the heading {printed}.", f"bookmark {number}")
            break  # the rest is shifted
    pages = {page.objgen: number for number, page in enumerate(pdf.pages)}
    places = [
        (pages.get(page, -1), mark) for _, one in headings for page, mark in _marks(one, None)[:1]
    ]
    for (before, after), (_, one) in zip(pairwise(places), headings[1:], strict=False):
        if after < before:
            yield Problem(
                "A heading is read after one that stands below it.", f"'{_read(one, said)}'"
            )


def _bookmarks(items: Iterable[Any], level: int = 1) -> Iterator[tuple[int, str]]:
    for one in items:
        yield level, _plain(str(one.title))
        yield from _bookmarks(one.children, level + 1)


def _plain(text: str) -> str:
    """Text without the places where a word may be broken, and without doubled spaces."""
    return " ".join(text.replace("\u200b", "").replace("\u00ad", "").split())


def _read(element: Any, said: Mapping[tuple[Any, int], str]) -> str:
    """What is read of a structure element."""
    return _plain("".join(said.get(mark, "") for mark in _marks(element, None)))


def _marks(element: Any, page: Any) -> list[tuple[Any, int]]:
    """The marked content of a structure element: page and number of each, in reading order."""
    page = element.Pg.objgen if "/Pg" in element else page
    below = element.get("/K")
    found: list[tuple[Any, int]] = []
    for one in below if isinstance(below, pikepdf.Array) else [below]:
        if isinstance(one, pikepdf.Dictionary):
            if "/MCID" in one:
                found.append((one.Pg.objgen if "/Pg" in one else page, int(one.MCID)))
            elif "/S" in one:
                found += _marks(one, page)
        elif one is not None:
            found.append((page, int(one)))
    return found


def _spoken(pdf: pikepdf.Pdf) -> dict[tuple[Any, int], str]:
    """The text of each piece of marked content, by page and number."""
    said: dict[tuple[Any, int], str] = {}
    maps: dict[Any, dict[int, str]] = {}
    for page in pdf.pages:
        resources: Any = page.obj.get("/Resources", {})
        fonts: Any = resources.get("/Font", {})
        letters: dict[int, str] = {}
        inside: list[int | None] = []
        for instruction in pikepdf.parse_content_stream(page):
            operands: Any = instruction.operands
            name = str(instruction.operator)
            if name in ("BDC", "BMC"):
                more: Any = operands[1] if name == "BDC" else None
                marked = isinstance(more, pikepdf.Dictionary) and "/MCID" in more
                inside.append(int(more.MCID) if marked else None)
            elif name == "EMC":
                inside.pop()
            elif name == "Tf":
                font = fonts[str(operands[0])]
                if font.objgen not in maps:
                    maps[font.objgen] = _letters(font)
                letters = maps[font.objgen]
            elif name in ("Tj", "TJ"):
                mark = next((one for one in reversed(inside) if one is not None), None)
                if mark is not None:
                    parts = operands[0] if name == "TJ" else operands
                    text = "".join(
                        letters.get(int.from_bytes(code, "big"), "")
                        for part in parts
                        if isinstance(part, pikepdf.String)
                        for code in _pairs(bytes(part))
                    )
                    said[page.objgen, mark] = said.get((page.objgen, mark), "") + text
    return said


def _pairs(raw: bytes) -> list[bytes]:
    return [raw[at : at + 2] for at in range(0, len(raw), 2)]


def _letters(font: Any) -> dict[int, str]:
    """What each two-byte code of a font stands for."""
    if "/ToUnicode" not in font:
        return {}
    table = font.ToUnicode.read_bytes().decode("latin-1")
    found: dict[int, str] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, text in re.findall(r"<(\w+)>\s*<(\w+)>", block):
            found[int(code, 16)] = bytes.fromhex(text).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, text in re.findall(r"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            start = bytes.fromhex(text).decode("utf-16-be")
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + step] = start[:-1] + chr(ord(start[-1]) + step)
    return found


def _children(element: Any) -> list[Any]:
    below = element.get("/K")
    if below is None:
        return []
    listed = list(below) if isinstance(below, pikepdf.Array) else [below]
    return [one for one in listed if isinstance(one, pikepdf.Dictionary) and "/S" in one]


def _elements(element: Any) -> Iterator[tuple[str, Any]]:
    """Every structure element with its kind, in reading order."""
    waiting = _children(element)[::-1]
    while waiting:
        one = waiting.pop()
        yield str(one.S).lstrip("/"), one
        waiting += _children(one)[::-1]


def _pdf_table(table: Any, where: str) -> Iterator[Problem]:
    rows = [row for kind, row in _elements(table) if kind == "TR"]
    heads = 0
    for number, row in enumerate(rows, 1):
        cells = [(str(one.S).lstrip("/"), one) for one in _children(row)]
        headers = [cell for kind, cell in cells if kind == "TH"]
        here = f"{where}, row {number}"
        if len(headers) == len(cells):
            heads += 1
        elif not cells or cells[0][0] != "TH":
            yield Problem("The row's first cell is not a header cell.", here)
        if any(_scope(cell) not in ("Column", "Row", "Both") for cell in headers):
            yield Problem("A header cell has no scope.", here)
    if not heads:
        yield Problem("The table has no header row.", where)
    kinds = [str(one.S).lstrip("/") for one in _children(table)]
    if "Caption" in kinds[1:]:
        yield Problem("The table's caption is read after its table.", where)


def _scope(cell: Any) -> str:
    attributes = cell.get("/A")
    if attributes is None:
        return ""
    every = list(attributes) if isinstance(attributes, pikepdf.Array) else [attributes]
    return next(
        (
            str(one.get("/Scope")).lstrip("/")
            for one in every
            if isinstance(one, pikepdf.Dictionary) and "/Scope" in one
        ),
        "",
    )
