"""O1, O2, D21: the access line."""

import json
import re
import time

import pytest

from pyhttp.transport.access_log import AccessEntry, combined_format, common_format, escape, json_format

ENTRY = AccessEntry("127.0.0.1", 1_000_000_000.0, 0.001, "GET", "/a?b", "HTTP/1.1", 200, 12, "", "")


def entry(**changes: str | int) -> AccessEntry:
    values = {name: getattr(ENTRY, name) for name in AccessEntry.__dataclass_fields__}
    return AccessEntry(**{**values, **changes})


def test_O1_the_common_log_format() -> None:
    line = common_format(ENTRY, 2048)
    assert re.fullmatch(r'127\.0\.0\.1 - - \[\d\d/Sep/2001:\d\d:\d\d:40 [+-]\d{4}\] "GET /a\?b HTTP/1\.1" 200 12', line)


def test_the_time_is_local_and_its_zone_stated() -> None:
    line = common_format(ENTRY, 2048)
    stamp = line[line.index("[") + 1 : line.index("]")]
    assert time.mktime(time.strptime(stamp[:-6], "%d/%b/%Y:%H:%M:%S")) == 1_000_000_000


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("\r\n", r"\x0d\x0a"),
        ('"', r"\x22"),
        ("\\", r"\x5c"),
        ("\x7f\x80\x9f\xa0", "\\x7f\\x80\\x9f\xa0"),
        ("\x1b[31m", r"\x1b[31m"),
        ("plain é", "plain é"),
    ],
)
def test_O1_escapes_can_be_undone_and_hold_one_line(text: str, safe: str) -> None:
    assert escape(text) == safe
    assert re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found.group(1), 16)), safe) == text


def test_O2_what_the_client_sent_cannot_start_another_line() -> None:
    line = common_format(entry(target='/"\n127.0.0.1 - - "'), 2048)
    assert "\n" not in line
    assert line.count('"') == 2


def test_a_request_that_could_not_be_parsed() -> None:
    assert '] "-" 400 0' in common_format(entry(method="", target="", version="", status=400, sent=0), 2048)


def test_an_exchange_without_an_answer_through_the_gate() -> None:
    assert common_format(entry(status=0), 2048).endswith(" - 12")


def test_D21_a_long_line_is_cut_and_marked() -> None:
    line = common_format(entry(target="/" + "a" * 65536), 2048)
    assert len(line) == 2048
    assert line.endswith('aaa..." 200 12')


def test_the_combined_format_adds_referer_and_user_agent_escaped() -> None:
    line = combined_format(entry(referer="http://a/", user_agent='x"y\n'), 2048)
    assert line.endswith(' 200 12 "http://a/" "x\\x22y\\x0a"')
    assert combined_format(ENTRY, 2048).endswith(' 200 12 "-" "-"')


def test_D21_no_field_makes_a_combined_line_too_long() -> None:
    line = combined_format(entry(target="/" + "a" * 9000, referer="b" * 9000, user_agent="\x00" * 9000), 2048)
    assert len(line) <= 2048


def test_the_json_format_is_one_object_of_ascii_on_one_line() -> None:
    line = json_format(entry(target='/"\n\x85é', user_agent="u"), 2048)
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2001-09-09T01:46:40Z",
        "client": "127.0.0.1",
        "method": "GET",
        "target": '/"\n\x85é',
        "version": "HTTP/1.1",
        "status": 200,
        "sent": 12,
        "ms": 1.0,
        "referer": "",
        "user_agent": "u",
    }


def test_D21_a_long_json_line_stays_json() -> None:
    line = json_format(entry(target="\x00" * 9000, referer="é" * 9000, user_agent="x" * 9000, method="M" * 900), 2048)
    assert len(line) <= 2048
    assert json.loads(line)["target"].endswith("...")
