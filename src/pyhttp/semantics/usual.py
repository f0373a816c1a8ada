"""Usual names and values of fields: each text is held once, however many connections keep a section."""

from typing import Final

__all__ = ["NAMES", "VALUES"]

_COMMON: Final = (
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "dnt",
    "host",
    "if-modified-since",
    "if-none-match",
    "origin",
    "pragma",
    "priority",
    "range",
    "referer",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "te",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-proto",
)
NAMES: Final = {spelling: name for name in _COMMON for spelling in (name, name.title())}
"""Names in lower case, by their usual spellings."""
VALUES: Final = {
    value: value
    for value in (
        *("*/*", "1", "?0", "?1", "cors", "document", "empty", "gzip, deflate, br", "gzip, deflate, br, zstd"),
        *("image", "keep-alive", "navigate", "no-cache", "no-cors", "none", "same-origin", "script", "style"),
    )
}
"""Usual values, each by itself."""
