// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "rule/file_set.h"
#include "tocsin/result.h"
#include "tocsin/store.h"
#include "tocsin/time.h"

namespace tocsin {

// The last accepted configuration, as the state keeps it: with no secrets, which are read anew.
struct Kept {
  std::string config_path;
  WallTime accepted{};
  FileSet files;  // texts and expansions
  // A secret was written in tocsin.yaml itself, and is stars here: it is of use only where the
  // present tocsin.yaml says the same.
  bool secrets_left_out = false;
};

// Two steps, so that the second, in the commit that takes the configuration up, is small: a text is
// a row under its own hash, and one row names those that are kept.
WriteBatch kept_texts(const Kept& kept);
void put_kept(WriteBatch& commit, const Kept& kept);
// Texts that the row does not name any more. stop: the store cannot be read.
Result<WriteBatch> unkept_texts(const Snapshot& store);

// Nothing: none is kept. stop: the state is damaged.
Result<std::optional<Kept>> read_kept(const Snapshot& store);

}  // namespace tocsin
