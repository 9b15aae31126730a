"""Statistics of public health intelligence: tidy frame in, tidy frame out, all areas at once.

Every function takes a frame and the names of its columns, gives one row per group of `by` in the
order of the groups, and leaves its input as it was. Results have these columns after the groups':

- ``value`` and, for each confidence level, its limits: ``lower95_0`` and ``upper95_0`` for 0.95,
  ``lower99_8`` and ``upper99_8`` for 0.998;
- ``total_count`` and ``total_denominator``, the inputs of the formula;
- ``statistic`` and ``method``, in words;
- ``status``, a value of `needs.stats.status.Status`: why a value is, or is not, shown.

Functions that place or compare rows (`quantiles`, `against_reference`, `difference`,
`funnel_limits` and `funnel_outliers`) keep the rows as they are and put their own name before their
columns, such as ``funnel_status``, so that they take the result of another. No result takes the
place of a column that it keeps: that is refused.

Input that cannot be right raises `needs.errors.InvalidDataError`, with every fault and its rows.
"""
