"""What `needs fetch` would ask for, without asking: address, headings and size of each file.

Whoever has a network can hold each line against the publisher's page before anything is brought.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from needs.catalogue import Catalogue, Edition, Source
from needs.sources.fetch import ledger
from needs.sources.fetch.look import known_headings

#: Headings that are named of a file; the rest are counted.
NAMED = 8


def planned(keys: Sequence[str], raw: Path, catalogue: Catalogue) -> list[str]:
    """What each edition would be asked for, in lines.

    Parameters
    ----------
    keys : sequence of str
        Sources of the catalogue; all of them when empty.
    raw : Path
        Folder of raw files: sizes are those of its lock, or of the files there.
    catalogue : Catalogue
    """
    noted = ledger.read(raw).values() if raw.is_dir() else ()
    sizes = {(one.source, one.edition): one.size for one in noted}
    lines = []
    for key in keys or sorted(catalogue.sources):
        source = catalogue.sources[key]
        for edition in source.editions:
            lines += [
                f"{key}, edition '{edition.edition}'",
                f"  address:  {_address(source, edition)}",
                f"  saved as: {edition.file}",
                f"  headings: {_headings(source, edition)}",
                f"  size:     {_size(edition, raw, sizes.get((key, edition.edition)))}",
            ]
    return lines


def _address(source: Source, edition: Edition) -> str:
    if edition.address:
        how = "" if edition.interface == "file" else f" (asked as {edition.interface})"
        return f"{edition.address}{how}"
    return f"none; by hand from {source.landing_page} {source.how_to_get}".rstrip()


def _headings(source: Source, edition: Edition) -> str:
    known = known_headings(source, edition)
    if not known:
        return "told by the reader's own rules"
    more = f"; and {len(known) - NAMED} more" if len(known) > NAMED else ""
    return "; ".join(known[:NAMED]) + more


def _size(edition: Edition, raw: Path, noted: int | None) -> str:
    if noted is not None:
        return f"{noted:,} bytes when it came here"
    here = edition.files(raw)
    if here:
        return f"{sum(one.stat().st_size for one in here):,} bytes, as it is here"
    return "not known: it has not come here yet"
