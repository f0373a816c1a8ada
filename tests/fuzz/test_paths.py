"""No path of a request, whatever its spelling, leads out of a folder with links in and out. T3, T4, T5, T6, T8, V4."""

import os
import socket
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp import BaseHttpRequestHandler, Site
from pyhttp.site import is_hidden
from tests.fuzz import reference_values
from tests.fuzz.inputs import drawn
from tests.helpers import damaged
from tests.helpers.sockets import pair, read_until_end, request

SECRET: Final = b"secret"
LINKS: Final = {
    "in": "a.txt",
    "in-folder": "folder",
    "chain": "in-folder/deep",
    "to-hidden": ".hidden",
    "out": "../secret.txt",
    "out-folder": "../outside",
    "in-and-out": "folder/../../outside/b.txt",
    "folder/up": "../..",
    "loop": "loop",
    "nowhere": "none",
}
INSIDE: Final = (
    *(
        "a.txt",
        "%61.txt",
        "folder",
        "folder/b.txt",
        "folder//deep/c",
        "in",
        "in-folder/b.txt",
        "chain/c",
        "chain",
        "%C3%BC",
    ),
    *("folder/up/www/a.txt", "folder/up/www/folder/", "%2525", "folder/%2525", "in-folder/up/www/in"),
)
OUTSIDE: Final = (
    *(
        "out",
        "out-folder/b.txt",
        "out-folder",
        "in-and-out",
        "folder/up",
        "folder/up/secret.txt",
        "folder/up/outside/c",
    ),
    *("loop", "nowhere", "to-hidden", ".hidden", "secret.txt", "in-folder/up/secret.txt", "%ff"),
)
SITES: Final = (Site(), Site(hide_dotfiles=True), Site(follow_symlinks=True))
PATHS: Final = damaged.paths(*INSIDE, *OUTSIDE)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files, and links that lead to what is in it, out of it, and nowhere."""
    top = tmp_path_factory.mktemp("folder").resolve() / "www"
    (top / "folder" / "deep").mkdir(parents=True)
    (top.parent / "outside").mkdir()
    for name in ("a.txt", "folder/b.txt", "folder/deep/c", ".hidden", "ü", "%25", "folder/%25"):
        (top / name).write_text(f"in {name}")
    for name in ("secret.txt", "outside/b.txt", "outside/c"):
        (top.parent / name).write_bytes(SECRET)
    for name, target in LINKS.items():
        (top / name).symlink_to(target)
    return top


@dataclass(frozen=True, slots=True)
class Answer:
    """The meaning of a path, and the answer to it."""

    located: str | None
    """The result of `get_path`; None where it refuses."""
    status: int
    content: bytes


def answer(root: Path, site: Site, path: str) -> Answer:
    """Ask a handler for "/x/", and let it look for `path` instead."""
    located: list[str] = []

    class Asked(BaseHttpRequestHandler):
        def get_path(self, _: str) -> str:
            located.append(super().get_path(path))
            return located[0]

    with pair() as (ours, theirs):
        theirs.sendall(request("/x/"))
        theirs.shutdown(socket.SHUT_WR)
        partial(Asked, directory=root, site=site)(ours, ("192.0.2.1", 1), None)
        head, _, content = read_until_end(theirs).partition(b"\r\n\r\n")
    return Answer(located[0] if located else None, int(head[9:12]), content)


def expected(root: Path, site: Site, path: str) -> tuple[str | None, set[int], bytes | None]:
    """What `get_path` is to return, the statuses that may come of it, and the content of a file."""
    segments = reference_values.segments(path)
    names = tuple(map(os.fsdecode, segments or ()))
    if segments is None or (site.hide_dotfiles and is_hidden(names)):
        return None, {400, 404}, None
    place = "/".join((str(root), *names))
    slash = "/" if path.partition("?")[0].endswith("/") else ""
    real = os.path.realpath(place)
    inside = real == str(root) or real.startswith(f"{root}/")
    hidden = site.hide_dotfiles and real.startswith(f"{root}/.")
    if hidden or not (inside or site.follow_symlinks) or not os.path.exists(real):
        return place + slash, {404}, None
    if os.path.isdir(real):
        return place + slash, {200}, None
    return place + slash, {404} if slash else {200}, None if slash else Path(real).read_bytes()


@given(st.sampled_from(SITES), PATHS)
def test_T5_T6_get_path_finds_what_is_in_the_folder_and_nothing_else(root: Path, site: Site, path: str) -> None:
    located, statuses, content = expected(root, site, path)
    found = answer(root, site, path)
    assert found.located == located
    assert found.status in statuses
    assert content is None or found.content == content
    assert site.follow_symlinks or SECRET not in found.content.replace(b"secret.txt", b"")


def test_the_paths_meet_files_folders_links_and_refusals(root: Path) -> None:
    met = Counter[str]()
    paths = drawn(PATHS)
    for path in paths:
        located, statuses, content = expected(root, SITES[0], path)
        met[
            "refused" if located is None else "absent" if statuses == {404} else "folder" if content is None else "file"
        ] += 1
        if located is not None:
            met.update(name for name in LINKS if f"{located}/".startswith(f"{root}/{name}/"))
    assert met["file"] + met["folder"] >= 0.3 * len(paths)
    assert met["refused"] + met["absent"] >= 0.3 * len(paths)
    assert all(met[outcome] for outcome in ("refused", "absent", "folder", "file"))
    assert [name for name in LINKS if not met[name]] == []
