"""What a verification says of declarations that are laid over the catalogue."""

from __future__ import annotations

import json
from pathlib import Path

from needs.commands import verify


def test_other_declarations_are_named_as_the_cause(tmp_path: Path) -> None:
    made = {
        "area": {},
        "parameters": {},
        "code": "a" * 64,
        "outputs": {},
        "catalogue": [{"path": "1/footprints.yaml", "sha256": "b" * 64}],
    }
    again = tmp_path / "again"
    again.mkdir()
    (again / "manifest.json").write_text(json.dumps(made | {"catalogue": []}), encoding="utf-8")
    (problem,), causes = verify._compared(tmp_path, again, made, "c" * 64, ignore_code=False)
    assert (
        "What is laid over its catalogue differs: catalogue: 1/footprints.yaml was" in problem.what
    )
    assert any("footprints.yaml" in one for one in causes)
