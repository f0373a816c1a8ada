"""The measuring instruments themselves: a strict reader, a player, and laws that find every fault."""

import socket
from datetime import UTC, datetime

import pytest

from pyhttp.checking.laws import LAWS, Law, Verdict, broken_laws
from pyhttp.checking.play import Exchange, Mismatch, Unreadable, play
from pyhttp.checking.rows.model import Answer, Closed, HalfClose, Interim, Kept, Seen, Send, Step, refused, row
from tests.helpers.wire_client import BadReply, Ended, Framing, Late, Reply, WireClient, judge, pieces, read_reply


class Memory:
    """A source and a peer that has said all it will say."""

    def __init__(self, data: bytes, *, ends: bool = True) -> None:
        self.data = data
        self.ends = ends
        self.held = bytearray()

    def more(self) -> bytes:
        data, self.data = self.data[:7], self.data[7:]
        if not data and not self.ends:
            raise Late
        return data

    def send(self, data: bytes) -> None:
        """Do nothing, since no peer reads."""

    def half_close(self) -> None:
        """Do nothing, since no peer reads."""

    def reply(self, method: str = "GET") -> Reply:
        return read_reply(self, self.held, method=method)

    def ended(self) -> bytes:
        rest = bytes(self.held) + self.data
        if not self.ends:
            raise Late
        return rest


def read(data: bytes, method: str = "GET") -> Reply:
    return read_reply(Memory(data), bytearray(), method=method)


OK = b"HTTP/1.1 200 OK\r\n"


class TestReader:
    @pytest.mark.parametrize(
        ("data", "method", "framing", "content"),
        [
            (OK + b"Content-Length: 2\r\n\r\nhi+", "GET", Framing.LENGTH, b"hi"),
            (OK + b"Content-Length: 2\r\n\r\n", "HEAD", Framing.NONE, b""),
            (OK + b"\r\nuntil the end", "GET", Framing.CLOSE, b"until the end"),
            (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: 1\r\n\r\n+", "GET", Framing.CHUNKED, b"hi"),
            (b"HTTP/1.1 204 \r\n\r\n+", "GET", Framing.NONE, b""),
            (b"HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n+", "GET", Framing.NONE, b""),
            (b"HTTP/1.1 100 Continue\r\n\r\n", "GET", Framing.NONE, b""),
        ],
    )
    def test_what_it_reads(self, data: bytes, method: str, framing: Framing, content: bytes) -> None:
        reply = read(data, method)
        assert (reply.framing, reply.content, reply.complete) == (framing, content, True)

    @pytest.mark.parametrize(
        "data",
        [
            b"HTTP/1.1 200\r\n\r\n",
            b"HTTP/1.1  200 OK\r\n\r\n",
            b"HTTP/1.1 2000 OK\r\n\r\n",
            b"HTTP/1.1 600 OK\r\n\r\n",
            b"http/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 200 O\0K\r\n\r\n",
            b"\r\n" + OK + b"\r\n",
            b"HTTP/1.1 200 OK\n\r\n\r\n",
            OK + b" X: 1\r\n\r\n",
            OK + b"X: 1\r\n 2\r\n\r\n",
            OK + b"X : 1\r\n\r\n",
            OK + b"X\r\n\r\n",
            OK + b"X: \0\r\n\r\n",
            OK + b"X: 1\rY: 2\r\n\r\n",
            OK + b"X: 1\r\n",
            OK + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            OK + b"Content-Length: 1, 1\r\n\r\nx",
            OK + b"Content-Length: +1\r\n\r\nx",
            OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
            OK + b"Transfer-Encoding: gzip\r\n\r\nx",
            OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            OK + b"Transfer-Encoding: chunked\r\n\r\n2 \r\nhi\r\n0\r\n\r\n",
            OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi!\r\n0\r\n\r\n",
            OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX\r\n\r\n",
        ],
    )
    def test_what_it_refuses(self, data: bytes) -> None:
        with pytest.raises(BadReply):
            read(data)

    @pytest.mark.parametrize(
        "data",
        [
            OK + b"Content-Length: 3\r\n\r\nhi",
            OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhi",
            OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
            OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n",
        ],
    )
    def test_what_is_cut_off(self, data: bytes) -> None:
        assert not read(data).complete

    def test_nothing_is_the_end(self) -> None:
        with pytest.raises(Ended):
            read(b"")

    def test_nothing_yet_is_late(self) -> None:
        with pytest.raises(Late):
            read_reply(Memory(OK, ends=False), bytearray())

    def test_a_head_without_end_is_refused(self) -> None:
        with pytest.raises(BadReply):
            read(b"x" * 300_000)


def echoed(**report: object) -> bytes:
    fields: dict[str, object] = {"method": "GET", "query": "canary", "content": "", "fields": [], **report}
    content = str(fields).replace("'", '"').encode()
    return OK + b"Content-Length: %d\r\n\r\n" % len(content) + content


class TestPlayer:
    @pytest.mark.parametrize(
        ("said", "steps"),
        [
            (OK + b"Content-Length: 0\r\n\r\n", (Answer(404),)),
            (b"", (Answer(200),)),
            (b"junk\r\n\r\n", (Answer(200),)),
            (OK + b"Content-Length: 0\r\n\r\n", (Interim(),)),
            (OK + b"Content-Length: 0\r\n\r\n+", (Answer(200), Closed())),
            (OK + b"Content-Length: 0\r\n\r\n", (Answer(200), Kept())),
            (OK + b"Content-Length: 0\r\n\r\n" + echoed(query="other"), (Answer(200), Kept())),
            (OK + b"Content-Length: 9\r\n\r\nhi", (Answer(200),)),
            (OK + b"Content-Length: 2\r\n\r\nhi", (Answer(200, complete=False),)),
            (OK + b"Content-Length: 2\r\n\r\nhi", (Answer(200, content=b"ho"),)),
            (OK + b"Content-Length: 0\r\n\r\n", (Answer(200, fields=(("X", "1"),)),)),
            (OK + b"Content-Length: 0\r\nX: 1\r\n\r\n", (Answer(200, lacks=("x",)),)),
            (OK + b"Content-Length: 0\r\n\r\n", (Answer(200, has=("x",)),)),
            (OK + b"Content-Length: 0\r\n\r\n", (Answer(200, close=True),)),
            (OK + b"Content-Length: 2\r\n\r\nhi", (Answer(200, seen=Seen()),)),
            (OK + b"Content-Length: 2\r\n\r\n[]", (Answer(200, seen=Seen()),)),
            (echoed(method="PUT"), (Answer(200, seen=Seen(method="GET")),)),
            (echoed(content="x"), (Answer(200, seen=Seen(content=b"")),)),
            (echoed(), (Answer(200, seen=Seen(fields=(("x", "1"),))),)),
            (echoed(fields=[["X", "2"]]), (Answer(200, seen=Seen(fields=(("x", "1"),))),)),
            (echoed(fields=[["X", "1 "]]), (Answer(200, seen=Seen(fields=(("x", "1"),))),)),
            (echoed(fields=[["X", "1"], ["X", "\t2"]]), (Answer(200, seen=Seen(fields=(("x", "1, 2"),))),)),
            (echoed(fields=[["X", "2"]]), (Answer(200, seen=Seen(lacks=("x",))),)),
            (echoed(trailers=[["X", "2"]]), (Answer(200, seen=Seen(trailers=())),)),
        ],
    )
    def test_what_does_not_pass(self, said: bytes, steps: tuple[Step, ...]) -> None:
        with pytest.raises(Mismatch):
            play(steps, Memory(said))

    @pytest.mark.parametrize(
        ("said", "count", "unreadable"),
        [
            (OK + b"Content-Length: 0\r\n\r\njunk\r\n\r\n", 1, True),
            (OK + b"Content-Length: 0\r\n\r\n", 1, False),
            (echoed() + OK + b"Content-Length: 0\r\n\r\n", 2, False),
        ],
    )
    def test_what_was_read_before_is_told(self, said: bytes, count: int, unreadable: bool) -> None:
        with pytest.raises(Mismatch) as mismatch:
            play((Answer(200), Answer(404), Closed()), Memory(said))
        assert len(mismatch.value.exchanges) == count
        assert isinstance(mismatch.value, Unreadable) == unreadable

    def test_an_open_connection_is_not_closed(self) -> None:
        with pytest.raises(Mismatch, match="stays open"):
            play((Answer(200), Closed()), Memory(OK + b"Content-Length: 0\r\n\r\n", ends=False))

    def test_what_passes(self) -> None:
        said = b"HTTP/1.1 100 Continue\r\n\r\n" + echoed() + echoed() + OK + b"Content-Length: 0\r\n\r\n"
        steps = (
            Send(b"x"),
            Interim(),
            Answer(200, seen=Seen(query="canary")),
            Kept(),
            Answer(200),
            HalfClose(),
            Closed(),
        )
        exchanges = play(steps, Memory(said))
        assert [(one.ended, one.unforeseen) for one in exchanges] == [(False, False), (True, True)]

    @pytest.mark.parametrize("told", [[["X", "1, 2"]], [["X", "1,2"]], [["X", "1"], ["X", "2"]], [["X", "1\t, 2"]]])
    def test_lines_may_be_joined_in_any_way(self, told: list[list[str]]) -> None:
        (exchange,) = play((Answer(200, seen=Seen(fields=(("x", "1, 2"),))),), Memory(echoed(fields=told)))
        assert exchange.reply.status == 200

    def test_other_statuses_pass_at_other_servers_only(self) -> None:
        said = b"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n"
        play((Answer(400, also=(404,)),), Memory(said), strict=False)
        with pytest.raises(Mismatch):
            play((Answer(400, also=(404,)),), Memory(said))

    def test_another_server_may_end_where_it_says_so(self) -> None:
        said = OK + b"Content-Length: 0\r\nConnection: close\r\n\r\n"
        exchanges = play((Answer(200), Answer(200), Kept()), Memory(said), strict=False)
        assert [one.ended for one in exchanges] == [True]

    def test_a_canary_without_an_echo_has_a_status_alone(self) -> None:
        missing = b"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n"
        play((Kept(),), Memory(missing), canary=404)
        with pytest.raises(Mismatch, match="canary: 200 came"):
            play((Kept(),), Memory(echoed()), canary=404)

    def test_what_every_server_refuses_by_itself_needs_no_application(self) -> None:
        data = b"GET /echo HTTP/1.1\r\n\r\n"
        kept = (Send(data), Answer(400), Kept())
        assert row("x", "F1", Send(data), Answer(400), Closed(), or_else=[kept], needs="more").needs == {"more"}
        assert row("x", "F1", Send(data), Answer(400), Closed(), or_else=[(Answer(200),)]).needs == {"echo"}
        assert row("x", "F1", Send(data), Answer(400, also=(200,)), Closed()).needs == {"echo"}
        assert row("x", "F1", Send(b"GET /status/404 HTTP/1.1\r\n\r\n"), Answer(404)).needs == {"status"}

    def test_any_error_refuses_what_no_statement_names_a_status_for(self) -> None:
        told, open_ = (refused("x", cites, b"GET /echo") for cites in ("9112-3.2-6a", "9112-7.1-5c"))
        refusal = b"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n"
        play(open_.steps, Memory(refusal), strict=False)
        play(open_.or_else[0], Memory(b""), strict=False)
        with pytest.raises(Mismatch):
            play(told.steps, Memory(refusal), strict=False)

    def test_what_a_row_needs(self) -> None:
        data = b"GET /some HTTP/1.1\r\n\r\nHEAD http://a/file HTTP/1.1\r\n\r\n"
        assert row("x", "F1 9112-6.1-15b", Send(data), Kept(), needs="more").needs == {"some", "file", "echo", "more"}


def exchange(*fields: str, status: int = 200, content: bytes = b"", version: str = "HTTP/1.1") -> Exchange:
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status} x", *fields, f"Content-Length: {len(content)}"))
    return Exchange(read(f"{head}\r\n".encode() + content), "GET", version, ended=False)


def broken(reply: Reply, *, version: str = "HTTP/1.1", ended: bool = False) -> Exchange:
    return Exchange(reply, "GET", version, ended=ended)


def now() -> str:
    """A Date of this moment, not of the collection of tests, which may be minutes ago."""
    return datetime.now(UTC).strftime("Date: %a, %d %b %Y %H:%M:%S GMT")


BROKEN = {
    "every line follows the grammar": broken(Reply("HTTP/1.1", 200, "", (), Framing.NONE, b"", head=b"a\r\n")),
    "the version is our own": broken(read(b"HTTP/1.0 200 OK\r\n\r\n")),
    "no version that there is not": broken(read(b"HTTP/1.2 200 OK\r\n\r\n")),
    "no line is folded": broken(Reply("HTTP/1.1", 200, "", (), Framing.NONE, b"", head=b"a\r\n b\r\n")),
    "no CR or LF on its own": broken(Reply("HTTP/1.1", 200, "", (), Framing.NONE, b"", head=b"a\rb\r\n")),
    "one space behind the colon": exchange("X:1"),
    "no needless space within a value": exchange("Allow: GET,  HEAD"),
    "no empty member of a list": exchange("Allow: GET,, HEAD"),
    "a field that is no list comes once": exchange("X: 1", "X: 2"),
    "no field of the other role": exchange("Host: a"),
    "nothing escaped without need": exchange('X: "\\a"'),
    "a Date on 2xx, 3xx and 4xx": exchange(status=404),
    "dates have their fixed form": exchange("Date: Sunday, 06-Nov-94 08:49:37 GMT"),
    "Date is now": exchange("Date: Sun, 06 Nov 1994 08:49:37 GMT"),
    "Connection lists its own options": exchange("Connection: content-type"),
    "fields of the connection are listed": exchange("Keep-Alive: timeout=5"),
    "the end is announced": broken(exchange(now()).reply, ended=True),
    "an announced end comes": exchange("Connection: close"),
    "no Transfer-Encoding to HTTP/1.0": broken(
        read(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), version="HTTP/1.0"
    ),
    "chunked alone, and no other length with it": broken(
        Reply("HTTP/1.1", 200, "", (("Transfer-Encoding", "gzip, chunked"),), Framing.CHUNKED, b"")
    ),
    "204 has no length": exchange(status=204),
    "the end of content is told": broken(read(OK + b"\r\nx")),
    "errors explain themselves": exchange(status=400),
    "content has a type": exchange(content=b"x"),
    "405 has Allow": exchange(status=405),
    "Server is one product": exchange("Server: a/1 b/2"),
}


REPEATABLE = (
    *("Accept-Ranges", "Allow", "Cache-Control", "Connection", "Content-Encoding", "Content-Language", "Link"),
    *("Proxy-Authenticate", "Set-Cookie", "Trailer", "Transfer-Encoding", "Upgrade", "Vary", "Via", "Warning"),
    "WWW-Authenticate",
)
"""Fields of a response whose value is a list, and Set-Cookie."""


@pytest.mark.parametrize("name", REPEATABLE)
def test_a_list_may_come_in_several_lines(name: str) -> None:
    (law,) = [law for law in LAWS if law.name == "a field that is no list comes once"]
    twice = Reply("HTTP/1.1", 200, "", ((name, "a"), (name.lower(), "b")), Framing.NONE, b"")
    assert law.judge(broken(twice)) is Verdict.HOLDS


OF_REQUESTS = (
    *("Accept", "Accept-Charset", "Authorization", "Cookie", "Expect", "From", "Host", "If-Match", "If-Modified-Since"),
    *("If-None-Match", "If-Range", "If-Unmodified-Since", "Max-Forwards", "Proxy-Authorization", "Range", "Referer"),
    *("TE", "User-Agent"),
)


@pytest.mark.parametrize("name", OF_REQUESTS)
def test_a_field_of_requests_alone_is_of_the_other_role(name: str) -> None:
    (law,) = [law for law in LAWS if law.name == "no field of the other role"]
    assert law.judge(exchange(f"{name}: a")) is Verdict.BROKEN


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_a_law_can_be_broken(law: Law) -> None:
    assert law.judge(BROKEN[law.name]) is Verdict.BROKEN


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200\r\n", b"HTTP/1.1 099 x\r\n", b"HTTP/1.1 200 \0\r\n", b"HTTP/1.1 200 \r\nA\r\n",
     b"HTTP/1.1 200 \r\nA : b\r\n", b"HTTP/1.1 200 \r\n: b\r\n", b"HTTP/1.1 200 \r\nA: b\0\r\n"],
)  # fmt: skip
def test_what_breaks_the_grammar_is_seen(head: bytes) -> None:
    one = broken(Reply("HTTP/1.1", 200, "", (), Framing.NONE, b"", head=head))
    assert [law.name for law, _ in broken_laws([one])][:1] == ["every line follows the grammar"]


def test_a_client_of_tests_judges_what_it_reads() -> None:
    """The client leaves out only the laws that it is told of, by their names."""
    reply = exchange("Date: Sun, 06 Nov 1994 08:49:37 GMT").reply
    with pytest.raises(AssertionError, match="Date is now"):
        judge(reply, "GET", {b"HTTP/1.1"})
    judge(reply, "GET", {b"HTTP/1.1"}, breaks=("Date is now",))
    with pytest.raises(AssertionError):
        judge(reply, "GET", {b"HTTP/1.1"}, breaks=("no such law", "Date is now"))


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_a_good_exchange_breaks_no_law(law: Law) -> None:
    good = exchange(now(), "Content-Type: text/plain", "Allow: GET, HEAD", "Server: x/1", content=b"x")
    assert law.judge(good) is not Verdict.BROKEN


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_a_law_has_a_verdict_on_a_response_that_says_nothing(law: Law) -> None:
    silent = broken(Reply("HTTP/1.1", 200, "", (), Framing.NONE, b"", head=b"HTTP/1.1 200 \r\n"))
    assert isinstance(law.judge(silent), Verdict)


def test_pieces() -> None:
    data = bytes(range(256)) * 40
    assert b"".join(pieces(data)) == data
    assert {len(piece) for piece in pieces(b"abc")} == {1}


def test_a_client_survives_a_server_that_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, WireClient(*listener.getsockname()) as client:
        listener.accept()[0].close()
        for _ in range(100):
            client.send(b"x" * 10_000)
        client.half_close()
        with pytest.raises(Ended):
            client.reply()
