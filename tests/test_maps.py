"""Maps: circles that do not overlap, areas by population, a title on every neighbourhood."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from needs import assessment, maps, style
from needs.assessment import Assessment

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
    root = ElementTree.fromstring(svg)
    titles = [e.text for e in root.iter(f"{SVG}title") if "decile" in (e.text or "")]
    assert len(titles) == len(na.lsoa) == lsoas
    for place in na.districts:
        assert place.name in svg
    assert len(svg) < 1_000 * lsoas + 20_000
