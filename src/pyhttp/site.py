"""The settings for serving a folder: one frozen value, the keyword `site=` of BaseHttpRequestHandler."""

import re
from dataclasses import dataclass, field, fields
from types import NoneType
from typing import TYPE_CHECKING, Final

from pyhttp import abnf
from pyhttp.arguments import AsTuple, check_type, pairs, texts
from pyhttp.value import Value

if TYPE_CHECKING:
    from pyhttp.auth import BasicAuth

__all__ = ["CODINGS", "Site", "is_hidden", "program_for"]

_FIELD_NAME: Final = abnf.text(abnf.FIELD_NAME)
_FIELD_VALUE: Final = abnf.text(abnf.FIELD_VALUE)
_MEDIA_TYPE: Final = abnf.text(abnf.MEDIA_TYPE)
_TOKEN: Final = abnf.text(abnf.TOKEN)

_NOT_THE_OPERATORS: Final = frozenset(
    {
        "accept-ranges",
        "allow",
        "connection",
        "content-encoding",
        "content-length",
        "content-range",
        "content-type",
        "date",
        "etag",
        "keep-alive",
        "last-modified",
        "location",
        "proxy-connection",
        "retry-after",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Fields that only the server can state for each answer: framing, ranges, validators, type and coding."""

_OF_THE_REQUEST: Final = frozenset(
    {
        "CONTENT_LENGTH",
        "CONTENT_TYPE",
        "DOCUMENT_ROOT",
        "GATEWAY_INTERFACE",
        "PATH_INFO",
        "PATH_TRANSLATED",
        "QUERY_STRING",
        "REDIRECT_STATUS",
        "REMOTE_ADDR",
        "REMOTE_HOST",
        "REMOTE_PORT",
        "REQUEST_METHOD",
        "REQUEST_URI",
        "SCRIPT_FILENAME",
        "SCRIPT_NAME",
        "SERVER_ADDR",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
        "SERVER_SOFTWARE",
    }
)
"""Variables that this server sets for each request, or leaves unset where the request has no such value."""

CODINGS: Final = ("br", "zstd", "gzip")
"""The content codings that a sibling file may hold, best first."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Site(Value):
    """The rules by which a folder is served. A list in the place of a tuple is kept as a tuple.

    Raises:
        ValueError: A parameter breaks its rule; the message names it.
        TypeError: A parameter is of a wrong type, such as a text in the place of a tuple of texts.
    """

    index: AsTuple[str] = AsTuple(("index.html", "index.htm"))
    """Names of files that answer for a directory; the first that exists counts. Reason: generators of sites write one
    of these two."""
    listing: bool = True
    """Whether a directory without index is listed; else it answers 403. Reason: people who serve a folder mostly want
    to see what is in it."""
    cgi_directories: AsTuple[str] = AsTuple(("cgi-bin",))
    """Names of directories directly below the root whose files are run, never shown; empty: no CGI. If such a name is a
    link, the directory that it leads to is never shown either. Reason: it is the usual name."""
    cgi_suffixes: AsTuple[tuple[str, str]] = AsTuple()
    """(suffix, program) pairs, (".php", "/usr/bin/php-cgi"): the program runs files whose names end so, in upper or
    lower case. Reason for none: files outside the CGI directories are there to be read."""
    cgi_env: AsTuple[str] = AsTuple()
    """Further variables of scripts: "NAME=VALUE", or the NAME of one of the server's own, which scripts then get.
    "HTTPS=on" is for a server behind a proxy that speaks TLS. Reason for none: the server's environment may hold
    secrets (safety line C2)."""
    cgi_auth: bool = False
    """Whether scripts get the Authorization field (3875-9.2-1c). Reason: a script that does not check passwords itself
    must not see them."""
    follow_symlinks: bool = False
    """Whether symbolic links may lead out of the root; else they answer 404 (safety line T6). Reason: a link must not
    open the rest of the disk by mistake."""
    hide_dotfiles: bool = False
    """Whether names that begin with a dot are neither listed nor served, `.well-known` excepted (safety line W8),
    whatever link leads there. Reason: a folder is served as it is, unless its owner says otherwise."""
    only: str = ""
    """A file of the root that is the whole site: at `/`, and at its name. Nothing else of the folder is reachable,
    neither its listing nor `not_found`. Reason for "": the whole folder is served."""
    clean_urls: bool = False
    """Whether `/about` answers with `about.html`, if no file has that name, and no folder with an index. An address
    with `.html` is redirected to the one without it, and an index to its folder. Reason: a file keeps its name, unless
    a site was built for this."""
    spa: str = ""
    """A file of the root that answers, with status 200, if a browser goes to a page that is not there: for an
    application that draws its pages itself. A request by a script, or for a name with a dot in it, stays 404. Reason
    for "": a missing page has to be seen as missing."""
    not_found: str = "404.html"
    """A file of the root that answers, with status 404, for a path that does not exist; "" for the plain page. Reason:
    other servers of static sites use this name, too."""
    max_age: int | None = None
    """Seconds that a cache may reuse an answer without asking (9111 §5.2.2.1); None: it must ask each time, `no-cache`.
    Reason: a file that was changed is seen at once, and asking costs little."""
    cors: bool = False
    """Whether pages of any origin may read the answers (`Access-Control-Allow-Origin: *`), those to errors, too. Every
    preflight is answered 204 with the methods of files, whatever the path; a script answers its own. Reason: a page
    of another origin could otherwise read answers that only this network can reach."""
    headers: AsTuple[tuple[str, str]] = AsTuple()
    """Further field lines for every answer of the site. A field that the server sets itself is replaced by one of the
    same name; a field of a script or a handler stays, and stands beside it if the name is Link, Set-Cookie or Vary.
    Reason for none: the server's own fields are enough for most sites."""
    media_types: AsTuple[tuple[str, str]] = AsTuple()
    """(ending, media type) pairs that come before the built-in table: ("md", "text/plain") for names that end in ".md",
    ("Makefile", ...) for that name and for those that end in ".makefile", in upper or lower case. The longest ending
    counts, and the last of equal ones. Reason for none: the table knows the common endings."""
    default_type: str = ""
    """The media type of files whose name does not tell it; "": text/plain for a file that begins as UTF-8 text, else
    application/octet-stream. Reason for "": browsers show text, and only save files of a type that they do not know."""
    charset: str = "utf-8"
    """The charset stated with types of text that do not state one themselves; "" for none. Reason: nearly all text is
    UTF-8 today, and without a charset browsers guess."""
    codings: AsTuple[str] = AsTuple()
    """Content codings for which `name.br`, `name.zst` and `name.gz` answer for `name`, best first. Reason for none: in
    a folder that was not prepared, such a neighbour may be another file, or one that is just being written."""
    compress: bool = False
    """Whether files of types that gain by it are sent with gzip, or zstd if Python has it, as the client accepts: from
    1 KiB on, without a range, and unless `headers` say no-transform. A file of `codings` comes first. Reason: it costs
    processor time with every answer."""
    auth: "BasicAuth | None" = None
    """The users who may see the site; None: everybody may. Without credentials of a user, everything answers 401:
    scripts, listings, and missing pages. Only preflights of `cors` are answered, because they carry no credentials.
    Reason for None: by default the server listens on this machine only."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._keep_tuples()
        values: list[object] = [getattr(self, each.name) for each in fields(self) if each.compare]
        for each, value in zip(fields(self), values, strict=False):  # the last one is no parameter
            if each.default is not None:
                check_type(f"Site.{each.name}", value, type(each.default))
            elif value is not None:
                check_type(f"Site.{each.name}", value, _kind(each.name), NoneType)
        object.__setattr__(self, "_hash", hash(tuple(values)))
        self._check_cgi()
        self._check_names()
        self._check_headers()
        self._check_media_types()
        if self.max_age is not None and self.max_age < 0:
            raise ValueError(f"Site.max_age must not be negative: {self.max_age}")
        for coding in self.codings:
            if coding not in CODINGS:
                raise ValueError(f"Site.codings: {coding!r} is none of {', '.join(CODINGS)}")

    def _keep_tuples(self) -> None:
        for name, given in (
            ("index", self.index),
            ("cgi_directories", self.cgi_directories),
            ("cgi_env", self.cgi_env),
            ("codings", self.codings),
        ):
            object.__setattr__(self, name, texts(f"Site.{name}", given))
        for name, several in (
            ("cgi_suffixes", self.cgi_suffixes),
            ("headers", self.headers),
            ("media_types", self.media_types),
        ):
            object.__setattr__(self, name, pairs(f"Site.{name}", several))

    def __hash__(self) -> int:
        """The hash, computed once: facts about a path are remembered by path and site."""
        return self._hash

    def _check_names(self) -> None:
        for parameter, names in (
            ("index", self.index),
            ("cgi_directories", self.cgi_directories),
            ("not_found", tuple(filter(None, (self.not_found,)))),
            ("only", tuple(filter(None, (self.only,)))),
            ("spa", tuple(filter(None, (self.spa,)))),
        ):
            for name in names:
                if not name or "/" in name or "\0" in name or name in {".", ".."}:
                    raise ValueError(f"Site.{parameter}: {name!r} is not a plain file name")
        if self.only and self.spa not in {"", self.only}:
            raise ValueError(f"Site.spa: {self.spa!r} is not the only file of the site, {self.only!r}")

    def _check_headers(self) -> None:
        for name, value in self.headers:
            if not re.fullmatch(_FIELD_NAME, name):
                raise ValueError(f"Site.headers: {name!r} is not a field name")
            if name.lower() in _NOT_THE_OPERATORS:
                raise ValueError(f"Site.headers: {name} may not be set: the server states it for each answer")
            if not re.fullmatch(_FIELD_VALUE, value) or value != value.strip(" \t"):
                raise ValueError(f"Site.headers: the value of {name} is not a field value: {value!r}")

    def _check_media_types(self) -> None:
        for suffix, media_type in self.media_types:
            if not suffix or "/" in suffix or suffix.startswith("."):
                raise ValueError(
                    f"Site.media_types: {suffix!r} is not the ending of a name without its dot, such as html"
                )
            if not re.fullmatch(_MEDIA_TYPE, media_type):
                raise ValueError(f"Site.media_types: {media_type!r} is not a media type, such as text/plain")
        if self.default_type and not re.fullmatch(_MEDIA_TYPE, self.default_type):
            raise ValueError(f"Site.default_type: {self.default_type!r} is not a media type, such as text/plain")
        if self.charset and not re.fullmatch(_TOKEN, self.charset):
            raise ValueError(f"Site.charset: {self.charset!r} is not a charset name")

    def _check_cgi(self) -> None:
        for suffix, program in self.cgi_suffixes:
            if not suffix.startswith(".") or len(suffix) == 1 or "/" in suffix or "\0" in suffix:
                raise ValueError(f"Site.cgi_suffixes: {suffix!r} is not a suffix with its dot, such as .php")
            if not program.startswith("/") or "\0" in program:
                raise ValueError(f"Site.cgi_suffixes: {program!r} is not an absolute path, such as /usr/bin/php-cgi")
        for entry in self.cgi_env:
            name, _, value = entry.partition("=")
            if not re.fullmatch("[A-Za-z_][0-9A-Za-z_]*", name) or "\0" in value:
                raise ValueError(f"Site.cgi_env: {entry!r} is neither NAME nor NAME=VALUE")
            # HTTP_ is for fields of the client; a variable of the operator's there would be read as a field line.
            if name in _OF_THE_REQUEST or name.startswith("HTTP_"):
                raise ValueError(f"Site.cgi_env: {name} is set from the request, and cannot be given")


def _kind(parameter: str) -> type:
    """The type of a parameter where it is not None."""
    if parameter == "max_age":
        return int
    from pyhttp.auth import BasicAuth  # noqa: PLC0415 - most sites are for everybody

    return BasicAuth


def is_hidden(segments: tuple[str, ...]) -> bool:
    """Whether a name begins with a dot, `.well-known` (RFC 8615) excepted (safety line W8)."""
    return any(segment[0] == "." and segment != ".well-known" for segment in segments)


def program_for(name: str, suffixes: tuple[tuple[str, str], ...]) -> str:
    """The program of `Site.cgi_suffixes` that runs files called `name`; empty where there is none."""
    # The case is ignored: a file system without case would send the source (C8).
    name = name.lower()
    return next((program for suffix, program in suffixes if name.endswith(suffix.lower())), "")
