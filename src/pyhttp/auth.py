"""RFC 7617, RFC 9110 §11: the users who may see a folder, and the credentials of a client: values and their grammar."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from pyhttp.arguments import Several, check_type, pairs

__all__ = ["BasicAuth", "Credentials", "PasswordHash", "checked_name", "credentials_of", "prepared"]

_BASE64: Final = "((?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?)"
_CREDENTIALS: Final = f"(?i:basic) +{_BASE64}"
_CONTROL: Final = r"[\x00-\x1f\x7f-\x9f]"
"""The controls, which no user-id or password has (RFC 7617 §2)."""
_REALM: Final = r"[\x20-\x7e]+"
_HASH: Final = rf"scrypt\$([0-9]{{1,8}})\$([0-9]{{1,2}})\$([0-9]{{1,2}})\${_BASE64}\${_BASE64}"
_LONGEST_NAME: Final = 128
_SALT: Final = 16
_KEY: Final = 32
_MOST_MEMORY: Final = 256 * 1024 * 1024
_MOST_WORK: Final = 1024 * 1024 * 1024
"""The number of octets that one hash may fill in all: some seconds of work."""


class Credentials(NamedTuple):
    """The user and the password that a client names.

    A named tuple, like RequestHead, since a value is made for every request.
    """

    name: str
    """The user-id."""
    password: str


def credentials_of(value: str) -> Credentials | None:
    """The credentials of scheme Basic in an Authorization field, in UTF-8; None where the field cannot be understood.

    The scheme may be in any case (RFC 9110 §11.1); the first colon ends the user-id (RFC 7617 §2).
    """
    found = re.fullmatch(_CREDENTIALS, value)
    if found is None:
        return None
    try:
        text = _decoded(found[1]).decode()
    except UnicodeDecodeError:
        return None
    name, colon, password = text.partition(":")
    return Credentials(prepared(name), prepared(password)) if colon and not re.search(_CONTROL, text) else None


def _decoded(text: str) -> bytes:
    """The octets of a text that is known to be base64."""
    import binascii  # noqa: PLC0415 - a library of its own, which a folder for everybody does not need

    return binascii.a2b_base64(text)


def prepared(text: str) -> str:
    """A user-id or password in one normal form, however a keyboard has composed its letters (RFC 8265 §4.2.1)."""
    if text.isascii():
        return text
    import unicodedata  # noqa: PLC0415 - a large table, for few names

    return unicodedata.normalize("NFC", text)


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """The value that scrypt makes of a password (RFC 7914): the password cannot be read back from it.

    Raises:
        ValueError: The parameters are not valid for scrypt, or ask for more memory or work than a server should do.
    """

    n: int
    """The cost, a power of two."""
    r: int
    """The block size."""
    p: int
    """The number of rounds."""
    salt: bytes = field(repr=False)
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.n < 2 or self.n & (self.n - 1) or self.r < 1 or self.p < 1:
            raise ValueError("the cost of its hash is not valid for scrypt")
        memory = 128 * self.r * self.n
        if memory > _MOST_MEMORY or memory * self.p > _MOST_WORK:
            raise ValueError("its hash costs too much: 256 MiB of memory, filled four times, is the most")
        if len(self.salt) < _SALT or len(self.key) < _KEY:
            raise ValueError(f"its hash is too short: {_SALT} octets of salt and {_KEY} of the key are the least")

    @classmethod
    def of(cls, password: str, salt: bytes, *, n: int = 16384, r: int = 8, p: int = 1) -> Self:
        """The hash of `password`; with the defaults it takes 16 MiB, and some 50 ms."""
        return cls(n, r, p, salt, _scrypt(password, salt, n=n, r=r, p=p))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The hash from the text that `str` has made of it.

        Raises:
            ValueError: The text is no hash.
        """
        found = re.fullmatch(_HASH, text)
        if found is None:
            raise ValueError("its hash is not one that pyhttp passwd writes")
        n, r, p = (int(part) for part in found.group(1, 2, 3))
        return cls(n, r, p, _decoded(found[4]), _decoded(found[5]))

    def __str__(self) -> str:
        """The text in a file: `scrypt$n$r$p$salt$key`."""
        import binascii  # noqa: PLC0415 - as in `_decoded`

        salt, key = (binascii.b2a_base64(part, newline=False).decode() for part in (self.salt, self.key))
        return f"scrypt${self.n}${self.r}${self.p}${salt}${key}"

    def matches(self, password: str) -> bool:
        """Whether this is the hash of `password`; the answer takes equally long either way."""
        from hmac import compare_digest  # noqa: PLC0415 - it loads OpenSSL

        return compare_digest(
            self.key, _scrypt(password, self.salt, n=self.n, r=self.r, p=self.p, length=len(self.key))
        )


def _scrypt(password: str, salt: bytes, *, n: int, r: int, p: int, length: int = _KEY) -> bytes:
    import hashlib  # noqa: PLC0415 - it loads OpenSSL

    memory = 128 * r * (n + p + 4) + 1024 * 1024
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=memory, dklen=length)


@dataclass(frozen=True, slots=True, init=False)
class BasicAuth:
    """The users who may see a folder, by the scheme Basic (RFC 7617), the passwords in UTF-8.

    Args:
        users: (name, hash) pairs, the hash as `pyhttp passwd` writes it; a list of them is kept as a tuple.
        realm: The name of the folder that a browser shows when it asks for the password.

    Raises:
        ValueError: There is no user; a name is invalid, or there twice; or a hash or the realm is invalid.
        TypeError: A parameter is of a wrong type.
    """

    users: tuple[tuple[str, str], ...] = field(repr=False, hash=False)
    realm: str
    hashes: Mapping[str, PasswordHash] = field(init=False, repr=False, compare=False)
    """The hash of each user."""

    def __init__(self, users: Several[tuple[str, str]], realm: str = "pyhttp") -> None:
        object.__setattr__(self, "users", pairs("BasicAuth.users", users))
        check_type("BasicAuth.realm", realm, str)
        object.__setattr__(self, "realm", realm)
        if not re.fullmatch(_REALM, self.realm):
            raise ValueError(f"BasicAuth.realm: {self.realm!r} is not a text of visible ASCII characters")
        if not self.users:
            raise ValueError("BasicAuth.users: there is no user")
        hashes: dict[str, PasswordHash] = {}
        for name, written in self.users:
            try:
                hashes[checked_name(name, hashes)] = PasswordHash.parse(written)
            except ValueError as error:
                raise ValueError(f"BasicAuth.users: {name!r}: {error}") from None
        object.__setattr__(self, "hashes", hashes)

    @property
    def challenge(self) -> str:
        """The value of WWW-Authenticate (RFC 7617 §2.1), which a 401 carries (9110-11.6.1-3a).

        Each parameter stands once (9110-11.2-4a). The realm is a quoted string (9110-11.5-5a), in which only quotes and
        backslashes are escaped (9110-5.6.4-5a).
        """
        realm = self.realm.replace("\\", "\\\\").replace('"', '\\"')
        return f'Basic realm="{realm}", charset="UTF-8"'


def checked_name(name: str, taken: Mapping[str, PasswordHash] | None = None) -> str:
    """A user-id in its normal form.

    Raises:
        ValueError: The name is invalid, or taken.
    """
    if not name or name[0] == "#" or ":" in name or len(name) > _LONGEST_NAME or re.search(_CONTROL, name):
        raise ValueError(
            f"a name has 1 to {_LONGEST_NAME} characters, no # in front, no colon and no control character"
        )
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ValueError("the name is not UTF-8") from None
    name = prepared(name)
    if taken and name in taken:
        raise ValueError("the name is there twice")
    return name
