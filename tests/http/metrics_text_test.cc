// SPDX-License-Identifier: Apache-2.0
#include "http/metrics_text.h"

#include <catch2/catch.hpp>
#include <vector>

namespace tocsin {

using Type = MetricSample::Type;

TEST_CASE("A metric is told with its help and type, and its value digit by digit") {
  const std::vector<MetricSample> samples = {
      {"tocsin_spend_usd_total", "Spent.", Type::counter, {}, "97317422.500000000001"},
      {"tocsin_lag", "Behind.", Type::gauge, {{"topic", "a"}, {"partition", "0"}}, "-3"}};
  CHECK(metrics_text(samples) ==
        "# HELP tocsin_spend_usd_total Spent.\n"
        "# TYPE tocsin_spend_usd_total counter\n"
        "tocsin_spend_usd_total 97317422.500000000001\n"
        "# HELP tocsin_lag Behind.\n"
        "# TYPE tocsin_lag gauge\n"
        "tocsin_lag{topic=\"a\",partition=\"0\"} -3\n");
}

TEST_CASE("Samples of one metric stand together, with one head") {
  const std::vector<MetricSample> samples = {{"a", "A.", Type::counter, {{"x", "1"}}, "1"},
                                             {"b", "B.", Type::counter, {}, "2"},
                                             {"a", "A.", Type::counter, {{"x", "2"}}, "3"}};
  CHECK(metrics_text(samples) ==
        "# HELP a A.\n# TYPE a counter\na{x=\"1\"} 1\na{x=\"2\"} 3\n"
        "# HELP b B.\n# TYPE b counter\nb 2\n");
}

TEST_CASE("A label from an event cannot break out of its quotes or its line") {
  const std::vector<MetricSample> samples = {
      {"a", "Two\nlines \\ \"quoted\".", Type::gauge, {{"rule", "x\"} 9\nevil 1 \\"}}, "1"}};
  CHECK(metrics_text(samples) ==
        "# HELP a Two\\nlines \\\\ \"quoted\".\n"
        "# TYPE a gauge\n"
        "a{rule=\"x\\\"} 9\\nevil 1 \\\\\"} 1\n");
}

TEST_CASE("Without samples there is no text") { CHECK(metrics_text({}).empty()); }

}  // namespace tocsin
