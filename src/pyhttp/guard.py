"""RFC 9110 §11.4: a request is admitted by its credentials, or refused; the cost of this is bounded."""

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
"""The number of passwords hashed in a second, in the long run: some 200 ms of one processor."""
_AT_ONCE: Final = 8
"""The number of passwords that may be hashed, or wait for it, before that bound takes effect."""


def admit(exchange: Exchange, auth: BasicAuth) -> None:
    """Let the request of `exchange` pass, and note its user.

    This comes before a look at the folder, or a script (3875-3.1-3a). Credentials alone count: From proves nothing, and
    no code reads it (9110-10.1.2-7a).

    Raises:
        Unauthorized: The request has no credentials, or not the right ones (9110-11.4-3a).
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
    """Have `answer` answer a request with the credentials of a user, or one that is refused in any case.

    Raises:
        HTTPError: The error of `admit`, or one that `answer` raises.
    """
    if exchange.refusal is None:
        admit(exchange, auth)
    answer(exchange)


class Guard:
    """A memory of the credentials that were right, and a count of the hashes.

    A correct password is hashed by scrypt once; after that it is recognised by a digest, whose key is secret. A wrong
    password is hashed each time, and so is any password for an unknown name: the time does not show the difference.

    Args:
        auth: The users who may pass.
        clock: Returns seconds that never go back.
    """

    def __init__(self, auth: BasicAuth, clock: Callable[[], float] = time.monotonic) -> None:
        self._hashes = auth.hashes
        self._nobody = next(iter(auth.hashes.values()))
        self._clock = clock
        self._key = os.urandom(32)
        self._digests: dict[str, bytes] = {}
        self._one_by_one = threading.Lock()  # the memory of scrypt is needed only once
        self._counting = threading.Lock()
        self._left = float(_AT_ONCE)
        self._counted = clock()

    def knows(self, said: Credentials, about_to_block: Callable[[], None]) -> bool:
        """Whether the credentials are those of a user.

        Args:
            said: The credentials.
            about_to_block: Called before a password is hashed, which takes some time.

        Raises:
            Unavailable: The password would have to be hashed, and too many were hashed lately.
        """
        digest = self._digest(said.password)
        if self._remembers(said.name, digest):
            return True
        self._count()
        about_to_block()
        with self._one_by_one:
            if self._remembers(said.name, digest):  # a browser sends several requests at once
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
        from hmac import compare_digest  # noqa: PLC0415 - it loads OpenSSL

        return compare_digest(self._digests.get(name, b""), digest)

    def _count(self) -> None:
        """Count one more password to hash."""
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
"""A handler is built for each request, mostly for the same folder; so the memory belongs to the value of `auth`."""
