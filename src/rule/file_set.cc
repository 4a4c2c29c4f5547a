// SPDX-License-Identifier: Apache-2.0
#include "rule/file_set.h"

#include "hash/digest.h"

namespace tocsin {

Result<std::string> RecordingFiles::read(const std::string& path, std::size_t bytes_max) {
  auto bytes = files_.read(path, bytes_max);
  if (bytes) {
    set_.texts[path] = *bytes;
  } else {
    set_.missing.insert(path);
  }
  return bytes;
}

Result<std::string> RecordingFiles::read_secret(const std::string& path, std::size_t bytes_max) {
  auto bytes = files_.read_secret(path, bytes_max);
  if (bytes) {
    set_.secrets[path] = hex(sha256(*bytes));
  } else {
    set_.missing.insert(path);
  }
  return bytes;
}

Result<std::vector<std::string>> RecordingFiles::expand(const std::string& pattern) {
  auto paths = files_.expand(pattern);
  set_.expansions[pattern] = paths ? *paths : std::vector<std::string>{};
  return paths;
}

Result<std::string> KeptFiles::read(const std::string& path, std::size_t bytes_max) {
  const auto text = set_.texts.find(path);
  if (text == set_.texts.end()) return reject("it is not kept");
  if (text->second.size() > bytes_max) return reject("it is too large");
  return text->second;
}

Result<std::vector<std::string>> KeptFiles::expand(const std::string& pattern) {
  const auto paths = set_.expansions.find(pattern);
  if (paths == set_.expansions.end()) return reject("it is not kept");
  return paths->second;
}

}  // namespace tocsin
