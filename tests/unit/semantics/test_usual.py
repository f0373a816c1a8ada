"""Field lines that are taken apart once, and those that are never remembered."""

from collections.abc import Callable
from typing import Final

import pytest

from pyhttp.semantics import usual
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.usual import NAMES, folded

BROWSERS: Final = """
Accept: */*
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: en-GB,en;q=0.9
Cache-Control: no-cache
Connection: keep-alive
Content-Type: application/json
DNT: 1
Host: www.example.com
Pragma: no-cache
Priority: u=0, i
sec-ch-ua: "Chromium";v="126"
sec-ch-ua-mobile: ?0
sec-ch-ua-platform: "Linux"
Sec-Fetch-Dest: document
Sec-Fetch-Mode: navigate
Sec-Fetch-Site: none
Sec-Fetch-User: ?1
TE: trailers
Transfer-Encoding: chunked
Upgrade-Insecure-Requests: 1
User-Agent: Mozilla/5.0
"""
"""Lines that browsers send alike, for pages, images, scripts, style sheets and `fetch`."""
OTHERS: Final = """
Authorization: Basic YTpi
Content-Length: 10
Cookie: session=1
If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT
If-None-Match: "a"
Origin: https://example.com
Range: bytes=0-1
Referer: https://example.com/secret
Via: 1.1 proxy
X-Forwarded-For: 192.0.2.1
X-Forwarded-Proto: https
X-Api-Key: secret
"""
"""Lines of one client, or request; some hold secrets."""


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[str, str]]:
    """An empty memory."""
    fresh = usual._Lines().__getitem__
    monkeypatch.setattr("pyhttp.semantics.fields.folded", fresh)
    return fresh


def lines_of(text: str) -> list[str]:
    return text.strip().split("\n")


@pytest.mark.parametrize("line", lines_of(BROWSERS))
def test_what_many_clients_send_alike_is_held_once(line: str) -> None:
    first, second = Headers.split([line]), Headers.split([line])
    name, value = next(iter(first.items()))
    assert second[name] is value
    assert next(iter(second)) is name
    assert first.lines == second.lines == ((line.partition(": ")[0], value),)


@pytest.mark.parametrize("line", lines_of(OTHERS))
def test_what_may_be_secret_is_not_remembered(line: str, memory: Callable[[str], tuple[str, str]]) -> None:
    assert memory(line) == memory(line)
    assert memory(line) is not memory(line)


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        ("Accept:*/*", ("accept", "*/*")),
        ("ACCEPT: \t */* \t\r", ("accept", "*/*")),
        ("aCCept:", ("accept", "")),
        ("X-Odd: a:\tb ", ("x-odd", "a:\tb")),
        ("Accept:\x0ba\x85\xa0", ("accept", "\x0ba\x85\xa0")),  # no white space of RFC 9110
    ],
)
def test_a_line_is_taken_apart_at_its_first_colon(line: str, pair: tuple[str, str]) -> None:
    assert [folded(line), folded(line)] == [pair, pair]


def test_the_memory_is_bounded(memory: Callable[[str], tuple[str, str]]) -> None:
    first = memory("Accept: 0")
    for number in range(1, 512):
        memory(f"Accept: {number}")
    assert memory("Accept: 0") is first
    memory("Accept: 512")  # one line too many: all are forgotten
    assert memory("Accept: 0") is not first


@pytest.mark.parametrize(("octets", "kept"), [(256, True), (257, False)])
def test_a_long_line_is_not_remembered(octets: int, kept: bool, memory: Callable[[str], tuple[str, str]]) -> None:
    line = "Accept: ".ljust(octets, "a")
    assert (memory(line) is memory(line)) is kept


def names_of(text: str) -> set[str]:
    return {line.partition(":")[0].lower() for line in lines_of(text)}


def test_usual_names_are_known_in_their_usual_spellings() -> None:
    assert set(NAMES.values()) == names_of(BROWSERS) | names_of(OTHERS) - {"x-api-key"}
    assert set(NAMES) == {spelling for name in NAMES.values() for spelling in (name, name.title())}
    assert names_of(BROWSERS) == usual._ALIKE
