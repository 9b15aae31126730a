"""The committed example: made again from the embedded pack, it is the same byte for byte.

What a reader needs is committed; the rest is made again, and held against the manifest's hashes.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from needs.commands.verify import verify
from needs.report import manifest

REPORT = "reports/worcestershire/2022"
COMMITTED = {"report.html", "report.pdf", "findings.csv", "manifest.json"}


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
    here = {path.name for path in (root / REPORT).iterdir()}
    if here == COMMITTED:  # as in a clone, before `make report`
        assert lines[2].endswith("made again, the same as the manifest says.")


def test_the_committed_report_is_what_a_reader_needs(root: Path) -> None:
    """And little more: each rendering stays in the repository's history for good."""
    outputs = manifest.read(root / REPORT)["outputs"]
    assert {"tables.ods", "tables.xlsx", "figures.csv", "figures.json"} < outputs.keys()
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard",
         REPORT],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = listed.stdout.split("\0")[:-1]
    assert {Path(name).name for name in names} == COMMITTED
    sizes = [(root / name).stat().st_size for name in names]
    assert min(sizes) > 1_000 and sum(sizes) <= 3_000_000


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
