#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each check of tidy.py on a fault it must find and on its like it must let pass."""

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import checks  # noqa: E402
import tidy  # noqa: E402
from cpp import functions  # noqa: E402

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"


def found(check, path, text):
    return list(check(path, text))


def long_function(lines, head="void f() {"):
    return head + "\n" + "  g();\n" * (lines - 2) + "}\n"


class Tidy(unittest.TestCase):
    def finds(self, check, path, text, sentence):
        faults = found(check, path, text)
        self.assertTrue(any(sentence in fault for fault in faults), f"{faults} without {sentence!r}")

    def passes(self, check, path, text):
        self.assertEqual(found(check, path, text), [])

    def test_a_file_without_the_licence_line_is_found(self):
        self.finds(checks.spdx, "src/alert/a.cc", "#pragma once\n", "SPDX")
        self.finds(checks.spdx, "dev", "#!/usr/bin/env bash\nset -e\n", "SPDX")
        self.passes(checks.spdx, "src/alert/a.cc", SPDX)
        self.passes(checks.spdx, "dev", "#!/usr/bin/env bash\n# SPDX-License-Identifier: Apache-2.0\n")
        self.passes(checks.spdx, "README.md", "# Tocsin\n")

    def test_a_line_over_100_columns_is_found(self):
        self.finds(checks.columns, "src/alert/a.cc", "x" * 101, "1: 101 columns")
        self.passes(checks.columns, "src/alert/a.cc", "ä" * 100)
        self.finds(checks.columns, "src/alert/a.cc", 'R"(' + "x" * 101 + ')"', "columns")
        self.passes(checks.columns, "tests/alert/a_test.cc", 'R"(\n' + "x" * 101 + '\n)"')
        self.finds(checks.columns, "tests/tidy/a.py", "x" * 121, "1: 121 columns")
        self.passes(checks.columns, "tests/tidy/a.py", "x" * 120)
        self.passes(checks.columns, "docs/rules.md", "x" * 121)

    def test_a_file_over_600_lines_is_found(self):
        self.finds(checks.length, "src/alert/a.cc", "\n" * 601, "601 lines")
        self.passes(checks.length, "src/alert/a.cc", "\n" * 600)

    def test_a_function_over_70_lines_is_found(self):
        for head in ("void f() {", "int A::f(int a) const noexcept {", "TEST_CASE(\"a { b\") {",
                     "A::A(int a) : a_{a}, b_(a) {"):
            with self.subTest(head=head):
                self.finds(checks.function_length, "src/alert/a.cc", long_function(71, head),
                           "1: a function of 71 lines")
                self.passes(checks.function_length, "src/alert/a.cc", long_function(70, head))

    def test_only_functions_are_measured(self):
        body = "  void f() {\n    g();\n  }\n" * 30
        for head in ("namespace a {", "class A : public B<int> {", "struct A {", "namespace {"):
            with self.subTest(head=head):
                self.passes(checks.function_length, "src/alert/a.cc", f"{head}\n{body}}}\n")
        table = "const T kT = {\n" + "    {1, f(2)},\n" * 80 + "};\n"
        self.passes(checks.function_length, "src/alert/a.cc", table)

    def test_functions_are_told_apart_from_blocks_inside_them(self):
        text = "void f() {\n  if (a) {\n    b();\n  }\n}\n\nint g() { return 1; }\n"
        self.assertEqual(functions(text), [(1, 5), (7, 1)])

    def test_a_drawer_is_found_by_its_name(self):
        for path in ("src/utils/a.cc", "src/alert/alert_helpers.h", "src/common/a.h", "misc.py"):
            with self.subTest(path=path):
                self.finds(checks.names, path, "", "drawer")
        self.passes(checks.names, "src/alert/commonplace.h", "")

    def test_a_clock_is_found_wherever_it_is_asked(self):
        for code in ("std::chrono::system_clock::now()", "steady_clock :: now()", "time(nullptr)",
                     "gettimeofday(&t, 0)"):
            with self.subTest(code=code):
                self.finds(checks.clocks, "src/alert/a.cc", code, "ask the Clock")
        self.finds(checks.clocks, "tests/alert/a_test.cc", "steady_clock::now()", "Clock")
        self.passes(checks.clocks, "src/cli/real_clock.cc", "system_clock::now()")
        self.passes(checks.clocks, "tests/kafka/a_test.cc", "steady_clock::now()")
        self.passes(checks.clocks, "src/alert/a.cc", "// not system_clock::now()\nwindow_time(t)")
        self.passes(checks.clocks, "src/alert/a.cc", "std::chrono::steady_clock::time_point t;")

    def test_floating_point_is_found(self):
        self.finds(checks.floating_point, "src/price/a.cc", "double cost = 1;", "1: double")
        self.finds(checks.floating_point, "include/tocsin/money.h", "\nfloat f();", "2: float")
        self.passes(checks.floating_point, "src/price/a.cc", '// a double\nf("float"); doubled();')

    def test_a_sleep_in_a_test_is_found(self):
        for code in ("std::this_thread::sleep_for(1s);", "sleep(1);", "usleep(5);"):
            with self.subTest(code=code):
                self.finds(checks.sleeps, "tests/alert/a_test.cc", code, "sleeps")
        self.passes(checks.sleeps, "tests/alert/a_test.cc", "asleep(); // sleep(1)")

    def test_an_arrow_against_the_order_of_rooms_is_found(self):
        self.finds(checks.includes, "src/event/a.cc", '#include "rule/rule.h"\n', "may not include")
        self.finds(checks.includes, "src/rocks/a.cc", '#include "state/keys.h"\n', "may not include")
        self.finds(checks.includes, "src/http/a.cc", '#include "kafka/a.h"\n', "may not include")
        self.finds(checks.includes, "include/tocsin/a.h", '#include "rule/rule.h"\n', "may not")
        self.finds(checks.includes, "tests/event/a_test.cc", '#include "rule/rule.h"\n', "may not")
        self.finds(checks.includes, "src/rule/a.cc", '#include "support/manual_clock.h"\n', "may not")
        self.finds(checks.includes, "src/rule/a.cc", '#include "rule.h"\n', "by their room")
        self.finds(checks.includes, "src/rule/a.cc", '#include "rule/../event/a.h"\n', "by their room")

    def test_an_arrow_along_the_order_passes(self):
        self.passes(checks.includes, "src/rule/a.cc", '#include "event/decoder.h"\n#include "tocsin/time.h"')
        self.passes(checks.includes, "src/cli/a.cc", '#include "kafka/kafka_source.h"\n')
        self.passes(checks.includes, "tests/rule/a_test.cc", '#include "support/manual_clock.h"\n')
        self.passes(checks.includes, "tests/rule/a_test.cc", '#include "memory_files.h"\n')
        self.passes(checks.includes, "tests/sim/a_test.cc", '#include "pipeline/engine.h"\n')

    def test_a_library_outside_its_room_is_found(self):
        self.finds(checks.libraries, "src/state/a.cc", "#include <rocksdb/db.h>\n", "only for rocks")
        self.finds(checks.libraries, "src/rule/a.cc", "#include <yaml-cpp/yaml.h>\n", "only for document")
        self.finds(checks.libraries, "src/rule/a.cc", "#include <boost/asio.hpp>\n", "no room is named")
        self.finds(checks.libraries, "src/rule/a.cc", "#include <catch2/catch.hpp>\n", "no room")
        self.finds(checks.libraries, "tests/state/a_test.cc", "#include <rocksdb/db.h>\n", "only for")
        self.passes(checks.libraries, "src/rocks/a.cc", "#include <rocksdb/db.h>\n#include <map>\n")
        self.passes(checks.libraries, "tests/state/a_test.cc", "#include <catch2/catch.hpp>\n")

    def test_a_thread_or_a_file_in_a_pure_room_is_found(self):
        self.finds(checks.libraries, "src/alert/a.cc", "#include <thread>\n", "no thread")
        self.finds(checks.libraries, "src/event/a.cc", "#include <sys/stat.h>\n", "no I/O")
        self.passes(checks.libraries, "src/pipeline/a.cc", "#include <thread>\n")

    def test_a_precompiled_header_that_a_room_may_not_use_is_found(self):
        for header in ("thread", "fmt/format.h", "xxhash.h", "tl/expected.hpp", "event/decoder.h"):
            for code in (f"set(TOCSIN_STANDARD_HEADERS\n  <map> <{header}>\n  <vector>)",
                         f"target_precompile_headers(tocsin_${{name}} PRIVATE <{header}>)"):
                with self.subTest(code=code):
                    self.finds(checks.precompiled, "cmake/Rooms.cmake", code, f"<{header}>: not every room")
        self.passes(checks.precompiled, "cmake/Rooms.cmake", "set(TOCSIN_STANDARD_HEADERS <map> <string_view>)")
        catch = "target_precompile_headers(tocsin_catch_main PUBLIC <catch2/catch.hpp> ${SOME})"
        self.passes(checks.precompiled, "tests/CMakeLists.txt", catch)
        self.finds(checks.precompiled, "src/CMakeLists.txt", catch, "not every room")

    def test_a_source_nobody_compiles_is_found(self):
        cmake = {"tests/alert/CMakeLists.txt":
                 "tocsin_room_test(alert SOURCES fold_test.cc slack/a_test.cc ../bench/tool.cc)"}
        def unlisted(path):
            return list(checks.unlisted(path, "", cmake))
        for path in ("alert/old_test.cc", "alert/unfold_test.cc", "alert/a_test.cc", "new/a_test.cc"):
            with self.subTest(path=path):
                self.assertIn("no CMakeLists.txt lists it", unlisted(f"tests/{path}")[0])
        self.assertEqual(unlisted("tests/bench/tool.cc"), [])
        self.assertEqual(unlisted("tests/alert/fold_test.cc"), [])
        self.assertEqual(unlisted("tests/alert/slack/a_test.cc"), [])

    def test_every_check_runs_on_every_file(self):
        texts = {"src/utils/a.cc": "x" * 101 + "\nsystem_clock::now(); double d;\n"
                                   '#include "b.h"\n#include <thread>\n#include <boost/a.hpp>\n'
                                   + long_function(71) + "\n" * 600,
                 "tests/alert/b.cc": "sleep(1);\n",
                 "src/CMakeLists.txt": "set(TOCSIN_STANDARD_HEADERS <fmt/core.h>)"}
        faults = "\n".join(tidy.faults(texts))
        for sentence in ("SPDX", "columns", "lines, at most 600", "a function of", "drawer", "Clock",
                         "double", "sleeps", "by their room", "no room is named", "not every room",
                         "no CMakeLists.txt lists it"):
            with self.subTest(sentence=sentence):
                self.assertIn(sentence, faults)


if __name__ == "__main__":
    unittest.main()
