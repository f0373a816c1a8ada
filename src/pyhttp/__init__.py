"""pyhttp: an HTTP/1.1 origin server."""

__version__ = "0.1.0"
