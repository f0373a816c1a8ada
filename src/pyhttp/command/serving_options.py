"""The arguments that say where and how the command serves."""

import argparse
from collections.abc import Callable
from typing import TypeVar

from pyhttp.command import values
from pyhttp.command.values import Kind
from pyhttp.hosts import ANY, Hosts

__all__ = ["add_serving", "of"]

Value = TypeVar("Value")


def add_serving(parser: argparse.ArgumentParser) -> None:
    """Add them to `parser`."""
    add = parser.add_argument
    add(
        *("-b", "--bind", "--host"),
        dest="hosts",
        metavar="HOST",
        type=of(values.not_empty),  # an empty host would be every interface: not what an unset variable should mean
        action="append",
        default=[],
        help="address or name to listen on (default: localhost, that is 127.0.0.1 and ::1); 0.0.0.0 or :: for all;"
        " may be repeated",
    )
    add("-p", "--port", type=of(values.port), help="TCP port (default: 8888); 0 picks a free one")
    add(
        "--unix",
        metavar="PATH",
        type=of(values.not_empty),
        action="append",
        default=[],
        help="listen at a Unix socket, and by TCP only where --bind or --port says so; may be repeated",
    )
    add(
        "--unix-mode",
        metavar="MODE",
        type=of(values.mode),
        default=0o660,
        help="who may connect there, as chmod has it (default: 660)",
    )
    add(
        "--fd",
        metavar="N",
        type=of(values.natural),
        action="append",
        default=[],
        help="listen at an open descriptor, likewise; those that systemd passes on are found without it",
    )
    add(
        "--allow-host",
        metavar="NAME",
        type=of(_host),
        action="append",
        default=[],
        help="answer requests for the host NAME, and 421 others; '*' for any; may be repeated (default: any, but where"
        " only this machine is served localhost, its own name, and loopback addresses)",
    )
    _add_kinds(parser)


def _add_kinds(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    kinds = parser.add_mutually_exclusive_group()
    for kind, text in (
        (Kind.POOLED, "run handlers in a bounded pool of threads (default)"),
        (Kind.THREADED, "run handlers in a thread for each active connection"),
        (Kind.SINGLE, "run one handler at a time"),
    ):
        option = f"--{kind.value}"
        kinds.add_argument(option, dest="kind", action="store_const", const=kind, default=Kind.POOLED, help=text)
    add(
        "--workers",
        metavar="N",
        type=of(values.positive),
        default=32,
        help="handlers at once of --pooled (default: %(default)s)",
    )
    add(
        "--processes",
        metavar="N",
        type=of(values.processes),
        help="serve by so many processes, or by one for each processor: auto; limits count for each",
    )
    for option, what in (("--proxy-headers", "Forwarded or X-Forwarded-*"), ("--proxy-protocol", "the PROXY protocol")):
        text = f"networks such as 10.0.0.0/8,::1, whose proxies say by {what} who their clients are; may be repeated"
        add(option, metavar="FROM", type=of(values.networks), action="extend", default=[], help=text)


def _host(text: str) -> str:
    if text != ANY:
        Hosts(frozenset({text}))
    return text


def of(convert: Callable[[str], Value]) -> Callable[[str], Value]:
    """A converter for argparse, which would keep the message of a ValueError to itself."""

    def converter(text: str) -> Value:
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return converter
