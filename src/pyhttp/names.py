"""What names and paths of a folder mean by themselves, without a look at it: what is in a CGI directory, or inside."""

from functools import lru_cache

__all__ = ["cgi_directories_like", "folded", "in_cgi_directory", "is_inside"]


def folded(name: str) -> str:
    """A name, or a path, as a file system takes it that tells neither letter case nor Unicode composition apart."""
    if name.isascii():
        return name.lower()
    import unicodedata  # noqa: PLC0415 - seldom needed, and this module is loaded for every server

    return unicodedata.normalize("NFKD", name).casefold()


@lru_cache(maxsize=512)
def cgi_directories_like(name: str, directories: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `Site.cgi_directories` that some file system may take a name in the root for.

    What is below such a name is never sent (C8), and is run where it is that directory indeed (C7).
    """
    return tuple([directory for directory in directories if folded(directory) == folded(name)])


def in_cgi_directory(path: str, root: str, directories: tuple[str, ...]) -> bool:
    """Whether a path is in a CGI directory, or is one, by its first name below the root; both absolute."""
    return bool(cgi_directories_like(path[len(root) :].lstrip("/").partition("/")[0], directories))


def is_inside(path: str, root: str) -> bool:
    """Whether `path` is `root` or below it, by whole components; both are absolute and normalised (safety line T6)."""
    return path == root or path.startswith(root if root == "/" else root + "/")
