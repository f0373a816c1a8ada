"""The command line: options, what they serve and where, logs, and `pyhttp` itself."""
