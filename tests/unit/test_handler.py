"""BaseHttpRequestHandler: its dispatch, and the methods that a subclass may override."""

import contextlib
import logging
import os
import queue
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import BuiltinFunctionType, FrameType, SimpleNamespace
from typing import Final
from urllib.parse import urljoin

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, Limits, Site
from pyhttp.answering import HandlerFactory
from pyhttp.errors import Forbidden, HTTPError, NotFound
from pyhttp.messages import Response
from pyhttp.requests import SocketWriter
from pyhttp.resources import paths
from pyhttp.semantics.references import unescaped
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


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("/", (200, b"hello")),
        ("/a.txt", (200, b"hello")),
        ("/a.txt?x", (200, b"hello")),
        ("//a.txt", (200, b"hello")),
        ("/a.txt/", 404),
        ("/b.txt", 404),
        ("/.", 404),
        ("/404.html", 404),
        ("/folder/", 404),
        ("/folder", 404),
        ("/with-index/", 404),
        ("/a.txt/more", 404),
        ("/cgi-bin/x", 404),
        ("/x.sh", 404),
        ("/?format=json", (200, b"hello")),
    ],
)
def test_one_file_is_all_there_is(root: Path, target: str, answer: int | tuple[int, bytes]) -> None:
    for name in ("b.txt", "404.html", "x.sh", "index.html"):
        (root / name).write_text("another")
    site = Site(only="a.txt", cgi_suffixes=((".sh", "/bin/sh"),))
    ((status, head, content),) = ask(request(target), folder(root, site))
    assert answer in {status, (status, content)}
    assert b"another" not in content
    assert head


def test_the_one_file_has_what_files_have(root: Path) -> None:
    sent = request("/", "Range: bytes=1-2") + request("/", method="HEAD") + request("/", method="POST")
    answers = ask(sent, folder(root, Site(only="a.txt")))
    assert [(status, content) for status, _, content in answers[:2]] == [(206, b"el"), (200, b"")]
    assert answers[2][0] == 405


def test_the_one_file_may_go_and_nothing_comes_in_its_place(root: Path) -> None:
    (root / "a.txt").unlink()
    assert [status for status, _, _ in ask(request("/") + request("/a.txt"), folder(root, Site(only="a.txt")))] == [
        404,
        404,
    ]


def test_one_file_that_a_program_runs_is_run(root: Path) -> None:
    (root / "x.sh").write_text('printf "Content-Type: text/plain\\n\\nran $PATH_INFO"')
    site = Site(only="x.sh", cgi_suffixes=((".sh", "/bin/sh"),))
    answers = ask(request("/") + request("/x.sh") + request("/x.sh/more"), folder(root, site))
    assert [(status, content) for status, _, content in answers[:2]] == [(200, b"ran "), (200, b"ran ")]
    assert answers[2][0] == 404


@pytest.mark.clause("9110-2.3-3a")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "target", ["/folder?", "/folder?a=../", "/!!!?", "/page.html?", "/cgi-bin/far?", "/cgi-bin/far/x/y?"]
)
def test_a_redirect_leads_to_what_is_taken(root: Path, target: str, method: str) -> None:
    """Escapes make the target of a redirect longer than the target of the request.

    A target that is too long gets no redirect.
    """
    (root / "!!!").mkdir()
    (root / "!!!" / "index.html").write_text("<p>index")
    (root / "page.html").write_text("<p>page")
    far = root / "cgi-bin" / "far"
    far.write_text("#!/bin/sh\nprintf 'Location: /folder?%s\\n\\n' \"$QUERY_STRING\"\n")
    far.chmod(0o755)
    handler, server = folder(root, Site(clean_urls=True)), SimpleNamespace(limits=Limits(request_line=100))
    statuses = set[int]()
    for count in range(100 - len(f"{method} {target} HTTP/1.1") + 1):
        asked = target + '"' * count
        ((status, head, _),) = ask(request(asked, method=method), handler, server=server)
        statuses.add(status)
        if status == 301:
            location = head.decode().partition("Location: ")[2].partition("\r\n")[0]
            followed = urljoin(f"http://a{asked}", location).removeprefix("http://a")
            ((status, _, _),) = ask(request(followed, method=method), handler, server=server)
            assert status == 200
    assert statuses == {301, 414}


@pytest.mark.clause("3986-2.4-3b", "3986-7.3-2a")
@pytest.mark.parametrize(
    ("target", "site", "status", "decoded"),
    [
        ("/%61.txt", Site(), 200, 1),
        ("/%61.txt", Site(only="a.txt"), 200, 1),
        ("/%70age", Site(clean_urls=True), 200, 1),
        ("/%70age.html", Site(clean_urls=True), 301, 1),
        ("/fol%64er", Site(), 301, 1),
        ("/fol%64er/", Site(), 200, 1),
        ("/n%6Fne", Site(spa="a.txt", hide_dotfiles=True), 404, 1),
        ("/cgi-bin/%78/a%20b", Site(), 200, 1),
        ("/cgi-bin/th%65re", Site(), 200, 2),
    ],
)
def test_T8_a_path_is_decoded_once(
    root: Path, target: str, site: Site, status: int, decoded: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T8: every decision about a path is made on one form of it.

    The path to which a script redirects is another path.
    """
    (root / "page.html").write_text("<p>page")
    there = root / "cgi-bin" / "there"
    there.write_text("#!/bin/sh\nprintf 'Location: /%%61.txt\\n\\n'\n")
    there.chmod(0o755)
    paths.decode.cache_clear()
    paths.locate.cache_clear()
    times: list[bytes] = []

    def counted(octets: bytes) -> bytes:
        times.append(octets)
        return unescaped(octets)

    monkeypatch.setattr(paths, "unescaped", counted)
    ((found, _, _),) = ask(request(target), folder(root, site))
    assert (found, len(times)) == (status, decoded)


GOES: Final = "Sec-Fetch-Mode: navigate"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/route", 200),
        ("/a/deep/route", 200),
        ("/a.txt", 200),
        ("/folder", 301),
        ("/none.js", 404),
        ("/.hidden", 404),
        ("/.absent", 404),
        ("/pub", 200),
        ("/out", 200),
        ("/cgi-bin/none", 404),
        ("/CGI-BIN/none", 404),
        ("/cgi-bin/", 403),
        ("/x.sh/../route", 404),
        ("/%2e%2e/route", 404),
        ("/none.sh/route", 404),
        ("/a%2Fb", 404),
    ],
)
def test_who_goes_to_a_page_that_is_not_there_gets_the_application(root: Path, target: str, status: int) -> None:
    """A name that a rule forbids stays forbidden, whether or not a file has it.

    A link to such a file tells nothing of it.
    """
    (root / "index.html").write_text("<p>app")
    (root / ".hidden").mkdir()
    (root / "pub").symlink_to(root / ".hidden")
    (root / "out").symlink_to("/etc")
    site = Site(spa="index.html", hide_dotfiles=True, cgi_suffixes=((".sh", "/bin/sh"),))
    ((found, _, content),) = ask(request(target, GOES), folder(root, site))
    assert found == status
    assert (content == b"<p>app") is (status == 200 and target != "/a.txt")


def test_what_is_fetched_stays_not_found(root: Path) -> None:
    (root / "index.html").write_text("<p>app")
    handler = folder(root, Site(spa="index.html"))
    sent = request("/route", "Sec-Fetch-Mode: cors") + request("/route") + request("/route", GOES, method="HEAD")
    assert [status for status, _, _ in ask(sent, handler)] == [404, 404, 200]
    assert [status for status, _, _ in ask(request("/route", GOES), folder(root))] == [404]


def test_one_file_may_be_an_application(root: Path) -> None:
    handler = folder(root, Site(only="a.txt", spa="a.txt"))
    answers = ask(request("/route", GOES) + request("/other.js", GOES), handler)
    assert [(status, content == b"hello") for status, _, content in answers] == [(200, True), (404, False)]


def test_clean_urls(root: Path) -> None:
    (root / "about.html").write_text("<p>about")
    handler = folder(root, Site(clean_urls=True))
    pages, others = ("/about", "/about.html?q", "/with-index/index.html"), ("/a.txt", "/folder", "/none", "/cgi-bin")
    answers = ask(b"".join(map(request, [*pages, *others])), handler)
    assert [status for status, _, _ in answers] == [200, 301, 301, 200, 301, 404, 403]
    assert answers[0][2] == b"<p>about"
    assert b"Location: about?q\r\n" in answers[1][1] + b"\r\n"
    assert b"Location: ./\r\n" in answers[2][1] + b"\r\n"
    assert [status for status, _, _ in ask(request("/about"), folder(root))] == [404]


def test_a_folders_listing_is_escaped(root: Path) -> None:
    ((_, _, content),) = ask(request("/folder/"), folder(root))
    assert b"&lt;b&gt;.txt" in content
    assert b"<b>" not in content


def test_a_listing_as_json(root: Path) -> None:
    ((status, head, _),) = ask(request("/folder/", "Accept: application/json"), folder(root))
    assert status == 200
    assert b"application/json" in head


def test_an_overridden_list_dir_knows_of_no_further_pages_unless_it_asks_ours(root: Path) -> None:
    (root / "folder" / "another.txt").touch()

    class Own(BaseHttpRequestHandler):
        def list_dir(self, path: str) -> str:
            return super().list_dir(path).upper() if "page" in self.request.query else "<p>mine"

    sent = request("/folder/?page=1") + request("/folder/")
    server = SimpleNamespace(limits=Limits(listing_entries=1))
    (_, ours, upper), (_, theirs, mine) = ask(sent, partial(Own, directory=root), server=server)
    assert b'Link: <?page=2>; rel="next"' in ours
    assert b"<BUTTON" in upper
    assert b"Link:" not in theirs
    assert mine == b"<p>mine"


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


def test_R1_references_are_relative_to_what_the_client_asked_for(root: Path) -> None:
    """References are right behind a prefix that a proxy takes away.

    They are right, too, where a script has led to a directory.
    """
    (root / "folder" / "inner").mkdir()
    for path, location in (
        ("/folder", b"folder/"),
        ("/folder/inner", b"inner/"),
        ("/cgi-bin/again?/folder/inner", b"../folder/inner/"),
        ("/cgi-bin/again/x?/folder/inner", b"../../folder/inner/"),
    ):
        ((status, head, content),) = ask(request(path), folder(root))
        assert status == 301
        assert b"\r\nLocation: " + location + b"\r\n" in head
        assert b'href="' + location + b'"' in content
    for path, link in (("/none", b"./"), ("/folder/x/none", b"../../"), ("/cgi-bin/again?/a/b/none", b"../")):
        ((status, _, content),) = ask(request(path, "Accept: text/html"), folder(root))
        assert status == 404
        assert b'href="' + link + b'"' in content


def test_a_script_answers_its_own_preflight(root: Path) -> None:
    """Only the script knows its methods.

    Where it fails, the server answers the preflight, and the log has the fault.
    """
    asked = ("Origin: http://a", "Access-Control-Request-Method: PUT")
    script = root / "cgi-bin" / "own"
    script.write_text('#!/bin/sh\nprintf "Status: 204\\nAccess-Control-Allow-Methods: $REQUEST_METHOD, PUT\\n\\n"\n')
    script.chmod(0o755)
    broken = root / "cgi-bin" / "broken"
    broken.write_text("#!/bin/sh\n")
    broken.chmod(0o755)
    make = folder(root, site=Site(cors=True))
    ((status, head, _),) = ask(request("/cgi-bin/own", *asked, method="OPTIONS"), make)
    assert (status, b"Access-Control-Allow-Methods: OPTIONS, PUT" in head) == (204, True)
    ((status, head, _),) = ask(request("/cgi-bin/broken", *asked, method="OPTIONS"), make)
    assert (status, b"Access-Control-Allow-Methods: GET, HEAD, OPTIONS" in head) == (204, True)
    ((status, head, _),) = ask(
        request("/cgi-bin/own", *asked, "Transfer-Encoding: chunked", method="OPTIONS") + b"no chunk\r\n", make
    )
    assert (status, b"\r\nConnection: close" in head) == (400, True)


def test_C14_a_local_redirect_means_the_path_it_spells(root: Path) -> None:
    name = 'a "b" \xfc%.txt'
    (root / name).write_text("odd")
    script = root / "cgi-bin" / "odd"
    script.write_text(f"#!/bin/sh\nprintf 'Location: /%s\\n\\n' '{name}'\n", encoding="utf-8")
    script.chmod(0o755)
    ((status, _, content),) = ask(request("/cgi-bin/odd"), folder(root))
    assert (status, content) == (200, b"odd")


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
    """A handler that overrides one thing at a time."""

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


@pytest.mark.parametrize(
    ("returned", "target", "status", "said"),
    [
        ("a.txt", "/x", 200, b"hello"),
        ("a.txt", "/x/", 200, b"hello"),
        ("a.txt", "/folder/", 200, b"hello"),
        ("a.txt/", "/x", 404, b""),
        ("with-index", "/x/", 200, b"<p>index"),
        ("with-index/", "/x/", 200, b"<p>index"),
        ("with-index", "/x", 301, b'"x/"'),
        ("with-index/", "/x", 301, b'"x/"'),
        ("folder", "/x/?C=N", 200, b"&lt;b&gt;.txt"),
        ("absent", "/a.txt", 404, b""),
        ("absent/", "/folder/", 404, b""),
    ],
)
def test_what_get_path_returns_decides(root: Path, returned: str, target: str, status: int, said: bytes) -> None:
    class Located(BaseHttpRequestHandler):
        def get_path(self, path: str) -> str:
            return f"{self.directory}/{returned}"

    ((found, _, content),) = ask(request(target), partial(Located, directory=root))
    assert found == status
    assert said in content


def test_the_default_finds_no_file_behind_a_slash(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pyhttp.error")
    assert [status for status, _, _ in ask(request("/a.txt/") + request("/a.txt/?"), folder(root))] == [404, 404]
    assert caplog.text.count("a file has no slash behind it") == 2


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


@pytest.mark.parametrize(
    ("path", "located"),
    [
        ("/folder/%3Cb%3E.txt?query/", "/folder/<b>.txt"),
        ("/folder/?query", "/folder/"),
        ("//folder//", "/folder/"),
        ("/folder", "/folder"),
        ("/", "/"),
    ],
)
def test_get_path_is_encoded_path_in_and_file_system_path_out(root: Path, path: str, located: str) -> None:
    make = partial(calls(lambda handler: handler.get_path(path)), directory=root)
    ((_, _, content),) = ask(request(), make)
    assert content.decode() == f"{root}{located}"


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
    """A handler that writes past the gate, and that fails where the path says so."""

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
        assert client.reply(breaks=("a Date on 2xx, 3xx and 4xx",)).reason == "by hand"
        client.half_close()
        assert client.ended() == b""


class Failing(BaseHttpRequestHandler):
    """A handler that fails after its answer."""

    def handle(self) -> None:
        self.respond(Response(200))
        raise HTTPError(500, "after the answer")


def test_an_error_after_the_answer_is_no_second_answer(root: Path) -> None:
    ((status, _, _),) = ask(request() * 2, partial(Failing, directory=root))
    assert status == 200


def test_a_handler_on_a_socket_whose_peer_sends_byte_by_byte(root: Path) -> None:
    sent = request("/a.txt") * 2
    with fed(*(sent[i : i + 1] for i in range(len(sent))), b"") as ours:
        BaseHttpRequestHandler(ours, ADDRESS, None, root)
        assert read_until_end(ours.peer).count(b"\r\n\r\nhello") == 2


# --- the one way out


class Stamped(BaseHttpRequestHandler):
    """A handler that adds a field to every answer."""

    def respond(self, response: Response, *, wait: bool = False) -> None:
        fields = (*response.headers.lines, ("X-Site", "mine"))
        super().respond(Response(response.status, fields, response.body, reason=response.reason), wait=wait)

    def handle(self) -> None:
        if self.request.path == "/fault":
            raise RuntimeError("a fault")
        super().handle()


SCRIPTS: Final = {
    "slow": "echo 'Content-Type: a/b'; echo; echo one; sleep 0.1; echo two",
    "sized": "echo 'Content-Type: a/b'; echo 'Content-Length: 3'; echo; echo 123456",
    "none": "echo 'Status: 204'; echo",
    "bad": "echo nonsense",
    "away": "echo 'Location: /cgi-bin/slow'; echo",
    "lost": "echo 'Location: /none'; echo",
    "nph-x": "printf 'HTTP/1.1 200 OK\\r\\n\\r\\nraw'",
}
EVERY: Final = [
    ("GET", "/a.txt", 200),
    ("HEAD", "/a.txt", 200),
    ("POST", "/a.txt", 405),
    ("BREW", "/a.txt", 501),
    ("GET", "/folder", 301),
    ("GET", "/folder/", 200),
    ("GET", "/none", 404),
    ("GET", "/%00", 400),
    ("OPTIONS", "*", 204),
    ("GET", "/fault", 500),
    ("GET", "/cgi-bin/x", 200),
    ("GET", "/cgi-bin/slow", 200),
    ("HEAD", "/cgi-bin/slow", 200),
    ("GET", "/cgi-bin/sized", 200),
    ("GET", "/cgi-bin/none", 204),
    ("GET", "/cgi-bin/bad", 502),
    ("GET", "/cgi-bin/away", 200),
    ("POST", "/cgi-bin/lost", 404),
    ("GET", "/cgi-bin/nph-x", 200),
]


@pytest.fixture
def scripts(root: Path) -> Path:
    for name, text in SCRIPTS.items():
        path = root / "cgi-bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    return root


@pytest.mark.parametrize(("method", "target", "status"), EVERY)
def test_every_answer_passes_an_overridden_respond(scripts: Path, method: str, target: str, status: int) -> None:
    """Answers to errors and answers of scripts pass it, too, in any turn.

    Each passes it once, in place and on a server.
    """
    make = partial(Stamped, directory=scripts)
    ((found, head, _),) = ask(request(target, method=method), make)
    assert (found, head.count(b"\r\nX-Site: mine")) == (status, 1)
    with serving_by(BaseServer, make) as server, connect(server) as client:
        client.send(request(target, method=method))
        reply = client.reply(method)
        assert (reply.status, reply.get_all("X-Site")) == (status, ("mine",))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request("/cgi-bin/x", "Content-Length: 5", method="POST") + b"abc", 400),
        (request("/cgi-bin/x", "Transfer-Encoding: chunked", method="POST") + b"x\r\n", 400),
        (request("/cgi-bin/x", "Transfer-Encoding: chunked", method="POST") + b"40\r\n" + bytes(64), 413),
    ],
)
def test_so_do_those_to_content_that_no_script_gets(scripts: Path, sent: bytes, status: int) -> None:
    make = partial(Stamped, directory=scripts)
    limits = Limits(content=50, read_ahead=1)
    ((found, head, _),) = ask(sent, make, server=SimpleNamespace(limits=limits))
    assert (found, b"\r\nX-Site: mine" in head) == (status, True)
    with serving_by(BaseServer, make, limits=limits) as server, connect(server) as client:
        client.send(request("/cgi-bin/x", "Content-Length: 50", "Expect: 100-continue", method="POST"))
        assert client.reply().status == 100
        client.send(b"abc")
        client.half_close()
        reply = client.reply()
        assert (reply.status, reply.get("X-Site"), reply.says_close) == (400, "mine", True)


def test_the_own_look_of_errors_is_that_of_scripts_too(scripts: Path) -> None:
    (scripts / "404.html").write_text("<p>mine")
    ((status, _, content),) = ask(request("/cgi-bin/lost", method="POST"), folder(scripts))
    assert (status, content) == (404, b"<p>mine")


def test_an_overridden_respond_that_fails_is_not_asked_for_ever(root: Path) -> None:
    asked: list[int] = []

    class Mute(BaseHttpRequestHandler):
        def respond(self, response: Response, *, wait: bool = False) -> None:
            asked.append(response.status)
            raise RuntimeError("no answer")

    ((status, head, _),) = ask(request("/a.txt") * 2, partial(Mute, directory=root))
    assert (status, asked) == (500, [200, 500])
    assert b"\r\nConnection: close" in head


class Lending(BaseHttpRequestHandler):
    """A handler that sends items that it has only inside a block, to a client that does not read yet."""

    wait: bool
    told: "queue.SimpleQueue[str]"

    def handle(self) -> None:
        if self.request.path != "/":
            self.respond(Response(200, {}, self.request.path.encode()))
            return
        with contextlib.ExitStack() as block:
            block.callback(self.told.put, "block left")
            self.respond(Response(200, {}, self._items()), wait=self.wait)

    def _items(self) -> Iterator[bytes]:
        try:
            for _ in range(64):
                yield bytes(256 * 1024)
        finally:
            self.told.put("items closed")


@pytest.mark.parametrize("wait", [False, True])
def test_who_says_so_waits_until_all_of_the_answer_has_been_sent(wait: bool) -> None:
    class Mine(Lending):
        told: "queue.SimpleQueue[str]" = queue.SimpleQueue()

    Mine.wait = wait
    with serving_by(BaseServer, Mine) as server, connect(server) as client:
        client.send(request())
        if not wait:
            assert Mine.told.get(timeout=5) == "block left"
            with connect(server) as other:
                other.send(request("/other"))
                assert other.reply().content == b"/other"
        assert len(client.reply().content) == 16 * 1024 * 1024
        assert Mine.told.get(timeout=5) == "items closed"
        if wait:
            assert Mine.told.get(timeout=5) == "block left"
        client.send(request("/next"))
        assert client.reply().content == b"/next"
    assert Mine.told.empty()


def test_in_place_everybody_waits() -> None:
    class Mine(Lending):
        wait = False
        told: "queue.SimpleQueue[str]" = queue.SimpleQueue()

    with pair() as (ours, theirs):
        theirs.sendall(request())
        theirs.shutdown(socket.SHUT_WR)
        reader = threading.Thread(target=read_until_end, args=(theirs,))
        reader.start()
        Mine(ours, ADDRESS, None)
        reader.join()
    assert [Mine.told.get_nowait() for _ in range(2)] == ["items closed", "block left"]


class Elsewhere(BaseHttpRequestHandler):
    """A handler that answers for a file by itself, or with another file."""

    def do_file(self, path: str) -> None:
        if path.endswith("a.txt"):
            self.respond(Response(200, {}, b"my own"))
        else:
            super().do_file(f"{self.directory}/a.txt")


def test_what_was_opened_for_do_file_is_closed_whatever_that_does_with_it(root: Path) -> None:
    (root / "other.txt").write_text("other")
    before = sorted(os.listdir("/proc/self/fd"))
    mine = partial(Elsewhere, directory=root)
    assert ask(request("/a.txt"), mine)[0][2] == b"my own"
    assert ask(request("/other.txt"), mine)[0][2] == b"hello"
    assert ask(request("/other.txt", method="DELETE"), folder(root))[0][0] == 405
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_do_file_is_for_files_and_for_what_is_not_there(root: Path) -> None:
    asked: list[str] = []

    class Asked(BaseHttpRequestHandler):
        def do_file(self, path: str) -> None:
            asked.append(os.path.basename(path))
            super().do_file(path)

    mine = partial(Asked, directory=root)
    statuses = [ask(request(target), mine)[0][0] for target in ("/folder", "/folder/", "/absent", "/absent/", "/a.txt")]
    assert statuses == [301, 200, 404, 404, 200]
    assert asked == ["absent", "a.txt"]


LOOKS: Final = {"stat", "lstat", "open", "access", "readlink", "scandir", "fstat"}
"""The questions to a file system, by the functions of the module `os`."""


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/a.txt", ["open", "fstat"]),
        # The folder in the path may be a link. The folder of scripts may be a link, too, which may then lead to it.
        ("/folder/%3Cb%3E.txt", ["open", "fstat", "lstat", "readlink"]),
    ],
)
def test_a_file_costs_one_look_at_the_file_system(root: Path, target: str, expected: list[str]) -> None:
    """The file is opened, and every question is put to the open file."""
    looks: list[str] = []

    def profile(frame: FrameType, event: str, function: object) -> None:
        if event == "c_call" and isinstance(function, BuiltinFunctionType) and function.__module__ == "posix":
            looks.append(function.__name__)

    sys.setprofile(profile)
    try:
        answers = ask(request(target), folder(root))
    finally:
        sys.setprofile(None)
    assert answers[0][0] == 200
    assert [look for look in looks if look in LOOKS] == expected
