"""RFC 3986 §4.2: the references to folders and pages that this server writes, all of them relative.

They name no host, which could be missing in a URI of http or https (9110-4.2.1-4a, 9110-4.2.2-4a), and no user
(9110-4.2.4-3a). So they are right behind any prefix that a proxy takes away, and never lead to another host (safety
line R1).
"""

import os
import re
from typing import Final

from pyhttp.resources.paths import decode
from pyhttp.semantics.references import ESCAPES

__all__ = ["directory_reference", "encode_segment", "home_reference", "page_reference", "references_above"]
_NEEDS_NO_ESCAPE: Final = re.compile(r"[0-9A-Za-z\-._~]*+")
_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ENCODED: Final = tuple(chr(octet) if octet in _UNRESERVED else ESCAPES[octet] for octet in range(256))


def encode_segment(segment: str) -> str:
    """One decoded segment as in a URI: "%" is escaped (3986-2.4-3a), unreserved characters are not (3875-2.3-5b)."""
    if _NEEDS_NO_ESCAPE.fullmatch(segment):  # most names, and listings have thousands
        return segment
    return "".join([_ENCODED[octet] for octet in os.fsencode(segment)])


def home_reference(path: str) -> str:
    """The relative reference to the top of the site.

    Args:
        path: The path of the answered request, still encoded; a client resolves against it, empty segments included.
    """
    return "../" * (path.count("/") - 1) or "./"


def references_above(path: str) -> tuple[str, ...]:
    """The relative references to the directories above a directory, from the top of the site on.

    Args:
        path: The path of the request, as for `home_reference`: each slash is a step, however few segments there are.
    """
    parts = path.split("/")
    places = [place for place, part in enumerate(parts[:-1]) if part or not place]
    return tuple(["../" * (len(parts) - 2 - place) for place in places[:-1]])


def directory_reference(path: str, segments: tuple[str, ...]) -> str:
    """The relative reference to a directory, as `home_reference` is one.

    Args:
        path: The path of the answered request, still encoded: without its slash, or of a script that leads there.
        segments: The decoded path of the directory; not empty.
    """
    if decode(path) != segments:
        return home_reference(path) + "".join([f"{encode_segment(segment)}/" for segment in segments])
    # An escaped colon does not divide; but some readers remove the escape (RFC 3986 §4.2).
    return f"{'./' if ':' in segments[-1] else ''}{encode_segment(segments[-1])}/"


def page_reference(path: str, segments: tuple[str, ...]) -> str:
    """The relative reference to a page, as `home_reference` is one.

    Args:
        path: The path of the answered request, still encoded: beside the page, or of a script that leads there.
        segments: The decoded path of the page; the last one is empty for a folder.
    """
    *above, name = segments
    if list(decode(path)[:-1]) != above:
        return home_reference(path) + "/".join([encode_segment(segment) for segment in segments])
    return f"{'' if name and ':' not in name else './'}{encode_segment(name)}"
