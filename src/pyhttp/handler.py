"""RFC 9110 §3.2, §9: the handler that answers for a folder: files, listings and CGI scripts."""

import os
import socket
from functools import partial
from typing import TYPE_CHECKING, Final

from pyhttp.answering import serve_plain
from pyhttp.arguments import check_type
from pyhttp.cgi import script_path
from pyhttp.errors import BadGateway, HTTPError, NotFound
from pyhttp.messages import Response
from pyhttp.ported import NoLeftovers
from pyhttp.request import Request
from pyhttp.resources import files, paths, site_errors, site_fields, status_responses
from pyhttp.resources.opened_file import OpenedFile, check_directory, open_file
from pyhttp.sharing import keep_for_others
from pyhttp.site import Site
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.exchange import Exchange

if TYPE_CHECKING:
    from pyhttp.cgi.output import LocalRedirect

__all__ = ["BaseHttpRequestHandler"]

_DEFAULT_SITE: Final = Site()


class BaseHttpRequestHandler(NoLeftovers):
    """A handler that serves a folder: one request of a server's connection, or every request of another socket.

    To construct it is to serve. Override `handle`, `get_path`, `list_dir`, `do_file` or `run_cgi`; each answers once.

    Args:
        conn: The client's connection.
        addr: The client's address.
        server: Any object; its `limits`, `timeouts`, `log` and `closing` are used if it has them.
        directory: The folder; the working directory otherwise.
        site: The rules by which the folder is served.

    Raises:
        TypeError: A subclass has a method that only `http.server` would call, such as `do_GET`; `site` is no Site.

    Attributes:
        request: The current request; without method, target and fields where it could not be parsed.
    """

    request: Request
    _script: script_path.Script | None
    _asked: str
    """The path that the client asked for, whatever a script has redirected to: references are relative to it."""
    _redirects: int
    _opened: OpenedFile | None
    """The file that `handle` has opened for `do_file`."""
    _link: str
    """The Link field for the pages beside the one that `list_dir` has made."""
    _free: bool
    """Whether no rule forbids the names in the path, so that the page of `Site.spa` may answer."""

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
        path = "" if directory is None else os.fspath(directory)
        self.directory: str = paths.normal(path if path.startswith("/") else os.path.join(os.getcwd(), path))
        if site is not None and site.__class__ is not Site:
            check_type("site", site, Site)
        self.site: Site = site or _DEFAULT_SITE
        if isinstance(conn, Connection):
            self._answer(conn.take_exchange())
        else:
            serve_plain(conn, server, self._answer)

    def _answer(self, exchange: Exchange) -> None:
        """Have `handle` answer; an error, now or in a later turn, or a refusal is shown in the site's own look."""
        self.request = Request.of(exchange)
        self._asked = self.request.path
        self._script, self._redirects, self._opened, self._free = None, 0, None, False
        exchange.look, exchange.door = self._look, self.respond
        if self.site.cors or self.site.headers:
            exchange.add_fields = lambda response: site_fields.completed(response, self.site, self.request.headers)
        if exchange.refusal is not None:
            raise exchange.refusal
        if self.site.auth is not None:
            from pyhttp import guard  # noqa: PLC0415 - most folders are for everybody

            guard.admit(exchange, self.site.auth)
        try:
            self.handle()
        except NotFound as error:
            if not self._free:
                raise
            from pyhttp.resources.single_page import page_instead  # noqa: PLC0415 - for few sites

            self.respond(page_instead(self.request.head, error, self.directory, site=self.site, limits=exchange.limits))

    def _look(self, error: HTTPError) -> Response:
        return site_errors.answer_to_error(error, self.request.head, self.directory, site=self.site, path=self._asked)

    # --- methods that may be overridden

    def handle(self) -> None:
        """Dispatch the request: to `run_cgi`, `do_file`, or `list_dir`.

        Raises:
            HTTPError: It is answered with its status.
        """
        path = self.request.path
        if path == "*":  # 9110-9.3.7: about the server as a whole
            self.respond(status_responses.options_response(site=self.site))
            return
        segments, site = paths.decode(path), self.site
        if site.only:
            self._free = site.spa != ""
            self.do_file(paths.only_file(self.directory, segments, site.only, slash=path.endswith("/")))
            return
        located = self.get_path(path)
        concerned = script_path.concerns(segments, site.cgi_directories, site.cgi_suffixes)
        self._free = site.spa != "" and not concerned
        self._script = script_path.find(self.directory, segments, site, slash=path.endswith("/")) if concerned else None
        if self._script is not None:
            self.run_cgi(self._script.path)
        elif located.endswith("/"):
            if not files.is_directory(located):
                raise NotFound("a file has no slash behind it")
            self._do_directory(located.rstrip("/") or "/", segments)
        else:
            self._do_name(located, segments)

    def _do_name(self, path: str, segments: tuple[str, ...]) -> None:
        """Answer for a file or a directory; opening shows which it is: most are files, and need no other look."""
        try:
            self._opened = open_file(path, self.directory, self.site)
        except HTTPError:
            self._opened = None  # unless it is a directory, `do_file` raises the error
        if self.site.clean_urls:
            from pyhttp.resources.clean_urls import find_page  # noqa: PLC0415 - for few sites

            head, root, site, limits = self.request.head, self.directory, self.site, self.request.exchange.limits
            found = find_page(head, segments, self._asked, path, self._opened, root=root, site=site, limits=limits)
            if isinstance(found, Response):
                self.respond(found)
                return
            self._opened, path = found, path if found is None else found.path
        if self._opened is None and files.is_directory(path):
            self._do_directory(path, segments)
            return
        try:
            self.do_file(path)
        finally:
            if self._opened is not None:  # an overridden `do_file` may not use it
                self._opened.close()

    def get_path(self, path: str) -> str:
        """The absolute file-system path that `path` means below the folder; it ends in a slash if `path` does.

        The path that an override returns decides. A file is sent; a directory answers with its index or listing, or
        with a redirect where the request has no slash. Only a directory can be at a path that ends in a slash.

        Args:
            path: The path as it stood in the request, still encoded; a query is cut off. It is decoded exactly once.

        Raises:
            NotFound: The path has a dot segment or an encoded slash, or is hidden.
            BadRequest: The text is no path, or decodes to a control character.
        """
        located = paths.locate(self.directory, path, self.site.hide_dotfiles)
        if "?" in path:
            path = path[: path.index("?")]
        return f"{located}/" if path[-1] == "/" != located[-1] else located

    def list_dir(self, path: str) -> str:
        """A page of HTML: the listing of a directory, or the part that the request asks for, or a file's text, escaped.

        Args:
            path: An absolute file-system path.

        Raises:
            Forbidden: Listings are off; the path may not be read; or it is a file larger than `Limits.shown_file`.
            NotFound: Nothing is at the path, it leads out of the folder, or the listing has no such page.
        """
        from pyhttp.resources import listing  # noqa: PLC0415 - a server of files alone may never need it

        limits = self.request.exchange.limits
        page = listing.page_of(path, self.request.head, root=self.directory, site=self.site, limits=limits)
        self._link = page.link
        return page.html

    def do_file(self, path: str) -> None:
        """Answer for a file at an absolute path: with its contents, or with its output if it is a CGI script.

        HTTPErrors are raised: 403, 404, 405, 412, 416, 501 and those of `run_cgi`.
        """
        root, site, exchange = self.directory, self.site, self.request.exchange
        may_be = script_path.may_be(root, path, site.cgi_directories, site.cgi_suffixes)
        if may_be and script_path.at(root, path, site) is not None:
            self.run_cgi(path)
            return
        opened, self._opened = self._opened, None
        if opened is not None and opened.path != path:
            opened.close()
            opened = None
        found = files.file_response(self.request.head, path, root, site, opened, limits=exchange.limits)
        if exchange.together is not None:
            keep_for_others(self.request, site, found)
        self.respond(found)

    def run_cgi(self, path: str) -> None:
        """Run a CGI script in a process of its own; its output is the answer.

        The call returns before the script has ended: its content is awaited first, then its output, and a later turn
        gives the answer to `respond`. `handle` has found the script and PATH_INFO before; else PATH_INFO is empty.

        Args:
            path: An absolute file-system path.

        Raises:
            NotFound: The path is no CGI script of this folder, whatever an overridden `get_path` returns.
            Forbidden: The script cannot be executed.
            HTTPError: 500, 502, 503 or 504 for a failure of the script, 4xx for its content; also in a later turn.
        """
        from pyhttp.errand import run_script  # noqa: PLC0415 - starting processes is seldom needed, and slow to import

        found = self._script
        if found is None or found.path != path:
            found = script_path.at(self.directory, path, self.site)
        if found is None:
            raise NotFound("not a CGI script")
        client, root, site, go_on = (self.conn, self.addr), self.directory, self.site, partial(self._go_on, found)
        run_script(self.request, found, client, server=self.server, root=root, site=site, then=go_on)

    def _go_on(self, ran: script_path.Script, answer: "Response | LocalRedirect") -> None:
        """Go on after a script has answered: with a response, or with another path to go to (3875-6.2.2-1b)."""
        if isinstance(answer, Response):
            if ran.non_parsed:
                self.request.exchange.be_last()
            self.respond(answer)
            return
        from pyhttp.cgi import gateway  # noqa: PLC0415 - it is loaded already

        self._redirects += 1
        if self._redirects > gateway.MAX_LOCAL_REDIRECTS:
            raise BadGateway("the script redirects again and again")
        self.request = self.request.redirected(gateway.redirected(self.request.head, answer))
        self.handle()

    # --- the one way out

    def respond(self, response: Response, *, wait: bool = False) -> None:
        """Send the one answer to the request. Every answer passes here, also those to errors and those of scripts.

        So do the answers to a malformed request, whose `request` is empty, and to a late one, without `handle`. The
        thread that serves all clients sends these: an override must not wait. `Site.headers` are added after it.

        Octets that the client does not take at once are sent after the turn. So an iterable body is still read when the
        code that built it has returned. If the body needs a `with` block there, use `wait=True`; it holds the thread.

        Args:
            response: The answer.
            wait: Whether to return only when the whole answer has been sent.

        Raises:
            Misuse: The request has an answer already.
            Disconnected: The client is gone.
        """
        self.request.exchange.respond(response, wait=wait, ends_turn=self.__class__ is BaseHttpRequestHandler)

    def _do_directory(self, path: str, segments: tuple[str, ...]) -> None:
        check_directory(path, self.directory, self.site)
        if not self.request.path.endswith("/"):
            head, limits = self.request.head, self.request.exchange.limits
            self.respond(status_responses.moved_response(head, self._asked, segments, site=self.site, limits=limits))
        elif (index := files.index_of(path, self.site)) is not None:
            self.do_file(index)
        else:
            self._do_listing(path)

    def _do_listing(self, path: str) -> None:
        from pyhttp.resources import listing  # noqa: PLC0415 - see list_dir

        head, limits = self.request.head, self.request.exchange.limits
        if listing.wants_json(head):
            from pyhttp.resources.json_listing import json_response  # noqa: PLC0415 - few clients ask for it

            self.respond(json_response(head, path, root=self.directory, site=self.site, limits=limits))
            return
        self._link = ""  # an overridden list_dir may have no further pages
        self.respond(listing.listing_response(head, self.list_dir(path), self._link, site=self.site))
