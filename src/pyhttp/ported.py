"""Names that handlers of `http.server` override and that are never called here: a class with such a name is refused.

If a `do_GET` that asks for a password were ignored in silence, every client would get in.
"""

import re
from typing import Final

__all__ = ["NoLeftovers"]

_METHOD: Final = re.compile("do_[A-Z]+")
_INSTEAD: Final = {
    "cgi_directories": "give Site.cgi_directories",
    "end_headers": "override respond(response), where every answer passes",
    "extensions_map": "give Site.media_types",
    "guess_type": "give Site.media_types",
    "handle_one_request": "override handle()",
    "index_pages": "give Site.index",
    "list_directory": "override list_dir(path), which returns HTML",
    "log_error": "use the logger pyhttp.error",
    "log_message": "use the loggers pyhttp.access and pyhttp.error",
    "log_request": "give the server an access_log",
    "send_error": "raise an HTTPError, or override respond(response), where every answer passes",
    "send_head": "override do_file(path)",
    "send_header": "give the fields to a Response",
    "send_response": "give the status to a Response",
    "translate_path": "override get_path(path)",
}


class NoLeftovers:
    """A base class whose subclasses may not have a name that only `http.server` would call.

    Raises:
        TypeError: A subclass, or another base of it, has such a name; the message says what to do instead.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for each in cls.__mro__:
            for name in vars(each):
                instead = "override handle()" if _METHOD.fullmatch(name) else _INSTEAD.get(name)
                if instead is not None:
                    raise TypeError(f"{each.__name__}.{name} of http.server is not called here: {instead}")
