"""The least server of scripts gives a script what the promises ask, and answers with its output."""

import os
import socket
from pathlib import Path

import pytest

from benchmarks.speed.apps.least_cgi import Least

SCRIPT = r"""#!/bin/sh
printf 'Content-Type: text/plain\n\n'
printf '%s ' "$PWD" "$SCRIPT_NAME" "$QUERY_STRING" "$HTTP_ACCEPT" "$REMOTE_PORT" "$SERVER_PORT" "$GATEWAY_INTERFACE"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a script."""
    script = tmp_path / "root" / "cgi-bin" / "x"
    script.parent.mkdir(parents=True)
    script.write_text(SCRIPT)
    script.chmod(0o755)
    return tmp_path / "root"


def test_a_script_answers(root: Path) -> None:
    log = root.parent / "log"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        least = Least(listener, str(log), str(root))
        with socket.create_connection(listener.getsockname(), timeout=10) as client:
            for _ in range(2):  # the connection is kept
                client.sendall(b"GET /cgi-bin/x?a=b HTTP/1.1\r\nHost: a:80\r\nAccept: */*\r\n\r\n")
                while not least.runs:
                    least.round()
                while least.runs:
                    least.round()
                head, _, content = client.recv(4096).decode().partition("\r\n\r\n")
                assert head.startswith("HTTP/1.1 200 OK\r\nDate: ")
                assert f"\r\nContent-Type: text/plain\r\nContent-Length: {len(content)}" in head
                ports = f"{client.getsockname()[1]} {listener.getsockname()[1]}"
                assert content == f"{root}/cgi-bin /cgi-bin/x a=b */* {ports} CGI/1.1 "
        while least.clients:
            least.round()
        least.poller.close()
        os.close(least.log)
    assert log.read_text().count('"GET /cgi-bin/x?a=b HTTP/1.1" 200 ') == 2
