// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "notify/notice.h"

namespace tocsin::samples {

struct Sample {
  std::string name;  // of its folder in tests/notify/golden
  Notice notice;
};

// Those of rungs that time decides, and of sessions.
void add_judged(std::vector<Sample>& all);
// Those that say what drives a value.
void add_driven(std::vector<Sample>& all);

// One notice for each message there is, in several zones and nights.
std::vector<Sample> golden_samples();

// The same attacks in every field of every kind of message.
std::vector<Sample> hostile_samples();

// What an event or a rule could bring, to look for it where it must not be.
std::vector<std::string> hostile_texts();
// A notice of each kind with `text` wherever text can come from outside.
std::vector<Notice> notices_full_of(const std::string& text);

}  // namespace tocsin::samples
