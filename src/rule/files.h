// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tocsin/result.h"

namespace tocsin {

// The files a configuration is read from. One thread.
class Files {
 public:
  virtual ~Files() = default;

  // The whole file. reject: it cannot be read, or holds more than `bytes_max`; the message is the
  // reason alone ("no such file").
  virtual Result<std::string> read(const std::string& path, std::size_t bytes_max) = 0;

  // The same of a file that holds a secret, so that who keeps what is read can leave it out.
  virtual Result<std::string> read_secret(const std::string& path, std::size_t bytes_max) {
    return read(path, bytes_max);
  }

  // The files whose path `pattern` describes (`*` and `?` within a name), sorted; none is no error.
  virtual Result<std::vector<std::string>> expand(const std::string& pattern) = 0;

  // What the file's mode lets people do that are neither its owner nor in its group.
  struct Access {
    bool others_read = false;
    bool others_write = false;
  };
  virtual Result<Access> access(const std::string& path) = 0;
};

// A variable of the environment; nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// `path` as written in `file`: relative ones are relative to the file's folder.
std::string resolve_path(const std::string& file, const std::string& path);

// Without the folders that `..` leaves again: "rules/tests/../a.yaml" is "rules/a.yaml".
std::string collapse_path(const std::string& path);

}  // namespace tocsin
