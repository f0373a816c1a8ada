"""multipart/byteranges, read by a second parser. G5."""

import os
import re
import threading
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp.limits import Limits
from pyhttp.messages import FileSlice, Response
from pyhttp.request import Request
from pyhttp.resources.opened_file import OpenedFile, open_file
from pyhttp.resources.partial_content import byte_ranges, ranged_response
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.ranges import Span
from pyhttp.site import Site
from pyhttp.transport.outbox import FileTruncatedError
from tests.helpers.folder import content, write
from tests.helpers.folder import request as asked
from tests.helpers.sockets import pair, read_until_end, request

SITE = Site()


def opened(path: Path) -> OpenedFile:
    return open_file(str(path), str(path.parent), SITE)


def parts(data: bytes, media_type: str) -> list[tuple[dict[str, str], bytes]]:
    """The parts of a multipart body by RFC 2046 §5.1.1, for a program that looks for CRLF before each boundary."""
    boundary = media_type.removeprefix("multipart/byteranges; boundary=").encode()
    assert re.fullmatch(rb"[0-9A-Za-z'()+_,\-./:=? ]{1,70}", boundary)
    assert data.endswith(b"\r\n--" + boundary + b"--\r\n")
    pieces = data.removesuffix(b"\r\n--" + boundary + b"--\r\n").split(b"\r\n--" + boundary + b"\r\n")
    assert pieces[0] == b""
    found = []
    for piece in pieces[1:]:
        head, _, content = piece.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode("ascii").split("\r\n"))
        found.append((fields, content))
    return found


def octets(body: tuple[bytes | FileSlice, ...]) -> bytes:
    """The content that a body of parts stands for."""
    return b"".join(
        part if isinstance(part, bytes) else os.pread(part.file.fileno(), part.length, part.offset) for part in body
    )


@pytest.fixture(scope="module")
def alphabet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("byteranges") / "alphabet", b"abcdefghijklmnopqrstuvwxyz")


@pytest.mark.clause("9110-8.3.3-1c", "9110-15.3.7.2-2a", "9110-15.3.7.2-2b", "9110-15.3.7.2-6a")
@given(st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)).map(sorted), min_size=2, max_size=10))
def test_every_part_has_its_range_its_type_and_its_bytes(alphabet: Path, pairs: list[list[int]]) -> None:
    spans = tuple(Span(first, last + 1 - first) for first, last in pairs)
    media_type, body = byte_ranges(opened(alphabet), spans, 26, "text/x")
    data = octets(body)
    response = Response(206, {}, body)
    assert response.length == len(data)
    response.close()
    assert parts(data, media_type) == [
        (
            {"Content-Type": "text/x", "Content-Range": f"bytes {span.start}-{span.last}/26"},
            alphabet.read_bytes()[span.start : span.last + 1],
        )
        for span in spans
    ]


def test_G5_boundaries_are_long_and_never_the_same(alphabet: Path) -> None:
    file = opened(alphabet)
    types = {byte_ranges(file, (Span(0, 1), Span(2, 1)), 26, "text/x")[0] for _ in range(1000)}
    file.close()
    assert len(types) == 1000
    assert all(len(name) >= len("multipart/byteranges; boundary=") + 32 for name in types)


def test_G5_nothing_of_the_file_is_in_memory(alphabet: Path) -> None:
    file = opened(alphabet)
    _, body = byte_ranges(file, (Span(0, 13), Span(13, 13)), 26, "text/x")
    slices = [part for part in body if isinstance(part, FileSlice)]
    assert [(part.file, part.offset, part.length) for part in slices] == [(file, 0, 13), (file, 13, 13)]
    assert not any(b"hij" in part for part in body if isinstance(part, bytes))  # no boundary has these letters
    Response(206, {}, body).close()
    assert file.fileno() == -1


def test_G5_memory_does_not_grow_with_the_ranges(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    spans = tuple(Span(place * 8 * 1024 * 1024, 8 * 1024 * 1024) for place in range(8))
    _, body = byte_ranges(opened(path), spans, 64 * 1024 * 1024, "text/x")
    received: list[int] = []

    with pair() as (ours, theirs):

        def count() -> None:
            piece = bytearray(65536)
            while got := theirs.recv_into(piece):
                received.append(got)

        reader = threading.Thread(target=count)
        theirs.sendall(request())
        exchange = Request(ours).exchange
        reader.start()
        tracemalloc.start()
        exchange.respond(Response(206, {}, body))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        ours.close()
        reader.join()
    assert sum(received) > 64 * 1024 * 1024
    assert peak < 1024 * 1024


def test_W2_a_file_that_shrinks_cuts_the_body(tmp_path: Path) -> None:
    path = write(tmp_path / "shrinking", b"0123456789")
    file = opened(path)
    _, body = byte_ranges(file, (Span(0, 2), Span(8, 2)), 10, "text/x")
    os.truncate(path, 9)
    with pair() as (ours, theirs):
        theirs.sendall(request())
        exchange = Request(ours).exchange
        with pytest.raises(FileTruncatedError):
            exchange.respond(Response(206, {}, body))
        exchange.end()
        ours.close()
        answer = read_until_end(theirs)
    assert answer.endswith(b"Content-Range: bytes 8-9/10\r\n\r\n8")
    assert file.fileno() == -1


DESCRIBED = (
    ("Content-Type", "text/x"),
    ("Content-Encoding", "gzip"),
    ("Content-Language", "de"),
    ("Last-Modified", "Sun, 09 Sep 2001 01:46:40 GMT"),
    ("X-Content-Type-Options", "nosniff"),
    ("ETag", '"x"'),
    ("Vary", "Accept-Encoding"),
)


@pytest.mark.clause("9110-15.3.7-6a", "9110-15.3.7-6b")
def test_what_a_client_with_if_range_holds_is_not_repeated(alphabet: Path) -> None:
    for fields, lines in (({}, DESCRIBED), ({"If-Range": '"x"'}, DESCRIBED[5:])):
        head = asked(fields={"Range": "bytes=1-2", **fields})
        part = ranged_response(head, Headers(DESCRIBED), opened(alphabet), Limits())
        assert part.headers.lines == (*lines, ("Content-Range", "bytes 1-2/26"))
        assert content(part) == b"bc"
        head = asked(fields={"Range": "bytes=1-2,5-5", **fields})
        several = ranged_response(head, Headers(DESCRIBED), opened(alphabet), Limits())
        several.close()
        (name, media_type), *others = several.headers.lines
        assert (name, media_type.partition("=")[0]) == ("Content-Type", "multipart/byteranges; boundary")
        assert others == [line for line in lines if line[0] != "Content-Type"]
