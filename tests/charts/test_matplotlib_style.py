"""Drawings of authors look like the report's, whenever matplotlib is imported."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import pytest
import seaborn as sns

from needs.charts import matplotlib_style
from needs.charts.style import CATEGORICAL, INK

#: What tells that the style is set, and which font a drawing is given.
SHOWN = (
    "from matplotlib import rcParams, font_manager\n"
    "found = font_manager.findfont(font_manager.FontProperties(rcParams['font.family']))\n"
    "print(rcParams['text.color'], rcParams['axes.prop_cycle'].by_key()['color'][1])\n"
    "print(found.endswith('SourceSansPro-Regular.ttf'))\n"
)


def run(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_settings_are_seaborns_white_grid_but_for_the_reports_own() -> None:
    grid = sns.axes_style("whitegrid")
    ours = matplotlib_style.SETTINGS
    assert set(grid) - set(ours) == {"image.cmap"}  # which only seaborn knows
    changed = {name for name in set(grid) & set(ours) if grid[name] != ours[name]}
    assert changed == {
        "axes.edgecolor", "axes.facecolor", "axes.labelcolor", "axes.spines.left",
        "axes.spines.right", "axes.spines.top", "font.family", "grid.color", "text.color",
        "xtick.color", "ytick.color",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "imported", ["import matplotlib", "import matplotlib.pyplot as plt", "import seaborn"]
)
def test_matplotlib_gets_the_style_when_it_is_imported(imported: str) -> None:
    opened = (
        "import sys; from needs.charts.matplotlib_style import draw_like_the_report\n"
        "draw_like_the_report(); draw_like_the_report()\n"
    )
    without = "assert not {'matplotlib', 'seaborn', 'PIL'} & set(sys.modules)\n"
    later = run(f"{opened}{without}{imported}\n{SHOWN}")
    assert later == run(f"{imported}\n{opened}{SHOWN}") == [INK, CATEGORICAL[1], "True"]


@pytest.mark.slow
def test_nothing_waits_any_more() -> None:
    code = (
        "from needs.charts import matplotlib_style as own\n"
        "own.draw_like_the_report(); own.stop_waiting()\n"
    )
    shown = run(code + SHOWN)
    assert (shown[0], shown[-1]) == ("black", "False")


def test_the_style_is_left_as_it_was() -> None:
    before = dict(mpl.rcParams)
    with matplotlib_style.report_style():
        assert mpl.rcParams["text.color"] == INK
    assert dict(mpl.rcParams) == before
