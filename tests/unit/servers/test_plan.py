"""Objects that can be sent to other processes, and those that cannot."""

import pickle
import socket
from dataclasses import replace
from functools import partial

import pytest

from pyhttp.answering import HandlerFactory, function_handler
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.hosts import Hosts
from pyhttp.limits import Limits
from pyhttp.messages import Response
from pyhttp.proxies import Proxies
from pyhttp.servers.plan import Plan, pickled
from pyhttp.servers.pooled import PooledServer
from pyhttp.site import Site
from tests.helpers import process_app

PLAN = Plan(
    factory=PooledServer,
    request_handler=process_app.Identified,
    limits=Limits(),
    timeouts=None,
    proxies=Proxies(headers=("::1",)),
    allowed_hosts=frozenset({"a"}),
    access_log=None,
)


@pytest.mark.parametrize(
    ("handler", "served"),
    [
        ("tests.helpers.process_app:whoami", process_app.whoami),
        ("tests.helpers.process_app:Names.identified", process_app.Identified),
        (process_app.Identified, process_app.Identified),
    ],
)
def test_what_arrives_is_what_was_sent(handler: HandlerFactory | str, served: object) -> None:
    plan: object = pickle.loads(pickled(replace(PLAN, request_handler=handler)))
    assert isinstance(plan, Plan)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = plan.server((listener.dup(),))
        assert server.addresses == [listener.getsockname()]
    assert server.request_handler is served
    assert isinstance(server, PooledServer)
    assert server.proxies == PLAN.proxies
    assert isinstance(server._hosts, Hosts)
    assert server._hosts["b"]
    server.close()


def test_a_partial_arrives_with_its_values() -> None:
    handler = partial(BaseHttpRequestHandler, directory="/srv", site=Site(listing=False))
    plan: object = pickle.loads(pickled(replace(PLAN, request_handler=handler)))
    assert isinstance(plan, Plan)
    assert isinstance(plan.request_handler, partial)
    assert plan.request_handler.keywords == handler.keywords


@pytest.mark.parametrize("name", ["", "module", ":name", "module:", "mod ule:name", "a:b:c"])
def test_a_name_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not of the form module:name"):
        pickled(replace(PLAN, request_handler=name))


@pytest.mark.parametrize("value", [lambda: None, (each for each in "ab")], ids=["a local function", "a generator"])
def test_what_no_other_process_can_find_is_refused(value: object) -> None:
    handler = partial(process_app.Identified)
    handler.keywords["site"] = value
    with pytest.raises(ValueError, match="cannot be sent to another process, put it into a module"):
        pickled(replace(PLAN, request_handler=handler))
    with pytest.raises(ValueError, match="put it into a module"):
        pickled(replace(PLAN, request_handler=function_handler(lambda _: Response(200))))


def test_what_the_main_program_defines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_app.Identified, "__module__", "__main__")
    with pytest.raises(ValueError, match="belongs to the main program"):
        pickled(PLAN)


def test_a_name_that_makes_no_handlers_is_told_so() -> None:
    with pytest.raises(TypeError, match=r"tests\.helpers\.process_app:NOTHING cannot be called: it makes no handlers"):
        replace(PLAN, request_handler="tests.helpers.process_app:NOTHING").server(())
