"""Check declarations by themselves, in a moment: what would make a wrong table or sentence.

`needs.catalogue.load` refuses what cannot be read. Here is asked what reads well and is wrong all
the same, by the rules that the package's own declarations keep.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from needs import catalogue as catalogue_module
from needs.catalogue import (
    CLAIM_MEASURES,
    Catalogue,
    Indicator,
    Source,
    footprints,
    glossary,
    layers,
    lists,
    ranking,
)
from needs.errors import InvalidDataError, NeedsError, Problem, did_you_mean
from needs.figures.figure import Figure
from needs.sources.readers import heading_maps
from needs.sources.written_numbers import age_range
from needs.words import comparisons
from needs.words.text import plain

GUIDE = "docs/adding-an-indicator.md"

#: Letters of a name for tables.
SHORT = 40

#: What stands after the noun of a subject: "share OF adults".
_AFTER = re.compile(
    r" (?:of|from|in|with|for|by|among|due|who|that|to|per|aged|not|whose|on|at|because) |, "
)

_ABBREVIATION = re.compile(r"\b[A-Z][A-Za-z]?[A-Z]{1,4}\b")


def check_declarations(every: bool = False) -> list[str]:
    """Check the catalogue in use, and say its house's indicators in sentences.

    Parameters
    ----------
    every : bool
        Say the package's own indicators too.

    Returns
    -------
    list of str
        Lines to print.

    Raises
    ------
    InvalidDataError
        Every fault, with file and line.
    """
    catalogue = catalogue_module.load()
    problems = declaration_faults(catalogue)
    if problems:
        number = f"{len(problems)} fault{'s' if len(problems) > 1 else ''}"
        raise InvalidDataError(
            f"{number} in the declarations, listed below.",
            "catalogue",
            "Mend what each names; then again: needs check --catalogue",
            problems=problems,
        )
    own = layers.own_declarations()
    lines = [
        f"Catalogue: {len(catalogue.sources)} sources, {len(catalogue.indicators)} indicators.",
        f"Declared by this house: {len(own)}."
        if own
        else "Nothing is laid over the package's own.",
    ]
    for one in own:
        how = "added" if one.new else "in place of the package's"
        lines.append(f"  {one.kind} {one.name}: {how} ({one.file})")
        lines += [f"    {path} declares it too, and gives way" for path in one.given_way]
    ours = {one.name for one in own if one.kind == "indicator"}
    for key, indicator in catalogue.indicators.items():
        if every or key in ours:
            lines += [
                f"{key}, with numbers made up:",
                *(f"  {text}" for text in spoken_of(indicator)),
            ]
    return [*lines, "No faults found."]


def declaration_faults(catalogue: Catalogue) -> list[Problem]:
    """Everything that is wrong with declarations that can be read."""
    found = list(_of_other_files(catalogue))
    for one in catalogue.indicators.values():
        found += _of_indicator(one, catalogue)
    for source in catalogue.sources.values():
        found += _of_source(source)
    return found + list(_doubled_headlines(catalogue))


def spoken_of(one: Indicator) -> list[str]:
    """The sentences in which a report would speak of an indicator, with numbers made up.

    Examples
    --------
    >>> print(spoken_of(catalogue_module.load().indicators["drug_misuse_rate"])[0])
    ... # doctest: +NORMALIZE_WHITESPACE
    In 2020, Worcestershire's drug misuse death rate was 12.3 per 100,000 (95% confidence
    interval: 11.1 to 13.5).
    """
    lower, upper = (None, None) if one.statistic in ("count", "amount") else (11.1, 13.5)
    area, england = (
        Figure(
            id=code,
            indicator=one.key,
            label=one.name,
            area_code=code,
            area_name=name,
            period="2020",
            value=round(value, one.decimals),
            unit=one.unit,
            decimals=one.decimals,
            age=one.age,
            lower=lower if name != "England" else None,
            upper=upper if name != "England" else None,
        )
        for code, name, value in (
            ("E10000034", "Worcestershire", 12.3),
            ("E92000001", "England", 16.0),
        )
    )
    if one.categories:
        lines = [one.definition]
    else:
        text = plain(
            comparisons.comparison_sentence(
                area, england, polarity=one.polarity, subject=one.subject
            )
        )
        lines = [part if part.endswith(".") else f"{part}." for part in text.split(". ")]
        lines.append(
            plain(
                comparisons.headline_compare(
                    area, england, polarity=one.polarity, subject=one.subject
                )
            )
        )
    if one.finding:
        happened = f"12 {one.finding.happened.rstrip(',')}." if one.finding.happened else ""
        lines += [text for text in (happened, one.finding.question) if text]
    return lines


def _at(one: Indicator | Source, *place: Any) -> str:
    return catalogue_module.declared_at(one, *place)


def _of_indicator(one: Indicator, catalogue: Catalogue) -> Iterator[Problem]:
    for name in ("definition", "limits", "how_to_add"):
        if not getattr(one, name).strip().endswith("."):
            yield Problem(f"'{name}' is no sentence.", _at(one, name), "End it with a full stop.")
    if not one.official_page.startswith("https://"):
        remedy = "Give the page of the publisher, from https:// on."
        yield Problem("'official_page' is no address.", _at(one, "official_page"), remedy)
    if len(one.short_name) > SHORT:
        what = f"'short_name' has {len(one.short_name)} letters; a table has room for {SHORT}."
        yield Problem(what, _at(one, "short_name"), "Say it shorter.")
    if bool(one.numerator) != bool(one.denominator):
        where = _at(one, "numerator" if one.numerator else "denominator")
        yield Problem(
            "A numerator needs a denominator, and it a numerator.", where, f"See {GUIDE}."
        )
    if one.parts and one.numerator:
        what = "It is read from a source (parts) and worked out (numerator), and can be but one."
        yield Problem(what, _at(one, "parts"), f"Leave one of them out; see {GUIDE}.")
    if (one.target is None) != (not one.target_source):
        what = "A target needs the place where it was set, and that a target."
        yield Problem(what, _at(one, "target"), "Give both: target, target_source.")
    yield from _of_unit(one)
    yield from _of_words(one)
    for number, part in enumerate(one.parts):
        measure = str(part.select.get("measure", ""))
        source = catalogue.sources[part.source]
        if not measure or not source.editions:
            continue
        texts, patterns = _measures(source)
        if not _is_one(measure, texts, patterns):
            near = did_you_mean(measure, [*texts, *(own.replace("\\", "") for own in patterns)])
            where = _at(one, "parts", number, "select", "measure")
            remedy = f"{near} Its measures stand at the head of the module {source.reader}.py."
            what = f"The reader of {source.key} gives no measure '{measure}'."
            yield Problem(what, where, remedy.strip())
    methods = [method.name for method in catalogue_module.methods()]
    if one.method not in methods:
        remedy = did_you_mean(one.method, methods, f"One of: {', '.join(methods)}.")
        yield Problem(f"There is no method '{one.method}'.", _at(one, "method"), remedy)


def _of_unit(one: Indicator) -> Iterator[Problem]:
    if one.statistic in ("proportion", "unmet_need"):
        right, told = (one.unit, one.multiplier) == ("%", 100), "unit: '%' and multiplier: 100"
    elif one.statistic in ("count", "amount"):
        right = (one.multiplier, one.decimals) == (1, 0) and one.unit in (one.counted, "£")
        told = "multiplier: 1, decimals: 0, and as unit what is counted, or £"
    elif one.statistic == "amount_per_head":
        right, told = (one.unit, one.multiplier) == ("£", 1), "unit: £ and multiplier: 1"
    else:
        right = (one.unit, one.multiplier) in (("per 100,000", 100_000), ("per 1,000", 1_000))
        told = "unit: per 100,000 and multiplier: 100000, or per 1,000 and 1000"
    if not right:
        what = f"Unit and multiplier are not those of the statistic {one.statistic}."
        yield Problem(what, _at(one, "unit"), f"It has {told}.")
    try:
        first, last = age_range(one.age)
        upside_down = last is not None and last < first
    except (NeedsError, ValueError):
        upside_down = True
    if upside_down:
        yield Problem(f"'{one.age}' is no range of ages.", _at(one, "age"), "As 18+, or 15-24.")


def _of_words(one: Indicator) -> Iterator[Problem]:
    """Words that make a wrong sentence, with the sentence."""
    if not one.subject:
        what = f"'subject' is missing, and sentences would say: {spoken_of(one)[0]}"
        remedy = 'Say what is measured, in the singular: "drug misuse death rate".'
        yield Problem(what, _at(one, "subject"), remedy)
        return
    noun = _AFTER.split(one.subject)[0].split()[-1:]
    told_of = {
        "begins with an article": re.match(r"(?:the|a|an) ", one.subject, re.IGNORECASE),
        "begins with a capital letter": re.match(r"[A-Z][a-z]", one.subject),
        "ends with a stop": one.subject.rstrip().endswith((".", ":", ",")),
        "is a plural": noun and re.search(r"[^su]s$", noun[0]),
    }
    wrong = [text for text, found in told_of.items() if found]
    if wrong:
        what = f"'subject' {' and '.join(wrong)}, and sentences would say: {spoken_of(one)[0]}"
        yield Problem(
            what, _at(one, "subject"), 'Say it so that it fits: "Kent\'s … was 12 in 2020".'
        )
    if one.headline and not one.finding:
        what = "A headline figure has to take part in the findings."
        yield Problem(what, _at(one, "headline"), f"Give it a finding; see {GUIDE}.")
    for place, text in _questions(one):
        if not text.endswith("?"):
            yield Problem(f"This is no question: {text}", _at(one, *place), "End it with '?'.")
    words = f"{one.name} {one.short_name} {one.definition} {one.limits}"
    known = {term.short for term in glossary.glossary()}
    for short in sorted(set(_ABBREVIATION.findall(words)) - known):
        what = f"'{short}' is not explained in the report's list of abbreviations."
        remedy = "Spell it out, or add it to abbreviations.yaml with expansion and explanation."
        yield Problem(what, _at(one, "name"), remedy)


def _questions(one: Indicator) -> Iterator[tuple[tuple[str, ...], str]]:
    if one.finding:
        yield ("finding", "question"), one.finding.question
        for kind, text in one.finding.asks.items():
            yield ("finding", "asks", kind), text


def _of_source(source: Source) -> Iterator[Problem]:
    if not importlib.util.find_spec(f"needs.sources.readers.{source.reader}"):
        known = [path.stem for path in _readers().glob("[a-z]*.py")]
        remedy = did_you_mean(source.reader, known, "docs/adding-a-source.md lists the shapes.")
        yield Problem(f"There is no reader '{source.reader}'.", _at(source, "reader"), remedy)
        return
    names = [one.edition for one in source.editions]
    for name in sorted({one for one in names if names.count(one) > 1}):
        what = f"Two editions are called '{name}'."
        yield Problem(what, _at(source, "editions"), "Name each by its own year.")
    for number, edition in enumerate(source.editions):
        shape, by_edition = heading_maps.MAPS.get(
            heading_maps.shape_of(source, edition), ("", False)
        )
        if not by_edition:
            continue
        try:
            heading_maps.layout(shape, edition.edition)
        except InvalidDataError as error:
            where = f"{_at(source, 'editions', number)}, {error.problem.where}"
            yield Problem(error.problem.what, where, error.problem.remedy)


def _readers() -> Path:
    spec = importlib.util.find_spec("needs.sources.readers")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


def _is_one(measure: str, texts: list[str], patterns: list[str]) -> bool:
    """Whether a measure is known, or made of two known words: "opiate" and "in_treatment"."""

    def known(part: str) -> bool:
        return part in texts or any(re.fullmatch(one, part) for one in patterns)

    cuts = [(measure[: one.start()], measure[one.end() :]) for one in re.finditer("_", measure)]
    return any(all(map(known, parts)) for parts in [(measure,), *cuts])


def _measures(source: Source) -> tuple[list[str], list[str]]:
    """What a source's reader can call a measure: texts of its code, maps and options; patterns."""
    if not (_readers() / f"{source.reader}.py").is_file():  # which is told of the source
        return [], [".+"]
    texts, patterns = _written_in(source.reader)
    found = dict.fromkeys(texts)
    for path in (layers.PACKAGE / "maps").glob(f"{source.reader}*.csv"):
        for row in layers.in_use(f"maps/{path.name}").rows():
            found |= dict.fromkeys(row.values())
    for edition in source.editions:
        found |= dict.fromkeys(_texts(dict(edition.options)))
    return list(found), list(patterns)


@functools.cache
def _written_in(reader: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts in a reader's code, and patterns of those that it puts together."""
    tree = ast.parse((_readers() / f"{reader}.py").read_text(encoding="utf-8"))
    texts, patterns = [], []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts = [getattr(part, "value", None) for part in node.values]
            fixed = [part for part in parts if isinstance(part, str)]
            if len("".join(fixed)) > 3:
                patterns.append(
                    "".join(re.escape(one) if isinstance(one, str) else ".+" for one in parts)
                )
    return tuple(texts), tuple(patterns)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for one in pair for text in _texts(one)]
    return (
        [text for one in value for text in _texts(one)] if isinstance(value, list) else [str(value)]
    )


def _doubled_headlines(catalogue: Catalogue) -> Iterator[Problem]:
    places: dict[int, list[Indicator]] = {}
    for one in catalogue.indicators.values():
        if one.headline:
            places.setdefault(one.headline, []).append(one)
    for number, ones in places.items():
        if len(ones) > 1:
            keys = ", ".join(one.key for one in ones)
            taken = sorted(places)
            yield Problem(
                f"Two headline figures have the place {number}: {keys}.",
                " and ".join(_at(one, "headline") for one in ones),
                f"Take one that is free; taken are {', '.join(map(str, taken))}.",
            )


def _rows(name: str) -> list[dict[str, str]]:
    return layers.in_use(name).rows()


def _of_other_files(catalogue: Catalogue) -> Iterator[Problem]:
    """Faults of the other files: each is read as a report would, and names what there is."""
    named: list[tuple[str, str]] = []
    reading: dict[str, Callable[[], Any]] = {
        "methods.yaml": catalogue_module.methods,
        "abbreviations.yaml": glossary.glossary,
        "footprints.yaml": footprints.declared_footprints,
        "findings.yaml": lambda: ranking.weights(layers.in_use("findings.yaml")),
        "accessibility.yaml": lists.accessibility_statement,
        "outcomes_framework.yaml": lambda: named.extend(
            ("outcomes_framework.yaml", one.indicator) for one in lists.outcomes() if one.indicator
        ),
        "outside_this_report.yaml": lambda: named.extend(
            ("outside_this_report.yaml", key)
            for one in lists.declared_topics()
            for key in one.indicators
        ),
        "claim_terms.csv": lambda: named.extend(
            ("claim_terms.csv", key)
            for row in layers.in_use("claim_terms.csv").rows()
            for key in row["indicator"].split(";")
        ),
    }
    maps = {path.name for folder in layers.folders() for path in (folder / "maps").glob("*.csv")}
    for name in sorted(maps):
        reading[f"maps/{name}"] = functools.partial(_rows, f"maps/{name}")
    for name, read in reading.items():
        try:
            read()
        except NeedsError as error:
            yield from error.problems or (error.problem,)
        except (TypeError, KeyError, ValueError) as error:
            where = layers.shown(layers.in_use(name).files[-1])
            what = f"An entry has not the keys of those in the package's file: {error}."
            yield Problem(what, where, f"Compare it with src/needs/catalogue/{name}.")
    known = {*catalogue.indicators, *CLAIM_MEASURES}
    for name, key in named:
        if key not in known:
            where = layers.shown(layers.in_use(name).files[-1])
            yield Problem(f"There is no indicator '{key}'.", where, did_you_mean(key, known))
