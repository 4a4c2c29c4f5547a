// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "rule/key_table.h"

namespace tocsin {

// The words of a map that stands as such a value, of its items where it is a list; none: it is no
// map, or its keys are the user's own.
Words keys_of(Value value);

// Rows of a Markdown table, one a key that is built: key, what it is, what holds without it. Keys
// below a key are written as paths: `state.path`, `sources[].file`, `channels.NAME.slack`.
std::string key_rows(Words words, const std::string& prefix = {});
// The same of words that stand as values: word, what it is.
std::string choice_rows(Words words);

}  // namespace tocsin
