"""Figures are what code that shares nothing with needs makes of the publishers' files."""

from __future__ import annotations

import ast
import csv
import re
import sys
from pathlib import Path

import formulas
import make_figures
import pytest
import recompute
from expected import Ask, Fields, Row, expect, kind
from publishers import Files

from needs.chapters.recent import own_trend
from needs.figures import assessment

HERE = Path(__file__).resolve().parent

#: Merged and divided authorities, codes that changed, the smallest, footprints, and plain ones.
SHORT = (
    "Northamptonshire=2019",
    "Somerset=2020",
    "Cumbria=2022",
    "North Yorkshire=2023",
    "Cumberland=2024",
    "Barnsley=2025",
    "Buckinghamshire=2019",
    "Bournemouth, Christchurch and Poole=2021",
    "Isles of Scilly=2022",
    "Rutland=2021",
    "City of London+Hackney=2023",
    "West Mercia=2025",
    "Essex=2020",
    # the land of a former authority, and one that sources count with the other
    "Cumberland+Westmorland and Furness=2023",
    "Cornwall+Isles of Scilly=2022",
)
WHOLE = ("Blackpool=2023",)


@pytest.fixture(scope="module")
def files(mirror: Path) -> Files:
    return Files(mirror)


@pytest.fixture(scope="module")
def reports(national: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("figures")
    refused = make_figures.make_figures(SHORT, national, folder, short=True)
    refused |= make_figures.make_figures(WHOLE, national, folder)
    assert refused == {}
    return sorted(folder.glob("*.csv"))


@pytest.fixture(scope="module")
def whole(reports: list[Path]) -> list[Row]:
    """The figures of the report that has every chapter."""
    return recompute.read_figures(max(reports, key=lambda path: path.stat().st_size))


def made(files: Files, indicator: str, code: str, period: str, **more: str) -> Fields:
    """What the tool expects of a figure that stands nowhere yet."""
    row = {"id": f"{indicator}.{code}", "indicator": indicator, "area_code": code,
           "period": period, "sex": "persons", "age": "all ages", "note": "", **more}  # fmt: skip
    answer = expect(Ask(row, files, code))
    assert answer is not None
    return answer


def test_nothing_of_needs_is_used() -> None:
    modules = [path for path in HERE.glob("*.py") if not path.name.startswith(("test_", "make_"))]
    assert {"recompute.py", "expected.py", "lands.py", "publishers.py", "formulas.py"} <= {
        path.name for path in modules
    }
    for path in modules:
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [one for one in names if one.split(".")[0] == "needs"], path.name
        assert "src/needs" not in text, path.name


def test_formulas_give_published_values() -> None:
    low, high = formulas.exact_poisson(0)
    assert (low, high) == (0, pytest.approx(3.688879454))
    # Fingertips 93532, Worcestershire 2018/19
    limits = formulas.unmet_need(1029, 5290.666667, 4141.666667, 6959.333333)
    assert limits == pytest.approx((80.55065524, 75.15492958, 85.21410097), abs=1e-6)
    # Worcestershire 2018 to 2020: 69 deaths, 598,070 people a year
    _, low, high = formulas.crude_rate(69, 3 * 598_070, 100_000)
    assert (round(low, 1), round(high, 1)) == (3.0, 4.9)


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("indicator", "code", "period", "right"),
    [
        ("population", "E10000021", "mid-2019", {"value": 777_016}),
        ("population", "E10000006", "mid-2019", {"value": 499_171}),
        ("population", "E10000006", "mid-2020", {"value": 498_439}),
        ("population", "E10000027", "mid-2019", {"value": 564_987}),
        ("population", "E10000027", "mid-2020", {"value": 566_310}),
        ("population", "E06000066", "mid-2020", {"value": 566_310}),
        ("drug_misuse_crude_rate", "E10000021", "2017 to 2019", {"value": 3.9}),
        ("drug_misuse_yearly_rate", "E10000021", "2019", {"value": 3.1}),
        ("drug_poisoning_yearly_rate", "E10000021", "2019", {"value": 4.4}),
        ("drug_misuse_yearly_rate", "E06000065", "2019", {"value": 5.4}),
        ("drug_misuse_deaths", "E10000002", "2019", {"value": 17}),
        ("drug_misuse_rate", "E08000038", "2019 to 2021", {"value": 8.1}),
        ("drug_misuse_poisoning_admissions_rate", "E10000012", "2018/19", {"value": None}),
        ("share_most_deprived_10", "E10000034", "IoD2019, mid-2020 population", {"value": 4.64}),
        ("residents_most_deprived_10", "E10000034", "IoD2019, mid-2019 population",
         {"value": 27_955}),
    ],
)  # fmt: skip
def test_right_values(files: Files, indicator: str, code: str, period: str, right: Fields) -> None:
    found = made(files, indicator, code, period)["value"]
    digits = 2 if "share" in indicator else 1
    assert (None if found is None else round(found, digits)) == right["value"]


@pytest.mark.mirror
def test_cumbrias_trend(files: Files) -> None:
    years = [made(files, "drug_misuse_yearly_rate", "E10000006", str(year))
             for year in range(2017, 2022)]  # fmt: skip
    assert [one["numerator"] for one in years] == [27, 27, 36, 63, 43]
    points = [(one["value"], one["lower"], one["upper"]) for one in years]
    square, verdict = formulas.recent_trend(points)
    assert (round(square, 2), verdict) == (9.79, "increasing")


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("name", "year"),
    [("Cumbria", 2022), ("Somerset", 2024), ("Worcestershire", 2021), ("Rutland", 2022),
     ("Southampton", 2023), ("Northamptonshire", 2019)],
)  # fmt: skip
def test_verdicts_on_trends(files: Files, national: Path, name: str, year: int) -> None:
    na = assessment.load(name, year, processed=national)
    last = min(year, 2021)
    for key in ("drug_misuse_yearly_rate", "drug_poisoning_yearly_rate"):
        years = [made(files, key, na.area.code, str(one)) for one in range(last - 4, last + 1)]
        right = "cannot be calculated"
        if all(one["value"] is not None for one in years):
            points = [(one["value"], one["lower"], one["upper"]) for one in years]
            _, right = formulas.recent_trend(points)
        assert own_trend(na, key).label == right, key


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("indicator", "period", "right"),
    [
        ("alcohol_related_mortality", "2021", (19.9, 17.5, 22.3)),
        ("alcohol_specific_admissions_under_18", "2020/21 to 2022/23", (-6.07, -13.94, 1.66)),
        ("alcohol_specific_admissions_under_18", "2021/22 to 2023/24", (-3.97, -11.43, 3.38)),
    ],
)
def test_gradients_take_the_newest_complete_decile_set(
    files: Files, indicator: str, period: str, right: tuple[float, ...]
) -> None:
    one = made(files, "slope_index", "E92000001", period, id=f"slope_index.{indicator}.E92000001")
    found = (one["value"], one["lower"], one["upper"])
    assert found == pytest.approx(right, abs=0.051 if right[0] > 0 else 0.0051)


@pytest.mark.mirror
def test_a_changed_figure_is_found(files: Files, whole: list[Row]) -> None:
    rows = whole
    focus = recompute.focus_of(rows)
    first: dict[str, Row] = {}
    for row in rows:
        known = recompute.expect_known(row) and row["status"] == "shown" and kind(row) not in first
        if known and recompute.check(row, files, focus).state == "agreed":
            first[kind(row)] = row
    assert len(first) > 25
    changed = 0
    for row in first.values():
        right = expect(Ask(row, files, focus))
        assert right is not None
        fields = {*right} | ({"lower", "upper"} if "limits" in right else set())
        for field in ("value", "lower", "upper", "numerator", "denominator"):
            if not row[field] or field not in fields:
                continue
            other = float(row[field]) * (1.01 if "within" in right else 1.000001) or 1.0
            faulty = {**row, field: repr(other)}
            found = recompute.check(faulty, files, focus)
            assert found.state == "differed", (row["id"], field)
            changed += 1
        hidden = {**row, "status": "unavailable", "value": "", "lower": "", "upper": ""}
        assert recompute.check(hidden, files, focus).state == "differed", row["id"]
        # and one that nobody publishes
        nowhere = {**row, "area_code": "E06000053"}
        assert recompute.check(nowhere, files, focus).state in ("differed", "not covered"), row
    assert changed > 70


@pytest.mark.mirror
def test_the_command_tells_what_differs(
    mirror: Path,
    whole: list[Row],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    few = [row for row in whole if row["id"].startswith("drug_misuse_deaths.")]
    results = []
    for number, value in enumerate((few[0]["value"], "48.0")):
        path = tmp_path / str(number) / "figures.csv"
        path.parent.mkdir()
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, few[0])
            writer.writeheader()
            writer.writerows([{**few[0], "value": value}, *few[1:]])
        monkeypatch.setattr(sys, "argv", ["", "--figures", str(path), "--raw", str(mirror)])
        results.append((recompute.main(), capsys.readouterr().out))
    (well, told), (badly, objected) = results
    assert (well, badly) == (0, 1)
    assert re.search(r"^drug_misuse_deaths +(\d+) +\1 +0 +0$", told, re.MULTILINE)
    assert f"value 48.0, the files give {float(few[0]['value'])}" in objected


@pytest.mark.mirror
def test_three_hundred_figures(reports: list[Path], files: Files) -> None:
    outcomes = recompute.recompute(reports, files, sample=400, seed=10)
    checked = [one for one in outcomes if one.state != "not covered"]
    assert len(checked) >= 300
    assert len({one.row["area_code"] for one in checked}) >= 20
    assert len({one.report[-4:] for one in checked}) >= 5
    assert len({kind(one.row) for one in checked}) >= 25
    differences = [str(each) for one in checked for each in one.differences]
    assert not differences, "\n".join([f"{len(differences)} of {len(checked)}", *differences])


@pytest.mark.mirror
def test_no_figure_of_the_area_and_no_authority_is_missing(
    reports: list[Path], files: Files
) -> None:
    missing = []
    for path in reports:
        rows = recompute.read_figures(path)
        year = int(path.stem[-4:])
        found = recompute.absent(rows, recompute.focus_of(rows), year, files)
        found += recompute.uncovered(rows, files)
        missing += [f"{path.stem}: {one}" for one in found]
    assert not missing, "\n".join(missing)
