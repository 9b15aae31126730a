"""The headings of a table's rows in a PDF that Typst has tagged."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pikepdf


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
        _close_bodies(opened.Root.StructTreeRoot)
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


def _close_bodies(root: Any) -> None:
    """Give the rows that a page's end may not part, a footer to the compiler, to their body."""
    for table in _elements(root, pikepdf.Name.Table):
        parts = {str(one.S): one for one in _kids(table)}
        if "/TFoot" in parts:
            body, foot = parts["/TBody"], parts["/TFoot"]
            rows = _kids(foot)
            for row in rows:
                row.P = body
            body.K = pikepdf.Array([*_kids(body), *rows])
            table.K = pikepdf.Array([one for one in _kids(table) if str(one.S) != "/TFoot"])


def _body_rows(root: Any) -> Iterator[Any]:
    for body in _elements(root, pikepdf.Name.TBody):
        yield from _kids(body)


def _elements(root: Any, wanted: pikepdf.Name) -> Iterator[Any]:
    waiting = [root]
    while waiting:
        element = waiting.pop()
        kind = element.get("/S")
        if kind == wanted:
            yield element
        elif kind != pikepdf.Name.P:
            waiting.extend(_kids(element))
