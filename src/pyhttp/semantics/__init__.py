"""RFC 9110 as pure functions over values: no I/O, no clock of its own, no state."""
