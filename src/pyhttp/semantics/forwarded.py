"""RFC 7239, and the fields that it replaces: what trusted proxies say about a request that they pass on."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from pyhttp import abnf
from pyhttp.proxies import Networks, Origin
from pyhttp.semantics.authority import is_host
from pyhttp.semantics.fields import Headers

__all__ = ["ForwardedError", "origin"]

_PAIR: Final = rb"(" + abnf.TOKEN + rb")=(" + abnf.TOKEN + rb"|" + abnf.QUOTED_STRING + rb")"
_ELEMENT: Final = abnf.OWS + rb"(?:" + _PAIR + rb")?" + abnf.OWS + rb"(?:;|\Z)"
_OBFUSCATED: Final = rb"_[0-9A-Za-z._\-]++"
_NODE_PORT: Final = rb"(?::([0-9]{1,5}+|" + _OBFUSCATED + rb"))?"
_NODE: Final = (
    rb"(" + abnf.IPV4_ADDRESS + rb"|\[" + abnf.IPV6_ADDRESS + rb"\]|[uU][nN][kK][nN][oO][wW][nN]|" + _OBFUSCATED + rb")"
) + _NODE_PORT
"""RFC 7239 §6: node, its name and its port."""
_UNESCAPED: Final = re.compile(r"\\(.)")
_LARGEST_PORT: Final = 65535


class ForwardedError(ValueError):
    """The field lines do not say clearly where the request comes from; the message names the fault."""


def origin(headers: Headers, trusted: Networks) -> Origin | None:
    """The last client on the way of a request that is not a trusted proxy; None where no field names a client.

    Each proxy appends a member for its own client. So the members in front of the last one that a trusted proxy has
    added may be invented. Where every client is trusted, the first of them is returned.

    Args:
        headers: The fields of a request that came from a trusted proxy.
        trusted: The proxies.

    Raises:
        ForwardedError: A member on the way to that client breaks the grammar; or both kinds of fields are there and
            disagree. In the second case a client wrote one of them. Neither is believed, since it cannot be known here
            which one a proxy has written.
    """
    found = _last_untrusted(_forwarded(headers), trusted)
    other = _last_untrusted(_by_custom(headers), trusted)
    if found is not None and other is not None and found._replace(port=0) != other._replace(port=0):
        raise ForwardedError("Forwarded and X-Forwarded-For, -Proto, -Host disagree")
    return found or other


def _last_untrusted(members: Iterator[Origin], trusted: Networks) -> Origin | None:
    found = None
    for found in members:
        if found.client not in trusted:
            break
    return found


def _forwarded(headers: Headers) -> Iterator[Origin]:
    """The elements of Forwarded (RFC 7239 §4), the last one first: those that a client invented are not reached."""
    for member in reversed(headers.members("forwarded")):
        yield _element(member)


def _element(member: str) -> Origin:
    pattern, pairs, position = abnf.text_pattern(_ELEMENT), dict[str, str](), 0
    while position < len(member):
        match = pattern.match(member, position)
        if match is None:
            raise ForwardedError(f"Forwarded: {member} is not a list of parameters")
        position = match.end()
        if match[1] is None:
            continue
        name: str = match[1].lower()
        if name in pairs:
            raise ForwardedError(f"Forwarded: {name} stands twice in {member}")
        pairs[name] = _unquoted(match[2])
    client, port = _node(pairs.get("for", "unknown"), "Forwarded")
    return Origin(client, port, _scheme(pairs.get("proto", "")), _host(pairs.get("host", "")))


def _unquoted(value: str) -> str:
    return _UNESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value


def _node(value: str, field: str) -> tuple[str, int]:
    """Name and port of a node (RFC 7239 §6); an address comes without brackets and in its canonical form."""
    match = abnf.text_pattern(_NODE).fullmatch(value)
    if match is None:
        raise ForwardedError(f"{field}: {value} is not a node")
    name: str = match[1]
    if name[0] == "[":
        name = str(ipaddress.ip_address(name[1:-1]))
    port = int(match[2]) if match[2] and match[2].isdigit() else 0
    return name.lower() if name.lower() == "unknown" else name, port if port <= _LARGEST_PORT else 0


def _by_custom(headers: Headers) -> Iterator[Origin]:
    """The members of X-Forwarded-For, the last one first, with -Proto and -Host.

    Some proxies replace -Proto and -Host, and others add to them.
    """
    clients, schemes, hosts = [_plain_members(headers, f"x-forwarded-{what}") for what in ("for", "proto", "host")]
    for index in reversed(range(len(clients))):
        client, port = _node(_bracketed(clients[index]), "X-Forwarded-For")
        scheme, host = _beside(schemes, index, len(clients)), _beside(hosts, index, len(clients))
        yield Origin(client, port, _scheme(scheme), _host(host))


def _plain_members(headers: Headers, name: str) -> list[str]:
    """The members of a list without quoted strings: a quote that a client opens must not hide a proxy's member."""
    members = [member.strip(" \t") for value in headers.get_all(name) for member in value.split(",")]
    return [member for member in members if member]


def _bracketed(client: str) -> str:
    """The client as a node: by custom an IPv6 address without a port stands without brackets."""
    return f"[{client}]" if abnf.text_pattern(abnf.IPV6_ADDRESS).fullmatch(client) else client


def _beside(members: list[str], index: int, count: int) -> str:
    """The member for a client: at the same place where each proxy has added one, else that of the nearest proxy."""
    if not members:
        return ""
    return members[index] if len(members) == count else members[-1]


def _scheme(value: str) -> str:
    if value and not abnf.text_pattern(abnf.SCHEME).fullmatch(value):
        raise ForwardedError(f"{value} is not a scheme")
    return value.lower()


def _host(value: str) -> str:
    if value and not is_host(value):
        raise ForwardedError(f"{value} is not a host")
    return value
