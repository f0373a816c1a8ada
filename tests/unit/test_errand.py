"""Scripts for handlers, turn by turn: content, a place, the run; in place, and on a server of one thread.

C5, C10, C11, C15: no outcome of a request leaves anything behind. D5, D9, D17, D18, D22, F10, F14.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, Limits, Misuse, Proxies, Response, Site, Timeouts, errand
from pyhttp.cgi import gateway
from pyhttp.cgi.gateway import Call, environment_of
from pyhttp.cgi.variables import Ends
from pyhttp.errand import ends_of
from pyhttp.request import Request
from pyhttp.transport.channel import UNIX_CLIENT
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.unix import listen_unix
from pyhttp.version import PRODUCT
from tests.helpers.cgi_site import has_children, is_alive, settled
from tests.helpers.channels import tcp_pair
from tests.helpers.crowd import reset, until
from tests.helpers.errands import Serve, in_place, on_a_server
from tests.helpers.servers import PATIENCE, connect, nothing_left, serving_by
from tests.helpers.sockets import pair, read_until_end, request

MIB = 1024 * 1024
TEXT = "echo 'Content-Type: text/plain'; echo"
FIELDS = 'echo "$CONTENT_LENGTH $HTTP_TRANSFER_ENCODING $REQUEST_METHOD"'
HANGS = "echo $$ > pid.tmp; mv pid.tmp pid; exec sleep 60"


@pytest.fixture(params=[in_place, on_a_server], ids=["in place", "on a server"])
def serve(request: pytest.FixtureRequest) -> Serve:
    way: Serve = request.param
    return way


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with nothing_left():
        yield
        settled()
    assert not has_children()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cgi-bin").mkdir()
    (tmp_path / "a.txt").write_text("hello")
    return tmp_path


def write(folder: Path, *lines: str, name: str = "x") -> Path:
    """A shell script."""
    path = folder / "cgi-bin" / name
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)
    return path


def post(content: bytes = b"", *fields: str) -> bytes:
    return request("/cgi-bin/x", *fields, method="POST", content=content)


def chunked(*chunks: bytes) -> bytes:
    """A request with these chunks; the last one is missing."""
    data = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return request("/cgi-bin/x", "Transfer-Encoding: chunked", method="POST") + data


def pid_of(folder: Path) -> int:
    """The process of a script that hangs. The call waits until it hangs."""
    path = folder / "cgi-bin" / "pid"
    until(path.exists)
    return int(path.read_text())


class TestContent:
    @pytest.mark.parametrize("size", [1, 65536, MIB, MIB + 1])
    def test_C5_content_arrives_whole(self, serve: Serve, folder: Path, size: int) -> None:
        write(folder, TEXT, FIELDS, "cat")
        content = os.urandom(size)
        with serve(folder) as service, service.client() as client:
            for _ in range(2):
                client.send(post(content))
                assert client.reply().content == b"%d  POST\n" % size + content

    def test_C5_content_that_is_empty_or_is_none(self, serve: Serve, folder: Path) -> None:
        write(folder, TEXT, FIELDS, "cat")
        with serve(folder) as service, service.client() as client:
            client.send(post(b"", "Content-Length: 0"))
            assert client.reply().content == b"0  POST\n"
            client.send(request("/cgi-bin/x"))
            assert client.reply().content == b"  GET\n"

    def test_C5_chunked_content_has_an_exact_length(self, serve: Serve, folder: Path) -> None:
        write(folder, TEXT, FIELDS, "cat")
        with serve(folder) as service, service.client() as client:
            client.send(chunked(b"hel"))
            client.send(b"2\r\nlo\r\n0\r\nX-Sum: 5\r\n\r\n" + request("/a.txt"))
            assert client.reply().content == b"5  POST\nhello"
            assert client.reply().content == b"hello"

    def test_F14_who_waits_for_100_is_told_to_continue(self, serve: Serve, folder: Path) -> None:
        write(folder, TEXT, "cat")
        with serve(folder) as service, service.client() as client:
            client.send(post(b"", "Expect: 100-continue", "Content-Length: 5"))
            assert client.reply().status == 100
            client.send(b"hello")
            reply = client.reply()
            assert (reply.status, reply.content) == (200, b"hello")

    def test_C10_an_upload_of_100_mib_that_nobody_reads(self, serve: Serve, folder: Path) -> None:
        write(folder, TEXT, "echo $CONTENT_LENGTH")
        with serve(folder) as service, service.client() as client:
            client.send(post(b"", f"Content-Length: {100 * MIB}"))
            for _ in range(100):
                client.send(bytes(MIB))
            assert client.reply().content == b"%d\n" % (100 * MIB)

    @pytest.mark.parametrize(
        ("sent", "ends", "status"),
        [
            (post(b"", "Content-Length: 5") + b"hell", True, 400),
            (chunked(b"hello"), True, 400),
            (chunked(b"hello") + b"x\r\n", False, 400),
            (post(b"", "Content-Length: 5") + b"hell", False, 408),
            (chunked(b"hello", b"hello!"), False, 413),
            (post(b"", "Content-Length: 11", "Expect: 100-continue"), False, 413),
        ],
        ids=["F10 incomplete", "F10 no last chunk", "F13 malformed", "D9 late", "D5 too large", "D5 stated"],
    )
    def test_F10_without_its_content_no_script_is_started(
        self, serve: Serve, folder: Path, sent: bytes, ends: bool, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        """D5, D9, F10, F13: the answer says what was wrong with it, and the log does not blame the script."""
        write(folder, "touch ran", TEXT)
        with serve(folder, Limits(content=10), Timeouts(content=0.2)) as service, service.client() as client:
            client.send(sent)
            if ends:
                client.half_close()
            reply = client.reply()
            assert (reply.status, reply.says_close) == (status, True)
            assert client.ended() == b""
        assert not (folder / "cgi-bin" / "ran").exists()
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]

    def test_D22_without_room_no_script_is_started(self, serve: Serve, folder: Path) -> None:
        write(folder, "touch ran", TEXT)
        with serve(folder, Limits(spool=10)) as service:
            reply = service.ask(post(b"x" * 11))
            assert (reply.status, reply.says_close, reply.get("Retry-After")) == (503, True, "1")
            assert not (folder / "cgi-bin" / "ran").exists()
            assert service.ask(post(b"x" * 10)).status == 200

    @pytest.mark.parametrize(
        ("lines", "status"),
        [(["echo 'Status: 204'; echo"], 204), (["echo 'Location: /a.txt'; echo"], 200), (["exit 1"], 502)],
    )
    def test_C5_content_is_given_back_whatever_the_answer_is(
        self, serve: Serve, folder: Path, lines: list[str], status: int
    ) -> None:
        write(folder, *lines)
        with serve(folder, Limits(spool=10)) as service, service.client() as client:
            for _ in range(3):
                client.send(post(b"x" * 10))
                assert client.reply().status == status

    def test_C15_so_it_is_where_the_script_cannot_be_started(self, serve: Serve, folder: Path) -> None:
        write(folder).write_text("no program")
        with serve(folder, Limits(spool=10)) as service:
            assert service.ask(post(b"x" * 10)).status == 500
            assert service.scripts.running == 0


class TestPlaces:
    def test_D18_one_script_too_many_waits_for_its_turn(self, serve: Serve, folder: Path) -> None:
        os.mkfifo(folder / "cgi-bin" / "go")
        write(folder, TEXT, "cat go")
        write(folder, TEXT, "echo second $(cat)", name="y")
        with serve(folder, Limits(scripts=1)) as service, service.client() as first, service.client() as second:
            first.send(request("/cgi-bin/x"))
            service.until(1)
            second.send(request("/cgi-bin/y", method="POST", content=b"content"))
            service.until(2)
            (folder / "cgi-bin" / "go").write_text("gone")
            assert first.reply().content == b"gone"
            assert second.reply().content == b"second content\n"

    def test_D18_who_has_waited_too_long_is_told_to_come_back(self, serve: Serve, folder: Path) -> None:
        write(folder, HANGS)
        write(folder, "touch ran", TEXT, name="y")
        timeouts = Timeouts(script_wait=0.2, script_kill=0.3)
        with serve(folder, Limits(scripts=1), timeouts) as service, service.client() as first:
            first.send(request("/cgi-bin/x"))
            pid_of(folder)
            with service.client() as second:
                started = time.monotonic()
                second.send(request("/cgi-bin/y", method="POST", content=b"x"))
                reply = second.reply()
                assert 0.2 <= time.monotonic() - started < 2
                assert (reply.status, reply.get("Retry-After"), reply.says_close) == (503, "1", False)
                second.send(request("/a.txt"))
                assert second.reply().content == b"hello"
            reset(first.sock)
        assert not (folder / "cgi-bin" / "ran").exists()

    def test_D18_who_leaves_the_line_is_in_nobodys_way(self, serve: Serve, folder: Path) -> None:
        os.mkfifo(folder / "cgi-bin" / "go")
        write(folder, TEXT, "cat go")
        write(folder, "touch ran", TEXT, name="y")
        write(folder, TEXT, "echo third", name="z")
        with serve(folder, Limits(scripts=1)) as service, ExitStack() as stack:
            first, second, third = [stack.enter_context(service.client()) for _ in range(3)]
            for count, (client, name) in enumerate(((first, "x"), (second, "y"), (third, "z")), 1):
                client.send(request(f"/cgi-bin/{name}"))
                service.until(count)
            reset(second.sock)
            service.until(2)
            (folder / "cgi-bin" / "go").write_text("gone")
            assert first.reply().content == b"gone"
            assert third.reply().content == b"third\n"
        assert not (folder / "cgi-bin" / "ran").exists()


class TestAnswers:
    def test_D17_silence_is_a_504_and_the_connection_goes_on(
        self, serve: Serve, folder: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        write(folder, HANGS)
        with serve(folder, None, Timeouts(script=0.2, script_kill=0.3)) as service, service.client() as client:
            client.send(request("/cgi-bin/x") + request("/a.txt"))
            assert [client.reply().status, client.reply().content] == [504, b"hello"]
        assert "/cgi-bin/x: a script was silent for too long" in [record.getMessage() for record in caplog.records]

    def test_C13_content_that_fails_is_cut(self, serve: Serve, folder: Path) -> None:
        write(folder, TEXT, "echo body; kill -9 $$")
        with serve(folder) as service, service.client() as client:
            client.send(request("/cgi-bin/x") + request("/a.txt"))
            reply = client.reply()
            assert (reply.status, reply.content, reply.complete) == (200, b"body\n", False)
            assert client.ended() == b""

    def test_its_output_is_passed_on_as_it_comes(self, serve: Serve, folder: Path) -> None:
        os.mkfifo(folder / "cgi-bin" / "go")
        write(folder, TEXT, "echo one; cat go")
        with serve(folder) as service, service.client() as client:
            client.send(request("/cgi-bin/x"))
            received = b""
            while b"one\n" not in received:
                received += client.more()
            (folder / "cgi-bin" / "go").write_text("two")
            while not received.endswith(b"\r\n0\r\n\r\n"):
                received += client.more()
            assert b"two" in received

    def test_what_speaks_http_itself_is_the_last_answer(self, serve: Serve, folder: Path) -> None:
        write(folder, "printf 'HTTP/1.1 404 No\\r\\n\\r\\nbody'", name="nph-x")
        with serve(folder) as service, service.client() as client:
            client.send(request("/cgi-bin/nph-x") * 2)
            reply = client.reply()
            assert (reply.status, reply.content, reply.says_close) == (404, b"body", True)
            assert client.ended() == b""

    def test_others_are_served_while_a_script_runs(self, folder: Path) -> None:
        write(folder, HANGS)
        with on_a_server(folder, None, Timeouts(script_kill=0.3)) as service, service.client() as client:
            client.send(request("/cgi-bin/x"))
            pid_of(folder)
            assert service.ask(request("/a.txt")).content == b"hello"
            reset(client.sock)


class TestDepartures:
    @pytest.mark.parametrize("lines", [[HANGS], [TEXT, "echo body", HANGS]], ids=["before its head", "in its content"])
    def test_C11_a_reset_ends_the_script(self, serve: Serve, folder: Path, lines: list[str]) -> None:
        write(folder, *lines)
        with serve(folder, None, Timeouts(script_kill=0.3)) as service, service.client() as client:
            client.send(request("/cgi-bin/x"))
            pid = pid_of(folder)
            reset(client.sock)
            until(lambda: not is_alive(pid))

    def test_C11_a_client_that_leaves_ends_the_script(self, folder: Path) -> None:
        """A socket pair tells of an orderly departure of the client, too."""
        write(folder, HANGS)
        with pair() as (ours, theirs):
            theirs.sendall(request("/cgi-bin/x"))
            serving = threading.Thread(target=BaseHttpRequestHandler, args=(ours, ("", 0), None, folder))
            serving.start()
            pid = pid_of(folder)
            theirs.close()
            serving.join(PATIENCE)
        until(lambda: not is_alive(pid))

    def test_C11_a_half_closed_client_still_wants_its_answer(self, serve: Serve, folder: Path) -> None:
        write(folder, "sleep 0.1", TEXT, "echo body")
        with serve(folder) as service, service.client() as client:
            client.send(request("/cgi-bin/x") + b"more")
            client.half_close()
            assert client.reply().content == b"body\n"

    def test_who_leaves_with_all_it_came_for_does_not_end_the_script(self, serve: Serve, folder: Path) -> None:
        write(
            folder,
            "echo 'Content-Type: a/b'; echo 'Content-Length: 3'; echo; printf 123",
            "cat go; sleep 0.05; touch finished",
        )
        os.mkfifo(folder / "cgi-bin" / "go")
        with serve(folder) as service, service.client() as client:
            client.send(request("/cgi-bin/x"))
            assert client.reply().content == b"123"
            reset(client.sock)
            (folder / "cgi-bin" / "go").write_text("")
            until((folder / "cgi-bin" / "finished").exists)

    def test_C11_a_stop_ends_the_script_and_those_that_wait(self, folder: Path) -> None:
        write(folder, HANGS)
        with (
            on_a_server(folder, Limits(scripts=1), Timeouts(stop=0.4, script_kill=0.2)) as service,
            ExitStack() as stack,
        ):
            first, second = [stack.enter_context(service.client()) for _ in range(2)]
            for count, client in enumerate((first, second), 1):
                client.send(request("/cgi-bin/x"))
                service.until(count)
            pid = pid_of(folder)
            assert service.server is not None
            service.server.close()
            for client in (first, second):
                reply = client.reply()
                assert (reply.status, reply.says_close) == (503, True)
        assert not is_alive(pid)


class TestRepeatedRequests:
    """A connection remembers the environment of its last script, for a client that sends the same head again."""

    def test_the_environment_is_made_once(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made: list[Call] = []

        def counted(call: Call) -> Mapping[bytes, bytes]:
            made.append(call)
            return environment_of(call)

        for module in (errand, gateway):
            monkeypatch.setattr(module, "environment_of", counted)
        write(folder, TEXT, 'echo "$QUERY_STRING $HTTP_A $REMOTE_PORT"')
        answers = []
        with on_a_server(folder) as service, service.client() as client:
            for _ in range(3):
                client.send(request("/cgi-bin/x?q", "A: b"))
                answers.append(client.reply().content)
            port = client.sock.getsockname()[1]
        assert answers == [b"q b %d\n" % port] * 3
        assert len(made) == 1

    def test_another_head_has_an_environment_of_its_own(self, serve: Serve, folder: Path) -> None:
        write(folder, TEXT, 'echo "$QUERY_STRING $HTTP_A"')
        with serve(folder) as service, service.client() as client:
            for query, value in (("q", "b"), ("r", "b"), ("q", "c"), ("q", "b"), ("q", "b")):
                client.send(request(f"/cgi-bin/x?{query}", f"A: {value}"))
                assert client.reply().content == f"{query} {value}\n".encode()

    def test_the_operators_environment_is_asked_each_time(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(folder, TEXT, 'echo "$PYHTTP_TEST"')
        make = partial(BaseHttpRequestHandler, directory=folder, site=Site(cgi_env=("PYHTTP_TEST",)))
        with serving_by(BaseServer, make) as server, connect(server) as client:
            for value in ("1", "2"):
                monkeypatch.setenv("PYHTTP_TEST", value)
                client.send(request("/cgi-bin/x"))
                assert client.reply().content == f"{value}\n".encode()

    def test_nothing_is_remembered_of_a_long_head(self, folder: Path) -> None:
        """An idle connection would hold it."""
        write(folder, TEXT)
        kept: list[object] = []

        class Handler(BaseHttpRequestHandler):
            def handle(self) -> None:
                if isinstance(self.conn, Connection):
                    kept.append(self.conn.kept)
                super().handle()

        with serving_by(BaseServer, partial(Handler, directory=folder)) as server, connect(server) as client:
            for length in (1, 2048, 1):
                client.send(request("/cgi-bin/x", "A: " + "a" * length))
                client.reply()
        assert kept[0] is None
        assert kept[1] is kept[2]
        assert kept[1] is not None

    @pytest.mark.parametrize("what", ["folder", "site", "user", "address", "server"])
    def test_the_same_head_for_another_handler(self, folder: Path, caplog: pytest.LogCaptureFixture, what: str) -> None:
        other = folder / "other"
        (other / "cgi-bin").mkdir(parents=True)
        for root in (folder, other):
            write(root, TEXT, 'echo "$DOCUMENT_ROOT $HTTP_AUTHORIZATION $REMOTE_USER $REMOTE_ADDR"', "echo oops >&2")
        first = str(folder), "", "", "192.0.2.7"
        second = str(other), "x", "me", "192.0.2.1"
        site, log, requests, changed = Site(), logging.getLogger("other"), 0, ""

        class Handler(BaseHttpRequestHandler):
            def run_cgi(self, path: str) -> None:
                self.request.exchange.user = second[2] if changed == "user" else ""
                super().run_cgi(path)

        def make(conn: socket.socket, _: Address, server: object) -> None:
            nonlocal requests, changed
            assert isinstance(server, BaseServer)
            changed, requests = what if requests else "", requests + 1
            addr = (second[3] if changed == "address" else first[3], 7)
            around = SimpleNamespace(scripts=server.scripts, log=log) if changed == "server" else server
            root = other if changed == "folder" else folder
            Handler(conn, addr, around, root, site=Site(cgi_auth=True) if changed == "site" else site)

        answers = []
        with serving_by(BaseServer, make) as server, connect(server) as client:
            for _ in range(2):
                client.send(request("/cgi-bin/x", "Authorization: x"))
                answers.append(client.reply().content.decode())
        whole = list(first)
        if what != "server":
            number = ("folder", "site", "user", "address").index(what)
            whole[number] = second[number]
        assert answers == [" ".join(first) + "\n", " ".join(whole) + "\n"]
        logged = [record.name for record in caplog.records if "oops" in record.getMessage()]
        assert logged == ["pyhttp.error", "other" if what == "server" else "pyhttp.error"]


def test_no_script_is_started_for_an_exchange_that_has_an_answer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, TEXT)
    monkeypatch.delattr(gateway.Run, "__init__")
    raised: list[type[BaseException]] = []

    class Handler(BaseHttpRequestHandler):
        def run_cgi(self, path: str) -> None:
            self.respond(Response(200))
            try:
                super().run_cgi(path)
            except Misuse as error:
                raised.append(type(error))

    with serving_by(BaseServer, partial(Handler, directory=folder)) as server, connect(server) as client:
        client.send(request("/cgi-bin/x"))
        assert client.reply().status == 200
        until(lambda: not server.scripts.running)
    assert raised == [Misuse]


def test_the_ends_of_a_tcp_connection() -> None:
    with tcp_pair() as (ours, theirs):
        theirs.sendall(request())
        expected = Ends(local=theirs.getpeername(), peer=theirs.getsockname(), secure=False, software=PRODUCT)
        assert ends_of(Request(ours), ours, ours.getpeername()) == expected


@pytest.mark.parametrize("address", ["", None, ("host",), (1, 2), ("host", "1"), ("::1", 5, 0, 3)])
def test_a_socket_without_ends_is_local(address: object) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request())
        peer = ("::1", 5) if address == ("::1", 5, 0, 3) else ("127.0.0.1", 0)
        expected = Ends(local=("127.0.0.1", 80), peer=peer, secure=False, software=PRODUCT)
        assert ends_of(Request(ours), ours, address) == expected


SAID: Final = ("X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: b.example")
HEADER: Final = b"PROXY TCP4 203.0.113.7 203.0.113.80 5000 80\r\n"


@pytest.mark.clause("3875-4.1.8-1a")
@pytest.mark.parametrize(
    ("protocol", "sent", "expected"),
    [
        (False, request("/", *SAID), ("203.0.113.7", "https", "b.example", None)),
        (False, request("/", *SAID[:2]), ("203.0.113.7", "https", "a", None)),
        (False, request("/", SAID[0]), ("203.0.113.7", "", "", None)),
        (False, request("/", "Forwarded: for=_hidden;proto=https"), ("127.0.0.1", "https", "a", None)),
        (False, request("/", "X-Forwarded-For: unknown"), ("127.0.0.1", "", "", None)),
        (False, request(), ("127.0.0.1", "", "", None)),
        (True, HEADER + request("/", *SAID), ("203.0.113.7", "", "", ("203.0.113.80", 80))),
        (True, b"PROXY UNKNOWN\r\n" + request(), ("127.0.0.1", "", "", None)),
    ],
)
def test_the_ends_are_those_that_a_trusted_proxy_names(
    protocol: bool, sent: bytes, expected: tuple[str, str, str, tuple[str, int] | None]
) -> None:
    """Where the proxy names no address, the client is the proxy."""
    found: list[Ends] = []

    def factory(conn: socket.socket, addr: object, _: object) -> None:
        asked = Request(conn)
        found.append(ends_of(asked, conn, addr))
        asked.exchange.respond(Response(200))

    here = ("127.0.0.0/8",)
    proxies = Proxies(protocol=here) if protocol else Proxies(headers=here)
    with serving_by(BaseServer, factory, proxies=proxies) as server, connect(server) as client:
        client.send(sent)
        assert client.reply().status == 200
        address, scheme, host, local = expected
        (ends,) = found
        assert (ends.peer[0], ends.scheme, ends.host, ends.secure) == (address, scheme, host, False)
        assert ends.local == (local or server.addresses[0])


@pytest.mark.parametrize(
    ("mode", "line", "status", "told"),
    [(0o644, "#!/bin/sh", 403, "chmod +x"), (0o755, "#!/no/such", 500, "interpreter '/no/such'")],
)
def test_C8_the_operator_learns_why_a_script_did_not_run_and_the_client_does_not(
    serve: Serve, folder: Path, caplog: pytest.LogCaptureFixture, mode: int, line: str, status: int, told: str
) -> None:
    path = folder / "cgi-bin" / "x"
    path.write_text(f"{line}\n")
    path.chmod(mode)
    with serve(folder) as service, service.client() as client:
        client.send(request("/cgi-bin/x"))
        reply = client.reply()
    assert reply.status == status
    assert str(folder).encode() not in reply.content
    assert b"/no/such" not in reply.content
    assert [told in record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [True]


@pytest.mark.clause("3875-4.1.8-1a")
def test_an_address_of_a_link_is_told_without_its_zone() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request())
        assert ends_of(Request(ours), ours, ("fe80::1%eth0", 5, 0, 3)).peer == ("fe80::1", 5)


def test_in_place_on_a_pair(folder: Path) -> None:
    write(folder, TEXT, 'printf "$REMOTE_ADDR $SERVER_PORT "; cat')
    with pair() as (ours, theirs):
        theirs.sendall(post(b"hello") + post(b"again"))
        theirs.shutdown(socket.SHUT_WR)
        BaseHttpRequestHandler(ours, ("192.0.2.1", 5), None, folder)
        answers = read_until_end(theirs)
    assert answers.count(b"HTTP/1.1 200 ") == 2
    assert b"192.0.2.1 80 hello" in answers
    assert answers.endswith(b"192.0.2.1 80 again")


def test_a_client_of_a_unix_socket_is_on_this_machine(tmp_path: Path) -> None:
    """3875-4.1.8-1a, 3875-4.1.15-1a: a script must be told an address and a port. The socket has neither."""
    with listen_unix(str(tmp_path / "s")) as listener, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "s"))
        client.sendall(request())
        with listener.accept()[0] as conn:
            expected = Ends(local=("127.0.0.1", 80), peer=("127.0.0.1", 0), secure=False, software=PRODUCT)
            assert ends_of(Request(conn), conn, UNIX_CLIENT) == expected
