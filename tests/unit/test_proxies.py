"""Trusted proxies: networks, and the value with which a server gets them."""

import pytest

from pyhttp import Proxies
from pyhttp.proxies import Networks
from tests.helpers.untyped import untyped

TRUSTED = Networks(("10.0.0.0/8", "2001:db8::/32", "unix"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.255.0.1", True),
        ("11.0.0.1", False),
        ("::ffff:10.0.0.1", True),
        ("::ffff:11.0.0.1", False),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("2001:db8::5%eth0", True),
        ("unix:", True),
        ("", False),
        ("unknown", False),
        ("_hidden", False),
    ],
)
def test_networks(address: str, expected: bool) -> None:
    assert (address in TRUSTED) is expected


def test_networks_show_their_names_alone() -> None:
    assert repr(TRUSTED) == "Networks(names=('10.0.0.0/8', '2001:db8::/32', 'unix'))"


def test_clients_of_unix_sockets_are_trusted_only_where_it_is_said() -> None:
    assert "unix:" not in Networks(("127.0.0.0/8",))


@pytest.mark.parametrize("name", ["", "localhost", "10.0.0.0/33", "10.0.0.1/8", "UNIX"])
def test_what_is_no_network_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="neither a network"):
        Networks((name,))


@pytest.mark.parametrize("parameter", ["headers", "protocol"])
def test_what_is_wrong_names_the_parameter(parameter: str) -> None:
    with pytest.raises(ValueError, match=rf"^Proxies\.{parameter}: '10\.0\.0\.1/8' is neither a network"):
        Proxies(**{parameter: ("127.0.0.1", "10.0.0.1/8")})
    with pytest.raises(ValueError, match=rf"^Proxies\.{parameter}: 'u'"):
        Proxies(**{parameter: tuple("unix")})


@pytest.mark.parametrize("parameter", ["headers", "protocol"])
@pytest.mark.parametrize(("value", "message"), [("unix", "a tuple or .* not str"), ((5,), "str, not int")])
def test_a_parameter_of_a_wrong_type_is_named(parameter: str, value: object, message: str) -> None:
    with pytest.raises(TypeError, match=rf"^Proxies\.{parameter}: {message}"):
        untyped(Proxies)(**{parameter: value})


def test_nobody_is_trusted_unless_named() -> None:
    assert Proxies() == Proxies(headers=(), protocol=())
