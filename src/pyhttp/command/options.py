"""The options of every command: their arguments, checked, as one value."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from pyhttp.command.parsing import Given
from pyhttp.command.values import CertificateFiles, Kind, LogFormat
from pyhttp.limits import Limits, Timeouts

if TYPE_CHECKING:
    from pyhttp.proxies import Proxies
else:
    Proxies = object  # a type that is written as a text is compiled: a hundredth of each start

__all__ = ["Options", "common"]


class Options(NamedTuple):
    """The values that every command has: listeners, the way to run handlers, and logs.

    A named tuple, like all options: to make a frozen dataclass takes a millisecond of each start.
    """

    hosts: tuple[str, ...]
    """The hosts to listen on by TCP; empty where none was named."""
    port: int | None
    """The port; None where none was named."""
    unix: tuple[str, ...]
    """The paths to listen at."""
    unix_mode: int
    descriptors: tuple[int, ...]
    """The listening sockets that the process was started with."""
    kind: Kind
    workers: int
    processes: int | None
    """The number of processes; None: this process alone serves."""
    limits: Limits
    timeouts: Timeouts
    quiet: bool
    verbose: bool
    log_format: LogFormat
    access_log: str
    """A file for the access log; "" for standard error."""
    tls: CertificateFiles | None
    proxies: Proxies | None
    """The proxies in front of the server, if there are any."""
    qr: bool
    """Whether an address is shown as a QR code."""
    browser: bool
    """Whether a browser is opened."""
    allowed_hosts: frozenset[str]
    """The hosts that are answered for, beside those of the machine itself where only it is served; empty: none
    given."""
    auth: str
    """The file of the users who may see the service; "" for everybody."""
    warnings: tuple[str, ...] = ()
    """Lines about variables of the environment that do not belong to an option."""


def common(given: Given) -> Options:
    """The values of the options that every command has.

    Raises:
        ValueError: Some values do not fit each other.
    """
    found = given.values
    return Options(
        hosts=tuple(found.hosts),
        port=found.port,
        unix=tuple(found.unix),
        unix_mode=found.unix_mode,
        descriptors=tuple(found.fd),
        kind=found.kind,
        workers=found.workers,
        processes=found.processes,
        limits=Limits(**dict(found.limit)),
        timeouts=Timeouts(**dict(found.timeout)),
        quiet=found.quiet,
        verbose=found.verbose,
        log_format=found.log_format,
        access_log=found.access_log or "",
        tls=_certificate(given),
        proxies=_proxies(_all(found.proxy_headers), _all(found.proxy_protocol)),
        qr=found.qr,
        browser=found.open,
        allowed_hosts=frozenset(found.allow_host),
        auth=found.auth or "",
        warnings=tuple(given.warnings),
    )


def _certificate(given: Given) -> CertificateFiles | None:
    found = given.values
    for dest in ("tls_key", "tls_password_file"):
        if getattr(found, dest) and not found.tls_cert:
            raise ValueError(f"{given.name(dest)}: it is for a certificate; name its file by --tls-cert")
    if not found.tls_cert:
        return None
    key, password_file = found.tls_key or "", found.tls_password_file or ""
    return CertificateFiles(certificate=found.tls_cert, key=key, password_file=password_file)


def _proxies(headers: tuple[str, ...], protocol: tuple[str, ...]) -> "Proxies | None":
    if not headers and not protocol:
        return None
    from pyhttp.proxies import Proxies  # noqa: PLC0415 - most servers have no proxy in front

    return Proxies(headers=headers, protocol=protocol)


def _all(networks: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple([name for each in networks for name in each])
