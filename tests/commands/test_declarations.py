"""Declarations checked by themselves: the package's keep the rules, and each fault is told."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from needs import catalogue
from needs.catalogue import layers
from needs.cli import main
from needs.commands.declarations import check_declarations, declaration_faults, spoken_of
from needs.errors import InvalidDataError

#: An indicator as docs/adding-an-indicator.md describes it.
KEY = "common_mental_disorders"

#: A place among the headline figures that the package has given away.
FIRST = min(one.headline for one in catalogue.load().indicators.values() if one.headline)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is laid over the package's, with one indicator of an undeclared source."""
    monkeypatch.setenv("NEEDS_CATALOGUE", str(tmp_path / "house"))
    (tmp_path / "house" / "indicators").mkdir(parents=True)
    base = yaml.safe_load(
        (layers.PACKAGE / "indicators" / "alcohol_specific_mortality.yaml").read_text("utf-8")
    )
    keep = ("sexes", "polarity", "chapter", "formula", "method", "limits", "how_to_add")
    own = {key: base[key] for key in keep if key in base} | {
        "key": KEY,
        "name": "Adults with a common mental disorder",
        "short_name": "Common mental disorders",
        "subject": "share of adults with a common mental disorder",
        "definition": "Estimated share of people with a common mental disorder.",
        "statistic": "proportion",
        "own_source": {
            "key": "ohid_fingertips_93495",
            "title": "Fingertips indicator 93495: common mental disorders",
            "producer": "Office for Health Improvement and Disparities",
            "landing_page": "https://fingertips.phe.org.uk/search/93495",
            "reader": "fingertips",
            "editions": [
                {
                    "edition": "latest",
                    "file": "ohid_fingertips/93495_*.csv",
                    "options": {"indicator_id": 93495},
                }
            ],
            "attribution": "Office for Health Improvement and Disparities, Fingertips.",
        },
        "parts": [{"source": "ohid_fingertips_93495", "select": {"measure": "93495"}}],
        "age": "16+",
        "unit": "%",
        "multiplier": 100,
        "chapter": "need",
        "order": 90,
        "official_page": "https://fingertips.phe.org.uk/search/93495",
    }
    _write(tmp_path / "house", own)
    return tmp_path / "house"


def _write(house: Path, own: dict[str, object]) -> None:
    text = yaml.safe_dump(own, sort_keys=False)
    (house / "indicators" / f"{KEY}.yaml").write_text(text, encoding="utf-8")


def _changed(house: Path, **changes: object) -> None:
    path = house / "indicators" / f"{KEY}.yaml"
    _write(house, yaml.safe_load(path.read_text(encoding="utf-8")) | changes)


def test_the_packages_own_declarations_keep_every_rule() -> None:
    assert declaration_faults(catalogue.load()) == []


def test_an_indicator_by_the_guide_keeps_them_and_is_said_in_sentences(house: Path) -> None:
    told = "\n".join(check_declarations())
    assert "No faults found." in told
    assert f"indicator {KEY}: " in told and f" (house/indicators/{KEY}.yaml)" in told
    assert (
        "In 2020, Worcestershire's share of adults with a common mental disorder was 12.3% "
        "(95% confidence interval: 11.1% to 13.5%)." in told
    )
    assert "drug_misuse_rate" not in told
    assert "Worcestershire's drug misuse death rate" in "\n".join(check_declarations(every=True))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"definition": "Share of people"}, ["'definition' is no sentence"]),
        ({"official_page": "fingertips"}, ["'official_page' is no address"]),
        ({"short_name": "x" * 41}, ["41 letters"]),
        ({"multiplier": 1}, ["statistic proportion", "unit: '%' and multiplier: 100"]),
        ({"age": "64-15"}, ["no range of ages"]),
        ({"method": "Proportions"}, ["no method 'Proportions'", "Did you mean Proportion?"]),
        (
            {"parts": [{"source": "ohid_fingertips_93495", "select": {"measure": "93496"}}]},
            ["no measure '93496'", "Did you mean 93495?", "yaml, line "],
        ),
        ({"subject": ""}, ["'subject' is missing", "Worcestershire's figure for adults with"]),
        (
            {"subject": "adults with a disorder"},
            ["'subject' is a plural", "Worcestershire's adults with a disorder was 12.3%"],
        ),
        ({"subject": "The share of adults"}, ["begins with an article", "begins with a capital"]),
        ({"headline": FIRST}, [f"figures have the place {FIRST}", "part in the findings"]),
        ({"limits": "Modelled by NIESR."}, ["'NIESR' is not explained"]),
        ({"target": 50}, ["A target needs the place"]),
        ({"numerator": "opiate_users"}, ["can be but one", "needs a denominator"]),
        (
            {
                "finding": {
                    "harm": "gap",
                    "about": "x",
                    "happened": "people had it",
                    "question": "Do they.",
                    "domain": "d",
                }
            },
            ["This is no question: Do they."],
        ),
    ],
)
def test_each_fault_is_told_with_its_file_and_line(
    house: Path, changes: dict[str, object], words: list[str]
) -> None:
    _changed(house, **changes)
    with pytest.raises(InvalidDataError) as caught:
        check_declarations()
    told = str(caught.value)
    for one in words:
        assert one in told
    assert f"house/indicators/{KEY}.yaml" in told
    assert all("/house/" in one.where for one in caught.value.problems)


def test_faults_of_sources_and_other_files_come_all_at_once(house: Path) -> None:
    (house / "sources").mkdir()
    (house / "sources" / "ons_drug_deaths.yaml").write_text("reader: ons_death\n")
    (house / "sources" / "mhclg_iod_2019.yaml").write_text(
        "editions:\n- edition: '2031'\n  file: iod/*.csv\n  options: {lsoa_vintage: 2031}\n"
    )
    (house / "footprints.yaml").write_text("Ours: [Rutland]\n")
    (house / "outside_this_report.yaml").write_text(
        "- topic: Gambling\n  publisher: us\n  indicators: [drug_misuse_rat]\n"
    )
    shutil.copy(layers.PACKAGE / "maps" / "area_names.csv", house / "outcomes_framework.yaml")
    with pytest.raises(InvalidDataError) as caught:
        check_declarations()
    told = str(caught.value)
    for one in (
        "There is no reader 'ons_death'",
        "house/sources/ons_drug_deaths.yaml, line 1",
        "has no edition '2031'",
        "house/sources/mhclg_iod_2019.yaml, line 2",
        "'Ours' does not list two or more",
        "There is no indicator 'drug_misuse_rat'",
        "outcomes_framework.yaml",
    ):
        assert one in told


def test_the_command_prints_and_refuses(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", "--catalogue"])
    assert ended.value.code == 0
    assert "No faults found." in capsys.readouterr().out
    _changed(house, subject="The shares")
    assert main(["check", "--catalogue"]) == 4
    assert "begins with an article" in capsys.readouterr().err


#: What takes seconds to import, and what the declarations alone have no use for.
HEAVY = {"httpx", "matplotlib", "nbformat", "pandas", "pandera", "pyarrow", "scipy"}

CHECKED = """
import sys
from needs.cli import main
try:
    main(["check", "--catalogue"])
finally:
    print(*(name for name in sys.modules if "." not in name), file=sys.stderr)
"""


@pytest.mark.parametrize("laid_over", [False, True])
def test_a_check_of_declarations_imports_nothing_heavy(
    house: Path, laid_over: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not laid_over:
        monkeypatch.delenv("NEEDS_CATALOGUE")
    done = subprocess.run(
        [sys.executable, "-c", CHECKED], capture_output=True, text=True, check=True
    )
    assert "No faults found." in done.stdout
    assert ("Worcestershire's share of adults with a common" in done.stdout) is laid_over
    imported = set(done.stderr.split())
    assert {"needs", "yaml"} <= imported
    assert imported & HEAVY == set()


def test_an_indicator_of_many_categories_is_described() -> None:
    divided = [one for one in catalogue.load().indicators.values() if one.categories]
    assert divided
    assert spoken_of(divided[0])[0] == divided[0].definition
