"""Asking over the network: time-outs, repeated attempts, proxies from the environment."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from urllib.parse import urlsplit

import httpx
import tenacity

import needs
from needs.errors import MissingDataError

#: Told how many bytes have come.
Pulse = Callable[[int], None]

#: Answers that may be different a moment later.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})

GONE = frozenset({404, 410})


@dataclass(frozen=True)
class Settings:
    """How patiently to ask, and through which gateway.

    Attributes
    ----------
    base : str
        Address of a gateway: ``https://host/path`` is then asked for as ``<base>/host/path``.
    attempts : int
        How often to ask, when the fault may pass.
    first_wait, longest_wait : float
        Seconds before the second attempt, doubled each time, and at most.
    connect, silence, deadline : float
        Seconds to a connection, without a byte, and for one answer as a whole.
    first_connect : float
        Seconds to a connection until one has been made.
    largest : int
        Bytes that one answer may have.
    """

    base: str = ""
    attempts: int = 4
    first_wait: float = 1.0
    longest_wait: float = 30.0
    connect: float = 15.0
    first_connect: float = 5.0
    silence: float = 60.0
    deadline: float = 900.0
    largest: int = 2_000_000_000

    def route(self, address: str) -> str:
        """Where a publisher's address is asked for.

        Examples
        --------
        >>> Settings(base="http://gateway.example/").route("https://www.gov.uk/a?b=c")
        'http://gateway.example/www.gov.uk/a?b=c'
        """
        if not self.base:
            return address
        return f"{self.base.rstrip('/')}/{address.split('://', 1)[1]}"


class PassingError(MissingDataError):
    """A fault that may pass: asked again."""

    after: float = 0.0


class GoneError(MissingDataError):
    """Nothing is at this address."""


class OfflineError(MissingDataError):
    """No service at all can be reached: there is no point in asking for one file after another."""


class Web:
    """A connection to publishers and mirrors, closed at the end of a ``with`` block.

    Parameters
    ----------
    settings : Settings
    services : sequence of str
        Addresses of all services. When the first connection fails, each of them is tried once, and
        where none answers, nothing more is asked.
    """

    def __init__(self, settings: Settings, services: Sequence[str] = ()) -> None:
        self.settings = settings
        self._services = tuple(
            dict.fromkeys("{0.scheme}://{0.netloc}/".format(urlsplit(one)) for one in services)
        )
        self._reached = not services
        self._client = httpx.Client(
            follow_redirects=True,
            timeout=httpx.Timeout(settings.silence, connect=settings.connect),
            headers={"User-Agent": f"needs/{needs.__version__}", "Accept": "*/*"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def save(self, address: str, path: Path, pulse: Pulse | None = None) -> None:
        """Save an answer under `path`, which holds nothing else afterwards.

        Raises
        ------
        MissingDataError
            The answer did not come, or not whole.
        """

        def once() -> None:
            with path.open("wb") as file:
                self._ask(address, file, None, pulse)

        self._patiently(once, address)

    def read(
        self,
        address: str,
        form: Mapping[str, str] | None = None,
        check: Callable[[bytes], None] | None = None,
    ) -> bytes:
        """Return the body of an answer; a `form` is posted.

        Parameters
        ----------
        check : callable, optional
            Raises `PassingError` when the body says that asking again may help.

        Raises
        ------
        MissingDataError
            The answer did not come, or not whole.
        """
        body = b""

        def once() -> None:
            nonlocal body
            parts = _Parts()
            self._ask(address, parts, form, None)
            body = b"".join(parts.parts)
            if check is not None:
                check(body)

        self._patiently(once, address)
        return body

    def _patiently(self, once: Callable[[], None], address: str) -> None:
        attempts = self.settings.attempts
        try:
            tenacity.Retrying(
                retry=tenacity.retry_if_exception_type(PassingError),
                stop=tenacity.stop_after_attempt(attempts),
                wait=self._wait,
                reraise=True,
            )(once)
        except PassingError as error:
            raise MissingDataError(
                f"{error.problem.what} It was asked for {attempts} times.",
                address,
                "Try again later; if it stays, open the landing page of the source. "
                "Without network: needs fetch --from FOLDER",
            ) from error

    def _wait(self, state: tenacity.RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        asked = fault.after if isinstance(fault, PassingError) else 0.0
        doubled = self.settings.first_wait * 2.0 ** (state.attempt_number - 1)
        return min(max(asked, doubled), self.settings.longest_wait)

    def _ask(
        self,
        address: str,
        sink: BinaryIO | _Parts,
        form: Mapping[str, str] | None,
        pulse: Pulse | None,
    ) -> None:
        method = "GET" if form is None else "POST"
        quickly = httpx.Timeout(self.settings.silence, connect=self.settings.first_connect)
        timeout = httpx.USE_CLIENT_DEFAULT if self._reached else quickly
        try:
            with self._client.stream(method, address, data=form, timeout=timeout) as answer:
                self._reached = True
                _refuse(answer, address)
                self._receive(answer, address, sink, pulse)
        except httpx.UnsupportedProtocol as error:
            raise MissingDataError(f"The address cannot be asked for: {error}.", address) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            said = str(error).rstrip(".") or type(error).__name__
            if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
                self._refuse_offline(said)
            raise PassingError(f"No whole answer came: {said}.", address) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise MissingDataError(f"The address cannot be asked for: {error}.", address) from error

    def _refuse_offline(self, said: str) -> None:
        """Stop where no service at all can be reached; asked once, and of all at the same time."""
        if self._reached:
            return
        answers: queue.SimpleQueue[bool] = queue.SimpleQueue()
        patience = self.settings.first_connect

        def reach(address: str) -> None:
            try:
                self._client.head(address, timeout=patience, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                answers.put("[SSL" in str(error))  # who breaks off a handshake is there
            except Exception:
                answers.put(True)
            else:
                answers.put(True)

        for address in self._services:
            # looking a name up cannot be broken off: the process does not wait for it
            threading.Thread(target=reach, args=(address,), daemon=True).start()
        end = time.monotonic() + patience
        for _ in self._services:
            with contextlib.suppress(queue.Empty):
                if answers.get(timeout=max(0.0, end - time.monotonic())):
                    self._reached = True
                    return
        raise OfflineError(f"There seems to be no network: no service can be reached ({said}).")

    def _receive(
        self, answer: httpx.Response, address: str, sink: BinaryIO | _Parts, pulse: Pulse | None
    ) -> None:
        size, end = 0, time.monotonic() + self.settings.deadline
        for part in answer.iter_bytes():
            size += len(part)
            if time.monotonic() > end:
                raise MissingDataError(
                    f"The answer is too slow: {size:,} bytes in {self.settings.deadline:g} "
                    "seconds.",
                    address,
                    "Try again later or on another connection.",
                )
            if size > self.settings.largest:
                raise MissingDataError(
                    f"The answer is larger than {self.settings.largest:,} bytes.",
                    address,
                    "Check the address: no file of the catalogue is so large.",
                )
            sink.write(part)
            if pulse is not None:
                pulse(size)


class _Parts:
    """Keeps what is written to it."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, part: bytes) -> None:
        self.parts.append(part)


def _refuse(answer: httpx.Response, address: str) -> None:
    status = answer.status_code
    if urlsplit(address).scheme == "https" and answer.url.scheme != "https":
        raise MissingDataError(
            "The answer came over an insecure connection.", address, "Check the address."
        )
    if status == HTTPStatus.OK:
        return
    what = f"The service answers {status} {answer.reason_phrase}.".replace(" .", ".")
    if status in PASSING:
        fault = PassingError(what, address)
        after = answer.headers.get("Retry-After", "")
        fault.after = float(after) if after.isdecimal() else 0.0
        raise fault
    if status in GONE:
        raise GoneError(
            what,
            address,
            "The file has moved: find it from the landing page of the source, and put the new "
            "address into its YAML in src/needs/catalogue/sources/.",
        )
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise MissingDataError(
            what, address, "It asks for a login: download the file from the landing page by hand."
        )
    raise MissingDataError(what, address, "Check the address in the source's YAML.")
