"""Claims proposed from a document's text: what is found, and that nothing is made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from needs.catalogue import load
from needs.figures.proposed_claims import places_named, propose
from needs.sources.document_text import document_paragraphs
from needs.sources.printed_claims import read_claims
from needs.tables.areas import find
from needs.tables.stored import read_table

AREA = "E10000034"


@pytest.fixture(scope="module")
def names(processed: Path) -> dict[str, str]:
    areas = read_table(processed, "areas")
    return places_named(find("Worcestershire", areas), areas)


def proposed(text: str, names: dict[str, str]) -> list[dict[str, Any]]:
    table = propose([("page 1", text)], "strategy.pdf", AREA, names, load())
    return [{str(key): value for key, value in one.items()} for one in table.to_dict("records")]


COLUMNS = ("indicator", "area_name", "period", "sex", "stated_value", "unit", "comparator_value")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "In 2019 to 2021 the drug misuse death rate was 4.8 per 100,000 in Worcestershire, "
            "compared with 5.1 in England.",
            [("drug_misuse_rate", "Worcestershire", "2019 to 2021", "persons", "4.8", "per 100,000",
              "5.1")],
        ),
        (
            "The county has grown; the population of Redditch was 86,981 in mid-2021.",
            [("population", "Redditch", "2021", "persons", "86981", "people", "")],
        ),
        (
            "The alcohol-specific mortality rate for males was 14.3 per 100,000 in 2016-18.",
            [("alcohol_specific_mortality", "Worcestershire", "2016 to 2018", "male", "14.3",
              "per 100,000", "")],
        ),
        (
            "In 2021/22, 289,215 adults in England were in treatment for drugs or alcohol.",
            [("adults_in_treatment", "England", "2021/22", "persons", "289215", "people", "")],
        ),
        ("There were 69 drug misuse deaths.",
         [("drug_misuse_deaths", "Worcestershire", "", "persons", "69", "deaths", "")]),
    ],
)  # fmt: skip
def test_sentences_are_read(
    text: str, expected: list[tuple[str, ...]], names: dict[str, str]
) -> None:
    found = proposed(text, names)
    assert [tuple(one[column] for column in COLUMNS) for one in found] == expected


@pytest.mark.parametrize(
    "text",
    [
        "The 10-year plan was published on 6 December 2021 after section 17 of the 1998 Act.",
        "We will reduce drug misuse deaths by 20% by 2027.",
        "Government has set a national target of 75% for treatment after prison.",
        "Deaths from drug misuse were 7 times more likely in the first 2 weeks.",
        "No rate is given where there were fewer than 10 drug misuse deaths.",
        "Drug misuse deaths are reviewed at 9.00am on 18 October; telephone 01905 844963.",
        "Young people (under 18) and over 65s are in treatment.",
        "The council employs 201 people in 12 offices.",
    ],
)
def test_numbers_that_are_no_figures_are_left(text: str, names: dict[str, str]) -> None:
    assert proposed(text, names) == []


def test_what_is_taken_from_elsewhere_lowers_the_confidence(names: dict[str, str]) -> None:
    first = "In 2018-20 there were 69 drug misuse deaths in Worcestershire."
    sure, less = proposed(f"{first} Drug poisoning deaths were 91.", names)
    assert (sure["confidence"], sure["period"]) == ("high", "2018 to 2020")
    assert (less["confidence"], less["period"]) == ("low", "2018 to 2020")
    assert sure["sentence"] == first
    assert sure["section"] == "page 1"


def test_a_sentence_is_no_formula_of_a_spreadsheet(names: dict[str, str]) -> None:
    (one,) = proposed("=69 drug misuse deaths in 2020", names)
    assert not one["sentence"].startswith("=")


#: Figures of the seeds that no known line lists, and that are read as the documents print them.
RIGHT_TOO = {
    ("alcohol_related_mortality", "E12000005", "2020", 42.0),
    ("prison_continuity", AREA, "2021/22", 25.0),
    ("prison_continuity", "E92000001", "2021/22", 37.0),
}


def figures(table: pd.DataFrame) -> set[tuple[str, str, str, float]]:
    """Indicator, area, period and value of claims and of their comparators."""
    out = set()
    for one in table.to_dict("records"):
        key, period = str(one["indicator"]).split(";")[0], str(one["period"])
        out.add((key, str(one["area_code"]), period, float(str(one["stated_value"]))))
        for code, value in zip(
            str(one["comparator_code"]).split(";"),
            str(one["comparator_value"]).split(";"),
            strict=True,
        ):
            if code:
                out.add((key, code, period, float(value)))
    return out


@pytest.mark.mirror
def test_known_lines_of_the_strategy_are_found_and_none_is_made_up(
    mirror: Path, processed: Path
) -> None:
    seeds, areas = mirror.parent / "seeds", read_table(processed, "areas")
    if not seeds.is_dir():
        pytest.skip("the documents are not at hand")
    known = read_claims(mirror.parent / "strategy_claims.csv")
    found = set()
    for path in sorted(seeds.glob("*.txt")):
        of = {"002": "Lancashire", "004": "Leicestershire"}.get(path.name[:3], "Worcestershire")
        area = find(of, areas)
        table = propose(
            document_paragraphs(path),
            path.name,
            area.code,
            places_named(area, areas),
            load(),
            "2019",
        )
        found |= figures(table)
    wanted = figures(known)
    lines = {one: figures(known[known["claim_id"] == one]) for one in known["claim_id"]}
    own = figures(known.assign(comparator_code="", comparator_value=""))
    whole = [one for one, of in lines.items() if of & own <= found]
    assert len(whole) >= 39
    assert len(wanted & found) >= 52
    # what is left open is for a person to fill in; what is said is as the document says it
    said = {one for one in found if one[2]}
    assert said <= wanted | RIGHT_TOO
    open_ = {(one[0], one[1], one[3]) for one in found if not one[2]}
    assert open_ <= {(one[0], one[1], one[3]) for one in wanted}
