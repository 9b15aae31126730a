"""Findings in words: what each says of its figures, and of none."""

from __future__ import annotations

import pandas as pd
import pytest

from needs.figures.figure import Figure
from needs.stats.status import Status
from needs.words import chart_words
from needs.words.text import plain


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
        (0.31, 0.0001, "Neighbourhoods of like deprivation lie next to each other in Anyshire: "),
        (0.31, 0.0499, "Neighbourhoods of like deprivation lie next to each other in Anyshire: "),
        (0.31, 0.05, "There is no sign that neighbourhoods of like deprivation lie next to each "),
        (-0.31, 0.5, "There is no sign that neighbourhoods of like deprivation lie next to each "),
        (-0.31, 0.01, "Neighbourhoods of unlike deprivation lie next to each other in Anyshire: "),
    ],
)
def test_clustering_is_called_by_its_p_value_and_sign(value: float, p: float, said: str) -> None:
    text = chart_words.clustering_words("Anyshire", index(value), p)
    assert plain(text).startswith(said)
    assert f"Moran's I is {index(value).number};" in plain(text)
    assert [span.text for span in text if span.figure] == [index(value).number]


def test_clustering_that_cannot_be_tested_says_why() -> None:
    text = plain(chart_words.clustering_words("Isles of Scilly", figure(None), float("nan")))
    assert text == (
        "Whether neighbourhoods of like deprivation lie next to each other in the Isles of Scilly "
        "cannot be tested: there are too few LSOAs with neighbours."
    )


@pytest.mark.parametrize(
    ("count", "districts", "most", "outside", "said"),
    [
        (0, [0, 0], 5, 5, "No neighbourhood stands out as part of a relatively deprived cluster."),
        (
            1,
            [],
            0,
            0,
            "A relatively deprived cluster holds 1 neighbourhood. Of these, 1 is in the most "
            "deprived 30% in England.",
        ),
        (
            *(7, [2, 0, 5], 9, 3),
            "Relatively deprived clusters hold 7 neighbourhoods: C (5) and A (2). Of these, 1 is "
            "in the most deprived 30% in England. Of the 9 in the most deprived 10% in England, "
            "3 lie outside clusters.",
        ),
        (
            *(2, [], 2, 2),
            "Relatively deprived clusters hold 2 neighbourhoods. Of these, 1 is in "
            "the most deprived 30% in England. Of the 2 in the most deprived 10% "
            "in England, none is in a cluster.",
        ),
        (
            *(4, [2, 2], 3, 1),
            "Relatively deprived clusters hold 4 neighbourhoods: A (2) and B (2). Of these, 1 is "
            "in the most deprived 30% in England. Of the 3 in the most deprived 10% in England, "
            "1 lies outside clusters.",
        ),
        (
            *(15, [5, 4, 3, 1, 1, 1], 9, 0),
            "Relatively deprived clusters hold 15 neighbourhoods: A (5), B (4), C (3), D (1) and "
            "two other districts. Of these, 1 is in the most deprived 30% in England.",
        ),
    ],
)
def test_clusters_are_counted_by_district_and_the_rest_is_told(
    count: int, districts: list[int], most: int, outside: int, said: str
) -> None:
    text = chart_words.clusters_words(
        figure(count),
        [figure(n, area=name) for n, name in zip(districts, "ABCDEF", strict=False)],
        figure(most, "most"),
        figure(outside, "outside"),
        figure(1, "nationally"),
    )
    assert plain(text) == said


def shares(*values: float) -> list[Figure]:
    return [
        figure(value, f"decile_{n}").with_(unit="%", decimals=2)
        for n, value in enumerate(values, start=1)
    ]


@pytest.mark.parametrize(
    ("by_decile", "said"),
    [
        (
            (1.19, 27.53, 29.33, 16.82, 7.97, 5.4, 5.76, 3.38, 1.82, 0.8),
            "Anyshire has more residents in the three most deprived deciles (58.05%) than in the "
            "three least deprived (6.00%)",
        ),
        (
            (0, 0, 0, 10, 10, 5, 5, 20, 20, 30),
            "Anyshire has fewer residents in the three most deprived deciles (0.00%) than in the "
            "three least deprived (70.00%)",
        ),
        (
            (10, 10, 10, 10, 10, 10, 10, 10, 10, 10),
            "Anyshire has about as many residents in the three most deprived deciles (30.00%) as "
            "in the three least deprived (30.00%)",
        ),
        (
            (0, 0, 0, 0, 0, 0, 100, 0, 0, 0),
            "All residents of Anyshire live in national decile 7, where 1 is the most deprived and "
            "10 the least",
        ),
        (
            (0, 0, 0, 0, 60, 0, 40, 0, 0, 0),
            "No resident of Anyshire lives in the three most or the three least deprived deciles",
        ),
    ],
)
def test_deciles_are_told_by_the_shares_that_the_chart_shows(
    by_decile: tuple[float, ...], said: str
) -> None:
    most = figure(sum(by_decile[:3]), "most").with_(unit="%", decimals=2)
    least = figure(sum(by_decile[-3:]), "least").with_(unit="%", decimals=2)
    text = chart_words.deciles_words("Anyshire", shares(*by_decile), most, least)
    assert plain(text) == said
    assert any(span.figure for span in text)


@pytest.mark.parametrize(
    ("crime", "barriers", "said"),
    [
        (
            *((19.16, 61.22), (7.04, 87.11)),
            "Deprivation is widest for barriers to housing and services (87.11% in the most "
            "deprived 30%) and deepest for crime (19.16% in the most deprived 10%)",
        ),
        (
            *((4.35, 21.15), (17.13, 39.62)),
            "Barriers to housing and services is the most widespread kind of deprivation: 39.62% "
            "of residents live in the most deprived 30% for it",
        ),
        (
            *((0, 6.5), (0, 0)),
            "Crime is the most widespread kind of deprivation: 6.50% of residents live in the most "
            "deprived 30% for it",
        ),
        ((0, 0), (0, 0), "No resident of Anyshire lives in the most deprived 30% for any domain"),
    ],
)
def test_the_most_widespread_domain_is_not_contradicted_by_a_wider_one(
    crime: tuple[float, float], barriers: tuple[float, float], said: str
) -> None:
    rows = [
        {"domain": key, "label": label}
        | {
            cut: figure(value, f"{key}_{cut}").with_(unit="%", decimals=2)
            for cut, value in zip(("d1", "d3"), values, strict=True)
        }
        for key, label, values in (
            ("imd", "Index of Multiple Deprivation", (50, 100)),
            ("crime", "Crime", crime),
            ("barriers", "Barriers to housing and services", barriers),
        )
    ]
    assert plain(chart_words.domains_words("Anyshire", pd.DataFrame(rows))) == said


@pytest.mark.parametrize(
    ("total", "ten", "thirty", "said"),
    [
        (
            *(364, (18, 27750, 4.64), (74, 122975, 20.56)),
            "Anyshire has 364 neighbourhoods (LSOAs, lower layer super output areas). Among the "
            "most deprived 10% in England are 18 of them, where 27,750 people live, 4.64% of all "
            "residents. Among the most deprived 30% in England are 74 of them, where 122,975 "
            "people live, 20.56% of all residents.",
        ),
        (
            *(23, (0, 0, 0), (1, 1500, 4)),
            "Anyshire has 23 neighbourhoods (LSOAs, lower layer super output areas). None of them "
            "is among the most deprived 10% in England. Among the most deprived 30% in England is "
            "1 of them, where 1,500 people live, 4.00% of all residents.",
        ),
        (
            *(23, (0, 0, 0), (0, 0, 0)),
            "Anyshire has 23 neighbourhoods (LSOAs, lower layer super output areas). None of them "
            "is among the most deprived 30% in England.",
        ),
        (
            *(1, (0, 0, 0), (0, 0, 0)),
            "Anyshire is a single neighbourhood (LSOA, lower layer super output area), which is "
            "not among the most deprived 30% in England.",
        ),
        (
            *(1, (0, 0, 0), (1, 2226, 100)),
            "Anyshire is a single neighbourhood (LSOA, lower layer super output area), which is "
            "among the most deprived 30% in England.",
        ),
    ],
)
def test_deprived_parts_are_told_in_whole_sentences(
    total: int, ten: tuple[float, ...], thirty: tuple[float, ...], said: str
) -> None:
    parts = [
        (
            f"most deprived {cut}",
            figure(lsoas, f"lsoas_{cut}"),
            figure(people, f"people_{cut}").with_(unit="people"),
            figure(share, f"share_{cut}").with_(unit="%", decimals=2),
        )
        for cut, (lsoas, people, share) in (("10%", ten), ("30%", thirty))
    ]
    assert plain(chart_words.deprived_parts("Anyshire", total, parts)) == said


UNKNOWN = (
    "How many residents live there is not known: the population estimates read do not have all "
    "of its neighbourhoods."
)


def test_residents_that_are_not_known_are_no_figure_in_a_sentence() -> None:
    lacking = figure(None, "residents").with_(status=Status.UNAVAILABLE)
    count = figure(18).with_(unit="")
    text = chart_words.neighbourhoods(364, count, lacking)
    assert plain(text) == (
        "Of its 364 neighbourhoods (LSOAs), 18 are among the most deprived 10% in England. "
        + UNKNOWN
    )
    parts = [(f"most deprived {cut}", count, lacking, lacking) for cut in ("10%", "30%")]
    text = chart_words.deprived_parts("Worcestershire", 364, parts)
    assert plain(text) == (
        "Worcestershire has 364 neighbourhoods (LSOAs, lower layer super output areas). Among the "
        "most deprived 10% in England are 18 of them. Among the most deprived 30% in England are "
        "18 of them. " + UNKNOWN
    )
    text = chart_words.deciles_words("Worcestershire", [lacking] * 10, lacking, lacking)
    assert plain(text).startswith("How many residents of Worcestershire live in the most and the ")
    assert "not known: the population estimates read" in plain(text)
    assert any(span.figure == lacking.id for span in text)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (17.1, None, "there is no figure for the least deprived"),
        (None, 3.2, "there is no figure for the most deprived"),
    ],
)
def test_a_gradient_without_an_end_says_which_and_why(
    first: float | None, last: float | None, said: str
) -> None:
    ends = [
        figure(one, f"end {n}").with_(
            unit="per 100,000",
            decimals=1,
            status=Status.SHOWN if one is not None else Status.UNAVAILABLE,
        )
        for n, one in enumerate((first, last))
    ]
    text = plain(chart_words.gradient_words(ends, "Drug misuse death rate"))
    assert text == (
        f"The drug misuse death rate at both ends of deprivation cannot be compared: {said} tenth "
        "of England's authorities"
    )
    assert "no figure in the " in chart_words.alt_gradient(ends, "Drug misuse death rate")
    few = [one.with_(status=Status.UNRELIABLE) if one.value is None else one for one in ends]
    assert "too few events for a reliable rate" in plain(chart_words.gradient_words(few, "rate"))
