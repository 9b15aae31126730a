"""Lists that the report prints as they are declared: outcomes, topics that it leaves out, words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from needs import catalogue


@dataclass(frozen=True)
class Outcome:
    """A measure of the national outcomes framework, as ``outcomes_framework.yaml`` declares it."""

    measure: str
    indicator: str = ""
    publisher: str = ""
    areas: str = ""


@dataclass(frozen=True)
class Topic:
    """What this report has no data for, as ``outside_this_report.yaml`` declares it."""

    topic: str
    publisher: str
    indicators: tuple[str, ...] = ()
    table: str = ""


def outcomes() -> tuple[Outcome, ...]:
    """The framework's measures, with the indicator that answers each where there is one.

    Examples
    --------
    >>> outcomes()[0].measure != ""
    True
    """
    return tuple(Outcome(**one) for one in catalogue.in_use("outcomes_framework.yaml").data())


def declared_topics() -> tuple[Topic, ...]:
    """The topics outside the report, as the catalogue in use declares them.

    Examples
    --------
    >>> all(one.publisher for one in declared_topics())
    True
    """
    found = (Topic(**one) for one in catalogue.in_use("outside_this_report.yaml").data())
    return tuple(replace(one, indicators=tuple(one.indicators)) for one in found)


def accessibility_statement() -> tuple[str, ...]:
    """Paragraphs on how the report was made accessible, of ``accessibility.yaml``.

    Examples
    --------
    >>> all(one.strip().endswith(".") for one in accessibility_statement())
    True
    """
    return tuple(str(one) for one in catalogue.in_use("accessibility.yaml").data())
