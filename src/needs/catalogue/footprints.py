"""Footprints that are declared by name, and their members: by the catalogue in use, and beside it.

What is made of them, several authorities as one area, stands in `needs.figures.footprint`.
"""

from __future__ import annotations

from pathlib import Path

from needs import catalogue
from needs.catalogue import layers
from needs.errors import InvalidDataError, Problem


def own_file() -> Path | None:
    """The project's own ``footprints.yaml``: in the current folder, or the nearest above it."""
    here = Path.cwd()
    places = (folder / "footprints.yaml" for folder in (here, *here.parents))
    return next((path for path in places if path.is_file()), None)


def known_footprints() -> dict[str, tuple[str, ...]]:
    """Footprints by name: those that come with the program, and the project's own, which win."""
    own = own_file()
    return declared_footprints() | (declared_footprints(own) if own else {})


def declared_footprints(path: Path | None = None) -> dict[str, tuple[str, ...]]:
    """Footprints that a file declares by name, with their members' names or codes.

    Parameters
    ----------
    path : Path, optional
        By default ``footprints.yaml`` of the catalogue in use.

    Raises
    ------
    InvalidDataError
        When the file is not a mapping of a name to a list of two or more authorities.

    Examples
    --------
    >>> declared_footprints()["Herefordshire and Worcestershire"]
    ('Herefordshire, County of', 'Worcestershire')
    """
    file = layers.alone(path) if path else catalogue.in_use("footprints.yaml")
    given = file.data() or {}
    problems = []
    if not isinstance(given, dict):
        given, problems = {}, [Problem("It is not a mapping of names to lists.", file.name)]
    for name, members in given.items():
        if not isinstance(members, list) or len(set(map(str, members))) < 2:
            problems.append(
                Problem(
                    f"'{name}' does not list two or more authorities.",
                    file.name,
                    "List their names or codes, one a line, each with a hyphen.",
                )
            )
    if problems:
        raise InvalidDataError("The file of footprints has faults.", file.name, problems=problems)
    return {str(name): tuple(map(str, members)) for name, members in given.items()}
