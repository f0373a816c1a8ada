"""The client of `pyhttp check` for tests: it sends any bytes and reads responses strictly."""

import ssl

from pyhttp.checking.client import Client, pieces
from pyhttp.checking.reader import BadReply, Ended, Framing, Late, Reply, Source, read_reply
from tests.helpers.tls import connected

__all__ = ["BadReply", "Ended", "Framing", "Late", "Reply", "Source", "WireClient", "pieces", "read_reply"]


class WireClient(Client):
    """One TCP connection to `host`:`port`, by TLS with the context `tls`; every wait ends after `patience` seconds."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        patience: float = 5.0,
        bytewise: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(connected((host, port), patience=patience, tls=tls), bytewise=bytewise)
