// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tocsin/result.h"
#include "tocsin/time.h"

namespace tocsin {

struct JUnitCase {
  std::string name;
  int line = 0;
  Millis took{0};
  std::string failure;  // empty: it passed
};

struct JUnitSuite {
  std::string file;
  std::vector<JUnitCase> cases;
};

// The results as the XML that build servers read.
std::string junit_xml(const std::vector<JUnitSuite>& suites);
// reject: the file cannot be written.
Result<void> write_junit(const std::string& path, const std::vector<JUnitSuite>& suites);

}  // namespace tocsin
