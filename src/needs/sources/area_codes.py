"""Codes of areas, and the beginnings of codes that tell kinds of areas apart."""

from __future__ import annotations

import re

ENGLAND = "E92000001"

#: Where a publisher gives the two together only.
ENGLAND_AND_WALES = "K04000001"

#: Names of what has figures and is not among the areas.
OTHER_NAMES = {ENGLAND_AND_WALES: "England and Wales"}

#: Beginnings of the codes of unitary authorities, metropolitan districts and London boroughs.
UNITARY = ("E06", "E08", "E09")

#: Of upper tiers: those, and counties.
UPPER = (*UNITARY, "E10")

#: Of all authorities: those, and the districts of counties.
LOCAL = (*UPPER, "E07")

#: A code of the Office for National Statistics, in whatever case.
_CODE = re.compile(r"[a-z]\d{8}", re.IGNORECASE)


def tidy(text: str) -> str:
    """Codes as they are written: in capitals, without spaces around them; anything else as it is.

    Examples
    --------
    >>> tidy(" e10000034\u00a0"), tidy("e92000001; e12000005"), tidy(" e1000")
    ('E10000034', 'E92000001;E12000005', ' e1000')
    """
    codes = [one.strip() for one in text.split(";")]
    return ";".join(codes).upper() if all(map(_CODE.fullmatch, codes)) else text
