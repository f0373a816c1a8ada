"""RFC 9110 §8.3: the media type of a file, by its name alone and the same on every machine (safety line W6).

Registered types come first; a suffix without one that holds text a person reads is `text/plain`, so that browsers show
it instead of saving it. What is not listed is `application/octet-stream`.
"""

from typing import Final

__all__ = ["DEFAULT", "TYPES", "media_type"]

DEFAULT: Final = "application/octet-stream"

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
    "text/x-diff": "diff patch",
    "text/plain": (
        "txt text log conf cfg ini env rst asc adoc list nfo lock "
        "py pyi c h cc cpp cxx hpp hh cs go rs java kt swift rb pl pm php lua r jl hs ml ex exs erl clj scala "
        "sh bash zsh fish bat ps1 sql tex bib tsx jsx vue scss sass less coffee gradle cmake mk proto graphql srt"
    ),
    # Data that programs read
    "application/json": "json map",
    "application/ld+json": "jsonld",
    "application/geo+json": "geojson",
    "application/jsonl": "jsonl ndjson",
    "application/manifest+json": "webmanifest",
    "application/xml": "xml xsl xsd rng",
    "application/xhtml+xml": "xhtml",
    "application/atom+xml": "atom",
    "application/rss+xml": "rss",
    "application/mathml+xml": "mathml mml",
    "application/gpx+xml": "gpx",
    "application/vnd.google-earth.kml+xml": "kml",
    "application/vnd.google-earth.kmz": "kmz",
    "application/yaml": "yaml yml",
    "application/toml": "toml",
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
    "image/svg+xml": "svg",
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
    "video/mp2t": "ts m2ts",
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
"""Suffix in lower case, without its dot, to media type."""


def media_type(name: str, *, further: tuple[tuple[str, str], ...] = (), charset: str = "utf-8") -> str:
    """The value of Content-Type for a file.

    Args:
        name: The file's name, or a path that ends in it.
        further: (suffix, media type) pairs that come before the table; the last of equal suffixes counts.
        charset: Stated with types of text that state none themselves (§8.3.2); "" for none.
    """
    stem, dot, suffix = name.rpartition(".")
    if not dot or not stem or stem[-1] == "/":  # a leading dot hides a file, it does not begin a suffix
        return DEFAULT
    suffix = suffix.lower()
    found = dict(further).get(suffix) if further else None
    if found is None:
        found = TYPES.get(suffix, DEFAULT)
    if charset and found.startswith("text/") and ";" not in found:
        return f"{found}; charset={charset}"
    return found
