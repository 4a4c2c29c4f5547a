// SPDX-License-Identifier: Apache-2.0
// What Python says of numbers and times (tables/make.py) is what we say.
#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "event/timestamp.h"
#include "tocsin/decimal.h"

using namespace tocsin;

namespace {

std::vector<std::vector<std::string>> rows_of(const std::string& name) {
  std::ifstream file(TOCSIN_SOURCE_DIR "/tests/event/tables/" + name);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) {
    auto& row = rows.emplace_back();
    for (std::size_t from = 0, tab = 0; tab != std::string::npos; from = tab + 1) {
      tab = line.find('\t', from);
      row.push_back(line.substr(from, tab - from));
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("Decimals are what Python's decimal says") {
  const auto rows = rows_of("decimals.tsv");
  REQUIRE(rows.size() > 2'000);
  for (const auto& row : rows) {
    INFO(row[0] << ", scale " << row[1] << ", " << row[2]);
    const Rounding rounding = row[2] == "exact" ? Rounding::exact : Rounding::half_even;
    const auto value = parse_decimal(row[0], std::stoi(row[1]), rounding);
    CHECK((value ? decimal_text(*value, 0) : "none") == row[3]);
  }
}

TEST_CASE("Times are what Python's datetime says") {
  const auto rows = rows_of("times.tsv");
  REQUIRE(rows.size() > 3'000);
  for (const auto& row : rows) {
    INFO(row[0] << ", " << row[1]);
    const auto at = wire::read_timestamp(
        row[0], row[1] == "required" ? wire::Zone::required : wire::Zone::utc_if_absent);
    CHECK((at ? std::to_string(to_ms(*at)) : "none") == row[2]);
  }
}
