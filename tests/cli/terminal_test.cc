// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace tocsin;

TEST_CASE("What is no terminal gets neither colour nor drawing") {
  const int nowhere = open("/dev/null", O_WRONLY);
  const Terminal terminal = Terminal::of(nowhere);
  close(nowhere);
  CHECK_FALSE(terminal.is_terminal());
  CHECK(terminal.width() == 80);
  CHECK(terminal.painted(Paint::red, "over") == "over");
}

TEST_CASE("A bar is full only at the whole") {
  CHECK(progress_bar(0, 4) == "────");
  CHECK(progress_bar(500, 4) == "━━──");
  CHECK(progress_bar(999, 4) == "━━━─");
  CHECK(progress_bar(1000, 4) == "━━━━");
  CHECK(progress_bar(1310, 4) == "━━━━");
  CHECK(progress_bar(-5, 2) == "──");
}

TEST_CASE("Columns are what a terminal shows, not bytes") {
  CHECK(columns_of("chat") == 4);
  CHECK(columns_of("naïve") == 5);
  CHECK(columns_of("🔴 100%") == 7);
  CHECK(columns_of("e\u0301") == 1);
  CHECK(padded("日本", 6) == "日本  ");
  CHECK(padded_left("7", 3) == "  7");
  CHECK(padded("long", 2) == "long");
}

TEST_CASE("Text that is too wide loses its end, and says so") {
  CHECK(clipped("four", 4) == "four");
  CHECK(clipped("fifth", 4) == "fif…");
  CHECK(clipped("🔴🔴🔴", 5) == "🔴🔴…");
  CHECK(clipped("🔴🔴🔴", 4) == "🔴…");
  CHECK(clipped("long", 0).empty());
}
