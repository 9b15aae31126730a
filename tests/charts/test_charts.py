"""Charts: every function on awkward data, and the rules that each drawing keeps."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import typst

from needs import catalogue, charts
from needs.charts import bars, style, trends
from needs.charts.drawing import Canvas, Dot, Panel
from needs.charts.font_metrics import font_folder
from needs.charts.rugs import RugColumn
from needs.figures.figure import Figure, Series
from needs.figures.spine import SpineRow
from needs.stats.compare import funnel_limits
from needs.stats.status import Status

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

#: Of which less is better.
INDICATOR = catalogue.load().indicators["drug_misuse_rate"]


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
    return charts.funnel_plot(
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
    return charts.age_pyramid(pd.DataFrame(rows), chart_id="c", area=HOSTILE, comparator="England")


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


def _spine(values: list[float | None]) -> str:
    shown = [one for one in areas(values)[:20] if one.value is not None]
    rows = [
        SpineRow(INDICATOR, one, figure(4.5, "England"), figure(5.0, "Region"), (3.0, 6.0),
                 max(9.0, one.value or 0), 0.0, 6.0, 3.0, 150)
        for one in shown
    ]  # fmt: skip
    verdicts = [("worse", "better", "similar")[n % 3] for n in range(len(rows))]
    trends = ["no clear change"] * len(rows)
    return charts.spine_chart(
        rows,
        chart_id="c",
        area=LONG,
        periods=[row.area.period for row in rows],
        verdicts=verdicts,
        trends=trends,
    )


def _rug(values: list[float | None]) -> str:
    drawn = tuple(areas(values))
    verdicts = tuple(("worse", "better", "similar")[n % 3] for n in range(len(drawn)))
    columns = [
        RugColumn(label, drawn, figure(4.5, "England"), verdicts) for label in (LONG, HOSTILE)
    ]
    return charts.heat_map(columns, chart_id="c", areas=[one.area_name for one in drawn])


DRAW: dict[str, Callable[[list[float | None]], str]] = {
    "trend_lines": lambda v: charts.trend_lines(_series(v), chart_id="c", unit="per 100,000"),
    "funnel_plot": _funnel,
    "caterpillar": lambda v: charts.caterpillar(
        areas(v), chart_id="c", unit="%", focus="Here", reference=figure(4.5, "England")
    ),
    "dumbbell": lambda v: charts.dumbbell(
        [(f.area_name, f, f.with_(id=f.id + "b")) for f in areas(v)[:20]],
        chart_id="c", unit="%", first="Males", second="Females",
    ),
    "grouped_bars": lambda v: charts.grouped_bars(_series(v), chart_id="c", unit="%"),
    "amount_bars": lambda v: charts.amount_bars(
        [f.with_(label=g, id=f.id + g, lower=None, upper=None)
         for f in periods(v)[:8] for g in (LONG, HOSTILE)], chart_id="c",
    ),
    "decile_bars": lambda v: charts.decile_bars(
        [figure((v * 10)[n], period=str(n)) for n in range(10)], chart_id="c"
    ),
    "age_pyramid": _pyramid,
    "domain_profile": _domains,
    "treated_bar": _treated,
    "spine_chart": _spine,
    "heat_map": _rug,
    "histogram": lambda v: charts.histogram(
        areas(v), chart_id="c", unit="%", focus=areas(v)[0], reference=figure(4.5, "England")
    ),
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


@pytest.mark.parametrize("name", sorted(set(DRAW) - {"age_pyramid"}))
def test_nothing_to_draw_is_said(name: str) -> None:
    assert style.NOTHING in DRAW[name](AWKWARD["missing"])


@pytest.mark.parametrize("name", DRAW)
def test_the_same_figures_give_the_same_bytes(name: str) -> None:
    assert DRAW[name](AWKWARD["twenty"]) == DRAW[name](AWKWARD["twenty"])


@pytest.mark.slow
def test_another_process_gives_the_same_bytes() -> None:
    code = (
        "from needs import charts; from needs.figures.figure import Figure, Series;"
        "f=tuple(Figure(f'a{n}','r','R','E','Here',str(2000+n),float(n),'%') for n in range(9));"
        "print(charts.trend_lines([Series('Here','focus',f)], chart_id='c', unit='%'))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].stdout.startswith("<svg")


def test_drawing_leaves_the_settings_alone() -> None:
    before = dict(mpl.rcParams)
    DRAW["trend_lines"](AWKWARD["two"])
    DRAW["funnel_plot"](AWKWARD["twenty"])
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", DRAW)
def test_the_pdf_takes_the_drawing(name: str) -> None:
    svg = DRAW[name](AWKWARD["twenty"]).encode()
    page = typst.compile(
        b"#set page(width: 17cm, height: auto)\n#image(bytes(sys.inputs.svg), width: 100%)",
        sys_inputs={"svg": svg.decode()},
        font_paths=[str(font_folder())],
    )
    assert page.startswith(b"%PDF")


def test_hostile_names_are_text() -> None:
    svg = DRAW["caterpillar"](AWKWARD["twenty"])
    assert "&lt;script&gt;" in svg


def test_bars_start_at_zero() -> None:
    drawn = ElementTree.fromstring(DRAW["grouped_bars"]([50.0, 60.0, 55.0]))
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
    for color in style.CATEGORICAL:
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


# The rules of the drawing itself, on the drawing before it is written

ACROSS = ("grouped_bars", "treated_bar", "domain_profile", "caterpillar", "dumbbell")
UPWARDS = ("trend_lines", "amount_bars", "decile_bars")
BARS = (
    "grouped_bars",
    "treated_bar",
    "domain_profile",
    "amount_bars",
    "decile_bars",
    "age_pyramid",
)
Drawn = Callable[[str, list[float | None]], list[Canvas]]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """What a chart function draws, before it becomes SVG; nothing where it says a sentence."""
    kept: list[Canvas] = []
    write = Canvas.svg

    def keep(drawing: Canvas, *rest: Any) -> str:
        kept.append(drawing)
        return write(drawing, *rest)

    monkeypatch.setattr(Canvas, "svg", keep)

    def draw(name: str, values: list[float | None]) -> list[Canvas]:
        kept.clear()
        DRAW[name](values)
        return kept

    return draw


@pytest.mark.parametrize("data", AWKWARD, ids=str)
@pytest.mark.parametrize("name", DRAW)
def test_few_gridlines_and_an_axis_that_holds_all(name: str, data: str, drawn: Drawn) -> None:
    for drawing in drawn(name, AWKWARD[data]):
        for panel in drawing.panels:
            grids = [one.parts for one in panel.marks if dict(one.look).get("stroke") == style.GRID]
            assert all(len(lines) <= 10 for lines in grids)
            if name not in (*ACROSS, *UPWARDS) or data == "153":
                continue
            way = 0 if name in ACROSS else 1
            ticks = [line[0][way] for line in grids[0]]
            held = [place[way] for mark in panel.marks if not mark.frame
                    for part in mark.parts for place in part]  # fmt: skip
            assert held and max(ticks) >= max(held) * (1 - 1e-9)


@pytest.mark.parametrize("data", ["one", "zero", "huge range", "twenty"])
@pytest.mark.parametrize("name", BARS)
def test_every_bar_starts_at_zero_or_where_another_ends(name: str, data: str, drawn: Drawn) -> None:
    for drawing in drawn(name, AWKWARD[data]):
        for panel in drawing.panels:
            way = 1 if name in ("amount_bars", "decile_bars") else 0
            low, high = sorted((panel.x, panel.y)[way])
            assert low <= 0 <= high
            rows: dict[float, list[tuple[float, float]]] = {}
            for mark in panel.marks:
                if mark.kind == "area":
                    start, _, end, _ = mark.parts[0]
                    spans = rows.setdefault(round(start[1 - way], 6), [])
                    spans.append((start[way], end[way]))
            assert rows
            for spans in rows.values():
                ends = [0.0]
                for first, last in spans:
                    assert first == pytest.approx(ends[-1]) or first == 0
                    ends.append(last)


@pytest.mark.parametrize("data", ["zero", "twenty"])
def test_counts_have_no_halves_on_their_axis(data: str, drawn: Drawn) -> None:
    counts = [one.with_(lower=None, upper=None) for one in periods(AWKWARD[data])]
    counts[0] = counts[0].with_(value=1.0)
    svg = charts.trend_lines(
        [Series("Here", "focus", tuple(counts[:3]))], chart_id="c", unit="deaths"
    )
    ticks = re.findall(r">(\d+(?:\.\d+)?)</text>", svg)
    assert ticks and not [tick for tick in ticks if "." in tick]


def test_a_line_of_zeros_is_a_sentence() -> None:
    zeros = tuple(one.with_(lower=None, upper=None) for one in periods([0.0] * 29))
    svg = charts.trend_lines([Series("Here", "focus", zeros)], chart_id="c", unit="deaths")
    assert "Not drawn: every value is 0, 1990 up to 2018." in svg and "<path" not in svg


def test_many_areas_without_a_value_are_counted_and_have_no_rows() -> None:
    few = charts.caterpillar(areas([4.0, 5.0, None, None]), chart_id="c", unit="%")
    many = charts.caterpillar(areas([4.0, 5.0, *[None] * 7]), chart_id="c", unit="%")
    assert "Area 0" in few and "Not drawn" not in few
    assert "Area 0" not in many and "Not drawn: 7 areas have no figure (see the table)." in many


def test_a_point_of_another_source_is_hollow_and_apart(drawn: Drawn) -> None:
    own = [one.with_(sources=("own",)) for one in periods([4.0, 5.0, 6.0])]
    other = figure(5.5, period="1993", lower=None, upper=None, sources=("strategy",))
    assert trends.second_hand([*own, other]) == [False, False, False, True]
    joined = charts.trend_lines([Series("Here", "focus", (*own, other.with_(sources=("own",))))],
                          chart_id="c", unit="%")  # fmt: skip
    apart = charts.trend_lines([Series("Here", "focus", (*own, other))], chart_id="c", unit="%")
    assert joined != apart
    assert 'fill="#FFFFFF" stroke="#12436D"' in apart


def test_points_alone_before_a_break_are_named() -> None:
    lines = [
        Series("Here", "focus", periods([4.0, 5.0, 6.0])),
        Series("England", "national", periods([9.0, 5.0, 6.0], "England")),
    ]
    svg = charts.trend_lines(lines, chart_id="c", unit="%", breaks={"1991": "Another method."})
    names = ["".join(one.itertext()) for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert names.count("Here") == names.count("England") == 2


def test_legends_are_in_the_order_of_the_data(drawn: Drawn) -> None:
    labels = {
        "grouped_bars": ["Here", LONG, HOSTILE],
        "amount_bars": [LONG, HOSTILE],
        "domain_profile": ["Most deprived 10%", "10% to 20%", "20% to 30%"],
        "treated_bar": ["In treatment", "Not in treatment"],
    }
    for name, wanted in labels.items():
        (drawing,) = drawn(name, AWKWARD["one"])
        told = [one.text for one in drawing.paper.words if one.text in wanted]
        assert list(dict.fromkeys(told[::-1]))[::-1] == wanted, name


def test_parts_that_touch_are_told_apart() -> None:
    """Neighbouring parts of a bar contrast 3 to 1, and so does each with what is written on it."""
    for one, other in zip(style.SEQUENTIAL, style.SEQUENTIAL[1:], strict=False):
        assert contrast(one, other) >= 3
    assert contrast(style.FOCUS, bars.PALE) >= 3
    for color in style.SEQUENTIAL:
        assert max(contrast(color, "#FFFFFF"), contrast(color, style.INK)) >= 4.5


def test_a_point_tells_its_value_and_a_withheld_one_has_none() -> None:
    shown = Figure("a", "r", "R", "E1", "Here", "2021", 4.2, "per 100,000", lower=3.1, upper=5.6)
    hidden = shown.with_(
        id="b", period="2020", value=None, lower=None, upper=None, status=Status.SUPPRESSED
    )
    made = trends.trend_lines(
        [Series("Here", "focus", (hidden, shown, shown.with_(id="c", period="2022")))],
        chart_id="t",
        unit="per 100,000",
    )
    titles = re.findall(r"<circle[^>]*><title>([^<]*)</title></circle>", made)
    said = "4.2 per 100,000 (95% confidence interval: 3.1 to 5.6)"
    assert titles == [f"Here, {year}: {said}" for year in (2021, 2022)]


# How a drawing is written


def whole(draw: Callable[[Panel], None]) -> str:
    """A drawing of one panel, 100 points wide and high, from 0 to 1 either way."""
    drawing = Canvas(100)
    panel = drawing.panel(0, style.WIDTH - 100, 0, 0)
    panel.base = False
    draw(panel)
    return drawing.svg("c")


def test_places_are_whole_tenths_of_a_point_in_steps() -> None:
    svg = whole(lambda panel: panel.line([0, 0.25, 0.5], [0, 0.25, 0.25], "#000000", 2))
    assert 'viewBox="0 0 4820 1000"' in svg
    assert '<path d="M0 1000l250-250h250" stroke="#000000" stroke-width="20"' in svg


def test_a_line_has_a_gap_where_a_place_is_missing() -> None:
    values = [0.1, math.nan, 0.3, 0.4]
    svg = whole(lambda panel: panel.line([0, 0.1, 0.2, 0.3], values, "#000000"))
    assert re.findall(' d="([^"]*)"', svg) == ["M200 700l100-100"]  # a lone place has no line


def test_many_dots_are_the_corners_of_a_path_and_few_are_circles() -> None:
    def dots(number: int) -> str:
        places = [n / 20 for n in range(number)]
        return whole(lambda panel: panel.dots(places, places, Dot(4, "#000000")))

    assert dots(9).count("<circle") == 9 and "<marker" not in dots(9)
    many = dots(12)
    assert many.count("<circle") == many.count("<marker ") == 1
    steps = re.findall(r"-?\d+", re.findall(' d="([^"]*)"', many)[0])
    assert len(steps) == 2 * 12 and 'style="marker:url(#c-1)"' in many


def test_every_dot_of_a_crowd_can_be_told_its_name() -> None:
    places = [n / 20 for n in range(12)]
    titles = [f"Area {n}" for n in range(12)]
    svg = whole(lambda panel: panel.dots(places, places, Dot(4, "#000000"), titles=titles))
    assert re.findall("<title>(.*?)</title>", svg) == titles
    x, y = 0, 0
    steps = [int(one) for one in re.findall(r"-?\d+", re.findall(' d="([^"]*)"', svg)[0])]
    circles = re.findall(r'<circle cx="(\d+)" cy="(\d+)"', svg)
    for dx, dy, circle in zip(steps[::2], steps[1::2], circles, strict=True):
        x, y = x + dx, y + dy
        assert circle == (str(x), str(y))


def test_what_lies_outside_a_panel_is_cut_off_at_its_edge() -> None:
    svg = whole(lambda panel: panel.line([0.5, 0.5], [0.5, 7], "#000000", clip=True))
    assert re.findall(' d="([^"]*)"', svg) == ["M500 500v-500"]
    gone = whole(lambda panel: panel.line([0.5, 0.7], [2, 3], "#000000", clip=True))
    assert "<path" not in gone


def test_strokes_of_one_look_are_one_path_unless_they_show_through() -> None:
    def two(opacity: float) -> str:
        def draw(panel: Panel) -> None:
            for y in (0.2, 0.4):
                panel.strokes([[(0, y), (1, y)]], "#000000", 1, opacity=opacity)

        return whole(draw)

    assert re.findall(' d="([^"]*)"', two(1)) == ["M0 800h1000M0 600h1000"]
    assert two(0.5).count("<path") == 2


def test_a_higher_layer_is_drawn_later() -> None:
    def draw(panel: Panel) -> None:
        panel.strokes([[(0, 0.2), (1, 0.2)]], "#000001", 1, layer=3)
        panel.bar((0, 1), (0, 1), "#000002")

    svg = whole(draw)
    assert svg.index("#000002") < svg.index("#000001")
