# SPDX-License-Identifier: Apache-2.0
"""What of the measuring needs no machine: statistics, goals, comparison, result files, tables.

usage: bench_self_test.py REPOSITORY"""

import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import compare  # noqa: E402
import record  # noqa: E402
import report  # noqa: E402
from measures import Measure, at_least, at_most, over, per_second, rounded  # noqa: E402

ROOT = Path(sys.argv.pop() if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
MACHINE = {"cpu": "A", "cores": 2, "memory_gb": 24, "system": "Debian", "kernel": "6", "virtual": "KVM",
           "versions": {"Kafka": "4.1.1"}}
SIZE = {"events": 10, "runs": 3, "groups": 5, "load_before": 0.1}


def speed(*ratios, row="five_rules", what="the work", goal=at_least(0.3)):
    return Measure(row, what, "events/s", tuple(r * 1e6 for r in ratios), ratios, "raw consume", goal, True)


def memory(*values):
    return Measure("five_rules", "peak RSS", "MB", values, goal=at_most(400))


def result(*measures, at="2026-11-25T10:00:00+00:00", machine=None):
    return record.result(measures, machine or MACHINE, SIZE) | {"at": at, "commit": "abc"}


class Statistics(unittest.TestCase):
    def test_ratios_are_taken_round_by_round(self):
        raw, ours = [{"seconds": 1}, {"seconds": 3}], [{"seconds": 2}, {"seconds": 6}]
        self.assertEqual(over(raw, ours), (0.5, 0.5))

    def test_rounds_of_different_number_are_not_paired(self):
        with self.assertRaises(ValueError):
            over([{"seconds": 1}], [])

    def test_the_middle_is_the_median_and_the_spread_all_of_it(self):
        measure = speed(0.2, 0.9, 0.3)
        self.assertEqual((measure.middle, measure.spread), (0.3, (0.2, 0.9)))
        self.assertEqual(measure.value, 300_000)

    def test_what_has_no_ratio_is_judged_by_its_values(self):
        self.assertEqual(memory(100, 300, 200).judged, (100, 300, 200))

    def test_speed_is_events_by_time(self):
        self.assertEqual(per_second([{"seconds": 4}], 100), (25,))

    def test_four_digits_are_kept_and_whole_numbers_whole(self):
        self.assertEqual((rounded(0.123456), rounded(1234567)), (0.1235, 1234567))


class Goals(unittest.TestCase):
    def test_a_goal_is_about_the_ratio_where_there_is_one(self):
        self.assertTrue(speed(0.3).met)
        self.assertFalse(speed(0.29).met)

    def test_at_most_is_met_by_the_bound_itself(self):
        self.assertTrue(memory(400).met)
        self.assertFalse(memory(401).met)

    def test_the_median_decides_not_the_best_run(self):
        self.assertFalse(speed(0.9, 0.2, 0.1).met)

    def test_without_a_goal_nothing_is_met_or_missed(self):
        self.assertIsNone(speed(0.1, goal=None).met)


class Comparison(unittest.TestCase):
    def judge(self, before, after, same_machine=True):
        return compare.judge(before, after, same_machine)

    def test_beyond_both_spreads_is_worse_or_better(self):
        self.assertEqual(self.judge(speed(0.30, 0.31, 0.32), speed(0.25, 0.26, 0.27)), compare.WORSE)
        self.assertEqual(self.judge(speed(0.25, 0.26, 0.27), speed(0.30, 0.31, 0.32)), compare.BETTER)

    def test_more_memory_is_worse(self):
        self.assertEqual(self.judge(memory(300, 301, 302), memory(350, 351, 352)), compare.WORSE)

    def test_within_the_spread_of_either_is_no_news(self):
        self.assertEqual(self.judge(speed(0.2, 0.31, 0.32), speed(0.25, 0.26, 0.27)), compare.SAME)
        self.assertEqual(self.judge(speed(0.30, 0.31, 0.32), speed(0.25, 0.26, 0.35)), compare.SAME)

    def test_a_small_difference_is_no_news_however_small_the_spread(self):
        self.assertEqual(self.judge(memory(300, 300), memory(310, 310)), compare.SAME)

    def test_what_was_run_once_must_differ_by_far(self):
        self.assertEqual(self.judge(memory(300), memory(380, 380)), compare.SAME)
        self.assertEqual(self.judge(memory(300, 300), memory(380)), compare.SAME)
        self.assertEqual(self.judge(memory(300), memory(400)), compare.WORSE)

    def test_what_is_measured_against_something_else_now_is_new(self):
        against = Measure("five_rules", "the work", "events/s", (1e5,), (0.1,), "a better client", None, True)
        self.assertEqual(self.judge(speed(0.3), against), compare.NEW)

    def test_results_of_different_work_are_not_compared(self):
        self.assertEqual(compare.different_work(SIZE, SIZE), "")
        self.assertIn("events 10 and 9", compare.different_work(SIZE, SIZE | {"events": 9}))

    def test_absolute_numbers_of_two_machines_are_not_judged_ratios_are(self):
        self.assertEqual(self.judge(memory(300), memory(900), same_machine=False), compare.OTHER_MACHINE)
        self.assertEqual(self.judge(speed(0.3), speed(0.1), same_machine=False), compare.WORSE)

    def test_two_results_are_compared_measure_by_measure(self):
        lines, worse = compare.compare(result(speed(0.3), memory(300)), result(speed(0.2), memory(300)))
        self.assertTrue(worse)
        self.assertEqual([line.split()[-1] for line in lines[1:]], [compare.WORSE, compare.SAME])
        self.assertIn("-33 %", lines[1])

    def test_a_run_of_one_row_does_not_miss_the_others(self):
        other = speed(0.5, row="without_users")
        lines, worse = compare.compare(result(speed(0.3), other), result(speed(0.3)))
        self.assertEqual((len(lines), worse), (2, False))

    def test_what_is_new_and_what_is_gone_is_told(self):
        lines, _ = compare.compare(result(speed(0.3)), result(memory(300)))
        self.assertEqual(sorted(line.split()[-1] for line in lines[1:]), [compare.GONE, compare.NEW])


class Files(unittest.TestCase):
    def test_a_result_reads_back_as_it_was(self):
        written = result(speed(0.3, 0.31), memory(300))
        self.assertEqual(json.loads(record.text(written)), written)
        self.assertEqual(record.measures(written), [speed(0.3, 0.31), memory(300)])

    def test_a_measure_is_a_line_of_the_file(self):
        lines = record.text(result(speed(0.3), memory(300))).splitlines()
        self.assertEqual(sum('"what"' in line for line in lines), 2)

    def test_the_newest_is_the_last_measured_not_the_last_by_name(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            self.assertIsNone(record.newest(folder))
            for names in ("ab", "ba"):
                for name, hour in zip(names, (10, 11)):
                    (folder / f"{name}.json").write_text(record.text(result(at=f"2026-11-25T{hour}:00:00+00:00")))
                self.assertEqual(record.newest(folder)["at"], "2026-11-25T11:00:00+00:00")

    def test_another_format_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "a.json"
            file.write_text('{"format": 2}')
            with self.assertRaises(SystemExit):
                record.read(file)


class Tables(unittest.TestCase):
    def test_numbers_have_three_digits_that_mean_something(self):
        for value, text in ((0, "0"), (0.2987, "0.299"), (4.7, "4.7"), (1234567, "1,234,567"), (99.96, "100"),
                            (0.00001234, "0.000012"), (12, "12")):
            self.assertEqual(report.number(value), text)

    def test_speeds_are_told_in_thousands_and_millions(self):
        self.assertEqual(report.amount(speed(1.83)), "1.83 M/s")
        self.assertEqual(report.amount(speed(0.048)), "48 k/s")

    def test_a_missed_goal_says_so(self):
        self.assertIn("NOT MET", report.text([speed(0.1)]))
        self.assertIn("≥ 0.3 × **not met**", report.markdown(result(speed(0.1))))
        self.assertIn("≤ 400 MB ✓", report.markdown(result(memory(300))))

    def test_the_table_names_commit_day_machine_and_load(self):
        head = report.markdown(result(memory(300))).splitlines()[1]
        for said in ("Commit abc", "2026-11-25", "A, 2 cores, 24 GB", "KVM guest", "Kafka 4.1.1", "Load before: 0.1"):
            self.assertIn(said, head)

    def test_a_row_says_how_to_repeat_it(self):
        self.assertIn("`./dev bench --only five_rules`", report.markdown(result(memory(300))))

    def test_the_section_replaces_the_one_before_and_nothing_else(self):
        document = f"head\n{report.markdown(None)}\ntail\n"
        after = report.with_section(document, report.markdown(result(memory(300))))
        self.assertTrue(after.startswith("head\n") and after.endswith("\ntail\n"))
        self.assertNotIn(report.EMPTY, after)
        self.assertEqual(report.with_section(after, report.markdown(None)), document)

    def test_a_document_without_markers_is_not_written_over(self):
        with self.assertRaises(ValueError):
            report.with_section("text", report.markdown(None))

    def test_the_document_shows_the_newest_result(self):
        document = (ROOT / "docs" / "performance.md").read_text()
        wanted = report.markdown(record.newest(ROOT / "docs" / "performance"))
        self.assertEqual(report.section_of(document), wanted, "./dev bench --render writes it anew")


if __name__ == "__main__":
    unittest.main()
