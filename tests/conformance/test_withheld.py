"""C8, W8: no request gets a file that may run or is hidden, through a socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.servers.threaded import ThreadedServer
from pyhttp.site import CODINGS, Site
from tests.conformance.folder_client import FolderClient, serving
from tests.helpers.folder import write

SOURCE = b"#!/bin/sh\nprintf 'Location: %s\\n\\n' \"$PATH_INFO\"  # its source\n"
PHP = ((".php", "/bin/false"),)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FolderClient]:
    root: Path = tmp_path_factory.mktemp("folder")
    write(root / "scripts" / "go", SOURCE).chmod(0o755)
    for name in ("secret.php", "secret.php.gz", ".git/config", "site/page.html"):
        write(root / name, SOURCE)
    for name, target in (
        ("cgi-bin", "scripts"),
        ("link", "scripts/go"),
        ("a.txt", "secret.php"),
        ("pub", ".git"),
        ("404.html", "secret.php"),
        ("index/index.html", "../scripts/go"),
        ("index2/index.html", "../secret.php"),
    ):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).symlink_to(target)
    site = Site(cgi_suffixes=PHP, hide_dotfiles=True, codings=CODINGS)
    with serving(ThreadedServer, root, site) as served:
        yield served


@pytest.mark.parametrize("prefix", ["", "/cgi-bin/go"], ids=["asked for", "by a local redirect"])
@pytest.mark.parametrize(
    "path",
    ["/scripts/go", "/scripts/", "/scripts", "/link", "/a.txt", "/secret.php.gz", "/pub/config", "/pub/", "/pub",
     "/index/", "/index2/", "/index/index.html", "/absent", "/scripts/go/"],
)  # fmt: skip
@pytest.mark.parametrize(
    "fields",
    [{}, {"Accept_Encoding": "gzip"}, {"Range": "bytes=2-"}, {"Accept": "application/json"}],
    ids=["plain", "coded", "part", "as JSON"],
)
def test_C8_W8_it_is_not_found(client: FolderClient, prefix: str, path: str, fields: dict[str, str]) -> None:
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    (reply,) = client.raw(f"GET {prefix}{path} HTTP/1.1\r\nHost: a\r\n{head}\r\n".encode())
    assert reply.status == 404
    assert b"source" not in reply.content


def test_C8_W8_nothing_of_it_is_listed(client: FolderClient) -> None:
    page = client.ask("/").content
    for name in (b"scripts", b"cgi-bin", b"link", b"a.txt", b"pub", b"php.gz", b"404.html", b".git"):
        assert b'href="' + name not in page
    assert b'href="secret.php"' in page
