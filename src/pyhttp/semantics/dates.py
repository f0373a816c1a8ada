"""RFC 9110 §5.6.7: dates, as whole seconds since 1970-01-01 00:00:00 UTC."""

from functools import lru_cache
from typing import Final

from pyhttp import abnf

__all__ = ["EARLIEST", "LATEST", "date_line", "format_date", "format_day", "parse_date"]

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_LENGTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_DAY: Final = 86_400
_EPOCH: Final = 719_468
"""Days from 0000-03-01 to 1970-01-01: years that begin in March end with their leap day."""
_ERA: Final = 146_097
"""Days in the 400 years after which the calendar repeats."""

EARLIEST: Final = -62_167_219_200
"""0000-01-01 00:00:00, the first second that four digits of a year can name."""
LATEST: Final = 253_402_300_799
"""9999-12-31 23:59:59, the last one."""


@lru_cache(maxsize=512)
def format_date(seconds: int) -> str:
    """The IMF-fixdate of a time, the only format a sender uses (9110-5.6.7-7b), with no further space (9110-5.6.7-17a).

    The latest results are kept: one Date serves every response of its second, and one Last-Modified serves every
    request for its file.

    Args:
        seconds: Seconds since 1970 in UTC.

    Raises:
        ValueError: The year does not have four digits.
    """
    year, month, day, hour, minute, second = _fields(seconds)
    name = _DAYS[(seconds // _DAY + 3) % 7]
    return f"{name}, {day:02} {_MONTHS[month - 1]} {year:04} {hour:02}:{minute:02}:{second:02} GMT"


@lru_cache(maxsize=2)
def date_line(seconds: int) -> bytes:
    """The field line of Date as it is sent, for all answers of one second.

    It is asked for right before a head leaves (9110-6.6.1-5b), with the time of then (9110-6.6.1-5a). All final answers
    have it (9110-6.6.1-6a), 5xx too; a 1xx has none (9110-6.6.1-6a.2).
    """
    return f"Date: {format_date(seconds)}\r\n".encode("ascii")


@lru_cache(maxsize=4096)
def format_day(days: int) -> str:
    """A day as RFC 3339 writes it, for pages and data: ``1994-11-06``.

    The latest results are kept: the files of a folder share their days.

    Args:
        days: Days since 1970-01-01.

    Raises:
        ValueError: The year does not have four digits.
    """
    if not EARLIEST <= days * _DAY <= LATEST:
        raise ValueError(f"no date can say day {days}: its year does not have four digits")
    year, month, day = _civil(days)
    return f"{year:04}-{month:02}-{day:02}"


def _fields(seconds: int) -> tuple[int, int, int, int, int, int]:
    """The year, month, day, hour, minute and second of a time."""
    if not EARLIEST <= seconds <= LATEST:
        raise ValueError(f"no date can say {seconds}: its year does not have four digits")
    days, rest = divmod(seconds, _DAY)
    hour, rest = divmod(rest, 3600)
    return *_civil(days), hour, *divmod(rest, 60)


def parse_date(value: str, now: int) -> int | None:
    """The time that an HTTP-date in any of its three formats names (9110-5.6.7-7a); None where `value` is no date.

    The name of the weekday is not compared with the date, which is complete without it. A leap second is read as the
    second after it.

    Args:
        value: The field value.
        now: The current time, seconds since 1970; it settles the century of a two-digit year.
    """
    if abnf.text_pattern(abnf.IMF_FIXDATE).fullmatch(value):
        _, day, month, year, time_of_day, _ = value.split()
        return _seconds(int(year), month, int(day), time_of_day)
    if abnf.text_pattern(abnf.RFC850_DATE).fullmatch(value):
        _, date, time_of_day, _ = value.split()
        day, month, year = date.split("-")
        return _of_two_digit_year(int(year), month, int(day), time_of_day, now)
    if abnf.text_pattern(abnf.ASCTIME_DATE).fullmatch(value):
        _, month, day, time_of_day, year = value.split()
        return _seconds(int(year), month, int(day), time_of_day)
    return None


def _of_two_digit_year(digits: int, month: str, day: int, time_of_day: str, now: int) -> int | None:
    """The latest year with these digits in which the date is at most 50 years ahead (9110-5.6.7-18a)."""
    days, rest = divmod(now, _DAY)
    year, this_month, this_day = _civil(days)
    limit = (year + 50, this_month, this_day, rest)
    candidate = (year + 50) // 100 * 100 + digits
    date = (_MONTHS.index(month) + 1, day, _second_of_day(time_of_day) or 0)
    if (candidate, *date) > limit:
        candidate -= 100
    return _seconds(candidate, month, day, time_of_day)


def _seconds(year: int, month: str, day: int, time_of_day: str) -> int | None:
    """Seconds since 1970 of a date in UTC; None where the calendar or the clock has no such time."""
    number = _MONTHS.index(month) + 1
    leap_day = number == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    second = _second_of_day(time_of_day)
    if second is None or not 1 <= day <= _MONTH_LENGTHS[number - 1] + leap_day:
        return None
    return _day_number(year, number, day) * _DAY + second


def _second_of_day(time_of_day: str) -> int | None:
    """00:00:00 to 23:59:60; the 61st second exists in the last minute of a day only."""
    hour, minute, second = map(int, time_of_day.split(":"))
    if hour > 23 or minute > 59 or second > (60 if (hour, minute) == (23, 59) else 59):
        return None
    return hour * 3600 + minute * 60 + second


def _civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar."""
    era, day_of_era = divmod(days + _EPOCH, _ERA)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    # Months since March: their lengths repeat every five months, which have 153 days.
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return era * 400 + year_of_era + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


def _day_number(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date; the inverse of `_civil`."""
    era, year_of_era = divmod(year - (month <= 2), 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * _ERA + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - _EPOCH
