"""The differences between pyhttp's languages and the RFC's: each has a name, a reason and its shortest witness.

A choice is written as ABNF in place of rules of the RFC. A proof applies the choices that it names; it fails where one
of them makes no difference any more.
"""

from dataclasses import dataclass
from typing import Final

__all__ = ["CHOICES", "Choice"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One difference.

    Attributes:
        cites: The clause or the safety line that allows it, or the section that it departs from.
        instead: Rules in ABNF.
        rule: The rule in which it is shown.
        witness: The shortest octets that the RFC and pyhttp judge differently there, other choices apart.
        taken: Whether pyhttp takes them; else the RFC does.
        reason: Why it is so.
    """

    cites: str
    instead: str
    rule: str
    witness: bytes
    taken: bool
    reason: str


CHOICES: Final = {
    "unencoded target": Choice(
        "9112-3.2-4b",
        r"""
        segment = *target-char
        query = *( target-char / "/" / "?" )
        target-char = pchar / DQUOTE / "<" / ">" / "[" / "\" / "]" / "^" / "`" / "{" / "|" / "}"
        """,
        "origin-form",
        b'/"',
        taken=True,
        reason="browsers send these octets as they are; none of them separates anything here",
    ),
    "no empty host": Choice(
        "9110-4.2.1-4b",
        "host = IP-literal / IPv4address / 1*reg-char",
        "Host-field",
        b"",
        taken=False,
        reason="http has no empty host",
    ),
    "no empty reg-name": Choice(
        "9110-4.2.1-4b",
        "reg-name = 1*reg-char",
        "reg-name",
        b"",
        taken=False,
        reason="http has no empty host",
    ),
    "no comma in a host": Choice(
        "S9",
        """
        reg-name = *reg-char
        reg-delims = "!" / "$" / "&" / "'" / "(" / ")" / "*" / "+" / ";" / "="
        """,
        "Host-field",
        b",",
        taken=False,
        reason="a list of hosts, which somebody has joined, looks the same",
    ),
    "no IPvFuture": Choice(
        "3986-3.2.2-7c",
        'IP-literal = "[" IPv6address "]"',
        "IP-literal",
        b"[V0.0]",
        taken=False,
        reason="nothing that listens here has such an address",
    ),
    "five digits of a port": Choice(
        "RFC 3986 §3.2.3",
        "port = *5DIGIT",
        "Host-field",
        b"0:000000",
        taken=False,
        reason="no port has more",
    ),
    "a port for CONNECT": Choice(
        "9110-9.3.6-4a",
        'authority-form = uri-host ":" DIGIT *4DIGIT',
        "authority-form",
        b"0:",
        taken=False,
        reason="there is no default port for a tunnel",
    ),
    "an authority in the absolute form": Choice(
        "RFC 9110 §4.2.1",
        'hier-part = "//" authority path-abempty',
        "absolute-form",
        b"A:",
        taken=False,
        reason="http and https have one always; other schemes are served nowhere",
    ),
    "no userinfo": Choice(
        "9110-4.2.4-4a",
        'authority = host [ ":" port ]',
        "absolute-form",
        b"A://@0",
        taken=False,
        reason="it makes a wrong host look like a right one",
    ),
    "16 digits of a chunk-size": Choice(
        "9112-7.1-5c",
        "chunk-size = 1*16HEXDIG",
        "chunk-size",
        b"0" * 17,
        taken=False,
        reason="they hold what a 64-bit count can",
    ),
    "63 octets of a method": Choice(
        "9112-3-4b",
        "method = 1*63tchar",
        "request-head",
        b"0" * 64 + b" * HTTP/1.0\r\n\r\n",
        taken=False,
        reason="no method is that long; what has no space by then is noise",
    ),
    "major version 1": Choice(
        "9110-15.6.6-1c",
        'HTTP-version = HTTP-name "/1." DIGIT',
        "request-head",
        b"0 * HTTP/0.0\r\n\r\n",
        taken=False,
        reason="other versions are answered 505",
    ),
    "final status codes": Choice(
        "RFC 3875 §6.3.3",
        """
        cgi-status-code = final-code
        status-code = final-code
        final-code = %x32-35 2DIGIT
        """,
        "cgi-Status",
        b"000",
        taken=False,
        reason="RFC 9110 §15 has no others that end an exchange",
    ),
    "no space without a reason": Choice(
        "RFC 3875 §6.3.3",
        """
        cgi-Status = cgi-status-code [ SP cgi-reason-phrase ]
        status-line = HTTP-version SP status-code [ SP [ reason-phrase ] ]
        """,
        "cgi-Status",
        b"200",
        taken=True,
        reason="many scripts say a bare number, and its meaning is clear",
    ),
    "parameters are the script's": Choice(
        "3875-6.3.1-3c",
        'cgi-Content-Type = type "/" subtype [ OWS ";" *any-but-lf ]\nany-but-lf = %x00-09 / %x0B-FF',
        "cgi-Content-Type",
        b"0/0;0",
        taken=True,
        reason="the value goes to the client as it is; the section that holds it has been checked for controls",
    ),
    "the path of a cookie is absolute": Choice(
        "RFC 6265 §5.2.4",
        'path-value = "/" *av-octet',
        "path-value",
        b"",
        taken=False,
        reason="browsers ignore any other",
    ),
    "white space in Forwarded": Choice(
        "RFC 7239 §4",
        'forwarded-element = OWS [ forwarded-pair ] OWS *( ";" OWS [ forwarded-pair ] OWS )',
        "forwarded-element",
        b"\t",
        taken=True,
        reason="trusted proxies write a space behind the semicolon",
    ),
    "whole base64": Choice(
        "RFC 7617 §2",
        """
        token68 = *( 4base64-char ) [ base64-char base64-char ( "==" / ( base64-char "=" ) ) ]
        base64-char = ALPHA / DIGIT / "+" / "/"
        """,
        "basic-credentials",
        b"BASIC ",
        taken=True,
        reason="user-id and password are in base64; an empty text is judged when it is decoded",
    ),
}
