"""The sockets of a service manager, and messages to it."""

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pyhttp.transport.inherited import inherited_listeners, listener_of, notify

CHILD = """
import os, sys
from pyhttp.transport.inherited import inherited_listeners
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES="a:b")
listeners = inherited_listeners()
print([listener.getsockname()[1] for listener in listeners], [listener.fileno() for listener in listeners])
print(any(listener.get_inheritable() or listener.getblocking() for listener in listeners))
print([name for name in os.environ if name.startswith("LISTEN_")], inherited_listeners())
"""


def test_the_sockets_behind_the_standard_descriptors_are_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        descriptors = (one.fileno(), two.fileno())
        done = subprocess.run(
            [sys.executable, "-c", CHILD, *map(str, descriptors)],
            pass_fds=descriptors,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        ports = [one.getsockname()[1], two.getsockname()[1]]
    assert done.stdout.splitlines() == [f"{ports} [3, 4]", "False", "[] []"]


@pytest.mark.parametrize(
    "environment",
    [{}, {"LISTEN_FDS": "1"}, {"LISTEN_PID": "1", "LISTEN_FDS": "1"}, {"LISTEN_PID": str(os.getpid())}],
)
def test_what_is_meant_for_another_process_is_left(environment: dict[str, str]) -> None:
    assert inherited_listeners(environment) == []
    assert environment == {}


def test_a_variable_that_is_no_number_is_named() -> None:
    with pytest.raises(ValueError, match="LISTEN_PID and LISTEN_FDS: numbers, not"):
        inherited_listeners({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "two"})


def test_what_is_no_listening_socket_is_refused_and_left_open() -> None:
    with socket.socket() as unbound, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        for other in (unbound, datagrams):
            with pytest.raises(OSError, match=f"descriptor {other.fileno()} is no listening stream socket"):
                listener_of(other.fileno())
            os.fstat(other.fileno())
    with Path(os.devnull).open() as file, pytest.raises(OSError, match="is no listening stream socket"):
        listener_of(file.fileno())
    with pytest.raises(OSError, match="descriptor 999999 is no listening stream socket: Bad file descriptor"):
        listener_of(999_999)


@pytest.mark.parametrize("abstract", [False, True])
def test_the_manager_is_told(tmp_path: Path, abstract: bool) -> None:
    name = f"{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name if abstract else name)
        manager.settimeout(30)
        notify("READY=1", {"NOTIFY_SOCKET": "@" + name if abstract else name})
        assert manager.recv(100) == b"READY=1"


def test_a_manager_that_does_not_listen_is_not_waited_for(tmp_path: Path) -> None:
    path = f"{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        with contextlib.suppress(BlockingIOError):
            while True:
                notify("READY=1", {"NOTIFY_SOCKET": path})


def test_nobody_is_told_where_nobody_asks(tmp_path: Path) -> None:
    notify("READY=1", {})
    with pytest.raises(FileNotFoundError):
        notify("READY=1", {"NOTIFY_SOCKET": f"{tmp_path}/missing"})
