"""Findings that belong to one chart each: population, deprivation, sexes, gradients, spending.

Built from the parts of `needs.words.sentences`, under the same rules: a difference is only called
one where the intervals allow it, and every number comes from a figure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from needs.figures.figure import Figure, Series
from needs.stats.status import Status
from needs.words import alt_text, english, phrases
from needs.words.text import Span, Text

#: Below this p value neighbours are called more alike, or more different, than by chance.
SIGNIFICANT = 0.05

_HOW = {
    "higher": "statistically higher than",
    "lower": "statistically lower than",
    "similar": "statistically similar to",
    "untested": "beside",
}


def pyramid_words(area: str, local: pd.DataFrame, national: pd.DataFrame) -> Text:
    """Where an area's age structure differs most from England's, in words.

    Parameters
    ----------
    area : str
    local, national : DataFrame
        `age_from`, `sex`, `population`, `share` (per cent of all residents), five-year bands.
    """
    gap = (_shares(local) - _shares(national)).dropna()
    if gap.empty:
        return (
            Span(
                f"The age structure of {english.in_prose(area)} cannot be compared with England's"
            ),
        )
    most, least = _extremes(gap)
    if gap.max() < 0.1:
        return (
            Span(
                f"{english.capital(english.in_prose(area))} has much the same age structure as "
                "England"
            ),
        )
    name = english.capital(english.in_prose(area))
    return (
        Span(
            f"{name} has a larger share of people aged {_band(most)} than England, "
            f"and a smaller share aged {_band(least)}"
        ),
    )


def alt_pyramid(area: str, local: pd.DataFrame, national: pd.DataFrame, period: str) -> str:
    """Alternative text of the population pyramid: the finding with its two bands."""
    gap = (_shares(local) - _shares(national)).dropna()
    chart = (
        "Residents of {} by age"
        if "persons" in set(local["sex"])
        else "Population pyramid of {} by sex"
    )
    kind = f"{chart.format(english.in_prose(area))}, with England outlined, {period}."
    if gap.empty:
        return kind
    ours, theirs = _shares(local), _shares(national)
    most, least = _extremes(gap)
    return (
        f"{kind} Aged {_band(most)}: {ours[most]:.1f}% against {theirs[most]:.1f}%. "
        f"Aged {_band(least)}: {ours[least]:.1f}% against {theirs[least]:.1f}%."
    )


def _shares(frame: pd.DataFrame) -> pd.Series:
    return frame.groupby("age_from")["share"].sum()


def _extremes(gap: pd.Series) -> tuple[int, int]:
    """Ages at which a difference is largest and smallest."""
    ages = gap.index.to_numpy(dtype=int)
    return int(ages[int(gap.argmax())]), int(ages[int(gap.argmin())])


def _band(age: int) -> str:
    return "90 and over" if age >= 90 else f"{age} to {age + 4}"


def growth_words(series: Series) -> Text:
    """How a population changed from the first to the last year of a series.

    Where it swung further in between than from end to end, the low or high is said instead.
    """
    shown = [one for one in series.figures if one.shown]
    first, last = shown[0], shown[-1]
    ends: dict[str, Figure | str] = {
        "area": english.in_prose(series.label),
        "a": first.with_(unit=""),
        "b": last.with_(unit=""),
        "t1": first.period,
        "t2": last.period,
    }
    swing = _swing(shown)
    if swing:
        name, one = swing
        return english.say(
            "The population of {area} was {a} in {t1} and {b} in {t2}, with a {name} of {c} in "
            "{t3} between",
            **ends,
            name=name,
            c=one.with_(unit=""),
            t3=one.period,
        )
    if last.number == first.number:
        return english.say(
            "The population of {area} was {a} in {t1}, and {b} in {t2} again", **ends
        )
    verb = "grew" if (last.value or 0) > (first.value or 0) else "fell"
    return english.say("The population of {area} {verb} from {a} in {t1} to {b} in {t2}", **ends,
                     verb=verb)  # fmt: skip


def _swing(shown: Sequence[Figure]) -> tuple[str, Figure] | None:
    """The low or high between the ends, if it lies further out than the ends lie apart."""
    values = {one.id: one.value or 0.0 for one in shown}
    first, last = values[shown[0].id], values[shown[-1].id]
    low = min(shown, key=lambda one: values[one.id])
    high = max(shown, key=lambda one: values[one.id])
    below, above = min(first, last) - values[low.id], values[high.id] - max(first, last)
    if max(below, above) <= abs(last - first):
        return None
    return ("low", low) if below >= above else ("high", high)


def alt_growth(series: Series) -> str:
    """Alternative text of the population by year."""
    shown = [one for one in series.figures if one.shown]
    first, last = shown[0], shown[-1]
    swing = _swing(shown)
    between = f", with a {swing[0]} of {swing[1].number} in {swing[1].period}" if swing else ""
    return (
        f"Line chart of the residents of {english.in_prose(series.label)}, {first.period} to "
        f"{last.period}: from {first.number} to {last.number}{between}."
    )


def deciles_words(area: str, shares: Sequence[Figure], most: Figure, least: Figure) -> Text:
    """Whether more people live in the three most or the three least deprived tenths of England.

    Parameters
    ----------
    area : str
    shares : sequence of Figure
        Share of residents by decile, the most deprived first.
    most, least : Figure
        Share in the three most, and in the three least, deprived deciles.
    """
    name = english.in_prose(area)
    if not (most.shown and least.shown):
        unknown = (Span("not known", figure=most.id),)
        return english.say(
            "How many residents of {area} live in the most and the least deprived deciles is "
            "{unknown}: " + UNCOUNTED,
            area=name,
            unknown=unknown,
        )
    inside = [(n, one) for n, one in enumerate(shares, start=1) if one.value]
    if len(inside) == 1:
        n, one = inside[0]
        all_ = (Span("All residents", figure=one.id),)
        return english.say("{all} of {area} live in national decile {n}, where 1 is the most "
                         "deprived and 10 the least", all=all_, area=name, n=n)  # fmt: skip
    if not most.value and not least.value:
        none = (Span("No resident", figure=most.id),)
        return english.say("{none} of {area} lives in the three most or the three least deprived "
                         "deciles", none=none, area=name)  # fmt: skip
    apart = (most.value or 0) - (least.value or 0)
    how, than = ("about as many", "as") if abs(apart) < 5 else (
        ("more", "than") if apart > 0 else ("fewer", "than")
    )  # fmt: skip
    return english.say(
        "{area} has {how} residents in the three most deprived deciles ({most}) {than} in the "
        "three least deprived ({least})",
        area=english.capital(name),
        how=how,
        than=than,
        most=most,
        least=least,
    )


def deprivation_map(area: str, lsoa: pd.DataFrame, count: Figure) -> Text:
    """Where the most deprived LSOAs of an area lie."""
    places = most_deprived_places(lsoa)
    name = english.capital(english.in_prose(area))
    if not places:
        none = (Span("No neighbourhood", figure=count.id),)
        return english.say(
            "{none} of {area} is among the most deprived 10% in England",
            none=none,
            area=english.in_prose(area),
        )
    if len(set(lsoa["district_name"])) == 1:
        return english.say(
            "{name} has {count} in the most deprived 10% in England",
            name=name,
            count=count.with_(unit="neighbourhoods" if count.number != "1" else "neighbourhood"),
        )
    where = english.listing([f"{place} ({n})" for place, n in places], limit=4)
    return english.say(
        "{name} has {count} in the most deprived 10% in England: {where}",
        name=name,
        count=count.with_(unit="neighbourhoods" if count.number != "1" else "neighbourhood"),
        where=where,
    )


def neighbourhoods(total: int, count: Figure, share: Figure) -> Text:
    """How many of an area's LSOAs are among the most deprived 10%, and who lives there."""
    if total == 1:
        is_ = "is" if count.value else "is not"
        return english.say(
            "Its one neighbourhood (LSOA) {is_} among the most deprived 10% in England.", is_=is_
        )
    if not count.value:
        return english.say(
            "{none} of its {total} neighbourhoods (LSOAs) is among the most deprived 10% in "
            "England.",
            none=(Span("None", figure=count.id),),
            total=str(total),
        )
    one = count.number == "1"
    found = english.say(
        "Of its {total} neighbourhoods (LSOAs), {count} {are} among the most deprived 10% in "
        "England.",
        count=count.with_(unit=""),
        total=str(total),
        are="is" if one else "are",
    )
    they = "It is" if one else "They are"
    home = english.say("{they} home to {share} of residents.", they=they, share=share)
    return english.sentences(found, home if share.shown else _uncounted(share))


#: Why residents of neighbourhoods are not known: a sum with a part missing is no sum.
UNCOUNTED = "the population estimates read do not have all of its neighbourhoods"


def _uncounted(figure: Figure) -> Text:
    """Say that the residents of neighbourhoods are not known, and why."""
    unknown = (Span("not known", figure=figure.id),)
    return english.say(
        "How many residents live there is {unknown}: " + UNCOUNTED + ".", unknown=unknown
    )


def deprived_parts(
    area: str, total: int, parts: Sequence[tuple[str, Figure, Figure, Figure]]
) -> Text:
    """How many LSOAs and residents are in the most deprived parts of England.

    Parameters
    ----------
    area : str
    total : int
        LSOAs of the area.
    parts : sequence of (str, Figure, Figure, Figure)
        The part ("most deprived 10%"), its LSOAs, their residents, and these as a share of all.
    """
    name = english.capital(english.in_prose(area))
    if total == 1:
        inside = [(part, count) for part, count, *_ in parts if count.value]
        part, count = inside[0] if inside else parts[-1][:2]
        is_ = (Span("is" if inside else "is not", figure=count.id),)
        return english.say(
            "{area} is a single neighbourhood (LSOA, lower layer super output area), which {is_} "
            "among the {part} in England.",
            area=name,
            is_=is_,
            part=part,
        )
    said = [
        english.say(
            "{area} has {total} neighbourhoods (LSOAs, lower layer super output areas).",
            area=name,
            total=english.number_word(total),
        )
    ]
    widest = parts[-1]
    for part, count, people, share in parts if widest[1].value else [widest]:
        if not count.value:
            none = (Span("None of them", figure=count.id),)
            said.append(english.say("{none} is among the {part} in England.", none=none, part=part))
            continue
        live = english.say(
            ", where {people} live, {share} of all residents", people=people, share=share
        )
        said.append(
            english.say(
                "Among the {part} in England {are} {count} of them{live}.",
                part=part,
                are="is" if count.number == "1" else "are",
                count=count.with_(unit=""),
                live=live if people.shown and share.shown else "",
            )
        )
    unknown = [share for _, count, people, share in parts if not (people.shown and share.shown)]
    return english.sentences(
        *said, *([_uncounted(unknown[0])] if unknown and widest[1].value else [])
    )


def most_deprived_places(lsoa: pd.DataFrame) -> list[tuple[str, int]]:
    """Districts by their number of LSOAs in the most deprived decile, most first."""
    counts = lsoa.loc[lsoa["imd_decile"] == 1, "district_name"].value_counts()
    pairs = [(str(name), int(n)) for name, n in counts.items()]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def clustering_words(area: str, index: Figure, p: float) -> Text:
    """Whether deprived neighbourhoods lie next to each other, by Moran's I and its p value."""
    name = english.in_prose(area)
    if not index.shown:
        return english.say(
            "Whether neighbourhoods of like deprivation lie next to each other in {area} cannot be "
            "tested: {why}.",
            area=name,
            why=index.note,
        )
    if p >= SIGNIFICANT:
        found = (
            "There is no sign that neighbourhoods of like deprivation lie next to each other in "
            "{area}: neighbours are no more alike than chance can make them"
        )
    elif (index.value or 0) > 0:
        found = (
            "Neighbourhoods of like deprivation lie next to each other in {area}: neighbours are "
            "more alike than chance would make them"
        )
    else:
        found = (
            "Neighbourhoods of unlike deprivation lie next to each other in {area}: neighbours "
            "differ more than chance would make them"
        )
    return english.say(
        found + ". Moran's I is {index}; it is about 0 by chance, and nears 1 where like lies "
        "beside like.",
        area=name,
        index=index,
    )


def clusters_words(
    count: Figure,
    districts: Sequence[Figure],
    most_deprived: Figure,
    outside: Figure,
    nationally: Figure,
) -> Text:
    """How many neighbourhoods are in relatively deprived clusters, where, and who is left out.

    Parameters
    ----------
    count : Figure
        LSOAs in clusters.
    districts : sequence of Figure
        The same by district; empty for an authority without districts.
    most_deprived, outside : Figure
        LSOAs in the most deprived 10% in England, and those of them that are in no cluster.
    nationally : Figure
        LSOAs in clusters that are in the most deprived 30% in England: a cluster is deprived
        beside the rest of the area, which need not be much.
    """
    if not count.value:
        return (Span("No neighbourhood stands out as part of a relatively deprived cluster."),)
    one = count.number == "1"
    some = sorted((d for d in districts if d.value), key=lambda d: (-(d.value or 0), d.area_name))
    places = [english.say("{name} ({n:number})", name=d.area_name, n=d) for d in some]
    found = english.say(
        "{clusters} {hold} {count}{colon}{where}. Of these, {nationally:number} {are} in the most "
        "deprived 30% in England.",
        clusters="A relatively deprived cluster" if one else "Relatively deprived clusters",
        nationally=nationally,
        are="is" if nationally.number == "1" else "are",
        hold="holds" if one else "hold",
        count=count.with_(unit="neighbourhoods"),
        colon=": " if places else "",
        where=english.listing(places, limit=4, other="other districts"),
    )
    if not most_deprived.value or not outside.value:
        return found
    if outside.number == most_deprived.number:
        none = (Span("none", figure=outside.id),)
        rest = english.say(
            "Of the {all:number} in the most deprived 10% in England, {none} is in a cluster.",
            all=most_deprived,
            none=none,
        )
        return english.sentences(found, rest)
    rest = english.say(
        "Of the {all:number} in the most deprived 10% in England, {outside:number} {lie} outside "
        "clusters.",
        all=most_deprived,
        outside=outside,
        lie="lies" if outside.number == "1" else "lie",
    )
    return english.sentences(found, rest)


def domains_words(area: str, frame: pd.DataFrame) -> Text:
    """For which domains most residents live in the most deprived 30%, and 10%, of England."""
    own = frame[frame["domain"] != "imd"]
    rows = [
        (str(row["label"]), row["d1"], row["d3"])
        for row in own.to_dict("records")
        if row["d1"].shown and row["d3"].shown
    ]
    if not rows:
        name = english.in_prose(area)
        return (Span(f"Deprivation by domain is not available for {name}"),)
    wide, _, widest = max(rows, key=lambda row: row[2].value or 0)
    deep, deepest, _ = max(rows, key=lambda row: row[1].value or 0)
    if not widest.value:
        none = (Span("No resident", figure=widest.id),)
        return english.say("{none} of {area} lives in the most deprived 30% for any domain",
                         none=none, area=english.in_prose(area))  # fmt: skip
    if wide == deep or not deepest.value:
        return english.say(
            "{wide} is the most widespread kind of deprivation: {share} of residents live in the "
            "most deprived 30% for it",
            wide=wide,
            share=widest,
        )
    return english.say(
        "Deprivation is widest for {wide} ({a} in the most deprived 30%) and deepest for {deep} "
        "({b} in the most deprived 10%)",
        wide=english.lower_first(wide),
        deep=english.lower_first(deep),
        a=widest,
        b=deepest,
    )


def domain_profile_alt(area: str, frame: pd.DataFrame) -> str:
    """Alternative text of the domain profile."""
    rows = [(str(row["label"]), row["d1"]) for _, row in frame.iterrows() if row["domain"] != "imd"]
    return alt_text.alt_domains(
        [one for _, one in rows],
        names=[english.lower_first(label) for label, _ in rows],
        area_name=area,
        what="the residents living in the most deprived 10%",
    )


def by_sex(male: Figure, female: Figure, subject: str) -> Text:
    """Whether males and females differ, by the difference of the two and its interval."""
    name = english.possessive(english.in_prose(male.area_name))
    match phrases.differ(male, female):
        case "higher":
            template = "{name} {subject} is higher for males ({m}) than for females ({f}), {when}"
        case "lower":
            template = "{name} {subject} is higher for females ({f}) than for males ({m}), {when}"
        case "similar":
            template = (
                "{name} {subject} is {m} for males and {f} for females, {when}; the difference is "
                "not statistically significant"
            )
        case _:
            template = "{name} {subject}: {m} for males and {f} for females in {when}"
    return english.say(
        template,
        name=english.capital(name),
        subject=english.lower_first(subject),
        m=male,
        f=female.with_(unit="" if female.unit != "%" else "%"),
        when=male.period,
    )


def alt_by_sex(male: Figure, female: Figure, subject: str) -> str:
    """Alternative text of males and females beside each other."""
    kind = f"Bar chart of the {english.lower_first(subject)} by sex"
    where = f", {english.in_prose(male.area_name)}, {male.period}: "
    both = [("males", male), ("females", female)]
    long = [
        f"{sex} {one.number} ({one.interval})" if one.interval else f"{sex} {one.number}"
        for sex, one in both
    ]
    text = f"{kind}{where}{english.listing(long)}."
    short = f"{kind}, {male.period}: males {male.number}, females {female.number}."
    return text if len(text) <= alt_text.ALT_LIMIT else short


def sexes_words(pairs: Sequence[tuple[Figure, Figure]], area: str) -> Text:
    """How many of several rates are statistically higher for males, by their differences."""
    higher = sum(phrases.differ(male, female) == "higher" for male, female in pairs)
    name = english.in_prose(area)
    if higher == len(pairs):
        return (
            Span(f"In {name}, each of these rates is statistically higher for males than females"),
        )
    what = "is" if higher < 2 else "are"
    return (
        Span(
            f"In {name}, {english.one_of(higher, len(pairs), 'rates')} {what} statistically "
            "higher for males than for females"
        ),
    )


def alt_sexes(rows: Sequence[tuple[str, Figure, Figure]], area: str) -> str:
    """Alternative text of males against females over several indicators."""
    parts = [
        f"{english.lower_first(name)}: males {male.number}, females {female.number}"
        for name, male, female in rows
    ]
    where = f"for males and females in {english.in_prose(area)}"
    text = f"Chart of the rates {where}: {'; '.join(parts)}."
    short = f"Chart of {len(rows)} rates {where}; {parts[0]}."
    return text if len(text) <= alt_text.ALT_LIMIT else short


#: Why there is no number, as the clause of a sentence; for all other reasons there is no figure.
_WHY_NOT = {
    Status.SUPPRESSED: "the figure is suppressed",
    Status.UNRELIABLE: "there are too few events for a reliable rate",
}


def gradient_words(deciles_: Sequence[Figure], subject: str) -> Text:
    """How the most deprived group compares with the least deprived."""
    first, last = deciles_[0], deciles_[-1]
    if not (first.shown and last.shown):
        lacking = last if first.shown else first
        unknown = (Span("cannot be compared", figure=lacking.id),)
        return english.say(
            "The {subject} at both ends of deprivation {unknown}: {why} for the {end} deprived "
            "tenth of England's authorities",
            subject=english.lower_first(subject),
            unknown=unknown,
            why=_WHY_NOT.get(lacking.status, "there is no figure"),
            end="least" if first.shown else "most",
        )
    how = _HOW[phrases.differ(first, last)]
    return english.say(
        "In the most deprived tenth of England's authorities the {subject} is {a}, {how} in the "
        "least deprived ({b})",
        subject=english.lower_first(subject),
        a=first,
        b=last.with_(unit=""),
        how=how,
    )


def local_gradient_words(fifths: Sequence[Figure], subject: str) -> Text:
    """How the most deprived fifth of an area's neighbourhoods compares with the least deprived."""
    first, last = fifths[0], fifths[-1]
    if not (first.shown and last.shown):
        return english.say(
            "Numbers are too small to compare the {subject} at both ends of deprivation",
            subject=subject,
        )
    how = _HOW[phrases.differ(first, last)]
    return english.say(
        "In the most deprived quintile the {subject} is {a}, {how} in the least deprived ({b})",
        subject=subject,
        a=first,
        b=last.with_(unit=""),
        how=how,
    )


def alt_gradient(deciles_: Sequence[Figure], subject: str) -> str:
    """Alternative text of a gradient by deprivation decile."""
    first, last = deciles_[0], deciles_[-1]
    ends = [
        f"{one.number if one.shown else 'no figure'} in the {end}"
        for one, end in ((first, "most deprived tenth"), (last, "least deprived"))
    ]
    return (
        f"Chart of {english.lower_first(subject)} by deprivation decile of authorities in "
        f"England, {first.period}: {' and '.join(ends)}, with intervals."
    )


def by_age(figures: Sequence[Figure], ages: Sequence[str]) -> Text:
    """The age at which a rate is highest, and the lowest beside it."""
    (top, most), (least, low) = _highest_and_lowest(figures, ages)
    return english.say(
        "In {area} drug misuse deaths are most frequent at ages {top}: {most} in {when}, against "
        "{low} at ages {least}",
        area=english.in_prose(most.area_name),
        top=english.lower_first(top),
        most=most,
        when=most.period,
        low=low.with_(unit=""),
        least=english.lower_first(least),
    )


def alt_by_age(figures: Sequence[Figure], ages: Sequence[str]) -> str:
    """Alternative text of a rate by age and sex: the highest and the lowest age."""
    (top, most), (least, low) = _highest_and_lowest(figures, ages)
    return (
        f"Bar chart of drug misuse deaths by age and sex, {english.in_prose(most.area_name)}, "
        f"{most.period}. Persons: highest at ages {english.lower_first(top)}, {most.number}, and "
        f"lowest at ages {english.lower_first(least)}, {low.number}."
    )


def _highest_and_lowest(
    figures: Sequence[Figure], ages: Sequence[str]
) -> tuple[tuple[str, Figure], tuple[str, Figure]]:
    shown = [pair for pair in zip(ages, figures, strict=True) if pair[1].shown]
    return max(shown, key=_value_of), min(shown, key=_value_of)


def _value_of(pair: tuple[str, Figure]) -> float:
    return pair[1].value or 0.0


def furthest(rows: Sequence[tuple[str, Figure, Figure]]) -> Text:
    """Which of several figures lies furthest from England's; no test, as some have no interval.

    Parameters
    ----------
    rows : sequence of (subject, Figure, Figure)
        The area's figure and England's.
    """
    subject, figure, england = max(rows, key=_distance)
    template = "{area}: {subject} {a} {when}, against {b} in England"
    if len(rows) > 1:
        template = "{area} lies furthest from England in its {subject}: {a} {when}, against {b}"
    return english.say(
        template,
        area=english.capital(english.in_prose(figure.area_name)),
        subject=subject,
        a=figure,
        when=phrases.when(figure.period),
        b=england.with_(unit="%" if england.unit == "%" else ""),
    )


def alt_furthest(rows: Sequence[tuple[str, Figure, Figure]]) -> str:
    """Alternative text of single figures beside England's."""
    subject, figure, england = max(rows, key=_distance)
    area = english.in_prose(figure.area_name)
    kind = f"Chart of {english.count_noun(len(rows), 'figure')} of {area} beside England's."
    far = f"{english.capital(subject)}, {figure.period}: {figure.number} and {england.number}."
    text = f"{kind} {'The furthest apart. ' if len(rows) > 1 else ''}{far}"
    return (
        text if len(text) <= alt_text.ALT_LIMIT else f"{kind} {figure.number} and {england.number}."
    )


def _distance(row: tuple[str, Figure, Figure]) -> float:
    _, figure, england = row
    ours, theirs = figure.value or 0.0, england.value or 0.0
    return abs(ours - theirs) / theirs if theirs else abs(ours)


def slope(slope_index: Figure, relative_index: Figure, fit: Figure, *, groups: str) -> Text:
    """The slope and relative index of inequality between groups of areas in plain words.

    Parameters
    ----------
    slope_index, relative_index : Figure
    fit : Figure
        Lack of fit, its degrees of freedom in the note.
    groups : str
        What is grouped by deprivation: "authorities", "neighbourhoods".
    """
    wide = (fit.value or 0.0) > int(fit.note.split()[0])
    straight = english.say(
        "Lack of fit to the straight line: χ² {fit}, {degrees}{wide}.",
        fit=fit,
        degrees=fit.note,
        wide="; the intervals are widened for it" if wide else "",
    )
    said = english.say(
        "Across {groups}, from the most to the least deprived, the gap is {slope:full} "
        "(slope index of inequality). The most deprived end is {times} times the least deprived "
        "(relative index of inequality, {interval}).",
        slope=slope_index,
        times=relative_index.with_(unit=""),
        interval=relative_index.interval,
        groups=groups,
    )
    return english.sentences(said, straight)


def withheld(figure: Figure) -> str:
    """That a newer period exists, and why it has no figure: "2019 to 2021 is withheld: ...".

    Examples
    --------
    >>> gone = Figure("a", "rate", "Rate", "E09000001", "City of London", "2019 to 2021", None,
    ...               "per 100,000", status=Status.UNRELIABLE)
    >>> withheld(gone)
    'the newest period, 2019 to 2021, is withheld: too few events to be reliable'
    """
    why = {
        Status.UNRELIABLE: "too few events to be reliable",
        Status.SUPPRESSED: "the numbers are confidential",
    }[figure.status]
    return f"the newest period, {figure.period}, is withheld: {why}"


def amounts_words(totals: Sequence[Figure], area: str, planned: Collection[str] = ()) -> Text:
    """What the grants of a year come to, from the first to the last year.

    `planned` are the years whose amounts are not final: those of a plan.
    """
    shown = [one for one in totals if one.shown]
    if not shown:
        return (Span(f"Grants for drug and alcohol services in {area}"),)
    first, last = shown[0], shown[-1]
    if len(shown) == 1:
        verb = "are planned at" if first.period in planned else "came to"
        return english.say("Grants {verb} {a} in {t1}", verb=verb, a=first, t1=first.period)
    return english.say(
        "Grants {verb} {a} in {t1} and {b}{plan} in {t2}",
        verb="are planned at" if first.period in planned else "come to",
        a=first,
        b=last,
        t1=first.period,
        t2=last.period,
        plan=_plan(first, last, planned),
    )


def spent(figures: Sequence[Figure], planned: Collection[str] = ()) -> Text:
    """What was spent, from the first to the last year; `planned` as in `amounts_words`."""
    first, last = figures[0], figures[-1]
    what = "Planned spending" if first.period in planned else "Spending"
    if len(figures) == 1:
        return english.say(
            "{what} on drug and alcohol services: {a} in {t1}.", what=what, a=first, t1=first.period
        )
    return english.say(
        "{what} on drug and alcohol services: {a} in {t1} and {b}{plan} in {t2}.",
        what=what,
        a=first,
        b=last,
        t1=first.period,
        t2=last.period,
        plan=_plan(first, last, planned),
    )


def _plan(first: Figure, last: Figure, planned: Collection[str]) -> str:
    """The word that tells the last year as planned where the first is not."""
    return " planned" if last.period in planned and first.period not in planned else ""


def spent_per_adult(total: Figure, own: Figure, others: Sequence[Figure]) -> Text:
    """What was spent in a year, and for each adult, beside other areas.

    Money is not said to be high or low: needs differ.
    """
    text = english.say(
        "In {year} {area} reported {total} of net spending on drug and alcohol services for "
        "adults: {own} for each adult",
        year=own.period,
        area=english.in_prose(own.area_name),
        total=total,
        own=own,
    )
    for one in others:
        text = (*text, *english.say("; {area}: {one}", area=one.area_name, one=one))
    return (*text, Span("."))


def alt_amounts(totals: Sequence[Figure], grants: Sequence[Figure], area: str) -> str:
    """Alternative text of grants by year: the totals and the largest grant."""
    years = [one for one in totals if one.shown]
    text = f"Stacked bar chart of grants for drug and alcohol services in {area}."
    said = ", ".join(f"{one.period} {one.text}" for one in years)
    last = [one for one in grants if years and one.period == years[-1].period and one.shown]
    if said:
        text += f" Totals: {said}."
    if last:
        largest = max(last, key=lambda one: one.value or 0)
        text += f" The largest is {largest.note}, {largest.text}."
    return text if len(text) <= alt_text.ALT_LIMIT else text.split(" The largest")[0]
