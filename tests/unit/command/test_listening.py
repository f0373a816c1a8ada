"""The listeners of the command, and its messages where it cannot listen."""

import contextlib
import errno
import socket
from pathlib import Path
from typing import Final

import pytest

from pyhttp.command import listening
from pyhttp.command.folder_options import parse_folder
from pyhttp.command.listening import CannotServe, allowed_hosts, explain, open_listeners
from pyhttp.hosts import of_this_machine
from pyhttp.transport.listener import address_of

WHY: Final = "cannot listen on 192.0.2.1 port 80: so it is"
LINK_LOCAL: Final = "cannot listen on fe80::1 port 80: Invalid argument"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(errno.EADDRINUSE, WHY), f"{WHY}; choose another port with --port, or --port 0 for any free one"),
        (OSError(errno.EACCES, WHY), f"{WHY}; ports from 1024 on need no permission"),
        (OSError(errno.EADDRNOTAVAIL, WHY), f"{WHY}; that is not an address of this machine"),
        (
            OSError(errno.EINVAL, LINK_LOCAL),
            f"{LINK_LOCAL}; a link-local address needs its interface, as in fe80::1%eth0",
        ),
        (OSError(errno.EINVAL, LINK_LOCAL.replace("::1", "::1%lo")), LINK_LOCAL.replace("::1", "::1%lo")),
        (OSError(errno.EINVAL, WHY), WHY),
        (OSError(errno.ENETDOWN, WHY), WHY),
        (OSError("so it is"), "so it is"),
        (socket.gaierror(socket.EAI_NONAME, "unknown", "box"), "cannot find an address for the host box"),
        (
            socket.gaierror(socket.EAI_NONAME, "unknown", "fe80::1%eth9"),
            "cannot find an address for the host fe80::1%eth9; is eth9 an interface of this machine?",
        ),
        *(
            (
                socket.gaierror(socket.EAI_NONAME, "unknown", host),
                f"cannot find an address for the host {host}; write the address alone, and the port with --port",
            )
            for host in ("127.0.0.1:80", "[::1]", "http://box")
        ),
    ],
)
def test_why_a_port_cannot_be_had_is_one_line(error: OSError, why: str) -> None:
    assert explain(error) == why


def addresses(*arguments: str) -> list[tuple[str, int]]:
    listeners = open_listeners(parse_folder(arguments).common)
    found = [address_of(each) for each in listeners]
    for each in listeners:
        each.close()
    return found


def test_L11_the_default_is_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {host for host, _ in addresses("-p", "0")} <= {"127.0.0.1", "::1"}
    asked: list[object] = []

    def listen(host: str, port: int, backlog: int) -> list[socket.socket]:
        asked.append((host, port))
        return []

    monkeypatch.setattr(listening, "listen", listen)
    assert addresses() == []
    assert asked == [("localhost", 8888)]


def test_several_hosts_have_the_same_port() -> None:
    found = addresses("--bind", "127.0.0.2", "--bind", "127.0.0.3", "-p", "0")
    assert [host for host, _ in found] == ["127.0.0.2", "127.0.0.3"]
    assert len({port for _, port in found}) == 1


def test_the_host_that_is_at_fault_is_named() -> None:
    with pytest.raises(
        CannotServe, match=r"^cannot listen on 192\.0\.2\.1 port \d+: .*; that is not an address of this machine$"
    ):
        addresses("--bind", "127.0.0.1", "--bind", "192.0.2.1", "-p", "0")
    with pytest.raises(CannotServe) as caught:
        addresses("--bind", "127.0.0.1", "--bind", "[::1]", "-p", "0")
    said = "cannot find an address for the host [::1]; write the address alone, and the port with --port"
    assert str(caught.value) == said


def test_unix_sockets_and_ports_at_once(tmp_path: Path) -> None:
    one, other = str(tmp_path / "a"), str(tmp_path / "b")
    found = addresses("--unix", one, "--unix", other, "--bind", "127.0.0.1", "-p", "0", "--unix-mode", "600")
    assert [host for host, _ in found] == [f"unix:{one}", f"unix:{other}", "127.0.0.1"]
    assert addresses("--unix", one) == [(f"unix:{one}", 0)]
    assert [host for host, _ in addresses("--unix", one, "-p", "0")][:2] == [f"unix:{one}", "127.0.0.1"]


def test_a_descriptor_is_served_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as theirs:
        bound = theirs.getsockname()
        assert addresses("--fd", str(theirs.detach())) == [bound]
    with (
        socket.socket() as unbound,
        pytest.raises(CannotServe, match=r"^cannot listen: descriptor \d+ is no listening stream socket"),
    ):
        addresses("--fd", str(unbound.fileno()))


def test_sockets_of_a_service_manager_are_served_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = socket.create_server(("127.0.0.1", 0))
    bound = theirs.getsockname()
    monkeypatch.setattr(listening, "inherited_listeners", lambda: [theirs])
    assert addresses() == [bound]
    monkeypatch.undo()
    monkeypatch.setenv("LISTEN_PID", "x")
    with pytest.raises(CannotServe, match=r"^cannot listen: LISTEN_PID and LISTEN_FDS: numbers, not 'x' and ''$"):
        addresses()


def test_why_a_unix_socket_cannot_be_had_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.touch()
    with pytest.raises(CannotServe, match=f"^cannot listen at {file}: there is a file that is no socket$"):
        addresses("--unix", str(file))
    with pytest.raises(CannotServe, match=f"^cannot listen at {'x' * 200}: AF_UNIX path too long$"):
        addresses("--unix", "x" * 200)


def test_what_was_opened_is_closed_where_something_else_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(listening, "inherited_listeners", lambda: [theirs])
    with pytest.raises(CannotServe):
        addresses("--unix", str(tmp_path / "a"), "--bind", "[::1]")
    assert not (tmp_path / "a").exists()
    assert theirs.fileno() == -1


@pytest.mark.parametrize(
    ("arguments", "bound", "allowed"),
    [
        ("", ("127.0.0.1",), of_this_machine()),
        ("", ("127.0.0.1", "127.0.0.2"), of_this_machine()),
        ("", ("127.0.0.1", "0.0.0.0"), None),
        ("", ("0.0.0.0",), None),
        ("--proxy-headers 127.0.0.1", ("127.0.0.1",), None),
        ("--proxy-protocol 127.0.0.1", ("127.0.0.1",), None),
        ("--allow-host a", ("127.0.0.1",), of_this_machine() | {"a"}),
        ("--allow-host a --allow-host b", ("0.0.0.0",), frozenset({"a", "b"})),
        ("--allow-host a --proxy-headers unix", ("127.0.0.1",), frozenset({"a"})),
    ],
)
def test_L14_the_hosts_that_are_answered_for(
    arguments: str, bound: tuple[str, ...], allowed: frozenset[str] | None, tmp_path: Path
) -> None:
    options = parse_folder([str(tmp_path), *arguments.split()]).common
    with contextlib.ExitStack() as opened:
        listeners = [opened.enter_context(socket.create_server((host, 0))) for host in bound]
        assert allowed_hosts(options, listeners) == allowed


def test_proxies_stand_before_unix_sockets_so_that_any_host_is_answered_for(tmp_path: Path) -> None:
    options = parse_folder([str(tmp_path), "--unix", str(tmp_path / "s"), "--port", "0"]).common
    with contextlib.ExitStack() as opened:
        listeners = [opened.enter_context(each) for each in open_listeners(options)]
        assert allowed_hosts(options, listeners) is None
