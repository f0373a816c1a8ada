"""The abilities of a server, found out before the rows are played."""

import json
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from pyhttp.checking.application import Asked, respond
from pyhttp.checking.dialling import CannotCheck, Server
from pyhttp.checking.reader import BadReply, Ended, Late, Reply
from pyhttp.checking.recording import Recorder
from pyhttp.checking.rows.model import CANARY, head

__all__ = ["LEFT_OUT", "Found", "probe"]

LEFT_OUT: Final[Mapping[str, str]] = {
    "limits": "it presumes limits as small as ours",
    "drain-limit": "it presumes that little unread content is read and dropped",
    "deadlines": "it presumes that silence is answered while the check waits",
    "client": "it presumes that the application gets the address of the client",
    "hosts": "it presumes a server that answers for some hosts alone",
    "fields-believed": "it presumes a server that believes this client about others, as it believes a proxy",
    "proxy-header": "it presumes a server to which this client has to name others, as a proxy does",
}
"""Needs that are not looked for, with the reason; `--with` names those that the server meets."""

_LANES: Final = (8, 3)
"""The numbers of connections at once that are tried."""
_FIRST: Final = 5.0
"""Seconds for the first answers."""
_LEAST: Final = 0.5
_TIMES: Final = 20
"""A row waits so many times as long as the first answers took, within bounds."""
_PATHS: Final = ("root", "ignore", "late", "stream", "file", "empty", "unchanged", "some", "status")
_FAULTY: Final = ("fail", "fail-late", "short", "split")


@dataclass(frozen=True, slots=True)
class Found:
    """The things that a server offers to the rows."""

    product: str
    """The Server field; empty without one."""
    canary: int | None
    """The status of the answer to the canary, which shows where the next request begins; None if `/echo` reports it."""
    lacking: Mapping[str, str] = field(default_factory=dict)
    """The things that it does not offer, and the sign of that."""
    patience: float = _FIRST
    """The seconds of each wait."""
    lanes: int = 1
    """The number of connections that it serves at the same time, as far as they are needed."""


class _Prober:
    def __init__(self, server: Server, patience: float) -> None:
        self.server = server
        self._patience = patience
        self._times: list[float] = []

    def ask(self, data: bytes, method: str = "GET") -> Reply | None:
        """The answer to one request on a connection of its own; None without a readable answer."""
        begun = time.monotonic()
        try:
            with Recorder(self.server.connect(self._patience)) as client:
                client.send(data)
                reply = client.reply(method)
        except (OSError, BadReply, Ended, Late):
            return None
        self._times.append(time.monotonic() - begun)
        return reply

    @property
    def patience(self) -> float:
        """The seconds that a row waits: many times the usual time of an answer, within bounds."""
        return min(_FIRST, max(_LEAST, _TIMES * median(self._times or [_FIRST])))

    def get(self, path: str, *lines: str) -> Reply | None:
        return self.ask(head(f"GET {path} HTTP/1.1", "Host: a", "Connection: close", *lines))

    def post(self, path: str, content: bytes, *lines: str) -> Reply | None:
        return self.ask(head(f"POST {path} HTTP/1.1", "Host: a", "Connection: close", *lines) + content)

    def serves_at_once(self, count: int) -> bool:
        """Whether a request is answered while other connections are open and silent."""
        with ExitStack() as stack:
            try:
                for _ in range(count - 1):
                    stack.enter_context(self.server.connect(self._patience))
            except OSError:
                return False
            return self.ask(CANARY) is not None


def probe(server: Server, patience: float | None = None, *, bytewise: bool = False) -> Found:
    """Find out what the rows need to know about the server.

    Args:
        server: The address of the server.
        patience: The seconds of each wait; found out unless given.
        bytewise: Whether the rows are sent octet by octet.

    Raises:
        CannotCheck: The server does not answer, or not for the hosts that the rows name.
    """
    prober = _Prober(server, patience or _FIRST)
    first = _first_answer(prober, server)
    echoes = _report(first).get("query") == "canary"
    lacking: dict[str, str] = {}
    if not echoes:
        lacking["echo"] = f"the server has no /echo: {first.status} came"
    for name in (*_PATHS, *_FAULTY):
        if (why := _lacks_path(prober, name)) is not None:
            lacking[name] = why
    if echoes:
        lacking |= _lacks_of_echo(prober)
    lacking |= _lacks_early(prober)
    if server.secure:
        lacking["plain"] = "the server speaks TLS"
    if bytewise:
        lacking["whole"] = "octets are sent one by one"
    again = _Prober(server, patience or prober.patience)
    lanes = next((count for count in _LANES if again.serves_at_once(count)), 1)
    return Found(
        product=first.get("Server") or "",
        canary=None if echoes else first.status,
        lacking=lacking,
        patience=patience or prober.patience,
        lanes=lanes,
    )


def _first_answer(prober: _Prober, server: Server) -> Reply:
    try:
        server.connect(_FIRST).close()
    except OSError as error:
        raise CannotCheck(f"{server.url}: {error.strerror or error}") from error
    answer = prober.ask(CANARY)
    own = prober.ask(CANARY.replace(b"Host: canary", f"Host: {server.authority}".encode()))
    if answer is None and own is None:
        raise CannotCheck(f"{server.url}: a plain GET of /echo gets no answer of HTTP/1.1")
    if answer is None or (own is not None and answer.status >= 400 and answer.status != own.status):
        came = "nothing" if answer is None else str(answer.status)
        raise CannotCheck(
            f"{server.url} answers for {server.authority} but not for the hosts that the rows name ({came} came);"
            " have it answer for any host while it is checked"
        )
    return answer


def _report(reply: Reply | None) -> dict[str, object]:
    """The report of `/echo`; empty where the answer is none."""
    if reply is None or reply.status != 200:
        return {}
    try:
        report: object = json.loads(reply.content)
    except ValueError:
        return {}
    return {str(key): value for key, value in report.items()} if isinstance(report, dict) else {}


def _lacks_path(prober: _Prober, name: str) -> str | None:
    """The reason why a row cannot ask for this path; None where it can."""
    path = {"root": "/", "status": "/status/410"}.get(name, f"/{name}")
    content = b"x" if name in {"some", "late"} else b""
    reply = prober.post(path, content, "Content-Length: 1") if content else prober.get(path)
    if name == "split" and reply is not None and reply.get_all("X-Injected"):
        return "the application's own interface seems to make two fields of the value with CRLF in it"
    if name in _FAULTY:
        return f"the server has no {path}" if reply is not None and reply.status == 404 else None
    if reply is None:
        return f"{path}: no answer came"
    told = respond(Asked("GET", path, path, "", "HTTP/1.1", "a", (), content))
    wanted = told.content if told.pieces is None else b"".join(told.pieces) + (b"1\n" if name == "late" else b"")
    if reply.status != told.status:
        return f"the server has no {path}: {reply.status} came"
    return f"{path} of the server is another" if reply.content != wanted else None


def _lacks_of_echo(prober: _Prober) -> dict[str, str]:
    lacking: dict[str, str] = {}
    report = _report(prober.get("http://b/echo"))
    if report.get("authority") != "b":
        lacking["authority"] = f"the application is told {report.get('authority')!r} as the authority of http://b/echo"
    report = _report(prober.post("/echo", b"0\r\nX-Probe: 1\r\n\r\n", "Transfer-Encoding: chunked"))
    if not report.get("trailers"):
        lacking["trailers"] = "the application is not told the trailer section"
    return lacking


def _lacks_early(prober: _Prober) -> dict[str, str]:
    """Check whether an answer without a read leaves before any content has come."""
    impatient = _Prober(prober.server, prober.patience)
    if impatient.post("/ignore", b"", "Content-Length: 5") is None:
        return {"early": "the server waits for content before it calls the application"}
    return {}
