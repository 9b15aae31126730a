"""Compile a report's PDF, or draw its pictures, in a process of its own.

The compiler keeps some 150 MB after a report of a hundred pages. A process that ends gives all of
it back, so that a worker that makes many reports stays small. The process imports nothing but the
compiler and what tags the pages, and is there for the second that the work takes.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Mapping
from typing import Any

import typst

from needs.report.typst_client import REFUSED, RefusedError


def compiled(files: Mapping[str, bytes], fonts: str) -> bytes:
    """Compile and tag a document in this process.

    Parameters
    ----------
    files : mapping of str to bytes
        By name; ``main.typ`` is the document, which reads the others; ``document.json`` says what
        stands in it.
    fonts : str
        Folder of the only fonts to use.

    Returns
    -------
    bytes
        PDF 1.7, PDF/UA-1.

    Raises
    ------
    RefusedError
    """
    from needs.report.pdf_tags import mark_row_headers  # whose imports pictures do without

    return mark_row_headers(untagged_rows(files, fonts))


def pictures(files: Mapping[str, bytes], fonts: str, dots: float) -> list[bytes]:
    """Draw each page of a document as a PNG picture.

    Parameters
    ----------
    files, fonts
        As for `compiled`.
    dots : float
        Dots an inch.

    Raises
    ------
    RefusedError
    """
    inputs: Any = dict(files)
    try:
        drawn = typst.compile(
            inputs, font_paths=[fonts], ignore_system_fonts=True, format="png", ppi=dots
        )
    except typst.TypstError as error:
        raise RefusedError(str(error).strip()) from error
    return [drawn] if isinstance(drawn, bytes) else list(drawn)


def untagged_rows(files: Mapping[str, bytes], fonts: str) -> bytes:
    """Compile a document, as `compiled`, but leave the headings of a table's rows plain cells."""
    inputs: Any = dict(files)  # which the wheel takes and its type stubs do not know
    try:
        return typst.compile(
            inputs,
            font_paths=[fonts],
            ignore_system_fonts=True,
            pdf_standards="ua-1",
            timestamp=0,
        )
    except typst.TypstError as error:
        raise RefusedError(str(error).strip()) from error


if __name__ == "__main__":
    given, folder, resolution = pickle.load(sys.stdin.buffer)
    try:
        made = pictures(given, folder, resolution) if resolution else compiled(given, folder)
        pickle.dump(made, sys.stdout.buffer)
    except RefusedError as refused:
        sys.stderr.buffer.write(str(refused).encode("utf-8"))
        sys.exit(REFUSED)
