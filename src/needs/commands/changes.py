"""What changed between two reports, and why: this year's against last year's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from needs import catalogue
from needs.commands.trace import read_register
from needs.errors import InvalidDataError, ParameterError
from needs.report import manifest as manifests
from needs.sources.periods import parse

#: Measures of what the area's statistical neighbours are like.
_NEIGHBOURS = "neighbours_"

#: What makes two figures the same measure of the same people, in whatever period.
_MEASURE = ("indicator", "area_code", "sex", "age", "note")


@dataclass(frozen=True)
class Change:
    """One difference between two registers.

    `kind` is "revised" (the same period, another value), "newer" (a later period), "new" (a measure
    that the old report did not have) or "gone" (one that the new report does not have).
    """

    kind: str
    label: str
    area: str
    old: str
    new: str
    indicator: str = ""

    def __str__(self) -> str:
        match self.kind:
            case "new":
                return f"new: {self.label}, {self.area}: {self.new}"
            case "gone":
                return f"gone: {self.label}, {self.area}: was {self.old}"
            case _:
                return f"{self.kind}: {self.label}, {self.area}: {self.old} -> {self.new}"


def changes(old: Path, new: Path) -> list[Change]:
    """Compare the figure registers of two reports.

    Parameters
    ----------
    old, new : Path
        Folders of reports, each with ``figures.json``.

    Returns
    -------
    list of Change
        The report's own area first, its headline figures before the rest; revised figures, then
        newer, new and gone ones.

    Raises
    ------
    MissingDataError, InvalidDataError
        A folder holds no report, or its register cannot be read.
    ParameterError
        The reports are of different areas.
    """
    reports = [read_register(folder).get("report", {}) for folder in (old, new)]
    _refuse_two_areas(*reports)
    before, after = (_figures(folder) for folder in (old, new))
    found = [*_revised(before, after), *_moved(before, after)]
    order = {"revised": 0, "newer": 1, "new": 2, "gone": 3}
    own = reports[1].get("area_name", "")
    headline = {key for key, one in catalogue.load().indicators.items() if one.headline}
    return sorted(
        found,
        key=lambda one: (
            one.area != own,
            one.indicator not in headline,
            order[one.kind],
            one.label,
            one.area,
            one.old,
        ),
    )


def _refuse_two_areas(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """A new code under the old name is the same area, and so is a new name of the same codes."""
    names = [str(one.get("area_name", "")) for one in (old, new)]
    codes = [one.get("area_codes", []) for one in (old, new)]
    if all(names) and names[0] != names[1] and codes[0] != codes[1]:
        raise ParameterError(
            f"The reports are of two areas: {names[0]} and {names[1]}.",
            "OLD_RUN, NEW_RUN",
            "Give two reports of one area.",
        )


def folded(found: Sequence[Change]) -> list[str]:
    """A line for each change; features of the neighbours, which say little, in one with a count.

    Examples
    --------
    >>> folded([Change("new", "Distance", "There", "", "0.4", "neighbours_distance"),
    ...         Change("new", "Deaths", "Here", "", "3", "deaths")])
    ['new: Deaths, Here: 3', '1 feature of statistical neighbours differs: see the annex.']
    """
    near = [one for one in found if one.indicator.startswith(_NEIGHBOURS)]
    lines = [str(one) for one in found if one not in near]
    if near:
        what = "feature" if len(near) == 1 else "features"
        verb = "differs" if len(near) == 1 else "differ"
        lines.append(f"{len(near)} {what} of statistical neighbours {verb}: see the annex.")
    return lines


def tally(found: Sequence[Change]) -> str:
    """How many figures changed, by kind.

    Examples
    --------
    >>> tally([]), tally([Change("new", "Deaths", "Here", "", "3")])
    ('No figure changed.', '1 new.')
    """
    counts = Counter(one.kind for one in found)
    said = [
        f"{counts[kind]} {kind}" for kind in ("revised", "newer", "new", "gone") if counts[kind]
    ]
    return f"{', '.join(said)}." if said else "No figure changed."


def reasons(old: Path, new: Path) -> list[str]:
    """Say which parameters, inputs and code differ between two reports, from their manifests."""
    return manifests.differences(manifests.read(old), manifests.read(new))


def _revised(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[Change]:
    for key in before.keys() & after.keys():
        old, new = before[key], after[key]
        if old["printed"] != new["printed"]:
            yield Change(
                "revised",
                f"{new['label']}, {new['period']}",
                str(new["area_name"]),
                str(old["printed"]),
                str(new["printed"]),
                str(new["indicator"]),
            )


def _moved(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[Change]:
    old, new = _newest(before.values()), _newest(after.values())
    for key in old.keys() | new.keys():
        was, now = old.get(key), new.get(key)
        one = now or was or {}
        label, area, indicator = (str(one[name]) for name in ("label", "area_name", "indicator"))
        if was is None:
            yield Change("new", label, area, "", _said(now), indicator)
        elif now is None:
            yield Change("gone", label, area, _said(was), "", indicator)
        elif was["period"] != now["period"] and not _same_for_its_year(was, now):
            yield Change("newer", label, area, _said(was), _said(now), indicator)


def _same_for_its_year(was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a figure made for the reporting year ("for 2026") is the last year's still."""
    of_year = all(str(one["period"]).startswith("for ") for one in (was, now))
    return of_year and bool(was["printed"] == now["printed"])


def _newest(figures: Iterable[Mapping[str, Any]]) -> dict[tuple[str, ...], Mapping[str, Any]]:
    """The figure of the latest period of each measure, shown ones only."""
    found: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for one in figures:
        if one["status"] != "shown":
            continue
        key = tuple(str(one[name]) for name in _MEASURE)
        if key not in found or _end(one) > _end(found[key]):
            found[key] = one
    return found


def _end(figure: Mapping[str, Any]) -> str:
    """The end of a period; periods that are no dates (an index edition) sort by their name."""
    try:
        return str(parse(str(figure["period"])).end)
    except InvalidDataError:
        return str(figure["period"])


def _said(figure: Mapping[str, Any] | None) -> str:
    return "" if figure is None else f"{figure['printed']} ({figure['period']})"


def _figures(folder: Path) -> dict[str, Mapping[str, Any]]:
    return {str(one["id"]): one for one in read_register(folder)["figures"]}
