"""Draw every chart and map on its awkward cases, and those of the worked example, on one page.

``make gallery``: for looking at. Colours, overlaps and long names are seen sooner side by side than
in the report.
"""

from __future__ import annotations

import html
import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from needs.chapters import blocks
from needs.charts import maps
from needs.commands import run as runs
from needs.tables import prepare
from needs.words.text import plain

ROOT = Path(__file__).resolve().parents[2]
VALUES = {"areas": ["E10000034"], "year": 2022, "name": ""}


def charts(processed: Path) -> list[tuple[str, blocks.Chart]]:
    """Every chart that the notebooks show, with the notebook's name."""
    found = []
    with tempfile.TemporaryDirectory(prefix="needs-gallery-") as folder:
        for path in runs.chapters(ROOT / "notebooks"):
            with runs._processed_data(processed):
                node = runs.execute(path, VALUES, Path(folder), area="Worcestershire")
            for cell in node.cells:
                for output in cell.get("outputs", ()):
                    for model in output.get("data", {}).get(blocks.MIME_TYPE, ()):
                        block = blocks.from_model(dict(model))
                        if isinstance(block, blocks.Chart):
                            found.append((path.stem, block))
    return found


def cases(name: str) -> ModuleType:
    """A module of tests, for the awkward data that it declares."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def awkward() -> Iterator[tuple[str, str, str]]:
    """Each chart function and map with the data that its tests draw: function, case, SVG."""
    drawn = cases("test_charts")
    for name, draw in drawn.DRAW.items():
        for case, values in drawn.AWKWARD.items():
            yield name, case, draw(values)
    shapes = cases("test_maps").AWKWARD_SHAPES
    for case, rows in shapes.items():
        yield "choropleth", case, maps.choropleth(rows, chart_id="c", focus="Here")
    for case in ("one", "two", "twenty", "no decile", "no residents", "long names"):
        rows = shapes[case]
        middles = rows.geometry.centroid
        points = rows.assign(easting=middles.x, northing=middles.y)
        yield "cartogram", case, maps.cartogram(points, chart_id="c", focus="Here")


def figure(title: str, svg: str, below: str, subtitle: str = "") -> str:
    """A drawing with what it is."""
    return (
        f"<figure><h3>{html.escape(title)}</h3><p>{html.escape(subtitle)}</p>{svg}"
        f"<figcaption>{html.escape(below)}</figcaption></figure>"
    )


def page(example: list[tuple[str, blocks.Chart]]) -> str:
    """The gallery: the awkward cases by function, then the worked example."""
    parts, heading, count = [], "", 0
    for number, (name, case, svg) in enumerate(awkward()):
        if name != heading:
            parts.append(f"<h2>{name}</h2>")
            heading = name
        # ids are by chart, and the page has many of each
        parts.append(
            figure(
                case,
                svg.replace('"c-', f'"c{number}-').replace("#c-", f"#c{number}-"),
                f"{name}, {case}",
            )
        )
        count += 1
    if example:
        parts.append("<h2>The worked example</h2>")
    for chapter, chart in example:
        headline = plain(chart.headline)
        below = f"{chapter}, {chart.id}: {chart.alt}"
        parts.append(figure(headline, chart.svg, below, chart.subtitle))
    return (
        '<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>Charts</title>'
        "<style>body{font:16px sans-serif;max-width:80rem;margin:auto}svg{max-width:100%}"
        "figure{display:inline-block;width:36rem;vertical-align:top;margin:.5rem}</style>"
        f"<h1>{count + len(example)} charts and maps</h1>{''.join(parts)}</html>\n"
    )


def main(out: Path) -> None:
    """Write ``index.html``, and one SVG for each chart of the worked example."""
    processed = out / "processed"
    prepare.prepare(ROOT / "data" / "raw", processed)
    example = charts(processed)
    for _, chart in example:
        (out / f"{chart.id}.svg").write_text(chart.svg, encoding="utf-8", newline="\n")
    (out / "index.html").write_text(page(example), encoding="utf-8", newline="\n")
    print(out / "index.html")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
