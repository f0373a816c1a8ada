"""Conversations with an HTTP/1.1 server, as data, and what plays them: `pyhttp check`.

Nothing of the server is used here, so that the one judges the other; and serving loads nothing of this.
"""
