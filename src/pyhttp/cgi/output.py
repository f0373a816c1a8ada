"""RFC 3875 §6, §5: the output of a script, from bytes to values.

An incremental parser of the header section. The octets behind it are content and are not read here. No field of the
section reaches a client unchecked (safety lines C12, C13, S11).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pyhttp import abnf
from pyhttp.errors import BadGateway
from pyhttp.limits import Limits
from pyhttp.messages import CONTENT_FORBIDDEN
from pyhttp.semantics.content_length import parse_content_length
from pyhttp.semantics.fields import OF_CONNECTION, Headers, is_field_name, is_field_value
from pyhttp.semantics.references import uri_reference

__all__ = ["Document", "LocalRedirect", "OutputParser"]

_SECTION_END: Final = re.compile(rb"(?:^|\n)\r?\n")
"""The blank line; a newline is LF or CRLF (3875-7.2-5c)."""
_STATUS: Final = re.compile("([2-5][0-9][0-9])(?: (" + abnf.text(abnf.REASON_PHRASE) + "))?")
_STATUS_LINE: Final = re.compile(r"HTTP/1\.[0-9] ([2-5][0-9][0-9])(?: (" + abnf.text(abnf.REASON_PHRASE) + "))?")
_TYPED: Final = re.compile(abnf.text(abnf.TOKEN + rb"/" + abnf.TOKEN) + r"(?:[ \t]*+;.*)?")
"""A type and a subtype; the parameters are the script's own. The value reaches the client as it is (3875-6.3.1-3c)."""
_KEPT: Final = 1024
"""The largest number of octets of a section whose meaning is kept: most scripts begin every answer with the same
lines."""

_CGI_FIELDS: Final = ("content-type", "location", "status")
_CONNECTION_FIELDS: Final = OF_CONNECTION | {"trailer", "upgrade"}
"""Fields about the server's own connection (3875-6.3.4-2b, C13). Here the server's value wins; for other fields, such
as Date, the script's does (3875-6.3.4-2c). A script's Connection is dropped, and does not drop the fields that it
names: a script knows of no connection, and the client would miss a field that is meant for it, such as Content-Type
(RFC 9110 §7.6.1)."""


@dataclass(frozen=True, slots=True)
class Document:
    """The head of a response for the client (3875 §6.2.1, §6.2.3, §6.2.4, and §5).

    Attributes:
        status: A status from 200 to 599.
        headers: Checked field lines, without Status and without fields about the connection.
        length: The stated number of octets of content; None where only the end of output shows it.
        reason: The reason phrase; empty where there is none.
    """

    status: int
    headers: Headers
    length: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LocalRedirect:
    """A path of this server that the script names; its response is to be sent.

    Characters that may not stand in a URI are escaped in `target`: it is a request-target (RFC 9112 §3.2.1).
    """

    target: str


class OutputParser:
    """A parser of one script's header section as it arrives; any split of the output gives the same value.

    Args:
        limits: `script_fields` and `script_field_lines` bound the section (safety line D19).
        non_parsed: Whether the output is a whole HTTP response (3875 §5).

    Attributes:
        rest: The first octets of content, which arrived with the end of the section.
    """

    __slots__ = ("_buffer", "_limits", "_non_parsed", "rest")

    def __init__(self, limits: Limits, *, non_parsed: bool = False) -> None:
        self._limits = limits
        self._non_parsed = non_parsed
        self._buffer = bytearray()
        self.rest: bytes = b""

    def receive(self, data: bytes) -> Document | LocalRedirect | None:
        """Take output; returns the head once it is complete, None until then.

        Raises:
            BadGateway: The section breaks the grammar or a limit, or means none of the four kinds of response.
        """
        # The blank line may have begun in the octets that are here already: its longest beginning is "\n\r".
        searched = max(0, len(self._buffer) - 2)
        self._buffer += data
        end = _SECTION_END.search(self._buffer, searched)
        if (end.end() if end else len(self._buffer)) > self._limits.script_fields:
            raise BadGateway(f"a header section of more than {self._limits.script_fields} bytes")
        if end is None:
            return None
        self.rest = bytes(self._buffer[end.end() :])
        section = bytes(self._buffer[: end.start()])
        if section.count(b"\n") >= self._limits.script_field_lines:
            raise BadGateway(f"a header section of more than {self._limits.script_field_lines} lines")
        kept = len(section) <= _KEPT and b"cookie" not in section.lower()  # a cookie belongs to one client
        return (_kept_response if kept else _response)(section, self._non_parsed)

    def receive_eof(self) -> BadGateway:
        """The error for an end of output before a head."""
        if self._buffer:
            return BadGateway("output that ended within its header section")
        return BadGateway("no output")


def _response(section: bytes, non_parsed: bool) -> Document | LocalRedirect:
    lines = [line.removesuffix("\r") for line in section.decode("latin-1").split("\n")]
    return _http_response(lines) if non_parsed else _cgi_response(lines)


_kept_response = lru_cache(maxsize=64)(_response)


def _cgi_response(lines: list[str]) -> Document | LocalRedirect:
    """Make one of the four kinds of response (§6.2)."""
    fields = [_field(line) for line in lines]
    cgi = _cgi_fields(fields)
    status, location = cgi["status"], cgi["location"]
    if status is None and location is not None:
        if not location:
            raise BadGateway("Location is empty")
        # Beside the paths and absolute URIs of §6.3.2 there are relative references and paths with a fragment: the
        # client resolves a relative reference (RFC 9110 §10.2.2), and only the client can use a fragment.
        if location.startswith("/") and "#" not in location:
            return LocalRedirect(uri_reference(location))
        return _document(302, fields)  # 3875-6.2.3-3b; Location is among them (9110-15.4.3-2a)
    if status is None:
        if cgi["content-type"] is None:  # never guessed (3875-6.3.1-3b)
            raise BadGateway("neither Content-Type, Location nor Status")
        return _document(200, fields)  # 3875-6.2.1-3c
    found = _STATUS.fullmatch(status)
    if found is None:
        raise BadGateway(f"Status is not one of a final response: {status!r}")
    # A status with Location is a redirect that has a document (3875-6.2.4-3b).
    return _document(int(found[1]), fields, (found[2] or "").strip(" \t"))


def _http_response(lines: list[str]) -> Document:
    """§5: a status line and field lines of HTTP (3875-5.1-1a); they are checked before they are sent (3875-5.2-3a)."""
    found = _STATUS_LINE.fullmatch(lines[0])
    if found is None:
        raise BadGateway(f"not the status line of a final response: {lines[0]!r}")
    fields = [_field(line) for line in lines[1:]]
    if any(name.lower() == "transfer-encoding" for name, _ in fields):  # the content would be coded, and is not decoded
        raise BadGateway("Transfer-Encoding in a response that the server frames")
    return _document(int(found[1]), fields, (found[2] or "").strip(" \t"))


def _field(line: str) -> tuple[str, str]:
    """One header field, on one line (3875 §6.3), as a field line of HTTP (3875-6.3.4-1b)."""
    name, colon, value = line.partition(":")
    value = value.strip(" \t")
    if not colon or not is_field_name(name) or not is_field_value(value):
        raise BadGateway(f"not a header field: {line[:200]!r}")
    return name, value


def _cgi_fields(fields: list[tuple[str, str]]) -> dict[str, str | None]:
    """The CGI fields, each of which occurs at most once (3875 §6.3)."""
    found: dict[str, str | None] = dict.fromkeys(_CGI_FIELDS)
    for name, value in fields:
        key = name.lower()
        if key in found:
            if found[key] is not None:
                raise BadGateway(f"{name} is repeated")
            found[key] = value
    return found


def _document(status: int, fields: list[tuple[str, str]], reason: str = "") -> Document:
    dropped = {"status", *_CONNECTION_FIELDS}
    lengths = []
    for name, value in fields:
        key = name.lower()
        if key == "content-type" and not _TYPED.fullmatch(value):  # a client would guess (3875-6.3.1-3b)
            raise BadGateway(f"Content-Type is no media type: {value[:200]!r}")
        if key == "content-length":
            lengths.append(value)
    if status in CONTENT_FORBIDDEN and status != 304:  # in a 304 it describes the omitted content (9110-8.6)
        dropped.add("content-length")
    # The lines are kept one by one: those of Set-Cookie are not joined (9110-5.3-4.1b).
    kept = tuple([(name, value) for name, value in fields if not _is_dropped(name.lower(), dropped)])
    return Document(status, Headers.parsed(kept), _content_length(lengths), reason)


def _is_dropped(name: str, dropped: set[str]) -> bool:
    return name in dropped or name.startswith("x-cgi-")  # extensions of CGI; none is known (3875-6.3.5-1b)


def _content_length(values: list[str]) -> int | None:
    """The length of content that the script states; a malformed one goes no further (9110-8.6-13a)."""
    if not values:
        return None
    try:
        return parse_content_length(tuple(values))
    except ValueError as error:
        raise BadGateway(f"{error}: {', '.join(values)[:200]!r}") from error
