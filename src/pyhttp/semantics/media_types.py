"""RFC 9110 §8.3: the media type of a file, by its name and the same on every machine (safety line W6).

Registered types come first, but a text that people read is `text/plain` where browsers would save a type of its own
instead of showing it. Where the name does not tell the type, the beginning of the file does: UTF-8 without control
characters is `text/plain`, and anything else is `application/octet-stream`. A type that a browser would run is never
found by content.
"""

import codecs
from collections.abc import Callable
from typing import Final

__all__ = ["DEFAULT", "LOOK", "TYPES", "media_type", "own_coding"]

DEFAULT: Final = "application/octet-stream"
LOOK: Final = 8 * 1024
"""Octets at the beginning of a file that show whether it is text."""
_BINARY: Final = bytes((*range(0x09), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)))
"""Octets that no text contains: the controls except TAB, LF, FF, CR and ESC, which colours the logs of programs (the
"binary data bytes" of the MIME Sniffing standard)."""

_SUFFIXES: Final = {
    # Text
    "text/html": "html htm xhtm",
    "text/css": "css",
    "text/javascript": "js mjs cjs",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "text/markdown": "md markdown",
    "text/calendar": "ics ifb",
    "text/vcard": "vcf",
    "text/vtt": "vtt",
    "text/troff": "roff tr man",
    "text/plain": (
        "txt text log conf cfg ini env rst asc adoc org list nfo lock diff patch yaml yml toml jsonl ndjson jsonc "
        "json5 ino properties po srt tex bib sty cls sql proto graphql cmake mk gradle tf tfvars hcl nix cff puml mmd "
        "py pyi pyx c h cc cpp cxx hpp hh hxx inl cu m mm cs fs fsx vb go rs zig nim d dart java kt kts groovy scala "
        "clj swift rb rake gemspec pl pm php lua tcl r rmd qmd jl hs ml mli ex exs erl lisp el scm rkt f f90 pas asm s "
        "sh bash zsh fish ksh csh bat cmd ps1 psm1 awk sed tsx jsx cts vue svelte astro mdx scss sass less styl coffee "
        "gv jinja j2 tmpl tpl ejs hbs pug"
    ),
    # Data that programs read
    "application/json": "json map ipynb",
    "application/ld+json": "jsonld",
    "application/geo+json": "geojson",
    "application/manifest+json": "webmanifest",
    "application/xml": "xml xsl xsd rng",
    "application/xhtml+xml": "xhtml",
    "application/atom+xml": "atom",
    "application/rss+xml": "rss",
    "application/mathml+xml": "mathml mml",
    "application/gpx+xml": "gpx",
    "application/vnd.google-earth.kml+xml": "kml",
    "application/vnd.google-earth.kmz": "kmz",
    "application/wasm": "wasm",
    "application/sqlite3": "sqlite sqlite3 db",
    "application/vnd.apache.parquet": "parquet",
    "application/rdf+xml": "rdf",
    "text/turtle": "ttl",
    "application/pgp-signature": "sig",
    "application/pkix-cert": "cer crt",
    "application/x-pem-file": "pem",
    # Documents
    "application/pdf": "pdf",
    "application/postscript": "ps eps ai",
    "application/rtf": "rtf",
    "application/epub+zip": "epub",
    "application/msword": "doc dot",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.graphics": "odg",
    "application/vnd.amazon.mobi8-ebook": "azw3",
    # Archives and packages
    "application/zip": "zip",
    "application/gzip": "gz tgz",
    "application/zstd": "zst",
    "application/x-brotli": "br",
    "application/x-bzip2": "bz2 tbz2",
    "application/x-xz": "xz txz",
    "application/x-7z-compressed": "7z",
    "application/vnd.rar": "rar",
    "application/x-tar": "tar",
    "application/x-cpio": "cpio",
    "application/java-archive": "jar war",
    "application/vnd.android.package-archive": "apk",
    "application/vnd.debian.binary-package": "deb",
    "application/x-rpm": "rpm",
    "application/x-apple-diskimage": "dmg",
    "application/x-iso9660-image": "iso",
    "application/vnd.microsoft.portable-executable": "exe dll",
    "application/x-msi": "msi",
    # Images
    "image/png": "png",
    "image/apng": "apng",
    "image/jpeg": "jpg jpeg jpe jfif",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/jxl": "jxl",
    "image/heic": "heic",
    "image/heif": "heif",
    "image/svg+xml": "svg svgz",
    "image/vnd.microsoft.icon": "ico",
    "image/bmp": "bmp",
    "image/tiff": "tif tiff",
    "image/jp2": "jp2",
    "image/vnd.adobe.photoshop": "psd",
    "image/x-portable-pixmap": "ppm",
    "image/x-portable-graymap": "pgm",
    "image/x-portable-bitmap": "pbm",
    # Sound
    "audio/mpeg": "mp3 mp2",
    "audio/mp4": "m4a m4b",
    "audio/aac": "aac",
    "audio/ogg": "ogg oga spx",
    "audio/opus": "opus",
    "audio/flac": "flac",
    "audio/wav": "wav",
    "audio/webm": "weba",
    "audio/midi": "mid midi",
    "audio/x-aiff": "aif aiff aifc",
    "audio/basic": "au snd",
    "audio/x-ms-wma": "wma",
    # Moving pictures
    "video/mp4": "mp4 m4v mp4v",
    "video/webm": "webm",
    "video/ogg": "ogv",
    "video/mpeg": "mpg mpeg mpe",
    "video/quicktime": "mov qt",
    "video/matroska": "mkv",
    "video/x-msvideo": "avi",
    "video/x-ms-wmv": "wmv",
    "video/x-flv": "flv",
    "video/mp2t": "ts mts m2ts",
    "video/3gpp": "3gp 3gpp",
    "application/vnd.apple.mpegurl": "m3u8 m3u",
    "application/dash+xml": "mpd",
    # Fonts and models
    "font/woff": "woff",
    "font/woff2": "woff2",
    "font/ttf": "ttf",
    "font/otf": "otf",
    "font/collection": "ttc",
    "application/vnd.ms-fontobject": "eot",
    "model/gltf+json": "gltf",
    "model/gltf-binary": "glb",
    "model/stl": "stl",
    "model/obj": "obj",
    # Others that a folder on the web holds
    "application/x-bittorrent": "torrent",
    "application/x-x509-ca-cert": "der",
    "application/pkcs12": "p12 pfx",
    "message/rfc822": "eml mht mhtml",
}

TYPES: Final[dict[str, str]] = {suffix: name for name, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
"""The media type of each suffix; suffixes are in lower case, without a dot."""


_UNLESS_TEXT: Final = frozenset({"dot", "mts", "ts"})
"""Suffixes of two kinds of file: TypeScript and graphs are text; films and templates are not, and the table has
these."""


def media_type(
    name: str,
    *,
    beginning: Callable[[], bytes] | None = None,
    further: tuple[tuple[str, str], ...] = (),
    default: str = "",
    charset: str = "utf-8",
    coding: str = "",
) -> str:
    """The value of Content-Type for a file; a file always has one (9110-8.3-5a).

    It is not asked for the content of a request, whose type stays untold where the client says none (9110-8.3-5b).

    Args:
        name: The file's name, or a path that ends in it.
        beginning: Returns the first `LOOK` octets of the file, or the whole of a shorter file; it is called where the
            name does not tell the type. None where the content cannot be looked at.
        further: (ending, media type) pairs that come before the table. A pair is for names that are the ending, or end
            in a dot and the ending, in any case. The longest ending counts; among equal ones the last.
        default: The type of a file with an unknown name, without a look at its content; "" for the look.
        charset: The charset stated with types of text that state none themselves (9110-8.3.1-4a, §8.3.2); "" for none.
            Text that was found by a look is in UTF-8, whatever this argument says.
        coding: The content coding with which the file is sent; "" for none.
    """
    found, suffix = _said(name, further), _suffix(name)
    if not found:
        found = TYPES.get(suffix, default)
        if suffix in _UNLESS_TEXT or not found:
            if beginning is not None and _is_text(beginning()):
                return "text/plain; charset=utf-8"
            found = found or DEFAULT
        elif suffix == "svgz" and not coding:
            found = TYPES["gz"]  # as it is for a client that does not decode it
    if charset and found.startswith("text/") and ";" not in found:
        return f"{found}; charset={charset}"
    return found


def own_coding(name: str, further: tuple[tuple[str, str], ...] = ()) -> str:
    """The content coding that a file has by its name; "" for none, as for `x.tar.gz`.

    Browsers show such a file only if the coding is stated.

    Args:
        name: As for `media_type`.
        further: As for `media_type`; a type in it is that of the octets as they are.
    """
    return "gzip" if _suffix(name) == "svgz" and not _said(name, further) else ""


def _suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    if not dot or not stem or stem[-1] == "/":  # a leading dot hides a file, it does not begin a suffix
        return ""
    return suffix.lower()


def _said(name: str, further: tuple[tuple[str, str], ...]) -> str:
    """The type that the operator has given; "" where there is none."""
    found, length = "", 0
    if further:
        base = "." + name.rpartition("/")[2].lower()
        for ending, said in further:
            if len(ending) >= length and base.endswith(f".{ending.lower()}"):
                found, length = said, len(ending)
    return found


def _is_text(beginning: bytes) -> bool:
    """Whether the octets are UTF-8, possibly cut at the end, without octets that no text contains."""
    if len(beginning.translate(None, _BINARY)) < len(beginning):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning, final=len(beginning) < LOOK)
    except UnicodeDecodeError:
        return False
    return True
