"""Indices of Deprivation: whole national files, and spoilt ones."""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace

import pytest

from needs.errors import InvalidDataError, MissingDataError
from needs.sources.readers import heading_maps, iod
from needs.sources.schemas import DOMAINS


@pytest.fixture
def edition_of(edition_of):
    """The editions of the catalogue, for a file of two rows: not of all England."""

    def part_of(key):
        one = edition_of(key)
        options = {name: value for name, value in one.edition.options.items() if name != "lsoas"}
        edition = one.edition.model_copy(update={"options": options})
        return SimpleNamespace(read=lambda path: iod.read(path, one.source, edition))

    return part_of


COUNTY = [f"E0700023{n}" for n in range(4, 10)]


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("key", "areas", "authorities"),
    [("mhclg_iod_2019", 32_844, 317), ("mhclg_iod_2025", 33_755, 296)],
)
def test_all_of_england(read, key, areas, authorities):
    table = read(key)
    assert len(table) == areas
    assert table["district_code"].nunique() == authorities
    for domain in DOMAINS:
        assert sorted(table[f"{domain}_decile"].unique()) == list(range(1, 11))
        assert table[f"{domain}_rank"].min() == 1
        assert table[f"{domain}_rank"].max() <= areas
    # deciles are tenths of the ranks
    most = table[table["imd_decile"] == 1]
    assert most["imd_rank"].max() == len(most)
    assert most["imd_score"].min() >= table.loc[table["imd_decile"] == 2, "imd_score"].max()


@pytest.mark.mirror
@pytest.mark.parametrize("key", ["mhclg_iod_2019", "mhclg_iod_2025"])
def test_published_counts_of_worcestershire(read, key):
    table = read(key)
    county = table[table["district_code"].isin(COUNTY)]
    assert (county["imd_decile"] == 1).sum() == 18
    assert (county["imd_decile"] <= 3).sum() == 74
    if key == "mhclg_iod_2019":
        assert len(county) == 364


def _file(edition: str, *, full: bool = True) -> str:
    """Two rows under the headings of an edition: all of them, or only those required."""
    known = heading_maps.layout("iod", edition)
    kept = [h for h, name in known.headings.items() if full or name in known.required]
    texts = {"lsoa_name": "Name", "district_name": "District"}
    rows = []
    for code in ("E01000001", "E01000002"):
        cells = {"lsoa_code": code, "district_code": "E09000001", **texts}
        rows.append([cells.get(known.headings[h], "1") for h in kept])
    out = io.StringIO()
    csv.writer(out).writerows([kept, *rows])
    return out.getvalue()


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(
    ("key", "edition"), [("mhclg_iod_2019", "2019"), ("mhclg_iod_2025", "2025")]
)
def test_full_and_short_layouts(edition_of, written, key, edition, full):
    table = edition_of(key).read(written("\ufeff" + _file(edition, full=full)))
    assert table["lsoa_code"].tolist() == ["E01000001", "E01000002"]
    assert table["crime_decile"].tolist() == [1, 1]


def test_the_2019_map_has_the_57_columns_of_the_full_file():
    assert len(heading_maps.layout("iod", "2019").headings) == 57


def test_headings_with_spaces_at_their_ends(edition_of, written):
    text = _file("2019").replace("LSOA code (2011)", "  LSOA code (2011)  ")
    assert len(edition_of("mhclg_iod_2019").read(written(text))) == 2


def test_all_faults_of_a_file_at_once(edition_of, written):
    rows = list(csv.DictReader(io.StringIO(_file("2019"))))
    rows[0]["LSOA code (2011)"] = "X1"
    rows[0]["Income Decile (where 1 is most deprived 10% of LSOAs)"] = "11"
    rows[1]["Crime Rank (where 1 is most deprived)"] = "two"
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    with pytest.raises(InvalidDataError) as caught:
        edition_of("mhclg_iod_2019").read(written(out.getvalue()))
    wheres = [problem.where for problem in caught.value.problems]
    assert wheres == [
        "source/file.csv, line 2, column LSOA code (2011)",
        "source/file.csv, line 3, column Crime Rank (where 1 is most deprived)",
        "source/file.csv, line 2, column Income Decile (where 1 is most deprived 10% of LSOAs)",
    ]


def test_renamed_and_missing_headings(edition_of, written):
    text = _file("2019").replace("Crime Rank", "Crime and Disorder Rank")
    with pytest.raises(InvalidDataError) as caught:
        edition_of("mhclg_iod_2019").read(written(text))
    said = str(caught.value)
    assert "Crime and Disorder Rank (where 1 is most deprived)' is not known" in said
    assert "'Crime Rank (where 1 is most deprived)' is missing" in said


def test_the_other_edition_is_refused(edition_of, written):
    with pytest.raises(InvalidDataError, match="declares"):
        edition_of("mhclg_iod_2025").read(written(_file("2019")))


def test_doubled_area(edition_of, written):
    text = _file("2019").replace("E01000002,Name", "E01000001,Other name")
    with pytest.raises(InvalidDataError) as caught:
        edition_of("mhclg_iod_2019").read(written(text))
    assert "more than once" in str(caught.value)


def test_missing_file(edition_of, tmp_path):
    with pytest.raises(MissingDataError):
        edition_of("mhclg_iod_2019").read(tmp_path / "none.csv")
