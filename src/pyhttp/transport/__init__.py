"""The socket side: readiness, deadlines, writing, and the objects that handlers get as `conn`."""
