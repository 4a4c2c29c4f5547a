// SPDX-License-Identifier: Apache-2.0
// Price lists of others. The first byte is whose it is, the rest the list, as JSON.
#include <string>

#include "fuzz_target.h"
#include "price/import.h"
#include "price/load.h"
#include "price/write_yaml.h"

namespace tocsin::fuzz {
namespace {

using prices::Catalogue;

constexpr std::string_view kToday = "2026-11-26";
constexpr std::string_view kOurs = R"(version: 1
provider: acme
models:
  - model: one
    prices: [{per_mtok: {input: 2, cache_read: 0.2, output: 8}}]
    variants: [{when: {service_tier: batch}, per_mtok: {input: 1}}]
  - {model: two, prices: [{per_mtok: {input: 2, output: 8}, per_1k: {web_search: 10}}]}
)";

prices::Provider read(std::string_view text, Catalogue& into) {
  Diagnostics diagnostics;
  auto provider = prices::load_provider("acme.yaml", text, into.texts, diagnostics);
  expect(provider.has_value(),
         diagnostics.empty() ? "it is told why" : render(diagnostics.front()));
  return std::move(*provider);
}

void judge_told(bool good, const Diagnostics& diagnostics) {
  expect(good != has_errors(diagnostics), "a list is taken, or it is told why not");
}

void judge_genai(std::string_view list) {
  Diagnostics diagnostics;
  const auto imported = prices::import_genai("list.json", list, kToday, diagnostics);
  judge_told(imported.has_value(), diagnostics);
  if (!imported) return;
  for (const prices::Provider& provider : imported->providers) {
    const std::string written = write_yaml(provider, "");
    Catalogue again;
    Diagnostics wrong;
    // What no price file can hold is refused when it is read again, and then nothing is written.
    const auto back = prices::load_provider("p.yaml", written, again.texts, wrong);
    if (back) expect_same(write_yaml(*back, ""), written, "a price file, and the same read");
  }
}

void judge_litellm(std::string_view list) {
  Catalogue ours;
  ours.add(read(kOurs, ours));
  Diagnostics diagnostics;
  const auto completed = prices::complete_litellm("list.json", list, kToday, ours, diagnostics);
  judge_told(completed.has_value(), diagnostics);
  if (!completed) return;
  Catalogue again;
  const std::string written = write_yaml(ours.providers.front(), "");
  expect_same(write_yaml(read(written, again), ""), written, "a completed file, and the same read");
  Catalogue untouched;
  prices::Provider before = read(kOurs, untouched);
  prices::Provider after = ours.providers.front();
  for (auto* models : {&before.models, &after.models}) {
    for (prices::Model& model : *models) model.variants.clear();
  }
  expect_same(write_yaml(after, ""), write_yaml(before, ""), "the standard prices");
}

}  // namespace
}  // namespace tocsin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size == 0 || size > 64 * 1024) return 0;
  const std::string_view list{reinterpret_cast<const char*>(data) + 1, size - 1};
  data[0] % 2 == 0 ? fuzz::judge_genai(list) : fuzz::judge_litellm(list);
  return 0;
}
