"""Other parsers as second opinions: h11, httptools and waitress read the same messages as ours (V3)."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Final

import pytest

from pyhttp.checking.register import STATEMENTS
from tests.conformance.oracles.divergence import ALL, H11, HTTPTOOLS, Divergence, Right
from tests.conformance.oracles.divergences import DIVERGENCES, compare, differing, parting
from tests.conformance.oracles.messages import CANARY, requests
from tests.conformance.oracles.readers import READERS, Fields, Outcome, Refused, Taken, ours
from tests.conformance.oracles.session import (
    DOCUMENT,
    FEW,
    MANY,
    SEED,
    Compared,
    Figures,
    compare_all,
    document,
    main,
    risen,
    stated,
)

TELL_FIELDS: Final = (*H11, *HTTPTOOLS)


@cache
def _few() -> tuple[Compared, Figures]:
    return compare_all(SEED, [FEW])


def test_V3_every_divergence_has_a_name() -> None:
    assert _few()[0].unnamed[:5] == []


def test_V3_no_more_messages_have_a_divergence() -> None:
    assert risen(_few()[1], stated(DOCUMENT.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("entry", "parser"),
    [
        pytest.param(entry, parser, id=f"{parser}: {entry.name}", marks=pytest.mark.clause(entry.cite))
        for entry in DIVERGENCES
        for parser in entry.parsers
    ],
)
def test_V3_a_named_divergence_still_exists(entry: Divergence, parser: str) -> None:
    """The divergence exists, and is gone without what it is named for."""
    found = compare(ours(entry.sample + CANARY), READERS[parser](entry.sample + CANARY))
    assert found is not None
    assert found[0] is entry.side
    here = parting(parser, entry.sample)
    assert here.unnamed is None
    assert here.named == (entry,)


@pytest.mark.parametrize("entry", DIVERGENCES, ids=lambda entry: f"{entry.parsers[0]}: {entry.name}")
def test_an_entry_is_about_a_statement(entry: Divergence) -> None:
    assert entry.cite in STATEMENTS
    assert entry.right in Right


def _chunked(taken: Taken) -> bool:
    return taken.fields is not None and any(name == b"transfer-encoding" for name, _ in taken.fields)


def _without_first_octets(fields: Fields | None) -> Fields | None:
    return None if fields is None else tuple((name, value[1:]) for name, value in fields)


def _refuses(octets: bytes, status: str) -> Callable[[bytes], Outcome]:
    """Our reader, as if it refused a message with these octets, in words of a divergence."""
    return lambda data: Refused(status) if octets in data.removesuffix(CANARY) else ours(data)


def _misreads(fault: Callable[[Taken], Taken]) -> Callable[[bytes], Outcome]:
    """Our reader, with a fault in what it makes of a good request."""

    def read(data: bytes) -> Outcome:
        outcome = ours(data)
        return fault(outcome) if isinstance(outcome, Taken) else outcome

    return read


FAULTS: Final[dict[str, tuple[tuple[str, ...], Callable[[bytes], Outcome]]]] = {
    "the first octet of field values is lost in chunked requests": (
        ALL,
        _misreads(
            lambda taken: replace(taken, fields=_without_first_octets(taken.fields)) if _chunked(taken) else taken
        ),
    ),
    "the last field line is lost": (ALL, _misreads(lambda taken: replace(taken, fields=(taken.fields or ())[:-1]))),
    "trailer fields are garbled": (
        TELL_FIELDS,
        _misreads(lambda taken: replace(taken, trailers=_without_first_octets(taken.trailers))),
    ),
    "trailer fields are missing": (TELL_FIELDS, _misreads(lambda taken: replace(taken, trailers=()))),
    "the second of two trailer fields is missing": (
        TELL_FIELDS,
        _misreads(lambda taken: replace(taken, trailers=(taken.trailers or ())[:1])),
    ),
    "the last octet of content is lost": (ALL, _misreads(lambda taken: replace(taken, content=taken.content[:-1]))),
    "content in chunks ends an octet late": (
        ALL,
        _misreads(lambda taken: replace(taken, end=taken.end + 1) if _chunked(taken) else taken),
    ),
    "a Host with a port is refused": (ALL, _refuses(b":80\r\n", "400 Host: not a host with an optional port")),
    "a Host of IPv6 is refused": (ALL, _refuses(b"[::1]\r\n", "400 Host: not a host with an optional port")),
    "an escape in a target is refused": (ALL, _refuses(b"/%41%2f", "400 request-target: '%' at offset 1")),
    "white space around a value is refused": (ALL, _refuses(b"X-Spaces: \t", "400 field line: a bare CR")),
    "an extension with a value is refused": (ALL, _refuses(b";a=b\r\n", "400 chunk line: not a size")),
    "a trailer field is refused": (ALL, _refuses(b"\r\n0\r\nX-Sum: 1\r\n", "400 field line: no colon")),
}


@pytest.mark.parametrize(
    ("parser", "own"),
    [
        pytest.param(parser, own, id=f"{parser}: {name}")
        for name, (parsers, own) in FAULTS.items()
        for parser in parsers
    ],
)
def test_a_fault_of_ours_is_noticed(parser: str, own: Callable[[bytes], Outcome]) -> None:
    """No entry excuses the fault, in the messages of any run."""
    assert any(parting(parser, data, own).unnamed for data in requests(SEED, FEW))


def test_the_messages_are_worth_comparing() -> None:
    """Each parser takes at least a quarter of the messages, so that agreement has a meaning."""
    taken = dict.fromkeys((*READERS, "ours"), 0)
    for data in requests(2, 500):
        for name, read in (*READERS.items(), ("ours", ours)):
            taken[name] += isinstance(read(data + CANARY), Taken)
    assert all(count > 125 for count in taken.values()), taken


def test_the_document_is_up_to_date() -> None:
    page = DOCUMENT.read_text(encoding="utf-8")
    assert page == document(stated(page))


def test_figures_only_fall() -> None:
    known = {("h11", FEW): 10, ("h11", MANY): 100}
    assert risen({("h11", FEW): 10, ("h11", MANY): 99}, known) == []
    (more,) = risen({("h11", FEW): 9, ("h11", MANY): 101}, known)
    assert "h11 parts from ours about 101" in more
    assert risen({("h11", 7): 7}, known) == []


def test_what_differs_is_told() -> None:
    one = Taken(b"GET", b"/", b"HTTP/1.1", b"", 10, ((b"a-b", b"1"), (b"a-b", b"2")), ())
    other = Taken(b"GET", b"/x", b"HTTP/1.1", b"", 11, None, ())
    assert differing(one, other) == "target,end"
    assert differing(one, one) == ""
    assert differing(one, replace(other, target=b"/", end=10, mapping={b"A_B": b"1, 2"})) == ""
    assert differing(one, replace(other, target=b"/", end=10, mapping={b"A_B": b"1"})) == "mapping"


def test_the_session_reports(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--messages", "50", "--seed", "3"]) == 0
    assert "50 messages" in capsys.readouterr().out
