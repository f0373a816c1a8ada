"""The cost of TLS here and elsewhere: handshakes, requests, memory of idle connections; writes docs/tls.md.

    python -m benchmarks.tls [--rounds N] [--seconds N] [--idle N] [--into FOLDER]

The servers take turns in each round; each round begins with another one. The run takes some three minutes. With other
numbers than the defaults it only prints its page, unless --into names a folder.
"""

import argparse
import ssl
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from shutil import which
from typing import Final

from benchmarks.speed.asking import WrongAnswer
from benchmarks.speed.machine import about, missing, version
from benchmarks.speed.progress import Progress
from benchmarks.speed.samples import Key, Sample, Setting
from benchmarks.speed.servers import SEARCHED, TOP, Server
from benchmarks.speed.site import fill
from benchmarks.tls.measuring import Bench, Load
from benchmarks.tls.page import Run, as_json, page
from benchmarks.tls.servers import CERTIFICATE, THREADS, servers
from tests.helpers.crowd import raise_descriptor_limit
from tests.helpers.tls import certificate_and_key, client_context

ROUNDS: Final = 3
SECONDS: Final = 2
IDLE: Final = 10_000
LEFT_OUT: Final = {(Load.RESUMED, THREADS), (Load.IDLE, THREADS)}
"""This server ends connections so that clients resume nothing, and would need as many threads."""


def measure(
    bench: Bench, found: Mapping[str, Server], rounds: int, failures: dict[str, str]
) -> dict[Key, list[Sample]]:
    """Measure all rounds, and the idle connections once."""
    names = list(found)
    turns = [
        (load, name, f"round {number + 1} of {rounds}")
        for number in range(rounds)
        for load in (Load.FULL, Load.RESUMED, Load.KEPT)
        for name in (*names[number % len(names) :], *names[: number % len(names)])
    ]
    turns += [(Load.IDLE, name, "once") for name in names]
    turns = [turn for turn in turns if turn[:2] not in LEFT_OUT]
    results: dict[Key, list[Sample]] = {}
    progress = Progress(sys.stderr, [load for load, _, _ in turns])
    for load, name, when in turns:
        began = time.monotonic()
        progress.say(f"{load}: {name}, {when}")
        try:
            results.setdefault(Key(load, name, Setting.PINNED), []).append(bench.turn(load, found[name]))
        except (WrongAnswer, OSError) as error:
            failures[f"{load}, {name}"] = str(error)
        progress.took(time.monotonic() - began)
    progress.end()
    return {key: samples for key, samples in results.items() if samples}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tls", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of each load in a round (default: %(default)s)")
    parser.add_argument("--idle", type=int, default=IDLE, help="connections that say nothing (default: %(default)s)")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="where to write the page and the data")
    given = parser.parse_args(argv)
    rounds, seconds, idle = int(given.rounds), int(given.seconds), int(given.idle)
    whole = (rounds, seconds, idle) == (ROUNDS, SECONDS, IDLE)
    into = Path(given.into) if given.into else TOP / "docs" if whole else None
    if absent := [name for name in ("wrk", "openssl") if not which(name, path=SEARCHED)]:
        print(f"not installed: {', '.join(absent)}", file=sys.stderr)
        return 2
    if not raise_descriptor_limit(idle + 1000):
        print(f"cannot have {idle + 1000} descriptors", file=sys.stderr)
        return 2
    failures = {name: why for name, one in servers().items() if (why := missing(one))}
    found = {name: one for name, one in servers().items() if name not in failures}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        fill(work / "root", large=1 << 20)
        (work / CERTIFICATE).write_bytes(certificate_and_key())
        results = measure(Bench(work / "root", work, seconds, idle, client_context()), found, rounds, failures)
    told = {name: f"{version(one)}{one.remark and f': {one.remark}'}" for name, one in found.items()}
    facts = {**about(), "OpenSSL of Python": ssl.OPENSSL_VERSION}
    run = Run(datetime.now(tz=UTC).date().isoformat(), facts, told, results, failures, rounds, seconds, idle)
    if into:
        into.mkdir(parents=True, exist_ok=True)
        (into / "tls.md").write_text(page(run), encoding="utf-8")
        (into / "tls.json").write_text(as_json(run), encoding="utf-8")
    print(page(run))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
