"""Boundaries from GeoJSON, in WGS84 as published, with invalid rings mended."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
        No file, no GeoJSON, a layer that the service cut off, properties that the map does not
        know, a feature without a code, a code twice, or no shape.
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
    if cut_off(collection):
        faults.add(
            "The layer is cut off: its service says that there are more features "
            "(exceededTransferLimit).",
            remedy="Download all of it, page by page: needs fetch ons_boundaries.",
        )
    names = {
        name: heading
        for heading, name in tabular.layout("ons_boundaries", edition.edition).headings.items()
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
    layer = geopandas.GeoDataFrame.from_features(features, crs="EPSG:4326")
    layer = layer.rename(columns={heading: name for name, heading in names.items()})
    layer = layer.loc[layer["code"].str.startswith("E"), ["code", "name", "geometry"]]
    for code in layer.loc[layer["code"].duplicated(), "code"]:
        faults.add(f"Code {code} stands more than once.")
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
    more = (collection, collection.get("properties") or {})
    return any(bool(one.get("exceededTransferLimit")) for one in more)


def _uncoded(said: Sequence[Mapping[str, Any]], heading: str, faults: tabular.Faults) -> None:
    """Note features that have the property but no code in it: their area would be left out."""
    bad = [
        (number, one)
        for number, one in enumerate(said, 1)
        if heading in one and not re.fullmatch(r"[A-Z]\d{8}", str(one[heading] or ""))
    ]
    for number, one in bad[: tabular.SHOWN_CELLS]:
        others = [f"{name} {text}" for name, text in one.items() if text and name != heading]
        written = f"'{one[heading]}' is no code" if one[heading] else "There is no code"
        faults.add(
            f"{written}; beside it: {', '.join(others[:3]) or 'nothing'}.",
            f"feature {number}, property {heading}",
        )
    if len(bad) > tabular.SHOWN_CELLS:
        faults.add(f"{len(bad) - tabular.SHOWN_CELLS} more features have no code.")
