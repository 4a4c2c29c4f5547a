// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "document/document.h"
#include "rule/config.h"
#include "tocsin/result.h"
#include "tocsin/time.h"

namespace tocsin {

// As a value of a query: everything but letters, digits and a few marks as %XX.
std::string query_value(std::string_view text);

// What a command asks of the running engine.
struct EngineQuestion {
  enum class Method { get, post, deletes };
  Method method = Method::get;
  std::string path;     // with its parameters, encoded
  std::string request;  // of what is changed: the header Tocsin-Request
  std::string done_by;  // for who has no engine: "silences are kept by the engine"
  Millis timeout{10'000};
};
struct EngineAnswer {
  Document document;
  std::string body;
};

// Asks the engine of this configuration, and waits. reject: it says no, and why; retry: nobody
// answers.
Result<EngineAnswer> ask_engine(const Config& config, const EngineQuestion& question);

// The text of a key of an answer; empty: it has none.
std::string answer_text(const Node& map, std::string_view key);

}  // namespace tocsin
