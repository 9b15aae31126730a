"""Comments and tracked changes of a Word document that came back, by chapter."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from needs.commentary.from_word import remarks
from needs.errors import InvalidDataError
from needs.report.document import Document
from needs.report.word import render_docx

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
    assert "0 comments, 0 changed paragraphs." in told and "##" not in told


def test_comments_stand_under_their_chapter_and_section(opened: Any, tmp_path: Path) -> None:
    chapter, part = (first_of(opened, one) for one in ("Heading 1", "Heading 2"))
    line = first_of(opened, "Normal")
    opened.add_comment(part.runs, text="Which year?\nSay it.", author="First Reader")
    opened.add_comment(line.runs, text="On the cover <b>", author="First Reader")
    told = remarks(saved(opened, tmp_path))
    assert told.startswith("# Remarks in report back.docx\n\n2 comments, 0 changed paragraphs.")
    cover, _, rest = told.partition(f"## {chapter.text}".replace("<", "\\<"))
    assert "## Before the first chapter" in cover and "On the cover \\<b\\>" in cover
    assert f"### {part.text}" in rest and "- [ ] First Reader: Which year? / Say it." in rest


def test_a_tracked_change_is_told_before_and_after(opened: Any, tmp_path: Path) -> None:
    line = first_of(opened, "Chart headline")
    was = line.text
    with_change(line, line.runs[0].text.split()[0], "Fewer")
    told = remarks(saved(opened, tmp_path))
    assert "0 comments, 1 changed paragraph." in told
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
