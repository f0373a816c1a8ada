"""Tells people how the octets of a connection are read: `pyhttp explain`. The reader is the server's own."""
