// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/event_watch.h"
#include "window/calendar.h"

namespace tocsin {

// What an input spent, by day and by whatever its requests say of themselves: from this rules are
// suggested. Days are those of a zone.
class Figures final : public EventWatch {
 public:
  // The zone must exist.
  explicit Figures(const std::string& zone);

  void counted(const CountedEvent& counted) override;

  using ByDay = std::map<EventTime, int128>;  // picodollars by the day's start
  struct Dimension {
    std::string name;      // as the producer writes it
    bool field = false;    // a field of the event, not a property
    bool crowded = false;  // more values than are worth a budget each: no longer kept
    std::uint64_t requests = 0;
    std::map<std::string, ByDay, std::less<>> values;
  };

  std::uint64_t requests() const { return requests_; }
  std::uint64_t with_status() const { return with_status_; }
  std::uint64_t errors() const { return errors_; }
  const ByDay& days() const { return days_; }
  const ByDay& hours() const { return hours_; }
  const std::vector<Dimension>& dimensions() const { return dimensions_; }
  // What each user spent on each day, rising; users beyond half a million days are left out.
  std::vector<int128> user_days() const;
  std::size_t users() const { return users_.size(); }

 private:
  void add(std::string_view name, bool field, std::string_view value, EventTime day, int128 cost);
  void add_user(std::string_view user, EventTime day, int128 cost);

  std::mutex mutex_;
  Calendar calendar_;
  std::uint64_t requests_ = 0, with_status_ = 0, errors_ = 0;
  ByDay days_, hours_;
  std::vector<Dimension> dimensions_;
  std::unordered_map<std::string, ByDay> users_;
  std::size_t user_days_ = 0;
  std::string scratch_;
};

// Rules with budgets from the figures, as a rule file; `header` says what they are from. Empty:
// there was no request.
std::string suggested_rules(const Figures& figures, const std::string& header);

// Each line as a comment of YAML.
std::string as_comment(std::string_view text);

}  // namespace tocsin
