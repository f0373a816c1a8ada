"""Package managers that use a served folder as an index: pip, apt, and git's plain files."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.e2e.test_git import git, make_repository
from tests.helpers.command import running
from tests.helpers.folder import OLD
from tests.helpers.programs import need

NAME = "a-served-thing"
VERSION = "1.2+local"


def _run(*command: str, **environment: str) -> str:
    """The output of `command`. Proxies of the machine are not asked."""
    surroundings = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**surroundings, **environment}, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _make_wheel(folder: Path) -> Path:
    """Make the smallest wheel. Its version puts a plus sign into its name, which a link has to escape."""
    information = f"{NAME.replace('-', '_')}-{VERSION}.dist-info"
    wheel = folder / f"{NAME.replace('-', '_')}-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("a_served_thing.py", "answer = 42\n")
        archive.writestr(f"{information}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n")
        archive.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{information}/RECORD", "")
    return wheel


def test_pip_finds_a_wheel_in_a_listing_and_installs_it(tmp_path: Path) -> None:
    site, target = tmp_path / "site", tmp_path / "target"
    (site / "wheels").mkdir(parents=True)
    _make_wheel(site / "wheels")
    with running(str(site), "--port", "0", log=tmp_path / "log") as server:
        links = ["--no-index", "--find-links", f"{server.urls[0]}wheels/"]
        pip = [sys.executable, "-m", "pip", "--isolated", "--no-cache-dir", "--disable-pip-version-check"]
        _run(*pip, "install", "--quiet", "--no-deps", "--target", str(target), *links, NAME)
    assert (target / "a_served_thing.py").read_text() == "answer = 42\n"


def _make_package(folder: Path, version: str) -> str:
    """Make a Debian package with one file in it, and return what the index of its repository says of it."""
    tree = folder / f"tree-{version}"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr/share/served").mkdir(parents=True)
    (tree / "usr/share/served/answer").write_bytes(os.urandom(100_000))
    control = (
        f"Package: served-thing\nVersion: {version}\nArchitecture: all\n"
        "Maintainer: Nobody <a@example.org>\nDescription: a thing that is served\n"
    )
    (tree / "DEBIAN/control").write_text(control)
    name = f"pool/served-thing_{version}_all.deb"
    package = folder / "site" / name
    _run(need("dpkg-deb"), "--root-owner-group", "--build", str(tree), str(package))
    content = package.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return f"{control}Filename: {name}\nSize: {len(content)}\nSHA256: {digest}\n\n"


def test_apt_updates_from_a_flat_repository_and_gets_a_package_whose_download_was_cut(tmp_path: Path) -> None:
    """The index names a folder and not ``./``. Apt would put that into the path, and a dot segment is refused (T5)."""
    site = tmp_path / "site"
    (site / "pool").mkdir(parents=True)
    (site / "Packages").write_text("".join(_make_package(tmp_path, version) for version in ("1.0", "2.0~rc+1")))
    packages = (site / "Packages").read_bytes()
    digest = hashlib.sha256(packages).hexdigest()
    (site / "Release").write_text(f"Date: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n {digest} {len(packages)} Packages\n")
    root = tmp_path / "apt"
    for directory in ("state/lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d", "log"):
        (root / directory).mkdir(parents=True)
    (root / "state/status").touch()
    (root / "empty.conf").touch()
    options = {
        "Dir::State": root / "state",
        "Dir::State::status": root / "state/status",
        "Dir::Cache": root / "cache",
        "Dir::Log": root / "log",
        "Dir::Etc": root / "etc",
        "Dir::Etc::sourcelist": root / "etc/sources.list",
        "Dir::Etc::sourceparts": "-",
        "APT::Sandbox::User": "",
        "Acquire::http::Proxy": "DIRECT",
        "Acquire::Languages": "none",
    }
    apt = [need("apt-get"), "-q", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]
    package = site / "pool/served-thing_2.0~rc+1_all.deb"
    archives = root / "cache/archives"
    (archives / "partial" / package.name).write_bytes(package.read_bytes()[:30_000])
    for file in (package, archives / "partial" / package.name):  # apt sends the date of its part in If-Range
        os.utime(file, ns=(OLD, OLD))
    log = tmp_path / "access.log"
    with running(str(site), "--port", "0", "--access-log", str(log), log=tmp_path / "log") as server:
        (root / "etc/sources.list").write_text(f"deb [trusted=yes] {server.urls[0]} /\n")
        for _ in range(2):
            _run(*apt, "update", APT_CONFIG=str(root / "empty.conf"))
        _run(*apt, "install", "--download-only", "--yes", "served-thing", APT_CONFIG=str(root / "empty.conf"))
    assert (archives / package.name).read_bytes() == package.read_bytes()
    lines = [line.split('"')[1:] for line in log.read_text().splitlines()]
    answers = [(request.split()[1], rest.split()[0]) for request, rest in lines]
    assert ("/Release", "304") in answers
    assert ("/pool/served-thing_2.0%7erc%2b1_all.deb", "206") in answers


def test_git_clones_and_fetches_plain_files(tmp_path: Path) -> None:
    work, site, clone = tmp_path / "work", tmp_path / "site", tmp_path / "clone"
    make_repository(work)
    git("clone", "--quiet", "--bare", str(work), str(site / "repository.git"))
    git("-C", str(site / "repository.git"), "update-server-info")
    with running(str(site), "--port", "0", log=tmp_path / "log") as server:
        git("clone", "--quiet", f"{server.urls[0]}repository.git", str(clone))
        (work / "later").write_text("later\n")
        git("-C", str(work), "add", ".")
        git("-C", str(work), "commit", "--quiet", "--message", "later")
        git("-C", str(work), "push", "--quiet", str(site / "repository.git"), "HEAD")
        git("-C", str(site / "repository.git"), "update-server-info")
        git("-C", str(clone), "pull", "--quiet", "--ff-only")
    assert git("-C", str(clone), "rev-parse", "HEAD") == git("-C", str(work), "rev-parse", "HEAD")
    git("-C", str(clone), "fsck", "--full", "--strict")
