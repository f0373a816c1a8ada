"""RFC 9110 §8.4, §9, §10.2, §12.5, §15.4, §15.5: paths, methods, codings, redirects and options, through a socket.

T3, T4, T5, T6, T8, T10, R1, R2, R3, W1, W5, W6, W8.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.limits import Limits
from pyhttp.servers.base import BaseServer
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.site import CODINGS, Site
from tests.conformance.folder_client import FolderClient, serving
from tests.helpers.coded import brotli_of, gzip_of
from tests.helpers.folder import write


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("folder") / "www"
    write(top / "file.txt", b"file")
    write(top / "a b" / "ü.txt", b"umlaut")
    write(top / "%2e%2e", b"percent")
    write(top / ".env", b"secret")
    write(top / ".well-known" / "x", b"known")
    write(top / "site" / "index.html", b"index")
    write(top / "page.css", b"plain")
    write(top / "page.css.gz", gzip_of(b"plain"))
    write(top / "page.css.br", brotli_of(b"plain"))
    write(top.parent / "secret", b"secret")
    (top / "link").symlink_to("file.txt")
    (top / "out").symlink_to("../secret")
    (top / "fifodir").mkdir()
    os.mkfifo(top / "fifodir" / "index.html")
    return top


@pytest.fixture(scope="module", params=(BaseServer, ThreadedServer), ids=lambda kind: kind.__name__)
def client(request: pytest.FixtureRequest, root: Path) -> Iterator[FolderClient]:
    kind: type[BaseServer] = request.param
    with serving(kind, root, Site(codings=CODINGS)) as served:
        yield served


@pytest.fixture
def tuned(root: Path) -> Iterator[FolderClient]:
    site = Site(
        hide_dotfiles=True,
        follow_symlinks=True,
        listing=False,
        max_age=60,
        cors=True,
        headers=(("X-Site", "mine"), ("Vary", "Origin")),
        media_types=(("css", "text/x-style"),),
        codings=(),
    )
    with serving(BaseServer, root, site) as served:
        yield served


@pytest.mark.clause(
    "3986-7.3-2a", "3986-7.3-2b", "3986-7.3-2c", "3986-7.3-2d", "3986-7.3-3a", "3986-7.3-3d", "3986-2.4-2a",
    "3986-6.2.2.1-1a", "3986-6.2.2.2-1c", "9110-4.2.3-7b", "9110-15.5.4-3a", "9110-15.5.11-1b", "9110-17.4-3a",
)  # fmt: skip
@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/file.txt", 200),
        ("//file.txt", 200),
        ("/%66ile.txt", 200),
        ("/file.txt?x=/../..", 200),
        ("/a%20b/%C3%BC.txt", 200),
        ("/a%20b//%c3%bc.txt", 200),
        ("/%252e%252e", 200),
        ("/link", 200),
        ("/.env", 200),
        ("/file.txt/", 404),
        ("/file.txt/x", 404),
        ("/out", 404),
        ("/../secret", 404),
        ("/../../etc/passwd", 404),
        ("/%2e%2e/secret", 404),
        ("/..%2fsecret", 404),
        ("/a%2Fb", 404),
        ("/%00", 400),
        ("/file.txt%00.html", 400),
        ("/%0d%0aX:%20y", 400),
        ("/" + "x" * 300, 404),
        ("/%ff%fe", 404),
        ("/fifodir/index.html", 404),
        ("/fifodir/", 200),
        ("/site/", 200),
        ("/absent/", 404),
    ],
)
def test_paths(client: FolderClient, target: str, status: int) -> None:
    reply = client.ask(target)
    assert reply.status == status
    assert b"secret" not in reply.content or target == "/.env"


@pytest.mark.clause("9110-15.4.2-2a", "9110-4.2.1-4a", "9110-4.2.2-4a", "9110-4.2.4-3a")
@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/site", "site/"),
        ("/site?x=%2f&y", "site/?x=%2f&y"),
        ("//site", "site/"),
        ("/a%20b", "a%20b/"),
        ('/site?x="y"', "site/?x=%22y%22"),
    ],
)
def test_R1_R2_a_folder_has_its_slash(client: FolderClient, target: str, location: str) -> None:
    reply = client.ask(target)
    assert (reply.status, reply.get("Location")) == (301, location)
    assert client.ask(f"/{location}").status == 200
    assert client.ask(f"//{location}").status == 200


@pytest.mark.clause("9110-9.1-9a", "9110-9.1-10c", "9110-9.1-10d", "9110-15.5.6-1b", "9110-9.3.7-4a")
@pytest.mark.parametrize("target", ["/file.txt", "/", "/site/", "/site"])
def test_methods(client: FolderClient, target: str) -> None:
    assert client.ask(target, "GET").status in {200, 301}
    assert client.ask(target, "HEAD").status in {200, 301}
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        reply = client.ask(target, method, Content_Length="0")
        assert (reply.status, reply.get("Allow")) == (405, "GET, HEAD, OPTIONS")
    for method in ("BREW", "get", "PROPFIND"):
        assert client.ask(target, method).status == 501


@pytest.mark.clause("9110-15.5-1b", "9110-17.4-3c")
def test_R3_errors_explain_themselves(client: FolderClient) -> None:
    for accept, media_type in {
        "text/html": "text/html; charset=utf-8",
        "application/json": "application/problem+json",
        "*/*": "text/plain; charset=utf-8",
    }.items():
        reply = client.ask("/%3Cscript%3E", Referer="<script>", Accept=accept)
        assert (reply.status, reply.get("Content-Type")) == (404, media_type)
        assert b"<script" not in reply.content
        assert str(Path.cwd()).encode() not in reply.content


@pytest.mark.clause("9110-8.4-5a", "9110-8.4-5b", "9110-12.5.3-12b", "9110-12.5.5-10a", "9110-8.4.1.3-1b")
@pytest.mark.parametrize(
    ("accept", "coding", "data"),
    [("gzip, deflate, br", "br", brotli_of(b"plain")), ("x-gzip", "gzip", gzip_of(b"plain")),
     ("gzip;q=0, *;q=0.1", "br", brotli_of(b"plain")),
     ("deflate", None, b"plain"), ("", None, b"plain"), ("identity", None, b"plain")],
)  # fmt: skip
def test_codings(client: FolderClient, accept: str, coding: str | None, data: bytes) -> None:
    reply = client.ask("/page.css", Accept_Encoding=accept)
    assert (reply.get("Content-Encoding"), reply.content) == (coding, data)
    assert reply.get("Content-Type") == "text/css; charset=utf-8"
    assert reply.get("Vary") == "Accept-Encoding"
    same = client.ask("/page.css", Accept_Encoding=accept, If_None_Match=reply.get("ETag") or "")
    assert (same.status, same.get("Vary")) == (304, "Accept-Encoding")


@pytest.mark.clause("9110-15.5.7-2a", "9110-12.5.3-12b")
def test_no_coding_that_is_accepted(client: FolderClient) -> None:
    reply = client.ask("/page.css", Accept_Encoding="zstd, identity;q=0")
    assert reply.status == 406
    assert b'href="page.css.gz"' in reply.content
    assert reply.get("Vary") == "Accept-Encoding"


@pytest.mark.clause("9110-12.5.1-6d", "9110-12.5.5-10a")
def test_a_listing_is_html_or_json(client: FolderClient) -> None:
    html, by_accept, by_query = (
        client.ask("/"),
        client.ask("/", Accept="application/json"),
        client.ask("/?format=json", Accept="text/html"),
    )
    assert html.get("Content-Type") == "text/html; charset=utf-8"
    assert "style-src 'sha256-" in (html.get("Content-Security-Policy") or "")
    for reply in (by_accept, by_query):
        assert reply.get("Content-Type") == "application/json"
        names = {row["name"] for row in json.loads(reply.content)}
        assert {"file.txt", "link", ".env"} <= names
        assert "out" not in names
    assert {reply.get("Vary") for reply in (html, by_accept, by_query)} == {"Accept"}
    assert len({reply.get("ETag") for reply in (html, by_accept)}) == 2


def test_a_part_of_the_names_is_asked_for_by_a_query(client: FolderClient) -> None:
    """This holds for a page, which names links that are not followed, and for JSON, which does not name them."""
    page = client.ask("/?q=OU&sort=size")
    assert "script-src 'sha256-" in (page.get("Content-Security-Policy") or "")
    assert b"out<small>leads out</small></span>" in page.content
    assert b"file.txt" not in page.content
    assert client.ask("/?q=FILE.t&format=json").content.count(b'"name"') == 1
    assert client.ask("/?q=out&format=json").content == b"[\n\n]\n"
    assert "img-src 'self'" in (client.ask("/?view=grid").get("Content-Security-Policy") or "")


@pytest.fixture(scope="module", params=(BaseServer, ThreadedServer), ids=lambda kind: kind.__name__)
def long(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FolderClient]:
    """Twelve files, of which a page shows five."""
    top = tmp_path_factory.mktemp("long")
    for place in range(12):
        write(top / "many" / f"n{place}", b"x" * place)
    kind: type[BaseServer] = request.param
    with serving(kind, top, limits=Limits(listing_entries=5)) as served:
        yield served


def test_W5_every_page_of_a_long_listing_leads_to_the_next(long: FolderClient) -> None:
    """RFC 8288 §3: the Link field is relative, as links in the page are. RFC 6596: it names what stands for all."""
    links, names, target = [], list[str](), "/many/?sort=size&order=desc"
    for _ in range(3):
        reply = long.ask(target)
        assert reply.status == 200
        names += re.findall(r'<a href="(n[0-9]+)">', reply.content.decode())
        links.append(reply.get("Link"))
        following = re.search('<([^>]*)>; rel="next"', links[-1] or "")
        target = f"/many/{following[1]}" if following else ""
    assert names == [f"n{place}" for place in range(11, -1, -1)]
    assert links == [
        '<?sort=size&order=desc&page=2>; rel="next", <./>; rel="canonical"',
        '<?sort=size&order=desc>; rel="prev", <?sort=size&order=desc&page=3>; rel="next", <./>; rel="canonical"',
        '<?sort=size&order=desc&page=2>; rel="prev", <./>; rel="canonical"',
    ]
    for number in ("0", "4", "x"):
        assert long.ask(f"/many/?page={number}").status == 404
    assert long.ask("/").get("Link") is None


@pytest.mark.clause("9110-9.3.2-2a", "9112-6.3-3a")
def test_a_long_listing_as_json_is_complete(long: FolderClient) -> None:
    target = "/many/?format=json&sort=size"
    reply = long.ask(target)
    assert [row["url"] for row in json.loads(reply.content)] == [f"n{place}" for place in range(12)]
    assert reply.get("Transfer-Encoding") == "chunked"
    assert reply.get("ETag") is reply.get("Content-Length") is None
    head = long.ask(target, "HEAD")
    assert (head.status, head.content, head.get("Content-Type")) == (200, b"", "application/json")
    assert long.ask(target, If_Match='"some"').status == 412
    assert long.ask(target, If_None_Match="*").status == 304
    assert long.ask(target, Range="bytes=0-0").status == 200
    assert long.ask(target, "POST").status == 405
    (old,) = long.raw(f"GET {target} HTTP/1.0\r\n\r\n".encode())
    assert old.content == reply.content


@pytest.mark.clause("9111-5.2.2.1-4b")
def test_what_an_operator_may_say(tuned: FolderClient) -> None:
    assert tuned.ask("/out").content == b"secret"
    assert tuned.ask("/.env").status == 404
    assert tuned.ask("/.well-known/x").status == 200
    assert tuned.ask("/").status == 403
    reply = tuned.ask("/page.css", Accept_Encoding="br")
    assert (reply.content, reply.get("Content-Encoding"), reply.get("Vary")) == (b"plain", None, "Origin")
    assert reply.get("Content-Type") == "text/x-style; charset=utf-8"
    assert reply.get("Cache-Control") == "max-age=60"
    for target in ("/page.css", "/absent", "/site"):
        reply = tuned.ask(target)
        assert reply.get("X-Site") == "mine"
        assert reply.get("Access-Control-Allow-Origin") == "*"
    preflight = tuned.ask("/file.txt", "OPTIONS", Origin="http://a", Access_Control_Request_Method="GET")
    assert preflight.get("Access-Control-Allow-Methods") == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "target", ["/page.css", "/absent", "/site", "/site/", "/out/", "/%00", "/cgi-bin/none", "/a%2Fb"]
)
def test_a_preflight_is_answered_whatever_the_path(client: FolderClient, tuned: FolderClient, target: str) -> None:
    """A browser would hide a 404 or a redirect from the page. Where the site has no CORS, nothing differs."""
    asked = {"Origin": "http://a", "Access_Control_Request_Method": "GET", "Access_Control_Request_Headers": "range"}
    preflight = tuned.ask(target, "OPTIONS", **asked)
    assert (preflight.status, preflight.content) == (204, b"")
    assert preflight.get("Access-Control-Allow-Origin") == "*"
    assert preflight.get("Access-Control-Allow-Methods") == "GET, HEAD, OPTIONS"
    assert "Range" in (preflight.get("Access-Control-Allow-Headers") or "")
    assert preflight.get("Location") is None
    without_cors = client.ask(target, "OPTIONS", **asked)
    assert without_cors.status == client.ask(target, "OPTIONS").status
    assert without_cors.get("Access-Control-Allow-Methods") is None
    assert tuned.ask(target, "OPTIONS").get("Access-Control-Allow-Methods") is None


def test_a_page_of_the_sites_own_for_what_is_not_found(tmp_path: Path) -> None:
    write(tmp_path / "404.html", b"<p>Lost\n")
    with serving(BaseServer, tmp_path) as served:
        reply = served.ask("/absent")
        assert (reply.status, reply.content) == (404, b"<p>Lost\n")
        assert served.ask("/absent", "HEAD").status == 404
        assert served.ask("/absent", Range="bytes=0-0", If_None_Match="*").content == b"<p>Lost\n"
