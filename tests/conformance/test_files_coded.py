"""RFC 9110 §8.4, RFC 9112 §6, §7: files that get a content coding while they are sent, through a socket."""

import gzip
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from pyhttp.servers.base import BaseServer
from pyhttp.servers.pooled import PooledServer
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.site import Site
from tests.conformance.folder_client import FolderClient, serving
from tests.helpers.folder import settle, write
from tests.helpers.sockets import read_until_end
from tests.helpers.wire_client import WireClient

TEXT: Final = b"".join(b"%d\n" % number for number in range(3000))
LONG: Final = random.Random(7).randbytes(1_500_000).hex().encode()
ACCEPTS: Final = "gzip;q=1.0"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folder")
    settle(write(folder / "page.txt", TEXT), write(folder / "long.txt", LONG), write(folder / "a.png", TEXT))
    return folder


@pytest.fixture(scope="module", params=(BaseServer, ThreadedServer, PooledServer), ids=lambda kind: kind.__name__)
def client(request: pytest.FixtureRequest, root: Path) -> Iterator[FolderClient]:
    kind: type[BaseServer] = request.param
    with serving(kind, root, Site(compress=True)) as served:
        yield served


@pytest.mark.clause("9110-8.4-5a", "9110-12.5.5-10a", "9112-6.3-3a")
def test_a_coded_file_is_chunked_and_the_connection_goes_on(client: FolderClient) -> None:
    for target, plain in (("/page.txt", TEXT), ("/long.txt", LONG)):
        reply = client.ask(target, Accept_Encoding=ACCEPTS)
        assert (reply.status, reply.get("Content-Encoding"), reply.get("Vary")) == (200, "gzip", "Accept-Encoding")
        assert (reply.get("Transfer-Encoding"), reply.get("Content-Length")) == ("chunked", None)
        assert gzip.decompress(reply.content) == plain


@pytest.mark.clause("9112-6.1-13b", "9112-6.3-3a")
@pytest.mark.parametrize("keep", [b"", b"Connection: keep-alive\r\n"])
def test_to_http_1_0_its_end_is_that_of_the_connection(client: FolderClient, keep: bytes) -> None:
    with WireClient(*client.address) as wire:
        wire.send(b"GET /long.txt HTTP/1.0\r\nAccept-Encoding: gzip\r\n" + keep + b"\r\n")
        head, _, content = read_until_end(wire.sock).partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert b"\r\nConnection: close" in head
    assert gzip.decompress(content) == LONG


@pytest.mark.clause("9110-9.3.2-1a", "9110-9.3.2-2a", "9112-6.1-9a")
def test_a_head_has_its_fields_and_no_content(client: FolderClient) -> None:
    got, head = (client.ask("/page.txt", method, Accept_Encoding=ACCEPTS) for method in ("GET", "HEAD"))
    framing = {"Date", "Transfer-Encoding"}
    assert [line for line in head.fields if line[0] not in framing] == [
        line for line in got.fields if line[0] not in framing
    ]
    assert (head.content, head.get("Transfer-Encoding"), head.get("Content-Length")) == (b"", None, None)


@pytest.mark.clause("9110-13.1.2-2a", "9110-13.1.5-8a", "9110-8.8.1-7a")
def test_conditions_and_ranges(client: FolderClient) -> None:
    coded, plain = client.ask("/page.txt", Accept_Encoding=ACCEPTS), client.ask("/page.txt")
    weak, strong = coded.get("ETag") or "", plain.get("ETag") or ""
    assert (weak[:3], strong[:1]) == ('W/"', '"')
    asked = [
        ({"If_None_Match": weak}, 304, weak),
        ({"If_None_Match": strong}, 200, weak),
        ({"If_Match": weak}, 412, None),
        ({"Range": "bytes=0-3"}, 206, strong),
        ({"Range": "bytes=0-3", "If_Range": strong}, 206, None),
        ({"Range": "bytes=0-3", "If_Range": weak}, 200, strong),
        ({"Range": "bytes=0-3", "If_Range": plain.get("Last-Modified") or ""}, 200, weak),
    ]
    for fields, status, tag in asked:
        reply = client.ask("/page.txt", Accept_Encoding=ACCEPTS, **fields)
        assert reply.status == status, fields
        assert tag in {None, reply.get("ETag")}, fields


@pytest.mark.clause("9110-8.8.1-7a")
def test_a_changed_file_has_another_weak_tag(tmp_path: Path) -> None:
    """The new content has the size and the date of the old. A client that has the old content gets the new."""
    with serving(PooledServer, tmp_path, Site(compress=True)) as client:
        tags: set[str] = set()
        for text in (TEXT, TEXT.replace(b"1", b"2")):
            settle(write(tmp_path / "page.txt", text))
            reply = client.ask("/page.txt", Accept_Encoding=ACCEPTS, If_None_Match=", ".join(tags) or '"none"')
            assert (reply.status, gzip.decompress(reply.content)) == (200, text)
            tags.add(reply.get("ETag") or "")
    assert {tag[:3] for tag in tags} == {'W/"'}


def test_what_gains_nothing_is_sent_as_it_is(client: FolderClient) -> None:
    reply = client.ask("/a.png", Accept_Encoding=ACCEPTS)
    assert (reply.content, reply.get("Vary"), reply.get("Content-Encoding")) == (TEXT, None, None)


def test_who_reads_nothing_yet_keeps_nobody_waiting(client: FolderClient) -> None:
    """The rest is made when there is room for it. So no thread waits. The single server's thread could not wait."""
    with WireClient(*client.address) as wire:
        wire.send(b"GET /long.txt HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n")
        assert client.ask("/page.txt", Accept_Encoding=ACCEPTS).status == 200
        assert gzip.decompress(wire.reply().content) == LONG
