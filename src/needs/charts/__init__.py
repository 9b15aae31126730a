"""Charts: figures in, one SVG element out.

Every function takes frozen figures (or a small tidy frame) and ``chart_id``, which prefixes the ids
inside the SVG and must be unique on the page. A chart computes nothing: rates, intervals and
limits come with the figures. Titles and alternative texts are the page's business. A figure that
is not shown is a gap or a printed symbol, never a zero.
"""

from needs.charts.bars import amounts, decile_bars, grouped_bars, treated_bar
from needs.charts.caterpillars import caterpillar
from needs.charts.dumbbells import dumbbell
from needs.charts.funnels import funnel
from needs.charts.profiles import domain_profile
from needs.charts.pyramids import pyramid
from needs.charts.rugs import rug
from needs.charts.spines import spine
from needs.charts.spread import spread
from needs.charts.trends import trend

__all__ = [
    "amounts",
    "caterpillar",
    "decile_bars",
    "domain_profile",
    "dumbbell",
    "funnel",
    "grouped_bars",
    "pyramid",
    "rug",
    "spine",
    "spread",
    "treated_bar",
    "trend",
]
