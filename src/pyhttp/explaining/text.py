"""The report on octets as text: 100 columns, with a mark below the octet at fault."""

from collections.abc import Iterator
from typing import Final

from pyhttp.explaining.model import Field, Reading, Refusal, Request, Response

__all__ = ["escaped", "told"]

_WIDE: Final = 100
_NAMES: Final = {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x5C: "\\\\"}


def escaped(data: bytes) -> str:
    r"""Printable ASCII as it is, other octets as \r, \n or \x00."""
    return "".join(_NAMES.get(octet) or (chr(octet) if 0x20 <= octet < 0x7F else f"\\x{octet:02x}") for octet in data)


def told(reading: Reading) -> str:
    """The reading, as a report that ends with a newline."""
    lines: list[str] = []
    for number, message in enumerate(reading.messages, 1):
        lines += [*_message(message, number), ""]
    if reading.refusal is not None:
        lines += _refusal(reading.refusal, reading.octets)
    elif not reading.messages:
        lines.append("no message")
    if reading.unread:
        what = "the octet at fault and those behind it" if _is_marked(reading.refusal) else "octets behind that"
        lines.append(f"never read: {what}, {reading.unread} in all")
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{_cut(line)}\n" for line in lines)


def _is_marked(refusal: Refusal | None) -> bool:
    return refusal is not None and refusal.offset is not None


def _cut(line: str) -> str:
    return line if len(line) <= _WIDE else f"{line[: _WIDE - 3]}..."


def _message(message: Request | Response, number: int) -> Iterator[str]:
    what = "request" if isinstance(message, Request) else "response"
    yield f"{what} {number}: octets {message.offset} to {message.end - 1}"
    if isinstance(message, Request):
        if message.empty_line:
            yield _row("before it", "an empty line, passed over (9112-2.2-6a)")
        yield _row("line", f"{message.method} {message.target} {message.version}")
        yield _row("target", f"{message.form}: path {message.path}, query {message.query or 'none'}")
        yield _row("for", f"{message.authority or 'no host'} (RFC 9110 §7.2)")
    else:
        yield _row("line", f"{message.version} {message.status} {message.reason}")
    yield from _fields("fields", message.fields)
    yield from _content(message)
    yield from _fields("trailers", message.trailers)
    if isinstance(message, Request) and message.complete:
        yield _row("connection", f"{'goes on' if message.persistent else 'ends'}: {message.persistence}")


def _content(message: Request | Response) -> Iterator[str]:
    framing = message.framing
    yield _row("framing", f"{framing.kind}: {framing.why} ({framing.clause})")
    if isinstance(message, Request) and message.continued:
        yield _row("expects", "100 (Continue), which is sent (RFC 9110 §10.1.1)")
    if framing.kind != "none":
        size = f"{len(message.content)} octets{'' if message.complete else ', incomplete'}"
        yield _row("content", f"{size}: {escaped(message.content[:_WIDE])}" if message.content else size)


def _row(name: str, text: str) -> str:
    return f"  {name:11}{text}"


def _fields(name: str, fields: tuple[Field, ...]) -> Iterator[str]:
    for number, field in enumerate(fields):
        yield _row("" if number else name, f"{field.name}: {escaped(field.value.encode('latin-1'))}")


def _refusal(refusal: Refusal, octets: int) -> Iterator[str]:
    where = "at the end of the octets" if refusal.offset is None else f"at octet {refusal.offset} of {octets}"
    yield f"refused {where if refusal.status else 'behind what was read'}"
    yield _row("rule", refusal.rule)
    yield _row("clause", refusal.clause or "none")
    if refusal.line:
        yield _row("there", escaped(refusal.line))
    if refusal.offset is not None:
        before = refusal.line[: refusal.offset - refusal.line_offset]
        yield _row("", " " * len(escaped(before)) + "^")
    if refusal.status:
        yield _row("answer", f"{refusal.status} {refusal.phrase}; then the connection ends")
