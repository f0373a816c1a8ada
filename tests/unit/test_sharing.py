"""One look at a file for all that ask for it at once, and a look of its own for each that asks for more."""

import base64
import gzip
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, PooledServer, Request, Response, Site, ThreadedServer
from pyhttp.answering import HandlerFactory, function_handler
from pyhttp.auth import BasicAuth, PasswordHash
from pyhttp.resources.opened_file import OpenedFile, open_file
from pyhttp.transport.client import Address
from pyhttp.transport.exchange import Exchange
from tests.helpers.servers import connect, serving_by, taken_together
from tests.helpers.sockets import request
from tests.helpers.wire_client import Reply, WireClient

CONTENT = b"of the file"
PLAIN = request("/a.txt")
RESPOND = Exchange.respond


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_bytes(CONTENT)
    return tmp_path


class Shop:
    """A server that takes the requests of several clients at once, and the names of the files that it has opened."""

    def __init__(self, server: BaseServer, take: Callable[[int], None]) -> None:
        self.server = server
        self._take = take
        self.looks: list[str] = []
        self.clients: list[WireClient] = []

    def look(self, path: str, root: str, site: Site) -> OpenedFile:
        """Open a file, and note its name."""
        self.looks.append(Path(path).name)
        return open_file(path, root, site)

    def ask(self, *requests: bytes) -> list[Reply]:
        """The answers to requests that arrive together, of a client each."""
        while len(self.clients) < len(requests):
            self.clients.append(connect(self.server))
            self.clients[-1].send(request("/none"))
            self.clients[-1].reply()
        self.looks.clear()
        clients = self.clients[: len(requests)]
        self._take(len(requests))
        for client, data in zip(clients, requests, strict=True):
            client.send(data)
        return [client.reply(data.partition(b" ")[0].decode()) for client, data in zip(clients, requests, strict=True)]


@contextmanager
def shop(
    factory: HandlerFactory, server_class: type[BaseServer] = BaseServer, allowed: frozenset[str] | None = None
) -> Iterator[Shop]:
    with taken_together() as take, serving_by(server_class, factory, allowed_hosts=allowed) as server:
        made = Shop(server, take)
        try:
            with mock.patch("pyhttp.handler.open_file", made.look):
                yield made
        finally:
            for client in made.clients:
                client.close()


@pytest.mark.parametrize("server_class", [BaseServer, PooledServer])
def test_a_file_is_opened_once_for_all_that_ask_for_it_at_once(folder: Path, server_class: type[BaseServer]) -> None:
    with shop(partial(BaseHttpRequestHandler, directory=folder), server_class) as made:
        replies = made.ask(PLAIN, request("/a.txt?a=b"), PLAIN, request("/a.txt", "Accept-Encoding: gzip, br"))
        assert made.looks == ["a.txt"]
        assert {(reply.status, reply.content) for reply in replies} == {(200, CONTENT)}
        assert len({reply.fields for reply in replies}) == 1


def test_each_round_looks_anew(folder: Path) -> None:
    with shop(partial(BaseHttpRequestHandler, directory=folder)) as made:
        for content in (CONTENT, b"another", b"third"):
            (folder / "a.txt").write_bytes(content)
            assert [reply.content for reply in made.ask(PLAIN, PLAIN)] == [content, content]
            assert made.looks == ["a.txt"]


def test_so_is_the_index_of_a_folder(folder: Path) -> None:
    (folder / "index.html").write_bytes(CONTENT)
    with shop(partial(BaseHttpRequestHandler, directory=folder)) as made:
        with mock.patch("pyhttp.resources.files.open_file", made.look):
            replies = made.ask(request(), request(), request())
        assert made.looks == ["index.html"]
        assert [reply.content for reply in replies] == [CONTENT] * 3


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (request("/a.txt", "Range: bytes=0-1"), 206),
        (request("/a.txt", "Range: bytes=0-1", 'If-Range: "other"'), 200),
        (request("/a.txt", "If-None-Match: *"), 304),
        (request("/a.txt", 'If-Match: "other"'), 412),
        (request("/a.txt", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"), 304),
        (request("/a.txt", "If-Unmodified-Since: Sat, 01 Jan 2000 00:00:00 GMT"), 412),
        (request("/a.txt", "Accept-Encoding: identity;q=0"), 406),
        (request("/a.txt", method="HEAD"), 200),
        (request("/a.txt", method="OPTIONS"), 204),
        (request("/a.txt", method="DELETE"), 405),
    ],
)
@pytest.mark.parametrize("is_first", [False, True])
def test_whoever_asks_for_more_has_an_answer_of_its_own(
    folder: Path, asked: bytes, status: int, *, is_first: bool
) -> None:
    with shop(partial(BaseHttpRequestHandler, directory=folder)) as made:
        replies = made.ask(*([asked, PLAIN] if is_first else [PLAIN, asked]))
        assert is_first or made.looks == ["a.txt", "a.txt"]
        own, plain = replies if is_first else reversed(replies)
        assert own.status == status
        assert (plain.status, plain.content) == (200, CONTENT)


@pytest.fixture
def _long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file counts as just changed: its tag would be a weak one for three seconds, and then another."""
    monkeypatch.setattr("pyhttp.semantics.validators._is_recent", lambda *_: False)


@pytest.mark.usefixtures("_long_ago")
@pytest.mark.parametrize(
    "own", ["If-None-Match: {tag}", "If-Modified-Since: {date}", "If-None-Match: {tag}\r\nIf-Modified-Since: {date}"]
)
def test_clients_that_have_the_file_share_a_look_too(folder: Path, own: str) -> None:
    with shop(partial(BaseHttpRequestHandler, directory=folder)) as made:
        (first,) = made.ask(PLAIN)
        asked = request("/a.txt", own.format(tag=first.get("etag"), date=first.get("last-modified")))
        replies = made.ask(asked, asked, PLAIN, asked, PLAIN)
        assert made.looks == ["a.txt", "a.txt"]
        assert [reply.status for reply in replies] == [304, 304, 200, 304, 200]
        assert len({reply.fields for reply in replies if reply.status == 304}) == 1
        assert [reply.content for reply in replies] == [b"", b"", CONTENT, b"", CONTENT]


@pytest.mark.usefixtures("_long_ago")
def test_a_copy_of_another_version_gets_the_file(folder: Path) -> None:
    with shop(partial(BaseHttpRequestHandler, directory=folder)) as made:
        (first,) = made.ask(PLAIN)
        fresh, stale = (request("/a.txt", f"If-None-Match: {tag}") for tag in (first.get("etag"), '"other"'))
        replies = made.ask(fresh, stale, fresh, stale, request("/a.txt", 'If-Modified-Since: "other"'))
        assert made.looks == ["a.txt"] * 3
        assert [reply.status for reply in replies] == [304, 200, 304, 200, 200]


def test_a_large_file_has_a_descriptor_for_each(folder: Path) -> None:
    (folder / "large.txt").write_bytes(CONTENT * 10_000)
    with shop(partial(BaseHttpRequestHandler, directory=folder)) as made:
        replies = made.ask(*[request("/large.txt")] * 3)
        assert made.looks == ["large.txt"] * 3
        assert [reply.content for reply in replies] == [CONTENT * 10_000] * 3


def test_few_answers_are_kept_at_once(folder: Path) -> None:
    names = [f"{number}.txt" for number in range(18)]
    for name in names:
        (folder / name).write_text(name)
    with shop(partial(BaseHttpRequestHandler, directory=folder)) as made:
        asked = [request(f"/{name}") for name in names]
        replies = made.ask(*asked, asked[0], asked[15], asked[16], asked[17])
        assert made.looks == [*names, "16.txt", "17.txt"]
        assert [reply.content.decode() for reply in replies] == [*names, names[0], *names[15:]]


def test_what_a_site_adds_to_its_answers_is_there_for_all(folder: Path) -> None:
    site = Site(headers=[("X-Own", "yes")], cors=True)
    with shop(partial(BaseHttpRequestHandler, directory=folder, site=site)) as made:
        replies = made.ask(PLAIN, PLAIN)
        assert made.looks == ["a.txt"]
        assert replies[0].fields == replies[1].fields
        assert [reply.get_all("X-Own") for reply in replies] == [("yes",)] * 2
        assert [reply.get("Access-Control-Allow-Origin") for reply in replies] == ["*"] * 2


@pytest.mark.parametrize("site", [Site(codings=["gzip"]), Site(compress=True)])
def test_where_codings_are_chosen_each_chooses(folder: Path, site: Site) -> None:
    (folder / "a.txt").write_bytes(CONTENT * 200)
    (folder / "a.txt.gz").write_bytes(gzip.compress(CONTENT * 200))
    with shop(partial(BaseHttpRequestHandler, directory=folder, site=site)) as made:
        replies = made.ask(PLAIN, request("/a.txt", "Accept-Encoding: gzip"), PLAIN)
        assert [reply.get("Content-Encoding") for reply in replies] == [None, "gzip", None]


def test_a_file_with_a_coding_of_its_own_is_for_whoever_takes_it(folder: Path) -> None:
    (folder / "b.svgz").write_bytes(gzip.compress(b"<svg/>"))
    with shop(partial(BaseHttpRequestHandler, directory=folder)) as made:
        replies = made.ask(request("/b.svgz", "Accept-Encoding: gzip"), request("/b.svgz"))
        assert made.looks == ["b.svgz", "b.svgz"]
        assert [reply.status for reply in replies] == [200, 200]


def test_a_password_is_asked_of_each(folder: Path) -> None:
    site = Site(auth=BasicAuth([("ada", str(PasswordHash.of("secret", bytes(16), n=2, r=1)))]))
    known = request("/a.txt", f"Authorization: Basic {base64.b64encode(b'ada:secret').decode()}")
    with shop(partial(BaseHttpRequestHandler, directory=folder, site=site)) as made:
        assert [reply.status for reply in made.ask(known, PLAIN, known)] == [200, 401, 200]


def test_a_wrong_host_is_refused_beside_a_right_one(folder: Path) -> None:
    with shop(partial(BaseHttpRequestHandler, directory=folder), allowed=frozenset({"a"})) as made:
        replies = made.ask(PLAIN, PLAIN.replace(b"Host: a", b"Host: b"), PLAIN)
        assert [reply.status for reply in replies] == [200, 421, 200]
        assert made.looks == ["a.txt"]


class Counting(BaseHttpRequestHandler):
    """A handler with a method of its own."""


def test_a_subclass_sees_each_request(folder: Path) -> None:
    with shop(partial(Counting, directory=folder)) as made:
        made.ask(PLAIN, PLAIN)
        assert made.looks == ["a.txt", "a.txt"]


@pytest.mark.parametrize(("handler", "ends_turn"), [(BaseHttpRequestHandler, True), (Counting, False)])
def test_answers_leave_together_where_no_code_of_others_follows(
    folder: Path, handler: type[BaseHttpRequestHandler], ends_turn: bool
) -> None:
    """So does an answer that was made for another request."""
    with (
        shop(partial(handler, directory=folder)) as made,
        mock.patch.object(Exchange, "respond", autospec=True) as seen,
    ):
        seen.side_effect = RESPOND
        made.ask(PLAIN, PLAIN)
        assert [call.kwargs["ends_turn"] for call in seen.call_args_list[-2:]] == [ends_turn] * 2


def test_so_does_a_handler_that_replaces_the_folder(folder: Path) -> None:
    factory = partial(BaseHttpRequestHandler, directory=folder)
    with shop(factory) as made:
        made.ask(PLAIN, PLAIN, PLAIN)
        seen: list[str] = []

        def noting(asked: Request) -> Response:
            seen.append(asked.path)
            return Response(200)

        noted = function_handler(noting)

        def either(conn: socket.socket, addr: Address, server: object, /) -> object:
            """Answer the first request from the folder, and the others by the function."""
            made.server.request_handler = noted
            return factory(conn, addr, server)

        made.server.request_handler = either
        assert [reply.content for reply in made.ask(PLAIN, PLAIN, PLAIN)] == [CONTENT, b"", b""]
        assert seen == ["/a.txt", "/a.txt"]


def test_threads_may_share_as_well(folder: Path) -> None:
    with shop(partial(BaseHttpRequestHandler, directory=folder), ThreadedServer) as made:
        assert [reply.content for reply in made.ask(PLAIN, PLAIN)] == [CONTENT, CONTENT]
        assert made.looks in (["a.txt"], ["a.txt", "a.txt"])


def test_an_error_is_no_answer_for_others(folder: Path) -> None:
    with shop(partial(BaseHttpRequestHandler, directory=folder)) as made:
        replies = made.ask(request("/none"), request("/none"))
        assert [reply.status for reply in replies] == [404, 404]
        assert made.looks == ["none", "none"]
