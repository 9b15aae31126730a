"""YAML that is hostile or broken is told in moments, wherever YAML is read."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
import yaml

from needs import catalogue
from needs.catalogue import declared, footprints, glossary, lists
from needs.commands import batch
from needs.errors import InvalidDataError

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{one}: &{one} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, one in zip("abcdefghi", "bcdefghij", strict=True)
)

HOSTILE = {
    "billion laughs": (LAUGHS, "more than 100,000 values"),
    "3,000 brackets": ("[" * 3000, "inside each other"),
    "3,000 hyphens": ("- " * 3000 + "x", "inside each other"),
    "3,000 levels": ("\n".join(" " * n + "a:" for n in range(3000)), "inside each other|larger"),
    "itself": ("a: &a [*a]", "inside itself"),
    "half a character": ('a: "\\ud800"', "half of one"),
    "no such day": ("a: 2022-02-30", "day is out of range"),
    "digits": ("a: " + "9" * 5000, "4300"),
    "no UTF-8": (b"a: \xff", "not UTF-8"),
    "large": ("a: b\n" * 250_000, "larger than"),
    "many": ("- a\n" * 120_000, "more than 100,000 values"),
    "control characters": ("a: \x00", "special characters"),
}


@pytest.fixture(params=HOSTILE)
def hostile(request: pytest.FixtureRequest) -> tuple[bytes, str]:
    text, said = HOSTILE[request.param]
    return text if isinstance(text, bytes) else text.encode(), said


@pytest.mark.slow
def test_it_is_told_in_moments(hostile: tuple[bytes, str], tmp_path: Path) -> None:
    content, said = hostile
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    begun = time.process_time()
    with pytest.raises(yaml.YAMLError, match=said):
        declared.read(path)
    assert time.process_time() - begun < 30


@pytest.mark.parametrize("kind", ["billion laughs", "3,000 brackets", "no UTF-8", "no such day"])
def test_wherever_it_is_read(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, _ = HOSTILE[kind]
    content = text if isinstance(text, bytes) else text.encode()
    copy = tmp_path / "catalogue"
    shutil.copytree(catalogue.CATALOGUE, copy)
    monkeypatch.setenv("NEEDS_CATALOGUE", str(copy))
    read_by = {
        "footprints.yaml": footprints.declared_footprints,
        "methods.yaml": catalogue.methods,
        "abbreviations.yaml": glossary.glossary,
        "outcomes_framework.yaml": lists.outcomes,
        "outside_this_report.yaml": lists.declared_topics,
        "sources/iod.yaml": catalogue.load,
        "indicators/new.yaml": catalogue.load,
    }
    for name, read in read_by.items():
        (copy / name).write_bytes(content)
        with pytest.raises(InvalidDataError, match=Path(name).stem) as caught:
            read()
        assert "ot YAML" in str(caught.value), name
    (tmp_path / "batch.yaml").write_bytes(content)
    with pytest.raises(InvalidDataError, match="Not YAML"):
        batch.read_file(tmp_path / "batch.yaml", {})


def test_a_part_may_be_used_again() -> None:
    assert declared.parse("a: &a [1, 2]\nb: *a\n") == {"a": [1, 2], "b": [1, 2]}
