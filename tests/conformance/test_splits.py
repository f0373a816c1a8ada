"""Any split of the input gives the same events: every row and every oracle's sample, split at every place (V2)."""

from collections.abc import Sequence
from random import Random
from typing import Final

import pytest

from pyhttp.checking.rows.all_rows import GROUPS
from pyhttp.checking.rows.model import CANARY, Send
from pyhttp.errors import HTTPError
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.wire.events import Content, EndOfMessage, ResponseHead, Signal
from pyhttp.wire.server_connection import ServerConnection
from tests.conformance.oracles.divergences import DIVERGENCES
from tests.conformance.oracles.messages import requests

_LONG: Final = 600
_SOME: Final = 15

Seen = list[RequestHead | bytes | Headers | str]


def _samples() -> dict[str, bytes]:
    """What the rows send, with a request behind it; samples of divergences; some generated messages."""
    rows = {
        f"{group}: {row.name}": b"".join(step.data for step in row.steps if isinstance(step, Send)) + CANARY
        for group, rows in GROUPS.items()
        for row in rows
    }
    samples = {f"divergence {at}: {entry.name}": entry.sample + CANARY for at, entry in enumerate(DIVERGENCES)}
    generated = {f"generated {at}": data + CANARY for at, data in enumerate(requests(4, 100))}
    return {**rows, **samples, **generated}


_SAMPLES: Final = _samples()


def _events(pieces: Sequence[bytes]) -> Seen:
    """What the core tells of all requests in the pieces, with the content joined. Each answer is an empty 200."""
    core = ServerConnection(Limits())
    seen: Seen = []
    try:
        for piece in pieces:
            core.receive_data(piece)
            _drain(core, seen)
        core.receive_eof()
        _drain(core, seen)
    except HTTPError as error:
        seen.append(f"{type(error).__name__}: {error.detail}")
    return seen


def _drain(core: ServerConnection, seen: Seen) -> None:
    while True:
        match core.next_event():
            case RequestHead() as head:
                seen.append(head)
            case Content(data):
                if seen and isinstance(seen[-1], bytes):
                    seen[-1] += data
                else:
                    seen.append(data)
            case EndOfMessage(trailers):
                seen.append(trailers)
                core.send(ResponseHead(200, EMPTY, 0))
                core.send(EndOfMessage())
                if core.persistent:
                    core.start_next_cycle()
            case Signal() as signal:
                if signal is Signal.CLOSED and (not seen or seen[-1] != "closed"):
                    seen.append("closed")
                return


def _cuts(data: bytes) -> list[int]:
    """Every position, or some of them where there are many."""
    if len(data) <= _LONG:
        return list(range(1, len(data)))
    return sorted(Random(len(data)).sample(range(1, len(data)), _SOME))


@pytest.mark.parametrize("data", _SAMPLES.values(), ids=_SAMPLES.keys())
def test_V2_two_pieces(data: bytes) -> None:
    whole = _events([data])
    for cut in _cuts(data):
        assert _events([data[:cut], data[cut:]]) == whole, cut


@pytest.mark.parametrize("data", _SAMPLES.values(), ids=_SAMPLES.keys())
def test_V2_several_pieces(data: bytes) -> None:
    whole = _events([data])
    random = Random(1)
    for _ in range(_SOME):
        cuts = sorted(random.sample(range(len(data) + 1), min(len(data), random.randrange(2, 8))))
        assert _events([data[a:b] for a, b in zip((0, *cuts), (*cuts, len(data)), strict=True)]) == whole, cuts


@pytest.mark.parametrize("data", _SAMPLES.values(), ids=_SAMPLES.keys())
def test_V2_single_bytes(data: bytes) -> None:
    assert _events([data[at : at + 1] for at in range(len(data))]) == _events([data])
