"""Codes of areas that readers know by themselves."""

from __future__ import annotations

#: Where a publisher gives the two together only.
ENGLAND_AND_WALES = "K04000001"
