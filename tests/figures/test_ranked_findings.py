"""The rule of the ranked findings: its score, its gates, its seats, and what it must not say."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from needs import catalogue
from needs.catalogue import ranking
from needs.errors import InvalidDataError
from needs.figures import assessment, findings
from needs.figures.assessment import Assessment
from needs.figures.findings import candidate as kinds
from needs.figures.findings import changed, reading, score, seats, warned, wording
from needs.figures.findings.candidate import Candidate, as_frame
from needs.report.findings_csv import COLUMNS, findings_csv

WEIGHTS = ranking.weights(catalogue.in_use("findings.yaml"))


def made(**changes: Any) -> Candidate:
    """A candidate: drug deaths of the newest year, worse than England."""
    base: dict[str, Any] = {
        "kind": kinds.WORSE,
        "indicator": "drug_poisoning_rate",
        "domain": "drug deaths",
        "harm": "death",
        "part_code": "E10000017",
        "part": "Lancashire",
        "period": "2019 to 2021",
        "ended": pd.Timestamp(2021, 12, 31),
        "unit": "per 100,000",
        "ratio": 10.8 / 7.9,
        "p": 2.8e-8,
        "people": 364 / 3,
        "events": 364,
        "changed": True,
    }
    return Candidate(**base | changes)


RECORD = {
    "kind": kinds.HIGH,
    "ratio": 35 / 23.4,
    "p": 0.0388,
    "people": 35,
    "events": 35,
    "record": True,
    "changed": False,
}
PRISON = {
    "kind": kinds.TARGET,
    "harm": "prison",
    "domain": "prison",
    "period": "2021/22",
    "ended": pd.Timestamp(2022, 3, 31),
    "ratio": np.nan,
    "p": np.nan,
    "people": np.nan,
    "events": np.nan,
    "tested": False,
    "off_target": 75 / 25.17,
    "changed": False,
}
NEED = {
    "kind": kinds.UNMET,
    "harm": "gap",
    "domain": "alcohol need",
    "period": "2018/19",
    "ended": pd.Timestamp(2019, 3, 31),
    "ratio": np.nan,
    "p": np.nan,
    "people": 12061,
    "events": np.nan,
    "changed": False,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # worked out by hand: H, G, E, N, T, U
        ({}, (5, 0.68, 2, 1.56, 1, 0)),
        (RECORD, (5, 0.87, 1, 1.16, 1.5, 0)),
        (PRISON, (4, 2.98, 0.5, 0, 0, 0.5)),
        (NEED, (4, 0, 0, 2.75, 0, 1.38)),
        # a record that chance may give has half its points, and no gap
        (RECORD | {"p": 0.2}, (5, 0, 0, 1.16, 0.75, 0)),
        # of what services do half, and none where it is no longer news
        (RECORD | {"process": True}, (5, 0.87, 1, 1.16, 0.75, 0)),
        (RECORD | {"ended": pd.Timestamp(2019, 3, 31)}, (5, 0.87, 1, 1.16, 0, 1.38)),
        # no more than four times the comparator counts
        ({"ratio": 9.0, "changed": False}, (5, 3, 2, 1.56, 0, 0)),
        # not beyond chance: no gap, unless among the worst areas
        ({"p": 0.3, "changed": False}, (5, 0, 0, 1.56, 0, 0)),
        ({"p": 0.3, "extreme": True, "changed": False}, (5, 0.68, 1, 1.56, 0, 0)),
        # old: a change counts no more and proves little, and age is doubted up to two points
        (
            {"ended": pd.Timestamp(2012, 12, 31), "is_change": True},
            (5, 0.68, 1, 1.56, 0, 2),
        ),
        # staff's own records, few events, an estimate too wide
        ({"staff": True, "changed": False}, (5, 0.68, 2, 1.56, 0, 1.5)),
        ({"events": 12, "people": 4, "changed": False}, (5, 0.68, 2, 0.45, 0, 1)),
        ({"wide": True, "changed": False}, (5, 0.68, 2, 1.56, 0, 1)),
    ],
)
def test_the_score(changes: dict[str, Any], expected: tuple[float, ...]) -> None:
    (row,) = score.score_candidates(as_frame([made(**changes)]), WEIGHTS, 2022).to_dict("records")
    assert [row[part] for part in score.PARTS] == pytest.approx(expected, abs=0.006)
    assert row["S"] == pytest.approx(sum(expected[:-1]) - expected[-1], abs=0.02)


def test_evidence_that_many_comparisons_may_give_counts_half() -> None:
    table = score.score_candidates(as_frame([made(p=0.04), *[made(p=0.9)] * 30]), WEIGHTS, 2022)
    assert table.loc[0, "E"] == 0.5 and table.loc[0, "q"] > 0.05


@pytest.mark.parametrize(("warning", "share"), [("plain", 0.6), ("reverses", 0.95)])
def test_a_warning_has_its_share_of_the_best(warning: str, share: float) -> None:
    warned_of = made(kind=kinds.WARNING, warning=warning, ratio=9.0)
    table = score.score_candidates(
        as_frame([made(), warned_of, made(left_out="said", ratio=9)]), WEIGHTS, 2022
    )
    table = score.weighed(table, WEIGHTS)
    assert table.loc[1, "S"] == pytest.approx(share * table.loc[0, "S"])


def listed(*candidates: Candidate, year: int = 2022) -> list[str]:
    """What is said, in its order, by the period that tells the candidates of a test apart."""
    table = score.weighed(score.score_candidates(as_frame(candidates), WEIGHTS, year), WEIGHTS)
    table = seats.seated(table, WEIGHTS)
    return table[table["rank"].notna()].sort_values("rank")["part"].tolist()


def test_the_best_inequality_need_and_warning_keep_their_seats() -> None:
    strong = [made(domain=f"matter {n}", part=f"strong {n}", ratio=4.0) for n in range(8)]
    inside = made(kind=kinds.INSIDE, part="inside", domain="x", subgroup=True, ratio=1.2)
    need = made(**NEED | {"part": "need"})
    warning = made(kind=kinds.WARNING, part="warning", domain="recording", warning="plain")
    said = listed(*strong, inside, need, warning)
    assert len(said) == 6 and {"inside", "need", "warning"} <= set(said)


def test_a_second_finding_of_one_matter_counts_less() -> None:
    first = made(part="first", ratio=3.0)
    second = made(part="second", ratio=2.9, p=0.02, changed=False)
    other = made(part="other", domain="alcohol deaths", ratio=1.3, p=0.02, changed=False)
    assert listed(first, second, other) == ["first", "other", "second"]


def test_no_more_than_two_parts_of_one_matter_are_listed() -> None:
    parts = [
        made(kind=kinds.INSIDE, part=f"part {n}", subgroup=True, changed=False) for n in range(5)
    ]
    assert listed(*parts) == ["part 0", "part 1"]


@pytest.mark.parametrize(
    ("leader", "follower"),
    [
        # old figures, figures quoted from a document, and records that chance may give
        ({}, {"ended": pd.Timestamp(2016, 12, 31), "ratio": 4.0, "extreme": True}),
        ({}, {"printed": True, "ratio": 4.0}),
        ({"people": 10, "ratio": 1.1}, RECORD | {"p": 0.2, "people": 5000}),
        # what is said of some people follows what is said of all
        ({}, {"kind": kinds.INSIDE, "subgroup": True, "ratio": 4.0, "domain": "drug deaths"}),
    ],
)
def test_what_may_not_lead(leader: dict[str, Any], follower: dict[str, Any]) -> None:
    follows = made(**{"domain": "other", "part": "second"} | follower)
    assert listed(follows, made(**{"part": "first"} | leader)) == ["first", "second"]


def test_a_part_leads_where_of_all_people_nothing_is_shown() -> None:
    inside = made(kind=kinds.INSIDE, part="inside", subgroup=True)
    by_chance = made(**RECORD | {"p": 0.3, "part": "whole"})
    assert listed(inside, by_chance) == ["inside", "whole"]


def test_scores_that_are_a_tie_put_more_people_first() -> None:
    few = made(part="few", domain="a", people=30, ratio=1.6)
    many = made(part="many", domain="b", people=90, ratio=1.1)
    assert listed(few, many) == ["many", "few"]


def test_good_news_has_one_place_and_contradicts_nothing() -> None:
    good = made(part="good", good=True, kind=kinds.BETTER, domain="alcohol deaths")
    same = made(part="same", good=True, kind=kinds.BETTER, ratio=4.0)
    chance = made(part="chance", good=True, kind=kinds.BETTER, domain="c", p=0.2, ratio=4.0)
    here = made(part="here", good=True, kind=kinds.BETTER_HERE, domain="d", ratio=4.0)
    assert listed(made(part="bad"), same, chance, here, good) == ["bad", "good"]


def test_something_is_said_where_nothing_differs() -> None:
    assert listed(made(kind=kinds.NOTHING, part="size", p=np.nan)) == ["size"]


@pytest.mark.parametrize(
    ("part", "whole", "led"),
    [
        ({}, {"ratio": 1.2}, "whole"),
        ({}, {"people": 364}, "whole"),  # a tie: the national measure leads
        ({"ratio": 1.1}, {"ratio": 2.0}, "part"),
        ({"kind": kinds.WORSE_HERE, "ratio": 2.0}, {}, "part"),  # only the whole beside England
    ],
)
def test_of_a_part_and_its_whole_one_is_said(
    part: dict[str, Any], whole: dict[str, Any], led: str
) -> None:
    both = [made(indicator="part", **part), made(indicator="whole", **whole)]
    table = score.score_candidates(as_frame(both), WEIGHTS, 2022)
    left = seats.paired(table, {"part": "whole"}, WEIGHTS["seats.tie"])
    assert table.loc[left.ne(""), "indicator"].tolist() == [led]


def test_a_change_is_not_said_against_a_newer_one() -> None:
    fell = {"kind": kinds.FALLING, "is_change": True, "process": True, "domain": "alcohol need"}
    old = made(**fell | {"ended": pd.Timestamp(2019, 3, 31)})
    new = made(**RECORD | {"process": True, "ended": pd.Timestamp(2022, 3, 31)})
    table = score.score_candidates(as_frame([old, new]), WEIGHTS, 2022)
    assert seats.opposed(table).tolist() == [seats.OPPOSED, ""]


@pytest.mark.parametrize(
    ("whole", "part", "warning"),
    [
        ({"kind": kinds.WORSE}, {"kind": kinds.BETTER, "good": True}, "reverses"),
        ({"kind": kinds.WORSE}, {"kind": kinds.WORSE}, "plain"),
        ({"kind": kinds.SIMILAR, "left_out": "alike"}, {"kind": kinds.BETTER}, "plain"),
    ],
)
def test_a_part_whose_share_moved_gives_way_to_its_whole(
    whole: dict[str, Any], part: dict[str, Any], warning: str
) -> None:
    found = [
        made(**whole),
        made(indicator="drug_misuse_rate", **part),
        made(indicator="drug_misuse_rate", kind=kinds.WARNING, domain="recording", warning="part"),
    ]
    kept = warned.led_by_the_whole(found)
    assert [one.left_out for one in kept][1:] == [warned.SET_ASIDE, ""]
    assert kept[2].warning == warning


# --- the worked example ---------------------------------------------------------------------


def test_the_worked_example(worcestershire: Assessment) -> None:
    said = [(one.kind, one.indicator, one.part) for one in findings.ranked(worcestershire)]
    assert said[0] == (kinds.HIGH, "drug_misuse_rate", "Worcestershire")
    assert set(said[1:]) == {
        (kinds.TARGET, "prison_continuity", "Worcestershire"),
        (kinds.UNMET, "alcohol_unmet_need", "Worcestershire"),
        (kinds.UNMET, "ocu_unmet_need", "Worcestershire"),
        (kinds.WARNING, "drug_misuse_rate", "Worcestershire"),
        (kinds.INSIDE, "drug_misuse_rate", "Worcester"),
        (kinds.GOOD, "alcohol_in_treatment", "Worcestershire"),
    }
    assert said[-1][0] == kinds.GOOD


def test_who_is_counted_after_prison_needs_treatment(worcestershire: Assessment) -> None:
    (told,) = (one for one in findings.ranked(worcestershire) if one.kind == kinds.TARGET)
    assert told.statement.startswith(
        "25% of people who need treatment on leaving prison began it here in 2021/22."
    )


def test_a_finding_says_whose_figure_a_document_prints_as_englands(processed: Path) -> None:
    na = assessment.load(["Worcestershire"], 2025, processed=processed)
    (told,) = (one for one in findings.ranked(na) if "prints" in one.statement)
    assert (
        "against 5.3 per 100,000 in England. The figure for England in the years 2018 to 2020 was "
        "5.0 per 100,000. The printed one may be the figure of West Midlands for 2018 to 2020, 5.3 "
        "per 100,000. The newest figure is"
    ) in told.statement


def test_every_finding_asks_and_rests_on_figures(worcestershire: Assessment) -> None:
    for place, one in enumerate(findings.ranked(worcestershire), start=1):
        assert one.rank == place
        assert one.question.endswith("?") and one.figures and one.sure
        assert all(each.year <= worcestershire.year for each in one.guidance)
        assert re.search(r"\d", one.statement)


def hide(na: Assessment, code: str, period: str) -> Assessment:
    """The same report with one count withheld."""
    rows = na.observations.copy()
    chosen = rows["area_code"].eq(code) & rows["period"].eq(period)
    chosen &= rows["indicator"].str.startswith("drug_")
    assert chosen.any()
    rows.loc[chosen, "status"] = "suppressed"
    return replace(na, observations=rows)


def test_withheld_counts_are_not_numbers_and_cannot_be_worked_out(
    worcestershire: Assessment,
) -> None:
    """Not even where the table still carries them: no part is set against the rest."""
    hidden = hide(worcestershire, "E07000237", "2021")
    table = findings.scored(hidden)
    ours = table[table["indicator"].isin(["drug_misuse_rate", "drug_poisoning_rate"])]
    rest = ours["comparator"].str.startswith("the rest of")
    assert not (rest & ours["period"].str.endswith("2021")).any()
    for one in reading.measures(hidden):
        series = reading.yearly(hidden, one, "E07000237")
        if series is not None and one.key.startswith("drug_") and "2021" in series.period:
            assert np.isnan(series.count[series.period.index("2021")])


def test_a_year_that_is_withheld_is_in_no_pool_record_or_change(worcestershire: Assessment) -> None:
    hidden = hide(worcestershire, "E10000034", "2021")
    table = findings.scored(hidden)
    mine = table["part_code"].eq("E10000034") & table["indicator"].str.startswith("drug_")
    moves = [kinds.HIGH, kinds.LOW, kinds.RISING, kinds.FALLING]
    newest = table["period"].str.endswith("2021")
    assert not (mine & newest & table["kind"].isin(moves)).any()
    # nor are the parts added up to what is withheld
    assert not (newest & table["comparator"].str.startswith("the rest of")).any()


def test_periods_end_by_the_reporting_year(worcestershire: Assessment) -> None:
    early = replace(
        worcestershire,
        year=2019,
        observations=worcestershire.observations[
            worcestershire.observations["period_end"] <= pd.Timestamp(2019, 12, 31)
        ],
    )
    table = findings.scored(early)
    ended = table.loc[table["kind"].ne(kinds.SINCE), "period"].str.extract(r"(\d{4})(?:/\d\d)?$")[0]
    assert ended.astype(int).max() <= 2019


# --- what further data would bring -----------------------------------------------------------


def with_rows(na: Assessment, *rows: dict[str, Any], **declared: Any) -> Assessment:
    """The same report with more observations, and more indicators."""
    template = na.observations.iloc[0].to_dict() | {
        **dict.fromkeys(("value", "lower", "upper", "count", "denominator"), np.nan),
        **{"sex": "persons", "category": "", "status": "shown", "marks": "", "method": "published"},
        **{"period": "2021/22", "age": "18+", "source": "local_extract", "source_row": "x.csv"},
        **{"period_start": pd.Timestamp(2021, 4, 1), "period_end": pd.Timestamp(2022, 3, 31)},
    }
    added = pd.DataFrame([template | row for row in rows]).astype(na.observations.dtypes.to_dict())
    known = na.catalogue.model_copy(update={"indicators": {**na.catalogue.indicators, **declared}})
    observations = pd.concat([na.observations, added], ignore_index=True)
    return replace(na, observations=observations, catalogue=known)


def shares_of(
    na: Assessment, key: str, here: tuple[float, float], spread: float, many: int = 100
) -> Assessment:
    """Shares of records of some authorities, and of the area."""
    others = [one.code for one in na.authorities if one.code != na.area.code][:many]
    rng = np.random.default_rng(3)
    odds = np.exp(-2.7 + rng.normal(0, spread, many))
    share = dict(zip(others, 100 * odds / (1 + odds), strict=True))
    rows = [
        {
            "indicator": key,
            "area_code": code,
            "value": value,
            "count": round(value * 30),
            "denominator": 3000.0,
        }
        for code, value in share.items()
    ]
    count, whole = here
    england = {"value": 6.2, "count": 18600.0, "denominator": 300000.0}
    rows.append({"indicator": key, "area_code": na.england.code} | england)
    rows.append(
        {
            "indicator": key,
            "area_code": na.area.code,
            "value": 100 * count / whole,
            "lower": 100 * count / whole - 0.9,
            "upper": 100 * count / whole + 1.0,
            "count": count,
            "denominator": whole,
        }
    )
    return with_rows(na, *rows)


@pytest.mark.parametrize(("spread", "kind"), [(0.7, kinds.SIMILAR), (0.0, kinds.WORSE)])
def test_shares_of_records_are_set_against_the_spread_between_areas(
    worcestershire: Assessment, spread: float, kind: str
) -> None:
    """8.3% against 6.2% is far beyond chance, but not where areas differ as much anyhow."""
    table = findings.scored(shares_of(worcestershire, "housing_problem", (249, 3000), spread))
    (row,) = table[table["indicator"].eq("housing_problem")].to_dict("records")
    assert row["kind"] == kind
    assert (row["p"] > 0.3) == (kind == kinds.SIMILAR)


def test_a_share_within_the_usual_spread_is_high_among_areas_and_not_worse(
    worcestershire: Assessment,
) -> None:
    """20% against 6.2%: among the furthest 5%, and no test that allows for the spread shows it."""
    na = shares_of(worcestershire, "housing_problem", (600, 3000), 0.7, many=140)
    table = findings.scored(na)
    (row,) = table[table["indicator"].eq("housing_problem")].to_dict("records")
    assert row["kind"] == kinds.HIGH_AMONG and row["p"] > 0.05 and not row["good"]
    assert row["sure"].startswith("Not sure: among the worst 5% of areas")


@pytest.mark.parametrize(("verdict", "kind"), [("similar", kinds.SIMILAR), ("", kinds.WORSE)])
def test_what_its_publisher_calls_similar_is_not_worse(
    worcestershire: Assessment, verdict: str, kind: str
) -> None:
    """A figure without limits is told by its size, unless its publisher has tested it."""
    row = {"indicator": "alcohol_specific_mortality", "verdict": verdict}
    na = with_rows(
        worcestershire,
        row | {"area_code": worcestershire.area.code, "value": 15.0},
        row | {"area_code": worcestershire.england.code, "value": 10.0},
    )
    table = findings.scored(na)
    own = table[table["indicator"].eq(row["indicator"]) & table["period"].eq("2021/22")]
    told = set(own.loc[own["comparator"].eq("England"), "kind"])
    assert told & {kinds.SIMILAR, kinds.WORSE, kinds.BETTER} == {kind}


@pytest.mark.parametrize(("whole", "warns"), [(196, True), (30, False)])
def test_none_recorded_where_some_are_expected_is_a_warning(
    worcestershire: Assessment, whole: int, warns: bool
) -> None:
    na = shares_of(worcestershire, "housing_problem", (0, whole), 0.5)
    table = findings.scored(na)
    warnings = table[table["kind"].eq(kinds.WARNING) & table["indicator"].eq("housing_problem")]
    assert len(warnings) == warns
    if warns:
        assert "None of 196 is recorded" in warnings["statement"].iloc[0]
        assert warnings["S"].iloc[0] == pytest.approx(0.6 * 9.03, abs=0.01)


@pytest.mark.parametrize(
    ("count", "kind"), [(40, kinds.WARNING), (120, kinds.BETTER), (180, kinds.SIMILAR)]
)
def test_few_in_the_records_are_no_good_news(
    worcestershire: Assessment, count: int, kind: str
) -> None:
    """Derbyshire: 58 of 7,436 assessments in 2021/22, and 17% of them three years later."""
    na = shares_of(worcestershire, "housing_problem", (count, 3000), 0.15)
    table = findings.scored(na)
    rows = table[table["indicator"].eq("housing_problem")]
    assert kind in set(rows["kind"])
    told = rows[rows["left_out"].eq("") | rows["left_out"].eq("others came first")]
    assert not set(told["kind"]) & {kinds.BETTER, kinds.GOOD}
    warned = rows[rows["kind"].eq(kinds.WARNING)]
    assert len(warned) == (kind == kinds.WARNING)
    if len(warned):
        assert warned["statement"].iloc[0].startswith("40 of 3,000 adults in drug treatment had")
        assert "At England's share there would be about 186." in warned["statement"].iloc[0]


def of_treated(key: str, name: str, age: str, **finding: Any) -> catalogue.Indicator:
    """An indicator of people in treatment, as one more file would declare it."""
    like = catalogue.load().indicators["adults_in_treatment"]
    told = {
        "harm": "caseload",
        "domain": "older clients",
        "happened": f"people aged 50 or over {name}",
        "about": f"people aged 50 or over {name}",
        "question": "Are checks of lung, liver and heart a part of their treatment?",
    }
    declared = ranking.FindingRule(**told | finding) if finding else None
    return like.model_copy(update={"key": key, "name": name, "age": age, "finding": declared})


@pytest.mark.parametrize(
    ("ours", "kind"),
    [((230, 605), kinds.INSIDE), ((150, 605), kinds.SIMILAR), ((60, 605), kinds.SIMILAR)],
)
def test_a_count_within_another_is_one_more_file(
    worcestershire: Assessment, ours: tuple[int, int], kind: str
) -> None:
    name = "were in treatment for opiates"
    counts = {"E10000034": ours, "E92000001": (34551, 140558)}
    rows = [
        {"indicator": key, "area_code": code, "value": float(pair[at]), "count": float(pair[at])}
        for code, pair in counts.items()
        for at, key in enumerate(("older", "clients"))
    ]
    na = with_rows(
        worcestershire,
        *rows,
        older=of_treated("older", name, "50+", part_of="clients"),
        clients=of_treated("clients", name, "18+"),
    )
    table = findings.scored(na)
    (row,) = table[table["indicator"].eq("older")].to_dict("records")
    assert row["kind"] == kind and bool(row["left_out"]) == (kind != kinds.INSIDE)
    if kind == kinds.INSIDE:
        assert row["statement"] == (
            "230 people aged 50 or over were in treatment for opiates in 2021/22. That is 38% "
            "(34% to 42%) of 605, against 25% in England."
        )


def test_a_target_that_is_met_is_good_news_only_where_it_is_shown(
    worcestershire: Assessment,
) -> None:
    row = {"indicator": "prison_continuity", "area_code": "E10000034", "value": 80.0}
    for limits, reason in (({}, "not tested"), ({"lower": 77.0, "upper": 83.0}, seats.NO_SEAT)):
        na = with_rows(
            worcestershire,
            row | limits | {"period": "2022"} | {"period_end": pd.Timestamp(2022, 12, 31)},
        )
        table = findings.scored(na)
        (met,) = table[
            table["indicator"].eq("prison_continuity") & table["period"].eq("2022") & table["good"]
        ].to_dict("records")
        assert met["left_out"] == reason


# --- the file beside a report ---------------------------------------------------------------


def test_the_file_holds_the_whole_list(worcestershire: Assessment) -> None:
    rows = list(csv.DictReader(io.StringIO(findings_csv(worcestershire).decode())))
    table = findings.scored(worcestershire)
    assert tuple(rows[0]) == findings.COLUMNS == tuple(COLUMNS)
    assert len(rows) == len(table)
    first = rows[0]
    parts = [float(first[part]) for part in score.PARTS]
    assert float(first["S"]) == pytest.approx(sum(parts[:-1]) - parts[-1])
    assert first["rank"] == "1" and first["left_out"] == ""
    assert all(bool(row["rank"]) != bool(row["left_out"]) for row in rows)


def test_a_text_that_begins_a_formula_is_made_harmless(worcestershire: Assessment) -> None:
    named = replace(worcestershire, area=replace(worcestershire.area, name="=HYPERLINK(1)\r=2"))
    text = findings_csv(named).decode()
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "\r"))]
    assert "\r" not in text


# --- the catalogue --------------------------------------------------------------------------


def test_the_weights_have_reasons_and_the_rule_takes_them_all(root: Any) -> None:
    told = ranking.weight_reasons(catalogue.in_use("findings.yaml"))
    assert all(one.why.endswith(".") for one in told.values())
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in (root / "src" / "needs" / "figures" / "findings").glob("*.py")
    )
    assert not [key for key in ranking.TAKEN if f'"{key}"' not in code]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("harm: {death: {value: 5}}", "no weight"),
        ("harm: {plague: {value: 5, why: It is bad for people.}}", "Nothing takes"),
        ("", "is missing"),
    ],
)
def test_faults_of_the_weights_are_told_at_once(tmp_path: Any, text: str, words: str) -> None:
    path = tmp_path / "findings.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidDataError) as caught:
        ranking.weight_reasons(catalogue.layers.alone(path))
    assert words in str(caught.value)


def syllables(word: str) -> int:
    letters = re.sub(r"[^a-z]", "", word.lower())
    return max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", letters))))


def grade(text: str) -> tuple[float, float]:
    """Reading grade by Flesch and Kincaid, and words a sentence."""
    sentences = [one for one in re.split(r"(?<=[.?!])\s+", text) if one]
    words = re.findall(r"[A-Za-z0-9'’,.%−-]+", text)
    a_sentence, a_word = len(words) / len(sentences), sum(map(syllables, words)) / len(words)
    return 0.39 * a_sentence + 11.8 * a_word - 15.59, a_sentence


FORBIDDEN = ("at hand", "cannot be tested", "of another edition", "significant")


def test_findings_and_questions_read_easily(worcestershire: Assessment) -> None:
    said = findings.scored(worcestershire)
    for text in (" ".join(said["statement"]), " ".join(said["question"].unique())):
        level, words = grade(text)
        assert level <= 9 and words < 20
        assert not [one for one in FORBIDDEN if one in text.casefold()]


@pytest.mark.parametrize(
    ("p", "q", "changes", "words"),
    [
        (0.03, 0.04, {}, "Fairly sure"),
        (0.005, 0.02, {}, "Sure"),
        (0.3, 0.5, {}, "Not sure that it differs"),
        (np.nan, np.nan, {}, "An estimate"),
        (0.3, 0.5, {"extreme": True}, "Not sure"),
        (np.nan, np.nan, {"warning": True}, "Sure: the figures themselves"),
    ],
)
def test_how_sure_in_words(p: float, q: float, changes: dict[str, bool], words: str) -> None:
    asked = {"tested": True, "warning": False, "extreme": False} | changes
    assert wording.sure(p, q, **asked).startswith(words)


def test_a_rise_to_a_level_still_better_than_englands_says_so() -> None:
    level = made(kind=kinds.BETTER, good=True, value=4.9, comparator_value=7.9)
    rise = made(
        kind=kinds.RISING, is_change=True, statement="The rate rose by 27%.", told="It rose."
    )
    above = made(value=9.0, comparator_value=7.9)
    better, told = changed.with_gaps([level], [rise])
    assert better == replace(level, changed=False)
    assert told.statement.endswith(
        "The rate is still below England's: 4.9 against 7.9 per 100,000."
    )
    # above England the rise is told with the gap, and not again
    gap, again = changed.with_gaps([above], [rise])
    assert gap.statement.endswith("It rose.") and again.left_out == "said with the gap"
    assert gap.changed and again.statement == rise.statement
