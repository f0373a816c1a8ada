"""The benchmark of speed: the report of its figures."""

import json
import sys
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import pytest

from benchmarks.speed.bounds import POOLED, SINGLE, Verdict, judge
from benchmarks.speed.machine import built
from benchmarks.speed.plot import picture
from benchmarks.speed.report import REMARKS, Run, as_json, page, size_of, table, time_of
from benchmarks.speed.samples import Figure, Key, Results, Sample, Setting, median, ratio
from benchmarks.speed.workloads import WORKLOADS

FILE = next(workload for workload in WORKLOADS if workload.name == "file")
PINNED = Setting.PINNED


def samples(*costs: float) -> Sequence[Sample]:
    return [{Figure.CPU: cost, Figure.SYSTEM: cost / 4, Figure.P50: 4.0, Figure.P99: 5.0} for cost in costs]


def results(**costs: Sequence[float]) -> Results:
    return {Key("file", name.replace("_", "-"), PINNED): samples(*values) for name, values in costs.items()}


FOUND = results(pyhttp_pooled=(100, 60, 80), pyhttp_single=(90, 50, 70), nginx=(50, 20, 40), cheroot=(400, 200, 300))


def run(found: Results = FOUND) -> Run:
    return Run("2026-01-31", {"kernel": "Linux"}, {"nginx": "1"}, [FILE], found, {"cgi, nginx": "<none>"}, 3, 2)


def verdict(verdicts: Sequence[Verdict], what: str, who: str) -> Verdict:
    (found,) = (one for one in verdicts if (one.workload, one.what, one.who) == ("file", what, who))
    return found


def test_the_median_of_the_rounds_counts() -> None:
    assert median(FOUND, Key("file", "nginx", PINNED), Figure.CPU) == 40
    assert median(FOUND, Key("file", "nginx", PINNED), Figure.LOSS) is None
    assert median(FOUND, Key("cgi", "nginx", PINNED), Figure.CPU) is None


def test_a_ratio_is_the_median_of_those_of_the_rounds() -> None:
    own, other = Key("file", POOLED, PINNED), Key("file", "nginx", PINNED)
    assert ratio(FOUND, own, other, Figure.CPU) == 2.0  # this is the median of 2.0, 3.0 and 2.0
    assert ratio(FOUND, own, other, Figure.P99, Figure.P50) == 1.25
    assert ratio(FOUND, own, Key("cgi", "nginx", PINNED), Figure.CPU) is None


def test_bounds_are_judged_with_what_they_aim_at() -> None:
    verdicts = judge(FOUND)
    beside_nginx = verdict(verdicts, "CPU, of nginx", POOLED)
    assert (beside_nginx.value, beside_nginx.reached, beside_nginx.stretched) == (2.0, True, True)
    beside_cheroot = verdict(verdicts, "CPU, of cheroot", POOLED)
    assert beside_cheroot.value == pytest.approx(80 / 300)  # this is the median of 1/4, 3/10 and 80/300
    assert not beside_cheroot.reached
    assert verdict(verdicts, "half of all", SINGLE).value == 4.0
    assert verdict(verdicts, "CPU, of uvicorn-httptools", SINGLE).value is None
    assert not verdict(verdicts, "CPU, of uvicorn-httptools", SINGLE).reached


def test_of_pool_and_single_thread_the_worst_workload_is_told() -> None:
    dearer = {**FOUND, Key("cgi", POOLED, PINNED): samples(30), Key("cgi", SINGLE, PINNED): samples(20)}
    (found,) = (one for one in judge(dearer) if one.what == f"CPU, of {SINGLE}, pinned")
    assert (found.value, found.remark, found.reached) == (1.5, "cgi", False)


def test_the_table_begins_with_the_cheapest_and_leaves_out_what_nobody_measured() -> None:
    head, _, *rows = table(run(), FILE)
    assert head == "| server | CPU | x nginx | of it kernel | p50 | p99 |"
    assert [row.split(" | ")[0] for row in rows] == ["| nginx", f"| **{SINGLE}**", f"| **{POOLED}**", "| cheroot"]
    assert rows[2] == f"| **{POOLED}** | 80.0 µs | 2.00 | 20.0 µs | 4.00 ms | 5.00 ms |"


def test_the_page_says_what_was_measured_and_what_was_not() -> None:
    text = page(run())
    assert "2026-01-31" in text
    assert "| file: CPU, of nginx | pyhttp-pooled | 2.00 | 2.50 | 2.00 | further |" in text
    assert "| file: CPU, of cheroot | pyhttp-pooled | 0.27 | 0.25 | 0.20 | **no** |" in text
    assert "- cgi, nginx: <none>" in text
    assert text.endswith(REMARKS.read_text(encoding="utf-8"))


def test_the_data_are_json() -> None:
    data: dict[str, list[dict[str, object]]] = json.loads(as_json(run()))
    (own,) = (one for one in data["results"] if one["server"] == POOLED)
    assert own["cpu_us"] == 80
    assert own["rounds_cpu_us"] == [100, 60, 80]
    (bound,) = (one for one in data["bounds"] if one["what"] == "CPU, of nginx" and one["server"] == POOLED)
    assert (bound["value"], bound["most"], bound["reached"]) == (2.0, 2.5, True)


def test_the_picture_is_well_formed_and_has_a_bar_for_each_server() -> None:
    document = ET.fromstring(picture(run()))
    kinds = [rectangle.get("class") for rectangle in document.iter("{http://www.w3.org/2000/svg}rect")]
    assert kinds.count("ours") == kinds.count("ours-kernel") == 2
    assert kinds.count("other") == kinds.count("other-kernel") == 2
    texts = [text.text for text in document.iter("{http://www.w3.org/2000/svg}text")]
    assert {"nginx", "80.0 µs"} <= set(texts)


def test_one_slow_server_does_not_flatten_the_others() -> None:
    slow = {**FOUND, **results(slow=(9000.0,))}
    document = ET.fromstring(picture(run(slow)))
    assert "» 9.00 ms" in [text.text for text in document.iter("{http://www.w3.org/2000/svg}text")]


def test_nothing_measured_is_a_page_and_a_picture_too() -> None:
    nothing = run({})
    assert "not measured" in page(nothing)
    ET.fromstring(picture(nothing))
    assert json.loads(as_json(nothing))


@pytest.mark.parametrize(
    ("shown", "expected"),
    [(time_of(3.456), "3.46 µs"), (time_of(1500), "1.50 ms"), (time_of(2.5e6), "2.50 s"), (time_of(123_456), "123 ms"),
     (size_of(1688), "1,688 B"), (size_of(13_420_000), "13.4 MB")],
)  # fmt: skip
def test_quantities_have_three_digits_and_a_unit(shown: str, expected: str) -> None:
    assert shown == expected


def test_how_the_interpreter_was_built_is_told_without_its_folders() -> None:
    text = built(sys.executable)
    assert "PGO" in text
    assert "/" not in text
