// SPDX-License-Identifier: Apache-2.0
#include "rule/files.h"

#include <filesystem>

namespace tocsin {

std::string resolve_path(const std::string& file, const std::string& path) {
  if (path.starts_with('/')) return path;
  const std::size_t slash = file.rfind('/');
  std::string folder = slash == std::string::npos ? std::string() : file.substr(0, slash + 1);
  while (folder.starts_with("./")) folder.erase(0, 2);
  std::string rest = path;
  while (rest.starts_with("./")) rest.erase(0, 2);
  return folder + rest;
}

std::string collapse_path(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

}  // namespace tocsin
