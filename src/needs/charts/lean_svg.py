"""A smaller SVG that draws the same: strokes of one look as one path, marks of one look in a group.

A chart of all authorities has hundreds of marks that differ in place alone. Written one by one they
are most of a page's size.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from xml.etree import ElementTree

#: Attributes that a group hands down to what it holds.
_INHERITED = (
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-opacity",
    "stroke-linecap",
    "stroke-linejoin",
    "text-anchor",
    "pointer-events",
)

#: And those that it has for all together: what is cut off is the same.
_HELD = (*_INHERITED, "clip-path")

#: What a group is written for. A text keeps its own size, by which its width is known.
_MARKS = ("path", "use", "circle", "rect", "text")

#: A group is written where it saves more than its own tags.
_RUN = 3

_AROUND_LETTERS = re.compile(r" ?([A-Za-z]) ?")
_NUMBERS = re.compile(r"-?[\d.]+")
#: What is written in tenths of a point, less than a screen shows; dots and letters are finer.
_PLACES = {"d", "x", "y", "transform"}
_LONG = re.compile(r"-?\d+\.\d\d+")


def make_lean(root: ElementTree.Element) -> None:
    """Make a drawing smaller in place, without a change of what is seen.

    Parameters
    ----------
    root : Element
        An ``svg`` element without name spaces, and without style sheets.

    Examples
    --------
    >>> text = ('<svg><path d="M 0 0 L 0 9" fill="none" stroke="#000"/>'
    ...         '<path d="M 5 0 L 5 9" fill="none" stroke="#000"/></svg>')
    >>> drawing = ElementTree.fromstring(text)
    >>> make_lean(drawing)
    >>> ElementTree.tostring(drawing, encoding="unicode")
    '<svg><path d="M0 0V9M5 0V9" fill="none" stroke="#000" /></svg>'
    """
    shapes = [one for defs in root.iter("defs") for one in defs]
    for one in shapes:
        _round(one)
    for parent in list(root.iter()):
        if parent.tag == "defs":
            continue
        seen = [one for one in parent if not _unseen(one)]
        parent[:] = list(_grouped(_joined(seen)))
    for one in root.iter():
        if one not in shapes:
            for name in _PLACES.intersection(one.attrib):
                one.set(name, _LONG.sub(_tenths, one.get(name, "")))
        if one.tag == "path":
            one.set("d", _AROUND_LETTERS.sub(r"\1", _straight(one.get("d", ""))))


def _tenths(found: re.Match[str]) -> str:
    return f"{float(found[0]):.1f}".removesuffix(".0")


def _unseen(element: ElementTree.Element) -> bool:
    """Whether a path has neither surface nor stroke, and nothing to tell."""
    plain = element.tag == "path" and not len(element) and "stroke" not in element.attrib
    return plain and element.get("fill") == "none" and "id" not in element.attrib


def _round(shape: ElementTree.Element) -> None:
    """A circle where a path of eight curves draws one round the origin, as matplotlib's dots."""
    d = shape.get("d", "")
    if shape.tag != "path" or re.sub(r"[^A-Za-z]", "", d) != "MCCCCCCCCz":
        return
    numbers = [float(one) for one in _NUMBERS.findall(d)]
    ends = [numbers[:2], *(numbers[at + 4 : at + 6] for at in range(2, 50, 6))]
    distances = [math.hypot(*one) for one in ends]
    if max(distances) - min(distances) < 0.02:
        shape.tag = "circle"
        del shape.attrib["d"]
        shape.set("r", f"{numbers[1]:g}")


def _straight(d: str) -> str:
    """A path whose level and upright lines name one coordinate, as ``H`` and ``V``."""
    found = re.findall(r"([A-Za-z])([^A-Za-z]*)", d)
    if {letter for letter, _ in found} - set("MLz"):
        return d
    out = []
    was: list[str] = []
    for letter, text in found:
        place = text.split()
        if len(place) not in (0, 2):
            return d
        if letter == "L" and place[0] == was[0]:
            out.append(f"V{place[1]}")
        elif letter == "L" and place[1] == was[1]:
            out.append(f"H{place[0]}")
        else:
            out.append(" ".join((letter, *place)))
        was = place or was
    return " ".join(out)


def _joined(children: Iterable[ElementTree.Element]) -> Iterator[ElementTree.Element]:
    """Strokes that follow one another and look alike, as one path.

    Only where nothing shines through: strokes that cross would be seen twice apart, and once
    together.
    """
    for look, run in groupby(children, key=_stroke):
        first, *others = run
        if look is None:
            yield first
            yield from others
            continue
        first.set("d", " ".join(one.get("d", "") for one in (first, *others)))
        yield first


def _stroke(element: ElementTree.Element) -> tuple[tuple[str, str], ...] | None:
    """The look of a path that is but a stroke; None of anything else."""
    look = {name: value for name, value in element.attrib.items() if name != "d"}
    plain = element.tag == "path" and not len(element) and look.get("fill") == "none"
    through = any("opacity" in name or "dash" in name for name in look)
    if not plain or through or "id" in look or "transform" in look:
        return None
    return tuple(sorted(look.items()))


def _grouped(children: Iterable[ElementTree.Element]) -> Iterator[ElementTree.Element]:
    """Marks that follow one another and look alike, in a group that holds their look."""
    for look, found in groupby(children, key=_look):
        run = list(found)
        if len(run) < _RUN or not look[1]:
            yield from run
            continue
        group = ElementTree.Element("g", dict(look[1]))
        for one in run:
            for name, _ in look[1]:
                del one.attrib[name]
            group.append(one)
        yield group


def _look(element: ElementTree.Element) -> tuple[str, tuple[tuple[str, str], ...]]:
    """An element's kind, and those of its attributes that a group can hold for it."""
    if element.tag not in _MARKS:
        return element.tag, ()
    held = _INHERITED if "transform" in element.attrib else _HELD  # which moves what cuts off, too
    return element.tag, tuple(
        (name, value) for name in held if (value := element.get(name)) is not None
    )
