"""The committed example: made again from the embedded pack, it is the same byte for byte."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from needs.commands.verify import verify
from needs.report import manifest

REPORT = "reports/worcestershire/2022"


def test_the_committed_report_is_made_again_byte_for_byte(root: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(root / "data/raw/worcestershire", raw / "worcestershire")
    # the version of the code that it states is left as it is: other code may make the same report
    lines = verify(
        root / REPORT,
        raw=raw,
        processed=tmp_path / "processed",
        notebooks=root / "notebooks",
        ignore_code=True,
    )
    assert "Made again, they are the same byte for byte." in lines


@pytest.mark.parametrize(
    "name",
    [
        "report.html",
        "report.pdf",
        "tables.xlsx",
        "tables.ods",
        "figures.csv",
        "figures.json",
        "manifest.json",
    ],
)
def test_the_committed_report_is_whole(root: Path, name: str) -> None:
    assert (root / REPORT / name).stat().st_size > 1_000
    assert len(list((root / REPORT / "notebooks").glob("*.ipynb"))) == len(
        list((root / "notebooks").glob("*.ipynb"))
    )


def test_the_newest_year_is_committed_to_read(root: Path) -> None:
    folder = root / "reports/worcestershire/2025"
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Drug and alcohol needs assessment: Worcestershire, 2025" in page
    assert "English Indices of Deprivation 2025" in page


def test_make_report_takes_the_data_pack_alone(root: Path) -> None:
    """National files in data/raw would give the committed report other figures."""
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.split("report: $(READY)\n")[1].split("\n\n")[0]
    assert "cp -R data/raw/worcestershire $(EXAMPLE)/raw" in recipe
    assert "--year $(YEAR)" in recipe and recipe.endswith("$(EXAMPLE_DATA)")
    assert "\nYEAR ?= 2022\n" in makefile
    assert "EXAMPLE_DATA := --raw $(EXAMPLE)/raw --processed $(EXAMPLE)/processed\n" in makefile


def test_addresses_of_the_web_page_can_be_copied_and_commands_stand_in_the_log(root: Path) -> None:
    """A break that nobody sees goes with the text; only the narrow cells of the PDF have them."""
    page = (root / REPORT / "report.html").read_text(encoding="utf-8")
    assert "https://" in page and "\u200b" not in page and "\u00ad" not in page
    assert "needs fetch" not in page
    log = manifest.for_authors(manifest.read(root / REPORT))
    assert any(one.startswith("No figure of ") and "needs fetch" in one for one in log)
