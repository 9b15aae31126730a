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
from needs.figures.assessment import RESIDENTS
from needs.figures.deprivation import people_up_to
from needs.figures.figure import format_number, with_unit
from needs.figures.population import of_everyone
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


#: Headings in docs/methods.md of figures from LSOAs and from mid-year estimates.
DEPRIVATION, POPULATION = "Share of residents by deprivation decile", "Population"


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


@dataclass(frozen=True)
class _Data:
    """What claims are checked against."""

    observations: pd.DataFrame
    lsoa: pd.DataFrame
    populations: pd.DataFrame
    year: int
    catalogue: Catalogue


def check_claims(
    claims: pd.DataFrame,
    observations: pd.DataFrame,
    lsoa: pd.DataFrame,
    populations: pd.DataFrame,
    year: int,
    catalogue: Catalogue,
) -> pd.DataFrame:
    """Compare printed figures with ours.

    Parameters
    ----------
    claims : DataFrame
        At least ``claim_id``, ``indicator`` (a key of the catalogue or of `MEASURES`, or the words
        of ``claim_terms.csv``), ``area_code``, ``period`` and ``stated_value``; other columns as in
        `needs.sources.printed_claims.CLAIMS`.
    observations : DataFrame
        Processed observations with derived indicators, later periods included.
    lsoa : DataFrame
        LSOAs of the newest index published by the reporting year, with ``population``.
    populations : DataFrame
        Processed populations.
    year : int
        Reporting year.
    catalogue : Catalogue

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
    data = _Data(observations, lsoa, populations, year, catalogue)
    rows: list[dict[str, object]] = []
    for claim in normalise(claims).to_dict("records"):
        rows.append(_check({str(key): value for key, value in claim.items()}, data))
        for comparator in _comparators({str(key): value for key, value in claim.items()}):
            rows.append(_check(comparator, data))
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


def _check(claim: dict[str, object], data: _Data) -> dict[str, object]:
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
    own, indicator = _find(claim, data)
    later = _later(claim, data.year, indicator)
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
    row["verdict"], row["note"] = _verdict(claim, own, indicator, later, data)
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
    data: _Data,
) -> tuple[str, str]:
    stated, precision = float(str(claim["stated_value"])), float(str(claim["precision"]))
    remark = str(claim["remark"]) if claim.get("part", "claim") == "claim" else ""
    if own is None:
        if indicator is None and str(claim["indicator"]).split(";")[0] not in MEASURES:
            return UNKNOWN, _sentences(GIVE_A_KEY, remark)
        return LATER if later else NOT_AVAILABLE, _sentences(remark)
    if own.printed and not later:
        nearest = _nearest(claim, indicator, data)
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
    why = _explain(claim, indicator, data)
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


def _find(claim: dict[str, object], data: _Data) -> tuple[_Own | None, Indicator | None]:
    """Our figure, from the first of the claim's indicators that has one, printed ones last."""
    keys = str(claim["indicator"]).split(";")
    found: _Own | None = None
    for key in keys:
        own = MEASURES[key](claim, data) if key in MEASURES else _observed(claim, key, data)
        if own is not None and (found is None or (found.printed and not own.printed)):
            found = replace(own, indicator=key)
    declared = next(
        (data.catalogue.indicators[k] for k in keys if k in data.catalogue.indicators), None
    )
    return found, declared


def _rows(claim: dict[str, object], key: str, data: _Data) -> pd.DataFrame:
    table = data.observations
    sex = str(claim["sex"]) or "persons"
    return table[
        (table["indicator"] == key)
        & (table["area_code"] == str(claim["area_code"]))
        & (table["sex"] == sex)
        & (table["category"] == (str(claim["category"]) or ""))
    ]


def _observed(claim: dict[str, object], key: str, data: _Data) -> _Own | None:
    indicator = data.catalogue.indicators.get(key)
    if indicator is None:
        return None
    rows = _rows(claim, key, data)
    exact = rows[(rows["period"] == str(claim["period"])) & (rows["status"] == Status.SHOWN)]
    if len(exact):
        return _own(exact.iloc[0], indicator, data)
    return _summed(claim, rows, indicator, data)


def _own(row: pd.Series, indicator: Indicator, data: _Data) -> _Own:
    keys = str(row["source"]).split(";")
    printed = [_is_printed(key, data.catalogue) for key in keys]
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
    claim: dict[str, object], rows: pd.DataFrame, indicator: Indicator, data: _Data
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
    first = _own(parts.iloc[0], indicator, data)
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


def _nearest(claim: dict[str, object], indicator: Indicator | None, data: _Data) -> str:
    """The newest figure of the same indicator that has another source, for orientation."""
    if indicator is None:
        return ""
    rows = _rows(claim, indicator.key, data)
    rows = rows[
        (rows["status"] == Status.SHOWN)
        & (rows["period_end"] <= pd.Timestamp(year=data.year, month=12, day=31))
        & ~rows["source"].map(lambda keys: _is_printed(keys.split(";")[0], data.catalogue))
    ]
    if rows.empty:
        return ""
    newest = rows.sort_values("period_end").iloc[-1]
    text = with_unit(format_number(float(newest["value"]), indicator.decimals), indicator.unit)
    return f"The newest figure read is {text} for {newest['period']}."


def _explain(claim: dict[str, object], indicator: Indicator | None, data: _Data) -> str:
    """What is known of a difference: another edition, or a limit taken for the value."""
    if indicator is None or indicator.statistic in ("count", "amount"):
        return ""
    stated, precision = float(str(claim["stated_value"])), float(str(claim["precision"]))
    own_area = {**claim, "area_code": claim.get("claim_area", claim["area_code"])}
    same = _rows(own_area, indicator.key, data)
    same = same[same["period"] == str(claim["period"])]
    if same.empty:
        return ""
    name = same["area_name"].iloc[0]
    if all(_is_printed(key, data.catalogue) for key in str(same["source"].iloc[0]).split(";")):
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


# Figures that are computed from LSOAs and populations rather than read from observations.


def _members(claim: dict[str, object], data: _Data) -> pd.DataFrame:
    code = str(claim["area_code"])
    return data.lsoa[(data.lsoa["upper_code"] == code) | (data.lsoa["district_code"] == code)]


def _deprived(deciles: int, what: str) -> Callable[[dict[str, object], _Data], _Own | None]:
    def measure(claim: dict[str, object], data: _Data) -> _Own | None:
        rows = _members(claim, data)
        people, everyone = people_up_to(rows, "imd", deciles)
        if rows.empty:
            return None
        edition = f"IoD{rows['edition'].iloc[0]}"
        parts = [("source", "source_row")]
        if what != "lsoas":
            parts.append((RESIDENTS["source"], RESIDENTS["source_row"]))
        source = ";".join(dict.fromkeys(key for part, _ in parts for key in rows[part].unique()))
        files = [
            f"{name}, LSOAs of {claim['area_code']}"
            for _, part in parts
            for name in rows[part].unique()
        ]
        where = "; ".join(files)
        if what == "lsoas":
            formula = "count of LSOAs whose national decile is in range"
            inside = float((rows["imd_decile"] <= deciles).sum())
            own = _Own(inside, edition, "LSOAs", 0, source, where, formula=formula)
            return replace(own, method=DEPRIVATION)
        if people is None or everyone is None:
            return None
        if what == "residents":
            formula = "sum of the mid-year populations of those LSOAs"
            own = _Own(people, edition, "people", 0, source, where, formula=formula)
            return replace(own, method=DEPRIVATION)
        share = 100 * people / everyone
        formula = "residents of LSOAs in range ÷ all residents × 100"
        own = _Own(share, edition, "%", 2, source, where, formula=formula)
        return replace(own, method=DEPRIVATION)

    return measure


def _total(code: str, year: int, data: _Data) -> tuple[float, str, str] | None:
    """Residents, the edition that they are of, and the row where they stand."""
    table = data.populations
    rows = table[(table["area_code"] == code) & (table["year"] == year) & of_everyone(table)]
    if rows.empty:
        return None
    row = rows.iloc[0]
    return float(row["population"]), str(row["edition"]), str(row["source_row"])


def _year_of(claim: dict[str, object]) -> int | None:
    try:
        return parse(str(claim["period"])).years[0]
    except NeedsError:
        return None


def _estimated(
    value: float,
    period: str,
    unit: str,
    decimals: int,
    where: str,
    formula: str,
    note: str = "",
) -> _Own:
    """Our figure from mid-year estimates."""
    own = _Own(value, period, unit, decimals, "ons_population", where, note=note)
    return replace(own, formula=formula, method=POPULATION)


def _population(claim: dict[str, object], data: _Data) -> _Own | None:
    year = _year_of(claim)
    found = _total(str(claim["area_code"]), year, data) if year is not None else None
    if found is None:
        return None
    people, edition, where = found
    note = f"Mid-year estimate of the edition {edition}; estimates are revised from time to time"
    return _estimated(people, f"mid-{year}", "people", 0, where, "mid-year estimate", note)


def _share_of_county(claim: dict[str, object], data: _Data) -> _Own | None:
    code, year = str(claim["area_code"]), _year_of(claim)
    rows = data.lsoa[data.lsoa["district_code"] == code]
    if rows.empty or year is None:
        return None
    part, whole = (_total(one, year, data) for one in (code, str(rows["upper_code"].iloc[0])))
    if part is None or whole is None:
        return None
    share = 100 * part[0] / whole[0]
    formula = "residents of the district ÷ residents of the area × 100"
    note = ""
    if not agrees(
        float(str(claim["stated_value"])),
        share,
        float(str(claim["precision"])),
        str(claim["stated_as"]),
    ):
        note = (
            f"Ours is of mid-year estimates, edition {part[1]}; which count of residents the "
            "document used is not known"
        )
    where = "; ".join(dict.fromkeys((part[2], whole[2])))
    return _estimated(share, f"mid-{year}", "%", 1, where, formula, note)


def _age_share(first: int, last: int | None) -> Callable[[dict[str, object], _Data], _Own | None]:
    def measure(claim: dict[str, object], data: _Data) -> _Own | None:
        table = data.populations
        rows = table[
            (table["area_code"] == str(claim["area_code"]))
            & (table["sex"] == "persons")
            & ~((table["age_from"] == 0) & table["age_to"].isna())
        ]
        wanted = _year_of(claim)
        # the year itself where it is at hand by age, else the newest by the reporting year
        years = sorted(set(rows.loc[rows["year"] <= data.year, "year"]))
        if not years:
            return None
        year = wanted if wanted in years else years[-1]
        rows = rows[rows["year"] == year]
        inside = rows["age_from"].ge(first) & (
            rows["age_from"].le(last) if last is not None else True
        )
        share = 100 * float(rows.loc[inside, "population"].sum()) / float(rows["population"].sum())
        note = "" if year == wanted else f"By age known for mid-{year} only"
        formula = "residents of the age ÷ all residents × 100"
        where = "; ".join(rows["source_row"].unique())
        return _estimated(share, f"mid-{year}", "%", 1, where, formula, note)

    return measure


def _not_in_treatment(claim: dict[str, object], data: _Data) -> _Own | None:
    rows = _rows(claim, "alcohol_unmet_need", data)
    rows = rows[(rows["period"] == str(claim["period"])) & (rows["status"] == Status.SHOWN)]
    rows = rows.dropna(subset=["count"])
    if rows.empty:
        return None
    row = rows.iloc[0]
    people = float(row["count"])
    own = _Own(people, str(row["period"]), "people", 0, str(row["source"]), str(row["source_row"]))
    return replace(own, formula="estimated prevalence − people in treatment", method="Unmet need")


def _sum_of_grants(claim: dict[str, object], data: _Data) -> _Own | None:
    table = data.observations
    rows = table[
        (table["indicator"] == "grant_amount")
        & (table["area_code"] == str(claim["area_code"]))
        & (table["period"] == str(claim["period"]))
        & (table["category"] != "")
        & (table["status"] == Status.SHOWN)
    ]
    if rows.empty:
        return None
    note = f"Sum of the {len(rows)} grants printed beside it"
    return _Own(
        float(rows["value"].sum()),
        str(claim["period"]),
        "£",
        0,
        ";".join(dict.fromkeys(rows["source"])),
        "; ".join(dict.fromkeys(rows["source_row"])),
        note=note,
        formula="sum of the grants",
        method="Amount",
    )


#: Figures that are no indicator of the catalogue, or are checked by adding up.
MEASURES: dict[str, Callable[[dict[str, object], _Data], _Own | None]] = {
    "lsoas_most_deprived_10": _deprived(1, "lsoas"),
    "lsoas_most_deprived_30": _deprived(3, "lsoas"),
    "residents_most_deprived_10": _deprived(1, "residents"),
    "residents_most_deprived_30": _deprived(3, "residents"),
    "share_most_deprived_10": _deprived(1, "share"),
    "share_most_deprived_30": _deprived(3, "share"),
    "population": _population,
    "share_of_county": _share_of_county,
    "share_under_20": _age_share(0, 19),
    "share_65_and_over": _age_share(65, None),
    "alcohol_not_in_treatment": _not_in_treatment,
    "commissioning_expenditure": _sum_of_grants,
}
