"""Each kind of server."""

from tests.helpers.servers import server_class

__all__ = ["server_class"]
