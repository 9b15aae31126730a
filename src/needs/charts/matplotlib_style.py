"""What an author draws with matplotlib or seaborn: in the report's style, and as its SVG.

The report's own charts are written without either, which take 70 MB and a second to import. So
nothing here imports matplotlib before an author does.
"""

from __future__ import annotations

import functools
import io
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast
from xml.etree import ElementTree

from needs.charts.font_metrics import font_folder
from needs.charts.lean_svg import make_lean
from needs.charts.style import CATEGORICAL, FONT, FONT_FAMILY, GRID, INK, QUIET, TEXT, WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

#: What matplotlib is told for every drawing of a report. It begins from seaborn's white grid, and
#: names all that this names, so that settings which somebody made before make no difference.
SETTINGS: Mapping[str, Any] = {
    "font.family": [FONT, "DejaVu Sans"],
    "font.sans-serif": [
        "Arial",
        "DejaVu Sans",
        "Liberation Sans",
        "Bitstream Vera Sans",
        "sans-serif",
    ],
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
    "axes.spines.bottom": True,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linestyle": "-",
    "grid.linewidth": 0.7,
    "axes.facecolor": "none",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "xtick.bottom": False,
    "xtick.top": False,
    "xtick.direction": "out",
    "ytick.left": False,
    "ytick.right": False,
    "ytick.direction": "out",
    "lines.solid_capstyle": "round",
    "patch.edgecolor": "w",
    "patch.force_edgecolor": True,
    "patch.linewidth": 0.0,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "needs",
    "path.simplify": False,
}

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_GEOMETRY = ("d", "x", "y", "width", "height", "transform", "points", "stroke-width", "font-size")
_DEFAULTS = {
    "stroke-linejoin": "round",
    "stroke-linecap": "butt",
    "opacity": "1",
    "text-anchor": "start",
    "fill-opacity": "1",
}


@functools.cache
def register_fonts() -> None:
    """Make Source Sans Pro known to matplotlib, once; the machine's own fonts play no part."""
    import matplotlib.font_manager

    for weight in ("Regular", "Semibold", "Bold"):
        path = font_folder() / f"SourceSansPro-{weight}.ttf"
        matplotlib.font_manager.fontManager.addfont(str(path))


@contextmanager
def report_style() -> Iterator[None]:
    """Draw in the report's style inside the block; matplotlib is left as it was found."""
    import matplotlib as mpl

    register_fonts()
    with mpl.rc_context(cast(Any, SETTINGS)):
        yield


def draw_like_the_report() -> None:
    """Give what a notebook draws from now on with matplotlib or seaborn the report's style.

    Where matplotlib is not imported yet, that waits until it is: most chapters never do.
    """
    if "matplotlib" in sys.modules:
        _set_style()
    elif not is_waiting():
        sys.meta_path.insert(0, _Waiting())


def is_waiting() -> bool:
    """Whether matplotlib gets the report's style when it is imported."""
    return any(isinstance(one, _Waiting) for one in sys.meta_path)


def stop_waiting() -> None:
    """Leave matplotlib as it is when it is imported from now on."""
    sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, _Waiting)]


def _set_style() -> None:
    import matplotlib as mpl

    register_fonts()
    colours = ", ".join(f"'{one[1:]}'" for one in CATEGORICAL)
    mpl.rcParams.update(
        {
            **cast(Any, SETTINGS),
            "axes.prop_cycle": f"cycler('color', [{colours}])",
            "figure.figsize": (WIDTH / 72, WIDTH / 144),
            "legend.frameon": False,
        }
    )


class _Waiting(MetaPathFinder):
    """Finds matplotlib as Python would, and sets the style when it has been imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "matplotlib":
            return None
        found = PathFinder.find_spec(fullname, path, target)
        if found and found.loader:
            execute = found.loader.exec_module

            def execute_and_style(module: ModuleType) -> None:
                execute(module)
                _set_style()

            found.loader.exec_module = execute_and_style  # type: ignore[method-assign]
        return found


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
