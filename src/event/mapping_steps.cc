// SPDX-License-Identifier: Apache-2.0
#include "event/mapping_steps.h"

#include "event/name_table.h"
#include "event/number.h"
#include "event/reader.h"

namespace tocsin::wire {
namespace {

// "0", "17": what RFC 6901 lets an item be named by.
std::optional<std::uint64_t> item_index(std::string_view name) {
  std::int64_t index = 0;
  if (!plain_count(name, index)) return std::nullopt;
  return static_cast<std::uint64_t>(index);
}

}  // namespace

std::optional<std::vector<std::string>> pointer_names(std::string_view text) {
  if (!text.starts_with('/')) return std::nullopt;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/') {
      names.emplace_back();
    } else if (text[i] != '~') {
      names.back().push_back(text[i]);
    } else {
      if (++i == text.size() || (text[i] != '0' && text[i] != '1')) return std::nullopt;
      names.back().push_back(text[i] == '0' ? '~' : '/');
    }
  }
  return names;
}

std::uint16_t MappingSteps::next(std::uint16_t step, const std::string& name) {
  auto& steps = mapping_.steps;
  for (const auto& known : steps[step].next) {
    if (known.name == name) return known.step;
  }
  if (steps.size() >= Mapping::kStepsMax) return Mapping::kNone;
  const auto made = static_cast<std::uint16_t>(steps.size());
  const Name words(name);
  steps[step].next.push_back({name, words.head, words.tail, item_index(name), made});
  steps.emplace_back();
  return made;
}

Mapping::Step* MappingSteps::step(Root root, const std::vector<std::string>& names, bool once) {
  if (names.size() >= static_cast<std::size_t>(kDepthMax)) return nullptr;
  auto at = static_cast<std::uint16_t>(root);
  for (const std::string& name : names) {
    at = next(at, name);
    if (at == Mapping::kNone) return nullptr;
    mapping_.steps[at].once = mapping_.steps[at].once || once;
  }
  return &mapping_.steps[at];
}

std::uint16_t MappingSteps::slot(Root root, const std::vector<std::string>& names, bool once) {
  Mapping::Step* const at = step(root, names, once);
  if (at == nullptr) return Mapping::kNone;
  if (at->slot != Mapping::kNone) return at->slot;
  return at->slot = new_slot();
}

std::uint16_t MappingSteps::outside_slot(std::string_view header) {
  for (const auto& known : mapping_.outside) {
    if (known.header == header) return known.slot;
  }
  const std::uint16_t slot = new_slot();
  if (slot != Mapping::kNone) mapping_.outside.push_back({std::string(header), slot});
  return slot;
}

std::uint16_t MappingSteps::new_slot() {
  return slots_ < Mapping::kSlotsMax ? slots_++ : Mapping::kNone;
}

}  // namespace tocsin::wire
