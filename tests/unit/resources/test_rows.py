"""The entries of a listing as text: a loop over all gives the same rows as each entry alone."""

import datetime as dt
import html
import json
import os
import re
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyhttp.resources.entries import UNSERVED, Entry, Mark
from pyhttp.resources.icons import pointers
from pyhttp.resources.page import escape_text, plain_text
from pyhttp.resources.paths import decode
from pyhttp.resources.relative_references import encode_segment
from pyhttp.resources.rows import human_size, json_rows, table_rows
from pyhttp.semantics.dates import EARLIEST, LATEST

_ASCII = st.from_regex(rb"[ -.0-~]{1,12}(\.(txt|JPG|tar|zip|x))?", fullmatch=True)
_NAMES = (_ASCII | st.binary(min_size=1, max_size=30)).filter(
    lambda name: not re.search(rb"[\x00-\x1f\x7f/]", name) and name not in {b".", b".."}
)


_MARKS: tuple[Mark, ...] = ("", "link", "leads out", "broken")


def entries_with(names: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[Entry]]:
    return st.lists(
        st.builds(
            Entry,
            names.map(os.fsdecode),
            is_directory=st.booleans(),
            mark=st.sampled_from(_MARKS),
            size=st.integers(0, 2**63),
            modified=st.integers(EARLIEST, LATEST),
        ),
        max_size=6,
    )


_ENTRIES = entries_with(_ASCII.filter(lambda name: name not in {b".", b".."})) | entries_with(_NAMES)


def file(name: str, size: int = 0, modified: int = 0) -> Entry:
    return Entry(name, is_directory=False, mark="", size=size, modified=modified)


def instant(seconds: int) -> str:
    """The time as the standard library writes it. The library has no year 0, which is as long as the year 400."""
    moment = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds + (146_097 * 86_400 if seconds < 0 else 0))
    return f"{moment.year - (400 if seconds < 0 else 0):04}{moment.isoformat()[4:]}Z"


@given(_ENTRIES)
@example([file("a%20b"), file("#?")])
@example([file("a%20b"), file("x"), file("\udcc3"), file("\udca4%")])
def test_W4_rows_say_of_each_entry_what_is_true_of_it_alone(entries: list[Entry]) -> None:
    rows, icons = table_rows(entries, "?sort=size&amp;order=asc")
    assert len(rows) == len(entries)
    used = set()
    for row, entry in zip(rows, entries, strict=True):
        found = re.fullmatch(
            r'<tr(?: title="([^"<]*)")?><th scope=row><(?:a href="([^"<]*)"|span)>'
            r"(<svg aria-hidden=true><use href=#[a-z] /></svg>)"
            r"([^<]*)(?:<small>([^<]*)</small>)?</(a|span)>(<td[^<]*)"
            r"<td>([^<]*)\n",
            row,
        )
        assert found is not None
        slash = "/" if entry.is_directory else ""
        served = entry.is_directory or entry.mark not in UNSERVED
        assert found[6] == ("a" if served else "span")
        link = found[2]
        assert (link is not None) is served
        if served:
            assert link == encode_segment(entry.name) + ("/?sort=size&amp;order=asc" if slash else "")
            assert decode(f"/{link}") == (entry.name,)
        assert found[4] == escape_text(entry.name) + slash
        assert html.unescape(found[4]) == plain_text(entry.name) + slash
        assert (found[5] or "") == entry.mark
        sized = served and not entry.is_directory
        assert found[1] == (f"{entry.size:,} bytes" if sized and entry.size >= 1000 else None)
        assert found[7] == (f"<td>{human_size(entry.size)}" if sized else "<td>")
        moment = instant(entry.modified)
        assert found[8] == f"{moment[:10]} {moment[11:16]}"
        used.add(found[3])
    assert used == {pointers()[icon] for icon in icons}


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
    """3986-4.2: the url has no colon in its first segment, and is no path from the root."""
    for row, entry in zip(json_rows(entries), entries, strict=True):
        target = urlsplit(urljoin("http://host/below/a/prefix/", json.loads(row)["url"]))
        assert (target.scheme, target.netloc, target.query, target.fragment) == ("http", "host", "", "")
        assert decode(target.path) == ("below", "a", "prefix", entry.name)


def test_an_entry_has_the_icon_of_its_kind() -> None:
    assert table_rows([file("a.TXT"), file("a.x")])[1] == {"text", "file"}
    assert table_rows([file(".png"), file("png"), file("a.")])[1] == {"file"}
    assert table_rows([file("a.png")])[1] == table_rows([file("a.x.png")])[1] == {"image"}
    assert table_rows([Entry("a.txt", is_directory=True, mark="", size=0, modified=0)])[1] == {"folder"}
    assert table_rows([Entry("a.txt", is_directory=False, mark="broken", size=0, modified=0)])[1] == {"unserved"}


def test_W4_what_is_not_served_is_named_and_no_link() -> None:
    for mark in sorted(UNSERVED):
        ((row,), _) = table_rows([Entry("<b>", is_directory=False, mark=mark, size=0, modified=0)])
        assert f"&lt;b&gt;<small>{mark}</small></span><td><td>" in row
        assert "<a" not in row


def test_a_gallery_shows_the_images_that_browsers_know() -> None:
    names = ["a b.PNG", "b.svg", "c.tiff", "d.txt"]
    rows, icons = table_rows([*map(file, names), file("e.jpg")._replace(mark="broken")], grid=True)
    assert icons == {"image", "text", "unserved"}
    pictures = [re.findall(r"<img [^>]*>", row) for row in rows]
    assert pictures[0] == ['<img loading="lazy" alt="" src="a%20b.PNG">']
    assert [len(found) for found in pictures] == [1, 1, 0, 0, 0]
    assert not re.search("<img", "".join(table_rows([file("a.png")])[0]))


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


@pytest.mark.parametrize(("size", "tip"), [(999, ""), (1000, ' title="1,000 bytes"')])
def test_a_size_in_bytes_is_said_where_the_unit_hides_it(size: int, tip: str) -> None:
    ((row,), _) = table_rows([file("a", size)])
    assert row.startswith(f"<tr{tip}><th scope=row>")
