"""No path of a request, whatever its spelling, leads out of the root. T3, T4, T5, V4."""

import os

from hypothesis import given
from hypothesis import strategies as st

from pyhttp.errors import BadRequest, NotFound
from pyhttp.resources.paths import decode, encode_segment, locate

pieces = st.sampled_from(
    [
        "/",
        "//",
        ".",
        "..",
        "%2e",
        "%2E",
        "%2f",
        "%5c",
        "\\",
        "%00",
        "%0a",
        "%25",
        "%252e",
        "%c0%ae",
        "%c3%bc",
        "%ff",
        "a",
        "~",
        ";",
        "?",
        "#",
        "%",
        "%4",
    ]
)
paths = st.lists(pieces, max_size=12).map("".join).map("/{}".format) | st.text(max_size=30)


@given(paths)
def test_T5_every_path_is_inside_the_root_or_refused(path: str) -> None:
    try:
        located = locate("/srv/www", path)
    except (BadRequest, NotFound):
        return
    assert located == os.path.normpath(located)
    assert located == "/srv/www" or located.startswith("/srv/www/")
    assert not any(character < " " or character == "\x7f" for character in located)


@given(paths)
def test_T8_every_spelling_has_one_decoded_form(path: str) -> None:
    try:
        segments = decode(path)
    except (BadRequest, NotFound):
        return
    assert decode("/" + "/".join(map(encode_segment, segments))) == segments
    assert decode(path.partition("?")[0].replace("/", "//")) == segments
