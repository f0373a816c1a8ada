"""Applications of Flask, Django and Bottle, served by the installed command."""

import hashlib
import http.client
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.helpers.command import COMMAND, Running, running
from tests.helpers.frameworks import FRAMEWORKS, SITES
from tests.helpers.programs import need_package

UPLOADED: Final = 100_000_000
GROWTH: Final = 48 << 20
"""Octets by which a server may have grown that has received so much, with the pieces of a framework."""
BOUNDARY: Final = "just-a-boundary"
PIECE: Final = bytes(range(250)) * 4000


@pytest.fixture(scope="module", params=FRAMEWORKS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The site of each framework, on a free port."""
    framework: str = request.param
    need_package(framework)
    folder = tmp_path_factory.mktemp(framework)
    (folder / "site_of_it.py").write_text(SITES[framework], encoding="utf-8")
    name = "site_of_it:app" if framework == "django" else "site_of_it:create_app()"
    command = ("env", "-C", str(folder), *COMMAND)
    with running("wsgi", name, "--port", "0", log=folder / "log", command=command) as started:
        yield started
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(30) == 0


def ask(
    server: Running, method: str, target: str, content: object = None, **fields: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    try:
        if isinstance(content, Iterator):
            connection.request(method, target, content, named, encode_chunked="Content-Length" not in named)
        else:
            connection.request(method, target, content if isinstance(content, bytes) else None, named)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def peak(server: Running) -> int:
    """The most memory that the process has had, in octets."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


def test_a_page(server: Running) -> None:
    for name, path in (("World", "World"), ("Zo\xeb", "Zo%C3%AB"), ("a b", "a%20b")):
        status, fields, content = ask(server, "GET", f"/hello/{path}?x=1")
        assert (status, content.decode()) == (200, f"<p>Hello, {name}!</p>")
        assert fields["Content-Type"].lower().startswith("text/html")
        assert int(fields["Content-Length"]) == len(content)


def test_a_page_without_its_content(server: Running) -> None:
    status, fields, content = ask(server, "HEAD", "/hello/World")
    assert (status, fields["Content-Length"], content) == (200, str(len("<p>Hello, World!</p>")), b"")


def test_a_page_that_is_not_there(server: Running) -> None:
    assert ask(server, "GET", "/nowhere")[0] == 404
    assert ask(server, "PUT", "/upload", b"x")[0] in {400, 404, 405, 500}


def test_several_requests_on_one_connection(server: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for number in range(5):
        connection.request("GET", f"/hello/{number}")
        assert connection.getresponse().read() == f"<p>Hello, {number}!</p>".encode()
        assert connection.sock is not None  # the connection is kept
    connection.close()


def test_a_form(server: Running) -> None:
    form = b"user=anna&password=a%26%C3%AB%20"
    kind = "application/x-www-form-urlencoded"
    assert ask(server, "POST", "/login", form, Content_Type=kind)[2] == b"anna has 4 characters"
    chunks = iter([form[:7], form[7:]])
    fields = {"Content_Type": kind, "Transfer_Encoding": "chunked"}
    assert ask(server, "POST", "/login", chunks, **fields)[2] == b"anna has 4 characters"


def test_a_file_of_100_MB_is_uploaded_in_bounded_memory(server: Running) -> None:
    begin = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'.encode()
    end = f"\r\n--{BOUNDARY}--\r\n".encode()
    assert ask(server, "GET", "/hello/World")[0] == 200
    before = peak(server)
    whole = hashlib.sha256()
    count = UPLOADED // len(PIECE)
    for _ in range(count):
        whole.update(PIECE)
    length = str(UPLOADED + len(begin) + len(end))
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    form = iter([begin, *[PIECE] * count, end])
    status, _, content = ask(server, "POST", "/upload", form, Content_Type=kind, Content_Length=length)
    assert (status, content.decode()) == (200, whole.hexdigest())
    status, _, content = ask(
        server, "POST", "/raw", iter([PIECE] * count), Content_Type="a/b", Content_Length=str(UPLOADED)
    )
    assert (status, content.decode()) == (200, whole.hexdigest())
    assert peak(server) - before < GROWTH


def test_an_answer_that_is_streamed(server: Running) -> None:
    status, fields, content = ask(server, "GET", "/stream?lines=100000")
    assert status == 200
    assert fields["Transfer-Encoding"] == "chunked"
    assert content.split() == [b"%d" % number for number in range(100_000)]


def test_a_client_that_leaves_a_stream(server: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/stream?lines=1000000000")
    assert connection.getresponse().read(2) == b"0\n"
    connection.close()
    assert ask(server, "GET", "/hello/World")[0] == 200


def test_a_file(server: Running) -> None:
    status, fields, content = ask(server, "GET", "/file")
    assert (status, fields["Content-Type"].partition(";")[0]) == (200, "text/plain")
    assert b"def create_app" in content
    assert int(fields["Content-Length"]) == len(content)
    date = fields["Last-Modified"]
    if date is not None:
        status, _, content = ask(server, "GET", "/file", If_Modified_Since=date)
        assert (status, content) == (304, b"")


def test_a_view_that_fails(server: Running) -> None:
    status, _, _ = ask(server, "GET", "/fail")
    assert status == 500
    assert "ZeroDivisionError" in server.log.read_text(encoding="utf-8")
    assert ask(server, "GET", "/hello/World")[0] == 200
