"""Publishers' interfaces: plain files, Fingertips, Nomis and the Open Geography portal.

Each function writes what an edition's address gives to a path. None of them judges the content
further than is needed to know that all of it came; `needs.sources.fetch.look` does.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from needs.catalogue import Edition
from needs.errors import InvalidDataError, MissingDataError
from needs.sources.fetch.web import PASSING, GoneError, PassingError, Pulse, Web

#: Codes asked for together; a longer list is refused by the portal.
BATCH = 100

SEARCH = "https://www.arcgis.com/sharing/rest/search"
ITEM = "https://www.arcgis.com/sharing/rest/content/items/"

#: Services named when the one that we know is gone.
SHOWN_SERVICES = 5


def bring(web: Web, edition: Edition, path: Path, pulse: Pulse | None = None) -> None:
    """Write what the edition's address gives to `path`.

    Raises
    ------
    MissingDataError
        It did not come.
    InvalidDataError
        The service answered something else, or not all of it.
    """
    if not edition.address.startswith("https://"):
        raise MissingDataError(
            "The address is not one that begins with https://.",
            edition.address,
            "Mend it in the source's YAML.",
        )
    _INTERFACES[edition.interface](web, edition, path, pulse)


def _file(web: Web, edition: Edition, path: Path, pulse: Pulse | None) -> None:
    web.save(web.settings.route(edition.address), path, pulse)


def _nomis(web: Web, edition: Edition, path: Path, pulse: Pulse | None) -> None:
    """Page through a table; the service cuts off at its limit without a word.

    Only the count that stands in every row says whether all rows came.
    """
    header, before, rows = b"", b"", 0
    total: int | None = None
    with path.open("wb") as file:
        while total is None or rows < total:
            address = _with(edition.address, RecordOffset=str(rows))
            page = web.read(web.settings.route(address), check=_no_outage)
            first, _, body = page.partition(b"\n")
            records = list(csv.reader(io.StringIO(body.decode("utf-8", "replace"), newline="")))
            names = next(csv.reader([first.decode("utf-8-sig", "replace").strip()]), [])
            if total is None:
                if not records or "OBS_VALUE" not in names:
                    file.write(page)
                    return  # no table at all: the first look says what it is
                header, total = first, _record_count(names, records, address)
                file.write(first + b"\n")
            elif first.strip() != header.strip() or not records or body == before:
                raise InvalidDataError(
                    f"The service gave {rows:,} of {total:,} rows, then: "
                    f"{first.decode('utf-8', 'replace')[:80]}",
                    address,
                    "Try again later; the service may have changed how it is paged.",
                )
            file.write(body if body.endswith(b"\n") else body + b"\n")
            rows, before = rows + len(records), body
            if pulse is not None:
                pulse(file.tell())
    if rows != total:
        raise InvalidDataError(f"The service gave {rows:,} rows, not {total:,}.", edition.address)


def _record_count(names: Sequence[str], records: Sequence[Sequence[str]], address: str) -> int:
    if "RECORD_COUNT" not in names:
        raise InvalidDataError(
            "The answer does not say how many rows there are (RECORD_COUNT), so it could be cut "
            "off unseen.",
            address,
            "Add record_count to select= in the address of the source's YAML.",
        )
    return int(records[0][names.index("RECORD_COUNT")])


def _no_outage(body: bytes) -> None:
    """Ask again where a web page of the service's own comes in place of a table."""
    if body.lstrip()[:1] == b"<":
        raise PassingError("The service answers with a web page.")


def _arcgis(web: Web, edition: Edition, path: Path, pulse: Pulse | None) -> None:
    """Write all features of a query: GeoJSON, or a table where the file is a CSV."""
    layer = _Layer(web, edition)
    try:
        pages = list(layer.pages())
    except GoneError as error:
        raise _moved(web, edition, error) from error
    if path.suffix.lower() == ".csv":
        _write_table(pages, path, edition.address)
    else:
        features = [one for page in pages for one in page["features"]]
        text = json.dumps(
            {"type": "FeatureCollection", "features": features},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        path.write_text(text + "\n", encoding="utf-8", newline="\n")
    if pulse is not None:
        pulse(path.stat().st_size)


@dataclass
class _Layer:
    """A query of a feature service, asked page by page."""

    web: Web
    edition: Edition
    address: str = field(init=False)
    query: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.address, _, query = self.edition.address.partition("?")
        self.query = dict(parse_qsl(query, keep_blank_values=True))

    def pages(self) -> Iterator[dict[str, Any]]:
        codes = self.edition.codes
        if codes is None:
            yield from self._paged(self.query)
            return
        wanted = self._codes(codes.address, codes.field)
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            listed = ",".join(f"'{code}'" for code in batch)
            found = 0
            query = {**self.query, "where": f"{codes.field} IN ({listed})"}
            for page in self._paged(query, post=True):
                found += len(page["features"])
                yield page
            if found != len(batch):
                raise InvalidDataError(
                    f"The layer has {found} of {len(batch)} codes from {batch[0]} to {batch[-1]}.",
                    self.address,
                    "Check that layer and lookup are of the same year.",
                )

    def _codes(self, address: str, name: str) -> list[str]:
        lookup = _Layer(
            self.web, self.edition.model_copy(update={"address": address, "codes": None})
        )
        rows = [one for page in lookup.pages() for one in page["features"]]
        codes = sorted({str(_attributes(one).get(name, "")) for one in rows})
        bad = [code for code in codes if not re.fullmatch(r"[A-Z]\d{8}", code)]
        if bad or not codes:
            raise InvalidDataError(
                f"The lookup gives no codes in field '{name}': {', '.join(bad[:3]) or 'none'}.",
                address,
                "Name the field as the lookup has it: names carry the year.",
            )
        return codes

    def _paged(self, query: Mapping[str, str], post: bool = False) -> Iterator[dict[str, Any]]:
        total = self._ask({**query, "returnCountOnly": "true", "f": "json"}, post).get("count")
        if not isinstance(total, int):
            raise InvalidDataError(
                "The service does not say how many features there are.", self.address
            )
        size = int(query.get("resultRecordCount", "2000"))
        offset = 0
        while True:
            asked = {**query, "resultOffset": str(offset), "resultRecordCount": str(size)}
            page = self._ask(asked, post)
            features = page.get("features")
            if not isinstance(features, list):
                raise InvalidDataError(
                    f"The service answers without features: {str(page)[:120]}", self.address
                )
            offset += len(features)
            yield page
            more = page.get("exceededTransferLimit") or (page.get("properties") or {}).get(
                "exceededTransferLimit"
            )
            # a layer with a lower limit of its own says that there is more; one that gives the same
            # page again and again would say so for ever
            if not features or offset > total or (len(features) < size and not more):
                break
        if offset != total:
            raise InvalidDataError(
                f"The service gave {offset:,} features of {total:,}.",
                self.address,
                "Try again later.",
            )

    def _ask(self, query: Mapping[str, str], post: bool) -> dict[str, Any]:
        address = self.web.settings.route(self.address)
        if post:
            body = self.web.read(address, form=query, check=_no_error)
        else:
            body = self.web.read(f"{address}?{urlencode(query)}", check=_no_error)
        return _content(body, self.address)


def _content(body: bytes, address: str) -> dict[str, Any]:
    try:
        content = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        said = body[:80].decode("utf-8", "replace").strip()
        raise InvalidDataError(
            f"The service does not answer as it should: {said}", address, "Try again later."
        ) from error
    if not isinstance(content, dict):
        raise InvalidDataError("The service does not answer as it should.", address)
    if "error" not in content:
        return content
    fault = content["error"] if isinstance(content["error"], dict) else {}
    details = "; ".join(str(one) for one in fault.get("details") or () if one)
    said = f"{fault.get('code', '')} {fault.get('message', content['error'])}".strip()
    what = f"The service reports an error inside its answer: {said}"
    what += f" ({details})." if details else "."
    if fault.get("code") == 404 or re.search("invalid url|not found|does not exist", said, re.I):
        raise GoneError(what, address)
    raise MissingDataError(what, address, "Check the query in the source's YAML.")


def _no_error(body: bytes) -> None:
    """Ask again where the error inside the answer may pass."""
    try:
        content = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        if body.lstrip()[:1] == b"<":
            raise PassingError("The service answers with a web page.") from None
        return
    fault = content.get("error") if isinstance(content, dict) else None
    if isinstance(fault, dict) and fault.get("code") in PASSING:
        said = f"{fault['code']} {fault.get('message', '')}".strip()
        raise PassingError(f"The service reports an error inside its answer: {said}.")


def _attributes(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    return feature.get("attributes") or feature.get("properties") or {}


def _write_table(pages: Sequence[Mapping[str, Any]], path: Path, address: str) -> None:
    """Write attributes as the portal's own CSV has them; of points, ``x`` and ``y`` too."""
    rows: list[dict[str, Any]] = []
    for page in pages:
        for one in page["features"]:
            point = one.get("geometry") or {}
            rows.append(
                {**_attributes(one), **{axis: point[axis] for axis in ("x", "y") if axis in point}}
            )
    if not rows:
        raise InvalidDataError("The layer has no rows.", address)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _moved(web: Web, edition: Edition, error: GoneError) -> MissingDataError:
    """Say which services there are now, as the portal's search finds them."""
    service = urlsplit(edition.address).path.partition("/services/")[2].split("/")[0]
    remedy = "Search the Open Geography portal for it"
    try:
        named = "; ".join(_services(web, edition.search)) if edition.search else ""
    except (MissingDataError, InvalidDataError) as fault:
        named = ""
        remedy += f" (our own search failed: {fault.problem.what})"
    if named:
        remedy = f"The portal has now: {named}. Take the right one"
    return MissingDataError(
        f"The Open Geography portal has no service '{service}' any more.",
        edition.address,
        f"{remedy}, and put its address into the source's YAML; if field names changed with the "
        f"year, add them to the heading map. It said: {error.problem.what}",
    )


def _services(web: Web, search: str) -> list[str]:
    query = {
        "q": f'owner:ONSGeography_data AND {search} AND type:"Feature Service"',
        "f": "json",
        "num": "100",
        "sortField": "created",
        "sortOrder": "desc",
    }
    found = _content(
        web.read(web.settings.route(f"{SEARCH}?{urlencode(query)}"), check=_no_error), SEARCH
    )
    services = []
    for one in (found.get("results") or [])[:SHOWN_SERVICES]:
        url = one.get("url")
        if not url:
            item = f"{ITEM}{quote(str(one.get('id', '')), safe='')}?f=json"
            url = _content(web.read(web.settings.route(item), check=_no_error), item).get("url")
        services.append(f"{one.get('title', 'untitled')}, {url}")
    return services


def _with(address: str, **changed: str) -> str:
    """Return the address with parameters of its query replaced.

    Examples
    --------
    >>> _with("https://a.example/b?c=1,2&RecordOffset=0", RecordOffset="25000")
    'https://a.example/b?c=1,2&RecordOffset=25000'
    """
    parts = urlsplit(address)
    query = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **changed}
    return urlunsplit(parts._replace(query=urlencode(query, safe=",*")))


_INTERFACES: Mapping[str, Callable[[Web, Edition, Path, Pulse | None], None]] = {
    "file": _file,
    "fingertips": _file,
    "nomis": _nomis,
    "arcgis": _arcgis,
}
