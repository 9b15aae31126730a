"""Findings in words: what each says of its figures, and of none."""

from __future__ import annotations

import pytest

from needs import findings
from needs.blocks import plain
from needs.figures import Figure, Status


def figure(value: float | None, key: str = "lsoas", area: str = "Anyshire") -> Figure:
    return Figure(
        id=f"{key}.{area}",
        indicator=key,
        label=key,
        area_code="E10000000",
        area_name=area,
        period="IoD2019",
        value=value,
        unit="LSOAs",
        decimals=0,
        status=Status.SHOWN if value is not None else Status.NOT_APPLICABLE,
        note="there are too few LSOAs with neighbours" if value is None else "",
    )


def index(value: float) -> Figure:
    return figure(value, "imd_clustering").with_(unit="", decimals=2)


@pytest.mark.parametrize(
    ("value", "p", "said"),
    [
        (0.31, 0.0001, "The deprived neighbourhoods of Anyshire lie next to each other: "),
        (0.31, 0.0499, "The deprived neighbourhoods of Anyshire lie next to each other: "),
        (0.31, 0.05, "There is no sign that the deprived neighbourhoods of Anyshire lie next to "),
        (-0.31, 0.5, "There is no sign that the deprived neighbourhoods of Anyshire lie next to "),
        (-0.31, 0.01, "The deprived neighbourhoods of Anyshire lie apart: "),
    ],
)
def test_clustering_is_called_by_its_p_value_and_sign(value: float, p: float, said: str) -> None:
    text = findings.clustering("Anyshire", index(value), p)
    assert plain(text).startswith(said)
    assert f"Moran's I is {index(value).number};" in plain(text)
    assert [span.text for span in text if span.figure] == [index(value).number]


def test_clustering_that_cannot_be_tested_says_why() -> None:
    text = plain(findings.clustering("Isles of Scilly", figure(None), float("nan")))
    assert text == (
        "Whether the deprived neighbourhoods of the Isles of Scilly lie next to each other cannot "
        "be tested: there are too few LSOAs with neighbours."
    )


@pytest.mark.parametrize(
    ("count", "districts", "most", "outside", "said"),
    [
        (0, [0, 0], 5, 5, "No neighbourhood stands out as part of a cluster of high deprivation."),
        (1, [], 0, 0, "1 neighbourhood is in a cluster of high deprivation."),
        (
            *(7, [2, 0, 5], 9, 3),
            "7 neighbourhoods are in clusters of high deprivation: C (5) and A (2). Of the 9 in "
            "the most deprived 10% in England, 3 lie outside clusters.",
        ),
        (
            *(4, [2, 2], 3, 1),
            "4 neighbourhoods are in clusters of high deprivation: A (2) and B (2). Of the 3 in "
            "the most deprived 10% in England, 1 lies outside clusters.",
        ),
        (
            *(15, [5, 4, 3, 1, 1, 1], 9, 0),
            "15 neighbourhoods are in clusters of high deprivation: A (5), B (4), C (3), D (1) and "
            "two other districts.",
        ),
    ],
)
def test_clusters_are_counted_by_district_and_the_rest_is_told(
    count: int, districts: list[int], most: int, outside: int, said: str
) -> None:
    text = findings.clusters(
        figure(count),
        [figure(n, area=name) for n, name in zip(districts, "ABCDEF", strict=False)],
        figure(most, "most"),
        figure(outside, "outside"),
    )
    assert plain(text) == said
