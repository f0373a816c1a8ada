"""The stream to a client over TLS, on sockets of the system; the client's side is OpenSSL's, too."""

import contextlib
import itertools
import os
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from pyhttp.errors import Disconnected
from pyhttp.transport.poller import READ, WRITE, wait_until_ready
from pyhttp.transport.stream import Piece, SocketStream, Stream
from pyhttp.transport.tls import TlsStream
from tests.helpers.channels import FakeStream, reset, tcp_pair
from tests.helpers.tls import TlsSocket, client_context, server_context

PORTION: Final = 64 * 1024
SLACK: Final = 1024


class Meeting:
    """A server's stream and its client.

    Attributes:
        told: The lines that the operator was told.
    """

    def __init__(self, ours: socket.socket, theirs: socket.socket, context: ssl.SSLContext | None) -> None:
        self.told: list[str] = []
        self.stream = TlsStream(ours, server_context(), self.told.append)
        self.raw = ours
        self.client = TlsSocket(theirs, context)

    def begin(self) -> Stream:
        """Make one step of the server, as soon as something is there for it."""
        assert wait_until_ready(self.raw.fileno(), READ, 10)
        return self.stream.begin()

    def shake_hands(self) -> None:
        """Complete the handshake."""
        self.client.start()
        with pytest.raises(BlockingIOError):
            self.begin()
        self.client.shake_hands()
        assert self.begin() is self.stream

    def read(self, most: int = 1 << 16) -> bytes:
        """The octets that the server reads, as soon as something is there."""
        assert self.stream.wanted or wait_until_ready(self.raw.fileno(), READ, 10)
        return self.stream.read(most)

    def fill(self) -> int:
        """Have the server write until the socket takes no more.

        The result is the number of octets that count as sent.
        """
        sent = 0
        try:
            while True:
                sent += self.stream.write([bytes(1 << 20)])
        except BlockingIOError:
            return sent


@contextlib.contextmanager
def meeting(context: ssl.SSLContext | None = None, *, secured: bool = True) -> Iterator[Meeting]:
    """A server's stream and its client, after their handshake unless told otherwise."""
    with tcp_pair() as (ours, theirs):
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        made = Meeting(ours, theirs, context)
        with made.client:
            if secured:
                made.shake_hands()
            yield made


# --- the handshake


def test_X1_the_handshake_goes_step_by_step_and_waits_for_nothing() -> None:
    with meeting(client_context("h2", "http/1.1"), secured=False) as met:
        with pytest.raises(BlockingIOError):
            met.stream.begin()
        met.client.start()
        with pytest.raises(BlockingIOError):
            met.begin()
        with pytest.raises(BlockingIOError):
            met.stream.begin()
        met.client.shake_hands()
        assert met.begin() is met.stream
        assert met.stream.secure
        assert not met.told


def test_X1_a_hello_that_comes_octet_by_octet_is_one() -> None:
    with meeting(secured=False) as met:
        with pytest.raises(ssl.SSLWantReadError):
            met.client.tls.do_handshake()
        for octet in met.client._leaving.read():
            socket.socket.send(met.client, bytes([octet]))
            with pytest.raises(BlockingIOError):
                met.begin()
        met.client.shake_hands()
        assert met.begin() is met.stream


def test_X1_what_the_client_takes_slowly_is_sent_when_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    write, tries, waits = SocketStream.write, itertools.count(), 0

    def write_a_little(stream: SocketStream, pieces: Sequence[Piece]) -> int:
        if next(tries) % 2 == 0:
            raise BlockingIOError
        return write(stream, (pieces[0][:100],))

    monkeypatch.setattr(SocketStream, "write", write_a_little)
    with meeting(secured=False) as met:
        client = threading.Thread(target=met.client.shake_hands)
        client.start()
        stream: Stream | None = None
        while stream is None:
            assert wait_until_ready(met.raw.fileno(), READ | met.stream.wanted, 10)
            try:
                stream = met.stream.begin()
            except BlockingIOError:
                waits += met.stream.wanted == WRITE
        assert waits > 3
        while met.stream.wanted:
            with contextlib.suppress(BlockingIOError):
                met.stream.read(1)
        client.join()
        assert not met.told


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n\r\n", b"O", b"options * HTTP/1.1\r\n\r\n"])
def test_who_speaks_http_at_once_goes_on_without_tls(said: bytes) -> None:
    with meeting(secured=False) as met:
        socket.socket.send(met.client, said)
        stream = met.begin()
        assert isinstance(stream, SocketStream)
        assert not stream.secure
        stream.write([b"no"])
        assert socket.socket.recv(met.client, 10) == b"no"
        assert not met.told


@pytest.mark.parametrize("said", [b"\x00\x01", b"\x16\x03\x01\x00\x05hello", b"\x80\x2e\x01\x00\x02" + bytes(60)])
def test_X2_what_is_no_handshake_is_told_once(said: bytes) -> None:
    with meeting(secured=False) as met:
        socket.socket.send(met.client, said + bytes(10))
        with pytest.raises(OSError, match=r"^[a-z0-9 ]+$"):
            met.begin()
        (line,) = met.told
        assert line.startswith("the TLS handshake failed: ")


def test_X2_a_client_that_leaves_in_the_middle_is_told_of_and_one_that_says_nothing_is_not() -> None:
    with meeting(secured=False) as met:
        met.client.start()
        with pytest.raises(BlockingIOError):
            met.begin()
        socket.socket.shutdown(met.client, socket.SHUT_WR)
        with pytest.raises(OSError, match="the client has left"):
            met.begin()
        assert met.told == ["the TLS handshake failed: the client has left"]
    with meeting(secured=False) as met:
        met.client.close()
        with pytest.raises(Disconnected):
            met.begin()
        assert not met.told


def test_X2_a_client_that_does_not_trust_is_told_of() -> None:
    with meeting(ssl.create_default_context(), secured=False) as met:
        met.client.start()
        with pytest.raises(BlockingIOError):
            met.begin()
        with pytest.raises(ssl.SSLCertVerificationError):
            met.client.shake_hands()
        met.client._flush()
        with pytest.raises(OSError, match="unknown ca"):
            met.begin()
        assert met.told == ["the TLS handshake failed: tlsv1 alert unknown ca"]


# --- reading


def test_read_gives_what_is_there_and_nothing_waits() -> None:
    with meeting() as met:
        with pytest.raises(BlockingIOError):
            met.stream.read(100)
        met.client.sendall(b"abcdef")
        assert met.read() == b"abcdef"
        assert met.stream.wanted == 0
        with pytest.raises(BlockingIOError):
            met.stream.read(100)


def test_X5_what_tls_holds_is_wanted_by_something_that_is_there() -> None:
    with meeting() as met:
        met.client.sendall(b"abcdef")
        assert met.read(4) == b"abcd"
        assert met.stream.wanted == WRITE
        assert wait_until_ready(met.raw.fileno(), WRITE, 0)
        assert met.stream.read(4) == b"ef"
        assert met.stream.wanted == 0


def test_X5_a_part_of_a_record_is_not_wanted() -> None:
    """Otherwise there would be an event again and again, with nothing to read."""
    with meeting() as met:
        met.client.tls.write(b"abcdef")
        record = met.client._leaving.read()
        socket.socket.send(met.client, record[:-1])
        with pytest.raises(BlockingIOError):
            met.read()
        assert met.stream.wanted == 0
        socket.socket.send(met.client, record[-1:])
        assert met.read() == b"abcdef"


def test_read_takes_several_records_at_once_and_no_more_than_it_may() -> None:
    with meeting() as met:
        sent = os.urandom(100_000)
        met.client.sendall(sent)
        got = b""
        while len(got) < len(sent):
            piece = met.read(50_000)
            assert 0 < len(piece) <= 50_000
            got += piece
        assert got == sent


def test_read_into_takes_as_much_as_there_is_room_for() -> None:
    with meeting() as met:
        buffer = bytearray(4)
        met.client.sendall(b"abcdef")
        assert wait_until_ready(met.raw.fileno(), READ, 10)
        assert met.stream.read_into(memoryview(buffer)) == 4
        assert met.stream.read_into(memoryview(buffer)[1:]) == 2
        assert buffer == b"aefd"


def test_a_record_leaves_at_once_though_the_system_could_keep_it() -> None:
    with meeting() as met:
        assert met.stream.write_kept(b"an answer") == 9
        assert met.client.recv(100) == b"an answer"
        met.stream.push()


@pytest.mark.parametrize("said", [b"", b"last"])
def test_the_end_of_input_is_told_again_and_again_though_the_socket_has_none(said: bytes) -> None:
    with meeting() as met:
        if said:
            met.client.sendall(said)
        with contextlib.suppress(ssl.SSLWantReadError):
            met.client.tls.unwrap()
        met.client._flush()
        if said:
            assert met.read() == said
        assert met.read() == b""
        assert met.stream.wanted == WRITE
        assert met.stream.read(10) == b""
        assert not met.stream.truncated
        assert met.stream.write([b"an answer"]) == 9
        assert met.client.recv(100) == b"an answer"


@pytest.mark.clause("9112-9.8-9a")
def test_an_end_that_tls_does_not_know_of_is_one_and_is_noted() -> None:
    with meeting() as met:
        met.client.sendall(b"part")
        socket.socket.shutdown(met.client, socket.SHUT_WR)
        assert met.read() == b"part"
        assert met.read() == b""
        assert met.read() == b""
        assert met.stream.truncated
        assert not met.told


def test_X2_what_cannot_be_decrypted_fails_for_good_and_is_told_once() -> None:
    with meeting() as met:
        met.client.tls.write(b"abcdef")
        record = met.client._leaving.read()
        socket.socket.send(met.client, record[:-1] + bytes([record[-1] ^ 1]))
        for _ in range(2):
            with pytest.raises(OSError, match=r"^[a-z0-9 ]+$"):
                met.read()
            socket.socket.send(met.client, record)
        with contextlib.suppress(OSError):
            met.stream.write([b"x"])
        (line,) = met.told
        assert line.startswith("TLS failed: ")
        met.stream.close(reset=False)
        with pytest.raises(ssl.SSLError, match=r"alert|ALERT"):
            met.client.recv(10)


def test_X2_a_reset_is_the_sockets_and_not_told() -> None:
    with meeting() as met:
        reset(met.client)
        with pytest.raises(ConnectionResetError):
            met.read()
        assert not met.told


# --- writing


def test_write_sends_pieces_in_their_order() -> None:
    with meeting() as met:
        assert met.stream.write([b"ab", memoryview(b"cd"), b"e"]) == 5
        assert met.client.recv(100) == b"abcde"


def test_L4_what_the_client_does_not_take_is_bounded_and_not_encrypted_twice() -> None:
    """L4: not more than a portion is held, and the octets that were given twice arrive once."""
    data = os.urandom(4 << 20)
    with meeting() as met:
        met.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        sent, got = 0, b""
        while sent < len(data) or len(got) < len(data):
            try:
                sent += met.stream.write([memoryview(data)[sent : sent + 100_000]]) if sent < len(data) else 0
            except BlockingIOError:
                assert met.stream.wanted == WRITE
                assert len(met.stream._unsent) + met.stream._leaving.pending <= PORTION + SLACK
            assert len(got) <= sent + PORTION
            if sent == len(data) or not wait_until_ready(met.raw.fileno(), WRITE, 0):
                got += met.client.recv(1 << 16)
        assert got == data


def test_octets_that_wait_count_as_neither_sent_nor_taken_until_their_ciphertext_is() -> None:
    with meeting() as met:
        sent = met.fill()
        before = met.stream.untaken()
        assert sent - before <= sent
        taken = 0
        while taken < sent:
            taken += len(met.client.recv(1 << 20))
        assert sent - met.stream.untaken() >= sent
        assert met.stream.write([bytes(1 << 20)]) == PORTION
        assert met.stream.step() > 0


def test_what_is_taken_of_octets_that_wait_is_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting() as met:
        fake = FakeStream(taking=[1000])
        monkeypatch.setattr(met.stream, "_socket", fake)
        fake.left = 1000
        with pytest.raises(BlockingIOError):
            met.stream.write([bytes(PORTION)])
        assert met.stream.untaken() == 0
        fake.left = 300
        assert met.stream.untaken() == -700
        fake.taking = [PORTION]
        assert met.stream.write([bytes(PORTION)]) == PORTION
        assert met.stream.untaken() == 300


def test_a_file_is_sent_in_portions(tmp_path: Path) -> None:
    data = os.urandom(200_000)
    (tmp_path / "file").write_bytes(data)
    with meeting() as met, (tmp_path / "file").open("rb") as file:
        sent, got = 10, b""
        while sent < len(data):
            try:
                count = met.stream.write_file(file.fileno(), sent, len(data) - sent)
            except BlockingIOError:
                got += met.client.recv(1 << 20)
                continue
            assert 0 < count <= PORTION
            sent += count
        assert met.stream.write_file(file.fileno(), sent, 100) == 0
        while len(got) < len(data) - 10:
            got += met.client.recv(1 << 20)
        assert got == data[10:]


def test_writing_to_a_client_that_is_gone_fails() -> None:
    with meeting() as met:
        reset(met.client)
        assert wait_until_ready(met.raw.fileno(), READ, 10)
        assert met.stream.departed()
        with pytest.raises(OSError, match=r"Broken pipe|reset"):
            met.fill()


def test_X2_a_client_that_asks_for_new_keys_without_end_is_ended() -> None:
    """The octets that TLS itself has to send are bounded, too."""
    with meeting() as met:
        met.fill()
        met.stream._leaving.write(bytes(PORTION + 1))  # the answers to such messages would wait here, too
        socket.socket.send(met.client, b"\x17\x03\x03")
        assert wait_until_ready(met.raw.fileno(), READ, 10)
        with pytest.raises(OSError, match="does not take the octets that it asks for"):
            met.stream.read(100)
        assert met.told == ["TLS failed: the client does not take the octets that it asks for"]


# --- the end


@pytest.mark.clause("9112-9.8-10a")
def test_finish_ends_tls_and_then_the_stream() -> None:
    with meeting() as met:
        met.stream.write([b"last"])
        assert met.stream.finish()
        assert met.stream.finish()
        assert met.client.recv(100) == b"last"
        assert met.client.recv(100) == b""
        assert not met.client.truncated
        assert socket.socket.recv(met.client, 100) == b""


def test_finish_waits_for_room() -> None:
    with meeting() as met:
        met.fill()
        assert not met.stream.finish()
        assert met.stream.wanted == WRITE
        while not met.stream.finish():
            met.client.recv(1 << 16)
        while met.client.recv(1 << 20):
            pass
        assert not met.client.truncated
        assert met.stream.wanted == 0


def test_finish_says_nothing_to_who_has_left() -> None:
    with meeting() as met:
        reset(met.client)
        assert wait_until_ready(met.raw.fileno(), READ, 10)
        assert met.stream.finish()


def test_behind_the_end_what_still_comes_is_counted_and_not_understood() -> None:
    with meeting() as met:
        met.client.sendall(b"more")
        assert met.read(2) == b"mo"
        met.stream.finish()
        assert met.stream.wanted == 0
        met.client.sendall(b"more")
        assert len(met.read(100)) > len(b"more")
        socket.socket.shutdown(met.client, socket.SHUT_WR)
        assert met.read() == b""


def test_a_client_that_has_ended_first_is_not_waited_for() -> None:
    with meeting() as met:
        with contextlib.suppress(ssl.SSLWantReadError):
            met.client.tls.unwrap()
        met.client._flush()
        assert not met.stream.half_closed()
        assert met.read() == b""
        assert met.stream.half_closed()
        met.stream.finish()
        assert met.stream.wanted == WRITE
        assert met.stream.read(100) == b""


@pytest.mark.clause("9112-9.8-10a")
def test_closing_in_order_ends_tls() -> None:
    with meeting() as met:
        met.stream.close(reset=False)
        assert met.client.recv(100) == b""
        assert not met.client.truncated
        assert met.raw.fileno() < 0


def test_F17_no_alert_lets_a_part_pass_for_the_whole() -> None:
    with meeting() as met:
        met.stream.write([b"part"])
        met.stream.close(reset=False, partial=True)
        assert met.client.recv(100) == b"part"
        assert met.client.recv(100) == b""
        assert met.client.truncated
    with meeting() as met:
        met.stream.close(reset=True)
        with pytest.raises(ConnectionResetError):
            met.client.recv(100)


def test_a_cut_says_nothing_in_tls() -> None:
    with meeting() as met:
        met.stream.cut()
        assert met.client.recv(100) == b""
        assert met.client.truncated
        met.stream.close(reset=False)
