"""RFC 3875 §4.1: the meta-variables of a script, built only from the request and the variables that the operator named.

The functions are pure. Texts of the request keep the bytes that they had; paths are in the file system's encoding
(3875-4.1-7c).
"""

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from pyhttp.cgi.script_path import Script
from pyhttp.cgi.variables import Ends, connection_variables, field_variables, request_variables
from pyhttp.messages import RequestHead

__all__ = ["meta_variables", "operators_variables"]

_REPLACEABLE: Final[Mapping[bool, Mapping[bytes, bytes]]] = {
    False: {b"PATH": b"/usr/local/bin:/usr/bin:/bin", b"REQUEST_SCHEME": b"http"},
    True: {b"PATH": b"/usr/local/bin:/usr/bin:/bin", b"REQUEST_SCHEME": b"https", b"HTTPS": b"on"},
}
"""Variables that an operator may know better, with and without TLS here: the place of programs, and the scheme of a
proxy in front. HTTPS is for TLS at this server (3875-4.1.18-1c)."""

_SAME: Final = {"GATEWAY_INTERFACE": "CGI/1.1", "REDIRECT_STATUS": "200"}
"""Variables that are the same in every run. The server speaks CGI/1.1 (3875-4.1.4-1a), with no zeros before its numbers
(3875-4.1.4-3c.2). php-cgi runs only where a server sets the second variable."""


def meta_variables(
    head: RequestHead,
    script: Script,
    *,
    root: str,
    ends: Ends,
    length: int,
    authorization: bool = False,
    inherited: Mapping[str, str] | None = None,
) -> dict[bytes, bytes]:
    """The whole environment of a script: the request, translated from HTTP (3875-3.1-2a).

    Args:
        head: The request.
        script: The script that runs.
        root: The served directory.
        ends: The connection.
        length: The number of octets of content, all transfer codings removed.
        authorization: Whether the script gets Authorization (3875-9.2-1c).
        inherited: Variables from the operator; they never replace one of RFC 3875.
    """
    variables = dict(_REPLACEABLE[ends.secure])
    if ends.scheme:
        variables[b"REQUEST_SCHEME"] = ends.scheme.encode("latin-1")
    if inherited:
        variables.update((os.fsencode(name), os.fsencode(value)) for name, value in inherited.items())
    variables.update(
        _octets(
            {
                **_SAME,
                **field_variables(head, authorization=authorization),
                **request_variables(head, ends, length),
                **connection_variables(ends),
            }
        )
    )
    variables.update(_path_variables(script, root))
    return variables


def _octets(variables: Mapping[str, str]) -> Iterator[tuple[bytes, bytes]]:
    """The variables as octets (3875-4.1.18-2f), whose case is kept (3875-4.1-7b); one step converts all of them.

    Raises:
        ValueError: A variable has a NUL, which no environment can have.
    """
    octets = "\0".join([*variables, *variables.values()]).encode("latin-1").split(b"\0")
    return zip(octets[: len(variables)], octets[len(variables) :], strict=True)


def operators_variables(entries: tuple[str, ...], environ: Mapping[str, str]) -> Mapping[str, str]:
    """The variables of `Site.cgi_env`: with a value there, or with that of the server's environment, if it has one."""
    given = {}
    for entry in entries:
        name, sets, value = entry.partition("=")
        if sets:
            given[name] = value
        elif name in environ:
            given[name] = environ[name]
    return given


@lru_cache(maxsize=64)
def _path_variables(script: Script, root: str) -> Mapping[bytes, bytes]:
    """The variables that name files; they are kept, since most scripts run again and again.

    Names that RFC 3875 does not have (3875-4.1-4a) are those of other servers, without "X_" (3875-4.1-4a.2).
    """
    variables = {
        b"DOCUMENT_ROOT": os.fsencode(root),
        b"SCRIPT_FILENAME": os.fsencode(script.path),
        b"SCRIPT_NAME": os.fsencode(script.name),
    }
    if script.path_info:  # an unset variable means NULL, which programs read as "not there" (3875-4.1.5)
        variables[b"PATH_INFO"] = os.fsencode(script.path_info)
    if script.path_translated:
        variables[b"PATH_TRANSLATED"] = os.fsencode(script.path_translated)
    return variables
