"""Icons for the kinds of files that people keep in folders, by the endings of names."""

from functools import cache
from typing import Final

from pyhttp.semantics.media_types import TYPES

__all__ = ["PICTURES", "drawings", "icon_names", "pointers"]

_PAGE: Final = "M4 4v16.5h12V9l-5-5z"
_ICONS: Final = {
    "folder": "M1.5 6.5v12h17v-10h-8l-2-2z",
    "parent": "M10 18.5V6M5 11l5-5 5 5",
    "unserved": "M8 8H6a4 4 0 0 0 0 8h2m4-8h2a4 4 0 0 1 0 8h-2M7 20l6-16",
    "file": f"{_PAGE}M11 4v5h5",
    "text": f"{_PAGE}M7 9h2m-2 4h6m-6 3.5h6",
    "document": "M3 5h14M3 9.5h14M3 14h14M3 18.5h8",
    "pdf": "M4 12V4h7l5 5v11.5H4V17M11 4v5h5M1.5 12h11v5h-11z",
    "notebook": "M5 4h12v17H5zM3 8h4M3 12.5h4M3 17h4M10 9h4",
    "spreadsheet": "M2 5h16v14H2zm0 4.7h16M2 14.3h16M7.5 5v14",
    "presentation": "M1.5 5h17M3 5v10h14V5m-7 10v2m-4 4 4-4 4 4",
    "image": "M2 5h16v14H2zm0 11 5-5 6 8m-1-5 2-2 4 4M13 8.5h1",
    "audio": "M7 17.5v-12l9-2v12m-9 2a2.5 2 0 1 1 0-.1m9-1.9a2.5 2 0 1 1 0-.1",
    "video": "M2 5h16v14H2zm6 4v6l5-3z",
    "archive": "M3 5h14v15H3zm0 4h14m-9 4h4",
    "package": "M10 3.5 17 7v10l-7 3.5L3 17V7zM3 7l7 3.5L17 7m-7 3.5v10",
    "disk": "M18 12a8 8 0 1 1 0-.1m-6 0a2 2 0 1 1 0-.1",
    "code": "m6 7-5 5 5 5m8-10 5 5-5 5M11.5 5l-3 14",
    "program": "M1.5 5h17v14h-17zm3 4 3 3-3 3m5 0h5",
    "settings": "M3 7h14M3 12h14M3 17h14M12 5v4M6 10v4m8 1v4",
    "data": "M8 4q-3 0-3 4t-3 4q3 0 3 4t3 4m4-16q3 0 3 4t3 4q-3 0-3 4t-3 4",
    "database": "M3 7q0-3 7-3t7 3v10q0 3-7 3t-7-3zq0 3 7 3t7-3M3 12q0 3 7 3t7-3",
    "web": "M18 12a8 8 0 1 1 0-.1M2 12h16M10 4q-7 8 0 16 7-8 0-16",
    "font": "m3 19 7-14 7 14M5.5 14.5h9",
    "key": "M10 12a4 4 0 1 1 0-.1h8v4m-3-4v3",
    "mail": "M2 6h16v12H2zl8 7 8-7",
}
"""The drawings for the kinds of entries, 20 wide and 24 high: paths of SVG. A circle is one arc that nearly meets
itself."""
_MARKS: Final = {name: chr(ord("a") + place) for place, name in enumerate(_ICONS)}
"""The names of the drawings on a page: one letter each, since every row has one."""

_ENDINGS: Final = {
    "document": "doc docx dot odt odg rtf epub azw3 mobi tex djvu",
    "pdf": "pdf ps eps",
    "notebook": "ipynb rmd qmd",
    "spreadsheet": "xls xlsx xlsm ods csv tsv",
    "presentation": "ppt pptx odp",
    "archive": "zip gz tgz zst br bz2 tbz2 xz txz 7z rar tar cpio lz lz4",
    "package": "deb rpm apk jar war msi whl gem crate flatpak snap nupkg xpi torrent",
    "disk": "iso dmg img qcow2 vdi vhd vhdx vmdk",
    "code": (
        "css js mjs cjs ts tsx jsx cts py pyi pyx c h cc cpp cxx hpp hh hxx inl cu m mm cs fs fsx vb go rs zig nim "
        "d dart java kt kts groovy scala clj swift rb rake gemspec php pl pm lua tcl r jl hs ml mli ex exs erl lisp "
        "el scm rkt f f90 pas asm s proto graphql vue svelte astro scss sass less styl coffee jinja j2 tmpl tpl ejs "
        "hbs pug diff patch"
    ),
    "program": "sh bash zsh fish ksh csh bat cmd ps1 psm1 awk sed exe dll so wasm bin run appimage",
    "settings": "conf cfg ini env toml yaml yml properties lock cmake mk gradle tf tfvars hcl nix service desktop",
    "data": "json map jsonl ndjson jsonc json5 jsonld geojson xml xsl xsd rng parquet rdf ttl gpx kml kmz npy npz h5",
    "database": "sqlite sqlite3 db sql mdb",
    "web": "html htm xhtm xhtml webmanifest atom rss url",
    "key": "pem crt cer der p12 pfx key csr pub sig asc gpg",
    "mail": "eml mht mhtml mbox msg ics vcf",
}
"""The endings of names, in lower case, for each kind that does not follow from the media type."""
_FAMILIES: Final = {"text": "text", "image": "image", "audio": "audio", "video": "video", "font": "font"}

PICTURES: Final = frozenset(
    {".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".webp", ".avif", ".svg", ".bmp"}
)
"""Endings of images that every browser shows."""


@cache
def icon_names() -> dict[str, str]:
    """The icon of each suffix, in lower case with its dot; a file without a suffix has the icon of files."""
    names = {f".{suffix}": _FAMILIES.get(name.partition("/")[0], "file") for suffix, name in TYPES.items()}
    for icon, endings in _ENDINGS.items():
        names.update([(f".{ending}", icon) for ending in endings.split()])
    return names


def drawings(used: set[str]) -> str:
    """The icons of a page, once each; the rows point at them."""
    paths = [f'<path id={_MARKS[name]} d="{_ICONS[name]}"/>' for name in sorted(used)]
    return f"<svg>{''.join(paths)}</svg>\n"


@cache
def pointers() -> dict[str, str]:
    """The HTML that points at each icon."""
    return {name: f"<svg aria-hidden=true><use href=#{mark} /></svg>" for name, mark in _MARKS.items()}
