"""How charts and maps look: sizes, colours, and the room that text takes.

Colours are the Analysis Function's palettes for government statistics; text is Source Sans Pro,
horizontal, and never smaller than 9 points when the drawing is printed 17 cm wide.
"""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

from needs.charts.font_metrics import width_in_ems

#: Width of every drawing in points: 17 cm on paper.
WIDTH = 482.0
#: Text sizes in points at that width; nothing is smaller than `SMALL`.
TEXT, SMALL = 10.0, 9.0
FONT = "Source Sans Pro"
FONT_FAMILY = "'Source Sans Pro', 'Source Sans 3', Arial, sans-serif"

#: Analysis Function palettes.
CATEGORICAL = ("#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1")
FOCUS, CONTEXT = "#12436D", "#BFBFBF"
#: Parts of a bar in order: each contrasts 3 to 1 with the next.
SEQUENTIAL = ("#12436D", "#5694CA", "#F3F8FC")

INK = "#0B0C0C"
#: Secondary text and comparator lines: 6.9:1 on white.
QUIET = "#595959"
#: The palest grey that still has 3:1 on white, for marks that matter.
GREY = "#8C8C8C"
GRID = "#D9D9D9"
OUTLINE = "#3D3D3D"
NO_DATA = "#FFFFFF"

#: Deciles 1 (most deprived) to 10: even steps of lightness from dark navy to near white. Neighbours
#: are told apart by the outline, the legend's ranges and counts, and the title of each shape.
DECILES = (
    "#0B2846",
    "#123F69",
    "#1A578D",
    "#2670AF",
    "#4688C3",
    "#6AA0D1",
    "#8CB7DE",
    "#ADCDE9",
    "#CDE1F3",
    "#EDF4FB",
)

#: What is drawn when there is nothing to draw.
NOTHING = "No figures to draw"

#: From the top of an l to the bottom of a p, and from the baseline to there, in ems: as the font's
#: hints set them at 100 points.
_LINE, _BELOW = 0.925, 0.21

_TEXT_ELEMENT = re.compile(r"(<text\b[^>]*)>([^<]*)</text>")
_BOLD = re.compile(r'\sfont-weight="(?:bold|[6-9]00)"')


def text_width(text: str, size: float = TEXT, bold: bool = False) -> float:
    """Width in points of a line of text in the report's font.

    Examples
    --------
    >>> text_width("England", 20) == 2 * text_width("England", 10)
    True
    """
    return width_in_ems(text, "Bold" if bold else "Regular") * size


def line_heights() -> tuple[float, float]:
    """How far a line reaches above its baseline and below, for text of size 1."""
    return _LINE - _BELOW, _BELOW


def wrap(text: str, width: float, size: float = TEXT, bold: bool = False) -> list[str]:
    """Break text into lines no wider than `width` points; a longer single word is not cut.

    Examples
    --------
    >>> wrap("Bournemouth, Christchurch and Poole", 100)
    ['Bournemouth,', 'Christchurch and Poole']
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines or [""]


def keep_text_widths(svg: str) -> str:
    """A drawing whose texts take the room that was measured for them, whatever font shows them.

    Margins fit labels in the report's font. Where it is not at hand, as in JupyterLab, a wider one
    would run over the edge of the drawing and be cut off there.

    Parameters
    ----------
    svg : str
        Of a chart or a map: each text element names its size.

    Returns
    -------
    str

    Examples
    --------
    >>> keep_text_widths('<text x="5" font-size="10">England</text>')
    '<text x="5" font-size="10" textLength="34.4" lengthAdjust="spacingAndGlyphs">England</text>'
    """
    return _TEXT_ELEMENT.sub(_with_length, svg)


def _with_length(found: re.Match[str]) -> str:
    opening, text = found.groups()
    size = re.search(r'\sfont-size="([\d.]+)', opening)
    words = " ".join(html.unescape(text).split())
    if not size or not words or "textLength" in opening:
        return found[0]
    width = text_width(words, float(size[1]), bool(_BOLD.search(opening)))
    return f'{opening} textLength="{width:.1f}" lengthAdjust="spacingAndGlyphs">{text}</text>'


def empty_svg(chart_id: str, text: str = NOTHING) -> str:
    """What stands in place of a chart whose figures are all missing."""
    svg = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH:.6g} 48",
            "width": "100%",
            "font-family": FONT_FAMILY,
            "id": f"{chart_id}-empty",
        },
    )
    line = ElementTree.SubElement(
        svg, "text", {"x": "0", "y": "28", "font-size": f"{TEXT:g}", "fill": INK}
    )
    line.text = text
    return ElementTree.tostring(svg, encoding="unicode")
