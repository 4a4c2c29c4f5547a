// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <utility>

#include "document/source_text.h"

namespace tocsin {

// A text that no log, error or answer may show. It cannot be printed; who needs it calls reveal().
class Secret {
 public:
  Secret() = default;
  static Secret of(std::string value) { return Secret(std::move(value), {}); }
  // Read from a file, to be read again when the other side refuses it.
  static Secret from_file(std::string path, std::string value) {
    return Secret(std::move(value), std::move(path));
  }

  const std::string& reveal() const { return value_; }
  // Empty if it did not come from a file.
  const std::string& file() const { return file_; }
  bool empty() const { return value_.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;
  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

 private:
  Secret(std::string value, std::string file) : value_(std::move(value)), file_(std::move(file)) {}

  std::string value_;
  std::string file_;
};

// A line of a configuration as errors may show it: what follows a key of a secret, and the path and
// credentials of every URL, are stars of the same length. "${NAME}" and a mail server's name stay.
std::string hide_secrets(const SourceText& source, int line);

}  // namespace tocsin
