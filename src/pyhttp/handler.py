"""RFC 9110 §3.2, §9: the handler that answers for a folder: files, listings and CGI scripts."""

import os
import socket
from functools import lru_cache

from pyhttp.errors import HTTPError, NotFound
from pyhttp.messages import RequestHead, Response
from pyhttp.request import Request
from pyhttp.resources import error_page, files, listing, paths
from pyhttp.resources.opened import check_directory
from pyhttp.semantics.methods import check_method
from pyhttp.serving import Surroundings, serve
from pyhttp.site import Site
from pyhttp.transport.connection import Address

__all__ = ["BaseHttpRequestHandler"]

_DEFAULT_SITE = Site()


class BaseHttpRequestHandler:
    """Serves a folder. Constructing it serves: one request of a server's connection, every request of another socket.

    Override one of `handle`, `get_path`, `list_dir`, `do_file`, `run_cgi`; each answers by `respond`, once.

    Args:
        conn: The client's connection.
        addr: The client's address.
        server: Any object; its `limits`, `timeouts`, `log` and `closing` are used where it has them.
        directory: The folder; the working directory otherwise.
        site: How it is served.

    Attributes:
        request: The current request.
    """

    request: Request

    def __init__(
        self,
        conn: socket.socket,
        addr: Address,
        server: object,
        directory: str | os.PathLike[str] | None = None,
        *,
        site: Site | None = None,
    ) -> None:
        self.conn = conn
        self.addr = addr
        self.server = server
        self.directory = _absolute(os.getcwd() if directory is None else os.fspath(directory))
        self.site = site or _DEFAULT_SITE
        self._surroundings = Surroundings(server)
        serve(conn, self._surroundings, self._answer)

    def _answer(self, request: Request) -> None:
        """Have `handle` answer; what it raises is answered in the site's own look."""
        self.request = request
        try:
            self.handle()
        except HTTPError as error:
            if request.exchange.status:
                raise
            self._surroundings.log.info("%s: %d %s", ascii(request.target), error.status, error.detail)
            request.exchange.respond(self._error_response(error), close=error.must_close)

    def _error_response(self, error: HTTPError) -> Response:
        if isinstance(error, NotFound) and self.request.method in {"GET", "HEAD"}:
            return files.not_found_response(error, root=self.directory, site=self.site)
        return error_page.error_response(error, site=self.site)

    @property
    def _head(self) -> RequestHead:
        head = self.request.exchange.head
        if head is None:
            raise NotFound("no request")
        return head

    # --- what may be overridden

    def handle(self) -> None:
        """Dispatch the request: to `run_cgi`, `do_file`, or `list_dir`.

        Raises:
            HTTPError: Answered with its status.
        """
        path = self.request.path
        if path == "*":  # 9110-9.3.7: the server as a whole
            self.respond(error_page.options_response(site=self.site))
            return
        segments = paths.decode(path)
        located = self.get_path(path)
        if files.is_directory(located):
            self._do_directory(located, segments)
        elif path.endswith("/"):
            raise NotFound("a file has no slash behind it")
        else:
            self.do_file(located)

    def get_path(self, path: str) -> str:
        """The absolute file-system path that `path` means below the folder.

        Args:
            path: As it stood in the request, still encoded; a query is cut off. It is decoded exactly once.

        Raises:
            NotFound: It has a dot segment or an encoded slash, or is hidden.
            BadRequest: It is no path, or decodes to a control character.
        """
        return paths.locate(self.directory, path, hide_dotfiles=self.site.hide_dotfiles)

    def list_dir(self, path: str) -> str:
        """HTML: the listing of a directory, or a file's contents, escaped.

        Args:
            path: An absolute file-system path.

        Raises:
            Forbidden: Listings are off, it may not be read, or it is a file larger than `Limits.shown_file`.
            NotFound: It is not there, or leads out of the folder.
        """
        limits = self._surroundings.limits
        if not files.is_directory(path):
            return listing.file_page(path, root=self.directory, site=self.site, limits=limits)
        return listing.directory_page(
            path,
            paths.decode(self.request.path),
            self.request.query,
            root=self.directory,
            site=self.site,
            limits=limits,
        )

    def do_file(self, path: str) -> None:
        """Answer for a file: with its contents, or with the CGI script's output where it is one.

        Args:
            path: An absolute file-system path.

        Raises:
            HTTPError: 403, 404, 405, 412, 416, 501 and those of `run_cgi`.
        """
        self.respond(
            files.file_response(self._head, path, root=self.directory, site=self.site, limits=self._surroundings.limits)
        )

    # --- the one way out

    def respond(self, response: Response) -> None:
        """Send the one answer to the request.

        Raises:
            Misuse: It has an answer already.
            Disconnected: The client is gone.
        """
        self.request.exchange.respond(response)

    def _do_directory(self, path: str, segments: tuple[str, ...]) -> None:
        check_directory(path, self.directory, self.site)
        request, head = self.request, self._head
        if not request.path.endswith("/"):
            check_method(head.method)
            self.respond(error_page.redirect_response(segments, request.query, site=self.site))
        elif (index := files.index_of(path, self.site)) is not None:
            self.do_file(index)
        elif listing.wants_json(head):
            limits = self._surroundings.limits
            self.respond(
                listing.json_response(head, path, segments, root=self.directory, site=self.site, limits=limits)
            )
        else:
            self.respond(listing.listing_response(head, self.list_dir(path), site=self.site))


@lru_cache(maxsize=64)
def _normal(directory: str) -> str:
    return os.path.normpath(directory)


def _absolute(directory: str) -> str:
    """The absolute, normalised path of a directory; a handler is built for each request, so that it is looked up."""
    return _normal(directory if directory.startswith("/") else os.path.join(os.getcwd(), directory))
