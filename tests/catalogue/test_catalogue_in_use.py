"""The catalogue in use: every module reads what is laid over the package's own."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from needs import catalogue
from needs.catalogue import (
    CATALOGUE,
    Edition,
    corrections,
    footprints,
    glossary,
    layers,
    lists,
    load,
    ranking,
)
from needs.figures import proposed_claims
from needs.sources import printed_claims
from needs.sources.readers import heading_maps, ndtms
from needs.sources.readers.ons_deaths import sheets_of
from needs.tables import areas
from needs.tables.code_hash import code_hash
from needs.tables.prepare import is_fresh, prepare


def _said(*, whole: bool) -> dict[str, str]:
    """What is read of each kind of file of the catalogue in use; reading it whole takes longer."""
    layouts = {path.stem for path in (CATALOGUE / "maps").glob("*.csv")} - {
        *("area_changes", "area_names", "ndtms_groups", "ons_deaths_sheets", "outside_england")
    }
    return {
        **({"sources": str(load().sources)} if whole else {}),
        **({"indicators": str(load().indicators)} if whole else {}),
        "methods.yaml": str(catalogue.methods()),
        "corrections.yaml": str(corrections._read(catalogue.in_use("corrections.yaml"))),
        "abbreviations.yaml": str(glossary.glossary()),
        "footprints.yaml": str(footprints.declared_footprints()),
        "findings.yaml": str(ranking.weight_reasons(catalogue.in_use("findings.yaml"))),
        "claim_terms.csv": str(printed_claims._terms(catalogue.in_use("claim_terms.csv"))),
        "claim_phrases.csv": str(proposed_claims._phrases()),
        "outcomes_framework.yaml": str(lists.outcomes()),
        "outside_this_report.yaml": str(lists.declared_topics()),
        "accessibility.yaml": str(lists.accessibility_statement()),
        "area_names.csv": str(areas.aliases()),
        "outside_england.csv": areas.outside_england("England and Wales spoilt"),
        "area_changes.csv": str(areas._with_changes(_AREA).to_dict()),
        "ndtms_groups.csv": str(ndtms._groups().to_dict()),
        "ons_deaths_sheets.csv": str(sheets_of(Edition(edition="2021", file="")).to_dict()),
        **{f"{one}.csv": str(heading_maps.layout(one)) for one in layouts},
    }


_AREA = pd.DataFrame(
    {
        "code": ["E06000001"],
        "name": ["Hartlepool"],
        **{name: [None] for name in ("region_code", "upper_code", "successor")},
        **{name: [pd.NaT] for name in ("valid_from", "valid_to")},
    }
)


def _spoil(path: Path) -> None:
    """Change one word of a file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".yaml":
        lines = text.splitlines()
        words = re.compile(r"(?<=[a-z] )[a-z]{4,}(?=[ .,])")
        own = (n for n, line in enumerate(lines) if words.search(line) and line[0] != "#")
        at = max(own, default=None)
        if at is None:  # a list of names
            lines[-1] += " spoilt"
        else:
            lines[at] = words.sub("spoilt", lines[at], count=1)
        text = "\n".join(lines) + "\n"
    else:
        head, *rows = text.splitlines()
        cells = next(csv.reader([rows[-1]]))
        words = [n for n, cell in enumerate(cells) if re.search(r"[A-Za-z]\w\w", cell)]
        # of a heading map the heading, of other tables what names the row
        at = len(cells) - 1 if head.startswith("name,need") and cells[-1] else min(words)
        cells[at] += " spoilt"
        rows[-1] = ",".join(f'"{cell}"' if "," in cell else cell for cell in cells)
        text = "\n".join([head, *rows]) + "\n"
    path.write_text(text, encoding="utf-8")


@pytest.mark.slow
def test_every_file_that_is_laid_over_is_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [path for path in CATALOGUE.rglob("*") if path.suffix in (".csv", ".yaml")]
    names = sorted(path.relative_to(CATALOGUE) for path in files)
    assert len(names) > 90
    monkeypatch.delenv("NEEDS_CATALOGUE", raising=False)
    plain, made = _said(whole=True), code_hash()
    for number, name in enumerate(names):
        whole = name.parent.name in ("sources", "indicators")
        if whole and number % 25:
            continue  # all of them are read alike
        house = tmp_path / f"house_{number}"
        (house / name).parent.mkdir(parents=True)
        shutil.copy(CATALOGUE / name, house / name)
        monkeypatch.setenv("NEEDS_CATALOGUE", str(house))
        own = _said(whole=whole)
        assert all(own[one] == plain[one] for one in own), (
            name
        )  # what says the same changes nothing
        assert layers.own_declarations() == (), name
        _spoil(house / name)
        key = name.parent.name if whole else name.name
        said = _said(whole=whole)
        assert {one for one in said if said[one] != plain[one]} == {key}, name
        assert layers.own_declarations(), name
        assert code_hash() != made, name


@pytest.mark.slow
def test_tables_are_not_fresh_when_a_declaration_is_laid_over(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = tmp_path / "house"
    monkeypatch.setenv("NEEDS_CATALOGUE", str(house))
    house.mkdir()
    raw = tmp_path / "raw" / "worcestershire"
    shutil.copytree(root / "data" / "raw" / "worcestershire", raw)
    prepare(raw, tmp_path / "processed")
    assert is_fresh(raw, tmp_path / "processed")
    for name in ("indicators/drug_misuse_rate.yaml", "sources/sdg_3_5_1.yaml"):
        (house / name).parent.mkdir()
        shutil.copy(CATALOGUE / name, house / name)
        _spoil(house / name)
        assert not is_fresh(raw, tmp_path / "processed"), name
        assert "spoilt" in str(load()), name
        (house / name).unlink()
        assert is_fresh(raw, tmp_path / "processed")
