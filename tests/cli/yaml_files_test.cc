// SPDX-License-Identifier: Apache-2.0
#include "cli/yaml_files.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "support/temporary_directory.h"

namespace tocsin {
namespace {

void touch(const std::string& path) { std::ofstream(path) << "\n"; }

}  // namespace

TEST_CASE("A folder stands for its YAML files by name, and for those below it where it may") {
  const TemporaryDirectory root;
  std::filesystem::create_directory(root / "tests");
  for (const auto* name : {"b.yaml", "a.yml", "notes.md", "tests/c.yaml"}) touch(root / name);
  const std::vector<std::string> flat = {"one.yaml", root / "a.yml", root / "b.yaml"};
  const std::vector<std::string> nested = {root / "a.yml", root / "b.yaml", root / "tests/c.yaml"};
  CHECK(*yaml_files({"one.yaml", root.path()}, Folders::flat) == flat);
  CHECK(*yaml_files({root.path()}, Folders::nested) == nested);
}

TEST_CASE("A folder without YAML files is told by its name") {
  const TemporaryDirectory root;
  touch(root / "notes.md");
  CHECK(yaml_files({root.path()}, Folders::nested).error().message ==
        "there is no .yaml file in " + root.path());
}

}  // namespace tocsin
