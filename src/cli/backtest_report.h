// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/backtest_run.h"
#include "pipeline/field_samples.h"

namespace tocsin {

// What a report is about.
struct ReportOf {
  const BacktestResult& result;
  const std::vector<Rule>& rules;
  const std::string& zone;  // of the dates in the header
  std::string name;         // of the input
  const FieldSamples* samples = nullptr;
  std::vector<std::string> tried{};  // rules whose budget is one to try
};

// "october.jsonl.zst  12.4M requests, 1–31 Oct 2026, $41,207.13 · 3 models unpriced (812 requests)"
std::string header_text(const ReportOf& of);
// A line a rule: rang, groups, peak, first, by rung.
std::string table_text(const ReportOf& of);
// What each channel would have got; empty without channels.
std::string messages_text(const BacktestResult& result, const std::vector<ChannelConfig>& channels);
// What a reader should think about: rungs that ring always or never, rules that matched nothing.
std::string remarks_text(const ReportOf& of);
// What became of requests that are in no total, a line each.
std::string leftovers_text(const BacktestResult& result);

// An amount with two significant digits, rounded down; of 0: 0.
int128 two_digits_down(int128 amount);

}  // namespace tocsin
