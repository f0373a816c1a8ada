"""Requests that arrived together. What is found out for one of them may answer the others.

When a wait of the loop ends, the first octet of each request that it tells of has arrived, if the connection was armed
before that wait: then all octets of the request before had been read. An answer may come from any moment between the
request's first octet and the answer's own. So what is found out after the wait, in the state of a file for instance, is
true for each of these requests. It is forgotten with them: no later request gets it.
"""

from pyhttp.messages import Response

__all__ = ["Asked", "Together"]

Asked = str | tuple[str, str | None, str]
"""A path; for a client that has a copy, with its If-None-Match, or None and its If-Modified-Since."""
Together = dict[Asked, Response]
"""Answers by what their requests ask for, for the requests of one round of the loop."""
