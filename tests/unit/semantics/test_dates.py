"""HTTP dates against the calendar of the standard library."""

import calendar
import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp.semantics.dates import EARLIEST, LATEST, format_date, format_day, parse_date

UTC = dt.UTC
NOW = 1_800_000_000  # 2027-01-15 08:00:00
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

moments = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0))


def seconds_of(moment: dt.datetime) -> int:
    return round((moment - dt.datetime(1970, 1, 1, tzinfo=UTC)) / dt.timedelta(seconds=1))


def imf(moment: dt.datetime) -> str:
    return (
        f"{DAYS[moment.weekday()][:3]}, {moment.day:02} {MONTHS[moment.month - 1]} {moment.year:04} "
        f"{moment.hour:02}:{moment.minute:02}:{moment.second:02} GMT"
    )


@pytest.mark.clause("9110-5.6.7-7b", "9110-5.6.7-17a")
@given(moments)
def test_a_time_is_written_as_imf_fixdate(moment: dt.datetime) -> None:
    assert format_date(seconds_of(moment)) == imf(moment)


@given(moments)
def test_a_day_is_written_as_rfc_3339_has_it(moment: dt.datetime) -> None:
    assert format_day(seconds_of(moment) // 86_400) == moment.date().isoformat()


def test_the_examples_of_the_rfc() -> None:
    for text in (
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ):
        assert parse_date(text, NOW) == 784_111_777
    assert format_date(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT"


def test_the_first_and_the_last_second() -> None:
    assert "0000" in format_date(EARLIEST)
    assert "9999" in format_date(LATEST)
    assert format_day(EARLIEST // 86_400) == "0000-01-01"
    assert format_day(LATEST // 86_400) == "9999-12-31"
    assert seconds_of(dt.datetime(1, 1, 1, tzinfo=UTC)) - EARLIEST == 366 * 86_400
    assert seconds_of(dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)) == LATEST
    for beyond in (EARLIEST - 1, LATEST + 1):
        with pytest.raises(ValueError, match="four digits"):
            format_date(beyond)
        with pytest.raises(ValueError, match="four digits"):
            format_day(beyond // 86_400)


def test_a_date_is_written_once_a_second() -> None:
    assert format_date(NOW) is format_date(NOW)


def test_every_day_of_two_years_and_every_end_of_february() -> None:
    """Calendars err about these days: 2000 has a 29 February, like each fourth century, and 1900 has none."""
    midnight = dt.datetime(1970, 1, 1, tzinfo=UTC)
    days = [midnight.replace(year=2023) + dt.timedelta(days=number) for number in range(365 + 366)]
    for year in range(1, 10_000):
        march = midnight.replace(year=year, month=3)
        days += [march - dt.timedelta(days=1), march]
    for day in days:
        assert format_date(seconds_of(day)) == imf(day)
        assert parse_date(imf(day), NOW) == seconds_of(day)


@pytest.mark.clause("9110-5.6.7-7a")
@given(moments)
def test_imf_fixdate_is_read(moment: dt.datetime) -> None:
    assert parse_date(imf(moment), NOW) == seconds_of(moment)


@pytest.mark.clause("9110-5.6.7-7a")
@given(moments)
def test_asctime_date_is_read(moment: dt.datetime) -> None:
    text = (
        f"{DAYS[moment.weekday()][:3]} {MONTHS[moment.month - 1]} {moment.day:2} "
        f"{moment.hour:02}:{moment.minute:02}:{moment.second:02} {moment.year:04}"
    )
    assert parse_date(text, NOW) == seconds_of(moment)
    assert parse_date(text.replace("  ", " 0"), NOW) == seconds_of(moment)


@pytest.mark.clause("9110-5.6.7-7a", "9110-5.6.7-18a")
@given(
    st.datetimes(dt.datetime(1920, 1, 1), dt.datetime(2180, 1, 1), timezones=st.just(UTC)),
    st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2130, 1, 1), timezones=st.just(UTC)),
)
def test_rfc850_date_is_read_within_fifty_years(moment: dt.datetime, now: dt.datetime) -> None:
    moment, now = moment.replace(microsecond=0), now.replace(microsecond=0)
    text = (
        f"{DAYS[moment.weekday()]}, {moment.day:02}-{MONTHS[moment.month - 1]}-{moment.year % 100:02} "
        f"{moment.hour:02}:{moment.minute:02}:{moment.second:02} GMT"
    )
    found = parse_date(text, seconds_of(now))
    # The model: of all years with these digits in which the day exists, the latest that is not over 50 years ahead.
    years = [year for year in range(1800, 2300) if year % 100 == moment.year % 100]
    limit = (now.year + 50, *now.timetuple()[1:6])
    best = max(year for year in years if (year, *moment.timetuple()[1:6]) <= limit)
    try:
        expected = seconds_of(moment.replace(year=best))
    except ValueError:  # 29 February of a year that does not have this day
        assert found is None
    else:
        assert found == expected


@pytest.mark.clause("9110-5.6.7-18a")
def test_a_two_digit_year_more_than_fifty_years_ahead_is_in_the_past() -> None:
    assert parse_date("Friday, 15-Jan-77 08:00:00 GMT", NOW) == seconds_of(dt.datetime(2077, 1, 15, 8, tzinfo=UTC))
    assert parse_date("Friday, 15-Jan-77 08:00:01 GMT", NOW) == seconds_of(
        dt.datetime(1977, 1, 15, 8, 0, 1, tzinfo=UTC)
    )


@pytest.mark.clause("9110-5.6.7-18a")
def test_a_two_digit_year_may_be_in_the_next_century() -> None:
    now = seconds_of(dt.datetime(2050, 1, 15, 8, tzinfo=UTC))
    assert parse_date("Friday, 15-Jan-00 08:00:00 GMT", now) == seconds_of(dt.datetime(2100, 1, 15, 8, tzinfo=UTC))
    assert parse_date("Saturday, 15-Jan-00 08:00:01 GMT", now) == seconds_of(
        dt.datetime(2000, 1, 15, 8, 0, 1, tzinfo=UTC)
    )


@pytest.mark.clause("9110-5.6.7-18a")
def test_fifty_years_ahead_are_counted_to_the_second() -> None:
    midnight = NOW - 8 * 3600
    assert parse_date("Friday, 15-Jan-77 00:00:00 GMT", midnight) == seconds_of(dt.datetime(2077, 1, 15, tzinfo=UTC))
    assert parse_date("Friday, 15-Jan-77 00:00:00 GMT", midnight - 1) == seconds_of(
        dt.datetime(1977, 1, 15, tzinfo=UTC)
    )
    assert parse_date("Friday, 15-Jan-77 24:00:00 GMT", midnight) is None


def test_a_day_has_its_first_and_its_last_second() -> None:
    day = seconds_of(dt.datetime(1994, 11, 6, tzinfo=UTC))
    assert parse_date("Sun, 06 Nov 1994 00:00:00 GMT", NOW) == day
    assert parse_date("Sun, 06 Nov 1994 23:59:59 GMT", NOW) == day + 86_399


def test_a_leap_second_is_the_second_after_it() -> None:
    assert parse_date("Sat, 31 Dec 2016 23:59:60 GMT", NOW) == seconds_of(dt.datetime(2017, 1, 1, tzinfo=UTC))
    assert parse_date("Sat, 31 Dec 2016 23:58:60 GMT", NOW) is None
    assert parse_date("Sat, 31 Dec 2016 23:59:61 GMT", NOW) is None


def test_the_weekday_is_not_compared_with_the_date() -> None:
    assert parse_date("Mon, 06 Nov 1994 08:49:37 GMT", NOW) == 784_111_777


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "784111777",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun,  06 Nov 1994 08:49:37 GMT",
        "Sun, 06  Nov 1994 08:49:37 GMT",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 NOV 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Tue, 29 Feb 2023 08:49:37 GMT",
        "Thu, 29 Feb 1900 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 31-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov-94 25:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT",
        "Sun Nov 31 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 0\u0666 Nov 1994 08:49:37 GMT",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text, NOW) is None


@pytest.mark.parametrize("month", range(1, 13))
def test_each_month_ends_with_its_last_day(month: int) -> None:
    last = calendar.monthrange(2023, month)[1]
    for day in (1, last, last + 1):
        found = parse_date(f"Mon, {day:02} {MONTHS[month - 1]} 2023 00:00:00 GMT", NOW)
        assert (found is not None) == (day <= last)


@pytest.mark.parametrize("year", [0, 1, 1600, 1900, 1999, 2000, 2024, 9999])
def test_leap_years(year: int) -> None:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    assert (parse_date(f"Mon, 29 Feb {year:04} 00:00:00 GMT", NOW) is not None) == leap


@given(st.lists(st.integers(EARLIEST // 86_400, LATEST // 86_400), min_size=2, max_size=2, unique=True).map(sorted))
def test_days_sort_as_times_do(days: list[int]) -> None:
    assert all(one < other for one, other in pairwise(map(format_day, days)))


@given(st.text(max_size=40) | st.from_regex(r"[SMTWF][a-z]{2,8},? [0-9A-Za-z :\-]{10,25}", fullmatch=True))
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = parse_date(text, NOW)
    assert found is None or EARLIEST <= found <= LATEST + 1
