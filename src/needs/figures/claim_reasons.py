"""What a printed figure that is not ours may be, and whether a document's own sums add up.

A figure is looked for where only one thing is other than the document says: the area, the edition,
the period, the sex, a limit for the value, a measure of the same chapter and unit. A kind of
mistake is named only if a number of so many digits would hardly be found there by chance.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from needs.figures import population
from needs.figures.assessment import Assessment, Place
from needs.figures.claim_figures import (
    MEASURES,
    Asked,
    Own,
    areas_of,
    declared,
    index_edition_of,
    own_figure,
    periods_of,
    sexes_of,
    unit_of,
)
from needs.figures.figure import format_number, with_unit
from needs.sources.area_codes import ENGLAND_AND_WALES, OTHER_NAMES
from needs.sources.periods import parse
from needs.sources.printed_claims import agrees, telling_digits

UNIT_SLIP = "unit slip"
OTHER_AREA = "another area's figure"
OTHER_PERIOD = "another period's figure"
OTHER_SEX = "another sex's figure"
OTHER_EDITION = "another edition's figure"
OTHER_MEASURE = "another measure's figure"
LIMIT = "a confidence limit"

#: Matches that chance alone may be expected to bring, above which a kind of mistake is not named.
BY_CHANCE = 0.5
#: The same of the periods next to the one that is meant, which are taken for it most often.
BY_CHANCE_NEXT = 1.0


_SEXES = {"male": "males", "female": "females", "persons": "males and females together"}


@dataclass(frozen=True)
class _Candidate:
    """Another figure of ours, and what it is in words."""

    what: str
    value: float


@dataclass(frozen=True)
class _Kind:
    """A kind of mistake, the figures that it could have taken, and the digits it needs."""

    verdict: str
    candidates: Sequence[_Candidate]
    digits: int = 2
    by_chance: float = BY_CHANCE

    def equal(self, stated: float, precision: float) -> list[str]:
        """Those that a printed figure equals, in words."""
        return [one.what for one in self.candidates if agrees(stated, one.value, precision)]


def what_it_may_be(
    stated: float,
    precision: float,
    asked: Asked,
    own: Own,
    na: Assessment,
    beside: Sequence[str] = (),
) -> tuple[str, str] | None:
    """What a printed figure that is not ours may be: a verdict, and the figure named.

    Parameters
    ----------
    stated, precision : float
        In our unit.
    asked : Asked
    own : Own
        Our figure for it.
    na : Assessment
    beside : sequence of str
        Codes of the areas whose figures the document prints beside it: taken for it first.

    Returns
    -------
    tuple of str, or None
        The most plausible of those that it equals, and how many others it equals as well.
    """
    digits = telling_digits(stated, precision)
    if digits < 2:
        return None
    named, fitting = "", 0
    for kind in _kinds(asked, own, na, beside):
        equal = kind.equal(stated, precision)
        fitting += len(equal)
        likely = digits >= kind.digits and _expected(kind, own, precision) < kind.by_chance
        if equal and likely and not named:
            verdict, named = kind.verdict, equal[0]
    if not named:
        return None
    others = fitting - 1
    also = f"; {others} other{'s' if others > 1 else ''} at hand would fit too" if others else ""
    return verdict, f"It may be {named}{also}."


def power_of_ten(stated: float, precision: float, own: Own) -> tuple[str, str] | None:
    """Ten, a hundred or a thousand times ours, or such a part of it: a verdict and its words."""
    if telling_digits(stated, precision) < 2 or not own.value:
        return None
    for times, part in ((10, "a tenth"), (100, "a hundredth"), (1000, "a thousandth")):
        for factor, words in ((times, f"{times:,} times ours"), (1 / times, f"{part} of ours")):
            if agrees(stated, own.value * factor, precision):
                return UNIT_SLIP, f"It is {words}, {own.text}."
    return None


def _expected(kind: _Kind, own: Own, precision: float) -> float:
    """Matches to expect by chance, if the candidates were spread evenly over their range."""
    values = [own.value, *(one.value for one in kind.candidates)]
    spread = max(values) - min(values)
    return len(kind.candidates) * precision / spread if spread else math.inf


def _kinds(asked: Asked, own: Own, na: Assessment, beside: Sequence[str]) -> Iterator[_Kind]:
    """Kinds of mistakes, the most plausible first."""
    key = own.indicator
    asked = replace(asked, keys=(key,))
    names = {one.code: one.name for one in (*na.places, *na.districts, *na.members)}
    wider, known = {one.code for one in na.places}, areas_of(asked, na)
    names |= {one: known[one] for one in beside if one in known and one not in names}
    if ENGLAND_AND_WALES in known:
        names |= OTHER_NAMES
        wider.add(ENGLAND_AND_WALES)
    names.pop(asked.area_code, None)
    first = [one for one in (*beside, *names) if one in wider | {*beside} and one in names]
    yield _Kind(OTHER_AREA, _of_areas(asked, {one: names[one] for one in first}, na))
    yield _Kind(OTHER_EDITION, _editions(asked, na))
    around, distant = ([], []) if index_edition_of(asked.period) else _periods(asked, na)
    yield _Kind(OTHER_PERIOD, around, by_chance=BY_CHANCE_NEXT)
    sexes = [replace(asked, sex=one) for one in sexes_of(asked, na) if one != asked.sex]
    yield _Kind(OTHER_SEX, _found(((f"that of {_SEXES[one.sex]}", one) for one in sexes), na))
    limits = (("lower", own.lower), ("upper", own.upper))
    where = f"of {_name(asked, na)}, {asked.period}"
    yield _Kind(
        LIMIT,
        [
            _Candidate(f"the {one} limit of the interval {where}", value)
            for one, value in limits
            if value is not None
        ],
    )
    yield _Kind(OTHER_MEASURE, _measures(asked, na))
    parts = {code: name for code, name in names.items() if code not in first}
    # of many areas and periods, some have any number of two digits
    of_part = any(asked.area_code == one.code for one in na.districts)
    yield _Kind(OTHER_AREA, _of_areas(asked, parts, na), digits=2 if of_part else 3)
    yield _Kind(OTHER_PERIOD, distant, digits=3)
    apart = {code: name for code, name in known.items() if code not in names}
    apart.pop(asked.area_code, None)
    # an area may have had two codes
    once = {code: name for name, code in {two: one for one, two in apart.items()}.items()}
    elsewhere = _of_areas(asked, once, na)
    yield _Kind(OTHER_AREA, elsewhere, digits=3)


def _found(others: Iterable[tuple[str, Asked]], na: Assessment) -> list[_Candidate]:
    """Those of some other figures that publishers give, with what each is in words."""
    found = []
    for what, asked in others:
        own = own_figure(asked, na)
        if own is not None and own.official:
            found.append(_Candidate(f"{what}, {own.text}", own.value))
    return found


def _name(asked: Asked, na: Assessment) -> str:
    known = (*na.places, *na.districts, *na.members)
    return next((one.name for one in known if one.code == asked.area_code), asked.area_name)


def _of_areas(asked: Asked, names: dict[str, str], na: Assessment) -> list[_Candidate]:
    what = f"for {asked.period}"
    return _found(
        (
            (f"the figure of {name} {what}", replace(asked, area_code=code, area_name=name))
            for code, name in names.items()
        ),
        na,
    )


def _editions(asked: Asked, na: Assessment) -> list[_Candidate]:
    """The same figure on another index, or in another edition of the population estimates."""
    if index_edition_of(asked.period):
        others = [one for one in periods_of(asked, na) if one != asked.period]
        return _found(((f"that of {one}", replace(asked, period=one)) for one in others), na)
    if asked.keys[0] != "population" or not asked.period.removeprefix("mid-").isdigit():
        return []
    place = Place(asked.area_code, asked.area_name, "")
    return [
        _Candidate(f"the estimate of the edition {edition}, {value:,.0f} people", value)
        for edition, value in population.by_edition(na, place, int(asked.period[-4:])).items()
    ]


def _periods(asked: Asked, na: Assessment) -> tuple[list[_Candidate], list[_Candidate]]:
    """Figures of the periods next to the one asked for, and of the others, the nearest first."""
    when = parse(asked.period)
    labels = [
        one
        for one in periods_of(asked, na)
        if one != asked.period and len(parse(one).years) == len(when.years)
    ]

    def made(chosen: Sequence[str]) -> list[_Candidate]:
        what = f"the figure of {_name(asked, na)} for"
        return _found(((f"{what} {one}", replace(asked, period=one)) for one in chosen), na)

    labels.sort(key=lambda one: abs((parse(one).end - when.end).days))
    return made(labels[:2]), made(labels[2:])


def _measures(asked: Asked, na: Assessment) -> list[_Candidate]:
    """Figures of the same area, period and sex of measures of the same chapter and unit."""
    indicator = declared(asked, na.catalogue)
    if indicator is None:
        unit, stem = unit_of(asked, na.catalogue), asked.keys[0].rsplit("_", 1)[0]
        keys = [one for one in MEASURES if one.rsplit("_", 1)[0] == stem]
        alike = [(key, key.replace("_", " ")) for key in keys if unit]
    else:
        alike = [
            (one.key, one.name)
            for one in na.catalogue.chapter(indicator.chapter)
            if one.unit == indicator.unit
        ]
    return _found(
        (
            (f"“{name}”, for {asked.period}", replace(asked, keys=(key,), category=""))
            for key, name in alike
            if key != asked.keys[0]
        ),
        na,
    )


# A document's own arithmetic


@dataclass(frozen=True)
class PrintedFigure:
    """A figure of a document, as one that its other figures are held against."""

    claim_id: str
    asked: Asked
    value: float
    precision: float


@dataclass(frozen=True)
class _Sum:
    """How a measure follows from others, in words and as a function."""

    result: str
    parts: tuple[str, ...]
    words: str
    work: Callable[..., float]


#: The report's population stands in for a document's.
_OURS = "population"

_SUMS = (
    _Sum(
        "alcohol_not_in_treatment",
        ("alcohol_prevalence", "alcohol_in_treatment"),
        "those dependent less those in treatment",
        lambda dependent, treated: dependent - treated,
    ),
    _Sum(
        "alcohol_unmet_need",
        ("alcohol_not_in_treatment", "alcohol_prevalence"),
        "those not in treatment of all dependent",
        lambda untreated, dependent: 100 * untreated / dependent,
    ),
    _Sum(
        "all_in_treatment",
        ("adults_in_treatment", "young_people_in_treatment"),
        "adults and young people",
        lambda adults, young: adults + young,
    ),
    _Sum(
        "drug_poisoning_admissions_rate",
        ("drug_poisoning_admissions", _OURS),
        "admissions per 100,000 of our estimate of residents",
        lambda admissions, people: 100_000 * admissions / people,
    ),
)


def sums(
    stated: float, precision: float, asked: Asked, printed: Sequence[PrintedFigure], na: Assessment
) -> tuple[bool, str] | None:
    """Whether a figure follows from others that the document prints, and from which.

    Each figure may be anywhere within its printed precision. None where the document does not print
    what it would follow from.
    """
    for one in (*_SUMS, _of_sexes(asked)):
        if one.result != asked.keys[0]:
            continue
        parts = [_part(key, asked, printed, na) for key in one.parts]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts) or any(not part.value for part in known):
            continue
        ends = [(p.value - p.precision / 2, p.value + p.precision / 2) for p in known]
        values = [one.work(*corner) for corner in itertools.product(*ends)]
        exact = one.work(*(part.value for part in known))
        within = min(values) - precision / 2 <= stated <= max(values) + precision / 2
        unit = unit_of(asked, na.catalogue)
        decimals = 1 if unit == "%" or unit.startswith("per ") else 0
        result = with_unit(format_number(exact, decimals), unit)
        from_ = " and ".join(part.claim_id for part in known if part.claim_id)
        return within, f"{one.words} ({from_}) gives {result}"
    return None


def _of_sexes(asked: Asked) -> _Sum:
    return _Sum(
        asked.keys[0] if asked.sex == "persons" else "",
        ("male", "female"),
        "males and females",
        lambda males, females: males + females,
    )


def _part(
    key: str, asked: Asked, printed: Sequence[PrintedFigure], na: Assessment
) -> PrintedFigure | None:
    sex = key if key in ("male", "female") else asked.sex
    wanted = asked.keys[0] if key in ("male", "female") else key
    indicator = declared(asked, na.catalogue)
    if sex != asked.sex and (indicator is None or indicator.statistic != "count"):
        return None
    for one in printed:
        if (
            wanted in one.asked.keys
            and one.asked.area_code == asked.area_code
            and one.asked.period == asked.period
            and one.asked.sex == sex
            and one.asked.category == asked.category
        ):
            return one
    if key != _OURS:
        return None
    # a financial year's residents are those of the middle of its first year
    year = str(parse(asked.period).years[0])
    ours = own_figure(replace(asked, keys=(_OURS,), period=year), na)
    # its estimates are revised by a little more than a thousandth from edition to edition
    return None if ours is None else PrintedFigure("", asked, ours.value, 0.01 * ours.value)
