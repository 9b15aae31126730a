"""A smaller SVG that draws the same: strokes of one look as one path, marks of one look in a group.

A chart of all authorities has hundreds of marks that differ in place alone. Written one by one they
are most of a page's size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from xml.etree import ElementTree

#: Attributes that a group hands down to what it holds.
_INHERITED = (
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-linecap",
    "stroke-linejoin",
    "pointer-events",
)

#: A group is written where it saves more than its own tags.
_RUN = 3

_AROUND_LETTERS = re.compile(r" ?([A-Za-z]) ?")


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
    '<svg><path d="M0 0L0 9M5 0L5 9" fill="none" stroke="#000" /></svg>'
    """
    for parent in list(root.iter()):
        joined = list(_joined(list(parent)))
        parent[:] = list(_grouped(joined)) if parent.tag != "defs" else joined
    for one in root.iter("path"):
        one.set("d", _AROUND_LETTERS.sub(r"\1", one.get("d", "")))


def _joined(children: Sequence[ElementTree.Element]) -> Iterator[ElementTree.Element]:
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


def _grouped(children: Sequence[ElementTree.Element]) -> Iterator[ElementTree.Element]:
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
    if element.tag not in ("path", "use", "circle", "rect"):  # a text names its own size
        return element.tag, ()
    return element.tag, tuple(
        (name, value) for name in _INHERITED if (value := element.get(name)) is not None
    )
