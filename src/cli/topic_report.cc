// SPDX-License-Identifier: Apache-2.0
#include "cli/topic_report.h"

#include <optional>

#include "cli/plural.h"
#include "document/utf8.h"
#include "event/decoder.h"
#include "rule/nearest_word.h"

namespace tocsin {
namespace {

// Whether a record holds an event, and why not.
struct Verdict final : Decoder::Sink {
  void event(const Event&) override { ++events; }
  void quarantined(const Quarantined& bad) override { trouble = bad; }

  int events = 0;
  Format format = Format::automatic;  // of the last
  std::optional<Quarantined> trouble;
};

Verdict judge(std::string_view record) {
  Decoder decoder;
  Verdict verdict;
  decoder.begin_batch();
  decoder.decode(record, Format::automatic, verdict);
  verdict.format = decoder.format();
  return verdict;
}

std::string sample_line(std::string_view record) {
  if (const auto format = format_of(record); !format.empty()) {
    return "Its last records are " + std::string(format) + ", which are read as they are.";
  }
  const Verdict verdict = judge(record);
  return "Its last record cannot be read" +
         (verdict.trouble ? " (" + verdict.trouble->detail + ")" : std::string()) +
         ": docs/events.md says what is. Such records go to quarantine.";
}

std::string absent(const std::string& topic, const std::vector<std::string>& others) {
  const std::vector<std::string_view> names(others.begin(), others.end());
  std::string line = "There is no topic " + tocsin::quoted(topic);
  if (const auto near = nearest(topic, names)) {
    line += ": did you mean " + tocsin::quoted(*near) + "?";
  } else if (names.empty()) {
    line += ", nor any other that this user may see.";
  } else {
    line += " among the " + plural(names.size(), "topic") + " that this user may see.";
  }
  return line + " Mend `topics`, or make it: Tocsin waits for it.";
}

}  // namespace

std::string_view format_of(std::string_view record) {
  const Verdict read = judge(record);
  return read.events == 0 ? std::string_view() : records_of(read.format);
}

std::vector<std::string> topic_report(const std::string& topic, const TopicGlance& glance) {
  if (glance.partitions == 0) return {absent(topic, glance.others)};
  std::vector<std::string> lines{topic + " has " + plural(glance.partitions, "partition") +
                                 " and " + (glance.records > 0 ? "about " : "") +
                                 plural(static_cast<std::uint64_t>(glance.records), "record") +
                                 "."};
  if (glance.sample) lines.push_back(sample_line(*glance.sample));
  return lines;
}

}  // namespace tocsin
