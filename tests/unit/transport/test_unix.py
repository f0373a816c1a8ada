"""Sockets of the file system: stale ones, live ones, and those of others."""

import errno
import socket
import stat
from pathlib import Path

import pytest

from pyhttp.transport.unix import listen_unix


def connect(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def leave_behind(path: Path) -> None:
    """Leave a socket behind, as a server that is killed does."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def test_clients_connect_and_the_mode_is_the_one_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with listen_unix(str(path), 0o660, 5) as listener:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert not listener.getblocking()
        connect(path)
        listener.accept()[0].close()


def test_its_owner_and_their_group_may_connect_where_nothing_else_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with listen_unix(str(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_a_socket_that_was_left_behind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    leave_behind(path)
    assert path.is_socket()
    with listen_unix(str(path), 0o600, 5):
        connect(path)


@pytest.mark.parametrize("full", [False, True])
def test_a_socket_that_somebody_listens_at_stays_theirs(tmp_path: Path, full: bool) -> None:
    path = tmp_path / "s"
    clients = [socket.socket(socket.AF_UNIX) for _ in range(2 if full else 0)]
    with listen_unix(str(path), 0o600, 0):
        for client in clients:
            client.setblocking(False)
            client.connect_ex(str(path))
        with pytest.raises(OSError, match="another server listens there") as caught:
            listen_unix(str(path), 0o600, 5)
        assert (caught.value.errno, caught.value.strerror) == (errno.EADDRINUSE, "another server listens there")
        assert path.is_socket()
    for client in clients:
        client.close()


def test_a_file_that_is_no_socket_stays(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="no socket"):
        listen_unix(str(path), 0o600, 5)
    assert path.read_text() == "precious"


def test_a_link_to_a_socket_is_a_file_that_is_no_socket(tmp_path: Path) -> None:
    path, link = tmp_path / "s", tmp_path / "link"
    leave_behind(path)
    link.symlink_to(path)
    with pytest.raises(FileExistsError):
        listen_unix(str(link), 0o600, 5)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        listen_unix(str(tmp_path / "missing" / "s"), 0o600, 5)


def test_a_path_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        listen_unix(str(tmp_path / ("x" * 120)), 0o600, 5)


def test_the_path_goes_with_the_socket(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listener = listen_unix(str(path))
    listener.close()
    assert not path.exists()
    path.write_text("another's")
    listener.close()
    assert path.exists()


def test_the_path_goes_although_the_working_directory_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with listen_unix("s"):
        monkeypatch.chdir("/")
    assert not (tmp_path / "s").exists()


def test_another_file_at_the_path_stays(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with listen_unix(str(path)):
        path.unlink()
        path.write_text("another's")
    assert path.read_text() == "another's"


def test_another_server_at_the_path_stays(tmp_path: Path) -> None:
    path = tmp_path / "s"
    first = listen_unix(str(path))
    path.unlink()
    with listen_unix(str(path)):
        first.close()
        connect(path)


def test_a_socket_that_was_handed_on_stays(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listener = listen_unix(str(path))
    with socket.socket(fileno=listener.detach()):
        listener.close()
        connect(path)
