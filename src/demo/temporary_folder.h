// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "tocsin/result.h"

namespace tocsin::demo {

// A folder of our own under $TMPDIR, else /tmp, removed with all in it when destroyed.
class TemporaryFolder {
 public:
  // reject: it cannot be made; the message says where and why.
  static Result<TemporaryFolder> create();
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept;

  const std::string& path() const { return path_; }
  // A file in it, its folders too, whole and on the disk. reject: with path, reason and what to do.
  Result<void> write(const std::string& name, std::string_view text) const;
  // Leaves it where it is.
  void keep() { kept_ = true; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  void remove();

  std::string path_;  // empty: moved from
  bool kept_ = false;
};

}  // namespace tocsin::demo
