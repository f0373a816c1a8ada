"""RFC 3875 §6.1, §6.3: the content of a script's answer, as it comes out of its pipe."""

import math
import time

from pyhttp.cgi.error_log import ErrorLog
from pyhttp.cgi.pipes import ScriptPipes
from pyhttp.errors import BadGateway, GatewayTimeout, HTTPError
from pyhttp.limits import Timeouts

__all__ = ["OutputContent"]


class OutputContent:
    """A `pyhttp.messages.Source`: the output behind the header section, unchanged (3875-6.4-1c).

    It may be of any length (3875-9.6-2b).

    The length stated by the script is enforced (9110-8.6-12a): surplus is cut. Content that is too short, or whose
    script was ended by a signal, fails, so that the connection is cut (safety line C13).

    Args:
        pipes: The script; closed by `close`.
        errors: The log for its failures.
        timeouts: The limits for its silence and for its end.
        first: The octets that came with the header section.
        left: The number of content octets that the script states; None where only the end of output shows it.
        unsent: Whether the content is not wanted: after HEAD it is dropped (3875-4.3.3-1c), and so does not show the
            content that a GET would give.
    """

    def __init__(
        self,
        pipes: ScriptPipes,
        errors: ErrorLog,
        timeouts: Timeouts,
        first: bytes,
        left: int | None,
        *,
        unsent: bool = False,
    ) -> None:
        self._pipes = pipes
        self._errors = errors
        self._timeouts = timeouts
        self._first: bytes | None = first
        self._left = 0 if unsent else left
        self._end_by: float | None = None
        # Silence counts from the first read in vain: while the client is behind, the script may be waiting for us.
        self._listened_to = math.inf

    def watched(self) -> tuple[int, ...]:
        """The descriptors to watch; when one is readable, `read` is to be called."""
        return self._pipes.watched()

    def due(self) -> float:
        """The latest time at which `read` is to be called, on the monotonic clock."""
        return min(self._silent_until() if self._end_by is None else self._end_by, self._pipes.due())

    def read(self) -> bytes | None:
        """The next octets, as they come (3875-5.2-3c); None where there are none now, ``b""`` at the end (3875-6.4-1b).

        Raises:
            GatewayTimeout: The script is silent for too long.
            BadGateway: The content ended too early.
        """
        try:
            return self._read()
        except HTTPError as error:
            self._errors.blame(error)
            raise

    def close(self) -> None:
        """End the script; a script whose content is complete may end by itself. Harmless when called twice."""
        self._pipes.close(self._timeouts.script_kill if self._left == 0 else 0.0)

    def _read(self) -> bytes | None:
        piece, self._first = self._first, None
        if not piece and self._end_by is None and self._left != 0:
            piece = self._pipes.read()
            if piece is None:
                self._listened_to = min(self._listened_to, time.monotonic())
                if time.monotonic() >= self._silent_until():
                    raise GatewayTimeout("a script was silent for too long")
                return None
            self._listened_to = math.inf
        if piece and self._left is not None:
            piece = piece[: self._left]
            self._left -= len(piece)
        return piece or self._end()

    def _silent_until(self) -> float:
        return min(self._listened_to, time.monotonic()) + self._timeouts.script

    def _end(self) -> bytes | None:
        """Let the script end by itself, for a while: its exit status may show that the content is wrong."""
        now = time.monotonic()
        if self._end_by is None:
            self._end_by = now + self._timeouts.script_kill
        self._pipes.drop()
        if not self._pipes.has_ended() and now < self._end_by:
            return None
        status = self._pipes.status
        if status:
            self._errors.say_ended(status)
        if self._left:
            raise BadGateway(f"a script's content ended {self._left} octets short of its Content-Length")
        if self._left is None and status is not None and status < 0:
            raise BadGateway("a script was ended by a signal in the middle of its content")
        return b""
