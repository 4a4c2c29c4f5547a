// SPDX-License-Identifier: Apache-2.0
#include "file/line_reader.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "support/temporary_directory.h"

namespace {

using namespace tocsin;

std::vector<std::string> lines_of(const std::string& path, LineLimits limits) {
  auto stream = ByteStream::open(path);
  REQUIRE(stream);
  LineReader reader(std::move(*stream), limits);
  std::vector<std::string> lines;
  for (;;) {
    while (const auto line = reader.next()) lines.emplace_back(line->text);
    const auto more = reader.fill();
    REQUIRE(more);
    if (*more) continue;
    if (const auto rest = reader.rest()) lines.emplace_back(rest->text);
    return lines;
  }
}

}  // namespace

TEST_CASE("Lines are the same wherever the reads fall") {
  const TemporaryDirectory directory;
  std::string text;
  std::vector<std::string> expected;
  // Together some MB, so that lines lie across the ends of reads.
  for (std::size_t i = 0; i < 40'000; ++i) {
    expected.emplace_back(i * 7919 % 251, static_cast<char>('a' + i % 26));
    text += expected.back() + (i % 3 == 0 ? "\r\n" : "\n");
  }
  std::ofstream(directory / "lines", std::ios::binary) << text;
  CHECK(lines_of(directory / "lines", {}) == expected);
}

TEST_CASE("A line at the limit is whole, one byte more is cut, wherever the reads fall") {
  const TemporaryDirectory directory;
  const LineLimits limits{1000, 100};
  const std::size_t before = GENERATE(0u, 255'000u, 262'143u - 1000u, 262'143u - 500u);
  std::string text(before, 'x');
  for (char& c : text) {
    if ((&c - text.data()) % 100 == 99) c = '\n';
  }
  text += "\n" + std::string(1000, 'a') + "\n" + std::string(1001, 'b') + "\n" +
          std::string(600'000, 'c') + "\nend";
  std::ofstream(directory / "lines", std::ios::binary) << text;
  const auto lines = lines_of(directory / "lines", limits);
  REQUIRE(lines.size() >= 4);
  const auto* last = &lines.back();
  CHECK(*last == "end");
  CHECK(last[-1] == std::string(100, 'c'));
  CHECK(last[-2] == std::string(100, 'b'));
  CHECK(last[-3] == std::string(1000, 'a'));
}
