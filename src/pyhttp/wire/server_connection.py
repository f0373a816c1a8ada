"""RFC 9112: one connection as the server sees it. Bytes in, events out; events in, bytes out.

The states are in `wire.states`. No call waits: a `Signal` gives the reason why there is no event.
"""

from typing import Final, assert_never

from pyhttp.errors import Misuse
from pyhttp.limits import Limits
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.wire.events import Content, ContentElsewhere, EndOfMessage, Informational, Outgoing, ResponseHead, Signal
from pyhttp.wire.framing import UntilClose
from pyhttp.wire.persistence import connection_line
from pyhttp.wire.receiver import RequestReceiver
from pyhttp.wire.response_head import serialize_head, status_line
from pyhttp.wire.sender import ResponseSender
from pyhttp.wire.states import RECEIVED, SENT, Receiving, Sending

__all__ = ["ServerConnection"]

# Looking up a member of an Enum, or a pair in the table, costs more than a global name.
_RECEIVED: Final = Receiving.DONE
_OWING_HEAD: Final = Sending.HEAD
_SENT: Final = SENT[Sending.CONTENT, EndOfMessage]
_NO_RESPONSE: Final = ResponseSender(ResponseHead(204, EMPTY, None), "", "")
_ORDINARY: Final = frozenset(range(200, 600)) - {204, 205}
"""Statuses whose framing is the length of the content; a 304 of empty content has no length."""


class ServerConnection(RequestReceiver):
    """The server's side of one HTTP/1.1 connection, without I/O.

    Any split of the input gives the same events, if pieces of content are merged. After an error the input is not
    parsed any more: each further `next_event` raises the error again (safety line F13). An answer may still be sent; it
    closes.

    Arguments and attributes are those of `RequestReceiver`. The head of the response settles whether the connection
    persists.
    """

    __slots__ = ("_response", "_sending")

    def __init__(self, limits: Limits, *, secure: bool = False) -> None:
        RequestReceiver.__init__(self, limits, secure=secure)
        self._sending = _OWING_HEAD
        self._response = _NO_RESPONSE

    # --- sending

    def send(self, event: Outgoing) -> bytes:
        """The bytes that stand for `event`; content whose length was stated is returned as the same object.

        A ResponseHead may be sent once: sent before a request is complete, or after an error, it closes the connection.

        Raises:
            Misuse: Such an event may not be sent now, or it breaks the framing of its response; no bytes may be sent
                for it.
        """
        after = SENT.get((self._sending, type(event)))
        if after is None:
            raise Misuse(f"{type(event).__name__} is not what comes next (sending: {self._sending.value})")
        data = self._write(event)
        self._sending = after
        return data

    def _write(self, event: Outgoing) -> bytes:
        if isinstance(event, ResponseHead):
            return self._write_head(event)
        if isinstance(event, Informational):
            return self._write_informational(event.status)
        match event:
            case Content():
                return self._response.content(event.data)
            case EndOfMessage():
                return self._response.end(event.trailers)
            case ContentElsewhere():
                self._response.elsewhere(event.length)
                return b""
            case _:
                assert_never(event)

    def _write_informational(self, status: int) -> bytes:
        if not 100 <= status <= 199 or status == 101:
            raise Misuse(f"an interim response has a status of 100 to 199, except 101, not {status}")
        if self.request is None or self.request.version == "HTTP/1.0":  # 9110-15.2-1b
            raise Misuse("an interim response goes to an HTTP/1.1 request only (RFC 9110 §15.2)")
        self._expects = False
        return serialize_head(status)

    def _write_head(self, head: ResponseHead) -> bytes:
        request = self.request
        version = "" if request is None else request.version
        response = ResponseSender(head, self.known_method, version)  # an answer to HEAD has no content
        # A client that was not told to continue may send its content or not: the meaning of the next octets is unclear
        # (safety line F14). So the connection ends.
        keep = self.persistent and request is not None and not head.close and not self.awaiting_continue
        keep = keep and not isinstance(response.framing, UntilClose)
        data = response.head(connection_line(version, keep=keep, upgrade="upgrade" in head.fields.by_name))
        self.persistent: bool = keep
        self._expects = False
        self._response = response
        if request is None and self._receiving is Receiving.HEAD:
            self._receiving = RECEIVED[self._receiving, Signal]
            self.buffer.clear()
        return data

    def send_whole(self, status: int, fields: Headers, length: int, date: bytes, close: bool) -> bytes | None:
        """The head of an ordinary final response; its content, which the caller itself sends, counts as sent.

        One step takes the place of `send` with a head, content elsewhere and an end. None means that nothing has
        changed, and `send` has to be asked: the request is not complete, or the framing needs a closer look.

        Args:
            status: The status of the response.
            fields: As in `ResponseHead`.
            length: The number of content octets. They follow at once, or stay with the caller where the request is
                HEAD.
            date: A complete Date line, or nothing.
            close: Whether the connection is to end.

        Raises:
            Misuse: A field cannot be sent.
        """
        request = self.request
        stated = False
        if (
            request is None
            or self._receiving is not _RECEIVED
            or self._sending is not _OWING_HEAD
            or status not in _ORDINARY
            or (
                fields.steers
                and (
                    ((stated := "content-length" in fields.by_name) and int(fields.by_name["content-length"]) != length)
                    or "upgrade" in fields.by_name
                )
            )
            or length < 0
            or (status == 304 and length)
        ):
            return None
        keep = self.persistent and not close
        data = b"".join(
            (
                status_line(status),
                date,
                fields.wire,
                b"" if stated or status == 304 else b"Content-Length: %d\r\n" % length,
                b"" if keep and request.version != "HTTP/1.0" else connection_line(request.version, keep=keep),
                b"\r\n",
            )
        )
        self.persistent = keep
        self._sending = _SENT
        return data

    # --- the next cycle

    def start_next_cycle(self) -> None:
        """Go on to the next request, which has waited for the answer to this one.

        So answers leave in the order of their requests (9112-9.3.2-1b.2), which are worked on one at a time
        (9112-9.3.2-1b). What was learned from this one is forgotten (9110-3.3-5a).

        Raises:
            Misuse: A message of this cycle is not complete; or the connection does not persist.
        """
        if self._receiving is not _RECEIVED or self._sending is not _SENT or not self.persistent:
            raise Misuse("no next cycle: a message is incomplete, or the connection is to close")
        self._sending = _OWING_HEAD
        self._response = _NO_RESPONSE
        self._await_head()

    @property
    def delimited_by_close(self) -> bool:
        """Whether only the end of the connection shows where the content of the answer ends (RFC 9112 §6.3)."""
        return isinstance(self._response.framing, UntilClose)
