"""A feed by itself: octets written at one end, and read at the other."""

import threading
import weakref
from collections.abc import Callable
from typing import Final

import pytest

from pyhttp.errors import Disconnected, Misuse
from pyhttp.messages import Response, Source, Written
from pyhttp.transport.feed import Feed, FeedContent, FeedEnd
from tests.helpers.untyped import untyped

SERIAL: Final = 7


class Calls:
    """A callback that counts how often it was called."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, serial: int) -> None:
        assert serial == SERIAL
        self.count += 1


def awaited(reader: FeedContent, *, behind: bool = False) -> Calls:
    """The callback that is called when there is something to read."""
    calls = Calls()
    reader.listen(calls, SERIAL, behind=behind)
    return calls


def test_what_is_sent_is_read_in_order() -> None:
    feed = Feed()
    assert feed.send(b"before ")
    reader = feed.reader()
    assert feed.send(b"the response")
    assert reader.read() == b"before the response"
    assert reader.read() is None
    assert feed.send(b"later")
    assert reader.read() == b"later"
    assert reader.read() is None
    assert feed.closed is None


def test_its_end_is_behind_all_that_was_taken() -> None:
    feed = Feed()
    reader = feed.reader()
    feed.send(b"last")
    feed.close()
    assert feed.closed == "closed"
    assert not feed.send(b"more")
    feed.close()
    assert (reader.read(), reader.read(), reader.read()) == (b"last", b"", b"")
    reader.close()
    assert feed.closed == "closed"


def test_much_is_read_in_pieces() -> None:
    feed = Feed()
    reader = feed.reader()
    feed.send(bytes(150_000))
    pieces = [reader.read() for _ in range(4)]
    assert [piece if piece is None else len(piece) for piece in pieces] == [65_536, 65_536, 18_928, None]


def test_L5_who_reads_too_slowly_is_dropped_at_the_limit() -> None:
    """The octets that were read last count, as long as it is not known that they have left."""
    feed = Feed(limit=10)
    reader = feed.reader()
    assert feed.send(b"12345")
    assert reader.read() == b"12345"
    assert feed.send(b"67890")
    calls = awaited(reader, behind=True)
    assert not feed.send(b"!")
    assert (feed.closed, calls.count) == ("too slow", 1)
    assert not feed.send(b"")
    with pytest.raises(Disconnected):
        reader.read()
    reader.close()
    assert feed.closed == "too slow"


@pytest.mark.parametrize("sent", ["read", "listen"])
def test_what_has_left_counts_no_more(sent: str) -> None:
    feed = Feed(limit=10)
    reader = feed.reader()
    for _ in range(5):
        assert feed.send(b"1234567890")
        assert reader.read() == b"1234567890"
        if sent == "read":
            assert reader.read() is None
        else:
            assert awaited(reader).count == 0


def test_a_feed_without_a_reader_is_bounded_too() -> None:
    feed = Feed(limit=10)
    assert feed.send(b"1234567890")
    assert not feed.send(b"1")
    assert feed.closed == "too slow"


# --- calls


def test_a_reader_is_called_once_for_what_is_new() -> None:
    feed = Feed()
    reader = feed.reader()
    calls = awaited(reader)
    assert calls.count == 0
    feed.send(b"")
    assert calls.count == 0
    feed.send(b"a")
    feed.send(b"b")
    assert calls.count == 1
    assert reader.read() == b"ab"


ENDS: Final[list[Callable[[Feed], object]]] = [lambda feed: feed.send(b"a"), Feed.close]


@pytest.mark.parametrize("act", ENDS, ids=["sent", "closed"])
def test_a_reader_that_comes_late_is_called_at_once(act: Callable[[Feed], object]) -> None:
    """Nothing is lost between its reading and its listening."""
    feed = Feed()
    reader = feed.reader()
    assert reader.read() is None
    act(feed)
    assert awaited(reader).count == 1


@pytest.mark.parametrize("act", ENDS, ids=["sent", "closed"])
def test_a_reader_whose_client_is_behind_is_not_called(act: Callable[[Feed], object]) -> None:
    feed = Feed()
    reader = feed.reader()
    calls = awaited(reader, behind=True)
    act(feed)
    assert calls.count == 0
    assert awaited(reader, behind=True).count == 0
    assert awaited(reader).count == 1


def test_a_reader_is_called_for_the_end() -> None:
    feed = Feed()
    calls = awaited(feed.reader())
    feed.close()
    assert calls.count == 1


def test_a_reader_that_has_gone_is_not_called() -> None:
    feed = Feed()
    reader = feed.reader()
    calls = awaited(reader)
    reader.close()
    assert not feed.send(b"a")
    assert calls.count == 0


def test_many_threads_write_at_once() -> None:
    feed = Feed()
    reader = feed.reader()
    threads = [threading.Thread(target=lambda: [feed.send(b"abc") for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    feed.close()
    got = b"".join(iter(lambda: reader.read() or b"", b""))
    assert got == b"abc" * 4000


# --- readers that have gone


@pytest.mark.parametrize(("read", "reason"), [(True, "left"), (False, "unsent")])
def test_a_reader_that_goes_says_why(read: bool, reason: FeedEnd) -> None:
    feed = Feed()
    reader = feed.reader()
    if read:
        reader.read()
    feed.send(b"for nobody")
    reader.close()
    assert feed.closed == reason
    assert not feed.send(b"a")


def test_a_response_that_is_not_sent_closes_its_feed() -> None:
    feed = Feed()
    response = Response(200, {}, feed)
    assert response.length is None
    response.close()
    assert feed.closed == "unsent"


def test_one_response_has_a_feed() -> None:
    feed = Feed()
    reader = feed.reader()
    with pytest.raises(Misuse, match="one response"):
        feed.reader()
    Response(200, {}, feed).close()
    assert feed.closed is None
    assert feed.send(b"a")
    assert reader.read() == b"a"


# --- its use


def test_a_feed_is_written_and_its_reader_a_source() -> None:
    feed = Feed()
    assert isinstance(feed, Written)
    assert not isinstance(feed, Source)
    reader = feed.reader()
    assert isinstance(reader, Source)
    assert (reader.watched(), reader.due()) == ((), float("inf"))


def test_feeds_are_kept_in_sets_weak_ones_too() -> None:
    feed, other = Feed(), Feed()
    assert len({feed, other, feed}) == 2
    assert feed in weakref.WeakSet([feed])


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="limit: at least 1, not 0"):
        Feed(limit=0)
    with pytest.raises(TypeError, match="limit: int, not str"):
        untyped(Feed)(limit="1")
    with pytest.raises(TypeError, match=r"write item.encode\(\)"):
        untyped(Feed().send)("text")
    feed = Feed(limit=3)
    with pytest.raises(ValueError, match="4 octets, and the limit of the feed is 3"):
        feed.send(b"1234")
    assert feed.closed is None
