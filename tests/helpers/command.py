"""The installed command in a process of its own."""

import http.client
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

COMMAND: Final = (os.environ.get("TESTED_COMMAND") or str(Path(sys.executable).with_name("pyhttp")),)
"""The command under test; the build's session names the one that its wheel installed."""

LAST_WORDS: Final = "\nStop with "
"""How the last line of an announcement begins."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that has announced itself."""

    process: subprocess.Popen[str]
    announcement: str
    log: Path

    @property
    def urls(self) -> list[str]:
        return re.findall(r"https?://\S+", self.announcement)

    @property
    def port(self) -> int:
        return int(self.urls[0].rstrip("/").rpartition(":")[2])

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and content of one GET."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


@contextmanager
def running(
    *arguments: str, log: Path, command: Sequence[str] = COMMAND, descriptors: Sequence[int] = (), alone: bool = False
) -> Iterator[Running]:
    """The command with `arguments`. Its standard error goes to the file `log`, and the command ends with the block.

    Args:
        arguments: The arguments of the command.
        log: The file for standard error.
        command: The command that is run.
        descriptors: Descriptors that the command gets under the same numbers.
        alone: Whether it leads a process group, as a command that is started from a terminal does.
    """
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            pass_fds=descriptors,
            process_group=0 if alone else None,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            announcement = ""
            while LAST_WORDS not in announcement:
                line = process.stdout.readline()
                assert line, f"it ended with {process.wait(10)}: {announcement}{log.read_text()}"
                announcement += line
            yield Running(process, announcement, log)
        finally:
            process.kill()
