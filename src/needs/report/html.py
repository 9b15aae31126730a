"""The report as one self-contained, accessible HTML page."""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from needs.chapters.blocks import Heading, Picture, Register
from needs.charts.font_metrics import font_folder
from needs.report.block_html import View, draw, environment
from needs.report.document import Document, Placed

#: Letters with accents and the like: a page has them where its words do.
_ACCENTED = frozenset({*range(0xC0, 0x100), *map(ord, "ŵŷŴŶ")} - {*map(ord, "×÷")})

# what English official statistics print: the signs of Latin-1 and those beyond it
_CHARACTERS = [
    *(one for one in (*range(0x20, 0x7F), *range(0xA0, 0x100)) if one not in _ACCENTED),
    *map(ord, "–—‘’“”…•−×÷≤≥≈→←↑↓"),
]


#: The page's fonts, by their weight.
FACES = {400: "SourceSansPro-Regular.ttf", 600: "SourceSansPro-Semibold.ttf"}

_addresses: dict[int, str] = {}


def font_addresses(known: Mapping[int, str] | None = None) -> Mapping[int, str]:
    """The page's fonts as data addresses, by their weight.

    A process that starts others tells them the addresses (`known`), so that they do without the
    library that makes them, which takes 13 MB.
    """
    _addresses.update(known or {})
    if not _addresses:
        _addresses.update({weight: font_address(file) for weight, file in FACES.items()})
    return _addresses


@functools.cache
def _accented_addresses() -> Mapping[int, str]:
    """The page's fonts with letters with accents, too: few English pages have any."""
    characters = (*_CHARACTERS, *sorted(_ACCENTED))
    return {weight: font_address(file, characters) for weight, file in FACES.items()}


def font_address(file: str, characters: Sequence[int] = _CHARACTERS) -> str:
    """A font as a data address: only the characters needed, so that the page stays small.

    The font is not compressed: compression libraries differ from machine to machine, and the same
    report must have the same bytes on all.

    Parameters
    ----------
    file : str
        Name of a file of the Source Sans Pro package.
    characters : sequence of int
        Code points.
    """
    from fontTools import subset

    options = subset.Options()
    options.hinting = False
    options.layout_features = ["kern", "tnum", "locl"]
    options.recalc_timestamp = False
    options.name_IDs = [0, 1, 2]  # whose it is, and its name
    options.drop_tables += ["BASE", "gasp"]
    font = subset.load_font(str(font_folder() / file), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    data = io.BytesIO()
    font.save(data)
    font.close()
    return "data:font/ttf;base64," + base64.b64encode(data.getvalue()).decode("ascii")


def render_html(document: Document) -> str:
    """Draw the report as a page that needs nothing else: no script, no font, no image elsewhere.

    The page's own policy lets a browser load nothing, and run no script but the page's own, which
    only adds to what is there: columns that sort, a chart or its table alone, a map read area by
    area.

    Parameters
    ----------
    document : Document

    Returns
    -------
    str
        The same document gives the same text.
    """
    view = View(document, document.context.catalogue)
    chapters = [
        (chapter, Markup("").join(_part(view, *part) for part in chapter.parts()))
        for chapter in document.chapters
    ]
    template = environment().get_template("report.html.j2")
    whole = template.render(
        document=document,
        context=document.context,
        chapters=chapters,
        register=None
        if any(isinstance(block, Register) for block in document.blocks)
        else draw(Register(), view, level=2),
        register_anchor=register_anchor(document),
        attributions=list(dict.fromkeys(one.attribution for one in document.sources)),
        style=_style(document),
        fonts=list(font_addresses().items()),
    )
    whole = whole.replace("&#39;", "'")  # which nothing in double quotes, or in text, is ended by
    if _ACCENTED.isdisjoint(map(ord, set(whole))):
        return whole
    for weight, address in font_addresses().items():
        whole = whole.replace(address, _accented_addresses()[weight])
    return whole


def _style(document: Document) -> Markup:
    """The page's style; what only people's own words and colour need is there only with them."""
    context = document.context
    text = environment().get_template("report.css").render()
    if context.about or any(isinstance(block, Picture) for block in document.blocks):
        text += "\n" + environment().get_template("people.css").render()
    if context.colour:
        text += f"\n:root {{ --blue: {context.colour}; }}"
    return Markup(text)


def _part(view: View, detail: bool, placed: Sequence[Placed]) -> Markup:
    """A part of a chapter; folded under its heading, or its caption, where it is of detail."""
    drawn = [
        draw(one.block, view, level=one.level + 1, number=one.number, anchor=one.anchor)
        for one in placed
    ]
    if not detail:
        return Markup("").join(drawn)
    first, *rest = drawn
    block = placed[0].block
    if not isinstance(block, Heading):
        title, rest = Markup("{}").format(view.title(block)), drawn
    else:
        title = first.strip()
    folded = Markup('<details class="detail">\n<summary>{}</summary>\n{}</details>\n')
    return folded.format(title, Markup("").join(rest))


def register_anchor(document: Document) -> str:
    """The anchor of the section that holds the register."""
    for chapter in document.chapters:
        last = chapter.anchor
        for one in chapter.outline():
            last = one.anchor or last
            if isinstance(one.block, Register):
                return last
    return "register"
