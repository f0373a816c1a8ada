"""The hosts that a server answers for."""

import socket

import pytest

from pyhttp.hosts import HostNotAllowed, Hosts, hosts_of, is_loopback, of_this_machine
from pyhttp.resources.status_responses import error_response

ALLOWED = Hosts(
    frozenset({"Files.Example", "dot.example.", "*.below.example", "192.0.2.0/24", "[2001:DB8::1]", "fd00::/8"})
)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "files.example",
        "FILES.example:8888",
        "files.example.",
        "files.example.:80",
        "files.example:",
        "dot.example",
        "a.below.example",
        "A.b.Below.Example.:1",
        "192.0.2.7",
        "192.0.2.255:80",
        "[2001:db8::1]",
        "[2001:db8:0:0::1]:80",
        "[fd12::3]",
    ],
)
def test_an_allowed_host(host: str) -> None:
    assert ALLOWED[host] == ""


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "xfiles.example",
        "a.files.example",
        "files.example.evil.example",
        "files.example..",
        "files.example%2e",
        "below.example",
        "xbelow.example",
        "*.below.example.evil",
        "192.0.3.1",
        "192.0.2.1.evil.example",
        "192.0.2.1.",
        "3221225985",
        "[2001:db8::2]",
        "[::ffff:192.0.2.1]",
        "[fe00::1]",
        "localhost",
        "127.0.0.1",
        ":80",
    ],
)
def test_another_host(host: str) -> None:
    assert ALLOWED[host] == f"{host} is not a host of this server: --allow-host NAME allows one, '*' any"


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.:1", "app.localhost", "127.0.0.1:8888", "127.255.0.2", "[::1]", "[::ffff:127.0.0.1]:8888"],
)
def test_a_host_of_this_machine(host: str) -> None:
    assert Hosts(of_this_machine())[host] == ""


@pytest.mark.parametrize("host", ["evil.example", "0.0.0.0", "[::]", "128.0.0.1", "[::2]", "localhost.evil.example"])
def test_L14_a_host_of_a_stranger(host: str) -> None:
    assert Hosts(of_this_machine())[host] != ""


@pytest.mark.parametrize(("name", "has"), [("Box.example", True), ("", False), ("no name", False)])
def test_the_name_of_this_machine(name: str, has: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: name)
    assert (name in of_this_machine()) is has
    assert Hosts(of_this_machine())["box.example"] == "" or not has


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            ".",
            "*.",
            "**",
            "*.*.a",
            "a.*",
            "a..b",
            ".a",
            "a b",
            "a:80",
            "http://a",
            "a/b",
            "[a]",
            "b\u00fccher.example",
        ),
        *("10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/", "::1%lo", "*"),
    ],
)
def test_what_is_no_host_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"is neither a host name without|is not a network"):
        Hosts(frozenset({name}))


def test_what_a_server_is_told() -> None:
    assert hosts_of(None) is None
    assert hosts_of(frozenset({"*", "a"})) is None
    nobody = hosts_of(frozenset())
    assert nobody is not None
    assert nobody["a"] != ""
    with pytest.raises(ValueError, match=r"^allowed_hosts: 'a b' is neither"):
        hosts_of(frozenset({"*", "a b"}))


def test_few_hosts_are_remembered() -> None:
    """Otherwise a client could fill the memory with names."""
    found = Hosts(frozenset({"a"}))
    for number in range(64):
        assert found[f"{number}.example"]
        assert len(found) == number + 1
    assert (found["a"], found[""]) == ("", "")
    assert found == {"a": "", "": ""}


@pytest.mark.parametrize("length", [100, 101, 8000])
def test_a_long_host_is_cut_in_the_log(length: int) -> None:
    assert ALLOWED["b" * length].partition(" ")[0] == "b" * 100


def test_a_client_is_told_the_remedy_and_not_the_hosts() -> None:
    answer = error_response(HostNotAllowed("evil.example is not a host of this server"))
    assert isinstance(answer.body, bytes)
    remedy = (
        "This server does not answer for this host. Its operator can allow it: --allow-host NAME, or '*' for any.\n"
    )
    assert answer.body.decode().endswith(remedy)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("fe80::1%lo", False),
        ("unix:/run/a", False),
        ("unix:@a", False),
    ],
)
def test_who_reaches_an_address(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected
