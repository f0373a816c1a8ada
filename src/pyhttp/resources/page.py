"""The HTML that this server writes itself: one look for listings, errors and redirects, without scripts."""

from typing import Final

from pyhttp.resources.site_fields import Lines

__all__ = ["STYLE", "document", "escape_text", "page_lines", "plain_text"]

STYLE: Final = """
:root{color-scheme:light dark;--t:#1c2127;--s:#57606a;--l:#dbe1e8;--h:#f1f5fa;--a:#0757ba;--b:#fff}
@media(prefers-color-scheme:dark){:root{--t:#e6edf3;--s:#9ba6b2;--l:#2a313a;--h:#171d25;--a:#7cb7ff;--b:#0d1117}}
*{box-sizing:border-box}
body{max-width:62rem;margin:auto;padding:2rem 1rem;font:1rem/1.5 system-ui,sans-serif;
color:var(--t);background:var(--b);overflow-wrap:anywhere}
a{color:var(--a);text-decoration:none}
:is(a,button):hover{text-decoration:underline}
:focus-visible{outline:2px solid;outline-offset:-1px;border-radius:6px}
nav,footer,small,td,thead{color:var(--s)}
nav,h1,p,ul,footer{padding:0 .875rem}
ol,.pages{display:flex;flex-wrap:wrap}
ol{margin:0;padding:0;list-style:none}
ol li+li::before{content:"/";padding:0 .5em}
h1{margin:.125rem 0 1.25rem;font-size:1.75rem;line-height:1.25}
table{width:100%;border:1px solid var(--l);border-radius:10px;border-spacing:0;font-variant-numeric:tabular-nums}
caption{position:absolute;clip-path:inset(50%)}
tbody :is(th,td){border-top:1px solid var(--l)}
tbody tr:hover{background:var(--h)}
th{padding:0;text-align:left;font-weight:400}
button{width:100%;border:0;background:none;font:inherit;font-size:.875rem;color:inherit;cursor:pointer}
th :is(a,button){display:flex;gap:.75rem;padding:.5rem .875rem;unicode-bidi:isolate}
td{padding:.5rem .875rem;white-space:nowrap}
td,th+th{text-align:right}
th+th{width:1%;white-space:nowrap}
th+th button{justify-content:end}
[aria-sort] button{gap:.375rem;color:var(--t);font-weight:600}
[aria-sort] button::after{content:"\\2191";content:"\\2191"/""}
[aria-sort=descending] button::after{content:"\\2193";content:"\\2193"/""}
small{align-self:center;padding:0 .5em;border:1px solid var(--l);border-radius:1em}
svg{flex:none;width:1.25rem;height:1.5rem;fill:none;stroke:var(--s);stroke-width:1.5;stroke-linejoin:round}
body>svg{display:none}
footer{margin-top:1rem}
.pages{gap:.25rem 1.5rem;margin:.75rem 0}
.pages span{margin-right:auto}
pre{overflow:auto;padding:1rem;border:1px solid var(--l);border-radius:10px}
ul{list-style-position:inside}
.note{padding:12vh 0;font-size:1.125rem}
@media(max-width:36rem){td+td,th+th+th{display:none}.pages span{width:100%}}
"""
"""Text and lines have a contrast of 4.5 and more against their ground, light and dark (WCAG 2.2, 1.4.3)."""

_DIGEST: Final = "/qenaI0qvm/AiUOXDfIK6txpk09/5nRft1KlDPSWkwY="
"""SHA-256 of STYLE in base64, written down: `hashlib` brings OpenSSL, which a server needs for nothing else."""

_LINES: Final[Lines] = (
    ("Content-Type", "text/html; charset=utf-8"),
    # A policy under which these pages may do nothing but look as they do (CSP Level 3).
    (
        "Content-Security-Policy",
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'self'",
    ),
    ("X-Content-Type-Options", "nosniff"),
)


def document(title: str, *body: str) -> str:
    """A whole HTML page.

    Args:
        title: Plain text; escaped here.
        body: HTML, in pieces; whoever wrote it escaped what came from outside.
    """
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    )
    return "".join((head, *body, "</body>\n</html>\n"))


def plain_text(name: str) -> str:
    """A decoded name as text that can be written: octets that are no UTF-8 become U+FFFD."""
    return name if name.isascii() else name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def escape_text(text: str) -> str:
    """Text for HTML, in content and in quoted attributes.

    Not `html.escape`: with it comes a table of all entities, which costs as much to import as ten modules of ours.
    """
    text = plain_text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("'", "&#x27;")


def page_lines() -> Lines:
    """The field lines that go with every such page."""
    return _LINES
