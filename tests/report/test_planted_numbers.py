"""Small numbers planted by every route an analyst has are in no byte of a report.

Two reports are made from data that differ in hidden numbers only: where one has 3 the other has 4,
and another hidden number makes up for it, so that every total is the same. Nothing that a reader
gets may tell the two apart. Then an attacker who knows the rules tries to work the numbers out.

All planted numbers are invented.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docx
import numpy as np
import openpyxl
import pandas as pd
import pikepdf
import pypdf
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from needs import catalogue
from needs.commands.run import run
from needs.commands.trace import trace
from needs.commentary.from_word import remarks
from needs.report.parameters import RunParameters
from needs.sources.package_template import write_template
from needs.sources.periods import parse
from needs.sources.readers.package_tables import table_fields
from needs.stats.intervals import poisson
from needs.tables import local_rates, protected_observations
from needs.tables.prepare import is_fresh

pytestmark = pytest.mark.slow

FORMATS = ("html", "pdf", "xlsx", "ods", "docx")

COUNTY, REGION, ENGLAND = "E10000034", "E12000005", "E92000001"
DISTRICTS = {
    "E07000234": "Bromsgrove",
    "E07000235": "Malvern Hills",
    "E07000236": "Redditch",
    "E07000237": "Worcester",
    "E07000238": "Wychavon",
    "E07000239": "Wyre Forest",
}
#: The district with 3 or 4, and the one that makes up for it.
SMALL, PARTNER = "E07000235", "E07000234"

SOURCE = """\
title: {key}
producer: Office for Examples
landing_page: https://www.example.gov.uk/planted
reader: fingertips
attribution: Office for Examples.
disclosure:
  threshold: {threshold}
  rounding_base: {base}
  rule: Counts of 1 to {most} are suppressed.
"""
EDITION = """\
editions:
- edition: latest
  file: {key}/*.csv
  options:
    indicator_id: 99999
"""
INDICATOR = """\
key: {key}
name: Planted {key}
short_name: Planted {key}
subject: rate of {key}
definition: Invented for a test.
statistic: {statistic}
sexes: [persons, male, female]
unit: {unit}
multiplier: {multiplier}
decimals: {decimals}
polarity: lower is better
chapter: {chapter}
order: 90
counted: {counted}
formula: events ÷ population × 100,000
method: Crude rate
limits: Invented for a test.
official_page: https://www.example.gov.uk/planted
how_to_add: It is invented.
"""

# -- what is planted: `moved` is 0 or 1 -------------------------------------------------------


def plant(folder: Path, root: Path, moved: int) -> Path:
    """Write raw data with 3 + `moved` of something in many places; every total is the same."""
    raw = folder / "raw"
    shutil.copytree(root / "data" / "raw" / "worcestershire", raw / "worcestershire")
    lsoa = pd.read_csv(raw / "worcestershire" / "lsoa.csv", dtype=str)
    lsoa = lsoa[lsoa["edition"] == "2019"]
    _template(raw / "local_deaths", "deaths", _deaths(lsoa, moved))
    _template(raw / "local_admissions", "admissions", _admissions(moved))
    _template(raw / "local_reviews", "reviews", _reviews(moved))
    _template(raw / "local_treatment", "ndtms", _treatment(moved))
    _template(raw / "local_prison", "prison", _prison(moved))
    _template(raw / "local_voices", "consultation", _voices(moved))
    _package(raw / "register", _register(moved))
    (raw / "planted_file").mkdir()
    _fingertips(moved).to_csv(raw / "planted_file" / "all.csv", index=False)
    return raw


def extend_catalogue(folder: Path) -> Path:
    """A catalogue with two more sources, each with its rule, and indicators from them."""
    out = folder / "catalogue"
    shutil.copytree(catalogue.CATALOGUE, out)
    for key, threshold, base, edition in (
        ("planted_register", 10, 0, ""),
        ("planted_rounded", 5, 5, ""),
        ("planted_file", 5, 0, EDITION),
    ):
        text = f"key: {key}\n" + SOURCE.format(
            key=key, threshold=threshold, base=base, most=threshold - 1
        )
        text += edition.format(key=key)
        (out / "sources" / f"{key}.yaml").write_text(text, encoding="utf-8")
    rate = {"unit": "per 100,000", "multiplier": 100000, "decimals": 1, "counted": "events"}
    number = {"unit": "cases", "multiplier": 1, "decimals": 0, "counted": "cases"}
    for key, statistic, chapter, words in (
        ("crude", "crude_rate", "deaths", rate),
        ("crude_rounded", "crude_rate", "deaths", rate),
        ("standardised", "directly_standardised_rate", "admissions", rate),
        ("regional", "crude_rate", "need", rate),
        ("events", "count", "families", number),
    ):
        text = INDICATOR.format(key=f"planted_{key}", statistic=statistic, chapter=chapter, **words)
        (out / "indicators" / f"planted_{key}.yaml").write_text(text, encoding="utf-8")
    text = (
        INDICATOR.format(key="planted_file", statistic="crude_rate", chapter="deaths", **rate)
        + "parts:\n- source: planted_file\n  select:\n    measure: '99999'\n"
    )
    (out / "indicators" / "planted_file.yaml").write_text(text, encoding="utf-8")
    return out


def _template(folder: Path, kind: str, rows: pd.DataFrame) -> None:
    """Fill in the first table of a template, as docs/local-data.md tells an analyst to."""
    path = write_template(kind, folder)
    text = json.loads(path.read_text(encoding="utf-8"))
    text["title"] = f"Planted {kind}"
    first = text["resources"][0]
    if "district_code" in rows:
        for one in first["schema"]["fields"]:
            one["name"] = one["name"].replace("lsoa_code", "district_code")
    path.write_text(json.dumps(text), encoding="utf-8")
    columns = [one["name"] for one in first["schema"]["fields"]]
    rows[columns].to_csv(folder / first["path"], index=False)


def _package(folder: Path, rows: pd.DataFrame) -> None:
    """A data package of observations of other sources than the local one."""
    folder.mkdir()
    known = {one["name"]: one for one in table_fields("observations")}
    schema = {"fields": [known[column] for column in rows], "missingValues": [""]}
    text = {
        "name": folder.name,
        "title": "Planted register",
        "licenses": [{"name": "none"}],
        "sources": [{"title": "Invented"}],
        "resources": [{"name": "observations", "path": "observations.csv", "schema": schema}],
    }
    (folder / "datapackage.json").write_text(json.dumps(text), encoding="utf-8")
    rows.to_csv(folder / "observations.csv", index=False)


def _events(numbers: Mapping[str, int], place: Callable[[str, int], str]) -> list[tuple[str, ...]]:
    ages = [f"{start}-{start + 4}" for start in range(30, 65, 5)]
    return [
        (place(district, n), "female" if n % 3 == 1 else "male", ages[n % 7])
        for district, number in numbers.items()
        for n in range(number)
    ]


def _counts(events: Sequence[tuple[str, ...]], column: str, **rest: object) -> pd.DataFrame:
    table = pd.DataFrame(events, columns=[column, "sex", "age_band"])
    table = table.groupby(list(table), as_index=False).size().rename(columns={"size": "count"})
    return table.assign(**rest)


def _deaths(lsoa: pd.DataFrame, moved: int) -> pd.DataFrame:
    """By LSOA of the least deprived fifth and the third; 3 or 4 in one district, 3 over 80."""
    least = lsoa[lsoa["imd_decile"].isin(["5", "6", "9", "10"])].sort_values(
        ["imd_decile", "lsoa_code"], ascending=[False, True]
    )
    codes = {key: rows["lsoa_code"].tolist() for key, rows in least.groupby("district_code")}
    numbers = dict(zip(DISTRICTS, (13, 3, 41, 52, 33, 44), strict=True))
    events = _events(numbers, lambda district, n: codes[district][-1 - n % 10])
    # the one that moves is a man in a neighbourhood of the same fifth
    events.append((codes[SMALL if moved else PARTNER][0], "male", "40-44"))
    events += [(codes["E07000237"][n], "female", "85-89") for n in range(3)]
    return _counts(events, "lsoa_code", indicator="drug_deaths_local", period="2021")


def _admissions(moved: int) -> pd.DataFrame:
    numbers = dict(zip(DISTRICTS, (19, 3, 61, 72, 53, 64), strict=True))
    events = _events(numbers, lambda district, n: district)
    events.append((SMALL if moved else PARTNER, "female", "50-54"))
    rest = {"indicator": "alcohol_admissions_local", "period": "2021/22"}
    once = _counts(events, "district_code", **rest, frequency=1)
    again = _counts(_events(numbers, lambda district, n: district)[::9], "district_code", **rest)
    return pd.concat([once, again.assign(frequency=2)], ignore_index=True)


def _local(rows: Sequence[tuple[object, ...]], *columns: str) -> pd.DataFrame:
    names = _areas().set_index("code")["name"]
    table = pd.DataFrame(rows, columns=["indicator", "area_code", "period", *columns])
    table["area_name"] = table["area_code"].map(names)
    return table.assign(source="local_extract")


def _reviews(moved: int) -> pd.DataFrame:
    """By circumstance in one year; and by year beside the sum of three."""
    rows = [
        ("2021/22", "", 53),
        ("2021/22", "planted: not in treatment", 3 + moved),
        ("2021/22", "planted: in treatment", 14 - moved),
        ("2021/22", "planted: left treatment", 36),
        ("2018/19", "", 3 + moved),
        ("2019/20", "", 17 - moved),
        ("2020/21", "", 30),
        ("2018/19 to 2020/21", "", 50),
    ]
    return _local([("drug_death_reviews", COUNTY, *row) for row in rows], "category", "value")


def _treatment(moved: int) -> pd.DataFrame:
    numbers = (14 - moved, 3 + moved, 510, 620, 410, 730)
    rows = [
        ("all_in_treatment", code, "2021/22", "persons", number)
        for code, number in zip(DISTRICTS, numbers, strict=True)
    ]
    rows += [
        ("all_in_treatment", COUNTY, "2021/22", "persons", sum(numbers)),
        ("young_people_in_treatment", COUNTY, "2021/22", "male", 3 + moved),
        ("young_people_in_treatment", COUNTY, "2021/22", "female", 17 - moved),
        ("young_people_in_treatment", COUNTY, "2021/22", "persons", 20),
    ]
    return _local(rows, "sex", "value")


#: People released from prison, so many that 3 of them are a share like no other.
RELEASED = (1_409, 1_237, 1_801, 2_203, 1_607, 1_511)


def _prison(moved: int) -> pd.DataFrame:
    numbers = (14 - moved, 3 + moved, 701, 803, 607, 509)
    rows = [*zip(DISTRICTS, numbers, RELEASED, strict=True), (COUNTY, sum(numbers), sum(RELEASED))]
    return _local(
        [("prison_continuity", code, "2021/22", 100 * x / n, x, n) for code, x, n in rows],
        "value",
        "count",
        "denominator",
    )


def _voices(moved: int) -> pd.DataFrame:
    rows = [("Planted theme", "Few said this.", 3 + moved), ("Planted theme", "Many did.", 62)]
    return pd.DataFrame(rows, columns=["theme", "text", "n"]).assign(area_code=COUNTY)


#: Residents, so many that 3 events among them are a rate like no other.
PEOPLE = (35_117, 41_237, 52_361, 60_413, 47_057, 39_229)


def _rate(events: int, people: int) -> tuple[float, float, float, int, int]:
    low, high = poisson([events])
    per = 100_000 / people
    return events * per, float(low[0]) * per, float(high[0]) * per, events, people


def _register(moved: int) -> pd.DataFrame:
    """Rates with limits by district, of single and pooled years, and of a region's authorities."""
    columns = ("sex", "value", "lower", "upper", "count", "denominator")
    rows: list[tuple[object, ...]] = []
    numbers = (14 - moved, 3 + moved, 41, 52, 33, 44)
    places = [*zip(DISTRICTS, numbers, PEOPLE, strict=True), (COUNTY, sum(numbers), sum(PEOPLE))]
    places.append((ENGLAND, 22_351, 56_789_012))
    for key in ("crude", "crude_rounded", "standardised"):
        for code, x, n in places:
            value, low, high, *rest = _rate(x, n)
            other = 1.037 if key == "standardised" else 1.0  # as if the ages were others
            limits = (value * other, low * other, high * other)
            rows.append((f"planted_{key}", code, "2021", "persons", *limits, *rest))
    for period, x in (("2018", 3 + moved), ("2019", 14 - moved), ("2020", 30)):
        rows.append(("planted_crude", COUNTY, period, "persons", *_rate(x, sum(PEOPLE))))
    pooled = _rate(47, 3 * sum(PEOPLE))
    rows.append(("planted_crude", COUNTY, "2018 to 2020", "persons", *pooled))
    for sex, x in (("male", 3 + moved), ("female", 14 - moved), ("persons", 17)):
        rows.append(("planted_events", COUNTY, "2021/22", sex, x, None, None, x, None))
    authorities = _authorities()
    numbers = tuple(
        3 + moved if code == COUNTY else 14 - moved if n == 0 else 40 + n
        for n, code in enumerate(authorities)
    )
    region = [*zip(authorities, numbers, strict=True), (REGION, sum(numbers)), (ENGLAND, 9_876)]
    for code, x in region:
        people = {REGION: 5_900_000, ENGLAND: 56_789_012}.get(code, 400_009)
        rows.append(("planted_regional", code, "2021", "persons", *_rate(x, people)))
    table = _local(rows, *columns)
    rounded = table["indicator"].isin(["planted_crude_rounded", "planted_standardised"])
    return table.assign(source=np.where(rounded, "planted_rounded", "planted_register"))


def _areas() -> pd.DataFrame:
    root = Path(__file__).resolve().parents[2]
    return pd.read_csv(root / "data" / "raw" / "worcestershire" / "areas.csv", dtype=str)


def _authorities() -> list[str]:
    areas = _areas()
    upper = areas[(areas["kind"] == "upper tier") & (areas["region_code"] == REGION)]
    return sorted(upper.loc[upper["valid_to"].isna(), "code"])


def _fingertips(moved: int) -> pd.DataFrame:
    """A publisher's CSV, with sexes."""
    rows = []
    numbers = (19 - moved, 3 + moved, 41, 52, 33, 44)
    places = [*zip(DISTRICTS, numbers, PEOPLE, strict=True), (COUNTY, sum(numbers), sum(PEOPLE))]
    men = (9, 2, 23, 30, 17, 26)  # of which the one that moves is none
    for (code, x, n), m in zip(places, (*men, sum(men)), strict=True):
        for sex, events, people in (
            ("Persons", x, n),
            ("Male", m, n // 2),
            ("Female", x - m, n - n // 2),
        ):
            value, low, high, *_ = _rate(events, people)
            rows.append((code, sex, value, low, high, events, people))
    columns = ["Area Code", "Sex", "Value", "Lower CI 95.0 limit", "Upper CI 95.0 limit"]
    table = pd.DataFrame(rows, columns=[*columns, "Count", "Denominator"])
    names = DISTRICTS | {COUNTY: "Worcestershire"}
    return table.assign(
        **{
            "Indicator ID": 99999,
            "Indicator Name": "Planted",
            "Area Name": table["Area Code"].map(names),
            "Age": "All ages",
            "Category Type": "",
            "Category": "",
            "Time period": 2021,
            "Value note": "",
        }
    )


# -- two reports ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """Raw data, processed tables and the report made from them."""

    raw: Path
    processed: Path
    report: Path


def make(folder: Path, root: Path, moved: int, **asked: Any) -> Made:
    """Plant, prepare and render."""
    raw = plant(folder, root, moved)
    asked |= {"areas": ["Worcestershire"], "year": 2022, "date": "2023-01-06"}
    report = run(
        RunParameters.check(asked),
        raw=raw,
        processed=folder / "processed",
        out=folder / "reports",
        notebooks=root / "notebooks",
    )
    return Made(raw, folder / "processed", report)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The catalogue with the planted sources in it, named to the program as an analyst would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEEDS_CATALOGUE", str(extend_catalogue(tmp_path_factory.mktemp("planted"))))
        yield


@pytest.fixture(scope="module")
def pair(root: Path, tmp_path_factory: pytest.TempPathFactory, extended: None) -> tuple[Made, Made]:
    """Reports where 3 is hidden, and 4."""
    folder = tmp_path_factory.mktemp("pair")
    first, second = (
        make(folder / name, root, moved, formats=FORMATS)
        for moved, name in enumerate(("three", "four"))
    )
    return first, second


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def texts(pair: tuple[Made, Made]) -> dict[str, str]:
    """Every text of the first report."""
    return streams(pair[0].report)


def streams(report: Path) -> dict[str, str]:
    """Every text of a report: files as they are, parts of workbooks, words and data of the PDF."""
    found: dict[str, str] = {}
    for name, content in files(report).items():
        if name.endswith(".pdf"):
            found |= {f"{name}: {part}": text for part, text in _pdf(content)}
        elif zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                for part in book.namelist():
                    if part.endswith(".png"):
                        continue  # a drawing's pixels; its words are in the page and the PDF
                    found[f"{name}: {part}"] = book.read(part).decode("utf-8", "replace")
        else:
            found[name] = content.decode("utf-8")
    return found


def _pdf(content: bytes) -> Iterator[tuple[str, str]]:
    """The words of a PDF, and every object and stream of it, decoded."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    yield "text", "\n".join(page.extract_text() for page in reader.pages)
    yield "metadata", str(reader.metadata)
    for number, position in enumerate(sorted(reader.xref[0])):
        one = reader.get_object(pypdf.generic.IndirectObject(position, 0, reader))
        yield f"object {number}", str(one)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for one in pdf.objects:
            if not isinstance(one, pikepdf.Stream):
                continue
            kind = str(one.get("/Subtype", one.get("/Type", "")))
            if kind in BINARY:
                continue
            # of a page's commands only strings are read: the numbers say where things lie
            raw = one.read_bytes().decode("utf-8", "replace")
            printed = raw if kind == "/XML" else " ".join(re.findall(r"\(([^)]*)\)", raw))
            yield f"stream {one.objgen[0]} {kind}", printed


#: Streams of fonts and of pixels, which hold no text.
BINARY = {"/Image", "/CIDFontType0C", "/OpenType", "/Type1C", "/XRef", "/ObjStm"}


# -- what a reader is given -----------------------------------------------------------------------


def test_no_byte_of_a_report_depends_on_a_hidden_number(pair: tuple[Made, Made]) -> None:
    first, second = (files(one.report) for one in pair)
    assert {"report.html", "report.pdf", "report.docx", "tables.xlsx"} <= set(first)
    assert [name for name in first if first[name] != second.get(name)] == []
    assert set(first) == set(second)


def test_remarks_of_a_word_document_do_not_depend_on_a_hidden_number(
    pair: tuple[Made, Made], tmp_path: Path
) -> None:
    """Every paragraph is taken out without tracking, so that the remarks print all there is."""
    told = []
    for number, one in enumerate(pair):
        word = docx.Document(str(one.report / "report.docx"))
        for line in word.paragraphs[:-40]:
            line._p.getparent().remove(line._p)
        path = tmp_path / f"{number}" / "back.docx"
        path.parent.mkdir()
        word.save(str(path))
        told.append(remarks(path))
    assert told[0] == told[1] and told[0].count("(taken out)") > 100


def test_no_processed_table_depends_on_a_hidden_number(pair: tuple[Made, Made]) -> None:
    first, second = (files(one.processed) for one in pair)
    # the manifest of the processed data stays with the raw files, whose hashes it needs
    differ = [name for name in first if first[name] != second.get(name)]
    assert differ == ["manifest.json"]
    planted, other = (files(one.raw) for one in pair)
    assert sum(planted[name] != other[name] for name in planted) == 8


def test_hashes_and_sizes_of_files_with_small_numbers_are_not_told(
    pair: tuple[Made, Made], texts: dict[str, str]
) -> None:
    """Whoever knows all of a file but a small number could try numbers until its hash fits."""
    first, second = (files(one.raw) for one in pair)
    written = json.loads((pair[0].processed / "manifest.json").read_text(encoding="utf-8"))
    hashes = {one["path"]: one["sha256"] for one in written["files"]}
    assert is_fresh(pair[0].raw, pair[0].processed)
    assert not is_fresh(pair[1].raw, pair[0].processed)
    secret = {path for path in hashes if first[path] != second[path]}
    told = json.loads(texts["manifest.json"])["inputs"]
    for path in secret:
        assert not [name for name, text in texts.items() if hashes[path] in text]
    assert {one["path"] for one in told if "size" not in one} >= secret
    public = {one["path"] for one in told if hashes[one["path"]] == one["sha256"]}
    assert {"worcestershire/observations.csv", "worcestershire/lsoa.csv"} <= public
    register = json.loads(texts["figures.json"])
    assert {one["path"] for one in register["files"] if one["size"] is None} >= secret


def test_no_stream_holds_what_a_hidden_number_comes_to(texts: dict[str, str]) -> None:
    """Rates and shares of 3 and 4 among unusual numbers of people, with their limits."""
    wanted = set()
    for numbers, per in ((PEOPLE, 100_000), (RELEASED, 100)):
        for events in (3, 4, 13, 14, 18, 19):
            low, high = poisson([events])
            for amount in (events, float(low[0]), float(high[0])):
                wanted |= {amount / numbers[n] * scale for n in (0, 1) for scale in (1, per)}
    wanted |= {x / sum(PEOPLE) * 100_000 for x in (3, 4, 13, 14)}
    sought = np.array(sorted(wanted))
    for name, text in texts.items():
        found = _figures_in(text)
        # among thousands of numbers one may be near another by chance: these are written in full
        near = np.abs(found[:, None] / sought[None, :] - 1) < 2e-6
        assert not near.any(), (name, found[near.any(axis=1)])


def test_the_search_reads_the_streams_and_the_metadata_of_a_pdf() -> None:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    page.Contents = pdf.make_stream(zlib.compress(b"BT (of 112.1650 deaths) Tj ET"))
    page.Contents.Filter = pikepdf.Name("/FlateDecode")
    with pdf.open_metadata() as metadata:
        metadata["dc:description"] = "A rate of 7.6476"
    out = io.BytesIO()
    pdf.save(out)
    found = [float(n) for _, text in _pdf(out.getvalue()) for n in _figures_in(text)]
    assert 112.165 in found and 7.6476 in found


def test_the_search_finds_what_is_there(texts: dict[str, str]) -> None:
    """The same search, for a rate that is shown: Wyre Forest's, of 44 among 39,229."""
    shown = 44 / 39_229 * 100_000
    holders = {
        name.split(":")[0]
        for name, text in texts.items()
        if (np.abs(_figures_in(text) / shown - 1) < 1e-3).any()
    }
    wanted = {"report.html", "report.pdf", "report.docx", "tables.xlsx", "figures.csv"}
    assert wanted <= holders
    assert any(name.startswith("notebooks/") for name in holders)


#: Attributes that only say where a shape lies.
SHAPES = re.compile(r'\s(?:d|points|transform|viewBox|x|y|x1|x2|y1|y2|width|height)=\\?"[^"]*"')


def _figures_in(text: str) -> np.ndarray[Any, Any]:
    """Numbers with a decimal point and at least four digits."""
    plain = SHAPES.sub("", re.sub(r"base64,[A-Za-z0-9+/=]+", "", text))
    found = re.findall(r"(?<![\w.])\d[\d,]*\.\d+", plain)
    short = [f"{float(one.replace(',', '')):.7g}" for one in found]
    return np.array([float(one) for one in short if len(one.replace(".", "").strip("0")) >= 4])


def test_a_trail_tells_no_more_than_the_report(pair: tuple[Made, Made]) -> None:
    rows = register(pair[0].report)
    hidden = rows.loc[rows["status"] == "suppressed", "id"]
    for key in hidden[hidden.str.contains(SMALL)]:
        told = [trace(key, one.report) for one in pair]
        assert told[0] == told[1]
        assert not any(line.startswith(("Value", "Numerator", "95%")) for line in told[0])


def test_rows_of_the_workbook_are_hidden_whole(pair: tuple[Made, Made]) -> None:
    book = openpyxl.load_workbook(pair[0].report / "tables.xlsx", data_only=True)
    found = 0
    for sheet in book:
        heads = [str(one) for row in sheet.iter_rows(max_row=9, values_only=True) for one in row]
        if any(": against England" in one for one in heads):
            continue  # a heat map has a measure in each column, under its own source's rule
        for row in sheet.iter_rows(values_only=True):
            if row and row[0] in (DISTRICTS[SMALL], DISTRICTS[PARTNER]) and "[c]" in row:
                found += 1
                assert not [cell for cell in row[1:] if isinstance(cell, int | float)], sheet.title
            assert sheet.sheet_state == "visible"
    assert found >= 12  # two districts in each of six tables


# -- an attacker who knows the rules --------------------------------------------------------------

#: Threshold and rounding base, as each source's rule says.
RULES = {
    "drug_deaths_local": (8, 5),
    "alcohol_admissions_local": (8, 5),
    "drug_death_reviews": (8, 5),
    "all_in_treatment": (8, 5),
    "young_people_in_treatment": (8, 5),
    "prison_continuity": (8, 5),
    "planted_crude": (10, 0),
    "planted_crude_rounded": (5, 5),
    "planted_standardised": (5, 5),
    "planted_regional": (10, 0),
    "planted_events": (10, 0),
    "planted_file": (5, 0),
}
KEY = ["indicator", "place", "begins", "ends", "sex", "age", "category"]
AGES = tuple(local_rates.AGE_GROUPS)
MANY = 100_000


def register(report: Path) -> pd.DataFrame:
    """The figures of a report's CSV, in columns that the attacker knows them by."""
    with (report / "figures.csv").open(encoding="utf-8", newline="") as file:
        table = pd.DataFrame(list(csv.DictReader(file)))
    table = table[table["indicator"].isin(list(RULES))]
    of_local = table["indicator"].str.endswith("_local")
    fifth = of_local & table["note"].str.startswith("quintile")
    spans = [parse(period) for period in table["period"]]
    number = {name: pd.to_numeric(table[name]) for name in ("value", "numerator", "denominator")}
    plain = number["denominator"].isna() & (number["numerator"].isna() | of_local)
    return table.assign(
        place=table["note"].where(fifth, table["area_code"]),
        begins=[pd.Timestamp(one.start) for one in spans],
        ends=[pd.Timestamp(one.end) for one in spans],
        category=table["note"].mask(of_local, ""),
        value=number["value"],
        count=number["numerator"].where(~plain, number["value"]),
        whole=number["denominator"],
    )


def processed_tables(folder: Path) -> pd.DataFrame:
    """Everything that reports are made from."""
    rows = pd.read_parquet(folder / "observations.parquet")
    rows = rows[rows["indicator"].isin(list(RULES))].assign(place=lambda one: one["area_code"])
    rates = pd.read_parquet(folder / "local_rates.parquet")
    fifth = rates["kind"] == "quintile"
    rates = rates.assign(place=rates["part"].where(fifth, rates["part_code"]), category="")
    table = pd.concat([rows, rates], ignore_index=True)
    counting = table["denominator"].isna()
    names = {"period_start": "begins", "period_end": "ends", "denominator": "whole"}
    return table.assign(count=table["count"].fillna(table["value"].where(counting))).rename(
        columns=names
    )


@dataclass
class Puzzle:
    """Whole numbers that a reader seeks: what each can be, and which add up to which."""

    cells: dict[tuple[Any, ...], tuple[float, float]] = field(default_factory=dict)
    hidden: list[tuple[Any, ...]] = field(default_factory=list)
    sums: list[tuple[list[tuple[Any, ...]], tuple[Any, ...]]] = field(default_factory=list)

    def range_of(
        self,
        key: tuple[Any, ...],
        known: Mapping[tuple[Any, ...], tuple[float, float]] | None = None,
    ) -> tuple[int, int]:
        """Least and most that a number can be."""
        cells = self.cells | dict(known or {})
        place = {one: n for n, one in enumerate(cells)}
        rows = np.zeros((max(len(self.sums), 1), len(cells)))
        for row, (parts, total) in zip(rows, self.sums, strict=False):
            row[[place[one] for one in parts]] = 1
            row[place[total]] = -1
        low, high = np.array(list(cells.values())).T
        ends = []
        for sign in (1, -1):
            target = np.zeros(len(cells))
            target[place[key]] = sign
            found = milp(
                target,
                integrality=np.ones(len(cells)),
                bounds=Bounds(low, high),
                constraints=LinearConstraint(rows, 0, 0),
            )
            assert found.success, found.message
            ends.append(round(sign * found.fun))
        return ends[0], ends[1]


def puzzles(table: pd.DataFrame) -> dict[str, Puzzle]:
    """What the attacker knows of each indicator: numbers that are shown, and every sum."""
    made = {}
    for name, rows in table.groupby("indicator", sort=True):
        threshold, base = RULES[str(name)]
        puzzle = made[str(name)] = Puzzle()
        for row in rows.to_dict("records"):
            key = tuple(row[one] for one in KEY[1:])
            if row["status"] == "suppressed":
                # nothing is shown as 0
                puzzle.cells.setdefault(key, (1, MANY))
                puzzle.hidden.append(key)
            elif row["count"] == row["count"]:
                low, high = _behind(row, threshold, base)
                before = puzzle.cells.get(key, (0, MANY))
                puzzle.cells[key] = (max(low, before[0]), min(high, before[1]))
        puzzle.hidden = list(dict.fromkeys(puzzle.hidden))
        puzzle.sums = list(_sums(puzzle.cells))
    return made


def _behind(row: Mapping[Any, Any], threshold: int, base: int) -> tuple[float, float]:
    """Whole numbers that a count that is shown can stand for."""
    shown = row["count"]
    if base == 0 or shown == 0:
        return shown, shown
    return max(np.ceil(shown - base / 2), threshold), np.ceil(shown + base / 2) - 1


def _sums(
    cells: Mapping[tuple[Any, ...], object],
) -> Iterator[tuple[list[tuple[Any, ...]], tuple[Any, ...]]]:
    """Every sum of which all numbers are in the tables, hidden or not."""
    region = _authorities()
    fifths = list(local_rates.QUINTILES.values())
    spans = {(key[1], key[2]) for key in cells}
    for total in cells:
        place, begins, ends, sex, age, category = total
        ways: list[list[tuple[Any, ...]]] = []
        if place == COUNTY:
            ways.append([(one, *total[1:]) for one in DISTRICTS])
            ways.append([(one, *total[1:]) for one in fifths])
        if place == REGION:
            ways.append([(one, *total[1:]) for one in region])
        if sex == "persons":
            ways.append([(*total[:3], one, *total[4:]) for one in ("male", "female")])
        if age == "all ages":
            ways.append([(*total[:4], one, category) for one in AGES])
        if category == "":
            groups = {one[5] for one in cells if one[:5] == total[:5]} - {""}
            ways.append([(*total[:5], one) for one in sorted(groups)])
        inside = sorted(one for one in spans if begins <= one[0] and one[1] <= ends)
        inside = [one for one in inside if one != (begins, ends)]
        whole = sum((one[1] - one[0]).days + 1 for one in inside) == (ends - begins).days + 1
        if inside and whole:
            ways.append([(place, *one, *total[3:]) for one in inside])
        for parts in ways:
            if len(parts) > 1 and all(one in cells for one in parts):
                yield parts, total


def given_away(table: pd.DataFrame) -> dict[str, list[tuple[tuple[Any, ...], int]]]:
    """Hidden numbers that can only be one."""
    found: dict[str, list[tuple[tuple[Any, ...], int]]] = {}
    for name, puzzle in puzzles(table).items():
        for key in puzzle.hidden:
            low, high = puzzle.range_of(key)
            if low == high:
                found.setdefault(name, []).append((key, low))
    return found


TABLES = {
    "register": lambda made: register(made.report),
    "data": lambda made: processed_tables(made.processed),
}


@pytest.mark.parametrize("of", list(TABLES))
def test_no_hidden_number_can_be_worked_out(pair: tuple[Made, Made], of: str) -> None:
    table = TABLES[of](pair[0])
    hidden = {name: one.hidden for name, one in puzzles(table).items() if one.hidden}
    sums = {name: one.sums for name, one in puzzles(table).items() if one.sums}
    in_chapters = {"drug_deaths_local", "alcohol_admissions_local", "planted_crude", "planted_file"}
    assert set(hidden) >= (in_chapters if of == "register" else set(RULES))
    assert set(sums) >= (in_chapters if of == "register" else set(RULES))
    assert given_away(table) == {}


def test_who_knows_which_number_is_small_does_not_learn_it(pair: tuple[Made, Made]) -> None:
    """One who was told that the district with 3 is below the threshold, and the other is not."""
    for name, puzzle in puzzles(processed_tables(pair[0].processed)).items():
        threshold, _ = RULES[name]
        for key in puzzle.hidden:
            if key[0] == SMALL:
                known = {key: (1.0, threshold - 1.0)}
                other = (PARTNER, *key[1:])
                if other in puzzle.hidden and key[3] == "persons":
                    known[other] = (float(threshold), float(MANY))
                low, high = puzzle.range_of(key, known)
                assert low <= 3, (name, key)
                assert high >= 4, (name, key)


def test_rates_and_limits_give_rounded_counts_and_no_others(pair: tuple[Made, Made]) -> None:
    """Rate times population, and the count that an interval of such a shape belongs to."""
    rows = pd.read_parquet(pair[0].processed / "observations.parquet")
    rates = pd.read_parquet(pair[0].processed / "local_rates.parquet")
    rates = rates[
        (rates["statistic"] == "crude_rate") & (rates["indicator"] == "drug_deaths_local")
    ]
    rows = rows[rows["indicator"] == "planted_crude_rounded"]
    checked = 0
    for table, half in ((rows, 0.05), (rates, 1e-9)):
        for row in table[(table["status"] == "shown") & (table["count"] > 0)].to_dict("records"):
            if row["area_code" if "area_code" in row else "part_code"] == ENGLAND:
                continue
            checked += 1
            people, shown = row["denominator"] / 100_000, row["count"]
            assert shown % 5 == 0
            assert abs(row["value"] * people - shown) <= half * people + 1e-6
            low, high = (float(end[0]) for end in poisson([shown]))
            assert abs(row["lower"] * people - low) <= half * people + 1e-6
            assert abs(row["upper"] * people - high) <= half * people + 1e-6
    assert checked > 10


def test_standardised_rates_fit_other_numbers_as_well(pair: tuple[Made, Made]) -> None:
    """A rate to its last digit would tell events by age; as it is printed, many sets fit it."""
    rates = pd.read_parquet(pair[0].processed / "local_rates.parquet")
    whole = rates[rates["statistic"] == "directly_standardised_rate"]
    for row in whole[whole["status"] == "shown"].to_dict("records"):
        for column in ("value", "lower", "upper"):
            assert row[column] == round(row[column], 1)


def without_secondary(
    counts: np.ndarray[Any, Any], hidden: np.ndarray[Any, Any], *rest: object
) -> np.ndarray[Any, Any]:
    """A broken rule: what is small is hidden, and nothing else."""
    return hidden.copy()


def test_the_attack_succeeds_on_a_broken_rule(
    root: Path, tmp_path: Path, extended: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without secondary suppression the same attack finds the number, in data and report."""
    for module in (local_rates, protected_observations):
        monkeypatch.setattr(module, "protect", without_secondary)
    broken = make(tmp_path, root, 0, formats=("xlsx",))
    of_data = given_away(processed_tables(broken.processed))
    exact = {name for name, (_, base) in RULES.items() if base == 0}
    assert set(of_data) == exact
    assert all(3 in {number for _, number in of_data[name]} for name in exact)
    of_report = given_away(register(broken.report))
    for name in ("planted_crude", "planted_file"):
        assert (SMALL, 3) in {(key[0], number) for key, number in of_report[name]}
