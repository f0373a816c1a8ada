"""The parser of a script's output: any input gives one of its values or its error. V2, V4, C12, C13, S11."""

from itertools import pairwise
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, script_head

WORDS: Final = (
    b"Content-Type: text/html",
    b"content-TYPE:a/b",
    b"Status: 404 Not Found",
    b"Status: 204",
    b"Status: 304 X",
    b"Status: 99",
    b"Location: /a?b",
    b"Location: http://a/",
    b"Location: x",
    b"Content-Length: 5",
    b"Content-Length: 005",
    b"Content-Length: 5, 5",
    b"Transfer-Encoding: chunked",
    b"Connection: close, x-y",
    b"X-Y: z",
    b"Set-Cookie: a=b",
    b"X-CGI-Own: y",
    b"HTTP/1.1 200 OK",
    b"HTTP/1.0 299",
    b"HTTP/1.1 101 Switching",
    b" folded",
    b"no colon",
    b"\r",
    b"\n",
    b"\r\n",
    b"\n\n",
    b"\r\n\r\n",
    b"\0",
    b"body",
)
OUTPUT: Final = st.one_of(
    st.binary(max_size=500),
    st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=6)), max_size=12).map(b"\n".join),
    st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=6)), max_size=12).map(b"".join),
    st.lists(st.sampled_from(WORDS[:19]), max_size=6).map(lambda lines: b"\r\n".join((*lines, b"", b"body"))),
)


@given(OUTPUT, st.booleans(), st.lists(st.integers(0, 500), max_size=5))
@example(b"Content-Type: a/b\n\r", False, [])
@example(b"Content-Type: a/b\r\n\r\n", False, [18, 19, 20])
@example(b"X\n" * 8 + b"\n", True, [])
def test_any_output_in_any_pieces_is_safe(output: bytes, non_parsed: bool, cuts: list[int]) -> None:
    """V2: the pieces make no difference. S11: what comes out can be sent, and nothing of it splits a response."""
    TARGETS["script_output"](bytes((0x80 | non_parsed,)) + output)
    ends = sorted({min(cut, len(output)) for cut in cuts} | {0, len(output)})
    pieces = [output[start:end] for start, end in pairwise(ends)]
    assert script_head(pieces, non_parsed=non_parsed) == script_head([output], non_parsed=non_parsed)
