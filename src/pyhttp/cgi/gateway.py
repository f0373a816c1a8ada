"""RFC 3875 §3.1, §6: one request to one script, and its output as a Response or as another path to go to.

What either says is not changed to provide anything (3875-3.1-1d).

Nothing here waits: whoever serves the connection looks again when a descriptor or a deadline says so.
"""

import os
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Final, NamedTuple, assert_never

from pyhttp.cgi.environ import meta_variables, operators_variables
from pyhttp.cgi.error_log import ErrorLog
from pyhttp.cgi.output import Document, LocalRedirect, OutputParser
from pyhttp.cgi.pipes import PIECE, ScriptPipes
from pyhttp.cgi.process import Process
from pyhttp.cgi.running import Place, RunningScripts
from pyhttp.cgi.script_content import ScriptContent
from pyhttp.cgi.script_path import Script
from pyhttp.cgi.variables import Ends
from pyhttp.errors import GatewayTimeout, HTTPError, InternalError, Unavailable
from pyhttp.messages import CONTENT_FORBIDDEN, RequestHead, Response
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.site import Site

__all__ = ["MAX_LOCAL_REDIRECTS", "Call", "Run", "redirected"]

MAX_LOCAL_REDIRECTS: Final = 5
"""C14: one script may name another a few times, but two that name each other must come to an end."""

_NO_HEAD: Final = Document(200, EMPTY, None)
_OF_CONTENT: Final = frozenset({"expect", "te", "trailer", "transfer-encoding"})
_RANGE: Final = frozenset({"range", "if-range"})
_PRECONDITIONS: Final = frozenset({"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})


class Call(NamedTuple):
    """All that running a script needs to know.

    A named tuple, as RequestHead is: it is made for every run.
    """

    head: RequestHead
    """The request."""
    script: Script
    """What runs."""
    root: str
    """The directory that is served."""
    site: Site
    """What the operator said of CGI."""
    ends: Ends
    """The connection."""
    scripts: RunningScripts
    """What all scripts of the server share."""
    log: Callable[[str], None]
    """Takes one line: the script's standard error, and how it failed."""
    stdin: int | None = None
    """The request's content as an open file, which need not stay open; None where it is empty."""
    length: int = 0
    """Octets of content."""


def redirected(head: RequestHead, redirect: LocalRedirect) -> RequestHead:
    """The request that a local redirect stands for: GET without content (3875-6.2.2-3a.2, C14).

    What the client asked of its own method is not asked of this one: ranges of a GET only (9110-14.2-4a), and no
    condition on a method that has been performed, by the script, already (RFC 9110 §13.2.1).
    """
    path, _, query = redirect.target.partition("?")
    dropped = _OF_CONTENT | (frozenset() if head.method == "GET" else _RANGE)
    if head.method not in {"GET", "HEAD"}:
        dropped |= _PRECONDITIONS
    kept = tuple((name, value) for name, value in head.headers.lines if not _is_dropped(name.lower(), dropped))
    return head._replace(method="GET", target=redirect.target, path=path, query=query, headers=Headers.parsed(kept))


def _is_dropped(name: str, dropped: frozenset[str]) -> bool:
    return name in dropped or name.startswith("content-")


def _start(call: Call) -> Process:
    """Start the script, its environment built from nothing, without arguments (3875-4.4-1c, 3875-4.4-4a)."""
    script, site = call.script, call.site
    return Process(
        (script.handler, script.path) if script.handler else (script.path,),
        directory=script.path.rpartition("/")[0],
        environment=meta_variables(
            call.head,
            script,
            root=call.root,
            ends=call.ends,
            length=call.length,
            authorization=site.cgi_auth,
            inherited=operators_variables(site.cgi_env, os.environ),
        ),
        stdin=call.stdin,
        scripts=call.scripts,
    )


class _Stage(Enum):
    """What a run waits for."""

    START = auto()
    """The script's end, for a moment: most are over by then, and all they said is there. Who waits for everything is
    woken several times by a script that is soon over, which costs more than the wait."""
    HEAD = auto()
    """Its header section."""
    SHORT = auto()
    """Its end, for a moment: content that is short and soon over leaves in one piece, with its length (9110-8.6-9a)."""
    END = auto()
    """Its end, as long as it may take to tidy up: what it says is of no interest any more."""
    OVER = auto()
    """Nothing: the outcome is there."""


class Run:
    """A script from its start until it is known what it answers.

    Args:
        call: What runs.
        place: Where it is counted; used up.

    Raises:
        HTTPError: It cannot be started, or not now.
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

    # --- for whoever waits

    def watched(self) -> tuple[int, ...]:
        """Descriptors; when one is readable, `proceed` is to be called."""
        soon = self._stage is _Stage.START or self._stage is _Stage.SHORT
        return (soon and self._pipes.exit()) or self._pipes.watched()

    def due(self) -> float:
        """When `proceed` is to be called at the latest, on the monotonic clock."""
        if self._stage is _Stage.HEAD:
            until = min(self._head_until, self._pipes.heard + self._timeouts.script)
        else:
            until = self._until
        return min(until, self._pipes.due())

    def proceed(self) -> bool:
        """Look, without waiting; True once `outcome` is there."""
        if self._fresh:
            self._fresh = False
            if time.monotonic() < self._until:  # mostly the first look comes right after the start, and is for nothing
                return False
        try:
            while (following := self._look()) is not None:
                self._stage = following
        except HTTPError as error:
            self._fail(error)
        return self._stage is _Stage.OVER

    def outcome(self) -> Response | LocalRedirect:
        """What the script answers; the body of the Response is the caller's to close, which ends the script.

        Raises:
            HTTPError: 502 for output that is malformed or missing; 503 as the server stops; 504 for silence
                (3875-6.1-3a).
        """
        if self._outcome is None:
            raise InternalError("a script's run is not over")
        if isinstance(self._outcome, HTTPError):
            raise self._outcome
        return self._outcome

    def close(self) -> None:
        """Nobody waits any more: end the script, all its processes (3875-6.1-3b). Harmless when called twice."""
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
        """`outcome` is it, once the script has ended, or has had its time to."""
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
        """All of the content, if the script has ended well and it is short; else it comes piece by piece."""
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
        # A body after HEAD is dropped (3875-4.3.3-1c), and so says nothing of the content that a GET would give.
        left = 0 if self._call.head.method == "HEAD" else head.length
        content = ScriptContent(self._pipes, self._errors, self._timeouts, self._content, left)
        self._outcome = Response(head.status, head.headers, content, reason=head.reason)
        return _Stage.OVER

    def _end(self) -> _Stage:
        """The script has ended, or is ended now."""
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
