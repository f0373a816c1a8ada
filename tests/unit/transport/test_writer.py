"""SocketWriter."""

import socket
import threading

import pytest

from pyhttp.transport.writer import SocketWriter


def test_write_sends_all_and_returns_the_length() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        data = bytes(1_000_000)
        received = bytearray()

        def drain() -> None:
            while piece := theirs.recv(65536):
                received.extend(piece)

        reader = threading.Thread(target=drain)
        reader.start()
        writer = SocketWriter(ours)
        assert writer.write(data) == len(data)
        writer.close()
        reader.join()
        assert received == data


def test_close_shuts_down_and_closes_and_is_harmless_twice() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        writer = SocketWriter(ours)
        duplicate = ours.dup()
        writer.close()
        writer.close()
        assert theirs.recv(1) == b""
        assert ours.fileno() == -1
        duplicate.close()


def test_writing_after_close_is_an_error() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        writer = SocketWriter(ours)
        writer.close()
        with pytest.raises(OSError, match="Bad file"):
            writer.write(b"x")
