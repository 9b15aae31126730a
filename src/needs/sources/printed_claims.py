"""Figures that a published document prints, as they are given to be checked."""

from __future__ import annotations

import contextlib
import csv
import math
import re
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from needs.catalogue import CLAIM_MEASURES, Catalogue, InUse, in_use
from needs.errors import InvalidDataError, MissingDataError, NeedsError, Problem
from needs.sources.area_codes import tidy
from needs.sources.columns import CLAIM_COLUMNS
from needs.sources.periods import parse
from needs.sources.written_numbers import WRITE_NUMBERS, read_number, ungrouped

#: Words before a printed figure, and whether ours may stand below, above or on both sides of it.
_BELOW = ("almost", "nearly", "just under", "close to")
_JUST_ABOVE = ("just over", "slightly over", "a little over", "slightly more than")
_ABOVE = ("more than", "over", "at least", "above")
_UNDER = ("less than", "fewer than", "under", "below", "at most", "up to")
_AROUND = ("about", "around", "approximately", "roughly", "some", "circa")

#: All of them, the longest first.
WORDS = tuple(
    sorted((*_BELOW, *_JUST_ABOVE, *_ABOVE, *_UNDER, *_AROUND), key=lambda one: (-len(one), one))
)

#: The furthest that a figure after "about", "almost" or "just over" may be from ours.
NEAR = 0.05

_SMALL = 1e-9

#: How the report writes units that files write in another way.
_UNITS = {"GBP": "£", "per 100000": "per 100,000", "per 1000": "per 1,000"}

#: How a claim is to name what it is of.
GIVE_A_KEY = "Give a key of the catalogue (docs/adding-an-indicator.md) as indicator."


def read_claims(path: Path) -> pd.DataFrame:
    """Read a CSV of printed figures, in our columns or with an indicator in words.

    Raises
    ------
    MissingDataError
        The file is not there.
    InvalidDataError
        It is not CSV in UTF-8, or lacks columns.
    """
    if not path.is_file():
        raise MissingDataError(
            f"There is no file '{path.name}'.", path.name, "Give the path of a CSV of claims."
        )
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidDataError(
            f"'{path.name}' cannot be read: {error}.", path.name, "Save it as CSV UTF-8."
        ) from error
    # the row that a spreadsheet program shows: the heading is the first
    return normalise(pd.DataFrame(rows, index=pd.RangeIndex(2, len(rows) + 2)), path.name)


def normalise(claims: pd.DataFrame, file: str = "claims") -> pd.DataFrame:
    """Bring claims to the columns of `needs.sources.columns.CLAIM_COLUMNS`.

    Words for an indicator become its key, periods take our spelling, and a printed precision that
    is not given is read from the digits: "13.5" is printed to 0.1. Faults name `file`, and the row
    by the index of `claims`.
    """
    table = claims.rename(columns={"source_document": "document"}).copy()
    needed = ("claim_id", "indicator", "area_code", "period", "stated_value")
    problems = [
        Problem(f"Column '{name}' is missing.", file, f"Add it; needed are {', '.join(needed)}.")
        for name in needed
        if name not in table
    ]
    if problems:
        raise InvalidDataError("The claims cannot be checked.", file, problems=problems)
    columns = list(CLAIM_COLUMNS)
    for name in columns:
        if name not in table:
            table[name] = None
    records = []
    for row, claim in zip(table.index, table.to_dict("records"), strict=True):
        where = f"{file}, row {row}, claim {_text(claim['claim_id'])}"
        given = {str(key): value for key, value in claim.items()}
        records.append(_normal(given, columns, where, problems))
    if problems:
        raise InvalidDataError("The claims cannot be checked.", file, problems=problems)
    return pd.DataFrame(records, columns=columns, index=table.index)


def key_of(words: str, statistic: str) -> str:
    """The key that a document's words for an indicator stand for; empty where they are not known.

    Examples
    --------
    >>> key_of("Adults dependent on alcohol", "count")
    'alcohol_prevalence'
    """
    terms = _terms(in_use("claim_terms.csv"))
    return terms.get((words.lower(), statistic)) or terms.get((words.lower(), "")) or ""


def unknown_indicators(keys: str, catalogue: Catalogue) -> list[tuple[str, str]]:
    """What is wrong with the indicators of a claim, joined with ";", and the nearest known.

    Words of ``claim_terms.csv`` are taken for their keys before (see `normalise`); here they, and
    the names of the catalogue, are what a key may be near to.

    Examples
    --------
    >>> from needs.catalogue import load
    >>> unknown_indicators("drug_misuse_rates", load())
    [("There is no indicator 'drug_misuse_rates'.", 'Did you mean drug_misuse_rate?')]
    >>> unknown_indicators("drug_misuse_rate;population", load())
    []
    """
    known = {key: key for key in (*catalogue.indicators, *CLAIM_MEASURES)}
    wrong = [key.strip() for key in keys.split(";") if key not in known]
    if not wrong:
        return []
    near_to = {words: key for (words, _), key in _terms(in_use("claim_terms.csv")).items()}
    near_to |= {one.name.lower(): key for key, one in catalogue.indicators.items()} | known
    out = []
    for key in wrong:
        what = f"There is no indicator '{key}'." if key else "The indicator is empty."
        near = get_close_matches(key.lower(), near_to, n=1)
        remedy = f"Did you mean {near_to[near[0]]}?" if near else GIVE_A_KEY
        out.append((what, remedy))
    return out


def _normal(
    claim: dict[str, object], columns: list[str], row: str, problems: list[Problem]
) -> dict[str, object]:
    out: dict[str, object] = {key: _text(claim[key]) for key in columns}
    for column in ("area_code", "comparator_code"):
        out[column] = tidy(str(out[column]))
    stated, given = _text(claim["stated_value"]), _text(claim["precision"])
    wrong = [("stated_value", stated)] if read_number(stated) is None else []
    wrong += [("precision", given)] if given and not (read_number(given) or 0) > 0 else []
    wrong += [("comparator_value", one) for one in not_numbers(str(out["comparator_value"]))]
    if wrong:
        problems += [
            Problem(
                f"'{text}' is not a number{' above 0' if column == 'precision' else ''}.",
                f"{row}, column {column}",
                WRITE_NUMBERS,
            )
            for column, text in wrong
        ]
        return out
    printed = ungrouped(stated)
    out["stated_value"] = read_number(stated)
    words, statistic = str(out["indicator"]), str(out["statistic"])
    if key := key_of(words, statistic):
        out["indicator"] = key
        out["label"] = out["label"] or words
    out["label"] = out["label"] or words
    if not out["stated_as"]:
        quoted = re.search(r'stated as "([^"]+)"', str(out["remark"]))
        out["stated_as"] = quoted[1] if quoted else ""
    for column in ("unit", "comparator_unit"):
        out[column] = _UNITS.get(str(out[column]), out[column])
    beside = re.search(r"comparator printed (per [\d,]+|%)", str(out["remark"]))
    out["comparator_unit"] = out["comparator_unit"] or (beside[1] if beside else "")
    out["precision"] = (
        read_number(given) if given else precision(printed, str(out["stated_as"]), str(out["unit"]))
    )
    # an edition of the index, "IoD2019", is no period: kept as it is printed
    with contextlib.suppress(NeedsError):
        out["period"] = parse(str(out["period"])).label
    return out


def not_numbers(values: str) -> list[str]:
    """Those of several printed figures, joined with ";", that are not numbers.

    Examples
    --------
    >>> not_numbers("37;1,234"), not_numbers("5,3; 42")
    ([], ['5,3'])
    """
    return [one.strip() for one in values.split(";") if one and read_number(one) is None]


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NA:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def precision(printed: str, words: str, unit: str) -> float:
    """Unit of the last printed digit; of round numbers after "almost", of the last that is not 0.

    Examples
    --------
    >>> precision("4.2", "", "per 100,000"), precision("28000", "almost 28,000", "people")
    (0.1, 1000.0)
    """
    _, point, decimals = printed.partition(".")
    if point:
        return round(10.0 ** -len(decimals), 12)
    zeros = len(printed) - len(printed.rstrip("0"))
    return 10.0**zeros if qualifier(words) and unit != "%" and zeros else 1.0


def qualifier(words: str) -> str:
    """What words before a printed figure say of ours: below, just above, above, under, around.

    Examples
    --------
    >>> qualifier("almost 28,000"), qualifier("more than"), qualifier("overall 69")
    ('below', 'above', '')
    """
    for kind, group in (
        ("below", _BELOW),
        ("just above", _JUST_ABOVE),
        ("above", _ABOVE),
        ("under", _UNDER),
        ("around", _AROUND),
    ):
        if re.match(rf"({'|'.join(group)})\b", words.strip().lower()):
            return kind
    return ""


def agrees(stated: float, ours: float, precision: float, words: str = "") -> bool:
    """Whether a figure, printed to a precision and perhaps after "almost", is ours.

    Words that say that ours is near allow a twentieth of the figure at most (`NEAR`), but never
    less than the last printed digit does.

    Examples
    --------
    >>> agrees(4.2, 4.24, 0.1), agrees(4.2, 4.26, 0.1)
    (True, False)
    >>> agrees(28000, 27750, 1000, "almost 28,000"), agrees(28000, 28100, 1000, "almost 28,000")
    (True, False)
    >>> agrees(20, 20.56, 1, "just over 20%"), agrees(20, 19.9, 1, "just over 20%")
    (True, False)
    >>> agrees(600000, 604902, 100000, "about"), agrees(20000, 27750, 10000, "about")
    (True, False)
    """
    gap, half, kind = ours - stated, precision / 2, qualifier(words)
    if kind in ("above", "under"):
        return (gap if kind == "above" else -gap) >= -_SMALL
    if not kind:
        return abs(gap) <= half + _SMALL
    # a number with decimals, or to the last digit, is as near as it is without the words
    cap = NEAR * abs(stated) if precision > 1 else math.inf
    if kind == "below":
        return -min(half, cap) - _SMALL <= gap <= _SMALL
    if kind == "just above":
        return -_SMALL <= gap <= min(precision, cap) + _SMALL
    near = min(precision, max(NEAR * abs(stated), half if precision <= 1 else 0))
    return abs(gap) <= near + _SMALL


def cut_or_rounded(stated: float, ours: float, precision: float, unrounded: bool) -> str:
    """How a printed figure comes from ours by another rounding, in words; empty where it does not.

    `unrounded` says that ours has digits beyond the printed ones.

    Examples
    --------
    >>> cut_or_rounded(4.1, 4.17, 0.1, True), cut_or_rounded(605000, 604902, 1, False)
    ('cut, not rounded', 'rounded to the nearest 1,000, without saying so')
    """
    gap = abs(ours - stated)
    near = precision <= 1 or gap <= NEAR * abs(ours)
    if unrounded and near and gap < precision - _SMALL:
        towards_nought = abs(stated) < abs(ours)
        return "cut, not rounded" if towards_nought else "rounded up, or rounded twice"
    if precision == 1 and stated and stated % 10 == 0:
        digits = f"{abs(stated):.0f}"
        step = 10 ** (len(digits) - len(digits.rstrip("0")))
        if gap <= step / 2 and gap <= NEAR * abs(ours):
            return f"rounded to the nearest {step:,}, without saying so"
    return ""


def telling_digits(stated: float, precision: float) -> int:
    """Digits of a printed figure that tell it from others: 4.2 has two, 10 and 20,000 have one.

    Examples
    --------
    >>> [telling_digits(*one) for one in ((4.2, 0.1), (5.0, 0.1), (0.8, 0.1), (20000, 1), (69, 1))]
    [2, 2, 1, 1, 2]
    """
    whole = f"{round(abs(stated) / precision):.0f}"
    return len(whole if precision < 1 else whole.rstrip("0"))


def _terms(file: InUse) -> dict[tuple[str, str], str]:
    """Words that documents use for an indicator, with the statistic, and its key."""
    return {(row["label"].lower(), row["statistic"]): row["indicator"] for row in file.rows()}
