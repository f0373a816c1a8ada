"""The thing that the command serves: a folder, or a WSGI application."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from pyhttp.answering import HandlerFactory
from pyhttp.command.folder_options import FolderOptions, parse_folder
from pyhttp.command.listening import CannotServe
from pyhttp.command.options import Options
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.names import is_inside
from pyhttp.resources.relative_references import encode_segment

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from pyhttp.auth import BasicAuth

__all__ = ["Task", "find_task"]


class Task(NamedTuple):
    """A folder or an application to be served.

    Attributes:
        common: The options of every command.
        name: The name of the folder or application.
        load: Makes the handler, in the process that serves. It can be sent to another process.
        remarks: Lines for the operator.
        everyone: The things that every machine of the network can do with it, if it listens on all interfaces and needs
            no password.
        warnings: Lines about settings that should be different.
        path: The end of its address, encoded, behind the slash.
    """

    common: Options
    name: str
    load: Callable[[], HandlerFactory]
    remarks: Sequence[str]
    everyone: str
    warnings: Sequence[str] = ()
    path: str = ""


def find_task(argv: Sequence[str]) -> Task:
    """The task that the arguments `argv` ask for.

    Raises:
        CannotServe: There is no such folder or file, its users cannot be read, or standard output cannot be written.
        SystemExit: For --help and --version, with code 2 for a usage error, with code 1 without a working directory.
    """
    try:
        return _application(argv[1:]) if argv[:1] == ["wsgi"] else _folder(parse_folder(argv))
    except OSError as error:  # the answer to --help or --version
        raise CannotServe(f"cannot write to standard output: {error.strerror}") from error


def _folder(given: FolderOptions) -> Task:
    named, options = given.directory, _of_file(given) if os.path.isfile(given.directory) else given
    _check_folder(options)
    site = options.site
    scripts = [name for name in site.cgi_directories if os.path.isdir(os.path.join(options.directory, name))]
    remarks = [f"Files in {', '.join(scripts)} are run as CGI scripts; --no-cgi shows them instead"] if scripts else []
    load, warnings = partial(_folder_handler, options), (*options.common.warnings, *_exposed(options))
    load()  # an error in the users is reported before the server listens
    everyone = f"read this {'file' if site.only else 'folder'}"
    path = encode_segment(site.only)
    return Task(options.common, named, load, remarks, everyone, warnings, path)


def _of_file(options: FolderOptions) -> FolderOptions:
    """The options for one file of a folder: a named link may lead anywhere, and there is no folder of scripts.

    Raises:
        CannotServe: The file cannot be read.
    """
    directory, name = os.path.split(options.directory)
    try:
        open(options.directory, "rb").close()
    except OSError as error:
        raise CannotServe(f"cannot serve {options.directory}: {error.strerror}") from error
    # The one file counts whatever --spa-file names: there is no other page.
    site = replace(options.site, only=name, spa=options.site.spa and name, follow_symlinks=True, cgi_directories=())
    return options._replace(directory=directory, site=site)


def _folder_handler(options: FolderOptions) -> HandlerFactory:
    """The handler of a folder, for the users that the file of --auth names now; raises CannotServe where it cannot."""
    site = replace(options.site, auth=_users(options.common.auth))
    return partial(BaseHttpRequestHandler, directory=options.directory, site=site)


def _users(path: str) -> "BasicAuth | None":
    """The users in the file of --auth; None without a file, for everybody.

    Raises:
        CannotServe: The file cannot be read or understood.
    """
    if not path:
        return None
    from pyhttp.command.passwords import load  # noqa: PLC0415 - most services are for everybody

    try:
        return load(path)
    except ValueError as error:
        raise CannotServe(str(error)) from error


def _application(argv: Sequence[str]) -> Task:
    from pyhttp.command.wsgi_options import parse_wsgi  # noqa: PLC0415 - a folder does not need it

    options = parse_wsgi(argv)
    name, users = options.application, options.common.auth
    _users(users)  # as for a folder
    load = partial(_application_handler, name, users, multiprocess=options.common.processes is not None)
    return Task(options.common, name, load, (), "use this application", options.common.warnings)


def _application_handler(name: str, users: str, *, multiprocess: bool) -> HandlerFactory:
    """The handler of an application, for the users that the file of --auth names now.

    Raises:
        CannotServe: There is no such application, or no such users.
        Exception: The application's module has raised it.
    """
    from pyhttp.wsgi import wsgi_handler  # noqa: PLC0415 - as above

    auth = _users(users)
    return wsgi_handler(_loaded(name), multiprocess=multiprocess, auth=auth)


@cache
def _loaded(name: str) -> "WSGIApplication":
    """An application, made once in a process: reading its users anew does not make it anew."""
    from pyhttp.command.application import CannotLoad, load_application  # noqa: PLC0415 - as above

    try:
        return load_application(name)
    except CannotLoad as error:
        raise CannotServe(f"cannot serve {name}: {error}") from error


def _check_folder(options: FolderOptions) -> None:
    try:
        os.scandir(options.directory).close()
    except OSError as error:
        raise CannotServe(f"cannot serve {options.directory}: {error.strerror}") from error
    for suffix, program in options.site.cgi_suffixes:
        if not (os.path.isfile(program) and os.access(program, os.X_OK)):
            raise CannotServe(f"cannot run {suffix} files: {program} is not a program")


def _exposed(options: FolderOptions) -> Iterator[str]:
    """Warn where the served folder contains the secrets of its own server."""
    files, served = options.common.tls, os.path.realpath(os.path.join(options.directory, options.site.only))
    secrets = (files.key or files.certificate, files.password_file) if files else ()
    for path in filter(None, (*secrets, options.common.auth)):
        if is_inside(os.path.realpath(path), served):
            where = "the file" if options.site.only else "in the folder"
            yield f"{path} is {where} that is served, where everybody can read it"
