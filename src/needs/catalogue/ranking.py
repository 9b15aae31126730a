"""What ranks findings: the weights and thresholds, and what an indicator says of itself.

The weights stand in ``findings.yaml`` of the catalogue in use, each with its reason. What a finding
of an indicator asks of the partnership stands in the indicator's own file, under ``finding``.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from needs.catalogue.layers import InUse
from needs.errors import InvalidDataError, Problem

#: Classes of harm that ``findings.yaml`` weighs, as ``harm.<class>``.
Harm = Literal[
    "death",
    "gap",
    "prison",
    "lost_treatment",
    "children",
    "families",
    "growth",
    "hospital",
    "housing",
    "looked_after",
    "caseload",
    "money",
    "process",
]

#: Kinds of finding that may ask a question of their own.
Asked = Literal["inside inequality", "comparability warning", "good news"]

#: Weights and thresholds that the rule takes, beside those of the classes of harm.
TAKEN = (
    "gap.per_doubling",
    "gap.most",
    "evidence.p_001",
    "evidence.p_01",
    "evidence.p_05",
    "evidence.q_05",
    "evidence.worst_areas",
    "evidence.untested",
    "people.per_tenfold",
    "people.most",
    "time.record",
    "time.record_process",
    "time.record_by_chance",
    "time.change",
    "time.old_evidence_most",
    "doubt.per_year",
    "doubt.years_free",
    "doubt.age_most",
    "doubt.staff",
    "doubt.few_or_wide",
    "doubt.untested",
    "warning.plain",
    "warning.reverses",
    "gate.alpha",
    "gate.events",
    "gate.few_events",
    "gate.pool_years",
    "gate.record_years",
    "gate.record_mean_years",
    "gate.change_years",
    "gate.old_years",
    "gate.record_old_years",
    "gate.worst_share",
    "gate.worst_of",
    "gate.wide",
    "gate.part_points",
    "gate.part_p",
    "gate.part_years",
    "gate.part_before_years",
    "gate.none_chance",
    "gate.few_recorded",
    "gate.untested",
    "gate.neighbours",
    "seats.findings",
    "seats.second_of_domain",
    "seats.later_of_domain",
    "seats.parts",
    "seats.least",
    "seats.tie",
)


class Guidance(BaseModel):
    """National guidance by its printed title, who issued it, and the year."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: str
    body: str
    year: int

    def __str__(self) -> str:
        return f"{self.title} ({self.body}, {self.year})"


class FindingRule(BaseModel):
    """How an indicator takes part in the ranked findings."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    harm: Harm
    #: Of a number in treatment that falls.
    harm_when_falling: Harm | None = None
    #: What it is about: of two findings of one domain the second counts less.
    domain: str
    #: Follows a number: "people died of drug poisoning". Men and women replace "people".
    happened: str
    #: What a sentence calls it: "deaths from drug poisoning".
    about: str
    question: str
    #: What is asked instead of findings of some kinds.
    asks: Mapping[Asked, str] = Field(default_factory=dict)
    guidance: tuple[Guidance, ...] = ()
    #: The indicator whose events these are a part of: drug misuse within drug poisoning.
    part_of: str = ""
    #: Of two editions or measures of one thing, the one that counts where an area has it.
    gives_way_to: str = ""
    #: Shares of records are set against the spread between areas; what staff choose to record
    #: counts less still.
    recorded: Literal["", "administrative", "staff"] = ""
    #: A count of what services do, not of harm: its record says less.
    process: bool = False
    #: Which way a number without a polarity is good news.
    good_when: Literal["", "rising", "falling"] = ""
    #: Years between the two ends of a change of yearly counts, where not ``gate.change_years``.
    change_years: int | None = Field(default=None, ge=1, le=10)


class Weight(BaseModel):
    """A number of the rule, and why it is this one."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    value: float
    why: str = Field(min_length=10)


@functools.cache
def weights(file: InUse) -> Mapping[str, float]:
    """The weights and thresholds of the rule, by section and name.

    Raises
    ------
    InvalidDataError
        One that the rule takes is missing, or one that it does not take is there; all at once.

    Examples
    --------
    >>> from needs.catalogue import in_use
    >>> weights(in_use("findings.yaml"))["harm.death"]
    5.0
    """
    return MappingProxyType({key: one.value for key, one in weight_reasons(file).items()})


def weight_reasons(file: InUse) -> Mapping[str, Weight]:
    """The weights with their reasons; see `weights`."""
    found: dict[str, Weight] = {}
    problems: list[Problem] = []
    listed: Any = file.data()
    wanted = {*TAKEN, *(f"harm.{one}" for one in get_args(Harm))}
    for section, entries in (listed or {}).items():
        for name, entry in entries.items():
            try:
                found[f"{section}.{name}"] = Weight.model_validate(entry)
            except ValueError:
                told = "Give it a value and, under why, the reason."
                problems.append(Problem(f"'{section}.{name}' is no weight.", file.name, told))
    for missing in sorted(wanted - set(found)):
        problems.append(Problem(f"'{missing}' is missing.", file.name, "Add it with its reason."))
    for extra in sorted(set(found) - wanted):
        problems.append(Problem(f"Nothing takes '{extra}'.", file.name, "Take it out."))
    if problems:
        raise InvalidDataError("The rule of findings has faults.", file.name, problems=problems)
    return found
