"""A short campaign of wrong files; `make campaign` runs the long one, with a table of outcomes."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from random import Random

import corruptions
import packages
import pytest

import campaign
from needs import catalogue
from needs.tables import prepare

#: Changes that nothing in the files at hand can see, and why.
UNSEEN = {
    # the mirror's extracts of a few areas: what else they should hold is not known
    ("fingertips", "SUBSET"): "an extract of a few areas has no size that it should have",
    # a column for each authority and a line for each year, and nothing beside it
    ("nhs_admissions", ""): "an authority's own column is a series of numbers like any other",
}

#: Changed files to read, and of which size at most.
ASKED, LARGEST = 70, 700_000


def unseen(one: campaign.Outcome) -> bool:
    return any(reader == one.reader and part in one.file for reader, part in UNSEEN)


@pytest.fixture(scope="module")
def outcomes(mirror: Path) -> list[campaign.Outcome]:
    """What became of changes drawn at random, of every reader of small files alike."""
    found = prepare.discover(mirror, catalogue.load())
    small = [one for one in campaign.asks(mirror, 11, 1)
             if found[one[1]].path.stat().st_size < LARGEST]  # fmt: skip
    by_reader = defaultdict(list)
    for one in small:
        by_reader[found[one[1]].source.reader].append(one)
    random = Random(11)
    share = ASKED // len(by_reader)
    chosen = [
        one for asks in by_reader.values() for one in random.sample(asks, min(share, len(asks)))
    ]
    assert len(by_reader) >= 9
    return list(campaign.run(campaign.tried, chosen))


@pytest.mark.mirror
def test_a_wrong_file_is_told_by_its_name_or_gives_the_same_figures(outcomes):
    harmful = [one for one in outcomes if not one.harmless]
    assert len(harmful) > 30
    wrong = [str(one) for one in harmful if not one.good and not unseen(one)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.mirror
def test_what_does_no_harm_is_taken(outcomes):
    harmless = [one for one in outcomes if one.harmless]
    assert len(harmless) > 8
    assert not [str(one) for one in harmless if not one.good]


#: Packages of the short run, and changes of their tables to read.
PACKAGES, CHANGES = ("worcestershire", "prison"), 18


@pytest.fixture(scope="module")
def of_packages() -> list[campaign.Outcome]:
    """What became of changes of packages drawn at random."""
    random = Random(5)
    asked = [one for one in packages.asks(5, 1, PACKAGES) if not packages.unseen(one[0], one[2])]
    return list(campaign.run(packages.tried, random.sample(asked, CHANGES)))


def test_a_changed_package_is_told_or_gives_the_same_figures(of_packages):
    assert len(of_packages) > CHANGES // 2
    assert {one.harmless for one in of_packages} == {False, True}
    assert not [str(one) for one in of_packages if not one.good]


def test_every_change_changes_a_file():
    rows = [
        ["Area Code", "Area name", "Time period", "Value", "Count"],
        *(
            [
                f"E0700{n:04d}",
                f"Place {n}",
                f"{2000 + n}/{(1 + n) % 100:02d}",
                f"{n * 7 % 20 * 3.7:.2f}",
                str(n * 11 % 20 * 17),
            ]
            for n in range(1, 20)
        ),
    ]
    for change in (*corruptions.HARMFUL, *corruptions.HARMLESS):
        out = change([list(row) for row in rows], Random(1))
        assert out is not None, change.__name__
        assert out != rows, change.__name__
