"""A form: the page has it, a POST sends it, and a redirect leads back, so that a reload sends nothing again."""

from html import escape
from urllib.parse import parse_qsl, quote, unquote

from pyhttp import Cookie, MethodNotAllowed, PooledServer, Request, Response, run

PAGE = """<!DOCTYPE html>
<title>Who are you?</title>
<p>Hello, {name}!</p>
<form method="post"><label>Your name: <input name="name"></label> <button>Send</button></form>
"""


def answer(request: Request) -> Response:
    if request.method in {"GET", "HEAD"}:
        name = unquote(request.cookies.get("name", "you"))
        return Response.html(PAGE.format(name=escape(name)))
    if request.method == "POST":
        fields = dict(parse_qsl(request.content(10_000).decode(errors="replace")))
        name = fields.get("name", "")[:100]
        return Response.redirect("/").with_cookies(Cookie("name", quote(name), max_age=3600))
    raise MethodNotAllowed(allow=("GET", "HEAD", "POST"))


run(PooledServer("localhost", 8888, handler=answer))
