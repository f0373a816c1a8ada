"""Conversations with an HTTP/1.1 server, as data, and the player for them: `pyhttp check`.

No code of the server is used here, so that the one can judge the other; and a server loads nothing of this.
"""
