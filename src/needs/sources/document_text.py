"""The text of a published document, paragraph by paragraph: Word, PDF, Markdown or plain text."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from needs.errors import InvalidDataError, MissingDataError

#: Endings of documents that can be read.
DOCUMENTS = (".docx", ".pdf", ".md", ".txt")

#: A document of a council has a few megabytes; what is larger holds pictures, or is no document.
LARGEST = 50_000_000

#: What a Word file may unpack to: a small file can be made to fill a disk.
_UNPACKED = 500_000_000

#: Letters on a page below which it is a picture of a page.
_SCANNED = 20


def document_paragraphs(path: Path) -> list[tuple[str, str]]:
    """Paragraphs of a document, each with where it stands.

    Parameters
    ----------
    path : Path
        Of one of `DOCUMENTS`.

    Returns
    -------
    list of (str, str)
        Where ("page 4", "paragraph 12", "line 30"), and the text.

    Raises
    ------
    MissingDataError
        The file is not there.
    InvalidDataError
        It is empty, too large, encrypted, scanned, or not what its ending says.
    """
    name = path.name
    if not path.is_file():
        remedy = "Give the path of a document: .docx, .pdf, .md or .txt."
        raise MissingDataError(f"There is no file '{name}'.", name, remedy)
    size = path.stat().st_size
    if not size:
        raise InvalidDataError("The document is empty.", name, "Give one that has text.")
    if size > LARGEST:
        what = f"The document has {size / 1e6:,.0f} MB; at most {LARGEST / 1e6:.0f} are read."
        raise InvalidDataError(what, name, "Save its pages of text without pictures, or as .txt.")
    ending = path.suffix.lower()
    found = [*{".docx": _word, ".pdf": _pdf}.get(ending, _plain)(path)]
    found = [(where, " ".join(text.split())) for where, text in found if text.strip()]
    if not found:
        raise InvalidDataError("The document has no text.", name, "Give one that has text.")
    return found


def _plain(path: Path) -> Iterator[tuple[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        what = "This is not text in UTF-8."
        raise InvalidDataError(what, path.name, "Save it as text in UTF-8.") from None
    if "\x00" in text:
        raise InvalidDataError("This is not text.", path.name, "Save it as text in UTF-8.")
    for number, line in enumerate(text.splitlines(), 1):
        yield f"line {number}", re.sub(r"[*_]{2,}|^#+ |</?u>", "", line)


def _word(path: Path) -> Iterator[tuple[str, str]]:
    from docx import Document
    from docx.opc.exceptions import OpcError
    from docx.table import Table
    from lxml.etree import LxmlError  # type: ignore[import-untyped]

    remedy = "Open it in Word and save it as a document (.docx) without a password."
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(one.file_size for one in packed.infolist()) > _UNPACKED:
                raise ValueError("it unpacks to more than any document holds")
        body = [*Document(str(path)).iter_inner_content()]
    except (zipfile.BadZipFile, OpcError, LxmlError, KeyError, ValueError, OSError) as error:
        why = "it is no Word document, or it has a password"
        why = str(error) if isinstance(error, ValueError) and "unpacks" in str(error) else why
        raise InvalidDataError(f"This cannot be read: {why}.", path.name, remedy) from None
    for number, block in enumerate(body, 1):
        if isinstance(block, Table):
            for row in block.rows:
                cells = dict.fromkeys(cell.text.strip() for cell in row.cells)
                yield f"block {number}, a table", "; ".join(one for one in cells if one)
        else:
            yield f"paragraph {number}", block.text


def _pdf(path: Path) -> Iterator[tuple[str, str]]:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            what = "The PDF is encrypted: it opens with a password only."
            raise InvalidDataError(what, path.name, "Save a copy without a password.")
        pages = [page.extract_text() for page in reader.pages]
    except InvalidDataError:
        raise
    except DependencyError:
        what = "The PDF is encrypted in a way that cannot be opened here."
        remedy = "Save a copy without a password."
        raise InvalidDataError(what, path.name, remedy) from None
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError, OSError):
        remedy = "Save it as a PDF again, or give its text as .txt."
        raise InvalidDataError("This cannot be read as a PDF.", path.name, remedy) from None
    if sum(len(page) for page in pages) < _SCANNED * max(1, len(pages)):
        what = "The PDF has pictures of pages and no text: it was scanned."
        raise InvalidDataError(what, path.name, "Give the document it was made from, or its text.")
    for number, page in enumerate(pages, 1):
        for paragraph in joined_lines(page):
            yield f"page {number}", paragraph


def joined_lines(page: str) -> list[str]:
    r"""Paragraphs of a page of a PDF, whose lines end where the page does.

    Examples
    --------
    >>> joined_lines("There were 69 deaths\nin 2018 to 2020.\n• A second point")
    ['There were 69 deaths in 2018 to 2020.', '• A second point']
    """
    out: list[str] = []
    for line in page.splitlines():
        begins = not line.strip() or re.match(r"\s*([•▪◦\-–]|\d+[.)])\s", line)
        if out and out[-1] and not begins and not re.search(r"[.:;!?]\s*$", out[-1]):
            out[-1] = f"{out[-1].rstrip()} {line.strip()}"
        else:
            out.append(line.strip())
    return [one for one in out if one]
