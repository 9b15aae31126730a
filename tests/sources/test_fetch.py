"""Fetching, against a real server on this machine that answers as the publishers' services do."""

from __future__ import annotations

import csv
import datetime
import functools
import http.server
import io
import json
import re
import shutil
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import pandas as pd
import pytest
import yaml

from needs import cli
from needs.catalogue import Catalogue, Codes, Edition, Source, load
from needs.errors import InvalidDataError, MissingDataError, NeedsError, ParameterError
from needs.figures import assessment
from needs.sources import fetch as fetching
from needs.sources.fetch import FetchOutcome, Settings, ledger
from needs.sources.fetch.look import BELOW, COLUMNS, look
from needs.sources.fetch.mirrors import links
from needs.sources.fetch.web import Web
from needs.sources.readers import heading_maps, lsoa_density
from needs.sources.whole_files import file_sha256
from needs.tables import prepare
from needs.tables.areas import upper_tiers

# a server on this machine answers
pytestmark = pytest.mark.slow

TODAY = datetime.date(2026, 3, 1)

#: More than any test asks for: a loop without end fails instead.
MOST_REQUESTS = 60

IOD = "mhclg_iod_2025"
DRUGS = "ons_drug_deaths"
LIVER = "ohid_fingertips_40601"


@dataclass
class Request:
    """One request as the server saw it."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    form: dict[str, str]


@dataclass
class Reply:
    """What the server answers; `drip` and `pause` make it slow, `claim` lies about its length."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    claim: int = 0
    drip: float = 0.0
    pause: float = 0.0


Answer = Callable[[Request, int], Reply]


class Publisher(http.server.ThreadingHTTPServer):
    """All publishers' hosts on one port: the host is the first part of the path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.routes: dict[str, Answer] = {}
        self.requests: list[Request] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def on(self, start: str, answer: Answer | Reply | list[Reply]) -> None:
        """Answer requests whose host and path begin so; of a list, the last one stays."""
        if isinstance(answer, Reply):
            self.routes[start] = lambda request, number: answer
        elif isinstance(answer, list):
            self.routes[start] = lambda request, number: answer[min(number, len(answer) - 1)]
        else:
            self.routes[start] = answer

    def asked(self, start: str) -> list[Request]:
        return [one for one in self.requests if f"{one.host}{one.path}".startswith(start)]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what the slow answers are for."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Publisher

    def do_GET(self) -> None:
        self._reply()

    def do_POST(self) -> None:
        self._reply()

    def _reply(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
        whole = unquote(f"{parts.netloc}{parts.path}".lstrip("/"))
        host, _, path = whole.partition("/")
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        request = Request(self.command, host, "/" + path, query, form)
        starts = [start for start in self.server.routes if whole.startswith(start)]
        if not starts or len(self.server.requests) >= MOST_REQUESTS:
            self._send(Reply(b"<title>Not Found</title>", 404))
            return
        start = max(starts, key=len)
        number = len(self.server.asked(start))
        self.server.requests.append(request)
        self._send(self.server.routes[start](request, number))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body) + reply.claim))
        self.end_headers()
        time.sleep(reply.pause)
        if reply.drip:
            for byte in reply.body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(reply.drip)
        else:
            self.wfile.write(reply.body)
        if reply.claim:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with Publisher() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "raw"


def patient(publisher: Publisher | None = None, **changed: float) -> Settings:
    """Settings that wait for thousandths of a second."""
    times = {"first_wait": 0.002, "longest_wait": 0.01, "connect": 2, "silence": 2, "deadline": 5}
    base = publisher.base if publisher else ""
    return Settings(base=base, attempts=3, **{**times, **changed})  # type: ignore[arg-type]


def bring(
    publisher: Publisher, raw: Path, *keys: str, accept_revision: bool = False, **changed: float
) -> tuple[FetchOutcome, ...]:
    return fetching.fetch(
        keys,
        raw,
        settings=patient(publisher, **changed),
        today=TODAY,
        accept_revision=accept_revision,
    )


def told(outcomes: tuple[FetchOutcome, ...]) -> str:
    """What the user reads."""
    try:
        fetching.raise_failures(outcomes)
    except MissingDataError as error:
        return str(error)
    return ""


def files(raw: Path) -> list[str]:
    """Everything below, hidden files too."""
    return sorted(p.relative_to(raw).as_posix() for p in raw.rglob("*") if p.is_file())


def one_source(edition: Edition, key: str = "trial", reader: str = "boundaries") -> Catalogue:
    source = Source(
        key=key,
        title="A trial",
        producer="A publisher",
        landing_page="https://publisher.example/",
        reader=reader,
        editions=(edition,),
        attribution="Source: a publisher.",
    )
    return Catalogue(sources={key: source}, indicators={})


# Content that each publisher would send, as small as it can be.


def table(header: list[str], *rows: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def headings(shape: str, edition: str = "") -> list[str]:
    known = heading_maps.layout(shape, edition)
    first = {name: heading for heading, name in reversed(known.headings.items())}
    return [first[name] for name in sorted(known.required)]


def iod(decile: str = "1") -> bytes:
    header = headings("iod", "2025")
    return table(header, ["E01000001" if "LSOA code" in one else decile for one in header])


def fingertips(indicator: str = "40601") -> bytes:
    header = headings("fingertips")
    return table(header, [indicator if one == "Indicator ID" else "1" for one in header])


def workbook() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>" * 500)
        archive.writestr("xl/workbook.xml", "<workbook/>" * 500)
    return data.getvalue()


GOV = "assets.publishing.service.gov.uk/media/"
ONS = "www.ons.gov.uk/file"
TIPS = "fingertips.phe.org.uk/api/all_data/csv/by_indicator_id"
NOMIS = "www.nomisweb.co.uk/api/v01/dataset/NM_2010_1.data.csv"
PORTAL = "services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services/"
IOD_FILE = f"{IOD}/File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv"
DRUGS_FILE = f"{DRUGS}/2021localauthorities.xlsx"


# Plain files


def test_a_file_arrives_whole_and_is_noted(publisher: Publisher, raw: Path) -> None:
    publisher.on(GOV, Reply(iod()))
    publisher.on(ONS, Reply(workbook()))
    publisher.on(TIPS, Reply(fingertips()))
    outcomes = bring(publisher, raw, IOD, DRUGS, LIVER)
    assert [one.state for one in outcomes] == ["new", "new", "new"]
    liver = "ohid_fingertips/40601_latest.csv"
    assert files(raw) == sorted([IOD_FILE, DRUGS_FILE, liver, ledger.NAME])
    assert (raw / IOD_FILE).read_bytes() == iod()
    entries = ledger.read(raw)
    entry = entries[IOD_FILE]
    assert entry.sha256 == file_sha256(raw / IOD_FILE)
    assert entry.size == len(iod())
    assert (entry.source, entry.edition, entry.fetched) == (IOD, "2025", "2026-03-01")
    assert entry.address.startswith("https://assets.publishing.service.gov.uk/")
    assert entry.licence == "Open Government Licence v3.0"
    asked = publisher.asked(TIPS)[0].query
    assert (asked["indicator_ids"], asked["child_area_type_id"]) == ("40601", "502")
    assert len(prepare.discover(raw, load())) == 3
    assert told(outcomes) == ""


def test_the_same_file_again_changes_nothing(publisher: Publisher, raw: Path) -> None:
    publisher.on(GOV, Reply(iod()))
    bring(publisher, raw, IOD)
    before = (raw / ledger.NAME).read_bytes()
    later = fetching.fetch([IOD], raw, settings=patient(publisher), today=datetime.date(2027, 1, 1))
    assert [one.state for one in later] == ["unchanged"]
    assert (raw / ledger.NAME).read_bytes() == before


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_fault_that_passes_is_asked_again(publisher: Publisher, raw: Path, status: int) -> None:
    # an hour is asked for; the settings allow a hundredth of a second
    fault = Reply(b"", status, {"Retry-After": "3600"})
    publisher.on(GOV, [fault, fault, Reply(iod())])
    assert [one.state for one in bring(publisher, raw, IOD)] == ["new"]
    assert len(publisher.requests) == 3


def test_a_fault_that_stays_is_given_up(publisher: Publisher, raw: Path) -> None:
    publisher.on(GOV, Reply(b"", 500))
    said = told(bring(publisher, raw, IOD))
    assert "answers 500" in said and "3 times" in said
    assert len(publisher.requests) == 3
    assert files(raw) == []


def test_nothing_there_is_not_asked_again_and_does_not_stop_others(
    publisher: Publisher, raw: Path
) -> None:
    publisher.on(GOV, Reply(b"<h1>Page not found</h1>", 404))
    publisher.on(ONS, Reply(workbook()))
    publisher.on(TIPS, Reply(b"bad parameters", 400))
    outcomes = bring(publisher, raw, IOD, DRUGS, LIVER)
    assert len(publisher.asked(GOV)) == len(publisher.asked(TIPS)) == 1
    assert {one.source: one.state for one in outcomes} == {
        IOD: "failed",
        DRUGS: "new",
        LIVER: "failed",
    }
    assert fetching.states_of_files(outcomes) == ["1 new", "2 failed"]
    said = told(outcomes)
    assert "2 files of 3" in said
    assert "404" in said and "catalogue/sources" in said
    assert f"{LIVER}: The service answers 400" in said


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_is_left_to_a_person(publisher: Publisher, raw: Path, status: int) -> None:
    publisher.on(GOV, Reply(b"", status))
    assert "by hand" in told(bring(publisher, raw, IOD))
    assert len(publisher.requests) == 1


def test_a_body_that_is_cut_off_is_asked_for_again(publisher: Publisher, raw: Path) -> None:
    cut = Reply(iod()[:-20], claim=20)
    publisher.on(GOV, [cut, Reply(iod())])
    assert [one.state for one in bring(publisher, raw, IOD)] == ["new"]
    assert (raw / IOD_FILE).read_bytes() == iod()


def test_a_body_that_is_always_cut_off_leaves_nothing(publisher: Publisher, raw: Path) -> None:
    publisher.on(GOV, Reply(iod()[:-20], claim=20))
    said = told(bring(publisher, raw, IOD))
    assert "No whole answer came" in said and "3 times" in said
    assert files(raw) == []


def test_a_slow_drip_ends_at_the_deadline(publisher: Publisher, raw: Path) -> None:
    publisher.on(GOV, Reply(iod(), drip=0.01))
    begin = time.monotonic()
    said = told(bring(publisher, raw, IOD, deadline=0.1))
    assert "too slow" in said
    assert time.monotonic() - begin < 3
    assert len(publisher.requests) == 1
    assert files(raw) == []


def test_silence_ends_at_the_time_out(publisher: Publisher, raw: Path) -> None:
    publisher.on(GOV, Reply(iod(), pause=0.6))
    begin = time.monotonic()
    said = told(bring(publisher, raw, IOD, silence=0.05))
    assert "No whole answer came" in said and "3 times" in said
    assert time.monotonic() - begin < 3


def test_an_answer_without_end_is_refused(publisher: Publisher, raw: Path) -> None:
    publisher.on(GOV, Reply(iod()))
    assert "larger than 100 bytes" in told(bring(publisher, raw, IOD, largest=100))
    assert files(raw) == []


def test_a_server_that_is_not_there_is_named(raw: Path) -> None:
    settings = patient()
    outcomes = fetching.fetch(["trial"], raw, settings=settings, catalogue=nowhere())
    assert "https://127.0.0.1:9/a.csv" in told(outcomes)


def nowhere() -> Catalogue:
    # the discard port: nothing listens there
    return one_source(Edition(edition="1", file="trial/a.csv", address="https://127.0.0.1:9/a.csv"))


def test_a_redirect_is_followed(publisher: Publisher, raw: Path) -> None:
    publisher.on(GOV, Reply(b"", 302, {"Location": f"{publisher.base}/elsewhere/file.csv"}))
    publisher.on("elsewhere", Reply(iod()))
    assert [one.state for one in bring(publisher, raw, IOD)] == ["new"]
    assert files(raw) == sorted([IOD_FILE, ledger.NAME])


def test_a_redirect_in_a_circle_is_refused(publisher: Publisher, raw: Path) -> None:
    publisher.on(GOV, lambda request, number: Reply(b"", 302, {"Location": f"/{GOV}again"}))
    assert "redirect" in told(bring(publisher, raw, IOD)).lower()


def test_a_redirect_to_a_login_page_is_no_file(publisher: Publisher, raw: Path) -> None:
    publisher.on(GOV, Reply(b"", 302, {"Location": f"{publisher.base}/login"}))
    publisher.on("login", Reply(b"<!doctype html><title>Sign in</title>"))
    assert "web page, not the file: Sign in" in told(bring(publisher, raw, IOD))


# The first look


@pytest.mark.parametrize(
    ("start", "key", "body", "words"),
    [
        (GOV, IOD, b"<html><h1>Sorry</h1></html>", "web page, not the file: Sorry"),
        (GOV, IOD, b'\xef\xbb\xbf {"error": "over quota"}', "over quota"),
        (GOV, IOD, b"", "empty"),
        (GOV, IOD, b" \n", "empty"),
        (GOV, IOD, workbook(), "workbook or an archive"),
        (GOV, IOD, iod() + b"\xff\xfe\n", "UTF-8"),
        (GOV, IOD, iod() + b"1,2,3\n" * 100_000 + b"\xff\n", "UTF-8"),
        (GOV, IOD, iod().replace(b"(2021)", b"(2031)"), "LSOA code (2031)"),
        (GOV, IOD, iod().split(b"\n")[0] + b"\n", "no data"),
        (TIPS, LIVER, fingertips().split(b"\n")[0] + b"\n", "child_area_type_id 402"),
        (TIPS, LIVER, fingertips("92432"), "Indicator ID is 92432, but 40601"),
        (ONS, DRUGS, workbook()[:-60], "broken or cut off"),
        (ONS, DRUGS, b"<html><title>ONS: 404</title>", "web page, not the file: ONS: 404"),
        (ONS, DRUGS, b"\xd0\xcf\x11\xe0 an old workbook", "old .xls format"),
    ],
)
def test_what_is_not_the_file_is_refused(
    publisher: Publisher, raw: Path, start: str, key: str, body: bytes, words: str
) -> None:
    publisher.on(start, Reply(body))
    outcomes = bring(publisher, raw, key)
    assert [one.state for one in outcomes] == ["failed"]
    assert words in told(outcomes)
    assert files(raw) == []


def test_a_broken_part_of_an_archive_is_found(publisher: Publisher, raw: Path) -> None:
    spoilt = bytearray(workbook())
    at = spoilt.index(b"xl/workbook.xml") + len("xl/workbook.xml") + 8
    spoilt[at] ^= 0xFF
    publisher.on(ONS, Reply(bytes(spoilt)))
    assert "broken" in told(bring(publisher, raw, DRUGS))


def editions() -> list[tuple[Source, Edition]]:
    return [(source, one) for source in load().sources.values() for one in source.editions]


def test_every_reader_of_text_has_headings_to_look_for() -> None:
    readers = {s.reader for s, one in editions() if one.file.endswith((".csv", ".geojson"))}
    assert readers - {*heading_maps.MAPS, *COLUMNS, *BELOW} == set()


def test_headings_below_other_lines_are_looked_for(tmp_path: Path) -> None:
    source = load().sources["home_office_community_safety"]
    (edition,) = source.editions
    header = ",".join(heading_maps.layout("community_safety").headings)
    path = tmp_path / "table.csv"
    path.write_text(f"Table C2,,,,\n{header}\n1,2,3,4,5\n")
    look(path, source, edition)
    path.write_text(f"Table C2,,,,\n{header.replace('Drug offences', 'Theft')}\n1,2,3,4,5\n")
    with pytest.raises(InvalidDataError, match="No row has the headings"):
        look(path, source, edition)


@pytest.mark.parametrize("reader", sorted(heading_maps.MAPS))
def test_a_heading_that_is_not_known_is_refused(reader: str, tmp_path: Path) -> None:
    source, edition = next(
        (s, one)
        for s, one in editions()
        if s.reader == reader and one.file.endswith((".csv", ".geojson"))
    )
    shape, by_edition = heading_maps.MAPS[reader]
    header = headings(shape, edition.edition if by_edition else "")
    values = {"Indicator ID": "indicator_id", "DATE_NAME": "year"}
    row = [str(edition.options.get(values.get(one, ""), "1")) for one in header]
    suffix = Path(edition.file).suffix

    def written(names: list[str]) -> Path:
        path = tmp_path / f"file{suffix}"
        if suffix == ".csv":
            path.write_bytes(table(names, row))
        else:
            properties = dict(zip(names, row, strict=True))
            layer = {"type": "FeatureCollection", "features": [{"properties": properties}]}
            path.write_text(json.dumps(layer), encoding="utf-8")
        return path

    look(written(header), source, edition)
    with pytest.raises(InvalidDataError) as caught:
        look(written([*header[:-1], header[-1] + " renamed"]), source, edition)
    assert header[-1] in str(caught.value)


# Revisions


def test_a_changed_file_needs_consent(publisher: Publisher, raw: Path) -> None:
    publisher.on(GOV, [Reply(iod("1")), Reply(iod("2"))])
    bring(publisher, raw, IOD)
    old = file_sha256(raw / IOD_FILE)
    lock = (raw / ledger.NAME).read_bytes()
    outcomes = bring(publisher, raw, IOD)
    said = told(outcomes)
    assert [one.state for one in outcomes] == ["failed"]
    hashes = re.findall("[0-9a-f]{64}", said)
    assert hashes[0] == old and len(set(hashes)) == 2
    assert IOD_FILE in said and "same address" in said and "2026-03-01" in said
    assert f"needs fetch {IOD} --accept-revision" in said
    assert (raw / IOD_FILE).read_bytes() == iod("1")
    assert (raw / ledger.NAME).read_bytes() == lock
    assert files(raw) == sorted([IOD_FILE, ledger.NAME])

    accepted = bring(publisher, raw, IOD, accept_revision=True)
    assert [one.state for one in accepted] == ["revised"]
    assert (raw / IOD_FILE).read_bytes() == iod("2")
    entry = ledger.read(raw)[IOD_FILE]
    assert (entry.replaces, entry.sha256) == (old, hashes[1])


def test_a_file_that_was_spoilt_here_is_restored(publisher: Publisher, raw: Path) -> None:
    publisher.on(GOV, Reply(iod()))
    bring(publisher, raw, IOD)
    (raw / IOD_FILE).write_text("edited", encoding="utf-8")
    assert [one.state for one in bring(publisher, raw, IOD)] == ["restored"]
    assert (raw / IOD_FILE).read_bytes() == iod()


def test_a_file_of_unknown_origin_is_not_replaced_silently(publisher: Publisher, raw: Path) -> None:
    publisher.on(GOV, Reply(iod("2")))
    (raw / IOD).mkdir(parents=True)
    (raw / IOD_FILE).write_bytes(iod("1"))
    assert "the file that is here has sha256" in told(bring(publisher, raw, IOD))
    assert (raw / IOD_FILE).read_bytes() == iod("1")


def test_an_edition_keeps_one_file_whatever_its_name(publisher: Publisher, raw: Path) -> None:
    publisher.on(TIPS, Reply(fingertips()))
    (raw / "ohid_fingertips").mkdir(parents=True)
    (raw / "ohid_fingertips" / "40601_from_a_colleague.csv").write_bytes(fingertips())
    assert [one.state for one in bring(publisher, raw, LIVER)] == ["unchanged"]
    assert files(raw) == ["ohid_fingertips/40601_from_a_colleague.csv", ledger.NAME]


def test_two_files_of_one_edition_are_refused(publisher: Publisher, raw: Path) -> None:
    (raw / "ohid_fingertips").mkdir(parents=True)
    for name in ("40601_a.csv", "40601_b.csv"):
        (raw / "ohid_fingertips" / name).write_bytes(fingertips())
    assert "40601_a.csv, ohid_fingertips/40601_b.csv" in told(bring(publisher, raw, LIVER))
    assert publisher.requests == []


def test_what_a_killed_run_left_behind_is_cleared(publisher: Publisher, raw: Path) -> None:
    publisher.on(GOV, Reply(iod()))
    left = raw / ledger.ARRIVALS / IOD_FILE
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a file")
    assert prepare.discover(raw, load()) == ()
    bring(publisher, raw, IOD)
    assert files(raw) == sorted([IOD_FILE, ledger.NAME])
    assert not (raw / ledger.ARRIVALS).exists()


def test_a_spoilt_lock_is_refused(publisher: Publisher, raw: Path) -> None:
    raw.mkdir()
    (raw / ledger.NAME).write_text('{"version": 2, "files": {}}', encoding="utf-8")
    with pytest.raises(InvalidDataError, match="lock of raw files"):
        bring(publisher, raw, IOD)


# Nomis

POPULATION = "nomis_population"


class Nomis:
    """Rows of a table, cut off at the guest limit without a word."""

    def __init__(self, year: str, rows: int, limit: int = 25_000, counted: bool = True) -> None:
        self.year, self.rows, self.limit, self.counted = year, rows, limit, counted

    def __call__(self, request: Request, number: int) -> Reply:
        assert "record_count" in request.query["select"]
        first = int(request.query["RecordOffset"])
        last = min(first + min(self.limit, int(request.query["RecordLimit"])), self.rows)
        year = self.year if request.query["date"] == "latest" else str(int(self.year) - 1)
        names = ["DATE_NAME", "GEOGRAPHY_CODE", "GEOGRAPHY_NAME", "GENDER_NAME", "C_AGE_NAME"]
        lines = [",".join([*names, "OBS_VALUE", *(["RECORD_COUNT"] * self.counted)])]
        end = f",{self.rows}" if self.counted else ""
        lines += [
            f"{year},E01{one:06},Place {one},Total,All Ages,1500{end}" for one in range(first, last)
        ]
        return Reply(("\n".join(lines) + "\n").encode())


def test_nomis_is_paged_past_its_silent_limit(publisher: Publisher, raw: Path) -> None:
    from needs.sources.readers import nomis

    publisher.on(NOMIS, Nomis("2020", 32_844))
    outcomes = bring(publisher, raw, POPULATION)
    assert told(outcomes) == ""
    offsets = [one.query["RecordOffset"] for one in publisher.asked(NOMIS)]
    assert offsets == ["0", "25000"] * 2
    source = load().sources[POPULATION]
    found = prepare.discover(raw, load())
    assert len(found) == 2
    for one in found:
        read = nomis.read(one.path, source, one.edition)
        assert len(read) == 32_844
        assert set(read["year"]) == {one.edition.options["year"]}


def test_a_lower_limit_than_was_asked_for_is_noticed(publisher: Publisher, raw: Path) -> None:
    publisher.on(NOMIS, Nomis("2020", 25, limit=10))
    assert told(bring(publisher, raw, POPULATION)) == ""
    assert [one.query["RecordOffset"] for one in publisher.requests] == ["0", "10", "20"] * 2
    lines = (raw / POPULATION / "NM_2010_1_LSOA11_mid-2020_all_ages.csv").read_text(
        encoding="utf-8"
    )
    assert len(lines.splitlines()) == 26


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Nomis("2020", 5, counted=False), "RECORD_COUNT"),
        (Nomis("2021", 5), "DATE_NAME is 2021, but 2020"),
        (Reply(b"Dataset not found"), "Heading"),
        (Reply(b'{"error": "Query too large"}\n'), "Query too large"),
        (Reply(b"<html><title>Busy</title></html>"), "3 times"),
    ],
)
def test_nomis_faults_are_told(
    publisher: Publisher, raw: Path, answer: Answer | Reply, words: str
) -> None:
    publisher.on(NOMIS, answer)
    assert words in told(bring(publisher, raw, POPULATION))
    assert files(raw) == []


@pytest.mark.parametrize("second", ["the same page", "no rows", "another table"])
def test_nomis_that_stops_half_way_is_refused(publisher: Publisher, raw: Path, second: str) -> None:
    service = Nomis("2020", 25, limit=10)

    def answer(request: Request, number: int) -> Reply:
        if request.query["RecordOffset"] == "0":
            return service(request, number)
        if second == "the same page":
            return service(Request("GET", "", "", {**request.query, "RecordOffset": "0"}, {}), 0)
        return Reply(b"" if second == "no rows" else b"A,B\n1,2\n")

    publisher.on(NOMIS, answer)
    assert "10 of 25 rows" in told(bring(publisher, raw, POPULATION))
    assert files(raw) == []


# Open Geography portal


class Portal:
    """A feature service with a limit of its own, which says when there is more."""

    def __init__(self, codes: list[str], name: str = "LSOA21CD", limit: int = 2000) -> None:
        self.codes, self.name, self.limit = codes, name, limit
        self.lost = 0

    def __call__(self, request: Request, number: int) -> Reply:
        query = request.form or request.query
        listed = re.fullmatch(rf"{self.name} IN \((.*)\)", query["where"])
        chosen = self.codes
        if listed:
            wanted = [one.strip("'") for one in listed[1].split(",")]
            chosen = [code for code in self.codes if code in wanted]
        if query.get("returnCountOnly") == "true":
            return Reply(json.dumps({"count": len(chosen) + self.lost}).encode())
        first = int(query["resultOffset"])
        last = first + min(self.limit, int(query["resultRecordCount"]))
        names = {self.name: "", self.name[:-2] + "NM": "Place"}
        page = [{**names, self.name: code} for code in chosen[first:last]]
        more = last < len(chosen)
        if query["f"] == "geojson":
            features = [
                {
                    "type": "Feature",
                    "properties": one,
                    "geometry": {
                        "type": "Polygon",
                        "coordinates": [[[-2.2, 52.1], [-2.1, 52.1], [-2.1, 52.2], [-2.2, 52.1]]],
                    },
                }
                for one in page
            ]
            answer = {"type": "FeatureCollection", "features": features}
            answer |= {"properties": {"exceededTransferLimit": True}} if more else {}
        else:
            plain = [
                {"attributes": one, "geometry": {"x": 385000.5, "y": 255000.25}} for one in page
            ]
            answer = {"features": plain} | ({"exceededTransferLimit": True} if more else {})
        return Reply(json.dumps(answer).encode())


def lsoas(number: int) -> list[str]:
    return [f"E01{one:06}" for one in range(number)]


def layer(**changed: object) -> Catalogue:
    values: dict[str, object] = {
        "edition": "lsoa 2021",
        "file": "trial/areas.geojson",
        "address": f"https://{PORTAL}AREAS/FeatureServer/0/query?where=1%3D1&outFields=*&outSR=4326"
        "&f=geojson&resultOffset=0&resultRecordCount=2000",
        "interface": "arcgis",
        "search": 'title:"Lower layer Super Output Areas" AND title:BSC',
        "options": {"layer": "lsoa_2021"},
    }
    return one_source(Edition.model_validate({**values, **changed}))


def bring_layer(publisher: Publisher, raw: Path, catalogue: Catalogue) -> tuple[FetchOutcome, ...]:
    return fetching.fetch(
        ["trial"], raw, settings=patient(publisher), catalogue=catalogue, today=TODAY
    )


@pytest.mark.parametrize(
    ("number", "limit", "offsets"),
    [
        (4_500, 2_000, [0, 2000, 4000]),
        (4_000, 2_000, [0, 2000, 4000]),
        (2_500, 1_000, [0, 1000, 2000]),
        (5, 2_000, [0]),
    ],
)
def test_a_layer_is_paged_to_a_short_page(
    publisher: Publisher, raw: Path, number: int, limit: int, offsets: list[int]
) -> None:
    from needs.sources.readers import boundaries

    publisher.on(PORTAL + "AREAS/", Portal(lsoas(number), limit=limit))
    catalogue = layer()
    assert told(bring_layer(publisher, raw, catalogue)) == ""
    asked = [one.query for one in publisher.requests if "returnCountOnly" not in one.query]
    assert [int(one["resultOffset"]) for one in asked] == offsets
    source = catalogue.sources["trial"]
    read = boundaries.read(raw / "trial/areas.geojson", source, source.editions[0])
    assert read["code"].tolist() == lsoas(number)


@pytest.mark.parametrize("lost", [2, -2])
def test_a_layer_that_says_there_is_more_than_it_counts_is_refused(
    publisher: Publisher, raw: Path, lost: int
) -> None:
    """Cut off at 20 of 30, whatever page is asked for, and the service says so each time."""
    codes = lsoas(30)

    def always(request: Request, number: int) -> Reply:
        if request.query.get("returnCountOnly") == "true":
            return Reply(json.dumps({"count": len(codes) + lost}).encode())
        first = {**request.query, "resultOffset": "0", "resultRecordCount": "20"}
        asked = replace(request, query=first)
        return Portal(codes)(asked, number)

    publisher.on(PORTAL + "AREAS/", always)
    said = told(bring_layer(publisher, raw, layer()))
    assert re.search(r"gave 40 features of (32|28)", said)
    assert files(raw) == []


@pytest.mark.parametrize("at", ["exceededTransferLimit", "properties"])
def test_a_file_that_its_service_cut_off_is_not_taken(tmp_path: Path, at: str) -> None:
    source = layer().sources["trial"]
    flag = {"exceededTransferLimit": True}
    one = {"type": "Feature", "properties": {"LSOA21CD": "E01000001", "LSOA21NM": "Place"}}
    content = {"features": [one]} | (flag if at != "properties" else {"properties": flag})
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InvalidDataError, match="areas") as caught:
        look(path, source, source.editions[0])
    assert "cut off" in str(caught.value)


def test_a_layer_that_loses_features_is_refused(publisher: Publisher, raw: Path) -> None:
    portal = Portal(lsoas(30))
    portal.lost = 2
    publisher.on(PORTAL + "AREAS/", portal)
    assert "30 features of 32" in told(bring_layer(publisher, raw, layer()))
    assert files(raw) == []


def test_an_empty_layer_is_refused(publisher: Publisher, raw: Path) -> None:
    publisher.on(PORTAL + "AREAS/", Portal([]))
    assert "no features" in told(bring_layer(publisher, raw, layer()))


def test_a_layer_of_another_year_is_refused(publisher: Publisher, raw: Path) -> None:
    publisher.on(PORTAL + "AREAS/", Portal(lsoas(3), name="LSOA31CD"))
    said = told(bring_layer(publisher, raw, layer()))
    assert "'LSOA21CD' is missing" in said and "LSOA31CD" in said


def error(code: int, message: str) -> Reply:
    fault = {"error": {"code": code, "message": message, "details": ["a detail"]}}
    return Reply(json.dumps(fault).encode())


def test_a_passing_error_inside_an_answer_is_asked_again(publisher: Publisher, raw: Path) -> None:
    portal = Portal(lsoas(5))
    publisher.on(
        PORTAL + "AREAS/",
        lambda request, number: error(503, "busy") if number < 2 else portal(request, number),
    )
    assert told(bring_layer(publisher, raw, layer())) == ""
    assert len(publisher.requests) == 4


@pytest.mark.parametrize(
    ("reply", "words", "requests"),
    [
        (error(400, "Cannot perform query"), "400 Cannot perform query (a detail)", 1),
        (error(500, "Unable to complete"), "3 times", 3),
        (Reply(b"<html><title>Sign in</title>"), "3 times", 3),
        (Reply(b"[1, 2]"), "does not answer as it should", 1),
        (Reply(b"nonsense"), "does not answer as it should: nonsense", 1),
        (Reply(b'{"fields": []}'), "how many features", 1),
    ],
)
def test_an_error_inside_an_answer_is_told(
    publisher: Publisher, raw: Path, reply: Reply, words: str, requests: int
) -> None:
    publisher.on(PORTAL + "AREAS/", reply)
    assert words in told(bring_layer(publisher, raw, layer()))
    assert len(publisher.requests) == requests
    assert files(raw) == []


SEARCH = "www.arcgis.com/sharing/rest/"


@pytest.mark.parametrize("reply", [error(400, "Invalid URL"), Reply(b"", 404)])
def test_a_renamed_service_is_looked_for(publisher: Publisher, raw: Path, reply: Reply) -> None:
    publisher.on(PORTAL + "AREAS/", reply)
    found = [
        {"id": "a1", "title": "LSOA (December 2021) BSC V5"},
        {"id": "b2", "title": "LSOA (December 2021) BSC V4", "url": "https://portal.example/V4"},
    ]
    publisher.on(SEARCH + "search", Reply(json.dumps({"results": found}).encode()))
    publisher.on(
        SEARCH + "content/items/a1",
        Reply(json.dumps({"url": "https://portal.example/V5/FeatureServer"}).encode()),
    )
    said = told(bring_layer(publisher, raw, layer()))
    assert "no service 'AREAS' any more" in said
    assert "LSOA (December 2021) BSC V5, https://portal.example/V5/FeatureServer" in said
    assert "https://portal.example/V4" in said
    (asked,) = publisher.asked(SEARCH + "search")
    assert 'owner:ONSGeography_data AND title:"Lower layer' in asked.query["q"]


def test_a_search_that_fails_is_told_too(publisher: Publisher, raw: Path) -> None:
    publisher.on(PORTAL + "AREAS/", Reply(b"", 404))
    said = told(bring_layer(publisher, raw, layer()))
    assert "no service 'AREAS'" in said and "our own search failed" in said


LOOKUP = (
    f"https://{PORTAL}LOOKUP/FeatureServer/0/query?where=LAD24CD%20IN%20(%27E07000237%27)&f=json"
)


def test_codes_are_asked_for_in_batches(publisher: Publisher, raw: Path) -> None:
    publisher.on(PORTAL + "AREAS/", Portal(lsoas(400)))
    publisher.on(PORTAL + "LOOKUP/", Portal(lsoas(250)))
    catalogue = layer(codes=Codes(address=LOOKUP, field="LSOA21CD"))
    assert told(bring_layer(publisher, raw, catalogue)) == ""
    asked = [
        one
        for one in publisher.asked(PORTAL + "AREAS/")
        if "returnCountOnly" not in {**one.form, **one.query}
    ]
    assert {one.method for one in asked} == {"POST"}
    assert [one.form["where"].count("'E01") for one in asked] == [100, 100, 50]
    content = json.loads((raw / "trial/areas.geojson").read_text(encoding="utf-8"))
    codes = [one["properties"]["LSOA21CD"] for one in content["features"]]
    assert codes == lsoas(250)


@pytest.mark.parametrize(
    ("codes", "field_name", "words"),
    [
        (lsoas(401), "LSOA21CD", "has 0 of 1 codes"),
        (lsoas(5), "LSOA11CD", "no codes in field 'LSOA11CD'"),
        (["E01'); --"], "LSOA21CD", "no codes in field"),
        ([], "LSOA21CD", "no codes in field"),
    ],
)
def test_codes_that_do_not_fit_the_layer_are_refused(
    publisher: Publisher, raw: Path, codes: list[str], field_name: str, words: str
) -> None:
    publisher.on(PORTAL + "AREAS/", Portal(lsoas(400)))
    publisher.on(PORTAL + "LOOKUP/", Portal(codes))
    catalogue = layer(codes=Codes(address=LOOKUP, field=field_name))
    assert words in told(bring_layer(publisher, raw, catalogue))
    assert files(raw) == []


def test_a_lookup_is_saved_as_a_table(publisher: Publisher, raw: Path) -> None:
    rows = [
        {"LAD24CD": "E07000237", "LAD24NM": "Worcester", "RGN24CD": "E12000005", "RGN24NM": "West"}
    ]
    replies = {"true": {"count": 1}, "": {"features": [{"attributes": one} for one in rows]}}
    publisher.on(
        PORTAL + "LAD24_RGN24_EN_LU/",
        lambda request, number: Reply(
            json.dumps(replies[request.query.get("returnCountOnly", "")]).encode()
        ),
    )
    outcomes = bring(publisher, raw, "ons_lookups")
    came = [one for one in outcomes if one.state == "new"]
    assert [one.edition for one in came] == ["district to region 2024"]
    text = (raw / came[0].file).read_text(encoding="utf-8")
    assert list(csv.DictReader(io.StringIO(text))) == rows
    assert "LIKE 'E%'" in publisher.requests[-1].query["where"]


def test_points_are_saved_with_their_grid_reference(publisher: Publisher, raw: Path) -> None:
    from needs.sources.readers import centroids

    publisher.on(PORTAL + "LLSOA_Dec_2021_PWC", points)
    outcomes = bring(publisher, raw, "ons_centroids")
    (came,) = [one for one in outcomes if one.state == "new"]
    source = load().sources["ons_centroids"]
    read = centroids.read(raw / came.file, source, source.editions[1])
    assert read[["lsoa_code", "easting", "northing"]].to_numpy().tolist() == [
        ["E01000000", 385000.5, 255000.25]
    ]
    assert publisher.requests[-1].query["outSR"] == "27700"


def points(request: Request, number: int) -> Reply:
    if "returnCountOnly" in request.query:
        return Reply(b'{"count": 1}')
    assert request.query["outFields"] == "LSOA21CD"
    feature = {
        "attributes": {"LSOA21CD": "E01000000"},
        "geometry": {"x": 385000.5, "y": 255000.25},
    }
    return Reply(json.dumps({"features": [feature]}).encode())


# By hand


def test_a_file_to_download_by_hand_is_described(publisher: Publisher, raw: Path) -> None:
    outcomes = bring(publisher, raw, "ndtms_viewit")
    assert {one.state for one in outcomes} == {"by hand"}
    said = told(outcomes)
    assert "https://www.ndtms.net/ViewIt/Adult" in said
    assert "choose Download data" in said
    name = "ndtms_and_dependence/ViewIt_Export_Data_LAs_authorities_by_group.csv"
    assert "By hand. Open ViewIt" in said
    assert f"Save the file as {raw.as_posix()}/{name}. Then: needs fetch ndtms_viewit" in said
    assert "*" not in said
    assert "3 files of 3" in said


def test_a_file_saved_as_the_message_says_is_its_edition(
    publisher: Publisher, raw: Path, mirror: Path
) -> None:
    bring(publisher, raw, "ndtms_viewit")
    (real,) = (mirror / "ndtms_and_dependence").glob("ViewIt_Export_Data_LAs*.csv")
    name = "ndtms_and_dependence/ViewIt_Export_Data_LAs_authorities_by_group.csv"
    (raw / name).parent.mkdir(parents=True)
    shutil.copyfile(real, raw / name)
    bring(publisher, raw, "ndtms_viewit")
    assert [*ledger.read(raw)] == [name]


def test_what_is_by_hand_does_not_fail_a_run_that_did_not_ask_for_it(
    publisher: Publisher, raw: Path
) -> None:
    keys = (IOD, "ndtms_viewit")
    catalogue = Catalogue(sources={key: load().sources[key] for key in keys}, indicators={})
    publisher.on(GOV, Reply(iod()))
    outcomes = fetching.fetch([], raw, settings=patient(publisher), catalogue=catalogue)
    assert told(outcomes) == ""
    lines = fetching.states_of_files(outcomes)
    assert lines[:2] == ["1 new", "3 to download by hand"]
    assert any("ndtms.net" in line for line in lines)


def test_a_file_put_there_by_hand_is_looked_at_and_noted(publisher: Publisher, raw: Path) -> None:
    key = "sdg_3_5_1"
    name = "ndtms_and_dependence/ons_sdg_indicator_3-5-1_all_LAs_copy.csv"
    header = headings("sdg_3_5_1", "2022-02-10")
    (raw / name).parent.mkdir(parents=True)
    (raw / name).write_bytes(table(header, ["1"] * len(header)))
    assert [one.state for one in bring(publisher, raw, key)] == ["unchanged"]
    entry = ledger.read(raw)[name]
    assert (entry.through, entry.address) == ("by hand", load().sources[key].landing_page)
    (raw / name).write_bytes(table(header, ["2"] * len(header)))
    assert "is a revision" in told(bring(publisher, raw, key))
    assert [one.state for one in bring(publisher, raw, key, accept_revision=True)] == ["revised"]
    (raw / name).write_bytes(b"<html>")
    assert "web page" in told(bring(publisher, raw, key))
    assert (raw / name).read_bytes() == b"<html>"


def test_a_source_without_files_says_where_its_figures_are(publisher: Publisher, raw: Path) -> None:
    assert "moderngov" in told(bring(publisher, raw, "worcestershire_strategy"))


# Mirrors


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A small mirror."""
    folder = tmp_path / "a copy"
    (folder / IOD).mkdir(parents=True)
    (folder / IOD_FILE).write_bytes(iod())
    (folder / "ohid_fingertips").mkdir()
    (folder / "ohid_fingertips" / "40601_liver disease (1).csv").write_bytes(fingertips())
    return folder


@pytest.fixture
def served(copy: Path, publisher: Publisher) -> Iterator[str]:
    """The address of a server that serves the copy as a tree, below a folder of its own."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    handler = functools.partial(Quiet, directory=str(copy.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/a%20copy"
        server.shutdown()
        thread.join(5)


def from_mirror(origin: str | Path, raw: Path, *keys: str) -> tuple[FetchOutcome, ...]:
    return fetching.fetch(keys, raw, origin=str(origin), settings=patient(), today=TODAY)


@pytest.mark.parametrize("how", ["folder", "address"])
def test_a_mirror_gives_what_it_has(how: str, copy: Path, served: str, raw: Path) -> None:
    outcomes = from_mirror(copy if how == "folder" else served, raw)
    assert told(outcomes) == ""
    states = {one.state for one in outcomes}
    assert states == {"new", "absent"}
    liver = "ohid_fingertips/40601_liver disease (1).csv"
    assert files(raw) == sorted([IOD_FILE, liver, ledger.NAME])
    entry = ledger.read(raw)[liver]
    assert entry.through == ("folder" if how == "folder" else f"{served}/")
    assert entry.address.startswith("https://fingertips.phe.org.uk/api/")
    assert str(copy) not in (raw / ledger.NAME).read_text(encoding="utf-8")


def test_a_mirror_with_a_lock_needs_no_listing(copy: Path, publisher: Publisher, raw: Path) -> None:
    other = raw.parent / "other"
    from_mirror(copy, other)
    for name in files(other):
        body = (other / name).read_bytes()
        publisher.on("mirror.example/raw/" + name, Reply(body))
    origin = f"{publisher.base}/mirror.example/raw/"
    assert told(from_mirror(origin, raw)) == ""
    assert (raw / IOD_FILE).read_bytes() == iod()
    assert len(ledger.read(raw)) == 2
    publisher.on("mirror.example/raw/" + IOD_FILE, Reply(iod("2")))
    publisher.on("mirror.example/raw/ohid_fingertips", Reply(b"", 404))
    del publisher.routes["mirror.example/raw/ohid_fingertips/40601_liver disease (1).csv"]
    said = told(from_mirror(origin, raw))
    assert "not the one in the mirror's lock" in said
    assert "names ohid_fingertips/40601_liver disease (1).csv, but does not have it" in said


@pytest.mark.parametrize("how", ["folder", "address"])
def test_a_file_asked_for_that_the_mirror_lacks_fails(
    how: str, copy: Path, served: str, raw: Path
) -> None:
    outcomes = from_mirror(copy if how == "folder" else served, raw, DRUGS, IOD, "ons_boundaries")
    said = told(outcomes)
    assert "5 files of 6" in said
    assert "the mirror has no file for edition '2021'" in said
    assert (raw / IOD_FILE).is_file()


def test_a_mirror_of_something_else_is_refused(tmp_path: Path, raw: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "has none of the files" in told(from_mirror(tmp_path / "empty", raw))


@pytest.mark.parametrize("origin", ["no/such/folder", "ftp://mirror.example/raw", "RAW"])
def test_an_origin_that_is_none_is_a_bad_parameter(origin: str, raw: Path) -> None:
    raw.mkdir()
    with pytest.raises(ParameterError):
        from_mirror(raw if origin == "RAW" else origin, raw)


def test_a_spoilt_file_of_a_mirror_is_refused(copy: Path, raw: Path) -> None:
    (copy / IOD_FILE).write_bytes(b"<html>")
    said = told(from_mirror(copy, raw))
    assert "web page" in said
    assert files(raw) == sorted(["ohid_fingertips/40601_liver disease (1).csv", ledger.NAME])


def test_a_proxy_of_the_environment_is_used(
    publisher: Publisher, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", publisher.base)
    publisher.on("mirror.invalid/raw/" + IOD_FILE, Reply(iod()))
    publisher.on(
        f"mirror.invalid/raw/{IOD}/",
        lambda request, number: Reply(
            iod()
            if request.path.endswith(".csv")
            else f'<a href="{IOD_FILE.split("/")[1]}">file</a>'.encode()
        ),
    )
    assert told(from_mirror("http://mirror.invalid/raw", raw, IOD)) == ""
    assert {one.host for one in publisher.requests} == {"mirror.invalid"}


@pytest.mark.mirror
def test_all_sources_come_from_the_mirror_and_are_discovered(mirror: Path, raw: Path) -> None:
    outcomes = from_mirror(mirror, raw)
    assert told(outcomes) == ""
    catalogue = load()
    here = prepare.discover(raw, catalogue)
    there = prepare.discover(mirror, catalogue)
    assert [one.path.relative_to(raw) for one in here] == [
        one.path.relative_to(mirror) for one in there
    ]
    entries = ledger.read(raw)
    assert sorted(entries) == sorted({one.path.relative_to(raw).as_posix() for one in here})
    for name, entry in entries.items():
        assert entry.sha256 == file_sha256(mirror / name)
    again = from_mirror(mirror, raw)
    assert {one.state for one in again} == {"unchanged", "absent"}


# Names


@pytest.mark.parametrize(
    "name",
    [
        "../outside.csv",
        "trial/../../outside.csv",
        "/etc/outside.csv",
        "trial//file.csv",
        "trial/./file.csv",
        "trial/.hidden.csv",
        "trial\\..\\..\\outside.csv",
        "C:/outside.csv",
        "trial/file.csv:stream",
        "trial/file\n.csv",
        "trial/file.csv ",
        "trial/file.",
        "file.csv",
        "",
    ],
)
def test_names_cannot_escape(name: str, publisher: Publisher, raw: Path) -> None:
    publisher.on("publisher.example", Reply(iod()))
    with pytest.raises(ParameterError):
        ledger.file_path(raw, name)
    edition = Edition(edition="2025", file=name, address="https://publisher.example/a.csv")
    outcomes = bring_layer(publisher, raw, one_source(edition, reader="iod"))
    assert "not a place in the raw data" in told(outcomes)
    assert publisher.requests == []
    assert not raw.exists() and not list(raw.parent.glob("outside*"))


def test_a_link_cannot_lead_out(publisher: Publisher, raw: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    raw.mkdir()
    try:
        (raw / IOD).symlink_to(tmp_path / "outside", target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made here")
    publisher.on(GOV, Reply(iod()))
    assert "not a place in the raw data" in told(bring(publisher, raw, IOD))
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize("name", ["ohid_fingertips/40601_/../../../outside.csv", "../40601_a.csv"])
def test_a_mirror_cannot_name_places_outside(name: str, publisher: Publisher, raw: Path) -> None:
    entry = dict.fromkeys(("source", "edition", "address", "through", "fetched"), "x")
    lock = {"version": 1, "files": {name: {**entry, "size": 1, "sha256": "0", "licence": "x"}}}
    publisher.on("m/sources.lock.json", Reply(json.dumps(lock).encode()))
    publisher.on("m/", Reply(fingertips()))
    from_mirror(f"{publisher.base}/m", raw, LIVER)
    assert not raw.exists() or files(raw) == []
    assert not list(raw.parent.rglob("outside*"))


def test_a_listing_names_only_files_straight_below() -> None:
    text = "".join(
        f'<a href="{href}">x</a>'
        for href in (
            *("../", "a.csv", "/raw/b.csv", "http://x.example/raw/c.csv", "sub/d.csv"),
            *("http://elsewhere.example/raw/e.csv", "..%2f..%2ff.csv", "?C=N;O=D", "sub/"),
        )
    )
    assert links(text, "http://x.example/raw/") == ["a.csv", "b.csv", "c.csv"]


# The command


@pytest.fixture
def project(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a notebook, so that the command finds data/raw."""
    (tmp_path / "project" / "notebooks").mkdir(parents=True)
    shutil.copy(
        next((root / "notebooks").glob("[0-9]*_*.ipynb")), tmp_path / "project" / "notebooks"
    )
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def call(*arguments: str) -> int:
    try:
        return cli.main(arguments)
    except SystemExit as done:
        return int(done.code or 0)


def test_the_command_brings_files_into_data_raw(
    project: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("fetch", "--from", str(copy), "--quiet") == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("2 new\n") and shown.err == ""
    assert (project / "data" / "raw" / IOD_FILE).read_bytes() == iod()


def test_the_command_ends_with_3_and_tells_all_failures(
    copy: Path, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--from", str(copy), "--raw", str(raw)]
    assert call("fetch", IOD, DRUGS, "sdg_3_5_1", *options) == 3
    shown = capsys.readouterr()
    assert "1 new" in shown.out
    assert f"1/3 {DRUGS}, 2021" in shown.err
    assert f"{DRUGS}: the mirror" in shown.err and "sdg_3_5_1: the mirror" in shown.err
    assert "Traceback" not in shown.err


def test_a_revision_is_accepted_on_the_command_line(
    copy: Path, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [IOD, "--from", str(copy), "--raw", str(raw), "--quiet"]
    assert call("fetch", *options) == 0
    (copy / IOD_FILE).write_bytes(iod("3"))
    assert call("fetch", *options) == 3
    assert f'--from "{copy}" --accept-revision' in capsys.readouterr().err
    assert call("fetch", *options, "--accept-revision") == 0
    assert (raw / IOD_FILE).read_bytes() == iod("3")


def test_an_unknown_source_ends_with_2_before_anything_is_asked(
    raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("fetch", "ons_drug_death", "xyzzy", "--raw", str(raw)) == 2
    shown = capsys.readouterr().err
    assert "Did you mean ons_drug_deaths" in shown and "no source 'xyzzy'" in shown
    assert not raw.exists()


# The catalogue and the documentation

HOSTS = {
    "fingertips": "https://fingertips.phe.org.uk/api/",
    "nomis": "https://www.nomisweb.co.uk/api/",
    "arcgis": f"https://{PORTAL}",
}


@pytest.mark.parametrize("key", sorted(load().sources))
def test_every_source_can_be_fetched_or_says_how_to_get_it(key: str) -> None:
    source = load().sources[key]
    assert source.landing_page.startswith("https://")
    addressed = [one for one in source.editions if one.address]
    if len(addressed) < len(source.editions) or not source.editions:
        assert source.how_to_get.strip().endswith("."), "say how a person gets the file"
    for one in source.editions:
        ledger.file_path(Path("raw"), one.file.replace("*", "x"))
        if not one.address:
            assert one.interface == "file"
            continue
        assert one.address.startswith("https://")
        for interface, start in HOSTS.items():
            assert one.address.startswith(start) == (one.interface == interface)
        if one.interface == "arcgis":
            assert one.search
            kind = "f=geojson" if one.file.endswith(".geojson") else "f=json"
            assert kind in one.address
        if one.interface == "fingertips":
            asked = f"indicator_ids={one.options['indicator_id']}&"
            assert asked in one.address and "child_area_type_id=" in one.address


@pytest.mark.parametrize("key", sorted(load().sources))
def test_the_name_under_which_a_file_is_saved_is_its_editions_own(key: str) -> None:
    from needs.sources.fetch import _default

    for one in load().sources[key].editions:
        name = _default(one)
        fits = [other.edition for _, other in editions() if Path(name).match(other.file)]
        assert fits == [one.edition]


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("sgd", "sdg_3_5_1"),
        ("iod", "mhclg_iod_2019"),
        ("lookup", "ons_lookups"),
        ("xyz", "Known: "),
    ],
)
def test_the_source_that_was_meant_is_named(raw: Path, key: str, near: str) -> None:
    with pytest.raises(ParameterError) as caught:
        fetching.fetch([key], raw)
    assert near in caught.value.problems[0].remedy


def test_populations_of_2021_areas_come_from_nomis(tmp_path: Path) -> None:
    """Under the headings that the service gives, whatever the data set."""
    source = load().sources["ons_lsoa_population"]
    edition = next(one for one in source.editions if one.edition == "mid-2023")
    assert "NM_2014_1" in edition.address and "TYPE151" in edition.address
    path = tmp_path / "nomis.csv"
    head = '"DATE_NAME","GEOGRAPHY_CODE","GEOGRAPHY_NAME","GENDER_NAME","C_AGE_NAME","OBS_VALUE"'
    path.write_text(
        f'{head},"RECORD_COUNT"\n'
        '"2023","E01000001","City of London 001A","Total","All Ages",1478,33755\n'
        '"2023","E01000002","City of London 001B","Total","All Ages",1383,33755\n',
        encoding="utf-8",
    )
    look(path, source, edition)
    table = lsoa_density.read(path, source, edition)
    assert table.to_dict("records") == [
        {"lsoa_vintage": 2021, "lsoa_code": code, "year": 2023, "population": people}
        for code, people in (("E01000001", 1478), ("E01000002", 1383))
    ]
    other = next(one for one in source.editions if one.edition == "mid-2024")
    with pytest.raises(InvalidDataError, match="declares"):
        look(path, source, other)


@pytest.mark.mirror
def test_what_publishers_give_at_an_address_is_enough_for_a_report(
    mirror: Path, tmp_path: Path
) -> None:
    """Nothing that must be downloaded by hand is indispensable."""
    raw = tmp_path / "raw"
    for _, edition in editions():
        for path in mirror.glob(edition.file) if edition.address else ():
            place = raw / path.relative_to(mirror)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(path.resolve())
    assert not (
        raw / "ons_lookups" / "Local_Authority_District_code_history_2016_2024.csv"
    ).exists()
    prepare.prepare(raw, tmp_path / "processed")
    na = assessment.load("Leicester", 2022, processed=tmp_path / "processed")
    assert (na.area.code, len(na.lsoa), na.index_edition) == ("E06000016", 192, "2019")
    assert na.lsoa["population"].notna().all()
    assert na.region.name == "East Midlands"
    assert na.has("drug_misuse_rate") and na.has("alcohol_specific_mortality")
    assert len(na.statistical_neighbours()) == 10
    areas = pd.read_parquet(tmp_path / "processed" / "areas.parquet")
    assert [len(upper_tiers(areas, year)) for year in (2018, 2020, 2022, 2025)] == [
        *(152, 151, 152, 153)
    ]


def test_everything_about_fetching_is_documented(root: Path) -> None:
    text = (root / "docs" / "fetching.md").read_text(encoding="utf-8")
    words = ["--from", "--raw", "--accept-revision", "--quiet", ledger.NAME, "`codes`", "`search`"]
    words += [f"`{one}`" for one in ("file", *HOSTS)]
    words += [f"`{name}`" for name in ledger.LockEntry.__dataclass_fields__]
    words += [f"exit code {family}" for family in (0, 2, 3, 4)]
    assert [word for word in words if word not in text] == []


def test_faults_of_fetching_are_the_users_to_mend() -> None:
    from needs.sources.fetch import web

    for kind in (web.PassingError, web.GoneError):
        assert issubclass(kind, NeedsError) and kind.exit_code == 3


def test_the_example_of_the_documentation_is_an_edition(root: Path) -> None:
    text = (root / "docs" / "fetching.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.S)
    (one,) = [Edition.model_validate(each) for each in yaml.safe_load(example)]
    assert one.codes is not None and one.address.startswith(HOSTS["arcgis"])
    assert one.codes.address.startswith(HOSTS["arcgis"])


@pytest.fixture
def nobody() -> str:
    """An address on this machine at which nobody listens."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{asked.getsockname()[1]}"


@pytest.mark.parametrize("base", ["closed", "http://nowhere.invalid"])
def test_without_network_it_is_said_once_and_what_can_be_done_by_hand(
    base: str, nobody: str, raw: Path
) -> None:
    begun = time.monotonic()
    with pytest.raises(MissingDataError, match="seems to be no network") as caught:
        fetching.fetch([], raw, settings=Settings(base=nobody if base == "closed" else base))
    assert time.monotonic() - begun < 15
    said = str(caught.value)
    assert said.count("seems to be no network") == 1
    assert "needs fetch --from FOLDER" in said
    for problem in caught.value.problems:
        assert problem.where.startswith("http")
        assert re.search(
            rf"Save the file as {re.escape(raw.as_posix())}/\w+/\S+\.\w+\.", str(problem)
        )
    assert len(caught.value.problems) == sum(len(one.editions) for one in load().sources.values())


def test_files_that_are_here_need_not_be_brought_by_hand(nobody: str, raw: Path) -> None:
    edition = load().sources[IOD].editions[0]
    (raw / edition.file).parent.mkdir(parents=True)
    (raw / edition.file.replace("*", "x")).write_text("here")
    with pytest.raises(MissingDataError, match="seems to be no network") as caught:
        fetching.fetch([IOD, DRUGS, LIVER], raw, settings=Settings(base=nobody))
    assert {one.what.split(",")[0] for one in caught.value.problems} == {DRUGS, LIVER}


def test_a_mirror_that_cannot_be_reached_is_told_once(nobody: str, raw: Path) -> None:
    with pytest.raises(MissingDataError, match="seems to be no network") as caught:
        fetching.fetch([], raw, origin=nobody)
    assert caught.value.problem.where == f"--from {nobody}" and not caught.value.problems


def test_one_service_that_answers_is_a_network(
    publisher: Publisher, nobody: str, raw: Path
) -> None:
    with (
        Web(patient(), [nobody, publisher.base]) as web,
        pytest.raises(MissingDataError, match="asked for 3 times"),
    ):
        web.read(f"{nobody}/file.csv")


def test_a_dry_run_tells_each_file_and_asks_for_nothing(raw: Path) -> None:
    lines = fetching.fetch_plan(["mhclg_iod_2019", "mhclg_homelessness"], raw)
    sources = load().sources
    editions = [*sources["mhclg_iod_2019"].editions, *sources["mhclg_homelessness"].editions]
    assert sum(one.startswith("  address:") for one in lines) == len(editions)
    assert any(
        one == f"  address:  {sources['mhclg_iod_2019'].editions[0].address}" for one in lines
    )
    assert any("none; by hand from https://www.gov.uk" in one for one in lines)
    assert any("LSOA code (2011)" in one for one in lines)
    assert any("Drug dependency needs" in one for one in lines)
    assert all(
        one.endswith("not known: it has not come here yet") for one in lines if "size:" in one
    )
    assert not raw.exists() or not any(raw.iterdir())
    path = raw / sources["mhclg_iod_2019"].editions[0].file.replace("*", "")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"twelve bytes")
    assert "  size:     12 bytes, as it is here" in fetching.fetch_plan(["mhclg_iod_2019"], raw)


def test_a_dry_run_refuses_an_unknown_source(raw: Path) -> None:
    with pytest.raises(ParameterError, match="Unknown sources"):
        fetching.fetch_plan(["mhclg_homeles"], raw)
