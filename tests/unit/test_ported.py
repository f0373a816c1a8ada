"""Handlers that were written for `http.server`: names that would be ignored are refused."""

import http.server
import inspect

import pytest

from pyhttp import BaseHttpRequestHandler
from pyhttp.ported import NoLeftovers

LEFT = [
    ("do_GET", "override handle()"),
    ("do_HEAD", "override handle()"),
    ("do_PROPFIND", "override handle()"),
    ("cgi_directories", "give Site.cgi_directories"),
    ("end_headers", "override respond(response), where every answer passes"),
    ("extensions_map", "give Site.media_types"),
    ("guess_type", "give Site.media_types"),
    ("handle_one_request", "override handle()"),
    ("index_pages", "give Site.index"),
    ("list_directory", "override list_dir(path), which returns HTML"),
    ("log_error", "use the logger pyhttp.error"),
    ("log_message", "use the loggers pyhttp.access and pyhttp.error"),
    ("log_request", "give the server an access_log"),
    ("send_error", "raise an HTTPError, or override respond(response), where every answer passes"),
    ("send_head", "override do_file(path)"),
    ("send_header", "give the fields to a Response"),
    ("send_response", "give the status to a Response"),
    ("translate_path", "override get_path(path)"),
]


@pytest.mark.parametrize(("name", "instead"), LEFT)
def test_what_only_http_server_calls_is_refused_when_the_class_is_made(name: str, instead: str) -> None:
    with pytest.raises(TypeError) as refused:
        type("Ported", (BaseHttpRequestHandler,), {name: lambda self: None})
    assert str(refused.value) == f"Ported.{name} of http.server is not called here: {instead}"


def test_so_it_is_in_another_base_and_in_a_subclass_of_a_subclass() -> None:
    """A class that asks for a password is mixed in like this."""

    class Authentication:
        def do_GET(self) -> None:
            raise AssertionError

    class Mine(BaseHttpRequestHandler):
        pass

    with pytest.raises(TypeError, match=r"Authentication\.do_GET"):
        type("Ported", (Authentication, BaseHttpRequestHandler), {})
    with pytest.raises(TypeError, match=r"Ported\.do_POST"):
        type("Ported", (Mine,), {"do_POST": print})


def test_a_handler_of_http_server_is_none_of_ours() -> None:
    with pytest.raises(TypeError, match=r"of http\.server is not called here"):
        type("Ported", (BaseHttpRequestHandler, http.server.SimpleHTTPRequestHandler), {})


def test_names_of_ones_own_are_free() -> None:
    class Mine(BaseHttpRequestHandler):
        def do_something(self) -> None: ...

        def setup(self) -> None: ...

    assert issubclass(Mine, NoLeftovers)


def test_our_own_names_are_none_of_them() -> None:
    assert {name for name, _ in inspect.getmembers(BaseHttpRequestHandler)}.isdisjoint({name for name, _ in LEFT})
