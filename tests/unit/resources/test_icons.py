"""The kinds of files that people keep in folders."""

import re
from xml.etree.ElementTree import fromstring

import pytest

from pyhttp.resources.icons import _ENDINGS, _ICONS, PICTURES, drawings, icon_names, pointers
from pyhttp.resources.page import STYLE
from pyhttp.semantics.media_types import TYPES


@pytest.mark.parametrize(
    ("name", "icon"),
    [
        ("report.pdf", "pdf"),
        ("analysis.ipynb", "notebook"),
        ("budget.xlsx", "spreadsheet"),
        ("rows.csv", "spreadsheet"),
        ("Inter.woff2", "font"),
        ("debian.iso", "disk"),
        ("a.tar.gz", "archive"),
        ("a.7z", "archive"),
        ("main.rs", "code"),
        ("app.ts", "code"),
        ("points.json", "data"),
        ("song.mp3", "audio"),
        ("film.mp4", "video"),
        ("photo.jpg", "image"),
        ("notes.txt", "text"),
        ("README.md", "text"),
        ("letter.odt", "document"),
        ("slides.pptx", "presentation"),
        ("app.sqlite", "database"),
        ("server.pem", "key"),
        ("tool.deb", "package"),
        ("tool-1.0-py3-none-any.whl", "package"),
        ("build.sh", "program"),
        ("setup.exe", "program"),
        ("pyproject.toml", "settings"),
        ("page.html", "web"),
        ("letter.eml", "mail"),
        ("scene.gltf", "file"),
    ],
)
def test_the_kinds_that_people_have(name: str, icon: str) -> None:
    assert icon_names()[name[name.rindex(".") :]] == icon


def test_each_kind_has_its_endings_from_the_first_to_the_last() -> None:
    kinds = {
        "document": "doc djvu",
        "pdf": "pdf eps",
        "notebook": "ipynb qmd",
        "spreadsheet": "xls tsv",
        "presentation": "ppt odp",
        "archive": "zip lz4",
        "package": "deb torrent",
        "disk": "iso vmdk",
        "code": "css patch",
        "program": "sh appimage",
        "settings": "conf desktop",
        "data": "json h5",
        "database": "sqlite mdb",
        "web": "html url",
        "key": "pem gpg",
        "mail": "eml vcf",
    }
    assert kinds.keys() == _ENDINGS.keys()
    for kind, endings in kinds.items():
        assert {icon_names()[f".{ending}"] for ending in endings.split()} == {kind}


def test_a_name_tells_one_kind() -> None:
    endings = [ending for listed in _ENDINGS.values() for ending in listed.split()]
    assert sorted(set(endings)) == sorted(endings)
    assert all(re.fullmatch("[a-z0-9]+", ending) for ending in endings)


def test_what_a_browser_plays_or_shows_has_the_icon_of_its_media_type() -> None:
    families = {"image": "image", "audio": "audio", "video": "video", "font": "font"}
    told = {
        suffix: families[name.partition("/")[0]] for suffix, name in TYPES.items() if name.partition("/")[0] in families
    }
    assert {suffix for suffix, icon in told.items() if icon_names()[f".{suffix}"] != icon} == {"ts"}
    assert {icon_names()[suffix] for suffix in PICTURES} == {"image"}


def test_every_icon_is_drawn_within_its_frame() -> None:
    assert set(icon_names().values()) <= set(_ICONS)
    assert len(set(_ICONS.values())) == len(_ICONS)
    drawn = fromstring(re.sub(r"id=([a-z])", r'id="\1"', drawings(set(_ICONS))))
    assert len({path.attrib["id"] for path in drawn}) == len(_ICONS)
    assert {path.attrib["d"] for path in drawn} == set(_ICONS.values())
    for path in drawn:
        assert re.fullmatch("[Mm][-MmLlHhVvZzQqTtAa0-9. ]+", path.attrib["d"])


def test_a_page_has_the_icons_that_it_uses_once_each() -> None:
    assert drawings({"text", "file"}).count("<path id=") == 2
    assert drawings(set()) == "<svg></svg>\n"


def test_what_points_at_an_icon_finds_its_drawing() -> None:
    """The style finds the icon of folders by its name, and colours it."""
    for icon, drawing in _ICONS.items():
        found = re.fullmatch("<svg aria-hidden=true><use href=#([a-z]) /></svg>", pointers()[icon])
        assert found is not None
        assert drawings({icon}) == f'<svg><path id={found[1]} d="{drawing}"/></svg>\n'
    assert f'[href="#{pointers()["folder"].partition("#")[2][0]}"]{{color:var(--a)' in STYLE
