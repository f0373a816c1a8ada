"""The entries of a listing as they are written: loops over all of them say what is said of each alone."""

import datetime as dt
import html
import json
import os
import re
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyhttp.resources.entries import Entry
from pyhttp.resources.page import escape_text, plain_text
from pyhttp.resources.paths import decode, encode_segment
from pyhttp.resources.rows import drawings, human_size, json_rows, table_rows
from pyhttp.semantics.dates import EARLIEST, LATEST
from pyhttp.semantics.media_types import media_type

_ASCII = st.from_regex(rb"[ -.0-~]{1,12}(\.(txt|JPG|tar|zip|x))?", fullmatch=True)
_NAMES = (_ASCII | st.binary(min_size=1, max_size=30)).filter(
    lambda name: not re.search(rb"[\x00-\x1f\x7f/]", name) and name not in {b".", b".."}
)


def entries_with(names: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[Entry]]:
    return st.lists(
        st.builds(
            Entry,
            names.map(os.fsdecode),
            is_directory=st.booleans(),
            is_link=st.booleans(),
            size=st.integers(0, 2**63),
            modified=st.integers(EARLIEST, LATEST),
        ),
        max_size=6,
    )


_ENTRIES = entries_with(_ASCII.filter(lambda name: name not in {b".", b".."})) | entries_with(_NAMES)


def file(name: str, size: int = 0, modified: int = 0) -> Entry:
    return Entry(name, is_directory=False, is_link=False, size=size, modified=modified)


def instant(seconds: int) -> str:
    """As the standard library writes it; it knows no year 0, which is as long as the year 400."""
    moment = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds + (146_097 * 86_400 if seconds < 0 else 0))
    return f"{moment.year - (400 if seconds < 0 else 0):04}{moment.isoformat()[4:]}Z"


@given(_ENTRIES)
@example([file("a%20b"), file("#?")])
@example([file("a%20b"), file("x"), file("\udcc3"), file("\udca4%")])
def test_W4_rows_say_of_each_entry_what_is_true_of_it_alone(entries: list[Entry]) -> None:
    rows, icons = table_rows(entries)
    assert len(rows) == len(entries)
    used = set()
    for row, entry in zip(rows, entries, strict=True):
        found = re.fullmatch(
            r'<tr><th scope="row"><a href="([^"<]*)"><svg aria-hidden="true"><use href="#([a-z]+)"/></svg>'
            r"([^<]*)(<small>link</small>)?</a>(<td[^<]*)"
            r'<td><time datetime="([^"<]*)">([^<]*)</time>\n',
            row,
        )
        assert found is not None
        slash = "/" if entry.is_directory else ""
        assert found[1] == encode_segment(entry.name) + slash
        assert decode(f"/{found[1]}") == (entry.name,)
        assert found[3] == escape_text(entry.name) + slash
        assert html.unescape(found[3]) == plain_text(entry.name) + slash
        assert bool(found[4]) is entry.is_link
        size = f'<td title="{entry.size:,} bytes">{human_size(entry.size)}'
        assert found[5] == ("<td>" if entry.is_directory else size)
        moment = instant(entry.modified)
        assert (found[6], found[7]) == (moment, f"{moment[:10]} {moment[11:16]}")
        used.add(found[2])
    assert used == icons


@given(_ENTRIES)
def test_json_says_of_each_entry_what_is_true_of_it_alone(entries: list[Entry]) -> None:
    expected = [
        json.dumps(
            {
                "name": plain_text(entry.name),
                "type": "directory" if entry.is_directory else "file",
                "size": None if entry.is_directory else entry.size,
                "mtime": instant(entry.modified),
                "url": f"{encode_segment(entry.name)}{'/' if entry.is_directory else ''}",
            },
            ensure_ascii=False,
        )
        for entry in entries
    ]
    assert json_rows(entries) == expected


@given(_ENTRIES)
@example([file("a:b"), file("http:"), file("..."), file("?a"), file("#")])
def test_the_url_of_an_entry_is_right_wherever_the_listing_is(entries: list[Entry]) -> None:
    """3986-4.2: no first segment with a colon, and no path from the root."""
    for row, entry in zip(json_rows(entries), entries, strict=True):
        target = urlsplit(urljoin("http://host/below/a/prefix/", json.loads(row)["url"]))
        assert (target.scheme, target.netloc, target.query, target.fragment) == ("http", "host", "", "")
        assert decode(target.path) == ("below", "a", "prefix", entry.name)


@pytest.mark.parametrize(
    ("name", "icon"),
    [
        ("a.txt", "text"),
        ("a.TXT", "text"),
        ("..txt", "text"),
        (".txt", "file"),
        ("txt", "file"),
        ("a.", "file"),
        ("a.png", "image"),
        ("a.mp3", "media"),
        ("a.mp4", "media"),
        ("a.zip", "archive"),
        ("a.tar", "archive"),
        ("a.tgz", "archive"),
        ("a.7z", "archive"),
        ("a.pdf", "file"),
        ("a", "file"),
    ],
)
def test_icons(name: str, icon: str) -> None:
    assert table_rows([file(name)])[1] == {icon}
    assert table_rows([Entry(name, is_directory=True, is_link=False, size=0, modified=0)])[1] == {"folder"}


@given(_NAMES.map(os.fsdecode))
def test_an_icon_follows_the_media_type_with_which_a_file_is_served(name: str) -> None:
    kinds = {"text": "text", "image": "image", "audio": "media", "video": "media"}
    kind = media_type(name).partition("/")[0]
    assert table_rows([file(name)])[1] <= ({kinds[kind]} if kind in kinds else {"archive", "file"})


def test_each_icon_is_drawn_once() -> None:
    assert drawings({"file", "text"}).count("<symbol") == 2
    assert '<symbol id="text" viewBox="0 0 20 24"><path d=' in drawings({"text"})


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1049, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (2**40, "1.1 TB"),
        (10**15, "1.0 PB"),
        (2**63, "9.2 EB"),
        (10**21, "1000.0 EB"),
    ],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert human_size(size) == text
