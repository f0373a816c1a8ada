"""RFC 6265 §5.4: cookies, as they are sent back."""

from collections.abc import Iterable

__all__ = ["parse_cookies"]


def parse_cookies(values: Iterable[str]) -> dict[str, str]:
    """Names and values of the cookies in Cookie fields (RFC 6265 §5.4), as they were sent: nothing is decoded.

    Of several cookies with one name the first counts: browsers send the one with the longest path first. A pair without
    "=" or without a name is left out, since no server could have set it.

    Args:
        values: The value of each Cookie field line.
    """
    found: dict[str, str] = {}
    for line in values:
        for pair in line.split(";"):
            name, mark, value = pair.partition("=")
            name = name.strip(" \t")
            if mark and name:
                found.setdefault(name, value.strip(" \t"))
    return found
