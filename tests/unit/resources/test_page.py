"""The frame of every page that the server writes itself."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from pyhttp.resources.page import (
    GALLERY,
    SCRIPT,
    STYLE,
    document,
    escape_text,
    listing_lines,
    page_lines,
    plain_text,
    with_more,
)


class Texts(HTMLParser):
    """The texts of some elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tag = ""
        self.texts: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tag = tag

    def handle_data(self, data: str) -> None:
        self.texts[self.tag] = self.texts.get(self.tag, "") + data


def test_the_title_is_escaped() -> None:
    page = document("</title><script>", "<p>body\n")
    assert "<script>" not in page
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">\n')
    assert '<meta charset="utf-8">' in page
    assert Texts(page).texts["title"].startswith("</title><script>")


def test_a_body_in_pieces_is_the_same_page() -> None:
    assert document("title", "<p>a", "<p>b\n", "") == document("title", "<p>a<p>b\n")
    assert document("title", "<p>b\n").endswith("<body>\n<p>b\n</body>\n</html>\n")


def test_the_policy_allows_the_style_and_nothing_else() -> None:
    fields = dict(page_lines())
    policy = fields["Content-Security-Policy"]
    style = re.search("<style>(.*)</style>", document("", ""), re.DOTALL)
    assert style is not None
    digest = b64encode(sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert fields["X-Content-Type-Options"] == "nosniff"
    assert fields["Content-Type"] == "text/html; charset=utf-8"


def digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def test_a_note_may_run_nothing_and_a_listing_its_own_script() -> None:
    """A gallery may show images of this server, but not of another one. No page may have inline handlers (W4)."""
    rest = "base-uri 'none'; form-action 'self'"
    style = f"default-src 'none'; style-src {digest(STYLE)}"
    policies = [
        dict(lines)["Content-Security-Policy"]
        for lines in (page_lines(), listing_lines(gallery=False), listing_lines(gallery=True))
    ]
    assert policies == [
        f"{style}; {rest}",
        f"{style}; script-src {digest(SCRIPT)}; {rest}",
        f"{style} {digest(GALLERY)}; script-src {digest(SCRIPT)}; img-src 'self'; {rest}",
    ]


def test_a_further_style_and_further_content_have_their_places() -> None:
    page = document("title", "<p>a\n", style="b{}")
    assert f"<style>{STYLE}</style>\n<style>b{{}}</style>\n</head>" in page
    assert with_more(page, "<p>b\n") == document("title", "<p>a\n<p>b\n", style="b{}")


@pytest.mark.parametrize("text", [STYLE, GALLERY, SCRIPT])
def test_style_and_script_are_plain_ascii_without_markup(text: str) -> None:
    assert text.isascii()
    assert "<" not in text


def test_W4_text_is_escaped_and_what_is_no_text_replaced() -> None:
    assert escape_text("<a href=\"x\" b='y'>&") == "&lt;a href=&quot;x&quot; b=&#x27;y&#x27;&gt;&amp;"
    assert plain_text("plain") == "plain"
    assert plain_text("ü\udcff日") == "ü\ufffd日"
    escape_text("\udcff<").encode()
