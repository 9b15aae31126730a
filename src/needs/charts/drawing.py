"""What a chart is drawn on: panels with scales, marks and words, and how they become SVG.

A chart is some hundred strokes, dots and words whose places are known. They are written as they
are, in whole tenths of a point, marks of one look together: a general library takes twenty times as
long, and three times the bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from xml.sax.saxutils import escape

from needs.charts.style import (
    FONT_FAMILY,
    INK,
    QUIET,
    TEXT,
    WIDTH,
    line_heights,
)
from needs.figures.figure import Figure

#: Grid units in a point: every place is a whole number of them.
UNIT = 10

#: Space between the lines of a text, in heights of a line.
_SPACING = 1.2

#: From so many on, dots of one look are the corners of one path that has a mark at each.
_CROWD = 10

#: A group is written where it saves more than its own tags.
_RUN = 3

#: Radius of the circle, not seen, by which a point tells its value, in points.
_REACH = 6

_DIAGONAL = math.sqrt(0.5)

#: Corners of dots that are not round, for a size of 1; upwards is positive.
_SHAPES = {
    "s": ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)),
    "D": ((0.0, -_DIAGONAL), (_DIAGONAL, 0.0), (0.0, _DIAGONAL), (-_DIAGONAL, 0.0)),
    "^": ((0.0, 0.5), (-0.5, -0.5), (0.5, -0.5)),
    "v": ((0.0, -0.5), (-0.5, 0.5), (0.5, 0.5)),
    "P": (
        (-1 / 6, -0.5), (1 / 6, -0.5), (1 / 6, -1 / 6), (0.5, -1 / 6), (0.5, 1 / 6), (1 / 6, 1 / 6),
        (1 / 6, 0.5), (-1 / 6, 0.5), (-1 / 6, 1 / 6), (-0.5, 1 / 6), (-0.5, -1 / 6),
        (-1 / 6, -1 / 6),
    ),
    "|": ((0.0, -0.5), (0.0, 0.5)),
}  # fmt: skip

#: Attributes of an element, in order.
Look = tuple[tuple[str, str], ...]
#: Places: in the units of a scale, in points of the drawing, or on the grid.
Places = list[tuple[float, float]]


@dataclass(frozen=True)
class Dot:
    """How a dot looks.

    Attributes
    ----------
    size : float
        How wide it is, in points.
    color : str
    shape : str
        "o" round, "s" square, "D" on its corner, "^" and "v" three-cornered, "P" a cross, "|" a
        stroke.
    edge : str
        Colour of a line round it; empty for none.
    edge_width : float
        In points.
    """

    size: float
    color: str
    shape: str = "o"
    edge: str = "#FFFFFF"
    edge_width: float = 0.6


@dataclass(frozen=True)
class Mark:
    """Something drawn on a panel, in the panel's units.

    Attributes
    ----------
    kind : str
        "line" (a stroke or many), "dots" or "area" (with corners).
    parts : list of list of (float, float)
        Strokes and areas, each with its places; of dots the first holds all.
    layer : float
        Marks of a higher layer are drawn later.
    look : tuple
        Attributes of the SVG element.
    frame : str
        "x", "y" or "xy": what goes from 0 to 1 across the panel.
    dot : Dot or None
        Of dots, and of a line with dots.
    titles : sequence of str
        What each dot says when it is pointed at.
    clip : bool
        Whether what lies outside the panel is cut off.
    """

    kind: str
    parts: list[Places]
    layer: float
    look: Look = ()
    frame: str = ""
    dot: Dot | None = None
    titles: Sequence[str] = ()
    clip: bool = False


@dataclass(frozen=True)
class Words:
    """A text of a panel: one or more lines, and where they stand.

    Attributes
    ----------
    text : str
        Lines are parted by line feeds.
    x, y : float
        In the units of the panel, or from 0 to 1 across it for what `frame` says: see `Mark`.
    dx, dy : float
        By how many points the text stands right of its place, and above it.
    vertical : str
        What of the text stands there: the "centre" of its capitals, its "bottom" or its "top".
    """

    text: str
    x: float
    y: float
    frame: str = ""
    dx: float = 0.0
    dy: float = 0.0
    align: str = "left"
    vertical: str = "centre"
    size: float = TEXT
    bold: bool = False
    color: str = INK


@dataclass
class Panel:
    """A part of a drawing with scales of its own.

    Attributes
    ----------
    left, top, width, height : float
        Where it is, in points from the left and the top of the drawing.
    x, y : (float, float)
        What stands at its left and right, and at its bottom and top.
    base : bool
        Whether a line is drawn along its bottom.
    marks : list of Mark
    words : list of Words
        Written over the marks of all panels.
    """

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float] = (0.0, 1.0)
    y: tuple[float, float] = (0.0, 1.0)
    base: bool = True
    marks: list[Mark] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)

    def place(self, x: float, y: float, frame: str = "") -> tuple[float, float]:
        """Points from the left and the top of the drawing."""
        (x0, x1), (y0, y1) = self.x, self.y
        across = x if "x" in frame else (x - x0) / (x1 - x0)
        up = y if "y" in frame else (y - y0) / (y1 - y0)
        return self.left + across * self.width, self.top + (1 - up) * self.height

    def line(
        self,
        x: Iterable[float],
        y: Iterable[float],
        color: str,
        width: float = 1.5,
        *,
        dashes: Sequence[float] = (),
        butt: bool = False,
        layer: float = 2.0,
        dot: Dot | None = None,
        clip: bool = False,
    ) -> None:
        """Draw a line through places, with a gap where one is missing.

        Dashes are in widths of the line; `butt` cuts the ends off straight.
        """
        parts = _runs(zip(map(float, x), map(float, y), strict=True))
        look = stroke(color, width, dashes, butt)
        self.marks.append(Mark("line", parts, layer, look, dot=dot, clip=clip))

    def strokes(
        self,
        ends: Iterable[Sequence[tuple[float, float]]],
        color: str,
        width: float,
        *,
        dashes: Sequence[float] = (),
        butt: bool = True,
        opacity: float = 1.0,
        layer: float = 2.0,
        frame: str = "",
        clip: bool = False,
    ) -> None:
        """Draw strokes, each from one place to another; none where either is missing."""
        known = [list(one) for one in ends if not any(map(_missing, one))]
        look = stroke(color, width, dashes, butt, opacity)
        self.marks.append(Mark("line", known, layer, look, frame, clip=clip))

    def level(
        self, y: float, color: str, width: float, dashes: Sequence[float] = (), layer: float = 2.0
    ) -> None:
        """Draw a line from left to right."""
        self.strokes(
            [[(0, y), (1, y)]], color, width, dashes=dashes, butt=bool(dashes), layer=layer,
            frame="x",
        )  # fmt: skip

    def upright(
        self, x: float, color: str, width: float, dashes: Sequence[float] = (), layer: float = 2.0
    ) -> None:
        """Draw a line from the bottom to the top."""
        self.strokes(
            [[(x, 0), (x, 1)]], color, width, dashes=dashes, butt=bool(dashes), layer=layer,
            frame="y",
        )  # fmt: skip

    def dots(
        self,
        x: Iterable[float],
        y: Iterable[float],
        dot: Dot,
        *,
        layer: float = 2.0,
        titles: Sequence[str] = (),
    ) -> None:
        """Draw dots of one look; none where a place is missing, which has no title either."""
        places = [
            one for one in zip(map(float, x), map(float, y), strict=True) if not _missing(one)
        ]
        self.marks.append(Mark("dots", [places], layer, dot=dot, titles=titles))

    def bar(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        color: str,
        edge: str = "",
        edge_width: float = 0.6,
        layer: float = 1.0,
    ) -> None:
        """Draw a rectangle from its ends across and up."""
        corners = [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])]
        look = [("fill", color)]
        if edge:
            look += [("stroke", edge), ("stroke-width", _grid(edge_width))]
            look += [("stroke-linejoin", "miter")]
        self.marks.append(Mark("area", [corners], layer, tuple(look)))

    def band(
        self,
        x: Iterable[float],
        low: Iterable[float],
        high: Iterable[float],
        color: str,
        opacity: float,
    ) -> None:
        """Draw the area between two lines, with a gap where either is missing."""
        rows = zip(map(float, x), map(float, low), map(float, high), strict=True)
        for known, run in groupby(rows, key=lambda row: not any(map(math.isnan, row))):
            if known:
                held = list(run)
                corners = [(x, low) for x, low, _ in held] + [(x, up) for x, _, up in held[::-1]]
                look = (("fill", color), ("fill-opacity", f"{opacity:g}"))
                self.marks.append(Mark("area", [corners], 1.0, look))


def stroke(
    color: str, width: float, dashes: Sequence[float] = (), butt: bool = False, opacity: float = 1.0
) -> Look:
    """The look of a stroke; `width` in points, `dashes` in widths."""
    look = [("stroke", color), ("stroke-width", _grid(width))]
    if dashes:
        look.append(("stroke-dasharray", " ".join(_grid(one * width) for one in dashes)))
    elif not butt:
        look.append(("stroke-linecap", "round"))
    if opacity != 1:
        look.append(("stroke-opacity", f"{opacity:g}"))
    return tuple(look)


@dataclass(frozen=True)
class Point:
    """A place of a panel that tells its value on hovering, and one by one with the keyboard."""

    panel: Panel
    x: float
    y: float
    title: str


def point(panel: Panel, x: float, y: float, figure: Figure, name: str = "") -> list[Point]:
    """A figure's point, named by `name` or by its area, period, sex and age; none if withheld."""
    if not figure.shown:
        return []
    who = [figure.area_name, figure.period]
    who += [] if figure.sex == "persons" else [f"{figure.sex}s"]
    who += [] if figure.age == "all ages" else [f"aged {figure.age}"]
    interval = f" ({figure.interval})" if figure.interval else ""
    return [Point(panel, x, y, f"{name or ', '.join(who)}: {figure.text}{interval}")]


class Canvas:
    """A drawing of the printed width: panels, what is drawn beside them, and words over all.

    Attributes
    ----------
    height : float
        In points.
    panels : list of Panel
    paper : Panel
        The whole drawing, in points from the left and the bottom; over the panels.
    """

    def __init__(self, height: float) -> None:
        self.height = height
        self.panels: list[Panel] = []
        self.paper = Panel(0, 0, WIDTH, height, (0, WIDTH), (0, height), base=False)

    def panel(self, left: float, right: float, top: float, bottom: float) -> Panel:
        """Add a panel; margins in points."""
        made = Panel(left, top, WIDTH - left - right, self.height - top - bottom)
        self.panels.append(made)
        return made

    def svg(self, chart_id: str, points: Sequence[Point] = ()) -> str:
        """Write the drawing as an SVG element.

        Parameters
        ----------
        chart_id : str
            Prefix of every id in the SVG, unique on the page.
        points : sequence of Point
            Titles, each on a circle that is not seen: bars and lines have no marks.

        Returns
        -------
        str
            No prolog, script, style sheet or outside reference; the same bytes for the same
            drawing.
        """
        drawn = (*self.panels, self.paper)
        body = "".join(_written((piece for one in drawn for piece in _pieces(one)), chart_id))
        body += "".join(_written_words(line for one in drawn for line in _lines(one)))
        if points:
            places = [one.panel.place(one.x, one.y) for one in points]
            body += _titled(places, [one.title for one in points], _REACH)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_grid(WIDTH)} '
            f'{_grid(self.height)}" width="100%" font-family="{FONT_FAMILY}" fill="none" '
            f'stroke-linejoin="round">{body}</svg>'
        )


@dataclass(frozen=True)
class _Piece:
    """Marks in points of the drawing: a path, dots, or a path with a dot at each corner."""

    look: Look
    d: str = ""
    dots: Places = field(default_factory=list)
    dot: Dot | None = None
    titles: Sequence[str] = ()

    @property
    def alike(self) -> tuple[object, ...]:
        """What pieces that follow one another share where they are written as one."""
        # what shines through would be seen once where it crosses, and twice apart; and dots on
        # lines would come after all the lines
        alone = bool(self.d and self.dot) or any("opacity" in name for name, _ in self.look)
        return self.look, self.dot, id(self) if alone else 0


def _pieces(panel: Panel) -> Iterator[_Piece]:
    """What a panel's marks are made of, in the order in which they are drawn."""
    foot = Mark("line", [[(0, 0), (1, 0)]], 2.5, stroke(QUIET, 0.8, butt=True), "xy")
    marks = [*panel.marks, foot] if panel.base else panel.marks
    box = (panel.left, panel.top, panel.left + panel.width, panel.top + panel.height)
    for mark in sorted(marks, key=lambda one: one.layer):
        parts = [[panel.place(*one, mark.frame) for one in part] for part in mark.parts]
        if mark.kind == "dots":
            yield _Piece((), dots=parts[0], dot=mark.dot, titles=mark.titles)
            continue
        if mark.clip:
            parts = [kept for part in parts for kept in _within(part, box)]
        closed = "z" if mark.kind == "area" else ""
        # a dot alone has no line; a path through it would draw nothing
        shown = [part for part in parts if len(part) > 1]
        d = "".join(path(part) + closed for part in shown)
        dots = [one for part in parts for one in part] if mark.dot else []
        if len(dots) >= _CROWD and shown == parts:
            yield _Piece(mark.look, d, dot=mark.dot)
            continue
        if d:
            yield _Piece(mark.look, d)
        if dots:
            yield _Piece((), dots=dots, dot=mark.dot)


def _written(pieces: Iterable[_Piece], chart_id: str) -> Iterator[str]:
    """Elements for pieces; those that follow one another and look alike are one."""
    number = 0
    for _, found in groupby(pieces, key=lambda one: one.alike):
        run = list(found)
        first = run[0]
        if first.dot is None:
            yield f'<path d="{"".join(one.d for one in run)}"{_attributes(first.look)}/>'
            continue
        dots = [one for piece in run for one in piece.dots]
        titles = [one for piece in run for one in piece.titles]
        if not first.d and len(dots) < _CROWD:
            yield from _few(dots, titles, first.dot)
            continue
        number += 1
        name = f"{chart_id}-{number}"
        dot = f"<{_shape(first.dot)}{_attributes(_dot_look(first.dot))}/>"
        d = first.d or path(dots, every=True)
        yield (
            f'<marker id="{name}" overflow="visible" markerUnits="userSpaceOnUse">{dot}</marker>'
            f'<path d="{d}"{_attributes(first.look)} style="marker:url(#{name})"/>'
        )
        if titles:
            yield _titled(dots, titles, first.dot.size / 2)


def _few(dots: Places, titles: Sequence[str], dot: Dot) -> Iterator[str]:
    """Some dots of one look, each an element."""
    look = _attributes(_dot_look(dot))
    own, around = (look, "") if len(dots) < _RUN else ("", look)
    if around:
        yield f"<g{around}>"
    for at, place in enumerate(dots):
        shape = _shape(dot, place)
        tag = shape.partition(" ")[0]
        title = f"><title>{escape(titles[at])}</title></{tag}>" if titles else "/>"
        yield f"<{shape}{own}{title}"
    if around:
        yield "</g>"


def _shape(dot: Dot, place: tuple[float, float] = (0.0, 0.0)) -> str:
    """A dot's tag and its shape, at a place of the drawing."""
    x, y = place
    if dot.shape == "o":
        at = f' cx="{_grid(x)}" cy="{_grid(y)}"' if place != (0.0, 0.0) else ""
        return f'circle{at} r="{_grid(dot.size / 2)}"'
    corners = [(x + dot.size * dx, y - dot.size * dy) for dx, dy in _SHAPES[dot.shape]]
    return f'path d="{path(corners)}{"z" if len(corners) > 2 else ""}"'


def _dot_look(dot: Dot) -> Look:
    look = [("fill", dot.color)] if dot.shape != "|" else []
    if dot.edge:
        look += [("stroke", dot.edge), ("stroke-width", _grid(dot.edge_width))]
        look += [("stroke-linejoin", "miter")] if dot.shape != "o" else []
    return tuple(look)


def _titled(places: Places, titles: Sequence[str], radius: float) -> str:
    """Circles that are not seen, each with what it says when it is pointed at."""
    circles = "".join(
        f'<circle cx="{_grid(x)}" cy="{_grid(y)}" r="{_grid(radius)}">'
        f"<title>{escape(title)}</title></circle>"
        for (x, y), title in zip(places, titles, strict=True)
    )
    return f'<g pointer-events="all">{circles}</g>'


def _written_words(lines: Iterable[tuple[Look, str]]) -> Iterator[str]:
    """Text elements; those that follow one another and look alike are in a group."""
    for look, found in groupby(lines, key=lambda line: line[0]):
        run = [text for _, text in found]
        if len(run) < _RUN:
            yield from (text.replace("<text", f"<text{_attributes(look)}", 1) for text in run)
        else:
            yield f"<g{_attributes(look)}>{''.join(run)}</g>"


def _lines(panel: Panel) -> Iterator[tuple[Look, str]]:
    """The lines of a panel's texts, each with the attributes that a group may hold for it.

    A line keeps its own size and weight, by which its width is known.
    """
    for words in panel.words:
        x, y = panel.place(words.x, words.y, words.frame)
        ascent, descent = (part * words.size for part in line_heights())
        lines = words.text.split("\n")
        step = _SPACING * ascent + descent
        below = (len(lines) - 1) * step
        base = {
            "centre": y - below / 2 + ascent / 2,
            "bottom": y - below - descent,
            "top": y + ascent,
        }[words.vertical] - words.dy
        look: Look = (("fill", words.color),)
        if words.align != "left":
            look += (("text-anchor", {"center": "middle", "right": "end"}[words.align]),)
        own = f' font-size="{_grid(words.size)}"' + (' font-weight="700"' if words.bold else "")
        for number, line in enumerate(lines):
            if line:
                place = f'x="{_grid(x + words.dx)}" y="{_grid(base + number * step)}"'
                yield look, f"<text {place}{own}>{escape(line)}</text>"


def _attributes(look: Look) -> str:
    return "".join(f' {name}="{value}"' for name, value in look)


def _grid(points: float) -> str:
    """A length in points on the grid."""
    return str(round(float(points) * UNIT))


def path(places: Places, *, every: bool = False) -> str:
    """Path data through places in points: the first, then steps.

    Parameters
    ----------
    places : list of (float, float)
    every : bool
        Every place is a corner of its own, even where it is that before it.

    Examples
    --------
    >>> path([(1, 2), (3, 2), (3, 4.04), (5, 5)]), path([(1, 1), (1, 1)], every=True)
    ('M10 20h20v20l20 10', 'M10 10l0 0')
    """
    on_grid = [(round(x * UNIT), round(y * UNIT)) for x, y in places]
    x, y = on_grid[0]
    out, was = [f"M{x} {y}"], ""
    for (x, y), (to_x, to_y) in pairwise(on_grid):
        dx, dy = to_x - x, to_y - y
        if not (dx or dy or every):
            continue
        letter = "l" if every or (dx and dy) else "h" if dx else "v"
        step = f"{dx} {dy}" if letter == "l" else str(dx or dy)
        # steps of one kind need their letter once, and a minus parts numbers as well as a space
        out.append(letter + step if letter != was else " " + step)
        was = letter
    return "".join(out).replace(" -", "-")


def _missing(place: tuple[float, float]) -> bool:
    return math.isnan(place[0]) or math.isnan(place[1])


def _runs(places: Iterable[tuple[float, float]]) -> list[Places]:
    """Places that follow one another without a gap."""
    return [list(run) for gap, run in groupby(places, key=_missing) if not gap]


def _within(places: Places, box: tuple[float, float, float, float]) -> list[Places]:
    """The parts of a line that lie in a box: left, top, right, bottom.

    Examples
    --------
    >>> _within([(0, 0), (4, 4), (6, 4)], (1, 1, 5, 5))
    [[(1.0, 1.0), (4, 4), (5.0, 4.0)]]
    """
    parts: list[Places] = []
    for (x, y), (to_x, to_y) in pairwise(places):
        dx, dy = to_x - x, to_y - y
        first, last = 0.0, 1.0
        for way, room in ((-dx, x - box[0]), (dx, box[2] - x), (-dy, y - box[1]), (dy, box[3] - y)):
            if way < 0:
                first = max(first, room / way)
            elif way > 0:
                last = min(last, room / way)
            elif room < 0:
                last = -1.0
        if first > last:
            continue
        start = (x + dx * first, y + dy * first) if first > 0 else (x, y)
        end = (x + dx * last, y + dy * last) if last < 1 else (to_x, to_y)
        if parts and parts[-1][-1] == start:
            parts[-1].append(end)
        else:
            parts.append([start, end])
    return parts
