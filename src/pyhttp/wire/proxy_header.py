"""The PROXY protocol, versions 1 and 2: a proxy describes a connection before the first octet of HTTP.

The protocol is HAProxy's and no RFC; its specification is "The PROXY protocol, versions 1 & 2".
"""

import ipaddress
import re
import struct
from typing import Final, NamedTuple

__all__ = ["ProxyHeader", "ProxyHeaderError", "parse_proxy_header"]

_LONGEST_LINE: Final = 107
"""The largest number of octets of a line of version 1, with its CRLF (§2.1)."""
_LONGEST_VALUES: Final = 4096
"""The largest number of octets behind the fixed part of version 2: addresses, and other values, which are not read."""
_SIGNATURE: Final = b"\r\n\r\n\x00\r\nQUIT\n"
_FIXED: Final = struct.Struct("!12sBBH")
_ADDRESSES: Final = {0x11: struct.Struct("!4s4sHH"), 0x21: struct.Struct("!16s16sHH")}
"""The layouts for TCP over IPv4 and over IPv6; the addresses of other families are skipped (§2.2)."""
_VERSION, _LOCAL, _PROXY = 0x20, 0x00, 0x01
_UNKNOWN: Final = re.compile(rb"PROXY UNKNOWN(?: [^\r\n]*)?\r\n")
_KNOWN: Final = re.compile(
    rb"PROXY (TCP4|TCP6) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4})\r\n"
)
_LARGEST_PORT: Final = 65535


class ProxyHeaderError(ValueError):
    """The connection does not begin with a header of the protocol; the message names the fault."""


class ProxyHeader(NamedTuple):
    """The header in which a proxy describes a connection."""

    length: int
    """The number of octets of the header itself."""
    source: tuple[str, int] | None
    """The address and port of the client; None where the proxy speaks for itself, or does not know them."""
    destination: tuple[str, int] | None
    """The address and port that the client has connected to; None as for `source`."""


def parse_proxy_header(received: bytes | bytearray) -> ProxyHeader | None:
    """The header at the beginning of the octets that a connection has received; None where more octets are needed.

    Args:
        received: The octets from the first one on.

    Raises:
        ProxyHeaderError: The octets cannot become a header, whatever follows.
    """
    start = bytes(received[: len(_SIGNATURE)])
    if _SIGNATURE.startswith(start):
        return _parse_binary(received) if len(start) == len(_SIGNATURE) else None
    if b"PROXY ".startswith(start[:6]):
        return _parse_line(received)
    raise ProxyHeaderError("the connection does not begin with a PROXY header")


def _parse_line(received: bytes | bytearray) -> ProxyHeader | None:
    """Parse version 1 (§2.1), a line of text."""
    end = received.find(b"\r\n", 0, _LONGEST_LINE)
    if end < 0:
        if len(received) >= _LONGEST_LINE:
            raise ProxyHeaderError(f"the PROXY line is longer than {_LONGEST_LINE} octets")
        return None
    line = bytes(received[: end + 2])
    if _UNKNOWN.fullmatch(line):
        return ProxyHeader(len(line), None, None)
    match = _KNOWN.fullmatch(line)
    if match is None:
        raise ProxyHeaderError(f"the PROXY line is malformed: {_shown(line)}")
    family, *texts = [group.decode("ascii") for group in match.groups()]
    source, destination = (_address(family, text) for text in texts[:2])
    ports = [int(text) for text in texts[2:]]
    if max(ports) > _LARGEST_PORT:
        raise ProxyHeaderError(f"the PROXY line has a port beyond {_LARGEST_PORT}: {_shown(line)}")
    return ProxyHeader(len(line), (source, ports[0]), (destination, ports[1]))


def _shown(line: bytes) -> str:
    return line[:-2].decode("latin-1")


def _address(family: str, text: str) -> str:
    kind = ipaddress.IPv4Address if family == "TCP4" else ipaddress.IPv6Address
    try:
        return str(kind(text))
    except ValueError as error:
        raise ProxyHeaderError(f"the PROXY line says {family}, and {text} is no such address") from error


def _parse_binary(received: bytes | bytearray) -> ProxyHeader | None:
    """Parse version 2 (§2.2)."""
    if len(received) < _FIXED.size:
        return None
    _, command, family, size = _FIXED.unpack_from(received)
    if command not in {_VERSION | _LOCAL, _VERSION | _PROXY}:
        raise ProxyHeaderError(f"version and command 0x{command:02x} of the PROXY header are not known")
    if size > _LONGEST_VALUES:
        raise ProxyHeaderError(f"the PROXY header has {size} octets, more than {_LONGEST_VALUES}")
    length = _FIXED.size + size
    if len(received) < length:
        return None
    layout = _ADDRESSES.get(family)
    if command == _VERSION | _LOCAL or layout is None:
        return ProxyHeader(length, None, None)
    if size < layout.size:
        raise ProxyHeaderError("the PROXY header is too short for its addresses")
    source, destination, source_port, destination_port = layout.unpack_from(received, _FIXED.size)
    addresses = (str(ipaddress.ip_address(source)), str(ipaddress.ip_address(destination)))
    return ProxyHeader(length, (addresses[0], source_port), (addresses[1], destination_port))
