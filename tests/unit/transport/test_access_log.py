"""O1, O2, D21: the access line."""

import contextlib
import json
import logging
import re
import time

import pytest

from pyhttp.errors import HTTPError
from pyhttp.log_escaping import in_quotes
from pyhttp.messages import Response
from pyhttp.transport.access_log import (
    AccessEntry,
    combined_format,
    common_format,
    entry_of,
    json_format,
    write_line,
)
from tests.helpers.channels import FakeStream, met
from tests.helpers.fakes import world
from tests.helpers.sockets import request

ENTRY = AccessEntry("127.0.0.1", 1_000_000_000.0, 0.001, "GET", "/a?b", "HTTP/1.1", 200, 12, "", "")


def entry(**changes: str | int) -> AccessEntry:
    values = {name: getattr(ENTRY, name) for name in AccessEntry._fields}
    return AccessEntry(**{**values, **changes})


def test_O1_the_common_log_format() -> None:
    line = common_format(ENTRY, 2048)
    assert re.fullmatch(r'127\.0\.0\.1 - - \[\d\d/Sep/2001:\d\d:\d\d:40 [+-]\d{4}\] "GET /a\?b HTTP/1\.1" 200 12', line)


def test_the_months_are_English_whatever_the_locale() -> None:
    lines = [common_format(ENTRY._replace(ended=1_000_000_000.0 + month * 2_629_800), 2048) for month in range(12)]
    months = ["Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug"]
    assert [line.split("/")[1] for line in lines] == months


def test_the_time_is_local_and_its_zone_stated() -> None:
    line = common_format(ENTRY, 2048)
    stamp = line[line.index("[") + 1 : line.index("]")]
    assert time.mktime(time.strptime(stamp[:-6], "%d/%b/%Y:%H:%M:%S")) == 1_000_000_000


def test_O1_what_is_looked_at_in_a_line_is_what_has_to_be_escaped() -> None:
    wrong = [
        letter
        for letter in map(chr, range(0x2100))
        if f"/{in_quotes(letter)} " not in common_format(entry(target=f"/{letter}"), 2048)
    ]
    assert wrong == []


def test_D21_what_is_cut_is_the_request_whatever_stands_behind_it() -> None:
    twice = "GET /" + "a" * 100 + " HTTP/1.1"
    line = combined_format(entry(target="/" + "a" * 100, user_agent=twice, referer=twice), 200)
    assert len(line) <= 200
    assert re.search(r'\] "GET /a+\.\.\." 200 12 "GET ', line)


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
        "user": "",
        "method": "GET",
        "target": '/"\n\x85é',
        "version": "HTTP/1.1",
        "status": 200,
        "sent": 12,
        "ms": 1.0,
        "referer": "",
        "user_agent": "u",
    }


def test_the_user_is_one_column() -> None:
    line = common_format(entry(user='a "b\n'), 2048)
    assert line.startswith(r"127.0.0.1 - a\x20\x22b\x0a [")
    assert json.loads(json_format(entry(user="a b"), 2048))["user"] == "a b"


def test_D21_a_line_of_exactly_the_length_is_whole() -> None:
    whole = common_format(entry(target="/" + "a" * 500), 2048)
    assert common_format(entry(target="/" + "a" * 500), len(whole)) == whole
    assert "..." in common_format(entry(target="/" + "a" * 500), len(whole) - 1)


def test_D21_a_long_user_is_cut() -> None:
    assert len(combined_format(entry(user="a" * 9000, target="/" + "b" * 9000, referer="c" * 9000), 2048)) <= 2048
    assert len(json_format(entry(user="\0" * 9000, target="\0" * 9000, referer="\0" * 9000), 2048)) <= 2048


def test_D21_a_long_json_line_stays_json() -> None:
    line = json_format(entry(target="\x00" * 9000, referer="é" * 9000, user_agent="x" * 9000, method="M" * 900), 2048)
    assert len(line) <= 2048
    assert json.loads(line)["target"] == "\x00" * ((2048 - 256) // 30 - 3) + "..."


# --- what is known of an exchange


def test_the_entry_of_an_exchange_says_who_asked_what_and_what_was_sent() -> None:
    before = time.time()
    with met() as made:
        exchange = made.begin(request("/a?b", "Referer: http://r/", "User-Agent: u", method="POST", content=b"x"))
        exchange.respond(Response(201, {}, b"abc"))
        exchange.started -= 5
        entry = entry_of(made.conn, exchange)
    assert before <= entry.ended <= time.time()
    assert 5 <= entry.duration < 6
    assert (entry.client, entry.method, entry.target, entry.version) == ("192.0.2.1", "POST", "/a?b", "HTTP/1.1")
    assert (entry.status, entry.sent, entry.referer, entry.user_agent) == (201, 3, "http://r/", "u")


def test_fields_that_are_not_there_are_empty() -> None:
    with met() as made:
        entry = entry_of(made.conn, made.begin(request()))
    assert (entry.status, entry.sent, entry.referer, entry.user_agent) == (0, 0, "", "")


def test_what_has_not_left_was_not_sent() -> None:
    with met() as made:
        exchange = made.begin(request(method="GET"))
        stream, made.conn.stream = made.conn.stream, FakeStream([1000])
        exchange.respond(Response(200, {}, bytes(10_000)))
        entry = entry_of(made.conn, exchange)
        made.conn.stream = stream
        assert entry.sent == 10_000 - made.conn.outbox.unsent
        assert 0 < entry.sent < 1000


@pytest.mark.parametrize("how", ["leaves", "stays"])
def test_what_a_client_has_not_got_when_its_answer_is_cut_was_not_sent(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries: list[AccessEntry] = []
    size = 4 << 20
    with world(lambda _: Response(200, {}, bytes(size))) as made:
        monkeypatch.setattr(made.employer, "exchange_ended", lambda conn, done: entries.append(entry_of(conn, done)))
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        assert conn.outbox
        if how == "leaves":
            peer.close()
            made.work()
        else:
            made.pass_time(31)
        assert [entry.sent for entry in entries] == [pytest.approx(size // 2, abs=size // 2 - 1)]


def test_a_head_that_has_not_left_makes_nothing_less_than_nothing() -> None:
    with met() as made:
        exchange = made.begin(request())
        stream, made.conn.stream = made.conn.stream, FakeStream()
        exchange.respond(Response(200, {}, b"x"))
        made.conn.stream = stream
        assert entry_of(made.conn, exchange).sent == 0


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        (b"GET /a HTTP/1.1\r\n\r\n", ("GET", "/a", "HTTP/1.1")),
        (b"OPTIONS /a?b HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", ("OPTIONS", "/a?b", "HTTP/1.1")),
        (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", ("", "", "")),
        (b"GET / HT", ("", "", "")),
    ],
)
def test_the_entry_of_a_refused_request_shows_its_line_where_that_could_be_read(
    sent: bytes, line: tuple[str, str, str]
) -> None:
    with met() as made:
        made.send(sent)
        with contextlib.suppress(HTTPError):
            made.conn.core.next_event()
        exchange = made.conn.begin_exchange(None)
        exchange.respond(Response(400, {}, b"no"))
        entry = entry_of(made.conn, exchange)
    assert (entry.method, entry.target, entry.version) == line
    assert (entry.status, entry.sent, entry.referer, entry.user_agent) == (400, 2, "", "")


def test_a_line_comes_from_this_module_whoever_has_asked_for_it(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("pyhttp.test")
    with caplog.at_level(logging.INFO, logger=log.name):
        write_line(log, "100 % of it")
    (record,) = caplog.records
    assert (record.getMessage(), record.levelno, record.name) == ("100 % of it", logging.INFO, "pyhttp.test")
    assert (record.module, record.lineno) == ("access_log", 0)
