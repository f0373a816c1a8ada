"""The behaviour of servers of files under the abuse of tests/robustness; writes docs/robustness.md.

Each server that is found runs in a process of its own on 127.0.0.1, with its own defaults except for the needs of the
abuse: room for as many connections, and scripts. Every wait has an end; a server that does not answer in time counts as
silent. The document is written when all servers have been measured, by the whole run alone. With --tls, servers that
speak TLS are asked by it, and their part of the document is written.

    python -m benchmarks.robustness [--quick] [--tls] [SERVER ...]
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from benchmarks.robustness.abuse import ABUSES, BY_TLS, SLOW, SPREAD, Abuse
from benchmarks.robustness.peers import PEERS, SECURE, Peer
from benchmarks.robustness.running import PATIENCE
from tests.helpers.crowd import raise_descriptor_limit

OUTPUT: Final = Path(__file__).parents[2] / "docs" / "robustness.md"
TOO_LONG: Final = 30
"""The seconds that one cell may take."""
QUICK: Final = 5
"""The seconds that a cell may take in the quick form."""
EXPECTED: Final = 10 * 60
"""The seconds that the whole run has taken with all servers."""
ENOUGH: Final = 12 * 60
"""The seconds after which no further cell is begun."""
QUICKLY: Final = 110
"""The same in the quick form."""

INTRODUCTION: Final = """# Servers under abuse

`python -m benchmarks.robustness` has written this page. Each cell is one run on a machine with {cpus}
processors, with clients and server together, so differences of a few milliseconds mean nothing. Times are the
median and the worst of 30 ordinary requests, each on a new connection. "No answer" means that one of them had
none within {patience:.0f} seconds. Each server has its own defaults but for the number of connections. Cheroot
serves a small application with its ten threads. `http.server` speaks HTTP/1.1 here, and has a thread for each
connection.

* Slow clients, which send heads or bodies slowly or read slowly, have sent all that they will. The table shows
  how other clients are served meanwhile.
* 64 clients of a kind read nothing at all. They have asked for two ranges of 16 MB each of a file of 32 MiB,
  for what a CGI script writes, or for an iterable without an end, which is the answer of a small application.
  Other clients upload 100,000 octets to a script: some wait for a "100 (Continue)" and then send nothing,
  others send 66,000 octets. Ordinary requests beside them come {spread:.0f} ms after one another. The two
  ranges are one octet apart, and lighttpd sends them as one. lighttpd runs scripts by mod_cgi, and
  `http.server` runs them with `--cgi`.
* "-" means that the server cannot be asked that way. nginx and cheroot run no CGI scripts. `http.server` sends
  no ranges, and neither does cheroot with such an application. Only cheroot and pyhttp call Python code that
  could return an iterable.
* 900 resets: 300 come in the middle of a head, 300 of a download, and 300 of an upload. The cell says what is
  left of them up to five seconds later.
* 64 descriptors: the cell has the share of one processor while nothing can be done, and whether the server is
  back afterwards.
* Stopped: the server gets the signal that it documents for a gentle stop.
* A file cut short: "ended" and "reset" tell the client that something is wrong. "Left waiting" means that the
  client waits for {patience:.0f} seconds at least. "Padded" would be a lie.
* A cell that is not done within {long} seconds is given up. If a server's backlog is short, many clients try
  again.

"""

HEADING: Final = "\n## By TLS\n"
BY_TLS_TOO: Final = """
`python -m benchmarks.robustness --tls` has written this part. It asks the servers that speak TLS the same by TLS. Some
clients stop their handshake after their first message. Each ordinary request has a handshake of its own, and the
client's part of the handshake is in its time, too.

"""


class TooLong(Exception):
    """A cell has taken too long: for instance, the server accepts connections too slowly."""


def _give_up(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
    raise TooLong


def cell(measure: Abuse, peer: Peer, seconds: int) -> str:
    """Measure one cell of the table, within bounds."""
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(seconds)
    try:
        return measure(peer)
    except TooLong:
        return f"not done within {seconds} s"
    except (OSError, RuntimeError) as error:
        return f"not measured: {error}"
    finally:
        signal.alarm(0)


def found(peers: Mapping[str, Peer], chosen: Sequence[str]) -> dict[str, str]:
    """The versions of the servers that are installed here."""
    versions: dict[str, str] = {}
    for name in chosen:
        try:
            versions[name] = peers[name].version()
        except (OSError, subprocess.CalledProcessError):
            print(f"{name} is not here")
    return versions


def main() -> int:
    """Run all abuse against all servers, or against those that are named, and write the table."""
    parser = argparse.ArgumentParser(
        "benchmarks.robustness", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="only the slow clients, and less patience; writes nothing")
    parser.add_argument("--tls", action="store_true", help="by TLS, and those servers alone that speak it")
    parser.add_argument("server", nargs="*", metavar="SERVER", help=f"one of {', '.join(PEERS)} (default: all)")
    options = parser.parse_args()
    quick: bool = options.quick
    tls: bool = options.tls
    peers = SECURE if tls else PEERS
    chosen: list[str] = options.server or list(peers)
    if unknown := set(chosen) - peers.keys():
        parser.error(f"no such server: {', '.join(sorted(unknown))}")
    if not raise_descriptor_limit(8192):
        print("too few descriptors are allowed here")
        return 1
    versions = found(peers, chosen)
    abuses, patience, enough = (SLOW, QUICK, QUICKLY) if quick else (BY_TLS if tls else ABUSES, TOO_LONG, ENOUGH)
    expected = (QUICKLY if quick else EXPECTED) * len(versions) / len(PEERS)
    print(f"expected to take {expected / 60:.1f} minutes, and not much more than {enough / 60:.1f}", flush=True)
    began = time.monotonic()
    rows: list[str] = []
    for abuse, measure in abuses.items():
        cells: list[str] = []
        for name in versions:
            left = int(began + enough - time.monotonic())
            cells.append(cell(measure, peers[name], min(patience, left)) if left > 0 else "not begun in time")
            print(f"{time.monotonic() - began:3.0f} s: {abuse}: {name}: {cells[-1]}", flush=True)
        rows.append(f"| {abuse} | {' | '.join(cells)} |")
    heads = " | ".join(f"{name} {version}" for name, version in versions.items())
    table = "\n".join([f"| | {heads} |", "|---" * (len(versions) + 1) + "|", *rows])
    if versions.keys() == peers.keys() and not quick:
        write(table, tls=tls)
    else:
        print(table)
    return 0


def write(table: str, *, tls: bool) -> None:
    """Put a table into its part of the document; the other part stays."""
    plain, _, secure = OUTPUT.read_text(encoding="utf-8").partition(HEADING)
    if tls:
        secure = f"{BY_TLS_TOO}{table}\n"
    else:
        text = INTRODUCTION.format(cpus=os.cpu_count(), patience=PATIENCE, long=TOO_LONG, spread=SPREAD * 1000)
        plain = f"{text}{table}\n"
    OUTPUT.write_text(plain + (HEADING + secure if secure else ""), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
