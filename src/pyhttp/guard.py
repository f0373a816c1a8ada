"""RFC 9110 §11.4: a request is let in by its credentials, or refused; what that may cost is bounded."""

import os
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from pyhttp.auth import BasicAuth, Credentials, credentials_of
from pyhttp.errors import Unavailable
from pyhttp.refusals import Unauthorized
from pyhttp.transport.exchange import Exchange

__all__ = ["Guard", "admit", "answer_admitted"]

_PER_SECOND: Final = 4
"""Passwords that are hashed in a second, in the long run: some 200 ms of one processor."""
_AT_ONCE: Final = 8
"""Passwords that may be hashed, or wait for it, before that bound is felt."""


def admit(exchange: Exchange, auth: BasicAuth) -> None:
    """Let the request of `exchange` pass, and note its user; before a look at the folder, or a script (3875-3.1-3a).

    Credentials alone count: From proves nothing, and no code reads it (9110-10.1.2-7a).

    Raises:
        Unauthorized: It has no credentials, or not the right ones (9110-11.4-3a).
        Unavailable: Too many passwords are being tried.
    """
    head = exchange.head
    value = None if head is None else head.headers.by_name.get("authorization")
    said = None if value is None else credentials_of(value)
    if said is None:
        raise Unauthorized("no credentials of the scheme Basic", challenge=auth.challenge)
    if not _guard_of(auth).knows(said, exchange.about_to_block):
        raise Unauthorized("a wrong name or password", challenge=auth.challenge)
    exchange.user = said.name


def answer_admitted(auth: BasicAuth, answer: Callable[[Exchange], None], exchange: Exchange) -> None:
    """Have `answer` answer a request of who may pass; one that is refused in any case is left to it, too.

    Raises:
        HTTPError: As `admit`, or what `answer` raises.
    """
    if exchange.refusal is None:
        admit(exchange, auth)
    answer(exchange)


class Guard:
    """What remembers the credentials that were right, and counts what is hashed.

    A password is hashed by scrypt once; after that it is recognised by a digest, whose key nobody else has. A wrong one
    is hashed each time, and so is any for a name that is not there: the time does not tell them apart.

    Args:
        auth: Who may pass.
        clock: Seconds that never go back.
    """

    def __init__(self, auth: BasicAuth, clock: Callable[[], float] = time.monotonic) -> None:
        self._hashes = auth.hashes
        self._nobody = next(iter(auth.hashes.values()))
        self._clock = clock
        self._key = os.urandom(32)
        self._digests: dict[str, bytes] = {}
        self._one_by_one = threading.Lock()  # so that the memory of scrypt is needed once
        self._counting = threading.Lock()
        self._left = float(_AT_ONCE)
        self._counted = clock()

    def knows(self, said: Credentials, about_to_block: Callable[[], None]) -> bool:
        """Whether these are credentials of a user.

        Args:
            said: The credentials.
            about_to_block: Called before anything is hashed, which takes its time.

        Raises:
            Unavailable: It would take hashing, and too much has been hashed lately.
        """
        digest = self._digest(said.password)
        if self._remembers(said.name, digest):
            return True
        self._count()
        about_to_block()
        with self._one_by_one:
            if self._remembers(said.name, digest):  # a browser asks for several things at once
                self._give_back()
                return True
            known = self._hashes.get(said.name)
            right = (known or self._nobody).matches(said.password)
            if not right or known is None:
                return False
            self._digests[said.name] = digest  # one for each user, at most
            return True

    def _digest(self, password: str) -> bytes:
        from hashlib import blake2b  # noqa: PLC0415 - it loads OpenSSL

        return blake2b(password.encode(), key=self._key, digest_size=32).digest()

    def _remembers(self, name: str, digest: bytes) -> bool:
        from hmac import compare_digest  # noqa: PLC0415 - likewise

        return compare_digest(self._digests.get(name, b""), digest)

    def _count(self) -> None:
        """One more is to be hashed."""
        with self._counting:
            now = self._clock()
            self._left = min(float(_AT_ONCE), self._left + (now - self._counted) * _PER_SECOND)
            self._counted = now
            if self._left < 1:
                raise Unavailable("too many passwords are being tried", retry_after=1)
            self._left -= 1

    def _give_back(self) -> None:
        with self._counting:
            self._left = min(float(_AT_ONCE), self._left + 1)


_guard_of: Final = lru_cache(maxsize=64)(Guard)
"""A handler is built for each request, mostly of the same folder; what is remembered belongs to the value."""
