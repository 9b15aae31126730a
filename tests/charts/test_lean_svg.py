"""A leaner drawing draws the same."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from needs.charts.lean_svg import make_lean

LINE = 'fill="none" stroke="#000"'


def lean(content: str) -> str:
    drawing = ElementTree.fromstring(f"<svg>{content}</svg>")
    make_lean(drawing)
    return ElementTree.tostring(drawing, encoding="unicode").replace(" />", "/>")[5:-6]


def test_strokes_that_follow_one_another_are_one_path() -> None:
    first, second = (f'<path d="M 0 {y} L 9 {y}" {LINE}/>' for y in (1, 2))
    assert lean(first + second) == f'<path d="M0 1H9M0 2H9" {LINE}/>'
    other = '<rect width="3" height="3"/>'  # which hides the first, and is hidden by the second
    assert lean(first + other + second).count("<path") == 2


@pytest.mark.parametrize("look", ['stroke-opacity="0.5"', 'stroke-dasharray="2,1"'])
def test_strokes_that_show_through_stay_apart(look: str) -> None:
    content = "".join(f'<path d="M 0 {y} L 9 9" {LINE} {look}/>' for y in range(4))
    assert lean(content).count("<path") == 4


def test_dots_are_circles_and_other_marks_are_not() -> None:
    dot = (
        "M 0 3 C 0.8 3 1.56 2.68 2.12 2.12 C 2.68 1.56 3 0.8 3 0 C 3 -0.8 2.68 -1.56 2.12 -2.12 "
        "C 1.56 -2.68 0.8 -3 0 -3 C -0.8 -3 -1.56 -2.68 -2.12 -2.12 C -2.68 -1.56 -3 -0.8 -3 0 "
        "C -3 0.8 -2.68 1.56 -2.12 2.12 C -1.56 2.68 -0.8 3 0 3 z"
    )
    used = '<use href="#a" x="1" y="1"/>'
    assert lean(f'<defs><path id="a" d="{dot}"/></defs>{used}') == (
        f'<defs><circle id="a" r="3"/></defs>{used}'
    )
    oval = dot.replace("M 0 3", "M 0 2").replace("0.8 3 0 3 z", "0.8 2 0 2 z")
    assert "<path" in lean(f'<defs><path id="a" d="{oval}"/></defs>{used}')


def test_what_is_cut_off_is_so_in_a_group_unless_it_is_moved() -> None:
    one = '<use href="#a" x="{}" y="1" clip-path="url(#c)"/>'
    assert lean("".join(map(one.format, range(3)))).startswith('<g clip-path="url(#c)"><use href')
    moved = one.replace("clip", 'transform="translate(4 5)" clip')
    assert "<g" not in lean("".join(map(moved.format, range(3))))


def test_places_are_in_tenths_of_a_point() -> None:
    assert lean(f'<path d="M 0.04 1.25 L 1.66 3.96" {LINE}/>') == (
        f'<path d="M0 1.2L1.7 4" {LINE}/>'
    )
