"""RFC 3875 §4.2: the content of a request, as the standard input of a script."""

from typing import NamedTuple, Protocol

__all__ = ["Kept", "StandardInput", "standard_input"]


class Kept(Protocol):
    """The content of one request, all of it, as it is kept."""

    length: int
    """The number of octets."""

    def descriptor(self) -> int | None:
        """An open file with the content and nothing else, at its beginning; None where it is empty."""
        ...


class StandardInput(NamedTuple):
    """The standard input of a script."""

    descriptor: int | None
    """An open file, which need not stay open once the script runs; None for none."""
    length: int
    """Octets in it."""


def standard_input(content: Kept) -> StandardInput:
    """All of the content (3875-4.2-3b), however the script answers (3875-4.2-4a).

    The input is a file. A script may read it early, late, in part or never, and neither side waits for the other. The
    file ends behind the content (3875-4.2-3c) and has nothing more (3875-4.2-3c.2). Transfer codings are removed, and
    the length is that of the result (3875-4.2-5a). Content codings stay (3875-4.2-5c).

    Raises:
        Unavailable: There is no room for it (3875-4.2-5b).
    """
    return StandardInput(content.descriptor(), content.length)
