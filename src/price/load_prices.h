// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "price/file_reader.h"

namespace tocsin::prices {

// Reads what a model costs: an entry of `prices`, and one of `variants`.
class PricesReader {
 public:
  explicit PricesReader(FileReader& reader) : reader_(reader) {}

  Period period(const Node& node, std::string label);
  Variant variant(const Node& node);
  // The map `when` of `what`; it is added to `label`.
  std::vector<Condition> when(const Node& map, const std::string& what, std::string example,
                              std::string& label);

 private:
  void rates(const Node& map, Tier& tier);
  void rate(const Entry& entry, std::int64_t scale, Tier& tier);
  Tiers tiers(const Node& map);
  void at_least(const Node& map, Tiers& tiers);
  std::optional<Daily> daily(const Node& map, std::string& label);
  void days(const Node& list, Daily& daily);

  FileReader& reader_;
};

}  // namespace tocsin::prices
