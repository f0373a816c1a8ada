"""`pyhttp check URL`: plays the conformance rows at a server, and reports the rows that failed.

Exit codes: 0 where every MUST held; 1 where one did not (with --level, also a SHOULD or a choice); 2 where nothing was
checked: for a wrong command line, without a server, or for a host that may not be asked.
"""

import sys
from collections.abc import Sequence
from typing import Final

from pyhttp.checking.dialling import CannotCheck, Server, parse_server
from pyhttp.checking.documents import as_json, as_junit
from pyhttp.checking.probing import LEFT_OUT
from pyhttp.checking.register import Level
from pyhttp.checking.results import Report
from pyhttp.checking.running import LONGEST, Plan, check
from pyhttp.checking.selecting import select
from pyhttp.checking.shown import listed, shown
from pyhttp.command import streams
from pyhttp.command.parsing import of
from pyhttp.command.tool import FAILED, Parser, say

__all__ = ["main"]

_NOT_OURS: Final = (
    "{} is another machine; malformed requests go only to one that you may test: confirm by --i-may-test-this-host"
)
_LEVELS: Final = {"must": Level.MUST, "should": Level.SHOULD}


def main(arguments: Sequence[str]) -> int:
    """Check a server as `arguments` demand; returns the exit code.

    Raises:
        SystemExit: For --help, and with code 2 for arguments that cannot be understood.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    server: Server | None = given.server
    try:
        rows, laws = select(given.only)
    except ValueError as error:
        parser.error(str(error))
    if given.list:
        return say(listed(rows, laws))
    if server is None:
        parser.error("URL is missing: http://HOST:PORT, https://HOST:PORT or unix:PATH")
    plan = Plan(
        server=server,
        rows=rows,
        laws=laws,
        patience=given.patience,
        bytewise=given.bytewise,
        offered=frozenset(given.offered),
        longest=given.longest,
    )
    try:
        if not (given.permitted or server.is_local()):
            streams.complain(_NOT_OURS.format(server.url))
            return FAILED
        report = check(plan, _progress)
    except CannotCheck as error:
        _end_progress()
        streams.complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        _end_progress()
        return 130
    _end_progress()
    return _tell(report, _LEVELS[given.level], given.json, given.junit)


def _tell(report: Report, least: Level, json: str | None, junit: str | None) -> int:
    """Write the report to its places; returns the exit code."""
    for path, text in ((json, as_json), (junit, lambda report: as_junit(report, least))):
        if path is not None:
            try:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text(report))
            except OSError as error:
                streams.complain(f"cannot write {path}: {error.strerror}")
                return FAILED
    return say(shown(report, least)) or int(report.failed(least))


def _progress(done: int, every: int) -> None:
    """Show one line that changes, if a person is watching."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {every} rows")
        sys.stderr.flush()


def _end_progress() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _parser() -> Parser:
    parser = Parser(
        "check",
        "URL [options]",
        "Play the conformance rows at an HTTP/1.1 server: several hundred conversations, each with the clauses of"
        " RFC 9110 and 9112 that it is about.",
    )
    add = parser.add_argument
    text = "http://HOST:PORT, https://HOST:PORT (any certificate will do) or unix:PATH"
    add("server", metavar="URL", nargs="?", type=of(parse_server), help=text)
    text = "play rows about this clause (9112-6.1-15b), section (9112-6) or name (framing, '*length*'); may be repeated"
    add("--only", metavar="WHAT", action="append", default=[], help=text)
    add("--list", action="store_true", help="show the rows, and connect to no server")
    add("--level", choices=sorted(_LEVELS), default="must", help="the least level that fails the check (default: must)")
    add("--json", metavar="FILE", help="write the report as JSON to FILE")
    add("--junit", metavar="FILE", help="write the report as JUnit's XML to FILE")
    text = "the seconds of each wait (default: 0.5 to 5, by the first answers)"
    add("--patience", metavar="SECONDS", type=of(_seconds), help=text)
    text = f"begin no row after so many seconds (default: {LONGEST:g})"
    add("--longest", metavar="SECONDS", type=of(_seconds), default=LONGEST, help=text)
    text = "play rows that presume limits or deadlines as small as ours; may be repeated"
    add("--with", dest="offered", action="append", default=[], choices=sorted(LEFT_OUT), help=text)
    add("--bytewise", action="store_true", help="send everything octet by octet")
    text = "check a server on another machine, for which you have the permission"
    add("--i-may-test-this-host", dest="permitted", action="store_true", help=text)
    return parser


def _seconds(text: str) -> float:
    """A number of seconds above 0.

    Raises:
        ValueError: The text is no such number.
    """
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise ValueError(f"{text!r} is no number of seconds from above 0 to 3600")
    return seconds
