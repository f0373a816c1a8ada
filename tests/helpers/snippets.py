"""The blocks of the documents: their kinds, and how those of one page are run, in their order, in one folder.

A page is run like a reader runs it. A block whose first lines name a file in a comment (`# hello.py`) is that file;
other Python is a program. `$ command` in a block of console is a command, and the lines below it are its output, with
`...` for anything. A program that prints "Serving" serves until another one does, or the page ends. Ports are free
ones.
"""

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["PAGES", "RUNNABLE", "Snippet", "Walk", "snippets"]

TOP: Final = Path(__file__).parents[2]
PAGES: Final = (TOP / "README.md", *sorted(path for path in TOP.glob("docs/**/*.md") if "_build" not in path.parts))
RUNNABLE: Final = frozenset({"python", "sh", "console"})
BLOCK: Final = re.compile(r"^(?:<!-- not run: ([^\n]+) -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED: Final = re.compile(r"(?:#!.*\n)?# ([\w./-]+)\n")
PRELUDE: Final = "import http.server, os, ssl\nfrom collections.abc import Iterator\nfrom pyhttp import *\n"
SERVES: Final = ("Serving", "State at")
ANNOUNCED: Final = ("Serving at", "Stop with")
"""How the last line of an announcement begins, a program's and the command's."""
SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class Snippet:
    """A block of a page with its language and its text. Where it is not run, it has the reason."""

    language: str
    text: str
    reason: str


def snippets(page: Path) -> list[Snippet]:
    """The blocks of a page that could be run."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [Snippet(language, text, reason) for reason, language, text in found if language in RUNNABLE]


class Walk:
    """The steps of a reader of one page, in a folder of the reader's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = {"8888": str(_free_port()), "8889": str(_free_port())}
        self._server: subprocess.Popen[str] | None = None
        tools = folder / ".tools"
        tools.mkdir()
        (tools / ".curlrc").write_text("silent\n")
        for name, module in (("python", ""), ("pyhttp", "-m pyhttp")):
            (tools / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {module} "$@"\n')
            (tools / name).chmod(0o755)
        self._env = {
            **os.environ,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(TOP / "src"), *filter(None, sys.path)]),
            "PYHTTP_PORT": self._ports["8888"],
            "NO_PROXY": "*",
            "LC_ALL": "C",
            "CURL_HOME": str(tools),  # curl shows progress to a pipe, though not at a terminal; .curlrc prevents that
        }
        for example in TOP.glob("examples/*.py"):
            self._write(example.name, example.read_text(encoding="utf-8"))

    def run(self, snippet: Snippet) -> None:
        """Run the commands of a block, and fail where the output is another."""
        named = NAMED.match(snippet.text)
        if named:
            self._write(named[1], snippet.text)
        elif snippet.language == "console":
            for command, expected in _commands(snippet.text):
                self._type(command, expected)
        elif snippet.text.startswith("#!"):
            self._write("script", snippet.text)
            self._type("sh -n script", "")
        elif snippet.language == "sh":
            *commands, last = snippet.text.strip().splitlines()
            serves = last.startswith("pyhttp ")
            self._type("\n".join(commands if serves else (*commands, last)), "")
            if serves:
                self._type(last, "Serving ...\n...")
        else:
            self._write("snippet.py", PRELUDE + snippet.text)
            self._type(
                "python snippet.py", "Serving at ..." if re.search(r"^run\(", snippet.text, re.MULTILINE) else ""
            )

    def close(self) -> None:
        """End the program that serves."""
        if self._server:
            self._server.kill()
            self._server.communicate()
            self._server = None

    def _write(self, name: str, text: str) -> None:
        (self._folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self._folder / name).write_text(self._here(text), encoding="utf-8")

    def _here(self, text: str) -> str:
        return re.sub("8888|8889", lambda port: self._ports[port[0]], text)

    def _type(self, command: str, expected: str) -> None:
        serves = expected.startswith(SERVES)
        if serves:
            self.close()
        process = subprocess.Popen(
            [
                "bash",
                "-euo",
                "pipefail",
                "-c",
                self._here(f"exec {command}" if serves and "=" not in command else command),
            ],
            cwd=self._folder,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if serves else subprocess.STDOUT,
            text=True,
        )
        if serves:
            self._server = process
            assert process.stdout is not None
            said = ""
            while not said or not said.splitlines()[-1].startswith(ANNOUNCED):
                line = process.stdout.readline()
                assert line, f"{command} ends; it has said:\n{said}"
                said += line
        else:
            said, _ = process.communicate(timeout=SECONDS)
        _compare(command, said, self._here(expected))


def _commands(text: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        yield command, expected


def _compare(command: str, said: str, expected: str) -> None:
    pattern = re.escape(expected.strip()).replace(re.escape("..."), ".*")
    got = "\n".join(line.rstrip() for line in said.strip().splitlines())
    assert re.fullmatch(pattern, got, re.DOTALL), f"{command} says:\n{said}\nand not:\n{expected}"


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
