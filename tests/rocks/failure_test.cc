// SPDX-License-Identifier: Apache-2.0
#include "rocks/failure.h"

#include <catch2/catch.hpp>

namespace tocsin {

using Catch::Contains;
using rocksdb::Status;

TEST_CASE("An error of the database is told with its place, its cause and the next step") {
  CHECK_THAT(rocks::explain("/var/lib/tocsin", Status::NoSpace("While appending to file")),
             Contains("state directory \"/var/lib/tocsin\": the disk is full") &&
                 Contains("free some space and start again"));
  CHECK_THAT(rocks::explain("s", Status::IOError("a.sst", "Too many open files")),
             Contains("raise the limit"));
  CHECK_THAT(rocks::explain("s", Status::Corruption("block checksum mismatch")),
             Contains("is damaged") && Contains("restore it from a backup"));
  CHECK_THAT(rocks::explain("s", Status::IOError("MANIFEST-000009: No such file or directory")),
             Contains("is damaged") && Contains("restore it from a backup"));
  CHECK_THAT(rocks::explain("s", Status::IOError("a.log", "Input/output error")),
             Contains("cannot be read or written") && Contains("check the disk"));
}

TEST_CASE("An error met in the background is kept, and the first one stays") {
  rocks::Failure failure("s");
  CHECK_FALSE(failure.kept());
  Status good = Status::OK();
  failure.OnBackgroundError(rocksdb::BackgroundErrorReason::kFlush, &good);
  CHECK_FALSE(failure.kept());

  Status full = Status::NoSpace();
  failure.OnBackgroundError(rocksdb::BackgroundErrorReason::kFlush, &full);
  Status later = Status::Corruption("later");
  failure.OnBackgroundError(rocksdb::BackgroundErrorReason::kCompaction, &later);
  REQUIRE(failure.kept());
  CHECK_THAT(*failure.kept(), Contains("the disk is full"));
  CHECK_THAT(failure.keep(later), Contains("the disk is full"));
}

}  // namespace tocsin
