"""A client of the notes."""

import http.client
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What a server has said."""

    status: int
    location: str | None
    content: bytes


def ask(url: str, method: str = "GET", content: bytes | None = None) -> Answer:
    """Send one request."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(method, parts.path or "/", content)
        response = connection.getresponse()
        return Answer(response.status, response.getheader("Location"), response.read())
    finally:
        connection.close()


def add_note(url: str, note: str, *, tries: int = 3) -> str:
    """Add a note, and return its path. A server that is busy is asked again."""
    answer = ask(url, "POST", note.encode())
    for _ in range(tries - 1):
        if answer.status != 503:
            break
        answer = ask(url, "POST", note.encode())
    if answer.status != 201 or answer.location is None:
        raise RuntimeError(f"the note was not added: {answer.status}")
    return answer.location


def add_later(url: str, note: str) -> threading.Thread:
    """Add a note in a thread."""
    thread = threading.Thread(target=add_note, args=(url, note))
    thread.start()
    return thread
