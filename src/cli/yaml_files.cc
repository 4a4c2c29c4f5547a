// SPDX-License-Identifier: Apache-2.0
#include "cli/yaml_files.h"

#include <algorithm>
#include <filesystem>

namespace tocsin {
namespace {

namespace fs = std::filesystem;

Result<void> add_files(const std::string& folder, Folders folders,
                       std::vector<std::string>& files) {
  const auto before = static_cast<std::ptrdiff_t>(files.size());
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (folders == Folders::flat) at.disable_recursion_pending();
    const auto extension = at->path().extension();
    if (extension == ".yaml" || extension == ".yml") files.push_back(at->path().string());
  }
  if (error) return reject(folder + " cannot be read: " + error.message());
  std::sort(files.begin() + before, files.end());
  if (files.begin() + before == files.end()) return reject("there is no .yaml file in " + folder);
  return {};
}

}  // namespace

Result<std::vector<std::string>> yaml_files(const std::vector<std::string>& paths,
                                            Folders folders) {
  std::vector<std::string> files;
  for (const auto& path : paths) {
    std::error_code unknown;
    if (!fs::is_directory(path, unknown)) {
      files.push_back(path);
    } else if (auto added = add_files(path, folders, files); !added) {
      return tl::unexpected(added.error());
    }
  }
  return files;
}

}  // namespace tocsin
