"""TLS by the installed command: real clients, a certificate that is read anew, and errors before it listens."""

import re
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.helpers.browser import chromium
from tests.helpers.command import COMMAND, Running, running
from tests.helpers.crowd import until
from tests.helpers.programs import need
from tests.helpers.tls import TlsSocket, authority, client_context, connected
from tests.helpers.wire_client import WireClient


def write_certificate(folder: Path) -> None:
    """A certificate that the clients here trust, and its key."""
    made = authority().issue_cert("localhost", "127.0.0.1", "::1")
    (folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    (folder / "key.pem").write_bytes(made.private_key_pem.bytes())
    (folder / "ca.pem").write_bytes(authority().cert_pem.bytes())


def options(folder: Path) -> tuple[str, ...]:
    return ("--tls-cert", str(folder / "cert.pem"), "--tls-key", str(folder / "key.pem"), "--port", "0")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    write_certificate(tmp_path)
    return tmp_path


@pytest.fixture
def server(certificate: Path) -> Iterator[Running]:
    served = certificate / "served"
    (served / "cgi-bin").mkdir(parents=True)
    (served / "a.txt").write_bytes(b"hello")
    (served / "large").write_bytes(bytes(range(256)) * 40_000)
    script = served / "cgi-bin" / "env"
    script.write_text(
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n"
        'echo "$HTTPS $REQUEST_SCHEME $SERVER_PORT $SERVER_NAME $HTTP_HOST"\n'
    )
    script.chmod(0o755)
    with running(str(served), *options(certificate), log=certificate / "log") as started:
        yield started


def curl(certificate: Path, *arguments: str) -> bytes:
    """The output of curl. Curl trusts our authority alone, and fails where anything is not as it should be."""
    command = [need("curl"), "--silent", "--show-error", "--fail", "--cacert", str(certificate / "ca.pem"), *arguments]
    return subprocess.run(command, capture_output=True, check=True, timeout=30).stdout


def test_the_urls_say_https_and_curl_takes_them(server: Running, certificate: Path) -> None:
    assert server.urls
    for url in server.urls:
        assert url.startswith("https://")
        assert curl(certificate, f"{url}a.txt") == b"hello"
    large = curl(certificate, *(f"{server.urls[0]}large",) * 3, "--tlsv1.2", "--tls-max", "1.2")
    assert large == bytes(range(256)) * 120_000
    assert f"127.0.0.1:{server.port}".encode() in curl(certificate, f"{server.urls[0]}cgi-bin/env")


def test_X4_scripts_hear_of_tls(server: Running, certificate: Path) -> None:
    said = curl(certificate, f"{server.urls[0]}cgi-bin/env").decode().split()
    assert said == ["on", "https", str(server.port), "127.0.0.1", f"127.0.0.1:{server.port}"]


def test_openssl_agrees_on_http_1_1_and_hears_the_end(server: Running, certificate: Path) -> None:
    command = [
        *(need("openssl"), "s_client", "-connect", f"127.0.0.1:{server.port}", "-verify_return_error"),
        *("-CAfile", str(certificate / "ca.pem"), "-alpn", "h2,http/1.1", "-ign_eof"),
    ]
    asked = f"GET /a.txt HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n"
    said = subprocess.run(command, input=asked.encode(), capture_output=True, check=True, timeout=30).stdout
    assert b"ALPN protocol: http/1.1" in said
    assert b"Secure Renegotiation IS NOT" in said or b"TLSv1.3" in said
    assert b"\r\n\r\nhello" in said
    assert said.rstrip().endswith(b"closed")


def test_openssl_may_not_renegotiate(server: Running, certificate: Path) -> None:
    """A client that asks for a second handshake gets none, and the server goes on."""
    command = [
        *(need("openssl"), "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_2"),
        *("-CAfile", str(certificate / "ca.pem"), "-legacy_renegotiation"),
    ]
    said = subprocess.run(command, input=b"R\n", capture_output=True, check=False, timeout=30)
    assert b"no renegotiation" in said.stderr
    assert curl(certificate, f"{server.urls[0]}a.txt") == b"hello"


def test_older_versions_are_refused_and_the_log_says_so(server: Running, certificate: Path) -> None:
    command = [
        *(need("openssl"), "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    ]
    assert subprocess.run(command, input=b"", capture_output=True, check=False, timeout=30).returncode != 0
    until(lambda: "the TLS handshake failed: unsupported protocol" in server.log.read_text())
    assert "Traceback" not in server.log.read_text()


def test_chromium_browses(server: Running) -> None:
    with chromium() as browser:
        page = browser.new_page(ignore_https_errors=True)  # the browser does not know our authority
        listing = page.goto(server.urls[0])
        assert listing is not None
        assert listing.status == 200
        details = listing.security_details()
        assert details is not None
        assert details.get("protocol") == "TLS 1.3"
        page.get_by_role("link", name="a.txt").click()
        expect(page.locator("body")).to_have_text("hello")
    assert "Traceback" not in server.log.read_text()


def test_http_on_the_port_is_told_what_is_wrong(server: Running) -> None:
    url = server.urls[0].replace("https:", "http:")
    command = [need("curl"), "--silent", "--write-out", "%{http_code}", url]
    said = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
    assert said.endswith(b"400")
    assert b"https://" in said
    until(lambda: "HTTP without TLS" in server.log.read_text())


def test_https_on_a_plain_port_is_told_of(tmp_path: Path) -> None:
    with running(str(tmp_path), "--port", "0", log=tmp_path / "log") as server:
        command = [need("curl"), "--silent", server.urls[0].replace("http:", "https:")]
        assert subprocess.run(command, capture_output=True, check=False, timeout=30).returncode != 0
        until(lambda: "which looks like a TLS handshake" in server.log.read_text())
        assert server.log.read_text().count("TLS handshake") == 1


# --- a certificate read anew


def serial(port: int) -> bytes:
    with connected(("127.0.0.1", port), tls=client_context()) as client:
        return certificate_of(client)


def certificate_of(client: socket.socket) -> bytes:
    assert isinstance(client, TlsSocket)
    return client.tls.getpeercert(binary_form=True) or b""


@pytest.mark.parametrize("kind", ["--pooled", "--threaded", "--single"])
def test_sighup_reads_the_certificate_anew_and_ends_no_connection(kind: str, certificate: Path) -> None:
    log = certificate / "log"
    served = certificate / "served"
    served.mkdir()
    (served / "a").write_bytes(b"hello")
    asked = b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"

    def hang_up(server: Running, said: str) -> None:
        before = log.read_text().count(said)
        server.process.send_signal(signal.SIGHUP)
        until(lambda: log.read_text().count(said) == before + 1)

    with running(str(served), *options(certificate), kind, log=log) as server:
        first = serial(server.port)
        with WireClient("127.0.0.1", server.port, tls=client_context()) as client:
            client.send(asked)
            assert client.reply().content == b"hello"
            write_certificate(certificate)
            hang_up(server, "the certificate was read anew")
            second = serial(server.port)
            assert second != first
            (certificate / "key.pem").write_bytes(authority().issue_cert("localhost").private_key_pem.bytes())
            hang_up(server, "the certificate stays as it was: the key in ")
            assert serial(server.port) == second
            (certificate / "cert.pem").unlink()
            hang_up(server, "the certificate stays as it was: cannot read the certificate file ")
            assert serial(server.port) == second
            client.send(asked)
            assert client.reply().content == b"hello"
            assert certificate_of(client.sock) == first
    text = log.read_text()
    assert "Traceback" not in text
    assert len(re.findall("^pyhttp: ", text, re.MULTILINE)) == 3


# --- what is wrong


@pytest.mark.parametrize(
    ("arguments", "why", "code"),
    [
        (("--tls-cert", "gone.pem"), "pyhttp: cannot read the certificate file gone.pem: No such file", 1),
        (("--tls-cert", "cert.pem"), "pyhttp: cert.pem holds no private key in PEM form; name the file of its key", 1),
        (("--tls-cert", "cert.pem", "--tls-key", "other.pem"), "pyhttp: the key in other.pem is not that of the", 1),
        (("--tls-key", "key.pem"), "argument --tls-key: it is for a certificate; name its file by --tls-cert", 2),
        (
            ("--tls-password-file", "p"),
            "argument --tls-password-file: it is for a certificate; name its file by --tls-cert",
            2,
        ),
    ],
)
def test_what_is_wrong_is_one_line_before_it_listens(
    arguments: tuple[str, ...], why: str, code: int, certificate: Path
) -> None:
    (certificate / "other.pem").write_bytes(authority().issue_cert("localhost").private_key_pem.bytes())
    ended = subprocess.run(
        [*COMMAND, *arguments, "--port", "0"], cwd=certificate, capture_output=True, text=True, check=False, timeout=10
    )
    assert ended.returncode == code
    assert ended.stdout == ""
    assert why in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_a_key_in_the_folder_that_is_served_is_warned_of(certificate: Path, server: Running) -> None:
    warning = "is in the folder that is served, where everybody can read it"
    assert warning not in server.log.read_text()
    with running(str(certificate), *options(certificate), log=certificate / "other.log") as exposed:
        assert exposed.log.read_text() == f"pyhttp: {certificate / 'key.pem'} {warning}\n"


def test_the_lines_of_the_readme_serve(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (make,) = re.findall(r"^    (openssl req .*)$", readme, re.MULTILINE)
    (serve,) = re.findall(r"^    pyhttp (.* --tls-cert .*) --port 8443$", readme, re.MULTILINE)
    need("openssl")
    subprocess.run(make.split(), cwd=tmp_path, check=True, capture_output=True, timeout=30)
    (tmp_path / "site").mkdir()
    words = [str(tmp_path / word) if word.endswith(".pem") or word == "site" else word for word in serve.split()]
    with running(*words, "--port", "0", log=tmp_path / "log") as server:
        context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        with connected(("127.0.0.1", server.port), tls=context) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert "in the folder" not in server.log.read_text()


def test_a_password_is_read_from_its_file(certificate: Path) -> None:
    (certificate / "password").write_text("secret\n")
    locked = certificate / "locked.pem"
    command = [need("openssl"), "pkey", "-aes256", "-passout", "pass:secret", "-in", str(certificate / "key.pem")]
    subprocess.run([*command, "-out", str(locked)], check=True, timeout=30)
    words = ("--tls-cert", str(certificate / "cert.pem"), "--tls-key", str(locked), "--port", "0")
    password = ("--tls-password-file", str(certificate / "password"))
    with running(*words, *password, log=certificate / "log") as server:
        assert serial(server.port)
