"""How wide the signs of the report's font are, as a browser and the PDF's compiler set them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import font_source_sans_pro


def font_folder() -> Path:
    """The folder of Source Sans Pro's files, for the renderers that embed them."""
    return Path(font_source_sans_pro.__file__).parent / "files"


@functools.cache
def advances(face: str = "Regular") -> Mapping[str, float]:
    """How far each sign of a face moves the one after it, in ems.

    Under "" stands the width of the box that is drawn for a sign which the face has not.

    That pairs such as T and o stand closer is not counted: the texts of charts are at most some two
    hundredths narrower than the sum, and hardly ever wider.

    Parameters
    ----------
    face : str
        Weight and slant, as in the name of the file.

    Examples
    --------
    >>> advances()["i"], advances("Bold")["i"]
    (0.246, 0.276)
    """
    from fontTools.ttLib import TTFont  # which takes long, and not every process measures

    with TTFont(font_folder() / f"SourceSansPro-{face}.ttf", lazy=True) as font:
        em, widths = font["head"].unitsPerEm, font["hmtx"].metrics
        glyphs = {"": ".notdef"} | {chr(sign): name for sign, name in font.getBestCmap().items()}
        return {sign: widths[name][0] / em for sign, name in glyphs.items()}


@functools.lru_cache(maxsize=4096)
def width_in_ems(text: str, face: str = "Regular") -> float:
    """Width of a line of text, in ems.

    Examples
    --------
    >>> round(width_in_ems("1,000"), 3)
    2.237
    """
    known = advances(face)
    missing = known[""]
    return sum(known.get(sign, missing) for sign in text)
