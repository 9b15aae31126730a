"""Boundaries from GeoJSON, in WGS84 as published, with invalid rings mended."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from needs.catalogue import Edition, Source
from needs.errors import MissingDataError
from needs.sources.readers import file_faults, heading_maps

if TYPE_CHECKING:
    import geopandas

#: West, south, east and north of England with its islands, in degrees.
ENGLAND = (-6.6, 49.7, 2.0, 56.0)

#: Polygon and multipolygon, as the library numbers kinds of geometry.
_AREAL = (3, 6)

_IN_DEGREES = (
    "Ask the service for GeoJSON in WGS84, longitude before latitude (outSR=4326): "
    "needs fetch ons_boundaries."
)


def read(path: Path, source: Source, edition: Edition) -> geopandas.GeoDataFrame:
    """Read one layer of boundaries of England.

    Returns
    -------
    GeoDataFrame
        code, name, geometry (EPSG:4326), sorted by code, every geometry valid.

    Raises
    ------
    MissingDataError, InvalidDataError
        No file, no GeoJSON, a layer that the service cut off, properties that the map does not
        know, a feature without a code, a code twice, no shape, or an area that does not lie in
        England's longitudes and latitudes.
    """
    import geopandas

    if not path.is_file():
        raise MissingDataError(
            f"There is no file {path.name}.", f"{path.parent.name}/", "Bring it in: needs fetch."
        )
    faults = file_faults.Faults(path)
    try:
        collection = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        faults.add(f"The file is not GeoJSON: {error}.")
        faults.raise_if_any()
    features = (collection.get("features") if isinstance(collection, dict) else None) or []
    if not features or not isinstance(features, list):
        said = heading_maps.cell_text(str(collection)[:120])
        faults.add(f"The file has no features: {said}")
        faults.raise_if_any()
    _malformed(collection, features, faults)
    faults.raise_if_any()
    if cut_off(collection):
        faults.add(
            "The layer is cut off: its service says that there are more features "
            "(exceededTransferLimit).",
            remedy="Download all of it, page by page: needs fetch ons_boundaries.",
        )
    names = {
        name: heading
        for heading, name in heading_maps.layout("ons_boundaries", edition.edition).headings.items()
    }
    properties = [feature.get("properties") or {} for feature in features]
    for heading in sorted(names.values()):
        lacking = sum(heading not in one for one in properties)
        if lacking:
            there = ", ".join(sorted(properties[0])) or "none"
            faults.add(f"Property '{heading}' is missing from {lacking} features; there: {there}.")
    _uncoded(properties, names["code"], faults)
    empty = sum(not feature.get("geometry") for feature in features)
    if empty:
        faults.add(f"{empty} features have no geometry.")
    faults.raise_if_any()
    layer = geopandas.GeoDataFrame(properties, geometry=_shapes(features, faults), crs="EPSG:4326")
    faults.raise_if_any()
    layer = layer.rename(columns={heading: name for name, heading in names.items()})
    layer = layer.loc[layer["code"].str.startswith("E"), ["code", "name", "geometry"]]
    for code in layer.loc[layer["code"].duplicated(), "code"]:
        faults.add(f"Code {code} stands more than once.")
    faults.raise_if_any()
    _outside_england(layer, faults)
    faults.raise_if_any()
    layer["geometry"] = layer.geometry.make_valid()
    return layer.sort_values("code", ignore_index=True)


def cut_off(collection: Mapping[str, Any]) -> bool:
    """Whether a service says that its answer does not hold all features.

    Examples
    --------
    >>> cut_off({"properties": {"exceededTransferLimit": True}, "features": []})
    True
    """
    more = (collection, collection.get("properties"))
    return any(isinstance(one, dict) and bool(one.get("exceededTransferLimit")) for one in more)


def _malformed(
    collection: Mapping[str, Any], features: Sequence[Any], faults: file_faults.Faults
) -> None:
    """Note what is no feature, and a layer that says itself that it is not in degrees."""
    for number, one in enumerate(features, 1):
        parts = [one.get(name) for name in ("properties", "geometry")] if _is_object(one) else [0]
        if all(part is None or _is_object(part) for part in parts) and "attributes" not in one:
            continue
        said = heading_maps.cell_text(str(one)[:80])
        faults.add(
            f"Not a GeoJSON feature: {said}",
            f"feature {number}",
            "Ask the service for GeoJSON (f=geojson), not for its own JSON: needs fetch.",
        )
        return  # the others are most likely the same
    crs = str(collection.get("crs") or "")
    if crs and not re.search(r"CRS84|\b4326\b", crs):
        faults.add(
            f"The layer is not in longitude and latitude (WGS84); it says: {crs}",
            "crs",
            _IN_DEGREES,
        )


def _is_object(one: object) -> bool:
    return isinstance(one, dict)


def _shapes(features: Sequence[Mapping[str, Any]], faults: file_faults.Faults) -> list[Any]:
    """Geometries of the features; those that are none are noted with their number."""
    import numpy as np
    import shapely

    shapes: list[Any] = []
    said: dict[int, str] = {}
    for number, one in enumerate(features):
        try:
            shapes.append(shapely.geometry.shape(one["geometry"]))
        except Exception as error:  # the library raises whatever a broken ring leads to
            shapes.append(None)
            said[number] = f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
    parts, owners = shapely.get_coordinates(shapes, return_index=True)
    endless = set(owners[~np.isfinite(parts).all(axis=1)].tolist())
    areal = np.isin(shapely.get_type_id(shapes), _AREAL) & ~shapely.is_empty(shapes)
    for number in sorted(endless | set(np.flatnonzero(~areal).tolist())):
        fault = said.get(number) or f"{shapes[number].geom_type}, empty or with no numbers"
        faults.add(f"The geometry is not that of an area: {fault}.", f"feature {number + 1}")
    return shapes


def _outside_england(layer: geopandas.GeoDataFrame, faults: file_faults.Faults) -> None:
    """Note areas that do not lie in England's longitudes and latitudes, and why that may be."""
    west, south, east, north = ENGLAND
    bounds = layer.geometry.bounds
    inside = (
        bounds["minx"].ge(west)
        & bounds["miny"].ge(south)
        & bounds["maxx"].le(east)
        & bounds["maxy"].le(north)
    )
    apart = layer[~inside]
    for index, area in apart.head(file_faults.SHOWN_CELLS).iterrows():
        x, y = bounds.loc[index, "minx"], bounds.loc[index, "miny"]
        why = "is outside England"
        if abs(x) > 180 or abs(y) > 90:
            why = "is in metres (eastings and northings), not in degrees"
        elif west <= y <= east and south <= x <= north:
            why = "has latitude before longitude"
        faults.add(
            f"{area['name']} ({area['code']}) {why}: from {x:.6g}, {y:.6g}.",
            f"property {area['code']}",
            _IN_DEGREES,
        )
    if len(apart) > file_faults.SHOWN_CELLS:
        faults.add(
            f"{len(apart) - file_faults.SHOWN_CELLS} more areas are not in England's degrees."
        )


def _uncoded(said: Sequence[Mapping[str, Any]], heading: str, faults: file_faults.Faults) -> None:
    """Note features that have the property but no code in it: their area would be left out."""
    bad = [
        (number, one)
        for number, one in enumerate(said, 1)
        if heading in one and not re.fullmatch(r"[A-Z]\d{8}", str(one[heading] or ""))
    ]
    for number, one in bad[: file_faults.SHOWN_CELLS]:
        others = [f"{name} {text}" for name, text in one.items() if text and name != heading]
        written = f"'{one[heading]}' is no code" if one[heading] else "There is no code"
        faults.add(
            f"{written}; beside it: {', '.join(others[:3]) or 'nothing'}.",
            f"feature {number}, property {heading}",
        )
    if len(bad) > file_faults.SHOWN_CELLS:
        faults.add(f"{len(bad) - file_faults.SHOWN_CELLS} more features have no code.")
