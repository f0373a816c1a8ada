"""The documents' blocks of a terminal show the real output: `python -m tests.helpers.consoles` writes it anew.

A block of ```console has commands behind "$ ", each with its output. A careless server, which answers every request
with 200, is at http://localhost:8000; a server with the application of the conformance rows is at
http://localhost:8001.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pyhttp.answering import function_handler
from pyhttp.servers.pooled import PooledServer
from tests.conformance.served import application
from tests.helpers.careless import careless_server

__all__ = ["PAGES", "filled", "servers"]

_DOCS: Final = Path(__file__).parents[2] / "docs"
PAGES: Final = (_DOCS / "check.md", _DOCS / "explain.md")
_BLOCK: Final = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_SECONDS: Final = re.compile(r"in [0-9.]+ s$", re.MULTILINE)
_SHELL: Final = 'pyhttp() { "$PYTHON" -m pyhttp "$@"; }\n'


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """The servers of the documents, with the name of each server there and its address."""
    with careless_server() as careless, PooledServer("127.0.0.1", 0, function_handler(application)) as ours:
        yield {"localhost:8000": f"127.0.0.1:{careless}", "localhost:8001": f"127.0.0.1:{ours.addresses[0][1]}"}


def filled(text: str, addresses: dict[str, str]) -> str:
    """A page with the output of its commands."""
    return _BLOCK.sub(lambda block: "".join(_played(block[0], addresses)), text)


def _played(block: str, addresses: dict[str, str]) -> Iterator[str]:
    for command in re.findall(r"^\$ (.*(?:\\\n.*)*)$", block, re.MULTILINE):
        typed = str(command)
        asked, variables = typed, {**os.environ, "PYTHON": sys.executable}
        for name, address in addresses.items():
            asked = asked.replace(name, address)
        done = subprocess.run(["sh", "-c", _SHELL + asked], capture_output=True, text=True, env=variables, check=False)
        said = done.stdout + done.stderr
        for name, address in addresses.items():
            said = said.replace(address, name)
        yield f"$ {typed}\n{_SECONDS.sub('in 0.1 s', said)}"


def main() -> None:
    """Write each page anew."""
    with servers() as addresses:
        for page in PAGES:
            page.write_text(filled(page.read_text(encoding="utf-8"), addresses), encoding="utf-8")


if __name__ == "__main__":
    main()
