"""The machine and the programs of a run: without names of hosts, users or folders."""

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.speed.processes import PROCESSORS
from benchmarks.speed.servers import SEARCHED, Server, environment

__all__ = ["about", "built", "missing", "version"]

PROBE: Final = """
import platform, sysconfig
print(platform.python_implementation(), platform.python_version())
print(platform.python_compiler())
print(sysconfig.get_config_var("CONFIG_ARGS"))
"""
DEBIAN: Final = "/usr/share/python-wheels/"
"""A path that only Debian's own builds of Python have in their configuration."""


def built(python: str) -> str:
    """The interpreter and its build options, without the folders that its configuration names."""
    name, compiler, configured = _output(python, "-c", PROBE).splitlines()[:3]
    options = re.findall(r"(?:^| )'?(--[a-z][-a-z0-9]*)", configured)
    if "--enable-optimizations" in options:
        guided = "optimised by a profile (PGO)"
    elif DEBIAN in configured:
        guided = "by Debian, whose rules optimise it by a profile (PGO)"
    else:
        guided = "not optimised by a profile (no PGO: configured without --enable-optimizations)"
    kept = [option for option in options if option.startswith(("--enable", "--with-lto", "--disable"))]
    lto = "LTO" if "--with-lto" in options else "no LTO stated"
    return f"{name}, {compiler}, {guided}, {lto}; configured with {' '.join(kept) or 'nothing further'}"


def version(server: Server) -> str:
    """The version of a server, as it reports it."""
    if server.name.startswith("pyhttp"):
        said = _output(server.python, "-c", "import pyhttp; print(pyhttp.__version__)")
    elif server.program.startswith("package:"):
        said = importlib.metadata.version(server.program.partition(":")[2])
    elif server.program:
        said = _output(server.program, "-v")
    else:
        said = _output(server.python, "-V")
    number = re.search(r"[0-9]+(?:\.[0-9]+)+\S*", said)
    return number.group() if number else said.strip()


def missing(server: Server) -> str:
    """The package that a server needs and this machine lacks; "" where nothing is missing."""
    kind, _, package = server.program.rpartition(":")
    if kind:
        return "" if importlib.util.find_spec(package) else f"{package} is not installed for this Python"
    if not server.program or shutil.which(server.program, path=SEARCHED):
        return ""
    return f"{server.program} is not installed: apt-get install {server.program}"


def about(other: str = "") -> Mapping[str, str]:
    """The machine, the interpreters and the client."""
    facts = {
        "processor": _processor(),
        "processors": f"{len(PROCESSORS)}",
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": built(sys.executable),
    }
    if other:
        facts["other Python"] = built(other)
    if shutil.which("wrk"):
        number = re.search(r"[0-9]+(?:\.[0-9]+)+", _output("wrk", "-v"))
        facts["wrk"] = number.group() if number else "?"
    parsers = ("h11", "httptools")
    facts["parsers"] = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in parsers)
    return facts


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("ascii", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _output(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment(Path(os.curdir)))
    return done.stdout + done.stderr
