// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
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
// nothing. Any thread.
class FieldSamples final : public EventWatch {
 public:
  FieldSamples() { wants_events_ = false; }  // looks at nothing
  explicit FieldSamples(const std::vector<Rule>& rules);

  // Looks at what these ask for from here on, and forgets other fields.
  void follow(const std::vector<const Rule*>& rules);
  void counted(const CountedEvent& counted) override;

  // Why none of `requests` was the rule's, as a sentence without its end; empty: that is not known.
  std::string evidence(const Rule& rule, std::uint64_t requests) const;
  // The same, but that no request met its conditions is said in any case.
  std::string why_nothing(const Rule& rule, std::uint64_t requests) const;

 private:
  struct Field {
    FieldRef ref;
    std::uint64_t looked = 0;  // events that were looked at
    std::map<std::string, std::uint64_t, std::less<>> values;
  };
  void follow(const FieldRef& ref, std::vector<Field>& next);
  const Field* find(const FieldRef& ref) const;
  std::string about(const Rule& rule, const Condition& condition) const;
  std::string missing(const Rule& rule, const FieldRef& ref) const;

  std::atomic<std::uint64_t> events_{0};
  mutable std::mutex mutex_;  // of what follows
  std::vector<Field> fields_;
  std::map<std::string, std::uint64_t, std::less<>> properties_;  // by name
  std::string scratch_;
};

}  // namespace tocsin
