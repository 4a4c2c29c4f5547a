// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "rule/condition.h"
#include "rule/files.h"

namespace tocsin {

// What a rule may need from outside its file.
struct RuleContext {
  Files& files;              // tables of budgets
  std::string zone = "UTC";  // of rules that name none
  std::size_t max_groups = 1'000'000;
  // Absent: no channels are known, and their names are not checked.
  std::optional<std::vector<std::string>> channels{};
  std::string team{};           // of a mount: stands before names
  std::optional<Where> only{};  // of a mount: narrows all rules
};

}  // namespace tocsin
