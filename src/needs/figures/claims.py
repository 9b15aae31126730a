"""Check the figures that a published document prints against the figures at hand.

Each printed figure, and each comparator printed beside it, gets one verdict. A figure agrees when
ours, rounded as the document rounds, is the same, and when words such as "almost" hold of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from needs.catalogue import Catalogue, Indicator
from needs.errors import InvalidDataError, NeedsError, Problem
from needs.figures import deprivation, population
from needs.figures.assessment import Assessment, Place
from needs.figures.figure import Figure, format_number, with_unit
from needs.figures.grants import grants_total
from needs.sources.periods import parse
from needs.sources.printed_claims import (
    GIVE_A_KEY,
    normalise,
    precision,
    qualifier,
    unknown_indicators,
)
from needs.sources.written_numbers import ungrouped
from needs.stats.status import Status
from needs.tables.areas import known_code, nearest_code

AGREES = "agrees"
DIFFERS = "differs"
NOT_AVAILABLE = "not available"
LATER = "later than the reporting year"
PRINTED = "printed figure only"
UNKNOWN = "indicator not known"

#: Columns of the result of `check_claims`.
COLUMNS = (
    *("claim_id", "part", "topic", "label", "indicator", "area_code", "area_name", "period"),
    *("stated_value", "stated", "our_value", "ours", "our_period", "our_indicator", "our_unit"),
    *("our_decimals", "our_formula", "our_method", "difference", "verdict"),
    *("note", "how_to_add", "source", "source_row", "document", "section"),
)


_SMALL = 1e-9


@dataclass(frozen=True)
class _Own:
    """Our figure for what a document prints."""

    value: float
    period: str
    unit: str
    decimals: int
    source: str = ""
    source_row: str = ""
    note: str = ""
    printed: bool = False
    indicator: str = ""
    formula: str = ""
    method: str = ""


def check_claims(claims: pd.DataFrame, na: Assessment) -> pd.DataFrame:
    """Compare printed figures with ours.

    Parameters
    ----------
    claims : DataFrame
        At least ``claim_id``, ``indicator`` (a key of the catalogue or of `MEASURES`, or the words
        of ``claim_terms.csv``), ``area_code``, ``period`` and ``stated_value``; other columns as in
        `needs.sources.printed_claims.CLAIMS`.
    na : Assessment
        Whose figures they are held against; of indicators, later periods included.

    Returns
    -------
    DataFrame
        One row for each printed figure (``part`` is "claim") and for each comparator printed beside
        it ("comparator"), in the order of `claims`; columns `COLUMNS`. ``verdict`` is one of
        `VERDICTS`; ``note`` says by how much and, if known, why; ``how_to_add`` who publishes what
        is not at hand.

    Raises
    ------
    InvalidDataError
        A needed column is not there, or a stated value is no number; all faults at once.
    """
    rows: list[dict[str, object]] = []
    for claim in normalise(claims).to_dict("records"):
        rows.append(_check({str(key): value for key, value in claim.items()}, na))
        for comparator in _comparators({str(key): value for key, value in claim.items()}):
            rows.append(_check(comparator, na))
    return pd.DataFrame(rows, columns=list(COLUMNS))


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


def agrees(stated: float, ours: float, precision: float, words: str = "") -> bool:
    """Whether a figure, printed to a precision and perhaps after "almost", is ours.

    Examples
    --------
    >>> agrees(4.2, 4.24, 0.1), agrees(4.2, 4.26, 0.1)
    (True, False)
    >>> agrees(28000, 27750, 1000, "almost 28,000"), agrees(28000, 28100, 1000, "almost 28,000")
    (True, False)
    >>> agrees(20, 20.56, 1, "just over 20%"), agrees(20, 19.9, 1, "just over 20%")
    (True, False)
    """
    gap = ours - stated
    kind = qualifier(words)
    if kind == "below":
        return -precision / 2 - _SMALL <= gap <= _SMALL
    if kind == "just above":
        return -_SMALL <= gap <= precision + _SMALL
    if kind == "above":
        return gap >= -_SMALL
    return abs(gap) <= (precision if kind == "around" else precision / 2) + _SMALL


def _comparators(claim: dict[str, object]) -> list[dict[str, object]]:
    codes, names, values = (
        str(claim[f"comparator_{part}"]).split(";") for part in ("code", "name", "value")
    )
    out = []
    for code, name, value in zip(codes, names, values, strict=False):
        if not code.strip() or not value.strip():
            continue
        printed = ungrouped(value.strip())
        out.append(
            {
                **claim,
                "part": "comparator",
                "claim_area": claim["area_code"],
                "area_code": code.strip(),
                "area_name": name.strip(),
                "stated_value": float(printed),
                "stated_as": "",
                "precision": precision(printed, "", str(claim["unit"])),
            }
        )
    return out


def _check(claim: dict[str, object], na: Assessment) -> dict[str, object]:
    stated, precision = float(str(claim["stated_value"])), float(str(claim["precision"]))
    unit = str(claim["unit"])
    decimals = max(0, -math.floor(math.log10(precision) + _SMALL)) if precision < 1 else 0
    row: dict[str, object] = {
        **{name: claim.get(name, "") for name in COLUMNS},
        "part": claim.get("part", "claim"),
        "stated": claim["stated_as"] or with_unit(format_number(stated, decimals), unit),
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
    own, indicator = _find(claim, na)
    later = _later(claim, na.year, indicator)
    if own is not None:
        row |= {
            "our_value": own.value,
            "ours": with_unit(format_number(own.value, max(decimals, own.decimals)), own.unit),
            "our_period": own.period,
            "our_indicator": own.indicator,
            "our_unit": own.unit,
            "our_decimals": max(decimals, own.decimals),
            "our_formula": own.formula,
            "our_method": own.method,
            "source": own.source,
            "source_row": own.source_row,
        }
    row["verdict"], row["note"] = _verdict(claim, own, indicator, later, na)
    if own is not None and row["verdict"] in (AGREES, DIFFERS):
        row["difference"] = stated - own.value
    elif indicator is not None and row["verdict"] != LATER:
        row["how_to_add"] = indicator.how_to_add
    return row


def _verdict(
    claim: dict[str, object],
    own: _Own | None,
    indicator: Indicator | None,
    later: bool,
    na: Assessment,
) -> tuple[str, str]:
    stated, precision = float(str(claim["stated_value"])), float(str(claim["precision"]))
    remark = str(claim["remark"]) if claim.get("part", "claim") == "claim" else ""
    if own is None:
        if indicator is None and str(claim["indicator"]).split(";")[0] not in MEASURES:
            return UNKNOWN, _sentences(GIVE_A_KEY, remark)
        return LATER if later else NOT_AVAILABLE, _sentences(remark)
    if own.printed and not later:
        nearest = _nearest(claim, indicator, na)
        return PRINTED, _sentences("No other source is known.", nearest, remark)
    same = agrees(stated, own.value, precision, str(claim["stated_as"]))
    if later:
        known = f"Our figure {'agrees' if same else 'differs'}."
        known = "No other source is known." if own.printed else known
        return LATER, _sentences(known, own.note, remark)
    if same:
        return AGREES, _sentences(own.note, remark)
    gap = stated - own.value
    size = format_number(abs(gap), 0 if abs(gap) >= 10 else 2)
    size = with_unit(size, "percentage points" if own.unit == "%" else own.unit)
    by = f"Printed {size} {'above' if gap > 0 else 'below'} ours."
    why = _explain(claim, indicator, na)
    reason = "" if why or own.note or remark else "The reason is not known."
    return DIFFERS, _sentences(by, why, own.note, remark, reason)


def _sentences(*parts: str) -> str:
    kept = [part.strip() for part in parts if part and part.strip()]
    return " ".join(
        f"{one[0].upper()}{one[1:]}" + ("" if one[-1] in ".!?" else ".") for one in kept
    )


def _later(claim: dict[str, object], year: int, indicator: Indicator | None) -> bool:
    """Whether the figure's period ends after the reporting year; a projection always does."""
    if indicator is not None and indicator.key == "population_projection":
        return False
    try:
        return not parse(str(claim["period"])).ends_by(year)
    except NeedsError:
        return False


def _find(claim: dict[str, object], na: Assessment) -> tuple[_Own | None, Indicator | None]:
    """Our figure, from the first of the claim's indicators that has one, printed ones last."""
    keys = str(claim["indicator"]).split(";")
    found: _Own | None = None
    for key in keys:
        own = MEASURES[key](claim, na) if key in MEASURES else _observed(claim, key, na)
        if own is not None and (found is None or (found.printed and not own.printed)):
            found = replace(own, indicator=key)
    declared = next(
        (na.catalogue.indicators[k] for k in keys if k in na.catalogue.indicators), None
    )
    return found, declared


def _every_observation(na: Assessment) -> pd.DataFrame:
    return na.all_observations


def _rows(claim: dict[str, object], key: str, na: Assessment) -> pd.DataFrame:
    table = na.once(_every_observation)
    sex = str(claim["sex"]) or "persons"
    return table[
        (table["indicator"] == key)
        & (table["area_code"] == str(claim["area_code"]))
        & (table["sex"] == sex)
        & (table["category"] == (str(claim["category"]) or ""))
    ]


def _observed(claim: dict[str, object], key: str, na: Assessment) -> _Own | None:
    indicator = na.catalogue.indicators.get(key)
    if indicator is None:
        return None
    rows = _rows(claim, key, na)
    exact = rows[(rows["period"] == str(claim["period"])) & (rows["status"] == Status.SHOWN)]
    if len(exact):
        return _own(exact.iloc[0], indicator, na)
    return _summed(claim, rows, indicator, na)


def _own(row: pd.Series, indicator: Indicator, na: Assessment) -> _Own:
    keys = str(row["source"]).split(";")
    printed = [_is_printed(key, na.catalogue) for key in keys]
    return _Own(
        float(row["value"]),
        str(row["period"]),
        indicator.unit,
        indicator.decimals,
        str(row["source"]),
        str(row["source_row"]),
        note="Computed from a printed number." if any(printed) and not all(printed) else "",
        printed=all(printed),
        formula=indicator.formula,
        method=indicator.method,
    )


def _is_printed(key: str, catalogue: Catalogue) -> bool:
    source = catalogue.sources.get(key)
    return source is not None and source.reader == "datapackage"


def _summed(
    claim: dict[str, object], rows: pd.DataFrame, indicator: Indicator, na: Assessment
) -> _Own | None:
    """A count of several years as the sum of its years."""
    try:
        years = parse(str(claim["period"])).years
    except NeedsError:
        return None
    if indicator.statistic != "count" or len(years) < 2:
        return None
    parts = rows[rows["period"].isin([str(year) for year in years])]
    parts = parts[parts["status"] == Status.SHOWN]
    if sorted(parts["period"]) != [str(year) for year in years]:
        return None
    first = _own(parts.iloc[0], indicator, na)
    return _Own(
        float(parts["value"].sum()),
        str(claim["period"]),
        first.unit,
        first.decimals,
        ";".join(dict.fromkeys(parts["source"])),
        "; ".join(dict.fromkeys(parts["source_row"])),
        note="Sum of the years.",
        printed=first.printed,
        formula="sum of the years",
        method=indicator.method,
    )


def _nearest(claim: dict[str, object], indicator: Indicator | None, na: Assessment) -> str:
    """The newest figure of the same indicator that has another source, for orientation."""
    if indicator is None:
        return ""
    rows = _rows(claim, indicator.key, na)
    rows = rows[
        (rows["status"] == Status.SHOWN)
        & (rows["period_end"] <= pd.Timestamp(year=na.year, month=12, day=31))
        & ~rows["source"].map(lambda keys: _is_printed(keys.split(";")[0], na.catalogue))
    ]
    if rows.empty:
        return ""
    newest = rows.sort_values("period_end").iloc[-1]
    text = with_unit(format_number(float(newest["value"]), indicator.decimals), indicator.unit)
    return f"The newest figure read is {text} for {newest['period']}."


def _explain(claim: dict[str, object], indicator: Indicator | None, na: Assessment) -> str:
    """What is known of a difference: another edition, or a limit taken for the value."""
    if indicator is None or indicator.statistic in ("count", "amount"):
        return ""
    stated, precision = float(str(claim["stated_value"])), float(str(claim["precision"]))
    own_area = {**claim, "area_code": claim.get("claim_area", claim["area_code"])}
    same = _rows(own_area, indicator.key, na)
    same = same[same["period"] == str(claim["period"])]
    if same.empty:
        return ""
    name = same["area_name"].iloc[0]
    if all(_is_printed(key, na.catalogue) for key in str(same["source"].iloc[0]).split(";")):
        return (
            f"Ours is of a later edition of the publisher's file; the figure of {name} beside it "
            "is the document's own, of the earlier one. What was revised is not known."
        )
    for part in ("lower", "upper"):
        if agrees(stated, float(same[part].iloc[0]), precision):
            return (
                f"It equals the {part} confidence limit of {name} in the same period. Whether that "
                "was taken for it is not known."
            )
    return ""


# Figures that are no indicator, or that are added up: the report's own, as its chapters show them.


def _of_report(figure: Figure, period: str = "", note: str = "") -> _Own | None:
    """A figure of the report as ours; nothing where it is not shown."""
    if figure.value is None:
        return None
    return _Own(
        figure.value,
        period or figure.period,
        figure.unit,
        figure.decimals,
        ";".join(figure.sources),
        "; ".join(figure.source_rows),
        note=note,
        formula=figure.formula,
        method=figure.method,
    )


def _place(claim: dict[str, object], na: Assessment) -> Place:
    """The place of a claim, in or outside the report's area."""
    code = str(claim["area_code"])
    known = (one for one in (*na.places, *na.districts, *na.members) if one.code == code)
    return next(known, Place(code, str(claim["area_name"]), ""))


def _deprived(
    measure: Callable[[Assessment, int, Place], Figure], decile: int
) -> Callable[[dict[str, object], Assessment], _Own | None]:
    def own(claim: dict[str, object], na: Assessment) -> _Own | None:
        place = _place(claim, na)
        if not deprivation.source_rows(na, place):
            return None
        return _of_report(measure(na, decile, place), f"IoD{na.index_edition}")

    return own


def _year_of(claim: dict[str, object]) -> int | None:
    try:
        return parse(str(claim["period"])).years[0]
    except NeedsError:
        return None


def _population(claim: dict[str, object], na: Assessment) -> _Own | None:
    place, year = _place(claim, na), _year_of(claim)
    edition = population.edition(na, place, year) if year else ""
    if not year or not edition:
        return None
    note = f"Mid-year estimate of the edition {edition}; estimates are revised from time to time"
    return _of_report(population.total(na, place, year), note=note)


def _share_of_county(claim: dict[str, object], na: Assessment) -> _Own | None:
    place, year = _place(claim, na), _year_of(claim)
    if place not in na.districts or not year:
        return None
    own = _of_report(population.share_of_area(na, place, year))
    if own is None or agrees(
        float(str(claim["stated_value"])),
        own.value,
        float(str(claim["precision"])),
        str(claim["stated_as"]),
    ):
        return own
    edition = population.edition(na, place, year)
    note = (
        f"Ours is of mid-year estimates, edition {edition}; which count of residents the document "
        "used is not known"
    )
    return replace(own, note=note)


def _age_share(group: str) -> Callable[[dict[str, object], Assessment], _Own | None]:
    def own(claim: dict[str, object], na: Assessment) -> _Own | None:
        place, wanted = _place(claim, na), _year_of(claim)
        # the year itself where it is at hand by age, else the newest by the reporting year
        years = [year for year in population.years_by_age(na, place) if year <= na.year]
        if not years:
            return None
        year = wanted if wanted in years else years[-1]
        note = "" if year == wanted else f"By age known for mid-{year} only"
        return _of_report(population.age_share(na, place, group, year), note=note)

    return own


def _shown(claim: dict[str, object], key: str, na: Assessment) -> list[Figure]:
    """Figures of an indicator for the claim's area and period, of whichever category."""
    table = na.once(_every_observation)
    rows = table[
        (table["indicator"] == key)
        & (table["area_code"] == str(claim["area_code"]))
        & (table["period"] == str(claim["period"]))
        & (table["sex"] == (str(claim["sex"]) or "persons"))
        & (table["status"] == Status.SHOWN)
    ]
    return [na.to_figure(row, _place(claim, na)) for row in rows.to_dict("records")]


def _not_in_treatment(claim: dict[str, object], na: Assessment) -> _Own | None:
    for figure in _shown(claim, "alcohol_unmet_need", na):
        people = figure.with_(value=figure.numerator, unit="people", decimals=0)
        formula = "estimated prevalence − people in treatment"
        return _of_report(people.with_(formula=formula, method="Unmet need"))
    return None


def _sum_of_grants(claim: dict[str, object], na: Assessment) -> _Own | None:
    grants = [one for one in _shown(claim, "grant_amount", na) if one.note]
    if not grants:
        return None
    note = f"Sum of the {len(grants)} grants printed beside it"
    return _of_report(grants_total(grants), note=note)


#: Figures that are no indicator of the catalogue, or are checked by adding up.
MEASURES: dict[str, Callable[[dict[str, object], Assessment], _Own | None]] = {
    "lsoas_most_deprived_10": _deprived(deprivation.lsoa_count, 1),
    "lsoas_most_deprived_30": _deprived(deprivation.lsoa_count, 3),
    "residents_most_deprived_10": _deprived(deprivation.decile_residents, 1),
    "residents_most_deprived_30": _deprived(deprivation.decile_residents, 3),
    "share_most_deprived_10": _deprived(deprivation.share, 1),
    "share_most_deprived_30": _deprived(deprivation.share, 3),
    "population": _population,
    "share_of_county": _share_of_county,
    "share_under_20": _age_share("under 20"),
    "share_65_and_over": _age_share("65 and over"),
    "alcohol_not_in_treatment": _not_in_treatment,
    "commissioning_expenditure": _sum_of_grants,
}
