"""Maps of small areas by national deprivation decile, written as SVG on an integer grid.

The drawing is written by hand rather than plotted: shapes are a third of the size, the map takes
hundredths of a second, and every small area carries its own title. Geometry is in metres of the
British National Grid, and drawn in tenths of a point at the printed width.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from needs.charts.drawing import UNIT
from needs.charts.style import (
    DECILES,
    FONT_FAMILY,
    INK,
    NO_DATA,
    OUTLINE,
    QUIET,
    SMALL,
    TEXT,
    WIDTH,
    empty_svg,
    text_width,
    wrap,
)
from needs.figures.figure import format_number
from needs.tables.stored import BRITISH_NATIONAL_GRID

Array = npt.NDArray[Any]

#: Shades of areas by value, pale for low: dark names stand out on each, with their halo.
SHADES = DECILES[:3:-1]

#: A name further than this from its district, in points, has a line to it.
LEADER = 4.0

#: Fewer small areas than this have a legend of the classes that occur among them.
HANDFUL = 10


@dataclass(frozen=True)
class Shade:
    """A class of national deciles, `first` to `last`, with its colour and its words."""

    first: int
    last: int
    color: str
    label: str


#: What a whole map tells apart.
TEN = tuple(
    Shade(
        number,
        number,
        DECILES[number - 1],
        f"{number}: {ends or f'{number * 10 - 10}% to {number * 10}%'}",
    )
    for number in range(1, 11)
    for ends in [{1: "most deprived 10%", 10: "least deprived 10%"}.get(number, "")]
)

#: What a small map has room for.
THREE = (
    Shade(1, 1, DECILES[0], "Most deprived 10%"),
    Shade(2, 3, DECILES[3], "Next 20%"),
    Shade(4, 10, DECILES[9], "All the others"),
)
_LEGEND = 148.0
_MARGIN = 4.0
_TALLEST = 430.0
# of a map that shares its page
_SMALL = 190.0


def choropleth(
    lsoas: pd.DataFrame,
    districts: pd.DataFrame | None = None,
    *,
    chart_id: str,
    focus: str = "",
) -> str:
    """Draw small areas coloured by national decile, with districts outlined and named.

    Parameters
    ----------
    lsoas : pandas.DataFrame
        One row for each LSOA: ``code``, ``name``, ``decile`` (1 to 10, missing allowed),
        ``district`` (name), ``population`` (missing allowed) and ``geometry``: shapely's polygons
        in metres, British National Grid, or None. A GeoDataFrame may have any declared system.
    districts : pandas.DataFrame, optional
        ``name`` and ``geometry``. Without it districts are the unions of their LSOAs, which fits
        better where the two layers are generalised differently.
    chart_id : str
        Prefix of every id in the SVG.
    focus : str
        Name of the area; heads the legend.

    Returns
    -------
    str
        An SVG element; each LSOA has a title with its name, decile and residents.
    """
    rows = _with_shapes(lsoas)
    if rows.empty:
        return empty_svg(chart_id)
    shapes = _polygons(rows)
    frame = _Frame.around(shapes)
    placed = frame.place(shapes)
    names, outlines = _districts(rows, districts, frame)

    parts = [f'<g stroke="{OUTLINE}" stroke-width="3" stroke-linejoin="round">']
    parts += _classes(rows, [f'<path d="{path}"' for path in _paths(placed)], "path")
    parts.append("</g>")
    parts.append(f'<g fill="none" stroke="{INK}" stroke-width="11" stroke-linejoin="round">')
    parts += [f'<path d="{path}"/>' for path in _paths(outlines)]
    parts.append("</g>")
    if len(names) > 1:
        marks = shapely.get_coordinates(shapely.centroid(placed))
        parts += _name_districts(names, outlines, marks, frame)
    parts += _scale_bar(frame)
    parts += _legend(rows, focus)
    return _svg(chart_id, parts, max(frame.height + 30, _legend_height(rows, focus)))


def district_outlines(lsoas: pd.DataFrame) -> pd.DataFrame:
    """Outlines of districts: the unions of their LSOAs.

    Parameters
    ----------
    lsoas : pandas.DataFrame
        ``district`` (name) and ``geometry``, as for `choropleth`.

    Returns
    -------
    pandas.DataFrame
        ``name``, in order, and ``geometry``: metres, where the shapes are valid, so that the same
        points meet on a map's grid.
    """
    rows = _with_shapes(lsoas)
    shapes, belongs = _polygons(rows), rows["district"].astype(str).to_numpy()
    names = sorted(set(belongs))
    unions = [shapely.union_all(shapes[belongs == name]) for name in names]
    return pd.DataFrame({"name": names, "geometry": np.array(unions, dtype=object)})


def _districts(
    rows: pd.DataFrame, districts: pd.DataFrame | None, frame: _Frame
) -> tuple[list[str], Array]:
    """Names and outlines of districts, by name, as a map draws them."""
    drawn = (
        district_outlines(rows)
        if districts is None or districts.empty
        else districts.sort_values("name")
    )
    return [str(name) for name in drawn["name"]], frame.place(_polygons(drawn))


def small(lsoas: pd.DataFrame, districts: pd.DataFrame | None = None, *, chart_id: str) -> str:
    """Draw where the most deprived small areas are, those of one class and district as one shape.

    Parameters
    ----------
    lsoas, districts : pandas.DataFrame
        As for `choropleth`.
    chart_id : str
        Prefix of every id in the SVG.

    Returns
    -------
    str
        An SVG element; each shape has a title with its district and how many LSOAs it is made of.
    """
    rows = _with_shapes(lsoas)
    if rows.empty:
        return empty_svg(chart_id)
    shapes = _polygons(rows)
    frame = _Frame.around(shapes, tallest=_SMALL)
    parts = [f'<g stroke="{QUIET}" stroke-width="2" stroke-linejoin="round">']
    for shade, title, own in _together(rows):
        (path,) = _paths(frame.place(np.array([shapely.union_all(shapes[own])])))
        parts.append(f'<path d="{path}" fill="{shade.color}"><title>{title}</title></path>')
    names, outlines = _districts(rows, districts, frame)
    parts.append(f'</g><g fill="none" stroke="{INK}" stroke-width="11" stroke-linejoin="round">')
    parts += [f'<path d="{path}"/>' for path in _paths(outlines)]
    parts.append("</g>")
    if len(names) > 1:
        marks = shapely.get_coordinates(shapely.centroid(frame.place(shapes)))
        parts += _name_districts(names, outlines, marks, frame)
    parts += _scale_bar(frame)
    parts += _legend(rows, "", shades=THREE)
    return _svg(chart_id, parts, max(frame.height + 30, _legend_height(rows, "", THREE)))


def _together(rows: pd.DataFrame) -> Iterator[tuple[Shade, str, Array]]:
    """The small areas of each of three classes in each district, with what they are."""
    belongs = rows["district"].astype(str).to_numpy()
    decile = rows["decile"].astype("Int64").fillna(0).to_numpy(int)
    for shade in (Shade(0, 0, NO_DATA, "No data"), *reversed(THREE)):
        inside = (decile >= shade.first) & (decile <= shade.last)
        for name in sorted(set(belongs)):
            own = inside & (belongs == name)
            if own.any():
                number = format_number(int(own.sum()))
                yield shade, escape(f"{name}, {shade.label.lower()}: {number} LSOAs"), own


def cartogram(lsoas: pd.DataFrame, *, chart_id: str, focus: str = "", small: bool = False) -> str:
    """Draw a circle for each small area, by residents, grouped by district and none overlapping.

    Parameters
    ----------
    lsoas : pandas.DataFrame
        One row for each LSOA: ``code``, ``name``, ``decile`` (1 to 10, missing allowed),
        ``district`` (name), ``population`` (missing allowed), ``easting`` and ``northing`` (metres,
        British National Grid).
    chart_id : str
        Prefix of every id in the SVG.
    focus : str
        Name of the area; heads the legend.
    small : bool
        Tells three classes of deciles apart, as the map `small` does.

    Returns
    -------
    str
        An SVG element; each circle has a title with its LSOA's name, decile and residents, or,
        where it is `small`, those of one class and district one title. The same rows in any order
        give the same bytes.
    """
    rows = lsoas.dropna(subset=["easting", "northing"]).sort_values("code")
    if rows.empty:
        return empty_svg(chart_id)
    district = rows["district"].astype(str).to_numpy()
    names, group = np.unique(district, return_inverse=True)
    people = rows["population"].astype(float).to_numpy(na_value=np.nan)
    people = np.where(people > 0, people, np.nan)
    # an LSOA of unknown size is drawn as the middle one
    middle = np.nanmedian(people) if np.isfinite(people).any() else 1.0
    size = np.sqrt(np.where(np.isfinite(people), people, middle) / middle)
    points = rows[["easting", "northing"]].to_numpy(float)
    centres, radii = _packed(points.tobytes(), size.tobytes(), group.tobytes())
    shades = THREE if small else TEN

    circles = shapely.buffer(shapely.points(centres), radii + 0.55)
    joined = np.array([shapely.union_all(circles[district == name]) for name in names])
    # closing fills the dents between circles, so that the outline reads as one shape
    closed = shapely.buffer(shapely.buffer(joined, 1.1, quad_segs=16), -1.1, quad_segs=16)
    outlines = shapely.simplify(closed, 0.02)
    frame = _Frame.around(outlines, top=18.0)
    where = frame.points(centres)
    drawn = np.floor(radii * frame.scale).astype(int)
    placed = frame.place(outlines)

    parts = [f'<g fill="#F3F2F1" stroke="{QUIET}" stroke-width="7" stroke-linejoin="round">']
    parts += [f'<path d="{path}"/>' for path in _paths(placed)]
    parts.append(f'</g><g stroke="{OUTLINE}" stroke-width="4">')
    discs = [(int(x), int(y), int(r)) for (x, y), r in zip(where, drawn, strict=True)]
    if small:
        for shade, title, own in _together(rows):
            path = "".join(_disc(*discs[i]) for i in np.flatnonzero(own))
            parts.append(f'<path d="{path}" fill="{shade.color}"><title>{title}</title></path>')
    else:
        shapes = [f'<circle cx="{x}" cy="{y}" r="{r}"' for x, y, r in discs]
        parts += _classes(rows, shapes, "circle")
    parts.append("</g>")
    if len(names) > 1:
        parts += _name_districts(list(names), placed, where, frame, radii=drawn)
    note = "Circles are LSOAs; their areas are by number of residents."
    parts += _legend(rows, focus, note, shades)
    return _svg(chart_id, parts, max(frame.height + 6, _legend_height(rows, focus, shades) + 30))


@functools.lru_cache(maxsize=2)
def _packed(points: bytes, size: bytes, group: bytes) -> tuple[Array, Array]:
    """See `pack_circles`: a report draws its area twice, small and whole."""
    at = np.frombuffer(points).reshape(-1, 2)
    return pack_circles(at, np.frombuffer(size), np.frombuffer(group, dtype=np.intp))


def _disc(x: int, y: int, r: int) -> str:
    """A circle as a part of a path."""
    return f"M{x - r} {y}a{r} {r} 0 1 0 {2 * r} 0 {r} {r} 0 1 0-{2 * r} 0"


def by_value(parts: pd.DataFrame, *, chart_id: str) -> str:
    """Draw the parts of an area, darker where the value is higher, each with its name and number.

    Parameters
    ----------
    parts : pandas.DataFrame
        One row for each: ``name``, ``value`` (missing allowed), ``text`` (the number as it is
        printed, or its shorthand) and ``geometry``, as for `choropleth`.
    chart_id : str
        Prefix of every id in the SVG.

    Returns
    -------
    str
        An SVG element.
    """
    rows = parts.sort_values("name")
    shapes = _polygons(rows)
    frame = _Frame.around(shapes)
    placed = frame.place(shapes)
    shades = _shades(rows["value"])
    drawn = [f'<g stroke="{INK}" stroke-width="11" stroke-linejoin="round">']
    labels = [f"{name} {text}" for name, text in zip(rows["name"], rows["text"], strict=True)]
    for path, shade, label in zip(_paths(placed), shades, labels, strict=True):
        drawn.append(f'<path d="{path}" fill="{shade}"><title>{escape(label)}</title></path>')
    drawn.append("</g>")
    drawn += _name_districts(
        labels, placed, shapely.get_coordinates(shapely.centroid(placed)), frame
    )
    drawn += _scale_bar(frame)
    drawn.append(_text(WIDTH - _LEGEND + 8, 16, "Darker: higher", SMALL))
    return _svg(chart_id, drawn, frame.height + 30)


def _shades(values: pd.Series) -> list[str]:
    """A shade for each value by its rank, pale for the lowest; white where there is none."""
    ranks = values.rank(method="min", pct=True)
    steps = len(SHADES)
    return [
        NO_DATA if pd.isna(rank) else SHADES[min(int(rank * steps), steps - 1)] for rank in ranks
    ]


def pack_circles(
    points: Array, size: Array, group: Array, rounds: int = 240
) -> tuple[Array, Array]:
    """Place circles near their points so that none overlap, with a gap between groups.

    Circles of a group are drawn gently together and pushed apart where they overlap; the pull
    fades, so that the last rounds only push. Radii are then shrunk by what overlap is left.

    Parameters
    ----------
    points : array of shape (n, 2)
        Where each circle belongs.
    size : array of shape (n,)
        Relative radii, 1 for a middling circle.
    group : array of shape (n,)
        Group numbers, from 0.
    rounds : int
        Rounds of pulling and pushing.

    Returns
    -------
    centres : array of shape (n, 2)
        In units of a middling radius.
    radii : array of shape (n,)

    Examples
    --------
    >>> centres, radii = pack_circles(np.zeros((2, 2)), np.ones(2), np.zeros(2, dtype=int))
    >>> bool(np.hypot(*(centres[0] - centres[1])) >= radii.sum())
    True
    """
    count = len(points)
    radii = np.asarray(size, dtype=float)
    at = points - points.mean(axis=0)
    spread = np.sqrt((at**2).sum(axis=1).mean())
    # the circles would fill a disc of this radius at the density of a loose packing
    at = at / (spread or 1.0) * np.sqrt((radii**2).sum() / 0.62) / np.sqrt(2)
    # points that fall together are set apart along a spiral, which needs no random numbers
    angle = np.arange(count) * np.pi * (3 - np.sqrt(5))
    at = at + 1e-3 * np.column_stack([np.cos(angle), np.sin(angle)])
    homes = at.copy()
    members = np.bincount(group, weights=radii**2)
    between, within = 1.9, 0.14
    near = _Near(2 * radii.max() + between)
    for number in range(rounds):
        pull = 0.05 * max(0.0, 1 - number / (rounds * 0.7))
        if pull:
            middles = np.column_stack(
                [np.bincount(group, weights=at[:, axis] * radii**2) / members for axis in (0, 1)]
            )
            at = at + pull * (middles[group] - at) + 0.2 * pull * (homes - at)
        moved = _push(at, near.pairs(at), radii, group, within, between)
        if moved < 1e-3 and not pull:
            break
    pairs = _pairs_within(2 * radii.max() + within, at)
    if len(pairs):
        first, second = pairs.T
        gaps = np.hypot(*(at[first] - at[second]).T)
        radii = radii * min(1.0, float((gaps / (radii[first] + radii[second])).min()) * 0.995)
    return at, radii


def _pairs_within(reach: float, at: Array) -> Array:
    """Pairs of points that are no further apart than `reach`, in order."""
    from scipy.spatial import cKDTree  # imports much, which a map of boundaries does without

    pairs = cKDTree(at).query_pairs(reach, output_type="ndarray")
    return np.asarray(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))])


class _Near:
    """Which points are near each other: looked for again only once they have moved far.

    The pairs hold all that are within `reach`, in order, and some a little further.
    """

    #: How much further, in radii.
    spare = 1.0

    def __init__(self, reach: float) -> None:
        self.reach = reach
        self.seen = np.full((1, 2), np.inf)
        self.found = np.empty((0, 2), dtype=int)

    def pairs(self, at: Array) -> Array:
        """The pairs of points that are where `at` says."""
        # neither of two points has come nearer by more than half of what there is to spare
        if not (np.hypot(*(at - self.seen).T) <= self.spare / 2).all():
            self.found = _pairs_within(self.reach + self.spare, at)
            self.seen = at.copy()
        return self.found


def _push(
    at: Array, pairs: Array, radii: Array, group: Array, within: float, between: float
) -> float:
    """Move overlapping circles apart, in place; returns the largest overlap found."""
    if not len(pairs):
        return 0.0
    first, second = pairs.T
    apart = at[first] - at[second]
    gaps = np.maximum(np.hypot(*apart.T), 1e-9)
    need = radii[first] + radii[second] + np.where(group[first] == group[second], within, between)
    over = np.maximum(need - gaps, 0.0)
    step = apart / gaps[:, None] * (over * 0.42)[:, None]
    for axis in (0, 1):
        at[:, axis] += np.bincount(first, step[:, axis], len(at))
        at[:, axis] -= np.bincount(second, step[:, axis], len(at))
    return float(over.max())


@dataclass(frozen=True)
class _Frame:
    """From metres to the grid: where the drawing's north-west corner is, and how much it shrinks.

    `scale` is in grid units per metre; `width` and `height` in points.
    """

    west: float
    north: float
    scale: float
    width: float
    height: float
    top: float = 4.0

    @classmethod
    def around(cls, shapes: Array, top: float = 4.0, tallest: float = _TALLEST) -> _Frame:
        west, south, east, north = shapely.total_bounds(shapes)
        wide, tall = max(east - west, 1e-9), max(north - south, 1e-9)
        scale = min((WIDTH - _LEGEND - 2 * _MARGIN) / wide, tallest / tall)
        return cls(west, north, scale * UNIT, wide * scale, tall * scale + 2 * top, top)

    def points(self, coordinates: Array) -> Array:
        """Coordinates in metres as whole grid units."""
        x = (coordinates[:, 0] - self.west) * self.scale + _MARGIN * UNIT
        y = (self.north - coordinates[:, 1]) * self.scale + self.top * UNIT
        return np.rint(np.column_stack([x, y])).astype(int)

    def place(self, shapes: Array) -> Array:
        """Shapes in metres as shapes on the grid."""
        return np.asarray(shapely.transform(shapes, self.points))


def _with_shapes(lsoas: pd.DataFrame) -> pd.DataFrame:
    """Small areas that can be drawn, by code."""
    drawn = lsoas.geometry.to_numpy()
    known: pd.DataFrame = lsoas[~(shapely.is_missing(drawn) | shapely.is_empty(drawn))]
    return known.sort_values("code")


def _polygons(rows: pd.DataFrame) -> Array:
    """Valid polygons in metres."""
    frame: Any = rows
    if hasattr(frame, "to_crs"):  # a GeoDataFrame, which says what system it has
        frame = frame.to_crs(BRITISH_NATIONAL_GRID)
    shapes = np.array(frame.geometry, dtype=object)
    bad = ~shapely.is_valid(shapes)
    shapes[bad] = shapely.make_valid(shapes[bad])
    return shapes


def _paths(shapes: Array) -> list[str]:
    """Path data of each shape, holes as further subpaths; neighbouring equal points are dropped."""
    polygons, owner = shapely.get_parts(shapes, return_index=True)
    keep = shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON
    rings, part = shapely.get_rings(polygons[keep], return_index=True)
    owner = owner[keep][part]
    points, ring = shapely.get_coordinates(rings, return_index=True)
    points = np.rint(points).astype(int)
    fresh = np.ones(len(points), dtype=bool)
    fresh[1:] = (points[1:] != points[:-1]).any(axis=1) | (ring[1:] != ring[:-1])
    points, ring = points[fresh], ring[fresh]
    starts = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
    steps = np.diff(points, axis=0, prepend=points[:1])
    texts = [""] * len(shapes)
    for start, end in zip(starts, [*starts[1:], len(points)], strict=True):
        x, y = points[start]
        # the last point repeats the first, which "z" stands for
        moves = "".join(
            f"{dx} {dy}" if i == 0 else f" {dx} {dy}"
            for i, (dx, dy) in enumerate(steps[start + 1 : max(end - 1, start + 2)].tolist())
        )
        # an island smaller than a grid unit stays visible through its outline
        texts[owner[ring[start]]] += f"M{x} {y}l{moves or '0 1'}z".replace(" -", "-")
    return texts


def _classes(rows: pd.DataFrame, shapes: Sequence[str], tag: str) -> list[str]:
    """Shapes with their titles, grouped by decile; the most deprived are drawn last, on top."""
    deciles = rows["decile"].astype("Int64").fillna(0).to_numpy(int)
    titles = _titles(rows)
    parts = []
    for number in (0, *range(10, 0, -1)):
        members = np.flatnonzero(deciles == number)
        if members.size:
            color = DECILES[number - 1] if number else NO_DATA
            parts.append(f'<g fill="{color}">')
            parts += [f"{shapes[i]}><title>{titles[i]}</title></{tag}>" for i in members.tolist()]
            parts.append("</g>")
    return parts


def _titles(rows: pd.DataFrame) -> list[str]:
    """What each shape is: "Wychavon 012A: decile 1 (most deprived 10%), 1,482 residents"."""
    titles = []
    for name, decile, people in zip(
        rows["name"], rows["decile"].astype("Int64"), rows["population"].astype(float), strict=True
    ):
        text = f"{name}: " + (
            "no decile" if pd.isna(decile) else f"decile {decile}{_ENDS.get(int(decile), '')}"
        )
        if pd.notna(people):
            text += f", {format_number(people)} residents"
        titles.append(escape(text))
    return titles


_ENDS = {1: " (most deprived 10%)", 10: " (least deprived 10%)"}


def _text(
    x: float, y: float, text: str, size: float = TEXT, *, anchor: str = "", bold: bool = False,
    halo: bool = False, color: str = INK,
) -> str:  # fmt: skip
    """A line of text; places and size in points, written on the grid."""
    extra = f' text-anchor="{anchor}"' if anchor else ""
    extra += ' font-weight="700"' if bold else ""
    if halo:
        extra += ' stroke="#fff" stroke-width="32" stroke-linejoin="round" paint-order="stroke"'
    return (
        f'<text x="{round(x * UNIT)}" y="{round(y * UNIT)}" font-size="{round(size * UNIT)}"'
        f' fill="{color}"{extra}>{escape(text)}</text>'
    )


def _name_districts(
    names: Sequence[str],
    outlines: Array,
    marks: Array,
    frame: _Frame,
    *,
    radii: Array | None = None,
) -> list[str]:
    """Write district names where they hide the fewest small areas and no other name.

    `marks` are the small areas' centres on the grid. A name stands in its district where there is
    room, otherwise beside it, with a line to it. With `radii` the small areas are circles, which no
    name hides: it stands above or beside its district.
    """
    marks = marks / UNIT
    inside = radii is None
    pad = np.full(len(marks), 1.0) if radii is None else radii / UNIT + 0.8
    weight = 6.0 if inside else 400.0
    beyond, steps = (6.0, 17) if inside else (24.0, 41)
    taken: list[tuple[float, float, float, float]] = []
    texts, leaders = [], []
    right = WIDTH - _LEGEND
    order = sorted(range(len(names)), key=lambda i: (-shapely.area(outlines[i]), names[i]))
    for i in order:
        lines = wrap(names[i], 84, TEXT, bold=True)
        wide = max(text_width(line, TEXT, True) for line in lines) + 4
        tall = 11.5 * len(lines)
        x0, y0, x1, y1 = (edge / UNIT for edge in shapely.bounds(outlines[i]))
        shapely.prepare(outlines[i])
        anchor = shapely.get_coordinates(shapely.point_on_surface(outlines[i]))[0] / UNIT
        across = np.linspace(x0 - wide / 2 - beyond, x1 + wide / 2 + beyond, steps)
        down = np.linspace(y0 - tall / 2 - beyond, y1 + tall / 2 + beyond, steps)
        spots = np.array([one.ravel() for one in np.meshgrid(across, down, indexing="ij")])
        # how far each centre is from the name's box, squared
        gaps_x = np.maximum(np.abs(marks[:, 0] - across[:, None]) - wide / 2, 0.0) ** 2
        gaps_y = np.maximum(np.abs(marks[:, 1] - down[:, None]) - tall / 2, 0.0) ** 2
        hidden = np.concatenate([(one + gaps_y < pad**2).sum(axis=1) for one in gaps_x])
        away = np.hypot(spots[0] - anchor[0], spots[1] - anchor[1])
        own = shapely.contains_xy(outlines[i], *(spots * UNIT))
        cost = weight * hidden + 0.35 * away + np.where(own, 0.0, 14.0 if inside else 4.0)
        west, east = spots[0] - wide / 2, spots[0] + wide / 2
        north, south = spots[1] - tall / 2, spots[1] + tall / 2
        free = (west >= 0) & (east <= right) & (north >= 0) & (south <= frame.height)
        for b in taken:
            free &= (west >= b[2]) | (b[0] >= east) | (north >= b[3]) | (b[1] >= south)
        chosen = int(np.argmin(np.where(free, cost, np.inf)))
        x, y = spots[:, chosen] if free[chosen] else anchor
        taken.append((x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2))
        edge = shapely.shortest_line(shapely.box(*(part * UNIT for part in taken[-1])), outlines[i])
        if shapely.length(edge) > LEADER * UNIT:
            ends = shapely.get_coordinates(edge) / UNIT
            leaders.append((*ends[0], *ends[1]))
        for number, line in enumerate(lines):
            level = y + (number - (len(lines) - 1) / 2) * 11.5 + 3.4
            texts.append(_text(x, level, line, anchor="middle", bold=True, halo=True))
    lines_out = []
    for x, y, to_x, to_y in leaders:
        ends = " ".join(str(round(value * UNIT)) for value in (x, y))
        path = f"M{ends}L{round(to_x * UNIT)} {round(to_y * UNIT)}"
        lines_out.append(f'<path d="{path}" fill="none" stroke="#fff" stroke-width="26"/>')
        lines_out.append(f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="9"/>')
    return [*lines_out, *texts]


def _scale_bar(frame: _Frame) -> list[str]:
    """A bar of a round number of kilometres below the map."""
    room = frame.width * 0.35 / frame.scale * UNIT / 1000
    power = 10.0 ** np.floor(np.log10(max(room, 1e-6)))
    length = max(step * power for step in (1, 2, 5) if step * power <= room)
    end = _MARGIN + length * 1000 * frame.scale / UNIT
    y = frame.height + 14
    label = f"{length:g} km" if length >= 1 else f"{format_number(length * 1000)} m"
    ends = [round(value * UNIT) for value in (_MARGIN, end, y - 4, y)]
    return [
        f'<path d="M{ends[0]} {ends[2]}V{ends[3]}H{ends[1]}V{ends[2]}" fill="none"'
        f' stroke="{INK}" stroke-width="10"/>',
        _text(end + 5, y + 1, label, SMALL),
    ]


def _legend_rows(rows: pd.DataFrame, shades: Sequence[Shade]) -> list[tuple[str, str, int]]:
    deciles = rows["decile"].astype("Int64").fillna(0)
    counts = [int(deciles.between(one.first, one.last).sum()) for one in shades]
    # of a handful of areas only the classes that occur are worth a row
    entries = [
        (one.color, one.label, count)
        for one, count in zip(shades, counts, strict=True)
        if count or len(rows) >= HANDFUL
    ]
    unknown = int((deciles == 0).sum())
    return [*entries, *([(NO_DATA, "No data", unknown)] if unknown else [])]


def _legend_height(rows: pd.DataFrame, focus: str, shades: Sequence[Shade] = TEN) -> float:
    lines = len(wrap(focus, _LEGEND - 14, TEXT, True))
    return 46 + 15.0 * len(_legend_rows(rows, shades)) + 13 * lines


def _legend(
    rows: pd.DataFrame, focus: str, note: str = "", shades: Sequence[Shade] = TEN
) -> list[str]:
    left, y = WIDTH - _LEGEND + 12, 12.0
    parts = []
    for line in wrap(focus, _LEGEND - 14, TEXT, bold=True) if focus else []:
        parts.append(_text(left, y, line, bold=True))
        y += 13
    parts.append(_text(left, y + 3, "National decile"))
    parts.append(_text(WIDTH - 1, y + 3, "LSOAs", anchor="end"))
    y += 9
    for color, label, count in _legend_rows(rows, shades):
        parts.append(
            f'<rect x="{round(left * UNIT)}" y="{round((y + 1.5) * UNIT)}" width="160" height="120"'
            f' fill="{color}" stroke="{OUTLINE}" stroke-width="5"/>'
        )
        parts.append(_text(left + 21, y + 11, label))
        parts.append(_text(WIDTH - 1, y + 11, format_number(count), anchor="end"))
        y += 15
    for line in wrap(note, _LEGEND - 14, SMALL) if note else []:
        y += 12
        parts.append(_text(left, y + 3, line, SMALL, color=QUIET))
    return parts


def _svg(chart_id: str, parts: Sequence[str], height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{escape(chart_id)}-map"'
        f' viewBox="0 0 {round(WIDTH * UNIT)} {round(height * UNIT)}" width="100%"'
        f' font-family="{FONT_FAMILY}">{"".join(parts)}</svg>'
    )
