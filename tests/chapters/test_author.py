"""The author's API: what a notebook calls, and what it is told of its faults."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest
import seaborn as sns

import needs
from needs.chapters import (
    authorities,
    districts,
    funnel,
    gradient,
    neighbours,
    sexes,
    treated,
    trend,
    workings,
)
from needs.chapters import map as area_map
from needs.chapters.analysis import Analysis, opened
from needs.chapters.blocks import Blocks, Chart, Heading, Prose, Table
from needs.chapters.frames import COLUMNS
from needs.commands import run as runs
from needs.errors import NotebookError, ParameterError, RenderError
from needs.figures import assessment
from needs.figures.assessment import Assessment
from needs.report.document import ReportContext, read_document
from needs.stats.status import Status
from needs.words.text import plain


@pytest.fixture
def na(processed: Path) -> Iterator[Analysis]:
    with mpl.rc_context():
        yield needs.open(["Worcestershire"], 2022, processed=processed)


def chart_of(shown: Blocks) -> Chart:
    (found,) = (one for one in shown if isinstance(one, Chart))
    return found


def test_importing_needs_imports_nothing_heavy() -> None:
    code = "import sys, needs, needs.chapters; print('pandas' in sys.modules, dir(needs))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("False") and "'open'" in done.stdout
    for name in ("open", "chart", "table", "say", "section"):
        assert callable(getattr(needs, name))
    with pytest.raises(AttributeError):
        needs.nothing  # noqa: B018


# Opening, and asking for an indicator


def test_an_analysis_says_what_was_opened(na: Analysis, worcestershire: Assessment) -> None:
    assert str(na) == repr(na) == "Worcestershire (E10000034), reporting year 2022"
    assert isinstance(na, Assessment) and na.areas is not worcestershire.areas
    assert repr(na["drug_misuse_rate"]).startswith("Deaths related to drug misuse")


def test_an_unknown_key_names_the_nearest_ones(na: Analysis) -> None:
    with pytest.raises(ParameterError) as caught:
        na["drug_poisonings_rate"]
    assert "drug_poisoning_rate" in str(caught.value)
    with pytest.raises(ParameterError) as caught:
        na["mortality"]
    assert "alcohol_related_mortality" in str(caught.value)
    assert "na.indicators()" in str(caught.value)


def test_indicators_of_a_chapter_come_in_its_order(na: Analysis) -> None:
    keys = [one.key for one in na.indicators("deaths")]
    assert keys[0] == "drug_misuse_rate" and "drug_death_reviews" in keys
    assert {one.key for one in na.indicators()} == set(na.catalogue.indicators)
    assert not na.named  # to look is not to name
    with pytest.raises(ParameterError, match="no chapter 'death'"):
        na.indicators("death")


def test_a_figure_of_an_area_a_period_and_a_sex(na: Analysis) -> None:
    rate = na["drug_misuse_rate"]
    assert rate.figure().id == na.figure("drug_misuse_rate").id
    england = rate.figure(area="england", period="2018 to 2020", sex="male")
    assert (england.area_code, england.period, england.sex) == ("E92000001", "2018 to 2020", "male")
    assert rate.figure(area="E07000234").area_name == "Bromsgrove"
    assert rate.figure(period="1066").status is Status.UNAVAILABLE
    with pytest.raises(ParameterError, match="no area 'Atlantis'"):
        rate.figure(area="Atlantis")


# Frames


def test_a_frame_is_tidy_and_holds_what_a_report_may_show(na: Analysis) -> None:
    frame = na["drug_misuse_rate"].frame()
    assert list(frame.columns) == list(COLUMNS)
    assert frame["figure"].is_unique
    newest = frame[frame["figure"] == na.figure("drug_misuse_rate").id].iloc[0]
    assert newest["value"] == na.figure("drug_misuse_rate").value
    assert {"male", "female", "persons"} == set(frame["sex"])
    assert set(na.frame()["area"]) == {one.name for one in (*na.places, *na.districts)}
    hidden = frame[frame["status"] != "shown"]
    assert len(hidden) and hidden[["value", "lower", "upper"]].isna().all(axis=None)


def test_what_is_suppressed_never_reaches_a_frame(na: Analysis) -> None:
    rows = na.observations
    place = rows.index[
        (rows["indicator"] == "drug_misuse_deaths") & (rows["area_code"] == na.area.code)
    ][-1]
    # a table that was spoilt, and still holds what it withholds
    rows.loc[place, ["status", "value", "count"]] = ["suppressed", 3.0, 3.0]
    frame = na["drug_misuse_deaths"].frame()
    (row,) = frame[frame["status"] == "suppressed"].to_dict("records")
    assert pd.isna(row["value"]) and pd.isna(row["numerator"])
    shown = needs.table(frame[frame["status"] == "suppressed"][["area", "value", "figure"]],
                        title="Withheld")  # fmt: skip
    (table,) = shown
    assert isinstance(table, Table) and table.rows[0][1].text == "[c]"


# Views


@pytest.mark.parametrize("view", [trend, sexes, districts, neighbours, authorities])
def test_a_view_stands_alone_adds_up_and_takes_an_id(na: Analysis, view) -> None:
    rate = na["drug_misuse_rate"]
    first, again = view(rate), view(rate, id="again")
    assert chart_of(first).id != chart_of(again).id == "chart_again"
    assert chart_of(again).table.id == "again"
    assert len((first + again).items) == len(first.items) + len(again.items)
    assert "text/html" in first._repr_mimebundle_()


def test_a_view_says_why_it_draws_nothing(na: Analysis) -> None:
    deaths, crude = na["drug_misuse_deaths"], na["drug_misuse_crude_rate"]
    assert "size of the area" in authorities(deaths).why()
    assert "age-standardised" in trend(crude).why()
    assert "males and females" in sexes(na["ocu_unmet_need"]).why()
    assert "crude rate" in funnel(na["drug_misuse_rate"]).why()
    assert "not in treatment" in treated(deaths).why()
    assert "decile" in gradient(deaths).why()
    assert "without the numbers" in workings(na["prison_continuity"]).why()
    assert trend(na["drug_misuse_rate"]).why() == "All is drawn."
    nothing = sexes(na["ocu_unmet_need"])
    assert "Not drawn" in nothing._repr_mimebundle_()["text/html"]  # told to the author
    assert nothing._repr_mimebundle_()["application/vnd.needs.blocks+json"] == []  # not to readers


def test_a_section_lists_the_views_in_the_order_named(na: Analysis) -> None:
    shown = na["drug_misuse_rate"].section(districts, trend)
    assert isinstance(shown.items[0], Heading)
    ends = [one.id.rsplit("_", 1)[1] for one in shown if isinstance(one, Chart)]
    assert ends == ["district", "trend"]
    pruned = na["ocu_unmet_need"].section(sexes, trend)
    assert pruned.why().startswith("Not drawn: sexes of Opiate and crack users")


def test_a_view_of_ones_own_is_a_function(na: Analysis) -> None:
    def newest(measure) -> Blocks:
        return Blocks((na.say(f"Newest: {{{measure.key}}}."),))

    shown = na["drug_misuse_rate"].section(newest)
    assert plain(shown.items[-1].text).startswith("Newest: 4.8")  # type: ignore[union-attr]


@pytest.mark.mirror
def test_districts_are_mapped_where_their_outlines_are_at_hand(
    na: Analysis, national: Path
) -> None:
    assert "outlines" in area_map(na["drug_poisoning_rate"]).why()
    kent = opened(assessment.load("Kent", 2022, processed=national))
    chart = chart_of(area_map(kent["drug_poisoning_rate"]))
    assert chart.kind == "map" and len(chart.table.rows) == len(kent.districts)
    assert chart.svg.count("<title>") == len(kent.districts)
    assert "Highest is Dover, 12.3" in chart.alt and len(chart.alt) <= 250
    joined = opened(
        assessment.load("Leicester, Leicestershire and Rutland", 2022, processed=national)
    )
    assert chart_of(area_map(joined["alcohol_specific_mortality"])).svg.count("<title>") >= 2


def test_workings_put_the_numbers_into_the_formula(na: Analysis) -> None:
    (prose,) = workings(na["alcohol_unmet_need"])
    assert isinstance(prose, Prose)
    said = plain(prose.text)
    assert "(5,291 − 1,029) ÷ 5,291 × 100 = 80.6%" in said
    assert "75.2% to 85.2%" in said and "Estimates of alcohol dependent adults" in said
    linked = {span.figure for span in prose.text if span.figure}
    assert linked == {one.id for one in prose.figures}
    (crude,) = workings(na["drug_misuse_yearly_rate"])
    assert "35 ÷ 604,902 × 100,000 = 5.8 per 100,000" in plain(crude.text)  # type: ignore[union-attr]


# Nothing is lost


def test_no_indicator_of_the_catalogue_is_lost(
    worcestershire: Assessment, root: Path, tmp_path: Path
) -> None:
    """Each chapter of the catalogue has its na.rest, and whatever has a figure is shown."""
    chapters = runs.chapters(root / "notebooks")
    values = {"areas": ["E10000034"], "year": 2022, "name": ""}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assessment, "load", lambda *_, **__: worcestershire)
        nodes = [runs.execute(one, values, tmp_path, area="Worcestershire") for one in chapters]
    code = " ".join(cell.source for node in nodes for cell in node.cells)
    known = worcestershire.catalogue.indicators
    for chapter in {one.chapter for one in known.values()}:
        assert f'na.rest("{chapter}")' in code
    context = ReportContext(title="Needs", area_name="Worcestershire", year=2022)
    told = {one.indicator for one in read_document(nodes, context=context).register}
    assert {key for key in known if worcestershire.has(key)} <= told


def test_rest_shows_what_no_cell_named_and_the_same_when_run_again(na: Analysis) -> None:
    na["drug_misuse_rate"].section(trend)
    first = na.rest("deaths")
    headings = [one.text for one in first if isinstance(one, Heading)]
    assert "Deaths related to drug misuse, age-standardised rate" not in headings
    assert "Deaths related to drug poisoning, age-standardised rate" in headings
    assert headings[-1] == "Single figures"
    assert na.rest("deaths").items == first.items


def test_rest_tells_what_was_named_and_could_not_be_drawn(na: Analysis) -> None:
    assert not na["drug_misuse_rate"].section(funnel).items
    said = [plain(line) for one in na.rest("deaths") for line in getattr(one, "items", ())]
    assert any(line.startswith("Deaths related to drug misuse, age-stand") for line in said)


# Charts, tables and sentences of one's own


def test_a_drawing_of_seaborn_is_one_cell(na: Analysis) -> None:
    rates = na["drug_misuse_rate"].frame().query("sex == 'persons' and period == '2019 to 2021'")
    drawn = sns.histplot(rates, x="value")
    drawn.set_title("Drawn twice")
    shown = needs.chart(
        drawn,
        title="Rates of authorities differ threefold",
        alt="Histogram of the rates of authorities, most of them from 3 to 7 per 100,000.",
        table=rates[["area", "value", "lower", "upper", "figure"]],
        id="spread",
    )
    chart = chart_of(shown)
    assert (chart.id, chart.table.id) == ("chart_spread", "spread")
    assert "<svg" in chart.svg and "Drawn twice" not in chart.svg
    assert not plt.get_fignums()  # closed, or Jupyter would show it a second time
    assert {one.id for one in chart.figures} == set(rates["figure"])
    assert chart.table.rows[0][1].figure == rates["figure"].iloc[0]
    assert chart.table.columns[1].unit == "per 100,000"
    assert chart.sources  # those of the figures


def test_a_grid_and_a_heat_map_of_seaborn(na: Analysis) -> None:
    frame = na["drug_poisoning_rate"].frame().query("area_code in @parts",
        local_dict={"parts": [one.code for one in na.districts]})  # fmt: skip
    wide = frame.query("sex == 'persons'").pivot_table(
        index="area", columns="period", values="value"
    )
    for drawing in (
        sns.heatmap(wide, cmap="Blues"),
        sns.relplot(frame, x="period_end", y="value", col="sex"),
    ):
        shown = needs.chart(
            drawing, title="Rates", alt="Rates of districts, 2 to 9.", table=wide, id="wide"
        )
        assert chart_of(shown).table.columns[0].label == "Area"
    assert not plt.get_fignums()


@pytest.mark.parametrize(
    ("alt", "fault"),
    [
        ("  ", "no alternative text"),
        ("Deaths rose.", "only repeats its title"),
        ("x" * 300, "300 characters"),
    ],
)
def test_a_drawing_without_an_alternative_text_is_refused(alt: str, fault: str) -> None:
    with pytest.raises(ParameterError, match=fault):
        needs.chart(plt.figure(), title="Deaths rose", alt=alt, table=pd.DataFrame({"a": [1]}))
    plt.close("all")


def test_what_is_no_drawing_is_refused() -> None:
    with pytest.raises(ParameterError, match="no drawing of matplotlib"):
        needs.chart("a.png", title="A", alt="Shows 1.", table=pd.DataFrame({"a": [1]}))


def test_a_table_of_ones_own() -> None:
    frame = pd.DataFrame(
        {"District": ["Redditch", "Wychavon"], "Sites": [9, None], "Share": [0.5, 12]}
    )
    (table,) = needs.table(frame, title="Sites", notes=["Counted."], decimals={"Share": 2})
    assert isinstance(table, Table)
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["Redditch", "9", "0.50"],
        ["Wychavon", "[x]", "12.00"],
    ]
    assert (table.id, table.notes) == ("own_sites", ("Counted.",))
    with pytest.raises(ParameterError, match="no rows"):
        needs.table(frame.iloc[:0], title="None")


def test_a_number_that_was_changed_is_no_longer_the_figures(na: Analysis) -> None:
    frame = na["drug_misuse_rate"].frame().query("area == 'England'").tail(1)
    doubled = frame.assign(value=2 * frame["value"])[["period", "value", "lower", "figure"]]
    (table,) = needs.table(doubled, title="Twice England's rate")
    assert isinstance(table, Table)
    _, value, lower = table.rows[0]
    assert value.value == 2 * frame["value"].iloc[0] and not value.figure
    assert lower.value == frame["lower"].iloc[0]


def test_a_sentence_links_its_figures(na: Analysis) -> None:
    england = na["drug_misuse_rate"].figure(area="England")
    prose = needs.say("It is {drug_misuse_rate}, and {england} in England.", england=england)
    assert plain(prose.text).startswith("It is 4.8 per 100,000, and 5.1 per 100,000")
    assert {one.id for one in prose.figures} == {na.figure("drug_misuse_rate").id, england.id}
    assert na.named == {"drug_misuse_rate"}  # by the cell, and by no sentence
    needs.say("And {drug_poisoning_rate}.")
    assert "drug_poisoning_rate" not in na.named
    with pytest.raises(ParameterError, match="There is no indicator 'drug_misuse'"):
        needs.say("It is {drug_misuse}.")
    with pytest.raises(ParameterError, match=r"4\.8"):
        needs.say("It is 4.8 per 100,000.")


# What an author is told of her faults


def notebook(*cells: str, name: str = "04a_own.ipynb") -> nbformat.NotebookNode:
    made = [nbformat.v4.new_markdown_cell("# Own")]
    for cell in cells:
        kind = "markdown" if cell.startswith("M:") else "code"
        new = getattr(nbformat.v4, f"new_{kind}_cell")
        made.append(new(cell.removeprefix("M:")))
    parameters = nbformat.v4.new_code_cell("areas = ['Worcestershire']\nyear = 2022\nname = ''")
    parameters.metadata["tags"] = ["parameters"]
    made.insert(1, parameters)
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})


def run(node: nbformat.NotebookNode, processed: Path, folder: Path):
    path = folder / "04a_own.ipynb"
    nbformat.write(node, path)
    values = {"areas": ["E10000034"], "year": 2022, "name": ""}
    (folder / "shop").mkdir()
    with runs._processed_data(processed):
        done = runs.execute(path, values, folder / "shop", area="Worcestershire")
    context = ReportContext(title="Needs", area_name="Worcestershire", year=2022)
    return read_document([done], context=context)


OPEN = "import needs\nfrom needs.chapters import trend\nna = needs.open(areas, year, name)"


def test_a_repeated_chart_is_told_with_both_cells_and_a_remedy(
    processed: Path, tmp_path: Path
) -> None:
    again = 'trend(na["drug_misuse_rate"])'
    with pytest.raises(RenderError) as caught:
        run(notebook(OPEN, again, "M:Words.", again), processed, tmp_path)
    chart, table = caught.value.problems
    assert chart.what == "The chart id 'chart_drug_misuse_rate_trend' is used 2 times."
    assert chart.where == table.where == "04a_own.ipynb, cell 4; 04a_own.ipynb, cell 6"
    assert 'id="…"' in chart.remedy


def test_an_unknown_key_is_told_with_cell_and_remedy(processed: Path, tmp_path: Path) -> None:
    with pytest.raises(NotebookError) as caught:
        run(notebook(OPEN, 'na["drug_misuse_rat"].section(trend)'), processed, tmp_path)
    problem = caught.value.problem
    assert "There is no indicator 'drug_misuse_rat'." in problem.what
    assert problem.where.startswith("04a_own.ipynb, cell 4")
    assert "Did you mean drug_misuse_rate" in problem.remedy


def test_a_chart_without_alternative_text_is_told_with_cell_and_remedy(
    processed: Path, tmp_path: Path
) -> None:
    cell = (
        'shares = na["ocu_unmet_need"].frame()\n'
        'needs.chart(shares.plot(x="period", y="value"), title="A", alt="", table=shares)'
    )
    with pytest.raises(NotebookError) as caught:
        run(notebook(OPEN, cell), processed, tmp_path)
    assert "has no alternative text" in caught.value.problem.what
    assert "Say in alt= what is drawn" in caught.value.problem.remedy


def test_a_figure_typed_into_markdown_is_told(processed: Path, tmp_path: Path) -> None:
    words = "M:In 2021 the rate was 4.2, which is £1,200 or 7% of people aged 15 to 24."
    document = run(notebook(OPEN, words), processed, tmp_path)
    assert document.typed == tuple(
        f"04a_own.ipynb, cell 4: {one}" for one in ("4.2", "£1,200", "7%")
    )
