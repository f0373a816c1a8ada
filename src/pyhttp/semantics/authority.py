"""RFC 9110 §7.2, §4.2: the valid values of Host and of the authority of a URI."""

import functools

from pyhttp import abnf

__all__ = ["is_host"]


@functools.lru_cache(maxsize=64)
def is_host(value: str) -> bool:
    """Whether `value` is ``uri-host [ ":" port ]`` with a host that is not empty (RFC 9110 §7.2, 9110-4.2.1-4b).

    The latest results are kept: a server is asked for by few names.
    """
    rule = abnf.HOST if value.startswith("[") else abnf.NAMED_HOST
    return abnf.text_pattern(rule).fullmatch(value) is not None
