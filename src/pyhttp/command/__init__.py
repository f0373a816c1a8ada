"""The command line: options, servers and their listeners, logs, and `pyhttp` itself."""
