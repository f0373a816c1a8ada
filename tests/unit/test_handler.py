"""BaseHttpRequestHandler: dispatch, and what a subclass may override."""

import os
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, Site
from pyhttp.errors import Forbidden, HTTPError, NotFound
from pyhttp.messages import Response
from pyhttp.requests import SocketWriter
from pyhttp.serving import HandlerFactory
from tests.helpers.servers import connect, serving_by
from tests.helpers.sockets import fed, pair, read_until_end, request

ADDRESS = ("192.0.2.1", 4711)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "<b>.txt").write_text("x")
    (tmp_path / "with-index").mkdir()
    (tmp_path / "with-index" / "index.html").write_text("<p>index")
    (tmp_path / "cgi-bin").mkdir()
    script = tmp_path / "cgi-bin" / "x"
    script.write_text('#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n$REMOTE_ADDR $PATH_INFO $QUERY_STRING "\ncat\n')
    script.chmod(0o755)
    again = tmp_path / "cgi-bin" / "again"
    again.write_text('#!/bin/sh\nprintf "Location: $QUERY_STRING\\n\\n"\n')
    again.chmod(0o755)
    return tmp_path


def ask(sent: bytes, make: HandlerFactory, *, server: object = None) -> list[tuple[int, bytes, bytes]]:
    """(status, head, content) of each answer of a handler on a plain socket; contents have a Content-Length."""
    with pair() as (ours, theirs):
        theirs.sendall(sent)
        theirs.shutdown(socket.SHUT_WR)
        make(ours, ADDRESS, server)
        data = read_until_end(theirs)
    answers = []
    for part in data.split(b"HTTP/1.1 ")[1:]:
        head, _, content = part.partition(b"\r\n\r\n")
        answers.append((int(head[:3]), head, content))
    return answers


def folder(root: Path, site: Site | None = None) -> partial[BaseHttpRequestHandler]:
    return partial(BaseHttpRequestHandler, directory=root, site=site)


def test_a_file(root: Path) -> None:
    ((status, head, content),) = ask(request("/a.txt"), folder(root))
    assert (status, content) == (200, b"hello")
    assert b"Content-Type: text/plain" in head


def test_each_request_of_a_plain_socket(root: Path) -> None:
    answers = ask(request("/a.txt") * 3 + request("/none") + request("/a.txt"), folder(root))
    assert [status for status, _, _ in answers] == [200, 200, 200, 404, 200]


@pytest.mark.parametrize(
    ("target", "method", "status"),
    [
        ("/folder/", "GET", 200),
        ("/folder", "GET", 301),
        ("/folder?x", "GET", 301),
        ("/folder", "POST", 405),
        ("/folder", "BREW", 501),
        ("/with-index/", "GET", 200),
        ("/a.txt/", "GET", 404),
        ("/none", "GET", 404),
        ("/none", "POST", 404),
        ("/%00", "GET", 400),
        ("/../a.txt", "GET", 404),
        ("/a.txt", "POST", 405),
        ("/a.txt", "BREW", 501),
        ("*", "OPTIONS", 204),
        ("/cgi-bin/x", "GET", 200),
        ("/cgi-bin/none", "GET", 404),
        ("/cgi-bin/", "GET", 403),
    ],
)
def test_dispatch(root: Path, target: str, method: str, status: int) -> None:
    ((found, _, _),) = ask(request(target, method=method), folder(root))
    assert found == status


def test_a_folders_listing_is_escaped(root: Path) -> None:
    ((_, _, content),) = ask(request("/folder/"), folder(root))
    assert b"&lt;b&gt;.txt" in content
    assert b"<b>" not in content


def test_a_listing_as_json(root: Path) -> None:
    ((status, head, _),) = ask(request("/folder/", "Accept: application/json"), folder(root))
    assert status == 200
    assert b"application/json" in head


def test_an_index_in_place_of_a_listing(root: Path) -> None:
    ((_, _, content),) = ask(request("/with-index/"), folder(root))
    assert content == b"<p>index"


def test_a_script_is_told_its_path_info_and_its_content(root: Path) -> None:
    sent = request("/cgi-bin/x/more/%20?a=b", method="POST", content=b"stdin", version="1.0")
    ((_, _, content),) = ask(sent, folder(root))
    assert content == b"192.0.2.1 /more/  a=b stdin"


def test_C14_a_local_redirect_is_handled_again_and_not_for_ever(root: Path) -> None:
    make = folder(root)
    ((status, _, content),) = ask(request("/cgi-bin/again?/a.txt", method="POST", content=b"x"), make)
    assert (status, content) == (200, b"hello")
    (root / "cgi-bin" / "loop").write_text('#!/bin/sh\nprintf "Location: /cgi-bin/loop\\n\\n"\n')
    (root / "cgi-bin" / "loop").chmod(0o755)
    ((status, _, _),) = ask(request("/cgi-bin/loop"), make)
    assert status == 502


def test_the_working_directory_is_the_default(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    for make in (BaseHttpRequestHandler, partial(BaseHttpRequestHandler, directory=".")):
        ((_, _, content),) = ask(request("/a.txt"), make)
        assert content == b"hello"


def test_a_site_says_how_a_folder_is_served(root: Path) -> None:
    ((status, _, _),) = ask(request("/folder/"), folder(root, site=Site(listing=False)))
    assert status == 403


def test_the_not_found_page_of_a_folder(root: Path) -> None:
    ((status, _, content),) = ask(request("/none"), folder(root))
    assert status == 404
    assert b"/none" not in content


class Mine(BaseHttpRequestHandler):
    """Overrides one thing at a time."""

    def get_path(self, path: str) -> str:
        if path == "/secret":
            raise Forbidden("not for you")
        return super().get_path("/a.txt" if path == "/alias" else path)

    def list_dir(self, path: str) -> str:
        return f"<title>{os.path.basename(path)}</title>"


def test_get_path_can_be_overridden(root: Path) -> None:
    answers = ask(request("/alias") + request("/secret"), partial(Mine, directory=root))
    assert [status for status, _, _ in answers] == [200, 403]
    assert answers[0][2] == b"hello"


def test_list_dir_can_be_overridden(root: Path) -> None:
    ((_, _, content),) = ask(request("/folder/"), partial(Mine, directory=root))
    assert content == b"<title>folder</title>"


def test_handle_can_be_overridden(root: Path) -> None:
    class Plain(BaseHttpRequestHandler):
        def handle(self) -> None:
            self.respond(Response(200, {}, self.request.body.read()))

    ((_, _, content),) = ask(request("/", method="POST", content=b"abc"), partial(Plain, directory=root))
    assert content == b"abc"


def calls(use: Callable[[BaseHttpRequestHandler], str]) -> type[BaseHttpRequestHandler]:
    class Calling(BaseHttpRequestHandler):
        def handle(self) -> None:
            self.respond(Response(200, {}, use(self).encode()))

    return Calling


def test_get_path_is_encoded_path_in_and_file_system_path_out(root: Path) -> None:
    make = partial(calls(lambda handler: handler.get_path("/folder/%3Cb%3E.txt?query")), directory=root)
    ((_, _, content),) = ask(request(), make)
    assert content.decode() == str(root / "folder" / "<b>.txt")


@pytest.mark.parametrize(
    ("path", "status"), [("/..", 404), ("/%2e%2e/x", 404), ("/a%2Fb", 404), ("/%00", 400), ("a", 400)]
)
def test_get_path_raises(root: Path, path: str, status: int) -> None:
    make = partial(calls(lambda handler: handler.get_path(path)), directory=root)
    ((found, _, _),) = ask(request(), make)
    assert found == status


def test_list_dir_of_a_file_is_its_contents_escaped(root: Path) -> None:
    (root / "script.html").write_text("<script>")
    make = partial(calls(lambda handler: handler.list_dir(str(root / "script.html"))), directory=root)
    ((_, _, content),) = ask(request(), make)
    assert b"&lt;script&gt;" in content
    assert b"<script>" not in content


def test_list_dir_of_a_large_file_raises(root: Path) -> None:
    (root / "large").write_bytes(bytes(1024 * 1024 + 1))
    make = partial(calls(lambda handler: handler.list_dir(str(root / "large"))), directory=root)
    ((status, _, _),) = ask(request(), make)
    assert status == 403


def test_do_file_answers_for_files_and_scripts(root: Path) -> None:
    class Doing(BaseHttpRequestHandler):
        def handle(self) -> None:
            self.do_file(str(root / self.request.query))

    make = partial(Doing, directory=root)
    answers = ask(request("/?a.txt") + request("/?cgi-bin/x") + request("/?none"), make)
    assert [status for status, _, _ in answers] == [200, 200, 404]
    assert answers[0][2] == b"hello"
    assert b"192.0.2.1" in answers[1][2]


def test_run_cgi_runs_nothing_but_scripts_of_the_folder(root: Path) -> None:
    class Running(BaseHttpRequestHandler):
        def handle(self) -> None:
            self.run_cgi(self.request.query)

    make = partial(Running, directory=root)
    script = root / "cgi-bin" / "x"
    answers = ask(request(f"/?{script}") + request("/?/bin/sh") + request(f"/?{root}/a.txt"), make)
    assert [status for status, _, _ in answers] == [200, 404, 404]


def test_an_overridden_get_path_never_widens_what_may_run(root: Path) -> None:
    script = root / "folder" / "script"
    script.write_text("#!/bin/sh\necho ran\n")
    script.chmod(0o755)

    class Wide(BaseHttpRequestHandler):
        def get_path(self, path: str) -> str:
            return str(script)

    ((_, _, content),) = ask(request("/anything"), partial(Wide, directory=root))
    assert content == script.read_bytes()


def write(handler: BaseHttpRequestHandler) -> None:
    SocketWriter(handler.conn).write(b"HTTP/1.1 200 by hand\r\nContent-Length: 0\r\n\r\n")


class ByHand(BaseHttpRequestHandler):
    """Writes round the gate, and fails where the path says so."""

    def handle(self) -> None:
        write(self)
        if self.request.path == "/fail":
            raise NotFound


@pytest.mark.parametrize("path", ["/", "/fail"])
def test_a_subclass_may_write_by_itself(root: Path, path: str) -> None:
    ((_, head, content),) = ask(request(path) * 2, partial(ByHand, directory=root))
    assert head.startswith(b"200 by hand")
    assert content == b""
    with serving_by(BaseServer, partial(ByHand, directory=root)) as server, connect(server) as client:
        client.send(request(path) * 2)
        assert client.reply().reason == "by hand"
        client.half_close()
        assert client.ended() == b""


class Failing(BaseHttpRequestHandler):
    """Fails after its answer."""

    def handle(self) -> None:
        self.respond(Response(200))
        raise HTTPError("after the answer")


def test_an_error_after_the_answer_is_no_second_answer(root: Path) -> None:
    ((status, _, _),) = ask(request() * 2, partial(Failing, directory=root))
    assert status == 200


def test_a_handler_on_a_socket_whose_peer_sends_byte_by_byte(root: Path) -> None:
    sent = request("/a.txt") * 2
    with fed(*(sent[i : i + 1] for i in range(len(sent))), b"") as ours:
        BaseHttpRequestHandler(ours, ADDRESS, None, root)
        assert read_until_end(ours.peer).count(b"\r\n\r\nhello") == 2
