"""Names and paths of a folder, judged without a look at the disk: is one in a CGI directory, or inside the folder?"""

from functools import lru_cache

__all__ = ["cgi_directories_like", "folded", "in_cgi_directory", "is_inside"]


def folded(name: str) -> str:
    """A name, or a path, for a file system that ignores letter case and Unicode composition."""
    if name.isascii():
        return name.lower()
    import unicodedata  # noqa: PLC0415 - seldom needed, and this module is loaded for every server

    return unicodedata.normalize("NFKD", name).casefold()


@lru_cache(maxsize=512)
def cgi_directories_like(name: str, directories: tuple[str, ...]) -> tuple[str, ...]:
    """The entries of `Site.cgi_directories` that are the same name as `name` on some file system.

    Files below such a name are never sent (C8). They are run if the name really leads to that directory (C7).
    """
    return tuple([directory for directory in directories if folded(directory) == folded(name)])


def in_cgi_directory(path: str, root: str, directories: tuple[str, ...]) -> bool:
    """Whether a path is in a CGI directory, or is one, by its first name below the root; both absolute."""
    return bool(cgi_directories_like(path[len(root) :].lstrip("/").partition("/")[0], directories))


def is_inside(path: str, root: str) -> bool:
    """Whether `path` is `root` or below it, by whole components; both are absolute and normalised (safety line T6)."""
    return path == root or path.startswith(root if root == "/" else root + "/")
