"""A new edition of a source: what is compared, what is written, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from needs import catalogue
from needs.catalogue import layers
from needs.cli import main
from needs.commands.new_edition import new_edition
from needs.errors import InvalidDataError, NeedsError, ParameterError
from needs.tables import prepare

pytestmark = pytest.mark.mirror

KEY = "ohid_fingertips_91380"


@pytest.fixture
def raw(tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The publisher's file of alcohol-specific mortality, and the house's empty catalogue."""
    folder = tmp_path / "raw"
    (folder / "ohid_fingertips").mkdir(parents=True)
    (real,) = (mirror / "ohid_fingertips").glob("91380_*.csv")
    shutil.copy(real, folder / "ohid_fingertips" / "91380_first.csv")
    (tmp_path / "house").mkdir()
    monkeypatch.setenv("NEEDS_CATALOGUE", str(tmp_path / "house"))
    return folder


def _first(raw: Path) -> pd.DataFrame:
    path = raw / "ohid_fingertips" / "91380_first.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _second(raw: Path, table: pd.DataFrame) -> Path:
    path = raw / "ohid_fingertips" / "91380_second.csv"
    table.to_csv(path, index=False, lineterminator="\n")
    return path


def _declare(raw: Path, path: Path, **options: object) -> list[str]:
    options = {"name": "2019", "folder": raw.parent / "house"} | options
    return new_edition(KEY, path, raw, **options)  # type: ignore[arg-type]


def _written(raw: Path) -> list[Path]:
    return [path for path in (raw.parent / "house").rglob("*") if path.is_file()]


def test_a_revised_figure_is_shown_and_both_editions_are_kept(raw: Path) -> None:
    table = _first(raw)
    at = table.index[table["Area Code"].eq("E10000034") & table["Sex"].eq("Persons")][-1]
    period, old = table.loc[at, ["Time period", "Value"]]
    table.loc[at, ["Value", "Lower CI 95.0 limit", "Upper CI 95.0 limit"]] = ["12.5", "10.1", "15"]
    told = _declare(raw, _second(raw, table))
    assert any(line.endswith("figures changed: 1.") for line in told)
    (line,) = (one for one in told if "Worcestershire" in one)
    assert str(period)[:4] in line
    assert line.endswith(f"value: {float(old):g}, now 12.5")

    # the pattern of the first edition fits the new file too, so it is narrowed to its own
    found = prepare.discover(raw, catalogue.load())
    assert [(one.edition.edition, one.path.name) for one in found] == [
        ("latest", "91380_first.csv"),
        ("2019", "91380_second.csv"),
    ]
    for one in found:
        read, problems = prepare.read_found(one)
        assert read is not None
        assert not problems
    assert found[0].edition.options == found[1].edition.options | {"rows": 6597}
    before = {path: path.read_bytes() for path in _written(raw)}
    with pytest.raises(ParameterError, match="already"):
        _declare(raw, raw / "ohid_fingertips" / "91380_second.csv")
    assert before == {path: path.read_bytes() for path in _written(raw)}


def test_what_the_house_has_written_stays(raw: Path) -> None:
    path = raw.parent / "house" / "sources" / f"{KEY}.yaml"
    path.parent.mkdir()
    path.write_text("# ours\nlimits: Of our own.\n", encoding="utf-8")
    table = _first(raw)
    table.loc[0, "Value note"] = ""
    _declare(raw, _second(raw, table))
    assert path.read_text(encoding="utf-8").startswith("# ours\nlimits: Of our own.\neditions:\n")
    shutil.move(raw / "ohid_fingertips" / "91380_second.csv", raw / "ohid_fingertips" / "3.csv")
    path.write_text(path.read_text(encoding="utf-8").replace("91380_second", "3") + "rounding: x\n")
    second = _second(raw, table.assign(**{"Indicator Name": "again"}))
    _declare(raw, second, name="2020")
    text = path.read_text(encoding="utf-8")
    assert text.endswith("rounding: x\n")
    assert [one.edition for one in catalogue.load().sources[KEY].editions] == [
        *("latest", "2019", "2020")
    ]


def test_a_heading_is_taken_for_another_only_where_a_person_says_so(raw: Path) -> None:
    second = _second(raw, _first(raw).rename(columns={"Value": "Rate per 100,000"}))
    with pytest.raises(InvalidDataError) as caught:
        _declare(raw, second)
    said = str(caught.value)
    assert "nothing is written" in said
    assert "'Rate per 100,000' is not known" in said
    assert "'Value' is missing" in said
    assert "--same" in said
    assert not _written(raw)
    told = _declare(raw, second, same={"Value": "Rate per 100,000"})
    assert "  'Value' is 'Rate per 100,000'" in told
    table, problems = prepare.read_found(prepare.discover(raw, catalogue.load())[1])
    assert table is not None, problems
    assert any(line.endswith("figures changed: 0.") for line in told)


def test_another_unit_is_told(raw: Path) -> None:
    table = _first(raw)
    columns = ["Value", *(one for one in table if "limit" in one)]
    times = {
        one: (pd.to_numeric(table[one], errors="coerce") * 10).map(
            lambda value: "" if pd.isna(value) else f"{value:.6f}"
        )
        for one in columns
    }
    told = _declare(raw, _second(raw, table.assign(**times)))
    assert "Units: to look at." in told
    assert any("is 10 times what it was" in line for line in told)


def _older(table: pd.DataFrame) -> pd.DataFrame:
    newest = table["Time period Sortable"].max()
    return table[table["Time period Sortable"] < newest]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table, "byte for byte"),
        (_older, "older than edition 'latest'"),
        (lambda table: table[table.index % 3 > 0], "cut off"),
        (lambda table: table[["Area Code", "Area Name"]], "nothing is written"),
    ],
)
def test_a_file_that_is_no_newer_edition_is_refused(raw: Path, change: object, said: str) -> None:
    second = _second(raw, change(_first(raw)))  # type: ignore[operator]
    if said == "byte for byte":
        shutil.copy(raw / "ohid_fingertips" / "91380_first.csv", second)
    with pytest.raises(NeedsError, match=said):
        _declare(raw, second)
    assert not _written(raw)


def test_a_file_that_ends_in_the_middle_is_refused(raw: Path) -> None:
    second = raw / "ohid_fingertips" / "91380_second.csv"
    whole = (raw / "ohid_fingertips" / "91380_first.csv").read_bytes()
    second.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(InvalidDataError):
        _declare(raw, second)
    assert not _written(raw)


def test_wrong_places_and_names_are_told(
    raw: Path, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = _second(raw, _first(raw).iloc[::-1])
    with pytest.raises(ParameterError, match="does not say what to call"):
        _declare(raw, second, name="")
    with pytest.raises(ParameterError, match="not below raw") as caught:
        _declare(raw, next((mirror / "ohid_fingertips").glob("91380_*.csv")))
    assert "raw/ohid_fingertips/" in caught.value.problem.remedy
    arguments = ["--raw", str(raw), "--catalogue", str(raw.parent / "house")]
    assert main(["new-edition", "ohid_fingertips_9138", str(second), *arguments]) == 2
    assert "Did you mean ohid_fingertips_91" in capsys.readouterr().err
    assert main(["new-edition", KEY, str(second), "--released", "soon", *arguments]) == 2
    assert main(["new-edition", "local_extract", str(second), *arguments]) == 2
    assert main(["new-edition", KEY, str(second), "--same", "Value", *arguments]) == 2
    assert layers.own_declarations() == ()
