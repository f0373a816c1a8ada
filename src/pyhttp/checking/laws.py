"""Laws for every response, whatever the request: laws over exchanges, each with its clauses."""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final

from pyhttp.checking.play import Exchange
from pyhttp.checking.reader import Framing

__all__ = ["LAWS", "Law", "Verdict", "broken_laws"]


class Verdict(Enum):
    """The verdict of a law on one exchange."""

    HOLDS = auto()
    BROKEN = auto()
    SILENT = auto()
    """The law does not apply to the exchange."""


@dataclass(frozen=True, slots=True)
class Law:
    """One rule over every exchange."""

    name: str
    cites: tuple[str, ...]
    judge: Callable[[Exchange], Verdict]


def _verdict(good: bool) -> Verdict:
    return Verdict.HOLDS if good else Verdict.BROKEN


_REQUEST_ONLY: Final = frozenset(
    {
        "accept",
        "accept-charset",
        "authorization",
        "cookie",
        "expect",
        "from",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "max-forwards",
        "proxy-authorization",
        "range",
        "referer",
        "te",
        "user-agent",
    }
)
_LISTS: Final = frozenset(
    {
        "accept-ranges",
        "allow",
        "cache-control",
        "connection",
        "content-encoding",
        "content-language",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "vary",
        "via",
        "www-authenticate",
    }
)
_REPEATABLE: Final = _LISTS | {"set-cookie", "link", "proxy-authenticate", "warning"}
_IMF_FIXDATE: Final = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} "
    r"[0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
)
_STATUS_LINE: Final = re.compile(rb"HTTP/[0-9]\.[0-9] [1-5][0-9]{2} [\t\x20-\x7e\x80-\xff]*")
_FIELD_LINE: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*")
_PRODUCT: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+(/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)?")


def _grammar(exchange: Exchange) -> Verdict:
    line, *lines = exchange.reply.head.removesuffix(b"\r\n").split(b"\r\n")
    return _verdict(_STATUS_LINE.fullmatch(line) is not None and all(map(_FIELD_LINE.fullmatch, lines)))


def _version(exchange: Exchange) -> Verdict:
    return _verdict(exchange.reply.version == "HTTP/1.1")


def _known_version(exchange: Exchange) -> Verdict:
    return _verdict(exchange.reply.version in {"HTTP/1.0", "HTTP/1.1"})


def _no_fold(exchange: Exchange) -> Verdict:
    return _verdict(b"\r\n " not in exchange.reply.head and b"\r\n\t" not in exchange.reply.head)


def _no_bare_cr(exchange: Exchange) -> Verdict:
    rest = exchange.reply.head.replace(b"\r\n", b"")
    return _verdict(b"\r" not in rest and b"\n" not in rest)


def _one_space(exchange: Exchange) -> Verdict:
    """`Name: value` with one space, and none at the end; the strict reader has checked the rest of the grammar."""
    lines = exchange.reply.head.split(b"\r\n")[1:-1]
    return _verdict(all(re.fullmatch(rb"[^: ]+:(| [^ \t](.*[^ \t])?)", line) is not None for line in lines))


def _inner_space(exchange: Exchange) -> Verdict:
    lists = [value for name, value in exchange.reply.fields if name.lower() in _LISTS | {"server", "content-type"}]
    if not lists:
        return Verdict.SILENT
    return _verdict(not any("  " in value or "\t" in value or " ," in value or " ;" in value for value in lists))


def _no_empty_member(exchange: Exchange) -> Verdict:
    lists = [value for name, value in exchange.reply.fields if name.lower() in _LISTS and value]
    if not lists:
        return Verdict.SILENT
    return _verdict(all(member.strip() for value in lists for member in value.split(",")))


def _singletons(exchange: Exchange) -> Verdict:
    names = [name.lower() for name, _ in exchange.reply.fields if name.lower() not in _REPEATABLE]
    return _verdict(len(names) == len(set(names)))


def _own_role(exchange: Exchange) -> Verdict:
    return _verdict(not any(name.lower() in _REQUEST_ONLY for name, _ in exchange.reply.fields))


def _escapes(exchange: Exchange) -> Verdict:
    return _verdict(not any("\\" in value for name, value in exchange.reply.fields if name.lower() != "location"))


def _date_there(exchange: Exchange) -> Verdict:
    if not 200 <= exchange.reply.status < 500:
        return Verdict.SILENT
    return _verdict(len(exchange.reply.get_all("Date")) == 1)


def _date_form(exchange: Exchange) -> Verdict:
    dates = [value for name in ("Date", "Last-Modified", "Expires") for value in exchange.reply.get_all(name)]
    if not dates:
        return Verdict.SILENT
    return _verdict(all(_IMF_FIXDATE.fullmatch(value) for value in dates))


def _date_near(exchange: Exchange) -> Verdict:
    date = exchange.reply.get("Date")
    if date is None or _IMF_FIXDATE.fullmatch(date) is None:
        return Verdict.SILENT
    at = datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC).timestamp()
    return _verdict(abs(time.time() - at) < 120)


def _connection_options(exchange: Exchange) -> Verdict:
    if not exchange.reply.get_all("Connection"):
        return Verdict.SILENT
    return _verdict(set(exchange.reply.options) <= {"close", "keep-alive"})


def _listed(exchange: Exchange) -> Verdict:
    """Check that Connection names Keep-Alive, Upgrade, TE and the like."""
    own = [name for name in ("Keep-Alive", "Upgrade", "TE", "Proxy-Connection") if exchange.reply.get_all(name)]
    return _verdict(all(name.lower() in exchange.reply.options for name in own))


def _close_said(exchange: Exchange) -> Verdict:
    if (
        exchange.ended is not True
        or exchange.unforeseen
        or not exchange.reply.complete
        or exchange.reply.framing is Framing.CLOSE
    ):
        return Verdict.SILENT
    if exchange.version == "HTTP/1.0" and "keep-alive" not in exchange.reply.options:
        return Verdict.SILENT if not exchange.reply.says_close else Verdict.HOLDS
    return _verdict(exchange.reply.says_close)


def _close_done(exchange: Exchange) -> Verdict:
    if not exchange.reply.says_close or exchange.ended is None:
        return Verdict.SILENT
    return _verdict(exchange.ended)


def _no_coding_to_old(exchange: Exchange) -> Verdict:
    if exchange.version != "HTTP/1.0":
        return Verdict.SILENT
    return _verdict(not exchange.reply.get_all("Transfer-Encoding"))


def _one_length(exchange: Exchange) -> Verdict:
    """The strict reader has refused a response that breaks this."""
    if not exchange.reply.get_all("Transfer-Encoding"):
        return Verdict.SILENT
    return _verdict(exchange.reply.get("Transfer-Encoding") == "chunked" and not exchange.reply.get("Content-Length"))


def _no_length_without_content(exchange: Exchange) -> Verdict:
    if exchange.reply.status != 204:
        return Verdict.SILENT
    return _verdict(not exchange.reply.get_all("Content-Length") and not exchange.reply.get_all("Transfer-Encoding"))


def _length_told(exchange: Exchange) -> Verdict:
    if exchange.version == "HTTP/1.0" or exchange.reply.framing is Framing.NONE:
        return Verdict.SILENT
    return _verdict(exchange.reply.framing is not Framing.CLOSE)


def _errors_explained(exchange: Exchange) -> Verdict:
    if exchange.reply.status < 400 or exchange.method == "HEAD":
        return Verdict.SILENT
    return _verdict(bool(exchange.reply.content))


def _typed(exchange: Exchange) -> Verdict:
    if not exchange.reply.content:
        return Verdict.SILENT
    return _verdict(bool(exchange.reply.get_all("Content-Type")))


def _allow_on_405(exchange: Exchange) -> Verdict:
    if exchange.reply.status != 405:
        return Verdict.SILENT
    return _verdict(bool(exchange.reply.get_all("Allow")))


def _product(exchange: Exchange) -> Verdict:
    """Check that Server is one product, perhaps with its version."""
    server = exchange.reply.get("Server")
    if server is None:
        return Verdict.SILENT
    return _verdict(_PRODUCT.fullmatch(server) is not None)


LAWS: Final = (
    Law("every line follows the grammar", ("9110-2.2-5a", "9112-2.2-7a"), _grammar),
    Law("the version is our own", ("9110-6.2-7a", "9112-2.3-6b"), _version),
    Law("no version that there is not", ("9110-6.2-7b",), _known_version),
    Law("no line is folded", ("9112-5.2-3a",), _no_fold),
    Law("no CR or LF on its own", ("9112-2.2-4a",), _no_bare_cr),
    Law("one space behind the colon", ("9110-5.6.3-2b",), _one_space),
    Law("no needless space within a value", ("9110-5.6.3-2b.2", "9110-5.6.3-3b"), _inner_space),
    Law("no empty member of a list", ("9110-5.6.1.1-1a",), _no_empty_member),
    Law("a field that is no list comes once", ("9110-5.3-3a",), _singletons),
    Law("no field of the other role", ("9110-2.2-5b",), _own_role),
    Law("nothing escaped without need", ("9110-5.6.4-5a",), _escapes),
    Law("a Date on 2xx, 3xx and 4xx", ("9110-6.6.1-6a",), _date_there),
    Law("dates have their fixed form", ("9110-5.6.7-7b", "9110-5.6.7-17a"), _date_form),
    Law("Date is now", ("9110-6.6.1-5a", "9110-6.6.1-5b"), _date_near),
    Law("Connection lists its own options", ("9110-7.6.1-9a",), _connection_options),
    Law("fields of the connection are listed", ("9110-7.6.1-4a",), _listed),
    Law("the end is announced", ("9112-9.6-1b", "9112-9.6-6b"), _close_said),
    Law("an announced end comes", ("9112-9.6-7a",), _close_done),
    Law("no Transfer-Encoding to HTTP/1.0", ("9112-6.1-13b",), _no_coding_to_old),
    Law("chunked alone, and no other length with it", ("9112-6.2-2a", "9112-6.1-4b"), _one_length),
    Law("204 has no length", ("9110-8.6-8a", "9112-6.1-10a"), _no_length_without_content),
    Law("the end of content is told", ("9112-6.3-3a",), _length_told),
    Law("errors explain themselves", ("9110-15.5-1b", "9110-15.6-1b", "9110-15.6.6-1c"), _errors_explained),
    Law("content has a type", ("9110-8.3-5a",), _typed),
    Law("405 has Allow", ("9110-10.2.1-5b", "9110-15.5.6-1b"), _allow_on_405),
    Law("Server is one product", ("9110-10.2.4-6a", "9110-10.2.4-6a.2"), _product),
)


def broken_laws(exchanges: Iterable[Exchange]) -> list[tuple[Law, Exchange]]:
    """Every law that an exchange breaks."""
    return [(law, one) for one in exchanges for law in LAWS if law.judge(one) is Verdict.BROKEN]
