"""Every option of every command, once: parsers, environment, file, --help and documents all use this table."""

from typing import Final

from pyhttp.command import values
from pyhttp.command.folder_table import DIRECTORY, FOLDER
from pyhttp.command.option import Command, Group, Option
from pyhttp.command.values import Kind, LogFormat
from pyhttp.hosts import ANY, Hosts

__all__ = ["CONFIG", "by_argument", "options_of"]


def _host(text: str) -> str:
    if text != ANY:
        Hosts(frozenset({text}))
    return text


CONFIG: Final = Option(
    Group.SERVING,
    "config",
    "read options by their names from a file in TOML, such as `port = 8080`; the command line and the environment come"
    " before it",
    "FILE",
    values.not_empty,
    see="#environment-and-file",
)
_SERVING: Final = (
    Option(
        Group.SERVING,
        "bind",
        "address or name to listen on; `0.0.0.0` for all interfaces of IPv4, `::` for those of both; a link-local"
        " address with its interface, `fe80::1%eth0`; may be repeated",
        "HOST",
        values.not_empty,  # an empty host would be every interface: not what an unset variable should mean
        repeats=True,
        shown="`localhost`: 127.0.0.1 and ::1",
        short="-b",
        alias="--host",
        dest="hosts",
    ),
    Option(
        Group.SERVING,
        "port",
        "TCP port; 0 picks a free one",
        "PORT",
        values.port,
        shown="8888",
        number=True,
        short="-p",
    ),
    Option(
        Group.SERVING,
        "unix",
        "listen at a Unix socket, and by TCP only where `--bind` or `--port` says so; may be repeated",
        "PATH",
        values.not_empty,
        repeats=True,
    ),
    Option(
        Group.SERVING,
        "unix-mode",
        "the permissions of that socket, as for `chmod`: users who may write to it may connect",
        "MODE",
        values.mode,
        default=0o660,
        shown="660",
    ),
    Option(
        Group.SERVING,
        "fd",
        "listen at an open descriptor, as for `--unix`; descriptors from systemd need no option; may be repeated",
        "N",
        values.natural,
        repeats=True,
        number=True,
        see="docs/systemd.md",
    ),
    Option(
        Group.SERVING,
        "allow-host",
        "answer requests for the host NAME, and others with 421: a name, `'*.example'` for all below one, an address, a"
        " network, or `'*'` for any; may be repeated",
        "NAME",
        _host,
        repeats=True,
        shown="any; for a server that only this machine can reach, by TCP and without a proxy: `localhost` and names"
        " below it, loopback addresses, and the machine's own name, beside each NAME",
    ),
    Option(
        Group.SERVING,
        "qr",
        "print the first address that another device can type as a QR code, if standard output is a terminal; it needs"
        " the extra: `pip install 'pyhttp-server[qr]'`",
    ),
    Option(
        Group.SERVING,
        "open",
        "open a browser when the server listens",
    ),
    Option(
        Group.SERVING,
        "auth",
        "let in only the users in FILE, by Basic authentication: a line for each, which `pyhttp passwd NAME` writes;"
        " SIGHUP reads the file anew",
        "FILE",
        values.not_empty,
        shown="everybody",
        see="#passwords",
    ),
    *(
        Option(Group.SERVING, kind.value, text, dest="kind", const=kind, default=Kind.POOLED, shown=shown)
        for kind, text, shown in (
            (Kind.POOLED, "run handlers in a bounded pool of threads", "this one"),
            (Kind.THREADED, "run handlers in a thread for each active connection", ""),
            (Kind.SINGLE, "run one handler at a time", ""),
        )
    ),
    Option(
        Group.SERVING,
        "workers",
        "the number of handlers at once of `--pooled`",
        "N",
        values.positive,
        default=32,
        shown="32",
        number=True,
    ),
    Option(
        Group.SERVING,
        "processes",
        "serve by N processes, or by one for each processor: `auto`; limits count for each",
        "N",
        values.processes,
        shown="this process serves",
        number=True,
        see="#several-processes",
    ),
    *(
        Option(
            Group.SERVING,
            name,
            "believe proxies at these networks, addresses or `unix`, separated by commas, that name their clients by"
            f" {text}; may be repeated",
            "FROM",
            values.networks,
            repeats=True,
            shown="no proxy is believed",
            see="docs/proxies.md",
        )
        for name, text in (
            ("proxy-headers", "Forwarded, or by X-Forwarded-For, -Proto and -Host"),
            (
                "proxy-protocol",
                "a header of the PROXY protocol, version 1 or 2, that each connection has to begin with",
            ),
        )
    ),
    CONFIG,
)
_TLS: Final = (
    Option(
        Group.TLS,
        "tls-cert",
        "speak TLS (`https://`) by the certificate in FILE, with its chain, in PEM; SIGHUP reads it anew",
        "FILE",
        values.not_empty,
        shown="no TLS",
        see="#https",
    ),
    Option(
        Group.TLS,
        "tls-key",
        "the key of the certificate, where it is in another file",
        "FILE",
        values.not_empty,
    ),
    Option(
        Group.TLS,
        "tls-password-file",
        "a file with the password of the key",
        "FILE",
        values.not_empty,
    ),
)
_LOGS: Final = (
    Option(
        Group.LOGS,
        "quiet",
        "log no line for each request; errors are still logged",
    ),
    Option(
        Group.LOGS,
        "verbose",
        "log the reason for each refused request: the clause and the offset, a link that leads out, TLS on this port",
        short="-v",
    ),
    Option(
        Group.LOGS,
        "log-format",
        "the form of the line for each request",
        "|".join(each.value for each in LogFormat),
        values.log_format,
        default=LogFormat.COMMON,
        shown="common",
    ),
    Option(
        Group.LOGS,
        "access-log",
        "append the line for each request to FILE; SIGHUP opens it anew",
        "FILE",
        values.not_empty,
        shown="standard error",
    ),
)
_LIMITS: Final = (
    Option(
        Group.LIMITS,
        "limit",
        "set a limit: a count, or a size that may end in k, M or G, such as `field_line=16k`; may be repeated",
        "NAME=VALUE",
        values.limit,
        repeats=True,
        see="src/pyhttp/limits.py",
    ),
    Option(
        Group.LIMITS,
        "timeout",
        "set a timeout: seconds, or minutes with an m, such as `idle=30` or `script_run=10m`; may be repeated",
        "NAME=SECONDS",
        values.timeout,
        repeats=True,
        see="src/pyhttp/limits.py",
    ),
)


_ALL: Final = (DIRECTORY, *_SERVING, *_TLS, *FOLDER, *_LOGS, *_LIMITS)


def options_of(command: Command) -> list[Option]:
    """The options of `command`, in the order of --help."""
    return [each for each in _ALL if command in each.commands]


def by_argument(target: str) -> str:
    """The name of an argument by the key of its value, for a message about it."""
    return f"argument {'/'.join(next(each.names for each in _ALL if each.target == target))}"
