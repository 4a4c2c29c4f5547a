// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tocsin/result.h"

namespace tocsin {

enum class Folders { flat, nested };

// The files that the paths of a command line name: a folder stands for its YAML files by name, and
// if `nested` for those of the folders in it. reject: a folder without any, or that can't be read.
Result<std::vector<std::string>> yaml_files(const std::vector<std::string>& paths, Folders folders);

}  // namespace tocsin
