"""RFC 9110 §15.4.5: 304 (Not Modified)."""

from typing import Final

from pyhttp.messages import Response
from pyhttp.semantics.fields import Headers

__all__ = ["not_modified_fields", "not_modified_response"]

_OF_304: Final = frozenset(
    {
        "cache-control",
        "content-location",
        "etag",
        "expires",
        "vary",
    }
)
"""The fields that 9110-15.4.5-2a names, except Date, which the gate adds."""


def not_modified_fields(headers: Headers) -> Headers:
    """The fields of a 304: the fields of the 200 that a cache needs (9110-15.4.5-2a).

    There are no others (9110-15.4.5-4a), whichever condition was false.
    """
    return Headers.parsed([line for line in headers.lines if line[0].lower() in _OF_304])


def not_modified_response(headers: Headers) -> Response:
    """A 304 in place of the 200 that has `headers`."""
    return Response(304, not_modified_fields(headers))
