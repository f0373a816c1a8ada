"""RFC 9112: the octets that a server sent, as the strict reader of `pyhttp check` reads them."""

from pyhttp.checking.reader import BadReply, Ended, Framing, Reply, read_reply
from pyhttp.explaining.model import Field, Reading, Refusal, Response
from pyhttp.explaining.model import Framing as Explained
from pyhttp.explaining.refusals import parts_of

__all__ = ["read_responses"]


class _Octets:
    """Octets that were written down: the first call returns all of them, and later calls return the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def more(self) -> bytes:
        data, self._data = self._data, b""
        return data


def read_responses(data: bytes, methods: tuple[str, ...] = ()) -> Reading:
    """The octets of a server, as a strict client reads them.

    Args:
        data: Everything that came on one connection; then the server ended it.
        methods: The methods of the answered requests, in their order; GET for further requests.
    """
    source, held = _Octets(data), bytearray()
    responses: list[Response] = []
    refusal: Refusal | None = None
    asked = list(methods)
    at = 0
    while refusal is None:
        method = asked[0] if asked else "GET"
        try:
            reply = read_reply(source, held, method=method)
        except Ended:
            break
        except BadReply as error:
            rule, clause = parts_of(str(error))
            refusal = Refusal(None, rule, clause, 0, "", data[at : at + 84].partition(b"\n")[0], at)
        else:
            end = len(data) - len(held)
            responses.append(_response(reply, method, at, end))
            at = end
            if reply.status >= 200:
                asked = asked[1:]
            if not reply.complete:
                refusal = Refusal(None, "the content is cut off", "RFC 9112 §8", 0, "", b"", at)
    return Reading(len(data), tuple(responses), refusal, len(data) - at)


def _response(reply: Reply, method: str, offset: int, end: int) -> Response:
    return Response(
        offset=offset,
        end=end,
        version=reply.version,
        fields=tuple(Field(name, value) for name, value in reply.fields),
        framing=_framing(reply, method),
        content=reply.content,
        trailers=tuple(Field(name, value) for name, value in reply.trailers),
        complete=reply.complete,
        status=reply.status,
        reason=reply.reason,
    )


def _framing(reply: Reply, method: str) -> Explained:
    """The item of RFC 9112 §6.3 by which the content ends."""
    match reply.framing:
        case Framing.NONE:
            why = "the answer to HEAD" if method == "HEAD" else f"status {reply.status}"
            return Explained("none", why, "RFC 9112 §6.3 item 1")
        case Framing.CHUNKED:
            return Explained("chunked", "Transfer-Encoding: chunked", "RFC 9112 §6.3 item 4")
        case Framing.LENGTH:
            return Explained("length", f"Content-Length: {reply.get('Content-Length')}", "RFC 9112 §6.3 item 6")
        case Framing.CLOSE:
            why = "neither Transfer-Encoding nor Content-Length"
            return Explained("until the end of the connection", why, "RFC 9112 §6.3 item 8")
