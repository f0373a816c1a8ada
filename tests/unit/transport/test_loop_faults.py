"""Faults at the seam between the loop and the system."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyhttp.messages import FileSlice, Response
from pyhttp.request import Request
from pyhttp.transport.phases import Phase
from tests.helpers.fakes import world
from tests.helpers.sockets import descriptors, request


class Seam:
    """`os.read`, `os.write`, `os.writev` and `os.sendfile` as they are, except for the faults that are drawn."""

    def __init__(self, faults: Sequence[str], patch: pytest.MonkeyPatch) -> None:
        self._faults = list(faults)
        self.resets = 0
        self._read, self._write, self._writev, self._sendfile = os.read, os.write, os.writev, os.sendfile
        for name in ("read", "write", "writev", "sendfile"):
            patch.setattr(os, name, getattr(self, name))

    def _fault(self) -> str:
        fault = self._faults.pop(0) if self._faults else "none"
        if fault == "again":
            raise BlockingIOError
        if fault == "reset":
            self.resets += 1
            raise ConnectionResetError
        return fault

    def read(self, fd: int, count: int) -> bytes:
        return self._read(fd, 1 if self._fault() == "short" else count)

    def write(self, fd: int, data: bytes) -> int:
        return self._write(fd, data[:1] if self._fault() == "short" else data)

    def writev(self, fd: int, buffers: Sequence[bytes]) -> int:
        return self._writev(fd, [buffers[0][:1]] if self._fault() == "short" else buffers)

    def sendfile(self, fd: int, source: int, offset: int, count: int) -> int:
        return self._sendfile(fd, source, offset, 1 if self._fault() == "short" else count)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seam") / "file"
    path.write_bytes(os.urandom(300_000))
    return path


@given(faults=st.lists(st.sampled_from(["none", "none", "short", "again", "reset"]), max_size=60))
@settings(max_examples=150, deadline=None)
def test_faults_at_the_seam_lose_no_byte_and_leave_nothing(folder: Path, faults: list[str]) -> None:
    """Short reads and writes, EAGAIN and ECONNRESET come at any call.

    A right prefix arrives. It is complete without a reset.
    """
    data = folder.read_bytes()
    before = descriptors()

    def handle(got: Request) -> Response:
        match got.path:
            case "/file":
                return Response(200, {}, FileSlice(folder.open("rb"), 0, len(data)))
            case "/echo":
                return Response(200, {}, got.body.read())
            case _:
                return Response(200, {}, b"small")

    asked = (("/small", b""), ("/echo", b"content" * 30), ("/file", b""), ("/ignored", b"x" * 50), ("/small", b""))
    expected = [{"/file": data, "/echo": content}.get(path, b"small") for path, content in asked]
    with world(handle) as made:
        peer, conn = made.connect()
        with pytest.MonkeyPatch.context() as patch:
            seam = Seam(faults, patch)
            peer.send(b"".join(request(path, method="POST", content=content) for path, content in asked))
            while made.poller.ready():
                made.round()
                peer.read()
                if not peer.ended and conn.phase is Phase.CLOSED:
                    peer.read()
        assert conn.phase is (Phase.CLOSED if seam.resets else Phase.IDLE)
        assert [status for _, status in made.employer.ended].count(200) <= len(asked)
    rest, complete = peer.received, 0
    for content in expected:
        _, _, rest = rest.partition(b"\r\n\r\n")
        assert rest[: len(content)] == content[: len(rest)]
        complete += len(rest) >= len(content) > 0
        rest = rest[len(content) :]
    assert rest == b""
    assert complete == len(expected) or seam.resets
    assert descriptors() <= before
