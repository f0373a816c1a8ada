"""RFC 3875: the Common Gateway Interface, version 1.1."""
