"""A new edition of a source: compared with the one before it, declared, and what it changes.

Nothing is guessed that a number depends on. A heading is taken for one of the edition before where
it says the same but for years and notes; any other has to be named by a person (``--same``).
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from python_calamine import CalamineWorkbook

from needs import catalogue as catalogue_module
from needs.catalogue import WORKBOOKS, Edition, Source, declared, layers
from needs.errors import (
    InvalidDataError,
    MissingDataError,
    ParameterError,
    Problem,
    did_you_mean,
    first_of,
)
from needs.sources.readers.heading_maps import cell_text
from needs.sources.whole_files import file_sha256, write_whole
from needs.tables import prepare

#: What identifies a figure of a table that a reader gives, and the figures themselves.
FIGURES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "readings": (
        ("measure", "area_code", "area_name", "period", "sex", "age", "category"),
        ("value", "count", "denominator"),
    ),
    "populations": (("area_code", "area_name", "year", "sex", "age_from"), ("population",)),
    "residents of LSOAs": (("lsoa_code", "year"), ("population",)),
    "index": (("lsoa_code",), ("imd_score", "imd_rank", "imd_decile")),
}

#: Differences that are printed, largest first.
SHOWN = 20

#: A file with fewer of the figures that its own periods had before is taken to be cut off.
CUT_OFF = 0.1

#: A measure whose middle value is so many times what it was may have another unit.
OTHER_UNIT = 3.0

_UNKNOWN = re.compile(r"^Heading '(.+)' is not known; ")
_MISSING = re.compile(r"^Heading '(.+)' is missing; ")
_NO_ROW = re.compile(r"nearest to '(.+?)': '(.+?)'(?=;|,|\.|$)")
_NO_SHEET = re.compile(r"^Sheet '(.+)' is missing\.")
_MAP = re.compile(r"maps/(\w+)\.csv")

#: Options that count what a file holds.
_COUNTED = ("rows", "lsoas")


@dataclass
class Draft:
    """A declaration in the making."""

    source: Source
    before: prepare.Found
    path: Path
    edition: dict[str, Any]
    #: Headings and sheets of the edition before, and what they are called now.
    renamed: dict[str, str] = field(default_factory=dict)
    #: New headings that no name of ours stands for, by heading map.
    passed_over: dict[str, list[str]] = field(default_factory=dict)
    #: What a person has to look at.
    undecided: list[str] = field(default_factory=list)


def new_edition(
    key: str,
    path: Path,
    raw: Path,
    *,
    name: str = "",
    released: date | None = None,
    like: str = "",
    same: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> list[str]:
    """Declare a file as a new edition of a source.

    Parameters
    ----------
    key : str
        Of the source.
    path : Path
        The file, as the publisher issued it, below `raw`.
    raw : Path
        Folder of the publishers' files.
    name : str
        Of the edition; by default that of the edition before, with the years of the file's name.
    released : date, optional
        When the publisher released it.
    like : str
        The edition that it is compared with; by default the last one with headings most like it.
    same : mapping of str to str
        Headings or sheets of that edition that are called something else now.
    folder : Path, optional
        Catalogue to write into; by default the one beside the notebooks.

    Returns
    -------
    list of str
        What is as before, what is not, what could not be decided, and what was written.

    Raises
    ------
    ParameterError
        The source, file or edition is not one that can be added.
    InvalidDataError
        The file is another source's, older, cut off, or has headings that a person must name.
        Nothing is written.
    """
    catalogue = catalogue_module.load()
    if key not in catalogue.sources:
        near = did_you_mean(key, catalogue.sources, "needs list sources")
        raise ParameterError(f"There is no source '{key}'.", "SOURCE", near)
    source = catalogue.sources[key]
    target = folder or _own_folder()
    _refuse_path(source, path, raw, catalogue)
    before = _before(source, path, raw, like)
    draft = _drafted(source, before, path, raw, name, released)
    _refuse_known(source, draft.edition["edition"])
    old = _table(before)
    with tempfile.TemporaryDirectory(prefix="needs-edition-") as place:
        table, maps = _read(draft, Path(place), dict(same or {}))
    compared = _compared(draft, old, table)
    pinned = _pinned(source, path, raw)
    written = _write(draft, maps, pinned, target)
    kept = [f"  {text}" for text in draft.undecided]
    return [
        f"Edition '{draft.edition['edition']}' of {key}, beside '{before.edition.edition}' "
        f"({before.path.name}).",
        *_sheets_told(before.path, path),
        *compared,
        *(["To look at, because a file cannot say it:", *kept] if kept else []),
        *(f"Written: {one}" for one in written),
        "Next: needs check; needs prepare; needs changes, between the reports before and after.",
    ]


def _own_folder() -> Path:
    own = layers.project()
    found = own or next(iter(reversed(layers.overlays())), None)
    if found is None:
        raise ParameterError(
            "There is no project here whose catalogue could take the edition.",
            "--catalogue",
            "Go to the project's folder (cd FOLDER), or name a folder: --catalogue FOLDER",
        )
    return found


def _refuse_path(
    source: Source, path: Path, raw: Path, catalogue: catalogue_module.Catalogue
) -> None:
    """Refuse a file that is not there, not below the raw files, or declared already."""
    if not source.editions:
        raise ParameterError(
            f"The figures of {source.key} come in data packages, not in editions.",
            "SOURCE",
            "See docs/adding-an-indicator.md, From local or login-only data.",
        )
    if not path.is_file():
        raise MissingDataError(
            f"There is no file {path.name}.", "FILE", "Check its name; needs list sources"
        )
    if not path.resolve().is_relative_to(raw.resolve()):
        place = f"{raw.name}/{Path(source.editions[-1].file).parent.as_posix()}/"
        raise ParameterError(
            f"{path.name} is not below {raw.name}, where the publishers' files lie.",
            "FILE",
            f"Copy it, as the publisher issued it, to {place} and name that copy.",
        )
    digest = file_sha256(path)
    for one in prepare.discover(raw, catalogue):
        if one.path.resolve() == path.resolve():
            others = [two for two in one.edition.files(raw) if two.resolve() != path.resolve()]
            if one.source.key == source.key and others:
                continue  # a pattern that fits both: it is narrowed to the one that was there
            raise ParameterError(
                f"{path.name} is edition '{one.edition.edition}' of {one.source.key} already.",
                "FILE",
                "There is nothing to declare: needs check",
            )
        if one.path.stat().st_size == path.stat().st_size and file_sha256(one.path) == digest:
            raise ParameterError(
                f"{path.name} is byte for byte {one.path.name}, edition '{one.edition.edition}' of "
                f"{one.source.key}.",
                "FILE",
                "Download the new edition again; this copy is the old one.",
            )


def _refuse_known(source: Source, edition: str) -> None:
    if edition in {one.edition for one in source.editions}:
        raise ParameterError(
            f"{source.key} has an edition '{edition}' already; nothing is overwritten.",
            "--edition",
            "Give another name: --edition NAME. To change the one that is there, edit its file.",
        )


def _files_before(source: Source, path: Path, raw: Path) -> list[prepare.Found]:
    """Files of the source's editions, the last edition first, without the new one."""
    return [
        prepare.Found(source, edition, one)
        for edition in reversed(source.editions)
        for one in edition.files(raw)
        if one.resolve() != path.resolve()
    ]


def _before(source: Source, path: Path, raw: Path, like: str) -> prepare.Found:
    """The file that a new one is compared with: of those most like it, the last edition's."""
    files = _files_before(source, path, raw)
    if like:
        files = [one for one in files if one.edition.edition == like]
    if not files:
        known = first_of([f"'{one.edition}'" for one in source.editions])
        raise MissingDataError(
            f"There is no file of {like or 'an earlier edition'} to compare it with.",
            f"{source.key}: {known}",
            f"Leave the old file where it was, or bring it back: needs fetch {source.key}",
        )
    words = _top(path)

    def unlike(one: prepare.Found) -> float:
        theirs = _top(one.path)
        return -len(words & theirs) / max(1, len(words | theirs))

    return min(files, key=unlike)  # of two alike the first, which is the last edition


def _top(path: Path) -> set[str]:
    """What a file is known by: its headings and sheets, but for years."""
    if path.suffix.lower() in WORKBOOKS:
        return {_plain(name) for name in _sheet_names(path)}
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return {_plain(cell) for cell in next(csv.reader(file), [])}


def _sheet_names(path: Path) -> list[str]:
    try:
        return list(CalamineWorkbook.from_path(str(path)).sheet_names)
    except Exception as error:  # whatever a damaged archive raises
        raise InvalidDataError(
            f"The workbook cannot be opened: {error}.",
            f"{path.parent.name}/{path.name}",
            "It was cut off, or is no workbook: download it again.",
        ) from None


def _plain(text: str) -> str:
    """A heading but for case, years, notes and signs: what is left says what it holds.

    Examples
    --------
    >>> _plain("LSOA code (2021)") == _plain("LSOA Code (2011)")
    True
    >>> _plain("Rate per 100,000") == _plain("Rate per 10,000")
    False
    """
    text = re.sub(r"\[[^\]]*\]", "", cell_text(text)).casefold()
    text = re.sub(r"\b(?:19|20)\d\d(?:[-/–]\d\d(?:\d\d)?)?\b", "", text)
    return re.sub(r"[\W_]+", " ", text).strip()


def _numbers(path: Path) -> list[str]:
    return re.findall(r"\d+", path.stem)


def _years(before: Path, path: Path) -> dict[str, str]:
    """Years in the name of the file before, and what stands in their place now.

    Examples
    --------
    >>> _years(Path("mye22final.xlsx"), Path("mye23tablesew.xlsx"))
    {'2022': '2023'}
    """
    pairs = zip(_numbers(before), _numbers(path), strict=False)
    found = {}
    for old, new in pairs:
        if old != new and len(old) == len(new) and len(old) in (2, 4):
            century = "20" if len(old) == 2 else ""
            found[century + old] = century + new
    return found


def _drafted(
    source: Source, before: prepare.Found, path: Path, raw: Path, name: str, released: date | None
) -> Draft:
    years = _years(before.path, path)
    old = before.edition
    named = name or re.sub(r"\d{4}", lambda one: years.get(one[0], one[0]), old.edition)
    if named == old.edition:
        raise ParameterError(
            f"The name of {path.name} does not say what to call the edition after '{named}'.",
            "--edition",
            "Name it: --edition NAME, with the year of its figures, say",
        )
    entry: dict[str, Any] = {"edition": named, "file": path.relative_to(raw).as_posix()}
    draft = Draft(source, before, path, entry)
    if old.interface != "file":
        entry["interface"] = old.interface
    if released:
        entry["released"] = released
    else:
        draft.undecided.append(
            "released: when the publisher released it (--released YYYY-MM-DD, or write it into "
            "the file below). Reports as of a date need it."
        )
    draft.undecided.append(
        f"address: where needs fetch may bring it from. The page: {source.landing_page}"
    )
    options = dict(old.options)
    for option, value in options.items():
        if isinstance(value, int) and str(value) in years:
            options[option] = int(years[str(value)])
            draft.undecided.append(f"{option}: {options[option]}, by the file's name.")
        elif option in ("valid", "lsoa_vintage"):
            draft.undecided.append(f"{option}: {value}, as in edition '{old.edition}'.")
    if options:
        entry["options"] = options
    if source.gives == "index" and not released:
        raise ParameterError(
            "An index is chosen by its date of release, and none is given.",
            "--released",
            "Give it as the publisher's page has it: --released YYYY-MM-DD",
        )
    return draft


def _table(one: prepare.Found) -> pd.DataFrame:
    table, problems = prepare.read_found(one)
    if table is None:
        raise InvalidDataError(
            f"Edition '{one.edition.edition}' of {one.source.key} cannot be read, so nothing can "
            "be compared with it.",
            one.path.name,
            "Mend it first: needs check",
            problems=problems,
        )
    return table


def _read(
    draft: Draft, place: Path, same: dict[str, str]
) -> tuple[pd.DataFrame, dict[str, list[dict[str, str]]]]:
    """Read the new file with the headings of the edition before, as they are called now.

    Returns
    -------
    table : DataFrame
        What the reader gives.
    maps : dict of str to list of dict
        Rows of the new edition's column, by heading map.
    """
    options = dict(draft.edition.get("options", {}))
    draft.renamed = same
    counted = {one: options.pop(one) for one in _COUNTED if one in options}
    trial = Edition.model_validate(draft.edition | {"options": options})
    found = prepare.Found(draft.source, trial, draft.path)
    with layers.trying(place) as asked:
        prepare.read_found(draft.before)
    shapes = sorted(name[5:-4] for name in asked if name.startswith("maps/"))
    while True:
        maps = {one: rows for one in shapes if (rows := _column(one, draft))}
        _lay(place, maps)
        with layers.trying(place):
            table, problems = prepare.read_found(found)
        if table is not None:
            break
        if not _learned(draft, problems):
            raise InvalidDataError(
                f"{draft.path.name} cannot be read as edition '{draft.before.edition.edition}' "
                "was; nothing is written.",
                f"{draft.path.parent.name}/{draft.path.name}",
                "Where a heading or sheet is called something else now, say so: --same "
                '"OLD=NEW", once for each. Where nothing fits, it is the file of another source, '
                "or cut off.",
                problems=problems,
            )
    _vintage(draft)
    counts = {"rows": len(table), "lsoas": table.get("lsoa_code", pd.Series()).nunique()}
    for option in counted:
        draft.edition["options"][option] = counts[option]
        draft.undecided.append(f"{option}: {counts[option]:,}, as counted in the file.")
    return table, maps


def _column(shape: str, draft: Draft) -> list[dict[str, str]]:
    """The new edition's column of a map: the one before it, with what is called otherwise now."""
    rows = layers.in_use(f"maps/{shape}.csv").rows()
    before, now = draft.before.edition.edition, str(draft.edition["edition"])
    heads = list(rows[0])
    made = []
    if before in heads[2:]:
        made = [
            {heads[0]: row[heads[0]], heads[1]: row[heads[1]], now: _now(row[before], draft)}
            for row in rows
            if row[before]
        ]
    elif heads[:2] == ["name", "need"]:  # a map that all editions share takes what is new alone
        headings = {row[head]: row for row in rows for head in heads[2:] if row[head]}
        made = [
            {"name": headings[old]["name"], "need": headings[old]["need"], now: new}
            for old, new in draft.renamed.items()
            if old in headings
        ]
    new = draft.passed_over.get(shape, ())
    return made + [{"name": "ignored", "need": "optional", now: one} for one in new]


def _now(heading: str, draft: Draft) -> str:
    return draft.renamed.get(cell_text(heading), heading)


def _learned(draft: Draft, problems: Sequence[Problem]) -> bool:
    """Whether the faults of a reading say what something is called now, or what is new."""
    before = (dict(draft.renamed), {key: list(one) for key, one in draft.passed_over.items()})
    unknown: dict[str, str] = {}
    missing: list[str] = []
    for one in problems:
        shape = _MAP.search(one.remedy)
        if (told := _UNKNOWN.match(one.what)) and shape:
            unknown[told[1]] = shape[1]
        elif told := _MISSING.match(one.what):
            missing.append(told[1])
        elif told := _NO_SHEET.match(one.what):
            _take(draft, [told[1]], _sheet_names(draft.path))
        for old, new in _NO_ROW.findall(one.what):
            _take(draft, [old], [new])
    _take(draft, _all_before(unknown.values(), draft), list(unknown))
    taken = set(draft.renamed.values())
    left = [one for one in unknown if one not in taken]
    if left and not [one for one in missing if one not in draft.renamed]:
        for heading in left:  # nothing that is needed is missing: what is new is passed over
            draft.passed_over.setdefault(unknown[heading], []).append(heading)
    after = (draft.renamed, draft.passed_over)
    return before != after


def _all_before(shapes: Iterable[str], draft: Draft) -> list[str]:
    name = draft.before.edition.edition
    rows = [row for one in set(shapes) for row in layers.in_use(f"maps/{one}.csv").rows()]
    return [cell_text(row[name]) for row in rows if row.get(name)]


def _take(draft: Draft, old: Sequence[str], new: Sequence[str]) -> None:
    """Take headings for each other that say the same but for years and notes, if one alone does."""
    for one in old:
        alike = [two for two in new if _plain(two) == _plain(one)]
        rivals = [two for two in old if _plain(two) == _plain(one)]
        if len(alike) == 1 and len(rivals) == 1 and alike[0] != one:
            draft.renamed.setdefault(one, alike[0])


def _vintage(draft: Draft) -> None:
    """Take an option's year from headings whose year is another one now: "LSOA code (2021)"."""
    options = draft.edition.get("options", {})
    pairs = {
        (one, two)
        for old, new in draft.renamed.items()
        if "lsoa" in old.casefold()
        for one, two in zip(re.findall(r"\d{4}", old), re.findall(r"\d{4}", new), strict=False)
    }
    value = str(options.get("lsoa_vintage", ""))
    found = {two for one, two in pairs if one == value}
    if len(found) == 1:
        options["lsoa_vintage"] = int(found.pop())
        draft.undecided = [one for one in draft.undecided if not one.startswith("lsoa_vintage")]
        draft.undecided.append(f"lsoa_vintage: {options['lsoa_vintage']}, by its headings.")


def _sheets_told(before: Path, path: Path) -> list[str]:
    if path.suffix.lower() not in WORKBOOKS:
        return []
    old, new = _sheet_names(before), _sheet_names(path)
    lines = [f"Sheets: {len(set(old) & set(new))} as before."]
    for word, names in (("gone", set(old) - set(new)), ("new", set(new) - set(old))):
        if names:
            lines.append(f"  {word}: {first_of(sorted(names))}")
    return lines


def _compared(draft: Draft, old: pd.DataFrame, new: pd.DataFrame) -> list[str]:
    """What is not as in the edition before: headings, areas, periods, units and figures.

    Raises
    ------
    InvalidDataError
        The file is of an older edition, or cut off.
    """
    gives = draft.source.gives
    lines = [
        f"Headings and sheets that are called otherwise now: {len(draft.renamed)}.",
        *(f"  '{one}' is '{two}'" for one, two in draft.renamed.items()),
    ]
    for shape, headings in draft.passed_over.items():
        lines.append(f"New headings, passed over ({shape}): {len(headings)}.")
        lines += [f"  '{one}'" for one in headings]
        draft.undecided.append(f"Whether a new heading is of use; the map is {shape}.csv.")
    if gives not in FIGURES:
        return [*lines, f"Rows: {len(new):,}, before {len(old):,}."]
    key, values = FIGURES[gives]
    place = next(one for one in key if "code" in one)
    if gives == "readings":
        old, new = (one.assign(area_code=_codes(one)) for one in (old, new))
    lines += _places_told(old, new, place)
    time = next((one for one in ("period", "year") if one in key), "")
    if time:
        lines += _times_told(draft, old, new, time)
    _refuse_cut_off(draft, old, new, time)
    lines += _units_told(draft, old, new, values, time)
    return lines + _differences(old, new, key, values)


def _codes(table: pd.DataFrame) -> pd.Series[str]:
    return table["area_code"].where(table["area_code"] != "", table["area_name"])


def _places_told(old: pd.DataFrame, new: pd.DataFrame, place: str) -> list[str]:
    was, now = set(old[place]), set(new[place])
    lines = [
        f"Areas: {len(was & now):,} as before, {len(now - was):,} new, {len(was - now):,} gone."
    ]
    named = place.replace("_code", "_name")
    for word, codes, table in (("new", now - was, new), ("gone", was - now, old)):
        if codes and named in table.columns:
            names = table.drop_duplicates(place).set_index(place)[named]
            lines.append(
                f"  {word}: {first_of([f'{names[one]} ({one})' for one in sorted(codes)])}"
            )
    return lines


def _times_told(draft: Draft, old: pd.DataFrame, new: pd.DataFrame, time: str) -> list[str]:
    order = "period_end" if time == "period" else time
    newest = [one.sort_values(order, kind="stable")[time].iloc[-1] for one in (old, new)]
    if new[order].max() < old[order].max():
        raise InvalidDataError(
            f"{draft.path.name} is older than edition '{draft.before.edition.edition}': its newest "
            f"figures are of {newest[1]}, those of {newest[0]} are there already.",
            f"{draft.path.parent.name}/{draft.path.name}",
            "Nothing is written. Download the newest file from " + draft.source.landing_page,
        )
    was, now = set(old[time]), set(new[time])
    added = first_of(sorted(map(str, now - was))) if now - was else "none"
    lines = [f"Newest period: {newest[1]}, before {newest[0]}. New periods: {added}."]
    if was - now:
        lines.append(f"  Only in the edition before: {first_of(sorted(map(str, was - now)))}")
    return lines


def _refuse_cut_off(draft: Draft, old: pd.DataFrame, new: pd.DataFrame, time: str) -> None:
    """Refuse a file that has many fewer figures for a time than the edition before had."""
    if not time:
        return
    each = [one.groupby(time).size() for one in (old, new)]
    # of a time that both have, the same; of a new one, as many as the newest had
    usual = each[0].reindex(each[1].index).fillna(each[0].iloc[-1])
    few = each[1][each[1] < (1 - CUT_OFF) * usual]
    if len(few):
        one = few.index[0]
        raise InvalidDataError(
            f"{draft.path.name} has {few.iloc[0]:,} rows of {one}, where edition "
            f"'{draft.before.edition.edition}' lets expect {usual[one]:,.0f}: it looks cut off.",
            f"{draft.path.parent.name}/{draft.path.name}",
            "Nothing is written. Download it again; or compare it with another edition: --like "
            "EDITION",
        )


def _units_told(
    draft: Draft, old: pd.DataFrame, new: pd.DataFrame, values: Sequence[str], time: str
) -> list[str]:
    """Measures whose middle value is many times what it was."""
    by = [one for one in ("measure", "sex") if one in old.columns]
    found = []
    for value in values:
        middles = []
        for table in (old, new):
            last = table[table[time] == table[time].max()] if time == "year" else table
            grouped = (
                last.groupby(by)[value].median() if by else pd.Series({"": last[value].median()})
            )
            middles.append(grouped)
        ratio = (middles[1] / middles[0]).replace([float("inf"), 0.0], float("nan")).dropna()
        for which, times in ratio[(ratio > OTHER_UNIT) | (ratio < 1 / OTHER_UNIT)].items():
            said = ", ".join(which) if isinstance(which, tuple) else str(which)
            found.append(f"  {said} {value}: the middle value is {times:.3g} times what it was")
    if found:
        draft.undecided.append("Whether a unit has changed: see Units.")
    return [f"Units: {'to look at' if found else 'of the same size as before'}.", *found]


def _differences(
    old: pd.DataFrame, new: pd.DataFrame, key: Sequence[str], values: Sequence[str]
) -> list[str]:
    """Figures that both editions give, and those that differ, the largest change first."""
    by = [one for one in key if one != "area_name"]
    both = old[[*key, *values]].merge(new[[*by, *values]], on=by, suffixes=("", " now"))
    if both.empty:
        return ["Figures that both give: none; they are of different times or places."]
    changes = []
    for value in values:
        was, now = both[value], both[f"{value} now"]
        differ = ~((was - now).abs() <= 1e-9 * was.abs().clip(lower=1)) & ~(was.isna() & now.isna())
        part = both[differ].assign(figure=value, was=was[differ], now=now[differ])
        changes.append(part[[*key, "figure", "was", "now"]])
    table = pd.concat(changes, ignore_index=True)
    size = ((table["now"] - table["was"]).abs() / table["was"].abs().clip(lower=1e-9)).fillna(
        float("inf")
    )
    table = table.loc[size.sort_values(ascending=False, kind="stable").index]
    lines = [f"Areas and times that both give: {len(both):,}; figures changed: {len(table):,}."]
    for row in table.head(SHOWN).to_dict("records"):
        named = [str(row[one]) for one in key if str(row[one]) not in ("", "nan")]
        lines.append(f"  {', '.join(named)}, {row['figure']}: {row['was']:g}, now {row['now']:g}")
    if len(table) > SHOWN:
        lines.append(f"  and {len(table) - SHOWN:,} smaller changes")
    return lines


def _pinned(source: Source, path: Path, raw: Path) -> list[dict[str, Any]]:
    """Editions whose pattern fits the new file too, narrowed to the file that was theirs."""
    found = []
    for edition in source.editions:
        files = edition.files(raw)
        others = [one for one in files if one.resolve() != path.resolve()]
        if len(files) > len(others) == 1:
            own = others[0].relative_to(raw).as_posix()
            found.append({"edition": edition.edition, "file": own})
    return found


def _lay(place: Path, maps: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
    for shape, rows in maps.items():
        write_whole(place / "maps" / f"{shape}.csv", _as_csv(rows))


def _as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _write(
    draft: Draft,
    maps: Mapping[str, list[dict[str, str]]],
    pinned: list[dict[str, Any]],
    target: Path,
) -> list[str]:
    """Write headings first, then the declaration that uses them; what is there is added to."""
    texts: dict[Path, str] = {}
    for shape, rows in maps.items():
        path = target / "maps" / f"{shape}.csv"
        if path.is_file() and (there := layers.alone(path).rows()):
            if draft.edition["edition"] in there[0]:
                raise ParameterError(
                    f"{path.name} has a column of that edition already; nothing is overwritten.",
                    f"{target.name}/maps/{path.name}",
                    "Take the column out, or give the edition another name: --edition NAME",
                )
            columns = dict.fromkeys([*there[0], *rows[0]], "")
            rows = [columns | row for row in [*there, *rows]]
        texts[path] = _as_csv(rows)
    path = target / "sources" / f"{draft.source.key}.yaml"
    editions = [*pinned, draft.edition]
    texts[path] = _with_editions(path, editions)
    with tempfile.TemporaryDirectory(prefix="needs-edition-") as place:
        for one, text in texts.items():
            write_whole(Path(place) / one.relative_to(target), text)
        with layers.trying(Path(place)):
            catalogue_module.load()  # what would be at fault there is told before it is written
    for one, text in texts.items():
        write_whole(one, text)
    return [f"{target.name}/{one.relative_to(target).as_posix()}" for one in texts]


def _with_editions(path: Path, editions: list[dict[str, Any]]) -> str:
    """The text of a source's file with editions at the end of its list; comments stay."""
    added = yaml.safe_dump(editions, sort_keys=False, allow_unicode=True, width=110)
    if not path.is_file():
        return f"editions:\n{added}"
    text = path.read_text(encoding="utf-8-sig")
    known = {one["edition"] for one in (declared.read(path) or {}).get("editions", ())}
    again = [one["edition"] for one in editions if one["edition"] in known]
    if again:
        raise ParameterError(
            f"{path.name} declares {', '.join(again)} already; nothing is overwritten.",
            f"{path.parent.name}/{path.name}",
            "Edit it by hand.",
        )
    if not known:
        return f"{text.rstrip()}\neditions:\n{added}"
    lines = text.splitlines(keepends=True)
    begins = next(n for n, line in enumerate(lines) if line.startswith("editions:"))
    ends = next(
        (n for n in range(begins + 1, len(lines)) if re.match(r"[A-Za-z_]", lines[n])), len(lines)
    )
    before = "".join(lines[:ends])
    return before + ("" if before.endswith("\n") else "\n") + added + "".join(lines[ends:])
