"""Maps: circles that do not overlap, areas by population, a title on every neighbourhood."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from needs import charts
from needs.charts import maps, style
from needs.figures import assessment
from needs.figures.assessment import Assessment

SVG = "{http://www.w3.org/2000/svg}"
NAMES = {
    "lsoa_code": "code",
    "lsoa_name": "name",
    "imd_decile": "decile",
    "district_name": "district",
}


@pytest.fixture(scope="module")
def small_areas(worcestershire: Assessment) -> pd.DataFrame:
    return worcestershire.lsoa.rename(columns=NAMES)


def circles(svg: str) -> np.ndarray:
    found = re.findall(r'<circle cx="(-?\d+)" cy="(-?\d+)" r="(\d+)"', svg)
    return np.array(found, dtype=float)


def test_circles_do_not_overlap(small_areas: pd.DataFrame) -> None:
    drawn = circles(maps.cartogram(small_areas, chart_id="m"))
    assert len(drawn) == 364
    gaps = np.hypot(*(drawn[:, None, :2] - drawn[None, :, :2]).transpose(2, 0, 1))
    reach = drawn[:, 2][:, None] + drawn[:, 2][None, :]
    np.fill_diagonal(gaps, np.inf)
    assert (gaps >= reach - 1).all()  # a unit of the integer grid


def boxes(svg: str) -> list[tuple[str, float, float, float, float]]:
    """Names of districts with their boxes on the grid: left, top, right and bottom."""
    found = []
    for one in ElementTree.fromstring(svg).iter(f"{SVG}text"):
        if one.get("paint-order"):
            wide = style.text_width(one.text or "", style.TEXT, True) * maps.UNIT
            x, y = float(one.get("x") or 0), float(one.get("y") or 0)
            found.append((one.text or "", x - wide / 2, y - 70, x + wide / 2, y + 20))
    return found


def test_names_of_districts_do_not_stand_on_circles(small_areas: pd.DataFrame) -> None:
    svg = maps.cartogram(small_areas, chart_id="m")
    drawn, named = circles(svg), boxes(svg)
    assert len(named) >= 6
    for name, left, top, right, bottom in named:
        x = np.maximum(np.maximum(left - drawn[:, 0], drawn[:, 0] - right), 0)
        y = np.maximum(np.maximum(top - drawn[:, 1], drawn[:, 1] - bottom), 0)
        assert (np.hypot(x, y) >= drawn[:, 2]).all(), name


def test_the_legend_of_a_handful_names_what_there_is(small_areas: pd.DataFrame) -> None:
    one = small_areas.head(1).assign(decile=3)
    svg = maps.cartogram(one, chart_id="m")
    assert "3: 20% to 30%" in svg and "4: 30% to 40%" not in svg
    assert "10: least deprived 10%" in maps.cartogram(small_areas.head(30), chart_id="m")


# Invented boundaries: what can go wrong with shapes, without the publishers' files


def squares(count: int, **columns: object) -> gpd.GeoDataFrame:
    """Small areas in a row of squares, in British National Grid."""
    rows: dict[str, object] = {
        "code": [f"E0{n:07}" for n in range(count)],
        "name": [f"Place {n}" for n in range(count)],
        "decile": [n % 10 + 1 for n in range(count)],
        "district": [f"District {n // 4}" for n in range(count)],
        "population": [1500.0] * count,
    }
    shapes = [shapely.box(n * 1000, 0, n * 1000 + 1000, 1000) for n in range(count)]
    return gpd.GeoDataFrame({**rows, **columns}, geometry=shapes, crs=27700)


BOW_TIE = shapely.Polygon([(0, 0), (900, 900), (900, 0), (0, 900)])
AWKWARD_SHAPES: dict[str, gpd.GeoDataFrame] = {
    "one": squares(1),
    "two": squares(2),
    "twenty": squares(20),
    "no decile": squares(3, decile=pd.array([pd.NA, 1, 10], dtype="Int64")),
    "no residents": squares(3, population=[np.nan, 0.0, 1.0]),
    "long names": squares(5, district=["Bournemouth, Christchurch and Poole with neighbours"] * 2
                          + ['"A" & <B>'] * 3),
    "a crossed outline": squares(2).set_geometry([BOW_TIE, shapely.box(900, 0, 1900, 900)]),
    "islands": squares(2).set_geometry(
        [shapely.MultiPolygon([shapely.box(0, 0, 5, 5), shapely.box(9e4, 9e4, 9e4 + 5, 9e4 + 5)]),
         shapely.box(0, 0, 9e4, 9e4).difference(shapely.box(1e4, 1e4, 8e4, 8e4))]
    ),
    "no shape": squares(3).set_geometry([None, shapely.Polygon(), shapely.box(0, 0, 9, 9)]),
    "in degrees": squares(3).to_crs(4326),
}  # fmt: skip


@pytest.mark.parametrize("data", AWKWARD_SHAPES)
def test_a_choropleth_of_awkward_shapes(data: str) -> None:
    rows = AWKWARD_SHAPES[data]
    svg = maps.choropleth(rows, chart_id="m", focus="Here")
    root = ElementTree.fromstring(svg)
    titles = [one.text for one in root.iter(f"{SVG}title")]
    assert len(titles) == sum(bool(one) and not one.is_empty for one in rows.geometry)
    assert "nan" not in svg.lower() and "<B>" not in svg
    assert svg == maps.choropleth(rows.iloc[::-1], chart_id="m", focus="Here")
    _, _, width, height = map(float, (root.get("viewBox") or "").split())
    for one in root.iter(f"{SVG}text"):
        assert 0 <= float(one.get("x") or 0) <= width and 0 <= float(one.get("y") or 0) <= height


def test_outlines_that_do_not_say_their_system_are_refused() -> None:
    with pytest.raises(ValueError, match="naive geometries"):
        maps.choropleth(squares(2).set_crs(None, allow_override=True), chart_id="m")


def test_a_choropleth_of_nothing_says_so() -> None:
    assert style.NOTHING in maps.choropleth(squares(0), chart_id="m")
    assert style.NOTHING in maps.choropleth(squares(1).set_geometry([None]), chart_id="m")


def test_areas_of_circles_are_by_population(small_areas: pd.DataFrame) -> None:
    svg = maps.cartogram(small_areas, chart_id="m")
    root = ElementTree.fromstring(svg)
    people, squares = [], []
    for circle in root.iter(f"{SVG}circle"):
        title = circle.findtext(f"{SVG}title") or ""
        found = re.search(r"([\d,]+) residents", title)
        if found:
            people.append(float(found.group(1).replace(",", "")))
            squares.append(float(circle.get("r") or 0) ** 2)
    assert len(people) == 364
    assert np.corrcoef(people, squares)[0, 1] > 0.999


def test_every_neighbourhood_has_its_title(small_areas: pd.DataFrame) -> None:
    svg = maps.cartogram(small_areas, chart_id="m")
    for name in small_areas["name"]:
        assert f"<title>{name}:" in svg
    assert "decile 1 (most deprived 10%)" in svg


def test_a_small_cartogram_counts_what_each_district_has_of_a_class(
    small_areas: pd.DataFrame,
) -> None:
    svg = maps.cartogram(small_areas, chart_id="m", small=True)
    counts = re.findall(r"<title>[^<]*: ([\d,]+) LSOAs</title>", svg)
    assert sum(int(one) for one in counts) == len(small_areas)
    assert len(counts) <= len(maps.THREE) * small_areas["district"].nunique()
    # and draws each small area, where the whole one has it
    discs = {
        (int(x) + int(r), int(y), int(r)) for x, y, r in re.findall(r"M(\d+) (\d+)a(\d+) ", svg)
    }
    whole = maps.cartogram(small_areas, chart_id="m")
    assert discs == {(int(x), int(y), int(r)) for x, y, r in re.findall(
        r'<circle cx="(\d+)" cy="(\d+)" r="(\d+)"', whole)}  # fmt: skip


def test_the_order_of_rows_does_not_matter(small_areas: pd.DataFrame) -> None:
    shuffled = small_areas.sample(frac=1, random_state=3)
    assert maps.cartogram(shuffled, chart_id="m") == maps.cartogram(small_areas, chart_id="m")


def test_a_missing_decile_is_a_class_of_its_own(small_areas: pd.DataFrame) -> None:
    rows = small_areas.copy()
    rows.loc[rows.index[:5], "decile"] = pd.NA
    svg = maps.cartogram(rows, chart_id="m")
    assert "No data" in svg
    assert "No data" not in maps.cartogram(small_areas, chart_id="m")


def test_one_neighbourhood_and_none(small_areas: pd.DataFrame) -> None:
    assert len(circles(maps.cartogram(small_areas.head(1), chart_id="m"))) == 1
    assert style.NOTHING in maps.cartogram(small_areas.head(0), chart_id="m")


def test_names_are_escaped(small_areas: pd.DataFrame) -> None:
    rows = small_areas.head(3).assign(name="<script>", district='"A" & B')
    svg = maps.cartogram(rows, chart_id="m")
    assert "<script>" not in svg
    ElementTree.fromstring(svg)


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("area", "year", "lsoas"),
    [("Worcestershire", 2022, 364), ("Isles of Scilly", 2022, 1), ("Birmingham", 2025, 659),
     ("Hackney", 2022, 144)],
)  # fmt: skip
def test_choropleths_of_real_boundaries(national: Path, area: str, year: int, lsoas: int) -> None:
    na = assessment.load(area, year, processed=national)
    assert na.boundaries is not None
    shapes = na.boundaries[["code", "geometry"]].merge(
        na.lsoa.rename(columns=NAMES), on="code", how="right"
    )
    svg = maps.choropleth(shapes, chart_id="m")
    districts = maps.district_outlines(shapes)
    assert svg == maps.choropleth(shapes, districts, chart_id="m")
    assert maps.small(shapes, chart_id="m") == maps.small(shapes, districts, chart_id="m")
    root = ElementTree.fromstring(svg)
    titles = [e.text for e in root.iter(f"{SVG}title") if "decile" in (e.text or "")]
    assert len(titles) == len(na.lsoa) == lsoas
    for place in na.districts:
        assert place.name in svg
    assert len(svg) < 1_000 * lsoas + 20_000


@pytest.mark.slow
def test_the_gallery_shows_every_chart_and_map_on_its_awkward_cases() -> None:
    spec = importlib.util.spec_from_file_location("gallery", Path(__file__).with_name("gallery.py"))
    assert spec is not None and spec.loader is not None
    gallery = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(gallery)
    page = gallery.page([])
    for name in (*charts.__all__, "choropleth", "cartogram"):
        assert f"<h2>{name}</h2>" in page
    for case in AWKWARD_SHAPES:
        assert f"choropleth, {case}<" in page
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))
