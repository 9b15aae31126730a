"""What people add to a report: read and checked at once, put in its place, held against change."""

from __future__ import annotations

import base64
import datetime as dt
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from needs.chapters.blocks import (
    MIME_TYPE,
    OWN,
    Bullets,
    Heading,
    Notice,
    Picture,
    Prose,
    Table,
    from_model,
)
from needs.commentary import files
from needs.commentary.empty_files import empty_files
from needs.commentary.gathering import STATEMENT, Commentary, put_in, read_commentary
from needs.commentary.references import changed_since, write_kept
from needs.errors import InvalidDataError
from needs.figures import assessment
from needs.figures.assessment import Assessment
from needs.figures.findings import ranked
from needs.words.text import plain

CODE = "E10000034"
DATE = dt.date(2026, 11, 29)
CHAPTERS = ["summary", "deaths", "treatment_journey"]
REPORT = f"area: {CODE}\n"


def png(width: int = 4, height: int = 4) -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + b"\x80" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", body) + part(b"IEND", b"")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><path d="M0 0h40v20z"/></svg>'


class Folder:
    """An area's folder of commentary."""

    def __init__(self, na: Assessment, base: Path) -> None:
        self.na = na
        self.path = base / "commentary" / "worcestershire"
        self.path.mkdir(parents=True)

    def write(self, **texts: str | bytes) -> Folder:
        for name, text in texts.items():
            stem, _, ending = name.rpartition("_")
            path = self.path / f"{stem}.{ending}"
            if stem == "house":
                path = self.path.parent / "house.yaml"
            path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return self

    def read(self) -> Commentary:
        return read_commentary(self.path, self.na, CHAPTERS, DATE)

    def faults(self) -> str:
        with pytest.raises(InvalidDataError) as caught:
            self.read()
        return "\n".join(str(one) for one in caught.value.problems)


@pytest.fixture
def folder(worcestershire: Assessment, tmp_path: Path) -> Folder:
    return Folder(worcestershire, tmp_path)


def blocks_of(commentary: Commentary, key: str = "deaths") -> list[Any]:
    return [one.block for one in commentary.pages[key]]


# What may be written


def test_markdown_of_every_kind_becomes_blocks(folder: Folder) -> None:
    text = (
        "<!-- a hint -->\n\n# Our view\n\nWords **strong** with a [page](https://example.gov.uk/a)."
        "\n\n## Part\n\n- one\n- two\n\n1. first\n\n> Said by\n> people.\n\n"
        "![A photograph of a café](cafe.png 'The café')\n\nTable: Sites\n\n| Place | Sites |\n"
        "|---|---|\n| Redditch | 4 |\n\nEnd.[^1]\n\n[^1]: A *note*.\n"
    )
    made = blocks_of(folder.write(deaths_md=text, cafe_png=png()).read())
    kinds = [type(one).__name__ for one in made]
    assert kinds == [
        *("Heading", "Prose", "Heading", "Bullets", "Bullets", "Prose", "Picture", "Table"),
        *("Prose", "Heading", "Bullets"),
    ]
    assert (made[0].text, made[0].level, made[2].level) == ("Our view", 2, 3)
    assert made[1].style == OWN and made[1].text[-2].link == "https://example.gov.uk/a"
    assert made[4].style == "numbered" and made[5].style == "quote"
    assert (made[6].alt, made[6].caption) == ("A photograph of a café", "The café")
    assert base64.b64decode(made[6].data) == png()
    assert made[7].caption == "Sites"
    assert (
        made[8].text[-1].link == f"#{made[9].anchor}"
        and plain(made[10].items[0]).strip() == "A note."
    )


def test_a_file_of_comments_alone_is_not_in_the_report(folder: Folder) -> None:
    found = folder.write(deaths_md="<!-- write here -->\n").read()
    assert not found.pages and found.hashes


def test_a_reference_prints_the_figure_as_a_link(
    folder: Folder, worcestershire: Assessment
) -> None:
    text = (
        "Here {drug_misuse_rate:full}; in Worcester {drug_poisoning_rate.E07000237.2019-21:number}"
        "; in England {drug_misuse_rate.E92000001} or {drug_misuse_rate.England:number}."
    )
    (_, made) = blocks_of(folder.write(deaths_md=text).read())
    own = worcestershire.figure("drug_misuse_rate")
    assert f"Here {own.text} ({own.interval})" in plain(made.text)
    linked = [one.figure for one in made.text if one.figure]
    assert linked[0] == own.id and linked[1].startswith("drug_poisoning_rate.E07000237.2019-21")
    assert {one.id for one in made.figures} == set(linked)
    england = worcestershire.figure("drug_misuse_rate", worcestershire.england)
    assert plain(made.text).endswith(f"in England {england.text} or {england.number}.")


def test_references_stand_in_tables_lists_and_headings(folder: Folder) -> None:
    text = (
        "## Of {drug_misuse_deaths}\n\n- {drug_misuse_rate}\n\n"
        "| What | How many |\n|---|---|\n| Deaths | {drug_misuse_deaths} |\n"
    )
    made = blocks_of(folder.write(deaths_md=text).read())
    table = next(one for one in made if isinstance(one, Table))
    assert table.rows[0][1].figure == table.figures[0].id and "{" not in table.rows[0][1].text
    assert made[1].text == "Of 35 deaths"
    assert next(one for one in made if isinstance(one, Bullets)).figures


# What may not


def test_every_fault_is_told_at_once_with_file_and_line(folder: Folder) -> None:
    folder.write(
        report_yaml="area: E10000031\nstatus: finished\norganisaton: X\n",
        deaths_md=(
            "# One\n\n{drug_misuse_rat}\n\n<script>alert(1)</script>\n\n![](x.png)\n\n"
            "[here](javascript:alert)\n\n### Deep\n\n{drug_misuse_rate.E06000016}\n\n"
            "{drug_misuse_rate.E10000034.1888}\n\n{drug_misuse_rate:big}\n\n# Two\n"
        ),
        recommendations_yaml="recommendations:\n- id: a\n  answers: drug_misuse\n  due: soon\n",
    )
    (folder.path / "05_deaths.md").write_text("Twice.", encoding="utf-8")
    (folder.path / "death.md").write_text("No chapter.", encoding="utf-8")
    told = folder.faults()
    for what in (
        "worcestershire/report.yaml, line 2",
        "status is 'finished'",
        "There is no 'organisaton' here.",
        "Did you mean 'organisation'",
        "worcestershire/report.yaml, line 3",
        "The report has no chapter 'death'.",
        "Two files are of the chapter 'deaths': 05_deaths.md and deaths.md.",
        "recommendations.yaml, line 4",
        "recommendations.0.due is 'soon', and no date.",
        "'owner' is missing.",
    ):
        assert what in told, what


def test_faults_of_a_page_name_their_lines(folder: Folder) -> None:
    folder.write(
        deaths_md=(
            "# One\n\n{drug_misuse_rat}\n\n<script>alert(1)</script>\n\n![](x.png)\n\n"
            "[here](javascript:alert)\n\n### Deep\n\n{drug_misuse_rate.E06000016}\n\n"
            "{drug_misuse_rate.E10000034.1888}\n\n{drug_misuse_rate:big}\n\n# Two\n\n"
            "![A map](gone.png)\n\n![A map](../../x.png)\n"
        )
    )
    told = folder.faults()
    for what, line in (
        ("There is no figure {drug_misuse_rat}.", 3),
        ("HTML is not shown in the report.", 5),
        ("An image has no alternative text.", 7),
        ("A link to 'javascript:alert'", 9),
        ("one level of headings", 11),
        (
            "The area E06000016, Leicester, of {drug_misuse_rate.E06000016} is not in this report.",
            13,
        ),
        ("There is no figure {drug_misuse_rate.E10000034.1888} of that period.", 15),
        ("A figure has no form 'big'", 17),
        ("The file has two titles.", 19),
        ("The image 'gone.png' is not in the folder worcestershire.", 21),
        ("The image '../../x.png' is not in the folder worcestershire.", 23),
    ):
        assert what in told, (what, told)
        after = told[told.index(what) :]
        assert f"deaths.md, line {line}\n" in after[:200], (what, after[:200])
    assert "Did you mean 'drug_misuse_rate'" in told


def test_another_areas_file_is_refused(folder: Folder) -> None:
    told = folder.write(report_yaml="# a\narea: E10000031\n").faults()
    assert "of the area E10000031, and this report is of Worcestershire, E10000034" in told
    assert "report.yaml, line 2" in told


def test_a_final_report_needs_its_sign_off(folder: Folder) -> None:
    bare = folder.write(report_yaml=REPORT + "status: final\n").faults()
    assert "nobody has signed it off" in bare and "not say of which reporting year" in bare
    late = REPORT + "status: final\nyear: 2022\nsign_off:\n- role: Director\n  date: 2027-01-01\n"
    told = folder.write(report_yaml=late).faults()
    assert "after the report's date" in told and "line 6" in told
    good = folder.write(report_yaml=late.replace("2027", "2026")).read()
    assert good.own and good.own.signed == ("Director, 1 January 2026",)


def test_a_sign_off_holds_for_its_own_year(folder: Folder) -> None:
    last = (
        "status: final\nyear: 2021\nsign_off:\n- role: Director\n  date: 2022-03-31\n"
        "logo: {file: l.svg, alt: X}\n"
    )
    found = folder.write(report_yaml=REPORT + last, l_svg=SVG).read()
    assert found.own and (found.own.status, found.own.signed) == ("draft", ())
    (line,) = found.warnings
    assert line == (
        "worcestershire/report.yaml, line 3: the report of 2021 is signed off; this one, of 2022, "
        "is a draft."
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"0" * 40_000_000, "has 40.0 MB."),
        (b"GIF89a" + b"0" * 40, "cannot be shown"),
        (b"", "neither PNG, JPEG nor SVG"),
        (SVG.replace(b"<path", b"<script>x</script><path"), "it holds <script>"),
        (SVG.replace(b"<path", b'<path onload="x()"'), "it holds onload="),
        (SVG.replace(b"<path", b'<image href="https://example.org/x.png"/><path'), "<image>"),
        (SVG.replace(b"<path", b"<style>@import 'x'</style><path"), "its style loads something"),
        (b'<!DOCTYPE svg [<!ENTITY a "aa">]>' + SVG, "it declares entities"),
    ],
    ids=["40 MB", "GIF", "empty", "script", "onload", "image", "import", "entity"],
)
def test_a_logo_that_cannot_be_shown_is_named(folder: Folder, content: bytes, told: str) -> None:
    text = REPORT + "logo:\n  file: logo.svg\n  alt: The council\n"
    said = folder.write(report_yaml=text, logo_svg=content).faults()
    assert told in said and "report.yaml, line 3" in said


def test_a_colour_needs_contrast(folder: Folder) -> None:
    told = folder.write(report_yaml=REPORT + 'colour: "#ffcc00"\n').faults()
    assert "contrast of 1.5 to 1" in told and "line 2" in told
    found = folder.write(report_yaml=REPORT + 'colour: "#003300"\n').read()
    assert found.identity and found.identity.colour == "#003300"


def test_text_that_is_not_utf8_and_yaml_that_is_none_name_their_line(folder: Folder) -> None:
    told = folder.write(deaths_md=b"One\nTwo \xff", report_yaml="area: [\n").faults()
    assert "worcestershire/deaths.md, line 2" in told and "The file is not YAML" in told


# Who it is from


def test_the_house_holds_for_all_and_an_areas_own_goes_before(folder: Folder) -> None:
    house = (
        "organisation: The Council\ncontact: a@example.gov.uk\nlogo: {file: l.svg, alt: Council}\n"
    )
    (folder.path.parent / "l.svg").write_bytes(SVG)
    found = folder.write(house_yaml=house).read()
    assert found.identity and found.identity.organisation == "The Council" and not found.own
    found = folder.write(report_yaml=REPORT + "organisation: Own\n").read()
    assert found.own and (found.own.organisation, found.own.contact) == ("Own", "a@example.gov.uk")
    assert isinstance(found.logo, Picture) and found.logo.kind == "svg"


def test_the_statement_that_names_whom_to_ask_is_the_reports_own(root: Path) -> None:
    text = (root / "src/needs/catalogue/accessibility.yaml").read_text(encoding="utf-8")
    assert STATEMENT in text


# What has changed since


def accepted(folder: Folder) -> Folder:
    (folder.path / files.WRITTEN).write_text(write_kept(folder.read().kept), encoding="utf-8")
    return folder


def test_figures_as_they_were_are_no_warning(folder: Folder) -> None:
    accepted(folder.write(deaths_md="{drug_misuse_rate} of {drug_misuse_deaths}"))
    assert folder.read().warnings == ()


def test_a_figure_that_has_changed_marks_its_paragraph_in_a_draft(folder: Folder) -> None:
    folder.write(deaths_md="First.\n\nOur rate of {drug_misuse_rate} is low.", report_yaml=REPORT)
    kept = accepted(folder).path / files.WRITTEN
    text = kept.read_text(encoding="utf-8")
    kept.write_text(text.replace("4.8,3.8,6.0,similar", "3.0,2.1,4.1,better"), encoding="utf-8")
    found = folder.read()
    (line,) = found.warnings
    assert line.startswith("worcestershire/deaths.md, line 3: drug_misuse_rate was")
    assert "better than England" in line and "similar to England" in line
    assert "“Our rate of 4.8 per 100,000 is low.”" in line
    kinds = [type(one) for one in blocks_of(found)]
    assert kinds == [Heading, Prose, Notice, Prose]
    final = "status: final\nyear: 2022\nsign_off:\n- role: Director\n  date: 2026-01-01\n"
    found = folder.write(report_yaml=REPORT + final).read()
    assert Notice not in [type(one) for one in blocks_of(found)] and found.warnings == (line,)


def test_what_is_material(folder: Folder, worcestershire: Assessment) -> None:
    (now,) = folder.write(deaths_md="{drug_misuse_rate}").read().kept
    assert changed_since(now, replace(now, printed="5.0", value="5.0", period="2020 to 2022")) == ""
    assert "it is 7.1" in changed_since(now, replace(now, printed="7.1", value="7.1"))
    assert changed_since(now, replace(now, trend="increasing"))
    assert changed_since(now, replace(now, verdict="worse"))
    assert changed_since(now, replace(now, printed="[x]", value="", lower="", upper="", verdict=""))


def test_a_figure_that_is_not_shown_is_told_and_stops_a_final_report(folder: Folder) -> None:
    na = folder.na
    gone = next(key for key in na.catalogue.indicators if not na.has(key))
    folder.write(deaths_md=f"Rate {{{gone}}}.", report_yaml=REPORT)
    found = folder.read()
    assert f"The figure {{{gone}}} is not shown: [x]." in found.warnings[0]
    final = "status: final\nyear: 2022\nsign_off:\n- role: Director\n  date: 2026-01-01\n"
    told = folder.write(report_yaml=REPORT + final).faults()
    assert "is not shown" in told and "deaths.md, line 1" in told


def test_a_figure_that_is_gone_says_what_it_was_when_it_was_written(folder: Folder) -> None:
    na = folder.na
    gone = next(key for key in na.catalogue.indicators if not na.has(key))
    folder.write(deaths_md=f"Rate {{{gone}}}.", report_yaml=REPORT)
    path = accepted(folder).path / files.WRITTEN
    lines = path.read_text(encoding="utf-8").splitlines()
    file, reference, figure = lines[1].split(",")[:3]
    was = f"{file},{reference},{figure},2018,9.1%,9.1,8.0,10.2,worse,increasing"
    path.write_text("\n".join([lines[0], was, ""]), encoding="utf-8")
    told = " ".join(folder.read().warnings)
    assert "is not shown: [x]. When this was written it was 9.1% (2018)." in told
    assert f"{gone} was 9.1% (2018), worse than England, increasing; it is [x]" in told


def test_each_area_of_a_batch_has_its_own_and_the_houses(
    worcestershire: Assessment, tmp_path: Path
) -> None:
    base = tmp_path / "commentary"
    other = replace(worcestershire, area=replace(worcestershire.area, code="E10000031"))
    for na, name in ((worcestershire, "worcestershire"), (other, "warwickshire")):
        (base / name).mkdir(parents=True)
        text = f"area: {na.area.code}\nsubtitle: Of {name}\n"
        (base / name / files.REPORT).write_text(text, encoding="utf-8")
    (base / files.HOUSE).write_text("organisation: The Council\n", encoding="utf-8")
    for na, name in ((worcestershire, "worcestershire"), (other, "warwickshire")):
        found = read_commentary(base / name, na, CHAPTERS, DATE)
        assert found.own and found.own.subtitle == f"Of {name}"
        assert found.own.organisation == "The Council"
        assert not [one for one in found.hashes if "/" in one and not one.startswith(name)]


def test_hostile_markdown_is_told_or_shown_as_it_is(folder: Folder) -> None:
    folder.write(
        deaths_md=(
            "# <b>One</b>\n\n<iframe src='x'></iframe>\n\n![x](https://example.org/x.png)\n\n"
            "[a](data:text/html,x)\n\n> - a list\n\nTwo <img src=x onerror=y> words\n"
        )
    )
    with pytest.raises(InvalidDataError) as caught:
        folder.read()
    told = [(one.where.rpartition(" ")[2], one.what) for one in caught.value.problems]
    for what, line in (
        ("HTML is not shown", "1"),
        ("HTML is not shown", "3"),
        ("is not in the folder worcestershire", "5"),
        ("data:text/html", "7"),
        ("A quotation holds more than paragraphs", "9"),
        ("HTML is not shown", "11"),
    ):
        assert [1 for at, said in told if at == line and what in said], (what, line, told)
    awkward = '#panic("x") *a* & "b" \\input ]]>'
    (_, made) = blocks_of(folder.write(deaths_md=awkward).read())
    assert plain(made.text) == '#panic("x") a & "b" \\input ]]>'


def test_a_suppressed_figure_stays_hidden(folder: Folder, worcestershire: Assessment) -> None:
    rows = worcestershire.observations
    rows = rows[rows["area_code"].isin([one.code for one in worcestershire.districts])]
    rows = rows[(rows["status"] != "shown") & (rows["sex"] == "persons")]
    row = rows.iloc[0]
    period = str(row["period"]).replace(" to 20", "-").replace("/", "-")
    text = f"{{{row['indicator']}.{row['area_code']}.{period}}}"
    found = folder.write(deaths_md=text, report_yaml=REPORT).read()
    (figure,) = blocks_of(found)[1].figures
    assert figure.value is None and "is not shown" in found.warnings[0]


def test_a_typed_figure_names_its_reference(folder: Folder) -> None:
    found = folder.write(
        deaths_md="In all 80.6% of {drug_misuse_rate:full} in 2021 and 99.9%."
    ).read()
    (line,) = found.warnings
    assert "deaths.md, line 1: '80.6%' is typed" in line and "{alcohol_unmet_need}" in line


def test_a_share_that_a_finding_rounds_names_its_reference(folder: Folder) -> None:
    figure = folder.na.figure("alcohol_unmet_need")
    assert figure.value is not None
    (line,) = folder.write(deaths_md=f"Of all, {figure.value:.0f}% are missed.").read().warnings
    assert "write {alcohol_unmet_need" in line


def test_the_hints_of_the_summary_name_the_measures_of_the_findings(
    worcestershire: Assessment,
) -> None:
    empty = empty_files(worcestershire, {"summary": "Summary"}, "Worcestershire", CODE)
    keys = {one.indicator for one in worcestershire.once(ranked)}
    assert keys and all(f"  {{{key}}}  " in empty["summary.md"] for key in keys)


@pytest.mark.mirror
@pytest.mark.parametrize(
    "area",
    ["Hackney", "Isles of Scilly", "Worcestershire", "Leicester, Leicestershire and Rutland"],
)
def test_every_figure_that_the_hints_name_can_be_named(
    national: Path, tmp_path: Path, area: str
) -> None:
    na = assessment.load(area, 2022, processed=national)
    folder = Folder(na, tmp_path)
    empty = empty_files(na, {"deaths": "Deaths", "summary": "Summary"}, na.name, na.area.code)
    for name, text in empty.items():
        if name.endswith(".md"):
            text = text.replace("<!--", "").replace("-->", "").replace("([^1])", "")
            text = text.replace("(![What it shows](file.png))", "").replace("\n  {", "\n\n{")
        path = folder.path / name if name != files.HOUSE else folder.path.parent / name
        path.write_text(text.replace("# recommendations", "recommendations"), encoding="utf-8")
    recommendations = (folder.path / files.RECOMMENDATIONS).read_text(encoding="utf-8")
    body = "\n".join(line.removeprefix("# ") for line in recommendations.splitlines()[2:14])
    (folder.path / files.RECOMMENDATIONS).write_text(body, encoding="utf-8")
    found = folder.read()
    assert len(found.actions) == 1 and found.own
    assert set(found.pages) == {"deaths", "summary"}
    assert all(one.value for one in found.kept) and len(found.kept) >= 3


def test_what_is_not_read_is_told(folder: Folder, worcestershire: Assessment) -> None:
    folder.write(deaths_md="Words.", deaths_docx=b"PK", cafe_png=png())
    assert folder.read().warnings == (
        "worcestershire/deaths.docx is not read: it is neither Markdown nor an image.",
    )
    (folder.path.parent / "hous.yaml").write_text("", encoding="utf-8")
    told = folder.write(recommendation_yaml="").faults()
    assert "worcestershire/recommendation.yaml" in told and "'recommendations.yaml'" in told
    assert "commentary/hous.yaml" in told and "stands in house.yaml" in told


def test_commentary_in_a_folder_of_another_name_is_told(
    folder: Folder, worcestershire: Assessment
) -> None:
    folder.write(report_yaml=REPORT)
    other = folder.path.parent / "the-county"
    (line,) = read_commentary(other, worcestershire, CHAPTERS, DATE).warnings
    assert "worcestershire/report.yaml is of this area too" in line and "the-county" in line


def test_a_report_is_made_again_when_its_commentary_changes(folder: Folder) -> None:
    before = files.hashes_of(folder.write(deaths_md="One.").path)
    assert before == files.hashes_of(folder.path)
    assert before != files.hashes_of(folder.write(deaths_md="Two.").path)
    assert list(before) == ["worcestershire/deaths.md"]
    folder.write(house_yaml="team: A\n")
    assert "house.yaml" in files.hashes_of(folder.path)
    assert files.hashes_of(folder.path.parent / "rutland") == {
        "house.yaml": files.hashes_of(folder.path)["house.yaml"]
    }


# Recommendations

ACTION = (
    "recommendations:\n- id: one\n  answers: drug_misuse_rate\n  action: Do {drug_misuse_deaths}.\n"
    "  owner: Board\n  set: 2022\n  due: 2023-01-01\n"
)


def test_a_recommendation_with_one_fault_tells_its_others(folder: Folder) -> None:
    text = (
        "recommendations:\n- id: one\n  answers: drug_misuse_rat\n  action: Do {drug_misuse_x}.\n"
        "  owner: Board\n  set: 2022\n  due: 31/03/2023\n- 3\n"
    )
    told = folder.write(recommendations_yaml=text).faults()
    for what, line in (("'31/03/2023', and no date", 7), ("no measure", 3), ("no figure", 4)):
        assert f"line {line}\n" in told[told.index(what) :][:200], what
    assert "Did you mean 'drug_misuse_rate'" in told


def test_recommendations_are_held_against_date_and_measure(folder: Folder) -> None:
    found = folder.write(recommendations_yaml=ACTION).read()
    assert found.actions[0].action == "Do 35 deaths."
    assert "line 7: 'one' was due on 1 January 2023" in found.warnings[0]
    told = folder.write(recommendations_yaml=ACTION + ACTION.partition("\n")[2]).faults()
    assert "The id 'one' is used twice; the first is on line 2." in told
    told = folder.write(recommendations_yaml=ACTION.replace("misuse_rate", "misuse_rte")).faults()
    assert "Did you mean 'drug_misuse_rate'" in told and "line 3" in told


def notebook(name: str, title: str, blocks: list[Any]) -> Any:
    from needs.chapters.blocks import to_model

    shown = nbformat.v4.new_output(
        "display_data", data={MIME_TYPE: [to_model(one) for one in blocks]}
    )
    cells = [
        nbformat.v4.new_markdown_cell(f"# {title}"),
        nbformat.v4.new_code_cell("x", execution_count=1, outputs=[shown]),
    ]
    return nbformat.v4.new_notebook(cells=cells, metadata={"needs": {"name": name}})


def shown(node: Any) -> list[Any]:
    outputs = [out for cell in node.cells for out in cell.get("outputs", ())]
    return [from_model(dict(one)) for out in outputs for one in out.data[MIME_TYPE]]


@pytest.fixture
def executed(worcestershire: Assessment) -> list[Any]:
    from needs.chapters.summary import findings
    from needs.words.text import Span

    return [
        notebook("01_summary.ipynb", "Summary", list(findings(worcestershire))),
        notebook("05_deaths.ipynb", "Deaths", [Heading("Rates")]),
        notebook("10_annex.ipynb", "Annex", [Prose((Span(STATEMENT),))]),
    ]


def test_all_is_put_where_it_belongs(folder: Folder, executed: list[Any]) -> None:
    folder.write(
        summary_md="Our words.", deaths_md="Of deaths.", recommendations_yaml=ACTION,
        report_yaml=REPORT + "organisation: The Council\ncontact: a@example.gov.uk\n",
    )  # fmt: skip
    before = [len(one.cells) for one in executed]
    made = put_in(executed, folder.read(), folder.na, DATE)
    assert [len(one.cells) for one in executed] == before
    summary, deaths, own, annex = (shown(one) for one in made)
    assert plain(summary[1].text) == "Our words." and summary[2].text == "What matters most"
    table = summary[-1]
    assert table.id == "needs_and_actions"
    said = {row[0].text: row[1].text for row in table.rows}
    assert (
        said["Record high: deaths from drug misuse"] == "Do 35 deaths (Board, by 1 January 2023)."
    )
    assert "No recommendation yet." in said.values()
    assert not any("Read with care" in one for one in said)
    assert plain(deaths[-1].text) == "Of deaths."
    assert [type(one) for one in own] == [Heading, Table] and own[1].figures
    assert "ask The Council (a@example.gov.uk) for another format" in plain(annex[0].text)


def test_needs_are_named_by_what_is_found_where_the_summary_has_no_headings(
    folder: Folder, executed: list[Any]
) -> None:
    bare = notebook("01_summary.ipynb", "Summary", [Heading("Something else")])
    found = folder.write(recommendations_yaml=ACTION).read()
    table = shown(put_in([bare, *executed[1:]], found, folder.na, DATE)[0])[-1]
    assert table.rows[0][0].text.startswith("35 people died of drug misuse in 2021")


def test_progress_is_carried_from_year_to_year(folder: Folder, executed: list[Any]) -> None:
    done = (
        ACTION.replace("set: 2022", "set: 2020")
        + "  progress:\n  - {date: 2022-01-01, state: on track}\n"
        "  - {date: 2023-01-01, state: done, note: In use}\n"
        "  - {date: 2030-01-01, state: stopped}\n"
    )
    found = folder.write(recommendations_yaml=done).read()
    assert found.warnings == ()
    own = shown(put_in(executed, found, folder.na, DATE)[2])
    assert plain(own[1].text) == "Of 1 earlier recommendation, 1 is done."
    assert own[2].rows[0][-1].text == "done: In use (1 January 2023)"
    earlier = read_commentary(folder.path, folder.na, CHAPTERS, dt.date(2022, 6, 1))
    own = shown(put_in(executed, earlier, folder.na, dt.date(2022, 6, 1))[2])
    assert own[2].rows[0][-1].text == "on track (1 January 2022)"


def test_many_recommendations_stay_tables_in_word(folder: Folder, executed: list[Any]) -> None:
    from needs.report.word import LONG_TABLE

    body = ACTION.partition("\n")[2]
    many = "".join(body.replace("id: one", f"id: a{n}") for n in range(25))
    found = folder.write(recommendations_yaml="recommendations:\n" + many).read()
    tables = shown(put_in(executed, found, folder.na, DATE)[2])[1:]
    assert sum(len(one.rows) for one in tables) == 25
    assert all(len(one.rows) < LONG_TABLE for one in tables)
