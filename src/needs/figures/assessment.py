"""One area and one reporting year, cut out of the processed tables: what every chapter starts from.

`load` reads only the rows that the report needs. The methods of `Assessment` turn rows into
`Figure`s, so that a number has one id, one status and one trail wherever it is shown.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
import os
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import shapely

from needs import catalogue as catalogue_module
from needs.catalogue import AS_PRINTED, Catalogue, Index, Indicator, layers
from needs.catalogue.footprints import known_footprints
from needs.errors import InvalidDataError, MissingDataError, ParameterError, Problem
from needs.figures import footprint, parts_read
from needs.figures import neighbours as statistical
from needs.figures.figure import WHOLE_SCALE, Figure, Series
from needs.sources.area_codes import ENGLAND, ENGLAND_AND_WALES, UPPER
from needs.sources.columns import FILES
from needs.sources.periods import parse
from needs.stats.evidence import among_areas, with_spread
from needs.stats.intervals import widest_limits
from needs.stats.status import Status
from needs.tables import same_land
from needs.tables.areas import (
    Area,
    children,
    district_codes,
    find,
    same_place,
    upper_tiers,
)
from needs.tables.corrected import correction_of
from needs.tables.naming import figure_id
from needs.tables.same_land import ADDED, ADDED_UP
from needs.tables.stored import BRITISH_NATIONAL_GRID, crs_code, read_table

Made = TypeVar("Made")

#: How a figure was made, where that is not its indicator's own formula.
FORMULAS: Mapping[str, str] = {
    ADDED: "sum over its authorities",
    ADDED_UP: "sum of the areas that make up the same land",
    footprint.JOINED: "sum over its members",
}

#: Statistics whose rates imply how many events there were.
RATES = ("crude_rate", "directly_standardised_rate")

#: From so many areas on the spread between them is known.
MANY_AREAS = 30

#: What a formula says of limits that come from those of the parts of a sum.
DEPENDENT = "; limits: the parts' errors taken as fully dependent, the wider assumption"
INDEPENDENT = "; limits: the parts' errors taken as independent"


#: What an assessment holds of the processed data; the chapters' reading of them is noted.
TABLES = (
    *("observations", "later", "lsoa", "neighbours", "authority_features", "populations"),
    *("claims", "boundaries", "local_rates", "consultation", "official_neighbours"),
    "other_indices",
)


@dataclass(frozen=True)
class Place:
    """An area by its code, its name in sentences, and its kind."""

    code: str
    name: str
    kind: str


@dataclass(frozen=True)
class Assessment:
    """The slice of the processed data that one report is made from.

    Attributes
    ----------
    area : Place
        The area of the report.
    year : int
        The reporting year: the newest period that ends in or before it is used.
    regions : tuple of Place
    england : Place
        Comparators; a footprint may lie in more than one region.
    districts : tuple of Place
        The parts that are shown apart: districts of a county, members of a footprint; empty for an
        authority without districts.
    members : tuple of Place
        Authorities of a footprint; empty for one authority.
    observations : DataFrame
        Up to the reporting year, see `needs.sources.schemas`.
    later : DataFrame
        Periods that end after the reporting year: listed in the annex, never used before.
    lsoa : DataFrame
        The area's LSOAs on the newest index published by the reporting year, with the newest
        population on its own boundaries (`population`) and where that stands
        (`population_source`, `population_source_row`).
    boundaries : DataFrame or None
        Their outlines: code, and geometry, shapely's polygons in metres of the British National
        Grid. ``geopandas.GeoDataFrame(na.boundaries, crs=27700)`` plots them.
    neighbours : DataFrame
        Pairs of those LSOAs that share a border or a corner; empty where not at hand.
    authority_features : DataFrame
        What all upper-tier authorities and a footprint are compared by, see
        `needs.figures.neighbours.features`; empty where not at hand.
    official_neighbours : DataFrame
        The area's neighbours by a publisher's own list, under the codes of the reporting year:
        rank, area_code, distance, year, source, source_row; empty for a footprint, for an area that
        the list does not have, and before there was one.
    neighbours_by : str
        Whose statistical neighbours are wanted, see `needs.figures.neighbours.CHOICES`.
    local_rates, consultation : DataFrame
        Of data packages for the area, see `needs.sources.schemas`; empty where there is none.
    as_of : str
        Day by which figures were published; empty for all figures.
    files_of : frozenset of str
        Keys of sources whose files are at hand themselves, not only rows of them in a data package.
    other_indices : tuple of (str, DataFrame, int or None)
        Edition, `lsoa` and `lsoa_population_year` of the other indices at hand: for claims only.
    """

    area: Place
    year: int
    regions: tuple[Place, ...]
    england: Place
    districts: tuple[Place, ...]
    members: tuple[Place, ...]
    areas: pd.DataFrame = field(repr=False)
    observations: pd.DataFrame = field(repr=False)
    later: pd.DataFrame = field(repr=False)
    lsoa: pd.DataFrame = field(repr=False)
    neighbours: pd.DataFrame = field(repr=False)
    authority_features: pd.DataFrame = field(repr=False)
    index_edition: str
    lsoa_population_year: int | None
    populations: pd.DataFrame = field(repr=False)
    claims: pd.DataFrame = field(repr=False)
    boundaries: pd.DataFrame | None = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    local_rates: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    consultation: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    official_neighbours: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    neighbours_by: str = statistical.OFFICIAL
    files_of: frozenset[str] = field(default_factory=frozenset, repr=False)
    other_indices: tuple[tuple[str, pd.DataFrame, int | None], ...] = field(default=(), repr=False)
    as_of: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.area.code}), reporting year {self.year}"

    @property
    def name(self) -> str:
        """The area's name, as sentences use it."""
        return self.area.name

    @property
    def places(self) -> tuple[Place, ...]:
        """The area, its regions and England: the columns of most tables."""
        return (self.area, *self.regions, self.england)

    @property
    def region(self) -> Place:
        """The area's region; the first of them, for a footprint in more than one."""
        return self.regions[0]

    @property
    def parts_noun(self) -> str:
        """What the parts are called, in the plural."""
        return "authorities" if self.members else "districts"

    @property
    def all_observations(self) -> pd.DataFrame:
        """Observations of every period, later than the reporting year too: for claims only."""
        return pd.concat([self.observations, self.later], ignore_index=True)

    def on_index(self, edition: str) -> Assessment | None:
        """The same on another edition of the index, for claims; None where it is not at hand."""
        if edition == self.index_edition:
            return self
        for other, lsoa, year in self.other_indices:
            if other == edition:
                return replace(
                    self,
                    lsoa=lsoa,
                    index_edition=other,
                    lsoa_population_year=year,
                    other_indices=(),
                )
        return None

    def indicator(self, key: str) -> Indicator:
        """A declaration of the catalogue."""
        return self.catalogue.indicators[key]

    def once(self, work: Callable[..., Made], *of: Any) -> Made:
        """What a function makes of this assessment, worked out once for all chapters of a report.

        Once for each value of its other arguments, which are given after it. The function's result
        is shared, so that nobody may change it. What was read for it counts as read by each that
        asks for it.
        """
        if (work, of) not in self._once:
            with parts_read.listening() as parts:
                made = work(self, *of)
            self._once[work, of] = made, frozenset(parts)
        made, read = self._once[work, of]
        parts_read.note_all(read)
        return made

    @functools.cached_property
    def _once(self) -> dict[Any, Any]:
        return {}

    def rows(
        self, key: str, code: str | None = None, sex: str = "persons", category: str = ""
    ) -> pd.DataFrame:
        """Observations of an indicator in order of time."""
        parts_read.note(("observations", key))
        if code is not None:
            places = self._at(key, code, sex, category)
        else:
            areas = self.once(_places).get((key, sex, category), {}).values()
            places = list(itertools.chain(*areas))
        return _table(self, "observations").iloc[list(places)]

    def of_indicator(self, key: str, table: str = "observations") -> pd.DataFrame:
        """All observations of an indicator, or those later than the reporting year ("later")."""
        parts_read.note((table, key))
        rows = _table(self, table)
        return rows[rows["indicator"] == key]

    def records(
        self, key: str, code: str, sex: str = "persons", category: str = ""
    ) -> list[dict[str, Any]]:
        """An area's `rows` as dictionaries: of a few rows, much faster than a frame."""
        return [self._row(place) for place in self._at(key, code, sex, category)]

    def _row(self, place: int) -> dict[str, Any]:
        """The observation at a position."""
        return {name: column[place] for name, column in self.once(_columns).items()}

    def _in_period(
        self, key: str, code: str, period: str, sex: str = "persons", category: str = ""
    ) -> int | None:
        """Position of the last of an area's observations of an indicator in a period."""
        periods = self.once(_columns)["period"]
        places = reversed(self._at(key, code, sex, category))
        return next((place for place in places if periods[place] == period), None)

    def _figure_at(self, position: int, place: Place) -> Figure:
        """The observation at a position as a figure."""
        return self.to_figure(self._row(position), place)

    def _figures_over_time(self, key: str, place: Place, sex: str) -> tuple[Figure, ...]:
        """An indicator's figures for a place that may stand in one series."""
        rows = self.records(key, place.code, sex)
        newest = self.latest_period(key, place.code, sex)
        rows = self._belonging(_as_long(rows, newest), newest)
        return tuple(self.to_figure(row, place) for row in rows)

    def _at(self, key: str, code: str, sex: str = "persons", category: str = "") -> Sequence[int]:
        """Positions of an area's observations of an indicator, in order of time."""
        parts_read.note(("observations", key))
        return self.once(_places).get((key, sex, category), {}).get(code, ())

    def areas_shown(self, key: str, codes: Iterable[str]) -> dict[str, int]:
        """How many of some areas have a value of an indicator, by period, in order of time."""
        columns = self.once(_columns)
        status, period, ends = columns["status"], columns["period"], columns["period_end"]
        shown = {
            (ends[place], period[place], code)
            for code in codes
            for place in self._at(key, code)
            if status[place] == Status.SHOWN
        }
        return dict(Counter(label for _, label, _ in sorted(shown)))

    def sources_of(self, key: str) -> set[str]:
        """Keys of sources as the observations of an indicator name them, of whichever area."""
        parts_read.note(("observations", key))
        source = self.once(_columns)["source"]
        areas = self.once(_places).get((key, "persons", ""), {}).values()
        return {str(source[place]) for places in areas for place in places}

    def has(self, key: str, code: str | None = None) -> bool:
        """Whether the area (or `code`) has at least one value of the indicator."""
        return bool(self.latest_period(key, code))

    def latest_period(self, key: str, code: str | None = None, sex: str = "persons") -> str:
        """Newest period in which the area has a value; an empty string where there is none."""
        columns = self.once(_columns)
        places = reversed(self._at(key, code or self.area.code, sex))
        shown = (place for place in places if columns["status"][place] == Status.SHOWN)
        newest = next(shown, None)
        return "" if newest is None else str(columns["period"][newest])

    def withheld(self, key: str, place: Place | None = None) -> Figure | None:
        """The area's newest period, where it is withheld and an older one has a value."""
        place = place or self.area
        newest = self.latest_period(key, place.code)
        rows = self.records(key, place.code)
        if not newest:
            return None
        last = max(row["period_end"] for row in rows if row["period"] == newest)
        hidden = (Status.UNRELIABLE, Status.SUPPRESSED)
        rows = [row for row in rows if row["period_end"] > last and row["status"] in hidden]
        return self.to_figure(rows[-1], place) if rows else None

    def figure(
        self,
        key: str,
        place: Place | None = None,
        period: str | None = None,
        sex: str = "persons",
        category: str = "",
    ) -> Figure:
        """An indicator's figure for a place: the newest period, or the one that is named.

        A figure that is not there comes back as not available, never as nothing.
        """
        place = place or self.area
        period = period or self.latest_period(key, place.code, sex)
        position = self._in_period(key, place.code, period, sex, category)
        if position is None:
            return unavailable(self.indicator(key), place, period or str(self.year), sex)
        return self.once(Assessment._figure_at, position, place)

    def series(
        self, key: str, place: Place | None = None, sex: str = "persons", role: str = ""
    ) -> Series:
        """An indicator's figures for a place over time."""
        place = place or self.area
        roles = {one.code: "region" for one in self.regions}
        roles |= {self.area.code: "focus", self.england.code: "national"}
        figures = self.once(Assessment._figures_over_time, key, place, sex)
        return Series(place.name, role or roles.get(place.code, "comparator"), figures)

    def _belonging(self, rows: list[dict[str, Any]], newest: str) -> list[dict[str, Any]]:
        """Rows whose sources may stand in one series with that of the newest period."""
        last = next((one for one in rows if one["period"] == newest), None)
        if last is None:
            return rows
        return [one for one in rows if self._comparable(one, last) and self._comparable(last, one)]

    def _comparable(self, one: Mapping[Any, Any], other: Mapping[Any, Any]) -> bool:
        """Whether the sources of a row declare no other method than that of another row."""
        theirs = set(str(other["source"]).split(";"))
        for key in set(str(one["source"]).split(";")) & set(self.catalogue.sources):
            declared = self.catalogue.sources[key].comparable_with.get(str(one["indicator"]))
            if declared is not None and not theirs <= {key, *declared}:
                return False
        return True

    def superseded(self, figure: Figure) -> str:
        """What has replaced a figure since, as its source declares; nothing for most.

        What a report as of an earlier day could not know is not said.
        """
        for key in figure.sources:
            source = self.catalogue.sources.get(key)
            found = source.superseded_by.get(figure.indicator) if source else None
            if found and figure.shown and not (self.as_of and str(found.since) > self.as_of):
                return found.said
        return ""

    def across(self, key: str, places: Iterable[Place], period: str) -> tuple[Figure, ...]:
        """An indicator's figures for several places in one period, those that have a row."""
        found = ((self._in_period(key, place.code, period), place) for place in places)
        return tuple(
            self.once(Assessment._figure_at, position, place)
            for position, place in found
            if position is not None
        )

    def compared(self, key: str, period: str) -> tuple[Place, ...]:
        """Upper-tier authorities that have a value of an indicator in a period, no land twice.

        The area itself, then those in use at the end of the reporting year, then former ones whose
        land none of these has: Bournemouth and Poole for a period before they were joined.
        """
        parts_read.note(("observations", key))
        return self.apart(self.once(_shown_authorities).get((key, period), set()))

    def apart(self, codes: Collection[str]) -> tuple[Place, ...]:
        """Authorities of some codes, no land twice, preferred as `compared` says."""
        ordered, contested = self.once(_authorities_in_order)
        there = [one for one in ordered if one.code in codes]
        shared = [one.code for one in there if one.code in contested]
        kept = same_land.apart(shared, self.once(_lands))
        return tuple(one for one in there if one.code not in contested or one.code in kept)

    @functools.cached_property
    def authorities(self) -> tuple[Place, ...]:
        """Every upper-tier authority in the areas table, under each code that it has had.

        The same figure stands under each of them: to set authorities side by side, take `compared`.
        """
        rows = self.areas[self.areas["kind"] == "upper tier"].drop_duplicates("code")
        return tuple(
            Place(str(c), str(n), "upper tier")
            for c, n in zip(rows["code"], rows["name"], strict=True)
        )

    def statistical_neighbours(self, n: int = 10) -> tuple[Place, ...]:
        """The area's nearest neighbours: the official list's where it is wanted and has the area.

        Else the authorities most alike in age, deprivation and density; none where the area's
        features are not at hand. See `needs.figures.neighbours`.
        """
        found = self.official_neighbours.head(n) if self.by_official_list else self.distances(n)
        return self.authorities_by_code(found["area_code"])

    @property
    def by_official_list(self) -> bool:
        """Whether the official list says who the statistical neighbours are."""
        return self.neighbours_by == statistical.OFFICIAL and not self.official_neighbours.empty

    def authorities_by_code(self, codes: Iterable[str]) -> tuple[Place, ...]:
        """Upper-tier authorities by code, in the order given."""
        places = {one.code: one for one in self.authorities}
        return tuple(places[code] for code in codes)

    def distances(self, n: int = 10) -> pd.DataFrame:
        """Distances of the nearest `n` authorities, as `needs.figures.neighbours` gives them."""
        return self.once(_distances).head(n)

    @functools.cached_property
    def _overlapping(self) -> list[str]:
        """Authorities whose land is partly the area's, its members among them."""
        lands = self.once(_lands)
        own = [one.code for one in self.members] or [self.area.code]
        land = frozenset().union(*(lands[code] for code in own))
        codes = [one for one in self.authority_features.index if one != self.area.code]
        return [one for one in codes if lands.get(one, frozenset()) & land]

    def to_figure(self, row: Mapping[Any, Any], place: Place) -> Figure:
        """One observation as a figure, with its formula and its trail."""
        indicator = self.indicator(str(row["indicator"]))
        status = Status(row["status"])
        shown = status is Status.SHOWN
        hidden = status is Status.SUPPRESSED
        own = row["method"] == "published"
        parts = [str(row["indicator"]), place.code, str(row["period"]), str(row["sex"])]
        parts += [str(row["age"]), str(row["category"])]
        return Figure(
            id=figure_id(*parts),
            indicator=indicator.key,
            label=indicator.name,
            area_code=place.code,
            area_name=place.name,
            period=str(row["period"]),
            value=number_or_none(row["value"]) if shown else None,
            unit=indicator.unit,
            decimals=self._decimals(indicator, row) if shown else indicator.decimals,
            lower=number_or_none(row["lower"]) if shown else None,
            upper=number_or_none(row["upper"]) if shown else None,
            status=status,
            marks=tuple(mark for mark in "uepbr" if mark in str(row["marks"] or "")),
            sex=str(row["sex"]),
            age=str(row["age"]),
            numerator=None if hidden else number_or_none(row["count"]),
            denominator=None if hidden else number_or_none(row["denominator"]),
            formula=self._formula(indicator, row, place),
            method="Published by the source" if own else indicator.method,
            sources=tuple(str(row["source"]).split(";")),
            source_rows=tuple(str(row["source_row"]).split("; ")),
            note=str(row["category"]) or correction_of(str(row["source_row"])),
            bound=self._bound(indicator, row) or self.with_usual_spread(indicator, row)
            if shown
            else None,
            verdict=str(row.get("verdict") or "") if own and not row["category"] else "",
        )

    def _bound(self, indicator: Indicator, row: Mapping[Any, Any]) -> tuple[float, float] | None:
        """Limits at their widest, of a rate of all residents without limits or events."""
        of_all = indicator.statistic in RATES and indicator.age == "all ages"
        known = not all(number_or_none(row[name]) is None for name in ("lower", "count"))
        if not of_all or known or row["sex"] != "persons" or row["category"]:
            return None
        people = self.once(_residents)
        years = parse(str(row["period"])).years
        summed = sum(people.get((str(row["area_code"]), year), math.nan) for year in years)
        if not summed > 0:
            return None
        lower, upper = widest_limits(float(row["value"]), summed, indicator.multiplier)
        return float(lower), float(upper)

    def with_usual_spread(
        self, indicator: Indicator, row: Mapping[Any, Any]
    ) -> tuple[float, float] | None:
        """Limits of a share of records with the spread between areas, which is not chance alone.

        The whole scale where the spread is not known, so that nothing is said of a difference.
        """
        lower, upper = (number_or_none(row[name]) for name in ("lower", "upper"))
        if not _of_records(indicator) or row["category"] or lower is None or upper is None:
            return None
        if str(row["area_code"])[:3] not in UPPER:
            return None
        parts_read.note(("observations", indicator.key))
        spread = self.once(_spreads).get((indicator.key, str(row["period"])))
        if spread is None:
            return WHOLE_SCALE
        ends = with_spread(float(row["value"]) / 100, lower / 100, upper / 100, spread)
        return 100 * ends[0], 100 * ends[1]

    def _formula(self, indicator: Indicator, row: Mapping[Any, Any], place: Place) -> str:
        """How a figure was made, and which dependence joins the limits of its parts."""
        formula = FORMULAS.get(str(row["method"]), indicator.formula)
        if number_or_none(row["lower"]) is None or Status(row["status"]) is not Status.SHOWN:
            return formula
        joined = str(row["method"]) in FORMULAS
        if row["method"] == "unmet_need":
            joined = self.adds_up(indicator.denominator, place, str(row["period"]))
        return formula + DEPENDENT if joined else formula

    def adds_up(self, key: str, place: Place, period: str) -> bool:
        """Whether a place's figure of an indicator is the sum of those of its parts."""
        rows = self.records(key, place.code)
        return any(row["period"] == period and row["method"] in FORMULAS for row in rows)

    def printed(self, figure: Figure) -> bool:
        """Whether a figure is quoted from a document, and so of the edition that it used."""
        return bool(figure.sources) and self.quoted(figure.sources)

    def quoted(self, keys: Iterable[str]) -> bool:
        """Whether all sources of a figure are documents that print it."""
        return all(self.catalogue.sources[key].rounding == AS_PRINTED for key in keys)

    def _decimals(self, indicator: Indicator, row: Mapping[Any, Any]) -> int:
        """The indicator's decimals; fewer where a figure is quoted that was printed with fewer."""
        keys = str(row["source"]).split(";")
        if not self.quoted(keys) or row["method"] != "published":
            return indicator.decimals
        printed = len(f"{float(row['value']):.6f}".rstrip("0").split(".")[1])
        return min(printed, indicator.decimals)


def _table(na: Assessment, name: str) -> pd.DataFrame:
    """A table of an assessment, where it is noted elsewhere which part of it is read."""
    table: pd.DataFrame = vars(na)[name]
    return table


for _name in TABLES:
    setattr(Assessment, _name, parts_read.NotedTable(_name))


def of_everyone(table: pd.DataFrame) -> pd.Series[bool]:
    """Rows of all residents, whatever their sex and age."""
    return (table["sex"] == "persons") & (table["age_from"] == 0) & table["age_to"].isna()


def _of_records(indicator: Indicator) -> bool:
    """Whether an indicator is a share of what staff record."""
    return indicator.statistic == "proportion" and bool(
        indicator.finding and indicator.finding.recorded
    )


def _spreads(na: Assessment) -> dict[tuple[str, str], float]:
    """How far shares of records lie apart between authorities, by indicator and period."""
    recorded = [one.key for one in na.catalogue.indicators.values() if _of_records(one)]
    rows = _table(na, "observations")
    rows = rows[
        rows["indicator"].isin(recorded)
        & rows["sex"].eq("persons")
        & rows["category"].eq("")
        & rows["area_code"].str[:3].isin(UPPER)
    ]
    rows = rows[rows["count"].notna() & (rows["denominator"] > 0)]
    return {
        (str(key), str(period)): among_areas(part["count"], part["denominator"])[1]
        for (key, period), part in rows.groupby(["indicator", "period"], sort=False)
        if len(part) >= MANY_AREAS
    }


def _residents(na: Assessment) -> dict[tuple[str, int], float]:
    """Residents of every area at the middle of each year."""
    table = na.populations[of_everyone(na.populations)]
    columns = (table[name] for name in ("area_code", "year", "population"))
    return {(str(code), int(year)): float(n) for code, year, n in zip(*columns, strict=True)}


def unavailable(indicator: Indicator, place: Place, period: str, sex: str = "persons") -> Figure:
    """The honest figure for what is not published or not at hand."""
    return Figure(
        id=figure_id(indicator.key, place.code, period, sex, indicator.age, "not-available"),
        indicator=indicator.key,
        label=indicator.name,
        area_code=place.code,
        area_name=place.name,
        period=period,
        value=None,
        unit=indicator.unit,
        decimals=indicator.decimals,
        status=Status.UNAVAILABLE,
        sex=sex,
        age=indicator.age,
        formula=indicator.formula,
        method=indicator.method,
        note=f"published at {indicator.official_page}",
    )


def load(
    areas: Sequence[str] | str,
    year: int,
    name: str = "",
    *,
    processed: Path | None = None,
    neighbours: str = "",
) -> Assessment:
    """Read what a report on an area and a reporting year needs.

    Parameters
    ----------
    areas : str or sequence of str
        Names or codes of upper-tier local authorities, or the name of a declared footprint.
    year : int
        Reporting year.
    name : str
        Name of the area in the report; an authority's own where it is empty.
    processed : Path, optional
        Folder of processed tables; by default the one that `processed_folder` finds.
    neighbours : str
        Whose statistical neighbours are compared with, see `needs.figures.neighbours.CHOICES`; by
        default what ``NEEDS_NEIGHBOURS`` says, as a run sets it, else the official list's.

    Raises
    ------
    ParameterError
        Unknown areas, or a footprint without a name.
    MissingDataError
        No processed data.
    """
    folder = (processed or processed_folder()).resolve()
    wanted = (areas,) if isinstance(areas, str) else tuple(areas)
    chosen = neighbours or os.environ.get(statistical.SETTING) or statistical.OFFICIAL
    if chosen not in statistical.CHOICES:
        raise ParameterError(
            f"There are no neighbours '{chosen}'.",
            "--neighbours",
            f"Choose from {', '.join(statistical.CHOICES)}.",
        )
    opened = _load(wanted, year, name, folder, chosen, _stamp(folder))
    # Tables are copied when they are written to: nobody changes what another one reads.
    tables: dict[str, Any] = {
        key: value.copy(deep=False)
        for key, value in vars(opened).items()
        if isinstance(value, pd.DataFrame)
    }
    with parts_read.only():
        made = replace(opened, **tables)
    vars(made)["_once"] = opened._once
    parts_read.note(opened_part(made))
    return made


def opened_part(na: Assessment) -> parts_read.Part:
    """Which area and year an assessment is of, and by which settings, as what a chapter reads."""
    codes = [one.code for one in na.members] or [na.area.code]
    return (parts_read.OPENED, f"{codes} {na.year} {na.name} {na.neighbours_by} {na.as_of}")


def forget() -> None:
    """Let go of the tables that `load` keeps for the chapters of one report."""
    _load.cache_clear()


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when the processed tables do, or the catalogue in use."""
    found = sorted((path.name, path.stat()) for path in folder.glob("*.parquet"))
    tables = tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)
    return (*tables, *layers.stamp())


@functools.lru_cache(maxsize=1)  # all chapters of a report ask for the same
def _load(
    areas: tuple[str, ...], year: int, name: str, folder: Path, neighbours: str, stamp: object
) -> Assessment:
    table = read_table(folder, "areas")
    members, name = choose(areas, year, table, name)
    single = members[0] if len(members) == 1 else None
    codes = [one.code for one in members]
    if single:
        area = Place(single.code, name or single.name, "upper tier")
        parts = children(single.code, table, year)
        districts = tuple(Place(one.code, one.name, "district") for one in parts)
    else:
        area = Place(footprint.code_of(codes), name, "footprint")
        districts = tuple(Place(one.code, one.name, "upper tier") for one in members)
    region_codes = dict.fromkeys(one.region_code for one in members)
    regions = tuple(_place(table, code, area) for code in region_codes)
    england = Place(ENGLAND, "England", "country")
    near = [one.code for one in (area, *regions, england, *districts)]

    authorities = table.loc[table["kind"] == "upper tier", "code"].unique().tolist()
    lands = same_land.lands(table)
    whole = () if single else _others_of_the_land(codes, authorities, lands)
    known = {*near, ENGLAND_AND_WALES, *codes, *whole}
    others = sorted(set(authorities) - known)
    compared = [
        *(("area_code", "in", others), ("sex", "==", "persons")),
        ("period_end", ">=", pd.Timestamp(year=year - COMPARED_YEARS, month=1, day=1)),
        ("period_end", "<=", pd.Timestamp(year=year, month=12, day=31)),
    ]
    observations = read_table(
        folder, "observations", [[("area_code", "in", sorted(known))], compared]
    )
    catalogue = catalogue_module.load()
    own = {code: [one for one in lands if lands[one] == lands[code]] for code in codes}
    observations = own_documents(observations, own, catalogue)
    populations = read_table(folder, "populations", [("area_code", "in", sorted({*near, *codes}))])
    if not single:
        observations, populations = _with_footprint(
            observations, populations, codes, whole, area, catalogue
        )
    observations, later = _in_order(observations, year, near)

    land = {code: district_codes(code, table) for code in codes}
    lsoa, edition, population_year, other_indices = _indices(
        folder,
        [district for districts_ in land.values() for district in districts_],
        year,
        catalogue,
    )
    vintage = catalogue.indices[edition].lsoa_vintage if edition else 0
    if not single:
        named = {one.code: one.name for one in members}
        lsoa = _by_member(lsoa, land, named)
        other_indices = tuple(
            (one, _by_member(rows, land, named), of) for one, rows, of in other_indices
        )
    return Assessment(
        area=area,
        year=year,
        regions=regions,
        england=england,
        districts=districts,
        members=() if single else districts,
        areas=table,
        observations=observations,
        later=later,
        lsoa=lsoa,
        neighbours=_neighbours(folder, vintage, lsoa["lsoa_code"].tolist()),
        authority_features=_features(folder, year, table, codes, area.code),
        index_edition=edition,
        lsoa_population_year=population_year,
        populations=populations[populations["year"] <= year],
        claims=_claims(folder, area.code),
        boundaries=_boundaries(folder, f"lsoa_{vintage}", lsoa["lsoa_code"].tolist()),
        catalogue=catalogue,
        local_rates=_of_area(folder, "local_rates", "upper_code", codes),
        consultation=_of_area(folder, "consultation", "area_code", [area.code, *codes]),
        official_neighbours=_official(folder, year, table, codes),
        neighbours_by=neighbours,
        files_of=_files_of(folder),
        other_indices=other_indices,
        as_of=_as_of(folder),
    )


def _in_order(
    rows: pd.DataFrame, year: int, near: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Observations up to a year, and later ones of some areas, both in order of time.

    Column after column leaves `rows`, which is empty in the end: two tables of all observations at
    once would be the most memory that a report takes.
    """
    keys = ["indicator", "area_code", "period_end", "period_start", "age"]
    order = rows[keys].reset_index(drop=True).sort_values(keys, kind="stable").index.to_numpy()
    cutoff = pd.Timestamp(year=year, month=12, day=31)
    is_now = rows["period_end"] <= cutoff
    is_later = (rows["period_end"] > cutoff) & rows["area_code"].isin(near)
    places = [order[chosen.to_numpy()[order]] for chosen in (is_now, is_later)]
    now: dict[str, Any] = {}
    later: dict[str, Any] = {}
    for name in map(str, list(rows)):
        column = rows.pop(name)
        now[name], later[name] = (column.take(some).reset_index(drop=True) for some in places)
    return pd.DataFrame(now), pd.DataFrame(later)


def _with_footprint(
    observations: pd.DataFrame,
    populations: pd.DataFrame,
    codes: Sequence[str],
    whole: Sequence[str],
    area: Place,
    catalogue: Catalogue,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Observations and populations, and those of the footprint that the members make.

    `whole` are other authorities that have the same land together.
    """
    people = footprint.join_populations(populations, codes, area.name)
    joined = footprint.join_observations(observations, people, codes, area.name)
    joined = footprint.same_land(observations, joined, whole, codes, area.name, catalogue)
    if len(whole) > 1:
        theirs = people.assign(area_code=footprint.code_of(whole))
        made = footprint.join_observations(observations, theirs, whole, area.name)
        joined = footprint.also(joined, made.assign(area_code=area.code), ADDED_UP)
    return (
        pd.concat([observations, joined], ignore_index=True),
        pd.concat([populations, people], ignore_index=True),
    )


def _others_of_the_land(
    members: Sequence[str], authorities: Sequence[str], lands: same_land.Lands
) -> tuple[str, ...]:
    """Authorities of another date that together have just the land of a footprint."""
    land = frozenset().union(*(lands[code] for code in members))
    return same_land.tiles(land, sorted(set(authorities) - set(members)), lands)


def choose(
    areas: Sequence[str] | str, year: int, table: pd.DataFrame, name: str = ""
) -> tuple[tuple[Area, ...], str]:
    """Find the authorities that are meant, and the name of the report.

    Parameters
    ----------
    areas : str or sequence of str
        Names or codes of authorities, or the name of a footprint (see
        `needs.catalogue.footprints.known_footprints`).
    year : int
    table : DataFrame
        Processed table of areas.
    name : str
        Given name; a footprint that is declared has its own, others need one.

    Raises
    ------
    ParameterError
        Unknown areas, areas that are no authorities, or a footprint without a name; all at once.
    """
    wanted = [areas] if isinstance(areas, str) else list(areas)
    declared = known_footprints()
    if len(wanted) == 1 and wanted[0] in declared:
        name = name or wanted[0]
        wanted = list(declared[wanted[0]])
    found, problems = [], []
    for text in wanted:
        try:
            area = find(text, table, year)
        except ParameterError as error:
            problems.append(error.problem)
            continue
        found.append(area)
        if area.kind != "upper tier":
            upper = table.loc[table["code"] == area.upper_code, "name"].tolist()
            problems.append(
                Problem(
                    f"{area.name} is a {area.kind}; a report is on an upper-tier authority.",
                    "--area",
                    f"needs run --area '{upper[0]}'" if upper else "needs areas",
                )
            )
    problems += _land_twice(found, table)
    if len(found) > 1 and not name and not problems:
        names = " and ".join(one.name for one in found)
        problems.append(
            Problem(
                "Several authorities make a footprint, which needs a name.",
                "--name",
                f"Add --name, for example --name '{names}'.",
            )
        )
    if problems:
        raise ParameterError("The areas of the report are wrong.", problems=problems)
    return tuple(sorted(found, key=lambda one: one.code)) if len(found) > 1 else tuple(found), name


def _land_twice(members: Sequence[Area], table: pd.DataFrame) -> list[Problem]:
    """Members of a footprint that share land: their people would be counted twice."""
    if len({one.code for one in members}) < len(members):
        return [Problem("An authority is given twice.", "--area", "Give each once.")]
    named = {one.code: f"{one.name} ({one.code})" for one in members if one.kind == "upper tier"}
    lands = same_land.lands(table) if len(named) > 1 else {}
    pairs = same_land.sharing(list(named), lands)
    # a table without districts still says what took over from a county
    heirs = [(one.code, heir) for one in members for heir in one.successors if heir in named]
    pairs += [pair for pair in heirs if pair not in pairs and pair[::-1] not in pairs]
    return [
        Problem(
            f"{named[one]} is the same land as {named[other]}."
            if lands[one] == lands[other]
            else f"{named[one]} and {named[other]} share land, which would be counted twice.",
            "--area",
            "Give areas that do not overlap: leave out one of the two.",
        )
        for one, other in pairs
    ]


def processed_folder() -> Path:
    """``NEEDS_PROCESSED``, or ``data/processed`` of the project that holds the current folder."""
    named = os.environ.get("NEEDS_PROCESSED")
    if named:
        return Path(named)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "data" / "processed" / "manifest.json").is_file():
            return folder / "data" / "processed"
    raise MissingDataError("There is no processed data.", "data/processed", "needs prepare")


def manifest(processed: Path | None = None) -> dict[str, Any]:
    """What the processed tables were made from: files, sizes, hashes."""
    path = (processed or processed_folder()) / "manifest.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data["files"], list):
            raise TypeError("no list of files")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidDataError(
            f"What the processed tables were made from cannot be read: {error}.",
            path.name,
            "needs prepare",
        ) from None
    return dict(data)


#: Columns of ``lsoa_population`` as an assessment's LSOAs have them.
RESIDENTS: Mapping[str, str] = {
    "population": "population",
    "source": "population_source",
    "source_row": "population_source_row",
}

#: Other authorities are compared in the newest period that they share, of so many years at most.
COMPARED_YEARS = 10

#: Codes whose numbers are no further apart are read as one range.
CODES_APART = 500


def ranges(
    column: str, codes: Iterable[str], *also: tuple[str, str, object]
) -> list[list[tuple[str, str, object]]]:
    """Choose the rows of many codes, and of some between them, by few ranges.

    The Parquet reader sees at once which row groups a range goes past; comparing each row with a
    long list of codes would take longer than to leave out afterwards what lies between.

    Parameters
    ----------
    column : str
    codes : iterable of str
        One at least; a letter and a number each.
    also : tuple of (column, operator, value)
        What holds for all rows as well.

    Returns
    -------
    list of list of tuple
        As pyarrow takes filters: any of the lists, all of a list's conditions.

    Examples
    --------
    >>> for part in ranges("code", ["E01032332", "E01032303", "E01000001"], ("year", "==", 2011)):
    ...     print(part)
    [('year', '==', 2011), ('code', '>=', 'E01000001'), ('code', '<=', 'E01000001')]
    [('year', '==', 2011), ('code', '>=', 'E01032303'), ('code', '<=', 'E01032332')]
    """
    runs: list[list[str]] = []
    for code in sorted(codes):
        near = runs and int(code[1:]) - int(runs[-1][-1][1:]) <= CODES_APART
        if near and code[0] == runs[-1][-1][0]:
            runs[-1].append(code)
        else:
            runs.append([code])
    return [[*also, (column, ">=", run[0]), (column, "<=", run[-1])] for run in runs]


def own_documents(
    rows: pd.DataFrame, codes: Mapping[str, Sequence[str]], catalogue: Catalogue
) -> pd.DataFrame:
    """Leave out what other areas' documents print, and what is made from it.

    A document's figures of England, of a region or of any other area are comparators for the area
    whose document it is, and for no report but its own. In a footprint's report it speaks of the
    member alone.

    Parameters
    ----------
    rows : DataFrame
        Observations.
    codes : mapping of str to sequence of str
        The codes of the report's authorities, each with all that it has had.
    catalogue : Catalogue
        Its sources say whose documents they are.
    """
    names = [str(one) for one in rows["source"].dropna().unique()]
    foreign = pd.Series(False, index=rows.index)
    for key, source in catalogue.sources.items():
        whose = set(source.document_of)
        owners = [one for one, former in codes.items() if whose & {one, *former}]
        if not whose or ENGLAND in whose or len(owners) == len(codes):
            continue
        citing = [one for one in names if key in one.split(";")]
        if citing:
            theirs = rows["area_code"].isin(whose if owners else ())
            foreign |= rows["source"].isin(citing) & ~theirs
    return rows[~foreign]


def _by_member(
    lsoa: pd.DataFrame, land: Mapping[str, Sequence[str]], names: Mapping[str, str]
) -> pd.DataFrame:
    """Group a footprint's LSOAs by its members, in place of their districts."""
    member = {district: code for code, districts in land.items() for district in districts}
    codes = lsoa["district_code"].map(member)
    return lsoa.assign(district_code=codes, district_name=codes.map(dict(names)))


def _place(areas: pd.DataFrame, code: str | None, fallback: Place) -> Place:
    rows = areas[(areas["code"] == code) & (areas["kind"] == "region")]
    return Place(str(code), str(rows["name"].iloc[0]), "region") if len(rows) else fallback


def _indices(
    folder: Path, districts: Sequence[str], year: int, catalogue: Catalogue
) -> tuple[pd.DataFrame, str, int | None, tuple[tuple[str, pd.DataFrame, int | None], ...]]:
    """The area's LSOAs on the newest index published by `year`, and on the others at hand."""
    rows = read_table(folder, "lsoa", [("district_code", "in", list(districts))])
    at_hand = set(rows["edition"].astype(str))
    indices = [one for one in catalogue.indices.values() if one.edition in at_hand]
    made = {one.edition: _lsoa(folder, rows, year, one) for one in indices}
    usable = [one for one in indices if one.published <= year]
    newest = max(usable, key=lambda one: one.published).edition if usable else ""
    others = tuple((one, *made[one]) for one in made if one != newest)
    if not newest:
        none = {name: pd.Series(dtype="str") for name in RESIDENTS.values()}
        empty = rows.iloc[:0].assign(**none | {"population": pd.Series(dtype="float")})
        return empty, "", None, others
    return made[newest][0], newest, made[newest][1], others


def _lsoa(
    folder: Path, rows: pd.DataFrame, year: int, index: Index
) -> tuple[pd.DataFrame, int | None]:
    """LSOAs on an index, with the newest population by `year`, or by its publication if later."""
    rows = rows[rows["edition"].astype(str) == index.edition]
    of_vintage = ("lsoa_vintage", "==", index.lsoa_vintage)
    chosen = ranges("lsoa_code", rows["lsoa_code"], of_vintage)
    people = read_table(folder, "lsoa_population", chosen)
    people = people[people["lsoa_code"].isin(rows["lsoa_code"])]
    people = people[people["year"] <= max(year, index.published)]
    newest = None if people.empty else int(people["year"].max())
    people = people.loc[people["year"] == newest, ["lsoa_code", *RESIDENTS]]
    people = people.rename(columns=RESIDENTS)
    joined = rows.merge(people, on="lsoa_code", how="left", validate="one_to_one")
    return joined.sort_values("lsoa_code").reset_index(drop=True), newest


def _neighbours(folder: Path, vintage: int, codes: Sequence[str]) -> pd.DataFrame:
    """Pairs of neighbours within the area, the lesser code first."""
    columns = ["lsoa_code", "neighbour_code", *FILES]
    if not codes:  # a filter needs a code to know its type
        return pd.DataFrame(columns=columns)
    chosen = ranges("lsoa_code", codes, ("lsoa_vintage", "==", vintage))
    pairs = read_table(folder, "lsoa_neighbours", chosen)
    pairs = pairs[pairs["lsoa_code"].isin(codes) & pairs["neighbour_code"].isin(codes)]
    return pairs[columns].reset_index(drop=True)


def _features(
    folder: Path, year: int, areas: pd.DataFrame, codes: Sequence[str], code: str
) -> pd.DataFrame:
    """Features that serve the reporting year, the years of their data beside them.

    Of the authorities in use at its end, and of the area's own, which may be of another date.
    """
    rows = read_table(folder, "authority_features")
    rows = rows[rows["year"] <= year]
    rows = rows[rows["year"] == rows["year"].max()]
    for one in sorted(set(codes) - set(rows["area_code"])):
        same = [two for two in rows["area_code"] if _same(one, two, areas)]
        rows = pd.concat([rows, rows[rows["area_code"].isin(same[:1])].assign(area_code=one)])
    day = pd.Timestamp(year=year, month=12, day=31)
    unused = (areas["valid_from"] > day) | (areas["valid_to"] < day)
    others = set(areas.loc[unused, "code"]) - set(codes)
    members = codes if len(codes) > 1 else []
    return statistical.features(rows[~rows["area_code"].isin(others)], members, code)


def _official(folder: Path, year: int, areas: pd.DataFrame, codes: Sequence[str]) -> pd.DataFrame:
    """The newest official list of an authority's neighbours that serves the reporting year.

    A list keeps the codes of its own day: each place is given the one that it has in the year.
    """
    columns = ["rank", "area_code", "distance", "year", *FILES]
    if len(codes) > 1:
        return pd.DataFrame(columns=columns)
    rows = read_table(folder, "official_neighbours", [("tier", "==", "upper tier")])
    rows = rows[rows["year"] <= year]
    listed = set(rows["area_code"])
    own = codes[0] if codes[0] in listed else _same_among(codes[0], listed, areas)
    rows = rows[rows["area_code"] == own]
    rows = rows[rows["year"] == rows["year"].max()].sort_values("rank")
    in_use = {one.code for one in upper_tiers(areas, year)}
    now = [
        one if one in in_use else _same_among(one, in_use, areas) or one
        for one in rows["neighbour_code"]
    ]
    known = set(areas.loc[areas["kind"] == "upper tier", "code"])
    rows = rows.assign(area_code=now)
    chosen: pd.DataFrame = rows.loc[rows["area_code"].isin(known), columns]
    return chosen.reset_index(drop=True)


def _same_among(code: str, codes: Collection[str], areas: pd.DataFrame) -> str:
    """The one of some codes that is of the same place as another; empty where none is."""
    heirs = areas["successor"].dropna()
    lineages = {*areas.loc[heirs.index, "code"], *heirs}  # few, and looking one up takes long
    if code not in lineages:
        return ""
    return next((one for one in sorted(lineages & set(codes)) if _same(one, code, areas)), "")


def _same(one: str, two: str, areas: pd.DataFrame) -> bool:
    """Whether two codes are of one place."""
    known = set(areas["code"])
    return {one, two} <= known and (two in same_place(one, areas) or one in same_place(two, areas))


def _claims(folder: Path, area: str) -> pd.DataFrame:
    path = folder / "claims.parquet"
    return pd.read_parquet(path) if path.is_file() else pd.DataFrame()


def _of_area(folder: Path, table: str, column: str, codes: Sequence[str]) -> pd.DataFrame:
    """Rows of a table that is only there where a data package gives it."""
    if not (folder / f"{table}.parquet").is_file():
        return pd.DataFrame()
    return read_table(folder, table, [(column, "in", list(codes))]).reset_index(drop=True)


def _files_of(folder: Path) -> frozenset[str]:
    if not (folder / "manifest.json").is_file():
        return frozenset()
    return frozenset(one["source"] for one in manifest(folder)["files"] if one["source"])


def _as_of(folder: Path) -> str:
    there = (folder / "manifest.json").is_file()
    return str(manifest(folder).get("as_of", "")) if there else ""


def _boundaries(folder: Path, layer: str, codes: Sequence[str]) -> pd.DataFrame | None:
    """Outlines of LSOAs in metres, British National Grid; a report needs no more than shapely."""
    path = folder / f"boundaries_{layer}.parquet"
    if not codes or not path.is_file():
        return None
    if crs_code(path) != BRITISH_NATIONAL_GRID:
        raise InvalidDataError(
            "The outlines are not on the British National Grid: another version wrote them.",
            path.name,
            f"Delete the folder {folder.name}, then: needs prepare",
        )
    rows = read_table(folder, path.stem, ranges("code", codes))
    rows = rows[rows["code"].isin(codes)].sort_values("code").reset_index(drop=True)
    return None if rows.empty else rows.assign(geometry=shapely.from_wkb(rows["geometry"]))


def _lands(na: Assessment) -> dict[str, frozenset[str]]:
    return same_land.lands(na.areas)


def _shown_authorities(na: Assessment) -> dict[tuple[str, str], set[str]]:
    """Codes that have a headline value for persons, by indicator and period."""
    columns = na.once(_columns)
    status, periods = columns["status"], columns["period"]
    found: dict[tuple[str, str], set[str]] = {}
    for (key, sex, category), areas in na.once(_places).items():
        if sex != "persons" or category:
            continue
        for code, places in areas.items():
            for place in places:
                if status[place] == Status.SHOWN:
                    found.setdefault((key, periods[place]), set()).add(code)
    return found


def _authorities_in_order(na: Assessment) -> tuple[tuple[Place, ...], frozenset[str]]:
    """Authorities as `Assessment.compared` prefers them, and which share land with another."""
    in_use = {one.code for one in upper_tiers(na.areas, na.year)}
    ended = dict(zip(na.areas["code"], na.areas["valid_to"].fillna(pd.Timestamp.max), strict=True))
    ordered = sorted(
        na.authorities,
        key=lambda one: (
            one.code != na.area.code,
            one.code not in in_use,
            -ended[one.code].toordinal(),
            one.code,
        ),
    )
    lands = na.once(_lands)
    holders = Counter(piece for one in ordered for piece in lands[one.code])
    shared = (one.code for one in ordered if any(holders[piece] > 1 for piece in lands[one.code]))
    return tuple(ordered), frozenset(shared)


def _distances(na: Assessment) -> pd.DataFrame:
    """Distances of all authorities, see `Assessment.distances`."""
    table = na.authority_features
    if na.area.code not in table.index:
        return pd.DataFrame(columns=["area_code", "distance", *statistical.FEATURES])
    members = na._overlapping
    return statistical.nearest_authorities(table, na.area.code, len(table), members=members)


def _columns(na: Assessment) -> Mapping[str, Sequence[Any]]:
    """The columns of the observations as lists."""
    return as_lists(_table(na, "observations"))


def _places(na: Assessment) -> Mapping[tuple[str, str, str], Mapping[str, list[int]]]:
    """Positions of the observations by indicator, sex and category, and then by area."""
    columns = na.once(_columns)
    keys = zip(columns["indicator"], columns["sex"], columns["category"], strict=True)
    found: dict[Any, dict[str, list[int]]] = {}
    for place, (key, code) in enumerate(zip(keys, columns["area_code"], strict=True)):
        found.setdefault(key, {}).setdefault(code, []).append(place)
    return found


def as_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as dictionaries: as pandas gives them, but of many rows much faster."""
    columns = as_lists(table)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def as_lists(table: pd.DataFrame) -> dict[str, Sequence[Any]]:
    """The columns of a table as lists, by name; fractions as an array, which takes a quarter."""
    return {str(name): _as_list(table[name]) for name in table}


def _as_list(column: pd.Series) -> Sequence[Any]:
    """A column's values; equal texts and dates are one object, as there are many and few differ."""
    if column.dtype == np.float64:
        return array("d", column.to_numpy().tobytes())
    is_text = isinstance(column.dtype, pd.StringDtype)
    if not is_text and column.dtype.kind != "M":
        return column.tolist()
    places, different = pd.factorize(column)
    known = [*different.tolist(), np.nan if is_text else pd.NaT]  # one that is missing has place -1
    return [known[place] for place in places.tolist()]


def _as_long(rows: list[dict[str, Any]], newest: str) -> list[dict[str, Any]]:
    """Periods as long as the newest, where single years stand beside sums of them."""
    if len({row["period_end"] for row in rows}) == len(rows):
        return rows
    days = [(row["period_end"] - row["period_start"]).days for row in rows]
    own = [one for one, row in zip(days, rows, strict=True) if row["period"] == newest]
    if not own:
        return rows
    return [row for one, row in zip(days, rows, strict=True) if abs(one - own[-1]) < 31]


def number_or_none(value: Any) -> float | None:
    """A cell of a table as a figure holds it: None for a missing number."""
    return None if value is None or pd.isna(value) else float(value)
