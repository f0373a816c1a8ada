"""The same small site in Flask, Django and Bottle, written like their tutorials: programs to be served."""

from typing import Final

__all__ = ["FRAMEWORKS", "SITES"]

_FLASK: Final = """
import hashlib
from flask import Flask, request, send_file

app = Flask(__name__)


@app.route("/hello/<name>")
def hello(name):
    return f"<p>Hello, {name}!</p>"


@app.post("/login")
def login():
    return f"{request.form['user']} has {len(request.form['password'])} characters"


@app.post("/upload")
def upload():
    return digest(request.files["file"].stream)


@app.post("/raw")
def raw():
    return digest(request.stream)


def digest(stream):
    total = hashlib.sha256()
    while data := stream.read(65536):
        total.update(data)
    return total.hexdigest()


@app.route("/stream")
def stream():
    return (f"{number}\\n" for number in range(int(request.args["lines"])))


@app.route("/file")
def file():
    return send_file(__file__, mimetype="text/plain")


@app.route("/fail")
def fail():
    return 1 / 0


def create_app():
    return app
"""

_DJANGO: Final = """
import hashlib
import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="x", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], DATA_UPLOAD_MAX_MEMORY_SIZE=1 << 30,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.http.ConditionalGetMiddleware"],
    LOGGING={"version": 1, "disable_existing_loggers": False,
             "handlers": {"console": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["console"]}},
)


def hello(request, name):
    return HttpResponse(f"<p>Hello, {name}!</p>")


def login(request):
    return HttpResponse(f"{request.POST['user']} has {len(request.POST['password'])} characters")


def upload(request):
    return HttpResponse(digest(request.FILES["file"]))


def raw(request):
    return HttpResponse(digest(request))


def digest(stream):
    total = hashlib.sha256()
    while data := stream.read(65536):
        total.update(data)
    return total.hexdigest()


def stream(request):
    return StreamingHttpResponse(f"{number}\\n" for number in range(int(request.GET["lines"])))


def file(request):
    return FileResponse(open(__file__, "rb"), content_type="text/plain")


def fail(request):
    return 1 / 0


urlpatterns = [
    path("hello/<name>", hello), path("login", login), path("upload", upload), path("raw", raw),
    path("stream", stream), path("file", file), path("fail", fail),
]
app = get_wsgi_application()


def create_app():
    return app
"""

_BOTTLE: Final = """
import hashlib
from bottle import Bottle, request, static_file

app = Bottle()


@app.route("/hello/<name>")
def hello(name):
    return f"<p>Hello, {name}!</p>"


@app.post("/login")
def login():
    return f"{request.forms.user} has {len(request.forms.password)} characters"


@app.post("/upload")
def upload():
    return digest(request.files.file.file)


@app.post("/raw")
def raw():
    return digest(request.body)


def digest(stream):
    total = hashlib.sha256()
    while data := stream.read(65536):
        total.update(data)
    return total.hexdigest()


@app.route("/stream")
def stream():
    return (f"{number}\\n" for number in range(int(request.query.lines)))


@app.route("/file")
def file():
    return static_file(__file__, root="/", mimetype="text/plain")


@app.route("/fail")
def fail():
    return 1 / 0


def create_app():
    return app
"""

SITES: Final = {"flask": _FLASK, "django": _DJANGO, "bottle": _BOTTLE}
FRAMEWORKS: Final = tuple(SITES)
