"""Parameters of public values that have several members: any tuple or list of them, and never one text."""

import dataclasses
import pickle
import re
from collections import UserList
from typing import Final

import pytest

from pyhttp import BaseServer, BasicAuth, HTTPError, MethodNotAllowed, ProcessServer, Proxies, Response, Site, listen
from pyhttp.arguments import pairs, texts
from pyhttp.auth import PasswordHash
from tests.helpers.untyped import untyped

HASH: Final = str(PasswordHash.of("x", b"salt" * 4, n=2))
TEXTS: Final = {
    "Site.index": (Site, "index", "index.html"),
    "Site.cgi_directories": (Site, "cgi_directories", "cgi-bin"),
    "Site.cgi_env": (Site, "cgi_env", "LANG"),
    "Site.codings": (Site, "codings", "gzip"),
    "Proxies.headers": (Proxies, "headers", "10.0.0.0/8"),
    "Proxies.protocol": (Proxies, "protocol", "unix"),
}
"""Class, parameter and a member."""
PAIRS: Final = {
    "Site.cgi_suffixes": (Site, "cgi_suffixes", (".php", "/usr/bin/php-cgi")),
    "Site.headers": (Site, "headers", ("X-A", "b")),
    "Site.media_types": (Site, "media_types", ("md", "text/plain")),
    "BasicAuth.users": (BasicAuth, "users", ("a", HASH)),
}
VALUES: Final = {**TEXTS, **PAIRS}


def test_these_are_all() -> None:
    several = {
        f"{kind.__name__}.{field.name}"
        for kind in (Site, Proxies, BasicAuth)
        for field in dataclasses.fields(kind)
        if str(field.type).startswith(("AsTuple", "tuple", "pyhttp.arguments.AsTuple"))
    }
    assert several == VALUES.keys()


@pytest.mark.parametrize("name", VALUES)
def test_any_tuple_or_list_is_taken_and_kept_as_a_tuple(name: str) -> None:
    kind, parameter, member = VALUES[name]
    told = [untyped(kind)(**{parameter: of([member])}) for of in (tuple, list, UserList)]
    for one in told:
        assert getattr(one, parameter) == (member,)
        assert type(getattr(one, parameter)) is tuple
    assert told[0] == told[1] == told[2]
    assert hash(told[0]) == hash(told[1])
    assert pickle.loads(pickle.dumps(told[1])) == told[0]


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_may_be_a_list_too(name: str) -> None:
    kind, parameter, member = PAIRS[name]
    assert getattr(untyped(kind)(**{parameter: [list(member)]}), parameter) == (member,)


@pytest.mark.parametrize("name", VALUES)
def test_a_text_is_refused_with_what_to_write(name: str) -> None:
    kind, parameter, _ = VALUES[name]
    what, write = ("texts", "('ab',)") if name in TEXTS else ("pairs", "(('a', 'b'),)")
    with pytest.raises(TypeError) as refused:
        untyped(kind)(**{parameter: "ab"})
    assert str(refused.value) == f"{name}: a tuple or a list of {what}, not str: write {write}"


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("wrong", [b"ab", None, 5, {"a"}, iter(["a"]), [5], [None], [b"a"], [("a", 5)], [("a",)]])
def test_what_else_is_wrong_is_named(name: str, wrong: object) -> None:
    kind, parameter, _ = VALUES[name]
    with pytest.raises(TypeError, match=f"^{name}: "):
        untyped(kind)(**{parameter: wrong})


def test_a_dict_is_told_as_pairs() -> None:
    with pytest.raises(TypeError, match=r"^a: a tuple or a list of pairs, not dict: write \(\('b', 'c'\),\)$"):
        untyped(pairs)("a", {"b": "c"})
    with pytest.raises(TypeError, match=r"^a: a tuple or a list of texts, not dict: write \('a', 'b'\)$"):
        untyped(texts)("a", {"b": "c"})


def test_the_methods_of_a_405() -> None:
    """With a text, each of its letters would be a method."""
    assert MethodNotAllowed(allow=["GET", "HEAD"]).headers == (("Allow", "GET, HEAD"),)
    with pytest.raises(TypeError, match=r"^allow: .* write \('GET',\)$"):
        untyped(MethodNotAllowed)(allow="GET")


@pytest.mark.parametrize("wrong", ["X: y", b"X: y", ["X: y"], [("a",)], [("a", "b", "c")], [("a", 5)], [5], 5, None])
@pytest.mark.parametrize("make", [Response, HTTPError])
def test_field_lines_are_a_mapping_or_pairs(make: object, wrong: object) -> None:
    with pytest.raises(TypeError, match=r"^headers: "):
        untyped(make)(404, headers=wrong)


def test_field_lines_of_an_error() -> None:
    lines = (("X-A", "b"),)
    for right in ({"X-A": "b"}, [("X-A", "b")], lines, iter(lines), [["X-A", "b"]]):
        error = untyped(HTTPError)(404, headers=right)
        assert isinstance(error, HTTPError)
        assert error.headers == lines


@pytest.mark.parametrize("kind", [BaseServer, ProcessServer])
@pytest.mark.parametrize("wrong", ["a.example", b"a", 5, {"a": 1}, [5], {5}])
def test_allowed_hosts_are_a_set_a_tuple_or_a_list(kind: type[BaseServer], wrong: object) -> None:
    with pytest.raises(TypeError, match=r"^allowed_hosts: "):
        untyped(kind)("127.0.0.1", 0, allowed_hosts=wrong)


@pytest.mark.parametrize("allowed", [{"a.example"}, frozenset({"a.example"}), ["a.example"], ("a.example",)])
def test_allowed_hosts(allowed: set[str] | frozenset[str] | list[str] | tuple[str, ...]) -> None:
    with BaseServer("127.0.0.1", 0, allowed_hosts=allowed) as server:
        assert server._hosts is not None
        assert (server._hosts["a.example"], bool(server._hosts["b.example"])) == ("", True)


@pytest.mark.parametrize("wrong", [5, b"localhost", [5], None])
def test_hosts_to_listen_on(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"^host: "):
        untyped(listen)(wrong, 0)


def test_listening_sockets() -> None:
    (listener,) = listen(["127.0.0.1"], 0)
    with listener:
        for wrong in (listener, "socket"):
            several = f"sockets: a tuple or a list of sockets, not {type(wrong).__name__}: write (socket,)"
            with pytest.raises(TypeError, match=f"^{re.escape(several)}$"):
                untyped(BaseServer)(sockets=wrong)
        with pytest.raises(TypeError, match=r"^sockets: "):
            untyped(BaseServer)(sockets=[5])


def test_cookies_are_cookies() -> None:
    wrongs: tuple[object, ...] = ("a=b", [], None)
    for wrong in wrongs:
        with pytest.raises(TypeError, match=r"^cookies: Cookie, not "):
            untyped(Response(200).with_cookies)(wrong)
