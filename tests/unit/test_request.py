"""Request: from a plain socket, and not a byte more than its own."""

import dataclasses
import socket
import threading
import time
from collections.abc import Callable

import pytest

from pyhttp.errors import (
    ContentTooLarge,
    Disconnected,
    FieldsTooLarge,
    HTTPError,
    IncompleteRequest,
    MalformedRequest,
    MissingRequest,
    Misuse,
    RequestTimeout,
    TargetTooLong,
)
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import RequestHead, Response
from pyhttp.request import Request
from pyhttp.semantics.fields import Headers
from pyhttp.servers.base import BaseServer
from pyhttp.transport.plain import open_channel
from tests.helpers.servers import connect, serving, wait_for
from tests.helpers.sockets import fed, pair, request

CHUNKED = "Transfer-Encoding: chunked"
CHUNKS = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n"
FIRST_SIZED = request("/1", method="POST", content=b"abcde")
FIRST_CHUNKED = request("/1", CHUNKED, method="POST") + CHUNKS


def whole(conn: socket.socket) -> bytes:
    """The octets that lie in the socket."""
    conn.setblocking(False)
    try:
        return conn.recv(1 << 20)
    except BlockingIOError:
        return b""


def test_the_parts_of_a_request() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/a%20b?c=d", "X-One: 1", "x-one: 2", method="PUT", content=b"xyz"))
        got = Request(ours)
        assert (got.method, got.target, got.path, got.query) == ("PUT", "/a%20b?c=d", "/a%20b", "c=d")
        assert (got.version, got.authority) == ("HTTP/1.1", "a")
        assert got.headers["X-ONE"] == "1, 2"
        assert got.body.read() == b"xyz"
        assert not got.trailers
        assert got.head.method == "PUT"


def test_a_request_is_a_dataclass_that_shows_what_was_asked() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/a", method="HEAD"))
        got = Request(ours)
        assert dataclasses.is_dataclass(got)
        assert repr(got) == (
            f"Request(method='HEAD', target='/a', path='/a', query='', version='HTTP/1.1',"
            f" headers={got.headers!r}, authority='a')"
        )


def test_a_request_without_content_has_an_empty_body() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request())
        got = Request(ours)
        assert got.body.read() == b""
        assert got.body.read(5) == b""


def test_two_pipelined_requests_on_one_plain_socket() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/1") + request("/2") + b"rest")
        assert Request(ours).path == "/1"
        assert Request(ours).path == "/2"
        assert whole(ours) == b"rest"


def unread(_: Request) -> None:
    """A handler that does not look at the content."""


def read_one(got: Request) -> None:
    assert got.body.read(1) == b"a"


def read_raw_one(got: Request) -> None:
    assert got.body.raw.read(1) == b"a"


def read_exactly(got: Request) -> None:
    assert got.body.read(5) == b"abcde"


def read_all(got: Request) -> None:
    assert got.body.read() == b"abcde"


@pytest.mark.parametrize("first", [FIRST_SIZED, FIRST_CHUNKED], ids=["sized", "chunked"])
@pytest.mark.parametrize("use", [unread, read_one, read_raw_one, read_exactly, read_all])
@pytest.mark.parametrize("at_once", [True, False])
def test_F11_the_next_request_starts_behind_content_however_much_of_it_was_read(
    first: bytes, use: Callable[[Request], None], at_once: bool
) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(first + request("/2") + b"rest" if at_once else first)
        use(Request(ours))
        if not at_once:
            theirs.sendall(request("/2") + b"rest")
        second = Request(ours)
        assert second.path == "/2"
        assert second.body.read() == b""
        assert whole(ours) == b"rest"


@pytest.mark.parametrize("first", [FIRST_SIZED, FIRST_CHUNKED], ids=["sized", "chunked"])
@pytest.mark.parametrize("use", [unread, read_one, read_exactly, read_all])
def test_F11_the_same_in_segments_of_one_byte(first: bytes, use: Callable[[Request], None]) -> None:
    data = first + request("/2")
    with fed(*(data[i : i + 1] for i in range(len(data)))) as ours:
        use(Request(ours))
        assert Request(ours).path == "/2"
        assert ours.calls <= 3 * len(data)


@pytest.mark.parametrize("first", [FIRST_SIZED, FIRST_CHUNKED], ids=["sized", "chunked"])
def test_no_byte_beyond_the_request_is_consumed(first: bytes) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(first + b"beyond")
        assert Request(ours).body.read() == b"abcde"
        assert whole(ours) == b"beyond"


def test_no_byte_beyond_the_head_is_consumed_before_the_content_is_read() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/", method="POST", content=b"content"))
        Request(ours)
        assert whole(ours) == b"content"


def test_a_request_whose_successor_was_read_has_no_content_any_more() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(FIRST_SIZED + request("/2"))
        first = Request(ours)
        Request(ours)
        with pytest.raises(Misuse):
            first.body.read()


def test_the_trailer_section_is_apart_from_the_headers() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(FIRST_CHUNKED)
        got = Request(ours)
        assert not got.trailers
        assert got.body.read() == b"abcde"
        assert got.trailers.lines == (("X-Sum", "5"),)
        assert "X-Sum" not in got.headers


def test_a_peer_that_sends_nothing() -> None:
    with pair() as (ours, theirs):
        theirs.close()
        with pytest.raises(MissingRequest) as caught:
            Request(ours)
        assert caught.value.status == 400


def test_a_peer_that_sends_an_empty_line_only() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(b"\r\n")
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(MissingRequest):
            Request(ours)


@pytest.mark.parametrize("sent", [b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r"])
def test_a_peer_that_ends_within_its_head(sent: bytes) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(sent)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(IncompleteRequest) as caught:
            Request(ours)
        assert caught.value.status == 400
        assert not isinstance(caught.value, MissingRequest)


@pytest.mark.parametrize("sent", [FIRST_SIZED[:-1], FIRST_CHUNKED[:-1], FIRST_CHUNKED[:-12]])
def test_F10_content_that_ends_early_is_not_taken_for_complete(sent: bytes) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(sent)
        theirs.shutdown(socket.SHUT_WR)
        got = Request(ours)
        with pytest.raises(IncompleteRequest):
            got.body.read()


@pytest.mark.parametrize(
    ("sent", "error", "status"),
    [
        (b"GET  / HTTP/1.1\r\n\r\n", MalformedRequest, 400),
        (b"GET / HTTP/1.1\r\n\r\n", MalformedRequest, 400),
        (request("/" + "a" * 9000), TargetTooLong, 414),
        (request("/", "X: " + "a" * 9000), FieldsTooLarge, 431),
        (request("/", "Content-Length: 99999999999"), ContentTooLarge, 413),
    ],
)
def test_what_is_wrong_with_a_head_is_an_error_with_a_status(sent: bytes, error: type[HTTPError], status: int) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(sent)
        with pytest.raises(error) as caught:
            Request(ours)
        assert caught.value.status == status


def test_F13_after_a_malformed_chunk_there_is_no_next_request() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/1", CHUNKED, method="POST") + b"x\r\n" + request("/2"))
        got = Request(ours)
        for _ in range(2):
            with pytest.raises(MalformedRequest):
                got.body.read()
        with pytest.raises(MalformedRequest):
            Request(ours)


def test_limits_can_be_given() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/" + "a" * 100))
        with pytest.raises(TargetTooLong):
            Request(ours, limits=Limits(request_line=64))


def test_more_content_than_the_limit_is_not_read_away() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/1", CHUNKED, method="POST") + b"14\r\n" + bytes(20) + b"\r\n")
        limits = Limits(content=25)
        Request(ours, limits=limits)
        theirs.sendall(b"14\r\n" + bytes(20) + b"\r\n0\r\n\r\n" + request("/2"))
        with pytest.raises(HTTPError):
            Request(ours, limits=limits)


QUICK = Timeouts(head=0.05, idle=0.05, content=0.05, send=0.05)


def test_D8_a_peer_that_says_nothing_is_late() -> None:
    with pair() as (ours, _), pytest.raises(RequestTimeout):
        Request(ours, timeouts=QUICK)


def test_the_sockets_own_timeout_counts_where_it_is_shorter() -> None:
    with pair() as (ours, _):
        ours.settimeout(0.02)
        with pytest.raises(RequestTimeout):
            Request(ours)


def test_D7_a_head_that_is_renewed_byte_by_byte_is_late() -> None:
    with pair() as (ours, theirs):
        stop = threading.Event()

        def drip() -> None:
            theirs.sendall(b"GET / HTTP/1.1\r\nX: ")
            while not stop.wait(0.01):
                theirs.sendall(b"a")

        dripping = threading.Thread(target=drip)
        dripping.start()
        began = time.monotonic()
        try:
            with pytest.raises(RequestTimeout):
                Request(ours, timeouts=Timeouts(head=0.1, idle=5))
        finally:
            stop.set()
            dripping.join()
        assert 0.09 <= time.monotonic() - began < 5


def test_D9_content_that_stalls_is_late() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(FIRST_SIZED[:-1])
        got = Request(ours, timeouts=QUICK)
        with pytest.raises(RequestTimeout) as caught:
            got.body.read()
        assert caught.value.status == 408


def test_a_head_in_parts_costs_work_in_proportion_and_no_spinning() -> None:
    data = request("/", *(f"X-{n}: {'v' * 50}" for n in range(50)))
    pieces = [data[i : i + 10] for i in range(0, len(data), 10)]
    with fed(*pieces) as ours:
        Request(ours)
        assert ours.calls <= 3 * len(pieces)


def test_a_closed_socket_is_a_peer_that_is_gone() -> None:
    with pair() as (ours, _):
        ours.close()
        with pytest.raises(Disconnected):
            Request(ours)


def test_F14_continue_is_sent_when_the_content_is_read_and_only_then() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/", "Expect: 100-continue", "Content-Length: 5", method="POST"))
        got = Request(ours)
        assert whole(theirs) == b""
        theirs.settimeout(10)

        def answer() -> None:
            assert theirs.recv(100).startswith(b"HTTP/1.1 100 ")
            theirs.sendall(b"abcde")

        peer = threading.Thread(target=answer)
        ours.setblocking(True)
        peer.start()
        assert got.body.read() == b"abcde"
        peer.join()
        assert whole(theirs) == b""


def test_F14_content_that_was_never_asked_for_is_not_awaited() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/", "Expect: 100-continue", "Content-Length: 5", method="POST"))
        Request(ours)
        with pytest.raises(IncompleteRequest, match="never asked"):
            Request(ours)


def test_the_gate_answers_on_a_plain_socket() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request())
        Request(ours).exchange.respond(Response(200, {"X-A": "b"}, b"hello"))
        answer = theirs.recv(1000)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"\r\n\r\nhello")


def test_a_redirected_request_has_the_exchange_and_no_content() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(FIRST_SIZED)
        got = Request(ours)
        other = RequestHead("GET", "/other", "/other", "", got.authority, "HTTP/1.1", Headers())
        again = got.redirected(other)
        assert (again.method, again.path, again.exchange) == ("GET", "/other", got.exchange)
        assert again.body.read() == b""
        assert type(again) is Request


def test_the_request_of_a_refusal_is_empty() -> None:
    """Code that answers with an error may therefore look at the request, whatever the error is."""
    with pair() as (ours, _):
        exchange = open_channel(ours, Limits(), Timeouts()).refuse(MalformedRequest("no head"))
        got = Request.of(exchange)
        assert got.exchange is exchange
        assert (got.method, got.target, got.path, got.query, got.authority, got.version) == ("",) * 6
        assert not got.headers


@pytest.mark.parametrize("closing", [False, True])
def test_a_request_knows_whether_its_server_stops(closing: bool) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/1") + request("/2"))
        channel = open_channel(ours, Limits(), Timeouts(), closing=closing)
        assert Request.of(channel.open_exchange()).closing is closing
        assert Request(ours).closing is False


def test_L8_a_handler_can_ask_whether_its_server_has_been_asked_to_stop_meanwhile() -> None:
    asked, go_on = threading.Event(), threading.Event()

    def handler(got: Request) -> Response:
        before = got.closing
        asked.set()
        wait_for(go_on)
        return Response(200, {}, f"{before} {got.closing}".encode())

    with serving(BaseServer, handler) as server, connect(server) as client:
        client.send(request())
        wait_for(asked)
        closing = threading.Thread(target=server.close)
        closing.start()
        while not server.closing:
            time.sleep(0.001)
        go_on.set()
        assert client.reply().content == b"False True"
        client.close()
        closing.join()


# --- what is worked out when it is asked for


def asked(target: str = "/", *lines: str) -> Request:
    """The request for `target`, without content."""
    with pair() as (ours, theirs):
        theirs.sendall(request(target, *lines))
        return Request(ours)


@pytest.mark.parametrize(
    ("path", "decoded"),
    [
        ("/", "/"),
        ("/a%20b/%C3%BC+?c%20d", "/a b/ü+"),
        ("/%25%32%30", "/%20"),
        ("/%ff/%C3", "/\ufffd/\ufffd"),
        ("/a%2Fb/%2e%2E", "/a/b/.."),
        ("*", "*"),
    ],
)
def test_the_path_as_text(path: str, decoded: str) -> None:
    method = "OPTIONS" if path == "*" else "GET"
    with pair() as (ours, theirs):
        theirs.sendall(request(path, method=method))
        assert Request(ours).decoded_path == decoded


@pytest.mark.parametrize(
    ("query", "items"),
    [
        ("", ()),
        ("a=1&b=2&a=3", (("a", "1"), ("b", "2"), ("a", "3"))),
        ("q=one+two%2Bthree%20four", (("q", "one two+three four"),)),
        ("flag&empty=&=nameless&&", (("flag", ""), ("empty", ""), ("", "nameless"))),
        ("a=b=c;d=e", (("a", "b=c;d=e"),)),
        ("%C3%BC=%FF%f0%9f", (("ü", "\ufffd\ufffd"),)),
        ("a=%26%3D%2500", (("a", "&=%00"),)),
    ],
)
def test_the_items_of_a_query(query: str, items: tuple[tuple[str, str], ...]) -> None:
    assert asked(f"/?{query}").query_items == items


@pytest.mark.parametrize("limit", [5, 6, 1 << 40])
@pytest.mark.parametrize("sent", [FIRST_SIZED, FIRST_CHUNKED])
def test_all_content_can_be_had_again_and_again(sent: bytes, limit: int) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(sent + request("/2"))
        got = Request(ours)
        assert got.content(limit) == b"abcde"
        assert got.body.read(2) == b"ab"
        assert got.content(3) == b"cde"
        assert got.content(5) == got.body.read() == b"cde"
        assert Request(ours).path == "/2"


@pytest.mark.parametrize("sent", [FIRST_SIZED, FIRST_CHUNKED])
def test_D22_more_content_than_the_handler_takes_is_too_large(sent: bytes) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(sent)
        got = Request(ours)
        with pytest.raises(ContentTooLarge):
            got.content(4)


def test_F14_a_client_that_announces_too_much_is_not_asked_for_it() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/", "Expect: 100-continue", "Content-Length: 5", method="POST"))
        got = Request(ours)
        with pytest.raises(ContentTooLarge):
            got.content(4)
        assert whole(theirs) == b""


def test_D22_endless_content_is_read_only_up_to_the_limit() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/", CHUNKED, method="POST") + b"40000\r\n" + bytes(0x10000))
        got = Request(ours)
        with pytest.raises(ContentTooLarge):  # although the peer sends nothing more
            got.content(10)


def test_no_content_is_empty() -> None:
    assert asked().content(0) == b""


def test_the_cookies_of_a_request() -> None:
    got = asked("/", "Cookie: a=1; b=2", "Cookie: c=3; a=4")
    assert got.cookies == {"a": "1", "b": "2", "c": "3"}
    assert asked().cookies == {}
