"""RFC 6265 §4.1, and its successor draft-ietf-httpbis-rfc6265bis: cookies, as they are set."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from pyhttp import abnf
from pyhttp.arguments import check_type
from pyhttp.semantics.dates import format_date

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Cookie", "lines_of"]

_OCTETS: Final = rb"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*+"
_VALUE: Final = rb"(?:" + _OCTETS + rb'|"' + _OCTETS + rb'")'
"""A cookie-value: no control, white space, quote, comma, semicolon or backslash, except for quotes round all of it."""
_PATH: Final = rb"/[\x20-\x3a\x3c-\x7e]*+"
_LABEL: Final = rb"[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
_DOMAIN: Final = _LABEL + rb"(?:\." + _LABEL + rb")*"
_LONGEST: Final = 4096
"""The largest number of octets of name and value that browsers take; they drop a longer cookie."""
_LONGEST_ATTRIBUTE: Final = 1024
"""The same for the value of an attribute."""
_FIRST_YEAR: Final = 1601
"""The earliest year that browsers know."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie as a response sets it; `str` is the value of its Set-Cookie (RFC 6265bis §4.1).

    By default a cookie is sent with requests for every path of the host, and is hidden from scripts. It does not go
    with requests that another site's page has made. Over HTTPS, use `secure=True`. `max_age=0` removes the cookie.

    Args:
        name: A token. Browsers demand certain settings of a cookie whose name begins with "__Secure-" or "__Host-".
        value: Visible ASCII without quotes, commas, semicolons and backslashes; anything else has to be encoded.
        path: A path that begins with a slash; "" is the folder of the request.
        domain: A host; its subdomains get the cookie, too. "" is this host alone.
        max_age: The life of the cookie in seconds; None: until the browser ends, or as `expires` says.
        expires: The end of the cookie's life, with a time zone; it counts for nothing where there is a `max_age`.
        secure: Whether the cookie is sent over HTTPS alone.
        http_only: Whether the cookie is hidden from the scripts of a page.
        same_site: "Strict", "Lax", or "None", which needs `secure`; None leaves it to the browser.

    Raises:
        ValueError: A part breaks its rule, or browsers would not take the cookie.
        TypeError: A part is of a wrong type.
    """

    name: str
    value: str
    path: str = "/"
    domain: str = ""
    max_age: int | None = None
    expires: "datetime | None" = None
    secure: bool = False
    http_only: bool = True
    same_site: Literal["Strict", "Lax", "None"] | None = "Lax"

    def __post_init__(self) -> None:
        for part in ("name", "value", "path", "domain"):
            check_type(f"Cookie.{part}", getattr(self, part), str)
        for part, text, rule, meant in (
            ("name", self.name, abnf.TOKEN, "a token, such as letters and digits"),
            ("value", self.value, _VALUE, "a cookie-value; encode it, for instance by urllib.parse.quote or base64"),
            ("path", self.path or "/", _PATH, "a path, which begins with a slash and has no semicolon"),
            ("domain", self.domain or "a", _DOMAIN, "a host without a port"),
        ):
            if not abnf.text_pattern(rule).fullmatch(text):
                raise ValueError(f"Cookie.{part}: {text!r} is not {meant}")
        if len(self.name) + len(self.value) > _LONGEST:
            raise ValueError(f"Cookie: name and value have at most {_LONGEST} octets, or browsers drop it")
        for part, text in (("path", self.path), ("domain", self.domain)):
            if len(text) > _LONGEST_ATTRIBUTE:
                raise ValueError(f"Cookie.{part}: at most {_LONGEST_ATTRIBUTE} octets, or browsers ignore it")
        self._check_times()
        self._check_demands()

    def _check_times(self) -> None:
        if self.max_age is not None:
            check_type("Cookie.max_age", self.max_age, int)
            if self.max_age < 0:
                raise ValueError(f"Cookie.max_age: seconds, 0 to remove the cookie, not {self.max_age}")
        if self.expires is not None:
            from datetime import datetime  # noqa: PLC0415 - few cookies need it

            check_type("Cookie.expires", self.expires, datetime)
            if self.expires.utcoffset() is None:
                raise ValueError("Cookie.expires: needs a time zone, as datetime.now(UTC) has one")
            if self.expires.year < _FIRST_YEAR:
                raise ValueError(f"Cookie.expires: not before {_FIRST_YEAR}; max_age=0 removes the cookie")

    def _check_demands(self) -> None:
        """Check the demands of browsers, which drop other cookies (RFC 6265bis §4.1.2.7, §4.1.3)."""
        if self.same_site not in {None, "Strict", "Lax", "None"}:
            raise ValueError(f'Cookie.same_site: "Strict", "Lax", "None" or None, not {self.same_site!r}')
        name = self.name.lower()
        if not self.secure and (self.same_site == "None" or name.startswith(("__secure-", "__host-"))):
            what = 'same_site="None"' if self.same_site == "None" else f"the name {self.name}"
            raise ValueError(f"Cookie.secure: {what} needs secure=True")
        if name.startswith("__host-") and (self.domain or self.path != "/"):
            raise ValueError(f'Cookie: the name {self.name} needs path="/", and no domain')

    def __str__(self) -> str:
        parts = [f"{self.name}={self.value}"]
        if self.path:
            parts.append(f"Path={self.path}")
        if self.domain:
            parts.append(f"Domain={self.domain}")
        if self.max_age == 0:  # this removes the cookie; the grammar has no Max-Age of 0
            parts.append(f"Expires={format_date(0)}")
        elif self.max_age is not None:
            parts.append(f"Max-Age={self.max_age}")
        elif self.expires is not None:
            parts.append(f"Expires={format_date(int(self.expires.timestamp()))}")
        parts += [name for name, said in (("Secure", self.secure), ("HttpOnly", self.http_only)) if said]
        if self.same_site is not None:
            parts.append(f"SameSite={self.same_site}")
        return "; ".join(parts)


def lines_of(cookies: tuple[Cookie, ...]) -> tuple[tuple[str, str], ...]:
    """The field line for each of some cookies.

    Raises:
        TypeError: One is no Cookie: its text would be sent as it is.
    """
    for cookie in cookies:
        check_type("cookies", cookie, Cookie)
    return tuple([("Set-Cookie", str(cookie)) for cookie in cookies])
