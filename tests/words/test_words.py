"""Words: the spec table, and rules that hold for every sentence whatever the figures are."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from needs import catalogue as catalogue_module
from needs.catalogue.glossary import as_markdown, glossary
from needs.chapters.missing import missing_notice
from needs.errors import ParameterError
from needs.figures.change_over_time import separate
from needs.figures.figure import Figure, Series
from needs.stats.sides import other_side
from needs.stats.status import Status
from needs.tables.naming import figure_id
from needs.words import alt_text, comparisons, english, headlines, sentences, verdicts
from needs.words.text import Span, Text, plain

SPEC = yaml.safe_load(
    (Path(__file__).parents[1] / "spec" / "words.yaml").read_text(encoding="utf-8")
)
FIGURE = {
    "figure", "reference", "focus", "whole", "treated", "prevalence", "unmet", "count", "share",
    "change", "places", "found", "dispersion",
}  # fmt: skip
FIGURES = {"figures", "parts", "dependent", "independent"}
#: What says a sentence, a headline or an alternative text.
SAYS: dict[str, Callable[..., Text | str]] = {
    name: function
    for module in (alt_text, comparisons, headlines, sentences)
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__
    and re.search(r"^(?:headline|alt)_|_sentence$", name)
    and not name.startswith("_")
}


def make(described: str | Mapping[str, Any]) -> Figure:
    """A figure of the spec, by key or with changes."""
    parts = dict(SPEC["figures"][described] if isinstance(described, str) else described)
    while "from" in parts:
        parts = {**SPEC["figures"][parts.pop("from")], **parts}
    status = Status(parts.get("status", "shown"))
    shown = status is Status.SHOWN
    return Figure(
        id=parts.get("id")
        or figure_id("measure", parts["code"], parts["period"], parts.get("sex", "persons")),
        indicator="measure",
        label=parts["label"],
        area_code=parts["code"],
        area_name=parts["area"],
        period=parts["period"],
        value=float(parts["value"]) if shown else None,
        unit=parts["unit"],
        decimals=parts.get("decimals", 1),
        lower=parts.get("lower") if shown else None,
        upper=parts.get("upper") if shown else None,
        status=status,
        marks=tuple(parts.get("marks", ())),
        sex=parts.get("sex", "persons"),
        age=parts.get("age", "all ages"),
    )


def call(case: Mapping[str, Any]) -> tuple[Text | str, set[str]]:
    """What the case's function says, and the ids of the figures that it was given."""
    function = SAYS[case["call"]]
    given: dict[str, Any] = {}
    ids: set[str] = set()
    for name, value in case.items():
        if name in ("case", "call", "gives"):
            continue
        if value is not None and name in FIGURE and not isinstance(value, int):
            value = make(value)
            ids.add(value.id)
        elif name in FIGURES:
            value = [make(one) for one in value]
            ids |= {one.id for one in value}
        elif name == "series":
            value = Series("Worcestershire", "focus", tuple(make(one) for one in value))
            ids |= {one.id for one in value.figures}
        elif name == "lines":
            value = [
                Series(label, "focus" if n == 0 else "national", tuple(make(f) for f in line))
                for n, (label, line) in enumerate(value.items())
            ]
        given[name] = value
    parameters = list(inspect.signature(function).parameters.values())
    first = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    if "lines" in given:
        given[first[0]] = given.pop("lines")
    if "figures" in given and "figures" not in first:
        given[first[0]] = given.pop("figures")
    return function(**given), ids


def rules(said: Text | str, ids: set[str], *, stop: bool) -> None:
    """What holds for every text of the report."""
    text = plain(said)
    assert text.strip() == text != ""
    assert "  " not in text
    assert not re.search(r"\b(?:None|nan|inf|True|False)\b(?! (?:of|differs|is|are|in))", text), (
        text
    )
    plainly = text.replace(" [t]", "")  # the one mark: that a difference was not tested
    assert "[" not in plainly, "symbols are words in sentences"
    assert text[0] == text[0].upper()
    assert text.endswith(".") == stop
    assert not re.search(r"[.,:;] ?[.,;]|\(\)|\( | \)| [.,]", text.replace("….", "")), text
    if not isinstance(said, str):
        assert all(isinstance(span, Span) and span.text for span in said)
        assert {span.figure.removesuffix(".change") for span in said if span.figure} <= ids


@pytest.mark.parametrize("case", SPEC["cases"], ids=[case["case"] for case in SPEC["cases"]])
def test_spec(case: dict[str, Any]) -> None:
    said, ids = call(case)
    assert plain(said) == case["gives"]
    rules(said, ids, stop=not case["call"].startswith("headline"))
    limit = {"h": comparisons.HEADLINE_LIMIT, "a": alt_text.ALT_LIMIT}.get(case["call"][0], 10**6)
    assert len(plain(said)) <= limit


def test_spec_covers_every_sentence_headline_and_alternative_text() -> None:
    called = {case["call"] for case in SPEC["cases"]}
    assert set(SAYS) - called <= {"marks_sentence"}  # said by comparison_sentence
    assert len({case["case"] for case in SPEC["cases"]}) == len(SPEC["cases"])


# whatever the figures are

NAMES = st.sampled_from(
    [
        "Worcestershire",
        "Isles of Scilly",
        "St. Helens",
        "Herefordshire, County of",
        "King's Lynn and West Norfolk",
        "Leicester, Leicestershire and Rutland",
        "West Midlands",
    ]
)
UNITS = st.sampled_from(["%", "per 100,000", "deaths", "people", "£"])
PERIODS = st.sampled_from(["2021", "2021/22", "2018 to 2020", "mid-2020", "IoD2019"])
NUMBERS = st.floats(-50, 1e7, allow_nan=False).map(lambda one: round(one, 3))


@st.composite
def figures(draw: st.DrawFn, unit: str | None = None, key: str = "a") -> Figure:
    status = draw(st.sampled_from([Status.SHOWN] * 5 + list(Status)))
    shown = status is Status.SHOWN
    value = draw(NUMBERS)
    spread = draw(st.none() | st.floats(0, 50))
    return Figure(
        id=f"{key}.{draw(st.integers(0, 10**6))}",
        indicator="measure",
        label=draw(st.sampled_from(["Drug misuse deaths, rate", "LSOAs", "Alcohol: unmet need"])),
        area_code=key,
        area_name=draw(NAMES),
        period=draw(PERIODS),
        value=value if shown else None,
        unit=unit or draw(UNITS),
        decimals=draw(st.integers(0, 2)),
        lower=value - spread if shown and spread is not None else None,
        upper=value + spread if shown and spread is not None else None,
        status=status,
        marks=tuple(draw(st.sets(st.sampled_from("uepr")))),
        sex=draw(st.sampled_from(["persons", "male", "female"])),
    )


def several(least: int = 1) -> st.SearchStrategy[list[Figure]]:
    def build(unit: str) -> st.SearchStrategy[list[Figure]]:
        return st.integers(least, 6).flatmap(
            lambda n: st.tuples(*(figures(unit=unit, key=f"k{i}") for i in range(n))).map(list)
        )

    return UNITS.flatmap(build)


POLARITIES = st.sampled_from(["higher is better", "lower is better", "none"])
SUBJECTS = st.sampled_from(["", "drug misuse death rate", "Drug misuse deaths, rate"])
TRENDS = st.sampled_from(
    ["", "increasing", "decreasing", "no significant change", "cannot be calculated"]
)
LABELS = st.sampled_from(["high (99.8%)", "low (95%)", "within limits", "not compared"])


@given(several(2), POLARITIES, SUBJECTS)
@settings(max_examples=150)
def test_comparisons_keep_the_rules(some: list[Figure], polarity: str, subject: str) -> None:
    one, other = some[:2]
    ids = {one.id, other.id}
    for reference in (other, None):
        text = comparisons.comparison_sentence(one, reference, polarity=polarity, subject=subject)
        rules(text, ids, stop=True)
        line = comparisons.headline_compare(one, reference, polarity=polarity, subject=subject)
        rules(line, ids, stop=False)
        assert len(plain(line)) <= comparisons.HEADLINE_LIMIT
    compared = verdicts.compare_figures(one, other, polarity)
    assert (compared.result == "not compared") == bool(compared.reason)
    if compared.result == "higher":
        assert one.lower is not None
        assert other.value is not None
        assert one.lower > other.value


@given(several(), TRENDS, POLARITIES, SUBJECTS)
@settings(max_examples=150)
def test_trends_keep_the_rules(
    some: list[Figure], recent: str, polarity: str, subject: str
) -> None:
    series = Series(some[0].area_name, "focus", tuple(some))
    ids = {one.id for one in some}
    text = sentences.trend_sentence(series, recent, polarity=polarity, subject=subject)
    rules(text, ids, stop=True)
    line = headlines.headline_trend(series, recent, polarity=polarity, subject=subject)
    rules(line, ids, stop=False)
    assert len(plain(line)) <= comparisons.HEADLINE_LIMIT
    alt = alt_text.alt_trend([series, series], recent, subject=subject)
    rules(alt, ids, stop=True)
    assert len(alt) <= alt_text.ALT_LIMIT
    if re.search(r" (?:rose|fell) ", plain(text)):
        first, *_, last = separate(some)
        assert None not in (first.lower, last.lower)


@given(several(2), SUBJECTS, st.data())
@settings(max_examples=150)
def test_groups_keep_the_rules(some: list[Figure], subject: str, data: st.DataObject) -> None:
    ids = {one.id for one in some}
    focus = some[0]
    labels = {one.area_code: data.draw(LABELS) for one in some}
    rules(sentences.funnel_sentence(some, labels, some[0]), ids, stop=True)
    for line in (
        headlines.headline_rank(some, focus, subject=subject),
        headlines.headline_funnel(some, focus, labels),
        headlines.headline_parts(some[1:], focus, subject=subject),
    ):
        rules(line, ids, stop=False)
        assert len(plain(line)) <= comparisons.HEADLINE_LIMIT
    for alt in (
        alt_text.alt_caterpillar(some, focus, some[1], subject=subject),
        alt_text.alt_funnel(some, focus, labels, subject=subject),
        alt_text.alt_bars(some, subject=subject),
        alt_text.alt_treated(
            some, names=[one.area_name for one in some], area_name=focus.area_name
        ),
        alt_text.alt_domains(some, names=[one.label for one in some], area_name=focus.area_name),
        alt_text.alt_deciles(some, area_name=focus.area_name),
    ):
        rules(alt, ids, stop=True)
        assert len(alt) <= alt_text.ALT_LIMIT


# say and its helpers


def test_say_takes_figures_texts_and_whole_numbers_only() -> None:
    with pytest.raises(TypeError, match="sentence takes figures"):
        english.say("{n}", n=4.2)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        english.say("{n}", n=True)
    with pytest.raises(ValueError, match="not in the sentence 'Nothing': n"):
        english.say("Nothing", n="x")
    with pytest.raises(ValueError, match="no form"):
        english.say("{f:bold}", f=make("rate"))
    with pytest.raises(KeyError):
        english.say("{missing}")
    text = english.say("{a} of {n:,} in {year}", a=make("rate"), n=32844, year=2022)
    assert plain(text) == "4.2 per 100,000 of 32,844 in 2022"
    assert text[0] == Span("4.2 per 100,000", figure=make("rate").id)


def test_say_has_something_to_say_of_every_status() -> None:
    assert set(english.WITHHELD) == set(Status) - {Status.SHOWN}
    without = make({"from": "rate", "lower": None, "upper": None})
    assert plain(english.say("{f:full}", f=without)) == "4.2 per 100,000"
    assert plain(english.say("({f:interval})", f=without)) == "(no confidence interval given)"
    hidden = make({"from": "rate", "status": "suppressed"})
    for form in ("{f}", "{f:number}", "{f:interval}", "{f:full}", "{f:size}"):
        assert plain(english.say(form, f=hidden)) == "suppressed to protect confidentiality"


def test_listing() -> None:
    assert english.listing([]) == ""
    assert english.listing(["a"]) == "a"
    assert english.listing(["a", "b"]) == "a and b"
    assert english.listing(["a", "b", "c"]) == "a, b and c"
    assert english.listing(["a", "b", "c"], limit=3) == "a, b and c"
    assert english.listing(["a", "b", "c"], limit=2) == "a, b and one other"
    assert english.listing(["a", "b", "c, d", "e"]) == "a; b; c, d; and e"
    assert english.listing(["Brighton and Hove", "Kent"]) == "Brighton and Hove, and Kent"
    linked = english.listing([(Span("4.2", figure="x"),), (Span("5.0", figure="y"),)])
    assert linked == (Span("4.2", figure="x"), Span(" and "), Span("5.0", figure="y"))


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("8% rise", "an 8% rise"),
        ("80", "an 80"),
        ("800", "an 800"),
        ("11,000", "an 11,000"),
        ("110", "a 110"),
        ("18", "an 18"),
        ("1,800", "a 1,800"),
        ("180", "a 180"),
        ("1", "a 1"),
        ("LSOA", "an LSOA"),
        ("UTLA", "a UTLA"),
        ("NHS trust", "an NHS trust"),
        ("unmet need", "an unmet need"),
        ("unitary authority", "a unitary authority"),
        ("unusual year", "an unusual year"),
        ("one-off", "a one-off"),
        ("hour", "an hour"),
        ("hospital", "a hospital"),
        ("European", "a European"),
        ("used needle", "a used needle"),
        ("urban area", "an urban area"),
        ("alcohol rate", "an alcohol rate"),
    ],
)
def test_article(phrase: str, expected: str) -> None:
    assert english.a_or_an(phrase) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Worcestershire", "Worcestershire's"),
        ("Isles of Scilly", "the Isles of Scilly's"),
        ("St. Helens", "St Helens'"),
        ("Bristol, City of", "Bristol's"),
        ("Herefordshire, County of", "Herefordshire's"),
        ("Yorkshire and The Humber", "Yorkshire and the Humber's"),
        ("East of England", "the East of England's"),
        ("King's Lynn and West Norfolk", "King's Lynn and West Norfolk's"),
        ("London", "London's"),
    ],
)
def test_possessive(name: str, expected: str) -> None:
    assert english.possessive(name) == expected


def test_unknown_polarity_is_refused() -> None:
    with pytest.raises(ParameterError, match="polarity"):
        verdicts.compare_figures(make("rate"), make("england"), "up is good")


@pytest.mark.parametrize(
    ("ours", "decimals", "theirs", "said"),
    [
        (81.0, 0, 81.9, "about the same as in England (81.9) [t]"),
        (38.0, 0, 37.9, "about the same as in England (37.9) [t]"),
        (80.0, 0, 81.9, "below England (81.9) [t]"),
        (39.0, 0, 37.9, "above England (37.9) [t]"),
        (81.0, 1, 81.9, "below England (81.9) [t]"),
        (81.9, 1, 81.9, "the same as in England (81.9) [t]"),
    ],
)
def test_a_whole_number_within_its_rounding_is_about_the_same(
    ours: float, decimals: int, theirs: float, said: str
) -> None:
    figure = make("rate").with_(value=ours, decimals=decimals, lower=None, upper=None)
    other = make("england").with_(value=theirs, decimals=1)
    assert plain(verdicts.verdict(figure, other)) == f"That is {said}."


def test_trend_judgement_follows_polarity() -> None:
    assert verdicts.trend_judgement("decreasing", "lower is better") == "better"
    assert verdicts.trend_judgement("increasing", "lower is better") == "worse"
    assert verdicts.trend_judgement("increasing", "none") == ""
    assert verdicts.trend_judgement("cannot be calculated", "higher is better") == ""


def test_missing_notice_names_each_indicator_and_its_publisher_in_a_line() -> None:
    catalogue = catalogue_module.load()
    every = list(catalogue.indicators.values())
    notice = missing_notice(every, catalogue, "not available for the Isles of Scilly")
    assert notice.title == f"{len(every)} indicators are not available for the Isles of Scilly"
    assert notice.kind == "missing"
    for indicator, item in zip(every, notice.items, strict=True):
        text = plain(item)
        publisher = sentences.publisher(indicator, catalogue)
        assert publisher, f"{indicator.key} names no publisher"
        assert text == f"{indicator.name}. Publisher: {publisher}."
        assert "data/raw" not in text
    one = missing_notice(every[:1], catalogue, "not available for Worcestershire")
    assert one.title == "One indicator is not available for Worcestershire"


def test_a_card_says_why_a_difference_was_not_tested() -> None:
    england = make("england")
    without = make({"from": "rate", "lower": None, "upper": None})
    assert (
        verdicts.why_not_tested(verdicts.compare_figures(without, england))
        == "no interval at the source"
    )
    assert verdicts.why_not_tested(verdicts.compare_figures(make("rate"), england)) == ""
    count = make({"from": "deaths", "code": "E92000001", "area": "England"})
    reason = "a count depends on the size of the area"
    assert verdicts.why_not_tested(verdicts.compare_figures(make("deaths"), count)) == reason


def test_sentences_are_plain_enough() -> None:
    said = [plain(call(case)[0]) for case in SPEC["cases"] if case["call"].endswith("_sentence")]
    assert english.reading_ease(" ".join(said)).words_per_sentence < 20


def test_reading_ease_tells_hard_from_easy() -> None:
    easy = english.reading_ease("The rate fell. It is now low.")
    hard = english.reading_ease(
        "Notwithstanding considerable heterogeneity, indirectly standardised morbidity "
        "demonstrates statistically significant deterioration."
    )
    assert (easy.sentences, easy.words, easy.syllables) == (2, 7, 7)
    assert easy.ease > 90 > 10 > hard.ease
    assert hard.grade > easy.grade
    with pytest.raises(ValueError, match="without words"):
        english.reading_ease("…")


# the glossary


def test_glossary_page_is_printed_from_the_catalogue(root: Path) -> None:
    page = (root / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert page == as_markdown(glossary())


def test_glossary_tells_similar_by_the_rule_that_is_used() -> None:
    (told,) = (term.explanation for term in glossary() if term.short == "Statistically similar")
    assert "interval of the difference" in told and "both" in told
    # the area's interval leaves the other value out, and the two are similar all the same
    one, other = (53.0, 50.0, 56.0), (57.0, 53.0, 60.0)
    assert one[2] < other[0] and str(other_side(one, other)) == "similar"


def test_glossary_explains_each_term_once_in_plain_words() -> None:
    terms = glossary()
    shorts = [term.short for term in terms]
    assert len(set(shorts)) == len(shorts)
    assert shorts == sorted(shorts, key=str.lower)
    needed = {"LSOA", "IMD", "OCU", "NDTMS", "OHID", "ONS", "DSR", "CI", "IoD", "UTLA", "OGL"}
    assert needed | {"MHCLG", "SDG"} <= set(shorts)
    for term in terms:
        assert term.explanation.endswith(".")
        assert "|" not in f"{term.short}{term.expansion}{term.explanation}"
        assert english.reading_ease(term.explanation).words_per_sentence < 20
