"""Codes of areas, and the beginnings of codes that tell kinds of areas apart."""

from __future__ import annotations

ENGLAND = "E92000001"

#: Where a publisher gives the two together only.
ENGLAND_AND_WALES = "K04000001"

#: Beginnings of the codes of unitary authorities, metropolitan districts and London boroughs.
UNITARY = ("E06", "E08", "E09")

#: Of upper tiers: those, and counties.
UPPER = (*UNITARY, "E10")

#: Of all authorities: those, and the districts of counties.
LOCAL = (*UPPER, "E07")
