"""Dependence, people in treatment, and hospital admissions."""

from __future__ import annotations

import pandas as pd
import pytest

from needs import catalogue
from needs.catalogue.corrections import corrections
from needs.errors import InvalidDataError
from needs.sources.readers import ndtms
from needs.stats.status import Status
from needs.tables.areas import fill_codes

END_OF_2010_11 = pd.Timestamp(2011, 3, 31)


def _series(table, measure, code, name=None):
    rows = table[(table["measure"] == measure) & (table["category"] == "")]
    rows = rows[rows["area_name"] == name] if name else rows[rows["area_code"] == code]
    return rows.set_index("period")["value"]


@pytest.mark.mirror
def test_dependence_of_all_authorities(read):
    table = read("alcohol_dependence")
    sizes = table[table["area_name"] != "England"].groupby("period").size()
    assert sizes.tolist() == [151] * 8
    assert list(sizes.index)[:2] == ["2010/11", "2011/12"]
    older = table["period"] < "2015/16"
    assert table.loc[older, ["lower", "upper"]].isna().all(axis=None)
    assert table.loc[~older, ["lower", "upper"]].notna().all(axis=None)
    county = table[(table["area_code"] == "E10000034") & (table["period"] == "2017/18")].iloc[0]
    assert (county["value"], county["lower"], county["upper"]) == (5156, 3960, 6956)
    england = _series(table, "alcohol_dependent_adults", "E92000001")
    assert england.to_dict() == {"2015/16": 595_856, "2016/17": 589_101, "2017/18": 586_780}


@pytest.mark.mirror
def test_dependence_years_are_the_financial_years_of_the_goal_file(read):
    dependence = read("alcohol_dependence")
    goal = read("sdg_3_5_1")
    goal = goal[(goal["measure"] == "alcohol_prevalence") & (goal["category"] == "")]
    both = dependence.merge(goal, on=["area_code", "period"], suffixes=("", "_goal"))
    both = both[both["area_code"] != ""]
    assert both.groupby("period").size().min() >= 120
    assert (both["value"] == both["value_goal"]).all()


@pytest.mark.mirror
def test_goal_file_gives_the_exact_number_in_treatment(read):
    table = read("sdg_3_5_1")
    treated = _series(table, "alcohol_in_treatment", "", "Worcestershire")
    assert treated["2018/19"] == 1_029
    assert treated["2017/18"] == 905
    assert _series(table, "alcohol_prevalence", "", "Worcestershire")["2018/19"] == pytest.approx(
        5_290.666667
    )
    assert _series(table, "alcohol_met_need", "", "Worcestershire")["2018/19"] == pytest.approx(
        19.44934476
    )
    key = ["measure", "area_code", "area_name", "period", "category"]
    assert not table.duplicated(key).any()
    england = _series(table, "alcohol_in_treatment", "E92000001")
    assert england["2018/19"] == 104_153
    # the publisher's own figure for England, not the sum of authorities
    assert _series(table, "alcohol_prevalence", "E92000001")["2015/16"] == 595_856


@pytest.mark.mirror
def test_goal_file_by_deprivation_is_englands(read):
    table = read("sdg_3_5_1")
    deciles = table[table["category"] != ""]
    assert len(deciles) == 30
    assert set(deciles["area_code"]) == {"E92000001"}


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("edition", "measure", "value"),
    [
        ("drug-related mental and behavioural disorders", "drug_disorder_admissions", 45),
        ("poisoning by drug misuse", "drug_poisoning_admissions", 120),
    ],
)
def test_admissions(read, edition, measure, value):
    table = read("nhs_drug_admissions", edition)
    assert set(table["measure"]) == {measure}
    assert _series(table, measure, "", "Worcestershire")["2018/19"] == value
    assert sorted(table["period"].unique()) == [
        f"{y}/{(y + 1) % 100:02d}" for y in range(2008, 2019)
    ]
    # the distrusted year, and health areas that are not the authority of that name
    assert "2019/20" not in set(table["period"])
    assert not {"Derbyshire", "West Berkshire", "Dorset"} & set(table["area_name"])
    assert not {"Nottinghamshire", "Oxfordshire"} & set(table["area_name"])
    assert set(table.loc[table["value"].isna(), "status"]) == {Status.UNAVAILABLE}


#: How far the population that a kept name implies may stand from the mid-2011 estimate, on which
#: the rates of 2010/11 rest, and how far it may move from a year to the next.
SAME_PEOPLE, A_YEAR = 0.01, 0.05

#: Names that were left out because they imply other people than the authority's; Essex is withheld
#: by a correction.
OTHER_PEOPLE = {"Dorset": -0.11, "Essex": 0.24, "Nottinghamshire": 0.18, "Oxfordshire": -0.22}


@pytest.fixture(scope="module")
def implied(mirror):
    """Count divided by rate, by name and by the year in which the financial year ends."""

    def table(name):
        file = pd.read_csv(mirror / "nhs_admissions" / name).set_index("year")
        return file[file.index < 2020]  # the year that is not trusted

    tables = [(table(f"{one}.csv"), table(f"{one}_100k.csv")) for one in ("misuse", "primary")]
    assert all(counts.columns.equals(rates.columns) for counts, rates in tables)
    # a rate of two decimals says most of the population where the count is large
    people = [counts / rates.where(rates > 1) * 100_000 for counts, rates in tables]
    return people[0].where(tables[0][0] >= tables[1][0].fillna(0), people[1])


@pytest.fixture(scope="module")
def estimates(national):
    """Mid-2011 estimates by authority; of one that has ended, the sum of those that took over."""
    rows = pd.read_parquet(national / "populations.parquet")
    rows = rows[(rows["year"] == 2011) & (rows["sex"] == "persons") & (rows["age_from"] == 0)]
    people = rows[rows["age_to"].isna()].set_index("area_code")["population"]
    areas = pd.read_parquet(national / "areas.parquet").set_index("code")
    heirs = {code: [code] for code in people.index}
    heirs |= {
        code: one.split(";")
        for code, one in areas["successor"].dropna().items()
        if code not in heirs
    }
    known = set(people.index)
    return {code: people[codes].sum() for code, codes in heirs.items() if set(codes) <= known}


def _code_of(names, national):
    areas = pd.read_parquet(national / "areas.parquet")
    table = pd.DataFrame({"area_name": names, "area_code": "", "period_end": END_OF_2010_11})
    filled = fill_codes(table, areas, "misuse.csv")
    return dict(zip(filled["area_name"], filled["area_code"], strict=True))


@pytest.mark.mirror
@pytest.mark.parametrize("place", [0, 1])
def test_admissions_are_kept_where_the_population_is_the_authoritys(
    place, implied, estimates, national
):
    edition = catalogue.source("nhs_drug_admissions").editions[place]
    left_out = edition.options["left_out"]
    assert all(left_out.values())  # each says why
    codes = _code_of(list(implied.columns), national)
    withheld = {one.area for one in corrections(catalogue.load())}
    kept = {name: code for name, code in codes.items() if name not in left_out}
    kept = {name: code for name, code in kept.items() if code not in withheld}
    assert len(kept) == 118
    off = {name: implied.loc[2011, name] / estimates[code] - 1 for name, code in kept.items()}
    assert {name: one for name, one in off.items() if not abs(one) <= SAME_PEOPLE} == {}
    moved = implied[list(kept)].pct_change(fill_method=None).abs().max()
    assert moved[moved > A_YEAR].empty


@pytest.mark.mirror
def test_admissions_of_other_people_than_the_authoritys_are_left_out(implied, estimates, national):
    codes = _code_of(list(OTHER_PEOPLE), national)
    # no estimate of the county of Dorset is at hand: the census of 2011 counted 412,905
    people = estimates | {"E10000009": 412_905}
    off = {name: implied.loc[2011, name] / people[code] - 1 for name, code in codes.items()}
    assert off == pytest.approx(OTHER_PEOPLE, abs=0.01)
    observations = pd.read_parquet(
        national / "observations.parquet",
        filters=[("indicator", "in", ["drug_disorder_admissions", "drug_disorder_admissions_rate",
                                      "drug_misuse_poisoning_admissions",
                                      "drug_misuse_poisoning_admissions_rate"])],
    )  # fmt: skip
    assert not set(codes.values()) & set(observations.dropna(subset="value")["area_code"])
    worcestershire = observations[observations["area_code"] == "E10000034"]
    assert len(worcestershire) > 0


@pytest.mark.mirror
def test_people_in_treatment(read):
    totals = read("ndtms_viewit", "England totals")
    england = _series(totals, "adults_in_treatment", "", "England")
    assert england["2023/24"] == 310_863
    assert len(england) == 15
    groups = read("ndtms_viewit", "England by group")
    whole = groups[(groups["sex"] == "persons") & (groups["age"] == "18+")]
    wide = whole.pivot_table(index="period", columns="measure", values="value")
    # "Total" becomes "TOTAL" in 2021/22
    assert len(wide) == 13
    parts = ["opiate", "non_opiate", "alcohol_only", "non_opiate_and_alcohol"]
    summed = wide[[f"{part}_in_treatment" for part in parts]].sum(axis=1)
    assert (summed - wide["adults_in_treatment"]).abs().max() <= 5
    assert (wide["adults_in_treatment"] - england[wide.index]).abs().max() == 0


@pytest.mark.mirror
def test_authority_in_treatment(read):
    table = read("ndtms_viewit", "authorities by group")
    assert set(table["area_name"]) == {"Barnet"}
    assert set(table["measure"]) >= {"opiate_in_treatment", "opiate_new_to_treatment"}
    assert set(table["age"]) == {"18+", "18-29", "30-49", "50+"}


HEAD = (
    "Year,Series,Units,Local Authority,Deprivation decile,Unit multiplier,Unit measure,"
    "GeoCode,Value\n"
)
ROW = "2018/19,Alcohol - People in treatment,Number,{},,Units,Number,{},{}\n"


def test_rows_that_disagree_are_told(edition_of, written):
    text = HEAD + ROW.format("Derby", "E06000015", 101) + ROW.format("Derby", "E06000015", 102)
    with pytest.raises(InvalidDataError) as caught:
        edition_of("sdg_3_5_1").read(written(text))
    said = str(caught.value)
    assert "2018/19, persons, 18+, and differ: value 101 and 102" in said
    assert "source/file.csv, line 2 and line 3" in said


ENGLAND = [
    "2015/16,Alcohol - Estimated prevalence,Number,,,Units,Number,,{}\n",
    "2015/16,Alcohol - Met need,Percentage (%),,,Units,Percentage (%),,{}\n",
]


@pytest.mark.parametrize("turned", [False, True])
def test_englands_own_figure_is_kept_in_either_order(edition_of, written, turned):
    """595,856 is the publisher's, 595,859 the sum of the authorities (here of one)."""
    rows = [
        "2015/16,Alcohol - Estimated prevalence,Number,Derby,,Units,Number,E06000015,595859\n",
        "2015/16,Alcohol - People in treatment,Number,,,Units,Number,,113222\n",
    ]
    twice = [ENGLAND[0].format(595_856), ENGLAND[0].format(595_859)]
    twice += [ENGLAND[1].format(19.0015708493327), ENGLAND[1].format(19.001475181209)]
    text = HEAD + "".join(rows + (twice[::-1] if turned else twice))
    table = edition_of("sdg_3_5_1").read(written(text))
    england = table[table["area_code"] == "E92000001"].set_index("measure")["value"]
    assert england["alcohol_prevalence"] == 595_856
    assert england["alcohol_met_need"] == 19.0015708493327


@pytest.mark.parametrize("order", [(358, 355), (355, 358)])
def test_exact_row_is_kept_in_either_order(edition_of, written, order):
    text = HEAD + "".join(ROW.format("Derby", "E06000015", value) for value in order)
    table = edition_of("sdg_3_5_1").read(written(text))
    assert table["value"].tolist() == [358]


def test_two_rounded_rows_that_disagree_are_told(edition_of, written):
    text = HEAD + ROW.format("Derby", "E06000015", 100) + ROW.format("Derby", "E06000015", 105)
    with pytest.raises(InvalidDataError):
        edition_of("sdg_3_5_1").read(written(text))


NEED = "2018/19,Alcohol - {},Number,{},,Units,Number,{},{}\n"


def _with_need(*rows: str) -> str:
    """A file that gives Derby's prevalence and met need: 360 people in treatment, exactly."""
    derby = ("Derby", "E06000015")
    return "".join(
        (
            HEAD,
            NEED.format("Estimated prevalence", *derby, 1800),
            NEED.format("Met need", *derby, 20),
            *rows,
        )
    )


def test_a_count_that_met_need_gives_is_exact(edition_of, written):
    rows = ROW.format("Derby", "E06000015", 360) + ROW.format("Poole", "E06000029", 180)
    once = edition_of("sdg_3_5_1")
    table = once.read(written(_with_need(rows)))
    treated = table[table["measure"] == "alcohol_in_treatment"]
    assert treated["value"].tolist() == [360, 180]
    assert once.source.disclosure.base_of(360, "E06000015", "2018/19") == 0
    assert once.source.disclosure.base_of(180, "E06000029", "2018/19") == 5


def test_a_count_that_is_there_only_rounded_must_be_declared(edition_of, written):
    text = _with_need(ROW.format("Luton", "E06000032", 245))
    with pytest.raises(InvalidDataError) as caught:
        edition_of("sdg_3_5_1").read(written(text))
    (problem,) = caught.value.problems
    assert "only rounded" in problem.what and "rounded_areas" in problem.what
    assert problem.where == "source/file.csv, line 4, column Value"


@pytest.mark.mirror
def test_counts_of_2018_19_are_exact_but_where_only_the_rounded_row_exists(mirror, national):
    """From the file itself, without our reader: two rows, or met need × prevalence."""
    file = pd.read_csv(next(mirror.glob("ndtms_and_dependence/ons_sdg_indicator_3-5-1*.csv")))
    file = file[file["Year"].eq("2018/19") & file["Local Authority"].notna()]
    by = file.pivot_table(
        index="Local Authority", columns="Series", values="Value", aggfunc=list
    ).rename(columns=lambda name: name.removeprefix("Alcohol - "))
    rounded = set()
    for name, row in by.iterrows():
        treated = row["People in treatment"]
        if len(treated) == 1:
            known = isinstance(row["Met need"], list) and isinstance(
                row["Estimated prevalence"], list
            )
            whole = row["Met need"][0] * row["Estimated prevalence"][0] / 100 if known else 0
            if abs(whole - treated[0]) > 0.01:
                rounded.add(name)
    assert rounded == {"Bournemouth", "Poole", "Cornwall & Isles of Scilly", "Dorset"}
    source = catalogue.source("sdg_3_5_1")
    assert set(source.disclosure.rounded_areas.values()) == rounded
    rows = pd.read_parquet(national / "observations.parquet")
    rows = rows[rows["indicator"].eq("alcohol_in_treatment") & rows["period"].eq("2018/19")]
    rows = rows[rows["category"].eq("") & rows["method"].eq("published")]
    rows = rows[~rows["source_row"].str.endswith("the same land")]  # once under each code
    bases = {
        code: source.disclosure.base_of(value, code, "2018/19")
        for code, value in zip(rows["area_code"], rows["value"], strict=True)
    }
    assert len(bases) == 152
    assert {code for code, base in bases.items() if base} == set(source.disclosure.rounded_areas)


def test_unknown_series(edition_of, written):
    text = HEAD + ROW.replace("People in treatment", "Patients").format("Derby", "E06000015", 1)
    with pytest.raises(InvalidDataError) as caught:
        edition_of("sdg_3_5_1").read(written(text))
    assert "not a series that we know" in str(caught.value)


def test_admissions_that_are_no_number(edition_of, written):
    text = "year,Derby,Kent\n2009,5,*\n2010,x,6\n"
    with pytest.raises(InvalidDataError) as caught:
        edition_of("nhs_drug_admissions").read(written(text))
    assert [problem.where for problem in caught.value.problems] == [
        "source/file.csv, line 3, column Derby",
        "source/file.csv, line 2, column Kent",
    ]


def test_dependence_with_a_renamed_heading(edition_of, written):
    text = (
        "PHE_Centre,Local_Authority,Area_Code_GSS,Alcohol_dependent,Alcohol_lower,"
        "Alcohol_upper_CI,Year\nEast Midlands,Derby,E06000015,3378,2538,4779,2017/18\n"
    )
    with pytest.raises(InvalidDataError) as caught:
        edition_of("alcohol_dependence").read(written(text))
    assert "'Alcohol_lower' is not known; nearest known: 'Alcohol_lower_CI'" in str(caught.value)


def test_group_that_treatment_files_do_not_have(edition_of, written):
    text = (
        "Reporting period,Area,Sex,Age group,Substance category,All in treatment,"
        "New presentations\n2023/24,England,Total,Total,Tobacco,5,5\n"
    )
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ndtms_viewit", "England totals").read(written(text))
    assert "'Tobacco' is not in" in str(caught.value)


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("edition", "topic", "category", "count", "of"),
    [
        ("authorities by group", "referral", "Criminal justice", 55, 650),
        ("authorities by group", "exit", "Died", 20, 590),
        ("authorities by group", "ethnicity", "Asian", 150, 1395),
        ("England totals", "referral", "Criminal justice", 16_688, 133_704),
        ("England totals", "exit", "Completed", 61_186, 126_118),
        ("England by group", "ethnicity", "White", 254_119, 282_104),
    ],
)
def test_how_adults_divide(read, edition: str, topic: str, category: str, count: int, of: int):
    table = read("ndtms_viewit", edition)
    (row,) = table[
        (table["measure"] == topic)
        & (table["category"] == category)
        & (table["period"] == "2021/22")
    ].to_dict("records")
    assert (row["count"], row["denominator"]) == (count, of)
    assert row["value"] == pytest.approx(100 * count / of)


@pytest.mark.mirror
@pytest.mark.parametrize("edition", ["authorities by group", "England totals"])
def test_shares_of_those_of_whom_it_is_known_add_up(read, edition: str):
    """To 100% of the people of whom it is known, in every year and topic."""
    table = read("ndtms_viewit", edition)
    table = table[table["category"] != ""]
    for topic, of in ndtms.TOPICS.items():
        rows = table[table["measure"] == topic]
        assert len(rows), topic
        whole = rows.groupby("period")["value"].sum()
        if of == ndtms.KNOWN:
            assert whole.round(6).eq(100).all(), topic
        elif topic == "referral":
            # who sent them is missing for some; rounded parts may exceed their whole
            assert whole.between(95, 102).all(), topic


@pytest.mark.mirror
def test_numbers_that_stand_alone(read):
    """Children who live with an adult in treatment: none is given for 2020/21."""
    table = read("ndtms_viewit", "authorities by group")
    children = table[table["measure"] == "children_of_adults_in_treatment"]
    newest = children.set_index("period")["value"]
    assert newest[["2019/20", "2021/22"]].tolist() == [305, 580]
    assert pd.isna(newest["2020/21"])
    older = table[
        (table["measure"] == "opiate_in_treatment")
        & (table["age"] == "50+")
        & (table["sex"] == "persons")
    ]
    assert older.set_index("period")["value"]["2021/22"] == 230
