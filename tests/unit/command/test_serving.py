"""The server that the options ask for."""

import errno
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseHttpRequestHandler
from pyhttp.answering import HandlerFactory
from pyhttp.command import serving
from pyhttp.command.folder_options import parse_folder
from pyhttp.command.listening import CannotServe
from pyhttp.command.logs import ErrorLines
from pyhttp.servers.base import BaseServer
from pyhttp.servers.pooled import PooledServer
from pyhttp.servers.processes import ProcessServer
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.transport import access_log
from pyhttp.transport.access_log import ERROR, INFO, WARNING, ErrorLog
from pyhttp.transport.listener import listen


def load() -> HandlerFactory:
    return BaseHttpRequestHandler


def load_nothing() -> HandlerFactory:
    raise CannotServe("cannot serve so: there is none")


DEBUG: Final = 10
HERE: Final = ("--bind", "127.0.0.1", "--port", "0")


@pytest.mark.parametrize(
    ("option", "kind"), [("--pooled", PooledServer), ("--threaded", ThreadedServer), ("--single", BaseServer)]
)
def test_a_process_of_several_serves_as_the_only_one_would(option: str, kind: type[BaseServer], tmp_path: Path) -> None:
    log = tmp_path / "log"
    arguments = [*HERE, option, "--limit", "ranges=3", "--timeout", "idle=5", "--access-log", str(log)]
    options = parse_folder(arguments).common
    alone = serving.bind(options, load, serving.open_log(options), None, (5, 6))
    one_of = serving._in_process(options, load, (5, 6), sockets=listen("127.0.0.1", 0))
    for server in (alone, one_of):
        assert type(server) is kind
        assert (server.limits, server.timeouts) == (options.limits, options.timeouts)
        assert server.scripts.descriptors == (5, 6)
        server.close()
    assert log.exists()


@pytest.mark.parametrize("unix", [False, True])
def test_the_only_process_accepts_all_clients_that_wait(unix: bool, tmp_path: Path) -> None:
    options = parse_folder([*HERE, *(["--unix", str(tmp_path / "s")] if unix else [])]).common
    server = serving.bind(options, load, None, None, None)
    assert isinstance(server, BaseServer)
    assert not server._loop._acceptor._shared
    server.close()


@pytest.mark.parametrize(("given", "least"), [([], WARNING), (["--quiet"], WARNING), (["--verbose"], INFO)])
def test_each_process_writes_its_errors_itself(given: list[str], least: int) -> None:
    alone, several = (parse_folder([*HERE, "--single", *more, *given]).common for more in ([], ["--processes", "1"]))
    makers: list[Callable[[], BaseServer | ProcessServer]] = [
        lambda: serving.bind(alone, load, None, None, None),
        lambda: serving.bind(several, load, None, None, None),
        lambda: serving._in_process(several, load, None, sockets=listen("127.0.0.1", 0)),
    ]
    for make in makers:
        access_log._given.clear()
        server = make()
        assert isinstance(server.log, ErrorLines)
        assert next(level for level in (DEBUG, INFO, WARNING, ERROR) if server.log.isEnabledFor(level)) == least
        server.close()


def test_an_application_finds_the_log_of_the_command_as_it_is_loaded() -> None:
    """It may keep the stream `wsgi.errors`, and sets up `logging` for itself alone."""
    found: list[ErrorLog] = []

    def loading() -> HandlerFactory:
        found.append(access_log.loggers()[0])
        return BaseHttpRequestHandler

    options = parse_folder([*HERE]).common
    serving.bind(options, loading, None, None, None).close()
    access_log._given.clear()
    serving._in_process(options, loading, None, sockets=listen("127.0.0.1", 0)).close()
    assert [type(each) for each in found] == [ErrorLines, ErrorLines]


def test_several_processes_have_nothing_of_the_one_that_starts_them(tmp_path: Path) -> None:
    options = parse_folder([*HERE, "--processes", "3", "--access-log", str(tmp_path / "log")]).common
    log_file = serving.open_log(options)
    # Each process makes the handler for itself. In this process, that would fail.
    server = serving.bind(options, load_nothing, log_file, None, None)
    assert isinstance(server, ProcessServer)
    assert server.processes == 3
    host, port = server.addresses[0]
    server.close()
    with socket.socket() as client:
        assert client.connect_ex((host, port)) == errno.ECONNREFUSED


def test_where_there_is_no_handler_nothing_is_listened_on(tmp_path: Path) -> None:
    options = parse_folder(["--unix", str(tmp_path / "s")]).common
    with pytest.raises(CannotServe, match=r"^cannot serve so: there is none$"):
        serving.bind(options, load_nothing, None, None, None)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("load", "arguments", "why"),
    [
        (load, ["--access-log", "/proc/no/log"], "cannot write the access log /proc/no/log: No such file or directory"),
        (load_nothing, [], "cannot serve so: there is none"),
    ],
)
def test_a_process_that_cannot_serve_says_why(
    load: Callable[[], HandlerFactory], arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = parse_folder(["--processes", "1", *arguments]).common
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(SystemExit) as ended:
        serving._in_process(options, load, None, sockets=[listener])
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"pyhttp: {why}\n"
