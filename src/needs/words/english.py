"""English for sentences made from figures: lists, nouns, names and numbers that link.

Nothing here knows of drugs, alcohol or areas' results: `needs.words.sentences` says what was found.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

from needs.figures.figure import Figure, with_unit
from needs.stats.status import Status
from needs.words.text import Span, Text, plain

#: What a sentence says where a value is withheld.
WITHHELD: dict[Status, str] = {
    Status.SUPPRESSED: "suppressed to protect confidentiality",
    Status.UNRELIABLE: "not given, because there were too few events for a reliable rate",
    Status.UNAVAILABLE: "not available",
    Status.NOT_APPLICABLE: "not applicable",
    Status.ROUNDS_TO_ZERO: "more than zero, but rounds to zero",
}

NO_INTERVAL = "no confidence interval given"

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_WITH_THE = {
    "City of London",
    "East Midlands",
    "East of England",
    "Forest of Dean",
    "Isle of Wight",
    "Isles of Scilly",
    "New Forest",
    "North East",
    "North West",
    "South East",
    "South West",
    "Vale of White Horse",
    "West Midlands",
}
_IRREGULAR = {"people": "person", "children": "child", "men": "man", "women": "woman"}


def say(template: str, /, **values: Figure | Text | Span | str | int) -> Text:
    """Fill a sentence: figures become numbers that link to their entry in the register.

    Parameters
    ----------
    template : str
        With named fields. A figure's field can be ``{f}`` (with its unit), ``{f:number}`` (without
        it), ``{f:size}`` (without its sign), ``{f:interval}`` ("95% confidence interval: 3.3 to
        5.3") or ``{f:full}`` (value and, in brackets, interval). Where the value is withheld the
        sentence says why in words, whatever the form.
    **values
        Figures, texts, strings or whole numbers. Whole numbers print as they are (years);
        ``{n:,}`` puts commas into large counts.

    Returns
    -------
    Text

    Raises
    ------
    TypeError
        For a decimal number: a measured number in a sentence must be a figure.
    ValueError
        For a value that the template does not use, or a form that there is not.

    Examples
    --------
    >>> from needs.figures.figure import Figure
    >>> rate = Figure("r", "rate", "Rate", "E10000034", "Worcestershire", "2018 to 2020", 4.2,
    ...               "per 100,000", lower=3.3, upper=5.3)
    >>> plain(say("The rate was {rate:full}.", rate=rate))
    'The rate was 4.2 per 100,000 (95% confidence interval: 3.3 to 5.3).'
    """
    spans: list[Span] = []
    used: set[str] = set()
    for literal, name, spec, _ in string.Formatter().parse(template):
        if literal:
            spans.append(Span(literal))
        if name is not None:
            used.add(name)
            spans.extend(_field(name, spec or "", values[name]))
    if unused := sorted(set(values) - used):
        raise ValueError(f"not in the sentence '{template}': {', '.join(unused)}")
    return join(spans)


def _field(name: str, spec: str, value: Figure | Text | Span | str | int) -> Text:
    if isinstance(value, Figure):
        return _figure_span(value, spec)
    if isinstance(value, Span):
        return (value,)
    if isinstance(value, tuple):
        return value
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return (Span(format(value, spec)),)
    raise TypeError(f"{{{name}}} is {value!r}: a sentence takes figures, texts and whole numbers")


def _figure_span(figure: Figure, spec: str) -> Text:
    if spec not in ("", "number", "size", "interval", "full"):
        raise ValueError(f"a figure has no form '{spec}'")
    if not figure.shown:
        return (Span(WITHHELD[figure.status], figure=figure.id),)
    if spec == "interval":
        return (Span(figure.interval or NO_INTERVAL, figure=figure.id),)
    text = {"number": figure.number, "size": with_noun(figure).removeprefix("−")}.get(
        spec, with_noun(figure)
    )
    if spec == "full" and figure.interval:
        text = f"{text} ({figure.interval})"
    return (Span(text, figure=figure.id),)


def with_noun(figure: Figure) -> str:
    """The figure's text, its noun in the singular after the number 1: "1 death".

    Examples
    --------
    >>> from needs.figures.figure import Figure
    >>> with_noun(Figure("d", "deaths", "Deaths", "E1", "A", "2021", 1, "deaths", decimals=0))
    '1 death'
    """
    if figure.number != "1" or " " in figure.unit:
        return figure.text
    return with_unit("1", singular(figure.unit))


def singular(noun: str) -> str:
    """A plural noun in the singular.

    Examples
    --------
    >>> singular("deaths"), singular("people"), singular("authorities"), singular("%")
    ('death', 'person', 'authority', '%')
    """
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun


def join(parts: Sequence[Span | Text | str], between: str = "") -> Text:
    """Join spans, texts and strings into one text, merging neighbours that are plain."""
    spans: list[Span] = []
    for position, part in enumerate(parts):
        pieces = [Span(between)] if position else []
        if isinstance(part, str):
            pieces.append(Span(part))
        elif isinstance(part, Span):
            pieces.append(part)
        else:
            pieces.extend(part)
        for piece in pieces:
            if not piece.text:
                continue
            last = spans[-1] if spans else None
            if last and not last.figure and replace(last, text=piece.text) == piece:
                spans[-1] = replace(last, text=last.text + piece.text)
            else:
                spans.append(piece)
    return tuple(spans)


def sentences(*parts: Text | str) -> Text:
    """Join sentences with a space, leaving out empty ones."""
    return join([part for part in parts if part], between=" ")


@overload
def listing(items: Sequence[str], limit: int | None = None, other: str = ...) -> str: ...
@overload
def listing(items: Sequence[Text], limit: int | None = None, other: str = ...) -> Text: ...
def listing(
    items: Sequence[str] | Sequence[Text], limit: int | None = None, other: str = "others"
) -> str | Text:
    """A list in words. A comma goes before the last "and" where a name itself holds "and".

    Parameters
    ----------
    items : sequence of str, or of Text
    limit : int, optional
        Name at most this many, and count the rest.
    other : str
        Plural noun for the rest.

    Examples
    --------
    >>> listing(["Redditch", "Worcester", "Wychavon"])
    'Redditch, Worcester and Wychavon'
    >>> listing(["Sandwell", "Telford and Wrekin"])
    'Sandwell, and Telford and Wrekin'
    >>> listing(["a", "b", "c", "d"], limit=2)
    'a, b and two others'
    """
    names: list[Text] = [(Span(item),) if isinstance(item, str) else item for item in items]
    if limit is not None and len(names) > limit:
        rest = count_noun(len(names) - limit, singular(other), other, words=True)
        names = [*names[:limit], (Span(rest),)]
    printed = [plain(name) for name in names]
    comma = "; " if any(", " in name for name in printed) else ", "
    last = " and "
    if comma == "; " or any(" and " in name for name in printed):
        last = f"{comma}and "
    joined: list[Text | str] = []
    for position, name in enumerate(names):
        if position:
            joined.append(last if position == len(names) - 1 else comma)
        joined.append(name)
    text = join(joined)
    return plain(text) if all(isinstance(item, str) for item in items) else text


def number_word(number: int) -> str:
    """Numbers to nine in words, larger ones in figures; 0 is "no".

    Examples
    --------
    >>> number_word(6), number_word(150), number_word(32844), number_word(0)
    ('six', '150', '32,844', 'no')
    """
    return _SMALL[number] if 0 <= number < len(_SMALL) else f"{number:,}"


def count_noun(number: int, one: str, many: str | None = None, *, words: bool = False) -> str:
    """A number with its noun; `words` spells numbers to nine.

    Examples
    --------
    >>> count_noun(1, "death"), count_noun(2, "authority", "authorities"), count_noun(0, "death")
    ('1 death', '2 authorities', 'no deaths')
    >>> count_noun(1, "district", words=True)
    'one district'
    """
    noun = one if number == 1 else (many or f"{one}s")
    printed = number_word(number) if words or number == 0 else f"{number:,}"
    return f"{printed} {noun}"


def one_of(number: int, total: int, noun: str) -> str:
    """Some of a total in words: "one of six districts", "none of the six districts".

    Examples
    --------
    >>> one_of(1, 6, "districts"), one_of(6, 6, "districts"), one_of(0, 6, "districts")
    ('one of six districts', 'all six districts', 'none of six districts')
    >>> one_of(1, 1, "districts")
    'the only district'
    """
    if total == 1 and number == 1:
        return f"the only {singular(noun)}"
    if number == total:
        return f"both {noun}" if total == 2 else f"all {number_word(total)} {noun}"
    word = "none" if number == 0 else number_word(number)
    return f"{word} of {number_word(total)} {singular(noun) if total == 1 else noun}"


def ordinal(number: int) -> str:
    """A place in an order, in figures.

    Examples
    --------
    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112, 1001)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '112th', '1,001st']
    """
    ending = "th"
    if number % 100 not in (11, 12, 13):
        ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def a_or_an(phrase: str) -> str:
    """The phrase after its article, by sound: "an 8% rise", "a one-year gap", "an LSOA".

    Examples
    --------
    >>> a_or_an("11% rise"), a_or_an("110% rise"), a_or_an("university"), a_or_an("IMD decile")
    ('an 11% rise', 'a 110% rise', 'a university', 'an IMD decile')
    """
    word = phrase.split()[0].strip("\"'(").replace(",", "") if phrase.split() else ""
    leading = re.match(r"\d+", word)
    if leading:
        digits = leading[0]
        an = digits[0] == "8" or (digits[:2] in ("11", "18") and len(digits) % 3 == 2)
    elif re.match(r"[A-Z]{2,}s?\b", word) or len(word) == 1:
        an = word[0] in "AEFHILMNORSXaefhilmnorsx"
    else:
        lower = word.lower()
        silent = lower.startswith(("hour", "honest", "honour", "heir"))
        consonant = re.match(r"(?:uni(?!n|m)|us[ei]|eu|one|once|ut[io])", lower)
        an = silent or (lower[:1] in "aeiou" and not consonant)
    return f"{'an' if an else 'a'} {phrase}"


def in_prose(name: str) -> str:
    """An area's name as a sentence uses it, from the name that the register prints.

    Examples
    --------
    >>> in_prose("Isles of Scilly"), in_prose("Bristol, City of"), in_prose("St. Helens")
    ('the Isles of Scilly', 'Bristol', 'St Helens')
    >>> in_prose("Yorkshire and The Humber")
    'Yorkshire and the Humber'
    """
    name = re.sub(r", (City|County) of$", "", name.strip())
    name = name.replace("St. ", "St ").replace(" The ", " the ")
    return f"the {name}" if name in _WITH_THE else name


def possessive(name: str) -> str:
    """An area's name as an owner; names that end in s take the apostrophe alone.

    Examples
    --------
    >>> possessive("Worcestershire"), possessive("Isles of Scilly"), possessive("Malvern Hills")
    ("Worcestershire's", "the Isles of Scilly's", "Malvern Hills'")
    """
    name = in_prose(name)
    return f"{name}'" if name.endswith("s") else f"{name}'s"


@overload
def capital(text: str) -> str: ...
@overload
def capital(text: Text) -> Text: ...
def capital(text: str | Text) -> str | Text:
    """With a capital letter at the beginning, and nothing else changed."""
    if isinstance(text, str):
        return text[:1].upper() + text[1:]
    if not text:
        return text
    first = text[0]
    return (replace(first, text=capital(first.text)), *text[1:])


def lower_first(text: str) -> str:
    """With a small letter at the beginning, unless it is an abbreviation or a known name.

    Examples
    --------
    >>> lower_first("Deaths from drug misuse"), lower_first("LSOAs"), lower_first("England rate")
    ('deaths from drug misuse', 'LSOAs', 'England rate')
    """
    first = text.split(" ")[0]
    if first.startswith(("England", "English", "NHS")) or re.match(r"[A-Z][^a-z]", first):
        return text
    return text[:1].lower() + text[1:]


@dataclass(frozen=True)
class Readability:
    """How hard a text is to read.

    `ease` is Flesch's reading ease (100 very easy, 60 to 70 plain English, below 30 very hard);
    `grade` is the Flesch-Kincaid grade, in years of schooling in the United States; `index` is the
    automated readability index, a grade too, which counts letters in place of syllables.
    """

    sentences: int
    words: int
    syllables: int
    words_per_sentence: float
    ease: float
    grade: float
    index: float


def reading_ease(text: Text | str) -> Readability:
    """Measure sentence length and reading ease.

    ease = 206.835 − 1.015 words/sentences − 84.6 syllables/words (Flesch, "A new readability
    yardstick", Journal of Applied Psychology 32, 1948); grade = 0.39 words/sentences + 11.8
    syllables/words − 15.59 (Kincaid and others, Research Branch Report 8-75, 1975). Syllables are
    counted as groups of vowels, a silent final e apart; a number is one syllable. index = 4.71
    letters and digits/words + 0.5 words/sentences − 21.43 (Smith and Senter, AMRL-TR-66-220, 1967).

    Raises
    ------
    ValueError
        For a text without words.

    Examples
    --------
    >>> easy = reading_ease("The cat sat on the mat.")
    >>> easy.words, easy.syllables, round(easy.ease, 1), round(easy.grade, 1)
    (6, 6, 116.1, -1.4)
    """
    printed = plain(text)
    found = re.findall(r"[A-Za-z][A-Za-z'’]*|\d[\d,./]*", printed)
    if not found:
        raise ValueError("a text without words has no reading ease")
    stops = len(re.findall(r"[.!?](?=\s|$)", re.sub(r"\b(?:St|e\.g|i\.e)\.", "", printed)))
    number = max(stops, 1)
    syllables = sum(_syllables(word) for word in found)
    length = len(found) / number
    per_word = syllables / len(found)
    return Readability(
        number,
        len(found),
        syllables,
        length,
        206.835 - 1.015 * length - 84.6 * per_word,
        0.39 * length + 11.8 * per_word - 15.59,
        4.71 * sum(len(re.sub(r"\W", "", one)) for one in found) / len(found)
        + 0.5 * length
        - 21.43,
    )


def _syllables(word: str) -> int:
    letters = re.sub(r"[^a-z]", "", word.lower())
    if not letters:
        return 1
    groups = len(re.findall(r"[aeiouy]+", letters))
    silent = letters.endswith("e") and not letters.endswith(("le", "ee", "ye"))
    silent = silent or bool(re.search(r"[^aeioutdy]ed$", letters))
    return max(groups - (1 if silent and groups > 1 else 0), 1)
