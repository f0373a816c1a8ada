"""Programs that people run by CGI, from Debian's packages: git, gitweb, cgit, PHP, Perl, WSGI, Mercurial."""

import hashlib
import http.client
import http.cookiejar
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, ThreadedServer
from pyhttp.site import Site
from tests.helpers.programs import need


def need_file(path: str) -> str:
    """Do the same as `need`, for a program that is on no search path."""
    return path if Path(path).exists() else need(path)


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes


@dataclass
class Place:
    """A folder with its server."""

    root: Path
    server: BaseServer

    @property
    def url(self) -> str:
        return self.server.url

    def script(self, name: str, *lines: str) -> None:
        path = self.root / "cgi-bin" / name
        path.write_text("\n".join((*lines, "")))
        path.chmod(0o755)

    def ask(self, path: str, content: bytes | None = None, **headers: str) -> Answer:
        """Send a GET request, or a POST request where there is content. Redirects are not followed."""
        connection = http.client.HTTPConnection(*self.server.addresses[0], timeout=60)
        try:
            connection.request("GET" if content is None else "POST", path, content, headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    root = tmp_path / "www"
    (root / "cgi-bin").mkdir(parents=True)
    site = Site(cgi_suffixes=((".php", shutil.which("php-cgi") or "/usr/bin/php-cgi"),))
    handler = partial(BaseHttpRequestHandler, directory=str(root), site=site)
    with ThreadedServer("127.0.0.1", 0, handler) as server:
        yield Place(root, server)
    assert server.scripts.running == 0


# --- git


def git(*arguments: str, **variables: str) -> str:
    """The output of git. The settings and proxies of the machine have no influence on it."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        **variables,
    }
    command = [need("git"), "-c", "init.defaultBranch=main", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def commit(work: Path, name: str, content: bytes) -> None:
    (work / name).write_bytes(content)
    git("-C", str(work), "add", ".")
    git("-C", str(work), "commit", "--quiet", "--message", f"change {name}")


@pytest.fixture
def repository(place: Place, tmp_path: Path) -> Path:
    """A bare repository of five commits, and a work tree of it. Git's own backend serves it, and takes pushes."""
    bare, work = tmp_path / "repositories" / "project.git", tmp_path / "work"
    git("init", "--quiet", str(work))
    for number in range(5):
        commit(work, f"{number}.txt", f"line {number}\n".encode() * 1000)
    git("clone", "--quiet", "--bare", str(work), str(bare))
    git("-C", str(bare), "config", "http.receivepack", "true")
    place.script(
        "git",
        "#!/bin/sh",
        f"export GIT_PROJECT_ROOT='{bare.parent}' GIT_HTTP_EXPORT_ALL=1",
        f"exec {need('git')} http-backend",
    )
    return bare


def same_heads(one: Path, other: Path) -> None:
    assert git("-C", str(one), "rev-parse", "HEAD") == git("-C", str(other), "rev-parse", "HEAD")
    git("-C", str(one), "fsck", "--full", "--strict")


@pytest.mark.parametrize("version", ["0", "2"])
def test_git_clone_in_both_protocols(place: Place, repository: Path, tmp_path: Path, version: str) -> None:
    clone = tmp_path / "clone"
    url = f"{place.url}cgi-bin/git/project.git"
    told = git("-c", f"protocol.version={version}", "clone", url, str(clone), GIT_TRACE_PACKET="1")
    same_heads(clone, repository)
    assert ("version 2" in told) == (version == "2")


def test_git_shallow_clone_and_fetch(place: Place, repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git("clone", "--quiet", "--depth", "2", f"{place.url}cgi-bin/git/project.git", str(clone))
    assert git("-C", str(clone), "rev-list", "--count", "HEAD").strip() == "2"
    commit(tmp_path / "work", "new.txt", b"new\n")
    git("-C", str(tmp_path / "work"), "push", "--quiet", str(repository), "main")
    git("-C", str(clone), "fetch", "--quiet", "--unshallow")
    git("-C", str(clone), "merge", "--quiet", "--ff-only", "FETCH_HEAD")
    assert git("-C", str(clone), "rev-list", "--count", "HEAD").strip() == "6"
    same_heads(clone, repository)


def test_git_push_of_a_pack_so_large_that_it_comes_in_chunks(place: Place, repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git("clone", "--quiet", f"{place.url}cgi-bin/git/project.git", str(clone))
    commit(clone, "blob.bin", os.urandom(6 * 1024 * 1024))
    told = git("-C", str(clone), "push", "origin", "HEAD", GIT_CURL_VERBOSE="1")
    assert "Transfer-Encoding: chunked" in told
    same_heads(clone, repository)


# --- web front ends of repositories


def test_gitweb(place: Place, repository: Path, tmp_path: Path) -> None:
    config = tmp_path / "gitweb.conf"
    config.write_text(f"$projectroot = '{repository.parent}';\n")
    program = need_file("/usr/share/gitweb/gitweb.cgi")
    place.script("gitweb", "#!/bin/sh", f"export GITWEB_CONFIG='{config}' HOME=/", f"exec {program}")
    listing = place.ask("/cgi-bin/gitweb")
    assert (listing.status, b"project.git" in listing.content) == (200, True)
    summary = place.ask("/cgi-bin/gitweb?p=project.git;a=summary")
    assert (summary.status, b"change 4.txt" in summary.content) == (200, True)
    blob = place.ask("/cgi-bin/gitweb?p=project.git;a=blob_plain;f=3.txt;hb=HEAD")
    assert (blob.status, blob.content) == (200, b"line 3\n" * 1000)
    assert place.ask("/cgi-bin/gitweb?p=none.git;a=summary").status == 404


def test_cgit(place: Place, repository: Path, tmp_path: Path) -> None:
    config = tmp_path / "cgitrc"
    config.write_text(f"virtual-root=/cgi-bin/cgit/\nenable-http-clone=1\nscan-path={repository.parent}\n")
    program = need_file("/usr/lib/cgit/cgit.cgi")
    place.script("cgit", "#!/bin/sh", f"export CGIT_CONFIG='{config}'", f"exec {program}")
    log = place.ask("/cgi-bin/cgit/project.git/log/")
    assert (log.status, b"change 4.txt" in log.content) == (200, True)
    plain = place.ask("/cgi-bin/cgit/project.git/plain/3.txt")
    assert (plain.status, plain.content) == (200, b"line 3\n" * 1000)
    assert place.ask("/cgi-bin/cgit/none.git/").status == 404


def test_hgweb(place: Place, tmp_path: Path) -> None:
    hg, work, clone = need("hg"), tmp_path / "hg-work", tmp_path / "hg-clone"
    environment = {"PATH": os.environ["PATH"], "HGRCPATH": "", "HGPLAIN": "1", "LANG": "C.UTF-8"}
    run = partial(subprocess.run, check=True, capture_output=True, text=True, env=environment, timeout=60)
    run([hg, "init", str(work)])
    (work / "file.txt").write_text("text\n" * 1000)
    run([hg, "-R", str(work), "commit", "--addremove", "-u", "somebody", "-m", "the first change"])
    interpreter = Path(hg).read_text().split("\n", 1)[0]
    place.script(
        "hg",
        interpreter,
        "from mercurial.hgweb import hgweb, wsgicgi",
        f"wsgicgi.launch(hgweb({os.fsencode(work)!r}, b'project'))",
    )
    log = place.ask("/cgi-bin/hg/log")
    assert (log.status, b"the first change" in log.content) == (200, True)
    run([hg, "clone", "--quiet", f"{place.url}cgi-bin/hg", str(clone)])
    assert (clone / "file.txt").read_text() == "text\n" * 1000


# --- PHP


PHP = """<?php
session_save_path(__DIR__);
session_start();
if (isset($_GET['to'])) { header('Location: ' . $_GET['to']); exit; }
$_SESSION['seen'] = ($_SESSION['seen'] ?? 0) + 1;
header('Content-Type: text/plain');
echo 'method=', $_SERVER['REQUEST_METHOD'], ' seen=', $_SESSION['seen'], ' info=', $_SERVER['PATH_INFO'] ?? '', "\\n";
echo 'name=', $_POST['name'] ?? '', ' query=', $_GET['q'] ?? '', "\\n";
$file = $_FILES['file'] ?? null;
if ($file) { echo 'file=', sha1_file($file['tmp_name']), ' ', $file['size'], "\\n"; }
"""


@pytest.fixture(params=["suffix", "interpreter line"])
def page(request: pytest.FixtureRequest, place: Place) -> str:
    """The path of a PHP page. A program for its suffix runs the page, or the page runs by itself."""
    program = need("php-cgi")
    if request.param == "suffix":
        (place.root / "app").mkdir()
        (place.root / "app" / "page.php").write_text(PHP)
        return "/app/page.php"
    place.script("page", f"#!{program}", PHP)
    return "/cgi-bin/page"


def test_php_form_session_and_path(place: Place, page: str) -> None:
    form = urllib.parse.urlencode({"name": "A & B"}).encode()
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), jar)
    url = place.url.rstrip("/") + page
    with opener.open(f"{url}/more?q=%C3%A9", form, timeout=30) as first:
        assert first.read().decode() == "method=POST seen=1 info=/more\nname=A & B query=é\n"
    with opener.open(url, timeout=30) as second:
        assert second.read().decode() == "method=GET seen=2 info=\nname= query=\n"


def test_php_upload(place: Place, page: str) -> None:
    content = os.urandom(1_500_000)
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n' + content + b"\r\n--x--\r\n"
    answer = place.ask(page, body, **{"Content-Type": "multipart/form-data; boundary=x"})
    digest = hashlib.sha1(content).hexdigest()
    assert f"file={digest} 1500000\n" in answer.content.decode()


@pytest.mark.parametrize("target", ["/app/other", "http://example.com/"])
def test_php_redirect(place: Place, page: str, target: str) -> None:
    answer = place.ask(f"{page}?to={target}")
    assert (answer.status, answer.headers["Location"]) == (302, target)


def test_php_source_is_not_sent(place: Place, page: str) -> None:
    for path in (page, page.upper(), f"{page}/", f"/{page}"):
        assert b"session_save_path" not in place.ask(path, Range="bytes=0-99").content


# --- Perl, Python


def test_perl_cgi(place: Place) -> None:
    need("perl")
    place.script(
        "perl",
        "#!/usr/bin/perl -T",
        "use strict; use CGI;",
        "my $q = CGI->new;",
        "if ($q->param('to')) { print $q->redirect(-uri => scalar $q->param('to'), -status => 303); exit; }",
        "my $cookie = $q->cookie(-name => 'seen', -value => ($q->cookie('seen') || 0) + 1);",
        "print $q->header(-type => 'text/plain', -charset => 'utf-8', -cookie => $cookie, -status => '201 Made');",
        "print join('|', $q->request_method, $q->path_info, $q->url(-path_info => 1), scalar $q->param('name'));",
    )
    form = urllib.parse.urlencode({"name": "A & B"}).encode()
    made = place.ask(
        "/cgi-bin/perl/x", form, **{"Content-Type": "application/x-www-form-urlencoded", "Cookie": "seen=4"}
    )
    assert (made.status, made.headers["Content-Type"]) == (201, "text/plain; charset=utf-8")
    assert "seen=5" in made.headers["Set-Cookie"]
    assert made.content.decode() == f"POST|/x|{place.url}cgi-bin/perl/x|A & B"
    away = place.ask("/cgi-bin/perl?to=/elsewhere")
    assert (away.status, away.headers["Location"]) == (303, "/elsewhere")


def test_a_wsgi_application(place: Place) -> None:
    """The application is under wsgiref's validator, which fails where the environment is not what PEP 3333 asks for."""
    place.script(
        "wsgi",
        f"#!{sys.executable} -E",
        "from wsgiref.handlers import CGIHandler",
        "from wsgiref.util import request_uri",
        "from wsgiref.validate import validator",
        "def application(environ, start_response):",
        "    content = environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 0))",
        "    start_response('200 Fine', [('Content-Type', 'text/plain')])",
        "    return [request_uri(environ).encode(), b'|', content]",
        "def run(environ, start_response):",
        "    # Its absence is allowed, and as such checked; but the validator fails over the words of its complaint.",
        "    environ.setdefault('PATH_INFO', '')",
        "    return validator(application)(environ, start_response)",
        "CGIHandler().run(run)",
    )
    assert place.ask("/cgi-bin/wsgi").content.decode() == f"{place.url}cgi-bin/wsgi|"
    answer = place.ask("/cgi-bin/wsgi/a%20b?c=d", b"content", **{"Content-Type": "text/plain"})
    assert (answer.status, answer.content.decode()) == (200, f"{place.url}cgi-bin/wsgi/a%20b?c=d|content")


def test_a_shell_script(place: Place) -> None:
    place.script("sh", "#!/bin/sh", "echo 'Content-Type: text/plain'; echo", 'echo "$REQUEST_METHOD"; wc -c')
    answer = place.ask("/cgi-bin/sh", b"x" * 100_000)
    assert re.fullmatch(rb"POST\n\s*100000\n", answer.content)
