"""Draw every chart and map of the worked example on one page: ``make gallery``.

For looking at: colours, overlaps and long names are seen sooner side by side than in the report.
"""

from __future__ import annotations

import html
import sys
import tempfile
from pathlib import Path

from needs import blocks, prepare
from needs.report import run as runs

ROOT = Path(__file__).resolve().parent.parent
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


def main(out: Path) -> None:
    """Write ``index.html`` and one SVG for each chart."""
    processed = out / "processed"
    prepare.prepare(ROOT / "data" / "raw", processed)
    parts = []
    for chapter, chart in charts(processed):
        (out / f"{chart.id}.svg").write_text(chart.svg, encoding="utf-8", newline="\n")
        parts.append(
            f"<figure><h2>{html.escape(blocks.plain(chart.headline))}</h2>"
            f"<p>{html.escape(chart.subtitle)}</p>{chart.svg}"
            f"<figcaption>{chapter}, {chart.id}: {html.escape(chart.alt)}</figcaption></figure>"
        )
    page = (
        '<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>Charts</title>'
        "<style>body{font:16px sans-serif;max-width:60rem;margin:auto}svg{max-width:100%}</style>"
        f"<h1>{len(parts)} charts and maps</h1>{''.join(parts)}</html>\n"
    )
    (out / "index.html").write_text(page, encoding="utf-8", newline="\n")
    print(out / "index.html")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
