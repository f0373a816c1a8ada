"""The HTML that this server writes itself: one look for listings, errors and redirects, without scripts."""

from functools import cache
from html import escape
from typing import Final

__all__ = ["content_security_policy", "document", "escape_text", "page_fields"]

_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
)

_PAGE_TYPE: Final = "text/html; charset=utf-8"


def document(title: str, body: str) -> str:
    """A whole HTML page.

    Args:
        title: Plain text; escaped here.
        body: HTML; whoever wrote it escaped what came from outside.
    """
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}</body>\n</html>\n"
    )


def escape_text(text: str) -> str:
    """Text for HTML, in content and in quoted attributes; octets that are no text become U+FFFD."""
    return escape(text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


@cache
def content_security_policy() -> str:
    """A policy under which these pages may do nothing but look as they do (CSP Level 3)."""
    from base64 import b64encode
    from hashlib import sha256

    digest = b64encode(sha256(_STYLE.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


def page_fields() -> tuple[tuple[str, str], ...]:
    """The field lines that go with every such page."""
    return (
        ("Content-Type", _PAGE_TYPE),
        ("Content-Security-Policy", content_security_policy()),
        ("X-Content-Type-Options", "nosniff"),
    )
