"""Comments and changes, tracked or not, of a Word document that came back, by chapter."""

from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from needs.commentary.from_word import remarks
from needs.errors import InvalidDataError
from needs.report.document import Document
from needs.report.word import render_docx

W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
W15 = "http://schemas.microsoft.com/office/word/2012/wordml"
CHANGE = 'w:id="900" w:author="Second *Reader*" w:date="2023-02-01T00:00:00Z"'


@pytest.fixture(scope="module")
def sent(document: Document) -> bytes:
    return render_docx(document)


@pytest.fixture
def opened(sent: bytes) -> Any:
    return docx.Document(io.BytesIO(sent))


def saved(opened: Any, folder: Path) -> Path:
    opened.save(folder / "report back.docx")
    return folder / "report back.docx"


def first_of(opened: Any, style: str) -> Any:
    return next(one for one in opened.paragraphs if one.style.name == style)


def with_change(line: Any, old: str, new: str) -> None:
    """Track a change of a paragraph's first run."""
    run = line.runs[0]
    run.text = run.text.replace(old, "", 1)
    line._p.append(
        parse_xml(f"<w:del {nsdecls('w')} {CHANGE}><w:r><w:delText>{old}</w:delText></w:r></w:del>")
    )
    line._p.append(parse_xml(f"<w:ins {nsdecls('w')} {CHANGE}><w:r><w:t>{new}</w:t></w:r></w:ins>"))


def test_a_document_that_came_back_as_it_went_has_no_remarks(opened: Any, tmp_path: Path) -> None:
    told = remarks(saved(opened, tmp_path))
    assert "No comments, no changed paragraphs." in told and "##" not in told


def test_comments_stand_under_their_chapter_and_section(opened: Any, tmp_path: Path) -> None:
    chapter, part = (first_of(opened, one) for one in ("Heading 1", "Heading 2"))
    line = first_of(opened, "Normal")
    opened.add_comment(part.runs, text="Which year?\nSay it.", author="First Reader")
    opened.add_comment(line.runs, text="On the cover <b>", author="First Reader")
    told = remarks(saved(opened, tmp_path))
    assert told.startswith("# Remarks in report back.docx\n\n2 comments, no changed paragraphs.")
    cover, _, rest = told.partition(f"## {chapter.text}".replace("<", "\\<"))
    assert "## Before the first chapter" in cover and "On the cover \\<b\\>" in cover
    assert f"### {part.text}" in rest and "- [ ] First Reader: Which year? / Say it." in rest


def test_a_tracked_change_is_told_before_and_after(opened: Any, tmp_path: Path) -> None:
    line = first_of(opened, "Chart headline")
    was = line.text
    with_change(line, line.runs[0].text.split()[0], "Fewer")
    told = remarks(saved(opened, tmp_path))
    assert "No comments, 1 changed paragraph." in told
    assert "changed by Second \\*Reader\\*" in told
    words = was.split()
    assert all(one in told.split("was: ")[1].split("\n")[0] for one in words[:2])
    assert "Fewer" in told.split("        - is: ")[1].split("\n")[0]
    assert "Fewer" not in told.split("was: ")[1].split("\n")[0]


def test_a_paragraph_that_was_taken_out_and_one_that_is_new(opened: Any, tmp_path: Path) -> None:
    line = first_of(opened, "Note")
    text = line.runs[0].text
    for run in line.runs:
        line._p.remove(run._r)
    line._p.append(parse_xml(
        f'<w:del {nsdecls("w")} {CHANGE}><w:r><w:delText>{text[:5]}</w:delText></w:r></w:del>'
    ))  # fmt: skip
    new = line.insert_paragraph_before("")
    new._p.append(parse_xml(
        f'<w:ins {nsdecls("w")} {CHANGE}><w:r><w:t>New words.</w:t></w:r></w:ins>'
    ))  # fmt: skip
    told = remarks(saved(opened, tmp_path))
    assert "is: (taken out)" in told and "was: (nothing)" in told and "is: New words." in told


def test_what_was_changed_without_tracking_is_told(opened: Any, tmp_path: Path) -> None:
    note, finding = first_of(opened, "Note"), first_of(opened, "Chart headline")
    was, gone = finding.text, opened.paragraphs[-1].text
    finding.runs[0].text = "Nobody tracked this: " + finding.runs[0].text
    note.insert_paragraph_before("A new paragraph.")
    last = opened.paragraphs[-1]._p
    last.getparent().remove(last)
    told = remarks(saved(opened, tmp_path))
    assert "No comments, 3 changed paragraphs." in told
    assert told.count("- [ ] changed without tracking") == 3 and "changed by" not in told
    assert "is: Nobody tracked this: " in told and "was: (nothing)" in told
    assert f"was: {gone[:40]}" in told.replace("\\", "") and "is: (taken out)" in told
    assert told.index("A new paragraph.") < told.index(was[:20])


def test_a_heading_and_a_row_that_were_changed_are_told_where_they_stand(
    opened: Any, tmp_path: Path
) -> None:
    part = first_of(opened, "Heading 2")
    part.runs[0].text = "Other words"
    cell = opened.tables[0].rows[1].cells[1]
    row = [one.text for one in opened.tables[0].rows[1].cells]
    cell.paragraphs[0].runs[0].text = "999"
    told = remarks(saved(opened, tmp_path)).replace("\\", "")
    assert "### Other words" in told and "        - is: Other words" in told
    assert f"was: {' | '.join(row)}" in told and " | 999" in told


def test_a_paragraph_that_was_moved_is_told_once(opened: Any, tmp_path: Path) -> None:
    chapters = [one for one in opened.paragraphs if one.style.name == "Heading 1"]
    line = max(
        (one for one in opened.paragraphs if one.style.name == "Normal"), key=lambda p: len(p.text)
    )
    chapters[-1]._p.addnext(line._p)
    told = remarks(saved(opened, tmp_path))
    assert "No comments, 1 changed paragraph." in told and "moved here from" in told
    assert told.index(f"## {chapters[-1].text}") < told.index("moved here from")


def test_a_paragraph_moved_with_tracking_is_told_once(opened: Any, tmp_path: Path) -> None:
    line = max(
        (one for one in opened.paragraphs if one.style.name == "Normal"), key=lambda p: len(p.text)
    )
    text = line.text
    new = opened.paragraphs[-1].insert_paragraph_before("")
    for paragraph, kind in ((line, "moveFrom"), (new, "moveTo")):
        for run in paragraph.runs:
            paragraph._p.remove(run._r)
        for link in paragraph._p.findall(qn("w:hyperlink")):
            paragraph._p.remove(link)
        paragraph._p.append(parse_xml(
            f'<w:{kind} {nsdecls("w")} {CHANGE}><w:r><w:t>{escape(text)}</w:t></w:r></w:{kind}>'
        ))  # fmt: skip
    told = remarks(saved(opened, tmp_path))
    assert "1 changed paragraph." in told
    assert "moved here from" in told and "by Second \\*Reader\\*" in told


def test_replies_stand_under_what_they_answer(opened: Any, tmp_path: Path) -> None:
    line = first_of(opened, "Heading 2")
    for number, who in enumerate(("First Reader", "Second Reader", "Third Reader"), 1):
        made = opened.add_comment(line.runs, text=f"Remark {number}", author=who)
        made._comment_elm.append(parse_xml(f"<w:p {nsdecls('w')}/>"))  # without a name
        made._comment_elm.find(qn("w:p")).set(f"{{{W14}}}paraId", f"0000000{number}")
    path = saved(opened, tmp_path)
    replies = (
        f'<w15:commentsEx xmlns:w15="{W15}"><w15:commentEx w15:paraId="00000001" w15:done="1"/>'
        '<w15:commentEx w15:paraId="00000002" w15:paraIdParent="00000001" w15:done="0"/>'
        '<w15:commentEx w15:paraId="00000003" w15:done="0"/></w15:commentsEx>'
    )
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("word/commentsExtended.xml", replies)
    told = remarks(path)
    assert "3 comments," in told and told.count("Remark 2") == 1
    assert (
        "    - [ ] First Reader: Remark 1 (resolved in Word)\n"
        "        - Second Reader replies: Remark 2\n    - [ ] Third Reader: Remark 3\n"
    ) in told


def test_a_comment_on_the_contents_is_not_lost(opened: Any, tmp_path: Path) -> None:
    line = next(one for one in opened.paragraphs if one.style.name.startswith("toc "))
    opened.add_comment(line.runs, text="Too long", author="First Reader")
    assert "First Reader: Too long" in remarks(saved(opened, tmp_path))


def test_contents_with_page_numbers_are_no_change(opened: Any, tmp_path: Path) -> None:
    for line in opened.paragraphs:
        if line.style.name.startswith("toc "):
            line.add_run("\t12")
    assert "no changed paragraphs." in remarks(saved(opened, tmp_path))


def test_a_footnote_is_told_with_its_text(opened: Any, tmp_path: Path) -> None:
    line = first_of(opened, "Normal")
    line._p.append(parse_xml(
        f'<w:r {nsdecls("w")}><w:footnoteReference w:id="2"/></w:r>'
    ))  # fmt: skip
    path = saved(opened, tmp_path)
    note = (
        f'<w:footnotes {nsdecls("w")}><w:footnote w:id="2"><w:p><w:r><w:t>Says who?</w:t></w:r>'
        "</w:p></w:footnote></w:footnotes>"
    )
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("word/footnotes.xml", note)
    assert "footnote: Says who?" in remarks(path)


def without_its_text(path: Path) -> Path:
    """A document that has lost the text it was sent with, as some programs leave it."""
    made = path.with_name("stripped.docx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            if not name.startswith("customXml/"):
                new.writestr(name, old.read(name))
    return made


def test_a_document_that_lost_its_text_asks_for_what_was_sent(
    sent: bytes, opened: Any, tmp_path: Path
) -> None:
    first_of(opened, "Heading 2").runs[0].text = "Other words"
    path = without_its_text(saved(opened, tmp_path))
    told = remarks(path)
    assert "no changed paragraphs." in told and "--sent report.docx" in told
    (tmp_path / "report.docx").write_bytes(sent)
    told = remarks(path, tmp_path / "report.docx")
    assert "1 changed paragraph." in told and "--sent" not in told


def test_another_report_is_not_held_against_it(opened: Any, tmp_path: Path) -> None:
    other = docx.Document()
    for number in range(30):
        other.add_paragraph(f"Words of another report, number {number}.")
    other.save(str(tmp_path / "other.docx"))
    with pytest.raises(InvalidDataError, match=r"paragraphs that were sent, 0 are in it"):
        remarks(saved(opened, tmp_path), tmp_path / "other.docx")


@pytest.mark.slow
def test_libreoffice_changes_nothing(sent: bytes, tool: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "report.docx").write_bytes(sent)
    subprocess.run(
        [tool("soffice", "libreoffice"), f"-env:UserInstallation={(tmp_path / 'p').as_uri()}",
         "--headless", "--convert-to", "docx:MS Word 2007 XML", "--outdir", str(tmp_path / "out"),
         str(tmp_path / "report.docx")],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    told = remarks(tmp_path / "out" / "report.docx")
    assert "No comments, no changed paragraphs." in told and "--sent" not in told


def test_the_document_stays_as_it_is(opened: Any, tmp_path: Path) -> None:
    path = saved(opened, tmp_path)
    before = path.read_bytes()
    remarks(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no", b"<html>"])
def test_what_is_no_word_document_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.docx"
    path.write_bytes(content)
    with pytest.raises(InvalidDataError, match="not a Word document"):
        remarks(path)


def test_entities_are_not_followed(sent: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.docx"
    secret = tmp_path / "secret.txt"
    secret.write_text("secret words", encoding="utf-8")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sent)) as old, zipfile.ZipFile(out, "w") as made:
        for name in old.namelist():
            part = old.read(name)
            if name == "word/document.xml":
                declared = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{secret.as_uri()}">]>'.encode()
                at = part.index(b"<w:document")
                part = part[:at] + declared + part[at:].replace(b"</w:t>", b"&a;</w:t>", 1)
            made.writestr(name, part)
    path.write_bytes(out.getvalue())
    assert "secret words" not in remarks(path)


def test_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="cannot be read"):
        remarks(tmp_path / "gone.docx")
