"""The frame of every page that the server writes itself."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

from pyhttp.resources.page import STYLE, document, escape_text, page_lines, plain_text


class Texts(HTMLParser):
    """What stands in some elements."""

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


def test_the_style_is_plain_ascii_without_markup() -> None:
    assert STYLE.isascii()
    assert "<" not in STYLE


def test_W4_text_is_escaped_and_what_is_no_text_replaced() -> None:
    assert escape_text("<a href=\"x\" b='y'>&") == "&lt;a href=&quot;x&quot; b=&#x27;y&#x27;&gt;&amp;"
    assert plain_text("plain") == "plain"
    assert plain_text("ü\udcff日") == "ü\ufffd日"
    escape_text("\udcff<").encode()
