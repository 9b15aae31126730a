from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely

from needs.errors import InvalidDataError, ParameterError
from needs.stats import spatial
from needs.stats.spatial import (
    gi_star,
    morans_i,
    queen_contiguity,
)

RATE = {"area": "id", "value": "rate"}


@pytest.fixture
def map_153(read_oracle):
    return read_oracle("spatial/areas_153.csv"), read_oracle("spatial/edges_153.csv")


@pytest.fixture
def without_island(map_153):
    areas, edges = map_153
    return areas[areas["id"] != 152], edges


@pytest.fixture
def grid():
    """Squares of four by four with a gradient from left to right, and an island."""
    squares = [shapely.box(x, y, x + 1, y + 1) for y in range(4) for x in range(4)]
    names = [f"S{number:02}" for number in range(16)] + ["island"]
    return geopandas.GeoDataFrame(
        {"id": names, "rate": [float(n % 4) for n in range(16)] + [1.5]},
        geometry=[*squares, shapely.box(10, 10, 11, 11)],
    )


@pytest.mark.oracle
def test_morans_i_with_an_island_matches(map_153, read_oracle):
    areas, edges = map_153
    expected = read_oracle("spatial/global_expected.csv").query("stat == 'moran_W'")
    assert len(expected) == 4
    for row in expected.itertuples():
        assumption = "randomisation" if row.randomisation else "normality"
        ours = morans_i(
            areas, edges, assumption=assumption, count_islands=not row.adjust_n, **RATE
        ).iloc[0]
        assert ours["islands"] == 1
        for mine, theirs in (
            (ours["value"], row.I),
            (ours["expected"], row.E),
            (ours["variance"], row.V),
            (ours["z"], row.z),
        ):
            assert mine == pytest.approx(theirs, rel=1e-12)
        assert ours["p"] == pytest.approx(row.p, rel=1e-12)


@pytest.mark.oracle
def test_morans_i_without_the_island_matches(without_island, read_oracle):
    expected = read_oracle("spatial/global_expected.csv").set_index("stat")
    ours = morans_i(*without_island, **RATE).iloc[0]
    row = expected.loc["moran_W_no_island"]
    for mine, theirs in (("value", "I"), ("expected", "E"), ("variance", "V"), ("z", "z")):
        assert ours[mine] == pytest.approx(row[theirs], rel=1e-12)
    assert ours["p"] == pytest.approx(row["p"], rel=1e-12)


@pytest.mark.oracle
def test_local_statistics_match(without_island, read_oracle):
    expected = read_oracle("spatial/local_expected_no_island.csv")
    star = gi_star(*without_island, **RATE)
    assert star["id"].tolist() == expected["id"].tolist()
    np.testing.assert_allclose(star["z"], expected["Gi_star_z_binary"], rtol=1e-12)
    plain = gi_star(*without_island, with_own_value=False, **RATE)
    np.testing.assert_allclose(plain["z"], expected["Gi_z_binary"], rtol=1e-12)


def test_queen_neighbours_share_borders_and_corners(grid):
    edges = queen_contiguity(grid, code="id")
    # 4 by 4 squares: 24 borders and 18 corners; the island has none
    assert len(edges) == 24 + 18
    assert (edges["area"] < edges["neighbour"]).all()
    assert "island" not in set(edges["area"]) | set(edges["neighbour"])
    pd.testing.assert_frame_equal(edges, queen_contiguity(grid.iloc[::-1], code="id"))


def test_invalid_rings_are_mended_for_the_comparison():
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    assert not bow.is_valid
    shapes = geopandas.GeoDataFrame({"id": ["a", "b"]}, geometry=[bow, shapely.box(2, 0, 3, 2)])
    assert queen_contiguity(shapes, code="id").to_numpy().tolist() == [["a", "b"]]


def test_neighbours_need_codes_and_shapes(grid):
    with pytest.raises(InvalidDataError, match="twice"):
        queen_contiguity(grid.assign(id="same"), code="id")
    with pytest.raises(InvalidDataError, match="no geometry") as error:
        bad = grid.copy()
        bad.loc[3, "geometry"] = None
        queen_contiguity(bad, code="id")
    assert "row 3" in str(error.value)


def test_a_gradient_is_clustered_and_islands_are_allowed(grid):
    edges = queen_contiguity(grid, code="id")
    row = morans_i(grid, edges, **RATE).iloc[0]
    assert (row["areas"], row["islands"], row["status"]) == (17, 1, "shown")
    assert row["value"] > 0.3
    # an island has its own value: Gi* is there, Gi is not
    assert gi_star(grid, edges, **RATE)["status"].eq("shown").all()
    plain = gi_star(grid, edges, with_own_value=False, **RATE).set_index("id")
    assert plain.loc["island", ["status", "cluster"]].tolist() == ["not applicable"] * 2
    assert plain["status"].value_counts()["shown"] == 16


def test_hot_and_cold_spots():
    squares = [shapely.box(x, y, x + 1, y + 1) for y in range(12) for x in range(12)]
    frame = geopandas.GeoDataFrame({"id": range(144)}, geometry=squares)
    edges = queen_contiguity(frame, code="id")
    x, y = np.arange(144) % 12, np.arange(144) // 12
    rate = 50.0 + 40 * ((x < 3) & (y < 3)) - 40 * ((x > 8) & (y > 8)) + (x * 7 + y * 5) % 3
    ours = gi_star(pd.DataFrame({"id": range(144), "rate": rate}), edges, **RATE)
    ours = ours.set_index("id")
    assert ours.loc[13, "cluster"] == "hot spot"
    assert ours.loc[130, "cluster"] == "cold spot"
    assert ours.loc[66, "cluster"] == "not significant"
    assert (ours["p_adjusted"] >= ours["p"]).all()


def test_adjustment_for_false_discoveries(grid):
    ours = gi_star(grid, queen_contiguity(grid, code="id"), **RATE)
    p = ours["p"].sort_values().to_numpy()
    n = len(p)
    expected = [min(p[j] * n / (j + 1) for j in range(i, n)) for i in range(n)]
    np.testing.assert_allclose(ours["p_adjusted"].sort_values(), expected, rtol=1e-12)


def test_a_spot_needs_the_adjusted_p():
    # trap: one area in twenty is a hot spot by chance
    random = np.random.default_rng(6)
    squares = [shapely.box(x, y, x + 1, y + 1) for y in range(12) for x in range(12)]
    frame = geopandas.GeoDataFrame({"id": range(144)}, geometry=squares)
    corner = (np.arange(144) % 12 < 3) & (np.arange(144) < 36)
    noise = pd.DataFrame({"id": range(144), "rate": random.normal(size=144) + 1.5 * corner})
    ours = gi_star(noise, queen_contiguity(frame, code="id"), **RATE)
    alone = ours[(ours["p"] < 0.05) & (ours["p_adjusted"] >= 0.05)]
    assert len(alone) >= 3
    assert set(alone["cluster"]) == {"not significant"}
    spots = ours["cluster"].isin(["hot spot", "cold spot"])
    assert spots.any()
    assert spots.equals(ours["p_adjusted"] < 0.05)
    wide = gi_star(noise, queen_contiguity(frame, code="id"), confidence=0.01, **RATE)
    assert wide["cluster"].isin(["hot spot", "cold spot"]).equals(wide["p_adjusted"] < 0.99)


def test_an_area_is_not_its_own_neighbour(grid):
    edges = queen_contiguity(grid, code="id")
    own = pd.DataFrame({"area": grid["id"], "neighbour": grid["id"]})
    table = pd.DataFrame(grid.drop(columns="geometry"))
    for call in (morans_i, gi_star):
        pd.testing.assert_frame_equal(
            call(table, edges, **RATE), call(table, pd.concat([edges, own]), **RATE)
        )
    assert morans_i(table, own, **RATE)["islands"].tolist() == [17]


@pytest.mark.parametrize("assumption", ["randomisation", "normality"])
def test_a_map_of_islands_has_no_statistic(grid, assumption):
    table = pd.DataFrame(grid.drop(columns="geometry"))
    none = pd.DataFrame({"area": [], "neighbour": []}, dtype="str")
    for islands in (True, False):
        row = morans_i(
            table, none, count_islands=islands, assumption=assumption, permutations=9, **RATE
        ).iloc[0]
        assert (row["status"], row["islands"]) == ("not applicable", 17)
        assert np.isnan(row[["value", "variance", "z", "p", "p_permutation"]].astype(float)).all()


@pytest.mark.parametrize("permutations", [-1, 9.5, True, "many"])
def test_permutations_are_a_whole_number(grid, permutations):
    with pytest.raises(ParameterError, match="permutations"):
        morans_i(grid, queen_contiguity(grid, code="id"), permutations=permutations, **RATE)


def test_groups_share_the_map_and_do_not_touch_each_other(grid):
    edges = queen_contiguity(grid, code="id")
    table = pd.DataFrame(grid.drop(columns="geometry"))
    flat = table.assign(year=2, rate=5.0)
    both = pd.concat([flat, table.assign(year=1)])
    ours = morans_i(both, edges, by=["year"], permutations=99, **RATE)
    assert ours["status"].tolist() == ["shown", "not applicable"]
    alone = morans_i(table, edges, permutations=99, **RATE)
    columns = ["value", "variance", "z", "p", "p_permutation"]
    pd.testing.assert_frame_equal(ours.loc[:0, columns], alone[columns])
    star = gi_star(both, edges, by=["year"], **RATE)
    assert star["year"].tolist() == [1] * 17 + [2] * 17
    assert star.groupby("year")["z"].count().tolist() == [17, 0]


@pytest.mark.parametrize("at_once", [1, 100, 16 * 99])
def test_permutations_are_the_same_however_many_are_made_at_once(grid, at_once, monkeypatch):
    edges = queen_contiguity(grid, code="id")
    table = pd.DataFrame(grid.drop(columns="geometry"))
    expected = gi_star(table, edges, permutations=99, seed=4, **RATE)
    monkeypatch.setattr(spatial, "SHUFFLED_AT_ONCE", at_once)
    pd.testing.assert_frame_equal(
        expected, gi_star(table, edges, permutations=99, seed=4, **RATE), check_exact=True
    )


def test_order_of_rows_and_direction_of_edges_do_not_matter(grid):
    edges = queen_contiguity(grid, code="id")
    turned = pd.concat([edges, edges.rename(columns={"area": "neighbour", "neighbour": "area"})])
    table = pd.DataFrame(grid.drop(columns="geometry"))
    expected = gi_star(table, edges, **RATE)
    shuffled = table.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(
        expected, gi_star(shuffled, turned[["area", "neighbour"]], **RATE)
    )


def test_too_small_a_map_has_no_statistic():
    table = pd.DataFrame({"id": list("abc"), "rate": [1.0, 2.0, 3.0]})
    edges = pd.DataFrame({"area": ["a", "b"], "neighbour": ["b", "c"]})
    for call in (morans_i, gi_star):
        ours = call(table, edges, **RATE)
        assert ours["status"].eq("not applicable").all()
        assert ours["value"].isna().all()
    no_edges = morans_i(table, edges.iloc[:0], **RATE)
    assert no_edges["status"].tolist() == ["not applicable"]


def test_maps_refuse_what_cannot_be(grid):
    edges = queen_contiguity(grid, code="id")
    table = pd.DataFrame(grid.drop(columns="geometry"))
    with pytest.raises(InvalidDataError, match="row 5"):
        morans_i(table.assign(rate=table["rate"].where(table.index != 5)), edges, **RATE)
    with pytest.raises(InvalidDataError, match="does not have"):
        morans_i(table.iloc[1:], edges, **RATE)
    with pytest.raises(InvalidDataError, match="twice"):
        morans_i(table.assign(id="S00"), edges, **RATE)
    with pytest.raises(InvalidDataError, match="two columns"):
        morans_i(table, edges[["area"]], **RATE)
    with pytest.raises(ParameterError, match="assumption"):
        morans_i(table, edges, assumption="none", **RATE)  # type: ignore[arg-type]
    years = pd.concat([table.assign(year=1), table.iloc[1:].assign(year=2)])
    with pytest.raises(InvalidDataError, match="same areas"):
        morans_i(years, edges, by=["year"], **RATE)
