// SPDX-License-Identifier: Apache-2.0
#include "cli/real_files.h"

#include <glob.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <system_error>
#include <utility>

namespace tocsin {
namespace {

tl::unexpected<Error> because_of(int error) {
  if (error == ENOENT) return reject("no such file");
  return reject(std::error_code(error, std::generic_category()).message());
}

}  // namespace

Result<std::string> RealFiles::read(const std::string& path, std::size_t bytes_max) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return because_of(errno);
  if (S_ISDIR(status.st_mode)) return reject("it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return because_of(errno == 0 ? EIO : errno);
  // One byte more than allowed is enough to know that it is too much; what reads it says so.
  std::string bytes(bytes_max + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.bad()) return because_of(EIO);
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.size() > bytes_max) {
    return reject("it is larger than " + std::to_string(bytes_max >> 10) + " KiB");
  }
  bytes.shrink_to_fit();
  return bytes;
}

Result<std::vector<std::string>> RealFiles::expand(const std::string& pattern) {
  glob_t found{};
  const std::unique_ptr<glob_t, decltype(&::globfree)> guard(&found, ::globfree);
  const int outcome = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  if (outcome == GLOB_NOMATCH) return std::vector<std::string>{};
  if (outcome != 0) return reject("the folder cannot be read");
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < found.gl_pathc; ++i) paths.emplace_back(found.gl_pathv[i]);
  return paths;
}

Result<Files::Access> RealFiles::access(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return because_of(errno);
  return Access{.others_read = (status.st_mode & S_IROTH) != 0,
                .others_write = (status.st_mode & S_IWOTH) != 0};
}

Environment real_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): see the header
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

}  // namespace tocsin
