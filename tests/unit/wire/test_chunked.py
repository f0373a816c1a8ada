"""The chunked coding: its removal, its refusals, and its addition."""

import contextlib
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp.errors import ContentTooLarge, FieldsTooLarge, HTTPError, MalformedRequest
from pyhttp.limits import Limits
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.wire.buffer import ReceiveBuffer
from pyhttp.wire.chunked import ChunkedDecoder, encode_chunk, encode_last_chunk
from tests.helpers.feeding import Outcome, fed_every_way, feed
from tests.helpers.wire_strategies import chunked, splits

HEAD: Final = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
LIMITS: Final = Limits(
    content=40, chunk_line=20, chunk_extensions=30, field_line=12, field_lines=2, field_section=24, request_line=100
)


def decode(data: bytes, limits: Limits = LIMITS) -> tuple[bytes, Headers | None, int]:
    """Content, trailers, and octets left over."""
    decoder = ChunkedDecoder(limits)
    buffer = ReceiveBuffer()
    buffer.append(data)
    content = decoder.decode(buffer)
    rest = decoder.decode(buffer)
    return content + rest, decoder.trailers, len(buffer)


def outcome(body: bytes) -> Outcome:
    return fed_every_way(HEAD + body)


@pytest.mark.clause("9112-7.1-4a", "9112-7.1.1-4a")
@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b"0\r\n\r\n", b""),
        (b"000\r\n\r\n", b""),
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", b"hello"),
        (b"1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n0\r\n\r\n", b"hel"),
        (b"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", b"01234567890123456789"),
        (b"0000000000000005\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"5;a\r\nhello\r\n0;b=c\r\n\r\n", b"hello"),
        (b"5 ;a=b\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b'5\t; a = "x;\\"\r\n'.replace(b"\\", b'\\"') + b"hello\r\n0\r\n\r\n", b"hello"),
        (b"2\r\n\r\n\r\n2\r\n0\r\r\n0\r\n\r\n", b"\r\n0\r"),
        (b"7\r\n0\r\n\r\nGE\r\n0\r\n\r\n", b"0\r\n\r\nGE"),
    ],
)
def test_F6_F8_chunks_are_taken_off(body: bytes, content: bytes) -> None:
    """F6, F8: sizes may be in any letter case, and may have zeros before them and unknown extensions."""
    result = outcome(body)
    assert (result.error, result.content) == (None, content)
    assert decode(body, Limits()) == (content, EMPTY, 0)
    assert decode(body + b"rest", Limits()) == (content, EMPTY, 4)


@pytest.mark.clause("9112-7.1-5c")
@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"0x5", b"-5", b"+5", b"5_0", b" 5", b"5 ", b"\t5", b"g", b"5g", b"5h", b"-0", b"5,5", b"\xb2"),
        *(b"00000000000000005", b"10000000000000000", b"fffffffffffffffff"),
        *(b"5;", b"5;;a", b"5;=b", b"5;a=", b'5;a="b', b"5;a b", b"5 a", b"5=a", b"5;a=b c", b"5;\x00", b"5\x00"),
        *(b"5\n", b"5;a\nb", b"5\r", b"5\r;a", b"\r5", b"5;a=\x80", b"\n", b"\nx", b"\n\r\n"),
    ],
)
def test_F6_F8_a_broken_chunk_line_is_400(line: bytes) -> None:
    """F6, F8: a chunk line has 1 to 16 digits and extensions by the grammar, and nothing else.

    This holds for every line.
    """
    for before in (b"", b"3\r\nabc\r\n"):
        for after in (b"hello\r\n0\r\n\r\n", b""):
            result = outcome(before + line + b"\r\n" + after)
            assert result.status == 400
            assert result.content == (b"abc" if before else b"")


@pytest.mark.parametrize(
    "body",
    [
        b"5\r\nhelloX\r\n0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhello\r0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello\r\r\n0\r\n\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\n\r\n",
        b"5\r\nhello\r\n0\r\n\n",
        b"5\r\nhello\r\n0\r\n\r\r\n",
        b"5\r\nhello\r\n0\r\nx",
    ],
)
def test_F7_lines_and_data_end_in_crlf(body: bytes) -> None:
    """F7: nothing behind the error is ever a request."""
    canary = b"\r\n\r\nGET /canary HTTP/1.1\r\nHost: a\r\n\r\n"
    result = outcome(body + canary)
    assert result.status == 400
    assert len(result.requests) == 1
    assert result.content == b"hello" or body.startswith(b"5\n")


@pytest.mark.clause("9110-6.5-2a", "9110-6.5.1-3d", "9112-7.1.2-3a", "9112-7.1.2-3b", "9112-7.1.2-3c")
def test_F9_trailers_are_apart_from_headers() -> None:
    """F9: trailers change nothing. A trailer that would mean something in the header section is left out."""
    trailers = b"Digest: x\r\nHost: b\r\nContent-Length: 3\r\nTRAILER: x\r\nCookie: a\r\ndigest: y \r\n"
    result = outcome(b"1\r\na\r\n0\r\n" + trailers + b"\r\n")
    assert result.error is None
    assert result.request.authority == "a"
    assert result.request.headers == Headers({"Host": "a", "Transfer-Encoding": "chunked"})
    assert decode(b"0\r\n" + trailers + b"\r\n", Limits())[1] == Headers([("Digest", "x"), ("digest", "y")])


@pytest.mark.parametrize(
    "name",
    [
        *("Transfer-Encoding", "Content-Length", "Trailer", "Host", "Connection", "Keep-Alive", "TE", "Upgrade"),
        *("Proxy-Connection", "Expect", "Max-Forwards", "Cache-Control", "Pragma", "Range", "If-Match", "If-Range"),
        *("If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Authorization", "Proxy-Authorization"),
        *("Cookie", "Content-Encoding", "Content-Type", "Content-Range"),
    ],
)
def test_F9_a_field_that_comes_too_late_is_left_out(name: str) -> None:
    assert decode(f"0\r\n{name}: 1\r\nX: y\r\n\r\n".encode(), Limits())[1] == Headers({"X": "y"})


@pytest.mark.parametrize("line", [b"X : y", b" X: y", b"X", b": y", b"X: \x00", b"X: y\nZ: z", b"(: y"])
def test_F9_trailers_have_the_syntax_of_headers(line: bytes) -> None:
    """F9: the rules for trailers are the rules for headers."""
    result = outcome(b"1\r\na\r\n0\r\nA: b\r\n" + line + b"\r\n\r\n")
    assert (result.status, result.content) == (400, b"a")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"0\r\nA: 3456789012x", FieldsTooLarge),
        (b"0\r\nA:\r\nA:\r\nA:\r\n\r\n", FieldsTooLarge),
        (b"0\r\nA: 34567890\r\nA: 34567890\r\n\r\n", FieldsTooLarge),
        (b"5;" + b"a" * 19, MalformedRequest),
        (b"5;" + b"a" * 19 + b"\r\n", MalformedRequest),
        (b"1;a=3456789\r\nx\r\n1;a=3456789\r\nx\r\n1;a=3456789\r\nx\r\n1;\r\n", MalformedRequest),
        (b"1;a=3456789012345\r\nx\r\n1;a=345678901234\r\nx\r\n0\r\n\r\n", MalformedRequest),
        (b"29\r\n", ContentTooLarge),
        (b"20\r\n" + b"x" * 32 + b"\r\n9\r\n", ContentTooLarge),
        (b"ffffffffffffffff\r\n", ContentTooLarge),
    ],
)
def test_D5_D6_a_limit_is_an_error_as_soon_as_it_is_passed(body: bytes, error: type[HTTPError]) -> None:
    """D5, D6: the error has the status of the limit."""
    with pytest.raises(error):
        decode(body)
    decoder = ChunkedDecoder(LIMITS)
    buffer = ReceiveBuffer()
    for octet in body[:-1]:
        buffer.append(bytes((octet,)))
        _decode_or(error, decoder, buffer)
    buffer.append(body[-1:])
    with pytest.raises(error):
        decoder.decode(buffer)


def _decode_or(error: type[HTTPError], decoder: ChunkedDecoder, buffer: ReceiveBuffer) -> None:
    """Decode the content. An error must be certain by now."""
    with contextlib.suppress(error):
        decoder.decode(buffer)


@pytest.mark.parametrize(
    "body",
    [
        b"28\r\n" + b"x" * 40 + b"\r\n0\r\n\r\n",
        b"14\r\n" + b"x" * 20 + b"\r\n14;a=b\r\n" + b"x" * 20 + b"\r\n0\r\n\r\n",
        b"0\r\nA:\r\nA:\r\n\r\n",
        b"0\r\nA: 345678\r\nA: 345678\r\n\r\n",
        b"5;" + b"a" * 18 + b"\r\nhello\r\n0\r\n\r\n",
        b"1;a=3456789012345\r\nx\r\n1;a=34567890123\r\nx\r\n0\r\n\r\n",
    ],
)
def test_D5_D6_up_to_its_limits_content_is_taken(body: bytes) -> None:
    content, trailers, left = decode(body)
    assert len(content) in {0, 2, 5, 40}
    assert trailers is not None
    assert left == 0


def test_chunk_lines_may_be_shorter_than_a_size() -> None:
    """A limit below 16 octets holds for sizes, too."""
    narrow = Limits(chunk_line=2)
    assert decode(b"01\r\nx\r\n0\r\n\r\n", narrow) == (b"x", EMPTY, 0)
    with pytest.raises(MalformedRequest, match=r"^chunk line: longer than 2 octets"):
        decode(b"001\r\nx\r\n0\r\n\r\n", narrow)


def test_content_before_an_error_is_given_first() -> None:
    decoder = ChunkedDecoder(LIMITS)
    buffer = ReceiveBuffer()
    buffer.append(b"2\r\nab\r\n2\r\ncdx")
    assert decoder.decode(buffer) == b"abcd"
    for _ in range(2):
        with pytest.raises(MalformedRequest, match="not followed by CRLF"):
            decoder.decode(buffer)


def test_the_error_behind_content_is_the_one_that_was_met() -> None:
    """Octets before the error are not read again, since a second reading could break a limit first."""
    decoder = ChunkedDecoder(LIMITS)
    buffer = ReceiveBuffer()
    buffer.append(b"1\r\na\r\n0\r\nA: b\r\nC : d\r\n\r\n")
    assert decoder.decode(buffer) == b"a"
    for _ in range(2):
        with pytest.raises(MalformedRequest, match="white space before the colon"):
            decoder.decode(buffer)


def test_content_is_merged() -> None:
    decoder = ChunkedDecoder(Limits())
    buffer = ReceiveBuffer()
    buffer.append(b"1\r\na\r\n2;x\r\nbc\r\n3\r\ndef\r\n9\r\ngh")
    assert decoder.decode(buffer) == b"abcdefgh"
    assert decoder.decode(buffer) == b""
    assert decoder.trailers is None
    buffer.append(b"ijklmno\r\n0\r\n\r\nrest")
    assert decoder.decode(buffer) == b"ijklmno"
    assert decoder.trailers == EMPTY
    assert decoder.decode(buffer) == b""
    assert buffer.take(4) == b"rest"


@given(st.data())
def test_V2_any_chunks_in_any_segments(data: st.DataObject) -> None:
    """For any content, any chunks and any segments, the content comes back, and the octets behind it are left."""
    content = data.draw(st.binary(max_size=200))
    coded = data.draw(chunked(content))
    segments = data.draw(splits(coded + b"rest"))
    decoder = ChunkedDecoder(Limits())
    buffer = ReceiveBuffer()
    got = b""
    for segment in segments:
        buffer.append(segment)
        while piece := decoder.decode(buffer):
            got += piece
    assert got == content
    assert decoder.trailers is not None
    assert buffer.take(len(buffer)) == b"rest"


@pytest.mark.clause("9112-7.1-1a")
def test_chunks_are_put_on() -> None:
    assert encode_chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"
    assert encode_chunk(b"") == b""
    assert encode_last_chunk(EMPTY) == b"0\r\n\r\n"
    assert encode_last_chunk(Headers({"A": "b", "C": "\xe9"})) == b"0\r\nA: b\r\nC: \xe9\r\n\r\n"


@given(st.lists(st.binary(max_size=50), max_size=10))
def test_what_is_put_on_can_be_taken_off(parts: list[bytes]) -> None:
    coded = b"".join(encode_chunk(part) for part in parts) + encode_last_chunk(Headers({"A": "b"}))
    assert decode(coded, Limits()) == (b"".join(parts), Headers({"A": "b"}), 0)


def test_F10_an_end_within_the_content_is_incomplete() -> None:
    """F10: content is never complete before the last chunk and its CRLF."""
    body = b"5\r\nhello\r\n0\r\nA: b\r\n\r\n"
    for end in range(len(body)):
        result = feed([HEAD, body[:end]], eof=True)
        assert result.error is not None
        assert result.error[0].__name__ == "IncompleteRequest"
    assert feed([HEAD, body], eof=True).error is None
