"""The site of the documents: `nox -s docs` builds it into docs/_build/html.

The pages are those of the repository, which stay readable there as they are. What only the site needs is done here:
sections of the README become pages, links that lead out of docs/ lead to their pages, and the reference is made of the
docstrings. Nothing is fetched from a network.
"""

import dataclasses
import inspect
import posixpath
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from docutils import nodes
from pygments.lexers.special import TextLexer
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer

TOP: Final = Path(__file__).parents[1]
sys.path[:0] = [str(TOP / "src"), str(TOP)]

from pyhttp.limits import Timeouts  # noqa: E402 - found by the path above
from pyhttp.version import __version__  # noqa: E402
from tests.helpers.public_api import OPAQUE, members, public_names  # noqa: E402

project = "pyhttp"
author = "The pyhttp engineers"
version = release = __version__
html_title = f"pyhttp {release}"
html_theme = "furo"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_static_path = ["site"]
html_css_files = ["site.css"]
exclude_patterns = ["_build", "package.md"]  # package.md is the page of a package index, and begins as the README does
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.doctest"]
highlight_language = "none"
smartquotes = False  # what is typed can be typed again: an option such as --json keeps its two hyphens

myst_heading_anchors = 4

default_role = "code"  # docstrings have names between single backticks
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_default_options = {"undoc-members": True}
python_maximum_signature_line_length = 90

nitpick_ignore = [
    ("py:class", name)
    for name in (
        # What a signature says beside public names: Protocols of our own, and names of type checkers.
        "pyhttp.arguments.AsTuple",
        "pyhttp.arguments.Several",
        "pyhttp.contents.OpenFile",
        "pyhttp.contents.Source",
        "pyhttp.contents.Written",
        "pyhttp.messages.Asked",
        "pyhttp.messages.FilePath",
        "pyhttp.semantics.fields._T",
        "pyhttp.transport.exchange.Exchange",
    )
]

STANDARD: Final = {
    "collections.abc": ("Callable", "Iterable", "Mapping", "MutableMapping", "Sequence", "Set"),
    "datetime": ("datetime",),
    "io": ("BufferedReader",),
    "os": ("PathLike",),
    "pathlib": ("Path",),
    "socket": ("socket",),
    "ssl": ("SSLContext",),
    "typing": ("ClassVar", "Literal", "Protocol", "Self"),
    "wsgiref.types": ("WSGIApplication",),
}
"""Names of the standard library that signatures have. With an inventory the build would need a network."""

SECTIONS: Final = {
    "project/changelog": ("CHANGELOG.md", "", ""),
    "project/contributing": ("CONTRIBUTING.md", "", ""),
    "project/security": ("SECURITY.md", "", ""),
    "reference/command": ("README.md", "## The command\n", "## The library\n"),
}
"""Pages that have, behind what they say themselves, a document from outside docs/, or what is between two headings."""

PAGES: Final = {
    **{path: f"docs/{page}.md" for page, (path, _, _) in SECTIONS.items()},
    "src/pyhttp/limits.py": "docs/reference/limits.md",
    "examples": "docs/howto/programs.md",
}
"""Where on the site those find what a link to a path of the repository leads to."""

TYPES: Final = {"AccessLog": "pyhttp.transport.access_log", "Address": "pyhttp.transport.channel"}
"""Names of types, and the modules that say what they mean: a type has no docstring that goes with it."""

_REFERENCE: Final = re.compile(r"^<!-- reference: (.*) -->$", re.MULTILINE)
_hidden: Final[dict[str, list[str]]] = {}
_LINK: Final = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)")


def add_section(app: Sphinx, page: str, source: list[str]) -> None:
    """Put what belongs on a page behind its own text, and have all its links lead to pages."""
    text = _with_links(_REFERENCE.sub(_entries, source[0]), f"docs/{page}.md", page)
    if page in SECTIONS:
        path, begin, end = SECTIONS[page]
        document = (TOP / path).read_text(encoding="utf-8")
        section = document.partition(begin)[2] if begin else document
        text += _with_links(section.partition(end)[0] if end else section, path, page)
    source[0] = text


def _entries(names: re.Match[str]) -> str:
    """The reference of public names: what their docstrings say, and those of the members that are public, too."""
    return "\n".join(map(_entry, names[1].split()))


def _entry(name: str) -> str:
    value = public_names()[name]
    kind = "class" if inspect.isclass(value) else "function" if inspect.isfunction(value) else "data"
    chosen = f"   :members: {', '.join(sorted(members(name)))}\n" if members(name) else ""
    shown = f"{name}()" if name in OPAQUE else name  # without a signature that is nobody's business
    bases = "   :show-inheritance:\n" if inspect.isclass(value) and _public_bases(value.__bases__) else ""
    return f"## `{name}`\n\n```{{eval-rst}}\n.. auto{kind}:: pyhttp.{shown}\n{bases}{chosen}```\n"


def _public_bases(bases: Iterable[type]) -> list[type]:
    """Those that a reader can look up: public ones, and those of the standard library but object."""
    public = set(map(id, public_names().values()))
    return [base for base in bases if base is not object and (base.__module__[:6] != "pyhttp" or id(base) in public)]


def _with_links(text: str, path: str, page: str) -> str:
    """The text of the document at `path`, to stand on `page`."""

    def to_page(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link[1]))
        if target.startswith("examples/"):
            name = target.removeprefix("examples/").removesuffix(".py").replace("_", "-")
            return f"{posixpath.relpath('docs/howto/programs.md', posixpath.dirname(f'docs/{page}'))}#{name}"
        return posixpath.relpath(PAGES.get(target, target), posixpath.dirname(f"docs/{page}"))

    return _LINK.sub(to_page, text)


def before_napoleon(app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]) -> None:
    """Leave out what is the library's own; and hide what has no sections, where it would take a colon for a type's."""
    if name.removeprefix("pyhttp.") in OPAQUE and "Attributes:" in lines:
        del lines[lines.index("Attributes:") :]
    if what == "data":
        said = ModuleAnalyzer.for_module(TYPES[name.removeprefix("pyhttp.")]).find_attr_docs()
        lines[:] = said["", name.removeprefix("pyhttp.")]
    if what in {"attribute", "data", "property"}:
        _hidden[name] = lines.copy()
        lines.clear()


def after_napoleon(app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]) -> None:
    """Show again what was hidden, and have a field say its default."""
    lines += _hidden.pop(name, [])
    if what == "attribute" and (default := _default(name)):
        lines += ["", default]


def _default(name: str) -> str:
    owner_name, _, field_name = name.removeprefix("pyhttp.").rpartition(".")
    owner = public_names().get(owner_name)
    if not inspect.isclass(owner) or not dataclasses.is_dataclass(owner):
        return ""
    defaults = {field.name: field.default for field in dataclasses.fields(owner)}
    default = defaults.get(field_name, dataclasses.MISSING)
    if default is dataclasses.MISSING:
        return ""
    unit = "" if owner is not Timeouts else " bytes a second" if field_name.endswith("_rate") else " seconds"
    return f"Default: ``{default!r}``{unit}{_in_words(default)}."


def _in_words(size: object) -> str:
    """Of a size that nobody can read, what it is."""
    for power, name in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if isinstance(size, int) and size and size % (1 << power) == 0:
            return f", {size >> power} {name}"
    return ""


def hide_inner(app: Sphinx, name: str, value: object, options: object, bases: list[type]) -> None:
    """Only public bases are shown."""
    bases[:] = _public_bases(bases)


def with_dashes(app: Sphinx, document: nodes.document, page: str) -> None:
    """Have a dash between a parameter or an exception and what is said of it: Sphinx puts two hyphens there."""
    for text in list(document.findall(nodes.Text)):
        if text == " -- ":
            text.parent.replace(text, nodes.Text(" \N{EN DASH} "))


def find_reference(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: nodes.TextElement
) -> nodes.Element | None:
    """A public name by where it is defined, and a name of the standard library."""
    target = str(node.get("reftarget", ""))
    module, _, name = target.rpartition(".")
    module = module or next((each for each, names in STANDARD.items() if name in names), "")
    if name in STANDARD.get(module, ()):
        page = "wsgiref" if module == "wsgiref.types" else module
        address = f"https://docs.python.org/3/library/{page}.html#{module}.{name}"
        return nodes.reference("", "", shown, internal=False, refuri=address)
    if name in public_names() and (module.startswith("pyhttp") or not module):
        python = env.domains.python_domain
        return python.resolve_xref(env, node["refdoc"], app.builder, "obj", f"pyhttp.{name}", node, shown)
    return None


def setup(app: Sphinx) -> None:
    """What Sphinx calls."""
    for language in ("haproxy", "caddy"):
        app.add_lexer(language, TextLexer)  # Pygments knows none
    app.connect("source-read", add_section)
    app.connect("autodoc-process-bases", hide_inner)
    app.connect("autodoc-process-docstring", before_napoleon, priority=400)
    app.connect("autodoc-process-docstring", after_napoleon, priority=600)
    app.connect("missing-reference", find_reference)
    app.connect("doctree-resolved", with_dashes)
