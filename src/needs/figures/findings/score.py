"""The score of each candidate: harm + gap + evidence + people + time - doubt, a column each.

``findings.yaml`` of the catalogue holds the weights with their reasons.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from needs.figures.findings import candidate as kinds
from needs.stats.evidence import false_discovery
from needs.stats.intervals import Floats

#: Columns that scoring adds.
PARTS = ("H", "G", "E", "N", "T", "U")


def score_candidates(
    candidates: pd.DataFrame, weights: Mapping[str, float], year: int
) -> pd.DataFrame:
    """Score candidates.

    Parameters
    ----------
    candidates : DataFrame
        As `needs.figures.findings.candidate.as_frame` makes it, of one report.
    weights : mapping of str to float
        As `needs.catalogue.ranking.weights` reads them.
    year : int
        The reporting year.

    Returns
    -------
    DataFrame
        With ``q``, ``years_old``, ``stale``, the parts of the score (`PARTS`) and ``S``.

    Examples
    --------
    >>> from needs.catalogue import in_use, ranking
    >>> from needs.figures.findings.candidate import WORSE, Candidate, as_frame
    >>> one = Candidate(
    ...     kind=WORSE, indicator="drug_misuse_rate", domain="drug deaths", harm="death",
    ...     part_code="E06000009", part="Blackpool", period="2019 to 2021",
    ...     ended=pd.Timestamp(2021, 12, 31), unit="per 100,000", ratio=3.8, p=1e-26, people=25,
    ... )
    >>> weights = ranking.weights(in_use("findings.yaml"))
    >>> (row,) = score_candidates(as_frame([one]), weights, 2022).to_dict("records")
    >>> [round(row[part], 2) for part in ("H", "G", "E", "N", "T", "U", "S")]
    [5.0, 2.89, 2.0, 1.05, 0.0, 0.0, 10.94]
    """
    table = candidates.copy()
    w = weights
    p = table["p"].to_numpy(float)
    table["q"] = false_discovery(np.where(table["kind"].eq(kinds.SINCE), np.nan, p))
    table["years_old"] = _years_old(table, year)
    old = table["years_old"].to_numpy(float) > w["gate.old_years"]
    table["stale"] = old
    table["H"] = [w[f"harm.{one}"] for one in table["harm"]]
    table["G"] = _gap(table, w)
    table["E"] = _evidence(table, w, old)
    people = np.maximum(table["people"].to_numpy(float), 1)
    size = np.minimum(w["people.most"], w["people.per_tenfold"] * np.log10(people))
    table["N"] = np.nan_to_num(size)
    table["T"] = _time(table, w, old)
    table["U"] = _doubt(table, w)
    table["S"] = table[["H", "G", "E", "N", "T"]].sum(axis=1) - table["U"]
    return table


def weighed(table: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """Give warnings their share of the best score of what is said.

    Parameters
    ----------
    table : DataFrame
        As `score_candidates` returns it, with all that is not said in ``left_out``.
    weights : mapping of str to float
    """
    warned = table["warning"].ne("")
    said = table["left_out"].eq("") & ~warned & table["kind"].ne(kinds.NOTHING)
    bad = said & ~table["good"]
    best = table.loc[bad if bad.any() else said, "S"].max() if said.any() else 0.0
    of = {"reverses": weights["warning.reverses"]}
    share = table["warning"].map(of).fillna(weights["warning.plain"])
    return table.assign(S=table["S"].where(~warned, share * best))


def _years_old(table: pd.DataFrame, year: int) -> Floats:
    day = pd.Timestamp(year=year, month=12, day=31)
    return np.array([(day - one).days / 365.25 for one in table["ended"]], dtype=float)


def _gap(table: pd.DataFrame, w: Mapping[str, float]) -> Floats:
    """Of the ratio to the comparator where it is shown or cannot be tested, and of a target."""
    ratio = table["ratio"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        points = np.nan_to_num(w["gap.per_doubling"] * np.abs(np.log2(ratio)), posinf=w["gap.most"])
    counts = (
        (table["p"].to_numpy(float) < w["gate.alpha"])
        | table["extreme"].to_numpy(bool)
        | ~table["tested"].to_numpy(bool)
    )
    found = np.where(counts, points, 0.0)
    target = table["off_target"].to_numpy(float)
    found = np.where(np.isfinite(target), target, found)
    return np.minimum(w["gap.most"], found)


def _evidence(table: pd.DataFrame, w: Mapping[str, float], old: np.ndarray) -> Floats:
    p, q = table["p"].to_numpy(float), table["q"].to_numpy(float)
    alpha = w["gate.alpha"]
    points = np.select(
        [p < 0.001, p < 0.01, p < alpha],
        [w["evidence.p_001"], w["evidence.p_01"], w["evidence.p_05"]],
        0.0,
    )
    points = np.where((p < alpha) & (q >= alpha), w["evidence.q_05"], points)
    points = points + np.where(table["extreme"], w["evidence.worst_areas"], 0.0)
    points = points + np.where(table["tested"], 0.0, w["evidence.untested"])
    ended = table["is_change"].to_numpy(bool) & old
    return np.where(ended, np.minimum(points, w["time.old_evidence_most"]), points)


def _time(table: pd.DataFrame, w: Mapping[str, float], old: np.ndarray) -> Floats:
    """Of records and of changes for the worse beyond chance, those of years ago left aside."""
    record = np.where(table["process"], w["time.record_process"], w["time.record"])
    chance = table["p"].to_numpy(float) >= w["gate.alpha"]
    record = np.where(chance, record * w["time.record_by_chance"], record)
    recent = table["years_old"].to_numpy(float) <= w["gate.record_old_years"]
    points = np.where(table["record"].to_numpy(bool) & recent, record, 0.0)
    return points + np.where(table["changed"].to_numpy(bool) & ~old, w["time.change"], 0.0)


def _doubt(table: pd.DataFrame, w: Mapping[str, float]) -> Floats:
    age = np.maximum(table["years_old"].to_numpy(float) - w["doubt.years_free"], 0)
    points = np.minimum(w["doubt.age_most"], w["doubt.per_year"] * age)
    points = points + np.where(table["staff"], w["doubt.staff"], 0.0)
    few = (table["events"].to_numpy(float) < w["gate.few_events"]) | table["wide"].to_numpy(bool)
    points = points + np.where(few, w["doubt.few_or_wide"], 0.0)
    return points + np.where(table["tested"], 0.0, w["doubt.untested"])
