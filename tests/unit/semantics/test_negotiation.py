"""Accept-Encoding and Accept against models that follow RFC 9110 §12.5.3 and §12.5.1."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp.semantics.fields import Headers
from pyhttp.semantics.negotiation import (
    HTML,
    IDENTITY,
    PROBLEM,
    TEXT,
    choose_coding,
    choose_note,
    choose_type,
    coding_lines,
)

CODINGS = ("br", "zstd", "gzip")


def coding(value: str | None, *available: str) -> str | None:
    return choose_coding(Headers() if value is None else Headers({"Accept-Encoding": value}), available or CODINGS)


@pytest.mark.clause("9110-12.5.3-6a", "9110-12.5.3-12b", "9110-8.4-5b")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, IDENTITY),
        ("", IDENTITY),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.9", "gzip"),
        ("gzip;q=0.5, br;q=0.501", "br"),
        ("gzip;q=0.01, br;q=0.009", "gzip"),
        ("gzip;q=0.1, br;q=0.09", "gzip"),
        ("GZIP", "gzip"),
        ("gzip;Q=0.1", "gzip"),
        ("gzip ; q=0.1", "gzip"),
        ("*", "br"),
        ("*;q=0.5", "br"),
        ("br;q=0, *", "zstd"),
        ("br;q=0, zstd;q=0.000, *", "gzip"),
        ("identity", IDENTITY),
        ("identity, gzip;q=0.5", IDENTITY),
        ("identity;q=0.5, gzip", "gzip"),
        ("identity, gzip", "gzip"),
        ("identity;q=0", None),
        ("identity;q=0, gzip;q=0.001", "gzip"),
        ("*;q=0", None),
        ("*;q=0, gzip", "gzip"),
        ("*;q=0, identity", IDENTITY),
        ("*;q=0, identity;q=0.1", IDENTITY),
        ("gzip;q=0, br;q=0, zstd;q=0", IDENTITY),
        ("deflate", IDENTITY),
        ("deflate, compress;q=0.5", IDENTITY),
        ("gzip;q=2, br;q=0.1", "br"),
        ("gzip;q=0.1234, br;q=0.1", "br"),
        ("gzip;q=, br;q=0.1", "br"),
        ("gzip;level=9, br;q=0.1", "br"),
        ("gzip, gzip;q=0", "gzip"),
        ("gz ip, =, ;q=1", IDENTITY),
    ],
)
def test_the_coding_for_an_accept_encoding(value: str | None, expected: str | None) -> None:
    assert coding(value) == expected


@pytest.mark.clause("9110-8.4.1.3-1b")
def test_x_gzip_is_gzip() -> None:
    assert coding("x-gzip") == "gzip"
    assert coding("x-gzip;q=0, *;q=0.5", "gzip") == IDENTITY


def test_without_siblings_identity_is_the_only_coding() -> None:
    for value, expected in (("gzip, br", IDENTITY), ("*;q=0", None), ("identity;q=0", None), ("gzip;q=0", IDENTITY)):
        assert choose_coding(Headers({"Accept-Encoding": value}), ()) == expected


weights = st.sampled_from(["", ";q=0", ";q=0.0", ";q=0.5", "; q=0.25", ";q=1", ";q=1.000", ";q=0.001"])
elements = st.tuples(st.sampled_from([*CODINGS, IDENTITY, "*", "deflate"]), weights)


def quality(weight: str) -> Fraction:
    return Fraction(weight.partition("=")[2] or "1")


@given(st.lists(elements, unique_by=lambda element: element[0]), st.permutations(CODINGS), st.integers(0, 3))
def test_codings_against_a_model(parts: list[tuple[str, str]], order: list[str], count: int) -> None:
    available = tuple(order[:count])
    stated = {name: quality(weight) for name, weight in parts}
    ranking: list[tuple[Fraction, int, str]] = []
    for place, name in enumerate([*available, IDENTITY]):
        weight = stated.get(name, stated.get("*"))
        if weight is None:
            # §12.5.3: a coding that is not listed is not wanted. Only identity is then acceptable, and comes last.
            weight = Fraction(1, 10_000) if name == IDENTITY else Fraction(0)
        if weight:
            ranking.append((weight, -place, name))
    expected = max(ranking)[2] if ranking else None
    value = ", ".join(name + weight for name, weight in parts)
    assert choose_coding(Headers({"Accept-Encoding": value}), available) == expected


TYPES = ("text/html", "application/json")


@pytest.mark.clause("9110-12.5.1-6d")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "text/html"),
        ("", "text/html"),
        ("*/*", "text/html"),
        ("application/json", "application/json"),
        ("Application/JSON", "application/json"),
        ("application/*", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/json, */*;q=0.5", "application/json"),
        ("application/json;q=0.4, text/html;q=0.5", "text/html"),
        ("application/json;q=0.6, text/*;q=0.5", "application/json"),
        ("text/html;q=0, */*", "application/json"),
        ("image/png", "text/html"),
        ("text/html;q=0", "text/html"),
        ("application/json;profile=x, text/html;q=0.1", "text/html"),
        ("application/json;q=0.9;ext=1, text/html;q=0.1", "text/html"),
        ("text/html;q=0.1, application/json; Q=0.2 ;", "application/json"),
        ("text/html;q=0.1, application/json;;q=0.2", "application/json"),
        ("text/html;q=0.1, application/json\t;\tq=0.2\t;", "application/json"),
        ("text/html;q=0.1, application/json;q=0.2;q=0", "application/json"),
        ('text/html;q=0.1, application/json;x=";q=0.2"', "text/html"),
        ('text/html;q=0.1, application/json;q="0.2"', "text/html"),
        ("text/html;q=0.1, application/json;q=9", "text/html"),
        ("json", "text/html"),
        ("text/html;q=0, application/json;q=0.001", "application/json"),
        ("/, application/json", "application/json"),
    ],
)
def test_the_type_for_an_accept(value: str | None, expected: str) -> None:
    headers = Headers() if value is None else Headers({"Accept": value})
    assert choose_type(headers, TYPES) == expected


@pytest.mark.clause("9110-12.5.1-6d")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, TEXT),
        ("", TEXT),
        ("*/*", TEXT),
        ("text/*", TEXT),
        ("image/avif,image/webp,*/*;q=0.8", TEXT),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("text/html, */*", HTML),
        ("text/html;q=0.5, */*", TEXT),
        ("text/html;q=0", TEXT),
        ("text/html, application/json", HTML),
        ("application/json", PROBLEM),
        ("application/problem+json", PROBLEM),
        ("application/*", PROBLEM),
        ("application/json, text/plain, */*", PROBLEM),
        ("application/json, */*;q=0.5", PROBLEM),
        ("application/json;q=0.9, text/html", HTML),
        ("application/problem+json;q=0, application/json", PROBLEM),
        ("application/problem+json;q=0, application/*", TEXT),
        ("application/json;q=0, */*", TEXT),
        ("text/plain, text/html;q=0.9", TEXT),
        ("image/png", TEXT),
        ("nonsense", TEXT),
    ],
)
def test_the_form_of_a_note(value: str | None, expected: str) -> None:
    assert choose_note(Headers() if value is None else Headers({"Accept": value})) == expected


@pytest.mark.clause("9110-8.4-5a", "9110-8.4-5b", "9110-12.5.5-10a")
def test_what_is_said_of_a_coding() -> None:
    assert coding_lines("gzip", varies=True) == (("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
    assert coding_lines("", varies=True) == (("Vary", "Accept-Encoding"),)
    assert coding_lines("", varies=False) == ()
