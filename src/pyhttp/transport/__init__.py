"""The socket side: readiness, deadlines, writing, and what handlers get as `conn`."""
