"""Charts: figures in, one SVG element out.

Every function takes frozen figures (or a small tidy frame) and ``chart_id``, which prefixes the ids
inside the SVG and must be unique on the page. A chart computes nothing: rates, intervals and
limits come with the figures. Titles and alternative texts are the page's business. A figure that
is not shown is a gap or a printed symbol, never a zero.
"""

from needs.charts.bars import amount_bars, decile_bars, grouped_bars, treated_bar
from needs.charts.caterpillars import caterpillar
from needs.charts.dumbbells import dumbbell
from needs.charts.funnels import funnel_plot
from needs.charts.profiles import domain_profile
from needs.charts.pyramids import age_pyramid
from needs.charts.rugs import heat_map
from needs.charts.spines import spine_chart
from needs.charts.spread import histogram
from needs.charts.trends import trend_lines

__all__ = [
    "age_pyramid",
    "amount_bars",
    "caterpillar",
    "decile_bars",
    "domain_profile",
    "dumbbell",
    "funnel_plot",
    "grouped_bars",
    "heat_map",
    "histogram",
    "spine_chart",
    "treated_bar",
    "trend_lines",
]
