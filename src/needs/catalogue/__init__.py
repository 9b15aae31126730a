"""The catalogue: every source and indicator, declared in YAML and validated on reading.

A new indicator from a known file shape is one file in ``catalogue/indicators/``; a new source is
one file in ``catalogue/sources/``. The report's source table, methods, licence lines and
definitions are printed from these declarations, so the words cannot drift from the data.
"""

from __future__ import annotations

import copyreg
import difflib
import functools
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from needs.catalogue import layers, ranking
from needs.catalogue.layers import InUse as InUse
from needs.catalogue.layers import in_use as in_use
from needs.errors import InvalidDataError, Problem, did_you_mean

D = TypeVar("D", bound="Declaration")
K = TypeVar("K")
V = TypeVar("V")

#: One catalogue serves all reports of a process, so none can change it.
ReadOnly = Annotated[Mapping[K, V], AfterValidator(MappingProxyType)]


def _read_only(mapping: dict[K, V]) -> MappingProxyType[K, V]:
    return MappingProxyType(mapping)


# declarations go from one process to another, which Python leaves to whoever makes a read-only view
copyreg.pickle(MappingProxyType, lambda view: (_read_only, (dict(view),)))

CATALOGUE = layers.PACKAGE

#: Readers of the deprivation index and of small-area populations, and the option that names the
#: year of the LSOA boundaries.
INDEX_READER = "iod"
LSOA_POPULATION_READERS = ("nomis", "lsoa_density")
VINTAGE = "lsoa_vintage"

#: What readers give that is no reading of a measure: places, populations and deprivation.
GIVES: Mapping[str, str] = {
    INDEX_READER: "index",
    **dict.fromkeys(LSOA_POPULATION_READERS, "residents of LSOAs"),
    "boundaries": "boundaries",
    "centroids": "centroids",
    "geography": "lookup",
    "nearest_neighbours": "official neighbours",
    "census_ages": "ages of LSOAs",
    "ons_population": "populations",
}

#: The source that rows of local extracts name.
LOCAL_SOURCE = "local_extract"


#: Measures that a printed figure may be of besides the indicators: `needs.figures.claims` works
#: them out.
CLAIM_MEASURES = (
    *("lsoas_most_deprived_10", "lsoas_most_deprived_30", "residents_most_deprived_10"),
    *("residents_most_deprived_30", "share_most_deprived_10", "share_most_deprived_30"),
    *("population", "share_of_county", "share_under_20", "share_65_and_over"),
    *("alcohol_not_in_treatment", "commissioning_expenditure"),
)

#: Endings of workbooks.
WORKBOOKS = (".xlsx", ".xls", ".ods")


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


Statistic = Literal[
    "directly_standardised_rate",
    "crude_rate",
    "indirectly_standardised_ratio",
    "proportion",
    "unmet_need",
    "count",
    "amount",
    "amount_per_head",
]

#: The category of spending before income.
GROSS = "Total expenditure"

#: Statistics that add up over areas.
ADDITIVE: tuple[Statistic, ...] = ("count", "amount")

Chapter = Literal[
    "population",
    "need",
    "treatment",
    "deaths",
    "admissions",
    "families",
    "housing",
    "inequality",
    "resources",
]


class Declaration(BaseModel):
    """What every catalogue entry has in common: frozen, and unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")


#: The rounding rule of sources that are documents: their figures keep the decimals they print.
AS_PRINTED = "As printed"


class Disclosure(BaseModel):
    """The source's own disclosure rule, applied to what we show of it.

    `threshold`: counts from 1 to one below it are suppressed (0: none). `rounding_base`: counts are
    rounded to it (0: not). `secondary`: a further part is hidden where a total would give one away;
    only off where the source's own rule does without.
    `by_publisher`: the figures come with the rule already applied, so that it is only printed.
    `exact_areas`, `exact_periods`: codes and periods whose counts a publisher that rounds gives
    exactly; `rounded_areas`: codes that it gives only rounded in these periods too, each with the
    name that the file prints.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    threshold: int = 0
    rounding_base: int = 0
    secondary: bool = True
    by_publisher: bool = False
    exact_areas: tuple[str, ...] = ()
    exact_periods: tuple[str, ...] = ()
    rounded_areas: Mapping[str, str] = Field(default_factory=dict)
    rule: str = ""

    def base_of(self, count: float, area: str, period: str) -> int:
        """What a count of an area and period may have been rounded to; 0 where it is exact.

        A count that is no multiple of the base was not rounded to it.

        Examples
        --------
        >>> rule = Disclosure(rounding_base=5, exact_areas=("E92000001",))
        >>> rule.base_of(905, "E10000034", "2017/18"), rule.base_of(905, "E92000001", "2017/18")
        (5, 0)
        >>> rule = Disclosure(
        ...     rounding_base=5, exact_periods=("2018/19",), rounded_areas={"E06000052": "Cornwall"}
        ... )
        >>> rule.base_of(1030, "E10000034", "2018/19"), rule.base_of(1720, "E06000052", "2018/19")
        (0, 5)
        """
        of_period = period in self.exact_periods and area not in self.rounded_areas
        exact = area in self.exact_areas or of_period
        rounded = self.rounding_base and not exact and count % self.rounding_base == 0
        return self.rounding_base if rounded else 0


class Codes(BaseModel):
    """A lookup on the Open Geography portal whose codes a layer is asked for, in batches."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    address: str
    field: str


class Edition(BaseModel):
    """One issue of a source: its file below ``data/raw/`` and where it came from.

    `file` may hold ``*`` for a part that changes from download to download. `interface` says how
    `address` is asked: see docs/fetching.md.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    edition: str
    file: str
    address: str = ""
    interface: Literal["file", "fingertips", "nomis", "arcgis"] = "file"
    #: What finds the layer on the Open Geography portal when its service has been renamed.
    search: str = ""
    #: For a layer that does not hold the area to choose by.
    codes: Codes | None = None
    released: date | None = None
    #: What the reader needs to know of this edition (table names, heading map, years).
    options: ReadOnly[str, Any] = Field(default_factory=_nothing)

    def files(self, raw: Path) -> list[Path]:
        """Files below `raw` that are this edition; a workbook may be in any format that is read."""
        endings = WORKBOOKS if self.file.endswith(".xlsx") else ("",)
        patterns = [self.file.removesuffix(".xlsx") + one if one else self.file for one in endings]
        found = {path for one in patterns for path in raw.glob(one) if path.is_file()}
        return sorted(found)


class Superseded(BaseModel):
    """That figures were replaced by others: since when, and a sentence that says by what."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    since: date
    said: str = Field(pattern=r"\.$")


class Source(Declaration):
    """A publisher's product. The reader named here understands its file shape."""

    title: str
    producer: str
    landing_page: str
    reader: str
    editions: tuple[Edition, ...] = ()
    licence: str = "Open Government Licence v3.0"
    attribution: str
    official_statistics: bool = True
    geography: str = ""
    period_type: str = ""
    rounding: str = "None"
    #: Of a printed document: the codes of the areas whose document it is. Reports on others do not
    #: quote it.
    document_of: tuple[str, ...] = ()
    #: When a printed document came out; of other sources each edition says so.
    released: date | None = None
    disclosure: Disclosure = Disclosure()
    #: Known breaks in the series and differences between editions, a sentence each.
    breaks: tuple[str, ...] = ()
    limits: str = ""
    #: Small authorities that it counts with another: their code, and the code that stands for both.
    merged: Mapping[str, str] = Field(default_factory=dict)
    #: Measures that count a part of what another counts: the part, and its whole.
    part_of: Mapping[str, str] = Field(default_factory=dict)
    #: What its figures are added up from, once read: quarters into years, districts or community
    #: safety partnerships into authorities; see `needs.tables.sums_of_parts`.
    added_from: tuple[Literal["quarters", "districts", "partnerships"], ...] = ()
    #: Of indicators whose figures of this source have been replaced: by what, and since when.
    superseded_by: Mapping[str, Superseded] = Field(default_factory=dict)
    #: Of indicators that other sources give by another method: the sources, besides this one, whose
    #: figures may stand in one series with its own.
    comparable_with: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    #: How an analyst gets the file where it has no stable address, in a sentence.
    how_to_get: str = ""

    @property
    def gives(self) -> str:
        """What its reader makes of its files."""
        return GIVES.get(self.reader, "readings")


class Part(BaseModel):
    """Where an indicator's numbers stand: a source, and the rows of what its reader returns.

    `select` names reader columns (usually ``measure``) and the value that each must have.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    source: str
    select: ReadOnly[str, str | int] = Field(default_factory=_nothing)


class Indicator(Declaration):
    """What is measured, how, for whom, and how the report speaks of it.

    `parts` are read straight from sources. A derived indicator has no parts but a `numerator` and
    `denominator`: keys of other indicators, or ``population`` for the mid-year estimates that match
    the numerator's period (a pooled period takes the sum of its years).
    """

    name: str
    #: For a chart axis or a table cell.
    short_name: str
    #: What a sentence calls it, singular: "drug misuse death rate"; from `short_name` where empty.
    subject: str = ""
    #: For unmet need: what they needed, in the past tense, and who they are.
    need: str = "needed treatment"
    people: str = "people"
    #: One or two plain sentences: what is counted, and among whom.
    definition: str
    statistic: Statistic
    parts: tuple[Part, ...] = ()
    #: A source that this indicator alone uses, declared here instead of in a file of its own: a new
    #: indicator from a known file shape is then one file.
    own_source: Source | None = None
    numerator: str = ""
    denominator: str = ""
    #: The age range of the population denominator, "18+" or "15-24"; empty for all ages.
    population_age: str = ""
    #: How many years older than its period the population may be, where the year's own is not at
    #: hand; such a rate is marked "e".
    population_lag: int = Field(default=0, ge=0, le=3)
    age: str = "all ages"
    sexes: tuple[Literal["persons", "male", "female"], ...] = ("persons",)
    unit: str
    multiplier: float = 1
    decimals: int = 1
    polarity: Literal["higher is better", "lower is better", "none"] = "none"
    chapter: Chapter
    #: Order inside the chapter.
    order: int = 100
    #: Whether the summary shows it as a headline figure, and in which place (0: not).
    headline: int = 0
    #: The noun for what is counted: "deaths", "people", "admissions".
    counted: str = "people"
    #: Of an indicator that tells how people divide: its categories, in order. It has no total.
    categories: tuple[str, ...] = ()
    marks: tuple[Literal["u", "e", "p", "r", "b"], ...] = ()
    formula: str
    #: Heading in docs/methods.md, printed from catalogue/methods.yaml.
    method: str
    limits: str
    official_page: str
    #: Who publishes it, where its sources here do not say: it has none, or not all of them.
    publisher: str = ""
    #: Years at whose beginning the series breaks, with the reason.
    breaks: ReadOnly[int, str] = Field(default_factory=_nothing)
    #: The national target for this indicator, in its unit, with where it was set.
    target: float | None = None
    target_source: str = ""
    #: The indicator whose yearly figures tell the recent trend where this one's periods cannot: of
    #: pooled years, which overlap, no trend is tested.
    trend_from: str = ""
    #: How an analyst adds figures where there are none.
    how_to_add: str
    #: How it takes part in the ranked findings, and what it asks; empty: not at all.
    finding: ranking.FindingRule | None = None


class Method(BaseModel):
    """A method as the report prints it: in plain words, with its formula and its reference."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    meaning: str
    formula: str = ""
    reference: str = ""


class Index(BaseModel):
    """An edition of the Indices of Deprivation, as its source declares it.

    `population_sources` count residents on the same LSOA boundaries (`lsoa_vintage`).
    """

    model_config = ConfigDict(frozen=True)
    edition: str
    lsoa_vintage: int
    published: int
    source: str
    population_sources: tuple[str, ...]


class Catalogue(BaseModel):
    """All sources and indicators by key."""

    model_config = ConfigDict(frozen=True)
    sources: ReadOnly[str, Source]
    indicators: ReadOnly[str, Indicator]

    def chapter(self, chapter: str) -> tuple[Indicator, ...]:
        """The indicators of a chapter, in its order."""
        chosen = (one for one in self.indicators.values() if one.chapter == chapter)
        return tuple(sorted(chosen, key=lambda one: (one.order, one.key)))

    @functools.cached_property
    def indices(self) -> Mapping[str, Index]:
        """Editions of the deprivation index by name, as the sources declare them."""
        populations: dict[int, list[str]] = {}
        for key, source in self.sources.items():
            for edition in source.editions:
                if source.gives == "residents of LSOAs" and VINTAGE in edition.options:
                    populations.setdefault(int(edition.options[VINTAGE]), []).append(key)
        found = {}
        for key, source in self.sources.items():
            for edition in source.editions if source.gives == "index" else ():
                vintage = int(edition.options[VINTAGE])
                if edition.released is None:
                    raise InvalidDataError(
                        f"The edition '{edition.edition}' has no date of release.",
                        f"catalogue/sources/{key}.yaml",
                        "Add released: the reporting year chooses the edition by it.",
                    )
                found[edition.edition] = Index(
                    edition=edition.edition,
                    lsoa_vintage=vintage,
                    published=edition.released.year,
                    source=key,
                    population_sources=tuple(dict.fromkeys(populations.get(vintage, ()))),
                )
        return MappingProxyType(found)

    def rounding(self, count: float, area: str, period: str, sources: Iterable[str]) -> int:
        """Base to which a count may have been rounded by its sources; 0 where it is exact.

        Examples
        --------
        >>> load().rounding(905, "E10000034", "2017/18", ["sdg_3_5_1"])
        5
        """
        return max(self.sources[key].disclosure.base_of(count, area, period) for key in sources)

    def sources_of(self, indicator: str) -> tuple[str, ...]:
        """Keys of the sources behind an indicator, through its numerator and denominator."""
        if indicator == "population":
            return tuple(k for k, s in self.sources.items() if s.gives == "populations")
        one = self.indicators[indicator]
        keys = [part.source for part in one.parts]
        for input_key in (one.numerator, one.denominator):
            if input_key:
                keys.extend(self.sources_of(input_key))
        return tuple(dict.fromkeys(keys))


def load(path: Path | None = None) -> Catalogue:
    """Read and validate the whole catalogue; all failures at once.

    Parameters
    ----------
    path : Path, optional
        Folder with ``sources/`` and ``indicators/``, read by itself; by default the catalogue in
        use, see `needs.catalogue.layers`.

    Raises
    ------
    InvalidDataError
        Naming each file, line, key and value that does not fit, and how to mend it.
    """
    places = (path,) if path else layers.folders()
    return _load(places, layers.stamp(places))


def source(key: str) -> Source:
    """Read one source by itself, whatever is wrong with the rest of the catalogue.

    Examples
    --------
    >>> source("local_extract").reader
    'datapackage'
    """
    problems: list[Problem] = []
    found = _read("sources", Source, layers.folders(), problems, f"{key}.yaml")
    if problems or key not in found:
        raise InvalidDataError(f"The source '{key}' cannot be read.", key, problems=problems)
    return found[key]


@functools.cache
def _load(places: tuple[Path, ...], stamp: object) -> Catalogue:
    problems = layers.strangers() if len(places) > 1 else []
    sources = _read("sources", Source, places, problems)
    indicators = _read("indicators", Indicator, places, problems)
    problems.extend(_owners(sources, places))
    problems.extend(_in_order(sources, places))
    # what is declared, and only at fault, is not unknown too
    known = {*indicators, "population", *_keys("indicators", places)}
    declared = {*sources, *_keys("sources", places)}
    for one in indicators.values():
        if one.own_source:
            if one.own_source.key in sources:
                problems.append(
                    Problem(
                        f"source '{one.own_source.key}' is declared twice",
                        _line(places, one, "own_source", "key"),
                        "Declare it in catalogue/sources/, and leave own_source out here.",
                    )
                )
            sources[one.own_source.key] = one.own_source
            declared.add(one.own_source.key)
    for one in indicators.values():
        for number, part in enumerate(one.parts):
            if part.source not in declared:
                where = _line(places, one, "parts", number, "source")
                near = _nearest(part.source, declared)
                problems.append(Problem(f"unknown source '{part.source}'", where, near))
        named = {name: getattr(one, name) for name in ("numerator", "denominator", "trend_from")}
        places_of: dict[tuple[str, ...], str] = {(name,): key for name, key in named.items()}
        for name in ("part_of", "gives_way_to") if one.finding else ():
            places_of["finding", name] = getattr(one.finding, name)
        for place, key in places_of.items():
            if key and key not in known:
                where = _line(places, one, *place)
                problems.append(Problem(f"unknown indicator '{key}'", where, _nearest(key, known)))
    for source in sources.values():
        others = {each for named in source.comparable_with.values() for each in named}
        for what, field, wanted, there in (
            ("indicator", "superseded_by", set(source.superseded_by), known),
            ("indicator", "comparable_with", set(source.comparable_with), known),
            ("source", "comparable_with", others, declared),
        ):
            problems += [
                Problem(
                    f"unknown {what} '{each}'", _line(places, source, field), _nearest(each, there)
                )
                for each in sorted(wanted - there)
            ]
    if problems:
        raise InvalidDataError("The catalogue has errors.", "catalogue", problems=problems)
    return Catalogue(sources=sources, indicators=indicators)


def _keys(part: str, places: Sequence[Path]) -> list[str]:
    return [name.removesuffix(".yaml") for name in layers.names(part, places)]


def declared_at(one: Indicator | Source, *place: Any) -> str:
    """File and line of a key of an indicator or source of the catalogue in use.

    Examples
    --------
    >>> declared_at(load().indicators["drug_misuse_rate"], "key")
    'catalogue/indicators/drug_misuse_rate.yaml, line 1'
    """
    places = layers.folders()
    if isinstance(one, Source) and f"{one.key}.yaml" not in layers.names("sources", places):
        owner = next(own for own in load().indicators.values() if own.own_source == one)
        return _line(places, owner, "own_source", *place)
    return _line(places, one, *place)


def _line(places: Sequence[Path], one: Indicator | Source, *place: Any) -> str:
    """File and line of a key of an indicator or source."""
    part = "sources" if isinstance(one, Source) else "indicators"
    file = in_use(f"{part}/{one.key}.yaml", places)
    return layers.place_of(file, place, file.data())


def _owners(sources: Mapping[str, Source], places: Sequence[Path]) -> list[Problem]:
    """Documents that do not say whose they are: their figures would be in everybody's report."""
    return [
        Problem(
            "A source whose figures are as printed does not say whose document it is.",
            _line(places, source, "rounding"),
            "Add document_of: with the code of the area, or E92000001 for a national document.",
        )
        for source in sources.values()
        if source.rounding == AS_PRINTED and not source.document_of
    ]


def _in_order(sources: Mapping[str, Source], places: Sequence[Path]) -> list[Problem]:
    """Editions that stand after a newer one: of two that give a figure, the last is kept."""
    return [
        Problem(
            f"Edition '{two.edition}' stands after '{one.edition}', and was released before it: "
            f"{two.released} and {one.released}.",
            _line(places, source, "editions"),
            "List editions oldest first, each with its own date of release.",
        )
        for source in sources.values()
        for one, two in itertools.pairwise([each for each in source.editions if each.released])
        if one.released and two.released and two.released < one.released
    ]


def methods() -> tuple[Method, ...]:
    """The methods that figures and comparisons name, in the order of docs/methods.md."""
    return _methods(in_use("methods.yaml"))


@functools.cache
def _methods(file: InUse) -> tuple[Method, ...]:
    return tuple(Method.model_validate(one) for one in file.data())


def _read(
    part: str, kind: type[D], places: Sequence[Path], problems: list[Problem], only: str = ""
) -> dict[str, D]:
    found: dict[str, D] = {}
    for name in layers.names(part, places):
        if only and name != only:
            continue
        file = in_use(f"{part}/{name}", places)
        try:
            data = file.data()
            entry = kind.model_validate(data)
        except InvalidDataError as error:  # not YAML
            problems.append(error.problem)
            continue
        except ValidationError as error:
            unknown = _adds_to_nothing(data, file, part, places)
            problems.extend(unknown or (_fault(one, file, data, kind) for one in error.errors()))
            continue
        if entry.key != name.removesuffix(".yaml"):
            where = layers.place_of(file, ("key",), data)
            problems.append(Problem(f"key is '{entry.key}'", where, "Name the file after its key."))
        found[entry.key] = entry
    return found


def _adds_to_nothing(
    data: Any, file: InUse, part: str, places: Sequence[Path]
) -> tuple[Problem, ...]:
    """A house's file that would add to a declaration of the package, which has none of its name."""
    own = file.files[0].is_relative_to(places[0])
    if own or len(places) < 2 or not isinstance(data, dict) or data.keys() & {"title", "name"}:
        return ()
    known = _keys(part, places[:1])
    key = file.name.rpartition("/")[2].removesuffix(".yaml")
    what = f"There is no {part.removesuffix('s')} '{key}' to add to."
    return (Problem(what, layers.shown(file.files[0]), _nearest(key, known)),)


def _fault(one: Any, file: InUse, data: Any, kind: type[Declaration]) -> Problem:
    """A fault of an entry, with the page that describes its keys."""
    page = "docs/adding-a-source.md" if kind is Source else "docs/adding-an-indicator.md"
    where = layers.place_of(file, one["loc"], data)
    place = f"{where}: {'.'.join(map(str, one['loc']))}" if one["loc"] else where
    key = str(one["loc"][-1]) if one["loc"] else ""
    match one["type"]:
        case "missing":
            return Problem(f"'{key}' is missing.", place, f"Add it; {page} says what it holds.")
        case "extra_forbidden":
            near = _nearest(key, kind.model_fields) if len(one["loc"]) == 1 else ""
            return Problem(f"There is no key '{key}'.", place, f"{near} See {page}.".strip())
        case "literal_error":
            allowed = re.findall(r"'([^']+)'", str(one["ctx"]["expected"]))
            near = did_you_mean(str(one["input"]), allowed, quote="'")
            remedy = f"{near} Allowed: {', '.join(allowed)}. See {page}.".lstrip()
            return Problem(f"'{one['input']}' is not allowed.", place, remedy)
        case _:
            return Problem(f"{one['msg']}.", place, f"See {page}.")


def _nearest(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word, list(known), n=3)
    return f"Did you mean {', '.join(near)}?" if near else f"Known: {', '.join(sorted(known))}"
