"""Compile a report's PDF, in a process of its own.

The compiler keeps some 150 MB after a report of a hundred pages. A process that ends gives all of
it back, so that a worker that makes many reports stays small. The process imports nothing but the
compiler and what tags the pages, and is there for the second that the work takes.
"""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pikepdf
import typst

#: How the process ends when the compiler refuses the document.
REFUSED = 3


class RefusedError(Exception):
    """The compiler refuses a document; the text is the compiler's."""


def typeset(files: Mapping[str, bytes], fonts: str) -> bytes:
    """Compile and tag a document in a process of its own; see `compiled`."""
    done = subprocess.run(
        [sys.executable, "-m", "needs.report.typeset"],
        input=pickle.dumps((dict(files), fonts)),
        capture_output=True,
        check=False,
    )
    told = done.stderr.decode("utf-8", errors="replace").strip()
    if done.returncode == REFUSED:
        raise RefusedError(told)
    if done.returncode:
        raise RuntimeError(f"The PDF's process ended with {done.returncode}: {told}")
    return done.stdout


def compiled(files: Mapping[str, bytes], fonts: str) -> bytes:
    """Compile and tag a document in this process.

    Parameters
    ----------
    files : mapping of str to bytes
        By name; ``main.typ`` is the document, which reads the others.
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
    return mark_row_headers(untagged_rows(files, fonts))


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


def mark_row_headers(pdf: bytes) -> bytes:
    """Mark the first cell of every row of a table's body as the heading of its row.

    Parameters
    ----------
    pdf : bytes
        As Typst tags it: column headings are ``TH``, every other cell is ``TD``.

    Returns
    -------
    bytes
        Column and row headings are ``TH`` with a scope, by which readers find the headings of a
        cell: the lists of column headings alone, which would hide the rows' own, are left out.
    """
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for row in _body_rows(opened.Root.StructTreeRoot):
            for position, cell in enumerate(_kids(row)):
                attributes = cell.get("/A", pikepdf.Array())
                if isinstance(attributes, pikepdf.Dictionary):
                    attributes = pikepdf.Array([attributes])
                own = [one for one in attributes if one.get("/O") != pikepdf.Name.Table]
                ours = [one for one in attributes if one.get("/O") == pikepdf.Name.Table]
                table = ours[0] if ours else pikepdf.Dictionary(O=pikepdf.Name.Table)
                if "/Headers" in table:
                    del table["/Headers"]
                if position == 0:
                    cell.S = pikepdf.Name.TH
                    table.Scope = pikepdf.Name.Row
                kept = [table] if len(table) > 1 else []
                cell.A = pikepdf.Array([*kept, *own])
        opened.save(out, deterministic_id=True)
    return out.getvalue()


def _kids(element: Any) -> list[Any]:
    kids = element.get("/K", ())
    if isinstance(kids, pikepdf.Dictionary):
        return [kids]
    if not isinstance(kids, pikepdf.Array):
        return []
    return [one for one in kids if isinstance(one, pikepdf.Dictionary)]


def _body_rows(root: Any) -> Iterator[Any]:
    waiting = [root]
    while waiting:
        element = waiting.pop()
        kind = element.get("/S")
        if kind == pikepdf.Name.TBody:
            yield from _kids(element)
        elif kind != pikepdf.Name.P:
            waiting.extend(_kids(element))


if __name__ == "__main__":
    given, folder = pickle.load(sys.stdin.buffer)
    try:
        sys.stdout.buffer.write(compiled(given, folder))
    except RefusedError as refused:
        sys.stderr.buffer.write(str(refused).encode("utf-8"))
        sys.exit(REFUSED)
