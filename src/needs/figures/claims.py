"""Check the figures that a published document prints against the figures at hand.

Each printed figure, and each comparator printed beside it, gets one verdict and its reason. Units,
editions and periods are compared before values: only a figure of the same area, period, sex and
edition, in a unit that ours can be turned into, can agree. A figure agrees when ours, rounded as
the document rounds, is the same, and when words such as "almost" hold of it. A figure that was
carried by hand from a document is never what that document's figure agrees with.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from needs.catalogue import Catalogue
from needs.errors import InvalidDataError, NeedsError, ParameterError, Problem
from needs.figures.assessment import Assessment
from needs.figures.claim_figures import (
    MEASURES,
    Asked,
    Own,
    asked_of,
    declared,
    highest,
    index_edition_of,
    kept_back,
    own_figure,
    periods_of,
    unit_of,
)
from needs.figures.claim_reasons import (
    OTHER_PERIOD,
    UNIT_SLIP,
    PrintedFigure,
    power_of_ten,
    sums,
    what_it_may_be,
)
from needs.figures.figure import format_number, with_unit
from needs.sources.periods import parse
from needs.sources.printed_claims import (
    GIVE_A_KEY,
    agrees,
    cut_or_rounded,
    normalise,
    precision,
    qualifier,
    telling_digits,
    unknown_indicators,
)
from needs.sources.printed_units import read_unit
from needs.sources.written_numbers import ungrouped
from needs.tables.areas import known_code, nearest_code
from needs.tables.stored import read_table

AGREES = "agrees"
ROUNDING = "rounding"
ARITHMETIC = "arithmetic does not add up"
DIFFERS = "differs"
PRINTED = "printed only"
LATER = "published later"
UNKNOWN = "indicator not known"

#: Verdicts that leave a printed figure as it is.
NOT_WRONG = (AGREES, ROUNDING, PRINTED, LATER, UNKNOWN)

#: Columns of the result of `check_claims`.
COLUMNS = (
    *("claim_id", "part", "topic", "label", "indicator", "area_code", "area_name", "period", "sex"),
    *("category", "stated_value", "stated", "our_value", "ours", "our_period", "our_indicator"),
    *("our_unit", "our_decimals", "our_formula", "our_method", "difference", "verdict"),
    *("note", "how_to_add", "source", "source_row", "document", "section"),
)

_SMALL = 1e-9


@dataclass(frozen=True)
class _Stated:
    """A printed figure as the document writes it."""

    value: float
    precision: float
    unit: str
    words: str
    other_unit: str = ""
    beside: tuple[str, ...] = ()

    @property
    def decimals(self) -> int:
        fine = self.precision < 1
        return max(0, -math.floor(math.log10(self.precision) + _SMALL)) if fine else 0

    @property
    def number(self) -> str:
        return with_unit(format_number(self.value, self.decimals), self.unit)

    @property
    def text(self) -> str:
        words = self.words
        return words if re.search(r"\d", words) else f"{words} {self.number}".strip()


def check_claims(claims: pd.DataFrame, na: Assessment) -> pd.DataFrame:
    """Compare printed figures with ours.

    Parameters
    ----------
    claims : DataFrame
        At least ``claim_id``, ``indicator`` (a key of the catalogue or of `MEASURES`, or the words
        of ``claim_terms.csv``), ``area_code``, ``period`` and ``stated_value``; other columns as in
        `needs.sources.columns.CLAIM_COLUMNS`.
    na : Assessment
        Whose figures they are held against; of indicators, later periods included.

    Returns
    -------
    DataFrame
        One row for each printed figure (``part`` is "claim") and for each comparator printed beside
        it ("comparator"), in the order of `claims`; columns `COLUMNS`. ``verdict`` is one of those
        of this module and of `needs.figures.claim_reasons`; ``note`` says by how much and, if
        known, why; ``how_to_add`` who publishes what is not at hand.

    Raises
    ------
    InvalidDataError
        A needed column is not there, or a stated value is no number; all faults at once.
    """
    given = [
        {str(key): value for key, value in one.items()}
        for one in normalise(claims).to_dict("records")
    ]
    parts = [part for claim in given for part in (claim, *_comparators(claim))]
    printed = [_printed(part, na) for part in parts]
    rows = [_check(part, na, printed) for part in parts]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def asked_for(
    claims: pd.DataFrame, tables: Path, file: str, area: str = "", year: str = ""
) -> tuple[str, str]:
    """The authority and reporting year that claims are held against, where they are not given.

    The authority is the one that claims are of, or whose districts they are of; the year is the
    one in which the newest of their periods ends.

    Parameters
    ----------
    claims : DataFrame
        As `read_claims` returns them.
    tables : Path
        Folder of the processed tables.
    file, area, year : str
        The file's name, and what is given.

    Raises
    ------
    ParameterError
        The claims are of no authority, or of several; or none has a period.
    """
    problems = []
    if not area:
        areas = read_table(tables, "areas")
        upper = dict(zip(areas["code"], areas["upper_code"], strict=True))
        found = [str(upper.get(code) or "") for code in claims["area_code"]]
        of = sorted({one for one in found if one})
        if len(of) == 1:
            area = of[0]
        else:
            what = f"The claims are of {len(of) or 'no'} upper-tier authorities."
            remedy = f"needs claims {file} --area NAME, for one report at a time."
            problems.append(Problem(what, "--area", remedy))
    if not year:
        ends = [_end(period) for period in claims.loc[~_projected(claims), "period"]]
        year = str(max(ends, default=0) or "")
        if not year:
            remedy = f"needs claims {file} --year YEAR"
            problems.append(Problem("No claim has a period.", "--year", remedy))
    if problems:
        raise ParameterError("What the claims are held against is not known.", problems=problems)
    return area, year


def _projected(claims: pd.DataFrame) -> pd.Series:
    return claims["indicator"].astype(str).str.contains("population_projection")


def _end(period: object) -> int:
    edition = index_edition_of(str(period))
    try:
        return int(edition) if edition else parse(str(period)).end.year
    except NeedsError:
        return 0


def refuse_unknown(
    claims: pd.DataFrame, areas: pd.DataFrame, catalogue: Catalogue, file: str = "claims"
) -> None:
    """Refuse claims of no known indicator, area or period: they would look like data not at hand.

    Parameters
    ----------
    claims : DataFrame
        As `read_claims` returns them.
    areas : DataFrame
        Processed table of areas.
    catalogue : Catalogue
    file : str
        Named in the faults.

    Raises
    ------
    InvalidDataError
        Naming file, row and column of each, with the nearest indicator or area.
    """
    problems = []
    for row, claim in zip(claims.index, claims.to_dict("records"), strict=True):
        where = f"{file}, row {row}, claim {claim['claim_id']}, column"
        problems += [
            Problem(what, f"{where} indicator", remedy)
            for what, remedy in unknown_indicators(str(claim["indicator"]), catalogue)
        ]
        codes = [("area_code", str(claim["area_code"]))]
        codes += [("comparator_code", one) for one in str(claim["comparator_code"]).split(";")]
        for column, code in codes:
            if (column == "comparator_code" and not code.strip()) or known_code(code, areas):
                continue
            what = f"There is no area '{code.strip()}'." if code.strip() else "The area is empty."
            problems.append(Problem(what, f"{where} {column}", nearest_code(code, areas)))
        period = str(claim["period"])
        if not period:
            remedy = "Write the period that the figure is for, such as 2021 or 2021/22."
            problems.append(Problem("The period is empty.", f"{where} period", remedy))
        elif not _is_period(period):
            remedy = "Write 2021, 2021/22, 2019-21 or, for deprivation, the edition: IoD2019."
            problems.append(Problem(f"'{period}' is no period.", f"{where} period", remedy))
    if problems:
        raise InvalidDataError("The claims cannot be checked.", file, problems=problems)


def _is_period(text: str) -> bool:
    try:
        parse(text)
    except NeedsError:
        return bool(re.fullmatch(r"IoD\d{4}", text))
    return True


def told(checked: pd.DataFrame, areas: pd.DataFrame, catalogue: Catalogue) -> list[tuple[str, ...]]:
    """What was found, for the screen: a row for each figure, headings first.

    Parameters
    ----------
    checked : DataFrame
        The result of `check_claims`.
    areas : DataFrame
        Processed table of areas, for the names that the file leaves out.
    catalogue : Catalogue
    """
    names = dict(zip(areas["code"], areas["name"], strict=True))
    rows: list[tuple[str, ...]] = [
        ("Claim", "Measure", "Area", "Period", "Printed", "Ours", "Verdict", "Why")
    ]
    for one in checked.to_dict("records"):
        indicator = catalogue.indicators.get(str(one["indicator"]))
        label = str(one["label"])
        if label == one["indicator"]:
            label = indicator.name if indicator else label.replace("_", " ").capitalize()
        area = str(one["area_name"] or names.get(one["area_code"], one["area_code"]))
        why = str(one["note"] or one["how_to_add"])
        shown = (one["period"], one["stated"], one["ours"] or "[x]", one["verdict"], why)
        rows.append((str(one["claim_id"]), label, area, *map(str, shown)))
    return rows


def _comparators(claim: dict[str, object]) -> list[dict[str, object]]:
    codes, names, values = (
        str(claim[f"comparator_{part}"]).split(";") for part in ("code", "name", "value")
    )
    out = []
    for code, name, value in zip(codes, names, values, strict=False):
        if not code.strip() or not value.strip():
            continue
        printed = ungrouped(value.strip())
        unit = str(claim["comparator_unit"] or claim["unit"])
        out.append(
            {
                **claim,
                "part": "comparator",
                "claim_area": claim["area_code"],
                "area_code": code.strip(),
                "area_name": name.strip(),
                "stated_value": float(printed),
                "stated_as": "",
                "precision": precision(printed, "", unit),
                "unit": unit,
                "comparator_unit": "",
            }
        )
    return out


def _stated(claim: dict[str, object]) -> _Stated:
    beside = str(claim.get("claim_area") or claim["comparator_code"])
    return _Stated(
        float(str(claim["stated_value"])),
        float(str(claim["precision"])),
        str(claim["unit"]),
        str(claim["stated_as"]),
        str(claim["comparator_unit"]),
        tuple(one.strip() for one in beside.split(";") if one.strip()),
    )


def _factor(unit: str, ours: str) -> float | None:
    """What a value in a document's unit is to be multiplied with; None if it cannot be compared."""
    theirs, own = read_unit(unit), read_unit(ours)
    if theirs is None or own is None:
        return 1.0
    return theirs.size / own.size if theirs.comparable(own) else None


def _printed(claim: dict[str, object], na: Assessment) -> PrintedFigure:
    """A printed figure in our unit, to hold the document's other figures against."""
    stated, asked = _stated(claim), asked_of(claim)
    factor = _factor(stated.unit, unit_of(asked, na.catalogue))
    value = math.nan if factor is None else stated.value * factor
    return PrintedFigure(str(claim["claim_id"]), asked, value, stated.precision * (factor or 1))


def _check(
    claim: dict[str, object], na: Assessment, printed: Sequence[PrintedFigure]
) -> dict[str, object]:
    stated, asked = _stated(claim), asked_of(claim)
    row: dict[str, object] = {
        **{name: claim.get(name, "") for name in COLUMNS},
        "part": claim.get("part", "claim"),
        "stated": stated.text,
        "our_value": math.nan,
        "ours": "",
        "our_period": "",
        "our_indicator": "",
        "our_unit": "",
        "our_decimals": 0,
        "our_formula": "",
        "our_method": "",
        "difference": math.nan,
        "how_to_add": "",
        "source": "",
        "source_row": "",
    }
    own, indicator = own_figure(asked, na), declared(asked, na.catalogue)
    factor: float | None = None
    if own is not None:
        factor = _factor(stated.unit, own.unit)
        decimals = max(own.decimals, stated.decimals if factor == 1 else 0)
        row |= {
            "our_value": own.value,
            "ours": with_unit(format_number(own.value, decimals), own.unit),
            "our_period": own.period,
            "our_indicator": own.indicator,
            "our_unit": own.unit,
            "our_decimals": decimals,
            "our_formula": own.formula,
            "our_method": own.method,
            "source": own.source,
            "source_row": own.source_row,
        }
    # what was printed stands in its own column
    remark = re.sub(r'^stated as "[^"]*"$', "", str(claim["remark"]))
    remark = remark if row["part"] == "claim" else ""
    row["verdict"], note = _verdict(stated, asked, own, na, printed)
    row["note"] = _sentences(note, remark)
    if own is not None and own.official and factor is not None:
        row["difference"] = stated.value * factor - own.value
    elif indicator is not None and row["verdict"] not in (LATER, UNKNOWN):
        row["how_to_add"] = indicator.how_to_add
    return row


def _verdict(
    stated: _Stated,
    asked: Asked,
    own: Own | None,
    na: Assessment,
    printed: Sequence[PrintedFigure],
) -> tuple[str, str]:
    if not any(key in na.catalogue.indicators or key in MEASURES for key in asked.keys):
        return UNKNOWN, GIVE_A_KEY
    what = "The index was published" if index_edition_of(asked.period) else "Its period ends"
    later = f"{what} after the reporting year {na.year}" if _later(asked, na) else ""
    if own is not None and own.official:
        verdict, note = _against(stated, asked, own, na, printed)
        return verdict, _sentences(note, own.note, later)
    verdict, note = _by_itself(stated, asked, own, na, printed)
    if later and verdict == PRINTED:
        return LATER, _sentences(later, note)
    return verdict, _sentences(note, later)


def _against(
    stated: _Stated, asked: Asked, own: Own, na: Assessment, printed: Sequence[PrintedFigure]
) -> tuple[str, str]:
    """The verdict on a printed figure that a publisher's own stands beside."""
    factor = _factor(stated.unit, own.unit)
    if factor is None:
        same = agrees(stated.value, own.value, stated.precision, stated.words)
        counted = f"ours is in {own.unit}" if own.unit == "%" else f"ours is a number of {own.unit}"
        if same:
            return UNIT_SLIP, f"The number is ours, the unit is not: {counted}"
        return DIFFERS, f"Printed in {stated.unit}, and {counted}: the two cannot be compared"
    value, step = stated.value * factor, stated.precision * factor
    converted = f"{stated.number} is {_in_unit(value, own)}" if abs(factor - 1) > _SMALL else ""
    # a publisher's figure of one decimal says nothing of a second
    known = _known_precision(own)
    finer = step < known and abs(round(own.value / known) * known - own.value) < _SMALL
    if agrees(value, own.value, max(step, known) if finer else step, stated.words):
        less = f"Ours is published as {own.text}, with fewer digits" if finer else ""
        return AGREES, _sentences(converted, less)
    by = _by_how_much(value, own, converted)
    if converted and agrees(stated.value, own.value, stated.precision, stated.words):
        times = max(factor, 1 / factor)
        return UNIT_SLIP, (
            f"The number is ours, but {own.unit}, not {stated.unit}: wrong by {times:,.0f} times"
        )
    adds = sums(value, step, asked, printed, na)
    if adds is not None and not adds[0]:
        return ARITHMETIC, _sentences(f"In the document, {adds[1]}", by)
    unrounded = abs(own.value / step - round(own.value / step)) > _SMALL
    cut = "" if stated.words else cut_or_rounded(value, own.value, step, unrounded)
    if cut:
        return ROUNDING, f"Ours is {_in_full(own, step)}: the printed figure may be it, {cut}"
    if qualifier(stated.words) and agrees(value, own.value, step):
        return DIFFERS, _sentences(f"The number is ours when rounded, but not “{stated.words}”", by)
    slip = power_of_ten(value, step, own)
    found = slip or what_it_may_be(value, step, asked, own, na, stated.beside)
    if found:
        return found[0], _sentences(by, found[1])
    if adds is not None:
        return DIFFERS, _sentences(by, f"It follows from the document's own: {adds[1]}")
    coarse = telling_digits(value, step) < 2
    why = "So round a number cannot be told from others" if coarse else ""
    if qualifier(stated.words) in ("around", "below", "just above"):
        why = f"“{stated.words}” does not hold of ours (a twentieth is allowed)"
    return DIFFERS, _sentences(by, why or "The reason is not known")


def _by_itself(
    stated: _Stated,
    asked: Asked,
    own: Own | None,
    na: Assessment,
    printed: Sequence[PrintedFigure],
) -> tuple[str, str]:
    """The verdict on a printed figure that no publisher's stands beside: what is possible."""
    unit = unit_of(asked, na.catalogue)
    factor = _factor(stated.unit, unit)
    nothing = "No publisher's figure is at hand"
    if own is not None and own.copied:
        nothing += "; ours is the document's own"
    if factor is None:
        return (
            UNIT_SLIP,
            f"Printed in {stated.unit}; what is measured is given in {unit or 'units'}",
        )
    value, step = stated.value * factor, stated.precision * factor
    if abs(factor - 1) > _SMALL:
        impossible = _impossible(stated, asked, value, factor, unit, na)
        if impossible:
            return UNIT_SLIP, impossible
        converted = with_unit(format_number(value, 1), unit)
        nothing = _sentences(nothing, f"{stated.number} is {converted}, as it is published")
    if unit == "%" and value > 100:
        return DIFFERS, "A share cannot be more than 100%"
    if own is not None and own.added:
        same = agrees(value, own.value, step, stated.words)
        if not same:
            return ARITHMETIC, f"The sum of {own.added} gives {own.text}"
        return PRINTED, _sentences(nothing, f"It adds up with {own.added}: {own.text}")
    adds = sums(value, step, asked, printed, na)
    if adds is not None and not adds[0]:
        return ARITHMETIC, f"In the document, {adds[1]}"
    if kept_back(asked, na):
        nothing = "The publisher's figure is withheld: too few to be shown, or unreliable"
    elif other := _other_period(stated, value, step, asked, na):
        return other
    up = f"It adds up: {adds[1]}" if adds else ""
    return PRINTED, _sentences(nothing, up, _nearest(asked, na))


def _impossible(
    stated: _Stated, asked: Asked, value: float, factor: float, unit: str, na: Assessment
) -> str:
    """Why a printed unit cannot be: beyond all published values, where the usual unit is not."""
    indicator = declared(asked, na.catalogue)
    top = highest(indicator, na) if indicator else None
    if top is None or not stated.value <= top[0] < value:
        return ""
    beside = stated.other_unit
    return _sentences(
        f"{stated.number} is {_short(value)} {unit}, more than any published value at hand of the "
        f"measures of this chapter: the highest is {_short(top[0])} ({top[1]})",
        f"The measure is published {unit}"
        + (", as the comparator beside it is printed" if beside == unit else ""),
        f"If the number is right, the unit is wrong by {max(factor, 1 / factor):,.0f} times",
    )


def _short(value: float) -> str:
    return format_number(value, 0 if abs(value) >= 100 else 1)


def _other_period(
    stated: _Stated, value: float, step: float, asked: Asked, na: Assessment
) -> tuple[str, str] | None:
    """A figure whose period or edition there is none of, and that is one's which overlaps it."""
    asked = replace(asked, keys=asked.keys[:1])
    edition = index_edition_of(asked.period)
    for label in periods_of(asked, na):
        if label == asked.period or telling_digits(value, step) < 2:
            continue
        if not edition and not _overlap(label, asked.period):
            continue
        own = own_figure(replace(asked, period=label), na)
        if own is None or not own.official or not agrees(value, own.value, step, stated.words):
            continue
        if edition:  # two editions may well have the same number of so few areas
            return PRINTED, f"No figure of {asked.period} is at hand; that of {label} is {own.text}"
        return OTHER_PERIOD, (
            f"No figure for {asked.period} is at hand; it may be that for {label}, {own.text}"
        )
    return None


def _overlap(label: str, period: str) -> bool:
    try:
        one, other = parse(label), parse(period)
    except NeedsError:
        return False
    # a figure of one whole year that is told by a year within it, or the other way round
    return one.overlaps(other) and len(one.years) != len(other.years)


def _known_precision(own: Own) -> float:
    return 10.0**-own.decimals


def _in_unit(value: float, own: Own) -> str:
    return with_unit(format_number(value, max(own.decimals, 1) if value < 1000 else 0), own.unit)


def _in_full(own: Own, step: float) -> str:
    finer = max(own.decimals, 1 + max(0, -math.floor(math.log10(step) + _SMALL)))
    whole = float(own.value).is_integer()
    return with_unit(format_number(own.value, 0 if whole else finer), own.unit)


def _by_how_much(value: float, own: Own, converted: str) -> str:
    gap = value - own.value
    size = format_number(abs(gap), 0 if abs(gap) >= 10 or own.decimals == 0 else 2)
    size = with_unit(size, "percentage points" if own.unit == "%" else own.unit)
    where = "above" if gap > 0 else "below"
    return _sentences(converted, f"Printed {size} {where} ours")


def _sentences(*parts: str) -> str:
    kept = [part.strip() for part in parts if part and part.strip()]
    return " ".join(
        f"{one[0].upper()}{one[1:]}" + ("" if one[-1] in ".!?" else ".") for one in kept
    )


def _later(asked: Asked, na: Assessment) -> bool:
    """Whether the figure's period ends after the reporting year; a projection always does."""
    if "population_projection" in asked.keys:
        return False
    if edition := index_edition_of(asked.period):
        index = na.catalogue.indices.get(edition)
        return index is not None and index.published > na.year
    try:
        return not parse(asked.period).ends_by(na.year)
    except NeedsError:
        return False


def _nearest(asked: Asked, na: Assessment) -> str:
    """The nearest official figure of the same measure, for orientation."""
    asked = replace(asked, keys=asked.keys[:1])
    try:
        end = parse(asked.period).end
        labels = sorted(periods_of(asked, na), key=lambda one: abs((parse(one).end - end).days))
    except NeedsError:
        return ""
    for label in labels:
        own = own_figure(replace(asked, period=label), na)
        if own is not None and own.official:
            return f"The nearest figure at hand is {own.text} for {label}"
    return ""
