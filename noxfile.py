"""Every check of this project, one session each: `nox -l` lists them, plain `nox` runs what CI runs.

One environment for each interpreter, `.nox/<version>`, serves all sessions: to make environments would otherwise cost
more than the checks.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["tests"]

HERE: Final = Path(__file__).parent
ENVIRONMENTS: Final = HERE / ".nox"
ENVIRONMENTS.mkdir(exist_ok=True)
nox.options.report = str(ENVIRONMENTS / "report.json")

DEMANDED: Final = "3.11"
VERSIONS: Final = (DEMANDED, "3.12", "3.13")
BENCH: Final = "bench"
"""The environment of the servers with which pyhttp is compared, on the demanded Python."""
PYTHON_PATHS: Final = ("src", "tests", "benchmarks", "examples", "docs", "noxfile.py")
FUZZ_SECONDS: Final = "5"
PARTS: Final = (1, 2)
"""The parts of the robustness tests."""
RESULTS: Final = ENVIRONMENTS / "results"
RESULTS.mkdir(exist_ok=True)

EVERYTHING: Final = (
    "install",
    "lint",
    "types",
    "versions",
    "counts",
    "build",
    "pair",
    "robustness",
    "compliance",
)
"""The sessions of `tests`. `versions` is unit and conformance, on 3.11 with `coverage`; `pair` is fuzz, proof, docs and
e2e.

Benchmarks are sessions of their own: a busy machine must not fail a change. `counts` takes their place: its counts are
the same on every machine.
"""

each_version = nox.parametrize("version", VERSIONS, ids=VERSIONS)


@nox.session
def tests(session: nox.Session) -> None:
    """Everything that CI runs; the README's command."""
    for name in EVERYTHING:
        session.notify(name, ["--check"] if name == "compliance" else None)


@nox.session
def install(session: nox.Session) -> None:
    """Make the environments that the other sessions run in."""
    for version in VERSIONS:
        if interpreter(version) is None and version != DEMANDED:
            session.log(f"no Python {version} here: its tests will be skipped")
        else:
            environment(session, version)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: rules and format."""
    run(session, DEMANDED, "ruff", "check", *PYTHON_PATHS)
    run(session, DEMANDED, "ruff", "format", "--check", *PYTHON_PATHS)


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict; basedpyright finds the public types complete; and both distinguish right use from wrong."""
    run(session, DEMANDED, "mypy")
    run(session, DEMANDED, "basedpyright", "--verifytypes", "pyhttp", "--ignoreexternal")
    run(session, DEMANDED, "pytest", "tests/outside/test_types.py")


@nox.session
@each_version
def unit(session: nox.Session, version: str) -> None:
    """Each module by itself."""
    run(session, version, "pytest", "tests/unit", *session.posargs)


@nox.session
@each_version
def conformance(session: nox.Session, version: str) -> None:
    """The RFCs, clause by clause, and the safety lines; `-- --server HOST:PORT` plays the rows at a server, once."""
    if "--server" in session.posargs:
        if version != DEMANDED:
            session.skip("a server is asked once, not by each interpreter")
        where = session.posargs.index("--server")
        others = session.posargs[:where] + session.posargs[where + 2 :]
        run(session, version, "pyhttp", "check", *session.posargs[where + 1 : where + 2], *others)
    else:
        run(session, version, "pytest", "tests/conformance", *session.posargs)


@nox.session
def versions(session: nox.Session) -> None:
    """Unit and conformance on each interpreter, side by side, on 3.11 with coverage: half of their time is waiting."""
    others = [version for version in VERSIONS if version != DEMANDED]
    side_by_side(session, ("coverage",), *[(f"unit({version})", f"conformance({version})") for version in others])


@nox.session
def pair(session: nox.Session) -> None:
    """Fuzz, proof and docs, beside e2e: the first three need a processor, and e2e mostly waits."""
    side_by_side(session, ("fuzz",), ("e2e", "proof", "docs"))


@nox.session
def fuzz(session: nox.Session) -> None:
    """Random input, 5 s for each property, 2 s for each target guided by coverage; `-- --minutes N` runs longer."""
    if session.posargs:
        run(session, DEMANDED, "python", "-m", "tests.fuzz.run", *session.posargs)
    else:
        record(session, "pytest", "tests/fuzz", FUZZ_SECONDS=FUZZ_SECONDS)


@nox.session
def proof(session: nox.Session) -> None:
    """The patterns and the readers have the languages of the RFCs' grammar; `-- --write` writes the tables."""
    if "--write" in session.posargs:
        run(session, DEMANDED, "python", "-m", "tests.proof.page", *session.posargs)
    else:
        record(session, "pytest", "tests/proof", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Unit and conformance tests with branch coverage; the floor is in pyproject.toml and only rises."""
    run(session, DEMANDED, "coverage", "erase")
    record(session, "coverage", "run", "-m", "pytest", "tests/unit", "tests/conformance", *session.posargs)
    run(session, DEMANDED, "coverage", "report")


@nox.session
def build(session: nox.Session) -> None:
    """Sdist and wheel: the sdist is complete, the wheel serves alone, and another project uses it."""
    shutil.rmtree(HERE / "dist", ignore_errors=True)
    run(session, DEMANDED, "python", "-m", "build")
    unpacked = ENVIRONMENTS / "sdist"
    shutil.rmtree(unpacked, ignore_errors=True)
    (sdist,) = (HERE / "dist").glob("*.tar.gz")
    shutil.unpack_archive(sdist, unpacked, filter="data")
    (tree,) = unpacked.iterdir()
    with session.chdir(tree):
        run(session, DEMANDED, "pytest", "tests/unit/test_packaging.py", "tests/unit/test_documents.py")
    clean = make_environment(session, demand(session, DEMANDED), ENVIRONMENTS / "wheel")
    (wheel,) = map(str, (HERE / "dist").glob("*.whl"))
    session.run(str(clean / "bin/python"), "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel)
    run(session, DEMANDED, "pytest", "tests/e2e/test_command.py", TESTED_COMMAND=str(clean / "bin/pyhttp"))
    # The project needs pytest, which the session has; of pyhttp, the path of a .pth file brings at most metadata.
    installed = f"lib/python{DEMANDED}/site-packages"
    (clean / installed / "session.pth").write_text(f"{ENVIRONMENTS / DEMANDED / installed}\n")
    run(session, DEMANDED, "pytest", "tests/outside", TESTED_PYTHON=str(clean / "bin/python"))


@nox.session
def docs(session: nox.Session) -> None:
    """The site of the documents, docs/_build/html: no warning, and the reference has exactly the public names."""
    run(session, DEMANDED, "pytest", "tests/site", *session.posargs)


@nox.session
def e2e(session: nox.Session) -> None:
    """The installed command with a large folder, curl, git and a browser; Flask, Django and Bottle."""
    further(session, "frameworks")
    record(session, "pytest", "tests/e2e", *session.posargs)


@nox.session
def robustness(session: nox.Session) -> None:
    """Slow clients, few descriptors, stops under load: the short form, in two parts that mostly wait."""
    if session.posargs:
        run(session, DEMANDED, "pytest", "tests/robustness", *session.posargs)
    else:
        side_by_side(session, *[(f"part({number})",) for number in PARTS])


@nox.session
@nox.parametrize("number", PARTS, ids=map(str, PARTS))
def part(session: nox.Session, number: int) -> None:
    """Every second test of robustness. At most two parts run at once: their measurements need a processor for each."""
    variables = {"TEST_PART": f"{number}/{len(PARTS)}"}
    record(session, "pytest", "tests/robustness", "-p", "tests.helpers.parts", *session.posargs, **variables)


@nox.session
def zipapp(session: nox.Session) -> None:
    """The whole server in one file, dist/pyhttp.pyz, tested like the wheel."""
    app = ENVIRONMENTS / "zipapp"
    shutil.rmtree(app, ignore_errors=True)
    shutil.copytree(HERE / "src/pyhttp", app / "pyhttp", ignore=shutil.ignore_patterns("__pycache__"))
    # Not zipapp's --main, which loses the exit status.
    (app / "__main__.py").write_text("import sys\n\nfrom pyhttp.__main__ import main\n\nsys.exit(main())\n")
    (HERE / "dist").mkdir(exist_ok=True)
    made = str(HERE / "dist/pyhttp.pyz")
    run(session, DEMANDED, "python", "-m", "zipapp", str(app), "-o", made, "-p", "/usr/bin/env python3", "-c")
    run(session, DEMANDED, "pytest", "tests/e2e/test_command.py", TESTED_COMMAND=made)


@nox.session
def image(session: nox.Session) -> None:
    """The Containerfile's image, built from the wheel and run; IMAGE_BASE in the environment names another base."""
    if shutil.which("podman") is None and shutil.which("docker") is None:
        session.skip("no podman and no docker here")
    shutil.rmtree(HERE / "dist", ignore_errors=True)
    run(session, DEMANDED, "python", "-m", "build", "--wheel")
    run(session, DEMANDED, "pytest", "tests/image")


@nox.session
def counts(session: nox.Session) -> None:
    """The calls and system calls of a request are as many as written down, not one more."""
    run(session, DEMANDED, "pytest", "tests/counts", *session.posargs)


@nox.session
def instructions(session: nox.Session) -> None:
    """The instructions of a request are as many as written down, by valgrind, within 2 %: takes minutes."""
    run(session, DEMANDED, "python", "-m", "tests.counts.instructions", "--check", *session.posargs)


@nox.session
def compliance(session: nox.Session) -> None:
    """Join the clauses with the results of the last coverage, fuzz, proof, e2e and robustness: docs/conformance.md."""
    results = sorted(map(str, RESULTS.glob("*.json")))
    run(session, DEMANDED, "python", "-m", "tests.conformance.report", "--results", *results, *session.posargs)


@nox.session
def inside(session: nox.Session) -> None:
    """Draw the life of a connection into docs/inside.md."""
    run(session, DEMANDED, "python", "-m", "tests.helpers.inside", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Speed beside other servers: writes docs/speed.md and its like, in hours; `-- --quick` prints in two minutes."""
    absent = [program for program in ("wrk", "nginx", "lighttpd") if shutil.which(program) is None]
    if absent and os.geteuid() == 0 and shutil.which("apt-get"):
        # If this fails, the benchmark reports the servers that it lacks.
        session.run("apt-get", "install", "-q", "-y", *absent, external=True, success_codes=range(256), silent=True)
    run(session, BENCH, "python", "-m", "benchmarks", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """A million mixed requests and 9,900 idle connections; nothing may grow. Takes long."""
    run(session, DEMANDED, "python", "-m", "tests.robustness.soak", *session.posargs)


@nox.session
def mutation(session: nox.Session) -> None:
    """A seeded sample of small faults in the code: the tests notice 96 % of them. Takes long."""
    run(session, DEMANDED, "python", "-m", "tests.mutation.session", *session.posargs)


@nox.session
def breaking(session: nox.Session) -> None:
    """Each MUST is broken on purpose: the test that cites it notices. Takes minutes."""
    run(session, DEMANDED, "python", "-m", "tests.breaking.session", "--jobs", "2", *session.posargs)


@nox.session
def oracles(session: nox.Session) -> None:
    """Half a million messages read by other parsers too: each divergence has a name, and no more have. Takes long."""
    run(session, DEMANDED, "python", "-m", "tests.conformance.oracles.session", *session.posargs)


@nox.session
def peers(session: nox.Session) -> None:
    """The rows of conformance at other servers: writes docs/peers.md. Takes long."""
    further(session, "peers")
    run(session, DEMANDED, "python", "-m", "tests.conformance.peers", *session.posargs)


@nox.session(name="bench-tls")
def bench_tls(session: nox.Session) -> None:
    """Handshakes, requests and idle connections by TLS, beside nginx: writes docs/tls.md, in three minutes."""
    run(session, BENCH, "python", "-m", "benchmarks.tls", *session.posargs)


@nox.session(name="bench-processes")
def bench_processes(session: nox.Session) -> None:
    """The gain of a second process, and the shares of two in the work, in a minute."""
    run(session, BENCH, "python", "-m", "benchmarks.processes", *session.posargs)


@nox.session(name="bench-files")
def bench_files(session: nox.Session) -> None:
    """The same requests for files at other servers: writes docs/comparison.md."""
    run(session, DEMANDED, "python", "benchmarks/compare_files.py", *session.posargs)


@nox.session(name="bench-robustness")
def bench_robustness(session: nox.Session) -> None:
    """The same abuse at other servers: writes docs/robustness.md; `-- --tls` its part about TLS. Takes long."""
    further(session, "peers")
    run(session, DEMANDED, "python", "-m", "benchmarks.robustness", *session.posargs)


def further(session: nox.Session, group: str) -> None:
    """Install a dependency group that only some sessions need."""
    requirements = nox.project.dependency_groups(nox.project.load_toml(HERE / "pyproject.toml"), group)
    run(session, DEMANDED, "python", "-m", "pip", "install", "-q", *requirements)


def run(session: nox.Session, version: str, program: str, *arguments: str, **variables: str) -> None:
    """Run a program of the environment of Python `version`, or of `BENCH`; skip where that Python is missing."""
    bin_folder = environment(session, version) / "bin"
    # PYTHONPATH may be the way nox itself was found; the tested code must not see nox's own packages.
    env: dict[str, str | None] = {"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": None}
    session.run(str(bin_folder / program), *arguments, env={**env, **variables}, external=True)


def side_by_side(session: nox.Session, *groups: tuple[str, ...]) -> None:
    """Run groups of sessions at the same time; the sessions of a group run one after the other."""
    runs = {
        group: subprocess.Popen(
            [sys.executable, "-m", "nox", "-s", *group],
            cwd=HERE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for group in groups
    }
    failed: list[str] = []
    for group, tests_of_it in runs.items():
        said, _ = tests_of_it.communicate()  # as a whole, since mixed lines would be unreadable
        print(said, flush=True)
        if tests_of_it.returncode:
            failed += group
    if failed:
        session.error(f"failed: {', '.join(failed)}")


def record(session: nox.Session, program: str, *arguments: str, **variables: str) -> None:
    """Run pytest on 3.11 and record the clauses that its tests show."""
    variables["TEST_RESULTS"] = str(RESULTS / f"{session.name}.json")
    run(session, DEMANDED, program, *arguments, "-p", "tests.conformance.recorder", **variables)


def environment(session: nox.Session, version: str) -> Path:
    """The environment of Python `version` with the tools and, editable, the package; made again when they change."""
    folder = ENVIRONMENTS / version
    stamp = folder / "made-for"
    python = demand(session, DEMANDED if version == BENCH else version)
    wanted = f"{python} {hashlib.sha256((HERE / 'pyproject.toml').read_bytes()).hexdigest()}"
    if stamp.exists() and stamp.read_text() == wanted:
        return folder
    make_environment(session, python, folder)
    group = {DEMANDED: "dev", BENCH: "bench"}.get(version, "test")
    requirements = nox.project.dependency_groups(nox.project.load_toml(HERE / "pyproject.toml"), group)
    pip = (str(folder / "bin/python"), "-m", "pip", "install", "-q")
    session.run(*pip, *requirements, env={"PYTHONPATH": None}, external=True)
    session.run(*pip, "--no-deps", "-e", str(HERE), env={"PYTHONPATH": None}, external=True)
    stamp.write_text(wanted)
    return folder


def make_environment(session: nox.Session, python: str, folder: Path) -> Path:
    """Make a new and empty environment in `folder`, by the virtualenv that nox brings: it needs no ensurepip."""
    session.run(sys.executable, "-m", "virtualenv", "-q", "--clear", "-p", python, str(folder), external=True)
    return folder


def demand(session: nox.Session, version: str) -> str:
    """The interpreter of `version`; without it the session fails for 3.11 and is skipped for the others."""
    python = interpreter(version)
    if python is None:
        missing = f"no Python {version} on PATH or below ~/.pyenv/versions"
        if version == DEMANDED:
            session.error(missing)
        session.skip(missing)
    return python


@cache
def interpreter(version: str) -> str | None:
    """A Python of `version` that really starts: a pyenv shim on PATH may not."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = (shutil.which(f"python{version}"), *map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python"))))
    script = "import sys; print(sys.executable, '%d.%d' % sys.version_info[:2])"
    for candidate in (sys.executable, *filter(None, found)):
        answer = subprocess.run([candidate, "-c", script], capture_output=True, text=True, check=False)
        real, _, its_version = answer.stdout.strip().rpartition(" ")
        if its_version == version:
            return real
    return None
