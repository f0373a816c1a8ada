"""The modules that `import pyhttp` loads, and those loaded by the first answer with a file: counts, not times."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import pyhttp

SELDOM: Final = frozenset(
    {
        "argparse",
        "asyncio",
        "binascii",
        "base64",
        "concurrent",
        "difflib",
        "email",
        "gettext",
        "hashlib",
        "html",
        "http.client",
        "http.server",
        "ipaddress",
        "json",
        "mimetypes",
        "multiprocessing",
        "random",
        "shutil",
        "socketserver",
        "ssl",
        "subprocess",
        "tempfile",
        "tomllib",
        "unicodedata",
        "urllib",
    }
)
"""Modules of the standard library that a server of files may do without."""
WHEN_BUILT: Final = frozenset({"resource"})
"""The module that a server loads when it is built; in another program than the command, `logging` as well."""
OURS: Final = frozenset(
    {
        "pyhttp.auth",
        "pyhttp.cgi.gateway",
        "pyhttp.cgi.process",
        "pyhttp.errand",
        "pyhttp.guard",
        "pyhttp.command.browser",
        "pyhttp.command.passwords",
        "pyhttp.command.qr",
        "pyhttp.command.sources",
        "pyhttp.proxies",
        "pyhttp.resources.coded",
        "pyhttp.resources.listing",
        "pyhttp.semantics.forwarded",
        "pyhttp.semantics.set_cookie",
        "pyhttp.servers.processes",
        "pyhttp.servers.threaded",
        "pyhttp.testing",
        "pyhttp.transport.introducing",
        "pyhttp.transport.unix",
        "pyhttp.wire.proxy_header",
        "pyhttp.wsgi",
    }
)
"""Modules of ours that few starts need: for scripts, listings, passwords, proxies, tests, QR codes and the like."""
BY_NAME: Final = frozenset(
    {"pyhttp.servers.base", "pyhttp.servers.pooled", "pyhttp.servers.running", "pyhttp.transport.loop"}
)
"""The modules behind names that a program imports to serve as the command does: a handler alone needs no server."""
VALUES: Final = ["FileSlice", "Limits", "Request", "Response", "Site", "Timeouts"]
"""The classes with methods by `dataclasses` that every server needs. To make such a class takes up to a millisecond."""
COMMAND: Final = frozenset({"argparse", "gettext"})
"""The modules that the command needs to read its arguments."""

SERVE: Final = """
import os, socket, sys, threading, pyhttp.command.cli, pyhttp.servers.pooled as pooled
def ask(server):
    with socket.socket() as client:
        client.connect(server.addresses[0])
        client.sendall(b"GET /a.txt HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n")
        answer = b""
        while data := client.recv(65536):
            answer += data
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"content"), answer
    server.close()
set_up = pooled.PooledServer._set_up
def set_up_and_ask(server):
    set_up(server)
    threading.Thread(target=ask, args=[server]).start()
pooled.PooledServer._set_up = set_up_and_ask
assert pyhttp.command.cli.main([sys.argv[1], "--port=0", "--quiet"]) == 0
"""


def loaded_by(code: str, *arguments: str) -> set[str]:
    """The modules of a fresh interpreter that has run `code`, without the ones that it starts with."""
    before, after = "before = set(sys.modules)\n", "\nprint(); print(*(set(sys.modules) - before))"
    return set(output_of(f"{before}{code}{after}", *arguments).splitlines()[-1].split())


def output_of(code: str, *arguments: str) -> str:
    """What `code` prints in a fresh interpreter."""
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_module_loads_nothing_that_is_seldom_needed() -> None:
    loaded = loaded_by("import pyhttp")
    assert "pyhttp.handler" in loaded
    assert loaded & (SELDOM | WHEN_BUILT | OURS | BY_NAME) == set()


@pytest.mark.parametrize("module", ["pyhttp", "pyhttp.command.cli"])
def test_an_import_makes_no_dataclass_that_is_seldom_needed(module: str) -> None:
    made = (
        f"import sys, {module}\n"
        "modules = [module for name, module in sys.modules.items() if name.startswith('pyhttp')]\n"
        "values = {each for module in modules for each in vars(module).values() if isinstance(each, type)}\n"
        "print(*sorted(each.__name__ for each in values if '__dataclass_fields__' in vars(each)))"
    )
    assert output_of(made).split() == VALUES


def test_a_name_is_loaded_when_it_is_asked_for() -> None:
    assert "pyhttp.auth" in loaded_by("from pyhttp import BasicAuth")
    assert "pyhttp.auth" in loaded_by("import pyhttp; pyhttp.BasicAuth; assert 'BasicAuth' in vars(pyhttp)")


def test_a_name_that_there_is_not_is_refused_as_by_other_modules() -> None:
    with pytest.raises(AttributeError, match="module 'pyhttp' has no attribute 'BasicAuht'") as refused:
        getattr(pyhttp, "BasicAuht")  # noqa: B009 - a type checker would refuse it
    assert (refused.value.name, refused.value.obj) == ("BasicAuht", pyhttp)
    with pytest.raises(ImportError, match="cannot import name 'BasicAuht' from 'pyhttp'"):
        exec("from pyhttp import BasicAuht", {})


def test_a_first_answer_loads_nothing_that_only_others_need(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("content")
    loaded = loaded_by(SERVE, str(tmp_path))
    assert loaded >= WHEN_BUILT | COMMAND | BY_NAME
    assert loaded & ((SELDOM - COMMAND) | OURS | {"logging", "traceback"}) == set()


def test_L5_a_server_in_a_program_has_loaded_its_log() -> None:
    """The reason why no client is accepted can be told when no descriptor is left."""
    assert "logging" in loaded_by("from pyhttp import BaseServer; BaseServer('127.0.0.1', 0).close()")


def test_L5_an_error_page_loads_nothing() -> None:
    """An error page must be possible when no descriptor is left."""
    loaded = loaded_by(
        "import pyhttp, pyhttp.resources.status_responses as page\n"
        "before = set(sys.modules)\n"
        "assert page.error_response(pyhttp.Unavailable('no descriptor is left')).status == 503"
    )
    assert loaded == set()
