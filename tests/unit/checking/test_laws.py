"""The laws for every response: each with a response that breaks it, and one beside it that does not."""

import time
from dataclasses import replace
from email.utils import formatdate

import pytest

from pyhttp.checking.laws import _LISTS, _REQUEST_ONLY, LAWS, Verdict, broken_laws
from pyhttp.checking.play import Exchange
from pyhttp.checking.reader import Framing, Reply
from pyhttp.checking.register import STATEMENTS

BY_NAME = {law.name: law for law in LAWS}
NOW = 1_000_000_000
"""Seconds since 1970 at which the laws are asked."""
HOLDS, BROKEN, SILENT = Verdict.HOLDS, Verdict.BROKEN, Verdict.SILENT


def exchange(
    *lines: str,
    status: int = 200,
    version: str = "HTTP/1.1",
    of: str = "HTTP/1.1",
    content: bytes = b"",
    framing: Framing = Framing.LENGTH,
    method: str = "GET",
    ended: bool | None = None,
    unforeseen: bool = False,
) -> Exchange:
    """A response of these lines, of version `version`, to a request of version `of`."""
    fields = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    head = "".join(f"{line}\r\n" for line in (f"{version} {status} OK", *lines)).encode("latin-1")
    reply = Reply(version, status, "OK", fields, framing, content, head=head)
    return Exchange(reply, method, of, ended, unforeseen)


def dated(age: int) -> Exchange:
    """A response with a Date of `age` seconds before NOW."""
    return exchange(f"Date: {formatdate(NOW - age, usegmt=True)}")


CASES = [
    ("every line follows the grammar", exchange("A: b"), HOLDS),
    ("every line follows the grammar", exchange("A b: c"), BROKEN),
    ("every line follows the grammar", exchange(status=600), BROKEN),
    ("the version is our own", exchange(), HOLDS),
    ("the version is our own", exchange(version="HTTP/1.0"), BROKEN),
    ("no version that there is not", exchange(version="HTTP/1.0"), HOLDS),
    ("no version that there is not", exchange(), HOLDS),
    ("no version that there is not", exchange(version="HTTP/1.2"), BROKEN),
    ("no line is folded", exchange("A: b", "C: d"), HOLDS),
    ("no line is folded", exchange("A: b\r\n c"), BROKEN),
    ("no line is folded", exchange("A: b\r\n\tc"), BROKEN),
    ("no CR or LF on its own", exchange("A: b"), HOLDS),
    ("no CR or LF on its own", exchange("A: b\rc"), BROKEN),
    ("no CR or LF on its own", exchange("A: b\nc"), BROKEN),
    ("one space behind the colon", exchange("A: b", "C:", "D: e  f"), HOLDS),
    ("one space behind the colon", exchange("A:b"), BROKEN),
    ("one space behind the colon", exchange("A:  b"), BROKEN),
    ("one space behind the colon", exchange("A: b "), BROKEN),
    ("no needless space within a value", exchange("Allow: GET, PUT"), HOLDS),
    ("no needless space within a value", exchange("A: b  c"), SILENT),
    ("no needless space within a value", exchange("Allow: GET,  PUT"), BROKEN),
    ("no needless space within a value", exchange("Allow: GET,\tPUT"), BROKEN),
    ("no needless space within a value", exchange("Server: a  b"), BROKEN),
    ("no needless space within a value", exchange("Allow: GET , PUT"), BROKEN),
    ("no needless space within a value", exchange("Content-Type: text/plain ;a=b"), BROKEN),
    ("no empty member of a list", exchange("Allow: GET, PUT"), HOLDS),
    ("no empty member of a list", exchange("Allow:", "A: ,"), SILENT),
    ("no empty member of a list", exchange("Allow: GET, , PUT"), BROKEN),
    ("a field that is no list comes once", exchange("A: b", "Set-Cookie: a", "Set-Cookie: b"), HOLDS),
    ("a field that is no list comes once", exchange("Allow: GET", "allow: PUT"), HOLDS),
    ("a field that is no list comes once", exchange("A: b", "a: b"), BROKEN),
    ("no field of the other role", exchange("Server: a"), HOLDS),
    ("no field of the other role", exchange("Host: a"), BROKEN),
    ("nothing escaped without need", exchange('ETag: "a"', "Location: a\\b"), HOLDS),
    ("nothing escaped without need", exchange('A: "\\a"'), BROKEN),
    ("a Date on 2xx, 3xx and 4xx", exchange("Date: x"), HOLDS),
    ("a Date on 2xx, 3xx and 4xx", exchange(), BROKEN),
    ("a Date on 2xx, 3xx and 4xx", exchange(status=499), BROKEN),
    ("a Date on 2xx, 3xx and 4xx", exchange("Date: x", "Date: x"), BROKEN),
    ("a Date on 2xx, 3xx and 4xx", exchange(status=199), SILENT),
    ("a Date on 2xx, 3xx and 4xx", exchange(status=500), SILENT),
    ("dates have their fixed form", exchange("Date: Sun, 06 Nov 1994 08:49:37 GMT"), HOLDS),
    ("dates have their fixed form", exchange(), SILENT),
    ("dates have their fixed form", exchange("Date: Sunday, 06-Nov-94 08:49:37 GMT"), BROKEN),
    ("dates have their fixed form", exchange("Last-Modified: now"), BROKEN),
    ("dates have their fixed form", exchange("Expires: 0"), BROKEN),
    ("Date is now", dated(119), HOLDS),
    ("Date is now", dated(120), BROKEN),
    ("Date is now", dated(-120), BROKEN),
    ("Date is now", exchange(), SILENT),
    ("Date is now", exchange("Date: now"), SILENT),
    ("Connection lists its own options", exchange("Connection: close, keep-alive"), HOLDS),
    ("Connection lists its own options", exchange("Connection: content-type"), BROKEN),
    ("Connection lists its own options", exchange(), SILENT),
    *(
        ("fields of the connection are listed", exchange(f"{name}: x", *more), verdict)
        for name in ("Keep-Alive", "Upgrade", "TE", "Proxy-Connection")
        for more, verdict in (((), BROKEN), ((f"Connection: {name}",), HOLDS))
    ),
    ("fields of the connection are listed", exchange("A: b"), HOLDS),
    ("the end is announced", exchange("Connection: close", ended=True), HOLDS),
    ("the end is announced", exchange(ended=True), BROKEN),
    ("the end is announced", exchange(ended=False), SILENT),
    ("the end is announced", exchange(ended=True, unforeseen=True), SILENT),
    ("the end is announced", exchange(ended=True, framing=Framing.CLOSE), SILENT),
    ("the end is announced", exchange(ended=True, of="HTTP/1.0"), SILENT),
    ("the end is announced", exchange("Connection: close", ended=True, of="HTTP/1.0"), HOLDS),
    ("the end is announced", exchange("Connection: keep-alive", ended=True, of="HTTP/1.0"), BROKEN),
    ("an announced end comes", exchange("Connection: close", ended=True), HOLDS),
    ("an announced end comes", exchange("Connection: close", ended=False), BROKEN),
    ("an announced end comes", exchange("Connection: close"), SILENT),
    ("an announced end comes", exchange(ended=False), SILENT),
    ("no Transfer-Encoding to HTTP/1.0", exchange(of="HTTP/1.0"), HOLDS),
    ("no Transfer-Encoding to HTTP/1.0", exchange("Transfer-Encoding: chunked", of="HTTP/1.0"), BROKEN),
    ("no Transfer-Encoding to HTTP/1.0", exchange("Transfer-Encoding: chunked"), SILENT),
    ("chunked alone, and no other length with it", exchange("Transfer-Encoding: chunked"), HOLDS),
    ("chunked alone, and no other length with it", exchange("Transfer-Encoding: gzip"), BROKEN),
    (
        "chunked alone, and no other length with it",
        exchange("Transfer-Encoding: chunked", "Content-Length: 1"),
        BROKEN,
    ),
    ("chunked alone, and no other length with it", exchange("Content-Length: 1"), SILENT),
    ("204 has no length", exchange(status=204), HOLDS),
    ("204 has no length", exchange("Content-Length: 0", status=204), BROKEN),
    ("204 has no length", exchange("Transfer-Encoding: chunked", status=204), BROKEN),
    ("204 has no length", exchange("Content-Length: 0"), SILENT),
    ("the end of content is told", exchange(), HOLDS),
    ("the end of content is told", exchange(framing=Framing.CLOSE), BROKEN),
    ("the end of content is told", exchange(framing=Framing.CLOSE, of="HTTP/1.0"), SILENT),
    ("the end of content is told", exchange(framing=Framing.NONE), SILENT),
    ("errors explain themselves", exchange(status=400, content=b"why"), HOLDS),
    ("errors explain themselves", exchange(status=400), BROKEN),
    ("errors explain themselves", exchange(status=399), SILENT),
    ("errors explain themselves", exchange(status=400, method="HEAD"), SILENT),
    ("content has a type", exchange("Content-Type: a/b", content=b"x"), HOLDS),
    ("content has a type", exchange(content=b"x"), BROKEN),
    ("content has a type", exchange(), SILENT),
    ("405 has Allow", exchange("Allow: GET", status=405), HOLDS),
    ("405 has Allow", exchange(status=405), BROKEN),
    ("405 has Allow", exchange(status=404), SILENT),
    ("Server is one product", exchange("Server: a/1"), HOLDS),
    ("Server is one product", exchange("Server: a"), HOLDS),
    ("Server is one product", exchange("Server: a/1 b/2"), BROKEN),
    ("Server is one product", exchange(), SILENT),
]


@pytest.mark.parametrize(("name", "one", "verdict"), CASES)
def test_the_verdict_of_a_law(name: str, one: Exchange, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: float(NOW))
    assert BY_NAME[name].judge(one) is verdict


def test_each_law_has_a_response_that_breaks_it() -> None:
    assert list(dict.fromkeys(name for name, _, verdict in CASES if verdict is BROKEN)) == [law.name for law in LAWS]


def test_the_end_of_a_response_that_is_cut_off_is_not_announced() -> None:
    one = exchange(ended=True)
    one.reply = replace(one.reply, complete=False)
    assert BY_NAME["the end is announced"].judge(one) is SILENT


def test_every_clause_of_a_law_is_in_the_register() -> None:
    assert [cite for law in LAWS for cite in law.cites if cite not in STATEMENTS] == []


def test_the_broken_laws_of_exchanges() -> None:
    good = exchange(f"Date: {formatdate(usegmt=True)}")
    bad = exchange(f"Date: {formatdate(usegmt=True)}", "Host: a")
    assert broken_laws([good, bad]) == [(BY_NAME["no field of the other role"], bad)]


def test_the_fields_of_requests_and_the_lists() -> None:
    """RFC 9110 defines them, and RFC 6265 (Cookie) and RFC 9111 (Cache-Control)."""
    requests = (
        "accept accept-charset authorization cookie expect from host if-match if-modified-since if-none-match if-range"
        " if-unmodified-since max-forwards proxy-authorization range referer te user-agent"
    )
    lists = (
        "accept-ranges allow cache-control connection content-encoding content-language trailer transfer-encoding"
        " upgrade vary via www-authenticate"
    )
    assert set(requests.split()) == _REQUEST_ONLY
    assert set(lists.split()) == _LISTS
    repeatable = [*lists.split(), "set-cookie", "link", "proxy-authenticate", "warning"]
    twice = exchange(*(f"{name}: x" for name in repeatable * 2))
    assert BY_NAME["a field that is no list comes once"].judge(twice) is HOLDS
