// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "rule/files.h"

namespace tocsin {

// The files a configuration was read from, as they were.
struct FileSet {
  std::map<std::string, std::string> texts;                    // by path; never of a secret
  std::map<std::string, std::vector<std::string>> expansions;  // by pattern
  std::map<std::string, std::string> secrets;                  // by path: SHA-256 of what it holds
  std::set<std::string> missing;                               // paths that could not be read

  friend bool operator==(const FileSet&, const FileSet&) = default;
};

// Reads through `files`, which outlives it, and notes what it gave.
class RecordingFiles final : public Files {
 public:
  explicit RecordingFiles(Files& files) : files_(files) {}

  Result<std::string> read(const std::string& path, std::size_t bytes_max) override;
  Result<std::string> read_secret(const std::string& path, std::size_t bytes_max) override;
  Result<std::vector<std::string>> expand(const std::string& pattern) override;
  Result<Access> access(const std::string& path) override { return files_.access(path); }

  FileSet take() { return std::move(set_); }

 private:
  Files& files_;
  FileSet set_;
};

// Gives files as they were; secrets, which are not kept, as `now` has them. Both outlive it.
class KeptFiles final : public Files {
 public:
  KeptFiles(const FileSet& set, Files& now) : set_(set), now_(now) {}

  Result<std::string> read(const std::string& path, std::size_t bytes_max) override;
  Result<std::string> read_secret(const std::string& path, std::size_t bytes_max) override {
    return now_.read(path, bytes_max);
  }
  Result<std::vector<std::string>> expand(const std::string& pattern) override;
  Result<Access> access(const std::string& path) override { return now_.access(path); }

 private:
  const FileSet& set_;
  Files& now_;
};

}  // namespace tocsin
