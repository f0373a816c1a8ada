"""What a 304 says of the content that the client has."""

from pyhttp.resources.not_modified import not_modified_response
from pyhttp.semantics.fields import Headers


def test_a_304_keeps_what_a_cache_needs() -> None:
    lines = [("Content-Type", "text/plain"), ("Vary", "Accept"), ("ETag", '"x"'), ("Last-Modified", "y")]
    response = not_modified_response(Headers(lines))
    assert response.headers.lines == (("Vary", "Accept"), ("ETag", '"x"'))
