"""RFC 9112: bytes in, events out; events in, bytes out. No I/O, no clock, no threads."""
