"""Whether a report that is there is the one that would be made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from needs.commands.run import Ground, open_area
from needs.commands.wanted import Wanted
from needs.commentary.files import hashes_of
from needs.errors import NeedsError
from needs.report import manifest as manifests


def files_stamp(folder: Path) -> str:
    """What changes when a file of a report does: names, sizes and times; no content is read."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    stats = [(path.relative_to(folder).as_posix(), path.stat()) for path in files]
    lines = (f"{name} {one.st_size} {one.st_mtime_ns}\n" for name, one in stats)
    return manifests.sha256("".join(lines).encode("utf-8"))


def inputs_digest(inputs: Mapping[str, Any]) -> str:
    """One hash of the manifest of the processed data."""
    return manifests.sha256(json.dumps(inputs, sort_keys=True).encode("utf-8"))


def unchanged(
    report: Wanted,
    start: Ground,
    out: Path,
    *,
    dated: bool,
    stamp: str = "",
    same_inputs: bool = False,
) -> bool:
    """Whether the report that is there is the one that would be made.

    Parameters, code, packages and what is written about the area are those of its manifest, and so
    are the rows that it reads and the files that these come from, whatever became of other files.
    Its own files are whole: their `stamp` is what was noted when they were, or each has its hash.

    Parameters
    ----------
    report : Wanted
    start : Ground
    out : Path
        Folder of reports.
    dated : bool
        Whether the report's date counts: it was asked for, and is not just today.
    stamp : str
        See `files_stamp`.
    same_inputs : bool
        Whether all raw files are known to be those that it was made from; else the area is opened
        to see which rows it reads, which takes a good half second.
    """
    folder = out / report.folder
    try:
        there = manifests.read(folder)
    except NeedsError:
        return False
    written = start.commentary / Path(report.folder).parent if start.commentary else None

    def differs(**read: Any) -> bool:
        would = manifests.make_manifest(
            report.parameters,
            area_codes=report.codes,
            area_name=report.area,
            code=start.code,
            inputs=start.inputs,
            outputs={},
            commentary=hashes_of(written) if written else {},
            **read,
        )
        if not dated:
            would["parameters"]["date"] = there["parameters"].get("date")
        if not read:
            would |= {key: there.get(key) for key in ("rows", "inputs")}
        return bool(manifests.differences(there, would))

    if differs():
        return False
    if not same_inputs:
        from needs.report.kept_chapters import Content, files_read

        *_, opened = open_area(report.parameters, start)
        if differs(read=files_read(opened, start.inputs), content=Content(opened).of_all):
            return False
    if stamp and stamp == files_stamp(folder):
        return True
    paths = {folder.joinpath(*name.split("/")): sha for name, sha in there["outputs"].items()}
    return all(
        path.is_file() and manifests.sha256(path.read_bytes()) == digest
        for path, digest in paths.items()
    )
