"""From a printed number to its formula, inputs, source rows and files."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from needs.errors import MissingDataError, ParameterError
from needs.figures.recorded import REGISTER, read_register
from needs.tables.naming import names_file


def trace(figure_id: str, run: Path | None = None, reports: Path | None = None) -> list[str]:
    """Explain a figure of a report, or list the figures of an indicator.

    Parameters
    ----------
    figure_id : str
        As the register prints it: "drug_misuse_rate.E10000034.2018-20.persons.all-ages"; or the key
        of an indicator, "drug_misuse_rate", whose ids are then listed.
    run : Path, optional
        The report's folder.
    reports : Path, optional
        Folder of reports to look in where `run` is not given.

    Returns
    -------
    list of str
        Lines to print.

    Raises
    ------
    ParameterError
        The figure is in no report, or in several.
    MissingDataError, InvalidDataError
        There is no report, or its register cannot be read.
    """
    folders = [run] if run else sorted(path.parent for path in (reports or Path()).rglob(REGISTER))
    registers = [(folder, read_register(folder)) for folder in folders]
    if not registers:
        raise MissingDataError("There is no report yet.", "reports", "needs run --help")
    found = [
        (folder, register, one)
        for folder, register in registers
        for one in register["figures"]
        if one["id"] == figure_id
    ]
    if not found and (listed := _of_key(figure_id, registers)):
        return listed
    if not found:
        known = {one["id"] for _, register in registers for one in register["figures"]}
        near = get_close_matches(figure_id, sorted(known), n=3)
        raise ParameterError(
            f"There is no figure '{figure_id}'.",
            "FIGURE_ID",
            f"Did you mean {' or '.join(near)}?" if near else "Copy the id from the register.",
        )
    if len(found) > 1:
        raise ParameterError(
            f"The figure '{figure_id}' is in {len(found)} reports.",
            "--run",
            "Name one: " + ", ".join(folder.as_posix() for folder, _, _ in found),
        )
    _, register, figure = found[0]
    return list(_lines(figure, register))


def _of_key(key: str, registers: list[tuple[Path, dict[str, Any]]]) -> list[str]:
    """The ids of an indicator's figures with what each prints, those of the report's area first."""
    lines = []
    for folder, register in registers:
        own = register.get("report", {}).get("area_name")
        of_key = [one for one in register["figures"] if one["indicator"] == key]
        of_key.sort(key=lambda one: one["area_name"] != own)
        if of_key and len(registers) > 1:
            lines.append(f"{folder.as_posix()}:")
        for one in of_key:
            said = (one["area_name"], one["period"], one["sex"], one["printed"])
            lines.append(f"{one['id']}  {', '.join(said)}")
    return lines


def _lines(figure: dict[str, Any], register: dict[str, Any]) -> list[str]:
    lines = [figure["id"], ""]

    def say(label: str, value: Any) -> None:
        if value not in (None, "", [], ()):
            lines.append(f"{label and label + ':':<13} {value}")

    say("Measure", figure["label"])
    say("Area", f"{figure['area_name']} ({figure['area_code']})")
    say("Period", figure["period"])
    say("Sex and age", f"{figure['sex']}, {figure['age']}")
    say("Printed", figure["printed"])
    say("Value", figure["value"])
    if figure["lower"] is not None:
        say("95% interval", f"{figure['lower']} to {figure['upper']}")
    say("Status", figure["status"])
    say("Marks", ", ".join(figure["marks"]))
    say("Formula", figure["formula"])
    say("Numerator", figure["numerator"])
    say("Denominator", figure["denominator"])
    say("Method", figure["method"])
    say("Note", figure["note"])
    for key in figure["sources"]:
        source = register["sources"][key]
        say("Source", f"{source['title']} ({source['producer']})")
        say("", source["landing_page"])
    for row in figure["source_rows"]:
        say("Source row", row)
    named = [one for one in register["files"] if names_file(figure["source_rows"], one["path"])]
    for file in named:
        of = "" if file.get("size", 0) is not None else " of what disclosure control leaves of it"
        say("File", f"{file['path']}, sha256{of} {file['sha256']}")
    for file in [] if named else register["files"]:
        # the rows came in a package, whose descriptor names the publishers' pages
        if file["path"].endswith("datapackage.json") and file.get("size", 0) is not None:
            say("Package", f"{file['path']}, sha256 {file['sha256']}")
    return lines
