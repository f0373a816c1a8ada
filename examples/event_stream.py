"""Events for every browser that has the page open; one that was away gets what it has missed, by Last-Event-ID."""

import contextlib
import itertools
import threading
import time
from collections import deque

from pyhttp import Feed, Request, Response, ThreadedServer, function_handler

PAGE = b"""<!doctype html><title>Events</title><pre id=list></pre>
<script>new EventSource("/events").onmessage = event => list.append(event.data + "\\n")</script>"""
lock, feeds, past = threading.Lock(), set[Feed](), deque[tuple[int, bytes]](maxlen=1000)


def publish(number: int, text: str) -> None:
    event = f"id: {number}\ndata: {text}\n\n".encode()
    with lock:
        past.append((number, event))
        feeds.difference_update([feed for feed in feeds if not feed.send(event)])  # False: its client has gone


def handle(request: Request) -> Response:
    if request.path != "/events":
        return Response(200, {"Content-Type": "text/html"}, PAGE)
    last, feed = request.headers.get("Last-Event-ID", ""), Feed()
    with lock:
        missed = [event for number, event in past if last.isdecimal() and number > int(last)]
        feed.send(b"retry: 1000\n\n" + b"".join(missed))
        feeds.add(feed)
    return Response(200, {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}, feed)


if __name__ == "__main__":
    with ThreadedServer("localhost", 8888, function_handler(handle)) as server, contextlib.suppress(KeyboardInterrupt):
        print(server.url, flush=True)
        for second in itertools.count():
            publish(second, f"{second} seconds")
            time.sleep(1)
