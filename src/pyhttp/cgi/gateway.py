"""RFC 3875 §3.1, §6: one request to one script, and its output as a Response or as another path to go to.

The request and the output are not changed to provide anything else (3875-3.1-1d).

No call waits: the caller that serves the connection looks again when a descriptor is readable, or at a deadline.
"""

import os
import time
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final, NamedTuple, assert_never

from pyhttp.cgi.error_log import ErrorLog
from pyhttp.cgi.output import Document, LocalRedirect, OutputParser
from pyhttp.cgi.output_content import OutputContent
from pyhttp.cgi.pipes import PIECE, ScriptPipes
from pyhttp.cgi.process import Process
from pyhttp.cgi.running import Place, RunningScripts
from pyhttp.cgi.script_path import Script
from pyhttp.cgi.variables import Ends, meta_variables, operators_variables
from pyhttp.errors import GatewayTimeout, HTTPError, InternalError, Unavailable
from pyhttp.messages import CONTENT_FORBIDDEN, RequestHead, Response
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.site import Site

__all__ = ["MAX_LOCAL_REDIRECTS", "Call", "Run", "environment_of", "redirected"]

MAX_LOCAL_REDIRECTS: Final = 5
"""C14: one script may redirect to another a few times, but two that redirect to each other have to end."""

_NO_HEAD: Final = Document(200, EMPTY, None)
_OF_CONTENT: Final = frozenset({"expect", "te", "trailer", "transfer-encoding"})
_RANGE: Final = frozenset({"range", "if-range"})
_PRECONDITIONS: Final = frozenset({"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})


class Call(NamedTuple):
    """The values that are needed to run a script.

    A named tuple, like RequestHead, since a value is made for every run.
    """

    head: RequestHead
    """The request."""
    script: Script
    """The script that runs."""
    root: str
    """The served directory."""
    site: Site
    """The operator's settings for CGI."""
    ends: Ends
    """The connection."""
    scripts: RunningScripts
    """The state that all scripts of the server share."""
    log: Callable[[str], None]
    """Logs one line: of the script's standard error, or about its failure."""
    stdin: int | None = None
    """The request's content as an open file, which need not stay open; None where it is empty."""
    length: int = 0
    """The number of octets of content."""
    environment: Mapping[bytes, bytes] | None = None
    """`environment_of` this call, where that is known; else it is made as the script starts."""


def redirected(head: RequestHead, redirect: LocalRedirect) -> RequestHead:
    """The request that a local redirect stands for: GET without content (3875-6.2.2-1b, 3875-6.2.2-3a.2, C14).

    Fields about the client's own method do not apply to the new one. Ranges are kept for GET only.
    Conditions do not count for a method that the script has already performed (RFC 9110 §13.2.1).
    """
    path, _, query = redirect.target.partition("?")
    dropped = _OF_CONTENT | (frozenset() if head.method == "GET" else _RANGE)
    if head.method not in {"GET", "HEAD"}:
        dropped |= _PRECONDITIONS
    kept = tuple((name, value) for name, value in head.headers.lines if not _is_dropped(name.lower(), dropped))
    return head._replace(method="GET", target=redirect.target, path=path, query=query, headers=Headers.parsed(kept))


def _is_dropped(name: str, dropped: frozenset[str]) -> bool:
    return name in dropped or name.startswith("content-")


def environment_of(call: Call) -> Mapping[bytes, bytes]:
    """The environment of the script, built from nothing."""
    head, script, root, site, ends = call.head, call.script, call.root, call.site, call.ends
    given, secret = operators_variables(site.cgi_env, os.environ), site.cgi_auth
    return meta_variables(head, script, root=root, ends=ends, length=call.length, authorization=secret, inherited=given)


def _start(call: Call) -> Process:
    """Start the script without arguments."""
    script = call.script
    return Process(
        (script.handler, script.path) if script.handler else (script.path,),
        directory=script.path.rpartition("/")[0],
        environment=environment_of(call) if call.environment is None else call.environment,
        stdin=call.stdin,
        scripts=call.scripts,
    )


class _Stage(Enum):
    """The thing that a run waits for."""

    START = auto()
    """The script's end, for a moment: most scripts end by then, and their whole output is there. To wait for output as
    well would wake the thread several times for such a script, and cost more than the wait."""
    HEAD = auto()
    """The script's header section."""
    SHORT = auto()
    """The script's end, for a moment: short content of a script that ends soon leaves in one piece, with its length
    (9110-8.6-9a)."""
    END = auto()
    """The script's end, for as long as it may take to tidy up: its further output is ignored."""
    OVER = auto()
    """Nothing: the outcome is known."""


class Run:
    """A script from its start until its answer is known.

    Args:
        call: The script and its request.
        place: The place in which the script is counted; used up.

    Raises:
        HTTPError: The script cannot be started, or not now.
    """

    def __init__(self, call: Call, place: Place) -> None:
        self._call = call
        self._timeouts = call.scripts.timeouts
        self._errors = ErrorLog(call.log, call.script.name, call.scripts.limits)
        try:
            process = place.start(lambda: _start(call))
        except HTTPError as error:
            self._errors.blame(error)
            raise
        self._pipes = ScriptPipes(process, call.scripts, self._errors)
        self._parser = OutputParser(call.scripts.limits, non_parsed=call.script.non_parsed)
        self._stage = _Stage.START
        self._fresh = True
        now = self._pipes.heard
        self._until = now + self._timeouts.script_gather
        self._head_until = now + self._timeouts.script_run
        self._head = _NO_HEAD
        self._content = b""
        self._outcome: Response | LocalRedirect | HTTPError | None = None

    # --- for the code that waits

    def watched(self) -> tuple[int, ...]:
        """The descriptors to watch; when one is readable, `proceed` is to be called."""
        soon = self._stage is _Stage.START or self._stage is _Stage.SHORT
        return (soon and self._pipes.exit()) or self._pipes.watched()

    def due(self) -> float:
        """The latest time at which `proceed` is to be called, on the monotonic clock."""
        if self._stage is _Stage.HEAD:
            until = min(self._head_until, self._pipes.heard + self._timeouts.script)
        else:
            until = self._until
        return min(until, self._pipes.due())

    def proceed(self) -> bool:
        """Look, without waiting; True once `outcome` is known."""
        if self._fresh:
            self._fresh = False
            if time.monotonic() < self._until:  # the first look mostly comes right after the start, too early
                return False
        try:
            while (following := self._look()) is not None:
                self._stage = following
        except HTTPError as error:
            self._fail(error)
        return self._stage is _Stage.OVER

    def outcome(self) -> Response | LocalRedirect:
        """The script's answer; the caller has to close the body of the Response, which ends the script.

        Raises:
            HTTPError: 502 for output that is malformed or missing; 503 as the server stops; 504 for silence.
        """
        if self._outcome is None:
            raise InternalError("a script's run is not over")
        if isinstance(self._outcome, HTTPError):
            raise self._outcome
        return self._outcome

    def close(self) -> None:
        """End the script, all its processes; the outcome is not needed. Harmless when called twice."""
        self._pipes.close()

    # --- stage by stage

    def _look(self) -> _Stage | None:
        """The next stage; None while this one goes on.

        Raises:
            HTTPError: The script has failed.
        """
        match self._stage:
            case _Stage.START:
                return _Stage.HEAD if self._ended_or_late() else None
            case _Stage.HEAD:
                return self._read_head()
            case _Stage.SHORT:
                if not self._ended_or_late():
                    return None
                return self._answer(self._whole())
            case _Stage.END:
                self._pipes.drop()
                return self._end() if self._ended_or_late() else None
            case _Stage.OVER:
                return None
            case _:
                assert_never(self._stage)

    def _ended_or_late(self) -> bool:
        return self._pipes.has_ended() or time.monotonic() >= self._until

    def _await_end(self, outcome: Response | LocalRedirect | HTTPError) -> _Stage:
        """Set `outcome`, which counts once the script has ended, or has had its time to."""
        self._outcome = outcome
        self._until = time.monotonic() + self._timeouts.script_kill
        return _Stage.END

    def _read_head(self) -> _Stage | None:
        data = self._pipes.read()
        if data is None:
            now = time.monotonic()
            if now >= min(self._head_until, self._pipes.heard + self._timeouts.script):
                raise GatewayTimeout("a script was silent for too long")
            return None
        if not data:
            if self._call.scripts.stopping:
                return self._await_end(Unavailable("a script was ended, as the server stops"))
            return self._await_end(self._parser.receive_eof())
        head = self._parser.receive(data)
        if head is None:
            if time.monotonic() >= self._head_until:
                raise GatewayTimeout("a script took too long to answer")
            return _Stage.HEAD
        if isinstance(head, LocalRedirect):
            return self._await_end(head)
        if head.status in CONTENT_FORBIDDEN:
            return self._await_end(Response(head.status, head.headers, reason=head.reason))
        self._head = head
        self._content = self._parser.rest
        if self._call.head.method == "HEAD" or head.length is not None:
            return self._answer(None)
        self._until = time.monotonic() + self._timeouts.script_gather
        return _Stage.SHORT

    def _whole(self) -> bytes | None:
        """The whole content, if the script has ended well and it is short; else None: it comes piece by piece."""
        piece: bytes | None = None
        while len(self._content) < PIECE and (piece := self._pipes.read()):
            self._content += piece
        status = self._pipes.status
        return self._content if piece == b"" and status is not None and status >= 0 else None

    def _answer(self, whole: bytes | None) -> _Stage:
        head = self._head
        if whole is not None:
            self._outcome = Response(head.status, head.headers, whole, reason=head.reason)
            return self._end()
        content = OutputContent(
            self._pipes,
            self._errors,
            self._timeouts,
            self._content,
            head.length,
            unsent=self._call.head.method == "HEAD",
        )
        self._outcome = Response(head.status, head.headers, content, reason=head.reason)
        return _Stage.OVER

    def _end(self) -> _Stage:
        """Log the end of the script, and end it now if it still runs."""
        if self._pipes.status:
            self._errors.say_ended(self._pipes.status)
        if isinstance(self._outcome, HTTPError):
            self._errors.blame(self._outcome)
        self._pipes.close()
        return _Stage.OVER

    def _fail(self, error: HTTPError) -> None:
        self._errors.blame(error)
        self._outcome = error.with_traceback(None)
        self._pipes.close()
        self._stage = _Stage.OVER
