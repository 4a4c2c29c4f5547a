// SPDX-License-Identifier: Apache-2.0
#include "samples.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

#include "rule/memory_files.h"
#include "stream.h"

namespace tocsin::bench {
namespace {

[[noreturn]] void fail(std::string_view what, std::string_view why) {
  std::fprintf(stderr, "bench_micro: %.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(why.size()), why.data());
  std::exit(1);
}

}  // namespace

std::vector<std::string> records(Wire wire, std::size_t count) {
  constexpr std::uint64_t kUsers = 100'000;
  const Span span{.count = 3'000'000};
  Random random;
  const Zipf users(kUsers);
  std::vector<std::string> made(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Drawn drawn = draw(random, users, i, span);
    if (wire == Wire::native) {
      write(drawn, made[i]);
    } else {
      write_helicone(drawn, made[i]);
    }
  }
  return made;
}

Events::Events(Wire wire, std::size_t count) : records_(records(wire, count)) {
  for (const auto& record : records_) decoder_.decode(record, Format::automatic, *this);
}

void Events::quarantined(const Quarantined& bad) { fail("a sample is not read", bad.detail); }

PriceList prices() {
  std::vector<PriceList::File> files;
  for (auto& file : price_texts()) files.push_back({file.provider + ".yaml", std::move(file.text)});
  Diagnostics diagnostics;
  auto list = PriceList::with_texts(files, diagnostics);
  if (!list) fail("the sample's prices are not read", diagnostics.front().message);
  return std::move(*list);
}

std::vector<Rule> rules(std::size_t more) {
  std::string text =
      "rules:\n"
      "  - {name: total-day, window: day, budget: $8000}\n"
      "  - {name: environment-day, group_by: [Environment], window: day, budget: $3000}\n"
      "  - {name: feature-hour, group_by: [Feature], window: hour, budget: $60}\n"
      "  - {name: user-day, group_by: [user], window: day, budget: $20}\n"
      "  - {name: user-feature-hour, group_by: [user, Feature], window: hour, budget: $2}\n";
  for (std::size_t i = 0; i < more; ++i) {
    const std::array shapes = {
        fmt::format("{{user: customer-{}}}", i),
        fmt::format("{{Environment: production, Feature: chat, service: gateway-{}}}", i),
        fmt::format("{{model: \"tuned-{}-*\"}}", i),
        fmt::format("{{Region: eu-west-1, key: [key-{0}, key-{0}-old]}}", i)};
    text += fmt::format("  - {{name: other-{}, where: {}, window: day, budget: $10}}\n", i,
                        shapes[i % shapes.size()]);
  }
  auto loaded = load_text(text);
  if (!loaded.ok()) fail("the sample's rules are not read", loaded.diagnostics.front().message);
  return std::move(loaded.rules);
}

}  // namespace tocsin::bench
