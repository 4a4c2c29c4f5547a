// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/event_watch.h"
#include "rule/condition.h"
#include "rule/rule.h"

namespace tocsin {

// What stood in the fields that rules ask for, of a part of the events: to say why a rule matched
// nothing.
class FieldSamples final : public EventWatch {
 public:
  explicit FieldSamples(const std::vector<Rule>& rules);

  // Whether any rule asks for a field: else there is nothing to watch.
  bool wanted() const { return !fields_.empty(); }

  void counted(const CountedEvent& counted) override;

  // Why no event was the rule's, as a sentence without its end.
  std::string why_nothing(const Rule& rule) const;

 private:
  struct Field {
    FieldRef ref;
    std::map<std::string, std::uint64_t, std::less<>> values;
  };
  const Field* find(const FieldRef& ref) const;
  std::string about(const Rule& rule, const Condition& condition) const;

  std::mutex mutex_;
  std::uint64_t events_ = 0;
  std::vector<Field> fields_;
  std::map<std::string, std::uint64_t, std::less<>> properties_;  // by name
  std::string scratch_;
};

}  // namespace tocsin
