"""What each kind of figure should say, worked out from the publishers' files.

Each function answers with the fields that it knows (``value``, ``lower``, ``upper``,
``numerator``, ``denominator``), with `NOTHING` where the files give no such figure, or with None
where this tool does not know the kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import formulas
import lands
from publishers import Files

Row = Mapping[str, str]
Fields = dict[str, Any]

#: The files give no such figure.
NOTHING: Fields = {"value": None}

#: Land that a file counts with a neighbour's, so that it has no row of its own.
WITH_NEIGHBOUR = {"E06000053"}

ENGLAND_AND_WALES = "K04000001"

MISSING_LIMITS: Fields = {"lower": None, "upper": None}


@dataclass(frozen=True)
class Ask:
    """A figure to be worked out, and the report that it stands in."""

    row: Row
    files: Files
    focus: str

    @property
    def code(self) -> str:
        return self.row["area_code"]

    @property
    def period(self) -> str:
        return self.row["period"]

    @property
    def sex(self) -> str:
        return self.row["sex"]

    def sum(self, table: Mapping[str, float], code: str = "") -> float | None:
        """The sum over the codes that make up the land; None where they do not."""
        parts = self.files.lands.parts(table, code or self.code)
        return None if parts is None else sum(table[one] for one in parts)

    def years(self) -> list[int]:
        """Calendar years of the period; the first one of a financial year."""
        if "/" in self.period:
            return [int(self.period[:4])]
        found = [int(one) for one in re.findall(r"\d{4}", self.period)]
        return list(range(found[0], found[-1] + 1))


# --- people -------------------------------------------------------------------------------------

AGES = {
    "share_aged_under_20": (0, 19),
    "share_aged_20_to_64": (20, 64),
    "share_aged_65_and_over": (65, 90),
    "neighbours_aged_under_18": (0, 17),
    "neighbours_aged_18_to_24": (18, 24),
    "neighbours_aged_25_to_44": (25, 44),
    "neighbours_aged_45_to_64": (45, 64),
    "neighbours_aged_65_and_over": (65, 90),
}


def residents(files: Files, code: str, year: int) -> float | None:
    """Everybody of a place at the middle of a year: the newest edition that covers it."""
    ask = Ask({"area_code": code}, files, "")
    people = ask.sum(files.totals.get(year, {}))
    if people is not None:
        return people
    ages = files.ages(year)
    return ask.sum({one: sum(many) for one, many in ages.items()})


def population(ask: Ask) -> Fields:
    people = residents(ask.files, ask.code, ask.years()[0])
    return {"value": people, "numerator": people, "denominator": None, **MISSING_LIMITS}


def age_share(ask: Ask) -> Fields:
    first, last = AGES[ask.row["indicator"]]
    ages = ask.files.ages(ask.years()[0])
    part = ask.sum({code: sum(many[first : last + 1]) for code, many in ages.items()})
    whole = ask.sum({code: sum(many) for code, many in ages.items()})
    if part is None or whole is None:
        return NOTHING
    if ask.row["indicator"].startswith("neighbours"):  # a feature, kept with three decimals
        return {"value": 100 * part / whole, "within": 0.001}
    return {"value": 100 * part / whole, "numerator": part, "denominator": whole, **MISSING_LIMITS}


def share_of_area(ask: Ask) -> Fields:
    year = ask.years()[0]
    part, whole = (residents(ask.files, one, year) for one in (ask.code, ask.focus))
    if part is None or whole is None:
        return NOTHING
    return {"value": 100 * part / whole, "numerator": part, "denominator": whole, **MISSING_LIMITS}


# --- neighbourhoods -----------------------------------------------------------------------------

_RANGE = re.compile(
    r"(?P<what>lsoas|residents|share)_"
    r"(?P<of>most_deprived|least_deprived|in_decile|income|employment|education|health|crime"
    r"|barriers|environment)_(?P<number>\d+)"
)


def _lsoas(ask: Ask) -> tuple[Any, Any] | None:
    """The LSOAs of the place on the index of the period, and their residents."""
    named = re.fullmatch(r"IoD(\d{4}), mid-(\d{4}) population", ask.period)
    if named is None:
        return None
    edition, year = named.groups()
    table = ask.files.index(edition)
    parts = ask.files.lands.parts(table["district"].unique(), ask.code)
    if parts is None:
        return None
    own = table[table["district"].isin(parts)]
    return own, ask.files.lsoa_people(edition, int(year)).reindex(own.index)


def deprivation(ask: Ask) -> Fields:
    found = _lsoas(ask)
    match = _RANGE.fullmatch(ask.row["indicator"])
    if found is None or match is None:
        return NOTHING
    own, people = found
    what, of, number = match["what"], match["of"], int(match["number"])
    decile = own["imd" if of in ("most_deprived", "least_deprived", "in_decile") else of]
    if of == "in_decile":
        inside = decile == number
    elif of == "least_deprived":
        inside = decile > 10 - number // 10
    else:
        inside = decile <= number // 10
    if what == "lsoas":
        part, whole = float(inside.sum()), float(len(own))
        return {"value": part, "numerator": part, "denominator": whole, **MISSING_LIMITS}
    part, whole = float(people[inside].sum()), float(people.sum())
    if what == "residents":
        return {"value": part, "numerator": part, "denominator": None, **MISSING_LIMITS}
    return {"value": 100 * part / whole, "numerator": part, "denominator": whole, **MISSING_LIMITS}


def neighbour_index(ask: Ask) -> Fields:
    found = _lsoas(ask)
    if found is None:
        return NOTHING
    own, people = found
    of = own["score"] if ask.row["indicator"].endswith("score") else 100 * (own["imd"] <= 2)
    return {"value": float((of * people).sum() / people.sum()), "within": 0.001}


# --- deaths -------------------------------------------------------------------------------------


def _what(ask: Ask) -> str:
    return "_".join(ask.row["indicator"].split("_")[:2])


def deaths(ask: Ask) -> Fields:
    table = ask.files.deaths(_what(ask)).get(ask.period)
    count = ask.sum(table) if table else None
    return {"value": count, "numerator": count, "denominator": None, **MISSING_LIMITS}


def death_rate(ask: Ask) -> Fields:
    table = ask.files.pooled_deaths(_what(ask), ask.sex).get(ask.period, {})
    parts = ask.files.lands.parts(table, ask.code)
    if parts is None or len(parts) > 1:  # age-standardised rates cannot be added up
        return NOTHING
    one = table[parts[0]]
    if one["deaths"] < 10:  # a few such rates stand in the file, against its own footnote
        return {"value": None, "numerator": one["deaths"]}
    return {
        "value": one["value"],
        "lower": one["lower"],
        "upper": one["upper"],
        "numerator": one["deaths"],
        "unsure": one["deaths"] < 20,
    }


def crude_death_rate(ask: Ask) -> Fields:
    if ask.row["indicator"].endswith("yearly_rate"):
        table = ask.files.deaths(_what(ask)).get(ask.period, {})
    else:
        pooled = ask.files.pooled_deaths(_what(ask), ask.sex).get(ask.period, {})
        table = {code: one["deaths"] for code, one in pooled.items()}
    count = ask.sum(table)
    people = [ask.sum(ask.files.totals.get(year, {})) for year in ask.years()]
    if count is None or None in people:
        return NOTHING
    whole = sum(one for one in people if one)
    if count < 3:
        return {"value": None, "numerator": count, "denominator": whole}
    value, lower, upper = formulas.crude_rate(count, whole, 100_000)
    return {"value": value, "lower": lower, "upper": upper, "numerator": count,
            "denominator": whole, "unsure": count < 20}  # fmt: skip


def age_rate(ask: Ask) -> Fields:
    one = ask.files.deaths_by_age.get((ask.sex, ask.period, ask.row["age"].casefold()))
    if one is None or ask.code != ENGLAND_AND_WALES:
        return NOTHING
    rates = {name: one[name] / 10 if one[name] is not None else None
             for name in ("value", "lower", "upper")}  # fmt: skip
    return {**rates, "numerator": one["deaths"]}


# --- Fingertips ---------------------------------------------------------------------------------


def _category(ask: Ask) -> tuple[str, str]:
    kind, _, category = ask.row["note"].partition(": ")
    return (kind, category) if " deciles in England" in kind else ("", "")


def fingertips(number: str) -> Callable[[Ask], Fields]:
    def from_file(ask: Ask) -> Fields:
        table = ask.files.fingertips(number)
        group = (ask.sex, *_category(ask))
        own = {code: one for (code, period, *rest), one in table.items()
               if period == ask.period and tuple(rest) == group}  # fmt: skip
        parts = _people(ask.files, own, ask.code)
        if parts is None or len(parts) > 1:
            return NOTHING
        one = dict(own[parts[0]])
        if one["value"] is None:
            return {"value": None}
        return {**one, "unsure": number == "91380" and 10 <= (one["numerator"] or 99) < 20}

    return from_file


def repackaged(number: str) -> Callable[[Ask], Fields]:
    def from_file(ask: Ask) -> Fields:
        table = ask.files.repackaged(number)
        own = {code: value for (code, period), value in table.items() if period == ask.period}
        parts = ask.files.lands.parts(own, ask.code)
        if parts is None or len(parts) > 1:
            return NOTHING
        return {"value": own[parts[0]], **MISSING_LIMITS}

    return from_file


def _next_year(number: str, period: str) -> str:
    """How the extract writes a period: the first year."""
    return period[:4]


def next_generation(number: str) -> Callable[[Ask], Fields]:
    def from_file(ask: Ask) -> Fields:
        key = (number, ask.code, _next_year(number, ask.period), ask.sex, *_category(ask))
        rows = ask.files.next_generation.get(key)
        return dict(rows[0]) if rows else NOTHING

    return from_file


#: Decile sets, the one to be taken first: counties and unitary authorities, the newest geography.
DECILE_SETS = (
    "County & UA deprivation deciles in England (IMD2019, 4/23 geography)",
    "County & UA deprivation deciles in England (IMD2019, 4/21 geography)",
    "County & UA deprivation deciles in England (IMD2019, 4/19 geog.)",
    "County & UA (pre Apr2019) deprivation deciles in England (IMD2015)",
    "District & UA deprivation deciles in England (IMD2019, 4/23 geography)",
    "District & UA deprivation deciles in England (IMD2019, 4/21 geography)",
)

#: From the least deprived.
DECILES = [
    f"{one} decile"
    for one in ("Least deprived", "Second least deprived", "Third less deprived",
                "Fourth less deprived", "Fifth less deprived", "Fifth more deprived",
                "Fourth more deprived", "Third more deprived", "Second most deprived",
                "Most deprived")
]  # fmt: skip


def _decile_rows(ask: Ask, indicator: str) -> Iterable[list[Fields]]:
    """Complete decile sets of England for the period, in the order of `DECILE_SETS`."""
    numbers = {
        "alcohol_related_mortality": "93763",
        "alcohol_specific_admissions_under_18": "92904",
    }
    for kind in DECILE_SETS:
        rows = []
        for name in DECILES:
            for index in ("IMD2019", "IMD2015"):
                category = f"{name} ({index})"
                if indicator == "alcohol_specific_mortality":
                    key = (lands.ENGLAND, ask.period, ask.sex, kind, category)
                    one = ask.files.fingertips("91380").get(key)
                else:
                    number = numbers[indicator]
                    year = _next_year(number, ask.period)
                    many = ask.files.next_generation.get(
                        (number, lands.ENGLAND, year, ask.sex, kind, category)
                    )
                    one = many[0] if many else None
                if one and one["value"] and one["lower"] and one["upper"] and one["denominator"]:
                    rows.append(one)
        if len(rows) == len(DECILES):
            yield rows


def gradient(ask: Ask) -> Fields | None:
    indicator = ask.row["id"].split(".")[1]
    rows = next(iter(_decile_rows(ask, indicator)), None)
    if ask.code != lands.ENGLAND:
        return None
    if rows is None:
        return NOTHING
    groups = [(one["denominator"], one["value"], one["lower"], one["upper"]) for one in rows]
    slope, relative = formulas.gradient(groups)
    chosen = slope if ask.row["indicator"] == "slope_index" else relative
    return dict(zip(("value", "lower", "upper"), chosen, strict=True))


# --- treatment and dependence -------------------------------------------------------------------


def _people(files: Files, table: Mapping[str, Any], code: str) -> list[str] | None:
    """Codes of a table of treatment or dependence that make up the land.

    Their files count the Isles of Scilly with Cornwall: neither has them for itself.
    """
    if set(code.split("+")) <= WITH_NEIGHBOUR:
        return None
    land = files.lands.land(code)
    if land is None:
        return None
    smaller = dict(files.lands.of)
    smaller["asked"] = land - WITH_NEIGHBOUR
    return lands.Lands(smaller, {}).parts(table, code if code in table else "asked")


Estimate = tuple[float, float | None, float | None]


def prevalence_of(files: Files, year: str) -> dict[str, Estimate]:
    """Prevalence with limits by code: the estimates, or from 2018/19 the mean of three years."""
    own = dict(files.dependence.get(year, {}))
    if own:
        if year in files.published_prevalence and lands.ENGLAND not in own:
            own[lands.ENGLAND] = (files.published_prevalence[year][lands.ENGLAND], None, None)
        return own
    before = [files.dependence[one] for one in ("2015/16", "2016/17", "2017/18")]
    out: dict[str, Estimate] = {}
    for code, value in files.published_prevalence.get(year, {}).items():
        low, high = (
            sum(table[code][place] or 0 for table in before) / 3 if code in before[0] else None
            for place in (1, 2)
        )
        mean = sum(table[code][0] for table in before) / 3
        assert abs(mean - value) < 1, (code, year)  # it is the mean, so its limits are
        out[code] = (value, low, high)
    return out


def prevalence(ask: Ask) -> Fields:
    table = prevalence_of(ask.files, ask.period)
    parts = _people(ask.files, table, ask.code)
    if parts is None:
        return NOTHING
    members = [table[one] for one in parts]
    total = sum(value for value, _, _ in members)
    fields: Fields = {"value": total, "numerator": total, "denominator": None}
    return {**fields, "limits": _limits(members)}


def _limits(members: list[Estimate]) -> list[tuple[float | None, float | None]]:
    """Limits of a sum under both dependence assumptions; one of them where they agree."""
    if any(low is None or high is None for _, low, high in members):
        return [(None, None)]
    known = [(value, low or 0, high or 0) for value, low, high in members]
    both = [formulas.joined_limits(known, independent=one) for one in (False, True)]
    return both if len(members) > 1 else both[:1]


def treated(ask: Ask) -> Fields:
    table = ask.files.treated.get(ask.period, {})
    parts = _people(ask.files, table, ask.code)
    count = None if parts is None else sum(table[one][0] for one in parts)
    return {"value": count, "numerator": count, "denominator": None, **MISSING_LIMITS}


def _need(files: Files, code: str, period: str) -> tuple[float, float, Fields] | None:
    """People in treatment, prevalence and unmet need of a place; None where one is missing."""
    counts, table = files.treated.get(period, {}), prevalence_of(files, period)
    both = set(counts) & set(table)
    parts = _people(files, both, code)
    if parts is None:
        return None
    count = sum(counts[one][0] for one in parts)
    bound = sum(2.5 for one in parts if counts[one][1])
    people = sum(table[one][0] for one in parts)
    limits = []
    for low, high in _limits([table[one] for one in parts]):
        value, lower, upper = formulas.unmet_need(count, people, low, high, bound)
        limits.append((lower, upper))
    fields = {"value": value, "numerator": people - count, "denominator": people, "limits": limits}
    return count, people, fields


def unmet_need(ask: Ask) -> Fields:
    found = _need(ask.files, ask.code, ask.period)
    return NOTHING if found is None else found[2]


def met_need(ask: Ask) -> Fields:
    found = _need(ask.files, ask.code, ask.period)
    if found is None:
        return NOTHING
    count, people, fields = found
    limits = [
        (None, None) if None in pair else (100 - pair[1], 100 - pair[0])
        for pair in fields["limits"]
    ]
    return {"value": 100 - fields["value"], "numerator": count, "denominator": people,
            "limits": limits}  # fmt: skip


def people_to_reach(ask: Ask) -> Fields | None:
    if ".alcohol_unmet_need." not in ask.row["id"]:
        return None
    found = _need(ask.files, ask.code, ask.period)
    england = _need(ask.files, lands.ENGLAND, ask.period)
    if found is None or england is None:
        return NOTHING
    count, people, _ = found
    share = england[0] / england[1]
    table = prevalence_of(ask.files, ask.period)
    parts = _people(ask.files, table, ask.code) or []
    limits = [
        tuple(None if one is None else max(0.0, share * one - count) for one in pair)
        for pair in _limits([table[one] for one in parts])
    ]
    return {"value": max(0.0, share * people - count), "numerator": count, "denominator": people,
            "limits": limits}  # fmt: skip


def in_treatment(ask: Ask) -> Fields | None:
    if ask.code != lands.ENGLAND:
        return None
    count = ask.files.viewit_england.get(ask.period)
    return {"value": count, "numerator": count}


# --- admissions ---------------------------------------------------------------------------------

ADMISSIONS = {"drug_disorder": "primary", "drug_misuse_poisoning": "misuse"}

#: Names that were also health areas of other land until 2013, so that counts may be of either.
NOT_SURE = {"Derbyshire", "Dorset", "Norfolk", "Suffolk", "West Berkshire"}

#: How far the people that a rate implies may stand from the estimate of the time.
FIT = 0.02


def admissions_of(files: Files, what: str, period: str) -> dict[str, float]:
    """Admissions by code: authorities whose implied population is theirs; not 2019/20.

    The companion file's rates for 2019/20 stand on the mid-2019 estimates of that time, so that
    year shows whose land each name covers.
    """
    table = files.admissions(what)
    if period == "2019/20" or period not in table:
        return {}
    then = {code: sum(many) for code, many in files.ages(2019).items()}
    out = {}
    for name, (count, _) in table[period].items():
        code = None if name in NOT_SURE else files.lands.names.get(name)
        parts = files.lands.parts(then, code) if code else None
        if code is None or parts is None or count is None:
            continue
        people = sum(then[one] for one in parts)
        known = [table[year][name][1] for year in ("2019/20", "2018/19", "2017/18", "2016/17")]
        implied = next((one for one in known if one), None)
        if implied and abs(implied / people - 1) <= FIT:
            out[code] = count
    return out


def admissions(ask: Ask) -> Fields:
    what = ADMISSIONS[ask.row["indicator"].split("_admissions")[0]]
    table = admissions_of(ask.files, what, ask.period)
    count = None if ask.code[:3] in ("E12", "E92") else ask.sum(table)  # none is added up so far
    if count is None:
        return NOTHING
    if not ask.row["indicator"].endswith("_rate"):
        return {"value": count, "numerator": count, "denominator": None, **MISSING_LIMITS}
    people = ask.sum(ask.files.totals.get(ask.years()[0], {}))
    if people is None:
        return NOTHING
    value, lower, upper = formulas.crude_rate(count, people, 100_000)
    return {"value": value, "lower": lower, "upper": upper, "numerator": count,
            "denominator": people}  # fmt: skip


# --- which function answers for which indicator ---------------------------------------------------

KINDS: dict[str, Callable[[Ask], Fields | None]] = {
    "population": population,
    "share_of_area_population": share_of_area,
    **dict.fromkeys(AGES, age_share),
    "neighbours_imd_score": neighbour_index,
    "neighbours_most_deprived_fifth": neighbour_index,
    **dict.fromkeys(("drug_misuse_deaths", "drug_poisoning_deaths"), deaths),
    **dict.fromkeys(("drug_misuse_rate", "drug_poisoning_rate"), death_rate),
    "drug_misuse_crude_rate": crude_death_rate,
    "drug_misuse_yearly_rate": crude_death_rate,
    "drug_poisoning_yearly_rate": crude_death_rate,
    "drug_misuse_age_rate": age_rate,
    "alcohol_specific_mortality": fingertips("91380"),
    "ocu_unmet_need": fingertips("93517"),
    "alcohol_related_mortality_old": repackaged("91382"),
    "alcohol_related_admissions_narrow_old": repackaged("91414"),
    "alcohol_related_mortality": next_generation("93763"),
    "alcohol_specific_admissions_under_18": next_generation("92904"),
    "slope_index": gradient,
    "relative_index": gradient,
    "alcohol_prevalence": prevalence,
    "alcohol_in_treatment": treated,
    "alcohol_unmet_need": unmet_need,
    "alcohol_unmet_need_met": met_need,
    "people_to_reach": people_to_reach,
    "adults_in_treatment": in_treatment,
    **dict.fromkeys(
        (f"{one}_admissions{end}" for one in ADMISSIONS for end in ("", "_rate")), admissions
    ),
}


def kind(row: Row) -> str:
    """The kind of a figure, as the tables of results name it."""
    indicator = row["indicator"]
    return "deprivation of LSOAs" if _RANGE.fullmatch(indicator) else indicator


def expect(ask: Ask) -> Fields | None:
    """What a figure should say; None where this tool does not know."""
    if _RANGE.fullmatch(ask.row["indicator"]):
        return deprivation(ask)
    answer = KINDS.get(ask.row["indicator"])
    return answer(ask) if answer else None
