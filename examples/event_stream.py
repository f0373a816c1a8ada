"""Events for every browser with the page open; one that was away gets the events that it missed, by Last-Event-ID."""

import threading
import time
from collections import deque

from pyhttp import Feed, Request, Response, ThreadedServer, run

PAGE = """<!doctype html><title>Events</title><pre id=list></pre>
<script>new EventSource("/events").onmessage = event => list.append(event.data + "\\n")</script>"""
lock, feeds, past = threading.Lock(), set[Feed](), deque[tuple[int, bytes]](maxlen=1000)


def publish(number: int, text: str) -> None:
    with lock:
        past.append((number, event := f"id: {number}\ndata: {text}\n\n".encode()))
        feeds.difference_update([feed for feed in feeds if not feed.send(event)])  # False: its client has gone


def handle(request: Request) -> Response:
    if request.path != "/events":
        return Response.html(PAGE)
    last, feed = request.headers.get("Last-Event-ID", ""), Feed()
    with lock:
        missed = [event for number, event in past if last.isdecimal() and number > int(last)]
        feed.send(b"retry: 1000\n\n" + b"".join(missed))
        feeds.add(feed)
    return Response(200, {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}, feed)


def count() -> None:
    for second in range(10**9):
        publish(second, f"{second} seconds")
        time.sleep(1)


if __name__ == "__main__":
    threading.Thread(target=count, daemon=True).start()
    run(ThreadedServer("localhost", 8888, handler=handle))
