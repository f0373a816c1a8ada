"""What a folder's server may be told: one frozen value, the keyword `site=` of BaseHttpRequestHandler."""

from dataclasses import dataclass

__all__ = ["Site"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """How a folder is served.

    Raises:
        ValueError: An index name or CGI directory is not a plain name; the message names the parameter.
    """

    index: tuple[str, ...] = ("index.html", "index.htm")
    """Names that answer for a directory, the first that exists."""
    listing: bool = True
    """Whether a directory without index is listed; else it answers 403."""
    cgi_directories: tuple[str, ...] = ("cgi-bin",)
    """Names of directories directly below the root whose files are run, never shown; empty: no CGI."""
    follow_symlinks: bool = False
    """Whether symbolic links may lead out of the root; else they answer 404 (safety line T6)."""

    def __post_init__(self) -> None:
        for parameter, names in (("index", self.index), ("cgi_directories", self.cgi_directories)):
            for name in names:
                if not name or "/" in name or "\0" in name or name in {".", ".."}:
                    raise ValueError(f"Site.{parameter}: {name!r} is not a plain file name")
