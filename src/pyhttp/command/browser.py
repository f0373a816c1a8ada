"""The browser that opens when the server listens: in a thread of its own, so that a slow program delays no request."""

import os
import threading
from collections.abc import Callable

__all__ = ["open_page"]


def open_page(url: str, complain: Callable[[str], None]) -> threading.Thread:
    """Have a browser show `url`.

    Args:
        url: A URL of this server.
        complain: Called with a line where there is no browser, or where it does not start.

    Returns:
        The thread that starts it; no code has to wait for it.
    """
    thread = threading.Thread(target=_show, args=(url, complain), name="pyhttp browser", daemon=True)
    thread.start()
    return thread


def _show(url: str, complain: Callable[[str], None]) -> None:
    import webbrowser  # noqa: PLC0415 - few need it

    try:
        browser = webbrowser.get()
        # A browser that runs in the terminal would take that from the operator, unless the operator has named the
        # browser.
        in_terminal = type(browser) is webbrowser.GenericBrowser and not os.environ.get("BROWSER")
        shown = not in_terminal and browser.open(url)
    except (webbrowser.Error, OSError):
        shown = False
    if not shown:
        complain(f"cannot open a browser; the address is {url}")
