"""PEP 3333: WSGI applications, such as those of Flask, Django and Bottle, as handlers of the servers.

`PooledServer("localhost", 8888, wsgi_handler(app))` serves `app`. This package is no part of `import pyhttp`, which
stays small.
"""

from pyhttp.wsgi.handler import wsgi_handler

__all__ = ["wsgi_handler"]
