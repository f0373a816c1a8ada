"""PEP 3333: one call of an application, with the effect of its arguments and its result."""

import io
import logging
import socket
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pyhttp.errors import Misuse
from pyhttp.messages import Response
from pyhttp.servers.base import BaseServer
from pyhttp.transport.client import Connection
from pyhttp.transport.exchange import Exchange
from pyhttp.wsgi import wsgi_handler
from pyhttp.wsgi.files import FileWrapper
from tests.helpers.servers import server_class, wait_for
from tests.helpers.sockets import pair, read_until_end, request
from tests.helpers.untyped import untyped
from tests.helpers.wire_client import Reply
from tests.helpers.wsgi import TEXT, Closable, answering, asked, serving_app

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

__all__ = ["server_class"]


def sized(length: int) -> list[tuple[str, str]]:
    return [*TEXT, ("Content-Length", str(length))]


def framing(reply: Reply) -> tuple[str | None, str | None]:
    return reply.get("Content-Length"), reply.get("Transfer-Encoding")


class TestWhatIsReturned:
    @pytest.mark.parametrize("result", [[b"ab"], (b"ab",), [b"a", b"", b"b"]])
    def test_a_list_has_a_length(self, result: Iterable[bytes]) -> None:
        reply = asked(answering(result))
        assert (reply.content, *framing(reply)) == (b"ab", "2", None)

    @pytest.mark.parametrize("result", [[], [b""], iter([b"", b""]), ()])
    def test_nothing_has_one_too(self, result: Iterable[bytes]) -> None:
        reply = asked(answering(result))
        assert (reply.content, *framing(reply)) == (b"", "0", None)

    def test_what_is_made_as_it_goes_has_none(self) -> None:
        reply = asked(answering(iter([b"", b"a", b"", b"b"])))
        assert (reply.content, *framing(reply)) == (b"ab", None, "chunked")

    def test_a_stated_length_is_kept(self) -> None:
        for result in (iter([b"ab"]), iter([b"a", b"b"]), iter([b"", b"ab", b""]), [b"ab"]):
            reply = asked(answering(result, headers=sized(2)))
            assert (reply.content, *framing(reply)) == (b"ab", "2", None)

    def test_an_item_leaves_before_the_next_one_is_made(self, server_class: type[BaseServer]) -> None:
        seen = threading.Event()

        def items() -> Iterator[bytes]:
            yield b"first"
            wait_for(seen)
            yield b"last"

        for headers in (TEXT, sized(9)):
            with serving_app(answering(items(), headers=headers), server_class=server_class) as client:
                client.send(request())
                got = b""
                while b"first" not in got:
                    got += client.more()
                seen.set()
                while b"last" not in got:
                    got += client.more()

    def test_a_generator_may_begin_the_answer_with_its_first_item(self) -> None:
        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
            start_response("299 As I like it", TEXT)
            yield b"a"

        reply = asked(app)
        assert (reply.status, reply.reason, reply.content) == (299, "As I like it", b"a")

    @pytest.mark.parametrize(
        ("result", "status", "headers", "ends_turn"),
        [
            ([b"ab"], "200 OK", TEXT, True),
            ((), "200 OK", TEXT, True),
            (iter([b"ab"]), "200 OK", sized(2), False),
            (iter([b"a", b"b"]), "200 OK", TEXT, False),
            ([b""], "204 No Content", [], False),
            (FileWrapper(io.BytesIO(b"ab")), "200 OK", TEXT, False),
        ],
    )
    def test_it_leaves_with_other_answers_only_where_no_code_of_the_application_follows(
        self,
        result: Iterable[bytes],
        status: str,
        headers: list[tuple[str, str]],
        ends_turn: bool,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The answer would wait for that code."""
        seen: list[bool] = []
        respond = Exchange.respond

        def noting(exchange: Exchange, response: Response, *, wait: bool = False, ends_turn: bool = False) -> None:
            seen.append(ends_turn)
            respond(exchange, response, wait=wait, ends_turn=ends_turn)

        monkeypatch.setattr(Exchange, "respond", noting)
        assert asked(answering(result, status=status, headers=headers)).status == int(status[:3])
        assert seen == [ends_turn]

    def test_what_stands_behind_the_last_item_is_done(self) -> None:
        done: list[str] = []

        def items() -> Iterator[bytes]:
            yield b"ab"
            done.append("it")

        for headers in (TEXT, sized(2)):
            asked(answering(items(), headers=headers), "/", "Connection: close")
        assert done == ["it", "it"]

    @pytest.mark.parametrize("status", ["204 No Content", "205 Reset Content", "304 Not Modified"])
    def test_a_status_without_content_has_none(self, status: str) -> None:
        for result in (Closable([b"a"]), Closable([])):
            with serving_app(answering(result, status=status, headers=[])) as client:
                client.send(request() * 2)
                assert [client.reply().status for _ in range(2)] == [int(status[:3])] * 2
            assert result.closed == 2

    @pytest.mark.parametrize(
        ("result", "headers", "expected"),
        [
            ([b"ab"], TEXT, ("2", None)),
            ([b"ab"], sized(2), ("2", None)),
            ([], sized(2), ("2", None)),  # frameworks leave the content out
            ([], TEXT, (None, None)),
            (iter([b"ab"]), sized(2), ("2", None)),
            (iter([b"a", b"b"]), sized(2), ("2", None)),
            (iter([b"ab"]), TEXT, (None, None)),
        ],
    )
    def test_head_has_the_fields_of_get(
        self, result: Iterable[bytes], headers: list[tuple[str, str]], expected: tuple[str | None, str | None]
    ) -> None:
        with serving_app(answering(result, headers=headers)) as client:
            client.send(request(method="HEAD") + request(method="HEAD"))
            assert framing(client.reply("HEAD")) == expected
            assert client.reply("HEAD").status == 200

    def test_a_file_is_sent_from_where_it_stands(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"0123456789" * 20_000)
        files: list[io.BufferedReader] = []

        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            start_response("200 OK", TEXT if environ["PATH_INFO"] == "/" else sized(5))
            files.append((tmp_path / "file").open("rb"))
            files[-1].seek(100_001)
            wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](files[-1])
            return wrapped

        with serving_app(app) as client:
            client.send(request("/") + request("/five"))
            reply = client.reply()
            assert (reply.content, *framing(reply)) == ((b"0123456789" * 20_000)[100_001:], "99999", None)
            assert client.reply().content == b"12345"
        assert all(file.closed for file in files)

    def test_what_is_wrapped_and_no_file_is_read(self) -> None:
        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            start_response("200 OK", TEXT)
            wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](io.BytesIO(b"abc"), 2)
            return wrapped

        assert asked(app).content == b"abc"


class TestWhatIsWrong:
    @pytest.mark.parametrize("result", [["text"], [None], "text", 5, None, iter(["text"]), iter([None]), [b"a", "b"]])
    def test_what_is_no_bytes_is_answered_with_500(self, result: Iterable[bytes]) -> None:
        assert asked(answering(result)).status == 500

    def test_an_answer_that_was_not_begun_is_500(self, caplog: pytest.LogCaptureFixture) -> None:
        for result in (Closable([b"a"]), Closable([])):

            def app(
                environ: "WSGIEnvironment", start_response: "StartResponse", result: Iterable[bytes] = result
            ) -> Iterable[bytes]:
                return result

            assert asked(app).status == 500
            assert result.closed == 1
        assert "has not called start_response" in caplog.text

    def test_a_field_that_cannot_be_sent_is_500(self) -> None:
        assert asked(answering([b"a"], headers=[("Connection", "close")])).status == 500

    @pytest.mark.parametrize("result", [[b"abc"], [b"ab", b"c"]])
    def test_more_than_stated_is_not_sent(self, result: list[bytes], caplog: pytest.LogCaptureFixture) -> None:
        for made in (result, iter(result)):
            with serving_app(answering(made, headers=sized(2))) as client:
                client.send(request(method="GET"))
                assert client.reply().content == b"ab"
        assert caplog.text.count("the application gave more than its Content-Length") == 2
        assert {record.name for record in caplog.records if record.levelno >= logging.ERROR} == {"pyhttp.error"}

    @pytest.mark.parametrize("first", [b"a", b"ab", b"abc"])
    def test_no_more_is_asked_for_than_one_item_behind_what_is_stated(self, first: bytes) -> None:
        made: list[bytes] = []

        def items() -> Iterator[bytes]:
            yield first
            while True:
                made.append(b"bc")
                yield b"bc"

        with serving_app(answering(items(), headers=sized(2))) as client:
            client.send(request() + request("/", "Connection: close"))
            assert client.reply().content == b"ab"
            client.ended()
        assert made in ([], [b"bc"])

    @pytest.mark.parametrize("result", [[b"a"], iter([b"a", b""]), iter([b"a"])])
    def test_less_than_stated_is_no_whole_answer(
        self, result: Iterable[bytes], caplog: pytest.LogCaptureFixture
    ) -> None:
        reply = asked(answering(result, headers=sized(3)))
        assert (reply.content, reply.complete) == (b"a", False)
        assert "2 octets less than its Content-Length" in caplog.text

    def test_nothing_where_something_is_stated_is_500(self) -> None:
        assert asked(answering(iter(()), headers=sized(3))).status == 500

    def test_an_iterable_that_fails_is_closed_and_cut(self, caplog: pytest.LogCaptureFixture) -> None:
        def items() -> Iterator[bytes]:
            yield b"a"
            raise ZeroDivisionError

        result = Closable(items())
        assert not asked(answering(result)).complete
        assert result.closed == 1
        assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


def test_a_client_that_leaves_has_the_iterable_closed(server_class: type[BaseServer]) -> None:
    closed = threading.Event()

    class Endless:
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b"x" * 65536

        def close(self) -> None:
            assert not closed.is_set()
            closed.set()

    with serving_app(answering(Endless()), server_class=server_class) as client:
        client.send(request())
        assert client.more()
        client.close()
        wait_for(closed)


class TestBeginning:
    def test_a_second_time_needs_a_reason(self) -> None:
        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            start_response("200 OK", TEXT)
            with pytest.raises(Misuse, match="exc_info"):
                start_response("200 OK", TEXT)
            return [b"a"]

        assert asked(app).content == b"a"

    def test_with_exc_info_the_answer_is_another_one(self) -> None:
        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
            start_response("200 OK", sized(100))
            yield b""
            try:
                raise ZeroDivisionError
            except ZeroDivisionError:
                start_response("503 Sorry", TEXT, sys.exc_info())
            yield b"failed"

        reply = asked(app)
        assert (reply.status, reply.reason, reply.content) == (503, "Sorry", b"failed")

    def test_with_exc_info_it_may_be_the_first_time(self) -> None:
        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            try:
                raise ZeroDivisionError
            except ZeroDivisionError:
                start_response("503 Sorry", TEXT, sys.exc_info())
            return [b"failed"]

        assert asked(app).status == 503

    def test_once_it_has_been_sent_the_exception_is_raised(self, caplog: pytest.LogCaptureFixture) -> None:
        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
            start_response("200 OK", TEXT)
            yield b"sent"
            try:
                raise ZeroDivisionError
            except ZeroDivisionError:
                start_response("503 Sorry", TEXT, sys.exc_info())
            yield b"never"

        reply = asked(app)
        assert (reply.status, reply.content, reply.complete) == (200, b"sent", False)
        assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


class TestWrite:
    def test_what_is_written_leaves_at_once(self, server_class: type[BaseServer]) -> None:
        seen = threading.Event()
        result = Closable([b"three"])

        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            write = start_response("200 OK", TEXT)
            write(b"")
            write(b"one")
            wait_for(seen)
            write(b"")
            write(b"two")
            return result

        with serving_app(app, server_class=server_class) as client:
            client.send(request())
            got = b""
            while b"one" not in got:
                got += client.more()
            seen.set()
            while b"0\r\n\r\n" not in got:
                got += client.more()
            assert got.endswith(b"3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n")
            client.send(request())
            assert client.reply().content == b"onetwo"  # the result has no items any more
        assert result.closed == 2

    def test_it_waits_for_a_client_that_does_not_keep_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        unsent: list[int] = []
        send_all = Connection.send_all

        def noting(conn: Connection) -> None:
            send_all(conn)
            unsent.append(conn.outbox.unsent)

        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            write = start_response("200 OK", TEXT)
            for _ in range(20):
                write(b"x" * 1_000_000)
            return []

        monkeypatch.setattr(Connection, "send_all", noting)
        assert len(asked(app).content) == 20_000_000
        assert unsent.count(0) == len(unsent) >= 20

    def test_more_than_stated_is_an_error_in_the_application(self) -> None:
        done: list[str] = []

        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            write = start_response("200 OK", sized(3))
            with pytest.raises(Misuse, match="write"):
                write(b"abcd")
            write(b"ab")
            with pytest.raises(Misuse, match="write"):
                write(b"cd")
            write(b"c")
            done.append("it")
            return []

        reply = asked(app)
        assert (reply.content, *framing(reply)) == (b"abc", "3", None)
        assert done == ["it"]

    def test_head(self) -> None:
        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            write = start_response("200 OK", sized(6))
            write(b"abc")
            write(b"def")
            return []

        with serving_app(app) as client:
            client.send(request(method="HEAD") + request())
            assert client.reply("HEAD").get("Content-Length") == "6"
            assert client.reply().content == b"abcdef"

    def test_an_application_that_fails_behind_it_is_cut(self) -> None:
        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            start_response("200 OK", TEXT)(b"a")
            raise ZeroDivisionError

        assert not asked(app).complete

    def test_it_takes_bytes_and_ends_with_the_call(self) -> None:
        kept = []

        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            write = start_response("200 OK", TEXT)
            kept.append(write)
            with pytest.raises(TypeError, match="bytes"):
                untyped(write)("text")
            return iter([b"a"])

        assert asked(app).content == b"a"
        with pytest.raises(Misuse, match="write"):
            kept[0](b"late")

    def test_where_nothing_can_be_sent_in_between_it_comes_first(self) -> None:
        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            write = start_response("200 OK", sized(6))
            write(b"ab")
            write(b"cd")
            return [b"ef"]

        with pair() as (ours, theirs):
            theirs.sendall(request())
            theirs.shutdown(socket.SHUT_WR)
            wsgi_handler(app)(ours, ("127.0.0.1", 1), None)
            assert read_until_end(theirs).endswith(b"\r\n\r\nabcdef")
