"""How closely figures of a file, or of a package, have to agree with each other."""

from __future__ import annotations

#: How far a standardised rate may lie from the crude one, as a factor; and a crude rate.
STANDARDISED, CRUDE = 3.0, 1.01

#: What publishers round counts to.
ROUNDED = 5

#: Limits and sums are compared to what a decimal place of rounding leaves.
ROUNDING = 1e-6

#: Share of events whose sex may not be known.
UNKNOWN = 0.03
