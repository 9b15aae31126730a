"""How charts and maps look, and how a drawing becomes SVG that a page and a PDF both accept.

Colours are the Analysis Function's palettes for government statistics; text is Source Sans Pro,
horizontal, and never smaller than 9 points when the drawing is printed 17 cm wide. Nothing here
changes matplotlib's settings for anyone else: use `report_style` round the drawing.
"""

from __future__ import annotations

import functools
import html
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from xml.etree import ElementTree

import font_source_sans_pro
import matplotlib as mpl
from matplotlib.ft2font import FT2Font

from needs.charts.lean_svg import make_lean

if TYPE_CHECKING:  # a report draws nothing with it: that is for authors' own charts
    from matplotlib.figure import Figure as Drawing

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

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_TEXT_ELEMENT = re.compile(r"(<text\b[^>]*)>([^<]*)</text>")
_BOLD = re.compile(r'\sfont-weight="(?:bold|[6-9]00)"')
_GEOMETRY = ("d", "x", "y", "width", "height", "transform", "points", "stroke-width", "font-size")
_DEFAULTS = {
    "stroke-linejoin": "round",
    "stroke-linecap": "butt",
    "opacity": "1",
    "text-anchor": "start",
    "fill-opacity": "1",
}


def font_folder() -> Path:
    """The folder of Source Sans Pro's files, for the renderers that embed them."""
    return Path(font_source_sans_pro.__file__).parent / "files"


@functools.cache
def register_fonts() -> None:
    """Make Source Sans Pro known to matplotlib, once; the machine's own fonts play no part."""
    import matplotlib.font_manager

    for weight in ("Regular", "Semibold", "Bold"):
        path = font_folder() / f"SourceSansPro-{weight}.ttf"
        matplotlib.font_manager.fontManager.addfont(str(path))


@functools.cache
def _face(bold: bool) -> FT2Font:
    path = font_folder() / f"SourceSansPro-{'Bold' if bold else 'Regular'}.ttf"
    face = FT2Font(str(path))
    face.set_size(100, 72)
    return face


@functools.lru_cache(maxsize=4096)
def text_width(text: str, size: float = TEXT, bold: bool = False) -> float:
    """Width in points of a line of text in the report's font.

    Examples
    --------
    >>> text_width("England", 20) == 2 * text_width("England", 10)
    True
    """
    face = _face(bold)
    face.set_text(text, 0.0)
    return float(face.get_width_height()[0]) / 64 * size / 100


@functools.cache
def line_heights() -> tuple[float, float]:
    """How far a line reaches above its baseline and below, for text of size 1."""
    face = _face(False)
    face.set_text("lp", 0.0)
    whole, below = face.get_width_height()[1] / 6400, face.get_descent() / 6400
    return whole - below, below


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


_base: dict[str, Any] = {}


def base_style(known: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """The settings that the report's style begins from: seaborn's white grid.

    Seaborn takes 40 MB and half a second to import. A process that starts others tells them the
    settings (`known`), so that they do without.
    """
    if known:
        _base.update(known)
    if not _base:
        import seaborn as sns

        _base.update(sns.axes_style("whitegrid"))
        del _base["image.cmap"]  # seaborn's own, which only a process that imported it knows
    return _base


@contextmanager
def report_style() -> Iterator[None]:
    """Draw in the report's style inside the block; matplotlib is left as it was found."""
    register_fonts()
    with mpl.rc_context(cast(Any, _settings())):
        yield


def draw_like_the_report() -> None:
    """Give what a notebook draws from now on with matplotlib or seaborn the report's style."""
    register_fonts()
    mpl.rcParams.update(cast(Any, _settings()))
    colours = ", ".join(f"'{one[1:]}'" for one in CATEGORICAL)
    mpl.rcParams.update(
        {
            "axes.prop_cycle": f"cycler('color', [{colours}])",
            "figure.figsize": (WIDTH / 72, WIDTH / 144),
            "legend.frameon": False,
        }
    )


def _settings() -> dict[str, Any]:
    """What matplotlib is told for every drawing of a report."""
    return {
        **base_style(),
        "font.family": [FONT, "DejaVu Sans"],
        "font.size": TEXT,
        "axes.labelsize": TEXT,
        "xtick.labelsize": TEXT,
        "ytick.labelsize": TEXT,
        "text.parse_math": False,
        "text.color": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.edgecolor": QUIET,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.axisbelow": True,
        "grid.color": GRID,
        "grid.linewidth": 0.7,
        "axes.facecolor": "none",
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "xtick.bottom": False,
        "ytick.left": False,
        "patch.linewidth": 0.0,
        "hatch.linewidth": 0.6,
        "svg.fonttype": "none",
        "svg.hashsalt": "needs",
        "path.simplify": False,
    }


def to_svg(drawing: Drawing, chart_id: str) -> str:
    """Write a drawing of matplotlib's as a small SVG element for a page.

    Parameters
    ----------
    drawing : matplotlib.figure.Figure
    chart_id : str
        Prefix of every id in the SVG, unique on the page.

    Returns
    -------
    str
        One ``<svg>`` element: no prolog, script, style sheet or outside reference, and the same
        bytes for the same drawing.
    """
    raw = io.StringIO()
    drawing.savefig(raw, format="svg", metadata={"Date": None, "Creator": None})
    width, height = drawing.get_size_inches() * 72
    return _clean(ElementTree.fromstring(raw.getvalue()), chart_id, width, height)


def _clean(root: ElementTree.Element, chart_id: str, width: float, height: float) -> str:
    used = {
        match
        for element in root.iter()
        for value in element.attrib.values()
        for match in re.findall(r"#([\w-]+)", value if "url(" in value or value[0] == "#" else "")
    }
    names: dict[str, str] = {}
    for element in root.iter():
        own = element.get("id")
        if own and own in used:
            names[own] = f"{chart_id}-{len(names) + 1}"
    out = ElementTree.Element(
        "svg",
        {
            "xmlns": _SVG[1:-1],
            "viewBox": f"0 0 {width:.6g} {height:.6g}",
            "width": "100%",
            "font-family": FONT_FAMILY,
            "stroke-linejoin": "round",
        },
    )
    _copy(root, out, names)
    make_lean(out)
    return ElementTree.tostring(out, encoding="unicode").replace(" />", "/>")


def _copy(
    source: ElementTree.Element, target: ElementTree.Element, names: Mapping[str, str]
) -> None:
    """Copy children, leaving out metadata, style sheets, unused ids and empty groups."""
    for child in source:
        tag = str(child.tag).removeprefix(_SVG)
        if tag in ("metadata", "style"):
            continue
        attributes = _attributes(child, names)
        if tag == "text":
            copy = ElementTree.SubElement(target, tag, attributes)
            copy.text = child.text
            continue
        if tag == "title":
            ElementTree.SubElement(target, tag).text = child.text
            continue
        if tag == "g" and not attributes:
            _copy(child, target, names)
            continue
        copy = ElementTree.Element(tag, attributes)
        _copy(child, copy, names)
        if tag not in ("g", "defs", "clipPath") or len(copy):
            target.append(copy)


def _attributes(element: ElementTree.Element, names: Mapping[str, str]) -> dict[str, str]:
    out: dict[str, str] = {}
    for name, value in element.attrib.items():
        if name == "id":
            if value in names:
                out["id"] = names[value]
        elif name == _XLINK:
            # a colour bar is a picture of its own inside the drawing
            out["href"] = f"#{names[value[1:]]}" if value[0] == "#" else "".join(value.split())
        elif name == "style":
            out.update(_style(value))
        elif name != "transform" or not value.startswith("rotate(-0"):
            out[name] = value
    for name, value in list(out.items()):
        if name in _GEOMETRY:
            out[name] = " ".join(_NUMBER.sub(_short, value).split())
        elif value.startswith("url(#"):
            out[name] = f"url(#{names[value[5:-1]]})"
        if _DEFAULTS.get(name) == out[name]:
            del out[name]
    return out


def _style(text: str) -> dict[str, str]:
    """Style declarations as plain attributes, which every SVG reader understands."""
    out: dict[str, str] = {}
    for declaration in text.split(";"):
        if not declaration.strip():
            continue
        name, value = (part.strip() for part in declaration.split(":", 1))
        if name == "font":
            size = re.search(r"([\d.]+)px", value)
            weight = re.search(r"\b(bold|[1-9]00)\b", value)
            if size:
                out["font-size"] = size.group(1)
            if weight:
                out["font-weight"] = weight.group(1)
        elif name != "font-family":
            out[name] = value.removesuffix("px") if name == "font-size" else value
    return out


def _short(match: re.Match[str]) -> str:
    text = f"{float(match.group()):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def keep_text_widths(svg: str) -> str:
    """A drawing whose texts take the room that was measured for them, whatever font shows them.

    Margins fit labels in the report's font. Where it is not at hand, as in JupyterLab, a wider one
    would run over the edge of the drawing and be cut off there.

    Parameters
    ----------
    svg : str
        Of `to_svg` or a map: each text element names its size.

    Returns
    -------
    str

    Examples
    --------
    >>> keep_text_widths('<text x="5" font-size="10">England</text>')
    '<text x="5" font-size="10" textLength="34.5" lengthAdjust="spacingAndGlyphs">England</text>'
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
            "xmlns": _SVG[1:-1],
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
