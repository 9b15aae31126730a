"""Files of commentary: read within bounds, and YAML whose faults name their line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from needs.catalogue import declared
from needs.errors import Problem, did_you_mean

#: Folder of all commentary, beside that of the notebooks.
FOLDER = "commentary"

#: The file above the areas' folders, and those in each.
HOUSE, REPORT, RECOMMENDATIONS = "house.yaml", "report.yaml", "recommendations.yaml"
WRITTEN = "written_against.csv"

#: How images' names end.
IMAGES = (".png", ".jpg", ".jpeg", ".svg")

_KINDS = (".md", ".markdown", ".yaml", ".csv", *IMAGES)

#: Bytes of a text.
LARGEST = 1_000_000

M = TypeVar("M", bound="Written")


class Written(BaseModel):
    """What a person writes in YAML; an unknown name is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def read_text(path: Path, problems: list[Problem]) -> str:
    """A text file; empty where it cannot be read, which is then among the problems."""
    shown = f"{path.parent.name}/{path.name}"
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            what = f"The file is larger than {LARGEST:,} bytes."
            problems.append(Problem(what, shown, "Take out what is not text, or divide it."))
            return ""
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = 1 + error.object[: error.start].count(b"\n")
        remedy = "Save it as UTF-8: in Notepad and Word, choose UTF-8 as the encoding."
        problems.append(Problem("The file is not in UTF-8.", f"{shown}, line {line}", remedy))
    except OSError as error:
        problems.append(Problem(f"The file cannot be read: {error.strerror}.", shown))
    return ""


def read_yaml(path: Path, kind: type[M], problems: list[Problem]) -> M | None:
    """A YAML file as a model; None where something is wrong, each fault with its line.

    A file that is empty, or holds comments alone, is a model without anything set.
    """
    shown = f"{path.parent.name}/{path.name}"
    before = len(problems)
    text = read_text(path, problems)
    if len(problems) > before:
        return None
    try:
        data = declared.parse(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{shown}, line {mark.line + 1}" if mark else shown
        said = str(getattr(error, "problem", "") or "").strip() or "it cannot be read"
        remedy = "Put text that holds a colon or begins with a sign into quotation marks."
        problems.append(Problem(f"The file is not YAML: {said}.", where, remedy))
        return None
    try:
        return kind.model_validate({} if data is None else data)
    except ValidationError as error:
        for fault in error.errors():
            where = f"{shown}, line {line_of(text, fault['loc'])}"
            problems.append(_problem(dict(fault), kind, where))
    return None


def hashes_of(folder: Path) -> dict[str, str]:
    """SHA-256 of an area's files, and of the house's, by path below the folder of them all."""
    every = [folder.parent / HOUSE, *sorted(folder.rglob("*"))]
    return {
        path.relative_to(folder.parent).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in every
        if path.is_file() and path.suffix.casefold() in _KINDS
    }


def _problem(fault: dict[str, Any], kind: type[BaseModel], where: str) -> Problem:
    place = ".".join(str(one) for one in fault["loc"]) or "the file"
    name = str(fault["loc"][-1]) if fault["loc"] else ""
    match fault["type"]:
        case "extra_forbidden":
            known = _names(kind)
            remedy = did_you_mean(name, known, f"Known are {', '.join(known)}.", quote="'")
            return Problem(f"There is no '{name}' here.", where, remedy)
        case "missing":
            return Problem(f"'{name}' is missing.", where, "Add it; docs/commentary.md shows how.")
        case "literal_error":
            expected = str(fault["ctx"]["expected"])
            return Problem(f"{place} is '{fault['input']}'.", where, f"Write {expected}.")
        case kind_ if kind_.startswith("date"):
            remedy = "Write it as YYYY-MM-DD, such as 2023-03-31."
            return Problem(f"{place} is '{fault['input']}', and no date.", where, remedy)
        case "value_error":
            return Problem(f"{place}: {fault['ctx']['error']}.", where)
        case _:
            return Problem(f"{place}: {fault['msg']}.", where)


def _names(kind: type[BaseModel]) -> list[str]:
    """Every name that a file of a kind may hold, at whichever depth."""
    found: dict[str, None] = {}
    for name, one in kind.model_fields.items():
        found[name] = None
        for inner in re.findall(r"needs\.commentary\.\w+\.(\w+)", str(one.annotation)):
            below = next((k for k in _every(Written) if k.__name__ == inner), None)
            found |= dict.fromkeys(_names(below) if below else ())
    return list(found)


def _every(kind: type[BaseModel]) -> list[type[BaseModel]]:
    return [one for sub in kind.__subclasses__() for one in (sub, *_every(sub))]


def line_of(text: str, path: Sequence[str | int]) -> int:
    r"""The line of a value in YAML that has been read; if it is missing, of what is above it.

    Examples
    --------
    >>> line_of("a: 1\nb:\n- c: 2\n- c: 3", ("b", 1, "c"))
    4
    """
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pair = next((one for one in node.value if str(one[0].value) == str(step)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            if step >= len(node.value):
                break
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
