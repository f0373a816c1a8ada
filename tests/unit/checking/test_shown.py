"""A report of a check as text, as JSON and as JUnit's XML, each as a whole."""

import json

from pyhttp.checking.documents import as_json, as_junit
from pyhttp.checking.laws import LAWS
from pyhttp.checking.recording import Said, Side
from pyhttp.checking.register import STATEMENTS, Level
from pyhttp.checking.results import Outcome, Report, Result
from pyhttp.checking.rows.model import Answer, Send, row
from pyhttp.checking.shown import listed, octets, shown
from pyhttp.version import __version__

MUST, SHOULD, MAY = "9112-6.1-15b", "9112-9.3-1b", "9112-9.5-3a"
SAID = (Said(Side.CLIENT, b"a\r\n\tb\\"), Said(Side.SERVER, b"<\xff"), Said(Side.SERVER, b""))
REPORT = Report(
    "http://a/",
    "p/1",
    (
        Result("one: must", (MUST, "S1"), Outcome.FAILED, "this & that", SAID),
        Result("one: should", (SHOULD,), Outcome.FAILED, "y" * 200),
        Result("one: may", (MAY,), Outcome.CHOICE, "another"),
        Result("two: safety", ("S1",), Outcome.CHOICE, "other"),
        Result("two: held", ("9112-10.1-1", MUST), Outcome.HELD),
        Result("two: later", ("9110-15.5-1b",), Outcome.SKIPPED, "no path"),
        Result("two: last", ("9110-15.5-1b",), Outcome.SKIPPED, "no time"),
        Result("two: same", ("9110-15.5-1b",), Outcome.SKIPPED, "no time"),
    ),
    1.25,
)
TEXT = rf"""http://a/  p/1

MUST  one: must
  {MUST} {STATEMENTS[MUST].keyword}: {STATEMENTS[MUST].gist}
  wanted: this & that
  sent      a\r\n
            \tb\\
  received  <\xff
  received  nothing more: that side has ended

SHOULD  one: should: {"y" * 139}
choice  one: may: another
choice  two: safety: other

skipped   2: no time
skipped   1: no path

section             held  MUST SHOULD choice skipped
RFC 9110 §15.5         0     .      .      .       3
RFC 9112 §6.1          0     1      .      .       .
RFC 9112 §9.3          0     .      1      .       .
RFC 9112 §9.5          0     .      .      1       .
RFC 9112 §10.1         1     .      .      .       .
beyond the RFCs        0     .      .      1       .

1 held, 1 failed on a MUST, 1 failed on a SHOULD, 2 choices, 3 skipped, in 1.2 s
"""


def test_the_text() -> None:
    assert shown(REPORT, Level.MUST) == TEXT


def test_a_report_without_failures_has_the_table_alone() -> None:
    assert shown(Report("http://a/", "", (), 0.0), Level.MAY) == (
        "http://a/\n\n"
        "section             held  MUST SHOULD choice skipped\n\n"
        "0 held, 0 failed on a MUST, 0 failed on a SHOULD, 0 choices, 0 skipped, in 0.0 s\n"
    )


def test_the_octets_of_one_side() -> None:
    assert octets(b"") == []
    assert octets(b"x" * 600) == ["x" * 600]
    assert octets(b"a\nb\r\n \x7e\x7f\x1f") == ["a\\n", "b\\r\\n", " ~\\x7f\\x1f"]
    assert octets(b"x" * 602) == ["x" * 600, "... and 2 octets more, 602 in all"]


def test_the_list_of_rows_and_laws() -> None:
    needy = row("x", f"{MUST} S1", Send(b"GET /file HTTP/1.1\r\n\r\n"), Answer(200), needs="limits")
    plain = row("y", "S1", Send(b"x\r\n\r\n"), Answer(400))
    assert listed([("group: x", needy), ("group: y", plain)], LAWS[:1]) == (
        f"MUST   group: x  {MUST} S1  needs file, limits\n"
        "-      group: y  S1\n"
        f"MUST   law: {LAWS[0].name}  {' '.join(LAWS[0].cites)}\n"
    )


def test_the_json() -> None:
    document = json.loads(as_json(REPORT))
    results = document.pop("results")
    assert document == {
        "schema": 1,
        "by": f"pyhttp {__version__}",
        "server": "http://a/",
        "product": "p/1",
        "seconds": 1.25,
        "counts": {"held": 1, "failed": 2, "choice": 2, "skipped": 3},
    }
    assert results[0] == {
        "name": "one: must",
        "outcome": "failed",
        "level": "MUST",
        "section": "9112-6.1",
        "clauses": [{"id": MUST, "level": STATEMENTS[MUST].keyword, "gist": STATEMENTS[MUST].gist}],
        "why": "this & that",
        "said": [
            {"side": "sent", "octets": "a\r\n\tb\\"},
            {"side": "received", "octets": "<ÿ"},
            {"side": "received", "octets": ""},
        ],
    }
    assert (results[3]["level"], results[3]["clauses"], results[3]["section"]) == (None, [], "")


def test_the_xml() -> None:
    assert (
        as_junit(REPORT, Level.MUST)
        == rf"""<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="http://a/" tests="8" failures="1" skipped="6" time="1.250">
  <testcase classname="one" name="must">
    <failure type="MUST" message="this &amp; that">{MUST} S1
sent: a\r\n
sent: \tb\\
received: &lt;\xff</failure>
  </testcase>
  <testcase classname="one" name="should">
    <skipped message="failed: {"y" * 200}"/>
  </testcase>
  <testcase classname="one" name="may">
    <skipped message="choice: another"/>
  </testcase>
  <testcase classname="two" name="safety">
    <skipped message="choice: other"/>
  </testcase>
  <testcase classname="two" name="held"/>
  <testcase classname="two" name="later">
    <skipped message="skipped: no path"/>
  </testcase>
  <testcase classname="two" name="last">
    <skipped message="skipped: no time"/>
  </testcase>
  <testcase classname="two" name="same">
    <skipped message="skipped: no time"/>
  </testcase>
</testsuite>
"""
    )
