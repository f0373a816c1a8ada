"""The answers of servers of files to the same requests, one line a feature; writes docs/comparison.md.

Each server that is found runs with the smallest configuration that turns on its abilities: listings, precompressed
files. Answers are judged by RFC 9110, by the clause named in the line.

    python benchmarks/compare_files.py
"""

import gzip
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Final

OUTPUT: Final = Path(__file__).parents[1] / "docs" / "comparison.md"
MODIFIED: Final = 1_700_000_000
DATE: Final = formatdate(MODIFIED, usegmt=True)
LATER: Final = formatdate(MODIFIED + 3600, usegmt=True)
EARLIER: Final = formatdate(MODIFIED - 3600, usegmt=True)
PLAIN: Final = b"body { color: red }\n" * 20

NGINX: Final = """
daemon off; pid {work}/nginx.pid; error_log /dev/null;
events {{}}
http {{
  access_log off; include /etc/nginx/mime.types; default_type application/octet-stream;
  client_body_temp_path {work}/1; proxy_temp_path {work}/2; fastcgi_temp_path {work}/3;
  uwsgi_temp_path {work}/4; scgi_temp_path {work}/5;
  server {{ listen 127.0.0.1:{port}; root {root}; autoindex on; gzip_static on; gzip_vary on; }}
}}
"""
APACHE: Final = """
ServerRoot /usr/lib/apache2
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule mime_module modules/mod_mime.so
LoadModule dir_module modules/mod_dir.so
LoadModule autoindex_module modules/mod_autoindex.so
TypesConfig /etc/mime.types
Listen 127.0.0.1:{port}
ServerName localhost
PidFile {work}/apache.pid
ErrorLog /dev/null
DefaultRuntimeDir {work}
DocumentRoot {root}
<Directory {root}>
  Require all granted
  Options Indexes FollowSymLinks
  IndexOptions FancyIndexing
</Directory>
"""
LIGHTTPD: Final = """
server.document-root = "{root}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "/dev/null"
server.modules = ("mod_dirlisting", "mod_indexfile", "mod_staticfile")
dir-listing.activate = "enable"
index-file.names = ("index.html")
mimetype.assign = (".css" => "text/css", ".txt" => "text/plain", ".html" => "text/html")
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request."""

    status: int
    fields: http.client.HTTPMessage
    content: bytes

    def field(self, name: str) -> str:
        """The value of a field; "" where there is none."""
        return ", ".join(self.fields.get_all(name) or [])


class Asker:
    """A client of one server."""

    def __init__(self, port: int) -> None:
        self._port = port

    def __call__(self, target: str, method: str = "GET", **fields: str) -> Reply:
        """The reply to one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in fields.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            reply = connection.getresponse()
            return Reply(reply.status, reply.headers, reply.read())
        finally:
            connection.close()


Check = Callable[[Asker], bool | str]
"""A function that returns True for a right answer, else a description of the answer."""


def status(target: str, expected: int, method: str = "GET", **fields: str) -> Check:
    """A check for one status of the answer to one request."""

    def check(ask: Asker) -> bool | str:
        reply = ask(target, method, **fields)
        return reply.status == expected or str(reply.status)

    return check


def _allow(ask: Asker) -> bool | str:
    reply = ask("/ten.txt", "POST", Content_Length="0")
    return (reply.status == 405 and "GET" in reply.field("Allow")) or f"{reply.status}, Allow: {reply.field('Allow')}"


def _options(ask: Asker) -> bool | str:
    reply = ask("/ten.txt", "OPTIONS")
    return (reply.status in {200, 204} and "GET" in reply.field("Allow")) or str(reply.status)


def _several_ranges(ask: Asker) -> bool | str:
    reply = ask("/ten.txt", Range="bytes=0-1, 8-9")
    together = reply.field("Content-Range") == "bytes 0-9/10"  # near ranges may become one (§15.3.7.2)
    several = reply.field("Content-Type").startswith("multipart/byteranges")
    return (reply.status == 206 and (several or together)) or str(reply.status)


def _unsatisfiable(ask: Asker) -> bool | str:
    reply = ask("/ten.txt", Range="bytes=99-")
    right = reply.status == 416 and reply.field("Content-Range") == "bytes */10"
    return right or f"{reply.status} {reply.field('Content-Range')}".strip()


def _no_repetition(ask: Asker) -> bool | str:
    reply = ask("/ten.txt", Range="bytes=0-0", If_Range=ask("/ten.txt").field("ETag") or DATE)
    if reply.status != 206:
        return str(reply.status)
    repeated = [name for name in ("Content-Type", "Last-Modified") if reply.field(name)]
    return not repeated or "repeats " + ", ".join(repeated)


def _etag(ask: Asker) -> bool | str:
    tag = ask("/ten.txt").field("ETag")
    return (bool(tag) and not tag.startswith("W/")) or tag or "none"


def with_tag(name: str, expected: int, form: str = "{}", **fields: str) -> Check:
    """A check of a condition with the file's own tag."""

    def check(ask: Asker) -> bool | str:
        tag = ask("/ten.txt").field("ETag")
        if not tag:
            return "no tag"
        reply = ask("/ten.txt", **{name: form.format(tag)}, **fields)
        return reply.status == expected or str(reply.status)

    return check


def _frugal_304(ask: Asker) -> bool | str:
    reply = ask("/ten.txt", If_Modified_Since=DATE)
    if reply.status != 304:
        return str(reply.status)
    extra = [name for name in ("Content-Type", "Content-Length", "Last-Modified", "Accept-Ranges") if reply.field(name)]
    if ask("/ten.txt").field("ETag") and not reply.field("ETag"):
        return "no ETag"
    return not extra or "has " + ", ".join(extra)


def coded(accept: str, coding: str) -> Check:
    """A check for the right sibling by an Accept-Encoding."""

    def check(ask: Asker) -> bool | str:
        reply = ask("/style.css", Accept_Encoding=accept)
        found = reply.field("Content-Encoding")
        data = gzip.decompress(reply.content) if found == "gzip" else reply.content
        return (found == coding and data == PLAIN) or (f"{reply.status} {found or 'plain'}")

    return check


def _varies(ask: Asker) -> bool | str:
    return "accept-encoding" in ask("/style.css").field("Vary").lower() or "no Vary"


def _tag_of_its_own(ask: Asker) -> bool | str:
    coded_reply = ask("/style.css", Accept_Encoding="gzip")
    if not coded_reply.field("Content-Encoding"):
        return "no coding"
    return coded_reply.field("ETag") != ask("/style.css").field("ETag") or "the same"


def _charset(ask: Asker) -> bool | str:
    return "charset" in ask("/ten.txt").field("Content-Type") or ask("/ten.txt").field("Content-Type") or "no type"


def _nosniff(ask: Asker) -> bool | str:
    return ask("/ten.txt").field("X-Content-Type-Options") == "nosniff" or "no"


def _redirect(ask: Asker) -> bool | str:
    location = ask("//sub").field("Location")
    return bool(re.match(r"(?:(?:http://[^/]+)?/)?sub/$", location)) or location or "none"


def _json_listing(ask: Asker) -> bool | str:
    return ask("/sub/", Accept="application/json").field("Content-Type").startswith("application/json") or "no"


def _sorted_listing(ask: Asker) -> bool | str:
    page = ask("/sub/").content.decode("utf-8", "replace")
    queries = [query.replace("&amp;", "&") for query in re.findall(r'href="(\?[^"]*)"', page)]
    fields = [re.findall('name="([^"]*)" value="([^"]*)"', form) for form in re.findall("<form>(.*?)</form>", page)]
    for query in (*queries, *["?" + "&".join(map("=".join, pairs)) for pairs in fields]):
        other = ask(f"/sub/{query}").content
        if other.find(b"b.txt") < other.find(b"a.txt"):
            return True
    return "no"


def _conditional_listing(ask: Asker) -> bool | str:
    tag = ask("/sub/").field("ETag")
    return (bool(tag) and ask("/sub/", If_None_Match=tag).status == 304) or "no"


def _safe_listing(ask: Asker) -> bool | str:
    return "default-src" in ask("/sub/").field("Content-Security-Policy") or "no"


def _links_out(ask: Asker) -> bool | str:
    reply = ask("/out.txt")
    return reply.status in {403, 404} or f"{reply.status}"


def _many_ranges(ask: Asker) -> bool | str:
    asked = ",".join(f"{start}-{start + 99}" for start in range(0, 20_000, 1000))
    reply = ask("/large.bin", Range=f"bytes={asked}")
    if reply.status != 206:
        return str(reply.status)
    return reply.content.startswith(b"\r\n--") or "no CRLF before the first boundary"


def _other_tag(ask: Asker) -> bool | str:
    tags = [ask(f"/{name}.store").field("ETag") for name in ("one", "two")]
    return (all(tags) and tags[0] != tags[1]) or ("the same" if all(tags) else "no tag")


def _intact(ask: Asker) -> bool | str:
    reply = ask("/intact.css", Accept_Encoding="gzip")
    content = reply.content if not reply.field("Content-Encoding") else b""
    return content == PLAIN or f"{len(reply.content)} octets"


def _relative(ask: Asker) -> bool | str:
    location = ask("/sub").field("Location")
    return location == "sub/" or re.sub(r"[0-9]{4,}", "PORT", location) or "none"


def _reference(ask: Asker) -> bool | str:
    location = ask('/sub?a="b"').field("Location")
    return (bool(location) and '"' not in location) or "a quote in it"


def _text(ask: Asker) -> bool | str:
    types = [ask(name).field("Content-Type").partition(";")[0] for name in ("/LICENSE", "/settings.toml")]
    return types == ["text/plain"] * 2 or ", ".join(type_ or "none" for type_ in types)


FEATURES: Final[tuple[tuple[str, str, Check], ...]] = (
    ("POST to a file: 405 with Allow", "9110 §15.5.6", _allow),
    ("An unknown method: 501", "9110 §9.1", status("/ten.txt", 501, "BREW")),
    ("OPTIONS on a file names its methods", "9110 §9.3.7", _options),
    ("Range on HEAD is ignored", "9110 §14.2", status("/ten.txt", 200, "HEAD", Range="bytes=0-0")),
    ("A suffix range", "9110 §14.1.2", status("/ten.txt", 206, Range="bytes=-3")),
    ("Two ranges with a space after the comma", "9110 §14.1.1", _several_ranges),
    ("Overlapping ranges are ignored", "9110 §17.15", status("/ten.txt", 200, Range="bytes=0-5,3-9,1-8")),
    ("An unknown range unit is ignored", "9110 §14.2", status("/ten.txt", 200, Range="items=0-1")),
    ("A malformed range is ignored", "9110 §14.2", status("/ten.txt", 200, Range="bytes=5-2")),
    ("A range beyond the end: 416 with the length", "9110 §15.5.17", _unsatisfiable),
    ("20 ascending ranges: 206, with CRLF before the first boundary", "2046 §5.1.1", _many_ranges),
    ("A range of an empty file: 200", "9110 §14.2", status("/empty.txt", 200, Range="bytes=0-9")),
    ("If-Range with another tag: the whole", "9110 §13.1.5",
     status("/ten.txt", 200, Range="bytes=0-0", If_Range='"x"')),
    ("If-Range with a weak tag: the whole", "9110 §13.1.5", with_tag("If_Range", 200, "W/{}", Range="bytes=0-0")),
    ("206 after If-Range repeats nothing", "9110 §15.3.7", _no_repetition),
    ("A strong entity tag", "9110 §8.8.3", _etag),
    ("Equal size and mtime: another tag for another file", "9110 §8.8.1", _other_tag),
    ("If-Match that fails: 412", "9110 §13.1.1", status("/ten.txt", 412, If_Match='"x"')),
    ("If-None-Match with a list, a comma within a tag", "9110 §13.1.2", with_tag("If_None_Match", 304, '"a,b" , {}')),
    ("If-None-Match compares weakly", "9110 §13.1.2", with_tag("If_None_Match", 304, "W/{}")),
    ("If-None-Match comes before If-Modified-Since", "9110 §13.2.2",
     status("/ten.txt", 200, If_None_Match='"x"', If_Modified_Since=LATER)),
    ("If-Modified-Since later than the file: 304", "9110 §13.1.3", status("/ten.txt", 304, If_Modified_Since=LATER)),
    ("Dates of RFC 850", "9110 §5.6.7", status("/ten.txt", 304, If_Modified_Since="Tuesday, 14-Nov-23 22:13:20 GMT")),
    ("Dates of asctime", "9110 §5.6.7", status("/ten.txt", 304, If_Modified_Since="Tue Nov 14 22:13:20 2023")),
    ("If-Unmodified-Since that fails: 412", "9110 §13.1.4", status("/ten.txt", 412, If_Unmodified_Since=EARLIER)),
    ("A 304 has what a cache needs and no more", "9110 §15.4.5", _frugal_304),
    ("A precompressed file for `gzip`", "9110 §12.5.3", coded("gzip", "gzip")),
    ("`gzip;q=0` gets the plain file", "9110 §12.5.3", coded("gzip;q=0", "")),
    ("Vary on the plain answer too", "9110 §12.5.5", _varies),
    ("Each coding has a tag of its own", "9110 §8.8.3.3", _tag_of_its_own),
    ("An empty `.gz` does not stand for its file", "", _intact),
    ("Text states its charset", "9110 §8.3.2", _charset),
    ("`LICENSE` and `.toml` are shown as text", "", _text),
    ("`nosniff` on files", "", _nosniff),
    ("The redirect to a folder holds behind a prefix", "9110 §10.2.2", _relative),
    ("Location is a URI reference", "9110 §10.2.2", _reference),
    ("`//folder` is redirected to a path here", "", _redirect),
    ("A symbolic link out of the root is refused", "", _links_out),
    ("A listing sorts without a script", "", _sorted_listing),
    ("A listing as JSON for a client that accepts it", "9110 §12.5.1", _json_listing),
    ("A listing is conditional", "9110 §13", _conditional_listing),
    ("A listing has a content security policy", "", _safe_listing),
)  # fmt: skip


def make_folder(work: Path) -> Path:
    """Make the folder that all servers serve."""
    root = work / "root"
    (root / "sub").mkdir(parents=True)
    (work / "secret.txt").write_text("secret")
    (root / "ten.txt").write_bytes(b"0123456789")
    (root / "style.css").write_bytes(PLAIN)
    (root / "style.css.gz").write_bytes(gzip.compress(PLAIN))
    (root / "sub" / "a.txt").write_bytes(b"a")
    (root / "sub" / "b.txt").write_bytes(b"bb")
    (root / "large.bin").write_bytes(bytes(range(250)) * 4000)
    (root / "empty.txt").touch()
    for name, content in (("one.store", b"1"), ("two.store", b"2"), ("LICENSE", b"MIT"), ("settings.toml", b"a = 1")):
        (root / name).write_bytes(content)
    (root / "intact.css").write_bytes(PLAIN)
    (root / "intact.css.gz").touch()
    (root / "out.txt").symlink_to(work / "secret.txt")
    for path in (work, *work.rglob("*")):
        if not path.is_symlink():
            os.utime(path, (MODIFIED, MODIFIED))
            path.chmod(0o755 if path.is_dir() else 0o644)
    return root


def commands(root: Path, work: Path, port: int) -> dict[str, list[str]]:
    """The command line of each server that is found here."""
    found: dict[str, list[str]] = {
        "pyhttp": [sys.executable, "-m", "pyhttp", str(root), "--port", str(port), "--quiet", "--precompressed"]
    }
    for name, program, template, options_before in (
        ("nginx", "nginx", NGINX, ["-c"]),
        ("Apache", "apache2", APACHE, ["-X", "-f"]),
        ("lighttpd", "lighttpd", LIGHTTPD, ["-D", "-f"]),
    ):
        path = shutil.which(program)
        if path is not None:
            configuration = work / f"{program}.conf"
            configuration.write_text(template.format(root=root, work=work, port=port))
            found[name] = [path, *options_before, str(configuration)]
    found["http.server"] = [sys.executable, "-m", "http.server", "-b", "127.0.0.1", "-d", str(root), str(port)]
    return found


@contextmanager
def running(command: list[str], port: int) -> Iterator[Asker]:
    """A server, from its first connection to the end of the block."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 20
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline or process.poll() is not None:
                        raise
                    time.sleep(0.05)
            yield Asker(port)
        finally:
            process.terminate()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cell(check: Check, ask: Asker) -> str:
    """The cell of the table for one feature of one server."""
    try:
        verdict = check(ask)
    except (OSError, http.client.HTTPException) as error:
        verdict = type(error).__name__
    return "yes" if verdict is True else str(verdict or "no")


def version(name: str) -> str:
    """The server's name for the head of the table."""
    programs = {"nginx": ["nginx", "-v"], "Apache": ["apache2", "-v"], "lighttpd": ["lighttpd", "-v"]}
    if name == "http.server":
        return f"http.server (Python {sys.version_info.major}.{sys.version_info.minor})"
    if name not in programs:
        return name
    done = subprocess.run(programs[name], capture_output=True, text=True, check=False)
    match = re.search(r"[0-9]+\.[0-9]+\.[0-9]+", done.stdout + done.stderr)
    return f"{name} {match.group()}" if match else name


def main() -> None:
    """Ask all servers, and write the table."""
    columns: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        root = make_folder(work)
        for name in commands(root, work, 0):
            port = free_port()
            with running(commands(root, work, port)[name], port) as ask:
                columns[version(name)] = [cell(check, ask) for _, _, check in FEATURES]
    head = ["feature", "clause", *columns]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for place, (feature, clause, _) in enumerate(FEATURES):
        lines.append("| " + " | ".join([feature, clause, *(column[place] for column in columns.values())]) + " |")
    counts = [f"**{sum(value == 'yes' for value in column)} of {len(FEATURES)}**" for column in columns.values()]
    lines.append("| " + " | ".join(["in all", "", *counts]) + " |")
    OUTPUT.write_text(INTRODUCTION + "\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(OUTPUT.read_text(encoding="utf-8"))


INTRODUCTION: Final = """\
# How servers of files compare

`python benchmarks/compare_files.py` sends the same requests to each server on one machine, and writes this page. "yes"
means that the answer is what the clause asks for or recommends. Otherwise the cell says what came instead. Each server
runs with the smallest configuration that turns on what it has: listings, and precompressed files if they need no module
beyond those that Debian installs.

"""


if __name__ == "__main__":
    main()
