"""A client, and what it records of both sides."""

import socket
from collections.abc import Iterator

import pytest

from pyhttp.checking import recording
from pyhttp.checking.client import pieces
from pyhttp.checking.reader import Late
from pyhttp.checking.recording import Recorder, Said, Side


@pytest.fixture
def pair() -> Iterator[tuple[Recorder, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    with Recorder(ours) as client, theirs:
        yield client, theirs


def test_what_one_side_says_in_a_row_is_one_entry(pair: tuple[Recorder, socket.socket]) -> None:
    client, server = pair
    client.send(b"a")
    client.send(b"b")
    client.half_close()
    assert server.recv(9) == b"ab"
    server.sendall(b"c")
    assert client.more() == b"c"
    server.close()
    assert client.ended() == b""
    assert client.said == [
        Said(Side.CLIENT, b"ab"),
        Said(Side.CLIENT, b""),
        Said(Side.SERVER, b"c"),
        Said(Side.SERVER, b""),
    ]
    assert not client.late


def test_a_wait_in_vain_is_noted(pair: tuple[Recorder, socket.socket]) -> None:
    client, _ = pair
    client.sock.settimeout(0.01)
    with pytest.raises(Late):
        client.more()
    assert client.late


def test_no_more_than_4_mib_are_read(pair: tuple[Recorder, socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    client, server = pair
    assert recording._MOST == 4 * 1024 * 1024
    monkeypatch.setattr(recording, "_MOST", 1)
    server.sendall(b"a")
    client.more()
    server.sendall(b"b")
    client.more()
    with pytest.raises(Late):
        client.more()
    assert client.late


def test_long_data_is_sent_in_larger_pieces_in_its_middle() -> None:
    assert pieces(b"abc") == [b"a", b"b", b"c"]
    assert {len(piece) for piece in pieces(b"x" * (2048 + 64))} == {1}
    data = bytes(i % 251 for i in range(2048 + 1000 + 64))
    assert [len(piece) for piece in pieces(data)] == [1] * 2048 + [997, 3] + [1] * 64
    assert b"".join(pieces(data)) == data
