"""D7 to D17: a deadline may be further away than any system call can wait."""

import os
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, Timeouts
from tests.helpers.servers import serving_by
from tests.helpers.sockets import request
from tests.helpers.wire_client import WireClient

LARGE: Final = 8 << 20
SECONDS: Final = tuple(field.name for field in fields(Timeouts) if not field.name.endswith("_rate"))
FAR: Final = (*(((name,), 1e10) for name in SECONDS), (SECONDS, 1e10), (SECONDS, 2.0**31 / 1000 + 1))


@pytest.mark.parametrize(("names", "far"), FAR, ids=[*SECONDS, "all", "all_beyond_epoll"])
def test_a_deadline_may_be_three_centuries_away(
    server_class: type[BaseServer], names: tuple[str, ...], far: float, folder: Path
) -> None:
    """Files, scripts, uploads, refusals and the end work under deadlines that no system call takes."""
    os.truncate(folder / "large", LARGE)
    script = folder / "cgi-bin" / "script"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\ncat\n")
    script.chmod(0o755)
    timeouts = replace(Timeouts(stop=2), **dict.fromkeys(names, far))
    handler = partial(BaseHttpRequestHandler, directory=folder)
    with serving_by(server_class, handler, timeouts=timeouts) as server, WireClient(*server.addresses[0]) as client:
        for _ in range(2):
            client.send(request("/small"))
            assert client.reply().content == b"hello"
            client.send(request("/cgi-bin/script", "Content-Length: 3", method="POST"))
            client.send(b"abc")
            assert client.reply().content == b"abc"
        client.send(request("/large"))
        assert len(client.reply().content) == LARGE
        client.send(b"bad\r\n\r\n")
        assert client.reply().status == 400
        client.close()
