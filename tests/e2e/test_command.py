"""The installed command: it starts, prints its address, serves, and stops in an orderly way."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pyhttp import __version__
from tests.helpers.command import COMMAND, Running, running
from tests.helpers.programs import need

MODULE = (sys.executable, "-m", "pyhttp")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=10)


@pytest.mark.parametrize("command", [COMMAND, MODULE])
def test_it_serves_a_folder_and_says_where(command: Sequence[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    with running(str(tmp_path), "--port", "0", log=tmp_path / "log", command=command) as server:
        assert server.announcement.startswith(f"Serving {tmp_path}\n")
        assert server.urls[0] == f"http://127.0.0.1:{server.port}/"
        assert server.get("/a.txt") == (200, b"hello")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0
        assert '"GET /a.txt HTTP/1.1" 200 5' in server.log.read_text()


def test_L11_only_this_machine_is_served(tmp_path: Path) -> None:
    with running(str(tmp_path), "--port", "0", log=tmp_path / "log") as server:
        assert {url.rpartition(":")[0] for url in server.urls} <= {"http://127.0.0.1", "http://[::1]"}
        assert "ALL interfaces" not in server.announcement
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", server.port), timeout=10)


@pytest.mark.parametrize("kind", ["--pooled", "--threaded", "--single"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_L10_a_signal_ends_it_within_a_second_with_exit_code_0(
    number: signal.Signals, kind: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with running(str(tmp_path), "--port", "0", kind, log=log) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as idle:
            idle.sendall(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert idle.recv(1000).startswith(b"HTTP/1.1 200 ")
            start = time.monotonic()
            server.process.send_signal(number)
            assert server.process.wait(10) == 0
            assert time.monotonic() - start < 1
            assert idle.recv(1) == b""
        assert log.read_text().count("\n") == 1


def test_L10_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    scripts = tmp_path / "cgi-bin"
    scripts.mkdir()
    (scripts / "slow").write_text("#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nexec sleep 5\n")
    (scripts / "slow").chmod(0o755)
    with (
        running(str(tmp_path), "--port", "0", log=tmp_path / "log") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as client,
    ):
        client.sendall(b"GET /cgi-bin/slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(0.3)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(1) == -signal.SIGTERM


def test_an_exchange_in_progress_is_finished(tmp_path: Path) -> None:
    content = bytes(8_000_000)
    (tmp_path / "a.bin").write_bytes(content)
    with (
        running(str(tmp_path), "--port", "0", log=tmp_path / "log") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as client,
    ):
        client.sendall(b"GET /a.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = client.recv(1000)
        server.process.send_signal(signal.SIGTERM)
        while data := client.recv(1 << 20):
            received += data
        assert received.partition(b"\r\n\r\n")[2] == content
        assert server.process.wait(10) == 0


def test_a_busy_port_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port: int = other.getsockname()[1]
        ended = run(str(tmp_path), "--port", str(port))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"pyhttp: cannot listen on 127.0.0.1 port {port}: Address already in use; ")
    assert ended.stderr.count("\n") == 1


def test_a_missing_folder_is_told_in_one_line(tmp_path: Path) -> None:
    ended = run(str(tmp_path / "gone"))
    expected = f"pyhttp: cannot serve {tmp_path / 'gone'}: No such file or directory\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", expected)


def test_a_usage_error_exits_with_2() -> None:
    ended = run("--port", "http")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Traceback" not in ended.stderr


def test_version() -> None:
    assert run("--version").stdout == f"pyhttp {__version__}\n"


def test_quiet(tmp_path: Path) -> None:
    with running(str(tmp_path), "--port", "0", "--quiet", log=tmp_path / "log") as server:
        assert server.get("/gone")[0] == 404
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0
        assert "GET" not in server.log.read_text()


def in_shell(script: str) -> tuple[str, ...]:
    """The command as a shell starts it. The text `script` says how "$@" is started."""
    return ("sh", "-c", script, "sh", *COMMAND)


@pytest.mark.parametrize("script", ['exec "$@" 0<&-', 'exec "$@" 2>/dev/full', 'exec "$@" 2>&-', 'exec "$@" 0<&- 2>&-'])
def test_a_stream_that_is_closed_or_full_ends_nothing(script: str, tmp_path: Path) -> None:
    (tmp_path / "cgi-bin").mkdir()
    show = tmp_path / "cgi-bin" / "show"
    show.write_text('#!/bin/sh\necho Content-Type: text/plain\necho\nread line\necho "error" >&2\necho "[$line]"\n')
    show.chmod(0o755)
    arguments = (str(tmp_path), "--port", "0", "-b", "127.0.0.1", "-v")
    with running(*arguments, log=tmp_path / "log", command=in_shell(script)) as server:
        for descriptor in range(3):
            target = Path(f"/proc/{server.process.pid}/fd/{descriptor}").readlink()
            assert not str(target).startswith("socket:")
        assert server.get("/gone")[0] == 404
        assert server.get("/cgi-bin/show") == (200, b"[]\n")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0


def nowhere(error: str) -> int:
    """A descriptor that cannot be written to. Where the test needs a closed descriptor, the shell closes it later."""
    if error == "Broken pipe":
        reading, writing = os.pipe()
        os.close(reading)
        return writing
    return os.open("/dev/full", os.O_WRONLY)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("error", ["Broken pipe", "No space left on device", "Bad file descriptor"])
def test_an_announcement_that_cannot_be_written_is_told_and_ends_nothing(
    error: str, unbuffered: str, tmp_path: Path
) -> None:
    output = nowhere(error)
    command = in_shell('exec "$@" >&-') if error == "Bad file descriptor" else COMMAND
    with subprocess.Popen(
        [*command, str(tmp_path), "-p", "0", "-b", "127.0.0.1"],
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    ) as process:
        os.close(output)
        assert process.stderr is not None
        told = process.stderr.readline()
        beginning = f"pyhttp: cannot write to standard output: {error}; serving at http://127.0.0.1:"
        assert told.startswith(beginning)
        port = int(told.removeprefix(beginning).rstrip("/\n"))
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_an_answer_that_cannot_be_written_is_told(option: str, unbuffered: str) -> None:
    ended = subprocess.run(
        [*in_shell('exec "$@" > /dev/full'), option],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=10,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    assert ended.stderr == "pyhttp: cannot write to standard output: No space left on device\n"
    assert ended.returncode == 1


def test_a_working_directory_that_has_been_removed_is_told_in_one_line(tmp_path: Path) -> None:
    removed = in_shell('rmdir "$PWD"; exec "$@"')
    (tmp_path / "gone").mkdir()
    ended = subprocess.run([*removed], cwd=tmp_path / "gone", capture_output=True, text=True, check=False, timeout=10)
    expected = "pyhttp: cannot serve the working directory: it has been removed\n"
    assert (ended.returncode, ended.stdout) == (1, "")
    # the shell of a wrapper writes this line
    assert ended.stderr in {expected, f"sh: 0: getcwd() failed: No such file or directory\n{expected}"}


def test_a_folder_whose_name_looks_like_an_option_is_served_behind_two_hyphens(tmp_path: Path) -> None:
    folder = tmp_path / "-lead"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"hello")
    command = ("sh", "-c", 'cd "$0"; exec "$@"', str(tmp_path), *COMMAND)
    with running("-p", "0", "--", "-lead", log=tmp_path / "log", command=command) as server:
        assert server.get("/a.txt") == (200, b"hello")


def test_a_port_in_the_folders_place_is_explained() -> None:
    ended = run("9000")
    assert ended.returncode == 2
    assert "to listen on port 9000, write --port 9000" in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize("start", ["trap '' INT; exec", "exec nohup"])
def test_a_server_that_ignores_SIGINT_from_its_start_says_nothing_of_it(start: str, tmp_path: Path) -> None:
    """A shell starts the jobs that its scripts leave in the background in this way."""
    start = start if "nohup" not in start else f"trap '' INT; {start}"
    with running(str(tmp_path), "-p", "0", log=tmp_path / "log", command=in_shell(f'{start} "$@"')) as server:
        assert "Ctrl+C" not in server.announcement
        assert server.announcement.endswith(f"Stop with kill {server.process.pid}\n")
        server.process.send_signal(signal.SIGINT)
        assert server.get("/")[0] == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0


def test_what_is_run_is_said_where_there_is_something_to_run(tmp_path: Path) -> None:
    with running(str(tmp_path), "-p", "0", log=tmp_path / "log") as server:
        assert "CGI" not in server.announcement
    (tmp_path / "cgi-bin").mkdir()
    with running(str(tmp_path), "-p", "0", log=tmp_path / "log") as server:
        assert "Files in cgi-bin are run as CGI scripts; --no-cgi shows them instead\n" in server.announcement
    with running(str(tmp_path), "-p", "0", "--no-cgi", log=tmp_path / "log") as server:
        assert "CGI" not in server.announcement


def test_all_interfaces_are_those_of_both_families(tmp_path: Path) -> None:
    with running(str(tmp_path), "-p", "0", "-b", "::", log=tmp_path / "log") as server:
        assert set(server.urls[:2]) == {f"http://[::1]:{server.port}/", f"http://127.0.0.1:{server.port}/"}
        assert len(server.urls) > 2 or "This machine is in no network now: " in server.announcement
        for url in server.urls:  # the addresses for other devices are this machine's, too
            host, port = urlsplit(url).hostname, urlsplit(url).port
            socket.create_connection((host, port), timeout=30).close()


def test_the_reason_of_a_refusal_is_told_on_demand(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "site" / "out").symlink_to(tmp_path / "secret")
    (tmp_path / "site" / ".hidden").touch()
    (tmp_path / "site" / "cgi-bin").mkdir()
    (tmp_path / "site" / "cgi-bin" / "plain").touch(0o644)
    reasons = {
        "/out": "404 a symbolic link leads out of the folder, and such links are not followed",
        "/.hidden": "404 a name that begins with a dot is hidden",
        "/gone": "404 No such file or directory",
        "/cgi-bin/": "403 a CGI directory is not listed",
        "/cgi-bin/plain": f"403 {str(tmp_path / 'site' / 'cgi-bin' / 'plain')!r} may not be executed: chmod +x",
        "/": "403 listings are switched off",
        "/a/%2e%2e/b": "404 the path has a dot segment",
        "/a%2Fb": "404 the path has an encoded slash",
        "/a%07": "400 path: the control character %07 at offset 2 (RFC 3986 §7.3)",
    }
    options = ("-p", "0", "-v", "--quiet", "--hide-dotfiles", "--no-listing")
    with running(str(tmp_path / "site"), *options, log=tmp_path / "log") as server:
        for path in reasons:
            server.get(path)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0
    told = [f'pyhttp: 127.0.0.1 "GET {path}": {reason}' for path, reason in reasons.items()]
    assert (tmp_path / "log").read_text().splitlines() == told


def test_TLS_on_a_plain_port_is_told_on_demand(tmp_path: Path) -> None:
    with running(str(tmp_path), "-p", "0", "--verbose", log=tmp_path / "log") as server:
        curl = ["curl", "-sk", "--max-time", "10", f"https://127.0.0.1:{server.port}/"]
        assert subprocess.run(curl, check=False, timeout=30).returncode == 35
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0
    assert "looks like a TLS handshake: https:// was used on this http:// port\n" in (tmp_path / "log").read_text()


STATE = "ulimit -Sn; ulimit -Hn; umask; nice; grep '^Sig[BIC]' /proc/self/status"
"""What a process has from the one that started it, and that the command, or its interpreter, changes for itself."""


@pytest.mark.parametrize("ignored", ["", "trap '' HUP USR1; "])
def test_C9_a_script_starts_as_the_command_was_started(ignored: str, tmp_path: Path) -> None:
    shell = ("sh", "-c", f'{ignored}ulimit -Sn 300; umask 027; exec "$@"', "sh")
    expected = subprocess.run([*shell, "sh", "-c", STATE], capture_output=True, check=True).stdout
    script = tmp_path / "site" / "cgi-bin" / "state"
    script.parent.mkdir(parents=True)
    script.write_text(f"#!/bin/sh\necho Content-Type: text/plain\necho\n{STATE}\n")
    script.chmod(0o755)
    with running(str(tmp_path / "site"), "-p", "0", log=tmp_path / "log", command=(*shell, *COMMAND)) as server:
        assert server.get("/cgi-bin/state") == (200, expected)


def status(server: Running, host: str) -> str:
    """The status that curl gets for a host."""
    asked = [need("curl"), "-s", "-o", os.devnull, "-w", "%{http_code}", "-H", f"Host: {host}"]
    url = f"http://127.0.0.1:{server.port}/"
    return subprocess.run([*asked, url], capture_output=True, text=True, check=True, timeout=30).stdout


@pytest.mark.parametrize(
    ("options", "allowed", "refused"),
    [
        ("", "localhost app.localhost:1 127.0.0.1 127.0.0.9 [::1] LOCALHOST. " + socket.gethostname(), "evil.example"),
        ("--allow-host dev.example", "dev.example:80 localhost", "evil.example"),
        ("--allow-host *", "evil.example localhost", ""),
        ("-b 0.0.0.0", "evil.example localhost", ""),
        ("-b 0.0.0.0 --allow-host dev.example", "dev.example", "evil.example localhost"),
        ("--proxy-headers 127.0.0.1", "evil.example", ""),
        ("--processes 1", "localhost", "evil.example"),
    ],
)
def test_L14_strangers_hosts_are_refused_where_only_this_machine_is_served(
    options: str, allowed: str, refused: str, tmp_path: Path
) -> None:
    with running(str(tmp_path), "--port", "0", *options.split(), log=tmp_path / "log") as server:
        assert {host: status(server, host) for host in allowed.split()} == dict.fromkeys(allowed.split(), "200")
        assert {host: status(server, host) for host in refused.split()} == dict.fromkeys(refused.split(), "421")
        assert server.log.read_text().count("--allow-host NAME") == len(refused.split())


def test_one_file_is_all_there_is_and_curl_decodes_it(tmp_path: Path) -> None:
    """The command as it is installed serves one page and nothing beside it. The page is compressed while it is sent."""
    text = b"".join(b"<p>%d\n" % number for number in range(50_000))
    (tmp_path / "report.html").write_bytes(text)
    (tmp_path / "secret.txt").write_bytes(b"secret")
    arguments = (str(tmp_path / "report.html"), "--port", "0", "--compress", "--host", "127.0.0.1")
    with running(*arguments, log=tmp_path / "log") as server:
        (url,) = server.urls
        assert url.endswith("/report.html")
        curl = [need("curl"), "-s", "--compressed", "-w", "%{size_download}", "-o"]
        for each in (url, url.removesuffix("report.html")):
            fetched = tmp_path / "fetched"
            size = subprocess.run([*curl, fetched, each], capture_output=True, check=True, timeout=30).stdout
            assert fetched.read_bytes() == text
            assert int(size) < len(text) / 2
        lost = [need("curl"), "-s", "-o", "/dev/null", "-w", "%{http_code}", url.replace("report.html", "secret.txt")]
        assert subprocess.run(lost, capture_output=True, check=True, timeout=30).stdout == b"404"


def test_pages_of_a_site_that_was_built(tmp_path: Path) -> None:
    for name in ("index.html", "about.html"):
        (tmp_path / name).write_text(name)
    with running(str(tmp_path), "--port", "0", "--clean-urls", "--spa", log=tmp_path / "log") as server:
        assert server.get("/about") == (200, b"about.html")
        assert server.get("/about.html")[0] == 301
        assert server.get("/orders/7")[0] == 404
        curl = [need("curl"), "-s", "-H", "Accept: text/html", f"{server.urls[0]}orders/7"]
        assert subprocess.run(curl, capture_output=True, check=True, timeout=30).stdout == b"index.html"
