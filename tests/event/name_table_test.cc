// SPDX-License-Identifier: Apache-2.0
#include "event/name_table.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cctype>
#include <memory>
#include <string>

#include "tocsin/ascii.h"

using namespace tocsin::wire;
using tocsin::same_name;

namespace {

// Of every length that is compared in a way of its own.
constexpr std::array<std::string_view, 9> kNames = {"a",
                                                    "id",
                                                    "key",
                                                    "cost",
                                                    "session",
                                                    "provider",
                                                    "reasoning_input",
                                                    "gatewayprovider!",
                                                    "prompt_cache_write_tokens"};
constexpr NameTable<int> kTable = {{kNames[0], 1}, {kNames[1], 2}, {kNames[2], 3},
                                   {kNames[3], 4}, {kNames[4], 5}, {kNames[5], 6},
                                   {kNames[6], 7}, {kNames[7], 8}, {kNames[8], 9}};

// In memory of exactly its size, so that a read beyond its end is found.
int find(std::string_view name) {
  const std::unique_ptr<char[]> bytes(new char[name.size()]);
  std::copy(name.begin(), name.end(), bytes.get());
  return kTable.find(Name({bytes.get(), name.size()}));
}

}  // namespace

TEST_CASE("A name is found in any case") {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    INFO(kNames[i]);
    std::string name(kNames[i]);
    CHECK(find(name) == static_cast<int>(i) + 1);
    for (char& c : name) {
      c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      CHECK(find(name) == static_cast<int>(i) + 1);
    }
  }
}

TEST_CASE("No name that differs in a byte is found, nor one cut or longer") {
  for (const std::string_view name : kNames) {
    for (std::size_t at = 0; at < name.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string other(name);
        other[at] = static_cast<char>(byte);
        if (same_name(other, name) || other == "a") continue;
        INFO(other);
        CHECK((name.size() == 1 || find(other) == 0));
      }
    }
    CHECK(find(std::string(name) + "x") == 0);
    CHECK((name.size() == 1 || find(name.substr(1)) == 0));
  }
  CHECK(find("") == 0);
  CHECK(find(std::string(300, 'a')) == 0);
}
