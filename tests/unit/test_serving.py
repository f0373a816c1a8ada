"""The server that the options ask for."""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp import serving
from pyhttp.options import parse
from pyhttp.servers.base import BaseServer
from pyhttp.servers.pooled import PooledServer
from pyhttp.servers.processes import ProcessServer
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.transport.listener import listen


@pytest.fixture(autouse=True)
def _loggers_as_before() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("pyhttp.access", "pyhttp.error")]
    before = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]
    yield
    for logger, (level, propagate, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.propagate = propagate
        logger.handlers[:] = handlers


@pytest.mark.parametrize(
    ("option", "kind"), [("--pooled", PooledServer), ("--threaded", ThreadedServer), ("--single", BaseServer)]
)
def test_a_process_of_several_serves_as_the_only_one_would(option: str, kind: type[BaseServer], tmp_path: Path) -> None:
    log = tmp_path / "log"
    options = parse([str(tmp_path), option, "--limit", "ranges=3", "--timeout", "idle=5", "--access-log", str(log)])
    alone = serving.bind(options, serving.open_log(options), None, listen("127.0.0.1", 0), (5, 6))
    one_of = serving._in_process(options, (5, 6), sockets=listen("127.0.0.1", 0))
    for server in (alone, one_of):
        assert type(server) is kind
        assert (server.limits, server.timeouts) == (options.limits, options.timeouts)
        assert server.scripts.descriptors == (5, 6)
        server.close()
    assert log.exists()


def test_several_processes_have_nothing_of_the_one_that_starts_them(tmp_path: Path) -> None:
    options = parse([str(tmp_path), "--processes", "3", "--access-log", str(tmp_path / "log")])
    log_file = serving.open_log(options)
    (listener,) = listen("127.0.0.1", 0)
    server = serving.bind(options, log_file, None, [listener], None)
    assert isinstance(server, ProcessServer)
    assert server.processes == 3
    server.close()
    assert listener.fileno() == -1


def test_a_process_whose_log_cannot_be_opened_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = parse([str(tmp_path), "--processes", "1", "--access-log", str(tmp_path / "missing" / "log")])
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(SystemExit) as ended:
        serving._in_process(options, None, sockets=[listener])
    assert ended.value.code == 1
    assert f"pyhttp: cannot write the access log {tmp_path}/missing/log" in capsys.readouterr().err
