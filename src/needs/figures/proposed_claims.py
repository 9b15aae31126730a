"""Claims that a document's sentences seem to make, proposed for a person to correct.

Nothing is judged here. A number is proposed only where its sentence names a measure that is known
(``claim_phrases.csv``) in a unit that the measure is given in; area and period come from the words
nearest to it. What had to be taken from elsewhere lowers the confidence, and what the document does
not say stays empty, so that the check refuses the row until someone has filled it in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import pandas as pd

from needs.catalogue import Catalogue, InUse, in_use
from needs.errors import NeedsError
from needs.figures.claim_figures import Asked, unit_of
from needs.sources.area_codes import ENGLAND, ENGLAND_AND_WALES
from needs.sources.columns import CLAIM_COLUMNS
from needs.sources.periods import parse
from needs.sources.printed_claims import WORDS
from needs.tables.areas import Area, children

#: Columns of a proposal: those of a claims file, how sure it is, and the sentence.
PROPOSED = (*CLAIM_COLUMNS, "confidence", "sentence")

_PER = r"per (?:100,?000|10,?000|1,?000|million|thousand)"
_NUMBER = re.compile(
    rf"(?P<words>(?:\b(?:{'|'.join(WORDS)})\s+)?)"
    r"(?P<pound>£?)(?<![\w.,/-])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?!\d|,\d|\.\d|\s?[-–/]\s?\d)"
    rf"(?P<unit>\s?%|\s?per ?cent\b|\s?{_PER}\b|\s?(?:million|billion|thousand)\b)?",
    re.IGNORECASE,
)

_YEAR = r"(?:199|20\d)\d"
_DASH = r"\s?[-–—/]\s?"
_PERIOD = re.compile(
    rf"(?P<span>\b{_YEAR}(?:/\d\d)? to {_YEAR}(?:/\d\d)?\b)"
    rf"|(?P<split>\b{_YEAR}{_DASH}(?:{_YEAR}|\d\d)\b)(?!\s?%)"
    r"|(?P<short>(?<![\d/.])\d\d/\d\d(?![\d/.]))"
    rf"|(?P<year>\b(?:mid-)?{_YEAR}\b)(?![,.]?\d)"
)

#: What holds digits and is no figure: ages, cut-offs, dates, lengths of time, references.
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_NO_FIGURE = re.compile(
    "|".join(
        (
            r"\bover[- ]\d\d(?:s\b|-)",
            r"\bunder[- ]\d\d(?:s\b|\b(?![\d,.]*\d|\s?%))",
            r"\bage[ds]? (?:of )?\d+(?: (?:and over|or over|to \d+))?",
            r"\b\d+(?:\s?[-–]\s?|\s?to\s?)\d+[- ]?years?[- ]olds?",
            r"\b\d+\+",
            r"\b\d+[- ](?:years?|months?|weeks?|days?|hours?|minutes?|times|fold)\b",
            r"\btop \d+(?:\.\d+)?\s?%",
            r"\bmost deprived (?:\d+(?:\.\d+)?\s?%(?:, | and )?)+",
            r"\(?(?:\d+\s?% )?(?:confidence intervals?|\bCI\b|\brange\b)[^).;]*(?:\.\d[^).;]*)*\)?",
            r"(?<!by )(?<!from )(?<![\d.,/])\b(?!(?:199|20\d)\d)\d[\d,.]*\s?%? to "
            r"\d[\d,.]*\d(?:\s?%)?",
            r"\[[^\]]*\]",
            r"\bAct (?:19|20)\d\d",
            r"\b\d[\d,]* (?:of (?:the )?(?:\w+'s )?\d[\d,]* )?(?:[\w-]+ )?"
            r"(?:authorities|councils)\b",
            r"\b\d\d and over\b",
            r"\b\d{1,2}(?:[./]\d{1,2}){2,}(?:\d\d)?\b",
            r"\b(?:section|priority|commitment|appendix|part|page|table|figure|graph|item|step|file|"
            r"paragraph|no\.?|phase|goal|chapter|indicator|band|question) \d+(?:\.\d+)*",
            r"\b\d+(?:st|nd|rd|th)\b",
            rf"\b\d{{1,2}} (?:{_MONTHS})\b",
            r"\(?\b0\d{3,4}\)? ?\d{5,6}\b",
            r"https?://\S+",
            r"\b\d+[.:]\d+ ?[ap]m\b",
            r"\b\d{1,2}[- ](?:in|out of)[- ]\d{1,3}\b",
            r"\b(?!mid-)[A-Za-z]+-?\d+\w*",
        )
    ),
    re.IGNORECASE,
)

#: A number after these words is a change, a rate's base, or what is hoped for: no figure.
_NO_FIGURE_AFTER = re.compile(
    r"\b(?:by|per|target(?: of)?|ambition of|goal of|of (?:its|the|these|all|our))\s*$",
    re.IGNORECASE,
)

#: Sentences whose numbers are of groups of areas, or say when there is none.
_NO_SENTENCE = re.compile(
    r"^(?:sources?|formula|note)\b|\b(?:no|none)\b[^.]*\b(?:fewer|less) than\b"
    r"|\b(?:tenth|fifth|quintile|decile)s? of\b|\bformula:",
    re.IGNORECASE,
)

#: Words after which a comparator comes.
_AGAINST = re.compile(r"\b(?:against|compared (?:to|with)|versus|than)\b", re.IGNORECASE)

#: No area has fewer residents: other numbers beside "population" are none.
_LEAST = {"population": 10_000, "population_projection": 10_000}

#: A number after these words is what the words before it name, else what those after it do.
_NAMED_BEFORE = re.compile(r"(?:\b(?:was|is|were|are|of|at|to)|[(:–-])\s*$", re.IGNORECASE)

#: The end of a financial year, by which documents name it.
_YEAR_END = re.compile(r"\b31(?:\.0?3\.|/0?3/|(?:st)? March )(?:20)?(\d\d)\b")


@dataclass(frozen=True)
class _Phrase:
    """Words by which documents name a measure: one of each group, and none of the others."""

    indicator: str
    kind: str
    years: str
    groups: tuple[re.Pattern[str], ...]
    never: re.Pattern[str] | None

    def within(self, text: str) -> int:
        """How many of the groups a text holds."""
        return sum(bool(group.search(text)) for group in self.groups)

    def nearness(self, earlier: str, later: str, behind: int, ahead: int) -> float:
        """How near its words stand to a number, by what words before and after it count."""
        counts = (
            max(behind * bool(group.search(earlier)), ahead * bool(group.search(later)))
            for group in self.groups
        )
        return sum(counts) / len(self.groups)

    def fits(self, text: str) -> bool:
        """Whether a text holds all of its words, and none that it must not."""
        never = self.never is not None and self.never.search(text)
        return not never and self.within(text) == len(self.groups)


@dataclass(frozen=True)
class _Found:
    """A number of a sentence, with what it seems to be."""

    phrase: _Phrase
    text: str
    unit: str
    stated_as: str
    area: str
    sex: str
    period: str
    doubts: int
    where: str
    sentence: str


def propose(
    paragraphs: Iterable[tuple[str, str]],
    document: str,
    area: str,
    names: dict[str, str],
    catalogue: Catalogue,
    edition: str = "",
) -> pd.DataFrame:
    """Propose the claims that a document makes.

    Parameters
    ----------
    paragraphs : iterable of (str, str)
        Where, and the text (`needs.sources.document_text.document_paragraphs`).
    document : str
        Name of the file.
    area : str
        Code of the area that the document is of: a sentence that names none is of it.
    names : dict
        Codes by the names of areas that a sentence may name.
    catalogue : Catalogue
    edition : str
        Of the index, taken where a sentence on deprivation names none.

    Returns
    -------
    DataFrame
        Columns `PROPOSED`: one row a figure, comparators of the same sentence joined to it.
    """
    places = _Places(area, names)
    found: list[list[_Found]] = []
    for where, paragraph in paragraphs:
        before, period = "", ""
        for sentence in split_sentences(paragraph):
            numbers, period = _numbers(sentence, before, period, places, where, edition)
            found.append(numbers)
            before = f"{before} {sentence}"
    by_code = {code: name for name, code in reversed(names.items())}
    rows = [row for numbers in found for row in _rows(numbers, places, by_code, catalogue)]
    table = pd.DataFrame(rows, columns=list(PROPOSED))
    table["claim_id"] = [f"D{number:03d}" for number in range(1, len(table) + 1)]
    table["document"] = document
    return table


def places_named(area: Area, areas: pd.DataFrame) -> dict[str, str]:
    """Codes by names that a document of an area may name: it, its parts and wholes, its peers.

    A district is also known by the first word of its name, where no other area is: "Malvern".
    """
    in_use = areas[areas["valid_to"].isna()]
    wanted = in_use[
        in_use["kind"].isin(["upper tier", "country"]) | (in_use["code"] == area.region_code)
    ]
    names = {str(row["name"]): str(row["code"]) for row in wanted.to_dict("records")}
    names["England and Wales"] = ENGLAND_AND_WALES
    for one in children(area.code, areas):
        names[one.name] = one.code
        short, _, more = one.name.partition(" ")
        if more and len(short) > 5:
            names.setdefault(short, one.code)
    return {**names, area.name: area.code}


def split_sentences(paragraph: str) -> list[str]:
    """Sentences of a paragraph, without the number or sign that a list puts before them.

    Examples
    --------
    >>> split_sentences("- 7. There were 4.2 deaths per 100,000. In England, e.g. in 2020, 5.0.")
    ['There were 4.2 deaths per 100,000.', 'In England, e.g. in 2020, 5.0.']
    """
    text = re.sub(r"^\s*(?:[-•▪◦*–]\s*)?(?:\(?\d{1,3}[.)]\s+|[a-z]\)\s+)?", "", paragraph)
    parts = re.split(r"(?<=[a-z0-9%)’'\"][.!?])\s+(?=[A-Z0-9“\"‘'(])", text)
    return [part.strip() for part in parts if part.strip()]


class _Places:
    """Areas that a sentence may name."""

    def __init__(self, area: str, names: dict[str, str]) -> None:
        self.area = area
        self.codes = dict(names)
        for words in ("national average", "national rate", "nationally", "national figure"):
            self.codes.setdefault(words, ENGLAND)
        longest = sorted(self.codes, key=len, reverse=True)
        joined = "|".join(re.escape(name) for name in longest)
        self._named = re.compile(rf"(?<!\w)(?:{joined})(?!\w)")  # "reading" is no area

    def mentions(self, text: str) -> list[tuple[int, int, str]]:
        """Where a text names an area, and which."""
        return [
            (one.start(), one.end(), self.codes[one[0]])
            for one in self._named.finditer(text)
            # "Worcestershire County Council", "England's 152 authorities" are no areas of a figure
            if not re.match(r"(?:'s)? (?:County Council|Council\b)|['’]s \d", text[one.end() :])
        ]

    def of_number(self, before: str, after: str, sentence: str) -> tuple[str, bool]:
        """The area of a number, and whether its sentence names it."""
        follows = re.match(
            r"(?:(?!\b(?:compared|than|highest|lowest|largest|smallest|below|above)\b)"
            r"[^.;,)(–—]){0,70}?\b(?:for|in|across|of) (?:the )?(?=(.+))",
            after,
        )
        if follows and not _is_cut_off(after, follows.start(1)):
            named = self.mentions(follows[1])
            if named and named[0][0] == 0:
                return named[0][2], True
        named = [one for one in self.mentions(before) if _is_of(before, one)]
        if named:
            last = named[-1]
            joined = len(named) > 1 and before[named[-2][1] : last[0]].strip() == "and"
            both = {named[-2][2], last[2]} if joined else {last[2]}
            return (self.area if self.area in both else last[2]), not joined
        if _AGAINST.search(before) and any(one == ENGLAND for _, _, one in self.mentions(sentence)):
            return ENGLAND, False
        named = self.mentions(sentence)
        return self.area, any(code == self.area for _, _, code in named)


def _is_cut_off(text: str, at: int) -> bool:
    """Whether an area is that of a cut-off: "the top 10% most deprived areas in England"."""
    words = r"deprived (?:[\w%.]+ )?(?:areas |LSOAs )?(?:in|of) (?:the )?$"
    return bool(re.search(words, text[:at]))


def _is_of(text: str, mention: tuple[int, int, str]) -> bool:
    """Whether an area named before a number is the number's: "than England, 53%" but not more."""
    start, end, _ = mention
    compared = re.search(r"\b(?:than|from|with|to|against|rest of) (?:the )?$", text[:start])
    return not _is_cut_off(text, start) and not (compared and len(text) - end > 12)


def _numbers(
    sentence: str, before: str, period: str, places: _Places, where: str, edition: str
) -> tuple[list[_Found], str]:
    """The figures of a sentence, and its last period for those that follow."""
    if _NO_SENTENCE.search(sentence):
        return [], period
    masked = _masked(sentence)
    spoken = [(one.start(), one.end(), one[0]) for one in _PERIOD.finditer(masked)]
    for one in _YEAR_END.finditer(sentence):
        spoken.append((one.start(), one.end(), f"20{int(one[1]) - 1}/{one[1]}"))
    blank = masked
    for start, end, _ in spoken:
        blank = f"{blank[:start]}{' ' * (end - start)}{blank[end:]}"
    if not spoken and re.search(r"\b\d{2,4}[-–/]\d\d\b", masked):
        period = ""  # a period that cannot be read, as "202-21": no other may stand in for it
    numbers = [
        one
        for one in _NUMBER.finditer(blank)
        if not _NO_FIGURE_AFTER.search(sentence[: one.start()])
    ]
    found: list[_Found] = []
    kind_before = ""
    for place, number in enumerate(numbers):
        start = numbers[place - 1].end() if place else 0
        ends = [one.start() for one in numbers[place + 1 :]] + [len(sentence)]
        earlier, later = sentence[start : number.start()], sentence[number.end() : ends[0]]
        if later.strip() == "(":  # "4,292 (81%) were not": what follows is of both
            later = sentence[number.end() : ends[1]]
        elif earlier.rstrip().endswith("("):
            later = later.split(")")[0]
        later = re.split(r"[;–—]", later)[0]
        kinds, unit = _kinds(number, earlier, kind_before)
        chosen = _phrase(kinds, earlier, later, sentence, before, number.start())
        if chosen is None:
            continue
        phrase, doubts = chosen
        if not unit and float(number["number"].replace(",", "")) < _LEAST.get(phrase.indicator, 0):
            continue
        kind_before = phrase.kind
        code, given = places.of_number(earlier, later, sentence)
        said, period_doubts = _period(spoken, sentence, number, phrase, period, edition)
        words = number["words"].strip()
        found.append(
            _Found(
                phrase,
                number["number"],
                unit,
                f"{words} {number['pound']}{number['number']}{number['unit'] or ''}"
                if words
                else "",
                code,
                _sex(earlier),
                said,
                doubts + period_doubts + (not given),
                where,
                sentence,
            )
        )
    return found, min(spoken)[2] if spoken else period


def _masked(sentence: str) -> str:
    """The sentence with what is no figure blanked, so that places in it stay the same."""
    return _NO_FIGURE.sub(lambda one: " " * len(one[0]), sentence)


def _sex(earlier: str) -> str:
    """The sex that the words before a number name last."""
    named = re.findall(r"\b(females?|women|males?|men)\b", earlier, re.IGNORECASE)
    if not named:
        return "persons"
    return "female" if named[-1].lower() in ("female", "females", "women") else "male"


def _grouped(unit: str) -> str:
    return re.sub(r"\d[\d,]*", lambda one: f"{int(one[0].replace(',', '')):,}", unit)


def _kinds(number: re.Match[str], earlier: str, before: str) -> tuple[tuple[str, ...], str]:
    """What kinds of figure a number may be, the likeliest first, and its unit as printed."""
    unit = re.sub(r"\s+", " ", (number["unit"] or "").strip().lower())
    if number["pound"]:
        return ("money",), f"£ {unit}".strip() if unit else "£"
    if unit in ("%", "per cent", "percent"):
        return ("share",), "%"
    if unit.startswith("per "):
        return ("rate",), _grouped(unit)
    if "." in number["number"] and not unit:
        return ("rate",), ""
    rate = before == "rate" or re.search(r"\brates? (?:was|of|is)\b", earlier)
    return (("rate", "count") if rate else ("count",)), unit


def _phrase(
    kinds: Sequence[str], earlier: str, later: str, sentence: str, before: str, at: int
) -> tuple[_Phrase, int] | None:
    """The measure whose words stand nearest to a number, and how doubtful that is."""
    ahead, behind = (1, 2) if _NAMED_BEFORE.search(earlier) else (2, 1)
    for kind in kinds:
        for text, doubt in ((sentence, 0), (f"{before} {sentence}", 2)):
            ranked = []
            for one in _phrases():
                if one.kind != kind or not one.fits(text):
                    continue
                near = one.nearness(earlier, later, behind, ahead)
                if doubt and not one.within(sentence):
                    continue
                last = max(
                    (m.end() for group in one.groups for m in group.finditer(sentence[:at])),
                    default=0,
                )
                ranked.append((near, last, len(one.groups), one))
            if ranked:
                near, _, _, best = max(ranked, key=lambda one: one[:3])
                return best, doubt + (near == 0)
    return None


def _period(
    spoken: Sequence[tuple[int, int, str]],
    sentence: str,
    number: re.Match[str],
    phrase: _Phrase,
    earlier: str,
    edition: str,
) -> tuple[str, int]:
    """The period of a number, and how doubtful it is."""
    if phrase.years == "index":
        return (f"IoD{edition}" if edition else ""), 2
    directly = re.compile(r"[^,.;]{0,12}?\b(?:in|by|for|at) (?:mid-)?")
    follows = [
        text
        for start, _, text in spoken
        if start >= number.end() and directly.fullmatch(sentence[number.end() : start])
    ]
    precede = [text for start, _, text in sorted(spoken) if start < number.start()]
    said = (follows[:1] or precede[-1:] or [spoken[0][2]] if spoken else [""])[0]
    doubt = 0
    if not said:
        said, doubt = earlier, 1 if earlier else 2
    return _as_period(said, phrase.years), doubt


def _as_period(text: str, years: str) -> str:
    """A period as the measure's own years are written: "2018-19" is one financial year, or two.

    Examples
    --------
    >>> _as_period("2017-20", "financial"), _as_period("2018-20", "calendar")
    ('2017/18 to 2019/20', '2018 to 2020')
    >>> _as_period("21/22", "financial"), _as_period("2018", "financial"), _as_period("2020", "")
    ('2021/22', '2018/19', '2020')
    """
    if " to " in text:
        try:
            return parse(text).label
        except NeedsError:
            return ""
    parts = [one for one in re.split(r"[-–—/]", text.replace("mid-", "").replace(" ", "")) if one]
    if not parts:
        return ""
    first = int(parts[0]) if len(parts[0]) == 4 else 2000 + int(parts[0])
    last = first
    if len(parts) > 1:
        last = int(parts[1]) if len(parts[1]) == 4 else first // 100 * 100 + int(parts[1])
    if years == "financial":
        last = max(last, first + 1)
        ends = f"{first}/{(first + 1) % 100:02d}", f"{last - 1}/{last % 100:02d}"
        label = ends[0] if last == first + 1 else " to ".join(ends)
    elif "/" in text:
        label = f"{first}/{last % 100:02d}"
    else:
        label = str(first) if last == first else f"{first} to {last}"
    try:
        return parse(label).label
    except NeedsError:
        return ""


def _rows(
    numbers: Sequence[_Found], places: _Places, names: dict[str, str], catalogue: Catalogue
) -> list[dict[str, object]]:
    """Figures of a sentence as rows, those of other areas as comparators of the area's own."""
    rows: list[dict[str, object]] = []
    seen: list[_Found] = []
    for one in numbers:
        host = next(
            (
                place
                for place, other in enumerate(seen)
                if (other.phrase.indicator, other.period, other.sex)
                == (one.phrase.indicator, one.period, one.sex)
                and other.area == places.area != one.area
            ),
            None,
        )
        if host is not None:
            row = rows[host]
            for column, value in (
                ("comparator_code", one.area),
                ("comparator_name", names.get(one.area, "")),
                ("comparator_value", one.text.replace(",", "")),
            ):
                row[column] = ";".join(filter(None, (str(row[column]), value)))
            row["comparator_unit"] = row["comparator_unit"] or one.unit
            continue
        key = one.phrase.indicator
        usual = unit_of(Asked((key,), "", "", ""), catalogue)
        row = dict.fromkeys(PROPOSED, "")
        row |= {
            "indicator": key,
            "label": catalogue.indicators[key].name if key in catalogue.indicators else "",
            "area_code": one.area,
            "area_name": names.get(one.area, ""),
            "period": one.period,
            "sex": one.sex,
            "stated_as": one.stated_as,
            "stated_value": one.text.replace(",", ""),
            "unit": one.unit or usual,
            "section": one.where,
            "confidence": ("high", "medium")[one.doubts] if one.doubts < 2 else "low",
            "sentence": one.sentence.lstrip("=+@-"),  # no formula of a spreadsheet
        }
        rows.append(row)
        seen.append(one if one.area == places.area else replace(one, period=f"{one.period} "))
    return rows


def _pattern(words: str) -> re.Pattern[str]:
    # "not in treatment" is not "in treatment"
    joined = "|".join(re.escape(one) for one in words.split("|"))
    return re.compile(rf"(?<!not )(?:{joined})", re.IGNORECASE)


def _phrases() -> tuple[_Phrase, ...]:
    return _read_phrases(in_use("claim_phrases.csv"))


@cache
def _read_phrases(file: InUse) -> tuple[_Phrase, ...]:
    return tuple(
        _Phrase(
            row["indicator"],
            row["kind"],
            row["years"],
            tuple(map(_pattern, row["all_of"].split(";"))),
            _pattern(row["none_of"]) if row["none_of"] else None,
        )
        for row in file.rows()
    )
