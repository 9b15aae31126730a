"""Documents: their text, or what is wrong with them and how to mend it."""

from __future__ import annotations

import os
from pathlib import Path

import pikepdf
import pytest
import typst
from docx import Document
from PIL import Image

from needs.errors import InvalidDataError, MissingDataError
from needs.sources.document_text import LARGEST, document_paragraphs

SENTENCE = "In 2018-20 there were 69 drug misuse deaths in Worcestershire."


def pdf(folder: Path, source: str, name: str = "strategy.pdf") -> Path:
    """A PDF of one or more pages."""
    (folder / "page.typ").write_text(source, encoding="utf-8")
    (folder / name).write_bytes(typst.compile(str(folder / "page.typ")))
    return folder / name


def test_text_of_each_kind_of_document_is_read_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"Title\n\n{SENTENCE}\n", encoding="utf-8")
    (tmp_path / "b.md").write_text(f"# Title\n\n**{SENTENCE}**\n", encoding="utf-8-sig")
    word = Document()
    word.add_heading("Title")
    word.add_paragraph(SENTENCE)
    table = word.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Deaths", "69"
    word.save(str(tmp_path / "c.docx"))
    printed = pdf(tmp_path, f"#set page(width: 7cm)\n= Title\n\n{SENTENCE}\n#pagebreak()\nEnd.")
    assert document_paragraphs(tmp_path / "a.txt")[1] == ("line 3", SENTENCE)
    assert document_paragraphs(tmp_path / "b.md")[1] == ("line 3", SENTENCE)
    told = document_paragraphs(tmp_path / "c.docx")
    assert told[1:] == [("paragraph 2", SENTENCE), ("block 3, a table", "Deaths; 69")]
    told = document_paragraphs(printed)
    assert any(where == "page 1" and SENTENCE in text for where, text in told)
    assert ("page 2", "End.") in told


def hostile(folder: Path) -> dict[str, tuple[Path, str]]:
    """Files that are no documents of text, and what is to be said of them."""
    out = {}
    for name, content, told in (
        ("empty.txt", b"", "empty"),
        ("blank.md", b" \n\n", "no text"),
        ("latin.txt", "Café".encode("latin-1"), "UTF-8"),
        ("binary.txt", b"a\x00b", "not text"),
        ("not.docx", b"PK but no archive", "no Word document"),
        ("not.pdf", b"%PDF-1.7 and no more", "cannot be read as a PDF"),
        ("text.pdf", b"just words", "cannot be read as a PDF"),
    ):
        (folder / name).write_bytes(content)
        out[name] = (folder / name, told)
    Image.new("RGB", (60, 60), "white").save(folder / "scan.pdf")
    out["scan.pdf"] = (folder / "scan.pdf", "scanned")
    plain = pdf(folder, SENTENCE)
    with pikepdf.open(plain) as opened:
        locked = pikepdf.Encryption(owner="owner", user="user")
        opened.save(folder / "locked.pdf", encryption=locked)
    out["locked.pdf"] = (folder / "locked.pdf", "encrypted")
    big = folder / "big.txt"
    big.touch()
    os.truncate(big, 4 * LARGEST)
    out["big.txt"] = (big, "200 MB")
    return out


def test_files_that_are_no_documents_of_text_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError):
        document_paragraphs(tmp_path / "none.pdf")
    for name, (path, told) in hostile(tmp_path).items():
        with pytest.raises(InvalidDataError, match=told) as caught:
            document_paragraphs(path)
        assert caught.value.problem.where == name
        assert caught.value.problem.remedy
