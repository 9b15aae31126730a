"""Ways in which a file goes wrong, or is changed without harm, on its way to the analyst.

Each takes the cells of a file and a random generator, and returns other cells, or None where it
does not apply to this file. Harmless ones have to be read as if nothing had happened.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

Rows = list[list[str]]
Change = Callable[[Rows, Random], Rows | None]

CODE = re.compile(r"[EWSNK]\d{8}")
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
FINANCIAL = re.compile(r"(\d{4})/(\d{2})")


def parse(text: str) -> Rows:
    return list(csv.reader(io.StringIO(text, newline="")))


def written(rows: Rows) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _cells(rows: Rows, column: int) -> list[str]:
    return [row[column] for row in rows[1:] if column < len(row)]


def columns(rows: Rows, pattern: re.Pattern[str], share: float = 0.6) -> list[int]:
    """Columns most of whose cells, and at least two different ones, are of a kind."""
    found = []
    for column in range(len(rows[0])):
        cells = [cell.strip() for cell in _cells(rows, column) if cell.strip()]
        fit = sum(bool(pattern.fullmatch(cell.replace(",", ""))) for cell in cells)
        if cells and fit >= share * len(cells) and len(set(cells)) > 1:
            found.append(column)
    return found


def _one_of(rows: Rows, random: Random, pattern: re.Pattern[str]) -> int | None:
    found = columns(rows, pattern)
    return random.choice(found) if found else None


def _copy(rows: Rows) -> Rows:
    return [list(row) for row in rows]


# --- what is harmful --------------------------------------------------------------------------


def cut_at_a_line_end(rows: Rows, random: Random) -> Rows | None:
    return rows[: random.randrange(2, len(rows) - 1)] if len(rows) > 4 else None


def header_and_one_row(rows: Rows, random: Random) -> Rows | None:
    return rows[:2] if len(rows) > 3 else None


def header_only(rows: Rows, random: Random) -> Rows | None:
    return rows[:1]


def a_row_missing(rows: Rows, random: Random) -> Rows | None:
    at = random.randrange(1, len(rows))
    return rows[:at] + rows[at + 1 :]


def an_area_missing(rows: Rows, random: Random) -> Rows | None:
    column = _one_of(rows, random, CODE)
    if column is None:
        return None
    gone = random.choice([cell for cell in _cells(rows, column) if cell.startswith("E0")] or [""])
    return [row for row in rows if row[column] != gone] if gone else None


def a_column_sorted(rows: Rows, random: Random) -> Rows | None:
    column = _one_of(rows, random, NUMBER)
    if column is None:
        return None
    ordered = sorted(_cells(rows, column), key=lambda one: (len(one.split(".")[0]), one))
    return _set(rows, column, ordered)


def a_column_shifted(rows: Rows, random: Random) -> Rows | None:
    column = _one_of(rows, random, NUMBER)
    if column is None:
        return None
    cells = _cells(rows, column)
    return _set(rows, column, [cells[-1], *cells[:-1]])


def _set(rows: Rows, column: int, cells: list[str]) -> Rows:
    out = _copy(rows)
    for row, cell in zip(out[1:], cells, strict=True):
        row[column] = cell
    return out


def two_headings_swapped(rows: Rows, random: Random) -> Rows | None:
    found = columns(rows, NUMBER)
    if len(found) < 2:
        return None
    a, b = random.sample(found, 2)
    out = _copy(rows)
    out[0][a], out[0][b] = out[0][b], out[0][a]
    return out


def _each(rows: Rows, random: Random, change: Callable[[float], str]) -> Rows | None:
    column = _one_of(rows, random, NUMBER)
    if column is None:
        return None
    return _set(
        rows,
        column,
        [
            change(float(one.replace(",", ""))) if NUMBER.fullmatch(one.replace(",", "")) else one
            for one in _cells(rows, column)
        ],
    )


def times_a_thousand(rows: Rows, random: Random) -> Rows | None:
    return _each(rows, random, lambda one: f"{one * 1000:.10g}")


def rounded_to_whole_numbers(rows: Rows, random: Random) -> Rows | None:
    return _each(rows, random, lambda one: f"{one:.0f}")


def two_digits(rows: Rows, random: Random) -> Rows | None:
    return _each(rows, random, lambda one: f"{one:.1E}")


def a_column_blank(rows: Rows, random: Random) -> Rows | None:
    return _each(rows, random, lambda one: "")


def half_a_column_blank(rows: Rows, random: Random) -> Rows | None:
    column = _one_of(rows, random, NUMBER)
    if column is None:
        return None
    cells = _cells(rows, column)
    half = len(cells) // 2
    return _set(rows, column, [*cells[:half], *[""] * (len(cells) - half)])


def decimal_commas(rows: Rows, random: Random) -> Rows | None:
    column = _one_of(rows, random, NUMBER)
    if column is None or not any("." in one for one in _cells(rows, column)):
        return None
    return _set(rows, column, [one.replace(".", ",") for one in _cells(rows, column)])


def _a_code(rows: Rows, random: Random, change: Callable[[str, str], str]) -> Rows | None:
    column = _one_of(rows, random, CODE)
    if column is None:
        return None
    english = [n for n, row in enumerate(rows) if n and row[column].startswith("E0")]
    if len(english) < 2:
        return None
    at, other = random.sample(english, 2)
    out = _copy(rows)
    out[at][column] = change(rows[at][column], rows[other][column])
    return out if out[at][column] != rows[at][column] else None


def a_code_cut(rows: Rows, random: Random) -> Rows | None:
    return _a_code(rows, random, lambda own, other: own[:-1])


def a_code_blank(rows: Rows, random: Random) -> Rows | None:
    return _a_code(rows, random, lambda own, other: "")


def a_letter_for_a_digit(rows: Rows, random: Random) -> Rows | None:
    return _a_code(rows, random, lambda own, other: own[0] + own[1:].replace("0", "O", 1))


def a_hidden_character(rows: Rows, random: Random) -> Rows | None:
    return _a_code(rows, random, lambda own, other: own[:3] + "​" + own[3:])


def another_areas_code(rows: Rows, random: Random) -> Rows | None:
    return _a_code(rows, random, lambda own, other: other)


def an_unknown_code(rows: Rows, random: Random) -> Rows | None:
    return _a_code(rows, random, lambda own, other: own[:3] + "999" + own[6:])


def two_codes_swapped(rows: Rows, random: Random) -> Rows | None:
    column = _one_of(rows, random, CODE)
    if column is None:
        return None
    local = sorted({cell for cell in _cells(rows, column) if cell.startswith("E0")})
    if len(local) < 2:
        return None
    a, b = random.sample(local, 2)
    return [
        [*row[:column], {a: b, b: a}.get(row[column], row[column]), *row[column + 1 :]]
        for row in rows
    ]


def all_codes_cut(rows: Rows, random: Random) -> Rows | None:
    column = _one_of(rows, random, CODE)
    if column is None:
        return None
    return _set(rows, column, [one[:-1] for one in _cells(rows, column)])


def _contradicting(rows: Rows, random: Random, after: bool) -> Rows | None:
    column = _one_of(rows, random, NUMBER)
    if column is None:
        return None
    at = random.randrange(1, len(rows))
    if not NUMBER.fullmatch(rows[at][column]):
        return None
    other = list(rows[at])
    other[column] = f"{float(other[column]) * 1.1 + 1:.6g}"
    place = at + 1 if after else at
    return [*rows[:place], other, *rows[place:]]


def a_contradicting_row_before(rows: Rows, random: Random) -> Rows | None:
    return _contradicting(rows, random, after=False)


def a_contradicting_row_after(rows: Rows, random: Random) -> Rows | None:
    return _contradicting(rows, random, after=True)


def _period(rows: Rows, random: Random, text: str) -> Rows | None:
    column = _one_of(rows, random, re.compile(r"(19|20)\d{2}(/\d{2}| - \d{2}|-\d{2}|/\d{2} - .*)?"))
    if column is None:
        return None
    at = random.randrange(1, len(rows))
    out = _copy(rows)
    out[at][column] = text
    return out if rows[at][column] != text else None


def a_period_ahead(rows: Rows, random: Random) -> Rows | None:
    return _period(rows, random, "2030")


def a_period_of_another_kind(rows: Rows, random: Random) -> Rows | None:
    return _period(rows, random, random.choice(["2012/13", "2012"]))


def a_period_as_a_date(rows: Rows, random: Random) -> Rows | None:
    return _period(rows, random, "1 September 2008")


def a_number_for_a_period(rows: Rows, random: Random) -> Rows | None:
    return _period(rows, random, "39692")


def a_stray_quote(rows: Rows, random: Random) -> Rows | None:
    at = random.randrange(1, len(rows))
    out = _copy(rows)
    out[at][0] = "\ue001" + out[at][0]  # becomes a quotation mark in the text, see `as_text`
    return out


# --- what is harmless ---------------------------------------------------------------------------


def blank_lines(rows: Rows, random: Random) -> Rows | None:
    at = random.randrange(1, len(rows))
    return [*rows[:at], [], *rows[at:], []]


def trailing_commas(rows: Rows, random: Random) -> Rows | None:
    return [[*row, "", ""] for row in rows]


def a_line_of_spaces(rows: Rows, random: Random) -> Rows | None:
    at = random.randrange(1, len(rows))
    return [*rows[:at], ["   "], *rows[at:]]


def codes_in_lower_case(rows: Rows, random: Random) -> Rows | None:
    column = _one_of(rows, random, CODE)
    return (
        _set(rows, column, [one.lower() for one in _cells(rows, column)])
        if column is not None
        else None
    )


def spaces_around_codes(rows: Rows, random: Random) -> Rows | None:
    column = _one_of(rows, random, CODE)
    return (
        _set(rows, column, [f" {one} " for one in _cells(rows, column)])
        if column is not None
        else None
    )


def hard_spaces_around_codes(rows: Rows, random: Random) -> Rows | None:
    column = _one_of(rows, random, CODE)
    return (
        _set(rows, column, [f"{one}\xa0" for one in _cells(rows, column)])
        if column is not None
        else None
    )


def a_line_break_in_a_heading(rows: Rows, random: Random) -> Rows | None:
    column = next((n for n, one in enumerate(rows[0]) if " " in one), None)
    if column is None:
        return None
    out = _copy(rows)
    out[0][column] = out[0][column].replace(" ", "\n", 1)
    return out


def headings_in_capitals(rows: Rows, random: Random) -> Rows | None:
    return [[one.upper() for one in rows[0]], *rows[1:]]


def financial_years_with_a_dash(rows: Rows, random: Random) -> Rows | None:
    column = _one_of(rows, random, FINANCIAL)
    if column is None:
        return None
    return _set(rows, column, [FINANCIAL.sub(r"\1-\2", one) for one in _cells(rows, column)])


def rows_in_another_order(rows: Rows, random: Random) -> Rows | None:
    # notes above the headings fill one cell each, and stay
    top = next((n for n, row in enumerate(rows) if sum(map(bool, row)) > 1), 0) + 1
    body = _copy(rows[top:])
    random.shuffle(body)
    return [*_copy(rows[:top]), *body]


def columns_in_another_order(rows: Rows, random: Random) -> Rows | None:
    order = list(range(len(rows[0])))
    random.shuffle(order)
    return [[row[n] for n in order] for row in rows]


HARMFUL: tuple[Change, ...] = (
    *(cut_at_a_line_end, header_and_one_row, header_only, a_row_missing, an_area_missing),
    *(a_column_sorted, a_column_shifted, two_headings_swapped, times_a_thousand),
    *(rounded_to_whole_numbers, two_digits, a_column_blank, half_a_column_blank, decimal_commas),
    *(a_code_cut, a_code_blank, a_letter_for_a_digit, a_hidden_character, another_areas_code),
    *(an_unknown_code, two_codes_swapped, all_codes_cut),
    *(a_contradicting_row_before, a_contradicting_row_after),
    *(a_period_ahead, a_period_of_another_kind, a_period_as_a_date, a_number_for_a_period),
    a_stray_quote,
)

HARMLESS: tuple[Change, ...] = (
    *(blank_lines, trailing_commas, a_line_of_spaces, codes_in_lower_case, spaces_around_codes),
    *(hard_spaces_around_codes, a_line_break_in_a_heading, headings_in_capitals),
    *(financial_years_with_a_dash, rows_in_another_order, columns_in_another_order),
)


def as_text(rows: Rows) -> str:
    """The file's text; a mark that no table holds becomes an open quotation mark."""
    return re.sub('\n"?\ue001', '\n"', written(rows))


# --- workbooks: the cells' own XML is changed, since a library would write another file -----------


def _sheets(book: zipfile.ZipFile) -> dict[str, str]:
    """Name of each sheet, and the part of the archive that holds it."""
    names = re.findall(
        r'<sheet [^>]*name="([^"]*)"[^>]*r:id="([^"]*)"', book.read("xl/workbook.xml").decode()
    )
    rels = dict(
        re.findall(r'<Relationship [^>]*Id="([^"]*)"[^>]*Target="([^"]*)"', _rels(book))
    ) | {
        b: a
        for a, b in re.findall(r'<Relationship [^>]*Target="([^"]*)"[^>]*Id="([^"]*)"', _rels(book))
    }
    return {name: "xl/" + rels[key].removeprefix("/xl/") for name, key in names if key in rels}


def _rels(book: zipfile.ZipFile) -> str:
    return book.read("xl/_rels/workbook.xml.rels").decode()


def change_workbook(
    old: Path, new: Path, kind: str, random: Random, sheets: list[str]
) -> str | None:
    """Write a workbook with one thing changed; return what, or None where it does not apply."""
    with zipfile.ZipFile(old) as book:
        parts = _sheets(book)
        here = [one for one in sheets if one in parts]
        if not here:
            return None
        sheet = random.choice(here)
        part = parts[sheet]
        changed: dict[str, str] = {}
        text = book.read(part).decode()
        rows = list(re.finditer(r"<row [^>]*?(?:/>|>.*?</row>)", text, re.S))
        body = rows[len(rows) // 10 + 8 :]
        if not body:
            return None
        row = random.choice(body)
        if kind == "two sheets swapped":
            if len(here) < 2:
                return None
            a, b = random.sample(here, 2)
            names = book.read("xl/workbook.xml").decode()
            names = names.replace(f'name="{a}"', 'name="\ue000"').replace(
                f'name="{b}"', f'name="{a}"'
            )
            changed["xl/workbook.xml"] = names.replace('name="\ue000"', f'name="{b}"')
            sheet = f"{a} and {b}"
        elif kind == "one sheet copied over another":
            if len(here) < 2:
                return None
            a, b = random.sample(here, 2)
            changed[parts[a]] = book.read(parts[b]).decode()
            sheet = f"{b} over {a}"
        elif kind == "a row missing":
            changed[part] = text[: row.start()] + text[row.end() :]
        elif kind == "cut after a row":
            changed[part] = text[: row.end()] + text[rows[-1].end() :]
        elif kind == "a row twice, changed":
            number, last = (re.findall(r'r="(\d+)"', one[0])[0] for one in (row, rows[-1]))
            later = int(last) + 1
            copy = re.sub(rf'r="([A-Z]*){number}"', rf'r="\g<1>{later}"', row[0])
            copy = re.sub(
                r"<v>(\d{2,7})</v></c></row>",
                lambda one: f"<v>{int(one[1]) + 1}</v></c></row>",
                copy,
            )
            if copy.count("<v>") == 0:
                return None
            changed[part] = text[: rows[-1].end()] + copy + text[rows[-1].end() :]
        elif kind == "a heading or period empty":
            top = [one for one in rows[: len(rows) // 10 + 8] if one[0].count("<v>") > 4]
            if not top:
                return None
            head = random.choice(top[:2])
            cells = list(re.finditer(r'<c [^>]*?t="s"[^>]*><v>\d+</v></c>', head[0]))
            if not cells:
                return None
            cell = random.choice(cells)
            emptied = (
                head[0][: cell.start()]
                + re.sub(r' t="s"|<v>.*</v>', "", cell[0])
                + head[0][cell.end() :]
            )
            changed[part] = text[: head.start()] + emptied + text[head.end() :]
        elif kind == "a column moved up by a row":
            letters = sorted(set(re.findall(r'<c r="([A-Z]+)\d+"[^>]*?(?<!t="s")><v>', row[0])))
            if not letters:
                return None
            letter = random.choice(letters)
            cell = re.compile(rf'(<c r="{letter}\d+"[^>]*>)<v>([^<]*)</v>')
            values = [one[2] for one in cell.finditer(text)]
            if len(values) < 30:
                return None
            moved = iter([*values[:9], *values[10:], values[9]])
            changed[part] = cell.sub(lambda one: f"{one[1]}<v>{next(moved)}</v>", text)
        elif kind == "formulas without their values":
            plain = re.sub(
                r'(<c r="[A-Z]+\d+"(?: s="\d+")?)><v>(\d+(?:\.\d+)?)</v>', r"\1><f>\2</f>", row[0]
            )
            if plain == row[0]:
                return None
            changed[part] = text[: row.start()] + plain + text[row.end() :]
        else:
            raise AssertionError(kind)
        with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
            for name in book.namelist():
                out.writestr(name, changed.get(name) or book.read(name))
    return sheet


WORKBOOK = (
    "two sheets swapped",
    "one sheet copied over another",
    "a row missing",
    "cut after a row",
    "a row twice, changed",
    "a heading or period empty",
    "a column moved up by a row",
    "formulas without their values",
)


# --- boundaries -------------------------------------------------------------------------------

Layer = dict[str, Any]


def _properties(layer: Layer, key: str) -> str:
    return next(one for one in layer["features"][0]["properties"] if one.endswith(key))


def change_layer(layer: Layer, kind: str, random: Random) -> Layer:
    """Change one thing of a GeoJSON layer, in place."""
    features = layer["features"]
    english = [
        n
        for n, one in enumerate(features)
        if one["properties"][_properties(layer, "CD")].startswith("E")
    ]
    a, b = random.sample(english, 2)
    code = _properties(layer, "CD")
    if kind == "two codes swapped":
        one, two = features[a]["properties"], features[b]["properties"]
        one[code], two[code] = two[code], one[code]
    elif kind == "two shapes swapped":
        one, two = features[a], features[b]
        one["geometry"], two["geometry"] = two["geometry"], one["geometry"]
    elif kind == "an area missing":
        del features[a]
    elif kind == "half of the areas missing":
        del features[len(features) // 2 :]
    elif kind == "latitude and longitude swapped":
        text = json.dumps(layer)
        return dict(
            json.loads(re.sub(r"\[(-?[\d.]+(?:e-\d+)?), (-?[\d.]+(?:e-\d+)?)\]", r"[\2, \1]", text))
        )
    elif kind == "no shape":
        features[a]["geometry"] = None
    elif kind == "no properties":
        features[a]["properties"] = None
    elif kind == "no code":
        features[a]["properties"][code] = None
    elif kind == "a ring of two points":
        features[a]["geometry"] = {"type": "Polygon", "coordinates": [[[0.0, 51.0], [0.1, 51.0]]]}
    elif kind == "a feature that is a number":
        features[a] = 7
    elif kind == "an area twice":
        features.append(features[a])
    else:
        raise AssertionError(kind)
    return layer


LAYER = (
    *("two codes swapped", "two shapes swapped", "an area missing", "half of the areas missing"),
    *("latitude and longitude swapped", "no shape", "no properties", "no code"),
    *("a ring of two points", "a feature that is a number", "an area twice"),
)
