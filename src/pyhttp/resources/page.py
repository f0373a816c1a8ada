"""The HTML that this server writes itself: one look for listings, errors and redirects, which need no script."""

from typing import Final

from pyhttp.resources.site_fields import Lines

__all__ = [
    "GALLERY",
    "SCRIPT",
    "STYLE",
    "document",
    "escape_text",
    "listing_lines",
    "page_lines",
    "plain_text",
    "with_more",
]

STYLE: Final = """
:root{color-scheme:light dark;--t:#1c2127;--s:#57606a;--l:#dbe1e8;--h:#f1f5fa;--a:#0757ba;--b:#fff}
@media(prefers-color-scheme:dark){:root{--t:#e6edf3;--s:#9ba6b2;--l:#2a313a;--h:#171d25;--a:#7cb7ff;--b:#0d1117}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{max-width:62rem;margin:auto;padding:2rem 1rem;font:1rem/1.5 system-ui,sans-serif;
color:var(--t);background:var(--b);overflow-wrap:anywhere}
a{color:var(--a);text-decoration:none}
:is(a,button):hover{text-decoration:underline}
:focus-visible{outline:2px solid;outline-offset:-1px;border-radius:6px}
nav,footer,small,td,thead,output{color:var(--s)}
nav,h1,p,ul,footer,[role]{padding:0 .875rem}
ol,.pages,[role]{display:flex;flex-wrap:wrap}
ol{margin:0;padding:0;list-style:none}
ol li+li::before{content:"/";padding:0 .5em}
h1,h2{margin:.125rem 0 1.25rem;font-size:1.75rem;line-height:1.25}
h2{margin:2rem .875rem .75rem;font-size:1.125rem}
button,input{font:inherit;font-size:.875rem;color:inherit;background:none;border:1px solid var(--s);border-radius:6px;
padding:.375rem .75rem}
[role]{gap:.5rem;align-items:center;margin-bottom:.75rem}
input{flex:1;min-width:8rem;max-width:20rem}
output{margin-left:auto;font-size:.875rem}
table{width:100%;border:1px solid var(--l);border-radius:10px;border-spacing:0;font-variant-numeric:tabular-nums}
html{scroll-padding:3rem}
thead{position:sticky;top:0;z-index:1}
thead th{background:var(--b);box-shadow:0 1px var(--l)}
thead th:first-child{border-radius:9px 0 0}
thead th:last-child{border-radius:0 9px 0 0}
table:not(:has(td)){display:none}
caption{position:absolute;clip-path:inset(50%)}
tbody :is(th,td){border-top:1px solid var(--l)}
tbody tr{position:relative}
tbody tr:hover{background:var(--h)}
tbody a::after{content:"";position:absolute;inset:0}
tbody a:focus-visible{outline:0}
tbody a:focus-visible::after{outline:2px solid;outline-offset:-2px;border-radius:6px}
th{padding:0;text-align:left;font-weight:400}
th button{width:100%;border:0;cursor:pointer}
th :is(a,button,span){display:flex;gap:.75rem;padding:.5rem .875rem;unicode-bidi:isolate}
th span{color:var(--s)}
td{padding:.5rem .875rem}
td,th+th{text-align:right;white-space:nowrap}
th+th{width:1%}
th+th button{justify-content:end}
[aria-sort] button{gap:.375rem;color:var(--t);font-weight:600}
[aria-sort] button::after{content:"\\2191";content:"\\2191"/""}
[aria-sort=descending] button::after{content:"\\2193";content:"\\2193"/""}
small{align-self:center;padding:0 .5em;border:1px solid var(--l);border-radius:1em;white-space:nowrap}
svg{flex:none;width:20px;height:24px;color:var(--s);fill:none;stroke:currentColor;stroke-width:1.5;stroke-linejoin:round}
[href="#a"]{color:var(--a);fill:#58f3}
body>svg{display:none}
footer{margin-top:1rem}
.pages{gap:.25rem 1.5rem;margin:.75rem 0}
.pages span{margin-right:auto}
pre{white-space:pre-wrap;margin:0;padding:1rem;border:1px solid var(--l);border-radius:10px}
ul{list-style-position:inside}
.note{padding:12vh 0;font-size:1.125rem}
@media(max-width:36rem){tbody tr{display:grid;grid-template-columns:2.875rem minmax(5rem,auto) 1fr}
thead tr{display:flex;background:var(--b);border-radius:9px 9px 0 0;box-shadow:0 1px var(--l)}
thead th+th{width:auto}tbody th{grid-column:1/-1}tbody th :is(a,span){padding-bottom:.125rem}
tbody td{grid-column:2;border:0;padding:0 0 .5rem;font-size:.8125rem;text-align:left}tbody td+td{grid-column:3}
.pages span{width:100%}}
@media(forced-colors:active){svg,[href="#a"]{color:CanvasText}}
""".replace("\n", "")
"""Text and lines have a contrast of 4.5 and more against their ground, light and dark (WCAG 2.2, 1.4.3)."""

_DIGEST: Final = "8WRHf/9u9sBUHenJru6EjOTjS4kPYKtw7PM5IXvhceg="
"""The SHA-256 of STYLE in base64, written down: `hashlib` loads OpenSSL, which a server needs for nothing else."""

GALLERY: Final = """
table,thead,tbody,tbody tr,th{display:block}
thead tr{display:flex;background:var(--b);border-radius:9px 9px 0 0;box-shadow:0 1px var(--l)}
thead th+th{width:auto}
tbody+tbody{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));border-top:1px solid var(--l)}
tbody+tbody th{border:0}
tbody+tbody :is(a,span){flex-direction:column;gap:.25rem;text-align:center}
tbody+tbody :is(img,svg){width:100%;height:8rem;object-fit:contain;stroke-width:.5}
tbody+tbody use{transform:translate(50%) scale(5)translate(-10px)}
tbody td{display:block;border:0;padding:0 0 .75rem;font-size:.8125rem;text-align:center}
td:is(td+td,:empty){display:none}
"""
"""The style beside STYLE for a listing that shows its images as tiles."""

_GALLERY_DIGEST: Final = "p9J52BTL8xTulgtzyvKEMMEJgssu30zXje6orUy56kM="
"""The SHA-256 of GALLERY, as `_DIGEST`."""

SCRIPT: Final = """
const $=s=>[...document.querySelectorAll(s)],[q]=$("[type=search]"),[z]=$("#zone")
for(const t of $("tbody+tbody td:last-child")){const d=new Date(t.textContent.slice(0,16).replace(" ","T")+"Z")
t.textContent=new Date(d-6e4*d.getTimezoneOffset()).toISOString().slice(0,16).replace("T"," ")}
if(z)z.textContent=Intl.DateTimeFormat().resolvedOptions().timeZone
if(q){const o=q.form.lastChild,found=o.innerHTML,asked=q.value.toLowerCase(),
rows=$("tbody+tbody tr").map(r=>[r,r.querySelector("svg,img").nextSibling.data.toLowerCase()])
q.oninput=()=>{const w=q.value.toLowerCase()
let n=0
for(const[r,name]of rows)n+=!(r.hidden=!name.includes(w))
const all=$(".pages")[0]?"; Enter asks for all":""
if(w==asked)o.innerHTML=found
else o.textContent=w.includes(asked)?n+" of "+rows.length+all:"Enter asks for these"}}
"""
"""The script of a listing: names are filtered as one types, and times are in the reader's zone.

Without it Enter filters, and times are in UTC.
"""

_SCRIPT_DIGEST: Final = "y42Nvig0x/3EdFi+kg9FyK84rvnCDDHFtUE6Vxf9UUk="
"""The SHA-256 of SCRIPT, as `_DIGEST`."""


def _lines(styles: str = "", further: str = "") -> Lines:
    # A policy under which these pages may only be shown in their style (CSP Level 3).
    policy = f"default-src 'none'; style-src 'sha256-{_DIGEST}'{styles}; {further}base-uri 'none'; form-action 'self'"
    kind = ("Content-Type", "text/html; charset=utf-8")
    return (kind, ("Content-Security-Policy", policy), ("X-Content-Type-Options", "nosniff"))


_RUN: Final = f"script-src 'sha256-{_SCRIPT_DIGEST}'; "
_NOTE_LINES: Final = _lines()
_LISTING_LINES: Final = _lines(further=_RUN)
_GALLERY_LINES: Final = _lines(f" 'sha256-{_GALLERY_DIGEST}'", f"{_RUN}img-src 'self'; ")
_END: Final = "</body>\n</html>\n"


def document(title: str, *body: str, style: str = "") -> str:
    """A whole HTML page.

    Args:
        title: Plain text; escaped here.
        body: HTML, in pieces; its author has escaped all text from outside.
        style: The style that it needs besides STYLE.
    """
    further = f"<style>{style}</style>\n" if style else ""
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape_text(title)}</title>\n<style>{STYLE}</style>\n{further}</head>\n<body>\n"
    )
    return "".join((head, *body, _END))


def with_more(page: str, more: str) -> str:
    """A page of `document` with HTML added at its end."""
    return page[: -len(_END)] + more + _END


def plain_text(name: str) -> str:
    """A decoded name as text that can be written: octets that are no UTF-8 become U+FFFD."""
    return name if name.isascii() else name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def escape_text(text: str) -> str:
    """Text for HTML, in content and in quoted attributes: anybody may have chosen a name (9110-17.4-3c).

    `html.escape` is not used: it loads a table of all entities, which costs as much as ten modules of ours.
    """
    text = plain_text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("'", "&#x27;")


def page_lines() -> Lines:
    """The field lines of every such page except a listing."""
    return _NOTE_LINES


def listing_lines(*, gallery: bool) -> Lines:
    """The field lines of a listing, whose script may run.

    Args:
        gallery: Whether it has the style GALLERY, and may show images of this server.
    """
    return _GALLERY_LINES if gallery else _LISTING_LINES
