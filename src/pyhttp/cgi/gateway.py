"""RFC 3875 §3.1, §6: one request to one script, and its output as a Response or as another path to go to."""

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple, Self

from pyhttp.cgi.environ import Ends, meta_variables
from pyhttp.cgi.error_log import ErrorLog
from pyhttp.cgi.output import Document, LocalRedirect, OutputParser
from pyhttp.cgi.pipes import PIECE, ScriptPipes
from pyhttp.cgi.process import Process
from pyhttp.cgi.script import Script
from pyhttp.cgi.scripts import Scripts
from pyhttp.cgi.spool import ContentReader, Spool
from pyhttp.errors import BadGateway, GatewayTimeout, HTTPError, Unavailable
from pyhttp.messages import CONTENT_FORBIDDEN, RequestHead, Response
from pyhttp.semantics.fields import Headers
from pyhttp.site import Site

__all__ = ["MAX_LOCAL_REDIRECTS", "Call", "redirected", "run"]

MAX_LOCAL_REDIRECTS: Final = 5
"""C14: one script may name another a few times, but two that name each other must come to an end."""

_OF_CONTENT: Final = frozenset({"expect", "te", "trailer", "transfer-encoding"})
_RANGE: Final = frozenset({"range", "if-range"})
_PRECONDITIONS: Final = frozenset({"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})


class Call(NamedTuple):
    """All that running a script needs to know.

    A named tuple, as RequestHead is: it is made for every run.
    """

    head: RequestHead
    """The request."""
    content: ContentReader | None
    """Its content; reading it may send 100 Continue. None where it announces none."""
    script: Script
    """What runs."""
    root: str
    """The directory that is served."""
    site: Site
    """What the operator said of CGI."""
    ends: Ends
    """The connection."""
    scripts: Scripts
    """What all scripts of the server share."""
    log: Callable[[str], None]
    """Takes one line: the script's standard error, and how it failed."""
    client: int | None = None
    """The client's socket, watched for its departure; None where there is none."""


def run(call: Call) -> Response | LocalRedirect:
    """Run the script until its header section is complete; its content follows as the body of the Response.

    Whoever gets the Response closes its body, in every outcome: that ends the script with all its processes.

    Raises:
        HTTPError: Of the request's content; 500 for what cannot be started; 502 for output that is malformed or
            missing; 503 over a limit; 504 for silence.
        Disconnected: Nobody waits for an answer any more.
    """
    errors = ErrorLog(call.log, call.script.name, call.scripts.limits)
    try:
        return _run(call, errors)
    except HTTPError as error:
        _tell(errors, error)
        raise


def _run(call: Call, errors: ErrorLog) -> Response | LocalRedirect:
    call.scripts.admit()
    spool = Spool(call.content, call.scripts.limits, call.scripts.budget)
    try:
        process = call.scripts.start(lambda: _start(call, spool))
    except BaseException:
        spool.close()
        raise
    running = _Running(call, ScriptPipes(process, call.scripts, errors, call.client), errors, spool)
    try:
        return running.answer()
    except BaseException:
        running.close()
        raise


def _tell(errors: ErrorLog, error: HTTPError) -> None:
    """What a script did wrong, for whoever wrote it; the client learns a status at most."""
    if error.status >= 500:
        errors.say(error.detail)


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


def _start(call: Call, spool: Spool) -> Process:
    """Start the script, its environment built from nothing."""
    script, site = call.script, call.site
    return Process(
        (script.handler, script.path) if script.handler else (script.path,),
        directory=script.path.rpartition("/")[0],
        environment=meta_variables(
            call.head,
            script,
            root=call.root,
            ends=call.ends,
            length=spool.length,
            authorization=site.cgi_auth,
            inherited=_inherited(site.cgi_env),
        ),
        stdin=spool.descriptor(),
        scripts=call.scripts,
    )


def _inherited(names: tuple[str, ...]) -> Mapping[str, str]:
    return {name: os.environ[name] for name in names if name in os.environ}


class _Running(Iterator[bytes]):
    """A script that has been started: its header section first, then the body of the Response.

    A short answer, over soon after its head, is a body of bytes: it leaves in one piece, and with its length
    (9110-8.6-9a). Any other body is this iterator.

    The content stated by the script is enforced: surplus is cut, and content that is short, or whose script was
    ended by a signal, makes the iterator fail, so that the connection is cut (safety line C13).
    """

    def __init__(self, call: Call, pipes: ScriptPipes, errors: ErrorLog, spool: Spool) -> None:
        self._call = call
        self._timeouts = call.scripts.timeouts
        self._pipes = pipes
        self._errors = errors
        self._spool = spool
        self._first: bytes | None = b""
        self._left: int | None = None

    def answer(self) -> Response | LocalRedirect:
        """Read the header section, and the content if it is short."""
        self._pipes.ends_within(self._timeouts.script_gather)  # most have by then, and all they said is there
        parser = OutputParser(self._call.scripts.limits, non_parsed=self._call.script.non_parsed)
        head = self._read_head(parser)
        if isinstance(head, LocalRedirect):
            self._end()
            return head
        fields = Headers.parsed(head.fields)
        if head.status in CONTENT_FORBIDDEN:
            self._end()
            return Response(head.status, fields, reason=head.reason)
        self._first = parser.rest
        # A body after HEAD is dropped (3875-4.3.3-1c), and so says nothing of the content that a GET would give.
        self._left = 0 if self._call.head.method == "HEAD" else head.length
        whole = self._whole(parser.rest) if self._left is None else None
        return Response(head.status, fields, self if whole is None else whole, reason=head.reason)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        try:
            piece = self._next_piece()
        except HTTPError as error:
            _tell(self._errors, error)
            raise
        if self._left is not None:
            piece = piece[: self._left]
            self._left -= len(piece)
        return piece

    def close(self) -> None:
        """End the script and give everything back; harmless when called twice."""
        if self._left == 0:  # all of it has been said: the script may end by itself
            self._finish()
        self._pipes.close()
        self._spool.close()

    def _read_head(self, parser: OutputParser) -> Document | LocalRedirect:
        end = time.monotonic() + self._timeouts.script_run
        while True:
            data = self._read(end)
            if not data:
                self._end()
                if self._call.scripts.stopping:
                    raise Unavailable("a script was ended, as the server stops")
                raise parser.receive_eof()
            head = parser.receive(data)
            if head is not None:
                return head

    def _read(self, end: float = math.inf) -> bytes:
        """The next octets of output; ``b""`` at its end.

        Raises:
            GatewayTimeout: The script is silent for too long, or `end` has come.
        """
        piece = self._pipes.read(min(end, time.monotonic() + self._timeouts.script))
        if piece is None:
            raise GatewayTimeout("a script was silent for too long")
        return piece

    def _whole(self, content: bytes) -> bytes | None:
        """All of the content that begins with `content`, if it is short and soon over; else the iterator goes on."""
        if not self._pipes.ends_within(self._timeouts.script_gather):
            return None
        piece: bytes | None = None
        while len(content) < PIECE and (piece := self._pipes.read(0.0)):
            content += piece
        self._first = content
        if piece != b"" or (status := self._pipes.finish(0.0)) is None or status < 0:
            return None
        self._end()
        return content

    def _next_piece(self) -> bytes:
        """The next octets of content.

        Raises:
            StopIteration: There are no more.
            BadGateway: There should be more.
        """
        if self._first is not None:  # even if empty: the head leaves with it
            piece, self._first = self._first, None
            return piece
        if self._left != 0 and (piece := self._read()):
            return piece
        status = self._end()
        if self._left:
            raise BadGateway(f"a script's content ended {self._left} octets short of its Content-Length")
        if self._left is None and status is not None and status < 0:
            raise BadGateway("a script was ended by a signal in the middle of its content")
        raise StopIteration

    def _end(self) -> int | None:
        """Let the script end by itself, for a while, and give everything back: how it ended."""
        status = self._finish()
        if status:
            self._errors.say(f"ended by signal {-status}" if status < 0 else f"exit status {status}")
        self._pipes.close()
        self._spool.close()
        return status

    def _finish(self) -> int | None:
        return self._pipes.finish(time.monotonic() + self._timeouts.script_kill)
