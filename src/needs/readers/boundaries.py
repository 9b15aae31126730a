"""Boundaries from GeoJSON, in WGS84 as published, with invalid rings mended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from needs.catalogue import Edition, Source
from needs.errors import MissingDataError
from needs.readers import tabular

if TYPE_CHECKING:
    import geopandas


def read(path: Path, source: Source, edition: Edition) -> geopandas.GeoDataFrame:
    """Read one layer of boundaries of England.

    Returns
    -------
    GeoDataFrame
        code, name, geometry (EPSG:4326), sorted by code, every geometry valid.

    Raises
    ------
    MissingDataError, InvalidDataError
        No file, no GeoJSON, properties that the map does not know, a code twice, or no shape.
    """
    import geopandas

    if not path.is_file():
        raise MissingDataError(
            f"There is no file {path.name}.", f"{path.parent.name}/", "Bring it in: needs fetch."
        )
    faults = tabular.Faults(path)
    try:
        collection = json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        faults.add(f"The file is not GeoJSON: {error}.")
        faults.raise_if_any()
    features = (collection.get("features") if isinstance(collection, dict) else None) or []
    if not features:
        said = tabular.plain(str(collection)[:120])
        faults.add(f"The file has no features: {said}")
        faults.raise_if_any()
    names = {
        name: heading
        for heading, name in tabular.layout("ons_boundaries", edition.edition).headings.items()
    }
    for heading in sorted(names.values()):
        lacking = sum(heading not in feature["properties"] for feature in features)
        if lacking:
            there = ", ".join(sorted(features[0]["properties"]))
            faults.add(f"Property '{heading}' is missing from {lacking} features; there: {there}.")
    empty = sum(not feature.get("geometry") for feature in features)
    if empty:
        faults.add(f"{empty} features have no geometry.")
    faults.raise_if_any()
    layer = geopandas.GeoDataFrame.from_features(features, crs="EPSG:4326")
    layer = layer.rename(columns={heading: name for name, heading in names.items()})
    layer = layer.loc[layer["code"].str.startswith("E"), ["code", "name", "geometry"]]
    for code in layer.loc[layer["code"].duplicated(), "code"]:
        faults.add(f"Code {code} stands more than once.")
    faults.raise_if_any()
    layer["geometry"] = layer.geometry.make_valid()
    return layer.sort_values("code", ignore_index=True)
