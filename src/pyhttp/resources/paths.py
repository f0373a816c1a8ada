"""RFC 3986 §2.4, §3.3, §7.3: from the path of a request to a file-system path, decoded exactly once."""

import os
import re
from functools import lru_cache
from typing import Final

from pyhttp import abnf
from pyhttp.errors import BadRequest, NotFound
from pyhttp.semantics.references import unescaped
from pyhttp.site import is_hidden

__all__ = [
    "decode",
    "locate",
    "normal",
    "only_file",
]

_REMEMBERED: Final = 512
"""The number of paths whose meaning is remembered; each is at most as long as a request line."""
_CONTROL: Final = re.compile("%[01][0-9A-Fa-f]|%7[Ff]")
"""A control character; no path has unescaped ones."""
normal: Final = lru_cache(maxsize=64)(os.path.normpath)
"""A path without empty and dot segments. A handler asks for each request, mostly of the same folder."""


@lru_cache(maxsize=_REMEMBERED)
def decode(path: str) -> tuple[str, ...]:
    """The segments of a request path, each decoded once (3986-2.4-3b, 3986-7.3-2a), empty ones left out.

    Every decision about access is made on this one form (3986-7.3-2c, safety line T8): ``//a//b/`` is ``a``, ``b``, and
    so is ``/%61/%62`` (3986-6.2.2.2-1c). So paths are normalised (9110-4.2.3-7a), and two spellings of one path lead to
    one file, or to none (9110-4.2.3-7b). A path is divided before it is decoded. Octets that are no text
    in the file system's encoding become surrogates, as by `os.fsdecode`.

    Args:
        path: The path as it stood in the request, still encoded; a query is cut off.

    Raises:
        BadRequest: The path does not begin with a slash or has characters that are not for URIs; an
            escape is incomplete; or the path decodes to a control character (NUL: 3986-7.3-2d; CR and LF: 3986-7.2-3a;
            safety line T4).
        NotFound: A segment decodes to ``.`` or ``..``, which are refused and not removed (3986-6.2.2.3-1c,
            3986-5.2.4-1, T5), or holds an encoded slash (T4): the file system never gets a character that is special to
            it (3986-7.3-3a, 3986-7.3-3d).
    """
    encoded = path.partition("?")[0]
    if not abnf.text_pattern(abnf.ORIGIN_FORM).fullmatch(encoded):
        raise BadRequest("not a path")
    decoded = _unescape(encoded) if "%" in encoded else encoded
    segments = tuple([segment for segment in decoded.split("/") if segment])
    if "." in segments or ".." in segments:
        raise NotFound("the path has a dot segment")
    return segments


def _unescape(encoded: str) -> str:
    if "%2F" in encoded or "%2f" in encoded:
        raise NotFound("the path has an encoded slash")
    if (control := _CONTROL.search(encoded)) is not None:
        raise BadRequest(f"path: the control character {control[0]} at offset {control.start()} (RFC 3986 §7.3)")
    return os.fsdecode(unescaped(encoded.encode("ascii")))


@lru_cache(maxsize=_REMEMBERED)
def locate(root: str, path: str, hide_dotfiles: bool = False) -> str:
    """The absolute file-system path that a request path means below `root`; the file system is not read.

    Args:
        root: An absolute path.
        path: As for `decode`.
        hide_dotfiles: Whether hidden names are not found.

    Raises:
        BadRequest: As `decode`.
        NotFound: As `decode`, or the name is hidden.
    """
    segments = decode(path)
    if hide_dotfiles and is_hidden(segments):
        raise NotFound("a name that begins with a dot is hidden")
    return "/".join((root.rstrip("/"), *segments)) if segments else root


def only_file(root: str, segments: tuple[str, ...], name: str, *, slash: bool) -> str:
    """The file-system path of the one file that a site has, where a request means it.

    Args:
        root: An absolute path.
        segments: Of the path, decoded.
        name: The name of the file, below `root`.
        slash: Whether a slash follows the last segment.

    Raises:
        NotFound: The request has another name.
    """
    if segments and (segments != (name,) or slash):
        raise NotFound("this site has one file alone")
    return os.path.join(root, name)
