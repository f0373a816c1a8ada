"""What the options of every command ask for: their arguments, checked, as one value."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pyhttp import __version__
from pyhttp.command import streams, values
from pyhttp.command.serving_options import add_serving, of
from pyhttp.command.values import CertificateFiles, Kind, LogFormat
from pyhttp.limits import Limits, Timeouts
from pyhttp.proxies import Proxies

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

__all__ = ["Options", "add_options", "common", "new_parser"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What every command asks for: where and how is listened, how handlers run, what is logged."""

    hosts: tuple[str, ...]
    """Hosts to listen on by TCP; empty where none was named."""
    port: int | None
    """None where none was named."""
    unix: tuple[str, ...]
    """Paths to listen at."""
    unix_mode: int
    descriptors: tuple[int, ...]
    """Listening sockets that the process was started with."""
    kind: Kind
    workers: int
    processes: int | None
    """None: this process serves, and no other."""
    limits: Limits
    timeouts: Timeouts
    quiet: bool
    verbose: bool
    log_format: LogFormat
    access_log: str
    """A file for the access log; "" for standard error."""
    tls: CertificateFiles | None
    proxies: Proxies
    allowed_hosts: frozenset[str]
    """Hosts that are answered for, beside those of the machine itself where only that is served; empty: not said."""


class _Parser(argparse.ArgumentParser):
    """An argument parser whose answers to --help and --version are not lost without a word."""

    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        if file is sys.stdout:
            streams.say(message)
        else:
            super()._print_message(message, file)


def new_parser(prog: str, usage: str, description: str) -> argparse.ArgumentParser:
    """A parser of a command, without arguments yet."""
    parser = _Parser(
        prog=prog,
        usage=f"%(prog)s {usage}",
        description=description,
        epilog="SIGINT (Ctrl+C) or SIGTERM stops it and lets answers in progress finish; a second one ends it at once."
        " SIGHUP opens the access log and reads certificate and users anew, and replaces --processes one by one.",
        allow_abbrev=False,
        formatter_class=partial(argparse.HelpFormatter, width=80),
    )
    parser.add_argument("--version", action="version", version=f"pyhttp {__version__}")
    return parser


def add_options(parser: argparse.ArgumentParser, *between: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the options that every command has; `between` adds those of one command, behind those of the listener."""
    add_serving(parser)
    _add_tls(parser)
    for add in between:
        add(parser)
    _add_logs(parser)
    _add_limits(parser)
    # Adding options calls for formatters too, and without a width they load `shutil` and its compressors.
    parser.formatter_class = argparse.HelpFormatter


def common(parser: argparse.ArgumentParser, given: argparse.Namespace) -> Options:
    """What was given of the options that every command has; raises SystemExit where some do not fit each other."""
    try:
        tls = values.certificate(given.tls_cert, given.tls_key, given.tls_password_file)
    except ValueError as error:
        parser.error(str(error))
    return Options(
        hosts=tuple(given.hosts),
        port=given.port,
        unix=tuple(given.unix),
        unix_mode=given.unix_mode,
        descriptors=tuple(given.fd),
        kind=given.kind,
        workers=given.workers,
        processes=given.processes,
        limits=Limits(**dict(given.limit)),
        timeouts=Timeouts(**dict(given.timeout)),
        quiet=given.quiet,
        verbose=given.verbose,
        log_format=given.log_format,
        access_log=given.access_log or "",
        tls=tls,
        proxies=Proxies(headers=tuple(given.proxy_headers), protocol=tuple(given.proxy_protocol)),
        allowed_hosts=frozenset(given.allow_host),
    )


def _add_tls(parser: argparse.ArgumentParser) -> None:
    add, file = parser.add_argument_group("TLS (https)").add_argument, of(values.not_empty)
    add("--tls-cert", metavar="FILE", type=file, help="speak TLS by the certificate in FILE, with its chain, in PEM")
    add("--tls-key", metavar="FILE", type=file, help="the key of the certificate, where it is in another file")
    add("--tls-password-file", metavar="FILE", type=file, help="a file with the password of the key")


def _add_logs(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("logs").add_argument
    add("--quiet", action="store_true", help="no line for each request; errors stay")
    add("-v", "--verbose", action="store_true", help="say why each request was refused that was")
    add(
        *("--log-format",),
        type=of(values.log_format),
        default=LogFormat.COMMON,
        metavar="|".join(each.value for each in LogFormat),
        help="how a request is logged (default: common)",
    )
    add("--access-log", metavar="FILE", type=of(values.not_empty), help="append the line for each request to FILE")


def _add_limits(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("limits and timeouts", values.limits()).add_argument
    text = "set a limit, such as field_line=16k; may be repeated"
    add("--limit", metavar="NAME=VALUE", type=of(values.limit), action="append", default=[], help=text)
    text = "set a timeout, such as idle=30 or script_run=10m; may be repeated"
    add("--timeout", metavar="NAME=SECONDS", type=of(values.timeout), action="append", default=[], help=text)
