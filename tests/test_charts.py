"""Charts: every function on awkward data, and the rules that each drawing keeps."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import typst

from needs import charts, style
from needs.figures import Figure, Series, Status
from needs.stats.compare import funnel_limits

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "A <script>alert('x')</script> & \"B\""
LONG = "Bournemouth, Christchurch and Poole with all of their neighbours"


def figure(value: float | None, area: str = "Here", period: str = "2021", **more: object) -> Figure:
    base: dict[str, object] = {
        "id": f"r.{area}.{period}.{more.get('sex', '')}.{more.get('label', '')}",
        "indicator": "r",
        "label": "Rate",
        "area_code": area,
        "area_name": area,
        "period": period,
        "value": value,
        "unit": "per 100,000",
        "lower": None if value is None else value * 0.8,
        "upper": None if value is None else value * 1.25 + 1,
        "denominator": 100_000.0,
        "status": Status.SHOWN if value is not None else Status.UNAVAILABLE,
    }
    return Figure(**{**base, **more})  # type: ignore[arg-type]


#: Values of a handful of areas or periods, each awkward in its own way.
AWKWARD: dict[str, list[float | None]] = {
    "one": [4.2],
    "two": [4.2, 5.0],
    "zero": [0.0, 0.0, 0.0],
    "missing": [None, None, None],
    "some missing": [4.2, None, 5.0],
    "huge range": [0.001, 1e7, 3.0],
    "twenty": [float(n) for n in range(20)],
    "153": [float(n % 37) for n in range(153)],
}
NAMES = ["Here", HOSTILE, LONG]


def areas(values: list[float | None]) -> list[Figure]:
    named = [*NAMES, *(f"Area {n}" for n in range(len(values)))]
    return [
        figure(value, name, denominator=50_000.0 * (n + 1))
        for n, (name, value) in enumerate(zip(named, values, strict=False))
    ]


def periods(values: list[float | None], area: str = "Here") -> tuple[Figure, ...]:
    return tuple(figure(value, area, str(1990 + n)) for n, value in enumerate(values[:30]))


def _funnel(values: list[float | None]) -> str:
    drawn = areas(values)
    curve = pd.DataFrame({"denominator": np.geomspace(40_000, 9e6, 30)})
    limits = funnel_limits(curve, denominator="denominator", reference=4.5).rename(
        columns={
            "funnel_lower95_0": "lower_95",
            "funnel_upper95_0": "upper_95",
            "funnel_lower99_8": "lower_998",
            "funnel_upper99_8": "upper_998",
        }
    )
    return charts.funnel(
        drawn,
        chart_id="c",
        focus="Here",
        reference=figure(4.5, "England"),
        limits=limits,
        unit="per 100,000",
    )


def _pyramid(values: list[float | None]) -> str:
    rows = [
        {"age_from": 5 * n, "sex": sex, "population": value or 0.0, "comparator": 10.0}
        for n, value in enumerate(values[:19])
        for sex in ("male", "female")
    ]
    return charts.pyramid(pd.DataFrame(rows), chart_id="c", area=HOSTILE, comparator="England")


def _domains(values: list[float | None]) -> str:
    bands = ("Most deprived 10%", "10% to 20%", "20% to 30%")
    rows = [
        {"domain": f"{LONG} {n}", "band": band, "share": min(value, 33.0) if value else value}
        for n, value in enumerate(values[:8])
        for band in bands
    ]
    return charts.domain_profile(pd.DataFrame(rows).astype({"share": float}), chart_id="c")


def _treated(values: list[float | None]) -> str:
    rows = [(one.area_name, one.with_(id=one.id + "t"), one) for one in areas(values)[:20]]
    return charts.treated_bar(rows, chart_id="c", unit="people")


def _series(values: list[float | None]) -> list[Series]:
    return [
        Series("Here", "focus", periods(values)),
        Series(LONG, "region", periods(values, LONG)),
        Series(HOSTILE, "national", periods(values[::-1], HOSTILE)),
    ]


DRAW: dict[str, Callable[[list[float | None]], str]] = {
    "trend": lambda v: charts.trend(_series(v), chart_id="c", unit="per 100,000"),
    "funnel": _funnel,
    "caterpillar": lambda v: charts.caterpillar(
        areas(v), chart_id="c", unit="%", focus="Here", reference=figure(4.5, "England")
    ),
    "dumbbell": lambda v: charts.dumbbell(
        [(f.area_name, f, f.with_(id=f.id + "b")) for f in areas(v)[:20]],
        chart_id="c", unit="%", first="Males", second="Females",
    ),
    "bars": lambda v: charts.bars(areas(v)[:20], chart_id="c", unit="%"),
    "grouped_bars": lambda v: charts.grouped_bars(_series(v), chart_id="c", unit="%"),
    "amounts": lambda v: charts.amounts(
        [f.with_(label=g, id=f.id + g, lower=None, upper=None)
         for f in periods(v)[:8] for g in (LONG, HOSTILE)], chart_id="c",
    ),
    "decile_bars": lambda v: charts.decile_bars(
        [figure((v * 10)[n], period=str(n)) for n in range(10)], chart_id="c"
    ),
    "pyramid": _pyramid,
    "domain_profile": _domains,
    "treated_bar": _treated,
}  # fmt: skip


def test_every_chart_is_drawn_here() -> None:
    assert set(DRAW) == set(charts.__all__)


@pytest.mark.parametrize("data", AWKWARD, ids=str)
@pytest.mark.parametrize("name", DRAW)
def test_awkward_data_are_drawn_by_the_rules(name: str, data: str) -> None:
    svg = DRAW[name](AWKWARD[data])
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg" and root.get("viewBox")
    assert "<script" not in svg and 'href="http' not in svg and "nan" not in svg.lower()
    assert not re.search(r"\bNone\b", svg)
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert all(str(one).startswith("c") for one in ids)
    texts = [text for e in root.iter(f"{SVG}text") for text in e.itertext()]
    assert texts, "a drawing without a word says nothing"
    for element in root.iter(f"{SVG}text"):
        size = element.get("font-size")
        if size:
            assert float(size.removesuffix("px")) >= 8.9 or float(size) > 100  # grid units


@pytest.mark.parametrize("name", sorted(set(DRAW) - {"pyramid"}))
def test_nothing_to_draw_is_said(name: str) -> None:
    assert style.NOTHING in DRAW[name](AWKWARD["missing"])


@pytest.mark.parametrize("name", DRAW)
def test_the_same_figures_give_the_same_bytes(name: str) -> None:
    assert DRAW[name](AWKWARD["twenty"]) == DRAW[name](AWKWARD["twenty"])


def test_another_process_gives_the_same_bytes() -> None:
    code = (
        "from needs import charts; from needs.figures import Figure, Series;"
        "f=tuple(Figure(f'a{n}','r','R','E','Here',str(2000+n),float(n),'%') for n in range(9));"
        "print(charts.trend([Series('Here','focus',f)], chart_id='c', unit='%'))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].stdout.startswith("<svg")


def test_drawing_leaves_the_settings_alone() -> None:
    before = dict(mpl.rcParams)
    DRAW["trend"](AWKWARD["two"])
    DRAW["funnel"](AWKWARD["twenty"])
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", DRAW)
def test_the_pdf_takes_the_drawing(name: str) -> None:
    svg = DRAW[name](AWKWARD["twenty"]).encode()
    page = typst.compile(
        b"#set page(width: 17cm, height: auto)\n#image(bytes(sys.inputs.svg), width: 100%)",
        sys_inputs={"svg": svg.decode()},
        font_paths=[str(style.font_folder())],
    )
    assert page.startswith(b"%PDF")


def test_hostile_names_are_text() -> None:
    svg = DRAW["caterpillar"](AWKWARD["twenty"])
    assert "&lt;script&gt;" in svg


def test_bars_start_at_zero() -> None:
    drawn = ElementTree.fromstring(DRAW["bars"]([50.0, 60.0, 55.0]))
    ticks = ["".join(e.itertext()) for e in drawn.iter(f"{SVG}text")]
    assert "0" in ticks


def _luminance(color: str) -> float:
    parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two colours."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_stand_out_from_the_page() -> None:
    for color in (*style.CATEGORICAL, *style.DUO):
        assert contrast(color, "#FFFFFF") >= 3
    for color in (style.INK, style.QUIET):
        assert contrast(color, "#FFFFFF") >= 4.5
    for one, other in zip(style.CATEGORICAL, style.CATEGORICAL[1:], strict=False):
        assert contrast(one, other) >= 3
    assert contrast(style.OUTLINE, "#FFFFFF") >= 3  # outlines carry the palest deciles


def test_deciles_grow_paler_in_order() -> None:
    shades = [_luminance(color) for color in style.DECILES]
    assert len(shades) == 10 and shades == sorted(shades)


def test_rows_with_an_order_of_their_own_keep_it() -> None:
    figures = [figure(value, f"Decile {n}") for n, value in enumerate([3.0, 9.0, None, 6.0], 1)]

    def names(in_order: bool) -> list[str]:
        drawn = charts.caterpillar(figures, chart_id="c", unit="%", in_order=in_order)
        return re.findall(r">(Decile \d)<", drawn)

    assert names(True) == ["Decile 1", "Decile 2", "Decile 3", "Decile 4"]
    assert names(False) == ["Decile 2", "Decile 4", "Decile 1", "Decile 3"]
