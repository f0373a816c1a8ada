"""How the octets of a connection are read, told to people: `pyhttp explain`. The reader is the server's own."""
