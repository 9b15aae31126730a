"""Changes between two reports: revised, newer, new and gone, with the reasons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from needs.commands.changes import changes, folded, reasons
from needs.errors import InvalidDataError, MissingDataError, ParameterError


def figure(indicator: str, period: str, printed: str, **more: Any) -> dict[str, Any]:
    base = {
        "id": f"{indicator}.E1.{period}",
        "indicator": indicator,
        "label": indicator.capitalize(),
        "area_code": "E1",
        "area_name": "Here",
        "sex": "persons",
        "age": "all ages",
        "note": "",
        "period": period,
        "printed": printed,
        "status": "shown",
    }
    return {**base, **more}


def report(
    folder: Path, *figures: dict[str, Any], of: tuple[str, str] = ("Here", "E1"), **manifest: Any
) -> Path:
    folder.mkdir()
    register = {"figures": figures, "report": {"area_name": of[0], "area_codes": [of[1]]}}
    (folder / "figures.json").write_text(json.dumps(register), encoding="utf-8")
    base = {
        "area": {"name": "Here"},
        "parameters": {"year": 2022},
        "code": "a",
        "inputs": [],
        "outputs": {},
    }
    (folder / "manifest.json").write_text(json.dumps({**base, **manifest}), encoding="utf-8")
    return folder


def test_each_kind_of_change_is_told(tmp_path: Path) -> None:
    old = report(
        tmp_path / "old",
        figure("deaths", "2020", "24"),
        figure("rate", "2018 to 2020", "4.2"),
        figure("waits", "2020/21", "3%"),
        figure("same", "2020", "1"),
    )
    new = report(
        tmp_path / "new",
        figure("deaths", "2020", "25"),
        figure("rate", "2018 to 2020", "4.2"),
        figure("rate", "2019 to 2021", "4.8"),
        figure("need", "2021/22", "80%"),
        figure("same", "2020", "1"),
    )
    assert [str(one) for one in changes(old, new)] == [
        "revised: Deaths, 2020, Here: 24 -> 25",
        "newer: Rate, Here: 4.2 (2018 to 2020) -> 4.8 (2019 to 2021)",
        "new: Need, Here: 80% (2021/22)",
        "gone: Waits, Here: was 3% (2020/21)",
    ]


def test_a_figure_made_for_the_reporting_year_is_newer_only_if_it_moved(tmp_path: Path) -> None:
    old = report(
        tmp_path / "old",
        figure("distance", "for 2025", "0.26"),
        figure("distance", "for 2025", "0.20", area_code="E2", id="b"),
    )
    new = report(
        tmp_path / "new",
        figure("distance", "for 2026", "0.26"),
        figure("distance", "for 2026", "0.21", area_code="E2", id="c"),
    )
    assert [str(one) for one in changes(old, new)] == [
        "newer: Distance, Here: 0.20 (for 2025) -> 0.21 (for 2026)"
    ]


def test_a_figure_that_is_now_withheld_is_revised(tmp_path: Path) -> None:
    old = report(tmp_path / "old", figure("deaths", "2020", "3"))
    new = report(tmp_path / "new", figure("deaths", "2020", "[c]", status="suppressed"))
    assert "revised: Deaths, 2020, Here: 3 -> [c]" in [str(one) for one in changes(old, new)]


def test_the_same_report_has_no_changes(tmp_path: Path) -> None:
    old = report(tmp_path / "old", figure("deaths", "2020", "3"))
    new = report(tmp_path / "new", figure("deaths", "2020", "3"))
    assert changes(old, new) == []


def test_the_reasons_name_parameters_and_code(tmp_path: Path) -> None:
    old = report(tmp_path / "old")
    new = report(tmp_path / "new", parameters={"year": 2023}, code="b")
    said = "\n".join(reasons(old, new))
    assert "2023" in said and "code" in said


def test_the_own_area_and_its_headlines_come_first_and_neighbours_in_one_line(
    tmp_path: Path,
) -> None:
    def of_year(value: str) -> list[dict[str, Any]]:
        there = {"area_name": "There", "area_code": "E2", "label": "A feature"}
        near = [
            figure(f"neighbours_{name}", "mid-2020", value, **there, id=f"{name}.E2.mid-2020")
            for name in ("aged_under_18", "imd_score")
        ]
        own = [figure("aaa", "2020", value), figure("drug_misuse_rate", "2018 to 2020", value)]
        return [*near, *own]

    old = report(tmp_path / "old", *of_year("1"))
    lines = folded(changes(old, report(tmp_path / "new", *of_year("2"))))
    assert [line.split(":")[1].strip() for line in lines[:2]] == [
        "Drug_misuse_rate, 2018 to 2020, Here",
        "Aaa, 2020, Here",
    ]
    assert lines[2:] == ["2 features of statistical neighbours differ: see the annex."]


def test_reports_of_two_areas_are_refused(tmp_path: Path) -> None:
    here, there = report(tmp_path / "a"), report(tmp_path / "b", of=("There", "E2"))
    with pytest.raises(ParameterError, match="two areas: Here and There"):
        changes(here, there)
    assert changes(here, report(tmp_path / "c", of=("Here", "E3"))) == []


def test_a_folder_without_a_report_is_refused(tmp_path: Path) -> None:
    whole = report(tmp_path / "old")
    with pytest.raises(MissingDataError) as caught:
        changes(whole, tmp_path)
    assert caught.value.problem.remedy == "Name the folder of a report."
    (whole / "figures.json").write_text("not json", encoding="utf-8")
    with pytest.raises(InvalidDataError):
        changes(whole, whole)
