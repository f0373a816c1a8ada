"""RFC 8446, RFC 9110 §4.2.2, RFC 9112 §9.7, §9.8: the stream to a client over TLS.

OpenSSL has no socket here: an `ssl.SSLObject` takes ciphertext from memory and gives ciphertext to memory, and a
`SocketStream` moves the ciphertext. So no call waits, and the held octets are known. HTTP sees no difference
(9112-9.7-2d).
"""

import contextlib
import os
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pyhttp.errors import Disconnected
from pyhttp.transport.poller import WRITE
from pyhttp.transport.stream import Piece, SocketStream, Stream

__all__ = ["TlsStream"]

_RECORD: Final = 17 * 1024
"""The largest number of octets of one record: 16 KiB of content with head and tail (RFC 8446 §5.2)."""
_PORTION: Final = 64 * 1024
"""The number of octets that are encrypted at once: this much is held for a client that does not take it."""
_OWN: Final = 64 * 1024
"""The number of octets of TLS itself that may be unsent. A client can ask for them without end (RFC 8446 §4.6.3)."""


class TlsStream:
    """TLS on a socket that is non-blocking underneath; this end is the server.

    Octets given to `write` count as sent when the socket has taken all of their ciphertext. Until then the caller gives
    the same octets again, which costs nothing: they are encrypted once.

    Args:
        sock: The socket; `close` closes it.
        context: A context for servers.
        tell: Called once, with the error of a client's TLS in words (safety line X2).

    Attributes:
        truncated: Whether the client has ended without the alert of TLS: its octets may be a part (9112-9.8-9a).
        finished: Whether our end has been sent, or is on its way.
    """

    secure: Final = True

    __slots__ = (
        "_arrived",
        "_begun",
        "_ended",
        "_established",
        "_failure",
        "_given",
        "_leaving",
        "_more",
        "_owed",
        "_socket",
        "_tell",
        "_tls",
        "_unsent",
        "finished",
        "truncated",
    )

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, tell: Callable[[str], object]) -> None:
        self._socket = SocketStream(sock)
        self._tell = tell
        self._arrived = ssl.MemoryBIO()
        self._leaving = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._arrived, self._leaving, server_side=True)
        self._unsent: Piece = b""
        self._owed = 0
        self._given = 0
        self._more = False
        self._failure = ""
        self._begun = self._established = self._ended = False
        self.truncated: bool = False
        self.finished: bool = False

    @property
    def wanted(self) -> int:
        """See `Stream`: WRITE for unsent octets, or for input that is held here: this readiness comes at once."""
        return WRITE if self._more or self._unsent or self._leaving.pending else 0

    # --- the handshake

    def begin(self) -> Stream:
        """See `Stream`: one step of the handshake, or the plain socket for a client that speaks HTTP at once."""
        try:
            self._flush()
            octet = self._feed(_RECORD)
            if not self._begun and octet.isalpha():
                return self._socket
            self._begun |= bool(octet)
            self._established = self._shake_hands(ended=not octet)
            self._more = self._established and self._arrived.pending > 0
            self._flush()
        except BlockingIOError:  # octets behind a complete handshake, tickets for the next one, can be sent later
            if not self._established:
                raise
        except OSError as error:
            if not self._begun:
                raise Disconnected("the client has left before its first octet") from error
            raise self._fault(error) from error
        if not self._established:
            raise BlockingIOError
        return self

    def _shake_hands(self, *, ended: bool) -> bool:
        """Whether the handshake is complete, as far as the client has gone."""
        if ended:
            raise OSError("the client has left")
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    # --- reading

    def read(self, most: int) -> bytes:
        """See `Stream`; after our end, ciphertext, which is not decrypted any more."""
        if self.finished:
            return b"" if self._ended else self._socket.read(most)
        if self._failure:
            raise OSError(self._failure)
        self._answer()
        if not self._more and not self._feed(most):
            self.truncated = self._ended = True
        pieces: list[bytes] = []
        room = most
        while room and (piece := self._decrypt(room)):
            pieces.append(piece)
            room -= len(piece)
        self._more = not room or self._ended
        if not (pieces or self._ended):
            raise BlockingIOError
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read_into(self, buffer: memoryview) -> int:
        """See `Stream`."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _decrypt(self, room: int) -> bytes:
        """The content of a record; b"" where there is none, at the end of input or for now."""
        try:
            data = self._tls.read(room)
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLError as error:
            raise self._fault(error) from error
        self._ended = not data
        return data

    def _feed(self, most: int) -> bytes:
        """Read ciphertext once; returns its first octet, or b"" at its end."""
        data = self._socket.read(max(most, _RECORD))
        self._arrived.write(data)  # OpenSSL sees only the end of TLS: after another end it would refuse to answer
        return data[:1]

    def _answer(self) -> None:
        """Send octets of TLS itself, such as a new key; if some stay unsent, the loop comes back here."""
        try:
            self._flush()
        except BlockingIOError:
            if self._leaving.pending > _OWN:
                raise self._fault(OSError("the client does not take the octets that it asks for")) from None

    # --- writing

    def peek(self, most: int) -> bytes:
        """See `Stream`: the octets before TLS."""
        return self._socket.peek(most)

    def skip(self, count: int) -> None:
        """See `Stream`."""
        self._socket.skip(count)

    def write(self, pieces: Sequence[Piece]) -> int:
        """See `Stream`."""
        if not self._owed:
            self._encrypt(pieces[0][:_PORTION] if len(pieces) == 1 else b"".join(_first(pieces, _PORTION)))
        return self._pay()

    def write_kept(self, data: bytes) -> int:
        """See `Stream`: records leave at once."""
        return self.write((data,))

    def push(self) -> None:
        """Do nothing: nothing is kept."""

    def write_file(self, descriptor: int, offset: int, count: int) -> int:
        """See `Stream`: the system cannot send octets that have to be encrypted here."""
        if not self._owed:
            data = os.pread(descriptor, min(count, _PORTION), offset)
            if not data:
                return 0
            self._encrypt(data)
        return self._pay()

    def _encrypt(self, data: Piece) -> None:
        view = memoryview(data)
        self._owed = len(view)
        try:
            while view:
                view = view[self._tls.write(view) :]
        except ssl.SSLError as error:
            raise self._fault(error) from error

    def _pay(self) -> int:
        """Send the ciphertext of the owed content, else raise BlockingIOError; returns its number of octets."""
        self._flush()
        paid, self._owed, self._given = self._owed, 0, 0
        return paid

    def _flush(self) -> None:
        """Send all ciphertext, else raise BlockingIOError."""
        while self._unsent or self._leaving.pending:
            if not self._unsent:
                self._unsent = memoryview(self._leaving.read())
            sent = self._socket.write((self._unsent,))
            self._unsent = self._unsent[sent:]
            if self._owed:
                self._given += sent

    # --- the state of the connection

    def untaken(self) -> int:
        """See `Stream`; octets taken that do not count as sent yet are subtracted: the number may be below zero."""
        return self._socket.untaken() - self._given

    def step(self) -> int:
        """See `Stream`."""
        return self._socket.step()

    def departed(self) -> bool:
        """See `Stream`."""
        return self._socket.departed()

    def half_closed(self) -> bool:
        """See `Stream`; the end of TLS counts only once it is read, but seldom comes alone."""
        return self._ended or self._socket.half_closed()

    def _fault(self, error: OSError) -> OSError:
        """The error of TLS, which is logged once; its alert leaves for the client if it can."""
        named = error.reason if isinstance(error, ssl.SSLError) else None
        reason = (named or error.strerror or str(error)).lower().replace("_", " ")
        with contextlib.suppress(OSError):
            self._flush()
        if not self._failure:
            self._failure = reason
            self._tell(f"TLS failed: {reason}" if self._established else f"the TLS handshake failed: {reason}")
        return OSError(reason)

    # --- the end

    def finish(self) -> bool:
        """See `Stream`: by the alert of RFC 8446 §6.1, and then by TCP (9112-9.8-10a)."""
        if not self.finished:
            self.finished = True
            self._more = self._ended
            with contextlib.suppress(ssl.SSLError):  # the client's own alert is not awaited (9112-9.8-10b)
                self._tls.unwrap()
        try:
            self._flush()
        except BlockingIOError:
            return False
        except OSError:  # the client has left already
            return True
        return self._socket.finish()

    def cut(self, *, silently: bool = False) -> None:
        """See `Stream`; no alert is sent: the owner may be at work here, and a part must not look complete."""
        self._socket.cut(silently=silently)

    def close(self, *, reset: bool, partial: bool = False) -> None:
        """See `Stream`: by an alert, if there is room for it and no error."""
        if self._established and not (reset or partial or self.finished or self._failure):
            self.finish()
        self._socket.close(reset=reset)


def _first(pieces: Sequence[Piece], most: int) -> Iterator[Piece]:
    """The first octets of `pieces`."""
    for piece in pieces:
        yield piece[:most]
        most -= len(piece)
        if most <= 0:
            return
