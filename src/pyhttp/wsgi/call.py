"""PEP 3333, "Specification Details": one call of an application, from `start_response` to the end of its result.

A whole answer leaves in one step. Any other answer is an iterable body: the server takes its items as fast as the
client reads, and closes it in every outcome. Data that an application passes to `write` leaves while the application is
still running.

A framework may keep the request of a thread in a place of that thread, and look there while it makes the items. So the
call holds its thread up to its last item, where there are several threads: nothing else runs on it in between.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Final

from pyhttp.errors import Misuse
from pyhttp.messages import CONTENT_FORBIDDEN, FileSlice, Response, check_item
from pyhttp.telling import described
from pyhttp.transport.access_log import ERROR, loggers
from pyhttp.transport.exchange import Exchange
from pyhttp.wsgi.files import FileWrapper
from pyhttp.wsgi.starting import Start, started

if TYPE_CHECKING:
    from _typeshed import OptExcInfo

__all__ = ["Call"]

_NOTHING: Final[Iterator[bytes]] = iter(())


class Call:
    """One call of an application; the gate sees it as the content of the answer, if that is not whole.

    Args:
        exchange: The exchange that the call answers.
        send_all: Waits until the client has taken the data sent; None where nothing can be sent in between.
        holds_thread: Whether the call holds its thread up to the last item.
    """

    __slots__ = (
        "_exchange",
        "_holds_thread",
        "_items",
        "_left",
        "_result",
        "_returned",
        "_send_all",
        "_sent",
        "_start",
        "_written",
    )

    def __init__(self, exchange: Exchange, send_all: Callable[[], None] | None, *, holds_thread: bool = False) -> None:
        self._exchange = exchange
        self._holds_thread = holds_thread
        self._send_all = send_all
        self._start: Start | None = None
        self._returned = False
        self._sent = False
        self._result: Iterable[bytes] = ()
        self._items = _NOTHING
        self._left: int | None = None
        """The number of octets of the stated Content-Length that are still to come, once the head has been sent."""
        self._written: tuple[bytes, ...] = ()
        """The data given to `write` and not taken yet."""

    # --- called by the application

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: "OptExcInfo | None" = None, /
    ) -> Callable[[bytes], None]:
        """Begin the answer, or, with `exc_info`, begin it anew.

        Raises:
            Misuse: The answer was begun before, and there is no `exc_info`.
            BaseException: The exception of `exc_info`, where the beginning has been sent.
            ValueError: The status or the headers cannot be sent.
            TypeError: The status or the headers are no text.
        """
        if exc_info is not None:
            try:
                if exc_info[1] is not None and self._sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # it refers to this frame
        elif self._start is not None:
            raise Misuse("start_response was called before; a second call has exc_info (PEP 3333)")
        self._start = started(status, headers)
        return self._write

    def _write(self, data: bytes, /) -> None:
        """Send `data` now, and wait until the client has taken it: an older way than the returned iterable.

        Raises:
            Misuse: The data is more than the Content-Length, or the application has returned.
            OSError: The client is gone, or does not read.
        """
        if data.__class__ is not bytes:
            check_item(data)
        start = self._begun()
        left = self._left if self._sent else start.length
        if self._returned or (left is not None and len(data) > left):
            raise Misuse("write: more than the Content-Length, or after the application has returned")
        if not data:
            return
        self._written += (data,)
        if self._send_all is None:
            return
        if not self._sent:
            self._respond_by_items(start)
        elif self._exchange.answer is not None:
            self._exchange.answer.pull()
        self._send_all()

    # --- the iterable that the application has returned

    def answer(self, result: Iterable[bytes]) -> None:
        """Answer with the iterable that the application has returned.

        Raises:
            Misuse: The application has not called `start_response`, or its content is not as long as stated.
            TypeError: The application has returned something else than an iterable of bytes.
            BaseException: The iterable has raised it.
        """
        self._result = result
        self._returned = True
        if self._sent:
            self._items = iter(result)
            if self._holds_thread:
                self._exchange.finish_in_place()
            return  # else the next turns go on with it
        try:
            if self._written:
                self._items = chain(self._written, result)
                self._respond_by_items(self._begun())
            else:
                self._answer(result)
        except BaseException:
            self.close()
            raise

    def _answer(self, result: Iterable[bytes]) -> None:
        content: bytes | FileSlice | None = None
        items = _NOTHING
        if isinstance(result, list | tuple):
            content = b"".join(result)
        elif isinstance(result, FileWrapper):
            content = result.as_slice(self._begun().length)
        if content is None:
            items = iter(result)
            content = _first(items)  # the application may change the start before this; often this is all content
        start = self._begun()
        if start.status in CONTENT_FORBIDDEN:
            self._respond(start, b"")
        elif isinstance(content, FileSlice):
            self._respond(start, content)
            self._result = ()  # the gate closes it after sending it
        elif self._is_whole(start, content, more=items is not _NOTHING):
            self._respond(start, content, ends_turn=items is _NOTHING)
            if items is not _NOTHING:
                self._items, self._left = items, 0
                next(self, None)  # runs the application's code behind its last item
        else:
            self._items = chain((content,), items) if content else items
            self._respond_by_items(start)
            return
        self.close()

    def _is_whole(self, start: Start, content: bytes, *, more: bool) -> bool:
        """Whether `content` is the whole content, or would be, in an answer to HEAD."""
        if start.length is not None:
            return len(content) == start.length
        if content:
            return not more
        return self._exchange.head is None or self._exchange.head.method != "HEAD"

    def _begun(self) -> Start:
        if self._start is None:
            raise Misuse("the application has not called start_response before its content (PEP 3333)")
        return self._start

    def _respond(
        self, start: Start, body: "bytes | FileSlice | Call", *, ends_turn: bool = False, wait: bool = False
    ) -> None:
        response = Response(start.status, start.headers, body, reason=start.reason)
        self._sent = True
        self._exchange.respond(response, wait=wait, ends_turn=ends_turn)

    def _respond_by_items(self, start: Start) -> None:
        self._left = start.length
        self._respond(start, self, wait=self._returned and self._holds_thread)

    # --- the content, for the gate

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._returned:
            item = self._next()
        else:  # the data given to `write`, then nothing for now
            item, self._written = b"".join(self._written), ()
        left = self._left
        if left is None:
            return item
        if len(item) > left:
            loggers()[0].log(ERROR, "%s: the application gave more than its Content-Length", described(self._exchange))
            self._items = _NOTHING
            item = item[:left]
        self._left = left - len(item)
        return item

    def _next(self) -> bytes:
        try:
            return next(self._items)
        except StopIteration:
            if self._left:
                raise Misuse(f"the application gave {self._left} octets less than its Content-Length") from None
            raise

    def close(self) -> None:
        """Close the returned iterable, once."""
        result, self._result, self._items = self._result, (), _NOTHING
        close: Callable[[], object] | None = getattr(result, "close", None)
        if close is not None:
            close()


def _first(items: Iterator[bytes]) -> bytes:
    """The first item that is not empty; ``b""`` where there is none."""
    for item in items:
        if item.__class__ is not bytes:
            check_item(item)
        if item:
            return item
    return b""
