"""What a data package says of its local extracts: the rule of disclosure, and the indicators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from needs.catalogue import LOCAL_SOURCE, Catalogue, Disclosure
from needs.sources.readers.package_faults import PackageFaults
from needs.sources.readers.package_tables import DESCRIPTOR

M = TypeVar("M", bound=BaseModel)


class LocalRule(BaseModel):
    """A package's disclosure rule: ``needs:disclosure`` of its descriptor.

    Without one, the rule of the source `LOCAL_SOURCE` stands. `off_because` is the only way to
    switch disclosure control off, and its reason is printed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    threshold: int = Field(default=0, ge=0)
    rounding_base: int = Field(default=0, ge=0)
    secondary: Literal[True] = True
    rule: str = ""
    off_because: str = ""

    @model_validator(mode="after")
    def _on_or_off(self) -> Self:
        if bool(self.off_because.strip()) == (self.threshold >= 2):
            raise ValueError("give a threshold of 2 or more, or off_because with the reason")
        return self

    @property
    def disclosure(self) -> Disclosure:
        """The rule as `needs.tables.disclosure` takes it."""
        return Disclosure(
            threshold=self.threshold, rounding_base=self.rounding_base, secondary=self.secondary
        )

    @property
    def words(self) -> str:
        """The rule in a sentence."""
        if self.off_because:
            return f"Disclosure control is switched off: {self.off_because.strip().rstrip('.')}."
        rounding = (
            f", other counts are rounded to the nearest {self.rounding_base}"
            if self.rounding_base
            else ""
        )
        return self.rule or (
            f"Counts of 1 to {self.threshold - 1} are suppressed{rounding}, and further counts are "
            "suppressed so that none can be found by subtraction."
        )


class LocalIndicator(BaseModel):
    """What a package's ``local_counts`` count: an entry of ``needs:indicators``.

    `years_pooled` years are added up, counted back from the extract's last, so that periods never
    overlap: overlapping ones would give small counts away by subtraction.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = Field(min_length=1)
    chapter: Literal["deaths", "admissions"]
    counted: str = "events"
    years_pooled: int = Field(default=1, ge=1, le=10)


def rule_of(package: Mapping[str, Any], catalogue: Catalogue, faults: PackageFaults) -> LocalRule:
    """The rule that a package states for its local extracts, or else the usual one."""
    usual = catalogue.sources[LOCAL_SOURCE].disclosure
    default = LocalRule(threshold=usual.threshold, rounding_base=usual.rounding_base)
    if "needs:disclosure" not in package:
        return default
    declared = _model(LocalRule, package["needs:disclosure"], "needs:disclosure", faults)
    return declared or default


def indicators_of(package: Mapping[str, Any], faults: PackageFaults) -> dict[str, LocalIndicator]:
    """What a package counts that no catalogue knows, by key."""
    entries = package.get("needs:indicators", {})
    if not isinstance(entries, dict):
        where = f"{DESCRIPTOR}: needs:indicators"
        faults.add("Not an object.", where, 'Write {"key": {"name": ..., "chapter": ...}}.')
        return {}
    read = {
        str(key): _model(LocalIndicator, entry, f"needs:indicators: {key}", faults)
        for key, entry in entries.items()
    }
    return {key: one for key, one in read.items() if one is not None}


def _model(kind: type[M], entry: Any, where: str, faults: PackageFaults) -> M | None:
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        for one in error.errors():
            place = ".".join(str(part) for part in one["loc"])
            faults.add(
                f"{one['msg'].removeprefix('Value error, ')}: {one['input']!r}.",
                f"{DESCRIPTOR}: {where}" + (f": {place}" if place else ""),
                "See docs/local-data.md.",
            )
        return None
