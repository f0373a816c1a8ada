"""What a 304 says of the content that the client has."""

from pyhttp.resources.not_modified import not_modified_fields, not_modified_response
from pyhttp.semantics.fields import Headers


def test_a_304_keeps_what_a_cache_needs() -> None:
    lines = [("Content-Type", "text/plain"), ("Vary", "Accept"), ("ETag", '"x"'), ("Last-Modified", "y")]
    response = not_modified_response(Headers(lines))
    assert response.headers.lines == (("Vary", "Accept"), ("ETag", '"x"'))


def test_a_304_keeps_every_field_that_a_200_would_have_for_a_cache() -> None:
    kept = [("Cache-Control", "a"), ("Content-Location", "b"), ("ETag", '"c"'), ("Expires", "d"), ("Vary", "e")]
    assert not_modified_fields(Headers([*kept, ("Content-Encoding", "gzip"), ("Link", "<f>")])).lines == tuple(kept)
