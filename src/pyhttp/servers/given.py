"""What a server is given when it is built: seen to be what it should be, with a message that says what to write."""

from pyhttp.arguments import check_callable, check_type

__all__ = ["check_given"]


def check_given(host: object, port: object, access_log: object) -> None:
    """See that a server may be built of them; all are the arguments of `BaseServer`.

    Raises:
        TypeError: One is of a wrong type.
    """
    check_type("host", host, str, hint="host and port are two arguments, as in ('localhost', 8888, handler)")
    check_type("port", port, int)
    check_callable("access_log", access_log, or_none=True)
