"""RFC 9110 §4.2.2: whether a server speaks TLS, decided without loading `ssl` for servers that do not."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    from pyhttp.transport.secure import Securing

__all__ = ["securing"]


def securing(context: "ssl.SSLContext | None") -> "Securing | None":
    """The maker of the connections of a server that speaks TLS.

    Raises:
        ValueError: The context is for clients, or allows versions older than TLS 1.2 (safety line X3).
    """
    if context is None:
        return None
    from pyhttp.transport.secure import Securing  # noqa: PLC0415 - a program with a context has loaded `ssl`

    return Securing(context)
