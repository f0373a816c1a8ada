"""`pyhttp explain [FILE]`: reports how the octets of a connection are read.

Exit codes: 0 where all octets are read, 1 where they are refused, 2 where there is nothing to explain.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from pyhttp.command import streams
from pyhttp.command.tool import FAILED, Parser, say
from pyhttp.explaining.model import Reading
from pyhttp.explaining.requests import read_requests
from pyhttp.explaining.responses import read_responses
from pyhttp.explaining.text import told

__all__ = ["main"]

_MOST: Final = 64 << 20
_SCHEMA: Final = 1


def main(arguments: Sequence[str]) -> int:
    """Explain the octets of a file, or of standard input; returns the exit code.

    Raises:
        SystemExit: For --help, and with code 2 for arguments that cannot be understood.
    """
    given = _parser().parse_args(arguments)
    path: str | None = given.file
    try:
        with open(0 if path in {None, "-"} else path, "rb", closefd=path not in {None, "-"}) as file:
            data = file.read(_MOST + 1)
    except OSError as error:
        streams.complain(f"cannot read {path or 'standard input'}: {error.strerror}")
        return FAILED
    if len(data) > _MOST:
        streams.complain(f"more than {_MOST} octets are not explained")
        return FAILED
    reading = read_responses(data, tuple(given.method)) if given.response else read_requests(data, secure=given.tls)
    return say(_as_json(reading) if given.json else told(reading)) or int(reading.refusal is not None)


def _as_json(reading: Reading) -> str:
    """The reading as a JSON object; octets are text in ISO-8859-1."""
    return json.dumps({"schema": _SCHEMA, **asdict(reading)}, indent=1, default=_text) + os.linesep


def _text(value: object) -> str:
    """Convert octets, which JSON does not have, to text.

    Raises:
        TypeError: The value is something else.
    """
    if not isinstance(value, bytes):
        raise TypeError(f"{value!r} is no octets")
    return value.decode("latin-1")


def _parser() -> Parser:
    parser = Parser(
        "explain",
        "[FILE] [options]",
        "Show how the raw octets of a connection are read, request by request. If they are refused, show the place and"
        " the clause. The reader is that of the server, with its default limits.",
    )
    add = parser.add_argument
    add("file", metavar="FILE", nargs="?", help="a file with the octets of a client; standard input without it")
    add("--response", action="store_true", help="the octets are those of a server")
    text = "method of a request that was answered, in their order (default: GET); may be repeated"
    add("--method", metavar="METHOD", action="append", default=[], help=text)
    add("--tls", action="store_true", help="the connection is TLS, so that https targets are served")
    add("--json", action="store_true", help="write the result as JSON")
    return parser
