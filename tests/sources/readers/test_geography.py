"""Lookups, boundaries and centroids."""

from __future__ import annotations

import json

import pytest

from needs.errors import InvalidDataError, MissingDataError


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("edition", "rows", "column", "different"),
    [
        ("lsoa 2011 to district 2019", 32_844, "district_code", 317),
        ("lsoa 2021 to district 2024", 33_755, "district_code", 296),
        ("district to upper tier 2019", 317, "upper_code", 151),
        ("district to upper tier 2023", 296, "upper_code", 153),
        ("district to region 2019", 317, "region_code", 9),
        ("district to region 2024", 296, "region_code", 9),
        ("district history 2016 to 2024", 326, "code_2024", 296),
    ],
)
def test_lookups_of_england(read, edition, rows, column, different):
    table = read("ons_lookups", edition)
    assert len(table) == rows
    assert table[column].nunique() == different


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("edition", "count"),
    [
        ("lsoa 2011", 32_844),
        ("lsoa 2021", 33_755),
        ("district 2024", 296),
        ("upper tier 2023", 153),
    ],
)
def test_boundaries_are_valid_and_in_degrees(read, edition, count):
    layer = read("ons_boundaries", edition)
    assert len(layer) == count
    assert layer.geometry.is_valid.all()
    assert layer.crs.to_epsg() == 4326
    west, south, east, north = layer.total_bounds
    assert -7 < west < east < 2
    assert 49 < south < north < 56


@pytest.mark.mirror
@pytest.mark.parametrize(("edition", "count"), [("2011", 32_844), ("2021", 33_755)])
def test_centroids_lie_in_england(read, edition, count):
    table = read("ons_centroids", edition)
    assert len(table) == count
    assert table["easting"].between(80_000, 660_000).all()
    assert table["northing"].between(5_000, 660_000).all()


def test_lookup_with_a_bad_code(edition_of, written):
    text = "LTLA19CD,LTLA19NM,UTLA19CD,UTLA19NM\nE0700023,Bromsgrove,E10000034,Worcestershire\n"
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_lookups", "district to upper tier 2019").read(written(text))
    assert "'E0700023' is not a code" in str(caught.value)


def _feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def test_crossed_ring_is_mended(edition_of, written):
    bow = {"type": "Polygon", "coordinates": [[[0, 50], [1, 51], [1, 50], [0, 51], [0, 50]]]}
    text = json.dumps(
        {
            "type": "FeatureCollection",
            "features": [_feature(bow, LAD24CD="E07000237", LAD24NM="Worcester")],
        }
    )
    layer = edition_of("ons_boundaries", "district 2024").read(written(text, "a.geojson"))
    assert layer.geometry.is_valid.all()
    assert layer.geometry.iloc[0].area == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"error": {"message": "Invalid URL"}}', "no features: {'error'"),
        ("<html>", "not GeoJSON"),
        (
            json.dumps({"features": [_feature({"type": "Point"}, CODE="E1")]}),
            "'LAD24CD' is missing",
        ),
        (
            json.dumps({"features": [_feature(None, LAD24CD="E07000237", LAD24NM="Worcester")]}),
            "no geometry",
        ),
    ],
)
def test_boundaries_that_are_none(edition_of, written, text, said):
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_boundaries", "district 2024").read(written(text, "a.geojson"))
    assert said in str(caught.value)


SQUARE = {"type": "Polygon", "coordinates": [[[0, 50], [1, 50], [1, 51], [0, 51], [0, 50]]]}


@pytest.mark.parametrize(
    "at", [{"properties": {"exceededTransferLimit": True}}, {"exceededTransferLimit": True}]
)
def test_a_layer_that_the_service_cut_off_is_refused(edition_of, written, at):
    one = _feature(SQUARE, LAD24CD="E07000237", LAD24NM="Worcester")
    text = json.dumps({"type": "FeatureCollection", **at, "features": [one]})
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_boundaries", "district 2024").read(written(text, "a.geojson"))
    assert caught.value.exit_code == 4
    (fault,) = caught.value.problems
    assert "cut off" in fault.what and "exceededTransferLimit" in fault.what
    assert fault.where == "source/a.geojson"
    assert "needs fetch" in fault.remedy


@pytest.mark.parametrize(
    ("code", "said"),
    [(None, "There is no code"), ("", "There is no code"), ("E0700", "'E0700' is")],
)
def test_a_feature_without_a_code_is_named(edition_of, written, code, said):
    features = [
        _feature(SQUARE, LAD24CD="E07000237", LAD24NM="Worcester"),
        _feature(SQUARE, LAD24CD=code, LAD24NM="Redditch"),
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_boundaries", "district 2024").read(written(text, "a.geojson"))
    (fault,) = caught.value.problems
    assert fault.what.startswith(said)
    assert fault.what.endswith("beside it: LAD24NM Redditch.")
    assert fault.where.endswith("a.geojson, feature 2, property LAD24CD")


def test_a_feature_with_no_properties_at_all_is_a_fault(edition_of, written):
    one = {"type": "Feature", "properties": None, "geometry": SQUARE}
    text = json.dumps({"type": "FeatureCollection", "features": [one]})
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_boundaries", "district 2024").read(written(text, "a.geojson"))
    assert "'LAD24CD' is missing from 1 features" in str(caught.value)


def _of_two(change):
    """A layer of two districts whose coordinates are changed, point by point."""
    ring = [[-1.2, 52.6], [-1.0, 52.6], [-1.0, 52.8], [-1.2, 52.6]]
    shape = {"type": "Polygon", "coordinates": [[change(*point) for point in ring]]}
    names = {"E07000237": "Worcester", "E07000238": "Wychavon"}
    features = [_feature(shape, LAD24CD=code, LAD24NM=name) for code, name in names.items()]
    return {"type": "FeatureCollection", "features": features}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x, y: [450_000 + x, 300_000 + y], "is in metres (eastings and northings)"),
        (lambda x, y: [y, x], "has latitude before longitude"),
        (lambda x, y: [x + 90, y], "is outside England"),
    ],
)
def test_boundaries_not_in_englands_degrees_are_refused(edition_of, written, change, said):
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_boundaries", "district 2024").read(
            written(json.dumps(_of_two(change)), "a.geojson")
        )
    first, second = caught.value.problems
    assert first.what.startswith(f"Worcester (E07000237) {said}")
    assert second.what.startswith(f"Wychavon (E07000238) {said}")
    assert "outSR=4326" in first.remedy


def test_a_layer_that_names_another_projection_is_refused(edition_of, written):
    layer = _of_two(lambda x, y: [x, y])
    edition = edition_of("ons_boundaries", "district 2024")
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert len(edition.read(written(json.dumps(layer | {"crs": named}), "a.geojson"))) == 2
    named["properties"]["name"] = "urn:ogc:def:crs:EPSG::27700"
    with pytest.raises(InvalidDataError) as caught:
        edition.read(written(json.dumps(layer | {"crs": named}), "a.geojson"))
    (fault,) = caught.value.problems
    assert "not in longitude and latitude" in fault.what and "EPSG::27700" in fault.what


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ({"type": "Polygon", "coordinates": [[[0, 50], [1, 51]]]}, "feature 2"),
        ({"type": "Polygon", "coordinates": [[[0, 50], [1, float("nan")], [1, 51], [0, 50]]]}, ""),
        ({"type": "Polygon", "coordinates": None}, "Polygon, empty"),
        ({"type": "Polygon"}, "KeyError: 'coordinates'"),
        ({"type": "Point", "coordinates": [0, 50]}, "Point"),
        ({"rings": [[[0, 50], [1, 51], [1, 50], [0, 50]]]}, "not that of an area"),
        (5, "Not a GeoJSON feature"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_broken_geometry_is_named_with_its_feature(edition_of, written, geometry, said):
    layer = _of_two(lambda x, y: [x, y])
    layer["features"][1]["geometry"] = geometry
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_boundaries", "district 2024").read(written(json.dumps(layer), "a.geojson"))
    (fault,) = caught.value.problems
    assert said in str(fault)
    assert fault.where == "source/a.geojson, feature 2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("null", "no features"),
        ('{"features": {"a": 1}}', "no features"),
        ('{"features": [1], "properties": [1]}', "Not a GeoJSON feature: 1"),
        ('{"features": [{"attributes": {}, "geometry": {}}]}', "f=geojson"),
        ('{"features": ' + "[" * 100_000, "not GeoJSON"),
    ],
)
def test_json_that_is_no_layer_is_told(edition_of, written, text, said):
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_boundaries", "district 2024").read(written(text, "a.geojson"))
    assert said in str(caught.value)


def test_missing_boundaries(edition_of, tmp_path):
    with pytest.raises(MissingDataError):
        edition_of("ons_boundaries", "district 2024").read(tmp_path / "none.geojson")


def test_centroid_that_is_no_number(edition_of, written):
    text = "LSOA11CD,BNG_E,BNG_N\nE01000001,here,181797\n"
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_centroids", "2011").read(written(text))
    assert "line 2, column BNG_E" in str(caught.value)
