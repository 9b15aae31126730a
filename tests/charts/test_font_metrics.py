"""Widths of text: the font's own, which a browser sets."""

from __future__ import annotations

import pytest
from matplotlib.ft2font import FT2Font, LoadFlags
from playwright.sync_api import Browser

from needs.charts.font_metrics import advances, font_folder, width_in_ems
from needs.charts.style import line_heights, text_width

#: Names and words of charts: letters that stand close, that do not, digits, signs, accents.
TEXTS = (
    "Leicester, Leicestershire and Rutland",
    "Bournemouth, Christchurch and Poole",
    "Telford and Wrekin",
    "As in England",
    "1: most deprived 10%",
    "2019 to 2021",
    "1,610,251",
    "–4.5 per 100,000",
    "527 ▼",
    "Ynys Môn",
)


@pytest.mark.parametrize("face", ["Regular", "It", "Semibold", "SemiboldIt", "Bold"])
def test_advances_are_those_that_freetype_reads(face: str) -> None:
    font = FT2Font(str(font_folder() / f"SourceSansPro-{face}.ttf"))
    read = {
        chr(sign): font.load_glyph(glyph, flags=LoadFlags.NO_SCALE).horiAdvance / font.units_per_EM
        for sign, glyph in font.get_charmap().items()
    }
    missing = font.load_glyph(0, flags=LoadFlags.NO_SCALE).horiAdvance / font.units_per_EM
    assert advances(face) == {"": missing, **read}


def test_a_sign_that_the_font_lacks_has_the_width_of_its_box() -> None:
    assert "\N{SNOWMAN}" not in advances()
    assert width_in_ems("\N{SNOWMAN}") == advances()[""] > 0
    assert width_in_ems("") == 0


def test_bold_text_is_wider_and_width_goes_with_size() -> None:
    assert text_width("England", 10, bold=True) > text_width("England", 10)
    assert text_width("England", 9) == pytest.approx(text_width("England", 10) * 0.9)


def test_a_line_reaches_from_the_top_of_an_l_to_the_bottom_of_a_p() -> None:
    face = FT2Font(str(font_folder() / "SourceSansPro-Regular.ttf"))
    face.set_size(100, 72)
    face.set_text("lp", 0.0)
    whole, below = face.get_width_height()[1] / 6400, face.get_descent() / 6400
    assert line_heights() == (whole - below, below)


@pytest.mark.parametrize("bold", [False, True])
def test_a_browser_needs_no_more_room(browser: Browser, bold: bool) -> None:
    page = browser.new_page()
    face = font_folder() / f"SourceSansPro-{'Bold' if bold else 'Regular'}.ttf"
    measured = page.evaluate(
        """async ([font, texts]) => {
            const face = new FontFace("Measured", Uint8Array.from(font).buffer);
            document.fonts.add(await face.load());
            const canvas = document.createElement("canvas").getContext("2d");
            canvas.font = "100px Measured";
            return texts.map((text) => canvas.measureText(text).width);
        }""",
        [list(face.read_bytes()), TEXTS],
    )
    page.close()
    for text, shown in zip(TEXTS, measured, strict=True):
        assert text_width(text, 100, bold) == pytest.approx(shown, rel=0.022), text
        assert text_width(text, 100, bold) > shown * 0.989, text
