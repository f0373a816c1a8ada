"""The client of most workloads: wrk, with one script that sends our octets and prints its figures in one line."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.speed.asking import Address, WrongAnswer
from benchmarks.speed.samples import Figure, Sample

__all__ = ["Said", "lua", "read", "wrk"]

SCRIPT: Final = """\
local requests = {{{requests}}}
local last = 0
{choose}
function done(summary, latency)
  local wrong = summary.errors
  io.write(string.format("figures requests=%d microseconds=%d status=%d failed=%d p50=%d p99=%d\\n",
    summary.requests, summary.duration, wrong.status, wrong.connect + wrong.read + wrong.write + wrong.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""
ONE: Final = "function wrk.format() return requests[1] end"
"""The script asks once for the request, so that no Lua runs for each request."""
MANY: Final = "function request() last = last % #requests + 1; return requests[last] end"
_LINE: Final = re.compile(r"^figures (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Said:
    """The results of wrk.

    Attributes:
        requests: The number of whole answers.
        seconds: The duration of the run.
        failed: The number of connections that were refused or broke, and of answers that did not come in time.
    """

    requests: int
    seconds: float
    failed: int
    p50: float
    p99: float

    def sample(self) -> Sample:
        """The results as figures."""
        rate = self.requests / self.seconds
        return {Figure.RATE: rate, Figure.P50: self.p50, Figure.P99: self.p99, Figure.FAILED: self.failed}


def lua(requests: Sequence[bytes]) -> str:
    """The script that sends these requests in turn; several requests in one element are pipelined."""
    quoted = ", ".join('"' + "".join(map(_escaped, request)) + '"' for request in requests)
    return SCRIPT.format(requests=quoted, choose=ONE if len(requests) == 1 else MANY)


def _escaped(octet: int) -> str:
    return chr(octet) if 32 <= octet < 127 and octet not in b'"\\' else f"\\{octet:03}"


def read(output: str) -> Said:
    """The results from the script's line.

    Raises:
        WrongAnswer: There is no line, no answer came, or some answers had the status of an error.
    """
    line = _LINE.search(output)
    if line is None:
        raise WrongAnswer(f"wrk says nothing: {output[-200:]!r}")
    numbers: Mapping[str, int] = {
        name: int(number) for name, _, number in (word.partition("=") for word in line[1].split())
    }
    if numbers["status"] or not numbers["requests"]:
        raise WrongAnswer(f"{numbers['requests']} answers, {numbers['status']} of them with an error's status")
    seconds, p50, p99 = numbers["microseconds"] / 1e6, numbers["p50"] / 1000, numbers["p99"] / 1000
    return Said(numbers["requests"], seconds, numbers["failed"], p50, p99)


def wrk(
    address: Address, requests: Sequence[bytes], work: Path, connections: int, seconds: int, *, secure: bool = False
) -> Said:
    """Run wrk on one thread, by TLS if `secure` is set."""
    script = work / "wrk.lua"
    script.write_text(lua(requests), encoding="ascii")
    url = f"http{'s' if secure else ''}://{address[0]}:{address[1]}/"
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script), url]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=seconds + 60)
    return read(done.stdout + done.stderr)
