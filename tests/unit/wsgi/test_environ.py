"""PEP 3333: the environ of a request for an application."""

import io
from typing import TYPE_CHECKING

import pytest

from pyhttp.cgi.variables import Ends
from pyhttp.errors import NotFound
from pyhttp.servers.base import BaseServer
from pyhttp.servers.pooled import PooledServer
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.wsgi.environ import build_environ, common, runs_threads
from pyhttp.wsgi.files import FileWrapper
from tests.helpers.cgi_site import ENDS, request_head

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment


def environ(
    path: str = "/", *fields: tuple[str, str], query: str = "", ends: Ends = ENDS, script_name: str = ""
) -> "WSGIEnvironment":
    head = request_head(path, query=query, fields=tuple(fields))
    return build_environ(common(head, ends, multithread=True, script_name=script_name), head, None, None)


def test_the_whole_environ_of_a_plain_request() -> None:
    found = environ("/a/b", ("User-Agent", "x"), query="c=d")
    assert type(found) is dict  # subclasses are not allowed
    assert isinstance(found.pop("wsgi.input"), io.BytesIO)
    errors = found.pop("wsgi.errors")
    assert {hasattr(errors, name) for name in ("write", "writelines", "flush")} == {True}
    assert found == {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/a/b",
        "QUERY_STRING": "c=d",
        "REQUEST_URI": "/a/b?c=d",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": str(ENDS.local[1]),
        "SERVER_ADDR": ENDS.local[0],
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": ENDS.software,
        "REMOTE_ADDR": ENDS.peer[0],
        "REMOTE_HOST": ENDS.peer[0],
        "REMOTE_PORT": str(ENDS.peer[1]),
        "HTTP_HOST": "localhost:8888",
        "HTTP_USER_AGENT": "x",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
        "wsgi.input_terminated": True,
    }


def test_what_requests_share_fits_those_with_the_same_fields() -> None:
    head = request_head("/a")
    shared = common(head, ENDS, multithread=True)
    assert shared.fits(head._replace(path="/b", target="/b"))
    assert not shared.fits(request_head("/a"))  # equal fields that have been read anew


def test_one_environ_knows_nothing_of_another() -> None:
    first = environ()
    first["wsgi.url_scheme"] = first["REMOTE_ADDR"] = "changed"
    assert environ()["wsgi.url_scheme"] == "http"
    assert environ()["REMOTE_ADDR"] == ENDS.peer[0]


@pytest.mark.parametrize(
    ("path", "info"),
    [
        ("/", "/"),
        ("/a%20b", "/a b"),
        ("/%C3%A9", "/\xc3\xa9"),  # UTF-8 as ISO-8859-1: bytes as unicode
        ("/%E9", "/\xe9"),
        ("/a%2Fb", "/a/b"),
        ("/%zz%", "/%zz%"),
        ("/a+b", "/a+b"),
    ],
)
def test_path_info_is_decoded_once(path: str, info: str) -> None:
    assert environ(path)["PATH_INFO"] == info


@pytest.mark.parametrize(
    ("path", "info"), [("/shop", ""), ("/shop/", "/"), ("/shop/a", "/a"), ("/sh%6Fp/a", "/a"), ("/shop/shop", "/shop")]
)
def test_a_mounted_application_sees_its_own_part_of_the_path(path: str, info: str) -> None:
    found = environ(path, script_name="/shop")
    assert (found["SCRIPT_NAME"], found["PATH_INFO"]) == ("/shop", info)


@pytest.mark.parametrize("path", ["/", "/shopping", "/a/shop", "/Shop"])
def test_a_mounted_application_is_nowhere_else(path: str) -> None:
    with pytest.raises(NotFound):
        environ(path, script_name="/shop")


def test_an_application_gets_authorization_and_no_other_field_that_scripts_do_not_get() -> None:
    found = environ(
        "/",
        ("Authorization", "Basic eDp5"),
        ("Proxy", "http://evil"),
        ("X_Name", "1"),
        ("TE", "trailers"),
        ("Keep-Alive", "5"),
    )
    assert {name for name in found if name.startswith("HTTP_")} == {"HTTP_HOST", "HTTP_AUTHORIZATION"}


def test_X4_the_scheme_is_that_of_the_connection() -> None:
    assert environ(ends=ENDS._replace(secure=True))["wsgi.url_scheme"] == "https"


def test_a_trusted_proxy_knows_what_the_client_has_asked_for() -> None:
    found = environ(ends=ENDS._replace(scheme="https", host="shop.example"))
    assert (found["wsgi.url_scheme"], found["HTTP_HOST"]) == ("https", "shop.example")
    assert (found["SERVER_NAME"], found["SERVER_PORT"]) == ("shop.example", "443")


def test_whether_there_are_several_processes_is_told() -> None:
    for several in (True, False):
        head = request_head("/")
        found = build_environ(common(head, ENDS, multithread=True, multiprocess=several), head, None, None)
        assert found["wsgi.multiprocess"] is several


def test_the_kind_of_server_tells_whether_there_are_several_threads() -> None:
    class Own(BaseServer):
        def process_request(self, conn: object, addr: object) -> None:
            raise NotImplementedError

    made = {kind: object.__new__(kind) for kind in (BaseServer, ThreadedServer, PooledServer, Own)}
    assert {kind for kind, server in made.items() if not runs_threads(server)} == {BaseServer}
    assert runs_threads(None)  # the kind of server is unknown
