"""The programs of `docs/with-others.md`, each with its library; without the library a program is skipped."""

import http.client
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

PAGE: Final = (Path(__file__).parents[2] / "docs" / "with-others.md").read_text(encoding="utf-8")
ROUTING, TEMPLATES, SESSIONS, MULTIPART = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
FORM: Final = {"Content-Type": "multipart/form-data; boundary=X"}


def needs(library: str) -> pytest.MarkDecorator:
    missing = importlib.util.find_spec(library) is None
    return pytest.mark.skipif(missing and not os.environ.get("CI"), reason=f"there is no {library}")


@contextmanager
def serving(code: str) -> Iterator[str]:
    """Host and port of a program."""
    command = [sys.executable, "-c", code.replace("8888", "0")]
    env = {**os.environ, "SECRET_KEY": "secret"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        try:
            assert process.stdout is not None
            yield urlsplit(process.stdout.readline().strip().removeprefix("Serving at ")).netloc
        finally:
            process.kill()


def ask(
    place: str, path: str, method: str = "GET", content: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(place, timeout=30)
    try:
        connection.request(method, path, content, headers or {})
        response = connection.getresponse()
        return response.status, response.msg, response.read()
    finally:
        connection.close()


@needs("werkzeug")
def test_routing() -> None:
    with serving(ROUTING) as place:
        assert ask(place, "/notes/7")[2] == b"note 7\n"
        assert ask(place, "/notes/x")[0] == ask(place, "/lost")[0] == 404
        status, headers, _ = ask(place, "/notes/7", "DELETE")
        assert (status, {name.strip() for name in headers["Allow"].split(",")}) == (405, {"GET", "HEAD"})


@needs("jinja2")
def test_templates() -> None:
    with serving(TEMPLATES) as place:
        assert b"Hello, &lt;b&gt;!" in ask(place, "/?name=%3Cb%3E")[2]


@needs("itsdangerous")
def test_sessions() -> None:
    with serving(SESSIONS) as place:
        status, headers, content = ask(place, "/")
        cookie = headers["Set-Cookie"].partition(";")[0]
        assert (status, content) == (200, b"You have been here 0 times.\n")
        assert ask(place, "/", headers={"Cookie": cookie})[2] == b"You have been here 1 times.\n"
        assert ask(place, "/", headers={"Cookie": f"{cookie}x"})[2] == b"You have been here 0 times.\n"


@needs("python_multipart")
def test_forms_with_files() -> None:
    part = b'--X\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nhello\r\n--X--\r\n'
    with serving(MULTIPART) as place:
        assert ask(place, "/", "POST", part, FORM)[2] == b"[5]\n"
        assert ask(place, "/", "POST", b"x", FORM)[0] == 400
        assert ask(place, "/", "POST", b"x")[0] == 415
        assert b'type="file"' in ask(place, "/")[2]
