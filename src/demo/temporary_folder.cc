// SPDX-License-Identifier: Apache-2.0
#include "demo/temporary_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace tocsin::demo {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

std::string advice(int error) {
  if (error == ENOSPC || error == EDQUOT)
    return "; free some space, or set TMPDIR to another place";
  if (error == EACCES || error == EROFS || error == ENOENT) return "; set TMPDIR to another place";
  return "";
}

// Everything, or the number of the error.
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0 ? 0 : errno;
}

}  // namespace

Result<TemporaryFolder> TemporaryFolder::create() {
  const char* place = std::getenv("TMPDIR");
  std::string path = place == nullptr || *place == '\0' ? "/tmp" : place;
  path += "/tocsin-demo-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    const int error = errno;
    return reject("no folder can be made in " + path.substr(0, path.rfind('/')) + ": " +
                  reason(error) + advice(error));
  }
  return TemporaryFolder(std::move(path));
}

TemporaryFolder::~TemporaryFolder() { remove(); }

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), kept_(other.kept_) {}

TemporaryFolder& TemporaryFolder::operator=(TemporaryFolder&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
    kept_ = other.kept_;
  }
  return *this;
}

void TemporaryFolder::remove() {
  if (path_.empty() || kept_) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Result<void> TemporaryFolder::write(const std::string& name, std::string_view text) const {
  const std::filesystem::path path = std::filesystem::path(path_) / name;
  std::error_code made;
  std::filesystem::create_directories(path.parent_path(), made);
  int error = made.value();
  if (!made) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    error = file < 0 ? errno : write_all(file, text);
    if (file >= 0) ::close(file);
  }
  if (error == 0) return {};
  return reject("cannot write " + path.string() + ": " + reason(error) + advice(error));
}

}  // namespace tocsin::demo
