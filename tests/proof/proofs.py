"""The proofs: each pattern of pyhttp, the rule of the RFC whose language it has, and the choices between them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyhttp import abnf, auth
from pyhttp.cgi import output, variables
from pyhttp.resources import paths, relative_references
from pyhttp.semantics import fields, forwarded, negotiation, references, set_cookie, validators
from pyhttp.wire import chunked
from tests.helpers.regex_tree import parse_regex
from tests.proof.abnf_tree import Grammar
from tests.proof.choices import CHOICES
from tests.proof.programs import Program, program_of

__all__ = ["GRAMMAR", "PROOFS", "Proof", "grammar_with"]

GRAMMAR: Final = Grammar.read(Path(__file__).parent / "grammar")

HOST: Final = ("no comma in a host", "no empty host", "no IPvFuture", "five digits of a port")
ABSOLUTE: Final = ("an authority in the absolute form", "no userinfo", *HOST, "unencoded target")
TARGET: Final = (*ABSOLUTE, "a port for CONNECT")


@dataclass(frozen=True, slots=True)
class Proof:
    """The statement that a pattern, as a whole, takes exactly what a rule describes.

    Attributes:
        name: The name of the pattern.
        pattern: The source of the pattern.
        rule: The name of the rule in the grammars.
        choices: The choices that make the two one language. Each is needed.
        within: Whether the rule may describe more. The pattern is then no rule of an RFC.
    """

    name: str
    pattern: bytes
    rule: str
    choices: tuple[str, ...] = ()
    within: bool = False

    @property
    def program(self) -> Program:
        """The program of the pattern."""
        return program_of(parse_regex(self.pattern))

    def of_the_rule(self, *, without: str = "") -> Program:
        """The program of the rule under the choices, but for one of them."""
        return program_of(grammar_with(*(name for name in self.choices if name != without)).tree(self.rule))


def grammar_with(*choices: str) -> Grammar:
    """The RFCs' grammar under some choices."""
    return GRAMMAR.but(*(CHOICES[name].instead for name in choices))


def source_of(pattern: re.Pattern[str] | re.Pattern[bytes]) -> bytes:
    """The source of a compiled pattern without flags."""
    assert pattern.flags & ~re.UNICODE == 0
    source = pattern.pattern
    return source if isinstance(source, bytes) else source.encode("latin-1")


def without_any(found: bytes) -> bytes:
    """A pattern for a whole text in which a search for `found` finds nothing."""
    return rb"(?:(?!" + found + rb")[\x00-\xff])*"


PROOFS: Final = (
    # RFC 5234, RFC 9110 §5.6
    Proof("abnf.HEXDIG", abnf.HEXDIG, "HEXDIG"),
    Proof("abnf.CRLF", abnf.CRLF, "CRLF"),
    Proof("abnf.TCHAR", abnf.TCHAR, "tchar"),
    Proof("abnf.TOKEN", abnf.TOKEN, "token"),
    Proof("abnf.OWS", abnf.OWS, "OWS"),
    Proof("abnf.BWS", abnf.BWS, "BWS"),
    Proof("abnf.QDTEXT", abnf.QDTEXT, "qdtext"),
    Proof("abnf.QUOTED_PAIR", abnf.QUOTED_PAIR, "quoted-pair"),
    Proof("abnf.QUOTED_STRING", abnf.QUOTED_STRING, "quoted-string"),
    # RFC 9110 §5.1, §5.5; RFC 9112 §5
    Proof("abnf.FIELD_NAME", abnf.FIELD_NAME, "field-name"),
    Proof("abnf.FIELD_VALUE", abnf.FIELD_VALUE, "spaced-field-value"),
    Proof("abnf.FIELD_LINE", abnf.FIELD_LINE, "field-line"),
    Proof("abnf.NO_FIELD_OCTET", without_any(abnf.NO_FIELD_OCTET), "field-octets"),
    Proof("abnf.NO_FIELD_OCTET, of lines", abnf.FIELD_LINE, "field-octets", within=True),
    Proof("fields._NAME", source_of(fields._NAME), "field-name"),
    Proof("fields._VALUE", source_of(fields._VALUE), "field-value"),
    # RFC 3986
    Proof("abnf.PCT_ENCODED", abnf.PCT_ENCODED, "pct-encoded"),
    Proof("abnf.UNRESERVED_SUB_DELIMS", abnf.UNRESERVED_SUB_DELIMS, "reg-octet", ("no comma in a host",)),
    Proof("abnf.DEC_OCTET", abnf.DEC_OCTET, "dec-octet"),
    Proof("abnf.IPV4_ADDRESS", abnf.IPV4_ADDRESS, "IPv4address"),
    Proof("abnf.H16", abnf.H16, "h16"),
    Proof("abnf.LS32", abnf.LS32, "ls32"),
    Proof("abnf.IPV6_ADDRESS", abnf.IPV6_ADDRESS, "IPv6address"),
    Proof("abnf.IP_LITERAL", abnf.IP_LITERAL, "IP-literal", ("no IPvFuture",)),
    Proof("abnf.REG_NAME", abnf.REG_NAME, "reg-name", ("no comma in a host", "no empty reg-name")),
    Proof("abnf.URI_HOST", abnf.URI_HOST, "uri-host", HOST[:3]),
    Proof("abnf.PORT", abnf.PORT, "port", HOST[3:]),
    Proof("abnf.SCHEME", abnf.SCHEME, "scheme"),
    Proof("variables._PORT", source_of(variables._PORT), "port-behind", HOST[3:]),
    Proof("references, scheme", abnf.SCHEME + rb":", "scheme-before"),
    Proof("relative_references._NEEDS_NO_ESCAPE", source_of(relative_references._NEEDS_NO_ESCAPE), "plain-segment"),
    Proof("paths._CONTROL", source_of(paths._CONTROL), "pct-control"),
    Proof("references._NOT_OF_PATHS", without_any(references._NOT_OF_PATHS), "plain-path"),
    Proof("references._NOT_OF_QUERIES", without_any(references._NOT_OF_QUERIES), "plain-query"),
    Proof("references._NOT_OF_AUTHORITIES", without_any(references._NOT_OF_AUTHORITIES), "plain-authority"),
    Proof("abnf.AUTHORITY", abnf.AUTHORITY, "loose-authority", ("no IPvFuture",)),
    Proof(
        "abnf.AUTHORITY, escaped",
        rb"(?=" + without_any(references._NOT_OF_AUTHORITIES) + rb"\Z)" + abnf.AUTHORITY,
        "authority",
        ("no IPvFuture",),
    ),
    # RFC 9110 §7.2
    Proof("abnf.HOST", abnf.HOST, "Host-field", HOST),
    Proof("abnf.NAMED_HOST", abnf.NAMED_HOST, "named-host", ("no comma in a host", "no empty reg-name", *HOST[3:])),
    Proof("authority.is_host", rb"(?=\[)" + abnf.HOST + rb"|(?!\[)(?:" + abnf.NAMED_HOST + rb")", "Host-field", HOST),
    # RFC 9112 §2.3, §3
    Proof("abnf.TARGET_CHARS", abnf.TARGET_CHARS, "query", ("unencoded target",)),
    Proof("abnf.ORIGIN_FORM", abnf.ORIGIN_FORM, "origin-form", ("unencoded target",)),
    Proof("abnf.ABSOLUTE_FORM", abnf.ABSOLUTE_FORM, "absolute-form", ABSOLUTE),
    Proof("abnf.AUTHORITY_FORM", abnf.AUTHORITY_FORM, "authority-form", (*HOST[:3], "a port for CONNECT")),
    Proof("abnf.ASTERISK_FORM", abnf.ASTERISK_FORM, "asterisk-form"),
    Proof("abnf.REQUEST_TARGET", abnf.REQUEST_TARGET, "request-target", TARGET),
    Proof("abnf.METHOD", abnf.METHOD, "method"),
    Proof("abnf.HTTP_VERSION", abnf.HTTP_VERSION, "HTTP-version"),
    Proof("abnf.NO_REQUEST_LINE_OCTET", without_any(abnf.NO_REQUEST_LINE_OCTET), "request-line-octets"),
    Proof("abnf.NO_REQUEST_LINE_OCTET, of targets", abnf.REQUEST_TARGET, "request-line-octets", within=True),
    Proof("abnf.REQUEST_LINE", abnf.REQUEST_LINE, "fast-request-line", ("unencoded target",)),
    Proof("abnf.REQUEST_LINE, of requests", abnf.REQUEST_LINE, "request-line", ("unencoded target",), within=True),
    Proof("abnf.REQUEST_HEAD", abnf.REQUEST_HEAD, "fast-request-head", ("unencoded target",)),
    Proof(
        "abnf.REQUEST_HEAD, and what follows",
        abnf.REQUEST_HEAD + rb"[\x00-\xff]*",
        "fast-request-head-and-more",
        ("unencoded target",),
    ),
    # RFC 9112 §4, §7.1
    Proof("abnf.REASON_PHRASE", abnf.REASON_PHRASE, "reason"),
    Proof("abnf.CHUNK_SIZE", abnf.CHUNK_SIZE, "chunk-size", ("16 digits of a chunk-size",)),
    Proof("abnf.CHUNK_EXT", abnf.CHUNK_EXT, "chunk-ext"),
    Proof("chunked._line_pattern", source_of(chunked._line_pattern()), "chunk-head", ("16 digits of a chunk-size",)),
    # RFC 9110 §5.6.7
    Proof("abnf.DAY_NAME", abnf.DAY_NAME, "day-name"),
    Proof("abnf.DAY_NAME_L", abnf.DAY_NAME_L, "day-name-l"),
    Proof("abnf.MONTH", abnf.MONTH, "month"),
    Proof("abnf.TIME_OF_DAY", abnf.TIME_OF_DAY, "time-of-day"),
    Proof("abnf.IMF_FIXDATE", abnf.IMF_FIXDATE, "IMF-fixdate"),
    Proof("abnf.RFC850_DATE", abnf.RFC850_DATE, "rfc850-date"),
    Proof("abnf.ASCTIME_DATE", abnf.ASCTIME_DATE, "asctime-date"),
    Proof(
        "dates.parse_date",
        rb"|".join((abnf.IMF_FIXDATE, abnf.RFC850_DATE, abnf.ASCTIME_DATE)),
        "HTTP-date",
    ),
    # RFC 9110 §8.3.1, §5.6.6, §8.8.3, §12, §14
    Proof("abnf.PARAMETER", abnf.PARAMETER, "parameter"),
    Proof("abnf.PARAMETERS", abnf.PARAMETERS, "parameters"),
    Proof("abnf.MEDIA_TYPE", abnf.MEDIA_TYPE, "media-type"),
    Proof("abnf.ENTITY_TAG", abnf.ENTITY_TAG, "entity-tag"),
    Proof("validators._LIST", validators._LIST, "entity-tags"),
    Proof("abnf.QVALUE", abnf.QVALUE, "qvalue"),
    Proof("abnf.WEIGHT", abnf.WEIGHT, "weight"),
    Proof("negotiation._CODING", negotiation._CODING, "coding-member"),
    Proof("negotiation._MEDIA_RANGE", negotiation._MEDIA_RANGE, "media-range-member"),
    Proof("negotiation._QUALITY", negotiation._QUALITY, "quality"),
    Proof("abnf.INT_RANGE", abnf.INT_RANGE, "int-range"),
    Proof("abnf.SUFFIX_RANGE", abnf.SUFFIX_RANGE, "suffix-range"),
    # RFC 3875 §6
    Proof("output._SECTION_END", source_of(output._SECTION_END), "cgi-section-end"),
    Proof(
        "output._STATUS", source_of(output._STATUS), "cgi-Status", ("final status codes", "no space without a reason")
    ),
    Proof(
        "output._STATUS_LINE",
        source_of(output._STATUS_LINE),
        "status-line",
        ("major version 1", "final status codes", "no space without a reason"),
    ),
    Proof("output._TYPED", source_of(output._TYPED), "cgi-Content-Type", ("parameters are the script's",)),
    # RFC 6265, RFC 7239, RFC 7617
    Proof("set_cookie._VALUE", set_cookie._VALUE, "cookie-value"),
    Proof("set_cookie._PATH", set_cookie._PATH, "path-value", ("the path of a cookie is absolute",)),
    Proof("set_cookie._DOMAIN", set_cookie._DOMAIN, "domain-value"),
    Proof("forwarded._PAIR", forwarded._PAIR, "forwarded-pair"),
    Proof("forwarded._ELEMENT", forwarded._ELEMENT, "forwarded-part"),
    Proof(
        "forwarded._element",
        # The pattern is matched over and over, up to the end. Each element but the last ends with a semicolon.
        rb"(?:%b)*(?:%b)?" % tuple(forwarded._ELEMENT.replace(rb"(?:;|\Z)", end) for end in (b";", rb"\Z")),
        "forwarded-element",
        ("white space in Forwarded",),
    ),
    Proof("forwarded._NODE", forwarded._NODE, "node"),
    Proof("auth._CREDENTIALS", auth._CREDENTIALS.encode("ascii"), "basic-credentials", ("whole base64",)),
)
