"""Drug offences by community safety partnership: Table C2, one sheet saved as CSV."""

from __future__ import annotations

import pytest

from needs.errors import InvalidDataError


@pytest.mark.mirror
def test_offences_as_published(read) -> None:
    table = read("home_office_community_safety").set_index("area_code")["value"]
    assert table["E22000368"] == 442  # North Worcestershire
    assert table["E22000332"] == 454  # South Worcestershire
    assert table["E23000016"] == 2200  # West Mercia, with what is assigned to no partnership


@pytest.mark.mirror
def test_partnerships_and_forces_of_england_are_whole(read) -> None:
    table = read("home_office_community_safety")
    assert table["area_code"].str[:3].value_counts().to_dict() == {"E22": 293, "E23": 39}
    assert table["value"].notna().all()
    assert set(table["period"]) == {"year ending June 2025"}


TITLE = '"Table C2: drug offences by partnership, year ending June 2025",,,,,\n'
HEAD = (
    '"Police Force\nArea code","Police Force\nArea name","Community Safety\nPartnership code",'
    '"Community Safety\nPartnership name",Local Authority code,Drug offences\n'
)
FORCE = "E23000016,West Mercia,,,,900 \n"
NORTH = "E23000016,West Mercia,E22000368,North Worcestershire,Combined Local Authorities,442 \n"
SOUTH = 'E23000016,West Mercia,E22000332,South Worcester,Combined Local Authorities,"434 "\n'
NOWHERE = "E23000016,West Mercia,,Unassigned West Mercia,,24 \n"
GOOD = TITLE + HEAD + FORCE + NORTH + SOUTH + NOWHERE


def test_what_is_assigned_to_no_partnership_is_in_its_force_alone(written, edition_of) -> None:
    table = edition_of("home_office_community_safety").read(written(GOOD))
    assert dict(zip(table["area_code"], table["value"], strict=True)) == {
        "E22000368": 442, "E22000332": 434, "E23000016": 900,
    }  # fmt: skip
    assert table["source_row"].tolist() == [
        "file.csv, line 8",
        "file.csv, line 9",
        "file.csv, line 7",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("442 ", "many"), "'many' is not a whole number"),
        (GOOD.replace("442 ", "443 "), "is not the sum of its partnerships"),
        (GOOD.replace("E22000368", "E0700023"), "is not a code of this kind"),
        (GOOD.replace("Drug offences\n", "Drugs\n"), "No row has the headings"),
        (TITLE + NORTH + HEAD + FORCE + SOUTH + NOWHERE, "stands above the headings"),
        (GOOD.replace("June 2025", "June 2024"), "does not say 'year ending June 2025'"),
        (GOOD.replace("Unassigned West", "Lost West"), "has no code"),
        ("<html></html>", "is a web page"),
    ],
)
def test_spoilt_files_are_refused(written, edition_of, text: str, said: str) -> None:
    with pytest.raises(InvalidDataError) as error:
        edition_of("home_office_community_safety").read(written(text))
    assert said in str(error.value)
