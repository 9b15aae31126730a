"""The manifest of a run: what went in, what came out, and by which code."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any

from packaging.requirements import Requirement

import needs
from needs.catalogue import layers
from needs.errors import InvalidDataError, MissingDataError
from needs.report.notebook_source import source_cells
from needs.report.parameters import RunParameters

NAME = "manifest.json"

#: What the hash of a file with small numbers is one of; its own would help to guess them.
RELEASED = "the figures that disclosure control leaves of it"

#: What the manifest says of a raw file that a report does not read.
NO_ROWS = "none of this report's"

#: What the manifest says of the raw files when a run did not look at them.
NOT_CHECKED = "not checked"


def sha256(content: bytes) -> str:
    """Hash of some bytes, in hexadecimal.

    Examples
    --------
    >>> sha256(b"")[:12]
    'e3b0c44298fc'
    """
    return hashlib.sha256(content).hexdigest()


def code_version(notebooks: Iterable[Path], package: Path | None = None) -> str:
    """One hash of the package's source, of what is laid over its catalogue and of the notebooks.

    The same on every system: line ends and the outputs kept in a notebook do not count.

    Parameters
    ----------
    notebooks : iterable of Path
        Chapters, in any order.
    package : Path, optional
        Folder of the package; by default the one that is running.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    parts = dict(_own_parts() if package is None else _parts(package))
    parts |= {f"laid over/{name}": digest for name, digest in layers.hashes().items()}
    for path in notebooks:
        cells = json.dumps(source_cells(path))
        parts[f"notebooks/{path.name}"] = sha256(cells.encode("utf-8"))
    lines = [f"{digest}  {name}\n" for name, digest in sorted(parts.items())]
    return sha256("".join(lines).encode("utf-8"))


@functools.cache
def _own_parts() -> dict[str, str]:
    # Once: the code that runs is the code that was imported, whatever becomes of the files.
    return _parts(Path(needs.__file__).parent)


def _parts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): sha256(_content(path))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    return content if b"\0" in content else content.replace(b"\r\n", b"\n")


@functools.cache
def package_versions() -> Mapping[str, str]:
    """Versions of the packages that the project declares, in order of name."""
    versions = {}
    for line in metadata.requires("needs") or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            versions[requirement.name] = metadata.version(requirement.name)
    return MappingProxyType(dict(sorted(versions.items())))


def make_manifest(
    parameters: RunParameters,
    *,
    area_codes: tuple[str, ...],
    area_name: str,
    code: str,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, bytes],
    notes: Sequence[str] = (),
    unshown: Sequence[str] = (),
    typed: Sequence[str] = (),
    checked: bool = True,
    commentary: Mapping[str, str] = MappingProxyType({}),
    warnings: Sequence[str] = (),
    to_add: Sequence[str] = (),
    since: Mapping[str, Any] = MappingProxyType({}),
    read: Collection[str] | None = None,
    content: str = "",
    chapters: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Describe a run.

    Parameters
    ----------
    parameters : RunParameters
    area_codes, area_name
        What the names among the parameters stand for.
    code : str
        See `code_version`.
    inputs : mapping
        The manifest of the processed data.
    outputs : mapping of str to bytes
        What the run wrote, by path below its folder.
    notes : sequence of str
        What the report says of itself below its title.
    unshown : sequence of str
        What chapters print for their author alone, by notebook and cell.
    typed : sequence of str
        Figures that are typed into their Markdown, by notebook and cell.
    checked : bool
        Whether the tables are known to be those of the raw files.
    commentary : mapping of str to str
        Hashes of the files that people have written, by path.
    warnings : sequence of str
        What their authors should look at, by file and line.
    to_add : sequence of str
        Measures without a figure, each with how it is added: nothing for a reader of the report.
    since : mapping
        Year of the earlier report that this one is set against, and the hash of its register.
    read : collection of str, optional
        Paths of the raw files that the report reads: the others are listed by their path alone.
    content : str
        Hash of the rows that the report reads, of all tables.
    chapters : mapping
        By file name, what each chapter read (see `needs.report.kept_chapters`).

    Returns
    -------
    dict
        JSON data; the same for the same inputs, parameters, code and packages.
    """
    files = [
        {"path": one["path"], "rows": NO_ROWS}
        if read is not None and one["path"] not in read
        else {"path": one["path"], "sha256": one["released"], "of": RELEASED}
        if "released" in one
        else {key: one[key] for key in ("path", "sha256", "size") if key in one}
        for one in inputs.get("files", ())
    ]
    return {
        "area": {"codes": list(area_codes), "name": area_name},
        "parameters": {
            **parameters.model_dump(mode="json", exclude_none=True),
            "areas": list(area_codes),
        },
        "needs": needs.__version__,
        "code": code,
        "packages": dict(package_versions()),
        **({} if checked else {"raw": NOT_CHECKED}),
        **({"notes": list(notes)} if notes else {}),
        **({"not_shown": list(unshown)} if unshown else {}),
        **({"typed": list(typed)} if typed else {}),
        **({"commentary": _listed(commentary)} if commentary else {}),
        **({"commentary_warnings": list(warnings)} if warnings else {}),
        **({"to_add": list(to_add)} if to_add else {}),
        **({"catalogue": _listed(laid)} if (laid := layers.hashes()) else {}),
        **({"since": dict(since)} if since else {}),
        **({"rows": content} if content else {}),
        **({"chapters": dict(chapters)} if chapters else {}),
        "inputs": sorted(files, key=lambda one: str(one["path"])),
        "outputs": {name: sha256(content) for name, content in sorted(outputs.items())},
    }


def _listed(hashes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"path": path, "sha256": digest} for path, digest in sorted(hashes.items())]


def dump(manifest: Mapping[str, Any]) -> bytes:
    """The manifest as it is written."""
    return (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def read(folder: Path) -> dict[str, Any]:
    """The manifest of a report.

    Raises
    ------
    MissingDataError
        The folder holds no report.
    InvalidDataError
        The manifest cannot be read.
    """
    path = folder / NAME
    remedy = "Name a folder that needs run has written, such as reports/worcestershire/2022."
    if not path.is_file():
        raise MissingDataError(f"There is no report in {folder.name or folder}.", NAME, remedy)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidDataError(f"The manifest is not JSON: {error}", NAME, remedy) from None
    if not isinstance(data, dict) or not {"area", "parameters", "outputs"} <= data.keys():
        raise InvalidDataError("The manifest is not one of a report.", NAME, remedy)
    return data


#: What two runs are compared by.
_COMPARED = (
    *("area", "parameters", "needs", "code", "packages", "raw", "commentary", "catalogue"),
    *("since", "rows", "inputs"),
)


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What differs between the manifests of two runs, outputs excepted, a line each.

    Examples
    --------
    >>> differences({"needs": "1", "packages": {"numpy": "2.0"}},
    ...             {"needs": "1", "packages": {"numpy": "2.1"}})
    ['packages: numpy was 2.0, is 2.1']
    """
    lines = []
    for key in _COMPARED:
        was, is_ = (_flat(manifest.get(key)) for manifest in (old, new))
        for name in sorted(was.keys() | is_.keys()):
            if was.get(name) != is_.get(name):
                label = f"{key}: {name}".removesuffix(": ")
                lines.append(f"{label} was {_short(was.get(name))}, is {_short(is_.get(name))}")
    return lines


def _flat(part: Any) -> dict[str, Any]:
    if isinstance(part, dict):
        return part
    if isinstance(part, list):
        return {str(one["path"]): one.get("sha256", one.get("rows")) for one in part}
    return {"": part}


def _short(value: Any) -> str:
    if value is None:
        return "absent"
    text = str(value)
    return text[:12] if re.fullmatch(r"[0-9a-f]{64}", text) else text


def for_authors(described: Mapping[str, Any], *, to_mend: bool = False) -> list[str]:
    """What the authors of a report's chapters should know: what readers do not get, what is typed.

    Parameters
    ----------
    described : mapping
        As `read` returns it.
    to_mend : bool
        Only what somebody has to mend: not the figures that further data would bring.

    Examples
    --------
    >>> for_authors({"typed": ["05_deaths.ipynb, cell 7: 4.2%"]})[0]
    'Typed, with no source behind it: 05_deaths.ipynb, cell 7: 4.2%. Put it in with needs.say.'
    """
    unshown = [f"Not shown to readers: {one}" for one in described.get("not_shown", ())]
    typed = described.get("typed", ())
    typed_lines = [
        f"Typed, with no source behind it: {one}. Put it in with needs.say." for one in typed
    ]
    to_add = [] if to_mend else [f"No figure of {one}" for one in described.get("to_add", ())]
    return [*unshown, *typed_lines, *described.get("commentary_warnings", ()), *to_add]
