"""Every row, whole and byte by byte: on the core, through a socket on each server, and by TLS on one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from pyhttp.answering import function_handler
from pyhttp.checking.laws import LAWS, Law, Verdict, broken_laws
from pyhttp.checking.play import Exchange, Mismatch, Unreadable, play
from pyhttp.checking.rows.all_rows import GROUPS
from pyhttp.checking.rows.hosts import HOSTS
from pyhttp.checking.rows.model import Row
from pyhttp.limits import Timeouts
from pyhttp.proxies import Proxies
from pyhttp.servers.base import BaseServer
from pyhttp.servers.pooled import PooledServer
from pyhttp.servers.threaded import ThreadedServer
from tests.conformance.core_peer import NOT_ITS_OWN, CorePeer
from tests.conformance.served import application
from tests.helpers.tls import client_context, server_context
from tests.helpers.wire_client import WireClient
from tests.mutation import quick

SERVERS = (BaseServer, ThreadedServer, PooledServer)
SHORT = Timeouts(head=0.3, idle=0.3, content=0.3)

_TOLD = frozenset({"hosts", "fields-believed", "proxy-header"})  # what a server has to be told before
_NOT_A_SERVER = _TOLD | {"deadlines", "early"}  # our servers wait for content before they call a handler
_NOT_BY_TLS = _NOT_A_SERVER | {"plain"}


def _rows(*, without: frozenset[str] = frozenset(), only: str = "") -> list[object]:
    return [
        pytest.param(row, id=f"{group}: {row.name}", marks=pytest.mark.clause(*row.cites))
        for group, rows in GROUPS.items()
        for row in rows
        if not row.needs & without and (not only or only in row.needs)
    ]


@pytest.mark.parametrize("row", _rows(without=NOT_ITS_OWN))
def test_core(row: Row) -> None:
    assert not broken_laws(play(row.steps, CorePeer()))


@pytest.mark.parametrize("row", _rows(without=NOT_ITS_OWN | {"whole"}))
def test_core_bytewise(row: Row) -> None:
    assert not broken_laws(play(row.steps, CorePeer(bytewise=True)))


@pytest.fixture(scope="module", params=SERVERS, ids=lambda server: server.__name__)
def server(request: pytest.FixtureRequest) -> Iterator[BaseServer]:
    kind: type[BaseServer] = request.param
    with kind("127.0.0.1", 0, function_handler(application)) as running:
        yield running


@pytest.fixture(scope="module", params=SERVERS, ids=lambda server: server.__name__)
def hasty_server(request: pytest.FixtureRequest) -> Iterator[BaseServer]:
    kind: type[BaseServer] = request.param
    with kind("127.0.0.1", 0, function_handler(application), timeouts=SHORT) as running:
        yield running


@pytest.fixture(scope="module")
def secure_server() -> Iterator[BaseServer]:
    """A server by TLS, of the kind that the command has. Below the seam for octets all kinds are the same."""
    with PooledServer("127.0.0.1", 0, function_handler(application), tls=server_context()) as running:
        yield running


@pytest.fixture(scope="module")
def hasty_secure_server() -> Iterator[BaseServer]:
    with PooledServer("127.0.0.1", 0, function_handler(application), tls=server_context(), timeouts=SHORT) as running:
        yield running


def _converse(row: Row, server: BaseServer, *, bytewise: bool = False) -> None:
    host, port = server.addresses[0][:2]
    with WireClient(host, port, bytewise=bytewise, tls=server.tls and client_context()) as client:
        assert not broken_laws(play(row.steps, client))


@pytest.mark.parametrize("row", _rows(without=_NOT_A_SERVER))
def test_socket(row: Row, server: BaseServer) -> None:
    _converse(row, server)


@pytest.mark.parametrize("row", _rows(without=_NOT_A_SERVER | {"whole"}))
def test_socket_bytewise(row: Row, server: BaseServer) -> None:
    _converse(row, server, bytewise=True)


@pytest.mark.parametrize("row", _rows(only="deadlines"))
def test_deadlines(row: Row, hasty_server: BaseServer) -> None:
    _converse(row, hasty_server)


@pytest.fixture(scope="module", params=SERVERS, ids=lambda server: server.__name__)
def told_servers(request: pytest.FixtureRequest) -> Iterator[Mapping[str, BaseServer]]:
    kind: type[BaseServer] = request.param
    here, answer = ("127.0.0.0/8",), function_handler(application)
    with (
        kind("127.0.0.1", 0, answer, allowed_hosts=HOSTS) as picky,
        kind("127.0.0.1", 0, answer, proxies=Proxies(headers=here)) as believing,
        kind("127.0.0.1", 0, answer, proxies=Proxies(protocol=here)) as introduced,
    ):
        yield {"hosts": picky, "fields-believed": believing, "proxy-header": introduced}


def _told_rows(*, without: frozenset[str] = frozenset()) -> list[object]:
    return [each for need in sorted(_TOLD) for each in _rows(only=need, without=without)]


@pytest.mark.parametrize("row", _told_rows())
def test_told(row: Row, told_servers: Mapping[str, BaseServer]) -> None:
    (needed,) = row.needs & _TOLD
    _converse(row, told_servers[needed])


@pytest.mark.parametrize("row", _told_rows(without=frozenset({"whole"})))
def test_told_bytewise(row: Row, told_servers: Mapping[str, BaseServer]) -> None:
    (needed,) = row.needs & _TOLD
    _converse(row, told_servers[needed], bytewise=True)


@pytest.mark.parametrize("row", _rows(without=_NOT_BY_TLS))
def test_tls(row: Row, secure_server: BaseServer) -> None:
    _converse(row, secure_server)


@pytest.mark.parametrize("row", _rows(without=_NOT_BY_TLS | {"whole"}))
def test_tls_bytewise(row: Row, secure_server: BaseServer) -> None:
    _converse(row, secure_server, bytewise=True)


@pytest.mark.parametrize("row", _rows(only="deadlines"))
def test_deadlines_by_tls(row: Row, hasty_secure_server: BaseServer) -> None:
    _converse(row, hasty_secure_server)


@dataclass(frozen=True, slots=True)
class Played:
    """The results of the rows: answers, and data that is no answer."""

    exchanges: list[Exchange]
    unreadable: list[str]


@pytest.fixture(scope="module")
def played() -> Played:
    """What the core answers to every row, as far as the core plays it. test_core tells where it does not."""
    seen = Played([], [])
    for rows in GROUPS.values():
        for row in rows:
            if not row.needs & NOT_ITS_OWN:
                try:
                    seen.exchanges.extend(play(row.steps, CorePeer()))
                except Mismatch as mismatch:
                    seen.exchanges.extend(mismatch.exchanges)
                    if isinstance(mismatch, Unreadable):
                        seen.unreadable.append(str(mismatch))
    return seen


@pytest.mark.parametrize("law", [pytest.param(law, id=law.name, marks=pytest.mark.clause(*law.cites)) for law in LAWS])
def test_law(law: Law, played: Played) -> None:
    assert played.unreadable[:1] == [], "no law judges what cannot be read"
    verdicts = [law.judge(exchange) for exchange in played.exchanges]
    assert Verdict.BROKEN not in verdicts
    if "9110-10.2.4-6a" not in law.cites:  # a Server field is not sent
        assert Verdict.HOLDS in verdicts, "the law was never put to the test"


def test_the_short_form_of_these_passes() -> None:
    """The search for faults that no test notices begins with this form."""
    quick.main()
