"""The handler of a server: a function, or a callable for each request; never both, and never a wrong one."""

import re
from functools import partial

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, Request, Response, function_handler
from pyhttp.proxies import Proxies
from pyhttp.servers.given import check_given, factory_of, proxies_given, serves_folder
from tests.helpers.servers import SERVER_CLASSES, connect, echo
from tests.helpers.sockets import request
from tests.helpers.untyped import untyped


async def coroutine(_: Request) -> Response:
    return Response(204)


class Greeter:
    def __call__(self, asked: Request) -> Response:
        return Response.text(asked.path)

    def greet(self, asked: Request) -> Response:
        return Response.text(asked.path)


@pytest.mark.parametrize("server_class", SERVER_CLASSES)
@pytest.mark.parametrize("handler", [echo, Greeter(), Greeter().greet, partial(echo)])
def test_a_function_answers(server_class: type[BaseServer], handler: object) -> None:
    built: object = untyped(server_class)("127.0.0.1", 0, handler=handler)
    assert isinstance(built, BaseServer)
    with built as server, connect(server) as client:
        client.send(request("/a"))
        assert b"/a" in client.reply().content


@pytest.mark.parametrize("server_class", SERVER_CLASSES)
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"request_handler": echo},
            "which echo does not take; a function from Request to Response is given as handler=echo",
        ),
        ({"request_handler": coroutine}, "a function from Request to Response is given as handler=coroutine"),
        ({"request_handler": Greeter().greet}, "is given as handler=Greeter.greet"),
        ({"request_handler": dict.fromkeys}, "which dict.fromkeys does not take"),
        ({"request_handler": lambda conn, addr: None}, "<lambda> does not take"),
        ({"request_handler": 7}, "request_handler: a callable, not int"),
        ({"handler": coroutine}, "handler: coroutine is a coroutine function, which would never be awaited; write def"),
        ({"handler": lambda: None}, "handler: called with a Request alone, which"),
        ({"handler": BaseHttpRequestHandler}, "which BaseHttpRequestHandler does not take"),
        ({"handler": 7}, "handler: a callable, not int"),
    ],
)
def test_what_cannot_answer_is_refused_when_the_server_is_built(
    server_class: type[BaseServer], given: dict[str, object], message: str
) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        untyped(server_class)("127.0.0.1", 0, **given)


@pytest.mark.parametrize("server_class", SERVER_CLASSES)
def test_two_who_answer_are_one_too_many(server_class: type[BaseServer]) -> None:
    with pytest.raises(ValueError, match="give one of them"):
        server_class("127.0.0.1", 0, function_handler(echo), handler=echo)


FACTORY = "request_handler: called with (conn, addr, server), which <lambda> does not take"


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        (lambda: None, FACTORY),
        (lambda a: a, f"{FACTORY}; a function from Request to Response is given as handler=<lambda>"),
        (lambda a, b: (a, b), FACTORY),
        (lambda a, b, c: (a, b, c), None),
        (lambda a, b, c, d: (a, b, c, d), FACTORY),
        (lambda a, b=1, c=2: (a, b, c), None),
        (lambda a, b=1: (a, b), f"{FACTORY}; a function from Request to Response is given as handler=<lambda>"),
        (partial(BaseHttpRequestHandler, directory="/", site=None), None),
        (partial(BaseHttpRequestHandler), None),
    ],
)
def test_a_factory_takes_three_arguments(handler: object, message: str | None) -> None:
    if message is None:
        assert untyped(factory_of)(handler, None) is handler
        return
    with pytest.raises(TypeError) as raised:
        untyped(factory_of)(handler, None)
    assert str(raised.value) == message


@pytest.mark.parametrize("given", [((1, 2, 3, 4), {}), ((1, 2), {"site": None})])
def test_so_does_the_handler_of_a_folder_with_options(given: tuple[tuple[object, ...], dict[str, object]]) -> None:
    """Such a factory is looked at without `inspect`, and no mistake gets past."""
    positional, named = given
    with pytest.raises(TypeError, match=re.escape("request_handler: called with (conn, addr, server), which")):
        untyped(factory_of)(untyped(partial)(BaseHttpRequestHandler, *positional, **named), None)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("", 80, None), None),
        (("", 80, print), None),
        (
            (("", 80), 80, None),
            "host: str, not tuple: host and port are two arguments, as in ('localhost', 8888, handler)",
        ),
        (("", "80", None), "port: int, not str"),
        (("", 80, "log"), "access_log: a callable, not str"),
    ],
)
def test_an_argument_of_another_type_is_told_in_full(given: tuple[object, ...], message: str | None) -> None:
    if message is None:
        check_given(*given)
        return
    with pytest.raises(TypeError) as raised:
        check_given(*given)
    assert str(raised.value) == message


def test_proxies_are_proxies_or_nothing() -> None:
    proxies = Proxies(headers=("::1",))
    assert proxies_given(proxies) is proxies
    assert proxies_given(None) is None
    with pytest.raises(TypeError, match=r"^proxies: Proxies, not str$"):
        untyped(proxies_given)("::1")


class Mine(BaseHttpRequestHandler):
    """A handler with nothing of its own."""


@pytest.mark.parametrize(
    ("factory", "serves"),
    [
        (BaseHttpRequestHandler, True),
        (partial(BaseHttpRequestHandler, directory="/srv"), True),
        (Mine, False),
        (partial(Mine, directory="/srv"), False),
        (function_handler(echo), False),
    ],
)
def test_a_folder_is_served_by_its_own_handler_alone(factory: object, serves: bool) -> None:
    assert serves_folder(factory) is serves
