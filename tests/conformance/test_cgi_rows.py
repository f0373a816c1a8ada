"""RFC 3875 over a socket: a script, the bytes sent, and the answer that must come. C1 to C14."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, ThreadedServer, __version__
from pyhttp.limits import Limits, Timeouts
from pyhttp.site import Site
from tests.helpers.cgi_site import CgiSite
from tests.helpers.wire_client import Framing, Reply, WireClient

TEXT: Final = "echo 'Content-Type: text/plain'; echo"
QUICK: Final = Timeouts(script=2.0, script_run=2.0, script_kill=0.3, stop=2.0)


@dataclass(frozen=True)
class Row:
    """One exchange. The script is called `x`, and the target is its path unless the request line says more."""

    title: str
    clauses: tuple[str, ...]
    script: tuple[str, ...]
    status: int = 200
    content: bytes | None = None
    name: str = "x"
    method: str = "GET"
    extra: str = ""
    """The part of the target behind the path of the script."""
    version: str = "HTTP/1.1"
    lines: tuple[str, ...] = ()
    """Further field lines of the request."""
    sent: bytes = b""
    fields: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """Fields the response must have; None: must not."""
    framing: Framing | None = None
    closes: bool | None = None
    breaks: tuple[str, ...] = ()
    """The laws that the script breaks."""


def variable(name: str) -> tuple[str, ...]:
    """A script that prints a variable between brackets, or "unset"."""
    return (TEXT, f'[ -n "${{{name}+x}}" ] && printf "<%s>" "${name}" || printf unset')


def shows(name: str, value: str, *clauses: str, **row: str | tuple[str, ...] | bytes) -> Row:
    """A row about one meta-variable."""
    expected = value.encode("latin-1") if value == "unset" else f"<{value}>".encode("latin-1")
    extra, method, version = (str(row.get(key, default)) for key, default in DEFAULTS.items())
    lines, sent = row.get("lines", ()), row.get("sent", b"")
    assert isinstance(lines, tuple)
    assert isinstance(sent, bytes)
    return Row(
        f"{name} is {value or 'empty'}{extra and ' for ' + extra}",
        clauses,
        variable(name),
        content=expected,
        extra=extra,
        method=method,
        version=version,
        lines=lines,
        sent=sent,
    )


DEFAULTS: Final = {"extra": "", "method": "GET", "version": "HTTP/1.1"}
POST: Final = "POST"
FIVE: Final = ("Content-Length: 5",)

META_VARIABLES: Final = (
    shows("AUTH_TYPE", "unset", lines=("Authorization: Basic eDp5",)),
    shows("CONTENT_LENGTH", "5", "3875-4.1.2-3a", method=POST, lines=FIVE, sent=b"hello"),
    shows("CONTENT_LENGTH", "0", "3875-4.1.2-3a", method=POST, lines=("Content-Length: 0",)),
    shows("CONTENT_LENGTH", "unset", "3875-4.1.2-3a"),
    shows(
        "CONTENT_LENGTH",
        "5",
        "3875-4.1.2-3b",
        "3875-4.2-5a",
        "3875-4.2-5b",
        method=POST,
        lines=("Transfer-Encoding: chunked",),
        sent=b"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: t\r\n\r\n",
    ),
    shows(
        "CONTENT_TYPE",
        "a/b; c=d",
        "3875-4.1.3-10a",
        method=POST,
        lines=(*FIVE, "Content-Type: a/b; c=d"),
        sent=b"hello",
    ),
    shows("CONTENT_TYPE", "unset", "3875-4.1.3-10b.2", method=POST, lines=FIVE, sent=b"hello"),
    shows("GATEWAY_INTERFACE", "CGI/1.1", "3875-4.1.4-1a", "3875-4.1.4-3c.2"),
    shows("PATH_INFO", "/A b/C", "3875-4.1.5-3a", "3875-3.3-5b", extra="/A%20b/C"),
    shows("PATH_INFO", "unset", "3875-3.3-5b"),
    shows("PATH_INFO", "/", "3875-3.3-5b", extra="/"),
    shows("PATH_INFO", "/%41", "3875-3.1-2a", extra="/%2541"),
    shows("PATH_TRANSLATED", "unset", "3875-4.1.6-16b"),
    shows("QUERY_STRING", "a=%20&b", "3875-4.1.7-6a", extra="?a=%20&b"),
    shows("QUERY_STRING", "", "3875-4.1.7-6a", "3875-4.1.7-6a.2"),
    shows("REMOTE_ADDR", "127.0.0.1", "3875-4.1.8-1a"),
    shows("REMOTE_HOST", "127.0.0.1", "3875-4.1.9-3a"),
    shows("REMOTE_IDENT", "unset"),
    shows("REMOTE_USER", "unset", lines=("Authorization: Basic eDp5",)),
    shows("REQUEST_METHOD", "POST", "3875-4.1.12-1a", method=POST, lines=("Content-Length: 0",)),
    shows("REQUEST_METHOD", "x-own", "3875-4.1-7b", "3875-4.1.12-1a", method="x-own"),
    shows("SCRIPT_NAME", "/cgi-bin/x0", "3875-4.1.13-1a", "3875-4.1.13-3b", "3875-3.3-5b", extra="/info?query"),
    shows("SCRIPT_NAME", "/cgi-bin/x0", "3875-4.1.13-3b"),
    shows("SERVER_ADDR", "127.0.0.1"),
    shows("SERVER_NAME", "example.com", "3875-4.1.14-1a", lines=("Host: example.com:80",)),
    shows("SERVER_NAME", "127.0.0.1", "3875-4.1.14-1a", version="HTTP/1.0"),
    shows("SERVER_PROTOCOL", "HTTP/1.1", "3875-4.1.16-1a"),
    shows("SERVER_PROTOCOL", "HTTP/1.0", "3875-4.1.16-1a", version="HTTP/1.0"),
    shows("SERVER_SOFTWARE", f"pyhttp/{__version__}", "3875-4.1.17-1a", "3875-4.1.17-1b"),
    shows(
        "HTTP_X_SOME_FIELD", "a, b", "3875-4.1.18-1a", "3875-4.1.18-2d", lines=("X-Some-Field: a", "x-some-field:b ")
    ),
    shows("HTTP_X", "\xe9", "3875-4.1.18-2f", "3875-4.1-7c", lines=("X: \xe9",)),
    shows(
        "HTTP_AUTHORIZATION",
        "unset",
        "3875-4.1.18-3b",
        "3875-9.2-1a",
        "3875-9.2-1c",
        lines=("Authorization: Basic eDp5",),
    ),
    shows("HTTP_CONTENT_LENGTH", "unset", "3875-4.1.18-3b", method=POST, lines=FIVE, sent=b"hello"),
    shows("HTTP_CONNECTION", "unset", lines=("Connection: keep-alive",)),
    shows("HTTP_PROXY", "unset", lines=("Proxy: http://evil/",)),
)

REQUESTS: Final = (
    Row(
        "the content is on standard input, and ends",
        ("3875-4.2-3b",),
        (TEXT, "cat; echo end"),
        content=b"helloend\n",
        method=POST,
        lines=FIVE,
        sent=b"hello",
    ),
    Row(
        "a script that does not read",
        ("3875-4.2-3b",),
        (TEXT, "echo x"),
        content=b"x\n",
        method=POST,
        lines=FIVE,
        sent=b"hello",
    ),
    *(
        Row(f"{query} gives no argument", ("3875-4.4-4a",), (TEXT, 'echo "$#"'), content=b"0\n", extra=query)
        for query in ("?a+b", "?a+%00")  # no argument can have a NUL, and then the other one is left out, too
    ),
    Row("a folded value comes to no script", ("3875-4.1.18-2e",), variable("HTTP_X"), 400, lines=("X: a\r\n b",)),
    Row(
        "HEAD has no content",
        ("3875-4.3.3-1c",),
        (TEXT, "echo x"),
        content=b"",
        method="HEAD",
        fields={"Content-Type": "text/plain"},
    ),
    Row(
        "the script's directory is its own",
        ("3875-7.2-4a",),
        (TEXT, '[ "$(pwd)/x0" -ef "$0" ] && echo yes'),
        content=b"yes\n",
    ),
    Row("dot segments", ("3875-9.8-1a", "3875-9.8-1b"), (TEXT,), 404, extra="/../x0"),
    Row(
        "encoded dot segments",
        ("3875-9.8-1a", "3875-9.8-1b", "3875-9.8-1c"),
        (TEXT,),
        404,
        extra="/%2e%2e/%2e%2e/etc/passwd",
    ),
    Row("an encoded slash in PATH_INFO", (), (TEXT,), 404, extra="/a%2Fb"),
    Row("a control character in PATH_INFO", (), (TEXT,), 400, extra="/a%0Ab"),
    Row(
        "HTTP/1.0 gets content until close",
        ("3875-6.2.1-3c",),
        (TEXT, "head -c 70000 /dev/zero"),
        content=bytes(70_000),
        version="HTTP/1.0",
        framing=Framing.CLOSE,
        closes=True,
    ),
)

RESPONSES: Final = (
    Row(
        "a document of unknown length is chunked",
        ("3875-6.2.1-3c", "3875-6.4-1b"),
        (TEXT, "head -c 70000 /dev/zero"),
        content=bytes(70_000),
        framing=Framing.CHUNKED,
        closes=False,
    ),
    Row(
        "CRLF and LF",
        ("3875-7.2-5c", "3875-6.3.4-1b"),
        ("printf 'Content-Type: a/b\\r\\nX-Y: z\\n\\r\\nbody'",),
        content=b"body",
        fields={"Content-Type": "a/b", "X-Y": "z"},
    ),
    Row(
        "octets are not changed", ("3875-6.4-1c",), (TEXT, "printf '\\r\\n\\000\\377\\n\\n'"), content=b"\r\n\0\xff\n\n"
    ),
    Row(
        "the type is sent as it is",
        ("3875-6.3.1-3c",),
        ("echo 'Content-Type: text/HTML;charset=\"x\"'; echo",),
        fields={"Content-Type": 'text/HTML;charset="x"'},
    ),
    Row(
        "a type is not guessed",
        ("3875-6.3.1-3b",),
        ("echo 'Status: 200 OK'; echo; echo '<html>'",),
        content=b"<html>\n",
        fields={"Content-Type": None},
    ),
    Row("neither type, place nor status", ("3875-6.3.1-3b",), ("echo 'X: y'; echo; echo body",), 502),
    Row(
        "Status",
        (),
        ("echo 'Status: 418 Short and stout'; echo",),
        418,
        content=b"",
        breaks=("errors explain themselves",),
    ),
    Row("a status that is not final", (), ("echo 'Status: 100 Continue'; echo",), 502),
    Row(
        "a local redirect to a script",
        ("3875-6.2.2-1b", "3875-6.2.2-3a.2"),
        ("echo 'Location: /cgi-bin/target/i?q'; echo",),
        content=b"GET /i q  unset",
        method=POST,
        lines=FIVE,
        sent=b"hello",
    ),
    Row(
        "a local redirect to a file",
        ("3875-6.2.2-1b",),
        ("echo 'Location: /page.txt'; echo",),
        content=b"a page\n",
        fields={"Content-Type": "text/plain; charset=utf-8"},
    ),
    Row("a local redirect to nothing", ("3875-6.2.2-3a.2",), ("echo 'Location: /none'; echo",), 404),
    Row("a local redirect out of the folder", (), ("echo 'Location: /../../../etc/passwd'; echo",), 404),
    Row(
        "a local redirect to a file beside the CGI directory does not run it",
        (),
        ("echo 'Location: /program'; echo",),
        content=b"#!/bin/sh\necho ran\n",
    ),
    Row("a local redirect that comes round", (), ("echo 'Location: /cgi-bin/x0'; echo",), 502),
    Row("five local redirects in a row", (), ("echo 'Location: /cgi-bin/hop1'; echo",), content=b"arrived\n"),
    Row(
        "a redirect of the client",
        ("3875-6.2.3-3b",),
        ("echo 'Location: http://example.com/x#y'; echo",),
        302,
        fields={"Location": "http://example.com/x#y"},
    ),
    Row(
        "a relative redirect is the client's",
        (),
        ("echo 'Location: sign-in.cgi?from=a b'; echo",),
        302,
        fields={"Location": "sign-in.cgi?from=a%20b"},
    ),
    Row(
        "a path with a fragment is the client's",
        (),
        ("echo 'Location: /page.txt#there'; echo",),
        302,
        fields={"Location": "/page.txt#there"},
    ),
    Row(
        "what may not stand in a reference is escaped",
        (),
        ("echo 'Status: 303 See Other'; printf 'Location: http://example.com/\\303\\274 \"x\"?[]\\n\\n'",),
        303,
        fields={"Location": "http://example.com/%C3%BC%20%22x%22?%5B%5D"},
    ),
    Row("an empty type", ("3875-6.3.1-3b",), ("echo 'Content-Type:'; echo; echo body",), 502),
    Row(
        "a script's Connection takes nothing away",
        (),
        ("echo 'Connection: content-type, set-cookie'; echo 'Set-Cookie: a=b'; " + TEXT,),
        fields={"Content-Type": "text/plain", "Set-Cookie": "a=b"},
    ),
    Row(
        "a redirect of the client with document",
        ("3875-6.2.4-3b",),
        ("echo 'Status: 301 Moved'; echo 'Location: http://example.com/'; echo 'Content-Type: a/b'; echo; echo x",),
        301,
        content=b"x\n",
        fields={"Location": "http://example.com/"},
    ),
    Row(
        "a script's Date is the only one",
        ("3875-6.3.4-2c",),
        ("echo 'Date: Sun, 06 Nov 1994 08:49:37 GMT'; " + TEXT,),
        fields={"Date": "Sun, 06 Nov 1994 08:49:37 GMT"},
        breaks=("Date is now",),
    ),
    Row(
        "fields of the connection are the server's",
        ("3875-6.3.4-2c",),
        ("echo 'Connection: close'; echo 'Keep-Alive: 5'; " + TEXT, "echo x"),
        content=b"x\n",
        fields={"Keep-Alive": None},
        closes=False,
    ),
    Row(
        "Content-Length is kept",
        ("3875-6.2.1-3c",),
        ("echo 'Content-Length: 2'; " + TEXT, "echo x"),
        content=b"x\n",
        framing=Framing.LENGTH,
        fields={"Content-Length": "2"},
        closes=False,
    ),
    Row("surplus is cut", (), ("echo 'Content-Length: 2'; " + TEXT, "echo xyz"), content=b"xy", framing=Framing.LENGTH),
    Row("204", (), ("echo 'Status: 204 X'; echo; echo body",), 204, content=b"", closes=False),
    Row(
        "304",
        (),
        ("echo 'Status: 304 X'; echo 'ETag: \"x\"'; echo; echo body",),
        304,
        content=b"",
        fields={"ETag": '"x"'},
        closes=False,
    ),
    Row(
        "non-parsed headers",
        ("3875-5.1-2c", "3875-5.2-1a"),
        ("printf 'HTTP/1.0 299 Odd\\r\\nX-Y: z\\r\\n\\r\\nbody'",),
        299,
        content=b"body",
        name="nph-x",
        fields={"X-Y": "z"},
        closes=True,
    ),
    Row("non-parsed headers that are none", (), (TEXT, "echo x"), 502, name="nph-x"),
    Row("no output", (), ("exit 0",), 502),
    Row("a header section without end", (), ("echo 'Content-Type: a/b'",), 502),
    Row(
        "a header section without bounds",
        ("3875-9.6-2b",),
        ("echo 'Content-Type: a/b'; while :; do echo 'X: y'; done",),
        502,
    ),
    Row("content without bounds", ("3875-9.6-2b",), (TEXT, "head -c 3000000 /dev/zero"), content=bytes(3_000_000)),
    Row("a field that would split the response", (), ("printf 'Content-Type: a/b\\nX: y\\rSet-Cookie: z\\n\\n'",), 502),
    Row("silence", (), ("exec sleep 60",), 504),
    Row("a program that does not exist", (), ("#!/no/such/program",), 500),
    Row("standard error is not the client's", ("3875-9.5-1b",), ("echo secret >&2; " + TEXT, "echo x"), content=b"x\n"),
)


def rows(group: tuple[Row, ...]) -> list[object]:
    return [pytest.param(row, id=row.title, marks=pytest.mark.clause(*row.clauses)) for row in group]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> CgiSite:
    made = CgiSite(tmp_path_factory.mktemp("www"))
    made.sh(
        "target",
        TEXT,
        'printf "%s %s %s %s %s" $REQUEST_METHOD $PATH_INFO $QUERY_STRING "$(cat)" ${CONTENT_LENGTH-unset}',
    )
    for hop in range(1, 5):
        made.sh(f"hop{hop}", f"echo 'Location: /cgi-bin/hop{hop + 1}'; echo")
    made.sh("hop5", TEXT, "echo arrived")
    (made.root / "page.txt").write_text("a page\n")
    program = made.root / "program"
    program.write_text("#!/bin/sh\necho ran\n")
    program.chmod(0o755)
    return made


@pytest.fixture(scope="module")
def server(site: CgiSite) -> Iterator[BaseServer]:
    handler = partial(BaseHttpRequestHandler, directory=str(site.root))
    with ThreadedServer("127.0.0.1", 0, handler, timeouts=QUICK) as started:
        yield started
    assert started.scripts.running == 0


def exchange(server: BaseServer, site: CgiSite, row: Row) -> tuple[Reply, bool]:
    """The response to a row, and whether the connection ends after it."""
    name = f"{row.name}0"
    first, *_ = row.script
    if first.startswith("#!"):
        site.write(name, first + "\n")
    else:
        site.sh(name, *row.script)
    host = (
        () if row.version == "HTTP/1.0" or any(line.startswith("Host:") for line in row.lines) else ("Host: localhost",)
    )
    head = "\r\n".join((f"{row.method} /cgi-bin/{name}{row.extra} {row.version}", *host, *row.lines, "", ""))
    with WireClient(*server.addresses[0]) as client:
        client.send(head.encode("latin-1") + row.sent)
        reply = client.reply(row.method, breaks=row.breaks)
        if reply.says_close or reply.framing is Framing.CLOSE:
            assert client.ended() == b""
            return reply, True
        client.send(b"GET /page.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.reply().content == b"a page\n"
        return reply, False


def check(server: BaseServer, site: CgiSite, row: Row) -> None:
    reply, closed = exchange(server, site, row)
    assert (reply.status, reply.complete) == (row.status, True)
    assert row.content is None or reply.content == row.content
    for name, value in row.fields.items():
        assert reply.get(name) == value
    assert len(reply.get_all("Date")) == 1
    assert row.framing is None or reply.framing is row.framing
    assert row.closes is None or closed is row.closes


@pytest.mark.parametrize("row", rows(META_VARIABLES))
def test_meta_variables(server: BaseServer, site: CgiSite, row: Row) -> None:
    check(server, site, row)


@pytest.mark.parametrize("row", rows(REQUESTS))
def test_requests(server: BaseServer, site: CgiSite, row: Row) -> None:
    check(server, site, row)


@pytest.mark.parametrize("row", rows(RESPONSES))
def test_responses(server: BaseServer, site: CgiSite, row: Row) -> None:
    check(server, site, row)


@pytest.mark.clause("3875-4.1.15-1a", "3875-4.1.15-3a")
def test_C6_the_port_is_that_of_the_socket(server: BaseServer, site: CgiSite) -> None:
    port = server.addresses[0][1]
    check(server, site, shows("SERVER_PORT", str(port), lines=("Host: example.com:80",)))
    check(server, site, shows("HTTP_HOST", "example.com:80", lines=("Host: example.com:80",)))


@pytest.mark.clause("3875-4.1.6-14b", "3875-4.1.6-16a")
def test_C6_path_translated(server: BaseServer, site: CgiSite) -> None:
    check(server, site, shows("PATH_TRANSLATED", f"{site.root}/A/b c", extra="/A/b%20c"))


def test_C2_the_environment_holds_nothing_else(
    server: BaseServer, site: CgiSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYHTTP_SECRET", "x")
    row = Row("env", (), (TEXT, "env | sed 's/=.*//' | grep -vx PWD | sort"))
    reply, _ = exchange(server, site, row)
    assert reply.content.decode().split() == [
        "DOCUMENT_ROOT",
        "GATEWAY_INTERFACE",
        "HTTP_HOST",
        "PATH",
        "QUERY_STRING",
        "REDIRECT_STATUS",
        "REMOTE_ADDR",
        "REMOTE_HOST",
        "REMOTE_PORT",
        "REQUEST_METHOD",
        "REQUEST_SCHEME",
        "REQUEST_URI",
        "SCRIPT_FILENAME",
        "SCRIPT_NAME",
        "SERVER_ADDR",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
        "SERVER_SOFTWARE",
    ]


@pytest.mark.clause("9110-14.2-4a", "9110-13.1.2-11a")
@pytest.mark.parametrize("line", ["Range: bytes=0-1", "If-None-Match: *", 'If-Match: "other"'])
def test_C14_a_redirected_post_gets_the_whole_file(server: BaseServer, site: CgiSite, line: str) -> None:
    """A part, or 304, answers a GET only. The script has run, whatever the condition was."""
    row = Row("redirect", (), ("echo 'Location: /page.txt'; echo",), method=POST, lines=("Content-Length: 0", line))
    reply, _ = exchange(server, site, row)
    assert (reply.status, reply.content) == (200, b"a page\n")


@pytest.mark.clause("9110-14.2-4a", "9110-9.3.2-2b")
def test_C14_a_redirected_head_is_not_of_a_range(server: BaseServer, site: CgiSite) -> None:
    row = Row("redirect", (), ("echo 'Location: /page.txt'; echo",), method="HEAD", lines=("Range: bytes=0-1",))
    reply, _ = exchange(server, site, row)
    assert (reply.status, reply.get("Content-Length"), reply.content) == (200, "7", b"")


@pytest.mark.clause("9110-8.6-9a")
@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
def test_a_short_document_leaves_with_its_length(site: CgiSite, version: str) -> None:
    """The script ends within `script_gather`; so a connection can persist where chunks are not understood."""
    site.sh("x0", TEXT, "echo short")
    handler = partial(BaseHttpRequestHandler, directory=str(site.root))
    timeouts = replace(QUICK, script_gather=5.0)
    with BaseServer("127.0.0.1", 0, handler, timeouts=timeouts) as server, WireClient(*server.addresses[0]) as client:
        for _ in range(2):
            client.send(f"GET /cgi-bin/x0 {version}\r\nHost: a\r\nConnection: keep-alive\r\n\r\n".encode())
            reply = client.reply()
            assert (reply.framing, reply.content, reply.get("Content-Length")) == (Framing.LENGTH, b"short\n", "6")


@pytest.mark.clause("3875-5.2-3c")
def test_a_line_a_while_reaches_the_client_a_line_a_while(server: BaseServer, site: CgiSite, tmp_path: Path) -> None:
    """Head and first line arrive while the script waits for the test to let it go on."""
    one, two = tmp_path / "one", tmp_path / "two"
    os.mkfifo(one)
    os.mkfifo(two)
    site.sh("x0", "echo 'Content-Type: text/event-stream'; echo", f"read a < {one}; echo 1st; read a < {two}; echo 2nd")
    with WireClient(*server.addresses[0]) as client:
        client.send(b"GET /cgi-bin/x0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b""
        for awaited, next_word in ((b"\r\n\r\n", one), (b"1st\n", two), (b"2nd\n", None)):
            while awaited not in received:
                received += client.more()
            if next_word is not None:
                next_word.write_text("x\n")


def test_F14_a_script_gets_its_content_after_100_continue(server: BaseServer, site: CgiSite) -> None:
    site.sh("x0", TEXT, "cat")
    with WireClient(*server.addresses[0]) as client:
        client.send(b"POST /cgi-bin/x0 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        assert client.reply().status == 100
        client.send(b"hello")
        assert client.reply().content == b"hello"


@pytest.mark.parametrize(
    "target",
    [
        "/cgi-bin/data.txt",
        "//cgi-bin/data.txt",
        "/cgi-bin//data.txt",
        "/%63gi-bin/data.txt",
        "/cgi-bin/data.txt/",
        "/cgi-bin/data.txt/x",
        "/cgi-bin/sub/../data.txt",
        "/./cgi-bin/data.txt",
        "/cgi-bin%2Fdata.txt",
        "/alias/data.txt",
        "/link.txt",
        "/CGI-BIN/data.txt",
        "/cgi-bin",
        "/cgi-bin/",
        "/cgi-bin/sub/",
        "/alias/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "get"])
@pytest.mark.parametrize("lines", [(), ("Range: bytes=0-3",), ("If-None-Match: *",)])
def test_C8_no_spelling_gets_a_source_or_a_listing(
    server: BaseServer, site: CgiSite, target: str, method: str, lines: tuple[str, ...]
) -> None:
    """T8: there is one decision for all spellings. The client learns neither content nor names."""
    if not (site.root / "alias").exists():
        site.write("data.txt", "source of a script", mode=0o644)
        (site.bin / "sub").mkdir()
        (site.root / "alias").symlink_to("cgi-bin")
        (site.root / "link.txt").symlink_to("cgi-bin/data.txt")
    with WireClient(*server.addresses[0]) as client:
        head = "\r\n".join((f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close", *lines, "", ""))
        client.send(head.encode())
        reply = client.reply(method)
    assert reply.status in {403, 404, 405, 501} or (reply.status == 301 and target in {"/cgi-bin", "/alias"})
    assert b"source" not in reply.content
    assert b"data.txt" not in reply.content.replace(target.encode(), b"")


class TestBusy:
    """D18 and D22 over a socket, with small limits."""

    @pytest.fixture
    def small(self, site: CgiSite) -> Iterator[BaseServer]:
        handler = partial(BaseHttpRequestHandler, directory=str(site.root))
        limits = Limits(scripts=1, spool=1000)
        with ThreadedServer(
            "127.0.0.1", 0, handler, limits=limits, timeouts=replace(QUICK, script_wait=0.2)
        ) as started:
            yield started

    def test_D18_one_script_too_many(self, small: BaseServer, site: CgiSite) -> None:
        """The script waits in line, but not for ever."""
        site.sh("slow", TEXT, "echo x; exec sleep 60")
        with WireClient(*small.addresses[0]) as first, WireClient(*small.addresses[0]) as second:
            first.send(b"GET /cgi-bin/slow HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b"200" in first.more()
            second.send(b"GET /cgi-bin/target HTTP/1.1\r\nHost: a\r\n\r\n")
            reply = second.reply()
            assert (reply.status, reply.get("Retry-After")) == (503, "1")
            second.send(b"GET /page.txt HTTP/1.1\r\nHost: a\r\n\r\n")  # files are served meanwhile
            assert second.reply().status == 200

    def test_D22_content_beyond_the_spool(self, small: BaseServer) -> None:
        with WireClient(*small.addresses[0]) as client:
            client.send(b"POST /cgi-bin/target HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n" + bytes(1001))
            reply = client.reply()
            assert (reply.status, reply.get("Retry-After"), reply.says_close) == (503, "1", True)


def test_a_suffix_is_run_wherever_it_lies(site: CgiSite) -> None:
    """C8 for suffixes: neither letter case nor a range gets the source."""
    handler = site.sh("run-page", TEXT, 'printf "ran %s" "$SCRIPT_NAME"')
    (site.root / "page.do").write_text("source")
    (site.root / "PAGE.DO").write_text("source")
    factory = partial(
        BaseHttpRequestHandler, directory=str(site.root), site=Site(cgi_suffixes=((".do", str(handler)),))
    )
    with BaseServer("127.0.0.1", 0, factory, timeouts=QUICK) as server, WireClient(*server.addresses[0]) as client:
        for name in ("page.do", "PAGE.DO"):
            client.send(f"GET /{name} HTTP/1.1\r\nHost: a\r\nRange: bytes=0-3\r\n\r\n".encode())
            reply = client.reply()
            assert (reply.status, reply.content) == (200, f"ran /{name}".encode())


def test_an_index_may_be_run_by_a_program(site: CgiSite) -> None:
    handler = site.sh("run-page", TEXT, 'printf "ran %s of %s" "$SCRIPT_NAME" "$REQUEST_URI"')
    folder = site.root / "with-index"
    folder.mkdir()
    (folder / "index.do").write_text("source")
    factory = partial(
        BaseHttpRequestHandler,
        directory=str(site.root),
        site=Site(index=("index.do",), cgi_suffixes=((".do", str(handler)),)),
    )
    with BaseServer("127.0.0.1", 0, factory, timeouts=QUICK) as server, WireClient(*server.addresses[0]) as client:
        client.send(b"GET /with-index/?q HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.reply().content == b"ran /with-index/index.do of /with-index/?q"


def test_a_script_by_hand_on_a_socket_pair(site: CgiSite) -> None:
    """There is no server: the handler serves the connection to its end."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"GET /cgi-bin/target/i?q HTTP/1.1\r\nHost: a\r\n\r\n")
        theirs.shutdown(socket.SHUT_WR)
        BaseHttpRequestHandler(ours, ("127.0.0.1", 1), object(), str(site.root))
        ours.close()
        received = b""
        while data := theirs.recv(65536):
            received += data
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"GET /i q  unset" in received
