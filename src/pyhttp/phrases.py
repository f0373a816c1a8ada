"""RFC 9110 §15: the reason phrase of a status code."""

from http import HTTPStatus
from typing import Final

__all__ = ["reason_phrase"]

_RENAMED: Final = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
"""Phrases of RFC 9110 that older Python versions do not know yet: answers are the same on every version."""


def reason_phrase(status: int) -> str:
    """The phrase that RFC 9110 or another registered specification gives a status; "" for an unregistered one."""
    known = _RENAMED.get(status)
    if known is not None:
        return known
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # an unregistered status is legal and has no phrase (RFC 9110 §15)
        return ""
