"""The tasks of the servers."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from benchmarks.speed.asking import Ask
from benchmarks.speed.servers import OTHER, Ability, Server

__all__ = [
    "FOLDERS",
    "HELLO_SCRIPT",
    "LARGE",
    "RANGE",
    "SMALL",
    "VARIED",
    "WORKLOADS",
    "Counted",
    "Inside",
    "Kind",
    "Load",
    "Start",
    "Upload",
    "Workload",
    "contenders",
]

SMALL: Final = 1024
LARGE: Final = 256 << 20
VARIED: Final = 1000
RANGE: Final = 64 << 10
UPLOADED: Final = 100 << 20
FOLDERS: Final = (1_000, 10_000)
HELLO_SCRIPT: Final = "#!/bin/sh\necho 'Content-Type: text/plain'\necho\necho hello\n"

IMPORT: Final = "import time; a = time.process_time(); import {}; print(f'cpu_us={{1e6 * (time.process_time() - a)}}')"


@dataclass(frozen=True, slots=True)
class Load:
    """Requests from wrk over 16 connections.

    Attributes:
        pipelined: The number of requests that are sent at once on a connection.
        idle: The number of further connections, which have asked once and are then silent.
    """

    ask: Ask
    connections: int = 16
    pipelined: int = 1
    idle: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """Requests from a client of our own, which ends no answer in the middle.

    It is for answers so large, or so costly, that the unfinished ones of wrk would count.
    """

    ask: Ask
    connections: int = 4


@dataclass(frozen=True, slots=True)
class Upload:
    """Content of a stated length, from two clients, to a handler that reads pieces and answers with the length."""

    size: int = UPLOADED
    connections: int = 2


@dataclass(frozen=True, slots=True)
class Start:
    """The time from the start of the process to the end of the first answer."""


@dataclass(frozen=True, slots=True)
class Inside:
    """Programs of Python that measure themselves, by the name of their subject."""

    programs: Mapping[str, tuple[str, ...]]


Kind = Load | Counted | Upload | Start | Inside


@dataclass(frozen=True, slots=True)
class Workload:
    """A line of the table.

    Attributes:
        base: The server with which others are compared.
        unit: The unit of work for which processor time is counted.
        bare: The words for the bare loop; without words it does not take part.
    """

    name: str
    title: str
    kind: Kind
    needs: frozenset[Ability]
    base: str
    unit: Literal["request", "GB", "start", "import", "message", "server"] = "request"
    bare: tuple[str, ...] = ()


def _canned(status: int, length: int, *, keep: bool = True) -> tuple[str, ...]:
    return ("canned", str(status), str(length), "keep" if keep else "close")


def _parsing(case: str) -> Inside:
    module = ("-m", "benchmarks.speed.parsing", case)
    return Inside({reader: (*module, reader) for reader in ("pyhttp", "h11", "httptools")})


def _importing(*modules: str) -> Inside:
    return Inside({module: ("-c", IMPORT.format(module)) for module in modules})


def _embedding(*kinds: str) -> Inside:
    return Inside({kind: ("-m", "benchmarks.speed.embedding", kind) for kind in kinds})


FILES: Final = frozenset({Ability.FILES})
CLOSING: Final = frozenset({Ability.FILES, Ability.FAREWELL})
PERSISTENT: Final = frozenset({Ability.FILES, Ability.PERSISTENCE})
CROWDED: Final = frozenset({Ability.FILES, Ability.MANY})
RANGES: Final = frozenset({Ability.RANGES})
LISTINGS: Final = frozenset({Ability.LISTINGS})
FUNCTION: Final = frozenset({Ability.FUNCTION})
UPLOADS: Final = frozenset({Ability.UPLOADS})
SCRIPTS: Final = frozenset({Ability.SCRIPTS})
NOTHING: Final[frozenset[Ability]] = frozenset()
PAGE: Final = Ask("/page.html", length=SMALL)
OUR_RANGE: Final = {"Range": f"bytes=1000000-{1_000_000 + RANGE - 1}"}

WORKLOADS: Final = (
    Workload("file", "A file of 1 KiB, connections kept", Load(PAGE), FILES, "nginx", bare=_canned(200, SMALL)),
    Workload("varied", "1,000 files of 1 KiB in turn, each asked for with another cookie",
             Load(Ask("/page.html", length=SMALL, varied=VARIED)), FILES, "nginx", bare=_canned(200, SMALL)),
    Workload("closing", "The same file, a connection each",
             Load(Ask("/page.html", length=SMALL, close=True)), CLOSING, "http.server-1.0",
             bare=_canned(200, SMALL, keep=False)),
    Workload("304", "The same file, which the client has", Load(Ask("/page.html", 304, 0, conditional=True)), FILES,
             "http.server-1.1", bare=_canned(304, 0)),
    Workload("pipelined", "The same file, 16 requests at once on each connection", Load(PAGE, pipelined=16),
             PERSISTENT, "nginx", bare=_canned(200, SMALL)),
    Workload("idle", "The same file, beside 2,000 connections that say nothing", Load(PAGE, idle=2000), PERSISTENT,
             "nginx", bare=_canned(200, SMALL)),
    Workload("range", "64 KiB out of 256 MiB", Load(Ask("/large.bin", 206, RANGE, fields=OUR_RANGE)), RANGES,
             "cheroot", bare=_canned(206, RANGE)),
    Workload("download", "256 MiB to each of 4 clients", Counted(Ask("/large.bin")), FILES, "bare", "GB",
             ("sendfile",)),
    Workload("upload", "100 MiB to a handler, from each of 2 clients", Upload(), UPLOADS, "cheroot", "GB",
             ("upload",)),
    Workload("handler", "1 KiB made by a function", Load(Ask("/hello", length=SMALL)), FUNCTION, "cheroot",
             bare=_canned(200, SMALL)),
    Workload("listing-1000", "A listing of 1,000 files, one client",
             Counted(Ask("/folder1000/", contains=b"href=", times=1000), 1), LISTINGS, "http.server-1.1"),
    Workload("listing-10000", "A listing of 10,000 files, one client",
             Counted(Ask("/folder10000/", contains=b"href=", times=10_000), 1), LISTINGS, "http.server-1.1"),
    Workload("cgi", "A CGI script for the shell, 4 clients",
             Counted(Ask("/cgi-bin/hello", length=6, contains=b"hello\n")), SCRIPTS, "http.server-1.0",
             bare=("script",)),
    Workload("start", "Start of the process to its first answer", Start(), FILES, "http.server-1.0", "start",
             _canned(200, SMALL)),
    Workload("import", "Import of the module", _importing("pyhttp", "http.server"), NOTHING, "http.server", "import"),
    Workload("parse", "Reading a browser's GET of 650 octets and 12 fields", _parsing("get"), NOTHING, "h11",
             "message"),
    Workload("parse-chunks", "Reading a POST of 20 chunks", _parsing("chunks"), NOTHING, "h11", "message"),
    Workload("embedded", "A server made, started, stopped and closed within a program",
             _embedding("pyhttp-pooled", "pyhttp-single", "pyhttp-threaded", "http.server"), NOTHING, "http.server",
             "server"),
)  # fmt: skip


def contenders(workload: Workload, servers: Mapping[str, Server]) -> tuple[str, ...]:
    """The names of the servers that take part in a workload."""
    if isinstance(workload.kind, Inside):
        return tuple(workload.kind.programs)
    return tuple(
        name
        for name, server in servers.items()
        if workload.needs <= server.can
        and (workload.bare or name != "bare")
        and (workload.name == "file" or not name.endswith(OTHER))
        and not (workload.name == "cgi" and name.startswith("http.server") and sys.version_info >= (3, 15))
    )
