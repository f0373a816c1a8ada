"""The server of a handler, as the handler sees it; it may be any object."""

from typing import Final, TypeGuard

from pyhttp.cgi.running import RunningScripts
from pyhttp.limits import Limits, Timeouts
from pyhttp.transport.access_log import ErrorLog, loggers

__all__ = ["Surroundings"]

_LIMITS: Final = Limits()
_TIMEOUTS: Final = Timeouts()


class Surroundings:
    """The attributes that a handler reads of its server; it may be any object, as missing ones have defaults."""

    __slots__ = ("_server",)

    def __init__(self, server: object) -> None:
        self._server = server

    @property
    def limits(self) -> Limits:
        """Sizes and counts."""
        limits: object = getattr(self._server, "limits", None)
        return limits if isinstance(limits, Limits) else _LIMITS

    @property
    def timeouts(self) -> Timeouts:
        """Deadlines."""
        timeouts: object = getattr(self._server, "timeouts", None)
        return timeouts if isinstance(timeouts, Timeouts) else _TIMEOUTS

    @property
    def log(self) -> ErrorLog:
        """The log for faults."""
        log: object = getattr(self._server, "log", None)
        return log if _is_error_log(log) else loggers()[0]

    @property
    def scripts(self) -> RunningScripts:
        """The server's count of running CGI scripts."""
        scripts: object = getattr(self._server, "scripts", None)
        return scripts if isinstance(scripts, RunningScripts) else RunningScripts(self.limits, self.timeouts)

    @property
    def closing(self) -> bool:
        """Whether the server is stopping."""
        return getattr(self._server, "closing", False) is True


def _is_error_log(log: object) -> TypeGuard[ErrorLog]:
    return callable(getattr(log, "isEnabledFor", None)) and callable(getattr(log, "log", None))
