"""Every row, under the name of its module."""

from typing import Final

from pyhttp.checking.rows import (
    chunked,
    connection,
    content,
    expect,
    fields,
    framing,
    hosts,
    limits,
    proxies,
    request_line,
    responses,
    target,
)
from pyhttp.checking.rows.model import Row

__all__ = ["GROUPS", "ROWS"]

GROUPS: Final[dict[str, tuple[Row, ...]]] = {
    "request-line": request_line.ROWS,
    "target": target.ROWS,
    "fields": fields.ROWS,
    "framing": (*framing.ROWS, *content.ROWS),
    "chunked": chunked.ROWS,
    "connection": connection.ROWS,
    "expect": expect.ROWS,
    "responses": responses.ROWS,
    "limits": limits.ROWS,
    "hosts": hosts.ROWS,
    "proxies": proxies.ROWS,
}

ROWS: Final = tuple(row for rows in GROUPS.values() for row in rows)
