"""`git clone` through a CGI script that calls git's own backend."""

import os
import subprocess
from pathlib import Path

from tests.helpers.command import running
from tests.helpers.programs import need


def git(*arguments: str) -> str:
    """The output of git. The settings and proxies of the machine have no influence on it."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    command = [need("git"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=60).stdout


def make_repository(work: Path) -> None:
    """Make a repository with some history and some large content."""
    git("init", "--quiet", str(work))
    for number in range(20):
        (work / f"{number}.txt").write_text(f"line {number}\n" * 1000)
        (work / "blob.bin").write_bytes(os.urandom(200_000))
        git("-C", str(work), "add", ".")
        git("-C", str(work), "commit", "--quiet", "--message", f"change {number}")


def test_a_clone_has_the_same_head_and_is_sound(tmp_path: Path) -> None:
    work, site, clone = tmp_path / "work", tmp_path / "site", tmp_path / "clone"
    make_repository(work)
    (site / "cgi-bin").mkdir(parents=True)
    wrapper = site / "cgi-bin" / "git"
    wrapper.write_text(
        f"#!/bin/sh\nexport GIT_PROJECT_ROOT='{tmp_path}' GIT_HTTP_EXPORT_ALL=1\nexec {need('git')} http-backend\n"
    )
    wrapper.chmod(0o755)
    with running(str(site), "--port", "0", log=tmp_path / "log") as server:
        git("clone", "--quiet", f"{server.urls[0]}cgi-bin/git/work/.git", str(clone))
    assert git("-C", str(clone), "rev-parse", "HEAD") == git("-C", str(work), "rev-parse", "HEAD")
    git("-C", str(clone), "fsck", "--full", "--strict")
    assert (clone / "blob.bin").read_bytes() == (work / "blob.bin").read_bytes()
